"""Every kind of analysis that the page has, in the order of its menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pages.analyses.anomalies.page import ANOMALIES_PAGE
from pages.analyses.funnel.page import FUNNEL_PAGE
from pages.analyses.kind import KindPage
from pages.analyses.maturity.page import MATURITY_PAGE

KIND_PAGES: Final[Mapping[str, KindPage]] = {
    page.name: page
    for page in (
        FUNNEL_PAGE,
        ANOMALIES_PAGE,
        MATURITY_PAGE,
    )
}  # fmt: skip
"""The page of every kind, by the kind's name in definitions."""
