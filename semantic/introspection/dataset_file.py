"""Write one dataset of a draft as YAML, with its columns, entities, dimensions, measures, checks and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.names import fit_name
from semantic.interop.yaml_writer import Lines
from semantic.introspection.draft_answers import DraftAnswers, DraftJoin
from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.first_metrics import LINE_AMOUNT, RatioDraft, ratio_drafts
from semantic.introspection.forms import DATE_FORMS, date_form
from semantic.introspection.guessing import count_label, counted_columns, line_amount
from semantic.introspection.kinds import Kind, epoch_unit
from semantic.introspection.naming import Naming
from semantic.introspection.relations import match_bound
from semantic.introspection.words import singular, stem_of
from semantic.model.expression import ExpressionError, parse_expression

Yaml = dict[str, Any]  # Any: YAML

ROW_NUMBER: Final = "row_number"
_WARN_HOURS: Final = 36
_EXACT: Final = "DECIMAL(18, 4)"


class DatasetWriter:
    """Writes one dataset.

    Once `document` was called, `granted` and `personal` have the names of the dataset's dimensions.
    """

    def __init__(self, answers: DraftAnswers, naming: Naming, draft: DatasetDraft) -> None:
        self._answers, self._naming, self._draft = answers, naming, draft
        self.granted: list[str] = []
        self.personal: list[str] = []
        self._used: set[str] = set()  # columns, by their own names
        self._measures: dict[str, Yaml] = {}  # by the name of the column or count
        self._metrics: list[Yaml] = []
        self._metric_names: dict[str, str] = {}

    def document(self) -> Yaml:
        """Return the dataset as data for a model file."""
        draft, naming = self._draft, self._naming
        dimensions = self._dimensions()
        entities, checks = self._entities(), self._checks()
        self._measure_all()
        date = self._answers.date(draft)
        freshness = self._freshness()
        key = self._answers.key(draft)
        self._used.update(key)
        document: Yaml = {"name": naming.dataset(draft), "label": draft.label}
        document["description"] = (
            f"One row per {draft.row}." if key else f"Rows of {draft.table}, each of which counts."
        )
        if self._answers.proposal.connection:
            document["connection"] = self._answers.proposal.connection
        document |= self._source(key)
        document["grain"] = list(key) or [self._row_number()]
        if date is not None:
            document["time"] = naming.dimension(draft, date)
        document["columns"] = self._columns(key)
        parts = {"entities": entities, "dimensions": dimensions, "measures": list(self._measures.values())}
        document |= {name: part for name, part in parts.items() if part}
        if freshness:
            document["freshness"] = freshness
        if checks:
            document["checks"] = checks
        return document

    def metrics(self) -> list[Yaml]:
        """Return the metrics over this dataset's measures. `document` must be called first."""
        for ratio in ratio_drafts(self._draft):
            self._add_ratio(ratio)
        return self._metrics

    # Table and columns

    def _source(self, key: Sequence[str]) -> Yaml:
        table = _table(self._draft.table)
        plain = all(part.name.isidentifier() and part.name.isascii() for part in table.parts)
        views = [column for column in self._listed() if self._converted(column) is not None]
        has_filter = self._answers.has_unknown_keys(self._draft)
        if plain and key and not views and not has_filter:
            return {"table": ".".join(part.name for part in table.parts)}
        return {"sql": Lines(self._view(table, key, has_filter=has_filter))}

    def _view(self, table: exp.Table, key: Sequence[str], *, has_filter: bool) -> str:
        columns = [self._selected(column) for column in self._listed()]
        if not key:
            number = exp.Window(this=exp.RowNumber(), order=None)
            columns.insert(0, exp.Alias(this=number, alias=_identifier(self._row_number())))
        tree = exp.Select(expressions=columns, from_=exp.From(this=table))
        if has_filter:
            known = [exp.Not(this=exp.Is(this=_column(name), expression=exp.Null())) for name in key]
            tree = tree.where(*known, copy=False)
        return tree.sql("duckdb", pretty=True)

    def _selected(self, column: ColumnDraft) -> exp.Expr:
        converted = self._converted(column)
        if converted is None:
            return _column(column.profile.name)
        return exp.Alias(this=converted[0], alias=_identifier(column.profile.name))

    def _columns(self, key: Sequence[str]) -> Mapping[str, str]:
        columns: dict[str, str] = {} if key else {self._row_number(): "integer"}
        for column in self._listed():
            converted = self._converted(column)
            columns[column.profile.name] = column.profile.type if converted is None else converted[1]
        return columns

    def _listed(self) -> list[ColumnDraft]:
        return [column for column in self._draft.columns if column.profile.name in self._used]

    def _row_number(self) -> str:
        names = {column.name.lower() for column in self._draft.profile.columns}
        return next(
            name for name in (ROW_NUMBER, *(f"{ROW_NUMBER}_{n}" for n in range(2, 10_000))) if name not in names
        )

    def _converted(self, column: ColumnDraft) -> tuple[exp.Expr, str] | None:
        """Return the expression and type of a text or number column that is read as a date.

        None for a column that is used as it is.
        """
        if not self._answers.is_read_as_date(self._draft, column) or column.kind is Kind.TIME:
            return None
        value = _column(column.profile.name)
        if column.kind is Kind.EPOCH:
            unit = epoch_unit(column.profile)
            per = unit[0] if unit else 1
            seconds = value if per == 1 else exp.Div(this=value, expression=exp.Literal.number(per))
            return exp.UnixToTime(this=seconds), "timestamptz"
        if column.kind is Kind.DAY_NUMBER:
            text = exp.Cast(this=value, to=exp.DataType.build("VARCHAR"))
            return _parsed(text, "%Y%m%d", "date"), "date"
        form = DATE_FORMS[date_form(column.profile.forms)]
        if form.format:
            first, second = ("%d", "%m") if self._order(column) == "day" else ("%m", "%d")
            tree = _parsed(value, form.format.format(first=first, second=second), form.type)
        else:
            tree = exp.Cast(this=value, to=exp.DataType.build(form.type.upper()))
        if column.profile.unfit:
            fits = exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(f"^{form.pattern}$"))
            tree = exp.Case(ifs=[exp.If(this=fits, true=tree)])
        return tree, form.type

    def _order(self, column: ColumnDraft) -> str:
        return self._answers.choice(self._draft.name, column.name, "reading")

    # Joins

    def _entities(self) -> list[Yaml]:
        answers, naming, draft = self._answers, self._naming, self._draft
        key = answers.key(draft)
        found: list[Yaml] = []
        pointed = answers.pointed_at(draft)
        joined = {join.columns for join in answers.joins(draft)}
        if key and (key in pointed or (len(key) == 1 and key not in joined)):
            found.append({"name": naming.entity(draft, key), "kind": "primary", "columns": list(key)})
        for columns in pointed:
            if columns != key:
                found.append({"name": naming.entity(draft, columns), "kind": "unique", "columns": list(columns)})
        for join in answers.joins(draft):
            entity = naming.entity(join.target, join.target_columns)
            role = self._role(join, entity, {str(each["name"]) for each in found})
            line: Yaml = {"name": role}
            if role != entity:
                line["entity"] = entity
            found.append(line | {"kind": "foreign", "columns": list(join.columns)})
        for line in found:
            self._used.update(line["columns"])
        return found

    def _role(self, join: DraftJoin, entity: str, taken: set[str]) -> str:
        stem = stem_of(self._draft.column(join.columns[0]).words)
        words = entity.split("_")
        # A role that adds nothing to the entity has the entity's name: `customer_id` is the role `customer`.
        wanted = "_".join(stem) if stem and list(stem) != words[-len(stem) :] else entity
        return fit_name(wanted, taken)

    def _checks(self) -> list[Yaml]:
        draft, answers = self._draft, self._answers
        found: list[Yaml] = []
        roles = self._roles()
        for join in answers.joins(draft):
            if join.evidence is not None and join.evidence.rows:
                bound = match_bound(join.evidence.share)
                entity: Yaml = {"entity": roles[join.columns]} | ({} if bound == 1 else {"at_least": bound})
                found.append({"relationship": entity})
        for column in draft.columns:
            if answers.is_on(draft.name, column.name, "check"):
                self._used.add(column.profile.name)
                found.append({"not_null": {"column": column.profile.name}})
        return found

    def _roles(self) -> dict[tuple[str, ...], str]:
        foreign = [line for line in self._entities() if line["kind"] == "foreign"]
        return {tuple(line["columns"]): str(line["name"]) for line in foreign}

    # Dimensions

    def _dimensions(self) -> list[Yaml]:
        draft, answers = self._draft, self._answers
        found: list[Yaml] = []
        for column in answers.dimensions(draft):
            is_personal = answers.is_on(draft.name, column.name, "personal")
            line = self._dimension(column)
            name = str(line["name"])
            (self.personal if is_personal else self.granted).append(name)
            if is_personal:
                line["tags"] = ["personal"]
            found.append(line)
        return found

    def _dimension(self, column: ColumnDraft) -> Yaml:
        draft = self._draft
        self._used.add(column.profile.name)
        name = self._naming.dimension(draft, column)
        line: Yaml = {"name": name}
        label = self._naming.label(draft, column)
        if label != name.replace("_", " ").capitalize():
            line["label"] = label
        if self._answers.is_read_as_date(draft, column):
            line["kind"] = "time"
            if column.kind is Kind.TEXT_DATE and date_form(column.profile.forms) == "iso_month":
                line["grain"] = "month"
        elif column.profile.type == "boolean":
            line["kind"] = "boolean"
        if column.kind is Kind.IDENTIFIER and column.profile.type == "double":
            line["sql"] = f"CAST({_spelled(column.profile.name)} AS BIGINT)"
        elif column.profile.name != name:
            line["sql"] = _spelled(column.profile.name)
        return line

    # Measures and their metrics

    def _measure_all(self) -> None:
        draft, answers = self._draft, self._answers
        wanted = draft.name if draft.is_plural else f"{draft.name}_rows"
        self._count("rows", wanted, draft.count_label, f"The number of {draft.count_label.lower()}.", None)
        owned = {dataset.thing[-1] for dataset in answers.datasets}
        for column in counted_columns(draft, answers.key(draft)):
            label = count_label(column, draft, has_own=singular(stem_of(column.words)[-1]) in owned)
            name = fit_name("_".join(label.lower().split()), set())
            self._count(column.name, name, label, f"Different values of {column.profile.name}.", column)
        for column in draft.columns:
            if answers.is_on(draft.name, column.name, "money"):
                self._money(column)
            elif answers.is_on(draft.name, column.name, "measure"):
                self._number(column)
        if answers.is_on(draft.name, LINE_AMOUNT, "measure") and (line := line_amount(draft)):
            quantity, price = line
            self._used.add(quantity.profile.name)
            factor = _spelled(quantity.profile.name)
            self._amount(LINE_AMOUNT, "revenue", "Revenue", price, "sum", factor=f"{factor} * ")

    def _count(self, place: str, name: str, label: str, means: str, column: ColumnDraft | None) -> None:
        if not self._answers.is_on(self._draft.name, place, "metric"):
            return
        measure: Yaml = {"name": fit_name(name, self._measured()), "agg": "count"}
        if column is not None:
            self._used.add(column.profile.name)
            measure |= {"agg": "count_distinct", "sql": _spelled(column.profile.name)}
        self._measures[place] = measure
        self._add_metric(place, name, label, {"format": "count", "means": means})

    def _money(self, column: ColumnDraft) -> None:
        self._amount(column.name, column.name, column.label, column, "sum")

    def _amount(self, place: str, name: str, label: str, column: ColumnDraft, agg: str, *, factor: str = "") -> None:
        answers, draft = self._answers, self._draft
        currency = answers.currency(draft, column)
        if not currency:
            return
        self._used.add(column.profile.name)
        value = factor + _exact(column, answers.unit(draft, column))
        if (picked := answers.picked_values(draft, column)) is not None:
            source, values = picked
            self._used.add(source.profile.name)
            listed = ", ".join(exp.Literal.string(text).sql("duckdb") for text in values)
            value = f"CASE WHEN {_spelled(source.profile.name)} IN ({listed}) THEN {value} END"
        measure: Yaml = {"name": fit_name(name, self._measured()), "agg": agg, "sql": value}
        if (source := answers.converts(draft)) is not None:
            self._used.add(source.profile.name)
            measure["currency"] = source.profile.name
        self._measures[place] = measure
        self._add_metric(place, name, label, {"unit": currency, "format": "money", "decimals": 2})

    def _number(self, column: ColumnDraft) -> None:
        if column.kind is Kind.PRICE:
            label = (
                column.label if "average" in column.words else f"Average {column.label[:1].lower()}{column.label[1:]}"
            )
            self._amount(column.name, f"average_{column.name}", label, column, "avg")
            return
        self._used.add(column.profile.name)
        is_mean = column.kind in (Kind.RATE, Kind.BALANCE)
        name = f"average_{column.name}" if is_mean else column.name
        label = f"Average {column.label[:1].lower()}{column.label[1:]}" if is_mean else column.label
        measure = {"name": fit_name(name, self._measured()), "agg": "avg" if is_mean else "sum"}
        self._measures[column.name] = measure | {"sql": _spelled(column.profile.name)}
        is_count = column.profile.type == "integer" and not is_mean
        self._add_metric(column.name, name, label, {"format": "count" if is_count else "number"})

    def _measured(self) -> set[str]:
        return {str(measure["name"]) for measure in self._measures.values()}

    def _add_metric(self, place: str, wanted: str, label: str, more: Yaml) -> None:
        name = self._naming.metric(self._draft, fit_name(wanted, set()))
        self._metric_names[place] = name
        line: Yaml = {"name": name, "measure": f"{self._naming.dataset(self._draft)}.{self._measures[place]['name']}"}
        if label != name.replace("_", " ").capitalize():
            line["label"] = label
        self._metrics.append(line | more)

    def _add_ratio(self, ratio: RatioDraft) -> None:
        names = self._metric_names
        if not self._answers.is_on(self._draft.name, ratio.name, "metric"):
            return
        if ratio.top not in names or ratio.bottom not in names:
            return
        if self._answers.leaves_out_rows(self._draft, ratio.top) != self._answers.leaves_out_rows(
            self._draft, ratio.bottom
        ):
            return  # amounts of some rows divided by the count of all rows would be too low
        name = self._naming.metric(self._draft, fit_name("_".join(ratio.label.lower().split()), set()))
        line: Yaml = {"name": name}
        if ratio.label != name.replace("_", " ").capitalize():
            line["label"] = ratio.label
        line |= {"kind": "ratio", "numerator": names[ratio.top], "denominator": names[ratio.bottom]}
        if ratio.format == "money":
            top = next(metric for metric in self._metrics if metric["name"] == names[ratio.top])
            line["unit"] = top["unit"]
        line["format"] = ratio.format
        if ratio.format != "share":
            line["decimals"] = 2
        self._metrics.append(line)

    def _freshness(self) -> Yaml:
        choice = self._answers.choice(self._draft.name, "freshness")
        column = next((column for column in self._draft.columns if column.name == choice), None)
        if column is None:
            return {}
        self._used.add(column.profile.name)
        return {"column": column.profile.name, "warn_after_hours": _WARN_HOURS}


def _exact(column: ColumnDraft, unit: str) -> str:
    """Return an expression for an amount as an exact number in whole units of its currency."""
    name = _spelled(column.profile.name)
    if unit == "micros":
        return f"CAST({name} AS DECIMAL(24, 6)) * 0.000001"
    if unit == "cents":
        return f"CAST({name} AS {_EXACT}) * 0.01"
    return name if column.profile.type.startswith("decimal") else f"CAST({name} AS {_EXACT})"


def _parsed(value: exp.Expr, spelling: str, type_text: str) -> exp.Expr:
    parsed = exp.StrToTime(this=value, format=exp.Literal.string(spelling))
    return exp.Cast(this=parsed, to=exp.DataType.build(type_text.upper()))


def _table(name: str) -> exp.Table:
    """Return a table, given the name that its engine listed. Spark quotes names with backquotes."""
    table = exp.to_table(name, dialect="spark" if name.startswith("`") else "duckdb")
    for part in table.parts:
        part.set("quoted", not (part.name.isidentifier() and part.name.isascii() and part.name.islower()))
    return table


def _column(name: str) -> exp.Column:
    return exp.Column(this=_identifier(name))


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=not _is_word(name))


def _is_word(name: str) -> bool:
    """Return whether a column's name needs no quotes in an expression."""
    if not (name.isidentifier() and name.isascii() and name.islower()):
        return False
    try:
        tree = parse_expression(name).tree
    except (ExpressionError, SqlglotError):
        return False
    return isinstance(tree, exp.Column) and tree.name == name


def _spelled(name: str) -> str:
    """Return a column as the model's expressions write it."""
    return _identifier(name).sql("duckdb")
