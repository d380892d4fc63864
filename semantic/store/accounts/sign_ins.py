"""Sign-ins. Each is a row under the digest of a random token in one browser, and a single write ends it for good.

The token itself isn't in the store, so reading the store isn't enough to sign in. The token is signed, so that a forged
one is rejected without a lookup. Every change that other processes must read gets the table's next `revision`, in
commit order. A reader asks for all changes after the last revision it has read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from semantic.errors import SignInRefused
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson
from semantic.policy.given_access import with_given
from semantic.store.accounts.accounts import settle_account
from semantic.store.accounts.claims import open_claims
from semantic.store.accounts.given import opened
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, hold_log, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import PEOPLE, key_of, read_key_holders

SIGN_INS: Final = Table(
    "sign_ins",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("subject", String(32), ForeignKey("people.subject"), nullable=False, index=True),
    Column("provider", String(100), nullable=False),
    Column("issuer_session", String(400), nullable=False),  # `sid` of the provider; may be empty
    Column("begun_at", Instant, nullable=False),
    Column("until", Instant, nullable=False, index=True),
    Column("claims_at", Instant),  # null in the demo
    Column("seen_at", Instant, nullable=False),  # coarse: see note_seen
    Column("ended_at", Instant),
    Column("why_ended", String(20), nullable=False, default=""),
    Column("sealed_refresh", LargeBinary),  # renews the claims, sealed with the person's key
    Column("renewing_until", Instant),  # one process's lease
    Column("revision", BigInteger, nullable=False, index=True),
)
DEMO: Final = "demo"
"""The provider of sign-ins that anyone can begin."""
WhyEnded = Literal[
    "signed_out", "everywhere", "deactivated", "provider", "replaced", "restored", "freed", "erased", "unanswered"
]

CLOCKS_APART: Final = timedelta(minutes=2)
"""How far a provider's clock may be from ours."""

_KEPT: Final = timedelta(days=30)  # after its end; then only the audit log mentions the sign-in
_SECRET_BYTES: Final = 32
LONGEST_TOKEN: Final = 200  # characters; a bit more than a token has


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in in the store.

    `person` is None in the demo, where the model defines people, and if the claims can't be read.
    """

    number: str
    token_digest: str
    subject: str
    person_id: str
    provider: str
    issuer_session: str
    begun_at: datetime
    until: datetime
    claims_at: datetime | None
    seen_at: datetime
    ended_at: datetime | None
    why_ended: str
    revision: int
    person: ProvenPerson | None = field(repr=False)

    @property
    def is_demo(self) -> bool:
        return self.provider == DEMO

    def is_over(self, now: datetime) -> bool:
        """Whether the sign-in can no longer be used."""
        return self.ended_at is not None or now >= self.until

    def is_open(self, now: datetime) -> bool:
        """Whether the sign-in can be used now."""
        return not self.is_over(now) and has_begun(self.begun_at, now)


def has_begun(begun_at: datetime, now: datetime) -> bool:
    """Whether a moment has passed, or is at most `CLOCKS_APART` in the future.

    A moment further in the future comes from a wrong clock, and a sign-in that began then would last too long.
    """
    return begun_at <= now + CLOCKS_APART


@dataclass(frozen=True, slots=True)
class Change:
    """A sign-in that began, ended or was renewed, and whether it is over."""

    number: str
    token_digest: str
    is_ended: bool


def make_token(keys: Keys) -> str:
    """Return a token for one browser's cookie: 256 random bits, with a signature that proves its origin."""
    secret = secrets.token_hex(_SECRET_BYTES)
    return f"{secret}.{_sign(keys, secret)}"


def digest_of(keys: Keys, token: str) -> str | None:
    """Return the digest under which a token's sign-in is stored, or None if the token wasn't signed with these keys."""
    secret, _, sign = token.partition(".")
    if len(secret) != 2 * _SECRET_BYTES or not hmac.compare_digest(
        _sign(keys, secret).encode(), sign.encode("utf-8", "replace")
    ):
        return None
    # A plain hash, without a salt or slow hash: 256 random bits can't be guessed.
    return hashlib.sha256(token.encode()).hexdigest()


def _sign(keys: Keys, secret: str) -> str:
    return keys.sign(b"sign-in token", secret.encode("utf-8", "replace"))


def begin_sign_in(
    transaction: Transaction,
    keys: Keys,
    *,
    person: ProvenPerson,
    provider: str,
    token: str,
    until: datetime,
    issuer_session: str = "",
    refresh: str | None = None,
) -> SignIn:
    """Sign in a person who proved their identity to a provider, or in the demo, one of its people.

    Raises SignInRefused. `token` comes from `make_token`. `refresh` renews the claims later, and is stored sealed.
    """
    digest = digest_of(keys, token)
    if digest is None:
        raise ValueError("A sign-in needs a token of make_token.")
    connection, now = transaction.connection, transaction.now
    hold_log(connection)
    known = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == person.id)).scalar()
    before = _claims_of(connection, keys, known) if known and person.issuer else None
    subject = settle_account(transaction, keys, person)
    number = secrets.token_hex(8)
    row: dict[str, Any] = {  # Any: a row
        "number": number,
        "token_digest": digest,
        "subject": subject,
        "provider": provider,
        "issuer_session": issuer_session,
        "begun_at": now,
        "until": until,
        "claims_at": person.claims_at,
        "seen_at": now,
        "why_ended": "",
        "sealed_refresh": _seal_refresh(transaction, keys, subject, number, refresh),
        "revision": _next_revision(connection),
    }
    connection.execute(insert(SIGN_INS).values(**row))
    if before is not None and _standing(before) != _standing(person):  # which applies in their other browsers too
        theirs = (SIGN_INS.c.subject == subject) & SIGN_INS.c.ended_at.is_(None) & (SIGN_INS.c.until > now)
        connection.execute(update(SIGN_INS).where(theirs).values(revision=row["revision"]))
        record(transaction, Act(kind="person.claims_changed", actor=person.actor), keys)
    last = select(func.max(SIGN_INS.c.revision)).scalar_subquery()
    connection.execute(delete(SIGN_INS).where(SIGN_INS.c.until < now - _KEPT, SIGN_INS.c.revision < last))
    tokens: dict[str, Plain] = {"sign_in": number}
    if provider != DEMO:
        tokens["provider"] = provider
    record(transaction, Act(kind="person.signed_in", actor=person.actor, details=tokens), keys)
    del row["sealed_refresh"]
    return SignIn(**row, person_id=person.id, ended_at=None, person=person if person.issuer else None)


def _seal_refresh(transaction: Transaction, keys: Keys, subject: str, number: str, refresh: str | None) -> bytes | None:
    if refresh is None:
        return None
    key = key_of(transaction, subject, keys)
    assert key is not None, "A person who signs in isn't erased."
    return seal(key, refresh.encode(), _place(number))


def read_refresh(connection: Connection, keys: Keys, number: str) -> str | None:
    """Return the refresh token of an open sign-in, or None if it has none that can be read."""
    chosen = (SIGN_INS.c.number == number) & SIGN_INS.c.ended_at.is_(None)
    row = connection.execute(select(SIGN_INS.c.subject, SIGN_INS.c.sealed_refresh).where(chosen)).one_or_none()
    if row is None or row.sealed_refresh is None:
        return None
    holder = read_key_holders(connection, [row.subject], keys).get(row.subject)
    if holder is None or holder.key is None:
        return None
    text = unseal(holder.key, row.sealed_refresh, _place(number))
    return text.decode() if text is not None else None


def _place(number: str) -> str:
    return f"sign-in {number}"


# Ending


def end_sign_in(transaction: Transaction, keys: Keys, number: str, why: WhyEnded, by: Actor) -> bool:
    """End one sign-in, recorded as an act of `by`, and return whether it was open."""
    ended = _end(transaction, SIGN_INS.c.number == number, why)
    for subject in ended.values():
        about = "" if _id_of(transaction.connection, subject) == by.id else f"person:{subject}"
        details: dict[str, Plain] = {"sign_in": number, "why": why}
        record(transaction, Act(kind="person.signed_out", actor=by, about=about, details=details), keys)
    return bool(ended)


def end_sign_ins_of(transaction: Transaction, keys: Keys, subject: str, why: WhyEnded, by: Actor) -> int:
    """End every sign-in of a person, and return how many were open.

    If any were open, this is recorded as an act of `by`.
    """
    ended = end_all(transaction, subject, why)
    if ended:
        about = "" if _id_of(transaction.connection, subject) == by.id else f"person:{subject}"
        details: dict[str, Plain] = {"ended": ended, "why": why}
        record(transaction, Act(kind="person.signed_out_everywhere", actor=by, about=about, details=details), keys)
    return ended


def end_provider_session(
    transaction: Transaction, keys: Keys, issuer: str, *, sid: str = "", sub: str = "", issued_at: datetime, by: Actor
) -> int:
    """End the sign-ins that a provider ended at `issued_at`, and return how many there were.

    These are the sign-ins of the provider's session `sid`, or all those of its account `sub`. With both, they are the
    sign-ins that match both, and the account's sign-ins for which the provider never named a session. A repeated notice
    has no effect, so anyone who has signed in again since stays signed in.
    """
    theirs = select(PEOPLE.c.subject).where(PEOPLE.c.issuer == issuer)
    if sub:
        theirs = theirs.where(PEOPLE.c.provider_subject == sub)
    if not (sid or sub):
        return 0
    chosen = SIGN_INS.c.subject.in_(theirs)
    if sid:
        chosen &= SIGN_INS.c.issuer_session.in_([sid, ""] if sub else [sid])
    ended = _end(transaction, chosen & _begun_before(transaction.connection, chosen, issued_at), "provider")
    for number, subject in ended.items():
        details: dict[str, Plain] = {"sign_in": number, "why": "provider"}
        record(transaction, Act(kind="person.signed_out", actor=by, about=f"person:{subject}", details=details), keys)
    return len(ended)


def _begun_before(connection: Connection, chosen: ColumnElement[bool], issued_at: datetime) -> ColumnElement[bool]:
    """Return the condition for sign-ins that a notice of `issued_at` can be about: those that had begun by then.

    The provider's clock can be slightly behind and counts whole seconds, so slightly later sign-ins count too, unless
    they began after the notice first arrived. Notices aren't stored: the sign-ins that they ended show when they
    arrived.
    """
    ended_at = select(func.max(SIGN_INS.c.ended_at)).where(
        chosen, SIGN_INS.c.why_ended == "provider", SIGN_INS.c.ended_at >= issued_at - CLOCKS_APART
    )
    was_here = connection.execute(ended_at).scalar()
    latest = issued_at + CLOCKS_APART
    return SIGN_INS.c.begun_at <= (latest if was_here is None else max(issued_at, min(latest, was_here)))


def read_last_demo(connection: Connection) -> datetime | None:
    """Return when someone last signed in to the demo, or None if the store has no such sign-in."""
    return connection.execute(select(func.max(SIGN_INS.c.begun_at)).where(SIGN_INS.c.provider == DEMO)).scalar()


def read_last_visit(connection: Connection, person: str, before: datetime) -> datetime | None:
    """Return when a person was last seen before a moment, or None if the store has no such sign-in."""
    latest = (
        select(func.max(SIGN_INS.c.seen_at))
        .join(PEOPLE, PEOPLE.c.subject == SIGN_INS.c.subject)
        .where(PEOPLE.c.id == person, SIGN_INS.c.seen_at < before)
    )
    return connection.execute(latest).scalar()


def end_all(transaction: Transaction, subject: str, why: WhyEnded) -> int:
    """End every sign-in of a person as part of another change, and return how many were open.

    The caller records that change. The ended sign-ins aren't recorded separately.
    """
    return len(_end(transaction, SIGN_INS.c.subject == subject, why))


def end_everything(transaction: Transaction, why: WhyEnded, *, after: int) -> int:
    """End every sign-in of every person, under a revision later than `after`, and return how many were open.

    Even if none were open, the newest revision increases, so that every process checks its sign-ins.
    """
    ended = len(_end(transaction, SIGN_INS.c.ended_at.is_(None), why, after=after))
    if not ended:
        newest = newest_revision(transaction.connection)
        last = update(SIGN_INS).where(SIGN_INS.c.revision == newest)
        transaction.connection.execute(last.values(revision=max(newest, after) + 1))
    return ended


def _end(transaction: Transaction, chosen: ColumnElement[bool], why: WhyEnded, *, after: int = 0) -> dict[str, str]:
    """End the open sign-ins that match a condition, and return their people's numbers by sign-in number."""
    connection = transaction.connection
    hold_log(connection)
    is_open = chosen & SIGN_INS.c.ended_at.is_(None)
    rows = connection.execute(select(SIGN_INS.c.number, SIGN_INS.c.subject).where(is_open)).all()
    if rows:
        revision = max(_next_revision(connection), after + 1)
        values = {"ended_at": transaction.now, "why_ended": why, "sealed_refresh": None, "revision": revision}
        connection.execute(update(SIGN_INS).where(is_open).values(**values))
    return {row.number: row.subject for row in rows}


def _id_of(connection: Connection, subject: str) -> str | None:
    return connection.execute(select(PEOPLE.c.id).where(PEOPLE.c.subject == subject)).scalar()


# Renewing


def take_lease(transaction: Transaction, number: str, seconds: float) -> bool:
    """Take the lease to renew an open sign-in for `seconds`, and return whether this process has it now."""
    now = transaction.now
    is_free = or_(SIGN_INS.c.renewing_until.is_(None), SIGN_INS.c.renewing_until <= now)
    taken = transaction.connection.execute(
        update(SIGN_INS)
        .where(SIGN_INS.c.number == number, SIGN_INS.c.ended_at.is_(None), is_free)
        .values(renewing_until=now + timedelta(seconds=seconds))
    )
    return taken.rowcount == 1


def give_back_lease(transaction: Transaction, number: str) -> None:
    """Release the lease to renew a sign-in, after the renewal failed."""
    transaction.connection.execute(update(SIGN_INS).where(SIGN_INS.c.number == number).values(renewing_until=None))


def renewed(
    transaction: Transaction,
    keys: Keys,
    number: str,
    person: ProvenPerson,
    refresh: str | None = None,
    issuer_session: str = "",
) -> bool:
    """Save a provider's renewed claims for an open sign-in, or return False if the sign-in has ended since.

    The claims apply to all of the person's sign-ins. `issuer_session` is the provider's session from now on, or "" to
    keep the previous one. A change to the person's access is recorded. Raises SignInRefused, also if the claims are
    about another person.
    """
    connection = transaction.connection
    hold_log(connection)
    chosen = (SIGN_INS.c.number == number) & SIGN_INS.c.ended_at.is_(None)
    subject = connection.execute(select(SIGN_INS.c.subject).where(chosen)).scalar()
    if subject is None:
        return False
    before = _claims_of(connection, keys, subject)
    if before is None or (before.issuer, before.provider_subject) != (person.issuer, person.provider_subject):
        raise SignInRefused("Your sign-in provider returned a different account. Sign in again.", why="taken")
    settle_account(transaction, keys, person)
    values: dict[str, object] = {"claims_at": person.claims_at, "renewing_until": None}
    if refresh is not None:
        values["sealed_refresh"] = _seal_refresh(transaction, keys, subject, number, refresh)
    if issuer_session:
        values["issuer_session"] = issuer_session
    connection.execute(update(SIGN_INS).where(chosen).values(**values))
    theirs = (SIGN_INS.c.subject == subject) & SIGN_INS.c.ended_at.is_(None)
    connection.execute(update(SIGN_INS).where(theirs).values(revision=_next_revision(connection)))
    if _standing(before) != _standing(person):
        record(transaction, Act(kind="person.claims_changed", actor=person.actor), keys)
    return True


def _standing(person: ProvenPerson) -> tuple[object, ...]:
    """Return everything that determines a person's access."""
    return person.roles, person.groups, dict(person.attributes)


def _claims_of(connection: Connection, keys: Keys, subject: str) -> ProvenPerson | None:
    holder = read_key_holders(connection, [subject], keys).get(subject)
    sealed = connection.execute(select(PEOPLE.c.claims).where(PEOPLE.c.subject == subject)).scalar()
    return open_claims(holder.key, subject, sealed) if holder is not None else None


# Reading


def read_sign_in(connection: Connection, keys: Keys, token_digest: str) -> SignIn | None:
    """Return the sign-in with this token digest, even an ended one, or None."""
    return next(iter(_read(connection, keys, SIGN_INS.c.token_digest == token_digest)), None)


def read_sign_ins_of(connection: Connection, keys: Keys, subject: str) -> list[SignIn]:
    """Return every sign-in of a person that is still in the store, newest first."""
    return _read(connection, keys, SIGN_INS.c.subject == subject)


def read_signed_in(connection: Connection) -> frozenset[str]:
    """Return the numbers of everyone with a sign-in in the store, open or ended."""
    return frozenset(connection.execute(select(SIGN_INS.c.subject).distinct()).scalars())


def count_open(connection: Connection, now: datetime) -> Mapping[str, int]:
    """Return how many open sign-ins each person has, by the person's number. People without any are omitted."""
    is_open = SIGN_INS.c.ended_at.is_(None) & (SIGN_INS.c.until > now) & (SIGN_INS.c.begun_at <= now + CLOCKS_APART)
    rows = connection.execute(
        select(SIGN_INS.c.subject, func.count()).where(is_open).group_by(SIGN_INS.c.subject)
    ).all()
    return {row[0]: row[1] for row in rows}


def read_changed(connection: Connection, since: int) -> list[Change]:
    """Return the changes after a revision, in order."""
    columns = (SIGN_INS.c.number, SIGN_INS.c.token_digest, SIGN_INS.c.ended_at)
    rows = connection.execute(select(*columns).where(SIGN_INS.c.revision > since).order_by(SIGN_INS.c.revision))
    return [Change(row.number, row.token_digest, row.ended_at is not None) for row in rows]


def read_missing(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Return the digests for which there is no sign-in, not even an ended one."""
    missing = set(digests)
    wanted = sorted(missing)
    for start in range(0, len(wanted), 500):
        chosen = SIGN_INS.c.token_digest.in_(wanted[start : start + 500])
        missing.difference_update(connection.execute(select(SIGN_INS.c.token_digest).where(chosen)).scalars())
    return missing


def newest_revision(connection: Connection) -> int:
    """Return the revision of the last change, or 0 if there was none."""
    return int(connection.execute(select(func.coalesce(func.max(SIGN_INS.c.revision), 0))).scalar_one())


def note_seen(transaction: Transaction, seen: Mapping[str, datetime]) -> None:
    """Record when sign-ins were last used, by number. This isn't logged, and doesn't notify other processes."""
    connection = transaction.connection
    hold_log(connection)
    for number, moment in sorted(seen.items()):
        chosen = (SIGN_INS.c.number == number) & (SIGN_INS.c.seen_at < moment)
        if connection.execute(update(SIGN_INS).where(chosen).values(seen_at=moment)).rowcount == 1:
            subject = select(SIGN_INS.c.subject).where(SIGN_INS.c.number == number).scalar_subquery()
            connection.execute(
                update(PEOPLE)
                .where(PEOPLE.c.subject == subject, PEOPLE.c.last_seen_at < moment)
                .values(last_seen_at=moment)
            )


def look_again(transaction: Transaction, subject: str) -> None:
    """Make every process reload a person's open sign-ins, because the access they were given has changed."""
    hold_log(transaction.connection)
    theirs = (SIGN_INS.c.subject == subject) & SIGN_INS.c.ended_at.is_(None)
    transaction.connection.execute(
        update(SIGN_INS).where(theirs).values(revision=_next_revision(transaction.connection))
    )


def _next_revision(connection: Connection) -> int:
    """Return the next revision. It is unique, because the caller has locked the log."""
    return newest_revision(connection) + 1


def _read(connection: Connection, keys: Keys, chosen: ColumnElement[bool]) -> list[SignIn]:
    rows = connection.execute(
        select(SIGN_INS, PEOPLE.c.id.label("person_id"), PEOPLE.c.claims, PEOPLE.c.given)
        .join(PEOPLE, PEOPLE.c.subject == SIGN_INS.c.subject)
        .where(chosen)
        .order_by(SIGN_INS.c.begun_at.desc(), SIGN_INS.c.number)
    ).all()
    return list(_opened(connection, keys, rows))


def _opened(connection: Connection, keys: Keys, rows: Iterable[Row[Any]]) -> Iterable[SignIn]:  # Any: all columns
    kept_rows = list(rows)
    holders = read_key_holders(connection, [row.subject for row in kept_rows], keys)
    for row in kept_rows:
        holder = holders.get(row.subject)
        key = holder.key if holder is not None else None
        provided, given = opened(key, row.subject, row.claims, row.given)
        yield SignIn(
            number=row.number,
            token_digest=row.token_digest,
            subject=row.subject,
            person_id=row.person_id or "",
            provider=row.provider,
            issuer_session=row.issuer_session,
            begun_at=row.begun_at,
            until=row.until,
            claims_at=row.claims_at,
            seen_at=row.seen_at,
            ended_at=row.ended_at,
            why_ended=row.why_ended,
            revision=row.revision,
            person=with_given(provided, given) if provided is not None else None,
        )
