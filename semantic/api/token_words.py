"""Describe a service token in words: what the token can do and see, whether it works, and its usage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from semantic.display.format import counted
from semantic.errors import InvalidQuery
from semantic.policy.actor import Attribute
from semantic.store.accounts.service_tokens import SCOPES, Grant, ServiceToken, State

STATES: Final[dict[State, str]] = {
    "works": "Works",
    "ends_soon": "Expires soon",
    "run_out": "Expired",
    "ended": "Revoked",
    "owner_gone": "No owner",
}


def may_words(grant: Grant) -> str:
    """Return the token's scopes in words: "Ask questions and look up what can be asked"."""
    return "; ".join(words for scope, words in SCOPES.items() if scope in grant.scopes)


def sees_words(grant: Grant) -> str:
    """Return in words the role, groups and attributes that policies see for a token.

    For example, "marketer, group agency, markets DE and AT".
    """
    parts = [grant.role, *(f"group {group}" for group in sorted(grant.groups))]
    for name, value in sorted(grant.attributes.items()):
        parts.append(f"{name} {value if isinstance(value, str) else ' + '.join(value) or 'none'}")
    return ", ".join(parts)


def state_words(token: ServiceToken, now: datetime) -> str:
    """Return in words whether a token works, and for how long: "Expires in 9 days"."""
    state = token.state(now)
    if state == "ends_soon":
        days = max(0, (token.grant.until - now) // timedelta(days=1))
        return f"Expires in {counted(days, 'day')}" if days else "Expires today"
    if state == "ended" and token.ended_at is not None:
        why = f": {token.why_ended}" if token.why_ended else ""
        return f"Revoked on {token.ended_at:%-d %b %Y}{why}"
    return f"Expired on {token.grant.until:%-d %b %Y}" if state == "run_out" else STATES[state]


def used_words(token: ServiceToken) -> str:
    """Return when a token was last used, and how often, as text."""
    if token.used_at is None:
        return "Never used"
    return f"Last used {token.used_at:%-d %b %Y, %H:%M} UTC, {counted(token.uses, 'request')} so far"


def read_attributes(text: str) -> dict[str, Attribute]:
    """Parse attributes as people type them, one per line: `markets: DE, AT`. Commas separate several values.

    Raises InvalidQuery.

    >>> read_attributes("markets: DE, AT\\nteam: search")
    {'markets': ('DE', 'AT'), 'team': 'search'}
    """
    attributes: dict[str, Attribute] = {}
    for line in filter(None, (each_line.strip() for each_line in text.splitlines())):
        name, colon, rest = (part.strip() for part in line.partition(":"))
        values = tuple(part for part in (part.strip() for part in rest.split(",")) if part)
        if not colon or not values:
            raise InvalidQuery(f"{line[:60]!r} isn't an attribute. Use one per line, such as markets: DE, AT")
        if name in attributes:
            raise InvalidQuery(f"The attribute {name!r} appears twice. Put its values on one line.")
        attributes[name] = values if "," in rest else values[0]
    return attributes


def attributes_text(grant: Grant) -> str:
    """Return attributes as text for an input field."""
    # A list of one keeps its comma: it differs from a single value.
    written = {
        name: value if isinstance(value, str) else ", ".join(value) + ("," if len(value) == 1 else "")
        for name, value in sorted(grant.attributes.items())
    }
    return "\n".join(f"{name}: {value}" for name, value in written.items())
