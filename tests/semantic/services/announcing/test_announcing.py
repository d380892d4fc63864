"""A changed definition is announced to the people it concerns, each with their own access.

Changed wording isn't announced.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from semantic.alerts.alert import Alert, Threshold
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.services.alerts.work import AlertWork
from semantic.services.announcing.announcements import announced, changes_of, values
from semantic.services.announcing.job import Announcements, Reminders
from semantic.services.announcing.message import NO_ACCESS, compose_definition, compose_ending
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, reader_of
from semantic.services.uploads import UploadWork
from semantic.store.accounts.follows import follow
from semantic.store.alerts.alerts import AlertRecipient
from semantic.store.outbox.sends import Kind, NewSend, Recipient, Send, queue_send, read_sends
from semantic.uploads.reading import read_file
from semantic.uploads.upload import metric_name
from semantic.worker.job import Turn
from tests.semantic.services.certifying.certified_company import Company, company

ONLY_DE = "measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'"


@pytest.fixture
def here(address: str, tmp_path: Path) -> Iterator[Company]:
    with company(address, tmp_path) as opened:
        yield opened


def turn(here: Company) -> Turn:
    return Turn(now=here.clock(), holder="tests", is_mine=lambda: True, is_stopping=lambda: False)


def sends(here: Company, kind: Kind) -> dict[str, list[Send]]:
    names = {here.subject(name): name for name in here.people}
    found: dict[str, list[Send]] = {}
    with here.live.store.read() as connection:
        for send in read_sends(connection, kind=kind):
            found.setdefault(names[send.recipient.id], []).append(send)
    return found


def follows(here: Company, person: str, metric: str) -> None:
    with here.live.store.write(recorded=False) as transaction:
        follow(transaction, here.people[person], "metric", metric)


def written(here: Company, send: Send) -> str:
    reader = reader_of(here.live, send.recipient, here.clock())
    assert isinstance(reader, Reader)
    message = compose_definition(send, reader, here.live)
    assert not isinstance(message, Skipped), message
    return message.text


def test_a_follower_gets_one_message_for_each_version(here: Company) -> None:
    follows(here, "mia", "revenue")
    follows(here, "mia", "margin")
    here.publish(*ONLY_DE, note="Only Germany")
    for _ in range(3):
        Announcements(here.live).run(turn(here))
    found = sends(here, "definition")
    assert {name: len(each) for name, each in found.items()} == {"mia": 1}
    text = written(here, found["mia"][0])
    assert "2 definitions changed" in text
    assert "Only Germany" in text
    # October: 31 orders of 100, of which 15 in DE, at a cost of 40 each.
    assert "€3,100" in text
    assert "€1,500" in text
    assert "You get this because you follow this metric." in text


def test_owners_of_boards_and_questions_that_show_the_metric_are_notified(here: Company) -> None:
    work = AlertWork(here.live.store, here.live.keys, here.live.workspace(), here.people["mia"])
    rule = Threshold(side="below", value=50.0)
    work.make(Alert(metric="revenue", rule=rule, name="Low"), [AlertRecipient("person", here.subject("mia"))])
    here.publish(*ONLY_DE)
    Announcements(here.live).run(turn(here))
    (send,) = sends(here, "definition")["mia"]
    assert "Your 1 alert: Low." in written(here, send)


def test_the_author_and_unaffected_people_get_no_message(here: Company) -> None:
    follows(here, "ana", "revenue")
    follows(here, "bo", "cost")
    here.publish(*ONLY_DE, by="ana")
    Announcements(here.live).run(turn(here))
    assert sends(here, "definition") == {}


def test_wording_is_announced_to_no_one(here: Company) -> None:
    follows(here, "mia", "revenue")
    here.publish("What customers paid.", "What customers have paid.")
    Announcements(here.live).run(turn(here))
    assert sends(here, "definition") == {}
    assert changes_of(here.live, "revenue") == []


def test_someone_who_cannot_see_the_metric_gets_nothing(here: Company) -> None:
    follows(here, "nora", "revenue")
    here.publish(*ONLY_DE)
    Announcements(here.live).run(turn(here))
    (send,) = sends(here, "definition")["nora"]
    reader = reader_of(here.live, send.recipient, here.clock())
    assert isinstance(reader, Reader)
    assert compose_definition(send, reader, here.live) == Skipped(NO_ACCESS)


def test_a_message_names_only_what_its_reader_sees(here: Company) -> None:
    follows(here, "nora", "revenue")
    follows(here, "nora", "cost")
    here.publish("sql: amount}", "sql: amount + 1}", note="First")
    here.publish("sql: cost}", "sql: cost + 1}", note="Cost and Revenue were wrong")
    Announcements(here.live).run(turn(here))
    texts: list[str] = []
    for send in sends(here, "definition")["nora"]:
        reader = reader_of(here.live, send.recipient, here.clock())
        assert isinstance(reader, Reader)
        message = compose_definition(send, reader, here.live)
        texts += [] if isinstance(message, Skipped) else [message.text + message.html]
    (text,) = texts
    assert "Cost" in text
    assert "evenue" not in text, "the note names a hidden metric, so it isn't shown"


def test_a_stewards_message_describes_the_change(here: Company) -> None:
    here.publish(*ONLY_DE, note="Only Germany", by="ana")
    (change,) = changes_of(here.live, "revenue")
    told = announced(here.live, here.people["bo"], change)
    assert (told.day, told.who, told.why) == (date(2026, 11, 30), "Ana", "Only Germany")
    assert told.words == ("Filter added: market is DE",)
    moved = values(here.live, here.people["bo"], change)
    assert moved is not None
    assert (moved.before, moved.after) == ("€3,100", "€1,500")
    (through,) = changes_of(here.live, "margin")
    assert announced(here.live, here.people["bo"], through).words == ("The metric revenue changed",)


def test_someones_upload_hides_nothing_about_other_definitions(here: Company) -> None:
    uploads = UploadWork(here.live, here.people["mia"])
    reading = read_file(b"day,plan\n2026-11-01,100\n")
    uploads.make(reading, uploads.plan(reading, label="Wishes"))
    here.publish(*ONLY_DE, note="Only Germany", by="ana")
    (change,) = changes_of(here.live, "revenue")
    told = announced(here.live, here.people["bo"], change)
    assert (told.why, told.words) == ("Only Germany", ("Filter added: market is DE",))


def test_a_note_that_names_someones_upload_is_shown_only_to_its_owner(here: Company) -> None:
    uploads = UploadWork(here.live, here.people["mia"])
    reading = read_file(b"day,plan\n2026-11-01,100\n")
    made = uploads.find(uploads.make(reading, uploads.plan(reading, label="Wishes")))
    here.publish(*ONLY_DE, note=f"As in {metric_name(made.plan, 'plan')}", by="ana")
    (change,) = changes_of(here.live, "revenue")
    assert announced(here.live, here.people["bo"], change).why == ""
    assert announced(here.live, here.people["mia"], change).why == f"As in {metric_name(made.plan, 'plan')}"


# Charts


def days(first: date, last: date) -> Query:
    return Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.DAY),), time=Between(first, last))


def marks(here: Company, query: Query) -> list[tuple[date, str, str]]:
    workspace = here.live.workspace()
    shown = workspace.ask(query, here.people["mia"])
    found = workspace.annotations(shown, here.people["mia"])
    return [(one.first, one.text, one.about) for one in found]


def test_a_chart_has_a_mark_on_the_day(here: Company) -> None:
    here.publish(*ONLY_DE)
    mark = date(2026, 11, 30), "Definition changed", "Revenue"
    assert marks(here, days(date(2026, 11, 1), date(2026, 11, 30))) == [mark]
    assert marks(here, days(date(2026, 11, 1), date(2026, 11, 20))) == []
    assert marks(here, Query(metrics=("cost",), by=days(date.min, date.max).by)) == []


def test_a_question_from_after_the_change_has_no_mark(here: Company) -> None:
    here.publish(*ONLY_DE)
    here.clock.move(days=10)
    workspace = here.live.workspace()
    after = workspace.ask(days(date(2026, 11, 30), date(2026, 12, 5)), here.people["mia"])
    before = workspace.ask(days(date(2026, 11, 29), date(2026, 12, 5)), here.people["mia"])
    assert workspace.changes_within(after) == []
    assert [change.version for change in workspace.changes_within(before)] == [2]


# Certifications that end


def test_owner_and_certifier_are_reminded_once_thirty_days_before(here: Company) -> None:
    here.checked(days=30)  # it is 30 December 2026
    here.certify("revenue", by="ana", until=date(2027, 3, 1))
    here.clock.at = here.clock.at.replace(year=2027, month=1, day=29)
    Reminders(here.live).run(turn(here))
    assert sends(here, "certification") == {}
    here.clock.move(days=1)
    for _ in range(3):
        Reminders(here.live).run(turn(here))
    found = sends(here, "certification")
    assert {name: len(each) for name, each in found.items()} == {"ana": 1, "bo": 1}
    reader = reader_of(here.live, found["bo"][0].recipient, here.clock())
    assert isinstance(reader, Reader)
    message = compose_ending(found["bo"][0], reader, here.live)
    assert not isinstance(message, Skipped)
    assert "The certification of Revenue ends on 1 Mar 2027" in message.text


def test_a_reminder_of_a_hidden_metric_is_not_written(here: Company) -> None:
    here.checked(days=30)
    here.certify("revenue", by="ana", until=date(2027, 1, 5))
    recipient = Recipient(kind="person", id=here.subject("nora"))
    with here.live.store.write(recorded=False) as transaction:
        new = NewSend(
            kind="certification", about="metric:x", slot=here.clock() - timedelta(days=1), recipient=recipient,
            details={"metric": "revenue"},
        )  # fmt: skip
        queue_send(transaction, new)
    (send,) = sends(here, "certification")["nora"]
    reader = reader_of(here.live, recipient, here.clock())
    assert isinstance(reader, Reader)
    assert compose_ending(send, reader, here.live) == Skipped("No access")
