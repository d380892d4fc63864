"""Roll back to a version that was in effect before.

A roll-back is for emergencies: one steward can do it, and it takes effect immediately. The authors of reverted changes
get a message. If the roll-back would let people see more than now, or make governance less strict, it becomes a draft
under review that a second person has to approve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semantic.errors import ChangedMeanwhile, NotAllowed
from semantic.model.loading.load import digest_of
from semantic.policy.actor import Actor
from semantic.services.drafts import start_edits
from semantic.services.impact.radius import loosened_by, model_of
from semantic.services.outbox.notices import queue_notice
from semantic.services.process import Live, row_tests
from semantic.services.reviewing.approvals import widened_by
from semantic.services.reviewing.needs import loosened_words
from semantic.services.reviewing.readers import may_review
from semantic.services.reviewing.work import ReviewWork
from semantic.store.audit.log import Plain
from semantic.store.database import Transaction
from semantic.store.models.versions import (
    Files,
    Version,
    files_of,
    files_to_restore,
    read_head,
    read_running,
    read_versions,
    roll_back,
    was_live,
)
from semantic.store.people import subject_of


@dataclass(frozen=True, slots=True)
class ProposedRollBack:
    """A roll-back that a second person has to approve: the ID of its review, and the reason."""

    review: str
    why: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A prepared roll-back: its files, the version it replaces, and why a second person has to approve it, or ""."""

    files: Files
    over: Version
    why: str


def why_not_at_once(live: Live, number: int) -> str:
    """Return why a second person has to approve rolling back to a version, as a sentence, or "" if no one has to.

    Raises NotAllowed if the version was never in effect, ModelError, StoreFailed.
    """
    return _prepared(live, number).why


def roll_back_to(live: Live, actor: Actor, number: int, *, head: int, note: str) -> Version | ProposedRollBack:
    """Publish the files of version `number` again, or send them for review if a second person has to approve that.

    Raises the same errors as `roll_back`.
    """
    if not may_review(actor):
        raise NotAllowed("Only stewards and administrators can roll back.")
    ready = _prepared(live, number)
    if ready.why:
        return _propose(live, actor, number, ready, head=head, note=note)
    with live.store.read() as connection:
        over = [version for version in read_versions(connection) if number < version.number <= head]

    def step(transaction: Transaction, version: Version) -> Mapping[str, Plain]:
        me = subject_of(transaction, actor.id, actor.name)
        newest = {each.author: each.number for each in reversed(over)}  # one message for each author
        for author, theirs in newest.items():
            if author != me:
                details: dict[str, Plain] = {"title": f"version {theirs}", "kind": "person", "recipient": me}
                queue_notice(
                    transaction, live.keys, "rolled_back", f"version:{version.number}", transaction.now, author, details
                )
        return {}

    checks = (row_tests(live.workspace(), ready.files, actor),)
    version = roll_back(
        live.store, live.keys, number, head=head, over=ready.over.number, actor=actor, note=note, checks=checks,
        step=step,
    )  # fmt: skip
    live.take()
    return version


def _prepared(live: Live, number: int) -> _Ready:
    now = live.store.now()
    with live.store.read() as connection:
        if not was_live(connection, number, now):
            raise NotAllowed(
                f"Version {number} was never live, so this would be a new change. Make it in a draft, and publish that."
            )
        running = read_running(connection, now)
        if running is None:
            raise NotAllowed("No version of the model is live yet.")
        files, current = files_to_restore(connection, number, now), files_of(connection, running.number)
    before, after = model_of(current), model_of(files)
    widens = "It would let people see more than now." if widened_by(before, after) else ""
    loosens = loosened_words(loosened_by(live, before, after))
    return _Ready(files, running, " ".join(each for each in (widens, loosens) if each))


def _propose(live: Live, actor: Actor, number: int, ready: _Ready, *, head: int, note: str) -> ProposedRollBack:
    """Send a draft with the files of a version for review, unless there already is one."""
    work, title = ReviewWork(live, actor), f"Roll back to version {number}"
    with live.store.read() as connection:
        newest = read_head(connection)
    if newest is None or newest.number != head:
        raise ChangedMeanwhile("Someone has published another version. Nothing was rolled back. Check again.")
    if head != ready.over.number:
        raise NotAllowed(
            f"{ready.why} So this needs a second person, and it can't wait for one while version {head} is scheduled. "
            f"Roll back to version {ready.over.number} first, which withdraws version {head}."
        )
    for mine in work.mine():
        if mine.review.based_on == head and mine.review.digest == digest_of(ready.files):
            return ProposedRollBack(mine.review.id, ready.why)
    edits = start_edits(live, actor, newest, ready.files, note=note, name=title)
    return ProposedRollBack(work.send(edits, f"{title}: {note}" if note else title), ready.why)
