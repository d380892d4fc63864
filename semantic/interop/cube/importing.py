"""Import a Cube project's data model, with a list of what couldn't be carried over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.column_types import Columns, no_columns
from semantic.interop.cube.measures import CubeMeasures
from semantic.interop.cube.read import Cube, read_cubes
from semantic.interop.cube.template import read_template
from semantic.interop.imported import ImportedModel, ImportedParts, finish
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.node import Node
from semantic.interop.ours import OURS
from semantic.interop.source_table import SourceTable
from semantic.interop.sql_names import as_column
from semantic.interop.star import Link, Part, Star, Table

Doc = dict[str, Any]

WHOLE = f"{OURS}_model"
"""The key under one cube's `meta:` for what an export stores for the whole model."""

_TO_ONE = ("many_to_one", "belongs_to", "belongsTo", "one_to_one", "has_one", "hasOne")
_TO_MANY = ("one_to_many", "has_many", "hasMany")
_NOT_YET = {
    "pre_aggregations": ("pre-aggregation", "stored roll-ups are not supported yet, so this is left out"),
    "hierarchies": ("hierarchy", "breakdowns have no levels, so this is left out"),
    "access_policy": ("access policy", "access is defined in `policies:`, so this is left out"),
}
_KINDS = {"time": "time", "boolean": "boolean", "number": "number", "string": "string"}


def import_cube(files: Mapping[str, str], *, columns: Columns = no_columns, name: str = "") -> ImportedModel:
    """Return the model in a Cube project's YAML files, by path. `columns` looks up a table's columns in the engine.

    What the model language can't express is left out and listed.
    """
    losses = Losses()
    cubes = read_cubes(files, losses)
    if not cubes:
        losses.add("the project", "it has no cube, so no dataset is made")
    reader = _Reader(cubes, columns, losses)
    return finish("Cube", reader.read(name), losses)


class _Reader:
    """Reads all cubes together. In a model, names are unique, but in Cube only within a cube."""

    def __init__(self, cubes: Mapping[str, Cube], columns: Columns, losses: Losses) -> None:
        self._roles = {cube.name: role for cube in cubes.values() if (role := _meta(cube.data, OURS).get("role"))}
        self._all = cubes
        self._cubes = {name: cube for name, cube in cubes.items() if name not in self._roles}
        self._columns, self._losses = columns, losses
        self._beside: dict[str, Any] = {}

    def read(self, name: str) -> ImportedParts:
        measures = CubeMeasures(self._cubes, self._losses)
        tables = {cube.name: table for cube in self._cubes.values() if (table := self._table(cube))}
        links = [link for cube in self._cubes.values() if cube.name in tables for link in self._links(cube, tables)]
        for link in links:
            for owner, keys in ((link.table, link.columns), (link.to, link.to_columns)):
                for key in keys:
                    tables[owner].source.hint(key, "string")
        measures.read(tables)
        star = Star(list(tables.values()), links, set(measures.names.values()), self._losses)
        metrics = measures.docs(star)
        segments = self._segments(tables, star, {doc["name"] for doc in metrics})
        kept: dict[str, Mapping[str, Any]] = {}
        meta: Mapping[str, Any] = {}
        for cube in self._cubes.values():
            if cube.name in tables:
                kept[f"dataset {star.names[cube.name]}"] = _meta(cube.data, OURS)
                self._beside_of(f"dataset {star.names[cube.name]}", cube, cube.data)
            meta = _meta(cube.data, WHOLE) or meta
            for measure, data in cube.measures.items():
                kept[f"metric {measures.names[cube.name, measure]}"] = _meta(data, OURS)
                self._beside_of(f"metric {measures.names[cube.name, measure]}", cube, data)
            for dimension, data in cube.dimensions.items():
                if ours := star.part(cube.name, dimension):
                    self._beside_of(f"dimension {ours} of {star.names[cube.name]}", cube, data)
        return ImportedParts(
            name=name, datasets=star.docs(), metrics=metrics, segments=segments, kept_of=kept,
            whole=meta, beside=self._beside,
        )  # fmt: skip

    def _beside_of(self, thing: str, cube: Cube, data: Doc) -> None:
        meta = {key: value for key, value in (data.get("meta") or {}).items() if key not in (OURS, WHOLE)}
        if meta:
            self._beside[thing] = {"meta": meta}
            why = "`meta:` is kept next to the model for an export to Cube and not used otherwise"
            self._losses.add(thing, why, cube.file)

    def _table(self, cube: Cube) -> Table | None:
        node = Node(cube.data, cube.what, cube.file, self._losses)
        carried = cast(Mapping[str, str], _meta(cube.data, OURS).get("columns") or {})
        try:
            sql = cube.sql(node.text("sql")) if node.has("sql") else ""
            table = cube.sql(node.text("sql_table"))
            if not sql and not table:
                raise NotExpressible("it has neither `sql_table:` nor `sql:`")
            source = SourceTable(cube.what, table, sql, carried, self._columns, self._losses, cube.file)
        except NotExpressible as error:
            self._losses.add(cube.what, f"left out, with its metrics: {error}", cube.file)
            return None
        if node.text("data_source", "default") != "default":
            self._losses.add(
                cube.what, f"its data source {node.text('data_source')} is ignored: a model has one", cube.file
            )
        for key, (what, why) in _NOT_YET.items():
            for at, part in enumerate(node.parts(key)):
                label = part.text("name") or part.text("group") or part.text("role") or str(at + 1)
                self._losses.add(f"{what} {label} of {cube.what}", why, cube.file)
        keys: list[str] = []
        parts: list[Part] = []
        for name, data in cube.dimensions.items():
            try:
                part = self._part(cube, name, data)
            except NotExpressible as error:
                self._losses.add(f"dimension {name} of {cube.what}", f"left out: {error}", cube.file)
                continue
            if str(data.get("primary_key", "")).lower() == "true":
                keys.append(part.sql)
            if _meta(data, OURS).get("key_only") != "true":
                parts.append(part)
        words: Doc = _words(node, cube.name)
        node.skip("name", "sql", "sql_table", "sql_alias", "title", "description", "public", "shown", "meta", "joins")
        node.skip("dimensions", "measures", "segments", "data_source", *_NOT_YET)
        node.left_out()
        return Table(name=cube.name, what=cube.what, file=cube.file, source=source, key=keys, parts=parts, words=words)

    def _part(self, cube: Cube, name: str, data: Doc) -> Part:
        node = Node(data, f"dimension {name} of {cube.what}", cube.file, self._losses)
        kind = node.text("type", "string")
        if kind not in _KINDS:
            raise NotExpressible(f"its type is {kind}, which has no equivalent")
        sql = cube.sql(cube.expression(name))
        words = _words(node, name)
        node.skip("name", "sql", "case", "primary_key", "title", "description", "public", "shown", "meta", "sub_query")
        node.skip("multi_stage")
        node.left_out()
        return Part(name=name, sql=sql, kind=_KINDS[kind], words=words, here=str(_meta(data, OURS).get("name") or ""))

    def _links(self, cube: Cube, tables: Mapping[str, Table]) -> list[Link]:
        links: list[Link] = []
        for node in Node(cube.data, cube.what, cube.file, self._losses).parts("joins"):
            to = node.text("name")
            what = f"join {to} of {cube.what}"
            role = str(self._roles.get(to, ""))
            target = str(_meta(self._all[to].data, OURS).get("of")) if role else to
            relationship = node.text("relationship")
            try:
                if target not in tables:
                    raise NotExpressible(f"{to} is not among the cubes")
                mine, theirs = self._equal(cube, to, target, node.text("sql"))
                if relationship in _TO_ONE:
                    links.append(Link(table=cube.name, columns=mine, to=target, to_columns=theirs, role=role))
                elif relationship in _TO_MANY:
                    links.append(Link(table=target, columns=theirs, to=cube.name, to_columns=mine))
                else:
                    raise NotExpressible(f"its relationship {relationship!r} is unknown")
            except NotExpressible as error:
                self._losses.add(what, f"left out: {error}", cube.file)
        return links

    def _equal(self, cube: Cube, to: str, target: str, text: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the columns of both sides of `{CUBE}.a = {other}.b AND …`.

        Raises CannotSay for any other condition.
        """
        there = self._all[target]
        sides: list[tuple[str, str]] = []  # owner and SQL, by number

        pieces: list[str] = []
        for piece in read_template(text):
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            owner, member = (to, piece.column) if piece.parts == (to,) else cube.split(piece)
            if owner not in (cube.name, to):
                raise NotExpressible(f"it also reads the cube {owner}")
            pieces.append(f"side_{len(sides)}")
            side = cube if owner == cube.name else there
            sql = as_column(piece.column or member)
            if not piece.column and member in side.dimensions:
                sql = side.sql(f"{{{member}}}")
            sides.append((owner, sql))
        try:
            tree = sqlglot.parse_one("".join(pieces), read="duckdb")
        except (SqlglotError, RecursionError) as error:
            raise NotExpressible(f"{text!r} is not SQL") from error
        pairs: list[tuple[str, str]] = []
        for operand in tree.flatten() if isinstance(tree, exp.And) else [tree]:
            bare = operand.unnest()
            names = [bare.left.sql(), bare.right.sql()] if isinstance(bare, exp.EQ) else []
            found_sides = [sides[int(name[5:])] for name in names if name.startswith("side_") and name[5:].isdigit()]
            if len(found_sides) != 2 or found_sides[0][0] == found_sides[1][0]:
                raise NotExpressible(f"{text!r} is more than a comparison of columns of two cubes")
            first, second = found_sides if found_sides[0][0] == cube.name else found_sides[::-1]
            pairs.append((first[1], second[1]))
        return [mine for mine, _ in pairs], [theirs for _, theirs in pairs]

    def _segments(self, tables: Mapping[str, Table], star: Star, metrics: set[str]) -> list[Doc]:
        segments: list[Doc] = []
        taken = {
            *metrics,
            *(name for table in tables.values() for part in table.parts if (name := star.part(table.name, part.name))),
        }
        for cube in self._cubes.values():
            table = tables.get(cube.name)
            for node in Node(cube.data, cube.what, cube.file, self._losses).parts("segments") if table else ():
                if table is None or not table.key:
                    continue
                name = fit_name(node.text("name"), taken, cube.name)
                try:
                    where = cube.sql(node.text("sql"))
                    table.source.hint(where, "boolean")
                    where = table.source.plain(where) or table.source.column(where, name, "boolean")
                except NotExpressible as error:
                    self._losses.add(f"segment {node.text('name')} of {cube.what}", f"left out: {error}", cube.file)
                    continue
                taken.add(name)
                thing = star.names[cube.name]
                segments.append(
                    {"name": name, **_words(node, node.text("name")), "entity": thing, "dataset": thing, "where": where}
                )
        return segments


def _meta(data: Doc, key: str) -> Mapping[str, Any]:
    meta = data.get("meta")
    ours = cast(Doc, meta).get(key) if isinstance(meta, dict) else None
    return cast(Mapping[str, Any], ours) if isinstance(ours, dict) else {}


def _words(node: Node, name: str) -> Doc:
    title, description = node.text("title"), node.text("description")
    doc: Doc = {"label": title} if title and title != name.replace("_", " ").capitalize() else {}
    doc |= {"description": description} if description else {}
    hidden = "false" in (node.text("public", "true").lower(), node.text("shown", "true").lower())
    return doc | ({"tags": ["hidden"]} if hidden else {})
