"""Four questions that marketers bring with them, each in at most eight actions, with the same answers as plain SQL."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.analyses_screen import sentence
from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, parameters, title, wait_until_idle
from tests.companies import CURRENT, shared_company
from tests.days import newest_day, today

VALID = "NOT is_test AND status <> 'cancelled' AND customer_id IS NOT NULL"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company that the server uses."""
    return shared_company(tmp_path_factory, orders=CURRENT, until=newest_day()) / "company.duckdb"


def asked(company: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a plain SQL query, with days in Berlin."""
    with duckdb.connect(str(company), read_only=True) as tables:
        tables.execute("SET TimeZone = 'Europe/Berlin'")
        return tables.execute(query, values).fetchall()


def weeks() -> tuple[date, date]:
    """Return the first day of the last 13 complete weeks, and the day after them."""
    end = today() - timedelta(days=today().weekday())
    return end - timedelta(weeks=13), end


def months() -> tuple[date, date]:
    """Return the first day of the last 12 complete months, and the day after them."""
    end = today().replace(day=1)
    return end.replace(year=end.year - 1), end


def lines(page: Page, name: str) -> list[list[str]]:
    """Return the lines of one of the answer's tables, by its name."""
    rows = page.locator(".st-key-analysis-answer").get_by_role("table", name=name, exact=True).locator("tbody tr")
    return [[cell.strip() for cell in row.locator("th, td").all_text_contents()] for row in rows.all()]


def whole(text: str) -> int:
    return int(text.replace(",", ""))


CLICKERS = f"""
WITH clicked AS (
  SELECT customer_id, min(first_click_at) AS begun FROM fct_message_recipient
  WHERE clicks > 0 AND NOT is_bot_click AND first_click_at::DATE >= $1 AND first_click_at::DATE < $2
    AND customer_id IS NOT NULL GROUP BY ALL
), bought AS (SELECT customer_id, created_at FROM fct_order WHERE {VALID})
SELECT count(DISTINCT c.customer_id), count(DISTINCT b.customer_id) FROM clicked c
LEFT JOIN bought b ON b.customer_id = c.customer_id AND epoch(b.created_at) - epoch(c.begun) BETWEEN 0 AND 7 * 86400
"""


def test_orders_within_a_week_of_an_email_click_are_counted(open_as: OpenAs, company: Path) -> None:
    page = open_as("")
    title(page, "Home")
    with task("Orders after a click in an e-mail", page, acts=3) as person:
        person.presses("Control+k")
        person.types("funnel from email clicks to orders")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Funnel from email clicks to orders")
        person.presses("Enter")
        sentence(page, "got from Email clicks to Orders")
    [(clicked, bought)] = asked(company, CLICKERS, *weeks())
    assert clicked > 50
    assert [whole(line[1]) for line in lines(page, "Steps")] == [clicked, bought]
    check_page_on_every_screen(page)


TOO_OFTEN = """
SELECT count(*), count(*) FILTER (messages > 2), count(DISTINCT customer_id) FILTER (messages > 2) FROM (
  SELECT customer_id, date_trunc('week', sent_date) AS week, count(*) AS messages FROM fct_message_recipient
  WHERE delivered AND customer_id IS NOT NULL AND sent_date >= $1 AND sent_date < $2 GROUP BY ALL)
"""


def test_people_who_get_more_than_two_messages_a_week_are_counted(open_as: OpenAs, company: Path) -> None:
    page = open_as("analyses")
    sentence(page, "got from")
    with task("More than two messages a week", page, acts=5) as person:
        person.click(page.get_by_role("radio", name="Contact pressure"))
        sentence(page, "messages a week on average")
        person.click(page.get_by_role("spinbutton", name="Weekly limit"))
        person.presses("Control+A")
        person.types("2")
        person.presses("Enter")
        sentence(page, r"more than 2\b")
    [(every, above, people)] = asked(company, TOO_OFTEN, *weeks())
    *counts, total = lines(page, "Messages in a week")
    assert whole(total[1]) == every
    assert sum(whole(line[1]) for line in counts if whole(line[0]) > 2) == above
    sentence(page, rf"had more than 2\. {people:,} people had such a week\.")
    check_page_on_every_screen(page)


AT_RISK = f"""
WITH orders AS (
  SELECT * FROM fct_order WHERE {VALID} AND order_date >= $1 AND order_date < $2
  AND customer_key IN (SELECT customer_key FROM dim_customer)),
buyers AS (SELECT customer_id, count(*) AS orders, max(order_date) AS newest FROM orders GROUP BY customer_id),
scored AS (
  SELECT 1 + 5 * (SELECT count(*) FROM buyers worse WHERE worse.newest < one.newest) // (SELECT count(*) FROM buyers)
    AS recency,
  1 + 5 * (SELECT count(*) FROM buyers worse WHERE worse.orders < one.orders) // (SELECT count(*) FROM buyers)
    AS frequency FROM buyers one)
SELECT count(*), count(*) FILTER (recency <= 2 AND frequency >= 4) FROM scored
"""


def test_good_customers_who_have_not_ordered_for_long_are_found(open_as: OpenAs, company: Path) -> None:
    page = open_as("analyses")
    sentence(page, "got from")
    with task("Good customers who stay away, and who they are", page, acts=6) as person:
        person.click(page.get_by_role("radio", name="RFM"))
        sentence(page, "customers ordered, on average")
        groups = {line[0]: whole(line[1]) for line in lines(page, "Groups")}
        person.click(page.get_by_role("combobox", name="People", exact=True))
        person.types("at risk")
        person.presses("Enter")
        expect(page.get_by_role("combobox", name="People", exact=True)).to_have_value(re.compile("at risk"))
        wait_until_idle(page)
        person.click(page.get_by_role("button", name="Use these people in…"))
        person.click(page.get_by_role("option", name="Who are they?").or_(page.get_by_text("Who are they?")).first)
        sentence(page, "at risk")
    [(everyone, at_risk)] = asked(company, AT_RISK, *months())
    assert (sum(groups.values()), groups["At risk"]) == (everyone, at_risk)
    assert '"profile"' in parameters(page)["a"][0]
    check_page_on_every_screen(page)


BACK = """
WITH orders AS (
  SELECT o.*, c.country FROM fct_order o JOIN dim_customer c USING (customer_key)
  WHERE NOT is_test AND status <> 'cancelled'
), firsts AS (
  SELECT customer_id, min_by(country, created_at) AS country, date_trunc('month', min(order_date)) AS month
  FROM orders GROUP BY customer_id
)
SELECT geo.country, count(*), count(*) FILTER (month < $2::DATE - INTERVAL 1 MONTH), count(*) FILTER (EXISTS (
  SELECT 1 FROM orders WHERE orders.customer_id = firsts.customer_id
  AND date_trunc('month', order_date) = firsts.month + INTERVAL 1 MONTH)
  AND month < $2::DATE - INTERVAL 1 MONTH)
FROM firsts JOIN dim_geo geo ON geo.country_code = firsts.country OR geo.country = firsts.country
WHERE month >= $1 AND month < $2 GROUP BY ALL
"""


def test_repeat_orders_of_new_customers_are_split_by_country(open_as: OpenAs, company: Path) -> None:
    page = open_as("analyses")
    sentence(page, "got from")
    with task("Who orders again the month after, by country", page, acts=4) as person:
        person.click(page.get_by_role("radio", name="Retention"))
        sentence(page, r"came back for orders in month 1\.")
        person.click(page.get_by_role("combobox", name="Break down by"))
        person.types("Customer country")
        person.presses("Enter")
        expect(page.get_by_text("Came back in month 1, by customer country", exact=True)).to_be_visible()
        wait_until_idle(page)
    expected = [
        [country, f"{every:,}", f"{100 * back / eligible:.1f}%"]
        for country, every, eligible, back in asked(company, BACK, *months())
    ]
    assert len(expected) > 4
    assert sorted(line[:3] for line in lines(page, "Groups")) == sorted(expected)
    check_page_on_every_screen(page)
