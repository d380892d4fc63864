"""The language model's drift, measured with a model on this machine that answers as the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from semantic.agents.drift import MODEL, Drift, DriftWork, model_is_on
from semantic.agents.engines import configured_model
from semantic.agents.guidance_work import GuidanceWork
from semantic.agents.model.switch import is_switched_off
from semantic.governance.guidance import Guidance
from semantic.query.query import Breakdown, Query
from semantic.store.agents.drift import Certified
from semantic.worker.job import Turn
from tests.semantic.agents.model.stub import Stub, chooses, send, stubbed
from tests.semantic.agents.world import AgentWorld

RIGHT = {
    "metrics": ["revenue"], "by": [{"dim": "country", "grain": None}], "where": [], "segments": [], "time": None,
    "compare": "none", "top": None,
}  # fmt: skip
WRONG = RIGHT | {"by": []}
CERTIFIED = Certified(
    name="Revenue by country",
    query=Query(metrics=("revenue",), by=(Breakdown("country"),)),
    paraphrases=("takings per country", "what each country brings in", "income by country"),
)


@pytest.fixture
def stub(world: AgentWorld) -> Iterator[Stub]:
    """A language model, configured as the current one."""
    with stubbed(chooses(RIGHT)) as running:
        model = running.model()
        world.live.settings = replace(
            world.live.settings, language_model_address=model.address, language_model_name=model.name,
            language_model_key=model.key, allowed_hosts=frozenset({"127.0.0.1"}),
        )  # fmt: skip
        yield running


def run(world: AgentWorld) -> DriftWork:
    """Run the job, and return the steward's work on drift."""
    work = DriftWork(world.live, world.actor("ana"), configured_model)
    turn = Turn(now=world.clock.at, holder="test", is_mine=lambda: True, is_stopping=lambda: False)
    Drift(world.live, configured_model).run(turn)
    return work


def test_no_model_is_measured_unless_one_is_configured(world: AgentWorld) -> None:
    assert configured_model(world.live) is None


def test_a_model_with_right_answers_stays_on(world: AgentWorld, stub: Stub) -> None:
    DriftWork(world.live, world.actor("ana")).add(CERTIFIED)
    (result,) = run(world).runs(MODEL)
    assert (result.engine_version, result.share, result.judged) == ("house-model", 1.0, 3)
    assert model_is_on(world.live)


def test_a_model_with_wrong_answers_is_switched_off_for_everyone(world: AgentWorld, stub: Stub) -> None:
    DriftWork(world.live, world.actor("ana")).add(CERTIFIED)
    stub.answer = chooses(WRONG)
    (result,) = run(world).runs(MODEL)
    assert (result.count("other"), result.judged) == (3, 3)
    assert not model_is_on(world.live)
    assert is_switched_off(world.live)
    DriftWork(world.live, world.actor("ana")).switch_model(is_on=True)
    assert not is_switched_off(world.live)


def test_an_unavailable_model_is_not_counted(world: AgentWorld, stub: Stub) -> None:
    DriftWork(world.live, world.actor("ana")).add(CERTIFIED)
    stub.answer = send(b"", status=500)
    (result,) = run(world).runs(MODEL)
    assert (result.count("failed"), result.judged, result.share) == (3, 0, None)
    assert model_is_on(world.live)


def test_the_model_gets_the_guidance(world: AgentWorld, stub: Stub) -> None:
    number = GuidanceWork(world.live, world.actor("ana")).propose(
        Guidance(notes="Takings are revenue."), "Words", based_on=0
    )
    ben = GuidanceWork(world.live, world.actor("ben"))
    ben.approve(next(each for each in ben.versions() if each.number == number))
    DriftWork(world.live, world.actor("ana")).add(CERTIFIED)
    run(world)
    assert b"Takings are revenue." in stub.got[0][1]
