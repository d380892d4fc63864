"""Record what one actor sees of a model, to check later whether they see less than when an answer was given."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.policy.narrow import VisibleModel


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """The names that an actor sees, and the rules that limit their rows and values."""

    names: frozenset[tuple[str, ...]]
    bounds: tuple[object, ...]

    def shows_all_of(self, before: AccessSnapshot) -> bool:
        """Whether this actor still sees everything that was seen before. False if any rules differ, because they may
        hide other rows.
        """
        return self.bounds == before.bounds and before.names <= self.names


def access_snapshot(visible: VisibleModel) -> AccessSnapshot:
    """Return what this actor sees now."""
    dimensions = visible.dimensions
    names = [
        *(("metric", metric.name) for metric in visible.metrics),
        *(("dimension", dimension.dataset, dimension.name) for dimension in dimensions),
        *(("segment", segment.name) for segment in visible.segments),
    ]
    masks = tuple((name, visible.mask(name)) for name in sorted({dimension.name for dimension in dimensions}))
    return AccessSnapshot(frozenset(names), (visible.rules, masks, visible.min_groups, visible.scope))
