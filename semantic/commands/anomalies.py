"""The command `python -m semantic anomalies`: find a metric's unusual days and what may explain them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from semantic.analyses.unusual.question import read_unusual
from semantic.commands.command_line import run_command
from semantic.commands.searching import in_workspace, print_found, print_json, search_data, search_parser
from semantic.policy.actor import Actor
from semantic.services.analyzing.anomalies import search
from semantic.services.analyzing.words.anomalies import (
    anomalies_json,
    anomalies_notes,
    anomalies_rule,
    anomalies_sentence,
    anomalies_tables,
    cause_words,
    when_words,
)
from semantic.workspace import Workspace

_EXAMPLE: Final = """example:
  python -m semantic anomalies '{"metric": "net_revenue", "by": "channel"}'

  metric                       the metric to look at, by day
  by                           a dimension whose members may explain what is unusual
  time, where                  the period to search (default: the last 90 days), and filters
  sensitivity                  low, normal (default) or high
"""


def run(arguments: Sequence[str]) -> int:
    """Run a search, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    parser = search_parser("anomalies", "Find a metric's unusual days.", _EXAMPLE)
    return run_command(
        parser, arguments, lambda asked: in_workspace(asked, lambda workspace, actor: _run(asked, workspace, actor))
    )


def _run(asked: argparse.Namespace, workspace: Workspace, actor: Actor) -> int:
    searched = search(workspace, read_unusual(search_data(asked)), actor, today=asked.today)
    if asked.json:
        return print_json(anomalies_json(searched))
    causes = [(when_words(each), cause_words(each, searched)) for each in searched.found.anomalies]
    return print_found(
        anomalies_tables(searched),
        [anomalies_sentence(searched), *(f"{when}: {cause}." for when, cause in causes if cause)],
        [searched.filters and f"Filters: {searched.filters}.", searched.asked.seen.scope, *anomalies_notes(searched)],
        anomalies_rule(searched),
        "How days are judged:",
    )
