"""Guidance, drift and the log on SQLite and PostgreSQL, with simultaneous decisions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from semantic.agents.automation import AutomationWork
from semantic.agents.drift import DriftWork
from semantic.agents.guidance_work import GuidanceWork
from semantic.errors import ChangedMeanwhile, NotAllowed
from semantic.governance.guidance import Guidance
from semantic.query.query import Query
from semantic.store.agents.automation import Automation
from semantic.store.agents.drift import Certified
from tests.semantic.agents.world import AgentWorld, opened
from tests.semantic.store import stores


@pytest.fixture(params=stores.kinds())
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AgentWorld]:
    with stores.address(request.param, tmp_path) as address, opened(tmp_path, store=address) as made:
        yield made


def test_only_one_of_two_proposals_approved_at_once_goes_live(world: AgentWorld) -> None:
    ana, ben = (GuidanceWork(world.live, world.actor(name)) for name in ("ana", "ben"))
    for text in ("One", "Two", "Three", "Four"):
        ana.propose(Guidance(notes=text), text, based_on=0)

    def approve(number: int) -> bool:
        try:
            ben.approve(next(each for each in ben.versions() if each.number == number))
        except (ChangedMeanwhile, NotAllowed):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        went = list(pool.map(approve, (1, 2, 3, 4)))
    assert sum(went) == 1
    assert [each.state for each in ben.versions()].count("live") == 1
    number, guidance = ben.current()
    assert went[number - 1]
    assert guidance.notes == ("One", "Two", "Three", "Four")[number - 1]


def test_everything_is_stored_and_read_back(world: AgentWorld) -> None:
    work = DriftWork(world.live, world.actor("ana"))
    work.add(Certified(name="Revenue", query=Query(metrics=("revenue",)), paraphrases=("a b", "c d", "e f")))
    (run,) = work.run_now()
    assert [each.id for each in work.runs("reader")] == [run.id]
    work.switch_model(is_on=False, why="A try.")
    assert work.model_reader() == (False, "A try.")
    log = AutomationWork(world.live, world.actor("ben"))
    log.add(Automation(kind="agent", name="Helper", change="launched", day=date(2026, 3, 2)))
    assert [line.text for line in log.lines()] == [
        "Ana Ribeiro switched off the language model: A try.",
        "Agent Helper: launched",
    ]
