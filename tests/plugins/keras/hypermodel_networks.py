"""The networks of ``hypermodels.py``, as a plugin offers them; importing this imports no engine."""

from __future__ import annotations

from automl import Record, hookimpl
from automl_keras.hypermodel import network_from_hypermodel

GettingStarted = network_from_hypermodel("hypermodels:build_model", "hyper.getting_started", name="GettingStarted")
TuneTraining = network_from_hypermodel("hypermodels:MyHyperModel", "hyper.tune_training", name="TuneTraining")
TrainingLoop = network_from_hypermodel(
    "hypermodels:MyTrainingLoop", "hyper.training_loop", name="TrainingLoop", epochwise=False
)
Conditional = network_from_hypermodel("hypermodels:build_conditional", "hyper.conditional", name="Conditional")
Choosy = network_from_hypermodel("hypermodels:build_choosy", "hyper.choosy", name="Choosy")
ManyOutputs = network_from_hypermodel("hypermodels:build_many_outputs", "hyper.many_outputs", name="ManyOutputs")
UnknownLoss = network_from_hypermodel("hypermodels:build_unknown_loss", "hyper.unknown_loss", name="UnknownLoss")
Uncompiled = network_from_hypermodel("hypermodels:build_uncompiled", "hyper.uncompiled", name="Uncompiled")
OwnLoss = network_from_hypermodel("hypermodels:build_own_loss", "hyper.own_loss", name="OwnLoss")
Huber = network_from_hypermodel("hypermodels:build_huber", "hyper.huber", name="Huber")
Weightless = network_from_hypermodel("hypermodels:Weightless", "hyper.weightless", name="Weightless")
Nothing = network_from_hypermodel("hypermodels:build_nothing", "hyper.nothing", name="Nothing")
SaidEpochwise = network_from_hypermodel("hypermodels:MyTrainingLoop", "hyper.said_epochwise", name="SaidEpochwise")
Missing = network_from_hypermodel("hypermodels:build_missing", "hyper.missing", name="Missing")

NETWORKS = [value for value in list(globals().values()) if isinstance(value, type) and hasattr(value, "source")]


@hookimpl
def automl_networks() -> list[Record]:
    return [Record(n.id, f"hypermodel_networks:{n.__name__}", n.summary()) for n in NETWORKS]
