"""One alert: its state, its chart, the button to acknowledge it, and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.alerts import acts
from pages.alerts.analysis_link import analysis_link
from pages.alerts.computing import Outcome, show_computed
from pages.alerts.drawing import draw_watched
from pages.alerts.list import buttons
from pages.alerts.listed_alerts import ListedAlert, find_listed
from pages.alerts.outcome import show_outcome
from pages.alerts.words import grain_of, value_words, when_words
from pages.explore.result import remark_form
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, block, empty_state, page_header, plain
from pages.shell.turns import in_turn
from semantic.alerts.readings import ONE, end_of
from semantic.annotations.remarks import Remark
from semantic.display.charts.watched import Watched
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.alerts.alert import Alert
    from semantic.alerts.replay import ReplayedPeriod
    from semantic.services.alerts.work import AlertWork
    from semantic.store.alerts.runs import AlertRun

SHOWN, NORMAL, COMPUTED = "alert-shown", "alert-normal", "alert-computed"
PAGE: Final = 25
WIDTHS: Final = (1.2, 1.1, 1.8, 3.4, 1.2)
HEADS: Final = ("Date", "Result", "Value", "Why", "Receipt")
LONGEST_NOTE: Final = 500
RESULTS: Final[Mapping[str, tuple[str, State, str]]] = {
    "fired": ("Fired", "bad", "notification_important"),
    "held": ("Held", "caution", "hourglass_top"),
    "normal": ("Normal", "good", "check_circle"),
    "quiet": ("No message", "quiet", "notifications_off"),
    "failed": ("Failed", "bad", "error"),
}
"""The label, colour and icon of each outcome of a period."""


@st.fragment
@in_turn
def show() -> None:
    """Draw the alert in the address, or say that it doesn't exist. The alert reruns separately on every click."""
    workspace, actor = session.require("viewer")
    try:
        work = session.alert_work(workspace, actor)
        alert = find_listed(work, st.query_params.get(links.ALERT_ID, ""))
        runs = work.history(alert.kept) if alert is not None else []
    except SemanticError as error:
        page_header("Alert")
        empty_state(
            "cloud_off", "Couldn't load this alert", str(error), [Action("Try again", _just_rerun)], key="alert-away"
        )
        return
    if alert is None:
        page_header("Alert", tab="Alert")
        empty_state(
            "search_off", "Alert not found", "It may have been removed, or it isn't sent to you.", key="alert-none",
            ways=_back,
        )  # fmt: skip
        return
    page_header(alert.title, alert.rule if alert.kept.alert.name else "", lambda: _actions(alert), tab="Alert")
    show_outcome()
    _state(alert)
    _acknowledge(alert, runs)
    _chart(alert, work, runs)
    _history(runs, alert)


def _actions(alert: ListedAlert) -> None:
    _back()
    of = alert.kept.alert.of
    if alert.metric is not None and of is not None:
        analysis_link(of, alert.kept.alert.grain, session.require("viewer")[0])
    elif alert.metric is not None:
        links.explore_link("Open in Explore", alert.query, icon=":material/query_stats:", width="content")
    if session.require("viewer")[1].viewed_by is None:
        buttons(alert, key=f"alert-{alert.kept.id}")


def _back() -> None:
    st.page_link(links.page_of(links.ALERTS), label="All alerts", icon=":material/arrow_back:", width="content")


def _state(alert: ListedAlert) -> None:
    """Draw the alert's state, its recipients and its waiting times."""
    now = alert.now
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="alert-state"):
        st.badge(badge_text(now.words), icon=f":material/{now.icon}:", color=COLOURS[now.state])
        st.markdown(
            f":small[:gray[{plain(' '.join(filter(None, (now.why, alert.to, alert.patience))))}]]", width="stretch"
        )


# Acknowledging


def _acknowledge(alert: ListedAlert, runs: Sequence[AlertRun]) -> None:
    """Draw the last period in which the alert fired, with the button that acknowledges it, unless someone
    already has.
    """
    fired = next((run for run in runs if run.outcome == "fired"), None)
    known = alert.kept.acknowledged_for
    _, actor = session.require("viewer")
    if fired is None or alert.metric is None or (known is not None and known >= fired.period):
        return
    if actor.viewed_by is not None:
        return
    key = f"alert-{alert.kept.id}"
    with st.container(border=True, gap="xsmall", key="alert-acknowledge"):
        value = value_words(fired, alert.metric)
        said = f"{when_words(fired, alert.kept.alert)}: {value}" if value else when_words(fired, alert.kept.alert)
        st.markdown(f":red[:material/notification_important:] **{plain(said)}**")
        st.markdown(f":small[:gray[{plain(fired.why)}]]")
        note = st.text_input(
            "Note (optional)", key=f"{key}-note", max_chars=LONGEST_NOTE, live=True,
            placeholder="What happened, such as: tracking was down until 14:00",
        ) or ""  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            _acknowledge_button(alert, fired, note, key)


def _acknowledge_button(alert: ListedAlert, fired: AlertRun, note: str, key: str) -> None:
    """Draw the button that acknowledges an alert. People who can write remarks choose whether the note becomes a
    remark, too.
    """
    workspace, actor = session.require("viewer")
    can_remark = session.remark_work(workspace, actor).may_write and bool(note.strip())
    is_remark = can_remark and bool(st.session_state.get(f"{key}-remark", True))
    st.button(
        "Acknowledge", type="primary", key=f"{key}-acknowledge", on_click=_acknowledged,
        args=(alert.kept.id, fired.id, note.strip() if is_remark else ""),
    )  # fmt: skip
    if can_remark:
        st.toggle(
            "Show the note as a remark on charts", value=True, key=f"{key}-remark",
            help="Everyone who sees the number sees the remark. Days with remarks are left out of the usual range.",
        )  # fmt: skip


def _acknowledged(alert: str, fired: str, note: str) -> None:
    work = acts.work_now()

    def acknowledge() -> None:
        kept, run = work.find(alert), work.run(fired)
        work.acknowledge(kept, run, remark_on(kept.alert, run, note, work) if note else None)

    words = "Acknowledged, with a remark on its day." if note else "Acknowledged."
    if acts.do(acknowledge, "check_circle", words) and note:
        st.session_state.pop(COMPUTED, None)  # The remark belongs on the chart, and its day is no longer a usual one.


def remark_on(alert: Alert, run: AlertRun, note: str, work: AlertWork) -> Remark:
    """Return a remark with this note on the period in which the alert fired.

    If the alert is limited to one member, so is the remark.
    """
    last = end_of(run.period, grain_of(alert)) - ONE
    first = last - ONE * (run.judgement.days - 1) if run.judgement.days > 1 else run.period
    dim, member = remark_form.narrowed_to(alert.where)
    return Remark(first=first, last=last, text=note, metric=alert.metric, dim=dim, member=member)


# The chart


def _chart(alert: ListedAlert, work: AlertWork, runs: Sequence[AlertRun]) -> None:
    """Draw the last 180 days with the expected range, and the alert's outcomes for this reader."""
    if alert.metric is None:
        return
    marked = {run.period: run for run in runs if run.outcome in ("fired", "held")}
    label = alert.metric.label or alert.metric.name

    def draw(_: Alert, outcome: Outcome) -> None:
        if isinstance(outcome, SemanticError):
            st.caption(plain(str(outcome)))
            return
        periods = [_with_history(period, marked.get(period.first)) for period in outcome.replay.periods]
        if periods:
            draw_watched(
                periods, label, outcome.replay.grain, outcome.write, key="alert-chart", height=260,
                remarks=outcome.asked.remarks,
            )  # fmt: skip

    with block(label, "the last 180 days"):
        show_computed(COMPUTED, (alert.kept.id, work.actor), alert.kept.alert, work.preview, draw)


def _with_history(period: ReplayedPeriod, run: AlertRun | None) -> Watched:
    """Return a period for the chart. An outcome from the history replaces the simulated one."""
    shown = Watched(first=period.first, value=period.value, low=period.low, high=period.high)
    if run is None:
        return shown
    return replace(shown, outcome="fired" if run.outcome == "fired" else "held", why=run.why)


# History


def _history(runs: Sequence[AlertRun], alert: ListedAlert) -> None:
    """Draw the periods judged for this reader, newest first. Normal periods are hidden until requested."""
    with block("History", "checks and messages for you"):
        if not runs:
            st.caption("Nothing has been checked yet. The first check follows once a period's data is loaded.")
            return
        shows_all = st.toggle("Show normal periods", key=NORMAL)
        listed = [run for run in runs if shows_all or run.outcome != "normal"]
        if not listed:
            st.caption("It hasn't fired or been held yet.")
            return
        shown = st.session_state.get(SHOWN, PAGE)
        with st.container(border=True, gap="xsmall", key="alert-history"):
            with st.container(key="alert-heads"):
                for column, head in zip(st.columns(WIDTHS, gap="small"), HEADS, strict=True):
                    column.markdown(f":small[:gray[{plain(head)}]]")
            for run in listed[:shown]:
                _row(run, alert)
        if len(listed) > shown:
            more = min(PAGE, len(listed) - shown)
            st.button(f"Show {more} more", key="alert-more", on_click=_more, args=(shown + PAGE,))


def _row(run: AlertRun, alert: ListedAlert) -> None:
    """Draw one period: its date, result, value, reason and receipt. On a phone, each is on a separate line."""
    word, state, icon = RESULTS[run.outcome]
    with st.container(key=f"alert-run-{run.id}"):
        when, result, value, why, receipt = st.columns(WIDTHS, gap="small", vertical_alignment="center")
        when.markdown(f"*Date* {plain(when_words(run, alert.kept.alert))}")
        with result:
            st.badge(badge_text(word), icon=f":material/{icon}:", color=COLOURS[state])
        number = value_words(run, alert.metric) if alert.metric is not None else ""
        value.markdown(f"*Value* {plain(number)}" if number else "")
        why.markdown(f"*Why* :small[{plain(run.why)}]")
        with receipt:
            if run.receipt:
                links.receipt_link(run.receipt, "Receipt")


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
