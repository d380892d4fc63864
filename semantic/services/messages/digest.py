"""The message of a digest: at most seven lines about metrics that a person follows, most surprising first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from semantic.audit_trail.recorder import shown_in
from semantic.display.format import counted
from semantic.display.messages.blocks import Block, Button, Finding, Footer, Headline, Line, Link, Note, Scope
from semantic.display.messages.board import Sending
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.errors import EngineFailed
from semantic.query.codec import query_to_params
from semantic.schedules.schedule import Schedule, slots_between
from semantic.services.digest import Digest, DigestLine, daily_digest, weekly_digest
from semantic.services.messages.shared import MAIL, sending_of
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.accounts.follows import read_follows
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import AT_ONCE, Send

TITLE: Final = "Your digest"
NOTHING_FOLLOWED: Final = "You don't follow any metrics"
NOTHING_MOVED: Final = "Nothing moved outside its usual range"
_WEEK: Final = timedelta(days=6, hours=12)
_BACK: Final = timedelta(days=15)


def compose_digest(wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the digest of the metrics that the reader follows. Raises the engine's errors.

    The digest is skipped if no metric changed unusually, unless the reader requested the message.
    """
    with live.store.read() as connection:
        follows = read_follows(connection, reader.actor)
    followed = [one.thing for one in follows if one.kind == "metric"]
    if not followed:
        return Skipped(NOTHING_FOLLOWED)
    days, workspace = days_since_last(wanted, send.slot), live.workspace()
    with shown_in(MAIL):
        if days is None:
            digest = weekly_digest(followed, workspace, reader.actor)
        else:
            digest = daily_digest(followed, workspace, reader.actor, days)
    if digest.failed and not digest.checked and not send.attempts:
        raise EngineFailed("The data couldn't be read.")  # so that the message is tried again
    if not digest.lines and send.about and send.details.get(AT_ONCE) is not True:
        return Skipped(NOTHING_MOVED)
    sending = sending_of(send, reader, live, button="Open Samepage")
    return write_letter(digest_letter(digest, sending, address=live.settings.address))


def days_since_last(wanted: NewDelivery, slot: datetime) -> int | None:
    """Return how many days lie between a slot and the previous one, or None for a weekly or less frequent schedule.

    A digest that someone sends between two slots covers the same days as the last scheduled one.
    """
    slots = slots_between(Schedule(cron=wanted.cron, zone=wanted.zone), slot - _BACK, slot)
    if len(slots) < 2 or slots[-1] - slots[-2] >= _WEEK:
        return None
    return max(1, round((slots[-1] - slots[-2]) / timedelta(days=1)))


def digest_letter(digest: Digest, sending: Sending, *, address: str) -> MessageContent:
    """Return the digest as a `MessageContent`. `address` is the app's address."""
    lines = digest.lines
    blocks: list[Block] = [Scope(f"{counted(digest.followed, 'metric')} you follow, {digest.when}")]
    if sending.due:
        blocks.append(Note(f"This was due at {sending.due}."))
    blocks += [Headline(_headline(digest)), *_findings(lines), *map(Note, _notes(digest))]
    if sending.sign_in_by:
        blocks.append(Note(f"Sign in before {sending.sign_in_by} to keep receiving this.", "caution"))
    # One change opens in Explore; several are on Home.
    link = explore_link(address, lines[0]) if len(lines) == 1 else f"{address}/"
    blocks.append(Button("Open in Explore" if len(lines) == 1 else sending.button, link))
    receipts = tuple(dict.fromkeys(line.receipt for line in lines if line.receipt))
    blocks.append(Footer(tuple(_footer(receipts, sending, address))))
    return MessageContent(
        title=TITLE,
        blocks=tuple(blocks),
        receipts=receipts,
        values={"kind": "digest", "moved": [{"metrics": [*line.names], "says": line.first} for line in lines]},
    )


def explore_link(address: str, line: DigestLine) -> str:
    """Return the address of the page in the app that shows a line's numbers over time."""
    return f"{address}/explore?{urlencode(query_to_params(line.query), doseq=True)}"


def _headline(digest: Digest) -> str:
    if digest.lines:
        first, more = digest.lines[0], digest.moved - len(digest.lines[0].names)
        return f"{first.first} {counted(more, 'other metric')} also moved." if more else first.first
    if not digest.checked:
        return "None of the metrics you follow could be checked."
    return f"{NOTHING_MOVED}."


def _findings(lines: Sequence[DigestLine]) -> Iterator[Finding]:
    for place, line in enumerate(lines):
        text = "" if place == 0 and line.text == line.first else line.text  # the headline already says this
        yield Finding(title=line.title, text=text, line=line.values, ends=line.ends, note=" ".join(line.checks))


def _notes(digest: Digest) -> list[str]:
    named = sum(len(line.names) for line in digest.lines)
    notes: list[str] = []
    if digest.moved > named:
        notes.append(f"{counted(digest.moved - named, 'more metric')} also moved.")
    if digest.skipped:
        notes.append(f"{counted(digest.skipped, 'metric')} skipped: too little final data.")
    if digest.failed:
        notes.append(f"Couldn't load {counted(digest.failed, 'metric')}.")
    return notes


def _footer(receipts: Sequence[str], sending: Sending, address: str) -> Iterator[Line]:
    line: list[str | Link] = []
    for receipt in receipts:
        before = ", " if line else "Receipts " if len(receipts) > 1 else "Receipt "
        line += [before, Link(receipt, f"{address}/receipt?{urlencode({'receipt': receipt})}", is_spelt_out=False)]
    if line:
        yield tuple(line)
    yield "Follow or unfollow metrics to change what the digest covers."
    if sending.unsubscribe:
        yield (f"{sending.why} ".lstrip(), Link("Unsubscribe", sending.unsubscribe))
