"""Determine whether a draft can be published: which approvals it needs, which it has, and which are missing.

An approval applies to the exact files. After the draft is merged with a newer version, the approval still counts if the
merge was automatic and the draft changes the same objects in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from semantic.display.format import counted, listed
from semantic.errors import ModelError, NotAllowed
from semantic.governance.widening import widening
from semantic.model.definitions import Described
from semantic.model.domains import label_of
from semantic.model.editing.merge import merge
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import Key, ObjectKind, objects_of
from semantic.model.loading.load import digest_of
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.impact.radius import Radius, model_of, radius_of
from semantic.services.process import Live
from semantic.services.reviewing.needs import Approver, loosened_words, needs, opens_only_new_data, stays_inside
from semantic.services.reviewing.readers import domain_of, may_read, may_review
from semantic.store.database import Transaction
from semantic.store.models.versions import Files, Version, files_of
from semantic.store.people import read_key_holders
from semantic.store.reviews.reviews import Review, add_act, end_review, find_review_of

ALONE_AFTER: Final = timedelta(hours=24)
"""After this long without approval, an author can publish a draft that no one else could approve."""

NEEDS_OTHER: Final = (
    "Other people use what this changes, it's certified, or its owner changes, so {} has to approve it. Send it for "
    "review."
)
"""Why a change needs a review, as a domain's steward sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change to publish: its files, its base version and its author.

    `draft` is the draft's ID, or "" for an unsaved change.
    """

    draft: str
    author: Actor
    base: Version
    base_files: Files
    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The approvals that a change needs and has.

    `review` is the open review of exactly this change. `is_outdated` means that a review of an earlier state is open
    instead. `domain` is the label of the domain whose stewards can approve the change, or "" if only stewards of the
    core can. `owners` must approve as owners. `reviewers` can give missing approvals, and `missing` describes these in
    words. `objecting` are the people who asked for changes. No one can give the approvals in `unfilled`, so the author
    can publish without them from `alone_from` on.
    """

    radius: Radius
    needed: frozenset[Approver]
    review: Review | None = None
    is_outdated: bool = False
    domain: str = ""
    owners: tuple[Actor, ...] = ()
    approved: tuple[Actor, ...] = ()
    objecting: tuple[Actor, ...] = ()
    reviewers: tuple[Actor, ...] = ()
    missing: tuple[str, ...] = ()
    unfilled: frozenset[Approver] = frozenset()
    alone_from: datetime | None = None
    now: datetime

    @property
    def needs_review(self) -> bool:
        return Approver.NONE not in self.needed

    @property
    def is_alone(self) -> bool:
        """Whether the author can publish now without an approval that no one can give."""
        return bool(self.unfilled) and self.alone_from is not None and self.now >= self.alone_from

    @property
    def can_publish(self) -> bool:
        """Whether the author can publish now."""
        if not self.needs_review:
            return True
        is_filled = not self.missing and (not self.unfilled or self.is_alone)
        return self.review is not None and not self.objecting and is_filled

    @property
    def why_not(self) -> str:
        """Why the change can't be published now and what to do next, as a sentence, or "" if it can be published."""
        if self.can_publish:
            return ""
        if self.review is None:
            first = "The draft was changed after it was sent for review." if self.is_outdated else ""
            return f"{first} {self.asks} Send it for review first.".strip()
        if self.objecting:
            return f"{_names(self.objecting)} asked for changes."
        if self.missing:
            return f"It still needs {listed(self.missing)}."
        return "No one else can approve it, so you can publish it 24 hours after you sent it."

    @property
    def asks(self) -> str:
        """Why the change needs a review, as a sentence: `It changes 2 certified metrics and 1 alert.`"""
        radius = self.radius
        parts = [
            counted(len(radius.certified), "certified metric") if radius.certified else "",
            counted(len(radius.analyses), "certified analysis", "certified analyses") if radius.analyses else "",
            counted(radius.targets, "target") if radius.targets else "",
            counted(radius.alerts, "alert") if radius.alerts else "",
            f"numbers that {counted(len(radius.people), 'other person uses', 'other people use')}"
            if radius.people
            else "",
        ]
        kept = [part for part in parts if part]
        changes = f"It changes {listed(kept)}." if kept else ""
        given = [
            counted(len(radius.certifies), "metric") if radius.certifies else "",
            counted(len(radius.certifies_analyses), "analysis", "analyses") if radius.certifies_analyses else "",
        ]
        certifies = f"It certifies {listed([each for each in given if each])}." if any(given) else ""
        widens = "It can let people see more than before." if radius.widens else ""
        sentences = (changes, certifies, widens, loosened_words(radius.loosens))
        return " ".join(sentence for sentence in sentences if sentence)

    @property
    def others(self) -> str:
        """Who else can approve the change, for authors who don't see details: `another steward of Paid media`."""
        return f"another steward of {self.domain}" if self.domain else "a steward of the core"

    @property
    def how(self) -> str:
        """How the change can be published, for the audit log: with which approvals, or "" if it needs none."""
        if not self.needs_review:
            return ""
        if self.is_alone:
            return "without approval, because no one else could approve it"
        return f"approved by {counted(len(self.approved), 'person', 'people')}"


def judge(live: Live, change: Change, radius: Radius, transaction: Transaction | None = None) -> Verdict:
    """Return which approvals a change has and needs, and so whether it can be published now.

    If `transaction` is given, the store is read within it. Raises StoreFailed.
    """
    needed, now = needs(radius), live.store.now()
    plain = Verdict(radius=radius, needed=needed, now=now)
    with nullcontext(transaction.connection) if transaction is not None else live.store.read() as connection:
        kept = find_review_of(connection, live.keys, change.draft) if change.draft else None
        sent = kept if kept is not None and kept.is_open else None
        old_base = files_of(connection, sent.based_on) if sent is not None else {}
        review = sent if sent is not None and is_of(sent, old_base, change) else None
        # Anyone with write access to the store can change the IDs next to numbers. People's own keys prove their IDs.
        subjects = {review.author, *(act.author for act in review.acts)} if review is not None else set[str]()
        holders = read_key_holders(connection, subjects, live.keys)
    is_outdated = review is None and kept is not None and kept.state == "open"
    if not plain.needs_review:
        return replace(plain, review=review, is_outdated=is_outdated)
    ids = {subject: each.id for subject, each in holders.items() if each.state == "known" and each.key is not None}
    if review is not None and ids.get(review.author) != change.author.id:
        review = None  # sent by someone else
    return _weighed(live, replace(plain, review=review, is_outdated=is_outdated), change, ids)


def _weighed(live: Live, plain: Verdict, change: Change, ids: Mapping[str, str]) -> Verdict:
    """Return the verdict with decisions and missing approvals filled in. `ids` has people's proven IDs by number."""
    radius, needed, review, people = plain.radius, plain.needed, plain.review, live.people()
    others = [each for each in people.values() if may_review(each) and each.id != change.author.id]
    team = _team(live, change, people)
    active = {each.id: each for each in (*team, *others)}  # whose roles still allow it
    domain, second = "", others
    if team and stays_inside(radius, model_of(change.base_files), domain_of(change.base_files, change.files)):
        named = domain_of(change.base_files, change.files)
        domain, second = label_of(named, model_of(change.base_files).domains), [*team, *others]
    owners = tuple(each for each in _owners(change, radius, people) if each.id in active)
    approved, objecting = list[Actor](), list[Actor]()
    for subject, act in review.decisions().items() if review is not None else ():
        if (person := active.get(ids.get(subject, ""))) is not None:
            (approved if act.kind == "approved" else objecting).append(person)
    missing, reviewers, unfilled = list[str](), dict[str, Actor](), set[Approver]()
    have = {each.id for each in approved}

    def ask(by: Approver, who: Sequence[Actor], words: str) -> None:
        if not who:
            unfilled.add(by)
        elif have.isdisjoint(each.id for each in who):
            missing.append(words)
            reviewers.update({each.id: each for each in who})

    if Approver.OWNER_AND_STEWARD in needed:
        for owner in owners:
            ask(Approver.OWNER_AND_STEWARD, (owner,), f"the approval of {owner.short_name}, who owns a definition")
        words = f"the approval of a second steward{f' of {domain}' if domain else ''}"
        ask(Approver.OWNER_AND_STEWARD, second, words)
    if Approver.STEWARD in needed:
        ask(Approver.STEWARD, second, f"the approval of another steward{f' of {domain}' if domain else ''}")
    if Approver.ADMINISTRATOR in needed:
        administrators = [each for each in others if each.is_at_least("administrator")]
        ask(Approver.ADMINISTRATOR, administrators, "the approval of another administrator")
    return replace(
        plain,
        domain=domain,
        owners=owners,
        approved=tuple(approved),
        objecting=tuple(objecting),
        reviewers=tuple(reviewers.values()),
        missing=tuple(missing),
        unfilled=frozenset(unfilled),
        alone_from=review.sent_at + ALONE_AFTER if review is not None and unfilled else None,
    )


def _team(live: Live, change: Change, people: Mapping[str, Actor]) -> list[Actor]:
    """Return the domain's stewards if a change stays in one domain, without its author and stewards of the core."""
    if not domain_of(change.base_files, change.files):
        return []
    others = (each for each in people.values() if each.id != change.author.id and not may_review(each))
    return [each for each in others if may_read(live, each, change.base_files, change.files)]


def reach(live: Live, change: Change) -> Radius:
    """Return what a change affects. Raises ModelError.

    Access to tables that the change adds doesn't count as wider access.
    """
    radius = radius_of(live, change.author, change.base_files, change.files)
    if not radius.widens:
        return radius
    return replace(radius, widens=widened_by(model_of(change.base_files), model_of(change.files)))


def widened_by(before: Model, after: Model) -> tuple[str, ...]:
    """Return the labels of policies that let someone see more after a change.

    Policies that only show new tables are left out.
    """
    return tuple(name for name in widening(before, after) if not opens_only_new_data(before, after, name))


def require_approved(verdict: Verdict, change: Change) -> None:
    """Raise NotAllowed if a change lacks an approval.

    Also raises it if the author would certify something without a second person.
    """
    if not verdict.can_publish and not change.author.is_at_least("steward"):
        raise NotAllowed(NEEDS_OTHER.format(verdict.others))  # they can't see who uses what
    if not verdict.can_publish:
        raise NotAllowed(f"This draft can't be published yet. {verdict.why_not}")
    radius = verdict.radius
    if verdict.is_alone and (radius.certifies or radius.certifies_analyses):
        model = model_of(change.files)
        labels = [model.metrics[name].label or name for name in radius.certifies]
        names = listed([*labels, *(model.analyses[name].label for name in radius.certifies_analyses)])
        raise NotAllowed(f"Without a second person you can't certify {names}. Remove it from the draft.")


def end_review_of(live: Live, transaction: Transaction, change: Change, version: Version) -> None:
    """End the open review of a draft that is being published.

    It ends as published if it is of exactly this change, or else as withdrawn.
    """
    kept = find_review_of(transaction.connection, live.keys, change.draft)
    if kept is None or not kept.is_open:
        return
    old_base = files_of(transaction.connection, kept.based_on)
    if is_of(kept, old_base, change):
        end_review(transaction, live.keys, kept, version.number, change.author)
    else:
        add_act(transaction, live.keys, kept, "withdrawn", change.author)


def is_of(review: Review, old_base: Files, change: Change) -> bool:
    """Whether a review is of exactly this change, or of the same change before it was merged with a newer version.

    `old_base` has the files of the review's base version.
    """
    if review.based_on == change.base.number:
        return review.digest == digest_of(change.files)
    if review.based_on > change.base.number:
        return False
    sent = review.applied_to(old_base)
    if digest_of(sent) != review.digest:
        return False
    try:
        merged = merge(old_base, sent, change.base_files)
    except ModelError:
        return False
    is_same = merged.is_clean and digest_of(merged.files) == digest_of(change.files)
    return is_same and changed_texts(old_base, sent) == changed_texts(change.base_files, change.files)


def changed_texts(base_files: Files, files: Files) -> Mapping[Key, tuple[str | None, str | None]]:
    """Return the old and new text of each object that the files change."""
    before, after = ({thing.key: own_text(thing) for thing in objects_of(side)} for side in (base_files, files))
    pairs = {key: (before.get(key), after.get(key)) for key in {**before, **after}}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _owners(change: Change, radius: Radius, people: Mapping[str, Actor]) -> list[Actor]:
    """Return the owners of the objects that a change edits, if they have owners.

    Otherwise, returns the owners of the certified metrics that the change affects or whose checks it weakens. A model
    names an owner by a person's ID or name. If the owner is a team, any steward can approve.
    """
    model = model_of(change.base_files)
    edited = [_described(model, key) for key in changed_texts(change.base_files, change.files)]
    written = [thing.owner for thing in edited if thing is not None and thing.owner]
    weakened = (name for each in radius.loosens for name in each.metrics)
    certified = dict.fromkeys((*radius.certified, *weakened))
    written = written or [model.metrics[name].owner for name in certified if name in model.metrics]
    written = written or [model.analyses[name].owner for name in radius.analyses if name in model.analyses]
    wanted = {owner.partition(", ")[0].casefold() for owner in written if owner}
    return [person for person in people.values() if {person.id.casefold(), person.short_name.casefold()} & wanted]


def _described(model: Model, key: Key) -> Described | None:
    kind, name = key
    match kind:
        case ObjectKind.METRIC:
            return model.metrics.get(name)
        case ObjectKind.DATASET:
            return model.datasets.get(name)
        case ObjectKind.SEGMENT:
            return model.segments.get(name)
        case ObjectKind.ANALYSIS:
            return model.analyses.get(name)
        case ObjectKind.DOMAIN:
            return model.domains.get(name)
        case _:
            return None


def _names(people: Sequence[Actor]) -> str:
    return listed([person.short_name for person in people])
