"""Compare the named analyses of a draft with those of the current model, in the words of their counting rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from semantic.analyses.events.named import changed_analyses, named_analyses
from semantic.errors import SemanticError
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.services.analyzing.naming import rule_of_named


@dataclass(frozen=True, slots=True)
class ChangedAnalysis:
    """A named analysis that a draft removes, or that counts differently there.

    `gone` are the sentences that its counting rule loses, and `added` those that it gains. If both are empty, something
    else that the analysis uses has changed.
    """

    name: str
    label: str
    is_removed: bool
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What happens to the analysis, as one sentence."""
        if self.is_removed:
            return f"The analysis {self.label} is removed."
        if self.gone or self.added:
            return f"The analysis {self.label} counts differently."
        return f"The analysis {self.label} counts differently, because something that it uses changes."


def analyses_changed(before: Model, after: Model, actor: Actor, *, today: date) -> list[ChangedAnalysis]:
    """Return the named analyses that a draft changes and that this person can see."""
    if not before.analyses or before.version == after.version:
        return []
    seen, later = narrow(before, actor), narrow(after, actor)
    known = {named.name: named for named in named_analyses(seen)}
    still = {named.name: named for named in named_analyses(later)}
    changes: list[ChangedAnalysis] = []
    for name in changed_analyses(before, after):
        if name not in known:
            continue
        if name not in after.analyses or name not in still:
            changes.append(ChangedAnalysis(name, known[name].label, is_removed=name not in after.analyses))
            continue

        def rule(named: NamedAnalysis, *, is_later: bool) -> tuple[str, ...]:
            try:
                return rule_of_named(named, later if is_later else seen, today=today)
            except SemanticError as error:
                return (str(error),)

        old, new = rule(known[name], is_later=False), rule(still[name], is_later=True)
        gone = tuple(sentence for sentence in old if sentence not in new)
        added = tuple(sentence for sentence in new if sentence not in old)
        changes.append(ChangedAnalysis(name, known[name].label, is_removed=False, gone=gone, added=added))
    return changes
