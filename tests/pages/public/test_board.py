"""A public link as its readers open it: what it shows, and everything that must not open."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import update

from pages.public import board as public_board
from pages.public.board import PublicBoards, view_of
from pages.server.api import keep_tokens_out_of_logs
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.display.boards.about import trust_details, trust_facts
from semantic.display.boards.picture import picture_of
from semantic.display.boards.web import NO_ANSWER, NOT_AVAILABLE, View
from semantic.errors import InvalidQuery, NotAllowed, UnknownBoard
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.policy.links import reader_of_link
from semantic.query.query import Between, Breakdown, Previous, Query, ToDate
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.accounts.changes import deactivate
from semantic.store.boards import public_links
from semantic.store.boards.public_links import PUBLIC_LINKS, read_public_links
from semantic.store.people import subject_of
from semantic.store.spaces.spaces import make_space
from semantic.workspace import Workspace
from tests.pages.api_world import ANA, OTTO, build
from tests.pages.public.wall import BOARD, LOTTE, MARCH, MARKETS, MONEY, POLICY, Wall, is_closed, served
from tests.waiting import STUCK, until


def test_anyone_with_the_link_sees_the_board_under_its_policies(wall: Wall) -> None:
    """Orders 1, 2 and 3 are from DE and AT: 1 + 2 + 4. Ana herself sees all six, which add up to 63."""
    reply = wall.get(wall.link()[1])
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "<h1>Sales &amp; more</h1>" in reply.body
    assert "<p class=value>€7.00</p>" in reply.body
    assert [name for name in ("DE", "AT", "FR") if f">{name}</td>" in reply.body] == ["DE", "AT"]
    assert "63" not in reply.body.partition("<main>")[2]
    assert "Read &lt;b&gt;this&lt;/b&gt;" in reply.body


def test_a_board_to_date_opens_on_the_previous_period_on_the_first_day(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers who sign in see the same: on 1 April, the month to date has no complete day yet."""
    monkeypatch.setattr(Workspace, "today", lambda _: date(2026, 4, 1))
    board = wall.publish(replace(BOARD, start=BoardState(period=ToDate(Granularity.MONTH))))
    reply = wall.get(wall.link(board=board)[1])
    assert "1 \u2013 31 Mar 2026" in reply.body
    assert "<p class=value>€7.00</p>" in reply.body


def test_a_page_has_no_script_cookie_person_or_way_into_the_app(wall: Wall) -> None:
    made, link = wall.link()
    reply = wall.get(link)
    body = reply.body.casefold()
    assert "set-cookie" not in reply.headers
    assert reply.headers["cache-control"] == "no-store"
    assert not [word for word in ("<script", "javascript:", " on", "<form", "<iframe", "select ") if f"{word}=" in body]
    assert "<script" not in body
    hrefs = {part.partition('"')[0] for part in reply.body.split('href="')[1:]}
    assert hrefs == {"/look/logo.svg", "?tab=0", "?tab=1"}
    hidden = ("Ana", "Ribeiro", "agency", "Agency wall", made.number, wall.board, link, link.partition(".")[0], "R-")
    assert [name for name in hidden if name in reply.body] == []


def test_a_hidden_tile_says_so_without_its_title(wall: Wall) -> None:
    reply = wall.get(wall.link()[1], "?tab=1")
    assert NOT_AVAILABLE.replace("'", "&#x27;") in reply.body
    assert "costs" not in reply.body.casefold()


EVERY_KIND = Board(
    title="Sales",
    tabs=(
        Tab(
            rows=(
                Row(tiles=(MONEY, Tile(id="many", kind=TileKind.NUMBER, question=Query(metrics=("orders",))))),
                Row(tiles=(MARKETS, replace(MARKETS, id="bars", kind=TileKind.CHART, chart="bar"))),
                Row(
                    tiles=(
                        replace(
                            MARKETS, id="days", kind=TileKind.CHART, title="",
                            question=Query(metrics=("revenue",), by=(Breakdown("day"), Breakdown("market"))),
                        ),
                        replace(
                            MARKETS, id="grid", kind=TileKind.PIVOT,
                            question=Query(metrics=("revenue", "orders"), by=(Breakdown("market"), Breakdown("day"))),
                        ),
                    )
                ),
            )
        ),
    ),
    start=MARCH,
)  # fmt: skip
HIDDEN_CHANGES = (
    "DELETE FROM orders WHERE market = 'FR' OR market IS NULL",
    "UPDATE orders SET amount = amount * 1000 WHERE market = 'FR' OR market IS NULL",
    "UPDATE orders SET market = 'IT' WHERE market = 'FR'",
    "INSERT INTO orders VALUES (7, '2026-03-04', 'BE', 'gil@example.org', 64, 1), (8, '2026-03-02', 'FR', 'x', -9, 1)",
)


def test_rows_that_the_audience_cannot_see_change_nothing_on_the_page(
    wall: Wall, settings: Settings, tmp_path: Path
) -> None:
    """After each change, the page is compared, letter by letter, with the page over the original data."""
    before = _still(wall.get(wall.link(board=wall.publish(EVERY_KIND))[1]).body)
    assert "€7.00" in before
    assert before.count("<svg") >= 4
    for place, change in enumerate(HIDDEN_CHANGES):
        folder = tmp_path / str(place)
        folder.mkdir()
        data = build(folder, pairs_with=3)
        (folder / "model/links.yml").write_text(POLICY, encoding="utf-8")
        with duckdb.connect(data) as connection:
            connection.execute(change)
        live = Live.open(replace(settings, data=str(data), model=folder / "model", store=str(folder / "links.sqlite")))
        boards = PublicBoards(live)
        with served(boards.route()) as port:
            other = Wall(live, port, "", boards)
            assert _still(other.get(other.link(board=other.publish(EVERY_KIND))[1]).body) == before, change
        live.close()


def _said(live: Live, actor: Actor) -> tuple[object, ...]:
    """Return what a person gets from a board's answers: headline, findings, trust, and the content of files and
    pictures.
    """
    work = BoardWork(live.store, live.keys, live.workspace(), actor)
    days = BoardState(period=Between(date(2026, 3, 3), date(2026, 3, 4)), compare=(Previous(),))
    shown = answer_board(EVERY_KIND, days, work, words="", link="").shown
    tiles = {tile.tile.id: tile for tile in shown.tiles}
    facts = [(fact.kind, fact.word, fact.sentence) for fact in trust_facts(shown)]
    each = [(tile.heading, tile.subtitle, tile.words, tile.facts, tile.ignored) for tile in shown.tiles]
    picture = picture_of(EVERY_KIND.tabs[0], tiles, shown.headline, live.store.now()).rows
    return shown.headline, facts, trust_details(shown), each, picture


def test_rows_that_someone_cannot_see_change_nothing_that_a_board_says(wall: Wall, tmp_path: Path) -> None:
    jonas = wall.live.workspace().people["jonas"]
    before = [_said(wall.live, actor) for actor in (jonas, reader_of_link("agency"))]
    assert all("AT contributed most, +€4.00 of +€5.00." in str(said) for said in before)
    for place, change in enumerate(HIDDEN_CHANGES):
        folder = tmp_path / f"said-{place}"
        folder.mkdir()
        data = build(folder, pairs_with=3)
        (folder / "model/links.yml").write_text(POLICY, encoding="utf-8")
        with duckdb.connect(data) as connection:
            connection.execute(change)
        live = Live.open(
            replace(
                wall.live.settings, data=str(data), model=folder / "model", store=str(folder / "links.sqlite"),
                audit_key_file=folder / "audit.key",
            )
        )  # fmt: skip
        assert [_said(live, actor) for actor in (jonas, reader_of_link("agency"))] == before, change
        live.close()


@pytest.mark.parametrize(
    "policy",
    [
        # A rule by an attribute, which no link's reader has.
        'links: [agency], roles: [marketer]}\n    rows: [{dataset: orders, where: "market IN (:markets)"}]',
        # Denials and masks apply to links that their policies name.
        "links: [agency]}\n    whole: all\n    deny: {metrics: [revenue]}",
    ],
)
def test_attribute_rules_and_denials_apply_to_links(wall: Wall, policy: str) -> None:
    _, link = wall.link()
    wall.change_model(
        f"policies:\n  - name: agency\n    grant: {{metrics: all, dimensions: all}}\n    who: {{{policy}\n"
    )
    body = wall.get(link).body.partition("<main>")[2]
    assert "€" not in body
    assert not [name for name in ("DE", "AT", "FR") if f">{name}<" in body]


def test_a_policy_for_people_never_reaches_a_link(wall: Wall) -> None:
    """This holds for every name, role, group or attribute, even those that the audience has, too."""
    _, link = wall.link()
    readers = (
        "{people: [agency]}", "{groups: [agency]}", "{people: ['link:agency']}", "{attributes: {audience: agency}}",
        "{roles: [viewer, marketer, steward, administrator]}",
    )  # fmt: skip
    wall.change_model(
        "policies:\n  - name: named\n    who: {links: [agency]}\n"
        + "".join(
            f"  - name: other_{place}\n    who: {who}\n    grant: {{metrics: all, dimensions: all}}\n    whole: all\n"
            for place, who in enumerate(readers)
        )
    )
    body = wall.get(link).body.partition("<main>")[2]
    assert body.count(NOT_AVAILABLE.replace("'", "&#x27;")) == 2
    assert "€" not in body


def test_an_audience_without_grants_sees_only_text(wall: Wall) -> None:
    reply = wall.get(wall.link("wall")[1])
    assert reply.status == 200
    assert reply.body.count(NOT_AVAILABLE.replace("'", "&#x27;")) == 2
    assert "Money" not in reply.body
    assert "€" not in reply.body


def test_links_are_off_unless_turned_on(settings: Settings, wall: Wall) -> None:
    """A link that was created while links were on stops working, too."""
    assert Settings(data="x", model=settings.model).public_links is False
    _, link = wall.link()
    assert wall.get(link).status == 200
    wall.live.settings = replace(settings, public_links=False)
    assert is_closed(wall.get(link))


def test_no_link_is_created_while_they_are_off(wall: Wall) -> None:
    off = wall.live.workspace()
    off.settings = replace(off.settings, public_links=False)
    with pytest.raises(NotAllowed, match="turned off"):
        wall.link()


def test_every_invalid_link_gets_the_same_page(wall: Wall) -> None:
    ended, revoked = wall.link()
    expired, old = wall.link()
    _, archived = wall.link(board=(other := wall.publish(replace(BOARD, title="Old"))))
    wall.work().end(ended.number)
    _rewrite(wall, expired.number)
    wall.board_work().archive(other, wall.board_work().open(other).head.revision)
    swapped = revoked.partition(".")[0] + "." + archived.partition(".")[2]
    pages = {
        wall.get(link).body
        for link in (revoked, old, archived, swapped, "x", "", "." * 65, "%00", "..%2f..%2fstart", "a" * 3000)
    }
    assert len(pages) == 1
    assert all(is_closed(wall.get(link)) for link in (revoked, old, archived, swapped))


def _rewrite(wall: Wall, number: str) -> None:
    """Let a link expire. The seal of its row in the store covers the date."""
    with wall.live.store.write(recorded=False) as transaction:
        row = transaction.connection.execute(PUBLIC_LINKS.select().where(PUBLIC_LINKS.c.number == number)).one()
        before = transaction.now - timedelta(seconds=1)
        values: dict[str, Any] = {name: getattr(row, name) for name in public_links._SEALED}
        seal = public_links._seal(wall.live.keys, values, before)
        change = update(PUBLIC_LINKS).where(PUBLIC_LINKS.c.number == number).values(until=before, seal=seal)
        transaction.connection.execute(change)


def test_a_link_stops_when_it_is_revoked_while_open(wall: Wall) -> None:
    made, link = wall.link()
    first = wall.get(link)
    assert first.status == 200
    assert 'http-equiv="refresh" content="60"' in first.body  # what an open page does
    wall.work(OTTO).end(made.number, "It leaked")
    assert is_closed(wall.get(link))
    assert "leaked" not in wall.get(link).body


def test_a_page_kept_for_others_is_not_shown_after_the_link_ended(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_board, "FRESH_SECONDS", 3600.0)
    made, link = wall.link()
    first = wall.get(link)
    assert wall.get(link).body == first.body
    wall.work().end(made.number)
    assert is_closed(wall.get(link))


def test_a_link_stops_when_the_person_who_created_it_leaves(wall: Wall) -> None:
    _, link = wall.link(actor=LOTTE, board=_shared(wall))
    assert wall.get(link).status == 200
    with wall.live.store.write() as transaction:
        subject = subject_of(transaction, "lotte", "Lotte Vos")
        deactivate(transaction, wall.live.keys, subject, OTTO, why="She left")
    wall.live.look()
    assert is_closed(wall.get(link))
    until(lambda: wall.told()[0].endswith("the person who created it is no longer a steward"))


def _shared(wall: Wall) -> str:
    with wall.live.store.write() as transaction:
        space = make_space(transaction, "Team", ANA, wall.live.keys).id
    return wall.publish(space=space)


def test_a_link_stops_when_its_board_is_no_longer_open_to_the_person_who_created_it(wall: Wall) -> None:
    shared = _shared(wall)
    _, link = wall.link(actor=LOTTE, board=shared)
    assert wall.get(link).status == 200
    work = wall.board_work()
    work.move(shared, "", work.open(shared).head.revision)
    assert is_closed(wall.get(link))


def test_a_link_stops_when_no_policy_names_its_audience_any_more(wall: Wall) -> None:
    _, link = wall.link()
    assert wall.get(link).status == 200
    wall.change_model(POLICY.replace("[agency]", "[partners]"))
    assert is_closed(wall.get(link))


def test_a_link_opens_only_a_board_that_the_person_can_open_and_an_audience_of_a_policy(wall: Wall) -> None:
    with pytest.raises(UnknownBoard):  # Ana's own
        wall.link(actor=LOTTE)
    draft = wall.board_work().make(BOARD, space="")
    with pytest.raises(InvalidQuery, match="hasn't been published"):
        wall.link(board=draft)
    with pytest.raises(InvalidQuery, match="Choose an audience: agency, wall"):
        wall.link("everyone")
    with pytest.raises(NotAllowed):
        wall.link(actor=Actor(id="jonas", roles=frozenset({"marketer"})), board=_shared(wall))


def test_the_newest_published_version_is_shown_and_never_a_draft(wall: Wall) -> None:
    _, link = wall.link()
    work = wall.board_work()
    revision = work.keep_draft(wall.board, replace(BOARD, title="Unfinished"), work.draft(wall.board).revision)
    assert "Unfinished" not in wall.get(link).body
    work.publish(wall.board, revision)
    assert "<h1>Unfinished</h1>" in wall.get(link).body


@pytest.mark.parametrize(
    "query",
    [
        "?d={other}", "?m=costs", "?p=last.7d&f=market.FR", "?view_as=ana", "?receipt=R-1", "?export=pdf", "?q=x",
        "?page=explore", "?tab=99", "?tab=-1", "?tab=%C2%B2", "?rotate=1", "?tab=0&tab=1&x=<script>",
        "?present=<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_parameters_can_only_choose_a_tab(wall: Wall, query: str) -> None:
    other = wall.publish(replace(BOARD, title="Other board"))
    _, link = wall.link()
    plain, asked = wall.get(link).body, wall.get(link, query.format(other=other).replace("<", "%3C")).body
    if query.startswith("?tab=0&tab=1"):  # the last of several counts
        assert "<h1>Sales &amp; more</h1>" in asked
        assert "script" not in asked
    else:
        assert _still(asked) == _still(plain)


def _still(body: str) -> str:
    """Return the page without the minute in which it was created."""
    return body.partition("<footer>")[0]


def test_cookies_and_tokens_of_a_person_change_nothing(wall: Wall) -> None:
    _, link = wall.link()
    sign_in = "samepage_identity=x; samepage=x; __Host-samepage=x; samepage_link=x"
    with_cookies = wall.get(link, Cookie=sign_in, Authorization="Bearer sp_000000000000_" + "0" * 64)
    assert _still(with_cookies.body) == _still(wall.get(link).body)
    assert "set-cookie" not in with_cookies.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_reading_is_possible(wall: Wall, method: str) -> None:
    assert wall.get(wall.link()[1], method=method).status == 405


def test_head_returns_the_headers_of_get_without_the_page(wall: Wall) -> None:
    reply = wall.get(wall.link()[1], method="HEAD")
    assert (reply.status, reply.body) == (200, "")


def test_a_presented_board_opens_the_next_tab_without_the_link_in_the_page(wall: Wall) -> None:
    _, link = wall.link()
    first = wall.get(link, "?present=1&rotate=30").body
    assert 'content="30;url=?present=1&amp;rotate=30&amp;tab=1"' in first
    assert "<nav" not in first
    assert 'content="30;url=?present=1&amp;rotate=30&amp;tab=0"' in wall.get(link, "?present=1&rotate=30&tab=1").body


def test_a_tile_that_fails_says_nothing_about_why(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Tile(id="b", kind=TileKind.TABLE, title="Broken", question=Query(metrics=("revenue", "orders")))
    limits = POLICY.replace("rows: [{", "limits: {metrics: 1}\n    rows: [{")
    wall.change_model(limits)
    board = wall.publish(replace(BOARD, tabs=(Tab(rows=(Row(tiles=(broken,)),)),)))
    body = wall.get(wall.link(board=board)[1]).body
    assert NO_ANSWER.replace("'", "&#x27;") in body
    assert "limit" not in body


def test_openings_are_counted_and_the_log_names_the_link_once_a_day(wall: Wall) -> None:
    made, link = wall.link()
    assert all(wall.get(link).status == 200 for _ in range(3))

    def loaded() -> int:
        with wall.live.store.read() as connection:
            return next(x.opens for x in read_public_links(connection, wall.live.keys) if x.number == made.number)

    assert loaded() == 0  # they are written in the background
    wall.live.link_openings.write()
    assert loaded() == 3
    wall.get(link)
    wall.live.link_openings.write()
    wall.live.link_openings.write()
    assert loaded() == 4
    opened = "Agency wall (public link) opened the public link “Agency wall”"
    assert wall.told().count(opened) == 1
    wall.work().end(made.number)
    assert all(is_closed(wall.get(link)) for _ in range(3))
    refused = "Samepage refused to open the public link “Agency wall”: it was revoked"
    until(lambda: refused in wall.told())
    assert wall.told().count(refused) == 1


def test_a_link_can_be_opened_only_a_limited_number_of_times(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    _, link = wall.link()
    _, other = wall.link()
    now = 0.0
    wall.boards._counted._most = 2.0
    wall.boards._counted._clock = lambda: 0.0
    wall.boards.clock = lambda: now
    assert [wall.get(link).status for _ in range(2)] == [200, 200]
    assert wall.get(link, "?tab=1").status == 429
    assert wall.get(other).status == 200
    now = public_board.KEPT_SECONDS - 1
    assert wall.get(link).status == 200  # what was prepared before, so that no one can take it off a wall
    now = public_board.KEPT_SECONDS
    assert wall.get(link).status == 429


def test_a_cached_page_of_a_busy_link_has_its_newest_version_and_policies(wall: Wall) -> None:
    made, link = wall.link()
    wall.boards._counted._most = 1.0
    wall.boards._counted._clock = lambda: 0.0
    wall.boards.clock = lambda: 0.0
    assert wall.get(link).status == 200
    assert wall.get(link).status == 200
    work = wall.board_work()
    work.publish(wall.board, work.keep_draft(wall.board, replace(BOARD, title="New"), work.draft(wall.board).revision))
    assert wall.get(link).status == 429
    wall.work().end(made.number)
    assert is_closed(wall.get(link))


def test_a_board_that_takes_too_long_is_prepared_once_however_often_it_is_asked_for(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who stops waiting leaves nothing behind that the next reader would start again."""
    begun, go_on = list[str](), threading.Event()
    before = public_board._prepared

    def slow(*given: Any) -> str:
        begun.append("")
        assert go_on.wait(STUCK)
        return before(*given)

    monkeypatch.setattr(public_board, "_prepared", slow)
    monkeypatch.setattr(public_board, "WAIT_SECONDS", 0.1)
    _, link = wall.link()
    assert [wall.get(link).status for _ in range(5)] == [503] * 5
    assert len(begun) == 1
    go_on.set()
    until(lambda: not wall.boards._coming)
    monkeypatch.setattr(public_board, "WAIT_SECONDS", STUCK)
    assert wall.get(link).status == 200


def test_a_refused_link_writes_to_the_store_once_a_day(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise, screens or people with an old link would block everyone who saves something."""
    written: list[str] = []
    before = public_board.note_refused

    def count(*given: Any) -> None:
        written.append(given[2])
        before(*given)

    monkeypatch.setattr(public_board, "note_refused", count)
    made, link = wall.link()
    wall.work().end(made.number)
    assert is_closed(wall.get(link))
    until(lambda: len(wall.told()) == 3)
    assert all(is_closed(wall.get(link)) for _ in range(5))
    assert written == [made.number]


def test_many_readers_of_one_link_share_one_page(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_board, "FRESH_SECONDS", 3600.0)
    prepared: list[str] = []
    before = public_board._prepared

    def count(*given: Any) -> str:
        prepared.append("")
        return before(*given)

    monkeypatch.setattr(public_board, "_prepared", count)
    _, link = wall.link()
    with ThreadPoolExecutor(8) as readers:
        bodies = {reply.body for reply in readers.map(lambda _: wall.get(link), range(16))}
    assert len(bodies) == 1
    assert len(prepared) == 1


def test_a_link_accepts_only_settings_that_pages_offer() -> None:
    assert view_of({}, 2) == View()
    assert view_of({"tab": "1", "present": "1", "rotate": "15"}, 2) == View(1, True, 15)
    assert view_of({"tab": "2", "present": "true", "rotate": "16"}, 2) == View()
    assert view_of({"tab": "0001", "rotate": "-15"}, 2) == View()
    assert view_of({"rotate": "15"}, 2) == View()  # nothing turns, so each turn is the same page
    assert view_of({"present": "1", "rotate": "15"}, 1) == View(is_presented=True)


def test_a_log_of_addresses_contains_no_links() -> None:
    """This is for servers that log every address, which Samepage itself doesn't do."""
    keep_tokens_out_of_logs()
    logger = logging.getLogger("uvicorn.access")
    given = ("127.0.0.1:1", "GET", f"/public/{'x' * 32}.{'0' * 32}?tab=1", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', given, None)
    assert logger.filter(record)
    assert record.getMessage() == '127.0.0.1:1 - "GET /public/...?tab=1 HTTP/1.1" 200'
