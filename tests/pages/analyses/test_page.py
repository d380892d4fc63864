"""The page Analyses: what it opens, shows and refuses, and that it loses no selection. Counts are out of ten people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.downloads import file_of
from pages.analyses.frame import leading
from pages.analyses.funnel.drop import DROP_ACTS
from pages.analyses.kind import ShownAnswer
from pages.analyses.opening import KEY
from pages.shell import links
from semantic.errors import EngineFailed, TimedOut, TooManyRows
from semantic.policy.actor import Actor
from semantic.services.analyzing import cost
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.whole_app import open_app
from tests.semantic.analyses.events.logged import LoggedWorkspace

DE = '{"dim":"market","op":"in","values":["DE"]}'


def text(app: AppTest) -> str:
    """Return all text on the page."""
    assert not app.exception
    every = (*app.title, *app.header, *app.markdown, *app.caption)
    return "\n".join(str(each.value) for each in every).replace("\\", "")


def definition(app: AppTest) -> dict[str, Any]:
    """Return the definition in the address."""
    found = app.query_params[links.ANALYSIS]
    return json.loads(found[0] if isinstance(found, list) else found)


def button(app: AppTest, label: str) -> Any:
    (found,) = [each for each in app.button if label in each.label]
    return found


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def select(app: AppTest, label: str) -> Any:
    (found,) = [each for each in app.selectbox if each.label == label]
    return found


def table(app: AppTest) -> list[list[str]]:
    """Return the first table's lines."""
    frame = app.table[0].value
    return [[str(cell).replace("\\", "") for cell in line] for line in frame.to_numpy().tolist()]


# What opens


def test_the_page_opens_filled_in_and_already_run(visit: Open) -> None:
    app = visit()
    assert "50.0% of sessions got from Cart to Checkout." in text(app)
    assert definition(app)["kind"] == "funnel"
    assert [step["metric"] for step in definition(app)["steps"]] == ["carts", "checkouts"]


def test_a_definition_in_the_address_is_answered(visit: Open) -> None:
    app = visit(FUNNEL)
    assert "60.0% of people got from Views to Carts." in text(app)
    assert [line[:3] for line in table(app)] == [["Views", "10", ""], ["Carts", "6", "60.0%"]]
    assert "Each person counts once. Steps count in this order, with no time limit." in text(app)


def test_a_link_that_cant_be_read_says_why_and_opens_nothing_else(visit: Open) -> None:
    for wrong in ("{", "[]", '{"kind": "magic"}', json.dumps(FUNNEL | {"more": 1}), json.dumps(FUNNEL | {"steps": 3})):
        app = visit(wrong)
        assert "This link couldn't be opened." in text(app)
        assert "50.0% of sessions got from Cart to Checkout." in text(app), "the example takes its place"


def test_a_viewer_sees_only_what_they_can_see(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["nora"]  # may see views and checkouts, by device
    app = visit({**FUNNEL, "steps": [{"metric": "views"}, {"metric": "checkouts"}]})
    assert "30.0% of people got from Views to Checkouts." in text(app)
    offered = {option for each in app.selectbox for option in each.options}
    assert {"Views", "Checkouts", "Device"} <= offered
    assert not {"Carts", "Revenue", "Product", "Market"} & offered


def test_a_hidden_metric_is_refused_like_a_missing_one(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    asks["now"] = log.people["nora"]
    refusals: list[str] = []
    for name in ("carts", "no_such_metric"):
        app = visit({**FUNNEL, "steps": [{"metric": "views"}, {"metric": name}]})
        assert "of people got from" not in text(app)
        refusals += [line.replace(name, "x") for line in text(app).splitlines() if "There is no metric named" in line]
    assert len(refusals) == 2
    assert len(set(refusals)) == 1


def test_small_groups_are_hidden(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["gus"]  # no number below four people
    app = visit({**FUNNEL, "steps": [{"metric": "views"}, {"metric": "carts"}, {"metric": "checkouts"}]})
    assert [line[1] for line in table(app)] == ["10", "6", "(hidden)"]
    assert "Numbers based on too few people are hidden from you." in text(app)


FEW: list[dict[str, Any]] = [
    {**FUNNEL, "steps": [{"metric": "checkouts"}, {"metric": "carts"}]},
    {"kind": "retention", "v": 1, "subject": "person", "first": {"metric": "checkouts"}, "return": {"metric": "carts"},
     "unit": "day", "periods": 1},
    {"kind": "paths", "v": 1, "subject": "person", "from": {"metric": "checkouts"}, "events": [{"metric": "carts"}],
     "steps": 2},
    {"kind": "overlap", "v": 1, "subject": "person", "channels": [{"metric": "checkouts"}, {"metric": "removals"}]},
    {"kind": "pressure", "v": 1, "subject": "person", "channels": [{"metric": "checkouts"}], "limit": 1},
]  # fmt: skip
"""Analyses of the three people who checked out."""


@pytest.mark.parametrize("asked", FEW, ids=lambda asked: str(asked["kind"]))
def test_an_analysis_of_too_few_people_suggests_a_next_step(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace, asked: dict[str, Any]
) -> None:
    asks["now"] = log.people["gus"]
    weeks = {"from": "2026-03-02", "to": "2026-03-15"}
    app = visit({**asked, "time": weeks})
    assert "**Too few people**" in text(app)
    assert definition(app)["time"] == weeks
    app = answered(button(app, "All time").click().run())
    assert "time" not in definition(app)


def test_hidden_numbers_are_aligned_like_numbers(visit: Open, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    asks["now"] = log.people["gus"]
    app = visit(FEW[0])
    assert [line[1] for line in table(app)] == ["(hidden)", "(hidden)"]
    frame = app.table[0].value
    lines = [[str(cell).replace("\\", "") for cell in line] for line in frame.to_numpy().tolist()]
    assert leading(list(frame.columns), lines) == 1


NO_TABLE = "The SQL names a table that the data does not have."


@pytest.mark.parametrize(
    ("error", "title", "words"),
    [
        (EngineFailed(NO_TABLE), "Couldn't read the data", "The data source couldn't answer this."),
        (TooManyRows("The answer has more than 2 rows."), "Too many rows to show", "more than 2 rows."),
        (TimedOut("This took longer than 5 minutes."), "This took too long", "longer than 5 minutes."),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_a_failure_has_a_title_a_sentence_and_a_next_step(
    visit: Open, error: EngineFailed, title: str, words: str
) -> None:
    app = visit(FUNNEL)
    app.session_state[KEY].error = error
    app.run()
    assert f"**{title}**" in text(app)
    assert text(app).count(words) == 1
    assert ("Estimate from 10%" in labels(app)) == isinstance(error, TimedOut)
    app = answered(button(app, "Try again").click().run())
    assert "60.0% of people got from Views to Carts." in text(app)


def test_only_stewards_see_the_data_sources_own_message(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    for role in ("marketer", "steward"):
        asks["now"] = replace(log.people["ana"], roles=frozenset({role}))
        app = visit(FUNNEL)
        app.session_state[KEY].error = EngineFailed(NO_TABLE)
        app.run()
        assert "The data source couldn't answer this." in text(app)
        assert (NO_TABLE in text(app)) == (role == "steward")


def test_an_analysis_that_took_too_long_can_be_estimated(visit: Open) -> None:
    app = visit(FUNNEL)
    app.session_state[KEY].error = TimedOut("This took longer than 5 minutes.")
    app = answered(button(app.run(), "Estimate from 10%").click().run())
    assert definition(app)["sample"] == 0.1
    assert "This took too long" not in text(app)


def test_a_refused_link_offers_an_example(visit: Open) -> None:
    app = visit({**FUNNEL, "steps": [{"metric": "views"}, {"metric": "no_such_metric"}]})
    assert "This analysis can't be answered as asked" in text(app)
    app = answered(button(app, "Open an example").click().run())
    assert "50.0% of sessions got from Cart to Checkout." in text(app)
    app = answered(button(app, "Undo").click().run())
    assert "This analysis can't be answered as asked" in text(app)


def test_a_funnel_with_no_one_at_the_first_step_says_so(visit: Open) -> None:
    app = visit({**FUNNEL, "time": {"from": "2025-01-01", "to": "2025-01-31"}})
    assert "Nothing to count" in text(app)
    app = answered(button(app, "All time").click().run())
    assert "60.0% of people got from Views to Carts." in text(app)


# What is picked


def test_steps_are_added_moved_and_removed(visit: Open) -> None:
    app = answered(button(visit(FUNNEL), "Add step").click().run())
    assert len(definition(app)["steps"]) == 3
    app = select_step(app, 3, "checkouts")
    assert [step["metric"] for step in definition(app)["steps"]] == ["views", "carts", "checkouts"]
    assert "30.0% of people got from Views to Checkouts." in text(app)
    app = answered(button(app, "Move step 3 up").click().run())
    assert [step["metric"] for step in definition(app)["steps"]] == ["views", "checkouts", "carts"]
    assert "0.0% of people got from Views to Carts." in text(app)
    app = answered(button(app, "Undo").click().run())
    assert [step["metric"] for step in definition(app)["steps"]] == ["views", "carts", "checkouts"]


def select_step(app: AppTest, number: int, metric: str) -> AppTest:
    (field,) = [each for each in app.selectbox if each.label == f"Step {number}"]
    return answered(field.set_value(metric).run())


def test_a_name_and_a_pick_survive_a_button_that_changes_something_else(visit: Open) -> None:
    """The value of a field that has just lost the focus and the click on a button arrive in the same run."""
    app = visit({**FUNNEL, "steps": [{"metric": "views", "name": "Look"}, {"metric": "carts"}]})
    select(app, "Within").set_value("7 days")
    app = answered(button(app, "Move step 1 down").click().run())
    assert definition(app)["steps"] == [{"metric": "carts"}, {"metric": "views", "name": "Look"}]
    assert definition(app)["within"] == "7 days"


def test_changing_the_metric_drops_the_previous_ones_name(visit: Open) -> None:
    app = visit({**FUNNEL, "steps": [{"metric": "views", "name": "Look"}, {"metric": "carts"}]})
    app = select_step(app, 1, "searches")
    assert definition(app)["steps"][0] == {"metric": "searches"}


def test_picks_stay_when_a_run_is_refused(visit: Open) -> None:
    """Stock has no events that can be ordered in time, so the address and its answer stay as they were."""
    app = visit({**FUNNEL, "order": "any", "steps": [{"metric": "views"}, {"metric": "carts"}]})
    app = select_step(app, 2, "views")
    assert "In any order, each step must be a different event." in text(app)
    assert [each.value for each in app.selectbox if each.label.startswith("Step")] == ["views", "views"]
    app = select_step(app, 2, "checkouts")
    assert "of people got from Views to Checkouts." in text(app)


def test_the_switches_next_to_the_rule_change_how_it_counts(visit: Open) -> None:
    app = answered(button(visit(FUNNEL), "Any order").click().run())
    assert definition(app)["order"] == "any"
    assert "in any order" in text(app)
    app = answered(button(app, "This order").click().run())
    assert "order" not in definition(app)
    app = answered(button(app, "Count every try").click().run())
    assert definition(app)["attempt"] == "best"


def test_a_breakdown_has_a_line_for_each_group(visit: Open) -> None:
    app = answered(select(visit(FUNNEL), "Break down by").set_value("device").run())
    lines = [[str(cell) for cell in line] for line in app.table[1].value.to_numpy().tolist()]
    assert lines == [["Desktop", "5", "3", "60.0%"], ["Phone", "5", "3", "60.0%"]]


def test_the_last_complete_definition_stays_in_the_address(visit: Open) -> None:
    app = visit({**FUNNEL, "order": "any"})
    before = definition(app)
    app = select_step(app, 2, "views")
    assert definition(app) == before


def test_each_drop_has_a_menu_of_valid_actions(visit: Open) -> None:
    app = visit({**FUNNEL, "steps": [{"metric": "views"}, {"metric": "carts"}, {"metric": "checkouts"}]})
    shown = app.session_state[KEY].shown
    assert shown is not None
    data, asked, found = shown
    drawn = ShownAnswer(
        answer=found, asked=asked, data=data, key="k", workspace=cast("Any", None), actor=cast("Any", None),
        ask=lambda data: None,
    )  # fmt: skip
    acts = {act.label: act for act in DROP_ACTS}
    by_week, begins = (acts[label].ask(drawn, 3) for label in ("Show this step by week", "Start the funnel here"))
    assert by_week is not None
    assert ([step["metric"] for step in by_week["steps"]], by_week["over"]) == (["carts", "checkouts"], "week")
    assert begins == {**FUNNEL, "steps": [{"metric": "carts"}, {"metric": "checkouts"}]}
    assert acts["Start the funnel here"].ask(drawn, 2) is None, "it begins there already"


# Other ways in and out


def test_a_metric_and_its_period_come_from_another_page(visit: Open) -> None:
    app = answered(open_app(links.ANALYSES, m="checkouts", time='{"last":30,"unit":"day"}', where=DE))
    data = definition(app)
    assert data["steps"][-1]["metric"] == "checkouts"
    assert (data["time"], data["where"]) == ({"last": 30, "unit": "day"}, json.loads(DE))
    assert links.ANALYZED not in app.query_params


def test_filters_that_do_not_fit_every_step_are_left_out_with_a_note(visit: Open) -> None:
    app = answered(open_app(links.ANALYSES, m="revenue", where='{"dim":"no_such_dimension","op":"in","values":["x"]}'))
    assert "where" not in definition(app)
    assert "Filters that don't fit every step were left out." in text(app)


def test_a_metric_that_cant_be_seen_opens_the_example(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    asks["now"] = log.people["nora"]
    for name in ("carts", "no_such_metric", "pieces"):
        app = answered(open_app(links.ANALYSES, m=name))
        assert {step["metric"] for step in definition(app)["steps"]} == {"views", "checkouts"}


def test_the_file_has_the_tables_and_every_rule_and_no_formula(visit: Open) -> None:
    app = visit({**FUNNEL, "steps": [{"metric": "views", "name": "=1+1"}, {"metric": "carts"}]})
    written = file_of(app.session_state[KEY].shown[2]).decode("utf-8-sig")
    lines = written.splitlines()
    assert lines[:2] == ["Steps", "Step,People,Of first step,95% interval,Of previous step,Mean time from start"]
    assert lines[2] == "'=1+1,10,,,,"
    assert "Only the first try in the period counts. It begins with the first step." in lines
    assert not any(line.startswith("=") for line in lines)


def test_an_expensive_analysis_waits_for_confirmation(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "ASK_ROWS", 1)
    app = visit(FUNNEL)
    assert "This takes a while" in text(app)
    assert "This reads about" in text(app)
    assert "of people got from" not in text(app)
    sampled = answered(button(app, "Estimate from 10%").click().run())
    assert definition(sampled)["sample"] == 0.1
    app = answered(button(visit(FUNNEL), "Run it").click().run())
    assert "60.0% of people got from Views to Carts." in text(app)


def test_a_run_can_be_cancelled_and_tried_again(visit: Open) -> None:
    app = visit(FUNNEL)
    state = app.session_state[KEY]
    state.again()
    state.give_up()  # as its button does
    app.run()
    assert "**Cancelled**" in text(app)
    assert "Your analysis is still here." in text(app)
    app = answered(button(app, "Try again").click().run())
    assert "60.0% of people got from Views to Carts." in text(app)
