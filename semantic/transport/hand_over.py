"""Send a finished message to its receiver: the mail server, the demo's mailbox, Slack, Teams or a webhook."""

from __future__ import annotations

import ssl
from typing import Protocol

from semantic.config.mail import MailServer
from semantic.display.messages.message import Message
from semantic.errors import HandOverFailed
from semantic.policy.actor import Actor
from semantic.policy.links import audiences
from semantic.services.process import Live
from semantic.store.destinations.destinations import OpenDestination, note_outcome, open_destination
from semantic.store.destinations.mail_server import read_mail_server
from semantic.store.destinations.mailbox import NewMail, put_mail
from semantic.store.outbox.deliveries import find_delivery
from semantic.store.outbox.sends import Recipient, Send
from semantic.transport.chat import signed_headers, slack_body, teams_body, webhook_body, without_numbers
from semantic.transport.mime import mime_of, one_line
from semantic.transport.smtp import send_mail
from semantic.transport.web import Web

NO_SERVER = "No mail server is set up. An administrator can set one up on the Sending page."
DEMO_SENDER = "Samepage <samepage@demo.example>"
IN_MAILBOX = "250 Put into the demo's mailbox"


class Addressee(Protocol):
    """The recipient of a message, with the access with which the message was written."""

    @property
    def actor(self) -> Actor: ...
    @property
    def recipient(self) -> Recipient: ...
    @property
    def address(self) -> str: ...


def hand_over(
    live: Live,
    send: Send,
    reader: Addressee,
    message: Message,
    *,
    unsubscribe: str = "",
    trust: ssl.SSLContext | None = None,
    web: Web | None = None,
) -> str:
    """Send a message, and return the receiver's response. Raises HandOverFailed, StoreFailed.

    `unsubscribe` is a link that stops these messages for this recipient. `trust` and `web` are for tests with servers
    on this machine.
    """
    if reader.recipient.kind == "destination":
        return _to_destination(live, send, reader.recipient.id, message, web or Web(live.settings.allowed_hosts))
    if not reader.address:
        raise HandOverFailed("This person has no email address.", is_final=True)
    server = mail_server_of(live)
    sender = DEMO_SENDER if live.settings.demo else server.sender if server is not None else ""
    if not sender:
        raise HandOverFailed(NO_SERVER, is_final=False)
    now = live.store.now()
    content = mime_of(
        message, sender=sender, to=reader.address, message_id=send.message_id, date=now, unsubscribe=unsubscribe
    )
    if server is not None and not live.settings.demo:
        return send_mail(server, content, to=reader.address, trust=trust)
    with live.store.write(recorded=False) as transaction:
        put_mail(
            transaction,
            NewMail(
                subject=reader.recipient.id,
                recipient=reader.address,
                title=one_line(message.subject),
                message_id=send.message_id,
                content=content,
            ),
        )
    return IN_MAILBOX


def mail_server_of(live: Live) -> MailServer | None:
    """Return the mail server from the settings, or else the one set in the app, or None. Raises StoreFailed."""
    if live.settings.mail is not None:
        return live.settings.mail
    with live.store.read() as connection:
        return read_mail_server(connection, live.keys).server


def _to_destination(live: Live, send: Send, number: str, message: Message, web: Web) -> str:
    with live.store.read() as connection:
        opened = open_destination(connection, live.keys, number)
    if opened is None:
        raise HandOverFailed("This destination was removed.", is_final=True)
    audience = opened.destination.audience
    if not audience or audience not in audiences(live.workspace().model):
        message = without_numbers(message, _title(live, send) or "New in Samepage")
    try:
        answer = post_message(live, opened, message, send=send, web=web)
    except HandOverFailed as error:
        with live.store.write(recorded=False) as transaction:
            note_outcome(transaction, number, str(error))
        raise
    with live.store.write(recorded=False) as transaction:
        note_outcome(transaction, number)
    return answer


def _title(live: Live, send: Send) -> str:
    """Return the content's title from its sealed row, because the details stored with a message aren't sealed."""
    if send.kind != "delivery":
        return ""
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, send.about)
    return delivery.title if delivery is not None and delivery.is_sealed else ""


def post_message(live: Live, opened: OpenDestination, message: Message, *, send: Send, web: Web) -> str:
    """Post a message in the format of its destination. Raises HandOverFailed."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    match opened.destination.kind:
        case "slack":
            body = slack_body(message)
        case "teams":
            body = teams_body(message)
        case "webhook":
            body = webhook_body(message, message_id=send.message_id, kind=send.kind, slot=send.slot)
            headers |= signed_headers(opened.secret, body, message_id=send.message_id, now=live.store.now())
    return web.post(opened.address, body, headers)
