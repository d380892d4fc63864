"""What administrators see and change about sending, and that no one else can do so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from semantic.errors import ChangedMeanwhile, HandOverFailed, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.destinations.destinations import NewDestination
from semantic.store.jobs.jobs import JOBS, add_jobs
from semantic.store.outbox.sends import SENDS, NewSend, Recipient, queue_send
from semantic.transport.manage import Mailbox, SendingWork
from semantic.transport.web import Web
from tests.pages.api_world import ANA, OTTO
from tests.semantic.transport.messages import SENDER
from tests.semantic.transport.sending_world import person, sending
from tests.semantic.transport.test_smtp import Postbox, content_of, serving
from tests.semantic.transport.test_web import answer, receiving

WEB = Web(frozenset({"127.0.0.1"}))


@pytest.fixture
def live(folder: Path, tmp_path: Path) -> Iterator[Live]:
    with sending(folder, tmp_path) as live:
        yield live


@pytest.fixture
def work(live: Live) -> SendingWork:
    person(live, OTTO, "")
    return SendingWork(live, OTTO, web=WEB)


def _set(work: SendingWork, **changes: str | None) -> None:
    given = {"host": "smtp.example.com", "port": "587", "security": "starttls", "user": "samepage", "sender": SENDER}
    password = changes.pop("password", "verysecret")
    texts = given | {name: value or "" for name, value in changes.items()}
    work.set_server(
        host=texts["host"], port=texts["port"], security=texts["security"], user=texts["user"], password=password,
        sender=texts["sender"], revision=work.read().revision,
    )  # fmt: skip


@pytest.mark.parametrize("actor", [ANA, replace(OTTO, viewed_by="x"), replace(OTTO, kind="service"), Actor(id="x")])
def test_only_administrators_change_anything(live: Live, work: SendingWork, actor: Actor) -> None:
    _set(work)
    others = SendingWork(live, actor, web=WEB)
    wanted = NewDestination(kind="slack", name="x", address="http://127.0.0.1/")
    acts = [
        lambda: others.set_server(
            host="h", port="", security="", user="", password="", sender="a@b.example", revision=1
        ),
        lambda: others.remove_server(1),
        lambda: others.test_mail("ana@example.com"),
        lambda: others.add(wanted),
        lambda: others.test_destination("x"),
        lambda: others.remove("x"),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    server = work.read().server
    assert server is not None
    assert server.host == "smtp.example.com"


def test_a_password_stays_for_the_same_server_only(work: SendingWork) -> None:
    _set(work)
    _set(work, password=None, sender="Other <other@example.com>")
    server = work.read().server
    assert server is not None
    assert (server.password, server.sender) == ("verysecret", "Other <other@example.com>")
    for change in ({"host": "evil.example"}, {"port": "2525"}, {"user": "eve"}):
        with pytest.raises(InvalidQuery, match="Type the password again"):
            _set(work, password=None, **change)
    with pytest.raises(InvalidQuery, match="The host needs a name"):
        _set(work, host="")
    assert work.read().server == server


def test_two_administrators_do_not_overwrite_each_other(work: SendingWork) -> None:
    _set(work)
    with pytest.raises(ChangedMeanwhile):
        work.remove_server(0)
    work.remove_server(work.read().revision)
    assert work.read().server is None


def test_a_test_message_arrives_and_says_what_it_is(work: SendingWork) -> None:
    postbox = Postbox()
    with serving(postbox) as server:
        _set(work, host=server.host, port=str(server.port), security="none", user="", password="")
        assert work.test_mail("otto@example.com").startswith("250")
    (got,) = postbox.got
    assert got.rcpt_tos == ["otto@example.com"]
    assert b"Subject: Test from Samepage" in content_of(got)
    with pytest.raises(HandOverFailed, match="can't be reached"):
        work.test_mail("otto@example.com")


def test_destinations_are_added_tried_and_removed(live: Live, work: SendingWork) -> None:
    with receiving() as receiver:
        address = f"http://127.0.0.1:{receiver.port}/hook/secret"
        number, secret = work.add(NewDestination(kind="webhook", name="Listener", address=address, audience="agency"))
        assert secret.startswith("whsec_")
        assert work.test_destination(number) == "200 ok"
        (listed,) = work.read().destinations
        assert (listed.host, listed.is_failing) == ("127.0.0.1", False)
        receiver.answers = [answer(404)]
        with pytest.raises(HandOverFailed, match="status 404"):
            work.test_destination(number)
        (listed,) = work.read().destinations
        assert listed.is_failing
        work.remove(number)
        with pytest.raises(InvalidQuery, match="can't be used any more"):
            work.test_destination(number)
        assert len(receiver.got) == 2
    assert work.read().destinations == ()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://127.0.0.2/x", "isn't on the public internet"),
        ("https://[::1]/x", "isn't on the public internet"),
        ("http://hooks.example.com/", "must begin with https"),
        ("no address", "isn't a web address"),
    ],
)
def test_a_destination_that_gets_no_messages_is_not_added(work: SendingWork, address: str, says: str) -> None:
    with pytest.raises((InvalidQuery, HandOverFailed), match=says):
        work.add(NewDestination(kind="slack", name="x", address=address))
    assert work.read().destinations == ()


def test_an_audience_must_be_one_that_policies_name(work: SendingWork) -> None:
    assert work.audiences == ("agency",)
    with pytest.raises(InvalidQuery, match="Choose an audience: agency"):
        work.add(NewDestination(kind="slack", name="x", address="http://127.0.0.1/", audience="everyone"))


def test_failures_and_counts_cover_the_last_days(live: Live, work: SendingWork) -> None:
    now = live.store.now()
    to = Recipient(kind="person", id="5d2c")
    rows = [("failed", 0), ("handed_over", 0), ("handed_over", 0), ("skipped", 1), ("due", 0), ("failed", 30)]
    with live.store.write(recorded=False) as transaction:
        for place, (state, days) in enumerate(rows):
            slot = now - timedelta(days=days)
            queue_send(transaction, NewSend(kind="delivery", about=f"d{place}", slot=slot, recipient=to))
            values: dict[str, object] = {"state": state, "why": "550 No such user" if state == "failed" else ""}
            values |= {"attempts": 3, "ended_at": None if state == "due" else slot}
            transaction.connection.execute(update(SENDS).where(SENDS.c.about == f"d{place}").values(**values))
    seen = work.read()
    (failure,) = seen.failures
    assert (failure.kind, failure.to, failure.why, failure.attempts) == ("delivery", "a person", "550 No such user", 3)
    assert [dict(states) for _, states in seen.days] == [
        {"failed": 1, "handed_over": 2, "due": 1},
        {"skipped": 1},
    ]
    assert seen.days[0][0] == now.date()
    assert seen.waiting == 1


def test_an_alert_about_an_earlier_day_counts_on_the_day_it_was_sent(live: Live, work: SendingWork) -> None:
    now = live.store.now()
    to = Recipient(kind="person", id="5d2c")
    with live.store.write(recorded=False) as transaction:
        queue_send(transaction, NewSend(kind="alert", about="a", slot=now - timedelta(days=9), recipient=to))
        transaction.connection.execute(update(SENDS).values(state="handed_over", ended_at=now))
    assert [(day, dict(states)) for day, states in work.read().days] == [(now.date(), {"handed_over": 1})]


def test_a_job_that_no_worker_runs_is_reported(live: Live, work: SendingWork) -> None:
    assert work.read().missing_since is None
    now = live.store.now()
    with live.store.write(recorded=False) as transaction:
        add_jobs(transaction, ["sends", "slots"])
    assert work.read().missing_since is None  # due just now
    with live.store.write(recorded=False) as transaction:
        late = now - timedelta(minutes=6)
        transaction.connection.execute(update(JOBS).where(JOBS.c.name == "sends").values(next_at=late))
    seen = work.read()
    assert seen.missing_since == late
    # A worker runs, and doesn't have this job, such as data checks that are switched off.
    with live.store.write(recorded=False) as transaction:
        runs = update(JOBS).where(JOBS.c.name == "slots").values(last_ended_at=now - timedelta(minutes=1))
        transaction.connection.execute(runs)
    assert work.read().missing_since is None
    assert [job.name for job in seen.jobs] == ["sends", "slots"]


def test_each_person_sees_their_own_mailbox(folder: Path, tmp_path: Path) -> None:
    with sending(folder, tmp_path, demo=True) as live:
        person(live, OTTO, "")
        assert Mailbox(live, ANA).messages() == []  # the store doesn't know her yet
        SendingWork(live, OTTO).test_mail("otto@demo.example")
        person(live, ANA, "")
        (row,) = Mailbox(live, OTTO).messages()
        content = Mailbox(live, OTTO).content(row.number)
        assert content is not None
        assert b"To: otto@demo.example" in content
        for actor in (ANA, replace(OTTO, id="other", viewed_by="x"), replace(OTTO, viewed_by="x"), Actor(id="x")):
            assert Mailbox(live, actor).messages() == []
            assert Mailbox(live, actor).content(row.number) is None


def test_only_the_demo_has_a_mailbox(live: Live) -> None:
    person(live, OTTO, "")
    assert Mailbox(live, OTTO).messages() == []
    assert Mailbox(live, OTTO).content(1) is None
