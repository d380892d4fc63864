"""The filter bar of a board. Changes apply immediately if the tiles are fast, and otherwise after a click on Apply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.boards.read.member_picker import is_offered, pick_members
from pages.boards.read.state import KEY, BoardSession
from pages.explore.builder.condition import choose_mode
from pages.explore.builder.periods import SHOW_BY, is_fiscal, named_periods
from pages.shell import session
from pages.shell.parts import chip, plain
from pages.shell.turns import in_turn
from semantic.boards.board import BoardState, Shared, ValueFilter
from semantic.display.boards.state_words import chosen_words, compare_words, period_words, state_words
from semantic.display.words.settings.comparisons import OWN_DAYS
from semantic.display.words.settings.periods import FISCAL_PERIODS, PERIODS
from semantic.explore.preflight import describe_period
from semantic.model.definitions import Granularity
from semantic.query.describe import lower_first
from semantic.query.query import Between, Comparison, LastYear, Operator, Period, Previous, Query
from semantic.services.board_answers.labels import board_labels, question_about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

GRAINS = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR)
COMPARISONS: tuple[tuple[Comparison, ...], ...] = ((), (Previous(),), (LastYear(),), (Previous(), LastYear()))
Option = TypeVar("Option")
_OWN = "own"  # a select box can only be cleared if no option is None
UNFOLDED = "board_filters_unfolded"
FIELD = 190  # pixels of a field with a fixed list
DAYS = "days"  # the option that opens two fields for custom days


@st.fragment
@in_turn
def filter_bar() -> None:
    """Draw the fields, which rerun separately on every change. Applying a change reruns the whole page."""
    workspace, actor = session.require("viewer")
    reading: BoardSession = st.session_state[KEY]
    if reading.actor != actor or reading.changed:
        session.rerun_whole()
    seen = workspace.visible(actor)
    with _folding(reading), st.container(gap="xsmall", key="board-bar"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="board-fields"):
            _period(reading, workspace, seen)
            _compare(reading)
            _grain(reading)
            for shared in shared_filters(reading, seen):
                _dimension(reading, shared, workspace, seen)
            _acts(reading)
        if isinstance(reading.draft.period, Between) and _named(reading, workspace) is None:
            _days(reading, reading.draft.period)
        if reading.draft != reading.state:
            labels = board_labels(reading.draft, reading.board, workspace, reading.actor)
            words = state_words(reading.draft, seen, today=workspace.today(), labels=labels)
            st.caption(plain(f"Apply shows: {words}") if words else "Apply resets to each tile's own settings.")


def shared_filters(reading: BoardSession, seen: VisibleModel) -> list[Shared]:
    """Return the dimensions in the filter bar that this viewer can see: the board's own, then those that a
    link added.
    """
    linked = [Shared(choice.dim, choice.via) for choice in reading.state.chosen]
    every = dict.fromkeys((*reading.board.filters, *linked))
    return [shared for shared in every if is_offered(shared.dim, seen)]


@contextmanager
def _folding(reading: BoardSession) -> Iterator[None]:
    """On a phone, collapse the fields behind a button that shows the number of filters."""
    is_open = bool(st.session_state.get(UNFOLDED))

    def turn() -> None:
        st.session_state[UNFOLDED] = not is_open

    label = "Hide filters" if is_open else _count_words(reading)
    with st.container(key=f"board-fold-{'open' if is_open else 'shut'}"):
        st.button(plain(label), icon=":material/tune:", key="board-fold", on_click=turn, width="stretch")
    yield


def _count_words(reading: BoardSession) -> str:
    """Return in words how many filters are set. Every board has a period, a comparison and a grain."""
    count = sum(bool(choice.values) for choice in (*reading.state.chosen, *reading.state.picked))
    return f"Filters ({count})" if count else "Filters"


def _acts(reading: BoardSession) -> None:
    """Draw Apply, if there are changes to apply, and Reset."""

    def reset() -> None:
        reading.apply_state(replace(reading.start, tab=reading.state.tab))
        reading.changed = True
        keep(reading)

    unapplied_count = unapplied(reading.draft, reading.state)
    with st.container(horizontal=True, gap="xsmall", width="content", key="board-acts"):
        if unapplied_count:
            label = f"Apply ({unapplied_count})"
            st.button(label, key="board-apply", type="primary", on_click=_apply, args=(reading,))
        st.button(
            "Reset", key="board-reset", type="tertiary", on_click=reset,
            disabled=not unapplied_count and not reading.is_modified, help="Reset to the default view",
        )  # fmt: skip


def unapplied(draft: BoardState, state: BoardState) -> int:
    """Return how many settings differ. The period, the comparison, the grain and each filter count as one each."""
    settings = (draft.period != state.period) + (draft.compare != state.compare) + (draft.grain != state.grain)
    ours, theirs = (
        {(choice.dim, choice.via): (choice.op, choice.values) for choice in each.chosen} for each in (draft, state)
    )
    return settings + sum(ours.get(key) != theirs.get(key) for key in ours.keys() | theirs.keys())


def _apply(reading: BoardSession) -> None:
    reading.set(reading.draft)
    keep(reading)


def _changed(reading: BoardSession) -> None:
    """Apply changes in the fields immediately, unless the tiles are slow."""
    if reading.draft != reading.state and reading.answers_quickly():
        _apply(reading)


def keep(reading: BoardSession) -> None:
    """Save the current settings for this viewer's next visit."""
    workspace, actor = session.require("viewer")
    reading.keep(session.board_work(workspace, actor))


# Period, comparison, grain


def _period(reading: BoardSession, workspace: Workspace, seen: VisibleModel) -> None:
    period = reading.draft.period
    known: list[Period] = [*PERIODS.values()]
    if is_fiscal(Query(), workspace.model.settings):
        known += FISCAL_PERIODS.values()
    if period is not None and not isinstance(period, Between):
        known.append(period)

    def change(chosen: Period | str) -> None:
        st.session_state[reading.key(DAYS)] = chosen == DAYS
        if not isinstance(chosen, str):
            reading.draft = replace(reading.draft, period=chosen)
        else:
            reading.draft = replace(
                reading.draft, period=_days_now(reading, workspace, seen) if chosen == DAYS else None
            )

    def said(option: Period | str) -> str:
        if isinstance(option, str):
            return OWN_DAYS if option == DAYS else "Period set by each tile"
        return period_words(option)

    named = named_periods(workspace.today()).values()
    options: list[Period | str] = [_OWN, *dict.fromkeys(known), DAYS, *named]
    current = (_named(reading, workspace) or DAYS) if isinstance(period, Between) else period or _OWN
    _select(reading, "Period", options, current, change, said)


def _named(reading: BoardSession, workspace: Workspace) -> Between | None:
    """Return the named option with exactly these days, such as October 2026, or None.

    Returns None while the fields for custom days are open.
    """
    period = reading.draft.period
    if not isinstance(period, Between) or st.session_state.get(reading.key(DAYS)):
        return None
    named = named_periods(workspace.today()).values()
    return next((one for one in named if (one.start, one.end) == (period.start, period.end)), None)


def _days_now(reading: BoardSession, workspace: Workspace, seen: VisibleModel) -> Between:
    """Return the days on screen as fixed dates."""
    days = describe_period(Query(time=reading.draft.period), seen, today=workspace.today())
    if days.start is None or days.end is None or days.end <= days.start:
        end = workspace.today() - timedelta(days=1)
        return Between(end - timedelta(days=27), end)
    return Between(days.start, days.end - timedelta(days=1))


def _days(reading: BoardSession, period: Between) -> None:
    first, last = reading.key("first-day"), reading.key("last-day")

    def change() -> None:
        start, end = st.session_state[first], st.session_state[last]
        if isinstance(start, date) and isinstance(end, date) and start <= end:
            reading.draft = replace(reading.draft, period=replace(period, start=start, end=end))
            _changed(reading)

    with st.container(horizontal=True, gap="xsmall"):
        for label, key, value in (("Start date", first, period.start), ("End date", last, period.end)):
            st.date_input(
                plain(label), value=value, key=key, on_change=change, format="DD/MM/YYYY", width=140,
                min_value=min(date(2000, 1, 1), value or date.max), max_value=max(date(2100, 1, 1), value or date.min),
            )  # fmt: skip


def _compare(reading: BoardSession) -> None:
    compare = reading.draft.compare
    known = [*COMPARISONS, *([compare] if compare is not None else [])]

    def change(chosen: tuple[Comparison, ...] | str) -> None:
        reading.draft = replace(reading.draft, compare=None if isinstance(chosen, str) else chosen)

    def said(option: tuple[Comparison, ...] | str) -> str:
        if isinstance(option, str):
            return "Comparison set by each tile"
        return f"vs {lower_first(compare_words(option))}" if option else compare_words(option)

    options: list[tuple[Comparison, ...] | str] = [_OWN, *dict.fromkeys(known)]
    _select(reading, "Compare with", options, _OWN if compare is None else compare, change, said)


def _grain(reading: BoardSession) -> None:
    grain = reading.draft.grain
    known = [*GRAINS, *([grain] if grain is not None else [])]

    def change(chosen: Granularity | str) -> None:
        reading.draft = replace(reading.draft, grain=chosen if isinstance(chosen, Granularity) else None)

    def said(option: Granularity | str) -> str:
        return f"By {option.words}" if isinstance(option, Granularity) else f"{SHOW_BY}: set by each tile"

    options: list[Granularity | str] = [_OWN, *dict.fromkeys(known)]
    _select(reading, SHOW_BY, options, grain or _OWN, change, said)


def _select(
    reading: BoardSession, label: str, options: list[Option], current: Option, change: Callable[[Option], None],
    said: Callable[[Option], str],
) -> None:  # fmt: skip
    """Draw a field without a label. Its options describe the setting, so the bar fits on one line."""
    key = reading.key(label)

    def take() -> None:
        change(st.session_state[key])
        _changed(reading)

    st.selectbox(
        plain(label), options, index=options.index(current), key=key, format_func=said, on_change=take,
        label_visibility="collapsed", width=FIELD,
    )  # fmt: skip


# Dimensions


def _dimension(reading: BoardSession, shared: Shared, workspace: Workspace, seen: VisibleModel) -> None:
    """Draw the field for one dimension. Its values are loaded when someone opens it."""
    labels = board_labels(reading.draft, reading.board, workspace, reading.actor)
    current = next(
        (choice for choice in reading.draft.chosen if (choice.dim, choice.via) == (shared.dim, shared.via)), None
    )
    key = reading.key(f"dim-{shared.dim}-{shared.via or ''}")
    words = chosen_words(current, labels) if current else f"{labels[shared.dim]}: all"
    with chip(words, "filter_alt", key, width="content") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _chosen(reading, shared, current, key, workspace)
    if chosen != current:
        choices = [choice for choice in reading.draft.chosen if choice != current]
        place = reading.draft.chosen.index(current) if current else len(choices)
        reading.draft = replace(
            reading.draft, chosen=(*choices[:place], *([chosen] if chosen else []), *choices[place:])
        )
        _changed(reading)
        if reading.changed:
            st.rerun()
        session.rerun_part()


def _chosen(
    reading: BoardSession, shared: Shared, current: ValueFilter | None, key: str, workspace: Workspace
) -> ValueFilter | None:
    """Return the selection of the open field, or None if nothing is selected."""
    excludes = choose_mode(key, is_excluded=current is not None and current.op is Operator.NOT_IN)
    about = question_about(shared.dim, reading.board, lambda query: workspace.preflight(query, reading.actor))
    query = replace(about, time=reading.draft.period)
    values = pick_members(shared.dim, query, current.values if current else (), key, workspace, reading.actor)
    if values is None:
        return current
    op = Operator.NOT_IN if excludes else Operator.IN
    if current is not None and (current.op, set(current.values)) == (op, set(values)):
        return current
    return ValueFilter(shared.dim, tuple(values), op, shared.via) if values else None
