"""Data from several sources is known through the slowest source's last day, for days and amounts written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.errors import ModelError
from semantic.model.loading.load import parse_model
from semantic.query.data import query_from_data
from semantic.results.result import Result
from semantic.workspace import Workspace

TODAY = date(2026, 6, 25)
MODEL = """
model: {name: Ads, time_zone: UTC, currency: EUR}
datasets:
  - name: ads
    label: Ads
    table: ads
    grain: [platform, day]
    time: day
    columns: {platform: string, market: string, day: date, cost: "decimal(18,2)", loaded_at: timestamptz}
    dimensions: [{name: day, kind: time}, {name: platform}, {name: market}]
    measures: [{name: cost, agg: sum, sql: cost}]
    freshness: {column: loaded_at, by: platform}
metrics: [{name: spend, label: Spend, measure: ads.cost, unit: EUR, format: money, direction: down}]
policies:
  - {name: all, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: german
    who: {groups: [germany]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: ads, where: "market = 'DE'"}]
people:
  - {id: ana, name: Ana, roles: [steward]}
  - {id: dora, name: Dora, roles: [marketer], groups: [germany]}
"""
# Each platform spends 10 a day in Germany, 1 in France. Meta is loaded to 24 June, Google to 22 June, Bing to 3 May.
ROWS = """
CREATE TABLE ads AS
SELECT p.platform, m.market, CAST(d.day AS DATE) AS day, CAST(m.cost AS DECIMAL(18, 2)) AS cost,
  CAST(p.loaded AS DATE) + INTERVAL 30 HOUR AS loaded_at
FROM (VALUES ('meta', '2026-06-24'), ('google', '2026-06-22'), ('bing', '2026-05-03')) AS p (platform, loaded),
  (VALUES ('DE', 10), ('FR', 1)) AS m (market, cost),
  generate_series(DATE '2026-04-01', CAST(p.loaded AS DATE), INTERVAL 1 DAY) AS d (day)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "model").mkdir()
    (folder / "model" / "ads.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "ads.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(ROWS)
    opened = Workspace.open(Settings(data=str(folder / "ads.duckdb"), model=folder / "model", mask_key="of the tests"))
    yield opened
    opened.close()


def ask(workspace: Workspace, person: str = "ana", **more: Any) -> Result:
    june = {"metrics": ["spend"], "time": {"from": "2026-06-01", "to": "2026-06-30"}}
    return workspace.ask(query_from_data(june | more), workspace.people[person], today=TODAY)


def values(shown: Result, column: str = "spend") -> list[object]:
    return shown.table.column(column).to_pylist()


def only(*platforms: str, op: str = "in") -> dict[str, Any]:
    return {"where": {"dim": "platform", "op": op, "values": [*platforms]}}


def test_spend_does_not_drop_because_one_platform_is_late(workspace: Workspace) -> None:
    shown = ask(workspace)
    assert values(shown) == [2 * 22 * 11]  # Meta's 23 and 24 June wait for Google's
    assert shown.period.end == date(2026, 6, 23)
    assert "Counted to 22 Jun 2026: later days aren't loaded yet from google." in shown.notes


def test_an_ended_source_delays_nothing_and_is_named(workspace: Workspace) -> None:
    note = "Ads has no data from bing after 3 May 2026. Later days are counted without it."
    assert note in ask(workspace).notes
    april = {"from": "2026-04-01", "to": "2026-04-30"}
    assert values(ask(workspace, time=april)) == [3 * 30 * 11]
    assert note not in ask(workspace, time=april).notes


@pytest.mark.parametrize("person", ["ana", "dora"])
def test_rows_of_a_dataset_that_says_when_it_was_loaded_are_listed_one_by_one(
    person: str, workspace: Workspace, tmp_path: Path
) -> None:
    with duckdb.connect(tmp_path / "by_hand.duckdb") as connection:
        connection.execute(ROWS)
        rule = "market = 'DE'" if person == "dora" else "true"
        by_hand = connection.execute(f"SELECT platform, market FROM ads WHERE {rule} ORDER BY ALL").fetchall()
    question = query_from_data({"by": ["platform", "market"], "each_row": True})
    shown = workspace.ask(question, workspace.people[person], today=TODAY)
    assert list(zip(values(shown, "platform"), values(shown, "market"), strict=True)) == by_hand
    assert len(by_hand) == (201 if person == "dora" else 402)


@pytest.mark.parametrize(
    ("filters", "days", "platforms"),
    [
        (only("meta"), 24, 1),
        (only("google"), 22, 1),
        (only("meta", "google"), 22, 2),
        (only("google", op="not_in"), 24, 1),
    ],
)
def test_a_question_waits_only_for_the_sources_that_it_reads(
    filters: dict[str, Any], days: int, platforms: int, workspace: Workspace
) -> None:
    assert values(ask(workspace, **filters)) == [platforms * days * 11]


def test_the_comparison_matches_the_known_days(workspace: Workspace) -> None:
    shown = ask(workspace, compare=[{"to": "previous"}])
    # 1 to 22 May: Bing still had three days of it.
    assert values(shown, "spend_previous") == [(2 * 22 + 3) * 11]


def test_each_platforms_rows_end_with_the_same_day(workspace: Workspace) -> None:
    shown = ask(workspace, by=["platform"], order=[{"by": "platform"}])
    assert dict(zip(values(shown, "platform"), values(shown), strict=True)) == {"google": 22 * 11, "meta": 22 * 11}


@pytest.mark.parametrize("filters", [only("meta"), only("meta", "nosuch"), only("google", op="not_in")])
def test_under_row_rules_no_filter_reveals_the_sources(filters: dict[str, Any], workspace: Workspace) -> None:
    """Only Meta is loaded to 24 June. If a filter showed that, it would reveal the names of hidden sources."""
    assert values(ask(workspace, "dora", **filters)) == [22 * 10]


def test_under_row_rules_the_day_is_the_same_and_no_source_is_named(workspace: Workspace) -> None:
    shown = ask(workspace, "dora")
    assert values(shown) == [2 * 22 * 10]
    assert "Counted to 22 Jun 2026: later days aren't loaded yet." in shown.notes
    assert not any(name in note for note in shown.notes for name in ("google", "bing"))


@pytest.mark.parametrize(
    ("by", "says"),
    [("plattform", "'plattform', which is not one of its dimensions"), ("day", "'day', which is not text")],
)
def test_sources_must_be_distinguished_by_a_text_dimension(by: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        parse_model({"ads.yml": MODEL.replace("by: platform", f"by: {by}")})


@pytest.mark.parametrize("day", ["0001-01-01", "1699-12-31", "3000-01-01"])
def test_data_begins_in_years_that_can_be_asked_for(day: str) -> None:
    with pytest.raises(ModelError, match=f"'ads' begins on {day}. The year in `begins:` must be between 1700 and 2999"):
        parse_model({"ads.yml": MODEL.replace("    time: day\n", f"    time: day\n    begins: {day}\n")})


def test_one_platform_after_the_other_ends_with_its_own_day(workspace: Workspace) -> None:
    """Plans are cached for questions that differ only in values, but here a value decides which days are known."""
    spring = {"from": "2026-04-01", "to": "2026-06-30"}
    days = {"meta": 85, "google": 83, "bing": 33}  # from 1 April to 24 June, 22 June, 3 May
    for platform in ("meta", "google", "bing", "google", "meta", "bing"):
        assert values(ask(workspace, time=spring, **only(platform))) == [days[platform] * 11]


RARE = """
  - name: refunds
    table: refunds
    grain: [refund_id]
    time: refund_day
    columns: {refund_id: integer, refund_day: date, amount: "decimal(18,2)", loaded_at: timestamptz}
    dimensions: [{name: refund_day, kind: time}]
    measures: [{name: amount, agg: sum, sql: amount}]
    freshness: {column: loaded_at, loaded_with: ads}
"""

NET = """metrics:
  - {name: refunded, label: Refunded, measure: refunds.amount, unit: EUR, format: money, fill: 0}
  - {name: net, label: Net, kind: derived, expression: spend - refunded, unit: EUR, format: money}
  - """


def test_a_day_without_a_row_is_loaded_if_another_dataset_says_so(tmp_path: Path) -> None:
    """There is one refund on 5 June, loaded on the 6th. The same job has loaded Meta's ads to 24 June."""
    model = (
        MODEL.replace("\nmetrics: [{name: spend", RARE + NET + "{name: spend")
        .replace("direction: down}]", "direction: down}")
        .replace(", by: platform", "")
    )
    (tmp_path / "model").mkdir()
    with duckdb.connect(tmp_path / "ads.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(ROWS)
        connection.execute("DELETE FROM ads WHERE platform <> 'meta'")
        connection.execute(
            "CREATE TABLE refunds AS SELECT 1 AS refund_id, DATE '2026-06-05' AS refund_day, "
            "CAST(7 AS DECIMAL(18, 2)) AS amount, TIMESTAMPTZ '2026-06-06 06:00:00+00' AS loaded_at"
        )
    june = query_from_data({"metrics": ["net"], "time": {"from": "2026-06-01", "to": "2026-06-30"}})
    for rule, net, last in ((", loaded_with: ads", 24 * 11 - 7, 24), ("", 5 * 11 - 7, 5)):
        written = model.replace(", loaded_with: ads", rule)
        (tmp_path / "model" / "ads.yml").write_text(written, encoding="utf-8")
        opened = Workspace.open(
            Settings(data=str(tmp_path / "ads.duckdb"), model=tmp_path / "model", mask_key="of the tests")
        )
        shown = opened.ask(june, opened.people["ana"], today=TODAY)
        opened.close()
        assert (values(shown, "net"), shown.period.end) == ([net], date(2026, 6, last + 1))


@pytest.mark.parametrize("marker", ["nothing", "refunds"])
def test_a_dataset_that_dates_another_must_have_its_own_freshness(marker: str) -> None:
    written = MODEL.replace("\nmetrics: [", RARE.replace("loaded_with: ads", f"loaded_with: {marker}") + "metrics: [")
    with pytest.raises(ModelError, match=f"loaded with '{marker}'"):
        parse_model({"ads.yml": written})
