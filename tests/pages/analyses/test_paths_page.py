"""Paths on the page Analyses: what it shows, and how the form changes a definition. Counts are out of ten people."""

from __future__ import annotations

from typing import Any

from pages.analyses.paths.events import (
    directed,
    direction_of,
    fitting,
    with_anchor,
    with_each,
    with_event,
    without_event,
)
from semantic.analyses.events import EVENT_KINDS
from semantic.policy.actor import Actor
from tests.pages.analyses.conftest import Open, answered
from tests.pages.analyses.test_page import button, definition, select, table, text
from tests.semantic.analyses.events.logged import LoggedWorkspace

PATHS: dict[str, Any] = {
    "kind": "paths", "v": 1, "subject": "person", "from": {"metric": "views"},
    "events": [{"metric": "carts"}, {"metric": "checkouts"}],
}  # fmt: skip


def test_paths_are_shown_with_their_rule_and_a_table(visit: Open) -> None:
    app = visit(PATHS)
    assert "Next after Views came Carts for 60.0% of people, and nothing for 40.0%." in text(app)
    assert "Each person counts once, followed from the first event of Views in the period onwards." in text(app)
    assert table(app) == [
        ["Views → End", "4", "40.0%", ""],
        ["Views → Carts → Checkouts → End", "3", "30.0%", "2 hours"],
        ["Views → Carts → End", "3", "30.0%", "1 hour"],
    ]


def test_paths_open_with_an_example_of_what_a_person_can_see(visit: Open) -> None:
    app = visit({"kind": "paths", "v": 1, "subject": "person", "events": [{"metric": "acts", "each": "act"}]})
    assert "The most frequent path with more than one event is a → b → c (30.0%)." in text(app)
    assert "Each action is a separate event." in text(app)


def test_a_switch_changes_how_paths_count_and_undo_reverts_it(visit: Open) -> None:
    app = answered(button(visit(PATHS), "Show repeats").click().run())
    assert definition(app)["collapse"] is False
    assert "The same event several times in a row counts each time." in text(app)
    app = answered(button(app, "Undo").click().run())
    assert "collapse" not in definition(app)


def test_changing_the_direction_turns_the_start_into_an_end(visit: Open) -> None:
    app = visit(PATHS)
    (row,) = [each for each in app.button_group if each.label == "Paths"]
    app = answered(row.set_value("Before an end").run())
    assert definition(app)["to"] == {"metric": "views"}
    assert "from" not in definition(app)
    app = answered(select(app, "End").set_value("checkouts").run())
    assert definition(app)["to"] == {"metric": "checkouts"}
    assert "Last before Checkouts came Carts for 100.0% of people." in text(app)
    assert "The most frequent path is Carts → Checkouts (100.0%)." in text(app)


def test_events_are_added_and_collapsing_is_switched_off(visit: Open) -> None:
    app = answered(button(visit(PATHS), "Add event").click().run())
    assert len(definition(app)["events"]) == 3
    (switch,) = [each for each in app.toggle if each.label == "Collapse repeats"]
    app = answered(switch.set_value(False).run())
    assert definition(app)["collapse"] is False


def test_small_groups_are_hidden(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["gus"]  # no number below four people
    app = visit(PATHS)
    assert table(app) == [["Views → End", "4", "40.0%"]]  # without a column of times, because there are none
    assert "Paths that too few people took are hidden from you." in text(app)


def test_a_period_without_paths_says_so(visit: Open) -> None:
    app = visit({**PATHS, "time": {"from": "2025-01-01", "to": "2025-01-31"}})
    assert "Nothing to follow" in text(app)
    assert "No people with Views in this period." in text(app)
    app = answered(button(app, "All time").click().run())
    assert "and nothing for 40.0%" in text(app)


# What the form does to a definition


def test_directions_can_be_switched_back_and_forth() -> None:
    back = directed(PATHS, "to")
    assert (direction_of(back), back["to"], back["events"]) == ("to", {"metric": "views"}, PATHS["events"])
    assert directed(back, "from") == PATHS
    every = {**PATHS, "occurrence": "every"}
    free = directed(every, "first")
    assert free["events"] == [{"metric": "views"}, {"metric": "carts"}, {"metric": "checkouts"}]
    assert not {"from", "to", "occurrence"} & free.keys()
    again = directed(free, "to")
    assert (again["to"], again["events"]) == ({"metric": "checkouts"}, [{"metric": "views"}, {"metric": "carts"}])
    for each in (back, free, again):
        EVENT_KINDS["paths"].read(each)


def test_an_event_within_a_path_can_also_be_its_end() -> None:
    alone = {"kind": "paths", "v": 1, "subject": "person", "events": [{"metric": "acts", "each": "act"}]}
    ending = directed(alone, "to")
    assert (ending["to"], ending["events"]) == ({"metric": "acts"}, [{"metric": "acts", "each": "act"}])
    EVENT_KINDS["paths"].read(ending)


def test_only_one_event_at_a_time_can_be_split_by_a_dimension() -> None:
    one = with_each(PATHS, 0, "carts", "device")
    assert one["events"] == [{"metric": "carts", "each": "device"}, {"metric": "checkouts"}]
    other = with_each(one, 1, "checkouts", "act")
    assert other["events"] == [{"metric": "carts"}, {"metric": "checkouts", "each": "act"}]
    assert with_each(other, 1, "views", "act") == other, "it was picked for another metric"
    assert with_each(other, 1, "checkouts", None)["events"] == PATHS["events"]


def test_picking_an_end_without_the_subject_changes_the_subject(log: LoggedWorkspace) -> None:
    """Purchases have a person but no session. Views have both."""
    seen = log.visible(log.people["ana"])
    sessions = {**directed(PATHS, "to"), "subject": "session", "events": [{"metric": "clicks"}, {"metric": "carts"}]}
    assert fitting(sessions, seen) == sessions
    bought = fitting(with_anchor(sessions, "to", "revenue"), seen)
    assert bought == {**sessions, "subject": "person", "to": {"metric": "revenue"}}
    assert with_anchor(sessions, "from", "revenue") == sessions, "it has no start"
    assert fitting({**sessions, "to": {"metric": "nothing"}}, seen)["subject"] == "session"


def test_events_can_be_added_and_removed() -> None:
    more = with_event(PATHS, "acts")
    assert more["events"][-1] == {"metric": "acts"}
    assert without_event(more, 2) == PATHS
