"""Every kind of analysis that the page has, in the order of its menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pages.analyses.funnel.page import FUNNEL_PAGE
from pages.analyses.kind import KindPage
from pages.analyses.paths.page import PATHS_PAGE
from pages.analyses.profile.page import PROFILE_PAGE
from pages.analyses.rfm.page import RFM_PAGE
from pages.analyses.step_change.page import STEP_CHANGE_PAGE

KIND_PAGES: Final[Mapping[str, KindPage]] = {
    page.name: page
    for page in (
        FUNNEL_PAGE,
        PATHS_PAGE,
        PROFILE_PAGE,
        RFM_PAGE,
        STEP_CHANGE_PAGE,
    )
}  # fmt: skip
"""The page of every kind, by the kind's name in definitions."""
