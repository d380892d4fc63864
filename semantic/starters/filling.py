"""Fill in a starter for real tables. Only parts whose columns exist become part of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlglot import exp, parse_one

from semantic.starters.starter import Question, Role, Starter, all_starters

OPTIONAL: Final = "?"
"""The suffix of an optional column in a key. The column is left out if the table doesn't have it."""

_MADE: Final = {"text": "string", "flag": "boolean", "number": "integer", "amount": "decimal(38,6)"}
"""The types of columns that a view computes, by their kind."""

Found = Mapping[str, tuple[str, str]]
"""How a table spells each column, and the column's type, by the starter's name for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The table for a role, with its columns. `connection` is "" for the model's main connection."""

    table: str
    found: Found
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A starter's datasets by role, and its metrics, as data for a model's YAML.

    `left_out` lists the labels of metrics that couldn't be included.
    """

    starter: Starter
    datasets: Mapping[str, dict[str, Any]]
    metrics: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]


def fill(
    starter: Starter,
    places: Mapping[str, Place],
    answers: Mapping[str, str],
    *,
    owner: str = "",
    others: Sequence[Filled] = (),
) -> Filled:
    """Return a starter's datasets and metrics for these tables.

    `places` has a table for each `starter.role`. `others` are filled-in starters whose parts this one can use. A
    question without an answer gets its default.
    """
    values = _values(starter, answers)
    taken = {dataset["name"] for other in others for dataset in other.datasets.values()}
    datasets = dict(_datasets(starter, places, values, owner, taken))
    known = _Known([*datasets.values(), *(dataset for other in others for dataset in other.datasets.values())])
    known.metrics |= {metric["name"] for other in others for metric in other.metrics}
    metrics = tuple(_metrics(starter, datasets, known, values, places, owner))
    kept = {metric["name"] for metric in metrics}
    left_out = {metric["label"]: None for metric in starter.metrics if metric["name"] not in kept}
    return Filled(starter, datasets, metrics, tuple(left_out))


def default_answers(questions: Iterable[Question]) -> dict[str, str]:
    return {question.id: question.default for question in questions}


def _values(starter: Starter, answers: Mapping[str, str]) -> dict[str, exp.Expr]:
    """Return the SQL value of each `:question` placeholder."""
    values: dict[str, exp.Expr] = {}
    currency = answers.get("currency", "")
    for question in starter.questions:
        answer = answers.get(question.id, question.default)
        if question.values:
            values[question.id] = exp.Literal.number(1 if currency in question.whole_in else question.values[answer])
        else:
            values[question.id] = exp.Literal.string(answer)
    values.setdefault("currency", exp.Literal.string(currency))
    return values


# Datasets


def _datasets(
    starter: Starter, places: Mapping[str, Place], values: Mapping[str, exp.Expr], owner: str, names: set[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the datasets whose tables exist and whose names aren't used yet.

    Of two with the same name, the first is used.
    """
    for role in starter.roles:
        dataset = _dataset(role, f"{starter.name}.{role.name}", places, values, owner)
        if dataset is not None and dataset["name"] not in names:
            names.add(dataset["name"])
            yield role.name, dataset


def _dataset(
    role: Role, name: str, places: Mapping[str, Place], values: Mapping[str, exp.Expr], owner: str
) -> dict[str, Any] | None:
    """Return a role's dataset without the parts whose columns don't exist, or None if the role has no table."""
    place = _view_place(role, places) if role.view else places.get(name)
    if place is None or "name" not in role.dataset:
        return None
    writing = _Writing(role, place.found, values)
    data = {key: role.dataset[key] for key in ("name", "label", "description") if key in role.dataset}
    data |= {"owner": owner} if owner else {}
    data |= {key: role.dataset[key] for key in ("synonyms", "tags") if key in role.dataset}
    data |= {"sql": _view(role, places)} if role.view else _source(place)
    data |= {"connection": place.connection} if place.connection else {}
    data["grain"] = writing.key(role.dataset["grain"])
    data |= {key: role.dataset[key] for key in ("time", "forward") if key in role.dataset}
    parts = {
        "entities": [*writing.entities(role.dataset.get("entities", ()))],
        "dimensions": [*writing.dimensions(role.dataset.get("dimensions", ()))],
        "measures": [*writing.measures(role.dataset.get("measures", ()))],
        "freshness": writing.freshness(role.dataset.get("freshness")),
        "checks": [*writing.checks(role.dataset.get("checks", ()))],
    }
    columns = {place.found[column][0]: place.found[column][1] for column in place.found if column in writing.read}
    return data | {"columns": columns} | {key: part for key, part in parts.items() if part}


def _source(place: Place) -> dict[str, str]:
    """Return the dataset's key `table:`, or `sql:` with a SELECT if the table's name has to be quoted."""
    table = _table(place.table)
    if not any(part.args.get("quoted") for part in table.parts):
        return {"table": ".".join(part.name for part in table.parts)}
    columns = [_column(name) for name, _ in place.found.values()]
    return {"sql": exp.select(*columns).from_(table).sql("duckdb")}


def _table(name: str) -> exp.Table:
    """Return a table, given the name that its engine listed. Spark quotes names with backquotes."""
    table = exp.to_table(name, dialect="spark" if name.startswith("`") else "duckdb")
    for part in table.parts:
        part.set("quoted", not _is_plain(part.name))
    return table


def _view_place(role: Role, places: Mapping[str, Place]) -> Place | None:
    """Return a view's own columns, or None if it reads a table that doesn't exist."""
    if not all(name in places for name in role.reads):
        return None
    connections = {places[name].connection for name in role.reads}
    first = places[role.reads[0]].found
    if len(connections) > 1 or not role.needs.keys() <= first.keys():
        return None
    found = {name: (name, first[name][1]) for name in role.needs}
    for name, given in role.uses.items():
        table, _, column = given.rpartition(".")
        if not table:
            found[name] = (name, _MADE[given])
        elif column in places[table].found:
            found[name] = (name, places[table].found[column][1])
    return Place("", found, connections.pop())


def _view(role: Role, places: Mapping[str, Place]) -> str:
    """Return a view's SELECT over the real tables, with column names spelled as in those tables.

    Expressions and conditions that use a missing column are left out.
    """
    tree = parse_one(role.view, read="duckdb")
    assert isinstance(tree, exp.Select)
    found = {table.alias: places[f"{table.db}.{table.name}"].found for table in tree.find_all(exp.Table)}
    shown = [_real_columns(one, found) for one in tree.expressions]
    tree.set("expressions", [one for one in shown if one is not None])
    for clause in [*tree.find_all(exp.Join), tree.args.get("where")]:
        key = "on" if isinstance(clause, exp.Join) else "this"
        if clause is not None:
            condition = clause.args[key]
            parts = [*condition.flatten()] if isinstance(condition, exp.And) else [condition]
            conditions = [_real_columns(part, found) for part in parts]
            clause.set(key, exp.and_(*(one for one in conditions if one is not None), copy=False))
    for table in [*tree.find_all(exp.Table)]:
        place = places[f"{table.db}.{table.name}"]
        table.replace(exp.alias_(_table(place.table), table.alias, table=True))
    return tree.sql("duckdb")


def _real_columns(tree: exp.Expr, found: Mapping[str, Found]) -> exp.Expr | None:
    """Return an expression under its original name, with the tables' own spelling of columns.

    None if a column doesn't exist.
    """
    name = tree.alias_or_name
    for column in [*tree.find_all(exp.Column)]:
        if column.name not in found[column.table]:
            return None
        actual = _column(found[column.table][column.name][0])
        actual.set("table", exp.to_identifier(column.table))
        if column is tree:
            return exp.alias_(actual, name) if actual.name != name else actual
        column.replace(actual)
    return tree


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=not _is_plain(name)))


def _is_plain(name: str) -> bool:
    return name.isidentifier() and name.isascii() and name == name.lower()


class _Writing:
    """Writes the parts of one dataset, and records the columns that they read."""

    def __init__(self, role: Role, found: Found, values: Mapping[str, exp.Expr]) -> None:
        self.read: set[str] = set()
        self._found, self._values, self._conditions = found, values, role.conditions
        self._money = role.money if role.money in found else ""

    def sql(self, text: str, *, is_money: bool = False) -> str | None:
        """Return an expression over the table's own columns, or None if a column doesn't exist.

        If the table has a currency for each amount, only amounts in the chosen currency count.
        """
        tree = parse_one(text, read="duckdb").transform(self._spelled_out)
        names = {column.name for column in tree.find_all(exp.Column)}
        if not names <= self._found.keys():
            return None
        if is_money and self._money:
            in_currency = exp.EQ(
                this=exp.Upper(this=exp.column(self._money)), expression=exp.Placeholder(this="currency")
            )
            tree = exp.Case().when(in_currency, tree)
            names |= {self._money}
        self.read |= names
        return tree.transform(self._real).sql("duckdb")

    def _spelled_out(self, node: exp.Expr) -> exp.Expr:
        """Replace the name of a condition of the role with the condition itself."""
        if isinstance(node, exp.Column) and node.name in self._conditions:
            return exp.paren(parse_one(self._conditions[node.name], read="duckdb"))
        return node

    def _real(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return _column(self._found[node.name][0])
        return self._values[node.name].copy() if isinstance(node, exp.Placeholder) else node

    def key(self, columns: Sequence[str]) -> list[str] | None:
        """Return the real columns of a key, without optional columns that don't exist.

        None if a required column doesn't exist.
        """
        names = [column.rstrip(OPTIONAL) for column in columns]
        if any(
            name not in self._found
            for name, column in zip(names, columns, strict=True)
            if not column.endswith(OPTIONAL)
        ):
            return None
        there = [name for name in names if name in self._found]
        self.read |= set(there)
        return [self._found[name][0] for name in there]

    def entities(self, entities: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for entity in entities:
            if columns := self.key(entity["columns"]):
                yield {**entity, "columns": columns}

    def dimensions(self, dimensions: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for dimension in dimensions:
            text = dimension.get("sql", dimension["name"])
            if (sql := self.sql(text)) is None:
                continue
            if dimension.get("kind") == "time" and self._found.get(text, ("", ""))[1] == "string":
                yield {**dimension, "sql": f"CAST({sql} AS TIMESTAMP)", "type": "timestamp"}
                continue
            yield {**dimension} if sql == dimension["name"] else {**dimension, "sql": sql}

    def measures(self, measures: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for measure in measures:
            rest = {key: value for key, value in measure.items() if key not in ("money", "sql")}
            if "sql" not in measure:
                yield rest
            elif (sql := self.sql(measure["sql"], is_money=measure.get("money", False))) is not None:
                yield rest | {"sql": sql}

    def freshness(self, freshness: Mapping[str, Any] | None) -> dict[str, Any] | None:
        columns = self.key([freshness["column"]]) if freshness else None
        return {**(freshness or {}), "column": columns[0]} if columns else None

    def checks(self, checks: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the starter's checks on a dataset, and a check that amounts are in the chosen currency.

        Keys are always checked.
        """
        for check in checks:
            match check:
                case {"not_null": {"column": column}} | {"accepted": {"column": column}}:
                    kind = next(iter(check))
                    if columns := self.key([column]):
                        yield {kind: {**check[kind], "column": columns[0]}}
                case _:
                    yield {**check}
        if self._money in self.read:
            currency = self._values["currency"].name
            yield {"accepted": {"column": self._found[self._money][0], "values": [currency, currency.lower()]}}


def drop_loose_entities(filled: Iterable[Filled]) -> None:
    """Remove foreign keys without a matching key in another dataset, and their checks.

    The matching key needs the same columns and types. A key that is also a breakdown stays, because a starter that is
    added later can have it as its own key.
    """
    every = [dataset for one in filled for dataset in one.datasets.values()]
    owned = {
        entity["name"]: _key_types(entity, dataset)
        for dataset in every
        for entity in dataset.get("entities", ())
        if entity["kind"] != "foreign"
    }
    for dataset in every:
        breakdowns = {dimension["name"] for dimension in dataset.get("dimensions", ())}
        kept: list[Mapping[str, Any]] = []
        for entity in dataset.get("entities", ()):
            name, types = entity["name"], _key_types(entity, dataset)
            if entity["kind"] != "foreign" or owned.get(name, types if name in breakdowns else ()) == types:
                kept.append(entity)
        checked = {entity["name"] for entity in kept if entity["name"] in owned}
        checks = [check for check in dataset.get("checks", ()) if _is_known(check, checked)]
        for key, part in (("entities", kept), ("checks", checks)):
            if part:
                dataset[key] = part
            else:
                dataset.pop(key, None)


def _is_known(check: Mapping[str, Any], entities: set[str]) -> bool:
    """Return whether a check is about one of these entities, or about no relationship at all."""
    return "relationship" not in check or check["relationship"]["entity"] in entities


def _key_types(entity: Mapping[str, Any], dataset: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dataset["columns"][column] for column in entity["columns"])


# Metrics


class _Known:
    """The names that a metric can use."""

    def __init__(self, datasets: Iterable[Mapping[str, Any]]) -> None:
        datasets = [*datasets]
        self.metrics: set[str] = set()
        self.measures = {f"{one['name']}.{each['name']}" for one in datasets for each in one.get("measures", ())}
        self.dimensions = {each["name"] for one in datasets for each in one.get("dimensions", ())}
        self.entities = {each["name"] for one in datasets for each in one.get("entities", ())}


def _metrics(
    starter: Starter,
    datasets: Mapping[str, dict[str, Any]],
    known: _Known,
    values: Mapping[str, exp.Expr],
    places: Mapping[str, Place],
    owner: str,
) -> Iterator[dict[str, Any]]:
    """Yield the metrics whose parts all exist, each after its inputs.

    Of two with the same name, the first is used.
    """
    for metric in starter.metrics:
        if metric["name"] in known.metrics or not _is_complete(metric, known):
            continue
        data = {key: value for key, value in metric.items() if key != "of"} | ({"owner": owner} if owner else {})
        if "filter" in metric:
            sql = _filter(starter, metric, datasets, values, places)
            if sql is None:
                continue
            data["filter"] = sql
        if metric.get("format") == "money" and "unit" not in metric:
            data["unit"] = values["currency"].name
        known.metrics.add(metric["name"])
        yield data


def _filter(
    starter: Starter,
    metric: Mapping[str, Any],
    datasets: Mapping[str, dict[str, Any]],
    values: Mapping[str, exp.Expr],
    places: Mapping[str, Place],
) -> str | None:
    """Return a metric's filter over its table, or None if a column doesn't exist.

    Columns that it reads are added to the dataset. With `of`, the metric counts a role of another starter, whose
    metrics have the same filter, so its dataset already has these columns.
    """
    if "of" in metric:
        name, _, role_name = metric["of"].partition(".")
        starter = next(one for one in all_starters() if one.name == name)
        role = starter.role(role_name)
    else:
        dataset = metric["measure"].partition(".")[0]
        role = next(role for role in starter.roles if role.dataset.get("name") == dataset and role.name in datasets)
    place = _view_place(role, places) if role.view else places[f"{starter.name}.{role.name}"]
    assert place is not None
    writing = _Writing(role, place.found, values)
    sql = writing.sql(metric["filter"])
    if sql is not None and "of" not in metric:
        datasets[role.name]["columns"] |= {place.found[name][0]: place.found[name][1] for name in writing.read}
    return sql


def _is_complete(metric: Mapping[str, Any], known: _Known) -> bool:
    named = [metric[key] for key in ("numerator", "denominator", "metric", "base", "conversion") if key in metric]
    named += [one["metric"] for one in metric.get("inputs", ())]
    renamed = {one.get("name", one["metric"]) for one in metric.get("inputs", ())}
    if "expression" in metric:
        named += [column for column in _names(metric["expression"]) if column not in renamed]
    conditions = [
        text for text in (metric.get("where"), *(one.get("where") for one in metric.get("inputs", ()))) if text
    ]
    return (
        metric.get("measure", "") in {"", *known.measures}
        and metric.get("entity", "") in {"", *known.entities}
        and known.metrics.issuperset(named)
        and all(known.dimensions.issuperset(_names(text)) for text in conditions)
    )


def _names(text: str) -> set[str]:
    return {column.name for column in parse_one(text, read="duckdb").find_all(exp.Column)}
