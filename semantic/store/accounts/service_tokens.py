"""Service tokens, with which scripts ask questions without anyone signing in.

Tokens have few permissions, expire, and can be revoked. Only a digest is stored, so reading the store isn't enough to
use a token. A single SHA-256 suffices: slow digests protect secrets that can be guessed, and 256 random bits can't. The
number before the secret is public. It identifies the token's row, and the token in logs and lists.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    inspect,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownToken
from semantic.policy.actor import Actor, Attribute
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.spaces import one_line

SCOPES: Final[Mapping[str, str]] = MappingProxyType({
    "ask": "Ask questions and look up what can be asked",
})  # fmt: skip
"""What a token can do, in the words of the page. It can do nothing that wasn't granted."""

TOKEN_ROLES: Final = ("viewer", "marketer", "steward")
"""The roles a token can have. Administrators manage people and the log, which scripts don't."""

LONGEST: Final = timedelta(days=365)
ENDS_SOON: Final = timedelta(days=14)
MOST_TOKENS: Final = 500  # valid at one time
MOST_A_MINUTE: Final = 6_000
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 400
MOST_VALUES, LONGEST_VALUE = 200, 200

TOKEN: Final = re.compile(r"s[ap]_([0-9a-f]{12})_[0-9a-f]{64}")
"""The format of a token, by which secret scanners find exposed ones: `sp_` of a service, `sa_` of an agent."""

_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NO_DIGEST: Final = "0" * 64

SERVICE_TOKENS: Final = Table(
    "service_tokens",
    metadata,
    Column("number", String(12), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("owner", String(32), nullable=False, index=True),  # a subject: who is responsible for it
    Column("made_by", String(32), nullable=False),  # a subject
    Column("begun_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("scopes", Text, nullable=False),  # JSON, as are `groups` and `attributes`
    Column("role", String(20), nullable=False),
    Column("groups", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("a_minute", Integer, nullable=False),
    Column("used_at", Instant),  # at most a minute old
    Column("uses", BigInteger, nullable=False, default=0),
    Column("ended_at", Instant),
    Column("why_ended", Text, nullable=False, default=""),
)

State = Literal["works", "ends_soon", "run_out", "ended", "owner_gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A service token's access. Policies apply to its `role`, `groups` and `attributes` as they do for a person.

    `a_minute` is the maximum number of requests per minute.
    """

    name: str
    purpose: str
    until: datetime
    scopes: frozenset[str]
    role: str
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))
    a_minute: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceToken:
    """A token in the store, without its secret.

    `owner_seen_at` is the owner's last sign-in. If the owner was erased, it is None, and `owner` and `owner_name` are
    "".
    """

    number: str
    grant: Grant
    owner: str
    owner_name: str
    owner_is_active: bool
    owner_seen_at: datetime | None
    begun_at: datetime
    used_at: datetime | None
    uses: int
    ended_at: datetime | None
    why_ended: str

    def state(self, now: datetime) -> State:
        """Return whether the token works at `now`, or why it doesn't."""
        if self.ended_at is not None:
            return "ended"
        if self.grant.until <= now:
            return "run_out"
        if not self.owner_is_active:
            return "owner_gone"
        return "ends_soon" if self.grant.until - now <= ENDS_SOON else "works"

    def works(self, now: datetime) -> bool:
        return self.state(now) in ("works", "ends_soon")

    @property
    def actor(self) -> Actor:
        """The actor who asks questions with the token."""
        return Actor(
            id=f"service:{self.number}",
            name=f"{self.grant.name} (service)",
            kind="service",
            roles=frozenset({self.grant.role}),
            groups=self.grant.groups,
            attributes=self.grant.attributes,
        )


def make_token(
    transaction: Transaction, keys: Keys, grant: Grant, actor: Actor, *, owner: Actor | None = None
) -> tuple[ServiceToken, str]:
    """Create a token, and return it with its full text, which is never shown again.

    `owner` is responsible for the token, and is `actor` by default. Raises NotAllowed if `actor` isn't an
    administrator, the role is above the owner's, or too many tokens are active, and InvalidQuery for an invalid grant.
    """
    _require_administrator(actor)
    owner = owner or actor
    grant = _checked(grant, transaction.now)
    _check_reach(grant, owner)
    connection = transaction.connection
    working = SERVICE_TOKENS.c.ended_at.is_(None) & (SERVICE_TOKENS.c.until > transaction.now)
    if connection.execute(select(func.count()).select_from(SERVICE_TOKENS).where(working)).scalar_one() >= MOST_TOKENS:
        raise NotAllowed(f"{MOST_TOKENS} tokens are active, which is the limit. Revoke one that isn't used.")
    number, secret = secrets.token_hex(6), secrets.token_hex(32)
    token = f"sp_{number}_{secret}"
    row: dict[str, object] = {
        "number": number,
        "digest": digest_of_token(token),
        "name": grant.name,
        "purpose": grant.purpose,
        "owner": subject_of(transaction, owner.id, owner.name),
        "made_by": subject_of(transaction, actor.id, actor.name),
        "begun_at": transaction.now,
        "until": grant.until,
        "scopes": json.dumps(sorted(grant.scopes)),
        "role": grant.role,
        "groups": json.dumps(sorted(grant.groups)),
        "attributes": json.dumps(dict(grant.attributes), sort_keys=True),
        "a_minute": grant.a_minute,
        "uses": 0,
        "why_ended": "",
    }
    connection.execute(SERVICE_TOKENS.insert().values(**row))
    details: dict[str, Plain] = {"name": grant.name, "until": f"{grant.until:%Y-%m-%d}", "role": grant.role}
    details |= {"scopes": [*sorted(grant.scopes)], "groups": [*sorted(grant.groups)]}
    personal: dict[str, Plain] = {"attributes": json.loads(str(row["attributes"])), "owner": owner.id}
    act = Act(kind="token.made", actor=actor, about=f"token:{number}", details=details, personal=personal)
    record(transaction, act, keys)
    return read_numbered(connection, number), token


def end_token(transaction: Transaction, keys: Keys, number: str, why: str, actor: Actor) -> None:
    """Revoke a token. `actor` is an administrator, or the token itself.

    Raises NotAllowed, UnknownToken, and ChangedMeanwhile if the token has already ended.
    """
    if actor.id != f"service:{number}":
        _require_administrator(actor)
    token = read_numbered(transaction.connection, number)
    why = one_line(why)[:LONGEST_TEXT]
    changed = transaction.connection.execute(
        update(SERVICE_TOKENS)
        .where(SERVICE_TOKENS.c.number == number, SERVICE_TOKENS.c.ended_at.is_(None))
        .values(ended_at=transaction.now, why_ended=why)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile("This token is already revoked. Nothing was changed.")
    details: dict[str, Plain] = {"name": token.grant.name, "why": why}
    record(transaction, Act(kind="token.ended", actor=actor, about=f"token:{number}", details=details), keys)


def hand_over(transaction: Transaction, keys: Keys, number: str, to: Actor, actor: Actor) -> None:
    """Transfer a token to another owner, so that it still works after its owner leaves.

    Raises UnknownToken, and NotAllowed if `actor` isn't an administrator, the token no longer works, or its role is
    above the new owner's.
    """
    _require_administrator(actor)
    token = read_numbered(transaction.connection, number)
    _check_reach(token.grant, to)
    if token.state(transaction.now) in ("ended", "run_out"):
        raise NotAllowed("This token no longer works, so it can't be transferred. Create another.")
    subject = subject_of(transaction, to.id, to.name)
    transaction.connection.execute(
        update(SERVICE_TOKENS).where(SERVICE_TOKENS.c.number == number).values(owner=subject)
    )
    details: dict[str, Plain] = {"name": token.grant.name}
    personal: dict[str, Plain] = {"to": to.short_name}
    act = Act(kind="token.handed_over", actor=actor, about=f"token:{number}", details=details, personal=personal)
    record(transaction, act, keys)


def find_token(connection: Connection, text: str) -> ServiceToken | None:
    """Return the token with this text, whether it works or not, or None if no such token was ever created.

    An unknown number takes as long as a wrong secret.
    """
    shape = TOKEN.fullmatch(text)
    if shape is None or not text.startswith("sp_"):
        return None
    row = connection.execute(_tokens().where(SERVICE_TOKENS.c.number == shape[1])).one_or_none()
    digest = str(row.digest) if row is not None else _NO_DIGEST
    is_right = hmac.compare_digest(digest_of_token(text).encode(), digest.encode())
    return _token(row) if row is not None and is_right else None


def read_numbered(connection: Connection, number: str) -> ServiceToken:
    """Return the token with this number. Raises UnknownToken."""
    row = connection.execute(_tokens().where(SERVICE_TOKENS.c.number == number)).one_or_none()
    if row is None:
        raise UnknownToken("There's no service token with this number. Check the list of tokens.")
    return _token(row)


def read_tokens(connection: Connection) -> list[ServiceToken]:
    """Return every token, newest first."""
    return [_token(row) for row in connection.execute(_tokens())]


def read_working_digests(connection: Connection, now: datetime) -> frozenset[str]:
    """Return the digests of tokens that haven't been revoked or expired, from `digest_of_token`."""
    works = SERVICE_TOKENS.c.ended_at.is_(None) & (SERVICE_TOKENS.c.until > now)
    return frozenset(connection.execute(select(SERVICE_TOKENS.c.digest).where(works)).scalars())


def note_use(transaction: Transaction, number: str, times: int) -> None:
    """Add to the count of a token's uses. Not logged, because the token's requests are recorded themselves."""
    transaction.connection.execute(
        update(SERVICE_TOKENS)
        .where(SERVICE_TOKENS.c.number == number)
        .values(used_at=transaction.now, uses=SERVICE_TOKENS.c.uses + times)
    )


def read_ended(connection: Connection) -> Mapping[str, tuple[datetime, str]]:
    """Return when and why each revoked token was revoked, by number. Empty for a store without the table."""
    if not inspect(connection).has_table(SERVICE_TOKENS.name):
        return {}
    columns = (SERVICE_TOKENS.c.number, SERVICE_TOKENS.c.ended_at, SERVICE_TOKENS.c.why_ended)
    rows = connection.execute(select(*columns).where(SERVICE_TOKENS.c.ended_at.is_not(None)))
    return {row.number: (row.ended_at, row.why_ended) for row in rows}


def end_again(transaction: Transaction, ended: Mapping[str, tuple[datetime, str]]) -> None:
    """Revoke tokens again in a restored store. The caller records the change in the audit log."""
    for number, (at, why) in ended.items():
        chosen = (SERVICE_TOKENS.c.number == number) & SERVICE_TOKENS.c.ended_at.is_(None)
        transaction.connection.execute(update(SERVICE_TOKENS).where(chosen).values(ended_at=at, why_ended=why))


def digest_of_token(token: str) -> str:
    """Return the hexadecimal SHA-256 of a token. The store has only this digest of a token's text."""
    return hashlib.sha256(token.encode()).hexdigest()


def _require_administrator(actor: Actor) -> None:
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least("administrator"):
        raise NotAllowed("Only administrators can create and revoke service tokens. Ask one of them.")


def _check_reach(grant: Grant, owner: Actor) -> None:
    """Raise NotAllowed if a token's role is above its owner's."""
    if not owner.is_at_least(grant.role):
        raise NotAllowed(
            f"{owner.short_name} isn't a {grant.role}, so their tokens can't be either. Use a lower role, or "
            "another owner."
        )


def _checked(grant: Grant, now: datetime) -> Grant:
    """Return a grant in the form in which it is stored, with cleaned-up texts.

    Raises InvalidQuery for an invalid grant.
    """
    name, purpose = one_line(grant.name), one_line(grant.purpose)
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidQuery(f"A token needs a name of 1 to {LONGEST_NAME} characters, such as the script that uses it.")
    if not 0 < len(purpose) <= LONGEST_TEXT:
        raise InvalidQuery(f"Describe in 1 to {LONGEST_TEXT} characters what the token is for.")
    if not grant.scopes or not grant.scopes <= SCOPES.keys():
        raise InvalidQuery(f"A token needs one or more of {', '.join(SCOPES)}. Choose only what it needs.")
    if grant.role not in TOKEN_ROLES:
        raise InvalidQuery(f"A token's role must be {', '.join(TOKEN_ROLES[:-1])} or {TOKEN_ROLES[-1]}. Choose one.")
    if not now < grant.until <= now + LONGEST:
        raise InvalidQuery(
            f"A token must expire within {LONGEST.days} days. Choose a day before that, and after today."
        )
    if not 1 <= grant.a_minute <= MOST_A_MINUTE:
        raise InvalidQuery(f"A token can make 1 to {MOST_A_MINUTE:,} requests a minute. Choose a number in that range.")
    return Grant(
        name=name,
        purpose=purpose,
        until=grant.until,
        scopes=grant.scopes,
        role=grant.role,
        groups=frozenset(_values(sorted(grant.groups), "group")),
        attributes=_checked_attributes(grant.attributes),
        a_minute=grant.a_minute,
    )


def _checked_attributes(attributes: Mapping[str, Attribute]) -> Mapping[str, Attribute]:
    found_attributes: dict[str, Attribute] = {}
    for name, value in attributes.items():
        if not _ATTRIBUTE.fullmatch(name):
            raise InvalidQuery(f"{name!r} isn't a valid attribute name. Use one as in policies, such as markets.")
        values = _values([value] if isinstance(value, str) else value, f"value of {name}")
        found_attributes[name] = values[0] if isinstance(value, str) else values
    return MappingProxyType(found_attributes)


def _values(texts: list[str] | tuple[str, ...], what: str) -> tuple[str, ...]:
    values = tuple(one_line(text) for text in texts)
    if len(values) > MOST_VALUES or not all(0 < len(line) <= LONGEST_VALUE for line in values):
        raise InvalidQuery(
            f"Each {what} needs 1 to {LONGEST_VALUE} characters, and there can be at most {MOST_VALUES}."
        )
    return values


def _tokens() -> Select[Any]:  # Any: the columns of both tables
    owner = (
        PEOPLE.c.id.label("owner_id"),
        PEOPLE.c.name.label("owner_name"),
        PEOPLE.c.deactivated_at,
        PEOPLE.c.last_seen_at,
    )
    joined = select(SERVICE_TOKENS, *owner).join_from(
        SERVICE_TOKENS, PEOPLE, SERVICE_TOKENS.c.owner == PEOPLE.c.subject, isouter=True
    )
    return joined.order_by(SERVICE_TOKENS.c.begun_at.desc(), SERVICE_TOKENS.c.number)


def _token(row: Row[Any]) -> ServiceToken:  # Any: the columns above, each with its own type
    attributes: dict[str, str | list[str]] = json.loads(row.attributes)
    kept_attributes = {
        name: attribute if isinstance(attribute, str) else tuple(attribute) for name, attribute in attributes.items()
    }
    return ServiceToken(
        number=row.number,
        grant=Grant(
            name=row.name,
            purpose=row.purpose,
            until=row.until,
            scopes=frozenset(json.loads(row.scopes)),
            role=row.role,
            groups=frozenset(json.loads(row.groups)),
            attributes=MappingProxyType(kept_attributes),
            a_minute=row.a_minute,
        ),
        owner=row.owner_id or "",
        owner_name=row.owner_name or "",
        owner_is_active=bool(row.owner_id) and row.deactivated_at is None,
        owner_seen_at=row.last_seen_at if row.owner_id else None,
        begun_at=row.begun_at,
        used_at=row.used_at,
        uses=row.uses,
        ended_at=row.ended_at,
        why_ended=row.why_ended,
    )
