"""The numbers of a draft under review: the published and the new values of metrics whose definition changes."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from pages.govern.definitions.preview import why_closed
from pages.shell.live import LateAnswer, answer, start_question, wait_for_unrecorded
from pages.shell.parts import plain
from semantic.display.format import counted, writer
from semantic.errors import ModelError, SemanticError
from semantic.explore.weekly import is_dated, span
from semantic.governance.model_diff import ModelDiff
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.drafts import Edits, keeps_policies, preview
from semantic.workspace import Workspace

_MOST = 8


def show_values(workspace: Workspace, edits: Edits, diff: ModelDiff, actor: Actor) -> None:
    """Draw a row for each changed metric that `actor` can see, with its published and new values over the
    last weeks.
    """
    edited_first = sorted(diff.affected, key=lambda metric: not metric.is_own)
    names = [*(metric.name for metric in edited_first), *diff.added]
    if not names:
        st.caption("No values change.")
        return
    try:
        drafted = preview(workspace, edits)
    except ModelError:
        st.caption("The draft's numbers can't be previewed.")
        return
    if not keeps_policies(workspace, drafted):
        st.caption(plain(why_closed(workspace, drafted)))
        return
    seen = {metric.name for metric in drafted.visible(actor).metrics}
    shown = [name for name in names if name in seen]
    rows: dict[str, list[Any]] = {"Metric": [], "Published": [], "Draft": [], "Change": []}
    for name in shown[:_MOST]:
        _add(rows, name, workspace, drafted, actor)
    if rows["Metric"]:
        st.dataframe(
            pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)).to_arrow(), hide_index=True,
            placeholder="\N{EM DASH}", alt="Published and draft numbers side by side", key="review-values",
        )  # fmt: skip
    notes = ["The last 13 weeks, as you see them."] if rows["Metric"] else []
    if len(shown) > _MOST:
        notes.append(f"{counted(len(shown) - _MOST, 'more metric')} not compared here.")
    if len(shown) < len(names):
        notes.append("Changes; not shown to you." if not shown else "Other metrics change; not shown to you.")
    st.caption(" ".join(notes))


def _add(rows: dict[str, list[Any]], name: str, running: Workspace, drafted: Workspace, actor: Actor) -> None:
    seen = drafted.visible(actor)
    metric = seen.metric(name)
    query = Query(metrics=(name,), time=span(metric, seen) if is_dated(metric, seen) else None)
    if running.recorder is not None:
        running.recorder.previewed(query, actor)
    before = wait_for_unrecorded(
        start_question(query, running, actor)
    )  # Reading a review doesn't count as using the metric, so there is no receipt.
    after = _result(query, drafted, actor)
    old, new = _number(before), _number(after)
    write = writer(after.values[0]) if isinstance(after, Result) else None
    rows["Metric"].append(metric.label or name)
    rows["Published"].append(write(old) if write is not None and old is not None else None)
    rows["Draft"].append(write(new) if write is not None and new is not None else None)
    rows["Change"].append(_change(old, new))


def _result(query: Query, workspace: Workspace, actor: Actor) -> Result | None:
    try:
        found = answer(query, workspace, actor)
    except SemanticError:
        return None
    return None if isinstance(found, LateAnswer) else found


def _number(result: Result | None) -> float | None:
    values = result.table.column(result.values[0].name).to_pylist() if result is not None else []
    return values[0] if values else None


def _change(before: float | None, after: float | None) -> str | None:
    if before is None or after is None:
        return None
    if before == after:
        return "same"
    if not before:
        return None
    return f"{(float(after) - float(before)) / abs(float(before)):+.1%}".replace("-", "\N{MINUS SIGN}")
