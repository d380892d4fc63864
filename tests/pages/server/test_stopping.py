"""What a shutdown waits for before it closes anything."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pages.server import stopping
from pages.shell import open_tabs
from semantic.run.execute import Runner


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(workers=1)
    yield runner
    runner.close()


def test_a_page_that_got_its_answer_just_before_the_signal_is_still_drawn(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "HANDING_SECONDS", 0.0)
    drawn = [True, True, False]
    monkeypatch.setattr(open_tabs, "is_any_drawn", lambda: drawn.pop(0))
    assert not runner.is_busy()
    stopping.hand_over(runner, until=time.monotonic() + 60)
    assert drawn == []


def test_the_shutdown_waits_only_a_limited_time_for_a_page_that_never_ends(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "HANDING_SECONDS", 0.0)
    monkeypatch.setattr(open_tabs, "is_any_drawn", lambda: True)
    stopping.hand_over(runner, until=time.monotonic())
