"""The context in which a measure is computed: at an earlier time, over a window, as conversions, or from only some
rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from semantic.model.definitions import CalendarSpan, Conversion, Cumulative, Granularity, Input, Measure, Metric, Span
from semantic.model.expression import Expression
from semantic.model.replace_fields import replace_fields


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift from a shown day to the day whose rows count.

    That day is `back` before the shown day, the first day of its period `to`, or the day at the same position in a
    calendar period some `periods` earlier. If the earlier period is shorter, its last day is used.
    """

    back: Span | None = None
    to: Granularity | None = None
    periods: CalendarSpan | None = None


_NONE = Shift()


@dataclass(frozen=True, slots=True)
class Base:
    """The events that can lead to conversions: a measure with its filter, and the rule that links events to
    conversions.
    """

    measure: Measure
    filter: Expression | None
    rule: Conversion


@dataclass(frozen=True, slots=True)
class Context:
    """How a measure's rows are selected, in addition to its own filter and the question.

    `shifts` go from outermost to innermost. `known` is the last day that counts and `begins` the first, if the
    requested metric is known for fewer days than the question's other metrics, or than one of its own facts.
    """

    where: tuple[Expression, ...] = ()
    shifts: tuple[Shift, ...] = ()
    window: Cumulative | None = None
    base: Base | None = None
    every_period: bool = False
    known: date | None = None
    begins: date | None = None

    def of_metric(self, metric: Metric) -> Context:
        """Return the context in which a metric's parts are computed."""
        where = (*self.where, metric.where) if metric.where and metric.where not in self.where else self.where
        every = self.every_period or metric.every_period
        if where is self.where and metric.cumulative is None and every == self.every_period:
            return self
        return replace_fields(self, where=where, window=metric.cumulative or self.window, every_period=every)

    def of_input(self, metric_input: Input) -> Context:
        """Return the context in which one input of a formula is computed."""
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
