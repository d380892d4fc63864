"""Dated remarks about a question's days: what happened, from when to when, and what it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark, from its first day to its last, both included. `about` says what it concerns, "" for everything."""

    first: date
    last: date
    text: str
    kind: str = ""
    about: str = ""
