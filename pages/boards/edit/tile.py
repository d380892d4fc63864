"""The fields of a tile: its place, title, chart type, width, and the settings that it overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.arranger import text_key
from pages.boards.edit.composing import Composing, change, dimension_labels
from pages.boards.edit.explore_for import build_in_explore
from pages.boards.edit.origin import origin_line
from pages.boards.read import tile_kinds
from pages.shell.parts import notice, plain, unseen
from semantic.boards import edit
from semantic.boards.apply import asked
from semantic.boards.board import COMPARE, GRAIN, MOST_TILES_IN_A_ROW, PERIOD, Board, Tile, TileKind
from semantic.boards.data import LONGEST_NOTE, LONGEST_TEXT, LONGEST_TITLE, as_text
from semantic.boards.made import ask_instead, kinds_for, show_as
from semantic.display.charts.charts import choices
from semantic.display.charts.kinds import LABELS
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.display.charts.chart import Choice
    from semantic.workspace import Workspace

KIND_ICONS = {
    TileKind.NUMBER: "pin", TileKind.CHART: "show_chart", TileKind.TABLE: "table_rows",
    TileKind.PIVOT: "pivot_table_chart", TileKind.TEXT: "notes", TileKind.ANALYSIS: "query_stats",
}  # fmt: skip
KIND_LABELS = {
    TileKind.NUMBER: "Number", TileKind.CHART: "Chart", TileKind.TABLE: "Table", TileKind.PIVOT: "Pivot",
    TileKind.TEXT: "Text", TileKind.ANALYSIS: "Analysis",
}  # fmt: skip
WIDTHS = {0: "Even", 3: "A quarter", 4: "A third", 6: "A half", 8: "Two thirds", 9: "Three quarters"}
KEPT_LABELS: dict[str, str] = {PERIOD: "Period", COMPARE: "Compare", GRAIN: "Grain"}


def icon_of(tile: Tile) -> str:
    """Return the icon of a tile: that of its chart type, or else of its kind."""
    if tile.kind is not TileKind.CHART or tile.question is None:
        return KIND_ICONS[tile.kind]
    automatic = "show_chart" if any(each.runs for each in tile.question.by) else "bar_chart"
    return next((icon for kind, (_, icon) in LABELS.items() if kind == tile.chart), automatic)


def title_of(tile: Tile, composing: Composing, workspace: Workspace) -> str:
    """Return the tile's own title, or else the title of its question, or else the start of its text."""
    if tile.kind is TileKind.ANALYSIS:
        return tile.title or "Analysis"
    if tile.title or tile.question is None:
        return tile.title or first_line(tile.text)
    return composing.check(workspace)(tile.question).title or "Question"


def first_line(text: str) -> str:
    """Return the first line of a text, without Markdown marks for emphasis and headings."""
    lines = (" ".join(line.replace("*", "").split()) for line in text.splitlines() if line.strip(" *-#"))
    line = next(lines, "")
    marks, _, rest = line.partition(" ")
    return (rest if rest and not marks.strip("#") else line)[:60]


def edit_tile(held: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw all fields of a tile. Each change is saved immediately."""
    _tools(held, tile)
    key = held.key(f"title-{tile.id}")
    st.text_input(
        "Title", value=tile.title, key=key, max_chars=LONGEST_TITLE, on_change=_set, args=(held, tile.id, "title", key),
        placeholder=_untitled(tile, held, workspace),
        help=None if tile.kind in (TileKind.NUMBER, TileKind.TEXT) else "A fixed title replaces the finding.",
    )  # fmt: skip
    if tile.kind is TileKind.TEXT:
        key = text_key(held)
        st.text_area(
            "Text", value=tile.text, key=key, max_chars=LONGEST_TEXT, height=160, on_change=_set,
            args=(held, tile.id, "text", key), help="**Bold**, *italic* and lists (start a line with a dash)",
        )  # fmt: skip
        if held.typed not in (None, tile.text):
            preview_text(held.typed or "")
    elif tile.question is not None:
        _question(held, workspace, tile)
        _shown_as(held, workspace, tile)
    _room(held, tile)
    if tile.kind is not TileKind.TEXT:
        key = held.key(f"note-{tile.id}")
        st.text_input(
            "Note for viewers", value=tile.note, key=key, max_chars=LONGEST_NOTE, on_change=_set,
            args=(held, tile.id, "note", key), placeholder="None",
        )  # fmt: skip
        _keeps(held, workspace, tile)


def preview_text(written: str) -> None:
    """Draw the text that is being typed as a text tile will show it."""
    with st.container(border=True, gap="xxsmall", key="compose-typed"):
        st.markdown(":small[:gray[Preview]]")
        tile_kinds.text(written)


def _untitled(tile: Tile, composing: Composing, workspace: Workspace) -> str:
    """Return the placeholder of the title field, which is the title that the tile shows without one of its own."""
    if tile.kind in (TileKind.NUMBER, TileKind.TEXT):
        return title_of(replace(tile, title=""), composing, workspace) if tile.question else "None"
    return "Shows the finding. Type to use a fixed title."


def _set(composing: Composing, tile: str, field: str, key: str) -> None:
    text = as_text(str(st.session_state.get(key) or ""), lines=field != "title")
    change(composing, tile, lambda each_tile: replace(each_tile, **{field: text}))


# The place of a tile


def _tools(composing: Composing, tile: Tile) -> None:
    """Draw the buttons that move a tile, so that the keyboard can move it anywhere, too."""
    ways: tuple[tuple[edit.Way, str], ...] = (
        ("left", "arrow_back"), ("right", "arrow_forward"), ("up", "arrow_upward"), ("down", "arrow_downward"),
    )  # fmt: skip
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key="compose-tools"):
        for way, icon in ways:
            st.button(
                unseen(f"Move {way}"),
                icon=f":material/{icon}:", key=composing.key(f"move-{way}-{tile.id}"), help=plain(f"Move {way}"),
                disabled=not edit.can_move(composing.board, tile.id, way), on_click=composing.change,
                args=(partial(edit.move_tile, tile=tile.id, way=way),),
            )  # fmt: skip
        st.button(
            unseen("Duplicate"), icon=":material/content_copy:", key=composing.key(f"twin-{tile.id}"), help="Duplicate",
            on_click=_duplicate, args=(composing, tile.id),
        )  # fmt: skip
        st.button(
            unseen("Remove"),
            icon=":material/delete:", key=composing.key(f"gone-{tile.id}"), help="Remove (you can undo)",
            on_click=composing.change, args=(partial(edit.remove_tile, tile=tile.id),),
        )  # fmt: skip


def _duplicate(composing: Composing, tile: str) -> None:
    twin = composing.fresh_id(tile)
    composing.change(lambda board: edit.duplicate_tile(board, tile, twin))
    if edit.find_tile(composing.board, twin):
        composing.tile = twin


def _room(composing: Composing, tile: Tile) -> None:
    """Draw the fields that set a tile's width and move it to another row or tab."""
    place = edit.place_of(composing.board, tile.id)
    if place is None:
        return
    left, right = st.columns(2, gap="xsmall")
    alone = len(composing.board.tabs[place.tab].rows[place.row].tiles) == 1
    widths = list(dict.fromkeys([*WIDTHS, tile.width]))
    key = composing.key(f"width-{tile.id}-{tile.width}")
    with left:
        st.selectbox(
            "Width", widths, index=widths.index(tile.width), key=key, disabled=alone, on_change=_set_width,
            args=(composing, tile.id, key), format_func=lambda width: WIDTHS.get(width, f"{width} of 12"),
            help="Full width: the only tile in its row" if alone else None,
        )  # fmt: skip
    places = dict(_places(composing.board, place))
    here = (place.tab, place.row)
    moving = composing.key(f"place-{tile.id}-{place.tab}-{place.row}-{len(places)}")
    with right:
        st.selectbox(
            "Position", list(places), index=list(places).index(here), key=moving, format_func=lambda one: places[one],
            on_change=_put, args=(composing, tile.id, moving),
        )  # fmt: skip


def _places(board: Board, place: edit.Place) -> Iterator[tuple[tuple[int, int | None], str]]:
    """Yield each row with room, the tile's own row, and a new row for each tab, with their labels."""
    for tab, board_tab in enumerate(board.tabs):
        before = f"{board_tab.title or f'Tab {tab + 1}'}, " if len(board.tabs) > 1 else ""
        for row, line in enumerate(board_tab.rows):
            if len(line.tiles) < MOST_TILES_IN_A_ROW or (tab, row) == (place.tab, place.row):
                yield (tab, row), f"{before}row {row + 1}" if before else f"Row {row + 1}"
        yield (tab, None), f"{before}new row" if before else "New row"


def _put(composing: Composing, tile: str, key: str) -> None:
    tab, row = st.session_state[key]
    composing.change(lambda board: edit.put_tile(board, tile, tab=tab, row=row))
    place = edit.place_of(composing.board, tile)
    composing.tab = place.tab if place else composing.tab
    composing.generation += 1


def _set_width(composing: Composing, tile: str, key: str) -> None:
    width = int(st.session_state[key])
    change(composing, tile, lambda each_tile: replace(each_tile, width=width))


# The question of a tile, and its chart


def _question(held: Composing, workspace: Workspace, tile: Tile) -> None:
    query = tile.question
    assert query is not None
    laid = asked(tile, held.board.start, workspace.visible(held.actor), held.check(workspace), today=workspace.today())
    checked = held.check(workspace)(laid.query or query)
    if checked.ok:
        words = ". ".join(part for part in (checked.title, checked.period.words, checked.filters) if part)
        st.markdown(f":small[:gray[{plain(words)}]]")
        for ignored in laid.ignored:
            st.markdown(f":small[:gray[:material/filter_alt_off: {plain(f'{ignored.what}: {ignored.reason}')}]]")
    else:
        show_refusal(held, workspace, tile)
    origin_line(held, workspace, tile)
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Edit question", icon=":material/tune:", key=held.key(f"ask-{tile.id}"), on_click=_ask, args=(held,)
        )  # fmt: skip
        build_in_explore(held, tile)


def _ask(composing: Composing) -> None:
    composing.part, composing.refused = "question", ""


def show_refusal(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw why a tile's question can't be asked, and the alternatives that can."""
    assert tile.question is not None
    checked = composing.check(workspace)(tile.question)
    if checked.error is None:
        return
    notice("caution", "call_split", str(checked.error), key=composing.key(f"refused-{tile.id}"))
    for place, repair in enumerate(checked.repairs):
        st.button(
            plain(repair.label), key=composing.key(f"repair-{tile.id}-{place}"), help=plain(repair.effect) or None,
            on_click=change, args=(composing, tile.id, partial(ask_instead, query=repair.query)), wrap=True,
        )  # fmt: skip


def _shown_as(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    assert tile.question is not None
    fitting = kinds_for(tile.question)
    offered = [kind for kind in TileKind if kind in fitting]
    key = composing.key(f"kind-{tile.id}-{tile.kind}-{len(offered)}")

    def show() -> None:
        change(composing, tile.id, lambda each_tile: show_as(each_tile, TileKind(st.session_state[key])))

    if len(offered) > 1:
        st.segmented_control(
            "Shown as", offered, default=tile.kind if tile.kind in offered else None, key=key, required=True,
            format_func=lambda tile_kind: KIND_LABELS[tile_kind], on_change=show,
        )  # fmt: skip
    if tile.kind is TileKind.CHART:
        _chart(composing, workspace, tile)


def _chart(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw the choice of chart types that fit the answer. The preview has already asked for the answer."""
    by_kind = {choice.kind: choice for choice in _choices(composing, workspace, tile)}
    kinds = [
        "",
        *(kind for kind, choice in by_kind.items() if not choice.reason and not choice.is_rule and kind != "table"),
    ]
    if tile.chart and tile.chart not in kinds:
        kinds.append(tile.chart)
    if len(kinds) < 2:
        return
    key = composing.key(f"chart-{tile.id}-{tile.chart}-{'-'.join(kinds)}")
    rule = next((LABELS[kind][0] for kind, choice in by_kind.items() if choice.is_rule and kind in LABELS), "")
    labels = {kind: LABELS[kind][0] for kind in LABELS}

    def named(kind: str) -> str:
        return f"{rule} (auto)" if not kind and rule else labels.get(kind, kind) if kind else "Auto"

    st.selectbox(
        "Chart", kinds, index=kinds.index(tile.chart), key=key, format_func=named, on_change=_set,
        args=(composing, tile.id, "chart", key),
    )  # fmt: skip


def _choices(composing: Composing, workspace: Workspace, tile: Tile) -> tuple[Choice, ...]:
    query = asked(
        tile,
        composing.board.start,
        workspace.visible(composing.actor),
        composing.check(workspace),
        today=workspace.today(),
    ).query
    if query is None:
        return ()
    try:
        pending = workspace.start(query, composing.actor)
        if pending.done():
            return choices(pending.result())
        pending.leave()
    except SemanticError:  # The preview shows the error.
        pass
    return ()


def _keeps(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw the choice of the board settings that a tile overrides."""
    dimension_words = dimension_labels(workspace.visible(composing.actor)) | KEPT_LABELS
    offered = list(
        dict.fromkeys([*KEPT_LABELS, *(condition.dim for condition in composing.board.filters), *sorted(tile.keeps)])
    )
    key = composing.key(f"keeps-{tile.id}-{len(offered)}")

    def keep() -> None:
        chosen = frozenset(st.session_state[key])
        change(composing, tile.id, lambda each_tile: replace(each_tile, keeps=chosen))

    st.pills(
        "Override board settings", offered, default=[name for name in offered if name in tile.keeps],
        selection_mode="multi", key=key,
        format_func=lambda name: plain(str(dimension_words.get(name, name))), on_change=keep,
        help="For these, the tile uses its own settings instead of the board's.",
    )  # fmt: skip
