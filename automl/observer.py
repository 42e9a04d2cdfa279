"""The contract of observers: what ``track:`` in a pipeline file names."""

from __future__ import annotations

from collections.abc import Mapping

from automl.components import Component


class Observer(Component):
    """Hears of a run. Lives on the driver and is called from its one thread.

    It has a method for each announcement that it wants to hear, named and called as in
    `automl.hookspecs.Announcements`. One that raises is reported and silences nobody.
    """

    @property
    def links(self) -> Mapping[str, str]:
        """After a run: what a person may want to open, by label; printed in the closing summary."""
        return {}
