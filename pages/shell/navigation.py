"""The pages of the app: their addresses, names and roles."""

from __future__ import annotations

from dataclasses import dataclass

from pages.shell import links


@dataclass(frozen=True, slots=True)
class Row:
    """One page of the app, with the lowest role that can open it. The page itself checks the role again."""

    path: str
    file: str
    title: str
    icon: str
    role: str
    is_listed: bool = True  # otherwise, only its address and links lead to it
    is_own: bool = False  # listed below the person's name
    lowest_listed: str = ""  # the lowest role whose menu lists it, if it isn't `role`
    is_governing: bool = False  # for stewards, listed among the pages that only they see, even if it's their own


PAGES = (
    Row("start", links.HOME, "Home", "home", "viewer"),
    Row("explore", links.EXPLORE, "Explore", "query_stats", "viewer"),
    Row("ask", links.ASK, "Ask", "forum", "viewer"),
    Row("analyses", links.ANALYSES, "Analyses", "conversion_path", "viewer"),
    Row("saved", links.SAVED_LIST, "Saved", "bookmark", "viewer"),
    Row("boards", links.BOARDS, "Boards", "dashboard", "viewer"),
    Row("metrics", links.CATALOGUE, "Metrics", "menu_book", "viewer"),
    Row("targets", links.TARGETS, "Targets", "flag", "marketer"),
    Row("uploads", links.UPLOADS, "Your uploads", "upload_file", "marketer", is_own=True),
    Row("alerts", links.ALERTS, "Alerts", "notification_important", "viewer"),
    Row("requests", links.REQUESTS, "Requests", "contact_support", "viewer", is_own=True, is_governing=True),
    Row("add-data", links.ADD_DATA, "Add data", "database", "viewer", lowest_listed="steward"),
    Row("definitions", links.DEFINITIONS, "Definitions", "edit_note", "steward"),
    Row("domains", links.DOMAINS, "Domains", "groups", "viewer", is_own=True, is_governing=True),
    Row("names", links.NAMES, "Campaign names", "label", "marketer", is_governing=True),
    Row(
        "reconciliation", links.RECONCILIATION, "Reconciliation", "balance", "marketer", is_own=True, is_governing=True
    ),
    Row("checks", links.CHECKS, "Checks", "rule", "steward"),
    Row("access", links.ACCESS, "Access", "policy", "steward"),
    Row("adoption", links.ADOPTION, "Adoption", "insights", "steward"),
    Row("oversight", links.OVERSIGHT, "Oversight", "smart_toy", "steward"),
    Row("public-links", links.PUBLIC_LINKS, "Public links", "public", "steward"),
    Row("people", links.PEOPLE, "People", "group", "administrator"),
    Row("audit", links.AUDIT, "Audit", "fact_check", "administrator"),
    Row("tokens", links.TOKENS, "Service tokens", "key", "administrator"),
    Row("connections", links.CONNECTIONS, "Connections", "lan", "administrator"),
    Row("sending", links.SENDING, "Sending", "send", "administrator"),
    Row("subscriptions", links.SUBSCRIPTIONS, "My subscriptions", "forward_to_inbox", "viewer", is_own=True),
    Row("agents", links.AGENTS, "Agents", "smart_toy", "viewer", is_own=True),
    Row("mailbox", links.MAILBOX, "Mailbox", "mail", "viewer", is_own=True),  # only in the demo
    Row("board", links.BOARD, "Board", "dashboard", "viewer", is_listed=False),
    Row("compose", links.COMPOSE, "Edit board", "dashboard_customize", "viewer", is_listed=False),
    Row("alert", links.ALERT, "Alert", "notification_important", "viewer", is_listed=False),
    Row("set-alert", links.SET_ALERT, "Set alert", "notification_add", "viewer", is_listed=False),
    Row("retire", links.RETIRE, "Retire a metric", "event_busy", "steward", is_listed=False),
    Row("glossary", links.GLOSSARY, "Glossary", "dictionary", "viewer", is_listed=False),
    Row("receipt", links.RECEIPT, "Passport", "receipt_long", "viewer", is_listed=False),
)
"""The pages, in the order of the menu. The first page is at "/", whatever its path, and HOME is the address that people
type for it.
"""

HOME = "home"


def file_of(path: str) -> str | None:
    """Return the file of the page with this address, or None if the app has no such page."""
    return next((row.file for row in PAGES if row.path == path), None)
