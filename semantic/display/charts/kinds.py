"""Decide which kinds of charts can show a result correctly, and give the reason for all others."""

from __future__ import annotations

from collections.abc import Hashable

from semantic.display.charts.chart import Kind
from semantic.display.charts.distribution import no_distribution
from semantic.display.charts.drawing import fill_of
from semantic.display.charts.steps import no_steps
from semantic.display.format import counted, listed
from semantic.display.groups import Group, Rows, is_rest
from semantic.display.shares import adds_up_over
from semantic.display.spine import spine_of
from semantic.model.definitions import Additivity
from semantic.results.result import Result, ResultColumn

LABELS: dict[Kind, tuple[str, str]] = {
    "line": ("Lines", "show_chart"),
    "bar": ("Bars", "bar_chart"),
    "stacked": ("Stacked bars", "stacked_bar_chart"),
    "share": ("Share of total", "percent"),
    "area": ("Area", "area_chart"),
    "multiples": ("Small multiples", "grid_view"),
    "heat": ("Heat map", "grid_on"),
    "scatter": ("Scatter", "scatter_plot"),
    "waterfall": ("Waterfall", "waterfall_chart"),
    "distribution": ("Distribution", "equalizer"),
    "pie": ("Pie", "pie_chart"),
    "tiles": ("Numbers", "123"),
    "table": ("Table only", "table_rows"),
}
"""The name and icon of each kind, in display order."""

COLUMNS, CELLS, PARTS, SLICES, SIDES = 120, 92, 8, 6, 6


def why_not(kind: Kind, rows: Rows, result: Result) -> str:
    """Return why a result can't be drawn as this kind of chart, in a sentence, or "" if it can."""
    periods = len({period for period in rows.periods if period is not None})
    match kind:
        case "line":
            return _without_dates(rows, "Lines")
        case "bar" if rows.dated:
            return _no_columns(rows, periods)
        case "bar":
            return "" if rows.keys else "Bars need a breakdown or a date."
        case "area":
            return _without_dates(rows, "Areas") or _no_area(rows, result)
        case "stacked":
            return _nothing_to_stack(rows, periods) or _no_stack(rows, result)
        case "share":
            return _no_share(rows, result, periods)
        case "multiples":
            return _no_multiples(rows)
        case "heat":
            return _no_grid(rows, periods)
        case "scatter":
            return _no_scatter(rows)
        case "waterfall":
            return no_steps(rows, result)
        case "distribution":
            return no_distribution(rows, result)
        case "pie":
            return _no_pie(rows, result)
        case "tiles":
            return "" if len(rows.groups) == 1 or not (rows.keys or rows.dated) else "There's more than one row."
        case _:
            return ""


def stackable(rows: Rows) -> ResultColumn | None:
    """Return the first metric whose values add up over all breakdowns except the date, or None."""
    return next((metric for metric in rows.metrics if adds_up_over(metric, rows.keys)), None)


def stacking_place(rows: Rows) -> int | None:
    """Return the position of the breakdown that splits bars into parts. None if the parts are whole groups."""
    return None if rows.dated or len(rows.keys) < 2 else len(rows.keys) - 1


def parts_of(rows: Rows) -> list[Hashable]:
    """Return the distinct parts that a stack would contain."""
    place = stacking_place(rows)
    return list(dict.fromkeys(group if place is None else group[place] for group in rows.groups))


def _without_dates(rows: Rows, what: str) -> str:
    if rows.time is None:
        return f"{what} need a date: break down by week or month."
    return "" if rows.dated else f"{what} need at least two periods."


def _no_columns(rows: Rows, periods: int) -> str:
    if rows.keys:
        ways = "Choose small multiples." if _no_parts(rows) else "Stack them, or choose small multiples."
        return f"Bars of several groups over time are too thin to compare. {ways}"
    return _too_many_columns(periods)


def _too_many_columns(periods: int) -> str:
    return f"{periods:,} periods are too many for bars. Choose longer ones." if periods > COLUMNS else ""


def _nothing_to_stack(rows: Rows, periods: int) -> str:
    if rows.dated:
        return _too_many_columns(periods) if rows.keys else "Stacking needs a breakdown."
    if len(rows.keys) == 2:
        return ""
    return "Stacking needs a date and a breakdown, or two breakdowns."


def _no_parts(rows: Rows) -> str:
    """Return why the values of the metrics can't be stacked, or "" if they can."""
    metric = stackable(rows)
    if metric is not None and rows.dated and metric.timing.balances:
        return f"{metric.label} is an end-of-period value, so stacking it over time would suggest it adds up."
    if metric is None:
        first = rows.metrics[0]
        if first.additivity is Additivity.SEMI:
            return f"{first.label} is an end-of-period value, which doesn't add up over dates."
        return f"{first.label} is {_what(first)} can't be stacked."
    if any(value is not None and value < 0 for value in rows.numbers[metric.name]):
        return f"{metric.label} has negative values, which can't be parts of a whole."
    return ""


def _what(metric: ResultColumn) -> str:
    """Return what kind of number a metric has, as words in the reason why it can't be stacked."""
    timing = metric.timing
    if timing.cohorts and metric.is_ratio:
        return "a conversion rate, and rates"
    if timing.cohorts:
        return "counted by what led to it, and such metrics"
    if metric.is_ratio and timing.is_quantile:
        return "a median or percentile, and those of groups"
    if metric.is_ratio:
        return "a ratio, and ratios"
    if timing.windows:
        return "counted over overlapping days, and such metrics"
    if timing.from_before:
        return "calculated from another period too, and such metrics"
    return "not summed over breakdowns, and such metrics"


def _too_many_parts(rows: Rows) -> str:
    members = sum(not is_rest(key) for key in parts_of(rows))
    over = rows.keys[-1].label if rows.keys else ""
    few = f"Show the top {PARTS - 1} of {over} and Other."
    return f"{members:,} parts are too many to tell apart. {few}" if members > PARTS else ""


def _no_stack(rows: Rows, result: Result) -> str:
    return _no_parts(rows) or _too_many_parts(rows) or _not_all(rows, result)


def _no_area(rows: Rows, result: Result) -> str:
    if rows.keys:
        metric = stackable(rows)
        return _no_stack(rows, result) or (_gaps(rows, result, metric) if metric else "")
    metric = rows.metrics[0]
    if metric.timing.balances:
        return f"{metric.label} is an end-of-period value, so an area would suggest it adds up."
    if not adds_up_over(metric, ()) and not metric.timing.accumulates:
        return f"{metric.label} isn't an amount, as an area would suggest."
    if any(value is not None and value < 0 for value in rows.numbers[metric.name]):
        return f"{metric.label} has negative values, which an area chart can't show."
    return _gaps(rows, result, metric)


def _gaps(rows: Rows, result: Result, metric: ResultColumn) -> str:
    """Return why gaps make an area chart wrong, or "" if there are none.

    A gap is a period between the first and the last that has no number. An area would cover the gap.
    """
    spine, numbers = spine_of(result, rows), rows.numbers[metric.name]
    filled = fill_of(metric, result, rows, set(rows.periods))
    known: dict[Group, list[int]] = {}
    for group in dict.fromkeys(rows.groups):
        at = [(place, day, rows.at.get((group, day))) for place, day in enumerate(spine)]
        known[group] = [
            place for place, day, row in at if (filled.get(day) if row is None else numbers[row]) is not None
        ]
    places = sorted({place for of_group in known.values() for place in of_group})
    count = places[-1] - places[0] + 1 if places else 0
    if empty := count - len(places):
        have = "has" if empty == 1 else "have"
        return f"An area would hide gaps: {empty:,} of {counted(count, 'period')} {have} no number. {_instead(rows)}"
    short = [group for group, of_group in known.items() if of_group and len(of_group) < count]
    if not short:
        return ""
    has = f"{rows.name(short[0])} has" if len(short) == 1 else f"{len(short):,} {rows.noun} have"
    return f"An area would hide gaps: {has} no number in some periods. {_instead(rows)}"


def _instead(rows: Rows) -> str:
    return "Choose lines or stacked bars." if rows.keys else "Choose lines or bars."


def _no_share(rows: Rows, result: Result, periods: int) -> str:
    if not rows.keys:
        return "Shares need a breakdown."
    if not rows.dated and len(rows.keys) > 2:
        return "Shares work with at most two breakdowns."
    ranked = not rows.dated and len(rows.keys) == 1  # one bar each, no stack
    many = "" if ranked else _too_many_parts(rows) or (_too_many_columns(periods) if rows.dated else "")
    return _no_parts(rows) or many or _not_whole(rows, result)


def _not_all(rows: Rows, result: Result) -> str:
    """Return why some parts are missing, so that the shown ones aren't the whole. "" if none are missing."""
    metric = stackable(rows)
    if metric is not None and result.hides(metric):
        return "Small groups are hidden for privacy, so the parts don't add up to the total."
    if rows.cut:
        return "The limit hides groups, so the parts don't add up to the total."
    if result.query.having:
        return "A filter on a metric hides groups, so the parts don't add up to the total."
    return ""


def _not_whole(rows: Rows, result: Result) -> str:
    """Return why shares of the whole can't be shown, or "" if they can."""
    query = result.query
    if reason := _not_all(rows, result):
        return reason
    if query.top is not None and not query.top.other:
        return "Groups beyond the top are hidden, so the parts don't add up to the total. Group the rest as Other."
    metric = stackable(rows)
    known = [value for value in rows.numbers[metric.name] if value is not None] if metric else []
    return "" if sum(known) > 0 else "The total is zero." if known else "No part has a number."


def _no_multiples(rows: Rows) -> str:
    if rows.dated:
        return "" if rows.keys else "Small multiples need a breakdown."
    if len(rows.keys) != 2:
        return "Small multiples need a date and a breakdown, or two breakdowns."
    sides = len({group[1] for group in rows.groups})
    if sides > SIDES:
        return f"{sides:,} values of {rows.keys[1].label} are too many charts side by side."
    return "" if sides > 1 else f"{rows.keys[1].label} has only one value."


def _no_grid(rows: Rows, periods: int) -> str:
    if rows.dated:
        if not rows.keys:
            return "A heat map needs a breakdown besides the date."
        return f"{periods:,} periods are too many for a heat map. Choose longer periods." if periods > CELLS else ""
    return "" if len(rows.keys) == 2 else "A heat map needs two breakdowns, or a date and a breakdown."


def _no_scatter(rows: Rows) -> str:
    if len(rows.metrics) < 2:
        return "A scatter needs two metrics."
    if rows.dated and rows.keys:
        return "A scatter has one point per group. Remove the date or the breakdown."
    if not rows.dated and not rows.keys:
        return "A scatter needs a breakdown or a date."
    first, second = (rows.numbers[metric.name] for metric in rows.metrics[:2])
    both = sum(number is not None and other is not None for number, other in zip(first, second, strict=True))
    names = listed(metric.label for metric in rows.metrics[:2])
    return "" if both > 1 else f"{counted(both, 'group')} with both {names}: a scatter needs two."


def _no_pie(rows: Rows, result: Result) -> str:
    if rows.dated or not rows.keys:
        return "A pie needs a breakdown and no date."
    count = len(rows.groups)
    few = f"a pie has at most {SLICES}. Show the top {SLICES - 1} and Other."
    many = f"{count:,} slices are too many to tell apart: {few}" if count > SLICES else ""
    return _no_parts(rows) or many or _not_whole(rows, result)
