"""A store that accepts no writes for a while: confirmed work is saved, unrecorded answers say so, and gaps are
named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.queues import Queue
from pathlib import Path

import pytest
from sqlalchemy import func, select

from pages.server.readiness import Readiness
from semantic.audit_trail import recorder as recording
from semantic.audit_trail.recorder import NOT_RECORDED, NOT_YET, Recorder
from semantic.errors import NotRecorded, StoreFailed, UnknownReceipt
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.query.query import Query
from semantic.services.connections import look_at_store
from semantic.services.process import Live
from semantic.services.receipts import replay
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.log import AUDIT
from semantic.store.audit.recorders import RECORDERS, SILENT_LOOKS, Watch, name_lost_acts, note_recorder
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import Verified, verify
from semantic.store.boards.boards import make_board
from semantic.store.boards.versions import publish_board
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys
from semantic.store.models.versions import publish, read_head
from semantic.store.numbers.receipts import has_receipt
from semantic.store.numbers.remarks import add_remark
from semantic.store.numbers.targets import keep_targets
from semantic.store.questions.questions import save_question
from semantic.store.spaces.spaces import MINE
from semantic.store.tables import metadata
from tests.copies import copy_shop, empty_store
from tests.pages.api_world import ANA, QUESTION, open_world
from tests.semantic.store.clock import Clock
from tests.semantic.store.faults import FAULTS, full
from tests.semantic.store.small_model import small_model
from tests.semantic.store.writers import (
    FORKS,
    ask_beyond_a_limit,
    join,
    saved_board,
    saved_question,
    saved_remark,
    saved_target,
    start,
)
from tests.shop import ShopWorkspace, open_shop
from tests.waiting import STUCK, until

REVENUE = query_from_json('{"metrics":["revenue"],"by":["channel"]}')
COST = query_from_json('{"metrics":["cost"]}')


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def recorder(shop: ShopWorkspace, store: Store, keys: Keys) -> Iterator[Recorder]:
    shop.recorder = Recorder(store, keys)
    yield shop.recorder
    shop.recorder.close()
    shop.recorder = None


def questions(count: int) -> list[Query]:
    """Return this many different questions."""
    return [replace(COST, limit=number + 1) for number in range(count)]


def acts(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        return [(row.kind, row.about) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]


def verified(store: Store, keys: Keys) -> Verified:
    with store.read() as connection:
        return verify(connection, keys)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_receipt_is_lost_while_the_store_accepts_no_writes(
    shop: ShopWorkspace, recorder: Recorder, store: Store, keys: Keys, fault: str
) -> None:
    """On a full disk, an insert that is rolled back still succeeds, so it doesn't prove that anything can be stored."""
    with FAULTS[fault](store):
        receipts = [shop.ask(query, shop.people["steward"]).receipt for query in questions(40)]
        with pytest.raises(StoreFailed):
            recorder.flush(seconds=0.3)
    recorder.flush()
    assert acts(store) == [("question.asked", f"receipt:{receipt}") for receipt in receipts]
    assert verified(store, keys).words == "The audit log is intact: 40 entries, none changed, missing or moved."


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_is_confirmed_with_a_stored_receipt_or_with_none(
    shop: ShopWorkspace, recorder: Recorder, store: Store, fault: str
) -> None:
    """This holds over HTTP and in the shell. On a disk that fills up, the first receipts still fit."""
    steward = shop.people["steward"]
    with FAULTS[fault](store):
        confirmed = [shop.confirmed(shop.ask(query, steward)) for query in questions(40)]
        receipts = [shown.receipt for shown in confirmed if shown.receipt]
        with store.read() as connection:
            assert all(has_receipt(connection, receipt) for receipt in receipts)
        assert len(receipts) < len(confirmed)
        assert {shown.notes[-1:] for shown in confirmed if not shown.receipt} == {(NOT_RECORDED,)}
        assert all(not {NOT_RECORDED, NOT_YET} & {*shown.notes} for shown in confirmed if shown.receipt)
        with pytest.raises(StoreFailed, match="no file was made"):
            shop.record_export(confirmed[-1], steward, "csv")
    recorder.flush()
    last = questions(40)[-1]
    assert shop.confirmed(shop.ask(last, steward)).receipt, "what waited is written, and is this answer's receipt"
    assert len(acts(store)) == 40


def test_an_io_error_drops_no_receipt(keys: Keys, tmp_path: Path) -> None:
    """An SQLite file that can't grow is neither a full disk nor the fault of one entry."""
    store = empty_store(str(tmp_path / "store.sqlite"))
    answers: Queue[tuple[list[str], list[str]]] = FORKS.Queue()
    process = start(ask_beyond_a_limit, str(tmp_path / "store.sqlite"), answers)
    join([process])
    limited, after = answers.get(timeout=STUCK)
    receipts = [receipt for receipt in limited if receipt]
    assert len(receipts) < len(limited)
    assert all(after)
    assert {*receipts} <= {*after}
    assert [about for _, about in acts(store)] == [f"receipt:{receipt}" for receipt in after]
    verification = verified(store, keys)
    assert (verification.broken, verification.gaps) == (None, ())
    store.close()


def test_only_waiting_answers_are_reported_as_not_recorded_yet(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    steward = shop.people["steward"]
    before = shop.confirmed(shop.ask(REVENUE, steward))
    with full(store):
        for query in questions(40):
            shop.confirmed(shop.ask(query, steward))
        assert recorder.is_away
        assert NOT_YET in shop.ask(questions(40)[-1], steward).notes
        assert NOT_YET not in shop.ask(REVENUE, steward).notes
        assert shop.ask(REVENUE, steward).receipt == before.receipt


def test_acts_beyond_the_queue_limit_leave_a_gap_in_their_place(shop: ShopWorkspace, store: Store, keys: Keys) -> None:
    shop.recorder = recorder = Recorder(store, keys, most_waiting=3)
    steward = shop.people["steward"]
    with FAULTS["read_only"](store):
        shown = [shop.ask(query, steward) for query in questions(5)]
    recorder.flush()
    after = shop.ask(REVENUE, steward)
    shop.recorder = None
    recorder.close()
    assert [bool(result.receipt) for result in shown] == [True] * 3 + [False] * 2
    told = [("question.asked", f"receipt:{result.receipt}") for result in shown[:3]]
    assert acts(store) == [*told, ("audit.gap", "audit"), ("question.asked", f"receipt:{after.receipt}")]
    verification = verified(store, keys)
    assert verification.broken is None
    assert [(gap.number, gap.acts) for gap in verification.gaps] == [(4, 2)]
    assert "The audit log has 1 gap: 5 entries, none changed, missing or moved, but not every act" in verification.words
    assert "Missing: 2 acts (entry 4, " in verification.words


def test_a_gap_names_the_receipt_that_was_shown(
    shop: ShopWorkspace, recorder: Recorder, store: Store, keys: Keys
) -> None:
    lost = shop.ask(REVENUE, Actor(id="half a letter \ud800", name="X", roles=frozenset({"steward"})))
    recorder.flush()
    verification = verified(store, keys)
    assert [(gap.acts, gap.receipt) for gap in verification.gaps] == [(1, lost.receipt)]
    assert f"the answer of {lost.receipt} (entry 1, " in verification.words
    with store.read() as connection:
        (entry,) = read_entries(connection, keys)
    assert sentence(entry) == f"Samepage couldn't record the answer of receipt {lost.receipt}"
    assert not shop.confirmed(lost).receipt


@pytest.mark.server
@pytest.mark.parametrize("fault", FAULTS)
def test_scripts_get_only_receipts_that_open(address: str, tmp_path: Path, fault: str) -> None:
    """This holds over HTTP, while the disk is full and afterwards."""
    with open_world(tmp_path, store=address) as world:
        _, token = world.token()
        with FAULTS[fault](world.live.store):
            replies = [world.ask(token, QUESTION | {"limit": limit}) for limit in range(1, 31)]
            kept_replies = [reply for reply in replies if reply.json()["receipt"]]
            with world.live.store.read() as connection:
                assert all(has_receipt(connection, reply.json()["receipt"]) for reply in kept_replies)
            missing = [reply for reply in replies if reply not in kept_replies]
            assert missing
            for reply in missing:
                assert (reply.status, reply.json()["notes"][-1]) == (200, NOT_RECORDED)
                assert "samepage-receipt" not in reply.headers
            assert all(reply.headers["samepage-receipt"] == reply.json()["receipt"] for reply in kept_replies)
            lines = world.ask(token, QUESTION | {"limit": 31}, Accept="application/x-ndjson")
            assert lines.status == 200
            assert "samepage-receipt" not in lines.headers
            assert world.ask(token, QUESTION | {"limit": 31}, Accept="text/csv").code == "unavailable"
        world.live.recorder.flush()
        for reply in kept_replies:
            assert world.get(token, f"/api/v1/receipts/{reply.json()['receipt']}").json()["verdict"] == "Equal"
        verification = verified(world.live.store, world.live.keys)
        assert (verification.broken, verification.gaps) == (None, ())


@pytest.mark.server
def test_a_receipt_shown_on_a_page_is_never_unknown(address: str, tmp_path: Path) -> None:
    """A receipt that waits isn't recorded yet, and one that can't be stored isn't recorded at all.

    In neither case does the page say that there's no receipt.
    """
    with open_world(tmp_path, store=address) as world:
        live, (_, token) = world.live, world.token()
        query = query_from_json('{"metrics":["revenue"]}')
        lost = live.workspace().ask(query, replace(ANA, name="X", id="half a letter \ud800")).receipt
        live.recorder.flush()
        with FAULTS["read_only"](live.store):
            waits = live.workspace().ask(query, ANA).receipt
            with pytest.raises(StoreFailed, match=f"Receipt {waits} isn't recorded yet"):
                replay(live, waits, ANA)
            assert world.get(token, f"/api/v1/receipts/{waits}").code == "unavailable"
            with pytest.raises(UnknownReceipt, match="may not be recorded yet"):
                replay(live, "R-2222-2222-2222", ANA)  # another process may hold it
        live.recorder.flush()
        assert replay(live, waits, ANA).values == "equal"
        with pytest.raises(NotRecorded, match=f"Receipt {lost} can't be opened"):
            replay(live, lost, ANA)
        assert world.get(token, f"/api/v1/receipts/{lost}").code == "not_recorded"


def test_a_process_that_ends_normally_leaves_no_gap(
    shop: ShopWorkspace, store: Store, keys: Keys, clock: Clock
) -> None:
    shop.recorder = recorder = Recorder(store, keys)
    shop.ask(REVENUE, shop.people["steward"])
    recorder.close()
    shop.recorder = None
    assert gaps_an_hour_later(store, keys, clock) == []


def test_acts_lost_with_a_process_leave_a_gap(shop: ShopWorkspace, store: Store, keys: Keys, clock: Clock) -> None:
    """The store was unavailable until the process ended, so only the process's own log has the number of acts."""
    shop.recorder = recorder = Recorder(store, keys)
    shop.ask(REVENUE, shop.people["steward"])
    recorder.flush()
    began = store.now()
    clock.move(minutes=5)
    with FAULTS["read_only"](store):
        shop.ask(COST, shop.people["steward"])
        recorder.close()
    shop.recorder = None
    (text,) = gaps_an_hour_later(store, keys, clock)
    assert f"killed, between {began:%-d %b %Y %H:%M:%S} UTC and {store.now():%-d %b %Y %H:%M:%S} UTC" in text
    assert verified(store, keys).broken is None


def beat_of(store: Store, name: str, at: datetime) -> None:
    with store.write(recorded=False) as transaction:
        note_recorder(transaction, name, at)


def recorders(store: Store) -> list[str]:
    with store.read() as connection:
        return [*connection.execute(select(RECORDERS.c.id).order_by(RECORDERS.c.id)).scalars()]


def test_a_running_process_names_what_was_lost_with_a_killed_one(
    store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "BEAT_SECONDS", 0.02)
    beat_of(store, "killed", store.now())
    running = Recorder(store, keys)
    until(lambda: acts(store) == [("audit.gap", "audit")], "the gap")
    running.close()
    assert recorders(store) == []


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_process_with_a_different_clock_is_not_reported_as_killed(hours: int, store: Store, keys: Keys) -> None:
    """Only the process that stops is named, whatever the other's clock says, even if it's set back."""
    clock, watch = store.now() + timedelta(hours=hours), Watch("own")
    beat_of(store, "killed", store.now())
    for minute in range(10):
        beat_of(store, "own", store.now())
        beat_of(store, "another", clock + timedelta(minutes=minute if minute < 5 else -minute))
        with store.write(recorded=False) as transaction:
            assert name_lost_acts(transaction, keys, watch) == (minute == SILENT_LOOKS - 1)
    assert recorders(store) == ["another", "own"]


@pytest.mark.parametrize(("minutes", "named"), [(5, 0), (30, 0), (60, 1)])
def test_a_command_allows_for_different_clocks(minutes: int, named: int, store: Store, keys: Keys) -> None:
    beat_of(store, "behind", store.now() - timedelta(minutes=minutes))
    with store.write(recorded=False) as transaction:
        assert name_lost_acts(transaction, keys) == named


def test_a_store_outage_makes_no_process_count_as_killed(
    store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "BEAT_SECONDS", 0.02)
    looks: list[Watch] = []
    first: list[str] = []

    class Noted(Watch):
        """A watch that records each look of the one tested recorder.

        Recorders of earlier tests may still run in this process.
        """

        def __init__(self, own: str) -> None:
            super().__init__(own)
            first[:] = first or [own]
            self._is_tested = own == first[0]

        def look(self, rows: Mapping[str, datetime]) -> frozenset[str]:
            if self._is_tested:
                looks.append(self)
            return frozenset()

    monkeypatch.setattr(recording, "Watch", Noted)
    running = Recorder(store, keys)
    until(lambda: len(looks) > 1, "two looks")
    with FAULTS["read_only"](store):
        until(lambda: not running.takes_writes, "a beat that fails")
        seen = len(looks)
    until(lambda: running.takes_writes and len(looks) > seen, "another look")
    running.close()
    assert looks[0] is looks[1]
    assert looks[-1] is not looks[0]


@pytest.mark.parametrize("fault", FAULTS)
def test_readiness_says_that_the_store_takes_no_writes(
    fault: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions are still answered, so the process stays ready."""
    monkeypatch.setattr(recording, "BEAT_SECONDS", 0.02)

    def fails(live: Live) -> bool:
        live.recorder.opened("R-7K3Q-DM2X-WA94", ANA)
        return not live.recorder.takes_writes

    with open_world(tmp_path, store=address) as world:
        live, ready = world.live, Readiness(world.live, lambda: False)
        assert ready.state().parts["store"] == "ready"
        with FAULTS[fault](live.store):
            until(lambda: fails(live), "a write that fails")
            state = Readiness(live, lambda: False).state()
            look = look_at_store(live)
        assert (state.is_ready, state.parts["store"]) == (True, "takes no writes")
        assert look.state in ("incomplete", "silent")
        until(lambda: live.recorder.takes_writes, "a write that succeeds")
        assert Readiness(live, lambda: False).state().parts["store"] == "ready"


def gaps_an_hour_later(store: Store, keys: Keys, clock: Clock) -> list[str]:
    """Return the sentences about gaps that another process records an hour later."""
    clock.move(hours=1)
    with store.write(recorded=False) as transaction:
        name_lost_acts(transaction, keys)
    with store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, keys, EntryFilter(kind="audit.gap"))]


@pytest.mark.parametrize("fault", FAULTS)
def test_work_that_cannot_be_saved_is_saved_whole_or_not_at_all(store: Store, keys: Keys, fault: str) -> None:
    """Nothing of the work is saved until there is space again. Then the same call works."""

    def publish_next() -> None:
        with store.read() as connection:
            head = read_head(connection)
        files = small_model(f"amount + {head.number if head else 0}")
        publish(store, keys, files, parent=head.number if head else None, actor=ANA, note="Next")

    def write(work: Callable[[Transaction], object]) -> Callable[[], None]:
        def save() -> None:
            with store.write() as transaction:
                work(transaction)

        return save

    values = count(1)
    saves: list[Callable[[], None]] = [
        publish_next,
        write(lambda to: save_question(to, saved_question(1), ANA, keys, name="Spend", sentence="", space=MINE)),
        write(
            lambda to: publish_board(to, make_board(to, saved_board(1), ANA, keys, space=MINE), ANA, keys, revision=1)
        ),
        write(lambda to: keep_targets(to, [saved_target("revenue", next(values))], ANA, keys)),
        write(lambda to: add_remark(to, saved_remark("Strike"), ANA, keys)),
    ]
    says = "out of disk space" if fault == "full" else "read-only"

    for save in saves:
        save()
    with FAULTS[fault](store):
        before, failed = rows(store), set[Callable[[], None]]()
        for save in saves * 20:  # what fits into pages that are there is still saved
            if failed == {*saves}:
                break
            try:
                save()
            except StoreFailed as error:
                assert says in str(error)  # noqa: PT017 (each of many may fail)
                assert rows(store) == before
                failed.add(save)
            before = rows(store)
        assert failed == {*saves}
    for save in saves:
        save()
    assert all(number >= before[table] for table, number in rows(store).items())
    assert rows(store)["audit"] >= before["audit"] + len(saves)
    verification = verified(store, keys)
    assert (verification.broken, verification.gaps) == (None, ())


def rows(store: Store) -> dict[str, int]:
    """Return the number of rows in each table."""
    with store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
