"""The overview of adoption: four numbers, and active people by role and week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, block, empty_state, plain
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.charts.figures.line import Line, Panel, TimeAxis
from semantic.display.charts.figures.lines import line_chart
from semantic.display.format import number, share
from semantic.errors import SemanticError, counted
from semantic.model.definitions import Granularity
from semantic.services.usage.adoption import WEEKS, Adoption, adoption_of
from semantic.services.usage.hidden import FEWEST

NOT_ENOUGH: Final = "Not enough people"
ROLES: Final = {"viewer": "Viewers", "marketer": "Marketers", "steward": "Stewards", "administrator": "Administrators"}


@st.fragment
@in_turn
def show() -> None:
    """Draw the numbers and the chart in a fragment, so that a slow store doesn't delay the rest of the page."""
    _, actor = session.require("steward")
    slot = st.empty()
    with slot:
        st.skeleton(420)
    try:
        adoption = adoption_of(session.process_parts(), actor)
    except SemanticError as error:
        with slot:
            acts = [Action("Try again", _just_rerun)]
            empty_state("cloud_off", "Couldn't load this", str(error), acts, key="adoption-away")
        return
    with slot.container(gap="medium"):
        _numbers(adoption)
        _chart(adoption)


def _just_rerun() -> None:
    pass


def _numbers(adoption: Adoption) -> None:
    answered = adoption.answered_share
    with st.grid(4, min_column_width=200, gap="small"):
        st.metric(
            "Active people, 4 full weeks",
            adoption.active.total.words,
            border=True,
            help="Got an answer in the last four full weeks. The current week counts once it's over.",
        )
        st.metric(
            "Answered without help", share(answered) if answered is not None else "No questions yet", border=True,
            help="The share of questions that Samepage answered, out of all answers, refusals, failures and requests "
            "to stewards.",
        )  # fmt: skip
        st.metric(
            "Time to first answer", span_words(adoption.to_first_answer), border=True,
            help="Median of people who first signed in during the last 90 days.",
        )  # fmt: skip
        st.metric(
            "Request turnaround", span_words(adoption.turnaround), border=True,
            help="Median time from a request to its answer.",
        )  # fmt: skip
    parts = [
        counted(adoption.answers, "answer"),
        counted(adoption.without_answer, "question without an answer", "questions without an answer"),
        counted(adoption.requests, "request"),
        f"{adoption.open_requests:,} open now",
    ]
    st.caption(plain(" \N{MIDDLE DOT} ".join(parts)))


def span_words(span: timedelta | None) -> str:
    """Return a time span in one unit, or a placeholder if the span is hidden."""
    if span is None:
        return NOT_ENOUGH
    minutes = span / timedelta(minutes=1)
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 60 / 24)} days"


def _chart(adoption: Adoption) -> None:
    with block("Active people by role", f"{WEEKS} full weeks"):
        weeks = [week for week, _ in adoption.weeks]
        lines = _lines(adoption)
        if not lines:
            st.caption(f"No role had {FEWEST} or more active people in two of these weeks, so there's no chart.")
            return
        figure = line_chart(
            TimeAxis(weeks, Granularity.WEEK), [Panel("People", lines, number)], current_tokens(), legend=len(lines) > 1
        )
        draw_chart(figure, key="adoption-weeks", alt=_alt(adoption, lines))
        if any(people.count is None for _, groups in adoption.weeks for people in groups.by_group.values()):
            st.caption(f"Gaps are weeks with fewer than {FEWEST} people in a role.")


def _lines(adoption: Adoption) -> tuple[Line, ...]:
    """Return a line for each role that had active people in at least two weeks that can be shown."""
    colours = current_tokens().series
    lines: list[Line] = []
    for place, (role, label) in enumerate(ROLES.items()):
        counts = [groups.by_group[role].count for _, groups in adoption.weeks]
        if sum(bool(count) for count in counts) >= 2:
            lines.append(Line(label, [float(one) if one is not None else None for one in counts], colours[place]))
    return tuple(lines)


def _alt(adoption: Adoption, lines: tuple[Line, ...]) -> str:
    last: date = adoption.weeks[-1][0]
    said = [
        f"{line.name} {number(value)}" if (value := line.values[-1]) is not None else f"{line.name} hidden"
        for line in lines
    ]
    return f"Active people by week. In the week of {last:%-d %b %Y}: {', '.join(said)}."
