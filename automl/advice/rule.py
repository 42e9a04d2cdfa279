"""The contract of rules: what the hook ``automl_advice`` offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from automl.components import Component

if TYPE_CHECKING:
    from automl.advice.findings import Finding
    from automl.advice.views import TableView


class Rule(Component, ABC):
    """Looks at a table and the pipeline that stands over it, before anything runs.

    Its id is the name under which people read of it and silence it; the first line of its docstring says what it
    finds. A rule is asked once per examination and never changes what it is shown. It speaks only of what is so:
    a warning that is wrong once is silenced for good. One that raises is reported, and the others go on.

    Class attributes:
        is_leak: what it finds makes scores too good to be true; ``advice: {strict: true}`` makes errors of it.
    """

    is_leak: ClassVar[bool] = False

    @abstractmethod
    def findings(self, table: TableView) -> Iterable[Finding]:
        """What the rule finds; names and places are filled in by the engine."""
