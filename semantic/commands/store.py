"""The command `python -m semantic store`: show the store's step, upgrade or downgrade the store, and back it up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from semantic.commands.command_line import run_command
from semantic.config.settings import Settings, load_settings
from semantic.errors import StoreFailed, counted
from semantic.policy.actor import OWNER
from semantic.store.database import Store, connect_store
from semantic.store.migrate import downgrade, head, step, upgrade
from semantic.store.open import open_keys
from semantic.store.upkeep.backup import BackupContents, back_up, restore

_EXAMPLE = """example:
  python -m semantic store step
  python -m semantic store backup backups/2026-06-30.sqlite
  python -m semantic store restore backups/2026-06-30.sqlite --force

SAMEPAGE_STORE says which store.
"""


def run(arguments: Sequence[str]) -> int:
    """Run one store command, and return its exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> None:
    settings = load_settings()
    store = Store(connect_store(settings.store))
    try:
        asked.run(asked, settings, store)
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic store",
        description="Manage saved work: upgrade the store to this program's tables, back it up, restore it.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, run: Callable[[argparse.Namespace, Settings, Store], None], says: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        return command

    add("step", _step, "Print the store's current step.")
    add("upgrade", _upgrade, "Upgrade the store to the newest step; the app does so when it starts.")
    back = add("downgrade", _downgrade, "Go back to an earlier step. Data that only later steps have is lost.")
    back.add_argument("to", metavar="STEP", help="such as 0004; base is an empty store")
    backup = add("backup", _backup, "Copy the whole store to a file, while it is in use.")
    backup.add_argument("file", type=Path, help="where to write the copy, an SQLite file")
    again = add("restore", _restore, "Replace everything in the store with a copy.")
    again.add_argument("file", type=Path, help="a file written by backup")
    again.add_argument("--force", action="store_true", help="discard the contents of the store")
    return parser


def _step(asked: argparse.Namespace, settings: Settings, store: Store) -> None:
    with store.read() as connection:
        at = step(connection)
    print(at or "empty")
    _say("The store is up to date." if at == head() else f"This program's newest step is {head()}.")


def _upgrade(asked: argparse.Namespace, settings: Settings, store: Store) -> None:
    before, after = upgrade(store)
    print(after)
    _say(f"The store is already at this step: {after}." if before == after else f"From {before or 'empty'}, done.")


def _downgrade(asked: argparse.Namespace, settings: Settings, store: Store) -> None:
    print(downgrade(store, asked.to) or "empty")


def _backup(asked: argparse.Namespace, settings: Settings, store: Store) -> None:
    copied = back_up(store, asked.file)
    print(asked.file)
    _say(_rows_in_words(copied))
    _say(
        "It doesn't include the audit log's key. Keep a copy of the key in another place, because this "
        "backup is useless without it."
    )


def _restore(asked: argparse.Namespace, settings: Settings, store: Store) -> None:
    if not asked.file.is_file():
        raise StoreFailed(f"There's no file {asked.file}.")
    copied = restore(store, open_keys(settings), asked.file, actor=OWNER, force=asked.force)
    print(asked.file)
    _say(f"{_rows_in_words(copied)} They are now in the store, and the log records it.")


def _rows_in_words(copied: BackupContents) -> str:
    tables = ", ".join(f"{rows:,} in {name}" for name, rows in copied.rows.items() if rows)
    return f"Step {copied.step}, {counted(copied.total, 'row')}" + (f": {tables}." if tables else ".")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
