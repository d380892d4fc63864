"""From nothing to a board over a company's own tables, in the browser and in the shell, with numbers added by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from semantic.display.tokens import DARK, LIGHT
from tests.browser.axe import SCREENS, violations
from tests.browser.own_data import own_server, write_shop
from tests.browser.screen import OpenAs, rgb, scrolls_sideways, title
from tests.browser.windows import HEIGHT, WIDE
from tests.engines import ask_postgres, postgres_database

POSTGRES_SHOP = """
create table orders (order_id bigint primary key, ordered_at timestamp not null, customer_id bigint, channel text,
  total numeric(10, 2) not null);
insert into orders values (1001, '2026-03-02 09:15:00', 501, 'search', 40.50), (1002, '2026-03-05 16:40:00', 502,
  'email', 54.00), (1003, '2026-03-09 11:05:00', null, 'search', 15.00), (1004, '2026-03-11 10:00:00', 501, 'social',
  12.75), (1005, '2026-04-01 00:00:00', 503, 'email', 14.99), (1006, '2026-04-20 18:30:00', 502, 'search', 12.75),
  (1007, '2026-04-30 23:59:59', 501, 'email', 4.40), (1008, '2026-05-04 08:00:00', 504, 'search', 30.00);
create table customers (customer_id bigint primary key, email text, country text, first_seen date);
insert into customers values (501, 'ada@example.com', 'United Kingdom', '2025-11-02'), (502, 'ben@example.com',
  'France', '2025-12-24'), (503, 'cleo@example.com', 'Germany', '2026-01-15'), (504, 'dev@example.com',
  'United Kingdom', '2026-02-01')
"""


@pytest.fixture(scope="module")
def files_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("own")
    with own_server(folder, str(write_shop(folder / "shop"))) as address:
        yield address


@pytest.fixture(scope="module")
def postgres_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same shop in PostgreSQL."""
    folder = tmp_path_factory.mktemp("own")
    with postgres_database(POSTGRES_SHOP) as url:
        assert ask_postgres(url, "select count(*), sum(total) from orders") == [(8, "184.39")]
        with own_server(folder, url) as address:
            yield address


def choose_tables(page: Page) -> None:
    """Do the first two steps: choose the main connection, and all its tables."""
    page.get_by_role("button", name="Show tables").click()
    expect(page.get_by_role("checkbox", name="orders")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Choose all").click()
    expect(page.get_by_role("checkbox", name="orders")).to_be_checked()
    page.get_by_role("button", name="Draft a model").click()


def answer_questions(page: Page) -> None:
    """Do the third step: nothing can be published until the time zone and the currency are known."""
    onward = page.get_by_role("button", name="See first answers")
    expect(onward).to_be_visible()
    expect(onward).to_be_disabled()
    page.get_by_role("button", name="Use UTC").click()
    expect(page.get_by_role("button", name="Use UTC")).to_have_count(0)
    page.get_by_role("button", name="Use EUR").click()
    expect(onward).to_be_enabled()
    onward.click()


def first_answers(page: Page) -> None:
    """Check the fourth step: eight orders worth 184.39 and four customers. Three orders have a known customer."""
    orders = page.locator(".st-key-first-orders")
    expect(orders).to_contain_text("8")
    expect(orders).to_contain_text("matches the table")
    expect(page.locator(".st-key-first-customers")).to_contain_text("matches the table")
    expect(page.locator(".st-key-first-total")).to_contain_text("€184.39")


def open_board(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("link", name="Open the board").click()
    title(page, "Orders")
    expect(page.get_by_text("€184.39").first).to_be_visible()


def is_accessible(page: Page) -> None:
    """Check with axe, on a laptop in light mode and a phone in dark mode, that nothing is inaccessible or cut off."""
    for width, mode in SCREENS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=mode)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb((LIGHT, DARK)[mode == "dark"].page))
        assert violations(page) == [], (width, mode)
        assert not scrolls_sideways(page), width
        expect(page.get_by_test_id("stException")).to_have_count(0)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.emulate_media(color_scheme="light")


def test_from_files_to_a_board(files_shop: str, open_as: OpenAs) -> None:
    page = open_as(at=files_shop, person="Ruth")
    page.get_by_role("link", name="Add data").click()
    title(page, "Add data")
    is_accessible(page)
    choose_tables(page)
    answer_questions(page)
    first_answers(page)
    expect(page.get_by_text("All questions answered.")).to_have_count(0)  # until then the third step is still chosen
    page.get_by_role("radio", name="3. Draft model").click()
    expect(page.get_by_text("All questions answered.")).to_be_visible()
    is_accessible(page)
    page.reload()  # what was chosen and answered outlasts the tab
    expect(page.get_by_text("All questions answered.")).to_be_visible()
    page.get_by_role("button", name="See first answers").click()
    first_answers(page)
    is_accessible(page)
    open_board(page)


def test_from_postgres_to_a_board(postgres_shop: str, open_as: OpenAs) -> None:
    page = open_as("add-data", at=postgres_shop, person="Ruth")
    choose_tables(page)
    answer_questions(page)
    first_answers(page)
    open_board(page)
