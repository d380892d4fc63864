"""The rows behind a cell are the ones that it was computed from, and they add up to its number.

No one sees rows that are hidden from them. test_hidden_rows.py checks that hidden rows change no list.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.errors import GroupTooSmall, ModelError, SemanticError, TimeMismatch, UnknownName, UnsafeReaggregation
from semantic.model.definitions import Aggregation, Measure, Metric
from semantic.model.loading.load import load_model, parse_model, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.cell import Cell, cell_of, cell_question, find_row, is_same
from semantic.results.formula import formula_tree, metrics_in
from semantic.results.records import Records, compile_records, listable
from semantic.results.result import Result
from semantic.sql.dialects.table import DIALECTS
from semantic.workspace import Workspace
from tests.answers.test_cell import cells, check_ratio
from tests.copies import copy_shop
from tests.engines import ENGINES
from tests.proof import part_of
from tests.shop import SHOP, TODAY, ShopWorkspace, open_shop
from tests.test_cases import ANSWERED, Case, name

ALL = 100_000
ASKED = [case for case in ANSWERED if case.ask.get("metrics")]
TOPICS = dict.fromkeys(case.topic for case in ASKED)


@pytest.fixture(scope="module")
def workspace(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    for address in ENGINES[engine_name].shop(tmp_path_factory.mktemp(engine_name)):
        opened = open_shop(address)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(copy_shop(tmp_path_factory.mktemp("by_hand") / "shop.duckdb"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def cell_at(workspace: Workspace, ask: dict[str, object], row: int, column: str, who: str) -> tuple[Query, Cell]:
    query = query_from_data(ask)
    return query, cell_of(workspace.ask(query, workspace.people[who]), row, column)


# The truth by hand

TOP = {"by": ["channel"], "totals": ["grand"], "top": {"n": 1, "dim": "channel", "metric": "revenue"}}
BY_HAND = [
    ("a member", {"metrics": ["revenue"], "by": ["channel"], "order": [{"by": "channel"}]}, 3, "revenue", "revenue",
     "steward",
     "SELECT order_id FROM orders JOIN channels USING (channel_key) WHERE channel = 'Search' AND NOT is_test"),
    ("rows without a channel, and with an unknown one", {"metrics": ["revenue"], "by": ["channel"],
     "order": [{"by": "channel"}]}, 6, "revenue", "revenue", "steward",
     "SELECT order_id FROM orders WHERE (channel_key IS NULL OR channel_key = 'c9') AND NOT is_test"),
    ("the rest beside a top, of one side of a ratio", {"metrics": ["roas"], **TOP}, 1, "roas", "revenue", "steward",
     "SELECT order_id FROM orders WHERE channel_key IS DISTINCT FROM 'c1' AND NOT is_test"),
    ("a total", {"metrics": ["roas"], **TOP}, 2, "roas", "revenue", "steward",
     "SELECT order_id FROM orders WHERE NOT is_test"),
    ("a month, and only rows that count for the metric", {"metrics": ["large_orders"],
     "by": [{"dim": "date", "grain": "month"}]}, 1, "large_orders", "large_orders", "steward",
     "SELECT order_id FROM orders WHERE order_day BETWEEN '2026-04-01' AND '2026-04-30' AND amount >= 1000"),
    ("the month before, of a comparison", {"metrics": ["order_count"], "time": {"from": "2026-04-01",
     "to": "2026-04-30"}, "compare": [{"to": {"back": 1, "unit": "month"}}]}, 0, "order_count_1_month_back",
     "order_count", "steward",
     "SELECT order_id FROM orders WHERE order_day BETWEEN '2026-03-01' AND '2026-03-31' AND NOT is_test"),
    ("a filter and a segment of the question", {"metrics": ["revenue"], "where": {"and": [
     {"dim": "device", "op": "in", "values": ["mobile"]}, {"dim": "tier", "op": "not_in", "values": ["gold"]}]}}, 0,
     "revenue", "revenue", "steward",
     """SELECT order_id FROM orders LEFT JOIN customers USING (customer_id)
        WHERE NOT is_test AND device = 'mobile' AND tier IS DISTINCT FROM 'gold'"""),
    ("only rows that the person may see", {"metrics": ["revenue"]}, 0, "revenue", "revenue", "dora",
     "SELECT order_id FROM orders JOIN customers USING (customer_id) WHERE NOT is_test AND home = 'DE'"),
    ("by a masked attribute", {"metrics": ["revenue"], "by": ["birth_year"], "order": [{"by": "birth_year"}]}, 0,
     "revenue", "revenue", "mia",
     "SELECT order_id FROM orders JOIN customers USING (customer_id) WHERE NOT is_test AND birth_year // 10 = 198"),
]  # fmt: skip


@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case[0])
def test_the_rows_equal_hand_written_sql(
    case: tuple[str, dict[str, object], int, str, str, str, str],
    workspace: ShopWorkspace,
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    _, ask, row, column, metric, who, check = case
    query, cell = cell_at(workspace, ask, row, column, who)
    records = workspace.records(query, cell, metric, workspace.people[who])
    keys = sorted(records.table.column("_c0").to_pylist())
    truth = sorted(key for (key,) in by_hand.execute(check).fetchall())
    assert truth
    assert keys == truth
    assert records.count == len(truth)


def test_a_calculation_has_no_rows(workspace: ShopWorkspace) -> None:
    share = {"name": "share", "do": "percent_of_total", "of": "revenue"}
    query, cell = cell_at(
        workspace, {"metrics": ["revenue"], "by": ["channel"], "calc": [share]}, 0, "share", "steward"
    )
    with pytest.raises(UnsafeReaggregation, match="calculated across groups"):
        workspace.records(query, cell, "revenue", workspace.people["steward"])


# Computed here


def some_of_each_topic() -> list[Case]:
    return [case for topic in TOPICS for case in part_of([case for case in ASKED if case.topic == topic], one_in=3)]


@pytest.mark.parametrize("case", some_of_each_topic(), ids=name)
def test_a_cell_is_the_same_when_asked_again_and_its_rows_give_its_number(case: Case, shop: ShopWorkspace) -> None:
    """Each simple metric behind a cell of every case is aggregated in plain Python from the listed rows."""
    shop.day = case.today
    result = shop.ask(query_from_data(case.ask), shop.people[case.person])
    for row, column in part_of(list(cells(result))):
        check_cell(shop, result, cell_of(result, row, column), case.person)


def check_cell(shop: ShopWorkspace, result: Result, cell: Cell, who: str) -> None:
    """Check that the cell has the same number when asked again with its parts, and that the rows behind each part add
    up to it.
    """
    person, visible = shop.people[who], shop.visible(shop.people[who])
    assert cell.column.metric is not None
    parts = tuple(metrics_in(formula_tree(cell.column.metric, visible)))
    again = shop.ask(cell_question(cell, result.query, parts), person)
    place = find_row(again, cell)
    assert place is not None
    if not is_hidden(result, cell):  # hiding depends on its neighbours, which are missing when it is asked for alone
        assert is_same(again.table.column(cell.column.name)[place].as_py(), cell.value, exact=cell.column.exact)
        check_ratio(cell.column.metric.name, cell.column.compare, again, place, shop)
    if cell.column.calculation is not None:
        return  # a calculation covers groups: the rows belong to the numbers that it's computed from
    for metric in listable(cell.column.metric, visible):
        try:
            records = shop.records(result.query, cell, metric.name, person, limit=ALL)
        except UnsafeReaggregation:
            assert cell.value is None
            continue
        except GroupTooSmall:
            assert is_hidden(result, cell)
            continue
        except TimeMismatch:
            assert metric.name != cell.column.metric.name or measure_of(metric, shop).over_time is not None
            continue  # counted over other days than those of the cell
        assert not is_hidden(result, cell)
        ends = {column.name: column.counted_to for column in again.values}
        if ends[metric.name] != ends[cell.column.metric.name]:
            continue  # known for longer than the cell, whose rows end with its own days
        end = f"_{cell.column.compare}" if cell.column.compare else ""
        shown = again.table.column(f"{metric.name}{end}")[place].as_py()
        reckoned = aggregate(records, shop.model.measure(metric.measure))
        if metric.fill == 0 and reckoned is None:
            reckoned = 0
        missing = (None, 0) if records.count == 0 else ()
        assert (
            shown == reckoned
            or shown in missing
            or (reckoned is not None and math.isclose(shown, reckoned, rel_tol=1e-9))
        )
        assert records.count == records.table.num_rows
        keys = [column_name for column_name in records.table.column_names if column_name.startswith("_c")]
        assert len({tuple(row[key] for key in keys) for row in records.table.to_pylist()}) == records.count


def is_hidden(result: Result, cell: Cell) -> bool:
    """Return whether a number is based on too few people, or would reveal them."""
    row = find_row(result, cell)
    hidden = result.hidden.get(cell.column.name)
    return hidden is not None and row is not None and hidden[row]


def measure_of(metric: Metric, shop: ShopWorkspace) -> Measure:
    return shop.model.measure(metric.measure)


def aggregate(records: Records, measure: Measure) -> float | None:
    if measure.agg is Aggregation.SUM_BOOLEAN or measure.sql is None:
        return records.count
    values = [number(value) for value in records.table.column("_value").to_pylist()]
    match measure.agg:
        case Aggregation.COUNT:
            return len(values)
        case Aggregation.COUNT_DISTINCT | Aggregation.APPROX_COUNT_DISTINCT:
            return len(set(values))
        case _ if not values:
            return None
        case Aggregation.SUM:
            return sum(values)
        case Aggregation.AVG:
            return sum(values) / len(values)
        case Aggregation.MEDIAN | Aggregation.PERCENTILE if measure.discrete:
            return sorted(values)[max(0, math.ceil(measure.percentile * len(values)) - 1)]
        case Aggregation.MEDIAN | Aggregation.PERCENTILE:
            place = measure.percentile * (len(values) - 1)
            low, high = sorted(values)[math.floor(place)], sorted(values)[math.ceil(place)]
            return low + (high - low) * (place - math.floor(place))
        case Aggregation.MIN:
            return min(values)
        case _:
            return max(values)


def number(value: Any) -> Any:  # Any: pyarrow doesn't type its cells
    return float(value) if isinstance(value, Decimal) else value


def test_a_limit_says_how_many_rows_there_are(shop: ShopWorkspace) -> None:
    shop.day = TODAY
    query, cell = cell_at(shop, {"metrics": ["revenue"]}, 0, "revenue", "steward")
    records = shop.records(query, cell, "revenue", shop.people["steward"], limit=3)
    assert (records.table.num_rows, records.count) == (3, 12)
    assert records.table.column("_value").to_pylist() == [5120, 2560, 1280]


# Permissions


def test_listing_rows_needs_its_own_grant(shop: ShopWorkspace) -> None:
    """Vera sees revenue, but no policy lets her list rows. A denial overrides a grant."""
    for who, metric in (("vera", "revenue"), ("finn", "visits")):
        query, cell = cell_at(shop, {"metrics": [metric]}, 0, metric, who)
        visible = shop.visible(shop.people[who])
        assert listable(visible.metric(metric), visible) == []
        with pytest.raises(UnknownName, match="whose rows you may see"):
            shop.records(query, cell, metric, shop.people[who])
    assert listable(shop.model.metrics["revenue"], shop.visible(shop.people["finn"]))


def test_a_hidden_side_of_a_ratio_has_no_rows_either(shop: ShopWorkspace) -> None:
    query, cell = cell_at(shop, {"metrics": ["roas"]}, 0, "roas", "noa")
    assert [metric.name for metric in listable(shop.model.metrics["roas"], shop.visible(shop.people["noa"]))] == [
        "revenue"
    ]
    with pytest.raises(UnknownName):
        shop.records(query, cell, "cost", shop.people["noa"])


def test_a_metric_outside_the_cell_has_no_rows_there(shop: ShopWorkspace) -> None:
    query, cell = cell_at(shop, {"metrics": ["revenue", "cost"]}, 0, "revenue", "steward")
    with pytest.raises(UnknownName):
        shop.records(query, cell, "cost", shop.people["steward"])


def test_non_additive_metrics_list_no_rows_for_their_total(shop: ShopWorkspace) -> None:
    ask = {"metrics": ["claimed"], "by": ["platform"], "totals": ["grand"]}
    shown = shop.ask(query_from_data(ask), shop.people["steward"])
    cell = cell_of(shown, shown.table.num_rows - 1, "claimed")
    assert cell.value is None
    with pytest.raises(UnsafeReaggregation):
        shop.records(shown.query, cell, "claimed", shop.people["steward"])


def masked_shop(folder: Path, mask: str) -> ShopWorkspace:
    """Return the shop with one more dimension masked for Mia."""
    for file, text in read_folder(SHOP).items():
        changed = text.replace(
            '      - {dimension: tier, kind: "null"}', f'      - {{dimension: tier, kind: "null"}}\n      - {mask}'
        )
        (folder / Path(file).name).write_text(changed, encoding="utf-8")
    settings = replace(open_shop(copy_shop(folder / "shop.duckdb")).settings, model=folder)
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    return workspace


def test_a_masked_column_is_never_shown_unmasked(tmp_path: Path) -> None:
    """A masked amount owed is neither shown nor used to sort rows, but the rows are still listed."""
    shop = masked_shop(tmp_path, "{dimension: amount_owed, kind: last_four}")
    query, cell = cell_at(shop, {"metrics": ["revenue"]}, 0, "revenue", "mia")
    records = shop.records(query, cell, "revenue", shop.people["mia"])
    assert records.is_closed
    assert "_value" not in records.table.column_names
    labels = [column.label for column in records.columns]
    assert "Amount owed" in labels
    owed = records.table.column(records.columns[labels.index("Amount owed")].name).to_pylist()
    assert all(len(value) == 4 for value in owed)
    assert records.table.column("_c0").to_pylist() == sorted(records.table.column("_c0").to_pylist())
    assert records.count == 12


def test_rows_chosen_by_a_masked_column_are_not_listed(tmp_path: Path) -> None:
    """A metric that counts only some devices would reveal each row's device."""
    shop = masked_shop(tmp_path, "{dimension: device, kind: hash}")
    visible = shop.visible(shop.people["mia"])
    assert listable(shop.model.metrics["counter_revenue"], visible) == []
    assert listable(shop.model.metrics["revenue"], visible)


def test_rows_counted_by_a_masked_column_and_values_computed_from_it_are_not_listed(tmp_path: Path) -> None:
    """Otherwise, each row of "large orders" would be known to be large, and the size next to an order's key would be
    known.
    """
    shop = masked_shop(tmp_path, "{dimension: amount_owed, kind: bucket, width: 100}")
    visible = shop.visible(shop.people["mia"])
    assert listable(shop.model.metrics["large_orders"], visible) == []
    query, cell = cell_at(shop, {"metrics": ["order_count"]}, 0, "order_count", "mia")
    labels = {column.label for column in shop.records(query, cell, "order_count", shop.people["mia"]).columns}
    assert {"Order id", "Device", "Amount owed"} <= labels
    assert not labels & {"Is large", "Is odd", "Size"}
    query, cell = cell_at(shop, {"metrics": ["large_orders"]}, 0, "large_orders", "steward")
    assert shop.records(query, cell, "large_orders", shop.people["steward"]).count == 3


def test_a_key_that_is_masked_elsewhere_is_not_shown(tmp_path: Path) -> None:
    """If customer IDs are masked as a dimension, they aren't listed as any row's key."""
    for file, text in read_folder(SHOP).items():
        changed = text.replace(
            "      - {name: customer_name,",
            "      - {name: customer_number, sql: customer_id}\n      - {name: customer_name,",
        )
        changed = changed.replace(
            '      - {dimension: tier, kind: "null"}', "      - {dimension: customer_number, kind: hash}"
        )
        (tmp_path / Path(file).name).write_text(changed, encoding="utf-8")
    shop = ShopWorkspace.open(replace(open_shop(copy_shop(tmp_path / "shop.duckdb")).settings, model=tmp_path))
    mia, steward = (shop.visible(shop.people[text]) for text in ("mia", "steward"))
    assert mia.closed_columns("orders") == {"customer_id"}
    assert mia.closed_columns("customers") >= {"customer_id", "email", "phone", "birth_year"}
    assert steward.closed_columns("orders") == frozenset()
    query, cell = cell_at(shop, {"metrics": ["buyers"]}, 0, "buyers", "mia")
    records = shop.records(query, cell, "buyers", shop.people["mia"])
    assert records.is_closed
    assert "u1" not in repr(records.table.to_pylist())


def told(shop: ShopWorkspace, query: Query, who: str) -> list[object]:
    """Return everything behind an answer's first rows: rows, counts and columns, or the error."""
    actor = shop.people[who]
    visible = shop.visible(actor)
    try:
        shown = shop.ask(query, actor)
    except SemanticError:
        return []
    numbers: list[object] = []
    for column in shown.values:
        if column.metric is None:
            continue  # minimum and maximum belong to no metric
        for row in range(min(2, shown.table.num_rows)):
            cell = cell_of(shown, row, column.name)
            for metric in listable(column.metric, visible):
                try:
                    rows = shop.records(query, cell, metric.name, actor)
                    numbers.append((rows.table.to_pylist(), rows.count, rows.columns, rows.scope))
                except SemanticError as error:
                    numbers.append((error.code, str(error)))
    return numbers


@pytest.mark.parametrize("what", ["grant", "deny"])
def test_rows_of_a_missing_dataset_are_a_problem_of_the_model(what: str) -> None:
    files = read_folder(SHOP)
    text = f"policies:\n  - name: more\n    who: {{people: [dora]}}\n    {what}: {{rows: [order]}}\n"
    with pytest.raises(ModelError, match="names the dataset 'order', which does not exist"):
        parse_model(files | {"more.yml": text})


# SQL


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_can_list_rows(dialect: str, shop: ShopWorkspace) -> None:
    query, cell = cell_at(shop, {"metrics": ["roas"], **TOP}, 1, "roas", "dora")
    seen = narrow(shop.model, shop.people["dora"])
    compiled = compile_records(seen, query, cell, "revenue", DIALECTS[dialect], today=TODAY)
    assert "LIMIT 200" in compiled.statement.sql
    assert "EXISTS" in compiled.statement.sql


def test_the_policies_of_the_marketing_model_grant_rows_to_stewards_and_to_one_marketer() -> None:
    model, people = load_model(MARKETING_MODEL), read_people(read_folder(MARKETING_MODEL))
    revenue = model.metrics["net_revenue"]
    assert revenue.is_simple
    may = {text for text in people if listable(revenue, narrow(model, people[text]))}
    assert may == {"ana", "jonas", "otto"}
    assert not listable(model.metrics["mail_clicks"], narrow(model, people["jonas"]))
