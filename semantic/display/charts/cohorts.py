"""Notes on conversions in charts over time: which event's date the axis shows, and which cohorts aren't complete."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from semantic.display.charts.drawing import Drawing
from semantic.display.tokens import Tokens
from semantic.plan.time.period_aggregation import singular
from semantic.query.describe import describe_day, upper_first
from semantic.results.finality import known_to

AXIS_HEIGHT = 22  # pixels for a line below the axis


def cohort_axis(drawing: Drawing) -> str:
    """Return a label for the axis if the metrics count by cohort, such as `By week of the visit`. Otherwise ""."""
    texts = {
        f"By {_grain(drawing)} of the {singular(cohort.events)}"
        for metric in drawing.rows.metrics
        for cohort in metric.timing.cohorts
        if cohort.rule.by == "cohort"
    }
    return texts.pop() if len(texts) == 1 else ""


def open_notes(drawing: Drawing, mark: str) -> list[str]:
    """Return notes on cohorts whose numbers aren't final, because some of their base events can still convert."""
    notes: list[str] = []
    for metric in drawing.rows.metrics:
        for cohort in metric.timing.cohorts:
            if cohort.rule.by != "cohort":
                continue
            events = cohort.events
            if cohort.rule.window is None:
                notes.append(f"{upper_first(events)} can convert at any later time, so no value is final.")
            elif metric.name in drawing.still_open:
                first = cohort.first_open(metric.loaded_to or known_to(drawing.result))
                since = f"{events} since {describe_day(first)} can still convert within {cohort.rule.window.words}"
                notes.append(upper_first(f"{mark}not final, {since}."))
    return list(dict.fromkeys(notes))


def titled_axis(figure: go.Figure, text: str, tokens: Tokens) -> None:
    """Set the title of the time axis, and make room for it in the figure."""
    # Any: parts of a layout are untyped.
    layout: Any = figure.layout
    margin = layout.margin.b or 40
    inner = (layout.height or 364) - (layout.margin.t or 24) - margin
    layout.height = (layout.height or 364) + AXIS_HEIGHT
    layout.margin.b = margin + AXIS_HEIGHT
    said = {
        "text": text, "xref": "paper", "yref": "paper", "x": 0.5, "xanchor": "center", "y": 0, "yanchor": "top",
        "yshift": -margin, "showarrow": False, "font": {"size": 12, "color": tokens.muted},
    }  # fmt: skip
    assert inner > 0
    layout.annotations = (*(layout.annotations or ()), said)


def _grain(drawing: Drawing) -> str:
    time = drawing.rows.time
    return time.grain.words if time is not None and time.grain is not None else "day"
