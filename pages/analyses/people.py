"""People from a part of an analysis: whose analysis this is, and which other ones can be made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.kind import Shown, metrics_in
from pages.shell import session
from pages.shell.parts import plain
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.parts import read_part_of
from semantic.analyses.events.sets import offered_parts, plural, read_set, set_words
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.analyzing.saved import SavedAnalyses
    from semantic.workspace import Workspace

USE = "Use these people in…"


def only_these(form: Form) -> None:
    """Draw the set that an analysis is limited to, with its parts and a way to count everyone again, or a way to choose
    one from a saved analysis.
    """
    if form.data.get("of") is None:
        if form.data.get("who") is None and form.state.kind in EVENT_KINDS:
            _choose_saved(form)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis-of"):
        words = set_text(form.data, "of", form.workspace, form.state.actor)
        st.markdown(f":small[:material/group: Only {plain(words)}]", width="stretch")
        st.button(
            "Everyone", key=form.key("of", "remove"), type="tertiary", icon=":material/close:",
            help="Count everyone again", on_click=form.act(lambda data: put(data, ("of",), None)),
        )  # fmt: skip

    _parts(form)


def _parts(form: Form) -> None:
    """Draw the parts of the analysis that the people come from."""
    try:
        of = read_set(read_part_of(form.data.get("of"), "of"))
        parts = offered_parts(of.kind, of.asked, form.seen, today=form.workspace.today())
    except SemanticError:
        return
    options = {json.dumps(part, sort_keys=True): words for part, words in parts}
    now = json.dumps(at(form.data, ("of", "part")), sort_keys=True)
    if now not in options:
        return
    key = form.key("of", "part")
    form.bind(key, lambda data, value: put(data, ("of", "part"), json.loads(value)) if value else data, among=options)
    st.selectbox(
        "Who", list(options), index=list(options).index(now), key=key, format_func=lambda part: plain(options[part])
    )


def _choose_saved(form: Form) -> None:
    """Draw the saved analyses whose people can be used: those of kinds with parts, that follow the same subject."""
    with st.popover("Only some people", icon=":material/group:", key=form.key("of"), on_change="rerun") as popover:
        if not popover.open:
            return
        work = session.analysis_work(form.workspace, form.state.actor)
        heads = [head for head in work.analyses() if (kind := EVENT_KINDS.get(head.kind)) is not None and kind.parts]
        if not heads:
            st.caption("Save a funnel or RFM first. Then you can use people from it here.")
            return
        labels = {head.id: head.name for head in heads}
        key = form.key("of", "saved")
        chosen = st.selectbox(
            "From a saved analysis", list(labels), index=None, key=key, placeholder="Choose",
            format_func=lambda saved: plain(labels[saved]),
        )  # fmt: skip
        if chosen is not None:
            _use_saved(form, work, chosen)


def _use_saved(form: Form, work: SavedAnalyses, saved: str) -> None:
    """Draw the button that limits the analysis to the first part of a saved one, or say why it can't."""
    try:
        analysis = work.open(saved).analysis
        parts = offered_parts(analysis.kind, analysis.asked, form.seen, today=form.workspace.today())
    except SemanticError as error:
        st.caption(plain(str(error)))
        return
    subject = analysis.data.get("subject")
    if subject != form.data.get("subject") or not parts:
        mine, its = (str(each).replace("_", " ") for each in (form.data.get("subject"), subject))
        st.caption(
            plain(f"It follows each {its}, but this analysis follows each {mine}. Choose one that follows the same.")
        )
        return
    of = {"analysis": analysis.data, "part": parts[0][0]}
    st.button("Use these people", key=form.key("of", "use"), on_click=form.act(lambda data: put(data, ("of",), of)))


def set_text(data: Data, key: str, workspace: Workspace, actor: Actor) -> str:
    """Return the people in the set at a key of a definition: `visitors who reached View but not Cart`."""
    subjects = plural(str(data.get("subject", "person")))
    try:
        words = set_words(read_part_of(data.get(key), key), workspace.visible(actor), today=workspace.today())
    except SemanticError:
        return f"{subjects} from another analysis"
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
            st.toast(f"{plain(page.label)} has nothing to count for these people.", icon=":material/info:")

    if offered and metrics:
        st.menu_button(plain(label), list(offered), key=key, on_click=choose, icon=":material/group:")


def _of_these(made: Data, data: Data, of: Data) -> Data:
    """A definition for only these people, with the subject and period of the analysis that they come from."""
    time = {} if data.get("time") is None else {"time": data["time"]}
    return {**made, "subject": data.get("subject"), **time, "of": of}
