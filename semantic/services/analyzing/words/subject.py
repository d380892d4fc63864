"""What the subject of an analysis is called, for one and for several."""

from __future__ import annotations

from typing import Any

from semantic.services.analyzing.run import Analyzed


def subject(analyzed: Analyzed[Any]) -> str:  # Any: each kind has its own finding
    """Return the word for one subject: `person`."""
    return analyzed.planned.reads.population.subject.replace("_", " ")


def subjects(analyzed: Analyzed[Any]) -> str:
    """Return the word for several subjects: `people`."""
    word = subject(analyzed)
    return {"person": "people"}.get(word, f"{word[:-1]}ies" if word.endswith("y") else f"{word}s")


def counted_subjects(count: int, analyzed: Analyzed[Any]) -> str:
    """Return the word that fits a number of subjects."""
    return subject(analyzed) if count == 1 else subjects(analyzed)
