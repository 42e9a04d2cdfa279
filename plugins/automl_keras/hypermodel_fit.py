"""Trainings that a hypermodel's own ``fit`` runs, and those that only ``model.fit`` can."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from automl.errors import PlanError, StageError
from automl.fingerprint import seed_from
from automl.learning import Epoch, Training, Trial
from automl_keras.architecture import architecture, finalize, finalized, rebuild
from automl_keras.fitted import NetworkFitted
from automl_keras.forward import Forward
from automl_keras.hypermodel import HypermodelNetwork, seeded
from automl_keras.hypermodel_outputs import loss_name
from automl_keras.labelling import initial_values
from automl_keras.trainer import LiveWeights, weights_differ

if TYPE_CHECKING:
    import keras_tuner

    from automl_keras.batches import LabelledRows
    from automl_keras.targets import TargetCode

_TRIAL_ROWS = 32
_TRIAL_COLUMNS = 4


class FitTraining(Training):
    """One model and its ``fit``. Nothing is shared with other trainings.

    ``fit`` is called as keras-tuner calls it, ``fit(hp, model, x, y, validation_data=..., epochs=..., ...)``, less the
    arguments that it does not take: x float32 [n, columns], y as the loss takes it ([n, 1] or one-hot).

    Where the optimizer averages weights, ``model.fit`` ends each epoch with the averages in the model. Those are scored
    and kept, and the next epoch goes on from what they took the place of.
    """

    def __init__(
        self,
        trial: Trial,
        network: HypermodelNetwork,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        train: LabelledRows,
        valid: LabelledRows | None,
        code: TargetCode,
        batch: int,
        columns: Sequence[str],
    ) -> None:
        """Raises BundleError if the model holds code that is not registered, so that it could not be kept."""
        self._trial = trial
        self._network = network
        self._hp = hp
        self._model = model
        _assign(model.variables, initial_values(model, trial.seed))
        finalize(model)
        self._architecture = architecture(model, network.id).text
        rebuild(self._architecture)
        self._train = train
        self._valid = valid
        self._code = code
        self._columns = list(columns)
        self._forward: Forward | None = None
        # A fit that asks for the hyperparameter itself uses it as it likes.
        own_batch = network.fits_itself() and "batch_size" in hp.values
        self._offered = {} if own_batch else {"batch_size": min(batch, len(train))}
        self._epochs = 0
        self._live: list[np.ndarray] | None = None
        self._best: list[np.ndarray] | None = None

    def epoch(self) -> Epoch:
        """One epoch, or the whole training of a network that is not ``epochwise``.

        Metrics are the last epoch's logs, ``val_`` spelt ``valid_``; none where ``fit`` tells its callbacks nothing.

        Raises:
            StageError: ``fit`` trained another number of epochs than it was asked for.
        """
        whole = not self._network.epochwise
        until = self._trial.until if whole else self._epochs + 1
        seed = seed_from(self._trial.seed, "fit", self._epochs)
        watch, live = _Watch(), LiveWeights(self._model)
        callbacks = [watch, live] if not whole and _averages(self._model) else [watch]
        if self._live is not None:
            _assign(self._model.trainable_variables, self._live)
        with seeded(seed):
            _call(
                type(self._network), self._hp, self._model, self._train, self._valid,
                {**self._offered, "epochs": until, "initial_epoch": self._epochs, "callbacks": callbacks, "verbose": 0},
            )  # fmt: skip
        if not whole and watch.ended != [self._epochs]:
            raise StageError(_not_epochwise(self._network, watch.ended, [self._epochs]))
        self._live = live.values if live in callbacks and self._ends_with_averages() else None
        self._epochs = until
        return Epoch(watch.metrics(), self._predicted())

    def _ends_with_averages(self) -> bool:
        """Whether ``fit`` left the averages in the model, as ``model.fit`` does; a loop of its own need not."""
        if not self._model.optimizer.built:
            return False
        weights = self._model.trainable_variables
        averages = [keras.Variable(weight.numpy(), dtype=weight.dtype) for weight in weights]
        self._model.optimizer.finalize_variable_values(averages)
        return all(np.array_equal(a.numpy(), w.numpy()) for a, w in zip(averages, weights, strict=True))

    def _predicted(self) -> np.ndarray | None:
        if self._valid is None:
            return None
        # What layers compute by besides their weights is constant in a traced function, and fit may have changed it.
        if self._forward is None or finalized(self._model):
            self._forward = Forward(self._model)
        return self._code.decode(self._forward(self._valid.features))

    def mark(self) -> None:
        self._best = self._weights()

    def finish(self) -> NetworkFitted:
        weights = self._best if self._best is not None else self._weights()
        return NetworkFitted.of(self._code, self._columns, self._architecture, weights)

    def _weights(self) -> list[np.ndarray]:
        return [np.array(weight.numpy()) for weight in self._model.weights]

    def state(self) -> Mapping[str, Any]:
        """Epochs done, the model's variables and those of its optimizer, the marked weights.

        ``live``: where the model holds averages, the weights that the next epoch goes on from; else None.
        """
        values = [np.array(variable.numpy()) for variable in self._variables()]
        return {"epochs": self._epochs, "values": values, "best": self._best, "live": self._live}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises StageError if the state is of another model or optimizer."""
        variables = self._variables()
        values = [np.asarray(value) for value in state["values"]]
        if [value.shape for value in values] != [tuple(variable.shape) for variable in variables]:
            raise StageError(
                f"cannot continue: the state has {len(values)} arrays, which are not the {len(variables)} of this "
                "model and its optimizer; mend: continue with the values that the state was left by"
            )
        _assign(variables, values)
        finalize(self._model)
        self._forward = None
        self._epochs = int(state["epochs"])
        self._live = state.get("live")
        self._best = state["best"]

    def _variables(self) -> list[keras.Variable]:
        if not self._model.compiled:
            return list(self._model.variables)
        optimizer = self._model.optimizer
        if not optimizer.built:
            optimizer.build(self._model.trainable_variables)
        return [*self._model.variables, *optimizer.variables]


def try_fit(network: type[HypermodelNetwork], hp: keras_tuner.HyperParameters) -> None:
    """Build and ``fit`` on a few random rows, for the hyperparameters that ``fit`` asks for.

    Raises PlanError if the network is said to train epoch by epoch, and ``fit`` does not do what it is asked for.
    """
    from automl_keras.batches import LabelledRows

    model = network.build_with(hp, None, 0)
    inputs = model.input_shape[-1] if model.built else _TRIAL_COLUMNS
    draw = np.random.default_rng(0)
    features = draw.normal(size=(_TRIAL_ROWS, inputs)).astype(np.float32)
    if not model.built:
        model.build((None, inputs))
    width = model.output_shape[-1]
    sparse = width > 1 and (not model.compiled or "sparse" in loss_name(model.loss, network.id))
    codes = np.arange(_TRIAL_ROWS) % max(width, 2)
    target = codes[:, None] if sparse or width == 1 else np.eye(width)[codes]
    rows = LabelledRows(features, target.astype(np.int32 if sparse else np.float32), np.ones(_TRIAL_ROWS))
    watch = _Watch()
    offered = {"epochs": 3, "initial_epoch": 1, "callbacks": [watch], "verbose": 0}
    with seeded(0):
        _call(network, hp, model, rows, rows, offered)
    if network.epochwise and (watch.ended != [1, 2] or not model.compiled):
        raise PlanError(_not_epochwise(network, watch.ended if model.compiled else None, [1, 2]))


def _call(
    network: type[HypermodelNetwork],
    hp: keras_tuner.HyperParameters,
    model: keras.Model,
    train: LabelledRows,
    valid: LabelledRows | None,
    offered: Mapping[str, Any],
) -> None:
    """Call ``fit`` with what it takes of ``offered``, and of validation rows and weights.

    Raises StageError if rows have weights and it cannot be given them.
    """
    fit = network.source().fit
    parameters = inspect.signature(fit).parameters
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    given = {**offered}
    if weights_differ(train.weight):
        if not takes_any and "sample_weight" not in parameters:
            raise StageError(
                f"network {network.id!r}: rows have weights, and its fit takes no sample_weight; "
                "mend: add **kwargs and pass them on to model.fit, or leave roles.weight out"
            )
        given["sample_weight"] = train.weight.astype(np.float32)
    asked = parameters.get("validation_data")
    if valid is None and asked is not None and asked.default is inspect.Parameter.empty:
        valid = train  # a final training on all rows has nothing else, and this fit cannot be called without
    if valid is not None:
        # Two arrays, as such code unpacks them; the search weighs the rows when it scores.
        given["validation_data"] = (valid.features, valid.target)
    if not takes_any:
        given = {name: value for name, value in given.items() if name in parameters}
    while True:
        try:
            fit(hp, model, train.features, train.target, **given)
        except TypeError as error:
            # The author's call of model.fit sets it already: what is offered has to give way.
            twice = re.search(r"multiple values for keyword argument '(\w+)'", str(error))
            if twice is None or given.pop(twice[1], None) is None:
                raise
        else:
            return


def _averages(model: keras.Model) -> bool:
    """Whether its optimizer averages weights, or the one that it scales the loss for."""
    optimizer = model.optimizer if model.compiled else None
    return bool(getattr(getattr(optimizer, "inner_optimizer", optimizer), "use_ema", False))


def _assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _not_epochwise(network: Any, ended: Sequence[int] | None, asked: Sequence[int]) -> str:
    found = (
        "makes its own optimizer, which the next call would not go on with"
        if ended is None
        else f"was asked for {_numbered(asked)} by epochs and initial_epoch, and told callbacks of {_numbered(ended)}"
    )
    return (
        f"network {network.id!r}: its fit {found}; mend: pass **kwargs on to model.fit, or say "
        "network_from_hypermodel(..., epochwise=False), and it trains to its end in one call"
    )


def _numbered(epochs: Sequence[int]) -> str:
    return "epoch " + ", ".join(str(number) for number in epochs) if epochs else "none"


class _Watch(keras.callbacks.Callback):
    """Hears which epochs are trained, and how they went."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[int] = []
        self._logs: Mapping[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.ended.append(int(epoch))
        self._logs = dict(logs or {})

    def metrics(self) -> dict[str, float]:
        return {re.sub("^val_", "valid_", name): float(value) for name, value in self._logs.items()}
