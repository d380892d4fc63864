"""Previews of people's own messages, or of another person's with a grant to view as them. Nothing is sent or queued."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from semantic.alerts.alert import Alert, Threshold
from semantic.alerts.judging import Judgement
from semantic.display.messages.message import Message
from semantic.errors import InvalidQuery, NotAllowed
from semantic.model.policies import Policy, Viewable
from semantic.policy.actor import Actor
from semantic.services.messages.conditions import NOT_FIRED
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.previewing import preview, previewable
from semantic.store.alerts.alerts import AlertRecipient, make_alert
from semantic.store.alerts.runs import note_run
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.outbox.sends import Recipient
from tests.semantic.services.outbox.outbox_world import World


def granted(world: World) -> Actor:
    """Return the steward, after adding a policy that lets them view as Dora."""
    workspace = world.live.workspace()
    policy = Policy(name="help", roles=frozenset({"steward"}), view_as=Viewable(people=frozenset({"dora"})))
    workspace.model = replace(workspace.model, policies=(*workspace.model.policies, policy))
    return world.actor("steward")


def acts(world: World) -> list[str]:
    with world.live.store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, world.live.keys)]


def test_someone_without_a_grant_previews_only_their_own_messages(world: World) -> None:
    dora = world.actor("dora")
    assert [person.id for person in previewable(world.live, dora)] == ["dora"]
    with pytest.raises(NotAllowed, match="No policy lets you view as Vera"):
        preview(world.live, world.wanted(), dora, person="vera")
    with pytest.raises(InvalidQuery, match="Only people who can sign in"):
        preview(world.live, world.wanted(), dora, person="nobody")
    preview(world.live, world.wanted(), dora)
    assert [act for act in acts(world) if "previewed" in act] == []
    assert world.sends() == []


def test_a_preview_as_someone_else_is_recorded(world: World) -> None:
    steward = granted(world)
    world.subject("dora")
    assert [person.id for person in previewable(world.live, steward)] == ["steward", "dora"]
    preview(world.live, world.wanted(), steward, person="dora")
    assert [act for act in acts(world) if "previewed" in act] == ["Steward previewed a message as Dora"]
    with pytest.raises(NotAllowed):
        preview(world.live, world.wanted(), steward, person="vera")
    assert world.sends() == []


def test_no_one_previews_while_viewing_as_someone(world: World) -> None:
    granted(world)
    viewing = replace(world.actor("steward"), viewed_by="dora")
    with pytest.raises(NotAllowed, match="Stop viewing"):
        preview(world.live, world.wanted(), viewing)


def test_a_preview_knows_which_alerts_fired_for_its_reader(world: World) -> None:
    wanted = replace(world.wanted(), condition="alert")
    assert preview(world.live, wanted, world.actor("dora")) == Skipped(NOT_FIRED)
    alert = Alert(metric="revenue", rule=Threshold(side="below", value=3.0))
    fired = Judgement(period=date(2026, 8, 31), outcome="fired", why="It fell.")
    dora = world.subject("dora")
    with world.live.store.write() as transaction:
        id_ = make_alert(transaction, world.live.keys, alert, [AlertRecipient("person", dora)], world.actor("dora"))
        note_run(transaction, id_, Recipient(kind="person", id=dora), fired)
    assert isinstance(preview(world.live, wanted, world.actor("dora")), Message)
    assert preview(world.live, wanted, world.actor("steward")) == Skipped(NOT_FIRED)
