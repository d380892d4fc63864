"""A preview of the exact email that a delivery sends to this person, or to someone that this person can view as."""

from __future__ import annotations

import streamlit as st

from pages.deliveries.form import OWN_DATA, DeliverySubject, Draft, new_delivery
from pages.mailbox.frame import mail_frame
from pages.shell import session
from pages.shell.parts import plain
from semantic.policy.actor import Actor
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.previewing import preview, previewable


def draw_preview(key: str, thing: DeliverySubject, draft: Draft, actor: Actor) -> None:
    """Draw the email, and the choice of the person who would get it. Nothing is sent. Raises SemanticError."""
    live = session.live()
    people = {each.id: each for each in previewable(live, actor)}
    chosen = {each.id for each in draft.recipients if each.kind == "person"}
    ids = sorted(people, key=lambda id_: (id_ != actor.id, id_ not in chosen, people[id_].short_name.casefold()))
    shown = actor.id
    if len(ids) > 1:
        shown = st.selectbox(
            "Preview as", ids, key=f"{key}-as",
            format_func=lambda id_: "Me" if id_ == actor.id else people[id_].short_name,
        )  # fmt: skip
    with st.spinner("Preparing the email\N{HORIZONTAL ELLIPSIS}"):
        message = preview(live, new_delivery(thing, draft), actor, person=shown)
    if isinstance(message, Skipped):
        st.info(plain(f"Nothing would be sent now: {message.why.rstrip('.')}."), icon=":material/info:")
        return
    st.markdown(f"**{plain(message.subject)}**  \n:small[:gray[{plain(message.preheader)}]]")
    mail_frame(message.html, key=f"{key}-letter", title=message.subject)
    files = ", ".join(f"{each.name} ({max(1, len(each.content) // 1000):,} KB)" for each in message.attachments)
    st.caption(plain(f"Attached: {files}. {OWN_DATA}" if files else OWN_DATA))
