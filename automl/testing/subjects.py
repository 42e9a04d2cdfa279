"""What a check is handed: a component with one of its examples, and what it made of the sample rows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from automl.codec import from_bytes, to_bytes
from automl.components import Component, Fitted, Splitter, Transform
from automl.dataset import Dataset, Rows
from automl.errors import AutoMLError
from automl.fingerprint import array_fingerprint, bytes_fingerprint, digest, series_fingerprint
from automl.testing.another_process import Answer, seen_from_another_process
from automl.testing.checks import Check
from automl.testing.samples import COLUMNS, SAMPLES, Sample, feature_rows, target_rows, unsplit

SEED = 7


class Subject:
    """Any component with one of its examples; ``among`` are all that are checked together."""

    def __init__(
        self,
        component: type[Component],
        number: int,
        example: Mapping[str, Any],
        among: tuple[type[Component], ...] = (),
    ) -> None:
        self.component = component
        self.number = number
        self.example = example
        self._among = among or (component,)
        self._verdicts: dict[str, Exception | None] = {}

    def make(self, seed: int = SEED) -> Any:
        """A new instance with the example's parameters."""
        return self.component(self.component.Params.model_validate(dict(self.example)), seed)

    def verdict(self, check: Check) -> Exception | None:
        """Why the check fails; None if it passes. Run once, then remembered."""
        __tracebackhide__ = True
        if check.name not in self._verdicts:
            try:
                check.run(self)
            except Exception as error:  # noqa: BLE001 - the component is a stranger's: whatever it raises is a failure
                self._verdicts[check.name] = error
            else:
                self._verdicts[check.name] = None
        return self._verdicts[check.name]

    def result(self, seed: int = SEED) -> str:  # noqa: ARG002 - for those that make something
        """Fingerprint of all that the component makes of the sample rows; "" for what makes nothing of rows."""
        return ""

    def seen_from_another_process(self) -> Answer:
        """What a fresh process says of the component; raises AssertionError if it cannot be imported there."""
        return seen_from_another_process(self.component, self._among)


@dataclass(frozen=True)
class Learned:
    """What came of a fit: the Fitted as it is after loading, and the training rows as the plan goes on with them."""

    fitted: Fitted
    shown: pd.DataFrame

    def fingerprint(self) -> str:
        state = self.fitted.state()
        try:
            encoded = bytes_fingerprint(to_bytes(state))
        except AutoMLError:  # another check tells of a state that cannot be stored
            encoded = ""
        return digest(encoded, frame_fingerprint(self.shown))


class TransformSubject(Subject):
    """A transform with the first of the sample tables that it does not refuse."""

    component: type[Transform]

    @functools.cached_property
    def sample(self) -> Sample:
        """Raises AssertionError with every refusal if there is no table that the example can be fitted on."""
        refusals = []
        for sample in SAMPLES:
            try:
                self.learn(self.make(), self._rows_of(sample))
            except AutoMLError as error:
                refusals.append(f"  {sample.title}: {error}")
            else:
                return sample
        raise AssertionError("it refuses every sample table:\n" + "\n".join(refusals))

    def rows(self, seed: int = 0, rows: int | None = None) -> Rows:
        """Rows of the sample table that share nothing with those of another call."""
        return self._rows_of(self.sample, seed, rows)

    def _rows_of(self, sample: Sample, seed: int = 0, rows: int | None = None) -> Rows:
        frame = sample.frame(seed) if rows is None else sample.frame(seed, rows)
        if self.component.on_target:
            return target_rows(frame)
        return feature_rows(frame, {name: kind for name, kind in COLUMNS.items() if kind in self.component.accepts})

    def learn(self, stage: Transform, rows: Rows) -> Learned:
        """Fit as the plan does: a stateless stage sees no rows, and what is used is what will be loaded."""
        learnt_from = Rows(rows.frame.iloc[:0], None, None, rows.kinds) if stage.stateless else rows
        if type(stage).fit_apply is Transform.fit_apply:
            fitted = loaded(stage.fit(learnt_from))
            return Learned(fitted, fitted.apply(rows.frame))
        fitted, shown = stage.fit_apply(rows)
        return Learned(loaded(fitted), shown)

    @functools.cached_property
    def learned(self) -> Learned:
        return self.learn(self.make(), self.rows())

    @property
    def fitted(self) -> Fitted:
        return self.learned.fitted

    def result(self, seed: int = SEED) -> str:
        return self.learn(self.make(seed), self.rows()).fingerprint()


class SplitterSubject(Subject):
    """A splitter with the first of the sample tables that it does not refuse."""

    component: type[Splitter]
    LARGE: ClassVar[int] = 300

    @functools.cached_property
    def sample(self) -> Sample:
        """Raises AssertionError with every refusal if there is no table that the example can divide."""
        refusals = []
        for sample in SAMPLES:
            try:
                self.make().split(unsplit(sample.frame(rows=self.LARGE)))
            except AutoMLError as error:
                refusals.append(f"  {sample.title}: {error}")
            else:
                return sample
        raise AssertionError("it refuses every sample table:\n" + "\n".join(refusals))

    def dataset(self) -> Dataset:
        return unsplit(self.sample.frame(rows=self.LARGE))

    def result(self, seed: int = SEED) -> str:
        return array_fingerprint(self.make(seed).split(self.dataset()))


def subject_of(
    component: type[Component], number: int, example: Mapping[str, Any], among: tuple[type[Component], ...] = ()
) -> Subject:
    """The component under test, with what its kind is tested on."""
    if issubclass(component, Transform):
        return TransformSubject(component, number, example, among)
    if issubclass(component, Splitter):
        return SplitterSubject(component, number, example, among)
    return Subject(component, number, example, among)


def loaded(fitted: Fitted) -> Fitted:
    """A Fitted as it comes back from the store; itself if it cannot be stored, which a check of its own tells."""
    try:
        return type(fitted).from_state(from_bytes(to_bytes(fitted.state())))
    except AutoMLError:
        return fitted


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """Row ids, names, dtypes and values."""
    axis = array_fingerprint(frame.index.to_numpy())
    return digest(axis, [[str(name), series_fingerprint(frame[name])] for name in frame.columns])
