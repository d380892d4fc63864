"""What is set on a board, in one line."""

from __future__ import annotations

from datetime import date

from pages.boards.read.words import state_words
from semantic.boards.board import BoardState
from semantic.model.definitions import Granularity
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.query import Last, Previous

EMPTY = narrow(parse_model({"all.yml": "model: {time_zone: Europe/Berlin}\n"}), Actor(id="ana"))


def test_each_thing_that_is_set_is_a_sentence_with_its_stop() -> None:
    state = BoardState(period=Last(1, Granularity.MONTH), compare=(Previous(),), grain=Granularity.WEEK)
    text = state_words(state, EMPTY, today=date(2026, 4, 20))
    assert text == "1 – 31 Mar 2026, one complete month, Europe/Berlin. Compared with previous period. By week."


def test_without_settings_there_is_no_sentence() -> None:
    assert state_words(BoardState(), EMPTY, today=date(2026, 4, 20)) == ""
