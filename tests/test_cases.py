"""Every case of tests/cases: the hand-written rows, the hand-written SQL and Samepage's answer are the same.

A file's first letters name the guarantee that its cases prove. The keys of a case:

    title, ask, as, today    the question, the person and the day; by default the steward, on the shop's own day
    check, rows              the truth twice: SQL over the shop's tables, and the rows themselves
    buckets                  the hidden column, in the order of the rows; not needed without totals and top
    groups                   how many groups there are, shown or not
    notes                    words that the notes must contain
    refused, repairs         the code and words of a refusal, and the least number of repairs
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from semantic.errors import SemanticError
from semantic.query.data import query_from_data, query_to_data
from tests.engines import ENGINES
from tests.shop import TODAY, ShopWorkspace, build_shop, open_shop

CASES = Path(__file__).parent / "cases"
KEYS = {"title", "ask", "as", "today", "check", "rows", "buckets", "groups", "notes", "refused", "repairs"}
TOLERANCE = 1e-9  # relative, for doubles


@dataclass(frozen=True, slots=True)
class Case:
    """One question and its truth: rows with the SQL that returns them, or a refusal."""

    topic: str
    title: str
    ask: dict[str, Any]
    person: str
    today: date
    check: str | None
    rows: list[list[Any]] | None
    buckets: list[str] | None
    groups: int | None
    notes: list[str]
    refused: dict[str, Any] | None
    repairs: int | None

    @property
    def is_ordered(self) -> bool:
        return "order" in self.ask

    @property
    def is_plain(self) -> bool:
        """Return whether every row is a group: each key is a member, or there is no key."""
        return not self.ask.get("totals") and not self.ask.get("top")


def read_cases(folder: Path = CASES) -> Iterator[Case]:
    for path in sorted(folder.glob("*.yml")):
        for data in yaml.safe_load(path.read_text(encoding="utf-8")):
            unknown = set(data) - KEYS
            assert not unknown, f"{path.name}: {data.get('title')}: {unknown} is no key of a case."
            yield Case(
                topic=path.stem,
                title=data["title"],
                ask=data["ask"],
                person=data.get("as", "steward"),
                today=data.get("today", TODAY),
                check=data.get("check"),
                rows=data.get("rows"),
                buckets=data.get("buckets"),
                groups=data.get("groups"),
                notes=data.get("notes", []),
                refused=data.get("refused"),
                repairs=data.get("repairs"),
            )


ALL = list(read_cases())
ANSWERED = [case for case in ALL if case.refused is None]
REFUSED = [case for case in ALL if case.refused is not None]


def name(case: Case) -> str:
    return f"{case.topic}: {case.title}"


@pytest.fixture(scope="module")
def address(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from ENGINES[engine_name].shop(tmp_path_factory.mktemp(engine_name))


@pytest.fixture(scope="module")
def workspace(address: str) -> Iterator[ShopWorkspace]:
    """The shop on each engine in turn."""
    opened = open_shop(address, timeout_seconds=200)  # a Spark that has just started on a busy machine takes long
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same shop in a separate file, for hand-written SQL."""
    with duckdb.connect(build_shop(tmp_path_factory.mktemp("by_hand") / "shop.duckdb"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def plain(value: object) -> object:
    """Return a value as a case writes it: instants in UTC, and numbers as numbers."""
    match value:
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        case str() if len(value) == 20 and value.endswith("Z"):
            return datetime.fromisoformat(value).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case _:
            return value


def same(mine: object, theirs: object) -> bool:
    """Return whether two values are equal.

    Doubles with decimals are compared within the tolerance, and True isn't 1.
    """
    left, right = plain(mine), plain(theirs)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, float) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=0.0)
    if isinstance(right, float) and isinstance(left, int):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=0.0)
    return left == right


def ordered(rows: Sequence[Sequence[object]], is_ordered: bool) -> list[list[object]]:
    """Return the rows in the given order, or sorted by their text if the question has no order."""
    listed = [list(row) for row in rows]
    return listed if is_ordered else sorted(listed, key=lambda row: [sort_key(value) for value in row])


def sort_key(value: object) -> tuple[int, str, float]:
    shown = plain(value)
    if shown is None:
        return (0, "", 0.0)
    if isinstance(shown, (int, float)):
        return (1, "", float(shown))
    return (2, str(shown), 0.0)


def differences(mine: Sequence[Sequence[object]], theirs: Sequence[Sequence[object]]) -> list[str]:
    """Return the differences between two tables, row by row, or an empty list if they are the same."""
    if len(mine) != len(theirs):
        return [f"{len(mine)} rows and {len(theirs)} rows: {[*mine]} and {[*theirs]}"]
    wrong: list[str] = []
    for one, other in zip(mine, theirs, strict=True):
        if len(one) != len(other) or not all(same(a, b) for a, b in zip(one, other, strict=True)):
            wrong.append(f"{[plain(value) for value in one]} and {[plain(value) for value in other]}")
    return wrong


def expected_buckets(case: Case) -> list[str]:
    """Return the hidden column of each row: as written, or from the keys if all rows are groups."""
    assert case.rows is not None
    if case.buckets is not None:
        return case.buckets
    keys = len(case.ask.get("by", []))
    return [",".join("none" if value is None else "member" for value in row[:keys]) for row in case.rows]


def test_every_case_has_a_truth() -> None:
    assert len(ANSWERED) > 390
    assert len(REFUSED) > 95
    for case in ANSWERED:
        assert case.check, f"{name(case)} needs the SQL by hand: check."
        assert case.rows is not None, f"{name(case)} needs the rows by hand: rows."
        assert case.repairs is None, f"{name(case)} is answered and needs no repairs."
        if case.buckets is not None or not case.is_plain:
            assert len(case.buckets or []) == len(case.rows), f"{name(case)} needs a bucket for each row: buckets."
    for case in REFUSED:
        kept = (case.check, case.rows, case.buckets, case.groups, case.notes)
        assert kept == (None, None, None, None, []), f"{name(case)} is refused and has no rows."
        assert set(case.refused or {}) == {"code", "says"}, f"{name(case)} says which code, and which words."
        assert case.repairs is not None, f"{name(case)} says how many repairs there are: repairs."
    titles = [name(case) for case in ALL]
    assert len(titles) == len(set(titles))


def test_every_reason_to_refuse_has_a_case() -> None:
    codes = {case.refused["code"] for case in REFUSED if case.refused}
    assert codes == {
        "unknown_name", "ambiguous_path", "no_path", "fan_out", "unsafe_reaggregation", "grain_too_fine",
        "time_mismatch", "invalid_filter", "parse_error", "missing_rate", "too_expensive",
        "group_too_small", "not_for_metric",
    }  # fmt: skip
    assert sum(1 for case in REFUSED if case.repairs) > 65


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_rows_are_what_the_sql_by_hand_gives(case: Case, by_hand: duckdb.DuckDBPyConnection) -> None:
    assert case.check is not None
    assert case.rows is not None
    rows = by_hand.execute(case.check).fetchall()
    assert not differences(ordered(rows, case.is_ordered), ordered(case.rows, case.is_ordered))


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_our_answer_is_the_truth(case: Case, workspace: ShopWorkspace) -> None:
    assert case.rows is not None
    workspace.day = case.today
    result = workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    truth = [list(row) for row in case.rows]
    if case.ask.get("by") and not case.ask.get("ranges"):
        assert result.table.column_names[-1] == "bucket"
        truth = [[*row, bucket] for row, bucket in zip(truth, expected_buckets(case), strict=True)]
    shown = [column for column in result.table.column_names if column != "bucket"]
    assert shown == [column.name for column in result.columns]
    answer_rows = [list(row.values()) for row in result.table.to_pylist()]
    wrong = differences(ordered(answer_rows, case.is_ordered), ordered(truth, case.is_ordered))
    assert not wrong, "\n".join(["our answer and the truth:", *wrong, result.readable_sql])
    assert case.groups in (None, result.groups)
    text = " ".join(result.notes).casefold()
    missing = [word for word in case.notes if str(word).casefold() not in text]
    assert not missing, f"{missing} is not said: {result.notes}"


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_refusal_has_its_code_and_says_the_names(case: Case, workspace: ShopWorkspace) -> None:
    assert case.refused is not None
    workspace.day = case.today
    with pytest.raises(SemanticError) as caught:
        workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    message = str(caught.value)
    assert caught.value.code == case.refused["code"], message
    missing = [str(word) for word in case.refused["says"] if str(word).casefold() not in message.casefold()]
    assert not missing, f"{missing} is not said: {message}"


@pytest.mark.parametrize("case", [case for case in REFUSED if case.repairs], ids=name)
def test_every_repair_has_an_answer(case: Case, workspace: ShopWorkspace) -> None:
    assert case.repairs is not None
    workspace.day = case.today
    query, person = query_from_data(case.ask), workspace.people[case.person]
    preflight = workspace.preflight(query, person)
    assert not preflight.ok
    labels = [repair.label for repair in preflight.repairs]
    assert len(labels) >= case.repairs, f"repairs: {labels}"
    assert len(labels) == len(set(labels))
    for repair in preflight.repairs:
        assert repair.query != query, repair.label
        assert query_from_data(query_to_data(repair.query)) == repair.query, repair.label
        assert workspace.ask(repair.query, person).columns, repair.label
        assert workspace.preflight(repair.query, person).ok, repair.label


def test_the_engine_says_what_a_question_reads_without_counting_it(
    workspace: ShopWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a statement was run")

    workspace.day = TODAY
    monkeypatch.setattr(workspace.connector, "start", never)
    preflight = workspace.preflight(query_from_data({"metrics": ["revenue", "cost"]}), workspace.people["steward"])
    assert re.fullmatch(r"reads up to about \d+ rows", preflight.cost_words)


ASKED_BY_AMOUNT = {"metrics": ["order_count"], "by": ["amount_owed"]}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"totals": ["grand"]},
        {"top": {"n": 2, "dim": "amount_owed", "metric": "order_count", "other": True}},
        {"where": {"dim": "amount_owed", "op": "<", "value": -100}},
    ],
    ids=["alone", "with a total", "with the rest", "without a row"],
)
def test_a_decimal_key_has_its_declared_size(more: dict[str, Any], workspace: ShopWorkspace) -> None:
    """An engine forgets the size of a computed key, and the rows that happen to be present would give another size."""
    workspace.day = TODAY
    result = workspace.ask(query_from_data({**ASKED_BY_AMOUNT, **more}), workspace.people["steward"])
    assert result.table.schema.field("amount_owed").type == pa.decimal128(18, 4)


@pytest.mark.parametrize(("mine", "theirs"), [(1, True), (None, 0), (1, 1.001), ("1", 1), ("a", "A"), (None, "(none)")])
def test_what_differs_is_seen(mine: object, theirs: object) -> None:
    assert differences([[mine]], [[theirs]])
    assert differences([[mine]], [[mine], [theirs]])
