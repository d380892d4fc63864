"""A person's last conversations, which only that person can read, continue and delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.questions.conversations import (
    StoredConversation,
    StoredTurn,
    forget_conversation,
    forget_own_conversations,
    is_stored_for,
    keep_conversation,
    read_conversations,
)


@dataclass(frozen=True, slots=True)
class Conversations:
    """The conversations of one person. Agents, services and people viewing as someone else have none."""

    store: Store
    keys: Keys
    actor: Actor

    @property
    def are_kept(self) -> bool:
        """Whether this person's conversations are saved."""
        return is_stored_for(self.actor)

    def all(self) -> list[StoredConversation]:
        """Return this person's last conversations, newest first. Raises StoreFailed."""
        with self.store.read() as connection:
            return read_conversations(connection, self.actor, self.keys, self.store.now())

    def keep(self, conversation: str, turns: Sequence[StoredTurn]) -> None:
        """Save a conversation, if this person's conversations are saved at all. Raises StoreFailed."""
        if self.are_kept and turns:
            with self.store.write(recorded=False) as transaction:
                keep_conversation(transaction, conversation, turns, self.actor, self.keys)

    def delete(self, conversation: str) -> None:
        """Delete one conversation. Raises NotAllowed, StoreFailed."""
        self._check()
        with self.store.write(recorded=False) as transaction:
            forget_conversation(transaction, conversation, self.actor)

    def delete_all(self) -> None:
        """Delete all of this person's conversations. Raises NotAllowed, StoreFailed."""
        self._check()
        with self.store.write(recorded=False) as transaction:
            forget_own_conversations(transaction, self.actor)

    def _check(self) -> None:
        if not self.are_kept:
            raise NotAllowed("Only their owner can delete conversations. Stop viewing as someone else first.")
