"""The addresses for operators: /ops/ready for anyone who can reach it, and /ops/metrics for anyone with the token.

Both have the same first part, so that a proxy can keep them internal with one line.
"""

from __future__ import annotations

import hmac

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.server.metrics import families
from pages.server.readiness import Readiness
from semantic.observability.metrics import OPEN_METRICS, write_open_metrics
from semantic.services.process import Live

READY_PATH, METRICS_PATH = "/ops/ready", "/ops/metrics"
_NOT_KEPT = {"cache-control": "no-store"}


def routes(live: Live, readiness: Readiness, token: str) -> list[Route]:
    """Return the routes of both addresses. Metrics need a token in the settings, and requests with that token."""

    async def ready(_: Request) -> Response:
        state = await run_in_threadpool(readiness.state)
        said = {"ready": state.is_ready, **state.parts}
        return JSONResponse(said, 200 if state.is_ready else 503, headers=_NOT_KEPT)

    async def metrics(request: Request) -> Response:
        if not is_allowed(request.headers.get("authorization", ""), token):
            return await nothing(request)
        text = await run_in_threadpool(lambda: write_open_metrics(families(live, readiness)))
        return Response(text, headers=_NOT_KEPT, media_type=OPEN_METRICS)

    async def nothing(_: Request) -> Response:
        return PlainTextResponse("Not found", 404)

    return [
        Route(READY_PATH, ready, methods=["GET"]),
        Route(METRICS_PATH, metrics, methods=["GET"]),
        Route("/ops/{rest:path}", nothing),
    ]


def is_allowed(header: str, token: str) -> bool:
    """Return whether a request's Authorization header has the token from the settings."""
    scheme, _, given = header.partition(" ")
    is_same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_same
