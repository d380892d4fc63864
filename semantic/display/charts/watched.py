"""Draw an alert: one metric by period, its expected range as a band, and when the alert fired or was held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from semantic.annotations.annotation import Annotation
from semantic.display.charts.chart import Chart
from semantic.display.charts.events import events_of, on_days, words_of
from semantic.display.charts.figures.frame import (
    annotation_shapes,
    event_names,
    figure_of,
    named_above,
    room_above,
    safe,
    trace_tooltip,
)
from semantic.display.charts.figures.lines import pale
from semantic.display.format import Write, counted, in_full, listed, period
from semantic.display.template import Attributes, layout, time_axis, value_axis
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity

MOST_NAMED = 4  # of the periods that the sentence beside the chart names
Outcome = Literal["", "fired", "held"]
OUTCOMES: Mapping[Outcome, str] = {"fired": "Fired", "held": "Held"}
"""The name of each outcome that has a mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One period: its value, its expected range, and whether the alert fired or was held, with the reason in words.

    If only `low` or only `high` is set, it's a limit.
    """

    first: date
    value: float | None
    low: float | None = None
    high: float | None = None
    outcome: Outcome = ""
    why: str = ""


def watched_chart(
    periods: Sequence[Watched], label: str, grain: Granularity, write: Write, tokens: Tokens,
    *, remarks: Sequence[Annotation] = (), height: int = 220, outcomes: Mapping[Outcome, str] = OUTCOMES,
    words: str = "",
) -> Chart:  # fmt: skip
    """Return the chart, without a figure if there are fewer than two values.

    `outcomes` has the meaning of each mark. `words` describe the chart if it doesn't belong to an alert.
    """
    values = [one.value for one in periods]
    if sum(value is not None for value in values) < 2:
        return Chart(None, "none", "Not enough values for a chart.", f"{label}: not enough values for a chart.")
    days = [one.first for one in periods]
    events = events_of(remarks, days, grain)
    above = room_above(events)
    frame = layout(tokens, height=height + above, right=16, top=14 + above, bottom=30)
    reach = [*values, *(one.low for one in periods), *(one.high for one in periods)]
    frame["xaxis"] = time_axis(days, grain, tokens, most=4) | {"showspikes": False}
    frame["yaxis"] = value_axis(reach, write, tokens)
    traces = [*_band(periods, tokens), *_limit(periods, tokens), _line(periods, label, grain, write, tokens, outcomes)]
    for outcome in ("fired", "held"):
        if (trace := _marks(periods, outcome, grain, write, tokens, outcomes)) is not None:
            traces.append(trace)
    frame |= {"hovermode": "closest", "annotations": event_names(events, tokens, lift=4)} | named_above(events)
    frame["shapes"] = annotation_shapes(events, [""], tokens)
    return Chart(
        figure_of(traces, frame), "line", "", words or watched_words(periods, label, grain), title=label,
        events=tuple(words_of(remark) for remark in on_days(remarks, days, grain)),
    )  # fmt: skip


def watched_words(periods: Sequence[Watched], label: str, grain: Granularity) -> str:
    """Return the chart in words: its periods, when the alert fired, and how often it was held."""
    fired = [period(one.first, grain) for one in periods if one.outcome == "fired"]
    held = sum(one.outcome == "held" for one in periods)
    covers = f"{label}, {period(periods[0].first, grain)} to {period(periods[-1].first, grain)}."
    when = f"last on {listed(fired[-MOST_NAMED:])}" if len(fired) > MOST_NAMED else listed(fired)
    told_fired = f"Fired {counted(len(fired), 'time')}: {when}." if fired else "Never fired."
    return " ".join([covers, told_fired, *([f"Held {counted(held, grain.words)}."] if held else [])])


def _line(
    periods: Sequence[Watched], label: str, grain: Granularity, write: Write, tokens: Tokens,
    outcomes: Mapping[Outcome, str],
) -> Attributes:  # fmt: skip
    """Return the line of values. Points are visible only on hover."""
    colour = tokens.series[0]
    return {
        "type": "scatter", "mode": "lines+markers", "x": [one.first.isoformat() for one in periods],
        "y": [one.value for one in periods], "name": safe(label), "connectgaps": False,
        "line": {"color": colour, "width": 1.75}, "marker": {"size": 6, "color": colour, "opacity": 0},
    } | _tooltip(periods, grain, write, outcomes)  # fmt: skip


def _marks(
    periods: Sequence[Watched], outcome: Outcome, grain: Granularity, write: Write, tokens: Tokens,
    outcomes: Mapping[Outcome, str],
) -> Attributes | None:  # fmt: skip
    """Return a point for each period with this outcome: filled if the alert fired, hollow if it was held."""
    marked = [one for one in periods if one.outcome == outcome and one.value is not None]
    if not marked:
        return None
    colour = tokens.unfavourable if outcome == "fired" else tokens.caution
    return {
        "type": "scatter", "mode": "markers", "x": [one.first.isoformat() for one in marked],
        "y": [one.value for one in marked], "name": outcomes[outcome],
        "marker": {
            "size": 10 if outcome == "fired" else 8, "opacity": 1,
            "color": colour if outcome == "fired" else tokens.page,
            "line": {"color": tokens.page if outcome == "fired" else colour, "width": 1.5},
        },
    } | _tooltip(marked, grain, write, outcomes)  # fmt: skip


def _tooltip(
    periods: Sequence[Watched], grain: Granularity, write: Write, outcomes: Mapping[Outcome, str]
) -> Attributes:
    full = in_full(write)
    values = ["" if one.value is None else full(one.value) for one in periods]
    expected = [_expected(one, write) for one in periods]
    marks = [": ".join(filter(None, (outcomes.get(one.outcome, ""), one.why))) for one in periods]
    return trace_tooltip(
        [-1] * len(periods), [("<b>{}</b>", values)], [("{}", [period(one.first, grain) for one in periods])],
        [("Expected: {}", expected)], [("{}", marks)],
    )  # fmt: skip


def _expected(one: Watched, write: Write) -> str:
    if one.low is not None and one.high is not None:
        return f"{write(one.low)} to {write(one.high)}"
    if one.low is not None:
        return f"{write(one.low)} or more"
    return f"{write(one.high)} or less" if one.high is not None else ""


def _band(periods: Sequence[Watched], tokens: Tokens) -> list[Attributes]:
    """Return the expected range as a band, with gaps where a period has no range."""
    x: list[str | None] = []
    y: list[float | None] = []
    for run in _runs(periods):
        x += [*(one.first.isoformat() for one in (*run, *reversed(run))), None]
        y += [*(one.low for one in run), *(one.high for one in reversed(run)), None]
    if not x:
        return []
    shape: Attributes = {"fill": "toself", "fillcolor": pale(tokens.series[0], 0.13), "line": {"width": 0}}
    return [shape | {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip"}]


def _runs(periods: Sequence[Watched]) -> Iterator[list[Watched]]:
    """Yield each run of neighbouring periods that have both ends of a range."""
    run: list[Watched] = []
    for one in periods:
        if one.low is not None and one.high is not None:
            run.append(one)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _limit(periods: Sequence[Watched], tokens: Tokens) -> list[Attributes]:
    """Return a dotted line for limits, which are ranges with only one end."""
    ends = [_only_end(one) for one in periods]
    if all(end is None for end in ends):
        return []
    pen: Attributes = {"color": tokens.unfavourable, "width": 1.25, "dash": "dot"}
    return [{
        "type": "scatter", "mode": "lines", "x": [one.first.isoformat() for one in periods], "y": ends, "line": pen,
        "hoverinfo": "skip", "connectgaps": True,
    }]  # fmt: skip


def _only_end(one: Watched) -> float | None:
    if (one.low is None) == (one.high is None):
        return None
    return one.low if one.low is not None else one.high
