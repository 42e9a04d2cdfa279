"""Pictures of a search: its progress, and the learning curves of its best trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from automl.model import SearchResult, TrialRecord
from automl_report.figures.parallel import parallel_coordinates
from automl_report.figures.style import PALETTE, QUIET, Chart, Dots, Line, Picture, colours
from automl_report.wording import count, model_label, number, setting

_BEST = 5
"""Trials whose learning curves are shown."""


def search_pictures(search: SearchResult) -> list[Picture]:
    """Progress, learning curves and parallel coordinates, as far as the ledger has enough for each."""
    trials = [t for t in search.trials if not t.is_baseline and t.score is not None]
    best = [t for t in search.leaderboard() if not t.is_baseline and t.score is not None][:_BEST]
    pictures = []
    if trials:
        caption = "Each trial's validation score, the best so far, and the baselines. Outliers are cut off."
        pictures.append(Picture("progress", "Search progress", caption, _progress(search, trials)))
    if any(len(t.history) > 1 for t in best):
        pictures.append(
            Picture(
                "learning-score",
                f"Validation {search.objective} by epoch",
                "The best trials; the dot is the epoch whose weights were kept.",
                _scores_by_epoch(best, search.objective),
            )
        )
    with_loss = [t for t in best if sum("loss" in epoch and "valid_loss" in epoch for epoch in t.history) > 1]
    if with_loss:
        pictures.append(
            Picture(
                "learning-loss",
                "Training and validation loss",
                "Dotted: training, half an epoch to the left, since it is the mean over the epoch. A growing distance "
                "is overfitting.",
                _losses_by_epoch(with_loss),
            )
        )
    parallel = parallel_coordinates(search, trials)
    return [*pictures, parallel] if parallel else pictures


def _progress(search: SearchResult, trials: Sequence[TrialRecord]) -> Chart:
    numbers = [t.number for t in trials]
    scores = np.array([t.score for t in trials], dtype=np.float64)
    # A trial that was stopped may have led at that moment; it is never the winner.
    eligible = np.where(
        [t.status == "finished" for t in trials], scores, -np.inf if search.greater_is_better else np.inf
    )
    running = np.maximum.accumulate(eligible) if search.greater_is_better else np.minimum.accumulate(eligible)
    running = np.where(np.isfinite(running), running, np.nan)
    baselines = {t.name: t.score for t in search.trials if t.is_baseline and t.score is not None}
    low, high = _robust_range(scores, list(baselines.values()))
    palette = colours([search.winner, *baselines])
    ends = [min(numbers), max(numbers)] if len(numbers) > 1 else [numbers[0] - 0.5, numbers[0] + 0.5]
    levels = [
        Line(ends, [score, score], palette[name], model_label(name), dash="dash") for name, score in baselines.items()
    ]
    dots = Dots(numbers, scores.tolist(), PALETTE[0], "trial", 7, 0.55, [_hover(trial) for trial in trials])
    best = Line(numbers, running.tolist(), PALETTE[0], "best so far", 2.2, step=True)
    return Chart([*levels, best, dots], "trial", f"validation {search.objective}", y_range=(low, high), whole_x=True)


def _robust_range(scores: np.ndarray, others: Sequence[float]) -> tuple[float, float]:
    """Room for all but the trials that went far astray (beyond three times the quartile distance), and for others."""
    lower, upper = np.quantile(scores, [0.25, 0.75])
    reach = 3 * (upper - lower)
    kept = np.concatenate([scores[(scores >= lower - reach) & (scores <= upper + reach)], np.asarray(others)])
    low, high = float(kept.min()), float(kept.max())
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin


def _hover(trial: TrialRecord) -> str:
    settings: Mapping[str, object] = {**trial.parameters, **trial.bindings}
    early = f", stopped after {count(trial.epochs, 'epoch')}" if trial.status == "pruned" else ""
    lines = [f"{trial.name} {number(trial.score)}{early}"]
    return "\n".join(lines + [f"{name}: {setting(value)}" for name, value in settings.items()])


def _scores_by_epoch(best: Sequence[TrialRecord], objective: str) -> Chart:
    marks: list[Line | Dots] = []
    for trial, colour in zip(best, PALETTE, strict=False):
        epochs, scores = _series(trial, "score")
        marks.append(Line(epochs, scores, colour, trial.name, 2.4 if trial is best[0] else 1.4))
        if trial.best_epoch in epochs:
            marks.append(Dots([trial.best_epoch], [scores[epochs.index(trial.best_epoch)]], colour, size=9))
    return Chart(marks, "epoch", f"validation {objective}", whole_x=True)


def _losses_by_epoch(best: Sequence[TrialRecord]) -> Chart:
    marks: list[Line] = []
    for trial, colour in zip(best, PALETTE, strict=False):
        width = 2.0 if trial is best[0] else 1.3
        for key, shift, dash, name in (("valid_loss", 0.0, "", trial.name), ("loss", -0.5, "dot", "")):
            epochs, losses = _series(trial, key)
            marks.append(Line([epoch + shift for epoch in epochs], losses, colour, name, width, dash))
    marks.append(Line([None], [None], QUIET, "training", dash="dot"))
    return Chart(marks, "epoch", "loss", whole_x=True)


def _series(trial: TrialRecord, key: str) -> tuple[list[float], list[float | None]]:
    """Epochs and values of one metric; what is not finite leaves a hole."""
    pairs = [(epoch["epoch"], float(epoch[key])) for epoch in trial.history if key in epoch]
    return [e for e, _ in pairs], [v if np.isfinite(v) else None for _, v in pairs]
