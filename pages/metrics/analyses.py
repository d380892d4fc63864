"""The model's analyses, below the metrics, and the page of one: how it counts, its owner, and its trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.analyses.kinds import KIND_PAGES
from pages.metrics.certification import certification
from pages.metrics.list import BADGES, PAGE
from pages.metrics.metric import to_the_list
from pages.shell import links, session
from pages.shell.parts import NO_DESCRIPTION, Fact, badge_text, block, card, notice, page_header, plain, trust_strip
from pages.shell.turns import in_turn
from semantic.analyses.events.named import analysis_of, find_named, metrics_of_named, named_analyses
from semantic.display.format import counted
from semantic.display.trust import metric_fact
from semantic.errors import SemanticError, UnknownName
from semantic.model.certification_status import CertificationStatus, certification_status, lapsed_words
from semantic.model.domains import label_of
from semantic.services.analyzing.naming import rule_of_named, search_named
from semantic.services.analyzing.uses import uses_of_analysis
from semantic.services.certifying.work import CertifyWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semantic.model.named_analyses import NamedAnalysis
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

_SHOWN: Final = "analyses-shown"
_SEARCHED: Final = 8
"""The number of analyses from which the list has a search field."""


def analyses_list(workspace: Workspace, actor: Actor) -> None:
    """Draw the list below the metrics, or nothing if this person can't see any analysis."""
    seen, today = workspace.visible(actor), workspace.today()
    analyses = named_analyses(seen)
    if not analyses:
        return
    certified = sum(certification_status(named, today) is CertificationStatus.CERTIFIED for named in analyses)
    with block("Analyses", f"{counted(len(analyses), 'analysis', 'analyses')}, {certified} certified"):
        found = _searched(analyses)
        found = sorted(found, key=lambda named: certification_status(named, today) is not CertificationStatus.CERTIFIED)
        if not found:
            st.caption("No matches.")
            return
        shown = st.session_state.get(_SHOWN, PAGE)
        with st.container(border=True, gap="xsmall", key="list-of-analyses"):
            for named in found[:shown]:
                _row(named, seen, certification_status(named, today))
        if len(found) > shown:
            st.button(f"Show {min(PAGE, len(found) - shown)} more", key="analyses-more", on_click=_more, args=(shown,))


def _searched(analyses: Sequence[NamedAnalysis]) -> Sequence[NamedAnalysis]:
    if len(analyses) < _SEARCHED:
        return analyses
    text = st.text_input(
        "Search analyses", key="analyses-search", icon=":material/search:", label_visibility="collapsed",
        placeholder="Search names, descriptions and synonyms",
    )  # fmt: skip
    return search_named(analyses, text or "")


def _more(shown: int) -> None:
    st.session_state[_SHOWN] = shown + PAGE


def _row(named: NamedAnalysis, seen: VisibleModel, how: CertificationStatus) -> None:
    name, meaning, facts = st.columns([1.5, 2.6, 1.6], gap="xsmall", vertical_alignment="center")
    with name, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        links.named_link(named.label, named.name, strong=True)
        if how in BADGES:
            icon, colour = BADGES[how]
            st.badge(badge_text(how.words), icon=f":material/{icon}:", color=colour)
        if domain := label_of(named.domain, seen.model.domains):
            st.markdown(f":small[:gray-badge[{badge_text(domain)}]]", width="content")
    with meaning:
        st.markdown(plain(named.description or NO_DESCRIPTION))
    with facts:
        kind = analysis_of(named, seen.model).kind.label
        owner = named.owner or "No owner"
        st.markdown(f":small[:gray[{plain(kind)} &nbsp;\N{MIDDLE DOT}&nbsp; {plain(owner)}]]")


# One analysis


def show(name: str, workspace: Workspace, actor: Actor) -> None:
    """Draw the page of one analysis. Raises UnknownName, also for an analysis that this person can't see."""
    seen, today = workspace.visible(actor), workspace.today()
    named = find_named(name[:100], seen)
    page_header(named.label, named.description, lambda: _actions(named), scope=seen.scope)
    facts = [metric_fact(named, today=today)]
    if named.owner:
        facts.append(Fact(f"Owner: {named.owner}", "person", "quiet", "Responsible for this definition."))
    trust_strip(facts)
    with st.container(gap="small", key="analysis-page"):
        if certification_status(named, today) is CertificationStatus.LAPSED:
            renew = " Renew it below, under Certification." if actor.is_at_least("steward") else ""
            notice("caution", "gpp_maybe", f"{lapsed_words(named)}{renew}", key="analysis-lapsed")
        left, right = st.columns([2, 1], gap="small")
        with left, card("How it counts"):
            _rule(named, workspace, actor)
        with right:
            _about(named, seen)
        _trust(named.name)


def unknown(name: str) -> None:
    """Say that there is no such analysis. The words are the same for an analysis that this person can't see."""
    page_header("Metrics")
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="analysis-unknown"):
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{name[:60]}\N{RIGHT DOUBLE QUOTATION MARK}"
        st.markdown(f"**Analysis {plain(quoted)} not found**", text_alignment="center")
        st.caption("It may have been renamed, or you don't have access.", text_alignment="center")
        to_the_list()


def _actions(named: NamedAnalysis) -> None:
    to_the_list()
    if st.button("Open in Analyses", type="primary", key="open-named", icon=":material/query_stats:"):
        st.switch_page(links.ANALYSES, query_params={links.NAMED: named.name})


def _rule(named: NamedAnalysis, workspace: Workspace, actor: Actor) -> None:
    try:
        rule = rule_of_named(named, workspace.visible(actor), today=workspace.today())
    except SemanticError as error:
        st.caption(f"This analysis can't be answered under your access. {plain(str(error))}")
        return
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in rule))


def _about(named: NamedAnalysis, seen: VisibleModel) -> None:
    analysis = analysis_of(named, seen.model)
    subject = analysis.kind.reads(analysis.asked).population.subject
    rows = {
        "Kind": KIND_PAGES[analysis.kind.name].label,
        "Follows each": subject.replace("_", " "),
        "Owner": named.owner or "No owner",
        "Domain": label_of(named.domain, seen.model.domains),
        "Also called": ", ".join(named.synonyms),
        "Tags": ", ".join(sorted(named.tags)),
    }
    with card("Facts"):
        st.table({name: plain(text) for name, text in rows.items() if text}, border="horizontal", hide_header=True)
        with st.container(gap="xsmall"):
            st.caption("Metrics it counts")
            for name in metrics_of_named(named, seen.model):
                links.metric_link(seen.metric(name).label or name, name, icon="")


@st.fragment(parallel=True)
@in_turn
def _trust(name: str) -> None:
    """Draw the certification of an analysis, and the items that show the analysis."""
    workspace, actor = session.require("viewer")
    try:
        named = find_named(name, workspace.visible(actor))
    except UnknownName:
        return
    with st.grid(2, min_column_width=300, gap="small"):
        with card("Certification"):
            try:
                fact = metric_fact(named, today=workspace.today())
                work = CertifyWork(session.live(), actor) if workspace.published is not None else None
                certification(named, fact, work)
            except SemanticError as error:
                st.caption(f":material/cloud_off: {plain(str(error))}")
        with card("Used by"):
            _used(named, actor)


def _used(named: NamedAnalysis, actor: Actor) -> None:
    try:
        uses = uses_of_analysis(session.live(), actor, named)
    except SemanticError as error:
        st.caption(f":material/cloud_off: {plain(str(error))}")
        return
    if not uses:
        st.caption("None of the saved analyses and boards you can open use it.")
    for use in uses:
        owner = use.owner_name.partition(", ")[0]
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if use.kind == "analysis":
                links.analysis_link(use.title, use.id, width="content")
                what = "Saved analysis"
            else:
                links.board_link(use.title, use.id)
                what = f"Board, {counted(use.count, 'tile')}"
            st.markdown(f":small[:gray[{plain(f'{what}, {owner}' if owner else what)}]]", width="content")
