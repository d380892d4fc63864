"""Find, open and change saved analyses as one person, within the store's rules and the person's policy.

Only people who can see every metric of an analysis find it in lists, because its name could reveal a hidden one. Its
owner and stewards always find it. If a definition uses a name that a reader can't see, the whole definition is hidden
from them, unless they can change the analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from semantic.analyses.events.definition import Analysis, analysis_from_json
from semantic.analyses.events.sets import all_names_in
from semantic.errors import InvalidQuery, SemanticError, UnknownQuestion
from semantic.explore.shared_link import linked_question, without_masked
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.personal import names_a_person
from semantic.query.query import DATE, Query
from semantic.services.finding.item_search import search_items
from semantic.store.analyses.analyses import (
    UNKNOWN,
    SavedAnalysis,
    archive_analysis,
    file_analysis,
    find_analysis,
    list_analyses,
    list_analysis_versions,
    move_analysis,
    read_analysis_version,
    rename_analysis,
    save_analysis,
    save_analysis_version,
)
from semantic.store.analyses.versions import AnalysisVersion, Definition
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace

SEALED: Final = (
    "This analysis was encrypted for someone who has left, and can't be read any more. Its name and versions are kept."
)
UNREADABLE: Final = "This version of Samepage can't read the analysis. The saved analysis is unchanged."
NOT_YOURS: Final = "This analysis uses something that isn't available to you."


@dataclass(frozen=True, slots=True)
class OpenedAnalysis:
    """A saved analysis, opened at one of its versions."""

    head: SavedAnalysis
    analysis: Analysis
    version: int


@dataclass(frozen=True, slots=True)
class SavedAnalyses:
    """The saved analyses of `actor`, checked against the current model. Raises StoreFailed whenever it reads."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    # Finding

    def analyses(self, *, archived: bool = False) -> list[SavedAnalysis]:
        """Return the saved analyses that this person can open, most recently changed first."""
        with self.store.read() as connection:
            found = list_analyses(connection, self.actor, archived=archived)
        known = frozenset(metric.name for metric in self._seen.metrics)
        return [head for head in found if _is_named(head, known)]

    def open(self, analysis: str, *, version: int | None = None) -> OpenedAnalysis:
        """Return a saved analysis by its ID, at its current version or an earlier one.

        Raises UnknownQuestion if it doesn't exist or isn't available to this person, and InvalidQuery if its definition
        is no longer valid.
        """
        with self.store.read() as connection:
            head = find_analysis(connection, analysis, self.actor)
            if not _is_named(head, frozenset(metric.name for metric in self._seen.metrics)):
                raise UnknownQuestion(UNKNOWN)
            kept = read_analysis_version(connection, head.id, self.actor, self.keys, number=version)
        return OpenedAnalysis(head, self._read(kept, head), kept.number)

    def versions(self, analysis: str) -> Sequence[AnalysisVersion]:
        """Return every version of an analysis that this person can open, newest first.

        Raises the same errors as `open`.
        """
        self.open(analysis)
        with self.store.read() as connection:
            return list_analysis_versions(connection, analysis, self.actor, self.keys)

    # Changing

    def save(self, analysis: Analysis, *, name: str, sentence: str = "", space: str = "") -> str:
        """Save an analysis under a name and return its ID.

        `space` is the ID of a shared space, or "" for the person's own. Raises UnknownName if the analysis uses a name
        that this person can't see, NotAllowed, and InvalidQuery.
        """
        definition = self._definition(analysis)
        with self.store.write() as transaction:
            return save_analysis(
                transaction, definition, self.actor, self.keys, name=name, sentence=sentence, space=space
            )

    def save_version(self, analysis: str, changed: Analysis, *, revision: int, note: str = "") -> int:
        """Save changes as the next version, and return its number.

        Raises the same errors as `save`, and ChangedMeanwhile.
        """
        definition = self._definition(changed)
        with self.store.write() as transaction:
            return save_analysis_version(
                transaction, analysis, definition, self.actor, self.keys, revision=revision, note=note
            )

    def restore(self, analysis: str, version: int, *, revision: int) -> int:
        """Save an earlier version as the next one, and return its number.

        Raises the same errors as `open` and `save_version`.
        """
        definition = self._definition(self.open(analysis, version=version).analysis)
        with self.store.write() as transaction:
            return save_analysis_version(
                transaction, analysis, definition, self.actor, self.keys,
                revision=revision, note=f"As version {version}", restores=version,
            )  # fmt: skip

    def rename(self, analysis: str, *, name: str, sentence: str, revision: int) -> None:
        """Change an analysis's name and sentence.

        Raises UnknownQuestion, NotAllowed, ChangedMeanwhile, InvalidQuery.
        """
        with self.store.write() as transaction:
            rename_analysis(
                transaction, analysis, self.actor, self.keys, name=name, sentence=sentence, revision=revision
            )

    def move(self, analysis: str, space_name: str, *, revision: int) -> None:
        """Move an analysis into the shared space with this name, or if it's "", into its owner's own space.

        Raises the same errors as `rename`.
        """
        with self.store.write() as transaction:
            space = make_space(transaction, space_name, self.actor, self.keys).id if space_name else MINE
            move_analysis(transaction, analysis, self.actor, self.keys, space=space, revision=revision)

    def file(self, analysis: str, folder: str, *, revision: int) -> None:
        """Move an analysis to a folder, or out of its folder if `folder` is "". Raises the same errors as `rename`."""
        with self.store.write() as transaction:
            file_analysis(transaction, analysis, folder, self.actor, self.keys, revision=revision)

    def archive(self, analysis: str, *, revision: int, back: bool = False) -> None:
        """Archive an analysis, so that lists no longer show it, or restore it if `back` is true.

        Raises the same errors as `rename`.
        """
        with self.store.write() as transaction:
            archive_analysis(transaction, analysis, self.actor, self.keys, revision=revision, back=back)

    @property
    def _seen(self) -> VisibleModel:
        return self.workspace.visible(self.actor)

    def _definition(self, analysis: Analysis) -> Definition:
        named = all_names_in(analysis.kind, analysis.asked)
        check_names(named, self._seen)
        return Definition(
            text=analysis.text,
            kind=analysis.kind.name,
            metrics=named.metrics,
            is_personal=names_a_person(named, self._seen.model),
        )

    def _read(self, kept: AnalysisVersion, head: SavedAnalysis) -> Analysis:
        if kept.text is None:
            raise InvalidQuery(SEALED)
        try:
            analysis = analysis_from_json(kept.text)
        except SemanticError as error:
            raise InvalidQuery(UNREADABLE) from error
        seen, named = self._seen, all_names_in(analysis.kind, analysis.asked)
        # People can filter by the masked values they see; analyses of others may contain the values themselves.
        has_masked = not kept.is_mine and without_masked(named, seen) != named
        if has_masked or not (head.may_change or _shows_all(named, seen)):
            raise UnknownQuestion(NOT_YOURS)
        return analysis


def check_names(named: Query, seen: VisibleModel) -> None:
    """Raise UnknownName if an analysis uses a metric, dimension or segment that this person can't see."""
    for metric in named.metrics:
        seen.metric(metric)
    for breakdown in named.by:
        if breakdown.dim != DATE:
            seen.dimension(breakdown.dim)
    if not _shows_all(named, seen):
        raise InvalidQuery("A filter names something that isn't available to you. Remove it.")


def _shows_all(named: Query, seen: VisibleModel) -> bool:
    """Whether someone can see every name that an analysis uses."""
    return linked_question(named, seen)[0] == named


def search_analyses(analyses: Iterable[SavedAnalysis], text: str) -> list[SavedAnalysis]:
    """Return the saved analyses that match a search. Every word of `text` must start a word of the analysis.

    The name, the description, the kind, the space, the folder and the owner's name are searched. Analyses that match by
    name alone come first.
    """
    return search_items(analyses, text, lambda head: head.name, _all_of)


def _all_of(head: SavedAnalysis) -> str:
    owner, _, _ = head.owner_name.partition(", ")  # a job may follow, such as "Jonas Falk, marketer"
    return " ".join((head.sentence, head.kind, head.space_name, head.folder, owner))


def _is_named(head: SavedAnalysis, known: frozenset[str]) -> bool:
    """Whether someone who can see these metrics can see the analysis's name."""
    return head.may_change or known.issuperset(head.metrics)
