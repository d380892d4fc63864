"""Turns for the tabs of a person: only one of their pages runs at a time, in parallel to those of other people.

The computations of a page also take turns for the CPU (`semantic.run.cpu_turns`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Final, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shell import session
from semantic.run.cpu_turns import cpu_turns

PATIENCE: Final = 2.0
"""The maximum number of seconds that a tab waits for its turn, so that a run that hangs doesn't block the person's
other tabs.
"""

Takes = ParamSpec("Takes")
Gives = TypeVar("Gives")


class _Turn:
    def __init__(self) -> None:
        self.lock = threading.Lock()


_guard = threading.Lock()
_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)


@contextmanager
def turn_of(sign_in: str) -> Generator[None]:
    """Run the block once no other page of this sign-in is running, or after `PATIENCE` seconds.

    Without a sign-in, and inside another such block, it runs immediately.
    """
    if not sign_in or _has_turn.get():
        with cpu_turns.work():
            yield
        return
    with _guard:
        turn = _turns.setdefault(sign_in, _Turn())
    is_mine = turn.lock.acquire(timeout=PATIENCE)
    before = _has_turn.set(True)
    try:
        with cpu_turns.work():
            yield
    finally:
        _has_turn.reset(before)
        if is_mine:
            turn.lock.release()


def in_turn(part: Callable[Takes, Gives]) -> Callable[Takes, Gives]:
    """Make a fragment or dialog take turns, as pages do. Put this decorator directly below Streamlit's own."""

    @wraps(part)
    def run(*args: Takes.args, **kwargs: Takes.kwargs) -> Gives:
        context = get_script_run_ctx(suppress_warning=True)
        runs_alone = context is not None and bool(context.fragment_ids_this_run)
        with turn_of(session.token() if runs_alone else ""):
            return part(*args, **kwargs)

    return run
