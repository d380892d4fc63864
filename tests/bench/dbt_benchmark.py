"""Read dbt's semantic-layer benchmark without a language model: python -m tests.bench.dbt_benchmark.

SAMEPAGE_DBT_BENCHMARK names a folder with a checkout of dbt-labs/semantic-layer-llm-benchmarking (Apache-2.0) and, from
dbt-labs/dbt-llm-sl-bench (Apache-2.0), benchmark_questions.ttl. Nothing of either is copied here. The tables are built
from the project's CSV files, the model is imported from its YAML, and each question is read by the reader. Its cells
are compared with those of the benchmark's own SQL. Columns are matched by their values, because names differ.

Then each question is asked as a Samepage question, over a Samepage model of the tables (tests/bench/dbt_asked.py),
without any words. Its columns are in the order of the SQL's columns, so they are compared one by one.

The questions are about all time, and the reader is set to that. Fire claims are left out: the benchmark's schema
doesn't have them, and their key's type differs from that of the policies that they join.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import sqlglot

from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.interop.dbt.importing import import_dbt
from semantic.interop.project import read_project
from semantic.policy.actor import OWNER
from semantic.query.data import query_from_data
from semantic.run.columns import engine_columns
from semantic.services.words import Words
from semantic.workspace import Workspace
from tests.bench.dbt_asked import ASKED, MODEL, Question
from tests.bench.table import head, line

FOLDER = "SAMEPAGE_DBT_BENCHMARK"
SEEDS = "dbt_cdw_benchmark__seed"
MOST_COLUMNS = 7
"""With more columns than this, the columns aren't matched by trying every order."""
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'main' AND table_name = ?"
_NAME = re.compile(r"(expr:\s*)(\w+)(\s*)$", re.MULTILINE)
_TEXT = r'"((?:[^"\\]|\\.)*)"'

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the benchmark, and the SQL of its right answers. Matching any of them counts as right."""

    prompt: str
    truths: tuple[str, ...]


def main() -> None:
    folder = os.environ.get(FOLDER, "")
    if not folder:
        sys.exit(f"{FOLDER} names the folder with the benchmark. See the top of this file.")
    with TemporaryDirectory() as made:
        run(Path(folder), Path(made))


def run(folder: Path, made: Path) -> None:
    data = build(folder, made / "acme.duckdb")
    files, _ = read_project(folder / "models")
    # The project runs where names have no case: its YAML has both.
    files = {
        path: _NAME.sub(lambda found: found[1] + found[2].lower() + found[3], text) for path, text in files.items()
    }
    files = {path: text for path, text in files.items() if "fire_claim" not in path}
    with engine_columns(str(data)) as columns:
        imported = import_dbt(files, columns=columns, schema="main")
    for name, text in imported.written().items():
        (made / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (made / "model" / name).write_text(text, encoding="utf-8")
    workspace = Workspace.open(Settings(data=str(data), model=made / "model", model_source="folder"))
    try:
        outcomes = [(asked, *outcome(asked, workspace, data)) for asked in questions(folder)]
    finally:
        workspace.close()
    head("dbt's semantic-layer benchmark, read without a language model")
    line("metrics and dimensions imported", f"{len(workspace.model.metrics)}, {len(workspace.model.dimensions)}")
    line("losses of the import", str(len(imported.losses)))
    counts = Counter(each[1] for each in outcomes)
    for name in ("same", "other", "asked back", "refused", "no truth"):
        line(name, str(counts[name]))
    for asked, found, why in outcomes:
        print(f"- {found}: {asked.prompt[:110]}{f' ({why})' if why else ''}")
    run_structured(folder, made / "ours", data)


def run_structured(folder: Path, model: Path, data: Path) -> None:
    """Ask each question as a Samepage question over Samepage's model, and print how many match the SQL's cells."""
    model.mkdir()
    (model / "model.yml").write_text(MODEL, encoding="utf-8")
    workspace = Workspace.open(Settings(data=str(data), model=model, model_source="folder"))
    try:
        outcomes = [
            (asked, structured_outcome(asked, question, workspace, data))
            for asked, question in zip(questions(folder), ASKED, strict=True)
        ]
    finally:
        workspace.close()
    head("dbt's semantic-layer benchmark, asked as questions")
    counts = Counter(found for _, found in outcomes)
    for name in ("same", "other", "no truth"):
        line(name, str(counts[name]))
    for asked, found in outcomes:
        if found == "other":
            print(f"- {found}: {asked.prompt[:110]}")


def structured_outcome(asked: Asked, question: Question, workspace: Workspace, data: Path) -> str:
    truths = [rows for sql in asked.truths if (rows := rows_of(sql, data)) is not None]
    if not truths:
        return "no truth"
    table = workspace.start(query_from_data(question.data), OWNER).answered().table
    columns = [table.column(name).to_pylist() for name in question.columns.split()]
    rows = Counter(tuple(map(plain, row)) for row in zip(*columns, strict=True))
    return "same" if rows in [Counter(tuple(map(plain, row)) for row in truth) for truth in truths] else "other"


def build(folder: Path, path: Path) -> Path:
    """Create the seeds as tables, and the project's models as views over them, in as many passes as their dependencies
    need.
    """
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE SCHEMA {SEEDS}")
        for file in sorted((folder / "ACME_Insurance" / "data").glob("*.csv")):
            table = f'{SEEDS}."{file.stem}"'
            connection.execute(f"CREATE TABLE {table} AS FROM read_csv(?, header = true)", [str(file)])
            for name, kind in connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall():
                if kind == "VARCHAR" and name.lower().endswith("identifier"):  # empty, so its type wasn't found
                    connection.execute(f'ALTER TABLE {table} ALTER "{name}" TYPE BIGINT')
        waiting = {
            file.stem: file.read_text("utf-8") for file in sorted((folder / "models" / "omg_models").glob("*.sql"))
        }
        for _ in range(len(waiting)):
            for name, sql in [*waiting.items()]:
                plain = re.sub(r"{{\s*ref\(\s*'(\w+)'\s*\)\s*}}", r'"\1"', sql)
                try:
                    connection.execute(f'CREATE TABLE "{name}" AS {plain}')
                except duckdb.Error:
                    continue
                for (column,) in connection.execute(_COLUMNS, [name]).fetchall():
                    if column != column.lower():
                        connection.execute(f'ALTER TABLE "{name}" RENAME COLUMN "{column}" TO "{column.lower()}"')
                del waiting[name]
        if waiting:
            print(f"Models that couldn't be built: {', '.join(waiting)}", file=sys.stderr)
    return path


def questions(folder: Path) -> Iterator[Asked]:
    """Yield the questions in the Turtle file with their SQL, in the file's order."""
    text = (folder / "benchmark_questions.ttl").read_text("utf-8")
    blocks = re.split(r"\n\s*\n(?=dwt:)", text)
    sql: dict[str, str] = {}
    for block in blocks:
        written = re.search(rf"QandA:queryText\s+{_TEXT}", block)
        if written is not None and "dwt:SqlQuery" in block:
            sql[block.split()[0]] = unescaped(written[1])
    for block in blocks:
        prompt = re.search(rf"QandA:prompt\s+{_TEXT}", block)
        if prompt is not None:
            expected = re.search(r"QandA:expects\s+([^;]+);", block)
            names = [name.strip() for name in expected[1].split(",")] if expected is not None else []
            yield Asked(unescaped(prompt[1]).strip(), tuple(sql[name] for name in names if name in sql))


def unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\\\", "\\")


def outcome(asked: Asked, workspace: Workspace, data: Path) -> tuple[str, str]:
    """Return the outcome for one question, and why."""
    truths = [rows for sql in asked.truths if (rows := rows_of(sql, data)) is not None]
    if not truths:
        return "no truth", "its SQL doesn't run over the tables"
    reading = Words(workspace).read(f"{asked.prompt}, all time", OWNER)
    if reading.question is None or reading.why:
        if reading.asks:
            return "asked back", reading.asks[0].words
        return "refused", ", ".join(reading.left) or reading.reason
    try:
        shown = workspace.start(reading.question, OWNER).answered()
    except SemanticError as error:
        return "refused", error.title
    rows = [*zip(*(shown.table.column(one.name).to_pylist() for one in (*shown.keys, *shown.values)), strict=True)]
    is_same = any(are_same(rows, truth) for truth in truths)
    return ("same", "") if is_same else ("other", f"{len(rows)} rows for {len(truths[0])}")


def rows_of(sql: str, data: Path) -> Rows | None:
    """Return the rows of the benchmark's SQL over the seeds, or None if it doesn't run, because it's
    Snowflake's SQL.
    """
    with duckdb.connect(data, read_only=True) as connection:
        connection.execute(f"USE {SEEDS}")
        for text in (sql, sqlglot.transpile(sql, read="snowflake", write="duckdb")[0]):
            try:
                return connection.execute(text).fetchall()
            except duckdb.Error:
                continue
    return None


def are_same(rows: Rows, truth: Rows) -> bool:
    """Return whether two answers have the same cells: equal rows in any order, with the columns in any order."""
    widths = {len(row) for row in (*rows, *truth)}
    if not rows or len(rows) != len(truth) or len(widths) != 1 or (width := widths.pop()) > MOST_COLUMNS:
        return rows == truth
    right = Counter(tuple(map(plain, row)) for row in truth)
    return any(
        Counter(tuple(plain(row[place]) for place in order) for row in rows) == right
        for order in permutations(range(width))
    )


def plain(value: object) -> str:
    try:
        return f"{float(str(value)):.9g}"
    except ValueError:
        return str(value)


if __name__ == "__main__":
    main()
