"""Let people unsubscribe through the link in a message, without signing in, and undo that.

Anyone with the link can use it. The link ends or restarts one delivery or alert for one recipient, and gives no other
access.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from semantic.errors import UnknownName
from semantic.services.alerts.work import watched_metric
from semantic.services.outbox.deliveries import can_open
from semantic.services.outbox.reader import NotNow, Reader, reader_of
from semantic.services.process import Live
from semantic.store.accounts.accounts import read_account
from semantic.store.alerts.alerts import StoredAlert, find_alert, join_alert_again, leave_alert
from semantic.store.alerts.runs import read_reader
from semantic.store.audit.log import SAMEPAGE
from semantic.store.outbox.deliveries import Delivery, find_delivery
from semantic.store.outbox.recipients import begin_recipient_again, end_recipient, find_recipient, has_groups
from semantic.store.outbox.sends import Recipient
from semantic.store.outbox.unsubscribe import read_unsubscribe

UNNAMED: Final = "this delivery"
UNNAMED_ALERT: Final = "this alert"


@dataclass(frozen=True, slots=True)
class Subscription:
    """The delivery or alert that an unsubscribe link is about.

    `title` is "this delivery" or "this alert" if its recipient can't see the content. Recipients who unsubscribed can
    undo that. Recipients that the owner removed can't.
    """

    title: str
    is_ended: bool
    may_undo: bool = field(default=True, compare=False)


def find_subscription(live: Live, token: str) -> Subscription | None:
    """Return the subscription that a link belongs to, without changing it. Raises StoreFailed.

    Returns None if the link isn't one of Samepage's, or if the delivery or alert was removed.
    """
    found = _find(live, token)
    if found is None:
        return None
    what, person = found
    recipient = Recipient(kind="person", id=person)
    reader = reader_of(live, recipient, live.store.now())
    if isinstance(what, StoredAlert):
        with live.store.read() as connection:
            has_left = read_reader(connection, what.id, recipient).ended_at is not None
        return Subscription(_alert_title(live, what, reader), has_left, has_left)
    with live.store.read() as connection:
        row = find_recipient(connection, live.keys, what.id, "person", person)
        is_removed = row is not None and row.ended_at is not None and not has_groups(connection, live.keys, what.id)
    title = what.title if isinstance(reader, Reader) and can_open(live, what, reader.actor) else UNNAMED
    has_unsubscribed = row is not None and row.has_unsubscribed
    return Subscription(title, has_unsubscribed or is_removed, has_unsubscribed)


def unsubscribe(live: Live, token: str) -> Subscription | None:
    """End a subscription. A second call has no effect. Raises StoreFailed.

    Returns the same as `find_subscription`.
    """
    found = _find(live, token)
    if found is None:
        return None
    what, person = found
    with live.store.write(recorded=False) as transaction:  # recorded if anything changes
        if isinstance(what, StoredAlert):
            leave_alert(transaction, live.keys, what.id, person, SAMEPAGE)
        else:
            end_recipient(transaction, live.keys, what, "person", person, SAMEPAGE)
    return find_subscription(live, token)


def subscribe_again(live: Live, token: str) -> Subscription | None:
    """Resume a subscription that its recipient has ended. Raises StoreFailed.

    Returns the same as `find_subscription`.
    """
    found = _find(live, token)
    if found is None:
        return None
    what, person = found
    with live.store.write(recorded=False) as transaction:  # as above
        if isinstance(what, StoredAlert):
            join_alert_again(transaction, live.keys, what.id, person, SAMEPAGE)
        else:
            begin_recipient_again(transaction, live.keys, what, "person", person, SAMEPAGE)
    return find_subscription(live, token)


def _find(live: Live, token: str) -> tuple[Delivery | StoredAlert, str] | None:
    wanted = read_unsubscribe(live.keys, token)
    if wanted is None:
        return None
    with live.store.read() as connection:
        find = find_delivery if wanted.noun == "delivery" else find_alert
        what = find(connection, live.keys, wanted.id)
        account = read_account(connection, live.keys, wanted.person)
    if what is None or what.removed_at is not None or account is None:
        return None
    return what, wanted.person


def _alert_title(live: Live, kept: StoredAlert, reader: Reader | NotNow) -> str:
    if not isinstance(reader, Reader):
        return UNNAMED_ALERT
    try:
        metric = watched_metric(kept.alert, live.workspace(), reader.actor)
    except UnknownName:
        return UNNAMED_ALERT
    return kept.alert.name or f"the alert on {metric.label}"
