"""The MCP server for agents at /mcp, beside the HTTP API: who may call, within which limits, and where to sign in.

Every request is complete in itself, so any replica can answer it. Tokens, turns and tools are those of the HTTP API. A
token is read only from its header, and no page of another site may call.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from pages.server.api import STATUS, Api
from pages.server.api_body import MOST_BYTES, Turned, bearer_of, read_body
from pages.server.request_limits import is_own_page
from pages.server.turns import IsGone
from semantic.api.auth import TurnedAway
from semantic.api.protocol import Context, mcp_server
from semantic.api.tools.running import Ran
from semantic.api.tools.tool import Tool
from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.policy.actor import Actor

MCP: Final = "/mcp"
ESCAPED: Final = 6  # most bytes that a byte of the body can take once it was read and written again
METADATA: Final = "/.well-known/oauth-protected-resource"
SCOPE: Final = "ask"
DISCOVERY: Final = "/.well-known/openid-configuration"
NOT_YOURS: Final = "Pages of other sites can't call this."
_CALLER: Final = "samepage.caller"


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who sent a request: the actor, the token, and whether they still wait."""

    actor: Actor
    token: str
    is_gone: IsGone


class Mcp:
    """The MCP server as an ASGI application. One per process; it only answers while `running`."""

    def __init__(self, api: Api, settings: Settings, *, version: str = "", public: str = "") -> None:
        self._api, self._settings, self._public = api, settings, public.lower()
        self._manager = StreamableHTTPSessionManager(
            mcp_server(self._run, version),
            json_response=True,
            stateless=True,
            max_request_body_size=ESCAPED * MOST_BYTES,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve until the block ends. Only once for each instance."""
        async with self._manager.run():
            yield

    def routes(self) -> list[Route]:
        """Return the routes of the server and of its metadata (RFC 9728)."""
        return [
            Route(MCP, self),
            Route(METADATA, self._metadata, methods=["GET"]),
            Route(f"{METADATA}{MCP}", self._metadata, methods=["GET"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with ExitStack() as leaving:
            try:
                passed_on, replayed = await self._admitted(request, leaving)
            except Turned as turned:
                refused: Response = _refused(turned.code, turned.reason, dict(turned.headers))
            except TurnedAway as turned:
                refused = _refused(turned.code, str(turned), self._remedy(request, turned))
            except SemanticError as error:
                refused = _refused(error.code, str(error), {"retry-after": "5"})
            else:
                await self._manager.handle_request(passed_on, replayed, send)
                return
        await refused(scope, receive, send)

    async def _admitted(self, request: Request, leaving: ExitStack) -> tuple[Scope, Receive]:
        """Return the request to pass on, with its caller and its checked body. `leaving` counts it as active."""
        await self._api.end_what_is_published(request)
        if "origin" in request.headers and not is_own_page(request.scope, self._public):
            raise Turned("not_allowed", NOT_YOURS)
        token = bearer_of(request.headers)
        actor = await self._api.admit(token, SCOPE)
        leaving.callback(self._api.gate.leave, actor)
        if request.method != "POST":  # no streams to open and no sessions to end
            raise Turned("wrong_method", "Only POST is allowed here.", {"allow": "POST"})
        body = json.dumps(await read_body(request)).encode()  # within the limits of size, depth and time

        async def receive() -> Message:
            nonlocal body
            if body:
                message: Message = {"type": "http.request", "body": body, "more_body": False}
                body = b""
                return message
            return await request.receive()

        return {**request.scope, _CALLER: _Caller(actor, token, request.is_disconnected)}, receive

    async def _run(self, tool: Tool, given: dict[str, Any], context: Context) -> Ran:
        assert context.request is not None  # there always is one over HTTP
        caller: _Caller = context.request.scope[_CALLER]
        try:
            if tool.scope == SCOPE:
                return await self._api.run(tool, given, caller.actor, caller.is_gone)
            try:
                actor = await self._api.admit(caller.token, tool.scope)
            except TurnedAway as turned:
                return Ran(data={"code": turned.code, "reason": str(turned), "repairs": []}, is_refused=True)
            try:
                return await self._api.run(tool, given, actor, caller.is_gone)
            finally:
                self._api.gate.leave(actor)
        except Turned as turned:
            raise MCPError(INTERNAL_ERROR, turned.reason) from None

    # Where to sign in

    async def _metadata(self, request: Request) -> Response:
        """The metadata of this protected resource: which servers give tokens for it, and its scopes."""
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
        """The address that people open; without sign-in, the one that this request used."""
        if self._settings.sign_in is not None:
            return self._settings.sign_in.address
        return f"{request.url.scheme}://{request.url.netloc}"


def _refused(code: str, reason: str, headers: dict[str, str]) -> Response:
    """A refusal before any message of the protocol was read."""
    status = STATUS.get(code, 400)
    return JSONResponse({"code": code, "reason": reason}, status, {"cache-control": "no-store", **headers})
