"""Why a stage runs: the recipe that it had last time against the one at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SAME = "the same recipe, but its value is not in the store"


def differences(before: Mapping[str, Any] | None, now: Mapping[str, Any], inputs: Sequence[str] = ()) -> str:
    """One line that names what changed, e.g. ``smooth: 10 -> 20; the data changed``."""
    if before is None:
        return "first time"
    changes: list[str] = []
    for part in now:
        old, new = before.get(part), now[part]
        if old == new:
            continue
        if part in ("params", "data", "uses"):
            changes += _inner(old or {}, new)
        elif part == "inputs":
            changes.append(f"{', '.join(inputs) or 'an input'} came out different")
        elif part == "world":
            changes.append("the data changed")
        else:
            changes.append(f"{part}: {old} -> {new}")
    return "; ".join(changes) or SAME


def _inner(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {old.get(name)!r} -> {new.get(name)!r}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
