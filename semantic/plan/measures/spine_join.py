"""Choose the rows for a metric that reads another time, shifted as whole periods or day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import TimeMismatch, counted
from semantic.model.definitions import CalendarSpan, Granularity, Metric, OverTime, Span
from semantic.model.replace_fields import replace_fields
from semantic.plan.measures.metrics import split_metrics
from semantic.plan.measures.unknown import days_of, lacks_edge, lacks_opening
from semantic.plan.tree.contexts import Context
from semantic.plan.tree.fields import CalendarKey
from semantic.plan.tree.nodes import Laid, Spine, Unknown
from semantic.query.comparisons import NEGLIGIBLE, Compared, Partners, cut_rows, lacks_partners, moved_back, partners_of
from semantic.query.followed import observed
from semantic.query.periods import (
    MONTHS_OF,
    Days,
    Same,
    days_between,
    end_before_today,
    first_day,
    shift,
    shortest,
    whole_from,
    widened,
)
from semantic.query.resolve import Asked, Key, compared_of, reach_of

_IN_MONTHS = {Granularity.MONTH: 1, Granularity.QUARTER: 3, Granularity.YEAR: 12}
_IN_SECONDS = {Granularity.SECOND: 1, Granularity.MINUTE: 60, Granularity.HOUR: 3_600}
_IN_DAYS = {Granularity.DAY: 1, Granularity.WEEK: 7}


@dataclass(frozen=True, slots=True)
class RowPlacement:
    """The days whose rows are read, and where those rows appear: shifted by days and months, or expanded over days."""

    days: Days
    move_days: int = 0
    move_months: int = 0
    laid: Laid | None = None
    same: Same | None = None  # which days need the same day later


def place_rows(
    context: Context,
    shown: Days,
    own: Sequence[Key],
    asked: Asked,
    subject: str,
    known_by: Granularity = Granularity.DAY,
    first: date | None = None,
    of_day: OverTime | None = None,
    compared: Compared | None = None,
) -> RowPlacement:
    """Return the rows that a context reads for the days `shown`, broken down by the date keys `own`.

    The context reads an earlier time or a window. `known_by` is the period that a date represents, and rows are read in
    whole periods. `first` is the first day with data. An earlier period counts only if all of it is known. `of_day` is
    the day of a balance. The days of a comparison are shifted as the comparison says. Raises TimeMismatch if the shown
    period has no earlier one.
    """
    backs = [steps(each_shift.back) for each_shift in context.shifts if each_shift.back]
    by_days, by_months = sum(one.days for one in backs), sum(one.months for one in backs)
    unit = unit_of(context, own)
    to_start = any(each_shift.to for each_shift in context.shifts)
    by_calendar = any(each_shift.periods for each_shift in context.shifts)
    grains = [key.grain for key in own if key.grain]
    each_day = bool(own) and _pairs_each_day(asked)
    by_day = bool(by_months) and Granularity.DAY in grains
    if context.window is None and not to_start and not each_day and not unit.is_clock and not by_calendar:
        _check_lines_up(by_days, by_months, own, subject)
        if not by_day and len(grains) == len(own):
            if not own and not _pairs_each_day(asked) and _overlaps(shown, by_days, by_months):
                back = counted(by_months, "month") if by_months else counted(by_days, "day")
                message = f"{subject} looks back {back}, but this period is longer, so the two overlap"
                raise TimeMismatch(
                    f"{message}. Break down by date, or choose a shorter period.", names=(subject, "month")
                )
            return _moved_as_whole(
                shown, by_days, by_months, [grain for grain in grains if grain], asked, first, of_day, compared
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
    for each_shift in context.shifts:
        if each_shift.periods is None:
            continue
        laid = replace(laid, periods=_calendar(each_shift.periods, context, asked, subject))
        return RowPlacement(Days(None, shown.end), laid=laid)
    read = _read_days(laid, shown, asked)
    if context.window is None and not to_start and not unit.is_clock and (by or not each_day):
        days = moved_back(shown, by_days, by_months)
        laid = replace(
            laid,
            whole=(days.start, days.end),
            same_day=0 if by else _same_day(shown, days, by_months),
        )
        read = days if by else Days(_first(read.start, days.start), _last(read.end, days.end))
        if first is not None and not by and not each_day:
            read = replace(read, start=max(read.start, first) if read.start else first)
    if read.start is not None:
        read = replace_fields(read, start=first_day(read.start, known_by, asked.calendar))
    return RowPlacement(read, laid=laid)


def _moved_as_whole(
    shown: Days,
    by_days: int,
    by_months: int,
    grains: Sequence[Granularity],
    asked: Asked,
    first: date | None,
    of_day: OverTime | None,
    compared: Compared | None,
) -> RowPlacement:
    """Return the earlier days to shift onto the question's days as whole periods.

    Periods without an earlier partner are left out.
    """
    each_day = _pairs_each_day(asked)
    rows = shortest(grains) if grains else None
    if by_days or not by_months:
        partners = Partners(moved_back(shown, by_days, by_months))
    else:
        partners = partners_of(shown, by_months, rows, asked.calendar)
    days = partners.days
    if rows is None:
        before = first is not None and days.start is not None and days.start < first
        lacks = not each_day and (before or _has_none(shown, by_days, by_months, of_day))
        days = Days(days.start, days.start) if lacks and days.start is not None else days
    elif not each_day:
        # A total covers the days of every period, including those that are missing.
        leaves_out = by_months and (of_day is not None or not asked.totals)
        begins, ends = _with_partners(shown, by_months, rows, asked, of_day) if leaves_out else (None, None)
        if begins is not None:
            days = replace(days, start=begins)
        if ends is not None:
            days = replace(days, end=ends)
        if first is not None and (days.start is None or days.start < first):
            days = replace(days, start=_first_whole(first, by_days, by_months, rows, compared, asked))
        if days.start is not None and days.end is not None and days.end < days.start:
            days = replace(days, end=days.start)
    same = Same(by_months, partners.same_until, partners.same_since) if partners.only_same and not each_day else None
    return RowPlacement(days, by_days, by_months, same=same)


def _first_whole(
    first: date, by_days: int, by_months: int, rows: Granularity, compared: Compared | None, asked: Asked
) -> date:
    """Return the first earlier day to read, so that the earlier days of every shown period are completely known."""
    days, months = (compared.move_days, compared.move_months) if compared else (0, 0)
    shown = shift(first, Granularity.MONTH, by_months) + timedelta(days=by_days)
    begins = whole_from(shift(shown + timedelta(days=days), Granularity.MONTH, months), rows, asked.calendar)
    begins = shift(begins, Granularity.MONTH, -months) - timedelta(days=days)
    return max(first, shift(begins - timedelta(days=by_days), Granularity.MONTH, -by_months))


def _with_partners(
    shown: Days, months: int, rows: Granularity, asked: Asked, of_day: OverTime | None
) -> tuple[date | None, date | None]:
    """Return the start and end of the days `months` earlier, without periods that lack partners.

    Only a period that the question cuts can lack them: too many of its days don't exist in the earlier month.
    """
    if shown.is_made_of_months or shown.start is None or shown.end is None:
        return None, None
    first, last = cut_rows(shown, rows, asked.calendar)
    begins = ends = None
    if (
        first is not None
        and first.end is not None
        and observed(_lacks, shown.start, min(first.end, shown.end), months, of_day)
    ):
        begins = shift(first.end, Granularity.MONTH, -months)
    if last is not None and last.start is not None and last.start < shown.end:
        lacks = observed(_lacks, last.start, shown.end, months, of_day)
        ends = shift(last.start, Granularity.MONTH, -months) if lacks else None
    return begins, ends


def lacking_rows(metric: Metric, compare: str, asked: Asked) -> Iterator[Unknown]:
    """Yield the periods that the question cuts and in which too many days have no earlier partner."""
    rows = asked.split.months_of_rows if asked.totals else None
    if rows is None or _pairs_each_day(asked):
        return
    own = days_of(metric, asked)
    compared = compared_of(compare, reach_of(metric, asked))
    days = compared.days if compared else own
    if own.is_empty or own.start is None:
        return
    for leaf in split_metrics([metric], asked.visible.model).leaves:
        backs = [steps(shift.back) for shift in leaf.context.shifts if shift.back]
        months = sum(back.months for back in backs)
        if not months or leaf.context.window is not None or any(shift.to for shift in leaf.context.shifts):
            continue
        begins, ends = _with_partners(days, months, rows, asked, leaf.measure.over_time)
        for key in asked.keys:
            if key.name not in asked.dates or key.grain is None:
                continue
            if begins is not None:
                yield Unknown(key.name, on=first_day(own.start, key.grain, asked.calendar))
            if ends is not None and own.end is not None:
                yield Unknown(key.name, on=first_day(own.end - timedelta(days=1), key.grain, asked.calendar))


def _lacks(start: date, end: date, months: int, of_day: OverTime | None) -> bool:
    """Return whether too many days have no partner `months` earlier, or the day of a balance has none."""
    if of_day in (OverTime.FIRST, OverTime.LAST) and end > start:
        day = start if of_day is OverTime.FIRST else end - timedelta(days=1)
        if shift(day, Granularity.MONTH, -months).day != day.day:
            return True
    lacking = sum(shift(day, Granularity.MONTH, -months).day != day.day for day in days_between(start, end))
    return lacking > NEGLIGIBLE * (end - start).days


def _pairs_each_day(asked: Asked) -> bool:
    """Return whether days are paired one by one, as in some other tools, so that some days count twice."""
    return asked.visible.model.settings.rules.offset == "days"


def _same_day(shown: Days, earlier: Days, months: int) -> int:
    """Return by how many months the days of the month have to match, or 0 if whole months are paired."""
    return months if months and not shown.is_made_of_months and lacks_partners(earlier, months) else 0


def _overlaps(shown: Days, by_days: int, by_months: int) -> bool:
    """Return whether the requested days, known or not, overlap their earlier days. Unlimited days always do."""
    end = shown.end if shown.is_open else shown.whole_end
    if shown.start is None or end is None:
        return True
    return observed(_reaches_itself, shown.start, end, by_days, by_months)


def _reaches_itself(start: date, end: date, by_days: int, by_months: int) -> bool:
    last = end - timedelta(days=1)
    return last >= start and shift(last - timedelta(days=by_days), Granularity.MONTH, -by_months) >= start


def _has_none(shown: Days, by_days: int, by_months: int, of_day: OverTime | None) -> bool:
    """Return whether the days as a whole have no earlier counterpart.

    Either they overlap their own earlier days, or too many of them have no partner.
    """
    if shown.start is None or shown.end is None or shown.is_empty or _overlaps(shown, by_days, by_months):
        return True
    if not by_months or shown.is_made_of_months:
        return False
    return observed(_lacks, shown.start, shown.end, by_months, of_day)


def lacks_total(metric: Metric, compare: str, asked: Asked) -> bool:
    """Return whether part of a metric reads earlier days, and the question as a whole has too few of them."""
    if _pairs_each_day(asked):
        return False
    parts = split_metrics([metric], asked.visible.model)
    if not compare and parts.adds_own_days:
        return False
    own = days_of(metric, asked)
    compared = compared_of(compare, reach_of(metric, asked))
    if lacks_edge(metric, compared, own, asked):
        return True
    days = compared.days if compared else own
    first = reach_of(metric, asked).first
    if lacks_opening(metric, days, asked):
        return True
    for leaf in parts.leaves:
        backs = [steps(shift.back) for shift in leaf.context.shifts if shift.back]
        if not backs or any(shift.to for shift in leaf.context.shifts) or leaf.context.window is not None:
            continue
        by_days, by_months = sum(back.days for back in backs), sum(back.months for back in backs)
        earlier = moved_back(days, by_days, by_months)
        is_before = first is not None and earlier.start is not None and earlier.start < first
        if is_before or _overlaps(own, by_days, by_months):
            return True
        if _has_none(days, by_days, by_months, leaf.measure.over_time):
            return True
    return False


def _closed(shown: Days, at: OverTime, own: Sequence[Key], asked: Asked, subject: str) -> Days:
    """Return the days, ending with the last complete day if they have no end. Raises TimeMismatch.

    Otherwise the end would depend on which rows pass a filter, or differ between two facts. For the same reason, the
    days must have a start.
    """
    if at is OverTime.FIRST and not own and shown.start is None and not asked.visible.model.settings.spine:
        message = f"{subject} shows the first day's value, but this question has no start date."
        raise TimeMismatch(f"{message} Choose a period with a start date.", names=(subject,))
    return shown if shown.end else end_before_today(shown, today=asked.today)


def _calendar(span: CalendarSpan, context: Context, asked: Asked, subject: str) -> CalendarKey:
    """Return the calendar whose periods a shift counts. Raises TimeMismatch together with another shift."""
    if len(context.shifts) > 1 or context.window is not None:
        message = f"{subject} goes back by {span.words} and also uses another time shift."
        raise TimeMismatch(f"{message} Only one of the two can be used.", names=(subject, span.period))
    period = asked.visible.model.period(span.period)
    assert period is not None  # checked at load
    dimensions = asked.visible.model.datasets[period[0].dataset].dimensions
    return CalendarKey(period[0].dataset, dimensions[period[0].day], dimensions[period[1].dimension])


def _read_by(context: Context, own: Sequence[Key]) -> Granularity | None:
    """Return the period that is paired as a whole: the shortest shown period, unless the shift is shorter.

    None if single days are paired, because nothing longer is shown or because weeks would have to begin with a month.
    """
    grains = [key.grain for key in own if key.grain]
    if len(context.shifts) != 1 or context.window is not None or not grains:
        return None
    order, [offset] = list(Granularity), context.shifts
    shortest, unit = min(grains, key=order.index), offset.back.unit if offset.back else offset.to
    if unit is None or not order.index(Granularity.DAY) < order.index(shortest) <= order.index(unit):
        return None
    return None if offset.to and shortest is Granularity.WEEK else shortest


def _first(day: date | None, other: date | None) -> date | None:
    return min(day, other) if day and other else None


def _last(day: date | None, other: date | None) -> date | None:
    return max(day, other) if day and other else None


def _check_lines_up(by_days: int, by_months: int, own: Sequence[Key], subject: str) -> None:
    """Raise TimeMismatch unless shown periods line up with earlier ones.

    A week has no counterpart a month earlier, because two weeks would share days.
    """
    grains = [key.grain for key in own]
    if by_months and any(grain in (Granularity.WEEK, None) for grain in grains):
        message = f"{subject} is taken from {counted(by_months, 'month')} earlier"
        raise TimeMismatch(
            f"{message}, and those days don't line up with weeks. Break down by month.", names=(subject, "week")
        )
    length = max((MONTHS_OF.get(grain, 0) for grain in grains if grain), default=0)
    is_longer = by_days < 28 * length or (by_days < 7 and Granularity.WEEK in grains)
    if (by_months and by_months < length) or (by_days and not by_months and is_longer):
        back = counted(by_months, "month") if by_months else counted(by_days, "day")
        message = f"{subject} looks back {back}, but these periods are longer, so they overlap"
        split = "month" if by_months else "day"
        raise TimeMismatch(f"{message}. Break down by {split}.", names=(subject, split))
    if by_months and by_days and any(grain is not Granularity.DAY for grain in grains):
        back = f"{counted(by_months, 'month')} and {counted(by_days, 'day')}"
        message = f"{subject} is taken from {back} earlier"
        raise TimeMismatch(
            f"{message}, and days and months don't line up. Break down by day.", names=(subject, "month")
        )


def unit_of(context: Context, own: Sequence[Key]) -> Granularity:
    """Return the shortest period in a context and its date breakdowns, at least a day."""
    spans = [each_shift.back.unit for each_shift in context.shifts if each_shift.back]
    spans += [each_shift.to for each_shift in context.shifts if each_shift.to]
    if context.window is not None:
        spans += [context.window.window.unit] if context.window.window else []
        spans += [context.window.to_date] if context.window.to_date else []
    clocks = [grain for grain in (*spans, *(key.grain for key in own)) if grain is not None and grain.is_clock]
    return shortest(clocks) if clocks else Granularity.DAY


def spine_of(asked: Asked, unit: Granularity = Granularity.DAY, subject: str = "") -> Spine:
    """Return the spine of the model, or of days that the engine generates. Raises TimeMismatch.

    Periods shorter than a day need a spine in the model.
    """
    model = asked.visible.model
    text = dict(model.settings.clock_spines).get(unit, "") if unit.is_clock else model.settings.spine
    if not text and unit.is_clock:
        message = f"{subject} is counted in whole days, so it can't be broken down by {unit.value}."
        raise TimeMismatch(message, names=(subject, unit.value))
    if not text:
        return Spine()
    name, _, dimension = text.partition(".")
    dataset = model.datasets[name]
    time = dataset.dimensions[dimension]
    return Spine(dataset, time.sql if unit.is_clock else time.day or time.sql, unit)


def _read_days(laid: Laid, shown: Days, asked: Asked) -> Days:
    """Return the days whose rows are read: from the start of the first window to the end of the last."""
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
    for each_shift in laid.shifts:
        if each_shift.back is not None:
            day = moved(day, each_shift.back, -1)
        if each_shift.to is not None:
            day = first_day(day, each_shift.to, asked.calendar)
    return day


def moved(day: date, span: Span, direction: int) -> date:
    """Return the day that is a span later or earlier, or the last day of a month that is too short.

    A span of hours can lead to another day.
    """
    if span.unit.is_clock:
        days = -(-steps(span).seconds // 86_400)
        return day + timedelta(days=direction * days)
    return shift(day, span.unit, direction * span.count)


@dataclass(frozen=True, slots=True)
class Steps:
    """A length of time in months, days and seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0


def steps(span: Span) -> Steps:
    """Return a span as months, days or seconds."""
    units = (_IN_MONTHS, _IN_DAYS, _IN_SECONDS)
    return Steps(*(span.count * unit.get(span.unit, 0) for unit in units))
