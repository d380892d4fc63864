"""However many tabs one person loads at once, only one runs. Other people's tabs run in parallel."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from pages.shell import turns
from pages.shell.turns import turn_of
from tests.waiting import STUCK, until


class Page:
    """A page run that lasts until it is released."""

    def __init__(self, sign_in: str) -> None:
        self.runs, self.may_end = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, args=(sign_in,))
        self.thread.start()

    def _run(self, sign_in: str) -> None:
        with turn_of(sign_in):
            self.runs.set()
            self.may_end.wait(STUCK)

    def end(self) -> None:
        self.may_end.set()
        self.thread.join(STUCK)


def test_a_persons_next_tab_starts_when_the_previous_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", STUCK)
    first = Page("ana")
    assert first.runs.wait(STUCK)
    second, other = Page("ana"), Page("ben")
    assert other.runs.wait(STUCK)
    assert not second.runs.is_set()
    first.end()
    assert second.runs.wait(STUCK)
    second.end()
    other.end()


def test_a_page_that_hangs_blocks_its_owner_only_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    first, second = Page("ana"), Page("ana")
    for page in (first, second):
        assert page.runs.wait(STUCK)
    first.end()
    second.end()


def test_different_people_do_not_wait_for_each_other() -> None:
    pages = [Page("") for _ in range(3)]
    assert all(page.runs.wait(STUCK) for page in pages)
    for page in pages:
        page.end()


def test_nothing_is_stored_for_people_who_have_left() -> None:
    page = Page("ana")
    assert page.runs.wait(STUCK)
    assert "ana" in turns._turns
    page.end()
    until(lambda: "ana" not in turns._turns, "the turn is forgotten")


def test_a_turn_inside_a_turn_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", STUCK)

    def inside() -> None:
        with turn_of("ana"), turn_of("ana"):
            pass

    thread = threading.Thread(target=inside, daemon=True)
    thread.start()
    thread.join(STUCK / 2)
    assert not thread.is_alive()


def test_every_fragment_and_dialog_takes_turns() -> None:
    """Streamlit runs them without the script, so `app.py` can't make them take turns."""
    pages = Path(turns.__file__).parent.parent
    without = [
        f"{path.relative_to(pages)}: {match[0].strip()}"
        for path in pages.rglob("*.py")
        for match in re.finditer(r"^.*\bst\.(?:fragment|dialog)\b.*\n.*", path.read_text(), re.MULTILINE)
        if "in_turn" not in match[0]
    ]
    assert without == []
