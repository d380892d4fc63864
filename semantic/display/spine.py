"""The periods of an axis: every period from the first to the last, and the ones that are incomplete."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from semantic.display.format import MONTHS_OF, add_months, counted, next_period, period
from semantic.display.groups import Rows
from semantic.model.definitions import Granularity, OverTime
from semantic.query.describe import MONTHS, describe_day
from semantic.results.finality import asked_day, first_open
from semantic.results.result import Result, ResultColumn

PERIODS = 1_500
REACH = 100  # how many periods an axis continues beyond its data, to the ends of the question's days


def spine_of(result: Result, rows: Rows) -> list[date]:
    """Return every period from the first to the last, so that a missing period shows as a gap.

    The axis covers all of the question's own period, so readers can see where data is missing at the ends.
    """
    assert rows.time is not None
    grain, known = rows.time.grain, sorted({day for day in rows.periods if day is not None})
    first, last = known[0], known[-1]
    start, end = result.period.start, result.period.whole_end
    spine = [first]
    while spine[-1] < last and len(spine) <= PERIODS:
        spine.append(next_period(spine[-1], grain))
    if not set(known) <= set(spine):
        return known
    if isinstance(first, datetime):
        return spine
    before = [] if start is None else _reach(first, _begin(start, first, grain), grain, -1)
    after = [] if end is None else _reach(next_period(last, grain), end, grain, 1)
    return before[:0:-1] + spine + after


def _reach(first: date, bound: date, grain: Granularity | None, step: int) -> list[date]:
    """Return the periods from `first` towards `bound`. Empty if there are too many to draw."""
    periods = [first] if step < 0 or first < bound else []
    while periods and (periods[-1] > bound if step < 0 else next_period(periods[-1], grain) < bound):
        if len(periods) > REACH:
            return []
        periods.append(next_period(periods[-1], grain, step))
    return periods


def _begin(start: date, anchor: date, grain: Granularity | None) -> date:
    """Return the first day of the period that contains `start`. `anchor` is the first day of any other period."""
    if grain is Granularity.WEEK:
        return start - timedelta(days=min((start.weekday() - anchor.weekday()) % 7, start.toordinal() - 1))
    if grain is None or grain not in MONTHS_OF:
        return start
    months = (start.year - anchor.year) * 12 + start.month - anchor.month
    return add_months(anchor.replace(day=1), months - months % MONTHS_OF[grain])


def on_axis(spine: Sequence[date], zone: ZoneInfo) -> list[date]:
    """Return the periods in local time.

    The spine has hours as instants, because an hour occurs twice when the clocks change.
    """
    return [day.astimezone(zone).replace(tzinfo=None) if isinstance(day, datetime) else day for day in spine]


@dataclass(frozen=True, slots=True)
class PartialPeriod:
    """A period that a metric counts only in part: its position on the axis, and the reason in words.

    `days` is short enough to follow the period's name, such as "to 24 Jun". `missing` is the number of days that don't
    count, or None if the reason isn't missing days.
    """

    place: int
    words: str
    days: str
    missing: int | None = None


def begun(
    metric: ResultColumn,
    result: Result,
    grain: Granularity | None,
    known: Collection[date | None],
    spine: Sequence[date],
) -> PartialPeriod | None:
    """Return a metric's first period if the question or the data begins after the period does, otherwise None.

    A value as of a period's last day doesn't depend on the period's beginning, so it has no such period. `known` has
    the periods with a row.
    """
    start = metric.counted_from or result.period.start
    if start is None or isinstance(spine[0], datetime) or metric.timing.of_day is OverTime.LAST:
        return None
    place = max((at for at, day in enumerate(spine) if day < start), default=-1)
    if place < 0 or spine[place] not in known or next_period(spine[place], grain) <= start:
        return None
    first = spine[place]
    return PartialPeriod(
        place,
        f"{period(first, grain)} is partial: counted from {describe_day(start)}",
        f"from {_short(start, first, grain)}",
        (start - first).days,
    )


def running(
    metric: ResultColumn,
    result: Result,
    grain: Granularity | None,
    known: Collection[date | None],
    spine: Sequence[date],
) -> PartialPeriod | None:
    """Return a metric's last period if it isn't complete, otherwise None.

    It isn't complete if the question, the data, or the day of the question ends before the period does.
    """
    if isinstance(spine[0], datetime):
        return None
    asked = asked_day(result)
    ends = [result.period.end, asked] if metric.counted_to is None else [metric.counted_to]
    place = max((at for at, day in enumerate(spine) if day in known and _is_reached(day, metric)), default=-1)
    if place < 0:
        return None
    first = spine[place]
    loaded = result.data_to.astimezone(ZoneInfo(result.period.time_zone)) if result.data_to else None
    if all(last is None or last < first for last in (*ends, loaded and loaded.date())):
        return None  # a plan for future days, or a date beyond any calendar
    over = next_period(first, grain)
    inside = sorted(day for day in ends if day is not None and first < day < over)
    lasts = [day - timedelta(days=1) for day in inside[:1]]
    to, counted = ("as of", "as of") if metric.timing.of_day is OverTime.LAST else ("to", "counted to")
    said = [(f"{counted} {describe_day(day)}", f"{to} {_short(day, first, grain)}") for day in lasts]
    missing = (over - inside[0]).days if inside and to == "to" else None
    lets_in = metric.counted_to is None or metric.counted_to == asked + timedelta(days=1)
    if lets_in and loaded is not None and first <= loaded.date() < min([*inside, over]):
        at = f"{_short(loaded, first, grain)}, {loaded:%H:%M}"
        said, missing = [(f"its data was loaded on {describe_day(loaded)}, {loaded:%H:%M}", f"loaded {at}")], None
    elif metric.counted_to == asked + timedelta(days=1) == over and asked >= first:
        said = [(f"{describe_day(asked)} isn't over yet", "not over yet")]
    return (
        PartialPeriod(place, f"{period(first, grain)} is partial: {said[0][0]}", said[0][1], missing) if said else None
    )


def short_windows(
    metric: ResultColumn, grain: Granularity | None, known: Collection[date | None], spine: Sequence[date]
) -> dict[int, str]:
    """Return, by position, the periods whose window begins before the data does: "3 of 28 days"."""
    whole_day = None if metric.data_from is None else metric.timing.whole_from(metric.data_from)
    if metric.data_from is None or whole_day is None or metric.timing.from_before or isinstance(spine[0], datetime):
        return {}
    is_of_last = metric.timing.of_day is OverTime.LAST
    days = [next_period(day, grain) if is_of_last else day + timedelta(days=1) for day in spine]
    ends = [day if metric.counted_to is None else min(day, metric.counted_to) for day in days]
    first, length = metric.data_from, counted((whole_day - metric.data_from).days + 1, "day")
    return {
        at: f"{(end - first).days} of {length}"
        for at, (day, end) in enumerate(zip(spine, ends, strict=True))
        if day in known and _is_reached(day, metric) and first < end <= whole_day
    }


def _short(day: date, first: date, grain: Granularity | None) -> str:
    """Return a day in the form that follows its period's name: 24 Jun.

    If the period is in two years, the year is included.
    """
    last = next_period(first, grain) - timedelta(days=1)
    return describe_day(day) if first.year != last.year else f"{day.day} {MONTHS[day.month - 1]}"


def days_by_place(first: PartialPeriod | None, last: PartialPeriod | None, short: Mapping[int, str]) -> dict[int, str]:
    """Return the counted days of incomplete periods, by position: "from 10 Jun", "to 24 Jun", or "10 – 24 Jun".

    If only the days before a period are missing from its window, it's the number of counted days instead.
    """
    days = dict(short) | {part.place: part.days for part in (first, last) if part is not None}
    if first is not None and last is not None and first.place == last.place and last.days.startswith("to "):
        begins, ends = first.days.removeprefix("from "), last.days.removeprefix("to ")
        same_month = begins.partition(" ")[2] == ends.partition(" ")[2]
        days[last.place] = f"{begins.partition(' ')[0] if same_month else begins} – {ends}"
    return days


def counted_days(
    first: PartialPeriod | None, last: PartialPeriod | None, spine: Sequence[date], grain: Granularity | None
) -> dict[int, str]:
    """Return how many days of each incomplete period count, by position: "3 of 7 days".

    Periods that are incomplete for other reasons are left out.
    """
    missing: dict[int, list[int | None]] = {}
    for part in (first, last):
        if part is not None:
            missing.setdefault(part.place, []).append(part.missing)
    said: dict[int, str] = {}
    for place, days in missing.items():
        if None in days:
            continue
        length = (next_period(spine[place], grain) - spine[place]).days
        said[place] = f"{length - sum(day or 0 for day in days)} of {counted(length, 'day')}"
    return said


def _is_reached(first: date, metric: ResultColumn) -> bool:
    """Whether a metric counts at least one day of the period that starts on `first`."""
    return metric.counted_to is None or first < metric.counted_to


def open_from(metric: ResultColumn, result: Result, rows: Rows, spine: Sequence[date]) -> int | None:
    """Return the position of the first period that can still change, or None if none can.

    A period can still change if one of its days isn't final, or if one of its cohorts can still convert.
    """
    first = first_open(metric, result)
    if first is None or rows.time is None or isinstance(spine[0], datetime):
        return None
    end, grain = result.period.end or date.max, rows.time.grain
    overs = [min(next_period(day, grain), end) for day in spine]
    return next((at for at, over in enumerate(overs) if over > first), None)
