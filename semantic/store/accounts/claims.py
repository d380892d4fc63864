"""A provider's claims about a person, stored as text that is sealed with the person's own key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from semantic.policy.actor import Attribute
from semantic.policy.claims import ProvenPerson
from semantic.store.keys import seal, unseal

_FORM: Final = 1  # of the text; others aren't read


def seal_claims(key: bytes, subject: str, person: ProvenPerson) -> bytes:
    """Return a person's claims, sealed with the person's key and bound to their number."""
    text = json.dumps(
        {
            "form": _FORM,
            "id": person.id,
            "issuer": person.issuer,
            "provider_subject": person.provider_subject,
            "name": person.name,
            "email": person.email,
            "provider": person.provider,
            "roles": sorted(person.roles),
            "role_groups": list(person.role_groups),
            "groups": sorted(person.groups),
            "policy_groups": None if person.policy_groups is None else sorted(person.policy_groups),
            "groups_claim": person.groups_claim,
            "attributes": {
                name: value if isinstance(value, str) else list(value) for name, value in person.attributes.items()
            },
            "attribute_claims": dict(person.attribute_claims),
            "claims_at": person.claims_at.isoformat() if person.claims_at else None,
        }
    )
    return seal(key, text.encode(), _place(subject))


def open_claims(key: bytes | None, subject: str, sealed: bytes | None) -> ProvenPerson | None:
    """Return the claims in a sealed text, or None if they weren't sealed for this person with this key."""
    if key is None or not isinstance(sealed, bytes):
        return None
    text = unseal(key, sealed, _place(subject))
    # Any: JSON. Only this program seals with this key, so what opens has the form given above.
    document: dict[str, Any] = json.loads(text) if text is not None else {}
    if document.get("form") != _FORM:
        return None
    attributes: Mapping[str, Attribute] = {
        name: value if isinstance(value, str) else tuple(value) for name, value in document["attributes"].items()
    }
    known = document.get("policy_groups")  # claims kept by an earlier release lack it, and are valid until renewed
    return ProvenPerson(
        id=document["id"],
        issuer=document["issuer"],
        provider_subject=document["provider_subject"],
        name=document["name"],
        email=document["email"],
        provider=document["provider"],
        roles=frozenset(document["roles"]),
        role_groups=tuple(document["role_groups"]),
        groups=frozenset(document["groups"]),
        policy_groups=None if known is None else frozenset(known),
        groups_claim=document["groups_claim"],
        attributes=MappingProxyType(attributes),
        attribute_claims=MappingProxyType(dict(document["attribute_claims"])),
        claims_at=datetime.fromisoformat(document["claims_at"]) if document["claims_at"] else None,
    )


def _place(subject: str) -> str:
    return f"claims {subject}"
