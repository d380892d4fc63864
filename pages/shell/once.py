"""Objects that exist once per process: created on first use, and kept until the process ends.

Streamlit's resource cache isn't used, because any browser can clear it for everyone, with a message that needs no
sign-in. After each time, the old object would remain in use unnoticed next to a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

Thing = TypeVar("Thing")

_lock: Final = threading.RLock()  # while one is created, it may need another
_forget: Final[list[Callable[[], None]]] = []


def once(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """Return a function that gives every thread the first result of `make`. After an exception, it tries again."""
    things: list[Thing] = []

    def give() -> Thing:
        if not things:
            with _lock:
                if not things:
                    things.append(make())
        return things[0]

    _forget.append(things.clear)
    give.__doc__ = make.__doc__
    return give


def forget() -> None:
    """Forget everything, as in a new process. Nothing is closed. For tests, which set up several processes in one."""
    with _lock:
        for forget in _forget:
            forget()
