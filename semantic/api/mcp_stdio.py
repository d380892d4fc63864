"""The command `python -m semantic mcp`: the tools over standard input and output, for an assistant on this machine.

As over HTTP, it needs a token, because the token's policy decides what the assistant sees. The token is read from the
environment, so that it doesn't appear in process lists or in the shell's history.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import anyio
from anyio import to_thread
from mcp.server.stdio import stdio_server

from semantic.api.auth import Gate, TurnedAway
from semantic.api.hooks import gate_of, hooks_of, state_of_proposal
from semantic.api.protocol import Context, mcp_server, until_decided
from semantic.api.responses import Data
from semantic.api.tools.running import CallResult, run_tool
from semantic.api.tools.tool import Call, Claim, Tool
from semantic.commands.command_line import OK, WRONG, run_command
from semantic.config.settings import load_settings
from semantic.services.process import Live

TOKEN_VARIABLE: Final = "SAMEPAGE_TOKEN"
PAUSE_SECONDS: Final = 0.01
_EXAMPLE: Final = """example:
  SAMEPAGE_TOKEN=sa_... python -m semantic mcp

Your assistant starts this command itself. Give it the command, and the token as the environment variable
SAMEPAGE_TOKEN. It speaks the Model Context Protocol on standard input and output until its input ends.
"""
NO_TOKEN: Final = (
    f"Set {TOKEN_VARIABLE} to a token: connect the agent under Agents, or let an administrator create a service token "
    "under Service tokens or with `python -m semantic token make`."
)

_Given = TypeVar("_Given")
_Started = TypeVar("_Started", bound=Claim)


def run(arguments: Sequence[str]) -> int:
    """Serve until standard input ends, and return the exit code: 0; 1 without a valid token; 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="python -m semantic mcp",
        description="Serve the tools to an assistant on this machine, over standard input and output.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _act(asked: argparse.Namespace) -> int:
    del asked
    token = os.environ.pop(TOKEN_VARIABLE, "")
    if not token:
        print(NO_TOKEN, file=sys.stderr)
        return WRONG
    live = Live.open(load_settings())
    try:
        gate = gate_of(live)
        try:
            gate.leave(gate.admit(token, ""))
        except TurnedAway as turned:
            print(turned, file=sys.stderr)
            return WRONG
        anyio.run(_serve, _Stdio(live, gate, token))
    finally:
        live.close()
    return OK


async def _serve(calls: _Stdio) -> None:
    server = mcp_server(calls, "")
    async with stdio_server() as (reads, writes):
        await server.run(reads, writes, server.create_initialization_options())


@dataclass(frozen=True, slots=True)
class _Stdio:
    """The calls of one assistant. Each call checks the token, so a revoked token stops working immediately."""

    live: Live
    gate: Gate
    token: str = field(repr=False)

    async def run(self, tool: Tool, given: dict[str, Any], context: Context) -> CallResult:
        del context
        try:
            actor = await to_thread.run_sync(lambda: self.gate.admit(self.token, tool.scope))
        except TurnedAway as turned:
            return CallResult(data={"code": turned.code, "reason": str(turned), "repairs": []}, is_refused=True)
        try:
            hooks = hooks_of(self.live, self.gate)
            workspace = await to_thread.run_sync(self.live.take)
            call = Call(live=self.live, actor=actor, workspace=workspace, turns=ThreadTurns(), hooks=hooks)
            return await run_tool(tool, given, call)
        finally:
            self.gate.leave(actor)

    async def proposal(self, id_: str, context: Context, *, patience: float) -> Data | None:
        del context
        try:
            actor = await to_thread.run_sync(lambda: self.gate.admit(self.token, ""))
        except TurnedAway:
            return None  # the call itself says why
        try:
            return await until_decided(
                lambda: to_thread.run_sync(lambda: state_of_proposal(self.live, actor, id_)), patience
            )
        finally:
            self.gate.leave(actor)

    def opens_pages(self, context: Context) -> bool:
        del context
        return False  # without a handshake, the client hasn't said


class ThreadTurns:
    """Turns for a process with a single caller: all work runs immediately, in a thread."""

    async def work(self, do: Callable[[], _Given]) -> _Given:
        return await to_thread.run_sync(do)

    async def later(self, do: Callable[[], _Given]) -> _Given:
        return await to_thread.run_sync(do)

    async def surely(self, do: Callable[[], _Given]) -> _Given:
        with anyio.CancelScope(shield=True):
            return await to_thread.run_sync(do)
        raise AssertionError("Nothing cancels this scope.")

    async def alone(self, do: Callable[[], _Given]) -> _Given:
        return await to_thread.run_sync(do)

    async def engine(self, start: Callable[[], _Started]) -> _Started:
        pending = await to_thread.run_sync(start)
        try:
            while not await to_thread.run_sync(pending.done):
                await anyio.sleep(PAUSE_SECONDS)
        except BaseException:  # the assistant cancelled the call, or has ended
            pending.leave()
            raise
        return pending
