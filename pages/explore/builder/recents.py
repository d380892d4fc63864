"""The recent questions of a person from all sessions, and what the person opened in this session. Searches list these
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import streamlit as st

from pages.shell import session
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json, query_to_json
from semantic.query.query import Query

KEY, OF, TIMES = "recent_questions", "recent_questions_of", "recent_questions_times"
OPENED = "recently_opened"
MOST = 50


def begin(actor: Actor) -> None:
    """Read this person's recent questions from other sessions, once. Call this at the top of a page."""
    reader, own = (actor.id, actor.viewed_by), st.session_state.get(OF)
    if own == reader:
        return
    try:
        before = {query_to_json(query): at for query, at in session.recents().of(actor).items()}
    except SemanticError:  # While the store is unavailable, new questions are still remembered.
        before = {}
    here = st.session_state.get(KEY, []) if own is None else []
    times = st.session_state.get(TIMES, {}) if own is None else {}
    st.session_state[OF], st.session_state[KEY] = reader, list(dict.fromkeys([*here, *before]))[:MOST]
    st.session_state[TIMES] = before | times


def remember(query: Query, actor: Actor) -> None:
    """Put a question first among the recent ones. Each question is stored once, as JSON.

    The question is also saved to the store in the background, so questions that name a person are left out.
    """
    text = query_to_json(query)
    before: list[str] = st.session_state.get(KEY, [])
    if before[:1] != [text]:
        st.session_state[KEY] = [text, *(link for link in before if link != text)][:MOST]
        times: dict[str, datetime] = st.session_state.get(TIMES, {}) | {text: session.recents().now()}
        st.session_state[TIMES] = {link: times[link] for link in st.session_state[KEY] if link in times}
        session.recents().asked(actor, query)
    note("question", _digest(text))


def recent() -> list[Query]:
    """Return the recent questions, newest first."""
    queries = [_read(text) for text in st.session_state.get(KEY, [])]
    return [query for query in queries if query is not None]


def asked_at(query: Query) -> datetime | None:
    """Return when a recent question was asked, or None if that's unknown."""
    times: dict[str, datetime] = st.session_state.get(TIMES, {})
    return times.get(query_to_json(query))


@lru_cache(maxsize=1_000)
def _read(text: str) -> Query | None:
    """Return a saved recent question, or None if this version can't read it."""
    try:
        return query_from_json(text)
    except SemanticError:
        return None


def note(kind: str, name: str) -> None:
    """Record that a metric, a board or a question was opened. `name` is its name, ID or digest."""
    thing, before = (kind, name), st.session_state.get(OPENED, ())
    if before[:1] != [thing]:
        st.session_state[OPENED] = [thing, *(other for other in before if other != thing)][:MOST]


def opened() -> list[tuple[str, str]]:
    """Return the kind and name of everything that this session opened, newest first."""
    return list(st.session_state.get(OPENED, ()))


def names() -> list[str]:
    """Return the metrics that this session opened, newest first, then the names in the recent questions."""
    pages = [name for kind, name in opened() if kind == "metric"]
    return list(dict.fromkeys([*pages, *recent_names(recent())]))


def digest(query: Query) -> str:
    """Return a short ID of a question for lists that the browser gets."""
    return _digest(query_to_json(query))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def stamp() -> tuple[str, ...]:
    """Return a value that changes whenever the recent questions do."""
    return tuple(st.session_state.get(KEY, ()))


def recent_names(queries: Sequence[Query]) -> list[str]:
    """Return the metrics and breakdowns in these questions, newest first."""
    return list(dict.fromkeys(name for query in queries for name in (*query.metrics, *(by.dim for by in query.by))))
