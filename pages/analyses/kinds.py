"""The kinds of analysis on the page, in the order of its menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pages.analyses.anomalies.page import ANOMALIES_PAGE
from pages.analyses.funnel.page import FUNNEL_PAGE
from pages.analyses.kind import KindPage
from pages.analyses.maturity.page import MATURITY_PAGE
from pages.analyses.overlap.page import OVERLAP_PAGE
from pages.analyses.paths.page import PATHS_PAGE
from pages.analyses.pressure.page import PRESSURE_PAGE
from pages.analyses.profile.page import PROFILE_PAGE
from pages.analyses.retention.page import RETENTION_PAGE
from pages.analyses.rfm.page import RFM_PAGE
from pages.analyses.step_change.page import STEP_CHANGE_PAGE

KIND_PAGES: Final[Mapping[str, KindPage]] = {
    page.name: page
    for page in (
        FUNNEL_PAGE,
        RETENTION_PAGE,
        PATHS_PAGE,
        OVERLAP_PAGE,
        PRESSURE_PAGE,
        PROFILE_PAGE,
        RFM_PAGE,
        STEP_CHANGE_PAGE,
        ANOMALIES_PAGE,
        MATURITY_PAGE,
    )
}  # fmt: skip
"""The page of each kind, by the name that definitions use for the kind."""
