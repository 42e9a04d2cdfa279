"""The contracts of what a plugin offers for the plan: transforms, readers, splitters and stages.

All are classes with an ``id`` and a ``Params`` model. Instances are cheap, hold no learned state, and live as long
as one call. A module that defines them imports pandas and engines inside the functions that use them, so that a
pipeline file can be checked without either.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from automl import params as parameters
from automl.columns import Kind, Trait
from automl.notation import PLAIN, Notation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl.advice.findings import Finding
    from automl.advice.views import StageView
    from automl.dataset import Dataset, Rows
    from automl.learning import TaskKind
    from automl.plugins import Registry


class Component:
    """Something with an id and parameters that a pipeline file can name.

    Class attributes:
        id: the name in pipeline files, ``family.name``; unique per family.
        api: the number of the contract that it was written for.
        version: raised by the author when the same parameters give another result.
        engines: importable modules whose major.minor version is part of the result's identity.
        modules: further code that makes the result and is not imported where the class is: ``package.module`` or
            ``package.module:name``. Its version is part of the result's identity, wherever it lies.
        stochastic: True if the seed changes the result; only then does the seed enter the key.
        Params: the pydantic model of its parameters.
        advice: what ``examine`` may find: a name, and a sentence for the list of all advice. People silence it as
            ``<id>.<name>``.
        weights: how weights of rows count in what it does, a sentence for its page; empty where it sees no rows.
    """

    id: ClassVar[str]
    api: ClassVar[int] = 1
    version: ClassVar[str] = "1"
    engines: ClassVar[tuple[str, ...]] = ()
    modules: ClassVar[tuple[str, ...]] = ()
    stochastic: ClassVar[bool] = False
    Params: ClassVar[type[parameters.Params]] = parameters.Params
    advice: ClassVar[Mapping[str, str]] = {}
    weights: ClassVar[str] = ""

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        self.params: Any = self.Params() if params is None else params
        self.seed = seed

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n", 1)[0]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Parameters to try the component with, as a file would write them; the contract suite runs each."""
        return [{}]

    @classmethod
    def examine(cls, params: Any, view: StageView) -> Iterable[Finding]:
        """Stages only: what the rows say against these parameters, told before anything runs.

        Called once for every value that a tuned parameter may take. ``view`` shows what reaches the stage as it was
        read; of columns that stages above it may have changed nothing is known, and nothing may be said. An error
        (``severity``) must be certain to happen in a run; all else is a warning. Names are the keys of ``advice``.
        """
        return ()


class Fitted:
    """What a transform learned: a frozen dataclass whose fields are plain values and arrays (see `automl.codec`).

    Fields hold what their annotations say: a model file whose fields do not is refused when it is opened, and so is a
    Fitted that keeps something else than it says when it is fitted. A class with a `from_state` or `state` of its own
    sees to that itself.

    Every Fitted goes through the codec right after ``fit``; what is used is what will be loaded.
    Tuples come back as lists, and mappings have string keys.
    """

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Transform the selected columns of any rows.

        Row by row: ``apply(a + b) == apply(a) + apply(b)``. Keeps the rows, their order and the index. The frame is
        not mutated. Columns that are left out of the result are dropped, new ones are added.
        """
        raise NotImplementedError

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """Target transforms only: bring float64 values of shape [n] back into the unit of the input."""
        raise NotImplementedError

    def kinds(self) -> Mapping[str, Kind]:
        """Kinds of columns whose dtype does not tell (float64 is numeric, boolean is boolean, str is categorical)."""
        return {}

    def unseen_cells(self, frame: pd.DataFrame) -> Mapping[str, np.ndarray]:  # noqa: ARG002
        """Which cells hold a level that no training row held: a mask, bool [n], for each column whose levels it knows.

        It changes no prediction; people are told of it.
        """
        return {}

    def modules(self) -> Iterable[str]:
        """Modules that must have been imported before `apply`, because the state names code that they register.

        They are imported where a model is opened, if they belong to a plugin that it was made with. Code that comes
        from elsewhere is declared (`Component.modules` of the network) or refused.
        """
        return ()

    def state(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(**state)


class Transform(Component, ABC):
    """Learns from training rows, then changes columns of any rows.

    Class attributes:
        fitted: the Fitted class that ``fit`` returns; it rebuilds the state when a model is loaded.
        accepts: the kinds of columns it takes; ``columns:`` in the file narrows them, absent it means all of these.
        stateless: learns from no rows (``fit`` sees an empty frame); only such transforms may stand before the split.
        on_target: works on the target column instead of features; its Fitted has ``inverse``.
        scales: what it makes of numbers: ``standard`` (mean 0, deviation 1) or ``range`` (between two bounds); None for
            all else.
        drops_rows: training rows may be lost in ``fit_apply``. Rows to predict never are.
    """

    fitted: ClassVar[type[Fitted]]
    accepts: ClassVar[frozenset[Kind]] = frozenset({"numeric"})
    stateless: ClassVar[bool] = False
    on_target: ClassVar[bool] = False
    scales: ClassVar[Literal["standard", "range"] | None] = None
    drops_rows: ClassVar[bool] = False

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str] | None:
        """Names of all columns that ``apply`` may return when it is given these; None where the rows decide.

        With it a misspelt column below this stage is told before anything runs.
        """
        return None

    @classmethod
    def prefixes(cls, params: Any, columns: Sequence[str]) -> Sequence[str] | None:
        """How the names of all columns that ``apply`` makes begin, where the rows decide how they end.

        Asked where ``outputs`` gives None: a misspelt column below this stage is told all the same. None if in doubt.
        """
        return None

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """What of a column that it is given is surely as before when it comes out under the same name.

        With it is known below this stage what it did not do: that nothing filled a column's gaps, say, or scaled it.

        Args:
            params: this stage's parameters.
            name: the column.
            values: its training rows, where no stage above changed them; None where nobody knows them.

        Returns:
            Some of: ``there`` (it is not dropped), ``kind``, ``gaps`` (what was missing is missing), ``scale`` (the
            bulk of its values is as large as before); or ``values``: all that and every value. Nothing if in doubt.
        """
        return ()

    @classmethod
    def columns(cls, params: Any) -> Sequence[str]:
        """Input columns that the parameters name, so that a wrong name is told before anything is read."""
        return ()

    @abstractmethod
    def fit(self, train: Rows) -> Fitted:
        """Learn from the selected columns, target and weight of training rows only."""

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        """Override only where training rows come out different from ``apply`` (cross-fitting) or are dropped."""
        fitted = self.fit(train)
        return fitted, fitted.apply(train.frame)


@dataclasses.dataclass(frozen=True)
class Header:
    """What a reader can tell of a table without reading its rows: column names, and numeric or not where known."""

    columns: tuple[str, ...]
    numeric: Mapping[str, bool] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Recognised:
    """What looking into a file says of its form.

    Attributes:
        params: parameters to read it with that were not given, as a pipeline file has them under ``data.with``.
        told: what was found, for a person: "separated by ';'", "a decimal comma (as in price: '794,28')".
        doubts: what could be read otherwise as well: a sentence, and the parameters of the other reading.
        unread: columns of numbers that these parameters leave texts: a sentence each.
    """

    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    told: Sequence[str] = ()
    doubts: Sequence[tuple[str, Mapping[str, Any]]] = ()
    unread: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Reader(Component, ABC):
    """Brings raw rows from somewhere into a frame. Kinds, roles and missing markers are the kernel's business.

    ``header`` and ``fingerprint`` are cheap and import no pandas; they raise DataError naming the path when there
    is nothing to read.

    Class attributes:
        typed: whether the table tells numbers from texts, as Parquet does. A reader of plain text says False: labels
            that are numbers come back as numbers then, although they were text in the table.
    """

    typed: ClassVar[bool] = True

    @classmethod
    def recognise(cls, params: Any) -> Recognised:
        """What the file says of the parameters that were not given (``params.model_fields_set``), by looking into it.

        ``automl init`` and ``fit`` use it, say it aloud and write it down; ``check --data`` and ``run`` name the keys
        that a file lacks. A parameter that was given is never found anew. Raises DataError where there is no file.
        """
        return Recognised()

    def place(self, row: int) -> str:
        """Where a row lies, as a person who opens the file counts; ``row`` is counted from 0 in what ``read`` gives."""
        return f"row {row + 1}"

    @abstractmethod
    def header(self) -> Header:
        """Column names in order, without reading the rows."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Content hash of the world outside (a file's bytes)."""

    def count(self) -> int | None:
        """How many rows there are, as far as that can be told in less time than reading them; None where it cannot."""
        return None

    def notation(self) -> Notation:
        """How this table writes numbers where its cells are text; the input schema reads them so, and remembers it."""
        return PLAIN

    @abstractmethod
    def read(self) -> pd.DataFrame:
        """All rows, any index, each cell as it stood in the table: text stays text, and no number loses a digit.

        What a text means, a number, a date or a code, is the input schema's business, which sees all rows when
        fitting and remembers it for the rows to predict. Raises DataError naming the line where the file is malformed.
        """


class Splitter(Component, ABC):
    """Divides rows into training folds, validation and test. The kernel keeps test rows out of all that follows."""

    stochastic: ClassVar[bool] = True
    by_chance: ClassVar[bool] = False
    """True if chance alone says which part a row goes to, so that rows that are close in time are parted."""

    @classmethod
    def folds(cls, params: Any) -> int:
        """How many folds these parameters make; 0 means one fixed validation part."""
        return 0

    @classmethod
    def columns(cls, params: Any) -> Sequence[str]:
        """Columns that the parameters name, so that a wrong name is told before anything is read."""
        return ()

    @abstractmethod
    def split(self, data: Dataset) -> np.ndarray:
        """Partition codes, int16 of shape [rows]: >= 0 training (the number is the fold in which the row is held
        out; 0 where there are no folds), VALID and TEST as in `automl.columns`."""


class Stage(Component, ABC):
    """Anything else in the graph: searching, evaluating. Most plugins want a Transform instead.

    ``consumes`` says what ``run`` gets: the `automl.search.context.Subgraph` above it, bindings still open (this makes
    the stage a search), or the `automl.model.Model` that a search left.
    """

    consumes: ClassVar[Literal["open", "model"]]
    """"open" or "model"."""

    @classmethod
    def check(cls, params: Any, registry: Registry) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What is wrong with valid parameters, given the installed plugins: a path inside ``with``, and a sentence."""
        return ()

    @classmethod
    def uses(cls, params: Any, registry: Registry) -> Iterable[tuple[str, str]]:
        """The other offers whose code the result depends on, as (family, id): their versions enter the key."""
        return ()

    @classmethod
    def metrics(cls, params: Any, task: TaskKind | None) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """The metrics that these parameters ask for: a path inside ``with``, empty for a default, and a metric's id.

        They are held against the task and the rows before anything runs: those of a search on its validation rows,
        those of an evaluation on the test rows. ``task`` is None where it is not known yet; a default that depends on
        it is left out then.
        """
        return ()

    @classmethod
    def unfit(
        cls,
        params: Any,
        registry: Registry,
        upstream: Mapping[str, Any],
        conditions: Mapping[str, tuple[str, str]],
        folds: int,
    ) -> Iterable[Finding]:
        """What is wrong between a search's parameters and all that it varies, without looking at rows.

        Errors are told by ``automl check``; warnings by ``check --data`` and by a run. ``path`` begins inside the
        stage, as in ``("with", "tuner")``. Arguments are those of `outlook`, and the number of folds, 0 for none.
        """
        return ()

    @classmethod
    def outlook(
        cls,
        params: Any,
        registry: Registry,
        upstream: Mapping[str, Any],
        conditions: Mapping[str, tuple[str, str]],
    ) -> Sequence[str]:
        """What ``automl plan`` says of the work ahead, a sentence each.

        Args:
            params: the stage's parameters.
            registry: what is offered.
            upstream: the tuned parameters above it, binding to domain in the file's notation.
            conditions: of these, those that exist only under a choice: to the choice's binding and value.
        """
        return ()

    @abstractmethod
    def run(self, source: Any, context: Any) -> Any:
        """Do the work.

        Args:
            source: see ``consumes``.
            context: a `automl.search.context.SearchContext` for a search, an `automl.model.EvaluationContext` else.

        Returns:
            An `automl.model.SearchResult` ("open") or an `automl.model.Report` ("model").
        """
