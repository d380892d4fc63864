"""Run a tool: parse its input, count the call, and return its result or refusal as JSON-ready data."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

from pydantic import ValidationError

from semantic.api.auth import TurnedAway
from semantic.api.responses import Data, refusal_data
from semantic.api.tools.cleaning import cleaned
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import LISTED, Call, Outcome, RefusedWithRepairs, Tool, ToolInput
from semantic.errors import Cancelled, InvalidQuery, SemanticError, UnknownName

MOST_PROBLEMS: Final = 3
GONE: Final = "The client cancelled the call, or closed the connection, before it was answered."
FAILED: Final = "Something went wrong on our side, so there was no answer."
_WORDS: Final = {
    "extra_forbidden": "is unknown",
    "missing": "is missing",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "too_long": "has too many entries",
    "literal_error": "has an unknown value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The result of a call. `data` is cleaned. If `is_refused`, `data` is a refusal with code, reason and repairs."""

    data: Data
    is_refused: bool = False
    picture: bytes = b""
    wait: float = 0.0  # seconds until it may work, if it's refused only for now

    @property
    def code(self) -> str:
        """The code of the refusal, or "" if the call wasn't refused."""
        return str(self.data["code"]) if self.is_refused else ""


async def run_tool(tool: Tool, arguments: object, call: Call, *, clock: Callable[[], float] = monotonic) -> CallResult:
    """Run a tool with JSON-like input. Refusals are returned, not raised. Any exception is a bug."""
    began, hooks, actor, call = clock(), call.hooks, call.actor, replace(call, spent=[])
    used = Outcome(data={})
    wait = 0.0
    try:
        given = read_input(tool, arguments)
        await call.turns.later(lambda: hooks.budgets.begin(actor))
        used = await tool.run(given, call)
        ran = CallResult(data=cleaned(used.data), picture=used.picture)
    except RefusedWithRepairs as refused:
        ran = CallResult(data=cleaned(refusal_data(refused.error, refused.repairs, lists=LISTED)), is_refused=True)
    except SemanticError as error:
        ran = CallResult(data=cleaned(refusal_data(error, lists=LISTED)), is_refused=True)
    except TurnedAway as turned:
        wait = turned.wait
        data = {"code": turned.code, "reason": str(turned), "repairs": []}
        ran = CallResult(data=cleaned(data), is_refused=True, wait=wait)
    except GeneratorExit:
        raise
    except BaseException as error:
        if actor.kind == "agent":
            ms, is_gone = (clock() - began) * 1000, _is_gone(error)
            await call.turns.surely(lambda: _note_unanswered(tool, arguments, call, ms, is_gone=is_gone))
        raise
    if actor.kind == "agent":
        asked = arguments if isinstance(arguments, dict) else {}
        ms = (clock() - began) * 1000

        def count() -> CallResult:
            """Charge the agent's budget for the call, record it, and return its result.

            If the budget doesn't cover the answer, the result is a refusal.
            """
            shown = ran
            try:
                hooks.budgets.charge(actor, cells=used.cells, cost=_spent(used, call), refused=ran.is_refused)
            except SemanticError as error:
                shown = CallResult(data=cleaned(refusal_data(error, lists=LISTED)), is_refused=True)
            outcome = "refused" if shown.is_refused else "asked_back" if used.asks_back else "answered"
            reason = str(shown.data["reason"]) if shown.is_refused else ""
            made = shown.data.get("approval", used.data)
            hooks.transcripts.note(
                actor, tool=tool.name, asked=asked, outcome=outcome, receipt=used.receipt, refusal=shown.code,
                reason=reason, proposal=str(made.get("proposal", "")), ms=ms, cells=used.cells, cost=used.cost,
            )  # fmt: skip
            return shown

        return await call.turns.surely(count)
    return ran


def _is_gone(error: BaseException) -> bool:
    """Whether a call ended because its caller cancelled it or disconnected, and not because of a bug."""
    return not isinstance(error, Exception) or getattr(error, "code", "") == Cancelled.code


def _note_unanswered(tool: Tool, arguments: object, call: Call, ms: float, *, is_gone: bool) -> None:
    """Count and record a call that ended without an answer or a refusal.

    The engine's work for it is charged in full.
    """
    cost = _spent(Outcome(data={}), call)
    with suppress(SemanticError):  # the call has ended either way
        call.hooks.budgets.charge(call.actor, cells=0, cost=cost, refused=None)
    asked = arguments if isinstance(arguments, dict) else {}
    code, reason = (Cancelled.code, GONE) if is_gone else ("failed", FAILED)
    call.hooks.transcripts.note(
        call.actor, tool=tool.name, asked=asked, outcome="failed", refusal=code, reason=reason, ms=ms, cost=cost
    )


def _spent(used: Outcome, call: Call) -> str:
    """Return the cost class to charge. A refused call is charged if the engine has done work for it."""
    return next((cost for cost in (used.cost, *call.spent) if cost), "")


def find_tool(name: str) -> Tool:
    """Return the tool with this name. Raises UnknownName."""
    if name not in TOOLS:
        raise UnknownName(name[:64], TOOLS, kind="tool", lists="docs/reference/agents.md lists all tools.")
    return TOOLS[name]


def read_input(tool: Tool, arguments: object) -> ToolInput:
    """Return a tool's parsed input. Raises InvalidQuery with what is wrong, without repeating values."""
    try:
        return tool.given.model_validate({} if arguments is None else arguments)
    except ValidationError as error:
        raise InvalidQuery(_problems(tool, error)) from None


def _problems(tool: Tool, error: ValidationError) -> str:
    texts: list[str] = []
    for problem in error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]:
        place = ".".join(str(part)[:64] for part in problem["loc"]) or "the input"
        values = problem.get("ctx", {}).get("expected", "") if problem["type"] == "literal_error" else ""
        known = f": use {values}" if values else ""
        texts.append(f"`{place}` {_WORDS.get(problem['type'], 'has the wrong type or format')}{known}")
    return f"{'; '.join(texts)}. The tool {tool.name} takes {', '.join(tool.given.model_fields)}."


def run_now(name: str, arguments: Any, call: Call) -> CallResult:  # Any: JSON
    """Run a tool in the current thread, without waiting for turns.

    Tests use this, and callers with their own thread. `call` must have turns that don't wait. Raises UnknownName.
    """
    running = run_tool(find_tool(name), arguments, call)
    try:
        running.send(None)
    except StopIteration as done:
        return done.value
    running.close()
    raise RuntimeError("A tool waited for something that only a server gives. Use `run_tool` there.")
