"""Pipelines in Python: the same declaration as a file's, written as calls.

::

    import automl
    from automl import integer, real, tune

    pipeline = (
        automl.Pipeline("houses", data="houses.csv", target="price", seed=42)
        .stage("split", "split.random", after="data", test=0.2)
        .stage("numbers", "impute.simple", after="split", columns="numeric", strategy=tune(["median", "mean"]))
        .stage("search", "search.network", after="numbers", budget={"trials": 20}, space={"depth": integer(1, 4)})
        .stage("evaluate", "evaluate.report", after="search", gate={"rmse": "<= 0.6"})
    )
    pipeline.check()
    result = pipeline.run()
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from automl.errors import PipelineFileError, PlanError
from automl.frames import READER, HeldFrame, offer_frames
from automl.pipeline_file import layered, loads
from automl.pipeline_file.declaration import Declaration
from automl.pipeline_file.tree import plain
from automl.pipeline_file.writing import dump
from automl.plugins import Registry

if TYPE_CHECKING:
    import pandas as pd

    from automl.run import RunResult


class Pipeline:
    """A pipeline as a value: every method that adds something returns a new one, and leaves this one as it is.

    Two pipelines are equal if they declare the same, whatever they are written like.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        name: str,
        *,
        data: str | os.PathLike[str] | Mapping[str, Any] | pd.DataFrame,
        target: str | Sequence[str],
        seed: int = 0,
        registry: Registry | None = None,
    ) -> None:
        """Begin a pipeline.

        Args:
            name: what it is called.
            data: a file, a pandas frame, or the keys of the file's ``data:`` section (``use``, ``with``, ``roles``,
                ``kinds``, ...), of which ``path`` may be a frame, too. Of a frame a copy is kept: its rows are this
                pipeline's data whatever becomes of the frame.
            target: the column to predict, or several.
            seed: every random choice derives from it.
            registry: the plugins it may name; by default all that are installed.

        Raises:
            PlanError: for a value that a pipeline file cannot hold.
            DataError: for a frame with columns that no table has.
        """
        section = dict(data) if isinstance(data, Mapping) else {"path": data}
        if _is_frame(section.get("path")):
            section |= {"use": READER, "with": {"frame": HeldFrame(section.pop("path"))}}
        document = {"version": 1, "name": name, "seed": seed, "data": {**section, "target": target}, "stages": {}}
        self._document: dict[str, Any] = _plain_copy(document, "the pipeline")
        self._registry = registry

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        profile: str | None = None,
        sets: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> Self:
        """The pipeline of a file, with what it extends, a profile and ``key=value`` changes laid over each other.

        References such as ``${env:NAME}`` stay references. Raises PipelineFileError if the file cannot be read.
        """
        made = cls.__new__(cls)
        made._document = plain(layered(path, profile=profile, sets=sets))
        made._registry = registry
        return made

    def stage(
        self,
        name: str,
        use: str | Mapping[str, Any],
        /,
        *,
        after: str | Sequence[str],
        columns: str | Sequence[str] | Mapping[str, Any] | None = None,
        with_: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
        retry: Mapping[str, Any] | None = None,
        time: str | float | None = None,
        gate: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> Self:
        """This pipeline with one stage more, or with another of this name.

        Args:
            name: the stage's name.
            use: the id of a component, or ``tune([ID, ID])`` for a search to choose one.
            after: what it reads: ``"data"``, a stage, or several.
            columns: which feature columns a transform is given.
            with_: parameters by name; needed where one is called as an argument here is (``columns``, ``time``).
            resources: what one trial may use.
            retry: what to do after a failure.
            time: the most time that one attempt may take, such as ``"10m"``.
            gate: scores that must be reached, by metric.
            **parameters: the component's parameters.
        """
        keys = {
            "use": use,
            "in": after,
            "columns": columns,
            "with": {**(with_ or {}), **parameters} or None,
            "resources": resources,
            "retry": retry,
            "time": time,
            "gate": gate,
        }
        stage = _plain_copy(_given(keys), f"stage {name!r}")
        return self._with("stages", {**self._document["stages"], name: stage}, "the stages")

    def executor(self, use: str, /, **parameters: Any) -> Self:
        """This pipeline with its trials run by another executor."""
        run = {**self._document.get("run", {}), "executor": _given({"use": use, "with": parameters or None})}
        return self._with("run", run, "the executor")

    def track(self, use: str, /, **parameters: Any) -> Self:
        """This pipeline with one observer more."""
        observer = _given({"use": use, "with": parameters or None})
        return self._with("track", [*self._document.get("track", []), observer], f"observer {use!r}")

    def advice(self, *, silence: str | Sequence[str] | None = None, strict: bool | None = None) -> Self:
        """This pipeline with these warnings about its data left out; ``strict`` makes errors of those about leaks."""
        section = {**self._document.get("advice", {}), **_given({"silence": silence, "strict": strict})}
        return self._with("advice", section, "the advice")

    def store(self, *, scratch: str | int | None = None, size: str | int | None = None) -> Self:
        """This pipeline with limits of its store, in bytes or as ``"20GB"``.

        Args:
            scratch: what values under tuned parameters, and trainings, may take.
            size: what a run leaves at most.
        """
        run = self._document.get("run", {})
        limits = {**run.get("store", {}), **_given({"scratch": scratch, "size": size})}
        return self._with("run", {**run, "store": limits}, "the store")

    def check(self, *, header: bool = True) -> Declaration:
        """The checked declaration. ``header``: also compare names with the columns of the data.

        Raises:
            PipelineFileError: with every mistake, its place that in the text of `to_yaml`.
        """
        document, held = _without_frames(self._document)
        registry = self._plugins()
        if held:
            offer_frames(registry)
        return loads(dump(document), registry, header=header, held=held)

    def run(self, *, workspace: str | os.PathLike[str] = ".automl", observers: Iterable[Any] = ()) -> RunResult:
        """Check and run it; see `automl.run.run`."""
        from automl.run import run

        return run(self.check(), self._plugins(), workspace=Path(workspace), observers=observers)

    def to_yaml(self) -> str:
        """The text of a pipeline file that `load` reads as an equal pipeline.

        Raises PlanError if the data is a frame: its rows have no place in a file.
        """
        document, held = _without_frames(self._document)
        if held:
            frame = next(iter(held.values()))
            raise PlanError(
                f"the data is in memory ({frame!r}), and a pipeline file names a table that can be read again; "
                "mend: frame.to_parquet('rows.parquet'), and data='rows.parquet'"
            )
        return dump(document)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pipeline):
            return NotImplemented
        if self._document == other._document:
            return True
        try:
            return _said(self) == _said(other)
        except PipelineFileError:
            return False

    def __repr__(self) -> str:
        stages = self._document.get("stages") or {}
        return f"<Pipeline {self._document.get('name', 'pipeline')!r}: {' -> '.join(map(str, stages)) or 'no stages'}>"

    def _with(self, key: str, value: Any, where: str) -> Self:
        made = copy.copy(self)
        made._document = {**self._document, key: _plain_copy(value, where)}
        return made

    def _plugins(self) -> Registry:
        if self._registry is None:
            self._registry = Registry.load()
        return self._registry


def tune(domain: Any) -> dict[str, Any]:
    """Let the search try it: a list of values, a domain made by the functions below, or ``"auto"``."""
    return {"tune": domain}


def integer(low: int, high: int, *, log: bool = False, step: int | None = None) -> dict[str, Any]:
    """Whole numbers from ``low`` to ``high``, both included."""
    return _range("int", low, high, log, step)


def real(low: float, high: float, *, log: bool = False, step: float | None = None) -> dict[str, Any]:
    """Numbers from ``low`` to ``high``; ``log`` draws their logarithm evenly."""
    return _range("float", low, high, log, step)


def choice(*values: Any) -> dict[str, Any]:
    """One of some values."""
    return {"choice": list(values)}


def one_of(branches: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One of some names, each with dimensions of its own: ``{"adamw": {"weight_decay": real(1e-5, 1e-2)}}``."""
    return {"one_of": dict(branches)}


def _range(kind: str, low: float, high: float, log: bool, step: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {kind: [low, high]}
    if log:
        found["log"] = True
    return found if step is None else {**found, "step": step}


def _is_frame(value: Any) -> bool:
    """Whether it is a pandas frame; where pandas was never imported nothing is."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _without_frames(value: Any, path: tuple[str, ...] = ()) -> tuple[Any, dict[tuple[str, ...], HeldFrame]]:
    """What text can hold of a value; and the frames in it, by their places, where the text names them only."""
    if isinstance(value, HeldFrame):
        return repr(value), {path: value}
    if not isinstance(value, Mapping):
        return value, {}
    told: dict[str, Any] = {}
    held: dict[tuple[str, ...], HeldFrame] = {}
    for key, inner in value.items():
        told[key], below = _without_frames(inner, (*path, key))
        held |= below
    return told, held


def _given(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def _said(pipeline: Pipeline) -> tuple[Any, ...]:
    """What two equal pipelines have in common: all of the declaration but its text and its places."""
    found = pipeline.check(header=False)
    run = (found.executor, found.track, found.scratch, found.store_size)
    return (found.name, found.seed, found.data, dict(found.stages), *run, found.advice)


def _plain_copy(value: Any, where: str) -> Any:
    """A value as a file holds it: fresh mappings and lists of scalars. Raises PlanError for anything else."""
    if isinstance(value, Mapping):
        odd = [key for key in value if not isinstance(key, str)]
        if odd:
            raise PlanError(f"{where}: the key {odd[0]!r} is no text; mend: str({odd[0]!r})")
        return {key: _plain_copy(inner, f"{where}, {key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(inner, f"{where}, entry {place}") for place, inner in enumerate(value, start=1)]
    if value is None or type(value) in (bool, int, float, str, HeldFrame):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise PlanError(
        f"{where}: a pipeline holds text, numbers, true, false, lists and mappings; found {type(value).__name__} "
        f"({value!r:.60}); mend: convert it, e.g. with .item() or list(...)"
    )
