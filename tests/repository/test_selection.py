"""The tests that a run includes, their order, and what a failed run prints last."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import selection

CONFTEST = """
from tests import proof, selection

pytest_addoption = selection.add_options

def pytest_configure(config):
    proof.is_whole = config.option.proof
    selection.add_marks(config)
    selection.forbid_network(config)

def pytest_collection_modifyitems(config, items):
    selection.choose(config, items)
"""
TESTS = """
import socket
import pytest
from tests.proof import part, part_of

def test_quick(): pass

@pytest.mark.proof
def test_whole(): pass

@pytest.mark.server
def test_with_a_server(): pass

@pytest.mark.long
def test_long(): pass

@pytest.fixture
def provider(): return 1

def test_with_a_provider(provider): pass

@pytest.mark.parametrize("seed", part_of(range(40)))
def test_seeds(seed): assert part(40) in (4, 40)

def test_network():
    with socket.socket() as end:
        end.settimeout(5)
        try:
            end.connect(("127.0.0.1", 9))
        except OSError:
            pass
"""


def run_in(folder: Path, *options: str) -> str:
    """Return what pytest prints when it runs only the tests above."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_made_up.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--rootdir", str(folder), *options, "."]
    environment = os.environ | {"PYTHONPATH": str(selection.ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def test_a_merge_leaves_out_the_proof_and_runs_a_tenth_of_the_seeds(tmp_path: Path) -> None:
    printed = run_in(tmp_path)
    assert "test_whole" not in printed
    assert printed.count("test_seeds[") == 4
    assert "9 passed, 1 deselected" in printed


def test_the_proof_runs_everything(tmp_path: Path) -> None:
    printed = run_in(tmp_path, "--proof")
    assert printed.count("test_seeds[") == 40
    assert "46 passed" in printed


def test_a_check_leaves_out_long_tests_and_servers_and_refuses_connections(tmp_path: Path) -> None:
    printed = run_in(tmp_path, "--check")
    for name in ("test_whole", "test_with_a_server", "test_long", "test_with_a_provider"):
        assert name not in printed
    assert "`make check` uses no network, but this test connects to ('127.0.0.1', 9)" in printed
    assert "1 failed, 5 passed, 4 deselected" in printed


def ranked(paths: Sequence[str], recent: frozenset[str]) -> list[str]:
    return sorted(paths, key=lambda path: selection.rank(path, recent))


def test_tests_likely_to_fail_run_first() -> None:
    changed = "tests/semantic/test_cell.py"
    paths = [
        "tests/test_cases.py",
        changed,
        "tests/pages/boards/read/test_board.py",
        "tests/browser/test_home.py",
        selection.FIRST[0],
    ]
    assert ranked(paths, frozenset({changed})) == [
        selection.FIRST[0],
        changed,
        "tests/browser/test_home.py",
        "tests/pages/boards/read/test_board.py",
        "tests/test_cases.py",
    ]


def test_a_changed_module_brings_forward_the_tests_named_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_changed_files", lambda: ["semantic/sql/dialects/table.py", "docs/status.md"])
    assert selection.recently_changed() == {"tests/semantic/sql/dialects/test_table.py"}


def test_files_that_share_a_server_run_in_one_process_and_others_apart() -> None:
    assert selection.scope("tests/hostile/test_doors.py::test_a") == selection.scope(
        "tests/hostile/test_files.py::test_b"
    )
    assert selection.scope("tests/test_cases.py::test_a") != selection.scope("tests/answers/test_cell.py::test_a")
    assert selection.scope("tests/test_cases.py::test_a[1]") == selection.scope("tests/test_cases.py::test_b[2]")


def test_the_parts_of_a_long_proof_run_apart() -> None:
    parts = [f"tests/policies/test_tools_under_policies.py::test_a[{number}]" for number in range(20)]
    assert len({selection.scope(part) for part in parts}) == len(parts)


def test_every_path_named_in_selection_exists() -> None:
    places = {*selection.FIRST, *selection.THEN, *selection.TOGETHER, *selection.APART, *selection.NOT_IN_CHECK}
    assert [place for place in sorted(places) if not (selection.ROOT / place).exists()] == []


def test_a_failed_run_ends_with_a_command_that_runs_what_failed() -> None:
    failed = [f"tests/test_a.py::test_one[{name}]" for name in ("it's", "$HOME; rm")] + ["tests/b/test_b.py::test_two"]
    *shown, last = selection.how_to_run_again(failed)
    assert shown == ["3 failed:", *(f"  {nodeid}" for nodeid in failed), "Run only these:"]
    assert shlex.split(last) == ["make", "test", "TESTS=tests/test_a.py::test_one tests/b/test_b.py::test_two"]


def test_many_failures_are_rerun_by_file() -> None:
    failed = [f"tests/test_a.py::test_{number}" for number in range(30)]
    lines = selection.how_to_run_again(failed)
    assert lines[0] == "30 failed:"
    assert lines[21] == "  and 10 more"
    assert lines[-1] == "  make test TESTS='tests/test_a.py'"
