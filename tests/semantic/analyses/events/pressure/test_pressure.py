"""Contact pressure over small logs: weeks, limits, mixes, following events and small groups."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.pressure.finding import PressureFound
from semantic.display.evidence import wilson
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.pressure import (
    interval_of,
    pressure_json,
    pressure_notes,
    pressure_sentence,
    pressure_tables,
)
from tests.semantic.analyses.events.funnel.test_funnel import bought, did
from tests.semantic.analyses.events.logged import Row, make_log, open_log
from tests.semantic.analyses.events.pressure.by_hand import make_pressure, walk_pressure

PRESSURE = EVENT_KINDS["pressure"]
DAY, WEEK = 24, 168
Ask = Callable[..., Analyzed[PressureFound]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(rows: Sequence[Row], *channels: Any, person: str = "ana", **more: Any) -> Analyzed[PressureFound]:
        workspace = open_log(tmp_path, rows)
        try:
            pressure = PRESSURE.read({"subject": "person", "channels": list(channels), **more})
            return analyze(workspace, PRESSURE, pressure, workspace.people[person])
        finally:
            workspace.close()
            (tmp_path / "log.duckdb").unlink()

    return asked


def buckets(analyzed: Analyzed[PressureFound]) -> dict[tuple[int, int | None], int]:
    return {(bucket.first, bucket.last): bucket.weeks for bucket in analyzed.found.buckets}


def crowd(acts: str, people: int, first: int, at: Sequence[float] = ()) -> list[Row]:
    """Return the rows of this many people, each with these actions."""
    return [row for number in range(people) for row in did(acts, at, person=f"p{first + number}")]


def test_messages_of_all_channels_in_one_week_are_counted_together(ask: Ask) -> None:
    """p1 gets three messages on 2 and 3 March and one a week later; p2 gets one."""
    rows = [*did("aab", (0, 1, DAY)), *did("b", (WEEK,), market="FR"), *did("a", person="p2")]
    analyzed = ask(rows, "views", "carts", limit=2)
    found = analyzed.found
    assert buckets(analyzed) == {(1, 1): 2, (3, 3): 1}
    assert (found.people, found.people_above) == (2, 1)
    assert (found.whole.weeks, found.whole.messages, found.whole.above) == (3, 5, 1)
    assert {mix: (line.weeks, line.above) for mix, line in found.mixes} == {(0, 1): (1, 1), (0,): (1, 0), (1,): (1, 0)}
    assert [(day, line.weeks) for day, line in found.calendar] == [(date(2026, 3, 2), 2), (date(2026, 3, 9), 1)]
    assert pressure_sentence(analyzed).startswith(
        "2 people got 1.7 messages a week on average, in weeks with a message. 33.3% of these weeks had more than 2."
        " 1 person had such a week."
    )


def test_the_sentence_states_the_share_of_weeks_above_the_limit(ask: Ask) -> None:
    analyzed = ask([*did("aa", (1, 12)), *crowd("a", 3, 2)], "views", limit=1, then="revenue", within="1 day")
    words = (
        "25.0% of these weeks had more than 1. 1 person had such a week. Then revenue: 0.0% of weeks above the limit"
    )
    assert f"{words} (only 1), and 0.0% of the others." in pressure_sentence(analyzed)
    assert "None of these weeks had more than 3." in pressure_sentence(ask(crowd("a", 3, 2), "views", limit=3))


def test_ten_messages_and_more_are_one_row(ask: Ask) -> None:
    rows = [*did("a" * 10), *did("a" * 14, person="p2"), *did("a" * 9, person="p3")]
    analyzed = ask(rows, "views")
    assert buckets(analyzed) == {(9, 9): 1, (10, None): 2}
    assert [line[0] for line in pressure_tables(analyzed)[0].lines] == ["9", "10 or more", "All"]


def test_only_whole_weeks_of_the_period_count(ask: Ask) -> None:
    """The period begins on a Tuesday and ends on a Sunday two weeks later, so one week isn't whole."""
    rows = did("aaa", (DAY, WEEK, WEEK + DAY))
    analyzed = ask(rows, "views", time={"from": "2026-03-03", "to": "2026-03-15"})
    assert buckets(analyzed) == {(2, 2): 1}
    assert [day for day, _ in analyzed.found.calendar] == [date(2026, 3, 9)]
    assert "Weeks begin on Monday. Only whole weeks in the period count: 9 – 15 Mar 2026." in analyzed.rule


def test_the_week_that_is_not_over_does_not_count(ask: Ask) -> None:
    """Today is Friday, 20 March."""
    assert buckets(ask(did("ab", (WEEK, 15 * DAY)), "acts")) == {(1, 1): 1}


def test_a_period_without_a_whole_week_says_so(ask: Ask) -> None:
    analyzed = ask(did("a"), "views", time={"from": "2026-03-03", "to": "2026-03-06"})
    assert pressure_sentence(analyzed) == "The period doesn't contain a full week. Choose a longer one."
    assert pressure_tables(analyzed)[0].lines == []


def test_a_result_without_messages_is_stated_plainly(ask: Ask) -> None:
    analyzed = ask([], "views", time={"from": "2026-03-02", "to": "2026-03-15"})
    assert pressure_sentence(analyzed) == "These channels sent no messages in this period."
    assert [line.weeks for _, line in analyzed.found.calendar] == [0, 0]
    assert pressure_json(analyzed)["whole"]["mean"] is None


def test_following_events_count_from_the_first_message_of_the_week(ask: Ask) -> None:
    """p1 buys 20 hours after the first of two messages, p2 30 hours after it, and p3 before any message."""
    rows = [
        *did("aa", (1, 12)), bought(21), *did("a", (1,), person="p2"), Row(**_keyed(bought(31, "p2"), "901")),
        *did("a", (5,), person="p3"), Row(**_keyed(bought(0, "p3"), "902")),
    ]  # fmt: skip
    found = ask(rows, "views", limit=1, then="revenue", within="1 day").found
    answers = {bucket.first: bucket.answers for bucket in found.buckets}
    assert {first: (each.weeks, each.answered) for first, each in answers.items() if each} == {1: (2, 0), 2: (1, 1)}
    assert found.answers is not None
    assert (found.answers.weeks, found.answers.answered) == (3, 1)
    assert interval_of(found.answers) == wilson(1, 3)


def _keyed(row: Row, key: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__slots__} | {"key": key}


def test_an_interval_counts_each_person_once(ask: Ask) -> None:
    """One person has two weeks and buys after one of them.

    The share is of two weeks, but its interval is for one person.
    """
    found = ask([*did("aa", (0, WEEK)), bought(1)], "views", then="revenue", within="1 day").found
    assert found.answers is not None
    assert (found.answers.rate, found.answers.people) == (0.5, 1)
    assert interval_of(found.answers) == wilson(0.5, 1)


def test_weeks_too_recent_to_be_followed_are_left_out(ask: Ask) -> None:
    """The week of 9 March is whole. Seven days after its Sunday last until 22 March, and today is the 20th."""
    rows = [*did("a", (7 * DAY,)), *did("a", (13 * DAY,), person="p2")]
    analyzed = ask(rows, "views", then="revenue", within="1 week")
    assert analyzed.found.answers is not None
    assert (analyzed.found.whole.weeks, analyzed.found.answers.weeks, analyzed.found.unfollowed) == (2, 1, 1)
    assert "1 person-week is too recent to show what follows, and is left out." in pressure_notes(analyzed)


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ({"channels": []}, "1 to 8 channels"),
        ({"channels": ["views"], "limit": 0}, "'limit' must be a whole number from 1 to 9"),
        ({"channels": ["views"], "limit": 10}, "'limit' must be a whole number from 1 to 9"),
        ({"channels": ["views"], "then": "revenue"}, "belong together"),
        ({"channels": ["views"], "within": "1 day"}, "belong together"),
        ({"channels": ["views"], "kind": "funnel"}, "kind pressure"),
        ({"channels": ["views"], "weeks": 1}, "unknown key 'weeks'"),
    ],
)
def test_an_invalid_question_is_refused(definition: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        PRESSURE.read({"subject": "person", **definition})


# Small groups: Gus sees no group of fewer than 4


def test_few_people_with_many_messages_are_grouped_with_others(ask: Ask) -> None:
    """5 people got 2 messages, 2 got 3, and 1 got 6. 10 people got one."""
    rows = [*crowd("a", 10, 0), *crowd("aa", 5, 20), *crowd("aaa", 2, 40), *crowd("aaaaaa", 1, 60)]
    analyzed = ask(rows, "views", limit=1, person="gus")
    assert buckets(analyzed) == {(1, 1): 10, (2, 6): 8}
    assert analyzed.found.whole.above == 8
    assert any("combined with others" in note for note in pressure_notes(analyzed))


def test_few_above_the_limit_are_hidden(ask: Ask) -> None:
    rows = [*crowd("a", 10, 0), *crowd("aaaa", 2, 40)]
    found = ask(rows, "views", person="gus").found
    assert [(bucket.first, bucket.last, bucket.weeks) for bucket in found.buckets] == [(1, 4, 12)]
    assert (found.whole.above, found.people_above) == (None, None)
    assert all(line.above is None for _, line in (*found.mixes, *found.calendar))


def test_too_few_people_overall_hide_everything(ask: Ask) -> None:
    analyzed = ask(did("a"), "views", person="gus")
    assert pressure_sentence(analyzed) == "Too few people got messages to show you numbers."
    found = analyzed.found
    assert (found.people, found.people_above, found.whole.weeks, found.buckets, found.mixes) == (
        None,
        None,
        None,
        (),
        (),
    )
    assert all(line.weeks is None for _, line in found.calendar if line.weeks != 0)


@pytest.mark.parametrize("seed", range(60))
def test_every_shown_number_and_difference_is_based_on_enough_people(seed: int, tmp_path: Path) -> None:
    """In each table, the shown numbers are separate blocks of weeks.

    Each block, and the rest of the total, is about 4 people or more.
    """
    chance = random.Random(seed)
    rows = make_log(seed, people=40)
    definition = make_pressure(chance)
    workspace = open_log(tmp_path, rows)
    try:
        found = analyze(workspace, PRESSURE, PRESSURE.read(definition), workspace.people["gus"]).found
    finally:
        workspace.close()
    weeks, limit = walk_pressure(definition, rows), definition.get("limit", 3)
    everyone = {week.person for week in weeks}
    if len(everyone) < 4:
        assert found.people is None
        return
    assert found.people == len(everyone)
    blocks = [
        [week for week in weeks if bucket.first <= week.messages <= (bucket.last or 10**6)] for bucket in found.buckets
    ]
    assert [bucket.weeks for bucket in found.buckets] == [len(block) for block in blocks]
    assert sum(len(block) for block in blocks) == len(weeks)
    for bucket, block in zip(found.buckets, blocks, strict=True):
        _enough(block)
        if bucket.answers is not None:
            _enough([week for week in block if week.did])
            _enough([week for week in block if week.did is False])
            _enough([week for week in block if week.did is None])
            assert bucket.answers.people is None
    untold = [week for bucket, block in zip(found.buckets, blocks, strict=True) if not bucket.answers for week in block]
    if found.answers is not None:
        _enough([week for week in untold if week.did])
        _enough([week for week in untold if week.did is False])
    if found.people_above is not None:
        ever = {week.person for week in weeks if week.messages > limit}
        assert not 0 < len(ever) < 4
        assert not 0 < len(everyone - ever) < 4
    rest = [week for week in weeks if week.channels not in {mix for mix, _ in found.mixes}]
    for mix, line in found.mixes:
        mine = rest if mix is None else [week for week in weeks if week.channels == mix]
        assert line.weeks == len(mine)
        _enough(mine)
        if line.above is not None:
            _enough([week for week in mine if week.messages > limit])
            _enough([week for week in mine if week.messages <= limit])
    hidden = {day for day, line in found.calendar if line.weeks is None}
    quiet = {day for day, line in found.calendar if line.above is None}
    for day, line in found.calendar:
        mine = [week for week in weeks if week.monday == day]
        if line.weeks is not None:
            assert line.weeks == len(mine)
            _enough(mine)
        if line.above is not None:
            _enough([week for week in mine if week.messages > limit])
            _enough([week for week in mine if week.messages <= limit])
    _enough([week for week in weeks if week.monday in hidden])
    if found.whole.above is not None:
        _enough([week for week in weeks if week.monday in quiet and week.messages > limit])
        _enough([week for week in weeks if week.monday in quiet and week.messages <= limit])


def _enough(weeks: Sequence[Any]) -> None:
    assert not 0 < len({week.person for week in weeks}) < 4
