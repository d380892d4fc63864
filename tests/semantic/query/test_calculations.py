"""Calculations on random orders, on each engine: every number equals the result of a slow and simple computation in
Polars.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from semantic import compile_query, load_model
from semantic.config.settings import MARKETING_MODEL
from semantic.explore.repairs import drop_broken
from semantic.model.definitions import DatePart, Granularity
from semantic.model.loading.load import read_folder
from semantic.policy.people import read_people
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.data import query_from_data
from semantic.query.query import DATE, Breakdown, Calculation, CalculationKind, LastYear, Query
from semantic.sql.dialects.table import DIALECTS
from tests.engines import ENGINES, run_on_postgres
from tests.proof import part_of
from tests.shop import ShopWorkspace, open_shop

OTHER, TOTAL = "Other!", "Total!"
CHANNELS = {"c1": "Search", "c2": "Social", "c3": "Mail", "c9": None, None: None}
FIRST, DAYS = date(2026, 1, 5), 100
Row = Mapping[str, Any]  # numbers of polars: int, float or Decimal
Rows = dict[tuple[Any, Any], Row]


def random_orders(seed: int) -> pl.DataFrame:
    """Return so few random orders that channels miss many periods. Some have no date, and some no channel."""
    made = random.Random(seed)
    return pl.DataFrame(
        [
            {
                "key": made.choice([*CHANNELS]),
                "device": made.choice(["desktop", "mobile", "kiosk", None]),
                "day": FIRST + timedelta(days=made.randrange(DAYS)) if made.random() > 0.05 else None,
                "amount": made.randrange(-20, 200),
            }
            for _ in range(60)
        ],
        schema={"key": pl.String, "device": pl.String, "day": pl.Date, "amount": pl.Int64},
    )


def inserts(orders: pl.DataFrame) -> list[str]:
    def said(value: object) -> str:
        return "NULL" if value is None else f"'{value}'"

    rows: list[str] = []
    for place, one in enumerate(orders.iter_rows(named=True)):
        instant = f"{one['day']} 12:00:00+00" if one["day"] else None
        values = (f"r{place}", "u1", one["key"], "DE", "DE", one["device"], instant, one["day"])
        rows.append(f"({', '.join(map(said, values))}, {one['amount']}, false)")
    return ["DELETE FROM orders", f"INSERT INTO orders VALUES {', '.join(rows)}"]


@pytest.fixture(scope="module", params=part_of([1, 2, 3]))
def seed(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(scope="module")
def shop(engine_name: str, seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    places = ENGINES[engine_name].shop(tmp_path_factory.mktemp(f"{engine_name}-{seed}"))
    address = next(places)
    if engine_name == "duckdb":
        with duckdb.connect(address) as connection:
            for statement in inserts(random_orders(seed)):
                connection.execute(statement)
    else:
        run_on_postgres(address, inserts(random_orders(seed)))
    opened = open_shop(address)
    yield opened
    opened.close()
    places.close()  # pyright: ignore[reportAttributeAccessIssue] - it is a generator


# The truth, slowly


def first_of(day: date, grain: str) -> date:
    if grain == "day":
        return day
    return day - timedelta(days=day.weekday()) if grain == "week" else day.replace(day=1)


def place_of(day: Any, grain: str) -> int:
    """Return the number of a period. Consecutive periods have consecutive numbers."""
    if grain == "month":
        return day.year * 12 + day.month
    return (day - date(2024, 1, 1)).days // (7 if grain == "week" else 1)


def levels(orders: pl.DataFrame, grain: str, top: int, time: dict[str, str] | None) -> dict[str, Rows]:
    """Return the rows of each level: the groups, and totals by date, by channel and overall.

    All are summed from the orders themselves.
    """
    if time:
        start, end = date.fromisoformat(time["from"]), date.fromisoformat(time["to"])
        orders = orders.filter(pl.col("day").is_between(start, end))
    channel = pl.col("key").replace_strict(CHANNELS, default=None, return_dtype=pl.String)
    orders = orders.with_columns(channel=channel).with_columns(
        period=pl.col("day").map_elements(lambda day: first_of(day, grain), return_dtype=pl.Date),
        at_counter=pl.when(pl.col("device").is_in(["kiosk", "desktop"])).then(pl.col("amount")),
    )
    if top:
        sums = orders.group_by("channel").agg(pl.col("amount").sum()).sort(
            "amount", "channel", descending=[True, False], nulls_last=True
        )  # fmt: skip
        kept = sums["channel"].to_list()[:top]
        names = [name if name in kept else OTHER for name in orders["channel"].to_list()]
        orders = orders.with_columns(channel=pl.Series(names, dtype=pl.String))
    levels: dict[str, Rows] = {}
    for level, keys in {
        "groups": ["channel", "period"],
        "by period": ["period"],
        "by channel": ["channel"],
        "all": [],
    }.items():
        rows: Rows = {}
        for group, part in orders.group_by(keys) if keys else [((), orders)]:
            values = dict(zip(keys, group, strict=True))
            counter = part["at_counter"].drop_nulls()
            rows[values.get("channel", TOTAL), values.get("period", TOTAL)] = {
                "revenue": part["amount"].sum(),
                "counter_revenue": counter.sum() if len(counter) else None,
                "order_count": len(part),
            }
        levels[level] = rows
    return levels


def divided(top: float | None, bottom: float | None) -> float | None:
    return None if top is None or not bottom else top / bottom


def summed(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def in_order(item: tuple[tuple[Any, Any], float | None]) -> tuple[Any, ...]:
    """Return a sort key: Other last, then the largest first, missing values last, then by channel and period."""
    (channel, period), value = item
    return (
        channel == OTHER, value is None, -(value or 0), channel is None, channel or "", period is None,
        period or date.min,
    )  # fmt: skip


def first_after(day: date, grain: str) -> date:
    """Return the first day of the next period."""
    return first_of(day + timedelta(days={"day": 1, "week": 7, "month": 31}[grain]), grain)


def whole_periods(time: dict[str, str] | None, grain: str) -> tuple[date, date] | None:
    """Return the first days of the question's first and last whole periods, or None for a question over all days."""
    if time is None:
        return None
    start, end = (date.fromisoformat(time[name]) for name in ("from", "to"))
    first = begun if (begun := first_of(start, grain)) == start else first_after(begun, grain)
    days = [first]
    while first_after(days[-1], grain) - timedelta(days=1) <= end:
        days.append(first_after(days[-1], grain))
    return first, days[-2]


def truth(of: str, level: str, key: tuple[Any, Any], rows: Rows, grain: str, whole: tuple[date, date] | None) -> Row:
    """Return every calculation of one row, by its definition, from the rows of its level.

    Periods that the question cuts have no average or index (guarantee G9). `whole` has the first and last whole period.
    """
    channel, period = key
    values = {each_key: row[of] for each_key, row in rows.items()}
    mine = values[key]
    dated = period is not None and period != TOTAL
    truth: dict[str, float | None] = dict.fromkeys(
        ("share_in", "place", "place_in", "run", "mean", "mean_orders", "index", "against", "pareto")
    )
    truth["share"] = divided(mine, summed(list(values.values())))
    if period != TOTAL:
        truth["share_in"] = divided(mine, summed([value for (_, when), value in values.items() if when == period]))
    if level == "groups" and channel != OTHER and mine is not None:
        members = {each_key: value for each_key, value in values.items() if each_key[0] != OTHER and value is not None}
        truth["place"] = 1 + sum(value > mine for value in members.values())
        truth["place_in"] = 1 + sum(value > mine for (_, when), value in members.items() if when == period)
    if level == "groups":
        before = sorted(values.items(), key=in_order)
        until = [one for one, _ in before].index(key)
        truth["pareto"] = summed([value for _, value in before[: until + 1]])
    if channel != TOTAL:
        truth["against"] = divided(mine, values.get(("Search", period)))
        truth["against"] = None if truth["against"] is None else 100 * truth["against"]
    if dated:
        course = {when: value for (who, when), value in values.items() if who == channel and when is not None}
        truth["run"] = summed([value for when, value in course.items() if when <= period])
        every = [when for _, when in values if when is not None]
        start = place_of(whole[0] if whole else min(every), grain)
        here = place_of(period, grain)
        is_whole = whole is None or (isinstance(period, date) and whole[0] <= period <= whole[1])
        if here >= start + 2 and is_whole:
            window = {when: value for when, value in course.items() if here - 2 <= place_of(when, grain) <= here}
            known = [value for value in window.values() if value is not None]
            truth["mean"] = sum(known) / len(known) if known else None
            truth["mean_orders"] = sum(rows[channel, when]["order_count"] or 0 for when in window) / 3
        valued = [when for (_, when), value in values.items() if when is not None and value is not None]
        valued = [when for when in valued if whole is None or whole[0] <= when <= whole[1]]
        base = course.get(min(valued)) if valued else None
        truth["index"] = None if not is_whole or (part := divided(mine, base)) is None else 100 * part
    row = rows[key]
    less, more = row["counter_revenue"], row["revenue"]
    truth["rest"] = None if less is None or more is None else more - less
    truth["each"] = divided(row["revenue"], row["order_count"])
    return truth


def calculations(of: str, date_name: str, top: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"name": "share", "do": "percent_of_total", "of": of},
        {"name": "share_in", "do": "percent_of_total", "of": of, "within": [date_name]},
        {"name": "run", "do": "running_total", "of": of},
        {"name": "mean", "do": "moving_average", "of": of, "periods": 3},
        {"name": "mean_orders", "do": "moving_average", "of": "order_count", "periods": 3},
        {"name": "index", "do": "index", "of": of},
        {"name": "against", "do": "index", "of": of, "base": "Search"},
        {"name": "pareto", "do": "running_total", "of": of, "along": of},
        {"name": "rest", "do": "difference", "of": "revenue", "to": "counter_revenue"},
        {"name": "each", "do": "ratio", "of": "revenue", "to": "order_count"},
    ]
    ranks = [
        {"name": "place", "do": "rank", "of": of},
        {"name": "place_in", "do": "rank", "of": of, "within": [date_name]},
    ]
    return made if top else [*made, *ranks]


ASKED = itertools.product(
    ["revenue", "counter_revenue"],
    ["day", "week", "month"],
    [0, 2],
    [None, {"from": "2026-01-20", "to": "2026-03-20"}],
    [{}, {"limit": 7}, {"having": [{"metric": "revenue", "op": ">", "value": 90}]}],
)


@pytest.mark.parametrize(("of", "grain", "top", "time", "cut"), part_of(list(ASKED), one_in=3))
def test_every_number_follows_its_definition(
    shop: ShopWorkspace, seed: int, of: str, grain: str, top: int, time: dict[str, str] | None, cut: dict[str, Any]
) -> None:
    date_name = f"date_{grain}"
    asked = calculations(of, date_name, top)
    query = {
        "metrics": ["revenue", "counter_revenue", "order_count"],
        "by": ["channel", {"dim": "date", "grain": grain}],
        "totals": ["grand", "channel", date_name],
        "calc": asked,
        **({"top": {"n": top, "dim": "channel", "metric": "revenue"}} if top else {}),
        **({"time": time} if time else {}),
        **cut,
    }
    answer = shop.ask(query_from_data(query), shop.people["steward"])
    every = levels(random_orders(seed), grain, top, time)
    whole_whole_periods = whole_periods(time, grain)
    seen = 0
    for row in answer.rows():
        kinds = str(row["bucket"]).split(",")
        named = {"other": OTHER, "total": TOTAL}
        key = (named.get(kinds[0], row["channel"]), named.get(kinds[1], row[date_name]))
        level = {(False, False): "groups", (True, False): "by period", (False, True): "by channel"}.get(
            (kinds[0] == "total", kinds[1] == "total"), "all"
        )
        expected = truth(of, level, key, every[level], grain, whole_whole_periods)
        for calculation in asked:
            number, wanted = row[calculation["name"]], expected[calculation["name"]]
            where = f"{calculation['name']} of {key}: {number}, not {wanted}"
            assert (number is None) == (wanted is None), where
            assert number is None or math.isclose(number, wanted, rel_tol=1e-9, abs_tol=1e-9), where  # pyright: ignore
        seen += 1
    total = sum(len(rows) for rows in every.values())
    assert seen == total if not cut else seen <= total


@pytest.mark.parametrize("within", [[], ["channel"], ["date_month"]])
def test_parts_of_a_total_add_up_to_the_total(shop: ShopWorkspace, within: list[str]) -> None:
    query = {
        "metrics": ["revenue"],
        "by": ["channel", {"dim": "date", "grain": "month"}],
        "calc": [{"name": "share", "do": "percent_of_total", "of": "revenue", "within": within}],
    }
    sums: dict[tuple[Any, ...], float] = {}
    for row in shop.ask(query_from_data(query), shop.people["steward"]).rows():
        key = tuple(row[name] for name in within)
        sums[key] = sums.get(key, 0.0) + float(row["share"] or 0)  # type: ignore[arg-type]
    assert sums
    assert all(math.isclose(total, 1.0, rel_tol=1e-9) for total in sums.values())


# As text


def every_form() -> list[Calculation]:
    kind = CalculationKind
    return [
        Calculation(name="a", do=kind.DIFFERENCE, of="x", to="y"),
        Calculation(name="b", do=kind.RATIO, of="x", to="x_last_year"),
        Calculation(name="c", do=kind.PERCENT_OF_TOTAL, of="x", within=("p", "q")),
        Calculation(name="d", do=kind.RANK, of="x", within=("p",), ascending=True),
        Calculation(name="e", do=kind.RUNNING_TOTAL, of="x", along="x", within=("p",), ascending=True),
        Calculation(name="f", do=kind.MOVING_AVERAGE, of="x", periods=3, along="date_month"),
        *(
            Calculation(name=f"g{place}", do=kind.INDEX, of="x", along="p", base=base)
            for place, base in enumerate(["Paid search", "a:b=c:base=+", "true", "", '"', 0, 2.5, True, "2026-01-01"])
        ),
    ]


@pytest.mark.parametrize("one", every_form(), ids=lambda one: one.name)
def test_a_calculation_is_the_same_in_json_and_in_the_address(one: Calculation) -> None:
    query = Query(metrics=("x", "y"), calc=(one,))
    assert query_from_json(query_to_json(query)) == query
    assert query_from_params(query_to_params(query)) == query


def test_the_age_of_the_data_does_not_affect_calculations() -> None:
    model = load_model(MARKETING_MODEL)
    ana = read_people(read_folder(MARKETING_MODEL))["ana"]
    plain = {"metrics": ["net_revenue"], "by": ["channel"]}
    ranked = plain | {"calc": [{"name": "place", "do": "rank", "of": "net_revenue"}]}
    asked = [
        compile_query(model, query_from_data(one), ana, DIALECTS["duckdb"], today=date(2026, 7, 1)).plan
        for one in (plain, ranked)
    ]
    without, beside = ([leg.dataset.name for leg in plan.legs] for plan in asked)
    assert without == beside == ["orders"]


# What stays when a question changes

_DO = CalculationKind


def calculated(do: CalculationKind, of: str, name: str = "c", **more: Any) -> Calculation:
    return Calculation(name=name, do=do, of=of, **more)


_CHANNEL, _DEVICE, _WEEKDAY = Breakdown("channel"), Breakdown("device"), Breakdown(DATE, part=DatePart.DOW)
_WEEKS, _MONTHS, _DAYS = Breakdown(DATE, Granularity.WEEK), Breakdown(DATE, Granularity.MONTH), Breakdown(DATE)


@pytest.mark.parametrize(
    ("one", "stays", "goes"),
    [
        (calculated(_DO.RUNNING_TOTAL, "revenue"), [(_MONTHS,), (_DAYS,)], [(_CHANNEL,), (_WEEKDAY,), ()]),
        (calculated(_DO.RUNNING_TOTAL, "revenue"), [(_CHANNEL, _WEEKS)], [(_MONTHS, _WEEKS)]),
        (calculated(_DO.RUNNING_TOTAL, "revenue", along="date_month"), [(_MONTHS, _WEEKS)], [(_WEEKS,)]),
        (calculated(_DO.RUNNING_TOTAL, "revenue", along="revenue"), [(_CHANNEL,), (_WEEKDAY,)], [()]),
        (calculated(_DO.MOVING_AVERAGE, "revenue", periods=3), [(_CHANNEL, _DAYS)], [(_CHANNEL, _WEEKDAY)]),
        (calculated(_DO.INDEX, "revenue", base="Mail"), [(_CHANNEL, _MONTHS)], [(_MONTHS,), (_CHANNEL, _DEVICE)]),
        (calculated(_DO.INDEX, "revenue", base="Mail", along="channel"), [(_CHANNEL, _DEVICE)], [(_DEVICE,)]),
        (calculated(_DO.PERCENT_OF_TOTAL, "revenue"), [(_CHANNEL,), (_WEEKDAY,)], [()]),
        (calculated(_DO.PERCENT_OF_TOTAL, "revenue", within=("channel",)), [(_CHANNEL, _DEVICE)], [(_CHANNEL,)]),
        (calculated(_DO.RANK, "revenue", within=("channel",)), [(_CHANNEL,)], [(_DEVICE,), ()]),
        (calculated(_DO.RATIO, "revenue", to="order_count"), [(_CHANNEL,), ()], []),
        (calculated(_DO.RATIO, "revenue", to="revenue_last_year"), [], [(_CHANNEL,), ()]),
        (calculated(_DO.RANK, "cost"), [], [(_CHANNEL,)]),
    ],
    ids=lambda one: one.do.value if isinstance(one, Calculation) else "",
)
def test_a_calculation_stays_while_its_columns_and_date_exist(
    one: Calculation, stays: list[tuple[Breakdown, ...]], goes: list[tuple[Breakdown, ...]]
) -> None:
    asked = Query(metrics=("revenue", "order_count"), calc=(one,))
    for by in stays:
        assert drop_broken(replace(asked, by=by)).calc == (one,), by
    for by in goes:
        assert drop_broken(replace(asked, by=by)).calc == (), by


def test_removing_a_comparison_removes_only_its_own_calculations() -> None:
    change = calculated(_DO.DIFFERENCE, "revenue", name="change", to="revenue_last_year")
    place = calculated(_DO.RANK, "revenue", name="place")
    asked = Query(metrics=("revenue",), by=(_CHANNEL,), compare=(LastYear(),), calc=(change, place))
    assert drop_broken(asked) == asked
    assert drop_broken(replace(asked, compare=())).calc == (place,)
