"""An analysis of events as a sentence and text tables, with its counting rule, for receipts and tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from pages.shell.parts import plain
from semantic.services.analyzing.presentation import telling_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable

LOW: Final = 12
"""The number of lines up to which a table is shown whole."""
HEIGHT: Final = 420


def analysis_tables(analyzed: Analyzed[Any], *, key: str) -> None:  # Any: each kind has its own finding
    """Draw the sentence and the tables of an analysis."""
    telling = telling_of(analyzed)
    st.markdown(plain(telling.sentence(analyzed)))
    tables = telling.tables(analyzed)
    for place, table in enumerate(tables):
        if len(tables) > 1:
            st.markdown(f"**{plain(table.title)}**")
        text_table(table, key=f"{key}-{place}")


def text_table(table: TextTable, *, key: str) -> None:
    """Draw a table of text, with columns of numbers aligned to the right."""
    names = unique_names(table.heads)
    columns = {name: [line[place] for line in table.lines] for place, name in enumerate(names)}
    sides = dict(zip(names, table.sides, strict=True))
    st.dataframe(
        columns, hide_index=True, height="content" if len(table.lines) <= LOW else HEIGHT, key=key,
        column_config={name: st.column_config.TextColumn(alignment=side) for name, side in sides.items()},
    )  # fmt: skip


def counting_rule(analyzed: Analyzed[Any]) -> None:
    """Draw the notes of an analysis, and its counting rule."""
    for note in telling_of(analyzed).notes(analyzed):
        st.caption(plain(note))
    if analyzed.planned.filters:
        st.caption(plain(f"Filters: {analyzed.planned.filters}."))
    st.caption(plain(f"How it counts: {' '.join(analyzed.rule)}"))


def unique_names(header: Sequence[str]) -> list[str]:
    """Return the names of columns, numbered where a name is repeated.

    >>> unique_names(["Views", "Carts", "Views"])
    ['Views', 'Carts', 'Views (2)']
    """
    names: list[str] = []
    for name in header:
        count, unique = 1, name
        while unique in names:
            count += 1
            unique = f"{name} ({count})"
        names.append(unique)
    return names
