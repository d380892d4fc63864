"""Find what a draft changes about answers: metrics, dimensions, segments and periods with another meaning.

Names that disappear count too. Labels, descriptions, formats, spaces and the order of files don't, because they can't
change an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from semantic.errors import SemanticError
from semantic.model.editing.metric_digest import metric_digest, use_digest
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.query.query import Query
from semantic.results.digests import definitions_of

Use = str
"""The name of something that a question uses, as `kind:name`, such as `metric:roas`."""

How = Literal["changed", "removed"]


@dataclass(frozen=True)
class DraftChange:
    """The difference between two versions of a model. `before` is the version that a draft is based on."""

    before: Model
    after: Model
    _known: dict[Use, How | None] = field(default_factory=dict["Use", "How | None"], repr=False)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the base version whose meaning changes or that are removed, in the model's order."""
        return tuple(name for name in self.before.metrics if self.how(f"metric:{name}") is not None)

    @cached_property
    def sources_first(self) -> tuple[str, ...]:
        """The same metrics, sorted so that each comes after the changed metrics that it uses."""
        changed = frozenset(self.metrics)
        return tuple(sorted(self.metrics, key=lambda name: not changed.isdisjoint(self.before.metrics[name].inputs)))

    @cached_property
    def removed(self) -> tuple[str, ...]:
        """The metrics that the draft removes."""
        return tuple(name for name in self.before.metrics if name not in self.after.metrics)

    @cached_property
    def changes_policies(self) -> bool:
        """Whether the draft changes anyone's access."""
        return binding(self.before.policies) != binding(self.after.policies)

    @cached_property
    def changes_uses(self) -> bool:
        """Whether the draft affects questions, and not just wording."""
        model = self.before
        names = [
            *(f"metric:{name}" for name in model.metrics),
            *(f"dimension:{name}" for name in model.dimensions),
            *(f"segment:{name}" for name in model.segments),
            *(f"calendar:{period.name}" for calendar in model.calendars.values() for period in calendar.periods),
        ]
        return any(self.how(use) is not None for use in names)

    def how(self, use: Use) -> How | None:
        """Return how the draft affects one name, or None if it doesn't.

        Names that the base version doesn't have aren't affected.
        """
        if use not in self._known:
            kind, _, name = use.partition(":")
            self._known[use] = self._how(kind, name)
        return self._known[use]

    def _how(self, kind: str, name: str) -> How | None:
        before = use_digest(self.before, kind, name)
        if before is None:
            return None
        after = use_digest(self.after, kind, name)
        return "removed" if after is None else "changed" if after != before else None

    def affected(self, uses: Iterable[Use]) -> Mapping[Use, How]:
        """Return the names that the draft affects, and how. Removed names come first."""
        found: dict[Use, How] = {use: how for use in uses if (how := self.how(use)) is not None}
        return dict[Use, How](sorted(found.items(), key=lambda pair: (pair[1] != "removed", pair[0])))

    def renamed(self) -> Mapping[str, str]:
        """Return the new names of renamed metrics, by their old names.

        A removed metric counts as renamed if a new metric has the same definition.
        """
        added = [name for name in self.after.metrics if name not in self.before.metrics]
        by_digest = {metric_digest(self.after, name): name for name in reversed(added)}
        pairs = ((name, by_digest.get(metric_digest(self.before, name))) for name in self.removed)
        return {old: new for old, new in pairs if new is not None}

    def successors(self) -> Mapping[str, str]:
        """Return the metric to use in place of each removed metric.

        That's the metric under its new name, or the replacement that the base version states.
        """
        pairs = self.renamed()
        named = {
            name: deprecated.replaced_by
            for name in self.removed
            if (deprecated := self.before.metrics[name].deprecated) is not None
            and deprecated.replaced_by in self.after.metrics
        }
        return {**named, **pairs}


def uses_of(query: Query | None, metrics: Iterable[str], model: Model) -> frozenset[Use]:
    """Return the names that a question uses. For a question that can't be read, return its `metrics`.

    A question about an earlier version doesn't use this version's definitions.
    """
    if query is not None and query.as_of is not None:
        return frozenset()
    if query is not None:
        try:
            return frozenset(use for use in definitions_of(query, model) if use != "settings")
        except SemanticError:
            metrics = (*metrics, *query.metrics)
    return frozenset(f"metric:{name}" for name in metrics)


def binding(policies: Iterable[Policy]) -> dict[str, Policy]:
    """Return the policies by name, without descriptions and without their places in the files."""
    return {
        policy.name: replace(policy, label="", description="", owner="", synonyms=(), file="", line=0)
        for policy in policies
    }
