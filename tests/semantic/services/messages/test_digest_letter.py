"""The digest message: its content, when it isn't sent, and the days that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from semantic.display.messages.message import Message
from semantic.services.messages.digest import NOTHING_FOLLOWED, NOTHING_MOVED, compose_digest, days_since_last
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.accounts.follows import follow, unfollow
from semantic.store.keys import keys_of
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import AT_ONCE, Recipient, Send
from tests.copies import empty_store
from tests.semantic.services.followed_company import open_company
from tests.semantic.store.stores import SECRET

MONDAY = datetime(2026, 1, 19, 8, tzinfo=UTC)
EVERY_MONDAY = "0 8 * * 1"
EVERY_DAY = "0 8 * * *"
EVERY_WEEKDAY = "0 8 * * 1-5"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("letters")
    workspace = open_company(folder)
    store = empty_store(str(folder / "store.sqlite"), clock=lambda: MONDAY)
    opened = Live(replace(workspace.settings, demo=True), store, keys_of(SECRET), workspace)
    yield opened
    opened.close()


def digest_for(live: Live, person: str, *, cron: str = EVERY_MONDAY, is_asked_for: bool = False) -> object:
    send = Send(
        number="1", kind="delivery", about="d", slot=MONDAY, recipient=Recipient(kind="person", id="s"),
        details={AT_ONCE: True} if is_asked_for else {},
        state="leased", due_at=None, attempts=0, message_id="", receipts=(), why="",
        answer="", queued_at=MONDAY, rendered_at=None, ended_at=None,
    )  # fmt: skip
    actor = live.workspace().people[person]
    reader = Reader(actor=actor, recipient=send.recipient, address="", zone="UTC", name=actor.short_name)
    wanted = NewDelivery(what="digest", about="", title="", cron=cron, zone="UTC")
    return compose_digest(wanted, send, reader, live)


@pytest.fixture
def followed(live: Live, request: pytest.FixtureRequest) -> Iterator[None]:
    """Ana and Dora follow these metrics."""
    names: tuple[str, ...] = request.param
    for person in ("ana", "dora"):
        with live.store.write(recorded=False) as transaction:
            for name in names:
                follow(transaction, live.workspace().people[person], "metric", name)
    yield
    for person in ("ana", "dora"):
        with live.store.write(recorded=False) as transaction:
            for name in names:
                unfollow(transaction, live.workspace().people[person], "metric", name)


@pytest.mark.parametrize("followed", [("revenue", "value")], indirect=True)
@pytest.mark.usefixtures("followed")
def test_the_digest_states_the_most_surprising_change_first(live: Live) -> None:
    message = digest_for(live, "ana")
    assert isinstance(message, Message)
    assert message.headline == (
        "Revenue was €1.65K in the week of 12 Jan 2026, above all of the 12 weeks before. 1 other metric also moved."
    )
    assert message.text.index("Revenue +42.9% better") < message.text.index("Order value +3.6%")
    assert "app contributed most, +€900 to a change of +€495." in " ".join(message.text.split())
    assert len(message.receipts) == 1  # both come from one question
    assert message.receipts[0] in message.text


@pytest.mark.parametrize("followed", [("revenue",)], indirect=True)
@pytest.mark.usefixtures("followed")
def test_each_reader_gets_their_own_numbers(live: Live) -> None:
    ana, dora = digest_for(live, "ana"), digest_for(live, "dora")
    assert isinstance(ana, Message)
    assert isinstance(dora, Message)
    assert ("+42.9%" in ana.html, "+42.9%" in dora.html) == (True, False)
    assert ("+35.1%" in ana.html, "+35.1%" in dora.html) == (False, True)


@pytest.mark.parametrize("followed", [("returns",)], indirect=True)
@pytest.mark.usefixtures("followed")
def test_nothing_is_sent_if_nothing_changed(live: Live) -> None:
    assert digest_for(live, "ana") == Skipped(NOTHING_MOVED)
    always = digest_for(live, "ana", is_asked_for=True)
    assert isinstance(always, Message)
    assert always.headline == "None of the metrics you follow could be checked."
    assert "1 metric skipped: too little final data." in always.text


def test_someone_who_follows_nothing_gets_nothing(live: Live) -> None:
    assert digest_for(live, "ana", is_asked_for=True) == Skipped(NOTHING_FOLLOWED)


@pytest.mark.parametrize("followed", [("revenue",)], indirect=True)
@pytest.mark.usefixtures("followed")
def test_a_digest_on_weekdays_is_about_days(live: Live) -> None:
    message = digest_for(live, "ana", cron=EVERY_WEEKDAY)
    assert isinstance(message, Message)
    assert "latest 3 final days" in message.text
    assert "in the week of" not in message.text


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        (EVERY_DAY, 1),
        (EVERY_WEEKDAY, 3),  # since Friday
        ("0 8 * * 1,4", 4),  # since Thursday
        ("0 8,20 * * *", 1),  # since the evening before
        (EVERY_MONDAY, None),
        ("0 8 19 * *", None),
    ],
)
def test_a_digest_covers_the_days_since_the_previous_slot(cron: str, days: int | None) -> None:
    wanted = NewDelivery(what="digest", about="", title="", cron=cron, zone="UTC")
    assert days_since_last(wanted, MONDAY) == days


@pytest.mark.parametrize(("cron", "days"), [(EVERY_MONDAY, None), (EVERY_DAY, 1), (EVERY_WEEKDAY, 3)])
def test_a_digest_sent_at_another_time_covers_the_same_days(cron: str, days: int | None) -> None:
    wanted = NewDelivery(what="digest", about="", title="", cron=cron, zone="UTC")
    assert days_since_last(wanted, MONDAY + timedelta(hours=3)) == days
