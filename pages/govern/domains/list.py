"""The list of teams, which for stewards has all of them, and the metrics and segments of one team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from pages.asking.form import Start, begin, may_ask
from pages.govern.domains import editing, making
from pages.govern.domains.reviewing import show_review_asked, show_reviews_of
from pages.govern.domains.telling import show_outcome
from pages.shell import keys, links, session
from pages.shell.parts import NO_DESCRIPTION, badge_text, empty_state, page_header, plain
from semantic.display.format import counted, listed
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric, Segment
from semantic.model.editing.objects import Key, ObjectKind
from semantic.services.domains import DomainShown, DomainWork
from semantic.workspace import Workspace

CHOSEN = "domain-chosen"
TEXT = (
    "A domain is a team with its own metrics. Metrics that don't belong to a team are core metrics, shared by everyone."
)


def domains_page() -> None:
    """Draw the teams, if there are several, and the metrics of the chosen team."""
    workspace, actor = session.require("viewer")
    live = session.live()
    work = DomainWork(live, actor)
    is_edited_here = live.settings.model_source == "store"
    shown = work.shown(workspace.today())
    adds = work.is_central and is_edited_here
    page_header("Domains", TEXT, partial(making.new_domain, work) if adds else None)
    show_outcome()
    if show_review_asked(work.actor, workspace):
        return
    if not shown:
        _nothing(work.is_central)
        return
    if work.is_central:
        _overview(shown)
    chosen = _chosen(shown)
    with st.container(border=True, gap="small", key=f"domain-{chosen.domain.name}"):
        _one(chosen, work, workspace, is_edited_here=is_edited_here)
    keys.watch_mode()


def _nothing(is_central: bool) -> None:
    if is_central:
        empty_state(
            "groups", "No domains yet",
            "Give a team its own metrics: add a domain, choose its stewards, and add metrics to it.",
            key="domains-none",
        )  # fmt: skip
        return
    empty_state(
        "groups", "You aren't in a domain", "Stewards add people to a team's domain. Every metric that you can access "
            "is in the catalog.", key="domains-none", ways=lambda: links.catalogue_link("Metrics"),
    )  # fmt: skip


def _overview(shown: Sequence[DomainShown]) -> None:
    """Draw a row for each team, with its people and its number of metrics."""
    with st.container(border=True, gap="xsmall", key="domains-overview"):
        for one in shown:
            name, people, numbers = st.columns([1.3, 2, 1.7], gap="xsmall", vertical_alignment="center")
            name.markdown(f"**{plain(one.domain.label)}**")
            stewards = listed(one.stewards) if one.stewards else "No stewards"
            members = f", {counted(len(one.members), 'other member')}" if one.members else ""
            people.markdown(f":small[:gray[{plain(f'Stewards: {stewards}{members}')}]]")
            numbers.markdown(f":small[:gray[{plain(_numbers(one))}]]")


def _numbers(one: DomainShown) -> str:
    texts = [counted(len(one.metrics), "metric"), f"{one.certified} certified"]
    if one.segments:
        texts.insert(1, counted(len(one.segments), "segment"))
    if one.unused is not None:
        texts.append(f"{one.unused} unused")
    if one.requests is not None:
        texts.append(counted(one.requests, "open request"))
    return " \N{MIDDLE DOT} ".join(texts)


def _chosen(shown: Sequence[DomainShown]) -> DomainShown:
    """Draw the choice of a team, with the person's own teams first, and return the chosen one."""
    by_name = {one.domain.name: one for one in sorted(shown, key=lambda one: not one.is_led)}
    if len(by_name) == 1:
        return next(iter(by_name.values()))
    if st.session_state.get(CHOSEN) not in by_name:
        st.session_state.pop(CHOSEN, None)
    name = st.segmented_control(
        "Domain", list(by_name), default=next(iter(by_name)), required=True, key=CHOSEN, label_visibility="collapsed",
        format_func=lambda each: plain(by_name[each].domain.label),
    )  # fmt: skip
    return by_name[name]


def _one(one: DomainShown, work: DomainWork, workspace: Workspace, *, is_edited_here: bool) -> None:
    domain = one.domain
    st.header(plain(domain.label), anchor=False)
    if domain.description:
        st.markdown(plain(domain.description))
    stewards = listed(one.stewards) if one.stewards else "none yet"
    members = listed(one.members) if one.members else "none besides the stewards"
    st.caption(plain(f"Stewards: {stewards}. Members: {members}."))
    if one.is_led and is_edited_here:
        show_reviews_of(domain.name, work.actor, workspace)
        editing.new_and_publish(one, work, workspace)
    elif not work.is_central:
        _propose("Request a metric", Start(kind="metric"), "domain-request")
    if not one.metrics and not one.segments:
        st.caption("No metrics that you can access yet.")
    for metric in one.metrics:
        _row(metric, (ObjectKind.METRIC, metric.name), one, work, workspace.today(), is_edited_here=is_edited_here)
    for segment in one.segments:
        _row(segment, (ObjectKind.SEGMENT, segment.name), one, work, workspace.today(), is_edited_here=is_edited_here)
    if one.is_led and is_edited_here:
        editing.edit_chosen(one, work)


def _row(
    thing: Metric | Segment, key: Key, one: DomainShown, work: DomainWork, today: date, *, is_edited_here: bool
) -> None:
    name, meaning, actions = st.columns([1.4, 2.3, 1.3], gap="xsmall", vertical_alignment="center")
    with name, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if isinstance(thing, Metric):
            links.metric_link(thing.label or thing.name, thing.name, strong=True, icon="")
            how = certification_status(thing, today)
            if how is not CertificationStatus.CANDIDATE:
                st.badge(badge_text(how.words), color="green" if how is CertificationStatus.CERTIFIED else "orange")
        else:
            st.markdown(f"**{plain(thing.label or thing.name)}** :small[:gray-badge[Segment]]", width="content")
    meaning.markdown(f":small[{plain(thing.description or NO_DESCRIPTION)}]")
    if not is_edited_here:
        return
    with actions, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if one.is_led:
            st.button(
                "Edit", key=f"domain-edit-{key[0].value}-{key[1]}", type="tertiary", icon=":material/edit:",
                on_click=editing.choose, args=(key,),
            )  # fmt: skip
        if one.is_led:
            words = f"Promote {thing.label or thing.name} to the core"
            _propose(
                "Propose for core", Start(kind="metric", words=words, metric=key[1]),
                f"domain-propose-{key[0].value}-{key[1]}",
            )  # fmt: skip
        if work.is_central:
            st.button(
                "Promote to core", key=f"domain-promote-{key[0].value}-{key[1]}", type="tertiary",
                icon=":material/arrow_upward:", on_click=making.promote, args=(key, thing.label or thing.name),
                help="Adds the change to your draft. Its name stays, so links and saved questions keep working.",
            )  # fmt: skip


def _propose(label: str, start: Start, key: str) -> None:
    """Draw the button that opens a request form. Stewards of the core answer the request."""
    if not may_ask(session.require("viewer")[1]):
        return
    st.button(label, key=key, type="tertiary", icon=":material/contact_support:", on_click=begin, args=(start,))
