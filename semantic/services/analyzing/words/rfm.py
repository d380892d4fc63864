"""Describe the result of an RFM analysis in sentences and text tables, the same for every surface."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.asked import plural
from semantic.analyses.events.rfm.finding import BuyerNumbers, RfmFound, ScoreNumbers
from semantic.analyses.events.rfm.question import AXES, LABELS, Axis
from semantic.display.format import Writer, number, share
from semantic.model.definitions import NumberFormat
from semantic.query.describe import lower_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable

MISSING, HIDDEN = "", "(hidden)"
AXIS_LABELS: dict[Axis, str] = {"recency": "Recency", "frequency": "Frequency", "money": "Money"}


def rfm_sentence(analyzed: Analyzed[RfmFound]) -> str:
    """Return a sentence about the number of subjects and the group that spends most."""
    found, subjects = analyzed.found, plural(analyzed.planned.reads.population.subject)
    whole = found.whole
    if whole is None:
        return f"Too few {subjects} ordered to show you numbers."
    if not whole.buyers:
        return f"No {subjects} ordered in this period."
    times, days = number(whole.orders / whole.buyers, 1), number(whole.days / whole.buyers)
    sentence = f"{number(whole.buyers)} {subjects} ordered, on average {times} times and most recently {days} days ago."
    known = [(key, bought) for key, bought in found.groups.items() if bought is not None and bought.buyers]
    if whole.spent <= 0 or not known:
        return sentence
    key, most = next((pair for pair in known if pair[0] == "champions"), max(known, key=lambda pair: pair[1].spent))
    spent = f"{share(most.spent / whole.spent)} of {lower_first(analyzed.planned.legs[1].label)}"
    return f"{sentence} {LABELS[key]} make up {share(most.buyers / whole.buyers)} of them and {spent}."


def rfm_notes(analyzed: Analyzed[RfmFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    hidden = ["Numbers based on too few people are hidden from you."] if analyzed.found.hides else []
    return [*analyzed.notes, *hidden]


def rfm_tables(analyzed: Analyzed[RfmFound]) -> list[TextTable]:
    """Return tables of groups, of scores, and of each score's meaning, or an empty list if no one ordered."""
    if analyzed.found.whole is not None and not analyzed.found.whole.buyers:
        return []
    return [groups_table(analyzed), grid_table(analyzed), scores_table(analyzed)]


def groups_table(analyzed: Analyzed[RfmFound]) -> TextTable:
    """Return a table with a line for each non-empty group."""
    whole = analyzed.found.whole
    subjects, label = plural(analyzed.planned.reads.population.subject), analyzed.planned.legs[1].label.lower()
    header = ["group", subjects, f"of {subjects}", label, f"of {label}", "orders each", "days since last"]
    header.append(f"{label} each")
    lines = [
        [LABELS[key], *_cells(analyzed, bought, whole)]
        for key, bought in analyzed.found.groups.items()
        if bought is None or bought.buyers
    ]
    return TextTable("Groups", header, lines)


def grid_table(analyzed: Analyzed[RfmFound]) -> TextTable:
    """Return a table of how many subjects have each recency and frequency score, the best at the top right."""
    found = analyzed.found
    each = range(1, found.levels + 1)
    lines = [
        [f"Recency {recency}", *(count_text(found.cells[recency, frequency]) for frequency in each)]
        for recency in reversed(each)
    ]
    return TextTable("Scores", ["score", *(f"frequency {frequency}" for frequency in each)], lines)


def scores_table(analyzed: Analyzed[RfmFound]) -> TextTable:
    """Return a table of what each score means, on each axis, and how many subjects have it."""
    found, subjects = analyzed.found, plural(analyzed.planned.reads.population.subject)
    lines = [
        [AXIS_LABELS[axis], str(score), ends_text(analyzed, axis, scored), count_text(scored.bought)]
        for axis, scores in zip(AXES, found.scores, strict=True)
        for score, scored in reversed([*enumerate(scores, start=1)])
    ]
    return TextTable("What scores mean", ["score of", "score", "values", subjects], lines)


def count_text(bought: BuyerNumbers | None) -> str:
    """Return a number of subjects as text."""
    return HIDDEN if bought is None else number(bought.buyers)


def ends_text(analyzed: Analyzed[RfmFound], axis: Axis, scored: ScoreNumbers) -> str:
    """Return the range of values that gets a score: `31 – 90 days`."""
    if scored.low is None or scored.high is None:
        return MISSING
    if axis == "money":
        low, high, unit = money_text(analyzed, scored.low), money_text(analyzed, scored.high), ""
    else:
        low, high = number(scored.low), number(scored.high)
        noun = "day" if axis == "recency" else "order"
        unit = f" {noun}" if high == "1" else f" {noun}s"
    return f"{low}{unit}" if low == high else f"{low} – {high}{unit}"


def money_text(analyzed: Analyzed[RfmFound], value: float) -> str:
    """Return an amount in the metric's own format."""
    metric = analyzed.planned.legs[1].metric
    decimals = 2 if metric.format is NumberFormat.MONEY else 0
    return Writer(metric.format, metric.unit, metric.decimals or decimals, short=False)(value)


def rfm_json(analyzed: Analyzed[RfmFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null."""
    found = analyzed.found
    return {
        "sentence": rfm_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": rfm_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "whole": _data(found.whole),
        "groups": [{"group": LABELS[key], "key": key, **_data(bought)} for key, bought in found.groups.items()],
        "cells": [
            {"recency": recency, "frequency": frequency, **_data(bought)}
            for (recency, frequency), bought in found.cells.items()
        ],
        "scores": {
            axis: [
                {"score": score, "from": scored.low, "to": scored.high, **_data(scored.bought)}
                for score, scored in enumerate(scores, start=1)
            ]
            for axis, scores in zip(AXES, found.scores, strict=True)
        },
    }


def _data(bought: BuyerNumbers | None) -> dict[str, Any]:
    if bought is None:
        return {"count": None, "days": None, "orders": None, "money": None}
    return {"count": bought.buyers, "days": bought.days, "orders": bought.orders, "money": bought.spent}


def _cells(analyzed: Analyzed[RfmFound], bought: BuyerNumbers | None, whole: BuyerNumbers | None) -> list[str]:
    if bought is None:
        return [HIDDEN, *([MISSING] * 6)]
    is_known = whole is not None and whole.buyers
    return [
        number(bought.buyers),
        share(bought.buyers / whole.buyers) if whole is not None and is_known else MISSING,
        money_text(analyzed, bought.spent),
        share(bought.spent / whole.spent) if whole is not None and whole.spent > 0 else MISSING,
        number(bought.orders / bought.buyers, 1),
        number(bought.days / bought.buyers),
        money_text(analyzed, bought.spent / bought.buyers),
    ]
