"""Draw a small chart for each group over time, largest group first.

With two breakdowns, each small chart can have a line for each value of the other breakdown.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from semantic.display.change import change_between, change_text
from semantic.display.charts.chart import Chart
from semantic.display.charts.drawing import Drawing, dashed
from semantic.display.charts.figures.line import Line, Panel
from semantic.display.charts.figures.lines import axis_start, small_multiples
from semantic.display.charts.largest import no_numbers, with_numbers
from semantic.display.charts.over_time import TOGETHER, along, dated_chart, lines_of
from semantic.display.format import period
from semantic.display.groups import (
    Group,
    colours,
    first_of,
    in_table,
    in_zone,
    left_out,
    plain_colour,
    ranked_groups,
    ranked_values,
)
from semantic.display.rows import comparison_words
from semantic.results.result import ResultColumn

MULTIPLES = 12


def multiples(drawing: Drawing) -> Chart:
    """Return a small chart of the first metric for each group.

    With two breakdowns, each small chart can have a line for each value of the other breakdown.
    """
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    notes = [f"Shows {metric.label}. The rest: table only."] if len(rows.metrics) > 1 else []
    inner = inner_place(drawing)
    if inner is not None:
        return _nested(drawing, inner, notes)
    every, known = ranked_groups(rows, rows.measure_of_size), with_numbers(rows, metric)
    groups = [group for group in every if group in known] or every
    drawn = first_of(groups, MULTIPLES)
    if empty := [group for group in every if group not in groups]:
        notes.append(no_numbers(metric, map(rows.name, empty)))
    ends = _ends(drawing, metric, drawn)
    panels = [
        Panel(
            rows.name(group),
            lines_of(drawing, metric, group, plain_colour(group, drawing.tokens)),
            rows.write(metric),
            below=_value_and_change(drawing, metric, group, ends),
        )
        for group in drawn
    ]
    notes = [*left_out(rows, groups, drawn, rows.measure_of_size), *notes, *dashed(rows)]
    notes += [*_titles_explained(drawing, metric, ends), *_axis_note(panels, drawing)]
    return dated_chart(drawing, "multiples", small_multiples(along(drawing), panels, drawing.tokens), notes)


def _ends(drawing: Drawing, metric: ResultColumn, groups: Sequence[Group]) -> tuple[int, int] | None:
    """Return the positions of the first and last period that are complete, final and have numbers."""
    whole = range(len(drawing.spine))[drawing.first_whole(metric) : drawing.not_final(metric)]
    values = [drawing.values(metric, group) for group in groups]
    known = [at for at in whole if any(of_group[at] is not None for of_group in values)]
    return (known[0], known[-1]) if known else None


def _value_and_change(drawing: Drawing, metric: ResultColumn, group: Group, ends: tuple[int, int] | None) -> str:
    """Return a group's last number and its change.

    The number is compared with the comparison or, without one, with the first number.
    """
    rows = drawing.rows
    if ends is None or (value := (numbers := drawing.values(metric, group))[ends[1]]) is None:
        return ""
    before = rows.before[metric.name][:1]
    then = drawing.values(before[0], group)[ends[1]] if before else numbers[ends[0]] if ends[0] < ends[1] else None
    change = change_between(value, then, metric)
    return rows.write(metric)(value) + (f" {change_text(change, metric)}" if change is not None else "")


def _titles_explained(drawing: Drawing, metric: ResultColumn, ends: tuple[int, int] | None) -> list[str]:
    """Return sentences that explain the numbers in the titles of the small charts."""
    rows, before = drawing.rows, drawing.rows.before[metric.name]
    if ends is None or rows.time is None:
        return []
    first, last = (period(in_zone(drawing.spine[place], rows.zone), rows.time.grain) for place in ends)
    against = comparison_words(metric, before[0]) if before else first
    return [f"In titles: {last}, compared with {against}." if before or first != last else f"In titles: {last}."]


def _axis_note(panels: Sequence[Panel], drawing: Drawing) -> list[str]:
    start = axis_start(panels, drawing.tokens)
    return [f"The axis starts at {start}, not at 0."] if start else []


def inner_place(drawing: Drawing) -> int | None:
    """Return the position of the breakdown that becomes the lines of each small chart: the one with fewer values."""
    rows = drawing.rows
    if len(rows.keys) != 2 or rows.is_compared:
        return None
    counts = [len({group[place] for group in rows.groups}) for place in (0, 1)]
    return None if min(counts) < 2 else 1 if counts[1] <= counts[0] else 0


def _nested(drawing: Drawing, inner: int, notes: list[str]) -> Chart:
    rows, metric, tokens = drawing.rows, drawing.rows.metrics[0], drawing.tokens
    size = rows.measure_of_size
    every = [ranked_values(rows, size, place) for place in (0, 1)]
    for place in (0, 1):
        known = {group[place] for group in with_numbers(rows, metric)}
        empty = [value for value in every[place] if value not in known] if known else []
        if empty:
            notes = [*notes, no_numbers(metric, (rows.value_name(key, place) for key in empty))]
            every[place] = [value for value in every[place] if value in known]
    outer, members = first_of(every[1 - inner], MULTIPLES), first_of(every[inner], TOGETHER)
    label = rows.keys[inner]

    def pair(key: Hashable, other: Hashable) -> Group:
        return (other, key) if inner else (key, other)

    colour = colours([(member,) for member in members], rows, tokens, keys=(label,))
    panels = [
        Panel(
            rows.value_name(value, 1 - inner),
            tuple(
                Line(rows.value_name(member, inner), drawing.values(metric, pair(member, value)), colour[(member,)],
                     rows=drawing.places(pair(member, value)), running=drawing.still_open.get(metric.name),
                     in_part=drawing.in_part(metric), beside=drawing.beside(metric, pair(member, value)))
                for member in members
            ),
            rows.write(metric),
        )
        for value in outer
    ]  # fmt: skip
    for place, shown in ((1 - inner, outer), (inner, members)):
        if len(shown) < len(every[place]):
            most = f"The largest {len(shown)} of {len(every[place]):,} values of {rows.keys[place].label}"
            notes = [f"{most} are drawn; {in_table(rows)}.", *notes]
    notes = [*notes, *_axis_note(panels, drawing)]
    figure = small_multiples(along(drawing), panels, tokens, legend=True)
    return dated_chart(drawing, "multiples", figure, notes)
