"""The chart of contact pressure: the number of weeks by messages received, and the share of weeks with an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semantic.analyses.events.pressure.finding import PressureFound
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.format import MISSING, even_shares, part_share, share_range
from semantic.display.tokens import Tokens
from semantic.query.describe import lower_first
from semantic.services.analyzing.sampled import ABOUT, counted
from semantic.services.analyzing.words.pressure import ENOUGH, bucket_words, interval_of, then_label
from semantic.services.analyzing.words.subject import subject

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed


def pressure_charts(analyzed: Analyzed[PressureFound], tokens: Tokens) -> list[Chart]:
    """Return the chart of weeks by number of messages, or an empty list if there are no weeks."""
    found, sample = analyzed.found, analyzed.planned.sample
    total = found.whole.weeks
    if not found.buckets or not total:
        return []
    mark = ABOUT if sample is not None else ""
    shown: dict[float | None, str] = {}

    def write(value: float | None) -> str:
        return f"{mark}{part_share(value)}" if value is not None else MISSING

    def write_rate(value: float | None) -> str:
        return f"{mark}{shown[value]}" if value is not None else MISSING

    words = [bucket_words(bucket) for bucket in found.buckets]
    names = [f"{word} message" if word == "1" else f"{word} messages" for word in words]
    of_all = [bucket.weeks / total for bucket in found.buckets]
    weeks = f"{subject(analyzed)}-weeks"
    behind = [f"{counted(bucket.weeks, sample)} {weeks}" for bucket in found.buckets]
    panels = [BarPanel(title="Of all weeks", values=of_all, write=write, words=behind)]
    if found.has_then:
        answers = [bucket.answers for bucket in found.buckets]
        rates = [each.rate if each is not None else None for each in answers]
        shown = dict(zip(rates, even_shares(rates), strict=True))
        ends = [interval_of(each) if each is not None else None for each in answers]
        has_ends = any(pair is not None for pair in ends)
        panels.append(
            BarPanel(
                title=f"Then {lower_first(then_label(analyzed))}",
                values=rates,
                write=write_rate,
                unsure=[each is not None and each.weeks < ENOUGH for each in answers],
                low=[pair[0] if pair is not None else None for pair in ends] if has_ends else (),
                high=[pair[1] if pair is not None else None for pair in ends] if has_ends else (),
                words=[f"95% interval {share_range(*pair)}" if pair is not None else "" for pair in ends],
            )
        )
    told = ", ".join(f"{name} {write(value)}" for name, value in zip(names, of_all, strict=True))
    return [
        Chart(
            figure=bar_chart(names, [False] * len(names), panels, tokens),
            kind="bar",
            reason="Numbers of messages are compared.",
            alt=f"Share of {weeks} by number of messages: {told}.",
            title="Messages in a week",
        )
    ]
