"""Prepare a result for drawing: its periods, its groups by size, and their numbers and colours. Totals are left out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from semantic.display.evidence import Evidence
from semantic.display.format import Rest, Write, key_text, listed, writer
from semantic.display.rows import compared_with, is_total, key_value, main_values, row_kinds
from semantic.display.tokens import Tokens
from semantic.query.member_labels import NO_LABELS
from semantic.query.query import CalculationKind
from semantic.results.result import Result, ResultColumn

Number = float | None
Thing = TypeVar("Thing", bound=Hashable)
EvidenceByColumn = Mapping[str, Sequence[Evidence | None]]
Group = tuple[Hashable, ...]
"""The values of all breakdowns except the date, in the result's order. None means no value, and `Rest.OTHER` means
Other.
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows to draw. Each list has one item per row: its period, its group, and its number for each column."""

    time: ResultColumn | None
    keys: tuple[ResultColumn, ...]
    metrics: tuple[ResultColumn, ...]
    before: dict[str, tuple[ResultColumn, ...]]  # by metric, its comparisons
    periods: list[date | None]
    groups: list[Group]
    numbers: dict[str, list[Number]]
    zone: ZoneInfo
    cut: bool  # whether a limit leaves groups out
    places: list[int]  # per row, its position in the result's table
    behind: dict[str, list[Evidence | None]]  # by value column, the evidence of each row
    at: dict[tuple[Group, date | None], int]  # the row of a group and a period
    hidden: dict[str, list[bool]]  # by value column, whether a policy hides each row's number

    def is_hidden(self, metric: ResultColumn, row: int | None) -> bool:
        """Whether a row has no number for a metric because a policy hides it."""
        return row is not None and metric.name in self.hidden and self.hidden[metric.name][row]

    def count_hidden(self, *metrics: ResultColumn) -> int:
        """Return how many rows have a hidden number for at least one of these metrics."""
        cells = [self.hidden[metric.name] for metric in metrics if metric.name in self.hidden]
        return sum(any(of_row) for of_row in zip(*cells, strict=True))

    def name(self, group: Group) -> str:
        return " \N{MIDDLE DOT} ".join(key_text(value, key) for value, key in zip(group, self.keys, strict=True))

    def value_name(self, value: Hashable, place: int) -> str:
        return key_text(value, self.keys[place])

    def write(self, metric: ResultColumn) -> Write:
        return writer(metric, self.numbers[metric.name])

    @property
    def noun(self) -> str:
        return "groups" if len(self.keys) != 1 else f"values of {self.keys[0].label}"

    @property
    def title(self) -> str:
        return listed(metric.label for metric in self.metrics)

    @property
    def measure_of_size(self) -> ResultColumn:
        """Return the metric that ranks groups by size: the first one that adds up or, if none does, the first one."""
        return next((metric for metric in self.metrics if not metric.is_ratio), self.metrics[0])

    def row_of(self, group: Group) -> int | None:
        """Return the row of a group, or None. The answer must have at most one period."""
        return self.at.get((group, self.periods[0]))

    @property
    def dated(self) -> bool:
        """Whether the answer is over several periods."""
        return self.time is not None and len({period for period in self.periods if period is not None}) > 1

    @property
    def is_compared(self) -> bool:
        return any(self.before.values())


def _is_place(value: ResultColumn) -> bool:
    """Whether a column is a rank.

    Ranks are only shown in the table, because as bars the last rank would be the longest.
    """
    return value.calculation is not None and value.calculation.do is CalculationKind.RANK


def prepare_rows(result: Result, behind: EvidenceByColumn | None = None) -> Rows:
    """Return the rows of a result without totals. Instants in keys are in the question's time zone."""
    kinds = row_kinds(result)
    kept_places = [place for place, row_kind in enumerate(kinds) if not is_total(row_kind)]
    # An empty list has no type, so rows couldn't be selected by it.
    table = (
        result.table.take(kept_places) if 0 < len(kept_places) < len(kinds) else result.table.slice(0, len(kept_places))
    )
    kinds = [kinds[place] for place in kept_places]
    time = next((key for key in result.keys if key.grain is not None), None)
    keys = tuple(key for key in result.keys if key is not time)
    columns = {column.name: table.column(column.name).to_pylist() for column in result.columns}
    zone = ZoneInfo(result.period.time_zone)
    places = {key.name: place for place, key in enumerate(result.keys)}
    for key in keys:
        place = places[key.name]
        columns[key.name] = [
            key_value(in_zone(value, zone), row_kind[place])
            for value, row_kind in zip(columns[key.name], kinds, strict=True)
        ]
    groups: list[Group] = (
        list(zip(*(columns[key.name] for key in keys), strict=True)) if keys else [()] * len(kept_places)
    )
    metrics = tuple(value for value in main_values(result) if not _is_place(value))
    periods: list[date | None] = (
        [_as_period(cell) for cell in columns[time.name]] if time else [None] * len(kept_places)
    )
    return Rows(
        time=time,
        keys=keys,
        metrics=metrics,
        before={metric.name: compared_with(metric, result) for metric in metrics},
        periods=periods,
        groups=groups,
        numbers={value.name: [_as_number(cell) for cell in columns[value.name]] for value in result.values},
        zone=zone,
        cut=result.query.limit is not None and result.query.limit < result.groups,
        places=kept_places,
        behind={name: [cells[place] for place in kept_places] for name, cells in (behind or {}).items()},
        at={key: place for place, key in enumerate(zip(groups, periods, strict=True))},
        hidden={name: [cells[place] for place in kept_places] for name, cells in result.hidden.items()},
    )


def of_one_period(rows: Rows) -> Rows:
    """Return the rows without undated ones, if all other rows have the same date. Otherwise, return all rows."""
    if rows.time is None or rows.dated or None not in rows.periods or len(set(rows.periods)) == 1:
        return rows
    places = [place for place, period in enumerate(rows.periods) if period is not None]
    groups, periods = [rows.groups[place] for place in places], [rows.periods[place] for place in places]
    return replace(
        rows,
        periods=periods,
        groups=groups,
        numbers={name: [numbers[place] for place in places] for name, numbers in rows.numbers.items()},
        places=[rows.places[place] for place in places],
        behind={name: [cells[place] for place in places] for name, cells in rows.behind.items()},
        at={key: place for place, key in enumerate(zip(groups, periods, strict=True))},
        hidden={name: [cells[place] for place in places] for name, cells in rows.hidden.items()},
    )


def in_zone(value: Thing, zone: ZoneInfo) -> Thing:
    """Return an instant as local time in a zone, and any other value unchanged."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return cast(Thing, value.astimezone(zone))
    return value


def _as_period(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _as_number(value: object) -> Number:
    if value is None or isinstance(value, int):
        return value
    number = float(cast(float, value))
    return number if number - number == 0 else None  # infinity and NaN can't be drawn


# Order and colour


def ranked_groups(rows: Rows, metric: ResultColumn) -> list[Group]:
    """Return the groups by size.

    The size is the sum over all periods. For a ratio, or a value as of a day, it's the maximum. Sums are only used for
    ranking, and never shown.
    """
    return _by_size(rows.groups, rows.numbers[metric.name], metric, key=rows.name)


def ranked_values(rows: Rows, metric: ResultColumn, place: int) -> list[Hashable]:
    """Return one breakdown's values by size. Date parts and calendar periods keep their own order."""
    values = [group[place] for group in rows.groups]
    if rows.keys[place].is_ordered:
        known = {value for value in values if value is not None and not is_rest(value)}
        return [*in_order(known), *(key for key in dict.fromkeys(values) if key not in known)]
    return _by_size(values, rows.numbers[metric.name], metric, key=lambda value: key_text(value, rows.keys[place]))


def in_order(values: Iterable[Hashable]) -> list[Hashable]:
    """Return days, whole numbers or texts in ascending order. All values must have the same type."""
    return sorted(values, key=lambda key: (key if isinstance(key, int) else 0, str(key)))


def first_of(things: Sequence[Thing], most: int) -> list[Thing]:
    """Return the first `most` groups, including Other if there is exactly one Other."""
    rest = [thing for thing in things if is_rest(thing)]
    if len(things) <= most or len(rest) > 1:
        return list(things[:most])
    return [thing for thing in things if not is_rest(thing)][: max(0, most - len(rest))] + rest[:most]


def is_rest(thing: Hashable) -> bool:
    """Whether a group, or one of its values, is Other."""
    return thing is Rest.OTHER or (isinstance(thing, tuple) and Rest.OTHER in thing)


def is_grey(group: Group) -> bool:
    """Whether a group is drawn in grey, because it contains Other or a missing value."""
    return any(value is None or value is Rest.OTHER for value in group)


def plain_colour(group: Group, tokens: Tokens) -> str:
    return tokens.other if is_grey(group) else tokens.series[0]


def colours(
    groups: Sequence[Group], rows: Rows, tokens: Tokens, *, keys: Sequence[ResultColumn] = ()
) -> dict[Group, str]:
    """Return a colour for each group.

    The colour depends on the group's name, so it's the same on every page, unless two groups would have the same
    colour. `keys` are the groups' breakdowns, if they aren't all breakdowns of the answer.
    """
    # A member keeps its colour when its label is changed.
    name = replace(rows, keys=tuple(replace(key, labels=NO_LABELS) for key in keys or rows.keys)).name
    chosen: dict[Group, str] = {}
    free = list(range(len(tokens.series)))
    for group in sorted(groups, key=name):
        if is_grey(group):
            chosen[group] = tokens.other
            continue
        wanted = zlib.crc32(name(group).encode()) % len(tokens.series)
        slot = min(free, key=lambda number: (number - wanted) % len(tokens.series))
        free.remove(slot)
        chosen[group] = tokens.series[slot]
    return chosen


def left_out(rows: Rows, groups: Sequence[Group], drawn: Sequence[Group], size: ResultColumn | None) -> list[str]:
    """Return a note on which groups are drawn. Empty if all are.

    These are the largest groups by a metric, or the first ones in the question's order.
    """
    if len(drawn) == len(groups):
        return []
    members = [sum(not is_rest(keys) for keys in these) for these in (drawn, groups)]
    which = f"largest {members[0]}" if size else f"first {members[0]}"
    by = f" by {size.label}" if size and len(rows.metrics) > 1 else ""
    return [f"The {which} of {members[1]:,} {rows.noun}{by} are drawn; {in_table(rows)}."]


def in_table(rows: Rows) -> str:
    return "the table has more" if rows.cut else "the table has all"


def _by_size(
    things: Iterable[Thing], numbers: Iterable[Number], metric: ResultColumn, *, key: Callable[[Thing], str]
) -> list[Thing]:
    sizes: dict[Thing, float | None] = {}
    for thing, number in zip(things, numbers, strict=True):
        before = sizes.get(thing)
        if number is None or before is None:
            sizes[thing] = before if number is None else float(number)
        else:
            sizes[thing] = max(before, number) if metric.is_ratio or metric.timing.is_of_days else before + number
    return sorted(
        sizes,
        key=lambda each_thing: (
            is_rest(each_thing),
            sizes[each_thing] is None,
            -(sizes[each_thing] or 0),
            key(each_thing),
        ),
    )
