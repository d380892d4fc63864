"""What people see about a named analysis: whether it is certified, and how it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from semantic.analyses.events.coverage import subject_rule
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import NamedMatch, analysis_of
from semantic.analyses.events.sets import plan_analysis, set_rule
from semantic.display.boards.shown import NAMED
from semantic.display.trust import Fact, deprecation_words, metric_fact
from semantic.model.certification_status import (
    CertificationStatus,
    certificate,
    certification_status,
    is_certified,
    lapsed_words,
)
from semantic.model.definitions import Metric
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day
from semantic.results.finality import instead_of
from semantic.services.finding.item_search import search_items


def named_fact(matched: NamedMatch | None, *, today: date) -> Fact:
    """Return the fact that shows whether an analysis is certified.

    It isn't certified if the model doesn't name it, or if it counts differently from the named analysis.
    """
    if matched is None:
        text = "The model doesn't name this analysis, so its counting rule isn't certified."
        return Fact(CertificationStatus.CANDIDATE.words, "shield_question", "quiet", text, "certified")
    if matched.counts_the_same:
        return metric_fact(matched.named, today=today)
    return Fact("Changed", "edit", "quiet", f"{matched.words} So it isn't certified.", "certified")


def named_rule(matched: NamedMatch | None, *, today: date) -> tuple[str, ...]:
    """Return sentences about the named analysis that this analysis matches, or an empty tuple if it matches none."""
    if matched is None:
        return ()
    label, state = matched.named.label, certification_status(matched.named, today)
    if not matched.counts_the_same:
        return (matched.words,)
    found = certificate(matched.named)
    if state is CertificationStatus.CERTIFIED and found is not None:
        said = f"{NAMED} {label}, certified by {found.by} until {describe_day(found.until)}."
    elif state is CertificationStatus.LAPSED:
        said = f"{NAMED} {label}. {lapsed_words(matched.named)}"
    else:
        said = f"{NAMED} {label}. {state.words}."
    return (said, *([matched.words] if matched.changes else []))


def rule_of_named(named: NamedAnalysis, seen: VisibleModel, *, today: date) -> tuple[str, ...]:
    """Return a named analysis's counting rule for this person, in sentences, without running it.

    Raises QueryError and Refused.
    """
    return rule_of(analysis_of(named, seen.model), seen, today=today)


def rule_of(analysis: Analysis, seen: VisibleModel, *, today: date) -> tuple[str, ...]:
    """Return an analysis's counting rule for this person, in sentences, without running it.

    Raises QueryError, Refused.
    """
    plan = plan_analysis(analysis.kind, analysis.asked, seen, today=today)
    return (*analysis.kind.rule(analysis.asked, plan.planned), *subject_rule(plan.planned), *set_rule(plan))


def named_data(named: NamedAnalysis, seen: VisibleModel) -> dict[str, Any]:
    """Return a named analysis as JSON-ready data, without its definition."""
    found = certificate(named)
    is_valid = found is not None and is_certified(named)
    data: dict[str, Any] = {
        "name": named.name,
        "label": named.label,
        "description": named.description,
        "owner": named.owner,
        "kind": analysis_of(named, seen.model).kind.name,
        "certified": {"by": found.by, "until": found.until.isoformat()} if found is not None and is_valid else None,
    }
    return data | ({"certification_lapsed": found.lapsed} if found is not None and found.lapsed else {})


def matched_data(matched: NamedMatch | None) -> dict[str, Any] | None:
    """Return the named analysis that an analysis matches as JSON-ready data, and how the two differ."""
    if matched is None:
        return None
    is_valid = matched.counts_the_same and is_certified(matched.named)
    return {
        "name": matched.named.name,
        "label": matched.named.label,
        "is_certified": is_valid,
        "changes": list(matched.changes),
    }


def search_named(analyses: Iterable[NamedAnalysis], text: str) -> list[NamedAnalysis]:
    """Return the analyses that match a search. Every word of `text` must start a word of the analysis.

    The label, the description, the synonyms, the tags and the owner are searched. Analyses that match by label alone
    come first.
    """
    return search_items(analyses, text, lambda named: named.label, _all_of)


def _all_of(named: NamedAnalysis) -> str:
    return " ".join(
        (named.name.replace("_", " "), named.description, named.owner, *named.synonyms, *sorted(named.tags))
    )


def deprecation_notes(metrics: Iterable[Metric], seen: VisibleModel, *, today: date) -> tuple[str, ...]:
    """Return a sentence about each deprecated metric in an analysis, with its replacement, as for answers."""
    old = [metric for metric in metrics if certification_status(metric, today) is CertificationStatus.DEPRECATED]
    instead = instead_of(old, seen)
    return tuple(deprecation_words(metric, instead.get(metric.name)) for metric in old)
