"""What the presets choose, and that every file they write checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import preset_tables
import pytest

from automl.draft_file import reasons
from automl.errors import DataError, PluginError
from automl.pipeline_file import loads
from automl.pipeline_file.declaration import Declaration
from automl.plugins import Registry
from automl.presets import Because, Draft, Means
from automl.start import Request, draft_pipeline, look_at
from automl.table_profile import profile_table

PRESETS = ("quick", "balanced", "thorough")
EXAMPLES = Path(__file__).parents[3] / "examples" / "data"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def started(registry: Registry) -> Callable[..., tuple[Declaration, Draft]]:
    """The pipeline that a preset makes of a table, through its file."""

    def start(path: Path, target: str, preset: str = "quick", **request: Any) -> tuple[Declaration, Draft]:
        asked = Request(str(path), target, **request)
        made = draft_pipeline(asked, look_at(asked, registry), registry, preset=preset)
        return loads(made.text, registry), made.draft

    return start


@pytest.fixture
def made(started: Callable[..., Any], tmp_path: Path) -> Callable[..., tuple[Declaration, Draft]]:
    return lambda name, preset="quick": started(preset_tables.write(name, tmp_path), "price", preset)


def uses(declaration: Declaration) -> dict[str, Any]:
    return {name: stage.use for name, stage in declaration.stages.items()}


def said(draft: Draft) -> Mapping[str, str]:
    return dict(reasons(draft))


@pytest.mark.parametrize("name", preset_tables.TABLES)
def test_every_table_gets_a_pipeline_that_checks(made: Callable[..., Any], name: str) -> None:
    for preset in PRESETS:
        declaration, draft = made(name, preset)
        assert {"split", "search", "evaluate"} <= set(declaration.stages)
        assert set(said(draft)) >= {f"stages.{stage}" for stage in declaration.stages}


@pytest.mark.parametrize(("file", "target"), [("adult", "income"), ("california_housing", "MedHouseVal")])
def test_the_shipped_tables(started: Callable[..., Any], file: str, target: str) -> None:
    for preset in PRESETS:
        declaration, _ = started(EXAMPLES / f"{file}.parquet", target, preset)
        assert declaration.stages["split"].use == "split.stratified"
        assert declaration.stages["shape"].use == "power.yeo_johnson"


def test_ids_and_constants_are_no_features(made: Callable[..., Any]) -> None:
    declaration, draft = made("ids_and_constants")
    assert declaration.data.roles == {"customer_id": "id", "code": "id", "counter": "id"}
    assert declaration.data.ignore == ("country", "nothing")
    assert "country: one value in every row; nothing: no value at all" in said(draft)["data.roles.ignore"]


def test_what_no_stage_can_use_is_left_out_and_told(made: Callable[..., Any]) -> None:
    declaration, draft = made("dates")
    assert declaration.data.ignore == ("day", "note")
    assert any("day" in remark for remark in draft.remarks)
    assert any("note" in remark for remark in draft.remarks)


def test_few_rows_are_cross_validated_and_many_are_not(made: Callable[..., Any]) -> None:
    tiny = made("tiny")[0].stages["split"]
    assert (tiny.use, tiny.params) == ("split.kfold", {"folds": 3, "test": 0.2, "stratified": False})
    assert made("boolean_target", "balanced")[0].stages["split"].params == {"folds": 5, "test": 0.2}
    assert made("multiclass_strings")[0].stages["split"].use == "split.stratified"


def test_gaps_are_filled_and_marked(made: Callable[..., Any]) -> None:
    declaration, draft = made("missing_everywhere")
    assert declaration.stages["filled"].params == {"strategy": "median", "indicator": True}
    assert "missing is a level of its own" in said(draft)["stages.codes"]
    assert any("without price" in remark for remark in draft.remarks)
    assert "indicator" not in made("tiny")[0].stages["filled"].params


def test_levels_become_columns_unless_they_are_too_many_and_too_rare(made: Callable[..., Any]) -> None:
    assert uses(made("all_categorical")[0]) == {
        "split": "split.kfold", "codes": "encode.one_hot", "goal": "target.standardise", "search": "search.network",
        "evaluate": "evaluate.report",
    }  # fmt: skip
    cities = made("skewed_target")[0].stages
    assert (cities["ranks"].use, cities["ranks"].columns) == ("encode.ordinal", ["city"])


def test_skewed_columns_and_targets(made: Callable[..., Any]) -> None:
    assert made("odd_names")[0].stages["shape"].columns == ["1e3"]
    assert "shape" not in made("tiny")[0].stages
    assert made("skewed_target")[0].stages["log"].use == "target.log"
    assert "log" not in made("tiny")[0].stages


def test_numbers_that_are_codes_become_levels_where_rows_abound(made: Callable[..., Any]) -> None:
    assert made("multiclass_strings")[0].data.kinds == {"month": "categorical"}


@pytest.mark.parametrize(
    ("name", "objective"), [("tiny", "rmse"), ("boolean_target", "roc_auc"), ("multiclass_strings", "log_loss")]
)
def test_the_objective_suits_the_task(made: Callable[..., Any], name: str, objective: str) -> None:
    assert made(name)[0].stages["search"].params["objective"] == objective


def test_presets_differ_in_time_and_space(made: Callable[..., Any]) -> None:
    budgets = [made("multiclass_strings", preset)[0].stages["search"].params for preset in PRESETS]
    assert [params["budget"]["time"] for params in budgets] == ["1m", "5m", "30m"]
    assert [params["tuner"] for params in budgets] == ["optuna.tpe", "hyperband", "optuna.tpe"]
    assert [len(params["space"].get("activation")) for params in budgets] == [2, 5, 5]


def profile(rows: int, columns: int) -> Any:
    frame = pd.DataFrame({f"x{n}": [0.5, 1.5, 3.0] for n in range(columns)} | {"price": [1.5, 2.5, 4.5]})
    table = profile_table(frame, "price", task="regression")
    return dataclasses.replace(table, rows=rows)


def test_networks_and_epochs_shrink_with_the_work_that_a_training_is(registry: Registry) -> None:
    quick = registry.get("presets", "quick")()
    means = Means.of(registry, processors=2)

    def drafted(rows: int, columns: int, seconds: float | None = None) -> tuple[int, int]:
        sections = quick.draft(profile(rows, columns), dataclasses.replace(means, seconds=seconds)).sections
        search = sections["stages"]["search"].value["with"]
        return search["budget"].value["epochs"], search["space"].value["width"]

    assert drafted(300, 10)[1] < drafted(3000, 10)[1] < drafted(30_000, 10)[1]
    assert drafted(3_000_000, 100) < drafted(30_000, 100)
    assert drafted(1_000_000, 20, 30.0)[0] < drafted(1_000_000, 20, 3000.0)[0]


def test_a_time_is_said_to_suffice_only_where_it_does(registry: Registry) -> None:
    quick = registry.get("presets", "quick")()
    means = Means.of(registry, processors=2)

    def told(rows: int, columns: int, seconds: float) -> str:
        sections = quick.draft(profile(rows, columns), dataclasses.replace(means, seconds=seconds)).sections
        return str(sections["stages"]["search"].value["with"]["budget"].why)

    assert "60 seconds on 2 CPUs suffice for some 8 whole trials" in told(3000, 10, 60.0)
    assert "1 second on 2 CPUs may not suffice for 8 whole trials" in told(900, 10, 1.0)
    assert "60 seconds on 2 CPUs may not suffice" in told(3_000_000, 500, 60.0)


def test_what_is_not_installed_is_not_named(registry: Registry) -> None:
    means = Means.of(registry, processors=2)
    without = {"power.yeo_johnson", "optuna.tpe", "mlflow", "evaluate.report", "rmse"}
    fewer = Means({family: ids - without for family, ids in means.installed.items()}, processors=2)
    frame = preset_tables.TABLES["odd_names"]().rename(columns={"1e3": "steep"})
    draft = registry.get("presets", "quick")().draft(profile_table(frame, "price"), fewer)
    assert not without & {word.strip(",'{}()[]") for word in str(draft.sections).split()}
    assert "track" not in draft.sections
    assert draft.remarks == ["not installed and left out: power.yeo_johnson"]


@pytest.mark.parametrize(
    ("family", "missing", "message"),
    [
        ("networks", "mlp", r"pip install 'automl-pipelines\[cpu\]'"),
        ("components", "split.kfold", "needs a splitter"),
        ("components", "encode.one_hot", "need encode.one_hot"),
    ],
)
def test_what_a_pipeline_cannot_do_without(registry: Registry, family: str, missing: str, message: str) -> None:
    installed = dict(Means.of(registry).installed)
    installed[family] = frozenset(name for name in installed[family] if name != missing and "split." not in name)
    if "split" not in missing:
        installed["components"] |= {"split.kfold"}
    table = profile_table(preset_tables.TABLES["all_categorical"](), "price")
    with pytest.raises(PluginError, match=message):
        registry.get("presets", "balanced")().draft(table, Means(installed))


def test_a_table_of_nothing_but_ids_is_refused(registry: Registry) -> None:
    frame = pd.DataFrame({"id": range(50), "country": "CH", "price": [1.0, 2.5] * 24 + [3.0, 4.0]})
    with pytest.raises(DataError, match="no column is left to predict 'price' from"):
        registry.get("presets", "quick")().draft(profile_table(frame, "price", task="regression"), Means.of(registry))


def test_rare_classes_are_told(registry: Registry) -> None:
    frame = pd.DataFrame({"x": [0.1 * n for n in range(60)], "price": ["a"] * 30 + ["b"] * 28 + ["c"] * 2})
    draft = registry.get("presets", "quick")().draft(profile_table(frame, "price"), Means.of(registry))
    assert any("fewer than 5 rows (c)" in remark for remark in draft.remarks)


def test_with_little_time_a_wide_table_is_prepared_once(registry: Registry) -> None:
    """Each fold would prepare 3,000 inputs anew, and there would be no time left to train."""
    quick, means = registry.get("presets", "quick")(), Means.of(registry)

    def split(seconds: float) -> Because:
        draft = quick.draft(profile(60, 3_000), dataclasses.replace(means, seconds=seconds))
        found: Because = draft.sections["stages"]["split"]
        return found

    assert split(4.0).value["use"] == "split.random"
    assert split(4.0).why.startswith("So many columns take long to prepare, and each fold would prepare them anew: ")
    assert split(60.0).value["use"] == "split.kfold"
