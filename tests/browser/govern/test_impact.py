"""A draft's effect in a real browser: a steward changes a filter, sees whose numbers change, and follows the
lineage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Last, Query
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.numbers.targets import keep_targets
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, list_spaces
from semantic.targets.target import Target
from tests.browser.screen import OpenAs, as_yaml, count_runs, scrolls_sideways, wait_until_idle
from tests.browser.warm import own_server
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode
from tests.companies import current_company
from tests.days import newest_day

Open = Callable[..., Page]
WEEKS = Last(13, Granularity.WEEK)
SPEND = Query(metrics=("spend",), time=WEEKS)
CHANNELS = Query(metrics=("spend",), by=(Breakdown("channel"),), time=WEEKS)
WEEKLY = Query(metrics=("cpc",), by=(Breakdown("date", Granularity.WEEK),), time=WEEKS)
REVENUE = Query(metrics=("net_revenue",), time=WEEKS)


@pytest.fixture(scope="module")
def edits_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server over some saved work, because the draft would disturb other tests."""
    folder, data = tmp_path_factory.mktemp("impact"), current_company(tmp_path_factory)
    settings = Settings(
        data=str(data), model=MARKETING_MODEL, demo=True, model_source="store", store=str(folder / "store.sqlite"),
        audit_key_file=folder / "audit.key",
    )  # fmt: skip
    live = Live.open(settings)
    save_work(live)
    live.close()
    with own_server(folder, data) as address:
        yield address


def save_work(live: Live) -> None:
    people, keys = live.workspace().people, live.keys
    with live.store.write() as transaction:
        space = list_spaces(transaction.connection)[0].id
        for owner, name, query, where in (
            ("jonas", "Ad spend, last 13 weeks", SPEND, space),
            ("otto", "Spend by channel", CHANNELS, space),
            ("jonas", "Net revenue", REVENUE, space),
            ("jonas", "My own test", SPEND, MINE),
        ):
            save_question(
                transaction, Content(query=query), people[owner], keys, name=name, sentence="", space=where
            )  # fmt: skip
        first = newest_day().replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        target = Target(metric="cpc", first=first, last=last, value=Decimal("0.6"))
        keep_targets(transaction, [target], people["ana"], keys)
    tiles = [
        Tile(id="t1", kind=TileKind.CHART, title="Cost per click by week", question=WEEKLY),
        Tile(id="t2", kind=TileKind.TABLE, question=CHANNELS),
        Tile(id="t3", kind=TileKind.NUMBER, question=REVENUE),
    ]
    work = BoardWork(live.store, keys, live.workspace(), people["otto"])
    board = work.make(
        Board(title="Paid media", tabs=(Tab(rows=tuple(Row(tiles=(tile,)) for tile in tiles)),)), space=space
    )
    work.publish(board, work.draft(board).revision)


@pytest.fixture
def steward(open_as: OpenAs, edits_address: str) -> Open:
    def open_page(path: str, *, person: str = "Ana", width: int = WIDE, mode: Mode = "light") -> Page:
        return open_as(path, person=person, width=width, mode=mode, at=edits_address)

    return open_page


def view(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name).first.click()
    wait_until_idle(page)


def test_a_steward_sees_whose_numbers_a_filter_changes(steward: Open) -> None:
    page = steward("definitions?o=metric/spend")
    as_yaml(page)
    area = page.get_by_role("textbox", name="Text of spend")
    expect(area).to_be_visible()
    with count_runs(page):
        area.fill(f"{area.input_value().rstrip()}\nfilter: clicks > 2\n")
    expect(page.get_by_text("No errors")).to_be_visible()
    view(page, "Impact")
    expect(page.get_by_text("3 saved questions · 1 board · 1 target")).to_be_visible()
    expect(page.get_by_text("items compared.")).to_be_visible()
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    wait_until_idle(page)
    assert not scrolls_sideways(page)
    expect(page.get_by_text("1 saved question not shown to you")).to_be_visible()
    page = steward("metrics?m=spend", mode="dark")
    expect(page.get_by_role("button", name="Spend by channel")).to_be_visible()
    page.get_by_role("button", name="Spend by channel").click()
    expect(page).to_have_url(re.compile("/explore"))
