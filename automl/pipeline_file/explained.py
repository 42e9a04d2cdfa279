"""One key of a pipeline file for people: what it means, what may stand there, what stands there, what depends on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from automl.described import Described, described
from automl.errors import SelectionError, did_you_mean
from automl.params import enters_key, models_in
from automl.pipeline_file.declaration import Declaration
from automl.pipeline_file.origins import Origin
from automl.pipeline_file.owners import Owner, owners
from automl.pipeline_file.sections import DATA
from automl.pipeline_file.tree import Path, dotted
from automl.plugins import Registry

_NOTATION = frozenset({"tune", "one_of", "choice", "int", "float", "log", "step"})
_OUTCOMES = frozenset({"use", "in", "columns", "with"})
"""Keys of a stage that decide its result; the others say how it is run or judged."""


@dataclass(frozen=True)
class Explained:
    """A key in words.

    Attributes:
        key: its dotted path.
        about: type, legal range, default and meaning, from the declaration of whoever reads it.
        reader: who that is: a component's id, or the file format.
        keys: what may stand directly inside it, where it is a mapping of known keys.
        values: what is in force at the key and inside it, each with its origin; nothing where it is left out.
        invalidates: the stages (and ``data``) whose results another value would make anew.
    """

    key: str
    about: Described
    reader: str
    keys: tuple[Described, ...]
    values: tuple[Origin, ...]
    invalidates: tuple[str, ...]


def explain_key(key: str, declaration: Declaration, values: Sequence[Origin], registry: Registry) -> Explained:
    """Explain a key such as ``stages.search.with.space.depth``.

    Args:
        key: keys joined with dots, list positions as ``track[0]`` or ``track.0``; names of stages may hold no dot.
        declaration: the pipeline.
        values: what is in force, from `automl.pipeline_file.trace`.
        registry: the plugins that it was read with.

    Raises:
        SelectionError: if nothing reads such a key, with the closest one that is read.
    """
    path = _steps(key, [origin.path for origin in values])
    known = owners(declaration, registry)
    found = _find(path, known)
    if found is None:
        raise SelectionError(_unknown(key, path, declaration, values, registry))
    owner, about = found
    return Explained(
        key=dotted(path),
        about=_with_component(path, about, known),
        reader=owner.title,
        keys=tuple(_keys(path, owner, about, known)),
        values=_in_force(path, values),
        invalidates=_invalidated(path, owner, declaration, values, registry),
    )


def _steps(key: str, known: Iterable[Path]) -> Path:
    """The steps of a dotted key; a step of the file that holds dots itself (a component's id) is one step."""
    rest = key.replace("[", ".").replace("]", "").strip(".")
    steps: Path = ()
    inside = {other[:length] for other in known for length in range(1, len(other) + 1)}
    while rest:
        here = sorted((str(p[-1]) for p in inside if p[:-1] == steps), key=len, reverse=True)
        step = next((name for name in here if rest == name or rest.startswith(f"{name}.")), rest.partition(".")[0])
        rest = rest[len(step) + 1 :]
        steps = (*steps, int(step) if step.isdigit() and (*steps, int(step)) in inside else step)
    return steps


def _find(path: Path, known: Sequence[Owner]) -> tuple[Owner, Described] | None:
    """Who reads a key, and what is declared of it; the innermost reader first."""
    if path == (DATA, "path"):
        known = [owner for owner in known if owner.path != (DATA,)]
        path = (DATA, "with", "path")
    readers = sorted((owner for owner in known if _is_prefix(owner.path, path)), key=lambda one: -len(one.path))
    for owner in readers:
        rest = path[len(owner.path) :]
        names = [str(step) for step in rest if not isinstance(step, int)]
        if not rest:
            return owner, Described(dotted(path), "mapping", "", "", "", _first_line(owner.model) or owner.title)
        about = {row.name: row for row in described(owner.model)}
        for wanted in (names, [name for name in names if name not in _NOTATION]):
            if ".".join(wanted) in about:
                return owner, about[".".join(wanted)]
        innermost = len(owner.path) == len(readers[0].path)
        for length in range(len(names) - 1, 0, -1) if innermost else ():
            above = about.get(".".join(names[:length]))
            at = (*owner.path, *names[:length])
            declared = any(_is_prefix(at, other.path) for other in known)
            if above is not None and "mapping" in above.type and not declared:  # keys inside are the author's own
                return owner, above
    return None


def _with_component(path: Path, about: Described, known: Sequence[Owner]) -> Described:
    """What is told of a key, with the components that are chosen there."""
    own = [owner for owner in known if owner.path == path and owner.summary]
    if own:
        return dataclasses.replace(about, meaning=f"parameters of {_named(own)}")
    used = [owner for owner in known if (*path, "with") in (owner.path, owner.path[:-1]) and not owner.is_space]
    if not used or path == (DATA,):
        return about
    return dataclasses.replace(about, meaning=f"{about.meaning.rstrip('.')}; here {_named(used)}")


def _named(components: Iterable[Owner]) -> str:
    return ", or ".join(f"{owner.title} ({owner.summary.rstrip('.')})" for owner in components)


def _keys(path: Path, owner: Owner, about: Described, known: Sequence[Owner]) -> Iterator[Described]:
    """What may stand directly inside a mapping: the fields of all who read it, else of the model inside a field."""
    readers = [one for one in known if one.path == path]
    above = "" if readers else f"{about.name}."
    told: set[str] = set()
    for row in (row for one in readers or [owner] for row in described(one.model)):
        name = row.name.removeprefix(above)
        if row.name.startswith(above) and "." not in name and name not in told:
            told.add(name)
            yield dataclasses.replace(row, name=name)


def _in_force(path: Path, values: Sequence[Origin]) -> tuple[Origin, ...]:
    """What stands at a key, inside it, or in place of what holds it; ``one_of`` and its like need not be spelled."""
    found = tuple(one for one in values if _is_prefix(path, one.path) or _is_prefix(one.path, path))
    return found or tuple(one for one in values if _is_prefix(_bare(path), _bare(one.path)))


def _bare(path: Path) -> Path:
    return tuple(step for step in path if step not in _NOTATION)


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n", 1)[0]


def _is_prefix(first: Path, whole: Path) -> bool:
    return whole[: len(first)] == first


def _unknown(key: str, path: Path, declaration: Declaration, values: Sequence[Origin], registry: Registry) -> str:
    known = {origin.key for origin in values}
    for owner in owners(declaration, registry):
        known |= {f"{dotted(owner.path)}.{row.name}".lstrip(".") for row in described(owner.model)}
    hint = did_you_mean(dotted(path), known)
    return f"nothing in this pipeline reads the key {key!r}{f'; {hint}' if hint else ''}"


def _invalidated(
    path: Path, owner: Owner, declaration: Declaration, values: Sequence[Origin], registry: Registry
) -> tuple[str, ...]:
    """The stages whose results depend on a key, in their order."""
    everything = (DATA, *declaration.stages)
    match path:
        case ("seed",):
            return _below([n for n in declaration.stages if _is_stochastic(declaration, n, registry)], declaration)
        case ("vars", name, *_):
            users = [o.path for o in values if o.reference and f"${{vars.{name}" in o.reference]
            hit = {stage for user in users for stage in _invalidated(user, owner, declaration, values, registry)}
            return tuple(name for name in everything if name in hit)
        case ("data", step, *_) if step not in ("retry", "time"):
            return everything if _enters_key(path, owner) or path in ((DATA, "path"), (DATA, "with", "path")) else ()
        case ("data",):
            return everything
        case ("stages",):
            return tuple(declaration.stages)
        case ("stages", str(stage)):
            return _below([stage], declaration)
        case ("stages", str(stage), step, *_) if step in _OUTCOMES and _enters_key(path, owner):
            return _below([stage], declaration)
    return ()


def _enters_key(path: Path, owner: Owner) -> bool:
    """Whether every field on the way is part of the result's identity."""
    models = [owner.model]
    for step in path[len(owner.path) :]:
        fields = [(field.alias or name, field) for model in models for name, field in model.model_fields.items()]
        here = [field for name, field in fields if name == step]
        if any(not enters_key(field) for field in here):
            return False
        models = [model for field in here for model in models_in(field.annotation)] or models
    return True


def _is_stochastic(declaration: Declaration, name: str, registry: Registry) -> bool:
    stage = declaration.stages[name]
    uses = [choice.use for choice in stage.choices] or [stage.use]
    return any(registry.get("components", use).stochastic for use in uses)


def _below(names: Iterable[str], declaration: Declaration) -> tuple[str, ...]:
    """These stages and all that read from them, directly or not; inputs come before their users."""
    hit = set(names)
    for stage in declaration.stages.values():
        if hit & set(stage.inputs):
            hit.add(stage.name)
    return tuple(name for name in declaration.stages if name in hit)
