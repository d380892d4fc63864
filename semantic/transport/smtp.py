"""Send one message to one recipient through a mail server, and describe the outcome in words."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from semantic.config.mail import MailServer
from semantic.errors import HandOverFailed
from semantic.transport.mime import ascii_address

TIMEOUT_SECONDS: Final = 20.0
LONGEST_ANSWER: Final = 200
_LATE: Final = f"didn't answer within {TIMEOUT_SECONDS:.0f} seconds"


def send_mail(server: MailServer, content: bytes, *, to: str, trust: ssl.SSLContext | None = None) -> str:
    """Send a message, and return the server's response. Raises HandOverFailed.

    Each message has its own connection and one recipient, so that a bad address can't affect other recipients. `trust`
    replaces this machine's trusted certificates.
    """
    address = ascii_address(to)
    with _plain_failures(server), _connected(server, trust or ssl.create_default_context()) as connection:
        options: list[str] = []
        if not address.isascii():
            if not connection.has_extn("smtputf8"):
                raise HandOverFailed(
                    "The mail server can't deliver to addresses with letters other than a to z.", is_final=True
                )
            options = ["SMTPUTF8", "BODY=8BITMIME"]
            connection.command_encoding = "utf-8"
        _check(connection.mail(server.sender_address, options), "refused the sender")
        _check(connection.rcpt(address), "refused the recipient")
        try:
            code, answer = connection.data(content)
        except smtplib.SMTPDataError as error:  # the server refused before the message was sent
            code, answer = error.smtp_code, _as_bytes(error.smtp_error)
        _check((code, answer), "refused the message")
        with suppress(smtplib.SMTPException, OSError):  # the message is accepted, so later errors don't matter
            connection.quit()
        return words_of(code, answer)


@contextmanager
def _connected(server: MailServer, trust: ssl.SSLContext) -> Generator[smtplib.SMTP]:
    """Open a connection, encrypted and signed in as the settings require."""
    here = server.domain.encode("idna").decode() or "localhost"  # never this machine's own name
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(server.host, server.port, here, timeout=TIMEOUT_SECONDS, context=trust)
    else:
        connection = smtplib.SMTP(server.host, server.port, here, timeout=TIMEOUT_SECONDS)
    try:
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            if not connection.has_extn("starttls"):
                raise HandOverFailed(
                    f"The mail server at {server.host} doesn't offer STARTTLS. Choose another security.", is_final=False
                )
            connection.starttls(context=trust)
            connection.ehlo()
        if server.user:
            _sign_in(connection, server)
        yield connection
    finally:
        connection.close()


def _sign_in(connection: smtplib.SMTP, server: MailServer) -> None:
    try:
        connection.login(server.user, server.password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):  # some hang up on a wrong password
        raise HandOverFailed(
            f"The mail server at {server.host} refused the user or password.", is_final=False
        ) from None


@contextmanager
def _plain_failures(server: MailServer) -> Generator[None]:
    """Raise HandOverFailed with a plain message for connection errors within a `with` block.

    Such errors aren't about the recipient, so they can be retried.
    """
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        why = "doesn't offer a way to sign in that Samepage knows"
    except smtplib.SMTPServerDisconnected as error:
        is_late = isinstance(error.__context__, TimeoutError)
        why = _LATE if is_late else "closed the connection before it confirmed the message"
    except smtplib.SMTPResponseException as error:
        why = f"answered {words_of(error.smtp_code, error.smtp_error)}"
    except smtplib.SMTPException:
        why = "didn't answer as a mail server does"
    except ssl.SSLCertVerificationError as error:
        why = f"has a certificate that can't be trusted ({error.verify_message})"
    except ssl.SSLError:
        why = "couldn't agree on an encrypted connection"
    except TimeoutError:
        why = _LATE
    except (socket.gaierror, UnicodeError):
        why = "can't be found. Check its name"
    except OSError as error:
        why = f"can't be reached ({error.strerror or 'the connection failed'})"
    else:
        return
    raise HandOverFailed(f"The mail server at {server.host} {why}.", is_final=False)


def _check(answer: tuple[int, bytes], what: str) -> None:
    """Raise HandOverFailed unless the server accepted.

    A 5xx response is final, except 530 and 535, which other settings can fix.
    """
    code, text = answer
    if not 200 <= code < 400:
        is_final = 500 <= code < 600 and code not in (530, 535, 538)
        raise HandOverFailed(f"The mail server {what}: {words_of(code, text)}", is_final=is_final)


def _as_bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def words_of(code: int, answer: bytes | str) -> str:
    """Return a server's response as a short line without email addresses, because they may be other people's."""
    text = _as_bytes(answer).decode("utf-8", errors="replace")
    words = ("[address]" if "@" in word else word for word in text[:2_000].split())
    line = "".join(sign if sign.isprintable() else " " for sign in " ".join(words))
    return f"{code} {line}"[:LONGEST_ANSWER].rstrip()
