"""The file in the form: choose it, see how it was read, and correct what was read wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from pages.shell.parts import heading, notice, plain, unseen
from pages.uploads import state
from pages.uploads.state import ParsedFile
from semantic.errors import UnreadableFile
from semantic.uploads.column_types import KINDS, LABELS, Kind
from semantic.uploads.delimited import DELIMITERS
from semantic.uploads.grid import MOST_BYTES
from semantic.uploads.reading import Choices, ColumnChoice, ReadColumn, Reading, about
from semantic.uploads.rows import use_of
from semantic.uploads.text_encoding import ENCODINGS
from semantic.uploads.upload import USES, Use

PAGE: Final = 25
"""The number of columns drawn at first. Each has two fields."""
MOST_PROBLEMS: Final = 5
LEFT_OUT: Final = "Leave out"


def choose_file(*, key: str, label: str = "CSV or XLSX file") -> tuple[Any, ParsedFile] | None:
    """Draw the field for a file, and how the file was read.

    Returns the file and the parsed file, or None until there is one that can be read.
    """
    file = st.file_uploader(
        label, type=["csv", "tsv", "txt", "xlsx"], key=f"{key}-file", max_upload_size=MOST_BYTES // 1024**2
    )  # fmt: skip
    if file is None:
        return None
    try:
        with st.spinner("Reading the file\N{HORIZONTAL ELLIPSIS}"):
            held = state.read(file, _choices(key, file.file_id))
    except UnreadableFile as error:
        notice("bad", "error", f"{file.name} can't be used. {error}", key=f"{key}-unreadable")
        _source_choices(None, key, file.file_id)
        return None
    st.markdown(f"**{plain(about(held.reading))}**")
    _source_choices(held.reading, key, file.file_id)
    _notes(held.reading, key, file.file_id)
    return file, held


def columns(held: ParsedFile, *, key: str, file: str, uses: bool = True) -> dict[str, Use]:
    """Draw each column with its samples, its type and its use, and return the chosen uses by column name."""
    reading = held.reading
    heading("Columns", "Check that the values mean what you expect.")
    shown = int(st.session_state.get(f"{key}-{file}-shown", PAGE))
    chosen: dict[str, Use] = {}
    for column in _open_first(reading.columns)[:shown]:
        use = _column(held, column, key=f"{key}-{file}", uses=uses)
        if use is not None:
            chosen[column.name] = use
    if len(reading.columns) > shown:
        more = len(reading.columns) - shown
        st.button(f"Show {more:,} more", key=f"{key}-more", on_click=_more, args=(f"{key}-{file}-shown", shown + PAGE))
    return chosen


def _open_first(columns: Sequence[ReadColumn]) -> list[ReadColumn]:
    """Return the columns. If there are too many to see at once, columns with an open question come first."""
    return sorted(columns, key=lambda column: not column.is_open) if len(columns) > PAGE else list(columns)


def _more(key: str, shown: int) -> None:
    st.session_state[key] = shown


def _choices(key: str, file: str) -> Choices:
    """Return the choices that were made so far for this file."""
    start = f"{key}-{file}"
    picked: dict[int, str] = st.session_state.get(f"{start}-types", {})
    return Choices(
        encoding=str(st.session_state.get(f"{start}-encoding") or ""),
        delimiter=str(st.session_state.get(f"{start}-delimiter") or ""),
        sheet=str(st.session_state.get(f"{start}-sheet") or ""),
        header=0 if st.session_state.get(f"{start}-headless") else None,
        keeps_totals=bool(st.session_state.get(f"{start}-totals", False)),
        columns={index: _column_choice(text) for index, text in picked.items()},
    )


def _column_choice(text: str) -> ColumnChoice:
    if text == LEFT_OUT:
        return ColumnChoice(is_left_out=True)
    kind, _, way = text.partition(" ")
    return ColumnChoice(kind=_kind(kind), way=way)


def _kind(text: str) -> Kind:
    kinds: tuple[Kind, ...] = ("number", "date", "time", "boolean")
    for kind in kinds:
        if kind == text:
            return kind
    return "text"


def _source_choices(reading: Reading | None, key: str, file: str) -> None:
    """Draw the settings of the whole file: its sheet, encoding, delimiter and header."""
    start = f"{key}-{file}"
    if reading is not None and len(reading.sheets) > 1:
        st.selectbox("Sheet", reading.sheets, key=f"{start}-sheet", format_func=plain)
    if reading is not None and reading.is_workbook:
        st.checkbox("The first row has values, not headings", key=f"{start}-headless")
        return
    is_certain = reading is None or reading.is_encoding_certain
    with st.expander("How the file is read", expanded=not is_certain, key=f"{start}-source"):
        if not is_certain:
            st.caption("Check that letters such as ä and é look right below.")
        place = list(ENCODINGS).index(reading.encoding) if reading is not None and reading.encoding in ENCODINGS else 0
        st.selectbox(
            "Encoding", list(ENCODINGS), index=place, key=f"{start}-encoding", format_func=lambda each: ENCODINGS[each]
        )
        at = list(DELIMITERS).index(reading.delimiter) if reading is not None and reading.delimiter in DELIMITERS else 0
        st.selectbox(
            "Delimiter", list(DELIMITERS), index=at, key=f"{start}-delimiter", format_func=lambda each: DELIMITERS[each]
        )
        st.checkbox("The first row has values, not headings", key=f"{start}-headless")


def _notes(reading: Reading, key: str, file: str) -> None:
    """Draw what was left out, and which cells have problems."""
    if reading.titles:
        st.caption(plain(f"The headings are in row {reading.header}. Left out above: {'; '.join(reading.titles[:3])}."))
    if reading.totals:
        rows = "; ".join(f"row {number:,} ({words})" for number, words in reading.totals)
        st.caption(plain(f"Looks like totals: {rows}."))
        st.checkbox("Keep these rows", key=f"{key}-{file}-totals")
    for problem in reading.problems[:MOST_PROBLEMS]:
        st.caption(f":orange[:material/warning:] {plain(str(problem))}")
    if len(reading.problems) > MOST_PROBLEMS:
        st.caption(f"{len(reading.problems) - MOST_PROBLEMS:,} more cells have problems.")


def _column(held: ParsedFile, column: ReadColumn, *, key: str, uses: bool) -> Use | None:
    use: Use | None = None
    with st.container(border=True, gap="xxsmall", key=f"{key}-column-{column.index}"):
        text, kind, how = st.columns([2, 1.4, 1], gap="small", vertical_alignment="center")
        with text:
            st.markdown(f"**{plain(column.label)}**")
            st.caption(plain(", ".join(column.samples)) or "No values")
        with kind:
            _type_choice(held, column, key)
        with how:
            if uses and not column.is_left_out:
                use = _use_choice(column, key)
        for problem in held.reading.misfits(held.reading.columns.index(column), MOST_PROBLEMS):
            st.caption(f":orange[:material/warning:] {plain(str(problem))} It will be empty.")
    return use


def _type_choice(held: ParsedFile, column: ReadColumn, key: str) -> None:
    """Draw the choice of types that fit a column. None is preselected while the column has an open question."""
    ways = [f"{column.kind} {way}".strip() for way in column.ways]
    others = [f"{found.kind} {found.way}".strip() for found in held.fits_of(held.reading.columns.index(column))]
    options = list(dict.fromkeys([*ways, *others, "text", LEFT_OUT]))
    picked: dict[int, str] = st.session_state.setdefault(f"{key}-types", {})
    before = picked.get(column.index, ways[0] if len(ways) == 1 else None)
    place = options.index(before) if before in options else None
    field = f"{key}-type-{column.index}"
    st.selectbox(
        f"Type {unseen(column.label)}", options, index=place, key=field, label_visibility="collapsed",
        placeholder="Choose how to read it", format_func=_type_words, on_change=_pick, args=(key, column.index, field),
    )  # fmt: skip
    if column.is_open:
        st.caption(":orange[:material/help:] This can be read in two ways.")


def _pick(key: str, index: int, field: str) -> None:
    st.session_state.setdefault(f"{key}-types", {})[index] = st.session_state[field]


def _type_words(option: str) -> str:
    kind, _, way = option.partition(" ")
    if option == LEFT_OUT:
        return LEFT_OUT
    return f"{KINDS[_kind(kind)]} like {LABELS[way]}" if way in LABELS else KINDS[_kind(kind)]


def _use_choice(column: ReadColumn, key: str) -> Use:
    offered: dict[str, tuple[Use, ...]] = {
        "number": ("sum", "average", "breakdown", "column"),
        "date": ("date", "column"),
        "time": ("date", "column"),
    }
    options = offered.get(column.kind, ("breakdown", "column"))
    first = use_of(column)
    chosen: Use | None = st.selectbox(
        f"Use {unseen(column.label)}", options, index=options.index(first), label_visibility="collapsed",
        key=f"{key}-use-{column.index}-{column.kind}", format_func=lambda each: USES[each],
    )  # fmt: skip
    return chosen or first
