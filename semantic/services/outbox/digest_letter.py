"""The digest's letter: at most seven lines about the metrics a person follows, the most surprising first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from semantic.display.format import counted
from semantic.display.messages.blocks import Block, Button, Finding, Footer, Headline, Line, Link, Note, Scope
from semantic.display.messages.letter import Letter, write_letter
from semantic.display.messages.message import Message
from semantic.query.codec import query_to_params
from semantic.schedules.schedule import Schedule, slots_between
from semantic.services.digest import Digest, DigestLine, daily_digest, weekly_digest
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.accounts.follows import read_follows
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Send

TITLE: Final = "Your digest"
NOTHING_FOLLOWED: Final = "You don't follow any metrics"
NOTHING_MOVED: Final = "Nothing moved outside its usual range"
_WEEK: Final = timedelta(days=6, hours=12)
_BACK: Final = timedelta(days=15)


def compose_digest(wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the digest of what the reader follows. Raises errors of the engine."""
    with live.store.read() as connection:
        follows = read_follows(connection, reader.actor)
    followed = [one.thing for one in follows if one.kind == "metric"]
    if not followed:
        return Skipped(NOTHING_FOLLOWED)
    days, workspace = days_since_last(wanted, send.slot), live.workspace()
    if days is None:
        digest = weekly_digest(followed, workspace, reader.actor)
    else:
        digest = daily_digest(followed, workspace, reader.actor, days)
    if not digest.lines and wanted.condition != "always":
        return Skipped(NOTHING_MOVED)
    letter = digest_letter(digest, address=live.settings.address, is_late=bool(send.details.get("late")))
    return write_letter(letter)


def days_since_last(wanted: NewDelivery, slot: datetime) -> int | None:
    """Return how many days ended between this slot and the one before; None for a schedule by week or longer."""
    slots = slots_between(Schedule(cron=wanted.cron, zone=wanted.zone), slot - _BACK, slot)
    before = slots[-2] if len(slots) > 1 and slots[-1] == slot else slots[-1] if slots else None
    if before is None or slot - before >= _WEEK:
        return None
    return max(1, round((slot - before) / timedelta(days=1)))


def digest_letter(digest: Digest, *, address: str, is_late: bool = False) -> Letter:
    """Return the letter. `address` is where people open the app."""
    lines = digest.lines
    blocks: list[Block] = [Scope(f"{counted(digest.followed, 'metric')} you follow, {digest.when}")]
    if is_late:
        blocks.append(Note("This digest is late. Its numbers are from now."))
    blocks += [Headline(_headline(digest)), *(_finding(line) for line in lines)]
    blocks += [Note(text) for text in _notes(digest)]
    # One move opens in Explore; several are on Home.
    link = explore_link(address, lines[0]) if len(lines) == 1 else f"{address}/"
    blocks.append(Button("Open in Explore" if len(lines) == 1 else "Open Samepage", link))
    receipts = tuple(dict.fromkeys(line.receipt for line in lines if line.receipt))
    blocks.append(Footer(_footer(receipts, address)))
    return Letter(
        title=TITLE,
        blocks=tuple(blocks),
        receipts=receipts,
        values={"kind": "digest", "moved": [{"metrics": [*line.names], "says": line.first} for line in lines]},
    )


def explore_link(address: str, line: DigestLine) -> str:
    """Return the address in the app of a line's numbers over time."""
    return f"{address}/explore?{urlencode(query_to_params(line.query), doseq=True)}"


def _headline(digest: Digest) -> str:
    if digest.lines:
        first, more = digest.lines[0], digest.moved - len(digest.lines[0].names)
        return f"{first.first} {counted(more, 'other metric')} also moved." if more else first.first
    if not digest.checked:
        return "None of the metrics you follow could be checked."
    return f"{NOTHING_MOVED}."


def _finding(line: DigestLine) -> Finding:
    return Finding(title=line.title, text=line.text, line=line.values, ends=line.ends, note=" ".join(line.checks))


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


def _footer(receipts: tuple[str, ...], address: str) -> tuple[Line, ...]:
    linked = [Link(receipt, f"{address}/receipt?{urlencode({'receipt': receipt})}") for receipt in receipts]
    each: list[Line] = [("Receipt ", link) for link in linked]
    return (
        *each,
        "You get this because you turned on the digest. Follow or unfollow metrics to change what it covers.",
    )
