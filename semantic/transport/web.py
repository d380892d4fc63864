"""Post to a web address that someone entered, without reaching private addresses (decision 51).

The host is looked up once, and all its addresses are checked. The connection uses a checked address, so it doesn't
matter if the host's addresses change in between. Redirects aren't followed, proxies aren't used, and responses are
limited in size and time.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from semantic.errors import HandOverFailed, InvalidQuery
from semantic.store.destinations.destinations import host_of

CONNECT_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 20.0
MOST_ANSWER_BYTES: Final = 16_384
_LONGEST_ANSWER: Final = 200
_MOST_TRIED: Final = 4
_FINAL: Final = frozenset({400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422})
_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")  # all that is assigned on the internet
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    # Each of these leads to an IPv4 address that wasn't checked and can be private.
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96", "::ffff:0:0:0/96")
)


def look_up(host: str, port: int) -> list[str]:
    """Return all IP addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet.

    Private addresses, this machine's and those of a cloud's metadata service aren't.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # with a zone, such as fe80::1%eth0
        return False
    if any(parsed in network for network in _NOT_PUBLIC if network.version == parsed.version):
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed not in _GLOBAL:  # such as fec0::1, which used to be private
        return False
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)


@dataclass(frozen=True, slots=True)
class Web:
    """Reaches web addresses, and checks which are allowed.

    `allowed_hosts` can be private and use http, because the operator listed them. `resolve`, `connect` and `trust` are
    for tests with servers on this machine.
    """

    allowed_hosts: frozenset[str] = frozenset()
    resolve: Callable[[str, int], Sequence[str]] = look_up
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection
    trust: ssl.SSLContext | None = None
    whole_seconds: float = WHOLE_SECONDS
    step_seconds: float = CONNECT_SECONDS  # for connecting, and for each wait for bytes

    def check(self, address: str) -> None:
        """Raise InvalidQuery or HandOverFailed for an address to which sending isn't allowed."""
        host, port, _ = self._target(address)
        self._addresses(host, port)

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Post a body, and return the response's status and beginning as text. Raises HandOverFailed.

        Error messages never contain the address, because it's secret.
        """
        status, said = self.ask(address, body, headers)
        return _checked(host_of(address).lower(), status, said)

    def ask(
        self, address: str, body: bytes, headers: Mapping[str, str], *, most_bytes: int = MOST_ANSWER_BYTES
    ) -> tuple[int, bytes]:
        """Post a body, and return the response's status and at most `most_bytes` of its body.

        Raises HandOverFailed, whose message never contains the address.
        """
        try:
            host, port, is_plain = self._target(address)
        except InvalidQuery as error:
            raise HandOverFailed(str(error), is_final=True) from None
        connection = self._connection(host, port, is_plain)
        # Every step has a time limit, and this one is for all of them together.
        late = threading.Event()
        # The connection drops its reference to the socket after reading a last answer's headers.
        timer = threading.Timer(self.whole_seconds, _hang_up, (connection.sock, late))
        timer.daemon = True
        timer.start()
        try:
            parts = urlsplit(address)
            path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            connection.request("POST", path, body, {**headers, "User-Agent": "Samepage", "Connection": "close"})
            answer = connection.getresponse()
            status, said = answer.status, answer.read(most_bytes)
            if late.is_set():  # an answer that was cut off looks complete
                raise TimeoutError
            return status, said
        except ssl.SSLCertVerificationError as error:
            why = f"has a certificate that can't be trusted ({error.verify_message})"
        except TimeoutError:
            why = "didn't answer in time"
        except (http.client.HTTPException, OSError, ValueError):
            why = "didn't answer in time" if late.is_set() else "closed the connection without a valid answer"
        finally:
            timer.cancel()
            connection.close()
        raise HandOverFailed(f"{host} {why}.", is_final=False)

    def _connection(self, host: str, port: int, is_plain: bool) -> http.client.HTTPConnection:
        """Open a connection to a checked address, using the host's own name for TLS and headers."""
        raw = self._reach(host, self._addresses(host, port), port)
        connection = http.client.HTTPConnection(host, port)
        if is_plain:
            connection.sock = raw
            return connection
        trust = self.trust or ssl.create_default_context()
        try:
            connection = http.client.HTTPSConnection(host, port, context=trust)
            connection.sock = trust.wrap_socket(raw, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raw.close()
            why = f"has a certificate that can't be trusted ({error.verify_message})"
            raise HandOverFailed(f"{host} {why}.", is_final=False) from None
        except OSError:
            raw.close()
            raise HandOverFailed(f"{host} couldn't agree on an encrypted connection.", is_final=False) from None
        return connection

    def _reach(self, host: str, addresses: Sequence[str], port: int) -> socket.socket:
        for address in addresses[:_MOST_TRIED]:
            with suppress(OSError):
                return self.connect((address, port), self.step_seconds)
        raise HandOverFailed(f"{host} can't be reached.", is_final=False)

    def _target(self, address: str) -> tuple[str, int, bool]:
        host, parts = host_of(address).lower(), urlsplit(address)
        is_plain = parts.scheme == "http"
        if is_plain and host not in self.allowed_hosts:
            raise InvalidQuery("The address must begin with https://.")
        return host, parts.port or (80 if is_plain else 443), is_plain

    def _addresses(self, host: str, port: int) -> list[str]:
        """Return all IP addresses of a host, after checking each of them. Raises HandOverFailed."""
        try:
            addresses = list(self.resolve(host, port))
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise HandOverFailed(f"The host {host} can't be found. Check the address.", is_final=False)
        if host not in self.allowed_hosts and not all(is_public(address) for address in addresses):
            raise HandOverFailed(
                f"The host {host} isn't on the public internet, so nothing is sent there. The person who runs Samepage "
                "can allow it with SAMEPAGE_ALLOWED_HOSTS.",
                is_final=True,
            )
        return addresses


def _hang_up(used: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        used.shutdown(socket.SHUT_RDWR)


def _checked(host: str, status: int, body: bytes) -> str:
    """Return the response as text. Raises HandOverFailed unless the message was accepted."""
    text = "".join(sign if sign.isprintable() else " " for sign in body[:1_000].decode("utf-8", errors="replace"))
    words = f"{status} {' '.join(text.split())}"[:_LONGEST_ANSWER].rstrip()
    if 200 <= status < 300:
        return words
    if 300 <= status < 400:
        raise HandOverFailed(f"{host} redirects to another address, which isn't followed.", is_final=True)
    # A refusal can contain anything, and people who read the history may not see the destination's secrets.
    raise HandOverFailed(f"{host} refused the message with status {status}.", is_final=status in _FINAL)
