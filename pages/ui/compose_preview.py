"""What readers will see of the draft: the tiles of the open tab, drawn as theirs are, with what the board begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.composing import Composing, dimension_labels
from pages.ui.parts import empty_state, plain

if TYPE_CHECKING:
    from semantic.workspace import Workspace


def preview(held: Composing, workspace: Workspace) -> None:
    st.write("preview")
