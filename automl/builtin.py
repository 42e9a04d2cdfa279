"""What the kernel itself offers, through the same hooks as anyone's plugin."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_components() -> list[Record]:
    return [
        Record("search.network", "automl.search.stage:NetworkSearch", "Search for the network that predicts best."),
    ]


@hookimpl
def automl_advice() -> list[Record]:
    here = "automl.advice"
    return [
        Record("columns.unknown", f"{here}.columns:UnknownColumn", "`columns:` names a column that cannot be there."),
        Record("columns.kind", f"{here}.columns:WrongKind", "`columns:` names a column of a kind the stage takes not."),
        Record("columns.weights", f"{here}.columns:Weights", "Weights of rows are missing, negative, or all zero."),
        Record("columns.groups", f"{here}.columns:Groups", "All rows belong to one group."),
        Record("columns.spelling", f"{here}.columns:Spelling", "Levels differ only in case or blanks."),
        Record(
            "data.odd_cells", f"{here}.odd_cells:OddCells", "A few cells among numbers are none, and count as missing."
        ),
        Record(
            "data.missing_words", f"{here}.odd_cells:MissingWords", "Cells hold a text such as NA that means missing."
        ),
        Record("data.sentinels", f"{here}.odd_cells:Sentinels", "Numbers such as -999 most likely stand for no value."),
        Record("data.notation", f"{here}.odd_cells:OtherNotation", "Columns of levels hold numbers written otherwise."),
        Record("data.infinite", f"{here}.cells:Infinite", "Numbers are infinite, and count as missing."),
        Record("data.mixed_types", f"{here}.cells:MixedTypes", "A column of several types is read as texts."),
        Record("data.empty_column", f"{here}.cells:Empty", "A column has no value in any row."),
        Record("target.missing", f"{here}.target:Dropped", "Rows are left out because they have no target."),
        Record("target.absent_class", f"{here}.target:AbsentClass", "A class has no rows in a part or in a fold."),
        Record("metric.task", f"{here}.scores:UnfitMetric", "A metric or a target transform is for another task."),
        Record("metric.undefined", f"{here}.scores:UndefinedScore", "A metric is not defined on the rows it scores."),
        Record("search.tuner", f"{here}.searches:UnfitTuner", "A tuner cannot do in this space what it is known for."),
        Record("leak.copy_of_target", f"{here}.leaks:CopyOfTarget", "A feature equals the target."),
        Record("leak.determines_target", f"{here}.leaks:DeterminesTarget", "A feature alone tells the target."),
        Record("leak.explains_target", f"{here}.explained:ExplainsTarget", "A feature alone explains nearly all."),
        Record("split.random_of_dated_rows", f"{here}.dates:RandomOfDatedRows", "Dated rows are split by chance."),
        Record("leak.unique_id", f"{here}.leaks:UniqueId", "A feature is different in every row, like a name."),
        Record("leak.duplicate_rows", f"{here}.leaks:DuplicateRows", "Test rows stand in the training part, too."),
    ]


@hookimpl
def automl_searchers() -> list[Record]:
    return [
        Record(
            "random", "automl.search.random_search:RandomSearch", "Independent draws; every dimension its own stream."
        ),
    ]


@hookimpl
def automl_executors() -> list[Record]:
    return [
        Record("in_process", "automl.executors.in_process:InProcessExecutor", "One thread of this process."),
        Record("local", "automl.executors.local_processes:LocalProcessesExecutor", "Warm processes on this machine."),
    ]
