"""The command `python -m semantic funnel`: how many got from one step to the next, and how that was counted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from semantic.analyses.events.funnel import FUNNEL
from semantic.commands.command_line import OK, run_command
from semantic.config.settings import load_settings
from semantic.display.text import text_table
from semantic.errors import UnknownName
from semantic.policy.actor import OWNER, Actor
from semantic.query.codec import data_from_json
from semantic.services.analyzing.funnel_words import (
    funnel_json,
    funnel_notes,
    funnel_sentence,
    groups_table,
    steps_table,
)
from semantic.services.analyzing.run import analyze, compiled_for
from semantic.services.process import Live
from semantic.workspace import Workspace

MOST_GROUPS: Final = 50
_EXAMPLE: Final = """example:
  python -m semantic funnel '{"subject": "session", "steps": ["product_view_sessions", "cart_sessions"]}'

each step is a metric whose rows are the events, or an object with metric, where, name and within. Optional keys:
  time, where, time_zone       the period in which tries begin, filters of every event, the zone of days
  order                        loose (default), strict or any
  within                       the longest time from the start of a try, such as "7 days"
  attempt                      first (default) or best
  exclude, among, hold         events that end a try, that strict order watches too; a dimension that stays the same
  by, by_step, over            a dimension, of the first, last or a given step; a period such as week
"""


def run(arguments: Sequence[str]) -> int:
    """Run a funnel and return the exit code: 0; 1 for an error; 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic funnel",
        description="Count how many got from each step to the next.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("funnel", help="the funnel as JSON; - reads it from stdin")
    parser.add_argument(
        "--as", dest="person", metavar="PERSON", help="run as this person from the model's people (default: you)"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="relative periods end before this day")
    parser.add_argument("--json", action="store_true", help="print JSON with all details")
    parser.add_argument("--sql", action="store_true", help="print the SQL without running it")
    parser.add_argument("--model", help="folder of YAML (default: SAMEPAGE_MODEL, then the version in the store)")
    parser.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
    return parser


def _act(asked: argparse.Namespace) -> int:
    settings = load_settings()
    if asked.model:
        settings = replace(settings, model=Path(asked.model), model_source="folder")
    settings = replace(settings, data=asked.data) if asked.data else settings
    text = sys.stdin.read() if asked.funnel == "-" else asked.funnel
    funnel = FUNNEL.read(data_from_json(text))
    if settings.model_source == "folder":
        workspace = Workspace.open(settings)
        try:
            return _run(asked, funnel, workspace)
        finally:
            workspace.close()
    live = Live.open(settings, surface="shell")
    try:
        return _run(asked, funnel, live.workspace())
    finally:
        live.close()


def _run(asked: argparse.Namespace, funnel: object, workspace: Workspace) -> int:
    actor = _actor(asked.person, workspace)
    if asked.sql:
        print(compiled_for(workspace, FUNNEL, funnel, actor, today=asked.today).readable())
        return OK
    analyzed = analyze(workspace, FUNNEL, funnel, actor, today=asked.today)
    if asked.json:
        print(json.dumps(funnel_json(analyzed), ensure_ascii=False, indent=2))
        return OK
    print(text_table(*steps_table(analyzed)))
    header, lines = groups_table(analyzed)
    if lines:
        print(f"\n{text_table(header, lines[:MOST_GROUPS])}")
    if len(lines) > MOST_GROUPS:
        print(f"{len(lines) - MOST_GROUPS:,} smaller groups aren't listed; --json has all.", file=sys.stderr)
    print(f"\n{funnel_sentence(analyzed)}")
    for sentence in (analyzed.planned.filters and f"Filters: {analyzed.planned.filters}.", analyzed.scope):
        if sentence:
            print(sentence, file=sys.stderr)
    for sentence in (*funnel_notes(analyzed), "How it counts:", *(f"  {each}" for each in analyzed.rule)):
        print(sentence, file=sys.stderr)
    return OK


def _actor(person: str | None, workspace: Workspace) -> Actor:
    if person is None:
        return OWNER
    if person not in workspace.people:
        raise UnknownName(person, workspace.people, kind="person")
    return workspace.people[person]
