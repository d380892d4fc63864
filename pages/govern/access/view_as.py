"""View as: a button for each person that a policy lets you view as. It shows the app as that person sees
it, read-only.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.shell import links, session, viewing
from pages.shell.parts import empty_state, plain
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.policy.viewing import viewable
from semantic.workspace import Workspace

PAGE = 20


def view_as(workspace: Workspace, actor: Actor) -> None:
    """Draw the people that the viewer can view as, or why there are none."""
    if actor.viewed_by is not None:
        sentence = "Stop viewing first (red bar). You can't start a second view from here."
        empty_state("visibility", f"You're viewing as {actor.short_name}", sentence, key="view-already")
        return
    people = viewable(workspace.model, actor, session.people().values(), now=datetime.now(UTC))
    if not people:
        empty_state(
            "visibility_off", "You don't have permission to view as someone else",
            "Policies grant it with the key view_as.", key="view-nobody",
        )  # fmt: skip
        return
    st.markdown(
        "See the app as they do, for 30 minutes. No changes, no exports, no individual rows. The session is "
        "recorded in the audit log."
    )
    text = st.text_input(
        "Search people", key="view-find", icon=":material/search:", label_visibility="collapsed",
        placeholder="Search people",
    )  # fmt: skip
    wanted = [person for person in people if (text or "").casefold() in person.name.casefold()]
    if not wanted:
        st.caption("No match among the people you can view as.")
        return
    with st.container(border=True, gap="xsmall", key="list-of-viewable"):
        for person in wanted[:PAGE]:
            _row(workspace, actor, person)
    if len(wanted) > PAGE:
        st.caption(f"Showing the first {PAGE} of {len(wanted)}. Type a name to find others.")


def _row(workspace: Workspace, actor: Actor, person: Actor) -> None:
    scope = workspace.visible(person).scope.removeprefix("Scope: ") or "all rows"
    about = f"{session.role_of(person).capitalize()} \N{MIDDLE DOT} sees {scope}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{plain(person.short_name)}**  \n:small[:gray[{plain(about)}]]",
            width="stretch",
        )
        if st.button(f"View as {plain(person.short_name)}", key=f"view-as-{person.id}", icon=":material/visibility:"):
            _begin(actor, person)


def _begin(actor: Actor, person: Actor) -> None:
    signed_in = session.signed_in()
    if signed_in is None:
        st.rerun()
    try:
        viewing.begin(session.live(), signed_in.number, actor, person)
    except SemanticError as error:
        empty_state("error", "Couldn't start viewing", str(error), key="view-failed")
        return
    st.switch_page(links.HOME)  # The person can lack access to this page.
