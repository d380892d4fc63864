"""The chart of a channel overlap: a bar for each combination of channels, and what followed beside it."""

from __future__ import annotations

import streamlit as st

from pages.analyses.kind import Shown
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.analyses.events.overlap.finding import OverlapFound
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.evidence import wilson
from semantic.display.format import number, share
from semantic.query.describe import lower_first
from semantic.services.analyzing.channel_words import together
from semantic.services.analyzing.overlap_words import ENOUGH, channel_names, has_then, then_label
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.subject_words import subjects

MOST_BARS = 12


def result(shown: Shown) -> None:
    """Draw the largest combinations. Without any, the sentence says why."""
    analyzed: Analyzed[OverlapFound] = shown.answer.found
    drawn = analyzed.found.combinations[:MOST_BARS]
    if not drawn:
        return
    names = channel_names(analyzed)
    words = [together(each.channels, names) for each in drawn]
    reached = [float(each.group.reached or 0) for each in drawn]
    total = analyzed.found.whole.reached
    of_all = [share(value / total) if total else "" for value in reached]
    who = subjects(analyzed)
    panels = [
        BarPanel(
            title=who.capitalize(),
            values=reached,
            write=number,
            words=[f"{text} of all" if text else "" for text in of_all],
        )
    ]
    if has_then(analyzed):
        rates = [each.group.rate for each in drawn]
        ends = [
            wilson(each.group.did, each.group.reached) if each.group.did is not None and each.group.reached else None
            for each in drawn
        ]
        panels.append(
            BarPanel(
                title=f"Then {lower_first(then_label(analyzed))}",
                values=rates,
                write=share,
                unsure=[(each.group.reached or 0) < ENOUGH for each in drawn],
                low=[pair[0] if pair is not None else None for pair in ends],
                high=[pair[1] if pair is not None else None for pair in ends],
                words=[f"95% interval {share(pair[0])} – {share(pair[1])}" if pair else "" for pair in ends],
            )
        )
    told = ", ".join(f"{word} {number(value)}" for word, value in zip(words, reached, strict=True))
    figure = bar_chart(words, [False] * len(words), panels, current_tokens())
    draw_chart(figure, key=f"{shown.key}-chart", alt=f"{who.capitalize()} by combination of channels: {told}.")
    if len(analyzed.found.combinations) > len(drawn):
        rest = len(analyzed.found.combinations) - len(drawn)
        st.caption(f"The {len(drawn)} largest combinations. The table has {number(rest)} more.")
