"""Find the starters that match some tables, by the names and types of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from semantic.starters.filling import Place, default_answers, fill
from semantic.starters.starter import KINDS, Question, Role, Starter, all_starters

MOST_QUESTIONS: Final = 3
LEAST_FOUND: Final = 0.4
"""The share of a role's columns that a table must have, besides all columns that the role needs."""

Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """A starter, and the table for each of its roles.

    `found` of its `of` columns exist. `missing` are metrics that need other columns. `columns` has the columns of every
    table that matches a role, so that an answer can choose another table. `connection` is the connection of the tables,
    or "" for the one that `starter_files` is called with.
    """

    starter: Starter
    tables: Mapping[str, str]
    found: int
    of: int
    missing: tuple[str, ...]
    questions: tuple[Question, ...]
    columns: Mapping[str, Columns]
    connection: str = ""


def match_starters(columns: Mapping[str, Columns]) -> tuple[Match, ...]:
    """Return the starters that match some tables.

    `columns` has each table's columns, with types as in a dataset's `columns:`. Only columns identify a table. Its
    name, without schema and in any case, only decides between two tables for the same role.
    """
    lowered = {table: frozenset(name.lower() for name in held) for table, held in columns.items()}
    found = (_match(starter, columns, lowered) for starter in all_starters() if not starter.needs)
    matches = [match for match in found if match is not None]
    covered = {name for match in matches for name in match.starter.covers}
    return tuple(match for match in matches if match.starter.name not in covered)


def fitting(kind: str, type_: str) -> bool:
    """Return whether a column of this type matches the kind of column that a starter expects."""
    return type_.split("(")[0].strip().lower() in KINDS[kind]


def usable(role: Role, table: Columns) -> dict[str, tuple[str, str]]:
    """Return the role's columns that a table has: how the table spells each one, and its type."""
    there = {name.lower(): (name, type_) for name, type_ in table.items()}
    return {name: there[name] for name, kind in role.columns.items() if name in there and fitting(kind, there[name][1])}


def _match(starter: Starter, columns: Mapping[str, Columns], lowered: Mapping[str, frozenset[str]]) -> Match | None:
    candidates = {role.name: _candidates(role, columns, lowered) for role in starter.roles if not role.view}
    main = (name for name, tables in candidates.items() if tables and starter.role(name).is_main)
    if next(main, None) is None:
        return None
    _stand_in(starter, candidates)
    tables = {role: found[0] for role, found in candidates.items() if found}
    held = {table: columns[table] for found in candidates.values() for table in found}
    found = sum(len(usable(starter.role(role), columns[table])) for role, table in tables.items())
    of = sum(len(starter.role(role).columns) for role in tables)
    asked = tuple(_questions(starter, tables, candidates, columns))[:MOST_QUESTIONS]
    places = {
        f"{starter.name}.{role}": Place(table, usable(starter.role(role), columns[table]))
        for role, table in tables.items()
    }
    missing = fill(starter, places, default_answers(starter.questions)).left_out
    return Match(starter, tables, found, of, missing, asked, held)


def _candidates(role: Role, columns: Mapping[str, Columns], lowered: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the tables that match a role. Tables with one of the role's usual names come first.

    `lowered` has each table's columns in lower case.
    """
    fit = [
        table
        for table, names in lowered.items()
        if role.needs.keys() <= names
        and not role.without & names
        and (not role.by_name or bare(table) in role.names)
        and _fits(role, columns[table])
    ]
    return tuple(sorted(fit, key=lambda table: (bare(table) not in role.names, -len(usable(role, columns[table])))))


def _fits(role: Role, table: Columns) -> bool:
    found = usable(role, table)
    return role.needs.keys() <= found.keys() and len(found) >= LEAST_FOUND * len(role.columns)


def bare(table: str) -> str:
    """Return a table's name in lower case, without schema and quotes."""
    return table.rsplit(".", 1)[-1].strip('"`').lower()


def _stand_in(starter: Starter, candidates: dict[str, tuple[str, ...]]) -> None:
    """Give each role without a table the table of its first substitute role that has one."""
    for role in starter.roles:
        if role.stand_ins and not candidates[role.name]:
            candidates[role.name] = next((candidates[name] for name in role.stand_ins if candidates[name]), ())[:1]


def _questions(
    starter: Starter,
    tables: Mapping[str, str],
    candidates: Mapping[str, tuple[str, ...]],
    columns: Mapping[str, Columns],
) -> Iterator[Question]:
    """Yield the starter's questions whose columns exist, and one for each role that several tables match."""
    for question in starter.questions:
        asked = _asked(question, starter, tables, columns)
        if asked is not None:
            yield asked
    for role, found in candidates.items():
        if len(found) > 1 and not _is_plain(starter.role(role), found):
            choices = tuple((table, table) for table in found)
            label = starter.role(role).label.lower()
            yield Question(f"{starter.name}.{role}", f"Which table has the {label}?", choices, found[0])


def _is_plain(role: Role, tables: tuple[str, ...]) -> bool:
    """Return whether exactly one of several tables has a usual name of the role."""
    return [bare(table) in role.names for table in tables].count(True) == 1


def _asked(
    question: Question, starter: Starter, tables: Mapping[str, str], columns: Mapping[str, Columns]
) -> Question | None:
    if not question.of:
        return question
    for place in question.of:
        role, _, column = place.partition(".")
        found = usable(starter.role(role), columns[tables[role]]) if role in tables else {}
        if column in found:
            if question.if_type and found[column][1] != question.if_type:
                continue
            if question.by_type is None:
                return question
            is_whole = found[column][1].lower() == "integer"
            return replace(question, default=question.by_type[0 if is_whole else 1])
    return None
