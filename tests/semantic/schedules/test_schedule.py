"""When schedules are due, computed by hand for four kinds of clock changes, and schedules in words."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from semantic.errors import InvalidQuery
from semantic.schedules.schedule import (
    Plain,
    Schedule,
    check_schedule,
    next_slot,
    plain_of,
    schedule_of,
    schedule_words,
    slots_between,
)

BERLIN, NEW_YORK, KOLKATA, LORD_HOWE = "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(cron: str, zone: str, after: str, until: str) -> list[str]:
    between = slots_between(Schedule(cron=cron, zone=zone), utc(after), utc(until))
    assert all(slot.utcoffset() == timedelta(0) for slot in between)
    return [slot.strftime("%m-%d %H:%M") for slot in between]


SLOTS = [
    # Berlin, 29 March 2026: at 02:00 the clocks move to 03:00, which is 01:00 UTC.
    ("30 2 * * *", BERLIN, "2026-03-28", "2026-03-31", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
    ("*/30 2 * * *", BERLIN, "2026-03-29", "2026-03-29T23:00", ["03-29 01:00"]),
    ("0 2,3 * * *", BERLIN, "2026-03-29", "2026-03-29T23:00", ["03-29 01:00"]),
    ("0 */2 * * *", BERLIN, "2026-03-28T22:30", "2026-03-29T02:30", ["03-28 23:00", "03-29 01:00", "03-29 02:00"]),
    ("0 8 * * 1", BERLIN, "2026-03-22", "2026-04-01", ["03-23 07:00", "03-30 06:00"]),
    ("0 * * * *", BERLIN, "2026-03-28T23:30", "2026-03-29T02:00", ["03-29 00:00", "03-29 01:00", "03-29 02:00"]),
    # Berlin, 25 October 2026: at 03:00 they move back to 02:00, so 02:30 is 00:30 UTC and again 01:30 UTC.
    ("30 2 * * *", BERLIN, "2026-10-24", "2026-10-27", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ("*/30 2 * * *", BERLIN, "2026-10-24T12:00", "2026-10-25T12:00", ["10-25 00:00", "10-25 00:30"]),
    ("0 8 * * *", BERLIN, "2026-10-24", "2026-10-26", ["10-24 06:00", "10-25 07:00"]),
    ("0 * * * *", BERLIN, "2026-10-24T23:30", "2026-10-25T02:00", ["10-25 00:00", "10-25 01:00", "10-25 02:00"]),
    # New York, 8 March and 1 November 2026.
    ("15 2 * * *", NEW_YORK, "2026-03-07T12:00", "2026-03-09T12:00", ["03-08 07:00", "03-09 06:15"]),
    ("15 1 * * *", NEW_YORK, "2026-10-31T12:00", "2026-11-02T12:00", ["11-01 05:15", "11-02 06:15"]),
    # Kolkata is always 5:30 ahead.
    ("0 8 * * *", KOLKATA, "2026-03-28", "2026-03-30", ["03-28 02:30", "03-29 02:30"]),
    ("0 0 1 * *", KOLKATA, "2026-02-15", "2026-04-15", ["02-28 18:30", "03-31 18:30"]),
    # Lord Howe moves by half an hour: on 5 April 2026 from 02:00 (15:00 UTC) back to 01:30, on 4 October from 02:00
    # (15:30 UTC) to 02:30.
    ("45 1 * * *", LORD_HOWE, "2026-04-03T12:00", "2026-04-05T16:00", ["04-03 14:45", "04-04 14:45", "04-05 15:15"]),
    ("15 2 * * *", LORD_HOWE, "2026-10-02T12:00", "2026-10-04T16:00", ["10-02 15:45", "10-03 15:30", "10-04 15:15"]),
    # Month ends, and the leap day.
    ("30 7 L * *", "UTC", "2028-01-01", "2028-05-01", ["01-31 07:30", "02-29 07:30", "03-31 07:30", "04-30 07:30"]),
    ("30 7 L * *", "UTC", "2027-02-01", "2027-03-01", ["02-28 07:30"]),
    ("30 7 30 * *", "UTC", "2027-01-15", "2027-04-01", ["01-30 07:30", "03-30 07:30"]),
    ("0 0 29 2 *", "UTC", "2026-01-01", "2032-12-31", ["02-29 00:00", "02-29 00:00"]),
    ("0 9 * * 1-5", "UTC", "2026-11-26T10:00", "2026-12-01T10:00", ["11-27 09:00", "11-30 09:00", "12-01 09:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "after", "until", "truth"), SLOTS)
def test_slots_are_due_by_the_clock_of_their_time_zone(
    cron: str, zone: str, after: str, until: str, truth: list[str]
) -> None:
    assert slots(cron, zone, after, until) == truth


@pytest.mark.parametrize(("cron", "zone", "after", "until", "truth"), SLOTS)
def test_each_slot_follows_from_the_one_before(cron: str, zone: str, after: str, until: str, truth: list[str]) -> None:
    """A worker that stops after each slot finds the same slots."""
    schedule, at = Schedule(cron=cron, zone=zone), utc(after)
    for text in truth:
        at = next_slot(schedule, at)
        assert at.strftime("%m-%d %H:%M") == text
    assert next_slot(schedule, at) > utc(until)


def test_a_slot_is_after_the_moment_and_the_end_is_included() -> None:
    assert slots("0 8 * * *", "UTC", "2026-01-01T08:00", "2026-01-02T08:00") == ["01-02 08:00"]
    assert slots("0 8 * * *", "UTC", "2026-01-01T07:59:59.5", "2026-01-01T08:00") == ["01-01 08:00"]
    assert slots("0 8 * * *", "UTC", "2026-01-01T08:00:00.5", "2026-01-02T07:59:59") == []


def test_a_repeated_hour_has_no_second_slot() -> None:
    """At 01:10 UTC, Berlin's clock shows 02:10 for the second time. 02:30 was due an hour ago."""
    at = next_slot(Schedule(cron="30 2 * * *", zone=BERLIN), utc("2026-10-25T01:10"))
    assert at == utc("2026-10-26T01:30")


PLAIN = [
    (Plain(every="hour", at=time(0, 0)), "0 * * * *", "Every hour"),
    (Plain(every="hour", at=time(0, 15)), "15 * * * *", "Every hour, 15 minutes past"),
    (Plain(every="hour", at=time(0, 1)), "1 * * * *", "Every hour, one minute past"),
    (Plain(every="day", at=time(8, 0)), "0 8 * * *", "Every day at 08:00"),
    (Plain(every="weekday", at=time(8, 0)), "0 8 * * 1-5", "Every weekday at 08:00"),
    (Plain(every="week", at=time(8, 5), days=(0,)), "5 8 * * 1", "Every Monday at 08:05"),
    (Plain(every="week", at=time(8), days=(0, 2, 6)), "0 8 * * 1,3,7", "Every Monday, Wednesday and Sunday at 08:00"),
    (Plain(every="month", at=time(8), days=(1,)), "0 8 1 * *", "On the 1st of each month at 08:00"),
    (Plain(every="month", at=time(7, 30), days=(31,)), "30 7 L * *", "On the last day of each month at 07:30"),
    (Plain(every="month", at=time(8), days=(5, 31)), "0 8 5,L * *", "On the 5th and last day of each month at 08:00"),
    (Plain(every="month", at=time(8), days=(30,)), "0 8 30 * *", "On the 30th of each month that has one at 08:00"),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "cron", "words"), PLAIN)
def test_a_form_and_its_schedule_are_equivalent(plain: Plain, cron: str, words: str) -> None:
    schedule = schedule_of(plain, BERLIN)
    assert schedule == Schedule(cron=cron, zone=BERLIN)
    assert plain_of(schedule) == plain
    assert schedule_words(schedule) == f"{words}, Europe/Berlin time"


def test_days_in_any_order_are_the_same_schedule() -> None:
    assert schedule_of(Plain(every="week", at=time(8), days=(6, 0, 6)), "UTC").cron == "0 8 * * 1,7"
    assert schedule_of(Plain(every="week", at=time(8), days=(4, 3, 2, 1, 0)), "UTC").cron == "0 8 * * 1-5"
    assert schedule_of(Plain(every="week", at=time(8), days=tuple(range(7))), "UTC").cron == "0 8 * * *"
    assert plain_of(Schedule(cron="0 8 * * 0", zone="UTC")) == Plain(every="week", at=time(8), days=(6,))


@pytest.mark.parametrize("days", [(), (7,), (-1,)])
def test_a_week_needs_days_that_it_has(days: tuple[int, ...]) -> None:
    with pytest.raises(InvalidQuery, match="day of the week"):
        schedule_of(Plain(every="week", at=time(8), days=days), "UTC")


@pytest.mark.parametrize("days", [(), (0,), (32,)])
def test_a_month_needs_days_that_it_has(days: tuple[int, ...]) -> None:
    with pytest.raises(InvalidQuery, match="day of the month"):
        schedule_of(Plain(every="month", at=time(8), days=days), "UTC")


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 8-18 * * *", "Every hour from 08:00 to 18:00, UTC"),
        ("30 8-18 * * 1-5", "Every hour from 08:30 to 18:30 on weekdays, UTC"),
        ("0 8 1 1,7 *", "By the cron rule 0 8 1 1,7 *, UTC"),
        ("0 8-18 * * 6", "By the cron rule 0 8-18 * * 6, UTC"),
        ("0 8 1 * 1", "By the cron rule 0 8 1 * 1, UTC"),
    ],
)
def test_schedules_that_no_form_offers_are_described_too(cron: str, words: str) -> None:
    schedule = Schedule(cron=cron, zone="UTC")
    check_schedule(schedule)
    assert plain_of(schedule) is None
    assert schedule_words(schedule) == words


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("*/10 * * * *", "more often than every 15 minutes"),
        ("* 8 * * *", "more often"),
        ("0,50 0,23 * * *", "more often"),  # 23:50 and 00:00
        ("0 8 30 2 *", "isn't a schedule"),
        ("", "isn't a schedule"),
        ("0 8 * *", "isn't a schedule"),
        ("0 0 8 * * *", "isn't a schedule"),  # six fields would begin with seconds
        ("0 24 * * *", "isn't a schedule"),
        ("0 8 * * MON-", "isn't a schedule"),
        ("0 8 ² * *", "isn't a schedule"),
        ("0 8 1/2/3 * *", "isn't a schedule"),
        ("0 8 L-5/2 * *", "isn't a schedule"),
        (f"0 8 {'1,' * 60}1 * *", "isn't a schedule"),
    ],
)
def test_a_schedule_that_cannot_be_used_is_refused(cron: str, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        check_schedule(Schedule(cron=cron, zone="UTC"))


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0,45 8 * * *", "5 0,23 * * *", "0 8 L * *", "0 8 * * 1#2"])
def test_a_schedule_at_most_every_quarter_of_an_hour_is_accepted(cron: str) -> None:
    check_schedule(Schedule(cron=cron, zone=BERLIN))


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Europe/Atlantis", "../../etc/passwd", "/etc/passwd", "Europe/\0Berlin"]
)
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    schedule = Schedule(cron="0 8 * * *", zone=zone)
    with pytest.raises(InvalidQuery, match="time zone"):
        check_schedule(schedule)
    with pytest.raises(InvalidQuery, match="time zone"):
        next_slot(schedule, utc("2026-01-01"))
