"""Objects that exist once per process: created on first use, and kept until it ends.

Streamlit's resource cache isn't used: any browser can clear that for everyone, with a message that needs no sign-in.
Each time, the old object would live on unseen next to a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

Thing = TypeVar("Thing")

_lock: Final = threading.RLock()  # while one is created, it may need another
_forget: Final[list[Callable[[], None]]] = []


def once(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """Returns the first result of `make` to every thread; an exception is raised, and the next call tries again."""
    held: list[Thing] = []

    def give() -> Thing:
        if not held:
            with _lock:
                if not held:
                    held.append(make())
        return held[0]

    _forget.append(held.clear)
    give.__doc__ = make.__doc__
    return give


def forget() -> None:
    """Forget everything, as in a new process. Nothing is closed; for tests, which set up several in one."""
    with _lock:
        for one in _forget:
            one()
