"""The block "Good to know": the first of a person's metrics that changed, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell import links, session
from pages.shell.live import start_question, wait_for_unrecorded
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from semantic.display.format import MISSING
from semantic.display.rows import main_values
from semantic.display.words.headline import headline as finding_of
from semantic.display.words.kpi import KpiChange, only_row, read_headline
from semantic.explore.weekly import headline
from semantic.results.finality import open_days
from semantic.results.result import Result

MOST = 8


@st.fragment(parallel=True)
@in_turn
def finding(names: Sequence[str]) -> None:
    """Draw a sentence about the first tile's number that changed, worse changes first, or nothing if none changed."""
    workspace, actor = session.require("viewer")
    slot = st.empty()
    slot.skeleton(40)
    seen = workspace.visible(actor)
    pending = [start_question(headline(seen.metric(name), seen), workspace, actor) for name in names[:MOST]]
    results = [result for result in map(wait_for_unrecorded, pending) if result is not None]
    first = min(filter(_is_change, results), key=_rank, default=None)
    sentence = finding_of(first) if first is not None else ""
    if first is None or not sentence:
        slot.empty()
        return
    with slot.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="good-to-know"):
        st.markdown(f":material/lightbulb: **Good to know.** {plain(sentence)}", width="stretch")
        links.explore_link("Explore", first.query, width="content")


def _change(result: Result) -> KpiChange | None:
    if not result.table.num_rows or result.keys:
        return None
    return next(iter(read_headline(main_values(result)[0], only_row(result), result).changes), None)


def _is_change(result: Result) -> bool:
    """Return whether a number changed enough to mention and is final."""
    change = _change(result)
    return change is not None and not change.is_same and not open_days(result) and change.text != MISSING


def _rank(result: Result) -> bool:
    """Return the sort key: False for a change for the worse, which comes first."""
    change = _change(result)
    return change is None or change.verdict != "worse"
