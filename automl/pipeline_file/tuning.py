"""``{tune: ...}`` in parameters: reading it, and trying the parameters with what a search may put there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from automl.params import Params, tuning_range
from automl.pipeline_file.problems import Problems, describe
from automl.pipeline_file.tree import Fields, Items, Node, Path, Scalar, children, graft, plain, replace
from automl.search.space import nested, parse_space

TUNE = "tune"


@dataclass(frozen=True)
class Tuned:
    """A tuned parameter: where it is, and the values at the ends of its range, or all its choices."""

    path: Path
    node: Node
    candidates: tuple[Node, ...]


def find_tuned(node: Node, path: Path = ()) -> Iterator[tuple[Path, Fields]]:
    """Every ``{tune: ...}`` inside a value, by its path."""
    if isinstance(node, Fields) and set(node.entries) == {TUNE}:
        yield path, node
        return
    for step, inner in children(node):
        yield from find_tuned(inner, (*path, step))


def resolve_tuned(node: Node, params: type[Params], path: Path, problems: Problems) -> tuple[Node, list[Tuned]]:
    """Read every tuned parameter of a component.

    Args:
        node: the component's ``with``.
        params: its Params, which hold the ranges that ``auto`` stands for.
        path: where ``node`` is in the file.
        problems: takes every mistake.

    Returns:
        ``node`` with ``auto`` written out, and the tuned parameters that could be read.
    """
    found: list[Tuned] = []
    for inner, tuned in list(find_tuned(node)):
        spec = tuned.entries[TUNE].value
        if not inner:
            problems.add(
                "'with' cannot be tuned as a whole",
                tuned.place,
                path,
                expected="parameters by name",
                found=describe(tuned),
                mend="write tune at each parameter: {strategy: {tune: [...]}}",
            )
            return Fields({}, node.place), []
        if plain(spec) == "auto":
            declared = (
                tuning_range(params, str(inner[0])) if len(inner) == 1 and inner[0] in params.model_fields else None
            )
            if declared is None:
                problems.add(
                    "no range is known for 'tune: auto' here",
                    spec.place,
                    (*path, *inner),
                    mend="write the range: {tune: [...]} or {tune: {float: [low, high]}}",
                )
                problems.spoil(tuned.place)
                continue
            spec = graft(declared, spec.place)
            node = replace(node, (*inner, TUNE), spec)
        candidates = _candidates(spec, inner, path, problems)
        if candidates:
            found.append(Tuned(inner, tuned, candidates))
        else:
            problems.spoil(tuned.place)
    return node, found


def trials(node: Node, tuned: list[Tuned]) -> Iterator[Node]:
    """Parameters without ``{tune: ...}``: each with its first value, then each in turn with its other values."""
    for one in tuned:
        node = replace(node, one.path, one.candidates[0])
    yield node
    for one in tuned:
        for candidate in one.candidates[1:]:
            yield replace(node, one.path, candidate)


def _candidates(spec: Node, inner: Path, path: Path, problems: Problems) -> tuple[Node, ...]:
    """Values to try: all choices, both ends of a range; nothing if the notation is wrong (noted)."""
    where = (*path, *inner)
    name = str(inner[-1]).replace(".", "_")  # a dot in a dimension's name stands for a condition
    if isinstance(spec, Scalar):
        problems.add(
            f"{name!r} cannot be tuned over one value",
            spec.place,
            where,
            expected="a list, {int: [low, high]}, {float: [low, high]}, {choice: [...]}, {one_of: {...}} or auto",
            found=describe(spec),
            mend="write the value itself, without tune",
        )
        return ()
    try:
        space = parse_space({name: plain(spec)})
    except ValueError as error:
        problems.add(str(error), spec.place, where, found=describe(spec))
        return ()
    choices = spec if isinstance(spec, Items) else spec.get("choice") if isinstance(spec, Fields) else None
    if isinstance(choices, Items):
        return choices.values
    for kind, bounds in children(spec):
        if isinstance(bounds, Items):
            ends = bounds.values
            # a range of reals gives reals, whatever its ends look like: a whole-number parameter takes none of them
            return tuple(graft(float(plain(end)), end.place) for end in ends) if kind == "float" else ends
    return tuple(graft(nested(values)[name], spec.place) for values in space.probes())
