"""People and their accounts, as administrators see and manage them.

For each person, this covers who they are, why they have their role, what they can see, and whether they can sign in.
Every action checks that the acting person is an administrator, and actions that would lock everyone out are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import ROLES, Actor, Attribute
from semantic.policy.claims import ProvenPerson, is_reserved
from semantic.policy.given_access import ROLES_BY_DOMAIN, GivenAccess, checked_domain, checked_id
from semantic.services.process import Live
from semantic.store.accounts.accounts import Account, read_accounts
from semantic.store.accounts.changes import LONGEST_WHY, deactivate, free_account, reactivate
from semantic.store.accounts.given import (
    Invitation,
    give,
    invite_domain,
    read_invitations,
    remove_invitation,
)
from semantic.store.accounts.sign_ins import (
    SignIn,
    count_open,
    end_sign_in,
    look_again,
    read_sign_ins_of,
    read_signed_in,
)
from semantic.store.agents.agents import end_agents_of
from semantic.store.audit.entries import find_subject
from semantic.store.database import Transaction, hold_log
from semantic.store.people import subject_of

State = Literal["active", "off", "invited", "no_account"]
ADMINISTRATOR: Final = "administrator"
OF_MODEL: Final = "In the demo, the model defines the people. Change their access in Definitions."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """One person. `subject` is "" for demo people that the store doesn't have yet.

    `claims` is None for demo people, because the model defines them, for invited people who haven't signed in yet, and
    for people who had an account earlier. `given` is the access that administrators gave them, which `claims`, `roles`,
    `groups` and `attributes` include. `provided` has only their provider's claims.
    """

    id: str
    name: str
    subject: str
    state: State
    roles: frozenset[str]
    groups: frozenset[str]
    attributes: Mapping[str, Attribute]
    is_of_model: bool
    claims: ProvenPerson | None
    provided: ProvenPerson | None
    given: GivenAccess | None
    last_seen_at: datetime | None
    deactivated_at: datetime | None
    open_sign_ins: int

    @property
    def role(self) -> str:
        """The person's highest role, or "" if they have none."""
        return max(self.roles.intersection(ROLES), key=ROLES.index, default="")

    @property
    def short_name(self) -> str:
        return self.name.partition(", ")[0] or self.id


def known_people(live: Live) -> tuple[ListedPerson, ...]:
    """Return everyone who can sign in or ever has, sorted by name, without erased people. Raises StoreFailed."""
    with live.store.read() as connection:
        accounts = {
            account.id: account
            for account in read_accounts(connection, live.keys, live.claimed)
            if not is_reserved(account.id)
        }
        counts, signed_in = count_open(connection, live.store.now()), read_signed_in(connection)
    of_model = live.workspace().people if live.settings.demo else dict[str, Actor]()
    known = [_known(accounts.get(name), of_model.get(name), counts) for name in dict.fromkeys([*of_model, *accounts])]
    people = [person for person in known if person.state != "no_account" or _was_here(person, accounts, signed_in)]
    return tuple(sorted(people, key=lambda person: (person.name.casefold(), person.id)))


def _was_here(person: ListedPerson, accounts: Mapping[str, Account], signed_in: frozenset[str]) -> bool:
    """Whether a person without an account has ever signed in.

    The store also has people who never signed in, because someone named them with `--as` in the shell.
    """
    account = accounts[person.id]
    return account.subject in signed_in or account.last_seen_at > account.first_seen_at


def _known(account: Account | None, of_model: Actor | None, counts: Mapping[str, int]) -> ListedPerson:
    claims = account.claims if account is not None and of_model is None else None
    actor = of_model or (claims.actor if claims is not None else None)
    assert account is not None or actor is not None
    off = account.deactivated_at if account is not None else None
    given = account.given if account is not None and of_model is None else None
    waiting: State = "invited" if actor is None and given is not None and not given.is_empty else "no_account"
    return ListedPerson(
        id=actor.id if actor is not None else account.id if account is not None else "",
        name=actor.name if actor is not None and actor.name else account.name if account is not None else "",
        subject=account.subject if account is not None else "",
        state="off" if off is not None else "active" if actor is not None else waiting,
        roles=actor.roles if actor is not None else frozenset({given.role} - {""}) if given else frozenset(),
        groups=claims.groups if claims else actor.groups if actor else given.groups if given else frozenset(),
        attributes=actor.attributes if actor is not None else given.attributes if given is not None else {},
        is_of_model=of_model is not None,
        claims=claims,
        provided=account.provided if claims is not None and account is not None else None,
        given=given,
        last_seen_at=account.last_seen_at if account is not None else None,
        deactivated_at=off,
        open_sign_ins=counts.get(account.subject, 0) if account is not None else 0,
    )


def sign_ins_of(live: Live, person: str) -> list[SignIn]:
    """Return a person's sign-ins in the store, newest first. Raises StoreFailed.

    Ended sign-ins stay in the store for a month.
    """
    with live.store.read() as connection:
        subject = find_subject(connection, person)
        return read_sign_ins_of(connection, live.keys, subject) if subject else []


# An administrator's actions


def end_one(live: Live, person: str, number: str, by: Actor) -> bool:
    """End one of a person's sign-ins, and return whether it was open. People can end their own. Raises NotAllowed."""
    if person != by.id:
        _require_administrator(by)
    if number not in {sign_in.number for sign_in in sign_ins_of(live, person)}:
        return False
    with live.store.write(recorded=False) as transaction:  # not recorded if it has ended by now
        ended = end_sign_in(transaction, live.keys, number, "signed_out", by)
    live.look()
    return ended


def sign_out_everywhere(live: Live, person: str, by: Actor) -> int:
    """End all of a person's sign-ins, and return how many were open. People can end their own. Raises NotAllowed."""
    if person != by.id:
        _require_administrator(by)
    with live.store.read() as connection:
        subject = find_subject(connection, person)
    return live.sign_ins.end_all_of(subject, by) if subject else 0


def switch_off(live: Live, person: str, by: Actor, *, why: str) -> None:
    """Deactivate an account.

    Raises NotAllowed for your own account and the last administrator's, and InvalidQuery without a reason or if the
    account is already inactive.
    """
    _require_administrator(by)
    _require_another(person, by, "deactivate your own account")
    why = _reason(why)
    with live.store.write() as transaction:
        hold_log(transaction.connection)  # so two administrators can't switch each other off at the same moment
        _require_others(live, transaction, person)
        deactivate(transaction, live.keys, _subject(live, transaction, person), by, why=why)
    live.look()


def switch_on(live: Live, person: str, by: Actor, *, why: str) -> None:
    """Reactivate an account. Raises NotAllowed, InvalidQuery."""
    _require_administrator(by)
    why = _reason(why)
    with live.store.write() as transaction:
        reactivate(transaction, live.keys, _subject(live, transaction, person), by, why=why)
    live.look()


def free_id(live: Live, person: str, by: Actor, *, why: str) -> None:
    """Release an ID, so that another account can sign in with it. Raises NotAllowed, InvalidQuery."""
    _require_administrator(by)
    _require_another(person, by, "release your own ID")
    why = _reason(why)
    with live.store.write() as transaction:
        subject = _subject(live, transaction, person)
        free_account(transaction, live.keys, subject, by, why=why)
        end_agents_of(transaction, live.keys, subject, RELEASED, by)
    live.look()


RELEASED: Final = "The ID of its person was released"
"""Why a person's agents end when the person's ID is released."""


# Access given here


@dataclass(frozen=True, slots=True)
class AccessChoices:
    """The access that administrators can give: the groups and attributes that policies use."""

    groups: tuple[str, ...]
    attributes: tuple[str, ...]


def access_choices(live: Live) -> AccessChoices:
    """Return the groups and attributes that the current model's policies use. Others would have no effect."""
    policies = live.workspace().model.policies
    rules = (rule for policy in policies for rule in policy.rows)
    return AccessChoices(
        groups=tuple(sorted({group for policy in policies for group in policy.groups})),
        attributes=tuple(
            sorted(
                {name for rule in rules for name in rule.where.placeholders}
                | {attribute.name for policy in policies for attribute in policy.attributes}
            )
        ),
    )


def give_access(live: Live, person: str, by: Actor, given: GivenAccess) -> None:
    """Replace the access that administrators gave to a person. This takes effect within seconds, also in open tabs.

    Raises NotAllowed for your own access, for people who aren't administrators, and if no administrator would remain.
    Raises InvalidQuery for groups or attributes that no policy uses.
    """
    _require_administrator(by)
    _require_another(person, by, "change your own access")
    _require_provider(live)
    with live.store.write() as transaction:
        hold_log(transaction.connection)  # so two administrators can't take each other's role at the same moment
        if given.role != ADMINISTRATOR:
            _require_others(live, transaction, person)
        subject = _subject(live, transaction, person)
        give(transaction, live.keys, subject, replace(given, domain=""), by)
        look_again(transaction, subject)
    live.look()


def invite(live: Live, text: str, by: Actor, given: GivenAccess) -> str:
    """Invite a person by the ID that their provider will send, and return the ID.

    They have this access from their first sign-in on, and don't get a message. Raises NotAllowed, and InvalidQuery
    without a role, for an ID that can't sign in, and for someone who already has an account.
    """
    _require_administrator(by)
    _require_provider(live)
    company = live.settings.sign_in
    providers = company.providers if company is not None else ()
    person = checked_id(
        text,
        are_addresses=all(provider.person == "email" for provider in providers),
        domains=_domains(live),
    )
    _require_another(person, by, "invite yourself")
    if not given.role:
        raise InvalidQuery("Choose a role. People without one see nothing.")
    if any(known.id == person and known.state != "no_account" for known in known_people(live)):
        raise InvalidQuery(f"{person} is already here. Open their page to change their access.")
    with live.store.write() as transaction:
        give(transaction, live.keys, subject_of(transaction, person, ""), replace(given, domain=""), by)
    live.look()
    return person


def invitations(live: Live) -> list[Invitation]:
    """Return the email domains that are invited. Raises StoreFailed."""
    with live.store.read() as connection:
        return read_invitations(connection, live.keys)


def invite_everyone(live: Live, text: str, by: Actor, given: GivenAccess) -> str:
    """Invite everyone whose address is in an email domain, and return the domain. Raises NotAllowed, InvalidQuery."""
    _require_administrator(by)
    _require_provider(live)
    domain = checked_domain(text, domains=_domains(live))
    if given.role not in ROLES_BY_DOMAIN:
        raise InvalidQuery("Choose viewer or marketer. You can give higher roles only to individual people.")
    with live.store.write() as transaction:
        invite_domain(transaction, live.keys, domain, given, by)
    return domain


def uninvite(live: Live, domain: str, by: Actor) -> None:
    """Revoke the invitation of an email domain. Raises NotAllowed, InvalidQuery."""
    _require_administrator(by)
    with live.store.write() as transaction:
        remove_invitation(transaction, live.keys, domain, by)


def _require_provider(live: Live) -> None:
    if live.settings.demo:
        raise NotAllowed(OF_MODEL)


def _domains(live: Live) -> frozenset[str] | None:
    """Return, in lower case, the email domains from which people can sign in, or None if any domain is allowed."""
    company = live.settings.sign_in
    allowed = [provider.domains for provider in company.providers] if company is not None else []
    if not allowed or any(domains is None for domains in allowed):
        return None
    return frozenset(domain.lower() for domains in allowed for domain in domains or ())


def _require_administrator(by: Actor) -> None:
    if by.only_looks or not by.is_at_least(ADMINISTRATOR):
        raise NotAllowed("Only an administrator can change someone else's account.")


def _require_another(person: str, by: Actor, verb: str) -> None:
    if person == by.id:
        raise NotAllowed(f"You can't {verb}. Ask another administrator.")


def _reason(text: str) -> str:
    """Return a reason as one line. Raises InvalidQuery if it's empty."""
    reason = " ".join(text.split())
    if not reason:
        raise InvalidQuery("Give a reason. It's kept in the audit log.")
    if len(reason) > LONGEST_WHY:
        raise InvalidQuery(f"Keep the reason under {LONGEST_WHY} characters.")
    return reason


def _subject(live: Live, transaction: Transaction, person: str) -> str:
    """Return a person's number, and give demo people one if they have none. Raises InvalidQuery for unknown people."""
    subject = find_subject(transaction.connection, person)
    if subject is None and live.settings.demo and person in live.workspace().people:
        return subject_of(transaction, person, live.workspace().people[person].name)
    if subject is None:
        raise InvalidQuery("This account no longer exists. Reload the list.")
    return subject


def _require_others(live: Live, transaction: Transaction, person: str) -> None:
    """Raise NotAllowed if this person is the only administrator."""
    if not _administrators(live, transaction) - {person}:
        raise NotAllowed("You can't remove the last administrator. Make someone else an administrator first.")


def _administrators(live: Live, transaction: Transaction) -> set[str]:
    """Return the IDs of the active administrators, who can reactivate accounts."""
    accounts = read_accounts(transaction.connection, live.keys, live.claimed)
    if live.settings.demo:
        off = {account.id for account in accounts if not account.is_active}
        return {person.id for person in live.workspace().people.values() if person.is_at_least(ADMINISTRATOR)} - off
    return {
        account.id
        for account in accounts
        if account.is_active and account.claims is not None and account.claims.actor.is_at_least(ADMINISTRATOR)
    }
