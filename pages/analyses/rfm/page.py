"""RFM on the Analyses page: how recently, how often and for how much people bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.analyses import charts
from pages.analyses.draft import Data, at, put
from pages.analyses.examples import metric_for
from pages.analyses.form import Form
from pages.analyses.kind import ShownAnswer, event_kind_page
from pages.analyses.people import people_menu, too_few
from pages.shell.parts import empty_state, plain
from semantic.analyses.events.asked import Event, Population
from semantic.analyses.events.offers import subjects_of
from semantic.analyses.events.read import plan_events
from semantic.analyses.events.rfm.finding import RfmFound
from semantic.analyses.events.rfm.question import Rfm, rfm_reads
from semantic.errors import SemanticError
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

NOTHING = (
    "RFM needs two metrics for the same customers: one that counts orders and one that sums money. You don't have both."
)
ORDERS, MONEY = ("orders", "purchases", "deals won"), ("net revenue", "revenue", "gross sales", "amount")
SUBJECTS = ("customer", "member", "user", "account", "company")
CUTS = {"[20, 40, 60, 80]": "Fifths", "[33, 67]": "Thirds"}
TIME = {"last": 12, "unit": "month"}


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return RFM for the first pair of metrics for orders and money that this person can see, or why there is none."""
    for orders in dict.fromkeys(metric_for(word, seen) for word in ORDERS):
        for money in dict.fromkeys(metric_for(word, seen) for word in MONEY):
            if orders and money and (found := _fitting(orders, money, seen, workspace)) is not None:
                return found
    return NOTHING


def start(metric: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return RFM with a metric as the orders, or None if no metric for the money fits it."""
    for money in dict.fromkeys(metric_for(word, seen) for word in MONEY):
        if money and (found := _fitting(metric, money, seen, workspace)) is not None:
            return found
    return None


def _fitting(orders: str, money: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    offered = subjects_of([orders, money], seen)
    for subject in [name for name in SUBJECTS if name in offered]:
        asked = Rfm(population=Population(subject=subject), orders=Event(metric=orders), money=Event(metric=money))
        try:
            plan_events(rfm_reads(asked), seen, today=workspace.today())
        except SemanticError:
            continue
        events = {"orders": {"metric": orders}, "money": {"metric": money}}
        return {"kind": "rfm", "v": 1, "subject": subject, "time": TIME, **events}
    return None


def form(form: Form) -> None:
    """Draw the subject, the two metrics, how the scores are cut, and the dimension with the order number."""
    form.subject(label="Score each")
    form.event("Orders", ("orders",))
    form.event("Money", ("money",))
    if form.data.get("cuts") is None:
        _cut(form)
    metric = str(at(form.data, ("orders", "metric"), ""))
    form.breakdown(
        "Order number", ("order",), of=[metric], none="Each row is an order",
        help="If rows are parts of an order, such as invoice lines, choose the dimension with the order number.",
    )  # fmt: skip


def _cut(form: Form) -> None:
    key, now = form.key("percent"), str(form.data.get("percent", [20, 40, 60, 80]))
    options = CUTS if now in CUTS else {**CUTS, now: now}
    form.bind(key, _cut_at)
    st.segmented_control(
        "Scores", list(options), default=now, key=key, format_func=lambda name: plain(options[name]), required=True,
        width="stretch",
        help="Fifths give scores from 1 to 5. Equal values always have the same score.",
    )  # fmt: skip


def _cut_at(data: Data, value: Any) -> Data:
    cuts = {"[20, 40, 60, 80]": None, "[33, 67]": [33, 67]}
    return put(data, ("percent",), cuts[value]) if value in cuts else data


def result(shown: ShownAnswer) -> None:
    """Draw the grid of scores, and further analyses of a group."""
    analyzed: Analyzed[RfmFound] = shown.answer.found
    found = analyzed.found
    if found.whole is None:
        too_few(shown)
        return
    if not found.whole.buyers:
        empty_state(
            "shopping_cart_off", "No orders", "No one ordered in this period, with these filters.",
            key=f"{shown.key}-none",
        )  # fmt: skip
        return
    charts.draw(charts.charts_of(TELLINGS["rfm"], shown), shown)
    cells = (
        [] if analyzed.planned.smallest else [key for key, bought in found.cells.items() if bought and bought.buyers]
    )
    empty = {key for key, bought in found.groups.items() if bought is None or not bought.buyers}
    people_menu(
        shown,
        more=[{"recency": recency, "frequency": frequency} for recency, frequency in cells],
        without=lambda part: part.get("group") in empty,
    )


RFM_PAGE = event_kind_page(
    TELLINGS["rfm"],
    icon="grid_on",
    answers="How recently, how often and how much people buy, and which groups they fall into.",
    example=example,
    form=form,
    result=result,
    start=start,
)
