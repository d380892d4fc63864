"""The command `python -m semantic read`: print how a question in words, or each question in a file, is understood."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from semantic.agents.model.request import body_of, can_send, name_choices
from semantic.api.responses import reading_data, short_question
from semantic.commands.command_line import OK, WRONG, run_command
from semantic.config.settings import Settings, load_settings
from semantic.errors import InvalidQuery, UnknownName
from semantic.policy.actor import OWNER, Actor
from semantic.query.codec import data_from_json, query_from_json
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.reading.understood import Reading
from semantic.services.process import Live
from semantic.services.words import Words
from semantic.workspace import Workspace

_EXAMPLE: Final = """example:
  python -m semantic read "revenue by channel last month"
  python -m semantic read "and by country?" --previous '{"metrics":["net_revenue"],"by":["channel"]}'
  python -m semantic read --batch questions.jsonl --today 2026-06-30 > read.jsonl

prints the question as JSON. If there is none, it prints what the words can mean or which weren't understood, and
the exit code is 1. Each line of a batch has the keys id and text, and perhaps as (a person) and previous (the
question before). Each printed line has id, question, asks, left, took and ms.
"""


def run(arguments: Sequence[str]) -> int:
    """Read one question or a file of questions, and return the exit code.

    The code is 0 if all could be read, 1 if a text was no question, and 2 for wrong usage.
    """
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic read",
        description="Read a question in words, and print it as JSON.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="?", help="the question in words; in quotes")
    parser.add_argument("--batch", type=Path, metavar="FILE", help="read each line of a JSON Lines file instead")
    parser.add_argument("--previous", metavar="QUESTION", help="the question, as JSON, that this one continues")
    parser.add_argument(
        "--as", dest="person", metavar="PERSON", help="read as this person from the model's people (default: you)"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="relative periods end before this day")
    parser.add_argument("--json", action="store_true", help="print everything that was understood")
    parser.add_argument(
        "--request", action="store_true", help="print what a language model would be sent about the text, and stop"
    )
    parser.add_argument("--model", help="folder of YAML files (default: SAMEPAGE_MODEL, then the version in the store)")
    parser.add_argument("--data", help="DuckDB file, Parquet, CSV or folder (default: SAMEPAGE_DATA)")
    return parser


def _act(asked: argparse.Namespace) -> int:
    if (asked.text is None) == (asked.batch is None):
        _parser().print_usage(sys.stderr)
        print("Give a question in words, or --batch FILE.", file=sys.stderr)
        return 2
    workspace = _open(_settings(asked))
    words = Words(workspace)
    try:
        if asked.batch is not None:
            for line in _lines(asked.batch):
                print(json.dumps(_batched(line, words, asked.today), ensure_ascii=False))
            return OK
        previous = query_from_json(asked.previous) if asked.previous else None
        if asked.request:
            print(_request(asked.text, _actor(asked.person, workspace), workspace, asked.today, previous))
            return OK
        reading = words.read(asked.text, _actor(asked.person, workspace), today=asked.today, previous=previous)
        return _print(reading, as_json=asked.json)
    finally:
        workspace.close()


def _settings(asked: argparse.Namespace) -> Settings:
    settings = load_settings()
    if asked.model:
        settings = replace(settings, model=Path(asked.model), model_source="folder")
    return replace(settings, data=asked.data) if asked.data else settings


def _open(settings: Settings) -> Workspace:
    return Workspace.open(settings) if settings.model_source == "folder" else Live.open(settings).workspace()


def _request(text: str, actor: Actor, workspace: Workspace, today: date | None, previous: Query | None) -> str:
    """Return the body of the request that a language model would get, without guidance, which is only in the store."""
    seen, day = workspace.visible(actor), today or workspace.today()
    before = previous if previous is not None and can_send(previous, seen, day) else None
    settings = load_settings()
    return body_of(
        text, name_choices(text, seen, before), model=settings.language_model_name or "none", today=day, previous=before
    ).decode()


def _actor(person: str | None, workspace: Workspace) -> Actor:
    if person is None:
        return OWNER
    if person not in workspace.people:
        raise UnknownName(person, workspace.people, kind="person")
    return workspace.people[person]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.strip():
            data = data_from_json(line)
            if not isinstance(data, dict) or not isinstance(data.get("text"), str):  # pyright: ignore
                says = 'Write {"id": "1", "text": "revenue last month"}.'
                raise InvalidQuery(f"Line {number} has no text. {says}")
            yield data  # pyright: ignore


def _batched(line: dict[str, Any], words: Words, today: date | None) -> dict[str, Any]:
    actor = _actor(line.get("as"), words.workspace)
    previous: Query | None = query_from_data(line["previous"]) if line.get("previous") else None
    words.lexicon(actor)  # read once for everyone with the same access; this time isn't part of the question's
    began = perf_counter()
    reading = words.read(line["text"], actor, today=today, previous=previous)
    milliseconds = (perf_counter() - began) * 1000
    return {"id": line.get("id"), **reading_data(reading), "ms": round(milliseconds, 2)}


def _print(reading: Reading, *, as_json: bool) -> int:
    data = reading_data(reading)
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return OK if data["question"] is not None else WRONG
    for words in reading.took:
        print(f"{words}: the most common meaning was chosen.", file=sys.stderr)
    if data["question"] is not None:
        print(json.dumps(data["question"], ensure_ascii=False))
        return OK
    for ask in reading.asks:
        print(f"{ask.words} can mean:", file=sys.stderr)
        for each in ask.readings:
            print(json.dumps(short_question(each), ensure_ascii=False), file=sys.stderr)
    for word in reading.left:
        names = (reading.near or {}).get(word, ())
        print(f"Not understood: {word}" + (f" (closest: {', '.join(names)})" if names else ""), file=sys.stderr)
    if reading.why:
        print("Asks why something changed. No question can ask that. This one shows the change:", file=sys.stderr)
        print(json.dumps(data["change"], ensure_ascii=False), file=sys.stderr)
    if reading.reason:
        print(reading.reason, file=sys.stderr)
    return WRONG
