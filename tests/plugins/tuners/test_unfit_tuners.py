"""A tuner that cannot search a space, or cannot do there what it is known for, is told before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from automl.cli.commands import main
from automl.plugins import Registry
from automl.search.space import Space, parse_dimensions

FILE = """\
version: 1
name: houses
data: {path: houses.csv, target: price}
stages:
  split: {use: split.random, in: data}
  scaled: {use: scale.standard, in: split}
  search:
    use: search.network
    in: scaled
    with:
      tuner: random
      budget: {trials: 30, epochs: 3}
      space: {width: [8, 16, 32], depth: {int: [1, 4]}}
"""
CONTINUOUS = "learning_rate: {float: [1e-3, 1e-2]}, width"
TABLE = "age,rooms,price\n" + "".join(f"{a * 7 % 13},{a * 7 % 11},{(a * 37) % 101}\n" for a in range(60))


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """``told(tuner, (old, new), ..., data=True)``: what ``automl check`` prints of the file."""
    monkeypatch.chdir(tmp_path)
    Path("houses.csv").write_text(TABLE)

    def check(tuner: str, *changes: tuple[str, str], data: bool = False) -> str:
        text = FILE.replace("tuner: random", f"tuner: {tuner}")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        Path("houses.yaml").write_text(text)
        result = CliRunner().invoke(main, ["check", "houses.yaml", *(["--data"] if data else [])])
        assert result.exit_code in (0, 2), result.output
        return result.output

    return check


FINE = ": ok, 3 stages"


@pytest.mark.parametrize(
    "changes",
    [
        (("width", CONTINUOUS),),
        # what is tuned above the search is part of what it searches
        (("use: scale.standard,", "use: scale.minmax, with: {clip: {tune: [true, false]}},"), ("width", CONTINUOUS)),
        (("space: {width: [8, 16, 32], depth: {int: [1, 4]}}", "space: {dropout: {float: [0, 0.5]}}"),),
        (("      space: {width: [8, 16, 32], depth: {int: [1, 4]}}\n", ""),),
    ],
    ids=["beside choices", "with a stage above", "alone", "the network's own ranges"],
)
def test_a_grid_over_a_continuous_range_is_refused_by_check(told: Callable[..., str], changes: tuple) -> None:
    said = told("grid", *changes)
    assert "expected ranges with an end to their values, found continuous ones  (at stages.search.with.tuner)" in said
    assert "houses.yaml:11:14: grid: " in said
    mended = told("{use: grid, with: {resolution: 5}}", *changes)
    assert FINE in mended, mended


def test_a_continuous_range_above_a_grid_is_refused_as_well(told: Callable[..., str]) -> None:
    above = ("use: scale.standard,", "use: clean.winsorize, with: {lower: {tune: {float: [0.0, 0.05]}}},")
    said = told("grid", above)
    assert "grid: scaled.lower: expected ranges with an end" in said, said


def test_a_grid_of_an_end_passes(told: Callable[..., str]) -> None:
    assert FINE in told("grid", data=True)
    assert "search.tuner" not in told("grid", data=True)


@pytest.mark.parametrize("tuner", ["grid", "{use: grid, with: {resolution: 3}}"])
def test_a_grid_that_its_budget_cuts_short_names_what_never_varies(told: Callable[..., str], tuner: str) -> None:
    changes = (
        ("trials: 30", "trials: 4"),
        *([("depth", CONTINUOUS.replace("width", "depth"))] if "3" in tuner else []),
    )
    said = told(tuner, *changes, data=True)
    size = 36 if "3" in tuner else 12
    assert f"the grid has {size} combinations, and the budget ends after 4" in said
    assert "width never leaves its first value" in said if size == 12 else "width, learning_rate never leave" in said
    shuffled = "{resolution: 3, shuffle: true}" if size == 36 else "{shuffle: true}"
    assert f"mend: tuner: {{use: grid, with: {shuffled}}}, fewer values" in said
    assert "search.tuner" not in told(f"{{use: grid, with: {shuffled}}}", *changes, data=True)
    assert "search.tuner" not in told(tuner, *changes[1:], ("trials: 30", f"trials: {size}"), data=True)


@pytest.mark.parametrize(
    ("space", "found"),
    [
        ("{activation: [relu, gelu], batch_norm: [true, false]}", "none"),
        ("{activation: [relu, gelu], width: {int: [8, 64]}}", "only width"),
        (
            "{optimizer: {one_of: {adam: {learning_rate: {float: [1e-3, 1e-2]}}, sgd: {momentum: {float: [0, 0.9]}}}}}",
            "none",
        ),
    ],
    ids=["choices", "one number", "numbers under a choice"],
)
def test_cmaes_says_where_it_has_nothing_to_model(told: Callable[..., str], space: str, found: str) -> None:
    change = ("{width: [8, 16, 32], depth: {int: [1, 4]}}", space)
    said = told("optuna.cmaes", change, data=True)
    assert f"two at least, and this space has {found}\n" in said, said
    assert "mend: tuner: optuna.tpe\n" in said
    assert "search.tuner" not in told("optuna.tpe", change, data=True)


def test_cmaes_says_where_the_budget_ends_with_its_first_generation(told: Callable[..., str]) -> None:
    numbers = ("width: [8, 16, 32]", "width: {int: [8, 64]}")
    said = told("optuna.cmaes", numbers, ("trials: 30", "trials: 6"), data=True)
    assert "optuna.cmaes has 6 trials in a generation, and the budget ends after 6" in said, said
    assert "mend: budget: {trials: 60}, or" in said
    assert "search.tuner" not in told("optuna.cmaes", numbers, ("trials: 30", "trials: 60"), data=True)


def test_a_pruner_that_could_not_begin_is_refused_by_check(told: Callable[..., str]) -> None:
    """Optuna raises a ValueError there, once the first trial is asked for."""
    said = told("{use: optuna.tpe, with: {pruner: {hyperband: {min_resource: 10}}}}")
    assert "the first rung of the pruner hyperband is 10, and a trial has 3 steps" in said, said
    assert "mend: min_resource: 1, or more epochs" in said
    assert FINE in told("{use: optuna.tpe, with: {pruner: {hyperband: {min_resource: 1}}}}")
    assert FINE in told(
        "{use: optuna.tpe, with: {pruner: {hyperband: {min_resource: 10}}}}", ("epochs: 3", "epochs: 10")
    )


@pytest.mark.parametrize(
    ("split", "says", "mended"),
    [
        ("split.random", "this split has none", "split.kfold, with: {folds: 5}"),
        ("split.kfold, with: {folds: 3}", "3 folds give none below 0.125", "split.kfold, with: {folds: 4}"),
    ],
)
def test_a_test_over_folds_that_can_stop_nothing_is_told(
    told: Callable[..., str], split: str, says: str, mended: str
) -> None:
    tuner = "{use: optuna.tpe, with: {pruner: wilcoxon}}"
    assert says in told(tuner, ("split.random", split), data=True)
    assert "pruner wilcoxon" not in told(tuner, ("split.random", mended), data=True)


@pytest.mark.parametrize("tuner", ["sobol", "optuna.qmc"])
def test_more_dimensions_than_sobols_sequence_has_are_refused(tuner: str) -> None:
    """A space that large takes a file of megabytes, so that the searcher is asked directly."""
    space = Space.of(parse_dimensions({f"x{place}": [1, 2] for place in range(21_202)}))
    kind = Registry.load().get("searchers", tuner)
    (finding,) = kind.unfit(kind.Params(), space, 10, 10, 0)
    assert finding.severity == "error"
    assert finding.message == "Sobol's sequence has 21,201 dimensions, and the space 21,202"
    if tuner == "optuna.qmc":
        assert list(kind.unfit(kind.Params(sequence="halton"), space, 10, 10, 0)) == []


@pytest.mark.parametrize("tuner", ["random", "sobol", "optuna.tpe", "optuna.qmc", "hyperband", "bayesian"])
def test_all_other_tuners_take_choices_conditions_and_continuous_ranges(told: Callable[..., str], tuner: str) -> None:
    space = (
        "optimizer: {one_of: {adam: {learning_rate: {float: [1e-3, 1e-2]}}, sgd: {momentum: {float: [0, 0.9]}}}}, width"
    )
    said = told(tuner, ("width", space), data=True)
    assert FINE in said
    assert "search.tuner" not in said
