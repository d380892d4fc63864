"""Draft a model from profiles: make guesses, take answers, and write the files once all guesses are answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from semantic.errors import InvalidQuery, OpenGuesses, UnknownName
from semantic.interop.yaml_writer import write_yaml
from semantic.introspection.dataset_file import DatasetWriter
from semantic.introspection.draft_answers import DraftAnswers
from semantic.introspection.drafts import ColumnDraft, DatasetDraft, draft_datasets
from semantic.introspection.first_metrics import metric_guesses
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import (
    LEFT_OUT,
    check_guesses,
    currency_column,
    date_guesses,
    dimension_guesses,
    freshness_guess,
    key_guess,
    measure_guesses,
    money_columns,
    money_guesses,
    named_currency,
)
from semantic.introspection.kinds import Kind
from semantic.introspection.naming import Naming
from semantic.introspection.profile import JoinEvidence, TableProfile
from semantic.introspection.proposal import CURRENCY, ZONE, Answer, Proposal
from semantic.introspection.relations import find_relations
from semantic.model.model import Model
from semantic.model.zones import is_zone
from semantic.policy.actor import ROLES

__all__ = (
    "Answer", "DraftFiles", "Proposal", "answer_guesses", "model_files", "open_guesses", "propose", "write_model",
)  # fmt: skip

_ZONES: Final = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Sydney",
)
_CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY", "INR")


def propose(
    profiles: Sequence[TableProfile],
    joins: Sequence[JoinEvidence],
    *,
    connection: str = "",
    existing: Model | None = None,
) -> Proposal:
    """Return every guess about these tables, with those about the whole model first.

    An `existing` model's time zone and currency apply to the draft too, so there are no guesses about them.
    """
    datasets = draft_datasets(profiles)
    relations, join_guesses = find_relations(datasets, joins)
    can_convert = existing is not None and existing.settings.rates is not None
    company = existing.settings.currency if existing is not None else ""
    guesses: list[Guess] = [*_zone_guess(datasets, existing), *_currency_guess(datasets, existing)]
    for dataset in datasets:
        key = key_guess(dataset)
        used = {
            name: relation.id for relation in relations for name in relation.columns if relation.dataset == dataset.name
        }
        guesses.append(key)
        guesses += date_guesses(dataset)
        guesses += [guess for guess in join_guesses if guess.dataset == dataset.name]
        guesses += money_guesses(dataset, company=company, can_convert=can_convert)
        guesses += measure_guesses(dataset)
        guesses += dimension_guesses(dataset, used)
        if (fresh := freshness_guess(dataset)) is not None:
            guesses.append(fresh)
        guesses += check_guesses(dataset)
        guesses += metric_guesses(dataset, tuple(key.choice.split("+")), _owned(datasets))
    unread = tuple((profile.table, profile.problem) for profile in profiles if profile.problem)
    return Proposal(
        datasets=datasets,
        relations=relations,
        joins=tuple(joins),
        guesses=tuple(guesses),
        connection=connection,
        unread=unread,
    )


def _owned(datasets: Sequence[DatasetDraft]) -> frozenset[str]:
    """Return the things that have a dataset of their own, in which they're counted."""
    return frozenset(dataset.thing[-1] for dataset in datasets)


def _zone_guess(datasets: Sequence[DatasetDraft], existing: Model | None) -> Iterator[Guess]:
    local = [column for _, column in _columns(datasets) if column.profile.type == "timestamp" and not column.personal]
    instants = [column for _, column in _columns(datasets) if column.profile.type == "timestamptz"]
    if not local and not instants:
        return
    zone = existing.settings.time_zone if existing is not None else "UTC"
    if existing is not None:
        evidence = "the zone of your model"
    elif local:
        names = ", ".join(dict.fromkeys(column.profile.name for column in local))
        evidence = f"{names[:80]} don't say which zone they are in" if len(local) > 1 else f"{names} doesn't say which"
    else:
        evidence = "every time is an instant, and days begin at midnight in this zone"
    yield Guess(
        id=ZONE,
        about="zone",
        dataset="",
        says=f"Time zone: {zone}",
        evidence=evidence,
        is_certain=existing is not None or not local,
        choices=tuple((name, name) for name in dict.fromkeys((zone, *_ZONES))),
        choice=zone,
    )


def _currency_guess(datasets: Sequence[DatasetDraft], existing: Model | None) -> Iterator[Guess]:
    """Yield a guess about the currency of amounts, if neither a column nor a name says it."""
    unnamed = [
        amount
        for dataset in datasets
        if currency_column(dataset) is None
        for amount in money_columns(dataset)
        if not named_currency(amount)
    ]
    if not unnamed:
        return
    currency = existing.settings.currency if existing is not None else "EUR"
    names = ", ".join(dict.fromkeys(amount.profile.name for amount in unnamed))
    evidence = "the currency of your model" if existing is not None else f"nothing says which currency {names[:80]} has"
    yield Guess(
        id=CURRENCY,
        about="currency",
        dataset="",
        says=f"Currency: {currency}",
        evidence=evidence,
        is_certain=existing is not None,
        choices=tuple((code, code) for code in dict.fromkeys((currency, *_CURRENCIES))),
        choice=currency,
    )


def _columns(datasets: Sequence[DatasetDraft]) -> Iterator[tuple[DatasetDraft, ColumnDraft]]:
    for dataset in datasets:
        for column in dataset.columns:
            if column.kind is not Kind.EMPTY:
                yield dataset, column


def answer_guesses(proposal: Proposal, answers: Mapping[str, Answer]) -> Proposal:
    """Return the proposal with these answers, by guess ID. True accepts a guess.

    Raises UnknownName for an unknown ID, and InvalidQuery for an answer that the guess doesn't allow.
    """
    known = {guess.id: guess for guess in proposal.guesses}
    for guess_id, answer in answers.items():
        if guess_id not in known:
            raise UnknownName(guess_id, known, kind="guess")
        known[guess_id] = _answer_guess(known[guess_id], answer)
    return replace(proposal, guesses=tuple(known.values()))


def still_fitting(proposal: Proposal, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the earlier answers that the proposal still allows, for example with other tables chosen."""
    known = {guess.id: guess for guess in proposal.guesses}
    return {
        guess_id: answer for guess_id, answer in answers.items() if guess_id in known and _has(known[guess_id], answer)
    }


def _answer_guess(guess: Guess, answer: Answer) -> Guess:
    if isinstance(answer, bool):
        return replace(guess, is_on=answer, is_answered=True)
    if answer == LEFT_OUT and (LEFT_OUT in dict(guess.choices) or not guess.choices):
        return replace(guess, choice=LEFT_OUT, is_on=False, is_answered=True)
    if not _has(guess, answer):
        known = ", ".join(choice for choice, _ in guess.choices) or "true or false"
        raise InvalidQuery(f"{answer[:100]!r} isn't an answer to {guess.id}. The answers are {known}.")
    says = guess.says
    if guess.id in (ZONE, CURRENCY):
        says = f"{says.partition(':')[0]}: {answer}"
    return replace(guess, says=says, choice=answer, is_on=True, is_answered=True)


def _has(guess: Guess, answer: Answer) -> bool:
    if isinstance(answer, bool) or (answer == LEFT_OUT and not guess.choices):
        return True
    return answer in dict(guess.choices) or _fits(guess, answer)


def _fits(guess: Guess, answer: str) -> bool:
    """Return whether an answer is allowed although it isn't one of the choices, such as any time zone."""
    if guess.id == ZONE:
        return is_zone(answer)
    return guess.id == CURRENCY and len(answer) == 3 and answer.isascii() and answer.isalpha() and answer.isupper()


def open_guesses(proposal: Proposal) -> tuple[Guess, ...]:
    """Return the guesses that a person has to answer before the draft can be used."""
    return tuple(guess for guess in proposal.guesses if guess.is_open)


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """The files of a draft.

    `renamed` are names that the existing model already has, each with the new name. `also_granted` are the existing
    policies that grant everything, so that their people see the draft's metrics too.
    """

    files: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]
    also_granted: tuple[str, ...]


def model_files(proposal: Proposal, *, person: str, existing: Model | None = None) -> dict[str, str]:
    """Return the draft's YAML files by path. Their policy only gives access to `person`. Raises OpenGuesses."""
    return dict(write_model(proposal, person=person, existing=existing).files)


def write_model(proposal: Proposal, *, person: str, existing: Model | None = None) -> DraftFiles:
    """Return the files of the draft, and the names that had to change. Raises OpenGuesses."""
    if still_open := open_guesses(proposal):
        raise OpenGuesses([(guess.id, f"{guess.says} ({guess.evidence})") for guess in still_open])
    answers = DraftAnswers(proposal, existing)
    naming = Naming(answers, existing)
    files: dict[str, str] = {}
    granted_metrics: list[str] = []
    granted_dimensions: list[str] = []
    personal: list[str] = []
    names = [naming.dataset(dataset) for dataset in answers.datasets]
    for dataset in answers.datasets:
        writer = DatasetWriter(answers, naming, dataset)
        document = writer.document()
        metrics = writer.metrics()
        data: dict[str, Any] = {"datasets": [document]}  # Any: YAML
        if metrics:
            data["metrics"] = metrics
        files[naming.path(f"datasets/{naming.dataset(dataset)}.yml")] = write_yaml(data)
        granted_metrics += [metric["name"] for metric in metrics]
        granted_dimensions += writer.granted
        personal += writer.personal
    if existing is None:
        files["model.yml"] = write_yaml({"model": _settings(proposal, answers)})
    policies = _policies(naming, person, names, granted_metrics, granted_dimensions, personal)
    files[naming.path("policies/draft.yml")] = write_yaml({"policies": policies})
    return DraftFiles(files, naming.renamed(), _also_granted(existing))


def _settings(proposal: Proposal, answers: DraftAnswers) -> Mapping[str, str]:
    zone = proposal.guess(ZONE)
    settings = {"name": "My data", "time_zone": zone.choice if zone is not None and zone.is_on else "UTC"}
    currency = proposal.guess(CURRENCY)
    codes = answers.currencies()
    if currency is not None and currency.is_on:
        settings["currency"] = currency.choice
    elif codes:
        settings["currency"] = codes[0]
    return settings


def _policies(
    naming: Naming,
    person: str,
    datasets: Sequence[str],
    metrics: Sequence[str],
    dimensions: Sequence[str],
    personal: Sequence[str],
) -> list[Mapping[str, Any]]:  # Any: YAML
    """Return policies that show the draft only to this person, and its personal data to no one.

    This holds whatever other policies grant.
    """
    only: dict[str, Any] = {
        "name": naming.policy("only_me"),
        "label": "Only me",
        "description": "A draft is visible to the person who made it. Share it by granting these names to others.",
        "who": {"people": [person]},
        "grant": {"metrics": list(metrics), "dimensions": list(dimensions)},
        "whole": list(datasets),
    }
    if not personal:
        return [only]
    hidden = {
        "name": naming.policy("personal_data"),
        "label": "Personal data",
        "description": "Hides personal data from everyone. To show some of it, take it off this list and grant it.",
        "who": {"roles": list(ROLES)},
        "deny": {"dimensions": list(personal)},
    }
    return [only, hidden]


def _also_granted(existing: Model | None) -> tuple[str, ...]:
    if existing is None:
        return ()
    return tuple(
        policy.name for policy in existing.policies if policy.grant_metrics.everything and policy.whole.everything
    )
