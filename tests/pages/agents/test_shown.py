"""A person approves only what the page shows, and the page shows all of the proposal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pages.agents import approvals
from semantic.agents.acts import AskQuestion, RequestMetric, SetAlert
from semantic.agents.proposing import propose
from semantic.query.query import Calculation, CalculationKind, Condition, Operator, Order, Query
from semantic.services.process import Live
from tests.pages.agents.test_approvals import ROBIN, Open, badges, live, page, texts
from tests.semantic.agents.test_proposing import BY_EMAIL, LOW

__all__ = ["live", "page"]


def test_a_list_of_values_is_shown_before_it_is_approved(page: Open, live: Live) -> None:
    """One example is a list that the tool `values` proposes."""
    where = Condition(BY_EMAIL.by[0].dim, Operator.CONTAINS, ("example",))
    made = propose(live, ROBIN, AskQuestion(Query(by=BY_EMAIL.by, where=where), "personal"))
    app = page(proposal=made.id)
    shown = "".join(badges(app)).casefold()
    assert "isn't available to you" not in texts(app)
    assert "email" in shown
    assert "example" in shown
    assert f"proposal-{made.id}-approve" in [button.key for button in app.button]


def test_every_part_of_a_question_and_of_an_alert_is_shown(page: Open, live: Live) -> None:
    """This includes parts without a chip: calculations, sorting, the limit, the currency and the time zone."""
    ratio = Calculation(name="part", do=CalculationKind.PERCENT_OF_TOTAL, of="revenue")
    order = (Order("revenue", desc=True),)
    asked = replace(BY_EMAIL, calc=(ratio,), order=order, limit=7, time_zone="Asia/Tokyo", every_period=True)
    propose(live, ROBIN, AskQuestion(asked, "personal"))
    propose(live, ROBIN, SetAlert(replace(LOW, apart_days=9, hold_days=2)))
    shown = texts(page(proposal="all")).replace("\\", "")
    for part in (
        "Calculated: part = percent of total of “Revenue”", "Sorted by: “Revenue”, largest first", "At most 7 rows",
        "Time zone: Asia/Tokyo", "Also periods without rows", "2026-01-31", "At most one message in 9 days",
        "Held for at most 2 days while data isn't final",
    ):  # fmt: skip
        assert part in shown


def test_a_proposal_that_is_not_shown_cannot_be_approved(
    page: Open, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = propose(live, ROBIN, AskQuestion(Query(by=BY_EMAIL.by), "personal"))
    monkeypatch.setattr(approvals, "show_chips", lambda *given, **more: False)
    buttons = [button.key for button in page(proposal=made.id).button]
    assert f"proposal-{made.id}-deny-now" in buttons
    assert not {f"proposal-{made.id}-approve", f"proposal-{made.id}-day"} & {*buttons}


def test_an_agents_texts_and_days_are_shown(page: Open, live: Live) -> None:
    propose(live, ROBIN, SetAlert(replace(LOW, name="Sign in at [evil](http://evil.example)")))
    asked = RequestMetric(words="Churn", metric="churn_of_all", needed_by=date(2027, 3, 9))
    propose(live, ROBIN, asked)
    shown = texts(page(proposal="all"))
    assert "Sign in at" in shown
    assert "[evil](http" not in shown
    assert "churn\\_of\\_all" in shown
    assert "9 Mar 2027" in shown
