"""Hostile questions as JSON, addresses, names, conditions and formulas get an answer or a refusal in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from semantic.errors import SemanticError
from semantic.explore.pasted_values import match_list
from semantic.explore.search import search
from semantic.model.expression import ExpressionError, ExpressionKind, read_expression
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.query import Query
from semantic.results.receipt import looks_like_receipt, read_receipt_id
from semantic.workspace import Workspace
from tests.hostile.conftest import can_be_kept
from tests.hostile.strings import CANARY, STRINGS, sample

SLOW = 3.0
"""The most CPU seconds that one string can take in any test here. Most take less than a thousandth."""

SHARES = 8
LONGEST = 3_000  # characters of a refusal, which repeats only the beginning of what it refuses

PLACES: Mapping[str, Callable[[str], Any]] = {
    "metric": lambda text: {"metrics": [text]},
    "breakdown": lambda text: {"metrics": ["words"], "by": [text]},
    "grain": lambda text: {"metrics": ["words"], "by": [{"dim": "date", "grain": text}]},
    "path": lambda text: {"metrics": ["words"], "by": [{"dim": "word", "via": text}]},
    "dimension": lambda text: {"metrics": ["words"], "where": {"dim": text, "op": "in", "values": ["a"]}},
    "operator": lambda text: {"metrics": ["words"], "where": {"dim": "word", "op": text, "values": ["a"]}},
    "value": lambda text: {"metrics": ["words"], "where": {"dim": "word", "op": "in", "values": [text]}},
    "number": lambda text: {"metrics": ["words"], "where": {"dim": "number", "op": "in", "values": [text]}},
    "day": lambda text: {"metrics": ["words"], "time": {"from": text, "to": "2026-01-01"}},
    "unit": lambda text: {"metrics": ["words"], "time": {"last": 3, "unit": text}},
    "segment": lambda text: {"metrics": ["words"], "where": {"segment": text}},
    "condition": lambda text: {"metrics": ["words"], "where": {"sql": text}},
    "having": lambda text: {"metrics": ["words"], "having": [{"metric": text, "op": ">", "value": 1}]},
    "top": lambda text: {"metrics": ["words"], "by": ["word"], "top": {"n": 3, "dim": text, "metric": "words"}},
    "named": lambda text: {"metrics": ["words", {"name": text, "metric": "words", "offset": "1 year"}]},
    "offset": lambda text: {"metrics": ["words", {"name": "before", "metric": "words", "offset": text}]},
    "formula": lambda text: {"metrics": ["words"], "calc": [{"name": "c", "kind": "formula", "formula": text}]},
    "order": lambda text: {"metrics": ["words"], "order": [{"by": text}]},
    "zone": lambda text: {"metrics": ["words"], "time_zone": text},
    "currency": lambda text: {"metrics": ["words"], "currency": text},
    "parameter": lambda text: {"metrics": ["words"], "parameters": {text: text}},
    "key": lambda text: {"metrics": ["words"], text: text},
    "total": lambda text: {"metrics": ["words"], "totals": [text]},
    "comparison": lambda text: {"metrics": ["words"], "compare": [{"to": text}]},
}
PARAMS = [
    *("m", "by", "f", "having", "t", "vs", "top", "tot", "o", "n", "calc", "tz", "ws", "fy", "cur", "rates", "hist"),
    *("asof", "every", "rows", "show", "v", "p"),
]


def share(number: int) -> tuple[str, ...]:
    """Return a share of the strings, a different one for each number, so that every string is tried in several
    places.
    """
    return STRINGS[number % SHARES :: SHARES]


def answered(act: Callable[[str], Any], strings: tuple[str, ...]) -> list[Any]:
    """Return what `act` returns for each string, leaving out refusals.

    Fails if a string is slow, causes any other error, or gets a refusal that is too long or repeats the canary.
    """
    acts: list[Any] = []
    for text in strings:
        began = time.process_time()
        try:
            acts.append(act(text))
        except SemanticError as error:
            told = str(error)
            if CANARY in told or len(told) > LONGEST:
                pytest.fail(f"{text[:60]!r} is refused with {len(told):,} letters: {told[:200]}")
        took = time.process_time() - began
        assert took < SLOW, f"{text[:60]!r} ({len(text)} letters) took {took:.1f} s"
    return acts


@pytest.mark.parametrize("spot", PLACES)
def test_a_hostile_string_anywhere_in_a_question_is_answered_or_refused(spot: str) -> None:
    for query in answered(
        lambda text: query_from_json(json.dumps(PLACES[spot](text))), share(list(PLACES).index(spot))
    ):
        assert query_from_json(query_to_json(query)) == query
        assert query_from_params(query_to_params(query)) == query


def test_a_hostile_string_in_place_of_a_question_is_answered_or_refused() -> None:
    for query in answered(query_from_json, share(2)):
        assert query_from_json(query_to_json(query)) == query


@pytest.mark.parametrize("name", PARAMS)
def test_a_hostile_string_anywhere_in_an_address_is_answered_or_refused(name: str) -> None:
    given = share(PARAMS.index(name))
    for query in answered(lambda text: query_from_params({"m": ["words"]} | {name: [text]}), given):
        assert query_from_params(query_to_params(query)) == query


@pytest.mark.parametrize("spot", [spot for spot in PLACES if spot != "value"])
def test_hostile_questions_are_answered_or_refused(spot: str, wall: Workspace) -> None:
    def ask(name: str) -> Any:
        return wall.ask(query_from_json(json.dumps(PLACES[spot](name))), wall.people["vera"])

    for result in answered(ask, sample(60)):
        assert CANARY not in f"{result.sql}{result.notes}{result.rows()}"


@pytest.mark.parametrize("kind", ExpressionKind)
def test_an_expression_of_the_model_is_read_or_refused(kind: ExpressionKind) -> None:
    for name in share(list(ExpressionKind).index(kind)):
        began = time.process_time()
        try:
            read_expression(name, kind)
        except ExpressionError as error:
            if len(str(error)) > LONGEST:
                pytest.fail(f"{name[:60]!r} is refused with {len(str(error)):,} letters")
        assert time.process_time() - began < SLOW, name[:60]


@pytest.mark.parametrize("letter", ["\\ud800", "\\udfff", "\\u0000"])
@pytest.mark.parametrize("condition", ["word = 'a{}'", "word = 'a' /* {} */", "word = 'a' -- {}", 'word = "a{}"'])
def test_an_address_never_contains_half_a_surrogate_pair(letter: str, condition: str) -> None:
    """JSON in an address can contain one. Such a question couldn't be stored, and neither could its receipt."""
    text = json.dumps({"sql": condition}).replace("{}", letter)
    with pytest.raises(SemanticError):
        query_from_params({"m": ["words"], "f": [text]})


def test_pasted_text_matches_only_known_values_and_quickly() -> None:
    known = ("DE", "FR", "(none)", "İ", "ß", None)
    for name in share(0):
        began = time.process_time()
        matched = match_list(name, known)
        assert set(matched.values) <= set(known)
        assert time.process_time() - began < SLOW, name[:60]


def test_any_search_ends_quickly(wall: Workspace) -> None:
    visible = wall.visible(wall.people["vera"])
    for name in share(1):
        began = time.process_time()
        search(visible, name)
        assert time.process_time() - began < SLOW, name[:60]


def test_no_hostile_string_is_read_as_a_receipt() -> None:
    for text in STRINGS:
        looks_like_receipt(text)
        assert read_receipt_id(text) is None, text


def test_a_repaired_link_shows_none_of_its_invalid_text(wall: Workspace) -> None:
    for name in sample(200):
        if can_be_kept(name):
            query = Query(metrics=(name, "words"))
            repaired, texts = wall.repair(query, wall.people["vera"])
            assert repaired.metrics == ("words",)
            assert len(name) < 12 or name not in "".join(texts)
