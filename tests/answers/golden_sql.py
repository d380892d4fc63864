"""The SQL that Samepage emits for every question in tests/golden/shapes.yml, and the files that store it.

Each dialect has one file. The dialects that tests run (duckdb.sql, postgres.sql, spark.sql) have the full text for
every shape of question, each under a line `-- shape: NAME`, in the order of shapes.yml.

The other dialects are only printed, and mostly repeat one of the three. A file such as trino.diff names the dialect
that it's compared with, and lists only the shapes that differ, and of these only the lines that differ:

    shape: two_facts
    @@ 9 @@
    -    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    +    DATE_TRUNC('MONTH', orders._k1) AS date_month,

From line 9 of that shape's text in the other dialect, the lines marked `-` are replaced by those marked `+`. Without a
`-`, lines are inserted before line 9. A shape that isn't listed has the same text in both dialects, unless shapes.yml
says that this dialect refuses it. If only the other dialect refuses it, every line is marked `+`.

`pytest tests/answers/test_golden.py --update-golden` rewrites the files; review their diff. This prints one text:

    python -m tests.answers.golden_sql trino two_facts
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import yaml

from semantic import Model, load_model
from semantic.compile import Compiled, compile_visible, readable_sql
from semantic.config.settings import MARKETING_MODEL
from semantic.model.definitions import TypeKind
from semantic.model.loading.load import read_folder
from semantic.plan.tree.known import NOTHING_KNOWN, Known, hop_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import DIALECTS

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "golden"
SHAPES = yaml.load((GOLDEN / "shapes.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
MODELS = {"marketing": MARKETING_MODEL, "shop": TESTS / "cases" / "shop", "kinds": TESTS / "cases" / "kinds" / "model"}
TODAY = date(2026, 7, 1)
YAML_CONSTANTS = {"true": True, "false": False, "null": None}
UPDATE = "pytest tests/answers/test_golden.py --update-golden"

# Dialects without an engine in the tests, each with the one whose text makes its file shortest.
COMPARED_WITH = {
    "databricks": "spark",
    "snowflake": "duckdb",
    "bigquery": "spark",
    "trino": "duckdb",
    "redshift": "postgres",
    "clickhouse": "duckdb",
}
REFUSED = [(shape, dialect) for shape, entry in SHAPES.items() for dialect in entry.get("refused", {})]
EMITTED = [(shape, dialect) for shape in SHAPES for dialect in DIALECTS if (shape, dialect) not in REFUSED]


class BadGoldenFile(Exception):
    """A file of tests/golden that can't be read, or doesn't fit the text it is compared with."""


@dataclass(frozen=True, slots=True)
class Change:
    """Lines that replace others, from line `at` on, counted from 1."""

    at: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


# What we emit now


@cache
def planned(shape: str) -> Compiled:
    """Return the shape's question, compiled once: a plan is the same in every dialect."""
    return compiled(shape, "duckdb")


def compiled(shape: str, dialect: str) -> Compiled:
    """Return the shape's question compiled for this dialect. Raises SemanticError if the dialect refuses it."""
    entry = SHAPES[shape]
    model, people = model_and_people(entry.get("model", "marketing"))
    if "spine" in entry:
        model = replace(model, settings=replace(model.settings, spine=entry["spine"]))
    proven = every_hop(model) if "proven" in entry else every_date(model) if "dated" in entry else NOTHING_KNOWN
    query = query_from_data(typed(entry["ask"]))
    visible = narrow(model, people[entry.get("as", "ana")])
    return compile_visible(visible, query, DIALECTS[dialect], today=TODAY, proven=proven)


@cache
def model_and_people(name: str) -> tuple[Model, dict[str, Actor]]:
    return load_model(MODELS[name]), dict(read_people(read_folder(MODELS[name])))


def typed(data: object) -> object:
    """Return YAML that was read as text, with numbers, booleans and nulls restored."""
    if isinstance(data, dict):
        return {key: typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [typed(value) for value in data]
    assert isinstance(data, str)
    return int(data) if data.isdigit() else YAML_CONSTANTS.get(data, data)


def every_hop(model: Model) -> Known:
    """Return a proof that every key has its member, as if the data had shown it."""
    return Known(frozenset(hop_of(edge) for edges in model.joins.edges.values() for edge in edges))


def every_date(model: Model) -> Known:
    """Return a proof that every date is an ordinary one, and that there are few groups by key and month."""
    dates = {
        (dataset.name, name)
        for dataset in model.datasets.values()
        for name, column in dataset.columns.items()
        if column.kind is TypeKind.DATE
    }
    few = {(*hop, column) for hop in every_hop(model).matches for dataset, column in dates if dataset == hop[0]}
    return Known(frozenset(), frozenset(dates), frozenset(few))


@cache
def emitted(shape: str, dialect: str) -> str:
    """Return the SQL formatted for reading, with its values, ending in a line feed."""
    return f"{readable_sql(replace(planned(shape), dialect=DIALECTS[dialect]))}\n"


def digest(pairs: Iterable[tuple[str, str]]) -> str:
    """Return one hash of the texts of these pairs of shape and dialect."""
    return hashlib.sha256("".join(emitted(shape, dialect) for shape, dialect in pairs).encode()).hexdigest()


# What the files contain


def golden(shape: str, dialect: str) -> str:
    """Return the full text from the files, or "" if they don't have it. Raises BadGoldenFile."""
    if (shape, dialect) in REFUSED:
        return ""
    if dialect not in COMPARED_WITH:
        return texts_of(dialect).get(shape, "")
    other = golden(shape, COMPARED_WITH[dialect])
    try:
        return changed(other, changes_of(dialect).get(shape, ()))
    except BadGoldenFile as error:
        raise BadGoldenFile(f"{golden_path(dialect).name}, shape {shape}: {error}") from None


@cache
def texts_of(dialect: str) -> dict[str, str]:
    return read_texts(golden_file(dialect))


@cache
def changes_of(dialect: str) -> dict[str, list[Change]]:
    return read_changes(golden_file(dialect))


def golden_path(dialect: str) -> Path:
    return GOLDEN / (f"{dialect}.diff" if dialect in COMPARED_WITH else f"{dialect}.sql")


def golden_file(dialect: str) -> str:
    """Return the content of the dialect's file, or "" if there is none yet."""
    path = golden_path(dialect)
    return path.read_bytes().decode() if path.exists() else ""


def file_of(dialect: str, text_of: Callable[[str, str], str]) -> str:
    """Return the content of the dialect's file for these texts. `text_of` returns a text by shape and dialect."""
    texts = {shape: text_of(shape, dialect) for shape in SHAPES if (shape, dialect) not in REFUSED}
    if dialect not in COMPARED_WITH:
        return write_texts(dialect, texts)
    other = COMPARED_WITH[dialect]
    others = {shape: text_of(shape, other) for shape in SHAPES if (shape, other) not in REFUSED}
    return write_changes(dialect, texts, others)


def write_texts(dialect: str, texts: Mapping[str, str]) -> str:
    heading = (
        f"-- Each shape's SQL on {dialect}. tests/answers/golden_sql.py explains this file and how to rewrite it.\n"
    )
    return "\n".join([heading, *(f"-- shape: {shape}\n{text}" for shape, text in texts.items())])


def read_texts(file: str) -> dict[str, str]:
    _, *parts = re.split(r"^-- shape: (\w+)\n", file, flags=re.MULTILINE)
    shapes, texts = parts[::2], parts[1::2]
    # A blank line separates shapes.
    return dict(zip(shapes, [*(text.removesuffix("\n") for text in texts[:-1]), *texts[-1:]], strict=True))


def write_changes(dialect: str, texts: Mapping[str, str], others: Mapping[str, str]) -> str:
    other = COMPARED_WITH[dialect]
    lines = [
        f"# Where SQL on {dialect} differs from {other}.sql. A shape that isn't listed is the same.",
        "# tests/answers/golden_sql.py explains this file and how to rewrite it.",
    ]
    for shape, text in texts.items():
        changes = differences(others.get(shape, ""), text)
        if changes:
            lines += ["", f"shape: {shape}"]
        for change in changes:
            lines += [
                f"@@ {change.at} @@",
                *(f"-{line}" for line in change.removed),
                *(f"+{line}" for line in change.added),
            ]
    return "".join(f"{line}\n" for line in lines)


def read_changes(file: str) -> dict[str, list[Change]]:
    """Return the changes of each listed shape. Raises BadGoldenFile."""
    listed: dict[str, list[Change]] = {}
    changes: list[Change] = []
    for number, line in enumerate(lines_of(file), start=1):
        if heading := re.fullmatch(r"shape: (\w+)", line):
            changes = listed.setdefault(heading[1], [])
        elif anchor := re.fullmatch(r"@@ (\d+) @@", line):
            changes.append(Change(int(anchor[1]), (), ()))
        elif line.startswith("-") and changes:
            changes[-1] = replace(changes[-1], removed=(*changes[-1].removed, line[1:]))
        elif line.startswith("+") and changes:
            changes[-1] = replace(changes[-1], added=(*changes[-1].added, line[1:]))
        elif line and not line.startswith("#"):
            raise BadGoldenFile(f"line {number} is not a heading, anchor or changed line: {line!r}.")
    return listed


def differences(text: str, wanted: str) -> list[Change]:
    """Return the changes that turn one text into the other."""
    old, new = lines_of(text), lines_of(wanted)
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Change(i + 1, tuple(old[i:j]), tuple(new[k:m])) for tag, i, j, k, m in blocks if tag != "equal"]


def changed(text: str, changes: Sequence[Change]) -> str:
    """Return the text with the changes applied. Raises BadGoldenFile if they don't fit it."""
    old, new, done = lines_of(text), list[str](), 0
    for change in changes:
        start = change.at - 1
        end = start + len(change.removed)
        if not done <= start <= len(old) or tuple(old[start:end]) != change.removed:
            raise BadGoldenFile(f"the change at line {change.at} doesn't fit the text it is compared with.")
        new += [*old[done:start], *change.added]
        done = end
    return "".join(f"{line}\n" for line in [*new, *old[done:]])


def lines_of(text: str) -> list[str]:
    """Return the lines without their line feeds. No other character ends a line."""
    return text.split("\n")[:-1]


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case [dialect, shape] if (shape, dialect) in EMITTED:
            print(golden(shape, dialect), end="")
            return 0
        case _:
            print(
                f"Usage: python -m tests.answers.golden_sql DIALECT SHAPE\nDialects: {', '.join(DIALECTS)}",
                file=sys.stderr,
            )
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
