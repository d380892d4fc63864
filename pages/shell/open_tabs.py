"""The open tabs of each sign-in. When a sign-in ends, its tabs rerun and show the sign-in page, without a click."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterable
from typing import Any, Final

from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionInfo

RELEASE_SECONDS: Final = 5.0
"""The seconds after which the server looks for closed tabs again."""

_WAIT, _LONGEST_WAIT = 0.2, 5.0  # seconds
_lock = threading.Lock()
_numbers: dict[str, str] = {}
"""The sign-in number that each session was last drawn for."""


def note(number: str) -> None:
    """Record the sign-in number that this tab is drawn for, or "" for none."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return
    if _numbers.get(context.session_id, "") == number:
        return
    with _lock:
        _numbers.pop(context.session_id, None)
        if number:
            _numbers[context.session_id] = number
        for session in [each_session for each_session in _numbers if not _is_there(each_session)]:
            del _numbers[session]


def number_here() -> str:
    """Return the sign-in number that this tab was drawn for, or "" if there is none or no page is running."""
    context = get_script_run_ctx(suppress_warning=True)
    return _numbers.get(context.session_id, "") if context is not None else ""


def rerun(number: str) -> None:
    """Rerun every open tab of a sign-in. Any thread can call this."""
    with _lock:
        sessions = [session for session, tab_number in _numbers.items() if tab_number == number]
    _rerun_sessions(sessions)


def is_any_drawn() -> bool:
    """Return whether any tab runs its script, is about to rerun, or has drawn elements that aren't sent yet.

    Any thread can call this.
    """
    if not Runtime.exists():
        return False
    tabs = Runtime.instance()._session_mgr.list_active_sessions()
    return any(_is_drawn(active_session.session) for active_session in tabs)


def _is_drawn(session: AppSession) -> bool:
    # These names are Streamlit's own, too, and a test checks them. The state isn't enough: it turns to "running" only
    # once the server's loop learns of the run, and isn't "running" between a run and the one that `st.rerun` starts.
    return (
        session._scriptrunner is not None
        or session._state is AppSessionState.APP_IS_RUNNING  # another runner can be about to take over
        or not session._browser_queue.is_empty()
    )


async def release_closed() -> None:
    """Release tabs that were closed longer than `server.disconnectedSessionTTL` ago, again and again while the server
    runs.

    Streamlit itself forgets them only when another tab closes, so the last 128 would never be released.
    """
    has_garbage = False
    while True:
        await asyncio.sleep(RELEASE_SECONDS)
        has_garbage |= release_expired() > 0
        if has_garbage and not is_any_drawn():
            gc.collect()  # The objects of a tab refer to each other. While the collector runs, no page can.
            has_garbage = False


def release_expired() -> int:
    """Release the tabs that can't reconnect any more, and return how many. Call this in the server's event loop."""
    if not Runtime.exists():
        return 0
    # Streamlit has no public call for this, either. Any: the declared type of the manager has no storage.
    manager: Any = Runtime.instance()._session_mgr
    expired: list[tuple[str, SessionInfo]] = manager._session_storage._cache.expire()
    for _, tab in expired:
        tab.session.shutdown()
    return len(expired)


def _is_there(session: str) -> bool:
    # A tab that lost its connection reruns when it reconnects, and is recorded again.
    return Runtime.exists() and Runtime.instance().is_active_session(session)


def _rerun_sessions(sessions: Iterable[str]) -> None:
    if not Runtime.exists():
        return
    for session in sessions:
        # Streamlit has no public call that runs another tab's script. These names are its own, and a test checks them.
        session_info = Runtime.instance()._session_mgr.get_active_session_info(session)
        if session_info is not None:
            # A session sends through the server's loop, which other threads must not touch.
            session_info.session._event_loop.call_soon_threadsafe(_rerun, session_info.session)


def _rerun(session: AppSession, waited: float = 0.0) -> None:
    """Rerun a tab with its current page and question. Without its state, it would go back to the first page.

    While a tab runs, its state isn't known yet, so this waits up to a few seconds.
    """
    if session._state == AppSessionState.APP_IS_RUNNING and waited < _LONGEST_WAIT:
        session._event_loop.call_later(_WAIT, _rerun, session, waited + _WAIT)
    else:
        session.request_rerun(session._client_state)
