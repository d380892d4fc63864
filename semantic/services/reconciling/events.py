"""Read touches and conversions row by row, as one person sees them, with ordinary questions.

Each question runs under the person's own policies and has a receipt, so hidden rows can't affect any number. If a
policy forbids showing single rows, as `min_group` does, the question and the comparison are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final
from zoneinfo import ZoneInfo

from semantic.errors import InvalidQuery, TooManyRows
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.reconciliation.counting import Conversion, Paths, months_between, next_month, paths_of
from semantic.reconciliation.counting import Touch as OneTouch
from semantic.reconciliation.rules import LONGEST
from semantic.reconciliation.setup import Setup
from semantic.results.result import Result
from semantic.workspace import Workspace

MOST_EVENTS: Final = 1_000_000
CHUNK: Final = timedelta(days=31)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Events:
    """Touches and conversions, prepared for counting, and the receipts of the questions that read them."""

    paths: Paths
    receipts: tuple[str, ...]
    touches: int
    conversions: int


def read_events(setup: Setup, first: date, last: date, workspace: Workspace, actor: Actor, *, longest: int) -> Events:
    """Read the events that can count for the months from `first` to `last`, with windows of up to `longest` days.

    Raises SemanticError, such as UnknownName for a breakdown that this person can't see.
    """
    months = months_between(first, last)
    longest = min(longest, LONGEST)
    end = next_month(months[-1])
    reach = timedelta(days=longest + 2)  # and a day on each side for time zones
    receipts: list[str] = []
    touches, conversions = setup.touches, setup.conversions
    touch_names = [touches.id, touches.person, touches.at, touches.platform, touches.kind, setup.group]
    rows = _rows(touch_names, touches.at, months[0] - reach, end + timedelta(days=2), workspace, actor, receipts)
    read_touches = [touch for row in rows if (touch := _touch(row, setup)) is not None]
    conversion_names = [conversions.id, conversions.person, conversions.at, conversions.order, conversions.value]
    conversion_names += [conversions.kind, conversions.state]
    # A conversion after a month can belong to a click in it, and one in the month to a click before it.
    rows = _rows(
        conversion_names, conversions.at, months[0] - reach, end + reach, workspace, actor, receipts
    )  # fmt: skip
    read_conversions = [each for row in rows if (each := _conversion(row, setup)) is not None]
    return Events(
        paths_of(read_touches, read_conversions, months, longest=longest),
        tuple(receipts),
        len(read_touches),
        len(read_conversions),
    )


def _rows(
    names: Sequence[str],
    at: str,
    first: date,
    end: date,
    workspace: Workspace,
    actor: Actor,
    receipts: list[str],
) -> Iterator[dict[str, Any]]:  # Any: values of any type that a breakdown has
    """Yield every row of the days from `first` to before `end`, in the model's time zone.

    Each question reads a month, or a shorter part of a month with too many rows.
    """
    zone = ZoneInfo(workspace.model.settings.time_zone)
    by = tuple(
        Breakdown(name, grain=Granularity.MILLISECOND if name == at else None) for name in dict.fromkeys(names) if name
    )
    waiting: list[tuple[date, date]] = []
    while first < end:
        waiting.append((first, min(first + CHUNK, end)))
        first = waiting[-1][1]
    count = 0
    while waiting:
        start, stop = waiting.pop(0)
        days = (start.isoformat(), (stop - timedelta(days=1)).isoformat())
        question = Query(by=by, where=Condition(at, Operator.BETWEEN, days), each_row=True)
        try:
            result = workspace.ask(question, actor)
        except TooManyRows:
            if stop - start <= timedelta(days=1):
                raise
            middle = start + (stop - start) // 2
            waiting[:0] = [(start, middle), (middle, stop)]
            continue
        count += result.table.num_rows
        if count > MOST_EVENTS:
            raise InvalidQuery(
                f"These months have more than {MOST_EVENTS:,} touches or conversions, which is too many to compare at "
                "once. Choose fewer months."
            )
        if result.receipt:
            receipts.append(result.receipt)
        yield from _read(result, names, at, zone)


def _read(result: Result, names: Sequence[str], at: str, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    columns = {key.name: result.table.column(key.name).to_pylist() for key in result.keys}
    of = dict(zip(dict.fromkeys(name for name in names if name), columns.values(), strict=True))
    for place in range(result.table.num_rows):
        row = {name: values[place] for name, values in of.items()}
        row["_at"] = _milliseconds(row[at], zone)
        yield row


def _milliseconds(value: object, zone: ZoneInfo) -> int | None:
    """Return a result's time as milliseconds since 1970. A time without a zone is in the model's time zone."""
    if not isinstance(value, datetime):
        return None
    moment = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def _touch(row: dict[str, Any], setup: Setup) -> OneTouch | None:
    touches = setup.touches
    at, person = row["_at"], row[touches.person]
    if at is None or person is None:
        return None
    kind = str(row[touches.kind]) if touches.kind else ""
    is_click = not touches.kind or kind in touches.clicks
    if not is_click and kind not in touches.views:
        return None
    is_own = str(row[touches.platform]) in touches.own
    group = row[setup.group] if setup.group else ""
    return OneTouch(
        at, str(row[touches.id]), str(person), is_click, is_own, "" if group is None else str(group)
    )  # fmt: skip


def _conversion(row: dict[str, Any], setup: Setup) -> Conversion | None:
    conversions = setup.conversions
    at, person = row["_at"], row[conversions.person]
    if at is None or person is None or (conversions.kind and str(row[conversions.kind]) not in conversions.kinds):
        return None
    value: Fraction | int = 1
    if conversions.value:
        found = row[conversions.value]
        if found is None:
            return None
        if not isinstance(found, (int, float, Decimal)) or not isfinite(found):
            raise InvalidQuery(f"{setup.conversions.value!r} has values that aren't numbers. Choose another breakdown.")
        value = Fraction(found)
    order = row[conversions.order]
    is_returned = bool(conversions.state) and str(row[conversions.state]) in conversions.returned
    return Conversion(
        at, str(row[conversions.id]), str(person), "" if order is None else str(order), value, is_returned
    )  # fmt: skip
