"""Single or double precision, for whatever Keras builds without being told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final, Literal

Precision = Literal["float32", "float64"]

_SETTINGS: Final = threading.RLock()
"""Keras keeps both settings for the whole process: two threads must not build under different ones."""


@contextlib.contextmanager
def keras_floats(precision: Precision) -> Iterator[None]:
    """Within it, Keras builds layers, losses, metrics and optimizers of this dtype; the settings are put back after.

    One thread at a time. What was built keeps its dtype.
    """
    import keras

    with _SETTINGS:
        before = keras.config.floatx(), keras.config.dtype_policy()
        keras.config.set_floatx(precision)
        keras.config.set_dtype_policy(precision)
        try:
            yield
        finally:
            keras.config.set_floatx(before[0])
            keras.config.set_dtype_policy(before[1])
