"""An answer as the cells of a table on paper: keys, numbers and changes as they are read on screen, totals bold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.display.change import change_text, verdict
from semantic.display.evidence import evidence
from semantic.display.export_xlsx import grid_head
from semantic.display.export_rows import file_columns
from semantic.display.format import counted, grid_label, writer
from semantic.display.paper.table import Cell, Head, Table
from semantic.display.pivot import Line, default_across, pivoted
from semantic.display.rows import (
    Kinds,
    ShownColumn,
    changes,
    is_other,
    is_total,
    key_cells,
    main_values,
    numbers_beside,
    row_kinds,
    shown_columns,
)
from semantic.display.tokens import LIGHT
from semantic.result import Result, ResultColumn

MOST_ROWS = 200
"""Rows of one table on paper; a file for reading is no place for more."""

_INKS = {"better": LIGHT.favourable, "worse": LIGHT.unfavourable, "": LIGHT.muted}


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """The table, and in a sentence what of the answer it leaves out; "" when nothing."""

    table: Table
    left_out: str = ""
