"""The colours of the reader's light or dark mode."""

from __future__ import annotations

import streamlit as st

from semantic.display.tokens import Tokens, tokens_for


def current_tokens() -> Tokens:
    """Return the colours of the mode that this browser shows."""
    return tokens_for(st.context.theme.type)
