"""Unusual days on the page Analyses, for a company whose last day is broken in one market."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.policy.actor import Actor
from tests.pages.analyses.conftest import answered
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.alerts.alerts_world import AlertsWorkspace
from tests.semantic.services.analyzing.test_anomalies import opened

ASKED: dict[str, Any] = {
    "kind": "anomalies", "v": 1, "metric": "revenue", "by": "market", "time": {"last": 90, "unit": "day"},
}  # fmt: skip
Visit = Callable[..., AppTest]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertsWorkspace]:
    found = opened(tmp_path_factory.mktemp("company") / "own")
    yield found
    found.close()


@pytest.fixture
def who(company: AlertsWorkspace) -> dict[str, Actor]:
    return {"now": company.people["ana"]}


@pytest.fixture
def open_days(company: AlertsWorkspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    show_pages_to(monkeypatch, lambda: who["now"], lambda: company)

    def visit(**more: Any) -> AppTest:
        return answered(open_app(links.ANALYSES, a=json.dumps(ASKED | more)))

    yield visit
    once.forget()


def text(app: AppTest) -> str:
    assert not app.exception
    texts = (*app.title, *app.header, *app.markdown, *app.caption)
    return "\n".join(str(each.value) for each in texts).replace("\\", "")


def test_the_broken_day_is_shown_with_its_cause_and_an_alert_is_offered(open_days: Visit) -> None:
    app = open_days()
    found = text(app)
    assert "Revenue over 90 days: unusual once. 28 Aug 2026: €1,400, expected" in found
    assert "DE accounts for" in found
    assert "No remark." in found
    assert "Unusual" in found
    lines = app.table[0].value.to_numpy().tolist()
    assert [str(lines[0][0]), str(lines[0][1])] == ["28\N{NO-BREAK SPACE}Aug 2026", "DE"]
    assert links.SET_ALERT_LABEL in [button.label for button in app.button]


def test_a_person_who_sees_one_market_sees_only_its_days(
    open_days: Visit, who: dict[str, Actor], company: AlertsWorkspace
) -> None:
    who["now"] = company.people["fred"]
    app = open_days()
    assert "Revenue stayed within its usual range on all 90 days that could be judged." in text(app)
    assert not app.table


def test_a_period_is_required(open_days: Visit) -> None:
    app = open_days(time={"last": 900, "unit": "day"})
    assert "A search covers at most 400 days" in text(app)


def test_hidden_metrics_read_as_missing(open_days: Visit, who: dict[str, Actor], company: AlertsWorkspace) -> None:
    who["now"] = company.people["nora"]
    assert "There is no metric named 'revenue'." in text(open_days())
