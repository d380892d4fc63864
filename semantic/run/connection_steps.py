"""Test whether an address can become a connection: its server, its sign-in, its tables, and write access.

Messages and remedies never contain the address, a password, or the engine's own error message.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from connectors import ENGINES, connect
from connectors.connector import Connector, ConnectorError, Unavailable
from semantic.errors import counted

StepName = Literal["reachable", "signed in", "tables", "read-only"]
StepState = Literal["ok", "warning", "failed", "skipped"]
SCHEMES: Final = frozenset(ENGINES)
"""The URL schemes that have a connector."""
REACH_SECONDS: Final = 5.0
SIGN_IN_SECONDS: Final = 30.0  # an engine that was just started takes long
FILES_SECONDS: Final = 120.0  # files are read into memory
_PORTS: Final = {"postgresql": 5432, "postgres": 5432, "sc": 15002}
_MOST_NAMED: Final = 3
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test. `says` is its result as a sentence, and `remedy` is what to do, or "" for nothing."""

    name: StepName
    state: StepState
    says: str
    remedy: str = ""


def test_steps(address: str) -> Iterator[Step]:
    """Yield the steps of testing an address, up to the first one that fails.

    A step takes as long as the engine does, up to a limit. The caller has to check that this address is allowed.
    """
    scheme, separator, _ = address.partition("://")
    if separator and scheme.lower() != "duckdb":
        return _of_server(address, scheme.lower())
    return _of_files(address)


test_steps.__test__ = False  # pyright: ignore[reportFunctionMemberAccess] (pytest would take it for a test)


def is_connected(steps: Sequence[Step]) -> bool:
    """Return whether a finished test shows that the address works, apart from warnings."""
    names = {step.name for step in steps}
    return "tables" in names and all(step.state != "failed" for step in steps)


def _of_server(address: str, scheme: str) -> Iterator[Step]:
    reached = _reach(address, scheme)
    yield reached
    if reached.state == "failed":
        return
    try:
        connector = _within(SIGN_IN_SECONDS, lambda: connect(address), late=lambda opened: opened.close())
    except ConnectorError as error:
        yield Step("signed in", "failed", str(error), _remedy(str(error)))
        return
    yield Step("signed in", "ok", f"The server runs {_program(connector.identity)}.")
    yield from _looked_at(connector)


def _of_files(address: str) -> Iterator[Step]:
    path = _path_of(address)
    what = "folder" if path.is_dir() else "file"
    if not path.exists():
        yield Step(
            "reachable", "failed", "There's no file or folder at this path.",
            "Check the path. It's a path on the server that runs Samepage, not on your computer.",
        )  # fmt: skip
        return
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        yield Step(
            "reachable", "failed", f"Samepage can't read this {what}.",
            "Give the user that runs Samepage permission to read it.",
        )  # fmt: skip
        return
    yield Step("reachable", "ok", f"The {what} is there.")
    yield Step("signed in", "skipped", "Files need no sign-in.")
    try:
        connector = _within(FILES_SECONDS, lambda: connect(address), late=lambda opened: opened.close())
    except ConnectorError as error:
        yield Step("tables", "failed", str(error), _remedy(str(error)) + _named_file(error))
        return
    yield from _looked_at(connector)


def _looked_at(connector: Connector) -> Iterator[Step]:
    """Yield the last two steps over an open connection, and then close it."""
    try:
        tables = _within(SIGN_IN_SECONDS, connector.tables)
        names = [table.name for table in tables]
        if not names:
            yield Step(
                "tables", "warning", "No tables can be read.",
                "Give this user SELECT permission on the tables, or check that this is the right database.",
            )  # fmt: skip
            yield Step("read-only", "skipped", "There are no tables to check.")
            return
        yield Step("tables", "ok", f"{counted(len(names), 'table')} readable.")
        yield _written(connector, _within(SIGN_IN_SECONDS, lambda: connector.writable(names)))
    except ConnectorError as error:
        yield Step("tables", "failed", str(error), _remedy(str(error)))
    finally:
        connector.close()


def _written(connector: Connector, writable: Sequence[str] | None) -> Step:
    if writable is None:
        return Step(
            "read-only", "skipped", "This engine doesn't say whether the user can write.",
            "Use a user without write permission. Samepage itself never writes.",
        )  # fmt: skip
    if writable:
        named = ", ".join(writable[:_MOST_NAMED])
        more = f" and {len(writable) - _MOST_NAMED:,} more" if len(writable) > _MOST_NAMED else ""
        return Step(
            "read-only", "warning", f"This user can write to {counted(len(writable), 'table')}: {named}{more}.",
            "Use a read-only user: the how-to “Connect your data” has the SQL for one. Samepage itself never writes.",
        )  # fmt: skip
    return Step("read-only", "ok", "Opened read-only." if connector.dialect == "duckdb" else "This user can only read.")


def _reach(address: str, scheme: str) -> Step:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS.get(scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port:
        return Step("reachable", "skipped", "The address has no host and port to try.")

    def knock() -> None:
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()

    try:
        _within(2 * REACH_SECONDS, knock)  # looking up the host has no time limit of its own
    except (socket.gaierror, UnicodeError):
        says, remedy = "This host can't be found.", "Check its spelling. The server that runs Samepage looks it up."
    except ConnectionRefusedError:
        says = "The host refuses connections on this port."
        remedy = "Check the port, and that the database runs and accepts connections from other machines."
    except (TimeoutError, Unavailable):
        says = f"The host doesn't answer within {REACH_SECONDS:g} seconds."
        remedy = "Check the host and port, and that no firewall is between it and the server that runs Samepage."
    except OSError:
        says = "The host can't be reached."
        remedy = "Check the host, and that the server that runs Samepage has a route to it."
    else:
        return Step("reachable", "ok", "The host answers.")
    return Step("reachable", "failed", says, remedy)


def _within(seconds: float, work: Callable[[], Outcome], *, late: Callable[[Outcome], object] | None = None) -> Outcome:
    """Return the result of `work`, which runs in its own thread so that a silent server doesn't block others.

    `late` gets a result that arrives after the time limit. Raises Unavailable at the limit, and the errors of `work`.
    """
    outcomes: list[Outcome] = []
    errors: list[Exception] = []
    lock = threading.Lock()
    is_over = threading.Event()

    def run() -> None:
        try:
            outcome = work()
        except (ConnectorError, OSError, UnicodeError) as error:
            errors.append(error.with_traceback(None))
            return
        with lock:
            if not is_over.is_set():
                outcomes.append(outcome)
                return
        if late is not None:
            late(outcome)

    thread = threading.Thread(target=run, name="connection-test", daemon=True)
    thread.start()
    thread.join(seconds)
    with lock:
        is_over.set()
    if errors:
        raise errors[0]
    if not outcomes:
        raise Unavailable(f"There was no answer within {seconds:g} seconds.")
    return outcomes[0]


def _path_of(address: str) -> Path:
    if "://" not in address:
        return Path(address).expanduser().absolute()
    return Path(unquote(urlsplit(address).path))


def _named_file(error: ConnectorError) -> str:
    """Return a sentence with the name of an error's file, or "". The engine's own message can contain values."""
    if "A file of the data" not in str(error):
        return ""
    return f" It's about {Path(error.place.partition(': ')[0]).name}."


def _program(identity: str) -> str:
    name, _, version = identity.partition(" ")
    return f"{({'postgres': 'PostgreSQL'}).get(name, name.capitalize())} {version}".strip()


_REMEDIES: Final[Sequence[tuple[str, str]]] = (
    ("user and password", "Type both again. Capital letters matter."),
    ("needs a password", "Enter the user's password."),
    ("pg_hba.conf", "Ask the database's administrator to let this user in from the server that runs Samepage."),
    ("does not know this user", "Check the user's name. Capital letters matter."),
    ("no database with this name", "Check the name of the database. Capital letters matter."),
    ("no free connection", "Wait a minute, then test again."),
    ("starting or stopping", "Wait a minute, then test again."),
    ("encryption", "Require encryption if you didn't, or stop requiring it. Its administrator knows which it needs."),
    ("older than", "Ask its administrator for a newer version."),
    ("user or token", "Get a new token, and check the user."),
    ("no schema", "Check the name of the schema."),
    ("no answer within", "Check that the port belongs to this kind of database, then test again."),
    ("no Parquet or CSV files", "Choose a folder with .parquet or .csv files in it. Folders inside it aren't read."),
    ("A file of the data", "Repair the file, or move it out of the folder."),
    ("neither a DuckDB file", "Choose one of these."),
    ("as a DuckDB file", "Check that the file is complete, and not open for writing in another program."),
    ("driver", "Ask the person who runs Samepage to install it."),
)


def _remedy(sentence: str) -> str:
    return next((remedy for part, remedy in _REMEDIES if part in sentence), "Check the details, then test again.")
