"""Every use of a followed literal is recorded, and applies to other literals exactly if the result is the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.query.followed import Trace, carried, made_of, observed, plain
from semantic.query.periods import Calendar, Granularity, first_day, shift

VALUES: list[Any] = ["Email", 7, 2.5, Decimal("1.50"), date(2026, 3, 31), datetime(2026, 3, 31, 4, 5, 6, 7, tzinfo=UTC)]
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "hash": hash,
    "text": str,
    "format": format,
    "repr": repr,
    "truth": bool,
    "in a set": lambda one: one in {VALUES[0], VALUES[1]},
}


@pytest.mark.parametrize("value", VALUES, ids=lambda one: type(one).__name__)
def test_a_followed_value_behaves_like_its_value(value: Any) -> None:
    followed = Trace().follow(value, 0)
    assert followed == value
    assert value == followed
    assert hash(followed) == hash(value)
    assert isinstance(followed, type(value))
    assert str(followed) == str(value)
    assert copy.deepcopy(followed) is followed
    assert plain(followed) is value
    make = made_of(followed)
    assert make is not None
    assert make(["other"]) == "other"


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("value", VALUES, ids=lambda one: type(one).__name__)
def test_a_result_not_known_to_be_general_applies_only_to_that_value(value: Any, question: str) -> None:
    trace = Trace()
    assert QUESTIONS[question](trace.follow(value, 0)) == QUESTIONS[question](value)
    if question == "truth" and isinstance(value, date):
        return  # every date is true, and Python does not ask
    assert trace.holds([value])
    assert not trace.holds([another(value)])


def another(value: Any) -> Any:
    return {str: "Paid", int: 8, float: 3.5}.get(type(value)) or (
        value + timedelta(days=1) if isinstance(value, date) else value + 1
    )


@pytest.mark.parametrize("name", [name for name in dir(str) if not name.startswith("_")])
def test_every_method_of_a_text_is_recorded(name: str) -> None:
    trace = Trace()
    widths = dict.fromkeys(("center", "ljust", "rjust", "zfill"), (30,))
    arguments = {"join": (["a", "b"],), "replace": ("a", "b"), "translate": ({},), "maketrans": ({},), **widths}
    try:
        getattr(trace.follow("Email", 0), name)(*arguments.get(name, ()))
    except TypeError:
        getattr(trace.follow("Email", 0), name)("m")
    assert not trace.holds(["Paid"])


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.dates(date(1900, 1, 1), date(2900, 1, 1)))
def test_a_decision_by_comparing_days_holds_only_for_the_same_order(one: date, other: date) -> None:
    trace = Trace()
    was_first = trace.follow(date(2026, 1, 1), 0) < trace.follow(date(2026, 2, 1), 1)
    assert was_first
    assert trace.holds([one, other]) == (one < other)


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)))
def test_a_value_derived_from_a_day_can_be_derived_from_another(day: date) -> None:
    trace, weeks = Trace(), Calendar("sunday")
    begun = first_day(trace.follow(date(2026, 3, 31), 0), Granularity.WEEK, weeks) + timedelta(days=1)
    month = shift(begun, Granularity.MONTH, -1) - timedelta(days=3)
    make = made_of(month)
    assert make is not None
    expected = shift(first_day(day, Granularity.WEEK, weeks) + timedelta(days=1), Granularity.MONTH, -1)
    assert make([day]) == expected - timedelta(days=3)
    assert trace.holds([day])  # nothing was decided on the way


def test_a_part_of_a_day_and_the_days_between_two_are_decisions() -> None:
    trace = Trace()
    assert trace.follow(date(2026, 3, 1), 0).day == 1
    assert trace.holds([date(2020, 7, 1)])
    assert not trace.holds([date(2020, 7, 2)])
    assert (date(2026, 3, 8) - trace.follow(date(2026, 3, 1), 0)).days == 7
    assert not trace.holds([date(2020, 7, 1)])


def test_numbers_of_two_types_are_compared_with_a_check() -> None:
    trace = Trace()
    assert trace.follow(7, 0) < 7.5
    assert trace.follow(7, 0) > Decimal("6.5")
    assert trace.holds([7])
    assert not trace.holds([8])
    assert not trace.holds([6])


def test_a_function_that_fails_for_other_literals_does_not_apply() -> None:
    trace = Trace()
    day = carried(date.fromisoformat, trace.follow("2026-03-31", 0))
    assert isinstance(day, date)
    assert trace.holds(["2020-01-01"])
    assert not trace.holds(["no day"])


def test_a_value_of_another_type_does_not_apply() -> None:
    trace = Trace()
    carried(lambda one: one if one < 10 else None, trace.follow(7, 0))
    assert trace.holds([9])
    assert not trace.holds([10])


def test_an_observation_is_recorded_with_everything_it_used() -> None:
    trace = Trace()
    assert observed(lambda one, other: one > other, trace.follow(3, 0), trace.follow(2, 1))
    assert trace.holds([2, 1])
    assert not trace.holds([1, 2])


def test_without_a_followed_value_nothing_is_recorded() -> None:
    assert carried(int, "7") == 7
    assert observed(len, "seven") == 5
    assert made_of("seven") is None
