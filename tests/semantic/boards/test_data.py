"""A board as JSON and YAML: it round-trips unchanged, and every error names its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.boards.data import as_text, board_from_data, board_from_json, board_from_yaml, board_to_json, fresh_id
from semantic.boards.yaml import board_to_yaml
from semantic.errors import InvalidBoard
from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Last, Operator, Previous, Query
from tests.semantic.boards.made_boards import boards

WRITTEN = """\
title: Paid media
note: What we pay for.
period: {last: 13, unit: week}
compare:
- {to: previous}
grain: week
filters:
- channel
- {dim: country, via: billing}
only:
- {dim: country, op: in, values: [DE, NO, "1"]}
rows:
- height: small
  tiles:
  - id: spend
    kind: number
    question: {metrics: [cost]}
  - {id: words, kind: text, text: Ask Ana., width: 3}
- tiles:
  - id: by-channel
    kind: chart
    title: Spend by channel
    question:
      metrics: [cost]
      by: [channel]
    chart: bar
    keeps: [compare]
    from: abc123
"""
MEANT = Board(
    title="Paid media",
    note="What we pay for.",
    start=BoardState(
        period=Last(13, Granularity.WEEK),
        compare=(Previous(),),
        grain=Granularity.WEEK,
        chosen=(ValueFilter("country", ("DE", "NO", "1"), Operator.IN),),
    ),
    filters=(Shared("channel"), Shared("country", "billing")),
    tabs=(
        Tab(
            rows=(
                Row(
                    height="small",
                    tiles=(
                        Tile(id="spend", kind=TileKind.NUMBER, question=Query(metrics=("cost",))),
                        Tile(id="words", kind=TileKind.TEXT, text="Ask Ana.", width=3),
                    ),
                ),
                Row(
                    tiles=(
                        Tile(
                            id="by-channel",
                            kind=TileKind.CHART,
                            title="Spend by channel",
                            question=Query(metrics=("cost",), by=(Breakdown("channel"),)),
                            chart="bar",
                            keeps=frozenset({"compare"}),
                            origin="abc123",
                        ),
                    )
                ),
            )
        ),
    ),
)


def test_a_board_round_trips_as_written() -> None:
    assert board_from_yaml(WRITTEN) == MEANT


@given(boards())
def test_every_board_round_trips(board: Board) -> None:
    assert board_from_json(board_to_json(board)) == board
    assert board_from_yaml(board_to_yaml(board)) == board


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("title: Paid media", "titel: Paid media"), 1, "Did you mean title?"),
        (("kind: number", "kind: kpi"), 16, "'kpi' isn't a kind of tile"),
        (("metrics: [cost]}", "metrics: [cost, clicks]}"), 17, "only one metric, without a breakdown"),
        (("id: words", "id: spend"), 18, "Two tiles have the ID 'spend'"),
        (("width: 3", "width: 13"), 18, "from 1 to 12"),
        (('op: in, values: [DE, NO, "1"]', "op: contains, value: x"), 11, "lists of values"),
        (("text: Ask Ana.", "question: {metrics: [cost]}"), 18, "has no question"),
        (("unit: week", "unit: weak"), 3, "'weak' isn't a granularity"),
        (("- channel", "- channel\n- channel"), 7, "twice"),
        (("height: small", "height: tall"), 13, "'tall' isn't a valid height"),
    ],
)
def test_an_error_is_reported_with_its_line(change: tuple[str, str], line: int, said: str) -> None:
    text = WRITTEN.replace(*change, 1)
    assert text != WRITTEN
    with pytest.raises(InvalidBoard) as caught:
        board_from_yaml(text, "paid.yml")
    assert any(problem.line == line and said in str(problem) for problem in caught.value.problems), str(caught.value)


def test_repeated_filters_are_combined() -> None:
    only = "only:\n- {dim: country, op: in, values: [DE, AT]}\n- {dim: country, op: not_in, values: [AT]}\n"
    assert board_from_yaml("title: x\n" + only).start.chosen == (ValueFilter("country", ("DE",)),)
    with pytest.raises(InvalidBoard, match="no values in common") as caught:
        board_from_yaml("title: x\n" + only.replace("[AT]", "[AT, DE]"))
    assert [problem.line for problem in caught.value.problems] == [2]


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(InvalidBoard) as caught:
        board_from_yaml(WRITTEN.replace("kind: number", "kind: kpi").replace("height: small", "height: tall"))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "text",
    ["", "[]", "1", "title: [", "a: &x 1\nb: *x", "title: !!python/name:os.system x", "title: x\ntitle: y", "x: " * 100,
     "title: x\nrows: " + "[" * 60, "title: x\nrows: 5", "title: x\nrows: [5]", "title: x\nrows: [{tiles: [5]}]",
     "title: x\nrows: [{tiles: [{id: a, kind: chart, question: 5}]}]", "title: x\nv: 99", "title: \"a\\0b\"",
     "title: x\nrows:\n- tiles: []"],
)  # fmt: skip
def test_an_invalid_board_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidBoard):
        board_from_yaml(text)


def test_a_board_with_too_many_tiles_is_refused() -> None:
    tile = {"kind": "text", "text": "x"}
    rows = [{"tiles": [tile | {"id": f"t{row}-{place}"} for place in range(4)]} for row in range(11)]
    with pytest.raises(InvalidBoard, match="at most 40 tiles"):
        board_from_data({"title": "x", "rows": rows})
    assert len(board_from_data({"title": "x", "rows": rows[:10]}).tiles) == 40


KEYS = ("title", "rows", "tabs", "tiles", "id", "kind", "question", "only", "filters", "period", "metrics")
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(anything)
def test_any_data_is_read_as_a_board_or_refused(data: object) -> None:
    try:
        board = board_from_data(data)
    except InvalidBoard:
        return
    assert board_from_json(board_to_json(board)) == board


def test_a_new_tile_id_is_unused_and_readable() -> None:
    assert fresh_id([], "Net revenue, by channel") == "net-revenue-by-channel"
    assert fresh_id(["spend", "spend-2"], "Spend") == "spend-3"
    assert fresh_id([], "漢字") == "tile"


@pytest.mark.parametrize(
    ("typed", "one_line", "lines"),
    [
        ("From slides\x0bsecond line", "From slides second line", "From slides\nsecond line"),
        ("  Windows\r\nlines\r\n", "Windows lines", "Windows\nlines"),
        ("no\x00 letters\ud800\x7f", "no letters", "no letters"),
        ("a\tb", "a\tb", "a\tb"),
    ],
)
def test_pasted_text_is_cleaned_and_round_trips(typed: str, one_line: str, lines: str) -> None:
    assert (as_text(typed), as_text(typed, lines=True)) == (one_line, lines)
    tile = Tile(id="said", kind=TileKind.TEXT, title=as_text(typed), text=as_text(typed, lines=True))
    board = Board(title=as_text(typed), tabs=(Tab(rows=(Row(tiles=(tile,)),)),))
    assert board_from_json(board_to_json(board)) == board
