"""The addresses for signing in with a provider: they send a browser to the provider, receive it back, and sign it out.

Any failure leads back to the requested page, which says what happened. The provider's own words, and the address with
its code, are never shown.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pages.shell import identity, session, viewing
from pages.sign_in import flows, providers
from pages.sign_in.backchannel_logout import end_sign_ins
from pages.sign_in.flows import Note, Problem
from semantic.errors import ProviderFailed, SignInRefused, StoreFailed
from semantic.identity.renewal import Renewals, read_stored_proof, stored_proof
from semantic.identity.sessions import SignedIn
from semantic.oidc.client import Proof
from semantic.policy.claims import person_from_claims
from semantic.store.accounts.sign_ins import read_refresh

_LOG = logging.getLogger("samepage.sign_in")
_CODE: Final = re.compile(r"[\x21-\x7e]{1,4000}")
CALLBACK: Final = "/auth/callback"


def routes(*, is_open: bool) -> list[Route]:
    """Return the routes for signing in with a provider. If there is no provider, they respond as if they
    didn't exist.
    """
    ours = [
        Route("/auth/sign-in", sign_in, methods=["GET"]),
        Route(CALLBACK, callback, methods=["GET"]),
        Route("/auth/sign-out", sign_out, methods=["GET"]),
        Route("/auth/ended", end_sign_ins, methods=["POST"]),
    ]
    nothing = [Route("/auth/{rest:path}", _nothing), Route("/oauth2callback", _nothing)]
    return [*(ours if is_open else []), *nothing]


async def sign_in(request: Request) -> Response:
    """Redirect a browser to its provider, with a signed note that it brings back."""
    asked = request.query_params
    return_to = _safe(asked.get("next", "/"))
    client = session.clients().get(asked.get("provider", ""))
    if client is None or request.headers.get("sec-fetch-site", "none") == "cross-site":
        return _redirect(return_to)  # The sign-in page is there. Another site can't start a sign-in here.
    is_silent = "silent" in asked
    prompt = "none" if is_silent else "login" if "other" in asked else ""
    try:
        here = await run_in_threadpool(_here, request.cookies) if is_silent else None
        if is_silent and here is None:
            return _redirect(return_to)  # There's no sign-in to renew.
        address, flow = await run_in_threadpool(client.begin, _callback(), prompt=prompt)
    except ProviderFailed as failed:
        return _failed(failed.why, client.provider.name, return_to, failed, is_silent=is_silent)
    except StoreFailed as error:
        return _failed("store", client.provider.name, return_to, error, is_silent=is_silent)
    note = Note(
        provider=client.provider.name,
        flow=flow,
        return_to=flows.short_return(return_to),
        is_silent=is_silent,
        until=int(time.time()) + flows.FLOW_SECONDS,
        renews=here.number if here is not None else "",
    )
    response = _redirect(address)
    name, value = flows.name_of(flow.state), flows.write_note(note)
    _set(response, name, value, flows.FLOW_SECONDS, path=flows.FLOW_PATH)
    for other in flows.surplus_notes(request.cookies, name, value):
        _drop(response, other, path=flows.FLOW_PATH)
    return response


async def callback(request: Request) -> Response:
    """Handle a browser that returns from the provider: sign it in, or lead it to a sentence that says why not."""
    asked = request.query_params
    note = flows.read_note(request.cookies, asked.get("state", ""), time.time())
    if note is None:
        # The browser's Back button, a link from elsewhere, or a browser that accepts no cookies.
        return await _leave_alone(request)
    client = session.clients().get(note.provider)
    try:
        if client is None:
            raise ProviderFailed(f"{note.provider} is no longer in the settings.", why="stale")
        metadata = await run_in_threadpool(client.metadata)
        if asked.get("iss", metadata.issuer) != metadata.issuer or (metadata.names_issuer and "iss" not in asked):
            raise ProviderFailed(f"Someone else answered a sign-in with {client.provider.label}.", why="forged")
        if "error" in asked:
            raise client.failure(asked["error"])
        if not _CODE.fullmatch(asked.get("code", "")):
            raise ProviderFailed(f"{client.provider.label} sent a browser back without a code.", why="forged")
        proof = await run_in_threadpool(client.finish, _callback(), note.flow, asked["code"])
        response = await run_in_threadpool(_take, request.cookies, note, proof)
    except ProviderFailed as failed:
        response = await run_in_threadpool(_not_proven, request.cookies, note, failed)
    except SignInRefused as refused:
        response = await run_in_threadpool(_not_let_in, request.cookies, note, refused)
    except StoreFailed as error:
        response = _failed("store", note.provider, note.return_to, error, is_silent=note.is_silent)
    _drop(response, flows.name_of(note.flow.state), path=flows.FLOW_PATH)
    return response


async def sign_out(request: Request) -> Response:
    """End this sign-in in every tab, and continue to the provider's own sign-out if that was requested."""
    token = request.cookies.get(session.cookie_name(), "")
    try:
        here = await run_in_threadpool(session.live().sign_ins.find, token)
        number, there = here.number if here else "", request.query_params.get("there", "")
        visit, link = request.cookies.get(identity.VISIT_COOKIE, ""), request.query_params.get("token", "")
        is_ours = identity.is_link_token(link, visit, "sign-out", number, there)
        if not is_ours or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _redirect("/sign-out")  # The person confirms there. Another site can't end a sign-in.
        address = await run_in_threadpool(_end, token, here, there == "1")
    except StoreFailed as error:
        return _failed("store", "", "/", error, is_silent=False)
    response = _redirect(address)
    for name in (session.cookie_name(), flows.PROBLEM_COOKIE, flows.TRIED_COOKIE):
        _drop(response, name)
    return response


def _take(cookies: Mapping[str, str], note: Note, proof: Proof) -> Response:
    """Return the response that signs a browser in, or keeps it signed in. Raises SignInRefused and StoreFailed."""
    before = cookies.get(session.cookie_name(), "")
    response = _redirect(note.return_to)
    if note.is_silent:
        if _renewed(cookies, note) is not None:
            _renewals().keep(before, proof, note.provider)  # a sign-in that has ended in the meantime stays ended
    else:
        token = _begin(note.provider, proof, before)
        _set(response, session.cookie_name(), token, int(providers.sign_in_length().total_seconds()))
    _drop(response, flows.PROBLEM_COOKIE)
    _drop(response, flows.TRIED_COOKIE)
    return response


def _begin(name: str, proof: Proof, before: str) -> str:
    """Sign a person in, and return the token for their browser. Raises SignInRefused and StoreFailed."""
    provider, live = providers.company().provider(name), session.live()
    assert provider is not None, "Only providers in the settings have a client."
    now = datetime.now(UTC)
    person = person_from_claims(proof.claims, provider, now)
    _end_viewing(live.sign_ins.find(before))
    return live.sign_ins.begin(
        person,
        provider=name,
        until=now + providers.sign_in_length(),
        before=before,
        issuer_session=proof.session[:400],
        refresh=stored_proof(proof).to_text(),
    )


def _not_proven(cookies: Mapping[str, str], note: Note, failed: ProviderFailed) -> Response:
    """Return the response to a failed proof. After a silent attempt, this can end the sign-in that it should have
    renewed.
    """
    if note.is_silent and failed.why in ("gone", "denied", "forged"):
        _end_renewed(cookies, note)
        return _failed("gone" if failed.why != "forged" else "forged", note.provider, note.return_to, failed)
    return _failed(failed.why, note.provider, note.return_to, failed, is_silent=note.is_silent)


def _not_let_in(cookies: Mapping[str, str], note: Note, refused: SignInRefused) -> Response:
    if note.is_silent:
        _end_renewed(cookies, note)
    _LOG.warning("A sign-in with %s was refused (%s).", note.provider, refused.why)
    return _problem(Problem(why=refused.why, provider=note.provider, sentence=str(refused)[:600]), note.return_to)


def _end_renewed(cookies: Mapping[str, str], note: Note) -> None:
    signed_in = _renewed(cookies, note)
    if signed_in is not None:
        with suppress(StoreFailed):  # The sign-in ends anyway once its last check is too old.
            _renewals().end(signed_in, "provider")


def _renewed(cookies: Mapping[str, str], note: Note) -> SignedIn | None:
    """Return the sign-in that this attempt renews, or None if the browser now has a different one or none."""
    signed_in = _here(cookies)
    return (
        signed_in
        if signed_in is not None and (signed_in.number, signed_in.provider) == (note.renews, note.provider)
        else None
    )


def _here(cookies: Mapping[str, str]) -> SignedIn | None:
    return session.live().sign_ins.find(cookies.get(session.cookie_name(), ""))


async def _leave_alone(request: Request) -> Response:
    """Return the response to a browser that returns without having been sent by us.

    People who are signed in continue, and others see the reason.
    """
    try:
        here = await run_in_threadpool(session.live().sign_ins.find, request.cookies.get(session.cookie_name(), ""))
    except StoreFailed:
        here = None
    return _redirect("/") if here is not None else _problem(Problem(why="stale", provider=""), "/")


def _end(token: str, signed_in: SignedIn | None, there: bool) -> str:
    """End a sign-in, and return the address that the browser opens next."""
    live, address = session.live(), ""
    client = session.clients().get(signed_in.provider) if signed_in else None
    if signed_in is not None and client is not None and there:
        with live.store.read() as connection:
            kept = read_stored_proof(read_refresh(connection, live.keys, signed_in.number))
        with suppress(ProviderFailed):  # The person is signed out here, whatever happens at the provider.
            address = client.sign_out_address(kept.id_token, f"{providers.company().address}/")
    _end_viewing(signed_in)
    live.sign_ins.end(token)
    return address or "/"


def _end_viewing(signed_in: SignedIn | None) -> None:
    if signed_in is not None:
        with suppress(StoreFailed):  # View-as has ended either way.
            viewing.end(session.live(), signed_in.number, "signed_out")


def _failed(why: str, provider: str, return_to: str, error: Exception, *, is_silent: bool = False) -> Response:
    """Redirect to a page that says why the sign-in failed. A silent attempt shows no message.

    The log has more details.
    """
    _LOG.warning("A sign-in failed (%s). %s", secrets.token_hex(4), error)
    if not is_silent:
        return _problem(Problem(why=why, provider=provider), return_to)
    response = _redirect(return_to)
    _set(response, flows.TRIED_COOKIE, "1", flows.TRIED_SECONDS)
    return response


def _problem(problem: Problem, return_to: str) -> Response:
    response = _redirect(return_to)
    _set(response, flows.PROBLEM_COOKIE, flows.write_problem(problem, time.time()), flows.PROBLEM_SECONDS)
    return response


async def _nothing(_request: Request) -> Response:
    return PlainTextResponse("Not found", 404)


def _renewals() -> Renewals:
    renewals = session.renewals()
    assert renewals is not None, "These addresses exist only where people sign in with a provider."
    return renewals


def _callback() -> str:
    return providers.company().address + CALLBACK


def _safe(return_to: str) -> str:
    is_page = identity.is_safe_return(return_to) and not return_to.startswith(session.SHELL_PATHS)
    return return_to if is_page else "/"


def _redirect(address: str) -> Response:
    return RedirectResponse(address, 303, headers={"cache-control": "no-store"})


def _set(response: Response, name: str, value: str, seconds: int, *, path: str = "/") -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=providers.company().is_https,
    )


def _drop(response: Response, name: str, *, path: str = "/") -> None:
    response.delete_cookie(name, path=path, httponly=True, samesite="lax", secure=providers.company().is_https)


def sign_out_link(visit: str, number: str, *, there: bool) -> str:
    """Return the address that ends this sign-in, in this browser only. If `there` is set, it also signs out at the
    provider.
    """
    part = "1" if there else ""
    token = identity.link_token(visit, "sign-out", number, part)
    return "/auth/sign-out?" + urlencode({"token": token} | ({"there": part} if part else {}))
