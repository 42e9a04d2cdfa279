"""The page for authors tells of every check, in the check's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from sound_stages import SOUND

from automl import testing
from automl.testing.checks import Check
from automl.testing.stage_checks import stage_checks

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "test-a-plugin.md").read_text(encoding="utf-8")
CHECKS = {each.check.name: each.check for stage in SOUND for each in stage_checks(stage)}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_the_page_has_every_check(check: Check) -> None:
    assert f"| `{check.name}` | {check.promise.replace('``', '`')} |" in PAGE


@pytest.mark.parametrize("name", testing.__all__)
def test_every_public_name_exists_and_is_on_the_page(name: str) -> None:
    assert getattr(testing, name).__name__ == name
    assert f"`{name}`" in PAGE or f"import {name}" in PAGE


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match=r"module 'automl\.testing' has no attribute 'Contract'"):
        testing.Contract  # noqa: B018
