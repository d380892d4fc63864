"""A schedule, its slots (the times it is due) in UTC, and its forms for people: form fields and a sentence.

A schedule uses wall-clock time. A slot in the hour that daylight saving time skips is due right after the clocks
change. A slot in the hour that occurs twice is due only the first time, except for an hourly schedule, which is due
both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from semantic.display.charts.standing import ordinal
from semantic.display.format import listed
from semantic.errors import InvalidQuery

LEAST_MINUTES: Final = 15
"""The shortest time between two slots."""
LAST: Final = 31
"""The day number that means the last day of the month, however long the month is."""
_LONGEST: Final = 100  # characters of a cron rule
_DAY_MINUTES: Final = 24 * 60
_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORKDAYS: Final = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A cron rule, and the time zone of its times."""

    cron: str  # five fields: minute, hour, day of month, month, day of week
    zone: str  # such as Europe/Berlin


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A schedule as the fields of a form.

    `days` are days of the week for `week`, where Monday is 0, or days of the month for `month`, where 31 is the last
    one. For `hour`, only the minutes of `at` are used.
    """

    every: Literal["hour", "day", "weekday", "week", "month"]
    at: time
    days: tuple[int, ...] = ()


def next_slot(schedule: Schedule, after: datetime) -> datetime:
    """Return the first slot after a moment, in UTC. Raises InvalidQuery if there are no more slots."""
    slot = next(_slots(schedule, after), None)
    if slot is None:
        raise InvalidQuery(f"The schedule {schedule.cron!r} is never due. Choose a day that exists.")
    return slot


def slots_between(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Return the slots after a moment, up to and including `until`, in UTC. Raises InvalidQuery."""
    slots: list[datetime] = []
    for slot in _slots(schedule, after):
        if slot > until:
            break
        slots.append(slot)
    return slots


def check_schedule(schedule: Schedule) -> None:
    """Raise InvalidQuery if a schedule is invalid, or is due more often than every 15 minutes."""
    zone_of(schedule.zone)
    rule = _parse(schedule.cron, _ANY)
    minutes = sorted(60 * hour + minute for hour in rule.hours for minute in rule.minutes)
    gaps = [later - earlier for earlier, later in pairwise([*minutes, minutes[0] + _DAY_MINUTES])]
    if min(gaps) < LEAST_MINUTES:
        raise InvalidQuery(
            f"The schedule {schedule.cron!r} is due more often than every {LEAST_MINUTES} minutes. Choose longer gaps."
        )
    next_slot(schedule, _ANY)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this name. Raises InvalidQuery if it's unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidQuery(f"There is no time zone named {name!r}. Use a name such as Europe/Berlin.") from None


def _slots(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield every slot after a moment, in UTC, in order and without duplicates."""
    zone, fields = zone_of(schedule.zone), schedule.cron.split()
    local = after.astimezone(zone)
    if fields[1:2] == ["*"]:  # every hour: an hour that occurs twice has a slot each time
        moments: Iterator[datetime] = (moment.astimezone(UTC) for moment in _parse(schedule.cron, local))
    else:
        walls = _parse(schedule.cron, local.replace(tzinfo=None))
        moments = (_moment(wall, zone) for wall in walls)
    latest = after
    for moment in moments:
        if moment > latest:
            latest = moment
            yield moment


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment when a clock first shows a time, or if the clock skips it, the moment after the change."""
    while True:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


def _parse(cron: str, start: datetime) -> CronSim:
    """Parse a cron expression into its times after `start`, in the time zone of `start`. Raises InvalidQuery."""
    fields = cron.split() if len(cron) <= _LONGEST else []
    try:
        if len(fields) == 5:
            return CronSim(cron, start)
    except (CronSimError, AssertionError, ValueError):
        pass
    raise InvalidQuery(
        f"{cron[:_LONGEST]!r} isn't a schedule. Use five fields: minute, hour, day of month, month and day of week, as "
        "in '0 8 * * 1' for Mondays at 08:00."
    )


def schedule_of(plain: Plain, zone: str) -> Schedule:
    """Return the schedule that a form's fields describe, after checking it. Raises InvalidQuery."""
    schedule = Schedule(cron=_cron_of(plain), zone=zone)
    check_schedule(schedule)
    return schedule


def _cron_of(plain: Plain) -> str:
    at, days = f"{plain.at.minute} {plain.at.hour}", tuple(sorted(set(plain.days)))
    match plain.every:
        case "hour":
            return f"{plain.at.minute} * * * *"
        case "day":
            return f"{at} * * *"
        case "weekday":
            return f"{at} * * 1-5"
        case "week":
            return f"{at} * * {_week_field(days)}"
        case "month":
            if not days or not all(1 <= day <= LAST for day in days):
                raise InvalidQuery("Choose at least one day of the month.")
            return f"{at} {','.join('L' if day == LAST else str(day) for day in days)} * *"


def _week_field(days: tuple[int, ...]) -> str:
    if not days or not all(0 <= day < len(_DAYS) for day in days):
        raise InvalidQuery("Choose at least one day of the week.")
    if len(days) == len(_DAYS):
        return "*"
    return "1-5" if days == _WORKDAYS else ",".join(str(day + 1) for day in days)


_NUMBER: Final = re.compile(r"[0-9]{1,2}")


def plain_of(schedule: Schedule) -> Plain | None:
    """Return a schedule as the fields of a form, or None if the form can't show it."""
    fields = schedule.cron.split()
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    if month != "*" or not _is_number(minute, 59) or not (hour == "*" or _is_number(hour, 23)):
        return None
    at = time(0 if hour == "*" else int(hour), int(minute))
    match hour, day, weekday:
        case "*", "*", "*":
            return Plain(every="hour", at=at)
        case "*", _, _:
            return None
        case _, "*", "*":
            return Plain(every="day", at=at)
        case _, "*", "1-5":
            return Plain(every="weekday", at=at)
        case _, "*", _:
            weekdays = weekday.split(",")
            if not all(_is_number(each, 7) for each in weekdays):
                return None
            return Plain(every="week", at=at, days=tuple(sorted({(int(each) - 1) % 7 for each in weekdays})))
        case _, _, "*":
            days = day.split(",")
            if not all(each == "L" or _is_number(each, 30, least=1) for each in days):
                return None
            return Plain(
                every="month", at=at, days=tuple(sorted({LAST if each == "L" else int(each) for each in days}))
            )
        case _:
            return None


def _is_number(text: str, most: int, least: int = 0) -> bool:
    return _NUMBER.fullmatch(text) is not None and least <= int(text) <= most


_HOURS: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


def schedule_words(schedule: Schedule) -> str:
    """Return a schedule as a sentence, without a full stop.

    >>> schedule_words(Schedule(cron="0 8 * * 1", zone="Europe/Berlin"))
    'Every Monday at 08:00, Europe/Berlin time'
    """
    plain = plain_of(schedule)
    words = _plain_words(plain) if plain is not None else _hours_words(schedule.cron)
    zone = "UTC" if schedule.zone == "UTC" else f"{schedule.zone} time"
    return f"{words or f'By the cron rule {schedule.cron}'}, {zone}"


def _plain_words(plain: Plain) -> str:
    at = f"{plain.at:%H:%M}"
    match plain.every:
        case "hour":
            return f"Every hour{_past(plain.at.minute)}"
        case "day":
            return f"Every day at {at}"
        case "weekday":
            return f"Every weekday at {at}"
        case "week":
            return f"Every {listed(_DAYS[day] for day in plain.days)} at {at}"
        case "month":
            days = listed("last day" if day == LAST else ordinal(day) for day in plain.days)
            lacking = " that has one" if any(28 < day < LAST for day in plain.days) else ""
            return f"On the {days} of each month{lacking} at {at}"


def _past(minute: int) -> str:
    return f", {minute} minutes past" if minute > 1 else ", one minute past" if minute else ""


def _hours_words(cron: str) -> str:
    """Return a description of a rule for a range of hours, daily or on weekdays, or "" for any other rule."""
    fields = cron.split()
    hours = _HOURS.fullmatch(fields[1]) if len(fields) == 5 else None
    if hours is None or not _is_number(fields[0], 59):
        return ""
    days = {("*", "*", "*"): "", ("*", "*", "1-5"): " on weekdays"}.get((fields[2], fields[3], fields[4]))
    if days is None:
        return ""
    first, last = (f"{int(hour):02}:{int(fields[0]):02}" for hour in hours.groups())
    return f"Every hour from {first} to {last}{days}"
