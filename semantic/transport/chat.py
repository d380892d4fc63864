"""Messages to Slack, Teams and webhooks: a headline, up to three bullets and a link.

Text from people and data is only put where the services don't interpret markup, mentions or links, so a product named
`<!channel>` doesn't notify anyone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from semantic.display.messages.message import Message, Plain
from semantic.transport.mime import one_line

LONGEST_HEADLINE: Final = 150  # the most that Slack takes
LONGEST_BULLET: Final = 300
MOST_BULLETS: Final = 3
SIGNATURE, TIMESTAMP, KEY = "Samepage-Signature", "Samepage-Timestamp", "Idempotency-Key"
"""The headers of a signed webhook."""


def slack_body(message: Message) -> bytes:
    """Return the body for a Slack incoming webhook. All text is `plain_text`, which Slack doesn't interpret."""
    headline, bullets = _headline(message), _bullets(message)
    blocks: list[Plain] = [{"type": "header", "text": _plain_text(headline)}]
    if bullets:
        blocks.append({"type": "section", "text": _plain_text("\n".join(f"• {bullet}" for bullet in bullets))})
    button: Plain = {"type": "button", "text": _plain_text(one_line(message.link_label)[:70]), "url": message.link}
    blocks.append({"type": "actions", "elements": [button]})
    # `text` is for notifications. Slack reads mentions and links in it unless these three signs are escaped.
    escaped = headline.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _json({"text": escaped, "blocks": blocks, "unfurl_links": False, "unfurl_media": False})


def _plain_text(text: str) -> Plain:
    return {"type": "plain_text", "text": text, "emoji": False}


def teams_body(message: Message) -> bytes:
    """Return the body for a Teams workflow: an adaptive card.

    Teams reads a TextBlock as Markdown, but not a TextRun.
    """
    body: list[Plain] = [_text_runs(_headline(message), {"weight": "Bolder", "size": "Medium"})]
    body += [_text_runs(f"• {bullet}", {}) for bullet in _bullets(message)]
    card: Plain = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": one_line(message.link_label)[:70], "url": message.link}],
        "msteams": {"width": "Full"},
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return _json(
        {"type": "message", "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}]}
    )


def _text_runs(text: str, looks: Mapping[str, str]) -> Plain:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}


def webhook_body(message: Message, *, message_id: str, kind: str, slot: datetime) -> bytes:
    """Return the body for a generic webhook: the message as JSON."""
    return _json(
        {
            "id": message_id,
            "kind": kind,
            "slot": slot.isoformat(),
            "headline": one_line(message.headline),
            "bullets": [one_line(bullet) for bullet in message.bullets[:MOST_BULLETS]],
            "link": message.link,
            "receipts": list(message.receipts),
            "values": dict(message.values),
        }
    )


def signed_headers(secret: str, body: bytes, *, message_id: str, now: datetime) -> dict[str, str]:
    """Return the headers that prove who sent a webhook, and when.

    The signature is HMAC-SHA256 with the destination's secret over the timestamp, a full stop and the body. Receivers
    should refuse timestamps older than five minutes, and keys that they have already seen.
    """
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP: timestamp, SIGNATURE: f"v1={digest}", KEY: message_id}


def without_numbers(message: Message, title: str) -> Message:
    """Return a message with only a title and the link, for a destination that no policy covers.

    All other parts might contain numbers.
    """
    title = one_line(title)
    return Message(
        subject=title, preheader="", html="", text="", headline=title, bullets=(), link=message.link,
        link_label=message.link_label,
    )  # fmt: skip


def _headline(message: Message) -> str:
    headline = one_line(message.headline or message.subject)
    return headline if len(headline) <= LONGEST_HEADLINE else f"{headline[: LONGEST_HEADLINE - 1]}…"


def _bullets(message: Message) -> list[str]:
    bullets = [one_line(bullet) for bullet in message.bullets[:MOST_BULLETS]]
    return [bullet if len(bullet) <= LONGEST_BULLET else f"{bullet[: LONGEST_BULLET - 1]}…" for bullet in bullets]


def _json(document: Plain) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", errors="replace")
