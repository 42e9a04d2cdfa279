"""The contract suites pass what is sound, and find the faults that they are there for and nothing else.

Each suite is run on a part as its author runs it.
"""

from __future__ import annotations

from pathlib import Path

import faulty_parts  # noqa: F401 - what a run inside this one imports first is unloaded after it, and numpy forbids that
import pytest

from automl.testing import LearnerContract, MetricContract, ObserverContract, SearcherContract, StoreContract

pytest_plugins = ["pytester"]

PLAIN = [
    f"test_{name}[regression]"
    for name in (
        "plain_rows_have_a_finite_score",
        "better_predictions_score_better",
        "the_same_rows_have_the_same_score",
        "the_order_of_rows_does_not_matter",
    )
]
EVERY_ROW = [f"test_{name}[regression]" for name in ("one_row_has_a_score_or_none", "one_class_has_a_score_or_none")]
WEIGHED = [f"test_{name}[regression]" for name in ("equal_weights_are_no_weights", "weights_are_taken")]
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
            "test_no_configuration_comes_twice",
            "test_what_it_learned_it_does_not_propose",
            "test_what_is_guessed_it_does_not_propose",
            "test_it_is_asked_for_the_number_after_the_first_guesses",
        ],
    ),
    "PeeksAtTheNewest": (
        SearcherContract,
        ["test_verdicts_depend_on_its_own_steps_and_on_what_was_told_before_it_was_asked"],
    ),
    "DisownsItsStop": (SearcherContract, ["test_a_trial_that_it_stops_is_taken"]),
    "ForgetsGuesses": (SearcherContract, ["test_what_is_guessed_it_does_not_propose"]),
    "LearnsNothing": (SearcherContract, ["test_what_it_learned_it_does_not_propose"]),
    "CountsFromOne": (
        SearcherContract,
        ["test_what_is_guessed_it_does_not_propose", "test_it_is_asked_for_the_number_after_the_first_guesses"],
    ),
    "LearnsFromScoresOnly": (
        SearcherContract,
        [f"test_whatever_came_of_a_trial_it_learns_from_it[{cause}]" for cause in ("failed", "too large")],
    ),
    "KnowsNoConstraints": (SearcherContract, ["test_trials_that_break_a_constraint_are_taken"]),
    "DividesByTheSpread": (SearcherContract, ["test_ties_are_taken"]),
    "Repeats": (SearcherContract, ["test_no_configuration_comes_twice"]),
    "AddsUpScores": (
        SearcherContract,
        [f"test_a_score_that_is_not_finite_is_a_failure[{score}]" for score in ("nan", "inf", "-inf")],
    ),
    "SoundObserver": (ObserverContract, []),
    "MisspeltHook": (ObserverContract, ["test_its_hooks_are_announcements"]),
    "NumberAsLink": (ObserverContract, ["test_links_are_text_before_and_after"]),
    "TakesAStartForGranted": (
        ObserverContract,
        ["test_it_hears_a_failure_before_any_start", "test_it_hears_every_announcement_by_itself"],
    ),
    "SoundMetric": (MetricContract, []),
    "RaisesOnRows": (
        MetricContract,
        [*PLAIN, *EVERY_ROW, *WEIGHED, "test_rows_stay_as_they_are_and_may_be_read_only[regression]"],
    ),
    "GivesAnArray": (
        MetricContract,
        [
            *PLAIN[:2],
            PLAIN[2],
            PLAIN[3],
            EVERY_ROW[0],
            EVERY_ROW[1],
            *WEIGHED,
        ],
    ),
    "GivesOneInAnArray": (
        MetricContract,
        [PLAIN[0], *WEIGHED, "test_one_row_has_a_score_or_none[regression]", EVERY_ROW[1]],
    ),
    "NoScore": (MetricContract, [*PLAIN[:3], "test_weights_are_taken[regression]"]),
    "WrongWayRound": (MetricContract, ["test_better_predictions_score_better[regression]"]),
    "KnowsNoWeights": (MetricContract, WEIGHED),
    "ScalesWithWeights": (MetricContract, ["test_equal_weights_are_no_weights[regression]"]),
    "SortsInPlace": (MetricContract, ["test_rows_stay_as_they_are_and_may_be_read_only[regression]"]),
    "TakesTheLastRow": (MetricContract, ["test_the_order_of_rows_does_not_matter[regression]"]),
    "RefusesEverything": (
        MetricContract,
        ["test_a_reason_for_no_score_is_text_and_plain_rows_have_none[regression]"],
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
    MetricContract: "make_metric(self)",
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
