"""The searcher that proposes from a script."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from automl.search.contracts import DONE, WAIT, Brief, Objective, Outcome, Proposal
from automl.search.space import Space
from automl.testing.searchers import ScriptedSearcher, ScriptedSearcherParams
from automl.testing.searching import brief, drive

FIRST = Proposal({"depth": 1}, epochs=3, resumable=True)
SECOND = Proposal({"depth": 1}, continues=1)


def test_it_proposes_its_script_waits_where_told_to_and_remembers() -> None:
    searcher = ScriptedSearcher(ScriptedSearcherParams(proposals=(FIRST, SECOND), wait_for={2: 1}))
    brief = Brief(Space(()), Objective("rmse", False), trials=None, epochs=3, seed=1)
    searcher.start(brief)
    assert (searcher.ask(1), searcher.ask(2)) == (FIRST, WAIT)
    searcher.tell(1, Outcome(0.5, 3))
    assert (searcher.ask(2), searcher.ask(3)) == (SECOND, DONE)
    assert searcher.brief == brief
    assert searcher.asked == [1, 2, 2, 3]
    assert searcher.told == [(1, Outcome(0.5, 3))]


def test_an_empty_script_is_done_at_once() -> None:
    assert ScriptedSearcher().ask(1) is DONE


def test_a_proposal_is_checked() -> None:
    with pytest.raises(ValidationError, match="values"):
        ScriptedSearcherParams(proposals=({"epochs": 3},))


def test_a_proposal_without_a_value_is_told_by_the_suite() -> None:
    searcher = ScriptedSearcher(ScriptedSearcherParams(proposals=(FIRST,)))
    with pytest.raises(
        AssertionError, match=r"it proposed no value for 'optimizer', found \{'depth': 1\}; mend: a value"
    ):
        drive(searcher, brief())
