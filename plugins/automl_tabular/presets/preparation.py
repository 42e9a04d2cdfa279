"""The stages between the table and the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automl.errors import DataError, PluginError
from automl.presets import Means
from automl_tabular.presets.chain import Chain, selector
from automl_tabular.presets.columns import Columns
from automl_tabular.presets.effort import Effort

if TYPE_CHECKING:
    from automl.table_profile import ColumnProfile, TableProfile

_SMALL = 2000
"""Rows under which one validation part of a fifth is too few to compare networks on."""
_PART = 20_000
"""Rows of a validation or a test part beyond which more would only cost time."""
_STRATUM = 50
"""Rows that a stratum of a numeric target needs: ten of them in a part of a fifth."""
_SKEWED = 1.0
_MOST_LEVELS = 40
"""Levels of a column up to which each may have a 0/1 column of its own."""
_INPUTS_A_SECOND = 1000
"""Inputs of a network, those of all folds together, that are prepared for each second of search at most."""
_RARE = 20
"""Rows under which a level is too rare for a column of its own."""


@dataclass(frozen=True)
class Preparation:
    """What the stages make of the table.

    Attributes:
        chain: the stages.
        inputs: about how many numbers the network reads.
        trained: rows of one training.
        folds: trainings of one trial.
    """

    chain: Chain
    inputs: int
    trained: int
    folds: int


def prepare(table: TableProfile, columns: Columns, effort: Effort, means: Means) -> Preparation:
    """Split, shape, fill, encode and scale. Raises DataError for a table with no feature, PluginError for no split."""
    if not columns.numeric and not columns.levels:
        raise DataError(
            f"no column is left to predict {table.target.name!r} from: all others are ids, constant, empty, dates or "
            "text; mend: another table, or a pipeline file of your own that declares data.kinds"
        )
    chain = Chain(means)
    folds, trained = _split(chain, table, _folds(table, columns, effort, means))
    _numbers(chain, columns)
    inputs = len(columns.numeric) + sum(column.missing > 0 for column in columns.numeric)
    inputs += _levels(chain, table, columns)
    if columns.numeric:
        chain.add(
            "scaled",
            "scale.standard",
            "Mean 0 and deviation 1: networks learn slowly from columns of different sizes.",
            columns="numeric",
        )
    _target(chain, table)
    return Preparation(chain, inputs, trained, folds)


def _folds(table: TableProfile, columns: Columns, effort: Effort, means: Means) -> int:
    """How many folds the rows and the time allow; 1: one validation part."""
    if table.rows >= _SMALL:
        return 1
    seconds = effort.seconds if means.seconds is None else means.seconds
    inputs = len(columns.numeric) + sum(min(column.distinct, _MOST_LEVELS) for column in columns.levels)
    return min(effort.folds, max(2, table.rows // 10), max(1, int(_INPUTS_A_SECOND * seconds) // max(inputs, 1)))


def _split(chain: Chain, table: TableProfile, folds: int) -> tuple[int, int]:
    rows, target = table.rows, table.target
    strata, how = _strata(table)
    if folds > 1:
        shares: dict[str, Any] = {"folds": folds, "test": 0.2}
        why = (
            f"{rows:,} rows are few: {folds} folds take turns in validating, so that every training row judges once; "
            f"a fifth is kept back for the final score{how}."
        )
        if chain.add(
            "split", "split.kfold", why, parameters=shares | ({"stratified": False} if strata is None else strata)
        ):
            return folds, int(rows * 0.8 * (folds - 1) / folds)
    part = round(min(0.2, max(_PART / rows, 0.02)), 2)
    is_wide = rows < _SMALL and folds == 1
    why = "So many columns take long to prepare, and each fold would prepare them anew: " if is_wide else ""
    why += (
        f"{part:.0%} of the rows compare the trials, {part:.0%} are kept back for the final score, which nothing else "
        f"sees{how}."
    )
    shares = {"test": part, "valid": part}
    use = "split.random" if strata is None else "split.stratified"
    if not chain.add("split", use, why, parameters=shares | (strata or {})):
        raise PluginError(f"a pipeline for {target.name!r} needs a splitter; mend: leave --no-plugins out")
    return 1, int(rows * (1 - 2 * part))


def _strata(table: TableProfile) -> tuple[dict[str, Any] | None, str]:
    """Parameters that make strata of the target, None where it has too few rows for them; and how to say so."""
    if table.target.classes:
        return {}, ", with the same share of every class in each part"
    bins = min(10, table.rows // _STRATUM)
    if bins < 2:
        return None, ""
    return ({} if bins == 10 else {"bins": bins}), f", with the same share of low and high {table.target.name} in each"


def _numbers(chain: Chain, columns: Columns) -> None:
    numeric = list(columns.numeric)
    skewed = [column for column in numeric if abs(column.skewness) > _SKEWED and column.distinct > 2]
    if skewed:
        are = "is" if len(skewed) == 1 else "are"
        worst = max(skewed, key=lambda column: abs(column.skewness))
        chain.add(
            "shape",
            "power.yeo_johnson",
            f"{len(skewed)} of {len(numeric)} numeric columns {are} skewed ({worst.name} the most: "
            f"{worst.skewness:.1f}); without this few large values would drown the rest.",
            columns=selector(skewed, numeric, "numeric"),
        )
    if not numeric:
        return
    gaps = [column for column in numeric if column.missing > 0]
    if gaps:
        most = max(gaps, key=lambda column: column.missing)
        why = (
            f"{len(gaps)} of {len(numeric)} numeric columns {'has' if len(gaps) == 1 else 'have'} gaps "
            f"({most.name} the most: {most.missing:.1%}): the median fills them, and a 0/1 column beside each tells "
            "the network where."
        )
        parameters: dict[str, Any] = {"strategy": "median", "indicator": True}
    else:
        why = "No number is missing in this table; rows to predict may still lack one."
        parameters = {"strategy": "median"}
    chain.add("filled", "impute.simple", why, columns="numeric", parameters=parameters)


def _levels(chain: Chain, table: TableProfile, columns: Columns) -> int:
    """Encode columns of levels; returns about how many 0/1 columns there will be."""
    if not columns.levels:
        return 0
    many = [c for c in columns.levels if c.kind == "categorical" and c.distinct > _MOST_LEVELS and _is_scattered(c)]
    few = [column for column in columns.levels if column not in many]
    total = 0
    if many and chain.add(
        "ranks",
        "encode.ordinal",
        f"{', '.join(f'{c.name} ({c.distinct:,} levels)' for c in many[:4])}{', ...' if len(many) > 4 else ''}: too "
        "many rare levels for a column each; their place in the order of their names is what is kept.",
        columns=[column.name for column in many],
    ):
        total += len(many)
    else:
        few = list(columns.levels)
    if not few:
        return total
    rare = max(2, min(_RARE, table.rows // 50))
    widest = max(few, key=lambda column: column.distinct)
    gathered = any(column.distinct > 2 for column in few)
    gaps = sum(column.missing > 0 for column in few)
    why = f"A 0/1 column for each level of {len(few)} column{'s' * (len(few) > 1)}"
    why += f" ({'most: ' * (len(few) > 1)}{widest.name} with {widest.distinct:,})"
    why += f"; levels with fewer than {rare} rows share one" if gathered else ""
    why += f"; where values are missing ({gaps} of them), missing is a level of its own." if gaps else "."
    parameters = {"min_frequency": rare} if gathered else None
    if widest.distinct > _MOST_LEVELS:
        parameters = {"min_frequency": rare, "max_categories": 2 * _MOST_LEVELS}
    if not chain.add("codes", "encode.one_hot", why, parameters=parameters):
        raise PluginError("columns of levels need encode.one_hot; mend: leave --no-plugins out")
    return total + sum(min(_frequent(column, rare / table.rows), 2 * _MOST_LEVELS) for column in few)


def _frequent(column: ColumnProfile, share: float) -> int:
    """About how many 0/1 columns a column of levels makes."""
    rare = sum(found < share for found in column.shares)
    return len(column.shares) - rare + (rare > 0) if column.shares else column.distinct


def _is_scattered(column: ColumnProfile) -> bool:
    """Whether the levels that are frequent enough for a column of their own hold less than half of the rows."""
    return sum(column.shares[: 2 * _MOST_LEVELS]) < 0.5


def _target(chain: Chain, table: TableProfile) -> None:
    target = table.target
    if target.classes:
        return
    shrunk = target.log_skewness is not None and abs(target.log_skewness) < 0.5 * target.skewness
    if target.skewness > _SKEWED and shrunk:
        chain.add(
            "log",
            "target.log",
            f"{target.name} is never negative and skewed ({target.skewness:.1f}; its logarithm "
            f"{target.log_skewness:.1f}): amounts that vary by factors are learned as factors.",
        )
    chain.add("goal", "target.standardise", "Mean 0 and deviation 1; predictions come back in the unit of the table.")
