"""The form of a certified question: a saved question, its name, and other ways to ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages.govern.oversight.outcome import run_and_tell
from pages.shell import links, session
from pages.shell.parts import heading, plain
from semantic.agents.drift import DriftWork
from semantic.errors import InvalidQuery, SemanticError
from semantic.query.query import Query
from semantic.services.saved_questions import SavedWork
from semantic.store.agents.drift import FEWEST, LONGEST_NAME, MOST_PARAPHRASES, Certified, StoredCertified
from semantic.store.questions.questions import SavedQuestion

_OPEN: Final = "drift-form-of"
_KEY: Final = "drift-form"
_NEW: Final = "new"


def is_open(questions: Sequence[StoredCertified]) -> bool:
    """Return whether this person has the form open. It closes if they can't see its question any more."""
    kept: StoredCertified | str = st.session_state.get(_OPEN, _NEW)
    if isinstance(kept, StoredCertified) and any(each.id == kept.id and each.is_hidden for each in questions):
        _close()
    return _OPEN in st.session_state


def open_new() -> None:
    """Open the form for a new certified question."""
    st.session_state[_OPEN] = _NEW


def open_existing(kept: StoredCertified) -> None:
    """Open the form with an existing certified question."""
    st.session_state[_OPEN] = kept
    st.session_state[f"{_KEY}-name"] = kept.certified.name
    st.session_state[f"{_KEY}-paraphrases"] = "\n".join(kept.certified.paraphrases)


def show(work: DriftWork) -> None:
    """Draw the open form."""
    kept: StoredCertified | None = None if st.session_state[_OPEN] == _NEW else st.session_state[_OPEN]
    workspace, actor = session.require("steward")
    saved = session.saved_work(workspace, actor)
    try:
        questions = saved.questions()
    except SemanticError:
        questions = []
    with st.container(border=True, gap="small", key=_KEY):
        heading("Edit certified question" if kept else "New certified question")
        if kept is None and not questions:
            st.caption("Save a question in Explore first. Paraphrases are compared with its answer.")
            st.page_link(links.page_of(links.EXPLORE), label="Explore", icon=":material/query_stats:", width="content")
        chosen = _chosen(questions, kept)
        st.text_input("Name", key=f"{_KEY}-name", max_chars=LONGEST_NAME, placeholder="Net revenue last month")
        if kept is not None:
            st.caption(plain(f"Current question: {workspace.preflight(kept.certified.query, actor).title}"))
        st.text_area(
            "Paraphrases", key=f"{_KEY}-paraphrases", height=140,
            placeholder="net revenue last month\nrevenue in the previous month\nlast month's revenue",
            help=f"{FEWEST} to {MOST_PARAPHRASES} ways to ask it in words, one per line.",
        )  # fmt: skip
        st.caption("Runs with your access, every night and after each publish.")
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Save", key=f"{_KEY}-save", type="primary", on_click=_save, args=(work, saved, kept, chosen),
                      disabled=kept is None and chosen is None)  # fmt: skip
            st.button("Cancel", key=f"{_KEY}-cancel", on_click=_close)


def _chosen(questions: Sequence[SavedQuestion], kept: StoredCertified | None) -> str | None:
    names = {question.id: question.name for question in questions}
    if not names:
        return None
    return st.selectbox(
        "Saved question" if kept is None else "Replace with a saved question (optional)", list(names), index=None,
        key=f"{_KEY}-question", format_func=lambda id_: plain(names[id_]), placeholder="Choose a saved question",
    )  # fmt: skip


def _save(work: DriftWork, saved: SavedWork, kept: StoredCertified | None, chosen: str | None) -> None:
    lines = [line.strip() for line in str(st.session_state.get(f"{_KEY}-paraphrases") or "").splitlines()]
    name = str(st.session_state.get(f"{_KEY}-name") or "").strip()

    def act() -> str:
        query = _query(saved, kept, chosen)
        certified = Certified(name=name, query=query, paraphrases=tuple(line for line in lines if line))
        if kept is None:
            work.add(certified)
        else:
            work.change(kept, certified)
        return f"Saved “{name}”. It runs within minutes."

    if run_and_tell(act):
        _close()


def _query(saved: SavedWork, kept: StoredCertified | None, chosen: str | None) -> Query:
    if chosen is not None:
        return saved.open(chosen).query
    if kept is None:
        raise InvalidQuery("Choose a saved question.")
    return kept.certified.query


def _close() -> None:
    for name in [str(name) for name in st.session_state if str(name).startswith((_OPEN, f"{_KEY}-"))]:
        del st.session_state[name]
