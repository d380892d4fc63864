"""Buttons that are always enabled. If a value is missing, a click shows that at its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.shell.parts import plain


def needs(fields: Mapping[str, str], then: Callable[..., None]) -> Callable[..., None]:
    """Return a click handler that calls `then` or, while a field has no value, shows the field's message.

    `fields` has the messages by widget key. Values are read on click, so they include what people typed last.
    """

    def press(*args: object) -> None:
        missing = {key: words for key, words in fields.items() if not _has(st.session_state.get(key))}
        for key in fields:
            st.session_state.pop(_missing_key(key), None)
        if not missing:
            then(*args)
        for key, words in missing.items():
            say_missing(key, words)

    return press


def say_missing(key: str, words: str) -> None:
    """Set the message about what a field needs, from the next run on."""
    st.session_state[_missing_key(key)] = words


def show_missing(key: str) -> None:
    """Draw the message about what a field needs, if a click found its value missing. Call this below the field."""
    words = st.session_state.get(_missing_key(key))
    if not words:
        return
    if _has(st.session_state.get(key)):
        st.session_state.pop(_missing_key(key), None)
        return
    st.markdown(f":small[:red[:material/error: {plain(str(words))}]]")


def _has(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], ())


def _missing_key(key: str) -> str:
    return f"{key}-missing"
