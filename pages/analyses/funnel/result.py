"""The result of a funnel on the page."""

from __future__ import annotations

from pages.analyses.kind import Shown


def result(shown: Shown) -> None:
    """Draw the chart of a funnel."""
