"""An agent can read what its person can read, and changes none of the person's data, with or without an audit entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from semantic.errors import NotAllowed
from semantic.governance.domains import is_central
from semantic.model.domains import Domain, DomainPeople
from semantic.policy.actor import Actor
from semantic.policy.domains import is_domain_member, is_domain_steward
from semantic.query.query import Query
from semantic.services.people import _require_administrator  # pyright: ignore[reportPrivateUsage] - the guard itself
from semantic.store.accounts.follows import follow, read_follows, unfollow
from semantic.store.comments.comments import may_write
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys
from semantic.store.models.drafts import save_draft
from semantic.store.numbers import remarks, targets
from semantic.store.questions.favourites import read_favourites, set_favourite
from semantic.store.questions.links import make_link
from semantic.store.questions.questions import list_questions, save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.rights import may_change
from semantic.store.spaces.spaces import may_share

ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"administrator"}), groups=frozenset({"mail"}))
AGENT = replace(ANA, kind="agent", agent="0123456789ab", agent_name="Assistant")
QUERY = Query(metrics=("revenue",))


def _save(transaction: Transaction, keys: Keys, actor: Actor) -> str:
    return save_question(transaction, Content(query=QUERY), actor, keys, name="Mine", sentence="", space="")


def test_an_agent_reads_its_persons_own_questions_favourites_and_follows(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        mine = _save(transaction, keys, ANA)
        set_favourite(transaction, mine, ANA, on=True)
        follow(transaction, ANA, "metric", "revenue")
    with store.read() as connection:
        assert [question.id for question in list_questions(connection, AGENT)] == [mine]
        assert not list_questions(connection, AGENT)[0].may_change
        assert read_favourites(connection, AGENT) == {mine}
        assert [one.thing for one in read_follows(connection, AGENT)] == ["revenue"]
        other = replace(AGENT, id="jonas")
        assert list_questions(connection, other) == []


CHANGES: dict[str, Callable[[Transaction, Keys, str], object]] = {
    "save": lambda transaction, keys, mine: _save(transaction, keys, AGENT),
    "favourite": lambda transaction, keys, mine: set_favourite(transaction, mine, AGENT, on=True),
    "follow": lambda transaction, keys, mine: follow(transaction, AGENT, "metric", "revenue"),
    "unfollow": lambda transaction, keys, mine: unfollow(transaction, AGENT, "metric", "revenue"),
    "link": lambda transaction, keys, mine: make_link(transaction, QUERY, AGENT, keys, is_personal=False),
    "draft": lambda transaction, keys, mine: save_draft(transaction, AGENT, "d", {}, revision=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_agent_of_an_administrator_changes_nothing(store: Store, keys: Keys, change: str) -> None:
    with store.write() as transaction:
        mine = _save(transaction, keys, ANA)
    with pytest.raises(NotAllowed, match="An agent can't change"), store.write() as transaction:
        CHANGES[change](transaction, keys, mine)


def test_no_right_to_change_anything_passes_to_an_agent() -> None:
    assert (ANA.only_looks, AGENT.only_looks) == (False, True)
    for right in (is_central, may_share, may_write, targets.may_set, remarks.may_write):
        assert right(ANA)
        assert not right(AGENT)
    assert may_change(ANA, is_mine=True, space="")
    assert not may_change(AGENT, is_mine=True, space="")
    with pytest.raises(NotAllowed):
        _require_administrator(AGENT)


def test_an_agent_belongs_to_its_persons_domain_but_is_not_its_steward() -> None:
    side = DomainPeople(people=frozenset({"ana"}))
    domain = Domain(name="mail", stewards=side)
    assert is_domain_member(AGENT, domain)
    assert is_domain_steward(ANA, domain)
    assert not is_domain_steward(AGENT, domain)
    assert not is_domain_member(replace(AGENT, viewed_by="otto"), domain)
    assert not is_domain_member(replace(AGENT, agent=""), domain)
