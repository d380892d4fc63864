"""A board's state in its address, and the state that is shown if there are several."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.boards.board import Board, BoardState, Tab, ValueFilter
from semantic.boards.state import (
    NOT_ALL,
    is_modified,
    repaired_state,
    state_from_params,
    state_over,
    state_to_params,
)
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.model.loading.load import load_model, read_folder
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.query import Last, Operator
from tests.semantic.boards.made_boards import read_states, states
from tests.shop import SHOP

START = BoardState(period=Last(13, Granularity.WEEK), chosen=(ValueFilter("country", ("DE",)),))


@given(read_states, states)
def test_every_state_round_trips_through_its_address(state: BoardState, start: BoardState) -> None:
    params = state_to_params(state, start)
    assert (state_from_params(params, start) or start) == state
    assert not (state == start and params)


def test_an_address_is_readable() -> None:
    state = replace(
        START,
        period=Last(4, Granularity.MONTH),
        chosen=(ValueFilter("country", ("DE", "NO"), Operator.NOT_IN),),
        picked=(ValueFilter("channel", ("Mail",), tile="spend"),),
        tab=1,
    )
    assert state_to_params(state, START) == {
        "t": ["last_4_month"],
        "f": ["country:not_in:DE,NO"],
        "x": ["spend/channel:in:Mail"],
        "tab": ["1"],
    }


def test_an_address_with_some_settings_leaves_the_rest_to_the_board() -> None:
    assert state_from_params({"f": ["channel:in:Mail"]}, START) == replace(
        START, chosen=(ValueFilter("channel", ("Mail",)),)
    )
    assert state_from_params({"f": ["none"], "t": ["own"]}, START) == BoardState()
    assert state_from_params({"d": ["abc"], "present": ["1"]}, START) is None


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (["country:in:DE,AT,FR", "country:in:FR,NO,DE"], ValueFilter("country", ("DE", "FR"))),
        (["country:in:DE,AT", "country:not_in:AT,NO"], ValueFilter("country", ("DE",))),
        (["country:not_in:AT,NO", "country:in:DE,AT"], ValueFilter("country", ("DE",))),
        (["country:not_in:AT", "country:not_in:NO,AT"], ValueFilter("country", ("AT", "NO"), Operator.NOT_IN)),
    ],
)
def test_two_filters_of_one_dimension_are_combined(said: list[str], holds: ValueFilter) -> None:
    state = state_from_params({"f": [said[0], "channel:in:Mail", *said[1:]]}, START)
    assert state is not None
    assert state.chosen == (holds, ValueFilter("channel", ("Mail",)))


def test_two_filters_through_different_roles_stay_separate() -> None:
    texts = ["country@billing:in:DE", "country@shipping:in:AT"]
    state = state_from_params({"f": texts}, START)
    assert state is not None
    assert [(choice.via, choice.values) for choice in state.chosen] == [("billing", ("DE",)), ("shipping", ("AT",))]


def test_a_filter_over_several_dimensions_is_applied_whole() -> None:
    both = '{"and":[{"dim":"country","op":"in","values":["DE"]},{"dim":"channel","op":"in","values":["Mail"]}]}'
    state = state_from_params({"f": [both]}, START)
    assert state is not None
    assert state.chosen == (ValueFilter("country", ("DE",)), ValueFilter("channel", ("Mail",)))


@pytest.mark.parametrize(
    "params",
    [{"f": ["country:in:DE", "country:in:AT"]}, {"f": ["country:in:DE", "country:not_in:DE"]},
     {"x": ["a/" + '{"and":[{"dim":"b","op":"in","values":[1]},{"dim":"c","op":"in","values":[1]}]}']},
     {"t": ["x"]}, {"c": ["x"]}, {"g": ["x"]}, {"f": ["x"]}, {"f": ["revenue:contains:x"]}, {"f": ["segment:x"]},
     {"x": ["channel:in:x"]}, {"x": ["../channel:in:x"]}, {"tab": ["-1"]}, {"tab": ["9" * 50]}, {"f": ["{"]},
     {"f": ["a:in:1"] * 99}, {"x": ["a/a:in:1"] * 99}, {"f": ["a:in:" + "x" * 200_000]}, {"f": ['{"sql": "1=1"}']}],
)  # fmt: skip
def test_an_invalid_state_is_refused_in_words(params: dict[str, list[str]]) -> None:
    with pytest.raises(SemanticError):
        state_from_params(params, START)


@given(st.dictionaries(st.sampled_from(["t", "c", "g", "f", "x", "tab"]), st.lists(st.text(max_size=15), max_size=3)))
def test_any_address_is_read_as_a_state_or_refused(params: dict[str, list[str]]) -> None:
    try:
        state_from_params(params, START)
    except SemanticError:
        return


def test_the_address_overrides_the_last_settings_and_these_override_the_board() -> None:
    board = Board(title="x", start=START, tabs=(Tab(), Tab()))
    last = replace(START, grain=Granularity.DAY, picked=(ValueFilter("channel", ("Mail",)),), tab=1)
    address = replace(START, grain=Granularity.MONTH)
    assert state_over(board, None, None) == START
    assert state_over(board, None, last) == replace(last, picked=())
    assert state_over(board, address, last) == address
    assert state_over(board, replace(address, tab=7), None).tab == 0


def test_another_tab_is_not_a_change() -> None:
    board = Board(title="x", start=START)
    assert not is_modified(board, replace(START, tab=1))
    assert is_modified(board, replace(START, grain=Granularity.DAY))
    assert is_modified(board, replace(START, picked=(ValueFilter("channel", ("Mail",)),)))


def test_no_one_filters_by_hidden_dimensions_or_by_people() -> None:
    model, people = load_model(SHOP), read_people(read_folder(SHOP))
    steward, masked = people["steward"], people["mia"]
    state = BoardState(chosen=(ValueFilter("channel", ("Mail",)), ValueFilter("email", ("ada@example.com",))))
    board_state, text = repaired_state(state, narrow(model, steward), is_mine=True)
    assert (board_state.chosen, text) == ((ValueFilter("channel", ("Mail",)),), NOT_ALL)
    unknown = BoardState(chosen=(ValueFilter("never_heard_of", ("x",)),))
    assert repaired_state(unknown, narrow(model, steward), is_mine=True) == (BoardState(), NOT_ALL)
    hidden = [name for name in model.dimensions if narrow(model, masked).mask(name) is not None]
    assert hidden
    for name in hidden:
        sent = BoardState(picked=(ValueFilter(name, ("x",)),))
        assert repaired_state(sent, narrow(model, masked), is_mine=False) == (BoardState(), NOT_ALL)
    nobody = narrow(model, Actor(id="nobody"))
    assert repaired_state(state, nobody, is_mine=True)[0].chosen == ()
