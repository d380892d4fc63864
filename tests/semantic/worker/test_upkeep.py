"""The jobs that keep Samepage's data in order, and the list of all jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from semantic.config.settings import Settings
from semantic.services.process import Live
from semantic.store.audit.entries import each_entry
from semantic.store.audit.log import Act, record
from semantic.store.jobs.jobs import read_jobs, read_last_seen
from semantic.store.upkeep.retention import set_retention_days
from semantic.worker.job import Turn
from semantic.worker.jobs import OTHER_KEY, jobs_of
from semantic.worker.upkeep import DataChecks, Presence, Retention
from semantic.worker.worker import Worker
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.numbers.test_checks import checked_model
from tests.semantic.store.small_model import ANA, write_model, write_rows


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=str(write_rows(tmp_path / "rows.duckdb")),
        model=write_model(tmp_path / "model", checked_model()),
        model_source="store",
        store=str(tmp_path / "store.sqlite"),
        audit_key=stores.SECRET,
        workers=2,
    )


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    opened = Live.open(settings)
    yield opened
    opened.close()


def turn_of(live: Live) -> Turn:
    return Turn(now=live.store.now(), holder="a", is_mine=lambda: True, is_stopping=lambda: False)


def test_a_worker_with_another_key_sends_nothing(
    settings: Settings, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    """With its key, every delivery looks damaged, and everyone looks as if they had left."""
    with live.store.write() as transaction:
        record(transaction, Act(kind="view_as.ended", actor=ANA), live.keys)
    assert "sends" in [job.name for job in jobs_of(live)]
    other = Live.open(replace(settings, audit_key="another key that is long enough for it"), surface="worker")
    try:
        assert {job.name for job in jobs_of(other)} == {"presence", "retention", "mapped names", "data checks"}
    finally:
        other.close()
    assert OTHER_KEY in caplog.text


def test_each_job_has_a_name_that_fits_into_the_store(live: Live) -> None:
    names = [job.name for job in jobs_of(live)]
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 60 for name in names)
    assert {"presence", "retention", "data checks"} <= set(names)


def test_a_worker_runs_the_jobs_of_an_installation(live: Live) -> None:
    Worker(live, jobs_of(live)).run_once()
    with live.store.read() as connection:
        states = read_jobs(connection)
        seen_at = read_last_seen(connection)
    assert {name: state.failures for name, state in states.items()} == {job.name: 0 for job in jobs_of(live)}
    assert seen_at is not None
    assert live.checks.known.found["orders"]


def test_data_checks_wait_until_the_app_has_started(live: Live) -> None:
    (job,) = (job for job in jobs_of(live, is_app=True) if isinstance(job, DataChecks))
    now = live.store.now()
    due_at = job.run(replace(turn_of(live), now=now))
    assert due_at is not None
    assert now < due_at <= now + timedelta(seconds=60)
    assert live.checks.known.found == {}
    assert replace(job, begun=job.begun - 61).run(turn_of(live)) is None
    assert live.checks.known.found["orders"]


def test_without_a_schedule_data_checks_run_only_by_hand(settings: Settings) -> None:
    live = Live.open(replace(settings, check_minutes=0))
    assert "data checks" not in [job.name for job in jobs_of(live)]
    live.close()


def test_old_entries_of_the_audit_log_are_removed_every_day(live: Live, clock: Clock) -> None:
    clock.at = live.store.now()
    live.store._clock = clock  # pyright: ignore[reportPrivateUsage] (the test's own time)
    with live.store.write() as transaction:
        record(transaction, Act(kind="setting.changed", actor=ANA, about="setting:old"), live.keys)
    worker = Worker(live, [Retention(live)])
    clock.move(days=40)
    with live.store.write() as transaction:
        set_retention_days(transaction, 30, ANA, live.keys)
    worker.run_once()
    clock.move(days=1)
    worker.run_once()
    with live.store.read() as connection:
        about = [entry.about for entry in each_entry(connection, live.keys)]
        assert read_jobs(connection)["retention"].next_at == clock.at + timedelta(days=1)
    assert "setting:old" not in about
    assert any(each.startswith("audit:") for each in about)  # the log says that entries were removed


def test_a_workers_presence_is_recorded_often_enough() -> None:
    assert Presence().every == timedelta(minutes=1)
