"""Read the YAML of a Cube project as cubes, including what they extend, and the SQL of their members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from semantic.interop.cube.template import Name, read_template
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.node import Node
from semantic.interop.sql_names import as_column, column_of

Doc = dict[str, Any]

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LISTS = ("joins", "dimensions", "measures", "segments", "pre_aggregations", "hierarchies")
MOST_LEVELS = 20


class OtherCube(NotExpressible):
    """Raised if SQL reads a member of another cube."""


@dataclass(slots=True)
class Cube:
    """One cube. `dimensions` and `measures` are its members by name, each as a mapping of keys."""

    name: str
    file: str
    data: Doc
    dimensions: Mapping[str, Doc] = field(default_factory=dict[str, Doc])
    measures: Mapping[str, Doc] = field(default_factory=dict[str, Doc])

    @property
    def what(self) -> str:
        return f"cube {self.name}"

    def sql(self, text: str, measure: Callable[[str, str], str] | None = None, level: int = 0) -> str:
        """Return `text` as SQL over the columns of the cube's own table.

        `measure` returns what replaces a cube's measure. Raises OtherCube, and CannotSay for braces with more than a
        name.
        """
        if level > MOST_LEVELS:
            raise NotExpressible(f"{text!r} refers to itself")
        return "".join(
            piece if isinstance(piece, str) else self._name(piece, measure, level) for piece in read_template(text)
        )

    def _name(self, name: Name, measure: Callable[[str, str], str] | None, level: int) -> str:
        cube, member = self.split(name)
        if name.column:
            if cube != self.name:
                raise OtherCube(f"it reads {cube}.{name.column}")
            return as_column(name.column)
        if cube == self.name and member in self.dimensions:
            sql = self.sql(self.expression(member), measure, level + 1)
            return sql if column_of(sql) else f"({sql})"
        if measure is not None and (sql := measure(cube, member)):
            return sql
        if cube != self.name:
            raise OtherCube(f"it reads {cube}.{member}")
        if member in self.measures:
            raise NotExpressible(f"it reads the measure {member}")
        return member

    def split(self, name: Name) -> tuple[str, str]:
        """Return the cube and the member that a name in braces refers to."""
        first, rest = name.parts[0], name.parts[1:]
        if first == "CUBE" or (first == self.name and (rest or name.column)):
            return self.name, rest[0] if rest else ""
        return (first, rest[-1]) if rest else (first, "") if name.column else (self.name, first)

    def expression(self, name: str) -> str:
        """Return a dimension's SQL as written, or its `case:` as SQL. Raises CannotSay."""
        dimension = self.dimensions[name]
        for key in ("sub_query", "multi_stage"):
            if str(dimension.get(key, "")).lower() == "true":
                raise NotExpressible(f"`{key}: true` turns a measure into a dimension, so this is left out")
        if isinstance(dimension.get("case"), dict):
            return _case(cast(Doc, dimension["case"]))
        return str(dimension.get("sql") or name)


def _case(case: Doc) -> str:
    def label(value: object) -> str:
        if isinstance(value, dict):
            return str(cast(Doc, value).get("sql", "NULL"))
        return "'" + str(value).replace("'", "''") + "'"

    branches = [f"WHEN {branch.get('sql', '')} THEN {label(branch.get('label'))}" for branch in case.get("when", [])]
    other = case.get("else")
    last = f" ELSE {label(cast(Doc, other).get('label'))}" if isinstance(other, dict) else ""
    return f"CASE {' '.join(branches)}{last} END"


def read_cubes(files: Mapping[str, str], losses: Losses) -> dict[str, Cube]:
    """Return the cubes in these files by name. Files without cubes are skipped. Unreadable ones are losses."""
    found_cubes: dict[str, tuple[str, Doc]] = {}
    for file, text in sorted(files.items()):
        document = _document(text, file, losses)
        if not any(isinstance(document.get(key), list) for key in ("cubes", "views")):
            continue
        for each_cube in document.get("cubes") or []:
            if isinstance(each_cube, dict) and cast(Doc, each_cube).get("name"):
                cube = cast(Doc, each_cube)
                if cube["name"] in found_cubes:
                    losses.add(
                        f"cube {cube['name']}", f"is also in {found_cubes[cube['name']][0]}, so the first is used", file
                    )
                    continue
                found_cubes[str(cube["name"])] = (file, cube)
        for node in Node(document, file, file, losses).parts("views"):
            why = "views have no equivalent, because questions name metrics and dimensions, and joins follow"
            losses.add(f"view {node.text('name')}", why, file)
        rest = Node(document, file, file, losses)
        rest.skip("cubes", "views")
        rest.left_out()
    data = {name: cube for name, (_, cube) in found_cubes.items()}
    cubes: dict[str, Cube] = {}
    for name, (file, _) in found_cubes.items():
        try:
            doc = _extended(name, data, ())
        except NotExpressible as error:
            losses.add(f"cube {name}", f"left out: {error}", file)
            continue
        cubes[name] = Cube(name, file, doc, _named(doc, "dimensions"), _named(doc, "measures"))
    return cubes


def _document(text: str, file: str, losses: Losses) -> Doc:
    if "{%" in text:
        why = "left out: it's a Jinja template, which isn't run. Import its rendered output"
        losses.add("file", why, file, "Jinja templates")
        return {}
    try:
        # All scalars stay text: `on`, 1 and 2020-01-01 stay as written.
        data = cast(object, yaml.load(text, Loader=_Loader))
    except (yaml.YAMLError, RecursionError) as error:
        why = f"left out: it isn't YAML ({str(error).splitlines()[0]})"
        losses.add("file", why, file, "files that can't be read")
        return {}
    return cast(Doc, data) if isinstance(data, dict) else {}


def _extended(name: str, data: Mapping[str, Doc], trail: tuple[str, ...]) -> Doc:
    """Return a cube with everything that it extends. Its own members take precedence."""
    mine = data[name]
    parent = str(mine.get("extends") or "").strip("{} ")
    if not parent:
        return mine
    if parent not in data or parent in (*trail, name):
        raise NotExpressible(f"it extends {parent!r}, which does not exist")
    above = _extended(parent, data, (*trail, name))
    whole = {key: value for key, value in above.items() if key not in ("meta", "public")} | mine
    for key in _LISTS:
        members = {str(item.get("name")): item for doc in (above, mine) for item in doc.get(key) or []}
        if members:
            whole[key] = list(members.values())
    return {key: value for key, value in whole.items() if key != "extends"}


def _named(data: Doc, key: str) -> dict[str, Doc]:
    return {str(mapping["name"]): mapping for mapping in _mappings(data.get(key)) if mapping.get("name")}


def _mappings(value: object) -> Iterator[Doc]:
    for item in cast(list[object], value) if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield cast(Doc, item)
