"""The table of the dimensions that can break down and filter a metric, with a search. Unavailable ones show
the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import block, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.display.words.slices import LATEST, RECOMPUTED, SUMMED, Slice, filtered, slices
from semantic.query.describe import upper_first
from semantic.query.query import Query

MOST = 14
PART = ":orange[:material/contrast:]"
YES, NO = ":green[:material/check:]", ":gray[:material/close:]"
SIGNS = {
    SUMMED: (":material/functions:", "sum of the groups"),
    LATEST: (":material/block:", "not summed over time"),
    RECOMPUTED: (":material/refresh:", "recalculated from the rows"),
}
"""How a total is calculated, by icon and in words."""

FITS, NOT = "Available", "Not available"


@st.fragment
@in_turn
def slice_by(name: str) -> None:
    """Draw the table of a metric. Only visible rows are drawn, so a hundred dimensions draw as fast as a few."""
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric = seen.metric(name)
    checked = workspace.preflight(Query(metrics=(name,)), actor)
    every = slices(metric, checked, seen)
    fits = [each_slice for each_slice in every if each_slice.fits]
    note = f"{counted(len(fits), 'dimension')} available, {len(every) - len(fits)} not"
    with block("Dimensions", note):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            text = st.text_input(
                "Search dimensions", key=f"slice-search-{name}", live=True, icon=":material/search:", width=320,
                label_visibility="collapsed", placeholder="Search dimensions",
            )  # fmt: skip
            side = st.segmented_control(
                "Which", [FITS, NOT], default=FITS, key=f"slice-side-{name}", required=True,
                label_visibility="collapsed",
            )  # fmt: skip
        rows = filtered([each_slice for each_slice in every if each_slice.fits is (side == FITS)], text or "")
        if not rows:
            st.caption(_none(text or "", side == FITS, filtered(every, text or "")))
            return
        shown = rows if st.session_state.get(f"slice-all-{name}") else rows[:MOST]
        (_fitting if side == FITS else _others)(shown)
        if len(shown) < len(rows):
            st.button(
                f"Show all {len(rows)}", key=f"slice-more-{name}", type="tertiary", on_click=_show_all, args=(name,)
            )


def _show_all(name: str) -> None:
    st.session_state[f"slice-all-{name}"] = True


def _none(text: str, fits: bool, elsewhere: Sequence[Slice]) -> str:
    if elsewhere:
        return f"{plain(elsewhere[0].dimension.label or elsewhere[0].dimension.name)} is in the other list."
    if text:
        return "No matching dimensions."
    return (
        "This metric has no dimensions that you can use."
        if fits
        else "None. This metric works with every dimension you can use."
    )


def _fitting(found: Sequence[Slice]) -> None:
    st.table(
        {
            "Dimension": [f"**{plain(_label(each_slice))}**" for each_slice in found],
            "Of": [plain(each_slice.group) for each_slice in found],
            "Break down": [YES] * len(found),
            "Filter": [YES] * len(found),
            "Periods": [each_slice.grains for each_slice in found],
            "Total": [SIGNS[each_slice.total][0] for each_slice in found],
        },
        border="horizontal",
        hide_index=True,
        alt="Dimensions this metric can be broken down and filtered by.",
    )
    used = [SIGNS[total] for total in dict.fromkeys(each_slice.total for each_slice in found)]
    said = ", ".join(f"{icon} {words}" for icon, words in used)
    st.markdown(f":small[:gray[Total: {said}.]]")


def _others(found: Sequence[Slice]) -> None:
    st.table(
        {
            "Dimension": [f"**{plain(_label(each_slice))}**" for each_slice in found],
            "Break down": [NO] * len(found),
            "Filter": [PART if each_slice.filters == "part" else NO for each_slice in found],
            "Why not": [plain(_why(each_slice)) for each_slice in found],
        },
        border="horizontal",
        hide_index=True,
        alt="Dimensions this metric can't be broken down or filtered by, and why.",
    )
    if any(each_slice.filters == "part" for each_slice in found):
        text = "filters only the part of this metric that has the dimension; results say so"
        st.markdown(f":small[:gray[{PART} {text}.]]")
    ways = [(each_slice, way) for each_slice in found for way in each_slice.ways]
    if ways:
        with st.container(horizontal=True, gap="small"):
            for each_slice, (label, query) in ways[:6]:
                links.explore_link(
                    f"{_label(each_slice)}: {label}", query, icon=":material/alt_route:", width="content"
                )


def _why(slice_: Slice) -> str:
    """Return only the reason, because the metric and the dimension are next to it."""
    return upper_first(slice_.reason.partition(": ")[2] or slice_.reason)


def _label(slice_: Slice) -> str:
    return slice_.dimension.label or slice_.dimension.name
