"""``network_from_hypermodel``: a network of a keras-tuner hypermodel, whose code runs unchanged.

The class that it makes names the hypermodel; keras-tuner, Keras and the hypermodel's own module are imported when its
space is first asked for or a model is built, so that a file is checked without them.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from automl.errors import MissingExtraError, PluginError, StageError
from automl.learning import Network, NetworkSpec
from automl.params import Params
from automl_keras.overruled import refuse_overruled

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from automl.search.space import Space

Source = str | Callable[["keras_tuner.HyperParameters"], Any] | type | Any
"""A ``build(hp)`` function, a `HyperModel` subclass whose constructor needs nothing, an instance of one; or where one
of these is found, ``package.module:name``."""


def network_from_hypermodel(
    hypermodel: Source,
    id: str,  # noqa: A002 - the name that components have for it
    *,
    name: str | None = None,
    version: str = "1",
    summary: str | None = None,
    epochwise: bool = True,
) -> type[HypermodelNetwork]:
    """Make a network of a keras-tuner hypermodel; nothing of it is imported until it is used.

    Its space is what keras-tuner would find: `automl_keras.hypermodel_space`. What ``build`` compiles decides optimizer
    and loss; a ``fit`` of its own trains: `automl_keras.hypermodel_learner`.

    Args:
        hypermodel: ``"acme.models:build"`` or ``"acme.models:AcmeHyperModel"``; or the function, class or instance
            itself, where importing it imports no engine.
        id: the name in pipeline files.
        name: of the class, and of the variable that it is assigned to; by default made of the hypermodel's.
        version: raised when the same values give another model.
        summary: one line for listings.
        epochwise: False for a hypermodel whose own ``fit`` trains to its end in one call, because it does not do what
            ``epochs`` and ``initial_epoch`` ask for or makes its own optimizer each time. It is scored once, at its
            end, and cannot be continued.

    Returns:
        A network class to be offered by a `automl.records.Record`.
    """
    called = hypermodel.partition(":")[2] if isinstance(hypermodel, str) else getattr(hypermodel, "__name__", None)
    called = called or type(hypermodel).__name__
    body = {
        # As namedtuple does: the class belongs to the module that asked for it, where other processes find it.
        "__module__": sys._getframe(1).f_globals.get("__name__", __name__),
        "__doc__": summary or f"{called}, a keras-tuner hypermodel.",
        "id": id,
        "version": version,
        "learner": "keras_hypermodel" if epochwise else "keras_hypermodel_whole",
        "epochwise": epochwise,
        "modules": _modules(hypermodel),
        "source": staticmethod(functools.cache(functools.partial(_load, hypermodel, id))),
    }
    return type(name or f"{called.title().replace('_', '')}Network", (HypermodelNetwork,), body)


def _modules(hypermodel: Source) -> tuple[str, ...]:
    """Where the hypermodel's code is: its version belongs to the network's."""
    if isinstance(hypermodel, str):
        return (hypermodel,)
    while isinstance(hypermodel, functools.partial):
        hypermodel = hypermodel.func
    if isinstance(hypermodel, types.FunctionType | types.MethodType):
        return (hypermodel.__module__,)
    kind = hypermodel if isinstance(hypermodel, type) else type(hypermodel)
    return tuple(dict.fromkeys(base.__module__ for base in kind.__mro__))


class HypermodelParams(Params):
    """Values of hyperparameters, by the names of their dimensions; which there are, the hypermodel says."""

    model_config = ConfigDict(extra="allow")


class HypermodelNetwork(Network):
    """Base of what `network_from_hypermodel` makes.

    Class attributes:
        source: gives the `keras_tuner.HyperModel`, one for a process.
        epochwise: whether its ``fit`` trains one epoch where it is asked for one.
    """

    engines: ClassVar[tuple[str, ...]] = ("keras", "keras_tuner")
    any_table: ClassVar[bool] = False
    Params = HypermodelParams
    source: ClassVar[Callable[[], keras_tuner.HyperModel]]
    epochwise: ClassVar[bool]

    @classmethod
    def space(cls) -> Space:
        """The hyperparameters that ``build``, and ``fit`` if it is its own, are found to ask for.

        Raises PlanError if the hypermodel fails where every hyperparameter has its default.
        """
        from automl_keras.hypermodel_space import discovered, space_of

        return space_of(discovered(cls))

    @classmethod
    def fits_itself(cls) -> bool:
        """Whether the hypermodel has a ``fit`` of its own."""
        import keras_tuner

        return type(cls.source()).fit is not keras_tuner.HyperModel.fit

    def hyperparameters(self) -> keras_tuner.HyperParameters:
        """The values as the hypermodel takes them."""
        import keras_tuner

        from automl_keras.hypermodel_space import hyperparameter_name

        hp = keras_tuner.HyperParameters()
        hp.values = {hyperparameter_name(name): value for name, value in self.params.model_dump().items()}
        return hp

    def build(self, spec: NetworkSpec) -> keras.Model:
        """The model of these values; see `build_with`."""
        return self.build_with(self.hyperparameters(), spec.inputs, spec.seed)

    @classmethod
    def build_with(cls, hp: keras_tuner.HyperParameters, inputs: int | None, seed: int) -> keras.Model:
        """The model, with weights for ``inputs`` columns drawn from ``seed``.

        A model without an input of its own is built for them; None leaves it unbuilt.

        Raises:
            StageError: what ``build`` returns is no model or one without a graph of layers, or it has another number
                of inputs.
        """
        import keras

        with seeded(seed):
            model = cls.source().build(hp)
            if not isinstance(model, keras.Model):
                raise StageError(
                    f"network {cls.id!r}: build(hp) returned {type(model).__name__}, expected a keras.Model; "
                    "mend: return the model"
                )
            if not hasattr(type(model), "input_shape"):
                raise StageError(
                    f"network {cls.id!r}: build(hp) returned a {type(model).__name__}, a keras.Model whose layers are "
                    "connected by code, which cannot be written as a configuration; mend: use a functional "
                    "keras.Model or a Sequential, with own parts in registered layers"
                )
            if inputs is not None and not model.built:
                model.build((None, inputs))
        if inputs is not None and tuple(model.input_shape) != (None, inputs):
            raise StageError(
                f"network {cls.id!r} takes {model.input_shape}, expected (None, {inputs}): the table has {inputs} "
                "feature columns; mend: leave keras.Input out, so that the model is built for what comes"
            )
        refuse_overruled(cls.id, model)
        return model


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within it, Keras, NumPy and Python draw from ``seed``; the last two are put back after.

    A hypermodel gives no seeds: its initializers, and a ``fit`` of its own, draw from the global generators.
    """
    import keras

    drawn, shuffled = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(drawn)
        np.random.set_state(shuffled)


def _load(hypermodel: Source, who: str) -> keras_tuner.HyperModel:
    """The hypermodel. Raises PluginError telling why there is none, MissingExtraError without keras-tuner."""
    from automl_keras import engine

    engine.start()  # before anything else imports TensorFlow
    try:
        import keras_tuner
    except ModuleNotFoundError as error:
        raise MissingExtraError(who, error.name or "keras_tuner", "tuners") from error

    try:
        if isinstance(hypermodel, str):
            module, _, name = hypermodel.partition(":")
            hypermodel = getattr(importlib.import_module(module), name)
        if isinstance(hypermodel, type) and issubclass(hypermodel, keras_tuner.HyperModel):
            hypermodel = hypermodel()
    except Exception as error:
        raise PluginError(
            f"{who}: cannot make {hypermodel}: {type(error).__name__}: {error}; mend: name it "
            "``package.module:name``, or give an instance with what its constructor needs"
        ) from error
    if isinstance(hypermodel, keras_tuner.HyperModel):
        return hypermodel
    if not callable(hypermodel):
        raise PluginError(f"{who}: expected build(hp) or a keras_tuner.HyperModel, found {hypermodel!r}")
    return _Built(hypermodel)


def _Built(build: Callable[[Any], Any]) -> keras_tuner.HyperModel:  # noqa: N802 - a class, once keras-tuner is there
    import keras_tuner

    class BuiltByFunction(keras_tuner.HyperModel):
        def build(self, hp: Any) -> Any:
            return build(hp)

    return BuiltByFunction()
