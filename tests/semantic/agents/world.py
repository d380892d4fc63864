"""A shop with stewards Ana and Ben, administrator Otto, marketer Jonas, and Vera, who sees revenue but not orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import small_model, write_model, write_rows
from tests.semantic.store.stores import SECRET

ONLY_REVENUE = """\
  - name: only_revenue
    who: {people: [vera]}
    grant: {metrics: [revenue], dimensions: all}
    whole: all
"""
BEN = '  - {id: ben, name: "Ben Okafor, finance", roles: [steward]}\n'
OTHERS = """\
  - {id: otto, name: Otto Lang, roles: [administrator, steward]}
  - {id: vera, name: Vera Lind, roles: [viewer]}
"""


class AgentWorld:
    """The shop's process, its clock, and its people, who act themselves or through an agent."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self.live, self.clock = live, clock

    def actor(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def agent(self, name: str) -> Actor:
        person = self.actor(name)
        return Actor(
            id=person.id, name=person.name, kind="agent", roles=person.roles, groups=person.groups,
            attributes=person.attributes, agent="1",
        )  # fmt: skip

    def told(self, most: int = 10) -> list[str]:
        """Return the newest acts in the audit log, newest first, each as a sentence."""
        with self.live.store.read() as connection:
            return [sentence(entry) for entry in read_entries(connection, self.live.keys, limit=most)]


@contextmanager
def opened(
    folder: Path, *, people: str = BEN + OTHERS, store: str = "", policies: str = ONLY_REVENUE, more: str = ""
) -> Iterator[AgentWorld]:  # fmt: skip
    """Open the shop until the block ends, with the metrics in `more` added."""
    clock = Clock()
    clock.at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    files = small_model()
    files["orders.yml"] += more
    text = files["access/policies.yml"].replace("people:\n", f"{policies}people:\n", 1)
    files["access/policies.yml"] = text.rstrip() + "\n" + people
    settings = Settings(
        data=str(write_rows(folder / "shop.duckdb")), model=write_model(folder / "model", files),
        store=store or str(folder / "store.sqlite"), audit_key=SECRET, model_source="store",
        mask_key="a key of the tests", demo=True,
    )  # fmt: skip
    live = Live.open(settings)
    live.store._clock = clock  # pyright: ignore[reportPrivateUsage]
    yield AgentWorld(live, clock)
    live.close()
