"""Random boards made by Hypothesis, and a hand-written one over the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.boards.data import HEIGHTS
from semantic.model.definitions import Granularity
from semantic.query.query import (
    Back,
    Between,
    Breakdown,
    Condition,
    Last,
    LastYear,
    Operator,
    Previous,
    Query,
    ToDate,
)

ODD = (
    *("", "NO", "yes", "null", "true", "1e5", "1.0", "007", "0x1F", "2026-01-01", "a, b", "'", "~", "- x", "ß İ é 漢"),
    *("#", "a: b", " lead", "x\ty", "12:30", "1_000", ".5", "-0", "[a]", "{a}", "*a", "&a", "!a", "@", "%"),
)
"""Texts that YAML or an address could mistake for something else."""

DAYS = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9).map(lambda number: round(number, 3)),
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)  # fmt: skip
periods = st.one_of(
    st.builds(Last, st.integers(1, 60), st.sampled_from(DAYS), st.booleans()),
    st.builds(ToDate, st.sampled_from(DAYS), st.booleans()),
    st.builds(Between, st.none() | st.just(date(2026, 1, 2)), st.none() | st.just(date(2026, 3, 4)), st.booleans()),
)
comparisons = st.lists(
    st.one_of(st.just(Previous()), st.just(LastYear()), st.builds(Back, st.integers(1, 9), st.sampled_from(DAYS))),
    max_size=3, unique=True,
).map(tuple)  # fmt: skip
chosen = st.builds(
    ValueFilter,
    names,
    st.lists(values, min_size=1, max_size=4).map(tuple),
    st.sampled_from([Operator.IN, Operator.NOT_IN]),
    st.none() | names,
)
states = st.builds(
    BoardState,
    period=st.none() | periods,
    compare=st.none() | comparisons,
    grain=st.none() | st.sampled_from(DAYS),
    chosen=st.lists(chosen, max_size=3, unique_by=lambda choice: (choice.dim, choice.via)).map(tuple),
)
read_states = st.builds(
    lambda state, picked, tab: replace(state, picked=tuple(picked), tab=tab),
    states,
    st.lists(st.builds(lambda choice, tile: replace(choice, tile=tile), chosen, st.just("") | names), max_size=3),
    st.integers(0, 5),
)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
titles = texts.filter(lambda text: text.strip() == text and text != "")
blocks = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=30)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Return any board that can be saved."""
    count = 0

    def tile() -> Tile:
        nonlocal count
        count += 1
        kind = draw(st.sampled_from(list(TileKind)))
        keeps = draw(st.frozensets(names | st.sampled_from(["period", "compare", "grain"]), max_size=2))
        drawn = Tile(id=f"t-{count}", kind=kind, title=draw(texts), note=draw(blocks), keeps=keeps)
        one = replace(drawn, width=draw(st.integers(0, 3)), origin=draw(st.just("") | names))
        if kind is TileKind.ANALYSIS:
            steps = draw(st.lists(st.sampled_from(["views", "carts", "orders"]), min_size=2, max_size=4))
            funnel = analysis_from_data({"kind": "funnel", "subject": "visitor", "steps": steps})
            return replace(one, analysis=funnel.text)
        if kind is TileKind.TEXT:
            return replace(one, text=draw(blocks))
        query = Query(metrics=(draw(names),), time=draw(st.none() | periods), compare=draw(comparisons))
        if kind is not TileKind.NUMBER:
            query = replace(query, by=(Breakdown(draw(names)),))
        where = draw(st.none() | chosen)
        if where is not None:
            query = replace(query, where=Condition(where.dim, where.op, where.values, where.via))
        return replace(one, question=query, chart=draw(st.sampled_from(["", "bar", "line"])))

    def row() -> Row:
        height = draw(st.sampled_from(HEIGHTS))
        return Row(tiles=tuple(tile() for _ in range(draw(st.integers(1, 4)))), height=height)

    tabs = tuple(
        Tab(title=draw(texts), rows=tuple(row() for _ in range(draw(st.integers(0, 2)))))
        for _ in range(draw(st.integers(0, 3)))
    )
    shared = draw(st.lists(st.builds(Shared, names, st.none() | names), max_size=3, unique=True))
    return Board(title=draw(titles), note=draw(blocks), tabs=tabs, filters=tuple(shared), start=draw(states))
