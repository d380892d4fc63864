"""Export a model to a dbt project. What dbt can't express is stored under `config.meta.samepage`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, cast

from sqlglot import exp

from semantic.interop.carry import OF_MODEL, PARTS, WHOLE, FileParts, things_of, words_lost
from semantic.interop.dbt.field_names import FieldNames
from semantic.interop.dbt.importing import QUESTIONS, RULES, import_dbt
from semantic.interop.dbt.write import Writer
from semantic.interop.dbt.write_datasets import DatasetWriter, model_of
from semantic.interop.imported import ExportedModel, who_sees_what_is_lost
from semantic.interop.loss import Losses
from semantic.interop.ours import OURS, UNREAD, spelled
from semantic.interop.sql_names import as_column
from semantic.interop.yaml_writer import write_yaml
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

Doc = dict[str, Any]

_UNREAD = UNREAD["dbt"]
_SAID = ("sql", "table", "filter", "where", "grain")
"""Keys that dbt expresses in other ways.

A view is a dbt model of its own, a filter can be part of a measure, and a dimension's `day:` is a column.
"""


def export_dbt(files: Mapping[str, str]) -> ExportedModel:
    """Return a model as dbt's YAML, by path, with its questions as saved queries.

    Raises ModelError if the model has problems.
    """
    losses = Losses()
    texts = {file: text for file, text in files.items() if file.endswith((".yml", ".yaml"))}
    model, mine = parse_model(texts), FileParts(texts)
    datasets = DatasetWriter(model, losses)
    writer = Writer(model, datasets, losses)
    metrics = writer.metrics()  # first: a metric may need an additional measure
    made: dict[str, list[Doc]] = {"semantic_models": datasets.datasets(), "metrics": metrics}
    questions = cast(Mapping[str, Doc], json.loads(files[QUESTIONS])) if QUESTIONS in files else {}
    if questions:
        made["saved_queries"] = writer.queries(questions)
    made["models"] = _spines(model, mine, losses)
    _keep_the_rest(made, mine, datasets.called, model, losses)
    _say_rules(model, losses)
    for key in WHOLE:
        there = {described.name: described.file for described in things_of(model, key)}
        for doc in mine.things(key) if key != "calendars" else ():
            losses.add(spelled(key, doc), "dbt has no equivalent, so this is left out", there[doc["name"]])
    who_sees_what_is_lost("dbt", mine, {policy.name: policy.file for policy in model.policies}, losses)
    return ExportedModel(_files(made, model), losses.all)


def _keep_the_rest(
    made: Mapping[str, list[Doc]], mine: FileParts, called: FieldNames, model: Model, losses: Losses
) -> None:
    """Import the export again, and add to each definition what that import doesn't restore.

    Datasets come first, because metrics need complete datasets for their names. A metric that is then missing, because
    it uses a measure that was added for it, is stored as a whole.
    """
    first = FileParts(import_dbt(_files(made, None)).files)
    ours, docs = mine.named("datasets"), first.named("datasets")
    for doc in made["semantic_models"]:
        name = doc["name"]
        read = docs.get(name, {})
        settings = {key: mine.settings[key] for key in ("currency", "rates") if key in mine.settings}
        is_of_rates = model.settings.rates is not None and model.settings.rates.dataset == name
        of_model = {OF_MODEL: settings} if is_of_rates else {}
        parts = {one.name for one in model.datasets[name].dimensions.values() if one.read_from}
        _carry(doc, _difference(ours[name], read) | _parts(doc, ours[name], read, called, parts) | of_model)
        _say_words(
            f"dataset {name}",
            ours[name],
            _in_our_names(read, called) if read else read,
            model.datasets[name].file,
            losses,
        )
    again = FileParts(import_dbt(_files(made, None)).files).named("metrics")
    ours, docs = mine.named("metrics"), first.named("metrics")
    for doc in made["metrics"]:
        name = doc["name"]
        read = docs.get(name, {})
        _carry(doc, _difference(ours[name], again.get(name, dict.fromkeys(read, ""))))
        _say_words(f"metric {name}", ours[name], read, model.metrics[name].file, losses)


def _say_words(what: str, mine: Doc, read: Doc, file: str, losses: Losses) -> None:
    is_default = mine.get("label") == mine["name"].replace("_", " ").capitalize()
    texts = (*_SAID, "label") if is_default else _SAID
    words = [word for word in words_lost(mine, read) if word not in texts and not word.startswith("day of ")]
    if words:
        losses.add(what, f"{', '.join(words)}: {_UNREAD}", file)


def _in_our_names(read: Doc, called: FieldNames) -> Doc:
    """Return an imported dataset with its dimensions and measures under our names."""
    doc = dict(read)
    for key, names in (("dimensions", called.dimensions(read["name"])), ("measures", called.measures(read["name"]))):
        ours = {theirs: mine for mine, theirs in names.items()}
        parts = sorted(
            read.get(key) or [], key=lambda item: item["name"] in ours
        )  # a key comes before anything else with its name
        doc[key] = [{**part, "name": ours.get(part["name"], part["name"])} for part in parts]
    return doc


def _parts(doc: Doc, mine: Doc, read: Doc, called: FieldNames, of_names: Collection[str]) -> Doc:
    """Return the differences in dimensions, measures and entities.

    Parts that only one side has are stored with the dataset. The dimensions `of_names`, which come from a naming rule,
    are imported as ordinary dimensions, because the rule is lost.
    """
    more: dict[str, list[Doc]] = {}
    without: dict[str, list[str]] = {}
    names = {"measures": called.measures(doc["name"]), "dimensions": called.dimensions(doc["name"])}
    for key in PARTS:
        there = {item["name"]: item for item in read.get(key) or []}
        here = {item["name"]: item for item in mine.get(key) or []}
        written = {item["name"]: item for item in doc.get(key, [])}
        theirs: Mapping[str, str] = names.get(key, {})
        for ours, item in here.items():
            name = theirs.get(ours, ours)
            rest = _difference(item, there.get(name, {}))
            if name in there and name in written and rest:
                _carry(written[name], rest)
            elif name not in there or rest:
                more.setdefault(key, []).append(item)
        known = {*here, *(theirs.get(name, name) for name in here)}
        again = {item["name"] for item in more.get(key, [])}
        gone = [name for name in there if (name not in known and name not in of_names) or name in again]
        gone = [str(written.get(name, {}).get("name", name)) for name in gone]
        if gone:
            without[key] = gone
    return ({"more": more} if more else {}) | ({"without": without} if without else {})


def _difference(mine: Doc, read: Doc) -> Doc:
    """Return our keys whose values differ in the import. A key that only the import has is None."""
    keys = [key for key in (*mine, *(key for key in read if key not in mine)) if key not in PARTS]
    mine = {"kind": read["kind"]} | mine if read.get("kind") in ("simple", "categorical") else mine
    return {key: mine.get(key) for key in keys if mine.get(key) != read.get(key)}


def _carry(doc: Doc, rest: Doc) -> None:
    if rest:
        kept = doc.get("config", {"meta": {OURS: {}}})["meta"][OURS]
        doc["config"] = {"meta": {OURS: {**kept, **rest}}}


_RULES = {
    "grain_mismatch": "a metric known only by month makes the whole question monthly, and is refused here",
    "offset": "a period longer than the offset pairs its days one by one, which misses or repeats days if months "
    "differ in length, and starts with its first week or month if the question shows those. Here such a period is "
    "refused, and a period starts with its first day",
    "last_day": "the last day of a balance is chosen after filters, and before them here",
    "conversions": "a conversion belongs to the latest base event that passes the filters, and to the latest of all "
    "here",
    "missing_conversions": "a group without conversions shows nothing, and 0 here",
    "every_period": "missing periods are filled in once, and for each group here",
    "window_day": "a period shows a window of the first or last of its days with rows, and of its first or last day "
    "here",
    "fill": "inside a formula, a fill applies only where the formula has rows, and to every group here",
    "lists": "members of several datasets are listed from the one with the fewest dimensions, and are refused here",
    "known_days": "days that are not over or not loaded also count, and don't count here",
}


def _say_rules(model: Model, losses: Losses) -> None:
    """Add a loss for each of the model's rules that differs from dbt's and affects a metric."""
    metrics = tuple(model.metrics.values())
    uses = [use for metric in metrics for use in metric.uses]
    measures = [model.measure(metric.measure) for metric in metrics if metric.measure]
    concerned = {
        "grain_mismatch": [metric.name for metric in metrics if metric.grain],
        "offset": [metric.name for metric in metrics if any(use.offset or use.offset_to for use in metric.uses)],
        "last_day": [metric.name for metric in metrics if metric.measure and model.measure(metric.measure).over_time],
        "conversions": [metric.name for metric in metrics if metric.conversion],
        "missing_conversions": [metric.name for metric in metrics if metric.conversion],
        "every_period": [metric.name for metric in metrics if metric.every_period],
        "window_day": [metric.name for metric in metrics if metric.cumulative and metric.cumulative.window],
        "fill": sorted({use.metric for use in uses if model.metrics[use.metric].fill is not None}),
    }
    for rule, names in concerned.items():
        if names and getattr(model.settings.rules, rule) != RULES[rule]:
            losses.add(f"rule {rule}", f"in dbt {_RULES[rule]}. This affects {', '.join(names)}")
    is_dated = any(measure.time and not model.datasets[measure.dataset].forward for measure in measures)
    if is_dated and model.settings.rules.known_days != RULES["known_days"]:
        losses.add("rule known_days", f"in dbt {_RULES['known_days']}. This affects every metric with a date")


def _spines(model: Model, mine: FileParts, losses: Losses) -> list[Doc]:
    """Return the model's days, calendars, and shorter periods as dbt models with `time_spine:`.

    dbt rejects a project without a table of days. If the model has none, one is written that imports ignore.
    """
    ours = mine.named("datasets")
    docs = [_spine(model, unit.value, text, ours) for unit, text in model.settings.clock_spines]
    name = model.settings.spine.partition(".")[0]
    calendars = mine.named("calendars")
    for calendar in model.calendars.values():
        if calendar.dataset != name:
            why = "dbt has calendars only in its table of days, so this is left out"
            losses.add(spelled("calendars", calendars[calendar.name]), why, calendar.file)
    if name in model.datasets:
        doc = _spine(model, "day", model.settings.spine, ours)
        tables = [calendar for calendar in model.calendars.values() if calendar.dataset == name]
        dimensions = model.datasets[name].dimensions
        custom = [
            {"name": period.name, "column_name": as_column(dimensions[period.dimension].sql.columns[0])}
            for table in tables
            for period in table.periods
        ]
        if custom:
            doc["time_spine"]["custom_granularities"] = custom
            _carry(doc, {"calendars": [calendars[calendar.name] for calendar in tables]})
        return [*docs, doc]
    why = f"dbt needs a table of days, and the model has none: {DAYS}.sql makes one {_YEARS}. Replace it with your own"
    losses.add("time spine", why)
    new_doc: Doc = {"name": DAYS, "columns": [{"name": "date_day", "granularity": "day"}]}
    new_doc["time_spine"] = {"standard_granularity_column": "date_day"}
    _carry(new_doc, {"made": True})
    return [*docs, new_doc]


def _spine(model: Model, unit: str, text: str, ours: Mapping[str, Doc]) -> Doc:
    """Return a table with one row for each `unit`. `text` names its dataset and time dimension."""
    name, _, time = text.partition(".")
    dataset = model.datasets[name]
    column = as_column(dataset.dimensions[time].sql.columns[0])
    read = dataset.query.tree.find(exp.Table) if dataset.query else None
    table = read.sql("duckdb") if read else dataset.source
    doc: Doc = {"name": table.rpartition(".")[2], "columns": [{"name": column, "granularity": unit}]}
    doc["time_spine"] = {"standard_granularity_column": column}
    _carry(doc, {"table": table, "spine": text, "dataset": ours[name]})
    return doc


DAYS = "samepage_days"
_YEARS = "for 2000 to 2049"
_DAYS_SQL = """\
select cast(date_day as date) as date_day
from ({{ dbt.date_spine('day', "cast('2000-01-01' as date)", "cast('2050-01-01' as date)") }}) as days
"""


def _files(made: Mapping[str, list[Doc]], model: Model | None) -> dict[str, str]:
    files = {f"{key}.yml": write_yaml({key: docs}) for key, docs in made.items() if docs}
    if model is None:
        return files
    for doc in made["semantic_models"]:
        dataset = model.datasets[doc["name"]]
        if dataset.query is not None:
            files[f"{model_of(dataset)}.sql"] = dataset.query.text.strip() + "\n"
    if any(doc["name"] == DAYS for doc in made["models"]):
        files[f"{DAYS}.sql"] = _DAYS_SQL
    return files
