"""The API for scripts: questions, checks and lists over HTTP, for callers with a service token.

A token is read only from its header. Cookies have no effect here, so no page of another site can use a browser's
access, and none can read the responses. Work that waits for the store or the engine runs on its own threads, so that
scripts don't delay pages.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from pages.server.api_body import RequestRefused, bearer_of, read_body, read_question
from pages.server.turns import BUSY, CallRunner, CallTurns, IsGone
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import analysis_of, named_analyses, read_any
from semantic.answering.pending import Pending
from semantic.api.agent_authenticator import JWT, agent_data
from semantic.api.analyses import analyses_data, named_analysis_data, saved_analysis_data
from semantic.api.auth import Gate, TurnedAway, number_of
from semantic.api.hooks import gate_of, hooks_of, state_of_proposal
from semantic.api.openapi import openapi
from semantic.api.responses import (
    MOST_LISTED,
    Data,
    answer_data,
    check_data,
    listed_data,
    refusal_data,
    repairs_of,
    why_data,
)
from semantic.api.tools.running import CallResult, run_tool
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import Call, Hooks, Tool
from semantic.display.export.export import KINDS, Kind, export
from semantic.errors import SemanticError, TimedOut
from semantic.explore.search import Kind as Thing
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.analyzing.presentation import analyzed_data
from semantic.services.analyzing.run import confirmed
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.analyzing.start import start_any
from semantic.services.process import Live
from semantic.services.receipts import replay, replay_data
from semantic.services.why import by_of, explain
from semantic.store.accounts.service_tokens import TOKEN
from semantic.workspace import Workspace

SEND_SECONDS: Final = 120.0  # seconds in which a caller must read its response; until then, its request is active
PIECE: Final = 256 * 1024
STATUS: Final[Mapping[str, int]] = {
    "parse_error": 400,
    "token_in_address": 400,
    "not_signed_in": 401,
    "blocked_topic": 403,
    "needs_approval": 403,
    "not_allowed": 403,
    "not_found": 404,
    "not_recorded": 404,
    "unknown_name": 404,
    "wrong_method": 405,
    "not_acceptable": 406,
    "too_slow": 408,
    "too_large": 413,
    "wrong_type": 415,
    "too_many_requests": 429,
    "over_budget": 429,
    "engine_failed": 502,
    "cancelled": 503,
    "unavailable": 503,
    "timed_out": 504,
}
"""The HTTP status of each code. Any other code has the status 422, because the question can't be answered as asked."""

CANNOT_BE_ANSWERED: Final = 422
FOLDERS: Final = ("/api/v1/receipts/", "/api/v1/analyses/", "/api/v1/tools/")
"""The start of each address that ends with an ID or a name."""

JSON, LINES = "application/json", "application/x-ndjson"
FILES: Final[Mapping[str, Kind]] = {file_kind.mime: kind for kind, file_kind in KINDS.items()}
FORMS: Final = (JSON, LINES, *FILES)
IN_ADDRESS: Final = (
    "A token was in the address, where proxies and browsers record it. If it was valid, it's now revoked. Send "
    "another as `Authorization: Bearer sp_...`."
)
OF_AGENTS: Final = ("/api/v1/token", "/api/v1/openapi.json", "/api/v1/tools/")
FOR_SERVICES: Final = (
    "This address is for service tokens. Agents use the tools, whose calls are counted and listed for their person: "
    "docs/how-to/connect-an-agent.md says how."
)


class Api:
    """The API, as an ASGI application. There is one per process."""

    def __init__(self, live: Live, hooks: Hooks | None = None) -> None:
        self._live = live
        self._gate = gate_of(live)
        self._runner = CallRunner(live)
        self._hooks = hooks or hooks_of(live, self._gate)
        self._places: Mapping[str, tuple[str, str, Callable[[Request, Actor], Awaitable[Response]]]] = {
            "/api/v1/analyze": ("POST", "ask", self._analyze),
            "/api/v1/analyses": ("GET", "ask", self._analyses),
            "/api/v1/analyses/": ("GET", "ask", self._saved_analysis),
            "/api/v1/ask": ("POST", "ask", self._ask),
            "/api/v1/check": ("POST", "ask", self._check),
            "/api/v1/why": ("POST", "ask", self._why),
            "/api/v1/metrics": ("GET", "ask", lambda request, actor: self._list("metric", request, actor)),
            "/api/v1/dimensions": ("GET", "ask", lambda request, actor: self._list("dimension", request, actor)),
            "/api/v1/segments": ("GET", "ask", lambda request, actor: self._list("segment", request, actor)),
            "/api/v1/receipts/": ("GET", "ask", self._receipt),
            "/api/v1/token": ("GET", "", self._token),
            "/api/v1/openapi.json": ("GET", "", self._openapi),
            "/api/v1/tools/": ("POST", "ask", self._tool),
        }

    @property
    def gate(self) -> Gate:
        """The gate of this process, which admits all programs."""
        return self._gate

    @property
    def longest_call(self) -> float:
        """The maximum number of seconds that a call of a tool can take."""
        return self._runner.longest_call

    async def admit(self, text: str, scope: str) -> Actor:
        """Return the actor that a token belongs to. Raises TurnedAway and StoreFailed.

        Call the gate's `leave` when the request is done.
        """
        return await self._runner.run_in_thread(lambda: self._gate.admit(text, scope))

    async def run(self, tool: Tool, given: object, actor: Actor, is_gone: IsGone) -> CallResult:
        """Run a tool for an admitted caller, and return its result. If the tool takes too long, the result is a
        refusal.

        Raises RequestRefused if the caller has disconnected.
        """
        turns, workspace = CallTurns(self._runner, actor, is_gone), self._live.workspace()
        call = Call(live=self._live, actor=actor, workspace=workspace, turns=turns, hooks=self._hooks)
        try:
            async with asyncio.timeout(self.longest_call):
                return await run_tool(tool, given, call)
        except TimeoutError:
            return CallResult(data=refusal_data(TimedOut(BUSY)), is_refused=True)

    async def proposal(self, actor: Actor, id_: str) -> Data | None:
        """Return the state of an agent's own proposal, or None if the agent has no such proposal. Raises
        StoreFailed.
        """
        return await self._runner.run_in_thread(lambda: state_of_proposal(self._live, actor, id_))

    async def working_tokens(self) -> frozenset[str]:
        """Return the digests of all valid tokens. Raises StoreFailed."""
        return await self._runner.run_in_thread(self._gate.working)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as leaving:
            response = await self._responded(Request(scope, receive), leaving)
            with suppress(TimeoutError):  # A caller that doesn't read its response in time doesn't get the rest.
                async with asyncio.timeout(SEND_SECONDS):
                    await response(scope, receive, send_in_pieces(send))

    async def _responded(self, request: Request, leaving: ExitStack) -> Response:
        try:
            return await self._answered(request, leaving)
        except RequestRefused as error:
            return _json_response({"code": error.code, "reason": error.reason}, STATUS[error.code], error.headers)
        except TurnedAway as turned:
            return _json_response({"code": turned.code, "reason": str(turned)}, STATUS[turned.code], _remedy(turned))
        except SemanticError as error:
            return _failed(error)

    async def _answered(self, request: Request, leaving: ExitStack) -> Response:
        """Return the response to a request. The request counts as active until `leaving` closes, after the response is
        sent.
        """
        await self.revoke_published_tokens(request)
        path = request.url.path
        folder = next((folder for folder in FOLDERS if path.startswith(folder)), path)
        place = self._places.get(folder)
        if place is None:
            raise RequestRefused("not_found", "Not found. docs/reference/api.md lists all addresses.")
        method, scope, act = place
        if act == self._tool:
            scope = _tool_of(request).scope
        if request.method != method:
            raise RequestRefused("wrong_method", f"Only {method} is allowed here.", {"allow": method})
        actor = await self._runner.run_in_thread(lambda: self._gate.admit(bearer_of(request.headers), scope))
        leaving.callback(self._gate.leave, actor)
        if actor.agent and folder not in OF_AGENTS:
            raise RequestRefused("not_allowed", FOR_SERVICES)
        return await act(request, actor)

    async def revoke_published_tokens(self, request: Request) -> None:
        """Revoke all tokens in the address. Raises RequestRefused if there are any."""
        address = unquote(f"{request.url.path}?{request.url.query}")
        published = [match[0] for match in TOKEN.finditer(address)]
        for token in published[:3]:
            await self._runner.run_in_thread(lambda token=token: self._gate.end_published(token))
        if published:
            raise RequestRefused("token_in_address", IN_ADDRESS)

    # Questions

    async def _ask(self, request: Request, actor: Actor) -> Response:
        query, form = await read_question(request), _form(request)
        workspace = self._live.workspace()
        try:
            pending = await self._runner.run_on_engine(
                lambda: workspace.start(query, actor), actor, request.is_disconnected
            )
            result = await self._runner.run_on_cpu(actor, pending.result)
        except SemanticError as error:
            repairs = await self._runner.run_on_cpu(actor, lambda: repairs_of(query, workspace, actor))
            return _failed(error, refusal_data(error, repairs))
        # The receipt is stored before the answer is sent, so that a crash can't lose a receipt that a script has.
        confirmed = await self._runner.run_in_thread(lambda: workspace.confirmed(result))
        response = await self._runner.run_on_cpu(actor, lambda: self._handed_out(confirmed, pending, actor, form))
        if form in FILES:  # Without a record, there is no file. Waiting for the store here delays no page.
            await self._runner.run_in_thread(lambda: pending.workspace.record_export(confirmed, actor, FILES[form]))
        return response

    def _handed_out(self, result: Result, pending: Pending, actor: Actor, form: str) -> Response:
        compiled = pending.compiled
        has_filter = compiled.asked.query.where is not None and bool(compiled.asked.visible.min_groups)
        if compiled.plan.suppression is not None or has_filter:
            self._gate.count_guarded(actor, query_to_json(result.query))
        visible, receipt = pending.workspace.visible(actor), {"samepage-receipt": result.receipt}
        if form == JSON:
            return _json_response(answer_data(result, visible), headers=receipt)
        if form == LINES:
            rows = answer_data(result, visible)["rows"]
            return _response("".join(f"{_written(row)}\n" for row in rows).encode(), LINES, headers=receipt)
        kind = FILES[form]
        return _response(export(result, visible, kind), form, headers=receipt)

    async def _check(self, request: Request, actor: Actor) -> Response:
        query, workspace = await read_question(request), self._live.workspace()

        def check() -> Data:
            return check_data(query, workspace.preflight(query, actor), workspace.visible(actor))

        return _json_response(await self._runner.run_on_cpu(actor, check))

    async def _why(self, request: Request, actor: Actor) -> Response:
        query, workspace = await read_question(request), self._live.workspace()
        gone = threading.Event()

        def before_each(question: Query) -> None:
            if gone.is_set():
                raise TimedOut(BUSY)
            if workspace.at(question).visible(actor).min_groups:
                self._gate.count_guarded(actor, query_to_json(question))

        def explained() -> Data:
            found = explain(query, workspace, actor, by=by_of(query), ahead=0, before_each=before_each)
            return why_data(replace(found, result=workspace.confirmed(found.result)))

        try:
            return _json_response(await self._runner.run_alone(actor, explained))
        finally:
            gone.set()  # The caller was told that it took too long, so nothing more is asked for them.

    async def _receipt(self, request: Request, actor: Actor) -> Response:
        _parameters(request)
        receipt = request.url.path.removeprefix("/api/v1/receipts/")

        def ask_again() -> Data:
            replayed = replay(self._live, receipt, actor)
            asked: Query | None = replayed.receipt.query
            if replayed.result is not None and asked is not None and self._live.workspace().visible(actor).min_groups:
                self._gate.count_guarded(actor, f"{replayed.receipt.today} {query_to_json(asked)}")
            if replayed.analyzed is not None:
                workspace = self._live.workspace()
                if workspace.visible(actor).min_groups:
                    self._gate.count_guarded(actor, f"{replayed.receipt.today} {replayed.receipt.definition}")
                return replay_data(replace(replayed, analyzed=confirmed(workspace, replayed.analyzed)))
            again = None
            if replayed.result is not None and asked is not None:
                workspace = self._live.workspace()
                again = answer_data(workspace.confirmed(replayed.result), workspace.at(asked).visible(actor))
            return replay_data(replayed) | {"answer": again}

        return _json_response(await self._runner.run_alone(actor, ask_again))

    # Analyses

    async def _analyze(self, request: Request, actor: Actor) -> Response:
        _only_json(request)
        workspace = self._live.workspace()
        analysis = read_any(await read_body(request), workspace.visible(actor))
        return await self._analyzed(analysis, workspace, actor, request)

    async def _analyses(self, request: Request, actor: Actor) -> Response:
        parameters = _parameters(request, "search", "limit")
        limit, text = _limit(parameters), parameters.get("search", "")
        return _json_response(await self._runner.run_in_thread(lambda: analyses_data(self._saved(actor), text, limit)))

    async def _saved_analysis(self, request: Request, actor: Actor) -> Response:
        """Return a saved analysis or one of the model's: its definition or, at an address with /answer, its current
        findings.
        """
        _only_json(request)
        _parameters(request)
        saved, _, what = request.url.path.removeprefix("/api/v1/analyses/").partition("/")
        if what not in ("", "answer"):
            raise RequestRefused("not_found", "Not found. docs/reference/api.md lists all addresses.")
        work = self._saved(actor)
        seen = work.workspace.visible(actor)
        named = next((each for each in named_analyses(seen) if each.name == saved), None)
        if named is not None and not what:
            return _json_response(named_analysis_data(named, seen, today=work.workspace.today()))
        if named is not None:
            return await self._analyzed(analysis_of(named, seen.model), work.workspace, actor, request)
        opened = await self._runner.run_in_thread(lambda: work.open(saved[:64]))
        if not what:
            return _json_response(await self._runner.run_in_thread(lambda: saved_analysis_data(opened)))
        return await self._analyzed(opened.analysis, work.workspace, actor, request)

    def _saved(self, actor: Actor) -> SavedAnalyses:
        return SavedAnalyses(self._live.store, self._live.keys, self._live.workspace(), actor)

    async def _analyzed(self, analysis: Analysis, workspace: Workspace, actor: Actor, request: Request) -> Response:
        if workspace.visible(actor).min_groups:
            self._gate.count_guarded(actor, analysis.text)
        pending = await self._runner.run_on_engine(
            lambda: start_any(workspace, analysis, actor), actor, request.is_disconnected
        )
        found = await self._runner.run_on_cpu(actor, pending.result)
        # As for answers, the receipt is stored before the response is sent.
        stored = await self._runner.run_in_thread(lambda: confirmed(workspace, found))
        data = await self._runner.run_on_cpu(actor, lambda: analyzed_data(stored))
        return _json_response(data, headers={"samepage-receipt": stored.receipt})

    # Tools

    async def _tool(self, request: Request, actor: Actor) -> Response:
        """Run a tool in the same way as for agents, and return its structured output."""
        _only_json(request)
        tool = _tool_of(request)
        ran = await self.run(tool, await read_body(request), actor, request.is_disconnected)
        if not ran.is_refused:
            data = ran.data
            if ran.picture:
                data = data | {"picture": data["picture"] | {"base64": b64encode(ran.picture).decode()}}
            return _json_response(data, headers={"samepage-receipt": str(ran.data.get("receipt") or "")})
        wait = {"retry-after": str(max(1, round(ran.wait)))} if ran.wait else {}
        return _json_response(ran.data, STATUS.get(ran.code, CANNOT_BE_ANSWERED), wait)

    async def _openapi(self, request: Request, actor: Actor) -> Response:
        """Return the OpenAPI description, which is the same for everyone."""
        del actor
        _parameters(request)
        return _json_response(openapi(self._live.settings.address))

    # Addresses and access

    async def _list(self, kind: Thing, request: Request, actor: Actor) -> Response:
        known = ("search", "limit", "metrics") if kind == "dimension" else ("search", "limit")
        parameters, workspace = _parameters(request, *known), self._live.workspace()
        limit, metrics = _limit(parameters), [part for part in parameters.get("metrics", "").split(",") if part]

        def listed() -> Data:
            text = parameters.get("search", "")
            return listed_data(kind, workspace, actor, text=text, metrics=metrics, limit=limit)

        return _json_response(await self._runner.run_on_cpu(actor, listed))

    async def _token(self, request: Request, actor: Actor) -> Response:
        _parameters(request)
        if actor.agent:
            return _json_response(agent_data(actor, self._live.workspace().visible(actor).scope))
        token = await self._runner.run_in_thread(lambda: self._gate.find(bearer_of(request.headers)))
        grant = token.grant
        told: Data = {
            "number": number_of(actor),
            "name": grant.name,
            "purpose": grant.purpose,
            "may": sorted(grant.scopes),
            "role": grant.role,
            "until": grant.until.isoformat(),
            "requests_a_minute": grant.a_minute,
            "scope": self._live.workspace().visible(actor).scope,
        }
        return _json_response(told)


_LINK: Final = re.compile(r"/(public|unsubscribe)/[^\s?#]+")


def keep_tokens_out_of_logs() -> None:
    """Remove tokens, public links and links that unsubscribe from the log of a server that logs every address."""
    logging.getLogger("uvicorn.access").addFilter(_without_tokens)


def _without_tokens(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            _LINK.sub(r"/\1/...", JWT.sub("eyJ...", TOKEN.sub(lambda match: f"{match[0][:3]}...", argument)))
            if isinstance(argument, str)
            else argument
            for argument in record.args
        )
    return True


# The request


def _form(request: Request) -> str:
    """Return the format of the response: the first in `Accept` that is available, or JSON for a wildcard.

    Raises RequestRefused if none is available.
    """
    accepted = request.headers.get("accept", "*/*")
    for form in accepted.split(","):
        wanted = form.partition(";")[0].strip().lower()
        if wanted in FORMS:
            return wanted
        if wanted in ("", "*/*", "application/*"):
            return JSON
    raise RequestRefused(
        "not_acceptable", f"Responses are available as {', '.join(FORMS)}. Use one of these in `Accept`."
    )


def _tool_of(request: Request) -> Tool:
    """Return the tool that the address names. Raises RequestRefused if there is none."""
    tool = TOOLS.get(request.url.path.removeprefix("/api/v1/tools/"))
    if tool is None:
        raise RequestRefused("not_found", "There is no such tool. docs/reference/agents.md lists all tools.")
    return tool


def _only_json(request: Request) -> None:
    """Raise RequestRefused if a request wants an analysis or the output of a tool in a format other than JSON."""
    if _form(request) != JSON:
        raise RequestRefused("not_acceptable", f"This response is only available as {JSON}. Use it in `Accept`.")


def _limit(parameters: Mapping[str, str]) -> int:
    """Return the maximum number of items in a list."""
    limit = parameters.get("limit", "100")
    is_number = limit.isascii() and limit.isdecimal() and len(limit) <= len(str(MOST_LISTED))
    if not (is_number and 1 <= int(limit) <= MOST_LISTED):
        raise RequestRefused("parse_error", f"`limit` is a number from 1 to {MOST_LISTED:,}.")
    return int(limit)


def _parameters(request: Request, *known: str) -> Mapping[str, str]:
    """Return the parameters of the address. Raises RequestRefused for an unknown or repeated parameter."""
    parameters = request.query_params
    if len(parameters.multi_items()) > len(parameters):
        raise RequestRefused("parse_error", "A parameter appears twice in the address. Send it once.")
    if unknown := sorted(parameters.keys() - set(known)):
        says = f"Allowed: {', '.join(known)}." if known else "None are allowed."
        raise RequestRefused("parse_error", f"Unknown parameter {unknown[0]!r} in the address. {says}")
    return parameters


# The response


def send_in_pieces(send: Send) -> Send:
    """Return a `send` that sends a long body in pieces, because the server waits for a slow reader only
    between pieces.
    """

    async def paced(message: Message) -> None:
        body: bytes = message.get("body", b"")
        for start in range(0, len(body) - PIECE, PIECE):
            await send({**message, "body": body[start : start + PIECE], "more_body": True})
        last = (len(body) - 1) // PIECE * PIECE
        await send({**message, "body": body[last:]} if last > 0 else message)

    return paced


def _failed(error: SemanticError, data: Data | None = None) -> Response:
    headers = {"retry-after": "5"} if error.code == "unavailable" else {}
    return _json_response(data or refusal_data(error), STATUS.get(error.code, CANNOT_BE_ANSWERED), headers)


def _remedy(turned: TurnedAway) -> Mapping[str, str]:
    if turned.code == "not_signed_in":
        return {"www-authenticate": 'Bearer realm="samepage"'}
    return {"retry-after": str(max(1, round(turned.wait)))} if turned.wait else {}


def _json_response(data: Data, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return _response(_written(data).encode(), JSON, status, headers)


def _response(content: bytes, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response that browsers and proxies never cache, because it's for a single token."""
    header_lines = {name: value for name, value in (headers or {}).items() if value}
    return Response(content, status, media_type=kind, headers={"cache-control": "no-store", **header_lines})


def _written(data: Any) -> str:  # Any: JSON
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
