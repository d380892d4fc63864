"""The command `python -m semantic analyze`: run an analysis of events, and print its result and counting rule."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import NAME_KEY, read_any, with_changes
from semantic.commands.command_line import OK, WRONG, run_command
from semantic.commands.recorded import recorded_workspace
from semantic.commands.waiting import found_in_shell
from semantic.config.settings import load_settings
from semantic.display.text import text_table
from semantic.errors import UnknownName
from semantic.policy.actor import OWNER, Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import data_from_json, period_from_text
from semantic.services.analyzing.presentation import analyzed_data, telling_of
from semantic.services.analyzing.run import Analyzed, compiled_for, confirmed
from semantic.workspace import Workspace

MOST_LINES: Final = 50
"""How many lines of each table are printed."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_EXAMPLE: Final = """example:
  python -m semantic analyze '{"kind": "funnel", "subject": "session",
    "steps": ["product_view_sessions", "cart_sessions"]}'

  python -m semantic analyze visit_to_order --period last_4_week

runs an analysis that the model names. An analysis can be a name, or an object such as {"analysis": "visit_to_order",
"where": {"dim": "device", "op": "in", "values": ["mobile"]}} with another time, time_zone or sample, and more filters.

Any other analysis is an object with these keys, and those of its kind:
  kind                         the kind of analysis, such as funnel
  v                            the version of its keys: 1 (default)
  subject                      whose events are followed: an entity such as visitor, session or member
  time, where, time_zone       the period in which something begins, filters for every event, the time zone
  sample                       0.1 or 0.01: an estimate from 10% or 1% of the subjects
"""


def run(arguments: Sequence[str]) -> int:
    """Run an analysis, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    parser = analysis_parser("analyze", "Run an analysis of events: who did what after what.", _EXAMPLE)
    return run_command(parser, arguments, lambda asked: act(asked, read_any))


def analysis_parser(name: str, says: str, example: str) -> argparse.ArgumentParser:
    """Return the argument parser for a command that runs an analysis."""
    parser = argparse.ArgumentParser(
        prog=f"python -m semantic {name}",
        description=says,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("analysis", help="a name in the model, or the analysis as JSON; - reads it from stdin")
    parser.add_argument("--period", help="another period, such as last_4_week or 2026-01-01..2026-03-31")
    parser.add_argument(
        "--as", dest="person", metavar="PERSON", help="run as this person from the model's people (default: you)"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="relative periods end before this day")
    parser.add_argument("--json", action="store_true", help="print JSON with all details")
    parser.add_argument("--yes", action="store_true", help="run it without asking, even if it takes a long time")
    parser.add_argument("--sql", action="store_true", help="print the SQL without running it")
    parser.add_argument("--model", help="folder of YAML files (default: SAMEPAGE_MODEL, then the version in the store)")
    parser.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
    return parser


def act(asked: argparse.Namespace, read: Callable[[object, VisibleModel], Analysis]) -> int:
    """Run the analysis that `read` parses from the arguments' JSON, and print its result. Raises SemanticError."""
    settings = load_settings()
    if asked.model:
        settings = replace(settings, model=Path(asked.model), model_source="folder")
    settings = replace(settings, data=asked.data) if asked.data else settings
    text = sys.stdin.read() if asked.analysis == "-" else asked.analysis
    data = {NAME_KEY: text} if _NAME.fullmatch(text) else data_from_json(text)
    with recorded_workspace(settings) as workspace:
        actor = _actor(asked.person, workspace)
        analysis = read(data, workspace.visible(actor))
        if asked.period:
            analysis = with_changes(analysis, {"time": period_from_text(asked.period)})
        return _run(asked, analysis, actor, workspace)


def _run(asked: argparse.Namespace, analysis: Analysis, actor: Actor, workspace: Workspace) -> int:
    if asked.sql:
        print(compiled_for(workspace, analysis.kind, analysis.asked, actor, today=asked.today).readable())
        return OK
    analyzed = found_in_shell(workspace, analysis, actor, today=asked.today, agreed=asked.yes)
    if analyzed is None:
        return WRONG
    analyzed = confirmed(workspace, analyzed)
    if asked.json:
        print(json.dumps(analyzed_data(analyzed), ensure_ascii=False, indent=2))
        return OK
    print_analysis(analyzed)
    if analyzed.receipt:
        print(f"Receipt {analyzed.receipt}", file=sys.stderr)
    return OK


def print_analysis(analyzed: Analyzed[Any]) -> None:  # Any: each kind has its own finding
    """Print an analysis's tables and sentence to stdout, and its notes to stderr."""
    telling = telling_of(analyzed)
    tables = telling.tables(analyzed)
    for table in tables:
        if len(tables) > 1:
            print(f"{table.title}:")
        print(f"{text_table(table.header, table.lines[:MOST_LINES])}\n")
        if len(table.lines) > MOST_LINES:
            more = f"{len(table.lines) - MOST_LINES:,} more lines of {table.title} aren't listed; --json has all."
            print(more, file=sys.stderr)
    print(telling.sentence(analyzed))
    for sentence in (analyzed.planned.filters and f"Filters: {analyzed.planned.filters}.", analyzed.scope):
        if sentence:
            print(sentence, file=sys.stderr)
    for sentence in (*telling.notes(analyzed), "How it counts:", *(f"  {each}" for each in analyzed.rule)):
        print(sentence, file=sys.stderr)


def _actor(person: str | None, workspace: Workspace) -> Actor:
    if person is None:
        return OWNER
    if person not in workspace.people:
        raise UnknownName(person, workspace.people, kind="person")
    return workspace.people[person]
