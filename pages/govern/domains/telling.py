"""The outcome of the last click, which is shown once."""

from __future__ import annotations

import streamlit as st

from pages.shell import links
from pages.shell.parts import notice, plain
from semantic.errors import ModelError, SemanticError

_TOLD, _TO_CHANGES = "domain-told", "domain-told-link"


def tell(text: str, *, to_changes: bool = False) -> None:
    """Show success. If `to_changes` is set, a link leads to the draft's changes, where they can be published."""
    st.session_state[_TOLD] = ("good", "check_circle", text)
    st.session_state[_TO_CHANGES] = to_changes


def tell_failure(error: SemanticError) -> None:
    """Show why an action failed."""
    st.session_state[_TOLD] = ("bad", "error", words_of(error))
    st.session_state[_TO_CHANGES] = False


def words_of(error: SemanticError) -> str:
    """Return the sentences of an error, without the file locations of a model's problems."""
    if isinstance(error, ModelError):
        return " ".join(f"{problem.message} {problem.remedy}".strip() for problem in error.problems[:3])
    return str(error)


def show_outcome() -> None:
    """Draw the outcome of the last click."""
    told = st.session_state.pop(_TOLD, None)
    if told is None:
        return
    notice(*told, key="domain-told-notice")
    if st.session_state.pop(_TO_CHANGES, False):
        page = links.page_of(links.DEFINITIONS)
        st.page_link(page, label=plain("Review and publish in Definitions"), icon=":material/edit_note:")
