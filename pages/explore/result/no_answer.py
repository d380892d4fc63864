"""What's shown without an answer, and why: refused, not run yet, failed, empty; each with next steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pages.explore.builder.filters import filter_labels, filter_words, listed_labels
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.periods import DEFAULT_PERIOD, PERIODS, with_grain
from pages.explore.builder.question import ExploreState, asking, check, parts_of, with_parts, without_part
from pages.shell.parts import Act, empty_state, quoted, refusal
from semantic.display.format import counted, listed, value_text
from semantic.errors import SemanticError, TooExpensive
from semantic.explore.repairs import fitted, money_repairs
from semantic.explore.unknown_values import corrected, unknown_notes
from semantic.explore.why_missing import Emptied, days_with_rows, what_empties
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day, describe_range, lower_first, upper_first
from semantic.query.query import DATE, Between, Filter, MetricFilter, Previous, Query
from semantic.results.finality import no_day_words

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


def refused(held: ExploreState, checked: Preflight) -> None:
    if checked.error is None:
        return
    title = checked.error.title
    reason = str(checked.error).removeprefix(title).lstrip(".: ")
    repairs = [Act(one.label, asking(held, one.query), one.effect) for one in checked.repairs]
    if Previous() in held.draft.compare and (checked.period.start is None or checked.period.end is None):
        shorter = replace(held.draft, time=DEFAULT_PERIOD)
        repairs = [Act("Last 13 weeks", asking(held, shorter)), *repairs]
    refusal(title, upper_first(reason), repairs, checked.error.code, key="refused")


def not_run(held: ExploreState, checked: Preflight, workspace: Workspace) -> None:
    """A question that reads a lot doesn't run by itself; three cheaper ones are next to Run."""
    acts = [Act("Run", held.press), *lighter(held, workspace)]
    sentence = f"This question {checked.cost_words}. Run it anyway?"
    empty_state("hourglass_empty", "Ready to run", sentence, acts, key="not-run")


def lighter(held: ExploreState, workspace: Workspace) -> list[Act]:
    """Smaller versions of the question: fewer days, longer periods, without a breakdown; those that can be asked."""
    draft, acts = held.draft, list[Act]()
    ways = [*_fewer_days(draft), *_longer_periods(draft), *_without_last(draft, workspace, held)]
    if held.error is not None and held.error.code in ("too_many_rows", "too_expensive"):
        ways.reverse()  # rows come from breakdowns; fewer days may have as many
    for label, query in ways:
        if query != draft and check(query, held.actor, workspace).ok:
            acts.append(Act(label, asking(held, query)))
    return acts[:LIGHTER]


def _fewer_days(query: Query) -> list[tuple[str, Query]]:
    if query.time == DEFAULT_PERIOD:
        return [("Last 4 weeks", replace(query, time=PERIODS["4 weeks"]))]
    return [("Last 13 weeks", replace(query, time=DEFAULT_PERIOD))]


def _longer_periods(query: Query) -> list[tuple[str, Query]]:
    dates = [one for one in query.by if one.dim == DATE and not one.part and not one.period]
    grain = (dates[0].grain or Granularity.DAY) if dates else None
    longer = COARSER.get(grain) if grain else None
    return [(f"By {longer.words}", with_grain(query, longer))] if longer else []


def _without_last(query: Query, workspace: Workspace, held: ExploreState) -> list[tuple[str, Query]]:
    dims = [one for one in query.by if one.dim != DATE]
    if not dims:
        return []
    labels = filter_labels(workspace.visible(held.actor))
    kept = tuple(one for one in query.by if one != dims[-1])
    name = lower_first(labels.get(dims[-1].dim, dims[-1].dim))
    return [(f"Without {name}", fitted(replace(query, by=kept)))]


def ways_on(held: ExploreState, workspace: Workspace) -> list[Act]:
    """Try again; and for too many rows, smaller questions."""
    again = Act("Run again" if held.error is not None and held.error.code == "cancelled" else "Try again", held.press)
    if held.error is not None and held.error.code == "missing_rate":
        found = money_repairs(held.draft, workspace.model)
        return [*(Act(one.label, asking(held, one.query)) for one in found), again]
    # The answer has more rows than this person's policy allows.
    if isinstance(held.error, TooExpensive) and held.error.what == "rows":
        first = replace(held.draft, limit=held.error.most)
        label = "First row only" if held.error.most == 1 else f"First {held.error.most:,} rows"
        return [Act(label, asking(held, first)), *lighter(held, workspace)]
    if held.error is None or held.error.code not in ("too_many_rows", "timed_out"):
        return [again]
    return [*lighter(held, workspace), again]


def is_empty(result: Result) -> bool:
    """Whether there's no group, or no value in any; totals over nothing are no answer."""
    if result.table.num_rows == 0 or (result.keys and not result.groups):
        return True
    return all(result.table.column(one.name).null_count == result.table.num_rows for one in result.values)


def empty(held: ExploreState, result: Result, workspace: Workspace) -> None:
    """Says what removes everything: one filter, else all of them, else the days."""
    scope = result.scope.removeprefix("Scope: ")
    within = f" You only have access to {scope}." if scope else ""
    if no_day_words(result) or (held.draft.where is None and not held.draft.having):
        _no_days(held, result, workspace, within)
        return
    visible = workspace.visible(held.actor)
    guilty = _what_empties(held, workspace)
    if guilty:
        first = guilty[0]
        words = [_words(one.part, visible, held.draft, workspace) for one in guilty]
        rest = "each on its own" if len(guilty) > 1 else "on its own"
        said = f"{listed(quoted(one) for one in words[:SHOWN])} {rest} removes every row. "
        said += f"Without {'the first' if len(guilty) > 1 else 'it'} there {_are(first.rows)}."
        taken = [one.part for one in guilty]
    else:
        taken = [*parts_of(held.draft), *held.draft.having]
        words = [_words(one, visible, held.draft, workspace) for one in taken]
        leave = "together leave" if len(words) > 1 else "leaves"
        said = f"{'; '.join(quoted(one) for one in words)} {leave} no rows {_within(result.period)}."
    said = " ".join((*unknown_notes(result.unknown), said))
    acts = [
        Act(f"Use {value_text(near, one.labels)}", asking(held, corrected(held.draft, one, near, visible.model)))
        for one in result.unknown[:SHOWN]
        for near in one.near[:1]
    ]
    acts += [
        Act(f"Remove {_short_name(name)}", asking(held, _without(held.draft, part)))
        for name, part in list(zip(words, taken, strict=True))[:SHOWN]
    ]
    if len(parts_of(held.draft)) + len(held.draft.having) > 1:
        acts.append(Act("Remove all", asking(held, replace(with_parts(held.draft, ()), having=()))))
    empty_state("filter_alt_off", "Nothing matches these filters", said + within, acts, key="empty")


def _what_empties(held: ExploreState, workspace: Workspace) -> tuple[Emptied, ...]:
    """Found by leaving out one filter at a time; not if each of these questions is expensive."""
    if held.check(workspace).cost == "large":
        return ()
    try:
        return what_empties(held.draft, lambda query: workspace.ask(query, held.actor))
    except SemanticError:
        return ()


def _words(part: Filter | MetricFilter, visible: VisibleModel, query: Query, workspace: Workspace) -> str:
    if isinstance(part, MetricFilter):
        return metric_filter_words(part, visible, query.currency)
    return filter_words(part, filter_labels(visible) | listed_labels(query, visible, workspace))


def _without(query: Query, part: Filter | MetricFilter) -> Query:
    if isinstance(part, MetricFilter):
        return replace(query, having=tuple(one for one in query.having if one != part))
    return without_part(query, part)


def _are(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {counted(count, 'row')}"


def _no_days(held: ExploreState, result: Result, workspace: Workspace, within: str) -> None:
    """No data on these days: when there is data, and where it ends."""
    draft = held.draft
    first, last = _days_there_are(held, workspace) if draft.time is not None else (None, None)
    there = f" Data is available from {describe_day(first)} to {describe_day(last)}." if first and last else ""
    loaded = f" {result.data_to_words}." if result.data_to_words else ""
    days = _within(result.period) if draft.time is not None else "at any time"
    acts = [] if draft.time is None else [Act("All time", asking(held, replace(draft, time=None)))]
    if last is not None and first is not None:
        start = max(first, last - timedelta(days=DAYS - 1))
        newest = replace(draft, time=Between(start, last))
        acts.append(Act(f"Show {describe_range(start, last)}", asking(held, newest)))
    sentence = f"{no_day_words(result) or f'No data {days}.'}{there}{loaded}{within}"
    empty_state("event_busy", "No data for these days", sentence, acts, key="empty")


def _within(period: Period) -> str:
    """`in 4 – 10 Nov 2026, one complete week`, `on 24 Nov 2026, one complete day`."""
    is_one_day = period.start is not None and period.end == period.start + timedelta(days=1)
    return f"{'on' if is_one_day else 'in'} {period.words}"


def _days_there_are(held: ExploreState, workspace: Workspace) -> tuple[date | None, date | None]:
    if held.check(workspace).cost == "large":
        return None, None
    try:
        return days_with_rows(held.draft, lambda query: workspace.ask(query, held.actor))
    except SemanticError:
        return None, None


def _short_name(words: str) -> str:
    """A filter's name on a button: without its values, if they follow a colon."""
    return words.split(":")[0]
