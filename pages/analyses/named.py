"""The model's named analyses on the Analyses page: a list to start from, and a line above the open analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.analyses.kinds import KIND_PAGES
from pages.analyses.opening import begin
from pages.shell import links, session
from pages.shell.parts import COLOURS, badge_text, plain
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import NamedMatch, analysis_of, match, named_analyses
from semantic.display.trust import Fact, metric_fact
from semantic.errors import SemanticError
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.services.analyzing.naming import named_fact

if TYPE_CHECKING:
    from pages.analyses.state import AnalysisState
    from semantic.model.named_analyses import NamedAnalysis
    from semantic.workspace import Workspace

MOST: Final = 20
SEARCH: Final = "analysis-named-search"


def start_from(state: AnalysisState | None, workspace: Workspace) -> None:
    """Draw the list of the model's named analyses, if this person can see any."""
    actor = state.actor if state is not None else session.require("viewer")[1]
    seen, today = workspace.visible(actor), workspace.today()
    found = sorted(
        named_analyses(seen), key=lambda named: certification_status(named, today) is not CertificationStatus.CERTIFIED
    )
    if not found:
        return
    popover = st.popover("Start from", icon=":material/verified:", key="analysis-named", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=380, gap="small"):
        if len(found) > MOST:
            text = (st.text_input("Search", key=SEARCH, placeholder="Names and descriptions") or "").casefold()
            found = [named for named in found if text in f"{named.label} {named.description}".casefold()]
        for named in found[:MOST]:
            _offered(named, workspace)
        if not found:
            st.caption("No matches.")
        elif len(found) > MOST:
            st.caption(f"{len(found) - MOST:,} more. Search for them.")


def _offered(named: NamedAnalysis, workspace: Workspace) -> None:
    kind = analysis_of(named, workspace.model).kind.name
    fact = metric_fact(named, today=workspace.today())
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                plain(named.label), key=f"named-{named.name}", type="tertiary", on_click=_open, args=(named.name,),
                icon=f":material/{KIND_PAGES[kind].icon}:",
            )  # fmt: skip
            _badge(fact, has_help=False)
        if named.description:
            st.caption(plain(named.description))


def _open(name: str) -> None:
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    named = next((each for each in named_analyses(seen) if each.name == name), None)
    if named is not None:
        state = begin(analysis_of(named, seen.model).data, workspace, actor)
        state.named, state.address = name, st.query_params.get(links.ANALYSIS, "")
    st.session_state["analysis-named"] = False


def named_line(state: AnalysisState, workspace: Workspace) -> None:
    """Draw the line that names the model's analysis that is open, or that the open one was changed from."""
    matched, base = _matched(state, workspace)
    if base is None:
        return
    today = workspace.today()
    fact = named_fact(matched, today=today) if matched is not None else CHANGED
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis-named-line"):
        owner = f", {base.owner}" if base.owner else ""
        st.markdown(
            f":material/book_2: **{plain(base.label)}** :gray[{plain(f'in the model{owner}')}]",
            width="content",
        )  # fmt: skip
        _badge(fact)
        if matched is not None and matched.counts_the_same and matched.changes:
            words = "Another period" if "period" in matched.changes else "With a comparison"
            st.markdown(f":small[:gray[{words}]]", width="content")
        if matched is None or matched.changes:
            st.button(
                "Revert", key="analysis-named-revert", icon=":material/undo:", type="tertiary", on_click=state.show,
                args=(analysis_of(base, workspace.model).data,),
                help="Go back to the definition in the model. You can undo this.",
            )  # fmt: skip


CHANGED: Final = Fact("Changed", "edit", "quiet", "It differs from the definition in the model.", "certified")


def _matched(state: AnalysisState, workspace: Workspace) -> tuple[NamedMatch | None, NamedAnalysis | None]:
    """Return the named analysis that the definition matches, and the one that it matches or was opened from. Each can
    be None.
    """
    seen = workspace.visible(state.actor)
    base = next((named for named in named_analyses(seen) if named.name == state.named), None)
    if state.kind not in EVENT_KINDS:
        return None, None
    try:
        matched = match(Analysis(EVENT_KINDS[state.kind], state.page.read(state.data)), seen)
    except SemanticError:  # the definition isn't complete yet
        return None, base
    if matched is not None:
        state.named = matched.named.name
        return matched, matched.named
    return None, base


def _badge(fact: Fact, *, has_help: bool = True) -> None:
    st.markdown(
        f":{COLOURS[fact.state]}[:material/{fact.icon}:] :small[{plain(badge_text(fact.word))}]", width="content",
        help=plain(fact.sentence) if has_help else None,
    )  # fmt: skip
