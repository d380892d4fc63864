"""What happens when the engine can't report in time which days a dataset covers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from semantic import workspace as workspace_module
from semantic.config.settings import Settings
from semantic.query.data import query_from_data
from semantic.results.freshness import read_extent
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.waiting import STUCK

TODAY = date(2026, 6, 25)
MODEL = """
model: {name: Books, time_zone: UTC, currency: EUR}
datasets:
  - name: books
    label: Books
    table: books
    grain: [number]
    time: day
    columns: {number: integer, day: date, amount: integer}
    dimensions: [{name: day, kind: time}]
    measures: [{name: amount, agg: sum, sql: amount}]
  - name: calls
    label: Calls
    table: calls
    grain: [number]
    time: called_on
    columns: {number: integer, called_on: date}
    dimensions: [{name: called_on, kind: time}]
    measures: [{name: calls, agg: count}]
metrics:
  - {name: booked, label: Booked, measure: books.amount, direction: up}
  - {name: calls, label: Calls, measure: calls.calls, direction: up}
policies: [{name: all, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [steward]}]
"""
# A million times a million rows of 2020, which an engine can leave out for a question about other days.
ROWS = """
CREATE VIEW books AS
SELECT 1000000 * a.range + b.range AS number, DATE '2020-01-06' AS day, (a.range * b.range) % 7 AS amount
FROM range(1000000) AS a, range(1000000) AS b
UNION ALL SELECT -1, DATE '2026-06-10', 64
UNION ALL SELECT -2, DATE '2026-05-20', 60;
CREATE TABLE calls AS SELECT 1 AS number, DATE '2026-06-10' AS called_on;
"""


@contextmanager
def open_books(folder: Path, *, timeout_seconds: float) -> Iterator[Workspace]:
    """Open the endless view and a short table, with one worker."""
    (folder / "model").mkdir()
    (folder / "model" / "books.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "books.duckdb") as connection:
        connection.execute(ROWS)
    settings = Settings(
        data=f"duckdb://{folder / 'books.duckdb'}?threads=1", model=folder / "model", mask_key="of the tests",
        timeout_seconds=timeout_seconds, workers=1,
    )  # fmt: skip
    with closing(Workspace.open(settings)) as opened:
        yield opened


def ask(workspace: Workspace, metric: str) -> Result:
    june = {"from": "2026-06-01", "to": "2026-06-20"}
    asked = {"metrics": [metric], "time": june, "compare": [{"to": "previous"}]}
    return workspace.ask(query_from_data(asked), workspace.people["ana"], today=TODAY)


def test_a_few_days_of_an_endless_view_are_answered_with_a_note_and_without_a_verdict(tmp_path: Path) -> None:
    with open_books(tmp_path, timeout_seconds=1) as workspace:
        shown = ask(workspace, "booked")
    assert shown.table.column("booked").to_pylist() == [64]
    assert [note for note in shown.notes if "n't " in note or "too long" in note] == [
        "It took too long to find the first and last day of data for Booked, so a day that isn't loaded looks like "
        "a day without activity.",
        "It isn't known whether all days are loaded, so the change isn't marked better or worse.",
    ]


def test_a_slow_look_ahead_blocks_no_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_module, "AHEAD_SECONDS", 0.2)
    with open_books(tmp_path, timeout_seconds=3_000) as workspace:
        workspace.look_ahead()
        for thread in threading.enumerate():
            if thread.name == "extents":
                thread.join(STUCK)
                assert not thread.is_alive()
        assert ask(workspace, "calls").table.column("calls").to_pylist() == [1]


def test_placeholder_days_are_ignored() -> None:
    """An infinite day, a day in year 1 and an infinite load time are neither the first day nor the load time."""
    odd = duckdb.execute(
        "SELECT day AS begins, load AS loaded, source FROM (VALUES ('-infinity'::DATE, 'infinity'::TIMESTAMPTZ, 'a'),"
        " ('0001-01-01', '0001-01-01 00:00:00+00', 'b'), ('2026-05-20', '2026-06-20 06:00:00+00', 'c'))"
        " AS t (day, load, source)"
    ).to_arrow_table()
    extent, newest = read_extent(odd, "UTC")
    assert (extent.first, extent.last, extent.sources) == (
        date(2026, 5, 20),
        date(2026, 6, 19),
        (("c", date(2026, 6, 19)),),
    )
    assert newest == datetime(2026, 6, 20, 6, tzinfo=UTC)
