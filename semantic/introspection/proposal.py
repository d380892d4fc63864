"""A draft of a model: every guess about the tables, the answers to them, and what is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semantic.introspection.guess import Guess
from semantic.introspection.profile import JoinEvidence, TableProfile
from semantic.model.model import Model

Answer = bool | str
"""Yes, no, or the ID of a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the tables suggest. `unread` are the tables that couldn't be read, each with the reason."""

    profiles: tuple[TableProfile, ...]
    joins: tuple[JoinEvidence, ...]
    guesses: tuple[Guess, ...]
    connection: str = ""
    unread: tuple[tuple[str, str], ...] = ()


def propose(profiles: Sequence[TableProfile], joins: Sequence[JoinEvidence], *, connection: str = "") -> Proposal:
    """Return every guess about these tables."""
    raise NotImplementedError


def answered(proposal: Proposal, answers: Mapping[str, Answer]) -> Proposal:
    """Return the proposal with these answers, by the IDs of the guesses. Raises UnknownName and InvalidQuery."""
    raise NotImplementedError


def open_guesses(proposal: Proposal) -> tuple[Guess, ...]:
    """Return the guesses that a person has to answer before the draft can be used."""
    return tuple(guess for guess in proposal.guesses if guess.is_open)


def model_files(proposal: Proposal, *, person: str, existing: Model | None = None) -> Mapping[str, str]:
    """Return the YAML of the model by its path; only `person` has access to it. Raises OpenGuesses."""
    raise NotImplementedError
