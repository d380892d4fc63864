"""Reconciliations as one person makes, runs and reads them.

Stewards work with all, marketers with their own. A person sees a reconciliation only if they see both its metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from semantic.errors import InvalidQuery, NotAllowed, SemanticError
from semantic.model.definitions import Granularity, Metric
from semantic.model.editing.metric_digest import metric_digest
from semantic.policy.actor import Actor
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.reconciliation.counting import Cell, next_month, total
from semantic.reconciliation.rules import MOST_DAYS
from semantic.reconciliation.search import Closest, closest
from semantic.reconciliation.setup import Setup, check_setup, names_in
from semantic.reconciliation.split import Counting, Split
from semantic.results.result import Result
from semantic.services.process import Live
from semantic.services.reconciling.events import read_events
from semantic.store.reconciliations.reconciliations import (
    KeptReconciliation,
    MonthResult,
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
ENOUGH: Final = 30
"""The fewest conversions, on either side, from which a part's share says something."""
ZONES: Final = ("UTC", "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Asia/Tokyo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison found for one person. `splits` are by month, `cells` by month and group. `receipts` are of the
    questions behind the numbers. `scope` names the rows, "" for all.
    """

    setup: Setup
    metric: Metric
    theirs: Metric
    months: tuple[date, ...]
    whole: Split
    splits: Mapping[date, Split]
    cells: Mapping[Cell, Split]
    few: frozenset[Cell]
    receipts: tuple[str, ...]
    scope: str
    counting: Counting = field(repr=False)
    totals: Mapping[Cell, Fraction] = field(repr=False)
    open_until: date | None = None  # when clicks of these months can no longer convert, if that is still to come

    @property
    def off(self) -> Fraction | None:
        """The part of the platform's number that isn't explained."""
        return abs(self.whole.unexplained / self.whole.theirs) if self.whole.theirs else None


@dataclass(frozen=True, slots=True)
class ReconcilingWork:
    """The reconciliations of `actor`. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    # Who may

    @property
    def why_not(self) -> str:
        """Why this person can't make or run reconciliations, or "" if they can."""
        if self.actor.viewed_by is not None:
            return "Reconciliation is off while you view as someone else."
        if self.actor.kind != "person" or not self.actor.is_at_least("marketer"):
            return "Reconciliation needs the marketer role or higher. An administrator can change your role."
        return ""

    def _may_see(self, kept: KeptReconciliation) -> bool:
        if self.why_not or not (self.actor.is_at_least("steward") or kept.owner_id == self.actor.id):
            return False
        seen = self.live.workspace().visible(self.actor)
        try:
            seen.metric(kept.setup.metric)
            seen.metric(kept.setup.theirs)
        except SemanticError:
            return False
        return True

    # Finding

    def all(self) -> list[KeptReconciliation]:
        """Return the reconciliations that this person can see, oldest first."""
        with self.live.store.read() as connection:
            found = read_reconciliations(connection, self.live.keys)
        return [kept for kept in found if self._may_see(kept)]

    def find(self, id_: str) -> KeptReconciliation:
        """Return a reconciliation. Raises NotAllowed, with the same words for a hidden and a missing one."""
        with self.live.store.read() as connection:
            kept = find_reconciliation(connection, self.live.keys, id_)
        if kept is None or not self._may_see(kept):
            raise NotAllowed(GONE)
        return kept

    def history(self, kept: KeptReconciliation) -> list[MonthResult]:
        """Return what was found about each month, newest month first.

        The numbers were found under someone's policies, so only people who see all rows get them.
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

    def change(self, kept: KeptReconciliation, setup: Setup) -> None:
        """Replace what is compared. Raises NotAllowed, UnknownName, InvalidQuery, ChangedMeanwhile."""
        self._check_kept(kept)
        self._check(setup)
        with self.live.store.write() as transaction:
            change_reconciliation(transaction, self.live.keys, kept, setup, self.actor)

    def remove(self, kept: KeptReconciliation) -> None:
        """Remove a reconciliation. Raises NotAllowed, ChangedMeanwhile."""
        self._check_kept(kept)
        with self.live.store.write() as transaction:
            remove_reconciliation(transaction, self.live.keys, kept, self.actor)

    def _check_kept(self, kept: KeptReconciliation) -> None:
        if not self._may_see(kept):
            raise NotAllowed(self.why_not or GONE)

    def _check(self, setup: Setup) -> None:
        if self.why_not:
            raise NotAllowed(self.why_not)
        check_setup(setup)
        seen = self.live.workspace().visible(self.actor)
        metric, theirs = seen.metric(setup.metric), seen.metric(setup.theirs)
        for each in (metric, theirs):
            if each.unit != metric.unit and setup.our_rules.currency == setup.their_rules.currency == "":
                raise InvalidQuery(
                    f"{metric.label} is in {metric.unit or 'no unit'} and {each.label} in {each.unit or 'no unit'}. "
                    "Choose metrics of the same unit, or say both currencies."
                )
        for name in names_in(setup):
            seen.dimension(name)
        if not self.actor.is_at_least("steward") and not self._is_own(theirs):
            raise NotAllowed("You can reconcile totals from your own uploads. A steward can reconcile other metrics.")

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
        """Return the months that are over and have totals of the platform, oldest first. Raises SemanticError."""
        today = self.live.workspace().today()
        first = today.replace(day=1) - timedelta(days=1)
        for _ in range(23):
            first = first.replace(day=1) - timedelta(days=1)
        totals, _ = self._totals(setup, setup.theirs, first.replace(day=1), today.replace(day=1) - timedelta(days=1))
        return tuple(sorted({month for month, _ in totals}))

    def compare(self, setup: Setup, months: Sequence[date] = ()) -> Compared:
        """Compare some months, or the last ones with totals. Raises SemanticError."""
        if self.why_not:
            raise NotAllowed(self.why_not)
        workspace = self.live.workspace()
        seen = workspace.visible(self.actor)
        metric, theirs = seen.metric(setup.metric), seen.metric(setup.theirs)
        chosen = tuple(sorted(set(months))) or self.months(setup)[-MOST_MONTHS:]
        if not chosen:
            raise InvalidQuery(f"{theirs.label} has no totals for months that are over. Upload newer totals.")
        if len(chosen) > MOST_MONTHS:
            raise InvalidQuery(f"Choose at most {MOST_MONTHS} months.")
        last = next_month(chosen[-1]) - timedelta(days=1)
        totals, receipt = self._totals(setup, setup.theirs, chosen[0], last)
        ours, own_receipt = self._totals(setup, setup.metric, chosen[0], last)
        events = read_events(setup, chosen[0], chosen[-1], workspace, self.actor, longest=_longest(setup))
        counting = Counting.of(events.paths, setup.our_rules, setup.their_rules)
        totals = {cell: value for cell, value in totals.items() if cell[0] in chosen}
        ours = {cell: value for cell, value in ours.items() if cell[0] in chosen}
        rows = events.paths.rows(setup.their_rules)
        cells = sorted({cell for cell in (*totals, *ours, *counting.counts(frozenset())) if cell[0] in chosen})

        def split(month: date, group: str | None = None) -> Split:
            sides = (total(side, month=month, group=group) for side in (ours, totals))
            return counting.split(*sides, month=month, group=group)

        splits = {month: split(month) for month in chosen}
        return Compared(
            setup=setup,
            metric=metric,
            theirs=theirs,
            months=chosen,
            whole=_added(list(splits.values())),
            splits=splits,
            cells={cell: split(*cell) for cell in cells} if setup.group else {},
            few=frozenset(cell for cell in cells if rows.get(cell, 0) < ENOUGH),
            receipts=tuple(each for each in (receipt, own_receipt, *events.receipts) if each),
            scope=seen.scope,
            counting=counting,
            totals=totals,
            open_until=self._open_until(setup, last),
        )

    def _open_until(self, setup: Setup, last: date) -> date | None:
        """Until when clicks of these months can still convert, if the platform dates by click, and that isn't over."""
        if setup.their_rules.dated != "click":
            return None
        until = last + timedelta(days=setup.their_rules.click_days)
        return until if until >= self.live.workspace().today() else None

    def closest(self, compared: Compared) -> Closest:
        """Return the rules that come closest to the platform's totals: a guess, over rows that this person sees."""
        setup = compared.setup
        longest = read_events(
            setup, compared.months[0], compared.months[-1], self.live.workspace(), self.actor, longest=MOST_DAYS
        )
        zones = (setup.their_rules.zone, setup.our_rules.zone, *ZONES)
        return closest(longest.paths, compared.totals, setup.their_rules, zones=zones)

    def keep(self, kept: KeptReconciliation, compared: Compared) -> None:
        """Keep what was found, for the history and for certification. Raises NotAllowed, ChangedMeanwhile.

        Only what covers all rows is kept: numbers of some rows would say something wrong to others.
        """
        self._check_kept(kept)
        if compared.setup != kept.setup or not self._sees_all(kept.setup):
            return
        meaning = _meaning(self.live, kept.setup.metric)
        now = self.live.store.now()
        results = [
            MonthResult(
                month=month,
                ours=split.ours,
                theirs=split.theirs,
                unexplained=split.unexplained,
                tolerance=kept.setup.tolerance,
                is_whole=True,
                meaning=meaning,
                receipts=compared.receipts,
                at=now,
            )
            for month, split in compared.splits.items()
        ]
        with self.live.store.write() as transaction:
            keep_results(transaction, self.live.keys, kept, results, self.actor)

    def _totals(self, setup: Setup, metric: str, first: date, last: date) -> tuple[dict[Cell, Fraction], str]:
        """A metric by month and group, and its receipt."""
        by = [Breakdown(DATE, grain=Granularity.MONTH)]
        by += [Breakdown(setup.group)] if setup.group else []
        where = setup.where if metric == setup.metric else setup.theirs_where
        question = Query(metrics=(metric,), by=tuple(by), where=where, time=Between(first, last))
        result = self.live.workspace().ask(question, self.actor)
        return _cells(result, metric, has_group=bool(setup.group)), result.receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What certification can ask: the last month that was compared over all rows, and what wasn't explained of it."""

    month: date
    on: date
    off: Fraction  # of the platform's number
    tolerance: Fraction

    @property
    def is_within(self) -> bool:
        return self.off <= self.tolerance

    @property
    def words(self) -> str:
        """`Reconciled within 2%`, or how far it's off."""
        if self.is_within:
            return f"Reconciled within {float(self.tolerance):.0%}"
        return f"{float(self.off):.1%} not explained"


def reconciled(live: Live, metric: str) -> Reconciled | None:
    """Return the newest comparison of a metric under its present definition, or None if there is none.

    With several platforms, the one that is furthest off in its newest month counts.
    """
    meaning = _meaning(live, metric)
    with live.store.read() as connection:
        newest: list[MonthResult] = []
        for kept in read_reconciliations(connection, live.keys, metric=metric):
            if not kept.is_sealed:
                continue
            results = read_results(connection, live.keys, kept)
            whole = [each for each in results if each.is_whole and each.meaning == meaning and each.off is not None]
            newest += whole[:1]
    if not newest or not meaning:
        return None
    worst = max(newest, key=lambda each: each.off or Fraction(0))
    assert worst.off is not None
    return Reconciled(month=worst.month, on=worst.at.date(), off=worst.off, tolerance=worst.tolerance)


def _meaning(live: Live, metric: str) -> str:
    """What a metric means at present, as a digest; "" for one that the model doesn't have."""
    model = live.workspace().model
    return metric_digest(model, metric) if metric in model.metrics else ""


def _longest(setup: Setup) -> int:
    sides = (setup.our_rules, setup.their_rules)
    return max(max(rules.click_days, rules.view_days) for rules in sides)


def _cells(result: Result, metric: str, *, has_group: bool) -> dict[Cell, Fraction]:
    keys = [result.table.column(key.name).to_pylist() for key in result.keys]
    values = result.table.column(metric).to_pylist()
    cells: dict[Cell, Fraction] = {}
    for place, value in enumerate(values):
        month, group = keys[0][place], keys[1][place] if has_group else ""
        if isinstance(month, date) and isinstance(value, (int, float, Decimal)):
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
