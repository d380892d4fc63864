"""Each person's last conversations, sealed with the person's own key, so that they can return to them.

Erasing a person deletes them. A conversation has its questions and receipts, but no numbers: when it is opened, answers
are computed again under today's policies.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, delete, select, update

from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json, query_to_json
from semantic.query.query import Query
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import PEOPLE, key_of, read_key, subject_of

MOST: Final = 20
"""The most conversations stored for a person. The oldest are dropped."""
MOST_TURNS: Final = 50
KEPT: Final = timedelta(days=90)
"""How long a conversation is stored after its last question."""
LONGEST: Final = 400  # characters of a text
UNNAMED: Final = "A conversation"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")

CONVERSATIONS: Final = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),  # its turns as JSON
    Column("changed_at", Instant, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTurn:
    """One question or text that a person entered. `question` is None for a text without an answer.

    If `is_chosen`, the person clicked a button, and `words` is its label.
    """

    words: str
    question: Query | None = None
    receipt: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConversation:
    """A conversation, and when it was last continued."""

    id: str
    turns: tuple[StoredTurn, ...]
    at: datetime

    @property
    def title(self) -> str:
        """The first words that the person typed.

        A button's label isn't used, because it may contain a name that is hidden now.
        """
        return next((turn.words for turn in self.turns if not turn.is_chosen), UNNAMED)


def is_stored_for(actor: Actor) -> bool:
    """Whether an actor's conversations are saved. They are for people, except while viewing as someone else."""
    return actor.kind == "person" and actor.viewed_by is None


def make_id() -> str:
    """Return an ID for a new conversation."""
    return secrets.token_urlsafe(16)


def keep_conversation(
    transaction: Transaction, conversation: str, turns: Sequence[StoredTurn], actor: Actor, keys: Keys
) -> None:
    """Save a person's conversation, and delete their oldest ones above the maximum and everyone's outdated ones.

    Does nothing for actors who aren't people, or while viewing as someone else. Not logged, because each question is
    logged itself: write with `recorded=False`. Raises StoreFailed.
    """
    if not is_stored_for(actor) or not turns or not _ID.fullmatch(conversation):
        return
    connection, me = transaction.connection, subject_of(transaction, actor.id, actor.name)
    key = key_of(transaction, me, keys)
    if key is None:
        return
    text = json.dumps([_data(turn) for turn in turns[-MOST_TURNS:]], ensure_ascii=False)
    sealed = seal(key, text.encode(errors="replace"), _place(conversation))
    row = {"id": conversation, "subject": me, "sealed": sealed, "changed_at": transaction.now}
    if not insert_if_missing(connection, CONVERSATIONS, row):
        is_mine = (CONVERSATIONS.c.id == conversation) & (CONVERSATIONS.c.subject == me)
        connection.execute(update(CONVERSATIONS).where(is_mine).values(sealed=sealed, changed_at=transaction.now))
    mine = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.subject == me)
    newest = mine.order_by(CONVERSATIONS.c.changed_at.desc(), CONVERSATIONS.c.id)
    old = [each.id for each in connection.execute(newest.offset(MOST))]
    connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(old)))
    forget_old_conversations(transaction)


def read_conversations(connection: Connection, actor: Actor, keys: Keys, now: datetime) -> list[StoredConversation]:
    """Return a person's readable conversations, newest first. Empty while viewing as someone else."""
    if not is_stored_for(actor):
        return []
    me = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id)).scalar()
    key = read_key(connection, me, keys) if me is not None else None
    if key is None:
        return []
    wanted = select(CONVERSATIONS).where(CONVERSATIONS.c.subject == me, CONVERSATIONS.c.changed_at >= now - KEPT)
    rows = connection.execute(wanted.order_by(CONVERSATIONS.c.changed_at.desc(), CONVERSATIONS.c.id).limit(MOST))
    read = [(row.id, _turns(unseal(key, row.sealed, _place(row.id))), row.changed_at) for row in rows]
    return [StoredConversation(id=name, turns=turns, at=at) for name, turns, at in read if turns]


def forget_conversation(transaction: Transaction, conversation: str, actor: Actor) -> None:
    """Delete one of a person's own conversations."""
    if is_stored_for(actor):
        me = select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id).scalar_subquery()
        is_mine = (CONVERSATIONS.c.id == conversation) & (CONVERSATIONS.c.subject == me)
        transaction.connection.execute(delete(CONVERSATIONS).where(is_mine))


def forget_own_conversations(transaction: Transaction, actor: Actor) -> None:
    """Delete all of a person's conversations, at their own request."""
    if is_stored_for(actor):
        me = select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id).scalar_subquery()
        transaction.connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.subject == me))


def forget_old_conversations(transaction: Transaction) -> None:
    """Delete everyone's conversations that are too old."""
    too_old = CONVERSATIONS.c.changed_at < transaction.now - KEPT
    transaction.connection.execute(delete(CONVERSATIONS).where(too_old))


def forget_conversations(transaction: Transaction, subject: str) -> None:
    """Delete an erased person's conversations."""
    transaction.connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.subject == subject))


def _data(turn: StoredTurn) -> dict[str, str | bool]:
    data: dict[str, str | bool] = {"words": turn.words[:LONGEST]}
    if turn.question is not None:
        data["question"] = query_to_json(turn.question)
    if turn.receipt:
        data["receipt"] = turn.receipt
    return data | ({"is_chosen": True} if turn.is_chosen else {})


def _turns(text: bytes | None) -> tuple[StoredTurn, ...]:
    """Return the turns in a stored text, or an empty tuple if Samepage didn't write the text."""
    try:
        read: object = json.loads(text or b"[]")
    except ValueError:
        return ()
    turns: list[StoredTurn] = []
    for each in read if isinstance(read, list) else ():  # pyright: ignore[reportUnknownVariableType] - JSON
        match each:
            case {"words": str(words), **more}:
                question, receipt = more.get("question"), more.get("receipt", "")
                turns.append(
                    StoredTurn(
                        words=words,
                        question=_query(question) if isinstance(question, str) else None,
                        receipt=receipt if isinstance(receipt, str) else "",
                        is_chosen=more.get("is_chosen") is True,
                    )
                )
            case _:
                return ()
    return tuple(turns)


def _query(text: str) -> Query | None:
    try:
        return query_from_json(text)
    except SemanticError:  # an older version of the program wrote it
        return None


def _place(conversation: str) -> str:
    return f"conversation {conversation}"
