"""Neural networks on tables: the architectures, and the Keras learner that trains them in compiled epochs."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record
from automl_keras import engine

engine.prepare()

_ENGINE = ("tensorflow", "keras")
_EXTRA = "cpu"


@hookimpl
def automl_advice() -> list[Record]:
    here = "automl_keras.advice"
    return [
        Record("network.unscaled_inputs", f"{here}:UnscaledInputs", "Numbers far from 0 reach a network unscaled."),
        Record("network.l2_with_adam", f"{here}:L2WithAdam", "L2 is trained with Adam or one of its kin."),
        Record(
            "network.l2_with_adamw", f"{here}:L2WithAdamW", "L2 is trained with AdamW, which decays weights itself."
        ),
        Record("network.selu_disturbed", f"{here}:SeluDisturbed", "SELU with what undoes its self-normalisation."),
        Record("network.adagrad_on_deep", f"{here}:AdagradOnDeep", "AdaGrad trains a network of several layers."),
        Record("network.initializer_mismatch", f"{here}:InitializerMismatch", "The initializer misfits an activation."),
        Record("network.heavy_tails", f"{here}:HeavyTails", "A target with heavy tails is learned by squared error."),
        Record("network.unfit_loss", f"{here}:UnfitLoss", "A loss is for another kind of task."),
    ]


@hookimpl
def automl_learners() -> list[Record]:
    return [
        Record(
            "keras",
            "automl_keras.learner:KerasLearner",
            "Trains a Keras network, a whole epoch inside one compiled function",
            requires=_ENGINE,
            extra=_EXTRA,
        ),
        Record(
            "keras_hypermodel",
            "automl_keras.hypermodel_learner:HypermodelLearner",
            "Trains a keras-tuner hypermodel, with the optimizer and the loss that it compiles",
            requires=_ENGINE,
            extra=_EXTRA,
        ),
        Record(
            "keras_hypermodel_whole",
            "automl_keras.hypermodel_learner:WholeHypermodelLearner",
            "Trains a keras-tuner hypermodel whose own fit runs to its end in one call",
            requires=_ENGINE,
            extra=_EXTRA,
        ),
    ]


@hookimpl
def automl_networks() -> list[Record]:
    return [
        Record(
            "linear",
            "automl_keras.networks:Linear",
            "One dense layer: linear or logistic regression",
            requires=_ENGINE,
            extra=_EXTRA,
        ),
        Record(
            "mlp",
            "automl_keras.networks:MLP",
            "Hidden layers of units, depth x width or a list",
            requires=_ENGINE,
            extra=_EXTRA,
        ),
    ]
