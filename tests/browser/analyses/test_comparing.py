"""Comparing two periods in a real browser: a typical question in at most eight actions, and its answer on every
screen.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.analyses_screen import lines, sentence
from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, parameters, title, wait_until_idle

COMPARED = r"^Visit to Purchase: [\d.]+%, (up|down) [\d.]+ points from Q2 2026 \([\d.]+%\), (no )?more than chance "


def test_visit_to_order_is_compared_with_the_previous_quarter(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("Is visit to order better than the quarter before", page, acts=7) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        sentence(page, "got from Visit to Purchase")
        person.click(page.get_by_role("combobox", name="Period"))
        person.types("Q3 2026")
        person.presses("Enter")
        expect(page.get_by_text("1 Jul – 30 Sep 2026").first).to_be_visible()
        person.click(page.get_by_role("combobox", name="Compare with"))
        person.types("Previous")
        person.presses("Enter")
        sentence(page, COMPARED)
    assert '"compare":[{"to":"previous"}]' in parameters(page)["a"][0]
    expect(page.get_by_text("The line across each bar is the share of the first step in Q2 2026.")).to_be_visible()
    counts = lines(page, 1)
    assert [line[0] for line in counts] == ["Visit", "Product view", "Cart", "Checkout", "Purchase"]
    visits, purchases = ([int(text.replace(",", "")) for text in counts[place][1:3]] for place in (0, 4))
    now, before = (100 * part / whole for part, whole in zip(purchases, visits, strict=True))
    found = re.search(r"(up|down) ([\d.]+) points", page.get_by_role("heading", level=2).inner_text())
    assert found is not None
    assert abs((now - before) * (1 if found[1] == "up" else -1) - float(found[2])) < 0.051
    wait_until_idle(page)
    check_page_on_every_screen(page)
