"""keras-tuner's documented examples, rewritten for tables: other inputs and outputs, nothing else is changed.

From https://keras.io/keras_tuner/getting_started/, https://keras.io/keras_tuner/guides/custom_tuner/ and the docstring
of ``HyperParameters.conditional_scope``.
"""

from __future__ import annotations

import keras
import keras_tuner
import tensorflow as tf
from keras import layers


def build_model(hp):
    """Getting started: tune the model architecture."""
    model = keras.Sequential()
    model.add(layers.Flatten())
    # Tune the number of layers.
    for i in range(hp.Int("num_layers", 1, 3)):
        model.add(
            layers.Dense(
                # Tune number of units separately.
                units=hp.Int(f"units_{i}", min_value=4, max_value=16, step=4),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            )
        )
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=0.25))
    model.add(layers.Dense(3, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-3, max_value=1e-1, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


class MyHyperModel(keras_tuner.HyperModel):
    """Getting started: tune model training."""

    def build(self, hp):
        model = keras.Sequential()
        model.add(layers.Flatten())
        model.add(
            layers.Dense(
                units=hp.Int("units", min_value=8, max_value=32, step=8),
                activation="relu",
            )
        )
        model.add(layers.Dense(1))
        model.compile(
            optimizer=keras.optimizers.Adam(0.05),
            loss="mse",
            metrics=["mae"],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(
            *args,
            # Tune whether to shuffle the data in each epoch, and the batch size.
            shuffle=hp.Boolean("shuffle"),
            batch_size=hp.Choice("batch_size", [16, 32]),
            **kwargs,
        )


class MyTrainingLoop(keras_tuner.HyperModel):
    """Tune hyperparameters in your custom training loop."""

    def build(self, hp):
        """Builds a model."""
        inputs = keras.Input(shape=(4,))
        x = keras.layers.Flatten()(inputs)
        x = keras.layers.Dense(units=hp.Choice("units", [8, 16, 32]), activation="relu")(x)
        outputs = keras.layers.Dense(3)(x)
        return keras.Model(inputs=inputs, outputs=outputs)

    def fit(self, hp, model, x, y, validation_data, callbacks=None, **kwargs):
        # Convert the datasets to tf.data.Dataset.
        batch_size = hp.Int("batch_size", 8, 32, step=8, default=16)
        train_ds = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
        validation_data = tf.data.Dataset.from_tensor_slices(validation_data).batch(batch_size)

        # Define the optimizer.
        optimizer = keras.optimizers.Adam(hp.Float("learning_rate", 1e-3, 1e-1, sampling="log", default=1e-2))
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        # The metric to track validation loss.
        epoch_loss_metric = keras.metrics.Mean()

        # Function to run the train step.
        @tf.function
        def run_train_step(images, labels):
            with tf.GradientTape() as tape:
                logits = model(images)
                loss = loss_fn(labels, logits)
                # Add any regularization losses.
                if model.losses:
                    loss += tf.math.add_n(model.losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        # Function to run the validation step.
        @tf.function
        def run_val_step(images, labels):
            logits = model(images)
            loss = loss_fn(labels, logits)
            # Update the metric.
            epoch_loss_metric.update_state(loss)

        # Assign the model to the callbacks.
        for callback in callbacks:
            callback.set_model(model)

        # Record the best validation loss value
        best_epoch_loss = float("inf")

        # The custom training loop.
        for epoch in range(2):
            # Iterate the training data to run the training step.
            for images, labels in train_ds:
                run_train_step(images, labels)

            # Iterate the validation data to run the validation step.
            for images, labels in validation_data:
                run_val_step(images, labels)

            # Calling the callbacks after epoch.
            epoch_loss = float(epoch_loss_metric.result().numpy())
            for callback in callbacks:
                # The "my_metric" is the objective passed to the tuner.
                callback.on_epoch_end(epoch, logs={"my_metric": epoch_loss})
            epoch_loss_metric.reset_state()

            best_epoch_loss = min(best_epoch_loss, epoch_loss)

        # Return the evaluation metric value.
        return best_epoch_loss


def build_conditional(hp):
    """``HyperParameters.conditional_scope``: hyperparameters of the chosen model only."""
    model = keras.Sequential()
    model.add(keras.Input(shape=(4,)))
    model_type = hp.Choice("model_type", ["linear", "mlp", "deep"])
    with hp.conditional_scope("model_type", ["mlp", "deep"]):
        if model_type in ("mlp", "deep"):
            activation = hp.Choice("activation", ["relu", "tanh"])
    with hp.conditional_scope("model_type", ["mlp"]):
        if model_type == "mlp":
            model.add(layers.Dense(hp.Int("units", 4, 32, step=2, sampling="log"), activation=activation))
    with hp.conditional_scope("model_type", ["deep"]):
        if model_type == "deep":
            norm = hp.Choice("norm", ["none", "batch"])
            with hp.conditional_scope("norm", ["batch"]):
                if norm == "batch":
                    model.add(layers.BatchNormalization(momentum=hp.Float("norm.momentum", 0.5, 0.9, step=0.1)))
            model.add(layers.Dense(hp.Int("units", 2, 8), activation=activation))
    hp.Fixed("kind", "table")
    l2 = hp.Float("l2", 1e-5, 1e-2, sampling="log", parent_name="model_type", parent_values=["linear"])
    regularizer = keras.regularizers.L2(l2) if l2 else None
    model.add(layers.Dense(1, activation="sigmoid", kernel_regularizer=regularizer))
    model.compile(
        optimizer=keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(hp.get("l2") if "l2" in hp else 0.1, 100, 0.9),
            momentum=0.9,
            weight_decay=1e-4,
        ),
        loss=keras.losses.BinaryCrossentropy(),
    )
    return model


def build_choosy(hp):
    """Fails for some values."""
    if hp.Boolean("broken"):
        raise ValueError("cannot be broken")
    model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def build_many_outputs(hp):
    model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(7)])
    model.compile("adam", "mse")
    return model


def build_unknown_loss(hp):
    model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])
    model.compile("adam", "mean_sqared_error")
    return model


def build_uncompiled(hp):
    return keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])


def build_own_loss(hp):
    """A loss that no configuration can name: epochs run in ``model.fit``."""
    model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), lambda y, p: keras.ops.mean(keras.ops.abs(y - p), axis=-1))
    return model


def build_huber(hp):
    """Keras' configuration of this loss forgets ``delta``."""
    model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), keras.losses.Huber(delta=3.0))
    return model


class Weightless(keras_tuner.HyperModel):
    """Its ``fit`` takes what it knows by name, and weights of rows are not among it."""

    def build(self, hp):
        model = keras.Sequential([layers.Dense(hp.Int("units", 2, 4)), layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    def fit(self, hp, model, x, y, epochs, initial_epoch, callbacks):
        return model.fit(x, y, epochs=epochs, initial_epoch=initial_epoch, callbacks=callbacks, verbose=0)


def build_nothing(hp):
    return hp.Int("units", 2, 4)
