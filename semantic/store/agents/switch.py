"""One switch for all agents. Every call reads it, so all processes follow a change immediately.

The setting is sealed. If someone changes it outside Samepage, agents are off.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from semantic.errors import ChangedMeanwhile, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.agents.agents import LONGEST_TEXT, find_agent, is_steward
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.spaces.spaces import one_line

SETTING: Final = "agents.switch"
BROKEN: Final = "The setting was changed outside Samepage"


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether agents are on. If not, `why` is the reason, or "" if there is none."""

    is_on: bool = True
    why: str = ""


def read_switch(connection: Connection, keys: Keys) -> Switch:
    """Return the state of the switch. Agents are on until someone switches them off."""
    value, revision = read_setting(connection, SETTING)
    if revision == 0:
        return Switch()
    if not isinstance(value, dict):
        return Switch(is_on=False, why=BROKEN)
    is_on, why, seal = value.get("on"), value.get("why"), value.get("seal")
    if not isinstance(is_on, bool) or not isinstance(why, str) or not isinstance(seal, str):
        return Switch(is_on=False, why=BROKEN)
    if not hmac.compare_digest(seal.encode(), _seal(keys, is_on, why).encode()):
        return Switch(is_on=False, why=BROKEN)
    return Switch(is_on=is_on, why=why)


def what_stops(
    connection: Connection, keys: Keys, *, agent: str, person: str, now: datetime
) -> Literal["", "agent", "switch"]:  # fmt: skip
    """Return what stops a person's agent now: "agent" for the agent's own state, "switch" for the switch, or ""."""
    found = find_agent(connection, keys, agent)
    if found is None or found.person != person or not found.works(now):
        return "agent"
    return "" if read_switch(connection, keys).is_on else "switch"


def turn_switch(transaction: Transaction, keys: Keys, on: bool, actor: Actor, why: str) -> None:
    """Switch all agents on or off.

    Raises NotAllowed for anyone but stewards, and ChangedMeanwhile if agents are in that state already.
    """
    if not is_steward(actor):
        raise NotAllowed("Only stewards and administrators can switch agents on and off. Ask one of them.")
    before, why = read_switch(transaction.connection, keys), one_line(why)[:LONGEST_TEXT]
    if before.is_on == on:
        raise ChangedMeanwhile(f"Agents are already {'on' if on else 'off'}. Nothing was changed.")
    _, revision = read_setting(transaction.connection, SETTING)
    value: dict[str, Plain] = {"on": on, "why": "" if on else why, "seal": _seal(keys, on, "" if on else why)}
    write_setting(transaction, SETTING, value, revision=revision)
    details: dict[str, Plain] = {"why": why} if why else {}
    kind = f"agents.switched_{'on' if on else 'off'}"
    record(transaction, Act(kind=kind, actor=actor, about=f"setting:{SETTING}", details=details), keys)


def _seal(keys: Keys, on: bool, why: str) -> str:
    return keys.sign(b"agents switch", b"on" if on else b"off", why.encode(errors="replace"))
