"""The MCP server for agents at /mcp, next to the HTTP API: who can call, with which limits, and where to sign in.

Every request is self-contained, so any replica can respond to it. Tokens, turns and tools are those of the HTTP API. A
token is read only from its header, and pages of other sites can't call.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from anyio import CancelScope
from mcp.server.streamable_http import REQUEST_CANCELLED
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, RequestId
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from pages.server.api import SEND_SECONDS, STATUS, Api, send_in_pieces
from pages.server.api_body import MOST_BYTES, RequestRefused, bearer_of, read_body
from pages.server.request_limits import is_own_page
from pages.server.turns import BUSY, NOBODY_WAITS, IsGone, turn_of
from semantic.api.auth import TurnedAway
from semantic.api.protocol import PATIENCE_SECONDS, Context, mcp_server, until_decided
from semantic.api.responses import Data
from semantic.api.tools.running import CallResult
from semantic.api.tools.tool import Tool
from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.policy.actor import Actor

MCP: Final = "/mcp"
ESCAPED: Final = 6  # the maximum number of bytes that a byte of the body becomes when it's read and written again
SETTLING_SECONDS: Final = 5.0  # the seconds in which a call that took too long can say so
METADATA: Final = "/.well-known/oauth-protected-resource"
SCOPE: Final = "ask"
DISCOVERY: Final = "/.well-known/openid-configuration"
CANCELLED: Final = "The call was cancelled."
NO_MESSAGE: Final = "Send one request or notification of JSON-RPC 2.0, as an object with its method."
NOT_YOURS: Final = "Pages of other sites can't call this."
SESSION: Final = re.compile(r"[0-9a-f]{32}(?P<opens>-url)?")
"""The pattern of the ID that a client gets in its handshake and sends with every request.

Nothing is stored for it. The ID itself says whether the client can open pages, so every replica knows that.
"""
SESSION_HEADER: Final = "mcp-session-id"
_CALLER: Final = "samepage.caller"


@dataclass(slots=True)
class _Caller:
    """The sender of a request: the actor, the token, whether they still wait, and the ID from their handshake."""

    actor: Actor
    token: str
    is_gone: IsGone
    session: re.Match[str] | None = None
    has_waited: bool = False


def _caller_of(context: Context) -> _Caller:
    assert context.request is not None  # there always is one over HTTP
    return context.request.scope[_CALLER]


class Mcp:
    """The MCP server, as an ASGI application. There is one per process. It only responds while `running`."""

    def __init__(self, api: Api, settings: Settings, *, version: str = "", public: str = "") -> None:
        self._api, self._settings, self._public = api, settings, public.lower()
        self._running: dict[tuple[str, str, RequestId], CancelScope] = {}
        server = mcp_server(self, version)
        self._whole, self._streamed = (
            StreamableHTTPSessionManager(
                server, json_response=is_whole, stateless=True, max_request_body_size=ESCAPED * MOST_BYTES
            )
            for is_whole in (True, False)
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve requests until the block ends. An instance can do this only once."""
        async with self._whole.run(), self._streamed.run():
            yield

    def routes(self) -> list[Route]:
        """Return the routes of the server and those of its metadata (RFC 9728)."""
        return [
            Route(MCP, self),
            Route(METADATA, self._metadata, methods=["GET"]),
            Route(f"{METADATA}{MCP}", self._metadata, methods=["GET"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with ExitStack() as leaving:
            try:
                passed_on, replayed, body = await self._admitted(request, leaving)
            except RequestRefused as error:
                refused: Response = _refused(error.code, error.reason, dict(error.headers))
            except TurnedAway as turned:
                refused = _refused(turned.code, str(turned), self._remedy(request, turned))
            except SemanticError as error:
                refused = _refused(error.code, str(error), {"retry-after": "5"})
            else:
                sent = send if (session := _new_session(body)) is None else _with_session(send, session)
                self._cancel(passed_on[_CALLER], body)
                manager = self._streamed if _wants_progress(request, body) else self._whole
                seconds = self._api.longest_call + (PATIENCE_SECONDS if _comes_back(body) else 0.0)
                if await self._handled(manager, passed_on, replayed, sent, seconds):
                    return
                refused = _refused("timed_out", BUSY, {})
        await refused(scope, receive, send)

    async def _handled(
        self, manager: StreamableHTTPSessionManager, scope: Scope, receive: Receive, send: Send, seconds: float
    ) -> bool:
        """Let the SDK respond within the time limit of the call, and return whether the response began.

        As in the HTTP API, the client must read each part within a limit.
        """
        loop, has_begun = asyncio.get_running_loop(), False
        end = loop.time() + seconds + SETTLING_SECONDS

        async def bounded(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            limit.reschedule(loop.time() + SEND_SECONDS)
            await send_in_pieces(send)(message)
            limit.reschedule(end)

        with suppress(TimeoutError):
            async with asyncio.timeout_at(end) as limit:
                await manager.handle_request(scope, receive, bounded)
                return True
        return has_begun

    async def _admitted(self, request: Request, leaving: ExitStack) -> tuple[Scope, Receive, object]:
        """Return the request with its caller, for the SDK, and its checked body.

        The request counts as active until `leaving` closes.
        """
        await self._api.revoke_published_tokens(request)
        if "origin" in request.headers and not is_own_page(request.scope, self._public):
            raise RequestRefused("not_allowed", NOT_YOURS)
        token = bearer_of(request.headers)
        actor = await self._api.admit(token, SCOPE)
        leaving.callback(self._api.gate.leave, actor)
        if request.method != "POST":  # There are no streams to open and no sessions to end.
            raise RequestRefused("wrong_method", "Only POST is allowed here.", {"allow": "POST"})
        given = await read_body(request)  # within the limits of size, depth and time
        if not _is_message(given):  # The SDK's own refusal would repeat the body, with the names of its types.
            raise RequestRefused("parse_error", NO_MESSAGE)
        body = json.dumps(given).encode()

        async def receive() -> Message:
            nonlocal body
            if body:
                message: Message = {"type": "http.request", "body": body, "more_body": False}
                body = b""
                return message
            return await request.receive()

        session = SESSION.fullmatch(request.headers.get(SESSION_HEADER, ""))
        caller = _Caller(actor, token, request.is_disconnected, session)
        return {**request.scope, _CALLER: caller}, receive, given

    async def run(self, tool: Tool, given: dict[str, Any], context: Context) -> CallResult:
        """Run a tool for the caller, and return its result. The caller can cancel the call."""
        caller = _caller_of(context)
        if caller.session is None or context.request_id is None:
            return await self._ran(tool, given, caller)
        key = _key(caller, context.request_id)
        with CancelScope() as running:
            self._running[key] = running
            try:
                return await self._ran(tool, given, caller)
            finally:
                self._running.pop(key, None)
        raise MCPError(REQUEST_CANCELLED, CANCELLED)

    async def _ran(self, tool: Tool, given: dict[str, Any], caller: _Caller) -> CallResult:
        """Run a tool, and return its result.

        The caller is admitted again if the tool needs another scope, or if they had to wait.
        """
        try:
            if tool.scope == SCOPE and not caller.has_waited:
                return await self._api.run(tool, given, caller.actor, caller.is_gone)
            try:
                actor = await self._api.admit(caller.token, tool.scope)
            except TurnedAway as turned:
                return CallResult(data={"code": turned.code, "reason": str(turned), "repairs": []}, is_refused=True)
            try:
                return await self._api.run(tool, given, actor, caller.is_gone)
            finally:
                self._api.gate.leave(actor)
        except RequestRefused as error:
            raise MCPError(INTERNAL_ERROR, error.reason) from None

    def _cancel(self, caller: _Caller, body: object) -> None:
        """Cancel the call that a client no longer wants, if it runs in this process.

        Only clients with a handshake send this. Newer clients close the connection instead.
        """
        match body:
            case {"method": "notifications/cancelled", "params": {"requestId": str() | int() as id_}}:
                running = self._running.get(_key(caller, id_)) if caller.session is not None else None
                if running is not None:
                    running.cancel()
            case _:
                return

    async def proposal(self, id_: str, context: Context, *, patience: float) -> Data | None:
        """Return the state of an agent's own proposal, once it's decided or `patience` seconds have passed."""
        caller = _caller_of(context)
        caller.has_waited = True

        async def look() -> Data | None:
            if await caller.is_gone():
                raise MCPError(INTERNAL_ERROR, NOBODY_WAITS)
            return await self._api.proposal(caller.actor, id_)

        return await until_decided(look, patience)

    def opens_pages(self, context: Context) -> bool:
        """Return whether the client can open a page, according to the ID from its handshake."""
        session = _caller_of(context).session
        return session is not None and session["opens"] is not None

    # Where to sign in

    async def _metadata(self, request: Request) -> Response:
        """Return the metadata of this protected resource: the servers that issue tokens for it, and its scopes."""
        sign_in = self._settings.sign_in
        issuers = [provider.metadata.removesuffix(DISCOVERY) for provider in sign_in.providers] if sign_in else []
        data: dict[str, Any] = {
            "resource": f"{self._origin(request)}{MCP}",
            "authorization_servers": issuers,
            "scopes_supported": ["ask", "propose"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Samepage",
        }
        return JSONResponse(data, headers={"cache-control": "public, max-age=300"})

    def _remedy(self, request: Request, turned: TurnedAway) -> dict[str, str]:
        metadata = f'resource_metadata="{self._origin(request)}{METADATA}{MCP}"'
        match turned.code:
            case "not_signed_in":
                error = 'error="invalid_token", ' if request.headers.get("authorization") else ""
                return {"www-authenticate": f"Bearer {error}{metadata}"}
            case "not_allowed":
                return {"www-authenticate": f'Bearer error="insufficient_scope", scope="{SCOPE}", {metadata}'}
            case _:
                return {"retry-after": str(max(1, round(turned.wait)))} if turned.wait else {}

    def _origin(self, request: Request) -> str:
        """Return the address that people open or, if there is no sign-in, the one that this request used."""
        if self._settings.sign_in is not None:
            return self._settings.sign_in.address
        return f"{request.url.scheme}://{request.url.netloc}"


def _key(caller: _Caller, id_: RequestId) -> tuple[str, str, RequestId]:
    """Return the key of a running call. Only the same token or agent with the same handshake gets this key."""
    return turn_of(caller.actor), caller.session[0] if caller.session is not None else "", id_


def _is_message(body: object) -> bool:
    """Return whether a body is a single request or notification. Clients get no requests, so they can't
    send responses.
    """
    match body:
        case {"jsonrpc": "2.0", "method": str(), "id": id_}:
            return isinstance(id_, str | int) and not isinstance(id_, bool)
        case {"jsonrpc": "2.0", "method": str()}:
            return True
        case _:
            return False


def _wants_progress(request: Request, body: object) -> bool:
    """Return whether a call asks for progress, and accepts a stream as the response, which progress needs."""
    match body:
        case {"method": "tools/call", "params": {"_meta": {"progressToken": str() | int()}}}:
            return "text/event-stream" in request.headers.get("accept", "")
        case _:
            return False


def _comes_back(body: object) -> bool:
    """Return whether a call is repeated after its client opened a page. Such a call can wait for the person first."""
    match body:
        case {"method": "tools/call", "params": {"requestState": str()}}:
            return True
        case _:
            return False


def _new_session(body: object) -> str | None:
    """Return a new ID for a handshake, or None for any other request."""
    match body:
        case {"method": "initialize", "params": {"capabilities": {"elicitation": {"url": dict()}}}}:
            return f"{secrets.token_hex(16)}-url"
        case {"method": "initialize"}:
            return secrets.token_hex(16)
        case _:
            return None


def _with_session(send: Send, session: str) -> Send:
    """Return a `send` that gives the client its ID if the handshake succeeds."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == HTTPStatus.OK:
            MutableHeaders(scope=message)[SESSION_HEADER] = session
        await send(message)

    return sent


def _refused(code: str, reason: str, headers: dict[str, str]) -> Response:
    """Return a refusal. It's sent before any message of the protocol was read."""
    status = STATUS.get(code, 400)
    return JSONResponse({"code": code, "reason": reason}, status, {"cache-control": "no-store", **headers})
