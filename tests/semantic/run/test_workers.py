"""Workers are shared among people, no one waits behind others' slow statements, and stuck workers are replaced."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.connector import Limits, Params, Run
from semantic.errors import TimedOut, Unavailable
from semantic.query.query import Breakdown, Query
from semantic.results.cell import cell_of
from semantic.run.execute import Runner
from semantic.run.workers import GRACE_SECONDS, SLOW_SECONDS, Job, Workers
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import open_shop
from tests.waiting import STUCK, until


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Work:
    """A job that runs until the test releases it."""

    def __init__(self, *people: str, seconds: float = 30.0) -> None:
        self.has_begun, self.may_end = threading.Event(), threading.Event()
        self.was_given_up = threading.Event()
        self.job = Job(run=self._run, give_up=self.was_given_up.set, people=Counter(people), seconds=seconds)

    def _run(self) -> None:
        self.has_begun.set()
        self.may_end.wait(STUCK)

    def begins(self) -> bool:
        return self.has_begun.wait(STUCK)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(clock: Clock) -> Iterator[Workers]:
    pool = Workers(4, clock=clock)
    yield pool
    pool.close()


@pytest.fixture
def started(workers: Workers) -> Iterator[list[Work]]:
    """Yield a list of jobs, all of which end with the test."""
    works: list[Work] = []
    yield works
    for work in works:
        work.may_end.set()


def start(workers: Workers, started: list[Work], *people: str, count: int = 1) -> list[Work]:
    works = [Work(*people) for _ in range(count)]
    started += works
    for work in works:
        workers.submit(work.job)
    return works


def test_one_person_never_has_every_worker(workers: Workers, started: list[Work]) -> None:
    mine = start(workers, started, "ana", count=10)
    assert workers.load() == (3, 7)
    (other,) = start(workers, started, "ben")
    assert other.begins()
    assert [work.has_begun.is_set() for work in mine[3:]] == [False] * 7


def test_a_single_worker_serves_several_jobs_of_one_person() -> None:
    pool = Workers(1)
    works = [Work("ana"), Work("ana")]
    for work in works:
        pool.submit(work.job)
    for work in works:
        assert work.begins()
        work.may_end.set()
    pool.close()


def test_the_person_with_the_fewest_running_jobs_goes_first_and_then_the_earliest(
    workers: Workers, started: list[Work]
) -> None:
    running = [*start(workers, started, "ana"), *start(workers, started, "ben")]
    running += [*start(workers, started, "cem"), *start(workers, started, "dora")]
    (second_of_ana,) = start(workers, started, "ana")
    (first_of_eva,) = start(workers, started, "eva")
    (first_of_finn,) = start(workers, started, "finn")
    order: list[str] = []
    for name, work in (("ana", second_of_ana), ("eva", first_of_eva), ("finn", first_of_finn)):
        work.job.run = lambda name=name, run=work.job.run: (order.append(name), run())[1]
    for freed, expected in ((running[1], "eva"), (running[2], "finn"), (running[3], "ana")):
        freed.may_end.set()
        until(lambda expected=expected: order[-1:] == [expected], f"{expected} goes next")


def test_people_with_nothing_running_never_wait_behind_someone_with_several(
    workers: Workers, started: list[Work]
) -> None:
    start(workers, started, "ana", count=3)
    start(workers, started, "ben")
    (third,) = start(workers, started, "cem")
    assert third.begins()
    assert workers.load() == (5, 0)


def test_people_with_nothing_running_never_wait_behind_slow_statements(
    workers: Workers, started: list[Work], clock: Clock
) -> None:
    for person in ("ana", "ben", "cem", "dora"):
        start(workers, started, person)
    (waiting,) = start(workers, started, "eva")
    assert workers.load() == (4, 1)
    clock.now += SLOW_SECONDS + 0.1
    assert waiting.begins()


def test_at_most_twice_as_many_jobs_run(workers: Workers, started: list[Work], clock: Clock) -> None:
    for person in range(12):
        start(workers, started, f"person {person}")
        clock.now += SLOW_SECONDS + 0.1
    (last,) = start(workers, started, "zoe")
    until(lambda: workers.load() == (8, 5), "eight run")
    started[0].may_end.set()
    until(lambda: workers.load() == (8, 4), "the next begins")
    assert not last.has_begun.is_set()


def test_joining_a_waiting_job_moves_it_forward(workers: Workers, started: list[Work]) -> None:
    start(workers, started, "ana", count=3)
    (waiting,) = start(workers, started, "ana")
    assert workers.load() == (3, 1)
    workers.join(waiting.job, "ben")
    assert waiting.begins()


def test_a_person_who_only_joined_a_job_has_none_running(workers: Workers, started: list[Work]) -> None:
    slow = start(workers, started, "ana", count=3)
    for work in slow:
        workers.join(work.job, "ben")
    (own,) = start(workers, started, "ben")
    assert own.begins()


def test_a_job_belongs_to_the_people_still_waiting_for_it(workers: Workers, started: list[Work]) -> None:
    slow = start(workers, started, "ana", count=3)
    for work in slow:
        workers.join(work.job, "ben")
        workers.part(work.job, "ana")
    (own,) = start(workers, started, "ana")
    (another,) = start(workers, started, "ben")
    assert own.begins()
    assert not another.has_begun.is_set()


def test_a_job_that_fails_costs_no_worker(caplog: pytest.LogCaptureFixture) -> None:
    pool = Workers(1)

    def fail() -> None:
        raise ValueError

    pool.submit(Job(run=fail, give_up=fail, people=Counter(["ana"]), seconds=30.0))
    later = pool.call(lambda: "done", "ana")
    assert later.result(STUCK) == "done"
    assert "A worker's job failed" in caplog.text
    pool.close()


def test_a_job_cancelled_before_it_starts_costs_no_worker() -> None:
    pool = Workers(1)
    work = Work("ana")
    pool.submit(work.job)
    cancelled = pool.call(lambda: "never", "ana")
    assert cancelled.cancel()
    work.may_end.set()
    assert pool.call(lambda: "done", "ana").result(STUCK) == "done"
    pool.close()


def test_an_abandoned_job_never_starts(workers: Workers, started: list[Work]) -> None:
    first = start(workers, started, "ana", count=3)
    (waiting,) = start(workers, started, "ana")
    assert workers.withdraw(waiting.job)
    first[0].may_end.set()
    until(lambda: workers.load() == (2, 0), "two are left")
    assert not waiting.has_begun.is_set()


def test_a_stuck_worker_is_given_up_and_replaced(workers: Workers, started: list[Work], clock: Clock) -> None:
    stuck = start(workers, started, "ana", count=3)
    assert all(work.begins() for work in stuck)
    clock.now += 30 + GRACE_SECONDS
    assert workers.overdue() == 0
    clock.now += 1
    assert workers.overdue() == 3
    assert all(work.was_given_up.wait(STUCK) for work in stuck)
    again = start(workers, started, "ana", count=3)
    assert all(work.begins() for work in again)
    assert (workers.load(), workers.overdue()) == ((3, 0), 3)
    for work in stuck:
        work.may_end.set()
    until(lambda: workers.overdue() == 0, "the engine has let go")
    assert workers.load() == (3, 0)


def test_a_stopped_job_that_continues_counts_as_stuck_early(
    workers: Workers, started: list[Work], clock: Clock
) -> None:
    (work,) = start(workers, started, "ana")
    assert work.begins()
    assert not workers.withdraw(work.job)
    clock.now += GRACE_SECONDS + 1
    assert work.was_given_up.wait(STUCK)


def test_replacing_stops_if_everything_is_stuck(workers: Workers, started: list[Work], clock: Clock) -> None:
    for count in (4, 8):
        for person in range(4):
            start(workers, started, f"person {count + person}")
        until(lambda: workers.load() == (4, 0), "four run")
        clock.now += 30 + GRACE_SECONDS + 1
        until(lambda count=count: workers.overdue() == count and workers.load()[0] == 0, f"{count} are stuck")
    (waiting,) = start(workers, started, "eva")
    assert workers.load() == (0, 1)
    started[0].may_end.set()
    assert waiting.begins()


def test_queued_jobs_are_given_up_when_workers_close() -> None:
    pool = Workers(1)
    running, waiting = Work("ada"), Work("ada")
    pool.submit(running.job)
    assert running.begins()
    pool.submit(waiting.job)
    future = pool.call(lambda: "never", "ada")
    closing = threading.Thread(target=pool.close)
    closing.start()
    assert waiting.was_given_up.wait(STUCK)
    with pytest.raises(CancelledError):
        future.result(STUCK)
    running.may_end.set()
    closing.join(STUCK)
    assert not waiting.has_begun.is_set()


def test_a_closed_runner_takes_no_question_and_leaves_none_to_join(tmp_path: Path) -> None:
    """The second question is the same as the first, and would wait for a job that never runs."""
    shop = open_shop(copy_shop(tmp_path / "s.duckdb"))
    runner = Runner(workers=1)
    runner.close()
    for _ in range(2):
        with pytest.raises(Unavailable, match="stopping"):
            runner.submit("key", shop.connector, "SELECT 1", limits=Limits(10, 1.0), tag="ada")
    assert not runner.is_busy()
    shop.close()


def test_a_question_that_no_worker_takes_is_not_joined(tmp_path: Path) -> None:
    shop = open_shop(copy_shop(tmp_path / "s.duckdb"))
    runner = Runner(workers=1)
    runner.workers.close()  # as where no more threads can be started
    for _ in range(2):
        with pytest.raises(Unavailable, match="stopping"):
            runner.submit("key", shop.connector, "SELECT 1", limits=Limits(10, 1.0), tag="ada")
    assert not runner.is_busy()
    runner.close()
    shop.close()


def test_closed_workers_take_nothing() -> None:
    pool = Workers(2)
    pool.close()
    with pytest.raises(RuntimeError):
        pool.submit(Work("ana").job)


class Deaf:
    """An engine that ignores interrupts. Its statements end when the test lets them."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Semaphore(0), threading.Event()
        self.data_version = "1"

    def start(self, sql: str, params: object = (), *, limits: Limits, tag: str = "") -> Deaf:
        return self

    def result(self) -> None:
        self.begun.release()
        self.may_end.wait(STUCK)

    def cancel(self) -> None:
        pass


def test_a_stuck_statement_fails_its_waiters_and_the_next_question_is_answered() -> None:
    clock, engine = Clock(), Deaf()
    runner = Runner(workers=1, clock=clock)
    waiting = runner.submit("tile", engine, "SELECT 1", limits=Limits(timeout_seconds=30), tag="ana")  # pyright: ignore[reportArgumentType]
    assert engine.begun.acquire(timeout=STUCK)
    clock.now += 30 + GRACE_SECONDS + 1
    with pytest.raises(TimedOut, match="30 seconds"):
        waiting.result(STUCK)
    again = runner.submit("tile", engine, "SELECT 1", limits=Limits(timeout_seconds=30), tag="ben")  # pyright: ignore[reportArgumentType]
    assert engine.begun.acquire(timeout=STUCK)
    assert not again.done()
    engine.may_end.set()
    until(again.done, "the second has ended")
    runner.close()


def test_every_request_of_a_person_uses_that_persons_share_of_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """These requests are answers, rows behind a number, values to choose from, and previews of drafts."""
    workspace, asked = open_shop(copy_shop(tmp_path / "shop.duckdb")), list[tuple[str, str]]()
    start = workspace.connector.start

    def noting(sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> Run:
        asked.append((threading.current_thread().name, tag))
        return start(sql, params, limits=limits, tag=tag)

    monkeypatch.setattr(workspace.connector, "start", noting)
    person = workspace.people["steward"]
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),))
    draft = Workspace(workspace.settings, workspace.model, workspace.people, workspace.connector, beside=workspace)
    ways: dict[str, Callable[[], object]] = {
        "an answer": lambda: workspace.ask(query, person),
        "values": lambda: workspace.values("channel", query, person),
        "rows": lambda: workspace.records(
            query, cell_of(workspace.ask(query, person), 0, "revenue"), "revenue", person
        ),
        "a draft's answer": lambda: draft.ask(replace(query, limit=3), person),
    }
    for what, ask in ways.items():
        before = len(asked)
        ask()
        started = asked[before:]
        assert (("run", person.id) in started, {name for name, _ in started}) == (True, {"run"}), what
    workspace.close()
