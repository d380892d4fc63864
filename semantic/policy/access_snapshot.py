"""Record what an actor can see, to check later whether that is now less than when an answer was given."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.policy.narrow import VisibleModel


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """The names that an actor can see, and the rules that limit rows and values."""

    names: frozenset[tuple[str, ...]]
    bounds: tuple[object, ...]

    def shows_all_of(self, before: AccessSnapshot) -> bool:
        """Return whether the actor still sees everything in the earlier snapshot.

        It's false if any rule differs, because other rows could be hidden now.
        """
        return self.bounds == before.bounds and before.names <= self.names


def access_snapshot(visible: VisibleModel) -> AccessSnapshot:
    """Return what an actor can see now."""
    dimensions = visible.dimensions
    names = [
        *(("metric", metric.name) for metric in visible.metrics),
        *(("dimension", dimension.dataset, dimension.name) for dimension in dimensions),
        *(("segment", segment.name) for segment in visible.segments),
    ]
    masks = tuple((name, visible.mask(name)) for name in sorted({dimension.name for dimension in dimensions}))
    return AccessSnapshot(frozenset(names), (visible.rules, masks, visible.min_groups, visible.scope))
