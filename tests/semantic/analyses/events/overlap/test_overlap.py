"""Channel overlaps over small logs: combinations, following events, split channels and small groups."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.overlap.finding import OverlapFound
from semantic.errors import InvalidQuery, SemanticError
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.overlap import overlap_json, overlap_notes, overlap_sentence, overlap_tables
from tests.semantic.analyses.events.funnel.test_funnel import bought, did
from tests.semantic.analyses.events.logged import Row, make_log, open_log
from tests.semantic.analyses.events.overlap.by_hand import make_overlap, walk_overlap

OVERLAP = EVENT_KINDS["overlap"]
Ask = Callable[..., Analyzed[OverlapFound]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(rows: Sequence[Row], *channels: Any, person: str = "ana", **more: Any) -> Analyzed[OverlapFound]:
        workspace = open_log(tmp_path, rows)
        try:
            overlap = OVERLAP.read({"subject": "person", "channels": list(channels), **more})
            return analyze(workspace, OVERLAP, overlap, workspace.people[person])
        finally:
            workspace.close()
            (tmp_path / "log.duckdb").unlink()

    return asked


def counts(analyzed: Analyzed[OverlapFound]) -> dict[tuple[int, ...], int | None]:
    return {each.channels: each.group.reached for each in analyzed.found.combinations}


def crowd(acts: str, people: int, first: int) -> list[Row]:
    """Return the rows of this many people, each with these actions."""
    return [row for number in range(people) for row in did(acts, person=f"p{first + number}")]


def test_everyone_is_in_the_combination_of_all_channels_that_reached_them(ask: Ask) -> None:
    rows = [*did("aab"), *did("a", person="p2"), *did("bba", person="p3"), *did("c", person="p4")]
    analyzed = ask(rows, "views", "carts")
    assert counts(analyzed) == {(0, 1): 2, (0,): 1}
    assert [group.reached for group in analyzed.found.channels] == [3, 2]
    assert [*analyzed.found.alone] == [1, 0]
    assert analyzed.found.pairs[0].both == 2
    assert analyzed.found.whole.reached == 3  # p4 did neither
    assert overlap_sentence(analyzed).startswith("Of 3 people reached, 66.7% were reached by both Views and Carts.")


def test_only_events_in_the_period_count_as_channels(ask: Ask) -> None:
    rows = [*did("ab", (0, 30)), *did("ab", (0, 1), person="p2")]
    first_day = {"time": {"from": "2026-03-02", "to": "2026-03-02"}}
    assert counts(ask(rows, "views", "carts", **first_day)) == {(0,): 1, (0, 1): 1}


def test_a_following_event_counts_after_the_last_channel_first_reached_someone(ask: Ask) -> None:
    """p1 buys between the two channels, p2 after both, and p3 three days after both."""
    rows = [
        *did("ab", (0, 4)), bought(2),
        *did("aba", (0, 1, 9), person="p2"), bought(5, "p2"),
        *did("ab", (0, 1), person="p3"), bought(73, "p3"),
    ]  # fmt: skip
    rows = [row if row.table != "purchases" else Row(**_with_key(row, place)) for place, row in enumerate(rows)]
    always = ask(rows, "views", "carts", then="revenue").found
    assert (always.whole.reached, always.whole.did, always.young) == (3, 2, None)
    soon = ask(rows, "views", "carts", then="revenue", within="1 day").found
    assert (soon.whole.did, soon.whole.rate, soon.young) == (1, 1 / 3, 0)


def _with_key(row: Row, place: int) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__slots__} | {"key": str(900 + place)}


def test_one_event_can_be_split_by_a_dimension(ask: Ask) -> None:
    rows = [
        *did("a", device="phone"), *did("a", (1,), device="desktop", market="FR"),
        *did("a", device="phone", person="p2"), *did("a", person="p3"),
    ]  # fmt: skip
    analyzed = ask(rows, "acts", by="device", values=["phone", "desktop", None])
    assert counts(analyzed) == {(0, 1): 1, (0,): 1, (2,): 1}
    assert [line[0] for line in overlap_tables(analyzed)[1].lines] == ["Phone", "Desktop", "(none)"]
    assert "Each channel is a value of device in actions." in analyzed.rule
    assert "Other values of device don't count." in analyzed.rule


def test_an_empty_result_is_stated_plainly(ask: Ask) -> None:
    analyzed = ask([], "views", "carts", then="revenue")
    assert overlap_sentence(analyzed) == "None of the channels reached anyone in this period: Views, Carts."
    assert overlap_json(analyzed)["whole"] == {"reached": 0, "of_all": None, "did": 0, "rate": None}


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ({"channels": ["views"]}, "2 to 8 channels"),
        ({"channels": ["views", "views"]}, "must be different"),
        ({"channels": ["views", "carts"], "within": "1 day"}, "'within' needs an event in 'then'"),
        ({"channels": ["views", "carts"], "by": "device", "values": ["phone"]}, "must have one event"),
        ({"channels": ["views"], "by": "device", "values": ["phone"]}, "2 to 8 values"),
        ({"channels": ["views", "carts"], "values": ["phone"]}, "need a dimension in 'by'"),
        ({"channels": ["views", "carts"], "v": 2}, "version 1"),
        ({"channels": ["views", "carts"], "order": "any"}, "unknown key 'order'"),
    ],
)
def test_an_invalid_question_is_refused(definition: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        OVERLAP.read({"subject": "person", **definition})


def test_hidden_metrics_look_as_if_they_did_not_exist(ask: Ask) -> None:
    with pytest.raises(SemanticError, match=r"no metric .*'carts'"):
        ask(did("ab"), "views", "carts", person="nora")


# Small groups: Gus sees no group of fewer than 4


def test_a_small_combination_is_not_listed_and_cannot_be_computed(ask: Ask) -> None:
    """Only 2 people were reached by both. Subtracting from any channel or the total would reveal that."""
    rows = [*crowd("a", 10, 0), *crowd("b", 20, 100), *crowd("ab", 2, 200)]
    analyzed = ask(rows, "views", "carts", person="gus")
    found = analyzed.found
    assert (0, 1) not in counts(analyzed)
    assert found.pairs[0].both is None
    shown = [group.reached for group in found.channels]
    assert None in shown or found.whole.reached is None or None in found.alone
    assert not ({12, 22, 32, 10, 20} <= {*shown, found.whole.reached, *counts(analyzed).values()})
    assert any("hidden from you" in note for note in overlap_notes(analyzed))


def test_too_few_people_overall_hide_everything(ask: Ask) -> None:
    analyzed = ask(did("ab"), "views", "carts", person="gus")
    assert analyzed.found.combinations == ()
    assert overlap_sentence(analyzed) == "Too few people were reached to show you numbers."
    assert all(
        each is None
        for group in (analyzed.found.whole, *analyzed.found.channels)
        for each in (group.reached, group.did)
    )


def test_few_people_with_a_following_event_are_hidden_with_their_share(ask: Ask) -> None:
    rows = [*crowd("a", 10, 0), *crowd("ac", 2, 20), *crowd("b", 10, 100), *crowd("bc", 5, 200)]
    found = ask(rows, "views", "carts", then="checkouts", person="gus").found
    by_channels = {each.channels: each.group for each in found.combinations}
    assert (by_channels[0,].reached, by_channels[1,].reached) == (12, 15)
    assert by_channels[0,].did is None
    assert by_channels[0,].rate is None
    assert None in (by_channels[1,].did, found.whole.did)  # 7 of all minus 5 would be the other 2


@pytest.mark.parametrize("seed", range(40))
def test_no_small_group_follows_from_shown_numbers(seed: int, tmp_path: Path) -> None:
    """Someone who knows every shown number and solves all equations learns of no group with fewer than 4 people."""
    chance = random.Random(seed)
    rows = make_log(seed, people=40)
    definition = make_overlap(chance)
    workspace = open_log(tmp_path, rows)
    try:
        found = analyze(workspace, OVERLAP, OVERLAP.read(definition), workspace.people["gus"]).found
    finally:
        workspace.close()
    truth = walk_overlap(definition, rows)
    cells = sorted(truth)
    channels = range(len(found.channels))
    known = [cell == each.channels for each in found.combinations for cell in cells]
    shown = np.array(known, dtype=float).reshape(len(found.combinations), len(cells))
    more: list[list[bool]] = [[True] * len(cells)] if found.whole.reached is not None else []
    more += [[place in cell for cell in cells] for place in channels if found.channels[place].reached is not None]
    more += [[{pair.first, pair.second} <= {*cell} for cell in cells] for pair in found.pairs if pair.both is not None]
    matrix = np.vstack([shown, np.array(more, dtype=float).reshape(len(more), len(cells))])
    sizes = np.array([truth[cell][0] for cell in cells])
    groups = [[cell == each for cell in cells] for each in cells]
    groups += [[first in cell and second not in cell for cell in cells] for first in channels for second in channels]
    groups += [[first in cell and second in cell for cell in cells] for first, second in combinations(channels, 2)]
    groups += [[place not in cell for cell in cells] for place in channels]
    rank = np.linalg.matrix_rank(matrix) if len(matrix) else 0
    for group in groups:
        vector = np.array(group, dtype=float)
        if 0 < vector @ sizes < 4:
            assert np.linalg.matrix_rank(np.vstack([matrix, vector])) > rank, (definition, group)
    for each in found.combinations:
        if each.group.did is not None:
            assert each.group.did >= 4
            assert each.group.reached is not None
            assert each.group.reached - each.group.did == 0 or each.group.reached - each.group.did >= 4
