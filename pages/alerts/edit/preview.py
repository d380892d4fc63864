"""The preview next to the form: when the alert would have fired, and whether that's too often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from pages.alerts.computing import Outcome, show_computed
from pages.alerts.drawing import as_watched, draw_watched
from pages.shell import session
from pages.shell.parts import heading, plain
from semantic.alerts.alert import Alert, OutsideUsual
from semantic.errors import SemanticError
from semantic.services.alerts.work import Preview

KEY: Final = "alert-preview"
TOO_STRICT: Final = "If that's too rare, choose a smaller limit or a higher sensitivity."
HOW: Final = "Uses today's data, and assumes that past data arrived as late as it does now."


def preview(
    of: object, alert: Alert | None, compute: Callable[[Alert], Preview], use_usual_range: Callable[[], None]
) -> None:
    """Draw the preview of an alert or, without an alert, what the form still needs.

    `of` identifies the form and the person filling it in.
    """
    heading("Preview", "the last 180 days")
    if alert is None:
        st.caption("Fill in the form to see when this alert would have fired.")
    show_computed(KEY, of, alert, compute, lambda asked, outcome: _draw(asked, outcome, use_usual_range))


def _draw(alert: Alert, outcome: Outcome, use_usual_range: Callable[[], None]) -> None:
    if isinstance(outcome, SemanticError):
        st.markdown(f":orange[:material/error:] {plain(str(outcome))}")
        return
    replay = outcome.replay
    if replay.why_not:
        st.caption(plain(replay.why_not))
    else:
        workspace, actor = session.require("viewer")
        metric = session.alert_work(workspace, actor).watched(alert)
        draw_watched(
            [as_watched(period) for period in replay.periods], metric.label or metric.name, replay.grain,
            outcome.write, key="alert-preview-chart", remarks=outcome.asked.remarks,
        )  # fmt: skip
        st.markdown(plain(replay.words))
    if replay.warning:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="alert-preview-warning"):
            st.markdown(f":orange[:material/notifications_off:] {plain(replay.warning)}", width="stretch")
            if not isinstance(alert.rule, OutsideUsual):
                st.button("Use usual range", key="alert-use-usual", on_click=use_usual_range)
    elif not replay.why_not and not replay.fired:
        st.caption(TOO_STRICT)
    for doubt in outcome.doubts:
        st.caption(f":orange[:material/info:] {plain(doubt)}")
    if not replay.why_not:
        st.caption(HOW)
