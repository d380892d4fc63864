"""The name that is suggested when someone saves an analysis. It says in a few words what the analysis answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from semantic.query.describe import upper_first
from semantic.services.analyzing.presentation import TELLINGS
from semantic.store.spaces.saved import LONGEST_NAME

if TYPE_CHECKING:
    from pages.analyses.state import AnalysisState

WORDS: Final = {
    "funnel": "From {}", "retention": "Who comes back: {}", "paths": "What people do {}", "overlap": "Overlap of {}",
    "pressure": "Contact pressure: {}", "profile": "{}", "rfm": "RFM of {}", "maturity": "Still to come: {}",
}  # fmt: skip
"""The name of an analysis, by kind, with a placeholder for its subject."""


def suggested_name(state: AnalysisState) -> str:
    """Return a name for the analysis on the page or, before it's answered, the label of its kind."""
    telling, words = TELLINGS.get(state.kind), WORDS.get(state.kind)
    if telling is None or words is None or state.shown is None or state.shown[0] != state.data:
        return state.page.label
    analyzed = state.shown[2].found
    about = telling.about(analyzed) if telling.about is not None else analyzed.planned.legs[0].label
    if state.kind == "paths" and not about.startswith(("before ", "after ")):
        words = "Paths of {}"
    return upper_first(words.format(about))[:LONGEST_NAME]
