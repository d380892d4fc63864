"""Write a model's names as dbt's users write them: `channel` of orders is `order__channel` in dbt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.dbt.field_names import FieldNames, is_sayable
from semantic.interop.loss import NotExpressible
from semantic.model.definitions import Dataset
from semantic.model.expression import METRIC_OF
from semantic.model.join_graph import JoinPath, distance
from semantic.model.model import Model
from semantic.query.names import read_name
from semantic.query.query import DATE

_PART = re.compile(r"^(.+)__extract_([a-z]+)$")
_MARK = "samepage_name_"


class DbtNames:
    """Writes names and conditions of a model as dbt templates."""

    def __init__(self, model: Model, called: FieldNames) -> None:
        self._model, self._called = model, called

    def reference(self, text: str, facts: Sequence[str]) -> str:
        """Return a name as a reference in dbt, such as `TimeDimension('metric_time', 'month')`. Raises CannotSay."""
        part = ""
        if match := _PART.match(text):
            text, part = match[1], match[2]
        named = read_name(text, self._model)
        extract = f".date_part('{part}')" if part else ""
        grain = f", '{named.grain.value}'" if named.grain else ""
        if named.dim == DATE:
            return f"TimeDimension('metric_time'{grain}){extract}"
        way, dataset = self._way(named.dim, named.via, facts)
        name = self._called.dimension(dataset, named.dim)
        if not name:
            return _entity(named.dim, way[:-1] if way[-1:] == [named.dim] else way)
        before = way or [named.via or self._called.key(dataset)]
        return _dimension("__".join((*before, name)), self._is_time(named.dim), grain) + extract

    def _is_time(self, dim: str) -> bool:
        return self._model.dimensions[dim][0].kind == "time"

    def _way(self, dim: str, via: str | None, facts: Sequence[str]) -> tuple[list[str], str]:
        """Return the path of entities from the first fact that reaches a dimension, and the dimension's dataset."""
        group = self._model.dimensions.get(dim, ())
        wanted = via.split(".") if via else []
        for fact in facts or [dimension.dataset for dimension in group]:
            fitting = [
                (path, dimension.dataset)
                for dimension in group
                for path in self._model.joins.paths(fact).get(dimension.dataset, ())
                if not wanted
                or _has([edge.role for edge in path], wanted)
                or (not path and via == self._called.key(fact))
            ]
            if fitting:
                path, dataset = min(fitting, key=lambda candidate: distance(candidate[0]))
                self._check(dim, path)
                return [edge.role for edge in path], dataset
        if wanted and group:
            return wanted, group[0].dataset
        raise NotExpressible(f"{dim!r} can't be reached from {', '.join(facts) or 'any dataset'}")

    def _check(self, dim: str, path: JoinPath) -> None:
        """Raise CannotSay for a path that dbt doesn't support."""
        for edge in path:
            entities = self._model.datasets[edge.source].entities
            is_joined = any(entity.name == edge.role and is_sayable(entity) for entity in entities)
            if edge.weight or edge.current or not is_joined:  # dbt has no bridges or current versions
                raise NotExpressible(f"{dim} is reached through {edge.role}, which dbt does not join by")

    def condition(self, text: str, facts: Sequence[str]) -> str:
        """Return a condition over dimensions as a filter in dbt. Raises CannotSay."""
        template = _Template(text)

        def say(node: exp.Expr) -> str:
            if isinstance(node, exp.Anonymous) and node.name.lower() == METRIC_OF:
                metric, *per = [expression.name for expression in node.expressions]
                if unmet := next((name for name in per if not self._called.is_entity(name)), ""):
                    raise NotExpressible(f"it asks for {metric} of each {unmet}, which dbt does not join by")
                return f"Metric('{metric}', group_by=[{', '.join(map(repr, per))}])"
            return self.reference(node.name, facts) if isinstance(node, exp.Column) else ""

        return template.said(say)

    def own_condition(self, text: str, dataset: Dataset) -> str:
        """Return a filter over a dataset's own columns as a filter in dbt.

        Raises CannotSay unless all columns are dimensions or keys.
        """
        own = {
            dimension.sql.tree.sql("duckdb"): dimension.name
            for dimension in dataset.dimensions.values()
            if not dimension.day
        }
        keys = {entity.columns[0]: entity.name for entity in dataset.entities if is_sayable(entity)}

        def say(node: exp.Expr) -> str:
            is_day = isinstance(node, exp.Cast) and node.to.is_type("date")
            dim = own.get((node.this if is_day else node).sql("duckdb"), "")
            name = self._called.dimension(dataset.name, dim) if dim else ""
            if name and not (is_day and not self._is_time(dim)):
                path = f"{self._called.key(dataset.name)}__{name}"
                return _dimension(path, self._is_time(dim), ", 'day'" if is_day else "")
            if isinstance(node, exp.Column) and node.name in keys:
                return _entity(keys[node.name], [])
            if isinstance(node, exp.Column):
                raise NotExpressible(f"{node.name!r} of {dataset.name} is a column, not a dimension")
            return ""

        return _Template(text).said(say)


class _Template:
    """SQL with names in braces."""

    def __init__(self, text: str) -> None:
        try:
            self._tree = sqlglot.parse_one(text, read="duckdb")
        except SqlglotError as error:
            raise NotExpressible(f"{text!r} is not SQL") from error

    def said(self, say: Callable[[exp.Expr], str]) -> str:
        """Return the SQL with braces around each part that `say` replaces, largest parts first."""
        texts: list[str] = []

        def visit(node: exp.Expr) -> exp.Expr:
            text = say(node)
            if not text:
                return node
            texts.append(text)
            return exp.column(f"{_MARK}{len(texts) - 1}")

        plain = self._tree.transform(visit).sql("duckdb")
        return re.sub(rf'"?{_MARK}(\d+)"?', lambda match: "{{ " + texts[int(match[1])] + " }}", plain)


def _entity(name: str, way: Sequence[str]) -> str:
    path = f", entity_path=[{', '.join(map(repr, way))}]" if way else ""
    return f"Entity('{name}'{path})"


def _dimension(path: str, is_time: bool, grain: str) -> str:
    return f"TimeDimension('{path}'{grain})" if is_time else f"Dimension('{path}')"


def _has(roles: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(list(roles[start : start + len(wanted)]) == list(wanted) for start in range(len(roles)))
