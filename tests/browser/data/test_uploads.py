"""A marketer's journey with their own file: from a spreadsheet to a number in Explore, a newer file, and
its deletion.
"""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle

PLAN = "Media plan\n\nMonth;Channel;Budget\n01.10.2025;Search;1.234,50\n01.11.2025;Podcast;80\nTotal;;1.314,50\n"
NEWER = "Month;Channel;Budget\n01.10.2025;Search;1.000,00\n01.12.2025;Podcast;99\n"
"""One row changed, one was added, and one was removed. The total is 1,099."""


def choose(page: Page, name: str, text: str) -> None:
    content = FilePayload(name=name, mimeType="text/csv", buffer=text.encode("cp1252"))
    page.locator("input[type=file]").set_input_files(content)


def test_a_spreadsheet_becomes_a_metric_of_its_uploader(open_as: OpenAs) -> None:
    page = open_as("uploads", person="Jonas")
    title(page, "Your uploads")
    page.get_by_role("button", name="Upload a file").first.click()
    title(page, "Upload a file")
    choose(page, "media_plan.csv", PLAN)
    expect(page.get_by_text("2 rows, 3 columns")).to_be_visible()
    expect(page.get_by_text("Left out above: Media plan")).to_be_visible()
    expect(page.get_by_text("1,314.50")).to_be_visible()  # as the total of the spreadsheet says
    page.get_by_role("button", name="Add upload").click()
    title(page, "Media plan")
    check_page_on_every_screen(page)
    wait_until_idle(page)

    choose(page, "newer.csv", NEWER)
    expect(page.get_by_text("Replaces 2 rows: 1 new, 1 changed, 1 disappears.")).to_be_visible()
    page.get_by_role("button", name="Replace rows").click()
    expect(page.get_by_text("The rows were replaced.")).to_be_visible()
    page.get_by_role("link", name="Media plan: Budget").click()
    title(page, "Media plan: Budget")
    expect(page.get_by_text("1,099").first).to_be_visible()
    expect(page.get_by_text("Own data").first).to_be_visible()

    page = open_as("uploads", person="Jonas")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("I'm sure").click()
    page.get_by_role("button", name="Delete upload").click()
    expect(page.get_by_text("Media plan was deleted.")).to_be_visible()
    expect(page.get_by_text("No uploads yet")).to_be_visible()
