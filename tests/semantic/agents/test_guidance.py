"""Guidance for agents: one steward writes it, another approves it, and agents get what their person can see of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from semantic.agents.acts import AskQuestion, SaveQuestion, SetAlert, Subscribe
from semantic.agents.guidance import caveats_of, guidance_data, guidance_for, guidance_words, refuse_blocked
from semantic.agents.guidance_work import GuidanceWork
from semantic.agents.proposing import propose
from semantic.alerts.alert import Alert, Threshold
from semantic.errors import BlockedTopic, ChangedMeanwhile, InvalidQuery, NotAllowed, StoreFailed, UnknownName
from semantic.governance.guidance import NONE, Blocked, Caveat, Guidance, Preferred
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.store.agents.guidance import GUIDANCE_VERSIONS, GuidanceVersion
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from tests.semantic.agents.connected import connected
from tests.semantic.agents.world import OTHERS, AgentWorld, opened

SALES = Preferred(words="sales", metric="revenue", why="Finance reports it.")
LAYOFFS = Blocked(topic="Layoffs", words=("layoff", "job cuts"), reason="It isn't public yet.", ask="Otto Lang")
COUNTS = Blocked(topic="Order counts", metrics=("orders",), reason="They are being fixed.", ask="the data team")
NET = Caveat(metric="revenue", text="Before returns.")
FIRST = Guidance(
    preferred=(SALES, Preferred(words="volume", metric="orders")),
    blocked=(LAYOFFS, COUNTS),
    caveats=(NET, Caveat(metric="orders", text="Without test orders.")),
    notes="Amounts are in euros.\nOrders of staff count too.",
)


def work(world: AgentWorld, name: str) -> GuidanceWork:
    return GuidanceWork(world.live, world.actor(name))


def version(world: AgentWorld, number: int) -> GuidanceVersion:
    return next(each for each in work(world, "ben").versions() if each.number == number)


def publish(world: AgentWorld, guidance: Guidance, *, author: str = "ana", approver: str = "ben") -> int:
    based_on, _ = work(world, author).current()
    number = work(world, author).propose(guidance, "Because", based_on=based_on)
    work(world, approver).approve(version(world, number))
    return number


def told(world: AgentWorld, name: str) -> Guidance:
    return guidance_for(world.live, world.live.workspace().visible(world.actor(name)))


def refuse(world: AgentWorld, actor: Actor, words: str = "", query: Query | None = None) -> None:
    refuse_blocked(world.live, actor, world.live.workspace().visible(actor), words=words, query=query)


def test_a_change_counts_once_a_second_steward_approves_it(world: AgentWorld) -> None:
    number = work(world, "ana").propose(FIRST, "First rules", based_on=0)
    assert told(world, "jonas") == NONE
    assert [each.number for each in work(world, "ben").waiting()] == [number]
    assert work(world, "ana").waiting() == []
    with pytest.raises(NotAllowed, match="another steward has to approve it"):
        work(world, "ana").approve(version(world, number))
    work(world, "ben").approve(version(world, number))
    assert told(world, "jonas") == FIRST
    kept = version(world, number)
    assert (kept.state, kept.author_name, kept.decided_name) == ("live", "Ana Ribeiro", "Ben Okafor, finance")
    assert world.told(2) == [
        "Ben Okafor approved version 1 of the guidance for agents, written by another steward",
        "Ana Ribeiro proposed a change to the guidance for agents: “First rules”",
    ]


@pytest.mark.parametrize("name", ["jonas", "vera"])
def test_only_stewards_write_and_approve(world: AgentWorld, name: str) -> None:
    number = work(world, "ana").propose(FIRST, "First rules", based_on=0)
    with pytest.raises(NotAllowed):
        work(world, name).propose(FIRST, "Mine", based_on=0)
    with pytest.raises(NotAllowed):
        work(world, name).approve(version(world, number))
    with pytest.raises(NotAllowed):
        work(world, name).versions()


def test_an_agent_never_writes_or_approves_for_its_person(world: AgentWorld) -> None:
    number = work(world, "ana").propose(FIRST, "First rules", based_on=0)
    agent = GuidanceWork(world.live, world.agent("ben"))
    with pytest.raises(NotAllowed):
        agent.approve(version(world, number))
    with pytest.raises(NotAllowed):
        agent.propose(FIRST, "Mine", based_on=0)
    viewing = GuidanceWork(world.live, replace(world.actor("ben"), viewed_by="otto"))
    with pytest.raises(NotAllowed):
        viewing.approve(version(world, number))


def test_a_steward_alone_waits_a_day(tmp_path: Path) -> None:
    with opened(tmp_path, people=OTHERS.replace(", steward]", "]").replace("administrator", "viewer")) as world:
        number = work(world, "ana").propose(FIRST, "First rules", based_on=0)

        def mine() -> GuidanceVersion:
            return next(each for each in work(world, "ana").versions() if each.number == number)

        with pytest.raises(NotAllowed, match="24 hours"):
            work(world, "ana").approve(mine())
        world.clock.at += timedelta(hours=24)
        work(world, "ana").approve(mine())
        assert told(world, "jonas") == FIRST
        assert world.told(1) == ["Ana Ribeiro approved version 1 of the guidance for agents, because no one else could"]


def test_nothing_reveals_hidden_metrics(world: AgentWorld) -> None:
    """Vera sees revenue. Every entry, reason and note about orders is missing, as if no one had written it."""
    publish(world, FIRST)
    assert told(world, "vera") == Guidance(
        preferred=(SALES,), blocked=(LAYOFFS,), caveats=(NET,), notes="Amounts are in euros."
    )
    seen = world.live.workspace().visible(world.actor("vera"))
    words = guidance_words(told(world, "vera"), seen)
    assert "orders" not in words.casefold()
    assert "orders" not in str(guidance_data(told(world, "vera"))).casefold()
    assert words.splitlines() == [
        "For sales, use revenue (Revenue). Finance reports it.",
        "Don't ask about Layoffs: It isn't public yet. Refer to Otto Lang.",
        "With revenue, say: Before returns.",
        "Amounts are in euros.",
    ]


def test_a_topic_whose_texts_name_something_hidden_stays_blocked_without_them(world: AgentWorld) -> None:
    """Vera can't see orders."""
    topic = Blocked(
        topic="Revenue per orders", words=("all orders", "windfall"), metrics=("orders", "revenue"),
        reason="Orders are counted twice.", ask="the Orders team",
    )  # fmt: skip
    publish(world, Guidance(blocked=(topic,)))
    agent = world.agent("vera")
    for words, query in (("", Query(metrics=("revenue",))), ("windfall in May", None)):
        with pytest.raises(BlockedTopic) as caught:
            refuse(world, agent, words, query)
        assert str(caught.value) == "Agents can't ask about this topic: Stewards blocked it. Ask a steward."
    refuse(world, agent, "all orders")
    assert "orders" not in str(guidance_data(told(world, "vera"))).casefold()
    with pytest.raises(BlockedTopic, match="Revenue per orders"):
        refuse(world, world.agent("jonas"), query=Query(metrics=("revenue",)))


def test_a_hidden_metric_is_not_named_by_its_synonyms_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are hidden from Vera, and are also called purchases and buys. Turnover is also a name of revenue."""
    with opened(tmp_path) as world:
        metrics = world.live.workspace().model.metrics
        orders = replace(metrics["orders"], synonyms=("purchases", "buy", "turnover"))
        revenue = replace(metrics["revenue"], synonyms=("Turnover",))
        monkeypatch.setattr(
            world.live.workspace(), "model",
            replace(world.live.workspace().model, metrics={**metrics, "orders": orders, "revenue": revenue}),
        )  # fmt: skip
        notes = "Ask about purchases.\nBuys fell.\nBuyers are people.\nTurnover is revenue."
        publish(world, Guidance(notes=notes))
        assert told(world, "vera").notes == "Buyers are people.\nTurnover is revenue."
        assert told(world, "jonas").notes == notes


@pytest.mark.parametrize(
    "words", ["Revenue after the layoffs", "LAYOFF costs", "job cut by country", "revenue, job-cuts, 2026"]
)
def test_words_of_a_blocked_topic_are_refused(world: AgentWorld, words: str) -> None:
    publish(world, FIRST)
    with pytest.raises(BlockedTopic) as caught:
        refuse(world, world.agent("jonas"), words)
    assert str(caught.value) == "Agents can't ask about Layoffs: It isn't public yet. Ask Otto Lang."
    assert caught.value.code == "blocked_topic"


@pytest.mark.parametrize("words", ["revenue by country", "jobs and other cuts", "playoffs"])
def test_words_outside_blocked_topics_are_not_refused(world: AgentWorld, words: str) -> None:
    publish(world, FIRST)
    refuse(world, world.agent("jonas"), words)


def test_names_and_values_of_a_question_are_refused_too(world: AgentWorld) -> None:
    publish(world, FIRST)
    agent = world.agent("jonas")
    refuse(world, agent, query=Query(metrics=("revenue",), by=(Breakdown("country"),)))
    with pytest.raises(BlockedTopic, match="Order counts"):
        refuse(world, agent, query=Query(metrics=("revenue", "orders")))
    with pytest.raises(BlockedTopic, match="Order counts"):
        refuse(world, agent, "orders by country")
    hidden_in_a_filter = Query(metrics=("revenue",), where=Condition("country", Operator.IN, ("Job cuts",)))
    with pytest.raises(BlockedTopic, match="Layoffs"):
        refuse(world, agent, query=hidden_in_a_filter)


def test_people_and_service_tokens_are_never_refused(world: AgentWorld) -> None:
    publish(world, FIRST)
    refuse(world, world.actor("jonas"), "layoffs", Query(metrics=("orders",)))
    refuse(world, replace(world.agent("jonas"), kind="service", agent=""), "layoffs")


def test_a_topic_of_hidden_metrics_is_like_one_that_does_not_exist(world: AgentWorld) -> None:
    publish(world, FIRST)
    refuse(world, world.agent("vera"), "orders", Query(metrics=("orders",)))


def test_caveats_come_with_their_metrics(world: AgentWorld) -> None:
    publish(world, FIRST)
    assert caveats_of(told(world, "jonas"), ("orders", "revenue", "orders")) == (
        "Without test orders.",
        "Before returns.",
    )
    assert caveats_of(told(world, "vera"), ("revenue",)) == ("Before returns.",)


def test_a_proposal_of_an_older_version_is_not_approved(world: AgentWorld) -> None:
    first = work(world, "ana").propose(FIRST, "First rules", based_on=0)
    second = work(world, "otto").propose(replace(FIRST, notes=""), "No notes", based_on=0)
    work(world, "ben").approve(version(world, first))
    with pytest.raises(ChangedMeanwhile, match="Another version went live"):
        work(world, "ben").approve(version(world, second))
    with pytest.raises(ChangedMeanwhile):
        work(world, "otto").propose(replace(FIRST, notes=""), "No notes", based_on=0)


def test_proposals_are_declined_and_withdrawn(world: AgentWorld) -> None:
    first = work(world, "ana").propose(FIRST, "First rules", based_on=0)
    work(world, "ben").decline(version(world, first), "Too strict")
    second = work(world, "ana").propose(FIRST, "Again", based_on=0)
    work(world, "ana").decline(version(world, second), "")
    assert [each.state for each in work(world, "ben").versions()] == ["withdrawn", "declined"]
    assert version(world, first).why == "Too strict"
    with pytest.raises((ChangedMeanwhile, NotAllowed)):
        work(world, "ben").approve(version(world, first))
    assert told(world, "jonas") == NONE


def test_restoring_needs_no_second_steward_unless_it_unblocks_something(world: AgentWorld) -> None:
    first = publish(world, FIRST)
    publish(world, replace(FIRST, preferred=()))
    number, is_live = work(world, "ana").restore(version(world, first))
    assert is_live
    assert version(world, number).state == "live"
    assert told(world, "jonas") == FIRST
    more = Blocked(topic="Prices", words=("price",), reason="Not final.", ask="Otto Lang")
    publish(world, replace(FIRST, blocked=(*FIRST.blocked, more)))
    number, is_live = work(world, "ana").restore(version(world, first))
    assert not is_live
    assert more in told(world, "jonas").blocked
    work(world, "ben").approve(version(world, number))
    assert told(world, "jonas") == FIRST


def test_invalid_guidance_is_refused_with_the_reason(world: AgentWorld) -> None:
    ana = work(world, "ana")
    for guidance, says in (
        (replace(FIRST, notes="x" * 2_001), "2,001 characters"),
        (Guidance(blocked=(replace(LAYOFFS, words=()),)), "names no words"),
        (Guidance(blocked=(replace(LAYOFFS, reason=" "),)), "reason of the blocked topic 'Layoffs' is empty"),
        (Guidance(preferred=(SALES, replace(SALES, words="Sales"))), "two entries"),
    ):
        with pytest.raises(InvalidQuery, match=says):
            ana.propose(guidance, "Because", based_on=0)
    with pytest.raises(UnknownName):
        ana.propose(Guidance(caveats=(Caveat(metric="revenu", text="x"),)), "Because", based_on=0)
    with pytest.raises(InvalidQuery, match="Describe the change"):
        ana.propose(FIRST, " ", based_on=0)
    with pytest.raises(InvalidQuery, match="Nothing has changed"):
        ana.propose(NONE, "Because", based_on=0)


def write(world: AgentWorld, statement: object) -> None:
    """Write to the store as someone who has its address, but not the key."""
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("column", ["content", "decided_by", "state", "author"])
def test_changes_made_directly_in_the_store_stop_agents(world: AgentWorld, column: str) -> None:
    number = publish(world, FIRST)
    values = {
        "content": '{"preferred": [], "blocked": [], "caveats": [], "notes": ""}',
        "decided_by": "f" * 32,
        "state": "withdrawn",
        "author": "f" * 32,
    }
    row = GUIDANCE_VERSIONS.c.number == number
    write(world, update(GUIDANCE_VERSIONS).where(row).values(**{column: values[column]}))
    with pytest.raises(StoreFailed, match="changed outside Samepage"):
        refuse(world, world.agent("jonas"), "revenue")
    based_on = number if column != "state" else 0
    again = work(world, "ana").propose(FIRST, "Once more", based_on=based_on)
    work(world, "ben").approve(version(world, again))
    assert told(world, "jonas") == FIRST


def test_an_approval_cannot_be_written_into_the_store(world: AgentWorld) -> None:
    first = publish(world, FIRST)
    second = work(world, "ana").propose(NONE, "Nothing blocked", based_on=first)
    table = GUIDANCE_VERSIONS
    write(world, delete(table).where(table.c.number == first))
    write(world, update(table).where(table.c.number == second).values(state="live"))
    with pytest.raises(StoreFailed, match="changed outside Samepage"):
        told(world, "jonas")
    with world.live.store.read() as connection:
        assert len(connection.execute(select(table)).all()) == 1


PER_ORDER = "  - {name: per_order, kind: ratio, numerator: revenue, denominator: orders, label: Per order}\n"


def test_a_blocked_metrics_inputs_are_refused_in_the_same_words(tmp_path: Path) -> None:
    with opened(tmp_path, more=PER_ORDER) as world:
        publish(world, FIRST)
        agent = world.agent("jonas")
        with pytest.raises(BlockedTopic) as caught:
            refuse(world, agent, query=Query(metrics=("per_order",)))
        assert str(caught.value) == "Agents can't ask about Order counts: They are being fixed. Ask the data team."
        refuse(world, agent, query=Query(metrics=("revenue",)))
        refuse(world, world.actor("jonas"), query=Query(metrics=("per_order",)))


def test_an_agent_cannot_propose_anything_about_a_blocked_topic(tmp_path: Path) -> None:
    with opened(tmp_path, more=PER_ORDER) as world:
        agent = connected(world.live, world.actor("jonas"), "1")
        query, jonas = Query(metrics=("per_order",)), world.actor("jonas")
        with world.live.store.write() as transaction:
            content, keys = Content(query=query), world.live.keys
            saved = save_question(transaction, content, jonas, keys, name="x", sentence="", space="")
        publish(world, FIRST)
        low = Alert(metric="per_order", rule=Threshold(side="below", value=10.0))
        mail = Subscribe(what="question", about=saved, cron="0 8 * * 1", zone="UTC")
        for act in (AskQuestion(query), SaveQuestion(query=query, name="Mine"), SetAlert(low), mail):
            with pytest.raises(BlockedTopic, match="Order counts"):
                propose(world.live, agent, act)
        propose(world.live, agent, SaveQuestion(query=Query(metrics=("revenue",)), name="Mine"))
