"""A policy test as written in a model next to its policies: a person, a question, and what they must see or be
refused.
"""

from __future__ import annotations

from dataclasses import dataclass

Cells = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """An attribute of an actor that a test defines itself. `several` is true if the attribute was written as a list."""

    name: str
    values: tuple[str, ...]
    several: bool


@dataclass(frozen=True, slots=True)
class SeenValues:
    """Every value of a dimension in the answer, in any order. None means a row without a value."""

    dimension: str
    values: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """A policy test: a person, a question, and what that person must see.

    `ask` is the question as JSON, with every scalar as text, or "" if nothing is asked. `rows` are all rows of the
    answer, or None if they aren't checked. `hidden` lists names of any kind that must not be visible. `refused` is the
    code of the expected refusal, or "" if the question must be answered.
    """

    name: str
    person: str = ""  # an ID, or "" for an actor defined in the test
    audience: str = ""  # of public links and destinations
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    attributes: tuple[Given, ...] = ()
    ask: str = ""
    rows: tuple[Cells, ...] | None = None
    values: tuple[SeenValues, ...] = ()
    metrics: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    refused: str = ""
    file: str = ""
    line: int = 0

    @property
    def needs_rows(self) -> bool:
        """Whether the test can only be checked by asking the engine."""
        return self.rows is not None or bool(self.values)
