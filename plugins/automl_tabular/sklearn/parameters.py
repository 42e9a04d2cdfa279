"""A scikit-learn constructor's parameters as a Params model: defaults, legal ranges and meanings are scikit-learn's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from docstring_parser import DocstringStyle, parse
from pydantic import BaseModel, Field, JsonValue, Strict, TypeAdapter, ValidationError, create_model

from automl.errors import PluginError, did_you_mean
from automl.params import Params, param

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_OURS = frozenset({"random_state", "n_jobs", "verbose", "copy"})
"""What the engine sees to: the seed is injected, a stage has the threads that it is given, rows are copied anyway."""

_SCALAR = Strict()
"""A union of types must not turn ``1`` into ``1.0``, ``true`` or ``"1"``: they mean different things."""

_Plain = Annotated[bool, _SCALAR] | Annotated[int, _SCALAR] | Annotated[float, _SCALAR] | Annotated[str, _SCALAR] | None


def params_of(prototype: BaseEstimator, who: str, tune: Mapping[str, Any]) -> type[Params]:
    """The Params model of an estimator; what a file cannot write (functions, estimators) keeps its present value.

    ``tune`` gives the range that ``{tune: auto}`` tries by parameter; raises PluginError if one is not offered.
    """
    values = prototype.get_params(deep=False)
    declared: Mapping[str, Any] = getattr(prototype, "_parameter_constraints", {})
    meanings = dict(_meanings(type(prototype)))
    fields: dict[str, Any] = {}
    for name in inspect.signature(type(prototype)).parameters:
        if name in _OURS or name not in values or hasattr(BaseModel, name):
            continue
        annotation = _annotation(declared.get(name), values[name])
        if annotation is not None and _takes(annotation, values[name]):
            meaning = meanings.get(name, f"See {name} of {type(prototype).__name__}.")
            fields[name] = (annotation, param(values[name], description=meaning, tune=tune.get(name)))
    for name in tune:
        if name not in fields:
            hint = did_you_mean(name, fields)
            raise PluginError(f"{who}: tune names {name!r}, which is no parameter{f'; {hint}' if hint else ''}")
    made: type[Params] = create_model(f"{type(prototype).__name__}Params", __base__=Params, **fields)
    return made


def _annotation(declared: Any, default: Any) -> Any:
    """The type of a parameter: the union of what a file can write; None if it can write none of it."""
    if isinstance(declared, list):
        options = [option for constraint in declared for option in _options(constraint)]
    else:  # a stranger's estimator declares nothing: the default tells
        options = [Annotated[type(default), _SCALAR]] if isinstance(default, bool | int | float | str) else []
        options = options or ([_Plain] if default is None else [])
    return Union[tuple(dict.fromkeys(options))] if options else None  # noqa: UP007 - made at run time


def _options(constraint: Any) -> Iterator[Any]:
    """What one of scikit-learn's constraints allows, as types; nothing for what no file can write, or is hidden."""
    from sklearn.utils._param_validation import Hidden, Interval, Options, make_constraint

    if isinstance(constraint, Hidden):
        return
    if isinstance(constraint, str) and constraint == "boolean":
        yield Annotated[bool, _SCALAR]
    elif constraint is None:
        yield None
    elif isinstance(constraint, Interval):
        yield _interval(constraint)
    elif isinstance(constraint, Options):
        words = constraint.options - constraint.deprecated
        if all(isinstance(word, str | int) and not isinstance(word, bool) for word in words):
            yield Literal[tuple(sorted(words, key=str))]
        elif issubclass(constraint.type, Real):
            yield Annotated[float, _SCALAR]
    elif isinstance(constraint, str) and constraint == "array-like":
        yield list[JsonValue]
    elif isinstance(constraint, str) and constraint == "cv_object":
        yield from (Annotated[int, _SCALAR, Field(ge=2)], None)
    elif isinstance(constraint, type) or constraint in (Integral, Real):
        kinds = {
            tuple: tuple[JsonValue, ...],
            list: list[JsonValue],
            dict: dict[str, JsonValue],
            str: Annotated[str, _SCALAR],
        }
        if constraint in kinds:
            yield kinds[constraint]
        elif constraint in (bool, int, float, Integral, Real):
            yield Annotated[{Integral: int, Real: float}.get(constraint, constraint), _SCALAR]
    else:
        make_constraint(constraint)  # raises at a kind that this version of scikit-learn does not know itself


def _interval(interval: Any) -> Any:
    whole = interval.type is Integral
    left = {"closed": "ge", "open": "gt"}["closed" if interval.closed in ("left", "both") else "open"]
    right = {"closed": "le", "open": "lt"}["closed" if interval.closed in ("right", "both") else "open"]
    bounds: dict[str, Any] = {}
    for name, bound in ((left, interval.left), (right, interval.right)):
        if bound is not None and abs(bound) != float("inf"):
            bounds[name] = int(bound) if whole else float(bound)
    return Annotated[int if whole else float, _SCALAR, Field(**bounds)]


def _takes(annotation: Any, default: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(default)
    except ValidationError:
        return False
    return True


def _meanings(estimator: type) -> Iterator[tuple[str, str]]:
    """The first sentence of each parameter in the class's docstring."""
    for entry in parse(inspect.getdoc(estimator) or "", style=DocstringStyle.NUMPYDOC).params:
        if entry.args[0] != "param":
            continue
        text = re.split(r"\n\s*\n|\n\s*\.\. |\n\s*[-*] |::", (entry.description or "").strip(), maxsplit=1)[0]
        text = re.sub(r":\w+:`~?(?:[^`<]*\.)?([^`<.]+)(?: <[^`]*>)?`", r"`\1`", " ".join(text.split()))
        sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text, maxsplit=1)[0].rstrip(":").rstrip()
        if sentence:
            for name in entry.arg_name.split(","):
                yield name.strip(), sentence if sentence.endswith(".") else f"{sentence}."
