"""One person across emails, ads, visits, orders, leads and deals: analyses of the demo company compared with
hand-written SQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.analyses.events.definition import analysis_from_data
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import UnknownName
from semantic.query.data import query_from_data
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.workspace import Workspace
from tests.companies import shared_company

TODAY = date(2026, 7, 1)
MARKETS = {"lena": "true", "jonas": "market IN ('DE', 'AT')"}
IDENTITIES = """(SELECT visitor_id, any_value(customer_id) AS person FROM bridge_identity GROUP BY visitor_id
    HAVING count(DISTINCT customer_id) = 1)"""
"""The customer behind each visitor who belongs to exactly one customer."""
VISITS = f"""(SELECT person, session_start_at, session_date, channel_key FROM fct_web_session JOIN {IDENTITIES}
    USING (visitor_id) WHERE NOT is_bot AND NOT is_internal AND {{m}})"""
ORDERS = """(SELECT customer_id AS person, created_at FROM fct_order
    WHERE NOT is_test AND status <> 'cancelled' AND {m})"""
CLICKS = """(SELECT customer_id AS person, first_click_at FROM fct_message_recipient
    WHERE clicks > 0 AND NOT is_bot_click AND {m})"""
HALF = {"time": {"from": "2026-01-01", "to": "2026-06-30"}}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = shared_company(tmp_path_factory) / "company.duckdb"
    return Path(shutil.copy(source, tmp_path_factory.mktemp("silos") / "company.duckdb"))


@pytest.fixture(scope="module")
def workspace(file: Path) -> Iterator[Workspace]:
    opened = Workspace.open(Settings(data=str(file), model=MARKETING_MODEL, demo=True, mask_key="a key of the tests"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(shared_company(tmp_path_factory) / "company.duckdb", read_only=True) as connection:
        yield connection


def asked(workspace: Workspace, definition: dict[str, Any], person: str) -> Analyzed[Any]:
    analysis = analysis_from_data({"v": 1, "subject": "person", **definition})
    return analyze(workspace, analysis.kind, analysis.asked, workspace.people[person], today=TODAY)


@pytest.mark.parametrize("person", MARKETS)
def test_the_path_from_an_email_click_to_a_visit_and_an_order_equals_sql(
    person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    steps = ["mail_clicks_by_day", "sessions", "orders"]
    found = asked(workspace, {"kind": "funnel", "steps": steps, "within": "30 days"}, person).found
    sql = f"""
        WITH clicked AS (SELECT person, min(first_click_at) AS t FROM {CLICKS} WHERE person IS NOT NULL GROUP BY 1),
        came AS (
            SELECT c.person, c.t, min(session_start_at) AS t2 FROM clicked AS c LEFT JOIN {VISITS} AS v
                ON v.person = c.person AND session_start_at BETWEEN c.t AND c.t + INTERVAL 30 DAY GROUP BY ALL
        ), bought AS (
            SELECT c.person, c.t2, min(created_at) AS t3 FROM came AS c LEFT JOIN {ORDERS} AS o
                ON o.person = c.person AND created_at BETWEEN c.t2 AND c.t + INTERVAL 30 DAY GROUP BY ALL
        )
        SELECT count(*), count(t2), count(t3) FROM bought
    """
    expected = by_hand.execute(sql.replace("{m}", MARKETS[person])).fetchone()
    assert expected is not None
    assert expected[2] > 2
    assert found.whole.counts == expected


def test_the_path_from_an_ad_to_a_lead_and_a_won_deal_equals_sql(
    workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    """Leads and deals only have days, so everything is compared by day."""
    paid = {"dim": "is_paid_channel", "op": "in", "values": [True]}
    visit = {"dim": "contact_type", "op": "in", "values": ["session"]}
    steps = [{"metric": "touchpoints", "where": {"and": [visit, paid]}}, "leads", "won_opportunities"]
    analyzed = asked(workspace, {"kind": "funnel", "steps": steps, "within": "26 weeks"}, "lena")
    expected = by_hand.execute("""
        WITH seen AS (
            SELECT subject_id AS person, min(occurred_date) AS t
            FROM fct_touchpoint JOIN dim_channel USING (channel_key) WHERE type = 'session' AND is_paid GROUP BY 1
        ), leads AS (
            SELECT s.person, s.t, min(lead_date) AS t2 FROM seen AS s LEFT JOIN fct_lead AS l
                ON l.person_id = s.person AND lead_date BETWEEN s.t AND s.t + 182 AND NOT is_test AND NOT is_internal
            GROUP BY ALL
        ), won AS (
            SELECT l.person, l.t2, min(closed_date) AS t3 FROM leads AS l LEFT JOIN (
                SELECT person_id, closed_date FROM fct_opportunity AS o JOIN fct_lead USING (lead_id)
                WHERE is_won AND o.merged_into IS NULL
            ) AS d ON d.person_id = l.person AND closed_date BETWEEN l.t2 AND l.t + 182 GROUP BY ALL
        )
        SELECT count(*), count(t2), count(t3) FROM won
    """).fetchone()
    assert expected is not None
    assert expected[2] > 2
    assert analyzed.found.whole.counts == expected
    assert "Deals are linked to their person through leads, as known today." in analyzed.rule


def test_marketers_who_cant_see_touchpoints_cant_follow_them(workspace: Workspace) -> None:
    with pytest.raises(UnknownName):
        asked(workspace, {"kind": "funnel", "steps": ["touchpoints", "orders"]}, "jonas")


def test_a_note_says_how_many_rows_have_no_person(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    analyzed = asked(workspace, {"kind": "funnel", "steps": ["sessions", "orders"]}, "lena")
    shares = by_hand.execute(f"""
        SELECT (SELECT count(*) FILTER (person IS NULL) / count(*) FROM fct_web_session LEFT JOIN {IDENTITIES}
            USING (visitor_id) WHERE NOT is_bot AND NOT is_internal),
            (SELECT count(*) FILTER (customer_id IS NULL) / count(*) FROM fct_order
            WHERE NOT is_test AND status <> 'cancelled')
    """).fetchone()
    assert shares is not None
    sessions, orders = shares
    assert sessions > 0.5
    words = f"Events without a known person don't count: {sessions:.1%} of Sessions and {orders:.1%} of Orders."
    assert words in analyzed.notes
    assert "Web sessions are linked to their person through identities, as known today." in analyzed.rule


def test_visitors_who_turned_out_to_be_several_people_count_as_none(
    workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    several = by_hand.execute("""
        SELECT count(*) FROM fct_web_session WHERE visitor_id IN (SELECT visitor_id FROM bridge_identity
            GROUP BY visitor_id HAVING count(DISTINCT customer_id) > 1) AND NOT is_bot AND NOT is_internal
    """).fetchone()
    people = by_hand.execute(f"SELECT count(DISTINCT person) FROM {VISITS.replace('{m}', 'true')}").fetchone()
    assert several is not None
    assert several[0] > 0
    assert people is not None
    found = asked(workspace, {"kind": "funnel", "steps": ["sessions", "orders"]}, "lena").found
    assert found.whole.counts[0] == people[0]


@pytest.mark.parametrize("person", MARKETS)
def test_overlap_of_email_and_paid_social_equals_sql(
    person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    social = {"metric": "sessions", "where": {"dim": "channel", "op": "in", "values": ["Paid social"]}}
    definition = {"kind": "overlap", "channels": ["mails_delivered", social], "then": "orders", "within": "14 days"}
    found = asked(workspace, {**definition, **HALF}, person).found
    sql = f"""
        WITH touched AS (
            SELECT customer_id AS person, 1 AS channel, min(sent_at) AS t FROM fct_message_recipient
            WHERE delivered AND sent_date BETWEEN '2026-01-01' AND '2026-06-30' AND customer_id IS NOT NULL AND {{m}}
            GROUP BY 1
            UNION ALL
            SELECT person, 2, min(session_start_at) FROM {VISITS} JOIN dim_channel USING (channel_key)
            WHERE channel = 'Paid social' AND session_date BETWEEN '2026-01-01' AND '2026-06-30' GROUP BY 1
        ), people AS (SELECT person, sum(channel) AS mix, max(t) AS t FROM touched GROUP BY 1)
        SELECT mix, count(*), count(*) FILTER (EXISTS (SELECT 1 FROM {ORDERS} AS o WHERE o.person = p.person
            AND created_at BETWEEN p.t AND p.t + INTERVAL 14 DAY))
        FROM people AS p GROUP BY 1
    """
    expected = {
        {1: (0,), 2: (1,), 3: (0, 1)}[int(mix)]: (count, did)
        for mix, count, did in by_hand.execute(sql.replace("{m}", MARKETS[person])).fetchall()
    }
    assert len(expected) == 3
    assert {each.channels: (each.group.reached, each.group.did) for each in found.combinations} == expected


def test_messages_per_person_and_week_equal_sql(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    ads = {"metric": "touchpoints", "where": {"dim": "contact_type", "op": "in", "values": ["ad_view"]}}
    found = asked(
        workspace, {"kind": "pressure", "channels": ["mails_delivered", ads], "limit": 1, **HALF}, "lena"
    ).found
    weeks = by_hand.execute("""
        WITH messages AS (
            SELECT customer_id AS person, sent_date AS day FROM fct_message_recipient
            WHERE delivered AND customer_id IS NOT NULL
            UNION ALL SELECT subject_id, occurred_date FROM fct_touchpoint WHERE type = 'ad_view'
        ), weeks AS (
            SELECT person, date_trunc('week', day) AS week, count(*) AS n FROM messages
            WHERE day BETWEEN '2026-01-05' AND '2026-06-28' GROUP BY ALL
        )
        SELECT least(n, 10), count(*) FROM weeks GROUP BY 1
    """).fetchall()
    assert len(weeks) > 2
    assert {bucket.first: bucket.weeks for bucket in found.buckets} == dict(weeks)
    assert found.whole.above == sum(count for number, count in weeks if number > 1)


@pytest.mark.parametrize("person", MARKETS)
def test_mails_clicked_are_dated_by_the_click(
    person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    query = query_from_data({"metrics": ["mail_clicks_by_day"], "time": {"from": "2026-05-01", "to": "2026-05-31"}})
    table = workspace.ask(query, workspace.people[person], today=TODAY).table
    sql = """SELECT count(*) FROM fct_message_recipient WHERE clicks > 0 AND NOT is_bot_click AND {m}
        AND clicked_date BETWEEN '2026-05-01' AND '2026-05-31'"""
    expected = by_hand.execute(sql.replace("{m}", MARKETS[person])).fetchone()
    assert expected is not None
    assert expected[0] > 0
    assert table.column("mail_clicks_by_day").to_pylist() == [expected[0]]


def test_visit_to_order_compared_with_the_previous_quarter_equals_sql(
    workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    """The second quarter ended yesterday, so an order after either quarter doesn't count."""
    quarter = {"time": {"from": "2026-04-01", "to": "2026-06-30"}, "compare": [{"to": "previous"}]}
    asking = {"kind": "funnel", "steps": ["sessions", "orders"], "within": "7 days", **quarter}
    analyzed = asked(workspace, asking, "lena")
    assert analyzed.compared is not None
    sql = f"""
        WITH came AS (
            SELECT person, min(session_start_at) AS t FROM {VISITS}
            WHERE person IS NOT NULL AND session_date BETWEEN $first AND $last GROUP BY 1
        )
        SELECT count(DISTINCT c.person), count(DISTINCT o.person) FROM came AS c LEFT JOIN (
            SELECT customer_id AS person, created_at FROM fct_order
            WHERE NOT is_test AND status <> 'cancelled' AND order_date <= $last
        ) AS o ON o.person = c.person AND created_at BETWEEN c.t AND c.t + INTERVAL 7 DAY
    """.replace("{m}", "true")
    ends = ((date(2026, 4, 1), date(2026, 6, 30)), (date(2026, 1, 1), date(2026, 3, 31)))
    now, before = (by_hand.execute(sql, {"first": first, "last": last}).fetchone() for first, last in ends)
    assert now is not None
    assert before is not None
    assert now[1] > 2
    assert (analyzed.found.whole.counts, analyzed.compared.analyzed.found.whole.counts) == (now, before)


def test_repeat_orders_with_and_without_a_coupon_equal_sql(
    workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    has_none = {"dim": "coupon", "op": "in", "values": [None]}
    sides = [{"name": "With", "where": {"not": has_none}}, {"name": "Without", "where": has_none}]
    asking = {"kind": "retention", "first": "orders", "unit": "month", "brackets": [[1, 6]], "sides": sides}
    analyzed = asked(workspace, asking, "lena")
    assert analyzed.compared is not None
    rows = by_hand.execute("""
        WITH ordered AS (
            SELECT customer_id AS person, created_at, coupon_code, year(order_date) * 12 + month(order_date) AS month,
                row_number() OVER (PARTITION BY customer_id ORDER BY created_at, order_id) AS place
            FROM fct_order WHERE NOT is_test AND status <> 'cancelled' AND customer_id IS NOT NULL
        ), begun AS (SELECT * FROM ordered WHERE place = 1 AND month + 6 <= 2026 * 12 + 6)
        SELECT coupon_code IS NULL, count(*), count(*) FILTER (EXISTS (
            SELECT 1 FROM ordered AS o WHERE o.person = b.person AND o.created_at > b.created_at
                AND o.month BETWEEN b.month + 1 AND b.month + 6
        )) FROM begun AS b GROUP BY 1 ORDER BY 1
    """).fetchall()
    found = [each.found.whole.cells[0] for each in (analyzed, analyzed.compared.analyzed)]
    assert [(False, *rows[0][1:]), (True, *rows[1][1:])] == rows
    assert [(cell.eligible, cell.came) for cell in found] == [row[1:] for row in rows]
    assert min(row[2] for row in rows) > 2
