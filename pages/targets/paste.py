"""The dialog for targets pasted from a spreadsheet. It checks each line while you type, and sets all
targets at once.
"""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.targets import notice
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.targets.work import TargetWork
from semantic.targets.import_lines import Lines

OPEN, TEXT = "targets-pasting", "targets-pasted"
MOST_SHOWN = 20
EXAMPLE = "metric\tperiod\tmarket\ttarget\nnet_revenue\t2026-09\tDE\t31000\nnet_revenue\t2026-Q4\t\t120000"


def open_dialog() -> None:
    st.session_state[OPEN] = True


def _close() -> None:
    st.session_state.pop(OPEN, None)


def show(work: TargetWork) -> None:
    """Draw the open dialog."""
    if st.session_state.get(OPEN) and work.may_set:
        _dialog()


@st.dialog("Paste targets", width="large", icon=":material/content_paste:", on_dismiss=_close)
@in_turn
def _dialog() -> None:
    workspace, actor = session.require("marketer")
    work = session.target_work(workspace, actor)
    st.caption(
        "Paste cells from a spreadsheet or a CSV file. The first line names the columns: metric, period, target "
        "and, if needed, a dimension such as market. Write a period as 2026-09, 2026-Q4, 2026 or "
        "2026-09-01..2026-09-14."
    )
    text = st.text_area(
        "Lines", key=TEXT, height=240, placeholder=EXAMPLE, label_visibility="collapsed"
    ) or ""  # fmt: skip
    lines = work.read(text) if text.strip() else Lines((), ())
    _problems(lines)
    ready = bool(lines.targets) and not lines.problems
    label = f"Set {counted(len(lines.targets), 'target')}" if ready else "Set targets"
    if st.button(label, type="primary", key="targets-set", disabled=not ready):
        _set(work, lines)


def _problems(lines: Lines) -> None:
    """Draw each line that can't be read, and how to fix it. No target is set until every line can be read."""
    if not lines.problems:
        return
    count = counted(len(lines.problems), "line")
    st.markdown(f":orange[:material/error:] Fix {count} to continue. Nothing is saved until all lines can be read.")
    for problem in lines.problems[:MOST_SHOWN]:
        st.markdown(f":small[{plain(str(problem))}]")
    if len(lines.problems) > MOST_SHOWN:
        st.caption(f"And {len(lines.problems) - MOST_SHOWN:,} more.")


def _set(work: TargetWork, lines: Lines) -> None:
    try:
        kept = work.keep(lines.targets)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    _close()
    st.session_state.pop(TEXT, None)
    words = f"{kept.added:,} added, {kept.changed:,} updated, {kept.same:,} unchanged."
    notice.tell("good", "flag", words)
    st.rerun()
