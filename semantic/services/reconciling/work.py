"""Create, run and read reconciliations as one person.

Stewards work with all reconciliations, marketers with their own. People see a reconciliation only if they can see both
of its metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from math import isfinite
from typing import Final

from semantic.errors import InvalidQuery, NotAllowed, SemanticError, counted
from semantic.model.definitions import Granularity, Metric
from semantic.model.editing.metric_digest import metric_digest
from semantic.policy.actor import Actor
from semantic.query.describe import describe_day
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.reconciliation.counting import Cell, Counts, next_month, total
from semantic.reconciliation.rules import LONGEST
from semantic.reconciliation.search import ClosestRules, closest_rules
from semantic.reconciliation.setup import Setup, check_setup
from semantic.reconciliation.split import Counting, Split
from semantic.results.result import Result
from semantic.services.process import Live
from semantic.services.reconciling.checking import check_comparable, check_seen
from semantic.services.reconciling.events import read_events
from semantic.store.reconciliations.reconciliations import (
    MonthResult,
    StoredReconciliation,
    change_reconciliation,
    find_reconciliation,
    keep_results,
    make_reconciliation,
    read_reconciliations,
    read_results,
    remove_reconciliation,
)

GONE: Final = "This reconciliation no longer exists, or you don't have access to it."
MOST_MONTHS: Final = 12
MOST_CELLS: Final = 5_000
"""The most cells of a month and a group that can be compared at once."""
ENOUGH: Final = 30
"""The fewest conversions, on either side, for which a part's share is meaningful."""
ZONES: Final = (
    "UTC", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo", "Europe/London",
    "Europe/Berlin", "Europe/Athens", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The result of comparing our numbers with a platform's, for one person.

    `splits` has the parts by month, and `cells` by month and group. `receipts` belong to the questions behind the
    numbers, ours first. `scope` describes the visible rows, or is "" for all rows, and `filters` describes the rows
    that each metric counts. `meaning` is the digest of both metrics' definitions at that time. `setup` includes the
    exchange rates that were used. `counts` has the count under each combination of our rules and the platform's.
    `unmatched` has the platform's groups in which no rule counts anything. `gaps` describes days missing from the
    platform's totals, and `notes` other facts to know about the totals.
    """

    setup: Setup
    asked: Setup  # as it was asked, before rates were found
    metric: Metric
    theirs: Metric
    months: tuple[date, ...]
    whole: Split
    splits: Mapping[date, Split]
    cells: Mapping[Cell, Split]
    few: frozenset[Cell]
    receipts: tuple[str, ...]
    scope: str
    filters: tuple[str, str]
    meaning: str
    notes: tuple[str, ...]
    gaps: tuple[str, ...]
    unmatched: tuple[str, ...]
    counts: Mapping[frozenset[str], Counts] = field(repr=False)
    totals: Mapping[Cell, Fraction] = field(repr=False)
    open_until: date | None = None  # when clicks of these months can no longer convert, if that is still to come

    @property
    def off(self) -> Fraction | None:
        """The unexplained share of the platform's number, or None if there is no number."""
        return self.whole.off

    @property
    def outside(self) -> tuple[date, ...]:
        """The months whose unexplained part exceeds the tolerance.

        Each month is checked on its own, because differences in opposite directions cancel out in the total.
        """
        return tuple(month for month, each in self.splits.items() if not each.is_within(self.setup.tolerance))

    @property
    def is_reconciled(self) -> bool:
        """Whether every month and the total are reconciled, using rules that someone has checked with the platform."""
        return self.is_close and not self.setup.is_guess

    @property
    def is_close(self) -> bool:
        """Whether the unexplained part is within the tolerance, in every month and in total."""
        return not self.outside and self.whole.is_within(self.setup.tolerance)


@dataclass(frozen=True, slots=True)
class ReconcilingWork:
    """The reconciliations of `actor`. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    # Rights

    @property
    def why_not(self) -> str:
        """Why this person can't create or run reconciliations, or "" if they can."""
        if self.actor.viewed_by is not None:
            return "Reconciliation is off while you view as someone else."
        if self.actor.kind != "person" or not self.actor.is_at_least("marketer"):
            return "Reconciliation needs the marketer role or higher. An administrator can change your role."
        return ""

    def _may_see(self, kept: StoredReconciliation) -> bool:
        if self.why_not or not (self.actor.is_at_least("steward") or kept.owner_id == self.actor.id):
            return False
        seen = self.live.workspace().visible(self.actor)
        try:
            check_seen(kept.setup, seen)
        except SemanticError:
            return False
        return True

    # Finding

    def all(self) -> list[StoredReconciliation]:
        """Return the reconciliations that this person can see, oldest first."""
        with self.live.store.read() as connection:
            found = read_reconciliations(connection, self.live.keys)
        return [kept for kept in found if self._may_see(kept)]

    def find(self, id_: str) -> StoredReconciliation:
        """Return a reconciliation. Raises NotAllowed, with the same message for hidden and missing ones."""
        with self.live.store.read() as connection:
            kept = find_reconciliation(connection, self.live.keys, id_)
        if kept is None or not self._may_see(kept):
            raise NotAllowed(GONE)
        return kept

    def history(self, kept: StoredReconciliation) -> list[MonthResult]:
        """Return the result of each month, newest month first.

        Results were computed under another person's policies, so only people who see all rows get them.
        """
        if not self._may_see(kept) or not self._sees_all(kept.setup):
            return []
        with self.live.store.read() as connection:
            return read_results(connection, self.live.keys, kept)

    # Changing

    def make(self, setup: Setup) -> str:
        """Add a reconciliation, and return its ID. Raises NotAllowed, UnknownName, InvalidQuery."""
        self._check(setup)
        with self.live.store.write() as transaction:
            return make_reconciliation(transaction, self.live.keys, setup, self.actor)

    def change(self, kept: StoredReconciliation, setup: Setup) -> None:
        """Change the setup of a reconciliation. Raises NotAllowed, UnknownName, InvalidQuery, ChangedMeanwhile."""
        self._check_kept(kept)
        self._check(setup)
        with self.live.store.write() as transaction:
            change_reconciliation(transaction, self.live.keys, kept, setup, self.actor)

    def remove(self, kept: StoredReconciliation) -> None:
        """Remove a reconciliation. Raises NotAllowed, ChangedMeanwhile."""
        self._check_kept(kept)
        with self.live.store.write() as transaction:
            remove_reconciliation(transaction, self.live.keys, kept, self.actor)

    def _check_kept(self, kept: StoredReconciliation) -> None:
        if not self._may_see(kept):
            raise NotAllowed(self.why_not or GONE)

    def _check(self, setup: Setup) -> None:
        if self.why_not:
            raise NotAllowed(self.why_not)
        check_setup(setup)
        seen = self.live.workspace().visible(self.actor)
        check_seen(setup, seen)
        check_comparable(setup, seen)
        theirs = seen.metric(setup.theirs)
        if not self.actor.is_at_least("steward") and not self._is_own(theirs):
            raise NotAllowed(
                "You can reconcile totals from uploads that you can see. A steward can reconcile other metrics."
            )

    def _is_own(self, metric: Metric) -> bool:
        model = self.live.workspace().model
        if not metric.is_simple:
            return False
        return model.datasets[metric.measure.partition(".")[0]].origin == "upload"

    def _sees_all(self, setup: Setup) -> bool:
        seen = self.live.workspace().visible(self.actor)
        return not seen.rules and seen.actor.is_at_least("steward")

    # Comparing

    def months(self, setup: Setup) -> tuple[date, ...]:
        """Return the months that have ended and have totals from the platform, oldest first.

        Raises SemanticError.
        """
        today = self.live.workspace().today()
        first = today.replace(day=1) - timedelta(days=1)
        for _ in range(23):
            first = first.replace(day=1) - timedelta(days=1)
        found = self._totals(setup, setup.theirs, first.replace(day=1), today.replace(day=1) - timedelta(days=1))
        return tuple(sorted({month for month, _ in found.cells}))

    def compare(self, setup: Setup, months: Sequence[date] = ()) -> Compared:
        """Compare these months, or by default the latest ones that have totals. Raises SemanticError."""
        if self.why_not:
            raise NotAllowed(self.why_not)
        workspace = self.live.workspace()
        seen = workspace.visible(self.actor)
        check_setup(setup)
        check_seen(setup, seen)
        check_comparable(setup, seen)
        metric, theirs = seen.metric(setup.metric), seen.metric(setup.theirs)
        chosen = tuple(sorted({month.replace(day=1) for month in months})) or self.months(setup)[-MOST_MONTHS:]
        if not chosen:
            raise InvalidQuery(f"{theirs.label} has no totals for months that have ended. Upload newer totals.")
        if len(chosen) > MOST_MONTHS:
            raise InvalidQuery(f"Choose at most {MOST_MONTHS} months.")
        last = next_month(chosen[-1]) - timedelta(days=1)
        if last >= workspace.today():
            raise InvalidQuery("Choose months that have ended. Others don't have final totals yet.")
        found_theirs = self._totals(setup, setup.theirs, chosen[0], last)
        found_ours = self._totals(setup, setup.metric, chosen[0], last)
        totals, ours = (
            {cell: value for cell, value in each.cells.items() if cell[0] in chosen}
            for each in (found_theirs, found_ours)
        )
        used, of_rates = self._with_rates(setup, chosen, ours)
        events = read_events(used, chosen[0], chosen[-1], workspace, self.actor, longest=_longest(used))
        counting = Counting.of(events.paths, used.our_rules, used.their_rules)

        def split(month: date, group: str | None = None) -> Split:
            sides = (total(side, month=month, group=group) for side in (ours, totals))
            return counting.split(*sides, month=month, group=group)

        splits = {month: split(month) for month in chosen}
        # Rules that differ can count in a cell that neither side has.
        counts = counting.known
        cells = sorted({cell for side in (totals, ours, *counts.values()) for cell in side if cell[0] in chosen})
        if len(cells) > MOST_CELLS:
            raise InvalidQuery(
                f"There are {len(cells):,} rows by month and {seen.dimension(used.group)[0].label}, and at most "
                f"{MOST_CELLS:,} can be compared. Choose fewer months, or another breakdown."
            )
        rows = [events.paths.rows(rules) for rules in (used.our_rules, used.their_rules)]
        by_us = {group for side in (ours, *counts.values()) for _, group in side}
        return Compared(
            setup=used,
            asked=setup,
            metric=metric,
            theirs=theirs,
            months=chosen,
            whole=_added(list(splits.values())),
            splits=splits,
            cells={cell: split(*cell) for cell in cells} if used.group else {},
            few=frozenset(cell for cell in cells if max(side.get(cell, 0) for side in rows) < ENOUGH),
            receipts=tuple(
                each for each in (found_ours.receipt, found_theirs.receipt, *of_rates, *events.receipts) if each
            ),
            scope=seen.scope,
            filters=(found_ours.filters, found_theirs.filters),
            meaning=_meaning(self.live, setup),
            notes=tuple(_loaded_notes((metric, found_ours), (theirs, found_theirs), end=next_month(chosen[-1]))),
            gaps=tuple(self._gaps(setup, theirs, chosen)),
            unmatched=tuple(
                sorted({group for (_, group), value in totals.items() if used.group and value and group not in by_us})
            ),
            counts=counts,
            totals=totals,
            open_until=self._open_until(used, last),
        )  # fmt: skip

    def _with_rates(self, setup: Setup, months: Sequence[date], ours: Counts) -> tuple[Setup, tuple[str, ...]]:
        """Return the setup with the model's exchange rates for these months, if it uses them, and their receipts.

        A month's rate is our metric converted into the platform's currency day by day, divided by our metric in the
        model's currency (decision 68).
        """
        if not setup.model_rates:
            return setup, ()
        last = next_month(months[-1]) - timedelta(days=1)
        currency = setup.their_rules.currency
        found = self._totals(replace(setup, group=""), setup.metric, months[0], last, currency=currency)
        rates: dict[date, Fraction] = {}
        for month in months:
            own = total(ours, month=month)
            converted = total(found.cells, month=month)
            if not own or converted / own <= 0:
                raise InvalidQuery(
                    f"The model gives no exchange rate from your metric to {currency} for {month:%b %Y}, because your "
                    "metric has no amounts then. Type the rates instead."
                )
            rates[month] = round(converted / own, 8)
        theirs = replace(setup.their_rules, rate=Fraction(1), rates=tuple(sorted(rates.items())))
        return replace(setup, their_rules=theirs), (found.receipt,)

    def _gaps(self, setup: Setup, theirs: Metric, months: Sequence[date]) -> list[str]:
        """Return sentences about days that are missing from the platform's daily totals, by month."""
        question = Query(
            metrics=(theirs.name,),
            by=(Breakdown(DATE, grain=Granularity.DAY),),
            where=setup.theirs_where,
            time=Between(months[0], next_month(months[-1]) - timedelta(days=1)),
        )
        try:
            result = self.live.workspace().ask(question, self.actor)
        except SemanticError:  # totals by month have no days
            return []
        column = zip(
            *(result.table.column(name).to_pylist() for name in (result.keys[0].name, theirs.name)), strict=True
        )
        days = {day for day, value in column if isinstance(day, date) and value is not None}
        notes: list[str] = []
        for month in months:
            all_days = (next_month(month) - month).days
            there = sum(day.replace(day=1) == month for day in days)
            # Fewer are totals by month or week.
            if all_days // 2 < there < all_days:
                notes.append(f"{theirs.label} has no row for {counted(all_days - there, 'day')} of {month:%b %Y}.")
        return notes

    def _open_until(self, setup: Setup, last: date) -> date | None:
        """Return the day until which clicks of these months can still convert, or None if that day has passed.

        Also returns None if the platform doesn't date conversions by click.
        """
        if setup.their_rules.dated != "click":
            return None
        until = last + timedelta(days=max(setup.their_rules.click_days, setup.their_rules.view_days))
        return until if until >= self.live.workspace().today() else None

    def closest(self, compared: Compared) -> ClosestRules:
        """Return the rules that come closest to the platform's totals.

        They are a guess, based on the rows this person sees.
        """
        setup = compared.setup
        events = read_events(
            setup, compared.months[0], compared.months[-1], self.live.workspace(), self.actor, longest=LONGEST
        )
        zones = (setup.their_rules.zone, setup.our_rules.zone, *ZONES)
        return closest_rules(events.paths, compared.totals, setup.their_rules, zones=zones)

    def keep(self, kept: StoredReconciliation, compared: Compared) -> None:
        """Save a comparison's result for the history and for certifications. Raises NotAllowed, ChangedMeanwhile.

        Only results over all rows are saved, because results over some rows would mislead others.
        """
        self._check_kept(kept)
        if compared.asked != kept.setup or not self._sees_all(kept.setup):
            return
        now = self.live.store.now()
        results = [
            MonthResult(
                month=month,
                ours=split.ours,
                theirs=split.theirs,
                unexplained=split.unexplained,
                tolerance=kept.setup.tolerance,
                is_whole=True,
                meaning=compared.meaning,
                receipts=compared.receipts,
                at=now,
            )
            for month, split in compared.splits.items()
        ]
        with self.live.store.write() as transaction:
            keep_results(transaction, self.live.keys, kept, results, self.actor)

    def _totals(self, setup: Setup, metric: str, first: date, last: date, *, currency: str | None = None) -> _Totals:
        """Return the metric's totals by month and group."""
        by = [Breakdown(DATE, grain=Granularity.MONTH)]
        by += [Breakdown(setup.group)] if setup.group else []
        where = setup.where if metric == setup.metric else setup.theirs_where
        question = Query(metrics=(metric,), by=tuple(by), where=where, time=Between(first, last), currency=currency)
        result = self.live.workspace().ask(question, self.actor)
        (column,) = result.values
        if any(result.hidden.get(metric, ())):
            raise InvalidQuery(
                f"Some values of {column.label} are hidden from you for privacy, so its totals aren't complete. Ask a "
                "steward to compare."
            )
        return _Totals(
            _cells(result, metric, has_group=bool(setup.group)), result.receipt, result.filters, column.counted_to
        )


@dataclass(frozen=True, slots=True)
class _Totals:
    """A metric's totals by month and group.

    `known_to` is the day after the last day that counts, or None if unknown.
    """

    cells: Mapping[Cell, Fraction]
    receipt: str
    filters: str
    known_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """A reconciliation, as certifications use it: the last month compared over all rows, and its unexplained gap."""

    month: date
    on: date
    off: Fraction  # of the platform's number
    tolerance: Fraction

    @property
    def is_within(self) -> bool:
        return self.off <= self.tolerance

    @property
    def words(self) -> str:
        """The gap as text: `Reconciled within 2%`, or the share that isn't explained."""
        if self.is_within:
            return f"Reconciled within {float(self.tolerance):.0%}"
        return f"{float(self.off):.1%} not explained"


def reconciled(live: Live, metric: str) -> Reconciled | None:
    """Return the newest reconciliation of a metric under its current definition, or None if there is none.

    Reconciliations with guessed rules are ignored, because with enough guesses, some rules always come close. With
    several platforms, returns the one whose newest month exceeds its tolerance most.
    """
    with live.store.read() as connection:
        newest: list[MonthResult] = []
        for kept in read_reconciliations(connection, live.keys, metric=metric):
            if not kept.is_sealed or kept.setup.is_guess:
                continue
            meaning = _meaning(live, kept.setup)
            results = read_results(connection, live.keys, kept)
            whole = [each for each in results if each.is_whole and each.meaning == meaning and each.off is not None]
            newest += whole[:1] if meaning else []
    if not newest:
        return None
    worst = max(newest, key=lambda each: (each.off or Fraction(0)) - each.tolerance)
    assert worst.off is not None
    return Reconciled(month=worst.month, on=worst.at.date(), off=worst.off, tolerance=worst.tolerance)


def _meaning(live: Live, setup: Setup) -> str:
    """Return a digest of both metrics' current definitions, or "" unless the model has both."""
    model = live.workspace().model
    if not {setup.metric, setup.theirs} <= model.metrics.keys():
        return ""
    return sha256("\n".join(metric_digest(model, name) for name in (setup.metric, setup.theirs)).encode()).hexdigest()


def _loaded_notes(*sides: tuple[Metric, _Totals], end: date) -> list[str]:
    """Return notes about a side whose data isn't loaded up to the end of the months."""
    return [
        f"{metric.label} is only known to {describe_day(found.known_to - timedelta(days=1))}."
        for metric, found in sides
        if found.known_to is not None and found.known_to < end
    ]


def _longest(setup: Setup) -> int:
    sides = (setup.our_rules, setup.their_rules)
    return max(rules.longest for rules in sides)


def _cells(result: Result, metric: str, *, has_group: bool) -> dict[Cell, Fraction]:
    keys = [result.table.column(key.name).to_pylist() for key in result.keys]
    values = result.table.column(metric).to_pylist()
    cells: dict[Cell, Fraction] = {}
    for place, value in enumerate(values):
        month, group = keys[0][place], keys[1][place] if has_group else ""
        if isinstance(month, date) and isinstance(value, (int, float, Decimal)):
            if not isfinite(value):
                raise InvalidQuery("One of the totals isn't a number. Check the data of both metrics.")
            name = "" if group is None else str(group)
            cells[month.replace(day=1), name] = cells.get((month.replace(day=1), name), Fraction(0)) + Fraction(value)
    return cells


def _added(splits: Sequence[Split]) -> Split:
    parts: dict[str, Fraction] = {}
    for split in splits:
        for name, value in split.parts:
            parts[name] = parts.get(name, Fraction(0)) + value
    return Split(
        ours=sum((each.ours for each in splits), Fraction(0)),
        theirs=sum((each.theirs for each in splits), Fraction(0)),
        parts=tuple(parts.items()),
        own=sum((each.own for each in splits), Fraction(0)),
        unexplained=sum((each.unexplained for each in splits), Fraction(0)),
    )
