"""Turns for service tokens, a fixed number at a time. The token whose last turn was longest ago goes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

MOST_TOKENS: Final = 1_000
"""The maximum number of tokens whose last turn is remembered."""


class ScriptTurns:
    """A fixed number of turns for all tokens together. If there are several, one token can use all but one of them.

    Only for use in one event loop.
    """

    def __init__(self, count: int) -> None:
        self._count: Final = count
        self._share: Final = max(1, count - 1)
        self._taken = Counter[str]()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._served = 0  # the number of turns given so far
        self._last: dict[str, int] = {}  # the number of the last turn of each token

    @asynccontextmanager
    async def turn_of(self, token: str) -> AsyncGenerator[None]:
        """Wait for a turn of this token, and hold it for the block. The token's oldest request goes first."""
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
        while self._taken.total() < self._count:
            # turn_of removes cancelled ones from the queue
            may = [turn for turn in self._waiting if not turn[1].cancelled() and self._taken[turn[0]] < self._share]
            if not may:
                return
            token, begins = min(may, key=lambda turn: self._last.get(turn[0], 0))
            self._waiting.remove((token, begins))
            self._taken[token] += 1
            self._served += 1
            if len(self._last) >= MOST_TOKENS:
                self._last.clear()
            self._last[token] = self._served
            begins.set_result(None)
