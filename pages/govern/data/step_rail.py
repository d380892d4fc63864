"""The bar of the four steps, and the step that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.govern.data import answers, draft, source, state, tables
from pages.shell import session
from pages.shell.parts import Action, empty_state, page_header, plain

if TYPE_CHECKING:
    from semantic.services.adding.adding import Adding

NO_PERMISSION = "Only administrators connect databases. You can upload a CSV or XLSX file."


def show() -> None:
    """Draw the page, or say who can add data if this person can't."""
    _, actor = session.require("viewer")
    if not state.may_add(actor):
        page_header("Add data")
        is_viewing = actor.viewed_by is not None
        sentence = "Stop viewing to add data as yourself." if is_viewing else NO_PERMISSION
        title = "Not available while you view as someone else" if is_viewing else "You can't add tables"
        empty_state("lock", title, sentence, key="add-data-closed", ways=None if is_viewing else source.uploads_link)
        return
    if session.live().settings.model_source == "folder":
        page_header("Add data")
        empty_state(
            "folder", "Definitions are managed in a folder",
            "This server reads definitions from files. Draft files from your tables with `python -m semantic draft`, "
            "or set SAMEPAGE_MODEL_SOURCE=store to add data in the app.", key="add-data-folder",
        )  # fmt: skip
        return
    adding = state.require()[2]
    if (name := state.source_in_address()) is not None:
        source.take(name)
    page_header("Add data", _words(adding))
    step = _rail(adding)
    if (trouble := st.session_state.pop(state.TROUBLE, None)) is not None:
        st.warning(plain(trouble), icon=":material/error:")
    with st.container(key=f"add-data-step-{step}", gap="small"):
        if step != "source" and adding.offer is None:
            _first("Choose a connection first", "Next, choose from its tables.", "source", "Choose a connection")
        elif step in ("draft", "answers") and not adding.chosen:
            _first("Choose tables first", "Samepage drafts a model from them.", "tables", "Choose tables")
        elif step == "source":
            source.show()
        elif step == "tables":
            tables.show()
        elif step == "draft":
            draft.show()
        else:
            answers.show()


def _rail(adding: Adding) -> state.Step:
    step = state.current_step(adding)
    if st.session_state.get(state.RAIL) not in state.STEPS:
        st.session_state[state.RAIL] = step
    chosen: state.Step = (
        st.segmented_control(
            "Step", list(state.STEPS), required=True, key=state.RAIL, label_visibility="collapsed",
            format_func=lambda name: state.STEPS[name],
        )
        or step
    )  # fmt: skip
    if chosen != st.query_params.get(state.ADDRESS):
        st.query_params[state.ADDRESS] = chosen
    return chosen


def _words(adding: Adding) -> str:
    if adding.offer is None:
        return (
            "Choose tables, check what Samepage guesses about them, and see the first numbers. Nothing goes live "
            "until you publish it. At first, only you can see it."
        )
    return f"{source.label_of(adding.source)}. {len(adding.chosen)} of {len(adding.offer.tables)} tables chosen."


def _first(title: str, sentence: str, step: state.Step, label: str) -> None:
    empty_state("arrow_back", title, sentence, [Action(label, lambda: state.go(step))], key="add-data-first")
