"""The explanation of a change, on the right of the page: what happened, each contribution, and the next question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result.finding import unbroken
from pages.explore.result.how_to_read import how_to_read
from pages.shell import links, session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from semantic.display.failures import failure_title
from semantic.display.format import counted
from semantic.display.words.how_to_read import why_sections
from semantic.display.words.why import (
    MOST_LISTED,
    PartWords,
    about_sentences,
    change_sentence,
    late_row,
    part_rows,
    shortened,
    signed,
)
from semantic.errors import SemanticError
from semantic.query.describe import describe_comparison, describe_range, upper_first
from semantic.query.resolve import resolve
from semantic.services.why import Why, explain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.results.change import Parts
    from semantic.results.result import Result

TITLE = "Why did it change?"
Go = Callable[["Query"], None]


def has_change(shown: Result) -> bool:
    """Return whether an answer compares a number with another period, so that its change can be explained."""
    return bool(shown.query.compare) and not shown.query.having and any(value.compare for value in shown.values)


def why_button(shown: Result, key: str) -> None:
    """Draw the button next to a compared number."""
    if has_change(shown):
        st.button(
            TITLE, key=f"{key}-why-all", type="tertiary", icon=":material/help_center:",
            help="See what contributed to the change", on_click=begin, args=(shown.query, key),
        )  # fmt: skip


def begin(query: Query, key: str) -> None:
    """Open the explanation in this run of the page."""
    st.session_state.pop(f"{key}-why-found", None)  # the data can have changed since
    st.session_state[f"{key}-why"] = query


def show_why(actor: Actor, go: Go | None, key: str) -> bool:
    """Open the requested explanation, if any, and return whether there is one.

    `go` asks a question on this page. Without it, the explanation links to Explore.
    """
    query: Query | None = st.session_state.pop(f"{key}-why", None)
    if query is not None:
        _dialog(query, actor, go, key)
    return query is not None


def open_why(query: Query, actor: Actor, key: str) -> None:
    """Open the explanation immediately, with links to Explore."""
    st.session_state.pop(f"{key}-why-found", None)
    _dialog(query, actor, None, key)


@st.dialog(TITLE, position="right", width="small")
@in_turn
def _dialog(query: Query, actor: Actor, go: Go | None, key: str) -> None:
    workspace, asking = session.require("viewer")
    if asking != actor or st.session_state.pop(f"{key}-why-left", False):
        st.rerun()
    metric, compare = _chosen(query, key)
    name, wanted = f"{key}-why-found", (actor, query, metric, compare, workspace.model.version)
    held: tuple[object, Why] | None = st.session_state.get(name)
    if held is None or held[0] != wanted:
        try:
            step = st.empty()
            with st.spinner("Looking at each breakdown\N{HORIZONTAL ELLIPSIS}"):
                found = explain(
                    query, workspace, actor, metric=metric, compare=compare,
                    before_each=lambda question: _pause(step),
                )  # fmt: skip
            held = st.session_state[name] = wanted, found
        except SemanticError as error:
            _none(error, key)
            return
    _draw(held[1], go, key)


def _pause(step: DeltaGenerator) -> None:
    """Give Streamlit a chance to end this run, for a click elsewhere on the page."""
    step.empty()


def _chosen(query: Query, key: str) -> tuple[str, int]:
    """Draw the choice of the metric and the comparison to explain, if there are several, and return both."""
    workspace, actor = session.require("viewer")
    visible, metric, compare = workspace.visible(actor), query.metrics[0], 0
    if len(query.metrics) > 1:
        labels = {name: visible.metric(name).label or name for name in query.metrics}
        metric = st.selectbox(
            "Metric", query.metrics, format_func=lambda name: plain(labels[name]), key=f"{key}-why-metric"
        )
    if len(query.compare) > 1:
        compared = [describe_comparison(one) for one in resolve(query, visible, today=workspace.today()).compared]
        compare = st.selectbox(
            "Compared with", range(len(compared)), format_func=lambda place: plain(upper_first(compared[place])),
            key=f"{key}-why-compare",
        )  # fmt: skip
    return metric, compare


def _none(error: SemanticError, key: str) -> None:
    """Draw why there is no explanation, with a button to try again if that can help."""
    st.markdown(f":material/info: {plain(failure_title(error))}")
    if error.code in ("engine_failed", "timed_out", "unavailable", "cancelled"):
        st.button("Try again", key=f"{key}-why-again")


def _draw(found: Why, go: Go | None, key: str) -> None:
    explanation, column = found.explanation, found.column
    compared = found.result.compared[found.before.compare].words
    with st.container(gap="xxsmall", key="why-headline"):
        st.markdown(f"**{plain(unbroken(change_sentence(explanation, column, found.keys)))}**")
        for sentence in about_sentences(explanation, column):
            st.markdown(f":small[{plain(unbroken(sentence))}]")
        facts = [f"{found.result.period.words}, compared with {compared}", found.result.filters, found.result.scope]
        st.markdown(f":small[:gray[{plain('. '.join(fact for fact in facts if fact))}]]")
    if found.why_not:
        st.markdown(f":small[:material/info: {plain(found.why_not)}]")
    if explanation.by:
        tabs = st.tabs([plain(parts.label) for parts in explanation.by], key=f"{key}-why-by", on_change="rerun")
        for tab, parts in zip(tabs, explanation.by, strict=True):
            if tab.open:
                with tab:
                    _breakdown(found, parts, go, key)
    _around(found)
    how_to_read(lambda: why_sections(explanation, column.label), key=f"{key}-why")


def _breakdown(found: Why, parts: Parts, go: Go | None, key: str) -> None:
    """Draw the contributions of one breakdown, each with its bar, then their sum."""
    explanation, column = found.explanation, found.column
    name = f"{key}-why-{parts.dim}"
    if parts.why_not and parts.why_not != found.why_not:
        st.markdown(f":small[:material/info: {plain(parts.why_not)}]")
    short = parts if st.session_state.get(f"{name}-all") else shortened(parts)
    rows = part_rows(short, explanation, column, found.keys[parts.dim])
    with st.container(gap="xxsmall", key=f"why-parts-{parts.dim}"):
        for place, (row, part) in enumerate(zip(rows, short.parts, strict=True)):
            _row(row, part.onward, go, f"{name}-{place}", is_part=parts.adds_up)
    if len(parts.parts) > len(rows):
        st.toggle(f"Show all {counted(len(parts.parts), 'row')}", key=f"{name}-all")
    late = late_row(explanation, column, parts) if parts.adds_up else None
    if late is not None:
        with st.container(key=f"why-late-{parts.dim}"):
            _row(late, None, go, f"{name}-late", is_part=True)
    if parts.adds_up:
        total = signed(explanation.change, explanation, column, short=False)
        these = "These contributions" if late is None else "With late data, these contributions"
        st.markdown(f":small[:gray[{these} add up to {plain(total)}.]]")
    if parts.onward is not None:
        _onward("Open as a question", parts.onward, go, f"{name}-open", icon=":material/insert_chart:")


def _row(row: PartWords, onward: Query | None, go: Go | None, key: str, *, is_part: bool) -> None:
    """Draw a member with its bar and its contribution or, if the parts don't add up, with its two numbers."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small", key=f"row-{key}"):
        with st.container(width="stretch", gap=None, key=f"why-bar-{key}"):
            if onward is not None:
                _onward(row.member, onward, go, key, icon=":material/chevron_right:", help=f"Only {row.member}")
            else:
                st.markdown(f":gray[{plain(row.member)}]")
            if row.length:
                with st.container(key=f"why-{'more' if row.length > 0 else 'less'}-{key}"):
                    st.progress(min(1.0, abs(row.length)))  # styled in `lists.css`
            details = [f"Rate {row.rate}, mix {row.mix}"] if row.rate else []
            details += [row.note] if row.note else []
            if details:
                st.markdown(f":small[:gray[{plain('. '.join(details))}]]")
        share = f" :small[:gray[{plain(row.share)}]]" if row.share else ""
        text = f"{plain(row.part)}{share}" if is_part else f"{plain(row.before)} → {plain(row.after)}"
        st.markdown(text, width="content")


def _onward(
    label: str, query: Query, go: Go | None, key: str, *, icon: str | None = None, help: str | None = None
) -> None:
    """Draw the link to another question, on this page or in Explore."""
    if go is None:
        links.explore_link(label, query, icon=icon, help=plain(help) if help else None)
        return

    def leave() -> None:
        st.session_state[f"{key.partition('-why-')[0]}-why-left"] = True
        go(query)

    st.button(
        plain(label), key=f"{key}-go", type="tertiary", icon=icon, help=plain(help) if help else None, on_click=leave
    )


def _around(found: Why) -> None:
    """Draw remarks on the days, what wasn't analyzed, and the limits of the explanation."""
    if found.remarks:
        with st.container(gap="xxsmall", key="why-remarks"):
            st.markdown("**Remarks in this period**")
            for remark in found.remarks[:MOST_LISTED]:
                days = describe_range(remark.first, remark.last)
                about = f"{remark.about}: " if remark.about else ""
                st.markdown(f":small[{plain(f'{about}{remark.text}')} :gray[{plain(days)}]]")
    lines = [found.reason, found.late]
    lines += [f"{label} was left out. {reason}" for label, reason in found.left_out.items()]
    st.markdown("  \n".join(f":small[:gray[{plain(line)}]]" for line in lines if line))
    if found.result.receipt:
        links.receipt_link(found.result.receipt, "Re-run these numbers")
