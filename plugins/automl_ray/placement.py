"""What a worker asks of a node, whether any node has it, and how many workers the cluster holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl.errors import AutoMLError
from automl.search.contracts import Job

Node = Mapping[str, float]
"""The resources of a node, in Ray's names: CPU, GPU, memory (bytes)."""


@dataclass(frozen=True)
class Demand:
    """What one worker occupies: CPUs, GPUs (a share of one below 1), bytes of memory."""

    cpu: int
    gpu: float = 0.0
    memory: int = 0

    @classmethod
    def of(cls, job: Job) -> Demand:
        return cls(job.threads, job.resources.gpu, job.resources.memory)

    def __str__(self) -> str:
        return _in_words(self.by_name())

    def by_name(self) -> Node:
        """What is asked for, in Ray's names."""
        return {"CPU": self.cpu, "GPU": self.gpu, "memory": self.memory}

    def fits(self, node: Node) -> int:
        """How many such workers an empty ``node`` holds."""
        asked = {name: amount for name, amount in self.by_name().items() if amount}
        if 0 < self.gpu < 1:  # a worker's share lies on one GPU: three shares of 0.4 take two
            asked["GPU"] = 1 / int(1 / self.gpu + _ROUNDING)
        return min(int(node.get(name, 0.0) / amount + _ROUNDING) for name, amount in asked.items())

    def check(self, nodes: Sequence[Node]) -> None:
        """Raise AutoMLError if no node could ever hold such a worker: Ray itself would wait for one in silence."""
        if self.gpu > 1 and self.gpu != int(self.gpu):
            raise AutoMLError(
                f"a trial asks for {self.gpu:g} GPUs; expected a whole number, or a share of one below 1; "
                f"mend: gpu: {int(self.gpu)} under the stage's resources"
            )
        if any(self.fits(node) for node in nodes):
            return
        raise AutoMLError(
            f"no node of the Ray cluster can hold a trial that asks for {self}; "
            f"{self._closest(nodes)}; mend: ask for less under the stage's resources, or add such a node to the cluster"
        )

    def _closest(self, nodes: Sequence[Node]) -> str:
        """In words, the biggest node among those that meet most of what is asked."""
        if not nodes:
            return "it has no node"
        asked = self.by_name()

        def size(node: Node) -> tuple[float, ...]:
            has = [node.get(name, 0.0) for name in asked]
            return (sum(have >= want for have, want in zip(has, asked.values(), strict=True)), *has)

        return f"the biggest of its {len(nodes)} nodes has {_in_words(max(nodes, key=size))}"


_ROUNDING = 1e-9
"""So much may be lost in a division of shares: 1 / 0.1 is ten."""


def _in_words(resources: Node) -> str:
    """``2 CPUs, 0.5 GPUs and 1.5 GB of memory``."""
    memory = resources.get("memory", 0.0) / 1e9
    words = [f"{resources.get('CPU', 0):g} CPUs", f"{resources.get('GPU', 0):g} GPUs"]
    return f"{', '.join(words)} and {memory:.3g} GB of memory"
