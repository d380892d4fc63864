"""RFM's chart, the same for every surface: how many subjects have each recency and frequency score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semantic.analyses.events.asked import plural
from semantic.analyses.events.rfm.finding import BuyerNumbers, RfmFound
from semantic.analyses.events.rfm.question import LABELS, group_of
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.grid import heat
from semantic.display.format import number
from semantic.display.tokens import Tokens
from semantic.services.analyzing.words.rfm import HIDDEN, money_text, rfm_sentence

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed


def rfm_charts(analyzed: Analyzed[RfmFound], tokens: Tokens) -> list[Chart]:
    """Return the grid of scores, with the best scores at the top right, or an empty list if no one ordered."""
    found = analyzed.found
    if found.whole is None or not found.whole.buyers:
        return []
    each = range(1, found.levels + 1)
    cells = [[found.cells[recency, frequency] for frequency in each] for recency in reversed(each)]
    subjects, label = plural(analyzed.planned.reads.population.subject), analyzed.planned.legs[1].label
    figure = heat(
        [f"Recency {recency}" for recency in reversed(each)],
        [f"Frequency {frequency}" for frequency in each],
        [[bought.buyers if bought is not None else None for bought in line] for line in cells],
        lambda value: number(value) if value is not None else "",
        tokens,
        plain=[[False] * found.levels for _ in each],
        places=[[-1] * found.levels for _ in each],
        words=[
            [LABELS[group_of(recency, frequency, found.levels)] for frequency in each] for recency in reversed(each)
        ],
        beside=[[("{}", [[f"{label} {_spent(analyzed, bought)}" for bought in line] for line in cells])]],
        ticks=[(place, f"Frequency {place + 1}" if not place else str(place + 1)) for place in range(found.levels)],
        absent=[[HIDDEN.strip("()") if bought is None else "" for bought in line] for line in cells],
    )
    note = f"Each cell counts {subjects}. The best scores are at the top right."
    return [Chart(figure, "heat", "Recency and frequency scores.", rfm_sentence(analyzed), note=note)]


def _spent(analyzed: Analyzed[RfmFound], bought: BuyerNumbers | None) -> str:
    return "hidden" if bought is None else money_text(analyzed, bought.spent)
