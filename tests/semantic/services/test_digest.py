"""A person's digest over a small company whose last week is unusual, worked out by hand.

    each of the 12 weeks before            week from Monday 12 January
    DE web   40 orders of 10   400         DE web   60 orders of 10   600
    DE mail  30 orders of 5    150         DE mail  30 orders of 5    150
    FR shop  60 orders of 10   600         FR app   90 orders of 10   900

Every other week before had one more order of 10 in DE web, so a week had 130.5 orders and 1,155 of revenue on average,
and DE alone 70.5 and 555. Two of the last week's returns aren't loaded yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.services.digest import Digest, digest
from semantic.workspace import Workspace

DATA = """
CREATE TABLE weeks AS SELECT w, (DATE '2026-01-12' - INTERVAL 7 DAY * w)::DATE AS monday FROM range(15) AS t(w);
CREATE TABLE lines AS SELECT * FROM (VALUES
    ('DE', 'web', 40, 60, 10), ('DE', 'mail', 30, 30, 5), ('FR', 'shop', 60, 0, 10), ('FR', 'app', 0, 90, 10)
) AS t(market, channel, earlier, later, amount);
CREATE TABLE orders AS
SELECT (monday + CAST(n % 7 AS INTEGER))::DATE AS day, market, channel, amount::DECIMAL(18,2) AS amount,
    TIMESTAMPTZ '2026-01-19 04:00:00+00' AS loaded_at
FROM weeks, lines, range(90) AS r(n) WHERE n < CASE WHEN w = 0 THEN later ELSE earlier END;
INSERT INTO orders SELECT monday, 'DE', 'web', 10, TIMESTAMPTZ '2026-01-19 04:00:00+00'
FROM weeks WHERE w > 0 AND w % 2 = 0;
CREATE TABLE returned AS
SELECT day, market, channel, TIMESTAMPTZ '2026-01-16 04:00:00+00' AS loaded_at FROM orders
WHERE day < DATE '2026-01-16' OR amount > 5;
"""
_COLUMNS = "day: date, market: string, channel: string, loaded_at: timestamptz"
_DIMENSIONS = "[{name: day, kind: time}, {name: market, label: Market}, {name: channel, label: Channel}]"
_COPIES = "".join(
    f"""
  - name: copy_{number}
    table: orders
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures: [{{name: rows, agg: count}}]
"""
    for number in range(9)
)
_COUNTS = "".join(f"\n  - {{name: copies_{number}, measure: copy_{number}.rows, format: count}}" for number in range(9))
_RULES = "".join(f"\n      - {{dataset: copy_{number}, where: \"market = 'DE'\"}}" for number in range(9))
MODEL = f"""
datasets:
  - name: orders
    table: orders
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}, amount: "decimal(18,2)"}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures: [{{name: amount, agg: sum, sql: amount}}, {{name: rows, agg: count}}]
{_COPIES}
  - name: returned
    table: returned
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures: [{{name: rows, agg: count}}]
metrics:
  - {{name: revenue, label: Revenue, measure: orders.amount, format: money, unit: EUR, direction: up}}
  - {{name: orders, label: Orders, measure: orders.rows, format: count, direction: up}}
  - {{name: value, label: Order value, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}}
{_COUNTS}
  - {{name: returns, label: Returns, measure: returned.rows, format: count, direction: down}}
policies:
  - {{name: all_rows, who: {{people: [ana]}}, grant: {{metrics: all, dimensions: all}}, whole: all}}
  - {{name: revenue_alone, who: {{people: [nora]}}, grant: {{metrics: [revenue], dimensions: all}}, whole: all}}
  - name: germany
    who: {{people: [dora]}}
    grant: {{metrics: all, dimensions: all}}
    rows:
      - {{dataset: orders, where: "market = 'DE'"}}
      - {{dataset: returned, where: "market = 'DE'"}}
{_RULES}
people:
  - {{id: ana, name: Ana, roles: [marketer]}}
  - {{id: dora, name: Dora, roles: [marketer]}}
  - {{id: nora, name: Nora, roles: [viewer]}}
"""


class OnMonday(Workspace):
    """A workspace that believes it is the Monday after that week."""

    def today(self) -> date:
        return date(2026, 1, 19)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("digest")
    with duckdb.connect(folder / "data.duckdb") as connection:
        connection.execute(DATA)
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = OnMonday.open(Settings(data=str(folder / "data.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


def of(workspace: Workspace, person: str, *followed: str) -> Digest:
    return digest(followed, workspace, workspace.people[person])


def test_the_most_surprising_comes_first(workspace: Workspace) -> None:
    """Revenue is 495 from its mean, which is 95 standard deviations of 5.22. An order is worth 9.167 and was 8.846 or
    8.855 before, so its 0.316 are 69 standard deviations of 0.0046."""
    found = of(workspace, "ana", "value", "revenue")
    assert [(line.move.title, line.move.change) for line in found.lines] == [
        ("Revenue", "+42.9%"),  # 1,650 / 1,155
        ("Order value", "+3.6%"),
    ]
    assert (found.followed, found.checked, found.moved, found.skipped, found.failed) == (2, 2, 2, 0, 0)


def test_a_line_says_what_contributed(workspace: Workspace) -> None:
    """The app had no order before, and 900 in the week; the shop lost its 600, so the app is more than the change."""
    (line,) = of(workspace, "ana", "revenue").lines
    assert line.part == "app contributed most, +€900 to a change of +€495."
    assert line.sentence.startswith("€1.65K in the week of 12 Jan 2026, above all of the 12 weeks before")


def test_each_person_hears_of_their_own_rows(workspace: Workspace) -> None:
    (line,) = of(workspace, "dora", "revenue").lines
    assert line.move.change == "+35.1%"  # 750 / 555
    assert line.part == "web contributed most, +€195 of +€195."


def test_metrics_of_the_same_rows_that_moved_alike_share_a_line(workspace: Workspace) -> None:
    """Orders grew by 37.9% (180 / 130.5), more than three quarters of revenue's 42.9%."""
    (line,) = of(workspace, "ana", "orders", "revenue").lines
    assert {each.column.label for each in line.move.every} == {"Orders", "Revenue"}
    assert line.sentence.startswith(f"{line.move.first.column.label}: ")


def test_what_a_person_cannot_see_is_left_out(workspace: Workspace) -> None:
    found = of(workspace, "nora", "revenue", "orders", "no_such_metric")
    assert [line.move.title for line in found.lines] == ["Revenue"]
    assert (found.followed, found.checked) == (3, 1)


def test_half_loaded_weeks_are_not_judged(workspace: Workspace) -> None:
    """Returns were last loaded on Friday, before the week was over."""
    found = of(workspace, "ana", "returns")
    assert (found.lines, found.checked, found.skipped) == ((), 0, 1)


def test_nothing_beyond_the_followed_metrics_is_asked(workspace: Workspace) -> None:
    assert of(workspace, "ana") == Digest(lines=(), followed=0)
    assert [line.move.title for line in of(workspace, "ana", "orders").lines] == ["Orders"]


def test_a_digest_has_at_most_seven_lines(workspace: Workspace) -> None:
    """Nine counts of other tables' rows moved, each by itself."""
    found = of(workspace, "ana", *(f"copies_{number}" for number in range(9)))
    assert (len(found.lines), found.moved) == (7, 9)
