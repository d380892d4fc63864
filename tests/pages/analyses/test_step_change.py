"""The page "Why a step changed" without anyone to compare. The log begins on 2 March, so no one did anything before."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from semantic.services.analyzing import cost
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.analyses.test_page import button, definition, labels, text

FIRST_DAY = {"from": "2026-03-02", "to": "2026-03-02"}
CHANGE: dict[str, Any] = {
    "kind": "step_change", "v": 1, "funnel": {**FUNNEL, "within": "1 day"}, "step": 2, "by": ["device"],
    "time": FIRST_DAY,
}  # fmt: skip


def undo(app: AppTest) -> AppTest:
    return answered(app.button(key="analysis-undo").click().run())


def test_without_anyone_to_compare_it_says_so_and_suggests_other_periods(visit: Open) -> None:
    app = visit(CHANGE)
    assert "**Nothing to compare**" in text(app)
    assert "No one reached Views in the earlier period (1 Mar 2026). Choose another period." in text(app)
    assert "parse_error" not in text(app)
    assert "Remove filters" not in labels(app)
    app = answered(button(app, "Last 4 weeks").click().run())
    assert definition(app)["time"] == {"last": 4, "unit": "week"}
    assert {"Last 13 weeks", "Last 12 months"} <= {*labels(app)}  # no one did anything in the four weeks before, either
    assert "Last 4 weeks" not in labels(app)
    assert definition(undo(app))["time"] == FIRST_DAY


def test_filters_that_leave_no_one_to_compare_can_be_removed(visit: Open) -> None:
    app = visit({**CHANGE, "where": {"dim": "market", "op": "in", "values": ["DE"]}})
    app = answered(button(app, "Remove filters").click().run())
    assert "where" not in definition(app)
    assert definition(app)["time"] == FIRST_DAY


def test_an_expensive_run_cannot_be_estimated(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample would be refused, so the page doesn't offer one."""
    monkeypatch.setattr(cost, "ASK_ROWS", 1)
    app = visit(CHANGE)
    assert "This takes a while" in text(app)
    assert "Run it" in labels(app)
    assert "Estimate from 10%" not in labels(app)
