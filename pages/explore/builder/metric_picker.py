"""The metrics of a question: a search by name, synonym or typo, and the picked metrics with their definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.periods import DEFAULT_PERIOD
from pages.explore.builder.question import ExploreState
from pages.explore.builder.recents import recent, recent_names, stamp
from pages.shell import session
from pages.shell.parts import NO_DESCRIPTION, badge_text, plain, quoted, unseen
from pages.widgets.search_box import START, Row, SearchMatches, search_box
from pages.widgets.standing import standing_mark
from semantic.display.words.metrics import in_domain
from semantic.explore.repairs import drop_broken
from semantic.explore.search import Hit, near, search
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Metric, NumberFormat
from semantic.model.money import shown_unit
from semantic.plan.measures.kind_names import special_kind
from semantic.query.checked import MAX_NAMES
from semantic.query.describe import lower_first

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

HITS = 12


def metrics(state: ExploreState, visible: VisibleModel) -> None:
    """Draw the search, then a line for each picked metric."""
    picked = state.draft.metrics
    by_name = {metric.name: metric for metric in visible.metrics}

    def find(text: str) -> SearchMatches:
        return find_metrics(text, visible, picked)

    def pick(name: str) -> None:
        if name in by_name:
            add_metric(state, name)

    with st.container(gap="xsmall", key="metrics"):
        search_box(
            "Metric", find, pick, key="metric-search",
            stamp=(state.actor, state.version, picked, stamp()),
            placeholder="Add a metric" if picked else "Search, such as CAC",
            more=f"{len(by_name) - START - len(picked)} more. Type to search.",
            disabled=len(picked) >= MAX_NAMES,
        )  # fmt: skip
        if picked:
            with st.container(horizontal=True, gap="xxsmall", vertical_alignment="top", key="picked"):
                for name in picked:
                    if name in by_name:
                        _picked(state, by_name[name], special_kind(by_name[name], visible.model))


def find_metrics(text: str, visible: VisibleModel, picked: tuple[str, ...] = ()) -> SearchMatches:
    """Return the metrics that match a text, except those already picked. Approximate matches are marked as such."""
    asked = recent_names(recent())
    limit = HITS if text else len(visible.metrics)
    hits = search(visible, text, kinds=("metric",), recent=asked, limit=limit + len(picked))
    note = ""
    if text and not hits:
        hits = near(visible, text)
        note = f"No metric matches {quoted(text)}." + (" Did you mean:" if hits else "")
    rows = [_row(hit, visible) for hit in hits if hit.name not in picked and isinstance(hit.thing, Metric)]
    if text and hits and not rows:
        note = "Already added."
    return SearchMatches(rows[:limit], note)


def _row(hit: Hit, visible: VisibleModel) -> Row:
    """Return a metric as a search result. Its label and definition are cached, because only `why` and `mark` change."""
    row, metric = visible.model.memo.get(("metric row", hit.name)), hit.thing
    assert isinstance(metric, Metric)
    if not isinstance(row, Row):
        kind = lower_first(special_kind(metric, visible.model))
        unit = ", ".join(part for part in (unit_of(metric), kind) if part)
        line = in_domain(metric, visible.model, metric.description or metric.means)
        row = Row(hit.name, hit.label, unit=unit, line=line)
        visible.model.memo["metric row", hit.name] = row
    mark = _marks(metric)
    return replace(row, why=hit.why, mark=mark) if hit.why or mark else row


def _marks(metric: Metric) -> str:
    """Return "Deprecated", "Certified" or "", whatever the day."""
    if metric.deprecated is not None:
        return "Deprecated"
    return "Certified" if is_certified(metric) else ""


def unit_of(metric: Metric, currency: str | None = None) -> str:
    """Return the unit of a metric, as it's shown next to the name. Money is in the question's `currency`."""
    return "%" if metric.format is NumberFormat.SHARE else shown_unit(metric, currency)


def add_metric(state: ExploreState, name: str) -> None:
    """Add a metric. The first one also sets a period, so that the first answer covers a familiar one."""
    draft = state.draft
    period = DEFAULT_PERIOD if not draft.metrics and draft.time is None else draft.time
    if name not in draft.metrics:
        state.change(drop_broken(replace(draft, metrics=(*draft.metrics, name), time=period)))


def drop_metric(state: ExploreState, name: str) -> None:
    state.change(
        drop_broken(replace(state.draft, metrics=tuple(metric for metric in state.draft.metrics if metric != name)))
    )


def _picked(state: ExploreState, metric: Metric, kind: str) -> None:
    label = metric.label or metric.name
    certified = standing_mark(metric, session.require("viewer")[0].today())
    text = plain(unit_of(metric, state.draft.currency))
    unit = f" :gray[{text}]" if text else ""
    unit += f" :gray-badge[{badge_text(kind)}]" if kind else ""
    sentence = metric.description or metric.means or NO_DESCRIPTION
    st.markdown(f":small[**{plain(label)}**{certified}{unit}  \n:gray[{plain(sentence)}]]", width="stretch")
    st.button(
        unseen(f"Remove {label}"), icon=":material/close:", key=f"drop-metric-{metric.name}", type="tertiary",
        help=plain(f"Remove {label}"), on_click=drop_metric, args=(state, metric.name),
    )  # fmt: skip
