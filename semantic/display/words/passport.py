"""Describe one cell: its value, its formula with the numbers of this cell, and its sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from semantic.display.evidence import Evidence, evidence
from semantic.display.format import Rest, key_text, moment_in, next_period, writer
from semantic.display.totals import day_words
from semantic.display.trust import deprecation_words
from semantic.display.words.calculated import calculation_words
from semantic.display.words.days_behind import cell_days, day_facts, open_words, part_words
from semantic.display.words.metrics import HIDDEN, formula
from semantic.model.certification_status import CertificationStatus, certificate, certification_status
from semantic.model.definitions import Additivity, Metric, NumberFormat
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import describe_day, join_words, lower_first, upper_first
from semantic.query.member_labels import label_of, member_code
from semantic.results.cell import Cell, CellKey, find_row, is_same
from semantic.results.formula import Node
from semantic.results.result import Result, ResultColumn

SIGNS = {"whole": "", "numerator": "", "denominator": "÷", "input": "\N{MIDDLE DOT}"}


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of the formula with its number for this cell. `how` is the metric's calculation in words."""

    depth: int
    sign: str
    label: str
    value: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Passport:
    """One cell in words. If its parts can't be shown, `parts` is empty and `no_parts` is the reason.

    For a hidden number, `no_parts` is empty too, and `remark` is the reason.
    """

    title: str
    place: str  # the breakdowns and days: "Paid search, week of 21 Sep 2026"
    value: str
    unit: str
    remark: str  # a warning: the number is missing, has too little data, or is a fill value
    is_enough: bool
    means: str
    does_not_mean: str
    computed_as: str
    parts: tuple[Line, ...]
    no_parts: str
    facts: tuple[tuple[str, str], ...]
    sql: str
    receipt: str = ""
    metric: str = ""  # its name


def describe_cell(
    shown: Result, row: int, cell: Cell, tree: Node, again: Result | None, visible: VisibleModel, *, today: date
) -> Passport:
    """Return the passport of a cell.

    `again` is a second answer with the same cell and the parts of its formula, or None.
    """
    metric = cell.column.metric
    assert metric is not None
    labels = {each_metric.name: each_metric.label for each_metric in visible.metrics}
    hidden = shown.hidden.get(cell.column.name)
    is_hidden = hidden is not None and hidden[row]
    # A number that is hidden because of another one would be shown if it were queried alone.
    parts_row, no_parts = (None, "") if is_hidden else _parts_row(cell, again)
    rests = evidence(shown).get(cell.column.name)
    mine = rests[row] if rests else None
    return Passport(
        title=metric.label if cell.column.calculation is None else cell.column.label,
        place=place_of(cell, shown),
        value=_write(cell.column, cell.value),
        unit="" if cell.column.format in (NumberFormat.MONEY, NumberFormat.SHARE) else cell.column.unit,
        remark=TOO_FEW
        if is_hidden
        else _remark(cell, shown, mine, tree, again if parts_row is not None else None, parts_row, visible),
        is_enough=mine is None or mine.is_enough,
        means=metric.means or metric.description,
        does_not_mean=metric.does_not_mean,
        computed_as=_computed(cell, shown) or formula(metric, labels, visible.model),
        parts=tuple(_lines(tree, cell, shown, again, parts_row, labels, visible))
        if again and parts_row is not None
        else (),
        no_parts=no_parts,
        facts=tuple(_facts(cell, shown, mine, metric, visible, today)),
        sql=again.readable_sql if again and parts_row is not None else shown.readable_sql,
        receipt=shown.receipt,
        metric=cell.column.metric.name if cell.column.metric is not None else "",
    )


def _computed(cell: Cell, shown: Result) -> str:
    """Return how the calculation of the cell works. "" for a metric."""
    calculation = cell.column.calculation
    return calculation_words(calculation, shown) if calculation is not None else ""


def _parts_row(cell: Cell, again: Result | None) -> tuple[int | None, str]:
    """Return the cell's row in the second answer, or None and the reason why its parts can't be shown.

    The value must be the same in both answers.
    """
    if again is None:
        return None, "Couldn't load this number's components."
    # Windows add fractions in any order, so calculations must match only to nine digits.
    row = find_row(again, cell)
    value = again.table.column(cell.column.name)[row].as_py() if row is not None else None
    if row is None or not is_same(value, cell.value, exact=cell.column.exact and cell.column.calculation is None):
        now = f"is {_write(cell.column, value)}" if row is not None else "no longer exists"
        return (
            None,
            f"When re-run, this number {now} because the data or the dates have changed. Run the question again.",
        )
    return row, ""


def _write(column: ResultColumn, value: object) -> str:
    """Return a value in full, with money to the cent, so that people can check a formula by hand.

    Texts and days are as on screen.
    """
    if value is None or isinstance(value, (int, float)):
        number = value if value is None else float(value)
        cents = column.format is NumberFormat.MONEY and (column.decimals or 0) < 2
        return writer(replace(column, decimals=2) if cents else column, [number], short=False)(number)
    return key_text(value, column)


# Position


def place_of(cell: Cell, shown: Result) -> str:
    """Return the breakdowns and days of a cell: "Paid search, week of 21 Sep 2026"."""
    keys = [_key_words(key) for key in cell.keys if key.kind != "total"]
    if cell.has("total"):
        keys.insert(0, Rest.TOTAL.value)
    if cell.column.compare and cell.column.metric is not None:
        which = cell.column.label.removeprefix(f"{cell.column.metric.label}, ")
        days = shown.compared[cell.column.compare].words
        return ", ".join([*keys, days if which == days else f"{which} ({days})"])
    dated = any(key.column.grain is not None and key.kind == "member" for key in cell.keys)
    return ", ".join(keys if dated else [*keys, shown.period.words])


def _key_words(key: CellKey) -> str:
    if key.kind == "other":
        return Rest.OTHER.value
    return key_text(key.value, key.column)


def _has_label(key: CellKey) -> bool:
    return key.kind == "member" and label_of(key.value, key.column.labels) not in (None, member_code(key.value))


# The formula, with numbers


def _lines(
    tree: Node,
    cell: Cell,
    shown: Result,
    again: Result,
    row: int | None,
    labels: dict[str, str],
    visible: VisibleModel,
    depth: int = 0,
) -> Iterator[Line]:
    calculation = cell.column.calculation
    if calculation is not None and not depth:
        yield Line(0, "", cell.column.label, _write(cell.column, cell.value), calculation_words(calculation, again))
        for name in (calculation.of, calculation.to):
            column = next((candidate for candidate in again.values if candidate.name == name), None)
            if column is not None and column.metric is not None:
                value = again.table.column(name)[row].as_py()
                yield Line(
                    1,
                    SIGNS["input"],
                    column.label,
                    _write(column, value),
                    formula(column.metric, labels, visible.model),
                )
        return
    sign = SIGNS[tree.role]
    if tree.metric is None:
        yield Line(depth, sign, upper_first(HIDDEN))
        return
    metric = tree.metric
    is_said = metric.is_ratio or (metric.conversion is not None and tree.role == "numerator")
    how = "" if is_said else formula(metric, labels, visible.model)
    how = f"{how}; its components aren't listed" if tree.cut else how
    days = part_words(tree.around, cell, shown, visible)
    how = upper_first(days) + (f": {how}" if how else "") if days else how
    if tree.asked is None:
        yield Line(depth, sign, metric.label, "", f"{how}; rows are selected by something outside your scope")
        return
    column = _asked_column(tree.asked, cell, again)
    if depth and (others := _other_days(tree.asked, cell, shown, again)):
        how = f"{how}; {others}" if how else upper_first(others)
    value = again.table.column(column.name)[row].as_py()
    yield Line(depth, sign, metric.label, _write(column, value), how)
    for part in tree.parts:
        yield from _lines(part, cell, shown, again, row, labels, visible, depth + 1)


def _other_days(asked: Metric, cell: Cell, shown: Result, again: Result) -> str:
    """Return a note if a part of the formula counts more days than the whole formula. "" otherwise.

    The whole formula ends with the part that ends first.
    """
    part = next(column.counted_to for column in again.columns if column.name == asked.name)
    day = next(
        (column.counted_to for column in again.columns if column.name == cell.column.name and not column.compare), None
    )
    whole_day = day or next(
        (column.counted_to for column in again.columns if column.metric == cell.column.metric), None
    )
    if part is None or whole_day is None or part <= whole_day:
        return ""
    starts = [(key.value, key.column.grain) for key in cell.keys if key.kind == "member" and key.column.grain]
    ends = [next_period(day, grain) for day, grain in starts if isinstance(day, date) and not isinstance(day, datetime)]
    asked_end = min(ends, default=shown.period.whole_end)
    if asked_end is not None and asked_end <= whole_day:
        return ""
    last, of_all = (describe_day(day - timedelta(days=1)) for day in (part, whole_day))
    return f"counted to {last}; the formula as a whole, to {of_all}"


def _asked_column(asked: Metric, cell: Cell, again: Result) -> ResultColumn:
    name = f"{asked.name}_{cell.column.compare}" if cell.column.compare else asked.name
    return next(column for column in again.columns if column.name == name)


# What to know before the number

TOO_FEW = "Hidden for privacy because the group is too small, or nearby numbers would reveal it."


def _remark(
    cell: Cell,
    shown: Result,
    mine: Evidence | None,
    tree: Node,
    again: Result | None,
    row: int | None,
    visible: VisibleModel,
) -> str:
    metric = cell.column.metric
    assert metric is not None
    if cell.value is None and cell.column.calculation is not None:
        return _why_not_calculated(cell)
    if cell.value is None:
        return _why_missing(cell, metric, tree, again, row, visible)
    if mine is not None and not mine.is_enough:
        return f"{mine.words}: too little data." if mine.count is not None else f"{mine.words}."
    if cell.value == metric.fill:
        return f"Shows {metric.fill} where there's nothing to count."
    for cohort in cell.column.timing.cohorts:
        still_open = open_words(cohort, cell_days(cell, shown), shown)
        if still_open:
            return f"Not final: {lower_first(still_open)}."
    return ""


def _why_not_calculated(cell: Cell) -> str:
    if cell.has("total"):
        return "No value, because totals don't have the compared value."
    if cell.has("other"):
        return "No value, because Other isn't a single value."
    return "No value, because there is nothing to calculate from, or the formula divides by zero."


def _why_missing(
    cell: Cell, metric: Metric, tree: Node, again: Result | None, row: int | None, visible: VisibleModel
) -> str:
    stays = {name for measure in measures_of(metric, visible.model) for name in measure.within}
    if stays and (cell.has("total") or cell.has("other")):
        return "No value, because parts that are counted separately aren't added up."
    below = next((part for part in tree.parts if part.role == "denominator"), None)
    if below is not None and below.asked is not None and below.metric is not None and again and row is not None:
        value = again.table.column(_asked_column(below.asked, cell, again).name)[row].as_py()
        text = "has no value" if value is None else "is 0" if value == 0 else ""
        if text:
            return f"No value, because {lower_first(below.metric.label)} {text} here."
    when = " in the period compared" if cell.column.compare else ""
    return f"No value, because there is nothing to calculate from{when}."


# Facts


def _facts(
    cell: Cell, shown: Result, mine: Evidence | None, metric: Metric, visible: VisibleModel, today: date
) -> Iterator[tuple[str, str]]:
    for key in cell.keys:
        if key.kind != "total":
            code = member_code(key.value) if _has_label(key) else None
            yield key.column.label, _key_words(key) + (f" ({code})" if code is not None else "")
    if cell.column.compare:
        period = shown.compared[cell.column.compare]
        yield "Compared period", period.words
        yield "Shown with", shown.period.words
    else:
        yield "Period", f"{shown.period.words}, {shown.period.time_zone}"
    if cell.column.calculation is None:
        yield from day_facts(cell, shown, visible)
    yield "Filters", shown.filters or "None"
    if shown.scope:
        yield "Your scope", shown.scope.removeprefix("Scope: ")
    yield from _rest_facts(cell, metric, visible)
    if mine is not None and mine.count is not None:
        yield "Based on", mine.words
    if mine is not None and mine.low is not None and mine.high is not None:
        low, high = _write(cell.column, mine.low), _write(cell.column, mine.high)
        yield "Confidence interval", f"{low} to {high} (95%)"
    if certification_status(metric, today) is CertificationStatus.DEPRECATED:
        yield "Deprecated", deprecation_words(metric, shown.instead.get(metric.name))
    yield "Certified", _certified(metric, today)
    yield "Owner", metric.owner or "No owner"
    if shown.data_to_words:
        yield "Data", shown.data_to_words + (", late" if shown.is_stale else "")
    when = moment_in(shown.computed_at, shown.period.time_zone)
    yield "Computed", f"{when}, cached" if shown.cached else when
    yield "Model version", shown.version_words or shown.model_version[:8]
    if shown.receipt:
        yield "Receipt", shown.receipt


def _rest_facts(cell: Cell, metric: Metric, visible: VisibleModel) -> Iterator[tuple[str, str]]:
    """Yield facts about a total or Other: what it covers, and how it was calculated."""
    over = [lower_first(key.column.label) for key in cell.keys if key.kind == "total"]
    if over:
        yield "Total", f"All values of {join_words(over)} together. {_adds_up(cell, metric, visible)}"
    for key in cell.keys:
        if key.kind == "other":
            what = lower_first(key.column.label)
            yield "Other", f"Every {what} outside the top. {_adds_up(cell, metric, visible)}"


def _adds_up(cell: Cell, metric: Metric, visible: VisibleModel) -> str:
    if cell.column.calculation is not None:
        return "Calculated from the numbers of this row and of others that keep the same breakdowns."
    if any(measure.within for measure in measures_of(metric, visible.model)):
        return "Not added up across parts that are counted separately."
    timing = cell.column.timing
    if timing.of_day and any(key.column.is_dated and key.kind == "total" for key in cell.keys):
        return f"{upper_first(day_words(cell.column))} of the whole period. Periods aren't summed."
    match additivity(metric, visible.model):
        case Additivity.FULL:
            return "Sum: its groups add up to it."
        case Additivity.SEMI:
            return "Summed over groups, not over time."
        case Additivity.NONE:
            return "Recalculated from all its rows. Its groups don't add up to it."


def _certified(metric: Metric, today: date) -> str:
    if metric.own_data:
        return "Own data, can't be certified"
    found = certificate(metric)
    if found is None:
        return "Not yet"
    if found.lapsed:
        return f"Lapsed: {found.lapsed}"
    until = describe_day(found.until)
    return f"Expired on {until}" if found.until < today else f"By {found.by}, until {until}"
