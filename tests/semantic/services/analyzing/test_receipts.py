"""Receipts of analyses: who can open them, and that opening one runs the analysis again.

A receipt says whether the numbers are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from semantic.analyses.events.definition import analysis_from_data
from semantic.errors import UnknownReceipt
from semantic.results.digests import finding_digest
from semantic.services.analyzing.run import analyze
from semantic.services.process import Live
from semantic.services.receipts import Replayed, factors_of, replay, replay_data, verdict
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import RECEIPTS, read_stored_receipt
from semantic.store.people import erase_person
from semantic.store.uses.uses import read_recent_questions
from tests.semantic.services.analyzing.logged_app import NOON, OpenLog, close, open_live, run

SAME = {"Definition": "same", "Policy": "same", "Data": "same"}
P4_HAS_A_CART = (
    "INSERT INTO actions VALUES ('x', 'p4', 's', 'b', TIMESTAMPTZ '2026-03-02 15:00+00', 'phone', NULL, 'FR')"
)
P5_LOOKS_IN_DE = P4_HAS_A_CART.replace("p4", "p5").replace("'b'", "'a'").replace("'FR'", "'DE'")
CARTS_ARE_VIEWS = ("measure: actions.acts, filter: act = 'b'", "measure: actions.acts, filter: act = 'a'")
DORA_SEES_FR = ("attributes: {markets: [DE]}", "attributes: {markets: [DE, FR]}")
NO_CARTS = (
    "who: {people: [ana, stef, max]}\n    grant: {metrics: all",
    "who: {people: [ana, stef, max]}\n    grant: {metrics: [views]",
)
DEVICE_IS_PERSONAL = ("{name: device, label: Device,", "{name: device, label: Device, tags: [personal],")


@pytest.fixture
def open_log(store: Store, keys: Keys, tmp_path: Path) -> Iterator[OpenLog]:
    opened: list[Live] = []

    def make(*model: tuple[str, str], sql: tuple[str, ...] = ()) -> Live:
        opened.append(open_live(tmp_path / str(len(opened)), store, keys, *model, sql=sql))
        return opened[-1]

    yield make
    for live in opened:
        close(live)


def again(live: Live, receipt: str, person: str = "ana") -> Replayed:
    return replay(live, receipt, live.workspace().people[person])


def changed(replayed: Replayed) -> dict[str, str]:
    return {each.word: each.state for each in factors_of(replayed)}


def counts(replayed: Replayed) -> list[int | None]:
    assert replayed.analyzed is not None
    return [*replayed.analyzed.found.whole.counts]


def test_an_unchanged_analysis_has_equal_numbers(open_log: OpenLog) -> None:
    live = open_log()
    analyzed = run(live)
    replayed = again(live, analyzed.receipt)
    assert counts(replayed) == [6, 3]
    assert (replayed.values, changed(replayed), replayed.asked_by) == ("equal", SAME, "Ana")
    assert verdict(replayed) == ("Equal", "Re-run: identical to the original.")
    assert replayed.receipt.surface == "page"
    data = replay_data(replayed)["answer"]
    assert isinstance(data, dict)
    assert (data["whole"]["counts"], data["analysis"]["kind"]) == ([6, 3], "funnel")


def test_the_same_run_has_one_receipt_and_a_different_question_another(open_log: OpenLog) -> None:
    live = open_log()
    receipt = run(live).receipt
    assert run(live).receipt == receipt
    assert len({receipt, run(live, within="2 days").receipt, run(live, "max").receipt}) == 3


def test_two_processes_give_the_same_digest(open_log: OpenLog, store: Store, keys: Keys) -> None:
    receipts = [run(open_log()).receipt for _ in range(2)]
    with store.read() as connection:
        stored = [read_stored_receipt(connection, receipt, keys) for receipt in receipts]
    digests = {(each.rows_digest, each.sql_digest, each.definition) for each in stored if each is not None}
    assert len(digests) == 1


def test_changed_data_is_reported(open_log: OpenLog) -> None:
    receipt = run(open_log()).receipt
    replayed = again(open_log(sql=(P4_HAS_A_CART,)), receipt)
    assert counts(replayed) == [6, 4]
    assert (replayed.values, changed(replayed)) == ("differ", SAME | {"Data": "changed"})
    assert verdict(replayed)[1].endswith("Changed since: the data.")


def test_a_changed_definition_is_named(open_log: OpenLog) -> None:
    receipt = run(open_log()).receipt
    replayed = again(open_log(CARTS_ARE_VIEWS), receipt)
    assert (replayed.values, replayed.definitions) == ("differ", ("Carts",))


def test_rows_that_someone_cannot_see_change_nothing(open_log: OpenLog) -> None:
    """Dora sees DE, so a cart in FR is hidden from her, and a view in DE isn't."""
    receipt = run(open_log(), "dora").receipt
    found = [again(open_log(sql=sql), receipt, "dora") for sql in ((), (P4_HAS_A_CART,), (P5_LOOKS_IN_DE,))]
    assert [replayed.values for replayed in found] == ["equal", "equal", "differ"]
    assert factors_of(found[0]) == factors_of(found[1])
    assert changed(found[2])["Data"] == "changed"


def test_different_access_is_reported(open_log: OpenLog) -> None:
    receipt = run(open_log(), "dora").receipt
    replayed = again(open_log(DORA_SEES_FR), receipt, "dora")
    assert counts(replayed) == [6, 3]
    assert (replayed.values, replayed.policy_differs) == ("differ", True)


def test_reduced_access_runs_nothing(open_log: OpenLog) -> None:
    receipt = run(open_log()).receipt
    replayed = again(open_log(NO_CARTS), receipt)
    assert replayed.analyzed is None
    assert "There is no metric named 'carts'." in verdict(replayed)[1]
    theirs = again(open_log(NO_CARTS), receipt, "stef")
    assert verdict(theirs)[1] == "This receipt's question uses something that isn't available to you."


def test_only_the_person_and_stewards_can_open_it(open_log: OpenLog, store: Store) -> None:
    live = open_log()
    receipt = run(live).receipt
    with pytest.raises(UnknownReceipt) as theirs:
        again(live, receipt, "max")
    with pytest.raises(UnknownReceipt) as missing:
        again(live, "R-2222-2222-2222", "max")
    assert str(theirs.value).replace(receipt, "") == str(missing.value).replace("R-2222-2222-2222", "")
    assert again(live, receipt, "stef").asked_by == "Ana"
    live.recorder.flush()
    with store.read() as connection:
        kinds = [row.kind for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
    assert kinds.count("receipt.opened") == 1


def test_stewards_with_other_rows_get_no_comparison(open_log: OpenLog) -> None:
    live = open_log()
    replayed = again(live, run(live, "dora").receipt, "stef")
    assert (counts(replayed), replayed.values) == ([6, 3], "not_compared")


def test_a_person_in_a_filter_is_sealed_and_erased_with_the_asker(open_log: OpenLog, store: Store, keys: Keys) -> None:
    live = open_log(DEVICE_IS_PERSONAL)
    where = {"dim": "device", "op": "in", "values": ["phone"]}
    receipt = run(live, where=where).receipt
    with store.read() as connection:
        (text,) = connection.execute(select(RECEIPTS.c.query).where(RECEIPTS.c.id == receipt)).one()
    assert text is None
    assert again(live, receipt).values == "equal"
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "ana", keys)
    assert "was erased" in verdict(again(live, receipt, "stef"))[1]


def test_a_damaged_definition_is_reported(open_log: OpenLog, store: Store) -> None:
    live = open_log()
    receipt = run(live).receipt
    for text in ("{", "[]", '{"kind":"sorcery"}', '{"metrics":["views"]}'):
        with store.write(recorded=False) as transaction:
            transaction.connection.execute(update(RECEIPTS).values(query=text))
        assert "can't be read any more" in verdict(again(live, receipt))[1]


def test_an_analysis_isnt_counted_as_a_question(open_log: OpenLog, store: Store) -> None:
    run(open_log())
    with store.read() as connection:
        assert read_recent_questions(connection, NOON.replace(year=2000)) == []


def test_a_receipt_covers_the_other_period_too(open_log: OpenLog) -> None:
    """The analysis compares 3 March with 2 March. After that, p4 gets a cart on 2 March."""
    day: dict[str, Any] = {"time": {"from": "2026-03-03", "to": "2026-03-03"}, "compare": [{"to": "previous"}]}
    live = open_log()
    analyzed = run(live, **day)
    assert analyzed.compared is not None
    assert [*analyzed.compared.analyzed.found.whole.counts] == [6, 3]
    replayed = again(live, analyzed.receipt)
    assert (replayed.values, changed(replayed)) == ("equal", SAME)
    later = open_log(sql=(P4_HAS_A_CART,))
    replayed = again(later, analyzed.receipt)
    assert (counts(replayed), replayed.values) == ([0, 0], "differ")


def test_findings_recorded_before_comparisons_existed_have_the_same_digest(open_log: OpenLog) -> None:
    """The digest must be the same as before definitions could have `compare` and `sides`, so that older receipts still
    agree.
    """
    asked: dict[str, object] = {"first": "views", "return": "carts", "unit": "day", "periods": 2}
    days = {"from": "2026-03-02", "to": "2026-03-03"}
    definition = analysis_from_data({"kind": "retention", "subject": "person", "time": days, **asked})
    workspace = open_log().workspace()
    found = analyze(workspace, definition.kind, definition.asked, workspace.people["ana"]).found
    assert finding_digest(found) == "8f2c30b512484f8bdf226137bf8bc7fee588384738e8b755a67a6b96ddfd7759"
