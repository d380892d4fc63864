"""Policy tests, which a model keeps next to its policies."""

from __future__ import annotations

from dataclasses import dataclass

Cells = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """An attribute that a policy test gives its actor. `several` is true if it was written as a list."""

    name: str
    values: tuple[str, ...]
    several: bool


@dataclass(frozen=True, slots=True)
class SeenValues:
    """All values of a dimension in the answer, in any order. None is a row without a value."""

    dimension: str
    values: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """A policy test: a person, a question, and what this person should see.

    `ask` is the question as JSON with every scalar as text, or "" if there is no question. `rows` are all rows of the
    answer, or None if they don't matter. `hidden` lists names of any kind that shouldn't be visible. `refused` is the
    code of the expected refusal, or "" if the question should be answered.
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
        """Whether the test needs the engine, because it depends on the rows of the answer."""
        return self.rows is not None or bool(self.values)
