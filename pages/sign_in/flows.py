"""Signed notes that a browser stores while it's at a provider. Each is valid for a few minutes.

Each sign-in attempt has its own note, so that two tabs can sign in at once. A note proves that the browser that returns
is the one that was sent.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

from pages.shell import identity
from semantic.oidc.client import Flow
from semantic.store.accounts.sign_ins import CLOCKS_APART

FLOW_COOKIE: Final = "samepage_flow_"
FLOW_PATH: Final = "/auth/"
FLOW_SECONDS: Final = 600
MOST_FLOWS: Final = 8
MOST_BYTES: Final = 6_000
"""The maximum size of all notes of a browser together, including their names.

The browser sends them in one header, together with its sign-in, and proxies accept headers of 8 or 16 KB. If they were
larger, no request would reach us until the notes expire.
"""
PROBLEM_COOKIE: Final = "samepage_problem"
PROBLEM_SECONDS: Final = 300
TRIED_COOKIE: Final = "samepage_tried"
"""The cookie of a browser whose silent sign-in just failed, which keeps it from being sent to the provider again and
again.
"""
TRIED_SECONDS: Final = 120
_LONGEST_RETURN: Final = 1_900  # bytes as they are written; a cookie holds 4,096


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One sign-in attempt: the provider, what its response must match, and where to return. `until` is in seconds since
    1970.

    If `is_silent` is set, the person isn't asked anything, and `renews` is the sign-in to renew.
    """

    provider: str
    flow: Flow
    return_to: str
    is_silent: bool
    until: int
    renews: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a sign-in failed. `sentence` explains it if there is no fixed text for the reason."""

    why: str
    provider: str
    sentence: str = ""


def begin_address(provider: str, return_to: str, **how: str) -> str:
    """Return the address where a browser starts to sign in.

    With `silent`, the person isn't asked anything. With `other`, the person can use another account.
    """
    return "/auth/sign-in?" + urlencode({"provider": provider, "next": return_to, **how})


def name_of(state: str) -> str:
    """Return the name of the cookie that has the note of a state."""
    return FLOW_COOKIE + hashlib.sha256(state.encode()).hexdigest()[:16]


def write_note(note: Note) -> str:
    """Return a note as the value of its cookie."""
    return _signed("flow", asdict(note))


def read_note(cookies: Mapping[str, str], state: str, now: float) -> Note | None:
    """Return the note of the sign-in that a browser returns from, or None if it started none, or too long ago."""
    fields = _read("flow", cookies.get(name_of(state), ""), now)
    if fields is None:
        return None
    note = Note(
        provider=fields["provider"],
        flow=Flow(**fields["flow"]),
        return_to=fields["return_to"],
        is_silent=fields["is_silent"],
        until=fields["until"],
        renews=fields.get("renews", ""),  # "" in notes of an earlier release, for ten minutes
    )
    is_dated_ahead = note.until > now + FLOW_SECONDS + CLOCKS_APART.total_seconds()  # signed while a clock was wrong
    return note if note.flow.state == state and not is_dated_ahead else None


def surplus_notes(cookies: Mapping[str, str], name: str, value: str) -> list[str]:
    """Return the names of notes that a browser has to drop, oldest first, to make room for another one."""
    counts = {
        cookie: len(cookie) + len(text)
        for cookie, text in cookies.items()
        if cookie.startswith(FLOW_COOKIE) and cookie != name
    }
    dropped: list[str] = []
    for cookie in list(counts):
        fits = sum(counts.values()) + len(name) + len(value) <= MOST_BYTES
        if fits and len(counts) < MOST_FLOWS:
            break
        dropped.append(cookie)
        del counts[cookie]
    return dropped


def short_return(path: str) -> str:
    """Return a return path that fits into a note.

    A path that is too long loses its question or, if that isn't enough, becomes the home page.
    """
    page = path.partition("?")[0]
    return next((candidate for candidate in (path, page) if len(_written(candidate)) <= _LONGEST_RETURN), "/")


def write_problem(problem: Problem, now: float) -> str:
    """Return a problem as the value of its cookie."""
    return _signed("problem", {**asdict(problem), "until": int(now) + PROBLEM_SECONDS})


def read_problem(cookies: Mapping[str, str], now: float) -> Problem | None:
    """Return why the last sign-in of this browser failed, or None if that isn't recent."""
    fields = _read("problem", cookies.get(PROBLEM_COOKIE, ""), now)
    return (
        None if fields is None else Problem(why=fields["why"], provider=fields["provider"], sentence=fields["sentence"])
    )


def _signed(purpose: str, data: Mapping[str, Any]) -> str:  # Any: JSON
    body = urlsafe_b64encode(_written(data)).decode().rstrip("=")
    return f"{body}.{identity.sign(purpose, body)}"


def _written(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def _read(purpose: str, value: str, now: float) -> dict[str, Any] | None:  # Any: JSON
    """Return the content of a note that was signed for this purpose and is still valid, or else None.

    Only this server signs notes, so their format is known.
    """
    body, _, signature = value.partition(".")
    if not identity.is_signed(purpose, body, signature):
        return None
    try:
        document = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (NotBase64, ValueError):
        return None
    return document if now < document["until"] else None
