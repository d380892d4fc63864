"""Draw a heat map by two breakdowns, or by one breakdown over time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from semantic.display.charts import sample_size
from semantic.display.charts.chart import POINTS, Chart
from semantic.display.charts.drawing import Drawing, not_compared
from semantic.display.charts.figures.frame import Phrase
from semantic.display.charts.figures.grid import NAMED, heat
from semantic.display.charts.over_time import dated_chart
from semantic.display.format import key_text, listed, period, with_mark
from semantic.display.groups import Group, first_of, in_table, is_rest, left_out, ranked_groups, ranked_values
from semantic.display.spine import on_axis
from semantic.display.template import tick_dates, time_ticks
from semantic.results.result import ResultColumn

HEAT_ROWS, HEAT_COLUMNS, ORDERED = 15, 7, 31


def grid(drawing: Drawing) -> Chart:
    """Return a heat map of the first metric by two breakdowns.

    Large values are at the top left, and Other is last, untinted. Date parts such as weekdays keep their order, and up
    to 31 of their values are drawn.
    """
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    down_all, across_all = (ranked_values(rows, metric, place) for place in (0, 1))
    most = [
        ORDERED if key.is_ordered else usual for key, usual in zip(rows.keys, (HEAT_ROWS, HEAT_COLUMNS), strict=True)
    ]
    down, across = first_of(down_all, most[0]), first_of(across_all, most[1])
    at = [[rows.row_of((thing, other)) for other in across] for thing in down]
    numbers, cells = rows.numbers[metric.name], rows.behind.get(metric.name)
    values = [[None if row is None else numbers[row] for row in line] for line in at]
    first, second = rows.keys
    write = rows.write(metric)
    names = [key_text(thing, second) for thing in across]
    samples = [[None if row is None or not cells else cells[row] for row in line] for line in at]
    plain = [
        [is_rest((thing, other)) or sample_size.unsure([cell])[0] for other, cell in zip(across, line, strict=True)]
        for thing, line in zip(down, samples, strict=True)
    ]
    figure = heat(
        [key_text(thing, first) for thing in down], names, values, write,
        drawing.tokens, ticks=_some(names) if len(names) > HEAT_COLUMNS else (), plain=plain,
        words=[sample_size.words(line, write) for line in samples] if cells else (),
        beside=_in_cells([drawing.standings[metric.name].lines(line) for line in at]),
        places=[[-1 if row is None else rows.places[row] for row in line] for line in at],
        absent=[[drawing.absent(metric, row) for row in line] for line in at],
    )  # fmt: skip
    notes = [
        f"{len(shown)} of {len(keys)} values of {key.label} are drawn; {in_table(rows)}."
        for key, shown, keys in ((first, down, down_all), (second, across, across_all))
        if len(shown) < len(keys)
    ]
    notes += _drawn_only(rows.metrics)
    notes += not_compared(rows)
    few = sum(sum(sample_size.unsure(line)) for line in samples)
    notes += [sample_size.unsure_words(few, "not tinted")] if few else []
    return Chart(figure, "heat", "", _highest_cell(drawing, metric), " ".join(notes), metric.label, POINTS)


def _some(names: Sequence[str]) -> list[tuple[int, str]]:
    """Return the positions and names of evenly spaced columns, starting with the first."""
    return list(enumerate(names))[:: -(-len(names) // NAMED)]


def _highest_cell(drawing: Drawing, metric: ResultColumn) -> str:
    rows = drawing.rows
    numbers = rows.numbers[metric.name]
    cells: dict[Group, float] = {
        group: value for group, value in zip(rows.groups, numbers, strict=True) if value is not None
    }
    members = [group for group in cells if not is_rest(group)]
    highest = max(members or list(cells), key=lambda group: cells[group])
    first, second = rows.keys
    return (
        f"{metric.label} by {first.label} and {second.label}, {drawing.result.period.words}. "
        f"Highest: {rows.write(metric)(cells[highest])} for {rows.name(highest)}."
    )


def grid_over_time(drawing: Drawing) -> Chart:
    """Return a heat map of the first metric, with a row for each group and a column for each period."""
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    every = ranked_groups(rows, rows.measure_of_size)
    has_room = len(drawing.spine) <= NAMED  # Other has no tint, so it's only there where its numbers surely are
    groups = every if has_room else [group for group in every if not is_rest(group)] or every
    down = first_of(groups, HEAT_ROWS)
    grain = rows.time.grain if rows.time else None
    axis = on_axis(drawing.spine, rows.zone)
    write = rows.write(metric)
    cells_by_group = [drawing.cells(metric, group) for group in down]
    values = [drawing.values(metric, group) for group in down]
    unsure = [sample_size.unsure(line) or [False] * len(axis) for line in cells_by_group]
    plain = [[is_rest(group) or is_unsure for is_unsure in line] for group, line in zip(down, unsure, strict=True)]
    ticks = time_ticks(axis, NAMED if len(axis) <= NAMED else 5)
    places: dict[Hashable, int] = {id(day): place for place, day in enumerate(axis)}
    named = list(zip([places[id(time_tick)] for time_tick in ticks], tick_dates(ticks, grain), strict=True))
    cut = drawing.in_part(metric)
    names = [with_mark(period(day, grain), cut.get(place, "")) for place, day in enumerate(axis)]
    figure = heat(
        [rows.name(group) for group in down], names, values, write, drawing.tokens,
        plain=plain, places=[drawing.places(group) for group in down], ticks=named,
        words=[sample_size.words(line, write) for line in cells_by_group] if any(cells_by_group) else (),
        beside=_in_cells([drawing.beside(metric, group) for group in down]),
        absent=[[drawing.absent(metric, rows.at.get((group, day))) for day in drawing.spine] for group in down],
    )  # fmt: skip
    rest = ["Other isn't tinted, so it's in the table only."] if len(groups) < len(every) else []
    notes = [
        *left_out(rows, groups, down, rows.measure_of_size),
        *rest,
        *_drawn_only(rows.metrics),
        *not_compared(rows),
    ]
    return dated_chart(drawing, "heat", figure, notes, metric)


def _in_cells(lines_by_row: Sequence[list[list[Phrase]]]) -> list[list[tuple[str, list[Sequence[str]]]]]:
    """Return tooltip lines in the form that a grid needs: each phrase with its text for every cell."""
    return [
        [
            (words, [lines[line][phrase][1] for lines in lines_by_row])
            for phrase, (words, _) in enumerate(lines_by_row[0][line])
        ]
        for line in range(len(lines_by_row[0]))
    ]


def _drawn_only(metrics: Sequence[ResultColumn]) -> list[str]:
    if len(metrics) < 2:
        return []
    return [f"Shows {metrics[0].label}. {listed(metric.label for metric in metrics[1:])}: table only."]
