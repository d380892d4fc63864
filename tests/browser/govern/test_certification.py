"""A certification from request to end in a real browser: its owner asks, a steward who changed the definition cannot
give it, a second one does, a marketer sees the badge, and a failing check ends it. Also the switch between the
definitions before and after the change.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import duckdb
import pytest
from playwright.sync_api import Page, expect

from semantic.config.settings import Settings
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.services.process import Live
from semantic.store.models.versions import files_of, publish, read_version
from semantic.store.open import open_keys
from semantic.workspace import Workspace
from tests.browser.screen import OpenAs, wait_until_idle
from tests.browser.warm import warm_server
from tests.browser.windows import WIDE
from tests.copies import empty_store
from tests.semantic.store.clock import Clock
from tests.waiting import until

Open = Callable[..., Page]
TODAY: Final = date.today()
CHANGED: Final = TODAY - timedelta(days=35)
MODEL: Final = """
model: {time_zone: UTC, certification: {check_days: 30}}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, amount: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}, {name: market, label: Market}]
    measures: [{name: amount, agg: sum, sql: amount}]
    checks: [{not_null: {column: market}}]
metrics:
  - name: revenue
    label: Revenue
    owner: Bo
    means: What customers paid.
    does_not_mean: What we kept.
    measure: orders.amount
    format: money
    unit: EUR
policies:
  - {name: all, who: {people: [bo, cem, ana, mia, otto]}, grant: {metrics: all, dimensions: all}, whole: all}
people:
  - {id: ana, name: Ana, roles: [steward]}
  - {id: bo, name: Bo, roles: [marketer]}
  - {id: cem, name: Cem, roles: [steward]}
  - {id: mia, name: Mia, roles: [marketer]}
  - {id: otto, name: Otto, roles: [administrator]}
"""
CHANGE: Final = ("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'")
DATA: Final = f"""
CREATE TABLE orders AS SELECT CAST(n AS INTEGER) AS id, (DATE '{TODAY}' - CAST(n + 1 AS INTEGER))::DATE AS day,
    CASE WHEN n % 2 = 0 THEN 'DE' ELSE 'FR' END AS market, CAST(100 AS DECIMAL(18,2)) AS amount
FROM range(90) AS t(n)
"""
"""An order of 100 on each of the last 90 days, alternating between Germany and France."""
SIXTY: Final = Between(TODAY - timedelta(days=60), TODAY - timedelta(days=1))

BADGE: Final = re.compile("Certified$")  # behind its icon
REVENUE: Final = Query(metrics=("revenue",), time=SIXTY)


@dataclass(frozen=True, slots=True)
class Shop:
    """A server over the orders, and the file with the orders."""

    address: str
    data: Path

    def load_without_market(self) -> None:
        """Publish data with an order that has no market, as another file in the same place."""
        loaded = self.data.with_suffix(".new")
        shutil.copyfile(self.data, loaded)
        with duckdb.connect(loaded) as connection:
            connection.execute("INSERT INTO orders VALUES (1000, current_date - 1, NULL, 0)")
        os.replace(loaded, self.data)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("certification")
    data, store, key = folder / "orders.duckdb", folder / "store.sqlite", folder / "audit.key"
    with duckdb.connect(data) as connection:
        connection.execute(DATA)
    (folder / "model").mkdir()
    (folder / "model" / "model.yml").write_text(MODEL, encoding="utf-8")
    replay(Settings(
        data=str(data), model=folder / "model", store=str(store), audit_key_file=key, demo=True, model_source="store",
    ))  # fmt: skip
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(folder / "model"),
        SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key), SAMEPAGE_MODEL_SOURCE="store",
    ) as port:  # fmt: skip
        yield Shop(f"http://127.0.0.1:{port}", data)


def replay(settings: Settings) -> None:
    """Replay the last 60 days: the model is published, Cem changes a definition, and the data's checks pass."""
    clock = Clock(datetime.now(UTC) - timedelta(days=60))
    store, keys = empty_store(settings.store, clock=clock), open_keys(settings)
    people = Workspace.open(settings).people
    publish(store, keys, {"model.yml": MODEL}, parent=None, actor=people["otto"], note="First")
    with store.read() as connection:
        version, files = read_version(connection, 1), files_of(connection, 1)
    live = Live(settings, store, keys, Workspace.open(settings, files, version))
    try:
        live.settle()
        clock.at = datetime(CHANGED.year, CHANGED.month, CHANGED.day, 12, tzinfo=UTC)
        changed = {"model.yml": MODEL.replace(*CHANGE)}
        publish(store, keys, changed, parent=1, actor=people["cem"], note="Germany alone")
        live.take()
        for moment in (clock.at + timedelta(days=1), datetime.now(UTC)):
            clock.at = moment
            live.checks.run(people["otto"])
    finally:
        live.close()


@pytest.fixture
def visit(open_as: OpenAs, shop: Shop) -> Open:
    def open_page(path: str, *, person: str, width: int = WIDE) -> Page:
        page = open_as(path, person=person, width=width, at=shop.address)
        wait_until_idle(page)
        return page

    return open_page


def address_of(query: Query) -> str:
    return urlencode(query_to_params(query), doseq=True)


def test_a_certification_from_request_to_its_end(visit: Open, shop: Shop) -> None:
    bo = visit("metrics?m=revenue", person="Bo")
    bo.get_by_role("button", name="Request certification").click()
    bo.get_by_role("textbox", name="Note").fill("For the board meeting")
    bo.get_by_role("button", name="Send request").click()
    expect(bo.get_by_text("Bo requested certification.")).to_be_visible()

    cem = visit("metrics?m=revenue", person="Cem")
    expect(cem.get_by_text("You changed its meaning on")).to_be_visible()
    cem.get_by_role("button", name="Certify", exact=True).click()
    expect(cem.get_by_text("Not met yet: reviewed.")).to_be_visible()

    ana = visit("metrics?m=revenue", person="Ana")
    expect(ana.get_by_text("Bo requested certification. “For the board meeting”")).to_be_visible()
    for words in (
        "All checks of its data have passed for 30 days.",
        "Cem changed its meaning on",
        "Says what it means and doesn't mean.",
    ):
        expect(ana.get_by_text(words).first).to_be_visible()
    ana.get_by_role("button", name="Certify", exact=True).click()
    ana.get_by_role("button", name="Certify metric").click()
    expect(ana.get_by_text("Certified until").first).to_be_visible()

    question = f"explore?{address_of(REVENUE)}"
    mia, asked = visit("metrics?m=revenue", person="Mia"), visit(question, person="Mia")
    for page in (mia, asked):
        expect(page.get_by_text(BADGE).first).to_be_visible()

    shop.load_without_market()
    otto = visit("checks", person="Otto")
    otto.get_by_role("button", name="Run now").first.click()
    expect(otto.get_by_text("Failed", exact=True).first).to_be_visible()
    for page in (mia, asked):
        until(partial(_has_lapsed, page), "a page that shows nothing as certified")
        expect(page.get_by_text("Certification lapsed").first).to_be_visible()


def _has_lapsed(page: Page) -> bool:
    """Reload the page and return whether the certification has lapsed: the last load may have begun before the check
    failed.
    """
    page.reload()
    wait_until_idle(page)
    return page.get_by_text(BADGE).count() == 0


def test_an_answer_switches_between_the_current_and_the_previous_definition(visit: Open) -> None:
    """There are sixty orders of 100. Only the thirty German ones count since the change."""
    page = visit(f"explore?{address_of(REVENUE)}", person="Mia")
    expect(page.get_by_text("Revenue: definition changed on")).to_be_visible()
    expect(page.get_by_text("All days use the current definition.")).to_be_visible()
    expect(page.get_by_text("€3.00K").first).to_be_visible()
    page.get_by_text("Previous definition", exact=True).click()
    expect(page.get_by_text("All days use the previous definition.")).to_be_visible()
    expect(page.get_by_text("€6.00K").first).to_be_visible()
    page.get_by_text("Current definition", exact=True).click()
    expect(page.get_by_text("€3.00K").first).to_be_visible()
    weekly = Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.WEEK),), time=SIXTY)
    chart = visit(f"explore?{address_of(weekly)}", person="Mia")
    expect(chart.get_by_text("Definition changed").first).to_be_visible()
