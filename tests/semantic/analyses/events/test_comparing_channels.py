"""Two periods of a channel overlap and of contact pressure: both are counted in the same way, and the change is
shown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.overlap import overlap_json, overlap_notes, overlap_sentence, overlap_tables
from semantic.services.analyzing.words.pressure import pressure_json, pressure_sentence, pressure_tables
from tests.proof import part
from tests.semantic.analyses.events.logged import LoggedWorkspace, Row, make_log, open_log
from tests.semantic.analyses.events.overlap.by_hand import make_overlap, walk_overlap
from tests.semantic.analyses.events.pressure.by_hand import make_pressure, walk_pressure
from tests.semantic.analyses.events.test_comparing import PREVIOUS, acts, asked, both_days

OVERLAP, PRESSURE = EVENT_KINDS["overlap"], EVENT_KINDS["pressure"]
DEFINITIONS = 400


def overlap(**more: Any) -> dict[str, Any]:
    days = {"time": {"from": "2026-03-17", "to": "2026-03-17"}, "compare": PREVIOUS}
    return {"kind": "overlap", "channels": ["views", "carts"], **days, **more}


def pressure(**more: Any) -> dict[str, Any]:
    days = {"time": {"from": "2026-03-09", "to": "2026-03-15"}, "compare": PREVIOUS}
    return {"kind": "pressure", "channels": ["views"], "limit": 2, **days, **more}


def crowd(day: int, what: dict[str, int]) -> list[Row]:
    """Return the rows of people on a day in March. `what` has the number of people for each list of actions."""
    people = [each for each, count in what.items() for _ in range(count)]
    return [row for place, each in enumerate(people) for row in acts(f"p{day}_{place}", day, each)]


# Overlap


def test_the_share_reached_by_both_is_compared(tmp_path: Path) -> None:
    """80 of 200 and 50 of 200 differ by 15 points. Newcombe's interval is from 5.8 to 23.8."""
    rows = crowd(17, {"ab": 80, "a": 90, "b": 30}) + crowd(16, {"ab": 50, "a": 150})
    analyzed = asked(tmp_path, rows, overlap())
    assert overlap_sentence(analyzed).startswith(
        "Of 200 people reached, 40.0% were reached by both Views and Carts, up 15.0 points from 16 Mar 2026 (25.0%),"
        " more than chance explains."
    )
    counts, shares = overlap_tables(analyzed)[:2]
    assert counts.lines == [
        ["All reached", "200", "200", "0.0%"], ["Views", "170", "200", "−15.0%"], ["Carts", "110", "50", "+120.0%"],
    ]  # fmt: skip
    assert [line[:4] for line in shares.lines] == [
        ["Views only", "45.0%", "75.0%", "−30.0 pp"],
        ["Views + Carts", "40.0%", "25.0%", "+15.0 pp"],
        ["Carts only", "15.0%", "0.0%", "+15.0 pp"],
    ]
    assert "Nothing after the last day of either period counts, so both have the same time." in analyzed.rule
    data = overlap_json(analyzed)["compared"]
    assert (data["reached"], data["period"]) == (200, "16 Mar 2026")
    assert round(data["several"]["points"], 6) == 15
    assert "With several comparisons, some differ clearly just by chance: at 95%, about one in twenty." in (
        overlap_notes(analyzed)
    )


def test_following_events_are_compared_over_the_same_time(tmp_path: Path) -> None:
    """On 20 March, two days after 17 March are known, so a checkout on 19 March is too late for people of 16 March."""
    rows = [
        *acts("p1", 17, "abc", (0, 1, 2)), *acts("p2", 17, "ab"),
        *acts("p3", 16, "abc", (0, 1, 72)), *acts("p4", 16, "abc", (0, 1, 2)),
    ]  # fmt: skip
    analyzed = asked(tmp_path, rows, overlap(then="checkouts"))
    assert "Then checkouts: 50.0% of everyone reached, unchanged from 16 Mar 2026." in overlap_sentence(analyzed)
    table = next(table for table in overlap_tables(analyzed) if table.title.startswith("Then checkouts, compared"))
    assert [line[:4] for line in table.lines] == [
        ["All reached", "50.0%", "50.0%", "0.0 pp"], ["Views + Carts", "50.0%", "50.0%", "0.0 pp"],
    ]  # fmt: skip


def test_an_overlap_without_anyone_before_says_so(tmp_path: Path) -> None:
    analyzed = asked(tmp_path, acts("p1", 17, "ab"), overlap())
    words = "No people were reached in the other period (16 Mar 2026), so there is nothing to compare with."
    assert words in overlap_sentence(analyzed)
    assert not [table for table in overlap_tables(analyzed) if "compared" in table.title]


def test_small_groups_of_either_period_stay_hidden(tmp_path: Path) -> None:
    """Gus sees numbers of four people or more. On 16 March, two people got both, so the change isn't shown."""
    rows = crowd(17, {"ab": 10, "a": 10, "b": 10}) + crowd(16, {"ab": 2, "a": 10, "b": 10})
    analyzed = asked(tmp_path, rows, overlap(), person="gus")
    assert "One of the two numbers is based on too few people" in overlap_sentence(analyzed)
    data = overlap_json(analyzed)["compared"]
    assert data["several"] is None
    assert all(each["reached"][1] != 2 for each in data["combinations"])
    assert "Numbers based on too few people are hidden from you, and so are sums that would reveal them." in (
        overlap_notes(analyzed)
    )


# Pressure


def test_messages_a_week_are_compared(tmp_path: Path) -> None:
    """Two people get three and one messages from 9 March on, and two and one before: 2.0 and 1.5 a week."""
    rows = [*acts("p1", 10, "aaa"), *acts("p2", 11, "a"), *acts("p1", 3, "aa"), *acts("p2", 4, "a")]
    analyzed = asked(tmp_path, rows, pressure())
    assert pressure_sentence(analyzed).startswith(
        "2 people got 2.0 messages a week on average, in weeks with a message, up 33.3% from 2 – 8 Mar 2026 (1.5)."
        " 50.0% of these weeks had more than 2. 1 person had such a week, 50.0% of all, up 50.0 points from"
        " 2 – 8 Mar 2026 (0.0%), no more than chance explains."
    )
    counts, means, people = pressure_tables(analyzed)[:3]
    assert counts.lines == [
        ["People", "2", "2", "0.0%"], ["Person-weeks", "2", "2", "0.0%"], ["Messages", "4", "3", "+33.3%"],
    ]  # fmt: skip
    assert means.lines == [["Messages a week", "2.00", "1.50", "+33.3%"]]
    assert [line[:4] for line in people.lines] == [["with a week of more than 2", "50.0%", "0.0%", "+50.0 pp"]]
    data = pressure_json(analyzed)["compared"]
    assert (data["people"], data["whole"]["messages"], data["whole"]["mean"]) == (2, 3, 1.5)


def test_a_change_too_small_to_show_is_not_shown(tmp_path: Path) -> None:
    """41 messages in 40 weeks and 42 in 41 are both 1.0 a week."""
    rows = crowd(10, {"aa": 1, "a": 39}) + crowd(3, {"aa": 1, "a": 40})
    words = "got 1.0 messages a week on average, in weeks with a message, unchanged from 2 – 8 Mar 2026."
    assert words in pressure_sentence(asked(tmp_path, rows, pressure()))


def test_pressure_without_messages_before_says_so(tmp_path: Path) -> None:
    analyzed = asked(tmp_path, acts("p1", 10, "aaa"), pressure())
    words = "No people got messages in the other period (2 – 8 Mar 2026), so there is nothing to compare with."
    assert words in pressure_sentence(analyzed)


def test_few_people_above_the_limit_stay_hidden_in_a_comparison(tmp_path: Path) -> None:
    rows = crowd(10, {"aaa": 10, "a": 10}) + crowd(3, {"aaa": 2, "a": 10})
    analyzed = asked(tmp_path, rows, pressure(), person="gus")
    assert "10 people had such a week." in pressure_sentence(analyzed)
    assert pressure_json(analyzed)["compared"]["above_limit"] is None
    assert pressure_json(analyzed)["compared"]["whole"]["above_limit"] is None


@pytest.mark.parametrize("definition", [overlap(), pressure()])
def test_a_side_of_channels_has_no_filter_of_its_own(tmp_path: Path, definition: dict[str, Any]) -> None:
    where = [{"dim": "device", "op": "in", "values": [each]} for each in ("phone", "desktop")]
    sides = [{"name": name, "where": each} for name, each in zip(("A", "B"), where, strict=True)]
    del definition["compare"]
    with pytest.raises(InvalidQuery, match="compares sets of people only"):
        asked(tmp_path, acts("p1", 17, "ab"), definition | {"sides": sides})


def test_sides_of_sets_are_compared(tmp_path: Path) -> None:
    rows = [*acts("p1", 2, "abc"), *acts("p2", 2, "ac"), *acts("p3", 2, "ab"), *acts("p4", 2, "b")]
    went = {
        "analysis": {"kind": "funnel", "subject": "person", "steps": ["views", "checkouts"]}, "part": {"reached": 2},
    }  # fmt: skip
    sides = [{"name": "Went on", "of": went}, {"name": "Stopped", "of": {**went, "part": {"reached": 1, "not": 2}}}]
    definition: dict[str, Any] = {"kind": "overlap", "channels": ["views", "carts"], "sides": sides}
    analyzed = asked(tmp_path, rows, definition)
    assert overlap_sentence(analyzed).startswith(
        "Went on: of 2 people reached, 50.0% were reached by both Views and Carts, 50.0 points less than Stopped"
        " (100.0%), no more than chance explains."
    )


# At random


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("channels"), log)
    yield opened
    opened.close()


def test_both_periods_of_overlaps_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    full = 0
    for seed in range(part(DEFINITIONS)):
        chance = random.Random(seed)
        now, before, known = both_days(chance)
        definition = {**make_overlap(chance), "time": now}
        asking = OVERLAP.read({**definition, "compare": PREVIOUS})
        analyzed = analyze(workspace, OVERLAP, asking, workspace.people["ana"])
        assert analyzed.compared is not None
        expected = [walk_overlap(definition, log), walk_overlap({**definition, "time": before}, log, known)]
        for found, counted in zip((analyzed.found, analyzed.compared.analyzed.found), expected, strict=True):
            counts = {each.channels: (each.group.reached, each.group.did or 0) for each in found.combinations}
            assert counts == counted, (seed, definition)
        overlap_json(analyzed)
        overlap_tables(analyzed)
        full += all(map(bool, expected))
    assert full > part(DEFINITIONS) // 3


def test_both_weeks_of_pressure_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    """On 20 March, four days after the later week are known, so the earlier week is followed for four days, too."""
    full = 0
    for seed in range(part(DEFINITIONS)):
        definition = {**make_pressure(random.Random(seed)), "time": {"from": "2026-03-09", "to": "2026-03-15"}}
        asking = PRESSURE.read({**definition, "compare": PREVIOUS})
        analyzed = analyze(workspace, PRESSURE, asking, workspace.people["ana"])
        assert analyzed.compared is not None
        earlier = {**definition, "time": {"from": "2026-03-02", "to": "2026-03-08"}}
        expected = [walk_pressure(definition, log), walk_pressure(earlier, log, date(2026, 3, 13))]
        for found, weeks in zip((analyzed.found, analyzed.compared.analyzed.found), expected, strict=True):
            whole, about = (found.whole.weeks, found.whole.messages), (seed, definition)
            assert whole == (len(weeks), sum(week.messages for week in weeks)), about
            assert found.people == len({week.person for week in weeks}), about
            if found.answers is not None:
                followed = [week.did for week in weeks if week.did is not None]
                assert (found.answers.weeks, found.answers.answered) == (len(followed), sum(followed)), about
        pressure_json(analyzed)
        pressure_tables(analyzed)
        full += all(map(bool, expected))
    assert full > part(DEFINITIONS) // 3
