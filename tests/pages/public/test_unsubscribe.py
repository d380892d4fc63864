"""The unsubscribe link in a message: what opening it and pressing the button do, and what changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pages.public.unsubscribe import UNKNOWN, UnsubscribeLinks
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.services.boards import BoardWork
from semantic.services.outbox.unsubscribing import UNNAMED
from semantic.services.process import Live
from semantic.store.audit.entries import read_entries
from semantic.store.outbox.deliveries import Delivery, NewDelivery, make_delivery, remove_delivery
from semantic.store.outbox.recipients import add_recipient, find_recipient, remove_recipient
from semantic.store.outbox.unsubscribe import Unsubscribe, unsubscribe_token
from semantic.store.people import erase_person, subject_of
from semantic.store.spaces.spaces import make_space
from tests.pages.api_world import ANA, OTTO, build
from tests.pages.public.wall import Reply, served
from tests.waiting import STUCK

BOARD = Board(title="Sales & <more>", tabs=(Tab(rows=(Row(tiles=(Tile(id="a", kind=TileKind.TEXT, text="Hi"),)),)),))
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Post:
    """A delivery of a board to Otto, and the server that can stop it."""

    live: Live
    port: int
    delivery: Delivery
    otto: str
    token: str

    def ask(self, method: str = "GET", token: str = "", body: str = "", headers: Mapping[str, str] = FORM) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=STUCK)
        try:
            connection.request(method, f"/unsubscribe/{token or self.token}", body=body or None, headers=dict(headers))
            response = connection.getresponse()
            values = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, values, response.read().decode())
        finally:
            connection.close()

    def is_receiving(self) -> bool:
        with self.live.store.read() as connection:
            row = find_recipient(connection, self.live.keys, self.delivery.id, "person", self.otto)
        return row is not None and row.is_receiving

    def recorded(self) -> list[str]:
        """Return the audit log's sentences about subscriptions, oldest first."""
        with self.live.store.read() as connection:
            entries = read_entries(connection, self.live.keys)
        return [entry.kind for entry in reversed(entries) if "subscribed" in entry.kind]


@pytest.fixture
def live(tmp_path: Path, empty_store: Path) -> Iterator[Live]:
    data, store = build(tmp_path, pairs_with=3), tmp_path / "store.sqlite"
    store.write_bytes(empty_store.read_bytes())
    opened = Live.open(
        Settings(
            data=str(data), model=tmp_path / "model", store=str(store), audit_key_file=tmp_path / "audit.key", demo=True
        )
    )
    yield opened
    opened.close()


def _token(live: Live, delivery: str, person: str) -> str:
    return unsubscribe_token(live.keys, Unsubscribe(noun="delivery", id=delivery, person=person))


def _delivery(live: Live, *, space: str) -> Delivery:
    """Create a delivery to Otto of a board in this space, or of Ana's own board."""
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    board = work.make(BOARD, space=space)
    work.publish(board, work.draft(board).revision)
    wanted = NewDelivery(what="board", about=board, title=BOARD.title, cron="0 8 * * 1", zone="Europe/Berlin")
    with live.store.write() as transaction:
        otto = subject_of(transaction, OTTO.id, OTTO.name)
        delivery = make_delivery(transaction, live.keys, wanted, ANA, next_at=transaction.now + timedelta(days=1))
        add_recipient(transaction, live.keys, delivery, "person", otto, OTTO.name, ANA)
    return delivery


@pytest.fixture
def post(live: Live) -> Iterator[Post]:
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", ANA, live.keys).id
        otto = subject_of(transaction, OTTO.id, OTTO.name)
    delivery = _delivery(live, space=space)
    with served(UnsubscribeLinks(live).route()) as port:
        yield Post(live, port, delivery, otto, _token(live, delivery.id, otto))


def test_opening_the_link_asks_and_changes_nothing(post: Post) -> None:
    """Programs that check links open them with GET or HEAD, often several times, before the person does."""
    for method in ("GET", "HEAD", "GET"):
        reply = post.ask(method)
        assert reply.status == 200
        assert reply.headers["cache-control"] == "no-store"
    assert reply.title == "Unsubscribe from Sales & <more>?"
    assert '<form method="post"><button class="main" name="do" value="unsubscribe">Unsubscribe</button>' in reply.body
    assert "<script" not in reply.body
    assert post.token not in reply.body
    assert post.is_receiving()
    assert post.recorded() == []


@pytest.mark.parametrize(
    "pressed",
    [
        ("do=unsubscribe", FORM),
        ("List-Unsubscribe=One-Click", FORM),  # what RFC 8058 has mail programs send
        (
            '--x\r\ncontent-disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            {"content-type": "multipart/form-data; boundary=x"},
        ),
        ("", {}),
    ],
)
def test_pressing_it_unsubscribes_and_can_be_undone(post: Post, pressed: tuple[str, Mapping[str, str]]) -> None:
    body, headers = pressed
    ended = post.ask("POST", body=body, headers=headers)
    assert (ended.status, ended.title) == (200, "You're unsubscribed from Sales & <more>")
    assert not post.is_receiving()
    assert 'href="/subscriptions"' in ended.body
    assert post.ask("POST", body=body, headers=headers).title == ended.title
    assert post.ask().title == ended.title
    assert post.recorded() == ["delivery.unsubscribed_by_link"]
    undone = post.ask("POST", body="do=undo")
    assert undone.title == "You're subscribed to Sales & <more> again"
    assert post.is_receiving()
    assert post.recorded() == ["delivery.unsubscribed_by_link", "delivery.subscribed_again_by_link"]


def test_undo_does_not_restore_a_recipient_that_the_owner_removed(post: Post) -> None:
    with post.live.store.write() as transaction:
        remove_recipient(transaction, post.live.keys, post.delivery, "person", post.otto, OTTO.name, ANA)
    for body in ("do=unsubscribe", "do=undo"):
        reply = post.ask("POST", body=body)
        assert reply.title == "You're unsubscribed from Sales & <more>"
        assert "Undo" not in reply.body
        assert not post.is_receiving()


def test_every_invalid_link_gets_the_same_page(post: Post, live: Live) -> None:
    token, other = post.token, _token(live, "0" * 16, post.otto)
    changed = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    someone = token.replace(post.otto, "0" * 32)
    alert = f"alert{token.removeprefix('delivery')}"
    bad = [
        changed,
        someone,
        alert,
        other,
        "x",
        token[:-1],
        f"{token}x",
        f"{token}/",
        "%00",
        "delivery.a.b.c",
        "x" * 7000,
    ]
    with live.store.write() as transaction:
        eva = subject_of(transaction, "eva", "Eva")
        add_recipient(transaction, live.keys, post.delivery, "person", eva, "Eva", ANA)
        assert erase_person(transaction, "eva", live.keys) == eva
    pages = set[str]()
    for text in [*bad, _token(live, post.delivery.id, eva)]:
        for method, body in (("GET", ""), ("POST", "do=unsubscribe"), ("POST", "do=undo")):
            reply = post.ask(method, text, body)
            assert reply.status == 404, text
            pages.add(reply.body)
    assert len(pages) == 1
    assert UNKNOWN[0] in unescape(pages.pop())
    assert post.is_receiving()
    assert post.recorded() == []


def test_a_removed_delivery_is_unknown(post: Post, live: Live) -> None:
    with live.store.write() as transaction:
        remove_delivery(transaction, live.keys, post.delivery, ANA)
    assert post.ask().status == post.ask("POST").status == 404


def test_a_title_that_its_recipient_cannot_see_is_not_shown(post: Post, live: Live) -> None:
    """Only Ana can open the board, so Otto can't."""
    delivery = _delivery(live, space="")
    token = _token(live, delivery.id, post.otto)
    assert post.ask(token=token).title == f"Unsubscribe from {UNNAMED}?"
    ended = post.ask("POST", token)
    assert ended.title == f"You're unsubscribed from {UNNAMED}"
    assert "Sales" not in ended.body


def test_one_group_member_can_unsubscribe_alone(post: Post, live: Live) -> None:
    """People who get the board through a group have no row of their own until they unsubscribe."""
    with live.store.write() as transaction:
        lotte = subject_of(transaction, "lotte", "Lotte Vos")
        add_recipient(transaction, live.keys, post.delivery, "group", "Leaders", "Leaders", ANA)
    assert post.ask("POST", _token(live, post.delivery.id, lotte)).status == 200
    with live.store.read() as connection:
        row = find_recipient(connection, live.keys, post.delivery.id, "person", lotte)
    assert row is not None
    assert row.is_kept_out
    assert post.is_receiving()


def test_a_long_body_is_not_read_to_its_end(post: Post) -> None:
    assert post.ask("POST", body="do=undo&" + "x" * 100_000).title == "You're unsubscribed from Sales & <more>"
