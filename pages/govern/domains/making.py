"""Actions of core stewards: add a domain, and promote a team's metric to the core."""

from __future__ import annotations

import re

import streamlit as st

from pages.govern.domains.telling import tell, tell_failure
from pages.shell import session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.model.editing.objects import Key
from semantic.services.domains import DomainWork

_FIELDS = ("domain-new-label", "domain-new-about", "domain-new-stewards", "domain-new-members", "domain-new-groups")


def new_domain(work: DomainWork) -> None:
    """Draw the popover "New domain"."""
    with st.popover("New domain", icon=":material/add:", key="domain-new", on_change="rerun") as popover:
        if not popover.open:
            return
        people = {id_: person.name or id_ for id_, person in work.live.people().items()}
        label, about, stewards, members, groups = _FIELDS
        with st.container(width=420, gap="small"):
            st.text_input("Name", key=label, placeholder="Field marketing", max_chars=60)
            show_missing(label)
            st.text_area("Description", key=about, max_chars=400, height=80)
            st.multiselect(
                "Stewards", list(people), key=stewards, format_func=lambda id_: plain(people[id_]),
                help="They change and publish the team's metrics. They need the marketer role or higher.",
            )  # fmt: skip
            st.multiselect("Members", list(people), key=members, format_func=lambda id_: plain(people[id_]))
            st.text_input("Groups of members", key=groups, placeholder="field-team, events", max_chars=400)
            st.button(
                "Add to draft", key="domain-new-go", type="primary", on_click=needs({label: "Enter a name."}, _make)
            )  # fmt: skip


def _make() -> None:
    actor = session.require("steward")[1]
    label, about, stewards, members, groups = (st.session_state.get(field) for field in _FIELDS)
    name = re.sub(r"[^a-z0-9]+", "_", str(label or "").casefold()).strip("_") or "team"
    fields: dict[str, object] = {
        "name": name if name[0].isalpha() else f"team_{name}",
        "label": str(label or "").strip(),
        "description": str(about or "").strip(),
        "owner": actor.name or actor.id,
        "stewards": {"people": sorted(stewards or [])},
        "members": {
            "people": sorted(members or []),
            "groups": sorted({text.strip() for text in str(groups or "").split(",")} - {""}),
        },
    }
    try:
        DomainWork(session.live(), actor).make(fields)
    except SemanticError as error:
        tell_failure(error)
        return
    for field in (*_FIELDS, "definitions_edits"):
        st.session_state.pop(field, None)
    st.session_state["domain-new"] = False
    tell(f"Your draft adds the domain {fields['label']}.", to_changes=True)


def promote(key: Key, label: str) -> None:
    """Promote a team's metric or segment to the core, in the draft of the person who clicked."""
    actor = session.require("steward")[1]
    try:
        DomainWork(session.live(), actor).promote(key)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state.pop("definitions_edits", None)
    tell(f"Your draft promotes {label} to the core.", to_changes=True)
