"""The learner that trains Keras networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automl.components import Fitted
from automl.errors import StageError
from automl.fingerprint import digest
from automl.learning import Learner, Network, NetworkSpec, Training, Trial
from automl.params import Params, param
from automl_keras import engine
from automl_keras.fitted import NetworkFitted
from automl_keras.labelling import check_codes, check_size, initial_values, label, mode
from automl_keras.losses import LossName, TaskLoss
from automl_keras.networks import DialledNetwork
from automl_keras.optimizers import Adam, OptimizerChoice
from automl_keras.overruled import refuse_overruled
from automl_keras.precision import Precision, keras_floats
from automl_keras.schedules import Constant, RatePlan, ScheduleChoice
from automl_keras.signatures import OptimizerSignature, Signature, network_dials
from automl_keras.targets import TargetCode, outputs_of

if TYPE_CHECKING:
    import keras

    from automl.dataset import Rows


class KerasLearner(Learner):
    """Trains a network with a whole epoch inside one compiled function.

    A regression target is standardised for training; predictions come back in its unit. For a network whose last
    activation bounds its outputs it is brought into their range instead: divided where they are never negative,
    fitted in between where they are bounded on both sides. Of classes a network may put out logits or, by a sigmoid or
    softmax at its end, probabilities. Of several targets the loss is the mean over all. Sample weights are scaled to a
    mean of 1 over the training rows. The last batch of an epoch is filled up with rows of weight zero.
    """

    id: ClassVar[str] = "keras"
    weights: ClassVar[str] = (
        "the loss and the unit of a regression target are weighted; a batch is so many rows, whatever they weigh"
    )
    engines: ClassVar[tuple[str, ...]] = ("keras", "tensorflow")
    fitted: ClassVar[type[Fitted]] = NetworkFitted
    several_targets: ClassVar[bool] = True
    takes_network: ClassVar[bool] = True

    class Params(Params):
        optimizer: OptimizerChoice = param(
            OptimizerChoice(adam=Adam()),
            description="A name, or a mapping from it to the optimizer's own parameters.",
            tune={
                "one_of": {
                    "adam": {},
                    "adamw": {"weight_decay": {"float": [1e-4, 1e-1], "log": True}},
                    "nadam": {},
                    "rmsprop": {},
                    "sgd": {"momentum": {"float": [0.8, 0.98]}, "nesterov": [False, True]},
                }
            },
        )
        learning_rate: float | None = param(
            None,
            description="Step size at the top of the schedule, where the optimizer is not given its own; absent, the "
            "optimizer's default (0.001 for Adam and its kin).",
            tune={"float": [1e-4, 1e-2], "log": True},
            gt=0.0,
            le=100.0,
        )
        schedule: ScheduleChoice = param(
            ScheduleChoice(constant=Constant()),
            description="How the learning rate changes over the budget's epochs: a name, or a mapping from it to the "
            "schedule's own parameters.",
            tune=["constant", "exponential", "cosine", "one_cycle", "performance"],
        )
        warmup: float = param(
            0.0, description="Share of the training in which the learning rate first rises from zero.", ge=0.0, le=0.5
        )
        batch_size: int = param(
            64, description="Rows per step; at most all of them.", tune=[32, 64, 128, 256, 512], ge=1
        )
        loss: LossName = param(
            "auto", description="What is minimised; auto is mse for a regression and cross_entropy for classes."
        )
        huber_delta: float = param(
            1.0,
            description="For huber: where the square becomes a line, in standard deviations of the target.",
            gt=0.0,
        )
        label_smoothing: float = param(
            0.0, description="Share of each label that is spread evenly over all classes.", ge=0.0, le=0.5
        )
        clip_norm: float | None = param(
            None, description="Greatest norm of all gradients together; greater ones are scaled down.", gt=0.0
        )
        ema: float | None = param(
            None,
            description="Decay of a moving average of the weights, e.g. 0.99; the average is what is scored and kept.",
            gt=0.0,
            lt=1.0,
        )
        compile: Literal["auto", "xla", "graph", "fit"] = param(
            "auto",
            description="How an epoch runs. auto: xla where the training is long enough for compiling it to pay, by "
            "the network's size, the batch and the steps; else graph. What xla cannot compile runs as graph, what "
            "cannot be traced runs in model.fit; the log says so.",
        )
        precision: Precision = param(
            "float32",
            description="Of all numbers in training and prediction. float64 takes twice the memory and about twice the "
            "time, and agrees with the formulas to the last digits.",
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {},
            {"optimizer": {"adamw": {"learning_rate": 1e-3, "weight_decay": 1e-4}}, "schedule": "one_cycle"},
            {"optimizer": "sgd", "learning_rate": 0.03, "schedule": {"performance": {"patience": 3}}, "clip_norm": 1.0},
            {"optimizer": "lion", "schedule": "cosine", "warmup": 0.1, "ema": 0.99, "compile": "graph"},
        ]

    @classmethod
    def start(cls, threads: int) -> None:
        """Import Keras and TensorFlow, and have TensorFlow make its pools of ``threads`` threads."""
        engine.start(threads)

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> Training:
        """Build the network and find its program.

        Raises:
            StageError: rows with values that are not finite numbers, no rows, or no network to train.
            ConstraintError: the network learns more than ``trial.most_parameters`` numbers.
        """
        network = trial.network
        if network is None:
            raise StageError("learner 'keras' was given no network; mend: name one, as in network: mlp")
        if train.target is None or not len(train) or not len(train.frame.columns):
            raise StageError(
                f"nothing to learn from: {len(train)} training rows with {len(train.frame.columns)} feature columns "
                f"and {'a' if train.target is not None else 'no'} target; mend: check the split and columns upstream"
            )
        train = train.counted()
        self.start(trial.threads)  # before anything else imports TensorFlow
        params: KerasLearner.Params = self.params
        loss = TaskLoss.settle(params.loss, trial.task.kind, params.huber_delta, params.label_smoothing)

        from automl_keras.architecture import architecture
        from automl_keras.batches import Batches
        from automl_keras.output_ranges import output_ranges
        from automl_keras.training import Dials, NetworkTraining

        spec = NetworkSpec(len(train.frame.columns), trial.task, trial.seed)
        with keras_floats(params.precision):
            model = network.build(spec)
            _check_shapes(network.id, model, spec)
            ranges = output_ranges(model)
        check_size(model, trial.most_parameters)
        code = TargetCode.fit(trial.task, train.target, train.weight, ranges=ranges, network=network.id)
        if trial.task.is_classification:
            code = dataclasses.replace(code, outputs=outputs_of(ranges, trial.task.kind, network.id))
            loss = dataclasses.replace(loss, probabilities=code.outputs == "probabilities")
        labelled = label(trial.task, code, train, "training", loss.one_hot, params.precision)
        validated = None
        if valid is not None and len(valid):
            validated = label(trial.task, code, valid, "validation", loss.one_hot, params.precision)
        check_codes(model, (train, labelled), (valid, validated), params.precision)
        batches = Batches(labelled, params.batch_size, trial.seed)
        described = architecture(model, network.id)
        optimizer = OptimizerSignature.of(params.optimizer, params.clip_norm, params.ema)
        signature = Signature(
            described.dialled,
            len(described.numbers),
            optimizer,
            loss,
            batches.batch,
            batches.steps,
            mode(params.compile, model, batches.steps * trial.until, batches.batch),
            params.precision,
        )
        values = {**params.optimizer.chosen.dial_values(), **_optional_dials(params)}
        momentum = values.get(optimizer.momentum_dial, 0.0)
        values |= zip(network_dials(len(described.numbers)), described.numbers, strict=True)
        return NetworkTraining(
            signature,
            initial_values(model, trial.seed),
            batches,
            validated,
            RatePlan(
                _rate(params), params.schedule.chosen, params.warmup, batches.steps, trial.epochs, params.precision
            ),
            Dials({name: values[name] for name in signature.dials}, momentum),
            code,
            list(train.frame.columns),
            described.text,
        )

    def affinity(self, network: Network | None) -> str | None:
        """A digest of what decides the signature, as far as it is known without the rows."""
        if network is None:
            return None
        params: KerasLearner.Params = self.params
        optimizer = OptimizerSignature.of(params.optimizer, params.clip_norm, params.ema)
        return digest(
            {
                "network": [network.id, _shape(network)],
                "optimizer": dataclasses.asdict(optimizer),
                "loss": [params.loss, params.huber_delta, params.label_smoothing > 0.0],
                "batch": params.batch_size,
                "mode": params.compile,
                "precision": params.precision,
            }
        )


def _check_shapes(network: str, model: keras.Model, spec: NetworkSpec) -> None:
    if not hasattr(type(model), "input_shape"):
        raise StageError(
            f"network {network!r} is a {type(model).__name__}, whose layers are connected by code, which cannot be "
            "written as a configuration; mend: build a functional keras.Model or a Sequential, with own parts in "
            "registered layers"
        )
    outputs = 1 if spec.task.kind == "binary" else spec.task.outputs
    expected = ((None, spec.inputs), (None, outputs))
    if (model.input_shape, model.output_shape) != expected:
        raise StageError(
            f"network {network!r} maps {model.input_shape} to {model.output_shape}, expected {expected[0]} to "
            f"{expected[1]} for a {spec.task.kind} task; mend: build it for spec.inputs and spec.task"
        )
    refuse_overruled(network, model)


def _shape(network: Network) -> dict[str, Any]:
    """The parameters that decide what is compiled; of dials whether they are 0."""
    written = network.params.identity()
    if not isinstance(network, DialledNetwork):
        return written
    kept = {name: value for name, value in written.items() if name not in network.free}
    return kept | {name: bool(kept[name]) for name in network.dials}


def _optional_dials(params: Any) -> dict[str, float]:
    """Dials that are not the optimizer's own, where they are in force."""
    values = {
        "clip_norm": params.clip_norm,
        "ema_momentum": params.ema,
        "label_smoothing": params.label_smoothing or None,
    }
    return {name: float(value) for name, value in values.items() if value is not None}


def _rate(params: Any) -> float:
    chosen = params.optimizer.chosen
    return chosen.learning_rate or params.learning_rate or chosen.default_rate
