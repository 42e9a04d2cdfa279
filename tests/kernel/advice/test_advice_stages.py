"""What plugins bring: whole rules, and checks of their own stages, which see only what reaches a stage unchanged."""

from __future__ import annotations

import advising
import numpy as np
import pandas as pd
import pytest
from advice_names import Examine, names, stages
from toy_runs import make_registry

from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry

QUIET = "advice.silence=[acme.broken, acme.many_rows]"


@pytest.fixture(scope="module")
def acme() -> Registry:
    registry = make_registry()
    registry.register(advising, Plugin("acme", "advising", "automl-acme", "1.0"))
    assert not registry.set_aside, registry.set_aside
    return registry


def positive(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=np.exp(frame["x"]), z=np.exp(frame["z"]) + 2)


def test_a_rule_of_a_plugin_is_asked_and_a_broken_one_costs_nobody_the_others(
    examine: Examine, frame: pd.DataFrame, acme: Registry
) -> None:
    broken, many = sorted(examine(frame, registry=acme).findings, key=lambda finding: finding.name)
    assert (many.name, many.message, many.reason) == ("acme.many_rows", "400 rows", "acme is slow")
    assert "KeyError: 'oops'" in broken.message
    assert "the fault is the plugin's" in str(broken)
    assert broken.mend == "tell the author of plugin 'acme' (automl-acme 1.0)"
    assert str(many).endswith("silence: advice: {silence: [acme.many_rows]}")
    assert names(examine(frame, QUIET, registry=acme)) == []


def test_a_stage_examines_its_training_rows(examine: Examine, frame: pd.DataFrame, acme: Registry) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [z]}")
    (error,) = examine(frame, QUIET, text=text, registry=acme).findings
    assert (error.name, error.severity) == ("acme.root.negative", "error")
    assert error.path == ("stages", "last")
    training = int(error.message.rpartition(" ")[2])
    assert 120 < training < 280, "half of 400 rows train"
    assert names(examine(positive(frame), QUIET, text=text, registry=acme)) == []


def test_rows_that_no_fit_sees_are_no_error(examine: Examine, frame: pd.DataFrame, acme: Registry) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [z]}")
    assert names(examine(frame, QUIET, "stages.split.with={test: 1.0, valid: 0.0}", text=text, registry=acme)) == [
        "data.refused"
    ]
    shares = "stages.split.with={test: 0.5, valid: 0.0}"
    (found,) = (f for f in examine(frame, QUIET, shares, text=text, registry=acme).findings if "acme" in f.name)
    assert 150 < int(found.message.rpartition(" ")[2]) < 250
    folds = examine(frame, QUIET, "stages.split={use: toy.folds, in: data}", text=text, registry=acme)
    assert 280 < int(folds.findings[0].message.rpartition(" ")[2]) < 360, "every row but the test rows, in some fold"


@pytest.mark.parametrize(
    "above",
    [
        "  above: {use: toy.scale, in: split, columns: numeric}",
        "  above: {use: acme.root, in: split, columns: [z], with: {plus: 100}}",
        "  above: {use: acme.trimmed, in: split, columns: [x]}",
        "  side: {use: toy.drop, in: split, columns: [z]}\n  above: {use: toy.dummies, in: [split, side]}",
    ],
)
def test_nothing_is_said_of_a_column_that_a_stage_above_may_have_changed(
    examine: Examine, frame: pd.DataFrame, acme: Registry, above: str
) -> None:
    text = stages(f"{above}\n  last: {{use: acme.root, in: above, columns: [z]}}")
    assert names(examine(frame, QUIET, text=text, registry=acme)) == []


def test_a_column_that_a_branch_left_alone_is_still_known(
    examine: Examine, frame: pd.DataFrame, acme: Registry
) -> None:
    text = stages(
        "  a: {use: toy.scale, in: split, columns: [x]}\n  b: {use: toy.dummies, in: split}\n"
        "  last: {use: acme.root, in: [a, b], columns: [z]}"
    )
    assert names(examine(frame, QUIET, text=text, registry=acme)) == ["acme.root.negative"]


def test_an_error_under_some_of_the_tried_values_is_a_warning(
    examine: Examine, frame: pd.DataFrame, acme: Registry
) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [z], with: {plus: {tune: [0.0, 100.0]}}}")
    (finding,) = examine(frame, QUIET, text=text, registry=acme).findings
    assert (finding.name, finding.severity) == ("acme.root.negative", "warning")
    assert finding.reason == "trials that try this value will fail"
    auto = examine(frame, QUIET, text=text, registry=acme)
    assert names(auto) == ["acme.root.negative"]


def test_advice_of_a_component_is_silenced_by_its_id_and_name(
    examine: Examine, frame: pd.DataFrame, acme: Registry
) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [x]}")
    small = frame.assign(x=np.exp(frame["x"]))
    assert names(examine(small, QUIET, text=text, registry=acme)) == ["acme.root.small"]
    quiet = "advice.silence=[acme.broken, acme.many_rows, acme.root.small]"
    assert examine(small, quiet, text=text, registry=acme).silenced == [
        "acme.broken",
        "acme.many_rows",
        "acme.root.small",
    ]


def test_an_error_is_not_silenced(examine: Examine, frame: pd.DataFrame, acme: Registry) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [z]}")
    quiet = "advice.silence=[acme.broken, acme.many_rows, acme.root.negative]"
    assert [finding.name for finding in examine(frame, quiet, text=text, registry=acme).errors] == [
        "acme.root.negative"
    ]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("leak.copy_of_targt", "did you mean 'leak.copy_of_target'?"),
        ("acme.root.smal", "did you mean 'acme.root.small'?"),
        ("acme.root", "did you mean"),
        ("quite different", "a warning's last line says by which it is silenced"),
    ],
)
def test_an_unknown_name_would_silence_nothing_and_is_an_error(acme: Registry, name: str, mend: str) -> None:
    text = stages("  last: {use: acme.root, in: split, columns: [z]}") + f"advice:\n  silence: [{name}]\n"
    with pytest.raises(PipelineFileError) as raised:
        loads(text, acme)
    (problem,) = raised.value.problems
    assert problem.message == f"there is no advice {name!r}"
    assert (problem.path, problem.column) == ("advice.silence[0]", 13)
    assert problem.mend is not None
    assert mend in problem.mend
