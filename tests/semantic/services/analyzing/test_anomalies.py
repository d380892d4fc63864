"""Unusual days in a company whose last day is broken in one market, for people who see one or both markets.

In both markets together, a weekday has 2,020 and a weekend day 3,030 (`alerts_world.py`). On 28 August 2026, DE has 400
instead of 1,000.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.alerts.usual import Usual
from semantic.analyses.unusual.question import UnusualDays, read_unusual, unusual_data
from semantic.annotations.annotation import Annotation
from semantic.config.settings import Settings
from semantic.errors import InvalidQuery, SemanticError, UnknownName
from semantic.query.query import Breakdown
from semantic.services.analyzing.anomalies import alert_from, search
from semantic.services.analyzing.words.anomalies import (
    anomalies_json,
    anomalies_notes,
    anomalies_rule,
    anomalies_sentence,
    anomalies_tables,
    cause_words,
    days_table,
)
from tests import proof
from tests.semantic.services.alerts.alerts_world import BROKEN, DATA, LATE, MODEL, TODAY, AlertsWorkspace

REVENUE = UnusualDays(metric="revenue")
BY_MARKET = UnusualDays(metric="revenue", by=Breakdown("market"))


def opened(folder: Path, *changes: str, model: str = MODEL) -> AlertsWorkspace:
    folder.mkdir(exist_ok=True)
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in (DATA, *changes):
            connection.execute(sql)
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(model, encoding="utf-8")
    found = AlertsWorkspace.open(Settings(data=str(file), model=folder / "model", model_source="folder"))
    assert isinstance(found, AlertsWorkspace)
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertsWorkspace]:
    found = opened(tmp_path_factory.mktemp("company") / "own")
    yield found
    found.close()


def test_the_broken_day_is_found_and_the_broken_market_explains_it(workspace: AlertsWorkspace) -> None:
    searched = search(workspace, BY_MARKET, workspace.people["ana"], today=TODAY)
    (found,) = searched.found.anomalies
    assert (found.first, found.last, found.side) == (BROKEN, BROKEN, "below")
    assert found.found.value == 1_400  # ten orders of 100 in FR, four in DE
    assert found.cause is not None
    assert found.cause.member == "DE"
    assert searched.found.judged == 90
    assert anomalies_sentence(searched).startswith(
        "Revenue over 90 days: unusual once. 28 Aug 2026: €1,400, expected €"
    )
    assert cause_words(found, searched).startswith("DE accounts for −€6")
    (table,) = anomalies_tables(searched)
    assert [line[:2] + line[-2:] for line in table.lines] == [["28 Aug 2026", "DE", "Clear", "No remark"]]


def test_the_numbers_equal_those_of_an_alert(workspace: AlertsWorkspace) -> None:
    searched = search(workspace, REVENUE, workspace.people["ana"], today=TODAY)
    (found,) = searched.found.anomalies
    assert found.found == Usual(searched.asked.readings).day(BROKEN)


def test_each_person_sees_only_their_own_market(workspace: AlertsWorkspace) -> None:
    dora = search(workspace, BY_MARKET, workspace.people["dora"], today=TODAY)
    fred = search(workspace, BY_MARKET, workspace.people["fred"], today=TODAY)
    assert [each.found.value for each in dora.found.anomalies] == [400]
    assert "FR" not in str(anomalies_json(dora))
    assert fred.found.anomalies == ()
    assert anomalies_sentence(fred) == "Revenue stayed within its usual range on all 90 days that could be judged."
    with pytest.raises(UnknownName):
        search(workspace, REVENUE, workspace.people["nora"], today=TODAY)


def test_days_that_are_not_loaded_are_stated_separately(tmp_path: Path) -> None:
    late = opened(tmp_path / "late", LATE)
    try:
        searched = search(late, REVENUE, late.people["ana"], today=TODAY)
        assert searched.found.anomalies == ()
        assert "Not loaded yet and not judged: 28 Aug 2026." in anomalies_notes(searched)
    finally:
        late.close()


def test_days_that_are_not_final_are_stated_separately(workspace: AlertsWorkspace) -> None:
    searched = search(workspace, UnusualDays(metric="slow"), workspace.people["ana"], today=TODAY)
    assert searched.found.anomalies == ()
    assert "Not final yet and not judged: 27 – 28 Aug 2026. Late data isn't unusual." in anomalies_notes(searched)
    assert days_table(searched).lines[-1][-1] == "Not final"


def test_a_remark_is_named(workspace: AlertsWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    remark = Annotation(first=BROKEN, last=BROKEN, text="Checkout was down")
    monkeypatch.setattr(AlertsWorkspace, "annotations", lambda *_: (remark,))
    searched = search(workspace, REVENUE, workspace.people["ana"], today=TODAY)
    (table,) = anomalies_tables(searched)
    assert [line[-1] for line in table.lines] == ["Checkout was down"]


def test_causes_are_not_searched_if_small_groups_are_hidden(tmp_path: Path) -> None:
    grant = "    grant: {metrics: all, dimensions: all}\n    whole: all\n"
    hidden = grant + "    min_group: {entity: order, at_least: 12}\n"
    entity = "    grain: [id]\n    entities: [{name: order, kind: primary, columns: [id]}]\n"
    hides = MODEL.replace(grant, hidden, 1).replace("    grain: [id]\n", entity)
    few = opened(tmp_path / "few", model=hides)
    try:
        searched = search(few, BY_MARKET, few.people["ana"], today=TODAY)
        assert all(not each.parts and not each.of for each in searched.found.anomalies)
        assert "Causes by market weren't looked for, because your access hides small groups." in anomalies_notes(
            searched
        )
    finally:
        few.close()


def test_the_rule_states_the_chosen_settings(workspace: AlertsWorkspace) -> None:
    low = search(workspace, UnusualDays(metric="orders", sensitivity="low"), workspace.people["ana"], today=TODAY)
    assert any("4.5 times the usual error" in sentence for sentence in anomalies_rule(low))
    assert any("chance variation in such a count" in sentence for sentence in anomalies_rule(low))
    assert alert_from(low.question).metric == "orders"


def test_questions_round_trip() -> None:
    data = {
        "kind": "anomalies", "v": 1, "metric": "revenue", "by": "market",
        "where": {"dim": "channel", "op": "in", "values": ["web"]},
        "time": {"from": "2026-06-01", "to": "2026-08-28"}, "sensitivity": "high",
    }  # fmt: skip
    assert unusual_data(read_unusual(data)) == data
    assert unusual_data(read_unusual({"metric": "revenue"})) == {
        "kind": "anomalies", "v": 1, "metric": "revenue", "time": {"last": 90, "unit": "day"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Name the 'metric'"),
        ({"metric": "revenue", "grain": "day"}, "unknown key 'grain'"),
        ({"metric": "revenue", "sensitivity": "max"}, "'max' isn't an option for 'sensitivity'"),
        ({"metric": "revenue", "by": "date"}, "a dimension other than a date"),
        ({"metric": "revenue", "kind": "funnel"}, "Use the kind anomalies"),
        ({"metric": "revenue", "v": 2}, "version 1"),
    ],
)
def test_invalid_questions_are_refused(data: object, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        read_unusual(data)


def test_periods_that_are_too_long_are_refused(workspace: AlertsWorkspace) -> None:
    long = read_unusual({"metric": "revenue", "time": {"from": "2025-01-01", "to": "2026-08-28"}})
    with pytest.raises(InvalidQuery, match="at most 400 days, and this period has 605"):
        search(workspace, long, workspace.people["ana"], today=TODAY)


# Hidden rows

TWINS = 200


def told(workspace: AlertsWorkspace, question: UnusualDays) -> object:
    try:
        searched = search(workspace, question, workspace.people["dora"], today=TODAY)
    except SemanticError as error:
        return type(error), str(error)
    return anomalies_json(searched), [table.lines for table in anomalies_tables(searched)], days_table(searched).lines


def of_france(chance: random.Random) -> str:
    """Return SQL that changes France's orders, which Dora can't see."""
    day = date.fromordinal(TODAY.toordinal() - chance.randint(1, 200))
    some = f"market = 'FR' AND day BETWEEN DATE '{day}' AND DATE '{day}' + {chance.randint(0, 30)}"
    return chance.choice(
        (
            f"DELETE FROM orders WHERE {some}",
            f"UPDATE orders SET amount = amount * {chance.choice((0, 3, 50))} WHERE {some}",
            f"UPDATE orders SET channel = 'hidden' WHERE {some}",
            f"INSERT INTO orders SELECT id + 1000000, * EXCLUDE (id) FROM orders WHERE {some}",
        )
    )


def test_nothing_changes_with_hidden_rows(workspace: AlertsWorkspace, tmp_path: Path) -> None:
    questions = [
        UnusualDays(metric="revenue", by=Breakdown("channel"), sensitivity="high"),
        UnusualDays(metric="per_order", by=Breakdown("market")),
    ]
    expected, differed = [told(workspace, question) for question in questions], 0
    everything = search(workspace, questions[0], workspace.people["ana"], today=TODAY).found
    for seed in range(max(6, proof.part(TWINS) // 3)):
        chance = random.Random(seed)
        twin = opened(tmp_path / str(seed), of_france(chance), of_france(chance))
        try:
            assert [told(twin, question) for question in questions] == expected, seed
            differed += search(twin, questions[0], twin.people["ana"], today=TODAY).found != everything
        finally:
            twin.close()
    assert differed > 0  # someone who sees all rows sees other numbers
