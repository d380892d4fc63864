"""The list of metrics: a search, filters by state, data, owner and kind, and one row or card for each metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal, cast

import streamlit as st

from pages.asking import form as asking
from pages.explore.builder import recents
from pages.shell import links, session
from pages.shell.no_metrics import no_metrics
from pages.shell.parts import NO_DESCRIPTION, Action, badge_text, chip, empty_state, page_header, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.display.words.metrics import domain_of
from semantic.explore.search import Hit, near, search
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric, NumberFormat
from semantic.plan.measures.kind_names import kind_group, special_kind
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.services.requests.work import RequestOrigin

PAGE = 25
BADGES: dict[CertificationStatus, tuple[str, Literal["green", "orange"]]] = {
    CertificationStatus.CERTIFIED: ("verified", "green"),
    CertificationStatus.OWN: ("upload_file", "orange"),
    CertificationStatus.EXPIRED: ("gpp_maybe", "orange"),
    CertificationStatus.LAPSED: ("gpp_maybe", "orange"),
    CertificationStatus.DEPRECATED: ("history_toggle_off", "orange"),
}
_KEYS = ("list-state", "list-domain", "list-data", "list-owner", "list-kind", "list-tag")
CORE = "Core"


@dataclass(frozen=True, slots=True)
class _Facet:
    """A filter of the list: its name, its icon, and a function that returns a metric's values."""

    key: str
    name: str
    icon: str
    values: Callable[[Metric], Iterable[str]]


def header(seen: VisibleModel, today: date) -> None:
    """Draw the title with the number of metrics."""
    metrics = every_metric(seen)
    certified = sum(certification_status(metric, today) is CertificationStatus.CERTIFIED for metric in metrics)
    text = f"{counted(len(metrics), 'metric')}, {certified} certified. Certified first." if metrics else ""
    glossary = partial(links.glossary_link, "Glossary", icon=":material/dictionary:")
    page_header("Metrics", text, glossary, scope=seen.scope)


@st.fragment
@in_turn
def metric_list() -> None:
    """Draw the list of metrics, which reruns separately on every keystroke."""
    workspace, actor = session.require("viewer")
    seen, today = workspace.visible(actor), workspace.today()
    metrics = every_metric(seen)
    if not metrics:
        no_metrics(
            "This page lists every number that you can ask for, with its meaning, owner and formula. You don't have "
            "access to any yet. Ask an administrator for access.", key="no-metrics",
            ways=lambda: links.glossary_link("Glossary", icon=":material/dictionary:"),
        )  # fmt: skip
        return
    text = st.text_input(
        "Search metrics", key="list-search", live=True, icon=":material/search:", label_visibility="collapsed",
        placeholder="Search names, descriptions and synonyms",
    )  # fmt: skip
    hits = search(seen, text or "", kinds=("metric",), recent=recents.names(), limit=len(seen.model.metrics))
    metric_hits = [(hit, hit.thing) for hit in hits if isinstance(hit.thing, Metric)]
    facets = _facets(seen, today)
    _narrowing(facets, [metric for _, metric in metric_hits])
    kept = [(hit, metric) for hit, metric in metric_hits if _passes(metric, facets)]
    if kept:
        _rows(kept, len(metrics), seen, today)
    else:
        _nothing(text or "", seen, narrowed=bool(metric_hits))


def every_metric(seen: VisibleModel) -> list[Metric]:
    """Return all metrics that this person can see, from the search index, which is built once."""
    hits = search(seen, "", kinds=("metric",), limit=len(seen.model.metrics))
    return [hit.thing for hit in hits if isinstance(hit.thing, Metric)]


# Filters


def _facets(seen: VisibleModel, today: date) -> tuple[_Facet, ...]:
    def data(metric: Metric) -> Iterable[str]:
        key = "data of", metric.name
        if key not in seen.model.memo:
            facts = dict.fromkeys(measure.dataset for measure in measures_of(metric, seen.model))
            labels = [seen.model.datasets[name].label or name.replace("_", " ").capitalize() for name in facts]
            seen.model.memo[key] = labels
        return cast("list[str]", seen.model.memo[key])

    return (
        _Facet("list-state", "State", "verified", lambda metric: [certification_status(metric, today).words]),
        _Facet("list-domain", "Domain", "groups", lambda metric: [domain_of(metric, seen.model) or CORE]),
        _Facet("list-data", "Data", "database", data),
        _Facet("list-owner", "Owner", "person", lambda metric: [metric.owner or "No owner"]),
        _Facet("list-kind", "Kind", "functions", lambda metric: [kind_group(metric, seen.model)]),
        _Facet("list-tag", "Tag", "sell", lambda metric: sorted(metric.tags)),
    )


def _narrowing(facets: Sequence[_Facet], metrics: Sequence[Metric]) -> None:
    """Draw a chip for each filter with a choice. Each option has the number of metrics it leaves, given the other
    filters.
    """
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="narrowing"):
        for facet in facets:
            others = [each_facet for each_facet in facets if each_facet is not facet]
            left = [metric for metric in metrics if _passes(metric, others)]
            counts = Counter(value for metric in left for value in facet.values(metric))
            chosen: list[str] = st.session_state.get(facet.key) or []
            options = sorted(dict.fromkeys([*counts, *chosen]), key=lambda value: (-counts[value], value.casefold()))
            if len(options) < 2 and not chosen:
                continue
            label = (
                f"{facet.name}: {chosen[0]}"
                if len(chosen) == 1
                else facet.name + (f" ({len(chosen)})" if chosen else "")
            )
            with chip(label, facet.icon, f"chip-{facet.key}"):
                st.pills(
                    facet.name, options, selection_mode="multi", key=facet.key, label_visibility="collapsed",
                    format_func=lambda value, counts=counts: f"{plain(value)} \N{MIDDLE DOT} {counts[value]}",
                )  # fmt: skip
        if any(st.session_state.get(key) for key in _KEYS):
            st.button("Clear", key="list-clear", type="tertiary", on_click=_clear)


def _passes(metric: Metric, facets: Iterable[_Facet]) -> bool:
    """Return whether a metric has one of the chosen values of each filter."""
    for facet in facets:
        chosen = st.session_state.get(facet.key)
        if chosen and set(chosen).isdisjoint(facet.values(metric)):
            return False
    return True


def _clear() -> None:
    for key in _KEYS:
        st.session_state[key] = []
    st.session_state["list-search"] = ""


# Rows


def _rows(metric_hits: Sequence[tuple[Hit, Metric]], everything: int, seen: VisibleModel, today: date) -> None:
    shown = st.session_state.get("list-shown", PAGE)
    if len(metric_hits) < everything:
        st.caption(f"{len(metric_hits)} of {counted(everything, 'metric')}")
    with st.container(border=True, gap="xsmall", key="list-of-metrics"):
        for hit, metric in metric_hits[:shown]:
            _row(hit, metric, special_kind(metric, seen.model), domain_of(metric, seen.model), today)
    if len(metric_hits) > shown:
        with st.container(horizontal=True, horizontal_alignment="center"):
            more = min(PAGE, len(metric_hits) - shown)
            st.button(f"Show {more} more", key="list-more", on_click=_more, args=(shown + PAGE,))


def _more(count: int) -> None:
    st.session_state["list-shown"] = count


def _row(hit: Hit, metric: Metric, kind: str, domain: str, today: date) -> None:
    name, meaning, facts = st.columns([1.5, 2.6, 1.6], gap="xsmall", vertical_alignment="center")
    with name, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        links.metric_link(hit.label, metric.name, strong=True, icon="")
        how = certification_status(metric, today)
        if how in BADGES:
            icon, colour = BADGES[how]
            st.badge(badge_text(how.words), icon=f":material/{icon}:", color=colour)
        for text in filter(None, (kind, domain)):
            st.markdown(f":small[:gray-badge[{badge_text(text)}]]", width="content")
    with meaning:
        why = f" :gray[{plain(hit.why)}.]" if hit.why else ""
        st.markdown(f"{plain(metric.description or metric.means or NO_DESCRIPTION)}{why}")
    with facts:
        owner = metric.owner or "No owner"
        st.markdown(f":small[:gray[{plain(unit_words(metric))} &nbsp;\N{MIDDLE DOT}&nbsp; {plain(owner)}]]")


def unit_words(metric: Metric) -> str:
    """Return the unit of a metric or, if it has none, its kind of number."""
    kinds = {NumberFormat.SHARE: "%", NumberFormat.RATIO: "ratio", NumberFormat.MONEY: "money"}
    return metric.unit or kinds.get(metric.format, "number")


def _nothing(text: str, seen: VisibleModel, *, narrowed: bool) -> None:
    """Say that no metric matches the filters or the search, with similar metrics."""
    if narrowed:
        empty_state(
            "filter_alt_off", "No metrics match these filters", "Without the filters, your search has matches.",
            [Action("Clear filters", _clear)], key="list-empty",
        )  # fmt: skip
        return
    close = near(seen, text)
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{text.strip()[:60]}\N{RIGHT DOUBLE QUOTATION MARK}"
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="list-empty"):
        st.space("small")
        st.markdown("## :gray[:material/search_off:]", width="content")
        st.markdown(f"**No results for {plain(quoted)}**", text_alignment="center")
        if close:
            with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
                st.markdown(":gray[Did you mean:]", width="content")
                for hit in close:
                    links.metric_link(hit.label, hit.name, icon=":material/monitoring:")
        else:
            st.caption("Nothing you have access to matches. Try a different name.", text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
            st.button("Show all metrics", key="list-all", on_click=_clear)
            if asking.may_ask(seen.actor):
                start = asking.Start(words=text.strip(), asking=RequestOrigin(place="metric"))
                st.button(asking.ASK_LABEL, key="list-ask", on_click=asking.begin, args=(start,))
            links.glossary_link("Search the glossary", icon=":material/dictionary:")
        st.space("small")
