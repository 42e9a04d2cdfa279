"""Which columns reach a stage, and what is still known of them; decided without running anything.

A transform may change, rename or drop the columns that it is given, and make new ones. So a column is *as read* until
the first stage that may be given it, and *touched* from there on. What a transform leaves of a column it says itself
(`automl.components.Transform.leaves`); new names are known where every transform above says what it makes
(`Transform.outputs`), and only then is the set closed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.attribution import named_errors
from automl.columns import KINDS, TRAITS, Kind, Trait
from automl.components import Component, Transform

if TYPE_CHECKING:
    import pandas as pd

_NOTHING: frozenset[Trait] = frozenset()
_ALL: frozenset[Trait] = frozenset(TRAITS)


@dataclass(frozen=True)
class Reach:
    """The feature columns on an edge of the graph.

    Attributes:
        as_read: names of columns that no stage changed, in the table's order.
        touched: names that some stage was given or made; a column of that name may be there.
        closed: whether there can be no other names, but for those with one of these ``prefixes``.
        traits: what of a touched column is as it was read; nothing of one that is not listed.
    """

    as_read: tuple[str, ...]
    touched: tuple[str, ...] = ()
    closed: bool = True
    traits: Mapping[str, frozenset[Trait]] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()

    @functools.cached_property
    def intact(self) -> frozenset[str]:
        """``as_read`` to look names up in."""
        return frozenset(self.as_read)

    @functools.cached_property
    def changed(self) -> frozenset[str]:
        """``touched`` to look names up in."""
        return frozenset(self.touched)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are known."""
        return (*self.as_read, *self.touched)

    def may_hold(self, name: str) -> bool:
        return not self.closed or name in self.intact or name in self.changed or name.startswith(self.prefixes)

    def keeps(self, *traits: Trait) -> list[str]:
        """The columns of the table that are surely here and of which all of this is as it was read."""
        wanted = {"there", *traits}
        return [*self.as_read, *(name for name in self.touched if wanted <= self.traits.get(name, _NOTHING))]


def join(branches: Sequence[Reach]) -> Reach:
    """Several branches as one: what any of them touched counts as touched."""
    touched = dict.fromkeys(name for branch in branches for name in branch.touched)
    names = dict.fromkeys(name for branch in branches for name in branch.as_read)
    as_read = tuple(name for name in names if name not in touched)
    traits = {
        name: frozenset.intersection(
            *(branch.traits.get(name, _NOTHING) for branch in branches if name in branch.changed)
        )
        for name in touched
    }
    prefixes = tuple(dict.fromkeys(prefix for branch in branches for prefix in branch.prefixes))
    return Reach(as_read, tuple(touched), all(branch.closed for branch in branches), traits, prefixes)


def selected(selector: Any, accepts: Collection[Kind], at: Reach, kinds: Mapping[str, Kind] | None) -> Reach:
    """What a transform is given of the columns that reach it: surely (``as_read``), and perhaps (``touched``).

    Without ``kinds``, which only the rows tell, a selector by kind may mean any column.
    """
    if isinstance(selector, Mapping):
        inner, dropped = selected(selector.get("kind"), accepts, at, kinds), set(selector.get("except", ()))
        return Reach(
            tuple(name for name in inner.as_read if name not in dropped),
            tuple(name for name in inner.touched if name not in dropped),
            inner.closed,
            prefixes=inner.prefixes,
        )
    if selector is None or (isinstance(selector, str) and selector in KINDS and selector not in at.intact):
        if kinds is None:
            return Reach((), at.names, at.closed, prefixes=at.prefixes)
        wanted = accepts if selector is None else {selector}
        known = {name: kinds[name] for name in at.names if name in at.intact or "kind" in at.traits.get(name, ())}
        return Reach(
            tuple(name for name in at.as_read if kinds[name] in wanted),
            tuple(name for name in at.touched if name not in known or known[name] in wanted),
            at.closed,
            prefixes=at.prefixes,
        )
    named = dict.fromkeys(selected_names(selector))
    as_read = tuple(name for name in at.as_read if name in named)
    return Reach(as_read, tuple(name for name in named if name not in at.intact), closed=True)


def selected_names(selector: Any) -> list[str]:
    """The columns that a selector names, its exceptions included."""
    if isinstance(selector, Mapping):
        return list(selector.get("except", ()))
    if isinstance(selector, str):
        return [] if selector in KINDS else [selector]
    return list(selector or ())


def after(
    selector: Any,
    at: Reach,
    variants: Sequence[tuple[type[Component], Any]],
    kinds: Mapping[str, Kind] | None = None,
    values: Callable[[str], pd.Series] | None = None,
) -> Reach:
    """What reaches the stages below a transform of features.

    Args:
        selector: which columns it is given.
        at: what reaches it.
        variants: each component that it may be, with parameters that it may have.
        kinds, values: the kinds of the table's columns and the training rows of one of them, where the rows are known.
    """
    parts = [(part, params) for part, params in variants if issubclass(part, Transform)]
    drops_rows = any(part.drops_rows for part, _ in parts)
    known: dict[str, frozenset[Trait]] = {name: at.traits.get(name, _NOTHING) for name in at.touched}
    changed: dict[str, None] = {}
    if drops_rows:  # a column that lost rows is not what was read, nor are its gaps
        known |= dict.fromkeys(at.as_read, frozenset(("there", "kind", "scale")))
        changed |= dict.fromkeys(at.as_read)
    touched, closed, prefixes = dict.fromkeys(at.touched), at.closed, dict.fromkeys(at.prefixes)
    leaves: dict[str, frozenset[Trait]] = {}
    for part, params in parts:
        given = selected(selector, part.accepts, at, kinds)
        with named_errors(part, "outputs"):
            made = part.outputs(params, given.names)
            begun = part.prefixes(params, given.names) if made is None else ()
        closed = closed and begun is not None and given.closed
        # What is made of columns that are known by their beginnings only may be called anything.
        closed = closed and not (made is None and given.prefixes)
        prefixes |= dict.fromkeys(begun or ())
        for name in given.names:
            is_as_read = name in at.intact and not drops_rows
            with named_errors(part, "leaves"):
                left = frozenset(part.leaves(params, name, values(name) if values and is_as_read else None))
            leaves[name] = leaves.get(name, _ALL) & (_ALL if "values" in left else left)
        touched |= dict.fromkeys(name for name in made or () if name not in at.intact)
        known |= dict.fromkeys(
            (name for name in made or () if name in known and name not in given.intact and name not in given.changed),
            _NOTHING,
        )
    for name, left in leaves.items():
        if name not in at.intact or drops_rows or "values" not in left:
            known[name] = known.get(name, _ALL if name in at.intact else _NOTHING) & (left - {"values"})
            changed[name] = None
    touched |= changed
    return Reach(
        tuple(name for name in at.as_read if name not in changed), tuple(touched), closed, known, tuple(prefixes)
    )
