"""A plugin-based AutoML pipeline engine for neural networks on tables.

Most people use the command line (``automl --help``). From Python::

    import automl

    predictor = automl.load("model.automl")
    predictions = predictor.predict(rows)

Plugin authors import everything from here: the contracts, what they are given and return, events and errors. Names load
on first use, so ``import automl`` is light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from os import PathLike

    from automl.advice.findings import Finding as Finding
    from automl.advice.rule import Rule as Rule
    from automl.advice.views import StageView as StageView
    from automl.advice.views import TableView as TableView
    from automl.columns import TEST as TEST
    from automl.columns import TRAIN as TRAIN
    from automl.columns import VALID as VALID
    from automl.columns import Kind as Kind
    from automl.columns import Role as Role
    from automl.components import Component as Component
    from automl.components import Fitted as Fitted
    from automl.components import Header as Header
    from automl.components import Reader as Reader
    from automl.components import Recognised as Recognised
    from automl.components import Splitter as Splitter
    from automl.components import Stage as Stage
    from automl.components import Transform as Transform
    from automl.dataset import Column as Column
    from automl.dataset import Dataset as Dataset
    from automl.dataset import Rows as Rows
    from automl.errors import AutoMLError as AutoMLError
    from automl.errors import BundleError as BundleError
    from automl.errors import CellError as CellError
    from automl.errors import ConstraintError as ConstraintError
    from automl.errors import DataError as DataError
    from automl.errors import MissingExtraError as MissingExtraError
    from automl.errors import NoSuchFileError as NoSuchFileError
    from automl.errors import NoSuchRunError as NoSuchRunError
    from automl.errors import OutputError as OutputError
    from automl.errors import PipelineFileError as PipelineFileError
    from automl.errors import PlanError as PlanError
    from automl.errors import PluginError as PluginError
    from automl.errors import PredictError as PredictError
    from automl.errors import Problem as Problem
    from automl.errors import ReadingError as ReadingError
    from automl.errors import RefusedCellError as RefusedCellError
    from automl.errors import SearchError as SearchError
    from automl.errors import SelectionError as SelectionError
    from automl.errors import StageError as StageError
    from automl.errors import StagesFailedError as StagesFailedError
    from automl.errors import StoreError as StoreError
    from automl.errors import UnfitDataError as UnfitDataError
    from automl.errors import UntrainedError as UntrainedError
    from automl.errors import ValueLostError as ValueLostError
    from automl.errors import did_you_mean as did_you_mean
    from automl.events import AdviceGiven as AdviceGiven
    from automl.events import RunFailed as RunFailed
    from automl.events import RunFinished as RunFinished
    from automl.events import RunInterrupted as RunInterrupted
    from automl.events import RunStarted as RunStarted
    from automl.events import SearchFinished as SearchFinished
    from automl.events import SearchStarted as SearchStarted
    from automl.events import StageCached as StageCached
    from automl.events import StageFinished as StageFinished
    from automl.events import StageStarted as StageStarted
    from automl.events import TrialEpoch as TrialEpoch
    from automl.events import TrialFinished as TrialFinished
    from automl.events import TrialStarted as TrialStarted
    from automl.executors.worker import PluginSet as PluginSet
    from automl.executors.worker import Worker as Worker
    from automl.fingerprint import bytes_fingerprint as bytes_fingerprint
    from automl.fingerprint import digest as digest
    from automl.fingerprint import file_fingerprint as file_fingerprint
    from automl.fingerprint import seed_from as seed_from
    from automl.hookspecs import hookimpl as hookimpl
    from automl.learning import Epoch as Epoch
    from automl.learning import Learner as Learner
    from automl.learning import Metric as Metric
    from automl.learning import Network as Network
    from automl.learning import NetworkSpec as NetworkSpec
    from automl.learning import Task as Task
    from automl.learning import TaskKind as TaskKind
    from automl.learning import Training as Training
    from automl.learning import Trial as Trial
    from automl.model import EvaluationContext as EvaluationContext
    from automl.model import Head as Head
    from automl.model import Model as Model
    from automl.model import Report as Report
    from automl.model import SearchResult as SearchResult
    from automl.model import TrialRecord as TrialRecord
    from automl.notation import Notation as Notation
    from automl.observer import Observer as Observer
    from automl.params import Params as Params
    from automl.params import Secret as Secret
    from automl.params import param as param
    from automl.pipeline import Pipeline as Pipeline
    from automl.pipeline import choice as choice
    from automl.pipeline import integer as integer
    from automl.pipeline import one_of as one_of
    from automl.pipeline import real as real
    from automl.pipeline import tune as tune
    from automl.plugins import Plugin as Plugin
    from automl.plugins import PluginChoice as PluginChoice
    from automl.plugins import Registry as Registry
    from automl.predictor import Predictor as Predictor
    from automl.presets import Because as Because
    from automl.presets import Draft as Draft
    from automl.presets import Means as Means
    from automl.presets import Preset as Preset
    from automl.records import Record as Record
    from automl.run import RunResult as RunResult
    from automl.search.context import SearchContext as SearchContext
    from automl.search.context import Subgraph as Subgraph
    from automl.search.contracts import DONE as DONE
    from automl.search.contracts import WAIT as WAIT
    from automl.search.contracts import Brief as Brief
    from automl.search.contracts import Done as Done
    from automl.search.contracts import Executor as Executor
    from automl.search.contracts import Job as Job
    from automl.search.contracts import Lost as Lost
    from automl.search.contracts import Message as Message
    from automl.search.contracts import Objective as Objective
    from automl.search.contracts import Outcome as Outcome
    from automl.search.contracts import Progress as Progress
    from automl.search.contracts import Proposal as Proposal
    from automl.search.contracts import Raised as Raised
    from automl.search.contracts import Resources as Resources
    from automl.search.contracts import Returned as Returned
    from automl.search.contracts import Searcher as Searcher
    from automl.search.contracts import Wait as Wait
    from automl.search.dimensions import Condition as Condition
    from automl.search.dimensions import Dimension as Dimension
    from automl.search.domains import Domain as Domain
    from automl.search.space import Space as Space
    from automl.table_profile import ColumnProfile as ColumnProfile
    from automl.table_profile import TableProfile as TableProfile
    from automl.table_profile import TargetProfile as TargetProfile

_HOMES: Final = {
    "advice.findings": ("Finding",),
    "advice.rule": ("Rule",),
    "advice.views": (
        "StageView",
        "TableView",
    ),
    "columns": (
        "TEST",
        "TRAIN",
        "VALID",
        "Kind",
        "Role",
    ),
    "components": (
        "Component",
        "Fitted",
        "Header",
        "Reader",
        "Recognised",
        "Splitter",
        "Stage",
        "Transform",
    ),
    "dataset": (
        "Column",
        "Dataset",
        "Rows",
    ),
    "errors": (
        "AutoMLError",
        "BundleError",
        "CellError",
        "ConstraintError",
        "DataError",
        "MissingExtraError",
        "NoSuchFileError",
        "NoSuchRunError",
        "OutputError",
        "PipelineFileError",
        "PlanError",
        "PluginError",
        "PredictError",
        "Problem",
        "ReadingError",
        "RefusedCellError",
        "SearchError",
        "SelectionError",
        "StageError",
        "StagesFailedError",
        "StoreError",
        "UnfitDataError",
        "UntrainedError",
        "ValueLostError",
        "did_you_mean",
    ),
    "events": (
        "AdviceGiven",
        "RunFailed",
        "RunFinished",
        "RunInterrupted",
        "RunStarted",
        "SearchFinished",
        "SearchStarted",
        "StageCached",
        "StageFinished",
        "StageStarted",
        "TrialEpoch",
        "TrialFinished",
        "TrialStarted",
    ),
    "executors.worker": (
        "PluginSet",
        "Worker",
    ),
    "fingerprint": (
        "bytes_fingerprint",
        "digest",
        "file_fingerprint",
        "seed_from",
    ),
    "hookspecs": ("hookimpl",),
    "learning": (
        "Epoch",
        "Learner",
        "Metric",
        "Network",
        "NetworkSpec",
        "Task",
        "TaskKind",
        "Training",
        "Trial",
    ),
    "model": (
        "EvaluationContext",
        "Head",
        "Model",
        "Report",
        "SearchResult",
        "TrialRecord",
    ),
    "notation": ("Notation",),
    "observer": ("Observer",),
    "params": (
        "Params",
        "Secret",
        "param",
    ),
    "pipeline": (
        "Pipeline",
        "choice",
        "integer",
        "one_of",
        "real",
        "tune",
    ),
    "plugins": (
        "Plugin",
        "PluginChoice",
        "Registry",
    ),
    "predictor": ("Predictor",),
    "presets": (
        "Because",
        "Draft",
        "Means",
        "Preset",
    ),
    "records": ("Record",),
    "run": ("RunResult",),
    "search.context": (
        "SearchContext",
        "Subgraph",
    ),
    "search.contracts": (
        "DONE",
        "WAIT",
        "Brief",
        "Done",
        "Executor",
        "Job",
        "Lost",
        "Message",
        "Objective",
        "Outcome",
        "Progress",
        "Proposal",
        "Raised",
        "Resources",
        "Returned",
        "Searcher",
        "Wait",
    ),
    "search.dimensions": (
        "Condition",
        "Dimension",
    ),
    "search.domains": ("Domain",),
    "search.space": ("Space",),
    "table_profile": (
        "ColumnProfile",
        "TableProfile",
        "TargetProfile",
    ),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, "load"])


def load(path: str | PathLike[str], *, most_bytes: int | None = None) -> Predictor:
    """Open a model.

    Args:
        path: a bundle (``model.automl``), the folder of a run that left one, or a run as the command line takes it:
            the beginning of its id, ``last``, ``last~1``.
        most_bytes: the most memory that the model's content may take; by default 2 GB. Nothing larger is unpacked.

    Raises:
        BundleError: there is none, or it cannot be opened here; says what is there and what to do.
    """
    from pathlib import Path

    from automl.errors import BundleError, StoreError
    from automl.model_files import find_model
    from automl.predictor import MOST_BYTES, Predictor

    try:
        bundle = find_model(str(path))
    except StoreError as error:
        if Path(path).is_dir() and not (Path(path) / "events.jsonl").exists():
            raise BundleError(
                f"{path} holds no model; expected a bundle, or the folder of a run; "
                "mend: name one of .automl/runs, see: automl runs list"
            ) from None
        raise BundleError(str(error)) from error
    return Predictor.load(bundle, most_bytes=most_bytes or MOST_BYTES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("automl-pipelines")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'automl' has no attribute {name!r}")
    return getattr(importlib.import_module(f"automl.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
