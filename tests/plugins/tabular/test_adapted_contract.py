"""Adapted transformers keep every promise that the contract suite asks of a stage."""

from __future__ import annotations

import adapted_stages
import pytest

from automl.testing import parametrize_with_stage_checks
from automl.testing.stage_checks import StageCheck


@pytest.mark.filterwarnings("ignore::UserWarning:sklearn", "ignore::RuntimeWarning:sklearn")
@parametrize_with_stage_checks(adapted_stages.STAGES)
def test_stage(check: StageCheck) -> None:
    check()
