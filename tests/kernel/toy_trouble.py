"""Toy stages for what goes wrong, or takes long: a stage that fails some times, one that hangs, two that meet."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd

from automl.components import Fitted, Header, Reader, Transform
from automl.dataset import Rows
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.records import Record


@dataclasses.dataclass(frozen=True)
class SameFitted(Fitted):
    """Columns as they are."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


class FlakyParams(Params):
    log: str = param(description="A file that gets a line for each attempt.", identity=False)
    failures: int = param(1, description="How many attempts fail.", identity=False)


class Flaky(Transform):
    """Fails some times before it succeeds."""

    id = "trouble.flaky"
    fitted = SameFitted
    Params = FlakyParams

    def fit(self, train: Rows) -> SameFitted:
        log = Path(self.params.log)
        attempt = len(log.read_text().splitlines()) + 1 if log.exists() else 1
        with log.open("a") as stream:
            stream.write(f"{attempt}\n")
        if attempt <= self.params.failures:
            raise OSError(f"the line is dead ({attempt})")
        return SameFitted()


class HangParams(Params):
    forever: bool = param(True, description="Whether it hangs.", identity=False)


class Hang(Transform):
    """Never comes back, unless it is told to."""

    id = "trouble.hang"
    fitted = SameFitted
    Params = HangParams

    def fit(self, train: Rows) -> SameFitted:
        while self.params.forever:
            time.sleep(0.01)
        return SameFitted()


class SlowParams(Params):
    seconds: float = param(0.4, description="How long fitting takes.")


class Slow(Transform):
    """Takes its time to fit."""

    id = "trouble.slow"
    fitted = SameFitted
    Params = SlowParams

    def fit(self, train: Rows) -> SameFitted:
        time.sleep(self.params.seconds)
        return SameFitted()


class MeetParams(Params):
    here: str = param(description="A file to make.", identity=False)
    there: str = param(description="A file to wait for.", identity=False)


class Meet(Transform):
    """Comes back once another stage is running as well."""

    id = "trouble.meet"
    fitted = SameFitted
    Params = MeetParams

    def fit(self, train: Rows) -> SameFitted:
        Path(self.params.here).touch()
        while not Path(self.params.there).exists():
            time.sleep(0.005)
        return SameFitted()


@dataclasses.dataclass(frozen=True)
class NoisyFitted(Fitted):
    noise: float

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame + self.noise


class Noisy(Transform):
    """Comes out different each time: it draws from no seed."""

    id = "trouble.noisy"
    fitted = NoisyFitted

    def fit(self, train: Rows) -> NoisyFitted:
        return NoisyFitted(float(np.random.default_rng().normal()))


class Endless(Reader):
    """More rows than any disk holds; they are never read."""

    id = "trouble.endless"

    def header(self) -> Header:
        return Header(("x", "y"))

    def fingerprint(self) -> str:
        return "endless"

    def count(self) -> int:
        return 10**13

    def read(self) -> pd.DataFrame:
        raise AssertionError("nothing is to be read")


@hookimpl
def automl_readers() -> list[Record]:
    return [Record(Endless.id, f"{__name__}:{Endless.__name__}", Endless.summary())]


@hookimpl
def automl_components() -> list[Record]:
    return [Record(kind.id, f"{__name__}:{kind.__name__}", kind.summary()) for kind in (Flaky, Hang, Meet, Noisy, Slow)]
