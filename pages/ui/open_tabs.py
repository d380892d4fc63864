"""The tabs that are open, by sign-in: when one ends, its tabs run anew and show the way in, without a click."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import get_script_run_ctx

_WAIT, _LONGEST_WAIT = 0.2, 5.0  # seconds
_lock = threading.Lock()
_numbers: dict[str, str] = {}
"""The number of the sign-in that each session was last drawn under."""


def note(number: str) -> None:
    """Remember under which sign-in this tab is drawn now; "" for none."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return
    if _numbers.get(context.session_id, "") == number:
        return
    with _lock:
        _numbers.pop(context.session_id, None)
        if number:
            _numbers[context.session_id] = number
        for one in [one for one in _numbers if not _is_there(one)]:
            del _numbers[one]


def rerun(number: str) -> None:
    """Run every open tab of a sign-in anew; callable from any thread."""
    with _lock:
        found = [session for session, one in _numbers.items() if one == number]
    _rerun_sessions(found)


def _is_there(session: str) -> bool:
    # One that lost its connection runs anew, and is noted again, when it comes back.
    return Runtime.exists() and Runtime.instance().is_active_session(session)


def _rerun_sessions(sessions: Iterable[str]) -> None:
    if not Runtime.exists():
        return
    for session in sessions:
        # Streamlit has no public call that runs another tab's script. These names are its own, and a test holds them.
        found = Runtime.instance()._session_mgr.get_active_session_info(session)
        if found is not None:
            # What a session sends goes through the server's loop, which other threads must not step into.
            found.session._event_loop.call_soon_threadsafe(_rerun, found.session)


def _rerun(session: AppSession, waited: float = 0.0) -> None:
    """Run a tab at the page and question that it is at; without its state it would fall back to the first page.

    While a tab runs, its state is not known yet, so that is waited for; no longer than some seconds.
    """
    if session._state == AppSessionState.APP_IS_RUNNING and waited < _LONGEST_WAIT:
        session._event_loop.call_later(_WAIT, _rerun, session, waited + _WAIT)
    else:
        session.request_rerun(session._client_state)
