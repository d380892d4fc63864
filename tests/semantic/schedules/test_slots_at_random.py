"""Slots of random schedules around each clock change, compared with a clock that is read minute by minute."""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from semantic.schedules.schedule import Schedule, next_slot, slots_between
from tests.proof import part

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SCHEDULES = 60
ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",  # at midnight
    "Asia/Beirut",  # at midnight
    "Africa/Casablanca",  # four changes in some years
    "Australia/Lord_Howe",  # by half an hour
    "Antarctica/Troll",  # by two hours
)


@cache
def changes(zone: str) -> list[datetime]:
    """Return the instants from 2026 to 2028 at which a zone's clocks change, to the hour."""
    clock = ZoneInfo(zone)
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=place) for place in range(3 * 8_766)]
    offsets = [hour.astimezone(clock).utcoffset() for hour in hours]
    return [hour for hour, now, then in zip(hours[1:], offsets[1:], offsets, strict=False) if now != then]


def rule(chance: random.Random) -> str:
    minutes = ",".join(map(str, sorted(chance.sample((0, 10, 15, 30, 45, 59), chance.randint(1, 2)))))
    hours = ",".join(map(str, sorted(chance.sample(range(5), chance.randint(1, 3)))))
    if chance.random() < 0.25:
        hours = chance.choice(("*", "23", "0,23"))
    days = chance.choice(("*", "*", "*", "L", "1", "29,30", "8,25"))
    week = chance.choice(("*", "1-5", "6", "7")) if days == "*" else "*"
    return f"{minutes} {hours} {days} * {week}"


def means(cron: str, wall: datetime) -> bool:
    """Return whether a rule names this minute of the clock."""
    minutes, hours, days, _, week = cron.split()
    weekdays = {"*": range(1, 8), "1-5": range(1, 6)}.get(week) or [int(week)]
    last = calendar.monthrange(wall.year, wall.month)[1]
    return (
        str(wall.minute) in minutes.split(",")
        and (hours == "*" or str(wall.hour) in hours.split(","))
        and (days == "*" or wall.day == last if days in "*L" else str(wall.day) in days.split(","))
        and wall.isoweekday() in weekdays
    )


def read_clock(cron: str, zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the slots that someone finds who looks at the clock every minute.

    Times that the clock shows a second time aren't due again, and times that it skips are due once it has jumped. A
    rule for every hour is due whenever the clock shows its minutes.
    """
    clock, is_hourly = ZoneInfo(zone), cron.split()[1] == "*"
    now = after - DAY
    seen = now.astimezone(clock).replace(tzinfo=None)
    while now < until:
        now += MINUTE
        wall = now.astimezone(clock).replace(tzinfo=None)
        passed = [wall] if is_hourly else [seen + MINUTE * (1 + place) for place in range((wall - seen) // MINUTE)]
        seen = max(seen, wall)
        if now > after and any(means(cron, each) for each in passed):
            yield now


@pytest.mark.parametrize("zone", ZONES)
def test_slots_are_what_a_clock_shows(zone: str) -> None:
    found, number = 0, -1
    while number < part(SCHEDULES) or found < part(SCHEDULES):  # some rules have no slot around the change
        number += 1
        chance = random.Random(f"{zone} {number}")
        cron, change = rule(chance), chance.choice(changes(zone))
        after = change - MINUTE * chance.randint(-90, 2 * 24 * 60)
        until = change + MINUTE * chance.randint(3 * 60, 2 * 24 * 60)
        truth = list(read_clock(cron, zone, after, until))
        schedule = Schedule(cron=cron, zone=zone)
        assert slots_between(schedule, after, until) == truth, (cron, after)
        at = after
        for slot in truth:  # a worker that stops after each slot, and one that wakes up just before it
            assert next_slot(schedule, at) == slot == next_slot(schedule, slot - MINUTE), (cron, at)
            at = slot
        found += len(truth)
