"""The command `python -m semantic completeness`: print which share of a day's final number is known after each load."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from semantic.commands.command_line import run_command
from semantic.commands.searching import in_workspace, print_found, print_json, search_data, search_parser
from semantic.policy.actor import Actor
from semantic.services.analyzing.load_curve import (
    load_curve,
    load_curve_json,
    load_curve_notes,
    load_curve_rule,
    load_curve_sentence,
    load_curve_tables,
    read_load_curve,
)
from semantic.workspace import Workspace

_EXAMPLE: Final = """example:
  python -m semantic completeness '{"metric": "orders", "final": 7}'

  metric                       a metric that adds up rows, of a dataset that is append_only
  final                        the days after which a day's number is final (default: 7, at most 21)
  where                        filters
"""


def run(arguments: Sequence[str]) -> int:
    """Measure completeness, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    parser = search_parser("completeness", "Measure what share of a day is known after each load.", _EXAMPLE)
    return run_command(
        parser, arguments, lambda asked: in_workspace(asked, lambda workspace, actor: _run(asked, workspace, actor))
    )


def _run(asked: argparse.Namespace, workspace: Workspace, actor: Actor) -> int:
    curve = load_curve(workspace, read_load_curve(search_data(asked)), actor, today=asked.today)
    if asked.json:
        return print_json(load_curve_json(curve))
    beside = [curve.filters and f"Filters: {curve.filters}.", curve.scope, *load_curve_notes(curve)]
    return print_found(
        load_curve_tables(curve), [load_curve_sentence(curve)], beside, load_curve_rule(curve), "How it is measured:"
    )
