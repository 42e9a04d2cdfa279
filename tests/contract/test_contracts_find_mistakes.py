"""The contract suites pass what is sound, and find the faults that they are there for and nothing else.

Each suite is run on a part as its author runs it.
"""

from __future__ import annotations

from pathlib import Path

import faulty_parts  # noqa: F401 - what a run inside this one imports first is unloaded after it, and numpy forbids that
import pytest

from automl.testing import LearnerContract, ObserverContract, SearcherContract, StoreContract

pytest_plugins = ["pytester"]

FAULTS: dict[str, tuple[type, list[str]]] = {
    "SoundSearcher": (SearcherContract, []),
    "OutOfRange": (SearcherContract, ["test_values_are_those_of_the_active_dimensions_within_their_ranges"]),
    "InactiveDimension": (SearcherContract, ["test_values_are_those_of_the_active_dimensions_within_their_ranges"]),
    "Insatiable": (
        SearcherContract,
        [
            "test_a_space_of_few_configurations_ends",
            "test_a_space_without_dimensions_is_one_trial_at_least",
            "test_done_is_its_last_word",
            "test_the_budget_of_trials_is_kept[1]",
            "test_the_budget_of_trials_is_kept[4]",
        ],
    ),
    "SoundObserver": (ObserverContract, []),
    "MisspeltHook": (ObserverContract, ["test_its_hooks_are_announcements"]),
    "NumberAsLink": (ObserverContract, ["test_links_are_text_before_and_after"]),
    "TakesAStartForGranted": (
        ObserverContract,
        ["test_it_hears_a_failure_before_any_start", "test_it_hears_every_announcement_by_itself"],
    ),
    "SoundStore": (StoreContract, []),
    "LastValueWins": (StoreContract, ["test_equal_recipes_keep_the_first_value"]),
    "SoundLearner": (LearnerContract, []),
    "ForgetsTheMark": (
        LearnerContract,
        ["test_mark_keeps_the_parameters_of_its_epoch[regression]"],
    ),
    "StartsAnew": (LearnerContract, ["test_a_restored_training_goes_on_as_if_never_stopped[regression]"]),
    "ColumnsByPlace": (LearnerContract, ["test_columns_are_found_by_name[regression]"]),
}
MAKERS = {
    SearcherContract: "make_searcher(self)",
    ObserverContract: "make_observer(self, folder)",
    StoreContract: "make_store(self, root)",
    LearnerContract: "make_learner(self)",
}
AUTHORS_TEST = """
from faulty_parts import {part}
from automl.testing import {suite}

class TestPart({suite}):
    def {maker}:
        return {part}({argument})
"""


@pytest.mark.parametrize("part", FAULTS)
def test_a_fault_fails_its_tests_and_no_others(pytester: pytest.Pytester, part: str) -> None:
    suite, expected = FAULTS[part]
    argument = "root" if suite is StoreContract else ""
    text = AUTHORS_TEST.format(part=part, suite=suite.__name__, maker=MAKERS[suite], argument=argument)
    pytester.syspathinsert(Path(__file__).parent)
    pytester.makepyfile(test_part=text)
    _, _, failed = pytester.inline_run("-p", "no:randomly", "-p", "no:cacheprovider", "-q").listoutcomes()
    assert sorted(report.nodeid.rpartition("::")[2] for report in failed) == sorted(expected)
