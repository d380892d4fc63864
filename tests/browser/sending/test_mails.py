"""Every kind of mail as a picture: on a desktop and a phone, in light and dark mode, without loading anything.

The pictures are in the test's temporary folder, one for each mail, width and mode, for people to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from semantic.annotations.comments import about_question
from semantic.boards.board import Tile, TileKind
from semantic.display.messages.blocks import (
    Bar,
    Button,
    Column,
    Finding,
    Footer,
    Headline,
    Link,
    Note,
    Number,
    Numbers,
    Quote,
    Rows,
    Scope,
)
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.query.query import Breakdown, Query
from semantic.services.comments.mail import compose_comment
from semantic.services.comments.places import Place
from semantic.services.comments.work import CommentWork
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.notices import compose_notice, queue_notice
from semantic.services.outbox.reader import Reader, reader_of
from semantic.services.process import Live
from semantic.store.accounts.follows import follow
from semantic.store.keys import keys_of
from tests.browser.axe import FIND
from tests.browser.windows import Mode, Windows, open_page
from tests.copies import copy_shop, empty_store
from tests.provider import node_package
from tests.semantic.services.alerts.alerts_world import alerts_world
from tests.semantic.services.alerts.test_alerts import told
from tests.semantic.services.followed_company import open_company
from tests.semantic.services.messages.message_world import letters_world
from tests.semantic.services.messages.test_digest_letter import MONDAY, digest_for
from tests.semantic.services.messages.test_messages import ADS, CHANNELS, REVENUE, shop
from tests.semantic.services.outbox.outbox_world import outbox_world
from tests.semantic.store.clock import Clock
from tests.semantic.store.stores import SECRET
from tests.shop import open_shop

LONG = "Cost per acquired customer in the D-A-CH region without brand searches"
LARGE = "−€1,234,567.89"
UNBROKEN = "utm_campaign=" + "black_friday_retargeting_" * 4
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
SIZES: tuple[tuple[int, Mode], ...] = tuple((width, mode) for width in (600, 360) for mode in ("light", "dark"))

CUT_OFF = """() => [...document.body.querySelectorAll("*")].filter(one => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect()
  if (!box.width || style.display === "none" || one.closest("[style*='max-height:0']")) return false
  const hides = style.overflowX !== "visible" || style.textOverflow === "ellipsis"
  return box.right > innerWidth + 1 || box.left < -1 || (hides && one.scrollWidth > one.clientWidth + 1)
}).map(one => one.outerHTML.slice(0, 200))"""
"""Finds elements that extend beyond the window or don't fit into their own box."""

TOO_SMALL = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode, style = getComputedStyle(text.parentElement)
    const range = document.createRange()
    range.selectNodeContents(text)
    const box = range.getBoundingClientRect()
    if (text.data.trim() && box.width > 1 && box.height > 1 && parseFloat(style.fontSize) < 12)
      found.push(`${style.fontSize}: ${text.data.trim().slice(0, 60)}`)
  }
  return found
}"""


def _with_names(name: str) -> Message:
    """Return a letter with every kind of block, in which every name is the given one."""
    number = Number(label=name, value=LARGE, change="−12.3% worse", detail=f"vs {LARGE}, October", bars=(3, 1, 2))
    bars = tuple(Bar(label=name, value=LARGE, size=size) for size in (3.0, 2.0, -1.0))
    blocks = (
        Scope(name), Headline(name), Numbers((number,) * 3), Finding(title=name, text=name, bars=bars),
        Rows(title=name, head=(Column(LONG), Column("Revenue", True)), rows=((name, LARGE),) * 3, left_out=2),
        Note(name, "caution"), Quote(author=name, text=name, at="28 Nov, 10:00"), Button("Open", "https://x.example"),
        Footer((name, (f"Added by {name}. ", Link("Unsubscribe", "https://x.example")))),
    )  # fmt: skip
    return write_letter(MessageContent(title=name, blocks=blocks))


def _of_shop(folder: Path) -> dict[str, Message | Skipped]:
    workspace = open_shop(copy_shop(folder / "letters.duckdb"))
    try:
        with letters_world(workspace, folder) as world:
            title = Tile(id="long", kind=TileKind.CHART, question=CHANNELS.question, title=LONG)
            board = world.deliver("board", world.publish(shop(REVENUE, CHANNELS, title)), "dora")
            table = world.deliver("board", world.publish(shop(REVENUE, replace(ADS, id="table"))), "dora")
            query = Query(metrics=("revenue", "order_count"), by=(Breakdown("channel"), Breakdown("device")))
            question = world.deliver("question", world.save(query, LONG), "dora")
            return {
                "board": world.compose(board, "steward"),
                "board with a table": world.compose(table, "steward"),
                "board of few rows": world.compose(board, "dora"),
                "question": world.compose(question, "steward"),
            }
    finally:
        workspace.close()


def _digest(folder: Path) -> Message:
    workspace = open_company(folder)
    store = empty_store(str(folder / "store.sqlite"), clock=lambda: MONDAY)
    live = Live(replace(workspace.settings, demo=True), store, keys_of(SECRET), workspace)
    try:
        with live.store.write(recorded=False) as transaction:
            for name in ("revenue", "value", "orders", "returns", "gross"):
                follow(transaction, workspace.people["ana"], "metric", name)
        message = digest_for(live, "ana")
        assert isinstance(message, Message)
        return message
    finally:
        live.close()


def _alert(folder: Path) -> Message:
    with alerts_world(str(folder / "store.sqlite"), folder) as world:
        world.make("ana", "ana")
        world.judge()
        return told(world, "ana")


def _comment_and_notice(folder: Path) -> dict[str, Message | Skipped]:
    clock = Clock(datetime(2026, 9, 1, 12, tzinfo=UTC))
    with outbox_world(str(folder / "store.sqlite"), folder, clock) as world:
        live = world.live
        writer = CommentWork(live.store, live.keys, live.workspace(), world.actor("steward"), live.people)
        about = about_question(Query(metrics=("revenue",)), ["revenue"])
        writer.write(Place("board", world.board, "m"), f"@Mia, see {UNBROKEN}\n\n{LONG}", about)
        (send,) = world.sends(kind="comment")
        mia = reader_of(live, send.recipient, world.clock())
        assert isinstance(mia, Reader)
        details = {"title": LONG, "kind": "person", "recipient": send.recipient.id, "why": UNBROKEN}
        with live.store.write(recorded=False) as transaction:
            queue_notice(transaction, live.keys, "failed", send.about, send.slot, send.recipient.id, details)
        (notice,) = world.sends(kind="notice")
        return {"comment": compose_comment(send, mia, live), "notice": compose_notice(notice, mia, live)}


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The HTML of each kind of mail, by name."""
    made = [tmp_path_factory.mktemp("mails") for _ in range(4)]
    found = {
        **_of_shop(made[0]), "digest": _digest(made[1]), "alert": _alert(made[2]), **_comment_and_notice(made[3]),
        "long names": _with_names(LONG), "unbroken names": _with_names(UNBROKEN),
    }  # fmt: skip
    for name, message in found.items():
        assert isinstance(message, Message), (name, message)
    return {name: message.html for name, message in found.items() if isinstance(message, Message)}


def _asked(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


@pytest.mark.parametrize(("width", "mode"), SIZES)
def test_each_mail_can_be_read(
    windows: Windows, mails: Mapping[str, str], width: int, mode: Mode, tmp_path: Path
) -> None:
    page = open_page(windows.borrow(), width=width, mode=mode)
    asked = _asked(page)
    axe = (node_package("axe-core") / "axe.min.js").read_text(encoding="utf-8")
    for name, html in mails.items():
        page.set_content(html)
        page.screenshot(path=tmp_path / f"{name} {width} {mode}.png", full_page=True)
        sideways = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not sideways, name
        assert page.evaluate(CUT_OFF) == [], name
        assert page.evaluate(TOO_SMALL) == [], name
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)[0] < 128")
        assert dark is (mode == "dark"), name
        page.evaluate(axe)
        assert page.evaluate(FIND, [WCAG, {}]) == [], name
    assert asked == []
