"""Roll back to a version that was live before: an emergency act of one steward, effective at once.

The authors of what is no longer live get a message.
"""

from __future__ import annotations

from collections.abc import Mapping

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.services.outbox.notices import queue_notice
from semantic.services.process import Live, row_tests
from semantic.store.audit.log import Plain
from semantic.store.database import Transaction
from semantic.store.models.versions import Version, files_of, read_versions, roll_back, was_live
from semantic.store.people import subject_of


def roll_back_to(live: Live, actor: Actor, number: int, *, head: int, note: str) -> Version:
    """Publish the files of version `number` again. Raises as `roll_back`."""
    with live.store.read() as connection:
        if not was_live(connection, number, live.store.now()):
            raise NotAllowed(
                f"Version {number} was never live, so this would be a new change. Make it in a draft, and publish that."
            )
        files = files_of(connection, number)
        over = [version for version in read_versions(connection) if number < version.number <= head]

    def step(transaction: Transaction, version: Version) -> Mapping[str, Plain]:
        me = subject_of(transaction, actor.id, actor.name)
        newest = {each.author: each.number for each in reversed(over)}  # one message for each author
        for author, theirs in newest.items():
            if author != me:
                said: dict[str, Plain] = {"title": f"version {theirs}", "kind": "person", "recipient": me}
                queue_notice(
                    transaction, live.keys, "rolled_back", f"version:{version.number}", transaction.now, author, said
                )
        return {}

    checks = (row_tests(live.workspace(), files, actor),)
    version = roll_back(live.store, live.keys, number, head=head, actor=actor, note=note, checks=checks, step=step)
    live.take()
    return version
