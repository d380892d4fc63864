"""The subscriptions of a person: those that they receive, and those that they send to others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from pages.deliveries.form import DeliverySubject
from pages.deliveries.history import history_button, show_history
from pages.deliveries.schedule_field import weekdays_at_eight
from pages.deliveries.subscribe import open_panel, show_panel
from pages.deliveries.words import CONDITIONS, last_words, schedule_of_delivery, slot_words, to_words
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, empty_state, notice, page_header, plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.model.zones import zones
from semantic.policy.actor import Actor
from semantic.schedules.schedule import schedule_words
from semantic.services.outbox.deliveries import ChosenRecipient, DeliveryWork, ListedDelivery, can_open
from semantic.services.outbox.reader import own_zone, set_own_zone
from semantic.store.outbox.deliveries import NewDelivery

FOR_ME, I_SEND = "For me", "I send"
TAB, TOLD, DIGEST, ZONE = "subscriptions-tab", "subscriptions-told", "subscriptions-digest", "subscriptions-zone"
"""The session keys for the open tab, the outcome of the last click, the digest switch and the time zone."""

UNTITLED: Final = "A delivery you no longer have access to"


def header() -> None:
    """Draw the title."""
    page_header("My subscriptions", "What Samepage sends you, and what you send to others.")


@st.fragment
@in_turn
def subscriptions() -> None:
    """Draw the outcome of the last click, then the lists, which rerun separately on every click."""
    _, actor = session.require("viewer")
    live, work = session.live(), DeliveryWork(session.live(), actor)
    told: tuple[State, str, str, Action | None] | None = st.session_state.get(TOLD)
    if told is not None:
        state, icon, text, act = told
        notice(state, icon, text, act or Action("Close", _close_notice), key="subscriptions-notice")
    try:
        for_me = work.for_me()
        mine = work.mine()
        zone = own_zone(live, actor)
        sent = [each for each in mine if _goes_to_others(each)]
        shown = st.segmented_control(
            "Show", [FOR_ME, I_SEND], default=FOR_ME, required=True, key=TAB, label_visibility="collapsed",
            format_func=lambda tab: plain(f"{tab} ({len(for_me if tab == FOR_ME else sent)})"),
        )  # fmt: skip
        _listed(for_me if shown == FOR_ME else sent, actor, zone, tab=shown or FOR_ME)
        if shown == FOR_ME and actor.viewed_by is None:
            _settings(mine, zone)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load your subscriptions", str(error), [Action("Try again", _just_rerun)],
            key="subscriptions-away",
        )  # fmt: skip
        return
    if actor.viewed_by is None:
        show_panel(actor)
    show_history(actor)


def _goes_to_others(listed: ListedDelivery) -> bool:
    others = [row for row in listed.recipients if row is not listed.own and row.ended_at is None]
    return bool(others) or listed.own is None


def _listed(every: Sequence[ListedDelivery], actor: Actor, zone: str, *, tab: str) -> None:
    if every:
        for listed in every:
            _row(listed, actor, zone, tab=tab)
    elif tab == FOR_ME:
        empty_state(
            "forward_to_inbox", "No subscriptions yet",
            "Open a board or a saved question and choose Subscribe to get it by email.",
            key="subscriptions-none", ways=_ways,
        )  # fmt: skip
    else:
        empty_state(
            "outbox", "You don't send anything to others",
            "Choose Subscribe on a board or a saved question, then add people, groups or destinations.",
            key="subscriptions-sent-none",
        )  # fmt: skip


def _ways() -> None:
    st.page_link(links.page_of(links.BOARDS), label="Open boards", icon=":material/dashboard:", width="content")


# One delivery


def _row(listed: ListedDelivery, actor: Actor, zone: str, *, tab: str) -> None:
    delivery, live, now = listed.delivery, session.live(), session.store()[0].now()
    can_see = listed.is_mine or can_open(live, delivery, actor)
    title = delivery.title if can_see else UNTITLED
    word, colour, icon = _badge(listed, tab)
    with st.container(border=True, gap="xsmall", key=f"subscription-{delivery.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _title(listed, title, can_open_it=can_see)
            st.badge(badge_text(word), icon=f":material/{icon}:", color=COLOURS[colour])
        facts = [schedule_words(schedule_of_delivery(delivery)), to_words(listed, live)]
        if delivery.condition != "always":
            facts.append(CONDITIONS[delivery.condition])
        st.markdown(plain(" ".join(f"{fact}." for fact in facts if fact)))
        facts = [last_words(listed.last, zone, now)]
        if delivery.next_at is not None and _is_on(listed, tab):
            facts.insert(0, f"Next one on {slot_words(delivery.next_at, zone, now)}")
        st.markdown(f":small[:gray[{plain('. '.join(facts))}.]]")
        if tab == FOR_ME and not listed.is_receiving and listed.why_paused not in ("", "Paused"):
            st.markdown(f":small[:orange[{plain(listed.why_paused.rstrip('.'))}.]]")
        if actor.viewed_by is None:
            with st.container(horizontal=True, gap="small"):
                _acts(listed, title, tab)


def _title(listed: ListedDelivery, title: str, *, can_open_it: bool) -> None:
    delivery = listed.delivery
    if can_open_it and delivery.what == "board":
        links.board_link(title, delivery.about, strong=True, icon="", width="content")
    elif can_open_it and delivery.what == "question":
        links.saved_link(title, delivery.about, strong=True, icon="", width="content")
    else:
        st.markdown(f"**{plain(title)}**", width="content")


def _is_on(listed: ListedDelivery, tab: str) -> bool:
    return listed.delivery.is_active and (tab == I_SEND or listed.is_receiving)


def _badge(listed: ListedDelivery, tab: str) -> tuple[str, State, str]:
    if tab == FOR_ME and listed.own is not None and listed.own.has_unsubscribed:
        return "Unsubscribed", "quiet", "unsubscribe"
    if not _is_on(listed, tab):
        return "Paused", "caution", "pause_circle"
    if listed.last is not None and listed.last.state == "failed":
        return "Last one failed", "bad", "error"
    return "Active", "good", "check_circle"


def _acts(listed: ListedDelivery, title: str, tab: str) -> None:
    delivery = listed.delivery
    id_ = delivery.id

    def act(label: str, icon: str, press: Callable[..., None], name: str) -> None:
        st.button(
            f"{plain(label)} {unseen(title)}", key=f"{name}-{id_}", icon=f":material/{icon}:", type="tertiary",
            on_click=press, args=(listed, title),
        )  # fmt: skip

    if listed.is_mine:
        if delivery.paused_at is None and (listed.is_receiving or _goes_to_others(listed)):
            act("Pause", "pause", _pause, "pause")
        elif delivery.paused_at is not None:
            act("Resume", "play_arrow", _resume, "resume")
        act("Edit", "edit", _edit, "edit")
    if tab == FOR_ME:
        if listed.is_receiving and delivery.is_active:
            act("Send me one now", "send", _send_now, "now")
        if listed.is_receiving:
            act("Unsubscribe", "unsubscribe", _unsubscribe, "unsubscribe")
        elif listed.own is not None and (listed.own.has_unsubscribed or listed.own.paused_at is not None):
            act("Subscribe again", "undo", _subscribe_again, "again")
    history_button(id_, title)
    if listed.is_mine and (tab == I_SEND or not listed.is_receiving):
        _delete(listed, title)


def _delete(listed: ListedDelivery, title: str) -> None:
    key = f"delete-{listed.delivery.id}"
    popover = st.popover(
        f"Delete {unseen(title)}", icon=":material/delete:", key=key, type="tertiary", on_change="rerun"
    )
    if popover.open:
        with popover, st.container(width=280):
            st.caption("No one receives it any more. This can't be undone.")
            st.button("Delete delivery", key=f"{key}-now", type="primary", on_click=_remove, args=(listed, title))


# Settings: the digest and the time zone


def _settings(mine: Sequence[ListedDelivery], zone: str) -> None:
    digest = next((each for each in mine if each.delivery.what == "digest"), None)
    is_on = digest is not None and digest.is_receiving and digest.delivery.is_active
    st.session_state[DIGEST] = is_on
    st.toggle(
        "Weekday digest of what you follow", key=DIGEST, on_change=_turn_digest, args=(digest, zone),
        help="A short email on weekdays at 08:00, if a metric you follow moved out of its usual range.",
    )  # fmt: skip
    usual = session.workspace().model.settings.time_zone
    names = ["", *sorted(zones())]
    st.session_state[ZONE] = zone if zone != usual else ""
    st.selectbox(
        "Time zone in your emails", names, key=ZONE, width=320, on_change=_set_zone,
        format_func=lambda name: name or f"{usual} (company)",
        help="Dates and times in messages from Samepage. Schedules keep their own time zone.",
    )  # fmt: skip


# Click handlers


def _tell(state: State, icon: str, text: str, act: Action | None = None) -> None:
    st.session_state[TOLD] = state, icon, text, act


def _try(change: Callable[[DeliveryWork], object]) -> bool:
    """Make a change as the person who clicked, and return whether it succeeded. On an error, the page shows it."""
    _, actor = session.require("viewer")
    try:
        change(DeliveryWork(session.live(), actor))
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return False
    return True


def _pause(listed: ListedDelivery, title: str) -> None:
    delivery = listed.delivery
    if _try(lambda work: work.pause(delivery.id, revision=delivery.revision)):
        who = " for everyone who gets it" if _goes_to_others(listed) else ""
        _tell("good", "pause_circle", f"{title} is paused{who}.")


def _resume(listed: ListedDelivery, title: str) -> None:
    delivery = listed.delivery
    if _try(lambda work: work.resume(delivery.id, revision=delivery.revision)):
        _tell("good", "play_arrow", f"{title} resumes at the next scheduled time.")


def _edit(listed: ListedDelivery, title: str) -> None:
    delivery = listed.delivery
    open_panel(DeliverySubject(delivery.what, delivery.about, title), listed)


def _send_now(listed: ListedDelivery, title: str) -> None:
    if _try(lambda work: work.send_now(listed.delivery.id)):
        where = "Open Mailbox in a moment." if session.live().settings.demo else "It arrives within a minute or two."
        _tell("good", "send", f"{title} is on its way to you. {where}")


def _unsubscribe(listed: ListedDelivery, title: str) -> None:
    if _try(lambda work: work.unsubscribe(listed.delivery.id)):
        undo = Action("Undo", lambda: _subscribe_again(listed, title))
        _tell("good", "unsubscribe", f"You're unsubscribed from {title}.", undo)


def _subscribe_again(listed: ListedDelivery, title: str) -> None:
    if _try(lambda work: work.subscribe_again(listed.delivery.id)):
        _tell("good", "check_circle", f"You're subscribed to {title} again.")


def _remove(listed: ListedDelivery, title: str) -> None:
    delivery = listed.delivery
    if _try(lambda work: work.remove(delivery.id, revision=delivery.revision)):
        _tell("good", "delete", f"{title} isn't sent any more.")


def _turn_digest(digest: ListedDelivery | None, zone: str) -> None:
    is_on = bool(st.session_state.get(DIGEST))
    if not is_on:
        if digest is not None and _try(lambda work: work.remove(digest.delivery.id, revision=digest.delivery.revision)):
            _tell("good", "unsubscribe", "You won't get the digest any more.")
        return
    schedule = weekdays_at_eight(zone)

    def begin(work: DeliveryWork) -> None:
        if digest is not None:  # The old digest is paused or unsubscribed.
            work.remove(digest.delivery.id, revision=digest.delivery.revision)
        wanted = NewDelivery(what="digest", about="", title="", cron=schedule.cron, zone=schedule.zone)
        work.make(wanted, [ChosenRecipient("person", work.actor.id)])

    if _try(begin):
        _tell("good", "check_circle", "You'll get the digest on weekdays at 08:00, if something moved.")


def _set_zone() -> None:
    _, actor = session.require("viewer")
    try:
        set_own_zone(session.live(), actor, st.session_state.get(ZONE) or "")
    except SemanticError as error:
        _tell("caution", "error", str(error))


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
