"""The demo's mailbox: each message once, for its recipient, for thirty days, and up to a maximum number."""

from __future__ import annotations

import pytest

from semantic.store.database import Store
from semantic.store.destinations import mailbox
from semantic.store.destinations.mailbox import NewMail, forget_messages, put_mail, read_mail, read_mailbox
from tests.semantic.store.clock import Clock


def _put(store: Store, *, subject: str = "lena", message_id: str = "<1@x>", content: bytes = b"bytes\r\n\x00") -> bool:
    new = NewMail(
        subject=subject, recipient=f"{subject}@demo.example", title="Revenue", message_id=message_id, content=content
    )
    with store.write(recorded=False) as transaction:
        return put_mail(transaction, new)


def _ids(store: Store, subject: str | None) -> list[str]:
    with store.read() as connection:
        return [row.subject for row in read_mailbox(connection, subject)]


def test_a_message_is_kept_byte_for_byte_for_its_recipient(store: Store, clock: Clock) -> None:
    assert _put(store)
    with store.read() as connection:
        (row,) = read_mailbox(connection, "lena")
        assert (row.recipient, row.title, row.at) == ("lena@demo.example", "Revenue", clock())
        assert read_mail(connection, row.number, "lena") == b"bytes\r\n\x00"
        assert read_mail(connection, row.number, None) == b"bytes\r\n\x00"
        assert read_mail(connection, row.number, "jonas") is None
        assert read_mail(connection, row.number + 1, None) is None
        assert read_mailbox(connection, "jonas") == []


def test_a_message_that_arrives_twice_is_stored_once(store: Store) -> None:
    assert [_put(store), _put(store, content=b"again"), _put(store, subject="jonas")] == [True, False, True]
    assert _ids(store, None) == ["jonas", "lena"]


def test_old_messages_are_deleted(store: Store, clock: Clock) -> None:
    _put(store)
    clock.move(days=29)
    _put(store, subject="jonas")
    clock.move(days=2)
    _put(store, subject="ana")
    assert _ids(store, None) == ["ana", "jonas"]


def test_only_the_newest_messages_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MOST_KEPT", 3)
    for number in range(5):
        _put(store, subject=f"p{number}")
    assert _ids(store, None) == ["p4", "p3", "p2"]


def test_a_persons_messages_can_be_forgotten(store: Store) -> None:
    _put(store)
    _put(store, subject="jonas")
    with store.write(recorded=False) as transaction:
        forget_messages(transaction, "lena")
    assert _ids(store, None) == ["jonas"]
