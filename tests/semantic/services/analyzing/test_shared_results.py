"""What one person can't get from what others ran: cached and running results, and receipts.

6 people view on 2 March, p1 and p2 in DE and the others in FR. p1, p2 and p3 have a cart an hour later. Ana and Max see
everything, Dora sees DE, Nora sees no carts, Gus no numbers of fewer than four people, and Mia no devices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from semantic.analyses.events.definition import analysis_from_data
from semantic.audit_trail.recorder import shown_in
from semantic.errors import UnknownName, UnknownReceipt
from semantic.policy.actor import Actor
from semantic.services.analyzing.pending import PendingAnalysis
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.start import start_any
from semantic.services.process import Live
from semantic.services.receipts import may_open, replay
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import read_stored_receipt
from tests.semantic.services.analyzing.logged_app import ASKED, close, open_live
from tests.waiting import until

BY_DEVICE = ASKED | {"by": "device"}
COUNTS = {"ana": (6, 3), "dora": (2, 2), "gus": (6, None)}
FROM_VIEWS = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}
DAYS = {"from": "2026-03-02", "to": "2026-03-02"}
KINDS: dict[str, dict[str, Any]] = {
    "funnel": ASKED,
    "retention": {"kind": "retention", "subject": "person", "first": "views", "return": "carts", "unit": "day"},
    "paths": {"kind": "paths", "subject": "person", "events": ["views", "carts"], "from": "views"},
    "profile": {
        "kind": "profile", "subject": "person", "at": "views", "by": ["device"],
        "who": {"analysis": FROM_VIEWS, "part": {"reached": 1, "not": 2}},
    },
    "a set": ASKED | {"of": {"analysis": FROM_VIEWS, "part": {"reached": 2}}},
    "anomalies": {"kind": "anomalies", "metric": "views", "time": {"last": 10, "unit": "day"}},
    "step_change": {
        "kind": "step_change", "step": 2, "by": ["device"], "time": DAYS, "funnel": FROM_VIEWS | {"within": "1 day"},
    },
}  # fmt: skip
P9_LOOKS_THE_DAY_BEFORE = (
    "INSERT INTO actions VALUES ('y', 'p9', 's', 'a', TIMESTAMPTZ '2026-03-01 12:00+00', 'phone', NULL, 'DE')"
)


@pytest.fixture
def live(store: Store, keys: Keys, tmp_path: Path) -> Iterator[Live]:
    opened = open_live(tmp_path / "log", store, keys)
    yield opened
    close(opened)


def start(live: Live, person: str, asked: dict[str, Any] = ASKED) -> PendingAnalysis[Analyzed[Any]]:
    return start_any(live.workspace(), analysis_from_data(asked), live.workspace().people[person])


@pytest.mark.parametrize("order", [("ana", "dora", "gus"), ("gus", "dora", "ana"), ("dora", "gus", "ana")])
def test_a_result_is_not_shared_with_another_policy(live: Live, order: tuple[str, ...]) -> None:
    for person in (*order, *order):  # the second time from the cache
        assert start(live, person).result().found.whole.counts == COUNTS[person]
    with pytest.raises(UnknownName):
        start(live, "nora")


def test_a_run_is_not_joined_by_someone_with_another_policy(live: Live) -> None:
    running = {person: start(live, person) for person in COUNTS}
    running["dora"].leave()
    assert {person: running[person].result().found.whole.counts for person in ("gus", "ana")} == {
        "gus": (6, None), "ana": (6, 3),
    }  # fmt: skip
    assert start(live, "dora").result().found.whole.counts == (2, 2)


def test_people_with_the_same_access_share_a_result_but_have_their_own_receipts(live: Live) -> None:
    first, second = start(live, "ana"), start(live, "max")
    assert first.computed_at == second.computed_at
    receipts = {first.result().receipt, second.result().receipt}
    assert len(receipts) == 2
    assert start(live, "dora").computed_at != first.computed_at


def test_a_mask_still_applies_after_someone_else_saw_the_values(live: Live) -> None:
    assert [group.by for group in start(live, "ana", BY_DEVICE).result().found.rows] == ["phone"]
    masked = start(live, "mia", BY_DEVICE).result()
    assert [group.by for group in masked.found.rows] == [None]
    assert "phone" not in str(masked.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_of_someone_else_reads_as_missing(kind: str, store: Store, keys: Keys, tmp_path: Path) -> None:
    """This also applies to someone with the same access, to an agent, and to someone who views as the person who ran
    it.
    """
    live = open_live(tmp_path / "log", store, keys, sql=(P9_LOOKS_THE_DAY_BEFORE,))
    receipt = start(live, "ana", KINDS[kind]).result().receipt
    live.recorder.flush()
    people = live.workspace().people
    viewing, agent = replace(people["ana"], viewed_by="stef"), replace(people["ana"], for_person="ana", id="agent")
    for actor in (people["max"], people["dora"], people["nora"], viewing, agent):
        assert not may_open(live, receipt, actor)
        assert refusal(live, receipt, actor) == refusal(live, "R-2222-2222-2222", actor).replace(
            "R-2222-2222-2222", receipt
        )
    live.recorder.flush()
    with store.read() as connection:
        opened = [row for row in connection.execute(select(AUDIT.c.kind)) if row.kind == "receipt.opened"]
    assert opened == []
    assert replay(live, receipt, people["ana"]).values == "equal"
    close(live)


def refusal(live: Live, receipt: str, actor: Actor) -> str:
    with pytest.raises(UnknownReceipt) as refused:
        replay(live, receipt, actor)
    return str(refused.value)


def test_people_with_different_access_do_not_learn_whether_numbers_changed(live: Live) -> None:
    """One example is a comment whose receipt is its author's."""
    receipt = start(live, "ana").result().receipt
    live.recorder.flush()
    people = live.workspace().people
    assert replay(live, receipt, people["max"], is_opened=False).values == "equal"
    for person in ("dora", "gus", "nora"):
        assert replay(live, receipt, people[person], is_opened=False).values == "not_compared"


@pytest.mark.parametrize("asked", [ASKED, KINDS["anomalies"]])
def test_a_note_in_a_thread_is_recorded_where_it_is_shown(live: Live, asked: dict[str, Any]) -> None:
    with shown_in("email"):
        pending = start(live, "gus", asked)
        until(pending.done)
        receipt = pending.result().receipt
    live.recorder.flush()
    with live.store.read() as connection:
        stored = read_stored_receipt(connection, receipt, live.keys)
    assert stored is not None
    assert stored.surface == "email"
