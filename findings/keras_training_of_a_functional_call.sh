#!/usr/bin/env bash
# Keras 3.15.1 (and 3.13.2): `training` given to a layer while a functional model is built is overruled by fit and predict.
#
# The documentation of BatchNormalization says of its call argument: "training=False: The layer will normalize its inputs
# using the mean and variance of its moving statistics". The guide "Transfer learning & fine-tuning" builds
# `base_model(inputs, training=False)`, so that batch normalization keeps its statistics "even after we unfreeze the base
# model for fine-tuning". In a functional model the argument has no effect: operation_fn (keras/src/models/functional.py)
# puts the model's own `training` in its place. fit() changes the statistics as if nothing had been said, and predict()
# drops nothing where a dropout was called with training=True.
#
# Seen on 2026-11-28, TensorFlow 2.21.0 (CPU), Python 3.11, Linux x86_64:
#   batch_norm(x, training=False): moving mean after fit [0.051, 0.051, 0.044, 0.055]
#   batch_norm(x):                 moving mean after fit [0.051, 0.051, 0.044, 0.055]
#   dropout(x, training=True): predict drops False, a call of the model drops True
#
# Here a network that calls a layer with training=False is refused, with what does it: layer.trainable = False.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'P'
import keras
import numpy as np

x = np.random.default_rng(0).normal(5, 3, (64, 4)).astype("float32")


def statistics(**called):
    inputs, norm = keras.Input((4,)), keras.layers.BatchNormalization()
    model = keras.Model(inputs, keras.layers.Dense(1)(norm(inputs, **called)))
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], batch_size=64, verbose=0)
    return np.asarray(norm.moving_mean).round(3).tolist()


written, usual = statistics(training=False), statistics()
inputs = keras.Input((4,))
dropping = keras.Model(inputs, keras.layers.Dropout(0.5)(inputs, training=True))
predicted, called = (dropping.predict(x, verbose=0) == 0).any(), (np.asarray(dropping(x)) == 0).any()
print("batch_norm(x, training=False): moving mean after fit", [float(f"{v:.3f}") for v in written])
print("batch_norm(x):                 moving mean after fit", [float(f"{v:.3f}") for v in usual])
print(f"dropout(x, training=True): predict drops {predicted}, a call of the model drops {called}")
assert written == usual, "this has changed: the statistics stay as they are"
assert written != [0.0] * 4
assert called, "a call of the model drops nothing either"
assert not predicted, "this has changed: predict drops as written"
P
