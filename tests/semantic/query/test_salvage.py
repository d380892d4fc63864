"""Addresses with unreadable parts: the rest is asked, and the omitted parts are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Condition, Last, Operator, Order, Previous, Query
from semantic.query.salvage import MOST_PARTS, DroppedPart, salvage_from_params

CHANNEL, WEEKLY = Breakdown("channel"), Breakdown("date", Granularity.WEEK)
SPEND = Query(metrics=("spend",), by=(CHANNEL,))
ADDRESS = {"m": ["spend"], "by": ["channel"]}


EMAIL = Condition("channel", Operator.IN, ("Email",))


@pytest.mark.parametrize(
    ("params", "kept", "left"),
    [
        ({"t": ["last_13_week"]}, replace(SPEND, time=Last(13, Granularity.WEEK)), []),
        ({"t": ["last_13w"]}, SPEND, ["t=last_13w"]),
        ({"c": ["previous", "last_yaer"]}, replace(SPEND, compare=(Previous(),)), ["c=last_yaer"]),
        ({"by": ["channel,9 lives,date:week"]}, replace(SPEND, by=(CHANNEL, WEEKLY)), ["by=9 lives"]),
        ({"m": ["spend,spend"]}, SPEND, ["m=spend"]),
        (
            {"f": ["brand", "channel:in:Email"], "n": ["ten"], "o": ["spend!"]},
            replace(SPEND, where=EMAIL, order=(Order("spend", desc=True),)),
            ["n=ten", "f=brand"],
        ),
        ({"m": ["orders", "spend"]}, SPEND, ["m=orders"]),
        ({"m": ["spend", "spend"]}, SPEND, []),  # twice the same leaves nothing out
    ],
)
def test_readable_parts_are_kept_and_the_rest_is_named(
    params: dict[str, list[str]], kept: Query, left: list[str]
) -> None:
    query, out = salvage_from_params(ADDRESS | params)
    assert (query, [f"{left_out.key}={left_out.text}" for left_out in out]) == (kept, left)


def test_the_earlier_of_two_periods_is_left_out_as_repeated_not_as_unreadable() -> None:
    query, left = salvage_from_params(ADDRESS | {"t": ["last_4_week", "last_13_week"]})
    assert query.time == Last(13, Granularity.WEEK)
    assert left == (DroppedPart("t", "last_4_week", is_repeated=True),)


@pytest.mark.parametrize(
    "params",
    [
        ADDRESS | {"v": ["99"]},
        ADDRESS | {"f": ["brand"] * (MOST_PARTS + 1)},  # else it would be read as often
        ADDRESS | {"t": ["x" * 200_000]},
    ],
)
def test_other_versions_and_oversized_links_are_not_read_at_all(params: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidQuery):
        salvage_from_params(params)
