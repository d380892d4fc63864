"""Actions on a drop from one step of a funnel to the next. Each opens another analysis in place of the funnel.

To add an action, add it to DROP_ACTS. An action isn't offered for a drop for which it returns None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from pages.analyses import alerting
from pages.analyses.draft import Data, put
from pages.analyses.funnel.lost import follow_lost, who_dropped_out, why_changed
from pages.analyses.funnel.steps import STEPS, steps_of
from pages.analyses.kind import ShownAnswer
from pages.shell import links
from pages.shell.parts import plain
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.display.charts.figures.frame import short
from semantic.display.charts.funnel import biggest_drop
from semantic.display.format import MINUS, share
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.words.funnel import step_labels

LONGEST: Final = 24
"""The maximum length of a step's name in a menu's label, in characters."""


@dataclass(frozen=True, slots=True)
class DropAct:
    """An action on a drop. `ask` returns the definition to open for the drop before a step. Steps count from 1."""

    label: str
    ask: Callable[[ShownAnswer, int], Data | None]


def _over_time(shown: ShownAnswer, step: int) -> Data | None:
    """Return a weekly funnel of this step and the previous one, or None if a funnel can't start at the
    previous step.
    """
    data = _from(shown, step - 1)
    return put(put(put(data, STEPS, steps_of(data)[:2]), ("over",), "week"), ("by",), None) if data else None


def _begin_here(shown: ShownAnswer, step: int) -> Data | None:
    return _from(shown, step - 1) if step > 2 else None


def _from(shown: ShownAnswer, first: int) -> Data | None:
    """Return the funnel that starts at a step, or None if it would have one step only or the funnel excludes events."""
    data, steps = shown.data, steps_of(shown.data)[first - 1 :]
    if len(steps) < 2 or data.get("exclude"):
        return None
    begins = {key: value for key, value in steps[0].items() if key != "within"}
    data = put(data, ("by_step",), "last" if data.get("by_step") == "last" else None)
    return put(data, STEPS, [begins, *steps[1:]])


DROP_ACTS: Final[Sequence[DropAct]] = (
    DropAct("Who dropped out?", who_dropped_out),
    DropAct("Why did this step change?", why_changed),
    DropAct("Follow people who dropped out", follow_lost),
    DropAct("Show this step by week", _over_time),
    DropAct("Start the funnel here", _begin_here),
)
"""The actions, in the order of the menu."""


def drop_menus(shown: ShownAnswer) -> None:
    """Draw a menu for each drop that lost people. The biggest drop is marked."""
    analyzed: Analyzed[FunnelFound] = shown.answer.found
    counts, labels = analyzed.found.whole.counts, step_labels(analyzed)
    worst = biggest_drop(counts)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="analysis-drops"):
        for place in range(1, len(counts)):
            before, count = counts[place - 1], counts[place]
            if not before or count is None or count == before:
                continue
            acts = {
                act.label: _opening(shown, data) for act in DROP_ACTS if (data := act.ask(shown, place + 1)) is not None
            }
            of = alerting.drop_number(shown.data, place + 1)
            if of is not None and links.SET_ALERT in st.session_state.get(links.OPEN, {}):
                acts[links.SET_ALERT_LABEL] = partial(alerting.begin, of)
            if acts:
                lost = f"{MINUS}{share(1 - count / before)}"
                label = f"{short(labels[place - 1], LONGEST)} → {short(labels[place], LONGEST)} {lost}"
                _menu(shown, place, label, acts, is_worst=place == worst and len(counts) > 2)


def _opening(shown: ShownAnswer, data: Data) -> Callable[[], None]:
    return lambda: shown.ask(data)


def _menu(
    shown: ShownAnswer, place: int, label: str, acts: Mapping[str, Callable[[], None]], *, is_worst: bool
) -> None:
    key = f"{shown.key}-drop-{place}"

    def choose() -> None:
        chosen = st.session_state.get(key)
        if isinstance(chosen, str) and chosen in acts:
            acts[chosen]()

    st.menu_button(
        plain(label), list(acts), key=key, on_click=choose, icon=":material/trending_down:",
        type="secondary" if is_worst else "tertiary", help="Biggest drop" if is_worst else None,
    )  # fmt: skip
