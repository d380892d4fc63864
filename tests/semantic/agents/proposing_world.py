"""A shop in which Ana and Mia have agents, and helpers for tests of proposals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from semantic.alerts.alert import Alert, Threshold
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Query
from semantic.services.alerts.work import AlertWork
from semantic.services.process import Live
from semantic.store.agents.proposals import (
    Proposal,
    find_proposal,
)
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from tests.semantic.agents.connected import connected
from tests.semantic.services.test_uploads import ANA, MIA, opened_live
from tests.semantic.store.clock import Clock

ADMIN = Actor(id="admin", name="Admin", roles=frozenset({"administrator"}))
ROBIN = replace(ANA, kind="agent", agent="a1")
OTHER = replace(ANA, kind="agent", agent="a2")
JANUARY = Between(date(2026, 1, 1), date(2026, 1, 31))
REVENUE = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=JANUARY)
BY_EMAIL = Query(metrics=("revenue",), by=(Breakdown("email"),), time=JANUARY)
LOW = Alert(metric="revenue", rule=Threshold(side="below", value=10.0))


@contextmanager
def open_shop(address: str, folder: Path, clock: Clock, patch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = opened_live(address, folder)
    patch.setattr(opened.store, "_clock", clock)
    patch.setattr(opened, "people", lambda: {"ana": ANA})
    for person, number in ((ANA, "a1"), (ANA, "a2"), (MIA, "b1")):
        connected(opened, person, number)
    yield opened
    opened.close()


def alerts(live: Live, actor: Actor = ANA) -> list[Alert]:
    return [kept.alert for kept in AlertWork(live.store, live.keys, live.workspace(), actor).mine()]


def read(live: Live, id_: str) -> Proposal:
    with live.store.read() as connection:
        found = find_proposal(connection, live.keys, id_)
    assert found is not None
    return found


def saved(live: Live, name: str = "Revenue by channel") -> str:
    with live.store.write() as transaction:
        return save_question(transaction, Content(query=REVENUE), ANA, live.keys, name=name, sentence="", space="")


def sentences(live: Live) -> list[str]:
    with live.store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, live.keys)]
