"""The SQL that Samepage emits, one text for each shape of question and dialect. tests/cases prove that it's right."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import unified_diff
from functools import cache

import pytest
import sqlglot
from sqlglot import exp
from trino_sql_validator import validate

from semantic.compile import check_read_back
from semantic.errors import SemanticError
from semantic.sql.dialects.dialect_rewrites import speak
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.table import DIALECTS
from semantic.sql.lower import lower
from tests import proof
from tests.answers.golden_sql import (
    COMPARED_WITH,
    EMITTED,
    GOLDEN,
    REFUSED,
    SHAPES,
    TESTS,
    UPDATE,
    BadGoldenFile,
    Change,
    changed,
    changes_of,
    compiled,
    digest,
    emitted,
    file_of,
    golden,
    golden_file,
    golden_path,
    main,
    planned,
    read_changes,
    read_texts,
    texts_of,
    write_changes,
    write_texts,
)

DIALECTS_OF = {shape: [dialect for dialect in DIALECTS if (shape, dialect) not in REFUSED] for shape in SHAPES}
# Slow checks run for each shape in only one dialect; the dialects take turns.
IN_ONE = [(shape, dialects[turn % len(dialects)]) for turn, (shape, dialects) in enumerate(DIALECTS_OF.items())]
CHANGES = ("value", "statement", "bracket")
TO_CHANGE = [
    (*pair, CHANGES[turn // len(DIALECTS) % len(CHANGES)])
    for turn, pair in enumerate(EMITTED if proof.is_whole else IN_ONE)
]
IF_RIGHT = f"If this is right: {UPDATE}"
OF_MONEY = [(shape, dialect) for shape, dialect in EMITTED if shape.startswith("money_")]


def updating(config: pytest.Config) -> bool:
    return bool(config.getoption("--update-golden"))


@pytest.fixture
def stored(pytestconfig: pytest.Config) -> None:
    """Skip tests that read the files during an update, when another process may be writing them."""
    if updating(pytestconfig):
        pytest.skip("--update-golden rewrites the files")


def difference(golden_text: str, text: str, name: str) -> str:
    """Return the difference between two texts, or "" if they are the same."""
    return "\n".join(unified_diff(golden_text.split("\n"), text.split("\n"), name, "now", lineterm=""))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_file_is_as_an_update_writes_it(dialect: str, pytestconfig: pytest.Config) -> None:
    """It lists nothing that is the same in the other dialect. During an update, only this test writes the file."""
    path = golden_path(dialect)
    if updating(pytestconfig):
        path.write_bytes(file_of(dialect, emitted).encode())
        return
    try:
        problem = difference(golden_file(dialect), file_of(dialect, golden), path.name)
    except BadGoldenFile as error:
        problem = str(error)
    if problem:
        pytest.fail(f"{problem}\n{IF_RIGHT}", pytrace=False)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("shape", SHAPES)
def test_the_sql_of_each_shape_is_the_stored_one(shape: str) -> None:
    problems = [problem for dialect in DIALECTS_OF[shape] if (problem := problem_of(shape, dialect))]
    if problems:
        pytest.fail("\n".join([*problems, IF_RIGHT]), pytrace=False)


def problem_of(shape: str, dialect: str) -> str:
    """Return how the text has changed, or why the dialect's file can't be read."""
    try:
        return difference(golden(shape, dialect), emitted(shape, dialect), f"{shape} in {golden_path(dialect).name}")
    except BadGoldenFile as error:
        return str(error)


@pytest.mark.usefixtures("stored")
def test_every_golden_file_has_its_dialect() -> None:
    assert set(GOLDEN.iterdir()) == {GOLDEN / "shapes.yml", *map(golden_path, DIALECTS)}, IF_RIGHT


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_golden_text_has_its_shape(dialect: str) -> None:
    shapes = [shape for shape, other in EMITTED if other == dialect]
    if dialect in COMPARED_WITH:
        assert list(changes_of(dialect)) == [shape for shape in shapes if shape in changes_of(dialect)], IF_RIGHT
    else:
        assert list(texts_of(dialect)) == shapes, IF_RIGHT


@pytest.mark.parametrize(("shape", "dialect"), REFUSED)
def test_a_dialect_that_cannot_express_a_shape_refuses_it(shape: str, dialect: str) -> None:
    with pytest.raises(SemanticError, match=SHAPES[shape]["refused"][dialect]):
        compiled(shape, dialect)


# What the dialect's parser reads in a text


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The literals in a text, and the error from reading it, or "" if there was none."""

    literals: Counter[str]
    problem: str = ""


@cache
def read_back(shape: str, dialect: str) -> ReadBack:
    """Parse the text once, and also check it with Samepage's own `reads_back`."""
    text, plan = emitted(shape, dialect), planned(shape).plan
    trees, parse = sqlglot.parse(text, read=dialect), sqlglot.parse
    tree = trees[0]
    if len(trees) != 1 or tree is None:
        return ReadBack(Counter(), f"is {len(trees)} statements")
    found_literals = literals(tree)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlglot, "parse", lambda sql, read: trees if sql == text else parse(sql, read=read))
        if not reads_back(lower(plan, DIALECTS[dialect], inline=True).tree, text, DIALECTS[dialect]):
            return ReadBack(found_literals, "isn't let through")
    printed = tree.sql(dialect=dialect, pretty=True, copy=False)
    if f"{printed}\n" != text:
        first, second = sqlglot.parse_one(text, read=dialect), sqlglot.parse_one(printed, read=dialect)
        if first != second or literals(first) != literals(second):
            return ReadBack(found_literals, "reads differently after it is printed again")
    return ReadBack(found_literals)


def literals(tree: exp.Expr) -> Counter[str]:
    return Counter(literal.this for literal in tree.find_all(exp.Literal))


def as_literal(value: object) -> str:
    return value.isoformat(sep=" ").removesuffix("+00:00") if isinstance(value, datetime) else str(value)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_text_reads_back_as_the_same_and_is_accepted(shape: str) -> None:
    problems = {dialect: read_back(shape, dialect).problem for dialect in DIALECTS_OF[shape]}
    assert not any(problems.values()), problems


@pytest.mark.parametrize("shape", SHAPES)
def test_every_requested_value_is_in_the_text(shape: str) -> None:
    wanted = {as_literal(value) for value in planned(shape).legs[0].params}
    missing = {
        dialect: wanted - {literal.removesuffix("+00:00") for literal in read_back(shape, dialect).literals}
        for dialect in DIALECTS_OF[shape]
    }
    assert not any(missing.values()), missing


@pytest.mark.parametrize(("shape", "dialect", "change"), TO_CHANGE)
def test_the_statement_that_runs_is_accepted_but_a_changed_one_is_not(shape: str, dialect: str, change: str) -> None:
    made = compiled(shape, dialect)
    check_read_back(made)
    statement = made.legs[0]
    text = changed_statement(statement.sql, change, speak(lower(made.plan, DIALECTS[dialect]).tree, DIALECTS[dialect]))
    with pytest.raises(AssertionError, match="means something else"):
        check_read_back(replace(made, legs=(replace(statement, sql=text),)))


def changed_statement(sql: str, change: str, tree: exp.Expr) -> str:
    """Return the SQL with another value, if it has one, or with something after its end."""
    quoted = [f"'{text.this}'" for text in tree.find_all(exp.Literal) if text.is_string and text.arg_key != "unit"]
    value = next((value for value in quoted if value in sql), None)
    match change:
        case "value" if value:
            return sql.replace(value, "'x'")
        case "statement":
            return f"{sql}; SELECT 1"
        case _:
            return f"{sql} )"


@pytest.mark.parametrize(("shape", "dialect"), OF_MONEY)
def test_checks_of_exchange_rates_read_back(shape: str, dialect: str) -> None:
    assert compiled(shape, dialect).rate_checks  # compiling raises where one doesn't read back


@pytest.mark.parametrize("shape", [shape for shape, dialects in DIALECTS_OF.items() if "trino" in dialects])
def test_trinos_parser_accepts_every_text(shape: str) -> None:
    result = validate(emitted(shape, "trino"))
    assert result.valid, result.error
    unknown = [warning for warning in result.warnings if type(warning).__name__ != "AliasWarning"]
    assert not unknown, unknown


def test_the_text_is_the_same_in_every_process() -> None:
    """Each shape is planned and printed again with another hash seed.

    Every run also has its own random seed, and compares all texts with files written with another seed.
    """
    code = (
        "import json, sys; from tests.answers.golden_sql import digest; print(hash('a'), digest(json.load(sys.stdin)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(IN_ONE),
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    other_hash, other_digest = printed.stdout.split()
    assert other_hash != str(hash("a")), "Both processes have the same seed."
    assert other_digest == digest(IN_ONE)


# The files


LINES = ("", "SELECT 1", "  a", "-", "+", "@@ 1 @@", "shape: a", "# a", "\x0b\r")


@pytest.mark.parametrize("seed", range(8))
def test_a_text_is_restored_from_its_differences(seed: int) -> None:
    chosen = random.Random(seed)
    for _ in range(100):
        other, text = ("".join(f"{line}\n" for line in chosen.choices(LINES, k=chosen.randrange(9))) for _ in range(2))
        file = write_changes("trino", {"shape": text}, {"shape": other})
        assert changed(other, read_changes(file).get("shape", ())) == text


def test_a_shape_that_is_the_same_is_not_listed() -> None:
    texts = {"same": "SELECT 1\n", "other": "SELECT 2\n", "alone": "SELECT 3\n"}
    file = write_changes("trino", texts, {"same": "SELECT 1\n", "other": "SELECT 0\n"})
    assert read_changes(file) == {
        "other": [Change(1, ("SELECT 0",), ("SELECT 2",))],
        "alone": [Change(1, (), ("SELECT 3",))],
    }


def test_full_texts_read_back_as_written() -> None:
    texts = {"first": "SELECT\n\n  1\n", "second": "\n", "third": "SELECT 3\n\n"}
    assert read_texts(write_texts("duckdb", texts)) == texts


@pytest.mark.usefixtures("stored")
def test_one_text_is_printed_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trino", "two_facts"]) == 0
    assert capsys.readouterr().out == emitted("two_facts", "trino")
    assert main(["two_facts", "trino"]) == 2
    assert "DIALECT SHAPE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes",
    [
        [Change(1, ("b",), ())],  # another line is there
        [Change(3, ("c", "d"), ())],  # beyond the end
        [Change(5, (), ("d",))],
        [Change(0, (), ("d",))],  # before the start
        [Change(2, ("b",), ()), Change(2, ("b",), ())],  # the same line twice
        [Change(3, ("c",), ()), Change(1, ("a",), ())],  # in the wrong order
    ],
)
def test_changes_that_do_not_fit_are_refused(changes: list[Change]) -> None:
    with pytest.raises(BadGoldenFile, match="doesn't fit"):
        changed("a\nb\nc\n", changes)


@pytest.mark.parametrize(
    "file", ["SELECT 1\n", "shape: a\n-b\n", "shape: a\n@@ x @@\n", "shape: a\n@@ 1 @@\nSELECT 1\n"]
)
def test_a_file_in_another_format_is_refused(file: str) -> None:
    with pytest.raises(BadGoldenFile, match="line"):
        read_changes(file)
