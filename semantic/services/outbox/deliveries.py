"""Create and manage deliveries as one person, and see who received which messages.

Everyone can send to themselves. Marketers and above can also send to other people, to groups and to destinations. Each
recipient's own access determines the content of their message, so nothing here reads numbers. Owners see whether each
recipient got a message, but not its content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from semantic.errors import InvalidQuery, NotAllowed, UnknownBoard, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.schedules.schedule import Schedule, check_schedule, next_slot
from semantic.services.boards import BoardWork
from semantic.services.messages.conditions import UNMET
from semantic.services.outbox.receiving import SENDS_TO_OTHERS
from semantic.services.process import Live
from semantic.services.saved_questions import SavedWork
from semantic.store.audit.entries import find_subject
from semantic.store.database import Transaction
from semantic.store.destinations.destinations import find_destination
from semantic.store.outbox.deliveries import (
    DAMAGED,
    Delivery,
    NewDelivery,
    What,
    change_delivery,
    count_deliveries,
    make_delivery,
    pause_delivery,
    read_deliveries,
    remove_delivery,
    require_delivery,
    resume_delivery,
)
from semantic.store.outbox.recipients import (
    DeliveryRecipient,
    RecipientKind,
    add_recipient,
    begin_recipient_again,
    deliveries_to,
    end_recipient,
    read_recipients,
    remove_recipient,
)
from semantic.store.outbox.sends import AT_ONCE, NewSend, Recipient, Send, queue_send, read_sends
from semantic.store.people import read_names, subject_of

MOST_OF_ONE: Final = 50
MOST_RECIPIENTS: Final = 100
DIGEST_TITLE: Final = "Digest of what you follow"
JUDGED: Final = "Sent if its condition was met, which only this recipient can see"
NOT_YOURS: Final = "Only its owner can change this delivery."
ONLY_YOURSELF: Final = "You can send this only to yourself. Ask a marketer to send it to others."


@dataclass(frozen=True, slots=True)
class ChosenRecipient:
    """A recipient that someone chose: the ID of a person or destination, or the name of a group."""

    kind: RecipientKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """A delivery as one person sees it.

    `recipients` has all recipients if this person is the owner, and otherwise only their own row. `own` is that row, or
    None for a member of a group without a row of their own. `last` is the newest message to this person, or to anyone
    if this person is the owner and not a recipient. `is_receiving` means that this person currently receives messages.
    """

    delivery: Delivery
    is_mine: bool
    is_receiving: bool
    recipients: tuple[DeliveryRecipient, ...]
    own: DeliveryRecipient | None
    last: Send | None

    @property
    def is_for_me(self) -> bool:
        """Whether this person is a recipient, even if they have unsubscribed or been paused."""
        return self.is_receiving or (self.own is not None and self.own.ended_by != "owner")

    @property
    def why_paused(self) -> str:
        """Why this person gets no messages, or "" if they get them."""
        if not self.delivery.is_sealed:
            return DAMAGED
        if self.delivery.paused_at is not None:
            return self.delivery.why_paused or "Paused"
        return self.own.why_paused if self.own is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One message of a delivery. Only its recipient sees its receipts."""

    send: Send
    name: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class DeliveryWork:
    """The deliveries of `actor`, checked against the current model. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    # Finding and reading

    def mine(self) -> list[ListedDelivery]:
        """Return the deliveries that this person owns, sorted by title."""
        with self.live.store.read() as connection:
            subject = find_subject(connection, self.actor.id)
            deliveries = read_deliveries(connection, self.live.keys, owner=subject) if subject else []
        return self._listed(deliveries, subject or "")

    def for_me(self) -> list[ListedDelivery]:
        """Return the deliveries that this person receives or has unsubscribed from, sorted by title."""
        with self.live.store.read() as connection:
            subject = find_subject(connection, self.actor.id)
            if not subject:
                return []
            ids = deliveries_to(connection, subject, sorted(self.actor.groups))
            deliveries = read_deliveries(connection, self.live.keys, ids=ids)
        return [each for each in self._listed(deliveries, subject) if each.is_for_me]

    def of(self, what: What, about: str) -> list[ListedDelivery]:
        """Return a board's or question's deliveries that this person owns or receives, sorted by title."""
        with self.live.store.read() as connection:
            subject = find_subject(connection, self.actor.id) or ""
            deliveries = read_deliveries(connection, self.live.keys, about=(what, about))
        return [each for each in self._listed(deliveries, subject) if each.is_mine or each.is_for_me]

    def find(self, id_: str) -> ListedDelivery:
        """Return a delivery that this person owns or receives. Raises InvalidQuery for any other delivery."""
        with self.live.store.read() as connection:
            subject = find_subject(connection, self.actor.id) or ""
            delivery = require_delivery(connection, self.live.keys, id_)
        listed = next(iter(self._listed([delivery], subject)), None)
        if listed is None or not (listed.is_mine or listed.is_for_me):
            raise InvalidQuery("This delivery no longer exists. Reload the list.")
        return listed

    def history(self, id_: str, *, most: int = 200) -> list[HistoryRow]:
        """Return a delivery's messages that this person can know about, newest first. Raises InvalidQuery."""
        listed = self.find(id_)
        with self.live.store.read() as connection:
            subject = find_subject(connection, self.actor.id) or ""
            me = None if listed.is_mine else Recipient(kind="person", id=subject)
            sends = read_sends(connection, kind="delivery", about=id_, recipient=me, most=most)
        names = self._names(sends)
        rows: list[HistoryRow] = []
        for send in sends:
            is_mine = send.recipient == Recipient(kind="person", id=subject)
            shown = send if is_mine else _of_another(send, listed.delivery)
            rows.append(HistoryRow(send=shown, name=names.get(send.recipient, ""), is_mine=is_mine))
        return rows

    def _names(self, sends: Sequence[Send]) -> dict[Recipient, str]:
        recipients, names = {send.recipient for send in sends}, dict[Recipient, str]()
        with self.live.store.read() as connection:
            people = read_names(connection, [each.id for each in recipients if each.kind == "person"])
            for recipient in recipients:
                if recipient.kind == "person":
                    id_, name = people.get(recipient.id, ("", ""))
                    names[recipient] = Actor(id=id_, name=name).short_name
                else:
                    destination = find_destination(connection, recipient.id)
                    names[recipient] = destination.name if destination is not None else ""
        return names

    def _listed(self, deliveries: Sequence[Delivery], subject: str) -> list[ListedDelivery]:
        if self.actor.viewed_by is not None:  # private boards and questions have no name while viewing as someone
            deliveries = [each for each in deliveries if can_open(self.live, each, self.actor)]
        with self.live.store.read() as connection:
            rows = read_recipients(connection, self.live.keys, [delivery.id for delivery in deliveries])
            by_delivery: dict[str, list[DeliveryRecipient]] = {}
            for row in rows:
                by_delivery.setdefault(row.delivery, []).append(row)
            listed: list[ListedDelivery] = []
            for delivery in deliveries:
                theirs = by_delivery.get(delivery.id, [])
                is_mine = bool(subject) and delivery.owner == subject
                own = next((row for row in theirs if row.kind == "person" and row.id == subject), None)
                is_receiving = _is_receiving(theirs, own, self.actor)
                me = Recipient(kind="person", id=subject) if is_receiving or not is_mine else None
                last = read_sends(connection, kind="delivery", about=delivery.id, recipient=me, most=1)
                if me is None:
                    last = [_of_another(send, delivery) for send in last]
                shown = theirs if is_mine else [row for row in theirs if row is own]
                each = ListedDelivery(
                    delivery=delivery, is_mine=is_mine, is_receiving=is_receiving, recipients=tuple(shown), own=own,
                    last=next(iter(last), None),
                )  # fmt: skip
                listed.append(each)
        return listed

    # Making and changing

    def make(self, wanted: NewDelivery, recipients: Sequence[ChosenRecipient]) -> Delivery:
        """Create a delivery, and return it. The default title is that of the board or question.

        Raises NotAllowed, InvalidQuery, UnknownBoard, UnknownQuestion.
        """
        self._check_may_change()
        wanted, slot = self.checked(wanted), self._first_slot(wanted)
        chosen = self._checked_recipients(wanted, recipients)
        with self.live.store.write() as transaction:
            subject = subject_of(transaction, self.actor.id, self.actor.name)
            if count_deliveries(transaction.connection, subject) >= MOST_OF_ONE:
                raise NotAllowed(f"You have {MOST_OF_ONE} deliveries, which is the limit. Remove one first.")
            if wanted.what == "digest" and self._has_digest(transaction, subject):
                raise NotAllowed("You already get the digest. Change it under My subscriptions.")
            delivery = make_delivery(transaction, self.live.keys, wanted, self.actor, next_at=slot)
            for each in chosen:
                self._add(transaction, delivery, each)
        return delivery

    def subscribe(self, wanted: NewDelivery) -> Delivery:
        """Create a delivery for this person only. Raises the same errors as `make`."""
        return self.make(wanted, [ChosenRecipient("person", self.actor.id)])

    def change(
        self, id_: str, wanted: NewDelivery, recipients: Sequence[ChosenRecipient] | None = None, *, revision: int
    ) -> Delivery:
        """Change what a delivery sends, when, and who receives it. If `recipients` is None, they stay the same.

        Recipients who have unsubscribed stay unsubscribed. Raises the same errors as `make`, and ChangedMeanwhile.
        """
        self._check_may_change()
        wanted, slot = self.checked(wanted), self._first_slot(wanted)
        chosen = self._checked_recipients(wanted, recipients) if recipients is not None else None
        with self.live.store.write() as transaction:
            delivery = self._own(transaction, id_, revision)
            if (delivery.what, delivery.about) != (wanted.what, wanted.about):
                raise InvalidQuery("You can't change which board or question a delivery sends. Create a new delivery.")
            changed = change_delivery(transaction, self.live.keys, delivery, wanted, self.actor, next_at=slot)
            if chosen is not None:
                self._replace_recipients(transaction, changed, chosen)
        return changed

    def pause(self, id_: str, *, revision: int) -> None:
        """Pause a delivery for everyone. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        self._check_may_change()
        with self.live.store.write() as transaction:
            pause_delivery(transaction, self.live.keys, self._own(transaction, id_, revision), self.actor)

    def resume(self, id_: str, *, revision: int) -> None:
        """Resume a delivery, starting with its next slot. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        self._check_may_change()
        with self.live.store.write() as transaction:
            delivery = self._own(transaction, id_, revision)
            slot = next_slot(Schedule(cron=delivery.cron, zone=delivery.zone), transaction.now)
            resume_delivery(transaction, self.live.keys, delivery, self.actor, next_at=slot)

    def remove(self, id_: str, *, revision: int) -> None:
        """Remove a delivery permanently. Administrators can remove anyone's. Raises the same errors as `pause`."""
        self._check_may_change()
        with self.live.store.write() as transaction:
            delivery = self._own(transaction, id_, revision, or_administrator=True)
            remove_delivery(transaction, self.live.keys, delivery, self.actor)

    def add(self, id_: str, chosen: ChosenRecipient) -> None:
        """Add a recipient to a delivery. Raises NotAllowed, InvalidQuery."""
        self._check_may_change()
        with self.live.store.write() as transaction:
            delivery = self._own(transaction, id_)
            self._checked_recipients(delivery, [chosen])
            rows = read_recipients(transaction.connection, self.live.keys, [id_])
            if sum(row.is_receiving for row in rows) >= MOST_RECIPIENTS:
                raise NotAllowed(_TOO_MANY)
            self._add(transaction, delivery, chosen)
            transaction.is_recorded = True  # adding a recipient again changes nothing

    def drop(self, recipient: DeliveryRecipient) -> None:
        """Remove a recipient from a delivery. Raises NotAllowed, InvalidQuery."""
        self._check_may_change()
        with self.live.store.write() as transaction:
            delivery = self._own(transaction, recipient.delivery)
            keys, name = self.live.keys, recipient.name
            remove_recipient(transaction, keys, delivery, recipient.kind, recipient.id, name, self.actor)
            transaction.is_recorded = True  # as above

    # A recipient's own part

    def unsubscribe(self, id_: str) -> None:
        """Unsubscribe this person from a delivery, no matter who owns it. Raises InvalidQuery, NotAllowed."""
        self._check_may_change()
        listed = self.find(id_)
        with self.live.store.write() as transaction:
            subject = subject_of(transaction, self.actor.id, self.actor.name)
            end_recipient(transaction, self.live.keys, listed.delivery, "person", subject, self.actor)
            transaction.is_recorded = True  # someone who has already unsubscribed stays unsubscribed

    def subscribe_again(self, id_: str) -> None:
        """Subscribe this person again after they unsubscribed or were paused. Raises InvalidQuery, NotAllowed."""
        self._check_may_change()
        listed = self.find(id_)
        with self.live.store.write() as transaction:
            subject = subject_of(transaction, self.actor.id, self.actor.name)
            begin_recipient_again(transaction, self.live.keys, listed.delivery, "person", subject, self.actor)
            transaction.is_recorded = True  # as above

    def send_now(self, id_: str) -> None:
        """Queue one message of a delivery to this person only, even if its condition isn't met.

        Its slot is the current minute, so clicking twice sends only one message. The message counts towards the daily
        limit. Raises InvalidQuery, NotAllowed.
        """
        self._check_may_change()
        listed = self.find(id_)
        if not listed.is_receiving or not listed.delivery.is_active:
            raise InvalidQuery("You aren't receiving this delivery. Subscribe to it again or resume it first.")
        with self.live.store.write(recorded=False) as transaction:  # only this person gets the message
            me = Recipient(kind="person", id=subject_of(transaction, self.actor.id, self.actor.name))
            minute = transaction.now.replace(second=0, microsecond=0)
            queue_send(
                transaction,
                NewSend(kind="delivery", about=id_, slot=minute, recipient=me, details={AT_ONCE: True}),
            )

    # Checks

    def _check_may_change(self) -> None:
        if self.actor.kind != "person" or self.actor.viewed_by is not None or self.actor.for_person is not None:
            raise NotAllowed("Only people signed in as themselves can change deliveries.")

    def _own(
        self, transaction: Transaction, id_: str, revision: int | None = None, *, or_administrator: bool = False
    ) -> Delivery:
        """Return a delivery that this person owns. Raises NotAllowed.

        With a `revision`, saving the delivery fails if someone has changed it since that revision.
        """
        delivery = require_delivery(transaction.connection, self.live.keys, id_)
        is_mine = delivery.owner == find_subject(transaction.connection, self.actor.id)
        if not is_mine and not (or_administrator and self.actor.is_at_least("administrator")):
            raise NotAllowed(NOT_YOURS)
        return delivery if revision is None else replace(delivery, revision=revision)

    def checked(self, wanted: NewDelivery) -> NewDelivery:
        """Return a delivery with its title filled in, after checking that this person can open its content.

        Raises UnknownBoard, UnknownQuestion.
        """
        check_schedule(Schedule(cron=wanted.cron, zone=wanted.zone))
        store, keys, workspace = self.live.store, self.live.keys, self.live.workspace()
        title = wanted.title
        match wanted.what:
            case "board":
                head = BoardWork(store, keys, workspace, self.actor).open(wanted.about).head
                if head.is_archived:
                    raise InvalidQuery("This board is archived. Restore it before you send it.")
                title = title or head.title
            case "question":
                title = title or SavedWork(store, keys, workspace, self.actor).open(wanted.about).head.name
            case "digest":
                if wanted.about or wanted.attached or wanted.condition != "always":
                    raise InvalidQuery("The digest has no files and no condition.")
                title = title or DIGEST_TITLE
        return replace(wanted, title=title)

    def _first_slot(self, wanted: NewDelivery) -> datetime:
        return next_slot(Schedule(cron=wanted.cron, zone=wanted.zone), self.live.store.now())

    def _checked_recipients(
        self, wanted: NewDelivery | Delivery, recipients: Sequence[ChosenRecipient]
    ) -> list[ChosenRecipient]:
        chosen = list(dict.fromkeys(recipients))
        myself = ChosenRecipient("person", self.actor.id)
        if not chosen:
            raise InvalidQuery("Choose at least one recipient.")
        if len(chosen) > MOST_RECIPIENTS:
            raise NotAllowed(_TOO_MANY)
        if any(each != myself for each in chosen):
            if not self.actor.is_at_least(SENDS_TO_OTHERS):
                raise NotAllowed(ONLY_YOURSELF)
            if wanted.what == "digest":
                raise InvalidQuery("The digest covers what you follow yourself, so it's sent only to you.")
        return chosen

    def _add(self, transaction: Transaction, delivery: Delivery, chosen: ChosenRecipient) -> None:
        id_, name = self._known(transaction, chosen)
        add_recipient(transaction, self.live.keys, delivery, chosen.kind, id_, name, self.actor)

    def _known(self, transaction: Transaction, chosen: ChosenRecipient) -> tuple[str, str]:
        """Return a recipient's number or ID in the store, and their name.

        Raises InvalidQuery for an unknown recipient.
        """
        match chosen.kind:
            case "person":
                person = self.live.people().get(chosen.id)
                if person is None:
                    raise InvalidQuery("Only people who can sign in can receive this. Choose someone from the list.")
                return subject_of(transaction, person.id, person.name), person.short_name
            case "group":
                if chosen.id not in self.groups():
                    raise InvalidQuery(f"There is no group named {chosen.id!r}. Choose one from the list.")
                return chosen.id, chosen.id
            case "destination":
                destination = find_destination(transaction.connection, chosen.id)
                if destination is None or destination.ended_at is not None:
                    raise InvalidQuery("This destination was removed. Choose another one.")
                return destination.id, destination.name

    def groups(self) -> tuple[str, ...]:
        """Return the groups that can receive deliveries, sorted: those that policies name or that people belong to."""
        named = {group for policy in self.live.workspace().model.policies for group in policy.groups}
        return tuple(sorted(named | {group for person in self.live.people().values() for group in person.groups}))

    def _replace_recipients(
        self, transaction: Transaction, delivery: Delivery, chosen: Sequence[ChosenRecipient]
    ) -> None:
        wanted = {(each.kind, self._known(transaction, each)[0]): each for each in chosen}
        rows = read_recipients(transaction.connection, self.live.keys, [delivery.id])
        for row in rows:
            if row.is_receiving and (row.kind, row.id) not in wanted:
                remove_recipient(transaction, self.live.keys, delivery, row.kind, row.id, row.name, self.actor)
        kept = {(row.kind, row.id) for row in rows if row.has_unsubscribed or row.paused_at is not None}
        for key, each in wanted.items():
            if key not in kept:
                self._add(transaction, delivery, each)

    def _has_digest(self, transaction: Transaction, subject: str) -> bool:
        deliveries = read_deliveries(transaction.connection, self.live.keys, owner=subject)
        return any(delivery.what == "digest" for delivery in deliveries)


_TOO_MANY: Final = f"A delivery can have at most {MOST_RECIPIENTS} recipients. Use a group instead."


def _is_receiving(rows: Sequence[DeliveryRecipient], own: DeliveryRecipient | None, actor: Actor) -> bool:
    if own is not None and own.is_kept_out:
        return False
    if own is not None and own.is_receiving:
        return True
    return any(row.kind == "group" and row.is_receiving and row.id in actor.groups for row in rows)


def _of_another(send: Send, delivery: Delivery) -> Send:
    """Return another person's message as the delivery's owner can see it: without receipts.

    The outcome of a condition is removed too. With targets and filters of their choice, owners could use it to find out
    numbers that only the recipient can see.
    """
    is_judged = send.state in ("handed_over", "rendered") or (send.state == "skipped" and send.why in UNMET)
    if delivery.condition == "always" or not is_judged:
        return replace(send, receipts=())
    return replace(send, receipts=(), state="skipped", why=JUDGED, answer="", rendered_at=None)


def can_open(live: Live, delivery: Delivery, actor: Actor) -> bool:
    """Whether someone can open the content of a delivery. Raises StoreFailed."""
    workspace = live.workspace()
    try:
        match delivery.what:
            case "board":
                BoardWork(live.store, live.keys, workspace, actor).open(delivery.about)
            case "question":
                SavedWork(live.store, live.keys, workspace, actor).open(delivery.about)
            case "digest":
                return True
    except (UnknownBoard, UnknownQuestion, InvalidQuery, NotAllowed):
        return False
    return True
