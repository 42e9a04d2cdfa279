"""Names for new columns that no other column has."""

from __future__ import annotations


def fresh_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or ``wanted_2``, ``wanted_3``, ... if it is taken; the result is added to ``taken``."""
    name, number = wanted, 2
    while name in taken:
        name = f"{wanted}_{number}"
        number += 1
    taken.add(name)
    return name
