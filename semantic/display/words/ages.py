"""Describe how long ago something happened. The exact time is shown next to the words or on hover."""

from __future__ import annotations

from datetime import datetime, timedelta

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def ago(then: datetime, now: datetime) -> str:
    """Return "just now", "3 min ago", "2 h ago", "yesterday" or "5 days ago". After 30 days, return the date in UTC.

    A time in the future counts as now, because another machine's clock may be ahead.
    """
    passed = now - then
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < _HOUR:
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < _DAY:
        return f"{passed // _HOUR} h ago"
    if passed < 2 * _DAY:
        return "yesterday"
    if passed < 30 * _DAY:
        return f"{passed // _DAY} days ago"
    return f"on {then:%-d %b %Y}"


def time_left(until: datetime, now: datetime) -> str:
    """Return the time left until `until`: "4 h left", "12 min left", or "over"."""
    remaining = until - now
    if remaining <= timedelta():
        return "over"
    if remaining < _HOUR:
        return f"{max(1, remaining // timedelta(minutes=1))} min left"
    if remaining < 2 * _DAY:
        return f"{remaining // _HOUR} h left"
    return f"{remaining // _DAY} days left"


def exact(moment: datetime) -> str:
    """Return the exact time in UTC."""
    return f"{moment:%-d %b %Y %H:%M} UTC"
