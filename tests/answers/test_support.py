"""The data behind numbers is counted correctly on every engine, compared with hand-written SQL and rows of the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import variance
from typing import Any

import duckdb
import pytest

from semantic.model.loading.load import load_model
from semantic.query.data import query_from_data
from semantic.results.result import Result
from tests.copies import copy_shop
from tests.engines import ENGINES
from tests.shop import SHOP, ShopWorkspace, open_shop
from tests.test_cases import differences, ordered


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its expected evidence.

    `check` returns, and `rows` contain, the keys, the kind of row, and the counts behind each of `columns`.
    """

    title: str
    ask: dict[str, Any]
    columns: tuple[str, ...]
    check: str
    rows: list[list[Any]]
    person: str = "steward"


MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
AMOUNTS = [10, 20, 40, 80, 160, 320, 640, -5, 1280, 2560, 5120, 0.5]
SEARCH = [10, 40, 160, 5120]
CTR = "ads LEFT JOIN campaigns USING (campaign_key) LEFT JOIN channels USING (channel_key)"
CASES = [
    Case(
        "a rate by channel: the clicks and impressions of each",
        {"metrics": ["ctr"], "by": ["channel"]},
        ("ctr",),
        f"""SELECT channel, CASE WHEN channel IS NULL THEN 'none' ELSE 'member' END, SUM(impressions), SUM(clicks)
            FROM {CTR} GROUP BY 1, 2""",
        [["Search", "member", 100, 10], ["Social", "member", 50, 4], ["Radio", "member", 70, 1], [None, "none", 90, 5]],
    ),
    Case(
        "over everything, without a breakdown",
        {"metrics": ["ctr"]},
        ("ctr",),
        "SELECT SUM(impressions), SUM(clicks) FROM ads",
        [[310, 20]],
    ),
    Case(
        "the total's own, and Other's, from rows",
        {
            "metrics": ["ctr"],
            "by": ["channel"],
            "totals": ["grand"],
            "top": {"n": 1, "dim": "channel", "metric": "clicks"},
        },
        ("ctr",),
        f"""SELECT 'Search', 'member', SUM(impressions), SUM(clicks) FROM {CTR} WHERE channel = 'Search'
            UNION ALL SELECT NULL, 'other', SUM(impressions), SUM(clicks) FROM {CTR}
            WHERE channel IS DISTINCT FROM 'Search'
            UNION ALL SELECT NULL, 'total', SUM(impressions), SUM(clicks) FROM ads""",
        [["Search", "member", 100, 10], [None, "other", 210, 10], [None, "total", 310, 20]],
    ),
    Case(
        "a comparison has its own",
        {"metrics": ["ctr"], "time": MARCH, "compare": [{"to": {"back": 1, "unit": "month"}}]},
        ("ctr", "ctr_1_month_back"),
        """SELECT SUM(CASE WHEN ad_day >= '2026-03-01' AND ad_day < '2026-04-01' THEN impressions END),
                  SUM(CASE WHEN ad_day >= '2026-03-01' AND ad_day < '2026-04-01' THEN clicks END),
                  SUM(CASE WHEN ad_day < '2026-03-01' THEN impressions END),
                  SUM(CASE WHEN ad_day < '2026-03-01' THEN clicks END)
           FROM ads""",
        [[220, 15, None, None]],
    ),
    Case(
        "a mean: how many orders, and how they vary; the test order is in neither",
        {"metrics": ["mean_order"], "by": ["device"], "totals": ["grand"]},
        ("mean_order",),
        """SELECT device, CASE WHEN device IS NULL THEN 'none' ELSE 'member' END, COUNT(amount), VAR_SAMP(amount)
           FROM orders WHERE NOT is_test GROUP BY 1, 2
           UNION ALL SELECT NULL, 'total', COUNT(amount), VAR_SAMP(amount) FROM orders WHERE NOT is_test""",
        [
            ["mobile", "member", 6, variance([10, 20, 160, 640, 2560, 5120])],
            ["desktop", "member", 4, variance([40, 80, 320, -5])],
            ["kiosk", "member", 1, None],
            [None, "none", 1, None],
            [None, "total", 12, variance(AMOUNTS)],
        ],
    ),
    Case(
        "two facts and a mean together, under one top, with Other and total",
        {
            "metrics": ["mean_order", "conversion_rate"],
            "by": ["channel"],
            "top": {"n": 1, "dim": "channel", "metric": "revenue"},
            "totals": ["grand"],
        },
        ("mean_order", "conversion_rate"),
        """WITH o AS (SELECT channel, amount FROM orders LEFT JOIN channels USING (channel_key) WHERE NOT is_test),
                v AS (SELECT channel FROM sessions LEFT JOIN channels USING (channel_key) WHERE NOT is_bot)
           SELECT 'Search', 'member', (SELECT COUNT(*) FROM o WHERE channel = 'Search'),
               (SELECT VAR_SAMP(amount) FROM o WHERE channel = 'Search'),
               (SELECT COUNT(*) FROM v WHERE channel = 'Search'),
               (SELECT COUNT(*) FROM o WHERE channel = 'Search')
           UNION ALL SELECT NULL, 'other', (SELECT COUNT(*) FROM o WHERE channel IS DISTINCT FROM 'Search'),
               (SELECT VAR_SAMP(amount) FROM o WHERE channel IS DISTINCT FROM 'Search'),
               (SELECT COUNT(*) FROM v WHERE channel IS DISTINCT FROM 'Search'),
               (SELECT COUNT(*) FROM o WHERE channel IS DISTINCT FROM 'Search')
           UNION ALL SELECT NULL, 'total', (SELECT COUNT(*) FROM o), (SELECT VAR_SAMP(amount) FROM o),
               (SELECT COUNT(*) FROM v), (SELECT COUNT(*) FROM o)""",
        [
            ["Search", "member", 4, variance(SEARCH), 2, 4],
            [None, "other", 8, variance([amount for amount in AMOUNTS if amount not in SEARCH]), 5, 8],
            [None, "total", 12, variance(AMOUNTS), 7, 12],
        ],
    ),
    Case(
        "a denominator made of other metrics",
        {"metrics": ["profit_share"], "time": {"from": "2026-03-01", "to": "2026-03-31"}},
        ("profit_share",),
        """SELECT
               (SELECT SUM(amount) FROM orders WHERE NOT is_test AND order_day BETWEEN '2026-03-01' AND '2026-03-31'),
               (SELECT SUM(amount) FROM orders WHERE NOT is_test AND order_day BETWEEN '2026-03-01' AND '2026-03-31')
               - (SELECT SUM(cost) FROM ads WHERE ad_day BETWEEN '2026-03-01' AND '2026-03-31')""",
        [[310, 293]],
    ),
    Case(
        "only rows that the person may see: the orders of customers from Germany",
        {"metrics": ["mean_order"]},
        ("mean_order",),
        """SELECT COUNT(amount), VAR_SAMP(amount) FROM orders JOIN customers USING (customer_id)
           WHERE NOT is_test AND home = 'DE'""",
        [[4, variance([10, 20, 5120, 0.5])]],
        person="dora",
    ),
]


@pytest.fixture(scope="module")
def workspace(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    """The shop on each engine in turn."""
    for address in ENGINES[engine_name].shop(tmp_path_factory.mktemp(engine_name)):
        opened = open_shop(address)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(copy_shop(tmp_path_factory.mktemp("by_hand") / "shop.duckdb"), read_only=True) as connection:
        yield connection


def behind(result: Result, columns: tuple[str, ...]) -> list[list[object]]:
    """Return each row's keys and kind, then the data behind the columns."""
    rows: list[list[object]] = []
    for place, row in enumerate(result.table.to_pylist()):
        cells: list[object] = [row[key.name] for key in result.keys]
        cells += [row["bucket"]] if result.keys else []
        for name in columns:
            one = result.support[name]
            assert one.counts is not None
            assert one.beside is not None
            cells += [one.counts[place], one.beside[place]]
        rows.append(cells)
    return rows


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_rows_equal_hand_written_sql(case: Case, by_hand: duckdb.DuckDBPyConnection) -> None:
    rows = by_hand.execute(case.check).fetchall()
    assert not differences(ordered(rows, False), ordered(case.rows, False))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_data_behind_a_number_is_counted_correctly(case: Case, workspace: ShopWorkspace) -> None:
    result = workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    wrong = differences(ordered(behind(result, case.columns), False), ordered(case.rows, False))
    assert not wrong, "\n".join([*wrong, result.readable_sql])


def test_the_counts_are_in_no_shown_column(workspace: ShopWorkspace) -> None:
    ask = {"metrics": ["ctr", "cost", "mean_order"], "by": ["channel"], "totals": ["grand"], "limit": 2}
    result = workspace.ask(query_from_data(ask), workspace.people["steward"])
    assert result.table.column_names == ["channel", "ctr", "cost", "mean_order", "bucket"]
    assert [column.name for column in result.columns] == ["channel", "ctr", "cost", "mean_order"]
    assert list(result.support) == ["ctr", "mean_order"]
    assert all(len(one.is_enough) == result.table.num_rows for one in result.support.values())


def test_a_metric_without_a_setting_has_no_counted_data() -> None:
    model = load_model(SHOP)
    assert model.metrics["roas"].enough is None
    assert model.metrics["ctr"].enough is not None
