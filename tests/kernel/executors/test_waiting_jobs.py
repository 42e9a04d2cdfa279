"""Which waiting job starts next, and where."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from automl.executors.waiting import MOST_OVERTAKEN, REMEMBERED, WaitingJobs, no_affinities
from automl.search.contracts import Job


@dataclass(eq=False)
class Desk:
    name: str = ""
    threads: int = 1
    had: deque[str | None] = field(default_factory=no_affinities)


def suits(desk: Desk, job: Job) -> bool:
    return desk.threads == job.threads


def waiting(*jobs: tuple[str, str | None]) -> WaitingJobs:
    found = WaitingJobs()
    for name, affinity in jobs:
        found.add(Job(name, "", None, affinity=affinity), name.encode())
    return found


def starts(jobs: WaitingJobs, *free: Desk) -> tuple[str, str] | None:
    match = jobs.match(free, suits)
    return None if match is None else (match[1].id, match[0].name)


def test_a_worker_that_is_warm_for_nothing_is_spent_on_a_job_that_must_warm_it() -> None:
    warm, cold = Desk("warm", had=deque(["x"])), Desk("cold")
    jobs = waiting(("y", "y"), ("x", "x"), ("none", None))
    assert starts(jobs, warm, cold) == ("x", "warm")
    assert starts(jobs, cold) == ("y", "cold")
    assert starts(jobs, warm, cold) == ("none", "warm")
    assert not jobs


def test_of_two_free_workers_the_one_that_a_later_job_wants_is_kept_for_it() -> None:
    warm, cold = Desk("warm", had=deque(["x"])), Desk("cold")
    jobs = waiting(("y", "y"), ("x", "x"))
    for entry in range(MOST_OVERTAKEN):
        jobs.add(Job(f"x{entry}", "", None, affinity="x"), b"")
        assert starts(jobs, warm) == (["x", "x0", "x1"][entry], "warm")
    assert starts(jobs, warm, cold) == ("y", "cold")
    assert starts(jobs, warm, cold) == ("x2", "warm")


def test_nothing_starts_where_the_first_job_suits_no_free_worker() -> None:
    jobs = WaitingJobs()
    jobs.add(Job("two", "", None, threads=2, affinity="x"), b"")
    jobs.add(Job("one", "", None, affinity="y"), b"")
    assert starts(jobs, Desk("a")) is None
    assert starts(jobs, Desk("a", had=deque(["x"]))) is None
    assert starts(jobs, Desk("a", had=deque(["y"]))) == ("one", "a")
    assert starts(jobs, Desk("b", threads=2)) == ("two", "b")
    assert starts(jobs, Desk("a")) is None


def test_the_affinities_of_the_last_jobs_are_remembered() -> None:
    desk = Desk("a")
    for number in range(REMEMBERED + 1):
        starts(waiting((f"{number}", f"{number}")), desk)
    assert "0" not in desk.had
    assert starts(waiting(("new", "new"), ("1", "1")), desk) == ("1", "a")
    assert starts(waiting(("new", "new"), ("0", "0")), desk) == ("new", "a")


def test_a_job_is_withdrawn_once() -> None:
    jobs = waiting(("a", None), ("b", None))
    assert jobs.withdraw("a")
    assert not jobs.withdraw("a")
    assert [job.id for job in jobs] == ["b"]


@given(
    st.lists(st.sampled_from(["x", "y", "z", None]), max_size=30),
    st.lists(st.integers(0, 2), max_size=200),
)
def test_every_job_starts_once_and_none_is_overtaken_too_often(affinities: list[str | None], turns: list[int]) -> None:
    desks = [Desk(name) for name in "abc"]
    jobs = waiting(*((f"{number}", affinity) for number, affinity in enumerate(affinities)))
    order: list[int] = []
    for turn in [*turns, *([0] * len(affinities))]:
        found = starts(jobs, desks[turn])
        if found is not None:
            order.append(int(found[0]))
    assert sorted(order) == list(range(len(affinities)))
    for place, number in enumerate(order):
        assert sum(other > number for other in order[:place]) <= MOST_OVERTAKEN
    for affinity in set(affinities):
        same = [number for number in order if affinities[number] == affinity]
        assert same == sorted(same)
