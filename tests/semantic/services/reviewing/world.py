"""A shop with three stewards: Ana, Ben, who owns revenue, and Otto, an administrator.

Revenue has a target, so changing it needs its owner and a second steward. Changing orders needs no one else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from semantic.config.settings import Settings
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits, change_of, new_draft, open_edits, write_object
from semantic.services.process import Live
from semantic.services.reviewing.work import ReviewWork
from semantic.store.database import Store
from semantic.store.models.versions import Version, read_head
from semantic.store.numbers.targets import keep_targets
from semantic.store.reviews.reviews import TICKS, Review, find_review
from semantic.targets.target import Target
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import small_model, write_model, write_rows
from tests.semantic.store.stores import SECRET

REVENUE, ORDERS = ((ObjectKind.METRIC, name) for name in ("revenue", "orders"))
POLICY: Key = ObjectKind.POLICY, "everybody"
PEOPLE = """
  - {id: ben, name: "Ben Okafor, finance", roles: [steward]}
  - {id: otto, name: Otto Lang, roles: [administrator]}
"""
NET, GROSS = "filter: country = 'DE'", "filter: country = 'FR'"


def files(people: str = PEOPLE) -> dict[str, str]:
    made = small_model()
    made["orders.yml"] = made["orders.yml"].replace("label: Revenue}", "label: Revenue, owner: Ben Okafor}")
    made["access/policies.yml"] = made["access/policies.yml"].replace("steward]}", "steward, administrator]}", 1)
    made["access/policies.yml"] = made["access/policies.yml"].rstrip() + people
    return made


@dataclass
class World:
    """The shop's process, and a clock that a test moves."""

    live: Live
    clock: Clock

    def actor(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def work(self, name: str) -> ReviewWork:
        return ReviewWork(self.live, self.actor(name))

    def draft(self, author: str, key: Key = REVENUE, *, more: str = NET, name: str = "Germany alone") -> Edits:
        """Return another draft by this author, in which a metric has one more key."""
        actor = self.actor(author)
        return self.edit(author, new_draft(self.live, actor, name=name), key, more)

    def edit(self, author: str, edits: Edits, key: Key = REVENUE, more: str = NET) -> Edits:
        text = edits.text_of(key)
        return write_object(self.live, self.actor(author), edits, key, f"{text.rstrip()[:-1]}, {more}}}").edits

    def reopened(self, author: str, edits: Edits) -> Edits:
        assert edits.draft is not None
        return open_edits(self.live, self.actor(author), draft=edits.draft.id)

    def review(self, id_: str) -> Review:
        with self.live.store.read() as connection:
            found = find_review(connection, self.live.keys, id_)
        assert found is not None
        return found

    def sent(self, author: str, edits: Edits, note: str = "Germany only") -> Review:
        return self.review(self.work(author).send(edits, note))

    def approve(self, who: str, review: Review) -> None:
        self.work(who).approve(self.review(review.id), TICKS)

    def head(self) -> Version:
        with self.live.store.read() as connection:
            head = read_head(connection)
        assert head is not None
        return head

    def aim_at(self, metric: str = "revenue") -> None:
        """Set a target on a metric."""
        target = Target(metric=metric, first=date(2026, 9, 1), last=date(2026, 9, 30), value=Decimal(100))
        with self.live.store.write() as transaction:
            keep_targets(transaction, [target], self.actor("ben" if "ben" in self.live.people() else "ana"),
                         self.live.keys)  # fmt: skip


@contextmanager
def opened(
    address: str, folder: Path, *, people: str = PEOPLE, ready: Callable[[], Store] | None = None
) -> Iterator[World]:
    clock = Clock()
    clock.at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    settings = Settings(
        data=str(write_rows(folder / "shop.duckdb")), model=write_model(folder / "model", files(people)),
        store=address, audit_key=SECRET, model_source="store", mask_key="a key of the tests", demo=True,
    )  # fmt: skip
    if ready is not None:
        ready().close()
    live = Live.open(settings)
    live.store._clock = clock  # pyright: ignore[reportPrivateUsage]
    world = World(live, clock)
    world.aim_at()
    yield world
    live.close()


__all__ = ["GROSS", "NET", "ORDERS", "POLICY", "REVENUE", "World", "change_of", "opened"]
