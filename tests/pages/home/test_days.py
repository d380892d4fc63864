"""Unusual days on Home, for a company whose last day is broken in one market, in a week that isn't over."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.policy.actor import Actor
from semantic.services.digest import unusual_lately
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.alerts.alerts_world import BROKEN, AlertsWorkspace
from tests.semantic.services.analyzing.test_anomalies import opened

Visit = Callable[[], AppTest]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertsWorkspace]:
    found = opened(tmp_path_factory.mktemp("company") / "own")
    yield found
    found.close()


@pytest.fixture
def who(company: AlertsWorkspace) -> dict[str, Actor]:
    return {"now": company.people["ana"]}


@pytest.fixture
def home(company: AlertsWorkspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    show_pages_to(monkeypatch, lambda: who["now"], lambda: company)
    yield lambda: open_app(links.HOME)
    once.forget()


def words(app: AppTest) -> str:
    assert not app.exception
    return " | ".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind).replace("\\", "")


def test_only_unusual_days_are_returned(company: AlertsWorkspace) -> None:
    names = ("revenue", "orders", "per_order")
    (found,) = unusual_lately(names, company, company.people["ana"], 7)
    # On 28 August, revenue was 1,400 instead of 2,000. 14 orders instead of 20 are within what chance allows, and an
    # order was 100 as always.
    assert (found.names, found.day, found.side) == (("revenue",), BROKEN, "below")
    assert unusual_lately(names, company, company.people["fred"], 7) == []


def test_home_lists_the_day_and_opens_the_analysis(home: Visit) -> None:
    app = home()
    found = words(app)
    assert "Unusual days (1)" in found
    assert "on 28 Aug 2026, below the expected" in found
    opens = [str(each.proto) for each in app.get("page_link") if "below the usual range" in each.proto.label]
    assert ["anomalies" in each for each in opens] == [True]


def test_a_person_without_unusual_days_sees_no_block(
    home: Visit, who: dict[str, Actor], company: AlertsWorkspace
) -> None:
    who["now"] = company.people["fred"]
    assert "Unusual days" not in words(home())
