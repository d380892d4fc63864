"""The versions of the guidance for agents: who wrote each, who approved it, and which one is live.

One steward proposes a version, and it goes live when another approves it. Guidance can block topics, so rows are
sealed: write access to the store isn't enough to change or approve a version. If the live version's seal is invalid, it
can't be read, and agents are refused until a steward decides.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Column, Connection, Integer, RowMapping, String, Table, Text, func, insert, select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, StoreFailed
from semantic.governance.guidance import NONE, Guidance, check_guidance, guidance_from_json, guidance_to_json
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, hold_log, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import read_key_holders, subject_of
from semantic.store.row_seals import seal_row

State = Literal["proposed", "live", "replaced", "declined", "withdrawn"]
LONGEST_NOTE: Final = 400
MOST_OPEN: Final = 20
DAMAGED: Final = (
    "The guidance for agents was changed outside Samepage, so agents can't ask until a steward restores a version on "
    "the page Oversight."
)

GUIDANCE_VERSIONS: Final = Table(
    "guidance_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),  # the guidance as JSON
    Column("note", Text, nullable=False),
    Column("author", String(32), nullable=False),  # a subject
    Column("based_on", Integer, nullable=False),  # the version that was live; 0 is none
    Column("state", String(20), nullable=False),
    Column("decided_by", String(32), nullable=False),  # a subject; "" until decided
    Column("why", Text, nullable=False),  # of the decision
    Column("written_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("seal", String(64), nullable=False),
)
_SEALED: Final = ("number", "content", "note", "author", "based_on", "state", "decided_by", "why")
_MOMENTS: Final = ("written_at", "decided_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceVersion:
    """One version. `author` and `decided_by` are subjects. Their names are "" if they can't be proven.

    `author_id` is proven by the author's own key, and "" if the author was erased. If the seal is invalid, `is_sealed`
    is false and the version has no effect.
    """

    number: int
    guidance: Guidance
    note: str
    author: str
    author_id: str
    author_name: str
    based_on: int
    state: State
    decided_by: str
    decided_name: str
    why: str
    written_at: datetime
    decided_at: datetime | None
    is_sealed: bool


def read_live(connection: Connection, keys: Keys) -> tuple[int, Guidance]:
    """Return the live version's number and its guidance, or 0 and no guidance if there is none.

    Raises StoreFailed if the seal of the newest version that went live is invalid.
    """
    table = GUIDANCE_VERSIONS
    rows = connection.execute(select(table).where(table.c.state == "live")).mappings().all()
    if not rows:
        # Once a version went live there always is one, and a row marked otherwise doesn't match its seal.
        others = connection.execute(select(table)).mappings().all()
        if any(row["state"] == "replaced" or not _matches(row, keys) for row in others):
            raise StoreFailed(DAMAGED)
        return 0, NONE
    if len(rows) > 1 or not _matches(rows[0], keys):
        raise StoreFailed(DAMAGED)
    try:
        return int(rows[0]["number"]), guidance_from_json(str(rows[0]["content"]))
    except InvalidQuery:
        raise StoreFailed(DAMAGED) from None


def read_versions(connection: Connection, keys: Keys, *, most: int = 200) -> list[GuidanceVersion]:
    """Return the most recent versions, newest first. Rows whose content can't be read are omitted."""
    newest = select(GUIDANCE_VERSIONS).order_by(GUIDANCE_VERSIONS.c.number.desc()).limit(most)
    rows = connection.execute(newest).mappings().all()
    people = {str(row[name]) for row in rows for name in ("author", "decided_by") if row[name]}
    holders = read_key_holders(connection, people, keys)
    found = list[GuidanceVersion]()
    for row in rows:
        try:
            guidance = guidance_from_json(row["content"])
        except InvalidQuery:
            continue
        author, decider = holders.get(row["author"]), holders.get(row["decided_by"])
        found.append(
            GuidanceVersion(
                number=row["number"],
                guidance=guidance,
                note=row["note"],
                author=row["author"],
                author_id=author.id if author is not None and author.key is not None else "",
                author_name=author.name if author is not None else "",
                based_on=row["based_on"],
                state=row["state"],
                decided_by=row["decided_by"],
                decided_name=decider.name if decider is not None else "",
                why=row["why"],
                written_at=row["written_at"],
                decided_at=row["decided_at"],
                is_sealed=_matches(row, keys),
            )
        )
    return found


def has_proposals(connection: Connection) -> bool:
    """Whether any version is waiting for a decision."""
    wanted = select(GUIDANCE_VERSIONS.c.number).where(GUIDANCE_VERSIONS.c.state == "proposed").limit(1)
    return connection.execute(wanted).one_or_none() is not None


# Changing: the caller has checked that the actor can


def propose_guidance(
    transaction: Transaction, keys: Keys, guidance: Guidance, note: str, actor: Actor, *, based_on: int
) -> int:
    """Add a version for another steward to approve, and return its number. Raises InvalidQuery, ChangedMeanwhile.

    `based_on` is the version that was live when the author started to edit.
    """
    number = _add(transaction, keys, guidance, note, actor, based_on=based_on)
    _record(transaction, keys, "proposed", number, actor, {"note": storable(note)[:LONGEST_NOTE]})
    return number


def restore_guidance(
    transaction: Transaction, keys: Keys, version: GuidanceVersion, note: str, actor: Actor, *, based_on: int
) -> int:
    """Make an earlier version live again, as a new version, and return its number. Raises ChangedMeanwhile."""
    number = _add(transaction, keys, version.guidance, note, actor, based_on=based_on, is_checked=False)
    _go_live(transaction, keys, number, subject_of(transaction, actor.id, actor.name))
    _record(transaction, keys, "restored", number, actor, {"restores": version.number})
    return number


def approve_guidance(transaction: Transaction, keys: Keys, number: int, actor: Actor, *, how: str) -> None:
    """Make a proposed version live. `how` says who approved it, for the audit log. Raises ChangedMeanwhile."""
    row = _open_row(transaction, keys, number)
    if row["based_on"] != _live_number(transaction.connection):
        raise ChangedMeanwhile(
            "Another version went live after this one was written. Decline it, and write the change again."
        )
    _go_live(transaction, keys, number, subject_of(transaction, actor.id, actor.name))
    _record(transaction, keys, "approved", number, actor, {"how": how})


def close_guidance(
    transaction: Transaction, keys: Keys, number: int, state: Literal["declined", "withdrawn"], why: str, actor: Actor
) -> None:
    """Decline or withdraw a proposed version. Raises ChangedMeanwhile, InvalidQuery."""
    _open_row(transaction, keys, number)
    _set(transaction, keys, number, state, subject_of(transaction, actor.id, actor.name), _line(why))
    _record(transaction, keys, state, number, actor, {"note": _line(why)} if why else {})


def _add(
    transaction: Transaction,
    keys: Keys,
    guidance: Guidance,
    note: str,
    actor: Actor,
    *,
    based_on: int,
    is_checked: bool = True,
) -> int:
    check_guidance(guidance)
    hold_log(transaction.connection)
    content, connection = guidance_to_json(guidance), transaction.connection
    if storable(content) != content:
        raise InvalidQuery("The guidance has invalid characters, so it can't be saved.")
    if based_on != _live_number(connection):
        raise ChangedMeanwhile("Another version of the guidance went live. Reload the page, then change that one.")
    waiting = select(func.count()).select_from(GUIDANCE_VERSIONS).where(GUIDANCE_VERSIONS.c.state == "proposed")
    if is_checked and connection.execute(waiting).scalar_one() >= MOST_OPEN:
        raise InvalidQuery(f"{MOST_OPEN} proposals are waiting for approval, the most allowed. Decide some first.")
    number = (connection.execute(select(func.max(GUIDANCE_VERSIONS.c.number))).scalar() or 0) + 1
    row: dict[str, object] = {"number": number, "content": content, "note": _line(note), "based_on": based_on}
    row |= {"author": subject_of(transaction, actor.id, actor.name), "state": "proposed", "decided_by": "", "why": ""}
    row |= {"written_at": transaction.now, "decided_at": None}
    connection.execute(insert(GUIDANCE_VERSIONS).values(**row, seal=_seal(keys, row)))
    return number


def _go_live(transaction: Transaction, keys: Keys, number: int, decider: str) -> None:
    table = GUIDANCE_VERSIONS
    for row in transaction.connection.execute(select(table).where(table.c.state == "live")).mappings().all():
        number_of, decided = int(row["number"]), (str(row["decided_by"]), str(row["why"]))
        # A damaged row stays damaged: sealing it here would make it genuine.
        if _matches(row, keys):
            _set(transaction, keys, number_of, "replaced", *decided, decided_at=row["decided_at"])
        else:
            replaced = update(table).where(table.c.number == number_of).values(state="replaced")
            transaction.connection.execute(replaced)
    _set(transaction, keys, number, "live", decider, "")


def _set(
    transaction: Transaction,
    keys: Keys,
    number: int,
    state: State,
    decider: str,
    why: str,
    *,
    decided_at: datetime | None = None,
) -> None:
    connection, chosen = transaction.connection, GUIDANCE_VERSIONS.c.number == number
    values = {"state": state, "decided_by": decider, "why": why, "decided_at": decided_at or transaction.now}
    connection.execute(update(GUIDANCE_VERSIONS).where(chosen).values(**values))
    row = connection.execute(select(GUIDANCE_VERSIONS).where(chosen)).mappings().one()
    seal = _seal(keys, {str(name): value for name, value in row.items()})
    connection.execute(update(GUIDANCE_VERSIONS).where(chosen).values(seal=seal))


def _open_row(transaction: Transaction, keys: Keys, number: int) -> RowMapping:
    hold_log(transaction.connection)  # two simultaneous decisions would leave two versions live
    chosen = (GUIDANCE_VERSIONS.c.number == number) & (GUIDANCE_VERSIONS.c.state == "proposed")
    row = transaction.connection.execute(select(GUIDANCE_VERSIONS).where(chosen)).mappings().one_or_none()
    if row is None:
        raise ChangedMeanwhile("Someone else has already decided this proposal. Reload the page.")
    if not _matches(row, keys):
        raise InvalidQuery("This proposal was changed outside Samepage, so it can't be decided. Write it again.")
    return row


def _live_number(connection: Connection) -> int:
    chosen = select(func.max(GUIDANCE_VERSIONS.c.number)).where(GUIDANCE_VERSIONS.c.state == "live")
    return connection.execute(chosen).scalar() or 0


def live_number(connection: Connection) -> int:
    """Return the number of the version that is marked as live, even if its seal is invalid, or 0."""
    return _live_number(connection)


def _line(text: str) -> str:
    return " ".join(storable(text).split())[:LONGEST_NOTE]


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return seal_row(keys, b"guidance version", row, columns=_SEALED, moments=_MOMENTS)


def _matches(row: RowMapping, keys: Keys) -> bool:
    values = {str(name): value for name, value in row.items()}
    return hmac.compare_digest(_seal(keys, values).encode(), str(row["seal"]).encode(errors="replace"))


def _record(
    transaction: Transaction, keys: Keys, verb: str, number: int, actor: Actor, details: Mapping[str, Plain]
) -> None:
    act = Act(kind=f"guidance.{verb}", actor=actor, about=f"guidance:{number}", details=details)
    record(transaction, act, keys)
