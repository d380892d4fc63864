"""Public links on a server started as people start it: within its limits, next to its pages, and not in its log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from semantic.config.settings import Settings
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.public_links import PublicLinkWork
from tests.browser.visitor import Browser
from tests.browser.warm import warm_server
from tests.pages.api_world import ANA, build
from tests.pages.public.wall import BOARD, POLICY

pytestmark = pytest.mark.server


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    link: str
    number: str
    board: str
    live: Live
    log: Path

    def revoke(self) -> None:
        PublicLinkWork(self.live.store, self.live.keys, self.live.workspace(), ANA).end(self.number)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("public")
    data = build(folder, pairs_with=3)
    (folder / "model/links.yml").write_text(POLICY, encoding="utf-8")
    store, key = folder / "links.sqlite", folder / "audit.key"
    copy = folder / "copy.duckdb"  # a file that one process has open can't be opened by another
    copy.write_bytes(data.read_bytes())
    live = Live.open(
        Settings(
            data=str(copy), model=folder / "model", store=str(store), audit_key_file=key, demo=True, public_links=True
        )
    )
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    board = work.make(BOARD)
    work.publish(board, work.draft(board).revision)
    made, link = PublicLinkWork(live.store, live.keys, live.workspace(), ANA).make(board, "agency", "Wall", 30)
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(folder / "model"),
        SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key), SAMEPAGE_PUBLIC_LINKS="1",
    ) as port:  # fmt: skip
        yield Served(port, link, made.number, board, live, folder / "log")
    live.close()


def test_a_board_is_served_with_headers_that_allow_nothing_else(served: Served) -> None:
    browser = Browser(served.port)
    answer = browser.get(f"/public/{served.link}")
    assert answer.status == 200
    assert "<h1>Sales &amp; more</h1>" in answer.body
    assert "streamlit" not in answer.body.casefold()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert "connect-src" not in policy
    assert (policy["frame-ancestors"], policy["form-action"], policy["base-uri"]) == ("'none'", "'none'", "'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.cookies
    closed = browser.get(f"/public/{served.link[:-1]}")
    assert closed.status == 404
    assert {**closed.headers, "date": "", "content-length": ""}.keys() == {
        **answer.headers, "date": "", "content-length": "",
    }.keys()  # fmt: skip
    assert not closed.cookies


def test_a_link_signs_no_one_in_and_opens_no_page(served: Served) -> None:
    """This holds for the browser that opened the link, and for anyone who opens other pages with the link in the
    address.
    """
    stranger = Browser(served.port)
    stranger.get(f"/public/{served.link}")
    for page, query in (("", ""), ("board", f"d={served.board}"), ("explore", "m=revenue"), ("public", served.link)):
        assert stranger.open(page, query).is_sign_in, page
        assert stranger.open(page, f"{query}&link={served.link}").is_sign_in, page
    for path in (f"/api/v1/metrics?link={served.link}", f"/api/v1/ask/public/{served.link}"):
        assert stranger.get(path).status in (401, 404, 405), path
    assert stranger.get(f"/public/{served.link}/../../api/v1/metrics").status in (400, 404)


def test_someone_who_is_signed_in_sees_what_the_link_shows_and_stays_signed_in(served: Served) -> None:
    person = Browser(served.port)
    person.sign_in(person="Ana")
    before = dict(person.cookies)
    stranger = Browser(served.port)
    theirs, ours = (browser.get(f"/public/{served.link}").body for browser in (person, stranger))
    assert theirs.partition("<footer>")[0] == ours.partition("<footer>")[0]
    assert "€7.00" in theirs
    assert person.cookies == before
    assert not person.open("boards").is_sign_in


def test_a_signed_in_persons_cookie_is_never_in_a_link(served: Served) -> None:
    """Opening a link sets no cookie at all, so a link can't put its reader into someone else's session."""
    browser = Browser(served.port)
    browser.get(f"/public/{served.link}")
    browser.get("/public/")
    assert browser.cookies == {}


def test_the_log_contains_no_link(served: Served) -> None:
    Browser(served.port).get(f"/public/{served.link}?tab=1")
    Browser(served.port).get(f"/public/{'x' * 32}.{'0' * 32}")
    log = served.log.read_text(encoding="utf-8")
    assert not [part for part in (served.link, *served.link.split("."), "x" * 32) if part in log]


def test_a_revoked_link_stops_in_another_process_at_once(served: Served) -> None:
    """This test is the last in the file, because it ends the link: its own process revokes it, and the server refuses
    it.
    """
    browser = Browser(served.port)
    assert browser.get(f"/public/{served.link}").status == 200
    served.revoke()
    assert browser.get(f"/public/{served.link}").status == 404
