"""Sending a message to real mail servers on this machine: accepted, refused temporarily or permanently, cut off,
encrypted.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from semantic.config.mail import MailServer
from semantic.errors import HandOverFailed
from semantic.transport.mime import mime_of
from semantic.transport.smtp import send_mail, words_of
from tests.browser.visitor import free_port
from tests.semantic.transport.messages import AT, MESSAGE, MESSAGE_ID, SENDER, Certificate, make_certificate

LENA = "lena@example.com"


@dataclass
class Postbox:
    """What a server received. `answers` are its replies to each step, by the step's name."""

    answers: dict[str, str] = field(default_factory=dict[str, str])
    got: list[Envelope] = field(default_factory=list[Envelope])
    logins: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's names)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.append(envelope)
        return self.answers.get("DATA", "250 2.0.0 Queued as 4F7A")

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given == LoginPassword(b"samepage", b"right"))


def content_of(got: Envelope) -> bytes:
    assert isinstance(got.content, bytes)
    return got.content


@contextmanager
def serving(postbox: Postbox, **how: Any) -> Iterator[MailServer]:
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **how)
    controller.start()
    try:
        yield MailServer(host="127.0.0.1", port=controller.port, security="none", sender=SENDER)
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


def _content(to: str = LENA) -> bytes:
    return mime_of(MESSAGE, sender=SENDER, to=to, message_id=MESSAGE_ID, date=AT)


def _refused(server: MailServer, *, to: str = LENA, **how: Any) -> HandOverFailed:
    with pytest.raises(HandOverFailed) as refused:
        send_mail(server, _content(to), to=to, **how)
    return refused.value


def test_a_server_gets_exactly_the_bytes_for_one_recipient() -> None:
    postbox = Postbox()
    with serving(postbox) as server:
        assert send_mail(server, _content(), to=LENA) == "250 2.0.0 Queued as 4F7A"
    (got,) = postbox.got
    assert content_of(got) == _content()
    assert got.rcpt_tos == [LENA]
    assert got.mail_from == "numbers@example.com"


def test_a_line_that_is_only_a_full_stop_does_not_end_the_message() -> None:
    postbox = Postbox()
    content = b"Subject: x\r\n\r\nbefore\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n..\r\nafter\r\n"
    with serving(postbox) as server:
        send_mail(server, content, to=LENA)
    assert [got.content for got in postbox.got] == [content]


@pytest.mark.parametrize(
    ("step", "answer", "is_final", "says"),
    [
        ("RCPT", "550 5.1.1 No such user", True, "refused the recipient: 550 5.1.1 No such user"),
        ("RCPT", "451 4.3.0 Try later", False, "refused the recipient: 451 4.3.0 Try later"),
        ("RCPT", "450 Greylisted", False, "refused the recipient: 450 Greylisted"),
        ("MAIL", "553 Not your sender", True, "refused the sender: 553 Not your sender"),
        ("MAIL", "530 Authentication required", False, "refused the sender: 530 Authentication required"),
        ("DATA", "554 Looks like spam", True, "refused the message: 554 Looks like spam"),
        ("DATA", "452 Out of space", False, "refused the message: 452 Out of space"),
    ],
)
def test_a_refusal_says_which_step_and_whether_to_try_again(step: str, answer: str, is_final: bool, says: str) -> None:
    with serving(Postbox({step: answer})) as server:
        refused = _refused(server)
    assert refused.is_final is is_final
    assert str(refused) == f"The mail server {says}"


def test_an_answer_names_no_address() -> None:
    with serving(Postbox({"RCPT": "550 <eve@evil.example> isn't lena@example.com"})) as server:
        assert str(_refused(server)).endswith("550 [address] isn't [address]")


def test_an_answer_is_short_and_one_line() -> None:
    assert words_of(250, b"a\r\nb\x00\x1b[31m" + b"x" * 999).startswith("250 a b")
    assert len(words_of(250, b"y" * 999)) == 200
    assert words_of(250, b"a\r\nb\x1b").isprintable()


@contextmanager
def talking(*lines: bytes, closes: bool = True) -> Iterator[MailServer]:
    """Serve these lines, each after receiving something, and then close the connection."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def talk() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                for line in lines:
                    connection.sendall(line)
                    connection.recv(65_536)
                if not closes:
                    over.wait(20)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        port = listening.getsockname()[1]
        yield MailServer(host="127.0.0.1", port=port, security="none", sender=SENDER)
    finally:
        over.set()
        listening.close()
        thread.join()


def test_a_server_that_hangs_up_before_it_confirms_is_tried_again() -> None:
    with talking(b"220 hello\r\n", b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 Go on\r\n") as server:
        refused = _refused(server)
    assert not refused.is_final
    assert str(refused) == "The mail server at 127.0.0.1 closed the connection before it confirmed the message."


def test_an_unresponsive_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.transport.smtp.TIMEOUT_SECONDS", 0.2)
    with talking(b"220 hello\r\n", closes=False) as server:
        refused = _refused(server)
    assert not refused.is_final
    assert "didn't answer within" in str(refused)


def test_an_unreachable_server_is_tried_again() -> None:
    server = MailServer(host="127.0.0.1", port=free_port(), security="none", sender=SENDER)
    refused = _refused(server)
    assert not refused.is_final
    assert str(refused) == "The mail server at 127.0.0.1 can't be reached (Connection refused)."


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_connection_is_only_made_to_a_server_with_a_good_certificate(
    security: Any, certificate: Certificate, tmp_path: Path
) -> None:
    postbox = Postbox()
    how = {"tls_context": certificate.served(), "require_starttls": True}
    if security == "tls":
        how = {"ssl_context": certificate.served()}
    with serving(postbox, **how) as plain:
        server = MailServer(host=plain.host, port=plain.port, security=security, sender=SENDER)
        assert send_mail(server, _content(), to=LENA, trust=certificate.trusted()).startswith("250")
        other = make_certificate(tmp_path, "mail.example.com")
        for trust in (None, other.trusted()):
            refused = _refused(server, trust=trust)
            assert not refused.is_final
            assert "has a certificate that can't be trusted" in str(refused)
    assert len(postbox.got) == 1


def test_a_server_that_requires_starttls_is_not_used_without_it(certificate: Certificate) -> None:
    postbox = Postbox()
    with serving(postbox, tls_context=certificate.served(), require_starttls=True) as server:
        refused = _refused(server)
    assert re.search(r"530 .*STARTTLS", str(refused))
    assert not refused.is_final
    assert postbox.got == []


def test_a_server_without_the_requested_starttls_gets_nothing() -> None:
    postbox = Postbox()
    with serving(postbox) as plain:
        server = MailServer(host=plain.host, port=plain.port, security="starttls", sender=SENDER)
        assert "doesn't offer STARTTLS" in str(_refused(server))
    assert postbox.got == []


@pytest.mark.parametrize(("password", "is_let_in"), [("right", True), ("wrong-and-secret", False)])
def test_a_password_is_sent_only_over_tls_and_never_shown(
    password: str, is_let_in: bool, certificate: Certificate
) -> None:
    postbox = Postbox()
    how = {"tls_context": certificate.served(), "authenticator": postbox.authenticate, "auth_required": True}
    with serving(postbox, **how) as plain:
        server = MailServer(
            host=plain.host, port=plain.port, security="starttls", sender=SENDER, user="samepage", password=password
        )
        if is_let_in:
            assert send_mail(server, _content(), to=LENA, trust=certificate.trusted()).startswith("250")
        else:
            refused = _refused(server, trust=certificate.trusted())
            assert str(refused) == "The mail server at 127.0.0.1 refused the user or password."
            assert not refused.is_final
        assert password not in repr(server)
    assert set(postbox.logins) == {(b"samepage", password.encode())}
    assert len(postbox.got) == is_let_in


def test_a_name_in_another_script_needs_a_server_that_supports_it() -> None:
    postbox, to = Postbox(), "jörg@example.com"
    with serving(postbox, enable_SMTPUTF8=True) as server:
        assert send_mail(server, _content(to), to=to).startswith("250")
    assert postbox.got[0].rcpt_tos == [to]
    assert "SMTPUTF8" in postbox.got[0].mail_options
    with serving(postbox, enable_SMTPUTF8=False, decode_data=False) as server:
        refused = _refused(server, to=to)
    assert refused.is_final
    assert str(refused) == "The mail server can't deliver to addresses with letters other than a to z."
    assert len(postbox.got) == 1
