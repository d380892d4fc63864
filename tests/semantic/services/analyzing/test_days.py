"""Unusual days as an analysis like any other: saved, run by definition, replayed by receipt, on boards, and found on
the days on which an alert fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.alerts.alert import OutsideUsual
from semantic.analyses.events.definition import analysis_from_data, analysis_from_json
from semantic.boards.board import BoardState
from semantic.boards.data import board_from_data
from semantic.display.tokens import LIGHT
from semantic.errors import InvalidQuery, UnknownName, UnknownQuestion, UnknownReceipt
from semantic.services.analyzing.cost import UNKNOWN, cost_of
from semantic.services.analyzing.presentation import analysis_shown, analysis_title, analyzed_data
from semantic.services.analyzing.run import analyze, compiled_for, confirmed, start_analysis
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.receipts import replay, replay_data
from tests.semantic.services.alerts.alerts_world import BROKEN, DROP, World, alerts_world

DAYS: dict[str, Any] = {"kind": "anomalies", "metric": "revenue", "time": {"last": 30, "unit": "day"}}
ASKED = analysis_from_data(DAYS)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with alerts_world(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        yield opened


def found(world: World, name: str) -> Any:  # Any: what a search found
    return analyze(world.live.workspace(), ASKED.kind, ASKED.asked, world.actor(name))


def days_of(world: World, name: str) -> list[tuple[str, str]]:
    data = analyzed_data(found(world, name))
    return [(each["first"], each["side"]) for each in data["anomalies"]]


# Alerts and unusual days agree


@pytest.mark.parametrize(("name", "fires"), [("ana", True), ("dora", True), ("fred", False)])
def test_an_alert_and_a_search_name_the_same_day(world: World, name: str, fires: bool) -> None:
    """DE is broken on 28 August. Everyone who sees DE is notified, and finds only that day."""
    world.make("ana", name, alert=DROP)
    world.judge()
    fired = [run.period for run in world.runs(name) if run.outcome == "fired"]
    assert fired == ([BROKEN] if fires else [])
    assert days_of(world, name) == [(day.isoformat(), "below") for day in fired]


@pytest.mark.parametrize("sensitivity", ["low", "normal", "high"])
def test_an_alert_and_a_search_agree_at_each_sensitivity(world: World, sensitivity: Any) -> None:
    alert = replace(DROP, rule=OutsideUsual(sensitivity=sensitivity), apart_days=1, ends_after=1)
    preview = world.work("ana").preview(alert, days=30)
    asked = analysis_from_data(DAYS | {"sensitivity": sensitivity})
    searched = analyze(world.live.workspace(), asked.kind, asked.asked, world.actor("ana"))
    unusual = {each["first"] for each in analyzed_data(searched)["anomalies"]}
    assert {period.first.isoformat() for period in preview.replay.fired} == unusual == {BROKEN.isoformat()}


# As other analyses are


def test_unusual_days_are_asked_by_their_definition(world: World) -> None:
    pending = start_analysis(world.live.workspace(), ASKED.kind, ASKED.asked, world.actor("ana"))
    analyzed = confirmed(world.live.workspace(), pending.result())
    assert pending.done()
    data = analyzed_data(analyzed)
    assert data["analysis"] == DAYS | {"v": 1}
    assert data["sentence"].startswith("Revenue over 30 days: unusual once. 28 Aug 2026: €1,400")
    assert data["receipt"] == analyzed.receipt != ""
    assert analysis_title(analyzed) == "Unusual days: Revenue"
    shown = analysis_shown(analyzed)
    (chart,) = shown.charts(LIGHT)
    assert chart.figure is not None
    assert "Unusual: 28 Aug 2026." in chart.alt
    assert cost_of(world.live.workspace(), ASKED.kind, ASKED.asked, world.actor("ana")) == UNKNOWN
    with pytest.raises(InvalidQuery, match="no single statement"):
        compiled_for(world.live.workspace(), ASKED.kind, ASKED.asked, world.actor("ana"))


def test_hidden_metrics_and_rows_stay_hidden(world: World) -> None:
    with pytest.raises(UnknownName):
        found(world, "nora")
    assert "DE" in analyzed_data(found(world, "dora"))["scope"]


def test_searches_for_unusual_days_are_saved_opened_and_versioned(world: World) -> None:
    def work(name: str) -> SavedAnalyses:
        return SavedAnalyses(world.live.store, world.live.keys, world.live.workspace(), world.actor(name))

    saved = work("ana").save(ASKED, name="Odd days")
    opened = work("ana").open(saved)
    assert (opened.analysis, opened.head.kind, opened.head.metrics) == (ASKED, "anomalies", ("revenue",))
    changed = analysis_from_data(DAYS | {"sensitivity": "high"})
    assert work("ana").save_version(saved, changed, revision=opened.head.revision) == 2
    with pytest.raises(UnknownName):
        work("nora").save(ASKED, name="Not mine")
    with pytest.raises(UnknownQuestion):
        work("dora").open(saved)  # Ana's own


def test_a_receipt_runs_the_search_again(world: World) -> None:
    live = world.live
    analyzed = confirmed(live.workspace(), found(world, "ana"))
    again = replay(live, analyzed.receipt, world.actor("ana"))
    assert again.values == "equal"
    assert analysis_from_json(again.receipt.definition) == ASKED
    answer = replay_data(again)["answer"]
    assert isinstance(answer, dict)
    assert [each["first"] for each in answer["anomalies"]] == [BROKEN.isoformat()]
    with pytest.raises(UnknownReceipt):
        replay(live, analyzed.receipt, world.actor("dora"))


def test_a_receipt_says_that_the_data_has_changed(world: World, tmp_path: Path) -> None:
    analyzed = confirmed(world.live.workspace(), found(world, "ana"))
    world.live.workspace().connectors.close()
    with duckdb.connect(tmp_path / "data.duckdb") as connection:
        connection.execute("DELETE FROM orders WHERE day = DATE '2026-08-20' AND market = 'FR'")
    world.next_day()
    assert replay(world.live, analyzed.receipt, world.actor("ana")).values != "equal"


def test_a_tile_of_a_board_has_its_chart_and_follows_the_period(world: World) -> None:
    tile = {"id": "odd", "kind": "analysis", "analysis": DAYS}
    board = board_from_data({"title": "Shop", "rows": [{"tiles": [tile]}]})
    work = BoardWork(world.live.store, world.live.keys, world.live.workspace(), world.actor("ana"))
    (shown,) = answer_board(board, BoardState(), work, words="", link="https://x/").shown.tiles
    assert shown.analysis is not None
    assert shown.title == "Unusual days: Revenue"
    assert shown.finding.startswith("Revenue over 30 days: unusual once.")
    assert [chart.figure is not None for chart in shown.analysis.charts(LIGHT)] == [True]


def test_unusual_days_cannot_give_a_set_of_people() -> None:
    part = {"analysis": DAYS, "part": {}}
    with pytest.raises(InvalidQuery, match="no analysis of the kind 'anomalies'"):
        analysis_from_data({"kind": "funnel", "subject": "person", "steps": ["a", "b"], "of": part})
