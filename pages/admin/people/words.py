"""Wording for the People page: a person's state, and the sources of their role, groups and attributes."""

from __future__ import annotations

from pages.shell.parts import plain
from semantic.display.format import counted, listed
from semantic.services.people import ListedPerson

_MOST_NAMED = 3
GIVEN = "given here"


def quiet(text: str) -> str:
    """Return text as grey Markdown. Email addresses in it don't become links, because on this page they are IDs."""
    # Streamlit links addresses after all other Markdown, so only one split in two stays plain text.
    return f":gray[{plain(text).replace('@', ':gray[@]')}]"


def state(person: ListedPerson) -> str:
    """Return a Markdown badge for an unusual state, or "" for an active account."""
    match person.state:
        case "off":
            return ":orange-badge[:material/block: Deactivated]"
        case "invited":
            return ":blue-badge[:material/mail: Invited]"
        case "no_account":
            return ":gray-badge[:material/person_off: No account]"
        case _:
            return ""


def short_source(person: ListedPerson) -> str:
    """Return where the role comes from, in a few words for a list."""
    if person.is_of_model:
        return "from the model"
    if is_given(person):
        return f"invited with {person.given.domain}" if person.given and person.given.domain else GIVEN
    if person.claims is None:
        return ""
    if not person.role:
        return "no group grants a role"
    return f"from {_some(person.claims.role_groups)} at {person.claims.provider}"


def role_source(person: ListedPerson) -> str:
    """Return where the role comes from, as a sentence."""
    if person.is_of_model:
        return "Set in the model, since this is a demo."
    if is_given(person) and person.given is not None:
        if person.given.domain:
            return f"From the invitation of {person.given.domain}."
        waiting = "" if person.claims is not None else ", and applies from their first sign-in"
        return f"Given here by an administrator{waiting}."
    if person.claims is None:
        return "No account is linked to this person, so no role is known."
    claims = person.claims
    if person.role:
        plural = len(claims.role_groups) > 1
        groups = "the groups" if plural else "the group"
        return (
            f"{claims.provider} reports {groups} {_some(claims.role_groups)}, which the settings map to {person.role}."
        )
    if not claims.groups_claim:
        return f"The settings don't name a groups claim for {claims.provider}, so there's no role."
    if not claims.groups:
        return f"{claims.provider} didn't send any groups in the claim {claims.groups_claim}, so there's no role."
    number = counted(len(claims.groups), "group")
    return f"{claims.provider} reports {number}. The settings don't map any of them to a role."


def is_given(person: ListedPerson) -> bool:
    """Return whether a person has their role only from Samepage, not from their provider."""
    if person.given is None or not person.role or person.given.role != person.role:
        return False
    return person.provided is None or person.role not in person.provided.roles


def source_of(is_provided: bool, is_given: bool) -> str:
    """Return where a group comes from."""
    return "both" if is_provided and is_given else GIVEN if is_given else "provider"


def reach(person: ListedPerson) -> str:
    """Return a person's attributes, which row rules use, as one line."""
    parts = [
        f"{name} {value if isinstance(value, str) else _some(value) or 'none'}"
        for name, value in sorted(person.attributes.items())
    ]
    return "; ".join(parts) or "No attributes"


def groups(person: ListedPerson) -> str:
    """Return the first few of a person's groups, and how many more there are."""
    return f"in {_some(tuple(sorted(person.groups)))}" if person.groups else "no groups"


def _some(names: tuple[str, ...]) -> str:
    """Return all names, or the first few and the number of others."""
    if len(names) <= _MOST_NAMED:
        return listed(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
