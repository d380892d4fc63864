"""What day it is for the servers and the company under test."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def today() -> date:
    """The day that servers under test take for today, in the marketing model's time zone.

    It is never the first of a month. On the first, no day of the month is complete yet and pages rightly show the month
    before, so journeys about a month to date would have to expect something else: for them the first is the second.
    """
    day = datetime.now(ZoneInfo("Europe/Berlin")).date()
    return day if day.day > 1 else day + timedelta(days=1)


def newest_day() -> date:
    """The last day of a company that such a server considers up to date."""
    return today() - timedelta(days=1)
