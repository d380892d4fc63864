"""A question that an engine would take too long to plan is refused before any SQL is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.compile import Compiled, plan_question
from semantic.errors import InvalidQuery, TooLarge
from semantic.explore import repairs
from semantic.explore.preflight import preflight
from semantic.model.expression import COLUMN_LETTERS, letters_of, parse_expression, weight_of
from semantic.plan.size import MOST_TABLES, MOST_TERMS, size_of
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.codec import query_from_params
from semantic.query.data import query_from_data
from semantic.query.query import AllOf, Query
from semantic.run.model_cache import open_model
from semantic.sql.dialects.table import Dialect, find_dialect

TODAY = date(2026, 7, 1)
TIME = {"from": "2025-01-01", "to": "2026-06-30"}
COMPARED = [{"to": "previous"}, {"to": "last_year"}, {"to": {"back": 3, "unit": "month"}}]


@pytest.fixture(scope="module")
def seen() -> VisibleModel:
    model, people = open_model(Path("semantic/marketing"))
    return narrow(model, next(person for person in people.values() if "steward" in person.roles))


def per_customer(place: int, **more: object) -> dict[str, object]:
    where = {"dim": "country", "op": "in", "values": [f"country {place}"]}
    return {"metric": "orders", "per": "customer", "op": ">", "value": 1, "where": where, **more}


def asked(where: Mapping[str, object] | None = None, **more: object) -> dict[str, Any]:
    return {"metrics": ["orders"], "time": TIME, **({"where": where} if where else {}), **more}


def test_fifty_times_fifty_filters_by_a_metric_are_refused(seen: VisibleModel) -> None:
    groups = [{"and": [per_customer(50 * group + place) for place in range(50)]} for group in range(50)]
    with pytest.raises(InvalidQuery, match=r"2,500 filters by a metric, more than the limit of 20"):
        query_from_data(asked({"and": groups}))


def test_nested_filters_by_a_metric_count_too(seen: VisibleModel) -> None:
    inner = [per_customer(place) for place in range(11)]
    one = per_customer(99, where={"and": inner})
    with pytest.raises(InvalidQuery, match="24 filters by a metric"):
        query_from_data(asked({"or": [one, {"not": one}]}))


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"or": [{"or": [{"dim": "country", "op": "in", "values": ["A"]}] * 41}] * 50}, "2,050 filters"),
        ({"or": [{"dim": "country", "op": "in", "values": [str(n) for n in range(5_000)]}] * 5}, "25,000 values"),
    ],
)
def test_a_filter_has_a_bounded_number_of_conditions_and_values(where: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        query_from_data(asked(where))


def test_a_link_with_too_many_filters_by_a_metric_is_ignored() -> None:
    with pytest.raises(InvalidQuery, match="21 filters by a metric"):
        query_from_params({"m": ["orders"], "f": ['{"metric":"orders","per":"customer","op":">","value":1}'] * 21})


def test_queries_not_read_from_text_have_the_same_limits(seen: VisibleModel) -> None:
    read = query_from_data(asked({"and": [per_customer(place) for place in range(20)]}))
    assert read.where is not None
    doubled = Query(metrics=read.metrics, time=read.time, where=AllOf((read.where, read.where)))
    with pytest.raises(InvalidQuery, match="40 filters by a metric"):
        plan_question(seen, doubled, today=TODAY)


@pytest.fixture(scope="module")
def of_customers(seen: VisibleModel) -> list[str]:
    """Return metrics of many facts to which a filter by a customer's orders can apply."""

    def fits(name: str) -> bool:
        query = query_from_data(asked(per_customer(0), metrics=[name]))
        return preflight(query, seen, find_dialect("duckdb"), today=TODAY).ok

    return [name for name in seen.model.metrics if fits(name)][-40:]


def test_many_facts_by_many_filters_and_comparisons_are_refused_with_smaller_questions(
    seen: VisibleModel, of_customers: list[str]
) -> None:
    where = {"and": [per_customer(place) for place in range(20)]}
    query = query_from_data(asked(where, metrics=of_customers, compare=COMPARED))
    with pytest.raises(TooLarge, match="too large to run"):
        plan_question(seen, query, today=TODAY)
    found_preflight = preflight(query, seen, find_dialect("duckdb"), today=TODAY)
    assert isinstance(found_preflight.error, TooLarge)
    assert found_preflight.repairs
    for repair in found_preflight.repairs:
        assert preflight(repair.query, seen, find_dialect("duckdb"), today=TODAY).ok, repair.label


def test_long_lists_over_many_facts_and_comparisons_are_refused(seen: VisibleModel, of_customers: list[str]) -> None:
    lists = [{"dim": "country", "op": "in", "values": [f"{place} {n}" for n in range(5_000)]} for place in range(4)]
    query_alone = query_from_data(asked({"or": lists}))
    assert size_of(plan_question(seen, query_alone, today=TODAY).plan).terms < MOST_TERMS
    with pytest.raises(TooLarge):
        plan_question(seen, query_from_data(asked({"or": lists}, metrics=of_customers, compare=COMPARED)), today=TODAY)


def test_fifty_of_the_largest_metrics_are_within_the_limits(seen: VisibleModel) -> None:
    sizes: dict[str, int] = {}
    for name in seen.model.metrics:
        query = query_from_data({"metrics": [name], "time": {"from": "2025-01-06", "to": "2026-06-28"}})
        found_preflight = preflight(query, seen, find_dialect("duckdb"), today=TODAY)
        if found_preflight.compiled is not None:
            sizes[name] = len(found_preflight.compiled.legs[0].sql)
    largest = sorted(sizes, key=sizes.__getitem__)[-50:]
    query = query_from_data(asked(metrics=largest))
    size = size_of(plan_question(seen, query, today=TODAY).plan)
    assert size.tables < MOST_TABLES / 2
    assert size.terms < MOST_TERMS


def nested(text: str, times: int) -> str:
    """Return a condition with an operand that DuckDB writes out twice at each level."""
    for level in range(times):
        text = f"nullif({text}, 'z{level}')"
    return f"{text} = 'DE'"


def test_a_condition_that_an_engine_writes_out_in_millions_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="too large when its NULLIF, CASE"):
        query_from_data(asked({"sql": nested("country", 26)}))


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a", 2),  # the column and its name
        ("nullif(a, 1)", 6),
        ("nullif(nullif(a, 1), 2)", 14),
        ("a between 1 and 2", 7),
        ("case a when 1 then 2 when 3 then 4 end", 11),
        ("1 / a", 8),  # a divisor becomes nullif(a, 0)
    ],
)
def test_repeated_sql_counts_each_time(text: str, weight: int) -> None:
    assert weight_of(parse_expression(text).tree) == weight


def replaced(text: str, times: int) -> str:
    """Return an expression that replaces each "a" with 32 of them, this many times."""
    for _ in range(times):
        text = f"replace({text}, 'a', '{32 * 'a'}')"
    return text


@pytest.mark.parametrize("text", ["'a'", "country", "coalesce(country, 'a')"])
@pytest.mark.parametrize("around", ["{} = 'x'", "length({}) > 3", "country = 'DE' or not ({} like 'x%')"])
def test_a_condition_that_creates_a_text_of_gigabytes_is_refused(text: str, around: str) -> None:
    """It would have 32 to the power of 7 letters, which DuckDB builds while planning, when nothing can interrupt it."""
    with pytest.raises(InvalidQuery, match="Nest REPLACE less"):
        query_from_data(asked({"sql": around.format(replaced(text, 7))}))


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("replace('aaaa', 'a', 'bbb')", 4 * 3),
        ("replace('aaaa', 'aa', 'bbb')", 2 * 3),
        ("replace(a, 'x', '')", COLUMN_LETTERS),
        ("replace(a, b, 'xy')", 2 * COLUMN_LETTERS),  # b may be one letter
        ("'ab' || 'cde'", 5),
    ],
)
def test_the_possible_length_of_a_text_is_computed(text: str, letters: int) -> None:
    assert letters_of(parse_expression(text).tree) == letters


def test_replacing_several_signs_one_by_one_is_allowed() -> None:
    text = "country"
    for sign in " /?&#+":
        text = f"replace({text}, '{sign}', '%20')"
    query_from_data(asked({"sql": f"{text} = 'DE'"}))


def test_conditions_within_the_limit_each_can_be_too_many_together(seen: VisibleModel) -> None:
    name = nested("country", 11)
    plan_question(seen, query_from_data(asked({"sql": name})), today=TODAY)
    many = {"and": [{"sql": name.replace("DE", f"D{place}")} for place in range(3)]}
    with pytest.raises(TooLarge):
        plan_question(seen, query_from_data(asked(many)), today=TODAY)


def test_a_large_question_that_is_refused_tries_few_repairs(
    seen: VisibleModel, of_customers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[Query]()
    compile_one = repairs.compile_visible

    def counting(seen: VisibleModel, query: Query, dialect: Dialect, *, today: date) -> Compiled:
        tried.append(query)
        return compile_one(seen, query, dialect, today=today)

    monkeypatch.setattr(repairs, "compile_visible", counting)
    where = {"and": [per_customer(place) for place in range(20)]}
    unknown = asked(where, metrics=[*of_customers, "no_such_metric"], by=["no_such_field"], compare=COMPARED)
    found_preflight = preflight(query_from_data(unknown), seen, find_dialect("duckdb"), today=TODAY)
    assert found_preflight.error is not None
    assert len(tried) <= repairs.FEWEST_TRIED
