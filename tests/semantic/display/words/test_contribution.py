"""The contributions to a notable week: parts that add up, in numbers that you can add in your head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from semantic.display.words.contribution import can_be_shared, contribution
from semantic.display.words.notable import WeekValues, judged
from semantic.model.definitions import Enough, NumberFormat
from semantic.model.loading.load import parse_model, read_folder
from semantic.results.result import ColumnSupport, Result, ResultColumn
from tests.semantic.display.words.test_notable import LOADED, PERIOD, weeks
from tests.semantic.made_results import CHANNEL, REVENUE, WEEKS, result, week
from tests.shop import SHOP

ORDERS = replace(REVENUE, name="orders", label="Orders", format=NumberFormat.COUNT, unit="orders")
MINUS = "\N{MINUS SIGN}"
Parts = Mapping[str, Sequence[float | None]] | Mapping[str | None, Sequence[float | None]]


def the_week(before: Sequence[float | None], last: float, column: ResultColumn = REVENUE) -> WeekValues:
    (last_week,) = judged(weeks([*before, last], column))
    return last_week


def by_channel(parts: Parts, column: ResultColumn = REVENUE, **changes: Any) -> Result:
    """Return each channel's number in each of thirteen weeks. A week with None has no row."""
    rows = [
        (channel, week(number), value)
        for channel, values in parts.items()
        for number, value in enumerate(values)
        if value is not None
    ]
    loaded: dict[str, Any] = {"period": PERIOD, "data_to": LOADED, "computed_at": LOADED}
    return result([CHANNEL, WEEKS, column], rows, **(loaded | changes))


def test_a_members_contribution_is_its_share_of_the_change_from_the_mean() -> None:
    one = the_week([100.0] * 12, 180.0)
    part = contribution(one, by_channel({"Search": [60.0] * 12 + [70], "Paid social": [40.0] * 12 + [110]}))
    assert part is not None
    assert (part.member, part.part, part.whole) == ("Paid social", 70.0, 80.0)
    assert part.sentence == "Paid social contributed most, +€70 of +€80."


def test_for_a_fall_the_member_that_fell_most_is_named_even_if_another_rose_more() -> None:
    one = the_week([100.0] * 12, 90.0, ORDERS)
    parts = by_channel({"Search": [50.0] * 12 + [100], "Mail": [30.0] * 12 + [-10], "Web": [20.0] * 12 + [0]}, ORDERS)
    part = contribution(one, parts)
    assert part is not None
    assert part.sentence == f"Mail contributed most, {MINUS}40 to a change of {MINUS}10."


def test_a_member_without_a_row_counts_as_zero_in_that_week() -> None:
    one = the_week([100.0] * 6 + [110.0] * 6, 205.0)
    parts = by_channel({"Search": [100.0] * 12 + [105], "Launch": [None] * 6 + [10.0] * 6 + [100]})
    part = contribution(one, parts)
    assert part is not None
    # It had 0 in six weeks and 10 in six: 5 on average. The whole had 105.
    assert (part.member, part.part, part.whole) == ("Launch", 95.0, 100.0)


def test_rows_without_a_member_are_named_as_such() -> None:
    one = the_week([100.0] * 12, 150.0)
    part = contribution(one, by_channel({None: [40.0] * 12 + [90], "Search": [60.0] * 13}))
    assert part is not None
    assert part.sentence == "Rows without channel contributed most, +€50 of +€50."


def test_only_the_weeks_that_were_compared_count() -> None:
    slow = the_week([None, *([100.0] * 11)], 150.0)  # the first week had nothing to rely on
    parts = by_channel({"Search": [900.0, *([60.0] * 12)], "Mail": [None, *([40.0] * 11), 90]})
    part = contribution(slow, parts)
    assert part is not None
    assert (part.member, part.part) == ("Mail", 50.0)


@pytest.mark.parametrize(
    "parts",
    [
        {"Search": [60.0] * 12 + [70], "Mail": [40.0] * 12 + [109]},  # one short in the last week
        {"Search": [60.0] * 12 + [70], "Mail": [41.0] + [40.0] * 11 + [110]},  # one too many in the first
        {"Search": [60.0] * 12 + [70], "Mail": [40.0] * 12 + [None]},  # small ones are not shown
        {"Search": [100.0] * 12 + [180]},  # a part that is the whole explains nothing
        {},
    ],
)
def test_no_contribution_is_shown_if_parts_do_not_add_up(
    parts: Parts,
) -> None:
    assert contribution(the_week([100.0] * 12, 180.0), by_channel(parts)) is None


def test_no_contribution_is_shown_if_a_row_is_other() -> None:
    one = the_week([100.0] * 12, 180.0)
    parts = by_channel({"Search": [60.0] * 12 + [70], "Rest": [40.0] * 12 + [110]})
    buckets = pa.array(["member,member"] * 13 + ["other,member"] * 13)
    assert contribution(one, parts) is not None
    table = parts.table.set_column(parts.table.schema.get_field_index("bucket"), "bucket", buckets)
    assert contribution(one, replace(parts, table=table)) is None


def test_no_contribution_is_shown_for_a_member_with_too_little_data() -> None:
    one = the_week([100.0] * 12, 180.0)
    parts = {"Search": [60.0] * 12 + [70], "Mail": [40.0] * 12 + [110]}

    def resting(*is_enough: bool) -> Result:
        return by_channel(parts, support={"revenue": ColumnSupport(need=Enough(30), is_enough=is_enough)})

    assert contribution(one, resting(*[False] * 25, True)) is not None
    assert contribution(one, resting(*[True] * 25, False)) is None


def test_metrics_that_are_not_sums_have_no_parts() -> None:
    model = parse_model(read_folder(SHOP))

    def column(name: str) -> ResultColumn:
        return replace(REVENUE, name=name, metric=model.metrics[name])

    assert can_be_shared(column("revenue"), model)
    assert not can_be_shared(column("aov"), model)  # a ratio
    assert not can_be_shared(column("buyers"), model)  # different ones
    assert not can_be_shared(REVENUE, model)  # of this question alone
