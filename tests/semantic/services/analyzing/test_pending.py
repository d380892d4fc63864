"""Analyses in progress: their cost is shown first, they can be watched and cancelled, and they have a limit."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.compile import CompiledEvents, compile_events
from semantic.analyses.events.definition import analysis_from_data
from semantic.analyses.unusual.question import read_unusual
from semantic.errors import Cancelled, GroupTooSmall, InvalidQuery, TimedOut, UnknownName
from semantic.policy.actor import Actor
from semantic.run.execute import Ticket
from semantic.services.analyzing import anomalies, complements, cost
from semantic.services.analyzing.cost import UNKNOWN, cost_of
from semantic.services.analyzing.pending import Stop
from semantic.services.analyzing.run import analyze, start_analysis
from semantic.services.analyzing.start import start_any
from tests.semantic.analyses.events.logged import TODAY, LoggedWorkspace, make_log, open_at, open_log
from tests.waiting import until

FUNNEL = EVENT_KINDS["funnel"]
STEPS = {"subject": "person", "steps": ["views", "carts", "checkouts"], "attempt": "best"}
ASKED = FUNNEL.read(STEPS)
MANY = """
DROP TABLE actions;
CREATE VIEW actions AS SELECT 'k' || i AS id, 'p' || (i % 9000000) AS person, 's' AS session,
    chr(97 + CAST(i % 4 AS INT)) AS act, TIMESTAMPTZ '2026-03-02 00:00:00+00' + to_seconds(i % 100000) AS moment,
    'phone' AS device, 'apple' AS product, 'DE' AS market FROM range(60000000) AS r(i);
"""
"""More actions than can be analyzed within a test."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("many")
    open_log(made, [], MANY).close()
    return made


@pytest.fixture
def large(folder: Path) -> Iterator[LoggedWorkspace]:
    opened = open_at(f"duckdb://{folder / 'log.duckdb'}?memory_limit=1GB", folder)
    yield opened
    opened.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path, make_log(3, people=40))
    yield opened
    opened.close()


def test_a_long_run_is_watched_and_cancelled(large: LoggedWorkspace) -> None:
    pending = start_analysis(large, FUNNEL, ASKED, large.people["ana"])
    until(lambda: pending.progress().state == "running")
    assert not pending.done()
    assert pending.progress().elapsed_seconds >= 0
    pending.leave()
    assert pending.done()
    with pytest.raises(Cancelled):
        pending.result()
    until(lambda: large.runner.load() == (0, 0))  # the engine has stopped, not only the wait


def test_an_abandoned_run_stops_too(large: LoggedWorkspace) -> None:
    pending = start_analysis(large, FUNNEL, ASKED, large.people["ana"])
    until(lambda: large.runner.load()[0] > 0)
    del pending  # a closed page
    until(lambda: large.runner.load() == (0, 0))


def test_a_run_that_two_people_wait_for_continues_for_the_second(small: LoggedWorkspace) -> None:
    first, second = (start_analysis(small, FUNNEL, ASKED, small.people["ana"]) for _ in range(2))
    first.leave()
    assert second.result().found.whole.counts[0]
    with pytest.raises(Cancelled):
        first.result()


def test_analyses_have_their_own_limit(large: LoggedWorkspace) -> None:
    large.engines.analysis_limits = replace(large.engines.limits, timeout_seconds=0.2)
    with pytest.raises(TimedOut, match=r"0\.2 seconds"):
        analyze(large, FUNNEL, ASKED, large.people["ana"])


def test_an_invalid_analysis_is_refused_at_once(large: LoggedWorkspace) -> None:
    with pytest.raises(UnknownName):
        start_analysis(large, FUNNEL, FUNNEL.read({**STEPS, "steps": ["views", "nothing"]}), large.people["ana"])
    with pytest.raises(InvalidQuery):
        start_analysis(large, FUNNEL, FUNNEL.read({**STEPS, "steps": ["views", "cart_rate"]}), large.people["ana"])


def test_a_kind_whose_words_do_not_mark_estimates_has_no_samples(small: LoggedWorkspace) -> None:
    asked, seen = FUNNEL.read({**STEPS, "sample": 0.1}), small.visible(small.people["ana"])
    unmarked = replace(FUNNEL, tells_samples=False)
    with pytest.raises(InvalidQuery, match="Funnel can't be estimated from a sample yet"):
        compile_events(unmarked, asked, seen, lambda _: small.dialect, today=TODAY)


# Cost


def test_the_rows_of_each_table_are_counted_once(small: LoggedWorkspace) -> None:
    with duckdb.connect(small.settings.data, read_only=True) as connection:
        rows = sum(connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in ("actions", "letters"))
    asked = FUNNEL.read({"subject": "person", "steps": ["views", "carts", "letters", "acts"]})
    found = cost_of(small, FUNNEL, asked, small.people["ana"])
    assert (found.rows, found.asks) == (rows, False)
    assert found.words == f"This reads about {rows} rows and takes a few seconds."


def test_only_people_who_see_all_rows_see_the_cost(small: LoggedWorkspace) -> None:
    assert cost_of(small, FUNNEL, ASKED, small.people["dora"]) == UNKNOWN


def test_an_expensive_analysis_asks_first(small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = small.people["ana"]
    monkeypatch.setattr(small, "table_rows", {"actions": 40_000_000})
    monkeypatch.setattr(cost, "_PACES", {"duckdb": 200_000})
    found = cost_of(small, FUNNEL, ASKED, actor)
    assert (found.asks, found.words) == (True, "This reads about 40 million rows and takes about 3 minutes.")
    sampled = cost_of(small, FUNNEL, FUNNEL.read({**STEPS, "sample": 0.01}), actor)
    assert (sampled.rows, sampled.asks) == (40_000_000, False)
    monkeypatch.setattr(small, "table_rows", {})
    assert cost_of(small, FUNNEL, ASKED, actor) == UNKNOWN


def test_earlier_runs_predict_how_long_the_next_takes(small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = small.people["ana"]
    monkeypatch.setattr(small, "table_rows", {"actions": 2_000_000})
    before = cost_of(small, FUNNEL, ASKED, actor).seconds
    analyze(small, FUNNEL, ASKED, actor)  # a few rows, which the engine is believed to have had two million of
    after = cost_of(small, FUNNEL, ASKED, actor).seconds
    assert before is not None
    assert after is not None
    assert after < before


# Sets, where small groups are hidden

LOST = {"part": {"reached": 1, "not": 2}, "analysis": {"kind": "funnel", **STEPS, "steps": ["views", "carts"]}}
OF_LOST = FUNNEL.read({**STEPS, "of": LOST})
SLOW = "SELECT count(DISTINCT i % 9000000) FROM range(60000000000) AS r(i)"
"""More actions than the engine can count within a test."""


def test_the_checks_of_a_set_are_part_of_the_cost(small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gus can't see small groups, so the people who reached carts, and everyone who isn't in the funnel, are checked,
    too.

    All of these read the actions of the analysis and of the cohort.
    """
    monkeypatch.setattr(small, "table_rows", {"actions": 1_000})
    assert cost_of(small, FUNNEL, OF_LOST, small.people["ana"]).rows == 2_000
    found = cost_of(small, FUNNEL, OF_LOST, small.people["gus"])
    words = "This reads about 6,000 rows and takes a few seconds, including 2 checks that no small group is revealed."
    assert (found.rows, found.words) == (6_000, words)
    inner = {"part": {"reached": 2}, "analysis": {"kind": "funnel", **STEPS, "of": LOST}}
    nested = FUNNEL.read({**STEPS, "steps": ["views", "acts"], "of": inner})
    assert cost_of(small, FUNNEL, nested, small.people["ana"]).rows == 3_000
    twice = {"compare": [{"to": "previous"}], "time": {"from": "2026-03-10", "to": "2026-03-12"}}
    both = cost_of(small, FUNNEL, FUNNEL.read({**STEPS, **twice, "of": LOST}), small.people["gus"])
    assert (both.rows, "including 4 checks" in both.words) == (12_000, True)


def test_the_explanation_of_a_step_costs_two_profiles(small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each profile reads its own actions and those of its two cohorts."""
    monkeypatch.setattr(small, "table_rows", {"actions": 1_000})
    assert cost_of(small, CHANGE.kind, CHANGE.asked, small.people["ana"]).rows == 6_000


CHANGE = analysis_from_data({
    "kind": "step_change", "v": 1, "step": 2, "by": ["device"], "time": {"from": "2026-03-10", "to": "2026-03-12"},
    "funnel": {"kind": "funnel", "v": 1, "subject": "person", "steps": ["views", "carts"], "within": "1 day"},
})  # fmt: skip


@pytest.fixture
def slow_checks(small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The checks that were started. They take a long time."""
    begun = list[str]()

    def submitted(workspace: Any, compiled: CompiledEvents, actor: Actor) -> Ticket:
        begun.append(compiled.statement.sql)
        statement = replace(compiled.statement, sql=f"{SLOW} -- {len(begun)}", params=())
        return workspace.engines.submit(statement, workspace.engines.versions_of(compiled.datasets), actor.id)

    monkeypatch.setattr(complements, "_submitted", submitted)
    return begun


def test_the_checks_of_a_set_are_watched_and_cancelled(small: LoggedWorkspace, slow_checks: list[str]) -> None:
    pending = start_analysis(small, FUNNEL, OF_LOST, small.people["gus"])
    until(lambda: not pending.done() and len(slow_checks) == 2 and small.runner.load()[0] > 0)
    until(lambda: pending.progress().fraction is not None)
    assert (pending.progress().state, pending.progress().fraction) == ("running", 0.0)
    pending.leave()
    assert pending.done()
    with pytest.raises(Cancelled):
        pending.result()
    until(lambda: small.runner.load() == (0, 0))
    assert len(slow_checks) == 2  # none was begun after that


def test_the_checks_of_a_closed_page_stop_too(small: LoggedWorkspace, slow_checks: list[str]) -> None:
    page = [start_analysis(small, FUNNEL, OF_LOST, small.people["gus"])]
    until(lambda: not page[0].done() and small.runner.load()[0] > 0 and len(slow_checks) == 2)
    page.clear()
    until(lambda: small.runner.load() == (0, 0))


def test_someone_waiting_in_a_shell_can_cancel_the_checks(small: LoggedWorkspace, slow_checks: list[str]) -> None:
    """`result` does the work in the calling thread, unless another thread is already doing it."""
    pending = start_analysis(small, FUNNEL, OF_LOST, small.people["gus"])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pending.result)
        until(lambda: len(slow_checks) == 2 and small.runner.load()[0] > 0)
        pending.leave()
        with pytest.raises(Cancelled):
            waiting.result()
    until(lambda: small.runner.load() == (0, 0))


def test_watched_checks_give_the_same_answer(small: LoggedWorkspace) -> None:
    watched = start_analysis(small, FUNNEL, FUNNEL.read(STEPS), small.people["gus"])
    until(watched.done)
    assert watched.result().found == analyze(small, FUNNEL, FUNNEL.read(STEPS), small.people["gus"]).found
    refused = start_analysis(
        small, FUNNEL, FUNNEL.read({**STEPS, "of": {**LOST, "part": {"reached": 2}}}), small.people["gus"]
    )
    until(refused.done)
    with pytest.raises(GroupTooSmall):
        refused.result()


def test_the_explanation_of_a_step_can_be_cancelled_while_it_runs(large: LoggedWorkspace) -> None:
    pending = start_any(large, CHANGE, large.people["ana"])
    until(lambda: large.runner.load()[0] > 0)
    assert not pending.done()
    pending.leave()
    assert pending.done()
    with pytest.raises(Cancelled):
        pending.result()
    until(lambda: large.runner.load() == (0, 0))


def test_a_cancelled_search_for_unusual_days_asks_nothing_more(
    small: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It's cancelled after its first question, so it doesn't ask for the members of its breakdown, and isn't
    recorded.
    """
    asked, stop = list[str](), Stop()

    def ask(*of: Any, **more: Any) -> Any:
        asked.append("days")
        stop.set()
        return real(*of, **more)

    real = anomalies.ask
    monkeypatch.setattr(anomalies, "ask", ask)
    monkeypatch.setattr(anomalies, "_members", lambda *_: asked.append("members"))
    question = read_unusual({"metric": "views", "time": {"last": 10, "unit": "day"}, "by": "device"})
    with pytest.raises(Cancelled):
        anomalies.search(small, question, small.people["ana"], stop=stop)
    assert asked == ["days"]
