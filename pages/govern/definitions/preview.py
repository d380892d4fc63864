"""The numbers of a metric in the draft next to the published ones, as one person would see them.

You see them as yourself, or as someone that you can view as. The audit log records that, as for any view-as.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import streamlit as st

from pages.govern.definitions.edit_context import EditContext
from pages.shell import session
from pages.shell.live import LateAnswer, answer
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from semantic.display.format import counted, writer
from semantic.display.rows import key_cells, row_kinds
from semantic.errors import SemanticError, UnknownName
from semantic.explore.weekly import is_dated, span
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.policy.viewing import view_as, viewable
from semantic.query.query import Breakdown, Order, Query
from semantic.results.result import Result
from semantic.services.drafts import keeps_policies
from semantic.workspace import Workspace

_TOTAL = "Total"
_MOST = 15


@st.fragment
@in_turn
def show_preview(context: EditContext) -> None:
    """Draw the choice of a person and a breakdown, and compare the published numbers with those of the draft."""
    _, actor, edits = context.require()
    running = session.workspace()
    key = context.chosen(edits)
    if key is None or key[0] is not ObjectKind.METRIC:
        return
    try:
        drafted = context.drafted(running, actor, edits)
    except SemanticError as error:
        st.caption(plain(str(error)))
        return
    if drafted is None:
        st.caption("Fix the draft's errors to preview its numbers.")
        return
    if not keeps_policies(running, drafted):
        st.caption(plain(why_closed(running, drafted)))
        return
    people = people_of(running, actor)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        person = actor.id
        if len(people) > 1:
            person = st.selectbox(
                "As", list(people), key="preview-person", width=300, format_func=lambda name: people[name].name or name,
                index=list(people).index(actor.id),
            )  # fmt: skip
        shown = people[person]
        try:
            metric = drafted.visible(shown).metric(key[1])
        except UnknownName:
            st.caption(f"{plain(session.name_of(shown))} can't see this metric.")
            return
        options = [
            _TOTAL,
            *(
                dimension.label or dimension.name
                for dimension in drafted.visible(shown).dimensions
                if dimension.kind != "time"
            ),
        ]
        split = st.selectbox("By", options, key="preview-by", width=260)
    dimensions = {dimension.label or dimension.name: dimension.name for dimension in drafted.visible(shown).dimensions}
    seen = drafted.visible(shown)
    time = span(metric, seen) if is_dated(metric, seen) else None
    by = () if split == _TOTAL else (Breakdown(dimensions[split]),)
    query = Query(metrics=(metric.name,), by=by, time=time, order=(Order(metric.name, desc=True),) if by else (),
                  limit=_MOST if by else None)  # fmt: skip
    if running.recorder is not None:
        running.recorder.previewed(query, shown)
    before = _answer(query, running, shown)
    after = _answer(query, drafted, shown)
    if isinstance(after, LateAnswer):
        st.caption(plain(after.sentence))
        return
    st.caption(plain(f"{after.period.words}. {after.scope or 'Scope: everything'}."))
    _compare(before, after, query, running)


def why_closed(running: Workspace, drafted: Workspace) -> str:
    """Return why a draft's numbers can't be previewed: it changes policies, or reveals something that a
    policy hides.
    """
    before, after = (
        [replace(policy, file="", line=0) for policy in workspace.model.policies] for workspace in (running, drafted)
    )
    if before == after:
        return (
            "This draft shows people something that a policy hides from them, such as a new metric over rows that "
            "only hidden metrics counted. Its numbers can't be previewed until an administrator approves it."
        )
    return (
        "This draft changes access policies, so its numbers can't be previewed. Put policy changes in a separate draft."
    )


def people_of(running: Workspace, actor: Actor) -> dict[str, Actor]:
    """Return the viewer, and the people that the published policies let the viewer view as, by ID."""
    now = datetime.now(UTC)
    others = viewable(running.model, actor, session.people().values(), now=now)
    return {actor.id: actor} | {
        each_actor.id: view_as(running.model, actor, each_actor, now=now) for each_actor in others
    }


def _answer(query: Query, workspace: Workspace, actor: Actor) -> Result | LateAnswer:
    try:
        return answer(query, workspace, actor)
    except SemanticError as error:
        return LateAnswer(error.title)


def _compare(before: Result | LateAnswer, after: Result, query: Query, running: Workspace) -> None:
    """Draw a row for each group with the published number, the draft's, and the difference."""
    old = _numbers(before) if isinstance(before, Result) else {}
    new = _numbers(after)
    write = writer(after.values[0])
    groups = list(dict.fromkeys([*new, *old]))
    rows: dict[str, list[Any]] = {
        " ": groups,
        "Published": [write(old[group]) if old.get(group) is not None else None for group in groups],
        "Draft": [write(new[group]) if new.get(group) is not None else None for group in groups],
        "Change": [_change(old.get(group), new.get(group)) for group in groups],
    }
    st.dataframe(
        pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)).to_arrow(), hide_index=True,
        placeholder="\N{EM DASH}", alt="Published and draft numbers side by side", key="preview-table",
    )  # fmt: skip
    moved = sum(old.get(group) != new.get(group) for group in groups)
    if isinstance(before, LateAnswer):
        is_new = query.metrics[0] not in running.model.metrics
        st.caption("New: not published yet." if is_new else f"Published: not available. {plain(before.sentence)}")
    else:
        st.caption("No values change." if not moved else f"{moved:,} of {counted(len(groups), 'value')} change.")


def _numbers(result: Result) -> dict[str, float | None]:
    keys = [result.table.column(column.name).to_pylist() for column in result.keys]
    values = result.table.column(result.values[0].name).to_pylist()
    if not keys:
        return {_TOTAL: values[0] if values else None}
    kinds = row_kinds(result)
    names = [", ".join(key_cells(list(row), kind, result.keys)) for *row, kind in zip(*keys, kinds, strict=True)]
    return dict(zip(names, values, strict=True))


def _change(before: float | None, after: float | None) -> str | None:
    if before is None or after is None or not before:
        return None
    if before == after:
        return "same"
    return f"{(float(after) - float(before)) / abs(float(before)):+.1%}"
