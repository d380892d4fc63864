"""Find and open saved questions and links as one person, within the store's rules and the person's policy.

Lists show a question to its owner, to stewards, and to people who can see everything it asks for, because its name
could reveal hidden parts. Anyone can open a question by its address, and sees as much as their policy allows, with a
note if something is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from semantic.errors import UnknownQuestion
from semantic.explore.shared_link import is_known, without_masked
from semantic.policy.access import access_to
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, Query
from semantic.query.upgrades import salvage
from semantic.services.finding.item_search import search_items
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.questions.favourites import read_favourites, set_favourite
from semantic.store.questions.links import (
    NOT_THERE,
    LinkNote,
    Sharing,
    find_link,
    is_made_by,
    make_link,
    read_chart,
    read_link,
    read_link_note,
)
from semantic.store.questions.questions import (
    UNKNOWN,
    SavedQuestion,
    find_question,
    find_same,
    list_questions,
    list_versions,
    read_contents,
    read_version,
)
from semantic.store.questions.versions import Content, QuestionVersion
from semantic.workspace import Workspace

NO_CONTENTS: Mapping[str, str] = MappingProxyType({})
SEALED = (
    "This question was encrypted for someone who has left, and can't be read any more. Its name and versions are kept."
)
UNREADABLE = (
    "This version of Samepage can't read part of the question. The rest is shown, and the saved question is unchanged."
)
NOT_ALL = "This question uses something that isn't available to you. The rest is shown."
NOTHING_LEFT = "This question asks for something that isn't available to you, so there's nothing to show."


@dataclass(frozen=True, slots=True)
class ReadableQuestion:
    """A stored question, limited to what one person can ask. `messages` say what was left out."""

    query: Query
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedQuestion:
    """A saved question that was opened, at its current version."""

    head: SavedQuestion
    query: Query
    chart: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedQuestion:
    """The question behind a link that was opened, and the person who sent the link.

    `sent` is None for links from before senders were recorded.
    """

    query: Query
    chart: str
    sent: LinkNote | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedWork:
    """The saved questions and links of `actor`, checked against the current model.

    Raises StoreFailed whenever it reads.
    """

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    def questions(self, *, archived: bool = False) -> list[SavedQuestion]:
        """Return the saved questions that this person can open, most recently changed first."""
        with self.store.read() as connection:
            questions = list_questions(connection, self.actor, archived=archived)
        return self._named(questions)

    def favourites(self) -> frozenset[str]:
        """Return the IDs of this person's favourite questions, including those they can no longer open."""
        with self.store.read() as connection:
            return read_favourites(connection, self.actor)

    def set_favourite(self, question: str, *, on: bool) -> None:
        """Add a question to this person's favourites, or remove it. Raises UnknownQuestion, NotAllowed."""
        with self.store.write(recorded=False) as transaction:
            set_favourite(transaction, question, self.actor, on=on)

    def contents(self, questions: Sequence[SavedQuestion]) -> dict[str, Content]:
        """Return the content of these questions by ID, limited to what this person can ask.

        Questions that name individuals are omitted.
        """
        with self.store.read() as connection:
            contents = read_contents(connection, [question.id for question in questions], self.actor)
        mine = {question.id for question in questions if question.is_mine}
        return {
            question: replace(content, query=self._narrowed(content.query, is_mine=question in mine))
            for question, content in contents.items()
        }

    def same(self, query: Query) -> list[SavedQuestion]:
        """Return the saved questions that ask the same thing as a query."""
        with self.store.read() as connection:
            questions = find_same(connection, query, self.actor, self.keys)
        return self._named(questions)

    def open(self, question: str) -> OpenedQuestion:
        """Return a saved question by its ID. Raises UnknownQuestion, also if this person can't see any part."""
        with self.store.read() as connection:
            head = find_question(connection, question, self.actor)
            version = read_version(connection, question, self.actor, self.keys)
        read = self.read(version)
        if not read.query.metrics and not _is_named(head, _known(self.workspace.visible(self.actor))):
            raise UnknownQuestion(UNKNOWN)
        return OpenedQuestion(head, read.query, version.chart, read.messages)

    def versions(self, question: str) -> Sequence[QuestionVersion]:
        """Return all versions of a saved question, newest first. Raises UnknownQuestion."""
        with self.store.read() as connection:
            return list_versions(connection, question, self.actor, self.keys)

    def read(self, version: QuestionVersion) -> ReadableQuestion:
        """Return a version's question, limited to what this person can ask."""
        if version.text is None:
            return ReadableQuestion(Query(), (SEALED,))
        return self._repaired(version.text, is_mine=version.is_mine)

    def open_link(self, link: str) -> LinkedQuestion:
        """Return the question behind a link.

        Raises UnknownQuestion, also if this person can't see any part of the question.
        """
        with self.store.read() as connection:
            text = read_link(connection, link, self.keys)
            is_mine = is_made_by(connection, link, self.actor)
            sent = read_link_note(connection, link, self.actor, self.keys, access=self._access_to(salvage(text)[0]))
            chart = read_chart(connection, link)
        read = self._repaired(text, is_mine=is_mine)
        if not read.query.metrics:
            raise UnknownQuestion(NOT_THERE)
        return LinkedQuestion(read.query, chart, sent, read.messages)

    def find_link(self, query: Query, *, note: str = "", chart: str = "") -> str | None:
        """Return the ID of this person's link to exactly this question with this note, or None if there is none."""
        with self.store.read() as connection:
            return find_link(connection, query, self.actor, self.keys, self._sharing(query, note, chart))

    def make_link(self, query: Query, *, note: str = "", chart: str = "", is_personal: bool) -> str:
        """Save a question for anyone who has the link, and return the link's ID. Raises NotAllowed, InvalidQuery."""
        sharing = self._sharing(query, note, chart)
        with self.store.write() as transaction:
            return make_link(transaction, query, self.actor, self.keys, is_personal=is_personal, sharing=sharing)

    def _sharing(self, query: Query, note: str, chart: str) -> Sharing:
        return Sharing(note=note, chart=chart, access=self._access_to(query))

    def _access_to(self, query: Query) -> str:
        return access_to(query.metrics, [breakdown.dim for breakdown in query.by], self.workspace.visible(self.actor))

    def _repaired(self, text: str, *, is_mine: bool) -> ReadableQuestion:
        """Return a stored question, limited to what this person can ask, with messages about what was left out.

        Values of dimensions that are masked for this person are removed from other people's questions, because they may
        be real values. In their own questions, people filter by the masked values that they see.
        """
        saved_query, is_whole = salvage(text)
        query = self._narrowed(saved_query, is_mine=is_mine)
        texts = () if is_whole else (UNREADABLE,)
        if query != saved_query:
            texts = (*texts, NOT_ALL if query.metrics else NOTHING_LEFT)
        return ReadableQuestion(query, texts)

    def _narrowed(self, query: Query, *, is_mine: bool) -> Query:
        narrowed, _ = self.workspace.repair(query, self.actor)
        return narrowed if is_mine else without_masked(narrowed, self.workspace.visible(self.actor))

    def _named(self, questions: Iterable[SavedQuestion]) -> list[SavedQuestion]:
        known = _known(self.workspace.visible(self.actor))
        return [question for question in questions if _is_named(question, known)]


def _known(seen: VisibleModel) -> frozenset[str]:
    return frozenset(metric.name for metric in seen.metrics)


def _is_named(head: SavedQuestion, known: frozenset[str]) -> bool:
    """Whether someone who can see these metrics can see the question's name."""
    return head.may_change or known.issuperset(head.metrics)


def search_saved(
    questions: Iterable[SavedQuestion], text: str, contents: Mapping[str, str] = NO_CONTENTS
) -> list[SavedQuestion]:
    """Return the questions that match a search. Every word of `text` must start a word of the question.

    The name, the description, the space, the folder, the owner's name and the question itself are searched. `contents`
    has the words of each question by ID, from `words_of`. Questions that match by name alone come first.
    """
    return search_items(
        questions, text, lambda question: question.name,
        lambda question: f"{_all_of(question)} {contents.get(question.id, '')}",
    )  # fmt: skip


def _all_of(question: SavedQuestion) -> str:
    owner, _, _ = question.owner_name.partition(", ")  # a job may follow, such as "Jonas Falk, marketer"
    return " ".join((question.sentence, question.space_name, question.folder, owner))


def words_of(query: Query, seen: VisibleModel) -> str:
    """Return the names of a question's metrics, breakdowns and filters as text, with synonyms and filter values.

    The question must already be limited to what this actor can ask.
    """
    dimensions = [breakdown.dim for breakdown in query.by]
    metrics = [*query.metrics, *(condition.metric for condition in query.having)]
    words = [*_filter_words(query.where, seen)] if query.where is not None else []
    things = [seen.metric(name) for name in metrics if is_known(seen.metric, name)]
    places = [seen.dimension(name)[0] for name in dimensions if is_known(seen.dimension, name)]
    return " ".join([*(word for thing in (*things, *places) for word in (thing.label, *thing.synonyms)), *words])


def _filter_words(part: Filter, seen: VisibleModel) -> Iterator[str]:
    match part:
        case Condition(name, values=values):
            if is_known(seen.dimension, name):
                yield seen.dimension(name)[0].label
            labels = seen.member_labels(name) if seen.may_name_members else {}
            for value in map(str, values):
                yield f"{value} {labels.get(value, '')}"
        case InSegment(name):
            if is_known(seen.segment, name):
                yield seen.segment(name).label
        case ByMember(metric=metric, where=where):
            if is_known(seen.metric, metric):
                yield seen.metric(metric).label
            if where is not None:
                yield from _filter_words(where, seen)
        case NotAny(inner):
            yield from _filter_words(inner, seen)
        case AllOf(parts) | AnyOf(parts):
            for each_part in parts:
                yield from _filter_words(each_part, seen)
        case _:
            return
