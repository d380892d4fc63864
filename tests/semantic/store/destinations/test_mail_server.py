"""The mail server set in the app: its password is sealed for that server, and a damaged setting counts as no server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from semantic.config.mail import MailServer
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.accounts.settings import SETTINGS, read_setting
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store
from semantic.store.destinations.mail_server import SETTING, StoredServer, read_mail_server, write_mail_server
from semantic.store.keys import Keys

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
SERVER = MailServer(
    host="smtp.example.com", port=587, security="starttls", sender="Samepage <numbers@example.com>", user="samepage",
    password="verysecret", is_of_settings=False,
)  # fmt: skip


def _write(store: Store, keys: Keys, server: MailServer | None, *, revision: int = 0, actor: Actor = OTTO) -> None:
    with store.write() as transaction:
        write_mail_server(transaction, keys, server, actor, revision=revision)


def _read(store: Store, keys: Keys) -> StoredServer:
    with store.read() as connection:
        return read_mail_server(connection, keys)


def _change(store: Store, value: str) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(SETTINGS).where(SETTINGS.c.name == SETTING).values(value=value))


def test_a_server_round_trips(store: Store, keys: Keys) -> None:
    assert _read(store, keys) == StoredServer(None, 0)
    _write(store, keys, SERVER)
    assert _read(store, keys) == StoredServer(SERVER, 1)
    with store.read() as connection:
        value, _ = read_setting(connection, SETTING)
    assert "verysecret" not in json.dumps(value)
    assert "verysecret" not in repr(SERVER)
    _write(store, keys, replace(SERVER, user="", password=""), revision=1)
    assert _read(store, keys) == StoredServer(replace(SERVER, user="", password=""), 2)
    _write(store, keys, None, revision=2)
    assert _read(store, keys) == StoredServer(None, 3)
    with pytest.raises(ChangedMeanwhile):
        _write(store, keys, SERVER, revision=2)


def test_a_password_is_not_sent_to_another_server(store: Store, keys: Keys) -> None:
    _write(store, keys, SERVER)
    with store.read() as connection:
        value, _ = read_setting(connection, SETTING)
    assert isinstance(value, dict)
    for name, other in (
        ("host", "evil.example"),
        ("port", "2525"),
        ("user", "eve"),
        ("sender", "Samepage <eve@evil.example>"),
        ("security", "tls"),
        ("sealed", "AAAA"),
        ("sealed", "?"),
    ):
        _change(store, json.dumps({**value, name: other}))
        assert _read(store, keys).server is None
    _change(store, json.dumps(value))
    assert _read(store, keys).server == SERVER


def test_no_message_is_sent_to_a_server_that_was_written_into_the_store(store: Store, keys: Keys) -> None:
    open_server = replace(SERVER, user="", password="", security="none", port=25)
    _write(store, keys, open_server)
    with store.read() as connection:
        value, _ = read_setting(connection, SETTING)
    assert isinstance(value, dict)
    assert _read(store, keys).server == open_server
    _change(store, json.dumps({**value, "host": "evil.example"}))
    assert _read(store, keys).server is None
    _change(store, json.dumps({name: part for name, part in value.items() if name != "sealed"}))
    assert _read(store, keys).server is None


@pytest.mark.parametrize("value", ["{", "[]", '"x"', "{}", '{"host": 1}', '{"host": "a", "port": "x"}', "null", ""])
def test_a_damaged_setting_counts_as_no_server(store: Store, keys: Keys, value: str) -> None:
    _write(store, keys, SERVER)
    _change(store, value)
    assert _read(store, keys) == StoredServer(None, 1)
    _write(store, keys, SERVER, revision=1)
    assert _read(store, keys).server == SERVER


def test_only_administrators_set_the_mail_server(store: Store, keys: Keys) -> None:
    for actor in (Actor(id="ana", roles=frozenset({"steward"})), replace(OTTO, viewed_by="x")):
        with pytest.raises(NotAllowed):
            _write(store, keys, SERVER, actor=actor)
    with pytest.raises(InvalidQuery, match="set in the server's settings"):
        _write(store, keys, replace(SERVER, is_of_settings=True))


def test_the_audit_log_has_no_password(store: Store, keys: Keys) -> None:
    _write(store, keys, SERVER)
    with store.read() as connection:
        (entry,) = [entry for entry in read_entries(connection, keys) if entry.kind == "mail_server.changed"]
    assert sentence(entry) == "Otto Weiss set the mail server to smtp.example.com"
    assert "verysecret" not in repr(entry)
