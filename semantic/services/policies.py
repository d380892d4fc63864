"""Policies in a steward's draft: what a change means for people and their questions, and the policy tests.

A draft can give anyone any access. So stewards see numbers under a draft's policies only if the published policies
already show them these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal

from semantic.audit_trail.recents import Recents
from semantic.errors import NotAllowed, SemanticError, StoreFailed
from semantic.governance.policy_forms.effects import Effect, effects
from semantic.governance.run_policy_tests import PolicyFinding, run_policy_tests
from semantic.governance.widening import widening
from semantic.interop.yaml_writer import write_yaml
from semantic.model.certification_status import is_certified
from semantic.model.loading.load import parse_files
from semantic.model.model import Model
from semantic.model.policies import Mask
from semantic.policy.access import access_to
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.policy.members import reads_other_numbers
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.viewing import view_as, viewable
from semantic.query.names import read_name
from semantic.query.query import DATE, Query
from semantic.results.result import Result
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.saved_questions import SavedWork
from semantic.store.models.versions import Files
from semantic.workspace import Workspace

QUESTIONS: Final = 3
MOST_BOARDS: Final = 40
NOT_SHOWN: Final = "Changes; not shown to you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The effect of a draft's policies on people.

    `widens` has the labels of policies that let someone see more, and `lost_tiles` has sentences about boards.
    """

    effects: tuple[Effect, ...]
    widens: tuple[str, ...]
    findings: tuple[PolicyFinding, ...]
    lost_tiles: tuple[str, ...]

    @property
    def failed(self) -> tuple[PolicyFinding, ...]:
        return tuple(finding for finding in self.findings if not finding.ok)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One of a person's questions, before and after the draft.

    Each side is a result, or a sentence if there is none.
    """

    title: str
    query: Query
    before: Result | str
    after: Result | str

    @property
    def verdict(self) -> Literal["same", "changed", "hidden", "visible", "not_shown"]:
        if isinstance(self.after, str):
            if self.after == NOT_SHOWN:
                return "not_shown"
            return "hidden" if isinstance(self.before, Result) else "same"
        if isinstance(self.before, str):
            return "visible"
        return "same" if self.before.table.equals(self.after.table) else "changed"


@dataclass(frozen=True, slots=True)
class PolicyWork:
    """A steward's work on policies. Raises NotAllowed unless `actor` is a steward who is signed in as themselves."""

    live: Live = field(repr=False)
    actor: Actor

    def __post_init__(self) -> None:
        if self.actor.viewed_by is not None or self.actor.for_person is not None:
            raise NotAllowed("You can't work on policies while you view as someone else.")
        require_not_agent(self.actor)
        if not self.actor.is_at_least("steward"):
            raise NotAllowed("Only stewards and administrators can work on policies.")

    @property
    def _running(self) -> Workspace:
        return self.live.workspace()

    def people(self) -> Mapping[str, Actor]:
        """Return everyone who can sign in, by ID."""
        return self.live.people()

    def change(self, drafted: Workspace, base: Files | None = None) -> Change:
        """Return a draft's effects on people and boards, and the results of the policy tests, which query the engine.

        `base` has the files of the draft's base version, unless that is the current version. Changes that a scheduled
        version already makes aren't included. Raises ModelError.
        """
        before = self._running.model if base is None else parse_files(base)[0]
        after = drafted.model
        reader = self._running.visible(self.actor)
        changed = effects(before, after, self.people().values(), reader)
        labels = {policy.name: policy.label for policy in (*before.policies, *after.policies)}
        return Change(
            effects=changed,
            widens=tuple(labels[name] for name in widening(before, after)),
            findings=drafted.run_policy_tests(),
            lost_tiles=tuple(self._lost_tiles(before, drafted, [effect.person for effect in changed])),
        )

    def tests(self, drafted: Workspace) -> tuple[PolicyFinding, ...]:
        """Return the results of the policy tests that don't need rows."""
        return run_policy_tests(drafted.model, drafted.people, today=drafted.today(), dialect=drafted.dialect)

    def _lost_tiles(self, base: Model, drafted: Workspace, people: Iterable[Actor]) -> list[str]:
        """Return sentences about tiles that people can no longer see, on boards that the steward can open too."""
        mine = BoardWork(self.live.store, self.live.keys, self._running, self.actor)
        heads = mine.boards()[:MOST_BOARDS]
        boards = mine.contents(heads)
        queries = {
            board: [query for tile in content.tiles if (query := mine.asked(tile, content.start).query) is not None]
            for board, content in boards.items()
        }
        lost: list[str] = []
        for person in people:
            theirs = {head.id for head in BoardWork(self.live.store, self.live.keys, self._running, person).boards()}
            before, after = narrow(base, person), narrow(drafted.model, person)
            for head in heads:
                if head.id not in theirs:
                    continue
                number = sum(_shows(query, before) and not _shows(query, after) for query in queries.get(head.id, ()))
                if number:
                    what = "a tile" if number == 1 else f"{number} tiles"
                    lost.append(f"{head.title} loses {what} for {person.short_name}")
        return lost

    # A person's questions

    def viewable(self) -> tuple[Actor, ...]:
        """Return the people whose questions this steward can preview: the steward, and everyone they can view as."""
        others = viewable(self._running.model, self.actor, self.people().values(), now=datetime.now(UTC))
        return (self.actor, *others)

    def preview(self, drafted: Workspace, person: str, recents: Recents) -> list[Compared]:
        """Return up to three of a person's questions, before and after the draft. Raises NotAllowed, StoreFailed.

        These are saved questions and board tiles that the person and the steward can both open, and the steward's own
        recent questions. The steward must be able to see every name in them. If there are none, certified metrics are
        used.
        """
        running = self._running
        seen = running.visible(self.actor)
        asker = self.actor
        if person != self.actor.id:
            known = self.people().get(person)
            if known is None:
                raise NotAllowed("Choose a person who can sign in.")
            asker = view_as(running.model, self.actor, known, now=datetime.now(UTC))
        return [self._compared(title, query, asker, drafted, seen) for title, query in self._questions(asker, recents)]

    def _questions(self, asker: Actor, recents: Recents) -> list[tuple[str, Query]]:
        """Return the questions for a preview.

        The recent questions are the steward's own, because another person's are private.
        """
        found: dict[Query, str] = {}
        theirs = SavedWork(self.live.store, self.live.keys, self._running, asker)
        shared = {question.id for question in self._saved().questions()}
        saved = [question for question in theirs.questions() if question.id in shared][: 2 * QUESTIONS]
        contents = self._saved().contents(saved)
        found |= {contents[question.id].query: question.name for question in saved if question.id in contents}
        boards = BoardWork(self.live.store, self.live.keys, self._running, asker)
        opened = {head.id for head in boards.boards()}
        mine = BoardWork(self.live.store, self.live.keys, self._running, self.actor)
        heads = [head for head in mine.boards() if head.id in opened][:QUESTIONS]
        for content in mine.contents(heads).values():
            for tile in content.tiles[:QUESTIONS]:
                query = mine.asked(tile, content.start).query
                if query is not None:
                    found.setdefault(query, tile.title)
        asked = dict.fromkeys(recents.of(self.actor), "")
        shown = (
            (title, query)
            for query, title in (asked | found if asker is self.actor else found | asked).items()
            if query.metrics and query.as_of is None and _can_read(query, self._running, self.actor)
        )
        return list(islice(shown, QUESTIONS)) or list(islice(self._certified(asker), QUESTIONS))

    def _certified(self, asker: Actor) -> Iterator[tuple[str, Query]]:
        """Yield questions for certified metrics that both the person and the steward can see."""
        theirs = self._running.visible(asker)
        for metric in self._running.visible(self.actor).metrics:
            query = Query(metrics=(metric.name,))
            if is_certified(metric) and _shows(query, theirs) and _can_read(query, self._running, self.actor):
                yield metric.label, query

    def _saved(self) -> SavedWork:
        return SavedWork(self.live.store, self.live.keys, self._running, self.actor)

    def _compared(self, title: str, query: Query, asker: Actor, drafted: Workspace, seen: VisibleModel) -> Compared:
        running = self._running
        before = _answer(query, running, asker)
        if running.recorder is not None:
            running.recorder.previewed(query, asker)
        if _has_same_access(query, running.visible(asker), drafted.visible(asker)) or _sees_as_it_is(query, seen):
            after = _answer(query, drafted, asker)
        else:
            after = NOT_SHOWN if _shows(query, drafted.visible(asker)) else _HIDDEN
        return Compared(title=title, query=query, before=before, after=after)


_HIDDEN: Final = "Not visible"


def _answer(query: Query, workspace: Workspace, actor: Actor) -> Result | str:
    if not _shows(query, workspace.visible(actor)):
        return _HIDDEN
    try:
        return workspace.ask(query, actor)
    except StoreFailed:
        raise
    except SemanticError as error:
        return error.title


def _can_read(query: Query, workspace: Workspace, actor: Actor) -> bool:
    """Whether an actor can ask a question: no name in it is hidden from them."""
    return workspace.preflight(query, actor).error is None


def _names(query: Query, seen: VisibleModel) -> tuple[str, ...]:
    return tuple(
        name
        for one in query.by
        if (name := read_name(one.dim, seen.model).dim) != DATE and name in seen.model.dimensions
    )


def _shows(query: Query, seen: VisibleModel) -> bool:
    """Whether an actor can see all metrics and breakdowns of a question, so that they can ask it."""
    if any(name not in seen.model.metrics or not seen.shows_metric(seen.model.metrics[name]) for name in query.metrics):
        return False
    return all(seen.places(name) for name in _names(query, seen))


def _has_same_access(query: Query, before: VisibleModel, after: VisibleModel) -> bool:
    """Whether the same limits apply to a question before and after, so that the same rows answer it.

    If the question uses more than metrics and breakdowns, such as a segment as a filter, any changed limit makes this
    false.
    """
    if _shows(query, before) != _shows(query, after):
        return False
    if (set(before.rules), before.min_groups, _masks(before)) == (set(after.rules), after.min_groups, _masks(after)):
        return True
    reads_more = query.where is not None or query.having or query.top is not None or query.calc
    reads_more = reads_more or any(
        reads_other_numbers(seen.model.metrics[name], seen.model)
        for seen in (before, after)
        for name in query.metrics
        if name in seen.model.metrics
    )
    names = _names(query, before)
    return not reads_more and access_to(query.metrics, names, before) == access_to(query.metrics, names, after)


def _masks(seen: VisibleModel) -> frozenset[Mask]:
    return frozenset(mask for policy in seen.policies for mask in policy.masks)


def _sees_as_it_is(query: Query, seen: VisibleModel) -> bool:
    """Whether a steward sees a question's numbers in full: no rule, mask or limit hides any part of them."""
    if seen.rules or seen.min_groups or any(policy.masks for policy in seen.policies):
        return False
    return _shows(query, seen)


def written_test(name: str, person: Actor, of_model: Mapping[str, Actor], metric: str, dimension: str,
              values: Iterable[str]) -> str:  # fmt: skip
    """Return a policy test as YAML: this person sees exactly these values of a dimension for a metric.

    A person who isn't defined in the model is described by role, groups and attributes, without a name.
    """
    asker: object = person.id
    if person.id not in of_model:
        asker = {
            key: value
            for key, value in (
                ("roles", sorted(person.roles)),
                ("groups", sorted(person.groups)),
                (
                    "attributes",
                    {name: one if isinstance(one, str) else list(one) for name, one in person.attributes.items()},
                ),
            )
            if value
        }
    test = {
        "name": name, "as": asker, "ask": {"metrics": [metric], "by": [dimension]},
        "sees": {"values": {dimension: list(values)}},
    }  # fmt: skip
    return write_yaml(test)
