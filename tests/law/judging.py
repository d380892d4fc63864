"""When a change is better or worse, and when it can't be judged."""

from __future__ import annotations

from tests.law.days import Side
from tests.law.law import DAY, end_of_month, few_are_open, lengths_are_alike
from tests.law.metrics import Balance, How, Minus, Offset, Ratio, Sum, Window, parts_of
from tests.law.values import Values


def why_not(values: Values, metric: str, own: Side | None, other: Side | None) -> tuple[str, ...]:
    """Return why a change is neither better nor worse. Empty if it is judged."""
    if own is None or other is None:
        return ("no days",)
    why: list[str] = []
    parts = list(parts_of(values.days.metrics, metric))
    if own.let_in:
        why.append("today is let in")
    if own.days[0] < own.begins or other.raw != other.days:
        why.append("not inside [F, K]")
    if adds_up(values, metric) and not lengths_are_alike(len(own.raw), len(other.raw)):
        why.append("lengths")
    final_after = final_after_of(values, metric)
    if not all(few_are_open(side.days, values.days.loaded(metric), final_after) for side in (own, other)):
        why.append("open days")
    if not values.chooses_anew:
        why.append("one set for both")
    if values.days.metrics[metric].direction == "none":
        why.append("no direction")
    if any(isinstance(how, Window) and not windows_are_alike(values, how, own, other) for how in parts):
        why.append("windows")
    if any(reaches_before(how, side) for how in parts for side in (own, other)):
        why.append("window before F")
    if any(
        is_target(values, how) and end_of_month(side.days[-1]) > side.days[-1] for how in parts for side in (own, other)
    ):
        why.append("target of a running period")
    if any(isinstance(how, Balance) and not months_are_alike(values, how, own, other) for how in parts):
        why.append("as of no month end")
    return tuple(why)


def a_day_explains(values: Values, metric: str, now: float, then: float, own: Side, other: Side) -> bool:
    """Return whether an additive number could have risen only because it covers more days, or fallen because it covers
    fewer.
    """
    if not adds_up(values, metric):
        return False
    change, daily = now - then, now / len(own.raw) - then / len(other.raw)
    return abs(change) > 1e-9 and change * daily < 1e-9 * abs(now) * abs(change)


def final_after_of(values: Values, metric: str) -> int:
    """Return how many days a day's number keeps changing.

    It's fewer for a metric read with an offset, whose days are older.
    """
    metrics = values.days.metrics
    match metrics[metric].how:
        case Sum(final_after=days):
            return days
        case Ratio(top, bottom) | Minus(top, bottom):
            return max(final_after_of(values, top), final_after_of(values, bottom))
        case Offset(of, months, days):
            return max(0, final_after_of(values, of) - 28 * months - days)
        case Window(of):
            return final_after_of(values, of)
        case _:
            return 0


def adds_up(values: Values, metric: str) -> bool:
    """Return whether a metric grows with the days that it covers. Ratios, balances and windows don't."""
    match values.days.metrics[metric].how:
        case Sum():
            return True
        case Offset(of):
            return adds_up(values, of)
        case Minus(top, _):
            return adds_up(values, top)
        case _:
            return False


def reaches_before(how: How, side: Side) -> bool:
    if not isinstance(how, Window) or not how.days:
        return False
    day = side.days[0] if how.at == "average" else side.as_of
    return day is not None and day - (how.days - 1) * DAY < side.begins


def windows_are_alike(values: Values, how: Window, own: Side, other: Side) -> bool:
    """Return whether two windows are comparable: rolling ones always, to-date ones with about as many days, and all-day
    ones never.
    """
    if how.days:
        return True
    days = [side.as_of if how.at == "last" else side.days[0] for side in (own, other)]
    if how.to_date is None:
        return not adds_up(values, how.of)
    lengths = [len(values.window_days(how, day, side)) for day, side in zip(days, (own, other), strict=True) if day]
    return len(lengths) < 2 or lengths_are_alike(*lengths)


def is_target(values: Values, how: How) -> bool:
    return isinstance(how, Sum) and values.days.fact(how.fact).is_plan and values.days.fact(how.fact).by_month


def months_are_alike(values: Values, how: Balance, own: Side, other: Side) -> bool:
    """Return whether both sides show a month-end value.

    An opening value always does, and so does every month except the current one, which has the last known day's value.
    """
    if not values.days.fact(how.fact).by_month or how.over == "first":
        return True
    running = [side.as_of for side in (own, other) if not side.is_partner and side.as_of == side.known]
    return all(day is not None and day == end_of_month(day) for day in running)
