"""Run axe, a common accessibility checker, on the current page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.screen import wait_until_idle
from tests.browser.windows import NARROW, WIDE, Mode
from tests.provider import node_package

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


STREAMLITS_OWN = {
    # A navigation with groups wraps each group's items in a <div>; we can't change its elements.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
    # The point under the pointer of st.metric's sparkline, whose number and change are in text next to it.
    "svg-img-alt": "[data-testid=stMetric] g.role-mark",
}
"""For each rule, a selector of the elements in Streamlit's own markup that break it, which Samepage can't change."""


FIND = """async ([rules, accepted]) => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], elementRef: true })
    const found = violations.flatMap(({ id, nodes }) => nodes.map(node => ({ id, ...node })))
    if (!found.every(({ element }) => element.isConnected)) continue
    return found.filter(({ id, element }) => !(accepted[id] && element.matches(accepted[id])))
      .map(({ id, target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`)
  }
  throw new Error("The page replaces elements each time axe checks it.")
}"""
"""Checks again if an element was replaced during the check, such as a sparkline that was drawn in a new width."""


SCREENS: tuple[tuple[int, Mode], ...] = ((WIDE, "light"), (NARROW, "dark"))


def violations(page: Page) -> list[str]:
    """Return the violations that axe finds on the current page, except the accepted ones."""
    wait_until_idle(page)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate((node_package("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(FIND, [RULES, STREAMLITS_OWN])
