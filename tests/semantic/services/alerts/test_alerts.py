"""Alerts over a company whose last day is broken in one market: who is notified, what they read, and who isn't
notified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from semantic.alerts.alert import Alert, Changed, CheckFailed, DataLate, OutsideUsual, Threshold
from semantic.annotations.remarks import Remark
from semantic.display.messages.message import Message
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownName
from semantic.model.definitions import Granularity
from semantic.query.query import Condition, Operator
from semantic.services.alerts.listing import alerts_now
from semantic.services.alerts.message import OTHER_ACCESS, compose_alert
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, reader_of
from semantic.store.alerts.alerts import ALERTS, AlertRecipient, StoredAlert, find_alert
from semantic.store.alerts.runs import ALERT_RUNS
from semantic.store.destinations.destinations import NewDestination, add_destination, end_destination
from semantic.store.outbox.sends import Send
from semantic.store.outbox.unsubscribe import unsubscribe_link
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.services.alerts.alerts_world import (
    BROKEN,
    DROP,
    LATE,
    TODAY,
    World,
    alerts_world,
)
from tests.semantic.store.stores import address, kinds

IN_DE = Condition("market", Operator.IN, ("DE",))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with alerts_world(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        yield opened


@pytest.fixture
def late(tmp_path: Path) -> Iterator[World]:
    with alerts_world(str(tmp_path / "store.sqlite"), tmp_path, LATE) as opened:
        yield opened


def compose(world: World, send: Send) -> Message | Skipped:
    reader = reader_of(world.live, send.recipient, world.live.store.now())
    assert isinstance(reader, Reader)
    return compose_alert(send, reader, world.live)


def _of(sends: Sequence[Send], run: str) -> Send:
    return next(send for send in sends if send.about == run)


def told(world: World, name: str) -> Message:
    (send,) = world.sends()[name]
    message = compose(world, send)
    assert isinstance(message, Message), message
    return message


# Who is notified


def test_each_recipient_is_notified_about_their_own_rows(world: World) -> None:
    """Ana sees both markets: 400 + 1,000. Dora sees DE: 400. Fred sees FR, where nothing happened."""
    world.make("ana", "ana", "dora", "fred")
    world.judge()
    assert {
        name: (run.outcome, run.judgement.value) for name in ("ana", "dora", "fred") for run in world.runs(name)
    } == {
        "ana": ("fired", 1_400.0),
        "dora": ("fired", 400.0),
        "fred": ("normal", 1_000.0),
    }
    assert {name: len(sends) for name, sends in world.sends().items()} == {"ana": 1, "dora": 1}
    assert "€400 on 28 Aug 2026, below the expected" in told(world, "dora").headline
    assert "€1.40K on 28 Aug 2026, below the expected" in told(world, "ana").headline


def test_no_message_has_another_recipients_number(world: World) -> None:
    world.make("ana", "ana", "dora")
    world.judge()
    for name, other in (("ana", "€400"), ("dora", "1.40K")):
        message = told(world, name)
        assert other not in message.text + message.html + str(message.values) + message.subject + message.preheader
    assert "Scope: DE" in told(world, "dora").text


def test_evaluating_again_notifies_no_one_twice(world: World) -> None:
    world.make("ana", "ana", "dora")
    for _ in range(3):
        world.judge()
        world.next_day()
    assert {name: len(sends) for name, sends in world.sends().items()} == {"ana": 1, "dora": 1}


@pytest.mark.parametrize("kind", kinds())
def test_both_databases_store_an_alerts_whole_life(kind: str, tmp_path: Path) -> None:
    """The alert is judged by four workers at the same time, snoozed, acknowledged, left, changed, paused and
    removed.
    """
    with address(kind, tmp_path) as where, alerts_world(where, tmp_path) as world:
        id_ = world.make("ana", "ana", "dora", alert=replace(DROP, where=IN_DE, name="DE"))
        world.work("ana").preview(DROP)  # the engine is open
        with ThreadPoolExecutor(4) as pool:
            for judged in [pool.submit(world.judge) for _ in range(4)]:
                judged.result()
        assert {name: len(sends) for name, sends in world.sends().items()} == {"ana": 1, "dora": 1}
        (run,) = world.runs("ana")
        assert (run.outcome, run.period, run.judgement.value, run.judgement.side) == ("fired", BROKEN, 400.0, "below")
        ana, dora = world.work("ana"), world.work("dora")
        assert ana.run(run.id) == run
        other = ana.make(replace(DROP, name="Not judged yet"))
        assert {one.kept.id: one.newest for one in alerts_now(ana)} == {id_: run, other: None}
        ana.remove(ana.find(other))
        ana.acknowledge(ana.find(id_), run)
        dora.snooze(dora.find(id_), TODAY + timedelta(days=2))
        ana.snooze(ana.find(id_), TODAY + timedelta(days=1))
        assert dora.snoozed_until(dora.find(id_)) == TODAY + timedelta(days=2)
        assert ana.snoozed_until(ana.find(id_)) == TODAY + timedelta(days=1)
        dora.leave(dora.find(id_))
        assert dora.has_left(dora.find(id_))
        ana.change(ana.find(id_), replace(DROP, name="All"))
        ana.pause(ana.find(id_))
        kept = ana.find(id_)
        assert (kept.alert.name, kept.acknowledged_for, kept.is_active, kept.is_sealed) == ("All", BROKEN, False, True)
        ana.resume(kept)
        with pytest.raises(ChangedMeanwhile):
            ana.pause(kept)
        ana.remove(ana.find(id_))
        assert ana.mine() == []
        with pytest.raises(NotAllowed):
            ana.find(id_)
        world.clock.move(days=401)
        world.judge()
        assert world.runs("ana") == []  # the history is kept for 400 days


def test_members_of_a_group_are_notified_individually(world: World) -> None:
    world.work("ana").make(DROP, [AlertRecipient("group", "germany"), world.person("dora")])
    world.judge()
    assert {name: len(sends) for name, sends in world.sends().items()} == {"dora": 1}
    assert [one.kept.owner_name for one in alerts_now(world.work("dora"))] == ["Ana"]


def test_the_message_states_the_origin_of_the_number(world: World) -> None:
    world.make("ana", "ana", alert=replace(DROP, where=IN_DE))
    world.judge()
    message, (run,) = told(world, "ana"), world.runs("ana")
    assert message.receipts == (run.receipt,)
    assert run.receipt.startswith("R-")
    for words in ("Revenue (Market is DE) was €400", "What customers paid".lower(), run.receipt, "/explore?m=revenue"):
        assert words in message.text.replace("\n", " "), words
    assert message.values["value"] == 400.0
    assert message.preheader.startswith("Revenue fell ")  # in the inbox, "What contributed" alone says nothing
    assert message.bullets[0].startswith("Revenue fell ")
    assert "Compared with the same weekday a week before, 21 Aug 2026." in message.text.replace("\n", " ")
    (send,) = world.sends()["ana"]
    assert unsubscribe_link(world.live.keys, world.live.settings.address, send) in message.html
    assert message.values["period"] == "2026-08-28"


def test_a_corrected_number_is_reported_as_corrected(world: World) -> None:
    """The alert fired for 350, and 50 more have arrived since."""
    world.make("ana", "ana", alert=replace(DROP, where=IN_DE))
    world.judge()
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(ALERT_RUNS).values(value=350.0))
    message = told(world, "ana")
    assert "was €350 on 28 Aug 2026" in message.headline
    assert "The data has changed since this alert fired: the number is €400 now." in message.text


# Not yet


def test_nothing_fires_on_a_day_that_is_not_loaded(late: World) -> None:
    """Only a few of the last day's orders are present, and the day isn't loaded."""
    late.make("ana", "ana", "dora")
    late.judge()
    assert [(run.outcome, run.why) for run in late.runs("dora")] == [
        ("held", "The data for 28 Aug 2026 isn't loaded yet.")
    ]
    assert late.sends() == {}


def test_late_data_can_be_an_alert_of_its_own(late: World) -> None:
    late.make("ana", "ana", alert=Alert(metric="revenue", rule=DataLate(days=1)))
    late.judge()
    assert told(late, "ana").headline == "The data of revenue is late. Loaded to 27 Aug 2026: 1 day missing."


def test_a_number_that_changes_for_days_is_held(world: World) -> None:
    """The metric Slow revenue is final after two days."""
    world.make("ana", "ana", alert=replace(DROP, metric="slow", rule=Threshold(side="below", value=1_500.0)))
    world.judge()
    (run,) = world.runs("ana")
    assert (run.outcome, run.why) == ("held", "Not final until Mon 31 Aug 2026.")
    assert world.sends() == {}


# Who is no longer notified


def test_without_access_the_history_says_so_and_nothing_is_sent(world: World) -> None:
    world.make("ana", "nora")
    world.judge()
    assert [(run.outcome, run.why) for run in world.runs("nora")] == [
        ("failed", "You no longer have access to this metric.")
    ]
    assert world.sends() == {}


@pytest.mark.parametrize("how", ["removed", "paused", "left", "snoozed", "snoozed for all"])
def test_queued_messages_are_not_sent_after_a_change(world: World, how: str) -> None:
    id_ = world.make("ana", "ana", "dora")
    world.judge()
    ana, dora = world.work("ana"), world.work("dora")
    match how:
        case "removed":
            ana.remove(ana.find(id_))
        case "paused":
            ana.pause(ana.find(id_))
        case "left":
            dora.leave(dora.find(id_))
        case "snoozed":
            dora.snooze(dora.find(id_), TODAY + timedelta(days=3))
        case _:
            ana.snooze(ana.find(id_), TODAY + timedelta(days=3))
    (send,) = world.sends()["dora"]
    assert isinstance(compose(world, send), Skipped)
    (other,) = world.sends()["ana"]
    assert isinstance(compose(world, other), Message) is (how in ("left", "snoozed"))


def test_a_number_that_was_judged_under_other_access_is_not_sent(world: World) -> None:
    world.make("ana", "dora")
    world.judge()
    (send,) = world.sends()["dora"]
    assert isinstance(compose(world, send), Message)
    reader = reader_of(world.live, send.recipient, world.live.store.now())
    assert isinstance(reader, Reader)
    moved = replace(reader, actor=replace(reader.actor, attributes={"markets": ("FR",)}))
    assert compose_alert(send, moved, world.live) == Skipped(OTHER_ACCESS)
    made_up = replace(send, details={**send.details, "access": ""})
    assert compose(world, made_up) == Skipped(OTHER_ACCESS)


def test_people_who_left_an_alert_are_not_judged(world: World) -> None:
    id_ = world.make("ana", "ana", "dora")
    dora = world.work("dora")
    dora.leave(dora.find(id_))
    world.judge()
    assert world.runs("dora") == []
    assert alerts_now(dora) == []
    dora.join_again(dora.find(id_))
    world.judge()
    assert [run.outcome for run in world.runs("dora")] == ["fired"]


def test_a_restored_store_keeps_alerts_stopped_and_notifies_no_one_twice(world: World, tmp_path: Path) -> None:
    """The backup is older than an unsubscription, a removal, and an alert that fired."""
    left, removed = world.make("ana", "dora"), world.make("ana", "dora", "fred")
    told_all = world.make("ana", "dora")
    copy = tmp_path / "copy.sqlite"
    back_up(world.live.store, copy)
    ana, dora = world.work("ana"), world.work("dora")
    dora.leave(dora.find(left))
    ana.remove(ana.find(removed))
    world.judge()
    ((before,),) = world.sends().values()
    restore(world.live.store, world.live.keys, copy, actor=world.actor("ana"), force=True)
    world.judge()
    assert world.sends() in ({}, {"dora": [before]})
    assert {run.alert for run in world.runs("dora")} == {told_all}
    assert dora.has_left(dora.find(left))
    with pytest.raises(NotAllowed):
        ana.find(removed)


def test_a_snoozed_alert_stays_quiet_and_then_notifies(world: World) -> None:
    id_ = world.make("ana", "ana", "dora", alert=Alert(metric="revenue", rule=Threshold(side="below", value=3_000.0)))
    dora = world.work("dora")
    dora.snooze(dora.find(id_), TODAY + timedelta(days=1))
    world.judge()
    assert [run.outcome for run in world.runs("dora")] == ["quiet"]
    assert "Snoozed until 30 Aug 2026" in world.runs("dora")[0].why
    assert set(world.sends()) == {"ana"}


def test_an_erased_persons_alert_is_paused(world: World) -> None:
    id_ = world.make("ana", "dora")
    erase(world.live.store, "ana", world.actor("otto"), world.live.keys)
    world.judge()
    kept = _kept(world, id_)
    assert kept.why_paused == "Its owner can no longer sign in"
    assert world.sends() == {}


def test_erasing_a_recipient_erases_what_was_found_for_them(world: World) -> None:
    world.make("ana", "ana", "dora")
    world.judge()
    assert world.runs("dora")
    erase(world.live.store, "dora", world.actor("otto"), world.live.keys)
    assert world.runs("dora") == []


@pytest.mark.parametrize("column", ["recipients", "content", "paused_at"])
def test_a_row_changed_outside_samepage_is_never_judged(world: World, column: str) -> None:
    id_ = world.make("ana", "ana")
    ana = world.work("ana")
    values: dict[str, object] = {
        "recipients": f'[["person", "{world.subject("dora")}"]]',
        "content": '{"v":1,"metric":"revenue","rule":{"kind":"threshold","side":"above","value":0}}',
        "paused_at": None,
    }
    if column == "paused_at":
        ana.pause(ana.find(id_))
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(ALERTS).where(ALERTS.c.id == id_).values({column: values[column]}))
    world.judge()
    assert world.runs("ana") == world.runs("dora") == []
    assert world.sends() == {}
    with pytest.raises(InvalidQuery):
        ana.pause(_kept(world, id_))


def _kept(world: World, id_: str) -> StoredAlert:
    with world.live.store.read() as connection:
        kept = find_alert(connection, world.live.keys, id_)
    assert kept is not None
    return kept


# Making and answering


def test_a_viewer_can_only_notify_themselves(world: World) -> None:
    assert world.make("dora", "dora")
    with pytest.raises(NotAllowed):
        world.make("dora", "ana")
    with pytest.raises(NotAllowed):
        world.work("dora").make(DROP, [AlertRecipient("group", "germany")])


@pytest.mark.parametrize("recipient", [AlertRecipient("person", "f" * 32), AlertRecipient("destination", "none")])
def test_unknown_recipients_are_refused(world: World, recipient: AlertRecipient) -> None:
    with pytest.raises(InvalidQuery):
        world.work("ana").make(DROP, [recipient])


def test_a_removed_destination_is_refused(world: World) -> None:
    wanted = NewDestination(kind="slack", name="#sales", address="https://hooks.example.com/x")
    with world.live.store.write() as transaction:
        id_, _ = add_destination(transaction, world.live.keys, wanted, world.actor("otto"))
        end_destination(transaction, world.live.keys, id_, world.actor("otto"))
    with pytest.raises(InvalidQuery):
        world.work("ana").make(DROP, [AlertRecipient("destination", id_)])


def test_hidden_metrics_and_unknown_filters_are_refused(world: World) -> None:
    with pytest.raises(UnknownName):
        world.make("nora", "nora")
    with pytest.raises(UnknownName):
        world.make("ana", "ana", alert=replace(DROP, where=Condition("city", Operator.IN, ("x",))))


def test_other_people_neither_see_nor_change_an_alert(world: World) -> None:
    id_ = world.make("ana", "ana", "dora")
    with pytest.raises(NotAllowed):
        world.work("fred").find(id_)
    dora = world.work("dora")
    for change in (dora.pause, dora.remove):
        with pytest.raises(NotAllowed):
            change(dora.find(id_))


def test_an_owner_cannot_tell_whether_it_fired_for_others(world: World) -> None:
    """With limits of the owner's choice, that would reveal numbers of rows that the owner can't see."""
    id_ = world.make("ana", "ana", "dora", "fred")
    world.judge()
    ana = world.work("ana")
    assert {run.recipient.id for run in ana.history(ana.find(id_))} == {world.subject("ana")}
    (run,) = world.runs("dora")
    with pytest.raises(NotAllowed):
        ana.run(run.id)
    with pytest.raises(NotAllowed):
        ana.acknowledge(ana.find(id_), run)


def test_acknowledging_notifies_everyone_and_explains_the_day(world: World) -> None:
    """The remark excludes the day from the usual range, and is shown on the chart to everyone who sees the rows."""
    id_ = world.make("ana", "ana", "dora")
    world.judge()
    ana = world.work("ana")
    (run,) = ana.history(ana.find(id_))
    remark = Remark(first=BROKEN, last=BROKEN, text="Checkout was down", kind="outage", metric="revenue")
    ana.acknowledge(ana.find(id_), run, remark)
    kept = world.work("dora").find(id_)
    assert (kept.acknowledged_by, kept.acknowledged_for) == ("Ana", BROKEN)
    asked = ana.asked(DROP)
    assert [note.text for note in asked.remarks] == ["Checkout was down"]
    with pytest.raises(NotAllowed):
        world.work("dora").acknowledge(kept, run)


def test_a_changed_rule_starts_over(world: World) -> None:
    id_ = world.make("ana", "ana")
    world.judge()
    ana = world.work("ana")
    ana.change(ana.find(id_), replace(DROP, rule=Threshold(side="below", value=1_500.0)))
    world.judge()
    assert [run.outcome for run in world.runs("ana")] == ["fired"]
    world.next_day()
    assert len(world.sends()["ana"]) == 1  # that day's message was already sent


def test_each_kind_of_metric_and_period_can_be_judged(world: World) -> None:
    """Every order is 100 or 102, so the last whole week and the last whole month are as usual.

    So is August so far, because only one of its 28 days has fewer orders, by six.
    """
    alerts = [
        Alert(metric="per_order", rule=OutsideUsual()),
        Alert(metric="revenue", rule=Changed(by=0.2), grain=Granularity.WEEK),
        Alert(metric="revenue", rule=OutsideUsual(), grain=Granularity.MONTH),
        Alert(metric="orders", rule=Changed(by=0.05, to_date=True), grain=Granularity.MONTH),
        Alert(metric="orders", rule=CheckFailed()),
    ]
    for alert in alerts:
        world.make("ana", "ana", alert=alert)
    world.judge()
    outcomes = {run.alert: run.outcome for run in world.runs("ana")}
    kept = {one.alert: outcomes[one.id] for one in world.work("ana").mine()}
    assert [kept[alert] for alert in alerts] == ["normal"] * 5


# Preview


def test_the_preview_finds_only_the_broken_day(world: World) -> None:
    preview = world.work("ana").preview(DROP)
    assert preview.words == "Would have fired once in 180 days: 28 Aug."
    assert preview.warning == ""
    assert len(preview.replay.periods) == 180
    (fired,) = preview.replay.fired
    assert (fired.first, fired.value, fired.fired_on) == (BROKEN, 1_400.0, TODAY)


def test_the_preview_uses_the_authors_policy(world: World) -> None:
    assert world.work("fred").preview(DROP).words == "Wouldn't have fired in the last 180 days."
    assert world.work("dora").preview(DROP).replay.fired[0].value == 400.0


def test_the_preview_warns_of_an_alert_that_people_would_mute(world: World) -> None:
    """The total of both markets is 2,000 or 2,040 on weekdays, and 3,000 or 3,060 on weekends.

    An alert below 2,800 fires each Monday, and ends each Sunday.
    """
    noisy = Alert(metric="revenue", rule=Threshold(side="below", value=2_800.0), apart_days=1, ends_after=1)
    preview = world.work("ana").preview(noisy)
    assert len(preview.replay.fired) == 26
    assert preview.warning.startswith("That's about 1 a week. Most people mute alerts like this.")


def test_the_preview_states_how_long_it_would_have_been_held(world: World) -> None:
    """The metric Slow revenue is final after two days, so something is held on each day."""
    preview = world.work("ana").preview(replace(DROP, metric="slow"))
    assert preview.words == "Wouldn't have fired in the last 180 days. Each day is held for 2 days, until it's final."
    assert preview.replay.held_days == 180
    doubtful = world.work("ana").preview(replace(DROP, metric="slow", hold_days=1))
    assert doubtful.doubts == (
        "These numbers take 2 days to become final, but are held for only 1 day. Hold them longer.",
    )


def test_rules_without_history_say_so(world: World) -> None:
    preview = world.work("ana").preview(Alert(metric="revenue", rule=DataLate()))
    assert preview.words == "This rule has no preview, because past forecasts, checks and loads aren't kept."


def test_a_restored_store_keeps_stopped_alerts_stopped_and_notifies_no_one_twice(world: World, tmp_path: Path) -> None:
    """The backup is older than everything that the alerts found, one unsubscription, one pause and one removal."""
    kept, paused, removed = (world.make("ana", "ana", "dora") for _ in range(3))
    copy = tmp_path / "copy.sqlite"
    back_up(world.live.store, copy)
    world.judge()
    ana, dora = world.work("ana"), world.work("dora")
    before, before_dora = ana.history(ana.find(kept)), dora.history(ana.find(kept))
    dora.leave(dora.find(kept))
    ana.pause(ana.find(paused))
    ana.remove(ana.find(removed))
    restore(world.live.store, world.live.keys, copy, actor=world.actor("otto"), force=True)
    queued = world.sends()
    world.judge()
    assert world.sends() == queued
    assert not isinstance(compose(world, _of(queued["ana"], before[0].id)), Skipped)
    assert {name: len(sends) for name, sends in queued.items()} == {"ana": 3, "dora": 3}
    assert ana.history(ana.find(kept)) == before
    assert dora.has_left(ana.find(kept))
    assert {one.id: one.is_active for one in ana.mine()} == {kept: True, paused: False}
    assert compose(world, _of(queued["dora"], before_dora[0].id)) == Skipped("Unsubscribed")
