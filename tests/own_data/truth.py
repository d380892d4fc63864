"""What is true about the tables of a data set, written by hand in `truths`.

`tables` has, for each table: `key`, the columns that identify a row, [] if none do, with other right keys in `or`;
`date`, the columns that can date its rows; `money`; `personal`; and `joins`. Claims that are right but not needed, or
that the rows can't prove, are in `also` for joins and in `also_date`, `also_money` and `also_personal` for columns.
`never` has the joins that the rows suggest but that are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

TRUTHS = Path(__file__).parent / "truths"

About = Literal["key", "join", "date", "money", "personal"]
ABOUT: tuple[About, ...] = ("key", "join", "date", "money", "personal")
COLUMNS: tuple[About, ...] = ("date", "money", "personal")


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A claim about a table, in a truth or by a draft. Only joins have a target."""

    about: About
    table: str
    columns: tuple[str, ...]
    target: str = ""
    target_columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        there = f" -> {self.target} ({', '.join(self.target_columns)})" if self.target else ""
        return f"{self.about}: {self.table} ({', '.join(self.columns)}){there}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The claims that a draft has to make (`needed`), other right claims, and the joins that only look right (`never`).

    `keys` are the right keys of each table, as sets of columns. `dates` are the columns of each table of which one has
    to date its rows.
    """

    tables: tuple[str, ...]
    keys: Mapping[str, frozenset[frozenset[str]]]
    without_key: frozenset[str]
    dates: Mapping[str, frozenset[str]]
    needed: frozenset[Claim]
    also: frozenset[Claim]
    never: tuple[Claim, ...]


def read_truth(name: str) -> Truth:
    """Return the truth with this name."""
    return truth_in((TRUTHS / f"{name}.yml").read_text(encoding="utf-8"))


def truth_in(text: str) -> Truth:
    """Return the truth written in YAML."""
    data: dict[str, Any] = yaml.safe_load(text)
    tables: Mapping[str, Mapping[str, Any]] = data["tables"]
    known = {"key", "or", "also", "joins"} | {f"{also}{about}" for about in COLUMNS for also in ("", "also_")}
    for table, facts in tables.items():
        assert not facts.keys() - known, f"{table} has unknown keys: {sorted(facts.keys() - known)}"
    return Truth(
        tables=tuple(tables),
        keys={
            table: frozenset(frozenset(key) for key in (facts["key"], *facts.get("or", ())) if key)
            for table, facts in tables.items()
        },
        without_key=frozenset(table for table, facts in tables.items() if not facts["key"]),
        dates={table: frozenset(facts["date"]) for table, facts in tables.items() if facts.get("date")},
        needed=frozenset(_claims(tables, "", "joins")),
        also=frozenset(_claims(tables, "also_", "also")),
        never=tuple(_join(text) for text in data["never"]),
    )


def _claims(tables: Mapping[str, Mapping[str, Any]], prefix: str, joins: str) -> Iterable[Claim]:
    for table, facts in tables.items():
        for about in COLUMNS:
            for column in facts.get(f"{prefix}{about}", ()):
                yield Claim(about, table, (column,))
        for text in facts.get(joins, ()):
            yield _join(f"{table} ({text.replace(' -> ', ') -> ')}")


def _join(text: str) -> Claim:
    """Return the join written as `orders (customer_id) -> customers (id)`."""
    left, right = text.split(" -> ")
    (table, columns), (target, target_columns) = _side(left), _side(right)
    return Claim("join", table, columns, target, target_columns)


def _side(text: str) -> tuple[str, tuple[str, ...]]:
    table, _, columns = text.rpartition(" (")
    return table, tuple(column.strip() for column in columns.removesuffix(")").split(","))
