"""Decide who can edit what in a model.

A domain's stewards can edit its metrics and segments, and central stewards everything. Only central stewards can edit
datasets, which give access to tables, policies, which give access to rows, certifications, and everything outside a
domain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import ValidationError

from semantic.errors import ModelError
from semantic.model.definitions import Metric, Segment
from semantic.model.domains import Domain, DomainPeople
from semantic.model.editing.object_text import own_text, read_object_text
from semantic.model.editing.objects import Key, ModelObject, ObjectKind, objects_of, split_file
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.schema import DomainDoc
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.domains import domains_stewarded
from semantic.policy.narrow import VisibleModel

Files = Mapping[str, str]

OWNED: Final = (ObjectKind.METRIC, ObjectKind.SEGMENT)
"""The kinds of objects that a domain's stewards can edit."""

_CENTRAL_KEYS: Final = ("certified",)
"""The keys of a metric that only central stewards can change."""


def is_central(actor: Actor) -> bool:
    """Return whether someone can edit everything, which stewards and administrators can."""
    return actor.is_at_least("steward") and not actor.only_looks


def may_draft(actor: Actor, model: Model) -> bool:
    """Return whether an actor can edit any object of a model."""
    return is_central(actor) or bool(domains_stewarded(actor, model.domains.values()))


def may_edit(actor: Actor, model: Model, key: Key) -> bool:
    """Return whether an actor can edit one object of a model.

    Only central stewards can use a name that the model doesn't have yet.
    """
    if is_central(actor):
        return True
    thing = _owned_thing(model, key)
    return thing is not None and thing.domain in domains_stewarded(actor, model.domains.values())


def outside(actor: Actor, base: Files, files: Files) -> tuple[Key, ...]:
    """Return the objects that a draft changes although the actor can't edit them, in the order of the files.

    Files are compared as text, so the draft doesn't have to be a valid model yet. Domains and their stewards come from
    `base`, so that a draft can't give its author more rights. An object that moves to another file counts as changed.
    """
    if is_central(actor):
        return ()
    before, after = _by_key(base), _by_key(files)
    changed = _changed(before, after)
    mine = domains_stewarded(actor, domains_in(base))
    beyond = [key for key in changed if not _is_within(key, before.get(key, []), after.get(key, []), mine)]
    return (*beyond, *_remarks_changed(base, files))


def domains_changed(base: Files, files: Files) -> frozenset[str]:
    """Return the domains of the metrics and segments that a draft changes, before and after the change.

    "" is the core, which includes everything outside a domain.
    """
    before, after = _by_key(base), _by_key(files)
    domains: set[str] = set()
    for key in _changed(before, after):
        sides = [*before.get(key, []), *after.get(key, [])]
        domains |= {_domain_of(thing) if key[0] in OWNED else "" for thing in sides}
    return frozenset(domains)


def keys_changed(base: Files, files: Files) -> tuple[Key, ...]:
    """Return the objects that a draft adds, changes or removes, in the order of the files."""
    return tuple(_changed(_by_key(base), _by_key(files)))


def sees_change(before: VisibleModel, after: VisibleModel, keys: Iterable[Key], metrics: Iterable[str]) -> bool:
    """Return whether an actor can see everything that a draft of metrics and segments changes.

    They must see it before and after, and also all `metrics` whose meaning the draft changes.
    """
    for seen in (before, after):
        named = {*metrics, *(name for kind, name in keys if kind is ObjectKind.METRIC)}
        changed = [seen.model.metrics[name] for name in named if name in seen.model.metrics]
        segments = [seen.model.segments[name] for kind, name in keys
                    if kind is ObjectKind.SEGMENT and name in seen.model.segments]  # fmt: skip
        if not (all(map(seen.shows_metric, changed)) and all(map(seen.shows_segment, segments))):
            return False
    return True


def domains_in(files: Files) -> tuple[Domain, ...]:
    """Return the domains in a model's files, even if the rest of the model is invalid."""
    things = [thing for thing in objects_of(files) if thing.kind is ObjectKind.DOMAIN]
    return tuple(domain for thing in things if (domain := _domain(thing)) is not None)


def may_approve(actor: Actor, base: Files, files: Files) -> bool:
    """Return whether an actor can approve a draft.

    Central stewards can approve any draft. A domain's stewards can approve drafts that only change their domain.
    """
    return is_central(actor) or (bool(domains_stewarded(actor, domains_in(base))) and not outside(actor, base, files))


def _changed(before: Mapping[Key, list[ModelObject]], after: Mapping[Key, list[ModelObject]]) -> list[Key]:
    return [key for key in dict.fromkeys((*after, *before)) if _texts(before.get(key)) != _texts(after.get(key))]


def _owned_thing(model: Model, key: Key) -> Metric | Segment | None:
    match key[0]:
        case ObjectKind.METRIC:
            return model.metrics.get(key[1])
        case ObjectKind.SEGMENT:
            return model.segments.get(key[1])
        case _:
            return None


def _by_key(files: Files) -> dict[Key, list[ModelObject]]:
    things: defaultdict[Key, list[ModelObject]] = defaultdict(list)
    for thing in objects_of(files):
        things[thing.key].append(thing)
    return dict(things)


def _texts(things: Iterable[ModelObject] | None) -> list[tuple[str, str]]:
    return [(thing.file, own_text(thing)) for thing in things or ()]


def _is_within(key: Key, before: list[ModelObject], after: list[ModelObject], mine: frozenset[str]) -> bool:
    """Return whether a change only affects these domains.

    The object must be in one of them before and after, it must be defined only once, and keys that only central
    stewards can change must stay the same.
    """
    if key[0] not in OWNED or not key[1] or len(before) > 1 or len(after) > 1:
        return False
    sides = [*before, *after]
    domains = {_domain_of(thing) for thing in sides}
    if not domains or not domains <= mine:
        return False
    was, now = ({name: _data(thing).get(name) for thing in side for name in _CENTRAL_KEYS} for side in (before, after))
    return not after or all(now[name] == was.get(name) for name in _CENTRAL_KEYS)


def _domain_of(thing: ModelObject) -> str:
    domain = _data(thing).get("domain")
    return domain if isinstance(domain, str) else ""


def _data(thing: ModelObject) -> Mapping[str, Plain]:
    """Return an object's keys, or an empty mapping if it can't be read."""
    try:
        return read_object_text(own_text(thing), thing.kind).data
    except ModelError:
        return {}


def _domain(thing: ModelObject) -> Domain | None:
    try:
        doc = DomainDoc.model_validate(_data(thing))
    except ValidationError:
        return None
    stewards = DomainPeople(frozenset(doc.stewards.people), frozenset(doc.stewards.groups))
    members = DomainPeople(frozenset(doc.members.people), frozenset(doc.members.groups))
    return Domain(name=doc.name, label=doc.label or doc.name, stewards=stewards, members=members)


def _remarks_changed(base: Files, files: Files) -> list[Key]:
    """Return the files whose comments between objects changed. Comments inside an object belong to the object."""
    return [
        (ObjectKind.FILE, path)
        for path in dict.fromkeys((*files, *base))
        if _remarks(path, base.get(path, "")) != _remarks(path, files.get(path, ""))
    ]


def _remarks(path: str, text: str) -> list[str]:
    between = [piece for piece in split_file(path, text).pieces if isinstance(piece, str)]
    return [line.strip() for piece in between for line in piece.splitlines() if line.strip().startswith("#")]
