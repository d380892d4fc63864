"""The parts of a question in words: each phrase with its role and possible meanings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from semantic.query.query import Comparison, LastYear, Previous
from semantic.reading.cover import Piece
from semantic.reading.days import YEAR, Days, compared, same_in
from semantic.reading.lexicon import Meaning

Use = Literal["metric", "by", "filter", "without", "top", "per", "segment", "not_segment"]


@dataclass(frozen=True, slots=True)
class NotAQuestion(Exception):
    """Raised if the parts don't form a question.

    `says` is a short reason, and `reason` is a sentence for the person who asked.
    """

    says: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WrongUnit(NotAQuestion):
    """Raised if a limit isn't in the metric's unit. The person may mean another metric that the text names."""


class Contradiction(NotAQuestion):
    """Raised if no row can pass all filters. Choosing another meaning for one of them would be a guess."""


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase with its role in the question and its possible meanings. `piece` is the index of the phrase."""

    use: Use
    piece: int
    meanings: tuple[Meaning, ...]
    group: int = 0  # equal for joined filters of one dimension: "Germany and Austria"
    noun: tuple[str, ...] = ()  # the dimensions that the filter's noun names: "retargeting campaigns"
    splits: bool = False  # a filter whose members are also compared: "variant A vs B"
    alone: bool = False  # without "by": "campaigns over 500 €"

    @property
    def best(self) -> list[Meaning]:
        """The best meanings, which match equally well. Matches with only part of a name are left out."""
        whole = [meaning for meaning in self.meanings if not meaning.is_part and not meaning.contains]
        best = min((meaning.tier for meaning in whole), default=0)
        return [meaning for meaning in whole if meaning.tier == best]

    @property
    def values(self) -> frozenset[object]:
        """The values of the best meanings."""
        return frozenset(value for meaning in self.best for value in meaning.values)

    def is_of_one_dimension_with(self, other: Part) -> bool:
        """Whether the dimensions of one part's best meanings include all dimensions of the other part's."""
        one, two = ({meaning.name for meaning in part.best} for part in (self, other))
        return bool(one and two) and (one <= two or two <= one)


@dataclass(frozen=True, slots=True)
class Threshold:
    op: str
    number: float
    unit: str  # %, a currency, or none
    part: int  # the index of the metric's part
    per: str = ""  # the entity, for a condition on each of its members
    upto: float | None = None  # the upper limit, for "between"

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.number,) if self.upto is None else (self.number, self.upto)


@dataclass(slots=True)
class Draft:
    """The parts of a text that were understood. `left` has the indexes of the phrases that weren't."""

    parts: list[Part] = field(default_factory=list[Part])
    grain: str = ""
    grain_piece: int = -1
    ranked_dates: int = -1  # the piece of the dates that are ranked or limited, as in "which day had the most"
    days: Days | None = None
    days_piece: int = -1
    is_now: bool = False
    against: list[tuple[Days, bool]] = field(default_factory=list[tuple[Days, bool]])  # True for "the same days"
    compare: list[Comparison] = field(default_factory=list[Comparison])
    before: str = ""  # the unit of what is compared: "the month before"
    before_count: int = 1  # of "the 7 days before"
    thresholds: list[Threshold] = field(default_factory=list[Threshold])
    top: int | None = None
    within: list[int] = field(default_factory=list[int])  # the parts in whose groups the top is: "in each market"
    is_top: bool = False
    is_low: bool = False
    extreme: bool = False  # the most, the lowest
    merit: Literal["", "best", "worst"] = ""  # the metric decides which end that is
    is_all: bool = False  # "all countries", which may remove a filter in a follow-up
    other: bool = False
    calc: list[tuple[str, float | None]] = field(default_factory=list[tuple[str, float | None]])
    ratio: bool = False
    is_percent: bool = False  # a ratio of metrics with the same unit, asked for as a percentage
    sort: int = -1  # the metric, among the parts, that the rows are ordered by
    is_sorted: bool = False  # highest first, lowest first
    is_ascending: bool = False
    is_share_of_one: bool = False  # "mobile share": one member's share of the total
    is_trend: bool = False
    currency: str = ""
    rates: bool = False
    as_is: bool = False
    why: bool = False
    moved: list[int] = field(default_factory=list[int])  # words such as "fell" and "rose", only for "why"
    adds: bool = False
    switches: Literal["", "money", "count"] = ""
    instead: bool = False
    left: list[int] = field(default_factory=list[int])
    quoted: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def metrics(self) -> list[int]:
        return [place for place, part in enumerate(self.parts) if part.use == "metric"]

    @property
    def is_change(self) -> bool:
        """Whether the text asks how much a single number changed between two periods, which a comparison shows.

        With a breakdown, the text may instead ask which groups changed.
        """
        compared = bool(self.compare or self.against)
        return compared and not (self.thresholds or self.grain or any(part.use == "by" for part in self.parts))

    def contradictions(self) -> list[int]:
        """Return the pieces of members that contradict others, as in "revenue in Germany last month in Austria"."""
        parts = [part for part in self.parts if part.use in ("filter", "without")]
        found: list[int] = []
        for at, part in enumerate(parts):
            for other in parts[:at]:
                if part.group == other.group or not part.is_of_one_dimension_with(other):
                    continue
                one, two = other.values, part.values
                both = part.use == other.use == "filter" and one.isdisjoint(two)
                if both or (part.use != other.use and one == two):
                    found.append(part.piece)
        return found

    def is_filtered(self, member: tuple[Meaning, ...]) -> bool:
        """Whether the text already picks members of this member's dimension."""
        names = {meaning.name for meaning in member}
        return any(part.use == "filter" and names & {each.name for each in part.meanings} for part in self.parts)

    def is_replaced(self, piece: Piece) -> bool:
        """Whether a name replaces the last part, as after "instead of". Both must be of the same kind."""
        last = self.parts[-1] if self.parts else None
        names = {"metric": "metric", "by": "dimension", "filter": "member"}
        if last is None or last.use not in names:
            return False
        same = piece.of(names[last.use])
        return bool(same) and (last.use != "filter" or bool({m.name for m in same} & {m.name for m in last.meanings}))

    def compares(self, member: tuple[Meaning, ...]) -> Part | None:
        """Return the filter that a member after "versus" is compared with: the only one of its dimension."""
        names = {meaning.name for meaning in member}
        parts = [part for part in self.parts if part.use == "filter" and names & {each.name for each in part.meanings}]
        return parts[-1] if len({part.group for part in parts}) == 1 else None

    def split_compared(self) -> None:
        """Add a breakdown by the members that are compared, as in "compare Google and Meta"."""
        groups = [part.group for part in self.parts if part.use == "filter"]
        for at, part in enumerate(self.parts):
            if part.use == "filter" and groups.count(part.group) > 1 and not (self.compare or self.against):
                self.parts[at] = replace(part, splits=True)

    def settle_days(self) -> None:
        """Set comparisons with named days. The question's period must be known."""
        if self.why and not self.against and not self.compare:
            self.compare.append(Previous())
        for days, same in self.against:
            if same:
                comparison = same_in(self.days, days)
                if comparison is None:
                    self.left.append(self.days_piece if self.days_piece >= 0 else 0)
                else:
                    self.compare.append(comparison)
                continue
            if self.days is None:
                if days.unit is YEAR:
                    self.compare.append(LastYear())
                else:
                    self.left.append(self.days_piece if self.days_piece >= 0 else 0)
                continue
            comparison = compared(self.days, days)
            if comparison is None:
                self.left.append(self.days_piece)
            else:
                self.compare.append(comparison)
