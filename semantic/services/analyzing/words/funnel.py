"""Describe the result of a funnel in sentences and text tables, the same for every surface."""

from __future__ import annotations

from datetime import date
from typing import Any

from semantic.analyses.events.funnel.finding import FunnelFound, FunnelRow
from semantic.analyses.events.funnel.lower import EDGES
from semantic.analyses.events.instants import SECOND, length
from semantic.display.evidence import wilson
from semantic.display.format import even_shares, period, share, share_range, value_text
from semantic.query.describe import upper_first
from semantic.query.member_labels import label_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import (
    counted,
    counted_between,
    estimated,
    estimated_between,
    marked,
    sample_data,
)
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.compared import (
    SEVERAL,
    TOO_FEW_THEN,
    Change,
    Part,
    counts_table,
    nothing_words,
    own_words,
    period_data,
    share_words,
    shares_table,
    side_words,
)
from semantic.services.analyzing.words.subject import based_on_few, so_many, subjects

MISSING, NONE, HIDDEN = "", "(none)", "(hidden)"
ENOUGH = 100
"""The fewest subjects for which a rate isn't marked as based on few."""
_UNITS = ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds"))


def funnel_sentence(analyzed: Analyzed[FunnelFound]) -> str:
    """Return the funnel's result in one or two sentences."""
    found, labels = analyzed.found, step_labels(analyzed)
    who, whole = subjects(analyzed), found.whole
    if whole.counts[0] is None:
        return f"Too few {who} reached {labels[0]} to show you numbers."
    if not whole.counts[0]:
        return f"{side_words(analyzed)}No {who} reached {labels[0]} in this period."
    rate, drop = whole.rate(len(labels)), found.biggest_drop()
    sample = analyzed.planned.sample
    sentences = [] if rate is None else _headline(analyzed, rate)
    lost = whole.step_rate(drop) if drop is not None else None
    if len(labels) > 2 and drop is not None and lost is not None and lost < 1:
        sentences.append(
            f"The biggest drop is {labels[drop - 2]} → {labels[drop - 1]}, {marked(f'−{share(1 - lost)}', sample)}."
        )
    half, limit = whole.half_within(), analyzed.planned.reads.follow
    if half is not None and (limit is None or half * SECOND < length(limit)):  # otherwise, all of them did
        sentences.append(f"Half of those who converted did so within {duration(half)}.")
    if whole.counts[0] < ENOUGH:
        sentences.append(based_on_few(whole.counts[0], analyzed))
    return " ".join(sentences)


def _headline(analyzed: Analyzed[FunnelFound], rate: float) -> list[str]:
    """Return sentences about how many subjects converted, and how that compares with the other period."""
    labels, sample, compared = step_labels(analyzed), analyzed.planned.sample, analyzed.compared
    now = marked(share(rate), sample)
    if compared is None:
        return [f"{now} of {subjects(analyzed)} got from {labels[0]} to {labels[-1]}."]
    before, other = compared.analyzed, compared.other
    change = Change(_of(analyzed.found.whole, len(labels), 1), _of(before.found.whole, len(labels), 1))
    share_now, moved = share_words(change, other, sample)
    now = share_now or now
    side = f"{side_words(analyzed)}{now} got from {labels[0]} to {labels[-1]}{moved}."
    sentences = [side if other.is_side else f"{labels[0]} to {labels[-1]}: {now}{moved}."]
    if not moved:
        count = before.found.whole.counts[0]
        sentences.append(
            nothing_words(before, other, subjects(analyzed), f"reached {labels[0]}", count) or TOO_FEW_THEN
        )
    elif (most := _moved_most(analyzed, before.found)) is not None:
        sentences.append(most)
    return sentences


def _moved_most(analyzed: Analyzed[FunnelFound], before: FunnelFound) -> str | None:
    """Return a sentence about the step whose rate changed most.

    A step's rate is its share of the previous step. Returns None if the funnel has only two steps, or if no change is
    more than chance explains.
    """
    labels, sample = step_labels(analyzed), analyzed.planned.sample
    changes = [
        (abs(apart.value), step, change)
        for step in range(2, len(labels) + 1)
        if (apart := (change := _step_change(analyzed.found.whole, before.whole, step)).apart) is not None
        and apart.is_clear
    ]
    if len(labels) < 3 or not changes:
        return None
    _, step, change = max(changes, key=lambda found: found[:2])
    ends = [marked(text, sample) for text in even_shares([change.before.share, change.now.share])]
    if analyzed.compared is not None and analyzed.compared.other.is_side:
        return f"They differ most at {labels[step - 2]} → {labels[step - 1]}, {ends[1]} compared with {ends[0]}."
    return f"The step that changed most is {labels[step - 2]} → {labels[step - 1]}, from {ends[0]} to {ends[1]}."


def _of(row: FunnelRow | None, step: int, whole: int) -> Part:
    """Return how many subjects reached a step, out of those who reached an earlier one. Both are 0 without a row."""
    return Part(0, 0) if row is None else Part(row.counts[step - 1], row.counts[whole - 1])


def _step_change(now: FunnelRow, before: FunnelRow, step: int) -> Change:
    return Change(_of(now, step, step - 1), _of(before, step, step - 1))


def funnel_notes(analyzed: Analyzed[FunnelFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.young:
        have = "hasn't" if estimated(found.young, analyzed.planned.sample) == 1 else "haven't"
        notes.append(f"{so_many(found.young, analyzed)} {have} converted yet, but still can within the time limit.")
    if analyzed.compared is not None and (found.rows or len(found.whole.counts) > 2):
        notes.append(SEVERAL)
    if found.hides or (analyzed.compared is not None and analyzed.compared.analyzed.found.hides):
        notes.append("Numbers based on too few people are hidden from you.")
    return notes


def funnel_about(analyzed: Analyzed[FunnelFound]) -> str:
    """Return the labels of the first and the last step: `Views to Carts`."""
    labels = step_labels(analyzed)
    return f"{labels[0]} to {labels[-1]}"


def step_labels(analyzed: Analyzed[FunnelFound]) -> list[str]:
    """Return the steps' labels."""
    return [leg.label for leg in analyzed.planned.legs[: len(analyzed.found.whole.counts)]]


def funnel_tables(analyzed: Analyzed[FunnelFound]) -> list[TextTable]:
    """Return a table of the steps, and one of the groups if there is a breakdown. Empty if no one began the funnel."""
    if analyzed.found.whole.counts[0] == 0:
        return []
    own = own_words(analyzed)
    tables = [TextTable(f"Steps{own}", *steps_table(analyzed)), *compared_tables(analyzed)]
    header, lines = groups_table(analyzed)
    return [*tables, TextTable(f"Groups{own}", header, lines), *compared_groups(analyzed)] if lines else tables


def compared_tables(analyzed: Analyzed[FunnelFound]) -> list[TextTable]:
    """Return tables of the steps in both periods: how many subjects reached each, of all and of the previous step."""
    if analyzed.compared is None or not analyzed.compared.analyzed.found.whole.counts[0]:
        return []
    now, before, other = analyzed.found.whole, analyzed.compared.analyzed.found.whole, analyzed.compared.other
    labels, sample = step_labels(analyzed), analyzed.planned.sample
    steps = list(enumerate(labels, start=1))
    counts = [(label, now.counts[step - 1], before.counts[step - 1]) for step, label in steps]
    of_first = [(label, Change(_of(now, step, 1), _of(before, step, 1))) for step, label in steps[1:]]
    of_previous = [(label, _step_change(now, before, step)) for step, label in steps[1:]]
    title = f"{upper_first(subjects(analyzed))}, compared with {other.other}"
    tables = [counts_table(title, "step", counts, other, sample)]
    tables.append(shares_table(f"Of the first step, compared with {other.other}", "step", of_first, other, sample))
    if len(labels) > 2:
        tables.append(
            shares_table(f"Of the previous step, compared with {other.other}", "step", of_previous, other, sample)
        )
    return tables


def compared_groups(analyzed: Analyzed[FunnelFound]) -> list[TextTable]:
    """Return a table of each group's conversion rate in both periods.

    Days, weeks and months are matched by position.
    """
    if analyzed.compared is None or not analyzed.compared.analyzed.found.whole.counts[0]:
        return []
    other, before = analyzed.compared.other, analyzed.compared.analyzed
    shown = [place for place in range(len(analyzed.planned.carried)) if place != analyzed.planned.reads.held]
    last, hides = len(step_labels(analyzed)), bool(analyzed.planned.smallest)
    earlier = {_key(row, other.moved(row.over) if row.over is not None else None): row for row in before.found.rows}
    names = [analyzed.planned.carried[place].label.lower() for place in shown]
    rows: list[tuple[str, Change]] = []
    for row in analyzed.found.rows:
        partner = earlier.pop(_key(row, row.over), None)
        has_partner = partner is not None or row.over is None
        then = _of(partner, last, 1) if has_partner and not (partner is None and hides) else Part(None, None, True)
        rows.append((", ".join(_group(analyzed, row, shown)), Change(_of(row, last, 1), then)))
    for row in earlier.values():
        if row.over is None:
            gone = Part(None, None, True) if hides else Part(0, 0)
            rows.append((", ".join(_group(before, row, shown)), Change(gone, _of(row, last, 1))))
    title = f"Converted, compared with {other.other}"
    return [shares_table(title, ", ".join(names), rows, other, analyzed.planned.sample)]


def _key(row: FunnelRow, over: date | None) -> tuple[object, bool, date | None]:
    return row.by, row.is_unreached, over


def steps_table(analyzed: Analyzed[FunnelFound]) -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each step, over all groups. In a sample, numbers of subjects have intervals."""
    whole, sample = analyzed.found.whole, analyzed.planned.sample
    header = ["step", subjects(analyzed), "of first step", "95% interval", "of previous step", "mean time from start"]
    if sample is not None:
        header.insert(2, f"{subjects(analyzed)}, 95% interval")
    lines: list[list[str]] = []
    for step, label in enumerate(step_labels(analyzed), start=1):
        count = whole.counts[step - 1]
        ends = wilson(count, whole.counts[0]) if step > 1 and count is not None and whole.counts[0] else None
        taken = whole.since_start[step - 2] if step > 1 else None
        between = [] if sample is None else [MISSING if count is None else counted_between(count, sample)]
        took = duration(taken.mean) if taken is not None and taken.mean is not None else MISSING
        lines.append(
            [
                label,
                HIDDEN if count is None else counted(count, sample),
                *between,
                MISSING if step == 1 else _share(whole.rate(step), sample),
                share_range(*ends) if ends is not None else MISSING,
                MISSING if step == 1 else _share(whole.step_rate(step), sample),
                marked(took, sample),
            ]
        )
    return header, lines


def groups_table(analyzed: Analyzed[FunnelFound]) -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each group. There are no lines without a breakdown."""
    found, carried, sample = analyzed.found, analyzed.planned.carried, analyzed.planned.sample
    shown = [place for place in range(len(carried)) if place != analyzed.planned.reads.held]
    header = [carried[place].label.lower() for place in shown] + step_labels(analyzed) + ["converted"]
    lines = [
        [
            *_group(analyzed, row, shown),
            *(HIDDEN if count is None else counted(count, sample) for count in row.counts),
            _share(row.rate(len(row.counts)), sample),
        ]
        for row in found.rows
    ]
    return header, lines


def funnel_json(analyzed: Analyzed[FunnelFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null. Counts of a sample are scaled up."""
    found, sample = analyzed.found, analyzed.planned.sample
    return {
        "sentence": funnel_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": funnel_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "steps": step_labels(analyzed),
        "whole": _row_data(found.whole, sample),
        "groups": [_group_data(row, sample) for row in found.rows],
        "not_finished": _scaled(found.young, sample),
        **_compared_data(analyzed),
        **sample_data(analyzed.planned),
    }


def _compared_data(analyzed: Analyzed[FunnelFound]) -> dict[str, Any]:
    if analyzed.compared is None:
        return {}
    now, before, sample = analyzed.found, analyzed.compared.analyzed.found, analyzed.planned.sample
    steps = range(2, len(now.whole.counts) + 1)
    of_first = [Change(_of(now.whole, step, 1), _of(before.whole, step, 1)).data for step in steps]
    of_previous = [_step_change(now.whole, before.whole, step).data for step in steps]
    return {
        "compared": {
            **period_data(analyzed.compared.other),
            "whole": _row_data(before.whole, sample),
            "groups": [_group_data(row, sample) for row in before.rows],
            "of_first": of_first,
            "of_previous": of_previous,
        }
    }


def _group_data(row: FunnelRow, sample: float | None) -> dict[str, Any]:
    return {
        "by": value_text(row.by) if row.by is not None else None,
        "reached": not row.is_unreached,
        "over": row.over.isoformat() if row.over else None,
    } | _row_data(row, sample)


def duration(seconds: float) -> str:
    """Return a duration in its largest unit: `2.5 hours`.

    >>> duration(9_000), duration(86_400), duration(42)
    ('2.5 hours', '1 day', '42 seconds')
    """
    size, one, several = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    text = f"{seconds / size:,.1f}".removesuffix(".0")
    return f"{text} {one if text == '1' else several}"


def _row_data(row: FunnelRow, sample: float | None) -> dict[str, Any]:
    last = row.counts[-1]
    between = {} if sample is None else {"count_intervals": [_between(count, sample) for count in row.counts]}
    return {
        "counts": [_scaled(count, sample) for count in row.counts],
        **between,
        "rates": [row.rate(step) for step in range(1, len(row.counts) + 1)],
        "mean_seconds_since_start": [taken.mean if taken is not None else None for taken in row.since_start],
        "converted_within_seconds": {
            str(edge): _scaled(count, sample) for edge, count in zip(EDGES, row.within, strict=True)
        }
        if last is not None
        else None,
    }


def _group(analyzed: Analyzed[FunnelFound], row: FunnelRow, shown: list[int]) -> list[str]:
    texts: list[str] = []
    for place in shown:
        carried = analyzed.planned.carried[place]
        if carried.grain is not None and isinstance(row.over, date):
            texts.append(upper_first(period(row.over, carried.grain)))
        else:
            texts.append(group_name(analyzed, place, row.by, is_unreached=row.is_unreached))
    return texts


def group_name(analyzed: Analyzed[FunnelFound], place: int, value: object, *, is_unreached: bool) -> str:
    """Return the label of a group, which is a value of the breakdown's attribute at index `place`."""
    if is_unreached:
        return "(not reached)"
    return NONE if value is None else label_of(value, analyzed.labels[place]) or value_text(value)


def _share(value: float | None, sample: float | None) -> str:
    return MISSING if value is None else marked(share(value), sample)


def _scaled(count: int | None, sample: float | None) -> int | None:
    return None if count is None else estimated(count, sample)


def _between(count: int | None, sample: float) -> list[int] | None:
    return None if count is None else [*estimated_between(count, sample)]
