"""Where every value in force comes from: a line of a file, a profile, the command line, or a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from automl.params import Secret
from automl.pipeline_file.declaration import Declaration
from automl.pipeline_file.sections import Section
from automl.pipeline_file.tree import Fields, Items, Node, Path, Place, Scalar, children, dotted, find, plain
from automl.plugins import Registry

if TYPE_CHECKING:
    from automl.pipeline_file.owners import Owner


@dataclass(frozen=True)
class Origin:
    """A value in force.

    Attributes:
        path: its place in the pipeline.
        value: the value as plain data; a secret is ``***``.
        source: ``file:line``, ``--set KEY=VALUE``, or whose default it is.
        layer: ``file``, ``extends``, ``profile NAME``, ``--set`` or ``default``.
        reference: the ``${...}`` that the value was written as, if it was.
    """

    path: Path
    value: Any
    source: str
    layer: str
    reference: str | None = None

    @property
    def key(self) -> str:
        return dotted(self.path)

    def __str__(self) -> str:
        told = self.source if self.layer in ("file", "--set", "default") else f"{self.source} ({self.layer})"
        return f"{told}, {self.reference}" if self.reference else told


@dataclass(frozen=True)
class Written:
    """A file as written: all layers merged, references not yet filled in.

    Attributes:
        tree: the merged layers.
        top: the name of the file itself; other files are those that it extends.
        profile: the chosen profile, and the places of its values.
    """

    tree: Fields
    top: str
    profile: str | None = None
    profiled: frozenset[Place] = frozenset()

    def layer(self, place: Place) -> str:
        """Which layer a value at this place belongs to."""
        name = place.source.name
        if name.startswith("--set"):
            return "--set"
        if place in self.profiled:
            return f"profile {self.profile}"
        return "file" if name == self.top else "extends"


def places_in(node: Node) -> Iterator[Place]:
    """Where a value and everything inside it is written."""
    yield node.place
    for _, inner in children(node):
        yield from places_in(inner)


def origins(written: Written, declaration: Declaration, registry: Registry) -> list[Origin]:
    """Every value in force, in the order of the file, each section's defaults behind what is written in it."""
    from automl.pipeline_file.owners import owners

    assert declaration.tree is not None
    given = list(_given(written, written.tree.without("vars"), declaration.tree, ()))
    known = {origin.path for origin in given}
    absent = [origin for owner in owners(declaration, registry) for origin in _absent(owner, declaration.tree, known)]
    order: dict[Path, int] = {}
    for origin in (*given, *absent):
        for length in range(len(origin.path) + 1):
            order.setdefault(origin.path[:length], len(order))
    return sorted((*given, *absent), key=lambda origin: [order[origin.path[: n + 1]] for n in range(len(origin.path))])


def _given(written: Written, layered: Node, filled: Node, path: Path) -> Iterator[Origin]:
    is_reference = isinstance(layered, Scalar) and isinstance(layered.value, str) and "${" in layered.value
    inside = [] if is_reference or not _is_nested(layered) else children(layered)
    if not inside:
        place = layered.place
        source = place.source.name if not place.source.lines else f"{place.source.name}:{place.line}"
        reference = str(layered.value) if is_reference and isinstance(layered, Scalar) else None
        yield Origin(path, plain(filled), source, written.layer(place), reference)
    for step, value in inside:
        yield from _given(written, value, find(filled, (step,)).node, (*path, step))


def _is_nested(node: Node) -> bool:
    """Whether a value is told part by part: a mapping, or a list of mappings."""
    return isinstance(node, Fields) or (
        isinstance(node, Items) and any(isinstance(value, Fields) for value in node.values)
    )


def _absent(owner: Owner, tree: Fields, known: set[Path]) -> Iterator[Origin]:
    """The defaults of a model whose keys the file does not give. A space has none: what is absent is not searched."""
    if owner.is_space:
        return
    yield from _defaults(owner, owner.model, owner.path, tree, known)


def _defaults(owner: Owner, model: type[BaseModel], path: Path, tree: Fields, known: set[Path]) -> Iterator[Origin]:
    for name, field in model.model_fields.items():
        at = (*path, field.alias or name)
        found = find(tree, at)
        if found.path == at and plain(found.node) is not None:
            if (
                isinstance(field.annotation, type)
                and issubclass(field.annotation, BaseModel)
                and isinstance(found.node, Fields)
            ):
                yield from _defaults(owner, field.annotation, at, tree, known)
            continue
        if at in known or field.is_required() or at[-1] in ("with", "profiles", "vars", "extends"):
            continue
        value = field.get_default(call_default_factory=True)
        if isinstance(value, Section):
            yield from _defaults(owner, type(value), at, tree, known)
        elif value not in (None, {}, [], ()):
            yield Origin(at, _as_plain(value), owner.default, "default")


def _as_plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, tuple | list):
        return [_as_plain(item) for item in value]
    return str(value) if isinstance(value, Secret) else value
