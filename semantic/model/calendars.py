"""A company's own calendar: a table with one row per day, and the periods it defines."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.model.definitions import Described


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPeriod(Described):
    """A calendar period, such as a retail month: all days with the same value of `dimension`.

    Values sort by time. `number` is a dimension that numbers the periods consecutively. Without it, periods can't be
    compared.
    """

    dimension: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTable(Described):
    """A dataset with one row for each `day`, which defines the company's own periods.

    Facts join it by day. It isn't a fact itself.
    """

    dataset: str
    day: str
    periods: tuple[CalendarPeriod, ...]
