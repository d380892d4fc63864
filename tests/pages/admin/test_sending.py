"""The page Sending: who can open it, and how to set up a mail server, add destinations and see failed messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages.admin.sending import destinations as destination_page
from pages.admin.sending import mail_server as mail_page
from pages.shell import links, once, session
from semantic.config.mail import MailServer
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.destinations.destinations import NewDestination, add_destination, note_outcome
from semantic.store.destinations.mail_server import read_mail_server
from semantic.store.jobs.jobs import JOBS, add_jobs
from semantic.store.outbox.sends import SENDS, NewSend, Recipient, queue_send
from semantic.transport.manage import SendingWork
from tests.pages.api_world import ANA, OTTO
from tests.pages.whole_app import ROOT, is_closed, open_app, show_pages_to
from tests.semantic.transport.sending_world import build_world, person, sending
from tests.semantic.transport.test_smtp import Postbox, serving
from tests.waiting import STUCK

Open = Callable[[], AppTest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sending")
    build_world(folder)
    return folder


@pytest.fixture
def demo() -> bool:
    return False


@pytest.fixture
def live(folder: Path, tmp_path: Path, demo: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    with sending(folder, tmp_path, demo=demo) as live:
        person(live, OTTO, "")
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        monkeypatch.setattr(session, "settings", lambda: live.settings)
        yield live


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": OTTO}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield lambda: open_app(links.SENDING)
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(title.value) for kind in (app.title, app.markdown, app.caption, app.warning) for title in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def _type(app: AppTest, page: object, **texts: str) -> None:
    times = app.session_state[f"{'mail-server' if page is mail_page else 'destination'}-times"]
    for name, text in texts.items():
        key = getattr(page, name)
        app.text_input(f"{key}-{times}").set_value(text)


@pytest.mark.parametrize("actor", [ANA, Actor(id="x")])
def test_only_administrators_open_it(visit: Open, who: dict[str, Actor], actor: Actor) -> None:
    who["asks"] = actor
    app = AppTest.from_file(str(ROOT / links.SENDING), default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert "Mail server" not in words(app)
    assert is_closed(visit())


def test_an_empty_page_says_what_is_missing(visit: Open) -> None:
    app = visit()
    assert not app.exception
    text = words(app)
    for said in (
        "Not set up yet, so no email is sent", "Add a channel so that deliveries and alerts", "No failed messages.",
        "Nothing was sent in the last 7 days.", "No worker has run yet.",
    ):  # fmt: skip
        assert said in text
    assert "Send me a test" not in text


def test_a_mail_server_is_set_changed_and_removed(visit: Open, live: Live) -> None:
    app = visit()
    app.button("mail-server-edit").click().run()
    _type(
        app, mail_page, HOST="smtp example", SENDER="Samepage <numbers@example.com>", USER="me", PASSWORD="verysecret"
    )
    app.button("mail-server-save").click().run()
    assert "The host needs a name or address" in words(app)
    _type(app, mail_page, HOST="smtp.example.com")
    app.button("mail-server-save").click().run()
    text = words(app)
    assert "Email is sent through smtp.example.com from now on" in text
    assert "verysecret" not in str(app)
    assert _stored(live) == MailServer(
        host="smtp.example.com", port=587, security="starttls", sender="Samepage <numbers@example.com>", user="me",
        password="verysecret", is_of_settings=False,
    )  # fmt: skip
    app.button("mail-server-edit").click().run()
    _type(app, mail_page, SENDER="other@example.com")
    app.button("mail-server-save").click().run()
    stored = _stored(live)
    assert stored is not None
    assert (stored.sender, stored.password) == ("other@example.com", "verysecret")
    app.button("mail-server-edit").click().run()
    app.button("mail-server-remove").click().run()
    assert "The mail server is removed" in words(app)
    assert _stored(live) is None


def _stored(live: Live) -> MailServer | None:
    with live.store.read() as connection:
        return read_mail_server(connection, live.keys).server


def test_a_mail_server_of_the_settings_cannot_be_changed_here(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MailServer(host="smtp.example.com", port=25, security="none", sender="a@b.example")
    with sending(folder, tmp_path, mail=server) as live:
        person(live, OTTO, "")
        monkeypatch.setattr(session, "settings", lambda: live.settings)
        show_pages_to(monkeypatch, lambda: OTTO, live.workspace, live)
        app = open_app(links.SENDING)
        assert "from the server's settings" in words(app)
        assert "are sent to the mail server unencrypted" in words(app)
        assert not any(button.key == "mail-server-edit" for button in app.button)
        app.button("mail-server-test").click().run()  # no account with an address is signed in here
        assert "Your account has no email address" in words(app)


@pytest.mark.parametrize("demo", [True])
def test_a_test_in_the_demo_arrives_in_the_mailbox(visit: Open, live: Live) -> None:
    app = visit()
    assert "In the demo, emails go to the Mailbox page" in words(app)
    app.button("mail-server-test").click().run()
    assert "The test is in the mailbox" in words(app)
    app = open_app(links.MAILBOX)
    assert "Test from Samepage" in words(app)


def test_a_destination_is_added_and_removed(visit: Open, live: Live) -> None:
    app = visit()
    app.button("destination-new").click().run()
    _type(app, destination_page, NAME="#marketing", ADDRESS="https://127.0.0.1/services/verysecret")
    app.button("destination-add").click().run()
    assert "isn't on the public internet" in words(app)
    assert "verysecret" not in words(app)
    with live.store.write() as transaction:
        wanted = NewDestination(kind="slack", name="#ads *now*", address="https://hooks.slack.com/s/verysecret")
        number, _ = add_destination(transaction, live.keys, wanted, OTTO)
    with live.store.write(recorded=False) as transaction:
        note_outcome(transaction, number, "hooks.slack.com refused the message with status 404.")
    app = visit()
    text = words(app)
    assert "#ads *now*" in text
    assert "Titles and links only. hooks.slack.com. Nothing sent yet." in text
    assert "refused the message with status 404" in text
    assert "verysecret" not in text
    SendingWork(live, OTTO).remove(number)
    assert "#ads" not in words(visit())


def test_a_webhooks_secret_is_shown_once(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.transport.web.Web.check", lambda self, address: None)  # no network here
    app = visit()
    app.button("destination-new").click().run()
    times = app.session_state["destination-times"]
    app.button_group(f"destination-kind-{times}").set_value("webhook")
    _type(app, destination_page, NAME="Listener", ADDRESS="https://etl.example.com/hook")
    app.selectbox(f"destination-audience-{times}").select("agency")
    app.button("destination-add").click().run()
    (secret,) = [code.value for code in app.code]
    assert secret.startswith("whsec_")
    app.button("destination-copied").click().run()
    assert not app.code
    assert "Audience: agency. etl.example.com." in words(app)


def test_failures_counts_and_jobs_are_listed(visit: Open, live: Live) -> None:
    now = live.store.now()
    with live.store.write(recorded=False) as transaction:
        for about, state in (("a", "failed"), ("b", "handed_over"), ("c", "handed_over")):
            to = Recipient(kind="person", id="5d2c")
            queue_send(transaction, NewSend(kind="alert", about=about, slot=now, recipient=to))
            why = "The mail server refused the recipient: 550" if state == "failed" else ""
            values = {"state": state, "why": why, "attempts": 1, "details": '{"title": "Top secret"}'}
            transaction.connection.execute(update(SENDS).where(SENDS.c.about == about).values(**values))
        add_jobs(transaction, ["sends"])
        transaction.connection.execute(update(JOBS).values(next_at=now - timedelta(minutes=20)))
    app = visit()
    failures, days, jobs = (frame.value for frame in app.dataframe)
    assert failures[["What", "To", "Why", "Attempts"]].values.tolist() == [
        ["Alert", "a person", "The mail server refused the recipient: 550", 1]
    ]
    assert days[["Sent", "Not sent", "Failed"]].values.tolist() == [[2, 0, 1]]
    assert jobs[["Job", "Last run", "State"]].values.tolist() == [["Send messages", "Never", "OK"]]
    assert "No worker is running" in words(app)
    assert "Top secret" not in str(failures) + words(app)


def test_an_unavailable_store_is_reported(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: SendingWork) -> None:
        raise StoreFailed("The store couldn't be read.")

    monkeypatch.setattr(SendingWork, "read", away)
    app = visit()
    assert "Couldn't load sending" in words(app)
    assert "The store couldn't be read." in words(app)


def test_a_server_that_refuses_says_why(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_page, "_own_address", lambda live, person: "otto@example.com")
    with serving(Postbox({"RCPT": "550 No such user"})) as server:
        SendingWork(live, OTTO).set_server(
            host=server.host, port=str(server.port), security="none", user="", password="", sender="a@b.example",
            revision=0,
        )  # fmt: skip
        app = visit()
        app.button("mail-server-test").click().run()
    assert "The mail server refused the recipient: 550 No such user" in words(app)
