"""Channel overlap and contact pressure on the page Analyses. Counts are numbers of people, out of ten."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.examples import NOTHING
from pages.analyses.kind import KindPage
from pages.analyses.overlap.page import OVERLAP_PAGE
from pages.analyses.pressure.page import PRESSURE_PAGE
from pages.analyses.state import is_personal
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Operator, Query
from tests.pages.analyses.conftest import Open, answered
from tests.pages.analyses.test_page import button, definition, select, table, text
from tests.semantic.analyses.events.logged import LoggedWorkspace

OVERLAP: dict[str, Any] = {
    "kind": "overlap", "v": 1, "subject": "person", "channels": [{"metric": "views"}, {"metric": "carts"}],
}  # fmt: skip
PRESSURE: dict[str, Any] = {
    "kind": "pressure", "v": 1, "subject": "person", "limit": 2,
    "channels": [{"metric": "views"}, {"metric": "carts"}, {"metric": "checkouts"}],
}  # fmt: skip


def values(app: AppTest) -> Any:
    (found,) = [each for each in app.multiselect if each.label == "Values"]
    return found


def test_an_overlap_is_shown_as_a_chart_and_in_words(visit: Open) -> None:
    app = visit(OVERLAP)
    assert "Of 10 people reached, 60.0% were reached by both Views and Carts." in text(app)
    assert [line[:3] for line in table(app)] == [["Views + Carts", "6", "60.0%"], ["Views only", "4", "40.0%"]]
    assert "in the combination of all channels that reached them" in text(app)


@pytest.mark.parametrize("page", [OVERLAP_PAGE, PRESSURE_PAGE], ids=lambda page: page.name)
def test_the_example_is_answered(page: KindPage, visit: Open, log: LoggedWorkspace) -> None:
    example = page.example(log.visible(log.people["ana"]), log)
    assert isinstance(example, dict)
    app = visit({**example, "time": {"from": "2026-03-02", "to": "2026-03-15"}})
    assert definition(app)["kind"] == page.name
    assert table(app)


def test_without_events_there_is_no_example(log: LoggedWorkspace) -> None:
    no_one = log.visible(Actor(id="x", roles=frozenset()))
    assert [page.example(no_one, log) for page in (OVERLAP_PAGE, PRESSURE_PAGE)] == [NOTHING, NOTHING]


def test_channels_are_added_and_removed(visit: Open) -> None:
    app = answered(button(visit(OVERLAP), "Add channel").click().run())
    assert len(definition(app)["channels"]) == 3
    app = answered(button(app, "Remove channel 1").click().run())
    assert definition(app)["channels"][0]["metric"] == "carts"
    assert len(definition(app)["channels"]) == 2
    assert button(app, "Remove channel 1").disabled


def test_an_event_is_split_by_a_breakdown_and_merged_again(visit: Open) -> None:
    """People with even numbers use a phone."""
    app = answered(select(visit(OVERLAP), "Or split into channels by").set_value("device").run())
    assert definition(app) == {
        **OVERLAP,
        "channels": [{"metric": "views"}],
        "by": "device",
        "values": ["desktop", "phone"],
    }
    assert [line[:2] for line in table(app)] == [["Phone only", "5"], ["Desktop only", "5"]] or [
        line[:2] for line in table(app)
    ] == [["Desktop only", "5"], ["Phone only", "5"]]
    assert set(values(app).value) == {"phone", "desktop"}
    app = answered(select(app, "Or split into channels by").select_index(0).run())
    assert "by" not in definition(app)
    assert "values" not in definition(app)
    assert len(definition(app)["channels"]) == 2
    assert not app.exception


def test_a_following_event_is_picked_with_a_window(visit: Open) -> None:
    app = answered(select(visit(OVERLAP), "Then").set_value("checkouts").run())
    assert definition(app)["then"] == {"metric": "checkouts"}
    assert definition(app)["within"] == "14 days"
    assert "Then checkouts: 30.0% of everyone reached." in text(app)
    app = answered(select(app, "Then").select_index(0).run())
    assert "then" not in definition(app)
    assert "within" not in definition(app)


def test_a_channel_shows_its_name_and_filter(visit: Open) -> None:
    where = {"dim": "device", "op": "in", "values": ["phone"]}
    app = visit(
        {**OVERLAP, "channels": [{"metric": "views", "where": where, "name": "On a phone"}, {"metric": "carts"}]}
    )
    assert "Where device is Phone" in text(app)
    assert "On a phone means views where device is Phone." in text(app)


def test_small_groups_are_not_shown(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["gus"]  # no number below four people
    app = visit({**OVERLAP, "channels": [{"metric": "carts"}, {"metric": "checkouts"}]})
    assert "3" not in [cell for line in table(app) for cell in line]
    assert "hidden from you" in text(app)


def test_values_of_a_personal_breakdown_stay_out_of_the_address(
    visit: Open, log: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit({**OVERLAP, "channels": [{"metric": "views"}], "by": "device", "values": ["phone", "desktop"]})
    state = app.session_state["analysis"]
    assert not is_personal(state, log)
    seen: list[Query] = []
    monkeypatch.setattr("pages.analyses.state.names_a_person", lambda query, model: bool(seen.append(query)) or True)
    assert is_personal(state, log)
    assert seen[0].where == Condition("device", Operator.IN, ("phone", "desktop"))


def test_contact_pressure_is_shown_as_messages_per_week(visit: Open) -> None:
    """Three people got three messages, three got two and four got one: 19 messages in 10 person-weeks."""
    app = visit(PRESSURE)
    assert "10 people got 1.9 messages a week on average, in weeks with a message." in text(app)
    assert "30.0% of these weeks had more than 2." in text(app)
    assert [line[:3] for line in table(app)] == [
        ["1", "4", "40.0%"], ["2", "3", "30.0%"], ["3", "3", "30.0%"], ["All", "10", "100.0%"],
    ]  # fmt: skip


def test_the_limit_changes_the_share_above_it(visit: Open) -> None:
    (limit,) = [each for each in visit(PRESSURE).number_input if each.label == "Weekly limit"]
    app = answered(limit.set_value(1).run())
    assert definition(app)["limit"] == 1
    assert "60.0% of these weeks had more than 1." in text(app)


def test_an_event_after_messages_always_has_a_window(visit: Open) -> None:
    app = answered(select(visit(PRESSURE), "Then").set_value("removals").run())
    assert definition(app)["within"] == "14 days"
    assert "No limit" not in select(app, "Within").options


@pytest.mark.parametrize(
    ("asked", "told"), [(OVERLAP, "were reached by both"), (PRESSURE, "10 people got 1.9 messages")]
)
def test_a_period_without_events_offers_all_time(asked: dict[str, Any], told: str, visit: Open) -> None:
    app = visit({**asked, "time": {"from": "2025-01-06", "to": "2025-02-02"}})
    assert "Nothing to count" in text(app)
    assert told in text(answered(button(app, "All time").click().run()))
