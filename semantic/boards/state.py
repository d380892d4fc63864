"""Read and write a viewer's settings as address parameters, which contain only differences from the default view.

t=last_13_week  c=previous  g=week     as in a question; with `own`, each tile keeps its own
f=market:in:DE                         the filter bar; `none` for no filters. Two filters on one dimension both apply
x=spend/channel:in:Email               selected in the tile `spend`
tab=1                                  the second tab
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from semantic.boards.board import Board, BoardState, ValueFilter
from semantic.boards.data import MOST_FILTERS
from semantic.boards.value_filters import combine_filters, value_filters_of
from semantic.errors import InvalidQuery, UnknownName
from semantic.policy.narrow import VisibleModel
from semantic.query.checked import grain
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import AllOf, Condition, Query

STATE_PARAMS: Final = ("t", "c", "g", "f", "x", "tab")
OWN, NONE = "own", "none"
MOST_PICKED: Final = 8
NOT_ALL: Final = "This link includes something that isn't available to you. The rest is shown."
_TILE: Final = re.compile(r"[a-z0-9_-]{0,40}")


def state_to_params(state: BoardState, start: BoardState) -> dict[str, list[str]]:
    """Return address parameters for the settings that differ from the board's default view."""
    params: dict[str, list[str]] = {}
    if state.period != start.period:
        params["t"] = [OWN] if state.period is None else query_to_params(Query(time=state.period))["t"]
    if state.compare != start.compare:
        texts = query_to_params(Query(compare=state.compare or ())).get("c", [NONE])
        params["c"] = [OWN] if state.compare is None else texts
    if state.grain != start.grain:
        params["g"] = [state.grain.value if state.grain is not None else OWN]
    if state.chosen != start.chosen:
        params["f"] = [_text(choice) for choice in state.chosen] or [NONE]
    if state.picked:
        params["x"] = [f"{choice.tile}/{_text(choice)}" for choice in state.picked]
    return params | ({"tab": [str(state.tab)]} if state.tab else {})


def state_from_params(params: Mapping[str, Sequence[str]], start: BoardState) -> BoardState | None:
    """Return the default view with the settings in an address, or None if the address has no settings.

    Raises InvalidQuery, which names the parameter that can't be parsed.
    """
    if not any(params.get(key) for key in STATE_PARAMS):
        return None
    state = start
    if time := _last(params, "t"):
        period = None if time == OWN else query_from_params({"t": [time]}).time
        state = replace(state, period=period)
    if texts := list(params.get("c", ())):
        compare = None if texts == [OWN] else () if texts == [NONE] else query_from_params({"c": texts}).compare
        state = replace(state, compare=compare)
    if by := _last(params, "g"):
        state = replace(state, grain=None if by == OWN else grain(by))
    if texts := list(params.get("f", ())):
        choices = (
            () if texts == [NONE] else _bounded([choice for text in texts for choice in _chosen(text)], MOST_FILTERS)
        )
        state = replace(state, chosen=combine_filters(choices))
    if texts := list(params.get("x", ())):
        state = replace(state, picked=_bounded([_picked(text) for text in texts], MOST_PICKED))
    if place := _last(params, "tab"):
        if not re.fullmatch(r"\d{1,3}", place):
            raise InvalidQuery(f"{place[:40]!r} isn't a tab. Use its position, from 0.")
        state = replace(state, tab=int(place))
    return state


def state_over(board: Board, address: BoardState | None, last: BoardState | None) -> BoardState:
    """Return the state to show: from the address, or the viewer's last state, or the board's default view.

    Selections aren't remembered between visits. If the open tab no longer exists, the first tab is opened.
    """
    state = address if address is not None else replace(last, picked=()) if last is not None else board.start
    return replace(state, tab=state.tab if state.tab < len(board.tabs) else 0)


def is_modified(board: Board, state: BoardState) -> bool:
    """Whether anything differs from the board's default view, other than the open tab."""
    return replace(state, tab=board.start.tab) != board.start


def repaired_state(state: BoardState, seen: VisibleModel, *, is_mine: bool) -> tuple[BoardState, str]:
    """Return a state without the parts that this viewer can't use (decision 34), and a sentence if there were any.

    Filters by a person are removed. Values that other people chose are removed if they're masked for this viewer.
    """

    def holds(choice: ValueFilter) -> bool:
        try:
            dimension = seen.dimension(choice.dim)
        except UnknownName:
            return False
        if any("personal" in each_dimension.tags for each_dimension in dimension):
            return False
        return is_mine or seen.mask(choice.dim) is None

    board_state = replace(
        state,
        chosen=tuple(choice for choice in state.chosen if holds(choice)),
        picked=tuple(choice for choice in state.picked if holds(choice)),
    )
    return board_state, "" if board_state == state else NOT_ALL


def _text(choice: ValueFilter) -> str:
    return query_to_params(Query(where=Condition(choice.dim, choice.op, choice.values, choice.via)))["f"][0]


def _chosen(text: str) -> tuple[ValueFilter, ...]:
    return value_filters_of(query_from_params({"f": [text]}).where)


def _picked(text: str) -> ValueFilter:
    tile, slash, rest = text.partition("/")
    if not slash or not _TILE.fullmatch(tile):
        raise InvalidQuery(f"{text[:80]!r} isn't a selection. Use the form tile/dimension:in:value.")
    choices = _chosen(rest)
    if len(choices) != 1:
        raise InvalidQuery(f"{rest[:80]!r} names several dimensions. A selection uses one.")
    return replace(choices[0], tile=tile)


def _bounded(choices: list[ValueFilter], most: int) -> tuple[ValueFilter, ...]:
    if len(choices) > most:
        raise InvalidQuery(f"A link can have at most {most} of these filters. Remove some.")
    return tuple(choices)


def _last(params: Mapping[str, Sequence[str]], key: str) -> str:
    texts = params.get(key, ())
    return texts[-1] if texts else ""


def where_of(choices: Sequence[ValueFilter]) -> AllOf | Condition | None:
    """Return the selections as a question's filter, or None if there are none."""
    parts = tuple(Condition(choice.dim, choice.op, choice.values, choice.via) for choice in choices)
    return None if not parts else parts[0] if len(parts) == 1 else AllOf(parts)
