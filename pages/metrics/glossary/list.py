"""The list of the glossary's terms, with a search, kinds and letters. A few terms are cards with links; many are text.

A section of many terms is a single element, so the whole glossary is as fast as a page of cards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.explore.result.exports import SignedOut
from pages.shell import links, session
from pages.shell.parts import NO_DESCRIPTION, Action, empty_state, page_header, plain, quoted
from pages.shell.turns import in_turn
from semantic.display.export.glossary import glossary_csv, glossary_markdown
from semantic.display.format import counted
from semantic.display.glossary.glossary import Entry, Group, matching, nearest
from semantic.query.query import Query
from semantic.services.glossary import glossary

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

PAGE = 60  # the number of terms shown at first, and added by each "Show more"
READABLE = 760  # pixels of a line of text
CARDS = 8  # the number of results up to which each has its links
TITLE = "Glossary"
SEARCH, KIND, LETTER, SHOWN, NEXT = "term-search", "term-kind", "term-letter", "terms-shown", "term-next"


def header(workspace: Workspace, actor: Actor) -> None:
    """Draw the title and the buttons that download the glossary."""
    page_header(TITLE, "What each metric, breakdown and word means.", lambda: _actions(workspace, actor))


def _actions(workspace: Workspace, actor: Actor) -> None:
    links.catalogue_link("Metrics", icon=":material/menu_book:")
    if actor.viewed_by is not None:
        return
    with st.popover("Export", icon=":material/download:", key="terms-export", on_change="rerun") as popover:
        if popover.open:
            who = session.actor_later()

            def file(make: Callable[[Sequence[Entry]], bytes]) -> Callable[[], bytes]:
                def content() -> bytes:
                    if who() != actor or session.workspace() is not workspace:
                        raise SignedOut(session.EXPIRED)
                    return make(glossary(workspace, actor, with_values=True))

                return content

            title = f"{workspace.model.settings.name}: glossary"
            with st.container(width=220, gap="xsmall"):
                st.download_button(
                    "CSV", file(glossary_csv), "glossary.csv", "text/csv", key="terms-csv", on_click="ignore",
                    icon=":material/csv:", width="stretch",
                )  # fmt: skip
                st.download_button(
                    "Markdown", file(lambda entries: glossary_markdown(entries, title)), "glossary.md",
                    "text/markdown", key="terms-markdown", on_click="ignore", icon=":material/markdown:",
                    width="stretch",
                )  # fmt: skip
                st.caption("Includes all terms you have access to.")


@st.fragment
@in_turn
def terms() -> None:
    """Draw the search and the list, which reruns separately on every keystroke."""
    workspace, actor = session.require("viewer")
    if NEXT in st.session_state:
        st.session_state[SEARCH] = st.session_state.pop(NEXT)
    text = st.text_input(
        "Search the glossary", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
        placeholder="Search terms, synonyms and meanings", on_change=_first_page, width=READABLE,
    )  # fmt: skip
    text = (text or "").strip()
    kind = st.pills(
        "Kind",
        [group.value for group in Group],
        key=KIND,
        label_visibility="collapsed",
        on_change=_first_page,
        format_func=plain,
    )
    every, found = _found(text, kind, workspace, actor)
    if not text and not kind:
        found = [entry for entry in found if entry.group is not Group.VALUE]  # Values would be a third of the list.
        letters = list(dict.fromkeys(entry.letter for entry in found))
        letter = st.pills(
            "First letter", letters, key=LETTER, label_visibility="collapsed", on_change=_first_page, format_func=plain
        )
        found = [entry for entry in found if letter in (None, entry.letter)]
    elif not text and kind == Group.METRIC.value:
        found.sort(key=lambda entry: entry.rank)
    if not found:
        _nothing(text, kind, every, others=len(matching(every, text)) if text and kind else 0)
    elif len(found) <= CARDS:
        _cards(found)
    else:
        _sections(found, "" if text else "kind" if kind == Group.METRIC.value else "letter")


def _found(text: str, kind: str | None, workspace: Workspace, actor: Actor) -> tuple[Sequence[Entry], list[Entry]]:
    """Return all terms, and those that match. Values are only read if someone chose them, or if nothing
    else matches.
    """

    def find(*, with_values: bool) -> tuple[Sequence[Entry], list[Entry]]:
        every = glossary(workspace, actor, with_values=with_values)
        return every, [entry for entry in matching(every, text) if kind in (None, entry.group.value)]

    every, found = find(with_values=kind == Group.VALUE.value)
    if found or not text:
        return every, found
    with st.spinner("Searching values\N{HORIZONTAL ELLIPSIS}"):
        return find(with_values=True)


def _first_page() -> None:
    st.session_state.pop(SHOWN, None)


def _sections(found: Sequence[Entry], by: Literal["letter", "kind", ""]) -> None:
    """Draw the terms by letter, or metrics by kind. After a search, the best matches come first."""
    shown = st.session_state.get(SHOWN, PAGE)
    st.caption(counted(len(found), "term"))
    with st.container(gap="small", width=READABLE, key="terms"):
        for title, of_title in groupby(found[:shown], key=lambda entry: _title(entry, by)):
            with st.container(gap="xsmall"):
                if title:
                    st.subheader(plain(title), anchor=False)
                st.markdown(_text(list(of_title), with_kind=by != "kind"))
    if len(found) > shown:
        with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall"):
            more = min(PAGE, len(found) - shown)
            st.button(f"Show {more} more", key="terms-more", on_click=_show, args=(shown + PAGE,))
            st.button(f"Show all {len(found)}", key="terms-all", type="tertiary", on_click=_show, args=(len(found),))


def _title(entry: Entry, by: Literal["letter", "kind", ""]) -> str:
    match by:
        case "letter":
            return "Numbers and symbols" if entry.letter == "#" else entry.letter
        case "kind":
            return entry.kind.rpartition(", ")[2].capitalize()
        case _:
            return ""


def _show(count: int) -> None:
    st.session_state[SHOWN] = count


def _text(entries: Sequence[Entry], *, with_kind: bool = True) -> str:
    """Return terms as paragraphs of Markdown, with their text escaped."""
    return "\n\n".join(
        f"**{plain(entry.term)}**"
        + (f" &nbsp;:small[:gray[{plain(entry.kind)}]]" if with_kind else "")
        + f"  \n{plain(entry.means or NO_DESCRIPTION)}"
        + (f"  \n:small[:gray[Also called {plain(', '.join(entry.synonyms))}]]" if entry.synonyms else "")
        for entry in entries
    )


def _cards(found: Sequence[Entry], *, is_one: bool = False) -> None:
    """Draw a few terms as cards, each with its links."""
    for entry in found:
        with st.container(border=True, gap="xsmall", width=READABLE):
            st.markdown(_text([entry]))
            with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"term-ways-{entry.key}"):
                if entry.group is Group.METRIC:
                    links.metric_link("Open metric", entry.name)
                    links.explore_link("Ask in Explore", Query(metrics=(entry.name,)), icon=":material/insert_chart:")
                if not is_one and st.button(
                    "Link to this term", key=f"term-link-{entry.key}", type="tertiary", icon=":material/link:",
                    help="Open this term at a URL you can copy",
                ):  # fmt: skip
                    st.query_params[links.TERM] = entry.key
                    st.rerun()


def _nothing(text: str, kind: str | None, every: Sequence[Entry], *, others: int) -> None:
    """Say that no term matches, with similar terms, or with the number of matches of other kinds.

    The text is the same whether or not a policy hides a match.
    """
    if others:
        is_one = others == 1
        empty_state(
            "filter_alt_off", f"No results for {quoted(text[:60])} in {kind}",
            f"{counted(others, 'term')} of {'another kind matches' if is_one else 'other kinds match'}.",
            [Action("Search all kinds", _any_kind)], key="terms-other-kind",
        )  # fmt: skip
        return
    close = nearest(every, text)
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="terms-empty"):
        st.space("small")
        st.markdown("## :gray[:material/search_off:]", width="content")
        title = f"No results for {quoted(text[:60])}" if text else "No terms of this kind"
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        if close:
            with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
                st.markdown(":gray[Did you mean:]", width="content")
                for entry in close:
                    st.button(
                        plain(entry.term), key=f"term-near-{entry.key}", type="tertiary", on_click=_search,
                        args=(entry.term,),
                    )  # fmt: skip
        else:
            st.caption("Try a different word." if text else "Choose another kind.", text_alignment="center")
        st.button("Show all terms", key="terms-clear", on_click=_clear)
        st.space("small")


def _any_kind() -> None:
    st.session_state[KIND] = None


def _search(text: str) -> None:
    st.session_state[NEXT], st.session_state[KIND] = text, None
    _first_page()


def _clear() -> None:
    _search("")
    st.session_state[LETTER] = None


# One term


def show_term(key: str, workspace: Workspace, actor: Actor) -> None:
    """Draw the term with this key. The page is the same for a term that doesn't exist and one that is hidden."""
    page_header(TITLE, "", _all_terms)
    is_value = key.startswith("value.")
    entry = next((entry for entry in glossary(workspace, actor, with_values=is_value) if entry.key == key), None)
    if entry is not None:
        _cards([entry], is_one=True)
        return
    empty_state(
        "search_off", f"No term {quoted(key.partition('.')[2][:60].replace('_', ' '))}",
        "It may have been renamed, or you don't have access.", [Action("Show all terms", _leave)], key="term-unknown",
    )  # fmt: skip


def _all_terms() -> None:
    st.button("All terms", key="terms-back", type="tertiary", icon=":material/arrow_back:", on_click=_leave)


def _leave() -> None:
    st.query_params.clear()
