"""What the commands that search a metric's days share: their arguments, the workspace and the actor."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from semantic.commands.command_line import OK
from semantic.config.settings import load_settings
from semantic.display.text import text_table
from semantic.errors import UnknownName
from semantic.policy.actor import OWNER, Actor
from semantic.query.codec import data_from_json
from semantic.services.analyzing.tables import TextTable
from semantic.services.process import Live
from semantic.workspace import Workspace

MOST_LINES = 60
"""How many lines of each table are printed."""


def search_parser(name: str, says: str, example: str) -> argparse.ArgumentParser:
    """Return the argument parser for a command that searches a metric's days."""
    parser = argparse.ArgumentParser(
        prog=f"python -m semantic {name}",
        description=says,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("search", help="the search as JSON; - reads it from stdin")
    parser.add_argument(
        "--as", dest="person", metavar="PERSON", help="run as this person from the model's people (default: you)"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="relative periods end before this day")
    parser.add_argument("--json", action="store_true", help="print JSON with all details")
    parser.add_argument("--model", help="folder of YAML files (default: SAMEPAGE_MODEL, then the version in the store)")
    parser.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
    return parser


def search_data(asked: argparse.Namespace) -> object:
    """Return the search as JSON-like data from the arguments. Raises InvalidQuery."""
    return data_from_json(sys.stdin.read() if asked.search == "-" else asked.search)


def in_workspace(asked: argparse.Namespace, run: Callable[[Workspace, Actor], int]) -> int:
    """Run a function with the model, the data and the person that the arguments name. Raises SemanticError."""
    settings = load_settings()
    if asked.model:
        settings = replace(settings, model=Path(asked.model), model_source="folder")
    settings = replace(settings, data=asked.data) if asked.data else settings
    if settings.model_source == "folder":
        workspace = Workspace.open(settings)
        try:
            return run(workspace, _actor(asked.person, workspace))
        finally:
            workspace.close()
    live = Live.open(settings, surface="shell")
    try:
        workspace = live.workspace()
        return run(workspace, _actor(asked.person, workspace))
    finally:
        live.close()


def print_found(
    tables: Sequence[TextTable], sentences: Sequence[str], beside: Sequence[str], rule: Sequence[str], how: str
) -> int:
    """Print the tables and sentences to stdout, and the rule and the notes in `beside` to stderr."""
    for table in tables:
        print(f"{text_table(table.header, table.lines[:MOST_LINES])}\n")
        if len(table.lines) > MOST_LINES:
            more = f"{len(table.lines) - MOST_LINES:,} more lines of {table.title} aren't listed; --json has all."
            print(more, file=sys.stderr)
    for sentence in sentences:
        print(sentence)
    for sentence in (*(each for each in beside if each), how, *(f"  {each}" for each in rule)):
        print(sentence, file=sys.stderr)
    return OK


def print_json(data: dict[str, Any]) -> int:
    """Print data as JSON to stdout."""
    print(json.dumps(data, ensure_ascii=False, indent=2))
    return OK


def _actor(person: str | None, workspace: Workspace) -> Actor:
    if person is None:
        return OWNER
    if person not in workspace.people:
        raise UnknownName(person, workspace.people, kind="person")
    return workspace.people[person]
