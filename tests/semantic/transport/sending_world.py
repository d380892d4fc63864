"""A small company that can send messages: its store, its people, and a policy for the audience `agency`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.outbox.sends import Recipient
from semantic.store.people import subject_of
from tests.copies import empty_store
from tests.pages.api_world import build

POLICY = """
policies:
  - {name: for_agency, who: {audiences: [agency]}, grant: {metrics: [revenue]}, whole: all}
"""


@dataclass(frozen=True, slots=True)
class Addressed:
    """The recipient of a message."""

    actor: Actor
    recipient: Recipient
    address: str = ""


def build_world(folder: Path) -> None:
    build(folder, pairs_with=3)
    (folder / "model" / "agency.yml").write_text(POLICY, encoding="utf-8")


@contextmanager
def sending(folder: Path, own: Path, **settings: Any) -> Iterator[Live]:
    """Open the company's process over an empty store in `own`."""
    own.mkdir(exist_ok=True)
    empty_store(str(own / "store.sqlite")).close()
    given = Settings(
        data=str(folder / "orders.duckdb"), model=folder / "model", store=str(own / "store.sqlite"),
        audit_key_file=own / "audit.key", **settings,
    )  # fmt: skip
    live = Live.open(given)
    try:
        yield live
    finally:
        live.close()


def person(live: Live, actor: Actor, address: str) -> Addressed:
    with live.store.write(recorded=False) as transaction:
        subject = subject_of(transaction, actor.id, actor.name)
    return Addressed(actor, Recipient(kind="person", id=subject), address)
