"""Facts to know before trusting a number, in a fixed order, each with a state and a reason.

    certified    who vouches for the definition, and until when
    fresh        how far the data reaches, and whether that meets its target
    complete     whether the last days, or the last period, can still change
    sufficient   whether the numbers are based on enough data
    exact        whether they were added up from fractions
    scope        which rows the reader sees
    checks       which data checks fail

A fact without a problem is neutral, so that problems are easy to see. Only a certificate is marked as good. Facts that
aren't known are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from semantic.display.evidence import count_of_too_little
from semantic.display.format import counted, listed, moment_in
from semantic.display.rows import main_values
from semantic.model.certification_status import CertificationStatus, certificate, certification_status, why_lapsed
from semantic.model.definitions import Metric
from semantic.model.named_analyses import NamedAnalysis
from semantic.query.describe import describe_day, describe_range, upper_first
from semantic.results.finality import NotLoaded, not_loaded, open_columns, open_days
from semantic.results.result import FailedCheck, Result

State = Literal["good", "quiet", "caution", "bad", "draft", "info"]
_Certifiable = Metric | NamedAnalysis
FactKind = Literal["", "certified", "fresh", "complete", "sufficient", "exact", "scope", "checks"]

_WEIGHTS: dict[State, int] = {"good": 0, "quiet": 1, "info": 2, "draft": 3, "caution": 4, "bad": 5}
LATE = "Data has missed its freshness target."
IN_TIME = "Data is within its freshness target."
NAMED = 3  # checks that are named
DEPRECATED = "Deprecated"
THESE_ROWS_ONLY = "You have access to these rows only. Everything here is calculated from them."


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact to know before using a number: a word, an icon, a state, and a sentence that explains it.

    `kind` is the kind of fact about an answer, or "" for a fact about something else.
    """

    word: str
    icon: str
    state: State
    sentence: str
    kind: FactKind = ""


NOTHING_KNOWN = Fact("Nothing known yet", "hourglass_empty", "quiet", "No result to check.")


def facts(result: Result, *, today: date, checks: Sequence[FailedCheck] | None = None) -> tuple[Fact, ...]:
    """Return the trust facts of an answer, in a fixed order.

    `checks` are the failing data checks behind the numbers, if they're newer than those in the answer.
    """
    failed = result.failed if checks is None else checks
    return (
        _certified(result, today),
        *_fresh(result),
        *_complete(result, today),
        *_sufficient(result),
        *_exact(result),
        *_scope(result),
        *failed_facts(failed, result.period.time_zone),
    )


def worst(known: Sequence[Fact]) -> Fact:
    """Return the most serious fact, which sums up all of them. Of several, it's the first.

    The result is good only if all other facts are neutral and the metric is certified.
    """
    if not known:
        return NOTHING_KNOWN
    certificate = known[0]
    gravest = max(known, key=lambda fact: _WEIGHTS[fact.state])  # the first if equal
    return gravest if _WEIGHTS[gravest.state] > _WEIGHTS["quiet"] or certificate.state != "good" else certificate


def board_trust(tiles: Iterable[tuple[str, Sequence[Fact]]]) -> tuple[Fact, ...]:
    """Return the trust facts of a board, counted over its tiles: `9 of 10 certified`, `1 not final`, and so on.

    `tiles` has the title and facts of each tile. Each fact names the tiles that it counts. Only problems and
    certificates are counted. A tile without facts has no answer, and isn't counted.
    """
    known = [(title, facts) for title, facts in tiles if facts]
    if not known:
        return ()
    by_count: dict[str, list[tuple[str, Fact]]] = {}
    for title, facts in known:
        for counted_as, fact in _off(facts).items():
            by_count.setdefault(counted_as, []).append((title, fact))
    return (
        _certificates(known),
        *(_count(words, by_count[words]) for words in _COUNTED if words in by_count),
    )


_COUNTED = {
    "without data": ("without data", "without data"),
    "failed check": ("with a failed check", "with failed checks"),
    "deprecated": ("deprecated", "deprecated"),
    "lapsed": ("with a lapsed certification", "with lapsed certifications"),
    "expired": ("with an expired certification", "with expired certifications"),
    "not final": ("not final", "not final"),
    "too little": ("has too little data", "have too little data"),
    "late": ("with late data", "with late data"),
    "not refreshed": ("not refreshed", "not refreshed"),
}
"""The problems that are counted, most serious first, in words for one tile and for several tiles."""

_CERTIFICATES = {DEPRECATED: "deprecated", CertificationStatus.LAPSED.words: "lapsed"}
_COUNTED_BY_KIND: dict[FactKind, str] = {
    "": "without data",
    "checks": "failed check",
    "complete": "not final",
    "sufficient": "too little",
    "fresh": "late",
}


def _off(facts: Sequence[Fact]) -> dict[str, Fact]:
    """Return the problems of a tile, by the kind of problem."""
    off: dict[str, Fact] = {}
    for fact in facts:
        if _WEIGHTS[fact.state] < _WEIGHTS["caution"]:
            continue
        if fact.kind == "certified":
            off.setdefault(_CERTIFICATES.get(fact.word, "expired"), fact)
        elif fact.kind == "fresh" and fact.icon == "history":
            off.setdefault("not refreshed", fact)
        elif fact.kind in _COUNTED_BY_KIND:
            off.setdefault(_COUNTED_BY_KIND[fact.kind], fact)
    return off


def _count(words: str, tiles: Sequence[tuple[str, Fact]]) -> Fact:
    first = tiles[0][1]
    state = max((fact for _, fact in tiles), key=lambda fact: _WEIGHTS[fact.state]).state
    word = f"{len(tiles):,} {_COUNTED[words][len(tiles) > 1]}"
    return Fact(word, first.icon, state, f"{listed(dict.fromkeys(title for title, _ in tiles))}.", first.kind)


def _certificates(tiles: Sequence[tuple[str, Sequence[Fact]]]) -> Fact:
    """Return the fact that counts the tiles with only certified metrics."""
    rest = [title for title, facts in tiles if facts[0].kind != "certified" or facts[0].state != "good"]
    count, every = len(tiles) - len(rest), len(tiles)
    if not rest:
        word = "Certified" if every == 1 else f"All {every:,} certified"
        return Fact(word, "verified", "good", "All metrics on this board are certified.", "certified")
    word = "Not certified" if every == 1 else f"{count:,} of {every:,} certified"
    icon = "verified" if count else "shield_question"
    return Fact(word, icon, "quiet", f"Not certified: {listed(dict.fromkeys(rest))}.", "certified")


def gravity(known: Sequence[Fact]) -> int:
    """Return how serious a tile's most serious fact is. Use it to list the worst tiles first."""
    return _WEIGHTS[worst(known).state]


def standing_out(known: Sequence[Fact]) -> list[str]:
    """Return a line of text for each fact that needs attention: `Last 14 days not final. Orders: …`"""
    return [f"{fact.word}. {fact.sentence}" for fact in known if _WEIGHTS[fact.state] > _WEIGHTS["quiet"]]


def facts_data(known: Sequence[Fact]) -> list[dict[str, str]]:
    """Return all facts as plain data, for programs."""
    return [{"kind": fact.kind, "word": fact.word, "state": fact.state, "sentence": fact.sentence} for fact in known]


def metric_fact(metric: Metric | NamedAnalysis, *, today: date, instead: Metric | None = None) -> Fact:
    """Return the status of a metric or named analysis, for pages about it.

    It's the same fact that an answer with only this metric or analysis would have.
    """
    return _standing_fact([metric], {metric.name: instead} if instead else {}, today)


# Certified


def _certified(result: Result, today: date) -> Fact:
    metrics = [*dict.fromkeys(main_value.metric for main_value in main_values(result) if main_value.metric)]
    return _standing_fact(metrics, dict(result.instead), today)


def _standing_fact(metrics: Sequence[_Certifiable], instead: dict[str, Metric], today: date) -> Fact:
    by: dict[CertificationStatus, list[_Certifiable]] = {}
    for metric in metrics:
        by.setdefault(certification_status(metric, today), []).append(metric)
    if old := by.get(CertificationStatus.DEPRECATED):
        said = " ".join(deprecation_words(metric, instead.get(metric.name)) for metric in old)
        return Fact(DEPRECATED, "history_toggle_off", "caution", said, "certified")
    if lapsed := by.get(CertificationStatus.LAPSED):
        said = " ".join(f"{metric.label or metric.name}: {why_lapsed(metric)}." for metric in lapsed)
        return Fact(CertificationStatus.LAPSED.words, "gpp_maybe", "caution", said, "certified")
    if expired := by.get(CertificationStatus.EXPIRED):
        text = f"{_names(expired)}: certification expired. The owner needs to renew it."
        return Fact("Certification expired", "gpp_maybe", "caution", text, "certified")
    if own := by.get(CertificationStatus.OWN):
        text = f"{_names(own)}: from a file that someone uploaded, so it can't be certified."
        return Fact(CertificationStatus.OWN.words, "upload_file", "caution", text, "certified")
    valid = by.get(CertificationStatus.CERTIFIED, [])
    if valid and len(valid) == len(metrics):
        return Fact("Certified", "verified", "good", f"{'; '.join(map(_certificate, valid))}.", "certified")
    rest = by.get(CertificationStatus.CANDIDATE, [])
    word = f"{len(valid)} of {len(metrics)} certified" if valid else CertificationStatus.CANDIDATE.words
    text = f"{_names(rest)}: definition not certified yet." if rest else "It has no metric."
    return Fact(word, "shield_question", "quiet", text, "certified")


def _certificate(metric: _Certifiable) -> str:
    certification = certificate(metric)
    assert certification is not None
    return f"{metric.label or metric.name} by {certification.by} until {describe_day(certification.until)}"


def deprecation_words(metric: _Certifiable, instead: Metric | None) -> str:
    """Return a deprecation in words: its date, its reason, and the replacement.

    `Revenue (old): deprecated since 1 Aug 2026. Use Net revenue. Refunds were counted twice.`
    """
    deprecation = metric.deprecated
    assert deprecation is not None
    use = f" Use {instead.label or instead.name}." if instead else ""
    reason = f" {deprecation.reason.strip().rstrip('.')}." if deprecation.reason.strip() else ""
    return f"{metric.label or metric.name}: deprecated since {describe_day(deprecation.since)}.{use}{reason}"


def _names(metrics: Iterable[_Certifiable]) -> str:
    return listed(metric.label or metric.name for metric in metrics)


# Fresh


def _fresh(result: Result) -> Iterator[Fact]:
    if not result.data_to_words and not result.data_to:
        return
    several = "," in result.data_to_words.partition(":")[2] or not result.data_to_words
    word = f"Data loaded {describe_day(result.data_to)}" if several and result.data_to else result.data_to_words
    late = result.is_stale
    yield Fact(word, "schedule", "caution" if late else "quiet", LATE if late else IN_TIME, "fresh")


# Complete


def _complete(result: Result, today: date) -> Iterator[Fact]:
    days, until, end = open_days(result), result.final_until, result.period.whole_end
    missing = not_loaded(result, today=today)
    text = _not_final(result, until) if until is not None and days else ""
    if missing is not None:
        yield _not_loaded(result, missing, text)
    elif text:
        word = "Last day not final" if days == 1 else f"Last {counted(days, 'day')} not final"
        yield Fact(word, "hourglass_top", "caution", text, "complete")
    elif end is not None and end > today and (result.period.start or today) <= today and not _is_ahead(result, today):
        grain = next((key.grain.words for key in result.keys if key.grain is not None), "")
        text = f"It ends on {describe_day(end - timedelta(days=1))}. Until then, numbers cover the days so far."
        yield Fact(f"Current {grain or 'period'} in progress", "timelapse", "quiet", text, "complete")


def _is_ahead(result: Result, today: date) -> bool:
    """Whether all numbers include future days, as planned numbers do."""
    ends = [main_value.counted_to for main_value in main_values(result)]
    return all(end is not None and end > today + timedelta(days=1) for end in ends)


def _not_loaded(result: Result, days: NotLoaded, more: str) -> Fact:
    """Return the fact about days that have ended but aren't fully loaded.

    Either the numbers include them and can still grow, or the numbers leave them out.
    """
    is_one, first = days.count == 1, describe_day(days.first)
    whose = first if is_one else describe_range(days.first, days.last)
    subject = first if is_one else f"The {days.count:,} days since {first}"
    if days.are_counted:
        word = f"{whose} may be incomplete"
        text = f"{subject} may be incomplete, because rows that arrive later aren't in these numbers."
    else:
        word = f"{whose} not loaded"
        verb, they = ("is", "it is") if is_one else ("are", "they are")
        text = f"{subject} {verb} not loaded yet, so {they} not in these numbers."
    if result.data_to is not None:
        text += f" The newest rows arrived on {moment_in(result.data_to, result.period.time_zone)}."
    return Fact(word, "hourglass_top", "caution", " ".join(filter(None, (text, more))), "complete")


def _not_final(result: Result, until: date) -> str:
    columns = open_columns(result)
    longest = max(column.timing.final_after for column in columns)
    more = f" A day is final after {counted(longest, 'day')}." if longest else ""
    return f"{listed(column.label for column in columns)}: data after {describe_day(until)} can still change.{more}"


# Sufficient


def _sufficient(result: Result) -> Iterator[Fact]:
    every, few, words = count_of_too_little(result)
    if not every:
        return
    if not few:
        text = "All numbers have enough data."
        yield Fact("Enough data", "groups", "quiet", text, "sufficient")
        return
    word = "Too little data" if few == every else f"{few:,} of {every:,} have too little data"
    text = f"{counted(few, 'number')} {'has' if few == 1 else 'have'} less data than the metric requires"
    yield Fact(word, "groups", "caution", f"{text}: {words}." if words else f"{text}.", "sufficient")


# Exact, scope


def _exact(result: Result) -> Iterator[Fact]:
    inexact = listed(main_value.label for main_value in main_values(result) if not main_value.exact)
    if inexact:
        text = f"{inexact}: sums of decimals, accurate to nine digits."
        yield Fact("Rounded sums", "decimal_decrease", "quiet", text, "exact")


def _scope(result: Result) -> Iterator[Fact]:
    if result.scope:
        yield Fact(result.scope, "visibility", "quiet", THESE_ROWS_ONLY, "scope")


def scope_words(scope: str) -> str:
    """Return a scope in the form used next to a title: `Germany, Austria only` for `Scope: Germany, Austria`.

    If a scope isn't a plain list of values, the policy's own words are kept: `Rows limited by Own leads`.
    """
    words = scope.removeprefix("Scope: ")
    if words.startswith("nothing: "):
        return "Limited access" if _has_others(words) else "No rows"
    is_list = not words.endswith(")") and "limited by " not in words
    return f"{words} only" if is_list else upper_first(words)


def _has_others(words: str) -> bool:
    """Whether a scope lists other visible rows in brackets at its end: `nothing: no markets (Leads: Germany)`."""
    return words.endswith(")")


def access_sentence(scope: str) -> str:
    """Return a sentence about the rows that a person can access, based on `VisibleModel.scope`.

    For example, `You only have access to Germany.`
    """
    words = scope.removeprefix("Scope: ")
    if not words:
        return "You have access to all rows."
    if words.startswith("nothing: "):
        return "Your access is limited." if _has_others(words) else "You don't have access to any rows."
    if words.startswith("limited by "):
        return f"Your access is {words}."
    return f"You only have access to {words}."


# Checks


def failed_facts(failed: Sequence[FailedCheck], time_zone: str) -> list[Fact]:
    """Return one fact for all failing checks, with times in `time_zone`. Empty if no check fails."""
    if not failed:
        return []
    checks = [check for check in failed if check.what]
    if not checks:
        return [Fact("A check failed", "rule", "caution", "A check of the underlying data failed.", "checks")]
    named = [check_words(check, time_zone) for check in checks[:NAMED]]
    more = [f"{len(failed) - len(named)} more."] if len(failed) > len(named) else []
    word = f"Check failed: {checks[0].data}" if len(failed) == 1 else f"{counted(len(failed), 'check')} failed"
    return [Fact(word, "rule", "caution", " ".join([*named, *more]), "checks")]


def check_words(check: FailedCheck, time_zone: str) -> str:
    """Return a failing check in words.

    `Orders: order_id is unique: 3 repeat, since 3 May 2026, 08:10 Europe/Berlin.`
    """
    when = f", since {moment_in(check.at, time_zone)}" if check.at is not None else ""
    return f"{check.data}: {check.what}{when}." if check.data else f"{check.what}{when}."
