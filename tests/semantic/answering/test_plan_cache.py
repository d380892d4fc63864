"""A question with a cached shape gets the SQL, values, columns and notes that compiling it again would give."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import semantic.answering.plan_cache as cached
from semantic import compile_query, load_model
from semantic.answering.plan_cache import PlanCache
from semantic.compile import Compiled, compile_visible
from semantic.errors import SemanticError
from semantic.model.loading.load import read_folder
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Query
from semantic.sql.dialects.table import DIALECTS
from tests.proof import part_of
from tests.shop import SHOP, TODAY
from tests.test_cases import Case, read_cases

MODEL, PEOPLE, DUCKDB = load_model(SHOP), read_people(read_folder(SHOP)), DIALECTS["duckdb"]
CASES = [case for case in read_cases() if case.refused is None]
AGAIN = 4


def same(compiled: Compiled, expected: Compiled) -> bool:
    pairs = [
        (compiled.legs, expected.legs),
        ([*map(type, compiled.legs[0].params)], [*map(type, expected.legs[0].params)]),
        (compiled.columns, expected.columns),
        (compiled.rate_checks, expected.rate_checks),
        (compiled.notes, expected.notes),
    ]
    return all(statements == other for statements, other in pairs)


def others(value: Any, draw: random.Random) -> Any:
    """Return the same question with other literals: values, thresholds and days."""
    match value:
        case dict():
            return {key: _other(key, each_value, draw) for key, each_value in value.items()}
        case list():
            return [others(item, draw) for item in value]
        case _:
            return value


def _other(key: str, value: Any, draw: random.Random) -> Any:
    if key in ("values", "value") and draw.random() < 0.8:
        return [_literal(item, draw) for item in value] if isinstance(value, list) else _literal(value, draw)
    if key in ("from", "to") and isinstance(value, str) and value[:1].isdigit():
        return str(date.fromisoformat(value) + timedelta(days=draw.choice((0, 1, 7, 31, -365, 400))))
    return others(value, draw)


def _literal(value: Any, draw: random.Random) -> Any:
    match value:
        case bool() | None:
            return value
        case int():
            return draw.choice((value, value + 1, -value, 0, 2**62, 2**70))
        case float():
            return draw.choice((value, value * 2, 0.125, 1e300))
        case str():
            try:
                return str(date.fromisoformat(value) + timedelta(days=draw.choice((0, 1, 40))))
            except (ValueError, OverflowError):
                return draw.choice((value, "", "it's", "x' OR 1=1 --", value + "é"))
        case _:
            return value


def outcome(compiling: Callable[[], Compiled]) -> Compiled | tuple[type, str]:
    try:
        return compiling()
    except SemanticError as error:
        return type(error), str(error)


def asked_again(case: Case) -> Iterator[Query]:
    draw = random.Random(case.title)
    data = query_to_data(query_from_data(case.ask))
    yield query_from_data(data)
    for _ in range(AGAIN):
        try:
            yield query_from_data(others(data, draw))
        except SemanticError:
            continue
    yield query_from_data(data)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cached templates that were used."""
    statements: list[str] = []
    plain = cached._Template.statement  # pyright: ignore[reportPrivateUsage]

    def statement(self: Any, literals: Any) -> Any:
        made = plain(self, literals)
        statements.append(made.sql)
        return made

    monkeypatch.setattr(cached._Template, "statement", statement)  # pyright: ignore[reportPrivateUsage]
    return statements


@pytest.mark.parametrize("case", part_of(CASES, one_in=4), ids=lambda case: f"{case.topic}: {case.title}")
def test_a_cached_shape_with_other_literals_equals_a_new_compilation(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    plans, seen = PlanCache(), narrow(MODEL, PEOPLE[case.person])
    for query in asked_again(case):
        expected = outcome(lambda query=query: compile_visible(seen, query, DUCKDB, today=case.today))
        planned = outcome(lambda query=query: plans.compile(seen, query, DUCKDB, today=case.today))
        if isinstance(expected, Compiled) and isinstance(planned, Compiled):
            assert same(planned, expected)
        else:
            assert planned == expected
    assert not caplog.records


FILTERED = {
    "metrics": ["revenue"],
    "by": ["channel"],
    "where": {"dim": "channel", "op": "in", "values": ["Email"]},
    "time": {"from": "2026-01-01", "to": "2026-03-31"},
    "having": [{"metric": "revenue", "op": ">", "value": 10}],
}


def ask(plans: PlanCache, person: str = "steward", today: date = TODAY, **changes: Any) -> Compiled:
    query = query_from_data({**FILTERED, **changes})
    compiled = plans.compile(narrow(MODEL, PEOPLE[person]), query, DUCKDB, today=today)
    assert same(compiled, compile_query(MODEL, query, PEOPLE[person], DUCKDB, today=today))
    return compiled


def test_a_shape_is_served_from_the_cache_from_the_third_time_on(served: list[str]) -> None:
    plans = PlanCache()
    for channel, first, last, least in (
        ("Email", "2026-01-01", "2026-04-01", 10),
        ("Paid", "2025-11-05", "2026-03-03", 20),
    ):
        ask(
            plans,
            where={"dim": "channel", "op": "in", "values": [channel]},
            time={"from": first, "to": last},
            having=[{"metric": "revenue", "op": ">", "value": least}],
        )
    served.clear()  # forget the compared plans
    third = ask(
        plans,
        where={"dim": "channel", "op": "in", "values": ["Direct"]},
        time={"from": "2024-02-29", "to": "2026-04-02"},
        having=[{"metric": "revenue", "op": ">", "value": 30}],
    )
    assert served == [third.legs[0].sql]
    assert {"Direct", date(2024, 2, 29), date(2026, 4, 3), 30} <= set(third.legs[0].params)


def test_a_literal_that_never_differed_is_compared_before_it_is_served(served: list[str]) -> None:
    plans = PlanCache()
    for _ in range(3):
        ask(plans)
    served.clear()
    ask(plans, having=[{"metric": "revenue", "op": ">", "value": 11}])
    assert len(served) == 1  # made once, to be compared
    ask(plans, having=[{"metric": "revenue", "op": ">", "value": 12}])
    assert len(served) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"where": {"dim": "channel", "op": "in", "values": ["Email", "Paid"]}},
        {"where": {"dim": "channel", "op": "in", "values": [None]}},
        {"where": {"dim": "channel", "op": "not_in", "values": ["Email"]}},
        {"time": {"from": "2026-01-01"}},
        {"having": [{"metric": "revenue", "op": ">", "value": 10.0}]},
        {"by": []},
        {"time_zone": "America/New_York"},
        {"week_start": "sunday"},
    ],
)
def test_another_shape_is_not_served(served: list[str], change: dict[str, Any]) -> None:
    plans = PlanCache()
    for value in (1, 2, 3, 4):
        ask(plans, having=[{"metric": "revenue", "op": ">", "value": value}])
    served.clear()
    if change == {"by": []}:
        change = {"by": [], "having": []}
    ask(plans, **change)
    assert served == []


def test_people_of_one_policy_share_shapes_and_each_has_their_own_rows(served: list[str]) -> None:
    """Dora's countries differ from Otto's: the rule's values come from the person who asks."""
    plans = PlanCache()
    dora = PEOPLE["dora"]
    attribute = next(name for name, value in dora.attributes.items() if value)
    people = [
        Actor(id=f"p{index}", roles=dora.roles, groups=dora.groups, attributes={**dora.attributes, attribute: (land,)})
        for index, land in enumerate(("DE", "FR", "IT"))
    ]
    query = query_from_data(FILTERED)
    found = [plans.compile(narrow(MODEL, person), query, DUCKDB, today=TODAY) for person in people]
    expected = [compile_query(MODEL, query, person, DUCKDB, today=TODAY) for person in people]
    assert [compiled.legs for compiled in found] == [query.legs for query in expected]
    assert len({compiled.legs[0].params for compiled in found}) == 3
    assert len(served) >= 2


def test_people_with_another_policy_share_nothing(served: list[str]) -> None:
    plans = PlanCache()
    for value in (1, 2, 3):
        ask(plans, having=[{"metric": "revenue", "op": ">", "value": value}])
    served.clear()
    ask(plans, person="dora")
    assert served == []


def test_a_shape_is_not_served_on_another_day(served: list[str]) -> None:
    plans = PlanCache()
    relative: dict[str, Any] = {"time": {"last": 4, "unit": "week"}}
    for value in (1, 2, 3):
        ask(plans, having=[{"metric": "revenue", "op": ">", "value": value}], **relative)
    served.clear()
    ask(plans, today=TODAY + timedelta(days=1), **relative)
    assert served == []


@pytest.mark.parametrize(
    "asked",
    [
        lambda value: {"where": {"metric": "revenue", "per": "customer", "op": ">", "value": value}},
        lambda value: {
            "where": {
                "metric": "revenue", "per": "customer", "op": ">", "value": 5,
                "where": {"dim": "birth_year", "op": "in", "values": [value]},
            }
        },
        lambda value: {"where": {"dim": "birth_year", "op": "in", "values": [value]}},
        lambda value: {"calc": [{"name": "i", "do": "index", "of": "revenue", "base": value}], "by": ["birth_year"]},
    ],
    ids=["a metric of members", "a filter of theirs", "a filter", "the base of an index"],
)  # fmt: skip
def test_equal_values_of_different_types_are_distinguished(asked: Callable[[Any], dict[str, Any]]) -> None:
    """1, 1.0 and True are equal in Python, but engines and the types of dimensions distinguish them."""
    plans, seen = PlanCache(), narrow(MODEL, PEOPLE["steward"])
    for value in (1, 1, 1, 1.0, 1, 1.0, 1.0, True, 0.0, -0.0, 0, False):
        try:
            query = query_from_data({"metrics": ["revenue"], **asked(value)})
        except SemanticError:
            continue
        expected = outcome(lambda query=query: compile_visible(seen, query, DUCKDB, today=TODAY))
        planned = outcome(lambda query=query: plans.compile(seen, query, DUCKDB, today=TODAY))
        if isinstance(expected, Compiled) and isinstance(planned, Compiled):
            assert same(planned, expected)
            assert [*map(repr, planned.legs[0].params)] == [*map(repr, expected.legs[0].params)]
        else:
            assert planned == expected


def test_the_least_used_shapes_are_forgotten(served: list[str]) -> None:
    plans = PlanCache(most=2)
    for by in (
        ["channel"],
        ["channel"],
        ["channel"],
        [{"dim": "date", "grain": "day"}],
        [{"dim": "date", "grain": "week"}],
    ):
        ask(plans, by=by)
    served.clear()
    ask(plans)
    assert served == []


def test_a_shape_that_behaves_differently_is_never_served(
    served: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If a literal were read without being traced, the comparison would detect and report it."""
    monkeypatch.setattr(cached.Trace, "follow", lambda self, literal, place: literal)  # pyright: ignore
    plans = PlanCache()
    for value in (1, 2, 3, 4):
        ask(plans, having=[{"metric": "revenue", "op": ">", "value": value}])
    assert "compiled each time" in caplog.text
    assert len(served) == 2  # compiled with its own literals and the first one's, for one comparison only
