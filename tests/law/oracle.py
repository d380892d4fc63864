"""The law's answer to a question about a made-up world, row by row and day by day.

A cell is a metric of one group in one row's period, or in a total. Each cell has the days that it counts, its own or
their partners. They decide its value, or that it's missing, and whether a change is better or worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from semantic.model.definitions import DatePart, Granularity
from semantic.query.query import Calculation, CalculationKind, Query
from tests.law.days import TOTAL, Days, Key, RefusedByLaw
from tests.law.judging import a_day_explains, why_not
from tests.law.law import DAY, MONTHS_IN, clamped, end_of_month, first_of, loaded_to
from tests.law.metrics import METRICS, Balance, How, Metric, Minus, Offset, Ratio, Sum, parts_of
from tests.law.values import EVERY, Values
from tests.law.world import CHANNELS, World


@dataclass(frozen=True)
class Cell:
    """A value, or None if it's missing.

    A compared cell also has the reason why its change isn't judged, empty if it is.
    """

    value: float | None
    why_not: tuple[str, ...] = ("own",)

    @property
    def judged(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class RowKey:
    """A row's key: its breakdown values, and the positions of the breakdowns that it totals."""

    values: tuple[Key, ...]
    totalled: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Answer:
    rows: Mapping[RowKey, Mapping[str, Cell]]
    refused: str = ""


@dataclass
class Oracle:
    """The brute-force oracle: it answers questions about a world on a given day."""

    world: World
    today: date
    metrics: Mapping[str, Metric] = field(default_factory=lambda: METRICS)

    def answer(self, query: Query) -> Answer:
        """Return the rows of an answer, or the reason why there is no right answer."""
        try:
            return Answer(_Rows(self, query).rows())
        except RefusedByLaw as refused:
            return Answer({}, str(refused))


class _Rows:
    """The rows of one answer."""

    def __init__(self, oracle: Oracle, query: Query) -> None:
        self.query, self.metrics = query, oracle.metrics
        self.days = Days(oracle.world, oracle.today, oracle.metrics, query)
        self.values = Values(self.days)

    # Refused

    def check(self) -> None:
        names = [
            *self.query.metrics,
            *(f"{metric}_{one.name}" for one in self.days.compared for metric in self.query.metrics),
        ]
        if len({*names}) < len(names):
            raise RefusedByLaw("two columns have one name")
        for metric in self.query.metrics:
            for how in parts_of(self.metrics, metric):
                if isinstance(how, Sum | Balance) and self.days.fact(how.fact).by_month:
                    self.check_months(how)
                if isinstance(how, Offset):
                    self.check_offset(metric, how)

    def check_months(self, how: Sum | Balance) -> None:
        """Raise unless rows are at least a month long: flows and plans cover whole months, of which the last can be the
        current one.
        """
        by, asked = self.days.date_by, self.days.asked
        months_or_longer = (DatePart.MONTH, DatePart.QUARTER, DatePart.YEAR)
        if by is not None and not self.days.is_by_months and by.part not in months_or_longer:
            raise RefusedByLaw(f"{how.fact} is only available by month")
        ends = asked.uncut or asked.last
        if by is not None and any(one.rule in ("days", "position") for one in self.days.compared):
            raise RefusedByLaw(f"{how.fact} is only available by month, and days stand beside other days")
        if isinstance(how, Balance) and (by is None or how.over == "first"):
            return
        is_running = (
            asked.unit in MONTHS_IN
            or ends is None
            or (not self.days.fact(how.fact).is_plan and ends >= self.known_to_of(how.fact))
        )
        begins_late = isinstance(how, Sum) and asked.first and asked.first.day != 1
        if begins_late or not (is_running or (ends and ends == end_of_month(ends))):
            raise RefusedByLaw(f"{how.fact} is known by whole months only")

    def known_to_of(self, fact: str) -> date:
        return loaded_to(self.days.today, self.days.fact(fact).load, self.days.world.zone)

    def check_offset(self, metric: str, how: Offset) -> None:
        """Raise if an offset is shorter than its cell, because the two would overlap."""
        if self.days.grain:
            longest = MONTHS_IN.get(self.days.grain, 0) * 31 or (7 if self.days.grain is Granularity.WEEK else 1)
            if (how.months and MONTHS_IN.get(self.days.grain, 0) > how.months) or (how.days and longest > how.days):
                raise RefusedByLaw(f"{metric} overlap by {self.days.grain.words}")
            return
        first, last = self.days.asked.first, self.days.asked.uncut or self.days.asked.last or self.days.known(metric)
        if first is None:
            raise RefusedByLaw(f"{metric} overlap over all days")
        earlier = clamped(last, how.months) - how.days * DAY
        if earlier >= first:
            raise RefusedByLaw(f"{metric} overlap")

    # Rows

    def rows(self) -> dict[RowKey, dict[str, Cell]]:
        self.check()
        channel = next((place for place, breakdown in enumerate(self.query.by) if not breakdown.is_time), None)
        groups: list[Key] = (
            [EVERY]
            if channel is None
            else [each_channel for each_channel in CHANNELS if self.values.is_let_in(each_channel)]
        )
        keys = self.row_keys()
        rows: dict[RowKey, dict[str, Cell]] = {}
        shown: set[Key] = set()
        for group in groups:
            for key in keys:
                cells, has_rows = self.row(key, group)
                if has_rows or not self.query.by:
                    rows[self.named(key, group)] = cells
                    shown.add(group)
        if channel is None:
            shown = {*groups}
        if self.query.every_period and self.fills():
            known = {key for metric in self.query.metrics for key in self.days.cells(metric)}
            for group in shown:
                for key in known:
                    rows.setdefault(self.named(key, group), self.row(key, group)[0])
        self.calculate(rows)
        for total in self.query.totals:
            rows |= self.total(total, keys, groups, channel)
        return rows

    def fills(self) -> bool:
        """Return whether periods without rows are shown.

        Next to totals, they are shown only for additive metrics, as a note explains.
        """
        parts = [how for metric in self.query.metrics for how in parts_of(self.metrics, metric)]
        adds_up = all(self.adds_up(how) for how in parts)
        return adds_up or not self.query.totals

    def adds_up(self, how: How) -> bool:
        """Return whether numbers are sums of rows.

        Days compared with the same days of another month are paired one by one.
        """
        match how:
            case Sum(distinct=distinct):
                return not distinct
            case Offset(months=months):
                return not (months and self.days.grain is Granularity.DAY)
            case _:
                return isinstance(how, Ratio | Minus)

    def row_keys(self) -> list[Key]:
        """Return every row in which a metric has a known day. For numbered days, include the partners' rows."""
        keys = {key for metric in self.query.metrics for key in self.days.cells(metric)}
        by = self.days.date_by
        if by is not None and by.part is DatePart.DAY_NUMBER:
            for metric in self.query.metrics:
                for one in self.days.compared:
                    keys |= {(day - one.first).days + 1 for day in self.days.side_days(metric, one) if one.first}
        if by is not None and by.part is DatePart.DAY and self.days.asked.made_of_months:
            pairs = [one for one in self.days.compared if one.rule == "date"]
            keys |= {
                day.day for pair in pairs for metric in self.query.metrics for day in self.days.side_days(metric, pair)
            }
        return list(keys) if by is not None else [None]

    def row(self, key: Key, group: Key) -> tuple[dict[str, Cell], bool]:
        cells: dict[str, Cell] = {}
        has_rows = False
        for metric in self.query.metrics:
            own = self.values.own(metric, key)
            value = self.values.value(metric, own, group)
            cells[metric] = Cell(value.value)
            has_rows |= value.has_rows
            for one in self.days.compared:
                other = self.values.other(metric, one, key)
                before = self.values.value(metric, other, group)
                why = why_not(self.values, metric, own, other)
                if value.value is None or before.value is None:
                    why = (*why, "missing")
                elif own and other and a_day_explains(self.values, metric, value.value, before.value, own, other):
                    why = (*why, "per day the other way")
                cells[f"{metric}_{one.name}"] = Cell(before.value, why)
                has_rows |= before.has_rows
        return cells, has_rows

    def named(self, key: Key, group: Key, totalled: frozenset[int] = frozenset()) -> RowKey:
        values = [key if place == self.days.date_place else group for place in range(len(self.query.by))]
        return RowKey(tuple(None if place in totalled else each_key for place, each_key in enumerate(values)), totalled)

    def total(
        self, kept: tuple[str, ...], keys: Sequence[Key], groups: Sequence[Key], channel: int | None
    ) -> dict[RowKey, dict[str, Cell]]:
        """Return totals recomputed from the rows of all their days and groups. A grand total needs a known day."""
        keeps_date = any(name.startswith("date") for name in kept)
        keeps_channel = "channel" in kept
        dropped = {self.days.date_place} if not keeps_date else set[int | None]()
        dropped |= {channel} if not keeps_channel else set()
        totalled = frozenset(place for place in dropped if place is not None)
        total: dict[RowKey, dict[str, Cell]] = {}
        for key in keys if keeps_date else [TOTAL if self.days.date_by else None]:
            for group in groups if keeps_channel else [EVERY]:
                cells, has_rows = self.row(key, group)
                is_known = not kept and any(self.values.own(metric, key) for metric in self.query.metrics)
                if has_rows or is_known:
                    cells |= {calculation.name: Cell(None) for calculation in self.query.calc}
                    total[self.named(key, group, totalled)] = cells
        return total

    # Calculations

    def calculate(self, rows: dict[RowKey, dict[str, Cell]]) -> None:
        """Add running totals, averages and an index along each group's dates."""
        assert not self.query.calc or self.days.date_place is not None
        for calculation in self.query.calc:
            groups = {self.group_of(key) for key in rows}
            for group in groups:
                mine = {key.values[self.days.date_place or 0]: key for key in rows if self.group_of(key) == group}
                values = {day: rows[key][calculation.of].value for day, key in mine.items()}
                base = self.base(calculation, rows)
                for day, key in mine.items():
                    rows[key][calculation.name] = Cell(self.calculated(calculation, day, values, base))

    def group_of(self, key: RowKey) -> tuple[Key, ...]:
        return tuple(value for place, value in enumerate(key.values) if place != self.days.date_place)

    def calculated(
        self, calculation: Calculation, day: date, values: Mapping[date, float | None], base: date | None
    ) -> float | None:
        match calculation.do:
            case CalculationKind.RUNNING_TOTAL:
                so_far = [value for other, value in values.items() if other <= day and value is not None]
                return sum(so_far) if so_far else None
            case CalculationKind.INDEX:
                first = values.get(base) if base else None
                value = values[day]
                if not first or value is None or not self.days.is_complete(calculation.of, day):
                    return None
                return 100 * value / first
            case CalculationKind.MOVING_AVERAGE:
                assert self.days.grain
                periods = [day]
                for _ in range(calculation.periods - 1):
                    periods.append(first_of(periods[-1] - DAY, self.days.grain, self.days.calendar))
                if not all(self.days.is_complete(calculation.of, period) for period in periods):
                    return None
                shown = [values.get(period) for period in periods]
                fill = self.metrics[calculation.of].fill
                counted = [fill if value is None else value for value in shown]
                numbers = [value for value in counted if value is not None]
                return sum(numbers) / len(numbers) if numbers else None
            case _:
                raise AssertionError(calculation.do)

    def base(self, calculation: Calculation, rows: Mapping[RowKey, Mapping[str, Cell]]) -> date | None:
        """Return the first complete period that has a value, or None."""
        if calculation.do is not CalculationKind.INDEX:
            return None
        place = self.days.date_place or 0
        days = {key.values[place] for key, cells in rows.items() if cells[calculation.of].value is not None}
        return min((day for day in days if self.days.is_complete(calculation.of, day)), default=None)
