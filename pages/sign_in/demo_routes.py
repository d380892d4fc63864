"""The demo's addresses for signing in and out. They're needed because only the response to a real request can set a
cookie.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pages.shell import identity, session, viewing
from semantic.errors import SignInRefused, StoreFailed
from semantic.policy.actor import Actor
from semantic.policy.claims import demo_person
from semantic.store.accounts.sign_ins import DEMO


async def sign_in(request: Request) -> Response:
    """Set the cookie of a demo person, and redirect to the requested page and question."""
    asked = request.query_params
    person, return_to = asked.get("as", ""), asked.get("next", "/")
    visit = request.cookies.get(identity.VISIT_COOKIE, "")
    is_ours = identity.is_link_token(asked.get("token", ""), visit, "sign-in", person, return_to)
    actor = session.workspace().people.get(person)
    if not (is_ours and actor and identity.is_safe_return(return_to) and _comes_from_here(request)):
        return _refused()
    before = request.cookies.get(identity.COOKIE, "")
    try:
        token = await run_in_threadpool(_begin, actor, before)
    except SignInRefused as refused:
        return PlainTextResponse(str(refused), 403, headers={"cache-control": "no-store"})
    except StoreFailed as error:
        return _unavailable(error)
    response = _redirect(return_to)
    response.set_cookie(
        identity.COOKIE,
        token,
        max_age=int(identity.DEMO_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def sign_out(request: Request) -> Response:
    """End this sign-in in every tab, and delete its cookie."""
    before = request.cookies.get(identity.COOKIE, "")
    try:
        here = await run_in_threadpool(session.live().sign_ins.find, before)
        name = here.number if here else ""
        visit, token = request.cookies.get(identity.VISIT_COOKIE, ""), request.query_params.get("token", "")
        if not (identity.is_link_token(token, visit, "sign-out", name) and _comes_from_here(request)):
            return _refused()
        await run_in_threadpool(_end, before)
    except StoreFailed as error:
        return _unavailable(error)
    response = _redirect("/")
    response.delete_cookie(identity.COOKIE, httponly=True, samesite="lax")
    return response


def _begin(actor: Actor, before: str) -> str:
    """Sign a demo person in, record it in the audit log, and return the token. An earlier sign-in of this
    browser ends.
    """
    live = session.live()
    _end_viewing(before)
    until = datetime.now(UTC) + identity.DEMO_LASTS
    return live.sign_ins.begin(demo_person(actor), provider=DEMO, until=until, before=before)


def _end(before: str) -> None:
    _end_viewing(before)
    session.live().sign_ins.end(before)


def _end_viewing(token: str) -> None:
    live = session.live()
    signed_in = live.sign_ins.find(token)
    if signed_in is not None:
        with suppress(StoreFailed):  # View-as has ended either way, and signing out must not wait for a store.
            viewing.end(live, signed_in.number, "signed_out")


def _comes_from_here(request: Request) -> bool:
    """Return whether the browser says that the request comes from one of our pages.

    A browser that doesn't say so has to send the token.
    """
    return request.method == "GET" and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _redirect(path: str) -> Response:
    return RedirectResponse(path, 303, headers={"cache-control": "no-store"})


def _refused() -> Response:
    return PlainTextResponse(
        "This link is no longer valid in this browser. Open Samepage again and sign in from there.",
        403,
        headers={"cache-control": "no-store"},
    )


def _unavailable(error: StoreFailed) -> Response:
    return PlainTextResponse(str(error), 503, headers={"cache-control": "no-store"})
