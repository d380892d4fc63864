"""The fields for when a delivery is sent: the days, the time, and the time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Final

import streamlit as st

from semantic.display.charts.standing import ordinal
from semantic.model.zones import zones
from semantic.schedules.schedule import LAST, Plain, Schedule, plain_of, schedule_of

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT: Final = tuple(name[:3] for name in WEEKDAYS)
EIGHT: Final = time(8)
EVERY: Final[Mapping[str, str]] = {
    **{f"day {number}": name for number, name in enumerate(WEEKDAYS)},
    "weekday": "weekday", "day": "day", "days": "chosen days", "month": "month", "hour": "hour",
    "own": "custom schedule",
}  # fmt: skip
"""The options after "every" in the form. "own" is a schedule that the form can't show, such as one set over the API."""

MONTH_DAYS: Final[Mapping[int, str]] = {**{day: ordinal(day) for day in range(1, 29)}, LAST: "last day"}
"""The options for a day of the month. Every month has each of these days."""


@dataclass(frozen=True, slots=True)
class _Start:
    """The initial values of the schedule's fields."""

    every: str
    days: tuple[int, ...]
    at: time


def monday_at_eight(zone: str) -> Schedule:
    """Return the default schedule of a new delivery."""
    return schedule_of(Plain(every="week", at=EIGHT, days=(0,)), zone)


def weekdays_at_eight(zone: str) -> Schedule:
    """Return the default schedule of the digest."""
    return schedule_of(Plain(every="weekday", at=EIGHT), zone)


def schedule_fields(key: str, start: Schedule) -> Schedule:
    """Draw the fields, filled in from `start`, and return the schedule that they describe."""
    shown = _start_of(start)
    offered = [name for name in EVERY if name != "own" or shown.every == "own"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{key}-when"):
        every = st.selectbox(
            "Every", offered, index=offered.index(shown.every), key=f"{key}-every", width=150,
            format_func=lambda name: EVERY[name],
        )  # fmt: skip
        if every == "month":
            day = shown.days[0] if shown.every == "month" and shown.days else 1
            on = st.selectbox(
                "On the", list(MONTH_DAYS), index=list(MONTH_DAYS).index(day), key=f"{key}-day",
                width=110, format_func=lambda number: MONTH_DAYS[number],
            )  # fmt: skip
        else:
            on = 1
        at = shown.at
        if every not in ("hour", "own"):
            at = st.time_input("At", shown.at, key=f"{key}-at", width=96) or shown.at
        names = sorted(zones() | {start.zone})
        zone = st.selectbox("Time zone", names, index=names.index(start.zone), key=f"{key}-zone", width=190)
    days = shown.days if shown.every == "days" else (0,)
    if every == "days":
        chosen = st.pills(
            "Days", range(7), default=days, selection_mode="multi", key=f"{key}-days",
            format_func=lambda number: SHORT[number],
        )  # fmt: skip
        days = tuple(sorted(chosen)) or days
    if every == "own":
        return Schedule(cron=start.cron, zone=zone)
    return schedule_of(_plain(every, on, days, at), zone)


def _plain(every: str, on: int, days: tuple[int, ...], at: time) -> Plain:
    match every:
        case "hour":
            return Plain(every="hour", at=at)
        case "day":
            return Plain(every="day", at=at)
        case "weekday":
            return Plain(every="weekday", at=at)
        case "month":
            return Plain(every="month", at=at, days=(on,))
        case "days":
            return Plain(every="week", at=at, days=days)
        case _:
            return Plain(every="week", at=at, days=(int(every.removeprefix("day ")),))


def _start_of(schedule: Schedule) -> _Start:
    plain = plain_of(schedule)
    if plain is None:
        return _Start("own", (), EIGHT)
    if plain.every == "week":
        every = "days" if len(plain.days) > 1 else f"day {next(iter(plain.days), 0)}"
        return _Start(every, plain.days, plain.at)
    if plain.every == "month" and plain.days not in {(day,) for day in MONTH_DAYS}:
        return _Start("own", (), plain.at)
    return _Start(plain.every, plain.days, plain.at)
