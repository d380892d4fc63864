"""A funnel's finding in words and in tables of text, the same for every surface."""

from __future__ import annotations

from datetime import date
from typing import Any

from semantic.analyses.events.funnel.finding import FunnelFound, FunnelRow
from semantic.analyses.events.funnel.lower import EDGES
from semantic.display.evidence import wilson
from semantic.display.format import number, period, share, value_text
from semantic.query.describe import lower_first
from semantic.query.member_labels import label_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable

MISSING, NONE, HIDDEN = "", "(none)", "(hidden)"
ENOUGH = 100
"""The number of subjects from which a rate isn't marked as based on few."""
_UNITS = ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds"))


def funnel_sentence(analyzed: Analyzed[FunnelFound]) -> str:
    """Return what the funnel found in a sentence or two."""
    found, labels = analyzed.found, step_labels(analyzed)
    subjects, whole = _subjects(analyzed), found.whole
    if whole.counts[0] is None:
        return f"Too few {subjects} did {lower_first(labels[0])} for numbers to be shown to you."
    if not whole.counts[0]:
        return f"No {_subject(analyzed)} did {lower_first(labels[0])} in this period."
    rate, drop = whole.rate(len(labels)), found.biggest_drop()
    sentences = [] if rate is None else [f"{share(rate)} of {subjects} got from {labels[0]} to {labels[-1]}."]
    lost = whole.step_rate(drop) if drop is not None else None
    if drop is not None and lost is not None and lost < 1:
        sentences.append(f"The biggest drop is {labels[drop - 2]} → {labels[drop - 1]}, −{share(1 - lost)}.")
    half = whole.half_within()
    if half is not None:
        sentences.append(f"Half of those who converted did so within {duration(half)}.")
    if whole.counts[0] < ENOUGH:
        sentences.append(f"That is few: {number(whole.counts[0])} {subjects}.")
    return " ".join(sentences)


def funnel_notes(analyzed: Analyzed[FunnelFound]) -> list[str]:
    """Return what a reader must know before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.young:
        did = "hasn't" if found.young == 1 else "haven't"
        who = _subject(analyzed) if found.young == 1 else _subjects(analyzed)
        notes.append(f"{number(found.young)} {who} {did} converted and can still do so within the window.")
    if found.hides:
        notes.append("Numbers with too few people behind them are hidden from you.")
    return notes


def funnel_about(analyzed: Analyzed[FunnelFound]) -> str:
    """Return the first and the last step: `Views to Carts`."""
    labels = step_labels(analyzed)
    return f"{labels[0]} to {labels[-1]}"


def step_labels(analyzed: Analyzed[FunnelFound]) -> list[str]:
    """Return the label of each step."""
    return [leg.label for leg in analyzed.planned.legs[: len(analyzed.found.whole.counts)]]


def funnel_tables(analyzed: Analyzed[FunnelFound]) -> list[TextTable]:
    """Return the table of steps, then that of groups if there is a breakdown."""
    tables = [TextTable("Steps", *steps_table(analyzed))]
    header, lines = groups_table(analyzed)
    return [*tables, TextTable("Groups", header, lines)] if lines else tables


def steps_table(analyzed: Analyzed[FunnelFound]) -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each step, of all subjects."""
    whole = analyzed.found.whole
    header = ["step", _subjects(analyzed), "of first", "95% interval", "of previous", "mean since start"]
    lines: list[list[str]] = []
    for step, label in enumerate(step_labels(analyzed), start=1):
        count = whole.counts[step - 1]
        ends = wilson(count, whole.counts[0]) if step > 1 and count is not None and whole.counts[0] else None
        taken = whole.since_start[step - 2] if step > 1 else None
        lines.append(
            [
                label,
                HIDDEN if count is None else number(count),
                MISSING if step == 1 else _share(whole.rate(step)),
                f"{share(ends[0])} – {share(ends[1])}" if ends is not None else MISSING,
                MISSING if step == 1 else _share(whole.step_rate(step)),
                duration(taken.mean) if taken is not None and taken.mean is not None else MISSING,
            ]
        )
    return header, lines


def groups_table(analyzed: Analyzed[FunnelFound]) -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each group. No lines without a breakdown."""
    found, carried = analyzed.found, analyzed.planned.carried
    shown = [place for place in range(len(carried)) if place != analyzed.planned.reads.held]
    header = [carried[place].label.lower() for place in shown] + step_labels(analyzed) + ["converted"]
    lines = [
        [
            *_group(analyzed, row, shown),
            *(HIDDEN if count is None else number(count) for count in row.counts),
            _share(row.rate(len(row.counts))),
        ]
        for row in found.rows
    ]
    return header, lines


def funnel_json(analyzed: Analyzed[FunnelFound]) -> dict[str, Any]:
    """Return everything that was found as JSON-ready data. Hidden numbers are null."""
    found = analyzed.found
    return {
        "sentence": funnel_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": funnel_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "steps": step_labels(analyzed),
        "whole": _row_data(found.whole),
        "groups": [
            {"by": value_text(row.by) if row.by is not None else None, "reached": not row.is_unreached}
            | {"over": row.over.isoformat() if row.over else None}
            | _row_data(row)
            for row in found.rows
        ],
        "not_finished": found.young,
    }


def duration(seconds: float) -> str:
    """Return a length of time in its largest unit: `2.5 hours`.

    >>> duration(9_000), duration(86_400), duration(42)
    ('2.5 hours', '1 day', '42 seconds')
    """
    size, one, several = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    text = f"{seconds / size:,.1f}".removesuffix(".0")
    return f"{text} {one if text == '1' else several}"


def _row_data(row: FunnelRow) -> dict[str, Any]:
    last = row.counts[-1]
    return {
        "counts": [*row.counts],
        "rates": [row.rate(step) for step in range(1, len(row.counts) + 1)],
        "mean_seconds_since_start": [taken.mean if taken is not None else None for taken in row.since_start],
        "converted_within_seconds": {str(edge): count for edge, count in zip(EDGES, row.within, strict=True)}
        if last is not None
        else None,
    }


def _group(analyzed: Analyzed[FunnelFound], row: FunnelRow, shown: list[int]) -> list[str]:
    texts: list[str] = []
    for place in shown:
        carried = analyzed.planned.carried[place]
        value = row.over if carried.grain is not None else row.by
        if carried.grain is not None and isinstance(value, date):
            texts.append(period(value, carried.grain))
        elif row.is_unreached:
            texts.append("(not reached)")
        else:
            texts.append(NONE if value is None else label_of(value, analyzed.labels[place]) or value_text(value))
    return texts


def _share(value: float | None) -> str:
    return MISSING if value is None else share(value)


def _subject(analyzed: Analyzed[FunnelFound]) -> str:
    return analyzed.planned.reads.population.subject.replace("_", " ")


def _subjects(analyzed: Analyzed[FunnelFound]) -> str:
    subject = _subject(analyzed)
    return {"person": "people"}.get(subject, f"{subject[:-1]}ies" if subject.endswith("y") else f"{subject}s")
