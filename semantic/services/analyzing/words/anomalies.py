"""Describe the result of a search for unusual days in sentences and text tables, the same for every surface."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from typing import Any

from semantic.alerts.usual import SPREADS
from semantic.analyses.anomalies import (
    FEWEST_LEVEL_DAYS,
    LEVEL_DAYS,
    YEAR,
    Anomaly,
    Part,
)
from semantic.display.format import MISSING, counted, in_full, listed, value_text
from semantic.query.describe import describe_day, describe_range, lower_first
from semantic.services.analyzing.anomalies import MOST_MEMBERS, AnomalySearch
from semantic.services.analyzing.tables import TextTable

ONE = timedelta(days=1)
NO_REMARK = "No remark"
FEWEST_MOVED = 0.15
"""The smallest share of a difference for which a member is named."""
_ARROWS = {"above": "Above", "below": "Below"}


def anomalies_sentence(searched: AnomalySearch) -> str:
    """Return the result of the search in one or two sentences."""
    found, days = searched.found, counted(searched.found.judged, "day")
    if not found.judged:
        return searched.finding.reason
    if not found.anomalies:
        return f"{searched.label} stayed within its usual range on all {days} that could be judged."
    levels = [each for each in found.anomalies if each.is_level and not each.of]
    singles = [each for each in found.anomalies if not each.is_level and not each.of]
    members = [each for each in found.anomalies if each.of]
    parts = [f"unusual {_times(len(singles))}"] if singles else []
    if levels:
        parts.append(f"at a new level {_times(len(levels))}")
    if members:
        times = counted(len(members), "more time") if singles else f"unusual {_times(len(members))}"
        parts.append(f"{times} in a single {lower_first(searched.by)}")
    sentence = f"{searched.label} over {days}: {listed(parts)}."
    worst = max(found.anomalies, key=lambda each: (not each.of, each.is_level, abs(each.found.deviation)))
    return f"{sentence} {anomaly_words(worst, searched)}"


def anomaly_words(anomaly: Anomaly, searched: AnomalySearch) -> str:
    """Return one or two sentences about an anomaly: when it happened, the number, the expected range and the cause."""
    write = in_full(searched.write)
    whose = f"{names(anomaly.of, searched)}, " if anomaly.of else ""
    value, expected = write(anomaly.found.value), write(anomaly.found.expected)
    low, high = write(anomaly.found.low), write(anomaly.found.high)
    if anomaly.is_level:
        way = "Higher" if anomaly.side == "above" else "Lower"
        way = way.lower() if whose else way
        first = f"{way} since {describe_day(anomaly.first)}: about {value} a day instead of {expected}."
    else:
        whole = anomaly.found.days > 1
        days = describe_range(anomaly.first, anomaly.last) if whole else describe_day(anomaly.peak)
        together = f" over these {anomaly.found.days} days" if whole else ""
        first = f"{days}: {value}{together}, expected {low} to {high}."
        if anomaly.days > 1 and not whole:
            first += f" Unusual days: {describe_range(anomaly.first, anomaly.last)}."
    cause = cause_words(anomaly, searched)
    return f"{whose}{first}{f' {cause}.' if cause else ''}"


def cause_words(anomaly: Anomaly, searched: AnomalySearch) -> str:
    """Return what explains an anomaly, or "" if causes weren't searched for."""
    if anomaly.of or not anomaly.parts:
        return ""
    write, label = searched.write, lower_first(searched.by)
    cause = anomaly.cause
    if cause is not None:
        parts = f"{write(cause.difference)} of the {write(anomaly.difference)} difference"
        return f"{name(cause.member, searched)} accounts for {parts}"
    moved = [part for part in anomaly.parts if _is_part(part, anomaly)]
    if len(moved) > 1:
        named = listed([name(each.member, searched) for each in moved[:3]])
        return f"No single {label} explains it; {named} moved most"
    return f"No single {label} explains it"


def remark_words(anomaly: Anomaly, searched: AnomalySearch) -> str:
    """Return the remarks about an anomaly's days as text, or a sentence that there are none."""
    return listed(dict.fromkeys(note.text for note in searched.remarks_on(anomaly))) or NO_REMARK


def when_words(anomaly: Anomaly) -> str:
    """Return the days of an anomaly in words."""
    if anomaly.is_level:
        return f"Since {describe_day(anomaly.first)}"
    return describe_range(anomaly.first, anomaly.last) if anomaly.days > 1 else describe_day(anomaly.first)


def strength_words(anomaly: Anomaly) -> str:
    """Return in words how certain an anomaly is."""
    if anomaly.is_level:
        return "New level"
    return "Clear" if anomaly.stands_out else "Could be chance"


def names(members: tuple[Hashable, ...], searched: AnomalySearch) -> str:
    """Return the labels of an anomaly's members as text."""
    shown = [name(each, searched) for each in members[:3]]
    more = len(members) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else listed(shown)


def name(member: Hashable, searched: AnomalySearch) -> str:
    """Return a member's label."""
    return value_text(member, searched.labels)


def anomalies_notes(searched: AnomalySearch) -> list[str]:
    """Return notes that a reader needs before using the results."""
    found, notes = searched.found, [*searched.unrecorded]
    if found.missing:
        first = searched.end - ONE * found.missing
        notes.append(f"Not loaded yet and not judged: {describe_range(first, searched.end - ONE)}.")
    if found.open:
        last = searched.end - ONE * (found.missing + 1)
        first = last - ONE * (found.open - 1)
        notes.append(f"Not final yet and not judged: {describe_range(first, last)}. Late data isn't unusual.")
    rest = len(found.days) - found.judged - found.open - found.missing
    if rest and found.judged:
        notes.append(f"{counted(rest, 'day')} couldn't be judged, because there is too little data.")
    for each in found.seasonal:
        notes.append(f"{when_words(each)} was {each.side} its range, as in both years before, so it's seasonal.")
    if found.judged and found.years < 2:
        have = "there is only one" if found.years == 1 else "there are none"
        notes.append(f"Yearly seasonality isn't considered, because it needs two years before the period, and {have}.")
    if any(not each.stands_out for each in found.anomalies):
        count = counted(found.judged, "day")
        notes.append(
            f"Among {count}, some are unusual by chance. Findings marked “Clear” stand out even allowing for that."
        )
    if searched.of_members > searched.members:
        label = lower_first(searched.by)
        notes.append(
            f"Only the {searched.members} largest of {searched.of_members} groups by {label} were searched for causes."
        )
    if searched.why_no_members:
        notes.append(searched.why_no_members)
    failing = [f"{check.what} ({check.data})" for check in searched.asked.result.failed if check.what]
    if failing:
        notes.append(f"A failing data check may explain findings: {listed(failing)}.")
    return notes


def anomalies_rule(searched: AnomalySearch) -> list[str]:
    """Return how days are judged, in sentences."""
    spreads = SPREADS[searched.question.sensitivity]
    readings = searched.asked.readings
    rule = [
        "A day is unusual if it's outside the range expected from the days before it. Alerts use the same range.",
        "The expected value is based on the 28 days before, their drift and the usual differences between weekdays. "
        f"On each side, the range extends {spreads:g} times the usual error of such estimates.",
    ]
    if readings.is_summed:
        rule.append("Each day is also judged together with the two and the six days before it.")
    if readings.is_share:
        rule.append("The range is never narrower than chance variation in a share of so few cases (binomial).")
    elif readings.is_count:
        rule.append("The range is never narrower than chance variation in such a count.")
    rule += [
        "Unusual days with at most two normal days in between are one finding.",
        f"It's a new level if three quarters of the {LEVEL_DAYS} days from the first one on, and at least "
        f"{FEWEST_LEVEL_DAYS} of them, are off to the same side.",
        f"A peak that was at least as large about {YEAR} and {2 * YEAR} days before is seasonal.",
        "Days with a remark don't affect the usual range. They are still judged, and the remark is shown.",
    ]
    if searched.by:
        label = lower_first(searched.by)
        rule.append(
            f"A single {label} explains a finding if it is unusual itself and accounts for at least half of the "
            f"difference. The {MOST_MEMBERS} largest are searched, and findings in only one are listed if they stand "
            "out."
        )
    return rule


def anomalies_tables(searched: AnomalySearch) -> list[TextTable]:
    """Return a table of the anomalies in order of time, or no table if there are none."""
    anomalies = searched.found.anomalies
    if not anomalies:
        return []
    header = ["days", "value", "expected", "range", "strength", "remark"]
    by = [searched.by.lower()] if searched.by else []
    return [TextTable("Unusual days", [*header[:1], *by, *header[1:]], [_line(each, searched) for each in anomalies])]


def days_table(searched: AnomalySearch) -> TextTable:
    """Return a table of every day with its expected range."""
    write = in_full(searched.write)
    lines = [
        [
            describe_day(day.day),
            MISSING if day.value is None else write(day.value),
            "" if day.expected is None else write(day.expected),
            "" if day.low is None or day.high is None else f"{write(day.low)} – {write(day.high)}",
            _ARROWS.get(day.side, "" if day.is_final else "Not final"),
        ]
        for day in searched.found.days
    ]
    return TextTable("Days", ["day", "value", "expected", "range", "verdict"], lines)


def anomalies_json(searched: AnomalySearch) -> dict[str, Any]:
    """Return the whole result as JSON-ready data."""
    return {
        "sentence": anomalies_sentence(searched),
        "rule": anomalies_rule(searched),
        "notes": anomalies_notes(searched),
        "scope": searched.asked.seen.scope,
        "filters": searched.filters,
        "receipt": searched.receipt or None,
        "conclusion": searched.finding.conclusion.value,
        "anomalies": [
            {
                "first": each.first.isoformat(), "last": each.last.isoformat(), "side": each.side,
                "value": each.found.value, "expected": each.found.expected, "low": each.found.low,
                "high": each.found.high, "new_level": each.is_level, "stands_out": each.stands_out,
                "remarks": [note.text for note in searched.remarks_on(each)],
                "members": [value_text(member) for member in each.of],
                "cause": value_text(each.cause.member) if each.cause is not None else None,
                "parts": [{"member": value_text(part.member), "difference": part.difference} for part in each.parts],
                "words": anomaly_words(each, searched),
            }
            for each in searched.found.anomalies
        ],
        "seasonal": [[each.first.isoformat(), each.last.isoformat()] for each in searched.found.seasonal],
        "days": [
            {
                "day": day.day.isoformat(), "value": day.value, "expected": day.expected, "low": day.low,
                "high": day.high, "final": day.is_final, "loaded": day.is_known,
            }
            for day in searched.found.days
        ],
    }  # fmt: skip


def _line(anomaly: Anomaly, searched: AnomalySearch) -> list[str]:
    write, found = in_full(searched.write), anomaly.found
    by = [names(anomaly.of, searched) or (name(anomaly.cause.member, searched) if anomaly.cause else MISSING)]
    return [
        when_words(anomaly),
        *(by if searched.by else []),
        write(found.value),
        write(found.expected),
        MISSING if anomaly.is_level else f"{write(found.low)} – {write(found.high)}",
        strength_words(anomaly),
        remark_words(anomaly, searched),
    ]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _is_part(part: Part, anomaly: Anomaly) -> bool:
    return part.difference * anomaly.difference > 0 and abs(part.difference) >= FEWEST_MOVED * abs(anomaly.difference)
