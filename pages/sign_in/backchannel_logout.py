"""Logout notices from providers, which arrive without a browser (OpenID Connect Back-Channel Logout)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pages.shell import session
from semantic.errors import ProviderFailed, StoreFailed
from semantic.oidc.client import ProviderClient
from semantic.oidc.tokens import LONGEST_TOKEN, Notice, issuer_of
from semantic.store.accounts.sign_ins import end_provider_session
from semantic.store.audit.log import SAMEPAGE

_LONGEST_BODY: Final = 2 * LONGEST_TOKEN
_LOG = logging.getLogger("samepage.sign_in")


async def end_sign_ins(request: Request) -> Response:
    """End the sign-ins that a logout token names, in every process. The response doesn't reveal whether
    there were any.
    """
    try:
        token = await _token(request)
        await run_in_threadpool(_end, token)
    except ProviderFailed as failed:
        _LOG.warning("A logout token was rejected. %s", failed)
        return _answer(503 if failed.why == "down" else 400)
    except StoreFailed as error:
        _LOG.error("A logout token could not be processed. %s", error)
        return _answer(503)
    return _answer(200)


async def _token(request: Request) -> str:
    """Return the logout token in a form. No more than the maximum length of a token is read."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_BODY:
                raise ProviderFailed("It's too long.", why="forged")
    except ClientDisconnect:
        raise ProviderFailed("It arrived incomplete.", why="forged") from None
    try:
        logout_token = parse_qs(body.decode("latin-1"), max_num_fields=10).get("logout_token", [])
    except ValueError:
        raise ProviderFailed("It has too many fields.", why="forged") from None
    if len(logout_token) != 1:
        raise ProviderFailed("It's missing.", why="forged")
    return logout_token[0]


def _end(token: str) -> None:
    client, notice = _read(token)
    live = session.live()
    with live.store.write(recorded=False) as transaction:
        count = end_provider_session(
            transaction,
            live.keys,
            client.metadata().issuer,
            sid=notice.session,
            sub=notice.subject,
            issued_at=datetime.fromtimestamp(notice.issued_at, UTC),
            by=SAMEPAGE,
        )
    live.sign_ins.look()
    _LOG.info("%s ended %s sign-ins.", client.provider.label, count)


def _read(token: str) -> tuple[ProviderClient, Notice]:
    """Return the provider that issued a token, and the sign-ins that the token ends.

    Several providers in the settings can share an issuer, each for another client. If one doesn't respond, it can be
    the right one.
    """
    issuer, failures = issuer_of(token), list[ProviderFailed]()
    for client in session.clients().values() if issuer else ():
        try:
            if client.metadata().issuer == issuer:
                return client, client.ended(token)
        except ProviderFailed as failed:
            failures.append(failed)
    down = next((failure for failure in failures if failure.why == "down"), None)
    raise down or next(iter(failures), ProviderFailed("No provider in the settings signed it.", why="forged"))


def _answer(status: int) -> Response:
    said = {} if status == 200 else {"error": "invalid_request" if status == 400 else "temporarily_unavailable"}
    return JSONResponse(said, status, headers={"cache-control": "no-store"})
