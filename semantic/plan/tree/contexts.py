"""The context that a measure is computed in: an earlier time, a window, conversions, or some of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from semantic.model.definitions import CalendarSpan, Conversion, Cumulative, Granularity, Input, Measure, Metric, Span
from semantic.model.expression import Expression
from semantic.model.replace_fields import replace_fields


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift from a shown day to the day whose rows count for it.

    That day is `back` before the shown day, the first day of its period `to`, or the same position in the calendar
    period `periods` earlier. If an earlier period is shorter, its last day counts.
    """

    back: Span | None = None
    to: Granularity | None = None
    periods: CalendarSpan | None = None


_NONE = Shift()


@dataclass(frozen=True, slots=True)
class Base:
    """The events that can lead to conversions: a measure with its filter, and the rule for conversions."""

    measure: Measure
    filter: Expression | None
    rule: Conversion


@dataclass(frozen=True, slots=True)
class Context:
    """How a measure's rows are selected, besides its own filter and the question.

    `shifts` go from the outermost to the innermost. `known` is the last day that counts and `begins` the first. They're
    set if the requested metric is known for fewer days than the question's other metrics, or than one of its own facts.
    """

    where: tuple[Expression, ...] = ()
    shifts: tuple[Shift, ...] = ()
    window: Cumulative | None = None
    base: Base | None = None
    every_period: bool = False
    known: date | None = None
    begins: date | None = None

    def of_metric(self, metric: Metric) -> Context:
        """Return the context for the parts of a metric."""
        where = (*self.where, metric.where) if metric.where and metric.where not in self.where else self.where
        every = self.every_period or metric.every_period
        if where is self.where and metric.cumulative is None and every == self.every_period:
            return self
        return replace_fields(self, where=where, window=metric.cumulative or self.window, every_period=every)

    def of_input(self, metric_input: Input) -> Context:
        """Return the context for one input of a formula."""
        where = (
            (*self.where, metric_input.where)
            if metric_input.where and metric_input.where not in self.where
            else self.where
        )
        shift = Shift(to=metric_input.offset_to)
        if isinstance(metric_input.offset, CalendarSpan):
            shift = Shift(periods=metric_input.offset)
        elif metric_input.offset is not None:
            shift = Shift(back=metric_input.offset)
        if shift == _NONE:
            return self if where is self.where else replace(self, where=where)
        return replace(self, where=where, shifts=(*self.shifts, shift))


PLAIN = Context()
"""The context in which only the question selects rows."""
