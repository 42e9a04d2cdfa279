"""A model that predicts differently twice is found once it was saved and loaded, and what is at fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import BundleError


@pytest.mark.parametrize(
    ("how", "says"), [("random", "when it is asked again"), ("looks around", "with other rows beside it")]
)
def test_a_stage_that_gives_a_row_something_else_is_named(run_toys, tmp_path: Path, how: str, says: str) -> None:
    text_of = "{use: toy.rude, in: filled, columns: numeric, with: {how: %s}}"
    with pytest.raises(
        BundleError,
        match=rf"stages.rude: component 'toy.rude' of plugin .* gives a row something else {says} \(row \d+.*mend:",
    ):
        run_toys(f"stages.rude={text_of % how}", "stages.codes.in=rude")
    assert not list(tmp_path.rglob("model.automl"))


def test_a_model_that_predicts_the_same_passes(run_toys) -> None:
    finished, _ = run_toys()
    assert finished.bundle.exists()
