"""Rows in memory, and the order in which an epoch visits them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from automl.fingerprint import seed_from


@dataclass(frozen=True)
class LabelledRows:
    """``features`` [n, inputs] in the training's precision, ``target`` [n, ...] as the loss takes it, ``weight``
    float64 [n]."""

    features: np.ndarray
    target: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Visit:
    """One epoch's way through the rows.

    Attributes:
        order: int32 [steps, batch], positions of rows.
        weights: [steps, batch], each row's weight divided by the number of rows in its batch.
        shares: [steps], each batch's share of all rows.

    Both in the dtype of the features.
    """

    order: np.ndarray
    weights: np.ndarray
    shares: np.ndarray

    @classmethod
    def blank(cls, steps: int, batch: int, floats: str) -> Visit:
        """The shapes of a visit, all zero."""
        weights = np.zeros((steps, batch), floats)
        return cls(weights.astype(np.int32), weights, weights[:, 0].copy())


class Batches:
    """Training rows cut into batches of one size.

    The last batch is filled up with rows from the head of the same epoch's permutation, at weight zero: they add
    nothing to loss and gradients, and averages over that batch are taken over the rows that count, as in ``model.fit``.
    Batch normalisation alone takes its mean and variance over all of them; being real rows they do not bias it.
    """

    def __init__(self, rows: LabelledRows, batch_size: int, seed: int) -> None:
        self.rows = rows
        self.batch = min(batch_size, len(rows))
        self.steps = -(-len(rows) // self.batch)
        self._seed = seed

    @functools.cached_property
    def features(self) -> tf.Tensor:
        """[steps * batch, inputs]. Padded, so that folds which differ by a row share one compiled function."""
        return tf.constant(self._padded(self.rows.features))

    @functools.cached_property
    def target(self) -> tf.Tensor:
        """[steps * batch, ...], padded likewise."""
        return tf.constant(self._padded(self.rows.target))

    def _padded(self, values: np.ndarray) -> np.ndarray:
        padding = [(0, self.steps * self.batch - len(values))] + [(0, 0)] * (values.ndim - 1)
        return np.pad(values, padding)

    def permutation(self, epoch: int) -> np.ndarray:
        """Positions of all rows in the order of ``epoch`` (from 0); depends on the seed and the epoch only."""
        return np.random.default_rng(seed_from(self._seed, "order", epoch)).permutation(len(self.rows))

    def visit(self, epoch: int) -> Visit:
        rows, shape = len(self.rows), (self.steps, self.batch)
        order = np.resize(self.permutation(epoch), shape)  # repeats from the head
        counts = np.full(self.steps, self.batch)
        counts[-1] = rows - (self.steps - 1) * self.batch
        weights = self.rows.weight[order] / counts[:, None]
        weights[-1, counts[-1] :] = 0.0
        floats = self.rows.features.dtype
        return Visit(order.astype(np.int32), weights.astype(floats), (counts / rows).astype(floats))
