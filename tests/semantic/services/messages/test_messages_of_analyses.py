"""Messages about boards with analyses: each reader's own numbers with their receipt, or none.

6 people view, p1 and p2 in DE and p3 to p6 in FR. p1, p2 and p3 have a cart. Dora sees DE, and Nora sees no carts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from semantic.boards.board import Board
from semantic.boards.data import board_from_data
from semantic.display.messages.message import Message
from semantic.policy.actor import Actor
from semantic.services.outbox.composer import Skipped
from semantic.store.database import Store
from semantic.store.keys import Keys
from tests.semantic.services.analyzing.logged_app import ASKED, close, open_live
from tests.semantic.services.messages.message_world import ADDRESS, World

P9_LOOKS_IN_FR = "INSERT INTO actions VALUES ('x', 'p9', 'sx', 'a', '2026-03-02 13:00+00', 'phone', 'pear', 'FR')"
FUNNEL: dict[str, Any] = {"id": "carts", "kind": "analysis", "analysis": ASKED}
WITHOUT_DATE = {"id": "odd", "kind": "analysis", "analysis": ASKED | {"subject": "planet"}}


class Log(World):
    """A process over the log, in which Stef owns everything."""

    @property
    def steward(self) -> Actor:
        return self.actor("stef")


@pytest.fixture
def world(store: Store, keys: Keys, tmp_path: Path) -> Iterator[Log]:
    live = open_live(tmp_path / "log", store, keys, address=ADDRESS)
    yield Log(live)
    close(live)


def board_of(*tiles: dict[str, Any]) -> Board:
    return board_from_data({"title": "Shop", "rows": [{"tiles": [*tiles]}]})


def written(world: Log, board: Board, reader: str, **settings: Any) -> Message | Skipped:
    delivery = world.deliver("board", world.publish(board), reader, settings=settings)
    return world.compose(delivery, reader)


def letter(world: Log, board: Board, reader: str, **settings: Any) -> Message:
    message = written(world, board, reader, **settings)
    assert isinstance(message, Message), message
    return message


def bars(message: Message) -> list[tuple[str, str]]:
    (finding,) = items(message.values["findings"])
    return [(str(bar["label"]), str(bar["value"])) for bar in items(finding["bars"])]


def items(value: object) -> list[Mapping[str, Any]]:
    assert isinstance(value, list)
    return value  # pyright: ignore[reportUnknownVariableType]


def test_each_reader_gets_their_own_numbers(world: Log) -> None:
    whole, mine = (letter(world, board_of(FUNNEL), reader) for reader in ("ana", "dora"))
    assert bars(whole) == [("Views", "6"), ("Carts", "3")]
    assert "50.0% of people got from Views to Carts." in whole.text
    assert "Each person counts once" in " ".join(whole.text.split())
    assert "1 board tile" not in whole.text
    assert bars(mine) == [("Views", "2"), ("Carts", "2")]
    assert "100.0% of people got from Views to Carts." in mine.text
    assert "Scope: " in mine.text
    assert "Scope: " not in whole.text


def test_a_retention_is_drawn_by_its_share_in_each_period(world: Log) -> None:
    """All carts are on the day of the first view, so there are none on the days after it."""
    asked = {"kind": "retention", "subject": "person", "first": "views", "return": "carts", "unit": "day", "periods": 2}
    message = letter(world, board_of(FUNNEL | {"analysis": asked}), "ana")
    assert bars(message) == [("Day 1", "0.0%"), ("Day 2", "0.0%")]
    assert "Share by day." in message.text


def test_the_receipt_in_the_message_can_be_opened(world: Log) -> None:
    message = letter(world, board_of(FUNNEL), "ana")
    (receipt,) = message.receipts
    assert f"{ADDRESS}/receipt?receipt={receipt}" in message.html


def test_without_access_nothing_is_sent(world: Log) -> None:
    nothing = written(world, board_of(FUNNEL | {"title": "Cart funnel"}), "nora")
    assert isinstance(nothing, Skipped)
    assert nothing.why == "No access to anything in it"
    beside = letter(world, board_of(FUNNEL | {"title": "Cart funnel"}, {"id": "v", "kind": "number", "question": {
        "metrics": ["views"]}}), "nora")  # fmt: skip
    assert "1 tile isn't available to you." in beside.text
    assert "Cart" not in beside.text + beside.html


def test_the_deliverys_filters_apply_and_tiles_that_ignore_them_say_so(world: Log) -> None:
    message = letter(world, board_of(FUNNEL), "ana", f=["market:in:DE"])
    assert bars(message) == [("Views", "2"), ("Carts", "2")]
    assert "f=market%3Ain%3ADE" in message.text
    keeps = letter(world, board_of(FUNNEL | {"keeps": ["market"]}), "ana", f=["market:in:DE"])
    assert bars(keeps) == [("Views", "6"), ("Carts", "3")]
    assert "Without Market: The board's author set this tile to ignore Market" in " ".join(keeps.text.split())


def test_a_tile_that_cannot_be_run_is_counted(world: Log) -> None:
    message = letter(world, board_of(FUNNEL, WITHOUT_DATE), "ana")
    assert "1 tile couldn't be loaded." in message.text
    assert bars(message) == [("Views", "6"), ("Carts", "3")]


def test_hidden_rows_change_no_message(store: Store, keys: Keys, tmp_path: Path) -> None:
    said: list[str] = []
    for name, sql in (("plain", ()), ("twin", (P9_LOOKS_IN_FR,))):
        live = open_live(tmp_path / name, store, keys, sql=sql, address=ADDRESS)
        message = letter(Log(live), board_of(FUNNEL), "dora")
        text = message.text
        for receipt in message.receipts:
            text = text.replace(receipt, "R")
        said.append(text.partition("Open board")[0])
        close(live)
    assert said[0] == said[1]


NO_CARTS_FOR_DORA = (
    "who: {people: [dora]}\n    grant: {metrics: all",
    "who: {people: [dora]}\n    grant: {metrics: [views]",
)
ONLY_FR_FOR_DORA = ("attributes: {markets: [DE]}", "attributes: {markets: [FR]}")
NO_FEW_FOR_DORA = (
    "who: {people: [dora]}\n",
    "who: {people: [dora]}\n    min_group: {entity: person, at_least: 4}\n",
)


def test_after_a_reader_lost_rights_no_earlier_numbers_are_sent(store: Store, keys: Keys, tmp_path: Path) -> None:
    """Dora's numbers were 2 and 2, for DE. Each process has a different policy for her, over the same store."""
    first = open_live(tmp_path / "first", store, keys, address=ADDRESS)
    before = Log(first)
    delivery = before.deliver("board", before.publish(board_of(FUNNEL)), "dora", settings={})
    sent = before.compose(delivery, "dora")
    assert isinstance(sent, Message)
    assert bars(sent) == [("Views", "2"), ("Carts", "2")]
    after: list[Message | Skipped] = []
    for place, change in enumerate((NO_CARTS_FOR_DORA, ONLY_FR_FOR_DORA, NO_FEW_FOR_DORA)):
        live = open_live(tmp_path / str(place), store, keys, change, address=ADDRESS)
        after.append(Log(live).compose(delivery, "dora"))
        close(live)
    close(first)
    hidden, other, few = after
    assert isinstance(hidden, Skipped)
    assert hidden.why in ("No access to this board", "No access to anything in it")
    assert isinstance(other, Message)
    assert bars(other) == [("Views", "4"), ("Carts", "1")]
    assert not isinstance(few, Message) or "2" not in [value for _, value in bars(few)]
