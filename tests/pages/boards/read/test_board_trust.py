"""The trust of a board: its tiles are counted, listed with the worst first, and judged the same as in its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read.summary import board_facts, trust_list
from semantic.display.boards.about import trust_facts
from semantic.display.boards.export import export_board
from semantic.display.boards.shown import BoardShown, RowShown, TabShown, TileShown
from semantic.display.trust import Fact, worst
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.result import FailedCheck
from semantic.services.board_answers.whole_board import answer_board
from tests.pages.board_world import (
    COST,
    MONEY,
    SHOP,
    START,
    World,
    held,
)
from tests.pages.explore_page import words


def trust_line(app: AppTest) -> str:
    """Return the line with the counts, without its icons."""
    (label,) = [
        popover.proto.popover.label for popover in app.get("popover") if ":material/" in popover.proto.popover.label
    ]
    return re.sub(r":[a-z]+\[:material/\w+: ([^\]]*)\]", r"\1", label).replace(" &nbsp; ", " | ")


def test_a_board_counts_its_trust_and_says_how_old_its_oldest_answer_is(world: World) -> None:
    app = world.open(world.publish())
    counted = trust_line(app).split(" | ")
    asking = [tile for tile in held(app).shown.values() if tile.query is not None]
    assert counted[0] == f"0 of {len(asking)} certified"
    assert "As of " in words(app)


def test_the_lines_above_the_tiles_survive_another_run(world: World) -> None:
    app = world.open(world.publish())
    before = trust_line(app)
    for _ in range(2):
        app.run()
        assert not app.exception
        assert trust_line(app) == before
        assert "As of " in words(app)


def test_the_trust_list_links_to_each_tile_with_the_worst_first(world: World) -> None:
    answer = world.workspace.ask(MONEY.question or Query(), world.asks)
    good = Fact("Certified", "verified", "good", "By Ada.", "certified")
    scope = Fact("Scope: DE", "visibility", "quiet", "Only these.", "scope")
    money = TileShown(tile=MONEY, title="[Money]", query=MONEY.question, result=answer, facts=(good, scope))
    cost = TileShown(tile=COST, title="Ads", query=COST.question, sentence="The data did not answer.")
    first, second = trust_list([money, cost], "board-b1").split("\n\n")
    assert first == "[Ads](#tile-board-b1-cost)  \n:small[:orange[:material/cloud_off: No data]]"
    assert second == r"[\[Money\]](#tile-board-b1-money)" + "  \n:small[:gray[:material/verified: Certified]]"


def test_a_tile_that_could_not_be_read_is_counted(world: World) -> None:
    answer = replace(world.workspace.ask(MONEY.question or Query(), world.asks), data_to=None)
    good = Fact("Certified", "verified", "good", "By Ada.", "certified")

    def facts(*tiles: TileShown) -> list[tuple[str, str]]:
        return [(fact.word, fact.state) for fact in board_facts(tiles, world.workspace)]

    money = TileShown(tile=MONEY, title="Money", query=MONEY.question, result=answer, facts=(good,))
    assert facts(money) == [("Certified", "good")]
    cost = TileShown(tile=COST, title="Ads", query=COST.question, sentence="The data did not answer.")
    assert facts(money, cost) == [("1 of 2 certified", "quiet"), ("1 without data", "caution")]
    hidden = TileShown(tile=COST, title="Ads", query=None, sentence="Not available")
    assert facts(money, hidden) == facts(money)
    assert facts(hidden) == []
    row = RowShown(tiles=(money, cost, hidden), widths=(4, 4, 4))
    file = BoardShown(title="Shop", tabs=(TabShown(title="", rows=(row,)),))
    assert [(fact.word, fact.state) for fact in trust_facts(file)] == facts(money, cost, hidden)  # as on screen


def test_a_check_that_fails_turns_its_tile_the_board_and_the_file_amber(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Costs come from other data, so their tiles stay as they are.

    The change applies from the next run on, without asking again.
    """
    failing: list[FailedCheck] = []

    def found(datasets: Iterable[str], _: VisibleModel) -> tuple[FailedCheck, ...]:
        return tuple(failing) if "orders" in datasets else ()

    monkeypatch.setattr(world.workspace, "failing", found)
    app = world.open(world.publish())
    assert not [fact for tile in held(app).shown.values() for fact in tile.facts if fact.kind == "checks"]
    failing.append(FailedCheck("order_id is unique", "Orders", datetime(2026, 4, 20, 6, tzinfo=UTC)))
    app.run()
    shown = held(app).shown
    (fact,) = [each_fact for each_fact in shown["money"].facts if each_fact.kind == "checks"]
    assert (fact.state, "order_id is unique" in fact.sentence) == ("caution", True)
    assert worst(shown["money"].facts) == fact
    counted = {fact.word: fact for fact in board_facts([*shown.values()], world.workspace)}
    assert [word for word, fact in counted.items() if fact.kind == "checks"] == ["2 with failed checks"]
    shown = answer_board(SHOP, START, world.work(), words="", link="").shown
    judged = {tile.tile.id: [fact.kind for fact in tile.facts] for tile in shown.tiles}
    assert "checks" in judged["money"]
    assert "checks" in judged["channels"]
    assert "checks" not in judged["cost"]
    seen = world.workspace.visible(world.asks)
    sheet = openpyxl.load_workbook(BytesIO(export_board(shown, seen, "xlsx", {})))["Board"]
    assert any("Check failed: Orders" in str(cell.value) for row in sheet.iter_rows() for cell in row)
