"""The list that the Saved page opens with: questions or analyses, whichever the person last saved or looked at."""

import streamlit as st

QUESTIONS, ANALYSES = "Questions", "Analyses"
_LAST = "saved_last"


def open_with(shown: str) -> None:
    """Make the Saved page open with questions or analyses in this session."""
    st.session_state[_LAST] = shown


def opens_with() -> str:
    """Return which list the Saved page opens with."""
    return st.session_state.get(_LAST, QUESTIONS)
