"""Masks can't be undone: two companies that differ only in what a mask removes give the same answers to every question.

This covers every kind of mask over every kind of value that it fits: filters at every boundary, sorting, searching,
conditions, segments, metrics of members, tops, totals, comparisons, lists and single rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.cell import cell_of
from semantic.workspace import Workspace
from tests.proof import part, part_of

READER = Actor(id="reader", roles=frozenset({"viewer"}))


@dataclass(frozen=True, slots=True)
class Masked:
    """A mask applied to a column type.

    `here` and `there` are the rows' values in two companies, which the mask must make look the same. `guesses` are
    values that an attacker would filter by.
    """

    mask: str
    type: str
    here: tuple[str, ...]
    there: tuple[str, ...]
    guesses: tuple[object, ...]

    @property
    def title(self) -> str:
        return f"{self.mask} {self.type}".replace(", width: 10", "")


TEXTS = ("'Ada 1234'", "'Bob 5678'", "'xy'", "NULL")
KINDS = [
    Masked('"null"', "string", TEXTS, ("'Zoe 9'", "NULL", "'Ada 1234'", "'Bob 5678'"), ("Ada 1234", "Zoe 9", "Ada")),
    Masked('"null"', "integer", ("1", "2", "3", "NULL"), ("3", "NULL", "1", "2"), (1, 2, 3)),
    Masked('"null"', "boolean", ("true", "false", "true", "NULL"), ("false", "true", "NULL", "true"), (True, False)),
    Masked('"null"', "decimal(18,4)", ("1.5", "2", "-3", "NULL"), ("-3", "NULL", "1.5", "2"), (1.5, 2, -3)),
    Masked('"null"', "date", ("'2026-01-02'", "'2026-02-03'", "'2026-03-04'", "NULL"),
           ("NULL", "'2026-01-02'", "'2026-02-03'", "'2026-03-04'"), ("2026-01-02", "2026-02-03")),
    Masked("last_four", "string", TEXTS, ("'Eve 1234'", "'5678 5678'", "NULL", "'abcd'"),
           ("Ada 1234", "Ada", "Bob", "xy", "abcd", "Eve 1234")),
    Masked("last_four", "integer", ("11234", "25678", "12", "NULL"), ("991234", "35678", "NULL", "1234"),
           ("11234", "112", "991234", "1234", "12")),
    Masked("last_four", "date", ("'2026-01-02'", "'2026-02-03'", "'2026-03-04'", "NULL"),
           ("NULL", "'2026-01-02'", "'2026-02-03'", "'2026-03-04'"), ("2026-01-02", "2026-02-03")),
    Masked("bucket, width: 10", "integer", ("1984", "-1", "20", "NULL"), ("1987", "-10", "29", "NULL"),
           (1984, 1987, 1980, 1989, 1990, -1, -10, 20, 29)),
    Masked("bucket, width: 10", "double", ("19.75", "-0.5", "20", "NULL"), ("10", "-10", "29.999", "NULL"),
           (19.75, 10, 29.999, 20, -0.5, -10)),
    Masked("bucket, width: 10", "decimal(18,4)", ("19.75", "-0.5", "20", "NULL"), ("10", "-10", "29.9999", "NULL"),
           (19.75, 10, 29.9999, 20, -0.5, -10)),
    Masked("hash", "date", ("'2026-01-02'", "'2026-02-03'", "'2026-03-04'", "NULL"),
           ("NULL", "'2026-01-02'", "'2026-02-03'", "'2026-03-04'"), ("2026-01-02", "2026-02-03")),
]  # fmt: skip


def model_of(masked: Masked) -> str:
    kind = ", kind: time" if masked.type == "date" else ", kind: boolean" if masked.type == "boolean" else ""
    return f"""
datasets:
  - name: people
    table: people
    grain: [id]
    columns: {{id: integer, secret: "{masked.type}"}}
    entities: [{{name: person, kind: primary, columns: [id]}}]
    dimensions: [{{name: secret{kind}}}, {{name: person_id, sql: id}}]
    measures: [{{name: people, agg: count}}]
  - name: buys
    table: buys
    grain: [buy]
    time: day
    columns: {{buy: integer, id: integer, day: date, amount: integer}}
    entities: [{{name: person, kind: foreign, columns: [id]}}]
    dimensions: [{{name: day, kind: time}}]
    measures: [{{name: amount, agg: sum, sql: amount}}, {{name: buyers, agg: count_distinct, sql: id}}]
metrics:
  - {{name: people, measure: people.people}}
  - {{name: amount, measure: buys.amount}}
  - {{name: buyers, measure: buys.buyers}}
segments:
  - {{name: with_secret, entity: person, dataset: people, where: secret IS NOT NULL}}
policies:
  - name: all
    who: {{roles: [viewer]}}
    grant: {{metrics: all, dimensions: all, segments: all, rows: all}}
    whole: all
    masks: [{{dimension: secret, kind: {masked.mask}}}]
"""


def opened(folder: Path, model: str, secrets: Sequence[str], kind: str) -> Workspace:
    folder.mkdir()
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(model, encoding="utf-8")
    columns = {"string": "VARCHAR", "integer": "BIGINT"}
    rows = ", ".join(f"({place}, {secret})" for place, secret in enumerate(secrets, start=1))
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute(f"CREATE TABLE people (id BIGINT, secret {columns.get(kind, kind)})")
        connection.execute(f"INSERT INTO people VALUES {rows}")
        connection.execute("CREATE TABLE buys (buy BIGINT, id BIGINT, day DATE, amount BIGINT)")
        connection.execute("""INSERT INTO buys VALUES (1, 1, '2026-03-01', 1), (2, 1, '2026-03-02', 2),
            (3, 2, '2026-03-01', 4), (4, 3, '2026-02-01', 8), (5, 4, '2026-02-02', 16), (6, 9, '2026-03-03', 32)""")
    return Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model", mask_key="k"))


@pytest.fixture(scope="module", params=KINDS, ids=lambda one: one.title)
def twins(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Masked, Workspace, Workspace]]:
    masked: Masked = request.param
    folder = tmp_path_factory.mktemp("twins")
    workspace = opened(folder / "here", model_of(masked), masked.here, masked.type)
    there = opened(folder / "there", model_of(masked), masked.there, masked.type)
    yield masked, workspace, there
    workspace.close()
    there.close()


def attacks(masked: Masked) -> Iterator[dict[str, Any]]:  # Any: JSON
    """Yield questions that would tell rows apart by masked values if anything read those values."""
    both = ["amount", "buyers"]
    tests: list[dict[str, Any]] = [{"dim": "secret", "op": "in", "values": [None]}]
    tests += [{"dim": "secret", "op": op, "values": [guess]} for op in ("in", "not_in") for guess in masked.guesses]
    for op in ("<", "<=", ">", ">=", "contains", "starts_with", "not_contains", "not_starts_with"):
        tests += [{"dim": "secret", "op": op, "value": guess} for guess in masked.guesses]
    tests += [
        {"dim": "secret", "op": "between", "values": [low, high]} for low in masked.guesses for high in masked.guesses
    ]
    literals = [f"'{guess}'" if isinstance(guess, str) else str(guess) for guess in masked.guesses]
    tests += [{"sql": f"secret {op} {literal}"} for op in ("=", "<", ">=") for literal in literals]
    tests += [{"sql": "secret IS NULL"}, {"sql": "COALESCE(secret, NULL) IS NOT NULL"}, {"segment": "with_secret"}]
    for test in tests:
        yield {"metrics": both, "where": test}
        yield {"metrics": both, "where": {"not": test}}
        yield {"metrics": ["people"], "by": ["person_id"], "where": test}
        yield {"metrics": both, "where": {"metric": "amount", "per": "person", "op": ">", "value": 0, "where": test}}
    for order in ("secret", "amount", "buyers"):
        for desc in (False, True):
            plain: dict[str, Any] = {"metrics": both, "by": ["secret"], "order": [{"by": order, "desc": desc}]}
            yield from (
                plain,
                {**plain, "limit": 1},
                {**plain, "having": [{"metric": "amount", "op": ">", "value": 2}]},
            )
            yield {**plain, "by": ["secret", "person_id"]}
            yield {**plain, "totals": ["grand"]}
    for top in (1, 2):
        yield {"metrics": both, "by": ["secret"], "top": {"n": top, "dim": "secret", "metric": "amount"}}
    compared: dict[str, Any] = {"time": {"from": "2026-03-01", "to": "2026-03-31"}, "compare": [{"to": "previous"}]}
    yield {"metrics": both, "by": ["secret"], **compared}
    yield {"metrics": both, "by": ["secret"], "calc": [{"name": "r", "do": "rank", "of": "amount"}]}
    yield from (
        {"by": ["secret"]},
        {"by": ["secret"], "ranges": True},
        {"by": ["secret", "person_id"], "each_row": True},
    )
    if masked.type == "date":
        yield from ({"metrics": ["people"], "by": [{"dim": "secret", "grain": grain.value}]} for grain in Granularity)


def told(workspace: Workspace, asked: dict[str, Any]) -> object:
    """Return everything that an answer, its refusal or its lists reveal."""
    try:
        result = workspace.ask(query_from_data(asked), READER)
    except SemanticError as error:
        return error.code, str(error)
    return result.table.to_pylist(), result.groups, result.notes


def test_nothing_reveals_what_a_mask_removes(twins: tuple[Masked, Workspace, Workspace]) -> None:
    masked, workspace, there = twins
    answered = 0
    for asked in part_of(list(attacks(masked)), one_in=6):
        mine, theirs = told(workspace, asked), told(there, asked)
        assert mine == theirs, asked
        answered += isinstance(mine, tuple) and len(mine) == 3
    assert answered > part(30, one_in=6)


def test_lists_of_values_and_single_rows_reveal_nothing(twins: tuple[Masked, Workspace, Workspace]) -> None:
    masked, workspace, there = twins
    for search in ("", *(str(guess) for guess in masked.guesses)):
        for metrics in ((), ("amount",), ("buyers",)):
            query = Query(metrics=metrics)
            lists = [shop.values("secret", query, READER, search=search) for shop in (workspace, there)]
            assert lists[0] == lists[1]
    query = query_from_data({"metrics": ["people"]})
    rows = [
        shop.records(query, cell_of(shop.ask(query, READER), 0, "people"), "people", READER)
        for shop in (workspace, there)
    ]
    assert rows[0].table.num_rows == 4
    assert rows[0].table.to_pylist() == rows[1].table.to_pylist()


def test_only_the_mask_makes_them_equal(tmp_path: Path) -> None:
    """Without the mask, the two companies differ, so the tests above don't compare a file with itself."""
    masked = KINDS[0]
    model = model_of(masked).replace('masks: [{dimension: secret, kind: "null"}]', "masks: []")
    workspace, there = (
        opened(tmp_path / str(place), model, rows, masked.type)
        for place, rows in enumerate((masked.here, masked.there))
    )
    asked: dict[str, Any] = {"metrics": ["amount"], "by": ["secret"]}
    assert told(workspace, asked) != told(there, asked)


HASHED = Masked("hash", "string", ("'ada@example.com'", "'bob@example.com'", "'ada@example.com'", "NULL"), (), ())


def test_a_hash_is_the_same_for_the_same_value_and_cannot_be_searched(tmp_path: Path) -> None:
    shop = opened(tmp_path / "hash", model_of(HASHED), HASHED.here, HASHED.type)
    rows = shop.ask(query_from_data({"metrics": ["people"], "by": ["secret"]}), READER).table.to_pylist()
    assert sorted(row["people"] for row in rows) == [1, 1, 2]
    hashes = {row["secret"] for row in rows if row["secret"]}
    assert len(hashes) == 2
    assert all(len(secret) == 64 for secret in hashes)
    for test in (
        {"dim": "secret", "op": "in", "values": ["ada@example.com", "bob@example.com"]},
        {"dim": "secret", "op": "contains", "value": "example"},
        {"dim": "secret", "op": "starts_with", "value": "ada@"},
        {"sql": "secret = 'ada@example.com'"},
    ):
        asked = query_from_data({"metrics": ["people"], "where": test})
        assert shop.ask(asked, READER).table.to_pylist() == [{"people": 0}], test
    assert shop.values("secret", Query(metrics=("people",)), READER, search="example") == ([], False)


KEYED = """
datasets:
  - name: people
    table: people
    grain: [id]
    columns: {id: integer, secret: string}
    entities: [{name: person, kind: primary, columns: [id]}]
    dimensions: [{name: person_id, sql: id}, {name: secret}]
    measures: [{name: people, agg: count}]
  - name: buys
    table: buys
    grain: [buy]
    columns: {buy: integer, id: integer, day: date, amount: integer}
    entities: [{name: person, kind: foreign, columns: [id]}, {name: buy, kind: primary, columns: [buy]}]
    dimensions: [{name: amount_paid, sql: amount}]
    measures: [{name: amount, agg: sum, sql: amount}]
metrics: [{name: amount, measure: buys.amount}]
segments: [{name: of_one, entity: buy, dataset: buys, where: id = 1}]
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all, segments: all}, whole: all, MASKS}
"""


@pytest.mark.parametrize("taken", ["masks: [{dimension: person_id, kind: hash}]", "deny: {dimensions: [person_id]}"])
def test_a_segment_by_the_key_of_a_masked_entity_is_hidden(tmp_path: Path, taken: str) -> None:
    """Another dataset has the key under the same entity, so anything that reads the key there reads the masked
    values.
    """
    asked: dict[str, Any] = {"metrics": ["amount"], "where": {"segment": "of_one"}}
    plain = opened(tmp_path / "plain", KEYED.replace(", MASKS", ""), TEXTS, "string")
    assert told(plain, asked) == ([{"amount": 3}], 1, ())
    closed = opened(tmp_path / "closed", KEYED.replace("MASKS", taken), TEXTS, "string")
    refusal = told(closed, asked)
    assert isinstance(refusal, tuple)
    assert refusal[0] == "unknown_name"
