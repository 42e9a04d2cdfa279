"""Codes on their way into `Embedding` layers: none may be one that the layer has no row for.

Keras 3.15 reads the last row for -1, which encoders give for levels they have not seen, and under XLA a code too large
is clamped; both in silence. So what reaches the layers is looked at before it does, in training and in prediction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from automl_keras.precision import Precision


@dataclass(frozen=True)
class BadCode:
    """A code without a row.

    Attributes:
        place: the first row that has it.
        rows: how many rows have such codes in this layer.
        columns: places of the columns that it comes from.
        code: as it reaches the layer.
        layer: the layer's name.
        size: how many rows the layer has.
    """

    place: int
    rows: int
    columns: tuple[int, ...]
    code: float
    layer: str
    size: int

    def told(self, names: Sequence[str], row: object, part: str) -> str:
        """A sentence with the mend; ``row`` is what its place is called, ``part`` of which rows."""
        found = " and ".join(repr(names[column]) for column in self.columns)
        source = f"column{'s' if len(self.columns) > 1 else ''} {found}" if found else "the network"
        if self.code < 0:
            why = "it stands for a missing or an unseen level, and Keras would read the row of another one"
            mend = (
                "encode.ordinal with {reserve: true} counts from 1 and gives these 0 (the layer then needs an "
                "input_dim of one more than there are levels); or impute, or clean rare levels, before it"
            )
        elif self.code != np.floor(self.code):
            why, mend = "it is no whole number, and Keras would cut it off", "leave the column out of scaling"
        else:
            why, mend = "there is no such row", f"give the layer an input_dim of at least {self.code + 1:.0f}"
        return (
            f"{source} of {part} gives the layer {self.layer!r} the code {self.code:g} in row {row}"
            f"{f' ({self.rows:,} such rows)' if self.rows > 1 else ''}, but its rows are 0 to {self.size - 1}: "
            f"{why}; mend: {mend}"
        )


class Lookups:
    """The `Embedding` layers of a model, wherever they are in it."""

    def __init__(self, model: keras.Model, precision: Precision = "float32") -> None:
        self._model = model
        self._precision = precision
        self._layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
        self._seen: list[Any] = []  # the layers whose codes the traced function returns, in its order
        self._traced = self._trace() if self._layers else None

    def __bool__(self) -> bool:
        return bool(self._layers)

    def _trace(self) -> Any:
        """A function of features [n, inputs] to all codes that reach the layers."""

        def codes(features: tf.Tensor) -> list[tf.Tensor]:
            found: list[tuple[Any, tf.Tensor]] = []
            with ExitStack() as stack:
                for layer in self._layers:
                    stack.enter_context(_overheard(layer, found))
                self._model(features, training=False)
            graph = tf.compat.v1.get_default_graph()
            # Inside a loop of the graph's own (a recurrent cell) they cannot be had.
            kept = [(layer, tensor) for layer, tensor in found if getattr(tensor, "graph", graph) is graph]
            self._seen = [layer for layer, _ in kept]
            return [tensor for _, tensor in kept]

        traced = tf.function(codes, autograph=False, jit_compile=False)
        return traced.get_concrete_function(tf.TensorSpec([None, self._model.input_shape[-1]], self._precision))

    def bad_code(self, features: np.ndarray) -> BadCode | None:
        """The first code in ``features`` [n, inputs] (all finite) without a row."""
        if self._traced is None or not len(features):
            return None
        for number, (layer, codes) in enumerate(zip(self._seen, self._codes(features), strict=True)):
            wrong = ~((codes >= 0) & (codes < layer.input_dim) & (codes == np.floor(codes)))
            if wrong.any():
                place, position = np.argwhere(wrong)[0]
                rows = int(wrong.any(axis=1).sum())
                columns = self._sources(features[place], number, position) if len(codes) == len(features) else ()
                return BadCode(int(place), rows, columns, float(codes[place, position]), layer.name, layer.input_dim)
        return None

    def _codes(self, features: np.ndarray) -> Iterator[np.ndarray]:
        """Per lookup float64 [n, codes of a row]."""
        assert self._traced is not None
        for tensor in self._traced(tf.constant(features)):
            codes = tensor.numpy().astype(np.float64)
            yield codes.reshape(len(codes) if codes.ndim else 1, -1)

    def _sources(self, row: np.ndarray, number: int, position: int) -> tuple[int, ...]:
        """The columns on which a code of this row depends: those that change it when they are changed alone."""
        changed = np.repeat(row[None], len(row) + 1, axis=0)
        for column in range(len(row)):
            changed[column, column] = 1.0 if row[column] == 0.0 else 0.0
        codes = list(self._codes(changed))[number][:, position]
        return tuple(int(column) for column in np.flatnonzero(codes[:-1] != codes[-1]))


@contextmanager
def _overheard(layer: Any, found: list[tuple[Any, Any]]) -> Iterator[None]:
    """With the layer's calls noted down."""
    call = layer.call

    def noting(inputs: Any) -> Any:
        found.append((layer, inputs))
        return call(inputs)

    object.__setattr__(layer, "call", noting)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")
