"""Convert Cube's measures to metrics: simple ones, formulas, rolling windows and time shifts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from semantic.interop.aggregates import MARK, Aggregated, Formula, take_apart
from semantic.interop.cube.read import Cube
from semantic.interop.cube.template import Name, read_template
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.node import Node
from semantic.interop.star import RowAggregation, Star, Table

Doc = dict[str, Any]

_AGGREGATIONS = {"count_distinct_approx": "approx_count_distinct"} | {
    name: name for name in ("count", "count_distinct", "sum", "avg", "min", "max")
}
_FORMULAS = ("number", "number_agg")
_STAGES = ("group_by", "reduce_by", "add_group_by", "order_by", "case", "keep_filters")
_READ = ("name", "title", "description", "public", "shown", "meta", "format", "currency", "type", "sql", "filters")
_TO_WINDOW = re.compile(r"^(\d+) (second|minute|hour|day|week|month|quarter|year)s?$")
_REFERENCE = "samepage_metric_"
_FORMATS = {"percent": "share", "currency": "money"}


class CubeMeasures:
    """The metrics of all cubes.

    `names` maps a cube and measure to Samepage's name. A measure's name alone is enough if it's unique in the project.
    """

    def __init__(self, cubes: Mapping[str, Cube], losses: Losses) -> None:
        self._cubes, self._losses = cubes, losses
        often = Counter(name for cube in cubes.values() for name in cube.measures)
        self.names: dict[tuple[str, str], str] = {}
        self.synonyms: dict[str, str] = {}
        for cube in cubes.values():
            for name in cube.measures:
                wanted = name if often[name] == 1 else f"{cube.name}_{name}"
                ours = fit_name(wanted, tuple(self.names.values()), cube.name)
                self.names[cube.name, name] = ours
                if ours != name:
                    self.synonyms[ours] = f"{cube.name}.{name}"
                    losses.add(f"measure {name} of {cube.what}", f"becomes the metric {ours}", cube.file)
        self._docs: list[tuple[Cube, Doc, list[str]]] = []
        self._tables: dict[str, Table] = {}

    def read(self, tables: Mapping[str, Table]) -> None:
        """Add measures to each table, and remember what their metrics need."""
        self._tables = dict(tables)
        for cube in self._cubes.values():
            for name, measure in cube.measures.items():
                if cube.name not in tables:
                    continue
                try:
                    self._measure(cube, name, measure)
                except NotExpressible as error:
                    self._losses.add(f"measure {name} of {cube.what}", f"left out: {error}", cube.file)

    def docs(self, star: Star) -> list[Doc]:
        """Return the metrics. Filters are over columns, or over dimensions of other cubes."""
        docs: list[Doc] = []
        for cube, doc, filters in self._docs:
            try:
                condition = self._condition(cube, filters, star, doc["name"]) if filters else {}
            except NotExpressible as error:
                self._losses.add(f"measure {doc['name']} of {cube.what}", f"left out: {error}", cube.file)
                continue
            if "measure" in doc:
                doc["measure"] = f"{star.names[cube.name]}.{doc['measure']}"
            docs.append(doc | condition)
        return docs

    def _condition(self, cube: Cube, filters: list[str], star: Star, name: str) -> Doc:
        source = self._tables[cube.name].source
        try:
            text = _all_of([cube.sql(condition) for condition in filters])
            return {"filter": source.plain(text) or source.column(text, f"{name}_counts", "boolean")}
        except NotExpressible as error:
            if any(
                isinstance(piece, Name) and cube.split(piece)[0] != cube.name
                for condition in filters
                for piece in read_template(condition)
            ):
                return {"where": _all_of([self._over_dimensions(cube, condition, star) for condition in filters])}
            raise error

    def _over_dimensions(self, cube: Cube, text: str, star: Star) -> str:
        """Return a filter over other cubes as a condition over dimensions."""
        pieces: list[str] = []
        for piece in read_template(text):
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            owner, member = cube.split(piece)
            there = self._cubes.get(owner)
            if there is None:
                raise NotExpressible(f"it reads {owner}, which is not a cube")
            sought = piece.column or member
            found_name = next(
                (name for name in there.dimensions if name == sought or there.dimensions[name].get("sql") == sought), ""
            )
            ours = star.part(owner, found_name)
            if not ours:
                raise NotExpressible(f"it reads {owner}.{sought}, which is not a dimension")
            role = star.role(cube.name, owner) if owner != cube.name else ""
            pieces.append(f"{role}__{ours}" if role else ours)
        return "".join(pieces)

    def _measure(self, cube: Cube, name: str, data: Doc) -> None:
        node = Node(data, f"measure {name} of {cube.what}", cube.file, self._losses)
        ours = self.names[cube.name, name]
        kind = node.text("type", "number")
        staged = next((key for key in _STAGES if node.has(key)), "")
        if staged:
            raise NotExpressible(f"`{staged}:` has no equivalent")
        doc: Doc = {"name": ours, **_words(node, name)}
        if ours in self.synonyms:
            doc["synonyms"] = [self.synonyms[ours]]
        filters = [part.text("sql") for part in node.parts("filters")]
        node.skip(*_READ, "rolling_window", "time_shift", "multi_stage")
        node.left_out()
        if node.has("rolling_window"):
            self._rolling(cube, name, node, doc, filters)
        elif kind in _AGGREGATIONS:
            self._simple(cube, doc, _AGGREGATIONS[kind], node.text("sql"), filters)
        elif kind in _FORMULAS:
            self._formula(cube, name, node, doc, filters)
        else:
            raise NotExpressible(f"its type is {kind}, and a metric must be a number")

    def _simple(self, cube: Cube, doc: Doc, agg: str, text: str, filters: list[str]) -> None:
        sql = cube.sql(text) if text else ""
        if not sql and agg != "count":
            raise NotExpressible(f"the type {agg} needs `sql:`")
        self._add(cube, doc, RowAggregation(name=doc["name"], agg=agg, sql=sql), filters)

    def _add(self, cube: Cube, doc: Doc, measure: RowAggregation, filters: list[str]) -> None:
        table = self._tables[cube.name]
        for condition in filters:
            try:
                table.source.hint(cube.sql(condition), "boolean")
            except NotExpressible:
                continue  # it reads another cube, or is reported when written
        table.measures.append(measure)
        self._docs.append((cube, doc | {"measure": measure.name}, filters))

    def _formula(self, cube: Cube, name: str, node: Node, doc: Doc, filters: list[str]) -> None:
        texts: list[str] = []

        def measure(owner: str, member: str) -> str:
            ours = self.names.get((owner, member))
            if ours is None or (owner, member) == (cube.name, name):
                return ""
            if ours not in texts:
                texts.append(ours)
            return f"{_REFERENCE}{texts.index(ours)}"

        text = cube.sql(node.text("sql"), measure)
        formula = take_apart(text)
        shift = list(node.parts("time_shift"))
        if shift:
            self._shifted(cube, formula.tree, texts, shift, doc)
        elif formula.is_one:
            self._aggregate(cube, doc, formula.parts[0], filters)
        elif filters:
            raise NotExpressible("filters on a formula have no equivalent; filter its parts")
        else:
            self._computed(cube, doc, text, formula, texts)

    def _computed(self, cube: Cube, doc: Doc, text: str, formula: Formula, texts: list[str]) -> None:
        """Add a measure as a ratio or formula. Each aggregate in it becomes a metric."""
        names = {f"{_REFERENCE}{at}": ours for at, ours in enumerate(texts)}
        for at, aggregated in enumerate(formula.parts):
            part = fit_name(f"{doc['name']}_{aggregated.agg}", self._taken())
            self._aggregate(cube, {"name": part}, aggregated, [])
            names[f"{MARK}{at}"] = part
        for column in formula.tree.find_all(exp.Column):
            if column.sql() not in names:
                raise NotExpressible(f"it uses {column.sql()}, which is not a measure")
        sides = _sides(formula.tree)
        if sides and all(side in names for side in sides):
            doc |= {"kind": "ratio", "numerator": names[sides[0]], "denominator": names[sides[1]]}
        else:
            written = text if not formula.parts else formula.tree.sql("duckdb")
            doc |= {
                "kind": "derived",
                "expression": re.sub(r"\b(?:samepage_metric|aggregate)_\d+\b", lambda match: names[match[0]], written),
            }
        self._docs.append((cube, doc, []))

    def _taken(self) -> set[str]:
        return {*self.names.values(), *(doc["name"] for _, doc, _ in self._docs)}

    def _aggregate(self, cube: Cube, doc: Doc, one: Aggregated, filters: list[str]) -> None:
        measured = RowAggregation(
            name=doc["name"], agg=one.agg, sql=one.sql.sql("duckdb") if one.sql is not None else "",
            percentile=one.percentile, discrete=one.discrete, approximate=one.approximate,
        )  # fmt: skip
        condition = [one.filter.sql("duckdb")] if one.filter is not None else []
        self._add(cube, doc, measured, [*filters, *condition])

    def _shifted(self, cube: Cube, tree: exp.Expr, texts: list[str], shifts: list[Node], doc: Doc) -> None:
        if len(shifts) != 1 or len(texts) != 1 or not isinstance(tree, exp.Column):
            raise NotExpressible("a time shift needs one measure and one interval")
        shift = shifts[0]
        interval = shift.text("interval")
        if shift.text("type", "prior") != "prior" or not _TO_WINDOW.match(interval):
            raise NotExpressible(
                f"a shift by {interval or shift.text('name')!r} {shift.text('type')} has no equivalent"
            )
        if shift.has("time_dimension"):
            why = f"is shifted by {shift.text('time_dimension')}, but here it uses the metric's own date"
            self._losses.add(f"measure {doc['name']} of {cube.what}", why, cube.file)
        doc |= {"kind": "derived", "expression": texts[0], "inputs": [{"metric": texts[0], "offset": interval}]}
        self._docs.append((cube, doc, []))

    def _rolling(self, cube: Cube, name: str, node: Node, doc: Doc, filters: list[str]) -> None:
        window = node.part("rolling_window")
        kind = _AGGREGATIONS.get(node.text("type"))
        if kind is None:
            raise NotExpressible("a rolling window needs a count, a sum or another aggregate")
        texts: Doc = {}
        if window.text("type", "fixed") == "to_date":
            texts["to_date"] = window.text("granularity")
        else:
            if window.text("offset", "end") != "end":
                raise NotExpressible("a window from the start of a period has no equivalent")
            if window.has("leading") and window.text("leading") not in ("0", "0 days", "0 day"):
                raise NotExpressible("a window that reaches into the future has no equivalent")
            trailing = window.text("trailing")
            if trailing != "unbounded":
                if not _TO_WINDOW.match(trailing):
                    raise NotExpressible(f"a window of {trailing!r} has no equivalent")
                texts["window"] = trailing
        base = self._same(cube, name, node)
        if not base:
            base = fit_name(f"{doc['name']}_of_day", self._taken())
            self._simple(cube, {"name": base}, kind, node.text("sql"), filters)
        self._docs.append((cube, doc | {"kind": "cumulative", "metric": base} | texts, []))

    def _same(self, cube: Cube, name: str, node: Node) -> str:
        """Return the metric of another measure in this cube that counts the same rows without a window, or ""."""
        mine = cube.measures[name]
        for other, measure in cube.measures.items():
            alike = all(measure.get(key) == mine.get(key) for key in ("type", "sql", "filters"))
            if alike and other != name and "rolling_window" not in measure:
                return self.names[cube.name, other]
        return ""


def _words(node: Node, name: str) -> Doc:
    """Return the label, description and format of a measure."""
    title, description = node.text("title"), node.text("description")
    doc: Doc = {"label": title} if title and title != name.replace("_", " ").capitalize() else {}
    doc |= {"description": description} if description else {}
    if node.text("public", "true").lower() == "false" or node.text("shown", "true").lower() == "false":
        doc["tags"] = ["hidden"]
    if node.has("format") and not node.is_mapping("format"):
        doc |= {"format": _FORMATS[node.text("format")]} if node.text("format") in _FORMATS else {}
    return doc | ({"unit": node.text("currency").upper()} if node.has("currency") else {})


def _all_of(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else " AND ".join(f"({condition})" for condition in conditions)


def _sides(tree: exp.Expr) -> tuple[str, str] | None:
    """Return the two names in `a / b`, `a / NULLIF(b, 0)` or `1.0 * a / b`, or None for any other formula."""
    if not isinstance(tree, exp.Div):
        return None
    over, under = tree.this, tree.expression
    if isinstance(over, exp.Mul) and over.this.sql() == "1.0":
        over = over.expression
    if isinstance(under, exp.Nullif) and under.expression.sql() == "0":
        under = under.this
    both = isinstance(over, exp.Column) and isinstance(under, exp.Column)
    return (over.sql(), under.sql()) if both else None
