"""The usage lists: metrics, boards and saved questions that people use, unused metrics, and duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import Action, empty_state, plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError, counted
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.query.describe import describe_day
from semantic.services.retiring.work import RetireWork
from semantic.services.usage.usage import (
    ItemUsage,
    MetricUsage,
    Unused,
    board_usage,
    question_usage,
    same_metrics,
    shown_metrics,
    unused,
    usage_of,
)
from semantic.store.boards.boards import BoardHead
from semantic.workspace import Workspace

METRICS, ITEMS, UNUSED, TWICE = "Metrics", "Boards and questions", "Unused for 90 days", "Duplicates"
VIEW: Final = "adoption-view"
MOST: Final = 50


@st.fragment
@in_turn
def show() -> None:
    """Draw the choice of a list, and the chosen list, in a fragment."""
    workspace, actor = session.require("steward")
    seen = workspace.visible(actor)
    labels = {metric.name: metric for metric in seen.metrics}
    try:
        usage = usage_of(session.process_parts())
        old = unused(session.process_parts(), usage)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load usage", str(error), [Action("Try again", _just_rerun)], key="usage-away"
        )
        return
    idle = [labels[name] for name in old.metrics if name in labels and _is_live(labels[name], workspace)]
    twice = [names for group in same_metrics(workspace.model) if len(names := [n for n in group if n in labels]) > 1]
    counts = {UNUSED: len(idle), TWICE: len(twice)}
    view = st.segmented_control(
        "Show", [METRICS, ITEMS, UNUSED, TWICE], default=METRICS, required=True, key=VIEW,
        label_visibility="collapsed",
        format_func=lambda name: f"{name} ({counts[name]})" if counts.get(name) else name,
    )  # fmt: skip
    match view:
        case "Unused for 90 days":
            _unused(idle, old, workspace, actor)
        case "Duplicates":
            _duplicates(twice, labels, actor)
        case "Boards and questions":
            _items(actor)
        case _:
            _metrics(shown_metrics(usage, seen), labels)


def _just_rerun() -> None:
    pass


def _is_live(metric: Metric, workspace: Workspace) -> bool:
    return certification_status(metric, workspace.today()) is not CertificationStatus.DEPRECATED


def _metrics(listed: Sequence[MetricUsage], labels: Mapping[str, Metric]) -> None:
    rows = [
        {
            "Metric": labels[use.metric].label or use.metric,
            "People": use.people.words,
            "Answers": use.answers,
            "Last used": use.last_used,
            "Exported": use.exported,
            "Refused": use.refused,
            "Failed": use.failed,
            "95% within": _seconds(use.slow),
        }
        for use in listed
    ]
    if not any(use.answers for use in listed):
        empty_state(
            "query_stats", "No questions yet", "Usage is counted from the first question on.",
            key="usage-none",
        )  # fmt: skip
        return
    st.dataframe(
        rows, hide_index=True, key="usage-metrics",
        column_config={
            "Last used": st.column_config.DateColumn(format="D MMM YYYY"),
            "95% within": st.column_config.TextColumn(help="95% of the answers took at most this long."),
            "Refused": st.column_config.NumberColumn(help="Questions that couldn't be answered correctly."),
        },
    )  # fmt: skip


def _seconds(bound: float | None) -> str:
    if bound is None:
        return ""
    return "over 60 s" if bound == float("inf") else f"{bound:g} s"


def _items(actor: Actor) -> None:
    try:
        boards, questions = board_usage(session.process_parts(), actor), question_usage(session.process_parts(), actor)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load usage", str(error), [Action("Try again", _just_rerun)], key="usage-items-away"
        )
        return
    if not boards and not questions:
        empty_state("dashboard", "Nothing shared yet", "Boards and questions in shared spaces appear here.",
                    key="usage-no-items")  # fmt: skip
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Boards** &nbsp;:gray[people who opened them in 30 days]")
        for place, item in enumerate(boards[:MOST]):
            _item(item, f"usage-board-{place}")
        _more(len(boards))
    with right:
        st.markdown("**Saved questions** &nbsp;:gray[people who asked the same question]")
        for place, item in enumerate(questions[:MOST]):
            _item(item, f"usage-question-{place}")
        _more(len(questions))


def _item(item: ItemUsage, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        if isinstance(item.head, BoardHead):
            links.board_link(item.head.title, item.head.id, width="stretch")
        else:
            links.saved_link(item.head.name, item.head.id, width="stretch")
        st.markdown(f":gray[{plain(item.people.words)}]", width="content")


def _more(count: int) -> None:
    if count > MOST:
        st.caption(f"Showing the {MOST} most used of {count:,}.")


def _unused(metrics: Sequence[Metric], old: Unused, workspace: Workspace, actor: Actor) -> None:
    since = describe_day(old.since)
    if old.known_from is not None:
        said = f"Available from {describe_day(old.known_from)}, after 90 days of usage."
        empty_state("hourglass_empty", "Too early to tell", said, key="usage-too-early")
        return
    if not metrics:
        empty_state(
            "task_alt", "Every metric is used",
            f"Each has been used since {since}, or a board, alert, delivery or target uses it.", key="usage-all-used",
        )  # fmt: skip
        return
    st.markdown(
        f"{counted(len(metrics), 'metric')} not used in any question since {since}, or by any other metric, board, "
        "alert, delivery or target."
    )
    work = session.retire_work(actor)
    for place, metric in enumerate(metrics[:MOST]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"usage-unused-{place}"):
            with st.container(width="stretch"):
                links.metric_link(metric.label or metric.name, metric.name, icon="")
            st.markdown(f":small[:gray[{plain(metric.owner) or 'No owner'}]]", width="content")
            retire_link(metric, work)
    _more(len(metrics))


def retire_link(metric: Metric, work: RetireWork) -> None:
    """Draw the link to the page that retires a metric, if this person can retire it."""
    if work.may_retire(metric.name) and links.RETIRE in st.session_state.get(links.OPEN, {}):
        label = f"Retire {unseen(metric.label or metric.name)}"
        st.page_link(links.page_of(links.RETIRE), label=label, query_params={"m": metric.name}, width="content")


def _duplicates(groups: Sequence[Sequence[str]], labels: Mapping[str, Metric], actor: Actor) -> None:
    if not groups:
        empty_state(
            "task_alt", "No duplicates", "No two metrics are calculated in exactly the same way.", key="usage-no-twice"
        )
        return
    st.markdown("These are calculated in exactly the same way, so their numbers are always equal.")
    work = session.retire_work(actor)
    for place, names in enumerate(groups[:MOST]):
        with st.container(border=True, gap="xxsmall", key=f"usage-twice-{place}"):
            for name in names:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    with st.container(width="stretch"):
                        links.metric_link(labels[name].label or name, name, icon="")
                    retire_link(labels[name], work)


def day_words(day: date | None) -> str:
    """Return a day, or a placeholder if there is none."""
    return describe_day(day) if day is not None else "never"
