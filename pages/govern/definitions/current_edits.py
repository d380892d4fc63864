"""The model draft that a steward has open. All parts of the Definitions page share it."""

from __future__ import annotations

import streamlit as st

from pages.shell import links, session
from semantic.errors import ChangedMeanwhile
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits, open_edits
from semantic.services.process import Live

_EDITS = "definitions_edits"
_LOST = "definitions_draft_lost"
VIEW = "definition-view"
"""The session key for the open part of the page."""

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


def current(live: Live, actor: Actor) -> Edits:
    """Return this session's edits, with the draft in the address or else the draft used last.

    Raises StoreFailed and ModelError.
    """
    edits: Edits | None = st.session_state.get(_EDITS)
    asked = st.query_params.get(links.DRAFT, "")
    if edits is None or edits.draft is None or (asked and asked != edits.draft.id):  # no draft to lose
        try:
            edits = open_edits(live, actor, draft=asked or None)
        except ChangedMeanwhile as error:
            st.session_state[_LOST] = str(error)
            edits = open_edits(live, actor)
        keep(edits)
    elif asked != edits.draft.id:
        keep(edits)
    return edits


def why_not_opened() -> str:
    """Return why the draft in the address couldn't be opened, or "" if it could. The reason is returned only once."""
    return str(st.session_state.pop(_LOST, ""))


def keep(edits: Edits) -> None:
    """Store the edits in the session after a change, and the ID of its draft in the address."""
    st.session_state[_EDITS] = edits
    if edits.draft is None:
        st.query_params.pop(links.DRAFT, None)
    elif st.query_params.get(links.DRAFT) != edits.draft.id:
        st.query_params[links.DRAFT] = edits.draft.id


def forget_edits() -> None:
    """Remove the edits from the session, so that the next run opens them again."""
    st.session_state.pop(_EDITS, None)
    st.query_params.pop(links.DRAFT, None)


def chosen(edits: Edits) -> Key | None:
    """Return the object that the address names, or None if there is none."""
    kind, _, name = st.query_params.get(links.OBJECT, "").partition("/")
    if kind not in set(ObjectKind):
        return None
    key = (ObjectKind(kind), name)
    return key if edits.text_of(key) or edits.published_text(key) is not None else None


def choose(key: Key | None) -> None:
    """Write the name of an object to the address, or remove it for None."""
    if key is None:
        st.query_params.pop(links.OBJECT, None)
    else:
        st.query_params[links.OBJECT] = f"{key[0].value}/{key[1]}"


def acting() -> Actor | None:
    """Return the steward who clicked, after checking their access again.

    Returns None if the person isn't a steward any more, and the page says so. A page can stay open longer than a
    sign-in or a role lasts.
    """
    actor = session.actor()
    return actor if actor is not None and actor.is_at_least("steward") else None


def require() -> tuple[Live, Actor, Edits]:
    """Return the process, the steward and the open draft. Stops the run if the person has no access."""
    actor = session.require("steward")[1]
    live = session.live()
    return live, actor, current(live, actor)
