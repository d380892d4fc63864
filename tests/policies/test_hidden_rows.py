"""Nothing that a person sees changes when only rows hidden from that person change.

This covers answers, options, errors and wording, passports of cells, and the rows behind them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from semantic.display.evidence import evidence
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.data import column_name, query_to_data
from semantic.query.query import (
    Between,
    Breakdown,
    ByMember,
    Condition,
    Filter,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    NotAny,
    Operator,
    Order,
    Previous,
    Query,
    ToDate,
    Top,
)
from tests.answers.test_cell import passports
from tests.answers.test_records import told
from tests.copies import copy_shop
from tests.proof import part
from tests.shop import ShopWorkspace, breakdowns, open_shop

MANY_ORDERS = """
    INSERT INTO orders
    SELECT 'h' || n, '{customer}', '{channel}', '{country}', '{country}', 'console',
        '2026-04-10 10:00:00+00', '2026-04-10', n, false
    FROM range(1, 3000) AS t(n)
"""
HIDDEN_FROM: dict[str, tuple[str, ...]] = {
    # Customers of other countries, what they ordered, orders without a known customer, and every visit.
    "dora": (
        "DELETE FROM orders WHERE order_id IN ('o04', 'o07')",
        "UPDATE orders SET amount = amount * 3 + 1, channel_key = 'c4', device = 'watch', order_day = '2025-01-01',"
        " ordered_at = '2025-01-01 12:00:00+00', shipping_country = 'NO', billing_country = NULL"
        " WHERE customer_id IN ('u2', 'u3', 'u4', 'u9') OR customer_id IS NULL",
        MANY_ORDERS.format(customer="u2", channel="c7", country="FR"),
        "UPDATE customers SET name = 'Hidden', email = 'h@example.com', home = 'FR', birth_year = 2001, tier = 'iron',"
        " phone = '000000' WHERE home IS DISTINCT FROM 'DE'",
        "INSERT INTO customers VALUES ('u7', 'New', 'new@example.com', '99999', 'FR', 1901, 'tin')",
        "UPDATE lines SET quantity = 77, product = 'secret' WHERE order_id NOT IN ('o01', 'o02')",
        "DELETE FROM sessions WHERE session_id <> 's7'",
        "UPDATE sessions SET device = 'watch', is_bot = false, pages = 12",
    ),
    # Orders and visits of other channels, and all ads.
    "finn": (
        "DELETE FROM orders WHERE order_id IN ('o07', 'o09')",
        "UPDATE orders SET amount = amount * 3 + 1, customer_id = 'u6', device = 'watch', billing_country = 'NO'"
        " WHERE channel_key IS NULL OR channel_key NOT IN ('c1', 'c5')",
        MANY_ORDERS.format(customer="u6", channel="c3", country="NO"),
        "UPDATE lines SET quantity = 77, product = 'secret' WHERE order_id NOT IN ('o01', 'o03')",
        "UPDATE sessions SET device = 'watch', visitor = 'v1', pages = 12"
        " WHERE channel_key IS NULL OR channel_key <> 'c1'",
        "UPDATE ads SET cost = cost * 7, clicks = 1, campaign_key = 'k4'",
        "DELETE FROM customers WHERE customer_id IN ('u3', 'u4', 'u6')",
    ),
    # Everything that isn't shipped to that zone.
    "zeno": (
        "DELETE FROM orders WHERE order_id IN ('o01', 'o09')",
        "UPDATE orders SET amount = 99, customer_id = 'u6', device = 'watch', channel_key = 'c3'"
        " WHERE shipping_country <> 'NO'",
        MANY_ORDERS.format(customer="u6", channel="c3", country="DE"),
        "UPDATE countries SET country = 'Elsewhere' WHERE country_code IN ('DE', 'AT')",
        "UPDATE lines SET quantity = 77, product = 'secret'",
        "UPDATE ads SET cost = 1",
        "DELETE FROM sessions",
    ),
    # What masks hide: the year of a decade, all of a phone number except its last four digits, the tier.
    "mia": (
        "UPDATE customers SET birth_year = birth_year // 10 * 10 + 9 - birth_year % 10",
        "UPDATE customers SET phone = 'elsewhere ' || right(phone, 4) WHERE length(phone) > 4",
        "UPDATE customers SET phone = 'x' WHERE phone IS NULL OR length(phone) <= 4",
        "UPDATE customers SET tier = CASE WHEN tier = 'gold' THEN 'iron' WHEN home = 'AT' THEN NULL ELSE name END",
    ),
}
QUESTIONS = 600
"""The number of questions that each person asks, the same ones every time. `make test` asks a tenth."""
ANSWERED = 150
"""The number of answered questions whose rows are listed; `make test` uses a tenth.

No one has that many, so `make proof` uses all.
"""
THINGS = ("customer", "channel", "order", "campaign", "billing", "visitor", "member")
MEMBERS = ("Search", "Social", "Radio", "DE", "FR", "gold", "iron", "mobile", "watch", "Hidden", "secret", None)
PERIODS = (
    None,
    Last(3, Granularity.MONTH, False),
    Between(date(2026, 3, 1), date(2026, 10, 31)),
    ToDate(Granularity.YEAR),
)


@pytest.fixture(scope="module", params=sorted(HIDDEN_FROM))
def twins(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, ShopWorkspace, ShopWorkspace]]:
    """A person, the shop, and the shop in which only rows hidden from that person differ."""
    person: str = request.param
    folder = tmp_path_factory.mktemp(person)
    workspace = open_shop(copy_shop(folder / "one.duckdb"))
    other = open_shop(copy_shop(folder / "other.duckdb", *HIDDEN_FROM[person]))
    yield person, workspace, other
    workspace.close()
    other.close()


def questions(workspace: ShopWorkspace, seed: str) -> Iterator[Query]:
    """Yield a seeded sample of questions over everything in the model, hidden or not, filtered by visible and hidden
    members.
    """
    chance = random.Random(seed)
    metrics, every = list(workspace.model.metrics), breakdowns(workspace)
    texts = [breakdown for breakdown in every if not breakdown.grain and is_text(workspace, breakdown.dim)]
    for _ in range(QUESTIONS):
        asked = tuple(chance.sample(metrics, chance.choice((1, 1, 2, 3))))
        order = (Order(chance.choice(asked), chance.random() < 0.5),) if chance.random() < 0.4 else ()
        query = Query(
            metrics=asked,
            by=tuple(chance.sample(every, chance.choice((0, 1, 1, 2)))),
            where=some_filter(chance, texts, list(workspace.model.segments), metrics)
            if chance.random() < 0.6
            else None,
            time=chance.choice(PERIODS),
            order=order,
            limit=chance.choice((None, None, 1, 3)) if order else None,
        )
        yield more(query, metrics, chance)
        if chance.random() < 0.25:  # the values alone, of one dataset or several, or their least and most
            listed = tuple(chance.sample(every, chance.choice((1, 2, 2))))
            yield Query(by=listed, where=query.where, ranges=chance.random() < 0.3)


def more(query: Query, metrics: list[str], chance: random.Random) -> Query:
    """Return the question, sometimes with a comparison, totals, a top or a filter on a metric's value."""
    if query.time and chance.random() < 0.3:
        query = replace(query, compare=(chance.choice((Previous(), LastYear())),))
    if not query.by or chance.random() < 0.5:
        return query
    first = query.by[0]
    totals = ((), (column_name(first),)) if len(query.by) > 1 else ((),)
    top = Top(2, column_name(first), chance.choice(metrics), other=chance.random() < 0.8)
    having = MetricFilter(chance.choice(metrics), chance.choice((">", "<", "!=")), (chance.choice((0, 50, 500)),))
    return replace(
        query,
        totals=totals if chance.random() < 0.5 else (),
        top=top if first.grain is None and chance.random() < 0.5 else None,
        having=(having,) if chance.random() < 0.3 else (),
    )


def is_text(workspace: ShopWorkspace, dimension: str) -> bool:
    return workspace.model.dimensions[dimension][0].type.kind is TypeKind.STRING


def some_filter(chance: random.Random, texts: list[Breakdown], segments: list[str], metrics: list[str]) -> Filter:
    if chance.random() < 0.25:
        thing, inner = chance.choice(THINGS), some_filter(chance, texts, segments, metrics)
        bound = (chance.choice((0, 1, 2, 100)),)
        where = inner if chance.random() < 0.3 else None
        number = ByMember(chance.choice(metrics), thing, chance.choice((">", "<=", "!=")), bound, where)
        return NotAny(number) if chance.random() < 0.3 else number
    if chance.random() < 0.2:
        inside = InSegment(chance.choice(segments))
        return NotAny(inside) if chance.random() < 0.5 else inside
    one = chance.choice(texts)
    op = chance.choice((Operator.IN, Operator.NOT_IN, Operator.CONTAINS, Operator.NOT_CONTAINS))
    values = tuple(chance.sample(MEMBERS, 2)) if op in (Operator.IN, Operator.NOT_IN) else ("e",)
    condition = Condition(one.dim, op, values, one.via)
    return NotAny(condition) if chance.random() < 0.3 else condition


def shown(workspace: ShopWorkspace, query: Query, person: str) -> dict[str, object]:
    """Return everything that a person sees for a question: before it runs, its answer or error, and the lists of
    options.
    """
    actor = workspace.people[person]
    before = workspace.preflight(query, actor)
    told: dict[str, object] = {
        "before": (before.ok, str(before.error), before.title, before.filters, before.notes),
        "cost": (before.cost, before.cost_words),
        "repairs": [(repair.label, repair.effect, repair.query) for repair in before.repairs],
        "available": [dimension.name for dimension in before.available],
        "unavailable": [(unavailable.dimension.name, unavailable.reason) for unavailable in before.unavailable],
        "repaired": workspace.repair(query, actor),
    }
    try:
        result = workspace.ask(query, actor)
        told["answer"] = result.table.to_pylist()
        # The first day with data is the same for everyone (decision 19).
        columns = [replace(column, data_from=None, counted_from=None) for column in result.columns]
        told["around"] = (result.title, result.filters, result.scope, result.notes, result.data_to, columns)
        told["groups"] = result.groups
        told["behind"] = (dict(result.support), dict(evidence(result)))
    except SemanticError as error:
        told["error"] = (type(error).__name__, error.code, str(error))
    return told | {
        f"options {breakdown.dim}": options(workspace, breakdown.dim, query, person) for breakdown in query.by
    }


def options(workspace: ShopWorkspace, dimension: str, query: Query, person: str) -> object:
    try:
        return workspace.values(dimension, query, workspace.people[person])
    except SemanticError as error:
        return type(error).__name__, error.code, str(error)


def first_and_answered(
    workspace: ShopWorkspace, person: str, seed: str, *, first: int, answered: int
) -> Iterator[Query]:
    """Yield the first questions, most of which are refused, and then only answered ones until there are enough."""
    for place, query in enumerate(questions(workspace, seed)):
        if place >= first and answered <= 0:
            return
        has_answer = is_answered(workspace, query, person)
        answered -= has_answer
        if has_answer or place < first:
            yield query


def is_answered(workspace: ShopWorkspace, query: Query, person: str) -> bool:
    try:
        return workspace.ask(query, workspace.people[person]).table.num_rows > 0
    except SemanticError:
        return False


@pytest.mark.long
def test_hidden_rows_change_nothing(twins: tuple[str, ShopWorkspace, ShopWorkspace]) -> None:
    person, workspace, other = twins
    answered = 0
    for query in first_and_answered(workspace, person, person, first=part(QUESTIONS), answered=part(ANSWERED)):
        mine, theirs = all_shown(workspace, query, person), all_shown(other, query, person)
        different = [key for key in mine | theirs if repr(mine.get(key)) != repr(theirs.get(key))]
        texts = [f"{key}: {mine.get(key)} / {theirs.get(key)}" for key in different]
        assert not different, "\n".join([f"{person} sees hidden rows in {query_to_data(query)}", *texts])
        answered += bool(mine.get("answer"))
    assert answered >= part(50), "too few questions have an answer to prove anything"


def all_shown(workspace: ShopWorkspace, query: Query, person: str) -> dict[str, Any]:
    """Return everything that a person sees for a question, including the rows behind the first cells of its answer."""
    behind = {"passports": passports(workspace, query, person), "rows behind": told(workspace, query, person)}
    return shown(workspace, query, person) | behind


def test_option_lists_without_a_metric_contain_nothing_hidden(twins: tuple[str, ShopWorkspace, ShopWorkspace]) -> None:
    person, workspace, other = twins
    for name in workspace.model.dimensions:
        assert repr(options(workspace, name, Query(), person)) == repr(options(other, name, Query(), person)), name


def test_people_with_access_see_the_change(twins: tuple[str, ShopWorkspace, ShopWorkspace]) -> None:
    """The other shop does differ, so the tests above don't compare a file with itself."""
    person, *shops = twins
    question = Query(metrics=("revenue", "units"), by=(Breakdown("tier" if person == "mia" else "channel"),))
    table, other = (shop.ask(question, shop.people["steward"]).table for shop in shops)
    assert not table.equals(other)


HIDDEN_NAMES = [
    ("dora", "visits", "vasits"),
    ("noa", "cost", "cxst"),
    ("finn", "cost", "cxst"),
    ("guest", "revenue", "revxnue"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("person", "hidden", "made_up"), HIDDEN_NAMES)
def test_a_hidden_name_reads_like_one_that_does_not_exist(
    person: str, hidden: str, made_up: str, workspace: ShopWorkspace
) -> None:
    texts: list[str] = []
    for name in (hidden, made_up):
        preflight = workspace.preflight(Query(metrics=(name,)), workspace.people[person])
        assert preflight.error is not None
        assert preflight.error.code == "unknown_name"
        message = str(preflight.error).replace(repr(name), "…")
        assert hidden not in message
        assert all(hidden not in repair.query.metrics for repair in preflight.repairs)
        texts.append(message.partition(" Did you mean")[0].partition(" `")[0])
    assert texts[0] == texts[1]
