"""The chart of contact pressure: how many weeks had how many messages, and what followed beside it."""

from __future__ import annotations

from pages.analyses.kind import Shown
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.analyses.events.pressure.finding import PressureFound
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.format import number, share
from semantic.query.describe import lower_first
from semantic.services.analyzing.pressure_words import ENOUGH, bucket_words, interval_of, then_label
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.subject_words import subjects


def result(shown: Shown) -> None:
    """Draw the weeks by their number of messages. Without any, the sentence says why."""
    analyzed: Analyzed[PressureFound] = shown.answer.found
    found = analyzed.found
    if not found.buckets or not found.whole.weeks:
        return
    words = [bucket_words(bucket) for bucket in found.buckets]
    names = [f"{word} message" if word == "1" else f"{word} messages" for word in words]
    of_all = [bucket.weeks / found.whole.weeks for bucket in found.buckets]
    weeks = f"weeks of {subjects(analyzed)}"
    counted = [f"{number(bucket.weeks)} {weeks}" for bucket in found.buckets]
    panels = [BarPanel(title="Of all weeks", values=of_all, write=share, words=counted)]
    if found.has_then:
        answers = [bucket.answers for bucket in found.buckets]
        ends = [interval_of(each) if each is not None else None for each in answers]
        has_ends = any(pair is not None for pair in ends)
        panels.append(
            BarPanel(
                title=f"Then {lower_first(then_label(analyzed))}",
                values=[each.rate if each is not None else None for each in answers],
                write=share,
                unsure=[each is not None and each.weeks < ENOUGH for each in answers],
                low=[pair[0] if pair is not None else None for pair in ends] if has_ends else (),
                high=[pair[1] if pair is not None else None for pair in ends] if has_ends else (),
                words=[f"95% interval {share(pair[0])} – {share(pair[1])}" if pair else "" for pair in ends],
            )
        )
    told = ", ".join(f"{name} {share(value)}" for name, value in zip(names, of_all, strict=True))
    figure = bar_chart(names, [False] * len(names), panels, current_tokens())
    draw_chart(figure, key=f"{shown.key}-chart", alt=f"Share of {weeks} by number of messages: {told}.")
