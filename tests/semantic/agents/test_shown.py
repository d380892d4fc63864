"""Every part of a proposal is described in words, so acts with different digests never have the same text."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from itertools import combinations
from typing import Any

import pytest

from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe, digest_of
from semantic.agents.shown import PARTS, shown_of
from semantic.alerts.alert import Alert, BehindTarget, Changed, CheckFailed, DataLate, OutsideUsual, Threshold
from semantic.alerts.codec import RULES, read_alert
from semantic.model.loading.load import parse_model
from semantic.policy.narrow import VisibleModel, unnarrowed
from semantic.query.data import KEYS, query_from_data
from semantic.query.query import Query
from semantic.store.keys import Keys
from tests.semantic.agents.test_blocking import SHOP

WHERE: list[Any] = [
    {"dim": "country", "op": "in", "values": ["DE"]},
    {"dim": "country", "op": "not_in", "values": ["DE"]},
    {"dim": "country", "op": "in", "values": ["DE", "FR"]},
    {"dim": "country", "op": "in", "values": ['DE", "FR']},
    {"dim": "country", "op": "in", "values": ["D\N{ZERO WIDTH SPACE}E"]},
    {"dim": "country", "op": "in", "values": ["D\N{ZERO WIDTH NON-JOINER}E"]},
    {"dim": "country", "op": "in", "values": [None]},
    {"dim": "country", "op": "in", "values": ["null"]},
    {"dim": "country", "op": "contains", "value": "DE"},
    {"dim": "country", "via": "customer", "op": "in", "values": ["DE"]},
    {"dim": "order_number", "op": "in", "values": [1]},
    {"dim": "order_number", "op": "in", "values": ["1"]},
    {"dim": "order_number", "op": "in", "values": [True]},
    {"dim": "order_number", "op": "between", "values": [1, 2]},
    {"not": {"dim": "country", "op": "in", "values": ["DE"]}},
    {"segment": "best"},
    {"sql": "country = 'DE'"},
    {"metric": "orders", "per": "customer", "op": ">", "value": 2},
    {"metric": "orders", "per": "customer", "op": ">", "value": 2, "where": {"segment": "best"}},
    {"metric": "orders", "per": "customer", "op": ">", "value": 2, "time": {"from": "2026-01-01"}},
    {"and": [{"segment": "a"}, {"or": [{"segment": "b"}, {"segment": "c"}]}]},
    {"or": [{"and": [{"segment": "a"}, {"segment": "b"}]}, {"segment": "c"}]},
]
WAYS: dict[str, list[Any]] = {
    "metrics": [["revenue"], ["cost"], ["revenue", "cost"]],
    "by": [["country"], ["country", "channel"], [{"dim": "country", "via": "customer"}],
           [{"dim": "date", "grain": "month"}], [{"dim": "date", "grain": "week"}], [{"dim": "date", "part": "dow"}]],
    "where": WHERE,
    "having": [[{"metric": "revenue", "op": ">", "value": 5}], [{"metric": "revenue", "op": ">", "value": 5.0001}],
               [{"metric": "revenue", "op": ">=", "value": 5}], [{"metric": "cost", "op": ">", "value": 5}]],
    "time": [{"from": "2026-01-01", "to": "2026-01-31"}, {"last": 4, "unit": "week"}, {"from": "2026-01-01"},
             {"last": 4, "unit": "week", "complete": False}],
    "compare": [[{"to": "previous"}], [{"to": "last_year"}], [{"to": {"back": 2, "unit": "month"}}],
                [{"to": {"from": "2025-01-01", "to": "2025-01-31"}}]],
    "top": [{"n": 3, "dim": "country", "metric": "revenue"}, {"n": 4, "dim": "country", "metric": "revenue"},
            {"n": 3, "dim": "country", "metric": "revenue", "other": False},
            {"n": 3, "dim": "country", "metric": "revenue", "within": ["channel"]}],
    "totals": [["grand"], ["country"], [["country", "channel"]], ["country", "channel"]],
    "order": [["revenue"], [{"by": "revenue", "desc": True}], ["cost"]],
    "limit": [10, 11],
    "calc": [[{"name": "x", "do": "ratio", "of": "revenue", "to": "cost"}],
             [{"name": "x", "do": "difference", "of": "revenue", "to": "cost"}],
             [{"name": "y", "do": "ratio", "of": "revenue", "to": "cost"}],
             [{"name": "x", "do": "percent_of_total", "of": "revenue", "within": ["country"]}],
             [{"name": "x", "do": "rank", "of": "revenue"}],
             [{"name": "x", "do": "rank", "of": "revenue", "ascending": True}],
             [{"name": "x", "do": "moving_average", "of": "revenue", "periods": 3}],
             [{"name": "x", "do": "index", "of": "revenue", "along": "country", "base": "DE"}]],
    "time_zone": ["UTC", "Europe/Berlin"],
    "week_start": ["monday", "sunday"],
    "fiscal_start": ["january", "april"],
    "currency": ["EUR", "USD"],
    "rates": ["period_end", "2026-01-31"],
    "history": ["as_is"],
    "every_period": [True],
    "each_row": [True],
    "ranges": [True],
    "as_of": [3, 4],
}  # fmt: skip
KEYS_OF_TESTS = Keys(b"c" * 32, b"w" * 32)


def digest(act: ProposedAct) -> str:
    return digest_of(act, KEYS_OF_TESTS, meaning="m", agent="a", subject="s")


@pytest.fixture(scope="module")
def seen() -> VisibleModel:
    return unnarrowed(parse_model({"shop.yml": SHOP}))


def test_every_part_of_a_question_is_described_in_words() -> None:
    assert {*PARTS} == {*KEYS} - {"v"} == {*WAYS}


def test_any_two_ways_to_ask_read_differently(seen: VisibleModel) -> None:
    base = {"metrics": ["revenue"]}
    questions = [query_from_data(base | {name: way}) for name, ways in WAYS.items() for way in ways]
    acts = [AskQuestion(query) for query in questions]
    assert len({digest(act) for act in acts}) == len({tuple(shown_of(act, seen)) for act in acts}) == len(acts)


def test_two_thousand_random_pairs_read_the_same_only_if_an_approval_is_the_same(seen: VisibleModel) -> None:
    chance = random.Random(28)

    def question() -> Query:
        data = {name: chance.choice(ways) for name, ways in WAYS.items() if chance.random() < 0.3}
        return query_from_data({"metrics": ["revenue"]} | data)

    for _ in range(2_000):
        one = question()
        other = question() if chance.random() < 0.5 else changed(one, chance)
        same_words = shown_of(AskQuestion(one), seen) == shown_of(AskQuestion(other), seen)
        assert same_words == (digest(AskQuestion(one)) == digest(AskQuestion(other)))


def changed(query: Query, chance: random.Random) -> Query:
    """Return the same question with another value for one part."""
    name = chance.choice([*WAYS])
    return replace(query, **{name: getattr(query_from_data({name: chance.choice(WAYS[name])}), name)})


LOW: dict[str, Any] = {"metric": "revenue", "rule": {"kind": "threshold", "side": "below", "value": 10}}
MAIL: dict[str, Any] = {"what": "board", "about": "1", "cron": "0 8 * * 1", "zone": "UTC", "title": "A"}
WORDS: dict[str, Any] = {"words": "Churn"}
ALERTS: list[dict[str, Any]] = [
    {}, {"metric": "cost"}, {"name": "Low"}, {"grain": "week"}, {"apart_days": 9}, {"ends_after": 4}, {"hold_days": 1},
    {"where": WHERE[0]}, {"where": WHERE[1]},
    {"rule": {"kind": "threshold", "side": "above", "value": 10}},
    {"rule": {"kind": "threshold", "side": "below", "value": 10.00001}},
    {"rule": {"kind": "threshold", "side": "below", "value": 10, "of": "target"}},
    {"rule": {"kind": "changed", "by": 0.2}}, {"rule": {"kind": "changed", "by": 0.2, "way": "down"}},
]  # fmt: skip
MAILS: list[dict[str, Any]] = [
    {}, {"what": "question"}, {"about": "2"}, {"cron": "0 9 * * 1"}, {"zone": "Europe/Berlin"},
    {"condition": "changed"}, {"title": "B"}, {"version": 2},
]  # fmt: skip
REQUESTS: list[dict[str, Any]] = [
    {}, {"words": "Church"}, {"purpose": "Q3"}, {"metric": "cost"}, {"query": query_from_data({"metrics": ["cost"]})},
]  # fmt: skip
ACTS: list[ProposedAct] = [
    *(SetAlert(read_alert(LOW | more)) for more in ALERTS),
    *(Subscribe(**(MAIL | more)) for more in MAILS),
    *(SaveQuestion(query=query_from_data(data), name=name, sentence=sentence) for data, name, sentence in (
        ({"metrics": ["revenue"]}, "A", ""), ({"metrics": ["revenue"]}, "B", ""), ({"metrics": ["revenue"]}, "A", "B"),
        ({"metrics": ["revenue"], "limit": 3}, "A", ""), ({"metrics": ["revenue"], "as_of": 3}, "A", ""),
    )),
    *(RequestMetric(**(WORDS | more)) for more in REQUESTS),
]  # fmt: skip


def test_any_two_proposals_to_change_something_read_differently(seen: VisibleModel) -> None:
    for one, other in combinations(ACTS, 2):
        assert digest(one) != digest(other)
        assert type(one) is not type(other) or shown_of(one, seen) != shown_of(other, seen)


def test_descriptions_use_the_words_that_people_know(seen: VisibleModel) -> None:
    asked = {"metrics": ["revenue"], "where": WHERE[0], "limit": 10, "currency": "USD", "as_of": 3}
    asked |= {"order": [{"by": "revenue", "desc": True}], "calc": WAYS["calc"][0]}
    assert shown_of(AskQuestion(query_from_data(asked)), seen) == [
        "Metrics: “Revenue”",
        'Only rows where “Country” is one of "DE"',
        "Calculated: x = ratio of “Revenue” (to: “Cost”)",
        "Sorted by: “Revenue”, largest first",
        "At most 10 rows",
        "Currency: USD",
        "Definitions of version 3",
    ]


def test_an_alert_is_described_in_words_with_its_exact_numbers(seen: VisibleModel) -> None:
    data = LOW | {"name": "Low", "rule": {"kind": "changed", "by": 0.0725, "way": "down"}, "grain": "week"}
    assert shown_of(SetAlert(read_alert(data)), seen) == [
        "Metric: “Revenue”",
        "Fires if it falls by more than 7.25% from the period before",
        "Checked for each week",
        "At most one message in 3 days",
        "Ends after 2 normal weeks",
        "Held for at most 3 days while data isn't final",
        'Name: "Low"',
    ]


def test_every_field_of_an_alert_and_its_rules_is_described() -> None:
    """A new field needs a description, so that no two alerts have the same text."""
    told = {
        Alert: {"metric", "rule", "where", "grain", "apart_days", "ends_after", "hold_days", "name", "of"},
        Threshold: {"side", "value", "of"}, Changed: {"by", "how", "way", "against", "to_date"},
        OutsideUsual: {"sensitivity", "way"}, BehindTarget: {"by"}, CheckFailed: set(), DataLate: {"days"},
        Subscribe: {"what", "about", "cron", "zone", "condition", "title", "version"},
        RequestMetric: {"words", "purpose", "needed_by", "metric", "query"},
        SaveQuestion: {"query", "name", "sentence"},
    }  # fmt: skip
    assert {kind: {field.name for field in fields(kind)} for kind in told} == told
    assert {*told} >= {*RULES}


def test_a_label_of_two_objects_is_shown_with_the_name() -> None:
    both = SHOP.replace("{name: cost, measure", "{name: cost, label: Revenue, measure")
    assert both != SHOP
    seen = unnarrowed(parse_model({"shop.yml": both}))
    lines = shown_of(AskQuestion(query_from_data({"metrics": ["cost"]})), seen)
    assert lines == ["Metrics: “Revenue” (cost)"]
