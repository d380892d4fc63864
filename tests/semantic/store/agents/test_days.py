"""Daily counts of calls: no limit is exceeded, however many calls run at the same time and on however many servers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Final

from sqlalchemy import func, select

from semantic.store.agents.days import (
    AGENT_DAYS,
    GUARDED_QUESTIONS,
    AgentDay,
    count_answer,
    count_call,
    count_guarded_question,
    count_outcome,
    end_row_of_refusals,
    expire_days,
    read_day,
    read_days,
    read_days_of,
)
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys
from tests.semantic.store.clock import Clock

AGENT: Final = "0123456789ab"
TODAY: Final = date(2026, 9, 1)
PLENTY: Final = {"calls": 1_000, "cost": 1_000, "cells": 1_000, "refused": 1_000}


def call(store: Store, **limits: int) -> bool:
    with store.write(recorded=False) as transaction:
        return count_call(transaction, AGENT, **{**PLENTY, **limits})


def cells(store: Store, count: int, most: int) -> bool:
    with store.write(recorded=False) as transaction:
        return count_answer(transaction, AGENT, count, most=most)


def outcome(store: Store, *, cost: int = 0, is_refused: bool = False) -> None:
    with store.write(recorded=False) as transaction:
        count_outcome(transaction, AGENT, cost=cost, is_refused=is_refused)


def day(store: Store) -> AgentDay:
    with store.read() as connection:
        return read_day(connection, AGENT, store.now().date())


def test_fifty_simultaneous_calls_on_two_servers_stay_within_their_limits(
    store: Store, address: str, clock: Clock
) -> None:
    other = Store(connect_store(address), clock=clock)
    try:
        with ThreadPoolExecutor(16) as pool:
            stores = [store, other] * 25
            called = list(pool.map(lambda one: call(one, calls=20), stores))
            given = list(pool.map(lambda one: cells(one, 7, 100), stores))
    finally:
        other.close()
    assert (called.count(True), given.count(True)) == (20, 14)  # 14 * 7 = 98, and 15 would be 105
    assert (day(store).calls, day(store).cells) == (20, 98)


def test_each_limit_stops_the_next_call(store: Store) -> None:
    assert call(store)
    assert call(store)
    assert not call(store, calls=2)
    outcome(store, cost=25)
    assert not call(store, cost=25)
    assert call(store, cost=26)
    assert cells(store, 40, 40)
    assert not cells(store, 1, 40)
    assert not call(store, cells=40)
    for _ in range(3):
        outcome(store, is_refused=True)
    assert not call(store, refused=3)
    assert day(store) == AgentDay(calls=3, cost=25, cells=40, refused=3, refused_in_a_row=3)


def test_answers_and_the_person_reset_consecutive_refusals(store: Store) -> None:
    for refused in (True, True, False, True):
        outcome(store, is_refused=refused)
    assert (day(store).refused, day(store).refused_in_a_row) == (3, 1)
    with store.write(recorded=False) as transaction:
        end_row_of_refusals(transaction, AGENT)
    assert (day(store).refused, day(store).refused_in_a_row) == (3, 0)


def test_a_day_ends_at_midnight_utc(store: Store, clock: Clock) -> None:
    assert call(store, calls=1)
    clock.move(hours=11, minutes=59)
    assert not call(store, calls=1)
    clock.move(minutes=1)
    assert call(store, calls=1)
    with store.read() as connection:
        found = read_days_of(connection, AGENT, since=TODAY)
        assert [(on, one.calls) for on, one in found.items()] == [(TODAY + timedelta(days=1), 1), (TODAY, 1)]
        assert read_days(connection, [AGENT, "f" * 12], TODAY) == {AGENT: AgentDay(calls=1)}
    with store.write(recorded=False) as transaction:
        assert expire_days(transaction, TODAY + timedelta(days=1)) == 1
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(AGENT_DAYS)).scalar_one() == 1


def test_questions_about_small_groups_are_counted_once_for_a_person_on_all_servers(
    store: Store, address: str, clock: Clock, keys: Keys
) -> None:
    def ask(one: Store, question: str, person: str = "ana") -> bool:
        with one.write(recorded=False) as transaction:
            return count_guarded_question(transaction, keys, person, question, most=10)

    other = Store(connect_store(address), clock=clock)
    try:
        with ThreadPoolExecutor(16) as pool:
            given = list(pool.map(lambda number: ask((store, other)[number % 2], f"question {number}"), range(50)))
        assert given.count(True) == 10
        asked = given.index(True)
        assert ask(other, f"question {asked}")  # again
        assert not ask(other, f"question {given.index(False)}")
        assert ask(other, "question 1", person="jonas")
        clock.move(days=1)
        assert ask(store, "question 1")
    finally:
        other.close()
    with store.read() as connection:
        rows = connection.execute(select(GUARDED_QUESTIONS)).all()
    assert {(row.person, row.day) for row in rows} == {("ana", TODAY + timedelta(days=1)), ("jonas", TODAY)}
    assert "question" not in repr([row.question for row in rows])
