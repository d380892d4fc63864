"""Describe how long people stay in sentences and text tables: retention that counts who hasn't left yet.

For other retention analyses, these functions call those in `retention`.
"""

from __future__ import annotations

from dataclasses import asdict
from math import inf
from typing import Any

from semantic.analyses.events.retention.finding import RetentionFound, RetentionRow
from semantic.analyses.events.retention.projection import Projection, project
from semantic.analyses.events.retention.survival import Waiting, half_by
from semantic.display.format import number, share
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, marked
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.retention import (
    ENOUGH,
    HIDDEN,
    MISSING,
    by_label,
    group_text,
    retention_json,
    retention_notes,
    retention_sentence,
    retention_tables,
    subjects_of,
)

Retained = Analyzed[RetentionFound]


def retained_sentence(analyzed: Retained) -> str:
    """Return the result in a few sentences."""
    return _sentence(analyzed) if analyzed.found.asked.survives else retention_sentence(analyzed)


def retained_notes(analyzed: Retained) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    found = analyzed.found
    if not found.asked.survives:
        return retention_notes(analyzed)
    notes = [*analyzed.notes]
    if found.asked.project and found.whole.waiting and projection_of(analyzed) is None:
        notes.append("There is no projection, because too few periods are known or too few people have left.")
    if found.hides:
        notes.append("Numbers based on too few people are hidden from you.")
    return notes


def retained_tables(analyzed: Retained) -> list[TextTable]:
    """Return tables of who has stayed at the end of each known period, of the projection, and of the groups."""
    found = analyzed.found
    if not found.asked.survives:
        return retention_tables(analyzed)
    tables = [_known(analyzed)] if found.whole.waiting else []
    projection = projection_of(analyzed)
    if projection is not None:
        tables += [_ahead(analyzed, projection), _model(analyzed, projection)]
    return [*tables, _groups(analyzed)] if any(row.waiting for row in found.groups) else tables


def retained_json(analyzed: Retained) -> dict[str, Any]:
    """Return the whole result as JSON-ready data."""
    data = retention_json(analyzed)
    if not analyzed.found.asked.survives:
        return data
    projection = projection_of(analyzed)
    more = {"sentence": _sentence(analyzed), "notes": retained_notes(analyzed), "projection": None}
    if projection is None:
        return data | more
    fit, tried = projection.fit, projection.tried
    return data | more | {
        "projection": {
            "alpha": fit.alpha if fit.alpha < inf else None,
            "beta": fit.beta if fit.beta < inf else None,
            "rate": fit.rate,
            "log_likelihood": fit.log_likelihood,
            "ahead": [asdict(each) for each in projection.ahead],
            "back_test": asdict(tried) | {"inside": tried.is_inside} if tried is not None else None,
        }
    }  # fmt: skip


def projection_of(analyzed: Retained) -> Projection | None:
    """Return the projection of the curve that is shown, or None if it wasn't requested or too little is known."""
    asked, curve = analyzed.found.asked, analyzed.found.whole.waiting
    return project(curve, asked.project) if asked.survives and asked.project else None


def stayed(analyzed: Retained, period: int) -> str:
    """Return how long subjects stayed who hadn't left by the end of a period: `beyond month 6`.

    Periods count from 0.
    """
    asked = analyzed.found.asked
    unit = asked.unit.words
    if asked.clock == "rolling":
        return f"for {period + 1} {unit}{'s' if period else ''}"
    return f"beyond {unit} {period}" if period else f"beyond the first {unit}"


def _sentence(analyzed: Retained) -> str:
    found, subjects = analyzed.found, subjects_of(analyzed)
    first, curve = analyzed.planned.legs[0].label, found.whole.waiting
    if found.whole.size is None:
        return f"Too few {subjects} with {first} to show you numbers."
    if not found.whole.size:
        return f"No {subjects} with {first} in this period."
    if not curve:
        if found.hides:
            return f"Too few {subjects} left, or too few stayed, to show you numbers."
        return (
            f"It's too early to tell how long these {subjects} stay: their first {found.asked.unit.words} hasn't ended "
            "yet."
        )
    last = curve[-1]
    ends = f" (95% interval {share(last.low)} – {share(last.high)})" if last.low is not None else ""
    sentences = [f"{_share(analyzed, last.share)} of {subjects} stayed {stayed(analyzed, last.period)}{ends}."]
    if (half := half_by(curve)) is not None:
        when = f"the end of {found.asked.unit.words} {half}" if found.asked.clock == "calendar" else (
            f"{half + 1} {found.asked.unit.words}s"
        )  # fmt: skip
        sentences.append(f"Half had left {'by' if found.asked.clock == 'calendar' else 'within'} {when}.")
    projection = projection_of(analyzed)
    if projection is not None and projection.ahead:
        end = projection.ahead[-1]
        sentences.append(
            f"Projected: {_share(analyzed, end.share)} stay {stayed(analyzed, end.period)}"
            f" (95% band {share(end.low)} – {share(end.high)})."
        )
    if curve[0].at_risk < ENOUGH:
        sentences.append(f"This is based on only {number(curve[0].at_risk)} {subjects}.")
    return " ".join(sentences)


def _known(analyzed: Retained) -> TextTable:
    unit, sample = analyzed.found.asked.unit.words, analyzed.planned.sample
    lines = [
        [str(each.period), counted(each.at_risk, sample), counted(each.came, sample), *_staying(analyzed, each)]
        for each in analyzed.found.whole.waiting
    ]
    return TextTable("Who stayed", [unit, "still there before", "left", "stayed", "95% interval"], lines)


def _staying(analyzed: Retained, point: Waiting) -> list[str]:
    ends = f"{share(point.low)} – {share(point.high)}" if point.low is not None else MISSING
    return [_share(analyzed, point.share), ends]


def _ahead(analyzed: Retained, projection: Projection) -> TextTable:
    lines = [
        [str(each.period), _share(analyzed, each.share), f"{share(each.low)} – {share(each.high)}"]
        for each in projection.ahead
    ]
    return TextTable("Projection", [analyzed.found.asked.unit.words, "stay", "95% band"], lines)


def _model(analyzed: Retained, projection: Projection) -> TextTable:
    """Return a table of the fitted model, and of how well it would have predicted periods that are known now."""
    fit, tried, unit = projection.fit, projection.tried, analyzed.found.asked.unit.words
    if fit.alpha < inf:
        apart = 1 / (1 + fit.alpha + fit.beta)  # of a beta distribution, between all alike and all at 0 or 1
        lines = [
            [f"Leave in {unit} 0", share(fit.rate)],
            ["How much people differ, from 0% (not at all) to 100%", share(apart)],
            ["Parameters of this distribution", f"alpha {number(fit.alpha, 4)}, beta {number(fit.beta, 4)}"],
        ]
    else:
        lines = [[f"Leave in every {unit}", share(fit.rate)]]
    lines.append(["Fit (log likelihood)", number(fit.log_likelihood, 3)])
    if tried is None:
        lines.append(["Back-test", f"too few {unit}s are known"])
    else:
        inside = "inside" if tried.is_inside else "outside"
        lines += [
            [
                f"Back-test: fitted up to {unit} {tried.until}, stay {stayed(analyzed, tried.period)}",
                share(tried.share),
            ],
            [
                "Back-test: what was seen there",
                f"{share(tried.known)}, {inside} {share(tried.low)} – {share(tried.high)}",
            ],
        ]
    return TextTable("Model", ["what", "value"], lines)


def _groups(analyzed: Retained) -> TextTable:
    """Return a table of each group's share at the end of its last known period."""
    unit = analyzed.found.asked.unit.words
    lines: list[list[str]] = []
    for row in analyzed.found.groups:
        size = HIDDEN if row.size is None else counted(row.size, analyzed.planned.sample)
        last = row.waiting[-1] if row.waiting else None
        half = half_by(row.waiting)
        lines.append(
            [
                group_text(analyzed, row),
                size,
                str(last.period) if last is not None else MISSING,
                *(_staying(analyzed, last) if last is not None else [MISSING, MISSING]),
                str(half) if half is not None else MISSING,
            ]
        )
    header = [by_label(analyzed), subjects_of(analyzed), f"to {unit}", "stayed", "95% interval", f"half left by {unit}"]
    return TextTable("Groups", header, lines)


def _share(analyzed: Retained, value: float) -> str:
    return marked(share(value), analyzed.planned.sample)


def curves_of(found: RetentionFound) -> list[RetentionRow]:
    """Return the rows whose curves are drawn: the groups, or else everyone together."""
    groups = [row for row in found.groups if row.waiting]
    return groups or ([found.whole] if found.whole.waiting else [])
