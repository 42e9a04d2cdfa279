"""Which columns reach a stage as they were read, and which names there can be at all; decided without running anything.

A transform may change, rename or drop the columns that it is given, and make new ones. So a column is *as read* until
the first stage that may be given it, and *touched* from there on: it may have changed, or be gone. New names are known
where every transform above says what it makes (`automl.components.Transform.outputs`); only then is the set closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.attribution import named_errors
from automl.columns import KINDS, Kind
from automl.components import Component, Transform


@dataclass(frozen=True)
class Reach:
    """The feature columns on an edge of the graph.

    Attributes:
        as_read: names of columns that no stage was given, in the table's order.
        touched: names that some stage was given or made; a column of that name may be there.
        closed: whether there can be no other names.
    """

    as_read: tuple[str, ...]
    touched: tuple[str, ...] = ()
    closed: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are known."""
        return (*self.as_read, *self.touched)

    def may_hold(self, name: str) -> bool:
        return not self.closed or name in self.as_read or name in self.touched


def join(branches: Sequence[Reach]) -> Reach:
    """Several branches as one: what any of them touched counts as touched."""
    touched = dict.fromkeys(name for branch in branches for name in branch.touched)
    names = dict.fromkeys(name for branch in branches for name in branch.as_read)
    as_read = tuple(name for name in names if name not in touched)
    return Reach(as_read, tuple(touched), all(branch.closed for branch in branches))


def selected(selector: Any, component: type[Transform], at: Reach, kinds: Mapping[str, Kind]) -> Reach:
    """What a transform is given of the columns that reach it: surely (``as_read``), and perhaps (``touched``)."""
    if isinstance(selector, Mapping):
        inner, dropped = selected(selector.get("kind"), component, at, kinds), set(selector.get("except", ()))
        return Reach(
            tuple(name for name in inner.as_read if name not in dropped),
            tuple(name for name in inner.touched if name not in dropped),
            inner.closed,
        )
    if selector is None or (isinstance(selector, str) and selector in KINDS and selector not in at.as_read):
        wanted = component.accepts if selector is None else {selector}
        return Reach(tuple(name for name in at.as_read if kinds[name] in wanted), at.touched, at.closed)
    named = selected_names(selector)
    as_read = tuple(name for name in at.as_read if name in named)
    return Reach(as_read, tuple(name for name in named if name not in as_read), closed=True)


def selected_names(selector: Any) -> list[str]:
    """The columns that a selector names, its exceptions included."""
    if isinstance(selector, Mapping):
        return list(selector.get("except", ()))
    if isinstance(selector, str):
        return [] if selector in KINDS else [selector]
    return list(selector or ())


def after(given: Reach, at: Reach, variants: Sequence[tuple[type[Component], Any]]) -> Reach:
    """What reaches the stages below a transform.

    Args:
        given: what it is given.
        at: what reaches it.
        variants: each component that it may be, with parameters that it may have.
    """
    if any(issubclass(component, Transform) and component.drops_rows for component, _ in variants):
        given = Reach(at.as_read, given.touched, given.closed)  # a column that lost rows is not what was read
    touched = dict.fromkeys([*at.touched, *given.as_read])
    closed = at.closed
    for component, params in variants:
        assert issubclass(component, Transform)
        with named_errors(component, "outputs"):
            made = component.outputs(params, given.names)
        closed = closed and made is not None and given.closed
        touched |= dict.fromkeys(name for name in made or () if name not in at.as_read)
    return Reach(tuple(name for name in at.as_read if name not in given.as_read), tuple(touched), closed)
