"""Find the keys of semantic models: those that are columns, and those that `primary_entity:` names without a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.interop.dbt.nouns import Entity, SemanticModel


@dataclass(frozen=True, slots=True)
class Keys:
    """The entities that are a key in some semantic model.

    It also counts how many models have each entity, and how many name it as a key without a column.
    """

    owned: frozenset[str]
    holders: dict[str, int]
    virtual: dict[str, int]

    def is_met(self, entity: Entity) -> bool:
        """Return whether an entity is a key somewhere or in two models, so that segments and conversions can use it."""
        return entity.kind != "foreign" or entity.name in self.owned or self.holders[entity.name] > 1

    def stands_alone(self, model: SemanticModel) -> bool:
        """Return whether no other model has the entity that this model names as its key without a column."""
        name = model.primary_entity
        return self.holders.get(name, 0) == 0 and self.virtual[name] == 1


def find_keys(models: Sequence[SemanticModel]) -> Keys:
    holders: dict[str, int] = {}
    virtual: dict[str, int] = {}
    for model in models:
        for entity in model.entities:
            holders[entity.name] = holders.get(entity.name, 0) + 1
        if has_virtual_key(model):
            virtual[model.primary_entity] = virtual.get(model.primary_entity, 0) + 1
    owned = frozenset(entity.name for model in models for entity in model.entities if entity.kind != "foreign")
    return Keys(owned, holders, virtual)


def has_virtual_key(model: SemanticModel) -> bool:
    """Return whether `primary_entity:` names a key without a column."""
    return bool(model.primary_entity) and not any(entity.name == model.primary_entity for entity in model.entities)


def primary(model: SemanticModel) -> Entity | None:
    """Return the entity that is a model's grain, or None if the grain has no column."""
    return next((entity for entity in model.entities if entity.kind == "primary"), None)
