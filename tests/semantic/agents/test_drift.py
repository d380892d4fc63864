"""Drift: certified questions and their paraphrases, run through the reader and through engines that are wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from semantic.agents.drift import (
    MODEL,
    Drift,
    DriftWork,
    Engine,
    NoQuestion,
    WordsReader,
    below,
    is_due,
    model_is_on,
    note_run,
    run_engine,
)
from semantic.agents.example_questions import example_questions
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, Unavailable
from semantic.policy.actor import OWNER, Actor
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.services.process import Live
from semantic.services.words import Words
from semantic.store.accounts.settings import SETTINGS
from semantic.store.agents.drift import (
    DRIFT_QUESTIONS,
    DRIFT_RUNS,
    Certified,
    DriftRun,
    ParaphraseOutcome,
    QuestionOutcomes,
)
from semantic.store.outbox.sends import SENDS
from semantic.worker.job import Turn
from semantic.worker.jobs import jobs_of
from semantic.workspace import Workspace
from tests.semantic.agents.world import BEN, AgentWorld, opened

GERMANY = Condition("country", Operator.IN, ("DE",))
TOTAL = Query(metrics=("revenue",))
BY_COUNTRY = Query(metrics=("revenue",), by=(Breakdown("country"),))
TWO_THIRDS = "Only 66.7% of paraphrases gave the same answer, below the bar of 98%"
CERTIFIED = Certified(
    name="Revenue by country", query=BY_COUNTRY, paraphrases=("revenue by country", "revenue per country", "countries")
)


@dataclass
class Script:
    """An engine that answers from a list. It's unavailable for words that aren't in the list."""

    says: dict[str, Query | NoQuestion] = field(default_factory=dict[str, "Query | NoQuestion"])
    name: str = MODEL
    version: str = "script 1"

    def read(self, words: str, actor: Actor) -> Query | NoQuestion:
        if words not in self.says:
            raise Unavailable("The model didn't respond.")
        return self.says[words]


RIGHT = Script(dict.fromkeys(CERTIFIED.paraphrases, BY_COUNTRY))


def work(world: AgentWorld, name: str = "ana") -> DriftWork:
    return DriftWork(world.live, world.actor(name))


def outcomes(world: AgentWorld, engine: Engine) -> list[str]:
    run = run_engine(world.live, engine)
    assert run is not None
    return [read.outcome for each in run.asked for read in each.reads]


def test_each_paraphrase_is_judged_by_its_answer(world: AgentWorld) -> None:
    """The orders are 10 and 20 from Germany, and 30 from France, so revenue by country has the rows (DE, 30) and (FR,
    30).
    """
    both = Condition("country", Operator.IN, ("DE", "FR"))
    paraphrases = ("other question, same cells", "half of the rows", "the total", "which", "why")
    work(world).add(replace(CERTIFIED, paraphrases=paraphrases))
    engine = Script(
        {
            "other question, same cells": replace(BY_COUNTRY, where=both),
            "half of the rows": replace(BY_COUNTRY, where=GERMANY),
            "the total": TOTAL,
            "which": NoQuestion("asked_back", "Which country?"),
            "why": NoQuestion("refused", "No reasons."),
        }
    )
    assert outcomes(world, engine) == ["same", "other", "other", "asked_back", "refused"]


def test_the_same_numbers_of_another_metric_are_a_different_answer(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    engine = Script(dict.fromkeys(CERTIFIED.paraphrases, Query(metrics=("orders",), by=(Breakdown("country"),))))
    assert outcomes(world, engine) == ["other"] * 3
    work(world).change(work(world).questions()[0], replace(CERTIFIED, query=replace(BY_COUNTRY, where=GERMANY)))
    nothing = Condition("country", Operator.IN, ("FR",))
    engine = Script(dict.fromkeys(CERTIFIED.paraphrases, replace(BY_COUNTRY, where=nothing)))
    assert outcomes(world, engine) == ["other"] * 3


def test_the_reader_is_measured_on_what_it_can_read(world: AgentWorld) -> None:
    work(world).add(
        replace(CERTIFIED, paraphrases=("revenue by country, all time", "all time revenue per country", "frobnication"))
    )
    run = run_engine(world.live, WordsReader(world.live))
    assert run is not None
    assert [(read.outcome, read.why) for read in run.asked[0].reads] == [
        ("same", ""),
        ("same", ""),
        ("refused", "Not understood: frobnication."),
    ]
    assert (run.judged, run.count("same"), below(run)) == (3, 2, TWO_THIRDS)


def test_nothing_is_recorded_as_asked_by_the_steward(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    before = world.told(1)
    outcomes(world, Script(dict.fromkeys(CERTIFIED.paraphrases, TOTAL)))
    world.live.recorder.flush()
    assert world.told(1) == before


def test_a_bad_run_switches_the_model_off_and_tells_stewards_once(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    engine = replace(RIGHT, says={**RIGHT.says, "countries": TOTAL})
    run = run_engine(world.live, engine)
    assert run is not None
    assert model_is_on(world.live)
    note_run(world.live, run, can_be_switched=True)
    assert not model_is_on(world.live)
    assert work(world).model_reader() == (False, TWO_THIRDS)
    assert world.told(1) == [f"Samepage switched off the language model: {TWO_THIRDS}"]
    again = run_engine(world.live, engine)
    assert again is not None
    note_run(world.live, again, can_be_switched=True)
    with world.live.store.read() as connection:
        sends = connection.execute(select(SENDS.c.kind, SENDS.c.about)).all()
    assert {row.kind for row in sends} == {"notice"}
    assert len(sends) == 3  # Ana, Ben and Otto
    assert len(work(world).runs(MODEL)) == 2


def test_a_good_run_leaves_the_model_on_and_a_bad_one_never_affects_the_reader(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    good = run_engine(world.live, RIGHT)
    assert good is not None
    assert (good.share, below(good)) == (1.0, "")
    note_run(world.live, good, can_be_switched=True)
    assert model_is_on(world.live)
    bad = run_engine(world.live, replace(RIGHT, name="reader", says=dict.fromkeys(RIGHT.says, TOTAL)))
    assert bad is not None
    note_run(world.live, bad, can_be_switched=False)
    assert model_is_on(world.live)


def made_run(same: int, other: int = 0, failed: int = 0) -> DriftRun:
    reads = (
        [ParaphraseOutcome("x", "same")] * same
        + [ParaphraseOutcome("x", "other")] * other
        + [ParaphraseOutcome("x", "failed")] * failed
    )
    return DriftRun(
        id="1", engine=MODEL, engine_version="1", model_version="1", begun_at=datetime(2026, 1, 1, tzinfo=UTC),
        asked=(QuestionOutcomes("1", "One", tuple(reads)),),
    )  # fmt: skip


def test_the_pass_mark_for_drift_is_applied(world: AgentWorld) -> None:
    """98 of 100 is enough only if no answer has other cells. Failed questions don't count."""
    refused = replace(
        made_run(98),
        asked=(*made_run(98).asked, QuestionOutcomes("2", "Two", (ParaphraseOutcome("x", "refused"),) * 2)),
    )
    assert (refused.share, below(refused)) == (0.98, "")
    assert below(made_run(99, other=1)) == "99.0% of paraphrases gave the same answer, but 1 gave a different one"
    assert below(
        replace(
            made_run(33), asked=(*made_run(33).asked, QuestionOutcomes("2", "2", (ParaphraseOutcome("x", "refused"),)))
        )
    ) == ("Only 97.1% of paraphrases gave the same answer, below the bar of 98%")
    assert below(made_run(0, failed=3)) == ""
    assert made_run(0, failed=3).share is None


def test_an_unavailable_engine_is_not_counted(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    assert outcomes(world, Script()) == ["failed"] * 3
    run = run_engine(world.live, Script())
    assert run is not None
    note_run(world.live, run, can_be_switched=True)
    assert model_is_on(world.live)


def turn(world: AgentWorld) -> Turn:
    return Turn(now=world.clock.at, holder="test", is_mine=lambda: True, is_stopping=lambda: False)


def test_drift_runs_each_night_and_after_each_publish(world: AgentWorld) -> None:
    job = Drift(world.live, model=lambda _: RIGHT)
    world.clock.at = world.clock.at.replace(hour=12) + timedelta(days=1)
    job.run(turn(world))
    assert work(world).runs(MODEL) == []  # no questions yet
    work(world).add(CERTIFIED)
    job.run(turn(world))
    job.run(turn(world))
    assert [len(work(world).runs(name)) for name in (MODEL, "reader")] == [1, 1]
    world.clock.at += timedelta(hours=12)  # midnight: the night begins at two
    assert not is_due(world.live, RIGHT, world.clock.at)
    world.clock.at += timedelta(hours=4)
    assert is_due(world.live, RIGHT, world.clock.at)
    job.run(turn(world))
    assert not is_due(world.live, RIGHT, world.clock.at)
    assert is_due(world.live, replace(RIGHT, version="script 2"), world.clock.at)
    world.clock.at += timedelta(minutes=1)
    work(world).change(work(world).questions()[0], replace(CERTIFIED, name="Revenue"))
    assert is_due(world.live, RIGHT, world.clock.at)


def test_a_drift_run_stops_with_the_worker(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    stopping = replace(turn(world), is_stopping=lambda: True)
    assert Drift(world.live).run(stopping) == stopping.now
    assert work(world).runs("reader") == []
    assert "drift" in [job.name for job in jobs_of(world.live)]


def test_only_stewards_signed_in_as_themselves_use_drift(world: AgentWorld) -> None:
    for actor in (world.actor("jonas"), world.agent("ana"), replace(world.actor("ana"), viewed_by="otto")):
        for act in (
            lambda it: it.add(CERTIFIED),
            DriftWork.questions,
            DriftWork.run_now,
            lambda it: it.switch_model(is_on=False),
        ):
            with pytest.raises(NotAllowed):
                act(DriftWork(world.live, actor))


def test_stewards_switch_the_model_back_on(world: AgentWorld) -> None:
    work(world).switch_model(is_on=False, why="We're trying another model.")
    with pytest.raises(ChangedMeanwhile):
        work(world, "ben").switch_model(is_on=False)
    work(world, "ben").switch_model(is_on=True)
    assert model_is_on(world.live)
    assert world.told(2) == [
        "Ben Okafor switched on the language model",
        "Ana Ribeiro switched off the language model: We're trying another model.",
    ]


def test_writing_to_the_store_cannot_switch_the_model_on(world: AgentWorld) -> None:
    work(world).switch_model(is_on=False)
    with world.live.store.write(recorded=False) as transaction:
        value = '{"on": true, "why": "", "seal": "0"}'
        transaction.connection.execute(update(SETTINGS).where(SETTINGS.c.name == "model_reader").values(value=value))
    assert not model_is_on(world.live)


def test_rows_changed_outside_are_not_run_or_shown(world: AgentWorld) -> None:
    work(world).add(CERTIFIED)
    run = run_engine(world.live, RIGHT)
    assert run is not None
    note_run(world.live, run, can_be_switched=True)
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(DRIFT_RUNS).values(outcomes="[]"))
        transaction.connection.execute(update(DRIFT_QUESTIONS).values(paraphrases='["a", "b", "c"]'))
    assert work(world).runs(MODEL) == []
    run = run_engine(world.live, RIGHT)
    assert run is not None
    assert run.asked[0].why == "This question was changed outside Samepage. Remove it, and add it again."
    assert run.judged == 0


def test_questions_are_checked(world: AgentWorld) -> None:
    for wrong in (("a", "b"), ("a", "b", "c", "d", "e", "f"), ("a", "A", "b"), ("a", "b", "x" * 301)):
        with pytest.raises(InvalidQuery):
            work(world).add(replace(CERTIFIED, paraphrases=wrong))
    with pytest.raises(InvalidQuery):
        work(world).add(replace(CERTIFIED, name=""))
    kept = work(world)
    kept.add(CERTIFIED)
    (question,) = kept.questions()
    kept.remove(question)
    assert kept.questions() == []
    with pytest.raises(ChangedMeanwhile):
        kept.remove(question)


def test_the_reader_reads_every_example(folder: Path) -> None:
    """The ten certified questions of the marketing model are compared with their own queries."""
    settings = Settings(data=str(folder / "company.duckdb"), model=MARKETING_MODEL, model_source="folder")
    workspace = Workspace.open(settings)
    try:
        examples = example_questions(workspace, OWNER)
        assert len(examples) == 10
        assert all(3 <= len(each.paraphrases) <= 5 for each in examples)
        words = Words(workspace)
        for each in examples:
            for text in each.paraphrases:
                assert words.read(text, OWNER).question == each.query, text
    finally:
        workspace.close()


def test_examples_of_another_model_are_not_offered(world: AgentWorld) -> None:
    live: Live = world.live
    assert example_questions(live.workspace(), world.actor("ana")) == []


# Stewards with access to less

LIMITED = """\
  - {name: no_orders, who: {people: [cleo]}, deny: {metrics: [orders]}}
  - {name: only_france, who: {people: [dora]}, rows: [{dataset: orders, where: country = 'FR'}]}
"""
CLEO_AND_DORA = """\
  - {id: cleo, name: Cleo Marsh, roles: [steward]}
  - {id: dora, name: Dora Nash, roles: [steward]}
"""


def test_a_steward_does_not_see_certified_questions_about_what_is_hidden_from_them(tmp_path: Path) -> None:
    """Orders are hidden from Cleo, and Dora sees only rows from France. Each still sees her own question."""
    with opened(tmp_path, people=BEN + CLEO_AND_DORA, policies=LIMITED) as world:
        work(world).add(CERTIFIED)
        orders = Query(metrics=("orders",), where=GERMANY)
        work(world).add(Certified(name="Orders in Germany", query=orders, paraphrases=("DE 1", "DE 2", "DE 3")))
        work(world).add(replace(CERTIFIED, name="Like orders", paraphrases=("one", "two", "orders but as revenue")))
        work(world, "dora").add(replace(CERTIFIED, name="France"))
        names = {
            name: sorted(each.certified.name for each in work(world, name).questions())
            for name in ("ben", "cleo", "dora")
        }
        hidden = "A question about something you can't see"
        assert names == {
            "ben": ["France", "Like orders", "Orders in Germany", "Revenue by country"],
            "cleo": [hidden, hidden, "France", "Revenue by country"],
            "dora": [hidden, hidden, hidden, "France"],
        }
        work(world).run_now()
        for name in ("cleo", "dora"):
            shown = f"{work(world, name).questions()} {work(world, name).runs('reader')}"
            assert not any(text in shown for text in ("Germany", "DE 1", "orders but", "'orders'"))
        assert "DE 1" in str(work(world, "ben").runs("reader"))
        counts = [[run.share for run in work(world, name).runs("reader")] for name in ("ben", "cleo")]
        assert counts[0] == counts[1]


def test_a_hidden_question_can_be_removed_and_the_audit_log_keeps_its_name(tmp_path: Path) -> None:
    with opened(tmp_path, people=BEN + CLEO_AND_DORA, policies=LIMITED) as world:
        work(world).add(Certified(name="All orders", query=Query(metrics=("orders",)), paraphrases=("a", "b", "c")))
        work(world, "cleo").remove(work(world, "cleo").questions()[0])
        assert work(world).questions() == []
        assert "All orders" in world.told(1)[0]
