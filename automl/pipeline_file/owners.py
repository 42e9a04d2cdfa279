"""Which model declares the keys at each place of a file: the format's own sections, and components' parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from automl.pipeline_file.declaration import Declaration, StageDeclaration
from automl.pipeline_file.sections import DATA, DataSection, FileSection, StageSection
from automl.pipeline_file.tree import Path
from automl.plugins import Registry
from automl.search.parameters import NetworkSearchParams

FORMAT = "the file format"


@dataclass(frozen=True)
class Owner:
    """A model, and where in the file its fields are keys.

    Attributes:
        path: the mapping whose keys are the model's fields.
        model: declares them.
        title: the component's id, or `FORMAT`.
        source: the plugin that brings the model.
        summary: what the component does, in a line; "" for the file format.
        is_space: the keys are dimensions of a search's space: what is absent there is not searched.
    """

    path: Path
    model: type[BaseModel]
    title: str = FORMAT
    source: str = "automl"
    summary: str = ""
    is_space: bool = False

    @property
    def default(self) -> str:
        """Where a value comes from that the file does not give."""
        return f"default of {self.title}" + (f" ({self.source})" if self.title != FORMAT else "")


def owners(declaration: Declaration, registry: Registry) -> list[Owner]:
    """Every model that a declaration's keys belong to; where several share a path, the first that knows a key wins."""
    found = [Owner((), FileSection), Owner((DATA,), DataSection)]
    found.append(_component(registry, "readers", declaration.data.reader.use, (DATA, "with")))
    for stage in declaration.stages.values():
        found += _stage(stage, registry)
    found.append(_component(registry, "executors", declaration.executor.use, ("run", "executor", "with")))
    for index, use in enumerate(declaration.track):
        found.append(_component(registry, "observers", use.use, ("track", index, "with")))
    return found


def _stage(stage: StageDeclaration, registry: Registry) -> Iterator[Owner]:
    path: Path = ("stages", stage.name)
    yield Owner(path, StageSection)
    if stage.choices:
        for choice in stage.choices:
            yield _component(registry, "components", choice.use, (*path, "with", choice.use))
        return
    own = _component(registry, "components", stage.use, (*path, "with"))
    yield own
    if issubclass(own.model, NetworkSearchParams):
        yield from _search(own.model.model_validate(dict(stage.params)), own.path, registry)


def _search(params: NetworkSearchParams, path: Path, registry: Registry) -> Iterator[Owner]:
    yield _component(registry, "searchers", params.tuner.use, (*path, "tuner", "with"))
    network = registry.get("networks", params.network)
    for family, name in (("networks", params.network), ("learners", network.learner)):
        yield dataclasses.replace(_component(registry, family, name, (*path, "space")), is_space=True)


def _component(registry: Registry, family: str, name: str, path: Path) -> Owner:
    offer = registry.offer(family, name)
    plugin = offer.plugin
    return Owner(
        path, offer.record.load().Params, name, f"{plugin.distribution} {plugin.version}", offer.record.summary
    )
