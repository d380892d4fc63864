"""Determine which certifications are valid now, with the same outcome on every surface.

A certification lapses if the definition changes, if a required criterion is no longer met, or if the metric's owner or
the person who certified it leaves. The state isn't stored, but derived from the acts in the store, the model's
versions, the accounts and the checks. A lapsed certification becomes valid again only if a failed check passes again,
or if a version with the certified definition is restored (decision 64).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast
from zoneinfo import ZoneInfo

from semantic.analyses.events.named import analysis_digest, metrics_of_named
from semantic.errors import ModelError, StoreFailed
from semantic.model.contract import Certificate, CertificationState, Contract
from semantic.model.definitions import Metric
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.files.yaml_text import read_yaml
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.settings import Criterion
from semantic.policy.actor import Actor
from semantic.policy.narrow import measures_of
from semantic.query.describe import describe_day
from semantic.results.failed_checks import CheckState, FoundChecks
from semantic.run.model_cache import open_files
from semantic.store.accounts.accounts import Account
from semantic.store.certifications.certifications import ANALYSIS, GIVES, NONE, Acts, read_acts
from semantic.store.certifications.changes import DefinitionChange, newest_noted, note_version, read_changes
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.models.versions import Version, files_of, read_version

LONGEST_MONTHS: Final = 18
"""How many months any certification can last, whatever the model's settings and files say."""
_MOST_VERSIONS: Final = 500  # that are read to find where a file's certificate was written
DAMAGED: Final = "its record was changed outside Samepage"


def months_after(day: date, months: int) -> date:
    """Return the same day of the month some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("Every month has 28 days.")


@dataclass(frozen=True, slots=True)
class Company:
    """The names of active people, and of people whose accounts were deactivated.

    A name that belongs to no account can be a team's.
    """

    active: frozenset[str]
    off: frozenset[str]

    @classmethod
    def of(cls, people: Mapping[str, Actor], accounts: Collection[Account]) -> Company:
        active = {name for id_, person in people.items() for name in names_of(id_, person.name)}
        off = {name for each in accounts if not each.is_active for name in names_of(each.id, each.name)}
        return cls(frozenset(active), frozenset(off - active))

    def is_active(self, who: str) -> bool:
        return not self.active.isdisjoint(names_of(who))

    def is_off(self, who: str) -> bool:
        return not self.is_active(who) and not self.off.isdisjoint(names_of(who))


def names_of(*texts: str) -> set[str]:
    """Return a person's ID and name, each with and without the part after a comma (`Ana, finance`)."""
    every = {part for text in texts for part in (text, text.partition(",")[0])}
    return {" ".join(part.split()).casefold() for part in every} - {""}


@dataclass(frozen=True, slots=True)
class WrittenCertificate:
    """A certificate in a model file, with the time of the version that first had it and the definition's digest then.

    `at` is None if the model has no versions. `meaning` is None if that version can no longer be read.
    """

    by: str
    until: date
    at: datetime | None = None
    meaning: str | None = ""


@dataclass(frozen=True, slots=True)
class CertificationFacts:
    """The facts that decide which certifications are valid."""

    today: date
    company: Company
    found: FoundChecks = field(default_factory=lambda: MappingProxyType({}))
    acts: Mapping[str, Acts] = field(default_factory=lambda: MappingProxyType(dict[str, Acts]()))
    written: Mapping[str, WrittenCertificate] = field(
        default_factory=lambda: MappingProxyType(dict[str, WrittenCertificate]())
    )
    changes: Mapping[str, tuple[DefinitionChange, ...]] = field(
        default_factory=lambda: MappingProxyType(dict[str, tuple[DefinitionChange, ...]]())
    )


Certifiable = Metric | NamedAnalysis
"""A metric or a named analysis, which can be certified."""


def key_of(thing: Certifiable) -> str:
    """Return the key of stored acts and changes: a metric's name, or `analysis:` and an analysis's name."""
    return f"{ANALYSIS}{thing.name}" if isinstance(thing, NamedAnalysis) else thing.name


def certifiable(model: Model) -> dict[str, Certifiable]:
    """Return all metrics and named analyses of a model, by their keys."""
    analyses = {key_of(analysis): analysis for analysis in model.analyses.values()}
    return {**model.metrics, **analyses}


def meaning_of(model: Model, key: str) -> str:
    """Return a digest of everything that determines the numbers of a metric or named analysis."""
    return analysis_digest(model, key.removeprefix(ANALYSIS)) if key.startswith(ANALYSIS) else metric_digest(model, key)


def certificate_now(metric: Certifiable, model: Model, known: CertificationFacts) -> Certificate | None:
    """Return the certificate of a metric or named analysis, with the reason if it has lapsed.

    Returns None if there never was a certification, or if it was revoked.
    """
    acts, written = known.acts.get(key_of(metric), NONE), known.written.get(key_of(metric))
    if metric.own_data:
        return None
    if not acts.is_sealed:
        return Certificate("", known.today, DAMAGED)
    decision = acts.decision
    if decision is not None and (written is None or written.at is None or written.at <= decision.at):
        if decision.deed not in GIVES or decision.until is None:
            return None
        name, until, meaning = decision.by_name or "Someone who left", decision.until, decision.meaning
        gone = "" if known.company.is_active(decision.by_id) else _gone(decision.by_name, known.company)
        too_long = until > months_after(decision.at.date(), LONGEST_MONTHS + 1)
    elif written is not None:
        name, until, meaning = written.by, written.until, written.meaning
        gone = "" if known.company.is_active(name) else _gone(name, known.company)
        too_long = until > months_after(written.at.date() if written.at else known.today, LONGEST_MONTHS)
    else:
        return None
    why = _changed(metric, model, meaning, known) or gone
    why = why or (f"it was given for more than {LONGEST_MONTHS} months" if too_long else "")
    return Certificate(name, until, why or _broken(metric, model, known), until < known.today)


def _changed(metric: Certifiable, model: Model, meaning: str | None, known: CertificationFacts) -> str:
    if meaning == "" or (meaning is not None and meaning_of(model, key_of(metric)) == meaning):
        return ""
    if meaning is None:
        return "the definition that was certified can't be read any more"
    changes = known.changes.get(key_of(metric), ())
    change = next((change for change in reversed(changes) if change.before == meaning), None)
    if change is None:
        return "the definition changed"
    day = change.at.astimezone(ZoneInfo(model.settings.time_zone)).date()
    return f"the definition changed on {describe_day(day)}"


def _gone(name: str, company: Company) -> str:
    if not name:
        return "the person who certified it has left"
    who = name.partition(",")[0]
    return f"the account of {who} is deactivated" if company.is_off(name) else f"{who} has no account here"


def _broken(metric: Certifiable, model: Model, known: CertificationFacts) -> str:
    """Return which required criterion is no longer met, as text, or "" if all are.

    A missing description is ignored, because wording doesn't change numbers.
    """
    required = model.settings.certification.require
    if Criterion.OWNER in required and metric.owner and known.company.is_off(metric.owner):
        return f"the account of its owner, {metric.owner.partition(',')[0]}, is deactivated"
    if Criterion.CHECKS in required and failing_since(metric, model, known.found) is not None:
        return "a check of its data fails"
    return ""


def datasets_behind(thing: Certifiable, model: Model) -> set[str]:
    """Return the datasets whose rows a metric or a named analysis counts."""
    names = metrics_of_named(thing, model) if isinstance(thing, NamedAnalysis) else ()
    metrics = [model.metrics[name] for name in names] if isinstance(thing, NamedAnalysis) else [thing]
    return {measure.dataset for metric in metrics for measure in measures_of(metric, model)}


def failing_since(metric: Certifiable, model: Model, found: FoundChecks) -> datetime | None:
    """Return since when a check of the underlying data has been failing, or None if none is failing."""
    datasets = datasets_behind(metric, model)
    failing = [check.since for name in datasets for check in found.get(name, ()) if check.state is CheckState.FAILS]
    return min(failing, default=None)


class Settling:
    """The certification state of all metrics and named analyses. The code calls this state "contract".

    All versions of the model that this process used share the state.
    """

    def __init__(self, store: Store, keys: Keys, model_cache: Path | None) -> None:
        self.store, self.keys, self._model_cache = store, keys, model_cache
        self._contracts: dict[str, Contract] = {}
        self._meanings: dict[str, tuple[str, dict[str, str]]] = {}  # of a version, by its digest
        self._written: tuple[str, Mapping[str, WrittenCertificate]] = "", {}
        self._lock = threading.Lock()
        self.changes: Mapping[str, tuple[DefinitionChange, ...]] = {}
        self.known: CertificationFacts | None = None

    def adopt(self, model: Model) -> None:
        """Let a version's metrics share the certification state of other versions.

        Call this before the version is used.
        """
        for key, thing in certifiable(model).items():
            object.__setattr__(thing, "contract", self._contracts.setdefault(key, thing.contract))

    def adopt_earlier(self, model: Model, running: Model) -> None:
        """Let an earlier version's metrics count as certified only if their meaning is the same as now."""
        runs = certifiable(running)
        for key, thing in certifiable(model).items():
            is_same = key in runs and meaning_of(model, key) == meaning_of(running, key)
            contract = runs[key].contract if is_same else Contract()
            if not is_same:
                contract.settled = CertificationState()
            object.__setattr__(thing, "contract", contract)

    def note(self, version: Version, model: Model) -> None:
        """Record which definitions a version changed, unless another process already has, then read all changes.

        Raises StoreFailed.
        """
        with self.store.read() as connection:
            newest = newest_noted(connection)
        if newest < version.number:
            changed: dict[str, tuple[str, str]] = {}
            if newest:
                before = self._meaning_of(newest)
                after = _meanings(model)
                changed = {name: (before.get(name, ""), to) for name, to in after.items() if before.get(name) != to}
            with self.store.write(recorded=False) as transaction:
                note_version(transaction, version.number, newest, version.effective_at, changed)
        self._remember(version.digest, model)
        with self.store.read() as connection:
            by_metric: dict[str, list[DefinitionChange]] = {}
            for change in read_changes(connection):
                if change.version <= version.number:
                    by_metric.setdefault(change.metric, []).append(change)
        self.changes = {metric: tuple(changes) for metric, changes in by_metric.items()}

    def settle(
        self, model: Model, version: Version | None, known: Callable[[Mapping[str, Acts]], CertificationFacts]
    ) -> None:
        """Determine the certifications of all metrics and named analyses of the current model. Raises StoreFailed."""
        with self._lock:
            acts: Mapping[str, Acts] = {}
            if version is not None:
                self.note(version, model)
                with self.store.read() as connection:
                    acts = read_acts(connection, self.keys)
            now = known(acts)
            things = certifiable(model)
            settled = {key: CertificationState(certificate_now(thing, model, now)) for key, thing in things.items()}
            for key, one in settled.items():
                if things[key].contract.settled != one:
                    things[key].contract.settled = one
            self.known = now

    # Certificates in files

    def written(self, model: Model, version: Version | None, today: date) -> Mapping[str, WrittenCertificate]:
        """Return the certificates in the model's files, each with the definition's digest when it was written."""
        certified = {key: thing.certified for key, thing in certifiable(model).items() if thing.certified is not None}
        if version is None:
            return {
                name: WrittenCertificate(one.by, one.until, None, _meaning_in_file(model, name, one.meaning))
                for name, one in certified.items()
            }
        if self._written[0] != version.digest or set(self._written[1]) != set(certified):
            origins = self._origins(version, certified)
            self._written = (
                version.digest,
                {
                    name: WrittenCertificate(
                        one.by,
                        one.until,
                        origins[name].published_at,
                        _meaning_in_file(model, name, one.meaning) or self._meaning_at(origins[name], name),
                    )
                    for name, one in certified.items()
                },
            )
        return self._written[1]

    def _origins(self, version: Version, names: Collection[str]) -> dict[str, Version]:
        """Return, by key, the version in which a certificate was first written in its current form."""
        origins: dict[str, Version] = {}
        with self.store.read() as connection:
            pending = _blocks(files_of(connection, version.number))
            pending = {name: text for name, text in pending.items() if name in names}
            origins |= dict.fromkeys(set(names) - set(pending), version)
            for _ in range(_MOST_VERSIONS):
                earlier = version.rebases or version.restores or version.parent
                if not pending or version.is_seed or earlier is None:
                    break
                try:
                    found = read_version(connection, earlier)
                    before = _blocks(files_of(connection, earlier))
                except StoreFailed:  # damaged: what was written before can't be known
                    break
                for name in [name for name, text in pending.items() if before.get(name) != text]:
                    origins[name] = version
                    del pending[name]
                version = found
        return origins | dict.fromkeys(pending, version)

    def _meaning_at(self, version: Version, name: str) -> str | None:
        try:
            return self._meaning_of(version.number).get(name)
        except StoreFailed:
            return None

    def _meaning_of(self, number: int) -> Mapping[str, str]:
        """Return the digests of all metrics and analyses in a version, by key.

        Returns an empty mapping if the version can no longer be read. Raises StoreFailed.
        """
        with self.store.read() as connection:
            version = read_version(connection, number)
            if version.digest in self._meanings:
                return self._meanings[version.digest][1]
            files = files_of(connection, number)
        try:
            self._remember(version.digest, open_files(files, self._model_cache)[0])
        except ModelError:
            self._meanings[version.digest] = "", {}
        return self._meanings[version.digest][1]

    def _remember(self, digest: str, model: Model) -> None:
        if digest not in self._meanings:
            if len(self._meanings) > _MOST_VERSIONS:
                self._meanings.clear()
            self._meanings[digest] = digest, _meanings(model)


def _meanings(model: Model) -> dict[str, str]:
    return {key: meaning_of(model, key) for key in certifiable(model)}


def _meaning_in_file(model: Model, name: str, meaning: str) -> str:
    """Return the full digest of a definition if the file's shortened digest matches it, or else the shortened one."""
    digest = meaning_of(model, name)
    return digest if meaning and digest.startswith(meaning) else meaning


def _blocks(files: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, text in files.items():
        if "certified" in text:
            found |= _blocks_in(path, text)
    return found


@lru_cache(maxsize=256)  # versions share most of their files
def _blocks_in(path: str, text: str) -> dict[str, str]:
    """Return the text of each certificate in one file, by key."""
    data, _, _ = read_yaml(text, path)
    parts = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    found: dict[str, str] = {}
    for listed, prefix in (("metrics", ""), ("analyses", ANALYSIS)):
        items = parts.get(listed)
        for each in cast("list[object]", items) if isinstance(items, list) else []:
            thing = cast("dict[str, object]", each) if isinstance(each, dict) else {}
            if thing.get("certified") is not None:
                found[f"{prefix}{thing.get('name')}"] = repr(thing["certified"])
    return found
