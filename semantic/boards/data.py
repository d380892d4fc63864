"""A board as plain data: JSON in the store, and YAML for review in git. Both formats keep every detail.

A missing key has its default. An unknown key is refused, never dropped. All problems are reported at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar, get_args

from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.board import (
    MOST_TABS,
    MOST_TILES,
    MOST_TILES_IN_A_ROW,
    UNITS,
    Board,
    BoardState,
    Height,
    Row,
    Shared,
    Tab,
    Tile,
    TileKind,
    ValueFilter,
)
from semantic.boards.value_filters import combine_filters, value_filters_of
from semantic.errors import InvalidBoard, InvalidQuery, Problem
from semantic.model.definitions import Granularity
from semantic.model.files.yaml_text import Path, read_typed_yaml
from semantic.query.checked import grain, name, via
from semantic.query.data import query_from_data, query_to_data
from semantic.query.filters import filter_data, read_filter
from semantic.query.query import Condition, Query

VERSION: Final = 1
LONGEST_TITLE, LONGEST_NOTE, LONGEST_TEXT, LONGEST = 200, 2_000, 10_000, 500_000
HEIGHTS: Final[tuple[Height, ...]] = get_args(Height)
MOST_FILTERS: Final = 12
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_READ = TypeVar("_READ")

BOARD_KEYS = ("v", "title", "note", "period", "compare", "grain", "filters", "only", "tabs", "rows")
TAB_KEYS = ("title", "rows")
ROW_KEYS = ("height", "tiles")
TILE_KEYS = ("id", "kind", "title", "note", "question", "analysis", "chart", "text", "width", "keeps", "from")


# Writing


def board_to_data(board: Board) -> dict[str, Any]:
    """Return the board as JSON-ready data. Fields with their default value are left out."""
    data: dict[str, Any] = {"title": board.title} | ({"note": board.note} if board.note else {})
    data |= state_data(board.start)
    if board.filters:
        data["filters"] = [
            condition.dim if condition.via is None else {"dim": condition.dim, "via": condition.via}
            for condition in board.filters
        ]
    if board.start.chosen:
        data["only"] = [_chosen_data(choice) for choice in board.start.chosen]
    if len(board.tabs) == 1 and not board.tabs[0].title:
        return data | {"rows": [_row_data(row) for row in board.tabs[0].rows]}
    tabs = [{"title": tab.title, "rows": [_row_data(row) for row in tab.rows]} for tab in board.tabs]
    return data | ({"tabs": tabs} if tabs else {})


def board_to_json(board: Board) -> str:
    """Return the board as compact JSON that includes the version of the format."""
    return json.dumps({"v": VERSION} | board_to_data(board), ensure_ascii=False, separators=(",", ":"))


def state_data(state: BoardState) -> dict[str, Any]:
    """Return a state's period, comparison and granularity, in the format of a question's JSON."""
    asked = query_to_data(Query(time=state.period, compare=state.compare or ()))
    data: dict[str, Any] = {"period": asked["time"]} if state.period is not None else {}
    if state.compare is not None:
        data["compare"] = asked.get("compare", [])
    return data | ({"grain": state.grain.value} if state.grain is not None else {})


def _chosen_data(choice: ValueFilter) -> dict[str, Any]:
    return filter_data(Condition(choice.dim, choice.op, choice.values, choice.via))


def _row_data(row: Row) -> dict[str, Any]:
    height = {"height": row.height} if row.height != "medium" else {}
    return height | {"tiles": [_tile_data(tile) for tile in row.tiles]}


def _tile_data(tile: Tile) -> dict[str, Any]:
    data: dict[str, Any] = {"id": tile.id, "kind": tile.kind.value}
    data |= {key: value for key in ("title", "note", "text", "chart") if (value := getattr(tile, key))}
    if tile.question is not None:
        asked = query_to_data(tile.question)
        data["question"] = {key: value for key, value in asked.items() if key != "v"}
    if tile.analysis:
        data["analysis"] = json.loads(tile.analysis)
    if tile.width:
        data["width"] = tile.width
    if tile.keeps:
        data["keeps"] = sorted(tile.keeps)
    return data | ({"from": tile.origin} if tile.origin else {})


# Reading


def board_from_json(text: str) -> Board:
    """Return the board in stored `text`. Raises InvalidBoard."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidBoard([Problem("board", 0, f"Not valid JSON: {error}.")]) from error
    return board_from_data(data)


def board_from_yaml(text: str, file: str = "board.yml") -> Board:
    """Return the board in a YAML text. Raises InvalidBoard with each mistake's line."""
    if len(text) > LONGEST:
        raise InvalidBoard(
            [Problem(file, 0, f"A board can have at most {LONGEST:,} characters.", "Make two boards of it.")]
        )
    data, lines, problems = read_typed_yaml(text, file)
    if problems:
        raise InvalidBoard(problems)
    return board_from_data(data, file=file, lines=lines)


def board_from_data(data: object, *, file: str = "board", lines: Mapping[Path, int] | None = None) -> Board:
    """Return the board in JSON-like data. Raises InvalidBoard with every problem."""
    reading = _Reading(file, lines or {})
    board = reading.board(data)
    if reading.problems or board is None:
        raise InvalidBoard(reading.problems or [Problem(file, 0, "This text contains no board.")])
    return board


class _Reading:
    """Reads a board from data. It collects problems with their place, and continues to find them all."""

    def __init__(self, file: str, lines: Mapping[Path, int]) -> None:
        self.file, self.lines = file, lines
        self.problems: list[Problem] = []
        self.ids: dict[str, Path] = {}

    def wrong(self, path: Path, message: str, remedy: str = "") -> None:
        where = path
        while where and where not in self.lines:
            where = where[:-1]
        text = message if not path or self.lines else f"{_place(path)}: {message}"
        self.problems.append(Problem(self.file, self.lines.get(where, 0), text, remedy))

    def tried(self, path: Path, read: Callable[[], _READ]) -> _READ | None:
        try:
            return read()
        except InvalidQuery as error:
            self.wrong(path, str(error))
            return None

    def mapping(self, data: object, path: Path, what: str, known: Sequence[str]) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.wrong(path, f"{what} must be a mapping with {', '.join(known)}.")
            return {}
        mapping: dict[str, Any] = {str(key): value for key, value in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        for key in mapping:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                remedy = f"Did you mean {near[0]}?" if near else f"It can have {', '.join(known)}."
                self.wrong((*path, key), f"{what} has an unknown key {key[:60]!r}.", remedy)
        return mapping

    def items(self, data: object, path: Path, what: str, most: int) -> list[Any]:
        if data is None:
            return []
        if not isinstance(data, list) or len(data) > most:  # pyright: ignore[reportUnknownArgumentType]
            self.wrong(path, f"{what} must be a list of at most {most}.")
            return []
        return data  # pyright: ignore[reportUnknownVariableType]

    def text(self, data: object, path: Path, what: str, longest: int, *, lines: bool = False) -> str:
        if data is None:
            return ""
        if not isinstance(data, str):
            self.wrong(path, f"{what} must be text.", "Put it in quotes.")
            return ""
        if len(data) > longest or any(_is_no_text(letter, lines=lines) for letter in data):
            self.wrong(path, f"{what} has more than {longest:,} characters, or invalid ones.")
            return ""
        return data

    def board(self, data: object) -> Board | None:
        mapping = self.mapping(data, (), "A board", BOARD_KEYS)
        if not mapping:
            return None
        if mapping.get("v", VERSION) != VERSION:
            self.wrong(("v",), f"The board has version {mapping['v']!r:.40}; this Samepage reads version {VERSION}.")
            return None
        title = self.text(mapping.get("title"), ("title",), "The title", LONGEST_TITLE).strip()
        if not title and not any(problem.line == self.lines.get(("title",), -1) for problem in self.problems):
            self.wrong(("title",), "A board needs a title.", "Write `title:`.")
        note = self.text(mapping.get("note"), ("note",), "The note", LONGEST_NOTE, lines=True)
        tabs = self.tabs(mapping)
        if sum(len(row.tiles) for tab in tabs for row in tab.rows) > MOST_TILES:
            self.wrong((), f"A board can have at most {MOST_TILES} tiles.", "Make two boards of it.")
        return Board(title=title, note=note, tabs=tabs, filters=self.filters(mapping), start=self.start(mapping))

    def start(self, fields: Mapping[str, Any]) -> BoardState:
        asked = {"time": fields.get("period"), "compare": fields.get("compare") or []}
        period = self.tried(("period",), lambda: query_from_data({"time": asked["time"]}).time)
        compare = None
        if fields.get("compare") is not None:
            compare = self.tried(("compare",), lambda: query_from_data({"compare": asked["compare"]}).compare)
        by = self.tried(("grain",), lambda: _grain(fields.get("grain")))
        chosen: list[ValueFilter] = []
        for place, item in enumerate(self.items(fields.get("only"), ("only",), "`only`", MOST_FILTERS)):
            read = self.tried(("only", place), lambda entry=item: value_filters_of(read_filter(entry)))
            chosen += read or ()
        each = self.tried(("only",), lambda: combine_filters(chosen)) or ()
        return BoardState(period=period, compare=compare, grain=by, chosen=each)

    def filters(self, fields: Mapping[str, Any]) -> tuple[Shared, ...]:
        shared: list[Shared] = []
        for place, item in enumerate(self.items(fields.get("filters"), ("filters",), "`filters`", MOST_FILTERS)):
            path: Path = ("filters", place)
            is_plain = not isinstance(item, dict)
            said = {"dim": item} if is_plain else self.mapping(item, path, "A filter", ("dim", "via"))
            dim = self.tried(path, lambda said=said: name(said.get("dim"), "filters"))
            way = self.tried(path, lambda said=said: via(said["via"]) if said.get("via") is not None else None)
            if dim is not None:
                shared.append(Shared(dim, way))
        if len(set(shared)) < len(shared):
            self.wrong(("filters",), "A dimension appears twice in the filters.", "Keep one.")
        return tuple(shared)

    def tabs(self, fields: Mapping[str, Any]) -> tuple[Tab, ...]:
        if "tabs" in fields and "rows" in fields:
            self.wrong(("rows",), "A board can have either tabs or rows.", "Put the rows into a tab.")
        if "rows" in fields:
            return (Tab(rows=self.rows(fields["rows"], ("rows",))),)
        tabs: list[Tab] = []
        for place, item in enumerate(self.items(fields.get("tabs"), ("tabs",), "`tabs`", MOST_TABS)):
            path: Path = ("tabs", place)
            mapping = self.mapping(item, path, "A tab", TAB_KEYS)
            title = self.text(mapping.get("title"), (*path, "title"), "The title of a tab", LONGEST_TITLE)
            tabs.append(Tab(title=title, rows=self.rows(mapping.get("rows"), (*path, "rows"))))
        return tuple(tabs)

    def rows(self, data: object, path: Path) -> tuple[Row, ...]:
        return tuple(
            self.row(item, (*path, place)) for place, item in enumerate(self.items(data, path, "`rows`", MOST_TILES))
        )

    def row(self, data: object, path: Path) -> Row:
        mapping = self.mapping(data, path, "A row", ROW_KEYS)
        height = mapping.get("height", "medium")
        if height not in HEIGHTS:
            self.wrong((*path, "height"), f"{str(height)[:40]!r} isn't a valid height.", f"Use {', '.join(HEIGHTS)}.")
            height = "medium"
        inner: Path = (*path, "tiles")
        found = self.items(mapping.get("tiles"), inner, "The tiles of a row", MOST_TILES_IN_A_ROW)
        tiles = tuple(
            tile for place, item in enumerate(found) if (tile := self.tile(item, (*inner, place))) is not None
        )
        if mapping and not found:
            self.wrong(path, f"A row can have 1 to {MOST_TILES_IN_A_ROW} tiles.", "Remove empty rows.")
        widths, open_ones = sum(tile.width for tile in tiles), sum(not tile.width for tile in tiles)
        if widths + open_ones > UNITS:
            self.wrong(path, f"The tiles of a row add up to more than {UNITS} units.", "Make one of them narrower.")
        return Row(tiles=tiles, height=height)

    def tile(self, data: object, path: Path) -> Tile | None:
        mapping = self.mapping(data, path, "A tile", TILE_KEYS)
        if not mapping:
            return None
        kind = next((tile_kind for tile_kind in TileKind if tile_kind == mapping.get("kind")), None)
        if kind is None:
            known = ", ".join(TileKind)
            self.wrong(
                (*path, "kind"), f"{str(mapping.get('kind'))[:40]!r} isn't a kind of tile.", f"Use one of {known}."
            )
            return None
        tile = Tile(
            id=self.id(mapping.get("id"), path),
            kind=kind,
            title=self.text(mapping.get("title"), (*path, "title"), "The title of a tile", LONGEST_TITLE),
            note=self.text(mapping.get("note"), (*path, "note"), "The note of a tile", LONGEST_NOTE, lines=True),
            question=self.question(mapping, kind, path),
            analysis=self.analysis(mapping, kind, path),
            chart=self.text(mapping.get("chart"), (*path, "chart"), "The kind of chart", 40),
            text=self.text(mapping.get("text"), (*path, "text"), "The text of a tile", LONGEST_TEXT, lines=True),
            width=self.width(mapping.get("width", 0), (*path, "width")),
            keeps=self.keeps(mapping.get("keeps"), (*path, "keeps")),
            origin=self.text(mapping.get("from"), (*path, "from"), "The saved question of a tile", 40),
        )
        if tile.text and kind is not TileKind.TEXT:
            self.wrong((*path, "text"), "Only text tiles can have text.", "Use `note:` instead.")
        return tile

    def id(self, data: object, path: Path) -> str:
        if not isinstance(data, str) or not _ID.fullmatch(data):
            self.wrong(
                (*path, "id"),
                "A tile needs an `id:` of up to 40 lower-case letters, digits, _ and -.",
                "Add one, and keep it when you edit the board.",
            )
            return ""
        if data in self.ids:
            self.wrong((*path, "id"), f"Two tiles have the ID {data!r}.", "Change one of them.")
        self.ids[data] = path
        return data

    def question(self, said: Mapping[str, Any], kind: TileKind, path: Path) -> Query | None:
        inner: Path = (*path, "question")
        if kind in (TileKind.TEXT, TileKind.ANALYSIS):
            if said.get("question") is not None:
                article = "A text tile" if kind is TileKind.TEXT else "An analysis tile"
                self.wrong(inner, f"{article} has no question.", "Remove it, or change this to a table tile.")
            return None
        if not isinstance(said.get("question"), dict):
            self.wrong(inner, f"A tile of kind {kind.value} needs a question.", "Write `question: {metrics: […]}`.")
            return None
        query = self.tried(inner, lambda: query_from_data(said["question"]))
        if query is not None and not query.metrics:
            self.wrong(inner, "The tile's question has no metric.", "Add `metrics: […]`.")
        if query is not None and kind is TileKind.NUMBER and (len(query.metrics) != 1 or query.by):
            self.wrong(inner, "A number tile can show only one metric, without a breakdown.", "Make it a table tile.")
        return query

    def analysis(self, said: Mapping[str, Any], kind: TileKind, path: Path) -> str:
        inner: Path = (*path, "analysis")
        if kind is not TileKind.ANALYSIS:
            if said.get("analysis") is not None:
                self.wrong(inner, "Only tiles of kind analysis have one.", "Remove it, or change the `kind:`.")
            return ""
        if not isinstance(said.get("analysis"), dict):
            self.wrong(inner, "A tile of kind analysis needs a definition.", "Write `analysis: {kind: funnel, …}`.")
            return ""
        analysis = self.tried(inner, lambda: analysis_from_data(said["analysis"]))
        return analysis.text if analysis is not None else ""

    def width(self, data: object, path: Path) -> int:
        if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= UNITS:
            self.wrong(
                path,
                f"The width of a tile must be a whole number from 1 to {UNITS}.",
                "You can also leave out the width.",
            )
            return 0
        return data

    def keeps(self, data: object, path: Path) -> frozenset[str]:
        found = self.items(data, path, "`keeps`", 20)
        names = [
            self.tried((*path, place), lambda entry=item: name(entry, "keeps")) for place, item in enumerate(found)
        ]
        return frozenset(each_name for each_name in names if each_name is not None)


def _grain(data: object) -> Granularity | None:
    return None if data is None else grain(data)


def as_text(typed: str, *, lines: bool = False) -> str:
    """Return text that someone typed or pasted, in the form that a board stores.

    Invalid characters are removed. With `lines`, the text keeps its line breaks; otherwise, it becomes one line.

    >>> as_text("One\\x0btwo\\x00 ", lines=True)
    'One\\ntwo'
    """
    said = "\n".join(typed.splitlines()) if lines else " ".join(typed.splitlines())
    return "".join(character for character in said if not _is_no_text(character, lines=lines)).strip()


def _is_no_text(letter: str, *, lines: bool) -> bool:
    if letter == "\n":
        return not lines
    return (ord(letter) < 32 and letter != "\t") or letter == "\x7f" or 0xD800 <= ord(letter) <= 0xDFFF


def _place(path: Path) -> str:
    """Return a position in a board's data as text, such as `tabs[0].rows[1].tiles[2].title`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".")


def fresh_id(taken: Sequence[str], wish: str) -> str:
    """Return an ID for a new tile, based on `wish` (the tile's title or metric), that isn't in `taken`."""
    base = re.sub(r"[^a-z0-9]+", "-", wish.casefold()).strip("-")[:32].strip("-") or "tile"
    count = next(count for count in range(1, len(taken) + 2) if _numbered(base, count) not in taken)
    return _numbered(base, count)


def _numbered(base: str, count: int) -> str:
    return base if count == 1 else f"{base}-{count}"
