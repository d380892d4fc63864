"""The chart of a channel overlap: a bar for each combination of channels, and how many subjects did something next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semantic.analyses.events.overlap.finding import Combination, OverlapFound
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.evidence import wilson
from semantic.display.format import number, part_share, share, share_range
from semantic.display.tokens import Tokens
from semantic.query.describe import lower_first
from semantic.services.analyzing.sampled import ABOUT, estimated
from semantic.services.analyzing.words.channel import together
from semantic.services.analyzing.words.overlap import ENOUGH, channel_names, has_then, then_label
from semantic.services.analyzing.words.subject import subjects

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed

MOST_BARS = 12


def overlap_charts(analyzed: Analyzed[OverlapFound], tokens: Tokens) -> list[Chart]:
    """Return the chart of the largest combinations, or an empty list if no one was reached."""
    found, sample = analyzed.found, analyzed.planned.sample
    drawn = found.combinations[:MOST_BARS]
    total = found.whole.reached
    if not drawn or not total:
        return []
    names, who = channel_names(analyzed), subjects(analyzed)
    words = [together(each.channels, names) for each in drawn]
    reached = [float(estimated(each.group.reached or 0, sample)) for each in drawn]
    mark = ABOUT if sample is not None else ""

    def write(value: float | None) -> str:
        return f"{mark}{number(value)}"

    of_all = [f"{mark}{part_share((each.group.reached or 0) / total)} of all reached" for each in drawn]
    panels = [BarPanel(title=who.capitalize(), values=reached, write=write, words=of_all)]
    if has_then(analyzed):
        panels.append(_followed(drawn, f"Then {lower_first(then_label(analyzed))}", mark))
    told = ", ".join(f"{word} {write(value)}" for word, value in zip(words, reached, strict=True))
    rest = len(found.combinations) - len(drawn)
    return [
        Chart(
            figure=bar_chart(words, [False] * len(words), panels, tokens),
            kind="bar",
            reason="Combinations of channels are compared.",
            alt=f"{who.capitalize()} by combination of channels: {told}.",
            note=f"The {len(drawn)} largest combinations. The table has {number(rest)} more." if rest else "",
            title="Combinations",
        )
    ]


def _followed(drawn: tuple[Combination, ...], title: str, mark: str) -> BarPanel:
    """Return bars with intervals for the share of subjects who did something next. Bars of small groups are pale."""
    groups = [each.group for each in drawn]
    ends = [wilson(each.did, each.reached) if each.did is not None and each.reached else None for each in groups]

    def write(value: float | None) -> str:
        return f"{mark}{share(value)}" if value is not None else share(value)

    has_ends = any(pair is not None for pair in ends)
    return BarPanel(
        title=title,
        values=[each.rate for each in groups],
        write=write,
        unsure=[(each.reached or 0) < ENOUGH for each in groups],
        low=[pair[0] if pair is not None else None for pair in ends] if has_ends else (),
        high=[pair[1] if pair is not None else None for pair in ends] if has_ends else (),
        words=[f"95% interval {share_range(*pair)}" if pair is not None else "" for pair in ends],
    )
