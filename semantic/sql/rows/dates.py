"""Compute with dates in SQL: shift them, find the start of a period, and compare days of the month."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import DataType, DatePart, Granularity, TypeKind
from semantic.plan.measures.spine_join import Steps
from semantic.plan.tree.fields import LegKey
from semantic.query.periods import Calendar, Same
from semantic.sql.dialects.build_tree import and_all, cast, copied, or_any
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values

_INTEGER = DataType(TypeKind.INTEGER)


@dataclass(frozen=True, slots=True)
class Dates:
    """Date arithmetic for one dialect and calendar. Dates become parameters in `values`."""

    dialect: Dialect
    calendar: Calendar
    values: Values

    def moved(self, day: exp.Expr, key: LegKey) -> exp.Expr:
        """Return a day of a comparison, shifted onto the question's days."""
        if key.months_first:
            return self.moved_by(self.moved_by(day, months=key.move_months), days=key.move_days)
        return self.moved_by(self.moved_by(day, days=key.move_days), months=key.move_months)

    def moved_by(self, day: exp.Expr, *, days: int = 0, months: int = 0) -> exp.Expr:
        """Return a day some months and then some days later, or earlier for negative numbers."""
        for count, phrase in ((months, self.dialect.add_months), (days, self.dialect.add_days)):
            if count:
                day = self.phrase(phrase, n=count, x=day)
        return day

    def moved_back(self, tree: exp.Expr, by: Steps, *, is_instant: bool = False) -> exp.Expr:
        """Return a day or an instant some days and then some months earlier. An instant can also move by seconds."""
        if is_instant:
            for count, unit in ((by.seconds, "SECOND"), (by.days, "DAY"), (by.months, "MONTH")):
                if count:
                    step = exp.Interval(this=exp.Literal.string(str(abs(count))), unit=exp.Var(this=unit))
                    tree = (exp.Sub if count > 0 else exp.Add)(this=tree, expression=step)
            return tree
        for count, phrase in ((by.days, self.dialect.add_days), (by.months, self.dialect.add_months)):
            if count:
                tree = self.phrase(phrase, n=-count, x=tree)
        return tree

    def truncated(self, day: exp.Expr, grain: Granularity) -> exp.Expr:
        """Return the first day of the period that contains `day`, as a DATE."""
        if grain is Granularity.DAY:
            return day
        calendar, dialect = self.calendar, self.dialect
        days, months = calendar.week_offset if grain is Granularity.WEEK else 0, calendar.month_offset(grain)
        unit = grain.value.removeprefix("fiscal_").upper()
        period = dialect.week if grain is Granularity.WEEK and dialect.week else dialect.period.format(unit=unit)
        if not days and not months:
            return self.phrase(period, x=day)
        if dialect.moved_period:
            phrase = dialect.moved_period.format(unit=unit, step="DAY" if days else "MONTH")
            return self.phrase(phrase, n=days or months, x=day)
        move = dialect.add_days if days else dialect.add_months
        begun = self.phrase(period, x=self.phrase(move, n=-(days or months), x=day))
        return self.phrase(move, n=days or months, x=begun)

    def clock_start(self, moment: exp.Expr, grain: Granularity) -> exp.Expr:
        """Return the start of the hour, or shorter period, that contains a local time."""
        return self.phrase(self.dialect.local_clock.format(unit=grain.value.upper()), x=moment)

    def part(self, moment: exp.Expr, part: DatePart) -> exp.Expr:
        """Return a part of a date or local time as a whole number."""
        plain = f"EXTRACT({part.value.upper()} FROM x)"
        return cast(self.phrase(dict(self.dialect.parts).get(part.value, plain), x=moment), _INTEGER)

    def has_like(self, day: exp.Expr, same: Same) -> exp.Expr:
        """Return a test for days that also exist in another month, or that don't need to."""
        day = self.moved_by(self.moved_by(day, days=same.shown_days), months=same.shown_months)
        test = self.has_day(day, same.months)
        free: list[exp.Expr] = []
        if same.until is not None:
            free.append(exp.GTE(this=copied(day), expression=self.values.add(same.until)))
        if same.since is not None:
            free.append(exp.LT(this=copied(day), expression=self.values.add(same.since)))
        return or_any([and_all(free), test]) if free else test

    def has_day(self, day: exp.Expr, months: int) -> exp.Expr:
        """Return a test for days that also exist some months later, or earlier if `months` is negative."""
        moved = self.phrase(self.dialect.add_months, n=months, x=copied(day))
        same = [exp.Extract(this=exp.var("DAY"), expression=copied(expression)) for expression in (day, moved)]
        return exp.EQ(this=same[0], expression=same[1])

    def phrase(self, phrase: str, n: int = 0, **trees: exp.Expr) -> exp.Expr:
        """Return a phrase of the dialect with `trees` in place of names, and the number `n` in place of n."""
        return fill(phrase, self.dialect.name, n, **trees)
