"""A profile's chart for every surface: the share of each group among both sets of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from semantic.analyses.events.asked import plural
from semantic.analyses.events.profile.finding import ProfileBy, ProfileFound, ProfileRow
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.format import part_share
from semantic.display.tokens import Tokens
from semantic.services.analyzing.words.profile import by_label, group_text, profile_sentence

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed

MOST_BARS = 12


def profile_charts(analyzed: Analyzed[ProfileFound], tokens: Tokens) -> list[Chart]:
    """Return the chart of the groups that differ most, from the breakdowns that explain most.

    Returns an empty list if nothing can be compared.
    """
    rows = [
        (by, row)
        for by in analyzed.found.by
        for row in by.rows
        if not row.is_rest and row.share_who is not None and row.share_than is not None
    ]
    rows.sort(key=lambda pair: (not pair[1].is_apart, -abs(pair[1].points or 0)))
    shown = sorted(_different(rows)[:MOST_BARS], key=lambda pair: -(pair[1].points or 0))
    if not shown:
        return []
    panel = BarPanel(
        title="",
        values=[row.share_who for _, row in shown],
        write=lambda value: part_share(value) if value is not None else "",
        before=[row.share_than for _, row in shown],
        before_words="of the others",
        unsure=[not row.is_apart for _, row in shown],
        words=[_words(row) for _, row in shown],
    )
    figure = bar_chart([_name(analyzed, *pair) for pair in shown], [False] * len(shown), [panel], tokens)
    subjects = plural(analyzed.planned.reads.population.subject)
    note = f"Thick bars: share of these {subjects}. Thin bars: share of the others. Pale bars may be due to chance."
    return [Chart(figure, "bar", "The groups that differ most.", profile_sentence(analyzed), note=note)]


def _different(rows: Sequence[tuple[ProfileBy, ProfileRow]]) -> list[tuple[ProfileBy, ProfileRow]]:
    """Return the rows, leaving out a row whose counts on both sides equal those of an earlier row."""
    found: dict[tuple[int | None, int | None], tuple[ProfileBy, ProfileRow]] = {}
    for by, row in rows:
        found.setdefault((row.who, row.than), (by, row))
    return list(found.values())


def _name(analyzed: Analyzed[ProfileFound], by: ProfileBy, row: ProfileRow) -> str:
    return f"{by_label(analyzed, by)}: {group_text(analyzed, by, row)}"


def _words(row: ProfileRow) -> str:
    return "" if row.lift is None else f"{row.lift:.2f} times the share of the others"
