"""Jobs in the store: which worker gets a job, how long it keeps the job, and when the job is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from semantic.store.database import Store
from semantic.store.jobs.jobs import (
    JOBS,
    JobState,
    add_jobs,
    back_off,
    claim_job,
    end_job,
    fail_job,
    give_back_job,
    hold_job,
    note_shared_run,
    read_jobs,
    read_last_seen,
)
from tests.semantic.store.clock import Clock

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
LEASE, EVERY = timedelta(minutes=1), timedelta(minutes=15)
JOB = "mend"


@pytest.fixture(autouse=True)
def job(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        add_jobs(transaction, [JOB])


def state(store: Store) -> JobState:
    with store.read() as connection:
        return read_jobs(connection)[JOB]


def claim(store: Store, holder: str, every: timedelta = EVERY) -> bool:
    with store.write(recorded=False) as transaction:
        return claim_job(transaction, JOB, holder, lease=LEASE, every=every)


def end(store: Store, holder: str, next_at: datetime) -> bool:
    with store.write(recorded=False) as transaction:
        return end_job(transaction, JOB, holder, next_at=next_at)


def fail(store: Store, holder: str, why: str = "It broke.") -> datetime | None:
    with store.write(recorded=False) as transaction:
        return fail_job(transaction, JOB, holder, why=why)


def change(store: Store, **values: object) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(JOBS).values(**values))


def test_only_one_worker_gets_a_job_that_is_due(store: Store) -> None:
    assert [claim(store, holder) for holder in ("a", "b", "a")] == [True, False, False]
    assert state(store).holder == "a"
    assert state(store).leased_until == NOON + LEASE
    assert state(store).last_began_at == NOON


def test_a_job_is_due_again_after_its_time(store: Store, clock: Clock) -> None:
    claim(store, "a")
    assert end(store, "a", NOON + EVERY)
    assert state(store).leased_until is None
    clock.move(minutes=14, seconds=59)
    assert not claim(store, "b")
    clock.move(seconds=1)
    assert claim(store, "b")


def test_the_job_of_a_killed_worker_is_taken_when_its_lease_has_run_out(store: Store, clock: Clock) -> None:
    claim(store, "a")
    clock.move(seconds=59)
    assert not claim(store, "b")
    clock.move(seconds=1)
    assert claim(store, "b")


def test_a_lease_is_extended_only_by_its_holder(store: Store, clock: Clock) -> None:
    claim(store, "a")
    clock.move(seconds=40)
    with store.write(recorded=False) as transaction:
        assert hold_job(transaction, JOB, "a", lease=LEASE)
        assert not hold_job(transaction, JOB, "b", lease=LEASE)
    assert state(store).leased_until == NOON + timedelta(seconds=100)
    clock.move(seconds=59)
    assert not claim(store, "b")


def test_a_worker_without_its_lease_changes_nothing(store: Store, clock: Clock) -> None:
    claim(store, "a")
    clock.move(minutes=2)
    claim(store, "b")
    before = state(store)
    assert not end(store, "a", NOON)
    assert fail(store, "a") is None
    with store.write(recorded=False) as transaction:
        assert not hold_job(transaction, JOB, "a", lease=LEASE)
        assert not give_back_job(transaction, JOB, "a")
    assert state(store) == before


def test_a_job_given_back_is_due_at_once(store: Store) -> None:
    claim(store, "a")
    with store.write(recorded=False) as transaction:
        assert give_back_job(transaction, JOB, "a")
    assert (state(store).failures, state(store).last_ended_at) == (0, None)
    assert claim(store, "b")


def test_a_failed_job_is_tried_again_later_and_later(store: Store, clock: Clock) -> None:
    waits: list[timedelta | None] = []
    for failures in range(1, 6):
        assert claim(store, "a")
        again_at = fail(store, "a", f"It broke {failures} times.")
        assert again_at is not None
        waits.append(again_at - clock.at)
        assert (state(store).failures, state(store).why) == (failures, f"It broke {failures} times.")
        assert state(store).last_failed_at == clock.at
        clock.at = again_at - timedelta(seconds=1)
        assert not claim(store, "a")
        clock.move(seconds=1)
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 5, 30, 60, 60)]
    claim(store, "a")
    end(store, "a", clock.at + EVERY)
    assert (state(store).failures, state(store).why) == (0, "")
    assert back_off(1) == timedelta(minutes=1)  # and the next failure counts from the beginning


def test_an_error_is_cut_to_text_that_every_database_can_store(store: Store) -> None:
    claim(store, "a")
    fail(store, "a", "a\0b" + "x" * 1_000)
    assert state(store).why == "ab" + "x" * 298


@pytest.mark.parametrize(("ahead", "is_taken"), [(timedelta(hours=1), False), (timedelta(hours=1, seconds=1), True)])
def test_a_lease_from_a_clock_far_ahead_is_ignored(store: Store, ahead: timedelta, is_taken: bool) -> None:
    change(store, holder="ahead", leased_until=NOON + ahead)
    assert state(store).is_running(NOON) is not is_taken
    assert claim(store, "b") is is_taken


@pytest.mark.parametrize(
    ("every", "ahead", "is_taken"),
    [
        (EVERY, timedelta(hours=2), False),  # an hour of back-off, and an hour that clocks may differ
        (EVERY, timedelta(hours=2, seconds=1), True),
        (timedelta(days=1), timedelta(hours=25), False),
        (timedelta(days=1), timedelta(hours=25, seconds=1), True),
    ],
)
def test_a_due_time_from_a_clock_far_ahead_is_ignored(
    store: Store, every: timedelta, ahead: timedelta, is_taken: bool
) -> None:
    change(store, next_at=NOON + ahead)
    assert (state(store).due_at(NOON, every) == NOON) is is_taken
    assert claim(store, "b", every) is is_taken


def test_a_running_job_is_due_when_its_lease_ends(store: Store) -> None:
    assert state(store).due_at(NOON, EVERY) == NOON
    claim(store, "a")
    assert state(store).due_at(NOON, EVERY) == NOON + LEASE


def test_adding_a_job_again_keeps_its_row(store: Store, clock: Clock) -> None:
    claim(store, "a")
    before = state(store)
    clock.move(hours=1)
    with store.write(recorded=False) as transaction:
        add_jobs(transaction, ["another", JOB])
    assert state(store) == before
    with store.read() as connection:
        assert read_jobs(connection)["another"].next_at == NOON + timedelta(hours=1)


def test_a_shared_job_counts_its_failures_without_a_lease(store: Store, clock: Clock) -> None:
    clock.move(minutes=1)
    for why, failures in (("It broke.", 1), ("It broke again.", 2), ("", 0)):
        with store.write(recorded=False) as transaction:
            note_shared_run(transaction, JOB, began_at=NOON, next_at=NOON + EVERY, why=why)
        assert (state(store).failures, state(store).why, state(store).holder) == (failures, why, "")
    assert state(store).last_began_at == NOON
    assert state(store).last_ended_at == state(store).last_failed_at == clock.at


def test_any_finished_job_counts_as_a_sign_of_the_worker(store: Store, clock: Clock) -> None:
    with store.read() as connection:
        assert read_last_seen(connection) is None
    claim(store, "a")
    clock.move(seconds=5)
    fail(store, "a")
    with store.read() as connection:
        assert read_last_seen(connection) == NOON + timedelta(seconds=5)
