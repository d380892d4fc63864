"""Names of a model of ours as dbt's users write them: `channel` of orders is `order__channel` there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.loss import CannotSay
from semantic.interop.names import fit_name
from semantic.model.definitions import Dataset, EntityKind
from semantic.model.expression import METRIC_OF
from semantic.model.model import Model
from semantic.query.names import read_name
from semantic.query.query import DATE

_PART = re.compile(r"^(.+)__extract_([a-z]+)$")
_MARK = "samepage_name_"


class DbtNames:
    """Says names and conditions of a model in dbt's templates."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def key(self, dataset: Dataset) -> str:
        """The entity that stands before a dataset's own dimensions: its key, else its name."""
        for kind in (EntityKind.PRIMARY, EntityKind.UNIQUE):
            for one in dataset.entities:
                if one.kind is kind:
                    return one.name
        return fit_name(dataset.name)

    def reference(self, text: str, facts: Sequence[str]) -> str:
        """`TimeDimension('metric_time', 'month')`, `Dimension('order__channel')`. Raises CannotSay."""
        part = ""
        if found := _PART.match(text):
            text, part = found[1], found[2]
        named = read_name(text, self._model)
        extract = f".date_part('{part}')" if part else ""
        if named.dim == DATE:
            grain = f", '{named.grain.value}'" if named.grain else ""
            return f"TimeDimension('metric_time'{grain}){extract}"
        path = self._path(named.dim, named.via, facts)
        dunder = "__".join((*path, named.dim))
        if self._is_entity(named.dim, facts) and len(path) <= 1:
            return f"Entity('{named.dim}')"
        if self._model.dimensions[named.dim][0].kind == "time":
            grain = f", '{named.grain.value}'" if named.grain else ""
            return f"TimeDimension('{dunder}'{grain}){extract}"
        return f"Dimension('{dunder}'){extract}"

    def _is_entity(self, dim: str, facts: Sequence[str]) -> bool:
        return any(one.name == dim for fact in facts for one in self._model.datasets[fact].entities)

    def _path(self, dim: str, via: str | None, facts: Sequence[str]) -> list[str]:
        """The entities in front of a dimension, from the first fact that reaches it."""
        group = self._model.dimensions.get(dim, ())
        wanted = via.split(".") if via else []
        for fact in facts or [one.dataset for one in group]:
            dataset = self._model.datasets[fact]
            found = [
                [edge.role for edge in path]
                for one in group
                for path in self._model.joins.paths(fact).get(one.dataset, ())
            ]
            fitting = [
                roles
                for roles in found
                if not wanted or _has(roles, wanted) or (not roles and via == self.key(dataset))
            ]
            if fitting:
                shortest = min(fitting, key=len)
                return shortest or [via if via else self.key(dataset)]
        if wanted:
            return wanted
        raise CannotSay(f"{dim!r} is not reached from {', '.join(facts) or 'any dataset'}")

    def condition(self, text: str, facts: Sequence[str]) -> str:
        """A condition over dimensions as a filter of dbt's. Raises CannotSay."""
        try:
            tree = sqlglot.parse_one(text, read="duckdb")
        except SqlglotError as error:
            raise CannotSay(f"{text!r} is not SQL") from error
        said: list[str] = []

        def mark(reference: str) -> exp.Column:
            said.append(reference)
            return exp.column(f"{_MARK}{len(said) - 1}")

        for node in list(tree.find_all(exp.Column, exp.Anonymous)):
            if isinstance(node, exp.Anonymous) and node.name.lower() == METRIC_OF:
                metric, *per = [one.name for one in node.expressions]
                new = mark(f"Metric('{metric}', group_by=[{', '.join(map(repr, per))}])")
            elif isinstance(node, exp.Column):
                new = mark(self.reference(node.name, facts))
            else:
                continue
            if node is tree:
                tree = new
            else:
                node.replace(new)
        plain = tree.sql("duckdb")
        return re.sub(rf'"?{_MARK}(\d+)"?', lambda found: "{{ " + said[int(found[1])] + " }}", plain)

    def own_condition(self, text: str, dataset: Dataset) -> str:
        """A filter over a dataset's own columns, each of which is one of its dimensions. Raises CannotSay."""
        try:
            tree = sqlglot.parse_one(text, read="duckdb")
        except SqlglotError as error:
            raise CannotSay(f"{text!r} is not SQL") from error
        own = {one.sql.tree.sql("duckdb"): one for one in dataset.dimensions.values()}

        def named(node: exp.Expr) -> exp.Expr:
            is_day = isinstance(node, exp.Cast) and node.to.is_type("date")
            dimension = (
                own.get((node.this if is_day else node).sql("duckdb"))
                if is_day or isinstance(node, exp.Column)
                else None
            )
            if dimension is None and isinstance(node, exp.Column):
                raise CannotSay(f"{node.name!r} of {dataset.name} is a column and no dimension")
            if dimension is None:
                return node
            grain = "__day" if is_day and dimension.kind == "time" else ""
            return exp.column(f"{self.key(dataset)}__{dimension.name}{grain}")

        return self.condition(tree.transform(named).sql("duckdb"), [dataset.name])


def _has(roles: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(list(roles[start : start + len(wanted)]) == list(wanted) for start in range(len(roles)))
