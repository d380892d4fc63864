"""The parts that pages have in common: header, trust strip, blocks, notices, and placeholders for a result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.shell.tab_title import name_tab
from semantic.config.checkpoint import checkpoint
from semantic.display.trust import THESE_ROWS_ONLY, scope_words
from semantic.display.trust import Fact as Fact
from semantic.display.trust import State as State

COLOURS: dict[State, Any] = {
    "good": "green", "quiet": "gray", "caution": "orange", "bad": "red", "draft": "violet", "info": "blue",
}  # fmt: skip

TRY_ANOTHER = "Try a different search."
NO_DESCRIPTION = "No description yet."


@dataclass(frozen=True, slots=True)
class Action:
    """A button: its label, its click handler, and the outcome in words."""

    label: str
    press: Callable[[], None]
    effect: str = ""


_BEGINS = re.compile(r"(?i)(https?:(?=//)|www(?=\.)|:material(?=/)|:streamlit(?=:))")
_JOINER = "\N{WORD JOINER}"


_LONGEST_KEPT = 1_000  # the maximum number of characters of a cached text


def plain(text: str) -> str:
    """Return text from people, data or links with its Markdown escaped.

    It can't add links, colours, or icons that look like a certification. Anything that looks like an address or an icon
    becomes one even when escaped, so an invisible character prevents that. Almost every element of a page has such a
    text, so this lets shorter work of other pages go first.
    """
    checkpoint()
    return _kept_escaped(text) if len(text) <= _LONGEST_KEPT else _escaped(text)


def _escaped(text: str) -> str:
    text = _BEGINS.sub(rf"\1{_JOINER}", re.sub(r"\s+", " ", text))
    return re.sub(r"([\\`*_\[\]$~:<>#|!]|&(?=#?\w{1,40};))", r"\\\1", text)


_kept_escaped = lru_cache(maxsize=4_000)(_escaped)


def badge_text(text: str) -> str:
    """Return text that is safe in a badge, without characters for brackets and icons.

    Badges parse these even after a backslash. A colon is kept where it can't start an icon, before a space or in a time
    of day.
    """
    text = re.sub(r":(?!\s|\d\d\b)", " ", text)
    return re.sub(r"[^\w\s:,.&()+%/'\-\u2013\u2026\u00b7]", " ", text).replace("_", " ").strip()


def unseen(text: str) -> str:
    """Return text that only screen readers get, as part of a label. It names a button that shows just an icon, or its
    subject.

    Labels use emphasis for nothing else, and pages/server/style.css hides it.
    """
    return f"*{plain(text)}*"


def quoted(text: str) -> str:
    """Return text in quotation marks."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def page_header(
    title: str, resolved: str = "", actions: Callable[[], None] | None = None, *, tab: str = "", scope: str = ""
) -> None:  # fmt: skip
    """Draw the title, the rows that the page covers, the question in words, and the actions of the page on the right.

    The browser tab has the same title, or `tab`. `scope` is `VisibleModel.scope`, which is empty if there are no row
    rules.
    """
    name_tab(tab or title)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="page-title"):
        if scope:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key="page-scope"):
                st.title(plain(title), anchor=False, width="content")
                label, sentence = badge_text(scope_words(scope)), plain(f"{scope}. {THESE_ROWS_ONLY}")
                st.badge(label, icon=":material/visibility:", color="gray", help=sentence)
        else:
            st.title(plain(title), anchor=False, width="stretch")
        if actions:
            with st.container(
                horizontal=True,
                horizontal_alignment="right",
                vertical_alignment="center",
                width="content",
                gap="xsmall",
                key="page-actions",
            ):
                actions()
    if resolved:
        st.caption(plain(resolved))


def heading(title: str, note: str = "", *, help: str | None = None) -> None:
    """Draw the heading of a section, with its note in grey on the same line."""
    st.markdown(f"**{plain(title)}**" + (f" &nbsp;:gray[{plain(note)}]" if note else ""), help=help)


@contextmanager
def card(title: str, note: str = "") -> Iterator[None]:
    """Draw a section with a frame, such as a chart or a list of facts. Frames are never nested."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        heading(title, note)
        yield


@contextmanager
def block(title: str, note: str = "", *, help: str | None = None) -> Iterator[None]:
    """Draw a section without a frame, for contents that have their own, such as a table or a row of cards."""
    with st.container(gap="xsmall"):
        heading(title, note, help=help)
        yield


def chip(label: str, icon: str, key: str, **how: Any) -> Any:
    """Draw a popover whose label shows the current setting. It stays open while the setting changes.

    `how` is passed to st.popover. Streamlit identifies a popover by its label, among other things, and would close it
    when the label changes.
    """
    before, text = f"{key}-label", plain(label)
    if st.session_state.get(f"{key}-open") and st.session_state.get(before) != text:
        st.session_state[key] = True
    st.session_state[before] = text
    popover = st.popover(text, icon=f":material/{icon}:", key=key, on_change="rerun", **how)
    st.session_state[f"{key}-open"] = popover.open
    return popover


def trust_strip(facts: Sequence[Fact], notes: Sequence[str] = (), *, key: str = "trust") -> None:
    """Draw facts side by side in this order, each as a badge with its sentence as the tooltip, and then the notes."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=key):
        for fact in facts:
            label, sentence = badge_text(fact.word), plain(fact.sentence)
            st.badge(label, icon=f":material/{fact.icon}:", color=COLOURS[fact.state], help=sentence)
        if notes:
            st.markdown("  \n".join(f":small[:gray[:material/info:] {plain(note)}]" for note in notes), width="content")


def notice(state: State, icon: str, text: str, act: Action | None = None, *, key: str) -> None:
    """Draw a line above a result that is shown anyway, such as about a repaired link or an outdated source."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=key):
        st.markdown(f":{COLOURS[state]}[:material/{icon}:] {plain(text)}", width="stretch")
        if act:
            st.button(plain(act.label), key=f"{key}-act", type="tertiary", on_click=act.press)


def empty_state(
    icon: str,
    title: str,
    sentence: str,
    acts: Sequence[Action] = (),
    *,
    key: str,
    ways: Callable[[], None] | None = None,
) -> None:
    """Draw a card in place of a result: what happened, why, and one or two next steps. `ways` draws links."""
    with st.container(border=True, horizontal_alignment="center", gap="xxsmall", key=key):
        st.space("medium")
        st.markdown(f"## :gray[:material/{icon}:]", width="content")
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(sentence), text_alignment="center", width=460)
        if acts:
            st.space("xxsmall")
            with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall"):
                for place, act in enumerate(acts):
                    kind = "secondary" if place else "primary"
                    st.button(
                        plain(act.label),
                        key=f"{key}-{place}",
                        type=kind,
                        on_click=act.press,
                        help=plain(act.effect) or None,
                    )
        if ways is not None:
            with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
                ways()
        st.space("medium")


def refusal(title: str, reason: str, repairs: Sequence[Action], code: str, *, key: str) -> None:
    """Draw why a question can't be answered correctly, and a button for each alternative that can."""
    with st.container(border=True, gap="xsmall", key=key):
        st.markdown(f":orange[:material/call_split:] **{plain(title)}**")
        if reason:
            st.markdown(plain(reason))
        for place, repair in enumerate(repairs):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                kind = "secondary" if place else "primary"
                st.button(plain(repair.label), key=f"{key}-{place}", type=kind, on_click=repair.press, wrap=True)
                if repair.effect:
                    st.caption(plain(repair.effect), width="stretch")
        st.caption(f"Code {plain(code)}")
