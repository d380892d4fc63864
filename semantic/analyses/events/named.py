"""Named analyses of the model: their definitions, who can see them, and how a definition is recognized as one.

Any analysis with the same definition is the named analysis, no matter where it's run (decision 75).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, cast

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.definition import Analysis, analysis_from_data
from semantic.analyses.events.definition_keys import keys_under
from semantic.analyses.events.parts import POPULATION_KEYS
from semantic.analyses.events.sets import all_names_in, all_reads, plan_analysis
from semantic.errors import SemanticError, UnknownName
from semantic.explore.shared_link import linked_question, without_masked
from semantic.model.checks.analyses import DefinitionProblem, DefinitionReader
from semantic.model.contract import Certificate, CertificationState
from semantic.model.editing.metric_digest import use_digest
from semantic.model.entity_keys import entity_columns
from semantic.model.files.yaml_text import Path
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.narrow import VisibleModel, unnarrowed
from semantic.query.checked import mapping, name
from semantic.results.digests import definitions_of

NAME_KEY: Final = "analysis"
CHANGEABLE: Final = tuple(key for key in POPULATION_KEYS if key not in ("subject", "of"))
"""The keys that can be changed where a named analysis is used: period, comparison, filters, time zone, sample and
sides.
"""

_WORDS: Final = {
    "where": "filters",
    "time": "period",
    "time_zone": "time zone",
    "sample": "sample",
    "compare": "comparison",
    "sides": "sides",
}
_LISTED: Final = "The page Analyses lists those of the model under Start from, and GET /api/v1/analyses does."
_ANY_DAY: Final = date(2025, 1, 1)  # any day, because periods aren't used when a model is checked


# Reading


def analysis_of(named: NamedAnalysis, model: Model) -> Analysis:
    """Return the analysis that a named analysis defines. The model must have been checked."""
    key = ("named analysis", f"{named.name} {named.definition}")
    if key not in model.memo:
        model.memo[key] = analysis_from_data(named.data)
    return cast(Analysis, model.memo[key])  # only written above


def named_analyses(seen: VisibleModel) -> Sequence[NamedAnalysis]:
    """Return the named analyses that this person can see completely, sorted by label.

    All metrics, dimensions and segments that they use must be visible.
    """
    return seen.cached("named analyses", lambda: _visible(seen))


def find_named(name: str, seen: VisibleModel) -> NamedAnalysis:
    """Return the named analysis with this name.

    Raises UnknownName, which doesn't reveal whether the analysis is hidden or missing.
    """
    known = {named.name: named for named in named_analyses(seen)}
    if name not in known:
        raise UnknownName(name, known, kind="analysis", lists=_LISTED)
    return known[name]


def names_one(data: object) -> bool:
    """Whether JSON-like data refers to a named analysis instead of defining one."""
    return isinstance(data, dict) and NAME_KEY in data


def read_any(data: object, seen: VisibleModel) -> Analysis:
    """Return the analysis in JSON-like data, which defines one or refers to a named one.

    `{"analysis": "visit_to_order"}` refers to one. Such data can also change the period, comparison, time zone or
    sample of the named analysis, and add filters. Raises UnknownName and InvalidQuery.
    """
    if not names_one(data):
        return analysis_from_data(data)
    fields = mapping(data, "A named analysis", (NAME_KEY, *CHANGEABLE))
    named = find_named(name(fields[NAME_KEY], NAME_KEY), seen)
    return with_changes(analysis_of(named, seen.model), {key: fields[key] for key in CHANGEABLE if key in fields})


def with_changes(analysis: Analysis, changes: Mapping[str, Any]) -> Analysis:
    """Return an analysis with a different period, comparison, time zone or sample, and with additional filters.

    Raises InvalidQuery.
    """
    data = analysis.data
    where = [part for part in (data.get("where"), changes.get("where")) if part is not None]
    changed = {**data, **{key: value for key, value in changes.items() if value is not None}}
    if where:
        changed["where"] = where[0] if len(where) == 1 else {"and": where}
    return analysis_from_data(changed)


def _visible(seen: VisibleModel) -> tuple[NamedAnalysis, ...]:
    shown = [named for named in seen.model.analyses.values() if _shows(named, seen)]
    return tuple(sorted(shown, key=lambda named: (named.label.casefold(), named.name)))


def _shows(named: NamedAnalysis, seen: VisibleModel) -> bool:
    """Whether this person can see everything that an analysis uses, without masks."""
    analysis = analysis_of(named, seen.model)
    asked = all_names_in(analysis.kind, analysis.asked)
    return linked_question(asked, seen)[0] == asked and without_masked(asked, seen) == asked


# Recognizing named analyses


@dataclass(frozen=True, slots=True)
class NamedMatch:
    """The named analysis that a definition matches, with the parts that are changed: `("period",)`."""

    named: NamedAnalysis
    changes: tuple[str, ...] = ()

    @property
    def counts_the_same(self) -> bool:
        """Whether the definition counts in the same way as the named analysis.

        Only the period and the comparison can be different.
        """
        return {"period", "comparison"}.issuperset(self.changes)

    @property
    def words(self) -> str:
        """A sentence that lists the changed parts, or "" if nothing is changed."""
        if not self.changes:
            return ""
        what = " and ".join((", ".join(self.changes[:-1]), self.changes[-1])) if self.changes[1:] else self.changes[0]
        return f"Changed from the definition of {self.named.label}: {what}."


def match(analysis: Analysis, seen: VisibleModel) -> NamedMatch | None:
    """Return the named analysis that an analysis matches, with the parts that are changed. None if it matches none.

    The period, comparison, filters, time zone, sample and sides can be changed. If several match, it's the one with the
    fewest changes. The named analysis must be visible to this person.
    """
    found: list[NamedMatch] = []
    data = analysis.data
    for named in named_analyses(seen):
        other = analysis_of(named, seen.model).data
        if _core(other) == _core(data):
            changed = [key for key in CHANGEABLE if other.get(key) != data.get(key)]
            found.append(NamedMatch(named, tuple(_WORDS[key] for key in changed)))
    return min(found, key=lambda each: len(each.changes), default=None)


def _core(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in CHANGEABLE}


# What determines the numbers


def uses_of_named(named: NamedAnalysis, model: Model) -> frozenset[str]:
    """Return everything that a named analysis uses, as `kind:name`.

    These are metrics, dimensions, segments and calendar periods.
    """
    analysis = analysis_of(named, model)
    return uses_in(analysis, model)


def uses_in(analysis: Analysis, model: Model) -> frozenset[str]:
    """Return everything that an analysis uses, as `kind:name`. It includes metrics that the model doesn't have."""
    asked = all_names_in(analysis.kind, analysis.asked)
    known = {use for use in definitions_of(asked, model) if use != "settings"}
    return frozenset(known | {f"metric:{metric}" for metric in asked.metrics})


def metrics_of_named(named: NamedAnalysis, model: Model) -> tuple[str, ...]:
    """Return the metrics that define the events of a named analysis or of its sets."""
    analysis = analysis_of(named, model)
    return all_names_in(analysis.kind, analysis.asked).metrics


def analysis_digest(model: Model, name: str) -> str:
    """Return a digest of everything that determines the numbers of a named analysis.

    That's its definition, everything that it uses, and the columns of its subject's key. Names, labels and the order of
    keys don't affect the digest.
    """
    key = ("analysis_digest", name)
    if key not in model.memo:
        named = model.analyses[name]
        analysis = analysis_of(named, model)
        uses = sorted(uses_of_named(named, model))
        used = [(use, use_digest(model, *use.split(":", 1))) for use in uses]
        text = json.dumps([analysis.data, used, _subjects(analysis, model)], sort_keys=True, ensure_ascii=False)
        model.memo[key] = hashlib.sha256(text.encode()).hexdigest()
    return cast(str, model.memo[key])  # only written above


def changed_analyses(before: Model, after: Model) -> tuple[str, ...]:
    """Return the named analyses of a model that a later model counts differently or doesn't have."""
    return tuple(
        name
        for name in before.analyses
        if name not in after.analyses or analysis_digest(before, name) != analysis_digest(after, name)
    )


def _subjects(analysis: Analysis, model: Model) -> list[object]:
    """Return the columns that contain the subject's key in the rows of each event."""
    found: set[tuple[str, str, str]] = set()
    for reads in all_reads(analysis.kind, analysis.asked):
        for event in reads.events:
            fact = model.metrics[event.metric].measure.partition(".")[0]
            for way in entity_columns(reads.population.subject, fact, model):
                at = way.path[-1].target if way.path else fact
                found.add((fact, at, f"{way.column} {model.datasets[at].columns[way.column]}"))
    return [list(each) for each in sorted(found)]


# Checking


def _problems(named: NamedAnalysis, model: Model) -> Iterator[DefinitionProblem]:
    title = f"The analysis {named.name!r}"
    data = named.data
    try:
        analysis = analysis_from_data(data)
        reads = all_reads(analysis.kind, analysis.asked)
    except SemanticError as error:
        yield DefinitionProblem((), f"{title}: {error}")
        return
    if analysis.data.get("sample") is not None:
        yield DefinitionProblem(
            ("sample",), f"{title} has a sample.", "Remove `sample`. People can choose one when they run it."
        )
    unknown = [
        metric
        for metric in dict.fromkeys(event.metric for each in reads for event in each.events)
        if metric not in model.metrics
    ]
    for metric in unknown:
        yield _unknown(title, metric, "metric", data, list(model.metrics))
    if unknown:
        return
    own = [event.metric for each in reads for event in each.events if model.metrics[event.metric].own_data]
    if own and named.certified is not None:
        yield DefinitionProblem((), f"{title} is certified, but it uses an upload.", "Remove `certified:`.")
    yield from _other_domains(named, title, reads, model)
    try:
        plan_analysis(analysis.kind, analysis.asked, unnarrowed(model), today=_ANY_DAY)
    except UnknownName as error:
        yield _unknown(title, error.name, "dimension or segment", data, [*model.dimensions, *model.segments])
    except SemanticError as error:
        yield DefinitionProblem((), f"{title} can't be answered: {error}")


def _other_domains(named: NamedAnalysis, title: str, reads: Sequence[Any], model: Model) -> Iterator[DefinitionProblem]:
    """Yield a problem for each metric that belongs to another domain.

    A definition can only use the core and its own domain, as metrics do.
    """
    for metric in dict.fromkeys(event.metric for each in reads for event in each.events):
        domain = model.metrics[metric].domain
        if domain and domain != named.domain:
            where = f"in the domain {named.domain!r}" if named.domain else "of the core"
            message = f"{title} {where} uses the metric {metric!r} of the domain {domain!r}."
            yield DefinitionProblem((), message, f"Promote {metric!r} to the core first, or use something else.")


def _unknown(title: str, name: str, kind: str, data: Mapping[str, Any], known: Sequence[str]) -> DefinitionProblem:
    path = _path_of(name, data)
    near = get_close_matches(name, sorted(known), n=1)
    place = _place(path)
    return DefinitionProblem(
        path,
        f"{title} names {name!r}{f' in {place}' if place else ''}, which isn't a {kind}.",
        f"Did you mean {near[0]}?" if near else "`python -m semantic fields` lists them.",
    )


def _path_of(name: str, data: Any, path: Path = ()) -> Path:  # Any: JSON
    """Return the path of a name in a definition. Empty if the definition doesn't contain the name literally."""
    if isinstance(data, dict):
        pairs: list[tuple[str | int, Any]] = [*cast("dict[str, Any]", data).items()]
    elif isinstance(data, list):
        pairs = [*enumerate(cast("list[Any]", data))]
    else:
        return path if data == name else ()
    return next((found for key, value in pairs if (found := _path_of(name, value, (*path, key)))), ())


def _place(path: Path) -> str:
    """Return a place in a definition in words, such as `step 2` for the second item of `steps`."""
    for key, place in pairwise(path):
        if isinstance(key, str) and isinstance(place, int):
            return f"{key.removesuffix('s')} {place + 1}" if key.endswith("s") else f"{key!r} {place + 1}"
    return f"{path[0]!r}" if path else ""


READER: Final = DefinitionReader(problems=_problems, kinds=tuple(EVENT_KINDS), keys=keys_under)
"""The functions that read definitions for the model's checks and its editor."""


# Certificates in files


def lapse_changed_analyses(model: Model) -> None:
    """Remove certificates of named analyses from a model's files if they certify an earlier meaning."""
    for named in model.analyses.values():
        written = named.certified
        if written is None or not written.meaning or named.contract.settled is not None:
            continue
        why = "" if analysis_digest(model, named.name).startswith(written.meaning) else "the definition changed"
        named.contract.settled = CertificationState(Certificate(written.by, written.until, why))
