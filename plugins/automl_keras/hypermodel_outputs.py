"""What a hypermodel's outputs mean: by what it was compiled with, and by what its last layer can put out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras

from automl.errors import StageError
from automl.learning import Task, TaskKind
from automl_keras.output_ranges import Range, output_ranges
from automl_keras.targets import Outputs, TargetCode, outputs_of

if TYPE_CHECKING:
    import pandas as pd

_ZERO = 1e-6


def target_code(
    model: keras.Model,
    task: Task,
    network: str,
    target: pd.Series | pd.DataFrame,
    weight: pd.Series | None = None,
) -> tuple[TargetCode, bool]:
    """How the target is put to a model and its outputs are read, and whether classes are put one-hot.

    A regression is trained in the target's own unit, as its author wrote it, unless the outputs are bounded and it lies
    beyond their bounds: then it is fitted in between.

    Of a classification's outputs one of Keras' losses says what they are. With ``from_logits`` they are logits: of one
    sigmoid for each class under a binary cross-entropy, of a softmax else. Without, they are probabilities, which are
    divided by their sum, as the loss does. Under a loss of the author's own, or none, the last layer decides:
    probabilities after a softmax or sigmoid, logits else.

    Raises:
        StageError: the model's outputs are not those of the task, its targets or its loss, or the loss is none of
            Keras'.
    """
    loss = only_loss(model.loss) if model.compiled else None
    name, from_logits = _about(loss, network)
    shape, expected = tuple(model.output_shape), [task.outputs, *([1] if task.kind == "binary" else [])]
    if len(shape) != 2 or shape[-1] not in expected:
        wanted = " or ".join(f"(None, {outputs})" for outputs in expected)
        raise StageError(
            f"network {network!r} puts out {shape}, expected {wanted} for a {task.kind} task of "
            f"{', '.join(task.classes) or ', '.join(task.targets)}; mend: change its last layer"
        )
    width, ranges = shape[-1], output_ranges(model)
    if not task.is_classification:
        return TargetCode.fit(task, target, weight, ranges=ranges, network=network, as_written=True), False
    kind: TaskKind = "binary" if width == 1 else "multiclass"
    if kind == "binary" and "sparse" in name:
        raise StageError(
            f"network {network!r} has one output and the loss {name}, which picks one of several; "
            "mend: binary_crossentropy, or an output for each class"
        )
    outputs = (
        _outputs(ranges, kind, network, name, from_logits) if _is_stock(loss) else _by_range(ranges, kind, network)
    )
    one_hot = kind == "multiclass" and bool(name) and "sparse" not in name
    return TargetCode(kind, task.classes, outputs=outputs), one_hot


def _outputs(ranges: Sequence[Range], kind: TaskKind, network: str, name: str, from_logits: bool) -> Outputs:
    """As a loss of Keras takes them."""
    first = ranges[0]
    separate = kind == "binary" or name.startswith("binary")
    fitting = "sigmoid" if separate else "softmax"
    says = f"network {network!r} ends in {first.by}, whose outputs are {first.text}"
    if from_logits:
        # Only differences of a softmax' logits count, so that a bound on one side takes nothing away.
        if any(not found.is_open if separate else found.is_bounded for found in ranges):
            raise StageError(
                f"{says}, and its loss {name} takes logits (from_logits=True), which are any numbers; mend: leave the "
                "activation of the last layer out, or from_logits"
            )
        return "separate_logits" if kind == "multiclass" and separate else "logits"
    if all(found.is_share if separate else found.low >= -_ZERO for found in ranges):
        return "probabilities"
    logits = ", or from_logits=True" if "crossentropy" in name else ""
    raise StageError(
        f"{says}, and its loss {name} makes no probabilities of them; mend: {fitting} as the activation of the last "
        f"layer{logits}"
    )


def _by_range(ranges: Sequence[Range], kind: TaskKind, network: str) -> Outputs:
    """By the last layer alone: nothing is known of an author's own loss."""
    if all(found.is_share for found in ranges):
        return "probabilities"
    return outputs_of(ranges, kind, network)


def loss_name(loss: Any, network: str) -> str:
    """A loss' name in small letters without underscores, as in ``binarycrossentropy``; see `target_code` for errors."""
    return _about(only_loss(loss), network)[0]


def _about(loss: Any, network: str) -> tuple[str, bool]:
    """A loss' name, in small letters without underscores, and whether it takes logits."""
    if loss is None:
        return "", False
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError as error:
            raise StageError(
                f"network {network!r} is compiled with the loss {loss!r}, which is none of Keras'; mend: correct "
                "its name, as in mse, binary_crossentropy, sparse_categorical_crossentropy"
            ) from error
    told = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    name = getattr(loss, "__name__", type(loss).__name__)
    return name.lower().replace("_", ""), bool(told.get("from_logits", False))


def _is_stock(loss: Any) -> bool:
    """Whether it is one of Keras' losses."""
    named = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    return isinstance(loss, str) or str(getattr(named, "__module__", "")).startswith("keras.")


def only_loss(loss: Any) -> Any:
    """The loss of a list or dict of one, as ``compile`` takes it for one output."""
    if isinstance(loss, list | tuple | dict) and len(loss) == 1:
        return next(iter(loss.values() if isinstance(loss, dict) else loss))
    return loss
