"""A team's metrics and segments, and the draft in which the team's stewards change them.

Every action is checked here, even if a page has checked it, and publishing is also checked in the store. A domain's
steward learns nothing about names that policies hide from them: a hidden name gives the same message as a missing one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Final, Literal

import yaml

from semantic.display.format import listed
from semantic.errors import ModelError, NotAllowed, Problem, UnknownName
from semantic.governance.domains import OWNED, domains_changed, is_central, outside
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric, Segment
from semantic.model.domains import Domain
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.object_text import own_text, read_object_text
from semantic.model.editing.objects import Key, ObjectKind, find_object
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.domains import domains_stewarded, is_domain_member
from semantic.policy.narrow import VisibleModel, measures_of, narrow
from semantic.services.drafts import (
    EditResult,
    Edits,
    begin_object,
    behind,
    drop_object,
    merge_newest,
    name_draft,
    open_edits,
    preview,
    problems_in,
    publish_edits,
    put_back,
    take_merged,
    verdict_of,
    write_object,
)
from semantic.services.process import Live
from semantic.services.requests.work import RequestWork
from semantic.services.reviewing.work import ReviewWork
from semantic.services.usage.usage import unused, usage_of
from semantic.store.models.versions import Version
from semantic.workspace import Workspace

NOT_USABLE: Final = "It uses a name that doesn't exist, or that you can't use."
Step = Literal["ready", "unsent", "sent", "objected"]
_QUOTED: Final = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class DomainShown:
    """A domain as one person sees it. `stewards` and `members` are names of people and groups.

    `metrics` and `segments` are the ones this person can see. `is_led` means that this person can change them. `unused`
    and `requests` are numbers of metrics and requests, or None for anyone but stewards.
    """

    domain: Domain
    stewards: tuple[str, ...]
    members: tuple[str, ...]
    metrics: tuple[Metric, ...]
    segments: tuple[Segment, ...]
    certified: int
    is_led: bool
    unused: int | None = None
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class DraftState:
    """The next step for a draft, its open review, and who else has to approve it, such as `a steward of the core`."""

    step: Step
    others: str = ""
    review: str = ""


@dataclass(frozen=True, slots=True)
class DomainWork:
    """The domains that `actor` can see and change. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    @property
    def is_central(self) -> bool:
        """Whether this person is a steward of the core, who manages all domains and the people in them."""
        return is_central(self.actor)

    @property
    def led(self) -> frozenset[str]:
        """The domains whose metrics and segments this person can change."""
        return domains_stewarded(self.actor, self._model.domains.values())

    def shown(self, today: date) -> tuple[DomainShown, ...]:
        """Return the domains that this person can see, sorted by label. Stewards see all of them, others their own."""
        seen = self.live.workspace().visible(self.actor)
        every = sorted(self._model.domains.values(), key=lambda domain: domain.label.casefold())
        mine = [domain for domain in every if self.is_central or is_domain_member(self.actor, domain)]
        people = self.live.people() if mine else {}
        shown = tuple(self._shown(domain, seen, people, today) for domain in mine)
        return self._counted(shown) if self.is_central and shown else shown

    def _counted(self, shown: tuple[DomainShown, ...]) -> tuple[DomainShown, ...]:
        """Return the domains with the number of their unused metrics and of the open requests about their metrics."""
        found = unused(self.live, usage_of(self.live))
        asked = Counter(listed.request.metric for listed in RequestWork(self.live, self.actor).to_answer())
        return tuple(
            replace(
                one,
                unused=None if found.known_from else sum(metric.name in found.metrics for metric in one.metrics),
                requests=sum(asked[metric.name] for metric in one.metrics),
            )
            for one in shown
        )

    def _shown(self, domain: Domain, seen: VisibleModel, people: Mapping[str, Actor], today: date) -> DomainShown:
        metrics = tuple(metric for metric in seen.metrics if metric.domain == domain.name)
        return DomainShown(
            domain=domain,
            stewards=_names([*domain.stewards.people], [*domain.stewards.groups], people),
            members=_names([*domain.members.people], [*domain.members.groups], people),
            metrics=metrics,
            segments=tuple(segment for segment in seen.segments if segment.domain == domain.name),
            certified=sum(certification_status(metric, today) is CertificationStatus.CERTIFIED for metric in metrics),
            is_led=domain.name in self.led,
        )

    # The draft of a domain's steward

    def edits(self) -> Edits:
        """Return this person's draft, brought up to date unless others changed the same definitions."""
        edits = open_edits(self.live, self.actor)
        if edits.draft is not None and behind(self.live, edits) is not None:
            merged, head = merge_newest(self.live, edits)
            if not merged.conflicts:
                return take_merged(self.live, self.actor, edits, merged, head)
        return edits

    def changed(self, edits: Edits, domain: str) -> dict[Key, str]:
        """Return which objects of a domain the draft changes, and how: `added`, `changed`, `removed`, `unfinished`."""
        return {key: word for key, word in edits.changed().items() if self._domain_in(edits, key) == domain}

    def begin(self, edits: Edits, domain: str, kind: ObjectKind, fields: Mapping[str, object]) -> EditResult:
        """Add a metric or segment to a domain in the draft. Raises ModelError, NotAllowed."""
        self._check_led(domain)
        text = yaml.safe_dump({**fields, "domain": domain}, sort_keys=False, allow_unicode=True, width=110)
        self._check_text(kind, text)
        return begin_object(self.live, self.actor, edits, kind, text)

    def write(self, edits: Edits, key: Key, text: str) -> EditResult:
        """Save the text of a metric or segment as typed, even if it's invalid. Raises NotAllowed, ChangedMeanwhile."""
        self._check_key(edits, key)
        self._check_text(key[0], text)
        return write_object(self.live, self.actor, edits, key, text)

    def drop(self, edits: Edits, key: Key) -> Edits:
        """Remove a metric or segment from the draft. Raises NotAllowed."""
        self._check_key(edits, key)
        return drop_object(self.live, self.actor, edits, key)

    def revert(self, edits: Edits, key: Key) -> Edits:
        """Revert a metric or segment to its published text. Raises NotAllowed."""
        self._check_key(edits, key)
        return put_back(self.live, self.actor, edits, key)

    def domain_of(self, edits: Edits, key: Key) -> str | None:
        """Return the domain of a metric or segment, "" for the core, or None if the draft has no such object."""
        return self._domain_in(edits, key)

    def opens(self, edits: Edits, key: Key) -> bool:
        """Whether this person can read and edit the text of a metric or segment."""
        try:
            self._check_key(edits, key)
        except NotAllowed:
            return False
        return True

    def problems(self, edits: Edits, key: Key) -> tuple[ObjectProblem, ...]:
        """Return the draft's problems, those of one object first, without names that are hidden from this person."""
        found = problems_in(edits, key)
        if found or key in edits.typing:
            return tuple(replace(one, problem=self._told(one.problem, edits)) for one in found)
        return tuple(ObjectProblem(0, problem) for problem in self._hidden(edits))

    def preview(self, edits: Edits) -> Workspace:
        """Return a workspace that uses the draft on the same engine, to preview its numbers.

        Raises ModelError, and NotAllowed if the draft changes anything outside a domain, such as a policy, because that
        doesn't apply to anyone yet.
        """
        if outside(replace(self.actor, roles=frozenset({"marketer"})), edits.base_files, edits.files):
            raise NotAllowed("Your draft also changes the core, so its numbers can't be previewed here.")
        return preview(self.live.workspace(), edits)

    def publish(self, edits: Edits, *, note: str) -> Version:
        """Publish the draft. Raises ModelError, ChangedMeanwhile, and NotAllowed if it changes more than a domain."""
        with self._within(edits):
            return publish_edits(self.live, self.actor, edits, note=note)

    def send(self, edits: Edits, *, note: str) -> None:
        """Send the draft for review.

        Raises the same errors as `publish`, and InvalidQuery if there are no changes or there is no note.
        """
        with self._within(edits):
            if edits.draft is not None and not edits.draft.name:  # reviewers find the draft by the objects it changes
                edits = name_draft(self.live, self.actor, edits, self._title(edits))
            ReviewWork(self.live, self.actor).send(edits, note)

    def _title(self, edits: Edits) -> str:
        labels = (_label_in(edits.text_of(key) or edits.published_text(key) or "", key) for key in edits.changed())
        return listed(list(islice(labels, 4)))

    def state(self, edits: Edits) -> DraftState:
        """Return whether the draft can be published, needs a review first, or is in review.

        The state doesn't name the people that the draft affects, because that would reveal what they have saved.
        """
        try:
            verdict = verdict_of(self.live, self.actor, edits)
        except ModelError:  # publishing reports the problems
            return DraftState("ready")
        if verdict.can_publish:
            return DraftState("ready")
        step: Step = "unsent" if verdict.review is None else "objected" if verdict.objecting else "sent"
        return DraftState(step, verdict.others, verdict.review.id if verdict.review is not None else "")

    @contextmanager
    def _within(self, edits: Edits) -> Generator[None]:
        """Check, within a `with` block, that a draft changes only this person's domains.

        Reported problems don't contain names that the person can't see. Raises NotAllowed, ModelError.
        """
        if self.is_central:
            yield
            return
        beyond = outside(self.actor, edits.base_files, edits.files)
        if beyond or not domains_changed(edits.base_files, edits.files) <= self.led:
            raise NotAllowed("Your draft changes more than your domain. Revert the other changes to publish.")
        try:
            problems = self._hidden(edits)
            if problems:
                raise ModelError(problems)
            yield
        except ModelError as error:
            raise ModelError([self._told(problem, edits) for problem in error.problems]) from None

    # Central stewards

    def promote(self, key: Key) -> Edits:
        """Move a metric or segment into the core, in the actor's own draft. Its name stays the same.

        Raises NotAllowed.
        """
        if not self.is_central:
            raise NotAllowed("Only stewards of the core can promote a metric.")
        edits = self.edits()
        text = edits.text_of(key)
        if key[0] not in OWNED or not text:
            raise UnknownName(key[1], [], kind="metric")
        return write_object(self.live, self.actor, edits, key, without_domain(text, key[0])).edits

    def make(self, fields: Mapping[str, object]) -> EditResult:
        """Add a domain to the actor's own draft. Raises ModelError, NotAllowed."""
        if not self.is_central:
            raise NotAllowed("Only stewards can add a domain.")
        text = yaml.safe_dump(dict(fields), sort_keys=False, allow_unicode=True, width=110)
        return begin_object(self.live, self.actor, self.edits(), ObjectKind.DOMAIN, text)

    # What a domain's steward can write and read

    @property
    def _model(self) -> Model:
        return self.live.workspace().model

    def _check_led(self, domain: str) -> None:
        if self.actor.viewed_by is not None or domain not in self.led:
            raise NotAllowed("Only stewards of this domain can change its metrics.")

    def _check_key(self, edits: Edits, key: Key) -> None:
        """Check that an object belongs to one of this person's domains. Raises NotAllowed.

        An object that exists in the draft's base version must belong to one of their domains there, too.
        """
        domain = self._domain_in(edits, key)
        if key[0] not in OWNED or domain is None or self._is_hidden(edits, key):
            raise NotAllowed("Only stewards of this domain can change its metrics.")
        self._check_led(domain)

    def _is_hidden(self, edits: Edits, key: Key) -> bool:
        """Whether a published object is hidden from this person. Objects that they added to the draft aren't hidden."""
        if self.is_central or edits.published_text(key) is None:
            return False
        metrics, segments = self._model.metrics, self._model.segments
        if key[1] in (metrics if key[0] is ObjectKind.METRIC else segments):
            seen = self.live.workspace().visible(self.actor)
        else:  # published, but not live yet
            try:
                seen = narrow(parse_model(edits.base_files), self.actor)
            except ModelError:
                return True
        metric, segment = seen.model.metrics.get(key[1]), seen.model.segments.get(key[1])
        if key[0] is ObjectKind.METRIC:
            return metric is None or not seen.shows_metric(metric)
        return segment is None or not seen.shows_segment(segment)

    def _domain_in(self, edits: Edits, key: Key) -> str | None:
        for files in (edits.base_files, edits.files):
            thing = find_object(files, *key)
            if thing is not None:
                return _domain_of(own_text(thing), key[0])
        return _domain_of(edits.typing.get(key, ""), key[0])

    def _check_text(self, kind: ObjectKind, text: str) -> None:
        """Check that a text defines an object in one of this person's domains. A text that can't be parsed passes."""
        if kind not in OWNED:
            raise NotAllowed("A domain's stewards change metrics and segments. Ask a steward for anything else.")
        domain = _domain_of(text, kind)
        if domain is not None and domain not in self.led:
            raise NotAllowed("Keep `domain:` as it is. Only stewards of the core can move a metric elsewhere.")

    def _hidden(self, edits: Edits) -> list[Problem]:
        """Return a problem for each changed object that would be hidden from this person after publishing."""
        if self.is_central:
            return []
        try:
            model = parse_model(edits.files)
        except ModelError:
            return []  # the draft's problems include this
        seen = narrow(model, self.actor)
        problems: list[Problem] = []
        for (kind, name), word in edits.changed().items():
            metric = model.metrics.get(name) if kind is ObjectKind.METRIC else None
            segment = model.segments.get(name) if kind is ObjectKind.SEGMENT else None
            is_seen = (metric is None or seen.shows_metric(metric)) and (segment is None or seen.shows_segment(segment))
            if word != "removed" and not is_seen:
                problems.append(Problem("", 0, NOT_USABLE, "Check its names, or propose the change to the core."))
        return problems

    def _told(self, problem: Problem, edits: Edits) -> Problem:
        """Return a problem without names that this person can't see. Names that don't exist are removed, too."""
        if self.is_central:
            return problem
        known = self._known() | {name for (_, name) in edits.changed()}
        names = [name for text in (problem.message, problem.remedy) for name in _QUOTED.findall(text)]
        if all(name in known for name in names) and "Did you mean" not in problem.remedy:
            return problem
        if all(name in known for name in _QUOTED.findall(problem.message)):
            return Problem(problem.file, problem.line, problem.message, "")
        return Problem(problem.file, problem.line, NOT_USABLE, "Check its names, or propose the change to the core.")

    def _known(self) -> frozenset[str]:
        """Return every name that this person can see: metrics, measures, segments, dimensions and domains."""
        seen = self.live.workspace().visible(self.actor)
        measures = [measure for metric in seen.metrics for measure in measures_of(metric, seen.model)]
        return frozenset(
            {
                *(thing.name for thing in (*seen.metrics, *seen.segments, *seen.dimensions)),
                *(f"{measure.dataset}.{measure.name}" for measure in measures),
                *(measure.dataset for measure in measures),
                *self.led,
            }
        )


def without_domain(text: str, kind: ObjectKind) -> str:
    """Return an object's text without its domain, and otherwise unchanged. Raises ModelError if that isn't possible."""
    wanted = {key: value for key, value in read_object_text(text, kind).data.items() if key != "domain"}
    for pattern in (r"^domain:[^\n]*\n?", r"\bdomain: *\w+, *", r", *domain: *\w+"):  # a line of its own, or in { }
        shorter = re.sub(pattern, "", text, count=1, flags=re.MULTILINE)
        if shorter != text and read_object_text(shorter, kind).data == wanted:
            return shorter
    raise ModelError([Problem("", 0, "The domain couldn't be removed.", "Remove `domain:` on the Definitions page.")])


def _label_in(text: str, key: Key) -> str:
    try:
        label = read_object_text(text, key[0]).data.get("label")
    except ModelError:
        label = None
    return label if isinstance(label, str) and label else key[1]


def _domain_of(text: str, kind: ObjectKind) -> str | None:
    """Return the domain in an object's text, "" for the core, or None if the text can't be parsed."""
    try:
        data: Mapping[str, Plain] = read_object_text(text, kind).data
    except ModelError:
        return None
    domain = data.get("domain")
    return domain if isinstance(domain, str) else ""


def _names(people: Sequence[str], groups: Iterable[str], known: Mapping[str, Actor]) -> tuple[str, ...]:
    names = [known[id_].short_name if id_ in known else id_ for id_ in people]
    return (*sorted(names, key=str.casefold), *(f"Group {group}" for group in sorted(groups)))
