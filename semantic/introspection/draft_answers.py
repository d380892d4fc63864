"""Read what the answers in a draft decide about each dataset: its key, date, joins and money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import (
    AS_TEXT,
    LEFT_OUT,
    NUMBERED,
    currency_column,
    key_choice,
    named_currency,
    unit_of,
)
from semantic.introspection.kinds import Kind, is_date_like
from semantic.introspection.profile import JoinEvidence
from semantic.introspection.proposal import CURRENCY, Proposal
from semantic.model.model import Model


@dataclass(frozen=True, slots=True)
class DraftJoin:
    """A join that the model uses: from columns to another dataset's key, with the share of rows that match."""

    columns: tuple[str, ...]
    target: DatasetDraft
    target_columns: tuple[str, ...]
    evidence: JoinEvidence | None


class DraftAnswers:
    """The answers in a draft, read as decisions about its datasets."""

    def __init__(self, proposal: Proposal, existing: Model | None) -> None:
        self.proposal, self.existing = proposal, existing
        self._guesses = {guess.id: guess for guess in proposal.guesses}

    @property
    def datasets(self) -> tuple[DatasetDraft, ...]:
        """The datasets that have a key, in order."""
        return self.proposal.datasets

    def guess(self, *parts: str) -> Guess | None:
        """Return the guess whose ID consists of these parts, or None."""
        return self._guesses.get(".".join(parts))

    def is_on(self, *parts: str) -> bool:
        """Return whether the model uses the guess with these parts."""
        guess = self.guess(*parts)
        return guess is not None and guess.is_on and guess.choice != LEFT_OUT

    def choice(self, *parts: str) -> str:
        """Return the choice in the guess with these parts, or "" if the model doesn't use that guess."""
        guess = self.guess(*parts)
        return guess.choice if guess is not None and guess.is_on else ""

    def key(self, dataset: DatasetDraft) -> tuple[str, ...]:
        """Return the columns that identify a row, or an empty tuple if rows are numbered."""
        choice = self.choice(dataset.name, "key")
        if choice in ("", NUMBERED):
            return ()
        return next((key.columns for key in dataset.profile.keys if key_choice(key) == choice), ())

    def has_unknown_keys(self, dataset: DatasetDraft) -> bool:
        """Return whether the dataset leaves out rows without a value in the key."""
        key = self.key(dataset)
        evidence = dataset.profile.key(*key) if key else None
        return evidence is not None and evidence.missing > 0

    def is_read_as_date(self, dataset: DatasetDraft, column: ColumnDraft) -> bool:
        """Return whether a column is a date, or a text or number that is converted to one."""
        if column.kind is Kind.TEXT_DATE:
            return self.choice(dataset.name, column.name, "reading") not in ("", AS_TEXT)
        return is_date_like(column.kind)

    def date(self, dataset: DatasetDraft) -> ColumnDraft | None:
        """Return the column that dates the rows, or None."""
        choice = self.choice(dataset.name, "date")
        column = next((column for column in dataset.columns if column.name == choice), None)
        return column if column is not None and self.is_read_as_date(dataset, column) else None

    def dimensions(self, dataset: DatasetDraft) -> tuple[ColumnDraft, ...]:
        """Return the columns that become dimensions: labelled ones, the date, and personal data, hidden or not."""
        date = self.date(dataset)
        return tuple(
            column
            for column in dataset.columns
            if column is date
            or self.is_on(dataset.name, column.name, "label")
            or self.guess(dataset.name, column.name, "personal") is not None
        )

    @cached_property
    def _joins(self) -> dict[str, tuple[DraftJoin, ...]]:
        drafts = {dataset.name: dataset for dataset in self.datasets}
        found: dict[str, list[DraftJoin]] = {}
        for relation in self.proposal.relations:
            choice = self.choice(relation.id)
            if choice in ("", LEFT_OUT) or choice not in relation.targets:
                continue
            name, columns = relation.targets[choice]
            source, target = drafts[relation.dataset], drafts[name]
            evidence = next(
                (
                    join
                    for join in self.proposal.joins
                    if (join.table, join.columns, join.target, join.target_columns)
                    == (source.table, relation.columns, target.table, columns)
                ),
                None,
            )
            found.setdefault(relation.dataset, []).append(DraftJoin(relation.columns, target, columns, evidence))
        return {name: tuple(joins) for name, joins in found.items()}

    def joins(self, dataset: DatasetDraft) -> tuple[DraftJoin, ...]:
        """Return the joins of a dataset that the model uses."""
        return self._joins.get(dataset.name, ())

    def pointed_at(self, dataset: DatasetDraft) -> tuple[tuple[str, ...], ...]:
        """Return the keys of a dataset that other datasets refer to."""
        found = [
            join.target_columns for joins in self._joins.values() for join in joins if join.target.name == dataset.name
        ]
        return tuple(dict.fromkeys(found))

    # Money

    def currency(self, dataset: DatasetDraft, column: ColumnDraft) -> str:
        """Return the currency of an amount, or "" if the model doesn't use the amount."""
        if code := named_currency(column):
            return code
        if currency_column(dataset) is not None:
            choice = self.choice(dataset.name, "currency")
            return self._model_currency() if choice == "convert" else "" if choice == LEFT_OUT else choice
        return self.choice(CURRENCY)

    def picked_values(self, dataset: DatasetDraft, column: ColumnDraft) -> tuple[ColumnDraft, Sequence[str]] | None:
        """Return the currency column and the currencies to include, if a dataset's amounts are in several currencies.

        None if they aren't, or if amounts are converted.
        """
        source = currency_column(dataset)
        choice = self.choice(dataset.name, "currency")
        if source is None or named_currency(column) or choice in ("", "convert", LEFT_OUT):
            return None
        if not self.has_other_currencies(dataset) and not dataset.profile.is_sampled:  # a sample may have missed some
            return None
        return source, [value for value, _ in source.profile.counts if value.strip().upper() == choice]

    def has_other_currencies(self, dataset: DatasetDraft) -> bool:
        """Return whether some of the profiled rows have another currency, or none."""
        source = currency_column(dataset)
        return source is not None and (len(source.profile.counts) > 1 or source.profile.null_share > 0)

    def leaves_out_rows(self, dataset: DatasetDraft, name: str) -> bool:
        """Return whether a column's amounts cover only some rows, because other rows are in another currency."""
        column = next((column for column in dataset.of_kind(Kind.MONEY) if column.name == name), None)
        if column is None or not self.has_other_currencies(dataset):
            return False
        return self.picked_values(dataset, column) is not None

    def converts(self, dataset: DatasetDraft) -> ColumnDraft | None:
        """Return the currency column if amounts are converted at the model's rates, otherwise None."""
        return currency_column(dataset) if self.choice(dataset.name, "currency") == "convert" else None

    def unit(self, dataset: DatasetDraft, column: ColumnDraft) -> str:
        """Return the unit of an amount: "micros", "cents" or "whole"."""
        unit = unit_of(column)
        return (self.choice(dataset.name, "cents") or "whole") if unit == "?" else unit

    def currencies(self) -> tuple[str, ...]:
        """Return the currencies of all amounts in the draft."""
        found = [
            self.currency(dataset, column)
            for dataset in self.datasets
            for column in dataset.of_kind(Kind.MONEY, Kind.PRICE)
        ]
        return tuple(dict.fromkeys(code for code in found if code))

    def _model_currency(self) -> str:
        return self.existing.settings.currency if self.existing is not None else self.choice(CURRENCY)
