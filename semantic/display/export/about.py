"""Explanations in an exported file: facts, definitions, and SQL for people who can see it.

All names are those that the exporting person can see. Nothing reveals what their policy hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from semantic.display.evidence import evidence
from semantic.display.format import counted, currency_sign, listed, moment_in, number
from semantic.display.rows import compared_with, comparison_words, main_values, rows_words
from semantic.display.trust import deprecation_words, facts
from semantic.display.words.calculated import calculation_words
from semantic.display.words.metrics import formula
from semantic.model.certification_status import CertificationStatus, certificate, certification_status
from semantic.model.definitions import Metric, NumberFormat
from semantic.model.money import shown_unit
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_to_json
from semantic.query.describe import describe_day, upper_first
from semantic.query.query import MetricFilter
from semantic.results.finality import asked_day
from semantic.results.result import Result

_OPERATORS = {
    ">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "between": "between", "=": "exactly",
    "!=": "not",
}  # fmt: skip
_PLACES = 10
_HEADS: dict[str, str] = {
    "certified": "Definition", "fresh": "Freshness", "complete": "Not final", "checks": "Checks of the data",
}  # fmt: skip
"""The name of each kind of fact in a file. Small numbers have their own line."""


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of a metric in words, as it appears in an exported file."""

    label: str
    means: str
    does_not_mean: str
    formula: str
    unit: str
    owner: str
    certified: str


@dataclass(frozen=True, slots=True)
class About:
    """The facts about an answer, each as a term and a sentence. `sql` is empty for people who can't see it."""

    title: str
    facts: tuple[tuple[str, str], ...]
    definitions: tuple[Definition, ...]
    sql: str


def about(result: Result, visible: VisibleModel, *, link: str = "") -> About:
    """Return the explanations for a file, limited to what the person who sees `visible` can see."""
    metrics = dict.fromkeys(main_value.metric for main_value in main_values(result) if main_value.metric)
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics}
    sees_sql = visible.actor.sees_sql
    return About(
        result.title,
        tuple((word, text) for word, text in _facts(result, visible, labels, link) if text),
        tuple(_definition(metric, labels, visible, result) for metric in metrics),
        result.readable_sql if sees_sql else "",
    )


def _facts(result: Result, visible: VisibleModel, labels: dict[str, str], link: str) -> Iterator[tuple[str, str]]:
    query, asked = result.query, result.period
    yield "Question", result.title
    yield "Period", asked.words or "All time"
    yield "Start date", asked.start.isoformat() if asked.start else ""
    yield "End date", (asked.end - timedelta(days=1)).isoformat() if asked.end else ""
    yield "Time zone", asked.time_zone
    yield "Weeks begin on", query.week_start.capitalize() if query.week_start else ""
    yield "Fiscal year begins in", query.fiscal_start.capitalize() if query.fiscal_start else ""
    yield "Filters", result.filters or "None"
    for condition in query.having:
        yield (
            "Only groups where",
            f"{labels.get(condition.metric, condition.metric)} is {_having(condition, visible, query.currency)}",
        )
    yield "Compared with", _compared(result)
    yield "Top N", _top(result, labels)
    for column in result.values:
        if column.calculation is not None:
            yield "Calculation", f"{column.label}: {calculation_words(column.calculation, result)}"
    words = rows_words(result)
    yield "Rows", f"{words}. {limit_words(result)}".strip() if limit_words(result) else words
    yield "Small numbers", _small_numbers(result)
    yield "Scope", result.scope.removeprefix("Scope: ") or "No row restrictions"
    yield "Data", result.data_to_words or (f"To {describe_day(result.data_to)}" if result.data_to else "")
    yield from trust_lines(result)
    for note in result.notes:
        yield "Note", note
    yield "Computed", moment_in(result.computed_at, asked.time_zone)
    yield "Computed for", visible.actor.name or visible.actor.id
    yield "Model version", result.version_words or result.model_version
    yield "Data version", data_version(result)
    yield "Receipt", result.receipt
    yield "Question as JSON", query_to_json(query)
    yield "Link", link


def trust_lines(result: Result) -> Iterator[tuple[str, str]]:
    """Yield the facts that a reader must know with the numbers, as of the day of the question.

    Minor facts are left out.
    """
    for fact in facts(result, today=asked_day(result)):
        if fact.kind in _HEADS and fact.state not in ("good", "quiet"):
            yield _HEADS[fact.kind], fact.sentence


def lines(result: Result, visible: VisibleModel) -> list[str]:
    """Return the most important facts, for formats with room for only a few lines, such as a picture."""
    weeks = f"Weeks begin on {result.query.week_start.capitalize()}" if result.query.week_start else ""
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics}
    days = ". ".join(part for part in (result.period.words, result.period.time_zone, weeks) if part)
    groups = [
        f"Only where {labels.get(one.metric, one.metric)} is {_having(one, visible, result.query.currency)}"
        for one in result.query.having
    ]
    hidden = result.notes[-1] if any(any(rows) for rows in result.hidden.values()) else ""
    return [part for part in (days, result.filters, *groups, result.scope, hidden) if part]


def data_version(result: Result) -> str:
    """Return the version of the data that was read.

    "" for people who see only some rows, because changes of hidden rows change the version too.
    """
    return "" if result.scope else result.data_version or ""


def limit_words(result: Result) -> str:
    """Return a sentence if a limit left out groups, otherwise ""."""
    limit = result.query.limit
    if not result.keys or limit is None or limit >= result.groups:
        return ""
    missing = result.groups - limit
    rest = f"{missing:,} of {counted(result.groups, 'group')} {'is' if missing == 1 else 'are'} not here"
    return f"The question has a row limit: {rest}."


def _small_numbers(result: Result) -> str:
    """Return a sentence that lists metrics with numbers based on too little data.

    The spreadsheet shows these in grey italics.
    """
    evidence_by_column = evidence(result)
    named = [
        column.label
        for column in result.values
        if any(behind is not None and not behind.is_enough for behind in evidence_by_column.get(column.name, ()))
    ]
    return f"{listed(named)}: some values have too little data. They are in gray italics." if named else ""


def _compared(result: Result) -> str:
    values = main_values(result)
    return listed(comparison_words(values[0], before) for before in compared_with(values[0], result)) if values else ""


def _top(result: Result, labels: dict[str, str]) -> str:
    top = result.query.top
    if top is None:
        return ""
    of = next((key.label for key in result.keys if key.name == top.dim), top.dim)
    rest = "the rest is in one row, Other" if top.other else "the rest isn't included"
    return f"{top.n:,} of {of}, by {labels.get(top.metric, top.metric)}; {rest}"


def _having(condition: MetricFilter, visible: VisibleModel, currency: str | None) -> str:
    """Return a limit on a metric in words: "more than €100", "between 1% and 2%"."""
    metric = next((candidate for candidate in visible.metrics if candidate.name == condition.metric), None)
    values = " and ".join(_value(value, metric, currency) for value in condition.values)
    return f"{_OPERATORS.get(condition.op, condition.op)} {values}"


def _value(value: float, metric: Metric | None, currency: str | None) -> str:
    """Return a number in full, with exactly the decimals that it has."""
    is_share = metric is not None and metric.format is NumberFormat.SHARE
    shown = round(100 * value, _PLACES) if is_share else value
    text = number(shown) if float(shown).is_integer() else number(shown, _PLACES).rstrip("0")
    if is_share:
        return f"{text}%"
    is_sum = metric is not None and metric.format is NumberFormat.MONEY
    return f"{currency_sign(shown_unit(metric, currency)) if metric and is_sum else ''}{text}"


def _definition(metric: Metric, labels: dict[str, str], visible: VisibleModel, result: Result) -> Definition:
    text = formula(metric, labels, visible.model)
    return Definition(
        metric.label or metric.name,
        metric.means or metric.description or "No definition yet.",
        metric.does_not_mean,
        f"{upper_first(text)}.",
        "%" if metric.format is NumberFormat.SHARE else shown_unit(metric, result.query.currency),
        metric.owner,
        _certified(metric, result),
    )


def _certified(metric: Metric, result: Result) -> str:
    day, certified = asked_day(result), certificate(metric)
    if certification_status(metric, day) is CertificationStatus.DEPRECATED:
        return deprecation_words(metric, result.instead.get(metric.name))
    if metric.own_data:
        return "Own data, can't be certified"
    if certified is None:
        return "Not certified"
    if certified.lapsed:
        return f"Certification lapsed: {certified.lapsed}"
    if certified.until < day:
        return f"Certification by {certified.by} expired on {describe_day(certified.until)}"
    return f"By {certified.by} until {describe_day(certified.until)}"
