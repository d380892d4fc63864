"""The parts of Explore around the question: search, undo and redo, sharing, recent questions, first visits and
states.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder import breakdowns, first_visit, metric_picker, recents
from pages.explore.builder.filters import find_filters
from pages.explore.builder.question import ExploreState, Moment
from pages.explore.result.missing import members_known, missing_words
from pages.explore.result.share import link_of, with_days_of
from pages.shell.history import DEEP, History
from semantic.display.words.settings.filters import filter_words
from semantic.explore.why_missing import why_missing
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_params
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Between,
    Breakdown,
    Condition,
    Filter,
    InSegment,
    Last,
    NotAny,
    Operator,
    Query,
    ToDate,
)
from semantic.results.result import Period
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.workspace import Workspace
from tests.pages.explore_page import Open, asked, picker, press, rows, words

CHANNEL = Breakdown("channel")
BY_CHANNEL = Query(metrics=("revenue",), by=(CHANNEL,))
FRIDGES = Condition("device", Operator.IN, ("fridge",))


def held(app: AppTest) -> ExploreState:
    return app.session_state["question"]


def of(workspace: Workspace, query: Query, person: str = "steward") -> ExploreState:
    return ExploreState(workspace.people[person], workspace.model.version, query)


def sees(app: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button]


# Found by words


@pytest.mark.parametrize(
    ("text", "name"), [("revenue", "revenue"), ("revnue", "revenue"), ("REVEN", "revenue"), ("clciks", "clicks")]
)
def test_metrics_are_found_by_the_words_that_people_type(workspace: Workspace, text: str, name: str) -> None:
    visible = workspace.visible(workspace.people["steward"])
    metrics = metric_picker.find_metrics(text, visible)
    assert name in [row.name for row in metrics.rows]
    assert metrics.note == ""


def test_picked_items_are_not_offered_again(workspace: Workspace) -> None:
    visible = workspace.visible(workspace.people["steward"])
    every = [row.name for row in metric_picker.find_metrics("", visible).rows]
    assert sorted(every) == sorted(metric.name for metric in visible.metrics)
    assert "revenue" not in [row.name for row in metric_picker.find_metrics("", visible, ("revenue",)).rows]


def test_a_metric_that_is_hidden_is_not_found_and_cannot_be_picked(workspace: Workspace) -> None:
    noa = workspace.visible(workspace.people["noa"])  # may not see cost
    metrics, unknown = metric_picker.find_metrics("cost", noa), metric_picker.find_metrics("kosst", noa)
    assert "cost" not in [row.name for row in metrics.rows]
    assert [row.name for row in metrics.rows] == [row.name for row in unknown.rows]


def test_unavailable_breakdowns_are_below_with_the_reason(workspace: Workspace) -> None:
    actor = workspace.people["steward"]
    visible, query = workspace.visible(actor), Query(metrics=("revenue", "units"))
    checked = workspace.preflight(query, actor)
    found_breakdowns = breakdowns.find_breakdowns("", visible, checked, workspace.model, [])
    fit = [row.off for row in found_breakdowns.rows]
    assert fit == sorted(fit)  # breakdowns that fit come first
    (product,) = breakdowns.find_breakdowns("product", visible, checked, workspace.model, []).rows[:1]
    assert (product.name, product.off) == ("product", True)
    assert product.line


def test_a_breakdown_that_does_not_fit_says_why_and_its_repair_is_asked(explore: Open) -> None:
    app = explore(Query(metrics=("revenue", "units")))
    app.session_state[held(app).key("why-not")] = "product"
    app.run()
    assert not app.exception
    repairs = [
        button
        for button in app.button
        if button.key and button.key.startswith(held(app).key("why-not")) and not button.key.endswith("-close")
    ]
    app = repairs[0].click().run()
    assert asked(app).by == (Breakdown("product"),)
    assert len(rows(app)) > 1


# Undo and redo


def test_changes_are_undone_and_redone(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    assert "undo" not in [button.key for button in app.button]  # nothing has been done yet
    picker(app, "Show by").set_value("Week").run()
    picker(app, "Metric").set_value(["revenue", "cost"]).run()
    last = asked(app)
    app = app.button(key="undo").click().run()
    assert asked(app) == replace(BY_CHANNEL, by=(Breakdown(DATE, Granularity.WEEK), CHANNEL))
    app = app.button(key="undo").click().run()
    assert asked(app) == BY_CHANNEL
    assert len(rows(app)) == 7
    assert app.button(key="undo").disabled
    app = app.button(key="redo").click().run()
    assert asked(app) == replace(BY_CHANNEL, by=(Breakdown(DATE, Granularity.WEEK), CHANNEL))
    app = app.button(key="redo").click().run()
    assert asked(app) == last
    assert app.button(key="redo").disabled


def test_undo_and_redo_say_what_they_change(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    picker(app, "Show by").set_value("Week").run()
    undo, redo = (app.button(key=key) for key in ("undo", "redo"))
    assert (undo.label, undo.help) == ("Undo", "Breakdown added\\: Week. Ctrl+Z")
    assert (redo.label, redo.help) == ("*Redo*", "Ctrl+Shift+Z")  # nothing yet, so its name is only heard
    changed = replace(asked(app), time=ToDate(Granularity.YEAR), limit=3)
    held(app).replace(changed)
    app = app.run()
    assert app.button(key="undo").help == (
        "Period: year to date, before: all time, and 1 more change. Ctrl+Z".replace(":", "\\:")
    )
    app = app.button(key="undo").click().run()
    assert app.button(key="undo").help == "Breakdown added\\: Week. Ctrl+Z"
    assert (app.button(key="redo").label, app.button(key="redo").disabled) == ("Redo", False)
    held(app).replace(replace(asked(app), by=(CHANNEL, Breakdown(DATE, Granularity.MONTH))))
    assert app.run().button(key="undo").help == "Breakdown changed\\: Month. Ctrl+Z"


def test_a_change_after_an_undo_leaves_nothing_to_redo() -> None:
    history, queries = History[Moment](), [Moment(Query(metrics=(name,))) for name in ("a", "b", "c")]
    history.step(queries[0])
    assert history.undo(queries[1]) == queries[0]
    history.step(queries[0])
    assert history.redo(queries[2]) == queries[2]
    assert history.undo(queries[2]) == queries[0]


def test_no_more_than_fifty_undo_steps_are_kept() -> None:
    history = History[Moment]()
    for n in range(DEEP + 5):
        history.step(Moment(Query(metrics=("a",), limit=n + 1)))
    assert len(history.before) == DEEP
    assert history.before[0].query.limit == 6


def test_the_browsers_back_undoes_and_forward_redoes(workspace: Workspace) -> None:
    state = of(workspace, Query())
    state.visit(BY_CHANNEL)
    assert state.history.before == []  # the page was opened there
    changed = replace(BY_CHANNEL, limit=3)
    state.change(changed)
    state.visit(BY_CHANNEL)
    assert (state.draft, state.history.before, state.history.after) == (BY_CHANNEL, [], [Moment(changed)])
    state.visit(changed)
    assert (state.draft, state.history.before, state.history.after) == (changed, [Moment(BY_CHANNEL)], [])


# Sharing


def test_the_link_opens_the_same_question() -> None:
    query = replace(
        BY_CHANNEL, where=Condition("channel", Operator.NOT_IN, ("a&b=c", None)), time=Last(4, Granularity.WEEK)
    )
    link = link_of(query, "https://samepage.example/explore?m=cost&v=1")
    assert link.startswith("https://samepage.example/explore?")
    assert query_from_params(parse_qs(urlsplit(link).query)) == query


def test_a_link_can_fix_the_days_it_shows_now() -> None:
    start, end = date(2026, 3, 2), date(2026, 3, 30)
    period = Period(start, end, "Europe/Berlin", "")
    fixed = with_days_of(replace(BY_CHANNEL, time=Last(4, Granularity.WEEK)), period)
    assert fixed.time == Between(start, end - timedelta(days=1))
    assert with_days_of(BY_CHANNEL, period) == BY_CHANNEL
    nothing_yet = replace(BY_CHANNEL, time=ToDate(Granularity.MONTH))
    assert with_days_of(nothing_yet, replace(period, end=start)) == nothing_yet


def test_a_question_that_filters_by_a_person_has_no_link_until_one_is_made(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), where=Condition("email", Operator.IN, ("ada@example.com",))))
    app.session_state[held(app).key("share")] = True
    app.run()
    assert "This question filters by a person" in words(app)
    assert app.session_state[recents.KEY] == []


# Asked before


def test_recent_questions_are_on_the_empty_page_newest_first(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    picker(app, "Metric").set_value(["cost"]).run()
    app = press(app, "New question")
    before = [button for button in app.button if button.key and button.key.startswith("recent-")]
    assert [button.label for button in before] == ["Cost by channel", "Revenue by channel"]
    assert asked(before[1].click().run()) == BY_CHANNEL


def test_one_persons_questions_are_not_listed_for_the_next(
    explore: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    app = explore(BY_CHANNEL)
    who["asks"] = workspace.people["noa"]
    app.run()
    app = press(app, "New question")
    assert not [button for button in app.button if button.key and button.key.startswith("recent-1")]


# A first visit


def test_each_starter_question_has_rows(explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "day", date(2026, 4, 20))  # after weeks with orders
    app = explore()
    ways = [button.key for button in app.button if button.key and button.key.startswith("intent-")]
    assert 2 <= len(ways) <= 3
    for key in ways:
        answered = explore().button(key=key).click().run()
        assert not answered.exception
        assert "Code" not in words(answered)
        assert "Nothing matches" not in words(answered)
        assert "No data for these days" not in words(answered)


def test_first_steps_are_ticked_when_done_and_stay_hidden_once_closed(explore: Open) -> None:
    app = explore()
    assert f"**{first_visit.STEPS[0]}**" in words(app)
    app = explore(BY_CHANNEL)
    assert f"**{first_visit.STEPS[2]}**" in words(app)
    app = app.button(key="tour-close").click().run()
    assert first_visit.STEPS[2] not in words(app)
    app.session_state["help"] = True
    app.run()
    app = app.button(key="tour-again").click().run()
    assert f"**{first_visit.STEPS[2]}**" in words(app)


def test_a_step_is_not_ticked_before_the_current_step(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    app.session_state[first_visit.SHARED] = True
    app.run()
    (tour,) = (markdown.value for markdown in app.markdown if first_visit.STEPS[2] in markdown.value)
    assert tour.count("check_circle") == 1
    assert f"check_circle:] :gray[{first_visit.STEPS[0]}]" in tour
    assert f"**{first_visit.STEPS[1]}**" in tour


def test_a_person_without_metrics_sees_who_can_change_that(
    explore: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    who["asks"] = workspace.people["stranger"]
    app = explore()
    assert not app.exception
    assert "You don't have access to any metrics yet" in words(app)
    assert "Ask an administrator for access" in words(app)
    assert not [button for button in app.button if button.key and button.key.startswith(("start-", "intent-"))]


def test_an_empty_page_looks_up_its_starter_questions_once(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore()
    checked: list[Query] = []
    preflight = workspace.preflight
    monkeypatch.setattr(workspace, "preflight", lambda query, actor: checked.append(query) or preflight(query, actor))
    app.run()
    assert checked == []


# States


def test_an_empty_answer_names_the_filter_that_empties_it(explore: Open) -> None:
    not_search = Condition("channel", Operator.NOT_IN, ("Search",))
    app = explore(replace(BY_CHANNEL, where=AllOf((not_search, FRIDGES))))
    assert "“Device: fridge” on its own removes every row. Without it there are 6 rows." in words(app)
    assert "Remove Channel" not in sees(app)
    assert asked(press(app, "Remove Device")).where == not_search


def test_days_without_data_name_the_days_that_have_some(explore: Open) -> None:
    asked_in_2020 = replace(BY_CHANNEL, time=Between(date(2020, 1, 1), date(2020, 1, 31)))
    app = explore(asked_in_2020)
    assert "Data is available from 2 Mar 2026 to" in words(app)
    (show,) = [label for label in sees(app) if label.startswith("Show ")]
    latest = press(app, show)
    assert asked(latest).time == Between(date(2026, 7, 27), date(2026, 10, 25))  # thirteen weeks to the last order
    assert rows(latest) == [("Search", 5120), ("Social", 2560)]
    app = press(explore(asked_in_2020), "All time")
    assert len(rows(app)) == 7


def test_an_expensive_question_offers_three_lighter_ones(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.explore.preflight.LARGE_ROWS", 1)
    monkeypatch.setattr("semantic.explore.preflight.MEDIUM_ROWS", 0)
    monkeypatch.setattr(workspace, "_checked", SingleFlightCache(9))  # no one has asked it yet
    heavy = replace(BY_CHANNEL, by=(Breakdown(DATE, Granularity.DAY), CHANNEL), time=Last(12, Granularity.MONTH))
    app = explore(heavy)
    assert {"Last 13 weeks", "By week", "Without channel"} <= set(sees(app))
    app = press(app, "Without channel")
    assert asked(app) == replace(heavy, by=(Breakdown(DATE, Granularity.DAY),))


# Filters


def test_a_member_on_the_page_is_excluded_in_one_click(explore: Open, workspace: Workspace) -> None:
    app = explore(BY_CHANNEL)
    offers: dict[str, Filter] = {}
    visible = workspace.visible(held(app).actor)
    checked = workspace.preflight(BY_CHANNEL, held(app).actor)
    filters = find_filters("walk", held(app), visible, checked, offers)
    assert [row.label for row in filters.rows[:2]] == ["Exclude Walk-in", "Only Walk-in"]
    assert offers[filters.rows[0].name] == Condition("channel", Operator.NOT_IN, ("Walk-in",))


LABELS = {"channel": "Channel", "device": "Device", "segment:big": "Segment: Big spenders"}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Condition("device", Operator.NOT_CONTAINS, ("mob",)), "Device doesn't contain mob"),
        (Condition("device", Operator.STARTS_WITH, ("mob",)), "Device starts with mob"),
        (Condition("device", Operator.BETWEEN, (1, 5)), "Device from 1 to 5"),
        (Condition("device", Operator.AT_MOST, (5,)), "Device up to 5"),
        (
            AnyOf((Condition("channel", Operator.IN, ("Mail",)), AllOf((FRIDGES, InSegment("big"))))),
            "Channel: Mail or (Device: fridge and In Big spenders)",
        ),
        (NotAny(AnyOf((FRIDGES, InSegment("big")))), "Not (Device: fridge or In Big spenders)"),
    ],
)
def test_every_filter_of_a_link_can_be_read(part: Filter, said: str) -> None:
    assert filter_words(part, LABELS) == said


def open_filter(explore: Open, part: Condition) -> AppTest:
    app = explore(replace(BY_CHANNEL, where=part))
    app.session_state[held(app).key("filter-0")] = True
    return app.run()


@pytest.mark.parametrize(
    "part",
    [
        Condition("amount_owed", Operator.MORE, (20,)),
        Condition("amount_owed", Operator.LESS, (20,)),
        Condition("amount_owed", Operator.BETWEEN, (1, 20)),
        Condition("device", Operator.NOT_CONTAINS, ("mob",)),
        Condition("device", Operator.NOT_IN, (None, "mobile")),
    ],
    ids=str,
)
def test_opening_a_filter_does_not_change_it(explore: Open, part: Condition) -> None:
    app = open_filter(explore, part)
    assert not app.exception
    assert asked(app).where == part


def test_a_pasted_list_reports_values_without_a_match(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    app.session_state[held(app).key("filter-new")] = "device"
    key = held(app).key("new-device")
    app.session_state[f"{key}-paste"] = True
    app.run()
    app.text_area[0].set_value("MOBILE\ndesktop\ntablet5\nkiosc").run()
    app.session_state[f"{key}-paste"] = True
    app.run()
    assert "“tablet5” doesn't occur in this period" in words(app)
    assert "Pick kiosk" in sees(app)
    app = press(app, "Pick 2 values")
    app = press(app, "Add filter")
    assert asked(app).where == Condition("device", Operator.IN, ("mobile", "desktop"))


# Missing


def test_missing_values_are_listed_and_explained(workspace: Workspace) -> None:
    state = of(workspace, replace(BY_CHANNEL, where=FRIDGES))
    visible = workspace.visible(state.actor)
    assert {"Search", "Mail", "Radio", None} <= set(members_known(CHANNEL, state, workspace))

    def said(value: Any) -> tuple[str, str]:
        missing = why_missing(state.draft, CHANNEL, value, lambda query: workspace.ask(query, state.actor))
        return missing_words(missing, CHANNEL, value, state, visible, workspace)

    assert said("Search") == ("Search is filtered out", "This filter removes it: “Device: fridge”.")
    assert said("Fax")[0] == "No channel is called “Fax”"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Search", "Search is filtered out | This filter removes it: “Channel: not Search”."),
        ("Walk-in", "Walk-in is in the table, with no value | Roas is calculated from revenue and cost. "
         "Here: revenue €80.00, no cost."),
        ("Fax", "No channel is called “Fax” | It doesn't appear in your data on any date."),
    ],
)  # fmt: skip
def test_the_missing_values_dialog_says_why_a_channel_has_no_number(explore: Open, value: str, said: str) -> None:
    without = Condition("channel", Operator.NOT_IN, ("Search",))
    app = explore(Query(metrics=("roas",), by=(CHANNEL,), where=without))
    app.session_state[held(app).key("missing")] = True
    app.session_state[f"{held(app).key('missing')}-channel"] = value  # picked or typed
    app.run()
    assert not app.exception
    title, sentence = said.split(" | ")
    assert f"**{title}**  \n{sentence}" in words(app)


def test_hidden_values_read_the_same_as_unknown_ones(workspace: Workspace) -> None:
    state = of(workspace, BY_CHANNEL, "dora")
    visible = workspace.visible(state.actor)
    texts = []
    for value in ("Walk-in", "Fax"):
        missing = why_missing(state.draft, CHANNEL, value, lambda query: workspace.ask(query, state.actor))
        title, sentence = missing_words(missing, CHANNEL, value, state, visible, workspace)
        texts.append((title.replace(value, "X"), sentence))
    assert texts[0] == texts[1]
    assert "so it may appear in other data" in texts[0][1]


def test_a_renewed_sign_in_leaves_the_question_unchanged(explore: Open, who: dict[str, Actor]) -> None:
    """The same person has the same claims an hour later. A different role would make them a different person."""
    app = explore(BY_CHANNEL)
    before = held(app)
    who["asks"] = replace(who["asks"], claims_at=datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert held(app.run()) is before
    who["asks"] = replace(who["asks"], roles=frozenset({"viewer"}))
    assert held(app.run()) is not before
