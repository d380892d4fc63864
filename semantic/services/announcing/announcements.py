"""Explain a changed definition to a reader: when it changed, who changed it and why, and old and new values.

Values are computed under the reader's own policy, with each version's definition. Names that the reader can't see don't
appear: a reader who doesn't see the whole model learns that the definition changed, but not how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from semantic.display.format import writer
from semantic.errors import ModelError, SemanticError
from semantic.explore.weekly import is_dated
from semantic.governance.model_diff import ModelDiff, diff_models
from semantic.model.definitions import Granularity, Metric
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Last, Query
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.process import Live
from semantic.store.certifications.changes import DefinitionChange
from semantic.store.models.versions import Version, files_of, read_version

MOST: Final = 20
_DIFFS: Final = SingleFlightCache[ModelDiff | None](4)
"""A cache of comparisons of two versions. Versions never change, so each pair is compared once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A change to a metric's definition, as one reader sees it. `who`, `why` and `words` can be empty."""

    change: DefinitionChange
    day: date
    who: str
    why: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A metric's value before and after a change, over the last full month or all days. "" if it had no value."""

    period: str
    before: str
    after: str

    @property
    def is_same(self) -> bool:
        return self.before == self.after


def changes_of(live: Live, metric: str) -> Sequence[DefinitionChange]:
    """Return the changes to a metric's definition, newest first."""
    changes = live.settling.changes.get(metric, ())
    return [change for change in reversed(changes) if change.before][:MOST]


def announced(live: Live, actor: Actor, change: DefinitionChange) -> Announced:
    """Return what this person can learn about the change to a metric's definition.

    Raises UnknownName, StoreFailed.
    """
    workspace = live.workspace()
    seen = workspace.visible(actor)
    metric = seen.metric(change.metric)
    with live.store.read() as connection:
        version = read_version(connection, change.version)
    day = change.at.astimezone(ZoneInfo(workspace.model.settings.time_zone)).date()
    return Announced(
        change=change,
        day=day,
        who=version.author_name.partition(",")[0],
        why=version.note if names_nothing_hidden(version.note, seen) else "",
        words=tuple(_words(live, metric, change, version)) if sees_definitions(seen) else (),
    )


def sees_definitions(seen: VisibleModel) -> bool:
    """Whether this person sees every definition except those of other people's uploads.

    A changed definition can then be described without naming anything hidden from them.
    """
    return seen.actor.is_at_least("steward") and seen.shows_all_governed


def _words(live: Live, metric: Metric, change: DefinitionChange, version: Version) -> list[str]:
    diff = _DIFFS.get((id(live.store), change.previous, change.version, version.digest), lambda: _diff(live, change))
    if diff is None:
        return ["This version of Samepage can't read the previous definition, so it can't say what changed."]
    affected = next((one for one in diff.affected if one.name == metric.name), None)
    if affected is None:
        return []
    words: list[str] = []
    if affected.is_own:
        own = (ObjectKind.METRIC, metric.name)
        words += [
            words for each in diff.objects if each.key == own for field in each.fields for words in field.plain_words
        ]  # fmt: skip
    others = [part.words for part in affected.because if not part.words.startswith("its ")]
    return words + [f"{text[:1].upper()}{text[1:]} changed" for text in others]


def _diff(live: Live, change: DefinitionChange) -> ModelDiff | None:
    try:
        with live.store.read() as connection:
            before, after = files_of(connection, change.previous), files_of(connection, change.version)
        return diff_models(before, after)
    except ModelError:
        return None


def values(live: Live, actor: Actor, change: DefinitionChange) -> Values | None:
    """Return the metric's value before and after a change, for the last full month, as this person sees it.

    The value after is computed with the version that made the change. Returns None unless both can be computed.
    """
    workspace = live.workspace()
    seen = workspace.visible(actor)
    try:
        metric = seen.metric(change.metric)
        time = Last(1, Granularity.MONTH) if is_dated(metric, seen) else None
        query = Query(metrics=(metric.name,), time=time)
        is_current = workspace.published is not None and workspace.published.number == change.version
        later = query if is_current else replace(query, as_of=change.version)
        results = [workspace.ask(each, actor) for each in (replace(query, as_of=change.previous), later)]
    except SemanticError:
        return None
    texts: list[str] = []
    for result in results:
        column = result.values[0]
        number = result.table.column(column.name)[0].as_py() if result.table.num_rows else None
        hidden = any(any(rows) for rows in result.hidden.values())
        texts.append("Hidden, too few" if hidden else "" if number is None else writer(column, short=False)(number))
    return Values(period=results[-1].period.words, before=texts[0], after=texts[1])
