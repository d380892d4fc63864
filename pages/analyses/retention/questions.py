"""Common questions about retention, offered if the model has the metrics that they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pages.analyses.draft import Data
from pages.analyses.examples import first_subject, is_named, metric_for
from semantic.analyses.events.offers import subjects_of
from semantic.errors import SemanticError
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.model.definitions import Dimension
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

BUYERS = ("customer", "user", "member", "person", "account")
ORDERS, PRODUCTS = ("orders",), ("product revenue", "units")
MAILS = ("mails delivered", "emails delivered", "mails sent", "emails sent")
STARTED = ("memberships started", "subscriptions started", "trials started")
ENDED = ("memberships ended", "subscriptions ended", "cancellations")
WON_BACK = ("win-back", "winback", "win back", "reactivation")
KINDS_OF_PRODUCT = ("product category", "product type", "category")


def questions(workspace: Workspace, actor: Actor) -> dict[str, Data]:
    """Return the questions that this person can ask, as definitions by label."""
    seen = workspace.visible(actor)
    orders = _metric(ORDERS, seen)
    found = {
        "Do customers order again?": _again(orders, seen),
        "Do win-back members stay?": _won_back(orders, seen, workspace, actor),
        "Which first product brings people back?": _first_product(orders, seen, workspace, actor),
        "How long do members stay?": _members_stay(seen, workspace),
    }
    return {words: {"kind": "retention", "v": 1, **data} for words, data in found.items() if data is not None}


def _again(orders: str, seen: VisibleModel) -> Data | None:
    offered = subjects_of([orders], seen) if orders else []
    subject = next((name for name in BUYERS if name in offered), next(iter(offered), None))
    if subject is None:
        return None
    time = {"last": 12, "unit": "month"}
    return {"subject": subject, "time": time, "first": {"metric": orders}, "unit": "month", "over": "month"}


def _won_back(orders: str, seen: VisibleModel, workspace: Workspace, actor: Actor) -> Data | None:
    mails = _metric(MAILS, seen)
    subject = first_subject([mails, orders], seen, workspace) if mails and orders else None
    if subject is None or not seen.may_name_members:
        return None
    for dimension in _available(mails, workspace, actor):
        for value, label in seen.member_labels(dimension.name).items():
            if any(word in str(label).casefold() for word in WON_BACK):
                where: dict[str, Any] = {"dim": dimension.name, "op": "in", "values": [value]}
                first = {"metric": mails, "name": str(label), "where": where}
                return {"subject": subject, "first": first, "return": {"metric": orders}, "unit": "month"}
    return None


def _members_stay(seen: VisibleModel, workspace: Workspace) -> Data | None:
    start, end = _metric(STARTED, seen), _metric(ENDED, seen)
    subject = first_subject([start, end], seen, workspace) if start and end else None
    if subject is None:
        return None
    first, last = {"metric": start}, {"metric": end}
    return {"subject": subject, "first": first, "return": last, "unit": "month", "survival": True, "project": 12}


def _first_product(orders: str, seen: VisibleModel, workspace: Workspace, actor: Actor) -> Data | None:
    products = _metric(PRODUCTS, seen)
    subject = first_subject([products, orders], seen, workspace) if products and orders else None
    if subject is None:
        return None
    for word in KINDS_OF_PRODUCT:
        for dimension in _available(products, workspace, actor):
            if is_named(word, (dimension.label, dimension.name.replace("_", " "))):
                first = {"metric": products, "name": "First product"}
                return {
                    "subject": subject, "first": first, "return": {"metric": orders}, "unit": "month", "periods": 6,
                    "by": dimension.name,
                }  # fmt: skip
    return None


def _metric(words: Sequence[str], seen: VisibleModel) -> str:
    return next((name for word in words if (name := metric_for(word, seen))), "")


def _available(metric: str, workspace: Workspace, actor: Actor) -> Sequence[Dimension]:
    """Return the dimensions of a metric's rows that this person can see."""
    try:
        return [each for each in workspace.preflight(Query(metrics=(metric,)), actor).available if each.kind != "time"]
    except SemanticError:
        return []
