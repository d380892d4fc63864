"""The command `python -m semantic worker`, run as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.agents.drift import READER, DriftWork
from semantic.agents.transcripts import Transcripts
from semantic.config.settings import load_settings
from semantic.query.query import Between, Breakdown, Query
from semantic.services.process import Live
from semantic.store.agents.drift import Certified, read_runs
from semantic.store.agents.transcripts import AGENT_CALLS
from semantic.store.database import Store, connect_store
from semantic.store.jobs.jobs import read_jobs
from semantic.store.questions.conversations import CONVERSATIONS, StoredTurn, keep_conversation, make_id
from tests.copies import copy_shop
from tests.shop import SHOP
from tests.waiting import STUCK, until


@pytest.fixture
def variables(tmp_path: Path) -> Mapping[str, str]:
    return os.environ | {
        "SAMEPAGE_DATA": str(copy_shop(tmp_path / "shop.duckdb")),
        "SAMEPAGE_MODEL": str(SHOP),
        "SAMEPAGE_STORE": str(tmp_path / "store.sqlite"),
        "SAMEPAGE_AUDIT_KEY": "a key of tests that is long enough for it",
        "SAMEPAGE_WORKER": "off",  # only the app uses this setting
    }


def run(variables: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semantic", "worker", *options]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=STUCK, check=False)


def ended_jobs(variables: Mapping[str, str]) -> set[str]:
    store = Store(connect_store(variables["SAMEPAGE_STORE"]))
    with store.read() as connection:
        ended = {name for name, job in read_jobs(connection).items() if job.last_ended_at is not None}
    store.close()
    return ended


@pytest.mark.server
def test_the_worker_runs_due_jobs_once_and_reports_its_presence(variables: Mapping[str, str]) -> None:
    assert run(variables, "--once").returncode == 0
    assert ended_jobs(variables) >= {"presence", "retention", "data checks"}
    assert run(variables, "--check").returncode == 0


@pytest.mark.server
def test_nightly_jobs_ask_certified_questions_and_remove_old_data(variables: Mapping[str, str]) -> None:
    variables = {**variables, "SAMEPAGE_DEMO": "1"}
    live = Live.open(load_settings(variables))
    steward = live.workspace().people["steward"]
    agent = replace(steward, kind="agent", agent="a1")
    now, names = live.store.now(), {200: make_id(), 0: make_id()}
    april = Between(date(2026, 4, 1), date(2026, 4, 30))
    by_channel = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=april)
    words = tuple(f"revenue by channel in {month} 2026" for month in ("april", "apr", "march"))
    DriftWork(live, steward).add(Certified(name="By channel", query=by_channel, paraphrases=words))
    for days in (0, 200):  # saving also removes conversations that are too old by then, so the older one is last
        live.store._clock = lambda days=days: now - timedelta(days=days)  # pyright: ignore[reportPrivateUsage]
        Transcripts(live).note(agent, tool="ask", asked={}, outcome="answered")
        with live.store.write(recorded=False) as transaction:
            keep_conversation(transaction, names[days], [StoredTurn(words="revenue")], steward, live.keys)

    assert run(variables, "--once").returncode == 0
    with live.store.read() as connection:
        (drift,) = read_runs(connection, live.keys, READER)
        calls = [row.at.date() for row in connection.execute(select(AGENT_CALLS.c.at))]
        kept = [row.id for row in connection.execute(select(CONVERSATIONS.c.id))]
    live.close()
    assert [[read.outcome for read in asked.reads] for asked in drift.asked] == [["same", "same", "other"]]
    assert calls == [now.date()]
    assert kept == [names[0]]


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_runs_until_it_is_stopped(variables: Mapping[str, str], number: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        worker = subprocess.Popen([sys.executable, "-m", "semantic", "worker"], env=variables, stderr=file)
        until(lambda: worker.poll() is not None or "The worker is ready." in log.read_text(), "the worker's start")
        until(lambda: worker.poll() is not None or "presence" in ended_jobs(variables), "a job")
        worker.send_signal(number)
        assert worker.wait(STUCK) == 0
    assert "The worker has stopped." in log.read_text()


@pytest.mark.server
def test_a_check_without_a_worker_fails(variables: Mapping[str, str]) -> None:
    run(variables, "--once")
    store = Store(connect_store(variables["SAMEPAGE_STORE"]))
    with store.write(recorded=False) as transaction:
        transaction.connection.exec_driver_sql("UPDATE jobs SET last_ended_at = '2026-01-01 00:00:00'")
    store.close()
    assert run(variables, "--check").returncode == 1


@pytest.mark.server
def test_the_worker_says_why_it_cannot_start(variables: Mapping[str, str], tmp_path: Path) -> None:
    ran = run({**variables, "SAMEPAGE_DATA": str(tmp_path / "gone.duckdb")})
    assert ran.returncode == 1
    assert "gone.duckdb" in ran.stderr
    assert "Traceback" not in ran.stderr
