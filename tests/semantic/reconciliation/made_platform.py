"""Made-up companies and platforms.

A platform counts in its own way, with plain loops and none of Samepage's code.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from semantic.reconciliation.counting import Conversion, Touch

MONTHS = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
START, END = datetime(2026, 4, 20, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)
CAMPAIGNS = ("Brand", "Generic", "Social")


@dataclass(frozen=True)
class Event:
    """A touch or a conversion, as a company logs it."""

    when: datetime
    id: str
    person: str
    kind: str  # click, view or sale
    is_own: bool = True
    campaign: str = ""
    order: str = ""
    value: int = 1
    is_returned: bool = False


@dataclass(frozen=True)
class Platform:
    """A platform's way of counting, in its own terms."""

    click_hours: int
    view_hours: int
    by_click: bool
    zone: str
    once: str  # each, click, person, order
    credit: str  # last, last_own, first_own

    def totals(self, events: list[Event]) -> dict[tuple[date, str], Fraction]:
        totals: dict[tuple[date, str], Fraction] = {}
        counted: list[tuple[str, ...]] = []
        touches = sorted((e for e in events if e.kind != "sale"), key=lambda e: (e.when, e.id))
        for sale in sorted((e for e in events if e.kind == "sale"), key=lambda e: (e.when, e.id)):
            mine = [touch for touch in touches if touch.person == sale.person and self._reaches(touch, sale)]
            touch = self._pick(mine)
            if touch is None:
                continue
            local = (touch if self.by_click else sale).when.astimezone(ZoneInfo(self.zone))
            month = date(local.year, local.month, 1)
            key = {"click": (touch.id,), "person": (sale.person, str(month)), "order": (sale.order,)}.get(self.once)
            if key is not None:
                if key in counted:
                    continue
                counted.append(key)
            if month in MONTHS:
                cell = (month, touch.campaign)
                totals[cell] = totals.get(cell, Fraction(0)) + sale.value
        return totals

    def _reaches(self, touch: Event, sale: Event) -> bool:
        hours = self.click_hours if touch.kind == "click" else self.view_hours
        return hours > 0 and timedelta(0) <= sale.when - touch.when <= timedelta(hours=hours)

    def _pick(self, touches: list[Event]) -> Event | None:
        if self.credit == "last":
            return touches[-1] if touches and touches[-1].is_own else None
        for kind in ("click", "view"):
            own = [touch for touch in touches if touch.is_own and touch.kind == kind]
            if own:
                return own[0 if self.credit == "first_own" else -1]
        return None


def company(seed: int, *, people: int = 60) -> list[Event]:
    """Return a company's log: people see and click ads on two platforms, and buy. Some orders are sent twice."""
    chance = random.Random(seed)
    events: list[Event] = []
    span = (END - START).total_seconds()

    def number() -> str:
        return f"{len(events):06}"

    for person in (f"p{n}" for n in range(people)):
        for _ in range(chance.randint(1, 4)):
            buys = START + timedelta(seconds=int(chance.random() * span))
            for _ in range(chance.randint(0, 5)):
                # Most touches come shortly before, some long before, and some at almost the same time.
                back = min(chance.expovariate(1 / 9), 80.0) * 86_400
                kind = chance.choice(("click", "view"))
                own, campaign = chance.random() < 0.6, chance.choice(CAMPAIGNS)
                when = buys - timedelta(seconds=int(back))
                events.append(Event(when, number(), person, kind, own, campaign))
            order = f"o{len(events)}"
            for _ in range(2 if chance.random() < 0.1 else 1):
                events.append(Event(buys, number(), person, "sale", order=order, value=chance.randint(5, 90)))
    return events


def logged(events: list[Event], *, valued: bool = False) -> tuple[list[Touch], list[Conversion]]:
    """Return the log in the form that the code under test takes."""

    def at(event: Event) -> int:
        return round(event.when.timestamp() * 1000)

    touches = [
        Touch(at(e), e.id, e.person, e.kind == "click", e.is_own, e.campaign) for e in events if e.kind != "sale"
    ]
    sales = [
        Conversion(at(e), e.id, e.person, e.order, e.value if valued else 1, e.is_returned)
        for e in events
        if e.kind == "sale"
    ]
    return touches, sales


def unvalued(events: list[Event]) -> list[Event]:
    """Return the same log with every sale counting 1."""
    return [Event(e.when, e.id, e.person, e.kind, e.is_own, e.campaign, e.order, 1) for e in events]


def blind_platform(seed: int) -> Platform:
    """Return a platform whose rules come from a seed that the code under test never sees.

    Most of these rules are in no preset.
    """
    chance = random.Random(seed * 7919 + 13)
    return Platform(
        click_hours=24 * chance.choice((1, 3, 5, 7, 10, 13, 14, 21, 28, 30, 45, 60, 75)),
        view_hours=24 * chance.choice((0, 0, 1, 2, 4, 7)),
        by_click=chance.random() < 0.5,
        zone=chance.choice(("Europe/Berlin", "America/Los_Angeles", "UTC", "Asia/Tokyo")),
        once=chance.choice(("each", "click", "person", "order")),
        credit=chance.choice(("last", "last_own", "last_own", "first_own")),
    )
