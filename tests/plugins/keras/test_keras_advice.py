"""What is said of networks before anything trains: unfit inputs, and settings that work against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.advice.examine import examine_data
from automl.advice.findings import Finding
from automl.pipeline_file import loads
from automl.plan.values import Values
from automl.plugins import Registry
from automl.store import Store

Told = Callable[..., dict[str, Finding]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture
def table() -> pd.DataFrame:
    draw = np.random.default_rng(9)
    x = draw.normal(size=(300, 2))
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x[:, 0] + draw.normal(size=300)})


@pytest.fixture
def told(registry: Registry, tmp_path: Path) -> Told:
    """``told(table, space, stages)``: findings by name for a search over the MLP."""

    def look(
        table: pd.DataFrame, space: str = "{width: 32}", stages: str = "", last: str = "split"
    ) -> dict[str, Finding]:
        table.to_parquet(tmp_path / "table.parquet")
        text = (
            f"version: 1\ndata: {{path: {tmp_path}/table.parquet, target: y}}\nstages:\n"
            f"  split: {{use: split.random, in: data}}\n{stages}"
            f"  search: {{use: search.network, in: {last}, with: {{budget: {{trials: 1}}, space: {space}}}}}\n"
        )
        examination = examine_data(Values(loads(text, registry), registry, Store(tmp_path / "store"), lambda _: ()))
        return {finding.name: finding for finding in examination.findings}

    return look


def test_fit_inputs_and_settings_raise_no_alarm(told: Told, table: pd.DataFrame) -> None:
    assert told(table) == {}
    assert (
        told(table, "{activation: [relu, selu], initializer: auto, optimizer: [adamw, sgd], loss: [mse, huber]}") == {}
    )


def test_inputs_that_no_stage_scales(told: Told, table: pd.DataFrame) -> None:
    far = table.assign(a=table["a"] * 1000, b=table["b"] + 500)
    finding = told(far)["network.unscaled_inputs"]
    assert finding.severity == "warning"
    assert "2 columns (a, b) have values far from 0" in finding.message
    assert told(far, stages="  scaled: {use: scale.standard, in: split}\n", last="scaled") == {}


@pytest.mark.parametrize(
    ("between", "told_of"),
    [
        ("  last: {use: impute.simple, in: split}\n", "a, b"),
        ("  last: {use: feature.expression, in: split, with: {columns: {r: a + b}}}\n", "a, b"),
        ("  last: {use: feature.expression, in: split, with: {columns: {a: a / 1000}}}\n", "b"),
        ("  last: {use: clean.winsorize, in: split}\n", "a, b"),
        ("  f: {use: impute.simple, in: split}\n  last: {use: clean.constant, in: f, columns: [a]}\n", "b"),
        ("  last: {use: {tune: [passthrough, impute.simple]}, in: split}\n", "a, b"),
        ("  last: {use: {tune: [passthrough, scale.standard]}, in: split}\n", ""),
        ("  f: {use: impute.simple, in: split}\n  last: {use: scale.minmax, in: f}\n", ""),
        ("  f: {use: scale.standard, in: split, columns: [a]}\n  last: {use: impute.simple, in: f}\n", "b"),
    ],
)
def test_a_stage_between_hides_the_scale_only_if_it_may_have_changed_it(
    told: Told, table: pd.DataFrame, between: str, told_of: str
) -> None:
    far = table.assign(a=table["a"] * 1000, b=table["b"] + 500)
    finding = told(far, stages=between, last="last").get("network.unscaled_inputs")
    if not told_of:
        assert finding is None
    else:
        assert finding is not None
        assert told_of in finding.message or repr(told_of) in finding.message


@pytest.mark.parametrize(
    ("space", "name", "said"),
    [
        ("{l2: 0.001, optimizer: adam}", "network.l2_with_adam", "l2 is tried with adam"),
        ("{l2: {float: [0.0, 0.01]}, optimizer: [adam, nadam, sgd]}", "network.l2_with_adam", "adam, nadam"),
        ("{l2: 0.001}", "network.l2_with_adam", "l2 is tried with adam"),
        ("{activation: [relu, selu], batch_norm: true}", "network.selu_disturbed", "with batch_norm"),
        ("{activation: selu, batch_norm: [true, false]}", "network.selu_disturbed", "with batch_norm"),
        ("{activation: selu, l2: 0.01, optimizer: sgd}", "network.selu_disturbed", "with l2"),
        ("{activation: selu, l1: 0.01, optimizer: sgd}", "network.selu_disturbed", "with l1"),
        ("{activation: [selu, relu], l1: 0.01, l2: 0.1, optimizer: sgd}", "network.selu_disturbed", "with l1 and l2"),
        ("{l2: 0.001, optimizer: [adamw, sgd]}", "network.l2_with_adamw", "l2 is tried with adamw"),
        ("{l2: [0.0, 0.1], optimizer: {one_of: {adamw: {weight_decay: 0.1}}}}", "network.l2_with_adamw", "above 0"),
        ("{optimizer: adagrad, depth: {int: [1, 4]}}", "network.adagrad_on_deep", "networks of 4 hidden layers"),
        ("{optimizer: [adagrad, sgd], depth: [3, 5]}", "network.adagrad_on_deep", "networks of 5 hidden layers"),
        ("{optimizer: adagrad, widths: [[64, 32, 16]]}", "network.adagrad_on_deep", "networks of 3 hidden layers"),
        ("{activation: [relu, tanh], initializer: he_normal}", "network.initializer_mismatch", "does not fit tanh"),
        ("{activation: selu, initializer: glorot_uniform}", "network.initializer_mismatch", "does not fit selu"),
    ],
)
def test_settings_that_work_against_each_other(
    told: Told, table: pd.DataFrame, space: str, name: str, said: str
) -> None:
    found = told(table, space)
    assert list(found) == [name]
    assert said in found[name].message
    assert found[name].reason


@pytest.mark.parametrize(
    "space",
    [
        "{l2: 0.001, optimizer: {one_of: {adamw: {weight_decay: 0.0}, sgd: {}}}}",
        "{l2: 0.0, optimizer: adamw}",
        "{optimizer: [adagrad, sgd], depth: {int: [1, 4]}}",
        "{optimizer: adagrad, depth: 2}",
        "{l2: 0.0, optimizer: adam}",
        "{activation: [relu, elu], batch_norm: true}",
        "{activation: [relu, selu], batch_norm: [true, false]}",
        "null",
        "{activation: [relu, gelu], initializer: he_uniform}",
        "{activation: selu, initializer: orthogonal}",
        "{activation: [relu, tanh], initializer: [he_normal, glorot_normal]}",
    ],
)
def test_settings_that_get_along(told: Told, table: pd.DataFrame, space: str) -> None:
    assert told(table, space) == {}


def test_a_loss_for_another_task_is_told_before_the_first_trial(told: Told, table: pd.DataFrame) -> None:
    finding = told(table, "{loss: cross_entropy}")["network.unfit_loss"]
    assert (finding.severity, finding.expected) == ("error", "auto, mse, mae, huber, log_cosh")
    assert told(table, "{loss: [cross_entropy, mse]}")["network.unfit_loss"].severity == "warning"
    assert told(table, "{loss: auto}") == {}  # the mend
    classes = table.assign(y=np.where(table["y"] > 0, "up", "down"))
    assert told(classes, "{loss: [mae, huber]}")["network.unfit_loss"].severity == "error"
    assert told(classes, "{loss: [auto, cross_entropy]}") == {}


def test_a_target_with_heavy_tails(told: Told, table: pd.DataFrame) -> None:
    heavy = table.assign(y=np.exp(2 * table["y"]))
    finding = told(heavy)["network.heavy_tails"]
    assert "excess kurtosis" in finding.message
    assert told(heavy, "{loss: [mse, huber]}") == {}
    assert told(heavy, stages="  goal: {use: target.log, in: split}\n", last="goal") == {}


def test_selu_wants_standardised_inputs(told: Told, table: pd.DataFrame) -> None:
    ranged = "  r: {use: scale.minmax, in: split}\n"
    finding = told(table, "{activation: selu}", ranged, "r")["network.selu_disturbed"]
    assert finding.message == "selu is tried with inputs that scale.minmax brings into a range"
    standard = ranged + "  s: {use: scale.standard, in: r}\n"
    assert told(table, "{activation: selu}", standard, "s") == {}
    assert told(table, "{activation: selu}", "  s: {use: scale.standard, in: split}\n", "s") == {}
    chosen = "  r: {use: {tune: [scale.minmax, scale.standard]}, in: split}\n"
    assert told(table, "{activation: selu}", chosen, "r") == {}, "the search finds out for itself"
