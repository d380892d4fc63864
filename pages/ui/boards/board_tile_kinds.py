"""What a tile shows of its answer: a number, a chart, a table, a pivot, or words of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.meter import pace_meter
from pages.ui.number import change_line, change_mark
from pages.ui.parts import plain
from pages.ui.result import pictures
from pages.ui.result.cells import Look
from pages.ui.result.pivot import pivot_table
from pages.ui.result.selection import rows_of
from pages.ui.result.table import table
from pages.ui.still import StillFigure
from pages.ui.theme import current_tokens
from semantic.boards.picks import picked
from semantic.display.board_text import Block, Span, blocks
from semantic.display.format import MISSING
from semantic.display.headline import course, only_row, read_headline
from semantic.display.pivot import default_across
from semantic.display.rows import main_values
from semantic.display.template import CONFIG

if TYPE_CHECKING:
    from pages.ui.boards.board_tile import Held
    from semantic.boards.board import Chosen
    from semantic.display.board_shown import TileShown
    from semantic.display.chart import Chart
    from semantic.result import Result
    from semantic.workspace import Workspace

ROW, HEAD = 34, 37  # pixels of a table's rows and its heads
TIGHTEST = {"bar": 0.6, "stacked": 0.6, "share": 0.6, "line": 0.55, "area": 0.55, "scatter": 0.6, "pie": 0.6}
"""How much lower than by itself a chart of a kind may be drawn; others keep the height that their rows need."""

LOOSEST = 1.8
"""How much higher: one bar alone would be a slab."""


@dataclass(frozen=True, slots=True)
class Picks:
    """What a click on a mark does, if anything: `take` is given the members behind it."""

    take: Callable[[Chosen], None] | None = None


# A number


def number(shown: TileShown, result: Result, name: str) -> None:
    """The value with its change, its course and its pace; or why there is none."""
    column = main_values(result)[0]
    found = read_headline(column, only_row(result), result)
    first = found.changes[0] if len(found.changes) == 1 else None
    st.metric(
        plain(shown.title),
        found.value,
        change_mark(first) if first is not None and first.text != MISSING else None,
        delta_color="off",
        delta_arrow="off",
        label_visibility="collapsed",
        chart_data=course(shown.line) if shown.line is not None else None,
    )
    if found.missing:
        st.markdown(f":small[:gray[{plain(found.missing)}]]")
    elif first is not None:
        nothing = f"Nothing to compare with in the {first.against}"
        said = nothing if first.text == MISSING else f"from {first.earlier}, {first.against}"
        st.markdown(f":small[:gray[{plain(said)}]]")
    else:
        for one in found.changes:
            st.markdown(change_line(one))
    if shown.pace is not None:
        pace_meter(shown.pace, column, key=name)
    elif shown.no_pace is not None and not found.missing:
        st.markdown(f":small[:gray[{plain(shown.no_pace.word)}]]", help=plain(shown.no_pace.why))


# A chart


def chart(held: Held, result: Result, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """The chart of the kind that was chosen, else of the rule's."""
    tile = held.question.tile
    found = pictures.picture(result, current_tokens(), tile.chart or None, held.remarks)
    if found.kind == "tiles":
        _numbers(result)
    elif found.figure is not None:
        _figure(held, found, result, name, height, workspace, picks)
    elif found.kind == "table":
        grid(held, result, name, height, workspace, picks)
    else:
        st.caption(plain(found.reason))
    if found.note:
        st.markdown(f":small[:gray[{plain(found.note)}]]")


def _numbers(result: Result) -> None:
    """Numbers without a breakdown, beside each other."""
    row = only_row(result)
    with st.grid(4, min_column_width=130, gap="small"):
        for one in main_values(result):
            with st.container(gap="xxsmall"):
                found = read_headline(one, row, result)
                st.metric(plain(one.label), found.value)
                for change in found.changes:
                    st.markdown(change_line(change))


def _figure(
    held: Held, found: Chart, result: Result, name: str, height: int, workspace: Workspace, picks: Picks
) -> None:
    widget = f"{name}-chart-{found.kind}-{held.again}"
    picking: dict[str, Any] = {}
    if picks.take is not None and "points" in found.selectable and isinstance(found.figure, StillFigure):

        def clicked() -> None:
            # Any: Streamlit's state of a figure's selection.
            chosen: Any = st.session_state[widget].selection
            _take(held, result, rows_of(chosen.points, result), "", workspace, picks)

        picking = {"on_select": clicked, "selection_mode": "points"}
    st.plotly_chart(found.figure, config=CONFIG, key=widget, alt=found.alt, height=_height(found, height), **picking)


def _height(found: Chart, wanted: int) -> Any:
    """The row's height, as far as the chart can be drawn in it. Any: pixels or a word."""
    if found.kind not in TIGHTEST or not isinstance(found.figure, StillFigure):
        return "content"
    natural: int = found.figure.parts["layout"].get("height") or wanted
    least, most = int(natural * TIGHTEST[found.kind]), int(natural * LOOSEST)
    return max(least, min(wanted, most))


def _take(held: Held, result: Result, rows: Sequence[int], column: str, workspace: Workspace, picks: Picks) -> None:
    """Gives the members behind some rows to the board, which then draws its other tiles anew."""
    around = pictures.surroundings(result, workspace, held.actor)
    seen = workspace.visible(held.actor)
    found = picked(result, rows, around.asked, seen, tile=held.question.tile.id, column=column) if rows else ()
    if picks.take is None or not found:
        return
    for one in found:
        picks.take(one)
    st.rerun()


# Tables


def grid(held: Held, result: Result, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """The first rows at the row's height, and a button for all of them. A click on a number opens its passport, one on
    a member picks it."""
    made = pictures.grid(result, current_tokens(), Look())
    fits = max(5, (height - HEAD) // ROW)
    count = len(made.places)
    widget = f"{name}-table-{held.again}"

    def clicked() -> None:
        # Any: Streamlit's state of a grid's selection.
        cells: Any = st.session_state[widget].selection.cells
        if cells and 0 <= cells[0][0] < len(made.places) and cells[0][1] in made.columns:
            row, column = made.places[cells[0][0]], str(cells[0][1])
            if any(one.name == column for one in result.keys):
                _take(held, result, [row], column, workspace, picks)
            else:
                held.cell = row, _number_of(column, result)

    low = {} if held.all_rows else {"rows": fits, "height": HEAD + ROW * fits}
    table(result, made, key=widget, on_select=clicked, **low)
    if count > fits:
        _more(held, made.note, name)


def _number_of(column: str, result: Result) -> str:
    """The metric's column that a cell is of: of a change the one that has changed."""
    for end in (" share", " interval"):
        column = column.removesuffix(end)
    if column.endswith(" change"):
        before = next((one for one in result.values if one.name == column.removesuffix(" change")), None)
        return before.name.removesuffix(f"_{before.compare}") if before is not None else ""
    return column


def _more(held: Held, note: str, name: str) -> None:
    def turn() -> None:
        held.all_rows = not held.all_rows

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = "Fewer rows" if held.all_rows else "More rows"
        st.button(label, key=f"{name}-more", type="tertiary", on_click=turn)
        st.markdown(f":small[:gray[{plain(note)}]]", width="content")


def pivot(held: Held, result: Result, name: str, workspace: Workspace, picks: Picks) -> None:
    """Rows and columns of members."""
    made = pictures.pivot(result, workspace, held.actor, current_tokens(), default_across(result))
    widget = f"{name}-pivot-{held.again}"

    def clicked() -> None:
        # Any: Streamlit's state of a grid's selection.
        cells: Any = st.session_state[widget].selection.cells
        found = made.cells.get((cells[0][0], str(cells[0][1]))) if cells else None
        if found is not None:
            held.cell = found

    pivot_table(result, made, key=widget, on_select=clicked)


# Words


def text(written: str) -> None:
    """A text tile: paragraphs and lists with bold and italic; everything else in it is text."""
    st.markdown(text_markdown(written))


def text_markdown(written: str) -> str:
    """The same as Markdown in which nothing but that has a meaning."""
    return "\n\n".join(_markdown(one) for one in blocks(written))


def _markdown(block: Block) -> str:
    lines = ["".join(map(_span, spans)) for spans in block.lines]
    # What nobody sees stands before each line, so that none of dashes or equals signs makes a heading, list or rule.
    match block.kind:
        case "bullet":
            return f"- {JOINER}{lines[0]}"
        case "number":
            return f"{block.number}. {JOINER}{lines[0]}"
        case _:
            return "  \n".join(f"{JOINER}{line}" for line in lines)


JOINER = "\N{WORD JOINER}"


def _span(one: Span) -> str:
    return {"bold": f"**{plain(one.text)}**", "italic": f"*{plain(one.text)}*"}.get(one.style, plain(one.text))
