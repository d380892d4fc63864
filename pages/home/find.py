"""Find anything this person can see, as they type: metrics, dimensions, segments and saved questions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.components.v2 import component

from pages.explore.builder import recents
from pages.shell import links, session
from pages.shell.live import is_dated, span
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.kept_words import where_words
from pages.widgets.standing import standing_mark
from semantic.errors import SemanticError
from semantic.explore.repairs import does_compile
from semantic.explore.search import Hit, near, search
from semantic.model.definitions import Dimension, Granularity, Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, InSegment, Query
from semantic.results.receipt import looks_like_receipt, read_receipt_id
from semantic.services.saved_questions import search_saved
from semantic.store.questions.questions import SavedQuestion
from semantic.workspace import Workspace

RECENT_METRICS, SHOWN, SHOWN_SAVED = "recent_metrics", 8, 4
ICONS = {"metric": "monitoring", "dimension": "category", "segment": "filter_alt"}


# A dialog takes the focus itself, so the first letters typed would go nowhere, and R and C are shortcuts of Streamlit.
_take_focus = component(
    "samepage_focus",
    html="<span></span>",
    js="""
export default function ({ parentElement }) {
  const host = parentElement.getRootNode().host ?? parentElement
  if (host.dataset.focused) return
  host.dataset.focused = "yes"
  let left = 40
  const look = () => {
    const field = host.closest('[role="dialog"]')?.querySelector("input")
    if (field) field.focus()
    else if (left-- > 0) setTimeout(look, 50)
  }
  look()
}
""",
)


@st.dialog("Find", width="medium", icon=":material/search:")
@in_turn
def dialog() -> None:
    """Draw the search over any page. Picking a result opens its page."""
    box(key="find-anywhere")
    _take_focus(key="find-focus", height=1)


@st.fragment
@in_turn
def box(*, key: str, limit: int = SHOWN) -> None:
    """Draw the field and, once something is typed, the matches."""
    workspace, actor = session.require("viewer")
    prompt = "Search metrics, dimensions and saved questions, or paste a receipt ID"
    text = st.text_input(
        prompt, key=key, live=True, icon=":material/search:", placeholder=prompt, label_visibility="collapsed"
    )
    if text and looks_like_receipt(text):
        _receipt(text)
    elif text and text.strip():
        seen = workspace.visible(actor)
        hits = search(seen, text, recent=recent(), limit=limit)
        saved = _saved(text, workspace, actor)
        if hits:
            _hits(hits, workspace, actor, key)
        if saved:
            _saved_hits(saved, key)
        if not hits and not saved:
            _nothing(text, seen)
        if destination := st.session_state.pop("find-open", None):
            st.switch_page(links.EXPLORE, query_params=destination)


def _receipt(text: str) -> None:
    """A link to a pasted receipt ID; its page says whether there is one."""
    receipt_id = read_receipt_id(text)
    if receipt_id is not None:
        links.receipt_link(receipt_id, f"Open receipt {receipt_id}")
    else:
        st.markdown(":small[:gray[That receipt ID has a typo. It should look like R-7K3Q-DM2X-WA94.]]")


def recent() -> Sequence[str]:
    """Return the metrics whose pages this session opened, newest first, then metrics that it asked for."""
    return [*st.session_state.get(RECENT_METRICS, ()), *recents.recent_names(recents.recent())]


def note(name: str) -> None:
    """Remember that a metric's page was opened."""
    opened = st.session_state.get(RECENT_METRICS, ())
    st.session_state[RECENT_METRICS] = [name, *(recent for recent in opened if recent != name)][:20]


def near_words(text: str, seen: VisibleModel) -> tuple[str, list[Hit]]:
    """Return what to say without matches, and the near ones: 'No metric called "payback". Close: Refunded amount'."""
    close = near(seen, text)
    said = f"No results for \N{LEFT DOUBLE QUOTATION MARK}{text.strip()[:60]}\N{RIGHT DOUBLE QUOTATION MARK}."
    return said, close


def _hits(hits: Sequence[Hit], workspace: Workspace, actor: Actor, key: str) -> None:
    with st.container(gap="xxsmall", key=f"list-of-hits-{key}"):
        for hit in hits:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                icon = f":material/{ICONS[hit.kind]}:"
                if hit.kind == "metric":
                    links.metric_link(hit.label, hit.name, icon=icon)
                else:
                    st.button(
                        plain(hit.label), key=f"{key}-{hit.kind}-{hit.name}", icon=icon, type="tertiary",
                        on_click=_open, args=(hit, workspace, actor),
                    )  # fmt: skip
                mark = standing_mark(hit.thing, workspace.today()) if isinstance(hit.thing, Metric) else ""
                description = hit.why or hit.thing.description
                st.markdown(f":small[{mark} :gray[{plain(_short(description))}]]", width="stretch")


def _saved(text: str, workspace: Workspace, actor: Actor) -> list[SavedQuestion]:
    """Saved questions with these words; none if they can't be read, so that everything else can still be found."""
    try:
        return search_saved(session.saved_work(workspace, actor).questions(), text)[:SHOWN_SAVED]
    except SemanticError:
        return []


def _saved_hits(questions: Sequence[SavedQuestion], key: str) -> None:
    with st.container(gap="xxsmall", key=f"list-of-saved-{key}"):
        for question in questions:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    plain(question.name), key=f"{key}-saved-{question.id}", icon=":material/bookmark:", type="tertiary",
                    on_click=_open_saved, args=(question.id,),
                )  # fmt: skip
                about = ". ".join(part for part in (question.sentence, where_words(question)) if part)
                st.markdown(f":small[:gray[{plain(_short(about))}]]", width="stretch")


def _open_saved(question: str) -> None:
    st.session_state["find-open"] = {links.SAVED: question}


def _nothing(text: str, seen: VisibleModel) -> None:
    said, close = near_words(text, seen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{plain(said)}" + (" Did you mean:" if close else ""), width="content")
        for hit in close:
            links.metric_link(hit.label, hit.name, icon=":material/monitoring:")
        links.catalogue_link("All metrics", icon=":material/menu_book:")


def _open(hit: Hit, workspace: Workspace, actor: Actor) -> None:
    """Open Explore with a question that uses the dimension or segment, or without one if there is none."""
    query = question_with(hit, workspace, actor)
    st.session_state["find-open"] = query_to_params(query) if query else {}


def question_with(hit: Hit, workspace: Workspace, actor: Actor) -> Query | None:
    """Return a question that can be answered, broken down or filtered by the match, on the first metric that it
    fits.
    """
    seen, today = workspace.visible(actor), workspace.today()
    grain = Granularity.MONTH if isinstance(hit.thing, Dimension) and hit.thing.kind == "time" else None
    for found_hit in search(seen, "", kinds=("metric",), recent=recent(), limit=len(seen.model.metrics)):
        if isinstance(found_hit.thing, Metric):
            query = Query(
                metrics=(found_hit.name,),
                by=(Breakdown(hit.name, grain),) if hit.kind == "dimension" else (),
                where=InSegment(hit.name) if hit.kind == "segment" else None,
                time=span(found_hit.thing, seen) if is_dated(found_hit.thing, seen) else None,
            )
            if does_compile(query, seen, workspace.dialect, today):
                return query
    return None


def _short(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " \N{HORIZONTAL ELLIPSIS}"
