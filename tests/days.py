"""The current day for the servers and the company under test."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def today() -> date:
    """Return the day that servers under test use as today, in the marketing model's time zone: never before the 22nd.

    Early in a month, the month to date has no complete day, or too few rows for its changes to be mentioned, so browser
    tests would have to expect something else. It's never earlier than the real day either, because data would be
    reported as late.
    """
    return max(day := datetime.now(ZoneInfo("Europe/Berlin")).date(), day.replace(day=22))


def newest_day() -> date:
    """Return the last day of a company that such a server considers up to date."""
    return today() - timedelta(days=1)
