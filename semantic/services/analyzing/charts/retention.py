"""A retention's charts for every surface: a curve, groups, a grid of cohorts, and the time until subjects return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.analyses.events.retention.finding import Cell, RetentionFound, RetentionRow
from semantic.analyses.events.retention.survival import Waiting
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.charts.figures.curve import Curve, curve_figure
from semantic.display.charts.figures.frame import HIDDEN
from semantic.display.charts.figures.grid import NAMED, heat
from semantic.display.evidence import wilson
from semantic.display.format import counted as so_many
from semantic.display.format import listed, share
from semantic.display.tokens import Tokens
from semantic.query.describe import upper_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import ABOUT, counted
from semantic.services.analyzing.words.retention import (
    ENOUGH,
    by_label,
    cohort_text,
    group_text,
    measured_label,
    slot_range,
    slot_words,
    slots_shown,
    subjects_of,
    write,
)

MOST_LINES, MOST_BARS, MOST_COHORTS = 6, 12, 24
NOT_OVER = "not over yet"


def retention_charts(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> list[Chart]:
    """Return the retention's charts. Charts without data are left out."""
    found = analyzed.found
    charts: list[Chart] = []
    if len(found.slots) > 1:
        charts.append(_curve(analyzed, tokens))
    if found.groups:
        charts.append(_groups(analyzed, tokens))
    if found.cohorts and len(found.slots) > 1:
        charts.append(_cohorts(analyzed, tokens))
    charts.append(_waiting(analyzed, tokens))
    return [chart for chart in charts if chart.figure is not None]


def _nothing(words: str) -> Chart:
    return Chart(None, "none", "Nothing to draw.", f"{words}: nothing to draw.")


# Over the periods


def _curve(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> Chart:
    """Return the chart of the number in each period, for everyone or for each of the largest groups."""
    found, title = analyzed.found, upper_first(measured_label(analyzed))
    shown = [row for row in found.groups if any(cell.came is not None for cell in row.cells)]
    rows = shown[:MOST_LINES] or [found.whole]
    many = slots_shown(found)
    curves = [_line(analyzed, row, tokens.series[place], many, is_alone=not shown) for place, row in enumerate(rows)]
    if analyzed.compared is not None and not shown and analyzed.compared.analyzed.found.whole.size:
        before, other = analyzed.compared.analyzed, analyzed.compared.other
        earlier = _line(before, before.found.whole, tokens.muted, many, is_alone=False, name=other.other)
        curves = [replace(curves[0], name=other.own), replace(earlier, is_earlier=True)]
    if not any(value is not None for curve in curves for value in curve.values):
        return _nothing(title)
    names = [slot_words(found, slot) for slot in found.slots[:many]]
    figure = curve_figure(
        [upper_first(name) for name in names], curves, lambda value: write(analyzed, value), tokens,
        ticks=_ticks(found),
    )  # fmt: skip
    whole = [
        f"{name} {write(analyzed, cell.value(found.asked.measure))}{_then(analyzed, place)}"
        for place, (name, cell) in enumerate(zip(names, found.whole.cells, strict=False))
        if cell.came is not None
    ]
    left_out = len(shown) - len(rows) if shown else 0
    note = f"{so_many(left_out, 'more group')} in the table." if left_out else ""
    return Chart(figure, "line", "", f"{title} of {subjects_of(analyzed)}: {listed(whole)}.", note, title)


def _then(analyzed: Analyzed[RetentionFound], place: int) -> str:
    """Return the other period's number in brackets, to follow the cell's own number, or "" if there is none."""
    if analyzed.compared is None:
        return ""
    cell = analyzed.compared.analyzed.found.whole.cells[place]
    value = cell.value(analyzed.found.asked.measure)
    return f" ({analyzed.compared.other.inside} {write(analyzed, value)})" if value is not None else ""


def _line(
    analyzed: Analyzed[RetentionFound], row: RetentionRow, colour: str, periods: int, *, is_alone: bool, name: str = ""
) -> Curve:
    measure = analyzed.found.asked.measure
    cells = row.cells[:periods]
    ends = [_ends(cell) if is_alone and measure == "subjects" else (None, None) for cell in cells]
    return Curve(
        name=name or (upper_first(subjects_of(analyzed)) if is_alone else group_text(analyzed, row)),
        values=[cell.value(measure) for cell in cells],
        colour=colour,
        low=[low for low, _ in ends],
        high=[high for _, high in ends],
        words=[_behind(analyzed, cell) for cell in cells],
    )


def _ends(cell: Cell) -> tuple[float | None, float | None]:
    ends = wilson(cell.came, cell.eligible) if cell.came is not None and cell.eligible else None
    return ends if ends is not None else (None, None)


def _behind(analyzed: Analyzed[RetentionFound], cell: Cell) -> str:
    """Return the counts from which a number is computed: `976 of 4,297 customers came back`."""
    if cell.came is None or cell.eligible is None:
        return ""
    sample = analyzed.planned.sample
    return f"{counted(cell.came, sample)} of {counted(cell.eligible, sample)} {subjects_of(analyzed)} came back"


def _ticks(found: RetentionFound) -> list[str]:
    """Return short labels for the periods: `Month 1`, then only numbers."""
    unit = upper_first(found.asked.unit.words)
    if found.asked.brackets:
        return [slot_range(slot) for slot in found.slots[: slots_shown(found)]]
    names = [str(slot.low) for slot in found.slots[: slots_shown(found)]]
    return [f"{unit} {names[0]}", *names[1:]]


# Groups


def _groups(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> Chart:
    """Return the chart of each group's number in the chosen period, with intervals."""
    found = analyzed.found
    at, measure = found.asked.at - 1, found.asked.measure
    title = f"{upper_first(measured_label(analyzed))} in {slot_words(found, found.slots[at])}, by {by_label(analyzed)}"
    rows = [row for row in found.groups if row.cells[at].came is not None]
    if len(rows) < 2:
        return _nothing(title)
    drawn = rows[:MOST_BARS]
    cells = [row.cells[at] for row in drawn]
    ends = [_ends(cell) if measure == "subjects" else (None, None) for cell in cells]
    panel = BarPanel(
        title="", values=[cell.value(measure) for cell in cells], write=lambda value: write(analyzed, value),
        words=[_behind(analyzed, cell) for cell in cells],
        low=[low for low, _ in ends], high=[high for _, high in ends],
        unsure=[(cell.eligible or 0) < ENOUGH for cell in cells],
    )  # fmt: skip
    names = [group_text(analyzed, row) for row in drawn]
    figure = bar_chart(names, [False] * len(drawn), [panel], tokens)
    said = listed(f"{name} {write(analyzed, cell.value(measure))}" for name, cell in zip(names, cells, strict=True))
    note = f"{so_many(len(rows) - len(drawn), 'more group')} in the table." if len(rows) > len(drawn) else ""
    return Chart(figure, "bar", "", f"{title}: {said}.", note, title)


# Cohorts


def _cohorts(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> Chart:
    """Return a grid with a row for each cohort by date and a column for each period.

    If there are many cohorts, only the latest ones are shown.
    """
    found, measure = analyzed.found, analyzed.found.asked.measure
    title = f"{upper_first(measured_label(analyzed))}, by cohort"
    rows = [row for row in found.cohorts if any(not cell.is_open for cell in row.cells)]
    if not rows:
        return _nothing(title)
    drawn = rows[-MOST_COHORTS:] if not found.groups else rows[:MOST_COHORTS]
    names = [_cohort(analyzed, row) for row in drawn]
    shown = slots_shown(found)
    columns = [upper_first(slot_words(found, slot)) for slot in found.slots[:shown]]
    figure = heat(
        names, columns, [[cell.value(measure) for cell in row.cells[:shown]] for row in drawn],
        lambda value: "" if value is None else write(analyzed, value), tokens,
        plain=[[False] * len(columns)] * len(drawn), places=[[-1] * len(columns)] * len(drawn),
        words=[[_behind(analyzed, cell) for cell in row.cells[:shown]] for row in drawn],
        ticks=_some(_ticks(found)) if len(columns) > NAMED else list(enumerate(_ticks(found))),
        absent=[[_absent(cell) for cell in row.cells[:shown]] for row in drawn],
    )  # fmt: skip
    note = f"{so_many(len(rows) - len(drawn), 'more cohort')} in the table." if len(rows) > len(drawn) else ""
    words = f"{title}: {so_many(len(drawn), 'cohort')} from {names[0]} to {names[-1]}."
    return Chart(figure, "heat", "", words, note, title)


def _absent(cell: Cell) -> str:
    """Return the reason why a cell has no number."""
    return NOT_OVER if cell.is_open else HIDDEN if cell.came is None else ""


def _cohort(analyzed: Analyzed[RetentionFound], row: RetentionRow) -> str:
    text = cohort_text(row, analyzed)
    return f"{group_text(analyzed, row)}, {text}" if analyzed.found.groups else text


def _some(names: Sequence[str]) -> list[tuple[int, str]]:
    """Return the indexes and names of evenly spaced columns, starting with the first."""
    return list(enumerate(names))[:: -(-len(names) // NAMED)]


# The time until the first return


def _waiting(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> Chart:
    """Return the chart of the share of subjects who haven't come back by the end of each period."""
    found, title = analyzed.found, "Not back yet"
    points: Sequence[Waiting] = found.whole.waiting
    if len(points) < 2:
        return _nothing(title)
    unit, sample = found.asked.unit.words, analyzed.planned.sample
    ticks = [str(point.period) for point in points]
    ticks[0] = f"{upper_first(unit)} {ticks[0]}"
    curve = Curve(
        name=upper_first(subjects_of(analyzed)),
        values=[point.share for point in points],
        colour=tokens.series[1],
        low=[point.low for point in points],
        high=[point.high for point in points],
        words=[
            f"{counted(point.came, sample)} of {counted(point.at_risk, sample)} came back for the first time"
            for point in points
        ],
    )
    mark = ABOUT if sample is not None else ""
    figure = curve_figure(
        [f"By the end of {unit} {point.period}" for point in points], [curve], lambda value: f"{mark}{share(value)}",
        tokens, ticks=ticks,
    )  # fmt: skip
    last = points[-1]
    words = f"{title}: {share(last.share)} by the end of {unit} {last.period}."
    return Chart(figure, "line", "", words, "Share who haven't come back by the end of each period.", title)
