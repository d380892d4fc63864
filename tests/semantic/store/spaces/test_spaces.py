"""Shared spaces: created by name, with one space for each name that readers can tell apart."""

import pytest
from sqlalchemy import select

from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.spaces import spaces
from semantic.store.spaces.spaces import SPACES, Space, list_spaces, make_domain_spaces, make_first_space, make_space

JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))


def _make(store: Store, keys: Keys, name: str, actor: Actor = JONAS) -> Space:
    with store.write(recorded=False) as transaction:
        return make_space(transaction, name, actor, keys)


def test_a_name_belongs_to_one_space(store: Store, keys: Keys) -> None:
    paid, mail = _make(store, keys, "Team Paid"), _make(store, keys, "mail")
    assert _make(store, keys, " team  PAID ") == paid
    with store.read() as connection:
        assert list_spaces(connection) == (mail, paid)
        assert connection.execute(select(AUDIT.c.kind)).scalars().all() == ["space.made"] * 2


@pytest.mark.parametrize("name", ["", " ", "Mine", "ONLY me", "x" * 61])
def test_a_name_that_would_mislead_is_refused(name: str, store: Store, keys: Keys) -> None:
    with pytest.raises(InvalidQuery, match="unique name"):
        _make(store, keys, name)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(id="lena", roles=frozenset({"viewer"})),
        Actor(id="none"),
        Actor(id="jonas", roles=frozenset({"marketer"}), viewed_by="ana"),
    ],
)
def test_only_people_who_can_share_create_a_space(actor: Actor, store: Store, keys: Keys) -> None:
    with pytest.raises(NotAllowed):
        _make(store, keys, "Team Paid", actor)


def test_no_marketer_can_use_up_all_spaces(store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """No one can remove a space, so someone who used up all of them would do so permanently."""
    monkeypatch.setattr(spaces, "MOST_OF_ONE", 2)
    first = _make(store, keys, "a")
    _make(store, keys, "b")
    with pytest.raises(NotAllowed, match="2 spaces, which is the limit for one person"):
        _make(store, keys, "c")
    assert _make(store, keys, "A") == first
    _make(store, keys, "c", Actor(id="claire", roles=frozenset({"marketer"})))
    for name in ("d", "e", "f"):
        _make(store, keys, name, Actor(id="ana", roles=frozenset({"steward"})))


def test_a_store_without_spaces_starts_with_one_for_the_company(store: Store, keys: Keys) -> None:
    for _ in range(2):  # as when two servers start
        make_first_space(store)
    with store.read() as connection:
        (company,) = list_spaces(connection)
        assert company.name == "Company"
        assert connection.execute(select(AUDIT.c.kind)).scalars().all() == []
    assert _make(store, keys, " company") == company


def test_a_store_with_spaces_gets_no_others(store: Store, keys: Keys) -> None:
    paid = _make(store, keys, "Team Paid")
    make_first_space(store)
    with store.read() as connection:
        assert list_spaces(connection) == (paid,)


def test_the_first_space_does_not_count_towards_anyones_limit(
    store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spaces, "MOST_OF_ONE", 1)
    make_first_space(store)
    _make(store, keys, "a")
    with store.read() as connection:
        authors = connection.execute(select(SPACES.c.author).order_by(SPACES.c.folded)).scalars().all()
    assert authors[1] == ""
    assert authors[0] != ""


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return sorted(connection.execute(select(SPACES.c.name)).scalars())


def test_a_domains_space_follows_its_label_including_capitals(store: Store, keys: Keys) -> None:
    make_domain_spaces(store, {"paid": "paid media"})
    make_domain_spaces(store, {"paid": "Paid media"})
    assert names(store) == ["Paid media"]
    _make(store, keys, "Mail")
    make_domain_spaces(store, {"paid": "Mail"})
    assert names(store) == ["Mail", "Mail (team)"]


def test_a_domain_with_a_long_label_has_one_space_that_is_not_written_again(store: Store) -> None:
    make_domain_spaces(store, {"paid": "x" * 80})
    before = names(store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", lambda **_: pytest.fail("It wrote again."))
        make_domain_spaces(store, {"paid": "x" * 80})
    assert names(store) == before == ["x" * 60]
