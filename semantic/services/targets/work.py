"""Find and set targets as one person, within the store's rules and the person's policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from semantic.errors import NotAllowed, UnknownName
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.targets.pacing import ModelTarget, find_pace, find_targets, model_targets
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.targets import (
    SavedCounts,
    StoredTarget,
    TargetVersion,
    change_target,
    find_target,
    keep_targets,
    list_targets,
    may_set,
    read_target_versions,
    remove_target,
    restore_target,
)
from semantic.targets.import_lines import Lines, may_be_about, read_lines
from semantic.targets.pace import NoPace, Pace
from semantic.targets.target import Target, may_see_target
from semantic.workspace import Workspace

GONE = "This target no longer exists, or you don't have access to it."


@dataclass(frozen=True, slots=True)
class TargetWork:
    """The targets of `actor`, checked against the current model. Raises StoreFailed whenever it reads."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    @property
    def may_set(self) -> bool:
        return may_set(self.actor)

    def targets(self, *, metric: str = "") -> list[StoredTarget]:
        """Return the targets that this person can see, sorted by metric, member and days."""
        with self.store.read() as connection:
            targets = list_targets(connection, metric=metric)
        seen = self.workspace.visible(self.actor)
        return [target for target in targets if may_see_target(target.target, seen)]

    def of_model(self) -> tuple[ModelTarget, ...]:
        """Return the targets in the model's data, which can't be changed here, in the order of the metrics."""
        return model_targets(self.workspace.visible(self.actor))

    def find(self, target: str) -> StoredTarget:
        """Return a target by its ID. Raises NotAllowed, with the same message for hidden and missing targets."""
        with self.store.read() as connection:
            found_target = find_target(connection, target)
        if found_target is None or not may_see_target(found_target.target, self.workspace.visible(self.actor)):
            raise NotAllowed(GONE)
        return found_target

    def read(self, text: str) -> Lines:
        """Parse targets from a pasted text or a file, line by line."""
        return read_lines(text, self.workspace.visible(self.actor))

    def keep(self, targets: Iterable[Target]) -> SavedCounts:
        """Save each of these targets, replacing any previous value. Raises NotAllowed, UnknownName, InvalidQuery."""
        wanted = [*targets]
        for target in wanted:
            self._check(target)
        with self.store.write() as transaction:
            return keep_targets(transaction, wanted, self.actor, self.keys)

    def change(self, kept: StoredTarget, value: Decimal) -> None:
        """Change a target's value. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        self._check(kept.target)
        with self.store.write() as transaction:
            change_target(transaction, kept, value, self.actor, self.keys)

    def remove(self, kept: StoredTarget) -> None:
        """Remove a target, which `bring_back` can undo. Raises NotAllowed, ChangedMeanwhile."""
        self._check(kept.target)
        with self.store.write() as transaction:
            remove_target(transaction, kept, self.actor, self.keys)

    def bring_back(self, removed: StoredTarget) -> None:
        """Restore a removed target, unless someone has set another one for the same days since.

        Raises NotAllowed, UnknownName, InvalidQuery, ChangedMeanwhile.
        """
        self._check(removed.target)
        with self.store.write() as transaction:
            restore_target(transaction, removed, self.actor, self.keys)

    def history(self, kept: StoredTarget) -> Sequence[TargetVersion]:
        """Return a target's past values, newest first. Raises NotAllowed."""
        self._check(kept.target)
        with self.store.read() as connection:
            return read_target_versions(connection, kept.id)

    def pace(self, query: Query, result: Result) -> Pace | NoPace | None:
        """Return the pace of a question's only metric, or None if this person can't see any target for it."""
        if len(query.metrics) != 1:
            return None
        with self.store.read() as connection:
            targets = list_targets(connection, metric=query.metrics[0])
        return find_pace(query, result, [target.target for target in targets], self.workspace, self.actor)

    def by_period(self, query: Query, result: Result) -> Mapping[date, float]:
        """Return the target of a question's only metric for each of the answer's periods, by the period's first day.

        Periods without a target are omitted.
        """
        if len(query.metrics) != 1:
            return {}
        with self.store.read() as connection:
            targets = list_targets(connection, metric=query.metrics[0])
        return find_targets(query, result, [target.target for target in targets], self.workspace, self.actor)

    def _check(self, target: Target) -> None:
        """Raise UnknownName if a target is hidden from this person.

        People can set only targets that they can see.
        """
        seen = self.workspace.visible(self.actor)
        metric = seen.metric(target.metric)
        if target.dim:
            dimension = seen.dimension(target.dim)[0]
            if not may_be_about(dimension, seen):
                raise UnknownName(target.dim, (), kind="dimension")
        if not may_see_target(target, seen):
            raise NotAllowed(f"You don't have access to the {metric.label or metric.name} target for these rows.")
