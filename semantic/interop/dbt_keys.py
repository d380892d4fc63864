"""Which dataset owns a key. dbt lets several semantic models have one; here each key has one owner, and a name.

The first owner keeps the entity's name. Another is `listing_in_listings_history`: a thing of its own, which every
dataset with that entity points at too, so that all joins of dbt are there, each by its own role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semantic.interop.dbt_nouns import Entity, SemanticModel
from semantic.interop.names import MOST_LETTERS

_RANK = {"primary": 0, "unique": 1, "natural": 2}


@dataclass(frozen=True, slots=True)
class Keys:
    """For each entity the semantic models that own it, the one that keeps the name first."""

    owners: Mapping[str, tuple[str, ...]]
    virtual: Mapping[str, tuple[str, ...]]  # of `primary_entity:` without a column: nothing is joined by it
    holders: Mapping[str, int]  # how many semantic models have the entity at all

    def thing(self, entity: str, model: str, name: str) -> str:
        """What the key of `model` is called; `name` is the entity's in our words."""
        real = self.owners.get(entity, ())
        if model in real:
            is_first = real[0] == model
        else:
            # A key without a column: another dataset may point at the entity, and must not meet it.
            is_first = self.holders.get(entity, 0) == 0 and self.virtual[entity][0] == model
        return name if is_first else owned_name(name, model)


def owned_name(entity: str, dataset: str) -> str:
    """`listing_in_listings_history`."""
    return f"{entity}_in_{dataset}"[:MOST_LETTERS]


def source_entity(role: str, target: str) -> str:
    """The entity that a role stands for: `listing` of `listing_in_listings_history`."""
    return role.removesuffix(f"_in_{target}")


def find_keys(models: Sequence[SemanticModel]) -> Keys:
    owners: dict[str, list[tuple[int, int, str]]] = {}
    virtual: dict[str, list[str]] = {}
    holders: dict[str, int] = {}
    for index, model in enumerate(models):
        for one in model.entities:
            holders[one.name] = holders.get(one.name, 0) + 1
            if one.kind in _RANK:
                owners.setdefault(one.name, []).append((_RANK[one.kind], index, model.name))
        if has_virtual_key(model):
            virtual.setdefault(model.primary_entity, []).append(model.name)
    return Keys(
        {name: tuple(one for _, _, one in sorted(found)) for name, found in owners.items()},
        {name: tuple(found) for name, found in virtual.items()},
        holders,
    )


def has_virtual_key(model: SemanticModel) -> bool:
    """Whether `primary_entity:` names a key that no column is."""
    return bool(model.primary_entity) and not any(one.name == model.primary_entity for one in model.entities)


def primary(model: SemanticModel) -> Entity | None:
    """The entity that is the model's grain, when one is a column."""
    return next((one for one in model.entities if one.kind == "primary"), None)
