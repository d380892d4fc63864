"""Links from one page to another that carry a question or a metric in their address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell.parts import plain
from semantic.analyses.events.offers import event_metrics
from semantic.query.codec import query_to_params
from semantic.query.filters import filter_data
from semantic.query.period_data import period_data
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

HOME, EXPLORE, CATALOGUE = "pages/home/page.py", "pages/explore/page.py", "pages/metrics/page.py"
ASK = "pages/ask/page.py"
GLOSSARY = "pages/metrics/glossary/page.py"
TARGETS = "pages/targets/page.py"
UPLOADS = "pages/uploads/page.py"
ACCESS = "pages/govern/access/page.py"
DEFINITIONS = "pages/govern/definitions/page.py"
CHECKS = "pages/govern/checks/page.py"
ADD_DATA = "pages/govern/data/page.py"
NAMES = "pages/govern/names/page.py"
RECONCILIATION = "pages/govern/reconciling/page.py"
AUDIT = "pages/admin/audit/page.py"
TOKENS = "pages/admin/tokens/page.py"
CONNECTIONS = "pages/admin/connections/page.py"
SUBSCRIPTIONS = "pages/deliveries/page.py"
AGENTS = "pages/agents/page.py"
PEOPLE = "pages/admin/people/page.py"
PUBLIC_LINKS = "pages/govern/public_links/page.py"
DOMAINS = "pages/govern/domains/page.py"
SENDING = "pages/admin/sending/page.py"
MAILBOX = "pages/mailbox/page.py"
RECEIPT = "pages/receipts/page.py"
SAVED_LIST = "pages/saved/page.py"
BOARD = "pages/boards/read/page.py"
BOARDS, COMPOSE = "pages/boards/page.py", "pages/boards/edit/page.py"
ALERTS, ALERT, SET_ALERT = "pages/alerts/page.py", "pages/alerts/read/page.py", "pages/alerts/edit/page.py"
ANALYSES = "pages/analyses/page.py"
OVERSIGHT = "pages/govern/oversight/page.py"
REQUESTS, ADOPTION, RETIRE = "pages/requests/page.py", "pages/adoption/page.py", "pages/govern/retiring/page.py"
SAVED, LINK = "saved", "q"
"""In the address: the ID of a saved question or analysis, and of a link to a question that isn't in the address."""

OBJECT = "o"
"""In the address of Definitions: the open definition, as `metric/aov`."""

DRAFT, REVIEW = "draft", "review"
"""In the address of Definitions: the IDs of the open draft, and of a review."""

BOARD_ID, PRESENT, ROTATE = "d", "present", "rotate"
"""In the address: the ID of a board, whether it's being presented, and the seconds until its next tab."""

COMMENT = "comment"
"""In the address of a board or a saved question: the ID of a comment to open."""

ALERT_ID = "a"
"""In the address: the ID of an alert."""

ANALYSIS = "a"
"""In the address of Analyses: the definition of an analysis, as JSON."""

ANALYSIS_PAGE = "analysis"
"""In the address of Metrics: an analysis that the model names."""

NAMED = "named"
"""In the address of Analyses: an analysis that the model names."""

ANALYZED, KIND = "m", "kind"
"""In the address of Analyses: a metric to begin with, and the kind of analysis. `time` and `where` come with them, as
JSON.
"""

REQUEST = "r"
"""In the address of Requests: the ID of a request to open."""

PROPOSAL, TRANSCRIPT = "proposal", "transcript"
"""In the address of Agents: the ID of a proposal to decide, and the number of an agent whose transcript is open."""

SOURCE = "source"
"""In the address of Add data: the name of the chosen connection."""

VIEW = "view"
"""In the address of Oversight: its view."""

TERM = "term"
"""In the address: the key of a term of the glossary."""

OWN_ACCESS = "People sign in to open it, and see only the data they have access to."
"""The line below a link to copy."""

SET_ALERT_LABEL, ALERT_ICON = "Set alert", "notification_add"
ALERT_ON = "alert_on"
"""In the session: a question, or a number of an analysis, to set an alert on that names a person, and so isn't in the
address."""

ALERT_OF = "of"
"""In the address of Set alert: a number of an analysis, as JSON."""

AT, _ADDRESS = "page_at", "page_address"
"""In the session: the path of the current page, and the parameters last written to its address."""


OPEN = "open_pages"
"""In the session: the pages available to this person, by file."""


def page_of(file: str) -> Any:
    """Return the page object once the menu has created it, because a path would be looked up in the file system each
    time.

    Any, because the result is either of the two.
    """
    return st.session_state.get(OPEN, {}).get(file, file)


def explore_link(label: str, query: Query, *, strong: bool = False, chart: str = "", **how: Any) -> None:
    """Draw a link that opens Explore with exactly this question, drawn as `chart`. `how` is passed to st.page_link."""
    params = query_to_params(query) | ({"chart": [chart]} if chart else {})
    st.page_link(page_of(EXPLORE), label=_label(label, strong), query_params=params, **how)


def saved_link(label: str, question: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a saved question in Explore."""
    st.page_link(page_of(EXPLORE), label=_label(label, strong), query_params={SAVED: question}, **how)


def analysis_link(label: str, analysis: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a saved analysis."""
    st.page_link(page_of(ANALYSES), label=_label(label, strong), query_params={SAVED: analysis}, **how)


def definition_link(label: str, definition: str, **how: Any) -> None:
    """Draw a link that opens Analyses with exactly this definition, where that page is."""
    if ANALYSES in st.session_state.get(OPEN, {}):
        st.page_link(page_of(ANALYSES), label=plain(label), query_params={ANALYSIS: definition}, **how)


def named_link(label: str, name: str, *, strong: bool = False) -> None:
    """Draw a link to the page about an analysis that the model names."""
    params = {ANALYSIS_PAGE: name}
    st.page_link(page_of(CATALOGUE), label=_label(label, strong), icon="", query_params=params, width="content")


def board_link(label: str, board: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a board for reading."""
    st.page_link(page_of(BOARD), label=_label(label, strong), query_params={BOARD_ID: board}, **how)


def compose_link(label: str, board: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a board for editing."""
    st.page_link(page_of(COMPOSE), label=_label(label, strong), query_params={BOARD_ID: board}, **how)


def metric_link(label: str, name: str, *, strong: bool = False, icon: str | None = None) -> None:
    """Draw a link to a metric's page, with that page's icon unless `icon` is another, or "" for no icon."""
    text = _label(label, strong)
    st.page_link(page_of(CATALOGUE), label=text, icon=icon, query_params={"m": name}, width="content")


def alert_link(label: str, alert: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens an alert and its history."""
    st.page_link(page_of(ALERT), label=_label(label, strong), query_params={ALERT_ID: alert}, **how)


def set_alert_link(query: Query, metric: str) -> None:
    """Draw a link that sets an alert on a metric of this question, with the question's filters, where that page is."""
    if SET_ALERT not in st.session_state.get(OPEN, {}):
        return
    st.page_link(
        page_of(SET_ALERT), label=SET_ALERT_LABEL, icon=f":material/{ALERT_ICON}:", width="content",
        query_params=query_to_params(watched(query, metric)),
    )  # fmt: skip


def analyze_link(query: Query, metric: str, seen: VisibleModel, *, is_personal: bool = False, **how: Any) -> None:
    """Draw a link that opens Analyses with a metric as an event, and the question's filters and period. Draws nothing
    if its rows aren't events. Filters that are `personal` stay out of the address.
    """
    if ANALYSES not in st.session_state.get(OPEN, {}) or all(each.name != metric for each in event_metrics(seen)):
        return
    params = {ANALYZED: metric}
    if query.time is not None:
        params["time"] = json.dumps(period_data(query.time), separators=(",", ":"))
    if query.where is not None and not is_personal:
        params["where"] = json.dumps(filter_data(query.where), ensure_ascii=False, separators=(",", ":"))
    st.page_link(
        page_of(ANALYSES), label="Analyze", icon=":material/conversion_path:", query_params=params, width="content",
        help="Open a funnel with these events.", **how,
    )  # fmt: skip


def watched(query: Query, metric: str) -> Query:
    """Return the part of a question that an alert watches: one of its metrics, with its filters."""
    return Query(metrics=(metric,), where=query.where)


def receipt_link(receipt: str, label: str, *, icon: str | None = "receipt_long") -> None:
    """Draw a link that asks a receipt's question again."""
    shown = f":material/{icon}:" if icon else None
    st.page_link(page_of(RECEIPT), label=plain(label), icon=shown, query_params={"receipt": receipt}, width="content")


def add_data_link(label: str = "Add data", *, source: str = "") -> None:
    """Draw a link to the page that adds data, with a connection chosen if `source` names one."""
    params = {SOURCE: source} if source else None
    st.page_link(
        page_of(ADD_DATA), label=plain(label), icon=":material/database:", query_params=params, width="content"
    )


def agents_link(label: str, *, icon: str | None = None, **params: str) -> None:
    """Draw a link to Agents, where approvals are given. `params` are its parts of the address."""
    st.page_link(page_of(AGENTS), label=plain(label), icon=icon, query_params=params or None, width="content")


def subscriptions_link(label: str) -> None:
    """Draw a link to this person's subscriptions."""
    st.page_link(page_of(SUBSCRIPTIONS), label=plain(label), width="content")


def catalogue_link(label: str, *, icon: str | None = None) -> None:
    """Draw a link to the list of metrics."""
    st.page_link(page_of(CATALOGUE), label=plain(label), icon=icon, width="content")


def glossary_link(label: str, *, term: str = "", icon: str | None = None) -> None:
    """Draw a link to the glossary, or to one of its terms."""
    params = {TERM: term} if term else None
    st.page_link(page_of(GLOSSARY), label=plain(label), icon=icon, query_params=params, width="content")


def keep_address() -> None:
    """Write what the page shows to its address, if that has changed.

    A link to the page that is already open gives it other parameters, but the browser doesn't change the address. If
    the address is already right, nothing is added to the history.
    """
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    if st.session_state.get(_ADDRESS) != now:
        st.query_params.from_dict(now)
        st.session_state[_ADDRESS] = now


def _label(label: str, strong: bool) -> str:
    return f"**{plain(label)}**" if strong else plain(label)
