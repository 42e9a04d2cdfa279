"""Jobs that compile and train with the real engine."""

from __future__ import annotations

import os
import time
from typing import Any

from automl.executors.worker import Worker


def train(payload: int, worker: Worker) -> dict[str, Any]:
    """Compile a step of a network of this width with XLA, and train; what was used of the machine, per second."""
    import numpy as np
    import tensorflow as tf

    generator = np.random.default_rng(1)
    shapes = [(20, payload), (payload, payload), (payload, 1)]
    weights = [tf.Variable(generator.normal(0, 0.05, shape), dtype="float32") for shape in shapes]
    rows = tf.constant(generator.normal(size=(100, 256, 20)), dtype="float32")

    @tf.function(jit_compile=True)
    def epoch(steps: tf.Tensor) -> tf.Tensor:
        def step(number: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                hidden = tf.nn.relu(tf.nn.relu(rows[number] @ weights[0]) @ weights[1])
                loss = tf.reduce_mean((hidden @ weights[2] - 1) ** 2)
            for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
                weight.assign_sub(0.01 * gradient)
            return number + 1, loss

        return tf.while_loop(lambda number, _: number < steps, step, (0, 0.0))[1]

    epoch(tf.constant(100)).numpy()
    start, used = time.perf_counter(), time.process_time()
    losses = [float(epoch(tf.constant(100)).numpy()) for _ in range(10)]
    return {
        "pid": os.getpid(),
        "loss": losses[-1],
        "cores": (time.process_time() - used) / (time.perf_counter() - start),
    }
