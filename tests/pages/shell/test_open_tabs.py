"""Finding the open tabs of a sign-in, and the Streamlit names needed to rerun them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from pages.shell import open_tabs


class Loop:
    def __init__(self) -> None:
        self.called: list[tuple[Any, ...]] = []
        self.later: list[tuple[Any, ...]] = []

    def call_soon_threadsafe(self, *call: Any) -> None:
        self.called.append(call)

    def call_later(self, seconds: float, *call: Any) -> None:
        assert seconds < 1
        self.later.append(call)


class Session:
    def __init__(self) -> None:
        self._event_loop = Loop()
        self._state = AppSessionState.APP_NOT_RUNNING
        self._scriptrunner: object = None
        self._browser_queue = ForwardMsgQueue()
        self._client_state = "at its page and question"
        self.asked: list[object] = []

    def request_rerun(self, client_state: object) -> None:
        self.asked.append(client_state)


class Info:
    def __init__(self) -> None:
        self.session = Session()


class Tabs:
    """A runtime with these sessions, each a tab. Its script is running if `here` names it."""

    def __init__(self, *names: str) -> None:
        self.there, self.here = {name: Info() for name in names}, ""
        self._session_mgr = self

    def get_active_session_info(self, session: str) -> Info | None:
        return self.there.get(session)

    def list_active_sessions(self) -> list[Info]:
        return list(self.there.values())

    def is_active_session(self, session: str) -> bool:
        return session in self.there

    @property
    def session_id(self) -> str:
        return self.here

    def reruns(self, name: str) -> int:
        return len(self.there[name].session._event_loop.called)


@pytest.fixture
def tabs(monkeypatch: pytest.MonkeyPatch) -> Tabs:
    tabs = Tabs("one", "two", "three")
    monkeypatch.setattr(open_tabs, "_numbers", dict[str, str]())
    monkeypatch.setattr(open_tabs, "get_script_run_ctx", lambda **_: tabs)
    monkeypatch.setattr(Runtime, "exists", classmethod(lambda cls: True))
    monkeypatch.setattr(Runtime, "instance", classmethod(lambda cls: tabs))
    return tabs


def test_only_tabs_of_the_given_sign_in_rerun(tabs: Tabs) -> None:
    for tabs.here, number in (("one", "a"), ("two", "b"), ("three", "a")):
        open_tabs.note(number)
    open_tabs.rerun("a")
    assert [tabs.reruns(tab) for tab in ("one", "two", "three")] == [1, 0, 1]
    session = tabs.there["one"].session
    [(run, *given)] = session._event_loop.called
    run(*given)
    assert session.asked == ["at its page and question"]


def test_a_running_tab_is_waited_for_but_not_forever(tabs: Tabs) -> None:
    tabs.here = "one"
    open_tabs.note("a")
    open_tabs.rerun("a")
    session = tabs.there["one"].session
    session._state = AppSessionState.APP_IS_RUNNING
    [(run, *given)] = session._event_loop.called
    run(*given)
    assert session.asked == []
    for _ in range(100):
        if session.asked:
            break
        run, *given = session._event_loop.later.pop()
        run(*given)
    assert session.asked == ["at its page and question"]


def test_a_tab_counts_under_the_sign_in_that_it_was_last_drawn_with(tabs: Tabs) -> None:
    tabs.here = "one"
    open_tabs.note("a")
    open_tabs.note("b")
    open_tabs.rerun("a")
    assert tabs.reruns("one") == 0
    open_tabs.note("")
    open_tabs.rerun("b")
    assert tabs.reruns("one") == 0


def test_tabs_that_were_closed_are_forgotten(tabs: Tabs) -> None:
    for tabs.here in ("one", "two"):
        open_tabs.note("a")
    del tabs.there["one"]
    open_tabs.rerun("a")
    assert tabs.reruns("two") == 1
    tabs.here = "three"
    open_tabs.note("a")
    assert set(open_tabs._numbers) == {"two", "three"}


def test_a_tab_is_drawn_until_nothing_runs_and_everything_is_sent(tabs: Tabs) -> None:
    session = tabs.there["two"].session
    assert not open_tabs.is_any_drawn()
    session._scriptrunner = object()  # it has begun, and the server's loop hasn't heard of it; or it reruns at once
    assert open_tabs.is_any_drawn()
    session._scriptrunner, session._state = None, AppSessionState.APP_IS_RUNNING
    assert open_tabs.is_any_drawn()
    session._state = AppSessionState.APP_NOT_RUNNING
    session._browser_queue.enqueue(ForwardMsg())
    assert open_tabs.is_any_drawn()
    session._browser_queue.flush()
    assert not open_tabs.is_any_drawn()


def test_streamlit_still_has_what_this_needs() -> None:
    """If an upgrade renames these, tabs stay open until the next click."""
    assert "_session_mgr" in inspect.getsource(Runtime.__init__)
    for name in ("_event_loop", "_state", "_client_state", "_browser_queue"):
        assert f"self.{name} = " in inspect.getsource(AppSession.__init__), name
    assert "self._scriptrunner: ScriptRunner | None = None" in inspect.getsource(AppSession.__init__)
    ended = inspect.getsource(AppSession._handle_scriptrunner_event_on_event_loop).partition("Event.SHUTDOWN:")[2]
    assert "self._scriptrunner = None" in ended  # on the loop, after all that its runs drew
    assert list(inspect.signature(WebsocketSessionManager.list_active_sessions).parameters) == ["self"]
    assert list(inspect.signature(AppSession.request_rerun).parameters) == ["self", "client_state"]
    assert list(inspect.signature(WebsocketSessionManager.get_active_session_info).parameters) == ["self", "session_id"]
    assert list(inspect.signature(Runtime.is_active_session).parameters) == ["self", "session_id"]
    assert "_session_storage" in inspect.getsource(WebsocketSessionManager.__init__)
    assert isinstance(MemorySessionStorage(ttl_seconds=1)._cache, TTLCache)
    assert list(inspect.signature(TTLCache.expire).parameters) == ["self", "at_time"]
    assert list(inspect.signature(AppSession.shutdown).parameters) == ["self"]
