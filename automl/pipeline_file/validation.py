"""pydantic's errors as problems of the file: each at the key or value it is about, in the words of the file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from automl.errors import did_you_mean
from automl.params import field_names, models_at
from automl.pipeline_file.problems import Problems, describe, listed
from automl.pipeline_file.tree import Fields, Found, Node, Path, Place, Scalar, find, plain

M = TypeVar("M", bound=BaseModel)

_EXPECTED: Final = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "greater_than": "a value above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "a value below {lt}",
    "less_than_equal": "at most {le}",
}
_SHOULD_BE = "Input should be "
_KEY_OF_A_MAPPING = "[key]"


def section(
    model: type[M], node: Node, path: Path, problems: Problems, *, key: Place | None = None
) -> tuple[M | None, bool]:
    """Check one section of the file.

    Args:
        model: what the section must look like.
        node: the section as written; null stands for an absent key.
        path: where it is.
        problems: takes every mistake.
        key: the place of the key that it stands under.

    Returns:
        The section, None if there is no making sense of it; and whether all of it was right. Where only unknown
        keys are wrong, the section without them comes back, so that the rest of the file can be looked at as well.
    """
    if isinstance(node, Fields):
        known = field_names(model, ())
        nulls = [name for name, entry in node.entries.items() if name in known and plain(entry.value) is None]
        node = node.without(*nulls)
    try:
        return model.model_validate(plain(node)), True
    except ValidationError as error:
        explain(error, model, node, path, problems, key=key)
        unknown = [detail["loc"] for detail in error.errors() if detail["type"] == "extra_forbidden"]
        if len(unknown) < error.error_count() or not isinstance(node, Fields):
            return None, False
    return model.model_validate(plain(node.without(*(str(loc[0]) for loc in unknown)))), False


def explain(
    error: ValidationError,
    model: type[BaseModel],
    node: Node,
    path: Path,
    problems: Problems,
    *,
    key: Place | None = None,
    title: str | None = None,
) -> None:
    """Note each of pydantic's errors.

    Args:
        error: what validating ``node`` against ``model`` raised.
        model: knows the keys there are.
        node: what was validated.
        path: where that is in the file.
        problems: takes every mistake.
        key: the place of the key that ``node`` stands under.
        title: what messages call ``node``; its key if absent.
    """
    title = title or _named(path)
    wrong: dict[Path, list[ErrorDetails]] = defaultdict(list)
    for detail in error.errors(include_url=False):
        loc = detail["loc"]
        found = find(node, loc, key)
        if detail["type"] == "missing":
            _missing(detail, model, found, path, problems, title)
        elif detail["type"] == "extra_forbidden":
            _unknown(str(loc[-1]), field_names(model, loc[:-1]), found, path, problems, title)
        elif loc and loc[-1] == _KEY_OF_A_MAPPING:
            problems.add(_reason(detail), found.key, (*path, *found.path), found=repr(detail["input"]))
        else:
            wrong[found.path].append(detail)
    for inner, details in wrong.items():
        if _only_the_other_member(inner, details, wrong):
            continue
        _wrong(details, find(node, inner, key), path, problems, title)


def _only_the_other_member(inner: Path, details: list[ErrorDetails], wrong: Iterable[Path]) -> bool:
    """Of a union, the member that fits the value's type tells what is wrong; the others only say "no text"."""
    deeper = any(len(other) > len(inner) and other[: len(inner)] == inner for other in wrong)
    return deeper and all(detail["type"] in _EXPECTED for detail in details)


def _missing(
    detail: ErrorDetails, model: type[BaseModel], found: Found, path: Path, problems: Problems, title: str
) -> None:
    name = str(detail["loc"][-1])
    where = (*path, *found.path)
    problems.add(
        f"{_named(where) if found.path else title} lacks the key {name!r}",
        found.key,
        where,
        expected=f"{name}: {_description(model, detail['loc'])}".rstrip(": "),
        found=describe(found.node),
    )


def _unknown(name: str, known: list[str], found: Found, path: Path, problems: Problems, title: str) -> None:
    where = (*path, *found.path)
    problems.add(
        f"{_named(where[:-1]) if len(found.path) > 1 else title} has no key {name!r}",
        found.key,
        where,
        expected=f"one of {listed(known)}" if known else "no keys at all",
        mend=did_you_mean(name, known) or "remove it",
    )


def _wrong(details: list[ErrorDetails], found: Found, path: Path, problems: Problems, title: str) -> None:
    where = (*path, *found.path)
    shown = describe(found.node)
    name = _named(where) if found.path else title
    said = [detail for detail in details if not detail["msg"].startswith(_SHOULD_BE)]
    if said:
        for detail in said:
            problems.add(f"{name}: {_reason(detail)}", found.node.place, where, found=shown)
        return
    expected = " or ".join(dict.fromkeys(_expected(detail) for detail in details))
    problems.add(
        f"{name} has a wrong value",
        found.node.place,
        where,
        expected=expected,
        found=shown,
        mend=_mend(details, found.node),
    )


def _mend(details: list[ErrorDetails], node: Node) -> str | None:
    if not isinstance(node, Scalar):
        return None
    if isinstance(node.value, str):
        choices = [word for detail in details for word in re.findall(r"'([^']*)'", detail["msg"])]
        return did_you_mean(node.value, choices)
    if node.value is not None and all(detail["type"] == "string_type" for detail in details):
        return f"put it in quotes: '{node.value}'"
    return None


def _reason(detail: ErrorDetails) -> str:
    raised = detail.get("ctx", {}).get("error")
    return str(raised) if isinstance(raised, Exception) else detail["msg"]


def _expected(detail: ErrorDetails) -> str:
    known = _EXPECTED.get(detail["type"])
    return known.format_map(detail.get("ctx", {})) if known else detail["msg"].removeprefix(_SHOULD_BE)


def _named(path: Path) -> str:
    """What stands at a path, for a message."""
    if not path:
        return "the file"
    step = path[-1]
    if isinstance(step, int):
        return f"entry {step + 1} of {path[-2]!r}" if len(path) > 1 else f"entry {step + 1}"
    return repr(step)


def _description(model: type[BaseModel], loc: Path) -> str:
    fields = [item for owner in models_at(model, loc[:-1]) for item in owner.model_fields.items()]
    return next((field.description or "" for name, field in fields if (field.alias or name) == loc[-1]), "")
