"""Convert a draft into claims to score: those that it accepts without a person, and those that it asks about."""

from __future__ import annotations

from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import LEFT_OUT, NUMBERED, currency_column, named_currency
from semantic.introspection.kinds import Kind
from semantic.introspection.proposing import Proposal
from tests.own_data.score import plain_table
from tests.own_data.truth import Claim


def claims_of_draft(proposal: Proposal) -> tuple[frozenset[Claim], frozenset[Claim]]:
    """Return the claims that the draft accepts, and those that it asks about: every answer that a question offers."""
    accepted: set[Claim] = set()
    asked: set[Claim] = set()
    for guess in proposal.guesses:
        if guess.is_open:
            choices = [choice for choice, _ in guess.choices] or [""]
            asked |= {claim for choice in choices for claim in _claims(proposal, guess, choice)}
        elif guess.is_on:
            accepted |= set(_claims(proposal, guess, guess.choice))
    for dataset in proposal.datasets:
        for column in dataset.of_kind(Kind.MONEY, Kind.PRICE):
            claim = Claim("money", plain_table(dataset.table), (column.profile.name,))
            (asked if _is_asked(proposal, dataset, column) else accepted).add(claim)
    return frozenset(accepted), frozenset(asked)


def _claims(proposal: Proposal, guess: Guess, choice: str) -> list[Claim]:
    dataset = next((dataset for dataset in proposal.datasets if dataset.name == guess.dataset), None)
    if dataset is None or choice in (LEFT_OUT, NUMBERED):
        return []
    table = plain_table(dataset.table)
    match guess.about:
        case "key":
            return [Claim("key", table, tuple(choice.split("+")))]
        case "date" if guess.id == f"{dataset.name}.date":
            return [Claim("date", table, (_column(dataset, choice).profile.name,))]
        case "join":
            relation = next(relation for relation in proposal.relations if relation.id == guess.id)
            name, columns = relation.targets[choice]
            target = next(dataset for dataset in proposal.datasets if dataset.name == name)
            return [Claim("join", table, relation.columns, plain_table(target.table), columns)]
        case "personal":
            return [Claim("personal", table, (_column(dataset, guess.id.split(".")[1]).profile.name,))]
        case _:
            return []


def _column(dataset: DatasetDraft, name: str) -> ColumnDraft:
    return next(column for column in dataset.columns if column.name == name)


def _is_asked(proposal: Proposal, dataset: DatasetDraft, column: ColumnDraft) -> bool:
    """Return whether the amount depends on a question: its currency, or whether it's in cents."""
    if named_currency(column):
        about = None
    else:
        about = proposal.guess(f"{dataset.name}.currency" if currency_column(dataset) else "currency")
    cents = proposal.guess(f"{dataset.name}.cents")
    is_unclear = cents is not None and cents.is_open and column.profile.name in cents.says
    return is_unclear or (about is not None and about.is_open)
