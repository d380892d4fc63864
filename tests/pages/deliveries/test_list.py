"""The page My subscriptions: what someone receives and sends, its history, and their digest and time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages.deliveries.list import UNTITLED
from pages.shell import links
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.outbox.deliveries import ChosenRecipient, DeliveryWork
from semantic.services.outbox.reader import own_zone
from semantic.services.process import Live
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import (
    NewSend,
    Recipient,
    claim_send,
    note_failed,
    note_handed_over,
    note_not_sent,
    note_rendered,
    queue_send,
    read_sends,
    retry_send,
)
from semantic.store.people import subject_of
from tests.pages.api_world import ANA
from tests.pages.deliveries.world import BOARD, JONAS, LENA, board, live, publish, said, visit, who

__all__ = ["board", "live", "visit", "who"]  # fixtures

Open = Callable[..., AppTest]
MINUTE = timedelta(minutes=1)


def send_to(live: Live, board: str, *people: str, owner: Actor = JONAS) -> str:
    """Create a delivery of the board to these people on Mondays, and return its ID."""
    wanted = NewDelivery(what="board", about=board, title="", cron="0 8 * * 1", zone="Europe/Berlin")
    return DeliveryWork(live, owner).make(wanted, [ChosenRecipient("person", person) for person in people]).id


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def show_sent(app: AppTest) -> AppTest:
    return app.button_group(key="subscriptions-tab").set_value("I send").run()


def keys(app: AppTest) -> set[str]:
    """Return the keys of everything that can be clicked in the rows, without the IDs."""
    return {str(button.key).partition("-")[0] for button in app.button if button.key and "subscribe-" not in button.key}


def test_without_subscriptions_the_page_says_how_to_get_one(visit: Open) -> None:
    app = visit(links.SUBSCRIPTIONS)
    assert "No subscriptions yet" in said(app)
    assert "choose Subscribe to get it by email" in said(app)
    assert "You don't send anything to others" in said(show_sent(app))


def test_a_recipient_can_request_a_message_now(visit: Open, live: Live, board: str) -> None:
    delivery = send_to(live, board, "jonas", "lena")
    app = press(visit(links.SUBSCRIPTIONS), f"now-{delivery}")
    assert "is on its way to you. Open Mailbox in a moment." in said(app)
    with live.store.read() as connection:
        (send,) = read_sends(connection, kind="delivery", about=delivery)
    with live.store.write(recorded=False) as transaction:
        assert send.recipient == Recipient(kind="person", id=subject_of(transaction, LENA.id, LENA.name))
    press(app, f"unsubscribe-{delivery}")
    assert "now" not in keys(visit(links.SUBSCRIPTIONS))


def test_a_recipient_unsubscribes_and_undoes_it(visit: Open, live: Live, board: str) -> None:
    delivery = send_to(live, board, "jonas", "lena")
    app = visit(links.SUBSCRIPTIONS)
    text = said(app)
    assert "Every Monday at 08:00, Europe/Berlin time. To you, from Jonas Falk." in text
    assert "Next one on Mon " in text
    assert "Nothing sent yet" in text
    assert {"pause", "edit", "delete"}.isdisjoint(keys(app))
    app = press(app, f"unsubscribe-{delivery}")
    assert "You're unsubscribed from Sales" in said(app)
    assert "Next one" not in said(app)
    (listed,) = DeliveryWork(live, LENA).for_me()
    assert not listed.is_receiving
    app = press(app, "subscriptions-notice-act")
    assert "You're subscribed to Sales" in said(app)
    (listed,) = DeliveryWork(live, LENA).for_me()
    assert listed.is_receiving
    (sent,) = DeliveryWork(live, JONAS).mine()
    assert {row.name for row in sent.recipients if row.is_receiving} == {"Jonas Falk", "Lena Brandt"}


def test_an_owner_pauses_resumes_and_deletes(visit: Open, live: Live, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = JONAS
    delivery = send_to(live, board, "lena")
    app = visit(links.SUBSCRIPTIONS)
    assert "No subscriptions yet" in said(app)
    app = show_sent(app)
    assert "To Lena Brandt" in said(app)
    app = press(app, f"pause-{delivery}")
    assert "is paused for everyone who gets it." in said(app)
    (listed,) = DeliveryWork(live, JONAS).mine()
    assert listed.delivery.paused_at is not None
    app = press(app, f"resume-{delivery}")
    (listed,) = DeliveryWork(live, JONAS).mine()
    assert listed.delivery.paused_at is None
    assert listed.delivery.next_at is not None


def test_someone_elses_subscriptions_are_not_listed(visit: Open, live: Live, board: str, who: dict[str, Actor]) -> None:
    send_to(live, board, "lena")
    who["asks"] = ANA
    app = visit(links.SUBSCRIPTIONS)
    assert "No subscriptions yet" in said(app)
    assert "You don't send anything to others" in said(show_sent(app))


def test_a_title_that_its_recipient_cannot_open_is_not_shown(visit: Open, live: Live) -> None:
    """Only Ana can open the board."""
    send_to(live, publish(live, replace(BOARD, title="Secret plan")), "lena", owner=ANA)
    text = said(visit(links.SUBSCRIPTIONS))
    assert UNTITLED in text
    assert "Secret plan" not in text


def test_the_history_shows_the_outcome_of_each_message(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    delivery = send_to(live, board, "jonas", "lena")
    with live.store.write(recorded=False) as transaction:
        lena = Recipient(kind="person", id=subject_of(transaction, "lena", ""))
        jonas = Recipient(kind="person", id=subject_of(transaction, "jonas", ""))
        now = transaction.now.replace(second=0, microsecond=0)
        note_not_sent(
            transaction,
            NewSend(kind="delivery", about=delivery, slot=now - 9 * MINUTE, recipient=lena),
            "Nothing changed notably",
        )
        for minutes, recipient, failed in ((8, lena, ""), (7, lena, "The mail server refused it"), (6, jonas, "")):
            queue_send(
                transaction, NewSend(kind="delivery", about=delivery, slot=now - minutes * MINUTE, recipient=recipient)
            )
            send = claim_send(transaction, "w", MINUTE)
            assert send is not None
            note_rendered(transaction, send, "w", MINUTE, receipts=[f"R-{minutes}"])
            if failed:
                note_failed(transaction, send, "w", failed)
            else:
                note_handed_over(transaction, send, "w", "250 OK")
    app = press(visit(links.SUBSCRIPTIONS), f"history-{delivery}")
    text = said(app)
    assert [text.count(f" {badge}]") for badge in ("Sent", "Failed", "Not sent")] == [1, 1, 1]
    assert "Nothing changed notably" in text
    assert "The mail server refused it" in text
    assert "to Jonas Falk" not in text
    who["asks"] = JONAS
    app = press(visit(links.SUBSCRIPTIONS), f"history-{delivery}")
    text = said(app)
    assert [text.count(f" {badge}]") for badge in ("Sent", "Failed", "Not sent")] == [2, 1, 1]
    assert text.count(" to Lena Brandt") == 3
    assert text.count(" to you") == 1


def test_a_row_shows_the_state_of_the_last_message(visit: Open, live: Live, board: str) -> None:
    """A message that is being sent doesn't show a time in the past, and sentences end with one full stop."""
    delivery = send_to(live, board, "lena")
    with live.store.write(recorded=False) as transaction:
        lena = Recipient(kind="person", id=subject_of(transaction, "lena", ""))
        queue_send(transaction, NewSend(kind="delivery", about=delivery, slot=transaction.now, recipient=lena))
    text = said(visit(links.SUBSCRIPTIONS))
    assert re.search(r"The message due on \w{3} \d+ \w{3} at \d\d:\d\d is being sent\.", text)
    with live.store.write(recorded=False) as transaction:
        send = claim_send(transaction, "w", MINUTE)
        assert send is not None
        retry_send(transaction, send, "w", "The mail server didn't answer.", transaction.now)
    text = said(visit(links.SUBSCRIPTIONS))
    assert re.search(r"Trying again to send the message due on .*: The mail server didn't answer\.\]", text)
    with live.store.write(recorded=False) as transaction:
        send = claim_send(transaction, "w", MINUTE)
        assert send is not None
        note_failed(transaction, send, "w", "The mail server didn't answer.")
    assert re.search(r"Failed on .*: The mail server didn't answer\.\]", said(visit(links.SUBSCRIPTIONS)))


def test_the_digest_has_one_switch(visit: Open, live: Live) -> None:
    app = visit(links.SUBSCRIPTIONS)
    app = app.toggle(key="subscriptions-digest").set_value(True).run()
    (listed,) = DeliveryWork(live, LENA).mine()
    delivery = listed.delivery
    assert (delivery.what, delivery.cron, delivery.zone) == ("digest", "0 8 * * 1-5", "Europe/Berlin")
    assert app.toggle(key="subscriptions-digest").value is True
    assert "Every weekday at 08:00" in said(app)
    app = press(app, f"unsubscribe-{delivery.id}")
    assert app.toggle(key="subscriptions-digest").value is False
    app = app.toggle(key="subscriptions-digest").set_value(True).run()
    (listed,) = DeliveryWork(live, LENA).mine()
    assert listed.is_receiving
    app = app.toggle(key="subscriptions-digest").set_value(False).run()
    assert DeliveryWork(live, LENA).mine() == []
    assert "No subscriptions yet" in said(app)


def test_a_persons_emails_have_their_own_time_zone(visit: Open, live: Live, board: str) -> None:
    send_to(live, board, "lena")
    app = visit(links.SUBSCRIPTIONS)
    assert app.selectbox(key="subscriptions-zone").value == ""
    app = app.selectbox(key="subscriptions-zone").set_value("Europe/London").run()
    assert own_zone(live, LENA) == "Europe/London"
    assert " at 07:00" in said(app)  # London is an hour behind Berlin all year
    app = app.selectbox(key="subscriptions-zone").set_value("").run()
    assert own_zone(live, LENA) == "Europe/Berlin"


def test_viewing_as_someone_changes_nothing_of_theirs(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    send_to(live, board, "lena")
    who["asks"] = replace(LENA, viewed_by="otto")
    app = visit(links.SUBSCRIPTIONS)
    assert "Every Monday at 08:00" in said(app)
    assert {"unsubscribe", "history", "pause"}.isdisjoint(keys(app))
    assert not app.toggle


def test_an_unavailable_store_is_reported(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: DeliveryWork) -> list[object]:
        raise StoreFailed("The database of saved work didn't respond.")

    monkeypatch.setattr(DeliveryWork, "for_me", fail)
    app = visit(links.SUBSCRIPTIONS)
    assert "Couldn't load your subscriptions" in said(app)
    assert "Try again" in said(app)
