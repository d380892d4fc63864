"""A question as a row of chips. Each chip has the question without its part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pages.explore.builder.breakdowns import dimension_label, top_words
from pages.explore.builder.calculations import calculation_words
from pages.explore.builder.filters import filter_labels, listed_labels
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.question import ExploreState, parts_of, with_parts
from pages.widgets.ask_field import Chip
from semantic.display.words.settings.comparisons import comparison_names
from semantic.display.words.settings.filters import filter_words
from semantic.explore.repairs import drop_broken
from semantic.query.data import column_name
from semantic.query.describe import calendar_name, describe_range, describe_split, lower_first
from semantic.query.query import DATE, AnyOf, Query
from semantic.query.resolve import compared_with

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """A chip, with the question without its part, or None if the part can't be removed."""

    chip: Chip
    without: Query | None


def question_parts(state: ExploreState, visible: VisibleModel, workspace: Workspace) -> list[QuestionPart]:
    """Return the parts of the question in the order of the builder.

    The names of the chips are unique and change with their contents, so that a click on an outdated chip does nothing.
    """
    if not state.draft.metrics:
        return []
    parts, names = list[QuestionPart](), dict[str, int]()
    for label, opens, without in _parts(state, visible, state.check(workspace), workspace):
        kind = opens.partition("-")[0]
        number = names[f"{kind}:{label}"] = names.get(f"{kind}:{label}", 0) + 1
        name = f"{kind}:{label}" + (f":{number}" if number > 1 else "")
        parts.append(QuestionPart(Chip(name, label, opens, fixed=without is None), without))
    return parts


def _parts(
    state: ExploreState, visible: VisibleModel, preflight: Preflight, workspace: Workspace
) -> Iterator[tuple[str, str, Query | None]]:
    """Yield the label of each part, the key of its field in the builder, and the question without it."""
    draft = state.draft
    known = {metric.name: metric.label or metric.name for metric in visible.metrics}
    for name in draft.metrics:
        rest = tuple(metric for metric in draft.metrics if metric != name)
        yield known.get(name, name), "metric-search", drop_broken(replace(draft, metrics=rest))
    yield _period(preflight), state.key("period"), None
    for place, words in enumerate(_compared(draft, preflight)):
        rest = (*draft.compare[:place], *draft.compare[place + 1 :])
        yield f"vs {words}", "compare-", drop_broken(replace(draft, compare=rest))
    dimensions = {dimension.name: dimension for dimension in visible.dimensions}
    for place, breakdown in enumerate(draft.by):
        label = dimension_label(breakdown, dimensions, visible.model)
        if breakdown.dim == DATE:
            label = lower_first(describe_split(breakdown, visible.model) or "day")
        opens = state.key("grain") if breakdown.dim == DATE else f"drop-by-{column_name(breakdown)}"
        yield f"by {label}", opens, drop_broken(replace(draft, by=(*draft.by[:place], *draft.by[place + 1 :])))
    if draft.top is not None:
        yield top_words(draft.top, draft, visible), state.key("top"), replace(draft, top=None)
    labels = (state.labels or filter_labels(visible)) | listed_labels(draft, visible, workspace)
    filters = parts_of(draft)
    for place, part in enumerate(filters):
        opens = f"any-of-{place}" if isinstance(part, AnyOf) else state.key(f"filter-{place}")
        yield filter_words(part, labels), opens, with_parts(draft, [*filters[:place], *filters[place + 1 :]])
    for place, condition in enumerate(draft.having):
        rest = (*draft.having[:place], *draft.having[place + 1 :])
        yield (
            metric_filter_words(condition, visible, draft.currency),
            state.key(f"having-{place}"),
            replace(draft, having=rest),
        )
    for calculation in draft.calc:
        rest = tuple(other for other in draft.calc if other.name != calculation.name)
        opens = state.key(f"calc-{calculation.name}")
        yield calculation_words(calculation, {}, preflight), opens, drop_broken(replace(draft, calc=rest))


def _period(preflight: Preflight) -> str:
    period = preflight.period
    return days_name(period.start, period.whole_end)


def _compared(query: Query, preflight: Preflight) -> list[str]:
    """Return the days of each comparison, or its name if the days aren't known."""
    names = [lower_first(name) for name in comparison_names(query)]
    if preflight.compiled is None:
        return names
    asked = preflight.compiled.asked
    days = [days_name(each.days.start, each.days.end) for each in compared_with(asked.asked_days, None, asked)]
    return days if len(days) == len(names) else names


def days_name(start: date | None, end: date | None) -> str:
    """Return the name of a range of days, such as `October 2026`, `31 Aug – 29 Nov 2026` or `All time`. `end` is
    exclusive.
    """
    last = end - timedelta(days=1) if end is not None else None
    return calendar_name(start, last) or describe_range(start, last)
