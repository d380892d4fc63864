"""The dialog about a number over the small shop: its value, formula and facts, and who can see SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shell import session
from semantic.workspace import Workspace
from tests.waiting import STUCK

PAGE = """
import streamlit as st
from pages.explore.result import passport
from semantic.query.data import query_from_data

workspace, actor = st.session_state["workspace"], st.session_state["actor"]
shown = workspace.ask(query_from_data(st.session_state["ask"]), actor)
passport.open_passport(workspace, actor, shown, st.session_state["row"], st.session_state["column"])
"""


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in whichever person the page asks for."""
    session_state = st.session_state
    monkeypatch.setattr(session, "require", lambda role: (session_state["workspace"], session_state["actor"]))


def opened(workspace: Workspace, person: str, ask: Mapping[str, object], row: int, column: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=STUCK)
    page.session_state["workspace"], page.session_state["actor"] = workspace, workspace.people[person]
    page.session_state["ask"], page.session_state["row"], page.session_state["column"] = ask, row, column
    return page.run()


def test_the_passport_shows_the_number_its_formula_and_its_facts(workspace: Workspace) -> None:
    ask = {"metrics": ["ctr"], "by": ["channel"], "order": [{"by": "channel"}]}
    page = opened(workspace, "steward", ask, 1, "ctr")
    assert not page.exception
    text = " ".join(markdown.value for markdown in page.markdown)
    (number,) = page.metric
    assert (number.label, number.value, number.delta) == ("Ctr", ":gray[10.0%]", "Search, All time")
    assert "Clicks" in text
    assert "100 of at least 1,000 impressions" in text
    facts = page.table[0].value
    assert "Confidence interval" in facts.to_string()
    assert "SELECT" in page.code[0].value


def test_a_person_who_is_not_a_steward_sees_no_sql(workspace: Workspace) -> None:
    page = opened(workspace, "dora", {"metrics": ["revenue"]}, 0, "revenue")
    assert not page.exception
    assert not page.code
    assert "Your scope" in page.table[0].value.to_string()


def test_markup_in_a_members_name_stays_text(workspace: Workspace) -> None:
    ask = {"metrics": ["cost"], "by": ["campaign"], "where": {"dim": "campaign", "op": "contains", "values": ["Caf"]}}
    page = opened(workspace, "steward", ask, 0, "cost")
    assert not page.exception
    assert page.metric[0].delta == 'Café "Olé" d\'or, All time'


def test_a_calculation_explains_how_it_is_computed(workspace: Workspace) -> None:
    share = {"name": "share", "do": "percent_of_total", "of": "revenue"}
    ask = {"metrics": ["revenue"], "by": ["channel"], "calc": [share], "limit": 2}
    page = opened(workspace, "steward", ask, 1, "share")
    assert not page.exception
    (number,) = page.metric
    assert (number.label, number.value, number.delta) == ("Revenue, share of total", "25.2%", "Social, All time")
    text = " ".join(markdown.value for markdown in page.markdown)
    assert "the share of the total of revenue, over all groups, including those that aren't shown" in text
    assert "€2,580.00" in text


def test_a_rank_of_the_total_says_why_it_is_missing(workspace: Workspace) -> None:
    ask = {"metrics": ["revenue"], "by": ["channel"], "calc": [{"name": "place", "do": "rank", "of": "revenue"}]}
    page = opened(workspace, "steward", ask | {"totals": ["grand"]}, 7, "place")
    assert not page.exception
    assert "totals don't have the compared value" in " ".join(markdown.value for markdown in page.markdown)


def test_a_total_is_named_as_such_with_its_days(workspace: Workspace) -> None:
    page = opened(workspace, "steward", {"metrics": ["revenue"], "by": ["channel"], "totals": ["grand"]}, 7, "revenue")
    assert not page.exception
    assert page.metric[0].delta == "Total, All time"
