"""Build the statements of profiling as syntax trees: counts of columns, sample rows, keys, matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.sql.dialects.build_tree import aliased, and_all, column, number, select_from, subquery
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect

_T = "t"
_ORDERED = ("integer", "double", "date", "timestamp", "timestamptz", "string")


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a table to read: all of them, about `percent` of them, or the first `most_rows`.

    `by_block` samples whole blocks, so that the engine can skip others. In a small table, that might give no rows.
    """

    table: str
    dialect: Dialect
    percent: float | None = None
    most_rows: int | None = None
    by_block: bool = False

    @property
    def is_sampled(self) -> bool:
        """Whether there can be fewer rows than in the table."""
        return self.percent is not None or self.most_rows is not None

    def whole(self) -> Source:
        """Return the whole table as a source."""
        return replace(self, percent=None, most_rows=None, by_block=False)

    def tree(self, alias: str = _T) -> exp.Expr:
        """Return the source for use in FROM."""
        table = exp.to_table(self.table, dialect=self.dialect.name)
        for part in table.parts:
            part.set("quoted", True)
        if self.most_rows is not None:
            return subquery(
                exp.Select(expressions=[exp.Star()], from_=exp.From(this=table)).limit(self.most_rows), alias
            )
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
        if self.percent is not None:
            method = "SYSTEM" if self.by_block else "BERNOULLI"
            share = exp.Literal.number(f"{min(max(self.percent, 0.0001), 100.0):.4f}")
            table.set("sample", exp.TableSample(method=exp.Var(this=method), percent=share))
        return table


def is_ordered(type_text: str) -> bool:
    """Return whether values of this type have a minimum and a maximum."""
    return type_text in _ORDERED or type_text.startswith("decimal")


def column_counts(source: Source, columns: Sequence[tuple[str, str]], *, exact: bool) -> exp.Select:
    """Return a SELECT of one row with counts of a table's rows and of each column's values.

    `n` is the number of rows. For each column, there is the number of values that aren't missing (`k0`), the number of
    distinct values (`d0`), and the range.
    """
    counts = [aliased(exp.Count(this=exp.Star()), "n")]
    for place, (name, type_text) in enumerate(columns):
        value = column(name, _T)
        counts.append(aliased(exp.Count(this=value), f"k{place}"))
        distinct = (
            exp.Count(this=exp.Distinct(expressions=[value.copy()]))
            if exact
            else fill(source.dialect.distinct_estimated, source.dialect.name, x=value.copy())
        )
        counts.append(aliased(distinct, f"d{place}"))
        if is_ordered(type_text):
            counts.append(aliased(exp.Min(this=value.copy()), f"a{place}"))
            counts.append(aliased(exp.Max(this=value.copy()), f"z{place}"))
    return select_from(source.tree(), counts, keys=0)


def some_rows(source: Source, columns: Sequence[str], most: int) -> exp.Select:
    """Return a SELECT of up to `most` rows to inspect one by one."""
    listed = [aliased(column(name, _T), f"c{place}") for place, name in enumerate(columns)]
    return select_from(source.tree(), listed, keys=0).limit(most)


def row_count(source: Source) -> exp.Select:
    """Return a SELECT of one row: `n`, the number of rows."""
    return select_from(source.tree(), [aliased(exp.Count(this=exp.Star()), "n")], keys=0)


def every_row(source: Source) -> exp.Select:
    """Return a SELECT of all rows, so that the engine can estimate their number."""
    return select_from(source.tree(), [exp.Star()], keys=0)


def key_counts(source: Source, names: Sequence[str]) -> exp.Select:
    """Return a SELECT of one row with the number of rows, `n`, and counts of each column's values.

    `k0` counts values that aren't missing, and `d0` distinct values.
    """
    counts = [aliased(exp.Count(this=exp.Star()), "n")]
    for place, name in enumerate(names):
        counts.append(aliased(exp.Count(this=column(name, _T)), f"k{place}"))
        counts.append(aliased(exp.Count(this=exp.Distinct(expressions=[column(name, _T)])), f"d{place}"))
    return select_from(source.tree(), counts, keys=0)


def combination_count(source: Source, names: Sequence[str]) -> exp.Select:
    """Return a SELECT of one row with `d`, the number of distinct combinations of these columns.

    Rows in which one of them is missing don't count.
    """
    listed = [aliased(column(name, _T), f"c{place}") for place, name in enumerate(names)]
    inner = select_from(source.tree(), listed, keys=0)
    inner = inner.where(_all_known(names), copy=False)
    inner.set("distinct", exp.Distinct())
    return select_from(subquery(inner, "s"), [aliased(exp.Count(this=exp.Star()), "d")], keys=0)


def known_count(source: Source, names: Sequence[str]) -> exp.Select:
    """Return a SELECT of one row with the number of rows, `n`, and of rows with a value in each column, `k`."""
    known = exp.Sum(this=exp.Case(ifs=[exp.If(this=_all_known(names), true=number(1))], default=number(0)))
    counts = [aliased(exp.Count(this=exp.Star()), "n"), aliased(known, "k")]
    return select_from(source.tree(), counts, keys=0)


def match_counts(source: Source, names: Sequence[str], target: Source, target_names: Sequence[str]) -> exp.Select:
    """Return a SELECT of one row with the number of source rows without missing values, `n`, and of matches, `m`."""
    here = [aliased(column(name, _T), f"c{place}") for place, name in enumerate(names)]
    left = select_from(source.tree(), here, keys=0)
    left = left.where(_all_known(names), copy=False)
    there = [aliased(column(name, _T), f"k{place}") for place, name in enumerate(target_names)]
    right = select_from(target.tree(), there, keys=0)
    right.set("distinct", exp.Distinct())
    same = and_all(
        [exp.EQ(this=column(f"c{place}", "a"), expression=column(f"k{place}", "b")) for place in range(len(names))]
    )
    counts = [
        aliased(exp.Count(this=exp.Star()), "n"),
        aliased(exp.Count(this=column("k0", "b")), "m"),
    ]
    joined = exp.Join(this=subquery(right, "b"), side="LEFT", on=same)
    tree = select_from(subquery(left, "a"), counts, keys=0)
    tree.append("joins", joined)
    return tree


def unfit_count(source: Source, name: str, pattern: str) -> exp.Select:
    """Return a SELECT of one row with `u`, the number of texts that don't have this format. Nulls don't count."""
    fits = exp.RegexpLike(this=column(name, _T), expression=exp.Literal.string(f"^{pattern}$"))
    unfit = exp.Count(this=exp.Case(ifs=[exp.If(this=exp.Not(this=fits), true=number(1))]))
    return select_from(source.tree(), [aliased(unfit, "u")], keys=0)


def value_counts(source: Source, name: str, most: int) -> exp.Select:
    """Return a SELECT of a column's most frequent values, `v`, each with its number of rows, `n`."""
    counts = [aliased(column(name, _T), "v"), aliased(exp.Count(this=exp.Star()), "n")]
    tree = select_from(source.tree(), counts, keys=1)
    return tree.order_by(exp.Ordered(this=number(2), desc=True), copy=False).limit(most)


def _all_known(names: Sequence[str]) -> exp.Expr:
    return and_all([exp.Not(this=exp.Is(this=column(name, _T), expression=exp.Null())) for name in names])
