"""Guidance for agents, as stewards work on it: proposing, approving, declining and restoring versions.

Every change needs a second steward, like a change to a definition that others use (decision 63). If no one else can
approve a change, its author can after 24 hours. A single steward can restore an earlier version, unless that unblocks a
topic or drops a caveat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from semantic.errors import InvalidQuery, NotAllowed, StoreFailed, UnknownName
from semantic.governance.guidance import NONE, Guidance, loosens
from semantic.policy.actor import Actor
from semantic.services.reviewing.approvals import ALONE_AFTER
from semantic.services.reviewing.readers import may_review
from semantic.services.service_process import ServiceProcess
from semantic.store.agents.guidance import (
    GuidanceVersion,
    approve_guidance,
    close_guidance,
    has_proposals,
    live_number,
    propose_guidance,
    read_live,
    read_versions,
    restore_guidance,
)

NOT_WHOLE = "Guidance can name every metric, and your access hides some. A steward with full access can change it."


@dataclass(frozen=True, slots=True)
class GuidanceWork:
    """The guidance for agents, as `actor` can work on it. Raises StoreFailed whenever it reads or writes."""

    live: ServiceProcess = field(repr=False)
    actor: Actor

    @property
    def why_not(self) -> str:
        """Why this person can't read and change guidance, or "" if they can."""
        if not self.actor.is_at_least("steward") or self.actor.kind != "person":
            return "Only stewards can write the guidance for agents."
        if self.actor.viewed_by is not None:
            return "You're viewing as someone else. Stop viewing to see the guidance for agents."
        # Each upload is hidden from most stewards, who can see on Your uploads what it's named.
        return "" if self.live.workspace().visible(self.actor).shows_all_governed else NOT_WHOLE

    def current(self) -> tuple[int, Guidance]:
        """Return the live version's number, or 0 if there is none, and its guidance.

        Raises NotAllowed, and StoreFailed if the guidance was changed outside Samepage.
        """
        self._require()
        with self.live.store.read() as connection:
            return read_live(connection, self.live.keys)

    def versions(self) -> list[GuidanceVersion]:
        """Return all versions, newest first. Raises NotAllowed."""
        self._require()
        with self.live.store.read() as connection:
            return read_versions(connection, self.live.keys)

    def waiting(self) -> list[GuidanceVersion]:
        """Return the proposed versions that this person can approve now, oldest first. Raises NotAllowed."""
        with self.live.store.read() as connection:
            if not has_proposals(connection):
                return []
        open_ = [each for each in reversed(self.versions()) if each.state == "proposed"]
        return [each for each in open_ if not self.why_not_approve(each)]

    def propose(self, guidance: Guidance, note: str, *, based_on: int) -> int:
        """Propose a new version of the guidance, and return its number.

        `based_on` is the number of the version that was changed. Raises NotAllowed, InvalidQuery, UnknownName,
        ChangedMeanwhile.
        """
        self._require()
        if not note.strip():
            raise InvalidQuery("Describe the change in a few words, for the steward who approves it.")
        _, before = _last(self.live)
        if guidance == before:
            raise InvalidQuery("Nothing has changed. Make a change first.")
        metrics = self.live.workspace().model.metrics
        for name in guidance.metrics:
            if name not in metrics:
                raise UnknownName(name, metrics, kind="metric")
        with self.live.store.write() as transaction:
            return propose_guidance(transaction, self.live.keys, guidance, note, self.actor, based_on=based_on)

    def why_not_approve(self, version: GuidanceVersion) -> str:
        """Why this person can't approve a proposal now, or "" if they can."""
        if version.state != "proposed" or not version.is_sealed:
            return "This version isn't waiting for approval."
        if not self._is_own(version):
            return "" if version.author_id else "The author can't be identified. Decline it, and write it again."
        if self._others():
            return "You wrote this, so another steward has to approve it."
        if self.live.store.now() < self.alone_from(version):
            return "No other steward can approve this, so you can approve it yourself 24 hours after you wrote it."
        return ""

    def alone_from(self, version: GuidanceVersion) -> datetime:
        """Return when the author can approve a proposal that no one else can approve."""
        return version.written_at + ALONE_AFTER

    def approve(self, version: GuidanceVersion) -> None:
        """Make a proposal live. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        version = self._again(version)
        if why := self.why_not_approve(version):
            raise NotAllowed(why)
        how = "because no one else could" if self._is_own(version) else "written by another steward"
        with self.live.store.write() as transaction:
            approve_guidance(transaction, self.live.keys, version.number, self.actor, how=how)

    def decline(self, version: GuidanceVersion, why: str) -> None:
        """Decline someone's proposal, or withdraw your own. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        state = "withdrawn" if self._is_own(self._again(version)) else "declined"
        with self.live.store.write() as transaction:
            close_guidance(transaction, self.live.keys, version.number, state, why, self.actor)

    def restore(self, version: GuidanceVersion) -> tuple[int, bool]:
        """Restore a version that was once live. Return the new version's number, and whether it's live now.

        If it would unblock a topic or drop a caveat, the new version is only proposed. Raises NotAllowed,
        ChangedMeanwhile.
        """
        self._require()
        version = self._again(version)
        if version.state != "replaced" or not version.is_sealed:
            raise NotAllowed("Only versions that were live and haven't been changed since can be restored.")
        note = f"Restores version {version.number}"
        based_on, before = _last(self.live)
        with self.live.store.write() as transaction:
            if loosens(before, version.guidance):
                keys = self.live.keys
                return propose_guidance(transaction, keys, version.guidance, note, self.actor, based_on=based_on), False
            number = restore_guidance(transaction, self.live.keys, version, note, self.actor, based_on=based_on)
            return number, True

    def is_own(self, version: GuidanceVersion) -> bool:
        """Whether this person wrote a version."""
        return self._is_own(version)

    def _is_own(self, version: GuidanceVersion) -> bool:
        return version.author_id == self.actor.id

    def _others(self) -> Sequence[Actor]:
        return [each for each in self.live.people().values() if may_review(each) and each.id != self.actor.id]

    def _again(self, version: GuidanceVersion) -> GuidanceVersion:
        """Return a version's current state from the store, because a page can show an outdated one."""
        found = next((each for each in self.versions() if each.number == version.number), None)
        if found is None:
            raise NotAllowed("This version no longer exists.")
        return found

    def _require(self) -> None:
        if self.why_not:
            raise NotAllowed(self.why_not)


def _last(live: ServiceProcess) -> tuple[int, Guidance]:
    """Return the number and the guidance of the version that is marked as live.

    If the guidance can't be read, it's empty, so that it can be replaced.
    """
    with live.store.read() as connection:
        try:
            return read_live(connection, live.keys)
        except StoreFailed:
            return live_number(connection), NONE
