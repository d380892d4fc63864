"""The content of the scope chip: the values that a person's row rules allow, or the rule's name if they list none."""

from __future__ import annotations

import pytest

from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor, Attribute
from semantic.policy.narrow import narrow

MODEL = """
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    columns:
      {id: integer, country: string, shop: string, channel: string, secret: string, is_test: boolean, amount: integer}
    entities: [{name: shop, kind: foreign, columns: [shop]}]
    dimensions:
      - {name: market, label: Market, sql: country}
      - {name: channel, label: Channel}
      - {name: shop}
      - {name: capital, sql: "upper(channel)"}
      - {name: secret, tags: [hidden]}
    measures: [{name: amount, agg: sum, sql: amount}]
  - name: shops
    table: shops
    grain: [shop]
    columns: {shop: string, region: string}
    entities: [{name: shop, kind: primary, columns: [shop]}]
    dimensions: [{name: region, label: Region}]
  - name: visits
    label: Visits
    table: visits
    grain: [id]
    columns: {id: integer, country: string}
    dimensions: [{name: market, label: Market, sql: country}]
    measures: [{name: visits, agg: count}]
metrics:
  - {name: revenue, measure: orders.amount}
  - {name: visits, measure: visits.visits}
policies:
  - name: names
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    deny: {dimensions: {tags: [hidden]}}
  - name: own_rows
    label: Own rows
    who: {roles: [viewer]}
    %s
  - name: audit_rows
    label: Audit rows
    who: {groups: [audited]}
    rows: [{dataset: orders, where: "country = 'DE'"}, {dataset: visits, where: "country = 'DE'"}]
"""


def scope(policy: str, *groups: str, model: str = MODEL, **attributes: Attribute) -> str:
    actor = Actor(id="a", roles=frozenset({"viewer"}), groups=frozenset(groups), attributes=attributes)
    return narrow(parse_model({"m.yml": model % policy}), actor).scope


def orders(where: str) -> str:
    return f'whole: [visits, shops]\n    rows: [{{dataset: orders, where: "{where}"}}]'


def both(where: str) -> str:
    return f'rows: [{{dataset: orders, where: "{where}"}}, {{dataset: visits, where: "{where}"}}]'


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("country IN (:markets)", "DE, AT"),
        ("country = 'DE'", "DE"),
        ("'DE' = country", "DE"),
        ("country IN ('DE', 'FR')", "DE, FR"),
        ("(country IN (:markets)) AND country = 'AT'", "AT"),
        ("country IN (:markets) AND channel = 'Search'", "Market DE, AT and Channel Search"),
        ("country IS NULL OR country IN (:markets)", "DE, AT, (none)"),
        ("country IN (:markets) AND country = 'FR'", "nothing: no value passes every rule"),
        ("country = :markets", "nothing: you have several values for markets where one is needed"),
        ("country IN (:regions) AND country = 'DE'", "nothing: you have no regions"),
        ("country IN (:regions) OR country = 'DE'", "nothing: you have no regions"),
        # A condition that isn't a list of values isn't shown as one.
        ("country <> 'DE'", "rows limited by Own rows"),
        ("NOT country IN (:markets)", "rows limited by Own rows"),
        ("country IN (:markets) OR channel = 'Search'", "rows limited by Own rows"),
        ("country IN (:markets) AND is_test = FALSE", "rows limited by Own rows"),
        ("upper(country) = 'DE'", "rows limited by Own rows"),
        # A hidden dimension's part of the rule isn't repeated, but the person's own attributes are.
        ("secret = 'launch'", "rows limited by Own rows"),
        ("secret IN (:markets)", "DE, AT"),
        ("country IN (:markets) AND secret = 'launch'", "rows limited by Own rows"),
    ],
)  # fmt: skip
def test_the_scope_states_the_rules_values(where: str, said: str) -> None:
    assert scope(orders(where), markets=("DE", "AT")) == f"Scope: {said}"


def test_rules_of_several_policies_are_described_together() -> None:
    assert scope(both("country IN (:markets)"), markets=("DE", "AT")) == "Scope: DE, AT"
    assert scope(both("country IN (:markets)"), "audited", markets=("DE", "AT")) == "Scope: DE"
    assert scope(both("country <> 'X'"), "audited") == "Scope: DE and rows limited by Own rows"


def test_members_have_their_labels_if_the_person_sees_their_dimension() -> None:
    labelled = MODEL.replace(
        "label: Market, sql: country}", "label: Market, sql: country, labels: {DE: Germany, AT: Austria}}"
    )

    def said(policy: str) -> str:
        return scope(policy, model=labelled, markets=("DE", "AT", "FR"))

    assert said(both("country IN (:markets)")) == "Scope: Germany, Austria, FR"
    assert said(orders("secret IN (:markets)")) == "Scope: DE, AT, FR"
    rules = (
        "rows: [{dataset: orders, where: \"country IN ('DE', 'AT')\"}, {dataset: visits, where: \"country = 'DE'\"}]"
    )
    assert said(rules) == "Scope: Germany, Austria (Visits: Germany)"


def test_a_column_without_a_dimension_uses_the_labels_of_one_that_has_it() -> None:
    labelled = MODEL.replace("{name: market, label: Market, sql: country}]", "{name: visited, sql: country}]").replace(
        "{name: market, label: Market, sql: country}", "{name: market, sql: country, labels: {DE: Germany}}"
    )
    assert scope(both("country IN (:markets)"), model=labelled, markets=("DE", "AT")) == "Scope: Germany, AT"


def test_datasets_with_other_rows_are_named() -> None:
    rules = (
        "rows: [{dataset: orders, where: \"country IN ('DE', 'AT')\"}, {dataset: visits, where: \"country = 'DE'\"}]"
    )
    assert scope(rules) == "Scope: DE, AT (Visits: DE)"


def test_a_rule_on_another_table_is_described_for_its_facts() -> None:
    rules = "whole: [visits]\n    rows: [{dataset: shops, where: \"region = 'North'\"}]"
    assert scope(rules) == "Scope: North"
    visible = rules.replace("'North'\"", "'North'\", unmatched: visible")
    assert scope(visible) == "Scope: North, (none)"
    assert scope(visible.replace("region =", "region <>")) == "Scope: rows limited by Own rows"


def test_without_a_rule_there_is_no_scope() -> None:
    assert scope("whole: all") == ""
