"""Each check finds the mistake that it is there for, and blames nothing else for it."""

from __future__ import annotations

import pytest
from broken_stages import BROKEN
from heavy_stage import HeavyImport
from sound_stages import SOUND

from automl.components import Component, Reader, Splitter, Transform
from automl.testing import parametrize_with_stage_checks
from automl.testing.stage_checks import StageCheck, stage_checks

MISTAKES: dict[str, type[Component]] = {**BROKEN, "import_is_light": HeavyImport}


@parametrize_with_stage_checks(SOUND)
def test_sound_stages_pass(check: StageCheck) -> None:
    check()


def failures(component: type[Component]) -> dict[str, str]:
    """The checks that fail, with what they say."""
    found = {}
    for check in stage_checks(component, tuple(MISTAKES.values())):
        try:
            check()
        except pytest.skip.Exception:
            continue
        except Exception as error:  # noqa: BLE001 - whatever a check lets through is what it found
            found[check.check.name] = f"{type(error).__name__}: {error}"
    return found


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_fails_exactly_its_check(mistake: str) -> None:
    found = failures(MISTAKES[mistake])
    assert list(found) == [mistake], found


def test_every_check_has_a_mistake_that_it_finds() -> None:
    checks = {check.check.name for component in SOUND for check in stage_checks(component)}
    assert checks == set(MISTAKES)


def test_all_sorts_of_stages_are_checked() -> None:
    sorts = {Transform, Splitter, Reader}
    assert all(any(issubclass(stage, sort) for stage in SOUND) for sort in sorts)
    assert {stage.stateless for stage in SOUND if issubclass(stage, Transform)} == {True, False}
    assert {stage.on_target for stage in SOUND if issubclass(stage, Transform)} == {True, False}
