"""Buttons that are always enabled: if something is missing, pressing one shows that at the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.shell.parts import plain


def needs(fields: Mapping[str, str], then: Callable[..., None]) -> Callable[..., None]:
    """Return a press handler: `then` or, while a field has no value, only the message for it.

    `fields` has words by the keys of the widgets. What people typed last is read when they press.
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
    """Say what a field needs, from the next run on."""
    st.session_state[_missing_key(key)] = words


def show_missing(key: str) -> None:
    """Draw below a field what it still needs, after a press while it was missing."""
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
