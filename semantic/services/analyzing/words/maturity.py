"""Describe how cohorts mature in sentences and text tables, the same for every surface."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.maturity.finding import MaturityFound
from semantic.analyses.maturity import FEWEST_FINAL, GrowingCohort, MaturityResult
from semantic.display.format import counted, listed, number, period, period_cell, share, share_range
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_range, lower_first, upper_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.subject import counted_subjects, subjects

AGES = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 150, 180)
"""The ages, in days, for which tables have a column or line."""


def maturity_sentence(analyzed: Analyzed[MaturityFound]) -> str:
    """Return the result in one or two sentences."""
    found = analyzed.found.detail
    if not found.cohorts:
        return f"No whole {grain_of(analyzed).words} of this period is known yet. Choose a longer period."
    if found.finals < FEWEST_FINAL:
        have = f"only {number(found.finals)}" if found.finals else "none"
        return f"An estimate needs {FEWEST_FINAL} final cohorts, and there is {have}. Choose a longer period."
    sentences = [known_words(found)]
    young = [each for each in found.cohorts if not each.is_final and each.expected is not None]
    if young:
        sentences.append(grown_words(young[-1], analyzed))
    elif all(each.is_final for each in found.cohorts):
        sentences.append("All cohorts are final.")
    return " ".join(each for each in sentences if each)


def known_words(found: MaturityResult) -> str:
    """Return a sentence about how soon the final number is known."""
    shown = [point for age in (1, 7, 30) for point in found.curve if point.age == age and age < found.final]
    if not shown:
        return ""
    first, *more = [(share(point.share, 0), counted(point.age, "day")) for point in shown]
    parts = [f"{first[0]} of the final number (after {found.final} days) is known after {first[1]}"]
    return f"{listed([*parts, *(f'{known} after {age}' for known, age in more)])}."


def grown_words(grown: GrowingCohort, analyzed: Analyzed[MaturityFound]) -> str:
    """Return a sentence about how much of a cohort's number is known and which final number is expected."""
    assert grown.expected is not None
    expected = whole_number(grown.expected)
    ends = ""
    if grown.low is not None and grown.high is not None:
        ends = f" (likely {whole_number(grown.low)} to {whole_number(grown.high)})"
    name = period(grown.cohort.first, grain_of(analyzed))
    age = counted(grown.cohort.age, "day")
    so_far = f"{whole_number(grown.value)} {who_did(analyzed, round(grown.value))} so far, after {age}"
    return f"{upper_first(name)}: {so_far}, {expected} expected in the end{ends}."


def coverage_words(found: MaturityResult, grain: Granularity) -> str:
    """Return how often the final number was within earlier predicted ranges, or "" if no range could be tested."""
    if not found.tested:
        return ""
    what = f"earlier {grain.words}s at these ages" if found.tested > 1 else f"earlier {grain.words}"
    return f"In {found.covered} of {found.tested} {what}, the final number was within its range."


def maturity_notes(analyzed: Analyzed[MaturityFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    found, notes = analyzed.found, [*analyzed.notes]
    detail, grain = found.detail, grain_of(analyzed)
    if coverage := coverage_words(detail, grain):
        notes.append(coverage)
    if any(each.expected is not None and each.low is None for each in detail.cohorts):
        notes.append("Ranges are missing where too few earlier cohorts were final to test an expectation.")
    if found.partial:
        names = [describe_range(first, end, open_end=True) for first, end in (found.partial[0], found.partial[-1])]
        names = names[:1] if names[0] == names[1] else names
        whose = "its" if len(names) == 1 else "their"
        notes.append(
            f"Left out because some of {whose} days aren't in the period or aren't known yet: {' and '.join(names)}."
        )
    return notes


def maturity_tables(analyzed: Analyzed[MaturityFound]) -> list[TextTable]:
    """Return tables of the cohorts, of the curve, and of the cohorts at each age."""
    found = analyzed.found.detail
    if not found.cohorts:
        return []
    tables = [cohorts_table(analyzed)]
    return [*tables, curve_table(found), ages_table(analyzed)] if found.curve else [*tables, ages_table(analyzed)]


def cohorts_table(analyzed: Analyzed[MaturityFound]) -> TextTable:
    """Return a table with a line for each cohort: its age, the number known so far, and the expected number."""
    grain = grain_of(analyzed)
    then = lower_first(analyzed.planned.legs[1].label)
    header = [grain.words, subjects(analyzed), f"with {then}", "age", "rate", "usual at this age"]
    header += ["expected in the end", "range"]
    lines = [
        [
            period_cell(each.cohort.first, grain),
            whole_number(each.cohort.size or 0.0),
            whole_number(each.value),
            "Final" if each.is_final else counted(each.cohort.age, "day"),
            "" if each.rate is None else share(each.rate),
            "" if each.usual is None else share(each.usual),
            "" if each.expected is None or each.is_final else whole_number(each.expected),
            ""
            if each.low is None or each.high is None or each.is_final
            else f"{whole_number(each.low)} – {whole_number(each.high)}",
        ]
        for each in found_cohorts(analyzed)
    ]
    return TextTable("Cohorts", header, lines)


def curve_table(found: MaturityResult) -> TextTable:
    """Return a table of the share of the final number known at each age."""
    lines = [
        [
            counted(point.age, "day"),
            share(point.share),
            "" if point.low is None or point.high is None else share_range(point.low, min(1.0, point.high)),
            number(point.cohorts),
        ]
        for point in found.curve
        if point.age in AGES or point.age == found.final
    ]
    return TextTable("Share known", ["after", "known", "range", "cohorts"], lines)


def ages_table(analyzed: Analyzed[MaturityFound]) -> TextTable:
    """Return a table of each cohort's rate at each age. Cells are blank for ages that a cohort hasn't reached."""
    found, grain = analyzed.found.detail, grain_of(analyzed)
    ages = [age for age in AGES if 0 < age < found.final] + [found.final]
    lines = [
        [
            period_cell(each.cohort.first, grain),
            *(
                share(each.cohort.known[age] / each.cohort.size) if age <= each.cohort.age and each.cohort.size else ""
                for age in ages
            ),
        ]
        for each in found_cohorts(analyzed)
    ]
    return TextTable("Rate by age", [grain.words, *(counted(age, "day") for age in ages)], lines)


def maturity_json(analyzed: Analyzed[MaturityFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Numbers that aren't known are null."""
    found = analyzed.found.detail
    return {
        "sentence": maturity_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": maturity_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "final_after_days": found.final,
        "curve": [
            {"days": point.age, "share": point.share, "low": point.low, "high": point.high, "cohorts": point.cohorts}
            for point in found.curve
        ],
        "cohorts": [
            {
                "first": each.cohort.first.isoformat(), "size": each.cohort.size, "age": each.cohort.age,
                "value": each.value, "final": each.is_final, "expected": each.expected, "low": each.low,
                "high": each.high, "rate": each.rate, "usual_rate": each.usual, "by_age": [*each.cohort.known],
            }
            for each in found.cohorts
        ],
        "tested": found.tested,
        "covered": found.covered,
    }  # fmt: skip


def found_cohorts(analyzed: Analyzed[MaturityFound]) -> tuple[GrowingCohort, ...]:
    """Return the cohorts, newest first."""
    return analyzed.found.detail.cohorts[::-1]


def who_did(analyzed: Analyzed[MaturityFound], count: int = 2) -> str:
    """Return who is counted, singular or plural according to `count`: `visitors with purchases`."""
    return f"{counted_subjects(count, analyzed)} with {lower_first(analyzed.planned.legs[1].label)}"


def maturity_about(analyzed: Analyzed[MaturityFound]) -> str:
    """Return the labels of the cohorts' first event and of the counted event, for titles."""
    return " to ".join(leg.label for leg in analyzed.planned.legs)


def grain_of(analyzed: Analyzed[MaturityFound]) -> Granularity:
    """Return the length of a cohort's period, such as a week."""
    return analyzed.planned.carried[0].grain or Granularity.WEEK


def whole_number(value: float) -> str:
    """Return a number as text, rounded to an integer."""
    return number(round(value))
