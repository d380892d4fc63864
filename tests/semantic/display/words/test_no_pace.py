"""Why none of a metric's targets fits a number: other days, another scope, or a metric that doesn't add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest

from semantic.display.words.no_pace import NumberAsked, why_none_fits
from semantic.policy.members import Member
from semantic.policy.narrow import VisibleModel
from semantic.query.periods import Calendar
from semantic.targets.target import Target
from tests.semantic.paced import PacedWorkspace, open_paced

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
FEBRUARY = (date(2026, 2, 1), date(2026, 2, 28))
Of = tuple[str, Sequence[Member]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisibleModel]:
    opened: PacedWorkspace = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened.visible(opened.people["ana"])
    opened.close()


def of(member: Member = None, days: tuple[date, date] = JANUARY) -> Target:
    dim = "market" if member is not None else ""
    return Target(metric="revenue", first=days[0], last=days[1], value=Decimal(1), dim=dim, member=member)


def number(
    first: date = JANUARY[0], end: date = date(2026, 2, 1), filtered: str = "", of: Of | None = None, *,
    adds_up: bool = True,
) -> NumberAsked:  # fmt: skip
    return NumberAsked(first=first, end=end, is_narrowed=bool(filtered), words=filtered, of=of, adds_up=adds_up)


DE: Of = ("market", ("DE",))
BOTH: Of = ("market", ("DE", "FR"))
TWO_MONTHS = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("targets", "asked", "word", "why"),
    [
        (
            [of(days=FEBRUARY)], number(),
            "Target is for different days", "The target is for Feb 2026, not for Jan 2026.",
        ),
        (
            [of()], number(date(2026, 1, 5), date(2026, 1, 12)),
            "Target is for different days", "The target is for Jan 2026, not for the week of 5 Jan 2026.",
        ),
        (
            [of(), of(days=FEBRUARY)], number(date(2026, 1, 5), date(2026, 1, 8)),
            "Target is for different days", "The targets are for Jan 2026 and Feb 2026, not for 5 – 7 Jan 2026.",
        ),
        (
            [of("FR", FEBRUARY), of("DE", JANUARY)], number(date(2026, 2, 1), date(2026, 3, 1), "Market is DE", DE),
            "Target is for different days", "The target is for Jan 2026, not for Feb 2026.",
        ),
        (
            [of()], number(filtered="Channel is web"),
            "Target covers everything",
            "The target for Jan 2026 covers everything, but this number is filtered: Channel is web.",
        ),
        (
            [of("DE")], number(),
            "Target covers only a part",
            "The target for Jan 2026 is for Market: DE only, but this number covers more.",
        ),
        (
            [of("DE")], number(of=BOTH),
            "Target covers only a part",
            "The target for Jan 2026 is for Market: DE only, but this number covers more.",
        ),
        (
            [of("DE"), of("FR")], number(filtered="Market is AT", of=("market", ("AT",))),
            "Target covers another part",
            "The targets for Jan 2026 are for Market: DE and Market: FR only, but this number covers something else: "
            "Market is AT.",
        ),
        (
            [of("DE"), of("FR")], number(filtered="Market is DE or FR", of=BOTH, adds_up=False),
            "Targets don't add up",
            "The targets for Jan 2026 are for Market: DE and Market: FR separately, and this metric doesn't "
            "add up across them.",
        ),
        (
            [of(), of(days=FEBRUARY)], number(end=TWO_MONTHS, adds_up=False),
            "Target is for different days",
            "The targets are for Jan 2026 and Feb 2026, not for 1 Jan – 28 Feb 2026. This metric "
            "doesn't add up across them.",
        ),
    ],
)  # fmt: skip
def test_the_reason_given_is_the_one_that_applies(
    seen: VisibleModel, targets: Sequence[Target], asked: NumberAsked, word: str, why: str
) -> None:
    pace = why_none_fits(targets, asked, seen, Calendar())
    assert (pace.why, pace.word) == (why, word)


@pytest.mark.parametrize(
    ("targets", "asked", "is_by_month"),
    [
        ([of()], number(date(2026, 1, 5), date(2026, 1, 12)), True),
        ([of(), of(days=FEBRUARY)], number(date(2026, 1, 5), date(2026, 2, 12)), True),
        ([of(days=FEBRUARY)], number(), False),  # whole months: another month wouldn't help
        ([of(days=(date(2026, 1, 5), date(2026, 1, 11)))], number(date(2026, 1, 12), date(2026, 1, 19)), False),
        ([of(), of(days=(date(2026, 4, 1), date(2026, 6, 30)))], number(date(2026, 1, 5), date(2026, 1, 12)), False),
    ],
)
def test_the_month_to_date_is_offered_only_for_monthly_targets(
    seen: VisibleModel, targets: Sequence[Target], asked: NumberAsked, is_by_month: bool
) -> None:
    assert why_none_fits(targets, asked, seen, Calendar()).is_by_month is is_by_month


def test_many_targets_are_counted_and_the_nearest_is_named(seen: VisibleModel) -> None:
    months = [of(days=(date(2025, month, 1), date(2025, month, 28))) for month in range(2, 9)]
    pace = why_none_fits(months, number(), seen, Calendar())
    assert pace.why == (
        "The targets are for 1 – 28 Jun 2025, 1 – 28 Jul 2025, 1 – 28 Aug 2025 and 4 more, not for Jan 2026."
    )
    markets = [of(f"M{place}") for place in range(5)]
    pace = why_none_fits(markets, number(), seen, Calendar())
    assert "are for Market: M0, Market: M1, Market: M2 and 2 more only" in pace.why
