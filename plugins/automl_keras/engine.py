"""Bringing TensorFlow up in a worker.

To share compiled code between processes, the caller sets, before TensorFlow is imported,
``TF_XLA_FLAGS=--tf_xla_persistent_cache_directory=DIR``; nothing here reads or writes it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Iterator

_log = logging.getLogger(__name__)


def prepare() -> None:
    """Set what TensorFlow reads once, when it is imported; values that the caller has set stay.

    Called when the plugin is imported, before any other code of ours can import TensorFlow: with and without oneDNN
    the last bits of a training differ, and equal seeds are to give equal bits in the driver and in every worker.
    """
    if "tensorflow" in sys.modules and "TF_ENABLE_ONEDNN_OPTS" not in os.environ:
        _log.warning("TensorFlow was imported before automl: last bits may differ from those of other processes")
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Its notice goes past Python straight into a live display; on small networks its kernels gain nothing.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextlib.contextmanager
def unoptimised() -> Iterator[None]:
    """With TensorFlow's graph optimizer (Grappler) off, for what is called inside.

    It takes a quarter to a half of the first call of a traced function, and gains nothing that could be measured on
    networks for tables. It may change last bits, so training and prediction must agree in it.
    """
    import tensorflow as tf

    switch = "disable_meta_optimizer"
    before = tf.config.optimizer.get_experimental_options().get(switch, False)
    if before:
        yield
        return
    tf.config.optimizer.set_experimental_options({switch: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({switch: before})


@functools.cache
def start(threads: int | None = None) -> None:
    """Import TensorFlow with ``threads`` threads for each of its pools (None: as many as it likes).

    The pools belong to the process: the first call that gets there before TensorFlow runs anything decides, later
    ones are noted in the log. On a GPU, memory is taken as needed and kernels are the deterministic ones.
    """
    import tensorflow as tf

    try:
        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if gpus:
            tf.config.experimental.enable_op_determinism()
    except RuntimeError:
        _log.debug("TensorFlow runs already, with %d threads", tf.config.threading.get_intra_op_parallelism_threads())
