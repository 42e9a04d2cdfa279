"""The learners that train keras-tuner hypermodels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automl import params as parameters
from automl.components import Fitted
from automl.errors import StageError
from automl.fingerprint import digest
from automl.learning import Learner, Network, Training, Trial
from automl.params import param
from automl_keras import engine
from automl_keras.fitted import NetworkFitted
from automl_keras.hypermodel import HypermodelNetwork

if TYPE_CHECKING:
    import keras

    from automl.dataset import Rows
    from automl_keras.batches import LabelledRows
    from automl_keras.targets import TargetCode


class HypermodelLearner(Learner):
    """Trains what a keras-tuner hypermodel builds, with the optimizer and the loss that it compiles.

    Whole epochs run inside one compiled function, as those of other networks. Where the loss or the optimizer is the
    author's own, they run in ``model.fit``; where the hypermodel has a ``fit`` of its own, in that, one epoch a call.
    A hyperparameter ``batch_size`` wins over the learner's.
    """

    id: ClassVar[str] = "keras_hypermodel"
    weights: ClassVar[str] = (
        "given to the training as sample_weight; validation rows go to a fit of its own without them"
    )
    takes_network: ClassVar[bool] = True
    engines: ClassVar[tuple[str, ...]] = ("keras", "tensorflow", "keras_tuner")
    fitted: ClassVar[type[Fitted]] = NetworkFitted
    several_targets: ClassVar[bool] = True

    class Params(parameters.Params):
        batch_size: int = param(
            32, description="Rows per step, where the hypermodel has no hyperparameter of this name.", ge=1
        )
        compile: Literal["auto", "xla", "graph", "fit"] = param(
            "auto",
            description="How an epoch runs. auto: xla where the training is long enough for compiling it to pay, by "
            "the network's size, the batch and the steps; else graph. What xla cannot compile runs as graph, what "
            "cannot be traced runs in model.fit; the log says so.",
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"batch_size": 128, "compile": "graph"}]

    def affinity(self, network: Network | None) -> str | None:
        """A digest of the values that are no reals: those are learning rates and dropout more often than shapes."""
        if not isinstance(network, HypermodelNetwork):
            return None
        values = {name: value for name, value in network.params.identity().items() if not isinstance(value, float)}
        return digest({"network": network.id, "values": values, "learner": self.params.identity()})

    @classmethod
    def start(cls, threads: int) -> None:
        """Import Keras and TensorFlow, and have TensorFlow make its pools of ``threads`` threads."""
        engine.start(threads)

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> Training:
        """Build and compile the hypermodel's model.

        Raises:
            StageError: the network is no hypermodel, the rows cannot be learned from, or the model's inputs, outputs
                or loss do not fit them.
            ConstraintError: the model learns more than ``trial.most_parameters`` numbers.
        """
        network = trial.network
        if not isinstance(network, HypermodelNetwork):
            found = "no network" if network is None else f"the network {network.id!r}"
            raise StageError(
                f"learner {self.id!r} was given {found}, expected one made by network_from_hypermodel; "
                "mend: give the network the learner keras"
            )
        if train.target is None or not len(train) or not len(train.frame.columns):
            raise StageError(
                f"nothing to learn from: {len(train)} training rows with {len(train.frame.columns)} feature columns "
                f"and {'a' if train.target is not None else 'no'} target; mend: check the split and columns upstream"
            )
        train = train.counted()
        self.start(trial.threads)  # before anything else imports TensorFlow
        from automl_keras.hypermodel_outputs import target_code
        from automl_keras.labelling import check_codes, check_size, label

        hp = network.hyperparameters()
        model = network.build_with(hp, len(train.frame.columns), trial.seed)
        check_size(model, trial.most_parameters)
        code, one_hot = target_code(model, trial.task, network.id, train.target, train.weight)
        labelled = label(trial.task, code, train, "training", one_hot)
        validated = label(trial.task, code, valid, "validation", one_hot) if valid is not None and len(valid) else None
        check_codes(model, (train, labelled), (valid, validated))
        batch = hp.values.get("batch_size", self.params.batch_size)
        columns = list(train.frame.columns)
        if not network.fits_itself():
            training = self._compiled(trial, model, labelled, validated, code, batch, columns)
            if training is not None:
                return training
        from automl_keras.hypermodel_fit import FitTraining

        return FitTraining(trial, network, hp, model, labelled, validated, code, batch, columns)

    def _compiled(
        self,
        trial: Trial,
        model: keras.Model,
        train: LabelledRows,
        valid: LabelledRows | None,
        code: TargetCode,
        batch: int,
        columns: list[str],
    ) -> Training | None:
        """The training in compiled epochs; None if this model's are not to be had."""
        from automl_keras.architecture import architecture
        from automl_keras.batches import Batches
        from automl_keras.hypermodel_compiled import Compiled
        from automl_keras.labelling import initial_values, mode
        from automl_keras.schedules import RatePlan
        from automl_keras.signatures import Signature, network_dials
        from automl_keras.training import Dials, NetworkTraining

        if not model.compiled:
            raise StageError(
                f"model {model.name!r} is not compiled, so there is neither an optimizer nor a loss; "
                "mend: call model.compile(...) in build, or give the HyperModel a fit of its own"
            )
        compiled = Compiled.of(model)
        if compiled is None:
            return None
        batches = Batches(train, batch, trial.seed)
        told = architecture(model, None if trial.network is None else trial.network.id)
        signature = Signature(
            told.dialled,
            len(told.numbers),
            compiled.optimizer,
            compiled.loss,
            batches.batch,
            batches.steps,
            mode(self.params.compile, model, batches.steps * trial.until, batches.batch),
        )
        dials = dict(zip(network_dials(len(told.numbers)), told.numbers, strict=True))
        return NetworkTraining(
            signature,
            initial_values(model, trial.seed),
            batches,
            valid,
            RatePlan(compiled.rate, compiled.schedule, 0.0, batches.steps, trial.epochs),
            Dials({**dials, **compiled.dials}, 0.0),
            code,
            columns,
            told.text,
        )


class WholeHypermodelLearner(HypermodelLearner):
    """Trains a keras-tuner hypermodel whose own ``fit`` cannot be asked for one epoch: one call, to its end.

    Such a training is scored once, at its end, and never stopped early; a trial that goes on from an earlier one, as
    under Hyperband, starts afresh and trains for longer.
    """

    id: ClassVar[str] = "keras_hypermodel_whole"
    epochwise: ClassVar[bool] = False
