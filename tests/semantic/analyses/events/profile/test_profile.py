"""Profiles: groups counted by hand, statistics computed on paper, and small groups hidden on both sides."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.profile.finding import ProfileFound, corrected, explained
from semantic.errors import GroupTooSmall, InvalidQuery, SemanticError, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.profile import profile_json, profile_sentence, profile_tables
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import make_funnel, passes
from tests.semantic.analyses.events.funnel.test_funnel import did
from tests.semantic.analyses.events.funnel.test_twins import changed
from tests.semantic.analyses.events.logged import (
    TODAY,
    LoggedWorkspace,
    Row,
    make_log,
    open_at,
    open_log,
    statements,
    tables_of,
)
from tests.semantic.analyses.events.test_sets import make_part, members

PROFILE = EVENT_KINDS["profile"]
VIEWS_TO_CARTS = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}
LOST = {"analysis": VIEWS_TO_CARTS, "part": {"reached": 1, "not": 2}}
KEPT = {"analysis": VIEWS_TO_CARTS, "part": {"reached": 2}}
Groups = dict[int, dict[object, tuple[int, int]]]


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"log_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def by_hand(profile: dict[str, Any], rows: Sequence[Row], who: set[str], than: set[str] | None) -> Groups:
    """Return the numbers of both sides in each group, by each person's first row of the event in the period."""
    firsts: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.key)):
        if row.person is not None and row.at.date() < TODAY and passes(profile["at"], row):
            firsts.setdefault(row.person, row)
    found: Groups = {}
    for place, dimension in enumerate(profile["by"]):
        sides = [Counter[object](), Counter[object]()]
        for person, row in firsts.items():
            if person in who:
                sides[0][getattr(row, dimension)] += 1
            elif than is None or person in than:
                sides[1][getattr(row, dimension)] += 1
        found[place] = {value: (sides[0][value], sides[1][value]) for value in {*sides[0], *sides[1]}}
    return found


def test_groups_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    filled = 0
    for seed in range(part(200, 10 if workspace.dialect.name == "duckdb" else 40)):
        chance = random.Random(seed)
        first, second = make_funnel(chance), make_funnel(chance)
        profile: dict[str, Any] = {"subject": "person", "at": chance.choice(("views", "acts", "revenue"))}
        shared = ("market", "product") if profile["at"] == "revenue" else ("market", "product", "device")
        profile["by"] = chance.sample(shared, chance.randint(1, len(shared)))
        which = make_part(first, chance)
        definition = profile | {"who": {"analysis": {"kind": "funnel", **first}, "part": which}}
        who, than = members(first, which, log), None
        if chance.random() < 0.5:
            other = make_part(second, chance)
            definition["than"] = {"analysis": {"kind": "funnel", **second}, "part": other}
            than = members(second, other, log)
        found: ProfileFound = analyze(workspace, PROFILE, PROFILE.read(definition), workspace.people["ana"]).found
        groups = {by.place: {row.value: (row.who, row.than) for row in by.rows} for by in found.by}
        expected = by_hand(profile, log, who, than)
        assert groups == expected, (seed, definition)
        assert (found.who, found.than) == tuple(sum(pair[side] for pair in expected[0].values()) for side in (0, 1))
        filled += bool(found.who and found.than)
    assert filled > 0


# Statistics, worked out on paper


def test_groups_are_ranked_by_the_adjusted_share_of_variation() -> None:
    """For 80 people in two groups of 40, chi-square is 20. 20 / 80 = 0.25, and adjusted it is 1 - 0.75 · 79 / 78."""
    assert explained([(30, 10, 0), (10, 30, 7)]) == pytest.approx(1 - 0.75 * 79 / 78)
    assert explained([(20, 20, 0), (20, 20, 0)]) == 0  # nothing, and never less
    assert explained([(40, 0, 0)]) is None  # no one to compare with


def test_many_tests_are_corrected() -> None:
    """Of four tests, the smallest p is multiplied by 4 / 1, the next by 4 / 2, and so on, but never exceeds a larger
    one.
    """
    assert corrected([0.001, 0.02, 0.03, 0.9]) == pytest.approx([0.004, 0.04, 0.04, 0.9])
    assert corrected([0.6, 0.9]) == pytest.approx([0.9, 0.9])
    assert corrected([]) == []


def people(device: str | None, acts: str, count: int, start: int) -> list[Row]:
    return [row for number in range(start, start + count) for row in did(acts, person=f"p{number}", device=device)]


def ask(tmp_path: Path, rows: Sequence[Row], person: str = "ana", **more: Any) -> Analyzed[ProfileFound]:
    workspace = open_log(tmp_path, rows)
    try:
        definition = {"subject": "person", "at": "views", "who": LOST, "by": ["device"], **more}
        profile = PROFILE.read(definition)
        assert PROFILE.read(PROFILE.data(profile)) == profile
        return analyze(workspace, PROFILE, profile, workspace.people[person])
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


def uneven() -> list[Row]:
    """Return actions in which 30 of 40 people with a phone stopped before the cart, and 10 of 40 with a desktop."""
    return [
        *people("phone", "a", 30, 0), *people("phone", "ab", 10, 100),
        *people("desktop", "a", 10, 200), *people("desktop", "ab", 30, 300),
    ]  # fmt: skip


def test_over_represented_groups_are_named_but_not_blamed(tmp_path: Path) -> None:
    analyzed = ask(tmp_path, uneven())
    (by,) = analyzed.found.by
    phone = by.rows[0]
    assert (phone.value, phone.who, phone.than, phone.lift) == ("phone", 30, 10, 3.0)
    low, high = phone.lift_between() or (0, 0)
    assert (low, high) == (pytest.approx(1.70372, abs=1e-4), pytest.approx(5.28255, abs=1e-4))  # Katz, se 0.288675
    assert phone.chance == pytest.approx(7.744e-06, rel=1e-3)  # z = 4.4721, for both groups
    assert by.explains == pytest.approx(1 - 0.75 * 79 / 78)
    assert profile_sentence(analyzed) == (
        "Phone (device) is over-represented among people who reached Views but not Carts: 75.0%, compared with 25.0% "
        "of the others (3.0 times the share)."
    )
    assert (
        "Searched 1 breakdown with 2 groups. An over-represented group isn't necessarily the reason."
        in (profile_json(analyzed)["notes"])
    )
    text = " ".join([profile_sentence(analyzed), *profile_json(analyzed)["notes"], *analyzed.rule])
    assert "because" not in text
    table = profile_tables(analyzed)[0]
    assert table.lines[0] == ["Phone", "30", "75.0%", "10", "25.0%", "3.00×", "1.70 – 5.28×", "Yes"]


def test_no_group_stands_out_if_chance_explains_it(tmp_path: Path) -> None:
    rows = [*people("phone", "a", 12, 0), *people("phone", "ab", 10, 100), *people("desktop", "a", 10, 200)]
    rows += people("desktop", "ab", 10, 300)
    analyzed = ask(tmp_path, rows)
    assert not any(row.is_apart for by in analyzed.found.by for row in by.rows)
    assert profile_sentence(analyzed).startswith("No group is clearly over-represented among the 22 people who reached")


def test_few_people_are_not_tested(tmp_path: Path) -> None:
    analyzed = ask(tmp_path, [*people("phone", "a", 4, 0), *people("desktop", "ab", 4, 100)])
    assert analyzed.found.tested == 0
    assert [line[-1] for line in profile_tables(analyzed)[0].lines] == ["Too few", "Too few"]
    empty_side = ask(tmp_path, people("phone", "ab", 3, 0))
    assert profile_sentence(empty_side) == "Nothing to compare: 0 people on one side, 3 on the other."


def test_everyone_in_both_sets_counts_once(tmp_path: Path) -> None:
    everyone = {"analysis": VIEWS_TO_CARTS, "part": {}}
    found = ask(tmp_path, uneven(), than=everyone).found
    assert (found.who, found.than) == (40, 40)
    limited = ask(tmp_path, uneven(), of=KEPT).found  # of those with a cart, no one is lost
    assert (limited.who, limited.than) == (0, 40)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"who": None}, "'who'"),
        ({"at": None}, "'at'"),
        ({"by": []}, "1 to 12 breakdowns"),
        ({"by": ["device", "device"]}, "must be different"),
        ({"by": [{"dim": "date", "grain": "week"}]}, "by date"),
        ({"v": 2}, "version 1"),
        ({"sample": 0.1}, "can't be estimated from a sample"),
        (
            {"who": {"analysis": {"kind": "profile"}, "part": {}}},
            r"People can't be taken from this kind of analysis \(profile\)",
        ),
    ],
)
def test_an_invalid_profile_is_refused(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        ask(tmp_path, did("ab"), **more)


# Policy


def test_small_groups_are_hidden_on_both_sides_with_the_numbers_that_would_reveal_them(tmp_path: Path) -> None:
    """Gus sees numbers of four people or more.

    Three people with a tablet stopped, so neither side of tablets is shown. Neither is the next smallest group, because
    the total minus the others would be three.
    """
    rows = [*uneven(), *people(None, "a", 3, 400), *people(None, "ab", 9, 500)]
    analyzed = ask(tmp_path, rows, "gus")
    (by,) = analyzed.found.by
    shown = {row.value: (row.who, row.than, row.chance) for row in by.rows}
    assert shown[None] == (None, None, None)
    assert sum(1 for who, _, _ in shown.values() if who is None) >= 2
    assert (by.explains, analyzed.found.hides, analyzed.found.who) == (None, True, 43)
    assert "3" not in {cell for table in profile_tables(analyzed) for line in table.lines for cell in line}
    few = ask(tmp_path, [*people("phone", "a", 3, 0), *people("phone", "ab", 30, 100)], "gus")
    assert (few.found.who, few.found.than, few.found.by[0].rows) == (None, None, ())
    assert profile_sentence(few) == "Too few people are on one side of the comparison to show you numbers."


def test_two_sets_never_leave_a_small_rest(tmp_path: Path) -> None:
    """Two people bought after the cart and are in neither cohort, so everyone minus both cohorts would be two
    people.
    """
    two = {"analysis": VIEWS_TO_CARTS | {"steps": ["views", "carts", "checkouts"]}, "part": {"reached": 2, "not": 3}}
    rows = [*uneven(), *people("phone", "abc", 2, 600)]
    assert ask(tmp_path, rows, "gus", than=two).found.who is None
    assert ask(tmp_path, [*rows, *people("phone", "abc", 2, 700)], "gus", than=two).found.who == 40


def test_profiles_never_reveal_a_small_part_that_none_of_them_is_about(tmp_path: Path) -> None:
    """Two people with a cart didn't check out: everyone except those without a cart, minus those who did check out."""
    three = VIEWS_TO_CARTS | {"steps": ["views", "carts", "checkouts"]}
    first, last = ({"analysis": three, "part": part_} for part_ in ({"reached": 1, "not": 2}, {"reached": 3}))
    few = [*people("phone", "a", 20, 0), *people("phone", "ab", 2, 100), *people("phone", "abc", 20, 200)]
    enough = [*few, *people("phone", "ab", 2, 300)]
    grouped = [*enough, *people("desktop", "a", 9, 400), *people("desktop", "ab", 2, 500)]
    grouped += people("desktop", "abc", 9, 600)
    everyone = {"analysis": three, "part": {}}
    for who in (first, last):
        for rows in (few, grouped):  # too few in all, or of one group
            with pytest.raises(GroupTooSmall, match="too few people"):
                ask(tmp_path, rows, "gus", who=who)
        with pytest.raises(GroupTooSmall, match="too few people"):
            ask(tmp_path, few, "gus", who=who, of=everyone)
        assert ask(tmp_path, few, "ana", who=who).found.who == 20
        assert ask(tmp_path, enough, "gus", who=who).found.who == 20
        assert ask(tmp_path, enough, "gus", who=who, of=everyone).found.who == 20
    # Compared with each other, they would reveal the two people who remain.
    assert ask(tmp_path, few, "gus", who=first, than=last).found.who is None
    inner = {"analysis": VIEWS_TO_CARTS | {"of": last}, "part": {"reached": 2}}
    with pytest.raises(GroupTooSmall):
        ask(tmp_path, few, "gus", who=inner)


def test_a_hidden_breakdown_reads_as_missing(tmp_path: Path) -> None:
    both = {"analysis": VIEWS_TO_CARTS | {"steps": ["views", "checkouts"]}, "part": {"reached": 1, "not": 2}}
    with pytest.raises(UnknownName) as hidden:
        ask(tmp_path, uneven(), "nora", who=both, by=["market"])
    with pytest.raises(UnknownName) as missing:
        ask(tmp_path, uneven(), "nora", who=both, by=["marked"])
    assert str(hidden.value).split(".")[0].replace("market", "marked") == str(missing.value).split(".")[0]
    assert ask(tmp_path, uneven(), "nora", who=both).found.who == 80
    masked = ask(tmp_path, uneven(), "mia").found
    assert [(row.value, row.who, row.than) for row in masked.by[0].rows] == [(None, 40, 40)]


def told(workspace: LoggedWorkspace, definition: object) -> object:
    try:
        analyzed = analyze(workspace, PROFILE, PROFILE.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = profile_json(analyzed)
    del data["data_version"]
    return data


def test_no_profile_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows = make_log(11, people=60)
    original, said = open_log(tmp_path, rows), 0
    for twin in range(part(40)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(15):
            inner = make_funnel(chance)
            who = {"analysis": {"kind": "funnel", **inner}, "part": make_part(inner, chance)}
            definition = {"subject": "person", "at": "views", "by": ["product", "device"], "who": who}
            before = told(original, definition)
            assert told(other, definition) == before, (twin, question, definition)
            said += isinstance(before, dict) and bool(before["who"]) and bool(before["than"])
        other.close()
    original.close()
    assert said > 20
