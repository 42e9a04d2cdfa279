from __future__ import annotations


def test_a_run_leaves_a_model_a_report_and_a_ledger(run_toys) -> None:
    finished, _ = run_toys()
    assert finished.bundle.exists()
    assert finished.report.read_text() == "<p>"
    assert len(finished.search.trials) == 6
    assert finished.evaluation.metrics["toy.error"] < 1.0
    assert finished.cached == []


def test_running_again_executes_nothing(run_toys) -> None:
    first, _ = run_toys()
    second, _ = run_toys()
    assert second.executed == []
    assert second.cached == list(first.executed)
    assert first.bundle.read_bytes() == second.bundle.read_bytes()
