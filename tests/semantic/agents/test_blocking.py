"""Blocked metrics can't be asked under another name, in parts, or through their inputs."""

from __future__ import annotations

from typing import Any

import pytest

from semantic.agents.blocking import parts_of_question, reveals
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.query.data import query_from_data

SHOP = """\
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    time: ordered_at
    columns:
      order_id: integer
      customer: integer
      country: string
      channel: string
      is_paid: boolean
      amount: "decimal(18,2)"
      cost: "decimal(18,2)"
      ordered_at: date
    entities:
      - {name: customer, entity: customer, kind: foreign, columns: [customer]}
    dimensions:
      - {name: country}
      - {name: channel}
      - {name: order_number, sql: order_id}
      - {name: customer}
      - {name: price, sql: amount}
      - {name: ordered_at, kind: time}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: cost, agg: sum, sql: cost}
      - {name: mean, agg: avg, sql: amount}
      - {name: biggest, agg: max, sql: amount}
      - {name: ones, agg: sum, sql: "1"}
      - {name: numbers, agg: count_distinct, sql: order_id}
      - {name: buyers, agg: count_distinct, sql: customer}
      - {name: orders, agg: count}
      - {name: paid, agg: sum_boolean, sql: is_paid}
      - {name: in_germany, agg: sum, sql: "CASE WHEN country = 'DE' THEN amount ELSE 0 END"}
  - name: paid_orders
    sql: "SELECT order_id, amount, is_paid FROM orders WHERE is_paid"
    grain: [order_id]
    columns: {order_id: integer, amount: "decimal(18,2)", is_paid: boolean}
    dimensions: []
    measures:
      - {name: paid_amount, agg: sum, sql: amount}
metrics:
  - {name: revenue, measure: orders.amount}
  - {name: turnover, measure: orders.amount}
  - {name: paid_revenue, measure: orders.amount, filter: "is_paid"}
  - {name: revenue_of_view, measure: paid_orders.paid_amount}
  - {name: german_revenue, measure: orders.amount, filter: "country = 'DE'"}
  - {name: german_sales, measure: orders.amount, filter: "('DE' = country)"}
  - {name: german_cases, measure: orders.in_germany}
  - {name: french_revenue, measure: orders.amount, filter: "country IN ('FR')"}
  - {name: cost, measure: orders.cost}
  - {name: orders, measure: orders.orders}
  - {name: lines, measure: orders.ones}
  - {name: receipts, measure: orders.numbers}
  - {name: buyers, measure: orders.buyers}
  - {name: paid, measure: orders.paid}
  - {name: mean_order, measure: orders.mean}
  - {name: biggest_order, measure: orders.biggest}
  - {name: per_order, kind: ratio, numerator: revenue, denominator: orders}
  - {name: cost_share, kind: ratio, numerator: cost, denominator: revenue}
  - {name: cost_share_again, kind: ratio, numerator: cost, denominator: turnover}
  - {name: markup, kind: ratio, numerator: revenue, denominator: cost}
  - {name: cost_per_order, kind: ratio, numerator: cost, denominator: orders}
  - {name: profit, kind: derived, expression: "revenue - cost"}
  - {name: left_over, kind: derived, expression: "turnover - cost"}
  - {name: after_fees, kind: derived, expression: "revenue - cost - orders"}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return parse_model({"shop.yml": SHOP})


def is_refused(model: Model, blocked: str, subject: str = "", **question: Any) -> bool:
    asked = parts_of_question(query_from_data(question), model, subject=subject)
    return reveals(asked, model.metrics[blocked], model)


@pytest.mark.parametrize(
    ("blocked", "metric"),
    [
        ("revenue", "revenue"),
        ("revenue", "turnover"),  # the same measure under another name
        ("revenue", "per_order"),  # a ratio's part
        ("revenue", "left_over"),  # a formula's part under another name
        ("revenue", "mean_order"),  # an average is its sum and a count
        ("revenue", "paid_revenue"),  # a part of its rows
        ("revenue", "revenue_of_view"),  # the same column through SQL of a dataset
        ("german_revenue", "german_sales"),  # the same condition, written differently
        ("german_revenue", "german_cases"),  # and written into the value
        ("orders", "lines"),  # rows, however they are counted
        ("orders", "receipts"),
        ("orders", "paid"),
        ("profit", "left_over"),  # the same formula over the same measures
        ("cost_share", "cost_share_again"),
        ("cost_share", "markup"),  # one number over exactly the same measures
    ],
)
def test_a_metric_with_a_blocked_metrics_inputs_is_refused(
    model: Model, blocked: str, metric: str
) -> None:  # fmt: skip
    assert is_refused(model, blocked, metrics=[metric])
    assert is_refused(model, blocked, metrics=["buyers"], having=[{"metric": metric, "op": ">", "value": 1}])
    member = {"metric": metric, "per": "customer", "op": ">", "value": 1}
    assert is_refused(model, blocked, metrics=["buyers"], where=member)


@pytest.mark.parametrize(
    ("blocked", "metrics"),
    [
        ("revenue", ["cost", "orders"]),
        ("revenue", ["biggest_order"]),
        ("paid_revenue", ["revenue"]),
        ("german_revenue", ["revenue"]),
        ("german_revenue", ["french_revenue"]),
        ("orders", ["revenue", "cost"]),
        ("cost_share", ["revenue"]),
        ("cost_share", ["cost", "orders"]),
        ("cost_share", ["after_fees"]),  # a metric that uses more measures doesn't reveal it
        ("mean_order", ["revenue", "orders"]),  # it divides by the amounts that aren't missing
        ("buyers", ["orders"]),
    ],
)
def test_a_metric_without_a_blocked_metrics_inputs_is_answered(
    model: Model, blocked: str, metrics: list[str]
) -> None:  # fmt: skip
    assert not is_refused(model, blocked, metrics=metrics)


@pytest.mark.parametrize(
    ("blocked", "metrics"),
    [
        ("cost_share", ["cost", "revenue"]),
        ("cost_share", ["cost", "turnover"]),
        ("cost_share", ["per_order", "cost_per_order"]),  # one divided by the other
        ("profit", ["left_over", "orders"]),
        ("per_order", ["revenue", "orders"]),
    ],
)
def test_all_parts_of_a_blocked_metric_in_one_question_are_refused(
    model: Model, blocked: str, metrics: list[str]
) -> None:  # fmt: skip
    assert is_refused(model, blocked, metrics=metrics)
    first, second, *_ = metrics
    ratio = {"name": "x", "do": "ratio", "of": first, "to": second}
    assert is_refused(model, blocked, metrics=metrics, calc=[ratio])


@pytest.mark.parametrize(
    "limits",
    [
        {"by": ["country"]},
        {"where": {"dim": "country", "op": "in", "values": ["DE"]}},
        {"where": {"sql": "country = 'DE'"}},
    ],
)
def test_dividing_or_filtering_a_metric_does_not_reveal_its_blocked_part(model: Model, limits: dict[str, Any]) -> None:
    assert is_refused(model, "german_revenue", metrics=["revenue"], **limits)
    assert is_refused(model, "german_revenue", metrics=["per_order"], **limits)
    assert not is_refused(model, "german_revenue", metrics=["revenue"], by=["channel"])
    assert not is_refused(model, "german_revenue", metrics=["cost"], **limits)


def test_a_list_of_values_does_not_reveal_a_blocked_count_or_sum(model: Model) -> None:
    assert is_refused(model, "orders", metrics=["cost"], by=["order_number"])
    assert is_refused(model, "orders", by=["country"], each_row=True)
    assert not is_refused(model, "orders", by=["country"])
    assert is_refused(model, "buyers", by=["customer"])
    assert is_refused(model, "biggest_order", by=["price"], ranges=True)
    assert is_refused(model, "revenue", metrics=["orders"], by=["price"])
    assert not is_refused(model, "revenue", metrics=["orders"], by=["country"])


def test_an_analysis_of_people_does_not_count_those_that_are_blocked(model: Model) -> None:
    assert is_refused(model, "buyers", subject="customer", metrics=["orders"])
    assert not is_refused(model, "buyers", metrics=["orders"])


def test_definitions_of_an_earlier_version_are_compared_with_todays(model: Model) -> None:
    renamed = parse_model({"shop.yml": SHOP.replace("name: turnover", "name: income").replace("turnover", "income")})
    asked = parts_of_question(query_from_data({"metrics": ["income"]}), renamed)
    assert reveals(asked, model.metrics["revenue"], model)
