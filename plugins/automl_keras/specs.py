"""The two parts of a signature that anyone may bring: an optimizer, and a loss.

A spec says how to build its part, and is equal to every other spec whose compiled code is the same. It holds as plain
values what the compiled code contains, and leaves out what the code reads from *dials*: scalar variables that the
program owns, one per name in ``dials``, in the signature's precision, whose values each training brings along
(`automl_keras.trainer.Pace.dials`). A spec without dials is as good as any: all its numbers are constants of the
signature then, and the learning rate alone comes from outside.

To bring one, write a frozen dataclass with these attributes, from values that can be hashed and compared (the JSON of
``keras.optimizers.serialize(...)`` will do), and put it into a `automl_keras.signatures.Signature`. Specs import no
engine before they are asked to build.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class OptimizerSpec(Hashable, Protocol):
    """How gradients become steps."""

    @property
    def dials(self) -> tuple[str, ...]:
        """Names of the numbers that the built optimizer reads from variables; ``network_*`` is taken."""

    @property
    def momentum_dial(self) -> str | None:
        """The dial that a schedule sets at every step, if any; one of ``dials``."""

    @property
    def averaged(self) -> bool:
        """Whether the optimizer keeps a moving average of the weights (``use_ema``), which is then scored and kept."""

    @property
    def elementwise(self) -> bool:
        """Whether every number is updated alike, from its own gradient and state and nothing else but a common factor.

        Then the weights may be one vector (`automl_keras.flat`). Not so: an average of the weights, clipping weight by
        weight, weights that are exempt from decay, updates by rows and columns.
        """

    def build(
        self, weights: Sequence[keras.Variable], dials: Mapping[str, tf.Variable], *, carried: bool = False
    ) -> keras.optimizers.Optimizer:
        """A Keras optimizer, built for ``weights``; for a vector carried by the loop of an epoch if ``carried``.

        ``dials`` has a variable for each name in ``self.dials``. Its ``learning_rate`` must be a variable, no schedule
        object: the program assigns to it before every step. Called with Keras' floats set to the signature's
        precision.
        """


class LossSpec(Hashable, Protocol):
    """What is minimised."""

    @property
    def dials(self) -> tuple[str, ...]:
        """Names of the numbers that the built loss reads from variables."""

    def build(self, dials: Mapping[str, tf.Variable], reduction: str | None = None) -> keras.losses.Loss:
        """A Keras loss that takes the target as the training's rows hold it, and the model's outputs as they are.

        ``reduction=None`` gives one value per row; the fall-back to ``fit`` asks for ``sum_over_batch_size``. Called
        with Keras' floats set to the signature's precision.
        """
