"""Where a message is sent, and what is left out for a destination that no policy covers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from semantic.config.mail import MailServer
from semantic.errors import HandOverFailed
from semantic.policy.actor import Actor
from semantic.policy.links import reader_of_destination
from semantic.services.process import Live
from semantic.store.destinations.destinations import (
    Kind,
    NewDestination,
    add_destination,
    end_destination,
    find_destination,
)
from semantic.store.destinations.mail_server import write_mail_server
from semantic.store.destinations.mailbox import read_mail, read_mailbox
from semantic.store.outbox.deliveries import NewDelivery, make_delivery
from semantic.store.outbox.sends import Recipient, Send
from semantic.transport.chat import KEY, SIGNATURE, TIMESTAMP
from semantic.transport.hand_over import DEMO_SENDER, IN_MAILBOX, hand_over
from semantic.transport.manage import send_for_test
from semantic.transport.mime import mime_of
from semantic.transport.web import Web
from tests.pages.api_world import ANA, OTTO
from tests.semantic.transport.messages import MESSAGE, SENDER
from tests.semantic.transport.sending_world import Addressed, person, sending
from tests.semantic.transport.test_smtp import Postbox, content_of, serving
from tests.semantic.transport.test_web import Receiver, answer, receiving

HERE = Web(frozenset({"127.0.0.1"}))
UNSUBSCRIBE = "https://samepage.example.com/unsubscribe/abc"


@pytest.fixture
def live(folder: Path, tmp_path: Path) -> Iterator[Live]:
    with sending(folder, tmp_path) as live:
        yield live


@pytest.fixture
def demo(folder: Path, tmp_path: Path) -> Iterator[Live]:
    with sending(folder, tmp_path / "demo", demo=True) as live:
        yield live


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def _add(live: Live, receiver: Receiver, kind: Kind, *, audience: str = "agency") -> tuple[Addressed, str]:
    address = f"http://127.0.0.1:{receiver.port}/hook/secret"
    with live.store.write() as transaction:
        wanted = NewDestination(kind=kind, name="#agency", address=address, audience=audience)
        number, secret = add_destination(transaction, live.keys, wanted, OTTO)
    actor = reader_of_destination(audience, id=number, name="#agency")
    return Addressed(actor, Recipient(kind="destination", id=number)), secret


def _send(live: Live, to: Addressed, **details: Any) -> Send:
    return replace(send_for_test(live, to.recipient), details=MappingProxyType(details))


def _got(receiver: Receiver) -> dict[str, Any]:
    return json.loads(receiver.got[-1][2])


def test_the_demos_mailbox_gets_the_bytes_that_a_mail_server_would_get(demo: Live) -> None:
    ana = person(demo, ANA, "ana@demo.example")
    send = _send(demo, ana)
    assert hand_over(demo, send, ana, MESSAGE, unsubscribe=UNSUBSCRIBE) == IN_MAILBOX
    assert hand_over(demo, send, ana, MESSAGE, unsubscribe=UNSUBSCRIBE) == IN_MAILBOX  # again, as after a crash
    with demo.store.read() as connection:
        (row,) = read_mailbox(connection, ana.recipient.id)
        content = read_mail(connection, row.number, ana.recipient.id)
    assert row.title == MESSAGE.subject
    assert content == mime_of(
        MESSAGE, sender=DEMO_SENDER, to="ana@demo.example", message_id=send.message_id, date=row.at,
        unsubscribe=UNSUBSCRIBE,
    )  # fmt: skip


def test_the_mailbox_and_a_mail_server_get_equal_bytes(demo: Live, live: Live) -> None:
    """Only the sender's name differs, because each has its own setting for it."""
    postbox = Postbox()
    ana = person(live, ANA, "ana@demo.example")
    send = _send(live, ana)
    with serving(postbox) as plain:
        with live.store.write() as transaction:
            server = replace(plain, is_of_settings=False, sender=DEMO_SENDER)
            write_mail_server(transaction, live.keys, server, OTTO, revision=0)
        hand_over(live, send, ana, MESSAGE)
    of_demo = person(demo, ANA, "ana@demo.example")
    hand_over(demo, send, of_demo, MESSAGE)
    with demo.store.read() as connection:
        (row,) = read_mailbox(connection, None)
        content = read_mail(connection, row.number, None)
    assert content is not None

    def without_date(given: bytes) -> list[bytes]:
        return [line for line in given.split(b"\r\n") if not line.startswith(b"Date: ")]

    assert without_date(content_of(postbox.got[0])) == without_date(content)


def test_a_company_without_a_mail_server_is_told_where_to_set_one(live: Live) -> None:
    ana = person(live, ANA, "ana@example.com")
    with pytest.raises(HandOverFailed, match="No mail server is set up") as refused:
        hand_over(live, _send(live, ana), ana, MESSAGE)
    assert not refused.value.is_final  # an administrator may be about to
    nowhere = replace(ana, address="")
    with pytest.raises(HandOverFailed, match="has no email address") as refused:
        hand_over(live, _send(live, ana), nowhere, MESSAGE)
    assert refused.value.is_final


def test_the_mail_server_in_the_settings_takes_precedence(folder: Path, tmp_path: Path) -> None:
    postbox = Postbox()
    with serving(postbox) as server, sending(folder, tmp_path, mail=server) as live:
        other = MailServer(host="127.0.0.1", port=9, security="none", sender=SENDER, is_of_settings=False)
        with live.store.write() as transaction:
            write_mail_server(transaction, live.keys, other, OTTO, revision=0)
        ana = person(live, ANA, "ana@example.com")
        assert hand_over(live, _send(live, ana), ana, MESSAGE).startswith("250")
    assert postbox.got[0].rcpt_tos == ["ana@example.com"]


def test_slack_gets_a_headline_bullets_and_a_link(live: Live, receiver: Receiver) -> None:
    channel, _ = _add(live, receiver, "slack")
    hostile = replace(MESSAGE, headline="<!channel> & <https://evil.example|click>", bullets=("*bold* @here", "a\nb"))
    assert hand_over(live, _send(live, channel), channel, hostile, web=HERE) == "200 ok"
    body = _got(receiver)
    assert body["text"] == "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;"
    header, section, actions = body["blocks"]
    assert header["text"] == {
        "type": "plain_text", "text": "<!channel> & <https://evil.example|click>", "emoji": False
    }  # fmt: skip
    assert section["text"] == {"type": "plain_text", "text": "• *bold* @here\n• a b", "emoji": False}
    assert actions["elements"][0]["url"] == MESSAGE.link
    assert body["unfurl_links"] is False


def test_teams_gets_a_card_whose_texts_are_not_markdown(live: Live, receiver: Receiver) -> None:
    channel, _ = _add(live, receiver, "teams")
    hostile = replace(MESSAGE, headline="**x** [a](https://evil.example) <at>all</at>", bullets=("{{DATE(1)}}",))
    hand_over(live, _send(live, channel), channel, hostile, web=HERE)
    (attachment,) = _got(receiver)["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["type"] for block in card["body"]] == ["RichTextBlock", "RichTextBlock"]
    assert [block["inlines"][0]["text"] for block in card["body"]] == [hostile.headline, "• {{DATE(1)}}"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open board", "url": MESSAGE.link}]


def test_a_webhook_gets_signed_data(live: Live, receiver: Receiver) -> None:
    listener, secret = _add(live, receiver, "webhook")
    send = _send(live, listener)
    hand_over(live, send, listener, MESSAGE, web=HERE)
    _, headers, body = receiver.got[0]
    signed = f"{headers[TIMESTAMP]}.".encode() + body
    assert headers[SIGNATURE] == f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
    assert abs(int(headers[TIMESTAMP]) - live.store.now().timestamp()) < 60
    assert headers[KEY] == send.message_id
    assert json.loads(body) == {
        "id": send.message_id,
        "kind": "test",
        "slot": send.slot.isoformat(),
        "headline": MESSAGE.headline,
        "bullets": ["Orders held steady", "Refunds doubled"],
        "link": MESSAGE.link,
        "receipts": ["R-1", "R-2"],
        "values": {"revenue": 1200.5},
    }


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
@pytest.mark.parametrize("audience", ["", "unknown"])
def test_without_an_audience_only_a_title_and_the_link_are_sent(
    live: Live, receiver: Receiver, kind: Kind, audience: str
) -> None:
    """The same is true of an audience that no policy names anymore."""
    channel, _ = _add(live, receiver, kind, audience=audience)
    secret = replace(
        MESSAGE, subject="Revenue is 987654", preheader="987654", headline="987654", bullets=("987654",), text="987654",
        html="987654", values={"revenue": 987654}, receipts=("987654",),
    )  # fmt: skip
    wanted = NewDelivery(what="board", about="b", title="Executive summary", cron="0 8 * * *", zone="UTC")
    with live.store.write() as transaction:
        delivery = make_delivery(transaction, live.keys, wanted, OTTO, next_at=live.store.now())
    noted = _send(live, channel, title="987654")  # anyone who can write to the store can write this
    hand_over(live, replace(noted, kind="delivery", about=delivery.id), channel, secret, web=HERE)
    body = receiver.got[0][2].decode()
    assert "987654" not in body
    assert "Executive summary" in body
    assert MESSAGE.link in body


def test_a_removed_destination_gets_nothing(live: Live, receiver: Receiver) -> None:
    channel, _ = _add(live, receiver, "slack")
    with live.store.write() as transaction:
        end_destination(transaction, live.keys, channel.recipient.id, OTTO)
    with pytest.raises(HandOverFailed, match="was removed") as refused:
        hand_over(live, _send(live, channel), channel, MESSAGE, web=HERE)
    assert refused.value.is_final
    assert receiver.got == []


def test_a_destination_on_this_machine_is_refused_unless_the_operator_allows_it(live: Live, receiver: Receiver) -> None:
    channel, _ = _add(live, receiver, "slack")
    with pytest.raises(HandOverFailed) as refused:
        hand_over(live, _send(live, channel), channel, MESSAGE)
    assert refused.value.is_final
    assert receiver.got == []


def test_a_destination_stores_the_outcome_of_its_last_message(live: Live, receiver: Receiver) -> None:
    channel, _ = _add(live, receiver, "slack")
    receiver.answers = [answer(500, b"secret")]
    with pytest.raises(HandOverFailed):
        hand_over(live, _send(live, channel), channel, MESSAGE, web=HERE)
    assert _outcome(live, channel) == (True, "127.0.0.1 refused the message with status 500.")
    hand_over(live, _send(live, channel), channel, MESSAGE, web=HERE)
    assert _outcome(live, channel)[0] is False


def _outcome(live: Live, channel: Addressed) -> tuple[bool, str]:
    with live.store.read() as connection:
        found = find_destination(connection, channel.recipient.id)
    assert found is not None
    return found.is_failing, found.why


def test_any_other_address_is_not_a_destination(live: Live) -> None:
    stranger = Addressed(Actor(id="x"), Recipient(kind="destination", id="unknown"))
    with pytest.raises(HandOverFailed, match="was removed"):
        hand_over(live, _send(live, stranger), stranger, MESSAGE, web=HERE)
