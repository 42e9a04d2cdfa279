"""The contract suites of searchers, observers, learners and stores find the mistakes that they are there for.

Each mistake is a fake with one fault; the suite is run on it as an author runs it, and exactly the named tests fail.
"""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SEARCHER = """
import numpy as np
from automl.search.contracts import DONE, Proposal, Searcher
from automl.search.random_search import RandomSearch
from automl.testing import SearcherContract

class Faulty(RandomSearch):
    id = "faulty"
{fault}

class TestFaulty(SearcherContract):
    def make_searcher(self):
        return Faulty()
"""
OBSERVER = """
import threading
from automl.hookspecs import hookimpl
from automl.testing import ObserverContract, RecordingObserver

class Faulty(RecordingObserver):
{fault}

class TestFaulty(ObserverContract):
    def make_observer(self, folder):
        return Faulty()
"""
STORE = """
from automl.errors import StoreError
from automl.store import Store
from automl.testing import StoreContract

class Faulty(Store):
{fault}

class TestFaulty(StoreContract):
    def make_store(self, root):
        return Faulty(root)
"""
LEARNER = """
import dataclasses
import numpy as np
import pandas as pd
from automl.components import Fitted
from automl.errors import StageError
from automl.learning import Epoch, Learner, Training
from automl.testing import LearnerContract

@dataclasses.dataclass(frozen=True)
class FaultyFitted(Fitted):
    columns: list
    weights: np.ndarray

    def apply(self, frame):
        return pd.DataFrame({{"prediction": frame[self.columns].to_numpy() @ self.weights}}, index=frame.index)

class FaultyTraining(Training):
    def __init__(self, train, valid):
        self.train, self.valid, self.best = train, valid, None
        self.x, self.y = train.matrix("float64"), np.asarray(train.target)
        self.weights = np.zeros(self.x.shape[1])

    def epoch(self):
        self.weights = self.weights + 0.1 * self.x.T @ (self.y - self.x @ self.weights) / len(self.y)
        if self.valid is None:
            return Epoch({{}})
        return Epoch({{}}, self.valid.matrix("float64") @ self.weights)

    def mark(self):
        self.best = self.weights

    def finish(self):
        return FaultyFitted(list(self.train.frame.columns), self.weights if self.best is None else self.best)

    def state(self):
        return {{"weights": self.weights, "best": self.best}}

    def restore(self, state):
        self.weights, self.best = state["weights"], state["best"]

class Faulty(Learner):
    id = "faulty"
    fitted = FaultyFitted
    tasks = frozenset({{"regression"}})

    def open(self, trial, train, valid):
        if not len(train):
            raise StageError("no rows")
        return FaultyTraining(train, valid)

class TestFaulty(LearnerContract):
    def make_learner(self):
        return Faulty()

{fault}
"""

FAULTS = {
    "a sound searcher": (SEARCHER, "    pass", []),
    "a value out of range": (
        SEARCHER,
        "    def ask(self, number):\n"
        "        answer = super().ask(number)\n"
        "        return Proposal({**answer.values, 'width': 1000}) if 'width' in getattr(answer, 'values', {}) else answer",
        ["test_values_are_those_of_the_active_dimensions_within_their_ranges"],
    ),
    "an inactive dimension": (
        SEARCHER,
        "    def ask(self, number):\n"
        "        answer = super().ask(number)\n"
        "        return Proposal({'optimizer.sgd.rate': 0.1, **answer.values}) if 'depth' in getattr(answer, 'values', {})"
        " else answer",
        ["test_values_are_those_of_the_active_dimensions_within_their_ranges"],
    ),
    "more trials than allowed": (
        SEARCHER,
        "    def ask(self, number):\n"
        "        return DONE if number > 400 else Proposal(self._brief.space.sample(self._brief.seed, number % 300))",
        ["test_a_space_of_few_configurations_ends", "test_a_space_without_dimensions_is_one_trial_at_least",
         "test_done_is_its_last_word", "test_the_budget_of_trials_is_kept[1]", "test_the_budget_of_trials_is_kept[4]"],
    ),
    "a sound observer": (OBSERVER, "    pass", []),
    "a misspelt hook": (
        OBSERVER,
        "    @hookimpl\n    def run_finnished(self, event):\n        pass",
        ["test_its_hooks_are_announcements"],
    ),
    "a number as a link": (
        OBSERVER,
        "    @property\n    def links(self):\n        return {'port': 5000}",
        ["test_links_are_text_before_and_after"],
    ),
    "a start is taken for granted": (
        OBSERVER,
        "    def run_started(self, event):\n        self.started = event\n"
        "    def run_failed(self, event):\n        assert self.started",
        ["test_it_hears_a_failure_before_any_start", "test_it_hears_every_announcement_by_itself"],
    ),
    "a sound store": (STORE, "    pass", []),
    "the last value wins": (
        STORE,
        "    def put(self, key, record, **given):\n"
        "        if self.get(key) is not None:\n"
        "            self.layout.discard(self.layout.folder(key))\n"
        "        return super().put(key, record, **given)",
        ["test_equal_recipes_keep_the_first_value"],
    ),
    "a sound learner": (LEARNER, "", []),
    "a mark that is lost": (
        LEARNER,
        "FaultyTraining.mark = lambda self: None",
        ["test_mark_keeps_the_parameters_of_its_epoch[regression]"],
    ),
    "a state without the weights": (
        LEARNER,
        "FaultyTraining.restore = lambda self, state: setattr(self, 'best', state['best'])",
        ["test_a_restored_training_goes_on_as_if_never_stopped[regression]"],
    ),
    "columns by their place": (
        LEARNER,
        "FaultyFitted.apply = lambda self, frame: pd.DataFrame("
        "{'prediction': frame.to_numpy() @ self.weights}, index=frame.index)",
        ["test_columns_are_found_by_name[regression]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_its_tests_and_no_others(pytester: pytest.Pytester, fault: str) -> None:
    suite, code, expected = FAULTS[fault]
    pytester.makepyfile(test_faulty=suite.format(fault=code))
    result = pytester.inline_run("-p", "no:randomly", "-p", "no:cacheprovider", "-q")
    _, _, failed = result.listoutcomes()
    assert sorted(report.nodeid.rpartition("::")[2] for report in failed) == sorted(expected)
