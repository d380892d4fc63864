"""Sending: each recipient gets their own message once, a failure affects only one recipient, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from semantic.errors import HandOverFailed, Unavailable
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.outbox.reader import GONE, Reader
from semantic.services.outbox.receiving import NO_ACCESS
from semantic.services.outbox.sending import LIMIT, MOST_PER_DAY, NOT_RUNNING, OWNER_GONE, Sends
from semantic.services.process import Live
from semantic.store.outbox.sends import KEPT, NewSend, Recipient, Send, claim_send, queue_send
from tests.semantic.services.outbox.outbox_world import Got, World, read_mail, write_to_reader
from tests.semantic.transport.test_smtp import Postbox, serving


class Choosy(Postbox):
    """A mail server that refuses some recipients, each with its own response."""

    refuses: dict[str, str]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's names)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        return await super().handle_RCPT(server, session, envelope, address, options)

    @property
    def mails(self) -> list[Got]:
        mails = [read_mail(each.rcpt_tos[0], each.content) for each in self.got if isinstance(each.content, bytes)]
        return sorted(mails, key=lambda mail: mail.to)


def choosy(**refuses: str) -> Choosy:
    postbox = Choosy()
    postbox.refuses = {f"{name}@demo.example": answer for name, answer in refuses.items()}
    return postbox


def test_one_refused_address_of_three_leaves_the_others_with_exactly_one_mail(world: World) -> None:
    world.make("steward", "dora", "vera", "zeno")
    postbox = choosy(vera="550 5.1.1 No such user")
    with serving(postbox) as world.server:
        world.next_day()
        world.clock.move(minutes=31)
        world.send()
        world.queue()
        world.send()
    assert [(mail.to, mail.text) for mail in postbox.mails if mail.to != "steward@demo.example"] == [
        ("dora@demo.example", "For dora"),
        ("zeno@demo.example", "For zeno"),
    ]
    assert world.states() == {"dora": "handed_over", "vera": "failed", "zeno": "handed_over"}
    (failed,) = world.sends(kind="delivery", state="failed")
    assert (failed.attempts, failed.why) == (1, "The mail server refused the recipient: 550 5.1.1 No such user")
    (notice,) = [mail for mail in postbox.mails if mail.to == "steward@demo.example"]
    assert "Shop couldn't be sent to Vera" in notice.text
    assert "550 5.1.1 No such user" in notice.text


def test_a_message_is_tried_after_1_5_and_30_minutes_with_one_message_id(world: World) -> None:
    world.make("steward", "dora")
    postbox = choosy(dora="451 4.3.0 Later")
    times: list[int] = []
    with serving(postbox) as world.server:
        world.next_day()
        began = world.clock()
        for _ in range(40):
            (send,) = world.sends(kind="delivery")
            if send.due_at is None:
                break
            times.append(round((send.due_at - began).total_seconds() / 60))
            assert world.send() == send.due_at  # not due yet: nothing happens
            world.clock.at = send.due_at
            world.send()
    (send,) = world.sends(kind="delivery")
    assert times == [1, 6, 36]
    assert (send.state, send.attempts) == ("failed", 4)
    assert send.why == "The mail server refused the recipient: 451 4.3.0 Later. Tried 4 times"
    assert [mail.to for mail in postbox.mails] == ["steward@demo.example"]
    assert "Shop couldn't be sent to Dora" in postbox.mails[0].text
    assert send.message_id == f"<{send.number}@localhost>"


def test_a_message_that_arrives_later_keeps_its_message_id(world: World) -> None:
    world.make("steward", "dora")
    postbox = choosy(dora="451 4.3.0 Later")
    with serving(postbox) as world.server:
        world.next_day()
        (before,) = world.sends(kind="delivery")
        postbox.refuses = {}
        world.clock.move(minutes=1)
        world.send()
    (after,) = world.sends(kind="delivery")
    assert (after.state, after.why, after.answer) == ("handed_over", "", "250 2.0.0 Queued as 4F7A")
    assert [mail.message_id for mail in postbox.mails] == [before.message_id] == [after.message_id]


def test_the_owner_is_notified_once_until_a_message_arrives_again(world: World) -> None:
    world.make("steward", "dora")
    postbox = choosy(dora="550 No")
    with serving(postbox) as world.server:
        for _ in range(3):
            world.next_day()
        assert len(world.sends(kind="notice")) == 1
        postbox.refuses = {}
        world.next_day()
        postbox.refuses = {"dora@demo.example": "550 No"}
        world.next_day()
    assert [send.state for send in world.sends(kind="delivery")] == ["failed", "handed_over", *["failed"] * 3]
    assert len(world.sends(kind="notice")) == 2


def test_each_slot_is_queued_once_however_many_workers_check(world_on_each: World) -> None:
    world = world_on_each
    world.make("steward", "dora", "vera")
    world.clock.move(hours=20)
    for _ in range(3):
        world.queue()
    assert len(world.sends(kind="delivery")) == 2
    world.send()
    world.queue()
    assert world.states() == {"dora": "handed_over", "vera": "handed_over"}
    assert len(world.sends(kind="delivery")) == 2


def test_a_slot_is_sent_in_the_turn_in_which_it_is_due(world: World) -> None:
    delivery, slot = world.make("steward", "dora"), datetime(2026, 9, 2, 8, tzinfo=UTC)
    assert delivery.next_at == slot
    assert world.queue() == slot
    assert world.sends() == []
    world.clock.at = slot
    assert world.queue() == slot + timedelta(days=1)
    assert [send.slot for send in world.sends()] == [slot]
    world.send()
    assert world.handed == [("Dora", "For dora")]


def test_a_delayed_worker_sends_the_newest_slot_late_and_records_the_others(world: World) -> None:
    world.make("steward", "dora")
    world.clock.at = datetime(2026, 9, 5, 9, 0, 1, tzinfo=UTC)  # the slots of 2, 3, 4 and 5 September at 08:00
    world.queue()
    world.send()
    assert [(send.slot.day, send.state, send.why) for send in world.sends()] == [
        (5, "handed_over", ""),
        (4, "skipped", NOT_RUNNING),
        (3, "skipped", NOT_RUNNING),
        (2, "skipped", NOT_RUNNING),
    ]
    assert world.handed == [("Dora", "For dora late=True")]


def test_a_slot_up_to_an_hour_late_is_not_called_late(world: World) -> None:
    world.make("steward", "dora")
    world.clock.at = datetime(2026, 9, 2, 9, tzinfo=UTC)
    world.queue()
    world.send()
    assert world.handed == [("Dora", "For dora")]


def test_a_person_deactivated_after_queueing_gets_nothing(world: World) -> None:
    world.make("steward", "dora", "vera")
    world.clock.move(hours=20)
    world.queue()
    world.deactivate("dora")
    world.send()
    assert world.handed == [("Vera", "For vera")]
    assert [send.why for send in world.sends(kind="delivery", state="skipped")] == [GONE]
    world.next_day()
    assert [name for name, _ in world.handed] == ["Vera", "Vera"]


def test_a_delivery_whose_owner_is_deactivated_pauses(world: World) -> None:
    delivery = world.make("vera", "dora")
    world.deactivate("vera")
    world.next_day()
    assert world.handed == []
    paused = world.again(delivery)
    assert (paused.why_paused, paused.next_at, paused.is_sealed) == (OWNER_GONE, None, True)


def test_groups_are_read_at_each_slot(world: World) -> None:
    delivery = world.make("steward", ChosenRecipient("group", "own_channels"), "both")
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Both", "Finn", "Nick"]  # Both is in the group too, but once
    world.handed.clear()
    world.work("nick").unsubscribe(delivery.id)
    world.deactivate("finn")
    world.next_day()
    assert [name for name, _ in world.handed] == ["Both"]
    world.handed.clear()
    world.work("nick").subscribe_again(delivery.id)
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Both", "Nick"]


def test_someone_who_leaves_a_group_gets_nothing_that_was_queued(world: World) -> None:
    world.make("steward", ChosenRecipient("group", "own_channels"))
    world.clock.move(hours=20)
    world.queue()
    workspace = world.live.workspace()
    people = {**workspace.people, "nick": replace(workspace.people["nick"], groups=frozenset())}
    workspace.people = people  # as a new version of the model would
    world.send()
    assert sorted(name for name, _ in world.handed) == ["Both", "Finn"]
    assert [send.why for send in world.sends(state="skipped")] == ["No longer a recipient"]


def test_messages_are_not_sent_after_unsubscribing_pausing_or_removal(world: World) -> None:
    first, second, third = (world.make("steward", "dora") for _ in range(3))
    world.clock.move(hours=20)
    world.queue()
    world.work("dora").unsubscribe(first.id)
    world.work("steward").pause(second.id, revision=second.revision)
    world.work("steward").remove(third.id, revision=third.revision)
    world.send()
    assert world.handed == []
    whys = {send.about: send.why for send in world.sends()}
    assert whys == {
        first.id: "Unsubscribed", second.id: "This delivery is paused", third.id: "This delivery was removed"
    }  # fmt: skip


def test_a_skipped_message_says_why_and_the_next_slot_is_tried(world: World) -> None:
    world.make("steward", "dora")
    world.compose = lambda send, reader, live: Skipped("Nothing changed notably")
    world.next_day()
    world.compose = write_to_reader
    world.next_day()
    assert [(send.state, send.why) for send in world.sends()] == [
        ("handed_over", ""), ("skipped", "Nothing changed notably")
    ]  # fmt: skip


def test_lost_access_pauses_that_recipient_and_notifies_the_owner_once(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")

    def compose(send: Send, reader: Reader, live: Live) -> object:
        lost = Skipped("Not available", lost="Net revenue")
        return lost if reader.actor.id == "dora" else write_to_reader(send, reader, live)

    world.compose = compose  # pyright: ignore[reportAttributeAccessIssue]
    world.next_day()
    world.next_day()
    notice = ("Steward", "Shop is paused for Dora")
    assert sorted(world.handed) == [notice, ("Vera", "For vera"), ("Vera", "For vera")]
    (dora,) = world.work("dora").for_me()
    assert dora.why_paused == "Paused: you no longer have access to Net revenue"
    (skipped,) = world.sends(state="skipped")
    assert skipped.why == NO_ACCESS  # the owner sees this one, without the name
    world.compose = write_to_reader
    world.work("dora").subscribe_again(delivery.id)
    world.next_day()
    assert world.states() == {"dora": "handed_over", "vera": "handed_over"}


def test_an_engine_that_fails_is_tried_again_without_its_words_in_the_history(world: World) -> None:
    world.make("steward", "dora")

    def compose(send: Send, reader: Reader, live: Live) -> Skipped:
        raise Unavailable("secret_margin can't be read")

    world.compose = compose
    world.next_day()
    (send,) = world.sends()
    assert (send.state, send.attempts) == ("due", 1)
    assert send.why == "Samepage couldn't prepare this message: the data couldn't be read"
    world.compose = write_to_reader
    world.clock.move(minutes=1)
    world.send()
    assert world.handed == [("Dora", "For dora")]


def test_a_bug_in_one_message_leaves_the_others(world: World) -> None:
    world.make("steward", "dora", "vera")

    def compose(send: Send, reader: Reader, live: Live) -> object:
        if reader.actor.id == "dora":
            raise ZeroDivisionError
        return write_to_reader(send, reader, live)

    world.compose = compose  # pyright: ignore[reportAttributeAccessIssue]
    world.next_day()
    assert world.states() == {"dora": "due", "vera": "handed_over"}


def test_no_one_gets_more_than_the_daily_limit(world: World) -> None:
    dora = Recipient(kind="person", id=world.subject("dora"))
    with world.live.store.write(recorded=False) as transaction:
        for number in range(MOST_PER_DAY + 2):
            queue_send(transaction, NewSend(kind="alert", about=str(number), slot=world.clock(), recipient=dora))
    world.send()
    assert len(world.handed) == MOST_PER_DAY
    assert [send.why for send in world.sends(state="skipped", most=500)] == [LIMIT, LIMIT]
    world.clock.move(days=1, seconds=1)
    with world.live.store.write(recorded=False) as transaction:
        queue_send(transaction, NewSend(kind="alert", about="next", slot=world.clock(), recipient=dora))
    world.send()
    assert len(world.handed) == MOST_PER_DAY + 1


def test_a_worker_that_stops_releases_the_messages_it_has_not_sent(world: World) -> None:
    world.make("steward", "dora")
    world.clock.move(hours=20)
    world.queue()
    sends = Sends(world.live, world._hand_over, world._composer_of)  # pyright: ignore[reportPrivateUsage]
    with world.live.store.write(recorded=False) as transaction:
        send = claim_send(transaction, "stopping", timedelta(minutes=5))
    assert send is not None
    sends.send_one(send, "stopping", is_stopping=lambda: True)
    assert world.handed == []
    world.send()
    assert world.handed == [("Dora", "For dora")]


def test_a_lost_reply_is_not_recorded_by_a_worker_without_the_lease(world: World) -> None:
    """Both workers send it, with the same Message-ID. The worker with the lease records the result."""
    world.make("steward", "dora")
    world.clock.move(hours=20)
    world.queue()
    ids: list[str] = []

    def slow(live: Live, send: Send, reader: Reader, message: object, *, unsubscribe: str = "") -> str:
        ids.append(send.message_id)
        if len(ids) == 1:
            world.clock.move(minutes=11)  # the lease is over, and another worker begins
            Sends(world.live, slow, world._composer_of).run(world.turn())  # pyright: ignore[reportPrivateUsage]
        return f"250 answer {len(ids)}"

    Sends(world.live, slow, world._composer_of).run(world.turn())  # pyright: ignore[reportPrivateUsage]
    (send,) = world.sends()
    assert (len(ids), len(set(ids))) == (2, 1)
    assert (send.state, send.answer) == ("handed_over", "250 answer 2")


def test_every_mail_has_a_link_that_unsubscribes_its_recipient_only(world: World) -> None:
    world.make("steward", "dora", "vera")
    postbox = choosy()
    with serving(postbox) as world.server:
        world.next_day()
    links = [mail.unsubscribe for mail in postbox.mails]
    assert len(set(links)) == 2
    assert all(link.startswith("http://localhost:8501/unsubscribe/delivery.") for link in links)


def test_the_history_is_kept_for_400_days(world: World) -> None:
    world.make("steward", "dora")
    world.next_day()
    (first,) = world.sends()
    world.clock.at += KEPT
    world.forget()
    assert world.sends() == [first]
    world.clock.move(seconds=1)
    world.forget()
    assert world.sends() == []


def test_an_owner_who_becomes_a_viewer_still_gets_their_own_messages(world: World) -> None:
    world.make("dora", "dora", "vera")
    workspace = world.live.workspace()
    viewer = replace(workspace.people["dora"], roles=frozenset({"viewer"}))
    workspace.people = {**workspace.people, "dora": viewer}
    world.next_day()
    assert world.handed == [("Dora", "For dora")]


@pytest.mark.parametrize("why", ["The destination answered 404", ""])
def test_a_final_refusal_fails_at_once(world: World, why: str) -> None:
    world.make("steward", "dora")
    world.clock.move(hours=20)
    world.queue()

    def refuse(live: Live, send: Send, reader: Reader, message: object, *, unsubscribe: str = "") -> str:
        raise HandOverFailed(why, is_final=True)

    Sends(world.live, refuse, world._composer_of).run(world.turn())  # pyright: ignore[reportPrivateUsage]
    (send,) = world.sends(kind="delivery")
    assert (send.state, send.why, send.due_at) == ("failed", why, None)
