"""The command `python -m semantic targets`: list metrics' targets, or import them from a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from semantic.commands.audit import SHELL
from semantic.commands.command_line import WRONG, run_command
from semantic.config.settings import load_settings
from semantic.display.format import counted, value_text
from semantic.display.text import text_table
from semantic.errors import UnknownName
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.targets.work import TargetWork

_EXAMPLE: Final = """example:
  python -m semantic targets import targets.csv
  python -m semantic targets list --as jonas

the first line of the file names the columns: metric, period, target, and perhaps a dimension such as market.
"""


def run(arguments: Sequence[str]) -> int:
    """Run one target command, and return its exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic targets",
        description="Targets for metrics, in the store that SAMEPAGE_STORE names.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="list|import")
    says = "List the targets, by metric and days."
    listing = commands.add_parser("list", help=says, description=says)
    listing.add_argument(
        "--as", dest="person", metavar="PERSON", help="only those that this person of the model can see (default: all)"
    )
    listing.set_defaults(run=_list)
    says = "Import every target of a CSV file, or none if a line is wrong."
    bringing = commands.add_parser("import", help=says, description=says)
    bringing.add_argument("file", help="with the column names in its first line; - reads from stdin")
    bringing.add_argument("--check", action="store_true", help="report problems without importing")
    bringing.set_defaults(run=_import)
    return parser


def _act(asked: argparse.Namespace) -> int:
    live = Live.open(load_settings(), surface="shell")
    try:
        return asked.run(asked, live)
    finally:
        live.close()


def _list(asked: argparse.Namespace, live: Live) -> int:
    work = _work(live, _person(asked.person, live))
    rows = [
        [
            target.target.metric,
            f"{target.target.first}..{target.target.last}",
            target.target.dim,
            value_text(target.target.member) if target.target.dim else "",
            f"{target.target.value:f}",
            f"{target.changed_at:%Y-%m-%d %H:%M}",
        ]
        for target in work.targets()
    ]
    if rows:
        print(text_table(["metric", "days", "dimension", "member", "target", "set at (UTC)"], rows))
    print(f"{counted(len(rows), 'target')}.", file=sys.stderr)
    return 0


def _import(asked: argparse.Namespace, live: Live) -> int:
    text = sys.stdin.read() if asked.file == "-" else Path(asked.file).read_text(encoding="utf-8-sig", errors="replace")
    work = _work(live, SHELL)
    lines = work.read(text)
    for problem in lines.problems:
        print(problem)
    if lines.problems:
        print(f"{counted(len(lines.problems), 'line')} can't be read, so nothing was imported.", file=sys.stderr)
        return WRONG
    if asked.check:
        print(f"{counted(len(lines.targets), 'target')} can be imported.", file=sys.stderr)
        return 0
    kept = work.keep(lines.targets)
    print(f"{kept.added:,} added, {kept.changed:,} changed, {kept.same:,} unchanged.", file=sys.stderr)
    return 0


def _work(live: Live, actor: Actor) -> TargetWork:
    return TargetWork(live.store, live.keys, live.workspace(), actor)


def _person(name: str | None, live: Live) -> Actor:
    people = live.workspace().people
    if name is None:
        return SHELL
    if name not in people:
        raise UnknownName(name, people, kind="person")
    return people[name]
