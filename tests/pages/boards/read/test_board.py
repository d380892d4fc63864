"""Reading a board over the small shop: settings, the tiles that each filter applies to, and what replaces a tile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read import state as board_state
from pages.boards.read.filters import DAYS, UNFOLDED, shared_filters, unapplied
from pages.boards.read.state import NOT_ALL_OF_BOARD
from pages.shell import session
from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.board import BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.boards.state import NOT_ALL
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Between, Last
from semantic.store.boards.boards import UNKNOWN
from semantic.store.spaces.spaces import MINE
from tests.hostile.strings import STRINGS
from tests.pages.board_world import (
    MARCH_AND_APRIL,
    MONDAY,
    SHOP,
    START,
    World,
    address,
    field,
    held,
    press,
    read_again,
    revenue,
    rows,
)
from tests.pages.explore_page import words

# Settings, and who chose them


def test_a_board_opens_with_its_default_view(world: World) -> None:
    app = world.open(world.publish())
    assert app.title[0].value == "The shop"
    assert "For Mondays" in words(app)
    assert "1 Mar – 30 Apr 2026" in words(app)
    assert rows(app, "money") == [{"revenue": revenue()}]
    assert address(app) == {"tab": ["0"]}
    assert not held(app).is_modified


def test_the_address_overrides_the_last_settings_and_these_override_the_default_view(world: World) -> None:
    board_id = world.publish()
    april = replace(START, period=Between(date(2026, 4, 1), date(2026, 4, 30)))
    world.work().keep_state(board_id, april, START)
    assert held(world.open(board_id)).state == april
    may = held(world.open(board_id, t="2026-05-01..2026-05-31")).state
    assert may.period == Between(date(2026, 5, 1), date(2026, 5, 31))
    assert held(world.open(board_id, tab="0")).state == START  # a link with the default view shows the default view
    world.be("dora")
    assert held(world.open(board_id)).state == START


def test_reset_shows_the_default_view_and_keeps_it(world: World) -> None:
    board_id = world.publish()
    world.work().keep_state(board_id, BoardState(), START)
    app = world.open(board_id)
    assert held(app).is_modified
    app = press(app, "board-reset")
    assert held(app).state == START
    assert held(world.open(board_id)).state == START


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every answer as slow."""
    monkeypatch.setattr(board_state, "QUICK", -1.0)


def apply_button(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.key == "board-apply"]


def test_a_change_applies_at_once_where_the_tiles_are_quick(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id)
    assert apply_button(app) == []
    field(app, "Period").set_value(Last(1, Granularity.MONTH)).run()
    assert rows(app, "money") == [{"revenue": 7680.0}]  # 2560 and 5120 on 25 October
    assert address(app) == {"t": ["last_1_month"]}
    assert apply_button(app) == []
    assert held(world.open(board_id)).state == BoardState(period=Last(1, Granularity.MONTH))  # kept for the next visit


def test_one_slow_tile_is_enough_to_wait_for_apply(world: World) -> None:
    app = world.open(world.publish())
    reading = held(app)
    assert reading.answers_quickly()
    money = reading.shown["money"]
    assert money.result is not None
    took = replace(money.result, elapsed_seconds=board_state.QUICK + 0.1)
    reading.shown["money"] = replace(money, result=took)
    assert not reading.answers_quickly()
    reading.shown["money"] = replace(money, result=None, is_earlier=True)
    assert not reading.answers_quickly(), "while an answer is pending, the ones before count"


def test_changes_are_counted() -> None:
    search, social = ValueFilter("channel", ("Search",)), ValueFilter("channel", ("Social",))
    mobile = ValueFilter("device", ("mobile",))
    assert unapplied(START, START) == 0
    assert unapplied(replace(START, period=None, compare=(), grain=Granularity.WEEK), START) == 3
    assert unapplied(replace(START, chosen=(search, mobile)), replace(START, chosen=(social,))) == 2
    assert unapplied(replace(START, chosen=()), replace(START, chosen=(search,))) == 1
    assert unapplied(replace(START, tab=1, picked=(replace(search, tile="money"),)), START) == 0


@pytest.mark.usefixtures("slow")
def test_nothing_is_asked_before_apply(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id)
    before = rows(app, "money")
    field(app, "Period").set_value(Last(1, Granularity.MONTH)).run()
    assert held(app).state == START
    assert rows(app, "money") == before
    assert "Apply shows: 1 – 31 Oct 2026, one complete month" in words(app)
    assert apply_button(app) == ["Apply (1)"]
    app = press(app, "board-apply")
    assert held(app).state == BoardState(period=Last(1, Granularity.MONTH))
    assert rows(app, "money") == [{"revenue": 7680.0}]  # 2560 and 5120 on 25 October
    assert address(app) == {"t": ["last_1_month"]}
    assert held(world.open(board_id)).state == BoardState(period=Last(1, Granularity.MONTH))  # the last time's


def test_a_month_is_chosen_by_its_name_and_other_days_by_two_dates(world: World) -> None:
    app = world.open(world.publish())
    assert len(app.date_input) == 2  # March and April together have no name
    october = Between(date(2026, 10, 1), date(2026, 10, 31))
    field(app, "Period").set_value(october).run()
    assert not app.date_input
    assert rows(app, "money") == [{"revenue": 7680.0}]  # 2560 and 5120 on 25 October
    assert address(app) == {"t": ["2026-10-01..2026-10-31"]}
    assert field(app, "Period").value == october
    assert "October 2026" in field(app, "Period").options
    assert not app.date_input
    field(app, "Period").set_value(DAYS).run()
    assert [one.value for one in app.date_input] == [october.start, october.end]
    assert held(app).draft.period == october


def test_values_of_a_dimension_can_be_included_and_excluded(world: World) -> None:
    app = world.open(world.publish())
    key = held(app).key("dim-channel-")
    app.session_state[key] = True
    app.run()
    app.session_state[key] = True
    field(app, "Values").set_value(["Search"]).run()
    assert address(app) == {"f": ["channel:in:Search"]}
    assert rows(app, "money") == [{"revenue": revenue("channel = 'Search'")}]
    without = world.open(held(app).id, f="channel:not_in:Search")
    assert rows(without, "money") == [{"revenue": revenue("channel IS DISTINCT FROM 'Search'")}]
    assert "Channel: not Search" in words(without)


def test_a_field_opens_whatever_a_link_filters_by(world: World) -> None:
    app = world.open(world.publish(), f="channel:in:" + ",".join(f"Made up {number}" for number in range(80)))
    app.session_state[held(app).key("dim-channel-")] = True
    app.run()
    assert not app.exception
    assert len(held(app).draft.chosen[0].values) == 80


def test_viewing_as_someone_else_saves_no_settings(world: World, steward: Actor) -> None:
    board_id = world.publish()
    world.asks = replace(world.workspace.people["dora"], viewed_by=steward.id)
    app = world.open(board_id)
    field(app, "Period").set_value(Last(1, Granularity.MONTH)).run()
    assert held(app).state.period == Last(1, Granularity.MONTH)
    world.be("dora")
    assert held(world.open(board_id)).state == START


def test_readers_start_with_the_boards_default_filters(world: World) -> None:
    board_id = world.publish(replace(SHOP, start=replace(START, chosen=(ValueFilter("channel", ("Search",)),))))
    world.be("dora")  # sees orders of customers at home in DE
    app = world.open(board_id)
    assert bar(app) == ["Channel: Search", "Device: all"]
    hers = "channel = 'Search' AND customer_id IN (SELECT customer_id FROM customers WHERE home = 'DE')"
    assert rows(app, "money") == [{"revenue": revenue(hers)}]
    assert not held(app).is_modified


# Picks


PICKED = "channels/channel:in:Search"


def test_a_pick_filters_every_tile_except_its_own(world: World) -> None:
    app = world.open(world.publish(), x=PICKED)
    assert rows(app, "money") == [{"revenue": revenue("channel = 'Search'")}]
    assert len(rows(app, "channels")) > 1
    assert "Channel: Search" in words(app)
    app = press(app, "board-pick-0")
    assert rows(app, "money") == [{"revenue": revenue()}]
    assert address(app) == {"tab": ["0"]}


def test_back_removes_a_pick_and_forward_restores_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_state, "ECHO", 0.0)  # as if some seconds had passed
    app = world.open(world.publish())
    reading, whole_rows = held(app), rows(app, "money")
    reading.set(reading.pick(ValueFilter("channel", ("Search",), tile="channels")))
    app.run()
    assert app.query_params == {"d": reading.id, "x": PICKED}
    narrowed = [{"revenue": revenue("channel = 'Search'")}]
    for params, shown, chips in (({"tab": "0"}, whole_rows, []), ({"x": PICKED}, narrowed, ["board-pick-0"])):
        app.query_params = {"d": reading.id, **params}
        app.run()
        assert rows(app, "money") == shown
        assert [button.key for button in app.button if str(button.key).startswith("board-pick-")] == chips


def test_a_filtered_board_says_modified_until_it_is_reset(world: World) -> None:
    app = world.open(world.publish(), x=PICKED)
    assert "Modified" in words(app)
    app = press(app, "board-reset")
    assert "Modified" not in words(app)
    assert rows(app, "money") == [{"revenue": revenue()}]


def test_several_picks_are_cleared_at_once(world: World) -> None:
    app = world.open(world.publish(), x=[PICKED, "note/device:in:mobile"])
    assert len(held(app).state.picked) == 2
    app = press(app, "board-picks-clear")
    assert held(app).state.picked == ()


def test_a_click_replaces_the_previous_one_in_its_tile(world: World) -> None:
    reading = held(world.open(world.publish(), x="money/device:in:mobile"))
    mobile = reading.state.picked
    search, social = (ValueFilter("channel", (name,), tile="channels") for name in ("Search", "Social"))
    reading.set(reading.pick(search))
    assert reading.state.picked == (*mobile, search)
    reading.set(reading.pick(social))
    assert reading.state.picked == (*mobile, social)


@pytest.mark.usefixtures("slow")
def test_unapplied_fields_survive_a_pick(world: World) -> None:
    app = world.open(world.publish())
    field(app, "Period").set_value(Last(1, Granularity.MONTH)).run()
    reading = held(app)
    reading.set(reading.pick(ValueFilter("channel", ("Search",), tile="channels")))
    app.run()
    assert reading.state.period == MARCH_AND_APRIL
    assert reading.draft.period == Last(1, Granularity.MONTH)
    assert address(app) == {"x": [PICKED]}


# Settings that don't apply


def test_settings_that_do_not_apply_are_reported_with_the_reason(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id, f="device:in:mobile", tab="1")
    labels = [popover.proto.popover.label.replace("\\", "") for popover in app.get("popover")]
    assert "Not applied to 1 tile: Device" in labels
    assert "Device: :gray[" in words(app)
    assert rows(app, "cost") == rows(world.open(board_id, tab="1"), "cost")


def test_an_unreadable_link_still_opens_the_board(world: World) -> None:
    app = world.open(world.publish(), t="yesterday-ish")
    assert board_state.UNREADABLE in words(app)
    assert held(app).state == START


def test_hidden_and_unknown_parts_are_left_out_with_the_same_words(world: World) -> None:
    board_id = world.publish()
    for text in ("nowhere:in:x", "email:in:ada@example.com"):
        app = world.open(board_id, f=text)
        assert NOT_ALL in words(app)
        assert held(app).state == replace(START, chosen=())
    assert NOT_ALL in words(world.open(board_id, tab="7"))


def test_a_filter_by_a_hidden_dimension_is_not_in_the_bar(world: World) -> None:
    board_id = world.publish(replace(SHOP, filters=(Shared("channel"), Shared("country"))))
    app = world.open(board_id)
    assert bar(app) == ["Channel: all", "Country: all"]
    una = world.workspace.people["una"]  # she has a grant for channels, but not for countries
    assert shared_filters(held(app), world.workspace.visible(una)) == [Shared("channel")]


def test_filters_from_a_link_have_a_field_while_they_apply(world: World) -> None:
    app = world.open(world.publish(), f="is_paid:in:true")
    assert bar(app) == ["Channel: all", "Device: all", "Is paid: Yes"]
    assert bar(press(app, "board-reset")) == ["Channel: all", "Device: all"]


def test_a_link_with_two_filters_on_a_field_shows_their_combination(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id, f=["channel:in:Search,Social", "channel:in:Search,Mail"])
    assert bar(app) == ["Channel: Search", "Device: all"]
    assert rows(app, "money") == [{"revenue": revenue("channel = 'Search'")}]
    assert address(app) == {"f": ["channel:in:Search"]}
    app = world.open(board_id, f=["channel:in:Search", "channel:in:Social"])
    assert "'channel' has two filters with no values in common" in words(app)
    assert held(app).state == START


def bar(app: AppTest) -> list[str]:
    """Return the dimension fields of the filter bar."""
    labels = [popover.proto.popover.label.replace("\\", "") for popover in app.get("popover")]
    return [label for label in labels if ": " in label and not label.startswith(":")]


SENT = [text for text in STRINGS if text.encode("utf-8", "ignore").decode() == text]
"""Text that an address can contain. Half a surrogate pair can't be sent."""


@pytest.mark.parametrize("text", SENT[:: len(SENT) // 12])
def test_no_address_crashes_a_board(world: World, text: str) -> None:
    board_id = world.publish()
    said = dict.fromkeys(("t", "c", "g", "tab", "present", "rotate"), text)
    app = world.open(board_id, **said, f=[f"channel:in:{text}", text], x=[f"channels/{text}", text])
    assert app.title[0].value == "The shop"
    assert held(app).state.period in (None, MARCH_AND_APRIL)
    assert app.title[0].value == world.open(board_id, f=f"channel:in:{text}").title[0].value
    assert UNKNOWN in words(world.open(text))


# Tabs


def test_a_link_opens_its_tab_and_the_other_opens_by_a_click(world: World) -> None:
    app = world.open(world.publish(), tab="1")
    assert field(app, "Tab").value == 1
    assert set(held(app).shown) == {"cost"}
    app = field(app, "Tab").set_value(0).run()
    assert rows(app, "money") == [{"revenue": revenue()}]
    assert address(app) == {"tab": ["0"]}


def test_only_the_open_tab_asks_its_questions(world: World) -> None:
    app = world.open(world.publish())
    assert set(held(app).shown) >= {"money", "channels"}
    assert "cost" not in held(app).shown
    field(app, "Tab").set_value(1).run()
    assert set(held(app).shown) == {"cost"}
    assert address(app) == {"tab": ["1"]}


# Instead of a board


def test_missing_and_inaccessible_boards_get_the_same_message(world: World) -> None:
    mine = world.publish(space="")
    world.be("dora")
    for board in (mine, "nothing", "", "漢" * 40):
        assert UNKNOWN in words(world.open(board))


def test_only_editors_learn_of_an_unpublished_board(world: World) -> None:
    text = world.work().make(SHOP)
    app = world.open(text)
    assert "Viewers see the published version." in words(app)
    world.be("dora")
    assert UNKNOWN in words(world.open(text))


def test_an_archived_board_says_so_and_opens(world: World) -> None:
    board_id = world.publish()
    work = world.work()
    work.archive(board_id, work.open(board_id).head.revision)
    app = world.open(board_id)
    assert "This board is archived." in words(app)
    assert rows(app, "money") == [{"revenue": revenue()}]


def test_a_tab_without_tiles_says_so(world: World) -> None:
    app = world.open(world.publish(replace(SHOP, tabs=(*SHOP.tabs, Tab(title="Later")))), tab="2")
    assert "This board has no tiles yet" in words(app)


def test_a_person_without_access_to_any_tile_sees_why_and_the_rest(world: World) -> None:
    board_id = world.publish()
    world.asks = replace(world.workspace.people["guest"], roles=frozenset({"viewer"}), groups=frozenset({"unheard_of"}))
    app = world.open(board_id)
    assert "Nothing on this board is available to you." in words(app)
    assert app.title[0].value == "The shop"


def test_a_board_of_analyses_only_is_available(world: World) -> None:
    steps = ["mails_out", "order_count"]
    funnel = analysis_from_data({"kind": "funnel", "subject": "customer", "steps": steps})
    tile = Tile(id="a", kind=TileKind.ANALYSIS, analysis=funnel.text)
    app = world.open(world.publish(replace(SHOP, tabs=(Tab(rows=(Row(tiles=(tile,)),)),))))
    assert "Each customer counts once" in words(app)
    assert "Nothing on this board is available to you." not in words(app)


def test_a_newly_published_version_is_offered_and_nothing_is_lost(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id, f="channel:in:Search")
    world.publish_again(board_id, MONDAY)
    app.run()
    assert app.title[0].value == "The shop"
    assert "A newer version of this board is available." in words(app)
    app = press(app, "board-newer-act")
    assert app.title[0].value == "The shop on Mondays"
    assert address(app) == {"f": ["channel:in:Search"]}


@pytest.mark.parametrize("pressed", ["", "board-apply", "board-reset"])
def test_a_board_that_is_no_longer_shared_closes(pressed: str, world: World, steward: Actor) -> None:
    board_id = world.publish()
    world.be("dora")
    app = world.open(board_id)
    held(app).draft = replace(held(app).draft, grain=Granularity.MONTH)
    app.run()
    work = world.work(steward)
    work.move(board_id, MINE, work.open(board_id).head.revision)
    assert UNKNOWN in words(press(app, pressed) if pressed else app.run())


def test_a_state_too_large_to_save_is_still_shown(world: World) -> None:
    app = world.open(world.publish())
    values = tuple(f"{number} {'long' * 40}" for number in range(200))
    held(app).draft = replace(held(app).draft, chosen=(ValueFilter("channel", values),))
    app.run()
    app = press(app, "board-apply")
    assert not app.exception
    assert held(app).state == held(app).draft


def test_the_page_reports_an_unavailable_store_and_tries_again(world: World) -> None:
    board_id = world.publish()
    world.store.is_away = True
    app = world.open(board_id)
    assert "Couldn't load the board" in words(app)
    world.store.is_away = False
    assert press(app, "board-away-0").title[0].value == "The shop"


def test_a_signed_out_person_no_longer_sees_the_board(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    board_id = world.publish()
    app = world.open(board_id)
    monkeypatch.setattr(session, "_actor", lambda cookie, running: None)
    app.run()
    assert "The shop" not in words(app)


# Sharing


def test_an_inaccessible_default_view_is_explained_in_general_words(world: World) -> None:
    narrowed = replace(START, chosen=(ValueFilter("email", ("ada@example.com",)),))
    app = world.open(world.publish())
    held(app).opened = replace(held(app).opened, board=replace(SHOP, start=narrowed))  # a board older than the rule
    app.query_params.pop("tab")
    read_again(held(app), world.work())
    assert held(app).state == START
    assert held(app).banner == (NOT_ALL_OF_BOARD,)


def test_the_default_view_never_names_hidden_values(world: World) -> None:
    """Mia sees a masked dimension that the steward filters by.

    Neither Reset nor her last settings reveal its values.
    """
    world.be("mia")
    assert world.workspace.visible(world.asks).mask("platform") is not None
    narrowed = replace(START, chosen=(ValueFilter("platform", ("Kept away",)),))
    board_id = world.publish(replace(SHOP, start=narrowed))
    april = Between(date(2026, 4, 1), date(2026, 4, 30))

    def check(app: AppTest, period: Between = MARCH_AND_APRIL, *, is_modified: bool = False) -> None:
        assert held(app).state == replace(START, period=period)
        assert held(app).is_modified is is_modified
        assert "Kept away" not in words(app)

    app = world.open(board_id)
    check(app)
    assert held(app).banner == (NOT_ALL_OF_BOARD,)
    assert address(app) == {"f": ["none"]}  # a link shows others what she sees
    held(app).set(replace(START, period=april))
    held(app).keep(world.work())
    app = world.open(board_id)
    check(app, april, is_modified=True)
    check(press(app, "board-reset"))
    check(world.open(board_id))
    check(world.open(board_id, tab="0"))


def test_receipts_of_every_tile_are_at_the_bottom(world: World) -> None:
    app = world.open(world.publish())
    app.session_state["board-receipts"] = True
    app.run()
    assert "Money" in words(app)


def test_the_link_contains_the_settings(world: World) -> None:
    app = world.open(world.publish(), f="channel:in:Search")
    assert board_state.address_of(held(app)) == {"f": ["channel:in:Search"]}


def test_a_dimensions_values_are_read_when_its_field_opens(world: World) -> None:
    app = world.open(world.publish())
    assert not app.multiselect
    app.session_state[held(app).key("dim-channel-")] = True
    app.run()
    assert "Search" in app.multiselect[0].options


def test_the_fields_unfold_on_a_phone(world: World) -> None:
    app = press(world.open(world.publish()), "board-fold")
    assert app.session_state[UNFOLDED]
