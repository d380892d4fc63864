"""Manage connections as an administrator: list, test, add, change and remove them.

An address can be saved only after a test shows that it works. Saved addresses are never shown.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from semantic.display.format import counted, listed
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.run.connection_steps import Step, is_connected, test_steps
from semantic.services.connecting.address import Address, read_address, with_password
from semantic.services.connections import may_know
from semantic.services.process import Live
from semantic.store.audit.log import Act, Plain, record
from semantic.store.connections.connections import (
    ROLE,
    NewConnection,
    StoredConnection,
    add_connection,
    change_connection,
    end_connection,
    engine_label,
    find_connection,
    free_name,
    open_address,
    read_connections,
    rename_connection,
)
from semantic.store.people import read_names

ONLY_ADMINISTRATORS: Final = "Only administrators connect data. Ask one of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedConnection:
    """A connection other than the main one. `stored` is None if it comes from the server's settings.

    `used_by` has the labels of the datasets that use the connection and that this person can see. `hidden` is the
    number of other datasets. `problem` is why this process can't use the connection, or "".
    """

    name: str
    label: str
    engine: str
    place: str
    added_by: str = ""
    added_at: datetime | None = None
    stored: StoredConnection | None = None
    used_by: tuple[str, ...] = ()
    hidden: int = 0
    problem: str = ""


class ConnectionTest:
    """A connection test that runs in its own thread. Any thread can read its steps as they finish."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._steps: tuple[Step, ...] = ()
        self._is_done = threading.Event()

    def begin(self) -> ConnectionTest:
        threading.Thread(target=self._run, args=(self.address.text,), name="connection-steps", daemon=True).start()
        return self

    def forget(self) -> None:
        """Erase the address, and keep only the steps."""
        self.address = replace(self.address, text="")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that have finished."""
        return self._steps

    @property
    def is_done(self) -> bool:
        return self._is_done.is_set()

    @property
    def is_connected(self) -> bool:
        """Whether the test has finished and the address works."""
        return self.is_done and is_connected(self._steps)

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for the test to finish, and return whether it has."""
        return self._is_done.wait(seconds)

    def _run(self, text: str) -> None:
        try:
            for step in test_steps(text):
                self._steps = (*self._steps, step)
        finally:
            self._is_done.set()


class ConnectionWork:
    """Connections managed by `actor`. Raises NotAllowed for anyone who isn't an administrator, and StoreFailed."""

    def __init__(self, live: Live, actor: Actor) -> None:
        self.live, self.actor = live, actor

    def read(self) -> tuple[ListedConnection, ...]:
        """Return every connection except the main one: first those in the settings, then those added in the app."""
        self._check(looks=True)
        live = self.live
        with live.store.read() as connection:
            rows = read_connections(connection)
            names = read_names(connection, {row.added_by for row in rows})
        problems = live.connections.problems()
        of_settings = [self._listed(name, name.replace("_", " ").capitalize()) for name in live.settings.connections]
        of_store = [
            self._listed(
                row.name,
                row.label,
                row=row,
                by=names.get(row.added_by, ("", ""))[1],
                problem=problems.get(row.name, ""),
            )
            for row in rows
        ]
        return (*sorted(of_settings, key=lambda each: each.label), *of_store)

    def test(self, text: str) -> ConnectionTest:
        """Start testing an address, which the audit log records. Raises InvalidQuery, also for a forbidden address."""
        self._check()
        return self._begin(read_address(text, self.live.settings))

    def test_again(self, name: str, password: str | None = None) -> ConnectionTest:
        """Start testing an existing connection. One that was added in the app can be tested with another `password`.

        Raises InvalidQuery for an unknown connection, or if its address can't be read.
        """
        self._check()
        if (text := self.live.settings.connections.get(name)) is not None and password is None:
            return self._begin(Address(engine="", place=name, text=text))
        with self.live.store.read() as connection:
            text = open_address(connection, self.live.keys, name)
        if not text:
            raise InvalidQuery("The address of this connection can't be read. Enter the full address again.")
        return self.test(text if password is None else with_password(text, password))

    def add(self, label: str, test: ConnectionTest) -> str:
        """Save an address that was tested and works, and return the connection's name in the model."""
        self._check()
        live, address = self.live, self._tested(test)
        with live.store.write() as transaction:
            taken = {row.name for row in read_connections(transaction.connection)}
            taken |= {*live.settings.connections, *live.workspace().connectors.names()}
            wanted = NewConnection(
                name=free_name(label, frozenset(taken)), label=label, engine=address.engine, place=address.place,
                address=address.text,
            )  # fmt: skip
            add_connection(transaction, live.keys, wanted, self.actor)
        live.connections.look()
        return wanted.name

    def change(self, number: str, test: ConnectionTest, *, revision: int) -> None:
        """Give a connection another address that was tested and works. Raises ChangedMeanwhile."""
        self._check()
        live, address = self.live, self._tested(test)
        with live.store.write() as transaction:
            change_connection(
                transaction, live.keys, number, self.actor, engine=address.engine, place=address.place,
                address=address.text, revision=revision,
            )  # fmt: skip
        live.connections.look()

    def rename(self, number: str, label: str, *, revision: int) -> None:
        """Change a connection's label. Its name in the model stays the same. Raises ChangedMeanwhile."""
        self._check()
        with self.live.store.write() as transaction:
            rename_connection(transaction, self.live.keys, number, self.actor, label=label, revision=revision)
        self.live.connections.look()

    def remove(self, number: str) -> None:
        """Remove a connection and delete its address. Raises NotAllowed while the model still uses the connection."""
        self._check()
        live = self.live
        with live.store.write() as transaction:
            row = find_connection(transaction.connection, number)
            if row is not None:
                shown, hidden = self._users(row.name)
                if shown or hidden:
                    raise NotAllowed(
                        f"{in_use(shown, hidden)} Remove them from the model first, or change the address."
                    )
            end_connection(transaction, live.keys, number, self.actor)
        live.connections.look()

    def _begin(self, address: Address) -> ConnectionTest:
        details: dict[str, Plain] = {"engine": engine_label(address.engine), "place": address.place}
        with self.live.store.write() as transaction:
            act = Act(kind="connection.tested", actor=self.actor, about="connection:tested", details=details)
            record(transaction, act, self.live.keys)
        return ConnectionTest(address).begin()

    def _listed(
        self, name: str, label: str, *, row: StoredConnection | None = None, by: str = "", problem: str = ""
    ) -> ListedConnection:
        shown, hidden = self._users(name)
        return ListedConnection(
            name=name,
            label=label,
            engine=engine_label(row.engine) if row is not None else "",
            place=row.place if row is not None else self.live.settings.come_from.get(f"connection_{name}", ""),
            added_by=by,
            added_at=row.added_at if row is not None else None,
            stored=row,
            used_by=shown,
            hidden=hidden,
            problem=problem,
        )

    def _users(self, name: str) -> tuple[tuple[str, ...], int]:
        """Return the labels of a connection's datasets that this person can see, and the number of others."""
        workspace = self.live.workspace()
        seen = workspace.visible(self.actor)
        users = [dataset for dataset in workspace.model.datasets.values() if dataset.connection == name]
        shown = sorted(dataset.label for dataset in users if may_know(dataset, seen))
        return tuple(shown), len(users) - len(shown)

    def _tested(self, test: ConnectionTest) -> Address:
        if not test.is_connected:
            raise InvalidQuery("Test the address first. It can be saved once the test succeeds.")
        # Again, because a link can have changed since the test.
        return read_address(test.address.text, self.live.settings)

    def _check(self, *, looks: bool = False) -> None:
        actor = self.actor
        is_person = actor.kind == "person" and (looks or actor.viewed_by is None)
        if not is_person or not actor.is_at_least(ROLE):
            raise NotAllowed(ONLY_ADMINISTRATORS)


def in_use(shown: tuple[str, ...], hidden: int) -> str:
    """Return a sentence about which datasets use a connection, or "" if none does."""
    named = [*shown, *([counted(hidden, "dataset") + " that you can't see"] if hidden else [])]
    if not named:
        return ""
    count = len(shown) + hidden
    return f"The model reads {counted(count, 'dataset')} from this connection: {listed(named)}."
