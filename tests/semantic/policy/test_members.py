"""Row rules and one member: the member is visible as a whole only if the rules read that member and nothing else."""

from __future__ import annotations

import pytest

from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor, Attribute
from semantic.policy.members import Member, sees_everything, sees_member
from semantic.policy.narrow import VisibleModel, narrow

MODEL = """
datasets:
  - name: orders
    table: orders
    grain: [id]
    columns: {id: integer, country: string, shop: string, channel: string, amount: integer, size: integer}
    entities: [{name: shop, kind: foreign, columns: [shop]}]
    dimensions:
      - {name: market, sql: country}
      - {name: shop}
      - {name: channel}
      - {name: size}
      - {name: capital, sql: "upper(country)"}
    measures: [{name: amount, agg: sum, sql: amount}]
  - name: shops
    table: shops
    grain: [shop]
    columns: {shop: string, region: string}
    entities: [{name: shop, kind: primary, columns: [shop]}]
    dimensions: [{name: region}]
  - name: visits
    table: visits
    grain: [id]
    columns: {id: integer, country: string}
    dimensions: [{name: market, sql: country}]
    measures: [{name: visits, agg: count}]
metrics:
  - {name: revenue, measure: orders.amount}
  - {name: visits, measure: visits.visits}
  - {name: of_large, measure: orders.amount, where: "metric_of('revenue', 'shop') > 100"}
  - {name: twice_large, kind: derived, expression: "of_large * 2"}
  - {name: per_visit, kind: ratio, numerator: revenue, denominator: visits}
policies:
  - name: all
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    %s
"""


def seen(policy: str, **attributes: Attribute) -> VisibleModel:
    return narrow(
        parse_model({"m.yml": MODEL % policy}), Actor(id="a", roles=frozenset({"viewer"}), attributes=attributes)
    )


def whole(visible: VisibleModel, metric: str) -> bool:
    return sees_everything(visible, visible.model.metrics[metric])


def member(visible: VisibleModel, metric: str, dimension: str, value: Member) -> bool:
    return sees_member(visible, visible.model.metrics[metric], dimension, value)


def rule(where: str, dataset: str = "orders") -> str:
    return f'whole: [visits, shops]\n    rows: [{{dataset: {dataset}, where: "{where}"}}]'


def test_without_a_rule_everything_and_each_member_is_visible() -> None:
    visible = seen("whole: all")
    assert whole(visible, "per_visit")
    assert member(visible, "per_visit", "market", "DE")
    assert member(visible, "revenue", "size", 3)
    assert member(visible, "revenue", "market", None)


def test_with_a_rule_only_the_named_members_are_visible() -> None:
    visible = seen(rule("country IN (:markets)"), markets=("DE", "AT"))
    assert not whole(visible, "revenue")
    assert whole(visible, "visits")
    assert member(visible, "revenue", "market", "DE")
    assert not member(visible, "revenue", "market", "FR")
    assert not member(visible, "revenue", "market", None)
    assert not member(visible, "revenue", "channel", "mail"), "the rule reads something else than the channel"


def test_each_fact_of_a_metric_must_allow_the_member() -> None:
    both = (
        'whole: [shops]\n    rows: [{dataset: orders, where: "country IN (:mine)"}, '
        '{dataset: visits, where: "country IN (:theirs)"}]'
    )
    visible = seen(both, mine=("DE", "FR"), theirs=("FR",))
    assert member(visible, "per_visit", "market", "FR")
    assert not member(visible, "per_visit", "market", "DE")
    assert not member(visible, "revenue", "market", "IT")


@pytest.mark.parametrize(
    ("where", "value", "sees"),
    [
        ("country = 'DE'", "DE", True),
        ("country = 'DE'", "FR", False),
        ("country <> 'DE'", "FR", True),
        ("country IS NULL OR country IN (:markets)", None, True),
        ("country IS NULL OR country IN (:markets)", "FR", False),
        ("NOT (country = 'FR')", "DE", True),
        ("NOT country IN ('FR', 'IT')", "FR", False),
        ("country IN (:markets) AND channel = 'mail'", "DE", False),
        ("lower(country) = 'de'", "DE", False),
        ("country LIKE 'D%'", "DE", False),
        ("country = :one", "DE", True),
        ("country = :markets", "DE", False),
        ("country IN (:missing)", "DE", False),
        ("NOT country IN (:missing)", "DE", False),
        ("NOT (country = :missing)", "DE", False),
        ("FALSE", "DE", False),
        ("TRUE", "DE", True),
    ],
)  # fmt: skip
def test_an_undecidable_rule_allows_nothing(where: str, value: Member, sees: bool) -> None:
    assert member(seen(rule(where), markets=("DE", "AT"), one="DE"), "revenue", "market", value) is sees


def test_a_rule_says_nothing_about_an_expression_over_its_column() -> None:
    assert not member(seen(rule("country IN (:markets)"), markets=("DE",)), "revenue", "capital", "DE")


def test_a_rule_on_a_joined_dataset_is_decided_by_its_key() -> None:
    by_key = seen(rule("shop IN (:shops)", "shops"), shops=("north",))
    assert member(by_key, "revenue", "shop", "north")
    assert not member(by_key, "revenue", "shop", "south")
    by_region = seen(rule("region = 'N'", "shops"))
    assert member(by_region, "revenue", "region", "N")
    assert not member(by_region, "revenue", "region", "S")
    assert not member(by_region, "revenue", "shop", "north"), "which region a shop is in stands in rows alone"


@pytest.mark.parametrize(
    "hidden",
    [
        "whole: all\n    deny: {dimensions: [market]}",
        "whole: all\n    deny: {metrics: [revenue]}",
        "whole: all\n    masks: [{dimension: market, kind: hash}]",
        "whole: [visits, shops]",
    ],
)
def test_hidden_and_masked_dimensions_have_no_members(hidden: str) -> None:
    assert not member(seen(hidden), "revenue", "market", "DE")


def test_a_dimension_that_a_fact_lacks_has_no_members_for_it() -> None:
    assert not member(seen("whole: all"), "visits", "region", "N")


def test_counting_by_another_column_is_not_decided_by_the_member() -> None:
    """A shop's size is counted from the rows that a person sees."""
    everything, part = seen("whole: all"), seen(rule("country IN (:markets)"), markets=("DE",))
    for metric in ("of_large", "twice_large"):
        assert whole(everything, metric)
        assert member(everything, metric, "market", "DE")
        assert not member(part, metric, "market", "DE")
    elsewhere = seen("whole: all\n    rows: [{dataset: visits, where: \"country = 'DE'\"}]")
    assert whole(elsewhere, "revenue")
    assert not whole(elsewhere, "of_large")
