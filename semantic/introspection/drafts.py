"""Draft a dataset from a table's profile: its name, what one row is, and what each column contains."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from semantic.interop.names import fit_name
from semantic.introspection.keys import best_keys
from semantic.introspection.kinds import Kind, kind_of, personal_data
from semantic.introspection.profile import ColumnProfile, TableProfile
from semantic.introspection.words import label_of, plural, singular, thing_of, words_of


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A column with a valid name, a label and its content.

    `personal` is the kind of personal data that it contains, or "".
    """

    profile: ColumnProfile
    name: str
    label: str
    kind: Kind
    personal: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words in the column's original name."""
        return words_of(self.profile.name)


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """A dataset of the draft. `thing` says in words what one row is."""

    profile: TableProfile
    name: str
    thing: tuple[str, ...]
    columns: tuple[ColumnDraft, ...]
    is_plural: bool = True

    @property
    def table(self) -> str:
        """The table's name in the engine."""
        return self.profile.table

    @property
    def label(self) -> str:
        """The dataset's label, which says what one row is, in the plural if `is_plural`."""
        return label_of((*self.thing[:-1], plural(self.thing[-1])) if self.is_plural else self.thing)

    @property
    def count_label(self) -> str:
        """The label for the number of rows."""
        return self.label if self.is_plural else f"{self.label} rows"

    @property
    def row(self) -> str:
        """The label for one row."""
        return label_of(self.thing).lower() if len(self.thing) > 1 else " ".join(self.thing)

    @property
    def singular_name(self) -> str:
        """The name for one row, in the singular.

        It names the entity, and tells apart dimensions whose names other datasets have too.
        """
        return fit_name(plain_letters("_".join(self.thing)))

    def column(self, name: str) -> ColumnDraft:
        """Return the column with this original name."""
        return next(column for column in self.columns if column.profile.name == name)

    def of_kind(self, *kinds: Kind) -> tuple[ColumnDraft, ...]:
        """Return the columns of these kinds that contain no personal data."""
        return tuple(column for column in self.columns if column.kind in kinds and not column.personal)


def draft_datasets(profiles: Sequence[TableProfile]) -> tuple[DatasetDraft, ...]:
    """Return a dataset with a unique name for each table that could be read."""
    drafts: list[DatasetDraft] = []
    taken: set[str] = set()
    shared = _shared_word([thing_of(profile.table) for profile in profiles if profile.columns])
    for profile in profiles:
        if not profile.columns:
            continue
        thing = _without_shared(thing_of(profile.table), shared)
        schema = profile.table.rpartition(".")[0]
        is_many = _is_many(profile.table) or bool(best_keys(profile))
        is_plural = thing[-1].isascii() and is_many and not _is_added_up(thing[-1], profile)
        words = (*thing[:-1], plural(thing[-1])) if is_plural else thing
        name = fit_name(plain_letters("_".join(words)), taken, fit_name(schema) if schema else "")
        taken.add(name)
        drafts.append(DatasetDraft(profile, name, thing, _draft_columns(profile, thing), is_plural))
    return tuple(drafts)


def _is_many(table: str) -> bool:
    words = words_of(table)
    return bool(words) and singular(words[-1]) != words[-1]


def _is_added_up(word: str, profile: TableProfile) -> bool:
    """Return whether a column counts these things, as an ad report counts conversions.

    A row of the table then isn't one of them.
    """
    columns = [column for column in profile.columns if kind_of(column, profile.read_rows) is Kind.QUANTITY]
    return any(singular(words[-1]) == singular(word) for column in columns if (words := words_of(column.name)))


def plain_letters(text: str) -> str:
    """Return text with accented and German letters replaced by plain Latin ones.

    >>> plain_letters("größe"), plain_letters("café")
    ('groesse', 'cafe')
    """
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "o"), ("å", "a"), ("æ", "ae")):
        text = text.replace(letter, plain)
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _shared_word(things: Sequence[tuple[str, ...]]) -> str:
    """Return the first word that all tables share, such as the name of a company or source, or "".

    Such a word doesn't help to tell the tables apart.
    """
    first = {thing[0] for thing in things}
    is_shared = len(things) > 1 and len(first) == 1 and all(len(thing) > 1 for thing in things)
    return first.pop() if is_shared else ""


def _without_shared(thing: tuple[str, ...], shared: str) -> tuple[str, ...]:
    return thing[1:] if shared and thing[0] == shared else thing


def _draft_columns(profile: TableProfile, thing: tuple[str, ...]) -> tuple[ColumnDraft, ...]:
    drafts: list[ColumnDraft] = []
    taken: set[str] = set()
    for column in profile.columns:
        words = words_of(column.name)
        kind = kind_of(column, profile.read_rows)
        written = _written_out(words, thing) or ("column",)
        name = fit_name(plain_letters("_".join(written)), taken, "column")
        taken.add(name)
        label = label_of(written)[:100]
        drafts.append(ColumnDraft(column, name, label, kind, personal_data(column, profile.table)))
    return tuple(drafts)


def _written_out(words: tuple[str, ...], thing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a column. A single general word is preceded by what a row of the table is.

    For example, `name` in a table of campaigns becomes "campaign name".
    """
    if len(words) == 1 and words[0] in {"id", "name", "status", "type", "date", "code", "title", "state", "key"}:
        return (*thing, *words)
    return words
