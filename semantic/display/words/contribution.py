"""Find the member that contributed most to a metric's unusual week. The members must add up to the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import fsum, isclose

from semantic.display.change import exact
from semantic.display.evidence import evidence
from semantic.display.format import key_text
from semantic.display.rows import row_kinds
from semantic.display.words.notable import WeekValues
from semantic.display.words.sentences import NAMED_FROM, contributed
from semantic.model.definitions import Additivity
from semantic.model.model import Model
from semantic.plan.measures.metrics import additivity
from semantic.query.describe import lower_first
from semantic.results.result import Result, ResultColumn

Numbers = Mapping[object, Mapping[date, float]]
"""Each member's number, by week. Weeks without a number are left out."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One member's contribution to the difference between a week and the mean of earlier weeks.

    It's in the metric's unit.
    """

    of: WeekValues
    key: ResultColumn
    member: object  # None for no member
    part: float

    @property
    def whole(self) -> float:
        return self.of.value - self.of.mean

    @property
    def sentence(self) -> str:
        """The contribution in words, with signed numbers. The sentence doesn't name a cause."""
        who = f"Rows without {lower_first(self.key.label)}" if self.member is None else key_text(self.member, self.key)
        part, whole = exact(self.part) or Fraction(0), exact(self.whole) or Fraction(1)
        return contributed(who, part, whole, (self.of.mean, self.of.value), self.of.column)


def can_be_shared(column: ResultColumn, model: Model) -> bool:
    """Whether a metric's numbers add up over every dimension, so that its change can be split by member."""
    return column.metric is not None and additivity(column.metric, model) is Additivity.FULL


def contribution(judged: WeekValues, parts: Result) -> Contribution | None:
    """Return the member with the largest contribution in the direction of the total change, or None.

    `parts` is the answer for the same metric and weeks by one more dimension. A member without a row in a week counts
    as 0. None if the members don't add up to the whole in every week, for example because small ones are hidden. Also
    None if there is only one member, or if the member's latest week is based on too little data.
    """
    found_numbers = _numbers(judged, parts)
    if found_numbers is None or len(found_numbers) < 2:
        return None
    for week, whole in ((judged.week, judged.value), *zip(judged.weeks_before, judged.before, strict=True)):
        every = [numbers.get(week, 0.0) for numbers in found_numbers.values()]
        if not isclose(fsum(every), whole, rel_tol=1e-9, abs_tol=1e-9 * fsum(map(abs, every))):
            return None
    whole_value = judged.value - judged.mean
    changes = {member: _change(numbers, judged) for member, numbers in found_numbers.items()}
    member, part = max(changes.items(), key=lambda pair: pair[1] if whole_value > 0 else -pair[1])
    if not whole_value or part / whole_value < NAMED_FROM or not _is_enough(member, judged, parts):
        return None
    return Contribution(judged, _member_key(parts), member, part)


def _change(numbers: Mapping[date, float], judged: WeekValues) -> float:
    before = fsum(numbers.get(week, 0.0) for week in judged.weeks_before) / len(judged.weeks_before)
    return numbers.get(judged.week, 0.0) - before


def _numbers(judged: WeekValues, parts: Result) -> Numbers | None:
    """Return each member's numbers by week. None if a row isn't a single member.

    A hidden number counts as 0, so the members then don't add up to the whole.
    """
    numbers: dict[object, dict[date, float]] = defaultdict(dict)
    for member, week, value, kinds in _rows(judged, parts):
        if week is None or "other" in kinds or "total" in kinds:
            return None
        numbers[member][week] = 0.0 if value is None else float(value)
    return numbers


def _rows(judged: WeekValues, parts: Result) -> list[tuple[object, date | None, float | None, tuple[str, ...]]]:
    week = next(key for key in parts.keys if key.grain is not None)
    table = parts.table
    columns = (table.column(name).to_pylist() for name in (_member_key(parts).name, week.name, judged.column.name))
    return [*zip(*columns, row_kinds(parts), strict=True)]


def _member_key(parts: Result) -> ResultColumn:
    return next(key for key in parts.keys if key.grain is None)


def _is_enough(member: object, judged: WeekValues, parts: Result) -> bool:
    behind = evidence(parts).get(judged.column.name)
    if behind is None:
        return True
    rows = zip(_rows(judged, parts), behind, strict=True)
    return all(
        known is None or known.is_enough for (who, week, _, _), known in rows if who == member and week == judged.week
    )
