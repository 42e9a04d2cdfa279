"""The contract of presets: from what is known of a table to a pipeline that suits it, with reasons.

A preset is asked once, by ``automl init`` and ``automl fit``. It sees no rows, only a
`automl.table_profile.TableProfile`, and answers with a `Draft`: the sections of a pipeline file as plain values, in
which `Because` says why something was chosen. The kernel adds what it knows itself (version, name, seed, path,
target), writes the file and checks it like any other.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from automl.components import Component

if TYPE_CHECKING:
    from automl.plugins import Registry
    from automl.table_profile import TableProfile


@dataclass(frozen=True)
class Because:
    """A value that was chosen, and the sentence that tells why; may stand for any value of a mapping."""

    value: Any
    why: str


@dataclass(frozen=True)
class Means:
    """What a draft may build on.

    Attributes:
        installed: ids by family (components, networks, searchers, ...) whose engines are installed too.
        seconds: how long the search may take; None leaves it to the preset.
        processors: CPUs that this process may use; trials run on one each.
    """

    installed: Mapping[str, frozenset[str]]
    seconds: float | None = None
    processors: int = 1

    @classmethod
    def of(cls, registry: Registry, *, seconds: float | None = None, processors: int = 1) -> Means:
        """What these plugins allow. Imports none of their code."""
        found: dict[str, set[str]] = {}
        for offer in registry.offers():
            usable = all(importlib.util.find_spec(engine) is not None for engine in offer.record.requires)
            found.setdefault(offer.family, set()).update([offer.record.id] if usable else [])
        return cls({family: frozenset(ids) for family, ids in found.items()}, seconds, processors)

    def has(self, family: str, name: str) -> bool:
        return name in self.installed.get(family, ())


@dataclass(frozen=True)
class Draft:
    """The sections of a pipeline file, in the order in which they are written.

    Attributes:
        sections: ``data`` (without path and target), ``stages``, ``run``, ``track``, ``profiles``, as the file takes
            them: mappings, lists and scalars, with `Because` around values that need a reason.
        remarks: what a person should know besides: columns that nothing can use, odd things in the table.
    """

    sections: Mapping[str, Any]
    remarks: Sequence[str] = field(default=())


class Preset(Component, ABC):
    """Drafts pipelines. Lives as long as one call and reads no data.

    Class attributes:
        seconds: the search time that it is made for; ``automl fit --time`` takes the preset that is nearest.
    """

    seconds: ClassVar[float]

    @abstractmethod
    def draft(self, table: TableProfile, means: Means) -> Draft:
        """A pipeline for this table of nothing but what is installed.

        Raises PluginError where no useful pipeline can be made of that, DataError where none can be made of the table.
        """
