"""The page of one metric: what it means and doesn't mean, how it's calculated, its dimensions, and its trust."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from pages.adoption.metric_use import use_of
from pages.adoption.used import retire_link
from pages.explore.builder import recents
from pages.govern.checks.checks import metric_checks
from pages.metrics.certification import certification
from pages.metrics.formula_cards import formula_card
from pages.metrics.list import unit_words
from pages.metrics.redefined import definition_changes
from pages.metrics.slice_table import slice_by
from pages.shell import links, session
from pages.shell.live import LateAnswer, answer
from pages.shell.parts import NO_DESCRIPTION, Fact, block, card, notice, page_header, plain, trust_strip
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.follow import follow_button
from pages.widgets.lineage.drawing import draw
from pages.widgets.theme import current_tokens
from semantic.compile import compile_visible, readable_sql
from semantic.display import trust
from semantic.display.charts.charts import chart_for
from semantic.display.format import counted, listed
from semantic.display.words.lineage import flow
from semantic.display.words.metrics import adds_words, domain_of
from semantic.errors import SemanticError
from semantic.explore.repairs import does_compile
from semantic.explore.search import near
from semantic.explore.weekly import headline, is_dated, span, trend
from semantic.model.certification_status import CertificationStatus, certification_status, lapsed_words
from semantic.model.definitions import Metric
from semantic.plan.measures.kind_names import kind_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.codec import query_to_params
from semantic.query.describe import lower_first
from semantic.query.query import Query
from semantic.results.finality import instead_of
from semantic.results.result import Result
from semantic.services.certifying.work import CertifyWork
from semantic.services.impact.users import users_of
from semantic.workspace import Workspace

_BETTER = {"up": "higher", "down": "lower", "none": "neither"}


def show(metric: Metric, workspace: Workspace, actor: Actor) -> None:
    """Draw the page, from the metric's meaning to its lineage."""
    seen, today = workspace.visible(actor), workspace.today()
    recents.note("metric", metric.name)
    page_header(
        metric.label or metric.name, metric.description, lambda: _actions(metric, workspace, actor), scope=seen.scope
    )
    trust_strip(_facts(metric, seen, today))
    with st.container(gap="small", key="metric-page"):
        if certification_status(metric, today) is CertificationStatus.LAPSED:
            renew = " Renew it below, under Trust." if actor.is_at_least("steward") else ""
            notice("caution", "gpp_maybe", f"{lapsed_words(metric)}{renew}", key="metric-lapsed")
        _meaning(metric)
        if workspace.published is not None:
            definition_changes(metric.name)
        formula_card(metric.name)
        if actor.is_at_least("steward"):
            _sql(metric, workspace, actor)
        left, right = st.columns([2, 1], gap="small")
        with left, st.container(border=True, height="stretch", gap="xsmall"):
            _trend(metric.name)
        with right:
            _about(metric, seen)
        slice_by(metric.name)
        _lineage(metric, seen, actor)
        with block("Trust", "certification, freshness and checks"):
            _trust(metric.name)
        if actor.is_at_least("steward"):
            use_of(metric.name)


def unknown(name: str, seen: VisibleModel) -> None:
    """Say that there is no such metric. The words are the same for a metric that this person can't see."""
    page_header("Metrics")
    close = near(seen, name.replace("_", " "))
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{name[:60]}\N{RIGHT DOUBLE QUOTATION MARK}"
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="metric-unknown"):
        st.space("small")
        st.markdown("## :gray[:material/search_off:]", width="content")
        st.markdown(f"**Metric {plain(quoted)} not found**", text_alignment="center")
        st.caption("It may have been renamed, or you don't have access.", text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
            for hit in close:
                links.metric_link(hit.label, hit.name, icon=":material/monitoring:")
        to_the_list()
        st.space("small")


# Header


def to_the_list() -> None:
    """Draw the link back to the list, because the navigation's link would lead to the current page."""
    st.button("All metrics", icon=":material/arrow_back:", key="all-metrics", on_click=st.query_params.clear)


def _actions(metric: Metric, workspace: Workspace, actor: Actor) -> None:
    to_the_list()
    follow_button("metric", metric.name, actor, key="metric-page")
    if actor.viewed_by is None and is_dated(metric, workspace.visible(actor)):
        links.set_alert_link(Query(metrics=(metric.name,)), metric.name)
    links.analyze_link(Query(metrics=(metric.name,)), metric.name, workspace.visible(actor))
    with st.popover("Compare with", icon=":material/compare_arrows:", key="compare-with"):
        others = _similar_first(metric, workspace.visible(actor))
        names = {each_metric.name: each_metric.label or each_metric.name for each_metric in others}
        chosen = st.selectbox(
            "Another metric", list(names), index=None, format_func=names.__getitem__, key=f"beside-{metric.name}",
            placeholder="Pick a metric",
        )  # fmt: skip
        if chosen:
            st.query_params.from_dict({"m": metric.name, "with": chosen})
            st.rerun()
    if actor.is_at_least("steward"):
        retire_link(metric, session.retire_work(actor))
    query = question(metric, workspace, actor)
    if query and st.button("Explore", type="primary", key="open-in-explore", icon=":material/query_stats:"):
        st.switch_page(links.EXPLORE, query_params=query_to_params(query))


def question(metric: Metric, workspace: Workspace, actor: Actor) -> Query | None:
    """Return the question to open in Explore, by week if the metric has a date, or None if it can't be asked."""
    seen = workspace.visible(actor)
    for query in ([trend(metric, seen)] if is_dated(metric, seen) else []) + [Query(metrics=(metric.name,))]:
        if does_compile(query, seen, workspace.dialect, workspace.today()):
            return query
    return None


def _similar_first(metric: Metric, seen: VisibleModel) -> list[Metric]:
    """Return the other metrics, starting with those that share a component with this one."""
    parts = {*metric.inputs, metric.measure} - {""}

    def rank(candidate: Metric) -> tuple[bool, str]:
        return parts.isdisjoint({*candidate.inputs, candidate.measure}) and candidate.name not in parts, (
            candidate.label or candidate.name
        ).casefold()

    return sorted((each_metric for each_metric in seen.metrics if each_metric.name != metric.name), key=rank)


def _facts(metric: Metric, seen: VisibleModel, today: date) -> list[Fact]:
    """Return the facts about a metric's trust: its certification, its owner, and failed checks of its data."""
    facts = [trust.metric_fact(metric, today=today, instead=instead_of([metric], seen).get(metric.name))]
    if metric.owner:
        facts.append(Fact(f"Owner: {metric.owner}", "person", "quiet", "Responsible for this definition."))
    facts += trust.failed_facts(session.checks().failing_for(metric, seen), seen.model.settings.time_zone)
    return facts


def _meaning(metric: Metric) -> None:
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(":green[:material/check:] **What it means**")
        st.markdown(plain(metric.means or metric.description or NO_DESCRIPTION))
    if metric.does_not_mean:
        with right, st.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(":red[:material/close:] **What it doesn't mean**")
            st.markdown(plain(metric.does_not_mean))


def _sql(metric: Metric, workspace: Workspace, actor: Actor) -> None:
    seen = workspace.visible(actor)
    try:
        compiled = compile_visible(seen, headline(metric, seen), workspace.dialect, today=workspace.today())
    except SemanticError:
        return  # The formula says why the metric can't be asked.
    with st.expander("SQL, as it runs for you", icon=":material/code:", key="metric-sql"):
        st.code(readable_sql(compiled), language=None, wrap_lines=True)


# The last weeks and other facts, side by side


@st.fragment(parallel=True)
@in_turn
def _trend(name: str) -> None:
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric, time = seen.metric(name), span(seen.metric(name), seen)
    st.markdown(f"**Trend** &nbsp;:gray[the last {counted(time.count, f'complete {time.unit.words}')}]")
    if not is_dated(metric, seen):
        st.caption("This metric has no date, so there's no trend.")
        return
    slot = st.empty()
    with slot:
        st.skeleton(280)
    result = answer(trend(metric, seen), workspace, actor)
    with slot.container(gap="xsmall"):
        if isinstance(result, LateAnswer):
            st.caption(f":material/cloud_off: {plain(result.sentence)}")
            return
        drawn = chart_for(result, current_tokens())
        if drawn.figure is None:
            st.caption(plain(drawn.reason) or "No data in this period.")
            return
        draw_chart(drawn.figure, key=f"trend-{name}", alt=drawn.alt)


def _about(metric: Metric, seen: VisibleModel) -> None:
    dates = listed(dict.fromkeys(_dates(metric, seen)))
    rows = {
        "Owner": plain(metric.owner) or "No owner",
        "Domain": plain(domain_of(metric, seen.model)),
        "Unit": plain(unit_words(metric)),
        "Better": _BETTER[metric.direction],
        "Target": plain(_target(metric, seen)),
        "Kind": lower_first(kind_of(metric, seen.model)),
        "Can be summed": adds_words(metric, seen.model),
        "Date": plain(dates) or "none",
        "Also called": plain(", ".join(metric.synonyms)),
        "Tags": plain(", ".join(sorted(metric.tags))),
    }
    with card("Facts"):
        st.table({name: text for name, text in rows.items() if text}, border="horizontal", hide_header=True)


def _target(metric: Metric, seen: VisibleModel) -> str:
    """Return the label of the metric that has this one's targets, or "" if there is none or the person can't see it."""
    found_metric = seen.model.metrics.get(metric.target)
    return (
        (found_metric.label or found_metric.name)
        if found_metric is not None and seen.shows_metric(found_metric)
        else ""
    )


def _dates(metric: Metric, seen: VisibleModel) -> list[str]:
    """Return the labels of the dates by which the components of a metric count, if this person can see them."""
    dates: list[str] = []
    for measure in measures_of(metric, seen.model):
        time = seen.model.datasets[measure.dataset].dimensions.get(measure.time) if measure.time else None
        if time is not None and not seen.hides_dates(time) and seen.shows_dimension(time):
            dates.append((time.label or time.name.replace("_", " ")).lower())
    return dates


# Lineage and trust


def _lineage(metric: Metric, seen: VisibleModel, actor: Actor) -> None:
    def go(name: str) -> None:
        st.query_params.from_dict({"m": name})
        st.rerun()

    try:
        uses = users_of(session.live(), actor, metric)
    except SemanticError:  # The metric is shown without its saved work.
        uses = ()
    drawn = flow(metric, seen, with_tables=actor.is_at_least("steward"), uses=uses)
    with block("Lineage", "from source data to saved work that you can open"), st.container(border=True):
        draw(drawn, key=f"lineage-{metric.name}", on_open=go)


@st.fragment(parallel=True)
@in_turn
def _trust(name: str) -> None:
    """Draw the certification, the freshness of the data, and the data checks."""
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric = seen.metric(name)
    with st.grid(3, min_column_width=260, gap="small"):
        with card("Certification"):
            try:
                fact = _facts(metric, seen, workspace.today())[0]
                work = CertifyWork(session.live(), actor) if workspace.published is not None else None
                certification(metric, fact, work)
            except SemanticError as error:
                st.caption(f":material/cloud_off: {plain(str(error))}")
        with card("Freshness"):
            _freshness(metric, workspace, actor)
        with card("Checks"):
            metric_checks(metric, seen, actor)


def _freshness(metric: Metric, workspace: Workspace, actor: Actor) -> None:
    slot = st.empty()
    with slot:
        st.skeleton(48)
    result = answer(headline(metric, workspace.visible(actor)), workspace, actor)
    with slot.container(gap="xsmall"):
        if not isinstance(result, Result):
            st.caption(f":material/cloud_off: {plain(result.sentence)}")
        elif not result.data_to_words:
            st.caption("Load time unknown.")
        else:
            icon = ":orange[:material/schedule:]" if result.is_stale else ":gray[:material/schedule:]"
            for words in _loads(result.data_to_words):
                st.markdown(f"{icon} {plain(words)}")
            late = "Data has missed its freshness target."
            fine = "Data is within its freshness target."
            st.caption(late if result.is_stale else fine)


def _loads(words: str) -> Sequence[str]:
    """Return when each dataset was loaded, with one entry per dataset."""
    parts = words.split(", ")
    return [", ".join(parts[place : place + 2]) for place in range(0, len(parts), 2)]
