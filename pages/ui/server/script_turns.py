"""Service tokens take turns at the engine: a fixed number at a time, and one token never has all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final


class ScriptTurns:
    """`count` turns for all tokens together; one token has at most all but one. Only for use within one event loop."""

    def __init__(self, count: int) -> None:
        self._count: Final = count
        self._share: Final = max(1, count - 1)
        self._taken = Counter[str]()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn_of(self, token: str) -> AsyncGenerator[None]:
        """Wait for a turn of this token, and hold it for the block. The oldest request goes first."""
        begins = asyncio.get_running_loop().create_future()
        self._waiting.append((token, begins))
        self._give()
        try:
            await begins
            yield
        finally:
            if begins.done() and not begins.cancelled():
                self._taken[token] -= 1
                self._taken += Counter()  # drops tokens without a turn
            else:
                self._waiting.remove((token, begins))
            self._give()

    def _give(self) -> None:
        for token, begins in [*self._waiting]:
            if begins.cancelled():
                continue  # turn_of takes it out of the line
            if self._taken.total() < self._count and self._taken[token] < self._share:
                self._waiting.remove((token, begins))
                self._taken[token] += 1
                begins.set_result(None)
