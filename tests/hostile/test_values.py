"""Hostile values in filters: each finds only its own row, and is a single literal in every engine's SQL."""

from __future__ import annotations

import re
import string

import pytest
from sqlglot import exp

from connectors.connector import check_statement
from semantic.errors import SemanticError
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DIALECTS
from semantic.workspace import Workspace
from tests.hostile.conftest import KEPT, can_be_kept
from tests.hostile.strings import CANARY, STRINGS, sample

BACKSLASH = {"spark", "databricks", "bigquery", "clickhouse", "snowflake", "redshift"}
"""Engines in whose literals a backslash starts an escape, according to their manuals."""

CODES = {
    "spark": r"[0-3][0-7]{2}", "databricks": r"[0-3][0-7]{2}", "redshift": r"[0-3][0-7]{2}",
    "bigquery": r"[0-3][0-7]{2}|x[0-9a-fA-F]{2}", "snowflake": r"[0-3][0-7]{2}|x[0-9a-fA-F]{2}",
    "clickhouse": r"x[0-9a-fA-F]{2}",
}  # fmt: skip
"""A character code after a backslash: three octal digits, or x and two hexadecimal digits."""

AT_A_TIME = 64
LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
ESCAPES = dict(zip("ntr0bfavZe", "\n\t\r\0\b\f\a\v\x1a\x1b", strict=True))


def asked(wall: Workspace, operator: Operator, *values: str) -> list[tuple[object, object]]:
    """Ask for the rows whose word matches, and return their number and the sum of their positions."""
    query = Query(metrics=("words", "numbers"), where=Condition("word", operator, values))
    return [(row["words"], row["numbers"]) for row in wall.ask(query, wall.people["vera"]).rows()]


def test_each_value_finds_its_own_row_and_no_other(wall: Workspace) -> None:
    """Many values are in one question, and each finds one row, its own."""
    for start in range(0, len(KEPT), AT_A_TIME):
        values = KEPT[start : start + AT_A_TIME]
        query = Query(
            metrics=("words", "numbers"), by=(Breakdown("word"),), where=Condition("word", Operator.IN, values)
        )
        rows = wall.ask(query, wall.people["vera"]).rows()
        numbers_by_word = {row["word"]: (row["words"], row["numbers"]) for row in rows}
        assert numbers_by_word == {value: (1, start + place) for place, value in enumerate(values)}


def test_a_value_alone_finds_its_own_row_and_no_other(wall: Workspace) -> None:
    for name in sample(250):
        if can_be_kept(name):
            assert asked(wall, Operator.IN, name) == [(1, KEPT.index(name))], name


def test_half_a_character_is_refused_or_finds_nothing(wall: Workspace) -> None:
    halves = [text for text in STRINGS if not can_be_kept(text)]
    assert len(halves) > 5
    for half in halves:
        with pytest.raises(SemanticError):
            asked(wall, Operator.IN, half)


def test_excluding_one_value_excludes_only_that_one(wall: Workspace) -> None:
    total = sum(range(len(KEPT)))
    for name in sample(60):
        if can_be_kept(name):
            assert asked(wall, Operator.NOT_IN, name) == [(len(KEPT) - 1, total - KEPT.index(name))], name


def test_searched_text_is_matched_literally_and_not_as_a_pattern(wall: Workspace) -> None:
    folded = [_ascii_lower(one) for one in KEPT]
    for name in sample(60):
        if not can_be_kept(name) or not name.isascii():
            continue
        # By simple lower-casing, which gives the same result everywhere for these letters.
        truth = [place for place, other in enumerate(folded) if name.lower() in other]
        assert asked(wall, Operator.CONTAINS, name) == [(len(truth), sum(truth))], name


def test_options_are_searched_by_the_text_itself(wall: Workspace) -> None:
    for name in sample(40):
        if can_be_kept(name) and name.strip() and name.isascii():
            values, _ = wall.values("word", Query(metrics=("words",)), wall.people["vera"], search=name)
            assert all(name.strip().lower() in _ascii_lower(str(value)) for value in values), name


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_each_value_is_one_literal_in_the_sql_of_every_engine(name: str) -> None:
    """A separate parser, written from the engines' manuals, reads the literals back, not the code that printed them."""
    wrong: list[str] = []
    for one in KEPT:
        if len(one) > 10_000:
            continue
        text = render(exp.select(exp.Literal.string(one).as_("x"), "2 AS y"), DIALECTS[name])
        match = re.fullmatch(r"SELECT\s+([\s\S]*)\s+AS x,\s+2 AS y", text)
        if match is None or read_literal(match[1], name) != one:
            wrong.append(f"{one[:60]!r}: {text[:120]}")
    assert wrong == []


@pytest.mark.parametrize("name", ["duckdb", "postgres", "spark"])
def test_a_statement_with_a_hostile_literal_is_one_select(name: str) -> None:
    for text in sample(400):
        if can_be_kept(text) and "\0" not in text:
            check_statement(render(exp.select(exp.Literal.string(text).as_("x")), DIALECTS[name]), name)


def test_no_answer_contains_the_canary(wall: Workspace) -> None:
    for name in sample(60):
        if can_be_kept(name):
            result = wall.ask(
                Query(metrics=("words",), where=Condition("word", Operator.IN, (name,))), wall.people["vera"]
            )
            assert CANARY not in f"{result.title}{result.filters}{result.sql}{result.notes}{result.rows()}"


def read_literal(text: str, engine: str) -> str | None:
    """Return the value of a text that is a single literal from end to end, or None for any other text."""
    if text[:1] != "'" or len(text) < 2:
        return None
    texts: list[str] = []
    place = 1
    while place < len(text):
        letter = text[place]
        if letter == "'" and text[place + 1 : place + 2] == "'":
            texts.append("'")
            place += 2
        elif letter == "'":
            return "".join(texts) if place == len(text) - 1 else None
        elif letter == "\\" and engine in BACKSLASH:
            if code := re.compile(CODES[engine]).match(text, place + 1):
                texts.append(chr(int(code[0].lstrip("x"), 16 if code[0][0] == "x" else 8)))
                place = code.end()
                continue
            texts.append(ESCAPES.get(text[place + 1], text[place + 1]))
            place += 2
        else:
            texts.append(letter)
            place += 1
    return None


def _ascii_lower(text: str) -> str:
    return text.translate(LOWER)
