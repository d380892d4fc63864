"""Counting under rules, compared with rows counted by hand and with platforms that count in their own way."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from semantic.reconciliation.counting import (
    DAY,
    Conversion,
    Touch,
    instant,
    months_between,
    paths_of,
    total,
)
from semantic.reconciliation.rules import CountedPer, Credit, Dated, Rules
from tests.semantic.reconciliation.made_platform import (
    MONTHS,
    Platform,
    blind_platform,
    company,
    logged,
    unvalued,
)

COUNTED = {
    "each": CountedPer.EACH,
    "click": CountedPer.PER_CLICK,
    "person": CountedPer.PER_PERSON,
    "order": CountedPer.PER_ORDER,
}
OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)
T0 = instant(date(2026, 10, 10), "UTC")


def rules_of(platform: Platform) -> Rules:
    return Rules(
        click_days=platform.click_hours // 24,
        view_days=platform.view_hours // 24,
        dated=Dated.CLICK if platform.by_click else Dated.CONVERSION,
        zone=platform.zone,
        counted=COUNTED[platform.once],
        credit=Credit(platform.credit),
    )


def count(touches: list[Touch], sales: list[Conversion], **rules: object) -> dict[tuple[date, str], Fraction]:
    asked = Rules(**({"counted": CountedPer.EACH, "credit": Credit.LAST_OWN} | rules))  # type: ignore[arg-type]
    return paths_of(touches, sales, (OCT, NOV)).count(asked)


def click(day: float, person: str = "p", *, id: str = "t1", own: bool = True, group: str = "A") -> Touch:
    return Touch(T0 + round(day * DAY), id, person, is_click=True, is_own=own, group=group)


def view(day: float, person: str = "p", *, id: str = "v1", own: bool = True, group: str = "A") -> Touch:
    return Touch(T0 + round(day * DAY), id, person, is_click=False, is_own=own, group=group)


def sale(day: float, person: str = "p", *, id: str = "s1", order: str = "o1") -> Conversion:
    return Conversion(T0 + round(day * DAY), id, person, order)


def test_a_window_ends_after_whole_days() -> None:
    assert count([click(0)], [sale(7)], click_days=7) == {(OCT, "A"): 1}
    assert count([click(0)], [sale(7.01)], click_days=7) == {}
    assert count([click(1)], [sale(0)], click_days=7) == {}  # a click after the sale


def test_a_click_gets_the_credit_before_a_later_view() -> None:
    touches = [click(0, group="A"), view(1, group="B")]
    assert count(touches, [sale(2)], click_days=7, view_days=7) == {(OCT, "A"): 1}
    assert count(touches, [sale(2)], click_days=1, view_days=1) == {(OCT, "B"): 1}
    assert count(touches, [sale(2)], click_days=1) == {}


def test_the_last_touch_of_all_channels_can_be_on_another_platform() -> None:
    touches = [click(0, id="t1"), click(1, id="t2", own=False)]
    assert count(touches, [sale(2)], credit=Credit.LAST) == {}
    assert count(touches, [sale(2)], credit=Credit.LAST_OWN) == {(OCT, "A"): 1}
    assert count([*touches, view(1.5, group="B")], [sale(2)], credit=Credit.LAST, view_days=1) == {(OCT, "B"): 1}


def test_the_first_touch_in_the_window_gets_the_credit() -> None:
    touches = [click(0, id="t1", group="A"), click(3, id="t2", group="B")]
    assert count(touches, [sale(4)], credit=Credit.FIRST_OWN, click_days=7) == {(OCT, "A"): 1}
    assert count(touches, [sale(4)], credit=Credit.FIRST_OWN, click_days=2) == {(OCT, "B"): 1}


def test_a_sale_counts_on_the_day_of_the_click_or_the_sale_in_a_time_zone() -> None:
    # T0 is 10 October; the click is on 31 October, 23:30 UTC, and the sale two days later.
    touches, sales = [click(21 + 23.5 / 24)], [sale(24)]
    assert count(touches, sales) == {(NOV, "A"): 1}
    assert count(touches, sales, dated=Dated.CLICK) == {(OCT, "A"): 1}
    assert count(touches, sales, dated=Dated.CLICK, zone="Europe/Berlin") == {(NOV, "A"): 1}


def test_repeated_sales_count_once_or_each_time() -> None:
    touches = [click(0)]
    sales = [sale(1, id="s1"), sale(1, id="s2"), sale(2, id="s3", order="o2")]
    assert count(touches, sales) == {(OCT, "A"): 3}
    assert count(touches, sales, counted=CountedPer.PER_ORDER) == {(OCT, "A"): 2}
    assert count(touches, sales, counted=CountedPer.PER_CLICK) == {(OCT, "A"): 1}
    another = [*touches, click(2.5, id="t2")]
    late = [*sales, sale(3, id="s4", order="o3"), sale(25, id="s5", order="o4")]
    assert count(another, late, counted=CountedPer.PER_CLICK) == {(OCT, "A"): 2}
    assert count(another, late, counted=CountedPer.PER_PERSON) == {(OCT, "A"): 1, (NOV, "A"): 1}


def test_months_are_counted() -> None:
    assert months_between(date(2026, 11, 5), date(2027, 1, 2)) == (NOV, date(2026, 12, 1), date(2027, 1, 1))


@pytest.mark.parametrize("seed", range(60))
def test_a_platform_with_known_rules_leaves_no_gap(seed: int) -> None:
    events, platform = company(seed), blind_platform(seed)
    for log, valued in ((unvalued(events), False), (events, True)):
        touches, sales = logged(log, valued=valued)
        assert paths_of(touches, sales, MONTHS).count(rules_of(platform)) == platform.totals(log)


def test_the_platforms_have_something_to_count() -> None:
    counts = [total(blind_platform(seed).totals(unvalued(company(seed)))) for seed in range(10)]
    assert min(counts) > 0
    assert sum(counts) > 200, counts
