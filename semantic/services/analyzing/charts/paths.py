"""The chart of paths for every surface."""

from __future__ import annotations

from semantic.analyses.events.paths.finding import NOT_EVENTS
from semantic.display.charts.chart import Chart
from semantic.display.charts.flow import FlowLink, FlowNode, flow_chart
from semantic.display.tokens import Tokens
from semantic.services.analyzing.sampled import ABOUT
from semantic.services.analyzing.words.path_labels import (
    Paths,
    code_label,
    number_words,
    share_words,
    step_label,
    units,
    way_words,
)
from semantic.services.analyzing.words.paths_compared import compared_paths, earlier_words

MOST_LINES = 5
"""How many of the most frequent paths are shown where space is limited."""


def paths_charts(analyzed: Paths, tokens: Tokens) -> list[Chart]:
    """Return the chart of the flow in order of time, or an empty list if there are no paths."""
    found = analyzed.found
    count = len(found.steps)
    order = range(count, 0, -1) if found.goes_back else range(1, count + 1)
    column = {step: place for place, step in enumerate(order)}
    compared = compared_paths(analyzed)
    steps = [
        [
            FlowNode(
                code=code,
                name=code_label(analyzed, code),
                count=number,
                text=number_words(analyzed, number),
                is_event=code not in NOT_EVENTS,
                moved=earlier_words(analyzed, compared, step, code),
            )
            for code, number in found.steps[step - 1].items()
        ]
        for step in order
    ]
    going: list[FlowLink] = []
    for link in found.links:
        ends = (link.step + 1, link.after, link.before) if found.goes_back else (link.step, link.before, link.after)
        going.append(
            FlowLink(
                column=column[ends[0]], before=ends[1], after=ends[2], count=link.count,
                text=number_words(analyzed, link.count),
            )
        )  # fmt: skip
    mark = ABOUT if analyzed.planned.sample is not None else ""
    columns = [step_label(analyzed, step) for step in order]
    instead = [
        f"{way_words(analyzed, whole.codes)}: {number_words(analyzed, whole.count)} "
        f"({share_words(analyzed, whole.count, found.total or 0)})"
        for whole in found.wholes[:MOST_LINES]
    ]
    chart = flow_chart(columns, steps, going, units(analyzed), tokens, mark, instead)
    return [chart] if chart.figure is not None else []
