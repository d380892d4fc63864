"""What day it is for the servers and the company under test."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def today() -> date:
    """The day that servers under test take for today, in the marketing model's time zone: never before the eighth.

    On the first of a month no day of it is complete yet, and pages rightly show the month before. In its first week,
    many changes are too small to mention. Journeys about a month to date would then have to expect something else.
    """
    return max(day := datetime.now(ZoneInfo("Europe/Berlin")).date(), day.replace(day=8))


def newest_day() -> date:
    """The last day of a company that such a server considers up to date."""
    return today() - timedelta(days=1)
