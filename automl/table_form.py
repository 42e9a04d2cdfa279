"""How a model's training table was read: kept in the model, so that files of the same kind are read so, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.components import Reader
    from automl.plugins import Registry

_PACKED = ".gz"


@dataclass(frozen=True)
class TableForm:
    """A reader and what it was told, without the path and without secrets.

    Attributes:
        reader: the reader's id.
        suffix: the suffix of the training table's file, unpacked: ``.csv`` for ``.csv.gz``; empty if it had none.
        params: the parameters that were given, as JSON values: ``{"separator": ";", "decimal": ","}``.
    """

    reader: str
    suffix: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: Reader, registry: Registry) -> TableForm:
        """The form in which a reader reads."""
        given = reader.params.model_fields_set
        params = {name: value for name, value in reader.params.identity().items() if name in given}
        return cls(reader.id, suffix_of(str(getattr(reader.params, "path", "")), registry), params)

    @classmethod
    def from_document(cls, document: Any) -> TableForm | None:
        """What a bundle holds of it; None where it holds nothing that makes sense, as for a table from memory."""
        match document:
            case {"reader": str(reader), "suffix": str(suffix), "params": dict(params)}:
                return cls(reader, suffix, params)
        return None

    def to_document(self) -> dict[str, Any]:
        return {"reader": self.reader, "suffix": self.suffix, "params": dict(self.params)}

    def params_for(self, path: str, registry: Registry) -> Mapping[str, Any]:
        """The remembered parameters if a file is of the same kind as the training table, else none."""
        same = registry.reader_for(path) == self.reader and suffix_of(path, registry) == self.suffix
        return self.params if same else {}


def suffix_of(path: str, registry: Registry) -> str:
    """The suffix by which a file finds its reader, unpacked and in lower case; empty where none is known."""
    offers = [offer for offer in registry.offers() if offer.family == "readers"]
    known = {suffix for offer in offers for suffix in offer.record.suffixes if path.lower().endswith(suffix)}
    return max(known, key=len, default="").removesuffix(_PACKED)
