"""A company's own calendar: a table of its days, and the periods that the table defines."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.model.definitions import Described


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPeriod(Described):
    """A period that a calendar's table defines: the days with the same value of `dimension`.

    Values are ordered by time. `number` is a dimension that numbers periods consecutively. Without it, periods can't be
    compared.
    """

    dimension: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTable(Described):
    """A company's own periods, from a dataset with one row for each `day`.

    Facts are joined to it by the day. It isn't a fact itself.
    """

    dataset: str
    day: str
    periods: tuple[CalendarPeriod, ...]
