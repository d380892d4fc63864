"""Scripts, links and Markdown in texts from people, models and data appear to everyone as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest
from playwright.sync_api import Dialog, Page

from pages.shell import links
from pages.shell.navigation import PAGES
from semantic.annotations.remarks import Remark
from semantic.boards.board import Board, Row, Shared, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Query
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.remarks import RemarkWork
from semantic.services.targets.work import TargetWork
from semantic.store.accounts.service_tokens import Grant, make_token
from semantic.store.questions.links import Sharing, make_link
from semantic.store.questions.questions import file_question, save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import make_space
from semantic.targets.target import Target
from tests.browser.screen import GO_TO, OpenAs, wait_until_idle
from tests.browser.warm import warm_server

WRITTEN: dict[str, str] = {}
"""The hostile text of each place that exists only once."""
KEY = "a key of tests that is long enough for it"
MONEY = Query(metrics=("money",))
BY_SHOP = Query(metrics=("money",), by=(Breakdown("shop"),))
BY_DAY = Query(metrics=("money",), by=(Breakdown("day", Granularity.DAY),))


def hostile(place: str) -> str:
    """Return hostile text for one place. If any of it runs, it reports where it was shown."""
    WRITTEN[place] = (
        f"{place} <img src=x onerror=window.pwned=1><svg onload=window.pwned=1><a href='https://evil.example'>go</a>"
        "[go](javascript:window.pwned=1) :material/delete: $x^2$"
    )
    return WRITTEN[place]


def brief(place: str) -> str:
    """Return shorter hostile text, for use as a name."""
    WRITTEN[place] = f"{place} <img src=x onerror=window.pwned=1>"
    return WRITTEN[place]


def value(number: int) -> str:
    return hostile(f"value-{number}")


def quoted(place: str) -> str:
    return json.dumps(hostile(place))


MODEL = f"""
model: {{name: {quoted("model")}, time_zone: UTC, currency: EUR}}
datasets:
  - name: sales
    label: {quoted("dataset")}
    description: {quoted("about-dataset")}
    owner: {quoted("owner")}
    table: sales
    grain: [id]
    time: day
    columns: {{id: integer, day: date, shop: string, amount: "decimal(18,2)"}}
    dimensions:
      - {{name: day, kind: time}}
      - {{name: shop, label: {quoted("dimension")}, description: {quoted("about-dimension")}}}
    measures: [{{name: amount, agg: sum, sql: amount, description: {quoted("measure")}}}]
    entities: [{{name: sale, kind: primary, columns: [id]}}]
    checks: [{{unique: [id]}}]
metrics:
  - name: money
    label: {quoted("metric")}
    measure: sales.amount
    unit: EUR
    format: money
    means: {quoted("means")}
    does_not_mean: {quoted("means-not")}
    owner: {quoted("metric-owner")}
    synonyms: [{quoted("synonym")}]
segments:
  - name: few
    label: {quoted("segment")}
    description: {quoted("about-segment")}
    dataset: sales
    entity: sale
    where: shop IS NOT NULL
policies:
  - name: all
    label: {quoted("policy")}
    description: {quoted("about-policy")}
    owner: {quoted("policy-owner")}
    who: {{roles: [viewer, marketer, steward, administrator]}}
    grant: {{metrics: all, dimensions: all, segments: all, rows: all}}
    whole: all
people:
  - {{id: ana, name: "Ana", roles: [steward]}}
  - {{id: otto, name: "Otto", roles: [administrator]}}
  - {{id: eve, name: {quoted("person")}, roles: [marketer]}}
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A company in which every text is hostile: its folder, and the objects that have an address."""

    folder: Path
    board: str
    question: str
    link: str
    receipt: str


def write_everything(folder: Path) -> Written:
    """Store every kind of text that comes from people, a model or data, using the same code as the pages."""
    with duckdb.connect(folder / "sales.duckdb") as connection:
        connection.execute("CREATE TABLE sales (id INTEGER, day DATE, shop VARCHAR, amount DECIMAL(18, 2))")
        days = [date.today() - timedelta(days=back) for back in range(1, 61)]
        rows = [[back, day, value(back % 3), 10 + back] for back, day in enumerate(days)]
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", rows)
    (folder / "model").mkdir()
    (folder / "model" / "sales.yml").write_text(MODEL, encoding="utf-8")
    live = Live.open(
        Settings(
            data=str(folder / "sales.duckdb"), model=folder / "model", store=str(folder / "store.sqlite"),
            audit_key=KEY, demo=True,
        )
    )  # fmt: skip
    try:
        return _write(live, folder)
    finally:
        live.close()


def _write(live: Live, folder: Path) -> Written:
    workspace, store, keys = live.workspace(), live.store, live.keys
    ana, otto = workspace.people["ana"], workspace.people["otto"]
    with store.write() as transaction:
        space = make_space(transaction, brief("space"), ana, keys).id
        content = Content(query=BY_SHOP)
        saved = save_question(
            transaction, content, ana, keys, name=brief("name"), sentence=hostile("sentence"), space=space
        )
        file_question(transaction, saved, brief("folder"), ana, keys, revision=1)
        sharing = Sharing(note=hostile("link-note"))
        link = make_link(transaction, BY_SHOP, ana, keys, is_personal=False, sharing=sharing)
        grant = Grant(
            name=brief("token"), purpose=hostile("purpose"), until=store.now() + timedelta(days=30),
            scopes=frozenset({"ask"}), role="viewer", groups=frozenset({brief("group")}),
        )  # fmt: skip
        make_token(transaction, keys, grant, otto, owner=otto)
    first = date.today().replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    TargetWork(store, keys, workspace, ana).keep(
        [Target(metric="money", first=first, last=last, value=Decimal(1_000), dim="shop", member=value(1))]
    )
    day = date.today() - timedelta(days=9)
    remark = Remark(first=day, last=day, text=hostile("remark"))
    RemarkWork(store, keys, workspace, ana).write(remark, ("money",))
    tiles = (
        Tile(id="number", kind=TileKind.NUMBER, title=hostile("tile"), question=MONEY),
        Tile(id="chart", kind=TileKind.CHART, title=hostile("chart"), question=BY_DAY),
        Tile(id="table", kind=TileKind.TABLE, title=hostile("table"), question=BY_SHOP),
        Tile(id="text", kind=TileKind.TEXT, text=hostile("text")),
    )
    board = Board(
        title=brief("board"), note=hostile("board-note"),
        tabs=(Tab(title=brief("tab"), rows=(Row(tiles=tiles),)), Tab(title="Other", rows=())),
        filters=(Shared("shop"),),
    )  # fmt: skip
    boards = BoardWork(store, keys, workspace, ana)
    text = boards.make(board, space=space)
    boards.publish(text, boards.draft(text).revision, hostile("board-publish"))
    receipt = workspace.ask(BY_SHOP, otto).receipt
    return Written(folder, text, saved, link, receipt)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return write_everything(tmp_path)


def addresses(written: Written) -> Iterator[str]:
    """Yield the address of every page, with the object that it shows. Each page must show some of the texts."""
    board = urlencode({links.BOARD_ID: written.board})
    texts = {"board": f"board?{board}", "compose": f"compose?{board}", "receipt": f"receipt?receipt={written.receipt}"}
    for row in PAGES:
        yield texts.get(row.path, "" if row.path == "start" else row.path)
    for query in (MONEY, BY_SHOP, BY_DAY):
        yield f"explore?{urlencode(query_to_params(query), doseq=True)}"
    yield f"explore?{urlencode({links.LINK: written.link})}"
    yield "metrics?m=money"


def test_no_stored_text_acts_on_any_page(written: Written, open_as: OpenAs) -> None:
    """Ana and the model wrote the texts. Otto, who can open every page, reads them."""
    folder = written.folder
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(folder / "sales.duckdb"),
        SAMEPAGE_MODEL=str(folder / "model"), SAMEPAGE_STORE=str(folder / "store.sqlite"), SAMEPAGE_AUDIT_KEY=KEY,
    ) as port:  # fmt: skip
        page = open_as(person="Otto", at=f"http://127.0.0.1:{port}")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: _acted(dialog))
        shown = set[str]()
        for address in addresses(written):
            if "?" in address:
                page.goto(f"http://127.0.0.1:{port}/{address}")
            else:
                page.evaluate(GO_TO, f"/{address}")
            wait_until_idle(page)
            _check(page, address)
            text = page.locator(".stApp").inner_text().replace("\N{WORD JOINER}", "")
            shown |= {place for place, kept in WRITTEN.items() if kept in text}
        assert not [url for url in asked if "evil.example" in url]
        assert WRITTEN.keys() - shown == UNSEEN, sorted(WRITTEN.keys() - shown ^ UNSEEN)
        page.close()  # before its server stops, which a tab reports as an error


def _acted(dialog: Dialog) -> None:
    raise AssertionError(f"A text opened a dialog: {dialog.message}")


def _check(page: Page, address: str) -> None:
    assert page.evaluate("() => window.pwned ?? null") is None, address
    assert page.locator("[data-testid=stException]").count() == 0, address
    made = page.evaluate(MADE)
    assert made == [], (address, made)


# What a text could have produced in pages, charts and tables. Links to our own pages can have texts in parameters.
MADE = """() => {
  const acts = value => {
    const { protocol, hostname } = new URL(value, location.href)
    return protocol === "javascript:" || hostname === "evil.example"
  }
  return [...document.querySelectorAll("*")].filter(one => [...one.attributes].some(({ name, value }) =>
    name.startsWith("on") || /^(href|src|xlink:href|action|formaction)$/.test(name) && acts(value)
  )).map(one => one.outerHTML.slice(0, 200))
}"""
UNSEEN = {"about-dataset", "about-policy", "board-publish", "measure", "model", "policy-owner", "value-0"}
"""Places that appear only after a click or in a tooltip, with hostile text of the same kind, and places that charts cut
short.
"""
