"""Funnels, retention and paths over retentioneering's made-up shop log equal figures that were computed elsewhere.

Some of them were computed by retentioneering itself. The log isn't part of the project: SAMEPAGE_SETS names the folder
that has it as `ecom/ecom.csv`. The package retentioneering 5.2.4 contains it as `retentioneering/datasets/ecom.csv.gz`.
Its timestamps are whole seconds, and the order of the file decides which of several events in one second came first, so
rows have their position as microseconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.config.settings import Settings
from semantic.services.analyzing.run import analyze
from semantic.workspace import Workspace

FILE = Path(os.environ.get("SAMEPAGE_SETS") or "") / "ecom" / "ecom.csv"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="SAMEPAGE_SETS names no folder with the log ecom/ecom.csv")

MODEL = """
model: {name: Shop, time_zone: UTC}
datasets:
  - name: events
    label: Events
    table: events
    grain: [id]
    time: happened
    columns: {id: integer, user_id: string, session_id: string, event: string, moment: timestamp}
    entities:
      - {name: user, kind: foreign, columns: [user_id]}
      - {name: session, kind: foreign, columns: [session_id]}
    dimensions:
      - {name: happened, label: Happened, kind: time, sql: moment}
      - {name: event, label: Event}
      - {name: user, label: User, sql: user_id}
      - {name: session, label: Session, sql: session_id}
    measures: [{name: events, agg: count}]
metrics: [{name: events, label: Events, measure: events.events, format: count}]
policies: [{name: all, who: {people: [ana]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [marketer]}]
"""
STEPS = ("catalog", "product_view", "add_to_cart", "purchase")
LOOSE, BEST = {"order": "loose", "attempt": "first"}, {"order": "loose", "attempt": "best"}
EXACT = {"order": "strict", "attempt": "best", "among": "events"}
TODAY = date(2024, 6, 30)
"""The day after the last one in the log."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("ecom")
    with duckdb.connect(folder / "shop.duckdb") as connection:
        connection.execute("SET threads = 1")  # so that rows are numbered in the order of the file
        connection.execute(
            "CREATE TABLE events AS SELECT row_number() OVER () AS id, user_id, session_id, event,"
            " timestamp + to_microseconds(row_number() OVER ()) AS moment"
            f" FROM read_csv('{FILE}')"
        )
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = Workspace.open(Settings(data=str(folder / "shop.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


def event(name: str) -> dict[str, Any]:
    return {"metric": "events", "where": {"dim": "event", "op": "in", "values": [name]}, "name": name}


def found(shop: Workspace, kind: str, **asked: Any) -> Any:  # Any: each kind has its own finding
    asked = {"subject": "user", **asked}
    return analyze(shop, EVENT_KINDS[kind], EVENT_KINDS[kind].read(asked), shop.people["ana"], today=TODAY).found


@pytest.mark.parametrize(
    ("subject", "window", "how", "counts"),
    [
        ("user", None, LOOSE, (600, 596, 502, 274)),
        ("user", None, BEST, (600, 596, 502, 274)),
        ("user", None, EXACT, (600, 546, 80, 2)),
        ("user", "30 days", LOOSE, (600, 562, 267, 105)),
        ("user", "30 days", BEST, (600, 596, 465, 222)),
        ("user", "30 days", EXACT, (600, 546, 75, 2)),
        ("user", "7 days", LOOSE, (600, 482, 154, 50)),
        ("user", "7 days", BEST, (600, 591, 410, 160)),
        ("user", "7 days", EXACT, (600, 542, 70, 2)),
        ("session", None, LOOSE, (2837, 2108, 602, 135)),
        ("session", None, BEST, (2837, 2108, 602, 135)),
        ("session", None, EXACT, (2837, 1315, 71, 2)),
    ],
)
def test_twelve_funnels_over_one_log_equal_the_expected_figures(
    shop: Workspace, subject: str, window: str | None, how: dict[str, Any], counts: tuple[int, ...]
) -> None:
    within = {"within": window} if window else {}
    funnel = found(shop, "funnel", subject=subject, steps=[event(name) for name in STEPS], **how, **within)
    assert funnel.whole.counts == counts


@pytest.mark.parametrize(
    ("subject", "days", "published"),
    [
        ("user", None, (600, 596, 512, 320)),
        ("user", 30, (600, 566, 293, 144)),
        ("user", 7, (600, 490, 184, 75)),
        ("session", None, (2837, 2180, 802, 264)),
    ],
)
def test_any_order_follows_a_different_rule_from_the_published_one(
    shop: Workspace, subject: str, days: int | None, published: tuple[int, ...]
) -> None:
    """The published figures begin with the first catalog page and count how many different steps were done.

    In Samepage, a try begins with any step, and a step counts once the steps before it are done. A walk through the
    rows gives both.
    """
    with duckdb.connect(shop.settings.data, read_only=True) as connection:
        rows = connection.execute(f"SELECT {subject}_id, event, moment FROM events ORDER BY moment, id").fetchall()
    people: dict[str, list[tuple[str, datetime]]] = {}
    for key, name, moment in rows:
        if name in STEPS:
            people.setdefault(key, []).append((name, moment))
    theirs, ours = [0] * len(STEPS), [0] * len(STEPS)
    for own in people.values():
        first = next((place for place, (name, _) in enumerate(own) if name == STEPS[0]), None)
        different = done_by(own[first:], days) if first is not None else set[str]()
        done = done_by(own, days)
        for place in range(len(STEPS)):
            theirs[place] += len(different) > place
            ours[place] += {*STEPS[: place + 1]} <= done
    window = {"within": f"{days} days"} if days else {}
    funnel = found(shop, "funnel", subject=subject, steps=[event(name) for name in STEPS], order="any", **window)
    assert tuple(theirs) == published
    assert funnel.whole.counts == tuple(ours) != published


def done_by(rows: Sequence[tuple[str, datetime]], days: int | None) -> set[str]:
    """Return the different steps that were done from the first row on, within this many days."""
    return {name for name, moment in rows if days is None or moment - rows[0][1] <= timedelta(days=days)}


def test_returns_on_a_day_and_on_or_after_it_equal_the_expected_figures(shop: Workspace) -> None:
    asked: dict[str, Any] = {"first": "events", "unit": "day", "periods": 30, "clock": "calendar"}
    on, on_or_after = (found(shop, "retention", **asked, count=count) for count in ("on", "on_or_after"))
    days = (1, 7, 14, 30)
    assert [on.whole.cells[day - 1].came for day in days] == [32, 25, 29, 28]
    assert [on_or_after.whole.cells[day - 1].came for day in days] == [600, 597, 593, 577]
    assert [on.whole.cells[day - 1].eligible for day in days] == [600, 600, 600, 597]


def test_steps_between_events_equal_the_expected_figures(shop: Workspace) -> None:
    """Every row is paired with the next row of its session, which gives paths of two events from every row of each
    event.
    """
    sql = "SELECT event, coalesce(lead(event) OVER (PARTITION BY session_id ORDER BY moment), '(end)') AS b FROM events"
    with duckdb.connect(shop.settings.data, read_only=True) as connection:
        every = connection.execute(f"SELECT event, b, count(*) FROM ({sql}) GROUP BY ALL").fetchall()
    by_hand = {(before, after): count for before, after, count in every}
    counts: dict[tuple[str, str], int] = {}
    for name in sorted({before for before, _ in by_hand}):
        asked: dict[str, Any] = {"from": event(name), "occurrence": "every", "steps": 2, "top": 20, "collapse": False}
        paths = found(shop, "paths", subject="session", events=[{"metric": "events", "each": "event"}], **asked)
        for link in paths.links:
            after = {"e00": name, "x": "(end)"}.get(link.after, link.after.removeprefix("v"))
            counts[name, after] = link.count
    expected = {
        ("catalog", "product_view"): 1679,
        ("product_view", "catalog"): 1403,
        ("product_view", "product_view"): 1321,
        ("catalog", "catalog"): 1099,
        ("search", "product_view"): 943,
        ("product_view", "(end)"): 753,
    }
    assert {pair: counts[pair] for pair in expected} == expected
    assert counts == by_hand
