"""Whether the same limits apply to two people's numbers, judged by the rules that reach the requested data."""

from __future__ import annotations

import pytest

from semantic.model.loading.load import parse_model
from semantic.policy.access import access_to
from semantic.policy.actor import Actor, Attribute
from semantic.policy.narrow import narrow

MODEL = """
datasets:
  - name: orders
    table: orders
    grain: [id]
    columns: {id: integer, customer: string, country: string, amount: integer}
    dimensions: [{name: market, sql: country}, {name: customer}]
    measures: [{name: amount, agg: sum, sql: amount}]
    entities: [{name: order, kind: primary, columns: [id]}]
  - name: visits
    table: visits
    grain: [id]
    columns: {id: integer, country: string}
    measures: [{name: visits, agg: count}]
metrics:
  - {name: revenue, measure: orders.amount}
  - {name: visits, measure: visits.visits}
policies:
  - {name: names, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: [visits]}
  - {name: all_orders, who: {groups: [everything]}, whole: [orders]}
  - name: by_market
    who: {groups: [markets, more_markets]}
    rows: [{dataset: orders, where: "country IN (:markets)"}]
  - name: by_market_too
    who: {groups: [more_markets]}
    rows: [{dataset: orders, where: "country IN (:markets)"}]
  - {name: masks, who: {groups: [masked]}, masks: [{dimension: customer, kind: hash}], whole: [orders]}
  - {name: groups, who: {groups: [private]}, min_group: {entity: order, at_least: 3}, whole: [orders]}
"""


def access(*groups: str, metric: str = "revenue", by: str = "market", **attributes: Attribute) -> str:
    actor = Actor(id="a", roles=frozenset({"viewer"}), groups=frozenset(groups), attributes=attributes)
    return access_to([metric], [by], narrow(parse_model({"model.yml": MODEL}), actor))


GERMANY = access("markets", markets=("DE", "AT"))


@pytest.mark.parametrize(
    "same",
    [
        access("markets", markets=("AT", "DE")),
        access("markets", markets=("DE", "AT"), team="Paid"),  # no rule reads the team
        access("more_markets", markets=("DE", "AT")),  # the same rule twice
    ],
)
def test_the_order_of_values_and_other_attributes_make_no_difference(same: str) -> None:
    assert same == GERMANY


@pytest.mark.parametrize(
    "other",
    [
        access("markets", markets="DE"),
        access("markets"),
        access("everything", markets=("DE", "AT")),
        access("markets", "private", markets=("DE", "AT")),
        access("markets", "masked", by="customer", markets=("DE", "AT")),
    ],
)
def test_rows_masks_and_small_groups_make_a_difference(other: str) -> None:
    assert other != GERMANY


def test_rules_elsewhere_and_masks_of_other_breakdowns_make_no_difference() -> None:
    assert access("markets", metric="visits", markets="DE") == access("everything", metric="visits")
    assert access("everything", "masked") == access("everything")
    assert access("everything", metric="gone") == access("everything", metric="visits")
