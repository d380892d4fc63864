"""The alert editor: the form on the left, and a preview of when the alert would have fired on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.alerts.edit.draft import Draft, draft_of_alert, forget_draft, new_draft
from pages.alerts.edit.form import alert_fields
from pages.alerts.edit.preview import preview
from pages.alerts.edit.rule_fields import use_usual_range
from pages.alerts.outcome import forget_outcome, tell
from pages.deliveries.recipients import person, recipient_field
from pages.shell import links, session
from pages.shell.parts import Action, empty_state, page_header, plain
from semantic.errors import SemanticError
from semantic.services.alerts.listing import chosen_recipients, named_recipients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semantic.alerts.alert import Alert
    from semantic.services.alerts.work import AlertWork
    from semantic.services.outbox.deliveries import ChosenRecipient
    from semantic.store.alerts.alerts import StoredAlert

TITLE, CHANGE = "Set alert", "Edit alert"


def editor() -> None:
    """Draw a new alert for the question in the address, or the existing alert whose ID is in the address."""
    workspace, actor = session.require("viewer")
    work = session.alert_work(workspace, actor)
    if not work.may_make:
        page_header(TITLE)
        empty_state(
            "visibility", "Not available while you view as someone else", "Stop viewing to set alerts as yourself.",
            key="alert-viewing",
        )  # fmt: skip
        return
    try:
        kept = _kept(work)
        start = _recipients(kept, work)
    except SemanticError as error:
        page_header(CHANGE)
        empty_state(
            "search_off", "Couldn't open this alert", str(error), [Action("Try again", _just_rerun)], key="alert-away"
        )
        return
    draft = new_draft(workspace, actor) if kept is None else draft_of_alert(kept, workspace, actor)
    page_header(TITLE if kept is None else CHANGE, scope=workspace.visible(actor).scope)
    left, right = st.columns([1, 1.3], gap="medium")
    with left, st.container(border=True, gap="small", key="alert-form"):
        alert = alert_fields(draft, workspace)
        if draft.asking.draft.metrics:
            _ending(draft, alert, start, kept, work)
    with right:
        preview((draft.key, actor), alert, work.preview, lambda: use_usual_range(draft.key))


def _kept(work: AlertWork) -> StoredAlert | None:
    """Return the alert whose ID is in the address, or None for a new one. Raises NotAllowed for someone
    else's alert.
    """
    id_ = st.query_params.get(links.ALERT_ID, "")
    if not id_:
        return None
    kept = work.find(id_)
    work.check_mine(kept)
    return kept


def _recipients(kept: StoredAlert | None, work: AlertWork) -> tuple[ChosenRecipient, ...]:
    if kept is None:
        return (person(work.actor),)
    named = named_recipients(work, [kept])
    return tuple(named[one].chosen for one in kept.recipients)


def _ending(
    draft: Draft, alert: Alert | None, start: Sequence[ChosenRecipient], kept: StoredAlert | None, work: AlertWork
) -> None:
    """Draw the recipients, a sentence that says what the alert does, and the button that saves it."""
    recipients = recipient_field(f"{draft.key}-to", work.actor, start)
    st.caption(
        "The alert checks the data that each person has access to. Numbers can differ, and it can fire for one person "
        "and not for another."
    )
    if alert is not None:
        st.markdown(f":small[**{plain(work.rule_words(alert))}.** {plain(work.patience_words(alert))}]")
    label = "Create alert" if kept is None else "Save alert"
    ready = alert is not None and bool(recipients)
    pressed = st.button(label, type="primary", key="alert-save", disabled=not ready)
    if pressed and alert is not None:
        _save(alert, recipients, kept, work)


def _save(alert: Alert, recipients: Sequence[ChosenRecipient], kept: StoredAlert | None, work: AlertWork) -> None:
    """Save the alert and open its page. On an error, the form stays open and shows it."""
    try:
        wanted = chosen_recipients(work, session.people(), recipients)
        if kept is None:
            id_ = work.make(alert, wanted)
        else:
            id_ = kept.id
            work.change(kept, alert, wanted)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    forget_draft()
    forget_outcome()
    words = "The alert is set. It's checked once the next period's data is loaded." if kept is None else "Alert saved."
    tell("good", "notifications_active", words)
    st.switch_page(links.page_of(links.ALERT), query_params={links.ALERT_ID: id_})


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
