"""Convert OSI's metrics, each a single SQL expression, to simple metrics, ratios and formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp

from semantic.interop.aggregates import MARK, Aggregated, take_apart
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.node import Node
from semantic.interop.osi.read import synonyms_of
from semantic.interop.star import RowAggregation, Table

Doc = dict[str, Any]
_Key = tuple[str, str, str, str, float | None, bool, bool]


class OsiMetrics:
    """Collects metrics. Once all of them are added, `docs` builds them.

    `names` maps OSI's names to Samepage's.
    """

    def __init__(self, tables: Mapping[str, Table], fields: Mapping[str, Mapping[str, str]], losses: Losses) -> None:
        self._tables, self._fields, self._losses = tables, fields, losses
        self.names: dict[str, str] = {}
        self.columns: dict[str, set[str]] = {}  # by dataset, what is aggregated
        self._said: list[tuple[Node, Doc, str]] = []

    def add(self, node: Node, text: str) -> None:
        """Add a metric with its expression."""
        name = node.text("name")
        ours = fit_name(name, tuple(self.names.values()), "metric")
        self.names[name] = ours
        doc: Doc = {"name": ours} | ({"description": node.text("description")} if node.has("description") else {})
        synonyms = synonyms_of(node)
        if ours != name:
            self._losses.add(node.name, f"is named {ours} here", node.file)
            synonyms = [*synonyms, name]
        doc |= {"synonyms": synonyms} if synonyms else {}
        self._said.append((node, doc, text))

    def docs(self) -> list[Doc]:
        """Return the metrics. A simple metric has a `dataset` besides its `measure`."""
        docs: list[Doc] = []
        simple: dict[_Key, str] = {}
        formulas: list[tuple[Node, Doc, Any]] = []
        for node, doc, text in self._said:
            try:
                formula = take_apart(text)
                if not formula.is_one:
                    formulas.append((node, doc, formula))
                    continue
                owner, key = self._owner(formula.parts[0], formula.parts)
                docs.append(self._simple(doc, owner, key))
                simple.setdefault((owner, *key), doc["name"])
            except NotExpressible as error:
                self._losses.add(node.name, f"left out: {error}", node.file)
        for node, doc, formula in formulas:
            try:
                found_docs: list[Doc] = []
                names = dict(self.names)
                for at, formula_part in enumerate(formula.parts):
                    owner, key = self._owner(formula_part, formula.parts)
                    if (owner, *key) not in simple:
                        part = fit_name(f"{doc['name']}_{formula_part.agg}", {*self.names.values(), *simple.values()})
                        found_docs.append(self._simple({"name": part}, owner, key))
                        simple[owner, *key] = part
                    names[f"{MARK}{at}"] = simple[owner, *key]
                docs += [*found_docs, doc | _computed(formula.tree, names)]
            except NotExpressible as error:
                self._losses.add(node.name, f"left out: {error}", node.file)
        return docs

    def _simple(self, doc: Doc, owner: str, key: tuple[str, str, str, float | None, bool, bool]) -> Doc:
        agg, sql, condition, percentile, discrete, approximate = key
        table = self._tables[owner]
        table.measures.append(
            RowAggregation(
                name=doc["name"], agg=agg, sql=sql, percentile=percentile, discrete=discrete, approximate=approximate
            )
        )
        doc |= {"dataset": owner, "measure": doc["name"]}
        if condition:
            table.source.hint(condition, "boolean")
            condition = table.source.plain(condition) or table.source.column(
                condition, f"{doc['name']}_counts", "boolean"
            )
        return doc | ({"filter": condition} if condition else {})

    def _owner(self, aggregated: Aggregated, among: tuple[Aggregated, ...]) -> tuple[str, Any]:
        """Return the dataset of an aggregate, and the aggregate over that dataset's columns."""
        trees = [tree.copy() for tree in (aggregated.sql, aggregated.filter) if tree is not None]
        owners = {self._owner_of(column) for tree in trees for column in tree.find_all(exp.Column)}
        if not owners:  # a row count: of the dataset that the rest of the formula reads
            rest = [tree for other in among for tree in (other.sql, other.filter) if tree is not None]
            owners = {self._owner_of(column) for tree in rest for column in tree.find_all(exp.Column)}
            owners = owners or (set(self._tables) if len(self._tables) == 1 else owners)
        if len(owners) != 1:
            said = f"columns of {', '.join(sorted(owners))}" if owners else "no identifiable dataset"
            raise NotExpressible(f"one aggregate reads {said}, but here it must read a single dataset")
        owner = owners.pop()

        added = aggregated.sql.find_all(exp.Column) if aggregated.sql is not None else ()
        self.columns.setdefault(owner, set()).update(column.name for column in added)

        def text(tree: exp.Expr | None) -> str:
            if tree is None:
                return ""
            return tree.transform(lambda node: self._column(node, owner)).sql("duckdb")

        sql, condition = text(aggregated.sql), text(aggregated.filter)
        return owner, (
            aggregated.agg,
            sql,
            condition,
            aggregated.percentile,
            aggregated.discrete,
            aggregated.approximate,
        )

    def _owner_of(self, column: exp.Column) -> str:
        if column.table:
            if column.table not in self._tables:
                raise NotExpressible(f"it reads {column.table}, which is not among the datasets")
            return column.table
        owners = [name for name, fields in self._fields.items() if column.name in fields]
        if len(owners) != 1:
            where = ", ".join(owners) or "no dataset"
            raise NotExpressible(f"{column.name} is a field of {where}; write dataset.field")
        return owners[0]

    def _column(self, node: exp.Expr, owner: str) -> exp.Expr:
        """Return the SQL of a field, for use in place of its name."""
        if not isinstance(node, exp.Column):
            return node
        text = self._fields[owner].get(node.name)
        if text is None or text == node.name:
            return exp.column(node.this.copy())
        tree = sqlglot.parse_one(text, read="duckdb")
        return tree if isinstance(tree, exp.Column) else exp.paren(tree)


def _computed(tree: exp.Expr, names: Mapping[str, str]) -> Doc:
    """Return a ratio or formula over metrics. Raises CannotSay for a name that isn't a metric's."""
    for column in tree.find_all(exp.Column):
        if column.table or column.name not in names:
            raise NotExpressible(f"it uses {column.sql()} outside an aggregate, so it is not a metric")
    if isinstance(tree, exp.Div):
        over, under = tree.this, tree.expression
        under = under.this if isinstance(under, exp.Nullif) and under.expression.sql() == "0" else under
        over = over.expression if isinstance(over, exp.Mul) and over.this.sql() == "1.0" else over
        if isinstance(over, exp.Column) and isinstance(under, exp.Column):
            return {"kind": "ratio", "numerator": names[over.name], "denominator": names[under.name]}
    text = tree.sql("duckdb")
    words = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b")
    return {"kind": "derived", "expression": words.sub(lambda match: names[match[0]], text)}
