"""The page Oversight: guidance, drift and the automation log, for stewards and for people without access."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.agents.connecting import AgentWork, agents_are_on
from semantic.agents.drift import MODEL, DriftWork, note_run, run_engine
from semantic.agents.guidance_work import GuidanceWork
from semantic.agents.transcripts import Transcripts, set_transcript_days
from semantic.errors import StoreFailed
from semantic.governance.guidance import NONE, Blocked, Caveat, Guidance, Preferred
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.store.agents.agents import NewAgent
from semantic.store.agents.days import count_answer, count_call
from semantic.store.agents.drift import Certified
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.semantic.agents.world import AgentWorld, opened

Open = Callable[..., AppTest]
WILD = "<b>x</b> [y](http://evil.example) :material/verified:"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AgentWorld]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def visit(world: AgentWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a view of the page as a person."""
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[-1], world.live.workspace, world.live)

    def open_page(name: str, view: str = "", page: str = links.OVERSIGHT) -> AppTest:
        who.append(world.actor(name))
        address: dict[str, Any] = {links.VIEW: view} if view else {}
        app = open_app(page, **address)
        assert not app.exception
        return app

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    texts += [expander.label for expander in app.expander]
    return " | ".join(texts).replace("\\", "")


def press(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception


def type_into(app: AppTest, key: str, text: str) -> None:
    next(field for field in (*app.text_input, *app.text_area) if field.key == key).set_value(text).run()


def test_only_stewards_open_it(visit: Open) -> None:
    assert is_closed(visit("jonas"))
    assert is_closed(visit("vera"))
    assert not is_closed(visit("ben"))


def test_every_view_says_what_to_do_while_it_is_empty(visit: Open) -> None:
    assert "No agents connected" in words(visit("ana"))
    assert "No guidance yet" in words(visit("ana", "guidance"))
    assert "No certified questions yet" in words(visit("ana", "drift"))
    assert "No entries yet" in words(visit("ana", "automation"))


def test_guidance_is_written_sent_and_approved_by_another_steward(visit: Open, world: AgentWorld) -> None:
    app = visit("ana", "guidance")
    press(app, "guidance-none-0")
    assert "No changes yet." in words(app)
    type_into(app, "guidance-form-notes", "Amounts are in euros.")
    assert "Adds: Note: Amounts are in euros." in words(app)
    type_into(app, "guidance-form-note", "Currency")
    press(app, "guidance-form-send-now")
    assert "Sent. It goes live once another steward approves it." in words(app)
    assert "You wrote this, so another steward has to approve it." in words(app)
    assert not any(str(button.key).endswith("-approve") for button in app.button)
    home = visit("ben", page=links.HOME)
    assert "Ana Ribeiro proposed a change to the guidance for agents." in words(home)
    app = visit("ben", "guidance")
    assert "Proposed change: Currency" in words(app)
    press(app, "guidance-proposal-1-approve")
    assert "Version 1 is live. Agents follow it from now on." in words(app)
    assert GuidanceWork(world.live, world.actor("ben")).current() == (1, Guidance(notes="Amounts are in euros."))


def test_entries_are_added_with_their_fields(visit: Open, world: AgentWorld) -> None:
    app = visit("ana", "guidance")
    press(app, "guidance-none-0")
    for section, fields in (
        ("preferred", {"words": "sales", "why": "Finance reports it."}),
        ("caveats", {"text": "Before returns."}),
        ("blocked", {"topic": "Salaries", "words": "salary, payroll", "reason": "Private.", "ask": "HR"}),
    ):
        start = f"guidance-form-add-{section}"
        app.session_state[start] = True  # the popover is open
        app.run()
        for name, text in fields.items():
            type_into(app, f"{start}-{name}", text)
        if section != "blocked":
            press(app, f"{start}-now")
            assert "Choose a metric." in words(app)
            next(box for box in app.selectbox if box.key == f"{start}-metric").set_value("revenue").run()
        press(app, f"{start}-now")
    assert "Adds: For “sales”, use Revenue (Finance reports it.)" in words(app)
    press(app, "guidance-form-remove-caveats-0")
    assert "Before returns." not in words(app)
    type_into(app, "guidance-form-note", "First rules")
    press(app, "guidance-form-send-now")
    (version,) = GuidanceWork(world.live, world.actor("ben")).versions()
    assert version.guidance == Guidance(
        preferred=(Preferred(words="sales", metric="revenue", why="Finance reports it."),),
        blocked=(Blocked(topic="Salaries", words=("salary", "payroll"), reason="Private.", ask="HR"),),
    )


def publish(world: AgentWorld, guidance: Guidance) -> None:
    ana, ben = (GuidanceWork(world.live, world.actor(name)) for name in ("ana", "ben"))
    ana.propose(guidance, WILD, based_on=ana.current()[0])
    ben.approve(ben.versions()[0])


def test_texts_by_people_are_never_read_as_markdown(visit: Open, world: AgentWorld) -> None:
    caveat = Caveat(metric="revenue", text=WILD)
    publish(world, Guidance(caveats=(caveat,), notes=WILD))
    publish(world, Guidance(caveats=(caveat,)))
    ana = GuidanceWork(world.live, world.actor("ana"))
    ana.propose(NONE, WILD, based_on=2)
    app = visit("ben", "guidance")
    shown = " ".join(str(each.value) for each in (*app.markdown, *app.caption)) + " ".join(
        expander.label for expander in app.expander
    )
    assert "<b>" not in shown
    assert not re.search(r"(?<!\\)\[y", shown)
    assert ":material/verified:" not in shown


def test_an_earlier_version_is_restored(visit: Open, world: AgentWorld) -> None:
    publish(world, Guidance(notes="One."))
    publish(world, Guidance(notes="Two."))
    app = visit("ana", "guidance")
    press(app, "guidance-restore-1")
    assert "Version 1 is live again, as version 3." in words(app)
    assert GuidanceWork(world.live, world.actor("ana")).current() == (3, Guidance(notes="One."))


def certified(name: str = "Revenue by country") -> Certified:
    query = Query(metrics=("revenue",), by=(Breakdown("country"),))
    paraphrases = ("revenue by country, all time", "all time revenue per country", "frobnication")
    return Certified(name=name, query=query, paraphrases=paraphrases)


def test_a_certified_question_is_made_from_a_saved_one_and_run(visit: Open, world: AgentWorld) -> None:
    live, ana = world.live, world.actor("ana")
    with live.store.write() as transaction:
        saved_id = save_question(
            transaction, Content(query=certified().query), ana, live.keys, name="By country", sentence="", space=""
        )  # fmt: skip
    app = visit("ana", "drift")
    press(app, "drift-none-0")
    next(box for box in app.selectbox if box.key == "drift-form-question").set_value(saved_id).run()
    type_into(app, "drift-form-name", "Revenue by country")
    type_into(app, "drift-form-paraphrases", "\n".join(certified().paraphrases))
    press(app, "drift-form-save")
    assert "haven't run yet" in words(app)
    press(app, "drift-run")
    assert (
        "Reader: Only 66.7% of paraphrases gave the same answer, below the bar of 98%. Check the questions below."
    ) in words(app)
    assert "frobnication :gray[Refused. Not understood: frobnication.]" in words(app)
    (table,) = app.dataframe
    assert table.value.to_dict("records") == [
        {
            "Certified question": "Revenue by country",
            "Same answer": 2,
            "Different answer": 0,
            "Asked to clarify": 0,
            "Refused": 1,
        }
    ]


def test_a_question_about_something_hidden_is_listed_without_its_texts(
    visit: Open, world: AgentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    DriftWork(world.live, world.actor("ana")).add(certified())
    DriftWork(world.live, world.actor("ben")).run_now()
    monkeypatch.setattr(DriftWork, "_shows", lambda work, kept: False)
    app = visit("ben", "drift")
    shown = words(app) + str(app.dataframe[0].value)
    assert "A question about something you can't see" in shown
    assert not any(text in shown for text in ("Revenue by country", "frobnication", "revenue per country"))
    assert not any((button.key or "").startswith("drift-edit-") for button in app.button)


class Total:
    """A language model that always chooses the question for the total."""

    name, version = MODEL, "total"

    def read(self, words: str, actor: Actor) -> Query:
        return Query(metrics=("revenue",))


def test_a_model_below_the_bar_is_switched_off_and_a_steward_switches_it_on(visit: Open, world: AgentWorld) -> None:
    work = DriftWork(world.live, world.actor("ana"))
    work.add(certified())
    run = run_engine(world.live, Total())
    assert run is not None
    note_run(world.live, run, can_be_switched=True)
    assert "The language model" in words(visit("ben", page=links.HOME))
    app = visit("ben", "drift")
    assert (
        "Language model: Only 0.0% of paraphrases gave the same answer, below the bar of 98%, so it's switched off. "
        "Samepage still reads questions without it."
    ) in words(app)
    press(app, "drift-model-act")
    assert "The language model is switched on." in words(app)
    assert work.model_reader() == (True, "")


def test_automations_are_logged_edited_and_removed(visit: Open, world: AgentWorld) -> None:
    app = visit("ana", "automation")
    press(app, "automation-none-0")
    press(app, "automation-form-save")
    assert "Name the automation" in words(app)
    type_into(app, "automation-form-name", "Cart reminder")
    next(box for box in app.selectbox if box.key == "automation-form-change").set_value("paused").run()
    app.date_input[0].set_value(date(2026, 3, 2)).run()
    press(app, "automation-form-save")
    assert "Flow Cart reminder: paused" in words(app)
    assert "2 Mar 2026" in words(app)
    press(app, "automation-dataset")
    assert "“Automation log” now has all entries." in words(app)
    assert [button.label for button in app.button if button.key == "automation-dataset"] == ["Update dataset"]
    edit = next(str(button.key) for button in app.button if str(button.key).startswith("automation-edit-"))
    press(app, edit)
    type_into(app, "automation-form-concerns", "Germany")
    press(app, "automation-form-save")
    assert "Flow Cart reminder: paused (Germany)" in words(app)
    press(app, edit.replace("edit", "remove"))
    assert "No entries yet" in words(app)


def connected(world: AgentWorld, person: str, name: str) -> str:
    """Connect an agent to a person, and return the agent's number."""
    until = world.live.store.now() + timedelta(days=30)
    agent, _ = AgentWork(world.live, world.actor(person)).connect(NewAgent(name=name, client="other", until=until))
    return agent.number


def used(world: AgentWorld, agent: str, *, calls: int, refused: int) -> None:
    with world.live.store.write(recorded=False) as transaction:
        for place in range(calls):
            assert count_call(transaction, agent, calls=1_000, cost=1_000, cells=1_000, refused=1_000)
            assert count_answer(transaction, agent, 3, most=1_000, cost=5, is_refused=place < refused)


def test_the_overview_shows_use_and_the_switch(visit: Open, world: AgentWorld) -> None:
    first, second = connected(world, "ana", "Assistant"), connected(world, "jonas", WILD)
    used(world, second, calls=4, refused=0)
    world.clock.at += timedelta(days=2)
    used(world, first, calls=7, refused=2)
    app = visit("ana")
    assert [(each.label, each.value) for each in app.metric] == [
        ("Calls today", "7"),
        ("Refused today", "2"),
        ("Calls, 30 days", "11"),
        ("Proposals waiting", "0"),
    ]
    (table,) = app.dataframe
    rows = table.value.set_index("Agent")
    assert [*rows.columns] == [
        "For", "Calls today", "Calls, 30 days", "Refused", "Asked to clarify", "Cells", "Cost"
    ]  # fmt: skip
    assert rows.loc["Assistant"].tolist() == ["Ana Ribeiro", 7, 7, 2, 0, 21, 35]
    assert rows.loc[WILD].tolist() == ["Jonas Weber", 0, 4, 0, 0, 12, 20]
    app.session_state["overview-off"] = True
    app.run()
    assert app.button(key="overview-off-now").disabled
    type_into(app, "overview-off-why", "An incident")
    press(app, "overview-off-now")
    assert not agents_are_on(world.live)
    assert "All agents are switched off. Reason: An incident. People aren't affected." in words(app)
    assert words(app).count("switched off") == 1
    press(app, "overview-switch-act")
    assert agents_are_on(world.live)
    assert "All agents are switched on." in words(app)
    assert "Ana Ribeiro switched off all agents: “An incident”." in words(visit("ana", "automation"))


def asked_back(world: AgentWorld, agent: str, times: int) -> None:
    """Record calls in which no question was found, and one call that was answered."""
    actor = replace(world.actor("ana"), kind="agent", agent=agent)
    for place in range(times + 1):
        outcome = "answered" if place == times else "asked_back"
        Transcripts(world.live).note(actor, tool="read", asked={"words": "payback"}, outcome=outcome)


def test_the_overview_counts_clarifying_questions_as_long_as_transcripts_are_kept(
    visit: Open, world: AgentWorld
) -> None:
    """Days begin at midnight UTC. A call from 30 days ago no longer counts, and neither does a deleted transcript's."""
    agent = connected(world, "ana", "Assistant")
    world.clock.at = world.clock.at.replace(hour=23)
    asked_back(world, agent, 1)
    world.clock.at += timedelta(days=1)
    asked_back(world, agent, 2)
    world.clock.at += timedelta(days=29)
    asked_back(world, agent, 4)
    used(world, agent, calls=1, refused=0)  # an agent that has expired is listed while it was used

    def count() -> int:
        (table,) = visit("ana").dataframe
        return table.value.set_index("Agent").loc["Assistant", "Asked to clarify"]

    assert count() == 6
    assert "Refused, asked to clarify, cells and cost cover 30 days." in words(visit("ana"))
    set_transcript_days(world.live, world.actor("otto"), 7)
    assert count() == 4
    assert "Asked to clarify covers 7 days, as long as transcripts are kept." in words(visit("ana"))


def test_the_language_model_is_switched_off_with_a_reason(
    visit: Open, world: AgentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    DriftWork(world.live, world.actor("ana")).add(certified())
    monkeypatch.setattr("pages.govern.oversight.drift.configured_model", lambda live: Total())
    app = visit("ben", "drift")
    assert "The language model is on." in words(app)
    app.session_state["drift-model-off"] = True
    app.run()
    assert app.button(key="drift-model-off-now").disabled
    type_into(app, "drift-model-off-why", "Too slow")
    press(app, "drift-model-off-now")
    assert DriftWork(world.live, world.actor("ben")).model_reader() == (False, "Too slow")
    assert words(app).count("switched off") == 1
    assert "The language model is switched off. Reason: Too slow. Samepage still" in words(app)


def test_an_unavailable_store_leaves_a_way_to_continue(
    visit: Open, world: AgentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("ana", "guidance")

    def fail(*_: object) -> None:
        raise StoreFailed("The store didn't respond.")

    monkeypatch.setattr(GuidanceWork, "versions", fail)
    monkeypatch.setattr(DriftWork, "questions", fail)
    assert "Couldn't load the guidance" in words(visit("ana", "guidance"))
    assert "Couldn't load drift" in words(visit("ana", "drift"))
