"""The templates work at once: over the demo company every tile of each has an answer, for whoever is offered it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from semantic.boards.apply import asked
from semantic.boards.board import TileKind
from semantic.boards.data import board_from_yaml
from semantic.boards.templates import NAMES, all_templates, templates
from semantic.boards.yaml import board_to_yaml
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.workspace import Workspace
from tests.companies import LARGE, own_company
from tests.copies import copy_shop
from tests.shop import open_shop

MODEL = Path(__file__).parents[3] / "semantic" / "marketing"
PEOPLE = ("lena", "jonas", "claire", "ana")


class _Day(Workspace):
    def today(self) -> date:
        return date(2026, 7, 1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    company = own_company(tmp_path_factory, orders=LARGE)
    opened = _Day.open(Settings(data=str(company), model=MODEL, mask_key="k", timeout_seconds=60))
    yield opened
    opened.close()


def test_they_are_written_as_boards_are() -> None:
    assert [template.name for template in all_templates()] == [*NAMES]
    for template in all_templates():
        assert board_from_yaml(board_to_yaml(template.board)) == template.board
        assert 8 <= len(template.board.tiles) <= 14
        assert template.sentence


@pytest.mark.parametrize("who", PEOPLE)
def test_every_tile_has_an_answer_with_rows(workspace: Workspace, who: str) -> None:
    actor = workspace.people[who]
    seen = workspace.visible(actor)
    offered = templates(seen, lambda query: workspace.preflight(query, actor))
    assert [template.name for template in offered] == [*NAMES]
    wrong: list[str] = []
    for template in offered:
        state = template.board.start
        for tile in template.board.tiles:
            if tile.question is None:
                continue
            question = asked(tile, state, seen, lambda query: workspace.preflight(query, actor))
            assert question.query is not None
            checked = workspace.preflight(question.query, actor)
            if not checked.ok:
                wrong.append(f"{template.name} {tile.id}: {checked.error}")
                continue
            wrong += [f"{template.name} {tile.id} leaves out {one.what}: {one.reason}" for one in question.ignored
                      if one.what.casefold() not in {*tile.keeps}]  # fmt: skip
            result = workspace.ask(question.query, actor)
            names = [column.name for column in result.values]
            if not any(row[name] is not None for row in result.rows() for name in names):
                wrong.append(f"{template.name} {tile.id}: no value")
            if tile.kind is TileKind.NUMBER and result.table.num_rows != 1:
                wrong.append(f"{template.name} {tile.id}: {result.table.num_rows} rows")
    assert not wrong, "\n".join(wrong)


def test_leaders_and_stewards_are_offered_all_of_them(workspace: Workspace) -> None:
    for who in ("lena", "ana"):
        actor = workspace.people[who]
        offered = templates(workspace.visible(actor), lambda query, actor=actor: workspace.preflight(query, actor))
        assert [(template.name, template.left_out) for template in offered] == [(name, ()) for name in NAMES]


def test_another_model_is_offered_none_of_them(tmp_path: Path) -> None:
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    for actor in (shop.people["steward"], Actor(id="nobody")):
        assert templates(shop.visible(actor), lambda query, actor=actor: shop.preflight(query, actor)) == ()
    shop.close()
