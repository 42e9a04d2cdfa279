"""The ``advice:`` section: names of what is to be kept quiet about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from automl.errors import AutoMLError, did_you_mean
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.stages import CheckedStage
from automl.pipeline_file.tree import Fields, find
from automl.plugins import Registry

_AT = ("advice", "silence")


def check_silenced(
    names: list[str], tree: Fields, stages: Mapping[str, CheckedStage], registry: Registry, problems: Problems
) -> None:
    """Note every name that no rule and no component has: it would silence nothing, unnoticed."""
    for index, name in enumerate(names):
        if name in registry.ids("advice") or _is_of_a_component(name, registry):
            continue
        known = [*registry.ids("advice"), *_of_the_stages(stages)]
        problems.add(
            f"there is no advice {name!r}",
            find(tree, (*_AT, index)).node.place,
            (*_AT, index),
            mend=did_you_mean(name, known) or "remove the name (a warning's last line says by which it is silenced)",
        )


def _is_of_a_component(name: str, registry: Registry) -> bool:
    """``split.stratified.empty_bins``: a component's id, and a key of its ``advice``."""
    component, _, key = name.rpartition(".")
    if component not in registry.ids("components"):
        return False
    try:
        return key in registry.get("components", component).advice
    except AutoMLError:  # its plugin's engine is not installed: the name may be right, and nothing here can speak
        return True


def _of_the_stages(stages: Mapping[str, CheckedStage]) -> Iterator[str]:
    for stage in stages.values():
        if stage.component is not None:
            yield from (f"{stage.component.id}.{key}" for key in stage.component.advice)
