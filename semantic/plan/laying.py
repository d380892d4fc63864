"""From which days a measure's rows come when a metric takes them from another time: moved as wholes, or day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import TimeMismatch, counted
from semantic.model.definitions import CalendarSpan, Granularity, Metric, OverTime, Span
from semantic.plan.changed import changed
from semantic.plan.contexts import Context
from semantic.plan.metrics import take_apart
from semantic.plan.nodes import CalendarKey, Laid, Spine
from semantic.plan.unknown import days_of
from semantic.query.followed import observed
from semantic.query.known_through import known_from
from semantic.query.periods import (
    MONTHS_OF,
    NEGLIGIBLE,
    Days,
    days_between,
    end_before_today,
    first_day,
    lacks_partners,
    moved_back,
    partners_of,
    shift,
    widened,
)
from semantic.query.resolve import Asked, Key, compared_with

_IN_MONTHS = {Granularity.MONTH: 1, Granularity.QUARTER: 3, Granularity.YEAR: 12}
_IN_SECONDS = {Granularity.SECOND: 1, Granularity.MINUTE: 60, Granularity.HOUR: 3_600}
_IN_DAYS = {Granularity.DAY: 1, Granularity.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Placed:
    """The days whose rows are read, and how they come to be shown: moved by days and months, or laid over days."""

    days: Days
    move_days: int = 0
    move_months: int = 0
    laid: Laid | None = None
    same_day: int = 0  # so many months later each day has to have its like, of those before `same_until`
    same_until: date | None = None
    has_none: bool = False  # too few of the days have a day beside them for any number


def place(
    context: Context,
    shown: Days,
    own: Sequence[Key],
    asked: Asked,
    subject: str,
    known_by: Granularity = Granularity.DAY,
    first: date | None = None,
) -> Placed:
    """Where the rows of a context come from for the days that are `shown`, by `own` breakdowns of their date.

    `known_by` is the period of that date: rows are read in whole ones. `first` is the first day of which there is data:
    what stands beside a period counts only where all of it is known.

    Raises TimeMismatch where what is shown has no period before it.
    """
    if not context.shifts and context.window is None:
        return Placed(shown)
    backs = [steps(one.back) for one in context.shifts if one.back]
    by_days, by_months = sum(one.days for one in backs), sum(one.months for one in backs)
    unit = unit_of(context, own)
    to_start = any(one.to for one in context.shifts)
    by_calendar = any(one.periods for one in context.shifts)
    grains = [key.grain for key in own if key.grain]
    each_day = bool(own) and _pairs_each_day(asked)
    by_day = bool(by_months) and Granularity.DAY in grains
    if context.window is None and not to_start and not each_day and not unit.is_clock and not by_calendar:
        _check_lines_up(by_days, by_months, own, subject)
        if not by_day and len(grains) == len(own):
            if not own and not _pairs_each_day(asked) and _overlaps(shown, by_days, by_months):
                back = counted(by_months, "month") if by_months else counted(by_days, "day")
                message = f"{subject} reads {back} before, and this period is longer, so it overlaps itself"
                raise TimeMismatch(f"{message}. Split by date, or choose a shorter period.", names=(subject, "month"))
            if by_days or not by_months:
                return Placed(moved_back(shown, by_days, by_months), by_days, by_months)
            found = partners_of(shown, by_months, by_months=bool(own))
            same_day = by_months if found.only_same and not _pairs_each_day(asked) else 0
            has_none = not own and not _pairs_each_day(asked) and _has_none(shown, by_days, by_months)
            if first is not None and found.days.start is not None and found.days.start < first:
                if not own:
                    has_none = True
                else:
                    shortest = min((grain for grain in grains if grain), key=[*Granularity].index)
                    found = replace(found, days=replace(found.days, start=_whole_from(first, shortest, asked)))
            return Placed(
                found.days, by_days, by_months, same_day=same_day, same_until=found.same_until, has_none=has_none
            )
    at = context.window.at if context.window else None
    if to_start:
        at = OverTime.FIRST if own else OverTime.LAST
    by_rows = asked.visible.model.settings.rules.window_day == "rows"
    if at is not None and not by_rows:
        shown = _closed(shown, at, own, asked, subject)
    of_rows = by_rows and not to_start and not context.every_period
    of_rows = of_rows and at in (OverTime.FIRST, OverTime.LAST) and bool(own) and unit not in grains
    spine = spine_of(asked, unit, subject)
    by = _read_by(context, own) if each_day else None
    at = OverTime.FIRST if by else at
    laid = Laid(
        spine, shown.start, shown.end, context.shifts, context.window, at, of_rows=of_rows, by=by, clamps=each_day
    )
    for one in context.shifts:
        if one.periods is None:
            continue
        laid = replace(laid, periods=_calendar(one.periods, context, asked, subject))
        return Placed(Days(None, shown.end), laid=laid)
    read = _read_days(laid, shown, asked)
    if context.window is None and not to_start and not unit.is_clock and (by or not each_day):
        whole = moved_back(shown, by_days, by_months)
        laid = replace(
            laid,
            whole=(whole.start, whole.end),
            same_day=0 if by else _same_day(shown, whole, by_months),
            has_no_total=not by and _has_none(shown, by_days, by_months),
        )
        read = whole if by else Days(_first(read.start, whole.start), _last(read.end, whole.end))
    if read.start is not None:
        read = changed(read, start=first_day(read.start, known_by, asked.calendar))
    return Placed(read, laid=laid)


def _pairs_each_day(asked: Asked) -> bool:
    """Whether each day has a day beside it, as another tool counts, though some are then counted twice."""
    return asked.visible.model.settings.rules.offset == "days"


def _same_day(shown: Days, earlier: Days, months: int) -> int:
    """The months after which a day has to have its like, where not all have: whole months are beside whole ones."""
    return months if months and not shown.is_made_of_months and lacks_partners(earlier, months) else 0


def _whole_from(first: date, grain: Granularity, asked: Asked) -> date:
    """The first day of the first period that does not begin before a day."""
    begun = first_day(first, grain, asked.calendar)
    return begun if begun == first else shift(begun, grain, 1)


def _overlaps(shown: Days, by_days: int, by_months: int) -> bool:
    """Whether days reach into those that they would stand beside; all days there are do."""
    if shown.start is None or shown.end is None:
        return True
    return observed(_reaches_itself, shown.start, shown.end, by_days, by_months)


def _reaches_itself(start: date, end: date, by_days: int, by_months: int) -> bool:
    last = end - timedelta(days=1)
    return last >= start and shift(last - timedelta(days=by_days), Granularity.MONTH, -by_months) >= start


def _has_none(shown: Days, by_days: int, by_months: int) -> bool:
    """Whether the days as a whole have nothing beside them: they reach into the days that they would be beside, or more
    of them than can be neglected have none."""
    if shown.start is None or shown.end is None:
        return True
    return observed(_overlaps_or_lacks, shown.start, shown.end, by_days, by_months, shown.is_made_of_months)


def _overlaps_or_lacks(start: date, end: date, by_days: int, by_months: int, is_made_of_months: bool) -> bool:
    if end <= start or _reaches_itself(start, end, by_days, by_months):
        return True
    if not by_months or is_made_of_months:
        return False
    lacking = sum(shift(day, Granularity.MONTH, -by_months).day != day.day for day in days_between(start, end))
    return lacking > NEGLIGIBLE * (end - start).days


def lacks_total(metric: Metric, compare: str, asked: Asked) -> bool:
    """Whether a part of a metric is taken from days before, of which the question's days as a whole have too few."""
    if _pairs_each_day(asked):
        return False
    days = days_of(metric, asked)
    if compare:
        days = next(one.days for one in compared_with(days, asked) if one.name == compare)
    first = known_from(metric, asked.visible.model, asked.asking)
    for one in take_apart([metric], asked.visible.model).leaves:
        backs = [steps(shift.back) for shift in one.context.shifts if shift.back]
        if not backs or any(shift.to for shift in one.context.shifts) or one.context.window is not None:
            continue
        by_days, by_months = sum(back.days for back in backs), sum(back.months for back in backs)
        earlier = moved_back(days, by_days, by_months)
        is_before = first is not None and earlier.start is not None and earlier.start < first
        if is_before or _has_none(days, by_days, by_months):
            return True
    return False


def _closed(shown: Days, at: OverTime, own: Sequence[Key], asked: Asked, subject: str) -> Days:
    """An open period ends with the last day that is over. Else its last day would be where the rows happen to end that
    a filter leaves, or those of one of two facts; and so with its first day, which has to be asked for.

    Raises TimeMismatch where it is not.
    """
    if at is OverTime.FIRST and not own and shown.start is None and not asked.visible.model.settings.spine:
        message = f"{subject} is that of the first day, and the question has none."
        raise TimeMismatch(f"{message} Choose a period with a first day.", names=(subject,))
    return shown if shown.end else end_before_today(shown, today=asked.today)


def _calendar(span: CalendarSpan, context: Context, asked: Asked, subject: str) -> CalendarKey:
    """The calendar whose periods are gone back by. Raises TimeMismatch where more than that is asked of them."""
    if len(context.shifts) > 1 or context.window is not None:
        message = f"{subject} goes back by {span.words} and counts from another time besides."
        raise TimeMismatch(f"{message} One of the two can be answered.", names=(subject, span.period))
    found = asked.visible.model.period(span.period)
    assert found is not None  # loading has checked it
    dimensions = asked.visible.model.datasets[found[0].dataset].dimensions
    return CalendarKey(found[0].dataset, dimensions[found[0].day], dimensions[found[1].dimension])


def _read_by(context: Context, own: Sequence[Key]) -> Granularity | None:
    """The period that is read as a whole where days are paired: the shortest shown, if the shift is by no shorter one.

    None where days are read: nothing longer is shown, or weeks would have to begin with a month.
    """
    grains = [key.grain for key in own if key.grain]
    if len(context.shifts) != 1 or context.window is not None or not grains:
        return None
    order, [one] = list(Granularity), context.shifts
    shortest, unit = min(grains, key=order.index), one.back.unit if one.back else one.to
    if unit is None or not order.index(Granularity.DAY) < order.index(shortest) <= order.index(unit):
        return None
    return None if one.to and shortest is Granularity.WEEK else shortest


def _first(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else None


def _last(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one and other else None


def _check_lines_up(by_days: int, by_months: int, own: Sequence[Key], subject: str) -> None:
    """A week has no month before it, and a month no month and seven days: nothing would be theirs alone."""
    grains = [key.grain for key in own]
    if by_months and any(grain in (Granularity.WEEK, None) for grain in grains):
        message = f"{subject} is taken from {counted(by_months, 'month')} before"
        raise TimeMismatch(f"{message}: its days do not line up with weeks. Split by month.", names=(subject, "week"))
    length = max((MONTHS_OF.get(grain, 0) for grain in grains if grain), default=0)
    is_longer = by_days < 28 * length or (by_days < 7 and Granularity.WEEK in grains)
    if (by_months and by_months < length) or (by_days and not by_months and is_longer):
        back = counted(by_months, "month") if by_months else counted(by_days, "day")
        message = f"{subject} reads {back} before, and these periods are longer, so each overlaps itself"
        split = "month" if by_months else "day"
        raise TimeMismatch(f"{message}. Split by {split}.", names=(subject, split))
    if by_months and by_days and any(grain is not Granularity.DAY for grain in grains):
        back = f"{counted(by_months, 'month')} and {counted(by_days, 'day')}"
        message = f"{subject} is taken from {back} before"
        raise TimeMismatch(f"{message}: days and months do not line up. Split by day.", names=(subject, "month"))


def unit_of(context: Context, own: Sequence[Key]) -> Granularity:
    """The shortest period that a context and the breakdowns of its date tell apart; a day where none is shorter."""
    spans = [one.back.unit for one in context.shifts if one.back]
    spans += [one.to for one in context.shifts if one.to]
    if context.window is not None:
        spans += [context.window.window.unit] if context.window.window else []
        spans += [context.window.to_date] if context.window.to_date else []
    clocks = [one for one in (*spans, *(key.grain for key in own)) if one is not None and one.is_clock]
    return min(clocks, key=list(Granularity).index, default=Granularity.DAY)


def spine_of(asked: Asked, unit: Granularity = Granularity.DAY, subject: str = "") -> Spine:
    """The days that the model says there are, else those that the engine counts. Hours and less are the model's.

    Raises TimeMismatch where it has none.
    """
    model = asked.visible.model
    text = dict(model.settings.clock_spines).get(unit, "") if unit.is_clock else model.settings.spine
    if not text and unit.is_clock:
        message = f"{subject} is counted by whole days: it cannot be split by {unit.value}."
        raise TimeMismatch(message, names=(subject, unit.value))
    if not text:
        return Spine()
    name, _, dimension = text.partition(".")
    dataset = model.datasets[name]
    time = dataset.dimensions[dimension]
    return Spine(dataset, time.sql if unit.is_clock else time.day or time.sql, unit)


def _read_days(laid: Laid, shown: Days, asked: Asked) -> Days:
    """The days whose rows are needed: from where the first shown day's window begins to the day of the last one."""
    end = _evaluated(shown.end - timedelta(days=1), laid, asked) + timedelta(days=1) if shown.end else None
    start = _evaluated(shown.start, laid, asked) if shown.start else None
    if laid.by is not None:
        return widened(Days(start, end), laid.by, asked.calendar)
    if laid.window is None or start is None:
        return Days(start, end)
    if laid.window.window is not None:
        within_days = 0 if laid.window.window.unit.is_clock else 1
        return Days(moved(start, laid.window.window, -1) + timedelta(days=within_days), end)
    if laid.window.to_date is not None:
        return Days(first_day(start, laid.window.to_date, asked.calendar), end)
    return Days(None, end)


def _evaluated(day: date, laid: Laid, asked: Asked) -> date:
    for one in laid.shifts:
        if one.back is not None:
            day = moved(day, one.back, -1)
        if one.to is not None:
            day = first_day(day, one.to, asked.calendar)
    return day


def moved(day: date, span: Span, direction: int) -> date:
    """The day a span later or earlier; the last of a month for a day that it lacks. Hours reach into another day."""
    if span.unit.is_clock:
        days = -(-steps(span).seconds // 86_400)
        return day + timedelta(days=direction * days)
    return shift(day, span.unit, direction * span.count)


@dataclass(frozen=True, slots=True)
class Steps:
    """A span as months, days and seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0


def steps(span: Span) -> Steps:
    """The months, days and seconds of a span; one of them."""
    units = (_IN_MONTHS, _IN_DAYS, _IN_SECONDS)
    return Steps(*(span.count * unit.get(span.unit, 0) for unit in units))
