"""Measure what it costs to write answers and boards to files: python -m tests.bench.exports.

Compares the CPU time of this process within the same run: an answer of 100,000 rows in each format with its rows as
plain CSV, and a board of twelve tiles with one of its tiles.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import partial

from semantic.display.boards.pdf import board_pdf
from semantic.display.export.export import KINDS, export
from semantic.model.loading.load import load_model, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from tests.bench.table import cpu_ms, head, line
from tests.semantic.display.boards.test_pdf import full_board
from tests.semantic.made_results import BEFORE, CHANNEL, MONDAY, REVENUE, WEEKS, result
from tests.shop import SHOP

ROWS, ROUNDS = 100_000, 3


def main() -> None:
    steward = narrow(load_model(SHOP), read_people(read_folder(SHOP))["steward"])
    rows = [(f"Channel {place}", MONDAY, place / 7, place / 9 or None) for place in range(ROWS)]
    shown = result([CHANNEL, WEEKS, REVENUE, BEFORE], rows)
    head(f"Files of an answer of {ROWS:,} rows, and of a board")
    plain = cpu_ms(lambda: csv.writer(io.StringIO()).writerows(rows), ROUNDS)
    line("the rows as plain CSV", f"{plain:.0f} ms")
    for kind in KINDS:
        taken = cpu_ms(partial(export, shown, steward, kind), ROUNDS)
        line(f"the answer as {kind}", f"{taken:.0f} ms", f"{taken / plain:.1f} times plain CSV")
    board = full_board()
    first = board.tabs[0]
    row = first.rows[0]
    alone = replace(board, tabs=(replace(first, rows=(replace(row, tiles=row.tiles[:1], widths=(12,)),)),))
    twelve, single = (cpu_ms(partial(board_pdf, shown, steward), ROUNDS) for shown in (board, alone))
    line("a board of twelve tiles as PDF", f"{twelve:.0f} ms", f"{twelve / single:.1f} times its first tile alone")


if __name__ == "__main__":
    main()
