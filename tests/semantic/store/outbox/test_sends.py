"""The states of a send, on both databases: queued once, claimed by one worker, and recorded only by the lease's
holder.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from semantic.errors import ChangedMeanwhile
from semantic.store.database import Store, Transaction
from semantic.store.outbox.counts import count_states
from semantic.store.outbox.sends import (
    AHEAD,
    LONGEST_WHY,
    MOST_CLAIMS,
    SENDS,
    NewSend,
    Recipient,
    Send,
    claim_send,
    count_handed_over,
    give_back_send,
    next_due,
    note_failed,
    note_handed_over,
    note_not_sent,
    note_rendered,
    note_skipped,
    queue_send,
    read_sends,
    retry_send,
    send_number,
)
from tests.semantic.store.clock import Clock

DORA, VERA = Recipient(kind="person", id="d" * 32), Recipient(kind="person", id="e" * 32)
LEASE = timedelta(minutes=5)


def queued(store: Store, clock: Clock, about: str = "a", recipient: Recipient = DORA) -> bool:
    new = NewSend(kind="delivery", about=about, slot=clock(), recipient=recipient, details={"late": True})
    with store.write(recorded=False) as transaction:
        return queue_send(transaction, new)


def claimed(store: Store, holder: str = "w1") -> Send | None:
    with store.write(recorded=False) as transaction:
        return claim_send(transaction, holder, LEASE, host="example.com")


def must_claim(store: Store, holder: str = "w1") -> Send:
    send = claimed(store, holder)
    assert send is not None
    return send


def noted(store: Store, note: Callable[[Transaction], object]) -> None:
    with store.write(recorded=False) as transaction:
        note(transaction)


def only(store: Store) -> Send:
    with store.read() as connection:
        (send,) = read_sends(connection)
    return send


def test_a_send_is_queued_once(store: Store, clock: Clock) -> None:
    assert queued(store, clock)
    assert not queued(store, clock)
    assert queued(store, clock, recipient=VERA)
    assert queued(store, clock, "b")
    clock.move(days=1)
    assert queued(store, clock)
    with store.read() as connection:
        assert len(read_sends(connection)) == 4


def test_a_finished_send_is_not_queued_again(store: Store, clock: Clock) -> None:
    queued(store, clock)
    send = must_claim(store)
    noted(store, lambda t: note_skipped(t, send, "w1", "Nothing changed notably"))
    assert not queued(store, clock)
    assert only(store).state == "skipped"


def test_a_send_goes_from_due_to_handed_over(store: Store, clock: Clock) -> None:
    queued(store, clock)
    due = only(store)
    assert (due.state, due.message_id, dict(due.details), due.due_at) == ("due", "", {"late": True}, clock())
    leased = must_claim(store)
    assert (leased.state, leased.due_at) == ("leased", clock() + LEASE)
    assert leased.message_id == f"<{leased.number}@example.com>"
    clock.move(minutes=1)
    noted(store, lambda t: note_rendered(t, leased, "w1", LEASE, receipts=("R-1", "R-2")))
    rendered = only(store)
    assert (rendered.state, rendered.rendered_at, rendered.due_at) == ("rendered", clock(), clock() + LEASE)
    clock.move(minutes=1)
    noted(store, lambda t: note_handed_over(t, leased, "w1", "250 OK"))
    over = only(store)
    assert (over.state, over.answer, over.ended_at, over.due_at) == ("handed_over", "250 OK", clock(), None)
    assert over.receipts == ("R-1", "R-2")
    assert claimed(store) is None


NOTES: dict[str, Callable[[Transaction, Send, str], object]] = {
    "rendered": lambda t, send, holder: note_rendered(t, send, holder, LEASE),
    "handed_over": lambda t, send, holder: note_handed_over(t, send, holder, "250 OK"),
    "failed": lambda t, send, holder: note_failed(t, send, holder, "550 No"),
    "skipped": lambda t, send, holder: note_skipped(t, send, holder, "Not now"),
    "retry": lambda t, send, holder: retry_send(t, send, holder, "451 Later", t.now),
    "give_back": lambda t, send, holder: give_back_send(t, send, holder),
}


@pytest.mark.parametrize("name", NOTES)
def test_nothing_is_recorded_after_the_lease_was_lost(store: Store, clock: Clock, name: str) -> None:
    queued(store, clock)
    send = must_claim(store, "w1")
    clock.move(minutes=5)
    assert must_claim(store, "w2").number == send.number
    before = only(store)
    with pytest.raises(ChangedMeanwhile):
        noted(store, lambda t: NOTES[name](t, send, "w1"))
    assert only(store) == before
    noted(store, lambda t: note_handed_over(t, send, "w2", "250 OK"))
    for holder in ("w1", "w2"):
        with pytest.raises(ChangedMeanwhile):
            noted(store, lambda t, holder=holder: NOTES[name](t, send, holder))
    assert only(store).state == "handed_over"


def test_a_lease_keeps_others_away_until_it_ends(store: Store, clock: Clock) -> None:
    queued(store, clock)
    first = must_claim(store, "w1")
    assert claimed(store, "w2") is None
    clock.move(minutes=4)
    noted(store, lambda t: note_rendered(t, first, "w1", LEASE))
    clock.move(minutes=4)
    assert claimed(store, "w2") is None
    clock.move(minutes=1)
    again = must_claim(store, "w2")
    assert (again.number, again.message_id) == (first.number, first.message_id)


def test_a_retry_is_due_at_its_time_and_keeps_its_message_id(store: Store, clock: Clock) -> None:
    queued(store, clock)
    send, at = must_claim(store), clock() + timedelta(minutes=1)
    noted(store, lambda t: retry_send(t, send, "w1", "451 Later", at))
    assert claimed(store) is None
    with store.read() as connection:
        assert next_due(connection, clock()) == at
    clock.move(minutes=1)
    with store.write(recorded=False) as transaction:
        again = claim_send(transaction, "w2", LEASE, host="other.example.com")
    assert again is not None
    assert (again.attempts, again.message_id) == (1, send.message_id)


def test_the_longest_due_is_claimed_first(store: Store, clock: Clock) -> None:
    for about in ("a", "b", "c"):
        queued(store, clock, about)
        clock.move(seconds=1)
    assert [must_claim(store).about for _ in range(3)] == ["a", "b", "c"]


def test_a_lease_from_a_clock_far_ahead_does_not_block(store: Store, clock: Clock) -> None:
    clock.move(days=30)
    queued(store, clock)
    must_claim(store, "ahead")
    clock.move(days=-30)
    with store.read() as connection:
        assert next_due(connection, clock()) == clock()
    assert must_claim(store, "w2").state == "leased"
    assert timedelta(days=30) > AHEAD


def test_a_message_that_kills_its_worker_each_time_fails(store: Store, clock: Clock) -> None:
    queued(store, clock)
    for _ in range(MOST_CLAIMS):
        must_claim(store)
        clock.move(minutes=5)
    assert claimed(store) is None
    assert (only(store).state, only(store).why) == (
        "failed", "Samepage stopped each time it prepared this message."
    )  # fmt: skip


def test_many_workers_claim_each_send_once(store: Store, clock: Clock) -> None:
    for number in range(40):
        queued(store, clock, f"{number}")

    def claim_all(worker: int) -> list[str]:
        numbers: list[str] = []
        while (send := claimed(store, f"w{worker}")) is not None:
            numbers.append(send.number)
        return numbers

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for numbers in pool.map(claim_all, range(4)) for number in numbers]
    assert len(numbers) == len(set(numbers)) == 40


def test_unsent_messages_are_in_the_history(store: Store, clock: Clock) -> None:
    new = NewSend(kind="delivery", about="a", slot=clock(), recipient=DORA)
    noted(store, lambda t: note_not_sent(t, new, "No worker was running"))
    assert not queued(store, clock)
    assert (only(store).state, only(store).why) == ("skipped", "No worker was running")


def test_only_delivered_or_pending_messages_count_towards_a_limit(store: Store, clock: Clock) -> None:
    for about in ("a", "b", "c", "d"):
        queued(store, clock, about)
    queued(store, clock, "a", VERA)
    sends = {send.about: send for send in (must_claim(store) for _ in range(5)) if send.recipient == DORA}
    noted(store, lambda t: note_handed_over(t, sends["a"], "w1", "250 OK"))
    noted(store, lambda t: note_failed(t, sends["b"], "w1", "550 No"))
    first, second = sorted((sends["c"], sends["d"]), key=lambda send: send.number)
    with store.read() as connection:
        assert count_handed_over(connection, first, clock()) == 1
        assert count_handed_over(connection, second, clock()) == 2
        assert count_handed_over(connection, second, clock() + timedelta(seconds=1)) == 1


def test_long_and_odd_texts_are_stored_as_far_as_they_fit(store: Store, clock: Clock) -> None:
    queued(store, clock)
    send = must_claim(store)
    noted(store, lambda t: note_failed(t, send, "w1", "\0\ud800" + "x" * 1_000))
    assert only(store).why == ("?" + "x" * 1_000)[:LONGEST_WHY]


DAMAGED: list[dict[str, Any]] = [
    {"details": "{"}, {"details": "[]"}, {"details": "[" * 100_000}, {"receipts": "{}"}, {"kind": "ransom"},
    {"recipient_kind": "everyone"}, {"recipient": "f" * 32}, {"about": "other"},
]  # fmt: skip


@pytest.mark.parametrize("change", DAMAGED, ids=lambda change: next(iter(change)))
def test_a_damaged_row_fails_and_the_others_are_claimed(store: Store, clock: Clock, change: dict[str, Any]) -> None:
    queued(store, clock, "a")
    number = send_number("delivery", "a", clock(), DORA)
    noted(store, lambda t: t.connection.execute(update(SENDS).where(SENDS.c.number == number).values(**change)))
    clock.move(seconds=1)
    queued(store, clock, "b")
    assert must_claim(store).about == "b"
    assert claimed(store) is None
    with store.read() as connection:
        assert [send.about for send in read_sends(connection)] == ["b"]


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # PostgreSQL refuses such a value
def test_an_invalid_timestamp_does_not_stop_the_others(store: Store, clock: Clock) -> None:
    queued(store, clock, "a")
    noted(store, lambda t: t.connection.execute(text("UPDATE sends SET slot = 'soon', due_at = 'soon'")))
    queued(store, clock, "b")
    assert [send.about if send else None for send in (claimed(store), claimed(store))] == ["b", None]


def test_a_row_written_by_hand_has_the_number_of_its_content_or_is_damaged(store: Store, clock: Clock) -> None:
    queued(store, clock)
    with store.write(recorded=False) as transaction:
        row = dict(transaction.connection.execute(SENDS.select()).mappings().one())
        transaction.connection.execute(insert(SENDS).values(**row | {"number": "0" * 32}))
    assert {send.number for send in (claimed(store), claimed(store)) if send} == {row["number"]}


def test_days_are_counted_in_utc_whatever_the_databases_time_zone(store: Store, clock: Clock) -> None:
    queued(store, clock)  # at noon
    queued(store, clock, "b")
    with store.read() as connection:
        if store.kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'Pacific/Auckland'")
        assert count_states(connection, clock() - timedelta(days=1)) == [("due", clock().date(), 2)]
