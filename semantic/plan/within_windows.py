"""Find windows that contain a whole shown period, so that the period's own number comes from the same rows."""

from __future__ import annotations

from semantic.model.definitions import Cumulative, Granularity, OverTime
from semantic.model.replace_fields import replace_fields
from semantic.plan.measures.spine_join import Steps, steps
from semantic.plan.shared_days import but_for_its_days, is_by_day
from semantic.plan.tree.fields import LegKey
from semantic.plan.tree.nodes import Leg, Plan
from semantic.plan.tree.shape import Shape
from semantic.query.periods import Calendar, first_day

_WITHIN = {
    Granularity.MONTH: {Granularity.QUARTER, Granularity.YEAR, Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR},
    Granularity.QUARTER: {Granularity.YEAR},
    Granularity.FISCAL_QUARTER: {Granularity.FISCAL_YEAR},
}
"""For each period, the longer periods that contain it completely in every calendar."""

LENGTHS = {
    Granularity.WEEK: Steps(days=7),
    Granularity.MONTH: Steps(months=1),
    Granularity.QUARTER: Steps(months=3),
    Granularity.YEAR: Steps(months=12),
    Granularity.FISCAL_QUARTER: Steps(months=3),
    Granularity.FISCAL_YEAR: Steps(months=12),
}
"""The time from the first day of a period to the first day of the next one."""


def count_within_windows(plan: Plan) -> Plan:
    """Return the plan without legs whose rows are all in another leg's window. That leg computes their numbers too.

    Every group of a removed leg is also a group of the other leg, so no group is lost. This is only for questions
    without totals or a top.
    """
    if len(plan.legs) < 2 or plan.fills_own_rows or not any(leg.laid for leg in plan.legs):
        return plan
    legs = list(plan.legs)
    for plain in plan.legs:
        place = next((index for index, leg in enumerate(legs) if _holds(leg, plain)), None)
        if place is not None:
            legs[place] = replace_fields(legs[place], of_period=plain.leaves)
            legs = [leg for leg in legs if leg is not plain]
    return replace_fields(plan, legs=tuple(legs)) if len(legs) < len(plan.legs) else plan


def _holds(leg: Leg, plain: Leg) -> bool:
    """Return whether the windows of `leg` contain every row of `plain`, in the same group."""
    laid, own = leg.laid, [key for key in leg.keys if key.field == leg.time]
    if laid is None or laid.window is None or laid.shifts or laid.at is not OverTime.LAST or laid.spine.dataset:
        return False
    if plain.laid is not None or plain.days is None or plain.shape not in (Shape.PLAIN, Shape.DAY_FIRST):
        return False
    if len(own) != 1 or leg.of_period or leg.filled or plain.filled or leg.keys != plain.keys:
        return False
    if plain.days.has_undated or plain.days.same:
        return False
    same_days = (laid.start, laid.end) == (plain.days.start, plain.days.end) and plain.days.field == leg.time
    return (
        same_days
        and _holds_period(laid.window, own[0])
        and is_by_day(leg)
        and but_for_its_days(leg) == but_for_its_days(plain)
    )


def shows_whole_periods(leg: Leg, calendar: Calendar) -> bool:
    """Return whether a leg shows windows of no fixed length, each up to the end of a whole period.

    The first day of a period then determines both the period and its window.
    """
    laid, own = leg.laid, [key for key in leg.keys if key.field == leg.time]
    if laid is None or laid.window is None or laid.window.window is not None or laid.shifts or laid.spine.dataset:
        return False
    if laid.shown_same is not None:
        return False
    if laid.at is not OverTime.LAST or laid.of_rows or laid.start is None or laid.end is None or len(own) != 1:
        return False
    grain = own[0].grain
    if grain is None or grain not in LENGTHS or not _holds_period(laid.window, own[0]):
        return False
    return all(first_day(edge, grain, calendar) == edge for edge in (laid.start, laid.end))


def _holds_period(window: Cumulative, key: LegKey) -> bool:
    """Return whether a window up to any day of a period contains all days of the period up to that day."""
    grain = key.grain
    if grain is None or grain.is_clock or key.move_days or key.move_months or key.first or key.end:
        return False
    if grain is Granularity.DAY:
        return True
    if window.window is not None:
        by, length = steps(window.window), LENGTHS[grain]
        return by.months >= length.months > 0 or by.days >= length.days > 0
    return window.to_date in (None, grain) or window.to_date in _WITHIN.get(grain, ())
