"""Late data: how much of a number is still missing in one of two periods, computed from extra columns of the question.

Each extra column counts some rows of one metric: those that were loaded late, or those of days that aren't final.
Because the columns are part of the same question, the same policy applies to them.

    load times        the older of the two periods as it was at the age that the newer one has now: exact
    a completeness    what is missing from the days that aren't final, by the model's estimate, from low to high
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from sqlglot import exp

from semantic.errors import counted
from semantic.model.definitions import (
    Additivity,
    Completeness,
    Contract,
    Dataset,
    Granularity,
    Measure,
    Metric,
    TypeKind,
)
from semantic.model.expression import parse_expression
from semantic.model.model import Model
from semantic.plan.time.period_aggregation import final_after
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import join_words, lower_first
from semantic.query.known_through import Extent, QuestionContext, known_of
from semantic.results.change import Amounts, Late, Pair
from semantic.results.sums import Sum, Sums, simple_sum

Side = Literal["before", "after"]
Days = tuple[date, date]
"""A range of days, as the first day and the day after the last one."""

ONE = timedelta(days=1)
NOT_OVER = "Late data isn't shown separately, because not all days are over and loaded."
SMALL_GROUPS = "Late data isn't shown separately, because your access hides small groups."
OTHER_KIND = "Late data can't be shown separately for this kind of metric."


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the lower and upper end of its range."""

    middle: Fraction
    low: Fraction
    high: Fraction

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.middle + other.middle, self.low + other.low, self.high + other.high)

    def __mul__(self, weight: Fraction) -> Estimate:
        low, high = sorted((self.low * weight, self.high * weight))
        return Estimate(self.middle * weight, low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateColumn:
    """A column of a temporary metric, with the `weight` that it has in the number of the metric `of`.

    Its rows either were loaded late and don't count in the period `older`, or are from days of which only a `share` is
    known. The latter count in both periods.
    """

    name: str
    of: str
    weight: Fraction
    older: Side | None = None
    share: Completeness | None = None

    def lacks(self, amount: Fraction, side: Side) -> Estimate:
        """Return the amount to add to a metric's number in one period to make both periods comparable."""
        if self.share is None:
            taken = -amount if side == self.older else _0
            return Estimate(taken, taken, taken) * self.weight
        low, high = sorted((amount / self.share.low - amount, amount / self.share.high - amount))
        middle = amount / ((self.share.low + self.share.high) / 2) - amount
        return Estimate(middle, low, high) * self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class LateColumns:
    """The columns to query next to a number, and the temporary metrics in `made` that they need.

    For a number that isn't a sum, `instead` is the metric that counts only rows loaded in time in the period `older`.
    `loaded_to` is the last day whose loads count in that period, or None if it differs between datasets. `open_days`
    are the days that can still change. `unknown` lists the data whose lateness isn't known.
    """

    made: Mapping[str, Metric]
    columns: tuple[LateColumn, ...] = ()
    instead: str = ""
    older: Side = "before"
    loaded_to: date | None = None
    open_days: Days | None = None
    unknown: tuple[str, ...] = ()

    def names_with(self, suffix: str) -> list[str]:
        """Return the names of the answer's columns for both periods. `suffix` marks the compared one."""
        return [f"{name}{end}" for name in self.made for end in ("", f"_{suffix}")]

    def comparable(self, of: Sum, pair: Pair, row: Mapping[str, Fraction | None], suffix: str) -> tuple[Estimate, ...]:
        """Return a sum of metrics in both periods, as if the periods were equally complete.

        `row` has the number of each column.
        """
        return self._at("before", of, pair.before, row, f"_{suffix}"), self._at("after", of, pair.after, row, "")

    def _at(self, side: Side, of: Sum, number: Fraction, row: Mapping[str, Fraction | None], suffix: str) -> Estimate:
        lacking = (one.lacks(row[one.name + suffix] or _0, side) * of[one.of] for one in self.columns if one.of in of)
        return sum(lacking, Estimate(number, number, number))


NONE_LATE = LateColumns(made=MappingProxyType({}))


def late_of(
    whole: Amounts, ends: Sequence[Estimate], below: Sequence[Estimate] | None, asked: LateColumns
) -> Late | None:
    """Return late data's contribution to a change, based on both sums as if the periods were equally complete.

    None if the range of a denominator includes 0.
    """
    numbers = [_number(*pair) for pair in zip(ends, below or (None,) * len(ends), strict=True)]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or whole.before is None or whole.after is None:
        return None
    before, after = known
    change = whole.after - whole.before
    top = Pair(ends[0].middle, ends[1].middle)
    comparable = Amounts(top, Pair(below[0].middle, below[1].middle) if below is not None else None)
    is_exact = not any(one.share is not None for one in asked.columns)
    return Late(
        comparable=comparable,
        part=change - (after.middle - before.middle),
        low=None if is_exact else change - (after.high - before.low),
        high=None if is_exact else change - (after.low - before.high),
        loaded_to=asked.loaded_to,
        open_days=asked.open_days,
        has_late_rows=bool(asked.instead) or any(one.share is None for one in asked.columns),
    )


def _number(top: Estimate, bottom: Estimate | None) -> Estimate | None:
    if bottom is None:
        return top
    if bottom.low <= 0 <= bottom.high:
        return None
    ends = [above / below for above in (top.low, top.high) for below in (bottom.low, bottom.high)]
    return Estimate(top.middle / bottom.middle, min(ends), max(ends))


# Which columns


def late_columns(
    metric: Metric, sums: Sums | None, names: Sequence[str], own: Days, compared: Days, visible: VisibleModel,
    asking: QuestionContext,
) -> LateColumns:  # fmt: skip
    """Return the extra columns for the metrics in `names`, which are used by `sums` or by the metric's formula.

    `own` and `compared` are the days of the two periods.
    """
    if visible.min_groups:
        return LateColumns(made={}, unknown=(SMALL_GROUPS,))
    finding = _Finding(own, compared, visible, asking)
    if sums is not None:
        for name in names:
            finding.add(name)
    else:
        finding.replace(metric)
    return finding.found()


class _Finding:
    """Collects the extra columns of one question, and the data whose lateness isn't known."""

    def __init__(self, own: Days, compared: Days, visible: VisibleModel, asking: QuestionContext) -> None:
        self.own, self.compared, self.visible, self.asking = own, compared, visible, asking
        self.model = visible.model
        self.made: dict[str, Metric] = {}
        self.columns: list[LateColumn] = []
        self.instead = ""
        self.cuts: set[date] = set()
        self.open: list[Days] = []
        self.undeclared: dict[str, None] = {}
        self.unknown: dict[str, None] = {}

    @property
    def older(self) -> Side:
        return "before" if self.compared[1] <= self.own[1] else "after"

    def found(self) -> LateColumns:
        undeclared = [f"Late data can't be shown separately for {join_words([*self.undeclared][:2])}."]
        (cut,) = self.cuts if len(self.cuts) == 1 else (None,)
        days = (min(first for first, _ in self.open), max(end for _, end in self.open)) if self.open else None
        return LateColumns(
            made=self.made, columns=tuple(self.columns), instead=self.instead, older=self.older,
            loaded_to=cut - ONE if cut is not None else None, open_days=days,
            unknown=(*(undeclared if self.undeclared else ()), *self.unknown),
        )  # fmt: skip

    def add(self, name: str) -> None:
        """Add the columns for one metric that can be added up."""
        weights = simple_sum(name, self.visible)
        if weights is None:
            self.unknown[OTHER_KIND] = None
            return
        for simple, weight in weights.items():
            for made, older, share in self._of_simple(self.model.metrics[simple]):
                self.columns.append(LateColumn(name=self._make(made), of=name, weight=weight, older=older, share=share))

    def replace(self, metric: Metric) -> None:
        """Add the metric that gives the number as of an earlier load, for a metric that isn't a sum."""
        measure = self.model.measure(metric.measure) if metric.is_simple else None
        if measure is None or measure.over_time is not None:
            self.unknown[OTHER_KIND] = None
        elif not self._is_loaded_by_row(measure):
            self._label(measure)
        elif (cut := self._cut(measure)) is not None:
            self.instead = self._make(loaded_before(metric, cut, self.model))
            self.cuts.add(cut)

    def _of_simple(self, metric: Metric) -> Iterator[tuple[Metric, Side | None, Completeness | None]]:
        measure = self.model.measure(metric.measure)
        dataset = self.model.datasets[measure.dataset]
        if dataset.forward:
            return  # a plan isn't loaded day by day
        if measure.additivity is not Additivity.FULL:
            self.unknown[OTHER_KIND] = None
        elif self._is_loaded_by_row(measure):
            cut = self._cut(measure)
            if cut is not None:
                column, bound = self._load_bound(dataset, cut)
                self.cuts.add(cut)
                yield _narrowed(metric, f"{column} >= {bound}"), self.older, None
        elif not (days := final_after(metric, self.model)):
            self._label(measure)
        elif measure.completeness:
            yield from self._open(metric, measure, days)
        elif self._reach(self._known(measure) - days * ONE, self._known(measure)):
            label = lower_first(metric.label or metric.name)
            self.unknown[f"The last {counted(days, 'day')} of {label} can still change; how much isn't known."] = None

    def _open(
        self, metric: Metric, measure: Measure, days: int
    ) -> Iterator[tuple[Metric, Side | None, Completeness | None]]:
        """Yield a column for each group of open days with the same known share."""
        known = self._known(measure)
        if not self._is_known(measure):
            return
        following = [one.days for one in measure.completeness[1:]] + [days + 1]
        for share, after in zip(measure.completeness, following, strict=True):
            first, end = known - (min(after, days + 1) - 1) * ONE, known - (share.days - 1) * ONE
            if first >= end or not (shown := self._reach(first, end)):
                continue
            condition = self._between(measure, first, end)
            if condition is None:
                self.unknown[OTHER_KIND] = None
                return
            self.open += shown
            yield _narrowed(metric, condition), None, share

    # How far a dataset is loaded

    def _known(self, measure: Measure) -> date:
        """Return the day after the last day that has ended and is loaded, in the model's time zone."""
        return known_of(measure, self.model, replace(self.asking, zone=self.model.settings.time_zone)) + ONE

    def _is_known(self, measure: Measure) -> bool:
        """Whether all days of both periods have ended and are loaded by all sources. If not, record the reason."""
        if max(self.own[1], self.compared[1]) > self._known(measure):
            self.unknown[NOT_OVER] = None
            return False
        extent = self.asking.loaded.get(measure.dataset, Extent())
        if extent.took_too_long or extent.late:
            self._label(measure)
            return False
        return True

    def _is_loaded_by_row(self, measure: Measure) -> bool:
        freshness = self.model.datasets[measure.dataset].freshness
        return freshness is not None and freshness.append_only

    def _label(self, measure: Measure) -> None:
        self.undeclared[self.model.datasets[measure.dataset].label or measure.dataset] = None

    def _reach(self, first: date, end: date) -> list[Days]:
        """Return the parts of both periods between `first` and `end`, which is excluded. Empty parts are left out."""
        both = [(max(first, begins), min(end, ends)) for begins, ends in (self.own, self.compared)]
        return [(begins, ends) for begins, ends in both if begins < ends]

    def _cut(self, measure: Measure) -> date | None:
        """Return the day from which rows of the older period count as loaded late.

        The newer period has no loads of that age yet. None if nothing is late, because both periods end on the same
        day, or if the day isn't known.
        """
        dataset = self.model.datasets[measure.dataset]
        freshness = dataset.freshness
        assert freshness is not None
        if not self._is_known(measure):
            return None
        if self.asking.loaded.get(dataset.name, Extent()).last is None:
            self._label(measure)
            return None
        if freshness.column in self.visible.closed_columns(dataset.name):
            self._label(measure)
            return None
        apart = abs((self.own[1] - self.compared[1]).days)
        return self._known(measure) + ONE - apart * ONE if apart else None

    # Conditions over its columns

    def _load_bound(self, dataset: Dataset, cut: date) -> tuple[str, str]:
        """Return the column of load times, and the start of a day in that column's type."""
        assert dataset.freshness is not None
        kind = dataset.columns[dataset.freshness.column].kind
        start = _instant(cut, self.model.settings.time_zone)
        return exp.to_identifier(dataset.freshness.column, quoted=True).sql(), _value(cut, start, kind, start)

    def _between(self, measure: Measure, first: date, end: date) -> str | None:
        """Return the condition for the rows of some days, or None if the measure's dates aren't by day."""
        dimension = self.model.datasets[measure.dataset].dimensions[measure.time or ""]
        if dimension.days_grain is not Granularity.DAY:
            return None
        zone, own = self.asking.zone, self.model.settings.time_zone
        text, kind = dimension.sql.text, dimension.type.kind
        if dimension.day is not None and zone == own:
            text, kind = dimension.day.text, TypeKind.DATE
        bounds = [_value(day, _instant(day, zone), kind, datetime.combine(day, time())) for day in (first, end)]
        return f"({text}) >= {bounds[0]} AND ({text}) < {bounds[1]}"

    def _make(self, metric: Metric) -> str:
        """Add a temporary metric, and return its name.

        Names in the model never contain a space, so names can't collide.
        """
        name = f"late {len(self.made)}"
        self.made[name] = replace(metric, name=name)
        return name


def loaded_before(metric: Metric, cut: date, model: Model) -> Metric:
    """Return a metric that counts only rows loaded before a day began. The dataset must have load times.

    Rows without a load time count as loaded in time.
    """
    dataset = model.datasets[model.measure(metric.measure).dataset]
    assert dataset.freshness is not None
    kind, start = dataset.columns[dataset.freshness.column].kind, _instant(cut, model.settings.time_zone)
    column, bound = exp.to_identifier(dataset.freshness.column, quoted=True).sql(), _value(cut, start, kind, start)
    return _narrowed(metric, f"{column} < {bound} OR {column} IS NULL")


def _narrowed(metric: Metric, condition: str) -> Metric:
    """Return a metric that counts only rows that also meet a condition."""
    text = f"({metric.filter.text}) AND ({condition})" if metric.filter is not None else condition
    return replace(
        metric, filter=parse_expression(text), fill=None, enough=None, certified=None, contract=Contract(),
        deprecated=None, target="", domain="", every_period=False,
    )  # fmt: skip


def _instant(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _value(day: date, start: datetime, kind: TypeKind, plain: datetime) -> str:
    """Return the start of a day as a value of a column's type. `plain` is used for timestamps without a time zone."""
    match kind:
        case TypeKind.DATE:
            return f"CAST('{day}' AS DATE)"
        case TypeKind.TIMESTAMPTZ:
            return f"CAST('{start:%Y-%m-%d %H:%M:%S}+00:00' AS TIMESTAMPTZ)"
        case _:
            return f"CAST('{plain:%Y-%m-%d %H:%M:%S}' AS TIMESTAMP)"


_0 = Fraction(0)
