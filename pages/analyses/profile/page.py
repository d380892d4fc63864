"""The profile on the Analyses page, which shows how some people differ from others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses import charts
from pages.analyses.breakdowns import several_breakdowns
from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.funnel.page import example as funnel_example
from pages.analyses.kind import ShownAnswer, event_kind_page
from pages.analyses.people import set_text, use_menu
from pages.shell.parts import notice, plain
from semantic.analyses.events.profile.finding import ProfileFound
from semantic.analyses.events.profile.question import MOST_BREAKDOWNS
from semantic.query.describe import upper_first
from semantic.services.analyzing.breakdowns import breakdowns_of
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

OTHERS = {"went_on": "People who continued", "rest": "Everyone else"}


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return the profile of the people who stopped after the first step of the funnel's example, or why
    there is none.
    """
    funnel = funnel_example(seen, workspace)
    if isinstance(funnel, str):
        return funnel
    first = funnel["steps"][0]
    by = breakdowns_of(workspace, first["metric"], funnel["subject"], seen.actor)
    if not by:
        return "A profile needs an event with a breakdown, and you don't have access to any."
    return {
        "kind": "profile",
        "v": 1,
        "subject": funnel["subject"],
        "time": funnel["time"],
        "at": first,
        "who": {"analysis": funnel, "part": {"reached": 1, "not": 2}},
        "than": {"analysis": funnel, "part": {"reached": 2}},
        "by": by,
    }


def form(form: Form) -> None:
    """Draw the people, the people to compare them with, and the event and breakdowns that define their groups."""
    actor = form.state.actor
    st.markdown(f":small[Who]\n\n{plain(upper_first(set_text(form.data, 'who', form.workspace, actor)))}")
    part, than = at(form.data, ("who", "part"), {}), form.data.get("than")
    if "not" in part or than is not None:
        key = form.key("than")
        st.segmented_control(
            "Compared with", list(OTHERS), default="went_on" if than is not None else "rest", key=key, required=True,
            format_func=lambda name: OTHERS[name], width="stretch",
        )  # fmt: skip
        form.bind(key, _compared)
    form.event("Groups from their first", ("at",))
    several_breakdowns(form, ("by",), str(at(form.data, ("at", "metric"), "")), MOST_BREAKDOWNS)


def _compared(data: Data, value: object) -> Data:
    if value != "went_on":
        return put(data, ("than",), None)
    if data.get("than") is not None:
        return data
    missed = at(data, ("who", "part", "not"))
    than = {"analysis": at(data, ("who", "analysis")), "part": {"reached": missed}}
    return put(data, ("than",), than) if missed is not None else data


def result(shown: ShownAnswer) -> None:
    """Draw the groups that differ most, and further analyses of these people."""
    analyzed: Analyzed[ProfileFound] = shown.answer.found
    _same_period(shown)
    charts.draw(charts.charts_of(TELLINGS["profile"], shown), shown)
    if analyzed.found.who:
        use_menu(shown, shown.data["who"], key=f"{shown.key}-use")


def _same_period(shown: ShownAnswer) -> None:
    """If the people are from a different period than the profile's, say so, and offer to use the profile's period."""
    theirs, time = at(shown.data, ("who", "analysis", "time")), shown.data.get("time")
    if theirs == time:
        return

    def same() -> None:
        data = put(shown.data, ("who", "analysis", "time"), time)
        shown.ask(put(data, ("than", "analysis", "time"), time) if data.get("than") is not None else data)

    with st.container(horizontal=True, vertical_alignment="center"):
        notice(
            "info",
            "event",
            "These people were chosen from a different period than the one shown.",
            key=f"{shown.key}-period",
        )
        st.button("Use this period for both", key=f"{shown.key}-same-period", type="tertiary", on_click=same)


PROFILE_PAGE = event_kind_page(
    TELLINGS["profile"],
    icon="groups",
    answers="How some people differ from others, such as those who dropped out of a funnel.",
    example=example,
    form=form,
    result=result,
    metrics=lambda data: [str(name)] if (name := at(data, ("at", "metric"))) else [],
)
