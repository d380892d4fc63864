"""Scripts take turns at the engine, and no token gets every turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pages.server.script_turns import ScriptTurns


class Script:
    """A request that holds its turn until it is released."""

    def __init__(self, turns: ScriptTurns, token: str) -> None:
        self.has_turn, self.may_end = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._run(turns, token))

    async def _run(self, turns: ScriptTurns, token: str) -> None:
        async with turns.turn_of(token):
            self.has_turn.set()
            await self.may_end.wait()

    async def end(self) -> None:
        self.may_end.set()
        await self.task


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def run(test: Callable[[ScriptTurns], Awaitable[None]], count: int = 3) -> None:
    async def go() -> None:
        await test(ScriptTurns(count))

    asyncio.run(go())


def test_one_token_never_has_every_turn() -> None:
    async def test(turns: ScriptTurns) -> None:
        mine = [Script(turns, "a") for _ in range(5)]
        await settle()
        assert [script.has_turn.is_set() for script in mine] == [True, True, False, False, False]
        other = Script(turns, "b")
        await settle()
        assert other.has_turn.is_set()
        for script in (*mine, other):
            await script.end()

    run(test)


def test_the_longest_waiting_token_goes_first() -> None:
    async def test(turns: ScriptTurns) -> None:
        first, second, third = Script(turns, "a"), Script(turns, "b"), Script(turns, "a")
        await settle()
        assert [first.has_turn.is_set(), second.has_turn.is_set(), third.has_turn.is_set()] == [True, False, False]
        await first.end()
        await settle()
        assert (second.has_turn.is_set(), third.has_turn.is_set()) == (True, False)
        await second.end()
        await third.end()

    run(test, count=1)


def test_a_cancelled_or_failed_request_passes_its_turn_to_others() -> None:
    async def test(turns: ScriptTurns) -> None:
        first, gone, last = Script(turns, "a"), Script(turns, "b"), Script(turns, "c")
        await settle()
        gone.task.cancel()
        first.task.cancel()
        await settle()
        assert (gone.has_turn.is_set(), last.has_turn.is_set()) == (False, True)
        await last.end()
        again = Script(turns, "a")
        await settle()
        assert again.has_turn.is_set()
        await again.end()
        assert not turns._taken

    run(test, count=1)


def test_tokens_take_turns_however_much_one_of_them_asks() -> None:
    async def test(turns: ScriptTurns) -> None:
        many = [Script(turns, "a") for _ in range(5)]
        await settle()
        others = [Script(turns, "b"), Script(turns, "c")]
        for expected in (many[0], others[0], others[1], many[1]):
            await settle()
            assert [script for script in (*many, *others) if script.has_turn.is_set() and not script.task.done()] == [
                expected
            ]
            await expected.end()
        for script in many[2:]:
            await script.end()

    run(test, count=1)
