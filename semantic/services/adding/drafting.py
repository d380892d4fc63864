"""Turn a person's choices into a draft of the model, then publish and share it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from semantic.errors import ChangedMeanwhile, ModelError
from semantic.interop.yaml_writer import write_yaml
from semantic.introspection.proposing import model_files
from semantic.model.editing.edit import remove_object, replace_object
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.adding.adding import Adding
from semantic.services.drafts import (
    Edits,
    behind,
    merge_newest,
    open_edits,
    preview,
    publish_edits,
    take_merged,
    write_files,
)
from semantic.services.process import Live
from semantic.starters.writing import starter_files
from semantic.store.models.versions import Version
from semantic.workspace import Workspace

_GIVEN: Final = ("time_zone", "currency")
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who can see the added data besides the person who added it: roles, and groups."""

    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftedData:
    """A draft that contains the added data, and the definitions that are new in it.

    `others` is the number of other changes in the same draft. `also_granted` has the labels of policies that grant
    everything, and whose people therefore see the added data too.
    """

    edits: Edits
    workspace: Workspace
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    others: int
    also_granted: tuple[str, ...]


def draft_model(live: Live, actor: Actor, adding: Adding, sharing: Sharing = Sharing()) -> DraftedData:
    """Write the person's choices to their draft, replacing files written earlier from such choices, and open the draft.

    Raises OpenGuesses, ModelError, ChangedMeanwhile, StoreFailed.
    """
    edits = open_edits(live, actor)
    files = new_files(adding, edits.base_files, actor, sharing)
    edits = write_files(live, actor, edits, files, instead_of=adding.written)
    adding.written = frozenset(files)
    workspace = preview(live.workspace(), edits)
    before, after = parse_model(edits.base_files), workspace.model
    datasets = tuple(name for name in after.datasets if name not in before.datasets)
    added = {(thing.kind, thing.name) for thing in objects_of(files)}
    return DraftedData(
        edits,
        workspace,
        datasets,
        tuple(name for name in after.metrics if name not in before.metrics),
        sum(key not in added for key in edits.changed()),
        tuple(
            policy.label for policy in before.policies if policy.grant_metrics.everything and policy.whole.everything
        ),
    )


def new_files(adding: Adding, base: Mapping[str, str], actor: Actor, sharing: Sharing = Sharing()) -> dict[str, str]:
    """Return the model files for the choices. Each path is free in `base`, or is that of its settings file.

    Only `actor` and the people in `sharing` have access. Raises OpenGuesses, and ModelError if a starter doesn't fit
    the existing model.
    """
    model = parse_model(base)
    files = dict[str, str]()
    settings = dict[str, str]()
    if adding.matches:
        answers = {question.id: question.default for question in adding.questions} | adding.starter_answers
        files = starter_files(adding.matches, answers, connection=adding.source, person=actor.id, is_whole=False)
        files = _beside(files, base)
        settings = {} if model.datasets else _settings(base, {key: answers[key] for key in _GIVEN if key in answers})
    proposal = adding.proposal()
    if proposal is not None and proposal.guesses:
        is_first = not files and not model.datasets
        existing = None if is_first else parse_model({**base, **settings, **files})
        drafted = model_files(proposal, person=actor.id, existing=existing)
        if is_first:
            given = parse_model(drafted).settings
            settings = _settings(base, {"time_zone": given.time_zone, "currency": given.currency})
        files |= _beside(_content(drafted), {**base, **files})
    files |= settings
    return files | _policies(model, parse_model({**base, **files}), actor, sharing)


def publish_added(live: Live, actor: Actor, adding: Adding, drafted: DraftedData, note: str) -> Version:
    """Publish the draft, merged with versions published since it was started.

    Raises ModelError, NotAllowed, and ChangedMeanwhile if the draft and one of those versions changed the same
    definition.
    """
    edits = drafted.edits
    if behind(live, edits) is not None:
        merged, head = merge_newest(live, edits)
        if merged.conflicts:
            raise ChangedMeanwhile(
                f"Version {head.number}, published since you began, changes the same definitions as your draft. "
                "Compare them under Changes on the Definitions page, then publish there."
            )
        if merged.problems:
            raise ModelError(merged.problems)
        edits = take_merged(live, actor, edits, merged, head)
    version = publish_edits(live, actor, edits, note=note)
    adding.published, adding.written = version.number, frozenset()
    return version


def _content(files: Mapping[str, str]) -> dict[str, str]:
    """Return the drafted files without settings, people and policies for single people, which are added separately."""
    policies = {policy.name: policy for policy in parse_model(files).policies}
    kept = dict(files)
    for thing in objects_of(files):
        is_own = thing.kind is ObjectKind.POLICY and policies[thing.name].people
        if is_own or thing.kind in (ObjectKind.SETTINGS, ObjectKind.PERSON):
            kept = remove_object(kept, thing.key)
    described = {thing.file for thing in objects_of(kept)}
    return {path: text for path, text in kept.items() if path in described}


def _beside(files: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """Return these files, renamed where the model already has a file with the same path."""
    return {_free(path, base): text for path, text in files.items()}


def _free(path: str, taken: Mapping[str, str]) -> str:
    stem, free, count = path.removesuffix(".yml"), path, 1
    while free in taken:
        count += 1
        free = f"{stem}-{count}.yml"
    return free


def _settings(base: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings file of an empty model with the person's answers, or an empty dict if there are none."""
    thing = next((each for each in objects_of(base) if each.kind is ObjectKind.SETTINGS), None)
    if not given or thing is None:
        return {}
    model = parse_model(base).settings
    kept = {"name": model.name, "time_zone": model.time_zone, "currency": model.currency}
    text = write_yaml({"model": kept | dict(given)})
    return {thing.file: replace_object(base, thing.key, text).files[thing.file]}


def _policies(before: Model, after: Model, actor: Actor, sharing: Sharing) -> dict[str, str]:
    """Return a policy for the person who added the data, and one for the people they share it with.

    Neither policy grants personal columns.
    """
    datasets = [name for name in after.datasets if name not in before.datasets]
    if not datasets:
        return {}
    metrics = [name for name in after.metrics if name not in before.metrics]
    named = _free_name(f"added_{_plain(datasets[0])}", before)
    readers: dict[str, tuple[str, dict[str, Any]]] = {"only_me": ("Only me", {"people": [actor.id]})}
    if sharing.roles:
        readers["roles"] = "Shared with roles", {"roles": [*sharing.roles]}
    if sharing.groups:
        readers["groups"] = "Shared with groups", {"groups": [*sharing.groups]}
    policies = [
        _policy(f"{named}_{key}", label, who, datasets, metrics, after) for key, (label, who) in readers.items()
    ]
    return {f"policies/{named}.yml": write_yaml({"policies": policies})}


def _policy(
    name: str, label: str, who: Mapping[str, Any], datasets: Sequence[str], metrics: Sequence[str], model: Model
) -> dict[str, Any]:
    """Return a policy that grants these datasets, except their personal dimensions.

    To leave those out, it grants every other dimension by name.
    """
    names = dict.fromkeys(
        dimension.name
        for dataset in datasets
        for dimension in model.datasets[dataset].dimensions.values()
        if "personal" not in dimension.tags
    )
    return {
        "name": name,
        "label": f"{label}: {', '.join(model.datasets[dataset].label for dataset in datasets[:3])}",
        "who": dict(who),
        "grant": {"metrics": [*metrics], "dimensions": [*names]},
        "whole": [*datasets],
    }


def _free_name(name: str, model: Model) -> str:
    taken = {policy.name for policy in model.policies}
    free, count = name, 1
    while any(other.startswith(f"{free}_") for other in taken):
        count += 1
        free = f"{name}_{count}"
    return free


def _plain(name: str) -> str:
    return _UNSAFE.sub("_", name.lower()).strip("_")[:40] or "data"
