"""What the page shows without an answer: a refusal, a question that hasn't run, a failure, or no data, each with next
steps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.asking import form as request_form
from pages.explore.builder.filters import filter_labels, listed_labels
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.periods import DEFAULT_PERIOD, with_grain
from pages.explore.builder.question import ExploreState, asking, check, parts_of, with_parts, without_part
from pages.shell.parts import Action, empty_state, quoted, refusal
from semantic.display.failures import failure_title, failure_words
from semantic.display.format import counted, listed, value_text
from semantic.display.words.settings.filters import filter_words
from semantic.display.words.settings.periods import PERIODS
from semantic.errors import SemanticError, TooExpensive
from semantic.explore.repairs import drop_broken, money_repairs
from semantic.explore.unknown_values import corrected, unknown_notes
from semantic.explore.why_missing import EmptyingFilter, days_with_rows, find_emptying_filters
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day, describe_range, lower_first, upper_first
from semantic.query.query import DATE, Between, Filter, MetricFilter, Previous, Query
from semantic.results.finality import no_day_words
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel
    from semantic.results.result import Period, Result
    from semantic.workspace import Workspace

COARSER = {
    Granularity.HOUR: Granularity.DAY,
    Granularity.DAY: Granularity.WEEK,
    Granularity.WEEK: Granularity.MONTH,
    Granularity.MONTH: Granularity.QUARTER,
}
LIGHTER, SHOWN, DAYS = 3, 3, 91


def show_refusal(state: ExploreState, checked: Preflight) -> None:
    if checked.error is None:
        return
    title = failure_title(checked.error)
    reason = failure_words(checked.error).removeprefix(title).lstrip(".: ")
    repairs = [Action(repair.label, asking(state, repair.query), repair.effect) for repair in checked.repairs]
    if Previous() in state.draft.compare and (checked.period.start is None or checked.period.end is None):
        shorter = replace(state.draft, time=DEFAULT_PERIOD)
        repairs = [Action("Last 13 weeks", asking(state, shorter)), *repairs]
    refusal(title, upper_first(reason), repairs, checked.error.code, key="refused")


def ask_for_help(state: ExploreState, workspace: Workspace) -> None:
    """Record a refusal, and offer to send the question to a steward."""
    recorder = workspace.recorder
    if recorder is not None:
        recorder.outcomes.refused(state.draft, workspace.visible(state.actor), recorder.surface)
    if request_form.may_ask(state.actor):
        start = request_form.Start(kind="question", asking=RequestOrigin(place="explore", query=state.draft))
        st.button(
            request_form.HELP_LABEL, icon=f":material/{request_form.ICON}:", key=state.key("ask-for-help"),
            type="tertiary", on_click=request_form.begin, args=(start,),
        )  # fmt: skip


def show_not_run(state: ExploreState, checked: Preflight, workspace: Workspace) -> None:
    """Draw a question that reads too much to run automatically, with a Run button and three cheaper questions."""
    acts = [Action("Run", state.press), *cheaper_questions(state, workspace)]
    sentence = f"This question {checked.cost_words}. Run it anyway?"
    empty_state("hourglass_empty", "Ready to run", sentence, acts, key="not-run")


def cheaper_questions(state: ExploreState, workspace: Workspace) -> list[Action]:
    """Return actions for smaller versions of the question: fewer days, longer periods, or without a breakdown."""
    draft, acts = state.draft, list[Action]()
    ways = [*_fewer_days(draft), *_longer_periods(draft), *_without_last(draft, workspace, state)]
    if state.error is not None and state.error.code in ("too_many_rows", "too_expensive"):
        ways.reverse()  # The rows come from breakdowns, so fewer days can have as many.
    for label, query in ways:
        if query != draft and check(query, state.actor, workspace).ok:
            acts.append(Action(label, asking(state, query)))
    return acts[:LIGHTER]


def _fewer_days(query: Query) -> list[tuple[str, Query]]:
    if query.time == DEFAULT_PERIOD:
        return [("Last 4 weeks", replace(query, time=PERIODS["Last 4 weeks"]))]
    return [("Last 13 weeks", replace(query, time=DEFAULT_PERIOD))]


def _longer_periods(query: Query) -> list[tuple[str, Query]]:
    dates = [
        breakdown for breakdown in query.by if breakdown.dim == DATE and not breakdown.part and not breakdown.period
    ]
    grain = (dates[0].grain or Granularity.DAY) if dates else None
    longer = COARSER.get(grain) if grain else None
    return [(f"By {longer.words}", with_grain(query, longer))] if longer else []


def _without_last(query: Query, workspace: Workspace, state: ExploreState) -> list[tuple[str, Query]]:
    dims = [breakdown for breakdown in query.by if breakdown.dim != DATE]
    if not dims:
        return []
    labels = filter_labels(workspace.visible(state.actor))
    kept = tuple(breakdown for breakdown in query.by if breakdown != dims[-1])
    name = lower_first(labels.get(dims[-1].dim, dims[-1].dim))
    return [(f"Without {name}", drop_broken(replace(query, by=kept)))]


def next_steps(state: ExploreState, workspace: Workspace) -> list[Action]:
    """Return the next steps after a failure: try again and, if there were too many rows, smaller questions."""
    again = Action(
        "Run again" if state.error is not None and state.error.code == "cancelled" else "Try again", state.press
    )
    if state.error is not None and state.error.code == "missing_rate":
        repairs = money_repairs(state.draft, workspace.model)
        return [*(Action(money_repair.label, asking(state, money_repair.query)) for money_repair in repairs), again]
    # The answer has more rows than this person's policy allows.
    if isinstance(state.error, TooExpensive) and state.error.what == "rows":
        first = replace(state.draft, limit=state.error.most)
        label = "First row only" if state.error.most == 1 else f"First {state.error.most:,} rows"
        return [Action(label, asking(state, first)), *cheaper_questions(state, workspace)]
    if state.error is None or state.error.code not in ("too_many_rows", "timed_out"):
        return [again]
    return [*cheaper_questions(state, workspace), again]


def is_empty(result: Result) -> bool:
    """Return whether an answer has no groups, or no group with a value. Totals of nothing don't count."""
    if result.table.num_rows == 0 or (result.keys and not result.groups):
        return True
    return all(result.table.column(column.name).null_count == result.table.num_rows for column in result.values)


def show_empty(state: ExploreState, result: Result, workspace: Workspace) -> None:
    """Say which part of the question leaves no rows: a filter, all filters together, or the days."""
    scope = result.scope.removeprefix("Scope: ")
    within = f" You only have access to {scope}." if scope else ""
    if no_day_words(result) or (state.draft.where is None and not state.draft.having):
        _no_days(state, result, workspace, within)
        return
    visible = workspace.visible(state.actor)
    guilty = _what_empties(state, workspace)
    if guilty:
        first = guilty[0]
        words = [_words(emptied.part, visible, state.draft, workspace) for emptied in guilty]
        rest = "each on its own" if len(guilty) > 1 else "on its own"
        text = f"{listed(quoted(texts) for texts in words[:SHOWN])} {rest} removes every row. "
        text += f"Without {'the first' if len(guilty) > 1 else 'it'} there {_are(first.rows)}."
        taken = [emptied.part for emptied in guilty]
    else:
        taken = [*parts_of(state.draft), *state.draft.having]
        words = [_words(condition, visible, state.draft, workspace) for condition in taken]
        leave = "together leave" if len(words) > 1 else "leaves"
        text = f"{'; '.join(quoted(texts) for texts in words)} {leave} no rows {_within(result.period)}."
    said = " ".join((*unknown_notes(result.unknown), text))
    acts = [
        Action(
            f"Use {value_text(near, unknown.labels)}",
            asking(state, corrected(state.draft, unknown, near, visible.model)),
        )
        for unknown in result.unknown[:SHOWN]
        for near in unknown.near[:1]
    ]
    acts += [
        Action(f"Remove {_short_name(name)}", asking(state, _without(state.draft, part)))
        for name, part in list(zip(words, taken, strict=True))[:SHOWN]
    ]
    if len(parts_of(state.draft)) + len(state.draft.having) > 1:
        acts.append(Action("Remove all", asking(state, replace(with_parts(state.draft, ()), having=()))))
    empty_state("filter_alt_off", "Nothing matches these filters", said + within, acts, key="empty")


def _what_empties(state: ExploreState, workspace: Workspace) -> tuple[EmptyingFilter, ...]:
    """Return each filter without which the answer would have rows, or none if the necessary questions are expensive."""
    if state.check(workspace).cost == "large":
        return ()
    try:
        return find_emptying_filters(state.draft, lambda query: workspace.ask(query, state.actor))
    except SemanticError:
        return ()


def _words(part: Filter | MetricFilter, visible: VisibleModel, query: Query, workspace: Workspace) -> str:
    if isinstance(part, MetricFilter):
        return metric_filter_words(part, visible, query.currency)
    return filter_words(part, filter_labels(visible) | listed_labels(query, visible, workspace))


def _without(query: Query, part: Filter | MetricFilter) -> Query:
    if isinstance(part, MetricFilter):
        return replace(query, having=tuple(condition for condition in query.having if condition != part))
    return without_part(query, part)


def _are(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {counted(count, 'row')}"


def _no_days(state: ExploreState, result: Result, workspace: Workspace, within: str) -> None:
    """Say that these days have no data, and which days do."""
    draft = state.draft
    first, last = _days_there_are(state, workspace) if draft.time is not None else (None, None)
    text = f" Data is available from {describe_day(first)} to {describe_day(last)}." if first and last else ""
    loaded = f" {result.data_to_words}." if result.data_to_words else ""
    days = _within(result.period) if draft.time is not None else "at any time"
    acts = [] if draft.time is None else [Action("All time", asking(state, replace(draft, time=None)))]
    if last is not None and first is not None:
        start = max(first, last - timedelta(days=DAYS - 1))
        newest = replace(draft, time=Between(start, last))
        acts.append(Action(f"Show {describe_range(start, last)}", asking(state, newest)))
    sentence = f"{no_day_words(result) or f'No data {days}.'}{text}{loaded}{within}"
    empty_state("event_busy", "No data for these days", sentence, acts, key="empty")


def _within(period: Period) -> str:
    """Return a period in words, such as `in 4 – 10 Nov 2026, one complete week` or `on 24 Nov 2026, one
    complete day`.
    """
    is_one_day = period.start is not None and period.end == period.start + timedelta(days=1)
    return f"{'on' if is_one_day else 'in'} {period.words}"


def _days_there_are(state: ExploreState, workspace: Workspace) -> tuple[date | None, date | None]:
    if state.check(workspace).cost == "large":
        return None, None
    try:
        return days_with_rows(state.draft, lambda query: workspace.ask(query, state.actor))
    except SemanticError:
        return None, None


def _short_name(words: str) -> str:
    """Return the name of a filter for a button, without the values after its colon."""
    return words.split(":")[0]
