"""Retiring a metric of the shop: what uses it, values by hand, and replacing it in each item, with an undo for each.

In March and April 2026, revenue is 310 + 2,235 = 2,545. Of this, desktops and the kiosk have 40 + 80 + 320 - 5 + 1,280
= 1,715.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from semantic.alerts.alert import Alert, Threshold
from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.errors import InvalidQuery, ModelError, NotAllowed
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Order, Previous, Query
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.boards import BoardWork
from semantic.services.drafts import open_edits, preview
from semantic.services.process import Live
from semantic.services.retiring.drafting import deprecate, with_deprecation
from semantic.services.retiring.work import HAS_DRAFT, Item, RetireWork
from semantic.services.saved_questions import SavedWork
from semantic.store.alerts.alerts import AlertRecipient, make_alert
from semantic.store.analyses.analyses import save_analysis
from semantic.store.analyses.versions import Definition
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.outbox.sends import SENDS
from semantic.store.people import subject_of
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import list_spaces
from tests.semantic.services.requests.test_requests import CARA
from tests.semantic.services.test_uploads import ANA, MIA, VIC, opened_live

SPRING = Between(date(2026, 3, 1), date(2026, 4, 30))
REVENUE = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=SPRING)
OLD, NEW = "revenue", "counter_revenue"


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = opened_live(str(tmp_path / "store.sqlite"), tmp_path)
    monkeypatch.setattr(opened, "people", lambda: {actor.id: actor for actor in (ANA, CARA, MIA)})
    yield opened
    opened.close()


def saved(live: Live, query: Query, actor: Actor, name: str, *, is_shared: bool = True) -> str:
    with live.store.write() as transaction:
        space = list_spaces(transaction.connection)[0].id if is_shared else ""
        return save_question(
            transaction, Content(query=query), actor, live.keys, name=name, sentence="", space=space
        )  # fmt: skip


def published(live: Live, *queries: Query) -> tuple[BoardWork, str]:
    tiles = tuple(
        Tile(id=f"t{place}", kind=TileKind.TABLE, title=f"Tile {place}", question=query)
        for place, query in enumerate(queries)
    )
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    with live.store.read() as connection:
        space = list_spaces(connection)[0].id
    board = work.make(Board(title="Shop", tabs=(Tab(rows=(Row(tiles=tiles),)),)), space=space)
    work.publish(board, work.draft(board).revision)
    return work, board


def query_of(live: Live, question: str) -> Query:
    return SavedWork(live.store, live.keys, live.workspace(), ANA).open(question).query


def by_title(items: tuple[Item, ...]) -> dict[str, Item]:
    return {item.title: item for item in items}


def test_everything_that_uses_a_metric_is_found_with_both_values(live: Live) -> None:
    saved(live, REVENUE, ANA, "By channel")
    saved(live, Query(metrics=("cost",)), ANA, "Ads")
    published(live, REVENUE, Query(metrics=("cost",)), replace(REVENUE, by=()))
    found = RetireWork(live, ANA).retiring(OLD, NEW)
    items = by_title(found.items)
    assert set(items) == {"By channel", "Shop"}
    assert items["Shop"].tiles == ("Tile 0", "Tile 2")
    assert [item.why_not for item in found.items] == ["", ""]
    values = items["By channel"].values
    assert values is not None
    assert ("2,545" in values.old, "1,715" in values.new, values.is_same) == (True, True, False)
    assert (found.private, found.alerts, found.others, found.not_compared) == (0, 0, 0, 0)


def test_looking_at_a_metric_does_not_count_as_usage(live: Live) -> None:
    saved(live, REVENUE, ANA, "By channel")
    RetireWork(live, ANA).retiring(OLD, NEW)
    live.recorder.flush()
    with live.store.read() as connection:
        assert "question.asked" not in {entry.kind for entry in read_entries(connection, live.keys)}


def test_items_are_switched_with_a_version_each_and_undone(live: Live) -> None:
    question = saved(live, REVENUE, ANA, "By channel")
    work, board = published(live, REVENUE, Query(metrics=("cost",), time=SPRING))
    retire = RetireWork(live, ANA)
    done = retire.switch(retire.retiring(OLD, NEW).switchable, OLD, NEW)
    assert [(one.problem, one.before, one.version) for one in done] == [("", 1, 2), ("", 1, 2)]
    assert query_of(live, question) == replace(REVENUE, metrics=(NEW,))
    tiles = [tile.question for tile in work.published(board).board.tiles]
    assert tiles == [replace(REVENUE, metrics=(NEW,)), Query(metrics=("cost",), time=SPRING)]
    assert retire.retiring(OLD, NEW).items == ()
    for one in done:
        retire.undo(one, OLD)
    assert query_of(live, question) == REVENUE
    assert work.published(board).board.tiles[0].question == REVENUE
    with pytest.raises(InvalidQuery, match="since then"):
        retire.undo(done[0], OLD)
    with live.store.read() as connection:
        said = [sentence(entry) for entry in read_entries(connection, live.keys)]
    assert any("replaced revenue with Counter revenue in 2 items" in each for each in said)


FUNNEL: dict[str, Any] = {
    "kind": "funnel", "subject": "customer", "steps": [OLD, "order_count"],
    "where": {"dim": "channel", "op": "in", "values": ["DE"]},
}  # fmt: skip
INNER: dict[str, Any] = {"kind": "funnel", "subject": "customer", "steps": ["order_count", OLD]}
SET: dict[str, Any] = FUNNEL | {
    "steps": ["order_count", "order_count"], "of": {"analysis": INNER, "part": {"reached": 2}},
}  # fmt: skip


def kept(live: Live, data: dict[str, Any], actor: Actor, name: str) -> str:
    work = SavedAnalyses(live.store, live.keys, live.workspace(), actor)
    with live.store.read() as connection:
        space = list_spaces(connection)[0].id
    return work.save(analysis_from_data(data), name=name, sentence="On Mondays", space=space)


def test_analyses_and_their_tiles_are_switched_and_can_be_undone(live: Live) -> None:
    shared, inner = kept(live, FUNNEL, ANA, "Shared"), kept(live, SET, ANA, "Of a set")
    kept(live, FUNNEL | {"steps": ["order_count", "order_count"]}, ANA, "Without it")
    hers = Definition(text=analysis_from_data(FUNNEL).text, kind="funnel", metrics=(OLD, "order_count"))
    with live.store.write() as transaction:
        save_analysis(transaction, hers, MIA, live.keys, name="Mia's own", sentence="", space="")
    tile = Tile(id="t0", kind=TileKind.ANALYSIS, title="Funnel", analysis=analysis_from_data(FUNNEL).text)
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    with live.store.read() as connection:
        space = list_spaces(connection)[0].id
    board = work.make(Board(title="Shop", tabs=(Tab(rows=(Row(tiles=(tile,)),)),)), space=space)
    work.publish(board, work.draft(board).revision)
    retire, saves = RetireWork(live, ANA), SavedAnalyses(live.store, live.keys, live.workspace(), ANA)
    found = retire.retiring(OLD, NEW)
    assert {(item.kind, item.title, item.why_not) for item in found.items} == {
        ("analysis", "Shared", ""), ("analysis", "Of a set", ""), ("board", "Shop", ""),
    }  # fmt: skip
    assert found.private == 1
    done = retire.switch(found.switchable, OLD, NEW)
    assert {one.problem for one in done} == {""}
    switched = analysis_from_data(FUNNEL | {"steps": [NEW, "order_count"]})
    assert saves.open(shared).analysis == switched
    assert saves.open(inner).analysis.data["of"]["analysis"]["steps"][1] == {"metric": NEW}
    assert work.published(board).board.tiles[0].analysis == switched.text
    assert retire.retiring(OLD, NEW).items == ()
    for one in done:
        retire.undo(one, OLD)
    assert saves.open(shared).analysis == analysis_from_data(FUNNEL)
    assert work.published(board).board.tiles[0].analysis == tile.analysis


def test_an_analysis_that_uses_both_metrics_is_left_to_its_owner(live: Live) -> None:
    kept(live, FUNNEL | {"steps": [OLD, NEW]}, ANA, "Both")
    (item,) = RetireWork(live, ANA).retiring(OLD, NEW).items
    assert "already" in item.why_not


def test_an_item_that_cannot_be_switched_says_why(live: Live) -> None:
    ordered = replace(REVENUE, compare=(Previous(),), order=(Order("revenue_previous"),))
    saved(live, ordered, ANA, "By change")
    saved(live, replace(REVENUE, metrics=(OLD, NEW)), ANA, "Both")
    work, board = published(live, REVENUE)
    opened = work.draft(board)
    work.keep_draft(board, opened.board, opened.revision)
    reasons = {item.title: item.why_not for item in RetireWork(live, ANA).retiring(OLD, NEW).items}
    assert "order" in reasons["By change"]
    assert "already" in reasons["Both"]
    assert reasons["Shop"] == HAS_DRAFT
    assert {item.why_not for item in RetireWork(live, ANA).retiring(OLD).items} == {"Choose a successor.", HAS_DRAFT}


def test_private_work_is_counted_and_its_owners_notified_once_a_day(live: Live) -> None:
    mine = saved(live, REVENUE, CARA, "Secret plans", is_shared=False)
    with live.store.write() as transaction:
        owner = subject_of(transaction, MIA.id, MIA.name)
        alert = Alert(metric=OLD, rule=Threshold(side="above", value=1.0))
        make_alert(transaction, live.keys, alert, [AlertRecipient("person", owner)], MIA)
    retire = RetireWork(live, ANA)
    found = retire.retiring(OLD, NEW)
    assert (found.items, found.private, found.alerts, found.others) == ((), 1, 1, 2)
    assert "Secret" not in repr(found)
    assert retire.tell(OLD, NEW, date(2027, 1, 1)) == 2
    assert retire.tell(OLD, NEW, date(2027, 1, 1)) == 0
    with live.store.read() as connection:
        assert sorted(connection.execute(select(SENDS.c.kind)).scalars()) == ["notice", "notice"]
    assert retire.switch([], OLD, NEW) == []
    assert SavedWork(live.store, live.keys, live.workspace(), CARA).open(mine).query == REVENUE


def test_retiring_is_blocked_if_people_would_lose_their_numbers(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(live, REVENUE, ANA, "By channel")
    retire = RetireWork(live, ANA)
    real = type(live.workspace()).visible

    class Fewer:
        metrics = (live.workspace().visible(ANA).metric(OLD),)

    monkeypatch.setattr(
        type(live.workspace()), "visible", lambda self, actor: Fewer if actor is CARA else real(self, actor)
    )
    found = retire.retiring(OLD, NEW)
    assert found.losing == 1
    assert "no access" in found.items[0].why_not
    assert retire.switch(found.items, OLD, NEW)[0].problem


def test_only_stewards_who_see_a_metric_can_retire_it(live: Live) -> None:
    for who in (MIA, VIC, CARA, replace(ANA, viewed_by="admin")):
        work = RetireWork(live, who)
        assert not work.may_retire(OLD)
        with pytest.raises(NotAllowed):
            work.retiring(OLD, NEW)
        with pytest.raises(NotAllowed):
            work.switch([], OLD, NEW)
        with pytest.raises(NotAllowed):
            work.tell(OLD, NEW, None)
        with pytest.raises(NotAllowed):
            deprecate(live, work, OLD, date(2027, 1, 1), NEW, "x")
    with pytest.raises(NotAllowed):
        RetireWork(live, ANA).retiring("no_such_metric", NEW)


def test_a_deprecation_goes_into_the_draft_and_says_what_replaces_it(live: Live) -> None:
    today = live.workspace().today()
    deprecate(live, RetireWork(live, ANA), OLD, today + timedelta(days=7), NEW, "Counted twice")
    edits = open_edits(live, ANA)
    assert edits.changed() == {(ObjectKind.METRIC, OLD): "changed"}
    metric = preview(live.workspace(), edits).model.metrics[OLD]
    assert metric.deprecated is not None
    assert (metric.deprecated.since, metric.deprecated.replaced_by, metric.deprecated.reason) == (
        today + timedelta(days=7), NEW, "Counted twice",
    )  # fmt: skip
    assert live.workspace().model.metrics[OLD].deprecated is None  # until it's published
    deprecate(live, RetireWork(live, ANA), OLD, today, NEW, "Another reason")
    metric = preview(live.workspace(), open_edits(live, ANA)).model.metrics[OLD]
    assert metric.deprecated is not None
    assert metric.deprecated.reason == "Another reason"
    for reason, successor in (("  ", NEW), ("x", OLD)):
        with pytest.raises(InvalidQuery):
            deprecate(live, RetireWork(live, ANA), OLD, today, successor, reason)


@pytest.mark.parametrize(
    "text",
    [
        "# Sales\nname: a # short\ndeprecated: {since: 2026-01-01, reason: Old}\nmeasure: b.c\n",
        "# Sales\nname: a # short\nmeasure: b.c\ndescription: |\n  Long\n  text\n",
        "{name: a, # short\n measure: b.c, deprecated: {since: 2026-01-01, reason: Old}} # Sales",
    ],
)
def test_a_deprecation_leaves_comments_and_everything_else_unchanged(text: str) -> None:
    written = with_deprecation(text, date(2026, 12, 31), "d", "Twice: see b")
    assert "# short" in written
    assert "Sales" in written
    before, after = yaml.safe_load(text), yaml.safe_load(written)
    assert after.pop("deprecated") == {"since": date(2026, 12, 31), "replaced_by": "d", "reason": "Twice: see b"}
    assert after == {key: value for key, value in before.items() if key != "deprecated"}


def test_a_metric_whose_text_cannot_be_read_is_not_deprecated() -> None:
    with pytest.raises(ModelError):
        with_deprecation("name: [a", date(2026, 12, 31), "", "Twice")
