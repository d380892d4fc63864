"""Rules for every test run: all suites run, the browser is installed, and generated examples are the same each time."""

import importlib
import os
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests import engines, proof, selection

TESTS = Path(__file__).parent
MAIN = sys.modules["__main__"]

# A run of everything fails unless each of these ran at least one test. A new suite gets its line here.
SUITES = (
    "tests/semantic/",
    "tests/connectors/",
    "tests/pages/",
    "tests/browser/",
    "tests/semantic/boards/",
    "tests/hostile/",
    "tests/star/",
    "tests/semantic/store/",
    "tests/surfaces/",
    "tests/test_cases.py",
    "tests/answers/test_support.py",
    "tests/answers/test_cell.py",
    "tests/answers/test_records.py",
    "tests/answers/test_invariants.py",
    "tests/policies/test_hidden_rows.py",
    "tests/policies/test_random_policies.py",
    "tests/answers/test_golden.py",
    "tests/answers/test_rewrites.py",
    "tests/repository/test_deploy.py",
    "tests/repository/test_docs.py",
    "tests/repository/test_proven.py",
    "tests/repository/test_house.py",
    "tests/repository/test_setup.py",
    "tests/repository/test_layers.py",
)
# The outside cases aren't part of the project: their suite runs if SAMEPAGE_CONFORMANCE names their folder.
OUTSIDE = "SAMEPAGE_CONFORMANCE"
OUTSIDE_SUITES = ("tests/conformance/",) if os.environ.get(OUTSIDE) else ()
NEEDS_BROWSER = "tests/browser/"
NEED_PROXY = (
    "tests/browser/serving/test_two_processes.py",
    "tests/browser/serving/test_proxy.py",
    "tests/browser/serving/test_sign_in_deployed.py",
)

settings.register_profile("same_each_time", derandomize=True, deadline=None, database=None)
settings.load_profile("same_each_time")

ran: Counter[str] = Counter()
missing: list[str] = []
failed: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew from what is emitted now")
    parser.addoption("--engines", default="duckdb,postgres", help="the engines to test, with commas between")
    selection.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    proof.is_whole = config.option.proof
    selection.add_marks(config)
    selection.forbid_network(config)
    if hasattr(config, "workerinput"):
        _import_spark()
    # Tests save nowhere near the saved work of the person who runs them. The name, which pages show, has no underscore:
    # tests take words with one for internal names.
    folder = Path(tempfile.gettempdir()) / f"samepage-tests-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {"SAMEPAGE_STORE": str(folder / "store.sqlite"), "SAMEPAGE_AUDIT_KEY_FILE": str(folder / "audit.key")}
    config.addinivalue_line("markers", "gap(engine, whose, why): this engine cannot do it; ours, theirs or never")


def _import_spark() -> None:
    """Import Spark's client now, because it mistakes a main module without a file for a run of its own doctests."""
    main = sys.modules["__main__"]
    main.__file__ = __file__
    try:
        importlib.import_module("pyspark.sql.connect")
    finally:
        del main.__file__  # processes that tests start would run it


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Restore the main module.

    A tested page replaces it, and processes that a later test starts would run that page.
    """
    yield
    sys.modules["__main__"] = MAIN


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `engine_name` once for each requested engine."""
    if "engine_name" in metafunc.fixturenames:
        metafunc.parametrize("engine_name", engines.marked(metafunc), scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    selection.choose(config, items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> selection.Scheduling:
    return selection.Scheduling(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop before the first test if an engine is missing, or the browser for browser tests."""
    if session.config.option.collectonly:
        return
    engines.stop_without(session.items)
    if not any(item.nodeid.startswith(NEEDS_BROWSER) for item in session.items):
        return
    stop_without_proxy(session)
    browser = os.environ.get("SAMEPAGE_BROWSER", "")
    if not os.access(browser, os.X_OK):
        text = f"SAMEPAGE_BROWSER is {browser!r}, which is not there" if browser else "SAMEPAGE_BROWSER is not set"
        raise pytest.UsageError(
            f"The browser tests need Chromium, and {text}. Run `make test`, which finds or installs it, "
            "or set SAMEPAGE_BROWSER=/path/to/chromium."
        )


def stop_without_proxy(session: pytest.Session) -> None:
    """Stop if nginx is missing, or the database server of a store that two processes share."""
    asked = {item.nodeid.partition("::")[0] for item in session.items} & set(NEED_PROXY)
    if not asked or (os.access(os.environ.get("SAMEPAGE_NGINX", ""), os.X_OK) and os.environ.get("SAMEPAGE_POSTGRES")):
        return
    raise pytest.UsageError(
        f"{' and '.join(sorted(asked))} need nginx (SAMEPAGE_NGINX) and PostgreSQL (SAMEPAGE_POSTGRES). Run "
        '`make test`, which brings both, or: export SAMEPAGE_NGINX="$(sh deploy/setup.sh proxy)" '
        'SAMEPAGE_POSTGRES="$(sh deploy/postgres.sh start)"'
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record failures, and count the tests that ran, except those skipped or failed in set-up."""
    if report.failed and report.nodeid not in failed:
        failed.append(report.nodeid)
    if report.when == "call" and not report.skipped:
        ran.update(suite for suite in (*SUITES, *OUTSIDE_SUITES) if report.nodeid.startswith(suite))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Fail a full run in which a suite didn't run. End any failed run with the command that reruns the failures."""
    if hasattr(session.config, "workerinput"):
        return (yield)
    _fail_without_suites(session, exitstatus)
    yield
    if failed:
        print("\n".join(selection.how_to_run_again(failed)))


def _fail_without_suites(session: pytest.Session, exitstatus: int) -> None:
    ended = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}
    if exitstatus in ended and is_whole(session):
        missing.extend(suite for suite in (*SUITES, *OUTSIDE_SUITES) if not ran[suite])
    if missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the suites that didn't run, and report if the outside cases were missing."""
    if not os.environ.get(OUTSIDE):
        terminalreporter.write_line(f"The outside cases were not there: {OUTSIDE} names no folder.")
    if missing:
        terminalreporter.write_line(f"These suites ran no test, so the run fails: {', '.join(missing)}.", red=True)


def is_whole(session: pytest.Session) -> bool:
    """Return whether the run included everything, rather than some files or names, and didn't end early."""
    config = session.config
    option = config.option
    ways = ("keyword", "markexpr", "deselect", "collectonly", "ignore", "ignore_glob", "check", "lf", "stepwise")
    narrowed = any(getattr(option, way, None) for way in ways)
    asked = {(config.invocation_params.dir / argument).resolve() for argument in config.args}
    ended_early = session.shouldstop or session.shouldfail
    return bool(asked & {TESTS, TESTS.parent}) and not narrowed and not ended_early
