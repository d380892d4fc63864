"""An open receipt: whether the numbers are the same, what has changed, and the current result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.analysis_tables.tables import analysis_tables, counting_rule
from pages.asking import form as asking
from pages.asking.news import show_news
from pages.explore.builder.question import names_a_person
from pages.explore.result import pictures
from pages.explore.result.cells import TableDisplay
from pages.explore.result.show import period_words
from pages.explore.result.table import legend, table
from pages.shell import links, session
from pages.shell.parts import COLOURS, State, block, empty_state, notice, page_header, plain
from pages.widgets.theme import current_tokens
from semantic.display.format import moment_in
from semantic.errors import NotRecorded, SemanticError, UnknownReceipt
from semantic.query.describe import describe_day
from semantic.results.receipt import read_receipt_id
from semantic.services.analyzing.facts import analysis_days
from semantic.services.analyzing.presentation import analysis_title
from semantic.services.receipts import Factor, Replayed, factors_of, replay, verdict
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

HELD = "receipt_opened"
"""The session key for the last opened receipt, who opened it, and the model version.

A page runs many times, but each opening is recorded once.
"""

VERDICTS: dict[str, tuple[State, str]] = {
    "equal": ("good", "check_circle"),
    "differ": ("caution", "difference"),
    "not_compared": ("info", "visibility"),
}
SIGNS: dict[str, tuple[State, str]] = {
    "same": ("quiet", "check"),
    "changed": ("caution", "edit"),
    "unknown": ("quiet", "help"),
}


def show(text: str, workspace: Workspace, actor: Actor) -> None:
    """Draw the receipt in the address or, if there is none, a field to paste one."""
    if not text.strip():
        page_header("Passport", "See where a number came from, and whether it's still the same.")
        _field()
        return
    try:
        with st.spinner("Re-running"):
            replayed = _opened(text, workspace, actor)
    except NotRecorded as error:
        page_header("Passport")
        _field()
        empty_state("receipt_long", "This answer wasn't recorded", str(error), key="receipt-not-recorded")
        return
    except UnknownReceipt as error:
        page_header("Passport")
        _field()
        empty_state("receipt_long", "Receipt not found", str(error), key="receipt-unknown")
        return
    except SemanticError as error:
        page_header("Passport")
        empty_state("cloud_off", "Couldn't open this receipt", str(error), key="receipt-failed")
        return
    _draw(replayed, workspace, actor)


def _field() -> None:
    """Draw the field for a receipt's ID."""
    st.text_input(
        "Paste a receipt", key="receipt-pasted", icon=":material/receipt_long:", placeholder="R-7K3Q-DM2X-WA94",
        width=360, on_change=_open_pasted,
    )  # fmt: skip
    st.caption("You'll find one below every answer in Explore, and in every file. It starts with R-.")


def _open_pasted() -> None:
    pasted: str = st.session_state["receipt-pasted"]
    if pasted.strip():
        st.query_params["receipt"] = read_receipt_id(pasted) or pasted.strip()[:60]
    st.session_state["receipt-pasted"] = ""


def _opened(text: str, workspace: Workspace, actor: Actor) -> Replayed:
    key = (read_receipt_id(text) or text, actor, workspace.model.version)
    cached: tuple[object, Replayed] | None = st.session_state.get(HELD)
    if cached is None or cached[0] != key:
        cached = st.session_state[HELD] = key, replay(session.live(), text, actor)
    return cached[1]


def _draw(replayed: Replayed, workspace: Workspace, actor: Actor) -> None:
    shown, analyzed = replayed.result, replayed.analyzed
    title, resolved = (shown.title, period_words(shown)) if shown else ("Passport", "")
    if analyzed is not None:
        title, resolved = analysis_title(analyzed), analysis_days(analyzed)
    page_header(title, resolved, lambda: _actions(replayed, workspace))
    at, who = replayed.receipt.at, f" to {replayed.asked_by.partition(', ')[0]}" if replayed.asked_by else ""
    st.caption(
        plain(f"Receipt {replayed.receipt.id}, given{who} on {moment_in(at, workspace.model.settings.time_zone)}.")
    )
    show_news(actor, "receipt", receipt=replayed.receipt.id)
    if not replayed.has_answer:
        empty_state("history_toggle_off", *verdict(replayed), key="receipt-closed")
        return
    _verdict(replayed)
    if replayed.receipt.today != workspace.today():
        day = describe_day(replayed.receipt.today)
        notice("info", "event", f"Relative periods are based on {day}, the day it was asked.", key="receipt-day")
    if analyzed is not None:
        with block("Current result", "with your own access"):
            analysis_tables(analyzed, key="receipt-analysis")
        counting_rule(analyzed)
        st.caption(plain(f"{analyzed.scope or 'No row restrictions'}."))
    if shown is None:
        return
    with block("Current result", "with your own access"):
        grid = pictures.grid(shown, current_tokens(), TableDisplay())
        table(shown, grid, key="receipt-answer")
        for line in legend(shown):
            st.markdown(line)
    computed = moment_in(shown.computed_at, shown.period.time_zone)
    st.caption(plain(f"{shown.scope or 'No row restrictions'}. Computed {computed}."))


def _actions(replayed: Replayed, workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
        if replayed.result is not None and not names_a_person(replayed.result.query, workspace):
            if replayed.then is not None:
                then = replace(replayed.result.query, as_of=replayed.then)
                links.explore_link(
                    "Use the definition from that date", then, icon=":material/history:", width="content"
                )  # fmt: skip
            links.explore_link("Open in Explore", replayed.result.query, icon=":material/query_stats:", width="content")
        _, asker = session.require("viewer")
        if asking.may_ask(asker):
            st.button(
                asking.RIGHT_LABEL, icon=f":material/{asking.ICON}:", key="receipt-right", on_click=_ask_about,
                args=(replayed,),
            )  # fmt: skip
        st.button("Re-run", icon=":material/refresh:", key="receipt-again", on_click=_forget)


def _ask_about(replayed: Replayed) -> None:
    """Open the form that asks a steward about this receipt."""
    shown, analyzed = replayed.result, replayed.analyzed
    words, metrics = (f"Is {shown.title} right?", shown.query.metrics) if shown is not None else ("", ())
    if analyzed is not None:
        words, metrics = f"Is {analysis_title(analyzed)} right?", (analyzed.planned.legs[0].metric.name,)
    place = RequestOrigin(place="receipt", receipt=replayed.receipt.id)
    asking.begin(asking.Start(kind="number", words=words, metric=metrics[0] if metrics else "", asking=place))


def _forget() -> None:
    st.session_state.pop(HELD, None)


def _verdict(replayed: Replayed) -> None:
    """Draw whether the numbers are the same and, below, whether the definition, the policy and the data are."""
    state, icon = VERDICTS[replayed.values]
    word, sentence = verdict(replayed)
    with st.container(border=True, gap="xsmall", key="receipt-verdict"):
        st.subheader(f":{COLOURS[state]}[:material/{icon}:] {plain(word)}", anchor=False)
        st.markdown(plain(sentence))
        for each_told in factors_of(replayed):
            _line(each_told)


def _line(reason: Factor) -> None:
    state, icon = SIGNS[reason.state]
    st.markdown(f":{COLOURS[state]}[:material/{icon}:] **{plain(reason.word)}** &nbsp;{plain(reason.sentence)}")
