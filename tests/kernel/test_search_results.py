"""What a search finds and what the model makes of it: targets, tuned stages, folds."""

from __future__ import annotations

import numpy as np
import pytest
from toy import DropHigh, Error, Table
from toy_runs import BASELINES, FOLDS, PIPELINE, TUNED, heads

from automl import codec, events
from automl.columns import TEST, TRAIN, VALID
from automl.errors import DataError
from automl.predictor import Predictor

BINARY = (
    PIPELINE.replace("{use: toy.table,", "{use: toy.table, with: {task: binary},")
    .replace("  goal: {use: toy.standard_target, in: codes}\n", "")
    .replace("in: goal", "in: codes")
)


def raw(**params) -> object:
    return Table(Table.Params(**params)).read()


def test_predictions_and_scores_are_in_the_targets_own_unit(run_toys, plan_toys, registry) -> None:
    """The network is trained on a target with mean 0 and deviation 1; y has a mean of 10 and a deviation of 3."""
    finished, _ = run_toys()
    split = plan_toys().materialize("split", {}).dataset
    table = raw()
    predicted = Predictor.load(finished.bundle, registry).predict(table)["prediction"]
    assert predicted.mean() == pytest.approx(table["y"].mean(), abs=0.5)
    test = split.frame.index[split.part == TEST]
    by_hand = Error().score(table["y"].loc[test].to_numpy(), predicted.loc[test].to_numpy())
    assert finished.evaluation.metrics["toy.error"] == pytest.approx(by_hand, rel=1e-12)
    valid = split.frame.index[split.part == VALID]
    by_hand = Error().score(table["y"].loc[valid].to_numpy(), predicted.loc[valid].to_numpy())
    winner = finished.search.leaderboard()[0]
    assert winner.score == pytest.approx(by_hand, rel=1e-9)


def test_chained_target_transforms_are_inverted_in_reverse(run_toys, registry) -> None:
    text = PIPELINE.replace("in: goal", "in: again").replace(
        "  search:", "  again: {use: toy.standard_target, in: goal}\n  search:", 1
    )
    once, _ = run_toys(workspace="once")
    twice, _ = run_toys(text=text, workspace="twice")
    table = raw()
    predicted = [Predictor.load(run.bundle, registry).predict(table)["prediction"] for run in (once, twice)]
    np.testing.assert_allclose(*predicted, rtol=1e-9)


def test_the_objective_decides_which_epoch_is_kept(run_toys) -> None:
    finished, _ = run_toys()
    for trial in finished.search.trials:
        scores = [epoch["score"] for epoch in trial.history]
        assert trial.score == min(scores)
        assert trial.best_epoch == 1 + int(np.argmin(scores))
        assert trial.epochs == len(scores)


def test_a_tuned_stage_is_a_dimension_and_is_materialised_once_per_value(run_toys) -> None:
    finished, observer = run_toys(TUNED)
    assert finished.search.space["filled.strategy"] == "one of mean, median"
    used = {trial.bindings["filled.strategy"] for trial in finished.search.trials}
    assert used == {"mean", "median"}
    started = [event.stage for event in observer.of(events.StageStarted)]
    assert started.count("filled [filled.strategy=mean]") == 1
    assert started.count("filled [filled.strategy=median]") == 1
    assert started.count("split") == 1


def test_the_model_holds_the_winners_value_of_a_tuned_stage(run_toys) -> None:
    finished, _ = run_toys(TUNED, "stages.search.with.budget.trials=8")
    winner = finished.search.leaderboard()[0]
    table = raw()
    others = {}
    for strategy in ("mean", "median"):
        other, _ = run_toys(f"stages.filled.with.strategy={strategy}", workspace=strategy)
        others[strategy] = heads(other.bundle)[0]["filled"]
    assert heads(finished.bundle)[0]["filled"] == others[winner.bindings["filled.strategy"]]
    assert others["mean"] != others["median"]
    assert table["x"].isna().any()


def test_baselines_stand_on_the_first_value_of_a_tuned_stage(run_toys) -> None:
    finished, _ = run_toys(TUNED, BASELINES)
    first = finished.search.trials[0]
    assert (first.name, first.number, first.bindings) == ("toy.mean", 0, {"filled.strategy": "mean"})
    assert set(finished.evaluation.baselines) == {"toy.mean"}


def test_folds_give_a_head_each_and_their_mean_predicts(run_toys, registry) -> None:
    finished, _ = run_toys(FOLDS)
    assert [head.bindings for head in finished.search.heads] == [{"split.fold": fold} for fold in range(3)]
    states = heads(finished.bundle)
    assert len({state["filled"] for state in states}) == 3
    table = raw()
    together = Predictor.load(finished.bundle, registry).predict(table)["prediction"]
    apart = [one_head(finished.bundle, registry, place).predict(table)["prediction"] for place in range(3)]
    np.testing.assert_allclose(together, sum(apart) / 3, rtol=1e-12)


def one_head(bundle, registry, place: int) -> Predictor:
    document = codec.from_bytes(bundle.read_bytes())
    return Predictor({**document, "heads": [document["heads"][place]]}, registry)


def test_a_trials_score_is_the_mean_over_its_folds(run_toys, plan_toys, registry) -> None:
    finished, _ = run_toys(FOLDS)
    split = plan_toys(FOLDS).materialize("split", {}).dataset
    table = raw()
    scores = []
    for fold in range(3):
        held_out = split.frame.index[split.part == fold]
        predicted = one_head(finished.bundle, registry, fold).predict(table.loc[held_out])["prediction"]
        scores.append(Error().score(table["y"].loc[held_out].to_numpy(), predicted.to_numpy()))
    assert finished.search.leaderboard()[0].score == pytest.approx(np.mean(scores), rel=1e-9)


def test_folds_and_a_tuned_stage_are_materialised_once_per_pair(run_toys) -> None:
    finished, observer = run_toys(FOLDS, TUNED)
    started = [event.stage for event in observer.of(events.StageStarted) if event.stage.startswith("filled")]
    assert len(started) == len(set(started)) == 6
    assert "filled [filled.strategy=median, split.fold=2]" in started
    assert all(set(head.bindings) == {"split.fold", "filled.strategy"} for head in finished.search.heads)


def test_a_stage_that_drops_rows_drops_training_rows_only_and_none_at_predict_time(
    run_toys, plan_toys, registry
) -> None:
    text = PIPELINE.replace(
        "codes: {use: toy.dummies, in: filled}",
        "dropped: {use: toy.drop_high, in: filled, columns: numeric}\n  codes: {use: toy.dummies, in: dropped}",
    )
    finished, _ = run_toys(text=text)
    plan = plan_toys(text=text)
    before, after = (plan.materialize(name, {}).dataset for name in ("filled", "dropped"))
    lost = before.frame.index.difference(after.frame.index)
    assert len(lost) == 3
    assert (before.part[before.frame.index.isin(lost)] == TRAIN).all()
    seen = DropHigh.fitted.from_state(plan.materialize("dropped", {}).state).rows_seen
    assert np.array_equal(seen, before.frame.index[before.part == TRAIN])
    table = raw()
    assert Predictor.load(finished.bundle, registry).predict(table).index.equals(table.index)


def test_a_binary_task_predicts_labels_and_probabilities(run_toys, registry) -> None:
    finished, _ = run_toys(text=BINARY)
    table = raw(task="binary")
    predicted = Predictor.load(finished.bundle, registry).predict(table)
    assert list(predicted.columns) == ["prediction", "proba_high", "proba_low"]
    assert set(predicted["prediction"]) == {"high", "low"}
    np.testing.assert_allclose(predicted["proba_high"] + predicted["proba_low"], 1)
    assert ((predicted["proba_high"] > 0.5) == (predicted["prediction"] == "high")).all()
    assert (predicted["prediction"] == table["y"]).mean() > 0.8


def test_a_split_without_test_rows_still_leaves_a_model(run_toys) -> None:
    finished, _ = run_toys("stages.split.with.test=0", "stages.evaluate=null")
    assert finished.bundle.exists()
    assert finished.report is None
    assert finished.evaluation is None


def test_evaluating_without_test_rows_is_refused(run_toys) -> None:
    with pytest.raises(
        DataError, match=r"no test rows to evaluate on; mend: stages: \{split: \{with: \{test: 0.2\}\}\}"
    ):
        run_toys("stages.split.with.test=0")


def test_a_search_may_stand_on_the_split_itself(run_toys) -> None:
    text = PIPELINE.replace("in: goal", "in: split").replace("toy.net", "toy.still")
    for name in ("filled", "codes", "goal"):
        text = "\n".join(line for line in text.splitlines() if not line.startswith(f"  {name}:"))
    text = text.replace("      space: {rate: {float: [0.01, 0.5], log: true}}", "")
    finished, _ = run_toys(FOLDS, text=text)
    assert len(finished.search.heads) == 3
