"""A tile with an analysis on a page: its finding with the counting rule, and what is unavailable or refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.applied import NOT_AVAILABLE
from semantic.boards.board import BoardState, Tile, TileKind, ValueFilter
from tests.pages.boards.read.opened import Engine, Open
from tests.shop import ShopWorkspace

MAILED: dict[str, Any] = {"kind": "funnel", "subject": "customer", "steps": ["mails_out", "order_count"]}


def tile(**more: Any) -> Tile:
    return Tile(id="a", kind=TileKind.ANALYSIS, analysis=analysis_from_data(MAILED | more).text)


def test_the_finding_is_drawn_with_its_counting_rule(board: Open) -> None:
    opened = board(tile())
    assert not opened.app.exception
    shown = opened.shown["a"].analysis
    assert shown is not None
    assert shown.sentence.split(".")[0] in opened.words.replace("\\", "")
    assert "Each customer counts once" in opened.words


def test_a_flow_shows_its_most_frequent_paths_where_space_is_narrow(board: Open) -> None:
    paths = {"kind": "paths", "subject": "customer", "from": "order_count", "events": ["mails_out"]}
    opened = board(Tile(id="a", kind=TileKind.ANALYSIS, analysis=analysis_from_data(paths).text))
    assert not opened.app.exception
    shown = opened.shown["a"].analysis
    assert shown is not None
    first = shown.tables[0].lines[0]
    assert f"1. {first[0]}: {first[1]} ({first[2]})" in opened.words.replace("\\", "")


def test_a_refused_analysis_says_why(board: Open) -> None:
    opened = board(tile(subject="planet"))
    assert not opened.app.exception
    assert "planet" in opened.words


def test_a_person_without_access_to_its_metrics_gets_neither_numbers_nor_title(
    board: Open, shop: ShopWorkspace
) -> None:
    person = next(
        actor
        for actor in shop.people.values()
        if "order_count" not in {metric.name for metric in shop.visible(actor).metrics}
    )
    opened = board(tile(), person=person)
    assert "Not available to you" in opened.words
    assert opened.shown["a"].sentence == NOT_AVAILABLE
    assert "Each customer" not in opened.words


def test_the_boards_filters_are_in_the_tiles_rule_and_link(board: Open) -> None:
    twice = tile(steps=["order_count", {"metric": "order_count", "name": "Second order"}])
    opened = board(twice, state=BoardState(chosen=(ValueFilter("device", ("mobile",)),)))
    shown = opened.shown["a"]
    assert shown.analysis is not None
    assert (shown.ignored, "mobile" in shown.analysis.counting.casefold()) == ((), True)
    opened.app.session_state["board-a-menu"] = True
    links = {each.proto.label: each.proto for each in opened.run().app.get("page_link")}
    (definition,) = parse_qs(links["Open in Analyses"].query_string)["a"]
    assert json.loads(definition)["where"] == {"dim": "device", "op": "in", "values": ["mobile"]}
    assert "Re-run these numbers" not in links  # this shop records nothing


def test_a_filter_that_doesnt_apply_is_named_on_the_tile(board: Open) -> None:
    opened = board(tile(), state=BoardState(chosen=(ValueFilter("device", ("mobile",)),)))
    assert "Device doesn't apply here" in opened.words


def test_an_analysis_tile_can_be_shown_as_a_table(board: Open) -> None:
    opened = board(tile())
    opened.app.session_state["board-a-menu"] = True
    assert not opened.run().app.dataframe
    assert opened.press("Show as table").app.dataframe


def test_another_filter_never_shows_the_numbers_of_the_one_before(board: Open, engine: Engine) -> None:
    """While the numbers for the new filter are loading, the old numbers aren't shown with it."""
    twice = tile(steps=["order_count", {"metric": "order_count", "name": "Second order"}])
    opened = board(twice, state=BoardState(chosen=(ValueFilter("device", ("mobile",)),)))
    before = opened.shown["a"].analysis
    assert before is not None
    engine.hold("orders")
    opened.app.session_state["the state"] = BoardState(chosen=(ValueFilter("device", ("desktop",)),))
    assert opened.run().shown["a"].analysis is None
    assert before.sentence.split(".")[0] not in opened.words
    engine.release()
    assert opened.run_until(lambda: opened.shown["a"].analysis)
    assert "Mobile" not in opened.words.title()
