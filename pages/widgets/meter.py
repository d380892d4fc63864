"""A thin progress bar with a mark at 100%, and words below it."""

from __future__ import annotations

import streamlit as st

from pages.shell.parts import COLOURS, State, badge_text, plain
from semantic.display.words.pace import (
    attained_words,
    outlook_words,
    pace_cells,
    pace_sentences,
    pace_words,
    state_words,
    verdict_words,
)
from semantic.results.result import ResultColumn
from semantic.targets.pace import ALARMS, Pace, Verdict

NO_BREAK = "\N{NO-BREAK SPACE}"
WIDEST = 1.2
"""The share at which the bar is full."""


def meter(share: float | None, words: str, *, key: str, help: str = "") -> None:
    """Draw the bar, up to 120% of the target. Without a share, draw only the words.

    `lists.css` styles the bar and its mark.
    """
    with st.container(gap="xxsmall"):
        if share is not None:
            bar(share, key=key)
        st.markdown(f":small[:gray[{plain(words)}]]", help=plain(help) or None)


def bar(share: float, *, key: str) -> None:
    """Draw the bar without words."""
    with st.container(key=f"meter-{key}"):
        st.progress(min(max(share, 0.0), WIDEST) / WIDEST)


def attainment(pace: Pace, column: ResultColumn, *, key: str) -> None:
    """Draw how much of a target has been reached, and the state of the target in words."""
    if pace.to_date is not None:
        bar(pace.to_date, key=key)
    to_date, state = pace_cells(pace, column).to_date, state_words(pace, column)
    look, icon = verdict_look(pace.verdict)
    if pace.is_early or not state:
        st.markdown(f":small[:gray[{plain(f'{to_date} {state}')}]]")
    else:
        st.markdown(f":small[:gray[{plain(to_date)}] :{COLOURS[look]}[:material/{icon}: {plain(state)}]]")


def target_meter(pace: Pace, column: ResultColumn, *, key: str) -> None:
    """Draw the target of a number on a board: the bar, how much has been reached, and the projected and needed values.

    The tooltip has the other details of the pace.
    """
    look, icon = verdict_look(pace.verdict)
    state = "" if pace.is_early else state_words(pace, column)
    reached = f":gray[{plain(attained_words(pace))}] " if pace.to_date is not None else ""
    words = plain(state).replace(" ", NO_BREAK)
    mark = f":{COLOURS[look]}[:material/{icon}:{NO_BREAK}{words}]" if state else ""
    with st.container(gap="xxsmall"):
        if pace.to_date is not None:
            bar(pace.to_date, key=key)
        if reached or mark:
            st.markdown(f":small[{reached}{mark}]", help=plain(" ".join(pace_sentences(pace, column))) or None)
        st.markdown(f":small[:gray[{plain(outlook_words(pace, column, is_dated=False))}]]")


def pace_meter(pace: Pace, column: ResultColumn, *, key: str) -> None:
    """Draw the pace of a metric below its number: the bar, its words, and a verdict if there is one.

    The tooltip has the other details.
    """
    share = pace.index if pace.index is not None and pace.days_left else pace.attained
    meter(share, pace_words(pace, column), key=key, help=" ".join(pace_sentences(pace, column)))
    if text := verdict_words(pace, column):
        state, icon = verdict_look(pace.verdict)
        st.badge(badge_text(text), icon=f":material/{icon}:", color=COLOURS[state])


def verdict_look(verdict: Verdict) -> tuple[State, str]:
    """Return the state and icon of a verdict. They're neutral if neither direction is better."""
    if verdict in (Verdict.ABOVE, Verdict.BELOW):
        return "caution", "trending_up" if verdict is Verdict.ABOVE else "trending_down"
    return ("bad", "flag") if verdict in ALARMS else ("good", "flag")
