"""The tests that a run includes, and their order.

    pytest --check    quick tests that need no browser, server or network: `make check`
    pytest            everything, with a sample of long repetitions: `make test`
    pytest --proof    everything in full: `make proof`

The tests most likely to fail run first: last time's failures, the structure of the code, what changed in the last
commits or the working tree, then browser tests, pages and the rest.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[1]

FIRST = ("tests/repository/test_names.py", "tests/repository/test_layers.py", "tests/repository/test_house.py")
"""Files that take only seconds and are the first to notice an incomplete change."""
THEN = (
    "tests/browser/",
    "tests/pages/",
    "tests/hostile/",
    "tests/repository/test_docs.py",
    "tests/surfaces/",
    "tests/semantic/store/",
)
"""Suites that run after the changed tests.

Suites with the longest files come first, so that short files fill the gaps at the end.
"""
STARTED = frozenset({"provider", "server", "chromium"})
"""Fixtures that start a process. `make check` leaves out the tests that use them."""
TOGETHER = ("tests/surfaces/", "tests/hostile/")
"""Suites whose files share a server or company that is expensive to set up. Each suite runs in one process."""
APART = (
    "tests/policies/test_letters_under_policies.py",
    "tests/policies/test_random_policies.py",
    "tests/policies/test_tools_under_policies.py",
)
"""Long files whose tests share nothing. Each test runs in any free process."""
COMMITS = 10
"""How many of the latest commits count as recent."""

NOT_IN_CHECK = (
    "tests/browser/",
    "tests/hostile/",
    "tests/surfaces/",
    "tests/semantic/boards/test_templates.py",
    "tests/connectors/test_demo_load.py",
    "tests/pages/govern/access/test_page.py",
    "tests/pages/govern/definitions/test_page.py",
    "tests/pages/govern/definitions/test_synced.py",
    "tests/semantic/test_at_random.py",
    "tests/semantic/plan/measures/test_currency_at_random.py",
    "tests/semantic/interop/dbt/test_exporting.py",
    "tests/semantic/marketing/test_definitions_by_hand.py",
    "tests/semantic/demo/test_company.py",
    "tests/semantic/demo/test_integrity.py",
    "tests/semantic/commands/test_interchange.py",
    "tests/semantic/plan/measures/test_kinds_at_random.py",
    "tests/semantic/marketing/test_marketing.py",
    "tests/semantic/marketing/test_by_hand.py",
    "tests/semantic/run/test_model_cache.py",
    "tests/answers/test_invariants.py",
    "tests/policies/test_random_policies.py",
    "tests/answers/test_rewrites.py",
    "tests/repository/test_setup.py",
)
"""Suites that `make check` leaves out: they start servers or browsers, read a demo company, write a model for other
tools, try hostile text, search at random, or take a second of CPU per test.
"""


def add_options(parser: pytest.Parser) -> None:
    parser.addoption("--check", action="store_true", help="leave out tests that are long or need a server (make check)")
    parser.addoption("--proof", action="store_true", help="run long repetitions in full (make proof)")


def add_marks(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proof: runs only in `make proof`")
    config.addinivalue_line("markers", "server: starts a server or a process; not part of `make check`")
    config.addinivalue_line("markers", "long: takes more than a few seconds; not part of `make check`")


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that aren't in this run, and sort the rest."""
    leave_out = [item for item in items if not _is_included(item, config)]
    if leave_out:
        config.hook.pytest_deselected(items=leave_out)
        items[:] = [item for item in items if _is_included(item, config)]
    ranked = partial(rank, recent=recently_changed())
    ranks = {path: ranked(path) for path in dict.fromkeys(_path(item) for item in items)}
    items.sort(key=lambda item: ranks[_path(item)])


def _is_included(item: pytest.Item, config: pytest.Config) -> bool:
    if not config.option.proof and item.get_closest_marker("proof"):
        return False
    if not config.option.check:
        return True
    marked = item.get_closest_marker("server") or item.get_closest_marker("long")
    starts = STARTED & set(getattr(item, "fixturenames", ()))
    return not (marked or starts or _path(item).startswith(NOT_IN_CHECK))


def _path(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def rank(path: str, recent: frozenset[str]) -> tuple[int, int]:
    """Return a test file's position in the run. Files with the same position keep their order."""
    if path in FIRST:
        return 0, FIRST.index(path)
    if path in recent:
        return 1, 0
    place = next((place for place, start in enumerate(THEN) if path.startswith(start)), len(THEN))
    return 2, place


def recently_changed() -> frozenset[str]:
    """Return the test files that recent commits or the working tree change, and those named after a changed module."""
    changed = [Path(line) for line in _changed_files() if line.endswith(".py")]
    names = {f"test_{path.stem.removeprefix('test_')}.py" for path in changed}
    return frozenset(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/test_*.py") if path.name in names)


def _changed_files() -> Iterable[str]:
    for command in (["log", f"--max-count={COMMITS}", "--name-only", "--format="], ["diff", "--name-only", "HEAD"]):
        try:
            ran = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False)
        except FileNotFoundError:  # an unpacked archive on a machine without git
            return
        yield from ran.stdout.split()


class Scheduling(LoadFileScheduling):
    """Distributes tests over processes, but keeps together the tests of most files, and files that share a server."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """Return what stays in one process: the whole suite if it's in TOGETHER, only the test if its file is in APART, and
    otherwise the file.
    """
    path = nodeid.partition("::")[0]
    return nodeid if path in APART else next((suite for suite in TOGETHER if path.startswith(suite)), path)


# What `make check` promises


def forbid_network(config: pytest.Config) -> None:
    """With `--check`, fail a test that opens a network connection, and say what to do."""
    if config.option.check:
        sys.addaudithook(_refuse_connections)


def _refuse_connections(event: str, arguments: Sequence[object]) -> None:
    if event == "socket.connect" and isinstance(arguments[0], socket.socket) and arguments[0].family != socket.AF_UNIX:
        raise AssertionError(
            f"`make check` uses no network, but this test connects to {arguments[1]}. Mark it `server` to run it "
            "in `make test` instead."
        )


# Failed tests, and how to run them again


def how_to_run_again(failed: Sequence[str]) -> list[str]:
    """Return the last lines to print when these tests failed."""
    tests = list(dict.fromkeys(nodeid.partition("[")[0] for nodeid in failed))
    files = list(dict.fromkeys(nodeid.partition("::")[0] for nodeid in tests))
    shown = tests if len(tests) <= 8 else files
    lines = [f"{len(failed)} failed:", *(f"  {nodeid}" for nodeid in failed[:20])]
    if len(failed) > 20:
        lines.append(f"  and {len(failed) - 20} more")
    return [*lines, "Run only these:", f"  make test TESTS='{' '.join(shown)}'"]
