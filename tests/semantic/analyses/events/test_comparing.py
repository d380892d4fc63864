"""Two periods of an analysis: the compared days, and that people in both have the same time to convert or come back."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.analyses.events.retention.finding import RetentionFound
from semantic.analyses.events.sets import all_names_in
from semantic.errors import GroupTooSmall, InvalidQuery, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.compared import Change, Part, decimals_of
from semantic.services.analyzing.words.funnel import funnel_json, funnel_notes, funnel_sentence, funnel_tables
from semantic.services.analyzing.words.retention import retention_json, retention_sentence, retention_tables
from tests.proof import part
from tests.semantic.analyses.events.by_hand import counted, make_funnel, walk
from tests.semantic.analyses.events.funnel.test_at_random import of
from tests.semantic.analyses.events.logged import MODEL, TODAY, LoggedWorkspace, Row, make_log, open_log
from tests.semantic.analyses.events.retention.by_hand import Cohort, added, make_retention
from tests.semantic.analyses.events.retention.by_hand import walk as walk_back
from tests.semantic.analyses.events.retention.test_at_random import expected_of, longer, numbers

FUNNEL, RETENTION = EVENT_KINDS["funnel"], EVENT_KINDS["retention"]
DEFINITIONS = 400
PREVIOUS = [{"to": "previous"}]


def acts(
    person: str, day: int, acts: str, hours: Sequence[float] = (), month: int = 3, market: str = "DE"
) -> list[Row]:
    """Return actions of one person from noon of a day on, one for each letter, at these hours or an hour apart."""
    noon = datetime(2026, month, day, 12, tzinfo=UTC)
    return [
        Row(
            table="actions", key=f"{person}{day:02}{place}", person=person, market=market, act=act,
            at=noon + timedelta(hours=hour), session="s1_0",
        )
        for place, (act, hour) in enumerate(zip(acts, hours or range(len(acts)), strict=True))
    ]  # fmt: skip


def asked(
    folder: Path, rows: Sequence[Row], definition: dict[str, Any], person: str = "ana", model: str = MODEL
) -> Any:
    workspace = open_log(folder, rows, model=model)
    try:
        kind = EVENT_KINDS[str(definition.get("kind", "funnel"))]
        question = kind.read({"subject": "person", **definition})
        assert kind.read(kind.data(question)) == question
        return analyze(workspace, kind, question, workspace.people[person])
    finally:
        workspace.close()
        (folder / "log.duckdb").unlink()


def funnel(first: int, last: int, **more: Any) -> dict[str, Any]:
    time = {"from": f"2026-03-{first:02}", "to": f"2026-03-{last:02}"}
    return {"steps": ["views", "carts"], "time": time, "compare": PREVIOUS, **more}


def both(analyzed: Analyzed[FunnelFound]) -> tuple[list[int | None], list[int | None]]:
    assert analyzed.compared is not None
    return [*analyzed.found.whole.counts], [*analyzed.compared.analyzed.found.whole.counts]


# The days, and the time to convert


def test_the_previous_period_has_as_many_days(tmp_path: Path) -> None:
    rows = [
        *acts("p1", 8, "ab"),
        *acts("p2", 9, "a"),
        *acts("p3", 10, "ab"),
        *acts("p4", 11, "a"),
        *acts("p5", 7, "ab"),
    ]
    assert both(asked(tmp_path, rows, funnel(10, 11))) == ([2, 1], [2, 1])  # 7 March is before both


def test_both_periods_are_followed_for_the_same_time(tmp_path: Path) -> None:
    """On 20 March, days are known up to 19 March.

    This is three days after 16 March, so 12 March gets three days, too.
    """
    rows = [*acts("p1", 13, "ab", (0, 144)), *acts("p2", 9, "ab", (0, 144)), *acts("p3", 10, "ab", (0, 144))]
    analyzed = asked(tmp_path, rows, funnel(13, 16))
    assert both(analyzed) == ([1, 1], [2, 1])  # p3 has a cart on 16 March, after four days
    assert analyzed.compared.other.through == date(2026, 3, 16)
    rule = "Both periods are followed for the same time after their last day, through 19 Mar 2026 for the first and "
    assert f"{rule}15 Mar 2026 for the other." in analyzed.rule
    # With a window that both had in full, nothing is cut.
    analyzed = asked(
        tmp_path, rows, funnel(9, 12, within="7 days", compare=[{"to": {"from": "2026-03-05", "to": "2026-03-08"}}])
    )
    assert "Both periods are followed for the whole 7 days." in analyzed.rule


def test_a_period_that_is_not_over_is_compared_with_as_many_days(tmp_path: Path) -> None:
    """1 to 19 March is compared with 1 to 19 February, and nothing after these days counts."""
    rows = [
        *acts("p1", 19, "ab"), *acts("p2", 2, "a"),
        *acts("p3", 19, "ab", month=2), *acts("p4", 18, "ab", (0, 48), month=2), *acts("p5", 20, "ab", month=2),
    ]  # fmt: skip
    analyzed = asked(tmp_path, rows, {"steps": ["views", "carts"], "time": {"to_date": "month"}, "compare": PREVIOUS})
    assert both(analyzed) == ([2, 1], [2, 1])
    other = analyzed.compared.other
    assert (other.start, other.end, other.through) == (date(2026, 2, 1), date(2026, 2, 20), date(2026, 2, 20))
    assert "Nothing after the last day of either period counts, so both have the same time." in analyzed.rule


def test_whole_months_are_compared_with_whole_months_and_followed_for_whole_months(tmp_path: Path) -> None:
    definition = {
        "kind": "retention", "first": "views", "unit": "month", "periods": 2, "compare": PREVIOUS,
        "time": {"from": "2026-01-01", "to": "2026-01-31"},
    }  # fmt: skip
    rows = [
        *acts("p1", 5, "a", month=1), *acts("p1", 5, "a", month=2),
        *acts("p2", 6, "a", month=1), Row(table="actions", key="d", person="p3", market="DE", act="a", session="s",
        at=datetime(2025, 12, 9, tzinfo=UTC)), *acts("p3", 30, "a", month=1), *acts("p3", 10, "a", month=2),
    ]  # fmt: skip
    analyzed: Analyzed[RetentionFound] = asked(tmp_path, rows, definition)
    assert analyzed.compared is not None
    cells = [(cell.eligible, cell.came, cell.is_open) for cell in analyzed.found.whole.cells]
    before = [(cell.eligible, cell.came, cell.is_open) for cell in analyzed.compared.analyzed.found.whole.cells]
    assert analyzed.compared.other.through == date(2026, 2, 20)  # as 20 March is 1 month and 19 days after 1 February
    assert cells == [(2, 1, False), (None, None, True)]  # February is over, and March isn't
    assert before == [(1, 1, False), (None, None, True)]  # January is over, and February isn't counted, though it is
    assert (
        "50.0% of new people came back for views in month 1, down 50.0 points from December 2025"
        in retention_sentence(analyzed)
    )
    (table,) = [each for each in retention_tables(analyzed) if each.title == "Compared with December 2025"]
    assert [line[:4] for line in table.lines] == [["1", "50.0%", "100.0%", "−50.0 pp"]]


# Sentences


def crowd(now: tuple[int, int], before: tuple[int, int]) -> list[Row]:
    """Return actions of people who view on 17 March and on 16 March. The first of them have a cart an hour later."""
    rows: list[Row] = []
    for day, (views, carts) in ((17, now), (16, before)):
        for place in range(views):
            rows += acts(f"p{day}_{place}", day, "ab" if place < carts else "a")
    return rows


@pytest.mark.parametrize(
    ("now", "before", "decimals"), [(3_000, 1_000, 1), (2_192, 2_046, 2), (32, 28, 2), (2_190, 2_050, 1)]
)
def test_a_change_is_the_difference_of_the_shown_shares(now: int, before: int, decimals: int) -> None:
    """Of 10,000 people each, 21.92% and 20.46% would be shown as 21.9% and 20.5%, but 1.5 points apart."""
    assert decimals_of([Change(Part(now, 10_000), Part(before, 10_000))]) == decimals


def test_the_sentence_says_whether_chance_explains_it(tmp_path: Path) -> None:
    analyzed = asked(tmp_path, crowd((200, 80), (200, 50)), funnel(17, 17))
    words = "Views to Carts: 40.0%, up 15.0 points from 16 Mar 2026 (25.0%), more than chance explains."
    assert funnel_sentence(analyzed).startswith(words)
    analyzed = asked(tmp_path, crowd((200, 52), (200, 50)), funnel(17, 17))
    words = "Views to Carts: 26.0%, up 1.0 points from 16 Mar 2026 (25.0%), no more than chance explains."
    assert funnel_sentence(analyzed).startswith(words)
    analyzed = asked(tmp_path, crowd((200, 50), (100, 25)), funnel(17, 17))
    assert funnel_sentence(analyzed).startswith("Views to Carts: 25.0%, unchanged from 16 Mar 2026.")


def test_the_interval_is_newcombes(tmp_path: Path) -> None:
    """56 of 70 and 48 of 80 are Newcombe's own example (1998): the difference is 0.2, from 0.0524 to 0.3339."""
    analyzed = asked(tmp_path, crowd((70, 56), (80, 48)), funnel(17, 17))
    (change,) = funnel_json(analyzed)["compared"]["of_first"]
    assert {key: round(value, 2) for key, value in change.items()} == {
        "now": 0.8, "before": 0.6, "points": 20.0, "relative": 0.33, "low_points": 5.24, "high_points": 33.39,
        "more_than_chance": True,
    }  # fmt: skip
    counts, shares = funnel_tables(analyzed)[1:3]
    assert counts.lines == [["Views", "70", "80", "−12.5%"], ["Carts", "56", "48", "+16.7%"]]
    assert shares.lines == [["Carts", "80.0%", "60.0%", "+20.0 pp", "+33.3%", "+5.2 to +33.4 pp", "yes"]]


def test_an_empty_comparison_period_is_stated(tmp_path: Path) -> None:
    rows = acts("p1", 17, "ab")
    words = "No people reached Views in the other period (16 Mar 2026), so there is nothing to compare with."
    assert words in funnel_sentence(asked(tmp_path, rows, funnel(17, 17)))
    model = MODEL.replace("    time: acted\n", "    time: acted\n    begins: 2026-03-17\n", 1)
    analyzed = asked(tmp_path, rows, funnel(17, 17), model=model)
    words = "Data doesn't go back to the other period (16 Mar 2026), so there is nothing to compare with."
    assert words in funnel_sentence(analyzed)
    assert "Data of actions begins on 17 Mar 2026, so nothing earlier is known." in funnel_notes(analyzed)


def test_groups_of_one_period_only_are_listed(tmp_path: Path) -> None:
    rows = [*acts("p1", 17, "ab", market="DE"), *acts("p2", 16, "ab", market="FR"), *acts("p3", 16, "a", market="FR")]
    table = funnel_tables(asked(tmp_path, rows, funnel(17, 17, by="market")))[-1]
    assert [line[:3] for line in table.lines] == [["DE", "100.0%", ""], ["FR", "", "50.0%"]]


# Refused questions


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"steps": ["views", "carts"], "compare": PREVIOUS}, "period with a start date"),
        (funnel(9, 12, compare=[{"to": {"from": "2026-03-08", "to": "2026-03-09"}}]), "share days"),
        (funnel(9, 12, compare=[*PREVIOUS, {"to": "last_year"}]), "one other period"),
        (funnel(9, 12, compare=[{"to": "yesterday"}]), "isn't a comparison"),
        ({**funnel(20, 21)}, "No day in this period has ended"),
        ({"kind": "rfm", "orders": "revenue", "money": "revenue", "compare": PREVIOUS}, "can't be compared"),
    ],
)
def test_an_analysis_that_cannot_be_compared_is_refused(tmp_path: Path, definition: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidQuery, match=words):
        asked(tmp_path, acts("p1", 12, "ab"), definition)


# Small groups


def test_small_groups_of_either_period_stay_hidden(tmp_path: Path) -> None:
    """Gus sees numbers of four people or more.

    Two people had a cart in the other period, so the change isn't shown.
    """
    analyzed = asked(tmp_path, crowd((20, 10), (20, 2)), funnel(17, 17), person="gus")
    assert both(analyzed) == ([20, 10], [20, None])
    assert "One of the two numbers is based on too few people" in funnel_sentence(analyzed)
    assert funnel_json(analyzed)["compared"]["of_first"] == [None]
    assert [line[:4] for line in funnel_tables(analyzed)[2].lines] == [["Carts", "50.0%", "(hidden)", ""]]
    assert "Numbers based on too few people are hidden from you." in funnel_notes(analyzed)


def test_a_set_is_refused_if_everyone_else_is_few_in_the_other_period(tmp_path: Path) -> None:
    """The cohort is everyone who removes something: everyone on 17 March, and all but two people on 16 March."""
    rows = [row for day in (16, 17) for place in range(20) for row in acts(f"p{day}_{place}", day, "abd")]
    rows += [row for place in (20, 21) for row in acts(f"p16_{place}", 16, "ab")]
    removed = {
        "analysis": {"kind": "funnel", "subject": "person", "steps": ["views", "removals"]},
        "part": {"reached": 2},
    }
    alone = funnel(17, 17, of=removed)
    del alone["compare"]
    assert asked(tmp_path, rows, alone, person="gus").found.whole.counts == (20, 20)
    with pytest.raises(GroupTooSmall):
        asked(tmp_path, rows, funnel(17, 17, of=removed), person="gus")
    assert both(asked(tmp_path, rows, funnel(17, 17, of=removed))) == ([20, 20], [20, 20])


# Sides


def side(name: str, device: str) -> dict[str, Any]:
    return {"name": name, "where": {"dim": "device", "op": "in", "values": [device]}}


SIDES = [side("On a phone", "phone"), side("At a desk", "desktop")]


def test_tries_of_each_side_begin_with_a_step_that_passes_its_filter(tmp_path: Path) -> None:
    """p1 views on a phone, then on a desktop, and has a cart after that. p2 only views on a desktop."""
    rows = [replace(row, device="phone") for row in acts("p1", 2, "a")]
    rows += [replace(row, device="desktop") for row in (*acts("p1", 3, "ab"), *acts("p2", 3, "a"))]
    analyzed = asked(tmp_path, rows, {"steps": ["views", "carts"], "sides": SIDES})
    assert both(analyzed) == ([1, 1], [2, 1])
    words = "On a phone: 100.0% got from Views to Carts, 50.0 points more than At a desk (50.0%), no more than chance"
    assert funnel_sentence(analyzed).startswith(words)
    assert "On a phone: each person who begins with Views where Device is Phone." in analyzed.rule
    assert "A person can be on both sides, and then counts on both." in analyzed.rule
    assert funnel_json(analyzed)["compared"]["side"] == "At a desk"


def test_retention_of_each_side_counts_people_whose_first_event_passes_its_filter(tmp_path: Path) -> None:
    """p1 begins on a phone, so p1's later action on a desktop isn't a beginning. p2 begins on a desktop."""
    rows = [replace(row, device="phone") for row in (*acts("p1", 2, "a"), *acts("p2", 4, "a"))]
    rows += [replace(row, device="desktop") for row in (*acts("p1", 3, "a"), *acts("p2", 3, "a"))]
    definition = {"kind": "retention", "first": "views", "unit": "day", "periods": 2, "sides": SIDES}
    analyzed: Analyzed[RetentionFound] = asked(tmp_path, rows, definition)
    assert analyzed.compared is not None
    other = analyzed.compared.analyzed.found
    assert (analyzed.found.whole.size, other.whole.size) == (1, 1)
    assert [[cell.came for cell in each.whole.cells] for each in (analyzed.found, other)] == [[1, 0], [1, 0]]
    assert "100.0% of new people came back for views in day 1, the same as At a desk." in retention_sentence(analyzed)


def test_a_side_can_be_a_set_of_people(tmp_path: Path) -> None:
    rows = [*acts("p1", 2, "abc"), *acts("p2", 2, "abd"), *acts("p3", 2, "a")]
    removed = {
        "analysis": {"kind": "funnel", "subject": "person", "steps": ["views", "removals"]},
        "part": {"reached": 2},
    }
    left = {**removed, "part": {"reached": 1, "not": 2}}
    sides = [{"name": "Removed", "of": removed}, {"name": "Kept", "of": left}]
    analyzed = asked(tmp_path, rows, {"steps": ["views", "carts"], "sides": sides})
    assert both(analyzed) == ([1, 1], [2, 1])
    assert "Kept: each person who reached Views but not Removals." in analyzed.rule
    assert not any(sentence.startswith("Only people who") for sentence in analyzed.rule)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sides": SIDES[:1]}, "two groups of people"),
        ({"sides": [SIDES[0], SIDES[0]]}, "different names"),
        ({"sides": [{"name": "All"}, SIDES[1]]}, "Say who is in All"),
        ({"sides": [{**SIDES[0], "color": "red"}, SIDES[1]]}, "color"),
        ({"sides": SIDES, "compare": PREVIOUS}, "Remove 'of' and 'compare'"),
        ({"sides": SIDES, "order": "any"}, "In any order"),
    ],
)
def test_sides_that_cannot_be_compared_are_refused(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidQuery, match=words):
        asked(tmp_path, acts("p1", 12, "ab"), {"steps": ["views", "carts"], **more})


def test_people_who_cannot_see_small_groups_cannot_compare_sides(tmp_path: Path) -> None:
    """One side can be the other side with a few more people."""
    with pytest.raises(GroupTooSmall):
        asked(tmp_path, crowd((20, 10), (20, 10)), {"steps": ["views", "carts"], "sides": SIDES}, person="gus")


def test_names_of_both_sides_are_checked(tmp_path: Path) -> None:
    """Nora has no access to products, so she learns nothing about an analysis in which the second side names them."""
    second = {"name": "Apples", "where": {"dim": "product", "op": "in", "values": ["apple"]}}
    definition = {"steps": ["views", "checkouts"], "sides": [SIDES[0], second]}
    with pytest.raises(UnknownName):
        asked(tmp_path, acts("p1", 2, "ac"), definition, person="nora")
    named = all_names_in(FUNNEL, FUNNEL.read({"subject": "person", **definition}))
    assert "product" in str(named.where)


# At random


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("compared"), log)
    yield opened
    opened.close()


def both_days(chance: random.Random) -> tuple[dict[str, str], dict[str, str], date]:
    """Return a period, the previous period of the same length, and the day until which the previous period is
    followed.
    """
    length = chance.randint(1, 8)
    first = date(2026, 3, chance.randint(2 + length, 20 - length))
    end, before = first + timedelta(days=length), first - timedelta(days=length)
    now = {"from": f"{first}", "to": f"{end - timedelta(days=1)}"}
    return now, {"from": f"{before}", "to": f"{first - timedelta(days=1)}"}, first + (TODAY - end)


def test_both_periods_of_funnels_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    full = 0
    for seed in range(part(DEFINITIONS)):
        chance = random.Random(seed)
        now, before, known = both_days(chance)
        definition: dict[str, Any] = {**make_funnel(chance), "time": now}
        asking = FUNNEL.read({**definition, "compare": PREVIOUS})
        analyzed = analyze(workspace, FUNNEL, asking, workspace.people["ana"])
        assert analyzed.compared is not None
        assert of(analyzed.found, definition) == counted(definition, walk(definition, log)), (seed, definition)
        definition["time"] = before
        expected = counted(definition, walk(definition, log, known))
        assert of(analyzed.compared.analyzed.found, definition) == expected, (seed, definition)
        full += any(cells[1] for cells in expected.values())
    assert full > part(DEFINITIONS) // 3


def test_both_periods_of_retention_equal_those_counted_by_hand(tmp_path: Path) -> None:
    rows = longer(make_log(7))
    workspace, full = open_log(tmp_path, rows), 0
    for seed in range(part(DEFINITIONS)):
        chance = random.Random(seed)
        now, before, known = both_days(chance)
        definition: dict[str, Any] = {**make_retention(chance), "time": now}
        definition.pop("time_zone", None)
        asking = RETENTION.read({**definition, "compare": PREVIOUS})
        analyzed: Analyzed[RetentionFound] = analyze(workspace, RETENTION, asking, workspace.people["ana"])
        assert analyzed.compared is not None
        for found, time, until in ((analyzed.found, now, TODAY), (analyzed.compared.analyzed.found, before, known)):
            cohorts: list[Cohort] = [*walk_back({**definition, "time": time}, rows, until).values()]
            if not cohorts:
                assert found.whole.size == 0, (seed, definition)
                continue
            whole = expected_of(added(cohorts), definition, is_dated=False)
            assert numbers(found.whole, definition) == whole, (seed, definition)
        full += bool(analyzed.compared.analyzed.found.whole.size)
        retention_json(analyzed)
        retention_tables(analyzed)
    workspace.close()
    assert full > part(DEFINITIONS) // 3
