"""The mail about an answer to a request: its text, and who no longer gets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from semantic.display.messages.message import Message
from semantic.policy.actor import Actor
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.composers import composer_of
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.services.requests.mail import DAMAGED, LEFT, OPEN_AGAIN, compose_request
from semantic.services.requests.work import RequestOrigin, RequestWork
from semantic.store.outbox.sends import SENDS, Send, read_send
from semantic.store.requests.requests import REQUESTS
from tests.semantic.services.requests.test_requests import CARA
from tests.semantic.services.test_uploads import ANA, MIA, opened_live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    opened = opened_live(str(tmp_path / "store.sqlite"), tmp_path)
    yield opened
    opened.close()


def only_send(live: Live) -> Send:
    with live.store.read() as connection:
        number = connection.execute(select(SENDS.c.number)).scalar_one()
        send = read_send(connection, number)
    assert send is not None
    return send


def composed(live: Live, actor: Actor) -> Message | Skipped:
    send = only_send(live)
    reader = Reader(
        actor=actor, recipient=send.recipient, address="someone@example.org", zone="Europe/Berlin", name=actor.name
    )  # fmt: skip
    return compose_request(send, reader, live)


def test_the_mail_states_the_request_and_the_answer(live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, ANA).answer(sent.id, "It counts orders without tests.", link_kind="metric", link="revenue")
    message = composed(live, CARA)
    assert isinstance(message, Message)
    assert message.subject == "Your request was answered: Payback period"
    for words in ("Revenue is now a metric.", "It counts orders without tests.", "/requests"):
        assert words in message.text
    assert composer_of("request") is compose_request


def test_a_long_request_has_a_short_subject(live: Live) -> None:
    sent = RequestWork(live, CARA).ask("payback " * 25, "metric", RequestOrigin())
    RequestWork(live, ANA).answer(sent.id, "Done")
    message = composed(live, CARA)
    assert isinstance(message, Message)
    assert len(message.subject) <= 90


def test_a_metric_that_the_reader_cannot_see_is_not_named(live: Live) -> None:
    sent = RequestWork(live, MIA).ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, ANA).answer(sent.id, "", link_kind="metric", link="revenue")
    message = composed(live, MIA)
    assert isinstance(message, Message)
    assert "evenue" not in message.text


def test_an_outdated_mail_is_not_sent(live: Live) -> None:
    work = RequestWork(live, CARA)
    sent = work.ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, ANA).decline(sent.id, "No data.")
    message = composed(live, CARA)
    assert isinstance(message, Message)
    assert message.subject == "Your request was declined: Payback period"
    RequestWork(live, ANA).reopen(sent.id)
    assert composed(live, CARA) == Skipped(OPEN_AGAIN)
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(REQUESTS).values(answer="Send me your password"))
    assert composed(live, CARA) == Skipped(DAMAGED)


def test_someone_who_left_the_request_gets_nothing(live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, ANA).answer(sent.id, "Done")
    RequestWork(live, CARA).leave(sent.id)
    assert composed(live, CARA) == Skipped(LEFT)
