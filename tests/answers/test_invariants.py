"""Facts about every question: it round-trips unchanged, its SQL is stable, and its groups add up."""

from __future__ import annotations

import itertools
import math
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.compile import compile_query
from semantic.errors import SemanticError
from semantic.model.definitions import Additivity, Granularity
from semantic.model.loading.load import load_model, read_folder
from semantic.model.settings import MONTHS
from semantic.plan.measures.metrics import additivity
from semantic.policy.people import read_people
from semantic.query.checked import WEEK_DAYS
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.data import column_name
from semantic.query.filters import METRIC_OPERATORS
from semantic.query.query import (
    AllOf,
    AnyOf,
    Back,
    Between,
    Breakdown,
    ByMember,
    Condition,
    Filter,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    Named,
    NotAny,
    Operator,
    Order,
    Previous,
    Query,
    ToDate,
    Top,
)
from semantic.sql.dialects.table import find_dialect
from tests.copies import copy_shop
from tests.proof import part, part_of
from tests.shop import SHOP, TODAY, ShopWorkspace, breakdowns, open_shop
from tests.test_cases import ANSWERED, differences, ordered, query_from_data, same

SOME = 5
"""`make test` runs one in this many comparisons over all metrics, people and breakdowns."""

# Any question that can be written

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
WAYS = st.none() | st.lists(NAMES, min_size=1, max_size=2).map(".".join)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
AWKWARD = st.sampled_from(
    ["", " ", "\n", ",", "a,b", "'", "''", "\\", "\\'", ":", "@", "{", "!", "..", "%27", "+", "&=#", "ß", "İ"]
) | st.sampled_from(["null", "true", "1", "-1", "1e3", "1.0", "-"])
NUMBERS = st.integers(-(10**18), 10**18) | st.floats(-1e30, 1e30, allow_nan=False)
VALUES = TEXTS | AWKWARD | NUMBERS | st.booleans() | st.none()
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT+1"])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    op = draw(st.sampled_from(Operator))
    size = {Operator.IN: (1, 4), Operator.NOT_IN: (1, 4), Operator.BETWEEN: (2, 2)}.get(op, (1, 1))
    values = draw(st.lists(VALUES, min_size=size[0], max_size=size[1]))
    return Condition(draw(NAMES), op, tuple(values), draw(WAYS))


SEGMENTS = st.builds(InSegment, NAMES)


def grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return several.map(AllOf) | several.map(AnyOf) | inner.map(NotAny)


BREAKDOWNS = st.builds(Breakdown, NAMES, st.none() | st.sampled_from(Granularity), WAYS)
UNITS = st.sampled_from([granularity for granularity in Granularity if not granularity.is_clock])


def in_order(ends: tuple[date | None, date | None]) -> bool:
    start, end = ends
    return start is None or end is None or start <= end


FIXED = st.tuples(st.none() | DAYS, st.none() | DAYS).filter(in_order)
PERIODS = (
    st.builds(Last, st.integers(1, 999), UNITS, st.booleans())
    | st.builds(ToDate, UNITS, st.booleans())
    | st.tuples(FIXED, st.booleans()).map(lambda drawn: Between(*drawn[0], drawn[1]))
)
BY_MEMBERS = st.builds(
    ByMember,
    NAMES,
    NAMES,
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
    st.tuples(st.integers(-(10**18), 10**18) | st.floats(-1e30, 1e30, allow_nan=False)),
    st.none() | conditions(),
    st.none() | PERIODS,
)
FILTERS = st.recursive(conditions() | SEGMENTS | BY_MEMBERS, grown, max_leaves=5)
COMPARISONS = (
    st.builds(Previous)
    | st.builds(LastYear)
    | st.builds(Back, st.integers(1, 1_000), UNITS)
    | st.tuples(DAYS, DAYS).filter(in_order).map(lambda ends: Named(*ends))
)
FINITE = st.integers(-(10**18), 10**18) | st.floats(-1e30, 1e30, allow_nan=False)


@st.composite
def metric_filters(draw: st.DrawFn) -> MetricFilter:
    op = draw(st.sampled_from(METRIC_OPERATORS))
    size = 2 if op == "between" else 1
    return MetricFilter(draw(NAMES), op, tuple(draw(st.lists(FINITE, min_size=size, max_size=size))))


COLUMNS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
TOPS = st.builds(Top, st.integers(1, 1_000), NAMES, NAMES, COLUMNS, st.booleans())
TOTALS = st.lists(COLUMNS, max_size=3, unique_by=frozenset).map(tuple)


def without_repeats(query: Query) -> bool:
    columns = [column_name(breakdown) for breakdown in query.by]
    grand = ("grand",) in query.totals  # a breakdown can't keep that name, because the word has another meaning
    return len(columns) == len(set(columns)) and not grand


QUERIES = st.builds(
    Query,
    metrics=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    by=st.lists(BREAKDOWNS, max_size=3).map(tuple),
    where=st.none() | FILTERS,
    having=st.lists(metric_filters(), max_size=2).map(tuple),
    time=st.none() | PERIODS,
    compare=st.lists(COMPARISONS, max_size=3, unique=True).map(tuple),
    top=st.none() | TOPS,
    totals=TOTALS,
    order=st.lists(st.builds(Order, NAMES, st.booleans()), max_size=2).map(tuple),
    limit=st.none() | st.integers(1, 100_000),
    time_zone=st.none() | ZONES,
    week_start=st.none() | st.sampled_from(WEEK_DAYS),
    fiscal_start=st.none() | st.sampled_from(MONTHS),
    history=st.sampled_from(["as_was", "as_is"]),
).filter(without_repeats)


@given(QUERIES)
def test_a_question_round_trips_through_json(query: Query) -> None:
    text = query_to_json(query)
    assert query_from_json(text) == query
    assert query_to_json(query_from_json(text)) == text


@given(QUERIES)
def test_a_question_round_trips_through_its_address(query: Query) -> None:
    params = query_to_params(query)
    read = query_from_params(params)
    # 1, 1.0 and true are equal in Python and different in a question; their texts are not equal.
    assert read == query
    assert query_to_json(read) == query_to_json(query)
    assert all(isinstance(text, str) for texts in params.values() for text in texts)


# The shop


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.mark.server
def test_the_same_question_gives_the_same_sql_in_every_process() -> None:
    """Sets and dicts of strings iterate differently with each hash seed, but the text must be the same.

    tests/answers/test_golden.py also compares the SQL with that of another process, under a random seed.
    """
    places = part_of(range(len(ANSWERED)), one_in=4)
    texts = {seed: sql_of_cases(places, seed) for seed in ("0", "1")}
    assert texts["0"].count("SELECT") > len(places)
    assert len(set(texts.values())) == 1


def sql_of_cases(places: Sequence[int], seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", f"from tests.answers.test_invariants import print_sql; print_sql({places})"],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def print_sql(places: Sequence[int]) -> None:
    """Print the SQL and parameters of these answered cases, for the test above."""
    model, people, dialect = load_model(SHOP), read_people(read_folder(SHOP)), find_dialect("duckdb")
    for case in (ANSWERED[place] for place in places):
        compiled = compile_query(model, query_from_data(case.ask), people[case.person], dialect, today=case.today)
        print([(statement.sql, statement.params) for statement in compiled.legs], compiled.notes)


PEOPLE = ("steward", "dora", "vera", "zeno", "finn", "rita", "both", "nick", "mia", "noa")
RESTRICTED = ("dora", "vera", "zeno", "finn", "rita", "both", "nick")


def ask(workspace: ShopWorkspace, query: Query, person: str) -> list[tuple[Any, ...]] | None:
    """Return the rows, or None if the question is refused."""
    try:
        result = workspace.ask(query, workspace.people[person])
    except SemanticError:
        return None
    return [tuple(row[column.name] for column in result.columns) for row in result.rows()]


def test_groups_add_up_to_the_total(workspace: ShopWorkspace) -> None:
    """For an additive metric over many-to-one paths, no row is lost and none is counted twice, whatever the
    breakdown.
    """
    model = workspace.model
    # A difference of two facts is left out: it is missing in a group that only one of them has.
    simple = [name for name, metric in model.metrics.items() if metric.is_simple]
    additive = [name for name in simple if additivity(model.metrics[name], model) is Additivity.FULL]
    assert {"revenue", "order_count", "cost", "units", "visits"} <= set(additive)
    compared = 0
    people = ("steward", "dora", "vera", "finn", "mia")
    for name, person, one in part_of(list(itertools.product(additive, people, breakdowns(workspace))), SOME):
        groups = ask(workspace, Query(metrics=(name,), by=(one,)), person)
        if groups is None:
            continue
        total = ask(workspace, Query(metrics=(name,)), person)
        assert total is not None
        split = math.fsum(value or 0 for _, value in groups)
        assert same(split, float(total[0][0] or 0)), f"{name} by {column_name(one)} for {person}"
        compared += 1
    assert compared > part(300, SOME)


def test_groups_of_two_breakdowns_add_up_to_the_groups_of_one(workspace: ShopWorkspace) -> None:
    pairs = random.Random(7).sample(list(itertools.permutations(breakdowns(workspace), 2)), 60)
    compared = 0
    asked = list(itertools.product(("revenue", "units"), ("steward", "vera"), pairs))
    for name, person, (outer, inner) in part_of(asked, SOME):
        rows = ask(workspace, Query(metrics=(name,), by=(outer, inner)), person)
        if rows is None:
            continue
        summed: dict[object, float] = {}
        for key, _, value in rows:
            summed[key] = summed.get(key, 0.0) + float(value or 0)
        single = ask(workspace, Query(metrics=(name,), by=(outer,)), person) or []
        expected = [(key, float(value or 0)) for key, value in single]
        wrong = differences(ordered(list(summed.items()), False), ordered(expected, False))
        assert not wrong, f"{name} by {column_name(outer)} and {column_name(inner)} for {person}: {wrong}"
        compared += 1
    assert compared > part(60, SOME)


def test_a_policy_never_adds_rows(workspace: ShopWorkspace) -> None:
    """A restricted person sees no group that the steward doesn't see, and no larger number in any group."""
    counts = ("order_count", "units", "visits", "clicks", "buyers", "visitors", "large_orders")
    compared = 0
    for name, person, one in part_of(list(itertools.product(counts, RESTRICTED, breakdowns(workspace))), SOME):
        seen = ask(workspace, Query(metrics=(name,), by=(one,)), person)
        if seen is None:
            continue
        every = dict(ask(workspace, Query(metrics=(name,), by=(one,)), "steward") or [])
        for key, value in seen:
            assert key in every, f"{name} by {column_name(one)} shows {key!r} to {person} alone"
            assert (value or 0) <= (every[key] or 0), f"{name} by {column_name(one)} counts more for {person}"
        compared += 1
    assert compared > part(200, SOME)


def test_other_parts_of_a_question_change_no_value(workspace: ShopWorkspace) -> None:
    """Every metric has the same value in the same cell alone and together with all the others."""
    for person, one in itertools.product(
        ("steward", "vera", "finn"), (Breakdown("channel"), Breakdown("date", Granularity.MONTH))
    ):
        visible = workspace.visible(workspace.people[person]).metrics
        names = [
            metric.name
            for metric in part_of(visible, one_in=3)
            if ask(workspace, Query(metrics=(metric.name,), by=(one,)), person) is not None
        ]
        assert len(names) > 5
        together = ask(workspace, Query(metrics=tuple(names), by=(one,)), person)
        assert together is not None
        for place, name in enumerate(names, start=1):
            alone = dict(ask(workspace, Query(metrics=(name,), by=(one,)), person) or [])
            for row in together:
                if row[0] in alone:
                    assert same(row[place], alone[row[0]]), f"{name} at {row[0]!r} for {person}"
                else:
                    assert row[place] in (None, 0), f"{name} at {row[0]!r} for {person}"


def test_a_hash_distinguishes_members_and_reveals_none(workspace: ShopWorkspace) -> None:
    rows = ask(workspace, Query(metrics=("revenue",), by=(Breakdown("email"),)), "mia")
    assert rows is not None
    shown = dict(rows)
    assert len(shown) == len(rows) == 6  # five customers with orders, and the orders without one
    assert sorted(shown.values()) == [30, 480, 635, 1280, 2680, 5120.5]
    assert shown[None] == 480
    assert all(len(key) >= 32 and "@" not in key for key in shown if key is not None)


def test_a_hash_depends_on_its_key(tmp_path: Path, workspace: ShopWorkspace) -> None:
    """Without the key, no one can hash a list of addresses and compare."""
    settings = replace(workspace.settings, data=str(copy_shop(tmp_path / "shop.duckdb")), mask_key="another key")
    other = ShopWorkspace.open(settings)
    assert isinstance(other, ShopWorkspace)
    try:
        question = Query(metrics=("revenue",), by=(Breakdown("email"),))
        mine, theirs = ask(workspace, question, "mia"), ask(other, question, "mia")
        assert mine is not None
        assert theirs is not None
        keys = {key for key, _ in mine if key}
        assert keys
        assert not keys & {key for key, _ in theirs if key}
    finally:
        other.close()


def test_today_is_an_argument(workspace: ShopWorkspace) -> None:
    question = Query(metrics=("revenue",), time=Last(1, Granularity.MONTH))
    answers: list[Sequence[tuple[Any, ...]] | None] = []
    for day in (date(2026, 4, 1), date(2026, 5, 31), date(2026, 4, 20)):
        workspace.day = day
        answers.append(ask(workspace, question, "steward"))
    workspace.day = TODAY
    assert answers == [[(310,)], [(2235,)], [(310,)]]


# The same number, asked in two ways (G4, G7)

SPLITS = (
    Breakdown("channel"),
    Breakdown("home"),
    Breakdown("device"),
    Breakdown("date", Granularity.MONTH),
    Breakdown("country", via="billing"),
)
ASKED = ("revenue", "order_count", "buyers", "mean_order", "cost", "visitors", "roas", "units")


def rows_by_kind(workspace: ShopWorkspace, query: Query, person: str) -> dict[str, list[tuple[Any, ...]]] | None:
    """Return the rows by bucket, without the bucket itself, or None if the question is refused."""
    try:
        result = workspace.ask(query, workspace.people[person])
    except SemanticError:
        return None
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for row in result.rows():
        kind = str(row["bucket"])
        rows.setdefault(kind, []).append(tuple(row[column.name] for column in result.columns))
    return rows


@pytest.mark.parametrize("person", ["steward", "dora", "vera"])
def test_a_total_is_the_question_without_the_breakdown(workspace: ShopWorkspace, person: str) -> None:
    compared = 0
    for one, name in part_of(list(itertools.product(SPLITS, ASKED)), one_in=2):
        rows = rows_by_kind(workspace, Query(metrics=(name,), by=(one,), totals=((),)), person)
        if rows is None:
            continue
        [(_, total)] = rows["total"]
        whole = ask(workspace, Query(metrics=(name,)), person)
        assert whole is not None
        assert same(total, whole[0][0]), f"{name} by {column_name(one)} for {person}"
        compared += 1
    assert compared > part(20, one_in=2)


@pytest.mark.parametrize("person", ["steward", "dora"])
def test_subtotals_are_the_question_with_fewer_breakdowns(workspace: ShopWorkspace, person: str) -> None:
    compared = 0
    for (outer, inner), name in part_of(list(itertools.product(itertools.permutations(SPLITS, 2), ASKED)), SOME):
        texts = (column_name(outer),)
        found_rows = rows_by_kind(workspace, Query(metrics=(name,), by=(outer, inner), totals=(texts, ())), person)
        single = ask(workspace, Query(metrics=(name,), by=(outer,)), person)
        if found_rows is None:
            continue
        assert single is not None
        subtotals = [(row[0], row[2]) for kind, rows in found_rows.items() if kind.endswith(",total") for row in rows]
        subtotals.remove(next((row[0], row[2]) for row in found_rows["total,total"]))
        assert not differences(ordered(subtotals, False), ordered(single, False)), f"{name} by {texts} for {person}"
        compared += 1
    assert compared > part(60, SOME)


@pytest.mark.parametrize("person", ["steward", "dora"])
def test_other_equals_the_question_without_the_listed_members(workspace: ShopWorkspace, person: str) -> None:
    compared = 0
    groupings = [breakdown for breakdown in SPLITS if breakdown.grain is None]
    for one, name, n in part_of(list(itertools.product(groupings, ASKED, (1, 2, 3))), one_in=2):
        rows = rows_by_kind(
            workspace, Query(metrics=(name,), by=(one,), top=Top(n, column_name(one), "revenue")), person
        )
        if rows is None:
            continue
        alone = [row[0] for kind in ("member", "none") for row in rows.get(kind, [])]
        assert len(alone) <= n
        rest = Condition(one.dim, Operator.NOT_IN, tuple(alone), one.via)
        groups = ask(workspace, Query(metrics=(name,), by=(one,), where=rest), person)
        others = ask(workspace, Query(metrics=(name,), where=rest), person)
        assert others is not None
        if groups:
            assert same(rows["other"][0][1], others[0][0]), f"{name} by {column_name(one)}, {n}, for {person}"
            compared += 1
        else:
            assert "other" not in rows
    assert compared > part(15, one_in=2)


def test_a_comparison_equals_the_question_for_its_own_days(workspace: ShopWorkspace) -> None:
    march, april = Between(date(2026, 3, 1), date(2026, 3, 31)), Between(date(2026, 4, 1), date(2026, 4, 30))
    compared = 0
    for one, name in itertools.product((None, *SPLITS[:3]), ASKED):
        by = (one,) if one else ()
        both = ask(workspace, Query(metrics=(name,), by=by, time=april, compare=(Previous(),)), "steward")
        mine = ask(workspace, Query(metrics=(name,), by=by, time=april), "steward")
        earlier = ask(workspace, Query(metrics=(name,), by=by, time=march), "steward")
        if both is None:
            continue
        assert mine is not None
        assert earlier is not None
        compared += 1
        for row in both:
            for place, rows in ((-2, mine), (-1, earlier)):
                expected = next((other[-1] for other in rows if other[:-1] == row[:-2]), None)
                assert same(row[place], expected) or (expected is None and row[place] == 0), f"{name} at {row}"
        keys = {row[:-2] for row in both}
        assert keys == {row[:-1] for row in mine} | {row[:-1] for row in earlier}
    assert compared > 20


def test_a_filter_on_a_metric_keeps_the_groups_that_pass(workspace: ShopWorkspace) -> None:
    for one, name in itertools.product(SPLITS, ASKED):
        every = ask(
            workspace, Query(metrics=("revenue", name) if name != "revenue" else ("revenue",), by=(one,)), "steward"
        )
        if every is None:
            continue
        passing = ask(
            workspace, Query(metrics=(name,), by=(one,), having=(MetricFilter("revenue", ">", (50,)),)), "steward"
        )
        assert passing is not None
        expected = [(row[0], row[-1]) for row in every if row[1] is not None and row[1] > 50]
        assert not differences(ordered(passing, False), ordered(expected, False)), f"{name} by {column_name(one)}"


def test_a_limit_shows_the_first_groups_and_counts_all(workspace: ShopWorkspace) -> None:
    for one, totals in itertools.product(SPLITS, ((), ((),))):
        query = Query(metrics=("revenue", "buyers"), by=(one,), totals=totals, order=(Order("revenue", desc=True),))
        every = workspace.ask(query, workspace.people["steward"])
        few = workspace.ask(replace(query, limit=2), workspace.people["steward"])
        assert few.groups == every.groups == every.table.num_rows - len(totals)
        rows = every.rows()
        assert few.rows() == [*rows[:2], *rows[every.groups :]]
