"""Draw a waterfall, which shows how one number becomes another. Its steps always add up exactly.

Two kinds of questions can be a waterfall. For a compared metric by one breakdown, the steps are each member's change,
as in "Why did it change?". For metrics in a single row, of which the last is the sum of the others, the steps are these
metrics. An example is recurring revenue from its start to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

from semantic.display.charts.chart import POINTS, Chart
from semantic.display.charts.drawing import Drawing
from semantic.display.charts.figures.steps import Bar, waterfall
from semantic.display.format import counted, in_full, listed, writer
from semantic.display.groups import Group, Rows, is_rest, ranked_values
from semantic.display.rows import comparison_words
from semantic.display.shares import adds_up_over
from semantic.display.tokens import Tokens
from semantic.query.describe import upper_first
from semantic.results.result import Result, ResultColumn

MOST_STEPS = 8
"""The most members with a step of their own. Members with smaller changes are combined into one step."""

ALMOST = 1e-9
"""The largest relative error with which a sum of stored numbers still counts as exact."""

LEAST_METRICS = 3

Direction = Literal["up", "down", "none"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step, with the amount by which it changes the number. A total is the first or last number itself.

    `row` is its row in `Rows`, or None if it combines several rows. `column` is its metric.
    """

    name: str
    value: float
    column: ResultColumn
    row: int | None = None
    is_total: bool = False
    is_rest: bool = False


def no_steps(rows: Rows, result: Result) -> str:
    """Return why a result can't be shown as a waterfall, or "" if it can."""
    if rows.dated:
        return "A waterfall has no dates. Remove the date and compare with another period."
    if not rows.keys:
        return _no_sum(rows, result)
    key, *others = rows.keys
    if others:
        return "A waterfall needs one breakdown, or none."
    metric = summed(rows)
    if metric is None:
        return f"{rows.metrics[0].label} doesn't add up over {key.label}, but the steps of a waterfall must."
    if not rows.before[metric.name]:
        return "A waterfall shows a change. Compare with another period."
    before = rows.before[metric.name][0]
    if all(value is None for value in rows.numbers[before.name]):
        return f"{metric.label} has no number in the {comparison_words(metric, before)}."
    if result.hides(metric) or result.hides(before):
        return "Small groups are hidden for privacy, so the steps wouldn't add up."
    return _cut(rows, result)


def _cut(rows: Rows, result: Result) -> str:
    """Return why members are missing, so that the shown ones don't add up to the change. "" if none are missing."""
    query = result.query
    if rows.cut:
        return "The limit hides groups, so the steps wouldn't add up."
    if query.having:
        return "A filter on a metric hides groups, so the steps wouldn't add up."
    if query.top is not None and not query.top.other:
        return "Groups beyond the top are hidden, so the steps wouldn't add up. Group the rest as Other."
    return ""


def summed(rows: Rows) -> ResultColumn | None:
    """Return the first metric whose members' changes add up to its own change, or None."""
    return next((metric for metric in rows.metrics if adds_up_over(metric, rows.keys)), None)


def _no_sum(rows: Rows, result: Result) -> str:
    """Return why the metrics of a single row can't be steps that add up to the last one, or "" if they can."""
    needs = "A waterfall needs a compared metric with one breakdown, or metrics that add up to the last one."
    if len(rows.metrics) < LEAST_METRICS or len(rows.groups) != 1:
        return needs
    if len({(metric.format, metric.unit, metric.is_ratio) for metric in rows.metrics}) > 1:
        return "The metrics of a waterfall need the same unit."
    if any(metric.is_ratio for metric in rows.metrics):
        return "Ratios don't add up, but the steps of a waterfall must."
    if any(result.hides(metric) for metric in rows.metrics):
        return "Small groups are hidden for privacy, so the steps wouldn't add up."
    last = rows.metrics[-1]
    if rows.numbers[last.name][0] is None:
        return f"{last.label} has no number."
    if _signs(rows) is None:
        return f"{listed(metric.label for metric in rows.metrics[:-1])} don't add up to {last.label}."
    return ""


def _signs(rows: Rows) -> Sequence[int] | None:
    """Return the sign of each metric before the last, so that they add up to the last one. None if that's impossible.

    Losses can be stored as positive numbers, so a metric for which lower is better can be subtracted.
    """
    *parts, last = rows.metrics
    values = [rows.numbers[metric.name][0] or 0.0 for metric in parts]
    whole = rows.numbers[last.name][0] or 0.0
    for signs in ([1] * len(parts), [-1 if metric.direction == "down" else 1 for metric in parts]):
        total = fsum(sign * value for sign, value in zip(signs, values, strict=True))
        if abs(total - whole) <= ALMOST * fsum(map(abs, [*values, whole])):
            return signs
    return None


def steps_of(drawing: Drawing) -> list[Step]:
    """Return the steps, including the first and the last number."""
    return _of_members(drawing) if drawing.rows.keys else _of_metrics(drawing.rows)


def _of_metrics(rows: Rows) -> list[Step]:
    signs = _signs(rows)
    assert signs is not None
    *parts, last = rows.metrics
    steps = [
        Step(metric.label, sign * (rows.numbers[metric.name][0] or 0.0), metric, 0)
        for sign, metric in zip(signs, parts, strict=True)
    ]
    if parts[0].timing.balances:
        steps[0] = Step(parts[0].label, steps[0].value, parts[0], 0, is_total=True)
    return [*steps, Step(last.label, rows.numbers[last.name][0] or 0.0, last, 0, is_total=True)]


def _of_members(drawing: Drawing) -> list[Step]:
    """Return the earlier number, each member's change, and the later number.

    A member without a number in a period counts as 0 there.
    """
    rows, metric = drawing.rows, summed(drawing.rows)
    assert metric is not None
    before = rows.before[metric.name][0]
    now, then = ([value or 0.0 for value in rows.numbers[column.name]] for column in (metric, before))
    changes = {group: now[at] - then[at] for at, group in enumerate(rows.groups)}
    place = {group: at for at, group in enumerate(rows.groups)}
    drawn, others = _largest(rows, changes, metric)
    steps = [Step(rows.name(group), changes[group], metric, place[group], is_rest=is_rest(group)) for group in drawn]
    if others:
        total = fsum(changes[group] for group in others)
        steps.append(Step(counted(len(others), "other"), total, metric, is_rest=True))
    earlier = upper_first(comparison_words(metric, before))
    return [
        Step(earlier, fsum(then), before, is_total=True),
        *steps,
        Step("This period", fsum(now), metric, is_total=True),
    ]


def _largest(rows: Rows, changes: dict[Group, float], metric: ResultColumn) -> tuple[list[Group], list[Group]]:
    """Return the members with the largest changes, and the members to combine into one step.

    Members that have their own order, such as weekdays, keep it.
    """
    members = sorted((group for group in changes if not is_rest(group)), key=lambda group: -abs(changes[group]))
    rest = [group for group in changes if is_rest(group)]
    many = len(members) > MOST_STEPS
    drawn, others = (members[: MOST_STEPS - 1], members[MOST_STEPS - 1 :]) if many else (members, [])
    if rows.keys[0].is_ordered:
        order = {value: at for at, value in enumerate(ranked_values(rows, metric, 0))}
        drawn = sorted(drawn, key=lambda group: order[group[0]])
    return [*drawn, *rest], others


def steps(drawing: Drawing) -> Chart:
    """Return a chart of the steps, one below the other."""
    rows, found = drawing.rows, steps_of(drawing)
    last = found[-1].column
    moves = [step.value for step in found if not step.is_total]
    totals = [step.value for step in found if step.is_total]
    write, write_move = writer(last, totals), writer(last, moves)

    def text(step: Step, *, full: bool = False) -> str:
        said = write if step.is_total else write_move
        written = (in_full(said) if full else said)(step.value)
        is_more = not step.is_total and step.value > 0 and any(digit in written for digit in "123456789")
        return f"+{written}" if is_more else written

    bars: list[Bar] = []
    level = 0.0
    for step in found:
        start = 0.0 if step.is_total else level
        level = start + step.value
        colour, row = _colour(step, last.direction, drawing.tokens), -1 if step.row is None else rows.places[step.row]
        bars.append(
            Bar(
                step.name, step.value, start, text(step), text(step, full=True), colour, row, _beside(step, drawing),
                is_total=step.is_total,
            )
        )  # fmt: skip
    figure, starts_at = waterfall(bars, drawing.tokens)
    notes = (
        [f"Bars start at {in_full(write)(starts_at)}, not at 0, so that the steps can be seen."] if starts_at else []
    )
    compared = rows.before[last.name] if rows.keys else ()
    notes += _notes(drawing, last, compared)
    first, *between = [f"{step.name} {text(step)}" for step in found]
    alt = f"{drawing.start} Waterfall from {first} to {between.pop()}: {listed(between)}."
    return Chart(figure, "waterfall", "", alt, " ".join(notes), last.label, POINTS)


def _notes(drawing: Drawing, drawn: ResultColumn, compared: Sequence[ResultColumn]) -> list[str]:
    """Return notes on metrics and comparisons that aren't drawn."""
    rows = drawing.rows
    notes: list[str] = []
    if rows.keys and len(rows.metrics) > 1:
        rest = listed(metric.label for metric in rows.metrics if metric is not drawn)
        notes.append(f"Shows {drawn.label}. {rest}: table only.")
    if len(compared) > 1:
        words = listed(comparison_words(drawn, before) for before in compared[1:])
        notes.append(f"{upper_first(words)}: table only.")
    return notes


def _beside(step: Step, drawing: Drawing) -> str:
    """Return the tooltip line below a member's change, with the member's two numbers."""
    rows = drawing.rows
    if step.row is None or not rows.keys:
        return ""
    before = rows.before[step.column.name][0]
    now, then = (rows.numbers[column.name][step.row] for column in (step.column, before))
    write = in_full(rows.write(step.column))
    return f"{write(now)}, {comparison_words(step.column, before)} {write(then)}"


def _colour(step: Step, direction: Direction, tokens: Tokens) -> str:
    """Return green or red, depending on whether the step is good for the last number.

    Without a good direction, there is one colour for increases and another for decreases.
    """
    if step.is_total:
        return tokens.muted
    if direction == "none":
        return tokens.series[0] if step.value >= 0 else tokens.series[1]
    return tokens.favourable if (step.value >= 0) == (direction == "up") else tokens.unfavourable
