"""Retention on the page Analyses: what it opens, what you can select, and that it loses no selection.

All ten people view on 2 March at midnight. The first six add to a cart an hour later, and three of these check out.
Counts are out of these ten people.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.retention.questions import questions
from semantic.policy.actor import Actor
from tests.pages.analyses.conftest import Open, answered
from tests.pages.analyses.test_page import button, definition, select, table, text
from tests.semantic.analyses.events.logged import FIRST, LoggedWorkspace, Row, open_log

ASKED: dict[str, Any] = {
    "kind": "retention", "v": 1, "subject": "person", "first": {"metric": "views"}, "unit": "day", "periods": 3,
}  # fmt: skip


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    """A log in which ten people view, five of them come back on the next day, and four two days later.

    The people who come back are on phones; people on desktops don't come back.
    """
    views = [(person, 0) for person in range(10)]
    views += [(person, 1) for person in range(0, 10, 2)] + [(person, 2) for person in range(0, 8, 2)]
    rows = [
        Row(
            table="actions", key=f"a{person}{day}", person=f"p{person}", at=FIRST + timedelta(days=day), act="a",
            market="DE", device="phone" if person % 2 == 0 else "desktop", session=f"s{person}_0", product="apple",
        )
        for person, day in views
    ]  # fmt: skip
    opened = open_log(tmp_path_factory.mktemp("returns"), rows)
    yield opened
    opened.close()


def test_a_definition_in_the_address_is_answered(visit: Open) -> None:
    app = visit(ASKED)
    assert "50.0% of new people came back for views in day 1." in text(app)
    assert [line[:4] for line in table(app)] == [
        ["1", "10", "5", "50.0%"], ["2", "10", "4", "40.0%"], ["3", "10", "0", "0.0%"],
    ]  # fmt: skip
    assert "Each person begins once, with their first event of Views in all known data." in text(app)


def test_the_kind_opens_filled_in_and_already_run(visit: Open) -> None:
    app = visit()
    (kinds,) = [each for each in app.button_group if each.label == "Analysis"]
    app = answered(kinds.set_value("retention").run())
    assert definition(app)["kind"] == "retention", text(app)
    assert definition(app)["time"] == {"last": 12, "unit": "month"}  # its own period, not the funnel's 13 weeks
    assert "No people with Actions in this period." in text(app)  # all are in March, and these periods end in February


def test_picks_change_the_question_and_none_is_lost(visit: Open) -> None:
    app = answered(select(visit(ASKED), "Break down by").select("device").run())
    assert definition(app)["by"] == "device"
    assert "Phone" in {line[0] for frame in app.table for line in frame.value.to_numpy().tolist()}
    app = answered(select(app, "Begins with").select("period").run())
    assert (definition(app)["by"], definition(app)["start"]) == ("device", "period")
    app = answered(select(app, "Comes back for").select("carts").run())
    assert definition(app)["return"] == {"metric": "carts"}
    app = answered(button(app, "The same event").click().run())
    assert "return" not in definition(app)


def test_parts_that_no_longer_fit_are_left_out(visit: Open) -> None:
    app = answered(select(visit(ASKED), "Came back").select("7").run())
    assert definition(app)["brackets"] == [[1, 7], [8, 14], [15, 30]]
    app = answered(select(app, "Headline shows").select(3).run())
    assert definition(app)["at"] == 3
    (unit,) = [each for each in app.button_group if each.label == "Count returns by"]
    app = answered(unit.set_value("week").run())
    assert "brackets" not in definition(app)
    assert definition(app)["at"] == 3  # week 3
    app = answered(select(app, "Count").select("events").run())
    assert definition(app)["measure"] == "events"
    app = answered(select(app, "Came back").select("on_or_after").run())
    assert "measure" not in definition(app)
    assert definition(app)["count"] == "on_or_after"
    assert "came back for views in week 3 or later" in text(app) or "hasn't ended" in text(app)


def test_changing_the_unit_keeps_the_period_in_the_sentence(visit: Open) -> None:
    app = answered(select(visit(ASKED), "Headline shows").select(2).run())
    for unit in ("week", "day", "week", "day"):
        (units,) = [each for each in app.button_group if each.label == "Count returns by"]
        app = answered(units.set_value(unit).run())
        assert (definition(app)["unit"], definition(app)["at"]) == (unit, 2)


def test_switches_next_to_the_rule_change_how_it_counts(visit: Open) -> None:
    app = answered(button(visit(ASKED), "In that day or later").click().run())
    assert [line[2] for line in table(app)] == ["5", "4", "0"]
    assert definition(app)["count"] == "on_or_after"
    app = answered(button(app, "Begin with the first in the period").click().run())
    assert definition(app)["start"] == "period"


def test_empty_and_unfinished_cohorts_say_so(visit: Open) -> None:
    app = visit({**ASKED, "time": {"from": "2025-01-01", "to": "2025-01-31"}})
    assert "Nothing to count" in text(app)
    app = answered(button(app, "All time").click().run())
    assert "50.0% of new people" in text(app)
    app = visit({**ASKED, "unit": "month", "start": "period"})
    assert "Month 1 hasn't ended yet for any of the 10 people with Views." in text(app)
    assert "Too early to tell" in text(app)
    app = answered(button(app, "By week").click().run())
    assert definition(app)["unit"] == "week"


def test_small_groups_are_hidden(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["gus"]  # no number below four people
    app: AppTest = visit(ASKED)
    assert [line[2] for line in table(app)] == ["5", "4", "(hidden)"]
    assert "Numbers based on too few people are hidden from you." in text(app)


def test_questions_are_only_offered_if_the_model_has_what_they_need(log: LoggedWorkspace) -> None:
    assert questions(log, log.people["ana"]) == {}  # no metric is called orders


def test_an_ending_event_shows_how_long_people_stay(visit: Open) -> None:
    app = visit(
        {
            "kind": "retention", "v": 1, "subject": "person", "first": {"metric": "views"},
            "return": {"metric": "acts"}, "unit": "day", "over": "day", "periods": 3,
        }
    )  # fmt: skip
    app = answered(next(each for each in app.toggle if each.label == "It ends with this").set_value(True).run())
    assert definition(app)["survival"] is True
    assert "over" not in definition(app)
    # Five of ten act again, all on the next day.
    assert "50.0% of people stayed beyond day 3" in text(app)
    assert "Half had left by the end of day 1." in text(app)
    assert select(app, "People").options[0] == "Had actions by the end of day 0 after views"
    app = answered(next(each for each in app.number_input if each.label == "Project days ahead").set_value(2).run())
    assert definition(app)["project"] == 2
    assert "There is no projection, because too few periods are known or too few people have left." in text(app)
    app = answered(next(each for each in app.toggle if each.label == "It ends with this").set_value(False).run())
    assert not {"survival", "project"} & set(definition(app))
