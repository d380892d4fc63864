"""Guess joins from names, unique values and matching rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from semantic.introspection.drafts import DatasetDraft
from semantic.introspection.evidence_words import listed_columns, percent, short_count
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import LEFT_OUT
from semantic.introspection.joins import JoinCandidate, join_candidates
from semantic.introspection.profile import JoinEvidence, TableProfile

PROVEN: Final = 0.98
"""The smallest share of matching rows for a join that is used without asking."""
ASKED: Final = {3: 0.1, 2: 0.5, 1: 0.8}
"""The smallest share of matching rows for a join that is worth asking about, by the rating of its name."""
_LONG_KEY: Final = 8


@dataclass(frozen=True, slots=True)
class Relation:
    """A possible join of a dataset: the guess's ID, and the possible targets by the IDs of their choices."""

    id: str
    dataset: str
    columns: tuple[str, ...]
    targets: Mapping[str, tuple[str, tuple[str, ...]]]  # the dataset and its columns


@dataclass(frozen=True, slots=True)
class _Found:
    candidate: JoinCandidate
    evidence: JoinEvidence
    is_key: bool  # the target's key was counted over all rows, and none is missing

    @property
    def has_same_name(self) -> bool:
        """Whether the target's columns have the same names."""
        return self.candidate.columns == self.candidate.target_columns

    @property
    def worth(self) -> tuple[int, bool, float]:
        """A key that sorts joins by how convincing they are: name, same schema, and share of matching rows."""
        schemas = [table.rpartition(".")[0] for table in (self.candidate.table, self.candidate.target)]
        return self.candidate.by_name, schemas[0] == schemas[1], self.evidence.share


def find_relations(
    datasets: Sequence[DatasetDraft], joins: Sequence[JoinEvidence]
) -> tuple[tuple[Relation, ...], tuple[Guess, ...]]:
    """Return the possible joins between these datasets, and a guess for each of them."""
    by_table = {dataset.table: dataset for dataset in datasets}
    groups: dict[tuple[str, tuple[str, ...]], list[_Found]] = {}
    for found in _one_key_each(_one_way(_matched([dataset.profile for dataset in datasets], joins))):
        groups.setdefault((found.candidate.table, found.candidate.columns), []).append(found)
    relations: list[Relation] = []
    guesses: list[Guess] = []
    for (table, columns), options in groups.items():
        dataset = by_table[table]
        options.sort(key=lambda found: found.worth, reverse=True)
        guess = _guess(dataset, columns, options, by_table)
        targets = {
            by_table[found.candidate.target].name: (
                by_table[found.candidate.target].name,
                found.candidate.target_columns,
            )
            for found in options
        }
        relations.append(Relation(guess.id, dataset.name, columns, targets))
        guesses.append(guess)
    order = {dataset.name: place for place, dataset in enumerate(datasets)}
    return (
        tuple(sorted(relations, key=lambda relation: order[relation.dataset])),
        tuple(sorted(guesses, key=lambda guess: order[guess.dataset])),
    )


def _matched(profiles: Sequence[TableProfile], joins: Sequence[JoinEvidence]) -> list[_Found]:
    """Return the join candidates that are worth showing, with their evidence."""
    by_table = {profile.table: profile for profile in profiles}
    proof = {(join.table, join.columns, join.target, join.target_columns): join for join in joins}
    found: list[_Found] = []
    for candidate in join_candidates(profiles):
        evidence = proof.get((candidate.table, candidate.columns, candidate.target, candidate.target_columns))
        key = by_table[candidate.target].key(*candidate.target_columns)
        if evidence is None or key is None:
            continue
        if evidence.rows and evidence.share < ASKED[candidate.by_name]:
            continue
        if not evidence.rows and candidate.by_name < 3:
            continue
        found.append(_Found(candidate, evidence, key.is_exact and key.is_unique and not key.missing))
    return found


def _one_way(found: Sequence[_Found]) -> list[_Found]:
    """Return the joins, with only one of two that lead in opposite directions between the same keys.

    It's the one with the better name, then the one with the higher share of matches, then the one from the smaller
    table.
    """
    ways = {_way(each): each for each in found}

    def is_lesser(each: _Found) -> bool:
        here, there = _way(each)
        back = ways.get((there, here))
        if back is None or back is each:
            return False
        mine = (each.candidate.by_name, each.evidence.share, -each.evidence.rows, each.candidate.table)
        theirs = (back.candidate.by_name, back.evidence.share, -back.evidence.rows, back.candidate.table)
        return mine < theirs

    return [each for each in found if not is_lesser(each)]


def _one_key_each(found: Sequence[_Found]) -> list[_Found]:
    """Return the joins with only one key of each target for the same columns.

    That's the key of the same name, or else the most likely one.
    """
    best: dict[tuple[str, tuple[str, ...], str], _Found] = {}
    for each in sorted(found, key=lambda each: (each.has_same_name, each.worth), reverse=True):
        candidate = each.candidate
        best.setdefault((candidate.table, candidate.columns, candidate.target), each)
    kept = {id(each) for each in best.values()}
    return [each for each in found if id(each) in kept]


def _way(found: _Found) -> tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]:
    candidate = found.candidate
    return (candidate.table, candidate.columns), (candidate.target, candidate.target_columns)


def _guess(
    dataset: DatasetDraft,
    columns: tuple[str, ...],
    options: Sequence[_Found],
    by_table: Mapping[str, DatasetDraft],
) -> Guess:
    best = options[0]
    rivals = [each for each in options[1:] if each.worth[:2] == best.worth[:2]]
    target = by_table[best.candidate.target]
    is_proven = _is_proven(best, dataset, target) and not rivals
    choices = tuple(
        (by_table[each.candidate.target].name, f"{by_table[each.candidate.target].label}: {_match_words(each)}")
        for each in options
    )
    names = listed_columns([dataset.column(name).name for name in columns]).replace(" and ", "_").replace(", ", "_")
    return Guess(
        id=f"{dataset.name}.{names}.join",
        about="join",
        dataset=dataset.name,
        says=f"{listed_columns(columns)} joins {'itself' if target is dataset else target.name}",
        evidence=_evidence(best, rivals, by_table),
        is_certain=is_proven or not best.evidence.rows,  # a join without rows isn't used
        is_on=is_proven,
        choices=(*choices, (LEFT_OUT, "No join")),
        choice=target.name,
    )


def _is_proven(found: _Found, dataset: DatasetDraft, target: DatasetDraft) -> bool:
    """Return whether a join is proven by its name, matching rows, and a key counted over all rows.

    Few rows don't prove it, because they can match by chance.
    """
    if not found.is_key or not found.evidence.rows or found.evidence.share < PROVEN:
        return False
    if found.candidate.by_name < 3 and len(found.candidate.columns) == 1:
        key = target.column(found.candidate.target_columns[0]).profile
        is_long = key.type == "string" and key.lengths[0] >= _LONG_KEY and dataset is not target
        return is_long and (found.candidate.by_name == 2 or found.evidence.share == 1)
    return True


def _evidence(best: _Found, rivals: Sequence[_Found], by_table: Mapping[str, DatasetDraft]) -> str:
    text = _match_words(best)
    if not best.is_key:
        text += f"; {listed_columns(best.candidate.target_columns)} isn't proven to be unique there"
    if rivals:
        text += f"; {listed_columns([by_table[each.candidate.target].name for each in rivals])} would match too"
    return text


def _match_words(found: _Found) -> str:
    evidence = found.evidence
    mark = "" if evidence.is_exact else "≈ "
    if not evidence.rows:
        return "no row has a value yet"
    missed = evidence.rows - evidence.matched
    if not missed:
        return f"{mark}all {short_count(evidence.rows)} rows match"
    verb = "doesn't" if missed == 1 else "don't"
    return f"{mark}{percent(evidence.share)} match, {short_count(missed)} {verb}"


def match_bound(share: float) -> float:
    """Return the share of matching rows for a check to require, which is a little less than the current share.

    >>> match_bound(1.0), match_bound(0.992), match_bound(0.45)
    (1.0, 0.98, 0.44)
    """
    return 1.0 if share >= 1 else max(0.0, round(int(share * 100) / 100 - 0.01, 2))
