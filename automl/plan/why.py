"""Why a stage runs: the recipe that it had last time against the one at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from automl.secret import MASK, shown_recipe

FIRST_TIME = "first time"
SAME_AS_SHOWN = "the same recipe, or another text from the environment, which is not shown"
SAME = "the same recipe, but its value is not in the store"


class Named(Protocol):
    """What is told of a stage: its own name and those of its inputs. A `Node` is one."""

    @property
    def name(self) -> str: ...

    @property
    def inputs(self) -> tuple[str, ...]: ...


def differences(before: Mapping[str, Any] | None, now: Mapping[str, Any], node: Named) -> str:
    """One line that names what changed, e.g. ``codes.smooth: 10 -> 20; split came out different``."""
    if before is None:
        return FIRST_TIME
    now = shown_recipe(now)
    changes: list[str] = []
    for part in dict.fromkeys([*before, *now]):
        old, new = before.get(part), now.get(part)
        if old == new:
            continue
        if part in ("params", "data"):
            changes += _inner(f"{node.name}.", old or {}, new or {})
        elif part == "uses":
            for name in dict.fromkeys([*(old or {}), *(new or {})]):
                was, came = (old or {}).get(name), (new or {}).get(name)
                changes += [f"{name}: {change}" for change in _code(was, came)] if was != came else []
        elif part == "code":
            changes += _code(old, new)
        elif part == "inputs":
            changes.append(f"{', '.join(node.inputs) or 'an input'} came out different")
        elif part == "world":
            changes.append("the data changed")
        else:
            changes.append(f"{part}: {old} -> {new}")
    return "; ".join(changes) or (SAME_AS_SHOWN if MASK in str(now) else SAME)


def _inner(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{prefix}{name}: {old.get(name)!r} -> {new.get(name)!r}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _code(old: str | None, new: str | None) -> Iterable[str]:
    """The parts of two code versions that differ: ``automl-acme 0.1 -> 0.2``."""
    if old is None or new is None:
        return [f"{'now' if old is None else 'no longer'} used: {new or old}"]
    was, came = (dict(part.rpartition(" ")[::2] for part in text.split(", ")) for text in (old, new))
    return [
        f"{name or 'version'} {was.get(name, 'none')} -> {came.get(name, 'none')}"
        for name in dict.fromkeys([*was, *came])
        if was.get(name) != came.get(name)
    ]
