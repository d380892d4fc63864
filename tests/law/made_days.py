"""A made-up company whose numbers show how many days of which year they count.

Every day has one order, worth 1 in 2026, 10 in 2025, 100 in 2024 and 1000 in 2023, so a number shows how many days of
which year it counts. A test can give another worth to days that must be counted, or must not be. Today is Thursday 25
June 2026, everything is loaded to 24 June, and data begins on 26 June 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from semantic.query.data import query_from_data
from tests.law.law import days_between, first_of_month_before
from tests.law.oracle import Answer, Oracle
from tests.law.world import Fact, World

TODAY = date(2026, 6, 25)
BEGINS = date(2023, 6, 26)
WORTH = {2023: 1000, 2024: 100, 2025: 10, 2026: 1}
MORNING = datetime(2026, 6, 25, 4, tzinfo=UTC)
TRAP = 1_000_000


def day(text: str) -> date:
    return date.fromisoformat(text)


def orders(worth: Mapping[str, int] | None = None, *, load: datetime | None = MORNING, **more: Any) -> Fact:
    """Return a fact with one order a day up to this evening. `worth` gives some days another amount."""
    special = {day(text): value for text, value in (worth or {}).items()}
    rows = [
        {"at": datetime(one.year, one.month, one.day, 12, tzinfo=UTC), "day": one, "channel": "Mail", "customer": "c1",
         "amount": Decimal(special.get(one, WORTH[one.year]))}
        for one in days_between(BEGINS, TODAY)
    ]  # fmt: skip
    return Fact("orders", [*rows, *more.get("rows", ())], at="at", load=load)


def order(text: str, amount: int, channel: str = "Mail", customer: str = "c1") -> dict[str, Any]:
    one = day(text)
    at = datetime(one.year, one.month, one.day, 12, tzinfo=UTC)
    return {"at": at, "day": one, "channel": channel, "customer": customer, "amount": Decimal(amount)}


def ads(load: datetime | None = MORNING, spend: int = 2) -> Fact:
    """Return a fact with a spend of 2 and 1 click every day."""
    rows = [
        {"day": day, "channel": "Mail", "spend": Decimal(spend), "clicks": 1}
        for day in days_between(BEGINS, min(TODAY, load.date() if load else TODAY))
    ]
    return Fact("ads", rows, load=load)


def stock() -> Fact:
    """Return a stock equal to the date read as a number: 20260624 on 24 June 2026."""
    rows = [{"day": day, "channel": "Mail", "pieces": int(f"{day:%Y%m%d}")} for day in days_between(BEGINS, TODAY)]
    return Fact("stock", rows, load=MORNING)


def mrr() -> Fact:
    """Return a fact by month.

    A month closes with its own number, 202606, and opens with the previous month's; 2 of 100 are lost.
    """
    rows: list[dict[str, Any]] = []
    month = day("2024-01-01")
    while month <= TODAY:
        before = first_of_month_before(month, 1)
        rows.append({"day": month, "channel": "Mail", "opening": Decimal(f"{before:%Y%m}"),
                     "closing": Decimal(f"{month:%Y%m}"), "lost": Decimal(2), "change": Decimal(1)})  # fmt: skip
        month = first_of_month_before(month, -1)
    return Fact("mrr", rows, load=MORNING, by_month=True)


def plan() -> Fact:
    rows = [
        {"day": each_day, "channel": "Mail", "planned": Decimal(4)}
        for each_day in days_between(BEGINS, day("2026-10-31"))
    ]
    return Fact("plan", rows, is_plan=True)


def budgets() -> Fact:
    """Return a budget of 100 each month from 2024 to October 2026."""
    months = [first_of_month_before(day("2026-10-01"), back) for back in range(34)]
    return Fact(
        "budgets",
        [{"day": month, "channel": "Mail", "amount": Decimal(100)} for month in months],
        is_plan=True,
        by_month=True,
    )


def ask(
    question: dict[str, Any], *facts: Fact, today: date = TODAY, retail: Mapping[date, int] | None = None
) -> Answer:
    given_facts = {fact.name: fact for fact in facts}
    all_facts = {fact.name: fact for fact in (orders(), ads(), stock(), mrr(), plan(), budgets())} | given_facts
    world = World(all_facts, {"c1": "small", "c2": "large", "c3": "large"}, retail or {})
    return Oracle(world, today).answer(query_from_data(question))


def rows(answer: Answer) -> dict[str, list[float | None]]:
    """Return every row's values in column order, by its group. "total" is a total, and "" the only row."""
    assert not answer.refused
    rows: dict[str, list[float | None]] = {}
    for key, cells in answer.rows.items():
        words = ["total" if place in key.totalled else str(value) for place, value in enumerate(key.values)]
        rows[" ".join(words)] = [cell.value for cell in cells.values()]
    return rows


def judged(answer: Answer, column: str, row: str = "") -> bool:
    for key, cells in answer.rows.items():
        words = " ".join("total" if place in key.totalled else str(value) for place, value in enumerate(key.values))
        if words == row:
            return cells[column].judged
    raise AssertionError(row)


def month(count: int) -> dict[str, Any]:
    return {"to": {"back": count, "unit": "month"}}


LAST_YEAR, PREVIOUS = {"to": "last_year"}, {"to": "previous"}
Q2 = {"from": "2026-04-01", "to": "2026-06-30"}
JUNE = {"from": "2026-06-01", "to": "2026-06-30"}
BY_MONTH = {"dim": "date", "grain": "month"}
BY_WEEK = {"dim": "date", "grain": "week"}
BY_DAY = {"dim": "date", "grain": "day"}
