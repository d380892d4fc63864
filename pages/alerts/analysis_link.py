"""The link from an alert to the analysis that it watches, with the alert's periods."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.shell import links
from semantic.alerts.analysis_numbers import asked_over
from semantic.alerts.readings import first_of
from semantic.query.periods import Calendar, shift
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from semantic.alerts.alert import AnalysisNumber
    from semantic.model.definitions import Granularity
    from semantic.workspace import Workspace

SHOWN: Final = 26
"""The number of periods that the opened analysis covers."""

ONE: Final = timedelta(days=1)


def analysis_link(of: AnalysisNumber, grain: Granularity, workspace: Workspace) -> None:
    """Draw the link, unless the analysis filters by a person. Names of people don't go into addresses."""
    if is_personal(of, workspace) or links.ANALYSES not in st.session_state.get(links.OPEN, {}):
        return
    settings = workspace.model.settings
    end = first_of(workspace.today(), grain, Calendar(settings.week_start, settings.fiscal_start))
    asked = asked_over(of, grain, shift(end, grain, -SHOWN), end - ONE)
    st.page_link(
        links.page_of(links.ANALYSES), label="Open analysis", icon=":material/conversion_path:", width="content",
        query_params={links.ANALYSIS: asked.text},
    )  # fmt: skip


def is_personal(of: AnalysisNumber, workspace: Workspace) -> bool:
    """Return whether the analysis filters by a person."""
    named = of.names
    return named.where is not None and names_a_person(named, workspace.model)
