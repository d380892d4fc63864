"""Erase a person from the store: their name, key, settings and sign-ins. The audit log records the erasure."""

from __future__ import annotations

from sqlalchemy import delete

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.accounts.follows import forget_follows
from semantic.store.accounts.settings import SETTINGS
from semantic.store.accounts.sign_ins import end_all
from semantic.store.agents.agents import forget_agents
from semantic.store.agents.proposals import forget_proposals
from semantic.store.agents.transcripts import forget_calls
from semantic.store.alerts.runs import forget_reader
from semantic.store.audit.entries import require_subject
from semantic.store.audit.log import Act, record
from semantic.store.boards.favourites import forget_favourite_boards
from semantic.store.boards.states import forget_states
from semantic.store.boards.viewers import forget_viewer
from semantic.store.database import Store
from semantic.store.destinations.mailbox import forget_messages
from semantic.store.keys import Keys
from semantic.store.outbox.recipients import forget_recipient
from semantic.store.people import erase_person
from semantic.store.questions.conversations import forget_conversations
from semantic.store.questions.favourites import forget_favourites
from semantic.store.questions.recents import forget_recents
from semantic.store.requests.people import forget_requester
from semantic.store.uploads.uploads import require_no_uploads


def erase(store: Store, person: str, actor: Actor, keys: Keys) -> str:
    """Erase the person with this ID, and return the number by which the store refers to them.

    This can't be undone. Everything that the person created stays, without a name. Backups and exported files aren't
    affected. Raises InvalidQuery for people who aren't in the store or own uploads, and for erasing yourself.
    """
    if person == actor.id:
        raise InvalidQuery(
            "You can't erase yourself, because the log entry about it would name you again. Ask another administrator."
        )
    with store.write() as transaction:
        subject = require_subject(transaction.connection, person)
        require_no_uploads(transaction.connection, subject)
        end_all(transaction, subject, "erased")
        erase_person(transaction, person, keys)
        for forget in (
            forget_states, forget_follows, forget_favourites, forget_favourite_boards, forget_recents, forget_messages,
            forget_recipient, forget_requester, forget_proposals, forget_calls, forget_conversations,
        ):  # fmt: skip
            forget(transaction, subject)
        forget_viewer(transaction, subject, keys)
        forget_reader(transaction, subject)
        forget_agents(transaction, keys, subject)
        transaction.connection.execute(delete(SETTINGS).where(SETTINGS.c.subject == subject))
        record(transaction, Act(kind="person.erased", actor=actor, about=f"person:{subject}"), keys)
    return subject
