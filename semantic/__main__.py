"""The entry point of the shell: `python -m semantic` with check, fields, ask, why, read, sql, push and others.

Results go to stdout, and messages to stderr. The exit code is 0 for success, 1 for a problem with your model, question
or engine, and 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

from semantic.api.responses import why_data
from semantic.audit_trail.recorder import NO_FILE, NOT_RECORDED
from semantic.commands import publishing
from semantic.commands.command_line import OK, USAGE, WRONG
from semantic.commands.recorded import recorded_workspace
from semantic.compile import compile_visible, readable_sql
from semantic.config.settings import Settings, SettingsError, load_settings
from semantic.display.export.export import KINDS, Kind, export
from semantic.display.export.to_csv import csv_text
from semantic.display.format import counted, listed
from semantic.display.rows import count_words
from semantic.display.text import json_data, result_table, text_table
from semantic.display.trust import facts, facts_data, standing_out
from semantic.display.words.why import explanation_text
from semantic.errors import ModelError, SemanticError, StoreFailed, UnknownName, UnknownVersion, with_place
from semantic.governance.run_policy_tests import PolicyFinding, run_policy_tests
from semantic.model.checks.decided import UnmentionedDatasets, find_unmentioned
from semantic.model.checks.view_rules import unproven
from semantic.model.loading.load import parse_files, read_folder
from semantic.model.loading.schema import json_schema
from semantic.model.model import Model
from semantic.policy.actor import OWNER, ROLES, Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import people_of
from semantic.query.codec import query_from_json, query_to_json
from semantic.query.describe import describe_day
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.run.checks import Finding
from semantic.services.analyzing.presentation import analysis_title
from semantic.services.process import Live, open_versions, running_files
from semantic.services.receipts import factors_of, replay, replay_data, verdict
from semantic.services.why import by_of, explain
from semantic.sql.dialects.table import find_dialect
from semantic.workspace import Workspace, today_of

Form = Literal["table", "json"] | Kind

COMMANDS = {
    "access": "semantic.commands.access",
    "analyze": "semantic.commands.analyze",
    "anomalies": "semantic.commands.anomalies",
    "audit": "semantic.commands.audit",
    "board": "semantic.commands.boards",
    "certify": "semantic.commands.certify",
    "completeness": "semantic.commands.completeness",
    "demo": "semantic.commands.demo",
    "draft": "semantic.commands.draft",
    "funnel": "semantic.commands.funnel",
    "interchange": "semantic.commands.interchange",
    "mcp": "semantic.api.mcp_stdio",
    "read": "semantic.commands.read",
    "sign-in": "semantic.commands.sign_in",
    "start": "semantic.commands.start",
    "store": "semantic.commands.store",
    "targets": "semantic.commands.targets",
    "token": "semantic.commands.tokens",
    "worker": "semantic.commands.worker",
}
"""The commands with a module of their own. Only the requested module is imported, with its dependencies."""


class WrongUsage(Exception):
    """Raised for options that can't be combined."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        return importlib.import_module(COMMANDS[given[0]]).run(given[1:])
    parser = _parser()
    chosen = parser.parse_args(given)
    try:
        return chosen.run(chosen, _settings(chosen))
    except (SemanticError, SettingsError) as error:
        _say_error(error)
        return WRONG
    except WrongUsage as error:
        _say(str(error))
        return USAGE
    except BrokenPipeError:
        # The reader (head, less) has gone; exit quietly, without flushing into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m semantic", description="Query governed metrics from the shell.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def add(
        name: str, run: Callable[[argparse.Namespace, Settings], int], says: str, example: str, *, reads: bool = True
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=says, description=says, epilog=f"example: python -m semantic {example}"
        )
        if reads:
            command.add_argument(
                "--model", help="folder of YAML files (default: SAMEPAGE_MODEL, then the version in the store)"
            )
            command.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
        command.set_defaults(run=run)
        return command

    check = add("check", _check, "Report every problem in the model, with file and line.", "check --connect")
    check.add_argument(
        "--connect", action="store_true", help="also compare with the tables and run the model's data checks"
    )
    fields = add("fields", _fields, "List the metrics, dimensions and segments a person can use.", "fields --as jonas")
    add("schema", _schema, "Print the JSON Schema of a model file, for editors.", "schema > model.schema.json")
    example = '\'{"metrics":["spend"],"by":["channel"]}\''
    ask = add("ask", _ask, "Answer a question, given as JSON.", f"ask {example}")
    sql = add("sql", _sql, "Print a question's SQL without running it.", f"sql {example}")
    says = "Explain why a number changed, by the question's breakdowns or by the closest ones."
    change = '\'{"metrics":["spend"],"time":{"last":4,"unit":"week"},"compare":[{"to":"previous"}]}\''
    why = add("why", _why, says, f"why {change}")
    example = "receipt R-7K3Q-DM2X-WA94"
    receipt = add("receipt", _receipt, "Re-run a receipt's question and report what changed.", example)
    receipt.add_argument("receipt", help="the receipt's ID, as shown in a file, on an image or below an answer")
    for command in (ask, sql, why):
        command.add_argument(
            "question", help='JSON such as {"metrics":["spend"],"by":["channel"]}; - reads it from stdin'
        )
        command.add_argument("--today", type=date.fromisoformat, help="relative periods end before this day")
    for command in (ask, sql, why, fields, receipt):
        command.add_argument(
            "--as", dest="person", metavar="PERSON", help="run as this person from the model's people (default: you)"
        )
        command.add_argument("--json", action="store_true", help="print JSON with all details")
    forms = ("table", "json", "csv", "xlsx", "parquet")
    ask.add_argument("--format", choices=forms, help="output format (default: a table, or the format of the file name)")
    ask.add_argument("--out", type=Path, metavar="FILE", help="write the same file as Export on the page")
    ask.add_argument("--sql", action="store_true", help="print the SQL below the table")
    sql.add_argument("--dialect", default="duckdb", help="SQL dialect to print")
    _add_publishing(add)
    commands.add_parser("audit", help="Read, verify and export the audit log; erase a person.", add_help=False)
    commands.add_parser("access", help="Show who can see what, and why.", add_help=False)
    commands.add_parser("analyze", help="Run an analysis of events, such as a funnel.", add_help=False)
    commands.add_parser("anomalies", help="Find a metric's unusual days.", add_help=False)
    commands.add_parser("board", help="List boards; export or import one as YAML.", add_help=False)
    commands.add_parser("certify", help="Certify metrics in the files of a model.", add_help=False)
    commands.add_parser("completeness", help="Measure what share of a day is known after each load.", add_help=False)
    commands.add_parser("mcp", help="Serve the tools to an assistant on this machine.", add_help=False)
    commands.add_parser("read", help="Read a question in words, and print it as JSON.", add_help=False)
    commands.add_parser("start", help="Start the app with an empty model over your own data.", add_help=False)
    commands.add_parser("sign-in", help="Check the sign-in settings, and who people sign in as.", add_help=False)
    commands.add_parser("draft", help="Draft a model from tables.", add_help=False)
    commands.add_parser("funnel", help="Count how many got from each step to the next.", add_help=False)
    commands.add_parser("interchange", help="Import from or export to dbt, Cube or OSI.", add_help=False)
    commands.add_parser("store", help="Manage the store: upgrade, back up, restore.", add_help=False)
    commands.add_parser("targets", help="List targets, or import them from a file.", add_help=False)
    commands.add_parser("token", help="Create, list and revoke service tokens.", add_help=False)
    commands.add_parser("worker", help="Run jobs when they are due, in a process without pages.", add_help=False)
    commands.add_parser("demo", help="Write the demo company's tables.", add_help=False)
    return parser


def _add_publishing(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands for model versions in the store that SAMEPAGE_STORE names."""
    says = "Publish a folder as the next version of the model."
    push = add("push", publishing.push, says, 'push model --note "Net revenue"', reads=False)
    push.add_argument("folder", type=Path, help="a pulled folder with your changes")
    push.add_argument("--note", required=True, help="what changed and why, shown in the list of versions")
    push.add_argument(
        "--effective",
        type=publishing.instant,
        metavar="DAY",
        help="when it takes effect, such as 2026-07-01 (default: now)",
    )
    push.add_argument("--settle", choices=("mine", "theirs"), help="which side wins where both changed the same thing")
    push.add_argument("--replace", action="store_true", help="publish the folder as it is, without merging")
    pull = add("pull", publishing.pull, "Write a version of the model into a folder.", "pull model", reads=False)
    pull.add_argument("folder", type=Path, help="target folder; its .yml files are replaced by the version's")
    pull.add_argument("--version", type=int, metavar="N", help="version number (default: the newest)")
    pull.add_argument("--force", action="store_true", help="discard changes you haven't pushed")
    says = "Compare two versions, or a version and a folder: in words, and in SQL."
    apart = add("diff", publishing.show_difference, says, "diff model --sql", reads=False)
    apart.add_argument("before", nargs="?", metavar="A", help="a version (default: the one before the newest)")
    apart.add_argument("after", nargs="?", metavar="B", help="a version or a folder (default: the newest version)")
    apart.add_argument("--sql", action="store_true", help="also print the SQL of each metric whose calculation changed")
    apart.add_argument("--dialect", default="duckdb", help="SQL dialect to print")
    versions = add("versions", publishing.list_versions, "List the versions of the model.", "versions", reads=False)
    versions.add_argument("--limit", type=int, default=20, help="how many, newest first (default: 20)")
    says = "Publish the files of an earlier version again."
    back = add("rollback", publishing.go_back, says, 'rollback 3 --note "Refunds counted twice"', reads=False)
    back.add_argument("version", type=int, metavar="N", help="the version to publish again")
    back.add_argument("--note", required=True, help="the reason, shown in the list of versions")


def _settings(chosen: argparse.Namespace) -> Settings:
    """Return the environment's settings with the command's options applied.

    If the command names a folder, its files are the model.
    """
    settings = load_settings()
    if getattr(chosen, "model", None):
        settings = replace(settings, model=Path(chosen.model), model_source="folder")
    return replace(settings, data=chosen.data) if getattr(chosen, "data", None) else settings


def _open(settings: Settings) -> Workspace:
    """Return the workspace of the current model, opened as the app opens it."""
    return Workspace.open(settings) if settings.model_source == "folder" else Live.open(settings).workspace()


def _check(chosen: argparse.Namespace, settings: Settings) -> int:
    where, files = _files(settings)
    model, docs = parse_files(files)
    people = people_of(docs)
    parts = (
        (model.datasets, "dataset"),
        (model.metrics, "metric"),
        (model.dimensions, "dimension"),
        (model.segments, "segment"),
    )
    counts = ", ".join(counted(len(things), word) for things, word in parts if things or word != "segment")
    policies = counted(len(model.policies), "policy", "policies")
    _say(f"{where}: {counts}, {policies}. No problems found.")
    for line in _who_sees(model):
        _say(line)
    for left in find_unmentioned(model):
        for line in _left_out(left):
            _say(line)
    for dataset in unproven(model):
        _say(f"- Row rules are not checked inside {dataset.name}: {dataset.row_rules_reviewed.strip()}")
    if not chosen.connect:
        return _policy_tests(run_policy_tests(model, people, today=today_of(model)))
    workspace, findings = _check_data(settings)
    for finding in findings:
        word = "FAIL" if not finding.ok else "WARN" if finding.warns else "ok  "
        print(f"{word} {finding.dataset}: {finding.what}")
    failed = sum(not finding.ok for finding in findings)
    warned = sum(finding.warns for finding in findings)
    words = f"{failed} failed" if failed else "none failed" if warned else "all passed"
    more = f", {counted(warned, 'relationship has', 'relationships have')} keys that match nothing" if warned else ""
    _say(f"{counted(len(findings), 'check')}, {words}{more}.")
    tested = _policy_tests(workspace.run_policy_tests())
    return WRONG if failed else tested


def _left_out(left: UnmentionedDatasets) -> Iterator[str]:
    """Yield a line for each kind of dataset that a policy's row rules don't mention."""
    for datasets, what in ((left.with_dimension, "which have the same dimension"), (left.others, "")):
        if datasets:
            names = listed([dataset.name for dataset in datasets])
            rest = f", {what}" if what else ""
            yield f"- WARN The row rules of {left.policy.name} say nothing about {names}{rest}."


def _check_data(settings: Settings) -> tuple[Workspace, Sequence[Finding]]:
    """Run the data checks, and return the workspace and the findings.

    For the model in the store, the findings are saved, so that every page shows them too.
    """
    if settings.model_source == "folder":
        workspace = Workspace.open(settings)
        return workspace, workspace.check_data()
    live = Live.open(settings, surface="shell")
    findings = live.checks.run(OWNER)
    if findings is None:
        _say("Another process is running the checks, so these results aren't saved.")
    return live.workspace(), live.workspace().check_data() if findings is None else findings


def _policy_tests(findings: Sequence[PolicyFinding]) -> int:
    """Print each failed policy test and how many passed, and return the exit code.

    Without an engine, also print how many tests need data.
    """
    failed = [finding for finding in findings if not finding.ok]
    for finding in failed:
        print(f"FAIL {finding}")
    if not findings:
        return OK
    waiting = sum(finding.verdict == "not_asked" for finding in findings)
    words = [f"{len(failed)} failed" if failed else "all that ran passed" if waiting else "all passed"]
    if waiting:
        words.append(f"{waiting} need data: run check --connect")
    _say(f"{counted(len(findings), 'policy test')}, {', '.join(words)}.")
    return WRONG if failed else OK


def _files(settings: Settings) -> tuple[str, Mapping[str, str]]:
    """Return the name to display for the current model, and its files."""
    if settings.model_source == "folder":
        return str(settings.model), read_folder(settings.model)
    store, _ = open_versions(settings)
    try:
        version, files = running_files(store)
    finally:
        store.close()
    return f"Version {version.number}", files


def _who_sees(model: Model) -> Iterator[str]:
    """Yield how many metrics each role sees. If a role sees none, a policy is probably missing."""
    for role in ROLES:
        shown = len(narrow(model, Actor(id=role, roles=frozenset({role}))).metrics)
        remedy = "" if shown else " No policy grants it both metrics and rows (`whole:` or `rows:`)."
        yield f"- {role} sees {shown} of {counted(len(model.metrics), 'metric')}.{remedy}"


def _fields(chosen: argparse.Namespace, settings: Settings) -> int:
    workspace = _open(settings)
    seen = workspace.visible(_actor(chosen, workspace))
    if chosen.json:
        data = {
            "metrics": [
                {"name": metric.name, "label": metric.label, "means": metric.means, "unit": metric.unit}
                for metric in seen.metrics
            ],
            "dimensions": [
                {"name": dimension.name, "label": dimension.label, "type": str(dimension.type)}
                for dimension in seen.dimensions
            ],
            "segments": [
                {"name": segment.name, "label": segment.label, "description": segment.description}
                for segment in seen.segments
            ],
        }
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return OK
    rows = [["metric", metric.name, metric.label, metric.means or metric.description] for metric in seen.metrics]
    rows += [["dimension", dimension.name, dimension.label, dimension.description] for dimension in seen.dimensions]
    rows += [["segment", segment.name, segment.label, segment.description] for segment in seen.segments]
    print(text_table(["kind", "name", "label", "meaning"], rows))
    return OK


def _schema(chosen: argparse.Namespace, settings: Settings) -> int:
    print(json.dumps(json_schema(), indent=2))
    return OK


def _ask(chosen: argparse.Namespace, settings: Settings) -> int:
    how = _form(chosen)
    with recorded_workspace(settings) as workspace:
        return _answer(chosen, workspace, how)


def _answer(chosen: argparse.Namespace, workspace: Workspace, how: Form) -> int:
    query, actor = _question(chosen), _actor(chosen, workspace)
    try:
        result = workspace.ask(query, actor, today=chosen.today)
    except SemanticError as error:
        _say_error(error)
        for repair in workspace.preflight(query, actor, today=chosen.today).repairs:
            _say(f"- {repair.label}: {query_to_json(repair.query)}")
        return WRONG
    result = workspace.confirmed(result)
    if chosen.out is not None and how != "json" and how != "table":
        content = export(result, workspace.visible(actor), how)
        if workspace.recorder is None:
            raise StoreFailed(NO_FILE)
        workspace.record_export(result, actor, how)
        return _write(chosen.out, result, content)
    if how == "json":
        known = facts_data(facts(result, today=chosen.today or workspace.today()))
        print(json.dumps(json_data(result) | {"trust": known}, ensure_ascii=False, indent=2))
    elif how == "csv":
        sys.stdout.write(csv_text(result))
    else:
        _say("\n".join(line for line in (result.title, result.period.words, result.filters, result.scope) if line))
        print(result_table(result, bold=sys.stdout.isatty()))
        for note in result.notes:
            _say(note)
        # The data's age is in the JSON: a file kept for later is always out of date.
        known = facts(result, today=chosen.today or workspace.today())
        for line in standing_out([fact for fact in known if fact.kind != "fresh"]):
            _say(line)
        if chosen.sql:
            print(f"\n{result.readable_sql}")
    if result.receipt:
        _say(f"Receipt {result.receipt}")
    elif workspace.recorder is not None and how != "table":  # a table has the note
        _say(NOT_RECORDED)
    return OK


def _why(chosen: argparse.Namespace, settings: Settings) -> int:
    with recorded_workspace(settings) as workspace:
        query, actor = _question(chosen), _actor(chosen, workspace)
        found = explain(query, workspace, actor, by=by_of(query), today=chosen.today)
        found = replace(found, result=workspace.confirmed(found.result))
        if chosen.json:
            print(json.dumps(why_data(found), ensure_ascii=False, indent=2))
            return OK
        result = found.result
        compared = result.compared[found.before.compare].words
        days = f"{result.period.words}, compared with {compared}"
        _say("\n".join(line for line in (result.title, days, result.filters, result.scope) if line))
        for text in explanation_text(found.explanation, found.column, found.keys):
            print(text)
        for text in (found.why_not, *result.notes, found.late, found.reason):
            if text:
                _say(text)
        for label, reason in found.left_out.items():
            _say(f"{label} was left out. {reason}")
        if result.receipt:
            _say(f"Receipt {result.receipt}")
        return OK


def _receipt(chosen: argparse.Namespace, settings: Settings) -> int:
    live = Live.open(settings, surface="shell")
    try:
        actor = _actor(chosen, live.workspace())
        replayed = replay(live, chosen.receipt, actor)
        word, sentence = verdict(replayed)
        if chosen.json:
            print(json.dumps(replay_data(replayed), ensure_ascii=False, indent=2))
            return OK
        _say(f"{word}. {sentence}")
        for each_told in factors_of(replayed):
            _say(f"- {each_told.word}: {each_told.sentence}")
        asked = replayed.receipt
        who = f" by {replayed.asked_by}" if replayed.asked_by else ""
        if replayed.analyzed is not None:
            _say(f"Run on {describe_day(asked.at.date())}{who}: {analysis_title(replayed.analyzed)}")
            importlib.import_module(COMMANDS["analyze"]).print_analysis(replayed.analyzed)
            return OK
        if replayed.result is None:
            return WRONG
        title = ", ".join(part for part in (replayed.result.title, replayed.result.period.words) if part)
        _say(f"Asked on {describe_day(asked.at.date())}{who}: {title}")
        print(result_table(replayed.result, bold=sys.stdout.isatty()))
        return OK
    finally:
        live.close()


def _form(chosen: argparse.Namespace) -> Form:
    """Return the format of an answer. Raises WrongUsage if it can't be used.

    A file format needs a path.
    """
    if chosen.out is None:
        form: Form = "json" if chosen.json else chosen.format or "table"
        if form in ("xlsx", "parquet"):
            raise WrongUsage(f"{form} needs a file to write to: --out answer.{form}")
        return form
    kind: Kind | None = next(
        (candidate for candidate in KINDS if candidate == (chosen.format or chosen.out.suffix[1:].lower())), None
    )
    if kind is None or chosen.json:
        raise WrongUsage(f"--out writes {listed(KINDS)}: --out answer.xlsx, or --format xlsx --out FILE")
    return kind


def _write(place: Path, result: Result, content: bytes) -> int:
    try:
        place.write_bytes(content)
    except OSError as error:
        _say(f"{place} cannot be written: {error.strerror}.")
        return WRONG
    _say(f"{place}: {result.title}. {count_words(result)}.")
    if result.receipt:
        _say(f"Receipt {result.receipt}")
    return OK


def _sql(chosen: argparse.Namespace, settings: Settings) -> int:
    dialect = find_dialect(chosen.dialect)
    workspace = _open(settings)
    seen = workspace.visible(_actor(chosen, workspace))
    compiled = compile_visible(seen, _question(chosen), dialect, today=chosen.today or workspace.today())
    if chosen.json:
        params = [str(param) for param in compiled.params]
        print(json.dumps({"sql": compiled.sql, "params": params, "notes": compiled.notes}))
    else:
        print(readable_sql(compiled))
    return OK


def _question(chosen: argparse.Namespace) -> Query:
    return query_from_json(sys.stdin.read() if chosen.question == "-" else chosen.question)


def _actor(chosen: argparse.Namespace, workspace: Workspace) -> Actor:
    if chosen.person is None:
        return OWNER
    if chosen.person not in workspace.people:
        raise UnknownName(chosen.person, workspace.people, kind="person")
    return workspace.people[chosen.person]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _say_error(error: Exception) -> None:
    _say(with_place(error))
    if isinstance(error, SemanticError) and not isinstance(error, ModelError):
        _say(f"({error.code})")
    if isinstance(error, UnknownVersion):
        _say("`python -m semantic versions` lists them.")
    if isinstance(error, UnknownName) and not error.near:
        _say("What you can see depends on who asks: add `--as PERSON` (default: an administrator).")


if __name__ == "__main__":
    sys.exit(main())
