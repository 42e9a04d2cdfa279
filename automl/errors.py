"""Every error that the engine raises on purpose.

::

    AutoMLError
    ├── PipelineFileError      the file is wrong: carries one Problem per mistake, each with its place
    │   └── UnfitDataError     the rows do not fit the file: a DataError as well
    ├── DataError              the rows do not fit what the file says of them
    │   ├── ReadingError       a table was read in a wrong form: names the reader's parameters that mend it
    │   ├── RefusedCellError   one cell of the training table cannot be what the file says: names its row
    │   └── NoSuchFileError    there is no table where one was named
    ├── PlanError              the graph cannot be planned or materialised as declared
    ├── SelectionError         the part of a pipeline that was asked for is none
    ├── StageError             a stage failed, or returned something its contract does not allow
    │   └── StagesFailedError  several did, and the others went on
    ├── SearchError            no trial gave a model
    │   └── UntrainedError         the time was up before a network was trained; says which time would do
    ├── PluginError            a plugin is missing, broken, or offers a taken id
    │   └── MissingExtraError  an engine is not installed; names the extra that brings it
    ├── StoreError             a stored value is damaged, locked by another run, or of a newer format
    │   ├── ValueLostError          a stored value is gone or damaged, and can be computed again
    │   └── NoSuchRunError          no run is called so, or several are
    ├── OutputError            a file of a run, or one that was asked for, cannot be written
    ├── BundleError            a model file is damaged, foreign, or unsafe
    └── PredictError           raw rows cannot be brought into the form the model was trained on
        └── CellError          one cell of them: names its column and row

An error says where, what was expected, what was found and how to mend it; what a program may want to read
is an attribute, not only part of the text.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.model import SearchResult


class AutoMLError(Exception):
    """Root of all errors raised on purpose. Anything else is a defect of the engine.

    ``is_named`` says that the component at fault is named in it (`automl.attribution`).
    """

    is_named = False


@dataclass(frozen=True)
class Problem:
    """One mistake in a pipeline file.

    ``line`` and ``column`` count from 1; ``excerpt`` holds the lines themselves, with a caret under the place.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""
    excerpt: str = ""
    expected: str | None = None
    found: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        lines = [f"{place}: {self.message}" if place else self.message]
        if self.path:
            lines[0] += f"  (at {self.path})"
        if self.excerpt:
            lines += [f"  {line}" for line in self.excerpt.splitlines()]
        for label, text in (("expected", self.expected), ("found", self.found), ("mend", self.mend)):
            if text:
                lines.append(f"  {label}: {text}")
        return "\n".join(lines)


class PipelineFileError(AutoMLError):
    """All mistakes found in a pipeline file, in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file or "", p.line or 0, p.column or 0)))
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


class DataError(AutoMLError):
    """The rows do not fit what the file says of them."""


class ReadingError(DataError):
    """A table was read in a wrong form. ``params`` are the reader's parameters under which it can be read.

    The text names them as a pipeline file has them; `on_command_line` says the same where options are typed.
    """

    def __init__(self, problem: str, params: Mapping[str, str], otherwise: str = "") -> None:
        super().__init__(f"{problem}; mend: {reader_keys(params)}{otherwise}")
        self.problem = problem
        self.params = dict(params)
        self.otherwise = otherwise

    def on_command_line(self) -> DataError:
        """The same error with options as its mend."""
        return DataError(f"{self.problem}; mend: {reader_options(self.params)}{self.otherwise}")


class RefusedCellError(DataError):
    """One cell of the training table cannot be what the file says of its column.

    ``row`` counts the rows from 0; `at` says the same with the place as the file counts, which only its reader knows.
    """

    def __init__(self, before: str, row: int, after: str, place: str) -> None:
        super().__init__(f"{before}{place}{after}")
        self.row = row
        self._around = (before, after)

    def at(self, place: str) -> RefusedCellError:
        """The same error with its place in words, such as ``line 17``."""
        before, after = self._around
        return RefusedCellError(before, self.row, after, place)


def reader_keys(params: Mapping[str, object]) -> str:
    """Parameters of a reader as a pipeline file takes them: ``data: {with: {separator: ";"}}``."""
    inner = ", ".join(f"{key}: {json.dumps(value)}" for key, value in params.items())
    return f"data: {{with: {{{inner}}}}}"


def reader_options(params: Mapping[str, object]) -> str:
    r"""Parameters of a reader as ``init``, ``fit`` and ``predict`` take them: ``--with 'separator=;'``.

    Tabs and unusual blanks are written as escapes, ``--with 'separator=\t'``.
    """
    written = (f"{key}={str(value).encode('unicode_escape').decode()}" for key, value in params.items())
    return " ".join(f"--with {shlex.quote(text)}" for text in written)


class UnfitDataError(PipelineFileError, DataError):
    """The rows do not fit the pipeline; found by looking at them before anything ran, each cause with its place."""


class NoSuchFileError(DataError):
    """There is no table where one was named."""


class PlanError(AutoMLError):
    """The graph cannot be planned or materialised as declared."""


class SelectionError(AutoMLError):
    """A call names a part of a pipeline that is not there, or that cannot run by itself."""


class StageError(AutoMLError):
    """A stage failed, or returned something that its contract does not allow."""


class ConstraintError(StageError):
    """A model breaks a constraint of the search; ``excess`` says by how much, as a share of the bound."""

    def __init__(self, message: str, excess: float) -> None:
        super().__init__(message)
        self.excess = excess


class StagesFailedError(StageError):
    """Some stages failed, and what did not depend on them was carried out. ``failures`` maps each to its error."""

    def __init__(self, failures: Mapping[str, Exception], directory: Path) -> None:
        listed = "".join(f"\n  {name}: {error}" for name, error in failures.items())
        super().__init__(
            f"{len(failures)} of the stages failed, and all that depends on them:{listed}\n"
            f"  what the others made lies in {directory}"
        )
        self.failures = failures
        self.directory = directory


class SearchError(AutoMLError):
    """No trial gave a model. ``failures`` counts them; ``first`` is the first one's cause."""

    def __init__(self, message: str, *, failures: int = 0, first: str | None = None) -> None:
        super().__init__(message)
        self.failures = failures
        self.first = first


class UntrainedError(SearchError):
    """The time of a search was up before any network was trained.

    ``stage`` is the search, ``seconds`` a time that would do, ``result`` what the baselines came to: a
    `automl.model.SearchResult` whose winner is the best of them, or None without any.
    """

    def __init__(self, message: str, *, stage: str, seconds: float, result: SearchResult | None) -> None:
        super().__init__(message)
        self.stage = stage
        self.seconds = seconds
        self.result = result


class PluginError(AutoMLError):
    """A plugin is missing, broken, or offers an id that is taken."""


class MissingExtraError(PluginError):
    """An engine is not installed. ``extra`` names the extra of ``distribution`` that brings it; None if none does."""

    def __init__(self, what: str, module: str, extra: str | None, distribution: str = "automl-pipelines") -> None:
        mend = "install what brings it" if extra is None else f"pip install '{distribution}[{extra}]'"
        super().__init__(f"{what} needs the module {module!r}, which is not installed; mend: {mend}")
        self.module = module
        self.extra = extra


class StoreError(AutoMLError):
    """A stored value is damaged, locked by another run, or written by a newer version."""


class ValueLostError(StoreError):
    """A stored value is gone or damaged; the driver can compute it again.

    ``key`` names the value, ``path`` the file. ``damaged`` is False where it was removed on purpose.
    """

    def __init__(self, message: str, *, key: str, path: Path, damaged: bool) -> None:
        super().__init__(f"{message}; mend: run again: the value is computed anew")
        self.key = key
        self.path = path
        self.damaged = damaged


class NoSuchRunError(StoreError):
    """No run is called so, or several are."""


class OutputError(AutoMLError):
    """A file cannot be written: the disk is full, the folder is read-only or not there."""


class BundleError(AutoMLError):
    """A model file is damaged, not one of ours, or unsafe to open."""


class PredictError(AutoMLError):
    """Raw rows cannot be brought into the form that the model was trained on."""


class CellError(PredictError):
    """One cell cannot be read, or not predicted from.

    ``column`` names its column, and ``row`` counts the rows from 0; `at` says the same with the place as the file
    counts, which only its reader knows.
    """

    def __init__(self, column: str, row: int, problem: str, place: str | None = None) -> None:
        super().__init__(f"column {column!r}: {f'row {row}' if place is None else place} {problem}")
        self.column = column
        self.row = row
        self.problem = problem

    def at(self, place: str) -> CellError:
        """The same error with its place in words, such as ``line 17``."""
        return CellError(self.column, self.row, self.problem, place)


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """The known name closest to ``wrong`` as a question, or None when nothing is close.

    Upper and lower case do not count, and a name with a family before its dot is found by what stands behind it. Names
    that have no more than a family or an ending in common are not close.
    """
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(str(name).casefold(), str(name))
    said = str(wrong).casefold()
    last = {folded.rpartition(".")[2]: name for folded, name in names.items() if "." in folded}
    near = names.get(said) or last.get(said)
    for among in (names, last):
        close = difflib.get_close_matches(said, among, n=3, cutoff=0.6)
        near = near or next((among[one] for one in close if _differ_alike(said, one)), None)
    return _asked(wrong, near)


def did_you_mean_file(path: Path, written: Path | None = None) -> str | None:
    """The same of a file that is not there: the nearest in its folder, as one would type it.

    Names are compared without their endings, which many files share. ``written`` is how the file was named where that
    does not count from the working folder.
    """
    stems: dict[str, list[str]] = {}
    with contextlib.suppress(OSError, ValueError):  # no folder, one that may not be read, or a name that none can have
        for other in path.parent.iterdir():
            stems.setdefault(_stem(other.name), []).append(other.name)
    close = difflib.get_close_matches(_stem(path.name), stems, n=1, cutoff=0.6)
    alike = sorted(stems[close[0]]) if close else []
    near = max(alike, key=lambda name: _alike(path.name, name), default=None)
    return None if near is None else _asked(str(written or path), str((written or path).with_name(near)))


def _stem(name: str) -> str:
    """``rows`` of ``Rows.csv.gz``, ``.hidden`` of ``.hidden.csv``."""
    return (name[:1] + name[1:].partition(".")[0]).casefold()


def _asked(wrong: str, near: str | None) -> str | None:
    return f"did you mean {near!r}?" if near is not None and near != wrong else None


def _differ_alike(one: str, other: str) -> bool:
    """Whether what is left of two dotted names without the parts that they share, before and behind, is alike."""
    left, right = one.split("."), other.split(".")
    for end in (0, -1):
        while left and right and left[end] == right[end]:
            del left[end], right[end]
    return not left or not right or _alike(".".join(left), ".".join(right)) >= _LEFT_ALIKE


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


_LEFT_ALIKE = 0.4
"""``std`` for ``standard`` is 0.55, ``nope`` for ``abalone`` 0.36."""
