"""Measure, from the load times in the rows, which share of a day's final number is known after each load."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from semantic.analyses.analysis import Finding
from semantic.analyses.maturity import MATURITY, Cohort, MaturityInput, MaturityResult
from semantic.display.format import Write, counted, in_full, listed, share, writer
from semantic.display.rows import main_values
from semantic.errors import InvalidQuery
from semantic.model.definitions import Additivity, Granularity, Measure, Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.checked import mapping, name, whole
from semantic.query.describe import describe_day
from semantic.query.filters import read_filter
from semantic.query.known_through import QuestionContext, known_of
from semantic.query.query import DATE, Between, Breakdown, Filter, Query
from semantic.results.late import loaded_before
from semantic.services.analyzing.tables import TextTable
from semantic.services.usual import fraction
from semantic.workspace import Workspace

KEYS: Final = ("metric", "where", "final")
FINAL, MOST_FINAL = 7, 21
"""After how many days a day's number counts as final, by default and at most."""

TESTED: Final = 28
"""How many final days the curve is measured from."""

ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCurveQuestion:
    """The metric, the filters, and the number of days after which a day's number is considered final."""

    metric: str
    where: Filter | None = None
    final: int = FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCurve:
    """A measured load curve. Its cohorts are days, and a cohort's age is the number of days until a load."""

    question: LoadCurveQuestion
    label: str
    finding: Finding[MaturityResult]
    write: Write
    known: date
    filters: str
    scope: str

    @property
    def found(self) -> MaturityResult:
        return self.finding.detail


def read_load_curve(data: object) -> LoadCurveQuestion:
    """Parse a question from JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The question", KEYS)
    if "metric" not in fields:
        raise InvalidQuery("Name the 'metric' whose loads are measured, such as spend.")
    where = fields.get("where")
    return LoadCurveQuestion(
        metric=name(fields["metric"], "metric"),
        where=read_filter(where) if where is not None else None,
        final=whole(fields.get("final", FINAL), "final", MOST_FINAL),
    )


def load_curve(
    workspace: Workspace, question: LoadCurveQuestion, actor: Actor, *, today: date | None = None
) -> LoadCurve:
    """Return the share of a day's number known after each load, as this person sees it.

    Raises SemanticError.
    """
    seen, today = workspace.visible(actor), today or workspace.today()
    metric = seen.metric(question.metric)
    measure = _measure(metric, seen)
    zone = seen.model.settings.time_zone
    asking = QuestionContext(today=today, loaded=workspace.loaded([metric], actor), zone=zone)
    known = known_of(measure, seen.model, asking) + ONE  # the day of the newest load
    first = known - ONE * (question.final + TESTED)
    cuts = [first + ONE * place for place in range((known - first).days + 1)]
    made = {
        f"loaded {cut}": replace(loaded_before(metric, cut + ONE, seen.model), name=f"loaded {cut}") for cut in cuts
    }
    query = Query(
        metrics=(metric.name, *made), by=(Breakdown(DATE, Granularity.DAY),), where=question.where,
        time=Between(first, known - ONE),
    )  # fmt: skip
    result = workspace.start(query, actor, today=today, made=made).unrecorded()
    rows = {row[result.keys[0].name]: row for row in result.rows()}
    cohorts = tuple(_cohort(day, rows.get(day, {}), known, question.final) for day in cuts[:-1])
    column = main_values(result)[0]
    return LoadCurve(
        question=question, label=column.label, known=known, filters=result.filters, scope=seen.scope,
        finding=MATURITY.find(MaturityInput(cohorts=cohorts, final=question.final, is_count=False)),
        write=in_full(writer(column, [each.known[-1] for each in cohorts])),
    )  # fmt: skip


def _cohort(day: date, row: Any, known: date, final: int) -> Cohort:
    """Return a day's number as of each load, starting with a load on the day itself."""
    ages = range(min(final, (known - day).days) + 1)
    numbers = [float(fraction(row.get(f"loaded {day + ONE * age}")) or 0) for age in ages]
    return Cohort(first=day, end=day + ONE, known=tuple(numbers))


def _measure(metric: Metric, seen: VisibleModel) -> Measure:
    """Return a metric's measure if its loads can be measured. Otherwise, raises InvalidQuery with the reason."""
    label = metric.label or metric.name
    measure = seen.model.measure(metric.measure) if metric.is_simple else None
    if measure is None or measure.additivity is not Additivity.FULL:
        raise InvalidQuery(f"{label} isn't a sum or count of rows, so its loads can't be measured.")
    dataset = seen.model.datasets[measure.dataset]
    freshness = dataset.freshness
    if seen.min_groups:
        raise InvalidQuery("Loads can't be measured, because your access hides small groups.")
    if freshness is None or not freshness.append_only or freshness.column in seen.closed_columns(dataset.name):
        message = f"The loads of {dataset.label or dataset.name} can't be measured, because its rows don't keep their"
        raise InvalidQuery(f"{message} load time, or you don't have access to it.")
    return measure


# Words


def load_curve_sentence(curve: LoadCurve) -> str:
    """Return how soon a day's number is known, in one or two sentences."""
    found = curve.found
    if not found.curve:
        return curve.finding.reason.replace("cohorts", "days")
    parts = [
        (share(point.share, 0), counted(point.age, "day"))
        for point in found.curve
        if point.age in (1, 2, 3, 7) and point.age < found.final
    ]
    days = counted(found.final, "day")
    if not parts:
        return f"{curve.label}: final."
    (known, age), *more = parts
    first = f"{known} of a day's final number (after {days}) is known after {age}"
    return f"{curve.label}: {listed([first, *(f'{part} after {later}' for part, later in more)])}."


def load_curve_notes(curve: LoadCurve) -> list[str]:
    """Return notes for the reader, such as the completeness that a steward can add to the model."""
    found = curve.found
    notes = [f"The newest load was on {describe_day(curve.known)}."]
    if found.tested:
        notes.append(
            f"In {found.covered} of {found.tested} earlier days at these ages, the final number was within its range."
        )
    text = completeness_of(found)
    if text:
        notes.append(
            f"To use it, a steward can add this to the measure: `completeness: {text}`. Nothing changes automatically."
        )
    return notes


def load_curve_rule(curve: LoadCurve) -> list[str]:
    """Return how a load curve is measured, in sentences."""
    return [
        "A day's number is counted as it was at the end of each later day, from the load times of its rows.",
        f"After {counted(curve.question.final, 'day')}, it counts as final. What is loaded later isn't included.",
        "The share known comes from growth factors: the total at each load, divided by the total at the load before, "
        "over all days old enough for both. Multiplied, they give the growth still to come.",
        "Rows without a load time count as loaded in time.",
    ]


def load_curve_tables(curve: LoadCurve) -> list[TextTable]:
    """Return tables of the curve, and of the days that aren't final, with their expected numbers."""
    known = [
        [
            counted(point.age, "day"),
            share(point.share),
            "" if point.low is None or point.high is None else f"{share(point.low)} – {share(point.high)}",
        ]
        for point in curve.found.curve
    ]
    open_days = [
        [
            describe_day(each.cohort.first),
            curve.write(each.value),
            "" if each.expected is None else curve.write(each.expected),
            "" if each.low is None or each.high is None else f"{curve.write(each.low)} – {curve.write(each.high)}",
        ]
        for each in reversed(curve.found.cohorts)
        if not each.is_final
    ]
    tables = [TextTable("Share known", ["after", "known", "range"], known)] if known else []
    return [*tables, TextTable("Days that aren't final", ["day", "so far", "expected", "range"], open_days)]


def completeness_of(found: MaturityResult) -> str:
    """Return the shares in the model's format, up to the age at which 99% to 101% is known. "" if there are none."""
    parts: list[str] = []
    for point in found.curve:
        if not 0 < point.age < found.final or point.low is None or point.high is None:
            continue
        low, high = round(100 * point.low), round(100 * point.high)
        if low >= 99 and high <= 101:
            break
        parts.append(f"{counted(point.age, 'day')}: {max(1, low)}% to {max(1, high)}%")
    return f"{{{', '.join(parts)}}}" if parts else ""


def load_curve_json(curve: LoadCurve) -> dict[str, Any]:
    """Return the whole load curve as JSON-ready data."""
    return {
        "sentence": load_curve_sentence(curve),
        "rule": load_curve_rule(curve),
        "notes": load_curve_notes(curve),
        "scope": curve.scope,
        "filters": curve.filters,
        "newest_load": curve.known.isoformat(),
        "final_after_days": curve.found.final,
        "completeness": completeness_of(curve.found),
        "curve": [
            {"days": point.age, "share": point.share, "low": point.low, "high": point.high}
            for point in curve.found.curve
        ],
        "days": [
            {
                "day": each.cohort.first.isoformat(), "value": each.value, "expected": each.expected, "low": each.low,
                "high": each.high, "final": each.is_final,
            }
            for each in curve.found.cohorts
        ],
    }  # fmt: skip
