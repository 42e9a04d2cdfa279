"""What the figures mean, in sentences: first the verdict, then remarks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from automl.model import SearchResult, TrialRecord
from automl_report.judgement import Judgement, Score
from automl_report.wording import count, model_label, number, percent


@dataclass(frozen=True)
class Comparison:
    """The winner against one baseline. ``advantage`` is positive where the winner is better."""

    baseline: str
    difference: Score
    advantage: float
    greater_is_better: bool
    baseline_value: float

    @property
    def relative(self) -> float:
        """Advantage as a share of the baseline's error; NaN for scores, whose zero means nothing."""
        if self.greater_is_better or not self.baseline_value > 0:
            return float("nan")
        return self.advantage / self.baseline_value

    @property
    def decided(self) -> bool:
        """False where the interval of the difference holds zero, so that chance may explain it."""
        return self.difference.excludes_zero


def compare(judgement: Judgement, search: SearchResult, baseline: str) -> Comparison:
    difference = judgement.difference(search.objective, judgement.winner, baseline)
    sign = 1.0 if search.greater_is_better else -1.0
    value = judgement.scores[baseline][search.objective].value
    return Comparison(baseline, difference, sign * difference.value, search.greater_is_better, value)


def yardstick(judgement: Judgement, search: SearchResult) -> Comparison | None:
    """The comparison that counts: with the baseline that is best on the test rows, whichever it is."""
    comparisons = [compare(judgement, search, name) for name in judgement.baselines]
    defined = [c for c in comparisons if not math.isnan(c.advantage)]
    return min(defined, key=lambda c: c.advantage, default=None)


def winner_of(search: SearchResult) -> TrialRecord:
    return next(trial for trial in search.trials if trial.name == search.winner)


def verdict(judgement: Judgement, search: SearchResult) -> str:
    """One sentence: how good the winner is, and whether it was worth it."""
    metric, label = search.objective, _winner_label(search)
    score = judgement.scores[judgement.winner][metric]
    rows = count(len(judgement.truth), "test row")
    if math.isnan(score.value):
        return f"The test {metric} of {label} is undefined on these {rows}."
    against = yardstick(judgement, search)
    if against is None or math.isnan(against.advantage):
        return f"{label} reaches a test {metric} of {number(score.value)}{_between(score)} on {rows}."
    other = model_label(against.baseline)
    rivals = [(label, score.value), (other, against.baseline_value)]
    (first, one), (second, two) = rivals if against.advantage >= 0 else rivals[::-1]
    figures = f"{metric} {number(one)} against {number(two)} on {rows}"
    if not against.decided and not math.isnan(against.difference.low):
        return f"{_capital(first)} and {second} are level: {figures}, a difference that chance can explain."
    if against.advantage == 0:
        return f"{_capital(first)} and {second} are level: {figures}."
    less = "" if search.greater_is_better or not two > 0 else f", {percent((two - one) / two)} less error"
    return f"{_capital(first)} beats {second}: {figures}{less}."


def remarks(judgement: Judgement, search: SearchResult) -> list[str]:
    """What else a reader should know, most important first."""
    against = yardstick(judgement, search)
    found = [
        _distance(against, search.objective) if against else None,
        _other_baselines(judgement, search, against) if against else None,
        _gap_in_words(judgement, search),
        _failures(search),
        _unseen(judgement),
        *_not_finite(judgement),
    ]
    return [remark for remark in found if remark]


def gap(judgement: Judgement, search: SearchResult) -> float:
    """Validation minus test score of the winner; NaN where either is missing."""
    validation = winner_of(search).score
    test = judgement.scores[judgement.winner][search.objective].value
    return float("nan") if validation is None else validation - test


def _winner_label(search: SearchResult) -> str:
    winner = winner_of(search)
    return model_label(winner.name, winner.network or winner.learner)


def _between(score: Score) -> str:
    return "" if math.isnan(score.low) else f" (95 % interval {number(score.low)} to {number(score.high)})"


def _capital(label: str) -> str:
    """A baseline's name at the beginning of a sentence; a network's is an id and stays as it is."""
    return label if "(" in label else label[:1].upper() + label[1:]


def _error_beside(against: Comparison) -> str:
    if math.isnan(against.relative):
        return ""
    return f" (the winner's error is {percent(abs(against.relative))} {'less' if against.advantage > 0 else 'more'})"


def _distance(against: Comparison, metric: str) -> str | None:
    if math.isnan(against.advantage):
        return None
    side = "ahead of" if against.advantage > 0 else "behind" if against.advantage < 0 else "level with"
    text = f"The winner is {number(abs(against.advantage))} {side} {model_label(against.baseline)} in {metric}"
    if against.advantage == 0:
        return f"The winner is level with {model_label(against.baseline)} in {metric}."
    if math.isnan(against.difference.low):
        return f"{text}."
    low, high = sorted(
        end if against.greater_is_better else -end for end in (against.difference.low, against.difference.high)
    )
    meaning = "chance does not explain it" if against.decided else "it holds zero, so chance can explain it"
    return f"{text} (95 % interval of the lead {number(low)} to {number(high)}, on the same resampled rows: {meaning})."


def _other_baselines(judgement: Judgement, search: SearchResult, against: Comparison) -> str | None:
    others = [compare(judgement, search, name) for name in judgement.baselines if name != against.baseline]
    texts = [
        f"{model_label(c.baseline)} {number(c.baseline_value)}{_error_beside(c)}"
        for c in others
        if not math.isnan(c.advantage)
    ]
    return f"The other baselines' {search.objective}: {'; '.join(texts)}." if texts else None


def _gap_in_words(judgement: Judgement, search: SearchResult) -> str | None:
    difference = gap(judgement, search)
    if math.isnan(difference):
        return None
    score = judgement.scores[judgement.winner][search.objective]
    validation = score.value + difference
    optimism = difference if search.greater_is_better else -difference
    figures = f"{number(validation)} on the validation rows, {number(score.value)} on the test rows"
    if not math.isnan(score.low) and score.low <= validation <= score.high:
        return f"Validation and test agree within the test interval: {search.objective} {figures}."
    if optimism > 0:
        return (
            f"The validation score promised more than the test rows gave: {search.objective} {figures}. "
            "A search picks the trial that fits the validation rows best, by luck too; trust the test score."
        )
    return f"The test rows came out better than the validation rows: {search.objective} {figures}."


def _failures(search: SearchResult) -> str | None:
    failed = sum(trial.status == "failed" for trial in search.trials)
    return f"{count(failed, 'training')} failed; the causes stand below." if failed else None


def _unseen(judgement: Judgement) -> str | None:
    unseen = int((judgement.truth == -1).sum()) if judgement.task.is_classification else 0
    if not unseen:
        return None
    carry = "carries a class" if unseen == 1 else "carry classes"
    return f"{count(unseen, 'test row')} {carry} that no training row had: always counted as wrong."


def _not_finite(judgement: Judgement) -> list[str]:
    broken = {name: int((~np.isfinite(p)).sum()) for name, p in judgement.predictions.items()}
    return [
        f"{model_label(name)} predicts {count(cells, 'value')} beyond the finite numbers, so it has no scores."
        for name, cells in broken.items()
        if cells
    ]
