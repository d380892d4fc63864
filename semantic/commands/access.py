"""The command `python -m semantic access`.

It shows who can see a number, what a person sees, and how two people see one question.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from semantic.commands.command_line import run_command
from semantic.config.settings import load_settings
from semantic.display.words.access import metric_access_text, pairs_text, sight_text, view_text
from semantic.errors import UnknownName
from semantic.governance.compare_people import pair_rows, view_of
from semantic.policy.actor import Actor
from semantic.policy.explain import explain_access, explain_metric
from semantic.policy.subjects import subjects_of
from semantic.query.codec import query_from_json
from semantic.workspace import Workspace

_EXAMPLE = """example:
  python -m semantic access metric spend --by market
  python -m semantic access person jonas
  python -m semantic access compare jonas claire '{"metrics":["spend"],"by":["market"]}' --connect
"""


def run(arguments: Sequence[str]) -> int:
    """Run one of the three commands, and return its exit code.

    The code is 0 for success, 1 for a problem with your model or question, and 2 for wrong usage.
    """
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> None:
    settings = load_settings()
    model = {"model": Path(asked.model)} if asked.model else {}
    workspace = Workspace.open(replace(settings, **model, **({"data": asked.data} if asked.data else {})))
    asked.run(asked, workspace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic access", description="Show who can see what, and why.", epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    ways = parser.add_subparsers(dest="way", required=True, metavar="metric|person|compare")
    metric = ways.add_parser("metric", help="who can see a metric, by which policies")
    metric.add_argument("name")
    metric.add_argument("--by", action="append", default=[], metavar="DIMENSION", help="and by this; may be repeated")
    metric.set_defaults(run=_metric)
    person = ways.add_parser("person", help="what a person can see, and why")
    person.add_argument("person")
    person.set_defaults(run=_person)
    compare = ways.add_parser("compare", help="compare two people on one question")
    compare.add_argument("first")
    compare.add_argument("second")
    compare.add_argument("question", help='JSON such as {"metrics":["spend"],"by":["market"]}')
    compare.add_argument("--connect", action="store_true", help="also ask as both, and mark rows that differ")
    compare.set_defaults(run=_compare)
    for command in (metric, person, compare):
        command.add_argument("--model", help="folder of YAML files (default: SAMEPAGE_MODEL, then the marketing model)")
        command.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
    return parser


def _metric(asked: argparse.Namespace, workspace: Workspace) -> None:
    model = workspace.model
    if asked.name not in model.metrics:
        raise UnknownName(asked.name, model.metrics, kind="metric")
    for name in asked.by:
        if name not in model.dimensions:
            raise UnknownName(name, model.dimensions, kind="dimension")
    by = [model.dimensions[name][0] for name in asked.by]
    accesses = [
        (
            subject,
            explain_metric(workspace.visible(subject.actor), model.metrics[asked.name], by, is_open=subject.is_open),
        )
        for subject in subjects_of(model, workspace.people.values())
    ]
    print(metric_access_text(accesses))


def _person(asked: argparse.Namespace, workspace: Workspace) -> None:
    print(sight_text(explain_access(workspace.visible(_actor(asked.person, workspace)))))


def _compare(asked: argparse.Namespace, workspace: Workspace) -> None:
    query = query_from_json(asked.question)
    actors = [_actor(name, workspace) for name in (asked.first, asked.second)]
    views = [view_of(workspace.visible(actor), query, workspace.dialect, today=workspace.today()) for actor in actors]
    print("\n\n".join(view_text(view) for view in views))
    if not asked.connect:
        return
    if any(view.refused is not None for view in views):
        print("\nOne of them gets a refusal, so there are no rows to compare.", file=sys.stderr)
        return
    left, right = (workspace.ask(query, actor) for actor in actors)
    names = (actors[0].short_name, actors[1].short_name)
    print("\n" + pairs_text(pair_rows(left, right), left, right, names))


def _actor(name: str, workspace: Workspace) -> Actor:
    if name not in workspace.people:
        raise UnknownName(name, workspace.people, kind="person")
    return workspace.people[name]
