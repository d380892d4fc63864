"""Drafts of tables that a test writes as SQL: profiled by DuckDB, then proposed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from connectors import connect
from semantic.introspection.profile import Budget, TableProfile
from semantic.introspection.profiling import profile_at, profile_tables
from semantic.introspection.proposing import Proposal, answer_guesses, model_files, open_guesses, propose
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.sql.dialects.table import DUCKDB
from tests.engines import duckdb_file

USUAL = Budget()


def drafted(sql: str, folder: Path, budget: Budget = USUAL) -> Proposal:
    """Return the draft of the tables that this SQL creates."""
    return propose(*profile_at(str(duckdb_file(sql, folder)), (), budget))


def profiled(sql: str, folder: Path, budget: Budget = USUAL) -> dict[str, TableProfile]:
    """Return the profile of each table that this SQL creates."""
    connector = connect(str(duckdb_file(sql, folder)))
    try:
        names = [table.name for table in connector.tables()]
        return {profile.table: profile for profile in profile_tables(connector, DUCKDB, names, budget)}
    finally:
        connector.close()


def guess_words(proposal: Proposal, guess_id: str) -> str:
    """Return a guess as "mark says (evidence) → choice".

    The mark is "?" if the guess is open, and otherwise "on" or "off".
    """
    guess = proposal.guess(guess_id)
    assert guess is not None, f"no guess {guess_id}; there are {', '.join(guess.id for guess in proposal.guesses)}"
    mark = "?" if guess.is_open else "on" if guess.is_on else "off"
    return f"{mark} {guess.says} ({guess.evidence})" + (f" → {guess.choice}" if guess.choice else "")


def is_on(proposal: Proposal, guess_id: str) -> bool:
    """Return whether the model would use a guess that isn't open."""
    return guess_words(proposal, guess_id).startswith("on ")


def guess_ids(proposal: Proposal, ending: str) -> list[str]:
    """Return the IDs of the guesses that end with this text."""
    return [guess.id for guess in proposal.guesses if re.search(rf"\b{ending}$", guess.id)]


def accepted(proposal: Proposal, **answers: bool | str) -> Proposal:
    """Return the draft with these answers (`orders__key` for `orders.key`), and with every other open guess
    accepted.
    """
    given = {name.replace("__", "."): answer for name, answer in answers.items()}
    rest = {guess.id: guess.choice or True for guess in open_guesses(proposal) if guess.id not in given}
    return answer_guesses(proposal, {**rest, **given})


def written(proposal: Proposal) -> tuple[Model, dict[str, dict[str, Any]]]:  # Any: YAML
    """Return the model of a draft, and each of its datasets as written in the file."""
    files = model_files(proposal, person="ana")
    documents = [yaml.safe_load(text) for text in files.values()]
    datasets = {dataset["name"]: dataset for document in documents for dataset in document.get("datasets", ())}
    return parse_model(files), datasets
