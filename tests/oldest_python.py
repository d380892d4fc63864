"""Import every module of the app and answer ten questions, without the test tools.

`.ci/run` runs it on the oldest supported Python: `python -m tests.oldest_python`.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from pages.shell import session
from semantic.demo import build_company
from semantic.policy.actor import OWNER
from semantic.query.data import query_from_data
from tests.shop import TODAY, build_shop, open_shop

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
QUESTIONS = 10
RUN_BY_ALEMBIC = "semantic.store.migrations.env"  # when a store is opened; it cannot be imported


@dataclass(frozen=True, slots=True)
class Question:
    """A question about the shop, and its expected rows."""

    title: str
    ask: dict[str, Any]  # as YAML has it
    person: str
    today: date
    rows: list[list[object]]


def main() -> int:
    """Return 0 if every module imports and every answer is right, and otherwise 1.

    Failures are printed to standard error.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    modules = list(module_names())
    with tempfile.TemporaryDirectory(prefix="samepage-oldest-") as folder:
        os.environ.update(surroundings(Path(folder)))
        logging.disable(logging.ERROR)  # Streamlit warns whenever a page is drawn without a server
        session._actor = lambda cookie, running: OWNER  # importing a page draws it, for the person signed in
        failures = [*import_failures(modules), *wrong_answers(build_shop(Path(folder) / "shop.duckdb"))]
    if failures:
        print(f"On Python {version}:", *failures, sep="\n", file=sys.stderr)
        return 1
    print(f"Python {version} imports {len(modules)} modules and answers {QUESTIONS} questions.")
    return 0


def module_names() -> Iterator[str]:
    for place in ("connectors", "semantic", "pages"):
        for path in sorted((ROOT / place).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if name != RUN_BY_ALEMBIC:
                yield name
    yield "app"


def surroundings(folder: Path) -> Mapping[str, str]:
    """Return the settings of a small demo company. Importing a page needs them, because it draws the page."""
    return {
        "SAMEPAGE_DEMO": "1",
        "SAMEPAGE_DATA": str(build_company(folder, orders=300, until=date(2026, 6, 30))),
        "SAMEPAGE_STORE": str(folder / "store.sqlite"),
        "SAMEPAGE_AUDIT_KEY_FILE": str(folder / "audit.key"),
        "SAMEPAGE_MODEL_CACHE": str(folder / "models"),
    }


def import_failures(modules: list[str]) -> Iterator[str]:
    """Yield a line for each module that cannot be imported, with the reason."""
    for name in modules:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever fails, try the other modules too)
            yield f"{name} cannot be imported: {type(error).__name__}: {error}"


def wrong_answers(shop: Path) -> Iterator[str]:
    """Yield a line for each of the ten questions whose answer differs from its case."""
    workspace = open_shop(shop)
    for question in questions():
        workspace.day = question.today
        try:
            table = workspace.ask(query_from_data(question.ask), workspace.people[question.person]).table
        except Exception as error:  # noqa: BLE001 (whatever fails, ask the other questions too)
            yield f"{question.title}: {type(error).__name__}: {error}"
            continue
        shown = [name for name in table.column_names if name != "bucket"]
        answer = [list(row.values()) for row in table.select(shown).to_pylist()]
        if comparable(answer) != comparable(question.rows):
            yield f"{question.title}: the answer is {answer}, not {question.rows}"
    workspace.close()


def questions() -> list[Question]:
    """Return the first case from each of ten files that has rows and a breakdown and no buckets."""
    questions: list[Question] = []
    for path in sorted(CASES.glob("*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            ask = case["ask"]
            if "rows" in case and "buckets" not in case and ask.get("by"):
                person, today = case.get("as", "steward"), case.get("today", TODAY)
                questions.append(Question(f"{path.stem}: {case['title']}", ask, person, today, case["rows"]))
                break
    assert len(questions) >= QUESTIONS
    return questions[:QUESTIONS]


def comparable(rows: list[list[object]]) -> list[list[str]]:
    """Return the rows as sorted text, with numbers rounded to nine digits."""
    return sorted([_text(value) for value in row] for row in rows)


def _text(value: object) -> str:
    match value:
        case bool() | None | str():
            return repr(value)
        case int() | float() | Decimal():
            return f"{float(value):.9g}"
        case _:
            return repr(str(value))


if __name__ == "__main__":
    sys.exit(main())
