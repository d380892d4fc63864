"""People of a funnel in a real browser: from a drop to who dropped out, and on to other analyses, in at most eight
actions.
"""

from __future__ import annotations

import re

from tests.browser.analyses_screen import lines, sentence
from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, parameters, title


def test_groups_of_people_who_dropped_out_are_shown_and_followed_up(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("Who dropped out, and did they come back", page, acts=5) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        sentence(page, r"% of visitors got from Visit to Purchase\.")
        counts = {line[0]: int(line[1].replace(",", "")) for line in lines(page, 0)}
        person.click(page.get_by_role("button", name=re.compile("^Visit → Product view")))
        person.click(
            page.get_by_role("option", name="Who dropped out?").or_(page.get_by_text("Who dropped out?")).first
        )
        sentence(page, "among the .*visitors who reached Visit but not Product view")
        lost, kept = counts["Visit"] - counts["Product view"], counts["Product view"]
        for place in range(page.locator(".st-key-analysis-answer table").count()):
            table = lines(page, place)  # everyone is in one group of each breakdown
            assert sum(int(line[1].replace(",", "")) for line in table) == lost
            assert sum(int(line[3].replace(",", "")) for line in table) == kept
        person.click(page.get_by_role("button", name="Use these people in…"))
        person.click(page.get_by_role("option", name="Funnel").or_(page.get_by_role("menuitem", name="Funnel")).first)
        sentence(page, "visitors")
    assert '"of"' in parameters(page)["a"][0]
    page.get_by_text("Only visitors who reached Visit but not Product view").first.wait_for()
    check_page_on_every_screen(page)
