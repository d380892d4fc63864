"""A metric's live number next to the form: the last weeks of the published version and of the draft, and similar
metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from pages.govern.definitions.preview import why_closed
from pages.shell.live import LateAnswer, answer, start_question, wait_for_unrecorded
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.charts.drafted import drafted_chart
from semantic.display.format import Write, counted, in_full, period, writer
from semantic.errors import SemanticError, UnknownName
from semantic.explore.weekly import is_dated, span, trend
from semantic.model.definitions import Metric, OverTime
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.defining.similar import BUDGET, Compared, SimilarMetric, nearly_equal, same_definition
from semantic.services.drafts import keeps_policies
from semantic.workspace import Workspace

_ALIKE: Final = "definition_alike"
MOST_SHOWN: Final = 4
_DAY_SHOWN: Final = {
    OverTime.LAST: "last day", OverTime.FIRST: "first day", OverTime.AVERAGE: "average day",
}  # fmt: skip


def live_number(name: str, running: Workspace, drafted: Workspace | None, actor: Actor, reason: str) -> None:
    """Draw the panel with the metric's live number.

    `drafted` is the draft's workspace, or None if `reason` says why there is none.
    """
    with st.container(border=True, gap="xsmall", key="definition-live"):
        if drafted is None:
            st.markdown("**Preview**")
            st.caption(plain(reason))
            return
        if not keeps_policies(running, drafted):
            st.markdown("**Preview**")
            st.caption(plain(why_closed(running, drafted)))
            return
        seen = drafted.visible(actor)
        try:
            metric = seen.metric(name)
        except UnknownName:
            st.caption("You don't have access to this metric's numbers.")
            return
        time = span(metric, seen) if is_dated(metric, seen) else None
        when = f"last {counted(time.count, f'complete {time.unit.words}')}" if time else "all rows"
        if time and metric.cumulative is not None:
            when = f"{_DAY_SHOWN[metric.cumulative.at]} of the {when}"
        st.markdown(f"**Preview** &nbsp;:gray[{when}]")
        _number(metric, running, drafted, actor)
    _alike_panel(name, drafted, actor)


def _number(metric: Metric, running: Workspace, drafted: Workspace, actor: Actor) -> None:
    seen = drafted.visible(actor)
    time = span(metric, seen) if is_dated(metric, seen) else None
    whole = Query(metrics=(metric.name,), time=time)
    if running.recorder is not None:
        running.recorder.previewed(whole, actor)
    after = _answer(whole, drafted, actor)
    if isinstance(after, LateAnswer):
        st.caption(plain(after.sentence))
        return
    before = _published(whole, running, actor)
    write = in_full(writer(after.values[0]))
    new, old = _value(after), _value(before)
    st.markdown(f"## {plain(write(new)) if new is not None else 'No value'}")
    if before is None:
        st.caption(
            "New: not published yet." if metric.name not in running.model.metrics else "Published: not available."
        )
    elif old != new:
        st.caption(plain(f"Published: {write(old) if old is not None else 'no value'}{_moved(old, new)}"))
    else:
        st.caption("Same as published.")
    if time is not None:
        _course(metric, running, drafted, actor, writer(after.values[0]))


def _course(metric: Metric, running: Workspace, drafted: Workspace, actor: Actor, write: Write) -> None:
    query = trend(metric, drafted.visible(actor))
    after = _answer(query, drafted, actor)
    if isinstance(after, LateAnswer):
        return
    before = _published(query, running, actor)
    grain = after.keys[0].grain
    chart = drafted_chart(
        _values(before) if before is not None else {}, _values(after), grain, write, metric.label,
        current_tokens(),
    )  # fmt: skip
    if chart.figure is None:
        st.caption(plain(chart.reason))
        return
    draw_chart(chart.figure, key="definition-live-chart", alt=chart.alt)
    if before is not None and _values(before) != _values(after):
        st.caption("Solid: draft. Dotted: published.")


def _answer(query: Query, workspace: Workspace, actor: Actor) -> Result | LateAnswer:
    try:
        return answer(query, workspace, actor)
    except SemanticError as error:
        return LateAnswer(error.title)


def _published(query: Query, running: Workspace, actor: Actor) -> Result | None:
    """Return the published number to compare with the draft's.

    It has no receipt, because it's read again after each edit.
    """
    return wait_for_unrecorded(start_question(query, running, actor))


def _value(result: Result | None) -> float | None:
    if result is None or not result.table.num_rows:
        return None
    value = result.table.column(result.values[0].name).to_pylist()[0]
    return None if value is None else float(value)


def _values(result: Result) -> Mapping[date, float]:
    days = result.table.column(result.keys[0].name).to_pylist()
    values = result.table.column(result.values[0].name).to_pylist()
    return {
        day: float(value)
        for day, value in zip(days, values, strict=True)
        if isinstance(day, date) and value is not None
    }


def _moved(old: float | None, new: float | None) -> str:
    return f" ({(new - old) / abs(old):+.1%})" if old and new is not None else ""


@st.fragment
@in_turn
def _alike_panel(name: str, drafted: Workspace, actor: Actor) -> None:
    """Draw "Same as?": metrics with the same definition and, on request, those with nearly the same values."""
    seen = drafted.visible(actor)
    same = same_definition(name, seen)
    kept: tuple[str, str, Compared] | None = st.session_state.get(_ALIKE)
    version = f"{drafted.model.version} {actor.id} {seen.fingerprint}"
    with st.container(border=True, gap="xsmall", key="definition-alike"):
        st.markdown("**Same as?**")
        if kept is None or kept[:2] != (name, version):
            for one in same[:MOST_SHOWN]:
                _finding(one, name, drafted, actor)
            if not same:
                st.caption("No metric has the same definition.")
            if st.button("Compare values", key="alike-compare", icon=":material/compare_arrows:", type="tertiary",
                         help="Compares the daily values of the last 90 days with similar metrics."):  # fmt: skip
                compared = nearly_equal(name, drafted, actor)
                st.session_state[_ALIKE] = name, version, compared
                st.rerun(scope="fragment")
            return
        compared = kept[2]
        known = {one.name for one in same}
        found = [*same, *(one for one in compared.alike if one.name not in known)]
        for one in found[:MOST_SHOWN]:
            _finding(one, name, drafted, actor)
        if not found:
            st.caption("No metric is nearly the same.")
        left = f" {compared.left:,} skipped, to stay within {BUDGET:g} s." if compared.left else ""
        st.caption(f"{counted(compared.compared, 'similar metric')} compared.{left}")


def _finding(one: SimilarMetric, name: str, drafted: Workspace, actor: Actor) -> None:
    st.markdown(f":orange[:material/content_copy:] {plain(one.words)}")
    with st.popover("Compare", type="tertiary", key=f"alike-{one.name}", on_change="rerun") as popover:
        if popover.open:
            _side_by_side(name, one.name, drafted, actor)


def _side_by_side(name: str, other: str, drafted: Workspace, actor: Actor) -> None:
    """Draw both metrics side by side, by week or month."""
    seen = drafted.visible(actor)
    mine, theirs = seen.metric(name), seen.metric(other)
    if not (is_dated(mine, seen) and is_dated(theirs, seen)):
        st.caption("Without dates, there are no weeks to compare.")
        return
    results = [_answer(trend(metric, seen), drafted, actor) for metric in (mine, theirs)]
    if any(isinstance(result, LateAnswer) for result in results):
        st.caption("The values couldn't be read.")
        return
    courses = [_values(result) for result in results if isinstance(result, Result)]
    write = [writer(result.values[0]) for result in results if isinstance(result, Result)]
    days = sorted({*courses[0], *courses[1]}, reverse=True)
    grain = span(mine, seen).unit
    rows = {
        "From": [period(day, grain) for day in days],
        mine.label: [_cell(courses[0].get(day), write[0]) for day in days],
        f"{theirs.label} " if theirs.label == mine.label else theirs.label: [
            _cell(courses[1].get(day), write[1]) for day in days
        ],
    }
    st.dataframe(
        pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)).to_arrow(), hide_index=True, width=420,
        placeholder="\N{EM DASH}", alt="Both metrics by period", key=f"alike-table-{other}",
    )  # fmt: skip


def _cell(value: float | None, write: Write) -> str | None:
    return None if value is None else write(value)
