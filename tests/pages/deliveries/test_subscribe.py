"""The Subscribe panel on a board and on a saved question: what it saves, for whom, and its texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.deliveries.form import DeliverySubject, Draft, access_notes, new_delivery
from pages.deliveries.recipients import ONLY_SIGNED_IN
from pages.deliveries.schedule_field import monday_at_eight
from pages.deliveries.subscribe import AT_EIGHT
from pages.shell import links
from semantic.policy.actor import Actor
from semantic.services.outbox.deliveries import ChosenRecipient, DeliveryWork, ListedDelivery
from semantic.services.process import Live
from semantic.store.destinations.destinations import NewDestination, add_destination
from tests.pages.api_world import ANA
from tests.pages.deliveries.world import JONAS, LENA, board, live, said, visit, who

__all__ = ["board", "live", "visit", "who"]  # fixtures

Open = Callable[..., AppTest]
DRAFT = Draft(monday_at_eight("Europe/Berlin"), (ChosenRecipient("person", "jonas"),))


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each for each in app.button if each.label.replace("\\", "").partition(" *")[0] == label]
    return button.click().run()


def field(app: AppTest, kind: str, label: str) -> Any:
    """Return the only field of a kind with this label."""
    (found,) = [each for each in getattr(app, kind) if each.label == label]
    return found


def opened(visit: Open, board: str) -> AppTest:
    return press(visit(links.BOARD, d=board), "Subscribe")


def the_one(live: Live, actor: Actor) -> ListedDelivery:
    (listed,) = DeliveryWork(live, actor).mine()
    return listed


def names(listed: ListedDelivery) -> list[tuple[str, str]]:
    return sorted(((row.kind, row.name) for row in listed.recipients if row.is_receiving), reverse=True)


def test_one_click_subscribes_a_viewer_to_the_board(visit: Open, live: Live, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = LENA
    app = opened(visit, board)
    assert "with the data you have access to" in said(app)
    app = press(app, AT_EIGHT)
    assert "You'll get Sales" in said(app)
    assert "First one on Mon " in said(app)
    listed = the_one(live, LENA)
    delivery = listed.delivery
    assert (delivery.cron, delivery.zone, delivery.what, delivery.about) == (
        "0 8 * * 1",
        "Europe/Berlin",
        "board",
        board,
    )
    assert (delivery.condition, delivery.attached, dict(delivery.settings)) == ("always", (), {})
    assert names(listed) == [("person", "Lena Brandt")]
    app = press(press(app, "Done"), "Subscribe")
    assert "Every Monday at 08:00, Europe/Berlin time" in said(app)
    assert "To you" in said(app)


def test_a_viewer_can_send_to_no_one_else(visit: Open, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = LENA
    app = press(opened(visit, board), "More options")
    assert "To **Lena Brandt**" in said(app)
    assert not [each for each in app.multiselect if each.label == "To"]


def test_a_marketer_sends_on_chosen_days_to_people_groups_and_on_a_condition(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    who["asks"] = JONAS
    app = press(opened(visit, board), "More options")
    field(app, "multiselect", "To").set_value(["person:jonas", "person:lena", "group:Leaders"])
    field(app, "selectbox", "Every").set_value("days")
    field(app, "selectbox", "Send").set_value("behind")
    app = app.run()
    field(app, "button_group", "Days").set_value([1, 4])
    field(app, "button_group", "Email, with").set_value(["pdf"])
    app = app.run()
    assert "Each person gets the data they have access to." in said(app)
    press(app, "Start sending")
    listed = the_one(live, JONAS)
    assert names(listed) == [("person", "Lena Brandt"), ("person", "Jonas Falk"), ("group", "Leaders")]
    delivery = listed.delivery
    assert (delivery.cron, delivery.condition, delivery.attached) == ("0 8 * * 2,5", "behind", ("pdf",))


def test_an_email_address_cannot_be_typed_in(visit: Open, live: Live, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = JONAS
    app = press(opened(visit, board), "More options")
    app = field(app, "multiselect", "To").set_value(["person:jonas", "eve@else.example"]).run()
    assert ONLY_SIGNED_IN in said(app)
    assert field(app, "multiselect", "To").value == ["person:jonas"]
    app = field(app, "multiselect", "To").set_value(["Nobody Here"]).run()
    assert "No person, group or destination is named \N{LEFT DOUBLE QUOTATION MARK}Nobody Here" in said(app)
    app = press(app, "Start sending")
    assert "Choose at least one recipient." in said(app)
    assert DeliveryWork(live, JONAS).mine() == []


def test_a_delivery_is_edited_and_keeps_who_unsubscribed(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    who["asks"] = JONAS
    work = DeliveryWork(live, JONAS)
    made = work.make(
        new_delivery(DeliverySubject("board", board, "x"), DRAFT),
        [ChosenRecipient("person", "jonas"), ChosenRecipient("person", "lena")],
    )
    DeliveryWork(live, LENA).unsubscribe(made.id)
    app = press(opened(visit, board), "Edit")
    assert field(app, "multiselect", "To").value == ["person:jonas"]
    field(app, "selectbox", "Every").set_value("month")
    app = app.run()
    field(app, "selectbox", "On the").set_value(31)
    app = press(app.run(), "Save")
    assert "Next one on " in said(app)
    listed = the_one(live, JONAS)
    assert listed.delivery.cron == "0 8 L * *"
    assert listed.delivery.id == made.id
    assert names(listed) == [("person", "Jonas Falk")]


def test_the_current_view_can_be_sent(visit: Open, live: Live, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = JONAS
    app = press(press(visit(links.BOARD, d=board, f="market:in:DE"), "Subscribe"), "More options")
    assert field(app, "button_group", "View").value == "Default view"
    field(app, "button_group", "View").set_value("Current view")
    (save,) = [each for each in app.run().button if str(each.key).endswith("-save")]
    save.click().run()
    assert dict(the_one(live, JONAS).delivery.settings) == {"f": ["market:in:DE"]}


def test_no_one_subscribes_while_viewing_as_someone_else(visit: Open, board: str, who: dict[str, Actor]) -> None:
    who["asks"] = replace(LENA, viewed_by="otto")
    app = visit(links.BOARD, d=board)
    (button,) = [each for each in app.button if each.label == "Subscribe"]
    assert button.disabled


@pytest.mark.usefixtures("visit")
def test_the_author_learns_what_a_recipient_cannot_see_only_with_a_grant_to_view_as_them(
    live: Live, board: str
) -> None:
    """The policy hides costs from marketers. Ana can view as Jonas, and Lotte can't view as anyone."""
    lotte = Actor(id="lotte", name="Lotte Vos", roles=frozenset({"steward"}))
    thing, draft = (
        DeliverySubject("board", board, "x"),
        replace(DRAFT, recipients=(ChosenRecipient("person", "jonas"),)),
    )
    assert access_notes(thing, draft, ANA) == ["Jonas Falk won't see 1 of 2 tiles."]
    assert access_notes(thing, draft, lotte) == []
    assert access_notes(thing, replace(DRAFT, recipients=(ChosenRecipient("person", "lena"),)), ANA) == []


@pytest.mark.usefixtures("visit")
def test_the_author_learns_that_a_destination_gets_no_numbers(live: Live, board: str) -> None:
    admin = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
    wanted = NewDestination(kind="slack", name="#team", address="https://hooks.example/x", audience="")
    with live.store.write() as transaction:
        number, _ = add_destination(transaction, live.keys, wanted, admin)
    draft = replace(DRAFT, recipients=(ChosenRecipient("destination", number),))
    assert access_notes(DeliverySubject("board", board, "x"), draft, ANA) == [
        "#team gets the title and a link, but no numbers."
    ]
