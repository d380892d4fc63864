"""The CSV file of an analysis, with its tables, its sentence and its counting rule."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import session
from semantic.display.export.to_csv import MARK, harmless

if TYPE_CHECKING:
    from pages.analyses.kind import Answer
    from pages.analyses.state import AnalysisState

VIEWING = "Exports are off while you view as someone else."


def download(state: AnalysisState) -> None:
    """Draw the button that exports the answer on the page."""
    shown, actor = state.shown, state.actor
    is_off = shown is None or actor.viewed_by is not None
    who = session.actor_later()

    def make() -> bytes:
        """Return the file, but only to the person that the page was drawn for, because a page can outlast a sign-in."""
        if shown is None or who() != actor or actor.viewed_by is not None:
            raise PermissionError(session.EXPIRED)
        return file_of(shown[2])

    st.download_button(
        "Export", make, f"{state.kind}.csv", "text/csv", key="analysis-export", icon=":material/download:",
        on_click="ignore", disabled=is_off,
        help=VIEWING if actor.viewed_by is not None else "The tables and how they were counted, as CSV.",
    )  # fmt: skip


def file_of(answer: Answer) -> bytes:
    """Return the tables one below the other, then the sentence, the rule and the notes.

    Cells that a spreadsheet could take for formulas are escaped.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for table in answer.tables:
        writer.writerow([harmless(table.title)])
        writer.writerow([harmless(head) for head in table.heads])
        writer.writerows([harmless(cell) for cell in line] for line in table.lines)
        writer.writerow([])
    told = [answer.sentence, *answer.rule, *answer.notes]
    told += [f"Filters: {answer.filters}."] if answer.filters else []
    writer.writerows([harmless(sentence)] for sentence in (*told, answer.scope) if sentence)
    return (MARK + out.getvalue()).encode()
