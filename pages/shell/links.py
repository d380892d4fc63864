"""Links from one page to another, with a question or a metric in their address."""

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
"""The address parameters with the ID of a saved question or analysis, and of a link to a question outside
the address.
"""

OBJECT = "o"
"""The address parameter of Definitions with the open definition, such as `metric/aov`."""

DRAFT, REVIEW = "draft", "review"
"""The address parameters of Definitions with the IDs of the open draft and of a review."""

BOARD_ID, PRESENT, ROTATE = "d", "present", "rotate"
"""The address parameters with the ID of a board, whether it's being presented, and the seconds until its next tab."""

COMMENT = "comment"
"""The address parameter of a board or a saved question with the ID of a comment to open."""

ALERT_ID = "a"
"""The address parameter with the ID of an alert."""

ANALYSIS = "a"
"""The address parameter of Analyses with the definition of an analysis, as JSON."""

ANALYSIS_PAGE = "analysis"
"""The address parameter of Metrics with the name of an analysis in the model."""

NAMED = "named"
"""The address parameter of Analyses with the name of an analysis in the model."""

ANALYZED, KIND = "m", "kind"
"""The address parameters of Analyses with a metric to start with, and the kind of analysis.

`time` and `where` can follow, as JSON.
"""

REQUEST = "r"
"""The address parameter of Requests with the ID of a request to open."""

PROPOSAL, TRANSCRIPT = "proposal", "transcript"
"""The address parameters of Agents with the ID of a proposal to decide, and the number of an agent whose transcript to
open.
"""

SOURCE = "source"
"""The address parameter of Add data with the name of the chosen connection."""

VIEW = "view"
"""The address parameter of Oversight with its view."""

TERM = "term"
"""The address parameter with the key of a glossary term."""

OWN_ACCESS = "People sign in to open it, and see only the data they have access to."
"""The line below a link that people can copy."""

SET_ALERT_LABEL, ALERT_ICON = "Set alert", "notification_add"
ALERT_ON = "alert_on"
"""The session key for a question or an analysis's number to set an alert on, if it names a person and can't be in the
address.
"""

ALERT_OF = "of"
"""The address parameter of Set alert with a number of an analysis, as JSON."""

AT, _ADDRESS = "page_at", "page_address"
"""The session keys for the path of the current page, and for the parameters last written to its address."""


OPEN = "open_pages"
"""The session key for the pages that this person can open, by file."""


def page_of(file: str) -> Any:
    """Return the page object for a file or, before the menu has created it, the file itself.

    A file would be looked up in the file system each time. Any: either of the two.
    """
    return st.session_state.get(OPEN, {}).get(file, file)


def explore_link(label: str, query: Query, *, strong: bool = False, chart: str = "", **how: Any) -> None:
    """Draw a link that opens exactly this question in Explore, with the chart type `chart`. `how` is passed to
    st.page_link.
    """
    params = query_to_params(query) | ({"chart": [chart]} if chart else {})
    st.page_link(page_of(EXPLORE), label=_label(label, strong), query_params=params, **how)


def saved_link(label: str, question: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a saved question in Explore."""
    st.page_link(page_of(EXPLORE), label=_label(label, strong), query_params={SAVED: question}, **how)


def analysis_link(label: str, analysis: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a saved analysis."""
    st.page_link(page_of(ANALYSES), label=_label(label, strong), query_params={SAVED: analysis}, **how)


def definition_link(label: str, definition: str, **how: Any) -> None:
    """Draw a link that opens exactly this definition in Analyses, if the person has that page."""
    if ANALYSES in st.session_state.get(OPEN, {}):
        st.page_link(page_of(ANALYSES), label=plain(label), query_params={ANALYSIS: definition}, **how)


def named_link(label: str, name: str, *, strong: bool = False) -> None:
    """Draw a link to the page about a named analysis of the model."""
    params = {ANALYSIS_PAGE: name}
    st.page_link(page_of(CATALOGUE), label=_label(label, strong), icon="", query_params=params, width="content")


def board_link(label: str, board: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a board."""
    st.page_link(page_of(BOARD), label=_label(label, strong), query_params={BOARD_ID: board}, **how)


def compose_link(label: str, board: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens a board in the editor."""
    st.page_link(page_of(COMPOSE), label=_label(label, strong), query_params={BOARD_ID: board}, **how)


def metric_link(label: str, name: str, *, strong: bool = False, icon: str | None = None) -> None:
    """Draw a link to the page of a metric. `icon` replaces the page's icon, and "" removes it."""
    text = _label(label, strong)
    st.page_link(page_of(CATALOGUE), label=text, icon=icon, query_params={"m": name}, width="content")


def alert_link(label: str, alert: str, *, strong: bool = False, **how: Any) -> None:
    """Draw a link that opens an alert and its history."""
    st.page_link(page_of(ALERT), label=_label(label, strong), query_params={ALERT_ID: alert}, **how)


def set_alert_link(query: Query, metric: str) -> None:
    """Draw a link that sets an alert on a metric of this question, with the question's filters, if the person has that
    page.
    """
    if SET_ALERT not in st.session_state.get(OPEN, {}):
        return
    st.page_link(
        page_of(SET_ALERT), label=SET_ALERT_LABEL, icon=f":material/{ALERT_ICON}:", width="content",
        query_params=query_to_params(watched(query, metric)),
    )  # fmt: skip


def analyze_link(query: Query, metric: str, seen: VisibleModel, *, is_personal: bool = False, **how: Any) -> None:
    """Draw a link that opens Analyses with a metric as an event, and with the filters and period of the question.

    Draws nothing if the metric's rows aren't events. If `is_personal` is set, the filters stay out of the address.
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
    """Return the question that an alert watches: one metric of a question, with the question's filters."""
    return Query(metrics=(metric,), where=query.where)


def receipt_link(receipt: str, label: str, *, icon: str | None = "receipt_long") -> None:
    """Draw a link that opens a receipt, which asks its question again."""
    shown = f":material/{icon}:" if icon else None
    st.page_link(page_of(RECEIPT), label=plain(label), icon=shown, query_params={"receipt": receipt}, width="content")


def add_data_link(label: str = "Add data", *, source: str = "") -> None:
    """Draw a link to the page Add data. If `source` is set, that connection is chosen there."""
    params = {SOURCE: source} if source else None
    st.page_link(
        page_of(ADD_DATA), label=plain(label), icon=":material/database:", query_params=params, width="content"
    )


def agents_link(label: str, *, icon: str | None = None, **params: str) -> None:
    """Draw a link to the Agents page, where people decide on proposals. `params` are the parameters of the address."""
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
    """Write the parameters of the page to its address, if they have changed.

    A link to the page that is already open gives it other parameters, but the browser doesn't change the address. If
    the address is already right, nothing is added to the history.
    """
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    if st.session_state.get(_ADDRESS) != now:
        st.query_params.from_dict(now)
        st.session_state[_ADDRESS] = now


def _label(label: str, strong: bool) -> str:
    return f"**{plain(label)}**" if strong else plain(label)
