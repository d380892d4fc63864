"""Explain why a compared number changed: ask for its parts under the actor's own policy, and analyze them.

Each part comes from an ordinary question of this actor, with the same row rules, masks and small groups, and a receipt.
So no part reveals more than its question would. Extra metrics in the same questions count late data.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from semantic.analyses.why import WHY, ChangeInput, Groups, is_whole
from semantic.annotations.annotation import Annotation
from semantic.answering.pending import Pending
from semantic.display.evidence import evidence
from semantic.display.failures import failure_title
from semantic.display.rows import are_apart, compared_with, main_values, row_kinds
from semantic.errors import GroupTooSmall, InvalidQuery, SemanticError
from semantic.explore.drill import drill_options
from semantic.explore.selection import SelectedRows
from semantic.model.definitions import Additivity, Aggregation, Granularity, Metric, NumberFormat
from semantic.plan.measures.metrics import additivity
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.data import column_name
from semantic.query.describe import lower_first
from semantic.query.narrowing import all_of, narrowed, parts_of
from semantic.query.query import DATE, Breakdown, Condition, Operator, Query, Top
from semantic.query.resolve import resolve
from semantic.results.change import Amounts, Explanation, Factor, Formula, Late, Member, Pair, Part, PartKind, Parts
from semantic.results.late import NONE_LATE, OTHER_KIND, Days, Estimate, LateColumns, late_columns, late_of
from semantic.results.result import Period, Result, ResultColumn
from semantic.results.sums import Sum, Sums, formula_of, sums_of, why_no_parts
from semantic.services.usual import changes_before, days_question, earlier_periods, fraction
from semantic.workspace import Workspace

MOST_SEARCHED = 8
"""How many breakdowns are analyzed at most, by default those nearest to the metric's own rows."""

MOST_MEMBERS, LARGEST = 2_000, 50
"""How many members of a breakdown are compared one by one at most.

Of a larger breakdown, only the LARGEST members and Other are compared.
"""

FEWEST_ROWS = 30
"""A member with fewer rows than this in both periods isn't named, and doesn't affect its breakdown's rank."""

NO_COMPARISON = "This number isn't compared with anything. Add a comparison, such as the previous period."
HIDDEN = "Some groups are hidden for privacy, so the others don't add up to the whole."
MAY_HIDE = "Small groups are left out for privacy, and the others don't add up to the whole."
BALANCE = "A balance isn't summed over days, so days have no contributions."
ONE = timedelta(days=1)
NOTHING_LATE = "No data is late."
NOT_READ = "Late data couldn't be shown separately."


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The explanation of a change.

    `result` has the number in both periods, in the columns `column` and `before`, and a receipt. `why_not` is why no
    breakdown has contributions, or "" if some have. `left_out` has the breakdowns that couldn't be read, each with the
    reason. `late` says for which data lateness isn't known, or that no data is late.
    """

    query: Query
    result: Result
    column: ResultColumn
    before: ResultColumn
    explanation: Explanation
    reason: str
    keys: Mapping[str, ResultColumn]  # by breakdown, for its members in words
    why_not: str = ""
    late: str = ""
    left_out: Mapping[str, str]
    remarks: tuple[Annotation, ...] = ()


def question_of(query: Query, metric: str = "", compare: int = 0) -> Query:
    """Return the question for one metric and one comparison of a question.

    Raises InvalidQuery if it has no such comparison. `compare` is the comparison's position in the question, counted
    from 0.
    """
    names = [metric] if metric else [*query.metrics[:1]]
    if not names or names[0] not in query.metrics:
        raise InvalidQuery(
            "Name the metric whose change you want explained. It must be one that the question asks for."
        )
    if not 0 <= compare < len(query.compare):
        raise InvalidQuery(NO_COMPARISON)
    if query.having:
        raise InvalidQuery("Remove the filters on values first, because the change covers all groups.")
    return Query(
        metrics=tuple(names), where=query.where, time=query.time, compare=(query.compare[compare],),
        time_zone=query.time_zone, week_start=query.week_start, fiscal_start=query.fiscal_start,
        currency=query.currency, rates=query.rates, history=query.history, as_of=query.as_of,
    )  # fmt: skip


def explain(
    query: Query,
    workspace: Workspace,
    actor: Actor,
    *,
    metric: str = "",
    compare: int = 0,
    by: Sequence[str] = (),
    today: date | None = None,
    ahead: int = 1,
    before_each: Callable[[Query], None] = lambda query: None,
) -> Why:
    """Explain why the number of `query` changed from the comparison period.

    The number is that of `metric`, or by default of the only metric. `compare` is the position of the comparison in the
    question. The question's breakdowns, order and top are ignored, because the change covers all of its rows. `by`
    names the breakdowns to analyze instead of the nearest ones. One question runs at a time, and up to `ahead` more
    start early. `before_each` is called with each question before it is asked, and can raise an error to end the
    explanation. Raises SemanticError.
    """
    asked = question_of(query, metric, compare)
    home = workspace.at(asked)
    visible = home.visible(actor)
    explaining = _Explaining(
        asked, visible.metric(asked.metrics[0]), home, actor, visible, today or home.today(), ahead, before_each
    )
    return explaining.find(by)


@dataclass(frozen=True, slots=True)
class _Explaining:
    query: Query
    metric: Metric
    workspace: Workspace
    actor: Actor
    visible: VisibleModel
    today: date
    ahead: int
    before_each: Callable[[Query], None]

    def find(self, by: Sequence[str]) -> Why:
        sums, formula = sums_of(self.metric, self.visible), formula_of(self.metric, self.visible)
        counting = None if self.metric.enough is not None or sums is None else _counting(sums, self.visible)
        beside = [*(sums.names if sums else ()), *([counting] if counting else [])]
        breakdowns = self._breakdowns(by)
        pending = self._start(self._whole(beside, formula))
        result = pending.result()
        column = main_values(result)[0]
        (before,) = compared_with(column, result)
        numbers = _Numbers(result, column, before, sums, counting)
        amounts, sums = numbers.whole(self.metric)
        why_not = "" if sums is not None else why_no_parts(self.metric, self.visible)
        apart = self._apart(amounts, replace(numbers, sums=sums), formula, pending)
        read = self._groups(breakdowns, beside, amounts, sums, counting, why_not, apart, is_named=bool(by))
        given = ChangeInput(
            whole=amounts, groups=tuple(read.groups), searched=len(read.keys),
            is_share=column.format is NumberFormat.SHARE, matters=self.metric.matters,
            formula=_with_pairs(formula, result) if apart.late is None else apart.formula, late=apart.late,
            earlier=self._earlier(result, before, sums), is_apart=are_apart(column, before, result, 0),
        )  # fmt: skip
        finding = WHY.find(given)
        return Why(
            query=self.query, result=result, column=column, before=before,
            explanation=self._with_questions(finding.detail), reason=finding.reason, keys=read.keys, why_not=why_not,
            late=" ".join(apart.words), left_out=read.left_out, remarks=self._remarks(result),
        )  # fmt: skip

    # Questions

    def _whole(self, beside: Sequence[str], formula: Formula | None) -> Query:
        """Return the question for the total number, with the amounts from which it is calculated."""
        inputs = [factor.metric for factor in formula.factors] if formula else []
        return replace(self.query, metrics=tuple(dict.fromkeys((self.metric.name, *beside, *inputs))))

    def _start(self, query: Query, made: Mapping[str, Metric] = NONE_LATE.made) -> Pending:
        self.before_each(query)
        return self.workspace.start(query, self.actor, today=self.today, made=made)

    def _all_started(
        self, breakdowns: Sequence[Breakdown], beside: Sequence[str], made: Mapping[str, Metric]
    ) -> Iterator[tuple[Breakdown, Pending | SemanticError]]:
        """Yield each breakdown's running question, or why it can't be asked. A few start before they are needed."""
        waiting = deque[tuple[Breakdown, Pending | SemanticError]]()
        try:
            for breakdown in breakdowns:
                try:
                    question = self._broken_down(breakdown, [*beside, *made])
                    waiting.append((breakdown, self._start(question, made)))
                except SemanticError as error:
                    waiting.append((breakdown, error))
                if len(waiting) > self.ahead:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for _, pending in waiting:
                if not isinstance(pending, SemanticError):
                    pending.leave()

    def _broken_down(self, breakdown: Breakdown, beside: Sequence[str]) -> Query:
        metrics = tuple(dict.fromkeys((self.metric.name, *beside)))
        return replace(self.query, metrics=metrics, by=(breakdown,), limit=MOST_MEMBERS)

    def _breakdowns(self, by: Sequence[str]) -> list[Breakdown]:
        """Return the breakdowns to analyze: the named ones, or by default the nearest that can split the metric."""
        if by:
            names = [*dict.fromkeys(by)]
            if len(names) > MOST_SEARCHED:
                raise InvalidQuery(f"Name at most {MOST_SEARCHED} breakdowns.")
            return [self._named(name) for name in names]
        everything = SelectedRows(rows=(0,), groups=((),))
        asked = resolve(self.query, self.visible, today=self.today)
        available = self.workspace.preflight(self.query, self.actor, today=self.today).available
        ways = [way.breakdown for way in drill_options(everything, asked, available) if not way.breakdown.is_time]
        return ways[:MOST_SEARCHED]

    def _named(self, name: str) -> Breakdown:
        if name == DATE:
            return Breakdown(DATE, self._grain())
        self.visible.dimension(name)
        return Breakdown(name)

    def _grain(self) -> Granularity:
        """Return the granularity at which periods are listed, chosen so that there are few enough to read."""
        days = resolve(self.query, self.visible, today=self.today).days
        if days.start is None or days.end is None or (days.end - days.start).days > 190:
            return Granularity.MONTH
        return Granularity.WEEK if (days.end - days.start).days > 31 else Granularity.DAY

    # Answers

    def _groups(
        self, breakdowns: Sequence[Breakdown], beside: Sequence[str], whole: Amounts, sums: Sums | None,
        counting: str | None, why_not: str, apart: _LatePart, *, is_named: bool,
    ) -> _MembersRead:  # fmt: skip
        """Return the members of each breakdown. Raises SemanticError if the only requested breakdown can't be read."""
        read = _MembersRead([], {}, {})
        for breakdown, pending in self._all_started(breakdowns, beside, apart.columns.made):
            try:
                found = self._members(breakdown, beside, pending, whole, sums, counting, why_not, apart)
            except SemanticError as error:
                if is_named and len(breakdowns) == 1:
                    raise
                read.left_out[self._label(breakdown)] = failure_title(error)
                continue
            groups, read.keys[breakdown.dim] = found
            if len(groups.members) > 1 or len(breakdowns) == 1:
                read.groups.append(groups)
        return read

    def _members(
        self, breakdown: Breakdown, beside: Sequence[str], pending: Pending | SemanticError, whole: Amounts,
        sums: Sums | None, counting: str | None, why_not: str, apart: _LatePart,
    ) -> tuple[Groups, ResultColumn]:  # fmt: skip
        """Return the members of a breakdown, and its column. Raises SemanticError."""
        if isinstance(pending, SemanticError):
            raise pending
        result = pending.result()
        if result.groups > MOST_MEMBERS:
            made = apart.columns.made
            pending = self._start(self._largest(breakdown, [*beside, *made], sums), made)
            result = pending.result()
        column = main_values(result)[0]
        (before,) = compared_with(column, result)
        numbers = _Numbers(result, column, before, sums, counting, apart.columns)
        if numbers.hides:  # with the whole, the visible numbers would reveal the hidden ones
            raise GroupTooSmall(HIDDEN)
        members = tuple(numbers.members(column_name(breakdown)))
        whole = whole if apart.late is None else apart.late.comparable
        if _leaves_out(pending) and (sums is None or not is_whole(members, whole)):
            raise GroupTooSmall(MAY_HIDE)
        reason = why_not or (BALANCE if breakdown.dim == DATE and self._is_balance(sums) else "")
        key = result.keys[0]
        return Groups(dim=breakdown.dim, label=key.label, members=members, why_not=reason), key

    def _largest(self, breakdown: Breakdown, beside: Sequence[str], sums: Sums | None) -> Query:
        """Return the question for a breakdown with too many members, limited to its largest members and Other."""
        by = sums.names[0] if sums is not None else self.metric.name
        top = Top(LARGEST, column_name(breakdown), by)
        return replace(self._broken_down(breakdown, beside), limit=None, top=top)

    def _label(self, breakdown: Breakdown) -> str:
        dimension = self.visible.dimension(breakdown.dim)[0] if breakdown.dim != DATE else None
        return "Date" if dimension is None else dimension.label or dimension.name

    def _is_balance(self, sums: Sums | None) -> bool:
        model = self.visible.model
        names = sums.names if sums is not None else ()
        return any(additivity(model.metrics[name], model) is Additivity.SEMI for name in names)

    def _earlier(self, result: Result, before: ResultColumn, sums: Sums | None) -> tuple[Fraction, ...]:
        """Return the number's changes between earlier pairs of periods, latest first."""
        periods = earlier_periods(result, before, sums, self.visible)
        if sums is None or not periods:
            return ()
        try:
            return changes_before(self._start(days_question(self.query, result, sums, periods)), sums, periods)
        except SemanticError:
            return ()

    # Late data

    def _apart(self, whole: Amounts, numbers: _Numbers, formula: Formula | None, pending: Pending) -> _LatePart:
        """Return late data's contribution to the total number, and the columns that identify it in breakdowns."""
        result, before, sums = numbers.result, numbers.before, numbers.sums
        own, compared = _days_of(result.period), _days_of(result.compared[before.compare])
        if own is None or compared is None:
            return _LatePart(words=(OTHER_KIND,))
        factors = formula.factors if formula is not None else ()
        of_factors = [sums_of(self.visible.metric(one.metric), self.visible) for one in factors]
        names = dict.fromkeys(name for each in (sums, *of_factors) if each is not None for name in each.names)
        asking = pending.compiled.asked.asking
        columns = late_columns(self.metric, sums, [*names], own, compared, self.visible, asking)
        if not columns.made:
            return _LatePart(words=columns.unknown or (NOTHING_LATE,))
        metrics = tuple(dict.fromkeys((self.metric.name, *names, *columns.made)))
        try:
            answer = self._start(replace(self.query, metrics=metrics), columns.made).result()
        except SemanticError:
            return _LatePart(words=(NOT_READ,))
        counted = replace(numbers, result=answer, late=columns)
        late = counted.what_is_late(whole)
        if late is None:
            return _LatePart(words=(NOT_READ,))
        none = (NOTHING_LATE,) if late.is_nothing and not columns.unknown else ()
        beside = columns if sums is not None else NONE_LATE
        return _LatePart(beside, late, counted.comparable_formula(formula, of_factors), (*none, *columns.unknown))

    def _remarks(self, result: Result) -> tuple[Annotation, ...]:
        try:
            return self.workspace.annotations(result, self.actor)
        except SemanticError:
            return ()  # the parts are complete without them

    # The next level

    def _with_questions(self, explanation: Explanation) -> Explanation:
        """Return the explanation with a follow-up question added to each breakdown and each member."""
        dims = [parts.dim for parts in explanation.by if parts.adds_up and parts.dim != DATE]
        by = tuple(
            replace(
                parts,
                onward=self._by(parts.dim, self.query),
                parts=tuple(replace(part, onward=self._into(parts, part, dims)) for part in parts.parts),
            )
            for parts in explanation.by
        )
        return replace(explanation, by=by)

    def _by(self, dim: str, query: Query) -> Query:
        breakdown = Breakdown(DATE, self._grain()) if dim == DATE else Breakdown(dim)
        return replace(query, by=(breakdown,), totals=((),))

    def _into(self, parts: Parts, part: Part, dims: Sequence[str]) -> Query | None:
        """Return a question filtered to one member and split by the next breakdown, if there is one.

        Returns None if no filter can select the member.
        """
        if part.kind not in ("member", "none") or parts.dim == DATE or self.visible.mask(parts.dim) is not None:
            return None
        value = _filter_value(part.value)
        if value is ...:
            return None
        test = Condition(parts.dim, Operator.IN, (value,))
        query = replace(self.query, where=all_of(narrowed(parts_of(self.query.where), test)))
        following = next((dim for dim in dims if dim != parts.dim), None)
        return self._by(following, query) if following else query


def _filter_value(value: object) -> Any:
    """Return a member as a filter value, or `...` if no filter can select it. Any: a value, or the ellipsis."""
    return value if value is None or isinstance(value, str | bool | int) else ...


@dataclass(frozen=True, slots=True)
class _LatePart:
    """Late data's contribution, the columns that identify late data, and the formula without it.

    `words` says for which data lateness isn't known, or that no data is late.
    """

    columns: LateColumns = NONE_LATE
    late: Late | None = None
    formula: Formula | None = None
    words: tuple[str, ...] = ()


def _days_of(period: Period) -> Days | None:
    return (period.start, period.end) if period.start is not None and period.end is not None else None


@dataclass(frozen=True, slots=True)
class _MembersRead:
    """What the questions returned: each breakdown's members and column, and why some breakdowns have none, by label."""

    groups: list[Groups]
    keys: dict[str, ResultColumn]
    left_out: dict[str, str]


def _leaves_out(pending: Pending) -> bool:
    """Whether a policy can omit small groups, so that a missing group could also be a hidden one."""
    suppression = pending.compiled.plan.suppression
    return suppression is not None and suppression.leaves_out


def by_of(query: Query) -> tuple[str, ...]:
    """Return the breakdowns that a question asks for. Raises InvalidQuery for breakdowns that can't be analyzed."""
    for breakdown in query.by:
        if breakdown.via or breakdown.part or breakdown.period:
            raise InvalidQuery(f"Use only the breakdown {breakdown.dim}, without via, part or period.")
    return tuple(breakdown.dim for breakdown in query.by)


# The parts of the numbers


def _with_pairs(formula: Formula | None, result: Result) -> Formula | None:
    """Return the formula with each metric's numbers filled in, or None if a number is missing or hidden."""
    if formula is None:
        return None
    row = result.table.slice(0, 1).to_pylist()[0]
    suffix = next(column.compare for column in result.values if column.compare)
    factors: list[Factor] = []
    for factor in formula.factors:
        before, after = fraction(row[f"{factor.metric}_{suffix}"]), fraction(row[factor.metric])
        if before is None or after is None:
            return None
        factors.append(replace(factor, pair=Pair(before, after)))
    return replace(formula, factors=tuple(factors))


def _counting(sums: Sums, visible: VisibleModel) -> str | None:
    """Return the name of a metric that counts the rows behind the number, or None if this actor can't ask for one."""
    metric = visible.model.metrics[sums.names[-1]]
    if not metric.is_simple:
        return None
    dataset = visible.model.measure(metric.measure).dataset
    for other in visible.metrics:
        if other.is_simple and other.filter == metric.filter and other.where == metric.where and not other.fill:
            measure = visible.model.measure(other.measure)
            if measure.dataset == dataset and measure.agg is Aggregation.COUNT:
                return other.name
    return None


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers in one answer for both periods, as fractions."""

    result: Result
    column: ResultColumn
    before: ResultColumn
    sums: Sums | None
    counting: str | None
    late: LateColumns = NONE_LATE

    def whole(self, metric: Metric) -> tuple[Amounts, Sums | None]:
        """Return the total number's amounts in both periods, and its sums if it consists of sums.

        Raises InvalidQuery if the number is missing in a period, and GroupTooSmall if it is hidden.
        """
        if self.hides:
            raise GroupTooSmall("This number is hidden for privacy, because it's based on too few people or orders.")
        row = self.result.table.slice(0, 1).to_pylist()[0] if self.result.table.num_rows else {}
        values = [row.get(name) for name in (self.column.name, self.before.name)]
        if any(isinstance(value, str | date) for value in values):
            raise InvalidQuery(f"{metric.label or metric.name} isn't a number, so there is no change to explain.")
        after, before = map(fraction, values)
        if after is None or before is None:
            label, period = metric.label or metric.name, self.result.period
            if period.start is not None and period.start == period.end:  # "No complete day of this week yet"
                raise InvalidQuery(f"{period.words}, so {lower_first(label)} has no change to explain.")
            when = period.words if after is None else self.result.compared[self.before.compare].words
            raise InvalidQuery(f"{label} has no value in {when}, so there is no change to explain.")
        if self.sums is not None:
            amounts = self._amounts(self.sums, row)
            if _is_near(amounts.before, before) and _is_near(amounts.after, after):
                return amounts, self.sums
        return Amounts(Pair(before, after)), None

    @property
    def hides(self) -> bool:
        """Whether a policy hides any of the numbers."""
        return any(any(rows) for rows in self.result.hidden.values())

    def members(self, key: str) -> list[Member]:
        """Return each group with its numbers, without total rows."""
        enough = self._is_enough()
        members: list[Member] = []
        for place, (row, kinds) in enumerate(zip(self.result.table.to_pylist(), row_kinds(self.result), strict=True)):
            kind = _KINDS.get(kinds[0])
            if kind is None:
                continue
            after, before = fraction(row[self.column.name]), fraction(row[self.before.name])
            amounts = self._amounts(self.sums, row) if self.sums is not None else Amounts(Pair(_0, _0))
            members.append(
                Member(
                    value=row[key],
                    kind=kind,
                    before=before,
                    after=after,
                    amounts=amounts,
                    counted=self._counted(row),
                    is_enough=enough[place] and self._has_rows(row),
                )
            )
        return members

    def what_is_late(self, whole: Amounts) -> Late | None:
        """Return late data's contribution, or None if it can't be determined."""
        row = self.result.table.slice(0, 1).to_pylist()[0]
        if self.hides:
            return None
        if self.sums is not None:
            top, bottom = self.sums.top, self.sums.bottom
            now = self._pair(top, row)
            if not _is_near(now.before, whole.top.before) or not _is_near(now.after, whole.top.after):
                return None  # the data has changed since
            below = None if bottom is None else self._estimates(bottom, row)
            return late_of(whole, self._estimates(top, row), below, self.late)
        is_before = self.late.older == "before"
        known = fraction(row[f"{self.late.instead}_{self.before.compare}" if is_before else self.late.instead])
        if known is None or whole.before is None or whole.after is None:
            return None
        ends = (known, whole.after) if is_before else (whole.before, known)
        return late_of(whole, [Estimate(end, end, end) for end in ends], None, self.late)

    def comparable_formula(self, formula: Formula | None, of_factors: Sequence[Sums | None]) -> Formula | None:
        """Return the formula as if both periods were equally complete, or None if a metric isn't made of sums."""
        if formula is None:
            return None
        row = self.result.table.slice(0, 1).to_pylist()[0]
        factors: list[Factor] = []
        for factor, sums in zip(formula.factors, of_factors, strict=True):
            amounts = self._amounts(sums, row) if sums is not None else None
            if amounts is None or amounts.before is None or amounts.after is None:
                return None
            factors.append(replace(factor, pair=Pair(amounts.before, amounts.after)))
        return replace(formula, factors=tuple(factors))

    def _amounts(self, sums: Sums, row: Mapping[str, object]) -> Amounts:
        """Return a row's amounts without late data."""

        def middles(of: Sum) -> Pair:
            before, after = self._estimates(of, row)
            return Pair(before.middle, after.middle)

        return Amounts(middles(sums.top), middles(sums.bottom) if sums.bottom is not None else None)

    def _counted(self, row: Mapping[str, object]) -> Amounts | None:
        """Return a row's sums including late data, or None if late data isn't identified."""
        if self.sums is None or not self.late.columns:
            return None
        bottom = self.sums.bottom
        return Amounts(self._pair(self.sums.top, row), self._pair(bottom, row) if bottom is not None else None)

    def _estimates(self, of: Sum, row: Mapping[str, object]) -> Sequence[Estimate]:
        numbers = {name: fraction(row[name]) for name in self.late.names_with(self.before.compare)}
        return self.late.comparable(of, self._pair(of, row), numbers, self.before.compare)

    def _pair(self, of: Sum, row: Mapping[str, object]) -> Pair:
        suffix = self.before.compare
        return Pair(
            sum((weight * (fraction(row[f"{name}_{suffix}"]) or 0) for name, weight in of.items()), _0),
            sum((weight * (fraction(row[name]) or 0) for name, weight in of.items()), _0),
        )

    def _is_enough(self) -> list[bool]:
        """Return, for each row, whether both numbers are based on as much data as the metric requires."""
        known = evidence(self.result)
        marks = [True] * self.result.table.num_rows
        for name in (self.column.name, self.before.name):
            for place, each in enumerate(known.get(name, ())):
                marks[place] = marks[place] and (each is None or each.is_enough)
        return marks

    def _has_rows(self, row: Mapping[str, object]) -> bool:
        """Whether a member has enough rows in at least one period. True if rows aren't counted."""
        if self.counting is None:
            return True
        counts = (fraction(row[self.counting]), fraction(row[f"{self.counting}_{self.before.compare}"]))
        return max(count or _0 for count in counts) >= FEWEST_ROWS


_0 = Fraction(0)
_KINDS: Mapping[str, PartKind] = {"member": "member", "none": "none", "other": "other"}


def _is_near(one: Fraction | None, other: Fraction) -> bool:
    """Whether two numbers agree to nine digits, because quotients in answers are rounded."""
    return one is not None and abs(one - other) <= abs(other) / 10**9
