"""The model draft that a steward has open, shared by all parts of the definitions page."""

from __future__ import annotations

import streamlit as st

from pages.shell import links, session
from semantic.errors import ChangedMeanwhile
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.actor import Actor
from semantic.services.drafts import Desk, open_desk
from semantic.services.process import Live

_DESK = "definitions_desk"
_LOST = "definitions_draft_lost"
VIEW = "definition-view"
"""In the session: the part of the page that is open."""

KIND_LABELS = {
    ObjectKind.METRIC: "Metrics",
    ObjectKind.DATASET: "Datasets",
    ObjectKind.SEGMENT: "Segments",
    ObjectKind.ANALYSIS: "Analyses",
    ObjectKind.DOMAIN: "Domains",
    ObjectKind.POLICY: "Policies",
    ObjectKind.POLICY_TEST: "Policy tests",
    ObjectKind.PERSON: "People",
    ObjectKind.CALENDAR: "Calendars",
    ObjectKind.NAMING: "Naming rules",
    ObjectKind.MAPPED_NAMES: "Mapped names",
    ObjectKind.ANNOTATIONS: "Remarks on charts",
    ObjectKind.SETTINGS: "Settings",
    ObjectKind.FILE: "Unreadable files",
}
STATES = {"added": "new", "changed": "changed", "removed": "removed", "unfinished": "unfinished"}


def current(live: Live, actor: Actor) -> Desk:
    """Return this session's desk: the draft in the address or, if there is none, the draft used last.

    Raises StoreFailed, ModelError.
    """
    desk: Desk | None = st.session_state.get(_DESK)
    asked = st.query_params.get(links.DRAFT, "")
    if desk is None or desk.draft is None or (asked and asked != desk.draft.id):  # the newest version loses nothing
        try:
            desk = open_desk(live, actor, draft=asked or None)
        except ChangedMeanwhile as error:
            st.session_state[_LOST] = str(error)
            desk = open_desk(live, actor)
        keep(desk)
    elif asked != desk.draft.id:
        keep(desk)
    return desk


def why_not_opened() -> str:
    """Return why the draft in the address couldn't be opened, once, or "" if it could."""
    return str(st.session_state.pop(_LOST, ""))


def keep(desk: Desk) -> None:
    """Store the desk in the session after a change, and its draft in the address."""
    st.session_state[_DESK] = desk
    if desk.draft is None:
        st.query_params.pop(links.DRAFT, None)
    elif st.query_params.get(links.DRAFT) != desk.draft.id:
        st.query_params[links.DRAFT] = desk.draft.id


def forget_desk() -> None:
    """Drop the desk, so that the next run opens it again."""
    st.session_state.pop(_DESK, None)
    st.query_params.pop(links.DRAFT, None)


def chosen(desk: Desk) -> Key | None:
    """Return the object in the address, or None if there is no such object."""
    kind, _, name = st.query_params.get(links.OBJECT, "").partition("/")
    if kind not in set(ObjectKind):
        return None
    key = (ObjectKind(kind), name)
    return key if desk.text_of(key) or desk.published_text(key) is not None else None


def choose(key: Key | None) -> None:
    """Write an object to the address."""
    if key is None:
        st.query_params.pop(links.OBJECT, None)
    else:
        st.query_params[links.OBJECT] = f"{key[0].value}/{key[1]}"


def acting() -> Actor | None:
    """Return the steward who clicked, checked again on click.

    Returns None if they aren't a steward any more, which the page then says. A page can stay open longer than a sign-in
    or a role lasts.
    """
    actor = session.actor()
    return actor if actor is not None and actor.is_at_least("steward") else None


def require() -> tuple[Live, Actor, Desk]:
    """Return the editor, and their open draft. Stops the run without access."""
    actor = session.require("steward")[1]
    live = session.live()
    return live, actor, current(live, actor)
