"""Describe a question in words: its title, period and filters."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from semantic.errors import counted
from semantic.model.definitions import DatePart, Dimension, Granularity
from semantic.model.model import Model
from semantic.model.settings import MONTHS as MONTH_NAMES
from semantic.model.settings import WEEK_DAYS
from semantic.policy.narrow import VisibleModel
from semantic.query.comparisons import Compared
from semantic.query.member_labels import NO_LABELS, Labels, label_of, labels_among
from semantic.query.names import Named, read_name
from semantic.query.periods import Days
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Breakdown,
    ByMember,
    Calculation,
    CalculationKind,
    Condition,
    Filter,
    InSegment,
    NotAny,
    Operator,
    SqlCondition,
    Value,
)
from semantic.query.resolve import Asked, Key

EN_DASH = "\N{EN DASH}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English names of months, so that dates are unambiguous and don't depend on the machine's locale."""

GRAIN_ADVERBS = {
    Granularity.MILLISECOND: "by millisecond",
    Granularity.SECOND: "by second",
    Granularity.MINUTE: "by minute",
    Granularity.HOUR: "hourly",
    Granularity.DAY: "daily",
    Granularity.WEEK: "weekly",
    Granularity.MONTH: "monthly",
    Granularity.QUARTER: "quarterly",
    Granularity.YEAR: "yearly",
    Granularity.FISCAL_QUARTER: "by fiscal quarter",
    Granularity.FISCAL_YEAR: "by fiscal year",
}
SHOWN_VALUES = 3


def describe_title(asked: Asked) -> str:
    """Return the title of a question, such as `ROAS and spend by channel, weekly`."""
    names = (
        [asked.metrics[0].label, *(lower_first(metric.label) for metric in asked.metrics[1:])]
        if asked.metrics
        else ["Values"]
    )
    plain = [lower_first(describe_key(key)) for key in asked.keys if key.dimensions or not key.grain]
    adverbs = [GRAIN_ADVERBS[key.grain] for key in asked.keys if not key.dimensions and key.grain]
    by = f" by {join_words(plain)}" if plain else ""
    calculated = join_words([*dict.fromkeys(_TITLED[calculation.do] for calculation in asked.calc)])
    ending = (f", {adverbs[0]}" if adverbs else "") + (f", with {calculated}" if calculated else "")
    return join_words(names) + by + ending


def describe_key(key: Key) -> str:
    """Return a breakdown's name, such as `Channel`, `Country (billing customer)`, `Weekday` or `Retail month`."""
    words = key.part.words if key.part else key.period.label if key.period else key.grain.words if key.grain else ""
    if not key.dimensions:
        return upper_first(words)
    label = key.dimensions[0].label
    via = f" ({key.breakdown.via.replace('_', ' ').replace('.', ', ')})" if key.breakdown.via else ""
    return label + (f", {lower_first(words)}" if words else "") + via


def describe_split(breakdown: Breakdown, model: Model) -> str:
    """Return how a breakdown groups a date, such as `week`, `weekday` or `Retail month`, or "" if it doesn't say."""
    if breakdown.period is not None:
        period = model.period(breakdown.period)
        return period[1].label if period else breakdown.period
    return breakdown.part.words if breakdown.part else breakdown.grain.words if breakdown.grain else ""


def describe_days(days: Days) -> str:
    """Return days in words, both ends included, such as `29 Jun – 27 Sep 2026, 13 complete weeks`.

    If some days aren't known, it reads like `22 – 25 Sep 2026, 4 of 7 days`.
    """
    words = describe_range(days.start, None if days.is_open else days.end, open_end=True)
    if days.is_empty and days.to_date and days.unit is not None:
        return f"No complete day of this {days.unit.words} yet"
    if days.is_empty:
        return f"{describe_range(days.start, days.whole_end, open_end=True)}, no complete day yet"
    if days.unit is None:
        return words
    if days.to_date:
        return f"{words}, {days.unit.words} to date"
    if days.asked_end is not None and days.start is not None:
        return f"{words}, {days.length:,} of {(days.asked_end - days.start).days:,} days"
    unit = f"{days.count:,} {'complete ' if days.complete else ''}{days.unit.words}s"
    if days.count == 1:
        unit = f"one {'complete ' if days.complete else ''}{days.unit.words}"
    return f"{words}, {unit}" + ("" if days.complete else ", including the current one")


def describe_comparison(compared: Compared) -> str:
    """Return a comparison's name in words, such as `previous period`, `same dates last year` or `2 months before`.

    A named period shows its days, such as `1 – 31 Jan 2026`.
    """
    match compared.name.split("_"):
        case ["previous"]:
            return "previous period"
        case ["last", "year"]:
            return "same period last year"
        case ["1", "year", "back"]:
            return "same dates last year"
        case [count, *unit, "back"]:
            words = " ".join(unit)
            return f"{counted(int(count), words)} before"
        case _:
            return describe_range(compared.days.start, compared.days.end, open_end=True)


def describe_range(first: date | None, last: date | None, *, open_end: bool = False) -> str:
    """Return a range of days in words, with parts that both ends share written once.

    Both ends are included. With `open_end`, the last day isn't.
    """
    if open_end and last is not None:
        last -= timedelta(days=1)
        if first is not None and last < first:
            return "no days"
    if first is None and last is None:
        return "All time"
    if first is None and last is not None:
        return f"Until {describe_day(last)}"
    if first is not None and last is None:
        return f"Since {describe_day(first)}"
    assert first is not None
    assert last is not None
    if first == last:
        return describe_day(first)
    start = f"{first.day} {MONTHS[first.month - 1]}" if first.year == last.year else describe_day(first)
    start = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else start
    return f"{start} {EN_DASH} {describe_day(last)}"


def calendar_name(first: date | None, last: date | None) -> str:
    """Return the name of whole months, such as `October 2026`, `Q3 2026` or `2026`, or "" for other days.

    Both ends are included.
    """
    if first is None or last is None or first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
        return ""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months == 1:
        return f"{upper_first(MONTH_NAMES[first.month - 1])} {first.year}"
    if months == 3 and first.month % 3 == 1:
        return f"Q{(first.month + 2) // 3} {first.year}"
    return str(first.year) if months == 12 and first.month == 1 else ""


_TITLED = {
    CalculationKind.DIFFERENCE: "difference",
    CalculationKind.RATIO: "ratio",
    CalculationKind.PERCENT_OF_TOTAL: "share of total",
    CalculationKind.RANK: "rank",
    CalculationKind.RUNNING_TOTAL: "running total",
    CalculationKind.MOVING_AVERAGE: "moving average",
    CalculationKind.INDEX: "index",
}


def calculation_label(calculation: Calculation, asked: Asked) -> str:
    """Return a calculation's label, such as `Revenue, share of total` or `Revenue, average of 3 months`."""
    of = _column_label(calculation.of, asked)
    keys = {key.name: key for key in asked.keys}
    within = (
        f" within {join_words([lower_first(describe_key(keys[name])) for name in calculation.within])}"
        if calculation.within
        else ""
    )
    match calculation.do:
        case CalculationKind.DIFFERENCE:
            return _pair_label(calculation, asked, "change from", "minus")
        case CalculationKind.RATIO:
            return _pair_label(calculation, asked, "ratio to", "divided by")
        case CalculationKind.PERCENT_OF_TOTAL:
            return f"{of}, share of total{within}"
        case CalculationKind.RANK:
            return f"Rank by {lower_first(of)}{', lowest first' if calculation.ascending else ''}{within}"
        case CalculationKind.RUNNING_TOTAL:
            by = "" if calculation.along in keys else f" by {lower_first(_column_label(calculation.along, asked))}"
            return f"{of}, running total{by}{within}"
        case CalculationKind.MOVING_AVERAGE:
            grain = keys[calculation.along].grain
            return f"{of}, average of {calculation.periods} {grain.words if grain else 'period'}s"
        case CalculationKind.INDEX:
            base = "the first" if calculation.base is None else str(calculation.base)
            return f"{of}, index, {base} = 100"


def _pair_label(calculation: Calculation, asked: Asked, over_time: str, beside: str) -> str:
    for compared in asked.compared:
        if calculation.to == f"{calculation.of}_{compared.name}":
            return f"{_column_label(calculation.of, asked)}, {over_time} {lower_first(describe_comparison(compared))}"
    return f"{_column_label(calculation.of, asked)} {beside} {lower_first(_column_label(calculation.to, asked))}"


def _column_label(name: str, asked: Asked) -> str:
    """Return the label of a metric's column, with its comparison if it has one."""
    for metric in asked.metrics:
        if name == metric.name:
            return metric.label
        for compared in asked.compared:
            if name == f"{metric.name}_{compared.name}":
                return f"{metric.label}, {lower_first(describe_comparison(compared))}"
    return name


def describe_filters(asked: Asked, known: Mapping[str, Labels] | None = None) -> str:
    """Return a question's filters in words, such as `Channel is Display or Email; country is not DE`.

    `known` has labels of members that the person can see, by dimension. Without it, members have labels only where no
    row rule could hide them.
    """
    return "; ".join(_filter_words(part, asked, known, is_apart=True) for part in asked.where)


def join_words(words: Sequence[str], last: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def lower_first(label: str) -> str:
    """Return `net revenue` for `Net revenue`. Words with a second capital letter, such as `ROAS`, stay as they are."""
    word = label.split(" ", 1)[0]
    return label if not word[1:].islower() and len(word) > 1 else label[:1].lower() + label[1:]


def upper_first(text: str) -> str:
    """Return `Net revenue` for `net revenue`. The rest of the text stays as it is."""
    return text[:1].upper() + text[1:]


def describe_day(value: date) -> str:
    """Return a date in words, such as `27 Sep 2026`."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def _filter_words(part: Filter, asked: Asked, known: Mapping[str, Labels] | None, *, is_apart: bool = False) -> str:
    """Return one filter in words. Alternatives are in brackets, unless there is no other filter."""
    match part:
        case AllOf(parts):
            return join_words([_filter_words(inner_part, asked, known) for inner_part in parts])
        case AnyOf(parts):
            words = join_words([_filter_words(inner_part, asked, known) for inner_part in parts], "or")
            return words if is_apart else f"({words})"
        case NotAny(inner):
            return f"not ({_filter_words(inner, asked, known, is_apart=True)})"
        case InSegment(name):
            return f"in the segment {asked.visible.segment(name).label}"
        case SqlCondition(condition):
            return condition.text
        case ByMember():
            return _member_words(part, asked, known)
        case Condition():
            named = read_name(part.dim, asked.visible.model)
            if named.is_grouped:
                words = [date_value_words(value, named) for value in part.values]
                return f"{describe_named(named, asked.visible)} {_compared_words(part, words)}"
            dimension = asked.visible.dimension(part.dim)[0]
            labels = labels_among(part.values, _labels(dimension, part.op, asked.visible, known))
            words = [value_words(value, dimension, labels) for value in part.values]
            return f"{dimension.label} {_compared_words(part, words)}"


def _member_words(part: ByMember, asked: Asked, known: Mapping[str, Labels] | None) -> str:
    """Return a filter by a metric of each member in words.

    It reads like `Orders of each customer > 2 (Channel is Mail; 1 - 31 Mar 2026)`.
    """
    inner = next((candidate.asked for candidate in asked.inner if candidate.part == part), None)
    more = [describe_filters(inner, known)] if inner and inner.where else []
    more += [describe_days(inner.days)] if inner and part.time is not None else []
    rows = f" ({'; '.join(more)})" if more else ""
    numbers = [str(value) for value in part.values]
    compared = f"is from {numbers[0]} to {numbers[1]}" if part.op == "between" else f"{part.op} {numbers[0]}"
    return f"{asked.visible.metric(part.metric).label} of each {last_role(part.per)}{rows} {compared}"


def _labels(dimension: Dimension, op: Operator, visible: VisibleModel, known: Mapping[str, Labels] | None) -> Labels:
    """Return the labels for a filter's values.

    Substrings and the ends of a range have none, because they aren't members.
    """
    if op not in (Operator.IN, Operator.NOT_IN):
        return NO_LABELS
    if known is not None:
        return known.get(dimension.name, NO_LABELS)
    return visible.member_labels(dimension.name) if visible.may_name_members else NO_LABELS


def last_role(per: str) -> str:
    """Return the entity in a filter by a metric of each member, in words, which is the last of its roles."""
    return per.replace("__", ".").rpartition(".")[2].replace("_", " ")


def describe_named(named: Named, visible: VisibleModel) -> str:
    """Return a dimension's name in a filter, such as `Weekday` or `Customer since, month of the year`."""
    split = describe_split(Breakdown(named.dim, named.grain, None, named.part, named.period), visible.model)
    if named.dim == DATE:
        return upper_first(split)
    return f"{visible.dimension(named.dim)[0].label}, {lower_first(split)}"


def date_value_words(value: Value, named: Named) -> str:
    """Return a date's value in words, such as `Saturday`, `March`, `Q1`, or a calendar's name for a period."""
    if value is None:
        return "(none)"
    if isinstance(value, str) and named.part is None:
        try:
            return describe_day(date.fromisoformat(value))
        except ValueError:
            return value
    if not isinstance(value, int) or named.part is None:
        return str(value)
    names: dict[DatePart, Sequence[str]] = {DatePart.DOW: WEEK_DAYS, DatePart.MONTH: MONTH_NAMES}
    known = names.get(named.part, ())
    if 1 <= value <= len(known):
        return upper_first(known[value - 1])
    forms = {DatePart.QUARTER: "Q{}", DatePart.HOUR: "{:02}:00"}
    return forms.get(named.part, "{}").format(value)


NEGATED = {Operator.NOT_CONTAINS: "doesn't contain", Operator.NOT_STARTS_WITH: "doesn't start with"}


def is_about_missing(part: Condition) -> bool:
    """Return whether a filter does nothing but include, or exclude, rows without a value."""
    return part.op in (Operator.IN, Operator.NOT_IN) and part.values == (None,)


def _compared_words(part: Condition, words: Sequence[str]) -> str:
    if is_about_missing(part):
        return "is empty" if part.op is Operator.IN else "is not empty"
    values = list(words[:SHOWN_VALUES])
    more = len(words) - SHOWN_VALUES
    if more > 0:
        values.append(f"{more:,} more")
    match part.op:
        case Operator.IN:
            return f"is {join_words(values, 'or')}"
        case Operator.NOT_IN:
            return f"is not {join_words(values, 'or')}"
        case Operator.BETWEEN:
            return f"is from {values[0]} to {values[1]}"
        case _:
            return f"{NEGATED.get(part.op) or part.op.value.replace('_', ' ')} {values[0]}"


def value_words(value: Value, dimension: Dimension, labels: Labels = NO_LABELS) -> str:
    """Return a filter's value in words."""
    if (label := label_of(value, labels)) is not None:
        return label
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if dimension.kind == "time" and isinstance(value, str):
        try:
            return describe_day(date.fromisoformat(value))
        except ValueError:
            return value
    return str(value)
