"""A guess: one assumption of a draft about a table, with its evidence and a person's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

About = Literal[
    "key", "date", "zone", "join", "money", "currency", "measure", "label", "personal", "freshness", "check", "metric"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A guess about a dataset, or about the whole model if `dataset` is empty.

    `says` is what the model would contain, and `evidence` is why. An uncertain guess needs an answer before the draft
    can become a model. `is_on` says whether the model uses the guess. With `choices` (pairs of an ID and a label),
    `choice` is the one that the model uses.
    """

    id: str
    about: About
    dataset: str
    says: str
    evidence: str
    is_certain: bool = True
    is_on: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    choice: str = ""
    is_answered: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a person still has to answer this guess before the draft can be used."""
        return not self.is_certain and not self.is_answered
