"""Analyses of only the people in a part of a retention, an overlap, contact pressure or paths.

By hand, each person is walked through separately.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.sets import all_names_in
from semantic.errors import GroupTooSmall, InvalidQuery, SemanticError
from semantic.query.query import Condition, Operator
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.funnel import funnel_json
from tests.proof import part
from tests.semantic.analyses.events.funnel.test_funnel import did
from tests.semantic.analyses.events.funnel.test_twins import changed
from tests.semantic.analyses.events.logged import LoggedWorkspace, Row, make_log, open_log
from tests.semantic.analyses.events.overlap.by_hand import channels_of, make_overlap, walk_overlap
from tests.semantic.analyses.events.paths.by_hand import make_paths, walk_paths
from tests.semantic.analyses.events.pressure.by_hand import make_pressure, walk_pressure
from tests.semantic.analyses.events.retention.by_hand import cells_of, make_retention
from tests.semantic.analyses.events.retention.by_hand import walk as walk_retention
from tests.semantic.analyses.events.retention.test_at_random import longer

DEFINITIONS = 300
Definition = dict[str, Any]
IsMember = Callable[[Sequence[Row]], bool]
FUNNEL = EVENT_KINDS["funnel"]


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return longer(make_log(7))


@pytest.fixture(scope="module")
def workspace(log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("parts"), log)
    yield opened
    opened.close()


def of_part(workspace: LoggedWorkspace, of: Definition, person: str = "ana", **more: Any) -> Analyzed[Any]:
    asked = FUNNEL.read({"subject": "person", "steps": ["acts", "carts"], "of": of, **more})
    return analyze(workspace, FUNNEL, asked, workspace.people[person])


def retention_part(asked: Definition, chance: random.Random, log: Sequence[Row]) -> tuple[Definition, IsMember]:
    """Return a part of a retention, and a function that returns whether a person is in it."""
    made: Definition = {}
    came = chance.choice((True, False, "open"))
    cells = cells_of(asked)
    last = cells[-1][1] or cells[-1][0]
    if (choice := chance.random()) < 0.5:
        made = {"cell": chance.randint(1, len(cells)), "came": came}
    elif choice < 0.85:
        made = {"within": chance.randint(0, last), "came": came}
    cohorts = [*walk_retention(asked, log)]
    if "by" in asked and chance.random() < 0.5:
        made["by"] = chance.choice([each[0] for each in cohorts] or [None])
    if "over" in asked and chance.random() < 0.5:
        made["over"] = f"{chance.choice([each[-1] for each in cohorts] or [date(2026, 3, 2)])}"

    def is_member(rows: Sequence[Row]) -> bool:
        # By the end of a period is the same as in the range from period 0 to it.
        ranged = {key: value for key, value in asked.items() if key not in ("count", "periods", "measure")}
        own = walk_retention(asked if "within" not in made else ranged | {"brackets": [[0, made["within"]]]}, rows)
        if not own:
            return False
        ((group, cohort),) = own.items()
        if "by" in made and group[0] != made["by"]:
            return False
        if "over" in made and f"{group[-1]}" != made["over"]:
            return False
        if "came" not in made:
            return True
        cell = made.get("cell", 1) - 1
        if made["came"] == "open":
            return not cohort.eligible[cell]
        return bool(cohort.eligible[cell]) and bool(cohort.came[cell]) is made["came"]

    return made, is_member


def overlap_part(asked: Definition, chance: random.Random, log: Sequence[Row]) -> tuple[Definition, IsMember]:
    places = list(range(1, len(channels_of(asked)) + 1))
    chance.shuffle(places)
    has, lacks = places[: chance.randint(0, 2)], places[2 : 2 + chance.randint(0, 2)]
    made: Definition = ({"channels": has} if has else {}) | ({"not": lacks} if lacks else {})
    if "then" in asked and chance.random() < 0.5:
        made["then"] = chance.random() < 0.5

    def is_member(rows: Sequence[Row]) -> bool:
        own = walk_overlap(asked, rows)
        if not own:
            return False
        (((reached), (_, done)),) = own.items()
        if not all(place - 1 in reached for place in has) or any(place - 1 in reached for place in lacks):
            return False
        return "then" not in made or bool(done) is made["then"]

    return made, is_member


def pressure_part(asked: Definition, chance: random.Random, log: Sequence[Row]) -> tuple[Definition, IsMember]:
    made: Definition = {}
    if chance.random() < 0.9:
        made[chance.choice(("more_than", "at_most"))] = chance.choice((1, 1, 2, 3, 5))
    weeks = walk_pressure(asked, log)
    if weeks and chance.random() < 0.3:
        made["week"] = f"{chance.choice(weeks).monday}"

    def is_member(rows: Sequence[Row]) -> bool:
        own = [
            each.messages
            for each in walk_pressure(asked, rows)
            if "week" not in made or f"{each.monday}" == made["week"]
        ]
        return bool(own) and max(own) > made.get("more_than", 0) and max(own) <= made.get("at_most", 10**9)

    return made, is_member


def paths_part(asked: Definition, chance: random.Random, log: Sequence[Row]) -> tuple[Definition, IsMember]:
    ways = [path.way for path in walk_paths(asked, log)]
    codes = sorted({code for way in ways for code in way if code not in "xy"})
    if not codes:
        return {}, lambda rows: bool(walk_paths(asked, rows))
    code = chance.choice(codes)
    item: Any = {"value": None} if code == "n" else {"value": code[1:]} if code[0] == "v" else int(code[1:]) + 1
    kind = chance.choice(("reached", "never", "step", "else"))
    step = chance.randint(1, int(asked.get("steps", 5)))
    # At each step, the most frequent events have names; among equally frequent ones, the first by their code.
    counts: dict[str, int] = {}
    for way in ways:
        if len(way) >= step and way[step - 1] not in "xy":
            counts[way[step - 1]] = counts.get(way[step - 1], 0) + 1
    named = sorted(counts, key=lambda each: (-counts[each], each))[: int(asked.get("top", 8))]
    made = {
        "reached": {"reached": item},
        "never": {"never": item},
        "step": {"step": step, "event": item},
        "else": {"step": step, "event": "else"},
    }[kind]

    def is_member(rows: Sequence[Row]) -> bool:
        own = [path.way for path in walk_paths(asked, rows)]
        match kind:
            case "reached":
                return any(code in way[1:] for way in own)
            case "never":
                return bool(own) and not any(code in way[1:] for way in own)
            case "step":
                return any(len(way) >= step and way[step - 1] == code for way in own)
            case _:
                at_step = [way[step - 1] for way in own if len(way) >= step]
                return any(each not in named and each not in "xy" for each in at_step)

    return made, is_member


Make = Callable[[Definition, random.Random, Sequence[Row]], tuple[Definition, IsMember]]
KINDS: Mapping[str, tuple[Callable[[random.Random], Definition], Make]] = {
    "retention": (make_retention, retention_part),
    "overlap": (make_overlap, overlap_part),
    "pressure": (make_pressure, pressure_part),
    "paths": (make_paths, paths_part),
}


@pytest.mark.parametrize("kind", KINDS)
def test_people_of_any_part_equal_those_walked_by_hand(workspace: LoggedWorkspace, log: list[Row], kind: str) -> None:
    make, make_part = KINDS[kind]
    people: dict[str, list[Row]] = {}
    for row in log:
        if row.person is not None:
            people.setdefault(row.person, []).append(row)
    acted = {person for person, rows in people.items() if any(row.table == "actions" for row in rows)}
    filled = 0
    for seed in range(part(DEFINITIONS)):
        chance = random.Random(seed)
        definition = {"kind": kind, **make(chance)}
        if kind == "paths" and chance.random() < 0.6:
            definition["top"] = 1
        made, is_member = make_part(definition, chance, log)
        # Clicks belong to the person of their session, so they are in everyone's own rows already.
        expected = sum(is_member(people[person]) for person in acted)
        found = of_part(workspace, {"analysis": definition, "part": made}).found
        assert found.whole.counts[0] == expected, (seed, definition, made)
        filled += bool(expected)
    assert filled > part(DEFINITIONS) // 4


def told(workspace: LoggedWorkspace, of: Definition) -> object:
    """Return everything that Dora, who sees one market, learns: numbers and words, or the refusal."""
    try:
        analyzed = of_part(workspace, of, "dora")
    except SemanticError as error:
        return type(error), str(error)
    data = funnel_json(analyzed)
    del data["data_version"]
    return data


def test_no_part_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows = longer(make_log(11, people=60))
    original, said = open_log(tmp_path, rows), 0
    for twin in range(part(30)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        other = open_log(folder, changed(rows, random.Random(twin)))
        for number, (kind, (make, make_part)) in enumerate(list(KINDS.items()) * 2):
            chance = random.Random(1_000 * twin + number)
            definition = {"kind": kind, **make(chance)}
            made, _ = make_part(definition, chance, rows)
            of = {"analysis": definition, "part": made}
            before = told(original, of)
            assert told(other, of) == before, (twin, of)
            said += isinstance(before, dict) and bool(before["whole"]["counts"][0])
        other.close()
    original.close()
    assert said > 4


# In words


RETAINED: Definition = {"kind": "retention", "subject": "person", "first": "views", "return": "carts", "unit": "day"}
OVERLAP: Definition = {"kind": "overlap", "subject": "person", "channels": ["views", "carts", "letters"]}
PRESSURE: Definition = {"kind": "pressure", "subject": "person", "channels": ["letters"], "limit": 2}
PATHS: Definition = {"kind": "paths", "subject": "person", "from": "views", "events": ["carts", "checkouts"]}


@pytest.mark.parametrize(
    ("analysis", "which", "says"),
    [
        (RETAINED, {}, "began with views"),
        (RETAINED, {"cell": 2}, "came back for carts in day 2 after views"),
        (RETAINED, {"cell": 2, "came": False}, "didn't come back for carts in day 2 after views"),
        (RETAINED, {"within": 3}, "came back for carts by the end of day 3 after views"),
        (RETAINED | {"clock": "rolling"}, {"within": 3}, "came back for carts within 4 days after views"),
        (RETAINED | {"brackets": [[1, 7]]}, {"cell": 1}, "came back for carts in days 1–7 after views"),
        (RETAINED | {"count": "on_or_after"}, {"cell": 1}, "came back for carts in day 1 or later after views"),
        (RETAINED | {"over": "month"}, {"over": "2026-03-01"}, "began with views (began in Mar 2026)"),
        (RETAINED | {"by": "device"}, {"by": "phone"}, "began with views (began in Device: Phone)"),
        (OVERLAP, {"channels": [1]}, "were reached by Views"),
        (OVERLAP, {"channels": [1], "not": [2, 3]}, "were reached by Views only"),
        (OVERLAP, {"channels": [1, 2], "not": [3]}, "were reached by Views and Carts, but not by Letters"),
        (OVERLAP | {"then": "checkouts"}, {"channels": [1], "then": False},
         "were reached by Views and then didn't have checkouts"),
        (PRESSURE, {"more_than": 2}, "got more than 2 messages in a week"),
        (PRESSURE, {"at_most": 2}, "never got more than 2 in a week"),
        (PATHS, {"reached": 2}, "had Carts on their path"),
        (PATHS, {"never": 3}, "never had Checkouts on their path"),
        (PATHS, {"step": 2, "event": 2}, "had Carts 1 event later"),
        (PATHS, {"step": 2, "event": "else"}, "had any other event 1 event later"),
        (PATHS, {"step": 3, "event": "end"}, "had nothing 2 events later"),
        (PATHS, {"path": [1, "else"]}, "took the path Views → Everything else"),
    ],
)  # fmt: skip
def test_the_rule_states_who_counts(
    workspace: LoggedWorkspace, analysis: Definition, which: Definition, says: str
) -> None:
    rule = of_part(workspace, {"analysis": analysis, "part": which}).rule
    assert f"Only people who {says} count, with all their events." in rule, rule


@pytest.mark.parametrize(
    ("analysis", "which"),
    [
        (RETAINED, {"cell": 13}),
        (RETAINED, {"cell": True}),
        (RETAINED, {"cell": 1, "within": 1}),
        (RETAINED, {"within": 13}),
        (RETAINED, {"came": True}),
        (RETAINED, {"cell": 1, "came": "perhaps"}),
        (RETAINED, {"cell": 1, "came": 1.5}),
        (RETAINED, {"by": "phone"}),
        (RETAINED, {"over": "2026-03-01"}),
        (OVERLAP, {"channels": [4]}),
        (OVERLAP, {"channels": [1], "not": [1]}),
        (OVERLAP, {"then": True}),
        (OVERLAP | {"over": "month"}, {"channels": [1]}),
        (OVERLAP | {"then": "carts"}, {"then": 1}),
        (PRESSURE, {"more_than": 10}),
        (PRESSURE, {"more_than": 1, "at_most": 2}),
        (PATHS, {"reached": 4}),
        (PATHS, {"reached": "else"}),
        (PATHS, {"reached": 2, "never": 3}),
        (PATHS, {"step": 6, "event": 2}),
        (PATHS, {"step": 2}),
    ],
)  # fmt: skip
def test_an_invalid_part_is_refused(analysis: Definition, which: Definition) -> None:
    kind = EVENT_KINDS[analysis["kind"]]
    assert kind.parts is not None
    with pytest.raises(InvalidQuery):
        kind.parts.read(kind.read(analysis), which)


def test_every_offered_part_can_be_read_and_described() -> None:
    for analysis in (RETAINED, OVERLAP | {"then": "checkouts"}, PRESSURE, PATHS):
        kind = EVENT_KINDS[analysis["kind"]]
        asked = kind.read(analysis)
        assert kind.parts is not None
        offers = [*kind.parts.offers(asked)]
        assert len({str(kind.parts.read(asked, offer)) for offer in offers}) == len(offers) > 4


# Small groups: Gus sees numbers of four people or more


def people_did(acts: Mapping[str, int]) -> list[Row]:
    each = [letters for letters, count in acts.items() for _ in range(count)]
    return [row for number, letters in enumerate(each) for row in did(letters, person=f"p{number}")]


def asked_by_gus(tmp_path: Path, rows: Sequence[Row], of: Definition) -> list[int | None]:
    workspace = open_log(tmp_path, rows)
    try:
        return [*of_part(workspace, of, "gus", steps=["views", "checkouts"]).found.whole.counts]
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


STEPS: Definition = {"kind": "funnel", "subject": "person", "steps": ["views", "carts", "searches", "removals"]}


def test_sets_that_overlap_never_reveal_those_in_both(tmp_path: Path) -> None:
    """The people who reached step 1 or 2 and those who reached step 2 or 3 share the two who stopped at step 2.

    Their number is the sum of both minus all three, although each of the three numbers is large, and so is everyone
    else.
    """
    rows = people_did({"ac": 20, "abc": 2, "abec": 20, "abedc": 20})
    for which in ({"reached": 1, "not": 3}, {"reached": 2, "not": 4}, {"reached": 1, "not": 4}):
        with pytest.raises(GroupTooSmall):
            asked_by_gus(tmp_path, rows, {"analysis": STEPS, "part": which})
    assert asked_by_gus(tmp_path, rows, {"analysis": STEPS, "part": {"reached": 1}}) == [62, 62]
    large = people_did({"ac": 20, "abc": 20, "abec": 20, "abedc": 20})
    assert asked_by_gus(tmp_path, large, {"analysis": STEPS, "part": {"reached": 1, "not": 3}}) == [40, 40]


def test_a_set_in_a_set_never_reveals_the_rest_of_it(tmp_path: Path) -> None:
    """Of 12 people with a cart, 11 also searched.

    There are enough people outside both cohorts, but the difference between the cohorts is one person.
    """
    kept = {"analysis": {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}, "part": {"reached": 2}}
    searched = {"kind": "funnel", "subject": "person", "steps": ["carts", "searches"], "of": kept}
    rows = people_did({"ac": 20, "abc": 1, "abec": 11})
    assert asked_by_gus(tmp_path, rows, kept) == [12, 12]
    with pytest.raises(GroupTooSmall):
        asked_by_gus(tmp_path, rows, {"analysis": searched, "part": {"reached": 2}})
    # The one who isn't counted by the inner analysis at all is also the difference.
    removed = {"kind": "funnel", "subject": "person", "steps": ["removals", "checkouts"], "of": kept}
    uneven = people_did({"ac": 20, "abc": 1, "abdc": 11})
    with pytest.raises(GroupTooSmall):
        asked_by_gus(tmp_path, uneven, {"analysis": removed, "part": {"reached": 1}})
    enough = people_did({"ac": 20, "abc": 9, "abec": 11})
    assert asked_by_gus(tmp_path, enough, {"analysis": searched, "part": {"reached": 2}}) == [11, 11]


@pytest.mark.parametrize(
    ("analysis", "which"),
    [
        (STEPS | {"by": "device"}, {"reached": 1, "by": "phone"}),
        (STEPS | {"over": "day"}, {"reached": 1, "over": "2026-03-02"}),
        (RETAINED | {"over": "day"}, {"over": "2026-03-02"}),
        (PATHS, {"path": [1, 2]}),
        (PATHS, {"reached": 2}),
        (PRESSURE, {"more_than": 3}),
        (OVERLAP | {"then": "checkouts"}, {"then": True}),
    ],
)  # fmt: skip
def test_parts_with_too_many_others_are_refused(tmp_path: Path, analysis: Definition, which: Definition) -> None:
    rows = people_did({"abc": 20, "ac": 20})
    with pytest.raises(GroupTooSmall, match="could reveal one"):
        asked_by_gus(tmp_path, rows, {"analysis": analysis, "part": which})


def test_a_channel_never_reveals_a_rare_combination(tmp_path: Path) -> None:
    """Both channels reached two people.

    Their number is the sum of the people reached by each channel, minus everyone reached.
    """
    both = {"kind": "overlap", "subject": "person", "channels": ["carts", "searches"]}
    few = people_did({"abc": 20, "aec": 20, "ac": 20})
    # Carts are searches too, so everyone with a cart was reached by both.
    assert asked_by_gus(tmp_path, few, {"analysis": both, "part": {"channels": [1]}}) == [20, 20]
    apart = {"kind": "overlap", "subject": "person", "channels": ["carts", "removals"]}
    rare = people_did({"abc": 20, "adc": 20, "abdc": 2, "ac": 20})
    with pytest.raises(GroupTooSmall):
        asked_by_gus(tmp_path, rare, {"analysis": apart, "part": {"channels": [1]}})
    assert asked_by_gus(tmp_path, rare, {"analysis": apart, "part": {}}) == [42, 42]


def test_profiles_of_sets_that_overlap_never_reveal_who_is_in_one(tmp_path: Path) -> None:
    """The profiles of people who stopped at step 1 or 2, and of those who stopped at step 1, would differ by a small
    group.
    """
    profile = EVENT_KINDS["profile"]
    definition = {"kind": "profile", "subject": "person", "at": "views", "by": ["device"]}
    workspace = open_log(tmp_path, people_did({"ac": 20, "abc": 20, "abec": 20, "abedc": 20}))

    def compare(who: Definition, than: Definition | None, person: str = "gus") -> None:
        sets = {"who": {"analysis": STEPS, "part": who}}
        sets |= {"than": {"analysis": STEPS, "part": than}} if than is not None else {}
        found = analyze(workspace, profile, profile.read(definition | sets), workspace.people[person]).found
        assert found.who in (20, 40)

    try:
        stopped = {"reached": 1, "not": 2}
        for than in (None, {"reached": 2}, {"reached": 4}, {"reached": 3, "not": 4}):
            compare(stopped, than)
        for who, than in (({"reached": 1, "not": 3}, None), (stopped, {"reached": 3}), ({"reached": 3}, None)):
            with pytest.raises(GroupTooSmall, match="could reveal one"):
                compare(who, than)
            compare(who, than, "ana")
    finally:
        workspace.close()


@pytest.mark.parametrize(
    ("analysis", "which", "values"),
    [
        (STEPS | {"by": "device"}, {"by": "phone"}, ("phone",)),
        (RETAINED | {"by": "device"}, {"cell": 1, "by": None}, (None,)),
        (PATHS | {"events": [{"metric": "acts", "each": "device"}]}, {"path": [1, {"value": "phone"}]}, ("phone",)),
        (PATHS | {"events": [{"metric": "acts", "each": "device"}]}, {"never": {"value": "phone"}}, ("phone",)),
    ],
)
def test_values_that_a_part_names_are_among_the_filters(analysis: Definition, which: Definition, values: Any) -> None:
    """A value of a filter can be a person, so it isn't written in addresses, and is stored encrypted."""
    of = {"analysis": analysis, "part": which}
    inner = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"], "of": of}
    for definition in (inner, inner | {"of": {"analysis": inner, "part": {"reached": 1}}}):
        where = all_names_in(FUNNEL, FUNNEL.read(definition)).where
        assert where == Condition("device", Operator.IN, values)
