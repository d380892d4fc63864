"""The list of boards: searched, filtered and sorted, with pictures of what only each reader saw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.list import MOST_VIEWED
from pages.boards.read import thumbnails
from pages.shell import links, once, session
from semantic.boards.board import Board, Row, Tab
from semantic.policy.actor import Actor
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.store.boards.boards import BoardHead
from semantic.store.people import subject_of
from semantic.workspace import Workspace
from tests.pages.board_world import COST, MONEY, SHOP, START, World, revenue
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import words
from tests.pages.saved.saving import field_of, links_on, press_key
from tests.pages.whole_app import open_app, show_pages_to

ADS = Board(title="Advertising", note="Is it worth it?", tabs=(Tab(rows=(Row(tiles=(COST,)),)),), start=START)


@pytest.fixture
def world(
    workspace: Workspace, store: OpensWhenAsked, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    world = World(workspace, store, steward)
    show_pages_to(monkeypatch, lambda: world.asks, lambda: workspace)
    monkeypatch.setattr(thumbnails, "_seen", SingleFlightCache(thumbnails.MOST))  # earlier tests may have filled it
    yield world
    once.forget()


def visit(world: World, who: str = "") -> AppTest:
    if who:
        world.be(who)
    app = open_app(links.BOARDS)
    assert not app.exception
    return app


def titles(app: AppTest) -> list[str]:
    """Return the titles of the listed boards, in order."""
    return [label.strip("*") for label in links_on(app) if label.startswith("**")]


def pictures(app: AppTest) -> list[dict[str, Any]]:
    """Return the picture next to each board in the list, in order."""
    drawn = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in drawn if proto.component_name == "samepage_board_sketch"]


def texts(picture: dict[str, Any]) -> set[str]:
    """Return the numbers in a picture."""
    return {tile[3] for _, tiles in picture["rows"] for tile in tiles} - {""}


def switch(app: AppTest, label: str) -> AppTest:
    (toggle,) = [each for each in app.toggle if each.label == label]
    return toggle.set_value(not toggle.value).run()


# Finding


def test_a_board_is_found_by_its_note_and_what_its_tiles_show(world: World) -> None:
    world.publish()
    world.publish(ADS, space="Growth")
    app = visit(world)
    for text, found in (
        ("advert", ["Advertising"]),
        ("worth", ["Advertising"]),  # its note
        ("revenue", ["The shop"]),  # a metric
        ("cost", ["Advertising", "The shop"]),
        ("team shop", ["The shop"]),  # its space
        ("nothing of this", []),
    ):
        field_of(app, "Search boards").set_value(text).run()
        assert sorted(titles(app)) == found, text
    app = press_key(app, next(str(button.key) for button in app.button if button.label == "Show all"))
    assert sorted(titles(app)) == ["Advertising", "The shop"]


def test_a_hidden_metric_finds_nothing(world: World, workspace: Workspace) -> None:
    reader = next(
        name
        for name, actor in workspace.people.items()
        if actor.is_at_least("viewer")
        and "revenue" in (seen := {metric.name for metric in workspace.visible(actor).metrics})
        and "cost" not in seen
    )
    world.publish()
    app = visit(world, reader)
    assert titles(app) == ["The shop"]
    field_of(app, "Search boards").set_value("cost").run()
    assert titles(app) == []


def test_favourites_come_first_and_can_be_listed_alone(world: World) -> None:
    shop, _ = world.publish(), world.publish(ADS, space="Growth")
    app = visit(world, "mia")
    field_of(app, "Sort by").set_value("Name").run()
    assert titles(app) == ["Advertising", "The shop"]
    app = press_key(app, f"star-{shop}")
    assert titles(app) == ["The shop", "Advertising"]
    assert world.work().favourites() == {shop}
    app = switch(app, "Favorites")
    assert titles(app) == ["The shop"]
    app = press_key(app, f"star-{shop}")
    assert (titles(app), world.work().favourites()) == ([], frozenset())


def test_no_favourite_is_shown_or_changed_while_viewing_as_someone(world: World) -> None:
    shop = world.publish()
    world.be("noa")
    world.work().set_favourite(shop, on=True)
    world.asks = replace(world.asks, viewed_by="steward")
    app = visit(world)
    (star,) = [button for button in app.button if button.key == f"star-{shop}"]
    assert star.disabled
    assert "Add The shop to favorites" in star.label


def test_a_board_is_shared_put_into_a_folder_and_archived_from_the_list(world: World) -> None:
    world.publish(ADS, space="Team")
    board = world.publish(space="")
    app = press_key(visit(world), f"place-{board}")
    field_of(app, "Visibility").set_value("Team").run()
    field_of(app, "Folder").set_value("New folder…").run()
    field_of(app, "Folder name").set_value("Weekly review").run()
    press_key(app, f"place-{board}-{_head(world, board).revision}-save")
    head = _head(world, board)
    assert (head.space_name, head.folder) == ("Team", "Weekly review")
    app = visit(world)
    field_of(app, "Folder").set_value("Weekly review").run()
    assert titles(app) == ["The shop"]
    assert "in Team / Weekly review" in words(app)
    app = press_key(press_key(app, f"place-{board}"), f"place-{board}-{head.revision}-archive")
    assert [head.title for head in world.work().boards()] == ["Advertising"]
    assert titles(switch(visit(world), "Archived")) == ["The shop"]


def _head(world: World, board: str) -> BoardHead:
    (head,) = [head for head in world.work().boards() if head.id == board]
    return head


def test_only_those_who_can_change_a_board_can_move_it(world: World) -> None:
    board = world.publish()
    app = visit(world, "noa")
    assert not [button for button in app.button if str(button.key).startswith("place-")]
    assert [button.key for button in app.button if str(button.key).startswith("copy-")] == [f"copy-board-{board}"]


# Viewers


def test_the_most_viewed_board_comes_first_and_says_how_many_opened_it(world: World) -> None:
    shop, ads = world.publish(), world.publish(ADS, space="Growth")
    with world.work().store.write(recorded=False) as transaction:
        for who in ("dora", "mia", "vera"):  # they have signed in
            subject_of(transaction, who, who)
    for who, board in (("dora", shop), ("mia", shop), ("mia", ads), ("steward", ads)):
        world.be(who)
        world.open(board)
    world.asks = replace(world.workspace.people["vera"], viewed_by="steward")
    world.open(ads)
    session.viewers().write()
    app = visit(world, "steward")
    assert "viewed by 2 people in the last 30 days" in words(app)
    assert "viewed by 1 person in the last 30 days" in words(app)  # not its owner, nor the one who viewed as Vera
    field_of(app, "Sort by").set_value(MOST_VIEWED).run()
    assert titles(app) == ["The shop", "Advertising"]


# Pictures


def test_a_picture_shows_only_what_its_own_reader_saw(world: World) -> None:
    board = world.publish()
    (sketch,) = pictures(visit(world, "dora"))
    assert (sketch["seen"], texts(sketch)) == (False, set())
    world.open(board)
    (picture,) = pictures(visit(world, "dora"))
    assert picture["seen"]
    hers = texts(picture)
    assert hers == {f"€{revenue(_GERMANS):.2f}"}
    for who in ("steward", "noa"):
        assert pictures(visit(world, who)) == [sketch], who
    world.be("steward")
    world.open(board)
    (whole,) = pictures(visit(world))
    assert texts(whole) == {f"€{revenue() / 1000:.2f}K"} != hers
    (again,) = pictures(visit(world, "dora"))
    assert texts(again) == hers


_GERMANS = "orders.customer_id IN (SELECT customer_id FROM customers WHERE home = 'DE')"


def test_no_picture_shows_another_view_or_what_was_seen_while_viewing_as_someone(world: World) -> None:
    board = world.publish()
    world.open(board, t="2026-04-01..2026-04-30")
    assert not pictures(visit(world))[0]["seen"]
    world.work().keep_state(board, START, START)
    dora = world.workspace.people["dora"]
    world.asks = replace(dora, viewed_by="steward")
    world.open(board)
    assert not pictures(visit(world))[0]["seen"]
    assert not pictures(visit(world, "dora"))[0]["seen"]


def test_a_new_version_has_no_picture_until_it_is_opened(world: World) -> None:
    board = world.publish()
    world.open(board)
    assert pictures(visit(world))[0]["seen"]
    world.publish_again(board, replace(SHOP, tabs=(Tab(rows=(Row(tiles=(MONEY,)),)),)))
    (sketch,) = pictures(visit(world))
    assert (sketch["seen"], len(sketch["rows"])) == (False, 1)


def test_boards_that_were_never_opened_take_no_place_among_pictures(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "_seen", SingleFlightCache(1))
    opened, _ = world.publish(), world.publish(space="Other")
    world.open(opened)
    for _ in range(2):
        assert sorted(picture["seen"] for picture in pictures(visit(world))) == [False, True]


def test_a_sketch_hides_the_shapes_of_hidden_tiles(world: World, workspace: Workspace) -> None:
    world.publish(replace(ADS, tabs=(Tab(rows=(Row(tiles=(COST, MONEY)),)),)))
    shapes = {
        name: tuple(tile[1] for _, tiles in pictures(visit(world, name))[0]["rows"] for tile in tiles)
        for name, actor in workspace.people.items()
        if actor.is_at_least("viewer") and any(metric.name == "revenue" for metric in workspace.visible(actor).metrics)
    }
    seen = {name: {metric.name for metric in workspace.visible(workspace.people[name]).metrics} for name in shapes}
    assert shapes == {name: ("number" if "cost" in seen[name] else "plain", "number") for name in shapes}
    assert set(shapes.values()) == {("number", "number"), ("plain", "number")}
