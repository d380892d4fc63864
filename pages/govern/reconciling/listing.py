"""The list of reconciliations that a person can work with, and the open reconciliation."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.reconciling import form, outcome
from pages.shell import session
from pages.shell.parts import Action, empty_state, notice, page_header, plain
from semantic.errors import SemanticError
from semantic.services.reconciling.work import ReconcilingWork
from semantic.store.reconciliations.reconciliations import StoredReconciliation

CHOSEN: Final = "reconciling-chosen"
TITLE: Final = "Reconciliation"
ABOUT: Final = "Compare a platform's totals with your own numbers, and see what explains the gap."


def reconciliation_page() -> None:
    """Draw the page, for people who can reconcile at least their own uploads."""
    workspace, actor = session.require("marketer")
    work = ReconcilingWork(session.live(), actor)
    scope = workspace.visible(actor).scope
    if work.why_not:
        page_header(TITLE, ABOUT, scope=scope)
        notice("caution", "lock", work.why_not, key="reconciling-why-not")
        return
    if form.is_open():
        page_header(TITLE, ABOUT, scope=scope)
        form.show(work)
        return
    try:
        listed = work.all()
    except SemanticError as error:
        page_header(TITLE, ABOUT, scope=scope)
        empty_state("cloud_off", "Couldn't load reconciliations", str(error), [Action("Try again", _just_rerun)],
                    key="reconciling-away")  # fmt: skip
        return
    page_header(TITLE, ABOUT, _actions if listed else None, scope=scope)
    form.show_outcome()
    if not listed:
        _none()
        return
    kept = _choose(listed)
    if not kept.is_sealed:
        notice(
            "bad", "gpp_bad", "This reconciliation was changed outside Samepage, so it isn't used. Remove it, and "
            "create it again.", Action("Remove", lambda: _remove(work, kept)), key="reconciling-damaged",
        )  # fmt: skip
        return
    outcome.show(work, kept)


def _actions() -> None:
    st.button(
        "Compare a platform", icon=":material/add:", key="reconciling-new", type="primary", on_click=form.open_new
    )


def _none() -> None:
    empty_state(
        "balance", "Nothing to reconcile yet",
        "Upload a platform's totals as a CSV or XLSX file, or use a metric that has them. Then say how the platform "
        "counts, and see which of its rules make up the gap.",
        [Action("Compare a platform", form.open_new)], key="reconciling-none",
        ways=form.upload_link,
    )  # fmt: skip


def _choose(listed: list[StoredReconciliation]) -> StoredReconciliation:
    labels = {kept.id: kept.setup.label for kept in listed}
    if st.session_state.get(CHOSEN) not in labels:
        st.session_state[CHOSEN] = listed[-1].id
    if len(listed) > 1:
        st.selectbox("Platform", list(labels), format_func=lambda id_: plain(labels[id_]), key=CHOSEN, width=420)
    return next(kept for kept in listed if kept.id == st.session_state[CHOSEN])


def _remove(work: ReconcilingWork, kept: StoredReconciliation) -> None:
    try:
        work.remove(kept)
        form.tell("good", "delete", f"Removed {kept.setup.label}.")
    except SemanticError as error:
        form.tell("bad", "error", str(error))


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
