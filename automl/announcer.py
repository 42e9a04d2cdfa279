"""Hands events to observers, one after the other, so that one that raises does not silence the rest."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

from automl.hookspecs import Announcements, families
from automl.plugins import Registry

_log = logging.getLogger(__name__)


class Announcer:
    """Called with an event; finds its hook by the event's class name and calls every implementation of it."""

    def __init__(self, registry: Registry, observers: Iterable[Any]) -> None:
        self._plugins = [
            plugin
            for plugin in registry.manager.get_plugins()
            if any(hasattr(plugin, h) for h in families(Announcements))
        ]
        self._observers = list(observers)

    def __call__(self, event: Any) -> None:
        hook = hook_name(type(event).__name__)
        for observer in (*self._observers, *self._plugins):
            heard = getattr(observer, hook, None)
            if heard is None:
                continue
            try:
                heard(event=event)
            except Exception:  # noqa: BLE001
                # Reported and passed over: a tracker that is down must not cost a night's search.
                _log.exception("observer %s failed at %s", type(observer).__name__, hook)


def hook_name(event: str) -> str:
    """``TrialFinished`` as ``trial_finished``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()
