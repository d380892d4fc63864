"""Attacks on boards by a signed-in person, through other people's addresses, forms and messages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from semantic.boards.board import Board, BoardState, Row, Shared, Tile, TileKind, ValueFilter
from semantic.boards.board import Tab as BoardTab
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.query.query import Between, Query
from semantic.store.accounts.follows import read_follows
from semantic.store.boards.boards import find_board, make_board
from semantic.store.boards.drafts import read_draft
from semantic.store.boards.versions import keep_board_draft, publish_board
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.remarks import read_remarks
from semantic.store.numbers.targets import list_targets
from semantic.store.open import open_store
from semantic.store.spaces.spaces import make_space
from tests.hostile.fuzz_websocket import fuzz
from tests.hostile.strings import CANARY, sample
from tests.hostile.tab import FAILED, Tab, Told, open_tab
from tests.hostile.test_websocket import MARKETER, MESSAGES, SEED, STEWARD, VIEWER, signed_in
from tests.proof import part, part_of
from tests.waiting import STUCK

LENA = Actor(id="lena", name="Lena Brandt, head of marketing", roles=frozenset({"viewer"}))
ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations", roles=frozenset({"steward"}))
MARGIN = ("margin_of_new_customers_90d", "margin of new customers", "margin-of-new-customers-90d", "1984")
"""Text that no marketer may read: a metric's name and label, a tile id named after it, and a year that they see rounded
to ten.
"""

NO_BOARD = "There's no board at this link, or you don't have access to it."
YEAR = BoardState(period=Between(date(2026, 1, 1), date(2026, 3, 31)), chosen=(ValueFilter("birth_year", (1984,)),))
OPEN = Tile(id="open", kind=TileKind.NUMBER, title="Open to all", question=Query(metrics=("net_revenue",)))
SHUT = Tile(id=MARGIN[2], kind=TileKind.NUMBER, question=Query(metrics=(MARGIN[0],)))
BOARD = Board(
    title="Team board", tabs=(BoardTab(rows=(Row(tiles=(OPEN, SHUT)),)),), filters=(Shared("birth_year"),), start=YEAR
)


@dataclass(frozen=True)
class Kept:
    """The server's store, with a shared board that has a draft, and a private board of the steward's."""

    store: Store
    keys: Keys
    shared: str
    own: str

    def state(self) -> tuple[Any, ...]:
        """Return everything in the store that a message could have changed."""
        with self.store.read() as connection:
            draft = read_draft(connection, self.shared)
            return (
                find_board(connection, self.shared, ANA), find_board(connection, self.own, ANA), draft,
                list_targets(connection), read_remarks(connection, first=None, end=None), read_follows(connection, ANA),
            )  # fmt: skip


@pytest.fixture(scope="module")
def kept(server: int) -> Iterator[Kept]:
    settings = load_settings()
    store, keys = open_store(settings)
    with store.write() as transaction:
        space = make_space(transaction, "Hostile team", ANA, keys).id
        shared = make_board(transaction, BOARD, ANA, keys, space=space)
    with store.write() as transaction:
        publish_board(transaction, shared, ANA, keys, revision=1)
    with store.write() as transaction:
        own = make_board(transaction, Board(title="Plans of the steward", tabs=BOARD.tabs), ANA, keys, space="")
    with store.write(recorded=False) as transaction:
        head = find_board(transaction.connection, shared, ANA)
        draft = Board(title="Draft of the team", tabs=BOARD.tabs, filters=BOARD.filters, start=YEAR)
        keep_board_draft(transaction, shared, draft, ANA, revision=0, based_on=head.version)
    yield Kept(store, keys, shared, own)
    store.close()


def read(tab: Tab, page: str, query: str, until: str = "") -> Told:
    """Open a page, wait until it shows this text, and return everything sent until then."""
    raw, end = b"", time.monotonic() + STUCK
    while True:
        run = tab.send(tab.rerun(page, query), patience=STUCK)
        raw += run.raw
        if until in run.text or time.monotonic() > end:
            run.raw = raw
            return run
        time.sleep(0.3)


def tells(told: Told, *words: str) -> list[str]:
    """Return the words that appear in anything that was sent.

    A number has to be on its own, because ids contain any four digits by chance.
    """
    sent = told.raw.decode("utf-8", "replace")
    return [word for word in words if (re.search(rf"(?<!\w){word}(?!\w)", sent) if word.isdigit() else word in sent)]


def test_hidden_parts_of_a_board_are_revealed_to_no_one(server: int, kept: Kept) -> None:
    with open_tab(signed_in(server, VIEWER)) as tab:
        told = read(tab, "board", f"d={kept.shared}", "margin of new customers")
        assert tells(told, "margin of new customers", "1984"), "who may see it does"
    for query in ("", "&f=none", "&f=birth_year:in:1980", "&tab=9", "&present=1", "&x=open/market:in:DE", "&g=month"):
        with open_tab(signed_in(server, MARKETER)) as tab:
            told = read(tab, "board", f"d={kept.shared}{query}", "Not available to you")
            assert "Team board" in told.text, query
            assert tells(told, *MARGIN, "Draft of the team") == [], query


def test_an_address_with_hidden_names_reads_like_one_with_unknown_names(server: int, kept: Kept) -> None:
    said: list[list[str]] = []
    for name in ("email", "customer__email", "never_heard_of"):
        for query in (f"f={name}:in:a", f"x=open/{name}:in:a", f"f={name}:in:a&f=market:in:DE"):
            with open_tab(signed_in(server, MARKETER)) as tab:
                told = read(tab, "board", f"d={kept.shared}&{query}", "isn't available to you")
                said.append(sorted(text for text in set(told.texts) if "available" in text))
                assert FAILED not in told.text
    assert said[:3] == said[3:6] == said[6:]


@pytest.mark.parametrize("page", ["board", "compose"])
def test_another_persons_board_reads_like_a_missing_one(server: int, kept: Kept, page: str) -> None:
    texts: list[str] = []
    for board in (kept.own, "0" * 32):
        with open_tab(signed_in(server, MARKETER)) as tab:
            told = read(tab, page, f"d={board}", NO_BOARD)
            assert tells(told, "Plans of the steward", *MARGIN) == []
            texts.append(told.text.replace(board, ""))
    assert texts[0] == texts[1]
    for text in sample(part(12, one_in=4), longest=200):
        with open_tab(signed_in(server, VIEWER)) as tab:
            run = tab.send(tab.rerun(page, f"d={text}".encode("utf-8", "replace").decode()), patience=STUCK)
            assert (run.wrong(), FAILED in run.text) == ("", False)


def test_no_one_can_edit_another_persons_board(server: int, kept: Kept) -> None:
    for number in (MARKETER, VIEWER):
        with open_tab(signed_in(server, number)) as tab:
            told = read(tab, "compose", f"d={kept.shared}", "can't edit this board")
            assert "You can't edit this board here" in told.text
            assert tells(told, "Draft of the team", *MARGIN) == []


def test_messages_for_other_peoples_pages_change_nothing(server: int, kept: Kept) -> None:
    """Every widget and fragment that a steward has on these pages is clicked, typed into and run by others."""
    pages = {"compose": f"d={kept.shared}", "board": f"d={kept.shared}", "targets": "", "boards": ""}
    theirs: dict[str, Told] = {}
    for page, query in pages.items():
        with open_tab(signed_in(server, STEWARD)) as tab:
            theirs[page] = read(tab, page, query)
            assert theirs[page].widgets, page
    before = kept.state()
    for number in (MARKETER, VIEWER):
        for page, query in pages.items():
            with open_tab(signed_in(server, number)) as tab:
                tab.send(tab.rerun(page, query), patience=STUCK)
                for message in messages(theirs, page, query):
                    run = tab.send(message, patience=5)
                    assert run.wrong() == ""
                    if number == MARKETER:
                        assert tells(run, *MARGIN, CANARY) == []
    assert kept.state() == before


def test_random_messages_to_boards(server: int, kept: Kept) -> None:
    """The messages are those of test_websocket.py, with boards in the addresses."""
    before = kept.state()
    for number in (MARKETER, VIEWER):
        report = fuzz(server, part(MESSAGES), SEED, number=number, boards=(kept.shared, kept.own))
        assert report.wrong == []
        assert report.sent.total() >= part(MESSAGES)
    assert kept.state() == before


@pytest.mark.parametrize(
    "query",
    [
        "t=0001-01-01..9999-12-31&c=previous&g=day", "t=2026-01-01..", "t=..2026-01-01&c=last_year", "tab=999",
        "f=market:in:" + "x" * 3_000, "f=net_revenue:in:1", "x=open/birth_year:in:1984", "present=1&rotate=15&tab=7",
        "f=date:in:2026-01-01", "f=market:in:DE&f=market:not_in:DE", "g=hour", "t=last_10000_year&c=previous",
    ],
)  # fmt: skip
def test_no_address_of_a_board_crashes_a_page(server: int, kept: Kept, query: str) -> None:
    with open_tab(signed_in(server, MARKETER)) as tab:
        told = read(tab, "board", f"d={kept.shared}&{query}", "Not available to you")
        assert (told.wrong(), FAILED in told.text) == ("", False)
        assert "Team board" in told.text
        assert tells(told, *MARGIN) == []


def messages(theirs: dict[str, Told], page: str, query: str) -> Iterator[BackMsg]:
    """Yield clicks and texts for all of a steward's widgets at once, and for each fragment of the steward's page
    separately.
    """
    for kind in ("trigger_value", "string_value", "string_array_value", "bool_value"):
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        for told in theirs.values():
            for widget in told.widgets:
                state = message.rerun_script.widget_states.widgets.add()
                state.id = widget
                if kind == "string_array_value":
                    state.string_array_value.data.extend(["net_revenue", "email"])
                else:
                    setattr(state, kind, "email" if kind == "string_value" else True)
        yield message
    for fragment in part_of(sorted(theirs[page].fragments)[:4], one_in=4):
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        message.rerun_script.fragment_id = fragment
        yield message
