"""Rules about networks: what reaches them, and settings that work against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.components import Transform
from automl.search.configuration import default_space, space_keys
from automl.search.space import parse_space
from automl_keras.activations import ACTIVATIONS
from automl_keras.learner import KerasLearner
from automl_keras.losses import fitting_losses
from automl_keras.optimizers import AdamW

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView, TableView

_FAR = 10.0
"""Standard deviations or means beyond which inputs count as unscaled."""
_NORMAL_RANGE = 1.349
"""The middle half of a normal distribution, in standard deviations."""
_HEAVY = 10.0
"""Excess kurtosis: 0 for a normal distribution, 6 for an exponential one, 111 for exp of a normal one."""
_DEEP = 3
"""Hidden layers from which a network counts as deep."""
_ADAPTIVE = frozenset({"adam", "nadam", "adamax"})


class UnscaledInputs(Rule):
    """Numbers reach a network that no stage has scaled, and they are far from 0."""

    id = "network.unscaled_inputs"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            reach, kinds = search.reach, search.data.kinds
            far = [
                name
                for name in reach.keeps("kind", "scale")
                if kinds[name] == "numeric" and _is_far(search.training(name), name in reach.intact)
            ]
            if far:
                yield Finding(
                    f"{_columns(far)} values far from 0 that no stage scales",
                    ("stages", search.name, "in"),
                    reason="large inputs drown small ones, and make the first steps of the training huge",
                    mend="scale.standard with columns: numeric, last before the search",
                )


class L2WithAdam(Rule):
    """A penalty on squared weights (L2) is trained with Adam or one of its kin."""

    id = "network.l2_with_adam"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            penalties = [value for value in _values(search, "l2", table) if isinstance(value, float | int)]
            kin = sorted(_ADAPTIVE.intersection(_values(search, "optimizer", table)))
            if kin and max(penalties, default=0.0) > 0.0:
                yield Finding(
                    f"l2 is tried with {', '.join(kin)}",
                    ("stages", search.name, "with", "space", "l2"),
                    reason="Adam divides the penalty by each weight's own gradient scale, so that the weights that "
                    "move most are held back least (Loshchilov and Hutter 2019)",
                    mend="optimizer: {adamw: {weight_decay: ...}} without l2, or sgd with l2",
                )


class L2WithAdamW(Rule):
    """A penalty on squared weights (L2) is trained with AdamW, which decays them besides."""

    id = "network.l2_with_adamw"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            penalties = [value for value in _values(search, "l2", table) if isinstance(value, float | int)]
            if "adamw" not in _values(search, "optimizer", table) or not max(penalties, default=0.0) > 0.0:
                continue
            decays = _values(search, "optimizer.adamw.weight_decay", table) or [AdamW().weight_decay]
            if max(decays) > 0.0:
                yield Finding(
                    "l2 is tried with adamw, whose weight_decay is above 0",
                    ("stages", search.name, "with", "space", "l2"),
                    reason="the weights are held back twice, once as AdamW is meant to (Loshchilov and Hutter 2019), "
                    "once by a penalty that Adam's steps distort",
                    mend="weight_decay of adamw without l2, or sgd with l2",
                )


class SeluDisturbed(Rule):
    """SELU is combined with what undoes its self-normalisation: batch normalisation, L1, L2, or inputs in a range."""

    id = "network.selu_disturbed"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            activations = _values(search, "activation", table)
            if "selu" not in activations:
                continue
            # Where a search may also try selu without them, it finds out for itself.
            enough = any if set(activations) == {"selu"} else all
            tried = {name: _values(search, name, table) for name in ("batch_norm", "l1", "l2")}
            disturbing = [name for name, values in tried.items() if values and enough(bool(value) for value in values)]
            if (scaler := _range_scaler(search)) is not None:
                disturbing.append(f"inputs that {scaler} brings into a range")
            if disturbing:
                yield Finding(
                    f"selu is tried with {' and '.join(disturbing)}",
                    ("stages", search.name, "with", "space", "activation"),
                    reason="SELU keeps mean 0 and variance 1 from layer to layer only by itself, and from inputs that "
                    "have them (Klambauer et al. 2017); else it is a slower ELU",
                    mend="scale.standard above selu, without batch_norm, l1 and l2; or elu or swish with them",
                )


class AdagradOnDeep(Rule):
    """AdaGrad trains a network of three hidden layers or more."""

    id = "network.adagrad_on_deep"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            optimizers, depths = _values(search, "optimizer", table), _depths(search, table)
            enough = any if set(optimizers) == {"adagrad"} else all
            if "adagrad" in optimizers and depths and enough(depth >= _DEEP for depth in depths):
                yield Finding(
                    f"adagrad is tried on networks of {max(depths)} hidden layers",
                    ("stages", search.name, "with", "space", "optimizer"),
                    reason="it divides by all squared gradients since the beginning, so that its steps shrink to "
                    "nothing before a deep network has learned (Goodfellow et al. 2016, section 8.5.1)",
                    mend="optimizer: adam (or rmsprop, or sgd with momentum); or adagrad with depth: [1, 2]",
                )


class InitializerMismatch(Rule):
    """The initializer is fixed to one that does not fit every activation that is tried."""

    id = "network.initializer_mismatch"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            initializers = _values(search, "initializer", table)
            if len(initializers) != 1 or initializers[0] in ("auto", "orthogonal"):
                continue
            family = str(initializers[0]).split("_")[0]
            activations = [name for name in _values(search, "activation", table) if name in ACTIVATIONS]
            unfit = [name for name in activations if ACTIVATIONS[name].initializer.split("_")[0] != family]
            if unfit:
                yield Finding(
                    f"the initializer {initializers[0]} does not fit {', '.join(unfit)}",
                    ("stages", search.name, "with", "space", "initializer"),
                    expected=", ".join(f"{ACTIVATIONS[name].initializer} for {name}" for name in unfit),
                    reason="the signal's variance grows or fades from layer to layer",
                    mend="initializer: auto",
                )


class HeavyTails(Rule):
    """A target with heavy tails is learned by the squared error."""

    id = "network.heavy_tails"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            if table.task != "regression" or search.target is None:
                continue
            if set(_values(search, "loss", table)) - {"auto", "mse"}:
                continue
            kurtosis = float(search.training(search.target).kurt())
            if kurtosis > _HEAVY:
                yield Finding(
                    f"the target {search.target!r} has heavy tails (excess kurtosis {kurtosis:,.0f}), and the loss is "
                    "the squared error",
                    ("stages", search.name, "with", "space"),
                    reason="a few extreme rows decide most of every step",
                    mend="space: {loss: [mse, mae, huber]}, or target.log where the target is an amount",
                )


class UnfitLoss(Rule):
    """A loss that is tried is for another kind of task than the target makes."""

    id = "network.unfit_loss"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            losses = [str(loss) for loss in _values(search, "loss", table)]
            fitting = fitting_losses(table.task)
            unfit = [loss for loss in losses if loss != "auto" and loss not in fitting]
            if unfit:
                yield Finding(
                    f"the loss {', '.join(unfit)} does not fit the {table.task} task of the target",
                    ("stages", search.name, "with", "space", "loss"),
                    expected=f"auto, {', '.join(fitting)}",
                    reason="every trial that takes it fails",
                    mend="loss: auto",
                    severity="error" if len(unfit) == len(losses) else "warning",
                )


def _searches(table: TableView) -> Iterator[StageView]:
    """Searches over networks that the Keras learner trains."""
    for search in table.searches():
        _, params = search.variants[0]
        name = getattr(params, "network", None)
        if name and table.registry.get("networks", name).learner == KerasLearner.id:
            yield search


def _values(search: StageView, name: str, table: TableView) -> list[Any]:
    """The values of a parameter of the network or its learner that the search may try: ends of ranges, all choices."""
    _, params = search.variants[0]
    network = table.registry.get("networks", params.network)
    fields = space_keys(network, KerasLearner)
    if name.split(".")[0] not in fields:
        return []
    space = parse_space(default_space(fields) if params.space is None else params.space)
    for dimension in (*space.dimensions, *space.fixed):
        if dimension.name == name:
            return list(dimension.domain.probes)
    if name not in fields:
        return []
    default = fields[name].model_fields[name].default
    return [getattr(default, "name", default)]


def _depths(search: StageView, table: TableView) -> list[int]:
    """The numbers of hidden layers that are tried; ``widths``, where it is given, wins over ``depth``."""
    widths = [value for value in _values(search, "widths", table) if isinstance(value, list | tuple)]
    return [len(value) for value in widths] or [d for d in _values(search, "depth", table) if isinstance(d, int)]


def _range_scaler(search: StageView) -> str | None:
    """The id of the scaler nearest above, if it brings numbers into a range, whatever the search chooses."""
    for stage in search.above:
        parts = {part for part, _ in stage.variants if issubclass(part, Transform)}
        scaled = {part.scales for part in parts}
        if scaled == {"range"}:
            return sorted(part.id for part in parts)[0]
        if scaled - {None}:
            return None
    return None


def _is_far(column: pd.Series, as_read: bool) -> bool:
    if as_read:
        return bool(abs(float(column.mean())) > _FAR or float(column.std()) > _FAR)
    # What an imputer fills, or a stage that cuts extremes changes, is not in the middle half of the values.
    low, middle, high = column.quantile([0.25, 0.5, 0.75])
    return bool(abs(middle) > _FAR or (high - low) / _NORMAL_RANGE > _FAR)


def _columns(names: list[str]) -> str:
    """``the column 'a' has`` or ``3 columns (a, b, c) have``; what they have follows."""
    if len(names) == 1:
        return f"the column {names[0]!r} has"
    return f"{len(names)} columns ({', '.join(names[:10])}{', ...' if len(names) > 10 else ''}) have"
