"""Tiles of a board over the small shop: every kind and state, each with its question's answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest

from connectors.connector import Unavailable
from pages.boards.read import tile_view
from pages.boards.read.tile_kinds import text_markdown
from pages.shell import session
from semantic.boards.applied import NOT_AVAILABLE
from semantic.boards.apply import asked
from semantic.boards.board import BoardState, TileKind, ValueFilter
from semantic.display.format import writer
from semantic.errors import SemanticError
from semantic.query.codec import query_from_params
from semantic.query.describe import describe_range
from semantic.query.query import Between, Condition, Operator, Query
from semantic.services.board_answers.tile import NOT_NEWEST
from tests.hostile.strings import STRINGS
from tests.pages.boards.read.opened import (
    APRIL,
    BY_CHANNEL,
    BY_WEEK,
    CROSSED,
    IN_APRIL,
    Engine,
    Open,
    question,
    tile,
)
from tests.pages.charts import figures
from tests.shop import ShopWorkspace

# Kinds


def test_a_number_shows_its_change_and_its_comparison(board: Open) -> None:
    """April has 2,235, and the thirty days before it, from 2 March on, have 310."""
    opened = board(tile(TileKind.NUMBER, IN_APRIL, note="All but tests."))
    (metric,) = opened.app.metric
    assert metric.value == "€2.23K"
    assert "+621" in metric.delta
    assert "vs €310, 1 – 31 Mar 2026" in opened.words
    assert "1 \N{EN DASH} 30 Apr 2026" in opened.words
    assert "All but tests." in opened.words
    shown = opened.shown["number"]
    assert shown.title == "Revenue"
    assert shown.result is not None
    assert shown.line is not None
    assert not shown.is_earlier


def test_a_tile_shows_its_days_if_it_counts_fewer_than_asked(board: Open, shop: ShopWorkspace) -> None:
    to_come = {"from": "2026-03-01", "to": "2099-12-31"}
    last = shop.today() - timedelta(days=1)
    days = describe_range(date(2026, 3, 1), last)
    number, table = (
        question(metrics=["revenue"], time=to_come),
        question(metrics=["revenue"], by=["channel"], time=to_come),
    )
    assert days in board(tile(TileKind.NUMBER, number)).words
    assert f":material/event: {days}" in board(tile(TileKind.TABLE, table)).words
    assert ":material/event:" not in board(tile(TileKind.TABLE, BY_CHANNEL)).words


def test_every_kind_is_drawn(board: Open) -> None:
    opened = board(
        tile(TileKind.CHART, BY_WEEK, title="Weeks"),
        tile(TileKind.TABLE, BY_CHANNEL),
        tile(TileKind.PIVOT, CROSSED),
        tile(TileKind.TEXT, text="Hello **there**"),
    )
    assert len(figures(opened.app)) == 1
    assert len(opened.app.dataframe) == 2  # the table, which fits on a telephone, and the pivot
    assert "Weeks" in opened.words
    assert "**there**" in opened.words
    assert {name for name, value in opened.shown.items() if value.result is not None} == {"chart", "table", "pivot"}


def test_a_number_without_a_value_says_why(board: Open) -> None:
    nothing = question(metrics=["roas"], time={"from": "2026-10-01", "to": "2026-10-31"}, where={
        "dim": "channel", "op": "in", "values": ["Search"],
    })  # fmt: skip
    opened = board(tile(TileKind.NUMBER, nothing))
    assert "Nothing matches these filters" in opened.words


def test_text_allows_only_emphasis_and_lists(board: Open) -> None:
    written = (
        "**Bold** and *italic*\n===\n# no heading\n[link](https://example.com) ![x](y) <b>html</b>\n\n"
        "- :material/verified: one\n2. :red[two]\n\nwww.example.com `code` $x$ ~~gone~~ | a | b |"
    )
    opened = board(tile(TileKind.TEXT, text=written))
    (shown,) = [str(markdown.value) for markdown in opened.app.markdown]
    assert "**Bold** and *italic*" in shown
    assert "\n- \N{WORD JOINER}\\:" in shown
    assert ":material/verified:" not in shown.replace("\N{WORD JOINER}", "|")
    assert "2. \N{WORD JOINER}\\:red\\[two\\]" in shown
    assert "\n===" not in shown
    for mark in ("\\[link\\]", "\\!\\[x\\]", "\\<b\\>", "\\# no heading", "\\`code\\`", "\\$x\\$", "\\~\\~gone", "\\|"):
        assert mark in shown
    assert "www." not in shown
    assert "https:" not in shown


def test_text_that_people_write_is_never_read_as_markup() -> None:
    """Every character with a meaning in Markdown is escaped, except in Samepage's own emphasis and lists."""
    for written in STRINGS:
        shown = text_markdown(re.sub(r"[*.)-]", "", written[:3_000]))
        left = re.sub(r"\\[\\`*_\[\]$~:<>#|!&]", "", shown)
        assert not re.search(r"[\\`*_\[\]$~:<>#|!]", left), written[:80]
        assert not re.search(r"^\s*[=-]", left, re.MULTILINE), written[:80]


@pytest.mark.parametrize(
    ("written", "begins"), [("- - -", "- "), ("- ---", "- "), ("1. ---", "1. "), ("- + x", "- "), ("- 1) x", "- ")]
)
def test_a_list_line_is_neither_a_rule_nor_another_list(written: str, begins: str) -> None:
    shown = text_markdown(written)
    assert shown.startswith(begins)
    assert not re.match(r"[-+=\d]", shown.removeprefix(begins))


# A tile shows what its question answers


def test_a_tile_shows_what_the_workspace_answers(board: Open, shop: ShopWorkspace) -> None:
    """Every metric that has a number without a breakdown is shown to two people, as a number and as a table."""
    for person in ("steward", "dora"):
        actor = shop.people[person]
        names = [metric.name for metric in shop.visible(actor).metrics]
        asks = [question(metrics=[name]) for name in names]
        asks = [query for query in asks if shop.preflight(query, actor).ok]
        tiles = [tile(TileKind.NUMBER, query, f"n{at}") for at, query in enumerate(asks)]
        opened = board(*tiles[:40], person=person)
        assert len(opened.shown) > 10
        values = {}
        for at, query in enumerate(asks[:40]):
            tile_shown = opened.shown[f"n{at}"]
            if tile_shown.result is None:
                with pytest.raises(SemanticError, match=re.escape(tile_shown.sentence)):
                    shop.ask(query, actor)
                continue
            expected = shop.ask(query, actor)
            assert tile_shown.result.table.equals(expected.table)
            value = expected.table.column(0)[0].as_py()
            if value is not None:
                values[expected.columns[0].label] = writer(expected.columns[0], (value,))(value)
        drawn = {metric.label.replace("\\", ""): metric.value for metric in opened.app.metric}
        assert values.items() <= drawn.items()


def test_two_people_with_different_access_see_their_own_numbers(board: Open) -> None:
    mine = board(tile(TileKind.NUMBER, IN_APRIL)).shown["number"]
    theirs = board(tile(TileKind.NUMBER, IN_APRIL), person="dora").shown["number"]
    assert mine.result is not None
    assert theirs.result is not None
    assert mine.result.rows() != theirs.result.rows()
    assert any("DE" in fact.word for fact in theirs.facts)


# States


def test_a_hidden_tile_says_so_and_the_others_are_shown(board: Open) -> None:
    hidden = question(metrics=["no_such_metric"])
    opened = board(tile(TileKind.NUMBER, hidden, "hidden"), tile(TileKind.NUMBER, IN_APRIL, "seen"))
    assert opened.shown["hidden"].sentence == NOT_AVAILABLE
    assert NOT_AVAILABLE in opened.words
    assert "no_such" not in opened.words
    # These names reach the browser, and a tile may be named after the hidden metric.
    keys = [str(key) for key in opened.app.session_state._state.filtered_state]
    assert [key for key in keys if key.endswith("-seen")]
    assert not [key for key in keys if "hidden" in key]
    assert "€2.23K" in opened.words


def test_a_refused_tile_says_why(board: Open, shop: ShopWorkspace) -> None:
    refused = question(metrics=["revenue"], by=["product"])
    error = shop.preflight(refused, shop.people["steward"]).error
    assert error is not None
    opened = board(tile(TileKind.TABLE, refused), tile(TileKind.NUMBER, IN_APRIL))
    assert opened.shown["table"].sentence == error.title
    assert error.title in opened.words
    assert "Fix in Explore" in opened.words
    assert "€2.23K" in opened.words


CUT = Between(date(2026, 3, 5), date(2026, 4, 20))
OWN_CUT = question(metrics=["budget"], time={"from": "2026-02-10", "to": "2026-04-15"})


def test_a_refusal_names_days_that_its_reader_or_author_picked(board: Open) -> None:
    opened = board(tile(TileKind.NUMBER, OWN_CUT), state=BoardState(period=CUT))
    assert "Budget is only available by month" in opened.words
    assert "5 Mar \N{EN DASH} 20 Apr 2026 isn't made up of whole months." in opened.words
    own = board(tile(TileKind.NUMBER, OWN_CUT))
    assert "10 Feb \N{EN DASH} 15 Apr 2026 isn't made up of whole months." in own.words


def test_a_refusal_does_not_name_a_boards_default_days(board: Open) -> None:
    opened = board(tile(TileKind.NUMBER, OWN_CUT), state=BoardState(period=CUT), default=CUT)
    assert "Budget is only available by month" in opened.words
    assert "The board's period isn't made up of whole months. Choose one that is." in opened.words
    assert "Apr 2026" not in opened.words


def test_a_refusal_does_not_name_days_that_follow_from_a_comparison(board: Open) -> None:
    """The days from 11 March to 9 April come from a comparison, so no one picked them.

    Days of a comparison with fixed dates were picked.
    """
    weeks = question(metrics=["budget"], time=APRIL, compare=[{"to": {"back": 3, "unit": "week"}}])
    words = board(tile(TileKind.NUMBER, weeks)).words
    assert "Budget is only available by month" in words
    assert "The comparison period isn't made up of whole months. Choose another comparison." in words
    assert "11 Mar" not in words
    named = question(metrics=["budget"], time=APRIL, compare=[{"to": {"from": "2025-04-02", "to": "2025-05-01"}}])
    assert "2 Apr \N{EN DASH} 1 May 2025 isn't made up of whole months." in board(tile(TileKind.NUMBER, named)).words


def test_a_failed_tile_leaves_the_others_and_can_be_retried(board: Open, engine: Engine) -> None:
    engine.fails = "visits"
    opened = board(tile(TileKind.NUMBER, question(metrics=["visits"]), "fails"), tile(TileKind.NUMBER, IN_APRIL))
    assert "Couldn't read the data" in opened.words
    assert "fire" not in opened.words.replace("The disk is on fire.", "")
    assert "€2.23K" in opened.words
    assert opened.shown["fails"].result is None
    engine.fails = None
    opened.press("Try again")
    opened.run()
    assert opened.shown["fails"].result is not None


def test_only_stewards_see_the_engines_own_message(board: Open, engine: Engine) -> None:
    engine.fails = "orders"
    for person, is_steward in (("dora", False), ("steward", True)):
        words = board(tile(TileKind.NUMBER, IN_APRIL), person=person).words
        assert "The data source couldn't answer this." in words
        assert ("The disk is on fire." in words) == is_steward


def test_a_slow_tile_blocks_nothing_and_can_be_cancelled(
    board: Open, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_view, "PATIENCE", 0.0)
    engine.hold("visits")
    opened = board(tile(TileKind.NUMBER, question(metrics=["visits"]), "slow"), tile(TileKind.NUMBER, IN_APRIL))
    opened.run_until(lambda: "€2.23K" in opened.words)
    assert "Still working" in opened.words
    assert opened.shown["slow"].result is None
    assert opened.shown["slow"].is_earlier
    assert not opened.shown["number"].is_earlier
    opened.press("Cancel")
    assert "Cancelled" in opened.words
    assert not opened.shown["slow"].is_earlier
    engine.release()
    opened.press("Try again").run()
    assert opened.shown["slow"].result is not None


def test_the_earlier_value_shows_its_time_until_the_newer_comes(
    board: Open, engine: Engine, publish: Callable[[], None]
) -> None:
    first = board(tile(TileKind.NUMBER, IN_APRIL)).shown["number"]
    publish()
    engine.hold("orders")
    opened = board(tile(TileKind.NUMBER, IN_APRIL))  # another session of the same person
    shown = opened.shown["number"]
    assert shown.is_earlier
    assert (shown.as_of, shown.line) == (first.as_of, None)
    assert "€2.23K" in opened.words
    assert "As of" in opened.words
    assert any(fact.word.startswith("As of") for fact in shown.facts)
    engine.release()
    shown = opened.run().shown["number"]
    assert not shown.is_earlier
    assert shown.result is not None
    assert shown.result.rows()[0]["revenue"] == 2242
    assert "As of" not in opened.words


def test_no_one_sees_another_persons_earlier_value(board: Open, engine: Engine, publish: Callable[[], None]) -> None:
    board(tile(TileKind.NUMBER, IN_APRIL))
    publish()
    engine.hold("orders")
    opened = board(tile(TileKind.NUMBER, IN_APRIL), person="dora")
    assert opened.shown["number"].result is None
    assert "€2.23K" not in opened.words


def test_if_a_refresh_fails_the_earlier_value_shows_its_time(
    board: Open, engine: Engine, publish: Callable[[], None]
) -> None:
    board(tile(TileKind.NUMBER, IN_APRIL))
    publish()
    engine.fails = "orders"
    opened = board(tile(TileKind.NUMBER, IN_APRIL))
    shown = opened.shown["number"]
    assert (shown.is_earlier, shown.sentence) == (False, NOT_NEWEST)
    assert shown.result is not None
    assert shown.result.rows()[0]["revenue"] == 2235
    assert any((fact.state, fact.icon) == ("caution", "history") for fact in shown.facts)
    assert ":orange[:material/history: Couldn't refresh. Showing data from " in opened.words


STALE = "Couldn't refresh. Showing data from "


def test_a_failed_refresh_is_reported_until_it_succeeds(
    board: Open, engine: Engine, publish: Callable[[], None]
) -> None:
    """Every run of the page asks again, but nothing else does.

    Until a refresh succeeds, the earlier value stays marked.
    """
    board(tile(TileKind.NUMBER, IN_APRIL))
    publish()
    engine.fails = "orders"
    opened = board(tile(TileKind.NUMBER, IN_APRIL))
    board_number = opened.app.session_state["board-number"]
    for _ in range(2):
        assert STALE in opened.words
        assert not board_number.is_waiting  # so nothing checks it again and again
        assert opened.shown["number"].line is None
        opened.run()
    engine.fails = None
    engine.hold("orders")
    opened.press("Try again")
    assert board_number.is_waiting
    assert STALE in opened.words
    assert "Try again" not in [button.label for button in opened.app.button]
    assert any((fact.state, fact.icon) == ("caution", "history") for fact in opened.shown["number"].facts)
    engine.release()
    opened.run()
    assert STALE not in opened.words
    assert "€2.24K" in opened.words


def test_a_tile_that_can_no_longer_be_asked_keeps_its_earlier_value(board: Open, shop: ShopWorkspace) -> None:
    opened = board(tile(TileKind.NUMBER, IN_APRIL))
    version = shop.connector.data_version
    shop.connector.data_version = _away  # type: ignore[method-assign]
    try:
        opened.run()
        assert STALE in opened.words
        assert "€2.23K" in opened.words
    finally:
        shop.connector.data_version = version  # type: ignore[method-assign]
    assert STALE not in opened.run().words


def _away(_: object) -> str | None:
    raise Unavailable("The engine is away.")


def test_an_empty_tile_names_the_filters_or_days_that_leave_no_rows(board: Open) -> None:
    where = {"dim": "channel", "op": "in", "values": ["No such channel"]}
    filtered = question(metrics=["revenue"], by=["channel"], time=APRIL, where=where)
    undated = question(metrics=["revenue"], by=["channel"], time={"from": "2020-01-01", "to": "2020-01-31"})
    zero = question(metrics=["order_count"], time=APRIL, where=where | {"values": ["search"]})
    opened = board(
        tile(TileKind.TABLE, filtered, "filtered"), tile(TileKind.TABLE, undated, "days"),
        tile(TileKind.NUMBER, zero, "zero"),
    )  # fmt: skip
    assert "Nothing matches these filters" in opened.words
    assert 'No rows for channel "No such channel".' in opened.words
    assert "No rows for 1 value of channel." in opened.words  # its reader may not see the values of the board's filters
    assert "No data for these days" in opened.words
    assert "Jan 2020" in opened.words


def test_numbers_about_too_few_people_are_hidden_and_say_so(board: Open) -> None:
    """On 2 March, only u1 ordered."""
    one_day = question(metrics=["revenue"], time={"from": "2026-03-02", "to": "2026-03-02"})
    opened = board(tile(TileKind.NUMBER, one_day), person="pia")
    assert "Hidden for privacy" in opened.words
    assert "10" not in opened.words


def test_settings_that_do_not_apply_are_listed_with_the_reason(board: Open) -> None:
    state = BoardState(chosen=(ValueFilter("product", ("p1",)),))
    opened = board(tile(TileKind.NUMBER, IN_APRIL), state=state)
    (ignored,) = opened.shown["number"].ignored
    assert f"{ignored.what} doesn't apply here" in opened.words
    (line,) = [markdown for markdown in opened.app.markdown if "apply here" in str(markdown.value)]
    assert ignored.reason.replace("\\", "") in line.help.replace("\\", "")


def test_another_person_in_the_session_gets_fresh_tiles(
    board: Open, shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = board(tile(TileKind.NUMBER, IN_APRIL))
    monkeypatch.setattr(session, "require", lambda role: (shop, shop.people["dora"]))
    opened.run()
    assert opened.shown["number"].result is not None
    assert opened.shown["number"].result.rows() == shop.ask(IN_APRIL, shop.people["dora"]).rows()


def test_a_tile_switched_to_a_table_shows_the_same_numbers(board: Open) -> None:
    opened = board(tile(TileKind.CHART, BY_CHANNEL))
    opened.app.session_state["board-chart"].as_table = True
    opened.run()
    (grid,) = opened.app.dataframe
    assert sum(one for one in grid.value["revenue"] if one == one) == 2235


def test_a_tile_with_a_comparison_explains_its_change(board: Open) -> None:
    """March had 310, and April 2,235."""
    shown = board(tile(TileKind.NUMBER, IN_APRIL))
    shown.app.session_state["board-number-menu"] = True
    opened = shown.run().press("Why did it change?")
    assert "Revenue rose 621% to €2" in opened.words
    assert "Contributions add up to the change." in opened.words
    alone = board(tile(TileKind.NUMBER, replace(IN_APRIL, compare=())))
    alone.app.session_state["board-number-menu"] = True
    assert "Why did it change?" not in [button.label for button in alone.run().app.button]


def test_the_link_has_the_tiles_question_with_the_boards_settings(board: Open, shop: ShopWorkspace) -> None:
    state = BoardState(chosen=(ValueFilter("channel", ("Search",)),))
    shown = board(tile(TileKind.CHART, BY_WEEK, chart="bar"), state=state)
    shown.app.session_state["board-chart-menu"] = True
    (link,) = [each_link.proto for each_link in shown.run().app.get("page_link")]
    assert "chart=bar" in link.query_string
    assert "Search" in link.query_string
    seen = shop.visible(shop.people["steward"])
    checks = replace(BY_WEEK, where=None)
    asks = asked(
        tile(TileKind.CHART, checks), state, seen, lambda query: shop.preflight(query, seen.actor), today=shop.today()
    )
    assert asks.query == shown.shown["chart"].query


def test_a_number_tiles_menu_leads_to_an_alert_on_its_metric_and_filters(board: Open, shop: ShopWorkspace) -> None:
    state = BoardState(chosen=(ValueFilter("channel", ("Search",)),))
    shown = board(tile(TileKind.NUMBER, IN_APRIL), state=state)
    shown.app.session_state["board-number-menu"] = True
    ways = {link.proto.label: link.proto for link in shown.run().app.get("page_link")}
    assert query_from_params(parse_qs(ways["Set alert"].query_string)) == Query(
        metrics=("revenue",), where=Condition("channel", Operator.IN, ("Search",))
    )
    chart = board(tile(TileKind.CHART, BY_CHANNEL))
    chart.app.session_state["board-chart-menu"] = True
    assert "Set alert" not in {link.proto.label for link in chart.run().app.get("page_link")}
