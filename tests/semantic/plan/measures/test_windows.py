"""Windows end on the last known day, have all their days, and say so if a day isn't known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.compile import compile_visible
from semantic.errors import TimeMismatch
from semantic.model.definitions import OverTime
from semantic.model.loading.load import parse_model, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.query.query import Between, Query
from semantic.sql.dialects.table import find_dialect
from tests.copies import copy_shop
from tests.kinds import open_kinds
from tests.semantic.plan.measures.seven_weeks import MONDAY, MONTH, WEEK, ask, truth
from tests.shop import SHOP, TODAY, ShopWorkspace, open_shop


def test_a_window_ends_on_the_same_day_whatever_rows_a_filter_keeps(tmp_path: Path) -> None:
    """For a period without an end, the last finished day counts, not the last day on which a channel has orders."""
    data = copy_shop(tmp_path / "shop.duckdb")
    shop = open_shop(data)
    shop.day = MONDAY
    steward = shop.people["steward"]
    wide = {"metrics": ["revenue_28d"], "time": {"from": "2026-03-01"}}
    by_channel = shop.ask(query_from_data(wide | {"by": ["channel"]}), steward)
    for name in ("Search", "Social", "Mail"):
        where = {"dim": "channel", "op": "in", "values": [name]}
        alone = shop.ask(query_from_data(wide | {"where": where}), steward)
        (by_hand,) = truth(
            data,
            f"""SELECT sum(amount) FROM orders JOIN channels USING (channel_key) WHERE NOT is_test
            AND channel = '{name}' AND order_day BETWEEN DATE '2026-03-23' AND DATE '2026-04-19'""",
        )
        beside = [row["revenue_28d"] for row in by_channel.table.to_pylist() if row["channel"] == name]
        assert ([row["revenue_28d"] for row in alone.table.to_pylist()], beside[:1] or [None]) == (
            [by_hand],
            [by_hand],
        ), name
    shop.close()


def roas_of(data: Path, first: str, last: str) -> float:
    """Return revenue divided by ad spend on these days, from hand-written SQL."""
    days = f"BETWEEN DATE '{first}' AND DATE '{last}'"
    revenue, spend = truth(
        data,
        f"SELECT (SELECT sum(amount) FROM orders WHERE ordered_day {days}), "
        f"(SELECT sum(cost) FROM ads WHERE day {days})",
    )
    return float(revenue) / float(spend)


def test_a_window_of_a_current_period_ends_with_the_last_known_day(workspace: ShopWorkspace, data: Path) -> None:
    """April is known to the 19th, so its 28 days begin on 23 March, and its seven days on 13 April."""
    april = {"from": "2026-03-01", "to": "2026-04-30"}
    shown = ask(workspace, "rolling_roas", MONTH, time=april, metrics=["rolling_roas", "rolling_revenue"])
    march, running = shown.table.to_pylist()
    (week,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-04-13' AND '2026-04-19'")
    assert float(march["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-04", "2026-03-31"))
    assert float(running["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-23", "2026-04-19"))
    assert running["rolling_revenue"] == week
    assert shown.notes == (
        "Counted to 19 Apr 2026: later days aren't loaded yet.",
        "Each month shows ROAS, 28 days and revenue, 7 days as of its last day, the last one as of 19 Apr 2026.",
    )


@pytest.mark.parametrize(
    ("time", "by"),
    [
        ({"from": "2026-03-01", "to": "2026-04-19"}, [MONTH]),
        ({"from": "2026-03-01"}, [MONTH]),
        ({"from": "2026-03-01", "to": "2026-05-31"}, [MONTH]),
        ({"from": "2026-03-01", "to": "2026-05-31"}, [WEEK]),
        ({"from": "2026-03-01", "to": "2026-04-20"}, []),
    ],
)
def test_a_window_has_all_its_days_whatever_the_questions_period(
    time: dict[str, str], by: list[Any], workspace: ShopWorkspace, data: Path
) -> None:
    shown = ask(workspace, "rolling_roas", by=by, time=time)
    last = shown.table.to_pylist()[-1]["rolling_roas"]
    assert float(last) == pytest.approx(roas_of(data, "2026-03-23", "2026-04-19"))
    said = "Counted to 19 Apr 2026: later days aren't loaded yet." in shown.notes
    assert said == (time.get("to", "2026-11-01") > "2026-04-19")  # without an end, it covers all finished days
    assert "End the period" not in " ".join(shown.notes)


@pytest.mark.parametrize(
    ("today", "said"), [(date(2026, 6, 1), "loaded"), (date(2026, 5, 18), "loaded"), (date(2026, 5, 16), "over")]
)
def test_a_window_of_unknown_days_is_missing(today: date, said: str, data: Path) -> None:
    workspace = open_kinds(data)
    workspace.day = today
    shown = ask(workspace, "rolling_roas", by=[], time={"from": "2026-05-16", "to": "2026-05-17"})
    assert [row["rolling_roas"] for row in shown.table.to_pylist()] == [None]
    assert shown.notes == (f"No day of the period is {said} yet.",)
    workspace.close()


def test_days_that_the_other_month_lacks_have_no_comparison(workspace: ShopWorkspace, data: Path) -> None:
    """February has no 29th to 31st day."""
    days = {"from": "2026-03-29", "to": "2026-03-31"}
    shown = ask(workspace, "revenue", by=[], time=days, compare=[{"to": {"back": 1, "unit": "month"}}])
    (own,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-03-29' AND '2026-03-31'")
    assert [list(row.values()) for row in shown.table.to_pylist()] == [[own, None]]
    assert shown.notes == ("No day of this period has a matching day to compare with.",)


@pytest.mark.parametrize("by", [[], [WEEK], [MONTH]])
def test_a_window_up_to_an_included_unfinished_day_says_so(by: list[Any], data: Path) -> None:
    """On 20 April, the 28 days to date begin on 24 March and include the unfinished current day."""
    workspace = open_kinds(data)
    workspace.day = MONDAY
    time = {"to_date": "month", "complete": False}
    names: Any = ["rolling_roas", "rolling_revenue", "revenue_to_date", "revenue"]
    shown = ask(workspace, "rolling_roas", by=by, time=time, metrics=names)
    last = shown.table.to_pylist()[-1]
    (week,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-04-14' AND '2026-04-20'")
    assert float(last["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-24", "2026-04-20"))
    assert last["rolling_revenue"] == week
    assert [note for note in shown.notes if "over." in note] == [
        "ROAS, 28 days counts the 28 days up to 20 Apr 2026, and 27 of them are over. "
        "End the period on 19 Apr 2026 to see all 28.",
        "Revenue, 7 days counts the 7 days up to 20 Apr 2026, and 6 of them are over. "
        "End the period on 19 Apr 2026 to see all 7.",
    ]
    workspace.close()


def test_a_missing_first_day_is_not_guessed() -> None:
    shop = parse_model(read_folder(SHOP))
    metric = shop.metrics["revenue_28d"]
    assert metric.cumulative is not None
    first = replace(metric, cumulative=replace(metric.cumulative, at=OverTime.FIRST))
    model = replace(shop, metrics={**shop.metrics, metric.name: first})
    seen = narrow(model, read_people(read_folder(SHOP))["steward"])
    begun = Query(metrics=("revenue_28d",), time=Between(date(2026, 3, 1), None))
    compile_visible(seen, begun, find_dialect("duckdb"), today=TODAY)
    with pytest.raises(TimeMismatch, match="Choose a period with a start date"):
        compile_visible(seen, replace(begun, time=None), find_dialect("duckdb"), today=TODAY)
