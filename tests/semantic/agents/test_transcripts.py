"""Transcripts in both kinds of store: what is recorded, who can read it, and how long it's stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from semantic.agents.transcripts import (
    PAGE,
    Transcripts,
    forget_old_calls,
    set_transcript_days,
    transcript_days,
    usage,
)
from semantic.errors import InvalidQuery, NotAllowed, StoreFailed
from semantic.policy.actor import Actor
from semantic.query.data import query_to_data
from semantic.query.query import Between, Breakdown, Query
from semantic.services.process import Live
from semantic.store.agents.transcripts import AGENT_CALLS
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.upkeep.erasure import erase
from semantic.worker.job import Turn
from semantic.worker.upkeep import Retention
from tests.semantic.services.requests.test_requests import CARA
from tests.semantic.services.test_uploads import ANA, MIA, opened_live
from tests.semantic.store.clock import Clock

ADMIN = Actor(id="admin", name="Admin", roles=frozenset({"administrator"}), groups=frozenset({"careful"}))
"""A person who sees every metric."""
BLIND = Actor(id="boss", name="Boss", roles=frozenset({"administrator"}), groups=frozenset({"without_personal"}))
ROBIN = replace(ANA, kind="agent", agent="a1")
OTHER = replace(CARA, kind="agent", agent="c1")
REVENUE = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=Between(date(2026, 1, 1), date(2026, 1, 31)))
BY_EMAIL = replace(REVENUE, by=(Breakdown("email"),))
ASKED = {"question": query_to_data(REVENUE)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(address: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = opened_live(address, tmp_path)
    monkeypatch.setattr(opened.store, "_clock", clock)
    yield opened
    opened.close()


def note(live: Live, actor: Actor = ROBIN, **how: object) -> None:
    given: dict[str, object] = {"tool": "ask", "asked": ASKED, "outcome": "answered", "ms": 12.4}
    Transcripts(live).note(actor, **(given | how))  # type: ignore[arg-type]


def test_a_person_reads_what_their_agents_did_newest_first(live: Live, clock: Clock) -> None:
    note(live, receipt="R-7K3Q-DM2X-WA94", cells=4, cost="small")
    clock.move(minutes=1)
    note(live, tool="read", asked={"words": "refunds by moon"}, outcome="asked_back")
    clock.move(minutes=1)
    note(live, outcome="refused", refusal="fan_out", reason="Revenue can't be broken down by product.")
    clock.move(minutes=1)
    note(live, tool="propose", asked={"name": "Low"}, outcome="proposed", proposal="ab12")
    note(live, OTHER)
    page = Transcripts(live).mine(ANA)
    assert (page.count, page.has_more, page.is_mine) == (4, False, True)
    proposed, refused, read, asked = page.entries
    assert (proposed.proposal, proposed.arguments) == ("ab12", {"name": "Low"})
    assert (refused.call.code, refused.reason) == ("fan_out", "Revenue can't be broken down by product.")
    assert (read.words, read.query, read.call.outcome) == ("refunds by moon", None, "asked_back")
    assert (asked.query, asked.call.receipt, asked.call.ms) == (REVENUE, "R-7K3Q-DM2X-WA94", 12)
    assert [entry.call.tool for entry in Transcripts(live).mine(ANA, outcome="refused").entries] == ["ask"]
    assert Transcripts(live).mine(ANA, agent="c1").entries == []


def test_people_and_service_tokens_have_no_transcript(live: Live) -> None:
    for actor in (ANA, replace(ANA, kind="service"), replace(ANA, kind="agent")):
        note(live, actor)
    with live.store.read() as connection:
        assert connection.execute(select(AGENT_CALLS)).all() == []


def test_pages_have_every_call_once(live: Live, clock: Clock) -> None:
    for number in range(2 * PAGE + 3):
        note(live, asked={"words": str(number)}, tool="search")
        clock.move(seconds=number % 2)  # pairs at the same moment
    seen: list[str] = []
    after = None
    while True:
        page = Transcripts(live).mine(ANA, after=after)
        seen += [entry.words for entry in page.entries]
        assert page.count == 2 * PAGE + 3
        if not page.has_more:
            break
        after = page.entries[-1].call
    assert sorted(map(int, seen)) == list(range(2 * PAGE + 3))


def test_only_an_administrator_opens_it_and_that_is_recorded(live: Live) -> None:
    note(live, outcome="refused", refusal="fan_out", reason="A reason under Ana's policy.")
    work = Transcripts(live)
    for actor in (MIA, CARA, replace(ADMIN, viewed_by="boss"), replace(ADMIN, kind="agent", agent="x"), ANA):
        with pytest.raises(NotAllowed):
            work.open(actor, "a1")
    with pytest.raises(NotAllowed):
        work.open(ADMIN, "unknown")
    opened = work.open(ADMIN, "a1")
    (entry,) = work.audited(ADMIN, opened).entries
    assert (entry.query, entry.reason, entry.call.code) == (REVENUE, "", "fan_out")
    with pytest.raises(NotAllowed):  # another administrator opens it on record, too
        work.audited(BLIND, opened)
    with live.store.read() as connection:
        told = [sentence(one) for one in read_entries(connection, live.keys)]
    assert told[0] == "Admin opened the transcript of an agent of Ana"
    assert sum("opened the transcript" in one for one in told) == 1


def test_an_administrator_sees_questions_under_their_own_policy(live: Live) -> None:
    note(live, asked={"question": query_to_data(BY_EMAIL)})
    work = Transcripts(live)
    (entry,) = work.audited(BLIND, work.open(BLIND, "a1")).entries
    assert entry.query is None
    assert entry.why_hidden == "It uses something that isn't available to you, so it isn't shown."
    assert "email" not in repr(entry)


def test_an_administrator_sees_no_definition_or_text_in_other_arguments(live: Live) -> None:
    """Unlike questions, these aren't limited to what the reader can see."""
    asked = {
        "previous": query_to_data(BY_EMAIL),
        "analysis": {"where": {"dim": "email"}},
        "prefix": "email",
        "limit": 5,
    }
    note(live, tool="analyze", asked=asked)
    work = Transcripts(live)
    (entry,) = work.audited(BLIND, work.open(BLIND, "a1")).entries
    assert entry.arguments == {"limit": 5}
    (mine,) = work.mine(ANA).entries
    assert mine.arguments == asked


def test_someone_viewing_as_a_person_sees_no_transcripts(live: Live) -> None:
    note(live)
    assert Transcripts(live).mine(replace(ANA, viewed_by="admin")).entries == ()
    assert Transcripts(live).mine(replace(ANA, kind="agent", agent="a1")).entries == ()


@pytest.mark.parametrize("column", ["outcome", "tool", "receipt", "code", "ms", "agent"])
def test_a_changed_row_is_not_read(live: Live, column: str) -> None:
    note(live)
    value = {"outcome": "refused", "ms": 1}.get(column, "changed")
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(AGENT_CALLS).values({column: value}))
    (entry,) = Transcripts(live).mine(ANA).entries
    assert (entry.query, entry.why_hidden) == (None, "This call was changed outside Samepage, so it isn't shown.")


def test_hostile_arguments_are_data(live: Live) -> None:
    hostile: list[object] = [
        {"question": "DROP TABLE"}, {"question": {"metrics": 3}}, ["list"], "text", None, float("nan"), object(),
        {"words": {"deep": [{}]}}, {"words": "\x00\u202e\ud800"}, {"words": "x" * 100_000},
    ]  # fmt: skip
    for asked in hostile:
        note(live, asked=asked, tool="x" * 500, refusal="y" * 500, receipt="../../etc", ms=1e12)
    entries = Transcripts(live).mine(ANA).entries
    assert len(entries) == len(hostile)
    assert all(entry.query is None and entry.call.receipt == "" for entry in entries)
    assert sum(entry.why_hidden == "Not shown, because this call was too long to keep." for entry in entries) == 1


def test_what_was_asked_is_encrypted_and_erased_with_the_person(live: Live) -> None:
    note(live, asked={"words": "a telling word"}, reason="a telling reason")
    with live.store.read() as connection:
        (row,) = connection.execute(select(AGENT_CALLS)).all()
    assert b"telling" not in row.sealed
    assert "telling" not in repr(tuple(row))
    erase(live.store, "ana", ADMIN, live.keys)
    with live.store.read() as connection:
        assert connection.execute(select(AGENT_CALLS)).all() == []


def test_a_failing_store_loses_no_answer(
    live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise StoreFailed("It is away.")

    monkeypatch.setattr(live.store, "write", fail)
    with caplog.at_level(logging.WARNING):
        note(live)
    assert "wasn't added to its transcript" in caplog.text
    assert "revenue" not in caplog.text


def test_calls_are_kept_for_the_days_of_the_setting(live: Live, clock: Clock) -> None:
    note(live)
    assert transcript_days(live) == 90
    clock.move(days=89)
    assert forget_old_calls(live) == 0
    for actor in (ANA, MIA, replace(ADMIN, viewed_by="boss")):
        with pytest.raises(NotAllowed):
            set_transcript_days(live, actor, 30)
    for days in (0, 401):
        with pytest.raises(InvalidQuery):
            set_transcript_days(live, ADMIN, days)
    set_transcript_days(live, ADMIN, 30)
    assert transcript_days(live) == 30
    Retention(live).run(Turn(now=clock.at, holder="", is_mine=lambda: True, is_stopping=lambda: False))
    assert Transcripts(live).mine(ANA).entries == []


def test_stewards_see_counts_but_no_questions(live: Live, clock: Clock) -> None:
    note(live, cells=100, cost="small")
    clock.move(days=40)
    note(live, cells=4, cost="small")
    note(live, cells=6, cost="medium")
    note(live, outcome="refused", refusal="fan_out")
    note(live, tool="search", asked={"words": "a telling word"})
    note(live, tool="read", asked={"words": "another telling word"}, outcome="asked_back")
    note(live, OTHER, tool="propose", outcome="proposed")
    found = usage(live, ANA, 30)
    robin, other = found.agents
    assert (robin.agent, robin.person, robin.calls, robin.asked, robin.refused, robin.cells) == (
        "a1", "Ana", 5, 3, 1, 10,
    )  # fmt: skip
    assert robin.asked_back == 1
    assert (robin.by_tool, robin.by_cost) == ({"ask": 3, "search": 1, "read": 1}, {"small": 1, "medium": 1})
    assert (other.agent, other.calls, other.asked, other.proposed) == ("c1", 1, 0, 1)
    assert found.people.words == "Fewer than 5"
    assert "telling" not in repr(found)
    assert usage(live, ANA, 90).agents[0].cells == 110
    for actor in (CARA, MIA, ROBIN, replace(ANA, viewed_by="admin")):
        with pytest.raises(NotAllowed):
            usage(live, actor, 30)
    with pytest.raises(InvalidQuery):
        usage(live, ANA, 0)


def test_an_administrator_reads_words_only_if_nothing_is_hidden_from_them(live: Live) -> None:
    """Words can contain an email address, which is personal, or anything else that the person who asks can see."""
    note(live, tool="read", asked={"words": "orders of ada@example.org"})
    told = {
        actor.id: Transcripts(live).audited(actor, Transcripts(live).open(actor, "a1")).entries[0]
        for actor in (ADMIN, BLIND)
    }
    assert (told["admin"].words, told["admin"].why_hidden) == ("orders of ada@example.org", "")
    assert told["boss"].words == ""
    assert told["boss"].why_hidden == "Its words may name something that isn't available to you, so they aren't shown."
    assert "ada" not in repr(told["boss"].words) + str(told["boss"].arguments)
    assert Transcripts(live).mine(ANA).entries[0].words == "orders of ada@example.org"
