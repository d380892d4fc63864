"""The command `python -m semantic certify`.

It writes certificates into a model's files: who certified a metric, until when, and the digest of its definition.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from semantic.analyses.events.named import analysis_digest
from semantic.commands.command_line import OK, run_command
from semantic.config.settings import load_settings
from semantic.errors import InvalidQuery, UnknownName
from semantic.model.editing.edit import replace_object
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import ObjectKind, find_object
from semantic.model.editing.written_meaning import SHORT
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.model import Model

_EXAMPLE: Final = """example:
  python -m semantic certify net_revenue orders --by "Ana Ribeiro" --until 2027-06-30 --model model

writes `certified:` with the `meaning:` of the metric into the files. The certificate lapses as soon as the definition
changes. A named analysis with the name of a metric is `analysis:NAME`. For a model in the store, certify metrics on
their pages instead.
"""
_FLOW: Final = re.compile(r"certified:[ ]*\{[^{}]*\}")
_BLOCK: Final = re.compile(r"^certified:[ ]*\n(?:[ ]+.*(?:\n|$))+", re.MULTILINE)


def run(arguments: Sequence[str]) -> int:
    """Write certificates, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic certify",
        description="Certify metrics and analyses in the files of a model.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("metrics", nargs="+", metavar="NAME", help="names of metrics or analyses")
    parser.add_argument("--by", required=True, metavar="NAME", help="who certifies them: a person's name or ID")
    parser.add_argument("--until", required=True, type=date.fromisoformat, help="the last day, such as 2027-06-30")
    parser.add_argument("--model", help="folder of YAML files (default: SAMEPAGE_MODEL)")
    return parser


def _act(chosen: argparse.Namespace) -> int:
    folder = Path(chosen.model) if chosen.model else load_settings().model
    return certify(folder, chosen.metrics, chosen.by, chosen.until)


def certify(folder: Path, metrics: Sequence[str], by: str, until: date) -> int:
    """Write certificates for these metrics. Raises UnknownName, InvalidQuery, ModelError."""
    files = dict(read_folder(folder))
    model = parse_model(files)
    written: dict[str, str] = {}
    for asked in metrics:
        kind, name = _found(asked, model)
        found = find_object(files, kind, name)
        assert found is not None  # the model was read from these files
        if kind is ObjectKind.METRIC and model.metrics[name].own_data:
            raise InvalidQuery(f"{name} counts rows of an upload, so it can't be certified.")
        is_metric = kind is ObjectKind.METRIC
        meaning = (metric_digest(model, name) if is_metric else analysis_digest(model, name))[:SHORT]
        text = with_certificate(own_text(found), by, until, meaning)
        files = replace_object(files, (kind, name), text).files
        written[name] = found.file
    parse_model(files)
    for file in dict.fromkeys(written.values()):
        (folder / file).write_bytes(files[file].encode())
    for name, file in written.items():
        print(f"{name}: certified by {by} until {until.isoformat()}, in {file}")
    return OK


def _found(asked: str, model: Model) -> tuple[ObjectKind, str]:
    """Return the kind and name of the object that a name refers to.

    It's an analysis if the name starts with `analysis:` or no metric has this name, and otherwise a metric.
    """
    name = asked.removeprefix("analysis:")
    if name == asked and name in model.metrics:
        return ObjectKind.METRIC, name
    if name not in model.analyses:
        raise UnknownName(name, sorted([*model.metrics, *model.analyses]), kind="metric or analysis")
    return ObjectKind.ANALYSIS, name


def with_certificate(text: str, by: str, until: date, meaning: str) -> str:
    """Return a metric's text with its certificate added or replaced."""
    quoted = yaml.safe_dump(by, default_style='"', width=10_000).strip()
    line = f"certified: {{by: {quoted}, until: {until.isoformat()}, meaning: '{meaning}'}}"
    if _FLOW.search(text):
        return _FLOW.sub(lambda _: line, text, count=1)
    if _BLOCK.search(text):
        return _BLOCK.sub(lambda _: f"{line}\n", text, count=1).rstrip("\n")
    if text.rstrip().endswith("}") and text.lstrip().startswith("{"):
        return f"{text.rstrip()[:-1].rstrip()}, {line}}}"
    return f"{text.rstrip()}\n{line}"
