"""What an approval covers, what a call costs, and what is blocked, for every tool that asks a question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import anyio
import pytest

from pages.server.api_body import RequestRefused
from semantic.agents.deciding import approve, proposals_for
from semantic.agents.guidance_work import GuidanceWork
from semantic.agents.transcripts import Transcripts
from semantic.analyses.events.named import read_any
from semantic.api.hooks import hooks_of
from semantic.api.mcp_stdio import ThreadTurns
from semantic.api.tools.running import CallResult, run_now, run_tool
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import Call, Claim, Inline
from semantic.governance.guidance import Blocked, Guidance
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.services import receipts
from semantic.services.analyzing.run import confirmed
from semantic.services.analyzing.start import start_any
from semantic.store.agents.days import AgentDay, read_day
from semantic.workspace import Workspace
from tests.pages.api_world import MODEL, World, open_world
from tests.semantic.agents.connected import connected

_Given = TypeVar("_Given")
_Started = TypeVar("_Started", bound=Claim)
NUMBER = "0a0a0a0a0a0a"
RATIO = "  - {name: leverage, label: Leverage, kind: ratio, numerator: costs, denominator: revenue, format: ratio}\n"
SEGMENT = """\
segments:
  - {name: group_7, label: Lost sales, synonyms: [churned sales], entity: sale, dataset: orders, where: amount > 1}
"""
PEOPLE = {"metrics": ["orders"], "by": ["buyer"]}
ONE = {"dim": "buyer", "op": "in", "values": ["ada@example.org"]}
CHANGE = {"time": {"from": "2026-03-04", "to": "2026-03-05"}, "compare": [{"to": "previous"}]}
FUNNEL = {"kind": "funnel", "subject": "sale", "steps": [{"metric": "orders"}, {"metric": "revenue"}]}


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    model = MODEL.replace("policies:\n", f"{RATIO}{SEGMENT}policies:\n", 1)
    model = model.replace("label: Market,", "label: Market, labels: {DE: Germany},", 1)
    model = model.replace("dimensions: all}", "dimensions: all, segments: all}")
    with open_world(tmp_path_factory.mktemp("world"), model_text=model) as opened:
        connected(opened.live, person(opened), NUMBER)
        yield opened


def person(world: World, name: str = "ana") -> Actor:
    return world.live.workspace().people[name]


def call(world: World) -> Call:
    live, actor = world.live, replace(person(world), kind="agent", agent=NUMBER)
    return Call(live=live, actor=actor, workspace=live.workspace(), hooks=hooks_of(live, world.gate))


def run(world: World, tool: str, given: Any) -> CallResult:
    return run_now(tool, given, call(world))


def today(world: World) -> AgentDay:
    with world.live.store.read() as connection:
        return read_day(connection, NUMBER, world.live.store.now().date())


def block(world: World, blocked: Blocked) -> None:
    number = GuidanceWork(world.live, person(world)).propose(Guidance(blocked=(blocked,)), "Because", based_on=0)
    other = GuidanceWork(world.live, person(world, "lotte"))
    other.approve(next(each for each in other.versions() if each.number == number))


# Approval


def test_the_approval_of_a_question_covers_no_analysis_or_explanation(world: World) -> None:
    """The person was shown a question. An analysis with the same names is something else."""
    funnel = FUNNEL | {"where": ONE}
    named = {"metrics": ["orders", "revenue"], "where": {"and": [ONE]}}
    assert run(world, "ask", {"question": named}).code == "needs_approval"
    assert run(world, "ask", {"question": PEOPLE | CHANGE}).code == "needs_approval"
    for listed in proposals_for(world.live, person(world)):
        approve(world.live, person(world), listed.proposal.id, listed.proposal.digest, grant="day")
    assert not run(world, "ask", {"question": named}).is_refused
    analyzed = run(world, "analyze", {"analysis": funnel})
    explained = run(world, "explain", {"question": PEOPLE | CHANGE})
    assert (analyzed.code, explained.code) == ("not_allowed", "not_allowed")
    assert "individual people" in analyzed.data["reason"]
    assert len(proposals_for(world.live, person(world))) == 2  # nothing is proposed in place of an analysis


# Blocked topics


def test_an_explanation_reveals_no_blocked_part_of_a_formula(world: World) -> None:
    asked = {"question": {"metrics": ["leverage"], "by": ["market"]} | CHANGE}
    assert not run(world, "explain", asked).is_refused
    block(world, Blocked(topic="Costs", metrics=("costs",), reason="They are secret.", ask="Otto"))
    assert run(world, "ask", {"question": {"metrics": ["costs"]}}).code == "blocked_topic"
    assert run(world, "explain", asked).code == "blocked_topic"


@pytest.mark.parametrize(
    ("metrics", "words"),
    [(("costs",), ()), (("revenue",), ()), ((), ("leverage",)), ((), ("germany",))],
    ids=["worked out of both", "a metric", "a word of a metric", "the label of a value"],
)
def test_a_check_refuses_blocked_questions_like_the_question_itself(
    world: World, metrics: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """Leverage is costs divided by revenue."""
    where = {"dim": "market", "op": "in", "values": ["DE"]}
    asked, free = (
        {"question": {"metrics": ["leverage", "revenue"], "where": where}},
        {"question": {"metrics": ["orders"]}},
    )
    assert run(world, "check", asked).data["is_valid"]
    block(world, Blocked(topic="Debts", metrics=metrics, words=words, reason="They are secret.", ask="Otto"))
    checked = run(world, "check", asked)
    assert (checked.is_refused, checked.code) == (True, "blocked_topic")
    assert checked.data["reason"] == "Agents can't ask about Debts: They are secret. Ask Otto."
    assert checked.data == run(world, "ask", asked).data
    assert run(world, "check", free).data["is_valid"]


@pytest.mark.parametrize(
    ("words", "where"),
    [("germany", {"dim": "market", "op": "in", "values": ["DE"]}), ("churned", {"segment": "group_7"})],
)
def test_a_blocked_word_also_blocks_labels_of_codes_and_segments(world: World, words: str, where: Any) -> None:
    asked = {"question": {"metrics": ["revenue"], "where": where}}
    assert not run(world, "ask", asked).is_refused
    block(world, Blocked(topic="This", words=(words,), reason="It isn't public yet.", ask="Otto"))
    assert run(world, "ask", asked).code == "blocked_topic"


def test_an_explanation_uses_no_blocked_breakdown(world: World) -> None:
    asked = {"question": {"metrics": ["revenue"]} | CHANGE}
    assert [each["dimension"] for each in run(world, "explain", asked).data["breakdowns"]] == ["market"]
    block(world, Blocked(topic="Markets", words=("market",), reason="They are being sold.", ask="Otto"))
    assert run(world, "explain", asked).data["breakdowns"] == []


# Replays


@pytest.fixture
def ran(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records each kind of work that the engine is asked for."""
    given, execute = list[str](), receipts.start_any
    ask = Workspace.ask

    def asked(workspace: Workspace, *rest: Any, **named: Any) -> Any:
        given.append("question")
        return ask(workspace, *rest, **named)

    def started(*rest: Any, **named: Any) -> Any:
        given.append("analysis")
        return execute(*rest, **named)

    monkeypatch.setattr(Workspace, "ask", asked)
    monkeypatch.setattr(receipts, "start_any", started)
    return given


def test_a_replay_is_refused_before_anything_runs(world: World, ran: list[str]) -> None:
    question = run(world, "ask", {"question": {"metrics": ["costs"]}}).data["receipt"]
    analysis = run(world, "analyze", {"analysis": FUNNEL}).data["receipt"]
    for receipt in (question, analysis):
        assert not run(world, "replay", {"receipt": receipt}).is_refused
    assert ran == ["question", "analysis"]
    costs = Blocked(topic="Costs", metrics=("costs", "orders"), reason="They are secret.", ask="Otto")
    block(world, costs)
    before = today(world).cost
    assert run(world, "replay", {"receipt": question}).code == "blocked_topic"
    assert run(world, "replay", {"receipt": analysis}).code == "blocked_topic"
    assert ran == ["question", "analysis"]
    assert today(world).cost == before


def test_a_replay_needs_the_approval_that_its_question_needs(world: World, ran: list[str]) -> None:
    me, actor = world.live.workspace(), person(world)
    personal = me.confirmed(me.ask(query_from_data(PEOPLE), actor)).receipt
    people = FUNNEL | {"where": ONE}
    analysis = confirmed(me, start_any(me, read_any(people, me.visible(actor)), actor).result()).receipt
    del ran[:]
    assert run(world, "replay", {"receipt": personal}).code == "needs_approval"
    assert run(world, "replay", {"receipt": analysis}).code == "not_allowed"
    assert ran == []
    (listed,) = proposals_for(world.live, actor)
    approve(world.live, actor, listed.proposal.id, listed.proposal.digest)
    assert not run(world, "replay", {"receipt": personal}).is_refused
    assert ran == ["question"]


# Budgets


def test_a_replay_counts_every_cell_and_its_cost(world: World) -> None:
    asked = run(world, "ask", {"question": {"metrics": ["revenue", "orders"], "by": ["market"]}})
    before = today(world)
    assert not run(world, "replay", {"receipt": asked.data["receipt"]}).is_refused
    after = today(world)
    assert (after.cells - before.cells, after.cost - before.cost) == (4 * 3, 1)  # four markets, with three columns


def test_a_replayed_analysis_counts_its_numbers(world: World) -> None:
    receipt = run(world, "analyze", {"analysis": FUNNEL}).data["receipt"]
    before = today(world)
    assert not run(world, "replay", {"receipt": receipt}).is_refused
    after = today(world)
    assert (after.cells, after.cost) == (2 * before.cells, 2 * before.cost)


def test_a_question_that_the_engine_answered_costs_something_even_if_it_is_refused(world: World) -> None:
    assert run(world, "chart", {"question": {"by": ["market"]}}).is_refused  # no chart of values
    assert today(world).cost == 1


def test_the_cost_budget_counts_values(world: World) -> None:
    assert not run(world, "values", {"dimension": "market"}).is_refused
    assert today(world).cost == 1


# Pages stay fast


class Watched(Inline):
    """Turns that record whether work runs on the threads for the store."""

    is_later = False

    async def later(self, do: Callable[[], _Given]) -> _Given:
        self.is_later = True
        try:
            return do()
        finally:
            self.is_later = False


def test_counting_a_question_about_small_groups_blocks_no_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Counting writes to the store, so it never runs on the event loop."""
    hidden = "min_group: {entity: sale, at_least: 2}\n    whole: all\n  - name: own_markets"
    model = MODEL.replace("whole: all\n  - name: own_markets", hidden, 1)
    with open_world(tmp_path_factory.mktemp("small"), model_text=model) as world:
        connected(world.live, person(world), NUMBER)
        turns, where = Watched(), list[bool]()

        class Guard:
            def count_guarded(self, actor: Actor, question: str) -> None:
                where.append(turns.is_later)

        asking = call(world)
        asking = replace(asking, turns=turns, hooks=replace(asking.hooks, guard=Guard()))
        run_now("values", {"dimension": "market"}, asking)
        assert where == [True]


# Calls without an answer


class _Endless(ThreadTurns):
    """A question that the engine has started and never answers."""

    async def engine(self, start: Callable[[], _Started]) -> _Started:
        started = start()
        try:
            await anyio.sleep_forever()
        finally:
            started.leave()
        return started


def calls(world: World) -> list[tuple[str, str, str, str]]:
    page = Transcripts(world.live).mine(person(world))
    return [(each.call.tool, each.call.outcome, each.call.code, each.call.cost) for each in page.entries]


def test_a_cancelled_call_is_counted_and_in_the_transcript(world: World) -> None:
    for _ in range(2):
        assert run(world, "ask", {"question": {"metrics": ["unknown"]}}).is_refused
    before = today(world)
    slow = replace(call(world), turns=_Endless())

    async def ask_and_leave() -> None:
        with anyio.move_on_after(1.0):
            await run_tool(TOOLS["ask"], {"question": {"metrics": ["revenue"]}}, slow)

    anyio.run(ask_and_leave)
    after = today(world)
    assert (after.calls - before.calls, after.cost - before.cost, after.cells - before.cells) == (1, 1, 0)
    assert (after.refused, after.refused_in_a_row) == (2, 2)  # leaving early doesn't end a row of refusals
    assert calls(world)[0] == ("ask", "failed", "cancelled", "small")


@pytest.mark.parametrize(
    ("error", "code"), [(RequestRefused("cancelled", "Closed"), "cancelled"), (KeyError("x"), "failed")]
)
def test_a_closed_connection_and_a_bug_are_counted_too(world: World, error: Exception, code: str) -> None:
    class Broken(Inline):
        async def engine(self, start: Callable[[], _Started]) -> _Started:
            start().leave()
            raise error

    before = today(world)
    with pytest.raises(type(error)):
        run_now("ask", {"question": {"metrics": ["revenue"]}}, replace(call(world), turns=Broken()))
    assert (today(world).calls - before.calls, today(world).cost - before.cost) == (1, 1)
    assert calls(world)[0] == ("ask", "failed", code, "small")


def test_an_answered_call_is_counted_even_if_its_caller_leaves(world: World) -> None:
    class Leaving(ThreadTurns):
        async def work(self, do: Callable[[], _Given]) -> _Given:
            found = await super().work(do)
            if isinstance(found, dict):  # the answer, as data
                scopes[0].cancel()
            return found

    before, scopes = today(world), list[anyio.CancelScope]()

    async def ask_and_leave() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            asked = {"question": {"metrics": ["revenue"], "by": ["market"]}}
            await run_tool(TOOLS["ask"], asked, replace(call(world), turns=Leaving()))

    anyio.run(ask_and_leave)
    after = today(world)
    assert (after.calls - before.calls, after.cost - before.cost, after.cells - before.cells) == (1, 1, 8)
    assert calls(world)[0] == ("ask", "answered", "", "small")
