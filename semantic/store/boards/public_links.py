"""Public links. Each opens one board under a named policy, for anyone who has the link (decision 48).

A link works until it expires or is revoked. Only the link's digest is in the store, so reading the store isn't enough
to open a board. Links are signed, so that forged ones are refused. Rows are signed too, so write access to the store
isn't enough to extend a link or to point it at another board.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.boards.boards import BOARDS
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.spaces import one_line

ROLE: Final = "steward"
"""The lowest role that can create and revoke public links."""

LASTS: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=365)
ENDS_SOON: Final = timedelta(days=7)
MOST_LINKS: Final = 200  # that work at one time
LONGEST_LABEL: Final = 80
LONGEST_WHY: Final = 400

LINK: Final = re.compile(r"[A-Za-z0-9_-]{32}\.[0-9a-f]{32}")
"""The format of a link's secret part."""

PUBLIC_LINKS: Final = Table(
    "public_links",
    metadata,
    Column("number", String(12), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # of the link's secret part
    Column("seal", String(64), nullable=False),  # a keyed digest of what the link opens
    Column("board", String(32), ForeignKey("boards.id"), nullable=False, index=True),
    Column("audience", String(100), nullable=False),
    Column("label", String(100), nullable=False),
    Column("made_by", String(32), nullable=False, index=True),  # a subject
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why_ended", Text, nullable=False, default=""),
    Column("opened_at", Instant),  # a few seconds old
    Column("opens", BigInteger, nullable=False, default=0),
    Column("refused_at", Instant),  # the last day on which the audit log got a refusal
)

_SEALED: Final = ("number", "digest", "board", "audience", "made_by")
"""The columns that, with `until` and `ended_at`, determine what a link opens."""

State = Literal["works", "ends_soon", "run_out", "ended", "maker_gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """The details of a new link."""

    board: str
    audience: str
    label: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLink:
    """A link in the store, without its secret part.

    `maker_seen_at` is the last sign-in of the person who created the link. If that person was erased, it is None, and
    `made_by` and `maker_name` are "". `is_sealed` means that the row is unchanged since Samepage wrote it.
    """

    number: str
    board: str
    board_title: str
    audience: str
    label: str
    made_by: str
    maker_name: str
    maker_seen_at: datetime | None
    made_at: datetime
    until: datetime
    ended_at: datetime | None
    why_ended: str
    opened_at: datetime | None
    opens: int
    refused_at: datetime | None
    is_sealed: bool

    def state(self, now: datetime) -> State:
        """Return whether the link works at `now`, judging by the store alone, or why it doesn't."""
        if self.ended_at is not None:
            return "ended"
        if self.until <= now:
            return "run_out"
        if not self.made_by or not self.is_sealed:
            return "maker_gone"
        return "ends_soon" if self.until - now <= ENDS_SOON else "works"


def make_public_link(transaction: Transaction, keys: Keys, wanted: NewLink, actor: Actor) -> tuple[PublicLink, str]:
    """Create a link, and return it with its secret part, which is never shown again.

    The caller checks that the person can open the board. Raises NotAllowed for people without the required role, while
    viewing as someone else, and if too many links are active. Raises InvalidQuery for an invalid label or day.
    """
    _check_may(actor)
    wanted = _checked(wanted, transaction.now)
    connection = transaction.connection
    works = PUBLIC_LINKS.c.ended_at.is_(None) & (PUBLIC_LINKS.c.until > transaction.now)
    if connection.execute(select(func.count()).select_from(PUBLIC_LINKS).where(works)).scalar_one() >= MOST_LINKS:
        raise NotAllowed(f"{MOST_LINKS} public links are active, which is the limit. Revoke one that isn't used.")
    secret = secrets.token_urlsafe(24)
    link = f"{secret}.{_signature(keys, secret)}"
    row: dict[str, object] = {
        "number": secrets.token_hex(6),
        "digest": _digest(link),
        "board": wanted.board,
        "audience": wanted.audience,
        "label": wanted.label,
        "made_by": subject_of(transaction, actor.id, actor.name),
        "made_at": transaction.now,
        "until": wanted.until,
        "opens": 0,
        "why_ended": "",
    }
    connection.execute(insert(PUBLIC_LINKS).values(**row, seal=_seal(keys, row, wanted.until)))
    number = str(row["number"])
    details: dict[str, Plain] = {"name": wanted.label, "audience": wanted.audience, "until": f"{wanted.until:%Y-%m-%d}"}
    details["board"] = wanted.board
    record(transaction, Act(kind="public_link.made", actor=actor, about=_about(number), details=details), keys)
    return _read(connection, keys, number), link


def end_public_link(transaction: Transaction, keys: Keys, number: str, actor: Actor, why: str = "") -> PublicLink:
    """Revoke a link, and return it.

    Raises NotAllowed, InvalidQuery for an unknown number, and ChangedMeanwhile if the link has already ended.
    """
    _check_may(actor)
    link = _read(transaction.connection, keys, number)
    why = one_line(why)[:LONGEST_WHY]
    changed = transaction.connection.execute(
        update(PUBLIC_LINKS)
        .where(PUBLIC_LINKS.c.number == number, PUBLIC_LINKS.c.ended_at.is_(None))
        .values(ended_at=transaction.now, why_ended=why, **_ended(transaction, keys, number, transaction.now))
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile("This link is already revoked. Nothing was changed.")
    details: dict[str, Plain] = {"name": link.label}
    if why:
        details["why"] = why
    record(transaction, Act(kind="public_link.ended", actor=actor, about=_about(number), details=details), keys)
    return link


def find_public_link(connection: Connection, keys: Keys, text: str) -> PublicLink | None:
    """Return the link with this secret part, whether it works or not, or None.

    A forged link takes as long as a real one, because the store is read even if the signature is invalid.
    """
    shape = text if LINK.fullmatch(text) else f"{'-' * 32}.{'0' * 32}"
    row = connection.execute(_links().where(PUBLIC_LINKS.c.digest == _digest(shape))).one_or_none()
    secret, _, signature = shape.partition(".")
    is_ours = hmac.compare_digest(_signature(keys, secret).encode(), signature.encode())
    link = _link(row, keys) if row is not None else None
    return link if is_ours and link is not None and link.is_sealed else None


def read_public_links(connection: Connection, keys: Keys) -> list[PublicLink]:
    """Return every link, newest first."""
    return [_link(row, keys) for row in connection.execute(_links())]


def note_opened(transaction: Transaction, keys: Keys, number: str, times: int, reader: Actor) -> None:
    """Add to the count of a link's openings. The audit log gets one entry per link and day."""
    link = _read(transaction.connection, keys, number)
    transaction.connection.execute(
        update(PUBLIC_LINKS)
        .where(PUBLIC_LINKS.c.number == number)
        .values(opened_at=transaction.now, opens=PUBLIC_LINKS.c.opens + times)
    )
    if link.opened_at is None or link.opened_at.date() < transaction.now.date():
        details: dict[str, Plain] = {"name": link.label, "times_before": link.opens}
        record(transaction, Act(kind="public_link.opened", actor=reader, about=_about(number), details=details), keys)


def note_refused(transaction: Transaction, keys: Keys, number: str, why: str) -> None:
    """Record that someone opened a link that no longer works, once per link and day."""
    link = _read(transaction.connection, keys, number)
    if link.refused_at is not None and link.refused_at.date() == transaction.now.date():
        return
    transaction.connection.execute(
        update(PUBLIC_LINKS).where(PUBLIC_LINKS.c.number == number).values(refused_at=transaction.now)
    )
    details: dict[str, Plain] = {"name": link.label, "why": why}
    record(transaction, Act(kind="public_link.refused", actor=SAMEPAGE, about=_about(number), details=details), keys)


def read_ended_links(connection: Connection) -> Mapping[str, tuple[datetime, str]]:
    """Return when and why each revoked link was revoked, by number. Empty for a store without the table."""
    if not inspect(connection).has_table(PUBLIC_LINKS.name):
        return {}
    columns = (PUBLIC_LINKS.c.number, PUBLIC_LINKS.c.ended_at, PUBLIC_LINKS.c.why_ended)
    rows = connection.execute(select(*columns).where(PUBLIC_LINKS.c.ended_at.is_not(None)))
    return {row.number: (row.ended_at, row.why_ended) for row in rows}


def end_links_again(transaction: Transaction, keys: Keys, ended: Mapping[str, tuple[datetime, str]]) -> None:
    """Revoke links again in a restored store. The caller records this in the audit log."""
    for number, (at, why) in ended.items():
        chosen = (PUBLIC_LINKS.c.number == number) & PUBLIC_LINKS.c.ended_at.is_(None)
        values = {"ended_at": at, "why_ended": why, **_ended(transaction, keys, number, at)}
        transaction.connection.execute(update(PUBLIC_LINKS).where(chosen).values(values))


def _ended(transaction: Transaction, keys: Keys, number: str, at: datetime) -> dict[str, str]:
    """Return the seal for a revoked link, so that clearing `ended_at` in its row doesn't make the link work again.

    Empty for a row with an invalid seal, because such a row must not get a valid one.
    """
    row = transaction.connection.execute(_links().where(PUBLIC_LINKS.c.number == number)).one_or_none()
    if row is None or not _link(row, keys).is_sealed:
        return {}
    return {"seal": _seal(keys, {name: getattr(row, name) for name in _SEALED}, row.until, at)}


def _check_may(actor: Actor) -> None:
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least(ROLE):
        raise NotAllowed("Only stewards and administrators can create and revoke public links. Ask one of them.")


def _checked(wanted: NewLink, now: datetime) -> NewLink:
    """Return the details of a new link as they are stored. Raises InvalidQuery."""
    label = one_line(wanted.label)
    if not 0 < len(label) <= LONGEST_LABEL:
        raise InvalidQuery(f"A public link needs a label of 1 to {LONGEST_LABEL} characters, such as who it is for.")
    if not now < wanted.until <= now + LONGEST:
        raise InvalidQuery(f"A public link must expire within {LONGEST.days} days. Choose a day before that.")
    return NewLink(board=wanted.board, audience=wanted.audience, label=label, until=wanted.until)


def _about(number: str) -> str:
    return f"public_link:{number}"


def _digest(link: str) -> str:
    # A plain hash, without a salt or slow hash: 192 random bits can't be guessed.
    return hashlib.sha256(link.encode()).hexdigest()


def _signature(keys: Keys, secret: str) -> str:
    return keys.sign(b"public link", secret.encode())[:32]


def _seal(keys: Keys, row: Mapping[str, object], until: datetime, ended_at: datetime | None = None) -> str:
    texts = [*(str(row[name]) for name in _SEALED), str(int(until.timestamp()))]
    if ended_at is not None:
        texts.append(str(int(ended_at.timestamp())))
    return keys.sign(b"public link row", *(text.encode() for text in texts))


def _read(connection: Connection, keys: Keys, number: str) -> PublicLink:
    row = connection.execute(_links().where(PUBLIC_LINKS.c.number == number)).one_or_none()
    if row is None:
        raise InvalidQuery("There's no public link with this number. Check the list of links.")
    return _link(row, keys)


def _links() -> Select[Any]:  # Any: the columns of three tables
    maker = PEOPLE.c.id.label("maker_id"), PEOPLE.c.name.label("maker_name"), PEOPLE.c.last_seen_at
    joined = (
        select(PUBLIC_LINKS, *maker, BOARDS.c.title)
        .join_from(PUBLIC_LINKS, PEOPLE, PUBLIC_LINKS.c.made_by == PEOPLE.c.subject, isouter=True)
        .join(BOARDS, PUBLIC_LINKS.c.board == BOARDS.c.id, isouter=True)
    )
    return joined.order_by(PUBLIC_LINKS.c.made_at.desc(), PUBLIC_LINKS.c.number)


def _link(row: Row[Any], keys: Keys) -> PublicLink:  # Any: the columns above, each with its own type
    seal = _seal(keys, {name: getattr(row, name) for name in _SEALED}, row.until, row.ended_at)
    return PublicLink(
        number=row.number,
        board=row.board,
        board_title=row.title or "",
        audience=row.audience,
        label=row.label,
        made_by=row.maker_id or "",
        maker_name=row.maker_name or "",
        maker_seen_at=row.last_seen_at if row.maker_id else None,
        made_at=row.made_at,
        until=row.until,
        ended_at=row.ended_at,
        why_ended=row.why_ended,
        opened_at=row.opened_at,
        opens=row.opens,
        refused_at=row.refused_at,
        is_sealed=hmac.compare_digest(seal.encode(), str(row.seal).encode()),
    )
