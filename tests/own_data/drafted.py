"""Drafts a model of the tables at an address and scores it: `python -m tests.own_data.drafted URL TRUTH`.

What the draft accepts without a person is the model with "no" as the answer to every question. What it asks about is
what its other answers would add.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from semantic.errors import SemanticError
from semantic.introspection.guess import Guess
from semantic.introspection.profile import Budget
from semantic.introspection.profiling import profile_at
from semantic.introspection.proposal import Answer, Proposal, answered, model_files, open_guesses, propose
from semantic.model.loading.load import parse_model
from tests.own_data.score import Scores, claims_of, report, score
from tests.own_data.truth import Claim, read_truth

_NO = ("none", "rows")


def drafted(url: str) -> Proposal:
    """The draft of every table at an address."""
    return propose(*profile_at(url, (), Budget()))


def claims(proposal: Proposal) -> tuple[frozenset[Claim], frozenset[Claim]]:
    """What a draft accepts without a person, and what it asks about."""
    asked = open_guesses(proposal)
    answers = {guess.id: _no(guess) for guess in asked}
    accepted = _said(proposal, answers)
    possible: set[Claim] = set()
    for more in _rounds(asked):
        possible |= _said(proposal, {**answers, **more})
    return accepted, frozenset(possible - accepted)


def _no(guess: Guess) -> Answer:
    ids = [choice for choice, _ in guess.choices]
    return next((choice for choice in _NO if choice in ids), guess.choice or (ids[0] if ids else False))


def _rounds(guesses: Sequence[Guess]) -> Iterator[Mapping[str, Answer]]:
    """Every answer of every guess at least once: the first of each, then the second of each, and so on."""
    for number in range(max((len(guess.choices) for guess in guesses), default=0) or 1):
        answers: dict[str, Answer] = {}
        for guess in guesses:
            ids = [choice for choice, _ in guess.choices]
            answers[guess.id] = ids[min(number, len(ids) - 1)] if ids else True
        yield answers


def _said(proposal: Proposal, answers: Mapping[str, Answer]) -> frozenset[Claim]:
    try:
        return claims_of(parse_model(model_files(answered(proposal, answers), person="ana@example.com")))
    except SemanticError as error:
        print(f"A combination of answers gives no model: {error}", file=sys.stderr)
        return frozenset()


def scored(url: str, truth: str) -> Scores:
    """How the draft of the tables at an address compares with a truth."""
    return score(read_truth(truth), *claims(drafted(url)))


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m tests.own_data.drafted URL TRUTH", file=sys.stderr)
        return 2
    print(report(scored(*arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
