"""How a column is set apart: the key of its role, and what the stages that name it are to name instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from automl.described import flow
from automl.pipeline_file.reach import selected_names
from automl.pipeline_file.tasks import without_stage

if TYPE_CHECKING:
    from automl.advice.views import TableView


def set_apart(table: TableView, names: Sequence[str], role: Literal["ignore", "id"] = "ignore") -> str:
    """What to type so that these columns are features no more; what has that role already keeps it.

    A stage that names one of them would be refused otherwise, so the text says what it is to name.
    """
    data = table.declaration.data
    there = data.ignore if role == "ignore" else [name for name, of in data.roles.items() if of == "id"]
    key = f"data: {{roles: {{{role}: {flow(list(dict.fromkeys([*there, *names])))}}}}}"
    return ", and ".join([key, *_renamed(table, names)])


def _renamed(table: TableView, names: Collection[str]) -> Iterator[str]:
    for name, stage in table.declaration.stages.items():
        named = selected_names(stage.columns)
        left = [column for column in named if column not in names]
        if len(left) == len(named):
            continue
        if isinstance(stage.columns, dict):
            yield f"except: {flow(left)} at {name!r}"
        elif left:
            yield f"columns: {flow(left)} at {name!r}"
        else:
            yield without_stage(name, table.declaration.stages)
