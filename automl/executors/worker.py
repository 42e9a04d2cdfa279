"""What a job sees of the worker it runs in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.plugins import Registry


class Worker(ABC):
    """Handed to every job as its second argument. ``memory`` outlives the job: what a warm worker keeps at hand."""

    memory: dict[str, Any]
    threads: int

    @abstractmethod
    def registry(self) -> Registry:
        """The plugins of this process, loaded on first use and kept."""

    @abstractmethod
    def report(self, payload: Mapping[str, Any]) -> bool:
        """Send progress to the driver; True if the job should stop now."""
