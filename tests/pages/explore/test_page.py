"""Explore over the small shop: it asks what you pick, and every state says what happened and what to do next."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from connectors.connector import Limits
from pages.explore.builder import question
from pages.explore.builder.question import ExploreState
from pages.explore.result import pictures, show, table
from pages.shell.parts import badge_text, plain
from semantic.errors import TimedOut, Unavailable
from semantic.model.definitions import Certification, DataType, Granularity, TypeKind
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import DATE, AllOf, Between, Breakdown, Condition, Last, Operator, Query
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.workspace import Workspace
from tests.pages.charts import figures
from tests.pages.explore_page import Open, asked, picker, press, rows, words

# Picking


def test_an_empty_page_offers_questions_that_run(explore: Open) -> None:
    app = explore()
    assert not app.exception
    assert app.title[0].value == "Explore"
    starters = [button.label for button in app.button if button.key and button.key.startswith("start-")]
    assert any(label.startswith("Over time") for label in starters)
    assert any(label.startswith("By channel") for label in starters)
    first = next(
        button
        for button in app.button
        if button.key and button.key.startswith("start-") and button.label.startswith("By channel")
    )
    app = first.click().run()
    assert not app.exception
    assert len(rows(app)) > 1


def test_a_metric_and_a_breakdown_are_asked_and_shown(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Break down by").set_value(["channel"]).run()
    assert not app.exception
    # Each order's amount is another power of two times five, so a sum says which orders are in it.
    assert rows(app) == [
        ("Total", 10225.5),
        ("Search", 10 + 40 + 160 + 5120),
        ("Social", 20 + 2560),
        ("Other", 1280.0),
        ("(none)", 320 + 640),
        ("Walk-in", 80.0),
        ("Mail", 0.5),
        ("(none)", -5.0),
    ]
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("channel"),), totals=((),))
    assert len(figures(app)) == 1


def test_the_first_breakdown_brings_the_total_which_can_be_removed(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Break down by").set_value(["channel"]).run()
    assert asked(app).totals == ((),)
    held: ExploreState = app.session_state[question.KEY]
    held.change(replace(held.draft, totals=()))
    app.run()
    picker(app, "Show by").set_value("Month").run()
    assert asked(app).totals == ()


def test_periods_alone_add_no_total(explore: Open) -> None:
    """With totals, metrics that aren't additive have no rows for empty periods."""
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Show by").set_value("Month").run()
    assert asked(app).totals == ()


def test_a_question_from_a_link_is_asked_without_an_added_total(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    assert asked(app).totals == ()
    assert "Total" not in [row[0] for row in rows(app)]


def test_the_first_metric_sets_a_period_and_shows_its_days(explore: Open) -> None:
    app = explore()
    picker(app, "Metric").set_value(["revenue"]).run()
    assert asked(app) == Query(metrics=("revenue",), time=Last(13, Granularity.WEEK))
    assert "3 Aug – 1 Nov 2026, 13 complete weeks" in words(app)
    # On the day of two half past twos in October: 2560 + 5120.
    assert app.metric[0].value == "€7.68K"
    assert "€7,680" in words(app)


def test_a_granularity_draws_a_line_and_removing_it_removes_the_line(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "day", date(2026, 4, 20))
    app = explore(Query(metrics=("revenue",), time=Last(13, Granularity.WEEK)))
    picker(app, "Show by").set_value("Week").run()
    assert asked(app).by == (Breakdown(DATE, Granularity.WEEK),)
    assert [row[1] for row in rows(app)] == [10, 20 + 40, 80 + 160 + 320, 640 - 5]
    picker(app, "Show by").set_value("None").run()
    assert asked(app).by == ()


def test_an_undated_row_is_in_the_table_under_none(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.MONTH),)))
    assert sorted(rows(app), key=str) == [
        ("(none)", 0.5),
        ("2026-03-01", 310.0),
        ("2026-04-01", 2235.0),
        ("2026-10-01", 7680.0),
    ]
    assert "1 row without a date: table only." in words(app)


def test_custom_days_start_with_the_days_shown(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), time=Last(12, Granularity.MONTH)))
    picker(app, "Period").set_value("Custom range").run()
    time = asked(app).time
    assert isinstance(time, Between)
    assert (str(time.start), str(time.end)) == ("2025-11-01", "2026-10-31")
    assert app.metric[0].value == "€10.2K"  # 310 in March, 2235 in April, 7680 in October


def test_parts_unknown_to_the_builder_stay_in_the_question(explore: Open) -> None:
    query = Query(
        metrics=("revenue",),
        by=(Breakdown("country", via="billing"),),
        where=Condition("amount_owed", Operator.AT_LEAST, (20,)),
        time=Last(12, Granularity.MONTH),
        time_zone="America/New_York",
        limit=5,
    )
    app = explore(query)
    assert not app.exception
    picker(app, "Metric").set_value(["revenue", "order_count"]).run()
    assert asked(app) == Query(
        metrics=("revenue", "order_count"),
        by=query.by,
        where=query.where,
        time=query.time,
        time_zone=query.time_zone,
        limit=5,
    )


def test_a_new_question_starts_over(explore: Open) -> None:
    app = press(explore(Query(metrics=("revenue",))), "New question")
    assert app.title[0].value == "Explore"
    assert dict(app.query_params) == {}


def test_numbers_come_with_their_meaning_and_only_stewards_see_sql(
    explore: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    app = picker(app, "View").set_value("Details").run()
    assert "the sum of amount in orders, where it is not test." in words(app)
    assert not app.code, "it is sent once somebody opens it"
    assert any("SELECT" in code.value for code in _with_sql_open(app).code)
    who["asks"] = workspace.people["guest"]
    assert not _with_sql_open(explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))).code


def _with_sql_open(app: AppTest) -> AppTest:
    app.session_state["answer-sql"] = True
    return app.run()


# Filters


def test_an_unknown_value_is_named_and_fixed_with_one_click(explore: Open) -> None:
    typed = Condition("device", Operator.IN, ("Mobile",))
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),), where=typed))
    assert 'No rows for device "Mobile" (closest: mobile).' in words(app)
    app = press(app, "Use mobile")
    assert asked(app).where == Condition("device", Operator.IN, ("mobile",))
    assert "No rows for" not in words(app)
    app = explore(Query(metrics=("order_count",), where=typed))  # 0 is an answer, and has its note
    assert 'No rows for device "Mobile" (closest: mobile).' in words(app)


def test_a_filter_without_matches_is_named_and_can_be_removed(explore: Open) -> None:
    nobody = Condition("device", Operator.IN, ("fridge",))
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),), where=nobody))
    assert "Nothing matches these filters" in words(app)
    assert "“Device: fridge”" in words(app)
    app = press(app, "Remove Device")
    assert asked(app).where is None
    assert len(rows(app)) == 7


def test_one_of_two_filters_can_be_removed_alone(explore: Open) -> None:
    two = AllOf((Condition("device", Operator.IN, ("fridge",)), Condition("channel", Operator.NOT_IN, (None,))))
    app = press(explore(Query(metrics=("revenue",), where=two)), "Remove Device")
    assert asked(app).where == Condition("channel", Operator.NOT_IN, (None,))


def test_the_month_of_a_personal_date_names_a_person_too(workspace: Workspace) -> None:
    dated = workspace.model.dimensions["order_time"]
    born = tuple(replace(dimension, tags=frozenset({"personal"})) for dimension in dated)
    model = replace(workspace.model, dimensions={**workspace.model.dimensions, "order_time": born})
    personal = SimpleNamespace(model=model)
    where = Condition("order_time__extract_month", Operator.IN, (3,))
    assert question.names_a_person(Query(metrics=("revenue",), where=where), personal)  # pyright: ignore[reportArgumentType]
    assert not question.names_a_person(Query(metrics=("revenue",), where=where), workspace)


def test_a_filter_that_names_a_person_is_not_in_the_address(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), where=Condition("email", Operator.IN, ("ada@example.com",))))
    assert not app.exception
    assert dict(app.query_params) == {}
    assert app.metric[0].value == "€30.00"
    assert "isn't in the URL" in words(app)


# Refused, failed, empty


def test_a_refusal_says_why_and_a_click_asks_its_repair(explore: Open) -> None:
    app = explore(Query(metrics=("revenue", "units"), by=(Breakdown("product"),)))
    assert "Revenue can't be broken down by product" in words(app)
    assert "Code fan_out" in words(app)
    assert not app.dataframe
    assert not figures(app)
    app = press(app, "Drop Revenue")
    assert not app.exception
    assert "Code" not in words(app)
    assert asked(app) == Query(metrics=("units",), by=(Breakdown("product"),))
    assert rows(app) == [("apple", 9), ("pear", 3), ("plum", 1)]


def test_dimensions_that_cannot_be_added_are_counted_and_not_offered(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    assert "product" not in [option.casefold() for option in picker(app, "Break down by").options]
    app = explore(Query(metrics=("line_net",)))
    assert "product" in [option.casefold() for option in picker(app, "Break down by").options]


def test_days_without_data_are_reported_and_all_days_offered(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),), time=Last(1, Granularity.DAY)))
    assert "No data for these days" in words(app)
    app = press(app, "All time")
    assert asked(app).time is None
    assert len(rows(app)) == 7


def test_a_failure_shows_a_message_and_can_be_retried(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, calls = workspace.start, []

    def fail_once(query: Query, actor: Actor) -> Any:
        calls.append(query)
        if len(calls) == 1:
            raise Unavailable("The data did not answer in time.")
        return start(query, actor)

    monkeypatch.setattr(workspace, "start", fail_once)
    app = explore(Query(metrics=("revenue",)))
    assert not app.exception
    assert "The data did not answer in time." in words(app)
    assert press(app, "Try again").metric[0].value == "€10.2K"


def test_a_question_that_took_too_long_offers_one_over_fewer_days(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = workspace.start

    def stop_unless_short(query: Query, actor: Actor) -> Any:
        if query.time is None:
            raise TimedOut("It was stopped after 30 seconds.")
        return start(query, actor)

    monkeypatch.setattr(workspace, "start", stop_unless_short)
    app = explore(Query(metrics=("revenue",)))
    assert not app.exception
    assert "This took too long" in words(app)
    assert "It was stopped after 30 seconds." in words(app)
    assert not app.metric
    assert {"Last 13 weeks", "Try again"} <= {button.label for button in app.button}
    press(app, "Last 13 weeks")
    assert asked(app) == Query(metrics=("revenue",), time=Last(13, Granularity.WEEK))
    assert "This took too long" not in words(app)
    assert app.metric[0].value == "€7.68K"  # 2560 and 5120 on 25 October


def test_too_many_rows_give_no_answer_and_offer_fewer(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.engines, "limits", Limits(max_rows=2))
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),), limit=6))
    assert not app.exception
    assert "Too many rows to show" in words(app)
    assert not app.dataframe
    # Questions that surely have fewer rows come before those that might.
    ways_on = ["Without channel", "Last 13 weeks", "Try again"]
    assert [button.label for button in app.button if button.label in ways_on] == ways_on
    assert press(app, "Without channel").metric[0].value == "€10.2K"


@pytest.mark.parametrize("place", [0, 1], ids=["at the top", "in place of the answer"])
def test_a_question_that_reads_a_lot_waits_for_run(
    place: int, explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.explore.preflight.LARGE_ROWS", 1)
    monkeypatch.setattr("semantic.explore.preflight.MEDIUM_ROWS", 0)
    monkeypatch.setattr(workspace, "_checked", SingleFlightCache(9))  # no one has asked it yet
    app = explore(Query(metrics=("revenue",)))
    assert "Ready to run" in words(app)
    assert re.search(r"This question reads up to about \d+ rows\. Run it anyway\?", words(app))
    assert not app.metric
    runs = [button for button in app.button if button.label == "Run"]
    assert len(runs) == 2
    assert runs[place].click().run().metric[0].value == "€10.2K"
    assert "Ready to run" not in words(app)


def test_run_is_the_primary_button_only_while_there_is_something_to_run(explore: Open, workspace: Workspace) -> None:
    app = explore(Query(metrics=("revenue",)))
    run = app.button(key="run")
    assert (run.label, run.proto.type) == ("Run again", "secondary")


def test_an_answer_is_drawn_once_and_a_new_one_is_drawn_again(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "day", date(2026, 4, 20))  # on which the last 13 weeks have costs
    drawn: list[Any] = []
    chart_for = pictures.chart_for
    monkeypatch.setattr(
        pictures, "chart_for", lambda *positional, **how: drawn.append(positional) or chart_for(*positional, **how)
    )
    monkeypatch.setattr(pictures, "_charts", SingleFlightCache(9))  # no one has drawn it yet
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    first = rows(app)
    app.run().run()
    assert len(drawn) == 1
    assert rows(app) == first
    picker(app, "Metric").set_value(["cost"]).run()
    assert len(drawn) == 2
    assert rows(app) != first


def test_a_question_is_checked_once_a_day_however_often_the_page_runs(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    checked: list[Query] = []
    preflight = workspace.preflight
    monkeypatch.setattr(workspace, "preflight", lambda query, actor: checked.append(query) or preflight(query, actor))
    app.run().run()
    assert checked == []
    monkeypatch.setattr(workspace, "today", lambda: date(2026, 4, 21))
    app.run().run()
    assert len(checked) == 1


def test_an_uncertified_metric_has_no_mark_and_a_lapsed_certification_has_a_warning(workspace: Workspace) -> None:
    answer = workspace.ask(Query(metrics=("revenue",)), workspace.people["steward"])
    (value,) = answer.values
    assert value.metric is not None
    for certified, state in ((None, "quiet"), (Certification(by="Ana", until=date(2026, 1, 1)), "caution")):
        changed = replace(value, metric=replace(value.metric, certified=certified))
        fact = show.facts(replace(answer, columns=(changed,)), date(2026, 4, 20))[0]
        assert fact.state == state


def test_instants_in_the_table_are_in_the_questions_zone(workspace: Workspace) -> None:
    answer = workspace.ask(
        Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.DAY),)), workspace.people["steward"]
    )
    key, value = answer.columns
    hours = replace(key, type=DataType(TypeKind.TIMESTAMPTZ), grain=Granularity.HOUR)
    instants = pa.array([datetime(2026, 4, 1, 3, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    rows = pa.table([instants, pa.array([1.0]), pa.array(["member"])], names=[key.name, value.name, "bucket"])
    period = replace(answer.period, time_zone="America/New_York")
    frame = table.table_frame(replace(answer, columns=(hours, value), table=rows, period=period))
    assert [(f"{hour}", number) for hour, number in frame.rows()] == [("2026-03-31 23:00:00", 1.0)]


def test_missing_data_shows_a_message_instead_of_its_answer(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore(Query(metrics=("cost",)))

    def gone(query: Query, actor: Actor) -> None:
        raise Unavailable("The file cannot be read.")

    with monkeypatch.context() as patched:
        patched.setattr(workspace, "preflight", gone)
        state: ExploreState = app.session_state[question.KEY]
        state.replace(Query(metrics=("revenue",)))
        app.run()
        assert not app.exception
        assert "The data source didn't respond" in words(app)
        assert not app.metric
        assert not explore().exception
    assert press(app, "Try again").metric[0].value == "€10.2K"


def test_weeks_with_a_custom_first_day_say_so(explore: Open) -> None:
    app = explore(m="revenue", by="date:week", t="last_6_week", ws="sunday")
    assert "Weeks begin on Sunday" in words(app)


def test_the_builder_shows_every_period_and_granularity_of_a_link(explore: Open) -> None:
    app = explore(m="revenue", by="date:year", t="last_6_week")
    assert picker(app, "Period").value == "Last N days, weeks or months"
    assert [number.value for number in app.number_input if number.label == "Last"] == [6]
    assert picker(app, "Unit").value == Granularity.WEEK
    assert picker(app, "Show by").value == "Other"
    assert picker(app, "Other periods").value == Breakdown(DATE, Granularity.YEAR)
    picker(app, "Show by").set_value("Week").run()
    picker(app, "Period").set_value("All time").run()
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.WEEK),))
    assert not app.exception


# Links


def test_hidden_and_missing_metrics_read_the_same(explore: Open, workspace: Workspace, who: dict[str, Actor]) -> None:
    who["asks"] = workspace.people["noa"]  # may not see cost, nor anything personal
    hidden, unknown = explore(m="revenue,cost", by="email", v="1"), explore(m="revenue,kost", by="emale", v="1")
    assert words(hidden).partition("Computed 2")[0] == words(unknown).partition("Computed 2")[0]


def test_a_new_address_in_an_open_session_is_a_new_question(explore: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = explore(Query(metrics=("revenue",)))
    app.query_params.clear()
    app.query_params.update(query_to_params(Query(metrics=("cost",))))
    app.run()
    assert asked(app).metrics == ("cost",)
    assert picker(app, "Metric").value == ["cost"]
    assert app.metric[0].value == "€58.00"


# Whose answer


def test_nothing_from_one_person_is_shown_to_the_next_in_the_same_session(
    explore: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    app = explore(Query(metrics=("revenue",)))
    assert app.metric[0].value == "€10.2K"
    assert "DE only" not in words(app)
    who["asks"] = workspace.people["dora"]  # orders of customers at home in DE: 10 + 20 + 5120 + 0.50
    app.run()
    assert app.metric[0].value == "€5.15K"
    assert "DE only" in words(app)
    who["asks"] = workspace.people["stranger"]
    app.run()
    assert not app.metric
    assert not app.dataframe
    assert "revenue" not in words(app).casefold()


def test_a_person_without_grants_gets_nothing_by_a_link(
    explore: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    who["asks"] = workspace.people["stranger"]
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    assert "isn't available to you, so there's nothing to show." in words(app)
    assert "You don't have access to any metrics yet" in words(app)
    assert asked(app) == Query()
    assert not app.metric
    assert not app.dataframe
    assert "revenue" not in words(app).casefold()


# Small parts


@pytest.mark.parametrize(
    "text",
    ["**bold**", "[a](http://x.example)", ":red[x]", ":material/verified:", "$x$", "# head", "`c`", "<b>", "![i](x)"],
)
def test_text_from_people_is_shown_as_plain_text(text: str) -> None:
    assert re.search(r"(?<!\\)[*\[\]`$:<>#|!_~]", plain(text)) is None
    # Streamlit makes a link of an address whatever is escaped in it; in a browser nothing of these is one.
    assert re.search(r"(?i)https?\\?://|www\.", plain("https://a.example HTTP://a.example www.a.example")) is None


def test_badges_keep_times_of_day_and_lose_markup() -> None:
    assert badge_text("Orders loaded 23 Nov 2026, 06:10") == "Orders loaded 23 Nov 2026, 06:10"
    assert badge_text("Scope: DE, AT") == "Scope: DE, AT"
    assert badge_text(":material/verified: :green[Certified]").split() == ["material/verified:", "green", "Certified"]


def test_only_errors_raised_on_purpose_become_sentences() -> None:
    with pytest.raises(ZeroDivisionError), show.errors(key="x"):
        raise ZeroDivisionError
