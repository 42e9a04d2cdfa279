"""The contracts of automl, kept by all that automl-acme offers."""

from __future__ import annotations

from automl_acme.robust import Robust

from automl.testing import parametrize_with_stage_checks


@parametrize_with_stage_checks([Robust])
def test_stage(check):
    check()
