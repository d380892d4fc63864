"""When data was loaded, computed by hand: times with and without a zone, and days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from semantic.results.freshness import load_instant


@pytest.mark.parametrize(
    ("value", "zone", "instant"),
    [
        (date(2026, 4, 20), "America/Los_Angeles", datetime(2026, 4, 20, 7, tzinfo=UTC)),  # 7 hours behind in summer
        (date(2026, 4, 20), "Pacific/Auckland", datetime(2026, 4, 19, 12, tzinfo=UTC)),
        (date(2026, 4, 20), "UTC", datetime(2026, 4, 20, tzinfo=UTC)),
        (datetime(2026, 4, 20, 6, tzinfo=None), "America/Los_Angeles", datetime(2026, 4, 20, 6, tzinfo=UTC)),  # noqa: DTZ001 (as an engine gives it)
        (datetime(2026, 4, 20, 6, tzinfo=timezone(timedelta(hours=2))), "UTC", datetime(2026, 4, 20, 4, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_in_utc_and_a_day_begins_in_the_models_time_zone(
    value: object, zone: str, instant: datetime
) -> None:
    assert load_instant(value, zone) == instant


def test_an_invalid_moment_is_not_a_load() -> None:
    assert load_instant(None, "UTC") is None
    assert load_instant(7, "UTC") is None
