"""Read and write remarks as one person, within the store's rules and the person's policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semantic.annotations.remarks import Remark, may_read
from semantic.errors import NotAllowed, UnknownName
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.remarks import (
    StoredRemark,
    add_remark,
    change_remark,
    find_remark,
    may_change,
    may_write,
    remove_remark,
)
from semantic.targets.import_lines import may_be_about
from semantic.workspace import Workspace

GONE = "This remark no longer exists, or you don't have access to it."


@dataclass(frozen=True, slots=True)
class RemarkWork:
    """The remarks of `actor`, checked against the current model. Raises StoreFailed whenever it reads."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    @property
    def may_write(self) -> bool:
        return may_write(self.actor)

    def find(self, remark: str, metrics: Sequence[str]) -> StoredRemark:
        """Return a remark on these metrics by its ID.

        Raises NotAllowed, with the same message for hidden and missing remarks.
        """
        with self.store.read() as connection:
            found_remark = find_remark(connection, remark, self.actor)
        if found_remark is None or not self._may_read(found_remark.remark, metrics):
            raise NotAllowed(GONE)
        return found_remark

    def changeable(self, remarks: Sequence[str], metrics: Sequence[str]) -> list[StoredRemark]:
        """Return the remarks that this person can change."""
        if not self.may_write:
            return []
        with self.store.read() as connection:
            found_remarks = [find_remark(connection, remark, self.actor) for remark in remarks]
        return [
            remark
            for remark in found_remarks
            if remark is not None and may_change(remark, self.actor) and self._may_read(remark.remark, metrics)
        ]

    def write(self, remark: Remark, metrics: Sequence[str]) -> str:
        """Add a remark to these metrics, and return its ID. Raises NotAllowed, UnknownName, InvalidQuery."""
        self._check(remark, metrics)
        with self.store.write() as transaction:
            return add_remark(transaction, remark, self.actor, self.keys)

    def change(self, kept: StoredRemark, remark: Remark, metrics: Sequence[str]) -> None:
        """Change a remark's text or days. Raises NotAllowed, UnknownName, InvalidQuery, ChangedMeanwhile."""
        self._check(kept.remark, metrics)
        self._check(remark, metrics)
        with self.store.write() as transaction:
            change_remark(transaction, kept, remark, self.actor, self.keys)

    def remove(self, kept: StoredRemark, metrics: Sequence[str]) -> None:
        """Remove a remark for everyone. Raises NotAllowed, ChangedMeanwhile."""
        self._check(kept.remark, metrics)
        with self.store.write() as transaction:
            remove_remark(transaction, kept, self.actor, self.keys)

    def _metrics(self, names: Sequence[str]) -> list[Metric]:
        seen = self.workspace.visible(self.actor)
        return [seen.metric(name) for name in names]

    def _may_read(self, remark: Remark, metrics: Sequence[str]) -> bool:
        try:
            return may_read(remark, self._metrics(metrics), self.workspace.visible(self.actor))
        except UnknownName:
            return False

    def _check(self, remark: Remark, metrics: Sequence[str]) -> None:
        """Raise an error if a remark contains a name that is hidden from this person, or if they couldn't read it."""
        seen = self.workspace.visible(self.actor)
        if remark.dim and not may_be_about(seen.dimension(remark.dim)[0], seen):
            raise UnknownName(remark.dim, (), kind="dimension")
        if not may_read(remark, self._metrics(metrics), seen):
            raise NotAllowed(
                "You wouldn't be able to see this remark, because it's about rows you don't have full "
                "access to, or for a higher role than yours. Change who can see it."
            )
