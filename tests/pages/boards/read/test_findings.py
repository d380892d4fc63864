"""What a board shows first: its headline, its targets, the period that it opens on, and each tile's finding.

Ten days of January are over, with 12,000 sold. The plan for January is 31,000, of which 10,000 are due by now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read.state import BY_TARGETS
from pages.shell import links, once
from semantic.boards.board import PERIOD, Board, BoardState, Row, Tab, Tile, TileKind
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Previous, Query, ToDate
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import MONTH_TO_DATE, BoardWork
from semantic.services.targets.work import TargetWork
from semantic.store.spaces.spaces import make_space
from semantic.targets.target import Target
from tests.pages.board_world import held, press
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import words
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.paced import PacedWorkspace, open_paced

WEEK = BoardState(period=Last(7, Granularity.DAY))
REVENUE = Tile(id="revenue", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
MARKETS = Tile(id="markets", kind=TileKind.CHART, question=Query(metrics=("revenue",), by=(Breakdown("market"),)))
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


def board(*tiles: Tile, start: BoardState | None = None) -> Board:
    rows = (Row(tiles=tiles or (REVENUE, MARKETS)),)
    return Board(title="On plan?", tabs=(Tab(rows=rows),), start=start or BoardState())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


class Desk:
    """A store, and the board that someone opens."""

    def __init__(self, workspace: PacedWorkspace, store: OpensWhenAsked) -> None:
        self.workspace, self.store, self.who = workspace, store, "ana"

    def work(self, who: str = "") -> BoardWork:
        return BoardWork(*self.store(), self.workspace, self.workspace.people[who or self.who])

    def set(self, value: int, days: tuple[date, date] = JANUARY, metric: str = "revenue", market: str = "") -> None:
        target = Target(
            metric=metric, first=days[0], last=days[1], value=Decimal(value), dim="market" if market else "",
            member=market or None,
        )  # fmt: skip
        TargetWork(*self.store(), self.workspace, self.workspace.people["stew"]).keep([target])

    def publish(self, content: Board) -> str:
        work = self.work("stew")
        with work.store.write() as transaction:
            space = make_space(transaction, "Team", work.actor, work.keys).id
        board_id = work.make(content, space=space)
        work.publish(board_id, work.draft(board_id).revision)
        return board_id

    def open(self, content: Board, **address: Any) -> AppTest:
        asked: dict[str, Any] = {links.BOARD_ID: self.publish(content), **address}
        app = open_app(links.BOARD, **asked)
        assert not app.exception
        return app


@pytest.fixture
def edits(workspace: PacedWorkspace, store: OpensWhenAsked, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    edits = Desk(workspace, store)
    show_pages_to(monkeypatch, lambda: workspace.people[edits.who], lambda: workspace)
    yield edits
    once.forget()


# The period


def test_a_board_with_a_monthly_target_opens_on_the_month_to_date(edits: Desk) -> None:
    assert edits.work().opening_state(board()) == BoardState(period=MONTH_TO_DATE)
    app = edits.open(board())
    assert held(app).state.period == ToDate(Granularity.MONTH)
    assert BY_TARGETS in words(app)
    assert not held(app).is_modified
    assert "120% of target to date" in words(app)


def test_a_board_with_its_own_period_opens_on_it(edits: Desk) -> None:
    assert edits.work().opening_state(board(start=WEEK)) == WEEK
    own = replace(REVENUE, question=Query(metrics=("revenue",), time=Last(7, Granularity.DAY)))
    assert edits.work().opening_state(board(own, MARKETS)) == BoardState()
    kept = replace(own, keeps=frozenset({PERIOD}))
    assert edits.work().opening_state(board(REVENUE, kept)) == BoardState(period=MONTH_TO_DATE)


def test_only_monthly_targets_of_numbers_that_the_reader_can_see_choose_the_period(edits: Desk) -> None:
    nothing = BoardState()
    assert edits.work().opening_state(board(MARKETS)) == nothing  # no number
    assert edits.work("nora").opening_state(board()) == nothing  # the plan is hidden from her
    lines = replace(REVENUE, question=Query(metrics=("lines",)))
    assert edits.work().opening_state(board(lines)) == nothing
    edits.set(400, (date(2026, 1, 5), date(2026, 1, 11)), "lines")
    edits.set(90, (date(2025, 12, 1), date(2025, 12, 31)), "lines")
    assert edits.work().opening_state(board(lines)) == nothing  # a week's, and another month's
    edits.set(90, metric="lines")
    assert edits.work().opening_state(board(lines)) == BoardState(period=MONTH_TO_DATE)
    assert edits.work("dora").opening_state(board(lines)) == nothing  # it covers more than she sees


def test_an_unavailable_store_leaves_the_models_own_targets(edits: Desk) -> None:
    work = edits.work()
    edits.store.is_away = True
    assert work.opening_state(board()) == BoardState(period=MONTH_TO_DATE)


def test_a_link_and_a_reset_keep_the_period_that_targets_chose(edits: Desk) -> None:
    app = edits.open(board(), t="last_7_day")
    assert held(app).state.period == Last(7, Granularity.DAY)
    assert held(app).is_modified
    assert BY_TARGETS not in words(app)
    app = press(app, "board-reset")
    assert held(app).state.period == MONTH_TO_DATE
    assert held(app).address == {"t": ["month_to_date"]}  # a link shows others the same days


# Targets


def test_a_number_on_other_days_offers_the_month_to_date(edits: Desk) -> None:
    app = edits.open(board(start=WEEK))
    assert "Monthly target." in words(app)
    (button,) = [each for each in app.button if each.label == ":small[See month to date]"]
    app = button.click().run()
    assert held(app).state.period == MONTH_TO_DATE
    board_id = held(app).id
    kept = edits.work().last_state(board_id, edits.work().opening_state(board(start=WEEK)))
    assert kept is not None
    assert kept.period == MONTH_TO_DATE  # the next visit shows it too
    assert "120% of target to date" in words(app)
    assert "Monthly target." not in words(app)


def test_a_missed_target_comes_first_in_the_headline(edits: Desk) -> None:
    edits.set(60_000)
    app = edits.open(board())
    (headline, *_) = [text.value for text in app.markdown if text.value.startswith("**")]
    assert headline.replace("\\", "") == "**Behind target: Revenue €12.0K, 62% of target to date.**"
    assert "Behind target" in words(app)
    whole = answer_board(board(), held(app).state, edits.work(), words="", link="").shown
    assert whole.headline == "Behind target: Revenue €12.0K, 62% of target to date."


# Findings


def test_a_tile_without_a_fixed_title_is_headed_by_its_finding(edits: Desk) -> None:
    fixed = replace(MARKETS, id="fixed", title="By market")
    start = BoardState(period=Last(5, Granularity.DAY), compare=(Previous(),))
    app = edits.open(board(MARKETS, fixed, start=start))
    shown = held(app).shown
    finding = "Revenue stayed the same at €6.00K."
    assert (shown["markets"].heading, shown["markets"].subtitle) == (finding, "Revenue by market")
    assert (shown["fixed"].heading, shown["fixed"].subtitle) == ("By market", finding)
    assert f"**{finding}**" in words(app)


def test_a_sign_stays_next_to_its_number_at_the_end_of_a_line(edits: Desk) -> None:
    app = edits.open(board(replace(MARKETS, title="From +€1K to −€2K")))
    assert "**From +\N{WORD JOINER}€1K to −\N{WORD JOINER}€2K**" in words(app)


def test_a_finding_covers_only_rows_that_its_reader_sees(edits: Desk) -> None:
    edits.who = "dora"
    start = BoardState(period=Last(5, Granularity.DAY), compare=(Previous(),))
    app = edits.open(board(MARKETS, start=start))
    assert held(app).shown["markets"].finding == "Revenue stayed the same at €4.00K."
    assert "6.00K" not in words(app)


def test_a_tile_by_month_without_a_finding_keeps_its_question(edits: Desk) -> None:
    months = Tile(
        id="months", kind=TileKind.CHART,
        question=Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.MONTH),)),
    )  # fmt: skip
    app = edits.open(board(months, start=BoardState(period=Last(2, Granularity.MONTH))))
    shown = held(app).shown["months"]
    assert (shown.heading, shown.subtitle, shown.finding) == (shown.title, "", "")
