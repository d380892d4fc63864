"""Objects that exist once per process. They're created on first use, and kept until the process ends.

Streamlit's resource cache isn't used, because any browser can clear it for everyone with a message that needs no
sign-in. Each time, the old object would stay in use unnoticed next to a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

Thing = TypeVar("Thing")

_lock: Final = threading.RLock()  # creating one object can need another
_forget: Final[list[Callable[[], None]]] = []


def once(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """Return a function that returns the first result of `make` to every thread. After an exception, it tries again."""
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
    """Forget all objects without closing them, as in a new process. For tests, which simulate several processes."""
    with _lock:
        for forget in _forget:
            forget()
