"""A chart that compares a metric's draft with its published definition over time.

It labels extremes instead of axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.frame import figure_of, safe, trace_tooltip
from semantic.display.format import Write, in_full, period, when_words
from semantic.display.template import Attributes, axis, layout
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity

HEIGHT = 150  # pixels
Course = Mapping[date, float]
"""Values by the first day of their period."""


def drafted_chart(
    published: Course, draft: Course, grain: Granularity | None, write: Write, label: str, tokens: Tokens
) -> Chart:
    """Return a chart of both lines, or of only the draft if the lines are equal.

    If the draft has fewer than two values, there is no figure.
    """
    if len(draft) < 2:
        return Chart(None, "none", "Too little data for a chart.", f"{label}: no trend.")
    is_moved = bool(published) and any(published.get(day) != value for day, value in draft.items())
    values = [*draft.values(), *(published.values() if is_moved else ())]
    low, high = min(values), max(values)
    apart = (high - low) or abs(high) or 1.0
    frame = layout(tokens, height=HEIGHT, right=10, top=8, bottom=22)
    frame["margin"] |= {"l": 6, "pad": 0}
    frame["xaxis"] = axis(tokens) | {"type": "date", "showticklabels": False}
    frame["yaxis"] = axis(tokens) | {"range": [low - 0.25 * apart, high + 0.3 * apart], "showticklabels": False}
    days = sorted(draft)
    frame |= {"hovermode": "closest", "showlegend": False, "annotations": _texts(draft, grain, write, tokens)}
    traces = [_line("Draft", draft, grain, write, tokens.series[0], is_dashed=False)]
    if is_moved:
        traces.insert(0, _line("Published", published, grain, write, tokens.muted, is_dashed=True))
    alt = (
        f"{label}, draft: from {write(draft[days[0]])} {when_words(days[0], grain)} to {write(draft[days[-1]])} "
        f"{when_words(days[-1], grain)}."
    )
    return Chart(figure_of(traces, frame), "line", "", alt, title=label)


def _line(
    name: str, course: Course, grain: Granularity | None, write: Write, colour: str, *, is_dashed: bool
) -> Attributes:
    days = sorted(course)
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": [day.isoformat() for day in days],
        "y": [course[day] for day in days], "cliponaxis": False,
        "line": {"color": colour, "width": 2, "dash": "dot" if is_dashed else "solid"},
        "marker": {"size": 6, "color": colour, "opacity": 0},
    } | trace_tooltip(
        [-1] * len(days), [("<b>{}</b>", [in_full(write)(course[day]) for day in days])],
        [(f"{name}, {{}}", [period(day, grain) for day in days])],
    )  # fmt: skip


def _texts(draft: Course, grain: Granularity | None, write: Write, tokens: Tokens) -> list[Attributes]:
    """Return the texts of the chart: the first and last period, and the draft's highest and lowest value."""
    days = sorted(draft)
    texts: list[Attributes] = [
        {
            "xref": "paper", "x": x, "yref": "paper", "y": 0, "xanchor": anchor, "yanchor": "top", "yshift": -3,
            "text": safe(period(day, grain)), "font": {"size": 12, "color": tokens.muted},
        }
        for x, anchor, day in ((0, "left", days[0]), (1, "right", days[-1]))
    ]  # fmt: skip
    highest, lowest = max(days, key=lambda day: draft[day]), min(days, key=lambda day: draft[day])
    if draft[highest] == draft[lowest]:
        return texts
    for day, anchor, shift in ((highest, "bottom", 5), (lowest, "top", -5)):
        at = days.index(day) / (len(days) - 1)
        side = "left" if at < 0.15 else "right" if at > 0.85 else "center"
        texts.append(
            {
                "xref": "x", "x": day.isoformat(), "yref": "y", "y": draft[day], "yanchor": anchor, "yshift": shift,
                "xanchor": side, "text": safe(write(draft[day])), "font": {"size": 12, "color": tokens.ink},
            }
        )  # fmt: skip
    return texts
