"""New columns from arithmetic on old ones, in a small language of its own.

::

    rooms_per_house: total_rooms / households
    log_income:      log1p(`median income`)

Numbers; column names, in backquotes where they are no plain words; ``+ - * /``, ``**`` with a number from -10 to 10 as
exponent, and ``log log1p sqrt abs exp min max``. Python's parser reads it and this module walks the tree: nothing is
ever evaluated as Python.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pydantic import field_validator

from automl.advice.findings import Finding
from automl.components import Fitted, Transform
from automl.errors import DataError, did_you_mean
from automl.params import Params, param
from automl_tabular.selection import column_values, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView
    from automl.columns import Trait
    from automl.dataset import Rows

MAX_LENGTH = 1000
MAX_EXPONENT = 10.0
_QUOTED = re.compile(r"`([^`]*)`")
_PLACEHOLDER = "backquoted_column_"

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: np.negative, ast.UAdd: np.positive}
_OF_ONE: dict[str, Callable[[Any], Any]] = {
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
}
_OF_SEVERAL: dict[str, Callable[[Any, Any], Any]] = {"min": np.minimum, "max": np.maximum}


@dataclasses.dataclass(frozen=True)
class Expression:
    """A checked expression and the columns that it reads, in the order of their first use."""

    text: str
    columns: tuple[str, ...]
    _body: ast.expr
    _quoted: Mapping[str, str]

    def evaluate(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The value of each row from float64 arrays [n]; NaN where an operand is missing or the result not finite."""
        with np.errstate(all="ignore"):
            result = self._walk(self._body, values)
        return np.where(np.isfinite(result), result, np.nan)

    def _walk(self, node: ast.expr, values: Mapping[str, np.ndarray]) -> Any:
        match node:
            case ast.Constant(value=number):
                return np.float64(cast("float", number))
            case ast.Name(id=name):
                return values[self._quoted.get(name, name)]
            case ast.UnaryOp(op=operator, operand=operand):
                return _UNARY[type(operator)](self._walk(operand, values))
            case ast.BinOp(left=left, op=operator, right=right):
                return _BINARY[type(operator)](self._walk(left, values), self._walk(right, values))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                operands = [self._walk(argument, values) for argument in arguments]
                return _OF_ONE[name](operands[0]) if name in _OF_ONE else functools.reduce(_OF_SEVERAL[name], operands)
        raise AssertionError(f"{type(node).__name__} passed the check of {self.text!r}")


@functools.lru_cache(maxsize=256)
def parse(text: str) -> Expression:
    """Check an expression; raises ValueError saying what is not allowed and what is."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an expression has at most {MAX_LENGTH} characters, found {len(text)}")
    quoted: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"{_PLACEHOLDER}{len(quoted)}"
        quoted[name] = match.group(1)
        return name

    try:
        body = ast.parse(_QUOTED.sub(placeholder, text).strip(), mode="eval").body
        columns: dict[str, None] = {}
        _check(body, quoted, columns)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is no expression: {getattr(error, 'msg', 'it is nested too deeply')}") from error
    if not columns:
        raise ValueError(f"{text!r} reads no column")
    return Expression(text, tuple(columns), body, quoted)


def _check(node: ast.expr, quoted: Mapping[str, str], columns: dict[str, None]) -> None:
    """Raises ValueError for the first part that is not in the language; collects the columns."""
    match node:
        case ast.Constant(value=value):
            _check_number(value)
        case ast.Name(id=name):
            columns[quoted.get(name, name)] = None
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in _UNARY:
            _check(operand, quoted, columns)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
            if isinstance(operator, ast.Pow):
                _check_exponent(right)
            _check(left, quoted, columns)
            _check(right, quoted, columns)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _OF_ONE or name in _OF_SEVERAL:
            if len(arguments) != 1 if name in _OF_ONE else len(arguments) < 2:
                takes = "one argument" if name in _OF_ONE else "two or more arguments"
                raise ValueError(f"{name} takes {takes}, found {len(arguments)}")
            for argument in arguments:
                _check(argument, quoted, columns)
        case _:
            raise ValueError(
                f"{ast.unparse(node)!r} is not allowed; an expression holds numbers, column names (in backquotes where "
                f"they are no plain words), + - * / ** and {', '.join([*_OF_ONE, *_OF_SEVERAL])}"
            )


def _check_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not allowed; only numbers stand for themselves")
    if abs(value) > sys.float_info.max:
        raise ValueError("a number beyond 1.8e308 is not allowed")


def _check_exponent(node: ast.expr) -> None:
    bare = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    if not isinstance(bare, ast.Constant) or isinstance(bare.value, bool) or not isinstance(bare.value, int | float):
        raise ValueError(f"the exponent in ** is a number from -{MAX_EXPONENT:g} to {MAX_EXPONENT:g}")
    if abs(bare.value) > MAX_EXPONENT:
        raise ValueError(
            f"the exponent in ** is a number from -{MAX_EXPONENT:g} to {MAX_EXPONENT:g}, found {bare.value}"
        )


@dataclasses.dataclass(frozen=True)
class ExpressionFitted(Fitted):
    """``columns``: the text of each new column."""

    columns: Mapping[str, str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        expressions = {name: parse(text) for name, text in self.columns.items()}
        used = dict.fromkeys(column for expression in expressions.values() for column in expression.columns)
        require(frame, used, ExpressionFeature.id)
        values = {name: column_values(frame, name) for name in used}
        new = {name: expression.evaluate(values) for name, expression in expressions.items()}
        kept = frame.drop(columns=[name for name in new if name in frame.columns])
        return pd.concat([kept, pd.DataFrame(new, index=frame.index)], axis=1)


class ExpressionParams(Params):
    columns: dict[str, str] = param(
        description="New columns and what they are, e.g. {rooms_per_house: total_rooms / households}.", min_length=1
    )

    @field_validator("columns")
    @classmethod
    def _parses(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, text in columns.items():
            try:
                parse(text)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        return columns


class ExpressionFeature(Transform):
    """New numeric columns from arithmetic on old ones, beside them; one with an old name takes its place.

    Missing wherever an operand is missing, or where the result is not a finite number (division by zero, the
    logarithm of what is not positive). Expressions read the columns as they came in, not each other's results.
    """

    id = "feature.expression"
    stateless = True
    fitted = ExpressionFitted
    Params = ExpressionParams
    advice = {"unknown_column": "An expression reads a column that cannot be there."}

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"columns": {"ratio": "a / b", "log_a": "log1p(abs(a))"}}]

    @classmethod
    def outputs(cls, params: ExpressionParams, columns: Sequence[str]) -> Sequence[str]:
        return [*columns, *(name for name in params.columns if name not in columns)]

    @classmethod
    def leaves(cls, params: ExpressionParams, name: str, values: pd.Series | None) -> Collection[Trait]:
        """Everything, but of a column in whose place a new one comes."""
        return ["there", "kind"] if name in params.columns else ["values"]

    @classmethod
    def columns(cls, params: ExpressionParams) -> Sequence[str]:
        return list(dict.fromkeys(column for text in params.columns.values() for column in parse(text).columns))

    @classmethod
    def examine(cls, params: ExpressionParams, view: StageView) -> Iterable[Finding]:
        for name, text in params.columns.items():
            for column in parse(text).columns:
                if not view.given.may_hold(column):
                    known = view.given.names
                    yield Finding(
                        f"{name} = {text}: there is no numeric column {column!r} among the selected ones",
                        ("with", "columns", name),
                        expected=f"columns among {', '.join(known[:20])}",
                        mend=did_you_mean(column, known),
                        severity="error",
                        name="unknown_column",
                    )

    def fit(self, train: Rows) -> ExpressionFitted:
        """Raises DataError naming the first column that is not among the numeric ones."""
        for name, text in self.params.columns.items():
            for column in parse(text).columns:
                if column not in train.frame.columns:
                    hint = did_you_mean(column, train.frame.columns)
                    raise DataError(
                        f"{self.id}: {name} = {text}: there is no numeric column {column!r} among the selected ones; "
                        f"found {list(train.frame.columns)[:20]}{f'; {hint}' if hint else ''}"
                    )
        return ExpressionFitted(dict(self.params.columns))
