"""What every splitter promises."""

from __future__ import annotations

from typing import Final

import numpy as np

from automl.columns import TEST, VALID
from automl.dataset import Dataset
from automl.errors import AutoMLError
from automl.testing.checks import Check, check
from automl.testing.samples import COLUMNS, unsplit
from automl.testing.subjects import SEED, SplitterSubject
from automl.testing.tables import assert_same, read_only


@check()
def it_divides_sample_rows(subject: SplitterSubject) -> None:
    """Each example can divide one of the sample tables."""
    subject.sample  # noqa: B018 - raises what is wrong


@check(it_divides_sample_rows)
def codes_are_as_declared(subject: SplitterSubject) -> None:
    """Every row gets one code: int16, a fold that ``folds`` declares, validation or test."""
    splitter = subject.make()
    part = splitter.split(subject.dataset())
    assert isinstance(part, np.ndarray), f"split returned a {type(part).__name__}, expected an array"
    assert part.dtype == np.int16, f"the codes are {part.dtype}, expected int16"
    assert part.shape == (subject.LARGE,), f"the codes have shape {part.shape}, expected ({subject.LARGE},)"
    assert part.min() >= TEST, f"{part.min()} is no partition"
    folds = subject.component.folds(splitter.params)
    expected = set(range(folds)) if folds else {0}
    found = {int(code) for code in np.unique(part) if code >= 0}
    assert found == expected, f"training rows lie in the folds {sorted(found)}, declared are {sorted(expected)}"
    assert not (folds and (part == VALID).any()), "a splitter with folds has no fixed validation rows"


@check(it_divides_sample_rows)
def same_seed_gives_same_split(subject: SplitterSubject) -> None:
    """Two instances with one seed divide the same rows alike, and so does one instance twice."""
    splitter = subject.make()
    first, again = splitter.split(subject.dataset()), splitter.split(subject.dataset())
    other = subject.make().split(subject.dataset())
    mend = "mend: draw every random number from np.random.default_rng(self.seed)"
    assert np.array_equal(first, again), f"a second split by one instance differs; {mend}"
    assert np.array_equal(first, other), f"a split by a second instance with the same seed differs; {mend}"


@check(same_seed_gives_same_split)
def a_split_leaves_its_rows_as_they_are(subject: SplitterSubject) -> None:
    """``split`` does not change what it is given, and takes rows in read-only memory."""
    data = subject.dataset()
    part = subject.make().split(data)
    assert_same(data.frame, subject.dataset().frame, "split changed the frame that it was given")
    frozen = Dataset(read_only(data.frame), data.columns)
    assert np.array_equal(subject.make().split(frozen), part), "read-only rows are split otherwise"


@check(same_seed_gives_same_split)
def seed_matters_to_a_split_only_where_declared(subject: SplitterSubject) -> None:
    """A splitter that does not declare ``stochastic`` divides alike whatever the seed."""
    if not subject.component.stochastic:
        assert subject.result(SEED) == subject.result(SEED + 1), (
            "another seed gives another split, but the seed enters the key of stochastic splitters only; "
            "mend: stochastic = True in the class"
        )


@check(same_seed_gives_same_split)
def same_split_in_another_process(subject: SplitterSubject) -> None:
    """A fresh process, with other hashes of text, divides the same rows alike."""
    there, here = subject.seen_from_another_process().results[subject.number], subject.result()
    assert there == here, f"another process came to {there!r}, this one to {here!r}"


@check(same_seed_gives_same_split)
def columns_of_a_split_are_declared(subject: SplitterSubject) -> None:
    """``columns`` names all that the splitter reads besides the target: dropping any other column changes nothing."""
    splitter = subject.make()
    named = set(subject.component.columns(splitter.params))
    data = subject.dataset()
    kept = {name: column for name, column in data.columns.items() if name in named or name not in COLUMNS}
    alone = Dataset(data.frame[list(kept)], kept)
    try:
        part = splitter.split(alone)
    except Exception as error:
        raise AssertionError(
            f"with the target and the declared columns {sorted(named)} alone, split raises "
            f"{type(error).__name__}: {error}; mend: let `columns(params)` name every column that is read"
        ) from error
    assert np.array_equal(part, splitter.split(data)), (
        f"columns other than the declared {sorted(named)} change the split; mend: let `columns(params)` name them"
    )


@check(it_divides_sample_rows)
def few_rows_are_split_or_refused(subject: SplitterSubject) -> None:
    """None, one or two rows are divided, or refused in words."""
    for rows in (0, 1, 2):
        data = unsplit(subject.sample.frame(rows=subject.LARGE).iloc[:rows])
        try:
            part = subject.make().split(data)
        except AutoMLError:
            continue
        except Exception as error:
            raise AssertionError(f"split of {rows} rows raises {type(error).__name__}: {error}") from error
        assert len(part) == rows, f"{rows} rows got {len(part)} codes"


SPLITTER_CHECKS: Final[tuple[Check, ...]] = (
    it_divides_sample_rows,
    codes_are_as_declared,
    a_split_leaves_its_rows_as_they_are,
    same_seed_gives_same_split,
    seed_matters_to_a_split_only_where_declared,
    same_split_in_another_process,
    columns_of_a_split_are_declared,
    few_rows_are_split_or_refused,
)
