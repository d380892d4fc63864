"""A signed-in person sends messages straight to the websocket, to get at other people's pages, fragments, values and
rows.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from tests.browser.visitor import Browser
from tests.hostile.conftest import METRICS_TOKEN
from tests.hostile.fuzz_websocket import HIDDEN, NAMES, fuzz
from tests.hostile.strings import CANARY, sample
from tests.hostile.tab import FAILED, Tab, Told, open_tab
from tests.proof import part
from tests.waiting import STUCK

VIEWER, MARKETER, STEWARD, ADMINISTRATOR = 0, 1, 3, 4
ABOVE = {"definitions": STEWARD, "access": STEWARD, "audit": ADMINISTRATOR, "people": ADMINISTRATOR}
SEED = 7
MESSAGES = 600
"""The number of random messages that each person sends in `make proof`."""


def signed_in(port: int, number: int) -> Browser:
    browser = Browser(port)
    browser.sign_in(number=number)
    return browser


def answer(tab: Tab, page: str, query: str) -> Told:
    """Return what a page shows once its question is answered, which takes more than one run."""
    until = time.monotonic() + STUCK
    while True:
        run = tab.send(tab.rerun(page, query), patience=STUCK)
        if run.cells or time.monotonic() > until:
            return run
        time.sleep(0.3)


def is_alive(port: int) -> bool:
    with open_tab(signed_in(port, VIEWER)) as tab:
        return "Explore" in tab.send(tab.rerun("explore"), patience=STUCK).pages


def test_the_demo_has_people_of_every_role_at_these_positions(server: int) -> None:
    for number, page in ((VIEWER, "Explore"), (STEWARD, "Definitions"), (ADMINISTRATOR, "Audit")):
        with open_tab(signed_in(server, number)) as tab:
            assert page in tab.send(tab.rerun(), patience=STUCK).pages, number


@pytest.mark.parametrize("page", ABOVE)
def test_a_page_above_a_persons_role_does_not_open_by_name_or_hash(server: int, page: str) -> None:
    with open_tab(signed_in(server, ABOVE[page])) as tab:
        theirs = tab.send(tab.rerun(page), patience=STUCK)
        assert not theirs.not_found
    with open_tab(signed_in(server, VIEWER)) as tab:
        for message in (
            tab.rerun(page),
            tab.rerun("", page_hash=theirs.page_hash),
            tab.rerun(page, page_hash=theirs.page_hash),
            tab.rerun(f"../{page}"),
            tab.rerun(f"pages/govern/{page}.py"),
        ):
            run = tab.send(message, patience=STUCK)
            assert not set(run.pages) & {"Definitions", "Access", "Audit", "People"}
            assert set(run.widgets) & set(theirs.widgets) <= _shared(server), page


def _shared(port: int) -> set[str]:
    """Return the widgets that everyone has on every page."""
    with open_tab(signed_in(port, VIEWER)) as tab:
        return set(tab.send(tab.rerun(), patience=STUCK).widgets)


def test_a_fragment_of_another_persons_page_does_not_run(server: int) -> None:
    with open_tab(signed_in(server, ADMINISTRATOR)) as theirs, open_tab(signed_in(server, VIEWER)) as ours:
        told = theirs.send(theirs.rerun("audit"), patience=STUCK)
        own = ours.send(ours.rerun("explore", "m=net_revenue"), patience=STUCK)
        parts = told.fragments - own.fragments
        assert parts
        for fragment in parts:
            for page in ("audit", "explore"):
                reply = ours.send(ours.rerun(page, fragment=fragment), patience=1)
                assert not set(reply.widgets) & (set(told.widgets) - set(own.widgets))
                assert "Entries" not in reply.text
        assert theirs.send(theirs.rerun("audit"), patience=STUCK).fragments & parts, "the administrator has lost them"


def test_no_address_shows_rows_that_a_policy_hides(server: int) -> None:
    hidden = HIDDEN[MARKETER]
    with open_tab(signed_in(server, VIEWER)) as tab:
        assert answer(tab, "explore", "m=net_revenue&by=market").cells >= NAMES, "a viewer sees them all"
    for query in (
        "m=net_revenue&by=market",
        "m=net_revenue&by=market&f=market:in:FR",
        "m=net_revenue&by=market&f=not(market:in:DE)",
        "m=net_revenue&by=market&as=lena",
        "m=net_revenue&by=market&view=lena&person=lena",
    ):
        with open_tab(signed_in(server, MARKETER)) as tab:
            told = answer(tab, "explore", query) if "FR" not in query else tab.send(tab.rerun("explore", query))
            assert not told.cells & hidden, query


def test_values_that_no_widget_offers_change_nothing_for_others(server: int) -> None:
    """Each widget of a page gets each kind of value. The page can refuse it, and the next honest run is as usual."""
    browser = signed_in(server, MARKETER)
    with open_tab(browser) as tab:
        widgets = tab.send(tab.rerun("explore", "m=net_revenue&by=market"), patience=STUCK).widgets
    assert len(widgets) > 5
    for name in sample(6, longest=200):
        text = name.encode("utf-8", "replace").decode()
        with open_tab(browser) as tab:
            message = tab.rerun("explore", "m=net_revenue&by=market")
            for widget in widgets:
                state = message.rerun_script.widget_states.widgets.add()
                state.id = widget
                state.string_array_value.data.extend([text, "FR"])
            run = tab.send(message, patience=STUCK)
            assert run.wrong() == ""
            assert not run.cells & HIDDEN[MARKETER]
            assert CANARY not in run.text
    with open_tab(browser) as tab:
        assert FAILED not in tab.send(tab.rerun("explore", "m=net_revenue&by=market"), patience=STUCK).text


def test_messages_meant_for_developers_do_nothing(server: int) -> None:
    with open_tab(signed_in(server, VIEWER)) as tab:
        for name in ("debug_shutdown_runtime", "debug_disconnect_websocket", "stop_script", "clear_cache"):
            message = BackMsg()
            setattr(message, name, True)
            tab.send(message, patience=0.5)
    assert is_alive(server)


@pytest.mark.parametrize("kind", ["load_git_info", "backend_operation_request"])
def test_messages_that_no_page_sends_are_not_answered(server: int, kind: str) -> None:
    """Streamlit itself would answer each of these. The connection stays open for messages that pages do send."""
    message = BackMsg()
    if kind == "load_git_info":
        message.load_git_info = True
    with open_tab(signed_in(server, VIEWER)) as tab:
        session = tab.send(tab.rerun("explore"), patience=STUCK).session
        if kind == "backend_operation_request":
            message.backend_operation_request.session_id = session
            message.backend_operation_request.request_id = "one"
        with suppress(TimeoutError):
            while True:  # what else belongs to that run
                tab.connection.recv(timeout=1)
        run = tab.send(message, patience=1)
        assert (run.raw, run.is_closed) == (b"", False)
        assert "Explore" in tab.send(tab.rerun("explore"), patience=STUCK).pages


def test_clearing_streamlits_caches_detaches_no_page_from_its_server(server: int) -> None:
    """A page with a separate store and model would be missing from counts and from shutdown, and would never be
    closed.
    """
    before = _questions_counted(server)
    with open_tab(Browser(server)) as stranger:
        stranger.send(BackMsg(clear_cache=True), patience=0.5)
    with open_tab(signed_in(server, VIEWER)) as tab:
        assert answer(tab, "explore", "m=net_revenue&by=market").cells
    assert _questions_counted(server) > before


def _questions_counted(port: int) -> float:
    answer = Browser(port).get("/ops/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.status == 200
    lines = [line for line in answer.body.splitlines() if line.startswith("samepage_questions_total")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_an_invalid_message_ends_only_its_own_connection(server: int) -> None:
    browser = signed_in(server, VIEWER)
    for content in (b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f"):
        with open_tab(browser) as tab:
            assert tab.send_bytes(content, patience=STUCK).is_closed
            assert tab.connection.protocol.close_code == 1008
    with open_tab(browser) as tab:
        tab.connection.send("a text")
        with suppress(ConnectionClosed):
            for _ in range(100):
                tab.connection.recv(timeout=10)
        assert tab.connection.protocol.state is State.CLOSED
    assert is_alive(server)


def test_random_messages(server: int, server_log: Path) -> None:
    """They are seeded and sent as each of two people. SAMEPAGE_FUZZ_SECONDS sets how long it runs for each."""
    for number in (MARKETER, VIEWER):
        report = fuzz(server, part(MESSAGES), SEED, number=number)
        assert report.wrong == []
        assert report.sent.total() >= part(MESSAGES)
    assert CANARY not in server_log.read_text(errors="replace")
