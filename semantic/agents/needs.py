"""Decide which of an agent's questions need its person's approval: expensive ones, and those about individuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from semantic.errors import InvalidQuery, NotAllowed
from semantic.explore.preflight import Preflight
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.names import read_name
from semantic.query.personal import names_a_person
from semantic.query.query import Query
from semantic.services.service_process import ServiceProcess
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.log import Act, record

Cost = Literal["small", "medium", "large"]
COSTS: Final[tuple[Cost, ...]] = get_args(Cost)
DEFAULT_COST: Final[Cost] = "medium"
SETTING: Final = "agents.largest_unapproved"


@dataclass(frozen=True, slots=True)
class Need:
    """Why a question needs approval, as a code and a sentence."""

    code: Literal["personal", "cost"]
    sentence: str


def needs_approval(
    query: Query, visible: VisibleModel, preflight: Preflight, *, largest: Cost = DEFAULT_COST
) -> Need | None:
    """Return why an agent's question needs approval, or None if it doesn't.

    `largest` is the largest cost class that runs without approval. Only people who see all rows can know a question's
    cost, because it would reveal hidden rows. For others, only questions with personal dimensions need approval.
    """
    return need_of(query, visible.model, preflight.cost, largest=largest)


def need_of(query: Query, model: Model, cost: str, *, largest: Cost = DEFAULT_COST) -> Need | None:
    """Return why a question with this cost class needs approval, or None (see `needs_approval`).

    `cost` is "" if the cost class isn't known.
    """
    if _is_personal(query, model):
        return Need("personal", "It's about individual people.")
    if cost in COSTS and COSTS.index(cost) > COSTS.index(largest):
        return Need("cost", f"It's a {cost} question, and agents need approval for questions of that size.")
    return None


def _is_personal(query: Query, model: Model) -> bool:
    if names_a_person(query, model):
        return True
    names = {breakdown.dim for breakdown in query.by}
    names |= {read_name(name, model).dim for name in names}
    return any("personal" in dimension.tags for name in names for dimension in model.dimensions.get(name, ()))


def largest_unapproved(live: ServiceProcess) -> Cost:
    """Return the largest cost class that agents' questions can have without approval. Raises StoreFailed."""
    with live.store.read() as connection:
        value, _ = read_setting(connection, SETTING)
    return value if value in COSTS else DEFAULT_COST


def set_largest_unapproved(live: ServiceProcess, actor: Actor, cost: str) -> None:
    """Set the largest cost class that agents' questions can have without approval.

    Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
    """
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least("steward"):
        raise NotAllowed("Only stewards and administrators can change what agents need approval for.")
    if cost not in COSTS:
        raise InvalidQuery(f"Choose one of {', '.join(COSTS)}.")
    with live.store.write() as transaction:
        before, revision = read_setting(transaction.connection, SETTING)
        write_setting(transaction, SETTING, cost, revision=revision)
        details = {"before": before or DEFAULT_COST, "after": cost}
        record(
            transaction,
            Act(kind="setting.changed", actor=actor, about=f"setting:{SETTING}", details=details),
            live.keys,
        )
