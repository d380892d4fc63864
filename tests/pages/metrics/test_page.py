"""Home, the list of metrics and a metric's page, over the small shop: texts, links and what stays hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from pages.explore.builder.recents import KEY as RECENT
from pages.explore.builder.starters import starters
from pages.home import tiles
from pages.shell import links, once
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_params, query_to_json
from semantic.query.query import DATE, Back, Breakdown, Last, Query, ToDate
from semantic.services.boards import BoardWork
from semantic.store.accounts.follows import follow
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app, show_pages_to

Open = Callable[..., AppTest]


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page as the person in `who`."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(page: str = links.HOME, *, held: dict[str, object] | None = None, **params: str) -> AppTest:
        return open_app("" if page == links.HOME else page, held=held, **params)

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption)
    texts = [str(element.value) for kind in kinds for element in kind]
    texts += [link.proto.label for link in app.get("page_link")]
    texts += [button.label for button in app.button]
    return " | ".join(texts).replace("\\", "").replace("*", "")


def linked(app: AppTest) -> dict[str, dict[str, list[str]]]:
    """Return the page's links: the parameters of each link's question, by label."""
    every = reversed(app.get("page_link"))  # of several with one label the first
    return {link.proto.label.replace("*", "").replace("\\", ""): parse_qs(link.proto.query_string) for link in every}


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [
        each_button for each_button in app.button if each_button.label.replace("*", "").replace("\\", "") == label
    ]
    return button.click().run()


def field(app: AppTest, label: str) -> TextInput:
    (box,) = [each_box for each_box in app.text_input if each_box.label == label]
    return box


# Home


def test_home_is_the_first_page_with_tiles_whose_numbers_are_their_questions(visit: Open, workspace: Workspace) -> None:
    app = visit()
    assert not app.exception
    assert app.title[0].value == "Home"
    shown = {metric.label: metric for metric in app.metric}
    for name in [metric.name for metric in tiles.key_metrics(workspace.visible(workspace.people["steward"]))]:
        assert name in {
            query.metrics[0] for query in (query_from_params(asked) for asked in linked(app).values() if asked)
        }
    assert shown


def test_a_tile_leads_to_its_own_question(visit: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "key_metrics", lambda seen: [seen.metric("revenue")])
    app = visit()
    (tile,) = app.metric
    # In the last 13 weeks there is 25 October alone: 2560 + 5120.
    assert tile.value == "€7.68K"
    query = query_from_params(linked(app)["Revenue"])
    assert query.metrics == ("revenue",)
    answer = workspace.ask(query, workspace.people["steward"])
    assert answer.rows()[0]["revenue"] == 7680


def test_a_person_sees_their_own_rows_in_a_tile(
    visit: Open, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "key_metrics", lambda seen: [seen.metric("revenue")])
    who["asks"] = workspace.people["finn"]  # channels c1 and c5
    query = Query(metrics=("revenue",), time=Last(13, Granularity.WEEK))
    expected = workspace.ask(query, who["asks"]).rows()[0]["revenue"]
    assert expected == 5120  # without the 2560 of c2
    (tile,) = visit().metric
    assert tile.value == "€5.12K"


def test_followed_metrics_come_before_the_key_metrics(visit: Open, workspace: Workspace) -> None:
    app = visit()
    assert "Key metrics" in words(app)
    app.button(key="tile-metric-aov").click().run()
    assert words(app).index("You follow") < words(app).index("Key metrics")
    assert app.metric[0].label == "Aov"
    assert [metric.label for metric in app.metric].count("Aov") == 1
    assert visit().metric[0].label == "Aov"  # in another session too
    app.button(key="tile-metric-aov").click().run()
    assert "You follow" not in words(app)


def test_a_followed_board_is_on_home_until_it_is_unfollowed(
    visit: Open, workspace: Workspace, store: Callable[[], tuple[Store, Keys]]
) -> None:
    tile = Tile(id="a", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
    work = BoardWork(*store(), workspace, workspace.people["steward"])
    board_id = work.make(Board(title="At a glance", tabs=(Tab(rows=(Row(tiles=(tile,)),)),)))
    work.publish(board_id, 1)
    app = visit(links.BOARD, d=board_id)
    app = app.button(key=f"board-board-{board_id}").click().run()
    assert app.button(key=f"board-board-{board_id}").label == "Following"
    home = visit()
    assert "Boards and questions you follow" in words(home)
    assert "At a glance" in linked(home)
    home.button(key=f"home-board-{board_id}").click().run()
    assert "Boards and questions you follow" not in words(home)
    assert "Boards and questions you follow" not in words(visit())


def test_a_first_visit_has_questions_to_begin_with_and_no_empty_boxes(visit: Open) -> None:
    texts = words(visit())
    assert "Start from a question" in texts
    for box in ("Your recent work", "Boards and questions you follow", "Shared with you"):
        assert box not in texts
    assert re.search(r"metrics? (checked|skipped)", texts)


def test_with_enough_followed_items_the_key_metrics_disappear(
    visit: Open, workspace: Workspace, store: Callable[[], tuple[Store, Keys]]
) -> None:
    opened, _ = store()
    for name in ("revenue", "cost", "roas", "clicks"):
        with opened.write(recorded=False) as transaction:
            follow(transaction, workspace.people["steward"], "metric", name)
    app = visit()
    assert "Key metrics" not in words(app)
    assert [metric.label for metric in app.metric] == ["Revenue", "Cost", "Roas", "Clicks"]


def test_hidden_followed_items_are_not_named_and_come_back(
    visit: Open, workspace: Workspace, who: dict[str, Actor], store: Callable[[], tuple[Store, Keys]]
) -> None:
    noa = who["asks"] = workspace.people["noa"]
    opened, _ = store()
    for name in ("revenue", "never_heard_of"):
        with opened.write(recorded=False) as transaction:
            follow(transaction, noa, "metric", name)
    assert visit().metric[0].label == "Revenue"
    who["asks"] = replace(noa, groups=frozenset())  # nothing is granted any more
    app = visit()
    assert "No metrics yet" in words(app)
    assert "Revenue" not in words(app)
    who["asks"] = noa
    assert visit().metric[0].label == "Revenue"


def test_no_one_follows_while_viewing_as_someone_else(visit: Open, workspace: Workspace, who: dict[str, Actor]) -> None:
    who["asks"] = replace(workspace.people["steward"], viewed_by="otto")
    app = visit()
    assert app.button(key="tile-metric-aov").disabled
    assert not app.exception


def test_a_metrics_page_has_the_same_button(visit: Open) -> None:
    app = visit(links.CATALOGUE, m="roas")
    press(app, "Follow")
    assert "Following" in words(app)
    assert visit().metric[0].label == "Roas"


def test_home_works_while_the_store_is_unavailable(visit: Open, store: OpensWhenAsked) -> None:
    store.is_away = True
    app = visit()
    assert not app.exception
    assert "Key metrics" in words(app)
    assert "Couldn't load these" in words(app)
    app.button(key="tile-metric-aov").click().run()
    assert not app.exception
    assert "store" in words(app)


def test_followed_boards_come_first_and_drafts_open_in_the_editor(
    visit: Open, workspace: Workspace, store: Callable[[], tuple[Store, Keys]]
) -> None:
    steward, (opened, keys) = workspace.people["steward"], store()
    work = BoardWork(opened, keys, workspace, steward)
    tile = Tile(id="a", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
    made = [
        work.make(Board(title=title, tabs=(Tab(rows=(Row(tiles=(tile,)),)),))) for title in ("First", "Second", "Third")
    ]
    work.publish(made[0], 1)
    work.publish(made[1], 1)
    with opened.write(recorded=False) as transaction:
        follow(transaction, steward, "board", made[0])
    labels = [link.proto.label for link in visit().get("page_link") if "d=" in link.proto.query_string]
    assert [label.strip("*") for label in labels] == ["First", "Third", "Second"]


def test_starter_questions_run_and_are_titled(workspace: Workspace) -> None:
    for person in ("steward", "finn", "noa"):
        actor = workspace.people[person]
        metrics = tiles.key_metrics(workspace.visible(actor))
        found_starters = starters(metrics, workspace, actor)
        assert found_starters or not metrics
        for starter in found_starters:
            assert starter.title
            workspace.ask(starter.query, actor)


def test_the_year_to_date_begins_from_the_same_dates_of_the_year_before(workspace: Workspace) -> None:
    actor = workspace.people["steward"]
    found_starters = starters([workspace.visible(actor).metric("revenue")], workspace, actor)
    asked = [starter for starter in found_starters if starter.query.time == ToDate(Granularity.YEAR)]
    assert [starter.query.compare for starter in asked] == [(Back(1, Granularity.YEAR),)]
    assert asked[0].note.endswith("compared with the same dates last year")


def test_recent_questions_are_listed_newest_first_and_hidden_ones_are_not(
    visit: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    weekly = Query(metrics=("visits",), by=(Breakdown(DATE, Granularity.WEEK),))
    costs = Query(metrics=("cost",))
    session_values = {RECENT: [query_to_json(costs), query_to_json(weekly), "not a question"]}
    assert "Your recent work" in words(visit(held=session_values))
    assert "Cost" in linked(visit(held=session_values))
    who["asks"] = workspace.people["noa"]  # may not know of cost; has no sessions either
    assert "Cost" not in words(visit(held=session_values))


def test_a_person_without_access_sees_why(visit: Open, workspace: Workspace, who: dict[str, Actor]) -> None:
    who["asks"] = workspace.people["guest"]  # a marketer without a policy that grants rows
    app = visit()
    assert not app.exception
    assert "No metrics yet" in words(app)
    assert "No metrics yet" in words(visit(links.CATALOGUE))


def test_an_old_link_to_the_start_page_still_opens_its_question(visit: Open) -> None:
    app = visit(m="revenue", by="channel", v="1")
    assert not app.exception
    assert "Revenue by channel" in words(app)


# The list


def test_the_list_finds_by_a_typo_and_says_how_many(visit: Open) -> None:
    app = visit(links.CATALOGUE)
    assert not app.exception
    field(app, "Search metrics").set_value("reveneu").run()
    assert not app.exception
    texts = words(app)
    assert re.search(r"\d+ of \d+ metrics", texts)
    assert "Revenue" in texts
    assert "Clicks" not in texts


def test_an_empty_search_offers_similar_names_and_a_way_back(visit: Open) -> None:
    app = visit(links.CATALOGUE)
    field(app, "Search metrics").set_value("impressionability").run()
    assert "No results for" in words(app)
    assert "Impressions" in words(app)
    press(app, "Show all metrics")
    assert "Clicks" in words(app)


def test_the_list_is_filtered_by_data(visit: Open) -> None:
    app = visit(links.CATALOGUE)
    (pills,) = [group for group in app.button_group if group.label == "Data"]
    pills.set_value(["Ads"]).run()
    assert not app.exception
    texts = words(app)
    assert "Clicks" in texts
    assert "Visits" not in texts


# A metric


def test_a_metric_says_what_it_is_how_it_is_computed_and_leads_to_explore(visit: Open) -> None:
    app = visit(links.CATALOGUE, m="roas")
    assert not app.exception
    texts = words(app)
    assert app.title[0].value.casefold() == "roas"
    for part in ("How it's calculated", "Dimensions", "Lineage", "Trust", "Ratio: calculated per group", "÷"):
        assert part in texts, part
    assert "Explore" in [button.label for button in app.button]
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Revenue"] == "€7,680"
    press(app, "Explore")
    assert not app.exception


def test_a_missing_metric_and_a_hidden_one_read_the_same(
    visit: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    assert "Dimensions" in words(visit(links.CATALOGUE, m="cost"))
    who["asks"] = workspace.people["noa"]
    hidden, unknown = (words(visit(links.CATALOGUE, m=name)) for name in ("cost", "corst"))
    assert hidden.replace("cost", "NAME").split("|")[:6] == unknown.replace("corst", "NAME").split("|")[:6]
    assert "not found" in hidden


def test_a_formula_with_a_hidden_part_shows_neither_its_name_nor_its_number(
    visit: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    who["asks"] = workspace.people["noa"]
    seen = workspace.visible(who["asks"])
    of_cost = [metric for metric in seen.metrics if "cost" in metric.inputs]
    for metric in of_cost:
        app = visit(links.CATALOGUE, m=metric.name)
        assert not app.exception
        texts = words(app)
        assert "outside your scope" in texts
        assert "Cost" not in texts.replace(metric.label, "")


def test_two_metrics_are_compared_side_by_side(visit: Open) -> None:
    app = visit(links.CATALOGUE, **{"m": "cpc", "with": "roas"})
    assert not app.exception
    texts = words(app)
    assert "The same" in texts
    assert "Different" in texts
    assert "The numerator of" in texts


def test_a_metric_is_compared_with_one_that_is_picked_on_its_page(visit: Open) -> None:
    app = visit(links.CATALOGUE, m="cpc")
    (other,) = [selectbox for selectbox in app.selectbox if selectbox.label == "Another metric"]
    app = other.set_value("roas").run()
    assert app.title[0].value == "Cpc and Roas"
    assert app.query_params == {"m": "cpc", "with": "roas"}


def test_the_address_follows_from_metric_to_metric_to_the_list_and_back(visit: Open) -> None:
    """A test in tests/browser/test_catalogue.py clicks the links."""
    app = visit(links.CATALOGUE, m="roas")
    app.query_params = linked(app)["Revenue"]
    app.run()
    assert (app.title[0].value, app.query_params) == ("Revenue", {"m": "revenue"})
    app = press(app, "All metrics")
    assert (app.title[0].value, app.query_params) == ("Metrics", {})
    field(app, "Search metrics").set_value("click").run()
    app.query_params = linked(app)["Clicks"]
    app.run()
    assert (app.title[0].value, app.query_params) == ("Clicks", {"m": "clicks"})
    app.query_params = {}  # Back
    assert app.run().title[0].value == "Metrics"


def test_the_list_finds_no_hidden_metric(visit: Open, workspace: Workspace, who: dict[str, Actor]) -> None:
    for person, is_found in (("steward", True), ("noa", False)):
        who["asks"] = workspace.people[person]
        app = visit(links.CATALOGUE)
        field(app, "Search metrics").set_value("cost").run()
        assert ("Cost" in linked(app)) == is_found


@pytest.mark.parametrize("name", ["<b>x</b>", "]](http://evil)", "x" * 3_000, "roas,cost", ":material/verified:"])
def test_a_malformed_address_gets_a_calm_message(visit: Open, name: str) -> None:
    app = visit(links.CATALOGUE, m=name)
    assert not app.exception
    assert "not found" in words(app)


def test_a_metrics_page_leads_to_an_alert_on_it(visit: Open) -> None:
    assert linked(visit(links.CATALOGUE, m="revenue"))["Set alert"]["m"] == ["revenue"]
