"""Targets that add up to the target for given days, and who can see which targets. Rows are written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from semantic.policy.members import Member
from semantic.targets.pace import Piece
from semantic.targets.target import Target, may_see_target, pieces_for
from tests.semantic.policy.test_members import rule, seen

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
FEBRUARY = (date(2026, 2, 1), date(2026, 2, 28))
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))


def of(days: tuple[date, date], value: int, member: Member = None, dim: str = "", metric: str = "revenue") -> Target:
    return Target(metric=metric, first=days[0], last=days[1], value=Decimal(value), dim=dim, member=member)


MONTHS = [of(JANUARY, 10), of(FEBRUARY, 20), of(MARCH, 30)]


def values(
    targets: list[Target], first: date, end: date, *, members: tuple[str, tuple[Member, ...]] | None = None,
    adds_up: bool = True,
) -> list[float] | None:  # fmt: skip
    pieces = pieces_for(targets, "revenue", members, first=first, end=end, adds_up=adds_up)
    return None if pieces is None else [piece.value for piece in pieces]


def test_a_quarter_has_its_own_target_or_the_sum_of_three_months() -> None:
    first, end = date(2026, 1, 1), date(2026, 4, 1)
    assert values(MONTHS, first, end) == [10, 20, 30]
    assert values([*MONTHS, of(QUARTER, 70)], first, end) == [70]
    assert pieces_for(MONTHS, "revenue", None, first=first, end=end, adds_up=True) == (
        Piece(*JANUARY, 10), Piece(*FEBRUARY, 20), Piece(*MARCH, 30),
    )  # fmt: skip


def test_days_with_a_gap_or_beyond_the_targets_have_no_target() -> None:
    assert values([MONTHS[0], MONTHS[2]], date(2026, 1, 1), date(2026, 4, 1)) is None
    assert values(MONTHS, date(2026, 1, 1), date(2026, 4, 2)) is None
    assert values(MONTHS, date(2026, 1, 2), date(2026, 4, 1)) is None
    assert values([of(QUARTER, 70)], *(date(2026, 1, 1), date(2026, 2, 1))) is None, "a part of a quarter is no guess"


def test_overlapping_targets_are_not_added_up() -> None:
    fortnight = (date(2026, 1, 15), date(2026, 2, 14))
    assert values([MONTHS[0], of(fortnight, 5), MONTHS[1]], date(2026, 1, 1), date(2026, 3, 1)) == [10, 20]


def test_a_non_additive_metric_only_has_targets_for_exactly_these_days() -> None:
    assert values(MONTHS, date(2026, 1, 1), date(2026, 4, 1), adds_up=False) is None
    assert values([*MONTHS, of(QUARTER, 70)], date(2026, 1, 1), date(2026, 4, 1), adds_up=False) == [70]


def test_members_have_their_own_targets_and_are_added_only_if_each_has_one() -> None:
    mine = [of(JANUARY, 1, "DE", "market"), of(JANUARY, 2, "FR", "market"), of(JANUARY, 9)]
    days = (date(2026, 1, 1), date(2026, 2, 1))
    assert values(mine, *days) == [9]
    assert values(mine, *days, members=("market", ("DE",))) == [1]
    assert values(mine, *days, members=("market", ("DE", "FR"))) == [1, 2]
    assert values(mine, *days, members=("market", ("DE", "IT"))) is None
    assert values(mine, *days, members=("channel", ("DE",))) is None
    assert values(mine, *days, members=("market", ("DE", "FR")), adds_up=False) is None


def test_true_is_not_read_as_the_number_one() -> None:
    mine = [of(JANUARY, 5, True, "is_first")]
    days = (date(2026, 1, 1), date(2026, 2, 1))
    assert values(mine, *days, members=("is_first", (1,))) is None
    assert values(mine, *days, members=("is_first", (True,))) == [5]


@pytest.mark.parametrize(
    ("markets", "sees"),
    [(("DE",), ["DE"]), (("FR",), ["FR"]), (("DE", "FR"), ["DE", "FR"]), ((), [])],
)
def test_a_target_for_a_market_is_shown_to_people_who_see_that_market(
    markets: tuple[str, ...], sees: list[str]
) -> None:
    visible = seen(rule("country IN (:markets)"), markets=markets)
    targets = [of(JANUARY, 1, "DE", "market"), of(JANUARY, 2, "FR", "market"), of(JANUARY, 9)]
    assert [target.member for target in targets if may_see_target(target, visible)] == sees


def test_a_target_for_everything_is_shown_to_people_who_see_everything() -> None:
    """With the total, a person who sees one of two markets would know the other."""
    assert may_see_target(of(JANUARY, 9), seen("whole: all"))
    assert not may_see_target(of(JANUARY, 9), seen(rule("country IN (:markets)"), markets=("DE", "FR")))


def test_a_target_of_something_hidden_or_removed_is_shown_to_no_one() -> None:
    assert not may_see_target(of(JANUARY, 9), seen("whole: all\n    deny: {metrics: [revenue]}"))
    assert not may_see_target(of(JANUARY, 9, metric="gone"), seen("whole: all"))
    assert not may_see_target(of(JANUARY, 1, "DE", "market"), seen("whole: all\n    deny: {dimensions: [market]}"))
    assert not may_see_target(of(JANUARY, 1, "DE", "gone"), seen("whole: all"))
