"""A definition during editing: nothing is changed in place, and a path that doesn't exist changes nothing."""

from __future__ import annotations

from pages.analyses.draft import at, put, with_moved

DATA = {"kind": "funnel", "steps": [{"metric": "a"}, {"metric": "b", "within": "1 day"}]}


def test_a_value_at_a_path_can_be_read_and_written() -> None:
    assert at(DATA, ("steps", 1, "within")) == "1 day"
    assert at(DATA, ("steps", 2, "within"), "none") == "none"
    assert at(DATA, ("kind", "more"), "none") == "none"
    assert put(DATA, ("steps", 0, "name"), "A")["steps"][0] == {"metric": "a", "name": "A"}
    assert put(DATA, ("among", "metric"), "c")["among"] == {"metric": "c"}
    assert DATA["steps"][0] == {"metric": "a"}, "what was there stays as it is"


def test_none_removes_a_value_and_an_item() -> None:
    assert put(DATA, ("steps", 1, "within"), None)["steps"][1] == {"metric": "b"}
    assert put(DATA, ("steps", 0), None)["steps"] == [{"metric": "b", "within": "1 day"}]
    assert put(DATA, ("nothing",), None) == DATA


def test_a_path_that_does_not_exist_changes_nothing() -> None:
    assert put(DATA, ("steps", 9, "name"), "A") == DATA
    assert put(DATA, ("kind", "more"), "A")["kind"] == "funnel"


def test_an_item_moves_as_far_as_there_is_room() -> None:
    assert with_moved("abc", 1, -1) == ["b", "a", "c"]
    assert with_moved("abc", 2, 1) == ["a", "b", "c"]
    assert with_moved("abc", 7, -1) == ["a", "b", "c"]
