"""Reviews in the store: the exact files that an author submitted, and the thread about them, in order.

Publishing depends on these rows, so all of them are sealed, and write access to the store isn't enough to approve a
draft. A review's seal includes the number of entries in its thread, and the audit log has each entry, so entries can't
be removed either. A review that was changed outside Samepage doesn't approve anything, and its author has to submit the
draft again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    case,
    func,
    insert,
    inspect,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT, Act, Plain, record
from semantic.store.database import (
    Instant,
    Transaction,
    hold_log,
    insert_if_missing,
    metadata,
    parse_moment,
    storable,
)
from semantic.store.keys import Keys
from semantic.store.models.drafts import Changes, read_changes
from semantic.store.people import PEOPLE, subject_of

State = Literal["open", "withdrawn", "published"]
ActKind = Literal["sent", "approved", "changes_asked", "commented", "withdrawn", "published"]
Tick = Literal["meaning", "values", "wording"]

TICKS: Final[tuple[Tick, ...]] = ("meaning", "values", "wording")
LONGEST: Final = 4_000
LONGEST_NAME: Final = 200
MOST_ACTS: Final = 500
GONE: Final = "This review no longer exists, or you don't have access to it."
DAMAGED: Final = (
    "This review was changed outside Samepage, so it approves nothing. Its author can send the draft for review again."
)

REVIEWS: Final = Table(
    "reviews",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),  # a keyed digest of everything else
    Column("draft", String(32), nullable=False, index=True),
    Column("author", String(32), nullable=False),  # a subject
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("note", Text, nullable=False),
    Column("based_on", Integer, ForeignKey("model_versions.number"), nullable=False),
    Column("changes", Text, nullable=False),  # JSON, as of a draft
    Column("digest", String(64), nullable=False),  # of all files as sent
    Column("sent_at", Instant, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("version", Integer),  # as which it was published
    Column("revision", Integer, nullable=False),  # the number of acts
)

REVIEW_ACTS: Final = Table(
    "review_acts",
    metadata,
    Column("review", String(32), ForeignKey(REVIEWS.c.id), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ... without gaps
    Column("seal", String(64), nullable=False),
    Column("author", String(32), nullable=False),  # a subject
    Column("kind", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("ticks", String(100), nullable=False),
    Column("digest", String(64), nullable=False),  # of the files that it is about
    Column("at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAct:
    """One entry in a review's thread. `author` is a subject, whose name is "" if they have left."""

    place: int
    author: str
    author_id: str
    author_name: str
    kind: ActKind
    text: str
    ticks: tuple[Tick, ...]
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A draft as submitted for review.

    `is_sealed` means that the review and its whole thread are unchanged since Samepage wrote them.
    """

    id: str
    draft: str
    author: str
    author_id: str
    author_name: str
    name: str
    note: str
    based_on: int
    changes: Changes = field(repr=False)
    digest: str
    sent_at: datetime
    state: State
    version: int | None
    revision: int
    acts: tuple[ReviewAct, ...]
    is_sealed: bool

    @property
    def is_open(self) -> bool:
        return self.is_sealed and self.state == "open"

    def applied_to(self, files: Mapping[str, str]) -> dict[str, str]:
        """Return the submitted files, given the files of their base version."""
        changed = {path: self.changes.get(path, text) for path, text in {**files, **self.changes}.items()}
        return {path: text for path, text in sorted(changed.items()) if text is not None}

    def decisions(self) -> dict[str, ReviewAct]:
        """Return each person's last decision about the files as submitted, by the person's number."""
        decided = (act for act in self.acts if act.kind in ("approved", "changes_asked"))
        return {act.author: act for act in decided if act.digest == self.digest and act.author != self.author}


# Writing: the caller has checked that the actor can


def send_review(
    transaction: Transaction,
    keys: Keys,
    actor: Actor,
    *,
    draft: str,
    name: str,
    note: str,
    based_on: int,
    changes: Changes,
    digest: str,
) -> str:
    """Submit a draft for review, or update its open review, and return the review's ID.

    Decisions about other files no longer count. Raises NotAllowed, InvalidQuery.
    """
    hold_log(transaction.connection)  # before the review, as everyone who locks both does
    author = subject_of(transaction, actor.id, actor.name)
    kept = find_review_of(transaction.connection, keys, draft)
    values: dict[str, object] = {"name": _line(name), "note": _checked(note, "what changes, and why")}
    values |= {"based_on": based_on, "changes": json.dumps(dict(changes)), "digest": digest, "state": "open"}
    values |= {"sent_at": transaction.now, "version": None}
    if kept is not None and kept.is_open and kept.author == author:
        id_, place = kept.id, hold_review(transaction, kept)
        transaction.connection.execute(update(REVIEWS).where(REVIEWS.c.id == id_).values(**values))
    else:
        id_, place = secrets.token_hex(8), 1
        row = {**values, "id": id_, "draft": draft, "author": author, "revision": 1, "seal": ""}
        transaction.connection.execute(insert(REVIEWS).values(**row))
    _add(transaction, keys, id_, place, author, "sent", note, (), digest)
    _record(transaction, keys, "sent", id_, actor, note)
    return id_


def add_act(
    transaction: Transaction,
    keys: Keys,
    kept: Review,
    kind: ActKind,
    actor: Actor,
    *,
    text: str = "",
    ticks: Sequence[Tick] = (),
    version: int | None = None,
) -> None:
    """Add an entry to an open review. Raises ChangedMeanwhile if it has ended, or other files were submitted since."""
    if not kept.is_sealed:
        raise ChangedMeanwhile(DAMAGED)
    if kept.revision >= MOST_ACTS and kind not in ("withdrawn", "published"):  # it can always end
        raise NotAllowed(f"A review can have at most {MOST_ACTS} entries. Withdraw it, and send the draft again.")
    if kind in ("commented", "changes_asked"):
        text = _checked(text, "a comment")
    hold_log(transaction.connection)
    author = subject_of(transaction, actor.id, actor.name)
    newest = find_review(transaction.connection, keys, kept.id)
    if newest is None or not newest.is_open or newest.digest != kept.digest:
        raise ChangedMeanwhile("This review was changed or ended in the meantime. Reload it to see its current state.")
    place = hold_review(transaction, newest)
    if kind in ("withdrawn", "published"):
        transaction.connection.execute(
            update(REVIEWS).where(REVIEWS.c.id == kept.id).values(state=kind, version=version)
        )
    _add(transaction, keys, kept.id, place, author, kind, text, ticks, kept.digest)
    if kind != "published":  # the version's own entry says it
        _record(transaction, keys, kind, kept.id, actor, text)


def end_review(transaction: Transaction, keys: Keys, kept: Review, version: int, actor: Actor) -> None:
    """Record the version in which a review's files were published."""
    add_act(transaction, keys, kept, "published", actor, version=version)


def hold_review(transaction: Transaction, kept: Review) -> int:
    """Lock a review until the transaction ends, and return the number for its next entry.

    Raises ChangedMeanwhile if an entry was added since `kept` was read.
    """
    place = kept.revision + 1
    chosen = (REVIEWS.c.id == kept.id) & (REVIEWS.c.revision == kept.revision)
    if transaction.connection.execute(update(REVIEWS).where(chosen).values(revision=place)).rowcount != 1:
        raise ChangedMeanwhile("Someone added to this review at this moment. Nothing was changed. Try again.")
    return place


def _add(
    transaction: Transaction,
    keys: Keys,
    review: str,
    place: int,
    author: str,
    kind: ActKind,
    text: str,
    ticks: Sequence[Tick],
    digest: str,
) -> None:
    row: dict[str, object] = {"review": review, "place": place, "author": author, "kind": kind, "text": storable(text)}
    row |= {"ticks": ",".join(tick for tick in TICKS if tick in ticks), "digest": digest, "at": transaction.now}
    connection = transaction.connection
    connection.execute(insert(REVIEW_ACTS).values(**row, seal=_seal_act(keys, row)))
    stored = connection.execute(select(*_columns(REVIEWS)).where(REVIEWS.c.id == review)).mappings().one()
    connection.execute(
        update(REVIEWS).where(REVIEWS.c.id == review).values(seal=_seal(keys, {str(k): v for k, v in stored.items()}))
    )


def _record(transaction: Transaction, keys: Keys, kind: str, review: str, actor: Actor, text: str) -> None:
    personal: dict[str, Plain] = {"text": text} if text else {}
    record(transaction, Act(kind=f"review.{kind}", actor=actor, about=f"review:{review}", personal=personal), keys)


def _checked(text: str, what: str) -> str:
    kept = storable(text).strip()
    if not kept:
        raise InvalidQuery(f"Write {what}.")
    if len(kept) > LONGEST:
        raise InvalidQuery(f"This text is longer than {LONGEST:,} characters. Shorten it.")
    return kept


def _line(text: str) -> str:
    return " ".join(storable(text).split())[:LONGEST_NAME]


# Reading


def find_review(connection: Connection, keys: Keys, review: str) -> Review | None:
    """Return the review with this ID, or None if it doesn't exist or its row can't be read."""
    return _first(connection, keys, _rows().where(REVIEWS.c.id == review)) if review.isascii() else None


def find_review_of(connection: Connection, keys: Keys, draft: str) -> Review | None:
    """Return a draft's open review, or else its newest one, or None if the draft was never submitted."""
    is_over = case((REVIEWS.c.state == "open", 0), else_=1)
    newest = _rows().where(REVIEWS.c.draft == draft).order_by(None)
    newest = newest.order_by(is_over, REVIEWS.c.sent_at.desc(), REVIEWS.c.id).limit(1)
    return _first(connection, keys, newest)


def has_open_reviews(connection: Connection) -> bool:
    """Whether any draft is in review. This is faster than reading the reviews."""
    return connection.execute(select(REVIEWS.c.id).where(REVIEWS.c.state == "open").limit(1)).first() is not None


def read_open_reviews(connection: Connection, keys: Keys) -> list[Review]:
    """Return the open reviews, longest waiting first. Reviews that were changed outside Samepage are omitted."""
    return [kept for kept in _all(connection, keys, _rows().where(REVIEWS.c.state == "open")) if kept.is_open]


def read_reviews_of(connection: Connection, keys: Keys, author: str, *, limit: int = 20) -> list[Review]:
    """Return one author's reviews, newest first. `author` is the person's number."""
    chosen = _rows().where(REVIEWS.c.author == author).order_by(None)
    return _all(connection, keys, chosen.order_by(REVIEWS.c.sent_at.desc(), REVIEWS.c.id).limit(limit))


def _first(connection: Connection, keys: Keys, chosen: Any) -> Review | None:
    return next(iter(_all(connection, keys, chosen)), None)


def _columns(table: Table) -> list[Any]:  # Any: SQLite can contain anything in a column of times
    return [
        type_coerce(column, NullType()).label(column.name) if column.name in ("sent_at", "at") else column
        for column in table.c
    ]


def _rows() -> Any:  # Any: a select of more columns than its type has room for
    return (
        select(*_columns(REVIEWS), PEOPLE.c.id.label("author_id"), PEOPLE.c.name.label("author_name"))
        .join_from(REVIEWS, PEOPLE, REVIEWS.c.author == PEOPLE.c.subject, isouter=True)
        .order_by(REVIEWS.c.sent_at, REVIEWS.c.id)
    )


def _all(connection: Connection, keys: Keys, chosen: Any) -> list[Review]:
    rows: list[Any] = list(connection.execute(chosen).all())
    acts: dict[str, list[Any]] = {}
    of_these: Any = (
        select(*_columns(REVIEW_ACTS), PEOPLE.c.id.label("author_id"), PEOPLE.c.name.label("author_name"))
        .join_from(REVIEW_ACTS, PEOPLE, REVIEW_ACTS.c.author == PEOPLE.c.subject, isouter=True)
        .where(REVIEW_ACTS.c.review.in_([row.id for row in rows]))
        .order_by(REVIEW_ACTS.c.review, REVIEW_ACTS.c.place)
    )
    for row in connection.execute(of_these):
        acts.setdefault(row.review, []).append(row)
    recorded = _recorded(connection, [row.id for row in rows])
    found = (_review(row, acts.get(row.id, []), keys, recorded.get(row.id, 0)) for row in rows)
    return [kept for kept in found if kept is not None]


def _recorded(connection: Connection, reviews: Sequence[str]) -> dict[str, int]:
    """Return the number of each review's entries that the audit log has.

    An earlier state of a review has a valid seal too, so someone could put it back into the store. The log then shows
    that there were more entries.
    """
    about = [f"review:{review}" for review in reviews]
    rows = connection.execute(
        select(AUDIT.c.about, func.count()).where(AUDIT.c.about.in_(about)).group_by(AUDIT.c.about)
    )
    return {str(row[0]).removeprefix("review:"): int(row[1]) for row in rows}


def _review(row: Row[Any], thread: Sequence[Row[Any]], keys: Keys, recorded: int) -> Review | None:
    sent_at, changes = parse_moment(row.sent_at), read_changes(str(row.changes))
    if sent_at is None or changes is None or row.state not in get_args(State):
        return None
    acts = [act for act in (_act(each, keys) for each in thread) if act is not None]
    is_sealed = hmac.compare_digest(_seal(keys, _named(row, REVIEWS)).encode(), str(row.seal).encode())
    places = list(range(1, row.revision + 1))
    return Review(
        id=row.id,
        draft=row.draft,
        author=row.author,
        author_id=row.author_id or "",
        author_name=row.author_name or "",
        name=row.name,
        note=row.note,
        based_on=row.based_on,
        changes=changes,
        digest=row.digest,
        sent_at=sent_at,
        state=row.state,
        version=row.version,
        revision=row.revision,
        acts=tuple(acts),
        is_sealed=is_sealed and recorded <= row.revision and [act.place for act in acts] == places,
    )


def _act(row: Row[Any], keys: Keys) -> ReviewAct | None:
    """Return an entry of a thread, or None if it was changed outside Samepage."""
    at = parse_moment(row.at)
    is_sealed = hmac.compare_digest(_seal_act(keys, _named(row, REVIEW_ACTS)).encode(), str(row.seal).encode())
    if at is None or not is_sealed or row.kind not in get_args(ActKind):
        return None
    return ReviewAct(
        place=row.place,
        author=row.author,
        author_id=row.author_id or "",
        author_name=row.author_name or "",
        kind=row.kind,
        text=row.text,
        ticks=tuple(tick for tick in TICKS if tick in str(row.ticks).split(",")),
        digest=row.digest,
        at=at,
    )


def _named(row: Row[Any], table: Table) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in table.c}


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    names = ("id", "draft", "author", "name", "note", "based_on", "digest", "state", "version", "revision")
    texts = [str(row[name]) for name in names]
    texts += [_second(row["sent_at"]), hashlib.sha256(str(row["changes"]).encode(errors="replace")).hexdigest()]
    return keys.sign(b"review", *(text.encode(errors="replace") for text in texts))


def _seal_act(keys: Keys, row: Mapping[str, object]) -> str:
    names = ("review", "place", "author", "kind", "text", "ticks", "digest")
    texts = [*(str(row[name]) for name in names), _second(row["at"])]
    return keys.sign(b"review act", *(text.encode(errors="replace") for text in texts))


def _second(value: object) -> str:
    moment = parse_moment(value)
    return str(int(moment.timestamp())) if moment is not None else ""


# Restoring a backup


@dataclass(frozen=True, slots=True)
class StoredReviews:
    """The reviews of a store before a backup replaced it, as rows with their seals."""

    reviews: tuple[Mapping[str, Any], ...] = ()
    acts: tuple[Mapping[str, Any], ...] = ()


def read_stored_reviews(connection: Connection) -> StoredReviews:
    """Return every review with its thread. Empty for a store without the tables."""
    if not inspect(connection).has_table(REVIEWS.name):
        return StoredReviews()
    return StoredReviews(
        tuple(dict(row) for row in connection.execute(select(REVIEWS)).mappings()),
        tuple(dict(row) for row in connection.execute(select(REVIEW_ACTS)).mappings()),
    )


def keep_reviews(transaction: Transaction, kept: StoredReviews) -> None:
    """Apply these reviews to the same reviews in a restored store. The caller records this in the audit log.

    Approvals and reviews that were withdrawn since the backup stay withdrawn, and published reviews stay closed.
    """
    connection = transaction.connection
    known = {row.id: row.revision for row in connection.execute(select(REVIEWS.c.id, REVIEWS.c.revision))}
    versions = _versions(connection)
    newer = {row["id"] for row in kept.reviews if row["id"] in known and row["revision"] > known[row["id"]]}
    for row in kept.reviews:
        if row["id"] not in newer:
            continue
        if row["based_on"] in versions:
            connection.execute(update(REVIEWS).where(REVIEWS.c.id == row["id"]).values(**row))
        else:  # its version no longer exists, so neither this state nor the earlier one can stay
            connection.execute(update(REVIEWS).where(REVIEWS.c.id == row["id"]).values(state="withdrawn", seal=""))
    for row in kept.acts:
        if row["review"] in newer:
            insert_if_missing(connection, REVIEW_ACTS, row)


def _versions(connection: Connection) -> set[int]:
    table = REVIEWS.metadata.tables["model_versions"]
    return set(connection.execute(select(table.c.number)).scalars())
