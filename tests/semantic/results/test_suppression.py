"""Small groups: hidden numbers can't be computed from an answer, or looked up behind it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.display.evidence import evidence
from semantic.errors import GroupTooSmall
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Breakdown, Query
from semantic.results.cell import Cell, cell_of
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop

READER, STEWARD = (Actor(id=role, roles=frozenset({role})) for role in ("viewer", "steward"))
LEAST = 3
MODEL = f"""
datasets:
  - name: buys
    table: buys
    grain: [buy]
    columns: {{buy: integer, person: integer, a: string, b: string, c: string, amount: integer}}
    entities: [{{name: person, kind: foreign, columns: [person]}}]
    dimensions: [{{name: a}}, {{name: b}}, {{name: c}}]
    measures: [{{name: amount, agg: sum, sql: amount}}, {{name: buys, agg: count}}]
  - name: people
    table: people
    grain: [person]
    columns: {{person: integer}}
    entities: [{{name: person, kind: primary, columns: [person]}}]
metrics:
  - {{name: amount, measure: buys.amount}}
  - {{name: buys, measure: buys.buys}}
  - {{name: mean, kind: ratio, numerator: amount, denominator: buys}}
policies:
  - {{name: all, who: {{roles: [viewer, steward]}}, grant: {{metrics: all, dimensions: all}}, whole: all}}
  - {{name: private, who: {{roles: [viewer]}}, min_group: {{entity: person, at_least: {LEAST}}}}}
"""
TOTALS = ([], ["a"], ["b"])


def opened(folder: Path, rows: list[tuple[object, ...]]) -> Workspace:
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "m.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute(
            "CREATE TABLE buys (buy BIGINT, person BIGINT, a VARCHAR, b VARCHAR, c VARCHAR, amount BIGINT)"
        )
        connection.executemany("INSERT INTO buys VALUES (?, ?, ?, ?, ?, ?)", rows)
    return Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model"))


def some_rows(chance: random.Random) -> list[tuple[object, ...]]:
    """Return purchases of a few people over a few members. Some people are unknown, and some members are missing."""
    people, members = chance.choice((6, 12, 25)), chance.choice((2, 3, 5))
    return [
        (
            buy,
            chance.choice((*range(people), None)),
            chance.choice((*"vwxyz"[:members], None)),
            chance.choice("pqrst"[:members]),
            chance.choice("kl"),
            chance.randint(1, 10**6),
        )
        for buy in range(chance.choice((15, 40, 90)))
    ]


Place = tuple[tuple[str, object], ...]


def counted(rows: list[tuple[object, ...]], keys: str) -> dict[Place, tuple[int, int]]:
    """Return the number of people and the sum for every combination of members and of totals over them, counted by
    hand.
    """
    people_by_group: dict[Place, tuple[set[object], int]] = {}
    for _, person, a, b, c, amount in rows:
        members = [{"a": a, "b": b, "c": c}[key] for key in keys]
        for number in range(2 ** len(keys)):
            place = tuple(
                ("member", member) if number >> at & 1 else ("total", None) for at, member in enumerate(members)
            )
            people, total = people_by_group.get(place, (set[object](), 0))
            people_by_group[place] = people | ({person} if person is not None else set()), total + int(str(amount))
    return {place: (len(people), total) for place, (people, total) in people_by_group.items()}


def placed(table: list[dict[str, object]], keys: str) -> dict[Place, dict[str, object]]:
    people_by_group: dict[Place, dict[str, object]] = {}
    for row in table:
        kinds = str(row["bucket"]).split(",")
        place = tuple(
            ("total", None) if kind == "total" else ("member", row[key]) for key, kind in zip(keys, kinds, strict=True)
        )
        people_by_group[place] = row
    return people_by_group


def determined(shown: dict[Place, dict[str, object]]) -> list[Place]:
    """Return the hidden sums that follow from the shown ones.

    Each total is the sum of each finer level, and the equations are solved exactly.
    """
    unknown = [place for place, row in shown.items() if row["amount"] is None]
    equations: list[list[Fraction]] = []
    for total in shown:
        open_places = [at for at, (kind, _) in enumerate(total) if kind == "total"]
        for chosen in range(1, 2 ** len(open_places)):
            split = {place for at, place in enumerate(open_places) if chosen >> at & 1}
            parts = [
                place
                for place in shown
                if all(
                    (place[at] == total[at]) if at not in split else (place[at] != ("total", None))
                    for at in range(len(total))
                )
            ]
            if parts:
                equations.append([Fraction((place in parts) - (place == total)) for place in unknown])
    return [place for at, place in enumerate(unknown) if _spans(equations, at, len(unknown))]


def _spans(equations: list[list[Fraction]], at: int, width: int) -> bool:
    """Return whether the unknown at a position is determined: whether its unit vector is a combination of the
    equations.
    """
    target = [Fraction(place == at) for place in range(width)]
    return _rank(equations) == _rank([*equations, target])


def _rank(rows: list[list[Fraction]]) -> int:
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(rank, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for at in range(rank + 1, len(rows)):
            factor = rows[at][column] / rows[rank][column]
            if factor:
                rows[at] = [fraction - factor * other for fraction, other in zip(rows[at], rows[rank], strict=True)]
        rank += 1
    return rank


@pytest.mark.parametrize("seed", [*range(30), 120])
def test_no_hidden_number_follows_from_the_shown_ones(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    rows = some_rows(chance)
    keys = chance.choice(("a", "ab"))
    totals = [one for one in TOTALS if set(one) < set(keys)]
    shop = opened(tmp_path, rows)
    asked = {"metrics": ["amount", "buys", "mean"], "by": list(keys), "totals": totals}
    result = shop.ask(query_from_data(asked), READER)
    shop.close()
    truth, shown = counted(rows, keys), placed(result.table.to_pylist(), keys)
    if keys == "ab":  # groups with nothing to show are left out: what they hold is unknown
        everything = tuple(("total", None) for _ in keys)
        assert all(row["amount"] is not None for place, row in shown.items() if place != everything)
        unknown: dict[str, object] = {"amount": None, "buys": None, "mean": None}
        shown = dict.fromkeys(truth, unknown) | shown
    assert set(shown) == set(truth)
    for place, row in shown.items():
        people, total = truth[place]
        if people < LEAST:
            assert (row["amount"], row["buys"], row["mean"]) == (None, None, None), place
        assert row["amount"] in (None, total), place
    small = {place for place in shown if truth[place][0] < LEAST}
    assert not small.intersection(determined(shown))


def test_an_answer_that_can_lack_groups_is_not_a_whole(tmp_path: Path) -> None:
    """Three people bought from v and four from w.

    By a and b, every row has three people or more, but no one can be sure that none is left out.
    """
    rows: list[tuple[object, ...]] = [
        (at, at, "vw"[at > 2], "pq"[at > 2], "k", 10) for at in range(7)
    ]  # fmt: skip
    shop = opened(tmp_path, rows)
    for keys, is_lacking in ((["a"], False), (["a", "b"], True)):
        asked = query_from_data({"metrics": ["amount"], "by": keys})
        result = shop.ask(asked, READER)
        assert sorted(result.table.column("amount").to_pylist()) == [30, 40]
        assert [result.hides(value) for value in result.values] == [is_lacking]
        whole = shop.ask(asked, STEWARD)
        assert not any(whole.hides(value) for value in whole.values)
    shop.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    workspace = open_shop(copy_shop(tmp_path_factory.mktemp("suppress") / "shop.duckdb"))
    yield workspace
    workspace.close()


ABOUT_PEOPLE = MODEL.replace(
    "columns: {person: integer}\n",
    "columns: {person: integer, city: string, income: string, born: date}\n"
    "    dimensions: [{name: city}, {name: income}, {name: born, kind: time}]\n",
)
IN_ULM = {"dim": "city", "op": "in", "values": ["Ulm"]}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One person lives in Ulm, and three live in Bonn. Person 1 bought for 100, which only a steward can know."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(ABOUT_PEOPLE, encoding="utf-8")
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute(
            "CREATE TABLE buys AS SELECT * FROM (VALUES (1, 1, 'v', 'p', 'k', 60), (2, 1, 'v', 'p', 'k', 40), "
            "(3, 2, 'v', 'p', 'k', 7), (4, 3, 'w', 'q', 'l', 8), (5, 4, 'w', 'q', 'l', 9)) "
            "t(buy, person, a, b, c, amount)"
        )
        connection.execute(
            "CREATE TABLE people AS SELECT * FROM (VALUES (1, 'Ulm', 'rich', DATE '1970-01-01'), "
            "(2, 'Bonn', 'poor', DATE '1980-02-02'), (3, 'Bonn', 'mid', DATE '1981-03-03'), "
            "(4, 'Bonn', 'poor', DATE '1982-04-04')) t(person, city, income, born)"
        )
    workspace = Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model"))
    yield workspace
    workspace.close()


def spends(more_than: float) -> dict[str, object]:
    return {"metric": "amount", "per": "person", "op": ">", "value": more_than}


TELLING: dict[str, dict[str, object]] = {
    "what one person spends": {"by": ["city"], "where": {"and": [IN_ULM, spends(99)]}},
    "what somebody spends": {"by": ["city"], "where": spends(99)},
    "by leaving out": {"by": ["city"], "where": {"not": spends(99)}},
    "inside another": {
        "by": ["city"],
        "where": {"metric": "buys", "per": "person", "op": ">", "value": 0, "where": spends(99)},
    },
    "what one person earns": {"by": ["income"], "where": IN_ULM},
    "when one person was born": {"by": ["born"], "where": IN_ULM, "ranges": True},
    "by a choice": {"by": ["income"], "where": {"or": [IN_ULM, {"dim": "income", "op": "in", "values": ["none"]}]}},
    "without a filter": {"by": ["city", "income"]},
    "row by row": {"by": ["income"], "each_row": True},
}


@pytest.mark.parametrize("asked", TELLING.values(), ids=TELLING)
def test_lists_of_values_reveal_nothing_about_one_person(asked: dict[str, object], people: Workspace) -> None:
    assert people.ask(query_from_data(asked), STEWARD).table.num_rows >= 1
    with pytest.raises(GroupTooSmall):
        people.ask(query_from_data(asked), READER)


def test_values_of_one_breakdown_are_still_listed(people: Workspace) -> None:
    cities = {"dim": "city", "op": "contains", "values": ["n"]}
    for asked, truth in (
        ({"by": ["city"]}, ["Bonn", "Ulm"]),
        ({"by": ["city"], "where": cities}, ["Bonn"]),
        ({"by": ["income"]}, ["mid", "poor", "rich"]),
    ):
        table = people.ask(query_from_data(asked), READER).table
        assert sorted(table.column(0).to_pylist()) == truth
    query = query_from_data({"metrics": ["amount"], "by": ["income"], "where": IN_ULM})
    assert set(people.values("income", query, READER)[0]) == {"mid", "poor", "rich"}
    assert people.values("city", replace(query, metrics=()), READER, search="U")[0] == ["Ulm"]


def test_a_filter_by_each_persons_spend_works_next_to_numbers_with_enough_data(people: Workspace) -> None:
    asked = {"metrics": ["amount"], "where": spends(7)}  # persons 1, 3 and 4
    assert people.ask(query_from_data(asked), READER).table.column("amount").to_pylist() == [117]
    few = {"metrics": ["amount"], "where": spends(8)}  # persons 1 and 4
    assert people.ask(query_from_data(few), READER).table.column("amount").to_pylist() == [None]


@pytest.mark.parametrize(
    "asked",
    [
        {"by": ["city"], "where": {"and": [IN_ULM, spends(99)]}},
        {"by": ["income"], "where": IN_ULM},
        {"by": ["city", "income"], "where": IN_ULM},
        {"by": ["city"], "where": spends(8), "totals": ["grand"]},  # persons 1 and 4, each in a different city
        {"by": ["city"], "where": spends(8), "top": {"n": 1, "dim": "city", "metric": "amount"}},
    ],
)
def test_a_group_that_is_hidden_as_a_whole_is_left_out(asked: dict[str, object], people: Workspace) -> None:
    query = query_from_data(asked | {"metrics": ["amount", "buys"]})
    assert people.ask(query, STEWARD).table.num_rows >= 1
    shown = people.ask(query, READER)
    assert [row["bucket"] for row in shown.table.to_pylist()] == (["total"] if "totals" in asked else [])
    nobody = query_from_data(asked | {"metrics": ["amount", "buys"], "where": spends(10_000)})
    assert people.ask(nobody, READER).table.to_pylist() == shown.table.to_pylist(), "as if nobody passed the filter"
    assert people.ask(nobody, READER).notes == shown.notes


GIFTS = """  - name: gifts
    table: gifts
    grain: [gift]
    columns: {gift: integer, giver: integer}
    entities: [{name: giver, entity: person, kind: foreign, columns: [giver]}]
    measures: [{name: gifts, agg: count}]
metrics:
  - {name: gifts, measure: gifts.gifts}
"""
ROLES = (
    ABOUT_PEOPLE.replace("name: person, kind: foreign", "name: buyer, entity: person, kind: foreign")
    .replace("entity: person, at_least", "entity: buyer, at_least")
    .replace("metrics:\n", GIFTS, 1)
)


def test_a_number_that_counts_no_buyer_is_not_filtered_by_what_each_buyer_spends(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    workspace = opened(folder, [(1, 1, "v", "p", "k", 100)])
    workspace.close()
    (folder / "model" / "m.yml").write_text(ROLES, encoding="utf-8")
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute("CREATE TABLE gifts AS SELECT 1::BIGINT AS gift, 1::BIGINT AS giver")
        connection.execute(
            "CREATE TABLE people AS SELECT * FROM (VALUES (1, 'Ulm', 'rich', DATE '1970-01-01')) "
            "t(person, city, income, born)"
        )
    workspace = Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model"))
    asked = query_from_data({"metrics": ["gifts"], "where": spends(99) | {"per": "buyer"}})
    assert workspace.ask(query_from_data({"metrics": ["gifts"]}), READER).rows()[0]["gifts"] == 1, "nobody counts gifts"
    assert workspace.ask(asked, STEWARD).rows()[0]["gifts"] == 1
    with pytest.raises(GroupTooSmall):
        workspace.ask(asked, READER)
    workspace.close()


BY_DEVICE = Query(metrics=("revenue", "aov", "order_count"), by=(Breakdown("device"),))


def test_rows_of_a_hidden_number_are_not_listed(shop: ShopWorkspace) -> None:
    pia = shop.people["pia"]
    shown = shop.ask(BY_DEVICE, pia)
    rows = {row["device"]: place for place, row in enumerate(shown.rows())}
    assert shop.records(BY_DEVICE, cell_of(shown, rows["mobile"], "revenue"), "revenue", pia).count == 6
    with pytest.raises(GroupTooSmall, match="hidden here, and so are its rows"):
        shop.records(BY_DEVICE, cell_of(shown, rows["kiosk"], "revenue"), "revenue", pia)
    # A cell that is made up: of a member of whom the answer has another number, or none.
    kiosk = cell_of(shown, rows["kiosk"], "revenue")
    made_up = replace(kiosk, keys=(replace(kiosk.keys[0], value="fax"),), value=1280.0)
    for cell in (made_up, replace(kiosk, value=1280.0)):
        with pytest.raises(GroupTooSmall):
            shop.records(BY_DEVICE, cell, "revenue", pia)
    assert isinstance(kiosk, Cell)


def test_rows_hidden_to_keep_another_are_not_listed_either(shop: ShopWorkspace) -> None:
    pia = shop.people["pia"]
    asked = {
        "metrics": ["revenue"],
        "by": ["device"],
        "totals": ["grand"],
        "where": {"dim": "device", "op": "in", "values": ["mobile", "desktop", "kiosk"]},
    }
    query = query_from_data(asked)
    shown = shop.ask(query, pia)
    desktop = next(place for place, row in enumerate(shown.rows()) if row["device"] == "desktop")
    with pytest.raises(GroupTooSmall):
        shop.records(query, cell_of(shown, desktop, "revenue"), "revenue", pia)


def test_options_sorted_by_a_number_reveal_no_hidden_ones(shop: ShopWorkspace) -> None:
    """By revenue, Other would be third, before orders without a channel."""
    query = Query(metrics=("revenue",))
    assert shop.values("channel", query, shop.people["steward"])[0][:4] == ["Search", "Social", "Other", None]
    values, _ = shop.values("channel", query, shop.people["pia"])
    assert values == ["Search", "Social", None, "(none)", "Mail", "Other", "Walk-in"]


def test_the_inputs_of_a_hidden_number_are_hidden(shop: ShopWorkspace) -> None:
    shown = shop.ask(BY_DEVICE, shop.people["pia"])
    hidden = dict(zip((row["device"] for row in shown.rows()), shown.hidden["aov"], strict=True))
    assert hidden == {"mobile": False, "desktop": False, "kiosk": True, None: True}
    behind = shown.support["aov"]
    assert behind.counts is not None
    counts = dict(zip(hidden, behind.counts, strict=True))
    assert counts == {"mobile": 6, "desktop": 4, "kiosk": None, None: None}
    assert [each_evidence is None for each_evidence in evidence(shown)["aov"]] == list(hidden.values())


def test_files_have_no_hidden_number_and_say_so(shop: ShopWorkspace) -> None:
    pia = shop.people["pia"]
    shown = shop.ask(BY_DEVICE, pia)
    text = shown.table.to_pandas().to_csv()
    assert "1280" not in text
    assert "8510" in text
    assert any("2 groups have numbers hidden for privacy" in note for note in shown.notes)


def test_a_long_answer_with_a_limit_is_as_fast_as_one_without(tmp_path: Path) -> None:
    """In quadratic time, these rows took 5 s of CPU, which blocked everyone else."""
    rows = "SELECT 'h' || n, 'u' || (1 + n % 4), 'c1', 'DE', 'DE', 'd' || (n // 4), NULL, '2026-04-10', n, false"
    shop = open_shop(copy_shop(tmp_path / "s.duckdb", f"INSERT INTO orders {rows} FROM range(4, 80_000) AS t(n)"))
    query = Query(metrics=("revenue",), by=(Breakdown("device"),), limit=20_000)
    shop.ask(replace(query, limit=19_999), shop.people["steward"])  # whatever is made only once exists from here on
    began = time.process_time()
    assert shop.ask(query, shop.people["pia"]).table.num_rows == 20_000
    assert time.process_time() - began < 2
    shop.close()


def test_the_cache_reveals_nothing_hidden(shop: ShopWorkspace) -> None:
    """Each person sees only their own rows, regardless of who asks first."""
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), order=())
    for person, count in (("pia", 4), ("gus", 6), ("steward", 0), ("gus", 6), ("pia", 4)):
        assert shop.ask(query, shop.people[person]).table.column("revenue").null_count == count


def test_cached_shapes_hide_small_groups_too(shop: ShopWorkspace) -> None:
    """A question with other days than an earlier one gets the same SQL, but its own rows decide what is hidden."""
    pia = shop.people["pia"]
    for month, known in ((3, 0), (4, 1), (3, 0), (4, 1), (10, 1)):
        asked = {
            "metrics": ["revenue"],
            "by": ["device"],
            "time": {"from": f"2026-{month:02}-01", "to": f"2026-{month:02}-30"},
        }
        table = shop.ask(query_from_data(asked), pia).table
        assert table.num_rows - table.column("revenue").null_count == known


def test_without_a_policy_the_sql_is_unchanged(shop: ShopWorkspace) -> None:
    steward, pia = (shop.preflight(BY_DEVICE, shop.people[name]).compiled for name in ("steward", "pia"))
    assert steward is not None
    assert pia is not None
    assert steward.plan.suppression is None
    assert "DISTINCT" not in steward.legs[0].sql
    assert "COUNT(DISTINCT" in pia.legs[0].sql
