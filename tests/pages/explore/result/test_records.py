"""The dialog with the rows behind a number, over the small shop: the list, and the states without a list."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.explore.result.records import may_see_records
from pages.shell import session
from pages.shell.parts import plain
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.waiting import STUCK

PAGE = """
import streamlit as st
from pages.explore.result import records
from semantic.query.data import query_from_data

workspace, actor = st.session_state["workspace"], st.session_state["actor"]
shown = workspace.ask(query_from_data(st.session_state["ask"]), actor)
records.open_records(workspace, actor, shown, 0, st.session_state["column"])
"""


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in whichever person the page asks for."""
    session_state = st.session_state
    monkeypatch.setattr(session, "require", lambda role: (session_state["workspace"], session_state["actor"]))


def opened(workspace: Workspace, person: str, ask: dict[str, object], column: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=STUCK)
    page.session_state["workspace"], page.session_state["actor"] = workspace, workspace.people[person]
    page.session_state["ask"], page.session_state["column"] = ask, column
    return page.run()


SEARCH = {"by": ["channel"], "where": {"dim": "channel", "op": "in", "values": ["Search"]}}


def test_the_rows_of_both_sides_of_a_ratio_are_shown_in_turn(workspace: Workspace) -> None:
    page = opened(workspace, "steward", {"metrics": ["roas"], **SEARCH}, "roas")
    assert not page.exception
    assert [markdown.value for markdown in page.markdown if "rows of" in markdown.value] == [":small[4 rows of orders]"]
    rows = page.dataframe[0].value
    assert list(rows["_value"]) == [5120, 160, 40, 10]
    assert list(rows["_c0"]) == ["o12", "o05", "o03", "o01"]
    page.segmented_control(key="records-of").set_value("cost").run()
    assert list(page.dataframe[0].value["_value"]) == [5]


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        # o12 is of 25 October 01:30 UTC, just after the clocks in Berlin went back; New York's are still ahead.
        ({}, ["25 Oct 02:30", "31 Mar 23:59", "29 Mar 00:30", "2 Mar 10:00"]),
        ({"time_zone": "America/New_York"}, ["24 Oct 21:30", "31 Mar 17:59", "28 Mar 19:30", "2 Mar 04:00"]),
    ],
)
def test_an_order_time_is_shown_to_the_minute_in_the_questions_time_zone(
    workspace: Workspace, zone: dict[str, str], clock: list[str]
) -> None:
    page = opened(workspace, "steward", {"metrics": ["revenue"], **SEARCH, **zone}, "revenue")
    rows = page.dataframe[0]
    heads = json.loads(rows.proto.columns)
    (name,) = (key for key, head in heads.items() if head.get("label") == "Order time")
    assert heads[name]["type_config"] == {"type": "datetime", "format": "D MMM YYYY, HH:mm"}
    assert [f"{one:%-d %b %H:%M}" for one in rows.value[name]] == clock
    shown_in = zone.get("time_zone", "Europe/Berlin")
    assert any(plain(f"Times are in {shown_in}.") in markdown.value for markdown in page.markdown)


def test_a_scope_is_stated_with_its_rows(workspace: Workspace) -> None:
    page = opened(workspace, "dora", {"metrics": ["revenue"]}, "revenue")
    said = " ".join(markdown.value for markdown in page.markdown)
    assert "4 rows of orders" in said
    assert "DE. Only these rows are listed and counted." in said


def test_without_the_grant_there_is_a_message_and_no_row(workspace: Workspace) -> None:
    page = opened(workspace, "vera", {"metrics": ["revenue"]}, "revenue")
    assert not page.exception
    assert not page.dataframe
    assert any("You don't have access to these rows" in markdown.value for markdown in page.markdown)


def test_a_number_without_rows_says_so(workspace: Workspace) -> None:
    page = opened(workspace, "steward", {"metrics": ["calls"]}, "calls")
    assert not page.exception
    assert not page.dataframe
    assert any("No rows behind this number" in markdown.value for markdown in page.markdown)


@pytest.mark.parametrize(
    ("person", "metric", "may"), [("steward", "roas", True), ("vera", "revenue", False), ("finn", "visits", False)]
)
def test_the_button_is_offered_to_people_who_can_list_rows(
    workspace: Workspace, person: str, metric: str, may: bool
) -> None:
    actor = workspace.people[person]
    shown = workspace.ask(query_from_data({"metrics": [metric]}), actor)
    assert may_see_records(workspace, actor, shown, 0, metric) is may
