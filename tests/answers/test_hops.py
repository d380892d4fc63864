"""Hops that need more than a key: partitions, versions and weights. The cases are in tests/cases/hops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from connectors.connector import Limits
from semantic.config.settings import Settings
from semantic.errors import AmbiguousPath, ModelError, SemanticError
from semantic.model.loading.load import parse_model
from semantic.model.loading.schema import json_schema
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Query
from semantic.run.checks import check_data
from tests.engines import ENGINES
from tests.semantic.asked import ask
from tests.shop import ShopWorkspace
from tests.test_cases import CASES, Case, differences, expected_buckets, name, ordered, read_cases

HOPS = CASES / "hops"
ALL = list(read_cases(HOPS))
ANSWERED = [case for case in ALL if case.refused is None]
REFUSED = [case for case in ALL if case.refused is not None]


def build_hops(path: Path, *changes: str) -> Path:
    """Write the tables of hops to a DuckDB file, run further SQL on it, and return its path."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in ((HOPS / "hops.sql").read_text(encoding="utf-8"), *changes):
            connection.execute(sql)
    return path


def open_hops(data: Path | str) -> ShopWorkspace:
    """Open the tables of hops in a file, or at another engine's address."""
    settings = Settings(data=str(data), model=HOPS / "model", mask_key="a key of the tests", timeout_seconds=200)
    opened = ShopWorkspace.open(settings)
    assert isinstance(opened, ShopWorkspace)
    return opened


@pytest.fixture(scope="module")
def workspace(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    """A workspace over each engine in turn, for the same questions."""
    sql = (HOPS / "hops.sql").read_text(encoding="utf-8")
    with contextmanager(ENGINES[engine_name].filled)(sql, tmp_path_factory.mktemp(engine_name)) as address:
        opened = open_hops(address)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = build_hops(tmp_path_factory.mktemp("by_hand") / "hops.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_rows_equal_hand_written_sql(case: Case, by_hand: duckdb.DuckDBPyConnection) -> None:
    assert case.check is not None
    assert case.rows is not None
    rows = by_hand.execute(case.check).fetchall()
    assert not differences(ordered(rows, case.is_ordered), ordered(case.rows, case.is_ordered))


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_each_answer_equals_the_expected_rows(case: Case, workspace: ShopWorkspace) -> None:
    assert case.rows is not None
    query = query_from_data(case.ask)
    assert query_from_data(query_to_data(query)) == query
    result = workspace.ask(query, workspace.people[case.person])
    truth = [list(row) for row in case.rows]
    if case.ask.get("by") and not case.ask.get("ranges"):
        truth = [[*row, bucket] for row, bucket in zip(truth, expected_buckets(case), strict=True)]
    answer_rows = [list(row.values()) for row in result.table.to_pylist()]
    wrong = differences(ordered(answer_rows, case.is_ordered), ordered(truth, case.is_ordered))
    assert not wrong, "\n".join(["our answer and the truth:", *wrong, result.readable_sql])
    text = " ".join(result.notes).casefold()
    missing = [word for word in case.notes if str(word).casefold() not in text]
    assert not missing, f"{missing} is not said: {result.notes}"


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_a_refusal_has_its_code_and_the_names(case: Case, workspace: ShopWorkspace) -> None:
    assert case.refused is not None
    with pytest.raises(SemanticError) as caught:
        workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    message = str(caught.value)
    assert caught.value.code == case.refused["code"], message
    missing = [str(word) for word in case.refused["says"] if str(word).casefold() not in message.casefold()]
    assert not missing, f"{missing} is not said: {message}"


def test_values_that_cannot_be_allocated_are_not_offered(workspace: ShopWorkspace) -> None:
    steward = workspace.people["steward"]
    sums = workspace.preflight(Query(metrics=("value",)), steward)
    means = workspace.preflight(Query(metrics=("mean_value",)), steward)
    assert {"person", "city", "part"} <= {dimension.name for dimension in sums.available}
    assert {dimension.name for dimension in means.available} == {"date", "closed_on", "stage"}
    reasons = {unavailable.dimension.name: unavailable.reason for unavailable in means.unavailable}
    assert "isn't a plain sum" in reasons["city"]


# The model's own words


TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (HOPS / "model").glob("*.yml")}


def problems(old: str, new: str) -> list[str]:
    """Return the problems of the hops model after one part of its text is replaced."""
    text = TEXTS["hops.yml"]
    assert old in text
    with pytest.raises(ModelError) as caught:
        parse_model({"hops.yml": text.replace(old, new)})
    return [str(problem) for problem in caught.value.problems]


VALID = "validity: {key: [outlet_id], start: valid_from, end: valid_to}"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (VALID, VALID.replace("start: valid_from", "start: valid_form"), ["The validity", "'valid_form'"]),
        (VALID, VALID.replace("end: valid_to", "end: size"), ["starts with date", "string"]),
        (VALID, VALID.replace("[outlet_id]", "[size]"), ["natural entity 'outlet'", "key of its validity"]),
        (f"    {VALID}\n", "", ["natural entity 'outlet'", "validity: {key: [outlet_id]"]),
        (VALID, f"{VALID}\n    history: {{key: [size], current: valid_to IS NULL}}", ["history", "different keys"]),
        ("kind: natural, columns: [outlet_id]", "kind: foreign, columns: [outlet_id]", ["no entity that uses it"]),
        ("{name: picture, column: snapshot}", "{name: picture, column: snapshoot}", ["partition 'picture'"]),
        ("{name: picture, column: snapshot}", "{name: picture, column: colour}", ["'picture'", "string", "date"]),
        ("[{name: picture, column: snapshot}]", "[{name: picture, column: snapshot}, {name: picture}]", ["twice"]),
        ("bridge: {weight: share}", "bridge: {weight: part}", ["weight 'part'", "string"]),
        ("bridge: {weight: share}", "bridge: {weight: shere}", ["The bridge", "'shere'"]),
        ("bridge: {weight: share}", "bridge: {weight: share, of: deel}", ["'deel'", "deal, person"]),
        ("      - {name: person, kind: foreign, columns: [person_id]}\n", "", ["1 foreign entities"]),
        ("    time: sold_at\n", "", ["'sales' by version", "has no date"]),
        ("relationship: {entity: inquiry,", "relationship: {entity: contract,", ["'contract'", "no other dataset"]),
        (
            "{name: inquiry, kind: primary, columns: [inquiry_id]}",
            "{name: inquiry, kind: foreign, columns: [inquiry_id]}",
            ["A check of 'contracts'", "'inquiry'", "no other dataset"],
        ),
    ],
)
def test_errors_name_their_line(old: str, new: str, words: list[str]) -> None:
    texts = problems(old, new)
    fitting = [problem for problem in texts if all(word in problem for word in words)]
    assert fitting, texts
    assert re.match(r"hops\.yml:\d+: ", fitting[0])


def test_the_schema_has_the_keys_for_hops() -> None:
    datasets = json_schema()["$defs"]["DatasetDoc"]["properties"]
    assert {"validity", "partitions", "bridge"} <= set(datasets)


@pytest.mark.parametrize(
    ("change", "dataset", "what"),
    [
        (
            "UPDATE outlets SET valid_to = '2026-02-02' WHERE outlet_id = 'a' AND size = 'big'",
            "outlets",
            "1 overlaps",
        ),
        ("UPDATE outlets SET valid_to = NULL WHERE outlet_id = 'c' AND size = 'tiny'", "outlets", "1 overlaps"),
        (
            "UPDATE people_of_deals SET share = 0.6 WHERE deal_id = 'f3' AND person_id = 'p2'",
            "people_of_deals",
            "1 does not",
        ),
        ("UPDATE people_of_deals SET share = NULL WHERE deal_id = 'f1'", "people_of_deals", "1 does not"),
        ("DELETE FROM inquiries WHERE inquiry_id = 'i3'", "contracts", "33.333%"),
        ("INSERT INTO contracts SELECT * FROM contracts WHERE inquiry_id = 'i1'", "contracts", "inquiry_id"),
    ],
)
def test_the_check_finds_what_would_count_rows_wrongly(change: str, dataset: str, what: str, tmp_path: Path) -> None:
    opened = open_hops(build_hops(tmp_path / "hops.duckdb", change))
    findings = check_data(
        opened.model, opened.engines.connector, opened.engines.dialect, Limits(timeout_seconds=30, max_rows=100)
    )
    opened.close()
    bad = [finding for finding in findings if not finding.ok]
    assert [finding.dataset for finding in bad] == [dataset]
    assert what in bad[0].what


def test_two_datasets_with_one_key_are_checked_against_each_other(tmp_path: Path) -> None:
    # A contract whose primary key is its inquiry is looked for among the inquiries, and not among the contracts.
    text = TEXTS["hops.yml"].replace("      - {name: contract, kind: primary, columns: [inquiry_id]}\n", "")
    shared = text.replace("name: inquiry, kind: foreign", "name: inquiry, kind: primary", 1)
    model = parse_model({"hops.yml": shared})
    opened = open_hops(build_hops(tmp_path / "hops.duckdb", "DELETE FROM inquiries WHERE inquiry_id = 'i3'"))
    findings = check_data(
        model, opened.engines.connector, opened.engines.dialect, Limits(timeout_seconds=30, max_rows=100)
    )
    opened.close()
    assert [(finding.dataset, "33.333%" in finding.what) for finding in findings if not finding.ok] == [
        ("contracts", True)
    ]


WAYS = """
model: {name: Ways}
datasets:
  - {name: leads, table: leads, grain: [lead_id], columns: {lead_id: string, channel_id: string},
     entities: [{name: lead, kind: primary, columns: [lead_id]}, {name: channel, kind: foreign, columns: [channel_id]}]}
  - {name: deals, table: deals, grain: [lead_id], columns: {lead_id: string, channel_id: string, size: string},
     entities: [{name: lead, kind: KIND, columns: [lead_id]}, {name: channel, kind: foreign, columns: [channel_id]}],
     dimensions: [{name: size}]}
  - {name: calls, table: calls, grain: [call_id], columns: {call_id: string, lead_id: string},
     entities: [{name: lead, kind: foreign, columns: [lead_id]}], measures: [{name: calls, agg: count, sql: call_id}]}
  - {name: channels, table: channels, grain: [channel_id], columns: {channel_id: string, channel: string},
     entities: [{name: channel, kind: primary, columns: [channel_id]}], dimensions: [{name: channel}]}
metrics: [{name: calls, measure: calls.calls}]
"""


def ways(kind: str, source: str, target: str) -> list[str]:
    """Return the datasets that each path goes through."""
    joins = parse_model({"ways.yml": WAYS.replace("KIND", kind)}).joins
    return [" ".join(edge.target for edge in path) for path in joins.paths(source).get(target, ())]


def test_a_table_with_its_own_key_reaches_nothing_that_is_reached_without_it() -> None:
    assert ways("foreign", "leads", "deals") == ["deals"]
    assert ways("foreign", "deals", "leads") == ["leads"]
    assert ways("foreign", "calls", "deals") == ["deals"]
    assert ways("foreign", "calls", "channels") == ["leads channels"]
    assert ways("foreign", "leads", "channels") == ["channels"]
    assert ways("primary", "calls", "channels")[:2] == ["leads channels", "deals channels"]


def test_a_repeating_key_is_a_fan_out() -> None:
    text = WAYS.replace("KIND", "foreign").replace(
        "name: deals, table: deals, grain: [lead_id]", "name: deals, table: deals, grain: [lead_id, size]"
    )
    joins = parse_model({"ways.yml": text}).joins
    assert "deals" not in joins.paths("leads")
    assert joins.repeats_rows("leads", "deals")


def test_two_datasets_with_the_same_key_are_distinguished_by_name(tmp_path: Path) -> None:
    model = parse_model({"ways.yml": WAYS.replace("KIND", "primary") + WHOLE})
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE leads AS SELECT 'l1' AS lead_id, 'c1' AS channel_id")
        connection.execute("CREATE TABLE deals AS SELECT 'l1' AS lead_id, 'c2' AS channel_id, 'big' AS size")
        connection.execute("CREATE TABLE calls AS SELECT 'k1' AS call_id, 'l1' AS lead_id")
        connection.execute("CREATE TABLE channels AS FROM (VALUES ('c1', 'web'), ('c2', 'tv')) t (channel_id, channel)")
        by = {"dim": "channel", "via": "lead"}
        with pytest.raises(AmbiguousPath, match=r"leads\.channels or deals\.channels"):
            ask(model, connection, {"metrics": ["calls"], "by": [by]})
        for via, channel in [("leads", "web"), ("deals", "tv"), ("deals.channels", "tv")]:
            assert ask(model, connection, {"metrics": ["calls"], "by": [by | {"via": via}]}) == [(channel, 1)]


WHOLE = """
policies:
  - {name: all, who: {roles: [steward]}, whole: all, grant: {metrics: all, dimensions: all, segments: all, rows: all}}
"""


def test_the_check_passes_on_the_unchanged_data(workspace: ShopWorkspace) -> None:
    limits = Limits(timeout_seconds=30, max_rows=100)
    findings = check_data(workspace.model, workspace.engines.connector, workspace.engines.dialect, limits)
    assert not [finding for finding in findings if not finding.ok]
    texts = {finding.what for finding in findings}
    assert {"one version of outlet_id at a time", "share adds up to 1 for each deal"} <= texts
