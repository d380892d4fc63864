"""Read and write comments as one person, within the store's rules and the person's policy.

Comments that this person can't read are treated as missing: they aren't listed, counted or found by ID. Only people who
can read a comment can be mentioned in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from semantic.annotations.comments import (
    MOST_MENTIONS,
    About,
    Kind,
    access_of,
    may_read,
    with_names,
    with_numbers,
)
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.services.comments.places import OpenThing, Place, open_thing
from semantic.store.comments.comments import (
    GONE,
    LONGEST,
    NewComment,
    StoredComment,
    add_comment,
    change_comment,
    check_may_write,
    find_comment,
    may_edit,
    may_remove,
    may_write,
    read_comments,
    read_mentions_of,
    remove_comment,
    resolve_comment,
)
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.store.people import read_stored_people, subject_of
from semantic.targets.import_lines import may_be_about
from semantic.workspace import Workspace

MENTIONS_KEPT: Final = timedelta(days=30)
ARCHIVED: Final = "This {kind} is archived. Restore it to comment."
OPEN: Final = ("t", "c", "g", "tab")
"""The settings of a board that name no members: days, comparison, granularity, and tab."""
NOT_OFFERED: Final = "You can mention only people who can read this comment. Choose again."


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that its reader can read. `text` includes the names of mentioned people, and is "" once removed."""

    kept: StoredComment
    text: str
    about: About
    may_edit: bool
    may_remove: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment with its replies, oldest first."""

    first: Comment
    replies: tuple[Comment, ...] = ()

    @property
    def place(self) -> Place:
        return Place(self.first.kept.kind, self.first.kept.thing, self.first.kept.tile)

    @property
    def is_resolved(self) -> bool:
        return self.first.kept.resolved_at is not None

    @property
    def last_at(self) -> datetime:
        return max(comment.kept.written_at for comment in (self.first, *self.replies))

    @property
    def count(self) -> int:
        """The number of comments in the thread that weren't removed."""
        return sum(not comment.kept.removed for comment in (self.first, *self.replies))


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A comment that mentions someone, with its thread and the board or question it is on."""

    comment: Comment
    thread: Thread
    thing: OpenThing


@dataclass(frozen=True, slots=True)
class CommentWork:
    """The comments of `actor`, checked against the current model. Raises StoreFailed whenever it reads or writes.

    `people` returns all active people by ID.
    """

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor
    people: Callable[[], Mapping[str, Actor]] = field(repr=False)

    @property
    def may_write(self) -> bool:
        return may_write(self.actor)

    # Reading

    def counts(self, kind: Kind, thing: str) -> dict[str, int]:
        """Return how many comments in open threads this person can read, by tile.

        Tiles without comments are omitted.
        """
        counts: dict[str, int] = {}
        for thread in self._all_threads(kind, thing):
            if not thread.is_resolved:
                tile = thread.first.kept.tile
                counts[tile] = counts.get(tile, 0) + thread.count
        return counts

    def threads(self, place: Place) -> list[Thread]:
        """Return the threads of a tile or question that this person can read.

        Open threads come first. Within each group, the thread with the latest comment comes first.
        """
        threads = [thread for thread in self._all_threads(place.kind, place.thing) if thread.place == place]
        threads.sort(key=lambda thread: thread.last_at, reverse=True)
        return sorted(threads, key=lambda thread: thread.is_resolved)

    def find(self, comment: str) -> Thread:
        """Return the thread of a comment. Raises NotAllowed, with the same message for hidden and missing comments."""
        with self.store.read() as connection:
            kept = find_comment(connection, comment, self.actor)
        threads = self._all_threads(kept.kind, kept.thing) if kept is not None else []
        for thread in threads:
            if comment in {each.kept.id for each in (thread.first, *thread.replies)}:
                return thread
        raise NotAllowed(GONE)

    def find_thing(self, kind: Kind, thing: str) -> OpenThing | None:
        """Return a board or a saved question as this person sees it, or None if they can't open it."""
        return open_thing(kind, thing, self.store, self.keys, self.workspace, self.actor)

    def mentions_of_me(self, most: int) -> list[Mentioned]:
        """Return recent comments that mention this person, newest first: those of the last 30 days, in open threads."""
        with self.store.read() as connection:
            kept = read_mentions_of(connection, self.actor, self.store.now() - MENTIONS_KEPT)
        threads: dict[tuple[Kind, str], list[Thread]] = {}
        found: list[Mentioned] = []
        for each in kept:
            if (each.kind, each.thing) not in threads:
                threads[each.kind, each.thing] = self._all_threads(each.kind, each.thing)
            thing = None
            for thread in threads[each.kind, each.thing]:
                comment = next((it for it in (thread.first, *thread.replies) if it.kept.id == each.id), None)
                if comment is None or thread.is_resolved:
                    continue
                thing = thing or self.find_thing(each.kind, each.thing)
                if thing is not None:
                    found.append(Mentioned(comment, thread, thing))
            if len(found) == most:
                break
        return found

    def _all_threads(self, kind: Kind, thing: str) -> list[Thread]:
        """Return the threads on a board or question that this person can read, oldest first."""
        with self.store.read() as connection:
            kept = read_comments(connection, kind, [thing], self.actor)
        opened = self.find_thing(kind, thing) if kept else None
        return self._readable(kept, opened.tiles) if opened is not None else []

    def _readable(self, kept: Sequence[StoredComment], tiles: Collection[str]) -> list[Thread]:
        digests = _Digests(self.keys, self.workspace.visible(self.actor))
        replies: dict[str, list[StoredComment]] = {}
        for comment in kept:
            if comment.parent:
                replies.setdefault(comment.parent, []).append(comment)
        threads: list[Thread] = []
        for first in kept:
            about = first.about
            if first.parent or about is None or first.tile not in tiles or not digests.may_read(first, about):
                continue
            mine = [reply for reply in replies.get(first.id, ()) if digests.may_read(reply, about)]
            if first.removed and not any(not reply.removed for reply in mine):
                continue
            if not digests.may_know_filters(first, about):
                about = replace(about, settings={name: about.settings[name] for name in about.settings if name in OPEN})
            threads.append(Thread(self._comment(first, about), tuple(self._comment(reply, about) for reply in mine)))
        return threads

    def _comment(self, kept: StoredComment, about: About) -> Comment:
        return Comment(kept, self.text_of(kept), about, may_edit(kept, self.actor), may_remove(kept, self.actor))

    def text_of(self, kept: StoredComment) -> str:
        """Return the text of a comment with the names of the people it mentions."""
        return with_names(kept.text, {subject: short_name(name) for subject, name in kept.mentions.items()})

    # Who a comment can mention

    def offered(self, place: Place, about: About, *, parent: str = "", is_wide: bool = False) -> dict[str, str]:
        """Return the active people who could read this comment: their names by ID, in alphabetical order.

        Viewers are offered only people whose names they can already see here: the owner and the authors of comments.
        """
        thing = self.find_thing(place.kind, place.thing)
        if thing is None or not thing.is_shared or place.tile not in thing.tiles:
            return {}
        first = self.find(parent).first.kept if parent else None
        author = self._id_of(first.author) if first is not None else ""
        known = None if self.actor.is_at_least("marketer") else self._known_here(place, thing)
        access = access_of(about, self.workspace.visible(self.actor))
        can_read: dict[object, bool] = {}
        names: dict[str, str] = {}
        for person in self.people().values():
            if person.id == self.actor.id or not person.is_at_least("viewer"):
                continue
            if known is not None and person.id not in known:
                continue
            is_author = bool(author) and person.id == author
            if self._can_read(person, place, about, access, first, can_read, is_author=is_author, is_wide=is_wide):
                names[person.id] = person.short_name
        return dict(sorted(names.items(), key=lambda pair: (pair[1].casefold(), pair[0])))

    def _known_here(self, place: Place, thing: OpenThing) -> set[str]:
        """Return the IDs of the people whose names a viewer can see on this board or question."""
        threads = self._all_threads(place.kind, place.thing)
        authors = {each.kept.author for thread in threads for each in (thread.first, *thread.replies)}
        with self.store.read() as connection:
            stored = read_stored_people(connection)
        owners = [person.id for person in stored if person.id and person.name == thing.owner_name]
        return {person.id for person in stored if person.subject in authors} | set(owners if len(owners) == 1 else ())

    def _can_read(
        self,
        person: Actor,
        place: Place,
        about: About,
        access: str,
        first: StoredComment | None,
        known: dict[object, bool],
        *,
        is_author: bool,
        is_wide: bool,
    ) -> bool:
        """Whether another person could read this person's comment. `known` caches results by access."""
        seen = self.workspace.visible(person)
        key = (seen.access_key, is_author)  # a thread's first comment is readable to its author whatever their rows
        if key not in known:
            digests = _Digests(self.keys, seen)
            thread_is_open = first is None or is_author or digests.may_read(first, about, is_mine=False)
            is_same = access_of(about, seen) == access
            allowed = thread_is_open and may_read(about, seen, is_mine=False, is_same_access=is_same, is_wide=is_wide)
            known[key] = allowed and self._can_open(person, place)
        return known[key]

    def _id_of(self, subject: str) -> str:
        """Return the ID of the person with this number, or "" if they have left."""
        with self.store.read() as connection:
            return next((person.id for person in read_stored_people(connection) if person.subject == subject), "")

    def _can_open(self, person: Actor, place: Place) -> bool:
        thing = open_thing(place.kind, place.thing, self.store, self.keys, self.workspace, person)
        return thing is not None and place.tile in thing.tiles

    # Writing

    def write(
        self,
        place: Place,
        text: str,
        about: About,
        *,
        receipt: str = "",
        parent: str = "",
        is_wide: bool = False,
        mentions: Iterable[str] = (),
    ) -> str:
        """Add a comment or a reply, email everyone mentioned in it, and return its ID.

        `mentions` are the IDs of people to mention besides those whose names follow an @ in the text. A reply always
        has its thread's subject, and ignores `about`. Raises NotAllowed, InvalidQuery.
        """
        check_may_write(self.actor)
        self._check_place(place)
        if parent:
            thread = self.find(parent)
            if thread.place != place or thread.first.kept.id != parent:
                raise NotAllowed(GONE)
            about = thread.first.about
        seen = self.workspace.visible(self.actor)
        self._check_about(about, seen)
        offered = self.offered(place, about, parent=parent, is_wide=is_wide)
        chosen = self._mentioned(text, offered, mentions)
        with self.store.write() as transaction:
            numbered, subjects = self._numbered(transaction, text, chosen)
            comment = add_comment(
                transaction,
                NewComment(
                    kind=place.kind,
                    thing=place.thing,
                    tile=place.tile,
                    text=numbered,
                    about=None if parent else about,
                    parent=parent,
                    receipt=receipt,
                    access=_digest(self.keys, access_of(about, seen)),
                    is_wide=is_wide,
                    mentions=subjects,
                ),
                self.actor,
                self.keys,
            )
            _queue(transaction, comment, transaction.now, subjects)
        return comment

    def edit(self, comment: Comment, text: str, mentions: Iterable[str] = ()) -> None:
        """Change the text of the actor's own comment, and email people who are mentioned for the first time.

        Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
        """
        kept = comment.kept
        place = Place(kept.kind, kept.thing, kept.tile)
        self._check_place(place)
        self.find(kept.id)
        offered = self.offered(place, comment.about, parent=kept.parent, is_wide=kept.is_wide)
        chosen = self._mentioned(text, offered, mentions)
        with self.store.write() as transaction:
            numbered, subjects = self._numbered(transaction, text, chosen)
            added = change_comment(transaction, kept, numbered, subjects, self.actor, self.keys)
            _queue(transaction, kept.id, kept.written_at, added)

    def remove(self, comment: Comment) -> None:
        """Remove a comment's text for everyone. Raises NotAllowed, ChangedMeanwhile."""
        self.find(comment.kept.id)
        with self.store.write() as transaction:
            remove_comment(transaction, comment.kept, self.actor, self.keys)

    def resolve(self, thread: Thread, *, on: bool) -> None:
        """Resolve a thread, or reopen it if `on` is false. Raises NotAllowed, ChangedMeanwhile."""
        self.find(thread.first.kept.id)
        with self.store.write() as transaction:
            resolve_comment(transaction, thread.first.kept, self.actor, self.keys, on=on)

    def may_be_about(self, about: About) -> bool:
        """Whether this person can comment on a mark of a chart.

        They can't if the mark names an individual or is masked for them.
        """
        seen = self.workspace.visible(self.actor)
        return all(bool(places := seen.places(dim)) and may_be_about(places[0], seen) for dim, _ in about.mark)

    def _check_place(self, place: Place) -> None:
        thing = self.find_thing(place.kind, place.thing)
        if thing is None or place.tile not in thing.tiles:
            raise NotAllowed("This is no longer available to you, so you can't comment on it.")
        if thing.is_archived:
            raise NotAllowed(ARCHIVED.format(kind=place.kind))

    def _check_about(self, about: About, seen: VisibleModel) -> None:
        if not may_read(about, seen, is_mine=True, is_same_access=True, is_wide=False):
            raise NotAllowed("This answer uses something that isn't available to you, so you can't comment on it.")
        if not self.may_be_about(about):
            raise InvalidQuery(
                "A comment can't be about one person or about a masked value. Comment on the whole tile."
            )

    def _mentioned(self, text: str, offered: Mapping[str, str], mentions: Iterable[str]) -> dict[str, str]:
        """Return the names of the people that a comment mentions, by ID."""
        if len(text.strip()) > LONGEST:
            raise InvalidQuery(f"A comment can have at most {LONGEST:,} characters. Shorten it.")
        chosen = tuple(dict.fromkeys(mentions))
        if not set(chosen) <= offered.keys():
            raise NotAllowed(NOT_OFFERED)
        # A name that two people have is known once one of them was chosen.
        names = {offered[person].casefold() for person in chosen}
        known = [(person, name) for person, name in offered.items() if person in chosen or name.casefold() not in names]
        _, typed = with_numbers(text, known)
        people = {person: offered[person] for person in dict.fromkeys((*typed, *chosen))}
        if len(people) > MOST_MENTIONS:
            raise InvalidQuery(f"A comment can mention at most {MOST_MENTIONS} people. Remove some.")
        return people

    def _numbered(self, transaction: Transaction, text: str, people: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """Return a comment's text with the names of mentioned people replaced by their numbers, and these numbers."""
        active = self.people()
        subjects = {person: subject_of(transaction, person, active[person].name) for person in people}
        numbered, _ = with_numbers(text.strip(), [(subjects[person], name) for person, name in people.items()])
        return numbered, tuple(subjects.values())


@dataclass(frozen=True, slots=True)
class _Digests:
    """Decides which comments a person can read. The digest of their access to a number is computed only once."""

    keys: Keys
    seen: VisibleModel
    kept: dict[int, tuple[About, str]] = field(default_factory=dict[int, tuple[About, str]])

    def may_know_filters(self, first: StoredComment, about: About) -> bool:
        """Whether this person can see the filters that the board had.

        Everyone who sees a number can read a comment that is open to them all, even if only its author can see the
        filters.
        """
        return first.is_mine or not first.is_wide or self._is_same(first, about)

    def _is_same(self, comment: StoredComment, about: About) -> bool:
        if id(about) not in self.kept:
            self.kept[id(about)] = about, _digest(self.keys, access_of(about, self.seen))
        return comment.access == self.kept[id(about)][1]

    def may_read(self, comment: StoredComment, about: About, *, is_mine: bool | None = None) -> bool:
        is_same = self._is_same(comment, about)
        is_mine = comment.is_mine if is_mine is None else is_mine
        return may_read(about, self.seen, is_mine=is_mine, is_same_access=is_same, is_wide=comment.is_wide)


def short_name(name: str) -> str:
    """Return a person's name without their job, which may follow a comma."""
    return name.partition(", ")[0]


def _digest(keys: Keys, access: str) -> str:
    return keys.sign(b"comment access", access.encode())


def _queue(transaction: Transaction, comment: str, at: datetime, subjects: Iterable[str]) -> None:
    """Queue one email for each mentioned person. Editing the comment doesn't send it to them again."""
    for subject in subjects:
        recipient = Recipient(kind="person", id=subject)
        queue_send(transaction, NewSend(kind="comment", about=comment, slot=at, recipient=recipient))
