"""Parameters typed `automl.params.Secret`: taken from the environment only, and shown as ``***``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel

from automl.errors import AutoMLError
from automl.params import Secret, models_in
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Entry, Fields, Node, Path, Scalar, children, find, plain, replace
from automl.plugins import Registry
from automl.secret import MASK


def take_secrets(model: type[BaseModel], node: Fields, path: Path, problems: Problems) -> tuple[Fields, list[Path]]:
    """Put a `Secret` where a model wants one.

    Args:
        model: knows which of its fields are secret.
        node: what is written, references filled in.
        path: where that is in the file.
        problems: takes every secret that stands in the file itself; the message does not repeat it.

    Returns:
        The node with its secrets, and their paths in the file.
    """
    found: list[Path] = []
    entries = dict(node.entries)
    for name, field in model.model_fields.items():
        key = field.alias or name
        entry = entries.get(key)
        if entry is None or (plain(entry.value) is None and entry.value.variable is None):
            continue
        where = (*path, key)
        if _wants_secret(field.annotation):
            entries[key] = Entry(entry.key, _secret(key, entry.value, where, problems))
            found.append(where)
        elif isinstance(entry.value, Fields):
            inside: Fields = entry.value
            for below in models_in(field.annotation):
                inside, more = take_secrets(below, inside, where, problems)
                found += more
            entries[key] = Entry(entry.key, inside)
    return Fields(entries, node.place), found


def take_tuner_secrets(node: Fields, path: Path, registry: Registry, problems: Problems) -> tuple[Fields, list[Path]]:
    """The same for the tuner of a search: its ``with`` belongs to the searcher that it names.

    ``node`` is what is written under the search's own ``with``, at ``path``.
    """
    at: Path = ("tuner", "with")
    use, given = find(node, ("tuner", "use")).node, find(node, at)
    if given.path != at or not isinstance(given.node, Fields) or not isinstance(use, Scalar):
        return node, []
    if use.value not in registry.ids("searchers"):
        return node, []
    try:
        searcher = registry.get("searchers", str(use.value))
    except AutoMLError:  # the search's own check says so
        return node, []
    inside, found = take_secrets(searcher.Params, given.node, (*path, *at), problems)
    with_secrets = replace(node, at, inside)
    assert isinstance(with_secrets, Fields)
    return with_secrets, found


def masked(tree: Fields, paths: Iterable[Path]) -> Fields:
    """The tree with ``***`` at these paths, and with what an object shows of itself where no text can hold it."""
    hidden: Node = tree
    for path in paths:
        found = find(hidden, path)
        if found.path == path:
            hidden = replace(hidden, path, Scalar(MASK, found.node.place))
    shown = _spelled(hidden)
    assert isinstance(shown, Fields)
    return shown


def _spelled(node: Node) -> Node:
    if isinstance(node, Scalar):
        known = node.value is None or isinstance(node.value, str | int | float)
        return node if known else Scalar(repr(node.value), node.place)
    for step, inner in children(node):
        if (spelled := _spelled(inner)) is not inner:
            node = replace(node, (step,), spelled)
    return node


def _wants_secret(annotation: Any) -> bool:
    return annotation is Secret or any(_wants_secret(argument) for argument in get_args(annotation))


def _secret(key: str, node: Node, path: Path, problems: Problems) -> Scalar:
    if node.variable is None:
        problems.add(
            f"{key!r} is secret: it may not stand in a file or on the command line",
            node.place,
            path,
            expected="${env:NAME}",
            found=MASK,
            mend="put it into an environment variable, and write ${env:NAME} here",
            hidden=True,
        )
        problems.spoil(node.place)
    return Scalar(Secret(node.variable or ""), node.place)
