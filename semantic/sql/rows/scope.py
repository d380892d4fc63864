"""Give each table of a leg an alias, and write the model's expressions with these aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from semantic.config.checkpoint import checkpoint
from semantic.model.definitions import Dataset, DataType, DatePart, Granularity, TypeKind
from semantic.model.expression import Expression
from semantic.model.join_graph import Edge, JoinPath
from semantic.model.policies import MaskKind
from semantic.plan.tree.fields import (
    All,
    Any,
    CalendarKey,
    Compare,
    Field,
    LegKey,
    Member,
    Not,
    Passes,
    Range,
    Restriction,
    SaidTest,
    Test,
    own_time,
    prefixes,
)
from semantic.plan.tree.nodes import Amount, Leg, Plan, Shared
from semantic.query.followed import carried
from semantic.query.periods import first_day
from semantic.query.query import Operator
from semantic.sql.dialects.build_tree import (
    and_all,
    by_code_point,
    call,
    cast,
    column,
    copied,
    named_table,
    number,
    operand,
    or_any,
    over,
    table_of,
)
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Secret, Values
from semantic.sql.rows.calendar_days import days_join, period_of_day, value_of
from semantic.sql.rows.conditions import metric_test
from semantic.sql.rows.dates import Dates
from semantic.sql.rows.exchange import rated
from semantic.sql.rows.hops import met, moment_of
from semantic.sql.rows.row_rules import rule_over

MASK_KEY = Secret("mask key")
_INTEGER = DataType(TypeKind.INTEGER)
_STRING, _DATE, _TIMESTAMP = DataType(TypeKind.STRING), DataType(TypeKind.DATE), DataType(TypeKind.TIMESTAMP)


@dataclass
class Scope:
    """The aliases of one leg's tables, and the SQL trees that use them."""

    leg: Leg
    plan: Plan
    dialect: Dialect
    values: Values
    named: str = ""  # the fact's alias; by default its dataset's name
    around: frozenset[str] = frozenset()  # aliases of the enclosing statement
    aliases: dict[JoinPath, str] = field(default_factory=dict[JoinPath, str])
    calendars: dict[tuple[Field, CalendarKey], str] = field(default_factory=dict[tuple[Field, CalendarKey], str])
    rates: dict[Amount, str] = field(default_factory=dict[Amount, str])

    def __post_init__(self) -> None:
        self.fact = self.named or self.leg.dataset.name
        self.dates = Dates(self.dialect, self.plan.calendar, self.values)
        self.aliases[()] = self.fact
        targets = [path[-1].target for path in self.leg.joins]
        for path, target in zip(self.leg.joins, targets, strict=True):
            plain = targets.count(target) == 1 and target != self.fact
            wanted = target if plain else "_".join(edge.role for edge in path)
            self.aliases[path] = _fresh(wanted, {*self.aliases.values()})
        for key in self.leg.keys:
            if key.calendar and (key.field, key.calendar) not in self.calendars:
                taken = {*self.aliases.values(), *self.calendars.values()}
                self.calendars[key.field, key.calendar] = _fresh(key.calendar.dataset, taken)
        for amount in rated(self.leg.exchange) if self.leg.exchange else ():
            taken = {*self.aliases.values(), *self.calendars.values(), *self.rates.values()}
            self.rates[amount] = _fresh(f"{amount.currency.lower()}_rates" if amount.currency else "rates", taken)

    # Names

    def own(self, expression: Expression) -> exp.Expr:
        """Return the SQL of an expression over the fact's own columns."""
        return self.own_tree(expression.tree)

    def own_tree(self, tree: exp.Expr) -> exp.Expr:
        """Return a copy of a tree over the fact's own columns."""
        return over(tree, self.fact)

    def at(self, path: JoinPath, expression: Expression) -> exp.Expr:
        """Return the SQL of an expression over the columns at the end of a joined path."""
        return over(expression.tree, self.aliases[path])

    def table(self) -> exp.Expr:
        """Return the fact for use in FROM."""
        return table_of(self.leg.dataset, self.fact)

    def join(self, path: JoinPath) -> exp.Join:
        """Return a LEFT JOIN by key, which keeps facts without a match under "(none)".

        It's an inner join if all rows match.
        """
        edge, alias = path[-1], self.aliases[path]
        current = [over(edge.current.tree, alias)] if edge.current else []
        parts = {self.leg.dataset.name: self.fact} | {
            prefix[-1].target: self.aliases[prefix] for prefix in prefixes(path[:-1])
        }
        tests = met(edge, parts, alias, self._moment(edge))
        side = None if path in self.leg.inner else "LEFT"
        return exp.Join(this=table_of(self._dataset(edge.target), alias), side=side, on=and_all([*tests, *current]))

    def _moment(self, edge: Edge) -> exp.Expr | None:
        """Return the fact's time in the type of a hop's validity, or None if it can't be compared."""
        return moment_of(self.leg.at, self._dataset(edge.target), self.own, self.in_model_zone)

    def in_model_zone(self, instant: exp.Expr) -> exp.Expr:
        """Return an instant's local time in the model's time zone, not the question's."""
        return self.dates.phrase(self.dialect.local, x=instant, zone=exp.Literal.string(self.plan.model_zone))

    def calendar_join(self, key: LegKey, day: exp.Expr, unit: Granularity = Granularity.DAY) -> exp.Join:
        """Return a LEFT JOIN of a key's calendar by date, which keeps rows on days outside the calendar.

        If `unit` is shorter than a day, `day` is a moment, and its date is used.
        """
        assert key.calendar is not None
        day = cast(day, _DATE) if unit.is_clock else day
        calendar, alias = key.calendar, self.calendars[key.field, key.calendar]
        return days_join(calendar, alias, self._dataset(calendar.dataset), day, self.dialect, self.values)

    def calendar_joins(self, keys: Iterable[LegKey]) -> list[exp.Join]:
        """Return joins of the calendars that define the periods of the rows' dates, each calendar once."""
        joins: dict[str, exp.Join] = {}
        for key in keys:
            if key.calendar is not None:
                alias = self.calendars[key.field, key.calendar]
                joins.setdefault(alias, self.calendar_join(key, self.day(key.field)))
        return [*joins.values()]

    def _dataset(self, wanted: str) -> Dataset:
        return self.plan.datasets[wanted]

    # Fields and keys

    def key(self, key: LegKey) -> exp.Expr:
        if key.grain and key.grain.is_clock:
            return self._clock(key.field, key.grain)
        if key.part is DatePart.HOUR:
            return self.dates.part(self._local(key.field), key.part)
        return self.period(self.day(key.field), key) if key.by_day else self._in_order(key.field)

    def _in_order(self, field: Field) -> exp.Expr:
        """Return a field as a person sees it, with text compared and ordered by code point (decision 32)."""
        hidden = field.mask is not None and field.mask.kind in (MaskKind.HASH, MaskKind.LAST_FOUR)
        is_text = field.dimension.kind != "time" and (field.dimension.type.kind is TypeKind.STRING or hidden)
        return by_code_point(self.value(field), self.dialect) if is_text else self.value(field)

    def period(self, day: exp.Expr, key: LegKey) -> exp.Expr:
        """Return the period that a date is shown in: its first day, a date part, or a calendar period.

        A comparison's date is shifted first, or put outside the shown periods if it has none among them. Calendars are
        joined by `calendar_join`.
        """
        if key.calendar is not None:
            alias = self.calendars[key.field, key.calendar]
            moved = key.calendar.beside is not None
            return column("period", alias) if moved else value_of(key.calendar, alias, self.dialect)
        if key.part is DatePart.DAY_NUMBER:
            first = cast(self.values.add(key.first), _DATE)
            return cast(self.dates.phrase(self.dialect.day_number, x=day, y=first), _INTEGER)
        if key.part is not None:
            return self.dates.part(day, key.part)
        assert key.grain is not None
        moved = self.dates.moved(day, key)
        tree = self.dates.truncated(moved, key.grain)
        outside: list[exp.If] = []
        if key.same is not None:
            assert key.end is not None
            lacks = exp.Not(this=exp.Paren(this=self.dates.has_like(day, key.same)))
            outside.append(exp.If(this=lacks, true=cast(self.values.add(key.end), _DATE)))
        if key.first is not None:
            before = first_day(key.first, key.grain, self.plan.calendar) - timedelta(days=1)
            is_before = exp.LT(this=moved.copy(), expression=self.values.add(key.first))
            outside.append(exp.If(this=is_before, true=cast(self.values.add(before), _DATE)))
        if key.end is not None:
            is_after = exp.GTE(this=moved.copy(), expression=self.values.add(key.end))
            outside.append(exp.If(this=is_after, true=cast(self.values.add(key.end), _DATE)))
        return exp.Case(ifs=outside, default=tree) if outside else tree

    def value(self, field: Field) -> exp.Expr:
        """Return what a person sees of a field: its value or its mask. A time is seen as its day."""
        if field.dimension.kind == "time":
            return self.day(field)
        plain = self._plain(field.dimension.sql, field)
        if field.mask is None:
            return plain
        match field.mask.kind:
            case MaskKind.NULL:
                return cast(exp.Null(), field.dimension.type)
            case MaskKind.LAST_FOUR:
                return _last_four(cast(plain, _STRING))
            case MaskKind.BUCKET:
                width = field.mask.width
                lower = exp.Floor(this=exp.Div(this=plain, expression=number(width), typed=False, safe=False))
                return cast(exp.Mul(this=lower, expression=number(width)), field.dimension.type)
            case MaskKind.HASH:
                return self._keyed_hash(cast(plain, _STRING))

    def _keyed_hash(self, text: exp.Expr) -> exp.Expr:
        """Return SHA-256 of the key and an inner hash. As in HMAC, nesting prevents length-extension attacks."""
        inner = self.dates.phrase(self.dialect.sha256, x=self._joined(text))
        return self.dates.phrase(self.dialect.sha256, x=self._joined(inner))

    def _joined(self, text: exp.Expr) -> exp.Expr:
        return exp.DPipe(this=cast(self.values.add(MASK_KEY), _STRING), expression=text, safe=False)

    def _plain(self, expression: Expression, field: Field) -> exp.Expr:
        return operand(over(expression.tree, self.aliases[field.path]))

    def day(self, field: Field) -> exp.Expr:
        """Return the date of a time field, or null if it's masked. An instant's date is in the question's time zone."""
        dimension = field.dimension
        if field.mask is not None:
            return cast(exp.Null(), _DATE)
        if dimension.day is not None and self._asks_in_model_zone():
            return self._plain(dimension.day, field)
        match dimension.type.kind:
            case TypeKind.DATE:
                return self._plain(dimension.sql, field)
            case _:
                return cast(self._local(field), _DATE)

    def _asks_in_model_zone(self) -> bool:
        return self.plan.time_zone == self.plan.model_zone

    def _local(self, field: Field) -> exp.Expr:
        """Return an instant's local time in the question's time zone. A timestamp without a zone is already local."""
        instant = self._plain(field.dimension.sql, field)
        if field.mask is not None:
            return cast(exp.Null(), _TIMESTAMP)
        if field.dimension.type.kind is TypeKind.TIMESTAMPTZ:
            return self.dates.phrase(self.dialect.local, x=instant, zone=exp.Literal.string(self.plan.time_zone))
        return instant

    def _clock(self, field: Field, grain: Granularity) -> exp.Expr:
        """Return the start of an hour, or shorter period, in the question's time zone.

        An hour that occurs twice when clocks change stays two hours.
        """
        unit = grain.value.upper()
        if field.dimension.type.kind is not TypeKind.TIMESTAMPTZ or field.mask is not None:
            return self.dates.phrase(self.dialect.local_clock.format(unit=unit), x=self._local(field))
        instant, zone = self._plain(field.dimension.sql, field), exp.Literal.string(self.plan.time_zone)
        return self.dates.phrase(self.dialect.clock.format(unit=unit), x=instant, zone=zone)

    # Tests

    def rows_that_count(self) -> list[exp.Expr]:
        """Return tests for the rows that count: the policy's rules first, then the period."""
        tests = [self.restriction(restriction) for restriction in self.leg.restrictions]
        tests += self._ties_that_count(self.leg.shared) if self.leg.shared else []
        return tests + (self.range(self.leg.days) if self.leg.days else [])

    def part_of(self, value: exp.Expr, shared: Shared) -> exp.Expr:
        """Return a row's value times the share of its link, or the whole value if it has no link."""
        double, alias = DataType(TypeKind.DOUBLE), self.aliases[shared.path]
        share = exp.Case(
            ifs=[exp.If(this=self._is_untied(shared), true=number(1))], default=column(shared.weight, alias)
        )
        return exp.Mul(this=cast(value, double), expression=cast(share, double))

    def _ties_that_count(self, shared: Shared) -> list[exp.Expr]:
        """Return tests for rows without a link, or with a link that the actor can see.

        A row with a hidden link isn't counted under "(none)".
        """
        if not shared.restrictions:
            return []
        inside = Scope(
            Leg(
                dataset=shared.dataset,
                joins=(),
                keys=(),
                where=(),
                days=None,
                leaves=(),
                at=own_time(shared.dataset),
            ),
            self.plan,
            self.dialect,
            self.values,
            named=self.aliases[shared.path],
            around=frozenset({*self.aliases.values(), *self.around}),
        )
        seen = and_all([inside.restriction(restriction) for restriction in shared.restrictions])
        return [exp.Paren(this=or_any([self._is_untied(shared), exp.Paren(this=seen)]))]

    def _is_untied(self, shared: Shared) -> exp.Expr:
        key = column(shared.path[-1].target_columns[0], self.aliases[shared.path])
        return exp.Is(this=key, expression=exp.Null())

    def test(self, test: Test) -> exp.Expr:
        checkpoint()
        match test:
            case All(parts):
                return and_all([self.test(part) for part in parts])
            case Any(parts):
                return or_any([self.test(part) for part in parts])
            case Not(Member() | Passes() as member):
                return exp.Not(this=self.test(member))  # a semi-join is never null
            case Not(part):
                return exp.Not(this=call(exp.Coalesce, exp.paren(self.test(part)), exp.false()))
            case Member():
                return self._in_segment(test)
            case Passes():
                return self._passes(test)
            case SaidTest():
                return self._said_test(test)
            case Compare():
                return self._compare(test)

    def _said_test(self, test: SaidTest) -> exp.Expr:
        """Return an SQL condition with its fields in place of their names. Text is compared by code point."""

        def shown(key: LegKey) -> exp.Expr:
            if key.move_days or key.move_months:
                return self._of_day(
                    replace(key, move_days=0, move_months=0), self.dates.moved(self.day(key.field), key)
                )
            if key.calendar is not None:
                return self._looked_up(key.calendar, self.day(key.field))
            return self.key(key) if key.grain or key.part else self._in_order(key.field)

        return _with_fields(test, shown)

    def said_of_day(self, test: SaidTest, day: exp.Expr, unit: Granularity = Granularity.DAY) -> exp.Expr:
        """Return a condition on the shown date, applied to `day`, which is a moment if `unit` is shorter than a day."""

        return _with_fields(test, lambda key: self._of_day(key, day.copy(), unit))

    def _of_day(self, key: LegKey, day: exp.Expr, unit: Granularity = Granularity.DAY) -> exp.Expr:
        """Return a field of a condition on `day`, which is a moment if `unit` is shorter than a day."""
        if key.calendar is not None:
            return self._looked_up(key.calendar, cast(day, _DATE) if unit.is_clock else day)
        whole_key = key if key.part or key.grain else replace(key, grain=Granularity.DAY)
        return self.shown_of(day, whole_key, unit)

    def _looked_up(self, calendar_key: CalendarKey, day: exp.Expr) -> exp.Expr:
        alias = _fresh("calendar", {*self.aliases.values(), *self.calendars.values(), *self.around})
        return period_of_day(calendar_key, alias, self._dataset(calendar_key.dataset), day, self.dialect)

    def shown_of(self, moment: exp.Expr, key: LegKey, unit: Granularity) -> exp.Expr:
        """Return the period that `moment` is shown in. It's a day, unless `unit` is shorter than a day."""
        if not unit.is_clock:
            return self.period(moment, key)
        if key.grain is not None and key.grain.is_clock:
            return self.dates.clock_start(moment, key.grain)
        if key.part is DatePart.HOUR:
            return self.dates.part(moment, key.part)
        return self.period(cast(moment, _DATE), key)

    def _passes(self, test: Passes) -> exp.Exists:
        """Return a semi-join to a table of members. No row is repeated, and a missing key or value doesn't pass."""
        alias = _fresh("members", {*self.aliases.values(), *self.around})
        tests = [*self._members(test, alias), self._has_passed(test, alias)]
        select = exp.Select(expressions=[number(1)])
        select.set("from_", exp.From(this=named_table(test.table, alias)))
        select.set("where", exp.Where(this=and_all(tests)))
        return exp.Exists(this=select)

    def joined_members(self, tests: Sequence[Passes]) -> tuple[list[exp.Join], list[exp.Expr]]:
        """Return FULL JOINs to tables of members, and tests of their values. Members without a row can pass too."""
        joins, passed = list[exp.Join](), list[exp.Expr]()
        for index, test in enumerate(tests):
            alias = _fresh(f"members{index or ''}", {*self.aliases.values(), *self.around})
            on = and_all(self._members(test, alias))
            joins.append(exp.Join(this=named_table(test.table, alias), side="FULL", on=on))
            passed.append(self._has_passed(test, alias))
        return joins, passed

    def _members(self, test: Passes, alias: str) -> list[exp.Expr]:
        """Return the conditions that join a member's row to a row of the leg."""
        members: list[exp.Expr] = []
        for key, mine, is_text in zip(test.keys, test.columns, test.is_text, strict=True):
            own = column(mine, self.aliases[test.path])
            members.append(
                exp.EQ(this=column(key, alias), expression=by_code_point(own, self.dialect) if is_text else own)
            )
        return members

    def _has_passed(self, test: Passes, alias: str) -> exp.Expr:
        return metric_test(test.op, test.values, column(test.value, alias), self.values)

    def _in_segment(self, test: Member) -> exp.Exists:
        """Return a semi-join to a segment's rows. No row of the fact is repeated, and a missing key doesn't match."""
        alias = _fresh("segment", {*self.aliases.values()})
        here = self.aliases[test.path]
        tests = _pairs(test.columns, here, test.target_columns, alias)
        if test.where is not None:
            tests.append(exp.Paren(this=over(test.where.tree, alias)))
        inside = Scope(
            Leg(
                dataset=test.dataset,
                joins=(),
                keys=(),
                where=(),
                days=test.days,
                leaves=(),
                at=own_time(test.dataset),
            ),
            self.plan,
            self.dialect,
            self.values,
            named=alias,
            around=frozenset({*self.aliases.values()}),
        )
        if test.days:
            tests += inside.range(test.days)
        tests += [inside.restriction(restriction) for restriction in test.restrictions]
        select = exp.Select(expressions=[number(1)])
        select.set("from_", exp.From(this=table_of(test.dataset, alias)))
        select.set("where", exp.Where(this=and_all(tests)))
        return exp.Exists(this=select)

    def _compare(self, test: Compare) -> exp.Expr:
        """Return a comparison with decision 26's rules for nulls: negative operators include rows without a value."""
        known = [value for value in test.values if value is not None]
        match test.op:
            case Operator.IN | Operator.NOT_IN:
                return self._membership(test, known)
            case Operator.BETWEEN:
                low, high = self.values.add(known[0]), self.values.add(known[1])
                return exp.Between(this=self._in_order(test.field), low=low, high=high)
            case Operator.CONTAINS | Operator.STARTS_WITH:
                return self._text_test(test, known[0])
            case Operator.NOT_CONTAINS | Operator.NOT_STARTS_WITH:
                return or_any([self._missing(test.field), exp.Not(this=self._text_test(test, known[0]))])
            case _:
                return _COMPARISONS[test.op](this=self._in_order(test.field), expression=self.values.add(known[0]))

    def _membership(self, test: Compare, known: list[object]) -> exp.Expr:
        if not test.values:
            return exp.false() if test.op is Operator.IN else exp.true()
        if not known:
            return self._missing(test.field) if test.op is Operator.IN else exp.Not(this=self._missing(test.field))
        inside = self._among(self.value(test.field), known)
        with_none = None in test.values
        if test.op is Operator.IN:
            return or_any([inside, self._missing(test.field)]) if with_none else inside
        outside = exp.Not(this=inside)
        missing = self._missing(test.field)
        return and_all([exp.Not(this=missing), outside]) if with_none else or_any([missing, outside])

    def _among(self, value: exp.Expr, known: Sequence[object]) -> exp.Expr:
        listed = self.values.add_list(known) if self.dialect.list_rows else None
        if listed is None:
            return exp.In(this=value, expressions=[self.values.add(member) for member in known])
        rows = fill(self.dialect.list_rows, self.dialect.name, x=listed)
        return exp.In(this=value, query=exp.Subquery(this=rows))

    def _missing(self, field: Field) -> exp.Expr:
        return exp.Is(this=self.value(field), expression=exp.Null())

    def _text_test(self, test: Compare, text: object) -> exp.Expr:
        """Return a test for values that contain or start with a text, in simple lower case (decision 32)."""
        value = self.dates.phrase(self.dialect.lower, x=self.value(test.field))
        position = exp.StrPosition(
            this=value, substr=self.dates.phrase(self.dialect.lower, x=cast(self.values.add(text), _STRING))
        )
        if test.op in (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH):
            return exp.EQ(this=position, expression=number(1))
        return exp.GT(this=position, expression=number(0))

    def range(self, days: Range) -> list[exp.Expr]:
        """Return tests for a half-open range. Instants are compared with instants, so that no row is converted."""
        dimension = days.field.dimension
        whole_days = dimension.type.kind is TypeKind.DATE or (dimension.day is not None and self._asks_in_model_zone())
        value = self.day(days.field) if whole_days else self._plain(dimension.sql, days.field)
        tests: list[exp.Expr] = []
        for edge, comparison in ((days.start, exp.GTE), (days.end, exp.LT)):
            if edge is not None:
                bound = edge if whole_days else carried(_midnight, edge, dimension.type.kind, self.plan.time_zone)
                tests.append(comparison(this=copied(value) if tests else value, expression=self.values.add(bound)))
        tests += [self.dates.has_like(self.day(days.field), same) for same in days.same]
        if days.has_undated:
            return [or_any([and_all(tests), exp.Is(this=copied(value), expression=exp.Null())])]
        return tests or [exp.Not(this=exp.Is(this=value, expression=exp.Null()))]

    # Row rules

    def restriction(self, restriction: Restriction) -> exp.Expr:
        """Return a row rule: a test of the fact itself, or a semi-join along a path, joined or not (decision 25).

        It's FALSE if the actor lacks one of the rule's attributes.
        """
        if any(value is None or value == () for _, value in restriction.attributes):
            return exp.false()
        attributes = dict(restriction.attributes)
        if not restriction.path:
            return exp.Paren(this=rule_over(restriction.rule.where.tree, self.fact, attributes, self.values))
        held = self._exists(
            restriction.path, lambda alias: rule_over(restriction.rule.where.tree, alias, attributes, self.values)
        )
        undated = any(edge.validity and self._moment(edge) is None for edge in restriction.path)
        if restriction.rule.unmatched == "hidden" or undated:  # without a date the match is unknown: nothing is visible
            return held
        return exp.Paren(this=or_any([held, exp.Not(this=self._exists(restriction.path, lambda _: None))]))

    def _exists(self, path: JoinPath, condition: Callable[[str], exp.Expr | None]) -> exp.Exists:
        """Return a test for rows with a member at the end of `path` that passes `condition`."""
        taken, aliases = {*self.aliases.values(), *self.around}, list[str]()
        for edge in path:
            aliases.append(_fresh(f"{edge.role}_rule", taken))
            taken.add(aliases[-1])
        first, *others = path
        joins: list[exp.Expr] = []
        parts = {self.leg.dataset.name: self.fact}
        tests = met(first, parts, aliases[0], self._moment(first))
        for edge, alias in zip(others, aliases[1:], strict=True):
            parts = parts | {edge.source: aliases[aliases.index(alias) - 1]}
            on = met(edge, parts, alias, self._moment(edge))
            joins.append(exp.Join(this=table_of(self._dataset(edge.target), alias), on=and_all(on)))
        wanted = condition(aliases[-1])
        if wanted is not None:
            tests.append(exp.Paren(this=wanted))
        source = exp.From(this=table_of(self._dataset(first.target), aliases[0]))
        where = exp.Where(this=and_all(tests))
        return exp.Exists(this=exp.Select(expressions=[number(1)], from_=source, joins=joins, where=where))


def _midnight(day: date, kind: TypeKind, zone: str) -> datetime:
    """Return the moment when a day begins in a time zone, in the type of the column."""
    if kind is TypeKind.TIMESTAMP:
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the column has no zone either
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def _with_fields(test: SaidTest, shown: Callable[[LegKey], exp.Expr]) -> exp.Expr:
    places = {key.name: key for key in test.fields}

    def placed(node: exp.Expr) -> exp.Expr:
        return operand(shown(places[node.name])) if isinstance(node, exp.Column) else node

    return exp.Paren(this=test.tree.copy().transform(placed, copy=False))


def _fresh(wanted: str, taken: set[str]) -> str:
    while wanted in taken:
        wanted += "_"
    return wanted


def _last_four(text: exp.Expr) -> exp.Expr:
    """Return the last four characters of a text, or null if it has no more than four."""
    longer = exp.GT(this=exp.Length(this=text), expression=number(4))
    return exp.Case(ifs=[exp.If(this=longer, true=exp.Right(this=text.copy(), expression=number(4)))])


def _pairs(mine: tuple[str, ...], here: str, theirs: tuple[str, ...], there: str) -> list[exp.Expr]:
    return [
        exp.EQ(this=column(right, there), expression=column(left, here))
        for left, right in zip(mine, theirs, strict=True)
    ]


_COMPARISONS: dict[Operator, type[exp.Binary]] = {
    Operator.LESS: exp.LT,
    Operator.AT_MOST: exp.LTE,
    Operator.MORE: exp.GT,
    Operator.AT_LEAST: exp.GTE,
}
