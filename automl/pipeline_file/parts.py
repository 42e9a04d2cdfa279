"""Components that a file names: finding each in the registry and checking its parameters.

A component may have a class method ``check(params, registry)`` for what its Params alone cannot know (whether a
network it names exists, say). It returns pairs of a path inside ``with`` and a sentence; each becomes a problem at
its place in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from automl.attribution import named_errors
from automl.components import Component
from automl.errors import AutoMLError, did_you_mean
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.secrets import take_secrets, take_tuner_secrets
from automl.pipeline_file.sections import UseSection
from automl.pipeline_file.tree import Fields, Node, Path, Place, Scalar, find, plain
from automl.pipeline_file.tuning import Tuned, find_tuned, resolve_tuned, trials
from automl.pipeline_file.validation import explain, section
from automl.plugins import Registry
from automl.search.parameters import NetworkSearchParams

_FAMILY_NAMES = {"components": "stage", "readers": "reader", "executors": "executor", "observers": "observer"}


@dataclass(frozen=True)
class Part:
    """A component as a file uses it.

    Attributes:
        component: its class.
        params: its parameters (with the first value of every tuned one); None if they are wrong.
        written: its parameters as plain data, with ``tune: auto`` written out.
        tuned: its tuned parameters.
        secrets: where in the file its secret parameters stand.
    """

    component: type[Component]
    params: Any
    written: dict[str, Any]
    tuned: list[Tuned] = field(default_factory=list)
    secrets: list[Path] = field(default_factory=list)


def find_component(
    family: str, name: str, place: Place, path: Path, registry: Registry, problems: Problems
) -> type[Component] | None:
    """The class with this id; None, and a problem, if there is none or its module does not import."""
    known = registry.ids(family)
    if name not in known:
        broken = "; ".join(str(aside) for aside in registry.set_aside)
        hint = did_you_mean(name, known) or "'automl plugins list' shows all there are"
        problems.add(
            f"there is no {_FAMILY_NAMES[family]} {name!r}",
            place,
            path,
            mend=f"{hint}; {broken}" if broken else hint,
        )
        return None
    try:
        found: type[Component] = registry.get(family, name)
    except AutoMLError as error:
        problems.add(str(error), place, path)
        return None
    return found


def check_part(
    component: type[Component],
    node: Fields,
    path: Path,
    registry: Registry,
    problems: Problems,
    *,
    key: Place | None = None,
    tunable: bool = True,
) -> Part:
    """Check parameters, with every value that a tuned one may take.

    Args:
        component: whose parameters they are.
        node: what is written under ``with``.
        path: where that is in the file.
        registry: handed to the component's own ``check``.
        problems: takes every mistake.
        key: the place of the key to blame for what is missing.
        tunable: False leaves every ``{tune: ...}`` to the component itself.
    """
    node, secrets = take_secrets(component.Params, node, path, problems)
    if issubclass(component.Params, NetworkSearchParams):
        node, hidden = take_tuner_secrets(node, path, registry, problems)
        secrets += hidden
    resolved, tuned = resolve_tuned(node, component.Params, path, problems) if tunable else (node, [])
    first: Any = None
    for trial in trials(resolved, tuned):
        try:
            params = component.Params.model_validate(plain(trial))
        except ValidationError as error:
            explain(error, component.Params, trial, path, problems, key=key, title=repr(component.id))
            continue
        first = first or params
        check = getattr(component, "check", None)
        with named_errors(component, "check"):
            told = list(check(params, registry) if check else ())
        for inner, message in told:
            found = find(trial, tuple(inner), key)
            problems.add(message, found.node.place, (*path, *found.path))
    return Part(component, first, plain(resolved), tuned, secrets)


def refuse_tuned(node: Node, path: Path, reason: str, problems: Problems) -> None:
    """Note every ``{tune: ...}`` inside a value that no search may vary."""
    for inner, tuned in find_tuned(node):
        problems.add(reason, tuned.place, (*path, *inner), mend="write the value itself, without tune")
        problems.spoil(tuned.place)


def check_use(family: str, node: Node, path: Path, registry: Registry, problems: Problems) -> tuple[str, Part] | None:
    """An executor or an observer: an id, or ``{use: ID, with: {...}}``. None if it is wrong (noted)."""
    reason = f"an {_FAMILY_NAMES[family]} cannot be tuned"
    refuse_tuned(node, path, reason, problems)
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
        name, place, given, where = node.value, node.place, Fields({}, node.place), path
    else:
        parsed, clean = section(UseSection, node, path, problems)
        if parsed is None or not clean:
            return None
        assert isinstance(node, Fields)
        name, place, where = parsed.use, node.entries["use"].value.place, (*path, "use")
        under = node.get("with")
        given = under if isinstance(under, Fields) else Fields({}, place)
    component = find_component(family, name, place, where, registry, problems)
    if component is None:
        return None
    return name, check_part(component, given, (*path, "with"), registry, problems, key=place)
