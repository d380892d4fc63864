"""People from a part of an analysis: whose analysis this is, and which other ones can be made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses.draft import Data, put
from pages.analyses.form import Form
from pages.analyses.kind import Shown, metrics_in
from pages.shell.parts import plain
from semantic.analyses.events.parts import read_part_of
from semantic.analyses.events.sets import plural, set_words
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

USE = "Use these people in…"


def only_these(form: Form) -> None:
    """Draw the set that an analysis is limited to, with a way to count everyone again."""
    if form.data.get("of") is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis-of"):
        words = set_text(form.data, "of", form.workspace, form.state.actor)
        st.markdown(f":small[:material/group: Only {plain(words)}]", width="stretch")
        st.button(
            "Everyone", key=form.key("of", "remove"), type="tertiary", icon=":material/close:",
            help="Count everyone again", on_click=form.act(lambda data: put(data, ("of",), None)),
        )  # fmt: skip


def set_text(data: Data, key: str, workspace: Workspace, actor: Actor) -> str:
    """Return the people in the set at a key of a definition: `visitors who reached View but not Cart`."""
    subjects = plural(str(data.get("subject", "person")))
    try:
        words = set_words(read_part_of(data.get(key), key), workspace.visible(actor), today=workspace.today())
    except SemanticError:
        return f"{subjects} in a part of another analysis"
    return f"{subjects} who {words}"


def use_menu(shown: Shown, of: Data, *, key: str, label: str = USE) -> None:
    """Draw a menu of the analyses that can be made of some people. Each opens in place of this one."""
    offered = {page.label: page for page in shown.pages.values() if page.start is not None}
    metrics = metrics_in(of)

    def choose() -> None:
        chosen = st.session_state.get(key)
        page = offered.get(chosen) if isinstance(chosen, str) else None
        seen = shown.workspace.visible(shown.actor)
        for metric in metrics if page is not None and page.start is not None else ():
            assert page is not None
            assert page.start is not None
            made = page.start(metric, seen, shown.workspace)
            if made is not None:
                shown.ask(_of_these(made, shown.data, of))
                return
        if page is not None:
            st.toast(f"{page.label} has nothing to count for these people.", icon=":material/info:")

    if offered and metrics:
        st.menu_button(plain(label), list(offered), key=key, on_click=choose, icon=":material/group:")


def _of_these(made: Data, data: Data, of: Data) -> Data:
    """A definition for only these people, with the subject and period of the analysis that they come from."""
    time = {} if data.get("time") is None else {"time": data["time"]}
    return {**made, "subject": data.get("subject"), **time, "of": of}
