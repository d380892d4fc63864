"""Money in several currencies: the day whose rate applies, what people see, and units everywhere.

The numbers themselves are tested in tests/cases/g4_currency.yml, and against an independent calculation in
test_currency_at_random.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from semantic.compile import compile_query
from semantic.config.settings import Settings
from semantic.display.export.about import about, lines
from semantic.display.export.to_csv import to_csv
from semantic.display.words.passport import describe_cell
from semantic.errors import InvalidQuery, MissingRate
from semantic.explore.drill import zoom
from semantic.explore.selection import select_rows
from semantic.interop.dbt.exporting import export_dbt
from semantic.model.loading.load import parse_model
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.data import query_from_data
from semantic.query.resolve import resolve
from semantic.results.cell import cell_of, cell_question
from semantic.results.formula import formula_tree, metrics_in
from semantic.results.result import describe_columns
from semantic.sql.dialects.table import DIALECTS, DUCKDB
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.semantic.fair_books import BOOKS, CLERK, KEEPER, STEWARD, TABLES, answer
from tests.shop import TODAY, ShopWorkspace, open_shop


@pytest.fixture
def books() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(TABLES)
        yield connection


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


# The question


@pytest.mark.parametrize("rates", ["2026-04-01", "period_end"])
def test_currency_and_rates_round_trip_through_address_and_json(rates: str) -> None:
    query = query_from_data({"metrics": ["paid"], "currency": "GBP", "rates": rates})
    assert query_to_params(query)["cur"] == ["GBP"]
    assert query_to_params(query)["rates"] == [rates]
    assert query_from_params(query_to_params(query)) == query
    assert query_from_json(query_to_json(query)) == query
    assert "currency" not in query_to_json(query_from_data({"metrics": ["paid"]}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "gbp"}, {"currency": "GBP\n"}, {"currency": "£"}, {"currency": ["GBP"]}, {"currency": ""},
        {"currency": "' OR 1=1"}, {"currency": True}, {"rates": "period end"}, {"rates": "2026-02-30"},
        {"rates": 20260401}, {"rates": ["period_end"]}, {"rates": ""}, {"rates": {"day": "2026-04-01"}},
    ],
    ids=str,
)  # fmt: skip
def test_invalid_currencies_and_days_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidQuery):
        query_from_data({"metrics": ["paid"], **wrong})


def test_hostile_words_in_the_address_are_refused() -> None:
    for params in ({"m": ["paid"], "cur": ["EUR'; DROP TABLE rates"]}, {"m": ["paid"], "rates": ["9999-99-99"]}):
        with pytest.raises(InvalidQuery):
            query_from_params(params)


def test_a_day_without_rates_is_refused(books: duckdb.DuckDBPyConnection) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        with pytest.raises(MissingRate, match="no exchange rate from GBP to EUR on"):
            answer(books, {"metrics": ["paid"], "rates": day})


# The numbers


def test_the_questions_time_zone_moves_an_amount_but_not_its_rate(books: duckdb.DuckDBPyConnection) -> None:
    ask = {
        "metrics": ["paid"],
        "by": [{"dim": "date", "grain": "day"}],
        "where": {"dim": "shop", "op": "in", "values": ["a"]},
    }
    first, second = date(2026, 4, 1), date(2026, 4, 2)
    # 10 pounds of the first at 1.25, 20 of Berlin's second at 1.5, and one euro.
    assert answer(books, ask) == [(first, 13.5), (second, 30)]
    assert answer(books, {**ask, "time_zone": "Asia/Tokyo"}) == [(first, 12.5), (second, 31)]
    assert answer(books, {**ask, "time_zone": "America/New_York"}) == [(first, 43.5)]


def test_amounts_of_every_type_keep_their_digits(books: duckdb.DuckDBPyConnection) -> None:
    assert answer(books, {"metrics": ["whole"]}) == [(43.8,)]  # 10 * 1.25 + 20 * 1.5 + 1 + 3 * 0.1
    row = answer(books, {"metrics": ["exact", "rough"]})[0]
    # A millionth at 1.25, three at 1.5, seven at 1 and ten at 0.1; and a half at each of the four rates.
    assert row == (pytest.approx(0.00001375, rel=1e-12), pytest.approx(1.925, rel=1e-12))
    assert answer(
        books, {"metrics": ["whole"], "currency": "SEK", "where": {"dim": "shop", "op": "in", "values": ["b"]}}
    ) == [(3,)]


def test_large_amounts_are_exact(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("UPDATE sales SET amount = 99999999999999.9999 WHERE id = 1")
    row = answer(books, {"metrics": ["paid"], "where": {"dim": "code", "op": "in", "values": ["GBP"]}})
    assert row == [(float(Decimal("99999999999999.9999") * Decimal("1.25") + 30),)]


def test_a_sum_is_the_same_alone_and_next_to_a_mean(books: duckdb.DuckDBPyConnection) -> None:
    """Alone, daily sums are converted. Next to a mean, each row is converted. Neither way loses a digit."""
    books.execute("UPDATE rates SET rate = 0.12345678 WHERE code = 'GBP'")
    books.execute("DELETE FROM sales")
    books.execute(
        "INSERT INTO sales SELECT n, '2026-04-01 10:00+00', 'a', 'GBP', 0.0001, 1, 0, 0, 0 FROM range(1000) t(n)"
    )
    assert answer(books, {"metrics": ["paid"]}) == [(0.012345678,)]  # a thousand times 0.0001 at 0.12345678
    assert answer(books, {"metrics": ["paid", "mean"]})[0][0] == 0.012345678


def test_parts_of_an_amount_keep_their_fractions(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("UPDATE sales SET amount = 0.01 WHERE id = 1")
    paid_by_seller = {row[0]: row[1] for row in answer(books, {"metrics": ["paid"], "by": ["seller"]})}
    assert paid_by_seller["x"] == pytest.approx(0.01 * 0.3333 * 1.25, rel=1e-12)
    assert paid_by_seller["y"] == pytest.approx(0.01 * 0.6667 * 1.25, rel=1e-12)
    assert paid_by_seller[None] == pytest.approx(20 * 1.5 + 1 + 30 * 0.1, rel=1e-12)


def test_money_paid_in_the_requested_currency_stays_unchanged(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("DELETE FROM rates")
    pounds = {"dim": "code", "op": "in", "values": ["GBP"]}
    assert answer(books, {"metrics": ["paid"], "where": pounds, "currency": "GBP"}) == [(30,)]
    assert answer(books, {"metrics": ["paid"], "where": pounds, "currency": "GBP", "rates": "2026-04-09"}) == [(30,)]
    with pytest.raises(MissingRate):
        answer(books, {"metrics": ["paid"], "currency": "GBP"})


@pytest.mark.parametrize("rate", ["0", "-1.25", "NULL"])
def test_a_zero_negative_or_empty_rate_counts_as_missing(rate: str, books: duckdb.DuckDBPyConnection) -> None:
    books.execute(f"UPDATE rates SET rate = {rate} WHERE code = 'GBP' AND day = '2026-04-02'")
    with pytest.raises(MissingRate, match="from GBP to EUR on 2 Apr 2026"):
        answer(books, {"metrics": ["paid"]})
    with pytest.raises(MissingRate, match="to GBP on 2 Apr 2026"):
        answer(
            books,
            {
                "metrics": ["booked"],
                "currency": "GBP",
                "where": {"dim": "code", "op": "in", "values": ["GBP", "EUR"]},
                "rates": "2026-04-02",
            },
        )


@pytest.mark.parametrize(
    "ask", [{}, {"currency": "GBP"}, {"rates": "2026-04-01"}, {"currency": "GBP", "rates": "2026-04-01"}]
)
def test_two_rates_for_a_day_count_no_amount_twice(ask: dict[str, object], books: duckdb.DuckDBPyConnection) -> None:
    answer(books, {"metrics": ["paid"], "where": {"dim": "code", "op": "in", "values": ["EUR", "GBP"]}, **ask})
    books.execute("INSERT INTO rates VALUES ('GBP', '2026-04-01', 1.25), ('GBP', '2026-04-02', 1.5)")
    with pytest.raises(MissingRate, match=r"to (EUR|GBP) on.*one for each day"):
        answer(books, {"metrics": ["paid"], "where": {"dim": "code", "op": "in", "values": ["EUR", "GBP"]}, **ask})


def test_two_rates_for_a_day_repeat_no_row(books: duckdb.DuckDBPyConnection) -> None:
    """Amounts that need no rate are counted once next to a currency with two rates: EUR, or GBP if the question asks
    for GBP.
    """
    for code, currency in (("EUR", None), ("GBP", "GBP")):
        where = {"dim": "code", "op": "in", "values": [code]}
        ask = {"metrics": ["paid", "count"], "where": where} | ({"currency": currency} if currency else {})
        before = answer(books, ask)
        books.execute(f"INSERT INTO rates SELECT '{code}', day, 2 FROM (SELECT DISTINCT day FROM rates)")
        books.execute(f"INSERT INTO rates SELECT '{code}', day, 3 FROM (SELECT DISTINCT day FROM rates)")
        assert answer(books, ask) == before


def test_rates_can_come_from_a_view(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("ALTER TABLE rates RENAME TO all_rates; INSERT INTO all_rates VALUES ('GBP', '2026-04-01', 9)")
    query = "SELECT code, day, min(rate) AS rate FROM all_rates GROUP BY code, day"
    text = BOOKS.replace("    table: rates\n", f"    sql: {query}\n")
    assert answer(books, {"metrics": ["paid"]}, text=text) == [(46.5,)]
    assert answer(books, {"metrics": ["paid"], "currency": "GBP", "rates": "2026-04-01"}, text=text) == [(33.2,)]


def test_a_rate_of_the_models_own_currency_is_not_read(books: duckdb.DuckDBPyConnection) -> None:
    before = answer(books, {"metrics": ["paid", "mean"]})
    books.execute("INSERT INTO rates VALUES ('EUR', '2026-04-01', 7), ('EUR', '2026-04-02', 7)")
    assert answer(books, {"metrics": ["paid", "mean"]}) == before


def test_an_amount_without_a_currency_is_refused_unless_it_is_missing(
    books: duckdb.DuckDBPyConnection,
) -> None:
    books.execute("INSERT INTO sales VALUES (5, '2026-04-01 10:00+00', 'a', NULL, NULL, NULL, NULL, NULL, NULL)")
    assert answer(books, {"metrics": ["paid", "count"]}) == [(46.5, 5)]  # 12.5 + 30 + 1 + 3
    books.execute("UPDATE sales SET amount = 0 WHERE id = 5")
    with pytest.raises(MissingRate, match="to EUR for amounts without a currency on 1 Apr 2026"):
        answer(books, {"metrics": ["paid"]})


def test_an_empty_table_has_no_money_and_counts_nothing(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("DELETE FROM sales; DELETE FROM rates")
    assert answer(books, {"metrics": ["paid", "count"], "currency": "GBP"}) == [(None, 0)]
    assert answer(books, {"metrics": ["paid", "count"], "rates": "2026-04-01", "currency": "GBP"}) == [(None, 0)]


def test_pounds_stay_pounds_until_another_currency_is_requested(books: duckdb.DuckDBPyConnection) -> None:
    assert answer(books, {"metrics": ["pounds"]}) == [(46,)]
    assert answer(books, {"metrics": ["pounds"], "rates": "2026-04-01"}) == [(46,)]
    assert answer(books, {"metrics": ["pounds"], "rates": "2026-04-01", "currency": "EUR"}) == [(57.5,)]  # at 1.25


def test_filters_by_each_members_money_work_next_to_money() -> None:
    """This includes filters that select the top, because the check of rates looks up the amounts that they compare."""
    model = parse_model({"books.yml": BOOKS})
    where = {"metric": "paid", "per": "sale", "op": ">", "value": 1}
    ask = {"metrics": ["paid"], "by": ["shop"], "where": where, "top": {"n": 1, "dim": "shop", "metric": "mean"}}
    for dialect in DIALECTS.values():
        compiled = compile_query(model, query_from_data(ask), STEWARD, dialect, today=TODAY)
        assert any("_per0 AS" in rate_check.statement.sql for rate_check in compiled.rate_checks)


def test_a_check_of_rates_reads_only_what_its_own_filters_compare() -> None:
    """Fees have no sale, so a filter by each sale's money doesn't apply to them."""
    fees = """  - name: fees
    table: fees
    grain: [id]
    columns: {id: integer, code: string, desk: string, amount: "decimal(18,4)"}
    dimensions: [{name: desk}]
    measures: [{name: fees, agg: sum, sql: amount, currency: code}]
metrics:
  - {name: fees, measure: fees.fees, unit: EUR, format: money}
"""
    model = parse_model({"books.yml": BOOKS.replace("metrics:\n", fees, 1)})
    of_sales = {"metric": "paid", "per": "sale", "op": ">", "value": 1}
    where = {"and": [of_sales, {"dim": "desk", "op": "in", "values": ["x"]}]}
    ask = {"metrics": ["paid", "fees"], "where": where, "rates": "2026-04-01"}
    compiled = compile_query(model, query_from_data(ask), STEWARD, DUCKDB, today=TODAY)
    of_fees = [
        rate_check.statement.sql for rate_check in compiled.rate_checks if "FROM fees" in rate_check.statement.sql
    ]
    assert len(of_fees) == 1
    assert not any("_per0" in sql or "FROM sales" in sql for sql in of_fees)
    assert any("_per0 AS" in rate_check.statement.sql for rate_check in compiled.rate_checks)


# Numbers that are amounts and say no currency


def test_formulas_that_add_amounts_to_plain_numbers_allow_one_currency(books: duckdb.DuckDBPyConnection) -> None:
    assert answer(books, {"metrics": ["after_fees"]}) == [(38.5,)]  # 46.5 - 2 * 4
    for ask in ({"metrics": ["after_fees"]}, {"metrics": ["count"], "by": ["shop"], "having": [
        {"metric": "after_fees", "op": ">", "value": 1}]}):  # fmt: skip
        with pytest.raises(MissingRate, match="After fees adds amounts to numbers"):
            answer(books, {**ask, "currency": "GBP"})
    with pytest.raises(MissingRate, match="In words has the unit 'EUR per sale'"):
        answer(books, {"metrics": ["in_words"], "currency": "GBP"})


# Who sees what


def test_a_refusal_names_no_hidden_currency_or_day(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("INSERT INTO sales VALUES (5, '2026-04-03 10:00+00', 'b', 'NOK', 7, 7, 7, 7, 7)")
    with pytest.raises(MissingRate, match="from NOK to EUR on 3 Apr 2026"):
        answer(books, {"metrics": ["paid"]})
    with pytest.raises(MissingRate) as caught:
        answer(books, {"metrics": ["paid"]}, CLERK)
    assert "for some amounts on some days" in str(caught.value)
    assert "NOK" not in str(caught.value) + str(caught.value.names)
    assert "Apr" not in str(caught.value)


def test_hidden_rows_cause_no_refusal(books: duckdb.DuckDBPyConnection) -> None:
    books.execute("INSERT INTO sales VALUES (5, '2026-04-03 10:00+00', 'b', 'NOK', 7, 7, 7, 7, 7)")
    assert answer(books, {"metrics": ["paid"]}, KEEPER) == [(43.5,)]  # 12.5 + 30 + 1
    assert answer(books, {"metrics": ["paid"], "rates": "2026-04-01"}, KEEPER) == [(38.5,)]


def test_values_are_offered_even_if_an_amount_lacks_a_rate(shop: ShopWorkspace) -> None:
    """To leave out an amount, you must be able to choose its currency."""
    steward = shop.people["steward"]
    query = query_from_data({"metrics": ["fair_paid"]})
    with pytest.raises(MissingRate):
        shop.ask(query, steward)
    assert set(shop.values("paid_in", query, steward)[0]) == {"EUR", "GBP", "NOK", "SEK", None}


# Units, and the words for a number

APRIL = {"from": "2026-04-01", "to": "2026-04-15"}
IN_POUNDS = {
    "metrics": ["fair_paid", "fair_per_piece", "fair_count"],
    "by": ["channel"],
    "time": APRIL,
    "currency": "GBP",
    "order": [{"by": "channel"}],
}


def test_every_column_has_the_unit_of_the_question(shop: ShopWorkspace) -> None:
    calc = [
        {"name": "place", "do": "rank", "of": "fair_paid"},
        {"name": "sum", "do": "running_total", "of": "fair_paid", "along": "fair_paid"},
    ]
    result = shop.ask(query_from_data({**IN_POUNDS, "calc": calc}), shop.people["steward"])
    units = {column.name: (column.unit, column.exact) for column in result.values}
    assert units["fair_paid"] == ("GBP", False)
    assert units["fair_per_piece"] == ("GBP", False)
    assert units["fair_count"] == ("sales", True)
    assert units["sum"][0] == "GBP"
    assert units["place"][0] == ""
    at_home = shop.ask(query_from_data({**IN_POUNDS, "currency": None}), shop.people["steward"])
    assert (at_home.values[0].unit, at_home.values[0].exact) == ("EUR", True)


def test_a_mean_and_its_inputs_are_in_one_currency(books: duckdb.DuckDBPyConnection) -> None:
    model = parse_model({"books.yml": BOOKS})
    query = query_from_data({"metrics": ["mean"], "rates": "2026-04-01", "currency": "SEK"})
    compiled = compile_query(model, query, STEWARD, DUCKDB, today=TODAY)
    assert [column.unit for column in describe_columns(compiled)] == ["SEK"]
    row = books.execute(compiled.legs[0].sql, list(compiled.legs[0].params)).fetchone()
    truth = books.execute("SELECT avg(v), count(v), var_samp(v) FROM (VALUES (125.0), (250.0), (10.0), (30.0)) t(v)")
    assert row == pytest.approx(truth.fetchone())


def test_a_file_states_the_unit_and_the_rates(shop: ShopWorkspace) -> None:
    steward = shop.people["steward"]
    having = [{"metric": "fair_paid", "op": ">", "value": 10}]
    result = shop.ask(query_from_data({**IN_POUNDS, "having": having}), steward)
    said = about(result, shop.visible(steward))
    assert [definition.unit for definition in said.definitions] == ["GBP", "GBP", "sales"]
    assert "Fair paid is more than £10" in " ".join(lines(result, shop.visible(steward)))
    header = to_csv(result).decode("utf-8-sig").splitlines()[0]
    assert "Fair paid (GBP)" in header
    assert "EUR" not in header
    assert any("Amounts are in GBP, each at the currency rates of its own day" in note for note in result.notes)


def test_rows_behind_a_number_add_up_to_it_in_its_currency(shop: ShopWorkspace) -> None:
    steward = shop.people["steward"]
    for changes in ({}, {"currency": None}, {"rates": "2026-04-19"}, {"rates": "2026-04-19", "currency": None}):
        query = query_from_data({**IN_POUNDS, **changes})
        result = shop.ask(query, steward)
        for row, number in enumerate(result.table.column("fair_paid").to_pylist()):
            records = shop.records(query, cell_of(result, row, "fair_paid"), "fair_paid", steward)
            values = records.table.column("_value").to_pylist()
            assert sum(values) == pytest.approx(number or 0, rel=1e-12)
            assert records.columns[-1].unit == (query.currency or "EUR")


def test_a_row_shows_no_amount_if_its_currency_is_hidden(tmp_path: Path) -> None:
    """Next to a row's key, an amount's value at two days' rates would reveal its currency."""
    (tmp_path / "model").mkdir()
    granted = BOOKS.replace("dimensions: all}", "dimensions: all, rows: all}").replace("[code, sold_at]", "[code]")
    (tmp_path / "model" / "books.yml").write_text(granted, encoding="utf-8")
    with duckdb.connect(tmp_path / "books.duckdb") as connection:
        connection.execute(TABLES)
    opened = Workspace.open(Settings(data=str(tmp_path / "books.duckdb"), model=tmp_path / "model", mask_key="a key"))
    for person, is_closed in ((STEWARD, False), (CLERK, True)):
        query = query_from_data({"metrics": ["paid"]})
        records = opened.records(query, cell_of(opened.ask(query, person), 0, "paid"), "paid", person)
        assert records.is_closed is is_closed
        assert ("_value" in records.table.column_names) is not is_closed
        assert records.count == 4
    opened.close()


def test_a_passport_has_the_currency_of_its_cell(shop: ShopWorkspace) -> None:
    steward = shop.people["steward"]
    visible = shop.visible(steward)
    query = query_from_data(IN_POUNDS)
    result = shop.ask(query, steward)
    names = result.table.column("channel").to_pylist()
    cell = cell_of(result, names.index("Search"), "fair_per_piece")
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, visible)
    again = shop.ask(cell_question(cell, query, tuple(metrics_in(tree))), steward)
    passport = describe_cell(result, names.index("Search"), cell, tree, again, visible, today=TODAY)
    # 100 pounds, 50 euros at 1.2, 500 kronor at 0.1 and 1.5 a pound: 175 pounds for 1 + 2 + 16 pieces.
    assert "£9.21" in passport.value
    assert any("£175" in line.value for line in passport.parts)
    assert "€" not in passport.value + "".join(line.value for line in passport.parts)


def test_opening_a_period_keeps_the_rates_that_it_was_shown_at(shop: ShopWorkspace) -> None:
    """The end of a shorter period is a different day, with other rates."""
    steward = shop.people["steward"]
    time, weeks = {"from": "2026-03-30", "to": "2026-04-19"}, {"dim": "date", "grain": "week"}
    query = query_from_data(
        {"metrics": ["fair_paid"], "by": [weeks], "time": time, "currency": "SEK", "rates": "period_end"}
    )
    result = shop.ask(query, steward)
    asked = resolve(query, shop.visible(steward), today=TODAY)
    picked = select_rows(result, [0], asked)
    assert picked is not None
    narrower = zoom(picked, asked, lambda _: True)
    assert narrower is not None
    assert narrower.rates == date(2026, 4, 19)
    again = shop.ask(narrower, steward)
    total = sum(value or 0 for value in again.table.column("fair_paid").to_pylist())
    assert total == pytest.approx(result.table.column("fair_paid")[0].as_py())


def test_a_comparison_and_its_period_use_the_same_days_rates(shop: ShopWorkspace) -> None:
    """This way, no change comes from rates: 100 pounds on the first, 10 on the second, both at a rate of 2."""
    ask = {"metrics": ["fair_paid"], "time": {"from": "2026-04-02", "to": "2026-04-02"}, "rates": "2026-04-19",
        "compare": [{"to": {"from": "2026-04-01", "to": "2026-04-01"}}],
        "where": {"dim": "paid_in", "op": "in", "values": ["GBP"]}}  # fmt: skip
    result = shop.ask(query_from_data(ask), shop.people["steward"])
    assert [one.as_py() for one in (result.table.column(name)[0] for name in result.table.column_names[:2])] == [
        20,
        200,
    ]


def test_new_rates_give_another_answer(tmp_path: Path) -> None:
    path = copy_shop(tmp_path / "shop.duckdb")
    query = query_from_data({"metrics": ["fair_paid"], "time": {"from": "2026-04-01", "to": "2026-04-01"}})
    opened = open_shop(path)
    assert opened.ask(query, opened.people["steward"]).table.column("fair_paid")[0].as_py() == 170
    opened.close()
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE rates SET rate = 3 WHERE currency = 'GBP' AND rate_day = '2026-04-01'")
    opened = open_shop(path)
    assert opened.ask(query, opened.people["steward"]).table.column("fair_paid")[0].as_py() == 350
    assert opened.ask(query, opened.people["steward"]).cached
    opened.close()


def test_an_export_that_adds_currencies_up_says_so() -> None:
    lost = [str(loss) for loss in export_dbt({"books.yml": BOOKS}).losses]
    why = "its amounts are in several currencies, but dbt adds them up without converting"
    assert f"books.yml: measure paid of sales: {why}" in lost
    assert not any("measure booked of sales: its amounts" in name for name in lost)  # as the books have them, in EUR
