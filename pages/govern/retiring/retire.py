"""Retire a metric: choose a successor, compare the values of everything that uses it, replace it, notify owners, and
deprecate it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.shell import links, session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import Action, block, empty_state, notice, page_header, plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import NotAllowed, SemanticError, counted
from semantic.model.definitions import Metric
from semantic.services.retiring.drafting import LONGEST_REASON, deprecate
from semantic.services.retiring.work import Item, RetireWork, Retiring, SwitchedItem
from semantic.store.models.versions import Version

SWITCHED, TOLD, _CACHED = "retire-switched", "retire-told", "retire-read"
MOST: Final = 100
IN_THE_DRAFT: Final = "Change it in your draft. Until then, it counts the deprecated metric."
PLURALS: Final = {"question": "Saved question", "analysis": "Saved analysis", "board": "Board"}


def show(name: str) -> None:
    """Draw the page for a metric, or say that this person can't retire it."""
    workspace, actor = session.require("steward")
    work = session.retire_work(actor)
    try:
        metric = work.metric(name)
    except (NotAllowed, SemanticError):
        page_header("Retire a metric")
        empty_state(
            "search_off", "Metric not found", "Choose Retire on a metric's page, or in the lists on the Adoption page.",
            key="retire-unknown", ways=lambda: links.catalogue_link("All metrics", icon=":material/menu_book:"),
        )  # fmt: skip
        return
    label = metric.label or metric.name
    page_header(f"Retire {label}", "Nothing changes until you switch items, or publish the deprecation.", tab="Retire")
    links.metric_link(label, metric.name)
    if told := st.session_state.pop(TOLD, None):
        notice(*told, key="retire-told")
    _page(metric, workspace.published)


@st.fragment
@in_turn
def _page(metric: Metric, version: Version | None) -> None:
    _, actor = session.require("steward")
    work = session.retire_work(actor)
    successor = _successor(metric, work)
    try:
        with st.spinner("Finding what uses it"):
            found = _read(work, metric.name, successor, version)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load what uses it", str(error), [Action("Try again", _forget)], key="retire-away"
        )
        return
    _uses(found, metric, successor, work)
    _deprecate(metric, successor, found, work)


def _successor(metric: Metric, work: RetireWork) -> str:
    seen = session.workspace().visible(work.actor)
    labels = {one.name: one.label or one.name for one in seen.metrics if one.name != metric.name}
    names = sorted(labels, key=lambda name: labels[name].casefold())
    known = metric.deprecated.replaced_by if metric.deprecated is not None else ""
    chosen = st.selectbox(
        "Successor", names, index=names.index(known) if known in names else None, key=f"retire-to-{metric.name}",
        format_func=lambda name: plain(labels[name]), placeholder="What people should use instead (optional)",
        width=420,
    )  # fmt: skip
    return chosen or ""


def _read(work: RetireWork, name: str, successor: str, version: Version | None) -> Retiring:
    """Return the items that use the metric. They're cached by successor, because comparing values takes queries."""
    key = (work.actor, name, successor, version)
    held: tuple[object, Retiring] | None = st.session_state.get(_CACHED)
    if held is None or held[0] != key:
        held = st.session_state[_CACHED] = key, work.retiring(name, successor)
    return held[1]


def _forget() -> None:
    st.session_state.pop(_CACHED, None)


def summary(found: Retiring) -> str:
    """Return in a sentence how many items can switch automatically, and how many have to be changed by hand."""
    if not found.items and not found.others:
        return "No saved question, board or alert uses it."
    can, others = len(found.switchable), found.others
    parts = [f"{counted(can, 'item')} can switch automatically"] if can else ["No item can switch automatically"]
    if others:
        parts.append(f"{others:,} {'has' if others == 1 else 'have'} to be changed by hand")
    return f"{'; '.join(parts)}."


def _uses(found: Retiring, metric: Metric, successor: str, work: RetireWork) -> None:
    with block("What uses it"):
        st.markdown(f"**{plain(summary(found))}**")
        hidden = [
            f"{counted(found.private, 'item')} in people's own spaces" if found.private else "",
            counted(found.alerts, "alert") if found.alerts else "",
        ]
        if said := " and ".join(part for part in hidden if part):
            st.caption(plain(f"Not shown to you: {said}. Only the owners can change these."))
        if found.losing:
            said = f"{counted(found.losing, 'person sees', 'people see')} this metric but not its successor."
            notice("caution", "visibility_off", f"{said} Give them access first.", key="retire-losing")
        for place, named in enumerate(found.named[:MOST]):
            with st.container(border=True, gap="xxsmall", key=f"retire-named-{place}"):
                links.named_link(named.label, named.name, strong=True)
                said = " \N{MIDDLE DOT} ".join(("Analysis of the model", named.owner.partition(", ")[0] or "No owner"))
                st.markdown(f":small[:gray[{plain(said)}]]")
                st.markdown(f":small[:orange[:material/person: {IN_THE_DRAFT}]]")
        done: dict[str, SwitchedItem] = st.session_state.get(SWITCHED, {})
        for place, item in enumerate(found.items[:MOST]):
            _row(item, done.get(item.key), metric, work, f"retire-item-{place}")
        if len(found.items) > MOST:
            st.caption(f"Showing the first {MOST} of {len(found.items):,}. The button switches all of them.")
        if found.not_compared:
            st.caption(f"{counted(found.not_compared, 'item')} not compared, because it would take too long.")
        _buttons(found, done, metric, successor, work)


def _row(item: Item, done: SwitchedItem | None, metric: Metric, work: RetireWork, key: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=key):
        with st.container(gap="xxsmall", width="stretch"):
            if item.kind == "board":
                links.board_link(item.title, item.id, strong=True, icon=":material/dashboard:", width="content")
            elif item.kind == "analysis":
                links.analysis_link(item.title, item.id, strong=True, icon=":material/query_stats:", width="content")
            else:
                links.saved_link(item.title, item.id, strong=True, icon=":material/bookmark:", width="content")
            st.markdown(f":small[:gray[{plain(_facts(item))}]]")
            if item.why_not and done is None:
                st.markdown(f":small[:orange[:material/person: {plain(item.why_not)}]]")
        if item.values is not None:
            values = item.values
            words = (
                f"{values.old or 'no value'} \N{RIGHTWARDS ARROW} {values.new or 'no value'}"
                if not values.is_same
                else f"{values.old or 'no value'}, the same"
            )
            st.markdown(plain(words), width="content")
        if done is not None and not done.problem:
            st.markdown(":green[:material/check: Switched]", width="content")
            label = f"Undo {unseen(item.title)}"
            st.button(label, key=f"{key}-undo", type="tertiary", on_click=_undo, args=(done, metric.name, work))
        elif done is not None:
            st.markdown(f":orange[{plain(done.problem)}]", width="content")


def _facts(item: Item) -> str:
    tiles = ", ".join(title or "an untitled tile" for title in item.tiles[:3])
    more = f" and {len(item.tiles) - 3} more" if len(item.tiles) > 3 else ""
    owner = item.owner_name.partition(", ")[0] or "No owner"
    parts = [PLURALS[item.kind], item.space or "Only you", owner, f"{tiles}{more}" if tiles else ""]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def _buttons(
    found: Retiring, done: dict[str, SwitchedItem], metric: Metric, successor: str, work: RetireWork
) -> None:  # fmt: skip
    left = [item for item in found.switchable if item.key not in done]
    with st.container(horizontal=True, gap="small", key="retire-buttons"):
        if left and successor:
            st.button(
                f"Switch {counted(len(left), 'item')}", type="primary", key="retire-switch",
                on_click=_switch, args=(left, metric.name, successor, work),
            )  # fmt: skip
        if found.owners:
            st.button(
                f"Notify {counted(len(found.owners), 'owner')}", key="retire-tell", icon=":material/mail:",
                on_click=_tell, args=(metric.name, successor, work),
                help="They get an email with the metric, its successor and the date.",
            )  # fmt: skip


def _switch(items: Sequence[Item], name: str, successor: str, work: RetireWork) -> None:
    try:
        results = work.switch(items, name, successor)
    except SemanticError as error:
        st.session_state[TOLD] = ("caution", "error", str(error))
        return
    done: dict[str, SwitchedItem] = st.session_state.setdefault(SWITCHED, {})
    done |= {result.item.key: result for result in results}


def _undo(done: SwitchedItem, name: str, work: RetireWork) -> None:
    try:
        work.undo(done, name)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    st.session_state.get(SWITCHED, {}).pop(done.item.key, None)
    _forget()


def _tell(name: str, successor: str, work: RetireWork) -> None:
    since: date | None = st.session_state.get(f"retire-since-{name}")
    try:
        count = work.tell(name, successor, since)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    said = f"{counted(count, 'owner')} will get an email." if count else "They were already notified today."
    st.toast(said, icon=":material/mail:")


def _deprecate(metric: Metric, successor: str, found: Retiring, work: RetireWork) -> None:
    known = metric.deprecated
    with block("Deprecate it", "From this day on, it's marked as deprecated everywhere and comes last in searches."):
        since = st.date_input(
            "From", value=known.since if known is not None else session.workspace().today(),
            key=f"retire-since-{metric.name}", width=200, format="YYYY-MM-DD",
        )  # fmt: skip
        reason = st.text_input(
            "Reason", value=known.reason if known is not None else "", max_chars=LONGEST_REASON,
            key=f"retire-why-{metric.name}", placeholder="Shown with the metric",
        )  # fmt: skip
        show_missing(f"retire-since-{metric.name}")
        show_missing(f"retire-why-{metric.name}")
        needed = {f"retire-why-{metric.name}": "Enter a reason.", f"retire-since-{metric.name}": "Choose a day."}
        pressed = st.button("Add to draft", key="retire-draft", on_click=needs(needed, lambda: None))
        if pressed and (reason or "").strip() and since is not None:
            try:
                deprecate(
                    session.live(), work, metric.name, since or session.workspace().today(), successor, reason or ""
                )
            except SemanticError as error:
                st.error(plain(str(error)))
                return
            current_edits.forget_edits()
            st.switch_page(
                links.page_of(links.DEFINITIONS), query_params={links.OBJECT: f"metric/{metric.name}"}
            )  # fmt: skip
