"""Messages to readers with random policies have each reader's own numbers, and hidden rows change nothing in them.

Every policy gets a board of its own questions. The message about the board is compared with the answers to the same
questions, asked directly, and with the message from a copy of the shop in which only rows hidden from the reader
differ. A seeded tenth of the policies runs in `make test`, and all of them in `make proof`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.boards.made import make_tile
from semantic.config.settings import Settings
from semantic.display.groups import in_zone
from semantic.display.in_part import marks_of
from semantic.display.messages.message import Message
from semantic.display.rows import key_cells, row_kinds
from semantic.display.words.headline import finding
from semantic.errors import SemanticError
from semantic.query.personal import names_a_person
from semantic.query.query import Between, Breakdown, Previous, Query
from semantic.results.result import Result
from semantic.services.outbox.composer import Skipped
from tests import proof
from tests.copies import copy_shop
from tests.policies.random_policies import GROUP, Chosen, choose, write_model
from tests.policies.test_hidden_rows import is_answered, questions
from tests.policies.test_random_policies import twins
from tests.proof import part_of
from tests.semantic.services.messages.message_world import letters_world
from tests.semantic.spoken_numbers import NUMBER, strangers
from tests.shop import ShopWorkspace

POLICIES = 1_000
OF_EACH_RUN = 20  # policies of one test
RANDOM_TILES = 2
RECEIPT = re.compile(r"R-[A-Z0-9-]+")
OWN = re.compile(r"unsubscribe/[a-z0-9.]+|board\?d=[0-9a-f]+")
MONTHS = Between(date(2026, 3, 1), date(2026, 4, 30))


def board(workspace: ShopWorkspace, seed: str) -> Board:
    """Return a board with two numbers and their change, a chart, a table, and some random questions that this reader
    can ask.
    """
    number = Query(metrics=("revenue",), time=MONTHS, compare=(Previous(),))
    tiles = [
        Tile(id="revenue", kind=TileKind.NUMBER, question=number),
        Tile(id="orders", kind=TileKind.NUMBER, question=Query(metrics=("order_count",), time=MONTHS)),
        Tile(id="channels", kind=TileKind.CHART, question=Query(metrics=("revenue",), by=(Breakdown("channel"),))),
        Tile(id="devices", kind=TileKind.TABLE, question=Query(metrics=("order_count",), by=(Breakdown("device"),))),
    ]
    for place, query in enumerate(_answered(workspace, seed)):
        tiles.append(make_tile(query, f"random-{place}"))
    rows = tuple(Row(tiles=(tile,)) for tile in tiles)
    return Board(title="Board", tabs=(Tab(rows=rows),), start=BoardState())


def _answered(workspace: ShopWorkspace, seed: str) -> Iterator[Query]:
    count = 0
    for place, query in enumerate(questions(workspace, seed)):
        if count == RANDOM_TILES or place == 40:
            return
        if query.metrics and not names_a_person(query, workspace.model) and is_answered(workspace, query, GROUP):
            count += 1
            yield query


def letter(workspace: ShopWorkspace, shown: Board, folder: Path) -> Message | Skipped:
    """Return the message that the reader gets. Its random receipts and IDs are replaced by constant ones."""
    folder.mkdir()
    with letters_world(workspace, folder) as world:
        delivery = world.deliver("board", world.publish(shown), GROUP)
        return world.compose(delivery, GROUP)


def without_chance(text: str) -> str:
    return OWN.sub("ID", RECEIPT.sub("R-", text))


def numbers_in(result: Result) -> set[Fraction]:
    """Return every number in an answer, and its changes in percent and in points."""
    columns = [result.table.column(value.name).to_pylist() for value in result.values]
    rows = [[_exact(value) for value in row] for row in zip(*columns, strict=True)]
    known = {value for row in rows for value in row}
    for row in rows:
        for now in row:
            known |= {now - then for then in row} | {100 * (now - then) / abs(then) for then in row if then}
            known |= {100 * now, *(100 * (now - then) for then in row)}
    return known


def _exact(value: object) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, int | float) and value == value else Fraction(0)


def check_numbers(message: Message, shown: Board, workspace: ShopWorkspace) -> int:
    """Compare the numbers in a message with the answers to its questions, and return how many numbers it has."""
    actor = workspace.people[GROUP]
    answers: list[Result] = []
    for tile in shown.tiles:
        assert tile.question is not None
        try:
            answers.append(workspace.ask(tile.question, actor))
        except SemanticError:
            continue
    values: Any = message.values  # Any: JSON
    known = set().union(*map(numbers_in, answers))
    labels = {text for answer in answers for text in _labels(answer)}
    count = 0
    for number in values["numbers"]:
        assert not strangers(number["value"], known), number
        assert not strangers(number["change"], known), number
        count += bool(NUMBER.search(number["value"]))
    findings = {text for answer in answers for text in (finding(answer), answer.title)}
    for found in values["findings"]:
        assert {found["title"], found["text"]} & (findings | {""}), found
        for bar in found["bars"]:
            assert not strangers(bar["value"], known), bar
            assert bar["label"] in labels, bar
            count += 1
    for row in (values["table"] or {"rows": []})["rows"]:
        assert row[0] in labels, row
        for cell in row[1:]:
            assert cell in labels or not strangers(cell, known), row
            count += 1
    return count


def _labels(answer: Result) -> set[str]:
    """Return the texts of an answer's keys, as tables show them. Weeks are named only by their first day."""
    zone = ZoneInfo(answer.period.time_zone)
    columns = [[in_zone(value, zone) for value in answer.table.column(key.name).to_pylist()] for key in answer.keys]
    rows = zip(*columns, row_kinds(answer), strict=True)
    texts = {text for *values, kinds in rows for text in key_cells(values, kinds, answer.keys, marks_of(answer))}
    return texts | {text.removeprefix("week of ") for text in texts}


@contextmanager
def shops(
    folder: Path, chosen: Chosen, chance: random.Random, number: int
) -> Iterator[tuple[ShopWorkspace, ShopWorkspace | None, frozenset[str]]]:
    """Yield the shop under a policy and, for one in four policies, the copy with other hidden rows, and the metrics
    with other days there.

    `make proof` makes a copy for every policy.
    """
    if proof.is_whole or number % 4 == 0:
        with twins(folder, chosen, chance) as opened:
            yield opened
        return
    model = write_model(folder / "model", chosen)
    settings = Settings(data=str(copy_shop(folder / "one.duckdb")), model=model, mask_key="a key of the tests")
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    try:
        yield workspace, None, frozenset()
    finally:
        workspace.close()


@pytest.mark.parametrize("first", part_of(range(0, POLICIES, OF_EACH_RUN)))
def test_a_message_has_only_the_numbers_that_its_reader_sees(first: int, tmp_path: Path) -> None:
    sent = said = compared = 0
    for number in range(first, first + OF_EACH_RUN):
        chance = random.Random(f"policy {number}")
        chosen = choose(chance)
        folder = tmp_path / str(number)
        folder.mkdir()
        with shops(folder, chosen, chance, number) as (shop, other, moved):
            shown = board(shop, f"letter {number}")
            mine = letter(shop, shown, folder / "mine")
            if other is not None and not moved.intersection(_metrics(shown)):
                _compare(mine, letter(other, shown, folder / "theirs"), chosen)
                compared += 1
            if isinstance(mine, Message):
                sent += 1
                said += check_numbers(mine, shown, shop)
    assert sent > OF_EACH_RUN // 4  # the others' limits and denials leave nothing to send
    assert said > 3 * sent
    assert compared


def _metrics(shown: Board) -> set[str]:
    return {metric for tile in shown.tiles if tile.question is not None for metric in tile.question.metrics}


def _compare(mine: Message | Skipped, theirs: Message | Skipped, chosen: Chosen) -> None:
    if isinstance(mine, Skipped) or isinstance(theirs, Skipped):
        assert mine == theirs, chosen.policy
        return
    for one, other in ((mine.html, theirs.html), (mine.text, theirs.text), (str(mine.values), str(theirs.values))):
        assert without_chance(one) == without_chance(other), chosen.policy
    assert (mine.subject, mine.preheader, mine.bullets) == (theirs.subject, theirs.preheader, theirs.bullets)


def test_a_wrong_number_is_detected(tmp_path: Path) -> None:
    """The check fails if a message has a single number of another reader's."""
    chance = random.Random("policy 0")
    chosen = choose(chance)
    with twins(tmp_path, chosen, chance) as (twin, _, _):
        shown = board(twin, "letter 0")
        message = letter(twin, shown, tmp_path / "mine")
        assert isinstance(message, Message)
        values: Any = message.values
        assert check_numbers(message, shown, twin) > 2
        values["numbers"][0]["value"] = "€98,765.43"
        with pytest.raises(AssertionError):
            check_numbers(message, shown, twin)
