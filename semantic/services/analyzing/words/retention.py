"""Describe the result of a retention analysis in sentences and text tables, the same for every surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from math import comb
from typing import Any

from semantic.analyses.events.read import EventLeg
from semantic.analyses.events.retention.finding import OPEN, Cell, RetentionFound, RetentionRow
from semantic.analyses.events.retention.question import Slot, attribute_of
from semantic.analyses.events.retention.survival import half_by
from semantic.display.change import points_text
from semantic.display.evidence import wilson
from semantic.display.format import (
    Writer,
    even_decimals,
    even_shares,
    number,
    period,
    period_cell,
    share,
    share_range,
    value_text,
)
from semantic.model.definitions import NumberFormat
from semantic.query.describe import lower_first, upper_first
from semantic.query.member_labels import label_of
from semantic.services.analyzing.differences import Difference, difference, is_clear_among
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, counted_between, estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.compared import (
    SEVERAL,
    TOO_FEW_THEN,
    Change,
    Part,
    between,
    nothing_words,
    numbers_table,
    own_words,
    period_data,
    relative_words,
    share_words,
    shares_table,
    side_words,
)
from semantic.services.analyzing.words.subject import based_on_few, so_many, subjects

MISSING, HIDDEN = "", "(hidden)"
ENOUGH = 100
"""The fewest subjects for which a share isn't marked as based on few."""


def retention_sentence(analyzed: Analyzed[RetentionFound]) -> str:
    """Return the result in a few sentences."""
    found, who = analyzed.found, subjects(analyzed)
    first = analyzed.planned.legs[0].label
    at, cell = slot_words(found, found.slots[found.asked.at - 1]), found.whole.cells[found.asked.at - 1]
    if found.whole.size is None:
        return f"Too few {who} with {first} to show you numbers."
    if not found.whole.size:
        return f"{side_words(analyzed)}No {who} with {first} in this period."
    if cell.is_open:
        count = estimated(found.whole.size, analyzed.planned.sample)
        each = "the" if count == 1 else "any of the"
        return f"{upper_first(at)} hasn't ended yet for {each} {so_many(found.whole.size, analyzed)} with {first}."
    if cell.came is None:
        return f"Too few {who} came back in {at}, or too few didn't, to show you the number."
    sentences = [
        f"{side_words(analyzed)}{_headline(analyzed, cell, at)}",
        _no_other(analyzed, at),
        _apart(analyzed, at),
        _how_long(analyzed),
    ]
    if cell.eligible is not None and cell.eligible < ENOUGH:
        sentences.append(based_on_few(cell.eligible, analyzed))
    return " ".join(sentence for sentence in sentences if sentence)


def retention_notes(analyzed: Analyzed[RetentionFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if any(cell.is_open for row in found.cohorts for cell in row.cells):
        notes.append(
            f"Empty cells aren't 0: those {found.asked.unit.words}s haven't ended for everyone in the cohort yet."
        )
    if len(compared(found)) > 1 or (analyzed.compared is not None and len(found.slots) > 1):
        notes.append(SEVERAL)
    if found.hides or (analyzed.compared is not None and analyzed.compared.analyzed.found.hides):
        notes.append("Numbers based on too few people are hidden from you.")
    return notes


def retention_about(analyzed: Analyzed[RetentionFound]) -> str:
    """Return the label of the first event, and of the return if that is another event: `Sign-ups to Orders`."""
    first, back = analyzed.planned.legs[0].label, _back(analyzed).label
    return first if analyzed.found.asked.back is None else f"{first} to {back}"


def retention_tables(analyzed: Analyzed[RetentionFound]) -> list[TextTable]:
    """Return all tables of a retention analysis, or an empty list if there are no subjects.

    The order is: all cohorts together, single cohorts, groups, their comparison, and the time until the first return.
    """
    found = analyzed.found
    if found.whole.size == 0:
        return []
    tables = [whole_table(analyzed), *compared_tables(analyzed)]
    if found.cohorts:
        tables.append(cohorts_table(analyzed))
    if found.groups:
        tables.append(groups_table(analyzed))
    if compared(found):
        tables.append(comparison_table(analyzed))
    return [*tables, waiting_table(analyzed)] if found.whole.waiting else tables


def whole_table(analyzed: Analyzed[RetentionFound]) -> TextTable:
    """Return a table with a line for each period, over all subjects."""
    found, is_share = analyzed.found, analyzed.found.asked.measure == "subjects"
    measured, sample = "share" if is_share else f"{measured_label(analyzed)} each", analyzed.planned.sample
    header = [found.asked.unit.words, "old enough", "came back", *([] if is_share else ["share"]), measured]
    if sample is not None:
        header.insert(3, "came back, 95% interval")
    lines: list[list[str]] = []
    for slot, cell in list(zip(found.slots, found.whole.cells, strict=True))[: slots_shown(found)]:
        ends = wilson(cell.came, cell.eligible) if cell.came is not None and cell.eligible else None
        line = [slot_range(slot), _count(analyzed, cell.eligible, cell), _count(analyzed, cell.came, cell)]
        if sample is not None:
            line.append(MISSING if cell.came is None else counted_between(cell.came, sample))
        line += [] if is_share else [_share(analyzed, cell.share)]
        line.append(cell_text(analyzed, cell))
        lines.append([*line, share_range(*ends) if ends is not None else MISSING])
    return TextTable(
        own_words(analyzed)[2:] or f"All {subjects_of(analyzed)}", [*header, "95% interval of the share"], lines
    )


def cohorts_table(analyzed: Analyzed[RetentionFound]) -> TextTable:
    """Return a table with a line for each cohort by date, within each group."""
    found = analyzed.found
    over = found.asked.over
    assert over is not None
    header = [*([by_label(analyzed)] if found.groups else []), over.words, subjects_of(analyzed), *_slot_heads(found)]
    lines = [
        [
            *([group_text(analyzed, row)] if found.groups else []),
            MISSING if row.over is None else period_cell(row.over, over),
            HIDDEN if row.size is None else _counted(analyzed, row.size),
            *(cell_text(analyzed, cell) for cell in row.cells[: slots_shown(found)]),
        ]
        for row in found.cohorts
    ]
    return TextTable("Cohorts", header, lines)


def groups_table(analyzed: Analyzed[RetentionFound]) -> TextTable:
    """Return a table with a line for each group."""
    found = analyzed.found
    lines = [
        [
            group_text(analyzed, row),
            HIDDEN if row.size is None else _counted(analyzed, row.size),
            *(cell_text(analyzed, cell) for cell in row.cells[: slots_shown(found)]),
        ]
        for row in found.groups
    ]
    return TextTable("Groups", [by_label(analyzed), subjects_of(analyzed), *_slot_heads(found)], lines)


def comparison_table(analyzed: Analyzed[RetentionFound]) -> TextTable:
    """Return a table that compares each group with the largest one."""
    found = analyzed.found
    at, at_words = found.asked.at - 1, slot_words(found, found.slots[found.asked.at - 1])
    largest, pairs = group_text(analyzed, found.groups[0]), compared(found)
    base = found.groups[0].cells[at]
    shares = [row.cells[at].share for row, _ in pairs]
    decimals = even_decimals([base.share, *shares])
    lines = [
        [
            group_text(analyzed, row),
            marked(f"{number(100 * (value or 0.0), decimals)}%", analyzed.planned.sample),
            points_text(apart.value, decimals),
            between(apart, decimals),
        ]
        for (row, apart), value in zip(pairs, shares, strict=True)
    ]
    header = [by_label(analyzed), f"came back in {at_words}", f"more than {largest}", "95% interval"]
    return TextTable(f"Compared with {largest}", header, lines)


def waiting_table(analyzed: Analyzed[RetentionFound]) -> TextTable:
    """Return a table of the time until the first return, with a line for each period."""
    found, unit = analyzed.found, analyzed.found.asked.unit.words
    lines = [
        [
            str(each.period),
            _counted(analyzed, each.at_risk),
            _counted(analyzed, each.came),
            _share(analyzed, each.share),
            share_range(each.low, each.high) if each.low is not None and each.high is not None else MISSING,
        ]
        for each in found.whole.waiting
    ]
    header = [unit, "not back before", "first return", "not back yet", "95% interval"]
    return TextTable("Time until the first return", header, lines)


def retention_json(analyzed: Analyzed[RetentionFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden and open numbers are null."""
    found = analyzed.found
    return {
        "sentence": retention_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": retention_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "cells": [[slot.low, slot.high] for slot in found.slots],
        "whole": _row_data(found.whole, analyzed.planned.sample),
        "groups": [{"by": _value(row)} | _row_data(row, analyzed.planned.sample) for row in found.groups],
        "cohorts": [
            {"by": _value(row), "over": row.over.isoformat() if row.over else None}
            | _row_data(row, analyzed.planned.sample)
            for row in found.cohorts
        ],
        "differences": [{"by": _value(row)} | asdict(apart) for row, apart in compared(found)],
        "half_back_by": half_by(found.whole.waiting),
        **_compared_data(analyzed),
        **sample_data(analyzed.planned),
    }


# Parts that pages use too


def slot_words(found: RetentionFound, slot: Slot) -> str:
    """Return a slot's periods in words: `month 2`, `days 1–7`, `week 3 or later`."""
    unit = found.asked.unit.words
    return f"{unit}{'' if slot.high in (None, slot.low) else 's'} {slot_range(slot)}"


def slot_range(slot: Slot) -> str:
    """Return a slot's periods as text, without the unit.

    >>> slot_range(Slot(2, 2)), slot_range(Slot(1, 7)), slot_range(Slot(3, None))
    ('2', '1–7', '3 or later')
    """
    if slot.high is None:
        return f"{slot.low} or later"
    return str(slot.low) if slot.low == slot.high else f"{slot.low}–{slot.high}"


def slots_shown(found: RetentionFound) -> int:
    """Return how many slots to show: all up to the last one that is known in any line, and at least one."""
    known = [place for row in found.lines for place, cell in enumerate(row.cells, start=1) if not cell.is_open]
    return max(known, default=1)


def cell_text(analyzed: Analyzed[RetentionFound], cell: Cell) -> str:
    """Return a cell's number as text, or "" if the cell isn't known yet."""
    if cell.is_open:
        return MISSING
    return HIDDEN if cell.came is None else write(analyzed, cell.value(analyzed.found.asked.measure))


def write(analyzed: Analyzed[RetentionFound], value: float | None) -> str:
    """Return a number as text, in the format of the chosen measure."""
    return MISSING if value is None else marked(_written(analyzed, value), analyzed.planned.sample)


def _written(analyzed: Analyzed[RetentionFound], value: float) -> str:
    match analyzed.found.asked.measure:
        case "subjects":
            return share(value)
        case "events":
            return number(value, 2)
        case "amount":
            metric = _back(analyzed).metric
            decimals = 2 if metric.format is NumberFormat.MONEY or abs(value) < 100 else 0
            return Writer(metric.format, metric.unit, metric.decimals or decimals, short=False)(value)


def measured_label(analyzed: Analyzed[RetentionFound]) -> str:
    """Return a label for what the numbers measure: subjects who came back, or events or amounts."""
    return "came back" if analyzed.found.asked.measure == "subjects" else lower_first(_back(analyzed).label)


def group_text(analyzed: Analyzed[RetentionFound], row: RetentionRow) -> str:
    """Return the label of a row's group."""
    labels = analyzed.labels[attribute_of(analyzed.found.asked, "by")]
    return label_of(row.by, labels) or value_text(row.by)


def cohort_text(row: RetentionRow, analyzed: Analyzed[RetentionFound]) -> str:
    """Return a cohort's period as text."""
    return upper_first(period(row.over, analyzed.found.asked.over)) if row.over is not None else MISSING


def compared(found: RetentionFound) -> list[tuple[RetentionRow, Difference]]:
    """Return how much each group differs from the largest one in the chosen slot. Hidden numbers are omitted."""
    if not found.groups or found.asked.measure != "subjects":
        return []
    at = found.asked.at - 1
    base = found.groups[0].cells[at]
    pairs: list[tuple[RetentionRow, Difference]] = []
    for row in found.groups[1:]:
        mine = row.cells[at]
        if mine.came is not None and mine.eligible and base.came is not None and base.eligible:
            apart = difference(mine.came, mine.eligible, base.came, base.eligible)
            pairs += [(row, apart)] if apart is not None else []
    return pairs


def subjects_of(analyzed: Analyzed[RetentionFound]) -> str:
    """Return the plural noun for the subjects: `visitors`."""
    return subjects(analyzed)


# Sentences


def _headline(analyzed: Analyzed[RetentionFound], cell: Cell, at: str) -> str:
    found, who = analyzed.found, subjects(analyzed)
    if found.asked.start == "ever" and found.asked.back is None:
        who = f"new {who}"
    back = lower_first(_back(analyzed).label)
    after = f" after {lower_first(analyzed.planned.legs[0].label)}" if found.asked.back is not None else ""
    value, moved = _moved(analyzed)
    value = value or write(analyzed, cell.value(found.asked.measure))
    match found.asked.measure:
        case "subjects":
            return f"{value} of {who} came back for {back} in {at}{after}{moved}."
        case "events":
            return f"{upper_first(who)} had {value} {back} each in {at}{after}{moved}."
        case "amount":
            return f"{upper_first(who)} had {back} of {value} each in {at}{after}{moved}."


def _moved(analyzed: Analyzed[RetentionFound]) -> tuple[str, str]:
    """Return the headline's share with enough decimals to compare it, and how it has changed, as text to follow it.

    The share is "" if the measure isn't a share. Both are "" if there is no comparison.
    """
    if analyzed.compared is None:
        return "", ""
    found, before = analyzed.found, analyzed.compared.analyzed.found
    at, measure = found.asked.at - 1, found.asked.measure
    now, then, other = found.whole.cells[at], before.whole.cells[at], analyzed.compared.other
    if measure == "subjects":
        return share_words(_change(now, then), other, analyzed.planned.sample)
    value, earlier = now.value(measure), then.value(measure)
    if value is None or earlier is None:
        return "", ""
    return "", relative_words(value, earlier, write(analyzed, earlier), other)


def _no_other(analyzed: Analyzed[RetentionFound], at: str) -> str:
    """Return why the headline's number can't be compared, or "" if it can."""
    if analyzed.compared is None or _moved(analyzed)[1]:
        return ""
    before, other = analyzed.compared.analyzed, analyzed.compared.other
    first, cell = analyzed.planned.legs[0].label, before.found.whole.cells[analyzed.found.asked.at - 1]
    nothing = nothing_words(before, other, subjects_of(analyzed), f"with {first}", before.found.whole.size)
    if not nothing and cell.is_open:
        return f"{upper_first(at)} hasn't ended yet for anyone {other.inside}."
    return nothing or TOO_FEW_THEN


def _how_long(analyzed: Analyzed[RetentionFound]) -> str:
    """Return a sentence about when half of the subjects had come back, or how many had by the end of known periods."""
    found = analyzed.found
    curve, unit = found.whole.waiting, found.asked.unit.words
    if not curve:
        return ""
    half = half_by(curve)
    if half is not None and found.asked.clock == "rolling":
        return f"Half came back within {half + 1} {unit}s." if half else f"Half came back within one {unit}."
    if half is not None:
        return f"Half came back by the end of {unit} {half}." if half else f"Half came back in the same {unit}."
    last = curve[-1]
    return f"By the end of {unit} {last.period}, {_share(analyzed, 1 - last.share)} had come back at least once."


def _apart(analyzed: Analyzed[RetentionFound], at: str) -> str:
    """Return a sentence about the groups with the highest and lowest share, or "" if no two can be compared.

    It says so if chance explains the difference, considering how many groups there are.
    """
    found, place = analyzed.found, analyzed.found.asked.at - 1
    if found.asked.measure != "subjects" or len(found.groups) < 2:
        return ""
    known = [(row, row.cells[place]) for row in found.groups if (row.cells[place].eligible or 0) >= ENOUGH]
    known = [(row, cell) for row, cell in known if cell.share is not None]
    if len(known) < 2:
        return ""
    by, of = f"By {by_label(analyzed)}, ", f"groups with at least {ENOUGH} {subjects(analyzed)}"
    (best, high), (worst, low) = (pick(known, key=lambda pair: pair[1].share or 0.0) for pick in (max, min))
    counts = high.came or 0, high.eligible or 0, low.came or 0, low.eligible or 0
    are_all = len(known) == len(found.groups)
    if not is_clear_among(comb(len(known), 2), *counts):
        return f"{by}{'groups' if are_all else of} don't differ in {at} more than chance explains."
    shares = [marked(text, analyzed.planned.sample) for text in even_shares([high.share, low.share])]
    among = "" if are_all else f" Only {of} are compared."
    return (
        f"{by}{group_text(analyzed, best)} has the highest share ({shares[0]}) and {group_text(analyzed, worst)} the "
        f"lowest ({shares[1]}), more than chance explains.{among}"
    )


# The other period


def compared_tables(analyzed: Analyzed[RetentionFound]) -> list[TextTable]:
    """Return tables that compare both periods: every slot over all cohorts, then one slot of each group or cohort."""
    if analyzed.compared is None or not analyzed.compared.analyzed.found.whole.size:
        return []
    found, before, other = analyzed.found, analyzed.compared.analyzed.found, analyzed.compared.other
    cells = [
        (slot_range(slot), now, then)
        for slot, now, then in zip(found.slots, found.whole.cells, before.whole.cells, strict=True)
    ][: slots_shown(found)]
    tables = [_both(analyzed, f"Compared with {other.other}", found.asked.unit.words, cells)]
    at = found.asked.at - 1
    in_slot = slot_words(found, found.slots[at])
    if found.groups:
        hides = bool(analyzed.planned.smallest)
        earlier = {row.by: row.cells[at] for row in before.groups}
        gone = HIDDEN_CELL if hides else NO_ONE
        rows = [(group_text(analyzed, row), row.cells[at], earlier.pop(row.by, gone)) for row in found.groups]
        rows += [
            (group_text(analyzed.compared.analyzed, row), gone, row.cells[at])
            for row in before.groups
            if row.by in earlier
        ]
        title = f"Groups in {in_slot}, compared with {other.other}"
        tables.append(_both(analyzed, title, by_label(analyzed), rows))
    elif found.cohorts and found.asked.over is not None:
        partners = {other.moved(row.over): row.cells[at] for row in before.cohorts if row.over is not None}
        rows = [
            (cohort_text(row, analyzed), row.cells[at], partners.get(row.over or date.min, OPEN))
            for row in found.cohorts
        ]
        title = f"Cohorts in {in_slot}, compared with {other.other}"
        tables.append(_both(analyzed, title, found.asked.over.words, rows))
    return tables


NO_ONE = Cell(eligible=0, came=0, times=0, amount=0.0)
HIDDEN_CELL = Cell(eligible=None, came=None, times=None, amount=None)


def _both(
    analyzed: Analyzed[RetentionFound], title: str, names: str, rows: Sequence[tuple[str, Cell, Cell]]
) -> TextTable:
    """Return a table of both periods' cells: shares, or events or amounts per subject."""
    assert analyzed.compared is not None
    measure, other, sample = analyzed.found.asked.measure, analyzed.compared.other, analyzed.planned.sample
    if measure == "subjects":
        return shares_table(title, names, [(name, _change(now, then)) for name, now, then in rows], other, sample)
    lines = [
        (name, (cell_text(analyzed, now), cell_text(analyzed, then)), (now.value(measure), then.value(measure)))
        for name, now, then in rows
    ]
    return numbers_table(title, names, lines, other, sample)


def _change(now: Cell, before: Cell) -> Change:
    return Change(
        Part(now.came, now.eligible, is_open=now.is_open), Part(before.came, before.eligible, is_open=before.is_open)
    )


def _compared_data(analyzed: Analyzed[RetentionFound]) -> dict[str, Any]:
    if analyzed.compared is None:
        return {}
    found, before, sample = analyzed.found, analyzed.compared.analyzed.found, analyzed.planned.sample
    pairs = zip(found.whole.cells, before.whole.cells, strict=True)
    return {
        "compared": {
            **period_data(analyzed.compared.other),
            "whole": _row_data(before.whole, sample),
            "groups": [{"by": _value(row)} | _row_data(row, sample) for row in before.groups],
            "changes": [_change(now, then).data for now, then in pairs],
        }
    }


def _row_data(row: RetentionRow, sample: float | None) -> dict[str, Any]:
    """Return a row's numbers as JSON-ready data. Counts of a sample are scaled up."""
    data: dict[str, Any] = {
        "size": _scaled(row.size, sample),
        "cells": [
            {"eligible": _scaled(cell.eligible, sample), "came": _scaled(cell.came, sample)}
            | {"times": _scaled(cell.times, sample)}
            | {"amount": cell.amount if sample is None or cell.amount is None else cell.amount / sample}
            | {"share": cell.share, "open": cell.is_open}
            for cell in row.cells
        ],
    }
    if row.waiting:
        data["waiting"] = [
            asdict(each) | {"at_risk": _scaled(each.at_risk, sample), "came": _scaled(each.came, sample)}
            for each in row.waiting
        ]
    return data


def _scaled(count: int | None, sample: float | None) -> int | None:
    return None if count is None else estimated(count, sample)


def _counted(analyzed: Analyzed[RetentionFound], count: int) -> str:
    return counted(count, analyzed.planned.sample)


def _value(row: RetentionRow) -> str | None:
    return value_text(row.by) if row.by is not None else None


def _slot_heads(found: RetentionFound) -> list[str]:
    return [slot_words(found, slot) for slot in found.slots[: slots_shown(found)]]


def by_label(analyzed: Analyzed[RetentionFound]) -> str:
    """Return the label of the breakdown, for use within a sentence."""
    return lower_first(analyzed.planned.carried[attribute_of(analyzed.found.asked, "by")].label)


def _count(analyzed: Analyzed[RetentionFound], value: int | None, cell: Cell) -> str:
    return _counted(analyzed, value) if value is not None else MISSING if cell.is_open else HIDDEN


def _share(analyzed: Analyzed[RetentionFound], value: float | None) -> str:
    return MISSING if value is None else marked(share(value), analyzed.planned.sample)


def _back(analyzed: Analyzed[RetentionFound]) -> EventLeg:
    return analyzed.planned.legs[analyzed.found.asked.back_event]
