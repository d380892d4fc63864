"""RFM: scores and groups counted by hand, ties with equal scores, small groups hidden, and the cohorts made from it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.rfm.finding import RfmFound
from semantic.errors import InvalidQuery, SemanticError
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.rfm import rfm_json, rfm_sentence, rfm_tables
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import passes
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

RFM, FUNNEL = EVENT_KINDS["rfm"], EVENT_KINDS["funnel"]
LABELS = {
    "high high": "champions", "high middle": "promising", "high low": "new", "middle high": "loyal",
    "middle middle": "regular", "middle low": "fading", "low high": "at_risk", "low middle": "slipping",
    "low low": "lost",
}  # fmt: skip
THIRDS = {3: ("low", "middle", "high"), 5: ("low", "low", "middle", "high", "high")}


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


@dataclass(frozen=True, slots=True)
class Buyer:
    """One person: days since the last order, number of orders, money spent, and the three scores."""

    values: tuple[int, int, int]
    scores: tuple[int, int, int]


def by_hand(rfm: dict[str, Any], rows: Sequence[Row]) -> dict[str, Buyer]:
    """Return everyone with an order: each value, and the number of cut-offs that it passes."""
    first, end = date.min, TODAY
    if "time" in rfm:
        first, end = (date.fromisoformat(rfm["time"][key]) for key in ("from", "to"))
        end += timedelta(days=1)
    inside = [row for row in rows if row.person is not None and first <= row.at.date() < end]
    values: dict[str, tuple[int, int, int]] = {}
    for person in {row.person for row in inside if row.person is not None}:
        own = [row for row in inside if row.person == person]
        orders = [row for row in own if passes(rfm["orders"], row)]
        count = len({row.product for row in orders if row.product is not None}) if "order" in rfm else len(orders)
        if count:
            spent = sum(row.amount or 0 for row in own if row.table == "purchases")
            values[person] = ((end - max(row.at.date() for row in orders)).days, count, spent)
    return {person: Buyer(mine, scores(rfm, mine, list(values.values()))) for person, mine in values.items()}


def scores(
    rfm: dict[str, Any], mine: tuple[int, int, int], everyone: Sequence[tuple[int, int, int]]
) -> tuple[int, int, int]:
    found: list[int] = []
    for place, axis in enumerate(("recency", "frequency", "money")):
        if "cuts" in rfm:
            cuts = rfm["cuts"][axis]
            passed = sum(mine[place] <= cut if axis == "recency" else mine[place] > cut for cut in cuts)
        else:
            worse = sum(
                other[place] > mine[place] if axis == "recency" else other[place] < mine[place] for other in everyone
            )
            passed = sum(
                worse / len(everyone) >= percent / 100 - 1e-12 for percent in rfm.get("percent", (20, 40, 60, 80))
            )
        found.append(1 + passed)
    return found[0], found[1], found[2]


def group(scores: tuple[int, int, int], levels: int) -> str:
    return LABELS[f"{THIRDS[levels][scores[0] - 1]} {THIRDS[levels][scores[1] - 1]}"]


def levels_of(rfm: dict[str, Any]) -> int:
    return len(rfm["cuts"]["money"] if "cuts" in rfm else rfm.get("percent", (20, 40, 60, 80))) + 1


def make_rfm(chance: random.Random) -> dict[str, Any]:
    rfm: dict[str, Any] = {
        "subject": "person",
        "orders": chance.choice(("revenue", "gifts", "views")),
        "money": "revenue",
    }
    match chance.randrange(4):
        case 0:
            rfm["percent"] = sorted(chance.sample(range(1, 100), chance.choice((2, 4))))
        case 1:
            rfm["cuts"] = {"recency": [2, 9], "frequency": [1, 3], "money": [4.5, 18]}
        case 2:
            rfm["cuts"] = {"recency": [1, 3, 9, 12], "frequency": [1, 2, 3, 5], "money": [0, 5, 9, 14]}
        case _:
            pass
    if chance.random() < 0.3:
        rfm["order"] = "product"
    if chance.random() < 0.4:
        low, high = sorted(chance.sample(range(2, 20), 2))
        rfm["time"] = {"from": f"2026-03-{low:02}", "to": f"2026-03-{high:02}"}
    return rfm


def test_cells_and_groups_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    several = 0
    for seed in range(part(400, 10 if workspace.dialect.name == "duckdb" else 40)):
        definition = make_rfm(random.Random(seed))
        buyers, levels = by_hand(definition, log), levels_of(definition)
        found: RfmFound = analyze(workspace, RFM, RFM.read(definition), workspace.people["ana"]).found
        cells: dict[tuple[int, int], list[int]] = {}
        groups: dict[str, int] = {}
        for buyer in buyers.values():
            cell = cells.setdefault(buyer.scores[:2], [0, 0, 0, 0])
            for place, value in enumerate((1, *buyer.values)):
                cell[place] += value
            key = group(buyer.scores, levels)
            groups[key] = groups.get(key, 0) + 1
        shown = {
            key: [bought.buyers, bought.days, bought.orders, bought.spent]
            for key, bought in found.cells.items()
            if bought is not None and bought.buyers
        }
        assert shown == cells, (seed, definition)
        assert {key: bought.buyers for key, bought in found.groups.items() if bought and bought.buyers} == groups
        for place in range(3):
            for score, scored in enumerate(found.scores[place], start=1):
                mine = [buyer.values[place] for buyer in buyers.values() if buyer.scores[place] == score]
                assert scored.bought is not None
                assert scored.bought.buyers == len(mine), (seed, definition)
                assert (scored.low, scored.high) == ((min(mine), max(mine)) if mine else (None, None))
        several += len(groups) > 2
    assert several > 0


def test_a_part_can_be_analyzed_further(workspace: LoggedWorkspace, log: list[Row]) -> None:
    """Only people in a group, or with certain scores, count in a funnel."""
    rfm = {"subject": "person", "orders": "revenue", "money": "revenue"}
    buyers = by_hand(rfm, log)
    parts: list[tuple[dict[str, Any], set[str]]] = [
        ({"group": "at_risk"}, {person for person, each in buyers.items() if group(each.scores, 5) == "at_risk"}),
        (
            {"recency": 5, "money": [1, 2]},
            {p for p, each in buyers.items() if each.scores[0] == 5 and each.scores[2] < 3},
        ),
    ]
    rules: list[str] = []
    for which, people in parts:
        asked = {"subject": "person", "steps": ["revenue", "acts"]}
        definition = asked | {"of": {"analysis": {"kind": "rfm", **rfm}, "part": which}}
        analyzed = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["ana"])
        assert analyzed.found.whole.counts[0] == len(people) > 0
        rules += analyzed.rule
    words = "Only people who have a recency score of 5 and have a money score of 1 or 2 count, with all their events."
    assert words in rules


# Orders that fit on a hand


def ordered(person: str, orders: Sequence[tuple[int, int]]) -> list[Row]:
    """Return purchases of one person, each given as days before the end of the log and euros."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    return [
        Row(
            table="purchases", key=f"{int(person[1:]) * 100 + place}", person=person, market="DE", amount=amount,
            at=noon - timedelta(days=days),
        )
        for place, (days, amount) in enumerate(orders)
    ]  # fmt: skip


def ask(tmp_path: Path, rows: Sequence[Row], person: str = "ana", **more: Any) -> Analyzed[RfmFound]:
    workspace = open_log(tmp_path, rows)
    try:
        definition = {"subject": "person", "orders": "revenue", "money": "revenue", **more}
        rfm = RFM.read(definition)
        assert RFM.read(RFM.data(rfm)) == rfm
        return analyze(workspace, RFM, rfm, workspace.people[person])
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


def test_equal_values_have_the_same_score(tmp_path: Path) -> None:
    """Seven of ten people bought once.

    A fifth of ten would be two people, but all seven have the score 1, and no one has 2 or 3.
    """
    rows = [row for number in range(7) for row in ordered(f"p{number}", [(1, 5)])]
    rows += [row for number in range(7, 10) for row in ordered(f"p{number}", [(1, 5), (2, 5)])]
    found = ask(tmp_path, rows).found
    assert [scored.bought.buyers if scored.bought else 0 for scored in found.scores[1]] == [7, 0, 0, 3, 0]
    assert [scored.bought.buyers if scored.bought else 0 for scored in found.scores[0]] == [10, 0, 0, 0, 0]  # equal


def test_days_count_from_the_day_after_the_period(tmp_path: Path) -> None:
    rows = [*ordered("p1", [(1, 5)]), *ordered("p2", [(5, 7), (9, 9)])]
    found = ask(tmp_path, rows).found
    assert found.whole is not None
    assert (found.whole.buyers, found.whole.days, found.whole.orders, found.whole.spent) == (2, 6, 3, 21)
    earlier = ask(tmp_path, rows, time={"from": "2026-03-02", "to": "2026-03-16"})  # four days before the 20th
    assert earlier.found.whole is not None
    assert (earlier.found.whole.buyers, earlier.found.whole.days) == (1, 2)
    assert "Recency is the days from the last order to 17 Mar 2026." in earlier.rule[1]


def test_fixed_cuts_mean_the_same_every_time(tmp_path: Path) -> None:
    cuts = {"recency": [7, 14], "frequency": [1, 2], "money": [10, 20]}
    rows = [*ordered("p1", [(7, 10)]), *ordered("p2", [(8, 11), (14, 4)]), *ordered("p3", [(15, 9), (15, 9), (16, 9)])]
    analyzed = ask(tmp_path, rows, cuts=cuts)
    shown = {key: bought.buyers for key, bought in analyzed.found.cells.items() if bought and bought.buyers}
    assert shown == {(3, 1): 1, (2, 2): 1, (1, 3): 1}
    assert {key for key, bought in analyzed.found.groups.items() if bought and bought.buyers} == {
        "new", "regular", "at_risk",
    }  # fmt: skip
    assert "Recency is cut at 7, 14 days, frequency at 1, 2 orders, and money at 10, 20." in analyzed.rule


def test_rfm_is_shown_in_words_and_tables(tmp_path: Path) -> None:
    rows = [*ordered("p1", [(1, 30), (2, 30)]), *ordered("p2", [(9, 40)])]
    analyzed = ask(tmp_path, rows, cuts={"recency": [3, 5], "frequency": [1, 1.5], "money": [1, 2]})
    assert rfm_sentence(analyzed) == (
        "2 people ordered, on average 1.5 times and most recently 5 days ago. Champions make up 50.0% of them and "
        "60.0% of revenue."
    )
    groups, grid, meaning = rfm_tables(analyzed)
    assert groups.lines == [
        ["Champions", "1", "50.0%", "60", "60.0%", "2.0", "1", "60"],
        ["Lost", "1", "50.0%", "40", "40.0%", "1.0", "9", "40"],
    ]
    assert grid.lines[0] == ["Recency 3", "0", "0", "1"]
    assert meaning.lines[0] == ["Recency", "3", "1 day", "1"]
    nobody = ask(tmp_path, ordered("p1", [(1, 5)]), time={"from": "2026-03-02", "to": "2026-03-03"})
    assert rfm_sentence(nobody) == "No people ordered in this period."


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"orders": None}, "'orders'"),
        ({"money": None}, "'money'"),
        ({"money": "acts"}, "adds up no amounts"),
        ({"percent": [50]}, "2 or 4 whole numbers"),
        ({"percent": [60, 40]}, "ascending"),
        ({"cuts": {"recency": [1, 2]}}, "needs recency"),
        ({"cuts": {"recency": [1, 2], "frequency": [1, 2], "money": [1]}}, "2 numbers, or each 4"),
        ({"cuts": {"recency": [2, 1], "frequency": [1, 2], "money": [1, 2]}}, "ascending"),
        ({"percent": [20, 80], "cuts": {}}, "Remove one of them"),
        ({"order": {"dim": "date", "grain": "day"}}, "by their date"),
        ({"color": 1}, "unknown key"),
        ({"of": {"analysis": {"kind": "rfm", "subject": "person", "orders": "revenue", "money": "revenue"},
          "part": {"group": "best"}}}, "isn't a group"),
        ({"of": {"analysis": {"kind": "rfm", "subject": "person", "orders": "revenue", "money": "revenue"},
          "part": {"recency": 6}}}, "a score from 1 to 5"),
    ],
)  # fmt: skip
def test_rfm_without_a_right_answer_is_refused(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        ask(tmp_path, ordered("p1", [(1, 5)]), **more)


# Policy


def test_small_groups_are_hidden_with_the_numbers_that_would_reveal_them(tmp_path: Path) -> None:
    """Gus sees numbers of four people or more. Three of the 12 people are alone in their cell, group and scores."""
    cuts = {"recency": [5, 9], "frequency": [1, 2], "money": [5, 50]}
    rows = [row for number in range(5) for row in ordered(f"p{number}", [(1, 9)])]
    rows += [row for number in range(5, 9) for row in ordered(f"p{number}", [(6, 9)])]
    rows += [row for number in range(9, 12) for row in ordered(f"p{number}", [(10, 9)])]
    analyzed = ask(tmp_path, rows, "gus", cuts=cuts)
    found = analyzed.found
    assert found.whole is not None
    assert found.whole.buyers == 12
    assert found.cells[1, 1] is None
    assert sum(1 for bought in found.cells.values() if bought is None) == 2  # and one more, because of the total
    assert sum(1 for bought in found.groups.values() if bought is None) == 2
    assert sum(1 for scored in found.scores[0] if scored.bought is None) == 2
    assert all(scored.low is None for axis in found.scores for scored in axis)  # one person's value
    groups, grid, meaning = rfm_tables(analyzed)
    shown = [line[1] for line in groups.lines] + [cell for line in grid.lines for cell in line[1:]]
    shown += [line[3] for line in meaning.lines]
    assert "3" not in shown
    assert "(hidden)" in shown
    assert rfm_sentence(ask(tmp_path, ordered("p1", [(1, 5)]), "gus")).startswith("Too few people ordered")


def told(workspace: LoggedWorkspace, definition: object) -> object:
    try:
        analyzed = analyze(workspace, RFM, RFM.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = rfm_json(analyzed)
    del data["data_version"]
    return data


def test_nothing_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows = make_log(11, people=60)
    original, said = open_log(tmp_path, rows), 0
    for twin in range(part(40)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(10):
            definition = make_rfm(chance)
            before = told(original, definition)
            assert told(other, definition) == before, (twin, question, definition)
            said += isinstance(before, dict) and bool(before["whole"]["count"])
        other.close()
    original.close()
    assert said > 20
