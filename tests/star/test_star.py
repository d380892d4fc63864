"""The star schema, clean and dirty: every question's rows match hand-written SQL, and that SQL loses no rows."""

from __future__ import annotations

import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.plan.tree.known import Known, hop_of
from semantic.query.data import query_from_data
from semantic.run.proofs import Proven
from semantic.workspace import Workspace
from tests.star.questions import HAND_BEST, HAND_SAFE, ORDERED, QUESTIONS, sql_by_hand
from tests.star.star import (
    DAYS,
    FIRST_DAY,
    MONTHS_WITHOUT_ORDERS,
    MONTHS_WITHOUT_SPEND,
    ORDERS_ONLY_CHANNEL,
    SPEND_ONLY_CHANNEL,
    StarSize,
    build_star,
)

MODEL = Path(__file__).parent / "model"
SIZE = StarSize(orders=20_000, spend=3_000)
TODAY = date(2026, 1, 15)
TOLERANCE = 1e-9  # relative, for quotients; sums of decimals are exact
MAREKS = "('DE', 'FR')"

Row = dict[str, Any]


@dataclass(frozen=True)
class Star:
    """One star schema twice: for Samepage and for hand-written SQL."""

    workspace: Workspace
    by_hand: duckdb.DuckDBPyConnection

    def ask(self, name: str, person: str = "stella") -> list[Row]:
        query = query_from_data(QUESTIONS[name])
        return self.workspace.ask(query, self.workspace.people[person], today=TODAY).table.to_pylist()

    def rows(self, sql: str) -> list[Row]:
        return named_rows(self.by_hand, sql)


def named_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = connection.execute(sql)
    assert cursor.description is not None
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def open_star(folder: Path, *, dirty: bool) -> Star:
    for name in ("asked", "by_hand"):
        with duckdb.connect(folder / f"{name}.duckdb") as connection:
            build_star(connection, SIZE, dirty=dirty)
    settings = Settings(data=str(folder / "asked.duckdb"), model=MODEL, mask_key="a key of the tests")
    return Star(Workspace.open(settings), duckdb.connect(folder / "by_hand.duckdb", read_only=True))


@pytest.fixture(scope="module", params=["clean", "dirty"])
def star(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Star]:
    opened = open_star(tmp_path_factory.mktemp(request.param), dirty=request.param == "dirty")
    yield opened
    opened.workspace.close()
    opened.by_hand.close()


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(tmp_path_factory.mktemp("dirty") / "star.duckdb") as connection:
        build_star(connection, SIZE, dirty=True)
        yield connection


def is_same(ours: object, theirs: object) -> bool:
    """Return whether two values are equal: decimals to the last digit, quotients within the tolerance, and null only to
    null.
    """
    match theirs:
        case float():
            return isinstance(ours, float) and math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=0.0)
        case Decimal():
            return isinstance(ours, float) and ours == float(theirs)
        case _:
            return type(ours) is type(theirs) and ours == theirs


def differences(ours: Sequence[Row], theirs: Sequence[Row], *, ordered: bool) -> list[str]:
    """Return the differences in words. Only the columns of `theirs` are compared."""
    names = list(theirs[0])
    keys = [name for name in names if is_key(name)]
    if not ordered:
        ours, theirs = (sorted(rows, key=lambda row: [str(row[key]) for key in keys]) for rows in (ours, theirs))
    differences = [] if len(ours) == len(theirs) else [f"{len(ours)} rows, by hand {len(theirs)}"]
    for mine, other in zip(ours, theirs, strict=False):
        differences += [f"{mine} by hand {other}: {name}" for name in names if not is_same(mine[name], other[name])]
    return differences


def is_key(name: str) -> bool:
    return name in ("channel", "country", "segment", "campaign_name") or name.startswith("date_")


def test_each_question_has_its_hand_written_sql() -> None:
    for folder in (HAND_SAFE, HAND_BEST):
        assert sorted(QUESTIONS) == sorted(path.stem for path in folder.glob("*.sql"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_answer_equals_hand_written_sql(star: Star, name: str) -> None:
    ours = star.ask(name)
    assert differences(ours, star.rows(sql_by_hand(name)), ordered=name in ORDERED) == []


@pytest.mark.parametrize("few", [False, True], ids=["days are many", "groups are few"])
@pytest.mark.parametrize("name", ["q02", "q03", "q10"])
def test_each_answer_is_right_with_months_as_numbers(
    star: Star, name: str, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question uses what is known about the star schema's dates; with `few`, as if it had many more rows."""
    workspace = Workspace.open(star.workspace.settings)
    monkeypatch.setattr(workspace.proofs, "current", lambda: of_dates(workspace, few=few))
    result = workspace.ask(query_from_data(QUESTIONS[name]), workspace.people["stella"], today=TODAY)
    sql = result.sql
    assert "MAKE_DATE" in sql
    assert ("LEFT JOIN" in sql.rpartition("MONTH(")[2].partition(" GROUP BY")[0]) is not few
    assert differences(result.table.to_pylist(), star.rows(sql_by_hand(name)), ordered=name in ORDERED) == []
    workspace.close()


def of_dates(workspace: Workspace, *, few: bool) -> Proven:
    proven = workspace.proofs.look(workspace.connector.data_version(()) or "")
    hops = {hop_of(edge) for edges in workspace.model.joins.edges.values() for edge in edges}
    every = frozenset((*hop, date) for hop in hops for name, date in proven.known.dates if name == hop[0])
    return replace(proven, known=Known(frozenset(), proven.known.dates, every if few else frozenset()))


@pytest.mark.parametrize("star", ["clean"], indirect=True)
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_fastest_hand_written_sql_has_the_same_rows_without_missing_keys(star: Star, name: str) -> None:
    assert differences(star.ask(name), star.rows(sql_by_hand(name, HAND_BEST)), ordered=name in ORDERED) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_person_with_a_row_rule_gets_the_answer_over_those_rows(star: Star, name: str) -> None:
    """The same hand-written SQL runs over views that contain the rows that the person can see."""
    seen = star.by_hand.cursor()
    seen.execute(
        f"CREATE OR REPLACE TEMP VIEW dim_customer AS FROM by_hand.main.dim_customer WHERE country IN {MAREKS}"
    )
    seen.execute(
        "CREATE OR REPLACE TEMP VIEW fact_orders AS"
        " FROM by_hand.main.fact_orders SEMI JOIN dim_customer USING (customer_id)"
    )
    ours = star.ask(name, "marek")
    assert differences(ours, named_rows(seen, sql_by_hand(name)), ordered=name in ORDERED) == []


@pytest.mark.parametrize("name", ["q01", "q02", "q03", "q10", "q12"])
def test_groups_by_hand_add_up_to_every_order(star: Star, name: str) -> None:
    whole_row = star.rows("SELECT sum(revenue) AS revenue, count(*) AS order_count FROM fact_orders")[0]
    groups = star.rows(sql_by_hand(name))
    assert sum(row["revenue"] or 0 for row in groups) == whole_row["revenue"]
    if "order_count" in groups[0]:
        assert sum(row["order_count"] for row in groups) == whole_row["order_count"]


def test_spend_by_hand_adds_up_to_every_row(star: Star) -> None:
    whole_row = star.rows("SELECT sum(cost) AS cost FROM fact_ad_spend")[0]
    assert sum(row["cost"] or 0 for row in star.rows(sql_by_hand("q03"))) == whole_row["cost"]


# A second computation of the rows over time, in Python from daily sums.


def daily_revenue(star: Star) -> Mapping[date, Decimal]:
    days: dict[date, Decimal] = defaultdict(Decimal)
    for row in star.rows("SELECT order_date, revenue FROM fact_orders WHERE order_date IS NOT NULL"):
        days[row["order_date"]] += row["revenue"]
    return days


def total(days: Mapping[date, Decimal], counts: Callable[[date], bool]) -> Decimal | None:
    """Return the sum over the days that count, or None if none of them has a row."""
    amounts = [value for day, value in days.items() if counts(day)]
    return sum(amounts, Decimal()) if amounts else None


def calendar() -> list[date]:
    return [date.fromisoformat(FIRST_DAY) + timedelta(days=number) for number in range(DAYS)]


def month_starts() -> list[date]:
    return sorted({day.replace(day=1) for day in calendar()})


def in_month(first: date) -> Callable[[date], bool]:
    return lambda day: (day.year, day.month) == (first.year, first.month)


def in_year_until(first: date) -> Callable[[date], bool]:
    return lambda day: day.year == first.year and day.month <= first.month


def test_the_last_28_days_equal_hand_written_sql(star: Star) -> None:
    days = daily_revenue(star)
    revenue_by_day = {row["date_day"]: row["revenue_28_days"] for row in star.rows(sql_by_hand("q08"))}
    windows = {day: [day - timedelta(days=back) for back in range(28)] for day in calendar()}
    assert revenue_by_day == {
        day: sum((days[each_day] for each_day in window if each_day in days), Decimal())
        if days.keys() & set(window)
        else None
        for day, window in windows.items()
    }


def test_a_running_total_equals_hand_written_sql(star: Star) -> None:
    days = daily_revenue(star)
    revenue_by_month = {
        row["date_month"]: (row["revenue"], row["revenue_so_far"]) for row in star.rows(sql_by_hand("q09"))
    }
    assert revenue_by_month == {
        first: (total(days, in_month(first)), total(days, lambda day, first=first: in_month(first)(day) or day < first))
        for first in month_starts()
    }


def test_the_year_to_date_equals_hand_written_sql(star: Star) -> None:
    days = daily_revenue(star)
    revenue_by_month = {
        row["date_month"]: (row["revenue"], row["revenue_this_year"]) for row in star.rows(sql_by_hand("q13"))
    }
    assert revenue_by_month == {
        first: (total(days, in_month(first)), total(days, in_year_until(first))) for first in month_starts()
    }


def test_data_begins_with_its_first_row_unless_the_model_states_a_day(star: Star, tmp_path: Path) -> None:
    """The first spend is some days after the first order, so January isn't a whole month to compare with."""
    model = shutil.copytree(MODEL, tmp_path / "model")
    text = (model / "star.yml").read_text()
    (model / "star.yml").write_text(text.replace("    begins: 2022-01-01\n", ""))
    workspace = Workspace.open(replace(star.workspace.settings, model=model))
    rows = workspace.ask(query_from_data(QUESTIONS["q14"]), workspace.people["stella"], today=TODAY).table.to_pylist()
    workspace.close()
    [edges] = star.rows(
        "SELECT min(spend_date) AS spend, (SELECT min(order_date) FROM fact_orders) AS orders FROM fact_ad_spend"
    )
    assert date(2022, 1, 1) == edges["orders"] < edges["spend"] < date(2022, 2, 1)
    by_hand = star.rows(sql_by_hand("q14"))
    truth = [row | {"roas_year_before": None} if row["date_month"] == date(2023, 1, 1) else row for row in by_hand]
    assert differences(rows, truth, ordered=False) == []
    assert sum(row["roas_year_before"] is not None for row in by_hand) - 1 == sum(
        row["roas_year_before"] is not None for row in rows
    )


# The dirt is there.


def count(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {condition}").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("table", "key", "owner"),
    [
        ("fact_orders", "campaign_id", "dim_campaign"),
        ("fact_orders", "customer_id", "dim_customer"),
        ("fact_ad_spend", "campaign_id", "dim_campaign"),
    ],
)
def test_about_half_a_percent_of_keys_are_missing_and_as_many_are_orphans(
    dirty: duckdb.DuckDBPyConnection, table: str, key: str, owner: str
) -> None:
    rows = count(dirty, table)
    missing = count(dirty, f"{table} WHERE {key} IS NULL")
    orphans = count(dirty, f"{table} ANTI JOIN {owner} USING ({key}) WHERE {key} IS NOT NULL")
    assert [0.002 < found_count / rows < 0.008 for found_count in (missing, orphans)] == [True, True]


def test_some_months_and_channels_exist_in_only_one_fact(dirty: duckdb.DuckDBPyConnection) -> None:
    def months(table: str, day: str) -> set[str]:
        rows = dirty.execute(f"SELECT DISTINCT date_trunc('month', {day})::DATE::VARCHAR FROM {table}").fetchall()
        return {row[0] for row in rows if row[0]}

    def channels(table: str) -> set[str]:
        return {
            row[0]
            for row in dirty.execute(
                f"SELECT DISTINCT channel FROM {table} JOIN dim_campaign USING (campaign_id)"
            ).fetchall()
        }

    assert months("fact_ad_spend", "spend_date") - months("fact_orders", "order_date") == set(MONTHS_WITHOUT_ORDERS)
    assert months("fact_orders", "order_date") - months("fact_ad_spend", "spend_date") == set(MONTHS_WITHOUT_SPEND)
    assert channels("fact_ad_spend") - channels("fact_orders") == {SPEND_ONLY_CHANNEL}
    assert channels("fact_orders") - channels("fact_ad_spend") == {ORDERS_ONLY_CHANNEL}


@pytest.mark.parametrize(
    "dirt",
    [
        "fact_orders WHERE order_date IS NULL",
        "fact_orders WHERE revenue < 0",
        "fact_orders WHERE revenue = 0",
        "fact_ad_spend WHERE cost < 0",
        "fact_ad_spend WHERE cost = 0",
        "fact_orders JOIN dim_customer USING (customer_id) WHERE country IS NULL",
        "fact_orders JOIN dim_campaign USING (campaign_id) WHERE channel IS NULL",
        "fact_ad_spend JOIN dim_campaign USING (campaign_id) WHERE channel IS NULL",
    ],
)
def test_the_dirty_star_has_each_kind_of_dirt(dirty: duckdb.DuckDBPyConnection, dirt: str) -> None:
    assert count(dirty, dirt) > 0


def test_the_clean_star_has_no_dirt(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "star.duckdb") as connection:
        build_star(connection, SIZE, dirty=False)
        counts = Counter(
            {
                "orders": count(
                    connection,
                    "fact_orders JOIN dim_campaign USING (campaign_id) JOIN dim_customer USING (customer_id)",
                ),
                "ad_spend": count(connection, "fact_ad_spend JOIN dim_campaign USING (campaign_id)"),
                "missing days": count(connection, "fact_orders WHERE order_date IS NULL"),
            }
        )
    assert counts == Counter({"orders": SIZE.orders, "ad_spend": SIZE.spend, "missing days": 0})


def test_a_star_stored_by_day_begins_with_the_first_day_and_ends_with_the_last(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "star.duckdb") as connection:
        build_star(connection, SIZE, dirty=False, by_day=True)
        for table, day in (("fact_orders", "order_date"), ("fact_ad_spend", "spend_date")):
            days = [row[0] for row in connection.execute(f"SELECT {day} FROM {table}").fetchall()]
            assert days == sorted(days)
            assert sorted(set(days)) == calendar()
