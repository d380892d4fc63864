"""Read the request of a script: its token, and its question as JSON, with limits on size, depth and time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from semantic.query.codec import data_from_json
from semantic.query.data import query_from_data
from semantic.query.query import Query

MOST_BYTES: Final = 64 * 1024
MOST_READ: Final = 4 * 1024 * 1024
"""The maximum number of bytes of an oversized body to read and discard, so that the sender gets the reason for the
refusal.
"""

MOST_DEEP: Final = 40
SECONDS: Final = 20.0
"""The maximum number of seconds for a body to arrive."""

_STRING = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)  # the pattern always matches, so each byte is read once
_BRACKET = re.compile(r"[\[\]{}]")
_HALF_OR_NUL = re.compile("[\0\ud800-\udfff]")


class RequestRefused(Exception):
    """Raised to refuse a request, with a code and a reason."""

    def __init__(self, code: str, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.headers = code, reason, headers or {}


def bearer_of(headers: Headers) -> str:
    """Return the bearer token in the `Authorization` header, or "" unless there is exactly one such header."""
    values = headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


async def read_question(request: Request) -> Query:
    """Return the question in the body, in the format of decision 40. Raises RequestRefused, or InvalidQuery with the
    problem.
    """
    return query_from_data(await read_body(request))


async def read_body(request: Request) -> object:
    """Return the JSON in the body. Raises RequestRefused, or InvalidQuery if the body isn't JSON."""
    if request.query_params:
        raise RequestRefused("parse_error", "Send the question in the body, not in the address.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(
            "wrong_type", "Send the question as JSON, with the header `Content-Type: application/json`."
        )
    text = _text(await _bytes(request))
    _check_depth(text)
    data = data_from_json(text)
    _check_letters(data)
    return data


async def _bytes(request: Request) -> bytes:
    """Return the body. Whatever length the header announces, it reads no more than a question can have."""
    content_length = request.headers.get("content-length", "0")
    if not content_length.isdecimal() or len(content_length) > 18 or int(content_length) > MOST_READ:
        raise _too_large()
    body, read = bytearray(), 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                read += len(part)
                body += part[: MOST_BYTES + 1 - len(body)]
                if read > MOST_READ:
                    raise _too_large()
    except TimeoutError:
        raise RequestRefused(
            "too_slow", f"The question did not arrive within {SECONDS:.0f} seconds. Send it again."
        ) from None
    except ClientDisconnect:
        raise RequestRefused("too_slow", "The question arrived incomplete. Send it again.") from None
    if len(body) > MOST_BYTES:
        raise _too_large()
    return bytes(body)


def _too_large() -> RequestRefused:
    return RequestRefused(
        "too_large", f"A question can have at most {MOST_BYTES:,} bytes. Shorten its filters.", _CLOSES
    )


_CLOSES: Final = {"connection": "close"}  # the rest isn't read


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestRefused("parse_error", "The question is not UTF-8. Send it as UTF-8.") from None


def _check_depth(text: str) -> None:
    """Check the depth of the brackets before parsing, because a parser recurses as deep as they go."""
    depth = 0
    for sign in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if sign in "[{" else -1
        if depth > MOST_DEEP:
            raise RequestRefused(
                "parse_error", f"The question is nested more than {MOST_DEEP} levels deep. Remove some levels."
            )


def _check_letters(data: object) -> None:
    """Raise RequestRefused for a string with NUL or half a surrogate pair, which no engine accepts."""
    ahead: list[object] = [data]
    while ahead:
        match ahead.pop():
            case str() as text if _HALF_OR_NUL.search(text):
                raise RequestRefused("parse_error", "The question contains a NUL or half a surrogate pair. Remove it.")
            case dict() as node:
                ahead += [*node.keys(), *node.values()]
            case list() as node:
                ahead += node
            case _:
                pass
