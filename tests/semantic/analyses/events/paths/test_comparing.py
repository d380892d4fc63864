"""Two periods of paths: everything that either shows has the share of both, and chance is judged among all changes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from math import erfc, hypot, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.paths.finding import PathsFound
from semantic.display.tokens import LIGHT
from semantic.errors import InvalidQuery
from semantic.services.analyzing.charts.paths import paths_charts
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.paths import paths_json, paths_notes, paths_sentence, paths_tables
from semantic.services.analyzing.words.paths_compared import compared_paths
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import SPANS
from tests.semantic.analyses.events.logged import (
    MODEL,
    LoggedWorkspace,
    Row,
    make_log,
    open_at,
    statements,
    tables_of,
)
from tests.semantic.analyses.events.paths.by_hand import Walked, counted_paths, make_paths, walk_paths
from tests.semantic.analyses.events.paths.test_at_random import ENOUGH, of
from tests.semantic.analyses.events.test_comparing import PREVIOUS, acts, asked, both_days

PATHS = EVENT_KINDS["paths"]
DEFINITIONS = 400
EACH_ACT = {"metric": "acts", "each": "act"}


def paths(**more: Any) -> dict[str, Any]:
    days = {"time": {"from": "2026-03-17", "to": "2026-03-17"}, "compare": PREVIOUS}
    return {"kind": "paths", "events": [EACH_ACT], **days, **more}


def crowd(day: int, ways: Mapping[str, int]) -> list[Row]:
    """Return a number of people with these actions on a day of March."""
    people = [way for way, count in ways.items() for _ in range(count)]
    return [row for place, way in enumerate(people) for row in acts(f"p{day}_{place}", day, way)]


def table(analyzed: Analyzed[PathsFound], title: str) -> Sequence[Sequence[str]]:
    (found,) = [each for each in paths_tables(analyzed) if each.title.startswith(title)]
    return found.lines


# What is said


def test_shares_of_paths_and_steps_are_compared(tmp_path: Path) -> None:
    """From the view, 120 of 200 and 60 of 200 go on to a cart, which is 30 points more."""
    rows = crowd(17, {"ab": 120, "ac": 60, "a": 20}) + crowd(16, {"ab": 60, "ac": 60, "a": 80})
    analyzed = asked(tmp_path, rows, paths(**{"from": "views"}))
    assert paths_sentence(analyzed).startswith(
        "Next after Views came b for 60.0% of people, up 30.0 points from 16 Mar 2026 (30.0%), more than chance"
        " explains. The path that changed most is Views → b → End: 60.0%, up 30.0 points from 16 Mar 2026 (30.0%), more"
        " than chance explains. The most frequent path is Views → b (60.0%)."
    )
    assert table(analyzed, "Number of people, compared with 16 Mar 2026") == [["All people", "200", "200", "0.0%"]]
    assert [[*line[:4], line[-1]] for line in table(analyzed, "Paths of all people, compared")] == [
        ["Views → b → End", "60.0%", "30.0%", "+30.0 pp", "yes"],
        ["Views → c → End", "30.0%", "30.0%", "0.0 pp", "no"],
        ["Views → End", "10.0%", "40.0%", "−30.0 pp", "yes"],
    ]
    assert [[*line[:4], line[-1]] for line in table(analyzed, "Steps of all people, compared")] == [
        ["+1: b", "60.0%", "30.0%", "+30.0 pp", "yes"],
        ["+1: c", "30.0%", "30.0%", "0.0 pp", "no"],
        ["+1: End", "10.0%", "40.0%", "−30.0 pp", "yes"],
        ["+2: End", "90.0%", "60.0%", "+30.0 pp", "yes"],
    ]
    data = paths_json(analyzed)["compared"]
    assert (data["total"], data["period"], data["followed_through"]) == (200, "16 Mar 2026", "2026-03-18")
    assert data["paths"][0]["events"] == ["Views", "b"]
    assert data["paths"][0]["counts"] == [120, 60]
    assert round(data["steps"][2]["of_all"]["points"], 6) == -30
    (chart,) = paths_charts(analyzed, LIGHT)
    assert chart.figure is not None
    drawn = str(chart.figure.to_json())
    assert "up 30.0 points from 16 Mar 2026 (30.0%), more than chance explains" in drawn


def test_chance_is_judged_among_all_changes_shown(tmp_path: Path) -> None:
    """80 and 60 of 200 differ with a probability of 0.036 by chance, which isn't rare among several changes."""
    rows = crowd(17, {"ab": 80, "a": 120}) + crowd(16, {"ab": 60, "a": 140})
    analyzed = asked(tmp_path, rows, paths(**{"from": "views"}))
    (line, *_) = table(analyzed, "Paths of all people, compared")[1:]
    assert line == ["Views → b → End", "40.0%", "30.0%", "+10.0 pp", "+33.3%", "+0.7 to +19.1 pp", "no"]
    assert "None of the listed paths changed more than chance explains." in paths_sentence(analyzed)
    assert (
        "A change is more than chance explains if its 95% interval (Newcombe's) leaves out 0 and its probability by"
        " chance is below 5%, after Bonferroni's correction for all changes shown."
    ) in analyzed.rule
    assert not any("one in twenty" in note for note in paths_notes(analyzed))


def test_what_only_one_period_shows_has_its_share_of_the_other(tmp_path: Path) -> None:
    """One event is named at each step. On 17 March that's b, and on 16 March c, which 3 of 10 also had on 17 March."""
    rows = crowd(17, {"ab": 7, "ac": 3}) + crowd(16, {"ab": 1, "ac": 9})
    analyzed = asked(tmp_path, rows, paths(**{"from": "views", "top": 1}))
    assert [line[:3] for line in table(analyzed, "Steps of all people, compared")] == [
        ["+1: b", "70.0%", "10.0%"], ["+1: c", "30.0%", "90.0%"], ["+2: End", "100.0%", "100.0%"],
    ]  # fmt: skip


def test_a_path_that_is_not_listed_has_its_share_too(tmp_path: Path) -> None:
    """Twelve paths were taken on each day, and the two rarest ones of each day aren't listed."""
    ways = ["ab", "ac", "ad", "ae", "abc", "abd", "abe", "acb", "acd", "ace", "adb", "adc"]
    now, before = ({way: 12 - place for place, way in enumerate(order)} for order in (ways, ways[::-1]))
    analyzed = asked(tmp_path, crowd(17, now) + crowd(16, before), paths(**{"from": "views"}))
    lines = {line[0]: line[1:3] for line in table(analyzed, "Paths of all people, compared")}
    assert len(lines) == 12
    assert lines["Views → b → End"] == ["15.38%", "1.28%"]  # 12 and 1 of 78
    assert lines["Views → d → c → End"] == ["1.28%", "15.38%"]


def test_both_periods_are_followed_for_as_long(tmp_path: Path) -> None:
    """On 20 March, two days after 17 March are known, so a cart on 19 March is too late for people of 16 March."""
    rows = [*acts("p1", 17, "ab", (0, 48)), *acts("p2", 16, "ab", (0, 72)), *acts("p3", 16, "ab", (0, 48))]
    analyzed = asked(tmp_path, rows, paths(**{"from": "views"}))
    assert [line[:3] for line in table(analyzed, "Paths of all people, compared")] == [
        ["Views → b → End", "100.0%", "50.0%"], ["Views → End", "0.0%", "50.0%"],
    ]  # fmt: skip
    analyzed = asked(tmp_path, rows, paths(**{"from": "views", "within": "2 days"}))
    assert "Both periods are followed for the whole 2 days." in analyzed.rule


def test_paths_to_an_end_need_a_limit_to_be_compared(tmp_path: Path) -> None:
    rows = [*acts("p1", 17, "ad"), *acts("p2", 16, "ad"), *acts("p3", 16, "bd"), *acts("p1", 10, "b")]
    with pytest.raises(InvalidQuery, match=r"followed back longer, so they can't be compared\. Add 'within'"):
        asked(tmp_path, rows, paths(to="removals"))
    analyzed = asked(tmp_path, rows, paths(to="removals", within="2 days"))
    assert [line[:3] for line in table(analyzed, "Steps of all people, compared")] == [
        ["−1: a", "100.0%", "50.0%"], ["−1: b", "0.0%", "50.0%"], ["−2: Nothing before", "100.0%", "100.0%"],
    ]  # fmt: skip
    assert "Both periods are followed back for the whole 2 days." in analyzed.rule
    analyzed = asked(tmp_path, rows, paths(to="removals", gap="2 days"))
    assert "Both periods are followed back in the same way." in analyzed.rule


def test_chance_is_not_judged_if_people_have_several_paths(tmp_path: Path) -> None:
    rows = crowd(17, {"ab": 90, "a": 10}) + crowd(16, {"ab": 10, "a": 90})
    analyzed = asked(tmp_path, rows, paths(**{"from": "views", "occurrence": "every"}))
    words = "Next after Views came b for 90.0% of paths, up 80.0 points from 16 Mar 2026 (10.0%). The most frequent"
    assert paths_sentence(analyzed).startswith(words)
    assert table(analyzed, "Paths of all paths, compared")[0] == [
        "Views → b → End",
        "90.0%",
        "10.0%",
        "+80.0 pp",
        "+800.0%",
    ]
    assert "Whether chance explains a change isn't known, because one person can have several paths." in analyzed.rule
    change = paths_json(analyzed)["compared"]["paths"][0]["of_all"]
    assert (change["low_points"], change["more_than_chance"]) == (None, None)


def test_paths_without_anyone_before_say_so(tmp_path: Path) -> None:
    analyzed = asked(tmp_path, acts("p1", 17, "ab"), paths())
    words = "No people had such events in the other period (16 Mar 2026), so there is nothing to compare with."
    assert words in paths_sentence(analyzed)
    assert not [each for each in paths_tables(analyzed) if "compared" in each.title]
    model = MODEL.replace("    time: acted\n", "    time: acted\n    begins: 2026-03-17\n", 1)
    assert "Data doesn't go back to the other period" in paths_sentence(
        asked(tmp_path, acts("p1", 17, "ab"), paths(), model=model)
    )


def test_values_of_the_other_period_only_have_their_labels(tmp_path: Path) -> None:
    rows = [row for day, device in ((17, "desktop"), (16, "phone")) for row in acts(f"p{day}", day, "a")]
    rows = [
        Row(table="actions", key=each.key, person=each.person, market="DE", act="a", at=each.at, session="s",
            device="desktop" if each.person == "p17" else "phone")
        for each in rows
    ]  # fmt: skip
    analyzed = asked(tmp_path, rows, paths(events=[{"metric": "acts", "each": "device"}]))
    assert [line[0] for line in table(analyzed, "Paths of all people, compared")] == ["Desktop → End", "Phone → End"]


# Small groups


def test_few_people_of_either_period_stay_hidden(tmp_path: Path) -> None:
    """Gus sees numbers of four people and more. On 16 March, two people had b, and are counted with others."""
    rows = crowd(17, {"ab": 10, "ac": 10, "a": 20}) + crowd(16, {"ab": 2, "ac": 10, "a": 8})
    analyzed = asked(tmp_path, rows, paths(**{"from": "views"}), person="gus")
    lines = {line[0]: line[1:4] for line in table(analyzed, "Paths of all people, compared")}
    assert lines["Views → b → End"] == ["25.0%", "(hidden)", ""]
    assert [line[1:4] for line in table(analyzed, "Steps of all people, compared") if line[0] == "+1: b"] == [
        ["25.0%", "(hidden)", ""]
    ]
    data = paths_json(analyzed)["compared"]
    assert all(2 not in each["counts"] for each in (*data["paths"], *data["steps"]))
    assert any("too few people took" in note for note in paths_notes(analyzed))
    analyzed = asked(tmp_path, crowd(17, {"ab": 9}) + crowd(16, {"ab": 3}), paths(), person="gus")
    words = "Too few people had such events in the other period (16 Mar 2026) to compare."
    assert words in paths_sentence(analyzed)


# Sides


def test_sides_of_sets_are_compared(tmp_path: Path) -> None:
    rows = [*acts("p1", 2, "abc"), *acts("p2", 2, "ac"), *acts("p3", 2, "ab"), *acts("p4", 2, "a")]
    went = {
        "analysis": {"kind": "funnel", "subject": "person", "steps": ["views", "checkouts"]}, "part": {"reached": 2},
    }  # fmt: skip
    sides = [{"name": "Went on", "of": went}, {"name": "Stopped", "of": {**went, "part": {"reached": 1, "not": 2}}}]
    analyzed = asked(tmp_path, rows, {"kind": "paths", "from": "views", "events": [EACH_ACT], "sides": sides})
    assert paths_sentence(analyzed).startswith(
        "Went on: Next after Views came b for 50.0% of people, the same as Stopped."
    )
    assert [each.title for each in paths_tables(analyzed)] == [
        "Number of people, compared with Stopped", "Paths of all people, compared with Stopped",
        "Steps of all people, compared with Stopped", "Top 2 paths: Went on", "Steps: Went on",
    ]  # fmt: skip


# At random


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"compared_paths_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def make_compared(chance: random.Random) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return random paths in a period, the same in the period before it, and the arguments to walk both."""
    now, before, known = both_days(chance)
    definition = {**make_paths(chance), "time": now}
    if "to" in definition and not {"within", "gap"} & set(definition):
        definition["within"] = chance.choice(tuple(SPANS))
    return definition, {**definition, "time": before}, [known]


def is_clear(now: int, of_now: int, before: int, of_before: int, tests: int) -> bool:
    """Whether Newcombe's interval leaves out 0 and the pooled test stays below 5% after so many tests."""
    z = NormalDist().inv_cdf(0.975)

    def wilson(part: int, whole: int) -> tuple[float, float]:
        middle = (part + z * z / 2) / (whole + z * z)
        apart = z / (whole + z * z) * sqrt(part * (whole - part) / whole + z * z / 4)
        return middle - apart, middle + apart

    share, earlier = now / of_now, before / of_before
    (low, high), (low_before, high_before) = wilson(now, of_now), wilson(before, of_before)
    least = share - earlier - hypot(share - low, high_before - earlier)
    most = share - earlier + hypot(high - share, earlier - low_before)
    pooled = (now + before) / (of_now + of_before)
    if pooled in (0, 1):
        return False
    spread = sqrt(pooled * (1 - pooled) * (1 / of_now + 1 / of_before))
    by_chance = erfc(abs(share - earlier) / spread / sqrt(2))
    return not least <= 0 <= most and by_chance * tests < 0.05


def expected_of(definition: Mapping[str, Any], walked: Sequence[Sequence[Walked]]) -> dict[object, tuple[int, int]]:
    """Return the numbers of both periods for each whole path and each step's event that one of them shows."""
    shown = [counted_paths(definition, each) for each in walked]
    expected: dict[object, tuple[int, int]] = {}
    for way in {way for each in shown for way, *_ in each.wholes}:
        if way[-1] != "y":
            now, before = (sum(path.way == way for path in each) for each in walked)
            expected[way] = now, before
    first = 1 if {"from", "to"} & set(definition) else 0
    for step, code in {(step, code) for each in shown for step, codes in enumerate(each.steps) for code in codes}:
        if step >= first and code not in "oy":
            now, before = (sum(path.way[step : step + 1] == (code,) for path in each) for each in walked)
            expected[step + 1, code] = now, before
    return expected


def test_both_periods_equal_those_followed_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    full = clear = 0
    for seed in range(part(DEFINITIONS, 10 if workspace.dialect.name == "duckdb" else 40)):
        definition, earlier, known = make_compared(random.Random(seed))
        analyzed = analyze(workspace, PATHS, PATHS.read({**definition, "compare": PREVIOUS}), workspace.people["ana"])
        assert analyzed.compared is not None
        walked = [walk_paths(definition, log), walk_paths(earlier, log, *known)]
        for found, each in zip((analyzed.found, analyzed.compared.analyzed.found), walked, strict=True):
            assert of(found) == counted_paths(definition, each), (seed, definition)
        expected = expected_of(definition, walked) if all(walked) else {}
        compared = compared_paths(analyzed)
        changes: dict[object, Any] = {each.codes: each.change for each in compared.wholes}
        changes |= {(each.step, each.code): each.change for each in compared.steps}
        assert {key: (each.now.part, each.before.part) for key, each in changes.items()} == expected, (seed, definition)
        totals = [len(each) for each in walked]
        for key, (now, before) in expected.items():
            tests = len(expected) if definition.get("occurrence") != "every" else 0
            by_hand = tests > 0 and is_clear(now, totals[0], before, totals[1], tests)
            assert changes[key].is_clear == by_hand, (seed, definition, key)
            clear += by_hand
        paths_json(analyzed)
        paths_tables(analyzed)
        full += bool(expected)
    assert full > part(DEFINITIONS, 10 if workspace.dialect.name == "duckdb" else 40) // 3
    if workspace.dialect.name == "duckdb":
        assert clear > 0


def test_what_gus_sees_compared_is_true_and_of_enough_people(workspace: LoggedWorkspace, log: list[Row]) -> None:
    seen = 0
    for seed in range(part(DEFINITIONS, 10 if workspace.dialect.name == "duckdb" else 40)):
        definition, earlier, known = make_compared(random.Random(seed))
        if "occurrence" in definition:
            definition["occurrence"] = earlier["occurrence"] = "first"
        walked = [walk_paths(definition, log), walk_paths(earlier, log, *known)]
        analyzed = analyze(workspace, PATHS, PATHS.read({**definition, "compare": PREVIOUS}), workspace.people["gus"])
        compared = compared_paths(analyzed)
        for each in compared.wholes:
            for shown, taken in zip((each.change.now, each.change.before), walked, strict=True):
                counts = sum(path.way == each.codes for path in taken)
                assert shown.part in (None, counts), (seed, definition, each.codes)
                assert shown.part is None or counts >= ENOUGH, (seed, definition, each.codes)
                seen += shown.part is not None
        for each in compared.steps:
            for shown, taken in zip((each.change.now, each.change.before), walked, strict=True):
                counts = sum(path.way[each.step - 1 : each.step] == (each.code,) for path in taken)
                assert shown.part in (None, counts), (seed, definition, each.step, each.code)
                assert shown.part is None or counts >= ENOUGH, (seed, definition, each.step, each.code)
    assert seen > 0
