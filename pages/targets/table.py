"""The table of targets: actual, target, attainment, projection and source, those behind first. A row opens
its months.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from pages.shell import links
from pages.shell.live import LateAnswer, answer
from pages.shell.parts import plain, unseen
from pages.targets import form as target_form
from pages.widgets.attainment import TargetAttainment
from pages.widgets.item_words import FORMER, name_without_job, when_words
from pages.widgets.meter import attainment
from semantic.display.format import MISSING, next_period, period, share, writer
from semantic.display.rows import main_values
from semantic.display.trust import Fact, facts
from semantic.display.words.pace import PaceCells, pace_cells, pace_sentences, state_words
from semantic.display.words.targets import number_words, span_words, target_scope_words
from semantic.model.definitions import Granularity
from semantic.query.periods import Calendar
from semantic.results.result import Result
from semantic.services.targets.work import TargetWork
from semantic.targets.pace import NoPace, Pace

OPEN_ROW = "targets-open"
_WIDTHS = (2.1, 1.1, 1.1, 1.1, 1.5, 1.4, 1.1, 1.9)
_HEADS = ("Metric", "Period", "Actual", "Target", "To date", "Projection", "Needed", "Source")


def table(rows: Sequence[TargetAttainment], work: TargetWork) -> None:
    """Draw the rows in this order, as a table or, on a phone, as cards."""
    with st.container(border=True, gap="xsmall", key="targets-table"):
        with st.container(key="targets-heads"):
            for column, head in zip(st.columns(_WIDTHS, gap="small"), _HEADS, strict=True):
                column.markdown(f":small[:gray[{plain(head)}]]")
        for row in rows:
            _row(row, work)


def _row(row: TargetAttainment, work: TargetWork) -> None:
    aim, pace = row.aim, row.pace
    settings = work.workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    cells = pace_cells(pace, row.column) if isinstance(pace, Pace) else _bare(row)
    with st.container(gap="xsmall", key=f"target-row-{aim.id}"):
        metric, days, actual, target, to_date, projection, needed, source = st.columns(
            _WIDTHS, gap="small", vertical_alignment="center"
        )
        with metric, st.container(gap=None):
            links.explore_link(aim.metric.label or aim.metric.name, aim.query, strong=True, width="content")
            if aim.dim:
                scope = target_scope_words(aim.dim, aim.member, work.workspace.visible(work.actor))
                st.markdown(f":small[:gray[{plain(scope)}]]")
        with days:
            _cell("Period", span_words(aim.first, aim.last, calendar))
        with actual:
            mark = "  \n:small[:orange[:material/hourglass_top: not final]]" if _not_final(row, work) else ""
            st.markdown(f"*Actual* **{plain(cells.actual)}**{mark}")
        with target:
            _cell("Target", cells.target)
        with to_date:
            _to_date(row)
        with projection:
            _cell("Projection", cells.projection or MISSING, f"likely {cells.likely}" if cells.likely else "")
        with needed:
            _cell("Needed", cells.needed or MISSING)
        with source, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _cell("Source", *_source(row, work))
            _buttons(row, work)
        if st.session_state.get(OPEN_ROW) == aim.id:
            _months(row, work)


def _cell(head: str, text: str, note: str = "") -> None:
    """Draw a number with a note below it.

    Screen readers read its heading. A phone shows the heading, because each row is a card there.
    """
    below = f"  \n:small[:gray[{plain(note)}]]" if note else ""
    st.markdown(f"*{plain(head)}* {plain(text)}{below}", width="stretch")


def _bare(row: TargetAttainment) -> PaceCells:
    """Return the cells of a target without a pace: the actual value and, if people set the target, the target value."""
    kept = row.aim.kept
    target = number_words(kept.target.value, row.aim.metric) if kept is not None else MISSING
    return PaceCells(_actual(row), target, "", "", "", "")


def _actual(row: TargetAttainment) -> str:
    """Return the actual value of the target's metric, or a dash."""
    if not isinstance(row.answer, Result) or not row.answer.table.num_rows:
        return MISSING
    value: object = row.answer.table.column(row.column.name)[0].as_py()
    number = float(value) if isinstance(value, int | float) else None
    return writer(row.column, (number,), short=False)(number)


def _not_final(row: TargetAttainment, work: TargetWork) -> list[Fact]:
    if not isinstance(row.answer, Result):
        return []
    known = facts(row.answer, today=work.workspace.today())
    return [fact for fact in known if fact.kind == "complete" and fact.state == "caution"]


def _to_date(row: TargetAttainment) -> None:
    """Draw the bar with its share and the state of the target in words, or why there is none."""
    pace = row.pace
    if not isinstance(pace, Pace):
        text = row.answer.sentence if isinstance(row.answer, LateAnswer) else state_words(pace, row.column)
        st.markdown(f":small[:gray[{plain(text)}]]")
        return
    attainment(pace, row.column, key=f"target-{row.aim.id}")


def _source(row: TargetAttainment, work: TargetWork) -> tuple[str, str]:
    """Return the source of a target, and its date or its owner."""
    kept, source = row.aim.kept, row.aim.source
    if kept is not None:
        return f"Set by {name_without_job(kept.author_name) or FORMER}", when_words(kept.changed_at, work.workspace)
    if source is None:
        return MISSING, ""
    return source.label or source.name, f"from your data, owned by {source.owner}" if source.owner else "from your data"


def _buttons(row: TargetAttainment, work: TargetWork) -> None:
    aim = row.aim
    is_open = st.session_state.get(OPEN_ROW) == aim.id
    effect = "Hide months" if is_open else "Show months"
    st.button(
        unseen(effect), icon=f":material/{'expand_less' if is_open else 'expand_more'}:", key=f"target-months-{aim.id}",
        type="tertiary", help=effect, on_click=_turn, args=("" if is_open else aim.id,),
    )  # fmt: skip
    if aim.kept is not None:
        icon, effect = ("edit", "Edit, remove, history") if work.may_set else ("history", "History")
        st.button(
            unseen(effect), icon=f":material/{icon}:", key=f"target-{aim.kept.id}", type="tertiary",
            help=plain(effect), on_click=target_form.open_existing, args=(aim.kept.id,),
        )  # fmt: skip


def _turn(row: str) -> None:
    st.session_state[OPEN_ROW] = row


def _months(row: TargetAttainment, work: TargetWork) -> None:
    """Draw the pace in sentences, the previous months with their targets, and the receipt of the actual value."""
    with st.container(gap="xsmall", width=720, key=f"target-months-of-{row.aim.id}"):
        sentences = [*pace_sentences(row.pace, row.column)] if isinstance(row.pace, Pace) else []
        sentences += [row.pace.why] if isinstance(row.pace, NoPace) else []
        sentences += [fact.sentence for fact in _not_final(row, work)]
        if sentences:
            st.caption(plain(" ".join(sentences)))
        slot = st.empty()
        result = answer(row.aim.months, work.workspace, work.actor, waiting=lambda: slot.skeleton(180))
        if isinstance(result, LateAnswer):
            slot.caption(plain(result.sentence))
        else:
            with slot.container(gap="xsmall"):
                _month_table(result, row, work)
        if isinstance(row.answer, Result) and row.answer.receipt:
            links.receipt_link(row.answer.receipt, f"Receipt {row.answer.receipt}")


def _month_table(result: Result, row: TargetAttainment, work: TargetWork) -> None:
    goals = work.by_period(row.aim.months, result)
    column, key = main_values(result)[0], result.keys[0]
    starts: list[date | None] = result.table.column(key.name).to_pylist()
    values: list[float | None] = result.table.column(column.name).to_pylist()
    write = writer(column, (*values, *goals.values()), short=False)
    lines = [
        {
            "Month": _month(start, work),
            "Actual": write(value),
            "Target": write(goals.get(start)),
            "Of target": _of(value, goals.get(start)),
        }
        for start, value in zip(starts, values, strict=True)
        if start is not None
    ]
    if not lines:
        st.caption("No data in these months.")
        return
    with st.container(key=f"target-months-table-{row.aim.id}"):
        st.table({head: [plain(line[head]) for line in lines] for head in lines[0]}, border="horizontal")


def _month(start: date, work: TargetWork) -> str:
    is_over = next_period(start, Granularity.MONTH) <= work.workspace.today()
    return period(start, Granularity.MONTH) + ("" if is_over else " so far")


def _of(value: float | None, goal: float | None) -> str:
    return share(value / goal, 0) if value is not None and goal else MISSING
