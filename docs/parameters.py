"""Parameters of components as Markdown tables."""

from __future__ import annotations

from automl.described import described
from automl.params import Params

_HEAD = ("parameter", "type", "range", "default", "tuned over", "meaning")


def parameter_table(params: type[Params]) -> str:
    """One row for each parameter; those of nested models follow with dotted names."""
    rows = [_HEAD, ("---",) * len(_HEAD)]
    for row in described(params):
        default = row.default if row.default == "required" else _code(row.default)
        rows.append((_code(row.name), prose(row.type), _code(row.range), default, _code(row.tuned), prose(row.meaning)))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """A docstring as Markdown: single code marks, and no HTML by accident outside them."""
    parts = text.replace("``", "`").split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))
