#!/usr/bin/env bash
# Keras 3.15.1: the activation `sparsemax` does not always give shares that add up to 1.
#
# Sparsemax projects logits onto the probability simplex (Martins & Astudillo, ICML 2016), so that its outputs are never
# negative, add up to 1, and do not change when a constant is added to all logits. For two equal logits they are 0.5
# each. keras.activations.sparsemax
# gives that for zeros, and not for ones.
#
# Seen on 2026-11-28, TensorFlow 2.21.0 (CPU), Python 3.11, Linux x86_64:
#   sparsemax([0.0, 0.0]) = [0.5, 0.5], sum 1
#   sparsemax([1.0, 1.0]) = [0.0, 0.0], sum 0
#   sparsemax([-10.0, -10.0]) = [5.5, 5.5], sum 11
#
# Here the outputs of a classification that are all zero are read as equal shares, and others are divided by their sum.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'P'
import numpy as np
from keras import activations

seen = {}
for logits in ([0.0, 0.0], [1.0, 1.0], [-10.0, -10.0]):
    shares = np.asarray(activations.sparsemax(np.array([logits], dtype="float32")))[0]
    seen[tuple(logits)] = shares.round(3).tolist()
    print(f"sparsemax({logits}) = {seen[tuple(logits)]}, sum {shares.sum():.3g}")
expected = {(0.0, 0.0): [0.5, 0.5], (1.0, 1.0): [0.0, 0.0], (-10.0, -10.0): [5.5, 5.5]}
assert seen == expected, f"this has changed: {seen}"
P
