"""What is checked of anything with an id and parameters, whatever it does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from automl.params import Params, tuning_range
from automl.pipeline_file.parsing import parse
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Source, plain
from automl.search.space import Space, nested, parse_space
from automl.testing.checks import Check, check
from automl.testing.subjects import Subject

_UNKNOWN: Final = "no_such_parameter"
_DRAWS: Final = 20
_LONGEST_SUMMARY: Final = 160


@check()
def it_says_what_it_is(subject: Subject) -> None:
    """The docstring begins with a line that says what the component does, for listings and the reference."""
    summary = subject.component.summary()
    inherited = any(base.__doc__ == subject.component.__doc__ for base in subject.component.__mro__[1:])
    assert summary, "it has no docstring; mend: say in its first line what it does"
    assert not inherited, f"its docstring is its base class's ({summary!r}); mend: say what this one does"
    assert len(summary) <= _LONGEST_SUMMARY, f"the first line is {len(summary)} characters, a line of a listing is 160"


@check()
def parameters_are_described(subject: Subject) -> None:
    """Every parameter, also inside nested models, has a description."""
    bare = [path for path, field in _fields(subject.component.Params) if not (field.description or "").strip()]
    assert not bare, f'no description: {", ".join(bare)}; mend: param(..., description="...")'


@check()
def unknown_parameters_are_refused(subject: Subject) -> None:
    """A parameter that is not there is refused, not passed over."""
    given = {**subject.example, _UNKNOWN: 1}
    try:
        subject.component.Params.model_validate(given)
    except ValidationError as error:
        refused = [problem["loc"] for problem in error.errors()]
    else:
        refused = []
    assert (_UNKNOWN,) in refused, (
        f"{_UNKNOWN}: 1 was accepted, so a misspelt parameter is too; mend: derive Params from automl.Params and "
        'leave extra="forbid" in force'
    )


@check()
def import_is_light(subject: Subject) -> None:
    """Importing the component loads neither pandas nor any engine, so that files are checked in an instant."""
    heavy = subject.seen_from_another_process().heavy
    assert not heavy, (
        f"importing {subject.component.__module__} loads {', '.join(heavy)}; mend: import them inside the functions "
        "that use them, and under `if TYPE_CHECKING:` for annotations"
    )


@check()
def tuning_ranges_are_legal(subject: Subject) -> None:
    """Whatever a search may draw from a parameter's tuning range is a legal value of it."""
    model = subject.component.Params
    for name in model.model_fields:
        declared = tuning_range(model, name)
        if declared is None:
            continue
        space = _space(name, declared)
        for number in range(_DRAWS):
            drawn = nested(space.complete(space.sample(subject.number, number)))
            try:
                model.model_validate({**subject.example, **drawn})
            except ValidationError as error:
                wrong = [problem for problem in error.errors() if name in problem["loc"]]
                assert not wrong, f"a search may draw {drawn}, which is refused: {wrong[0]['msg']}"


@check()
def parameters_round_trip_through_yaml(subject: Subject) -> None:
    """The example's parameters, defaults included, are equal after being written to YAML and read by the engine."""
    model = subject.component.Params
    params = model.model_validate(dict(subject.example))
    text = io.StringIO()
    YAML(typ="safe").dump(params.model_dump(mode="json", by_alias=True), text)
    problems = Problems()
    tree = parse(text.getvalue(), Source("example"), problems)
    problems.throw()
    assert tree is not None
    read = model.model_validate(plain(tree))
    assert read == params, f"came back as {read!r}, was {params!r}; as YAML:\n{text.getvalue()}"


ONCE: Final[tuple[Check, ...]] = (
    it_says_what_it_is,
    parameters_are_described,
    unknown_parameters_are_refused,
    import_is_light,
    tuning_ranges_are_legal,
)
"""Checks of the component as such, run with its first example only."""
EACH: Final[tuple[Check, ...]] = (parameters_round_trip_through_yaml,)
"""Checks of each example."""


def _space(name: str, declared: Any) -> Space:
    try:
        return parse_space({name: declared})
    except ValueError as error:
        raise AssertionError(f"the tuning range of {name} is none: {error}") from error


def _fields(model: type[BaseModel], prefix: str = "", above: tuple[type, ...] = ()) -> Iterator[tuple[str, Any]]:
    """All fields by dotted name, those of nested parameter models included."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        for nested_model in _models(field.annotation):
            if nested_model not in above:
                yield from _fields(nested_model, f"{prefix}{name}.", (*above, nested_model))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Params):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
