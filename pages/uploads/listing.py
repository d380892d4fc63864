"""The list of uploads that a person can see."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.parts import Action, badge_text, empty_state, page_header, plain, unseen
from pages.uploads import state
from pages.uploads.sharing import shared_words
from semantic.errors import SemanticError, counted
from semantic.query.describe import describe_day
from semantic.services.uploads import UploadWork
from semantic.store.uploads.uploads import Upload
from semantic.uploads.grid import MOST_BYTES

SHOWN = 50


def show() -> None:
    """Draw the title and the list."""
    work = state.work()
    page_header(
        "Your uploads", "Tables from your own files. Only you see them until you share them.",
        None if work.why_not else _actions,
    )  # fmt: skip
    state.show_outcome()
    _list()


def _actions() -> None:
    st.button(
        "Upload a file", icon=":material/upload_file:", key="uploads-add", type="primary", on_click=state.open_view,
        args=("new",),
    )  # fmt: skip


def _list() -> None:
    work = state.work()
    try:
        uploads = work.uploads()
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load uploads", str(error), [Action("Try again", _just_rerun)], key="uploads-away"
        )
        return
    if not uploads:
        _none(work)
        return
    for upload in uploads[:SHOWN]:
        _row(upload, work)
    if len(uploads) > SHOWN:
        st.caption(f"Showing the first {SHOWN} of {len(uploads):,}.")


def _just_rerun() -> None:
    pass


def _none(work: UploadWork) -> None:
    if work.why_not:
        empty_state("upload_file", "No uploads", work.why_not, key="uploads-none")
        return
    most = MOST_BYTES // 1024**2
    sentence = f"Upload a CSV or XLSX file of up to {most} MB: budgets, targets, platform totals or campaign names."
    acts = [Action("Upload a file", lambda: state.open_view("new"))]
    empty_state("upload_file", "No uploads yet", sentence, acts, key="uploads-none")


def _row(upload: Upload, work: UploadWork) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=f"up-{upload.id}"):
        with st.container(gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.markdown(f"**{plain(upload.plan.label)}**", width="content")
                st.badge(badge_text("Own data"), icon=":material/upload_file:", color="orange")
            st.markdown(f":small[:gray[{plain(_facts(upload, work))}]]")
        label = f"Open {unseen(upload.plan.label)}"
        st.button(label, key=f"up-open-{upload.id}", on_click=state.open_view, args=(upload.id,))


def _facts(upload: Upload, work: UploadWork) -> str:
    is_own = upload.owner_id == work.actor.id
    owner = "Yours" if is_own else upload.owner_name or "No owner"
    facts: Sequence[str] = [
        counted(upload.rows, "row"),
        f"to {describe_day(upload.last_day)}" if upload.last_day else "",
        owner,
        shared_words(upload.plan.shared, is_own=is_own),
    ]
    return " \N{MIDDLE DOT} ".join(fact for fact in facts if fact)
