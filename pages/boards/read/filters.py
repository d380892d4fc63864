"""A board's filter bar: fields that show their effect in words, and change nothing until Apply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.boards.read.member_picker import is_offered, pick_members, question_about
from pages.boards.read.state import KEY, BoardSession
from pages.boards.read.words import (
    board_labels,
    chosen_words,
    compare_words,
    grain_words,
    period_words,
    state_words,
)
from pages.explore.builder.comparisons import OWN_DAYS
from pages.explore.builder.condition import choose_mode
from pages.explore.builder.periods import FISCAL_PERIODS, PERIODS, SHOW_BY, is_fiscal
from pages.shell import session
from pages.shell.parts import chip, plain
from pages.shell.turns import in_turn
from semantic.boards.board import Chosen, Shared
from semantic.explore.preflight import describe_period
from semantic.model.definitions import Granularity
from semantic.query.query import Between, Comparison, LastYear, Operator, Period, Previous, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

GRAINS = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR)
COMPARISONS: tuple[tuple[Comparison, ...], ...] = ((), (Previous(),), (LastYear(),), (Previous(), LastYear()))
Option = TypeVar("Option")
_OWN = "own"  # a select box can be cleared if one of its options is None
UNFOLDED = "board_filters_unfolded"
DAYS = "days"  # the option that opens two fields for custom days


@st.fragment
@in_turn
def filter_bar() -> None:
    """The fields. Reruns alone on every change; Apply and Reset run the whole page."""
    workspace, actor = session.require("viewer")
    held: BoardSession = st.session_state[KEY]
    if held.actor != actor or held.changed:
        session.rerun_whole()
    seen = workspace.visible(actor)
    with _folding(held), st.container(border=True, gap="xsmall", key="board-bar"):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="board-fields"):
            _period(held, workspace, seen)
            _compare(held)
            _grain(held)
            for shared in shared_filters(held, seen):
                _dimension(held, shared, workspace, seen)
            _acts(held)
        if isinstance(held.draft.period, Between):
            _days(held, held.draft.period)
        if held.draft != held.state:
            labels = board_labels(held.draft, held.board, workspace, held.actor)
            words = state_words(held.draft, seen, today=workspace.today(), labels=labels)
            st.caption(plain(f"Apply shows: {words}") if words else "Apply resets to each tile's own settings.")


def shared_filters(held: BoardSession, seen: VisibleModel) -> list[Shared]:
    """The filter bar's dimensions that this viewer can see; after the board's own, those added by a link."""
    linked = [Shared(one.dim, one.via) for one in held.state.chosen]
    every = dict.fromkeys((*held.board.filters, *linked))
    return [one for one in every if is_offered(one.dim, seen)]


@contextmanager
def _folding(held: BoardSession) -> Iterator[None]:
    """On a phone the fields are folded behind a button that shows how many filters are set."""
    is_open = bool(st.session_state.get(UNFOLDED))

    def turn() -> None:
        st.session_state[UNFOLDED] = not is_open

    label = "Hide filters" if is_open else _count_words(held)
    with st.container(key=f"board-fold-{'open' if is_open else 'shut'}"):
        st.button(plain(label), icon=":material/tune:", key="board-fold", on_click=turn, width="stretch")
    yield


def _count_words(held: BoardSession) -> str:
    """How many filters are set. Every board has a period, a comparison and a grain."""
    count = sum(bool(one.values) for one in (*held.state.chosen, *held.state.picked))
    return f"Filters, {count} set" if count else "Filters"


def _acts(held: BoardSession) -> None:
    def apply() -> None:
        held.set(held.draft)
        keep(held)

    def reset() -> None:
        held.come_to(replace(held.start, tab=held.state.tab))
        held.changed = True
        keep(held)

    is_same = held.draft == held.state
    with st.container(horizontal=True, gap="xsmall", width="content", key="board-acts"):
        st.button("Apply", key="board-apply", type="primary", on_click=apply, disabled=is_same)
        st.button(
            "Reset", key="board-reset", on_click=reset, disabled=is_same and not held.is_modified,
            help="Reset to the default view",
        )  # fmt: skip


def keep(held: BoardSession) -> None:
    """Saves the current settings for this viewer's next visit."""
    workspace, actor = session.require("viewer")
    held.keep(session.board_work(workspace, actor))


# Period, comparison, grain


def _period(held: BoardSession, workspace: Workspace, seen: VisibleModel) -> None:
    period = held.draft.period
    known: list[Period] = [*PERIODS.values()]
    if is_fiscal(Query(), workspace.model.settings):
        known += FISCAL_PERIODS.values()
    if period is not None and not isinstance(period, Between):
        known.append(period)

    def change(chosen: Period | str) -> None:
        if not isinstance(chosen, str):
            held.draft = replace(held.draft, period=chosen)
        else:
            held.draft = replace(held.draft, period=_days_now(held, workspace, seen) if chosen == DAYS else None)

    def said(one: Period | str) -> str:
        return OWN_DAYS if one == DAYS else period_words(None if isinstance(one, str) else one)

    options: list[Period | str] = [_OWN, *dict.fromkeys(known), DAYS]
    current = DAYS if isinstance(period, Between) else period or _OWN
    _select(held, "Period", options, current, change, said)


def _days_now(held: BoardSession, workspace: Workspace, seen: VisibleModel) -> Between:
    """The days shown, as fixed dates."""
    days = describe_period(Query(time=held.draft.period), seen, today=workspace.today())
    if days.start is None or days.end is None or days.end <= days.start:
        end = workspace.today() - timedelta(days=1)
        return Between(end - timedelta(days=27), end)
    return Between(days.start, days.end - timedelta(days=1))


def _days(held: BoardSession, period: Between) -> None:
    first, last = held.key("first-day"), held.key("last-day")

    def change() -> None:
        start, end = st.session_state[first], st.session_state[last]
        if isinstance(start, date) and isinstance(end, date) and start <= end:
            held.draft = replace(held.draft, period=replace(period, start=start, end=end))

    with st.container(horizontal=True, gap="xsmall"):
        for label, key, value in (("Start date", first, period.start), ("End date", last, period.end)):
            st.date_input(
                plain(label), value=value, key=key, on_change=change, format="DD/MM/YYYY", width=140,
                min_value=min(date(2000, 1, 1), value or date.max), max_value=max(date(2100, 1, 1), value or date.min),
            )  # fmt: skip


def _compare(held: BoardSession) -> None:
    compare = held.draft.compare
    known = [*COMPARISONS, *([compare] if compare is not None else [])]

    def change(chosen: tuple[Comparison, ...] | str) -> None:
        held.draft = replace(held.draft, compare=None if isinstance(chosen, str) else chosen)

    def said(one: tuple[Comparison, ...] | str) -> str:
        return compare_words(None if isinstance(one, str) else one)

    options: list[tuple[Comparison, ...] | str] = [_OWN, *dict.fromkeys(known)]
    _select(held, "Compare with", options, _OWN if compare is None else compare, change, said)


def _grain(held: BoardSession) -> None:
    grain = held.draft.grain
    known = [*GRAINS, *([grain] if grain is not None else [])]

    def change(chosen: Granularity | str) -> None:
        held.draft = replace(held.draft, grain=chosen if isinstance(chosen, Granularity) else None)

    def said(one: Granularity | str) -> str:
        return grain_words(one if isinstance(one, Granularity) else None)

    options: list[Granularity | str] = [_OWN, *dict.fromkeys(known)]
    _select(held, SHOW_BY, options, grain or _OWN, change, said)


def _select(
    held: BoardSession, label: str, options: list[Option], current: Option, change: Callable[[Option], None],
    said: Callable[[Option], str],
) -> None:  # fmt: skip
    key = held.key(label)
    st.selectbox(
        plain(label), options, index=options.index(current), key=key, format_func=said,
        on_change=lambda: change(st.session_state[key]),
    )  # fmt: skip


# Dimensions


def _dimension(held: BoardSession, shared: Shared, workspace: Workspace, seen: VisibleModel) -> None:
    """One dimension: its values are loaded when it's opened."""
    labels = board_labels(held.draft, held.board, workspace, held.actor)
    current = next((one for one in held.draft.chosen if (one.dim, one.via) == (shared.dim, shared.via)), None)
    key = held.key(f"dim-{shared.dim}-{shared.via or ''}")
    words = chosen_words(current, labels) if current else f"{labels[shared.dim]}: all"
    with chip(words, "filter_alt", key, width="stretch") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _chosen(held, shared, current, key, workspace)
    if chosen != current:
        kept = [one for one in held.draft.chosen if one != current]
        place = held.draft.chosen.index(current) if current else len(kept)
        held.draft = replace(held.draft, chosen=(*kept[:place], *([chosen] if chosen else []), *kept[place:]))
        session.rerun_part()


def _chosen(
    held: BoardSession, shared: Shared, current: Chosen | None, key: str, workspace: Workspace
) -> Chosen | None:
    """The open field's selection; None if nothing is chosen."""
    excludes = choose_mode(key, is_excluded=current is not None and current.op is Operator.NOT_IN)
    about = question_about(shared.dim, held.board, lambda query: workspace.preflight(query, held.actor))
    query = replace(about, time=held.draft.period)
    values = pick_members(shared.dim, query, current.values if current else (), key, workspace, held.actor)
    if values is None:
        return current
    op = Operator.NOT_IN if excludes else Operator.IN
    if current is not None and (current.op, set(current.values)) == (op, set(values)):
        return current
    return Chosen(shared.dim, tuple(values), op, shared.via) if values else None
