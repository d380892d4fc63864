"""The command `python -m semantic worker`, as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from semantic.store.database import Store, connect_store
from semantic.store.jobs.jobs import read_jobs
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
        "SAMEPAGE_WORKER": "off",  # which is about the app
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
def test_it_runs_what_is_due_once_and_then_says_that_it_was_there(variables: Mapping[str, str]) -> None:
    assert run(variables, "--once").returncode == 0
    assert ended_jobs(variables) >= {"presence", "retention", "data checks"}
    assert run(variables, "--check").returncode == 0


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(variables: Mapping[str, str], number: int, tmp_path: Path) -> None:
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
def test_it_says_why_it_cannot_start(variables: Mapping[str, str], tmp_path: Path) -> None:
    ran = run({**variables, "SAMEPAGE_DATA": str(tmp_path / "gone.duckdb")})
    assert ran.returncode == 1
    assert "gone.duckdb" in ran.stderr
    assert "Traceback" not in ran.stderr
