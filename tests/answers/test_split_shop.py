"""One shop over two connections gives the numbers of one database, or refuses.

If one connection fails, the other still works. The expected rows are the hand-written ones in tests/cases, and the
answer to the same question over one database.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from semantic.errors import Cancelled, NoPath, SemanticError, Unavailable, UnsafeReaggregation
from semantic.model.definitions import Granularity
from semantic.policy.narrow import measures_of
from semantic.query.data import query_from_data
from semantic.query.query import (
    Back,
    Between,
    Breakdown,
    Calculation,
    CalculationKind,
    Condition,
    Last,
    LastYear,
    MetricFilter,
    Operator,
    Order,
    Previous,
    Query,
    Top,
)
from semantic.results.cell import cell_of
from semantic.results.result import Result
from tests.answers.split_shop import AWAY, away_sql, build_split, change, main_sql, open_split
from tests.copies import copy_shop
from tests.engines import ENGINES, duckdb_file
from tests.shop import TODAY, ShopWorkspace, open_shop
from tests.test_cases import ANSWERED, Case, differences, name, ordered
from tests.waiting import until

STEWARD = "steward"
BY_CHANNEL = Query(metrics=("revenue", "cost", "roas"), by=(Breakdown("channel"),))
LEAST_TOGETHER, LEAST_AWAY, MOST_REFUSED = 60, 100, 10
"""The least number of cases in tests/cases with facts in both connections, the least with facts only in the second one,
and the most that are refused because they need rows of both.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("split")


@pytest.fixture(scope="module")
def pairs(engine_name: str, folder: Path) -> Iterator[list[ShopWorkspace]]:
    """The split shop with its second connection on this engine, and with its main connection on this engine."""
    engine = ENGINES[engine_name]
    for away in engine.filled(away_sql(), folder):
        for main in engine.filled(main_sql(), folder):
            opened = [open_split(duckdb_file(main_sql(), folder), away)]
            if engine_name != "duckdb":
                opened.append(open_split(main, duckdb_file(away_sql(), folder)))
            yield opened
            for workspace in opened:
                workspace.close()


@pytest.fixture
def split(folder: Path) -> Iterator[tuple[ShopWorkspace, Path, Path]]:
    """A separate split shop for the test, and its two files."""
    main, away = build_split(folder)
    opened = open_split(main, away)
    yield opened, main, away
    opened.close()


def asked(workspace: ShopWorkspace, query: Query, person: str = STEWARD) -> Result:
    workspace.day = TODAY
    return workspace.ask(query, workspace.people[person])


def rows_of(result: Result) -> list[list[object]]:
    names = [column.name for column in result.columns]
    return [[row[name] for name in names] for row in result.rows()]


def may_leave_main(case: Case, workspace: ShopWorkspace) -> bool:
    """Return whether a case names something in the second connection.

    Most cases don't, and tests/test_cases.py asks these.
    """
    model = workspace.model
    away = {dataset.name for dataset in model.datasets.values() if dataset.connection}
    names = [
        metric for metric in model.metrics if {one.dataset for one in measures_of(model.metrics[metric], model)} & away
    ]
    names += [dimension for dataset in away for dimension in model.datasets[dataset].dimensions]
    return any(f"'{name}'" in repr(case.ask) for name in names)


def wrong_in(case: Case, workspace: ShopWorkspace, found: Counter[str]) -> list[str]:
    """Return the errors in the answer to a case, unless its facts are all in the main connection."""
    workspace.day = case.today
    try:
        pending = workspace.start(query_from_data(case.ask), workspace.people[case.person])
        if [leg.connection for leg in pending.compiled.legs] == [""]:
            pending.leave()
            return []
        found["together" if pending.compiled.combine else "away"] += 1
        rows = rows_of(pending.result())
    except NoPath as refusal:
        found["refused"] += 1
        return [] if "connection" in str(refusal) else [f"{name(case)}: {refusal}"]
    wrong = differences(ordered(rows, case.is_ordered), ordered(case.rows or [], case.is_ordered))
    return [f"{name(case)}: {difference}" for difference in wrong]


def test_every_case_over_two_connections_has_the_rows_written_by_hand(pairs: list[ShopWorkspace]) -> None:
    cases = [case for case in ANSWERED if may_leave_main(case, pairs[0])]
    found: Counter[str] = Counter()
    for place, workspace in enumerate(pairs):
        assert [wrong for case in cases[place :: len(pairs)] for wrong in wrong_in(case, workspace, found)] == []
    assert found["together"] >= LEAST_TOGETHER
    assert found["away"] >= LEAST_AWAY
    # Company periods in the main connection, and filters by a metric that needs both.
    assert found["refused"] <= MOST_REFUSED


# Generated questions: the same answer as one database

HERE = ("revenue", "order_count", "buyers", "mean_order", "median_order", "aov", "revenue_28d", "largest_order")
THERE = ("cost", "clicks", "ctr", "visits", "visitors", "pages_per_visit", "claim_count", "calls")
TOGETHER = ("roas", "profit", "profit_share", "conversion_rate", "shortfall")
PEOPLE = (STEWARD, STEWARD, STEWARD, "dora", "finn", "both", "mia", "pia", "gus")
HIDES_SMALL_GROUPS = ("pia", "gus")
QUESTIONS, LEAST_ANSWERED = 90, 45


def a_question(rng: random.Random) -> Query:
    """Return a random question over both connections, with anything that is applied after aggregation."""
    metrics = tuple(dict.fromkeys((rng.choice(HERE), rng.choice(THERE), rng.choice((*TOGETHER, *THERE)))))
    channel = [Breakdown(rng.choice(("channel", "channel_group", "is_paid")))] if rng.random() < 0.7 else []
    grains = (Granularity.MONTH, Granularity.WEEK, Granularity.DAY, Granularity.QUARTER)
    dated = [Breakdown("date", rng.choice(grains))] if rng.random() < 0.5 else []
    by = tuple(rng.sample([*channel, *dated], len(channel) + len(dated)))
    query = Query(metrics=metrics, by=by)
    if rng.random() < 0.4:
        values = tuple(rng.sample(("Search", "Social", "Mail", "Radio", None), 2))
        query = replace(query, where=Condition("channel", rng.choice((Operator.IN, Operator.NOT_IN)), values))
    if rng.random() < 0.5:
        spring = Between(date(2026, 3, 1), date(2026, 4, 30))
        query = replace(query, time=rng.choice((spring, Last(9, Granularity.MONTH))))
        if rng.random() < 0.5:
            query = replace(query, compare=(rng.choice((Previous(), LastYear(), Back(1, Granularity.MONTH))),))
    if channel and rng.random() < 0.35:
        query = replace(query, top=Top(2, channel[0].dim, rng.choice(metrics), other=rng.random() < 0.6))
    elif rng.random() < 0.3:
        query = replace(query, limit=3)
    if by and rng.random() < 0.4:
        query = replace(query, totals=((),))
    if by and rng.random() < 0.2:
        query = replace(query, having=(MetricFilter(rng.choice(metrics), ">", (10,)),))
    if by and rng.random() < 0.3:
        query = replace(query, order=(Order(rng.choice(metrics), desc=True),))
    if by and rng.random() < 0.2:
        rank = Calculation(name="rank", do=CalculationKind.RANK, of=metrics[0])
        query = replace(query, calc=(rank,))
    return replace(query, every_period=bool(dated) and rng.random() < 0.2)


def test_generated_questions_have_the_answer_of_one_database(pairs: list[ShopWorkspace], folder: Path) -> None:
    rng, answered = random.Random(40), 0
    one = open_shop(copy_shop(folder / "one.duckdb"))
    for number in range(QUESTIONS):
        query, person, workspace = a_question(rng), rng.choice(PEOPLE), pairs[number % len(pairs)]
        try:
            expected = asked(one, query, person)
        except SemanticError as refusal:
            with pytest.raises(type(refusal)):
                asked(workspace, query, person)
            continue
        try:
            result = asked(workspace, query, person)
        except UnsafeReaggregation:
            # A small group's members are counted for Other too.
            assert query.top is not None, query
            assert query.top.other or query.totals or person in HIDES_SMALL_GROUPS, query
            continue
        answered += 1
        assert list(differences(rows_of(result), rows_of(expected))) == [], query
        assert result.groups == expected.groups, query
        assert result.notes == expected.notes, query
        assert result.hidden == expected.hidden, query
        assert result.table.schema.types == expected.table.schema.types, query
    one.close()
    assert answered >= LEAST_ANSWERED


def test_hidden_rows_change_nothing_in_either_connection(pairs: list[ShopWorkspace], folder: Path) -> None:
    """Finn sees the orders and visits of two channels. Other rows, in either connection, can be anything."""
    main = duckdb_file(f"{main_sql()}\nUPDATE orders SET amount = amount * 7 WHERE channel_key = 'c2';", folder)
    away = duckdb_file(f"{away_sql()}\nDELETE FROM sessions WHERE channel_key IS NULL OR channel_key = 'c2';", folder)
    twin = open_split(main, away)
    query = Query(metrics=("revenue", "visits", "conversion_rate"), by=(Breakdown("channel"),), totals=((),))
    assert rows_of(asked(twin, query)) != rows_of(asked(pairs[0], query))
    for workspace in pairs:
        assert rows_of(asked(twin, query, "finn")) == rows_of(asked(workspace, query, "finn"))
        assert len(rows_of(asked(workspace, query, "finn"))) > 1
    twin.close()


def test_masked_members_are_combined_under_the_same_mask(pairs: list[ShopWorkspace]) -> None:
    """The platform, in the second connection, is masked for Mia. The rest of her answer is the same as for others."""
    query = Query(metrics=("claim_count",), by=(Breakdown("platform"),))
    for workspace in pairs:
        assert rows_of(asked(workspace, query, "mia")) == [[None, 5]]


# What can't be asked


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        ({"metrics": ["cost"], "by": [{"dim": "date", "grain": "retail_month"}]}, NoPath, "another connection"),
        (
            {"metrics": ["buyers", "cost"], "by": ["channel"], "top": {"n": 1, "dim": "channel", "metric": "cost"}},
            UnsafeReaggregation,
            "Other",
        ),
        ({"metrics": ["cost"], "by": ["tier"]}, NoPath, "can't be broken down by"),
    ],
    ids=["periods of the other connection", "Other of a distinct count", "a breakdown that only the other has"],
)
def test_a_question_that_would_join_rows_is_refused_with_working_repairs(
    ask: dict[str, object], error: type[SemanticError], words: str, pairs: list[ShopWorkspace]
) -> None:
    query = query_from_data(ask)
    for workspace in pairs:
        with pytest.raises(error, match=words):
            asked(workspace, query)
        repairs = workspace.preflight(query, workspace.people[STEWARD]).repairs
        assert repairs
        for repair in repairs:
            assert asked(workspace, repair.query).columns, repair.label


# Each connection fails, changes and is cancelled for itself


def test_an_unreachable_connection_fails_only_questions_that_need_it(split: tuple[ShopWorkspace, Path, Path]) -> None:
    workspace, _, away = split
    assert rows_of(asked(workspace, Query(metrics=("revenue", "cost")))) == [[10225.5, 58.0]]
    os.rename(away, away.with_suffix(".gone"))
    assert rows_of(asked(workspace, Query(metrics=("revenue",)))) == [[10225.5]]
    for metrics in (("cost",), ("revenue", "cost")):
        with pytest.raises(Unavailable, match=f"The connection '{AWAY}' can't be used") as caught:
            asked(workspace, Query(metrics=metrics))
        assert str(away.parent) not in str(caught.value)
    findings = {finding.dataset: finding for finding in workspace.check_data() if finding.kind == "read"}
    assert not findings["ads"].looked
    assert "orders" not in findings
    os.rename(away.with_suffix(".gone"), away)
    assert rows_of(asked(workspace, Query(metrics=("revenue", "cost")))) == [[10225.5, 58.0]]


def test_new_data_in_one_connection_changes_the_answer(split: tuple[ShopWorkspace, Path, Path]) -> None:
    workspace, main, away = split
    first = asked(workspace, BY_CHANNEL)
    assert not first.cached
    again = asked(workspace, BY_CHANNEL)
    assert again.cached
    assert again.data_version == first.data_version is not None
    change(away, "UPDATE ads SET cost = cost * 10 WHERE campaign_key = 'k1'")
    after_away = asked(workspace, BY_CHANNEL)
    assert {row[0]: row[2] for row in rows_of(after_away)}["Search"] == 50
    change(main, "UPDATE orders SET amount = 11 WHERE order_id = 'o01'")
    after_main = asked(workspace, BY_CHANNEL)
    assert {row[0]: (row[1], row[2]) for row in rows_of(after_main)}["Search"] == (5331, 50)
    assert len({first.data_version, after_away.data_version, after_main.data_version}) == 3


def test_a_question_that_no_one_waits_for_stops_in_both(folder: Path) -> None:
    """The views in both connections take minutes to count."""
    busy = "SELECT i::BIGINT AS order_id FROM range(10000000) AS a(i), range(1000000) AS b"
    main = duckdb_file(f"{main_sql()}\nDROP TABLE orders; CREATE VIEW orders AS {_like('orders', busy)};", folder)
    away = duckdb_file(f"{away_sql()}\nDROP TABLE ads; CREATE VIEW ads AS {_like('ads', busy)};", folder)
    workspace, quick = open_split(main, away), open_split(*build_split(folder))
    workspace.take_extents_of(quick)
    pending = workspace.start(BY_CHANNEL, workspace.people[STEWARD])
    until(lambda: not pending.done() and workspace.runner.load()[0] >= 2, "both connections work")
    pending.leave()
    until(lambda: workspace.runner.load() == (0, 0), "neither works any more")
    with pytest.raises(Cancelled):
        pending.result()
    for opened in (workspace, quick):
        opened.close()


def _like(table: str, source: str) -> str:
    """Return SQL for a view with the columns of a table, whose rows take long to compute."""
    columns = {
        "orders": "'o' AS order_id, 'u' AS customer_id, 'c1' AS channel_key, 'DE' AS billing_country, "
        "'DE' AS shipping_country, 'x' AS device, CAST('2026-03-02' AS TIMESTAMPTZ) AS ordered_at, "
        "DATE '2026-03-02' AS order_day, CAST(order_id % 3 AS DECIMAL(18,4)) AS amount, false AS is_test",
        "ads": "DATE '2026-03-02' AS ad_day, 'k1' AS campaign_key, CAST(order_id % 3 AS DECIMAL(18,4)) AS cost, "
        "1::BIGINT AS clicks, 1::BIGINT AS impressions, 0.1::DOUBLE AS effort",
    }
    return f"SELECT {columns[table]} FROM ({source}) AS made"


# What surrounds an answer


def test_values_rows_and_words_use_the_datasets_own_connection(pairs: list[ShopWorkspace]) -> None:
    for workspace in pairs:
        steward = workspace.people[STEWARD]
        values, has_more = workspace.values("channel", BY_CHANNEL, steward)
        assert (set(values), has_more) == (
            {"Search", "Social", "Mail", "Walk-in", "(none)", "Other", None},
            False,
        )
        result = asked(workspace, BY_CHANNEL)
        place = result.table.column("channel").to_pylist().index("Search")
        records = workspace.records(BY_CHANNEL, cell_of(result, place, "cost"), "cost", steward)
        assert records.table.num_rows == 1  # the one day of k1
        assert Decimal(5) in records.table.to_pylist()[0].values()
        assert result.reads >= {"orders", "ads", "channels", "media_channels"}
        assert AWAY in result.sql
        assert AWAY in result.readable_sql
        assert all(finding.ok for finding in workspace.check_data() if finding.kind == "columns")
