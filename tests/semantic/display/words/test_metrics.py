"""A metric in the catalogue: breakdowns, formula, lineage, comparison and checks, all computed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from semantic.compile import compile_visible
from semantic.config.settings import MARKETING_MODEL
from semantic.display.words.formula_parts import formula_parts
from semantic.display.words.lineage import OUTSIDE, flow
from semantic.display.words.side_by_side import facets, sentences
from semantic.display.words.slices import LATEST, RECOMPUTED, SUMMED, filtered, slices
from semantic.display.words.stated_checks import stated_checks
from semantic.errors import SemanticError, UnsafeReaggregation
from semantic.explore.preflight import preflight
from semantic.model.definitions import Additivity, Check, CheckKind, Dimension, Granularity
from semantic.model.loading.load import parse_model, read_folder
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.people import read_people
from semantic.query.query import DATE, Breakdown, Calculation, CalculationKind, Condition, Operator, Query
from semantic.results.formula import formula_tree
from semantic.sql.dialects.table import find_dialect
from tests.shop import SHOP, TODAY

DUCKDB = find_dialect("duckdb")
SHOP_MODEL, SHOP_PEOPLE = parse_model(read_folder(SHOP)), read_people(read_folder(SHOP))
MODEL, PEOPLE = parse_model(read_folder(MARKETING_MODEL)), read_people(read_folder(MARKETING_MODEL))
STEWARD, NOA = narrow(SHOP_MODEL, SHOP_PEOPLE["steward"]), narrow(SHOP_MODEL, SHOP_PEOPLE["noa"])
ANA = narrow(MODEL, PEOPLE["ana"])


def matrix(name: str, seen: VisibleModel) -> dict[str, Any]:
    checked = preflight(Query(metrics=(name,)), seen, DUCKDB, today=TODAY)
    return {each_slice.dimension.name: each_slice for each_slice in slices(seen.metric(name), checked, seen)}


# Slice by


def test_the_matrix_shows_which_dimensions_fit_how_they_add_up_and_why_others_do_not() -> None:
    revenue = matrix("revenue", STEWARD)
    assert (revenue["channel"].fits, revenue["channel"].total) == (True, SUMMED)
    assert (revenue[DATE].grains, revenue["order_time"].grains) == ("Day to year", "Hour to year")
    assert matrix("budget_used", STEWARD)[DATE].grains == "Month to year"  # budgets are by the month
    assert matrix("roas", STEWARD)["channel"].total == RECOMPUTED
    assert matrix("buyers", STEWARD)["channel"].total == RECOMPUTED  # a distinct count
    product = revenue["product"]
    assert not product.fits
    assert "so the same revenue would be counted several times" in product.reason
    assert matrix("roas", STEWARD)["device"].filters == "part"  # orders have a device, ads do not
    country = revenue["country"]  # billing or shipping
    assert not country.fits
    assert [query.by[-1].via for _, query in country.ways] == ["billing", "shipping"]


def test_a_balance_is_summed_over_all_dimensions_except_time() -> None:
    orders = SHOP_MODEL.datasets["orders"]
    measure = replace(orders.measures["amount"], additivity=Additivity.SEMI)
    changed = replace(orders, measures={**orders.measures, "amount": measure})
    seen = narrow(replace(SHOP_MODEL, datasets={**SHOP_MODEL.datasets, "orders": changed}), SHOP_PEOPLE["steward"])
    totals = {name: value.total for name, value in matrix("revenue", seen).items() if value.fits}
    assert (totals["channel"], totals[DATE], totals["order_time"]) == (SUMMED, LATEST, LATEST)


def test_a_metric_with_a_nonzero_fill_does_not_add_up_in_a_formula() -> None:
    """Five clicks instead of none would be in each group but in no total. A metric filled with 0 adds up."""

    def with_fill(fill: int) -> VisibleModel:
        clicks = f"{{name: known_clicks, measure: ads.clicks, fill: {fill}}}"
        rest = "{name: unclicked, kind: derived, expression: impressions - known_clicks}"
        more = f"metrics:\n  - {clicks}\n  - {rest}\n"
        return narrow(parse_model(read_folder(SHOP) | {"more.yml": more}), SHOP_PEOPLE["steward"])

    share = Calculation(name="share", do=CalculationKind.PERCENT_OF_TOTAL, of="")
    for name in ("known_clicks", "unclicked"):
        query = Query(metrics=(name,), by=(Breakdown("channel"),), calc=(replace(share, of=name),))
        seen = with_fill(0)
        assert additivity(seen.metric(name), seen.model) is Additivity.FULL
        assert matrix(name, seen)["channel"].total == SUMMED
        assert _runs(query, seen)
        seen = with_fill(5)
        assert additivity(seen.metric(name), seen.model) is Additivity.NONE
        assert matrix(name, seen)["channel"].total == RECOMPUTED
        with pytest.raises(UnsafeReaggregation, match="can't be shown as a share of total"):
            compile_visible(seen, query, DUCKDB, today=TODAY)


@pytest.mark.parametrize("seen", [STEWARD, NOA], ids=["steward", "noa"])
def test_the_matrix_agrees_with_real_questions(seen: VisibleModel) -> None:
    looked_at = 0
    for metric in seen.metrics:
        if not _runs(Query(metrics=(metric.name,)), seen):
            continue  # metrics that can't be asked alone: conversions claimed by each platform
        for name, value in matrix(metric.name, seen).items():
            grain = Granularity.MONTH if value.dimension.kind == "time" else None
            assert _runs(Query(metrics=(metric.name,), by=(Breakdown(name, grain),)), seen) is value.fits, (
                metric,
                name,
            )
            if value.dimension.kind == "categorical":
                where = Condition(name, Operator.IN, (None,))
                assert _runs(Query(metrics=(metric.name,), where=where), seen) is (value.filters != "none"), name
            looked_at += 1
    assert looked_at > 300


def _runs(query: Query, seen: VisibleModel) -> bool:
    try:
        compile_visible(seen, query, DUCKDB, today=TODAY)
    except SemanticError:
        return False
    return True


def test_hidden_dimensions_are_not_in_the_matrix_and_slices_can_be_searched() -> None:
    assert {"email", "customer_name"} <= set(matrix("revenue", STEWARD))
    assert not {"email", "customer_name", "phone"} & set(matrix("revenue", NOA))
    found = filtered(list(matrix("revenue", STEWARD).values()), "CHANNEL group")
    assert [each_slice.dimension.name for each_slice in found] == ["channel_group"]


# Formula and flow


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("roas", "net_revenue ÷ spend"),
        ("gross_margin", "net_revenue − cogs"),
        ("refund_rate_period", "refunded_amount ÷ ( gross_sales − discounts )"),
        ("orders", ""),
    ],
)
def test_a_formula_is_split_into_parts(name: str, read: str) -> None:
    assert (
        " ".join(part.metric or part.sign for part in formula_parts(formula_tree(MODEL.metrics[name], ANA), MODEL))
        == read
    )


def test_numbers_in_a_formula_have_their_sign() -> None:
    parts = formula_parts(formula_tree(SHOP_MODEL.metrics["cost_per_thousand"], STEWARD), SHOP_MODEL)
    assert [part.sign or part.metric for part in parts] == ["1,000 ×", "cost", "÷", "impressions"]


def test_the_lineage_runs_from_tables_to_whatever_uses_the_metric() -> None:
    drawn = flow(MODEL.metrics["gross_margin"], ANA, with_tables=True)
    assert [(column.title, [card.label for card in column.cards]) for column in drawn.columns] == [
        ("Tables", ["fct_order"]),
        ("Data", ["Orders"]),
        ("Measures", ["Net sales", "Cogs"]),
        ("Metrics", ["Net revenue", "Cost of goods"]),
        ("This metric", ["Gross margin"]),
        ("Used by", ["Contribution margin (before ads)", "Gross margin rate"]),
    ]
    assert ("metric:gross_margin", "user:margin_rate") in drawn.edges
    assert drawn.alt == (
        "Gross margin is calculated from Net revenue and Cost of goods, out of Orders. "
        "Used by 2 metrics: Contribution margin (before ads) and Gross margin rate."
    )


def test_tables_and_columns_are_left_out_for_people_who_cannot_see_sql() -> None:
    said = repr(flow(MODEL.metrics["roas"], ANA, with_tables=False))
    assert "fct_order" not in said
    assert "is_test" not in said


def test_a_metric_used_at_two_depths_is_left_of_both() -> None:
    drawn = flow(MODEL.metrics["margin_rate"], ANA, with_tables=False)
    metrics = [[card.label for card in column.cards] for column in drawn.columns if column.title == "Metrics"]
    assert metrics == [["Net revenue", "Cost of goods"], ["Gross margin"]]


def test_hidden_objects_are_in_no_lineage() -> None:
    drawn = flow(SHOP_MODEL.metrics["roas"], NOA, with_tables=True)
    assert OUTSIDE in [card.label for column in drawn.columns for card in column.cards]
    assert "cost" not in repr(drawn).casefold()
    assert "ads" not in [card.label.casefold() for column in drawn.columns for card in column.cards]
    # Of revenue, the uses that noa may know: profit is made of a hidden metric but is itself granted.
    assert "Roas" in repr(flow(SHOP_MODEL.metrics["revenue"], NOA, with_tables=False))


# Two side by side


def test_two_ratios_with_the_same_denominator_are_compared() -> None:
    roas, other = MODEL.metrics["roas"], MODEL.metrics["new_customer_roas"]
    nothing: tuple[Dimension, ...] = ()
    same, differs = sentences(roas, other, ANA, (nothing, nothing))
    assert "The same denominator: Ad spend." in same
    assert "Net revenue and New customer revenue are both the sum of net sales in orders." in same
    assert differs[0] == (
        "The numerator of ROAS (last click) is Net revenue, of ROAS (new customers) New customer revenue."
    )
    assert differs[1] == "New customer revenue also has the condition: valid order number is 1."
    both = "Net revenue and New customer revenue count rows where it is not test and status is not cancelled"
    assert f"{both} and status is not returned." in same
    by_name = {facet.name: facet for facet in facets(roas, other, ANA)}
    assert by_name["Denominator"].same
    assert (by_name["Numerator"].one, by_name["Numerator"].other) == ("Net revenue", "New customer revenue")
    assert (by_name["Certified"].one, by_name["Certified"].other) == ("By Ana Ribeiro, marketing operations", "No")


def test_dimensions_of_only_one_metric_are_named() -> None:
    metric, other = MODEL.metrics["net_revenue"], MODEL.metrics["sessions"]
    channel = ANA.dimension("channel")[0]
    own = replace(channel, name="only_here", label="Only here")
    same, differs = sentences(metric, other, ANA, ((channel, own), (channel,)))
    assert "Both can be broken down by the same 1 dimension." in same
    assert "Only Net revenue can be broken down by Only here." in differs


def test_a_hidden_input_is_not_named_in_a_comparison() -> None:
    said = repr(
        (
            facets(NOA.metric("roas"), NOA.metric("ctr"), NOA),
            sentences(NOA.metric("roas"), NOA.metric("cpc"), NOA, ((), ())),
        )
    )
    assert "a metric outside your scope" in said
    assert "Cost" not in said


# Checks


def test_checks_are_counted_and_name_no_column() -> None:
    checks = (
        Check(CheckKind.UNIQUE, ("order_id",)),
        Check(CheckKind.NOT_NULL, ("status",)),
        Check(CheckKind.NOT_NULL, ("market",)),
        Check(CheckKind.NOT_NULL, ("customer",), at_least=0.99),
        Check(CheckKind.RELATIONSHIP, ("channel",)),
        Check(CheckKind.ACCEPTED, ("status",), ("a", "b")),
        Check(CheckKind.ROWS, at_least=1000),
    )
    assert stated_checks(checks) == [
        "No duplicate rows",
        "2 fields are always filled in",
        "1 field has expected values only",
        "1 link always leads to an existing row",
        "1 field is filled in at least 99% of rows",
        "There are at least 1,000 rows",
    ]
    assert stated_checks(()) == []
