"""The command `python -m semantic token`: create, list and revoke service tokens for scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from semantic.api.auth import is_left_alone
from semantic.api.token_words import read_attributes, sees_words, state_words
from semantic.commands.audit import SHELL
from semantic.commands.command_line import run_command
from semantic.config.settings import Settings, load_settings
from semantic.display.format import counted
from semantic.display.text import text_table
from semantic.errors import UnknownName
from semantic.model.loading.load import read_folder
from semantic.policy.actor import Actor
from semantic.policy.people import read_people
from semantic.services.process import open_versions, running_files
from semantic.store.accounts.accounts import read_accounts
from semantic.store.accounts.service_tokens import (
    LONGEST,
    SCOPES,
    TOKEN_ROLES,
    Grant,
    end_token,
    make_token,
    read_tokens,
)
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.open import open_store

_EXAMPLE: Final = """example:
  python -m semantic token make "Nightly report" --for "The sheet of sales" --role marketer --with markets:DE,AT
  python -m semantic token list
  python -m semantic token end 3f9c5a1be207 --why "The sheet is gone"

the token is printed once, to stdout, and is nowhere else: `token make ... > secret` keeps it off the screen.
"""


def run(arguments: Sequence[str]) -> int:
    """Run one token command, and return its exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> None:
    settings = load_settings()
    store, keys = open_store(settings)
    try:
        asked.run(asked, settings, store, keys)
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic token",
        description="Service tokens for scripts, in the store that SAMEPAGE_STORE names.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="make|list|end")

    def add(
        name: str, run: Callable[[argparse.Namespace, Settings, Store, Keys], None], says: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        return command

    making = add("make", _make, "Create a token and print it once.")
    making.add_argument("name", help="what the token is called in lists and in the audit log")
    making.add_argument("--for", dest="purpose", required=True, help="which script uses it, and where it runs")
    making.add_argument("--role", required=True, choices=TOKEN_ROLES, help="policies apply to it as this role")
    making.add_argument("--may", action="append", choices=tuple(SCOPES), help="what it can do (default: ask)")
    making.add_argument("--group", action="append", default=[], help="a group it is in; can be given several times")
    making.add_argument(
        "--with", dest="attributes", action="append", default=[], metavar="NAME:VALUE",
        help="an attribute, such as markets:DE,AT; can be given several times",
    )  # fmt: skip
    making.add_argument("--days", type=int, default=90, help=f"days until it expires, at most {LONGEST.days}")
    making.add_argument("--a-minute", type=int, default=60, metavar="N", help="requests per minute (default: 60)")
    making.add_argument("--owner", metavar="PERSON", help="its owner; the token stops working if their account does")
    listing = add("list", _list, "List the tokens, newest first.")
    listing.add_argument("--all", action="store_true", help="include revoked and expired tokens")
    ending = add("end", _end, "Revoke a token at once and for good.")
    ending.add_argument("number", help="as `list` shows it")
    ending.add_argument("--why", required=True, help="shown in the list and the audit log")
    return parser


def _make(asked: argparse.Namespace, settings: Settings, store: Store, keys: Keys) -> None:
    owner = _owner(asked.owner, settings, store, keys) if asked.owner else None
    attributes = read_attributes("\n".join(asked.attributes))
    with store.write() as transaction:
        grant = Grant(
            name=asked.name,
            purpose=asked.purpose,
            until=transaction.now + timedelta(days=min(max(asked.days, -1), 100_000)),
            scopes=frozenset(asked.may or ("ask",)),
            role=asked.role,
            groups=frozenset(asked.group),
            attributes=MappingProxyType(attributes),
            a_minute=asked.a_minute,
        )
        token, text = make_token(transaction, keys, grant, SHELL, owner=owner)
    print(text)
    _say(f"The token {token.number} works until {grant.until:%-d %b %Y}, as {sees_words(token.grant)}.")
    _say("It's shown only once. Store it safely, because anyone who has it can use it.")


def _list(asked: argparse.Namespace, settings: Settings, store: Store, keys: Keys) -> None:
    with store.read() as connection:
        tokens = read_tokens(connection)
    now, days = store.now(), settings.sign_in.owner_days if settings.sign_in else None
    every = [replace(token, owner_is_active=False) if is_left_alone(token, now, days) else token for token in tokens]
    shown = [token for token in every if asked.all or token.state(now) not in ("ended", "run_out")]
    rows = [
        [
            token.number,
            token.grant.name,
            state_words(token, now),
            f"{token.grant.until:%Y-%m-%d}",
            sees_words(token.grant),
            token.owner_name.partition(", ")[0] or token.owner or "-",
            f"{token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never",
        ]
        for token in shown
    ]
    if rows:
        print(text_table(["number", "name", "state", "until", "sees as", "owner", "last used (UTC)"], rows))
    hidden = len(every) - len(shown)
    _say(counted(len(shown), "token") + (f"; --all shows {hidden} more that no longer work." if hidden else "."))


def _end(asked: argparse.Namespace, settings: Settings, store: Store, keys: Keys) -> None:
    number: str = asked.number.removeprefix("sp_").partition("_")[0]
    with store.write() as transaction:
        end_token(transaction, keys, number, asked.why, SHELL)
    _say(f"The token {number} is revoked.")


def _owner(person: str, settings: Settings, store: Store, keys: Keys) -> Actor:
    """Return a person who has signed in, or in the demo, one of the model's people. Raises UnknownName."""
    if settings.demo:
        people = read_people(_files(settings))
    else:
        with store.read() as connection:
            accounts = read_accounts(connection, keys)
        people = {
            account.id: account.claims.actor for account in accounts if account.is_active and account.claims is not None
        }
    if person not in people:
        raise UnknownName(person, people, kind="person")
    return people[person]


def _files(settings: Settings) -> dict[str, str]:
    if settings.model_source == "folder":
        return dict(read_folder(settings.model))
    store, _ = open_versions(settings)
    try:
        return running_files(store)[1]
    finally:
        store.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr)
