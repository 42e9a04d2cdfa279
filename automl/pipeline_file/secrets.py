"""What nobody may see: parameters typed `automl.params.Secret`, and whatever text the environment brought.

It is shown as ``***`` in everything that is made of the file, and masked wherever else it turns up (`automl.secret`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel

from automl.errors import AutoMLError
from automl.params import Secret, models_in
from automl.pipeline_file.interpolation import is_reference
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Entry, Fields, Node, Path, Scalar, children, find, plain, replace
from automl.plugins import Registry
from automl.secret import MASK, Address, has_password, hide, without_its_password

_LONG: Final = 8
_WORDS: Final = re.compile(r"[A-Za-z_. ]*|[-+.\d]*")


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
        wanted = _wanted_secret(field.annotation)
        if wanted is Address and entry.value.variable is None:
            continue  # one without a password may stand in the file; any other is refused where passwords are
        if wanted is not None:
            entries[key] = Entry(entry.key, _secret(wanted, key, entry.value, where, problems))
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


def refuse_passwords(tree: Fields, problems: Problems) -> None:
    """Note every password that is written into a URL of the file itself; the messages do not repeat it."""
    for node, path in _scalars(tree, ()):
        text = node.value
        if isinstance(text, str) and node.variable is None and has_password(text):
            problems.add(
                "a URL with a password in it may not stand in a file or on the command line",
                node.place,
                path,
                expected="a URL without one, or ${env:NAME}",
                found=without_its_password(text),
                mend="put the whole URL into an environment variable, and write ${env:NAME} here",
                hidden=True,
            )
            problems.spoil(node.place)


def _scalars(node: Node, path: Path) -> Iterator[tuple[Scalar, Path]]:
    if isinstance(node, Scalar):
        yield node, path
    for step, inner in children(node):
        yield from _scalars(inner, (*path, step))


def from_environment(tree: Fields) -> list[Path]:
    """Where text came from the environment, but for the path of the data: a file's name is no secret, a URL may be.

    Numbers, truth values and what they are parts of are no text.
    """
    return [
        path
        for node, path in _scalars(tree, ())
        if node.variable is not None
        and (isinstance(node.value, Secret) or (isinstance(node.value, str) and not _names_the_data(node.value, path)))
    ]


def _names_the_data(text: str, path: Path) -> bool:
    return path == ("data", "path") and "://" not in text


def masked(tree: Fields, paths: Iterable[Path]) -> Fields:
    """The tree with ``***`` at these paths, and with what an object shows of itself where no text can hold it.

    What is masked here is masked from now on wherever it turns up in this process.
    """
    hidden: Node = tree
    for path in paths:
        found = find(hidden, path)
        if found.path == path:
            if isinstance(found.node, Scalar) and isinstance(found.node.value, Secret | str):
                telling = _is_telling(found.node.value)
                if telling or "with" in path:  # errors name columns, stages and components
                    hide(found.node.value, telling=telling)
            hidden = replace(hidden, path, Scalar(MASK, found.node.place))
    shown = _spelled(hidden)
    assert isinstance(shown, Fields)
    return shown


def _is_telling(value: Secret | str) -> bool:
    """Whether a text is masked beyond the file and errors as well: secrets, URLs, and what no word looks like.

    A ``median`` that came from the environment must not make a mask of every median that is told of.
    """
    if isinstance(value, Secret):
        return True
    return "://" in value or (len(value) >= _LONG and not _WORDS.fullmatch(value))


def _spelled(node: Node) -> Node:
    if isinstance(node, Scalar):
        known = node.value is None or isinstance(node.value, str | int | float)
        return node if known else Scalar(repr(node.value), node.place)
    for step, inner in children(node):
        if (spelled := _spelled(inner)) is not inner:
            node = replace(node, (step,), spelled)
    return node


def _wanted_secret(annotation: Any) -> type[Secret] | None:
    """The kind of secret that a field takes; None for a field that takes none."""
    if isinstance(annotation, type) and issubclass(annotation, Secret):
        return annotation
    return next((kind for kind in map(_wanted_secret, get_args(annotation)) if kind is not None), None)


def _secret(kind: type[Secret], key: str, node: Node, path: Path, problems: Problems) -> Scalar:
    whole = node.variable is not None and (kind is Address or is_reference(node.reference))
    if not whole:
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
    made = kind(node.variable or "", node.reference)
    return Scalar(made, node.place, node.variable, node.reference)
