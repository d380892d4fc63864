"""People on the page Analyses: who dropped out, what else can be made of them, why a step changed, and RFM."""

from __future__ import annotations

from typing import Any

from semantic.policy.actor import Actor
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.analyses.test_page import button, definition, text
from tests.semantic.analyses.events.logged import LoggedWorkspace

TIME = {"from": "2026-03-02", "to": "2026-03-19"}
LOST = {"analysis": FUNNEL, "part": {"reached": 1, "not": 2}}
KEPT = {"analysis": FUNNEL, "part": {"reached": 2}}
PROFILE: dict[str, Any] = {
    "kind": "profile", "v": 1, "subject": "person", "at": {"metric": "views"}, "who": LOST, "than": KEPT,
    "by": ["device", "market"],
}  # fmt: skip
RFM: dict[str, Any] = {
    "kind": "rfm", "v": 1, "subject": "person", "orders": {"metric": "revenue"}, "money": {"metric": "revenue"},
}  # fmt: skip


def pick(app: Any, label: str, choice: str) -> Any:
    """Choose from a menu. AppTest has no menus, so this does what a click does."""
    raise NotImplementedError
