"""A person at a page, whose actions are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page


@dataclass
class Person:
    """A person at a page. Every click, typed text and key press is one action."""

    page: Page
    acts: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        what.click()
        self.acts.append("click")

    def types(self, text: str) -> None:
        self.page.keyboard.type(text, delay=30)
        self.acts.append(f"type {text!r}")

    def presses(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.acts.append(f"press {key}")


@contextmanager
def task(name: str, page: Page, *, acts: int) -> Iterator[Person]:
    """Do one task on the current page until it's visibly done, within this many actions."""
    person = Person(page)
    yield person
    assert len(person.acts) <= acts, (name, person.acts)
