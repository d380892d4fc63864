"""The list of saved analyses, next to the list of saved questions, with a search and filters. Archived ones are
separate.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.boards.edit.add_to_board import add_analysis_button, show_dialog
from pages.saved.edit_analysis import edit_analysis_button, show_edited_analysis
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Action, empty_state, plain
from pages.shell.turns import in_turn
from pages.widgets.item_filters import BY_NAME, filter_items, folder_pills, order_of, search_bar
from pages.widgets.item_list import item_list, show_all
from pages.widgets.item_words import where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.analyses.events.definition import KINDS
from semantic.display.words.ages import ago
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.services.analyzing.saved import SavedAnalyses, search_analyses
from semantic.store.analyses.analyses import SavedAnalysis

NAME = "saved-analyses"  # the prefix of the keys of its filters
_LEAVE = "saved_analyses_leave"


@st.fragment
@in_turn
def analyses_list() -> None:
    """Draw the list of saved analyses, which reruns separately on every keystroke."""
    if st.session_state.pop(_LEAVE, False):
        st.switch_page(links.page_of(links.ANALYSES))
    work = session.analysis_work(*session.require("viewer"))
    is_archived = bool(st.session_state.get(f"{NAME}-archived"))
    try:
        analyses = work.analyses(archived=is_archived)
    except SemanticError as error:
        title = "Couldn't load saved analyses"
        empty_state("cloud_off", title, str(error), [Action("Try again", _just_rerun)], key="analyses-away")
        return
    text = search_bar(
        analyses, NAME, label="Search saved analyses", placeholder="Search names, kinds, spaces and owners"
    )  # fmt: skip
    space_pills(analyses, NAME, has_favourites=False)
    in_space = of_space(analyses, NAME)
    folder_pills(in_space, NAME)
    matches = search_analyses(filter_items(in_space, NAME, ()), text)
    if order_of(NAME) == BY_NAME:
        matches = sorted(matches, key=lambda head: head.name.casefold())
    if matches:
        item_list(
            matches, len(analyses), lambda head: _row(head, work), noun="analysis", plural="analyses", name=NAME
        )  # fmt: skip
    else:
        _nothing(is_archived=is_archived, has_any=bool(analyses))
    show_edited_analysis()
    show_dialog(work.actor)


def kind_label(name: str) -> str:
    """Return the label of a kind of analysis."""
    kind = KINDS.get(name)
    return kind.label if kind is not None else "Analysis"


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""


def _row(head: SavedAnalysis, work: SavedAnalyses) -> None:
    name, column, facts = st.columns([2.2, 2.2, 2.2], gap="xsmall", vertical_alignment="center")
    with name:
        links.analysis_link(head.name, head.id, strong=True, icon="", width="stretch")
    with column:
        described = f"{kind_label(head.kind)}. {head.sentence}" if head.sentence else kind_label(head.kind)
        st.markdown(plain(described))
    with facts, st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        folder = f" / {head.folder}" if head.folder else ""
        when = f"{where_words(head)}{folder}. Changed {ago(head.changed_at, work.store.now())}"
        st.markdown(f":small[:gray[{plain(upper_first(when))}]]", width="stretch")
        with st.container(horizontal=True, gap="xsmall", wrap=False, width="content"):
            if head.may_change:
                edit_analysis_button(head)
            add_analysis_button(head, work.actor)


def _nothing(*, is_archived: bool, has_any: bool) -> None:
    if has_any:
        acts = [Action("Show all", partial(show_all, NAME))]
        empty_state("search_off", "No saved analyses match", TRY_ANOTHER, acts, key="analyses-none-found")
    elif is_archived:
        sentence = "Archived analyses are hidden from lists and kept here."
        empty_state("archive", "No archived analyses", sentence, key="analyses-no-old")
    else:
        sentence = "Choose an analysis on the Analyses page, then choose Save. Every version is kept."
        acts = [Action("Open Analyses", _leave)]
        empty_state("query_stats", "No saved analyses yet", sentence, acts, key="analyses-none-saved")


def _leave() -> None:
    """Ask for the Analyses page. It opens once the list is redrawn, because a callback can't switch pages."""
    st.session_state[_LEAVE] = True
