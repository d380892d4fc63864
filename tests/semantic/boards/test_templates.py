"""The templates work without changes: over the demo company, every tile of each template has an answer for its
readers.
"""

from __future__ import annotations

import re
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
from semantic.display.charts.charts import chart_for
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Query, ToDate
from semantic.workspace import Workspace
from tests.companies import LARGE, own_company
from tests.copies import copy_shop
from tests.shop import open_shop

MODEL = Path(__file__).parents[3] / "semantic" / "marketing"
PEOPLE = ("lena", "jonas", "claire", "ana")


class _Day(Workspace):
    def today(self) -> date:
        return date(2026, 6, 30)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    company = own_company(tmp_path_factory, orders=LARGE)
    opened = _Day.open(Settings(data=str(company), model=MODEL, mask_key="k", timeout_seconds=60))
    yield opened
    opened.close()


def test_templates_are_valid_boards() -> None:
    assert [template.name for template in all_templates()] == [*NAMES]
    for template in all_templates():
        assert board_from_yaml(board_to_yaml(template.board)) == template.board
        assert 8 <= len(template.board.tiles) <= 10
        assert re.fullmatch(r"Decide [^.]+\.", template.sentence)  # one sentence with the decision it's for


def test_a_template_starts_with_numbers_and_then_two_charts() -> None:
    for template in all_templates():
        numbers, charts, *_ = template.board.tabs[0].rows
        assert [tile.kind for tile in numbers.tiles] == [TileKind.NUMBER] * 4, template.name
        assert numbers.height == "small"
        assert [(tile.kind, tile.width) for tile in charts.tiles] == [(TileKind.CHART, 6)] * 2, template.name


def test_boards_with_monthly_targets_open_on_the_month_to_date() -> None:
    """Net revenue, orders and ad spend have monthly targets in the demo company."""
    for template in all_templates():
        board = template.board
        metrics = {
            name for tile in board.tiles if tile.kind is TileKind.NUMBER for name in (tile.question or Query()).metrics
        }
        if metrics & {"net_revenue", "orders", "spend"}:
            assert board.start.period == ToDate(Granularity.MONTH), template.name


def test_every_kind_of_chart_can_show_its_tile(workspace: Workspace) -> None:
    actor = workspace.people["lena"]
    seen = workspace.visible(actor)
    for template in all_templates():
        for tile in template.board.tiles:
            if tile.question is None or not tile.chart:
                continue
            question = asked(
                tile,
                template.board.start,
                seen,
                lambda query: workspace.preflight(query, actor),
                today=workspace.today(),
            )
            assert question.query is not None
            chart = chart_for(workspace.ask(question.query, actor), LIGHT, wanted=tile.chart)
            assert chart.kind == tile.chart, f"{template.name} {tile.id}: {chart.reason}"


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
            question = asked(
                tile, state, seen, lambda query: workspace.preflight(query, actor), today=workspace.today()
            )
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


def test_another_model_is_offered_no_templates(tmp_path: Path) -> None:
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    for actor in (shop.people["steward"], Actor(id="nobody")):
        assert templates(shop.visible(actor), lambda query, actor=actor: shop.preflight(query, actor)) == ()
    shop.close()
