"""Things that a process has one of: made when they are first asked for, and held until it ends.

Streamlit's cache of resources is not for them: any browser can empty that for everybody, by a message that needs no
sign-in. Each time, what was held would go on unseen beside another of its kind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

Thing = TypeVar("Thing")

_lock: Final = threading.RLock()  # while one is made, it may ask for another
_forget: Final[list[Callable[[], None]]] = []


def once(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """Gives what `make` gave the first time, to every thread; what it raises is raised, and made again next time."""
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
    """Have everything made anew, as in another process. Nothing is closed; for tests, which set up several in one."""
    with _lock:
        for one in _forget:
            one()
