"""The metric offered instead of one that a breakdown can't split, and who gets the offer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from semantic.explore.preflight import preflight
from semantic.explore.similar_metrics import nearest_metric
from semantic.model.loading.load import parse_model, read_folder
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.sql.dialects.table import find_dialect

MODEL = parse_model(read_folder(Path("semantic/marketing")))
STEWARD = narrow(MODEL, Actor(id="ana", roles=frozenset({"steward"})))
PRODUCTS, KEYWORDS = ({"order_lines", "products"},), ({"ad_keywords"},)


@pytest.mark.parametrize(
    ("asked", "breakdowns", "nearest"),
    [
        ("net_revenue", PRODUCTS, "product_revenue"),  # its own description says "net revenue by what was bought"
        ("spend", KEYWORDS, "keyword_spend"),
        ("clicks", KEYWORDS, "keyword_clicks"),
        ("mail_revenue", PRODUCTS, None),  # what a mail tool claims differs from what was bought
        ("gross_margin", PRODUCTS, "product_margin"),
        ("refund_rate_period", PRODUCTS, None),  # a rate of something else isn't similar just because it's a rate
        ("spend", PRODUCTS, None),
        ("net_revenue", (*PRODUCTS, *KEYWORDS), None),  # nothing is split by both
    ],
)
def test_the_nearest_metric_has_the_same_unit_and_a_similar_name(
    asked: str, breakdowns: tuple[set[str], ...], nearest: str | None
) -> None:
    metric = nearest_metric(MODEL.metrics[asked], breakdowns, STEWARD)
    assert (metric.name if metric else None) == nearest


def test_metrics_already_in_the_question_are_not_offered() -> None:
    assert nearest_metric(MODEL.metrics["net_revenue"], PRODUCTS, STEWARD, without=("product_revenue",)) is None


def first_repair(query: Query, seen: VisibleModel = STEWARD) -> tuple[str, str, Query]:
    checked = preflight(query, seen, find_dialect("duckdb"), today=date(2026, 11, 26))
    assert not checked.ok
    return checked.repairs[0].label, checked.repairs[0].effect, checked.repairs[0].query


def test_the_first_repair_of_a_refused_breakdown_is_the_metric_that_has_it() -> None:
    label, effect, query = first_repair(Query(metrics=("net_revenue", "units"), by=(Breakdown("product"),)))
    assert (label, effect) == ("Use Product revenue", "Net revenue by what was bought.")
    assert query == Query(metrics=("product_revenue", "units"), by=(Breakdown("product"),))


def test_the_first_repair_of_a_refused_filter_is_the_metric_that_has_it() -> None:
    socks = Condition("product", Operator.IN, ("Crew socks",))
    assert first_repair(Query(metrics=("net_revenue",), where=socks))[2] == Query(
        metrics=("product_revenue",), where=socks
    )


def test_a_hidden_nearest_metric_is_not_revealed() -> None:
    files = read_folder(Path("semantic/marketing"))
    # Marketers do not see what is tagged with margin.
    files["metrics_orders.yml"] = files["metrics_orders.yml"].replace(
        "- name: product_revenue\n", "- name: product_revenue\n    tags: [margin]\n"
    )
    marketer = Actor(id="x", roles=frozenset({"marketer"}), attributes={"markets": ("DE",)})
    seen = narrow(parse_model(files), marketer)
    assert not seen.shows_metric(seen.model.metrics["product_revenue"])
    label, _, query = first_repair(Query(metrics=("net_revenue",), by=(Breakdown("product"),)), seen)
    assert label == "Break down by Market"
    assert query.metrics == ("net_revenue",)
