"""A draft of a model as data: its datasets, their possible joins, and all guesses."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.introspection.drafts import DatasetDraft
from semantic.introspection.guess import Guess
from semantic.introspection.profile import JoinEvidence
from semantic.introspection.relations import Relation

Answer = bool | str
"""Yes, no, or the ID of a choice."""

ZONE, CURRENCY = "zone", "currency"
"""The IDs of the guesses about the whole model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A suggested model. `unread` are the tables that couldn't be read, each with the reason."""

    datasets: tuple[DatasetDraft, ...]
    relations: tuple[Relation, ...]
    joins: tuple[JoinEvidence, ...]
    guesses: tuple[Guess, ...]
    connection: str = ""
    unread: tuple[tuple[str, str], ...] = ()

    def guess(self, guess_id: str) -> Guess | None:
        """Return the guess with this ID, or None."""
        return next((guess for guess in self.guesses if guess.id == guess_id), None)
