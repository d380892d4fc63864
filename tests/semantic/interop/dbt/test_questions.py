"""Questions about an imported dbt model besides plain metrics by plain dimensions.

These have offsets, calendars of joined dates, lists and aliases. The truth is hand-written SQL over a ferry's tables,
or rows counted from them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from semantic import compile_query
from semantic.errors import InvalidFilter, TimeMismatch
from semantic.interop.dbt.importing import Imported, import_dbt
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.interop.dbt.read import custom_names
from semantic.interop.dbt.reference import Reference, read_call
from semantic.model.loading.load import parse_model
from semantic.sql.dialects.table import find_dialect
from tests.semantic.asked import STEWARD, TODAY, Rows, columns_of, rows_of
from tests.semantic.asked import ask as ask_in_our_words

TABLES = """
CREATE SCHEMA ferry;
CREATE TABLE ferry.trips AS SELECT * FROM (VALUES
    (1, 'anna', 'ole', DATE '2026-03-30', 10.0), (2, 'anna', 'ole', DATE '2026-03-31', 1.0),
    (3, 'bris', 'kari', DATE '2026-04-01', 20.0), (4, 'bris', 'ole', DATE '2026-04-30', 2.0),
    (5, 'anna', 'kari', DATE '2026-05-04', 30.0), (6, 'gone', 'per', DATE '2026-05-31', 3.0),
    (7, NULL, 'per', DATE '2026-06-01', 40.0)
) t (trip_id, boat_id, skipper_id, left_on, fare);
CREATE TABLE ferry.boats AS SELECT * FROM (VALUES
    ('anna', 'Oslo', DATE '2026-03-15', 'o1'), ('bris', 'Moss', DATE '2026-04-15', 'o2'),
    ('idle', 'Oslo', DATE '2026-04-16', NULL)
) t (boat_id, harbour, built_on, owner_id);
CREATE TABLE ferry.tanks AS SELECT * FROM (VALUES
    ('anna', DATE '2026-03-30', 5.0), ('bris', DATE '2026-03-30', 7.0), ('anna', DATE '2026-03-31', 4.0),
    ('anna', DATE '2026-04-15', 3.0), ('bris', DATE '2026-04-16', 2.0), ('bris', DATE '2026-04-30', 1.0)
) t (boat_id, read_on, litres);
CREATE TABLE ferry.owners AS SELECT * FROM (VALUES ('o1', 'NO'), ('o3', 'SE')) t (owner_id, country);
CREATE TABLE ferry.papers AS SELECT * FROM (VALUES ('anna', true), ('idle', false)) t (boat_id, is_insured);
CREATE TABLE ferry.bells AS SELECT * FROM (VALUES
    (1, TIMESTAMP '2026-04-01 08:10'), (2, TIMESTAMP '2026-04-01 08:50'), (3, TIMESTAMP '2026-04-02 09:00')
) t (bell_id, rung_at);
CREATE TABLE ferry.days AS SELECT
    CAST(d AS DATE) AS day, CASE WHEN d < DATE '2026-04-16' THEN 'ice' ELSE 'sun' END AS season
    FROM generate_series(DATE '2026-03-01', DATE '2026-07-31', INTERVAL 1 DAY) s (d);
CREATE TABLE ferry.hours AS
    SELECT h AS hour FROM generate_series(TIMESTAMP '2026-04-01', TIMESTAMP '2026-04-02 23:00', INTERVAL 1 HOUR) s (h);
"""

PROJECT = """
semantic_models:
  - name: trips
    model: ref('trips')
    defaults: {agg_time_dimension: left_on}
    entities:
      - {name: trip, type: primary, expr: trip_id}
      - {name: boat, type: foreign, expr: boat_id}
      - {name: skipper, type: foreign, expr: skipper_id}
    dimensions:
      - {name: left_on, type: time, type_params: {time_granularity: day}}
      - {name: is_dear, type: categorical, expr: fare >= 20}
    measures:
      - {name: fares, agg: sum, expr: fare, create_metric: true}
      - {name: trips, agg: count, expr: "1", create_metric: true}
      - {name: skippers, agg: count_distinct, expr: skipper_id, create_metric: true}
  - name: boats
    model: ref('boats')
    entities:
      - {name: boat, type: primary, expr: boat_id}
      - {name: owner, type: foreign, expr: owner_id}
    dimensions:
      - {name: harbour, type: categorical}
      - {name: built_on, type: time, type_params: {time_granularity: day}}
  - name: tanks
    model: ref('tanks')
    primary_entity: reading
    defaults: {agg_time_dimension: read_on}
    entities: [{name: boat, type: foreign, expr: boat_id}]
    dimensions: [{name: read_on, type: time, type_params: {time_granularity: day}}]
    measures:
      - name: litres
        agg: sum
        create_metric: true
        non_additive_dimension: {name: read_on, window_choice: max}
      - name: litres_of_each
        expr: litres
        agg: sum
        create_metric: true
        non_additive_dimension: {name: read_on, window_choice: max, window_groupings: [boat]}
  - name: papers
    model: ref('papers')
    entities: [{name: boat, type: primary, expr: boat_id}]
    dimensions: [{name: is_insured, type: categorical}]
  - name: owners
    model: ref('owners')
    entities: [{name: owner, type: primary, expr: owner_id}]
    dimensions: [{name: country, type: categorical}]
  - name: bells
    model: ref('bells')
    defaults: {agg_time_dimension: rung_at}
    entities: [{name: bell, type: primary, expr: bell_id}]
    dimensions: [{name: rung_at, type: time, type_params: {time_granularity: hour}}]
    measures: [{name: bells, agg: count, expr: "1", create_metric: true}]
metrics:
  - name: month_before
    label: A month before
    type: derived
    type_params: {expr: fares, metrics: [{name: fares, offset_window: 1 month}]}
  - name: skippers_before
    label: Skippers a month before
    type: derived
    type_params: {expr: skippers, metrics: [{name: skippers, offset_window: 1 month}]}
  - name: at_start_of_quarter
    label: At the start of the quarter
    type: derived
    type_params: {expr: fares, metrics: [{name: fares, offset_to_grain: quarter}]}
  - name: five_days_before
    label: Five days before
    type: derived
    type_params: {expr: fares, metrics: [{name: fares, offset_window: 5 days}]}
  - name: hour_before
    label: An hour before
    type: derived
    type_params: {expr: bells, metrics: [{name: bells, offset_window: 1 hour}]}
  - name: every_bell
    label: Bells of every hour
    type: simple
    type_params: {measure: {name: bells, join_to_timespine: true}}
  - name: litres_before
    label: Litres a month before
    type: derived
    type_params: {expr: litres, metrics: [{name: litres, offset_window: 1 month}]}
  - name: litres_of_each_before
    label: Litres of each a month before
    type: derived
    type_params: {expr: litres_of_each, metrics: [{name: litres_of_each, offset_window: 1 month}]}
  - name: fares_of_busy_skippers
    label: Fares of busy skippers
    type: simple
    type_params: {measure: fares}
    filter: "{{ Metric('trips', ['skipper']) }} > 2"
saved_queries:
  - name: by_month
    query_params:
      metrics: [fares]
      group_by: ["TimeDimension('metric_time', 'month')"]
      order_by: ["TimeDimension('metric_time', 'month').descending(True)"]
      limit: 1
models:
  - name: days
    time_spine: {standard_granularity_column: day, custom_granularities: [{name: season}]}
    columns: [{name: day, granularity: day}]
  - name: hours
    time_spine: {standard_granularity_column: hour}
    columns: [{name: hour, granularity: hour}]
"""

DAY, INSTANT = "{{ TimeDimension('metric_time', 'day') }}", "{{ Dimension('trip__is_dear') }}"


@pytest.fixture(scope="module")
def ferry() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection


@pytest.fixture(scope="module")
def imported(ferry: duckdb.DuckDBPyConnection) -> Imported:
    imported = import_dbt({"ferry.yml": PROJECT}, columns=columns_of(ferry), schema="ferry")
    assert {loss.name for loss in imported.losses} == {
        "policies",
        "semantic model tanks",
    }  # which has no column as its key
    return imported


@pytest.fixture(scope="module")
def questions(imported: Imported) -> Questions:
    return Questions(imported.names, custom_names(imported.manifest.spines))


@pytest.fixture(scope="module")
def ask(imported: Imported, questions: Questions, ferry: duckdb.DuckDBPyConnection):
    def rows(metrics: str, by: str = "", **more: Any) -> Rows:
        asked = DbtQuestion(metrics=metrics.split(), by=[questions.reference(word) for word in by.split()], **more)
        return rows_of(imported.model, ferry, questions.query(asked))

    return rows


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def said_by(ferry: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """Return the rows of hand-written SQL, in the order of `rows_of`."""
    return sorted(ferry.execute(sql).fetchall(), key=lambda row: [(one is None, one) for one in row])


LAST = """
    WITH l AS (SELECT *, MAX(read_on) OVER (PARTITION BY DATE_TRUNC('month', read_on){1}) AS m FROM ferry.tanks)
    SELECT {0}, SUM(litres) FROM l WHERE read_on = m GROUP BY 1
"""

QUESTIONS = [
    # A month before May is the whole of April, though May has a day more.
    ("month_before", "metric_time__month", {},
     "SELECT CAST(DATE_TRUNC('month', left_on) AS DATE) + INTERVAL 1 MONTH, SUM(fare) FROM ferry.trips GROUP BY 1"),
    ("skippers_before", "metric_time__month", {},
     "SELECT CAST(DATE_TRUNC('month', left_on) AS DATE) + INTERVAL 1 MONTH, COUNT(DISTINCT skipper_id) "
     "FROM ferry.trips GROUP BY 1"),
    ("month_before", "metric_time__month boat__harbour", {},
     "SELECT CAST(DATE_TRUNC('month', left_on) AS DATE) + INTERVAL 1 MONTH, harbour, SUM(fare) FROM ferry.trips "
     "LEFT JOIN ferry.boats USING (boat_id) GROUP BY 1, 2"),
    # By day, quarter and season each day has that of the day a month before.
    ("month_before", "metric_time__day", {},
     "SELECT day, SUM(fare) FROM ferry.days JOIN ferry.trips ON day - INTERVAL 1 MONTH = left_on GROUP BY 1"),
    ("month_before", "metric_time__quarter", {},
     "SELECT DATE_TRUNC('quarter', day), SUM(fare) FROM ferry.days "
     "JOIN ferry.trips ON day - INTERVAL 1 MONTH = left_on GROUP BY 1"),
    ("month_before", "metric_time__season", {},
     "SELECT season, SUM(fare) FROM ferry.days JOIN ferry.trips ON day - INTERVAL 1 MONTH = left_on GROUP BY 1"),
    # The start of a quarter is its first day by day, its first week by no week, its first month by month.
    ("at_start_of_quarter", "metric_time__day", {},
     "SELECT day, SUM(fare) FROM ferry.days JOIN ferry.trips ON DATE_TRUNC('quarter', day) = left_on GROUP BY 1"),
    ("at_start_of_quarter", "metric_time__month", {},
     "SELECT m, SUM(fare) FROM (SELECT DISTINCT DATE_TRUNC('month', day) AS m FROM ferry.days) JOIN ferry.trips "
     "ON DATE_TRUNC('quarter', m) = DATE_TRUNC('month', left_on) GROUP BY 1"),
    ("at_start_of_quarter", "metric_time__year", {},
     "SELECT DATE_TRUNC('year', day), SUM(fare) FROM ferry.days JOIN ferry.trips "
     "ON DATE_TRUNC('quarter', day) = left_on WHERE DATE_TRUNC('year', day) = day GROUP BY 1"),
    # A balance from another time is that of one day: the last of the month before, or the last of the days beside a
    # longer period's own.
    ("litres_before", "metric_time__month", {}, LAST.format("DATE_TRUNC('month', read_on) + INTERVAL 1 MONTH", "")),
    ("litres_of_each_before", "metric_time__month", {},
     LAST.format("DATE_TRUNC('month', read_on) + INTERVAL 1 MONTH", ", boat_id")),
    ("litres_before", "metric_time__quarter", {},
     "WITH r AS (SELECT day, DATE_TRUNC('quarter', day) AS q, litres FROM ferry.days "
     "JOIN ferry.tanks ON day - INTERVAL 1 MONTH = read_on), "
     "l AS (SELECT *, MAX(day) OVER (PARTITION BY q) AS m FROM r) "
     "SELECT q, SUM(litres) FROM l WHERE day = m GROUP BY 1"),
    ("litres_of_each_before", "metric_time__season boat__harbour", {},
     "WITH r AS (SELECT day, season, boat_id, litres FROM ferry.days "
     "JOIN ferry.tanks ON day - INTERVAL 1 MONTH = read_on), "
     "l AS (SELECT *, MAX(day) OVER (PARTITION BY season, boat_id) AS m FROM r) "
     "SELECT season, harbour, SUM(litres) FROM l LEFT JOIN ferry.boats USING (boat_id) WHERE day = m GROUP BY 1, 2"),
    ("litres_before", "metric_time__day", {},
     "SELECT day, SUM(litres) FROM ferry.days JOIN ferry.tanks ON day - INTERVAL 1 MONTH = read_on GROUP BY 1"),
    # A period of a joined date from a calendar.
    ("five_days_before", "metric_time__day boat__built_on__season", {},
     "SELECT d.day, s.season, SUM(fare) FROM ferry.days d JOIN ferry.trips ON d.day - INTERVAL 5 DAY = left_on "
     "LEFT JOIN ferry.boats USING (boat_id) LEFT JOIN ferry.days s ON s.day = built_on GROUP BY 1, 2"),
    ("five_days_before", "metric_time__day", {"where": ["{{ TimeDimension('boat__built_on', 'season') }} = 'sun'"]},
     "SELECT d.day, SUM(fare) FROM ferry.days d JOIN ferry.trips ON d.day - INTERVAL 5 DAY = left_on "
     "JOIN ferry.boats USING (boat_id) JOIN ferry.days s ON s.day = built_on WHERE s.season = 'sun' GROUP BY 1"),
    ("", "boat__built_on__season owner__country", {},
     "SELECT DISTINCT season, country FROM ferry.boats FULL JOIN ferry.owners USING (owner_id) "
     "LEFT JOIN ferry.days ON day = built_on"),
    # Conditions in one text, each on the date that is shown or on the rows.
    ("five_days_before", "metric_time__day", {"where": [f"{DAY} >= '2026-04-06' AND {INSTANT}"]},
     "SELECT day, SUM(fare) FROM ferry.days JOIN ferry.trips ON day - INTERVAL 5 DAY = left_on "
     "WHERE day >= DATE '2026-04-06' AND fare >= 20 GROUP BY 1"),
    ("five_days_before", "metric_time__day",
     {"where": [f"({DAY} >= '2026-04-01' AND {INSTANT}) AND ({DAY} < '2026-05-10')"]},
     "SELECT day, SUM(fare) FROM ferry.days JOIN ferry.trips ON day - INTERVAL 5 DAY = left_on "
     "WHERE day BETWEEN DATE '2026-04-01' AND DATE '2026-05-09' AND fare >= 20 GROUP BY 1"),
    # Hours next to the periods of a calendar, which consist of days.
    ("", "metric_time__hour metric_time__season", {},
     "SELECT hour, season FROM ferry.hours JOIN ferry.days ON day = CAST(hour AS DATE)"),
    ("hour_before", "metric_time__season", {},
     "SELECT season, COUNT(*) FROM ferry.hours "
     "JOIN ferry.bells ON hour - INTERVAL 1 HOUR = DATE_TRUNC('hour', rung_at) "
     "JOIN ferry.days ON day = CAST(hour AS DATE) GROUP BY 1"),
    ("every_bell", "metric_time__hour metric_time__season", {},
     "SELECT hour, season, NULLIF(COUNT(bell_id), 0) FROM ferry.hours JOIN ferry.days ON day = CAST(hour AS DATE) "
     "LEFT JOIN ferry.bells ON hour = DATE_TRUNC('hour', rung_at) GROUP BY 1, 2"),
    ("every_bell", "metric_time__hour", {"where": ["{{ TimeDimension('metric_time', 'season') }} = 'ice'"]},
     "SELECT hour, NULLIF(COUNT(bell_id), 0) FROM ferry.hours "
     "LEFT JOIN ferry.bells ON hour = DATE_TRUNC('hour', rung_at) GROUP BY 1"),
    # Lists over several tables: a member without a day is in no period.
    ("", "metric_time boat__harbour owner__country",
     {"time": (moment("2026-04-01"), moment("2026-04-02"))},
     "SELECT DISTINCT day, harbour, country FROM ferry.boats CROSS JOIN ferry.days "
     "FULL JOIN ferry.owners USING (owner_id) WHERE day BETWEEN DATE '2026-04-01' AND DATE '2026-04-02'"),
    # An entity that only its facts reference.
    ("fares", "boat__harbour", {"where": ["{{ Metric('trips', ['skipper']) }} > 2"]},
     "SELECT harbour, SUM(fare) FROM ferry.trips LEFT JOIN ferry.boats USING (boat_id) WHERE skipper_id IN "
     "(SELECT skipper_id FROM ferry.trips GROUP BY 1 HAVING COUNT(*) > 2) GROUP BY 1"),
    ("fares_of_busy_skippers", "", {},
     "SELECT SUM(fare) FROM ferry.trips WHERE skipper_id = 'ole'"),
    ("", "skipper", {"where": ["{{ Metric('fares', ['skipper']) }} > 40"]},
     "SELECT skipper_id FROM ferry.trips GROUP BY 1 HAVING SUM(fare) > 40"),
    # A list of members is fully joined to a metric's members: anything that isn't a member is missing.
    ("", "boat", {}, "SELECT boat_id FROM ferry.papers"),
    ("", "boat", {"where": ["{{ Metric('trips', ['boat']) }} > 1"]},
     "SELECT DISTINCT p.boat_id FROM ferry.papers p "
     "FULL JOIN (SELECT boat_id, COUNT(*) AS n FROM ferry.trips GROUP BY 1) m ON m.boat_id = p.boat_id WHERE n > 1"),
    ("", "boat__harbour owner__country",
     {"where": ["{{ Metric('trips', ['boat']) }} > 1 AND {{ Metric('fares', ['boat']) }} < 30"]},
     "SELECT DISTINCT harbour, country FROM ferry.boats FULL JOIN ferry.owners USING (owner_id) FULL JOIN "
     "(SELECT boat_id, COUNT(*) AS n, SUM(fare) AS f FROM ferry.trips GROUP BY 1) m USING (boat_id) "
     "WHERE n > 1 AND f < 30"),
    # Periods that are open at one end.
    ("fares", "metric_time__month", {"time": (None, moment("2026-04-10"))},
     "SELECT DATE_TRUNC('month', left_on), SUM(fare) FROM ferry.trips WHERE left_on < DATE '2026-05-01' GROUP BY 1"),
    ("fares", "metric_time__month", {"time": (moment("2026-04-10"), None)},
     "SELECT DATE_TRUNC('month', left_on), SUM(fare) FROM ferry.trips WHERE left_on >= DATE '2026-04-01' GROUP BY 1"),
    ("month_before", "metric_time__month", {"time": (None, moment("2026-05-10"))},
     "SELECT DATE_TRUNC('month', left_on) + INTERVAL 1 MONTH, SUM(fare) FROM ferry.trips "
     "WHERE left_on < DATE '2026-05-01' GROUP BY 1"),
    ("month_before", "metric_time__month", {"time": (moment("2026-05-10"), moment("2026-05-20"))},
     "SELECT DATE '2026-05-01', SUM(fare) FROM ferry.trips WHERE MONTH(left_on) = 4"),
    ("bells", "metric_time__hour", {"time": (None, moment("2026-04-02 08:30"))},
     "SELECT DATE_TRUNC('hour', rung_at), COUNT(*) FROM ferry.bells WHERE rung_at < TIMESTAMP '2026-04-02 09:00' "
     "GROUP BY 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("metrics", "by", "more", "check"),
    QUESTIONS,
    ids=[f"{question[0]} {question[1]} {index}" for index, question in enumerate(QUESTIONS)],
)
def test_rows_are_those_of_sql_by_hand(metrics: str, by: str, more: dict[str, Any], check: str, ask, ferry) -> None:
    rows, truth = ask(metrics, by, **more), said_by(ferry, check)
    assert [tuple(map(plain, row)) for row in rows] == [tuple(map(plain, row)) for row in truth]


def plain(one: Any) -> Any:
    """Return a timestamp at midnight as a day, a number as a float, and any other value unchanged."""
    if isinstance(one, datetime) and one.time() == datetime.min.time():
        return one.date()
    return float(one) if one is not None and not isinstance(one, str | date | bool) else one


def test_may_is_compared_with_the_whole_of_april(ask) -> None:
    # Day by day May's 31st would have April's 30th once more, and April would miss March's 31st.
    assert ask("month_before", "metric_time__month")[:2] == [(date(2026, 4, 1), 11.0), (date(2026, 5, 1), 22.0)]


def test_a_partial_month_is_compared_with_the_same_part_of_the_month_before(imported: Imported, ferry) -> None:
    asked = {"metrics": ["fares", "month_before"], "by": [{"dim": "date", "grain": "month"}]}
    part = asked | {"time": {"from": "2026-04-10", "to": "2026-05-20"}}
    # dbt makes whole months of the days that are asked for.
    april, may = date(2026, 4, 1), date(2026, 5, 1)
    assert ask_in_our_words(imported.model, ferry, part) == [(april, 22.0, 11.0), (may, 33.0, 22.0)]
    files = dict(imported.files)
    files["model.yml"] = files["model.yml"].replace("grain_mismatch: widen", "grain_mismatch: refuse")
    # Otherwise, they are from 10 April to 20 May, and from 10 March to 20 April.
    assert ask_in_our_words(parse_model(files), ferry, part) == [(april, 2.0, 11.0), (may, 30.0, 20.0)]
    total = ask_in_our_words(imported.model, ferry, asked | {"totals": ["grand"]})[-1]
    assert total == (None, 106.0, 11.0 + 22.0 + 33.0 + 40.0)
    # Without its months, the number is that total: 31 March and 31 May precede no day, and still count.
    assert ask_in_our_words(imported.model, ferry, {"metrics": ["month_before"]}) == [(11.0 + 22.0 + 33.0 + 40.0,)]


def test_a_date_joined_to_another_condition_by_or_is_refused(ask) -> None:
    with pytest.raises(TimeMismatch, match="Use separate filters"):
        ask("five_days_before", "metric_time__day", where=[f"{DAY} >= '2026-04-06' OR {INSTANT}"])


def test_capitals_do_not_matter(ask, questions: Questions) -> None:
    truth = ask("fares", "metric_time__month")
    assert ask("FARES", "Metric_Time__MONTH") == truth
    assert ask("fares", "BOAT__Harbour") == ask("fares", "boat__harbour")
    part = DbtQuestion(metrics=["fares"], by=[Reference("metric_time", part="MONTH")])
    assert questions.query(part).by[0].name == "metric_time__extract_month"


def answer(questions: Questions, imported: Imported, ferry: duckdb.DuckDBPyConnection, asked: DbtQuestion) -> Rows:
    """Return the columns that dbt would have, then the rows in order."""
    query = questions.query(asked)
    [leg] = compile_query(imported.model, query, STEWARD, find_dialect("duckdb"), today=TODAY).legs
    found_rows = ferry.execute(leg.sql, list(leg.params))
    names = [one[0] for one in found_rows.description]
    columns = questions.columns(asked)
    rows = [tuple(row[names.index(mine)] for mine, _ in columns) for row in found_rows.fetchall()]
    return [tuple(theirs for _, theirs in columns), *rows]


def test_columns_are_called_by_their_aliases(questions: Questions, imported: Imported, ferry) -> None:
    asked = DbtQuestion(
        metrics=[Reference("fares", kind="Metric", alias="taken"), "fares"],
        by=[read_call("Dimension('boat__harbour').alias('place')")],
        where=["{{ Dimension('boat__harbour') }} IS NOT NULL"],
        order=[questions.reference("-taken")],
    )
    rows = [("place", "taken", "fares"), ("Oslo", 41.0, 41.0), ("Moss", 22.0, 22.0)]
    assert answer(questions, imported, ferry, asked) == rows


@pytest.mark.parametrize(
    "order", ["-month", "-metric_time__month", "-metric_time", "TimeDimension('metric_time', 'month').descending(True)"]
)
def test_an_order_can_name_the_alias_or_its_expression(questions: Questions, order: str) -> None:
    month = read_call("TimeDimension('metric_time', 'month', alias='month')")
    asked = DbtQuestion(metrics=["fares"], by=[month], order=[questions.reference(order)])
    assert [(ordering.by, ordering.desc) for ordering in questions.query(asked).order] == [("month", True)]


def test_one_dimension_can_be_asked_with_and_without_an_alias(questions: Questions, imported: Imported, ferry) -> None:
    twice = [read_call("Dimension('boat__harbour', alias='place')"), questions.reference("boat__harbour")]
    asked = DbtQuestion(
        metrics=[questions.metric("Metric('trips', alias='sailed')")],
        by=twice,
        where=["{{ Dimension('boat__harbour') }} = 'Moss'"],
    )
    assert answer(questions, imported, ferry, asked) == [("place", "boat__harbour", "sailed"), ("Moss", "Moss", 2)]


def test_an_alias_is_a_constant() -> None:
    with pytest.raises(InvalidFilter, match="can't be parsed"):
        read_call("Dimension('boat__harbour').alias(name)")


def test_an_order_and_a_limit_replace_those_of_a_saved_query(questions: Questions, imported: Imported, ferry) -> None:
    [saved] = [questions.saved(query) for query in imported.manifest.queries]
    assert answer(questions, imported, ferry, saved)[1:] == [(date(2026, 6, 1), 40.0)]
    more = DbtQuestion(order=[questions.reference("metric_time__month")], limit=2)
    assert answer(questions, imported, ferry, saved.with_more(more))[1:] == [
        (date(2026, 3, 1), 11.0),
        (date(2026, 4, 1), 22.0),
    ]
    assert answer(questions, imported, ferry, saved.with_more(DbtQuestion(limit=2)))[1:] == [
        (date(2026, 6, 1), 40.0),
        (date(2026, 5, 1), 33.0),
    ]


TWO = PROJECT.replace("  - name: hours\n", "  - name: bell_hours\n    time_spine: {standard_granularity_column: h}\n"
                      "    columns: [{name: h, granularity: hour}]\n  - name: hours\n")  # fmt: skip


def test_of_two_tables_for_one_period_the_last_counts(ferry) -> None:
    imported = import_dbt({"ferry.yml": TWO}, columns=columns_of(ferry), schema="ferry")
    assert "hours.hours_hour" in imported.files["model.yml"]
    [lost] = [loss for loss in imported.losses if loss.name.startswith("time spine")]
    assert (lost.name, lost.why) == (
        "time spine bell_hours",
        "is not used: hours is the table used for each hour",
    )


def test_a_project_with_only_hours_has_the_days_of_its_hours(ferry) -> None:
    start, _, rest = PROJECT.partition("  - name: days\n")
    hours = start + "  - name: hours\n" + rest.partition("  - name: hours\n")[2]
    imported = import_dbt({"ferry.yml": hours}, columns=columns_of(ferry), schema="ferry")
    questions = Questions(imported.names)
    asked = DbtQuestion(metrics=["month_before"], by=[questions.reference("metric_time__day")])
    rows = rows_of(imported.model, ferry, questions.query(asked))
    assert rows == []  # no day of April's first two is a month after a trip
    listed = rows_of(imported.model, ferry, questions.query(DbtQuestion(by=[questions.reference("metric_time__day")])))
    assert listed == [(date(2026, 4, 1),), (date(2026, 4, 2),)]
