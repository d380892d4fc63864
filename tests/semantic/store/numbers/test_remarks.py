"""Remarks in the store: added, edited and removed by their author and stewards, with each act encrypted in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from semantic.annotations.remarks import Remark
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers import remarks
from semantic.store.numbers.remarks import (
    StoredRemark,
    add_remark,
    change_remark,
    find_remark,
    may_change,
    read_remarks,
    remove_remark,
)
from semantic.store.people import erase_person
from tests.hostile.strings import sample
from tests.semantic.store.small_model import ANA, JONAS

CLAIRE = Actor(id="claire", name="Claire Moreau", roles=frozenset({"marketer"}))
LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
STRIKE = Remark(
    first=date(2026, 9, 3), last=date(2026, 9, 5), text="Strike of Edda's couriers", kind="outage", metric="revenue",
    dim="market", member="FR", audience="marketer", whole=True,
)  # fmt: skip


def write(store: Store, keys: Keys, remark: Remark = STRIKE, actor: Actor = JONAS) -> StoredRemark:
    with store.write() as transaction:
        text = add_remark(transaction, remark, actor, keys)
    return find(store, text, actor)


def find(store: Store, remark: str, actor: Actor) -> StoredRemark:
    with store.read() as connection:
        found_remark = find_remark(connection, remark, actor)
    assert found_remark is not None
    return found_remark


def texts(store: Store, first: date | None, end: date | None) -> list[str]:
    with store.read() as connection:
        return [remark.text for _, remark in read_remarks(connection, first=first, end=end)]


def test_remarks_round_trip(store: Store, keys: Keys) -> None:
    remark = write(store, keys)
    assert remark.remark == STRIKE
    assert (remark.author_name, remark.is_mine, remark.revision) == ("Jonas Weber", True, 1)
    assert find(store, remark.id, CLAIRE).is_mine is False


def test_remarks_that_overlap_the_days_are_found(store: Store, keys: Keys) -> None:
    write(store, keys)
    assert texts(store, date(2026, 9, 5), date(2026, 9, 6)) == [STRIKE.text]
    assert texts(store, date(2026, 9, 6), None) == []
    assert texts(store, None, date(2026, 9, 3)) == []
    assert texts(store, None, date(2026, 9, 4)) == [STRIKE.text]
    assert texts(store, None, None) == [STRIKE.text]


def test_only_its_author_and_stewards_edit_and_remove_a_remark(store: Store, keys: Keys) -> None:
    remark = write(store, keys)
    later = replace(STRIKE, last=date(2026, 9, 9), text="Longer than thought")
    viewing = replace(ANA, viewed_by="otto")
    for other in (CLAIRE, LENA, viewing):
        theirs = find(store, remark.id, other)
        assert not may_change(theirs, other)
        with pytest.raises(NotAllowed), store.write() as transaction:
            change_remark(transaction, theirs, later, other, keys)
        with pytest.raises(NotAllowed), store.write() as transaction:
            remove_remark(transaction, theirs, other, keys)
    with store.write() as transaction:
        change_remark(transaction, remark, later, JONAS, keys)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        remove_remark(transaction, remark, JONAS, keys)
    with store.write() as transaction:
        remove_remark(transaction, find(store, remark.id, ANA), ANA, keys)
    assert texts(store, None, None) == []


@pytest.mark.parametrize("actor", [LENA, replace(JONAS, viewed_by="otto")])
def test_viewers_and_people_who_view_as_others_write_no_remarks(store: Store, keys: Keys, actor: Actor) -> None:
    with pytest.raises(NotAllowed), store.write() as transaction:
        add_remark(transaction, STRIKE, actor, keys)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"text": " \n "}, "1 to 500"),
        ({"text": "x" * 501}, "1 to 500"),
        ({"last": date(2026, 9, 1)}, "Swap them"),
        ({"kind": "gossip"}, "kind or audience"),
        ({"audience": "everybody"}, "audience of this remark is unknown"),
        ({"member": "x" * 201}, "longer than"),
        ({"member": "\ud800"}, "invalid characters"),
    ],
)
def test_an_unstorable_remark_is_refused(store: Store, keys: Keys, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says), store.write() as transaction:
        add_remark(transaction, replace(STRIKE, **wrong), JONAS, keys)  # Any: fields of a remark


def test_one_person_cannot_use_up_the_shared_limit(store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remarks, "MOST_OF_ONE", 2)
    first = write(store, keys)
    write(store, keys)
    with pytest.raises(InvalidQuery, match="Remove some of yours"):
        write(store, keys)
    write(store, keys, actor=CLAIRE)
    with store.write() as transaction:
        remove_remark(transaction, first, JONAS, keys)
    write(store, keys)


def test_hostile_texts_are_stored_as_plain_text(store: Store, keys: Keys) -> None:
    for text in sample(60):
        storable = text.replace("\0", "").encode(errors="replace").decode().strip()
        if 0 < len(storable) <= 500:
            assert write(store, keys, replace(STRIKE, text=text)).remark.text == storable, repr(text)


def test_the_log_has_the_act_and_the_sealed_text(store: Store, keys: Keys) -> None:
    remark = write(store, keys)
    with store.write() as transaction:
        remove_remark(transaction, remark, JONAS, keys)
    with store.read() as connection:
        rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).all()
    assert [row.kind for row in rows] == ["remark.written", "remark.removed"]
    assert all("Edda" not in row.said and b"Edda" not in row.sealed for row in rows)


def test_a_remark_stays_without_a_name_when_its_author_is_erased(store: Store, keys: Keys) -> None:
    remark = write(store, keys)
    with store.write(recorded=False) as transaction:
        erase_person(transaction, JONAS.id, keys)
    found_remark = find(store, remark.id, JONAS)
    assert (found_remark.remark, found_remark.author_name, found_remark.is_mine) == (STRIKE, "", False)
