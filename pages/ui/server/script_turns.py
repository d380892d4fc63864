"""Scripts take turns at the engine: so many at a time, and no token has all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final


class ScriptTurns:
    """So many turns for all tokens together, and one less for each. For the one thread of an event loop."""

    def __init__(self, count: int) -> None:
        self._count: Final = count
        self._share: Final = max(1, count - 1)
        self._taken = Counter[str]()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn_of(self, token: str) -> AsyncGenerator[None]:
        """Enters the block once this token may; whoever waits longest goes first."""
        begins = asyncio.get_running_loop().create_future()
        self._waiting.append((token, begins))
        self._give()
        try:
            await begins
            yield
        finally:
            if begins.done() and not begins.cancelled():
                self._taken[token] -= 1
                self._taken += Counter()  # forgets who has none
            else:
                self._waiting.remove((token, begins))
            self._give()

    def _give(self) -> None:
        for token, begins in [*self._waiting]:
            if begins.cancelled():
                continue  # it leaves the line by itself
            if self._taken.total() < self._count and self._taken[token] < self._share:
                self._waiting.remove((token, begins))
                self._taken[token] += 1
                begins.set_result(None)
