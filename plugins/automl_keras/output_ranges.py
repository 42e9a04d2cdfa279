"""What values a network's outputs can take at all: a softplus is never negative, a sigmoid stays between 0 and 1.

Found by trying, not by a list of names: the operation that gives the outputs is called on a few hundred rows of extreme
values, with weights drawn anew, and so are those before it that have no weights (a `Rescaling` after a sigmoid). So
activations of a layer, layers and operations of Keras and code of an author's own are all seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np

_ROWS: Final = 400
_EXTREMES: Final = (1e4, 1e8)
"""How far unbounded inputs are taken. What grows from the first to the second has no bound."""
_GROWTH: Final = 1e-3
_TAME: Final = 10.0
"""An extreme at which no sum of float32 numbers loses digits."""
_DRAWS: Final = 8
"""Sets of weights that a layer is tried with, so that each weight is drawn with either sign."""
_OPEN_LENGTH: Final = 4
"""For an axis whose length is not known."""
_KEEPS: Final = frozenset({"Flatten", "Reshape", "Squeeze", "ExpandDims", "GetItem", "Permute", "Transpose"})
"""Operations whose outputs are some of their inputs, in another shape."""


@dataclass(frozen=True)
class Range:
    """The bounds of one output.

    Attributes:
        low, high: bounds, infinite where there are none.
        by: the name of what gives the output, for messages.
        shares: whether all outputs of a row together are shares of 1, as those of a softmax.
    """

    low: float = -np.inf
    high: float = np.inf
    by: str = "linear"
    shares: bool = False

    @property
    def is_open(self) -> bool:
        return bool(np.isinf(self.low) and np.isinf(self.high))

    @property
    def is_bounded(self) -> bool:
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def is_share(self) -> bool:
        """Whether it is a number from 0 to 1, whatever the other outputs are."""
        return not self.shares and bool(abs(self.low) < _GROWTH and abs(self.high - 1.0) < _GROWTH)

    @property
    def text(self) -> str:
        """As in ``from 0 to 1``, ``never below 0``, ``shares of 1``."""
        if self.shares:
            return "shares of 1"
        if self.is_open:
            return "any numbers"
        if self.is_bounded:
            return f"from {self.low:g} to {self.high:g}"
        return f"never {'below' if np.isfinite(self.low) else 'above'} {min(self.low, self.high, key=abs):g}"


def output_ranges(model: keras.Model) -> tuple[Range, ...]:
    """The range of each output [outputs] of a model with one output tensor."""
    return _ranges(model.outputs[0])


def _ranges(tensor: Any) -> tuple[Range, ...]:
    """The range of each place in a tensor's last axis."""
    width = tensor.shape[-1]
    unknown = (Range(),) * width
    operation, node, place = tensor._keras_history
    if isinstance(operation, keras.layers.InputLayer):
        return unknown
    if isinstance(operation, keras.Model) and getattr(operation, "outputs", None):
        return _ranges(operation.outputs[place])
    if _is_plain(operation):
        return unknown
    call = operation._inbound_nodes[node]
    if isinstance(operation, keras.layers.Concatenate) and operation.axis in (-1, len(tensor.shape) - 1):
        return tuple(found for part in call.input_tensors for found in _ranges(part))
    below = [_ranges(part) for part in call.input_tensors]
    if type(operation).__name__ in _KEEPS and len(below) == 1:
        return below[0] if len(below[0]) == width else (_widest(below[0]),) * width
    if getattr(operation, "weights", None):  # what is weighed may come to any size
        below = [(Range(),) * len(ranges) for ranges in below]
    tame, near, far = (_tried(operation, call, below, width, extreme) for extreme in (_TAME, *_EXTREMES))
    if tame is None or near is None or far is None:
        return unknown
    name = _name(operation)
    # Nearly all rows: of equal inputs Keras' sparsemax (3.15) makes zeros.
    if np.mean(np.isclose(tame.sum(axis=1), 1.0, atol=1e-3)) > 0.9 and tame.min() >= 0.0:
        return (Range(0.0, 1.0, name, shares=True),) * width
    found = tuple(_range(near[:, column], far[:, column], name) for column in range(width))
    passed = below[0] if len(below) == 1 and len(below[0]) == width else found
    # Named by what made the range, not by a dropout or a reshape after it.
    return tuple(b if (b.low, b.high) == (f.low, f.high) else f for b, f in zip(passed, found, strict=True))


def _has_own_activation(operation: Any) -> bool:
    """Whether it is a layer of Keras with weights and, after them, an activation: all that its range depends on."""
    ours = isinstance(operation, keras.layers.Layer) and type(operation).__module__.startswith("keras.")
    return ours and bool(operation.weights) and callable(getattr(operation, "activation", None))


def _is_plain(operation: Any) -> bool:
    """A dense layer without activation, as almost every network ends: nothing has to be tried."""
    return type(operation) is keras.layers.Dense and operation.activation is keras.activations.linear


def _tried(
    operation: Any, call: Any, below: Sequence[Sequence[Range]], width: int, extreme: float
) -> np.ndarray | None:
    """Outputs [rows, width] for inputs up to ``extreme``; None if it cannot be called, or not by itself."""
    draw = np.random.default_rng(0)
    values = {
        id(tensor): _inputs(tensor, ranges, extreme, draw)
        for tensor, ranges in zip(call.input_tensors, below, strict=True)
    }
    arguments, named = call.arguments.fill_in(values)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if _has_own_activation(operation):
                outputs = operation.activation(_inputs(call.outputs[0], [Range()] * width, extreme, draw))
            elif not isinstance(operation, keras.layers.Layer):
                outputs = operation(*arguments, **named)
            else:
                # Weights may grow as well: only what does not grow with them is bounded.
                size = extreme / _EXTREMES[0]
                fixed = [variable.value for variable in operation.non_trainable_variables]
                outputs = keras.ops.concatenate([
                    operation.stateless_call(
                        [_drawn(weight, draw, size) for weight in operation.trainable_variables],
                        fixed, *arguments, **named,
                    )[0]
                    for _ in range(_DRAWS if operation.trainable_variables else 1)
                ])  # fmt: skip
            found = np.asarray(keras.ops.convert_to_numpy(outputs), dtype=np.float64)
    except Exception:  # noqa: BLE001 - an author's code, and rows that it was not written for: then nothing is known
        return None
    return found.reshape(-1, width) if found.size and not np.isnan(found).all() else None


def _inputs(tensor: Any, ranges: Sequence[Range], extreme: float, draw: np.random.Generator) -> Any:
    """Rows that reach each range's ends, all of them at once in the first two, and lie all over it in the others."""
    shape = [_OPEN_LENGTH if length is None else length for length in tensor.shape[1:]]
    low = np.array([max(found.low, -extreme) for found in ranges])
    high = np.array([min(found.high, extreme) for found in ranges])
    # The same draws at every extreme, but for the extreme itself: what differs is then due to it.
    sizes = np.concatenate([np.logspace(-2, 1, 40), np.full(5, extreme)])
    values = draw.choice(np.concatenate([[0.0], sizes, -sizes]), size=(_ROWS, *shape))
    inside = low + (high - low) * draw.random(values.shape)
    values = np.where([found.is_bounded for found in ranges], inside, np.clip(values, low, high))
    values[0], values[1] = low, high
    return keras.ops.convert_to_tensor(values, dtype=tensor.dtype)


def _drawn(weight: Any, draw: np.random.Generator, size: float) -> Any:
    return keras.ops.convert_to_tensor(size * draw.normal(size=tuple(weight.shape)), dtype=weight.dtype)


def _range(near: np.ndarray, far: np.ndarray, by: str) -> Range:
    low, high = float(np.nanmin(near)), float(np.nanmax(near))
    farther_low, farther_high = float(np.nanmin(far)), float(np.nanmax(far))
    allowed = _GROWTH * max(1.0, min(abs(low), abs(high)))
    return Range(
        farther_low + 0.0 if low - farther_low <= allowed else -np.inf,  # and no -0.0
        farther_high + 0.0 if farther_high - high <= allowed else np.inf,
        by,
    )


def _widest(ranges: Sequence[Range]) -> Range:
    return Range(min(r.low for r in ranges), max(r.high for r in ranges), ranges[0].by)


def _name(operation: Any) -> str:
    """Of the activation that a layer has, or of the operation."""
    activation = getattr(operation, "activation", None)
    if activation is not None:
        return str(getattr(activation, "__name__", type(activation).__name__)).lower()
    return type(operation).__name__.lower()
