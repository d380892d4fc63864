"""The words for an analysis's subject, singular and plural. All texts and charts of analyses use these."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.asked import plural
from semantic.display.format import number
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, estimated


def subject(analyzed: Analyzed[Any]) -> str:  # Any: each kind has its own finding
    """Return the word for one subject: `person`."""
    return analyzed.planned.reads.population.subject.replace("_", " ")


def subjects(analyzed: Analyzed[Any]) -> str:
    """Return the word for several subjects: `people`."""
    return plural(analyzed.planned.reads.population.subject)


def counted_subjects(count: int, analyzed: Analyzed[Any]) -> str:
    """Return the noun for subjects, singular or plural according to `count`."""
    return subject(analyzed) if count == 1 else subjects(analyzed)


def so_many(count: int, analyzed: Analyzed[Any]) -> str:
    """Return a number of subjects with its noun: `1 person`, or `≈10 people` for a sample."""
    sample = analyzed.planned.sample
    return f"{counted(count, sample)} {counted_subjects(estimated(count, sample), analyzed)}"


def based_on_few(count: int, analyzed: Analyzed[Any]) -> str:
    """Return a warning that a share is based on few subjects, with their number."""
    where = " in the sample" if analyzed.planned.sample is not None else ""
    return f"This is based on only {number(count)} {counted_subjects(count, analyzed)}{where}."
