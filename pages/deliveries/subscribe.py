"""Subscribe to a board or a saved question: the button, and the panel with the content, the schedule and the
recipients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from pages.deliveries.form import (
    OWN_DATA,
    DeliverySubject,
    Draft,
    access_notes,
    draft_of,
    draw_form,
    first_draft,
    new_delivery,
    next_words,
)
from pages.deliveries.preview import draw_preview
from pages.deliveries.recipients import person
from pages.deliveries.words import schedule_of_delivery, to_words
from pages.shell import links, session
from pages.shell.parts import plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.schedules.schedule import schedule_words
from semantic.services.outbox.deliveries import DeliveryWork, ListedDelivery
from semantic.services.outbox.reader import own_zone

OPEN, TIMES = "subscribe-open", "subscribe-times"
"""The session keys for the open panel, and for the number of forms opened."""

AT_EIGHT: Final = "Send me this every Monday at 08:00"


@dataclass(frozen=True, slots=True)
class Panel:
    """The open panel.

    `draft` has the form's initial values. `delivery` is the ID and revision of the delivery that is being changed, or
    None. `number` is part of the field keys, so that each form has its own fields.
    """

    thing: DeliverySubject
    number: int
    place: str  # the page and board that it was opened on
    step: Literal["first", "form", "preview", "done"] = "first"
    draft: Draft | None = None
    delivery: tuple[str, int] | None = None
    wrong: str = ""
    said: tuple[str, str] = ("", "")

    @property
    def key(self) -> str:
        return f"subscribe-{self.number}"


def subscribe_button(thing: DeliverySubject, actor: Actor, *, key: str, small: bool = False) -> None:
    """Draw the button that opens the panel. If `small` is set, the button is only an icon."""
    says = "Get this by email on a schedule."
    st.button(
        unseen("Subscribe") if small else "Subscribe", key=f"{key}-subscribe-{thing.id}",
        icon=":material/forward_to_inbox:", type="tertiary" if small else "secondary",
        help=f"Subscribe. {says}" if small else says, on_click=open_panel, args=(thing,),
        disabled=actor.viewed_by is not None,
    )  # fmt: skip


def open_panel(thing: DeliverySubject, listed: ListedDelivery | None = None) -> None:
    """Open the panel. If `listed` is set, it opens with the form for changing that delivery."""
    panel = Panel(thing, _next_number(), _place())
    st.session_state[OPEN] = panel if listed is None else _changing(panel, listed)


def is_panel_open() -> bool:
    """Return whether the panel is open on this page. A panel that was left open on another page is closed."""
    panel: Panel | None = st.session_state.get(OPEN)
    if panel is not None and panel.place != _place():
        _close()
    return OPEN in st.session_state


def show_panel(actor: Actor) -> None:
    """Draw the panel while it's open."""
    if is_panel_open():
        _dialog(actor)


def _place() -> str:
    return f"{st.session_state.get(links.AT, '')} {st.query_params.get(links.BOARD_ID, '')}"


def _next_number() -> int:
    st.session_state[TIMES] = number = st.session_state.get(TIMES, 0) + 1
    return number


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _go(panel: Panel) -> None:
    """Open another step of the panel. Its form has its own fields."""
    st.session_state[OPEN] = replace(panel, number=_next_number())


def _changing(panel: Panel, listed: ListedDelivery) -> Panel:
    delivery, draft = listed.delivery, draft_of(listed, session.live())
    return replace(panel, step="form", draft=draft, delivery=(delivery.id, delivery.revision), wrong="")


@st.dialog("Subscribe", width="medium", icon=":material/forward_to_inbox:", on_dismiss=_close)
@in_turn
def _dialog(actor: Actor) -> None:
    _, asking = session.require("viewer")
    panel: Panel | None = st.session_state.get(OPEN)
    if asking != actor or panel is None:
        st.rerun()
    try:
        match panel.step:
            case "first":
                _first(panel, actor)
            case "form":
                _form(panel, actor)
            case "preview":
                _preview(panel, actor)
            case "done":
                _done(panel)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")


# The first step: existing deliveries, or one click for the default schedule


def _first(panel: Panel, actor: Actor) -> None:
    title = plain(panel.thing.title)
    existing = DeliveryWork(session.live(), actor).of(panel.thing.what, panel.thing.id)
    start = first_draft(actor, own_zone(session.live(), actor))
    if existing:
        st.markdown(f"**{title}** is already sent:")
        for listed in existing:
            _existing(panel, listed)
    else:
        st.markdown(f"Get **{title}** by email, with the data you have access to.")
        st.button(
            AT_EIGHT, key=f"{panel.key}-usual", type="primary", icon=":material/forward_to_inbox:",
            on_click=_save, args=(panel, start),
        )  # fmt: skip
        st.caption(plain(next_words(start)))
    _say_what_is_wrong(panel)
    st.button(
        "New delivery" if existing else "More options", key=f"{panel.key}-more", type="tertiary",
        icon=":material/add:" if existing else ":material/tune:",
        on_click=_go, args=(replace(panel, step="form", draft=start, wrong=""),),
    )  # fmt: skip


def _existing(panel: Panel, listed: ListedDelivery) -> None:
    delivery = listed.delivery
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        words = schedule_words(schedule_of_delivery(delivery))
        st.markdown(f"**{plain(words)}**  \n:small[:gray[{plain(to_words(listed, session.live()))}]]", width="stretch")
        if listed.is_mine:
            st.button(
                f"Edit {unseen(words)}", key=f"{panel.key}-edit-{delivery.id}", on_click=_edit, args=(panel, listed)
            )
        else:
            links.subscriptions_link("Manage")


def _edit(panel: Panel, listed: ListedDelivery) -> None:
    _go(_changing(panel, listed))


# The form and its preview


def _form(panel: Panel, actor: Actor) -> None:
    start = panel.draft or first_draft(actor, own_zone(session.live(), actor))
    st.markdown(f"Send **{plain(panel.thing.title)}**")
    draft = draw_form(panel.key, panel.thing, start, actor)
    for note in access_notes(panel.thing, draft, actor):
        st.caption(f":material/info: {plain(note)}")
    st.caption(plain(f"{OWN_DATA} {next_words(draft, is_new=panel.delivery is None)}"))
    _say_what_is_wrong(panel)
    with st.container(horizontal=True, gap="small"):
        st.button(
            plain(_save_label(panel, draft, actor)), key=f"{panel.key}-save", type="primary",
            on_click=_save, args=(replace(panel, draft=draft), draft),
        )  # fmt: skip
        st.button(
            "Preview", key=f"{panel.key}-preview", icon=":material/visibility:",
            on_click=_go, args=(replace(panel, step="preview", draft=draft, wrong=""),),
        )  # fmt: skip


def _save_label(panel: Panel, draft: Draft, actor: Actor) -> str:
    if panel.delivery is not None:
        return "Save"
    return "Subscribe" if draft.recipients == (person(actor),) else "Start sending"


def _say_what_is_wrong(panel: Panel) -> None:
    if panel.wrong:
        st.warning(plain(panel.wrong), icon=":material/error:")


def _preview(panel: Panel, actor: Actor) -> None:
    assert panel.draft is not None
    st.button(
        "Back", key=f"{panel.key}-back", icon=":material/arrow_back:", type="tertiary",
        on_click=_go, args=(replace(panel, step="form"),),
    )  # fmt: skip
    draw_preview(panel.key, panel.thing, panel.draft, actor)


# Saving


def _save(panel: Panel, draft: Draft) -> None:
    """Save the form, after checking everything again. On an error, the panel stays open and shows it."""
    _, actor = session.require("viewer")
    work, wanted = DeliveryWork(session.live(), actor), new_delivery(panel.thing, draft)
    try:
        if panel.delivery is None:
            work.make(wanted, draft.recipients)
        else:
            id_, revision = panel.delivery
            work.change(id_, wanted, draft.recipients, revision=revision)
    except SemanticError as error:
        st.session_state[OPEN] = replace(panel, wrong=str(error))
        return
    is_to_me = draft.recipients == (person(actor),)
    begin = "You'll get" if is_to_me else "Samepage will send"
    said = f"{begin} {panel.thing.title} {_when(draft)}."
    st.session_state[OPEN] = replace(panel, step="done", said=(said, next_words(draft, is_new=panel.delivery is None)))


def _when(draft: Draft) -> str:
    """Return the schedule as part of a sentence, without the time zone, which the time of the first message
    includes.
    """
    words = schedule_words(draft.schedule).removesuffix(f", {draft.schedule.zone} time")
    return f"{words[0].lower()}{words[1:]}"


def _done(panel: Panel) -> None:
    said, first = panel.said
    st.markdown(f":green[:material/check_circle:] **{plain(said)}** {plain(first)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Done", key=f"{panel.key}-done", type="primary"):
            _close()
            st.rerun()
        links.subscriptions_link("See all your subscriptions")
