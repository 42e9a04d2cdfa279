"""What an author sees of `parametrize_with_stage_checks`: ids, expected failures, and what is refused at collection."""

from __future__ import annotations

import pytest
from broken_stages import BROKEN
from sound_stages import Centre, Holdout, Lines

from automl.errors import PluginError
from automl.params import Params, param
from automl.testing import parametrize_with_stage_checks
from automl.testing.stage_checks import StageCheck, stage_checks

pytest_plugins = ["pytester"]
Sorting = BROKEN["apply_keeps_rows_order_and_index"]


@parametrize_with_stage_checks(
    [Sorting], expected_failures={Sorting: {"apply_keeps_rows_order_and_index": "rows come out by their ids"}}
)
def test_a_declared_failure_is_expected(check: StageCheck) -> None:
    check()


class NoExamples(Centre):
    """Nothing to try it with."""

    id = "broken.no_examples"

    @classmethod
    def examples(cls) -> list[dict[str, object]]:
        return []


class NeedsParams(Params):
    columns: list[str] = param(description="What must be given.")


class IllegalExample(Centre):
    """Needs a parameter that its examples do not give."""

    id = "broken.illegal_example"
    Params = NeedsParams

    @classmethod
    def examples(cls) -> list[dict[str, object]]:
        return [{}]


def test_a_component_without_examples_fails_at_collection() -> None:
    with pytest.raises(PluginError, match=r"'broken.no_examples' \(test_parametrizing.NoExamples\) has no examples"):
        parametrize_with_stage_checks([Centre, NoExamples])


def test_an_example_that_is_not_legal_fails_at_collection() -> None:
    with pytest.raises(PluginError, match=r"an example that is not legal, \{\}: columns: Field required; mend: let"):
        parametrize_with_stage_checks([IllegalExample])


def test_an_expected_failure_of_no_check_is_refused_with_a_suggestion() -> None:
    reasons = {Centre: {"zero_row_are_handled": "never mind"}}
    with pytest.raises(PluginError, match=r"called 'zero_row_are_handled'; did you mean 'zero_rows_are_handled'\?"):
        parametrize_with_stage_checks([Centre], expected_failures=reasons)


def test_an_expected_failure_of_a_stranger_is_refused() -> None:
    with pytest.raises(PluginError, match="expected_failures names Holdout, which is not among"):
        parametrize_with_stage_checks([Centre], expected_failures={Holdout: {}})


def test_ids_name_component_example_and_check() -> None:
    ids = [check.id for check in stage_checks(Centre)]
    assert len(set(ids)) == len(ids)
    assert "sound.centre-import_is_light" in ids
    assert "sound.centre-1-zero_rows_are_handled" in ids
    assert "sound.lines-0-a_source_that_is_not_there_is_named" in [check.id for check in stage_checks(Lines)]


AUTHORS_TEST = """
from broken_stages import BROKEN
from sound_stages import Centre
from automl.testing import parametrize_with_stage_checks

Sorting = BROKEN["apply_keeps_rows_order_and_index"]
REASONS = {Centre: {"zero_rows_are_handled": "it was so once"}, Sorting: {"apply_keeps_rows_order_and_index": "sorts"}}

@parametrize_with_stage_checks([Centre, Sorting], expected_failures=REASONS)
def test_stage(check):
    check()
"""


def test_expected_failures_are_strict(pytester: pytest.Pytester) -> None:
    pytester.syspathinsert(__file__.rpartition("/")[0])
    pytester.makepyfile(AUTHORS_TEST)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider", "-k", "rows")
    outcomes = result.parseoutcomes()
    # The two examples of the sound stage pass after all, which fails; those of the other fail as declared.
    assert (outcomes["failed"], outcomes["xfailed"]) == (2, 2)
    result.stdout.fnmatch_lines(["*XPASS(strict)*it was so once*"])


def test_a_failure_tells_promise_component_and_mend(pytester: pytest.Pytester) -> None:
    pytester.syspathinsert(__file__.rpartition("/")[0])
    pytester.makepyfile(AUTHORS_TEST.replace(", expected_failures=REASONS", ""))
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider", "-k", "order_and_index")
    result.stdout.fnmatch_lines(
        [
            "*the ids of the rows, or their order, changed*",
            "*promise: ``apply`` returns a row for each row it was given*",
            "*of broken_stages.Sorting, example 0 {}*",
        ]
    )
