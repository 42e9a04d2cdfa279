"""Every built-in component keeps what its contract promises: all of them, with no private exceptions."""

from __future__ import annotations

from collections.abc import Callable

from automl.components import Component
from automl.plugins import Registry
from automl.testing import parametrize_with_stage_checks

_OTHERS = ("metrics", "commands")
"""Families that are no components: metrics have a suite of their own."""
COMPONENTS: list[type[Component]] = [
    offer.record.load_to_describe() for offer in Registry.load().offers() if offer.family not in _OTHERS
]


@parametrize_with_stage_checks(COMPONENTS)
def test_component(check: Callable[[], None]) -> None:
    check()
