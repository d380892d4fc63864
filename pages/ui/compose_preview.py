"""What readers will see of the draft: the open tab's tiles, drawn as theirs are, with what is set when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.composing import Composing

if TYPE_CHECKING:
    from semantic.workspace import Workspace


def preview(held: Composing, workspace: Workspace) -> None:
    st.write("preview")
