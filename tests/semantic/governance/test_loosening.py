"""Changes that make something less strict: certifications with fewer requirements, weaker checks, and other people who
decide.
"""

from __future__ import annotations

import pytest

from semantic.governance.loosening import loosening
from semantic.model.definitions import Metric
from semantic.model.loading.load import parse_model

MODEL = """\
model:
  name: Shop
  certification: {require: [owner, checks], check_days: 30, months: 12}
datasets:
  - name: orders
    label: Orders
    owner: Data team
    table: orders
    grain: [order_id]
    columns: {order_id: integer, country: string, amount: "decimal(18,2)", buyer: string}
    entities:
      - {name: order, kind: primary, columns: [order_id]}
    dimensions:
      - {name: country}
    measures:
      - {name: amount, agg: sum, sql: amount}
    checks:
      - {not_null: {column: amount, at_least: 0.9}}
      - {unique: [order_id, country]}
      - {accepted: {column: country, values: [DE, FR, AT]}}
      - {rows: 100}
  - name: visits
    table: visits
    grain: [visit_id]
    columns: {visit_id: integer}
    measures:
      - {name: visits, agg: count}
    checks:
      - {rows: 100}
metrics:
  - {name: revenue, label: Revenue, owner: "Ben Okafor, finance", measure: orders.amount}
  - {name: paid, label: Paid, domain: paid, kind: derived, inputs: [{metric: revenue}], expression: revenue}
  - {name: visits, label: Visits, measure: visits.visits}
segments:
  - {name: large, label: Large, owner: Mia, entity: order, dataset: orders, where: country = 'DE'}
domains:
  - {name: paid, label: Paid media, stewards: {people: [mia]}, members: {people: [pat]}}
  - {name: field, label: Field, stewards: {people: [fay]}}
"""
CERTIFIED = {"revenue", "paid"}


def is_certified(metric: Metric) -> bool:
    return metric.name in CERTIFIED


def found(old: str, new: str) -> list[tuple[str, str]]:
    assert old in MODEL
    before, after = (parse_model({"shop.yml": text}) for text in (MODEL, MODEL.replace(old, new, 1)))
    return [(each.how, each.name) for each in loosening(before, after, is_certified)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("require: [owner, checks]", "require: [owner]"),
        ("require: [owner, checks]", "require: [owner, used, reconciled]"),  # others instead
        ("require: [owner, checks]", "require: []"),
        ("check_days: 30", "check_days: 29"),
        ("months: 12", "months: 13"),
    ],
)
def test_certifications_with_fewer_requirements_are_reported(old: str, new: str) -> None:
    assert found(old, new) == [("certification", "")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      - {not_null: {column: amount, at_least: 0.9}}\n", ""),
        ("at_least: 0.9", "at_least: 0.89"),
        ("{column: amount, at_least", "{column: country, at_least"),
        ("unique: [order_id, country]", "unique: [order_id, buyer]"),
        ("values: [DE, FR, AT]", "values: [DE, FR, AT, NO]"),
        ("values: [DE, FR, AT]", "values: [DE, FR, NO]"),
        ("      - {rows: 100}\n  - name: visits", "      - {rows: 99}\n  - name: visits"),
        ("      - {rows: 100}\n  - name: visits", "  - name: visits"),
    ],
)
def test_weaker_checks_of_certified_metrics_are_reported(old: str, new: str) -> None:
    assert found(old, new) == [("check", "orders")]


def test_a_weakened_check_names_the_certified_metrics_that_count_on_it() -> None:
    before, after = (parse_model({"shop.yml": text}) for text in (MODEL, MODEL.replace("at_least: 0.9", "at_least: 0")))
    (check,) = loosening(before, after, is_certified)
    assert check.metrics == ("revenue", "paid")  # paid computes from revenue
    assert loosening(before, after, lambda metric: metric.name == "visits") == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('owner: "Ben Okafor, finance"', "owner: Ana Ribeiro", [("owner", "revenue")]),
        ('owner: "Ben Okafor, finance", ', "", [("owner", "revenue")]),
        ("owner: Mia,", "owner: Pat,", [("owner", "large")]),
        ("owner: Data team", "owner: Ana Ribeiro", [("owner", "orders")]),
        ("stewards: {people: [mia]}", "stewards: {people: [mia, pat]}", [("stewards", "paid")]),
        ("stewards: {people: [mia]}", "stewards: {people: [], groups: [everyone]}", [("stewards", "paid")]),
        ("  - {name: field, label: Field, stewards: {people: [fay]}}\n", "", [("stewards", "field")]),
        ("label: Paid, domain: paid", "label: Paid, domain: field", [("domain", "paid")]),
        ("label: Large, owner", "label: Large, domain: paid, owner", [("domain", "large")]),
    ],
)
def test_changes_of_the_people_who_decide_are_reported(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert found(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("require: [owner, checks]", "require: [checks, owner, used]"),
        ("check_days: 30, months: 12", "check_days: 60, months: 6"),
        ("at_least: 0.9", "at_least: 0.95"),
        ("unique: [order_id, country]", "unique: [country, order_id]"),
        ("values: [DE, FR, AT]", "values: [AT, DE]"),
        ("      - {rows: 100}\n  - name: visits", "      - {rows: 100}\n      - {rows: 200}\n  - name: visits"),
        ("    checks:\n      - {rows: 100}\nmetrics", "metrics"),  # no certified metric counts on visits
        ('"Ben Okafor, finance"', "Ben  Okafor"),  # the same person
        ("label: Visits,", "label: Visits, owner: Ana,"),  # it had none
        ("label: Paid, domain: paid", "label: Paid"),  # to the core, where fewer people decide
        ("members: {people: [pat]}", "members: {people: [pat, lena]}"),
        ("label: Field, stewards", "label: Field marketing, stewards"),
        ("  - {name: field,", "  - {name: brand, label: Brand, stewards: {people: [ben]}}\n  - {name: field,"),
        ("label: Revenue", "label: Sales"),
        ("  - {name: visits, label: Visits, measure: visits.visits}\n", ""),
    ],
)
def test_equally_strict_or_stricter_changes_are_not_reported(old: str, new: str) -> None:
    assert found(old, new) == []
