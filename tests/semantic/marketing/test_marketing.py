"""The curated marketing model over a small company: metrics compared with hand-written SQL, for different people."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.demo.tables.tables import TABLES
from semantic.errors import FanOut, GrainTooFine, NoPath, SemanticError, TimeMismatch, UnknownName, UnsafeReaggregation
from semantic.model.definitions import Additivity, CheckKind, TypeKind
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import measures_of
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.proof import part, part_of
from tests.semantic.marketing import (
    truth_of_campaigns,
    truth_of_cohorts,
    truth_of_customers,
    truth_of_definitions,
    truth_of_kinds,
    truth_of_shop,
)
from tests.semantic.marketing.truth_of_customers import SEGMENTS, WITHOUT_MARKET
from tests.semantic.marketing.truth_of_shop import DAYS, HALF_YEAR, KEPT, PLACED
from tests.test_cases import differences, ordered

TODAY = date(2026, 7, 1)
QUESTIONS = [
    *truth_of_shop.QUESTIONS,
    *truth_of_campaigns.QUESTIONS,
    *truth_of_customers.QUESTIONS,
    *truth_of_kinds.KINDS,
    *truth_of_kinds.STAGES,
    *truth_of_cohorts.QUESTIONS,
    *truth_of_definitions.QUESTIONS,
]
MARKETS = {
    "lena": "market IS NOT NULL",
    "ana": "market IS NOT NULL",
    "jonas": "market IN ('DE', 'AT')",
    "claire": "market = 'FR'",
}
ALL = {"lena": "true", "ana": "true", "jonas": "false", "claire": "false"}
ONE_VALUE = {
    "platform": "google_ads",
    "attribution_model": "linear",
    "attribution_window": 30,
    "experiment": "Larger pictures on product pages",
    "campaign": "DE Social Prospecting",
    "brand": "Kupferhain",
    "stage_of_deal": "proposal",
}
"""For each dimension across which a metric can't be added up, the value that the questions here filter by."""
YEAR = {"from": "2025-07-01", "to": "2026-06-30"}
FROM_BEFORE = {
    "net_revenue_last_year": YEAR,
    "net_revenue_growth": YEAR,
    "roas_last_year": YEAR,
    "mql_velocity": {"from": "2026-06-01", "to": "2026-06-30"},
}
"""Metrics with a part from a year or month earlier, and the longest period that doesn't overlap that part."""
NOT_FOR_MARKETERS = {
    "cogs", "gross_margin", "margin_rate", "product_cogs", "product_margin", "product_margin_rate",
    "shipping_cost", "payment_fees", "contribution_margin", "contribution_margin_rate",
    "contribution_margin_after_ads", "poas", "break_even_roas", "ltv_180d", "ltv_365d", "ltv_cac",
    "contribution_of_new_customers", "contribution_of_new_customers_180d", "contribution_of_new_customers_365d",
    "payback_months", "stage_entries", "stage_regressions", "touchpoints",
    "margin_of_new_customers_90d", "margin_per_new_customer_90d",
}  # fmt: skip
NOT_IN_THE_MODEL = {
    "dim_lifecycle_stage",  # only the order of words
    "bridge_opportunity_contact",  # many to many
}  # fmt: skip
"""The company's tables that no metric can read correctly yet, or whose rows aren't meant to be counted."""


@pytest.fixture(scope="module")
def file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the company's file, because a process can open a file in one mode only."""
    return Path(shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("marketing") / "company.duckdb"))


@pytest.fixture(scope="module")
def workspace(file: Path) -> Iterator[Workspace]:
    opened = Workspace.open(Settings(data=str(file), model=MARKETING_MODEL, demo=True, mask_key="a key of the tests"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(company: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same company in a separate file, for hand-written SQL."""
    return company


def rows(workspace: Workspace, ask: dict[str, Any], person: str) -> list[list[Any]]:
    """Return the groups of an answer, without the bucket column."""
    question = query_from_data({key: value for key, value in ask.items() if value is not None})
    table = workspace.ask(question, workspace.people[person], today=TODAY).table
    return [[value for name, value in row.items() if name != "bucket"] for row in table.to_pylist()]


def whole(workspace: Workspace, metric: str) -> dict[str, Any]:
    """Return a question for a metric alone, with a fixed value for dimensions across which it can't be added up.

    It covers all days or, if a part of the metric is from an earlier period, the longest period that has another before
    it.
    """
    measures = measures_of(workspace.model.metrics[metric], workspace.model)
    fixed = sorted({name for measure in measures for name in measure.within})
    where = [{"dim": name, "op": "in", "values": [ONE_VALUE[name]]} for name in fixed]
    return {"metrics": [metric], "where": {"and": where} if where else None, "time": FROM_BEFORE.get(metric)}


Rows = Sequence[tuple[Any, ...]]


@pytest.fixture(scope="module")
def rows_of(by_hand: duckdb.DuckDBPyConnection) -> Callable[[str], Rows]:
    """Returns a function that runs hand-written SQL once for all people who see the same rows, and returns its rows."""

    @cache
    def run(sql: str) -> Rows:
        return by_hand.execute(sql).fetchall()

    return run


ASKED = [
    pytest.param(ask, sql, person, id=f"{title}-{person}")
    for person in MARKETS
    # Claire's policies are like Jonas's, for another market, so in `make test` she asks only part of the questions.
    for title, ask, sql in (part_of(QUESTIONS, one_in=3) if person == "claire" else QUESTIONS)
]


@pytest.mark.parametrize(("ask", "sql", "person"), ASKED)
def test_each_metric_equals_hand_written_sql(
    ask: dict[str, Any], sql: str, person: str, workspace: Workspace, rows_of: Callable[[str], Rows]
) -> None:
    expected = rows_of(sql.replace("{m}", MARKETS[person]).replace("{all}", ALL[person]))
    assert expected
    found_rows = rows(workspace, {"time": HALF_YEAR} | ask, person)
    assert not differences(ordered(found_rows, False), ordered(expected, False))


@pytest.mark.parametrize("person", ["lena", "ana"])
@pytest.mark.parametrize(("ask", "sql"), [one[1:] for one in WITHOUT_MARKET], ids=[one[0] for one in WITHOUT_MARKET])
def test_data_without_a_market_is_visible_to_people_without_market_rules(
    ask: dict[str, Any], sql: str, person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    expected = by_hand.execute(sql).fetchall()
    found_rows = rows(workspace, {"time": HALF_YEAR} | ask, person)
    assert expected
    assert not differences(ordered(found_rows, False), ordered(expected, False))


@pytest.mark.parametrize("person", ["lena", "ana"])
@pytest.mark.parametrize(
    ("ask", "sql"),
    [leader[1:] for leader in truth_of_definitions.LEADERS],
    ids=[leader[0] for leader in truth_of_definitions.LEADERS],
)
def test_leaders_know_margins_and_all_markets(
    ask: dict[str, Any], sql: str, person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    expected = by_hand.execute(sql).fetchall()
    found_rows = rows(workspace, {"time": HALF_YEAR} | ask, person)
    assert any(value is not None for row in expected for value in row[1:])
    assert not differences(ordered(found_rows, False), ordered(expected, False))


def test_the_data_has_rows_without_a_member(by_hand: duckdb.DuckDBPyConnection) -> None:
    """Questions about missing members would prove nothing on data without such rows."""
    questions = [(title, sql) for title, _, sql in QUESTIONS if "as none" in title]
    assert len(questions) >= 5
    for title, sql in questions:
        keys = {row[0] for row in by_hand.execute(sql.replace("{m}", MARKETS["lena"])).fetchall()}
        assert None in keys, title


@pytest.mark.parametrize("person", ["lena", "ana"])
def test_margin_is_revenue_minus_cost_of_the_same_orders(
    person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    ask = {"metrics": ["gross_margin", "margin_rate", "cogs"], "by": ["market"], "time": HALF_YEAR}
    expected = by_hand.execute(
        f"""
        SELECT market, sum(net_sales - cogs), sum(net_sales - cogs)::DOUBLE / sum(net_sales)::DOUBLE, sum(cogs)
        FROM fct_order WHERE {KEPT} AND order_date {DAYS} GROUP BY market
        """
    ).fetchall()
    found_rows = rows(workspace, ask, person)
    assert not differences(ordered(found_rows, False), ordered(expected, False))


@pytest.mark.parametrize(
    ("by_product", "whole_orders"),
    [
        ("product_revenue", "net_revenue"),
        ("product_gross_sales", "gross_sales"),
        ("product_discounts", "discounts"),
        ("product_refunds", "refunded_amount"),
    ],
)
def test_metrics_by_product_add_up_to_the_orders(by_product: str, whole_orders: str, workspace: Workspace) -> None:
    for person in MARKETS:
        found_rows = rows(workspace, {"metrics": [by_product, whole_orders], "by": ["market"]}, person)
        assert found_rows
        assert all(lines == orders for _, lines, orders in found_rows), person


def test_margin_by_product_adds_up_to_gross_margin(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    ask = {"metrics": ["product_margin", "product_margin_rate"], "by": ["product_category"], "time": HALF_YEAR}
    expected = by_hand.execute(
        f"""
        SELECT product_category, sum(net - l.cogs), sum(net - l.cogs)::DOUBLE / sum(net)::DOUBLE
        FROM fct_order_line l JOIN fct_order USING (order_id) WHERE {KEPT} AND order_date {DAYS} GROUP BY 1
        """
    ).fetchall()
    found_rows = rows(workspace, ask, "lena")
    assert not differences(ordered(found_rows, False), ordered(expected, False))
    assert same(
        rows(workspace, {"metrics": ["gross_margin"], "time": HALF_YEAR}, "lena")[0][0], [row[1] for row in found_rows]
    )


@pytest.mark.parametrize("person", ["jonas", "claire"])
def test_marketers_see_no_margin_and_nothing_without_a_market(person: str, workspace: Workspace) -> None:
    for metric in NOT_FOR_MARKETERS:
        with pytest.raises(UnknownName):
            rows(workspace, {"metrics": [metric]}, person)
    seen = {metric.name for metric in workspace.visible(workspace.people[person]).metrics}
    assert seen == set(workspace.model.metrics) - NOT_FOR_MARKETERS


def test_marketers_see_each_metric_for_their_own_markets(workspace: Workspace) -> None:
    """A marketer's total equals the leader's total for the same markets. Everyone sees whole experiments."""
    compared = 0
    for metric in workspace.visible(workspace.people["jonas"]).metrics:
        if additivity(metric, workspace.model) is not Additivity.FULL:
            continue
        ask = whole(workspace, metric.name)
        mine = rows(workspace, ask, "jonas")[0][0]
        try:
            markets = rows(workspace, ask | {"by": ["market"]}, "lena")
        except SemanticError:
            assert metric.name.startswith("experiment_")
            assert mine == rows(workspace, ask, "lena")[0][0]
            continue
        assert same(mine, [value for market, value in markets if market in ("DE", "AT")]), metric.name
        assert not same(mine, [value for _, value in markets]), metric.name
        compared += 1
    assert compared > 50


@pytest.mark.parametrize("person", MARKETS)
@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_equals_hand_written_sql(
    segment: str, person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    """The rows in the segment are only rows that this person can see.

    Together with the rows outside it, they are everything.
    """
    metric, sql = SEGMENTS[segment]
    expected = by_hand.execute(sql.replace("{m}", MARKETS[person])).fetchall()
    ask = {"metrics": [metric], "where": {"segment": segment}}
    assert expected[0][0] > 0
    assert rows(workspace, ask, person) == [[expected[0][0]]]
    outside = rows(workspace, ask | {"where": {"not": {"segment": segment}}}, person)
    assert rows(workspace, {"metrics": [metric]}, person) == [[expected[0][0] + outside[0][0]]]


def test_lifetime_value_by_cac_is_ltv_to_cac(workspace: Workspace) -> None:
    """Only days that are at least 365 days ago count, and the customers are the new ones that CAC divides by."""
    ask = {
        "metrics": ["ltv_365d", "cac", "ltv_cac"],
        "by": ["market"],
        "time": {"from": "2024-07-01", "to": "2025-06-30"},
    }
    found_rows = rows(workspace, ask, "lena")
    assert len(found_rows) == 7
    for market, ltv, cac, ratio in found_rows:
        assert isclose(ratio, ltv / cac, rel_tol=1e-9), market


def test_a_segment_can_look_back_from_the_periods_end(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    expected = by_hand.execute(
        f"""
        SELECT count(*) FROM fct_order WHERE {PLACED} AND order_date BETWEEN '2025-11-01' AND '2025-11-30'
            AND customer_id IN (SELECT customer_id FROM fct_order WHERE {PLACED}
                AND order_date BETWEEN '2025-09-02' AND '2025-11-30')
        """
    ).fetchall()
    november = {"from": "2025-11-01", "to": "2025-11-30"}
    ask = {"metrics": ["orders"], "where": {"segment": "buyers_at_period_end"}, "time": november}
    assert rows(workspace, ask, "lena") == [list(expected[0])]


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        ({"metrics": ["platform_conversions"]}, UnsafeReaggregation),
        ({"metrics": ["platform_roas"], "by": ["market"]}, UnsafeReaggregation),
        ({"metrics": ["attributed_value"], "by": ["channel"]}, UnsafeReaggregation),
        ({"metrics": ["attributed_value"], "by": ["attribution_model"]}, UnsafeReaggregation),
        (
            {
                "metrics": ["attributed_value"],
                "where": {
                    "and": [
                        {"dim": "attribution_model", "op": "not_in", "values": ["linear", "last"]},
                        {"dim": "attribution_window", "op": "in", "values": [30]},
                    ]
                },
            },
            UnsafeReaggregation,
        ),
        ({"metrics": ["platform_conversions"], "by": ["objective"]}, UnsafeReaggregation),
        (
            {"metrics": ["platform_conversions"], "where": {"dim": "campaign", "op": "in", "values": [None]}},
            UnsafeReaggregation,
        ),
        (
            {
                "metrics": ["platform_conversions"],
                "where": {
                    "dim": "platform",
                    "op": "not_in",
                    "values": ["microsoft_ads", "meta_ads", "pinterest_ads", "tiktok_ads", "criteo", "awin"],
                },
            },
            UnsafeReaggregation,
        ),
        (
            {
                "metrics": ["platform_conversions"],
                "by": ["campaign"],
                "calc": [{"name": "part", "do": "percent_of_total", "of": "platform_conversions"}],
            },
            UnsafeReaggregation,
        ),
        ({"metrics": ["experiment_order_rate"], "by": ["variant"]}, UnsafeReaggregation),
        ({"metrics": ["budget"], "by": [{"dim": "date", "grain": "week"}]}, GrainTooFine),
        ({"metrics": ["budget_used"], "time": {"from": "2026-01-01", "to": "2026-01-15"}}, GrainTooFine),
        ({"metrics": ["net_new_mrr"], "by": ["date"]}, GrainTooFine),
        ({"metrics": ["share_of_voice"], "by": [{"dim": "date", "grain": "month"}]}, GrainTooFine),
        ({"metrics": ["share_of_voice"], "by": ["brand"]}, NoPath),
        ({"metrics": ["brand_share_of_voice"]}, UnsafeReaggregation),
        ({"metrics": ["stage_conversion_rate"]}, UnsafeReaggregation),
        ({"metrics": ["mer"], "by": ["channel"]}, NoPath),
        ({"metrics": ["mer"], "where": {"dim": "channel", "op": "in", "values": ["Email"]}}, NoPath),
        ({"metrics": ["cost_per_lead"], "by": ["channel"]}, NoPath),
    ],
)
def test_questions_without_a_right_answer_are_refused(
    ask: dict[str, Any], refusal: type[SemanticError], workspace: Workspace
) -> None:
    with pytest.raises(refusal):
        rows(workspace, ask, "lena")


def test_every_metric_runs_by_itself_and_by_its_date(workspace: Workspace) -> None:
    """Each is asked by month, or by week if its dates represent weeks, and its groups add up to the whole."""
    assert len(workspace.model.metrics) >= 78
    for name, metric in workspace.model.metrics.items():
        # Over all days there is nothing at the start: no member who could leave, and no list that could grow.
        empty_before = name.endswith(("churn_rate", "growth_rate"))
        since = {"time": {"from": "2025-01-01", "to": "2026-06-30"}} if empty_before else {}
        ask = whole(workspace, name) | since
        if name in FROM_BEFORE:
            with pytest.raises(TimeMismatch, match="overlap"):
                rows(workspace, ask | {"time": None}, "lena")
        alone = rows(workspace, ask, "lena")
        assert len(alone) == 1, name
        assert alone[0][0] is not None, name
        grain = "week" if name.endswith(("_voice", "voice_spend", "search", "searches", "mentions")) else "month"
        by_date = {"by": [{"dim": "date", "grain": grain}]} | ({"time": YEAR} if name in FROM_BEFORE else {})
        dated = rows(workspace, ask | by_date, "lena")
        assert len(dated) > 1, name
        if additivity(metric, workspace.model) is Additivity.FULL:
            assert same(alone[0][0], [value for _, value in dated]), name


def test_metrics_run_by_the_offered_dimensions(workspace: Workspace) -> None:
    """This is a sample of all pairs.

    Groups of additive metrics add up to the whole, so no breakdown loses or repeats a row.
    """
    pairs = [(name, dimension) for name in workspace.model.metrics for dimension in offered(workspace, name)]
    assert len(pairs) > 2_000
    for name, dimension in random.Random(7).sample(pairs, part(400, one_in=4)):
        ask = whole(workspace, name)
        found_rows = rows(workspace, ask | {"by": [dimension]}, "lena")
        assert found_rows, (name, dimension)
        if additivity(workspace.model.metrics[name], workspace.model) is Additivity.FULL:
            alone = rows(workspace, ask, "lena")[0][0]
            assert same(alone, [value for _, value in found_rows]), (name, dimension)


def offered(workspace: Workspace, metric: str) -> Sequence[dict[str, str]]:
    """Return the breakdowns that preflight offers. A date that represents a month is broken down by month."""
    question = query_from_data({key: value for key, value in whole(workspace, metric).items() if value})
    available = workspace.preflight(question, workspace.people["lena"], today=TODAY).available
    others = [dimension for dimension in available if dimension.name != "date"]
    return [
        {"dim": dimension.name} | ({"grain": dimension.grain.value} if dimension.grain else {}) for dimension in others
    ]


def same(total: float | None, parts: Sequence[float | None]) -> bool:
    """Return whether the parts, some of which may be missing, add up to the total."""
    return isclose(total or 0, sum(part or 0 for part in parts), rel_tol=1e-9)


@pytest.mark.parametrize("dimension", ["full_name", "email"])
@pytest.mark.parametrize("person", MARKETS)
def test_no_one_can_see_personal_dimensions(dimension: str, person: str, workspace: Workspace) -> None:
    assert dimension in workspace.model.dimensions
    with pytest.raises(UnknownName):
        rows(workspace, {"metrics": ["orders"], "by": [dimension]}, person)
    assert dimension not in {
        each_dimension.name for each_dimension in workspace.visible(workspace.people[person]).dimensions
    }


def test_marketers_see_decades_and_leaders_years(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    ask = {"metrics": ["orders"], "by": ["birth_year"]}
    decades = by_hand.execute(
        f"""
        SELECT birth_year // 10 * 10, count(*) FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        WHERE {PLACED} AND market IN ('DE', 'AT') GROUP BY 1
        """
    ).fetchall()
    assert not differences(ordered(rows(workspace, ask, "jonas"), False), ordered(decades, False))
    assert len(rows(workspace, ask, "lena")) > 40


def test_order_amounts_cannot_be_split_by_product(workspace: Workspace) -> None:
    with pytest.raises(FanOut):
        workspace.ask(
            query_from_data({"metrics": ["net_revenue"], "by": ["product_category"]}), workspace.people["ana"]
        )


def test_every_object_has_a_description_and_an_owner(workspace: Workspace) -> None:
    model = workspace.model
    things = [
        *model.datasets.values(), *model.metrics.values(), *model.segments.values(), *model.policies,
        *model.annotations.values(),
    ]  # fmt: skip
    things += [
        one for dataset in model.datasets.values() for one in (*dataset.dimensions.values(), *dataset.measures.values())
    ]
    assert [thing.name for thing in things if not thing.description or not thing.owner or not thing.label] == []
    assert [metric.name for metric in model.metrics.values() if not metric.means or not metric.does_not_mean] == []
    labels = [metric.label for metric in model.metrics.values()]
    assert len(set(labels)) == len(labels)
    words = [group[0].label for group in model.dimensions.values()]
    assert len(set(words)) == len(words)
    assert sum(metric.certified is not None for metric in model.metrics.values()) >= 5


def test_columns_are_those_of_the_tables(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    kinds = {"VARCHAR": "string", "INTEGER": "integer", "BIGINT": "integer", "BOOLEAN": "boolean", "DATE": "date"}
    kinds |= {"TIMESTAMP WITH TIME ZONE": "timestamptz"}
    sources: set[str] = set()
    for dataset in workspace.model.datasets.values():
        source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
        sources |= (
            {table.name for table in dataset.query.tree.find_all(exp.Table)} if dataset.query else {dataset.source}
        )
        described = by_hand.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        real = {name: kinds.get(kind, kind.lower()) for name, kind, *_ in described}
        assert {name: str(kind) for name, kind in dataset.columns.items()} == real, dataset.name
    assert sources == {table.name for table in TABLES} - NOT_IN_THE_MODEL


def test_checks_pass_on_the_company(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    """The model's promises about its tables are true. Shares of relationships count rows with a key."""
    checked = 0
    for dataset in workspace.model.datasets.values():
        source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
        edges = {edge.role: edge for edge in workspace.model.joins.edges.get(dataset.name, ()) if not edge.beside}
        for check in dataset.checks:
            columns = ", ".join(check.columns)
            if check.kind is CheckKind.UNIQUE:
                sql = f"SELECT count(*) = count(DISTINCT ({columns})) FROM {source}"
            elif check.kind is CheckKind.NOT_NULL:
                sql = f"SELECT count({columns}) >= {check.at_least} * count(*) FROM {source}"
            elif check.kind is CheckKind.ACCEPTED:
                sql = f"SELECT count(*) = 0 FROM {source} WHERE {columns} NOT IN {check.values}"
            elif check.kind is CheckKind.ROWS:
                sql = f"SELECT count(*) >= {check.at_least} FROM {source}"
            else:
                edge = edges[check.columns[0]]
                joined = workspace.model.datasets[edge.target]
                target = joined.source or f"({joined.query.text if joined.query else ''})"
                pairs = list(zip(edge.columns, edge.target_columns, strict=True))
                meet = " AND ".join(f"s.{mine} = t.{theirs}" for mine, theirs in pairs)
                keyed = " AND ".join(f"s.{mine} IS NOT NULL" for mine, _ in pairs)
                text = f"count(*) FILTER (EXISTS (SELECT 1 FROM {target} t WHERE {meet}))"
                sql = f"SELECT {text} >= {check.at_least} * count(*) FROM {source} AS s WHERE {keyed}"
            assert by_hand.execute(sql).fetchall() == [(True,)], f"{dataset.name}: {check}"
            checked += 1
    assert checked > 150


def test_instants_fall_on_the_day_column_next_to_them(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    """`day:` is the instant's day in the reporting zone, so reading it gives the same result as converting the
    instant.
    """
    zone = workspace.model.settings.time_zone
    count = 0
    for dataset in workspace.model.datasets.values():
        for dimension in dataset.dimensions.values():
            if dimension.type.kind is not TypeKind.TIMESTAMPTZ:
                continue
            assert dimension.day is not None
            source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
            converted = f"({dimension.sql.text} AT TIME ZONE '{zone}')::DATE"
            sql = f"SELECT count(*) FROM {source} WHERE {converted} IS DISTINCT FROM {dimension.day.text}"
            assert by_hand.execute(sql).fetchall() == [(0,)]
            count += 1
    assert count == 11


@pytest.mark.parametrize("metric", ["orders", "net_revenue", "spend", "roas"])
@pytest.mark.parametrize("person", ["lena", "jonas"])
def test_a_market_without_rows_is_reported_for_money_too(workspace: Workspace, metric: str, person: str) -> None:
    asked = {"metrics": [metric], "where": {"dim": "market", "op": "in", "values": ["de"]}, "time": HALF_YEAR}
    shown = workspace.ask(query_from_data(asked), workspace.people[person], today=TODAY)
    assert 'No rows for market "de" (closest: Germany).' in shown.notes
