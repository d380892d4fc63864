"""Repairs for removed metrics that are still in use. Each repair changes the draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from semantic.governance.draft_change import DraftChange
from semantic.model.editing.keys import key_order, set_key
from semantic.model.editing.objects import Key, ObjectKind
from semantic.model.files.yaml_text import Plain
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits, put_back, write_object
from semantic.services.process import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A way to keep items that use a removed metric working, or to help readers find its replacement.

    `keep` restores the metric and deprecates it in favour of `new`, if there is one. `synonym` lets people find `new`
    by the old name.
    """

    how: Literal["keep", "synonym"]
    old: str
    new: str
    words: str


def repairs_for(change: DraftChange, used: frozenset[str]) -> Iterator[Repair]:
    """Yield the repairs for removed metrics that are in `used`, in the order of the metrics."""
    successors = change.successors()
    labels = {
        metric.name: metric.label or metric.name for model in (change.after, change.before)
        for metric in model.metrics.values()
    }  # fmt: skip
    for old in change.removed:
        if old not in used:
            continue
        new = successors.get(old, "")
        if not new:
            yield Repair(how="keep", old=old, new="", words=f"Keep {labels[old]}")
            continue
        yield Repair(how="keep", old=old, new=new, words=f"Keep {labels[old]}, deprecated in favour of {labels[new]}")
        metric = change.after.metrics[new]
        if labels[old] not in (metric.label, *metric.synonyms):
            yield Repair(how="synonym", old=old, new=new, words=f"Find {labels[new]} under “{labels[old]}” too")


def repair(live: Live, actor: Actor, edits: Edits, chosen: Repair, change: DraftChange, *, today: date) -> Edits:
    """Apply a repair to the draft, and return the draft. Raises ChangedMeanwhile, ModelError, StoreFailed."""
    if chosen.how == "synonym":
        key: Key = (ObjectKind.METRIC, chosen.new)
        label = change.before.metrics[chosen.old].label or chosen.old
        known = change.after.metrics[chosen.new].synonyms
        return write_object(live, actor, edits, key, _with(edits.text_of(key), "synonyms", [*known, label])).edits
    key = (ObjectKind.METRIC, chosen.old)
    edits = put_back(live, actor, edits, key)
    if not chosen.new:
        return edits
    deprecated: dict[str, Plain] = {"since": today.isoformat(), "replaced_by": chosen.new}
    return write_object(live, actor, edits, key, _with(edits.text_of(key), "deprecated", deprecated)).edits


def _with(text: str, name: str, value: Plain) -> str:
    """Return a metric's text with one key set, and otherwise unchanged. Raises ModelError."""
    return set_key(text, (name,), value, key_order(ObjectKind.METRIC))
