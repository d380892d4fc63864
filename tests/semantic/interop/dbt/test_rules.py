"""Where dbt's rules differ from Samepage's, an imported model keeps dbt's.

This covers which day a month shows, what a fill fills, and which event a conversion belongs to. Rows are counted by
hand from tests/semantic/bakery.py.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from semantic.errors import InvalidQuery
from semantic.interop.dbt.importing import Imported, import_dbt
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.model.loading.load import parse_model
from tests.semantic.asked import ask_dbt, columns_of
from tests.semantic.bakery import PROJECT, open_bakery

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture(scope="module")
def bakery() -> duckdb.DuckDBPyConnection:
    return open_bakery()


@pytest.fixture(scope="module")
def imported(bakery: duckdb.DuckDBPyConnection) -> Imported:
    imported = import_dbt(PROJECT, columns=columns_of(bakery), schema="bake")
    assert [loss.name for loss in imported.losses] == ["policies"]
    return imported


def by_day(names: Names, bakery: duckdb.DuckDBPyConnection, metrics: str) -> dict[date, tuple]:
    """Return the values of metrics by day."""
    return {row[0]: row[1:] for row in ask_dbt(names, bakery, metrics, "metric_time__day")}


def hour(count: int) -> datetime:
    return moment(f"2026-01-01 {count:02}:00")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_running_total_without_a_setting_shows_the_first_day_with_rows(imported, bakery) -> None:
    # 1 January has nothing yet. February and March begin with the earlier total.
    rows = ask_dbt(imported.names, bakery, "takings_so_far", "metric_time__month")
    assert rows == [(JANUARY, 10.0), (FEBRUARY, 30.0), (MARCH, 45.0)]


def test_a_month_shows_the_last_day_whose_window_has_rows(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "week_takings", "metric_time__month")
    assert rows == [(JANUARY, 20.0), (FEBRUARY, 12.0), (MARCH, 3.0)]


def test_without_the_rule_a_month_shows_its_last_day(imported, bakery) -> None:
    files = dict(imported.files)
    files["model.yml"] = files["model.yml"].replace("window_day: rows", "window_day: calendar")
    assert ask_dbt(Names(parse_model(files)), bakery, "week_takings", "metric_time__month") == []


def test_each_group_has_its_own_first_day(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "week_takings_at_first", "metric_time__month sale__shop")
    assert rows == [(JANUARY, "north", 10.0), (FEBRUARY, "north", 7.0), (FEBRUARY, "south", 5.0), (MARCH, "south", 3.0)]


def test_a_window_of_hours_is_computed(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "tickets_of_two_hours", "metric_time__hour")
    assert rows == [(hour(9), 2), (hour(10), 2), (hour(11), 1), (hour(12), 1)]


def test_a_window_of_hours_by_day_is_taken_at_the_first_hour_with_rows(imported, bakery) -> None:
    assert ask_dbt(imported.names, bakery, "tickets_of_two_hours", "metric_time__day") == [(JANUARY, 2)]


def test_an_hour_to_date_metric_restarts_each_hour(imported, bakery) -> None:
    rows = [(hour(9), 2), (hour(11), 1)]
    assert ask_dbt(imported.names, bakery, "tickets_this_hour", "metric_time__hour") == rows
    assert ask_dbt(imported.names, bakery, "tickets_at_the_hour", "metric_time__hour") == rows


def test_a_window_of_months_reads_whole_months(imported, bakery) -> None:
    time = (moment("2026-02-10"), moment("2026-02-20"))
    assert ask_dbt(imported.names, bakery, "planned_of_two_months", "metric_time", time=time) == [(FEBRUARY, 300.0)]


def test_the_start_of_a_month_is_the_first_of_the_periods_shown(imported, bakery) -> None:
    # By day it is the first day's value, by month the month's own; a quarter shows that of its own first day.
    metric = "takings_at_month_start"
    days = by_day(imported.names, bakery, metric)
    assert days[date(2026, 3, 9)] == (3.0,)
    assert ask_dbt(imported.names, bakery, metric, "metric_time__month") == [
        (JANUARY, 30.0),
        (FEBRUARY, 12.0),
        (MARCH, 3.0),
    ]
    assert ask_dbt(imported.names, bakery, metric, "metric_time__quarter") == []


def test_a_filter_on_days_chooses_the_periods_that_are_shown(imported, bakery) -> None:
    since = "{{{{ TimeDimension('metric_time', 'day') }}}} >= '{}'"
    metric = "takings_at_month_start"
    rows = ask_dbt(imported.names, bakery, metric, "metric_time__month", where=[since.format("2026-02-05")])
    assert rows == [(FEBRUARY, 12.0), (MARCH, 3.0)]
    rows = ask_dbt(imported.names, bakery, metric, "metric_time__month", where=[since.format("2026-03-02")])
    assert rows == [(MARCH, 3.0)]


def test_a_metrics_own_days_are_shown_even_without_rows(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "late_takings", "metric_time__day")
    assert rows == [(date(2026, 3, 30), None), (date(2026, 3, 31), None)]
    assert ask_dbt(imported.names, bakery, "late_takings", "metric_time__month") == [(MARCH, None)]


def test_a_metrics_own_condition_on_a_breakdown_applies_to_days_without_rows(imported, bakery) -> None:
    assert ask_dbt(imported.names, bakery, "late_northern_takings", "metric_time__day sale__shop") == []
    assert len(ask_dbt(imported.names, bakery, "late_northern_takings", "metric_time__day")) == 2


def test_events_known_by_the_month_pair_by_the_month(imported, bakery) -> None:
    # The visits of January led to the sales of January; the sale of February is a month after them.
    assert ask_dbt(imported.names, bakery, "visits_that_bought_by_month") == [(2,)]


def test_a_count_of_conversions_shows_the_groups_of_base_events(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "visits_that_bought", "metric_time__day")
    assert rows == [(date(2026, 1, 4), 1), (date(2026, 1, 19), 1), (date(2026, 2, 10), 0)]


def test_of_two_events_on_one_day_the_first_counts(imported, bakery) -> None:
    assert ask_dbt(imported.names, bakery, "visits_that_bought", "visit__source") == [("ad", 2), ("mail", 0)]


def test_a_fill_inside_a_formula_is_only_for_its_own_groups(imported, bakery) -> None:
    visits_by_day = by_day(imported.names, bakery, "twice_takings visits")
    assert visits_by_day[date(2026, 1, 5)] == (20.0, None)
    assert visits_by_day[date(2026, 1, 4)] == (None, 2)
    plain = {
        row[0]: row[1:] for row in ask_dbt(imported.names, bakery, "takings_or_nothing visits", "metric_time__day")
    }
    assert plain[date(2026, 1, 4)] == (0.0, 2)


def test_without_the_rule_a_fill_inside_a_formula_is_for_every_group(imported, bakery) -> None:
    files = dict(imported.files)
    files["model.yml"] = files["model.yml"].replace("fill: rows", "fill: all")
    rows = {
        row[0]: row[1:]
        for row in ask_dbt(Names(parse_model(files)), bakery, "twice_takings visits", "metric_time__day")
    }
    assert rows[date(2026, 1, 4)] == (0.0, 2)


def test_conversions_next_to_another_metric_are_missing_without_visits(imported, bakery) -> None:
    rows = {
        row[0]: row[1:] for row in ask_dbt(imported.names, bakery, "visits_that_bought takings", "metric_time__day")
    }
    assert rows[date(2026, 2, 10)] == (0, None)
    assert rows[date(2026, 3, 1)] == (None, 3.0)


def test_days_are_widened_to_the_shortest_period_that_is_shown(imported, bakery) -> None:
    time = (moment("2026-01-05"), moment("2026-01-06"))
    rows = ask_dbt(imported.names, bakery, "takings", "metric_time__month metric_time__week", time=time)
    assert rows == [(JANUARY, date(2026, 1, 5), 10.0)]


def test_hours_of_the_calendar_are_listed(imported, bakery) -> None:
    assert [row[0] for row in ask_dbt(imported.names, bakery, "", "metric_time__hour")] == [
        hour(number) for number in range(24)
    ]


def test_a_default_period_widens_only_if_the_date_is_shown(imported, bakery) -> None:
    day = (moment("2026-01-06"), moment("2026-01-06"))
    assert ask_dbt(imported.names, bakery, "weekly_takings", "metric_time", time=day) == [(date(2026, 1, 5), 10.0)]
    assert ask_dbt(imported.names, bakery, "weekly_takings", time=day) == [(None,)]


def test_hours_apply_to_a_question_that_shows_no_date(imported, bakery) -> None:
    time = (moment("2026-01-01 09:00"), moment("2026-01-01 10:00"))
    assert ask_dbt(imported.names, bakery, "tickets", time=time) == [(2,)]


def test_an_order_without_a_period_uses_the_shown_date(imported) -> None:
    questions = Questions(Names(imported.model))
    month, turned = questions.reference("metric_time__month"), questions.reference("-metric_time")
    asked = questions.query(DbtQuestion(metrics=["takings"], by=[month], order=[turned]))
    assert [(order.by, order.desc) for order in asked.order] == [("metric_time__month", True)]


def test_two_keys_of_one_entity_are_listed_from_either_end(imported, bakery) -> None:
    rows = ask_dbt(imported.names, bakery, "", "guest__town guest__colour")
    assert rows == [("Bergen", None), ("Oslo", "gold"), (None, "green")]


def test_a_filter_counts_days_back(imported, bakery) -> None:
    since = "{{ TimeDimension('metric_time', 'day') }} > CAST('2026-02-04' AS TIMESTAMP) - INTERVAL 2 day"
    march = "EXTRACT(month FROM {{ TimeDimension('metric_time', 'day') }}) = 3"
    assert ask_dbt(imported.names, bakery, "takings", where=[since]) == [(15.0,)]
    assert ask_dbt(imported.names, bakery, "takings", where=[march]) == [(3.0,)]


@pytest.mark.parametrize(
    "where",
    [
        "CAST({{ Dimension('sale__shop') }} AS DATE) > DATE '2026-01-01'",
        "EXTRACT(month FROM {{ Dimension('sale__shop') }}) = 1",
        "{{ TimeDimension('metric_time', 'day') }} - INTERVAL 1 day > DATE '2026-01-01'",
    ],
)
def test_a_filter_that_a_hidden_value_could_make_fail_is_refused(imported, bakery, where) -> None:
    with pytest.raises(InvalidQuery, match="could fail on a row you can't see"):
        ask_dbt(imported.names, bakery, "takings", where=[where])
