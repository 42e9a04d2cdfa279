"""The contracts of automl, kept by all that automl-acme offers."""

from __future__ import annotations

from pathlib import Path

from automl_acme.csv_observer import CsvObserver
from automl_acme.gated import Gated
from automl_acme.robust import Robust

from automl.testing import NetworkContract, ObserverContract, parametrize_with_stage_checks


@parametrize_with_stage_checks([Robust, Gated, CsvObserver])
def test_stage(check):
    check()


class TestGated(NetworkContract):
    def make_network(self) -> Gated:
        return Gated(Gated.Params(width=8))


class TestCsvObserver(ObserverContract):
    def make_observer(self, folder: Path) -> CsvObserver:
        return CsvObserver()
