"""How long ago something was, or how long until it happens, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from semantic.display.words.ages import ago, exact, time_left

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=29, hours=23), "29 days ago"),
        (timedelta(days=30), "on 2 Aug 2026"),
    ],
)
def test_past_times_are_described_in_words(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("remaining", "words"),
    [
        (timedelta(seconds=-1), "over"),
        (timedelta(), "over"),
        (timedelta(seconds=1), "1 min left"),
        (timedelta(minutes=59), "59 min left"),
        (timedelta(hours=1), "1 h left"),
        (timedelta(hours=47, minutes=59), "47 h left"),
        (timedelta(days=2), "2 days left"),
    ],
)
def test_remaining_times_are_described_in_words(remaining: timedelta, words: str) -> None:
    assert time_left(NOW + remaining, NOW) == words


def test_a_timestamp_states_its_time_zone() -> None:
    assert exact(NOW) == "1 Sep 2026 12:00 UTC"
