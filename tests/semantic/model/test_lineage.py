"""Lineage, computed by hand: what each metric consists of, according to the model's files."""

from __future__ import annotations

from semantic.config.settings import MARKETING_MODEL
from semantic.model.lineage import Node, dependents, lineage, readers_of, tables_of, used_by
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.source_columns import source_columns

MODEL = parse_model(read_folder(MARKETING_MODEL))


def test_a_ratio_is_made_of_two_metrics_down_to_their_columns() -> None:
    found_lineage = lineage(MODEL.metrics["roas"], MODEL)
    assert [(node.kind, node.name) for node in found_lineage.nodes] == [
        ("metric", "roas"),
        ("metric", "net_revenue"),
        ("metric", "spend"),
        ("measure", "net_sales"),
        ("measure", "spend"),
        ("dataset", "orders"),
        ("dataset", "ad_spend"),
        ("table", "fct_order"),
        ("table", "fct_ad_campaign_daily"),
    ]
    assert set(found_lineage.edges) == {
        ("metric:net_revenue", "metric:roas"),
        ("metric:spend", "metric:roas"),
        ("measure:orders.net_sales", "metric:net_revenue"),
        ("measure:ad_spend.spend", "metric:spend"),
        ("dataset:orders", "measure:orders.net_sales"),
        ("dataset:ad_spend", "measure:ad_spend.spend"),
        ("table:fct_order", "dataset:orders"),
        ("table:fct_ad_campaign_daily", "dataset:ad_spend"),
    }
    # Net sales, the filter "NOT is_test AND status ...", and the day an order was placed.
    orders = next(node for node in found_lineage.nodes if node.name == "fct_order")
    assert orders.columns == ("net_sales", "is_test", "status", "created_at")


def test_a_metric_used_twice_appears_once() -> None:
    # Gross margin is net revenue minus cost of goods; its rate divides it by net revenue.
    found_lineage = lineage(MODEL.metrics["margin_rate"], MODEL)
    assert [node.name for node in found_lineage.nodes if node.kind == "metric"] == [
        *("margin_rate", "gross_margin", "net_revenue", "cogs"),
    ]
    assert ("metric:net_revenue", "metric:gross_margin") in found_lineage.edges
    assert ("metric:net_revenue", "metric:margin_rate") in found_lineage.edges
    assert [node.name for node in found_lineage.nodes if node.kind == "table"] == ["fct_order"]


def test_a_view_reads_every_table_that_it_names_except_its_own_subqueries() -> None:
    assert tables_of(MODEL.datasets["order_lines"]) == ("fct_order", "fct_order_line")
    found_lineage = lineage(MODEL.metrics["units"], MODEL)
    assert [node.name for node in found_lineage.nodes if node.kind == "table"] == ["fct_order", "fct_order_line"]
    (view,) = [node for node in found_lineage.nodes if node.kind == "dataset"]
    assert "quantity" in view.columns
    # Units read the quantity of a line, and from its order the mark of a test, the status, and the day.
    columns = {node.name: node.columns for node in found_lineage.nodes if node.kind == "table"}
    assert columns["fct_order_line"] == ("quantity",)
    assert {"is_test", "status"} < set(columns["fct_order"])


def test_hidden_objects_have_no_name_and_nothing_below_them() -> None:
    found_lineage = lineage(
        MODEL.metrics["margin_rate"], MODEL, lambda metric: metric.name not in ("gross_margin", "cogs")
    )
    assert [(node.kind, node.name) for node in found_lineage.nodes] == [
        ("metric", "margin_rate"),
        ("metric", "net_revenue"),
        ("hidden", ""),
        ("measure", "net_sales"),
        ("dataset", "orders"),
        ("table", "fct_order"),
    ]
    assert "cogs" not in repr(found_lineage)
    assert "gross_margin" not in repr(found_lineage)


def test_the_lineage_goes_in_both_directions() -> None:
    found_lineage = lineage(MODEL.metrics["aov"], MODEL)
    assert found_lineage.below("metric:aov") == [
        Node("metric:sales_after_discounts", "metric", "sales_after_discounts", "Sales after discounts"),
        Node("metric:orders", "metric", "orders", "Orders"),
    ]
    assert "gross_margin" in [metric.name for metric in used_by(MODEL.metrics["net_revenue"], MODEL)]
    assert used_by(MODEL.metrics["margin_rate"], MODEL) == []


# Source columns, and what reads a column


VIEW = """
datasets:
  - name: sales
    label: Sales
    sql: >-
      WITH paid AS (SELECT id, cur, gross - fee AS net FROM raw.payments)
      SELECT p.id, p.net * r.rate AS eur, upper(c.country) AS market, count(*) OVER () AS total
      FROM paid p JOIN rates r ON r.cur = p.cur LEFT JOIN customers c ON c.id = p.id
    grain: [id]
    columns: {id: string, eur: double, market: string, total: integer}
    dimensions: [{name: market}]
    measures: [{name: eur, agg: sum, sql: eur}, {name: sales, agg: count}]
  - name: visits
    label: Visits
    table: visits
    grain: [id]
    columns: {id: string, eur: double}
    measures: [{name: visits, agg: count}]
metrics:
  - {name: revenue, label: Revenue, measure: sales.eur, filter: "market <> 'XX'"}
  - {name: sales, label: Sales, measure: sales.sales}
  - {name: per_sale, label: Per sale, kind: ratio, numerator: revenue, denominator: sales}
  - {name: visits, label: Visits, measure: visits.visits}
"""


def test_columns_of_a_view_come_from_the_tables_its_sql_reads() -> None:
    model = parse_model({"m.yml": VIEW})
    sales = model.datasets["sales"]
    net = {("raw.payments", "gross"), ("raw.payments", "fee"), ("rates", "rate")}
    assert set(source_columns(sales, "eur")) == net
    assert source_columns(sales, "market") == (("customers", "country"),)
    assert source_columns(sales, "total") == ()
    assert source_columns(model.datasets["visits"], "eur") == (("visits", "eur"),)
    tables = {
        node.name: set(node.columns) for node in lineage(model.metrics["per_sale"], model).nodes if node.kind == "table"
    }
    assert tables == {"raw.payments": {"gross", "fee"}, "rates": {"rate"}, "customers": {"country"}}


def test_the_readers_of_a_column_and_of_a_table_are_found() -> None:
    model = parse_model({"m.yml": VIEW})
    assert readers_of("customers", "country", model) == (("sales",), ("sales.eur",), ("per_sale", "revenue"))
    assert readers_of("raw.payments", "", model) == (
        ("sales",), ("sales.eur", "sales.sales"), ("per_sale", "revenue", "sales"),
    )  # fmt: skip
    assert readers_of("visits", "eur", model) == (("visits",), (), ())
    assert dependents("revenue", model) == {"per_sale"}
