"""The command `python -m semantic audit`: read, verify and export the audit log, and remove old entries."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from semantic.commands.command_line import OK, USAGE, WRONG, run_command
from semantic.config.settings import load_settings
from semantic.display.format import counted
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit.entries import Entry, EntryFilter, count_entries, each_entry, read_entries, require_subject
from semantic.store.audit.export import FORMS, Form, export_lines
from semantic.store.audit.log import Act, note, record
from semantic.store.audit.recorders import name_lost_acts
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import parse_head, verify
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.open import open_store
from semantic.store.upkeep.erasure import erase
from semantic.store.upkeep.retention import expire, read_retention_days, retention_words, set_retention_days

SHELL: Final = Actor(id="the shell", name="Someone at the server's shell", roles=frozenset({"administrator"}))
"""The actor on the command line: anyone with access to the files. The store can't know which person that is."""


GAPS: Final = 3
"""The exit code of `verify` for an unbroken log with gaps after the last head that was passed."""

_EXAMPLE = """example:
  python -m semantic audit list --person ana --since 2026-09-01
  python -m semantic audit verify --head 41:3f9c...
  python -m semantic audit export --out audit.jsonl
  python -m semantic audit keep 400
  python -m semantic audit expire --before 2026-01-01
  python -m semantic audit erase ana --yes
"""


@dataclass(frozen=True, slots=True)
class _Log:
    """The store and the keys that the audit commands use."""

    store: Store
    keys: Keys


def run(arguments: Sequence[str]) -> int:
    """Run one audit command, and return its exit code.

    The code is 0 for success, 1 for a broken log or a failing store, 2 for wrong usage, and 3 for an intact log with
    gaps.
    """
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> int:
    store, keys = open_store(load_settings())
    try:
        return asked.run(_Log(store, keys), asked)
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic audit",
        description="The audit log of the store that SAMEPAGE_STORE names.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def add(
        name: str, run: Callable[[_Log, argparse.Namespace], int], says: str, example: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=says, description=says, epilog=f"example: python -m semantic audit {example}"
        )
        command.set_defaults(run=run)
        return command

    listing = add("list", _list, "Print the newest entries, one sentence each.", "list --person ana --since 2026-09-01")
    listing.add_argument("--limit", type=_positive, default=50, help="how many at most (default: 50)")
    verifying = add(
        "verify",
        _verify,
        "Check every entry; report the first invalid one, and every gap.",
        "verify --head 41:3f9c...",
    )
    verifying.add_argument(
        "--head", action="append", default=[], help="a head that the server's log recorded; can be given several times"
    )
    exporting = add("export", _export, "Write the entries to a file, oldest first.", "export --out audit.jsonl")
    exporting.add_argument("--out", type=Path, required=True, metavar="FILE", help="audit.csv or audit.jsonl")
    for command in (listing, exporting):
        command.add_argument("--person", help="entries of the person with this id")
        command.add_argument("--kind", default="", help="entries of one kind, such as question.saved")
        command.add_argument("--about", default="", help="entries about question:7f, or about every question")
        command.add_argument("--since", type=date.fromisoformat, help="the first day, in UTC")
        command.add_argument("--until", type=date.fromisoformat, help="the last day, in UTC")
    expiring = add(
        "expire", _expire, "Remove old entries, following the days set by `keep`.", "expire --before 2026-01-01"
    )
    expiring.add_argument("--before", type=date.fromisoformat, help="remove entries written before this day instead")
    keeping = add("keep", _keep, "Show or set how many days entries are kept.", "keep 400")
    keeping.add_argument("days", nargs="?", help="a number of days, or ever")
    erasing = add("erase", _erase, "Erase a person: their name, and what was encrypted for them.", "erase ana --yes")
    erasing.add_argument("person", metavar="PERSON", help="the person's ID")
    erasing.add_argument("--yes", action="store_true", help="erase for good; this can't be undone")
    return parser


def _list(log: _Log, asked: argparse.Namespace) -> int:
    chosen = _chosen(log, asked)
    with log.store.read() as connection:
        entries = read_entries(connection, log.keys, chosen, limit=asked.limit)
        count = count_entries(connection, chosen)
    for entry in entries:
        print(f"{entry.number:>7}  {_when(entry):<20}  {sentence(entry)}")
    _say(f"{len(entries):,} of {counted(count, 'entry', 'entries')}, newest first.")
    return OK


def _verify(log: _Log, asked: argparse.Namespace) -> int:
    noted = [parse_head(text) for text in asked.head]
    with suppress(StoreFailed), log.store.write(recorded=False) as transaction:  # a full store can be verified too
        name_lost_acts(transaction, log.keys)
    with log.store.read() as connection:
        verified = verify(connection, log.keys, noted=noted)
    print(verified.words)
    if verified.broken is not None:
        return WRONG
    print(f"Head: {verified.head}")
    note(verified.head.number, verified.head.mac)
    seen = max((head.number for head in noted), default=0)  # gaps before a head were reported with it
    return GAPS if any(gap.number > seen for gap in verified.gaps) else OK


def _export(log: _Log, asked: argparse.Namespace) -> int:
    form: Form | None = next((candidate for candidate in FORMS if asked.out.suffix == f".{candidate}"), None)
    if form is None:
        _say("--out writes CSV or JSON lines: --out audit.csv, or --out audit.jsonl")
        return USAGE
    chosen = _chosen(log, asked)
    with log.store.read() as connection:
        count = count_entries(connection, chosen)
        # Recorded before anything is exported; the entries read here are the earlier ones.
        with log.store.write() as transaction:
            act = Act(kind="audit.exported", actor=SHELL, about="audit", details={"entries": count, "as": form})
            record(transaction, act, log.keys)
        # Readable by its owner only, like the store: it has people's acts, by name.
        handle = os.open(asked.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as file:
            file.writelines(export_lines(each_entry(connection, log.keys, chosen), form))
    _say(f"{asked.out}: {counted(count, 'entry', 'entries')}.")
    return OK


def _expire(log: _Log, asked: argparse.Namespace) -> int:
    with log.store.read() as connection:
        days = read_retention_days(connection)
    if asked.before is None and days is None:
        _say(
            "Entries are kept forever. Choose what to remove with --before DAY, or set the days with `audit keep DAYS`."
        )
        return USAGE
    before = _start(asked.before) if asked.before else log.store.now() - timedelta(days=days or 0)
    removed = expire(log.store, before, SHELL, log.keys)
    _say(f"{counted(removed, 'entry', 'entries')} from before {before:%-d %b %Y} removed.")
    return OK


def _keep(log: _Log, asked: argparse.Namespace) -> int:
    if asked.days is not None and asked.days != "ever" and not (asked.days.isdecimal() and len(asked.days) < 9):
        _say(f"{asked.days!r} isn't a number of days. Use `audit keep 400`, or `audit keep ever`.")
        return USAGE
    if asked.days is not None:
        with log.store.write() as transaction:
            set_retention_days(transaction, None if asked.days == "ever" else int(asked.days), SHELL, log.keys)
    with log.store.read() as connection:
        print(retention_words(read_retention_days(connection)))
    return OK


def _erase(log: _Log, asked: argparse.Namespace) -> int:
    with log.store.read() as connection:
        subject = require_subject(connection, asked.person)
        count = count_entries(connection, EntryFilter(person=subject))
    about = f"{counted(count, 'entry', 'entries')} of the audit log"
    if not asked.yes:
        _say(f"This would erase {asked.person}, who is in {about}, for good. Add --yes to do it. Nothing was changed.")
        return USAGE
    erase(log.store, asked.person, SHELL, log.keys)
    _say(
        f"{asked.person} is erased. {about[:1].upper()}{about[1:]} now belong to an erased person, and the chain is "
        "intact."
    )
    return OK


def _chosen(log: _Log, asked: argparse.Namespace) -> EntryFilter:
    person = ""
    if asked.person:
        with log.store.read() as connection:
            person = require_subject(connection, asked.person)
    return EntryFilter(
        person=person,
        kind=asked.kind,
        about=asked.about,
        since=_start(asked.since) if asked.since else None,
        until=_start(asked.until) + timedelta(days=1) if asked.until else None,
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _when(entry: Entry) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M:%S}" if entry.at else "can't be read"


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 100_000:
        raise argparse.ArgumentTypeError("give a number from 1 to 100,000")
    return int(text[:9])


def _say(text: str) -> None:
    print(text, file=sys.stderr)
