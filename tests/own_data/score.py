"""Score a draft's claims about tables against a hand-written truth.

For keys, joins, dates, money and personal columns, it counts the right, wrong, asked, asked in vain and missed ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.own_data.truth import ABOUT, About, Claim, Truth


@dataclass(slots=True)
class Score:
    """A draft's score for one kind of guess. Each list has the claims, for people to read."""

    right: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])  # and one of the answers is right
    in_vain: list[str] = field(default_factory=list[str])  # asked, and no answer but "no" is right
    missed: list[str] = field(default_factory=list[str])

    @property
    def share_right(self) -> float:
        """Return the share of the needed claims that was right without a person, or 1 if there are none."""
        all_there_is = len(self.right) + len(self.wrong) + len(self.asked) + len(self.missed)
        return len(self.right) / all_there_is if all_there_is else 1.0


Scores = Mapping[About, Score]


def score(truth: Truth, accepted: Collection[Claim], asked: Collection[Claim]) -> Scores:
    """Compare claims with the truth: those that a draft accepts without a person, and those that it asks about."""
    scores: dict[About, Score] = {about: Score() for about in ABOUT}
    _score_keys(truth, accepted, asked, scores["key"])
    _score_dates(truth, accepted, asked, scores["date"])
    for about in ("join", "money", "personal"):
        needed = {claim for claim in truth.needed if claim.about == about}
        also = {claim for claim in truth.also if claim.about == about}
        mine = {_tidy(claim) for claim in accepted if claim.about == about}
        open_ones = {_tidy(claim) for claim in asked if claim.about == about} - mine
        needed, also = {_tidy(claim) for claim in needed}, {_tidy(claim) for claim in also}
        scores[about].right += _texts(mine & needed)
        scores[about].wrong += _texts(mine - needed - also)
        scores[about].asked += _texts(open_ones & needed)
        scores[about].in_vain += _texts(open_ones - needed - also)
        scores[about].missed += _texts(needed - mine - open_ones)
    return scores


def _score_keys(truth: Truth, accepted: Collection[Claim], asked: Collection[Claim], into: Score) -> None:
    """Score one key for each table. A table without a key is right if no key is accepted."""
    for table in truth.tables:
        mine = [claim for claim in accepted if claim.about == "key" and claim.table == table]
        open_ones = [claim for claim in asked if claim.about == "key" and claim.table == table]
        right = truth.keys[table]
        if any(frozenset(claim.columns) not in right for claim in mine):
            into.wrong += _texts(mine)
        elif mine:
            into.right += _texts(mine)
        elif any(frozenset(claim.columns) in right for claim in open_ones):
            into.asked.append(f"key: {table}")
        elif table in truth.without_key:
            (into.in_vain if open_ones else into.right).append(f"key: {table} (none)")
        elif open_ones:
            into.in_vain.append(f"key: {table}")
        else:
            into.missed.append(f"key: {table}")


def _score_dates(truth: Truth, accepted: Collection[Claim], asked: Collection[Claim], into: Score) -> None:
    """Score one date for each table that needs one. Other right dates of a table are no mistake."""
    also = {(claim.table, claim.columns[0]) for claim in truth.also if claim.about == "date"}
    for table in truth.tables:
        right = truth.dates.get(table, frozenset())
        mine = {claim.columns[0] for claim in accepted if claim.about == "date" and claim.table == table}
        open_ones = {claim.columns[0] for claim in asked if claim.about == "date" and claim.table == table}
        strange = {column for column in mine - right if right or (table, column) not in also}
        said = f"date: {table} ({', '.join(sorted(mine or open_ones or right))})"
        if strange:
            into.wrong.append(said)
        elif mine & right:
            into.right.append(said)
        elif right & open_ones:
            into.asked.append(said)
        elif right:
            into.missed.append(said)


def _tidy(claim: Claim) -> Claim:
    """Return the claim with a join's pairs of columns in a fixed order, so that equal joins are equal."""
    pairs = sorted(zip(claim.columns, claim.target_columns, strict=bool(claim.target)))
    if not claim.target:
        return claim
    left, right = zip(*pairs, strict=True)
    return Claim(claim.about, claim.table, left, claim.target, right)


def _texts(claims: Collection[Claim]) -> list[str]:
    return [str(claim) for claim in sorted(claims)]


def plain_table(source: str) -> str:
    """Return a table's name without quotes, and without the schema if the name doesn't need one."""
    return source.replace('"', "").removeprefix("main.").removeprefix("public.")


def report(scores: Scores) -> str:
    """Return a table of the scores, then what was wrong, asked in vain and missed."""
    lines = [f"{'':10}{'right':>7}{'wrong':>7}{'asked':>7}{'in vain':>9}{'missed':>8}{'right %':>9}"]
    for about, one in scores.items():
        counts = f"{len(one.right):7}{len(one.wrong):7}{len(one.asked):7}{len(one.in_vain):9}{len(one.missed):8}"
        lines.append(f"{about:10}{counts}{one.share_right:9.0%}")
    for word in ("wrong", "in_vain", "missed", "asked"):
        lines += [f"{word.replace('_', ' ')}: {text}" for one in scores.values() for text in getattr(one, word)]
    return "\n".join(lines)
