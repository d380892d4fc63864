"""The command `python -m semantic board`: list boards, export a board as YAML for review in git, or import one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from semantic.boards.data import LONGEST, board_from_yaml
from semantic.boards.templates import all_templates
from semantic.boards.yaml import board_to_yaml
from semantic.commands.command_line import run_command
from semantic.config.settings import load_settings
from semantic.display.format import counted
from semantic.display.text import text_table
from semantic.errors import InvalidBoard, InvalidQuery, NotAllowed, Problem, UnknownName
from semantic.policy.actor import OWNER
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.spaces.spaces import MINE, list_spaces

_EXAMPLE: Final = """example:
  python -m semantic board list
  python -m semantic board export 3f9c5a1be2073f9c5a1be2073f9c5a1b > paid-media.yml
  python -m semantic board import paid-media.yml --board 3f9c5a1be2073f9c5a1be2073f9c5a1b --publish --note "By channel"
  python -m semantic board template executive_summary > summary.yml
"""
_HIDDEN: Final = (
    "This board uses something that isn't available to this person, so it isn't exported. Export it --as its "
    "owner, or as someone who can see all of it."
)


def run(arguments: Sequence[str]) -> int:
    """Run one board command, and return its exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> None:
    if asked.run is _template:
        _template(asked)
        return
    live = Live.open(load_settings(), surface="shell")
    try:
        workspace = live.workspace()
        people = live.people()
        if asked.person is not None and asked.person not in people:
            raise UnknownName(asked.person, people, kind="person")
        actor = OWNER if asked.person is None else people[asked.person]
        asked.run(asked, BoardWork(live.store, live.keys, workspace, actor))
    finally:
        live.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic board",
        description="Boards of the store that SAMEPAGE_STORE names, as files.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ways = parser.add_subparsers(required=True, metavar="list|export|import|template")

    def add(name: str, run: object, says: str, *, asks: bool = True) -> argparse.ArgumentParser:
        command = ways.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        if asks:
            command.add_argument(
                "--as", dest="person", metavar="PERSON", help="run as this person (default: you, on this machine)"
            )
        return command

    listing = add("list", _list, "List the boards you can open.")
    listing.add_argument("--archived", action="store_true", help="archived boards")
    export = add("export", _export, "Print the published version of a board as YAML.")
    export.add_argument("board", help="its ID, as in the page's link and in the list")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--draft", action="store_true", help="export the draft instead")
    which.add_argument("--version", type=int, metavar="N", help="an earlier version")
    taking = add("import", _import, "Import a board: as a draft, or published at once.")
    taking.add_argument("file", help="YAML as export writes it; - reads it from stdin")
    taking.add_argument("--board", metavar="ID", help="the board to change (default: create one)")
    taking.add_argument("--space", metavar="NAME", help="the shared space for a new board (default: your own)")
    taking.add_argument("--publish", action="store_true", help="publish it for viewers at once")
    taking.add_argument("--note", default="", help="what changed, for the list of versions")
    template = add("template", _template, "Print a board template to start from.", asks=False)
    template.add_argument("name", choices=[each_template.name for each_template in all_templates()])
    return parser


def _list(asked: argparse.Namespace, work: BoardWork) -> None:
    boards = work.boards(archived=asked.archived)
    rows = [
        (
            board.id,
            board.title,
            board.space_name or "Mine",
            f"version {board.version}" if board.version else "draft",
            board.owner_name,
        )
        for board in boards
    ]
    if rows:
        print(text_table(("id", "title", "space", "state", "owner"), rows))
    print(f"{counted(len(rows), 'board')}.", file=sys.stderr)


def _export(asked: argparse.Namespace, work: BoardWork) -> None:
    try:
        if asked.draft:
            board = work.draft(asked.board).board
        elif asked.version is not None:
            board = work.version(asked.board, asked.version)
        else:
            board = work.published(asked.board).board
    except NotAllowed as error:  # never without hidden parts: importing the file would delete them for everyone
        raise NotAllowed(_HIDDEN) from error
    print(board_to_yaml(board), end="")


def _import(asked: argparse.Namespace, work: BoardWork) -> None:
    board = board_from_yaml(*_read(asked.file))
    if asked.board is None:
        board_id = work.make(board, space=_space(asked.space, work))
        revision = 1
    else:
        if asked.space:
            raise InvalidQuery("An existing board keeps its space. Leave --space out, and move it on its page.")
        board_id = asked.board
        draft = work.draft(board_id)
        if draft.board == board and not draft.revision:
            print(f"{board_id} already has this content.", file=sys.stderr)
            return
        revision = work.keep_draft(board_id, board, draft.revision, draft.based_on)
    print(board_id)
    if asked.publish:
        print(f"Published as version {work.publish(board_id, revision, asked.note)}.", file=sys.stderr)
    else:
        print("Saved as a draft. Publish it on its page, or with --publish.", file=sys.stderr)


def _template(asked: argparse.Namespace) -> None:
    template = next(candidate for candidate in all_templates() if candidate.name == asked.name)
    print(board_to_yaml(template.board), end="")


def _read(file: str) -> tuple[str, str]:
    """Return the text of a file or of stdin, and its name for error messages. Raises InvalidBoard."""
    if file == "-":
        return sys.stdin.read(LONGEST + 1), "stdin"
    place = Path(file)
    if place.stat().st_size > 4 * LONGEST:
        raise InvalidBoard([Problem(place.name, 0, f"A board can have at most {LONGEST:,} characters.")])
    try:
        return place.read_text(encoding="utf-8"), place.name
    except UnicodeDecodeError as error:
        raise InvalidBoard([Problem(place.name, 0, "The file isn't UTF-8 text.", "Save it as UTF-8.")]) from error


def _space(name: str | None, work: BoardWork) -> str:
    if not name:
        return MINE
    with work.store.read() as connection:
        spaces = list_spaces(connection, work.actor)
    space = next((candidate for candidate in spaces if candidate.name.casefold() == name.casefold()), None)
    if space is None:
        raise UnknownName(name, [each_space.name for each_space in spaces], kind="space")
    return space.id
