"""Dimensions, the conditions under which they exist, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.search import domains
from automl.search.domains import Domain, among


@dataclass(frozen=True)
class Condition:
    """The dimension ``parent`` is active and its value is one of ``values``."""

    parent: str
    values: tuple[Any, ...]

    def holds(self, active: Mapping[str, Any]) -> bool:
        """Whether it holds under the values of the active dimensions."""
        return self.parent in active and among(active[self.parent], self.values)

    def __str__(self) -> str:
        return f"{self.parent} is {' or '.join(map(str, self.values))}"


@dataclass(frozen=True)
class Dimension:
    """A named domain. It is active where all ``conditions`` hold: always if there are none."""

    name: str
    domain: Domain
    conditions: tuple[Condition, ...] = ()

    def is_active(self, active: Mapping[str, Any]) -> bool:
        """Whether it exists under the values of the active dimensions before it."""
        return all(condition.holds(active) for condition in self.conditions)

    def to_state(self) -> dict[str, Any]:
        """Plain values, as JSON takes them."""
        when = [[condition.parent, list(condition.values)] for condition in self.conditions]
        return {"name": self.name, "domain": self.domain.to_state(), "when": when}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Dimension:
        """The dimension whose ``to_state`` this is."""
        conditions = tuple(Condition(parent, tuple(values)) for parent, values in state["when"])
        return cls(state["name"], domains.from_state(state["domain"]), conditions)


def settled(dimension: Dimension, known: Mapping[str, Dimension]) -> tuple[Condition, ...] | None:
    """The conditions that are left to ask, given the dimensions before this one; None if they never hold.

    A fixed parent either never has the value, or has it wherever it is active itself. Of the values only those that
    the parent can take are kept, in its own form.

    Raises:
        ValueError: a parent is none of the dimensions before this one.
    """
    left: list[Condition] = []
    for condition in dimension.conditions:
        parent = known.get(condition.parent)
        if parent is None:
            raise ValueError(
                f"{dimension.name}: it depends on {condition.parent!r}, which is no dimension before it; "
                f"known are {', '.join(known) or 'none'}"
            )
        domain = parent.domain
        values = tuple(domain.settle(value) for value in condition.values if domain.contains(value))
        if not values:
            return None
        inherited = parent.conditions if domain.count == 1 else (Condition(parent.name, values),)
        left += [one for one in inherited if one not in left]
    return tuple(left)


def combinations(dimensions: Sequence[Dimension]) -> int:
    """How many combinations the discrete ones make, conditions heeded; a continuous range counts once.

    Goes from parents to children and keeps, for each set of values that later conditions ask for, how many
    combinations lead to it: what no condition asks for is multiplied and forgotten.
    """
    asked: dict[str, list[Any]] = {}
    until: dict[str, int] = {}
    for place, dimension in enumerate(dimensions):
        for condition in dimension.conditions:
            _add(condition.values, asked.setdefault(condition.parent, []))
            until[condition.parent] = place
    paths: list[tuple[dict[str, Any], int]] = [({}, 1)]
    for place, dimension in enumerate(dimensions):
        count = dimension.domain.count or 1
        values = asked.get(dimension.name, [])
        after: list[tuple[dict[str, Any], int]] = []
        for active, number in paths:
            if not dimension.is_active(active):
                after.append((active, number))
                continue
            after += [({**active, dimension.name: value}, number) for value in values]
            if count > len(values):
                after.append((active, number * (count - len(values))))
        paths = _merged([({n: v for n, v in active.items() if until[n] > place}, number) for active, number in after])
    return sum(number for _, number in paths)


def _merged(paths: list[tuple[dict[str, Any], int]]) -> list[tuple[dict[str, Any], int]]:
    """Each set of values once; values may be lists, so they are compared as text."""
    found: dict[str, tuple[dict[str, Any], int]] = {}
    for active, number in paths:
        key = repr(active)
        found[key] = (active, number + (found[key][1] if key in found else 0))
    return list(found.values())


def probes(dimensions: Sequence[Dimension]) -> Iterator[dict[str, Any]]:
    """Few assignments that together show every choice and both ends of every range.

    Each goes for the first option that no earlier one showed, and takes what else is new on its way.
    """
    by_name = {dimension.name: dimension for dimension in dimensions}
    options = {dimension.name: _options(dimension, dimensions) for dimension in dimensions}
    unseen = {(name, place): None for name, values in options.items() for place in range(len(values))}
    if not unseen:
        yield {}
    while unseen:
        target = next(iter(unseen))
        wanted = _ancestry(by_name[target[0]], by_name)
        assignment: dict[str, Any] = {}
        for dimension in dimensions:
            if not dimension.is_active(assignment):
                continue
            name, values = dimension.name, options[dimension.name]
            allowed = [i for i, value in enumerate(values) if name not in wanted or among(value, wanted[name])]
            place = target[1] if name == target[0] else next((i for i in allowed if (name, i) in unseen), None)
            place = (allowed or [0])[0] if place is None else place
            assignment[name] = values[place]
            unseen.pop((name, place), None)
        unseen.pop(target, None)  # under conditions that exclude each other it is never shown
        yield assignment


def _options(dimension: Dimension, dimensions: Sequence[Dimension]) -> list[Any]:
    """The values to show: those that stand for all, and those that others ask for."""
    found = list(dimension.domain.probes)
    for other in dimensions:
        for condition in other.conditions:
            if condition.parent == dimension.name:
                _add(condition.values, found)
    return found


def _add(values: Iterable[Any], known: list[Any]) -> None:
    """Append those that are new."""
    for value in values:
        if not among(value, known):
            known.append(value)


def _ancestry(dimension: Dimension, by_name: Mapping[str, Dimension]) -> dict[str, tuple[Any, ...]]:
    """What the values of all ancestors must be for it to be active."""
    found: dict[str, tuple[Any, ...]] = {}
    for condition in dimension.conditions:
        above = _ancestry(by_name[condition.parent], by_name)
        for name, values in {**above, condition.parent: condition.values}.items():
            found[name] = tuple(v for v in found[name] if among(v, values)) if name in found else values
    return found
