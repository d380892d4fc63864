"""Explain how to read an answer: its chart and marks, its table, and the explanation of a change.

Every sentence is about this answer. `KINDS` describes each kind of chart. Only marks that are shown are explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from semantic.display.evidence import evidence
from semantic.display.format import listed
from semantic.display.rows import is_other, is_total, main_values, row_kinds
from semantic.display.totals import totals_legend
from semantic.display.words.calculated import calculation_words
from semantic.model.definitions import NumberFormat
from semantic.query.describe import describe_day, lower_first

if TYPE_CHECKING:
    from semantic.results.change import Explanation
    from semantic.results.result import Result

TITLE = "How to read this"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnAnswer:
    """What an explanation needs to know about a drawn answer, in the words on screen.

    `keys` are the breakdowns other than the date. In a grid, the breakdown in rows comes first. `compared` has the
    comparisons that are drawn. `partial` has the counted days of incomplete periods, such as "to 24 Jun".
    """

    kind: str
    metrics: Sequence[str]
    keys: Sequence[str] = ()
    example: str = ""  # the name of a group that is drawn
    period: str = ""  # "week", if drawn over time
    compared: Sequence[str] = ()
    order: str = ""  # of bars
    size: str = ""  # the metric that the size of a point shows
    has_totals: bool = False  # lines at the total
    inner: int | None = None  # which breakdown is drawn as lines inside the other's small charts
    has_panels: bool = False  # one for each metric
    is_judged: bool = False  # changes are green or red
    has_gaps: bool = False  # in lines
    has_both_signs: bool = False  # numbers above and below 0
    partial: Sequence[str] = ()
    open_until: date | None = None  # when the last day's number becomes final
    is_hatched: bool = False  # several points of a line can still change
    has_targets: bool = False
    has_trend: bool = False  # a small line below a number
    has_pace: bool = False  # a bar below a number, towards its target
    remarks: int = 0
    has_bands: bool = False
    top: int | None = None  # members next to Other, if the question has a top
    has_other: bool = False
    has_none: bool = False
    too_little: str = ""  # what is needed, "fewer than 30 sessions", if some number has too little data
    hidden: int = 0  # numbers


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the sentences below it."""

    title: str
    sentences: tuple[str, ...]


def sections(drawn: DrawnAnswer, in_table: Sequence[str] = (), title: str = "Table") -> tuple[Section, ...]:
    """Return how to read a chart and its marks, and then its table or pivot table."""
    parts = (
        ("Chart" if drawn.kind != "tiles" else "Numbers", tuple(KINDS[drawn.kind](drawn))),
        ("Marks", tuple(_marks(drawn))),
        (title, tuple(in_table)),
    )
    return tuple(Section(name, sentences) for name, sentences in parts if sentences)


# What each kind of chart draws


def _line(drawn: DrawnAnswer) -> Iterator[str]:
    if drawn.keys:
        yield f"Each line is {_one(drawn)}, {drawn.period} by {drawn.period}."
    elif len(drawn.metrics) > 1:
        yield f"Each line is a metric, {drawn.period} by {drawn.period}."
    else:
        yield f"The line is {drawn.metrics[0]}, {drawn.period} by {drawn.period}."
    if drawn.has_panels:
        yield "Each panel has its own scale, so compare shapes between panels, not heights."
    yield from _dashes(drawn)


def _dashes(drawn: DrawnAnswer) -> Iterator[str]:
    looks = ("dashed", "dash-dotted", "long-dashed")
    for look, compared in zip(looks, drawn.compared, strict=False):
        yield f"The {look} line is the {_then(compared)}, moved so that its {drawn.period}s line up."


def _area(drawn: DrawnAnswer) -> Iterator[str]:
    if not drawn.keys:
        yield f"The height of the area is {drawn.metrics[0]}, {drawn.period} by {drawn.period}."
        return
    yield f"Each layer is {_one(drawn)}. Layers are stacked, so the top edge is the total."
    yield "Compare layers by their thickness. Only the lowest starts at 0."


def _bar(drawn: DrawnAnswer) -> Iterator[str]:
    if drawn.period:
        yield f"Each column is a {drawn.period}, and its height is {drawn.metrics[0]}."
        for compared in drawn.compared[:1]:
            yield f"The pale column next to it is the {_then(compared)}."
    else:
        yield f"Each bar is {_one(drawn)}, and its length is {drawn.metrics[0]}."
        if drawn.order:
            yield f"Bars are ordered {drawn.order}."
        for compared in drawn.compared[:1]:
            yield f"The thin bar below it is the {_then(compared)}, and the percentage is the change."
        yield from _judged(drawn)
    if drawn.has_panels:
        yield "Each metric has its own panel and scale."
    yield f"All {'columns' if drawn.period else 'bars'} start at 0, so one that is twice as long is twice as much."


def _judged(drawn: DrawnAnswer) -> Iterator[str]:
    if drawn.is_judged:
        yield "A green change is better, a red one worse. A gray one is about the same, or can't be judged."


def _stacked(drawn: DrawnAnswer) -> Iterator[str]:
    if drawn.period:
        yield f"Each column is a {drawn.period}, and each of its parts is {_one(drawn)}. The whole column is the total."
    else:
        yield f"Each bar is one value of {drawn.keys[0]}, and its parts are values of {drawn.keys[1]}."
    yield "Only the first part starts at 0. Compare that one and the totals; the table has the rest."


def _share(drawn: DrawnAnswer) -> Iterator[str]:
    whole = f"of all {drawn.metrics[0]}"
    if drawn.period:
        yield f"Each column is a {drawn.period} and adds up to 100%. Each part is {_one(drawn)}, with its share."
    elif len(drawn.keys) > 1:
        yield f"Each bar is one value of {drawn.keys[0]} and adds up to 100%. Its parts are values of {drawn.keys[1]}."
    else:
        yield f"Each bar is {_one(drawn)}, and its length is its share {whole}."
    yield "A share can fall while its number rises, if the others rise more."


def _multiples(drawn: DrawnAnswer) -> Iterator[str]:
    if not drawn.period:
        yield f"Each panel is one value of {drawn.keys[1]}, and its bars are values of {drawn.keys[0]}."
        yield "All panels have the same scale, so bars can be compared between them."
        return
    if drawn.inner is not None:
        outer = drawn.keys[1 - drawn.inner]
        yield f"Each small chart shows one value of {outer}, with a line for each value of {drawn.keys[drawn.inner]}."
    else:
        yield f"Each small chart is {_one(drawn)}, {drawn.period} by {drawn.period}."
        yield f"Its title shows the number for the last complete {drawn.period} and its change."
    yield from _dashes(drawn)
    yield "The largest comes first. All charts have the same scale, so heights can be compared between them."


def _heat(drawn: DrawnAnswer) -> Iterator[str]:
    across = f"each column a {drawn.period}" if drawn.period else f"each column one value of {drawn.keys[-1]}"
    yield f"Each row is one value of {drawn.keys[0]}, and {across}. A cell shows {drawn.metrics[0]} for both."
    what = "further a number is from 0" if drawn.has_both_signs else "larger the number"
    yield f"The stronger the tint, the {what}."


def _scatter(drawn: DrawnAnswer) -> Iterator[str]:
    each = _one(drawn) if drawn.keys else f"a {drawn.period}"
    first, second = drawn.metrics[:2]
    yield f"Each point is {each}. Further right means more {first}; further up, more {second}."
    if drawn.size:
        yield f"Larger points have more {drawn.size}."
    if drawn.has_totals:
        yield "A dotted line marks the total of its metric."
    yield "Look for points far from the others. Two numbers that rise together don't prove a cause."


def _waterfall(drawn: DrawnAnswer) -> Iterator[str]:
    if drawn.keys:
        (compared, *_), metric = drawn.compared, drawn.metrics[0]
        yield f"The first bar is {metric} in the {_then(compared)}, the last one {metric} in this period."
        yield f"Each bar between them is the part of the change from {_one(drawn)}. Small changes share one bar."
    else:
        yield f"The last bar is {drawn.metrics[-1]}. Each bar above it shows how much one metric adds or subtracts."
    yield "Each bar begins where the one above it ends, so the steps add up exactly."
    if drawn.is_judged:
        yield "Green steps are for the better, red ones for the worse. Gray bars are totals."
    else:
        yield "Steps up and steps down have their own colors. Gray bars are totals."


def _distribution(drawn: DrawnAnswer) -> Iterator[str]:
    yield f"Each column is a range of {drawn.metrics[0]}. Its height is the number of values of {drawn.keys[0]} in it."
    yield "The dotted line is the median: half of the values are below it. Each value counts once, large or small."


def _pie(drawn: DrawnAnswer) -> Iterator[str]:
    yield f"Each slice is {_one(drawn)}, and the whole pie is all {drawn.metrics[0]}."
    yield "Slices of similar size are hard to tell apart. Choose bars to compare them."


def _tiles(drawn: DrawnAnswer) -> Iterator[str]:
    yield "Each number covers the whole period." if len(drawn.metrics) > 1 else "The number covers the whole period."
    for compared in drawn.compared:
        yield f"Below it is the change from the {_then(compared)}."
    yield from _judged(drawn)
    if drawn.has_trend:
        yield "The small line is the same number over time."
    if drawn.has_pace:
        yield "The thin bar shows how much of the target has been reached. The tick marks 100%."


def _table(drawn: DrawnAnswer) -> Iterator[str]:
    yield "There's no chart. The numbers are in the table."


def _none(drawn: DrawnAnswer) -> Iterator[str]:
    yield "There's nothing to draw. The table has every row of the answer."


KINDS: Mapping[str, Callable[[DrawnAnswer], Iterator[str]]] = MappingProxyType(
    {
        "line": _line,
        "area": _area,
        "multiples": _multiples,
        "bar": _bar,
        "stacked": _stacked,
        "share": _share,
        "heat": _heat,
        "scatter": _scatter,
        "waterfall": _waterfall,
        "distribution": _distribution,
        "pie": _pie,
        "tiles": _tiles,
        "table": _table,
        "none": _none,
    }
)
"""The function for each kind of chart. It yields sentences about what the chart draws."""


def _one(drawn: DrawnAnswer) -> str:
    """Return what one group of the chart stands for, with an example: `one value of Channel, such as Email`."""
    what = f"one value of {drawn.keys[0]}" if len(drawn.keys) == 1 else f"one combination of {listed(drawn.keys)}"
    return f"{what}, such as {drawn.example}" if drawn.example else what


def _then(compared: str) -> str:
    """Return a comparison in the form that follows "the": `previous period`, `period 2 months before`."""
    return f"period {compared}" if compared[:1].isdigit() else compared


# Marks


UNSURE_LOOK: Mapping[str, str] = MappingProxyType(
    {
        "line": "A hollow point",
        "multiples": "A hollow point or a pale bar",
        "scatter": "A hollow point",
        "bar": "A pale bar",
        "heat": "A number without a tint",
    }
)
"""How a kind of chart shows numbers with too little data. Kinds that don't mark them are left out."""


def _marks(drawn: DrawnAnswer) -> Iterator[str]:
    yield from _partial(drawn)
    yield from _open(drawn)
    if drawn.has_gaps:
        yield f"A gap in a line is a {drawn.period} without a number. It isn't 0."
    if drawn.has_targets:
        yield f"The thin green line is the target of each {drawn.period}."
    if drawn.remarks:
        yield "A dotted vertical line is a remark: it says what happened on that day."
    if drawn.kind in UNSURE_LOOK and drawn.too_little:
        yield f"{UNSURE_LOOK[drawn.kind]} has too little data to rely on: {drawn.too_little}."
    if drawn.has_bands:
        mark = "The faint band" if drawn.kind == "line" else "The thin line at the end of a bar"
        yield f"{mark} is the 95% interval: how far chance alone could move the number."
    if drawn.hidden:
        yield "“Hidden” is a number that a policy hides for privacy, because it covers too few cases. It isn't 0."
    if drawn.has_other:
        outside = f"everything outside the top {drawn.top}" if drawn.top else "everything that isn't listed"
        yield f"Other is {outside}, calculated from its own rows."
    if drawn.has_none:
        yield f"“(none)” groups the rows without a value of {listed(drawn.keys)}."


def _partial(drawn: DrawnAnswer) -> Iterator[str]:
    """Yield sentences about periods that count only some of their days."""
    if not drawn.partial:
        return
    days = listed(drawn.partial)
    match drawn.kind:
        case "line" | "multiples":
            yield f"A dotted end with a hollow point marks a partial {drawn.period} ({days})."
        case "bar" | "stacked" | "share":
            yield f"A hatched column marks a partial {drawn.period} ({days})."
        case "area":
            yield f"A hatched end marks a partial {drawn.period} ({days})."
        case _:
            yield f"One {drawn.period} is partial ({days})."


def _open(drawn: DrawnAnswer) -> Iterator[str]:
    """Yield sentences about numbers that can still change."""
    if drawn.open_until is None:
        return
    until = f"can still change until {describe_day(drawn.open_until)}, because some data arrives late"
    match drawn.kind:
        case "line" | "multiples":
            yield f"The {'hatched and dotted' if drawn.is_hatched else 'dotted'} end {until}."
        case "bar":
            yield f"The hatched end {until}."
        case _:
            yield f"The latest numbers {until}."


# The table, and the pivot


def table_sentences(
    result: Result, *, bars: bool = False, shares: bool = False, scale: bool = False, intervals: bool = False
) -> tuple[str, ...]:
    """Return sentences on how to read an answer's table with these settings."""
    return tuple(_table_sentences(result, bars=bars, shares=shares, scale=scale, intervals=intervals))


def _table_sentences(result: Result, *, bars: bool, shares: bool, scale: bool, intervals: bool) -> Iterator[str]:
    keys = [key.label for key in result.keys]
    if len(keys) > 1:
        yield f"Each row is one combination of {listed(keys)}."
    elif keys:
        yield (
            f"Each row is one {result.keys[0].grain.words}."
            if result.keys[0].grain
            else (f"Each row is one value of {keys[0]}.")
        )
    if any(value.compare for value in result.values):
        has_points = any(value.compare and value.format is NumberFormat.SHARE for value in result.values)
        points = ", in percentage points (pp) for percentages" if has_points else ""
        yield f"Next to each number are the one it's compared with and the change{points}."
    for kind, text in totals_legend(result):
        mark = {"summed": "Σ", "recomputed": "↻"}.get(kind, "")
        yield f"Total{f' ({mark})' if mark else ''}: {text}."
    for column in main_values(result):
        if column.calculation is not None:
            yield f"{column.label} is {calculation_words(column.calculation, result)}."
    if bars:
        yield "A full bar is the largest number in its column."
    if shares:
        yield "Share is each row's part of the total. A full bar is 100%."
    if scale:
        yield "The stronger the tint, the larger the number in its column."
    if intervals:
        yield "The 95% interval says how far chance alone could move a number."
    if too_little := too_little_words(result):
        yield f"Gray numbers have too little data to rely on: {too_little}."
    if any(result.table.column(value.name).null_count for value in result.values):
        hidden = " or that a policy hides it for privacy" if any(map(any, result.hidden.values())) else ""
        yield f"A dash means that there's no number{hidden}. It isn't 0."


def pivot_sentences(result: Result, across: Sequence[str]) -> tuple[str, ...]:
    """Return sentences on how to read a pivot table that has the breakdowns in `across` as columns."""
    labels = {key.name: key.label for key in result.keys}
    down = [label for name, label in labels.items() if name not in across]
    said = [f"Rows are {listed(down)}, columns {listed(labels[name] for name in across)}."]
    said += [f"Total: {text}." for _, text in totals_legend(result)]
    if len(main_values(result)) == 1:
        said.append(f"Each cell is {main_values(result)[0].label} for its row and column.")
    return tuple(said)


def too_little_words(result: Result) -> str:
    """Return when a number has too little data, such as `fewer than 30 sessions`. "" if all numbers have enough.

    It's for the first metric with too little data. People who can't see the counted rows don't learn what is counted.
    """
    for name, cells in evidence(result).items():
        if any(cell is not None and not cell.is_enough for cell in cells):
            behind = result.support[name]
            is_known = behind.what and behind.counts is not None and behind.beside is not None
            return f"fewer than {behind.need.at_least:,} {behind.what}" if is_known else "too few cases"
    return ""


# Why did it change?


def why_sections(explanation: Explanation, label: str) -> tuple[Section, ...]:
    """Return sentences on how to read the explanation of a change."""
    return (Section("Contributions", tuple(_why(explanation, label))),)


def _why(explanation: Explanation, label: str) -> Iterator[str]:
    parts = [part for by in explanation.by if by.adds_up for part in by.parts]
    if parts:
        yield f"Each row shows how much one value of the breakdown contributed to the change in {lower_first(label)}."
        yield "Together, the rows add up to exactly the change. The percentage is each row's part of it."
    if explanation.late is not None and not explanation.late.is_nothing:
        yield "Late data has a separate row. It shows how much of the change comes from one period being less complete."
        yield "All other rows compare both periods as if they were equally complete."
    if any(part.part is not None and part.part * explanation.change < 0 for part in parts):
        yield "A gray bar contributed in the opposite direction, but the others outweighed it."
    if any(part.rate is not None for part in parts):
        yield "Rate: the value's own ratio changed. Mix: its weight among all values changed."
    if any(not by.adds_up for by in explanation.by):
        yield "Where values overlap, their changes don't add up, so the rows show both numbers instead."
    if any(not part.is_enough for by in explanation.by for part in by.parts):
        yield "Values with too little data aren't named in the first sentence."
    if explanation.factors:
        yield "By formula: how much of the change comes from each part of the metric's formula."
    yield "A contribution shows where the change is. It doesn't prove a cause."


def shown_marks(result: Result) -> tuple[bool, bool]:
    """Return whether an answer has an Other group, and whether it has a group without a value."""
    kinds = [kind for kind in row_kinds(result) if not is_total(kind)]
    return any(map(is_other, kinds)), any("none" in kind for kind in kinds)
