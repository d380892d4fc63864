"""Read a model from a folder of YAML, or report all its problems at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError

from semantic.errors import ModelError, Problem
from semantic.model.annotations import AnnotationSource
from semantic.model.calendars import CalendarPeriod, CalendarTable
from semantic.model.checks.analyses import analysis_problems
from semantic.model.checks.validate import find_problems
from semantic.model.definitions import (
    Additivity,
    Aggregation,
    Bridge,
    Check,
    CheckKind,
    Completeness,
    Dataset,
    DataType,
    Dimension,
    Entity,
    Freshness,
    Granularity,
    History,
    Measure,
    Metric,
    OverTime,
    Partition,
    Segment,
    TypeKind,
    Validity,
)
from semantic.model.domains import Domain, DomainPeople, with_domain_labels
from semantic.model.expression import Expression, ExpressionError, ExpressionKind, parse_expression, read_expression
from semantic.model.files.salvage import salvage
from semantic.model.files.sources import Source, shape_problems
from semantic.model.files.yaml_text import Path as YamlPath
from semantic.model.files.yaml_text import read_yaml
from semantic.model.kinds.reading import Reading
from semantic.model.loading.follow_on import without_follow_on
from semantic.model.loading.policy_schema import PersonDoc, PolicyDoc
from semantic.model.loading.read_analyses import read_analysis, with_typed_definitions
from semantic.model.loading.read_metrics import read_metric
from semantic.model.loading.read_naming import completed, mapped_without_rule, read_mapped, read_rule, values_wanted
from semantic.model.loading.read_policies import (
    expand_dimension_rules,
    matches_by_attributes_alone,
    read_names,
    read_policy,
)
from semantic.model.loading.read_policy_tests import policy_test_problems, read_policy_test
from semantic.model.loading.schema import (
    AnnotationsDoc,
    CalendarDoc,
    CheckDoc,
    DatasetDoc,
    DescribedDoc,
    DimensionDoc,
    DomainDoc,
    DomainPeopleDoc,
    FileDoc,
    FreshnessDoc,
    MeasureDoc,
    MemberDoc,
    MetricDoc,
    SegmentDoc,
    read_days,
    read_type,
    shares_of,
)
from semantic.model.loading.settings_schema import read_settings
from semantic.model.model import Definitions, Model, make_model, with_own_contracts
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.naming import MappedName, NamingRule, with_naming
from semantic.model.own_data import with_own_data
from semantic.model.policies import Policy
from semantic.model.policy_tests import PolicyTest
from semantic.model.settings import Settings
from semantic.model.types import BOOLEAN, STRING, aggregate_type, infer_type

MAX_FILES = 2_000
_Thing = TypeVar(
    "_Thing", Dataset, Metric, Segment, Domain, AnnotationSource, CalendarTable, NamingRule, Policy, NamedAnalysis
)


def load_model(folder: Path) -> Model:
    """Return the model in a folder's .yml files, including subfolders. Raises ModelError with every problem."""
    return parse_model(read_folder(folder))


def read_folder(folder: Path) -> dict[str, str]:
    """Return the text of each .yml file, by its path inside the folder. Raises ModelError if there are none."""
    if not folder.is_dir():
        raise ModelError([Problem(str(folder), 0, "There is no such folder.", "Point SAMEPAGE_MODEL at the model.")])
    paths = sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern))
    if not paths:
        raise ModelError([Problem(str(folder), 0, "The folder has no .yml files.", "Start with a dataset.")])
    if len(paths) > MAX_FILES:
        raise ModelError([Problem(str(folder), 0, f"The folder has more than {MAX_FILES:,} files.")])
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        if not path.is_file():  # opening a pipe would wait for a writer
            problems.append(Problem(path.name, 0, "This is not a file.", "Move it out of the folder, or rename it."))
            continue
        try:
            # Unchanged, including line ends: what is read is also published and written back.
            texts[path.relative_to(folder).as_posix()] = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(path.name, 0, "The file cannot be read as UTF-8 text.", "Save it as UTF-8."))
    if problems:
        raise ModelError(problems)
    return texts


def digest_of(files: Mapping[str, str]) -> str:
    """Return a digest of the names and texts of a model's files. A model's version is its first 16 characters."""
    digest = hashlib.sha256()
    for file, text in sorted(files.items()):
        digest.update(f"{len(file)}:{file}{len(text)}:{text}".encode())
    return digest.hexdigest()


def parse_model(files: Mapping[str, str]) -> Model:
    """Return the model in these files. Raises ModelError with every problem."""
    return parse_files(files)[0]


def parse_files(files: Mapping[str, str]) -> tuple[Model, tuple[PersonDoc, ...]]:
    """Return the model in these files and the people in it. Raises ModelError with every problem.

    The most recent models are cached, because a page about a draft needs the same two on every run. Every call returns
    a separate model, because certifications can change (semantic/model/contract.py).
    """
    model, people = _parse(tuple(sorted(files.items())))
    return with_own_contracts(model), people


@lru_cache(maxsize=4)
def _parse(texts: tuple[tuple[str, str], ...]) -> tuple[Model, tuple[PersonDoc, ...]]:
    files = dict(texts)
    reader = _Reader()
    docs = reader.read_files(files)
    model = reader.build(docs, files)
    people = tuple(person for doc, _ in docs for person in doc.people)
    # If a file can't be read, names defined in it would look missing too.
    problems = list(reader.problems)
    if not reader.unread:
        problems += find_problems(model)
        if not problems:  # metrics with problems can't be analyzed
            problems += analysis_problems(model, reader.places)
        problems += policy_test_problems(model, {person.id for person in people})
    if problems and reader.damaged:
        problems = without_follow_on(problems, reader.shapes, reader.damaged, model)
    if problems:
        raise ModelError(problems)
    return model, people


def parse_people(files: Mapping[str, str]) -> tuple[PersonDoc, ...]:
    """Return the people in these files, for the demo sign-in and the command line."""
    reader = _Reader()
    people = tuple(person for doc, _ in reader.read_files(files) for person in doc.people)
    if reader.problems:
        raise ModelError(reader.problems)
    return people


class _Reader:
    """Converts parsed YAML to definitions. Collects problems instead of stopping at the first one."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.unread = False
        self.damaged = frozenset[str]()  # names of parts that couldn't be read completely
        self.shapes: set[Problem] = set()  # the problems with structure
        self._parsed: dict[tuple[ExpressionKind, str], Expression] = {}
        self.source = Source("", {})
        self.places: dict[str, tuple[Source, YamlPath]] = {}  # of the definitions of analyses

    def read_files(self, files: Mapping[str, str]) -> list[tuple[FileDoc, Source]]:
        docs: list[tuple[FileDoc, Source]] = []
        for file, text in sorted(files.items()):
            data, lines, problems = read_yaml(text, file)
            self.problems += problems
            source = Source(file, lines)
            if data is None:
                self.unread = self.unread or bool(problems)
                continue
            data = with_typed_definitions(data, text, file)
            try:
                docs.append((FileDoc.model_validate(data), source))
            except ValidationError as error:
                shapes = [*shape_problems(error, source)]
                self.problems += shapes
                self.shapes.update(shapes)
                rest = salvage(FileDoc, data, source, error)
                self.unread = self.unread or rest.doc is None
                self.damaged |= rest.names
                if isinstance(rest.doc, FileDoc):
                    docs.append((rest.doc, rest.source))
        return docs

    def build(self, docs: Sequence[tuple[FileDoc, Source]], files: Mapping[str, str]) -> Model:
        settings = [doc.model for doc, _ in docs if doc.model]
        datasets: dict[str, Dataset] = {}
        metrics: dict[str, Metric] = {}
        segments: dict[str, Segment] = {}
        analyses: dict[str, NamedAnalysis] = {}
        domains: dict[str, Domain] = {}
        annotations: dict[str, AnnotationSource] = {}
        calendars: dict[str, CalendarTable] = {}
        naming: dict[str, NamingRule] = {}
        mapped: dict[str, tuple[MappedName, ...]] = {}
        policies: dict[str, Policy] = {}
        tests: list[PolicyTest] = []
        for doc, self.source in docs:
            for index, dataset in enumerate(doc.datasets):
                self._add(datasets, self._dataset(dataset, ("datasets", index)), "dataset")
            for index, metric in enumerate(doc.metrics):
                self._add(metrics, self._metric(metric, ("metrics", index)), "metric")
            for index, segment in enumerate(doc.segments):
                self._add(segments, self._segment(segment, ("segments", index)), "segment")
            for index, analysis in enumerate(doc.analyses):
                path: YamlPath = ("analyses", index)
                self.places.setdefault(analysis.name, (self.source, (*path, "definition")))
                self._add(analyses, read_analysis(analysis, self._described(analysis, path)), "analysis")
            for index, domain in enumerate(doc.domains):
                self._add(domains, self._domain(domain, ("domains", index)), "domain")
            for index, annotation in enumerate(doc.annotations):
                self._add(annotations, self._annotations(annotation, ("annotations", index)), "source of annotations")
            for index, calendar in enumerate(doc.calendars):
                self._add(calendars, self._calendar(calendar, ("calendars", index)), "calendar")
            for index, rule in enumerate(doc.naming):
                self._add(naming, read_rule(rule, ("naming", index), self._described), "naming rule")
            for index, names in enumerate(doc.mapped_names):
                if names.name in mapped:
                    message = f"The names of the rule {names.name!r} are mapped in two places."
                    self._problem(("mapped_names", index), message, "Keep one of them.")
                mapped.setdefault(names.name, read_mapped(names))
            for index, policy in enumerate(doc.policies):
                self._add(policies, self._policy(policy, ("policies", index)), "policy")
            for index, policy_test in enumerate(doc.policy_tests):
                tests.append(read_policy_test(policy_test, self.source, ("policy_tests", index)))
        if len(settings) > 1:
            self._problem(("model",), "The key `model:` appears in more than one file.", "Keep one of them.")
        wanted = values_wanted(doc for doc, _ in docs)
        self.problems += mapped_without_rule(mapped, naming)
        rules = tuple(completed(rule, wanted, datasets, mapped) for rule in naming.values())
        with_rules = [policy for policy in policies.values() if policy.by_dimension]
        places = with_naming(datasets.values(), rules) if with_rules else ()
        out = {policy.name: policy for policy in expand_dimension_rules(with_rules, places, self.problems)}
        return make_model(
            Definitions(
                settings=read_settings(settings[0]) if settings else Settings(),
                version=digest_of(files)[:16],
                datasets=tuple(datasets.values()),
                metrics=tuple(with_domain_labels({m.name: m for m in with_own_data(metrics, datasets)}, domains)),
                segments=tuple(with_domain_labels(segments, domains)),
                domains=tuple(domains.values()),
                policies=tuple(out.get(name, policy) for name, policy in policies.items()),
                policy_tests=tuple(tests),
                annotations=tuple(annotations.values()),
                calendars=tuple(calendars.values()),
                naming=rules,
                analyses=tuple(with_domain_labels(analyses, domains)),
            )
        )

    def _add(self, things: dict[str, _Thing], thing: _Thing, kind: str) -> None:
        if thing.name in things:
            other = things[thing.name]
            where = f"{other.file}:{other.line}"
            problem = Problem(
                thing.file, thing.line, f"The {kind} {thing.name!r} is also defined in {where}.", "Rename one."
            )
            self.problems.append(problem)
        things.setdefault(thing.name, thing)

    def _problem(self, path: YamlPath, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.source.file, self.source.line(path), message, remedy))

    def _described(self, doc: DescribedDoc, path: YamlPath) -> dict[str, Any]:
        return {
            "name": doc.name,
            "label": doc.label or _label(doc.name),
            "description": doc.description,
            "owner": doc.owner,
            "synonyms": tuple(doc.synonyms),
            "tags": frozenset(doc.tags),
            "file": self.source.file,
            "line": self.source.line(path),
        }

    def _expression(self, text: str, path: YamlPath, *, placeholders: bool = False) -> Expression:
        kind = ExpressionKind.RULE if placeholders else ExpressionKind.VALUE
        return self._read(text, kind, path) or parse_expression("NULL")

    def _condition(self, text: str, path: YamlPath) -> Expression:
        return self._read(text, ExpressionKind.CONDITION, path) or parse_expression("TRUE")

    def _read(self, text: str, kind: ExpressionKind, path: YamlPath) -> Expression | None:
        """Return a parsed expression, or report a problem and return None. Each text is parsed only once."""
        try:
            if (kind, text) not in self._parsed:
                self._parsed[kind, text] = read_expression(text, kind)
            return self._parsed[kind, text]
        except ExpressionError as error:
            self._problem(path, str(error))
            return None

    def _dataset(self, doc: DatasetDoc, path: YamlPath) -> Dataset:
        if (doc.table is None) == (doc.sql is None):
            self._problem(path, f"The dataset {doc.name!r} needs either `table:` or `sql:`.", "Write one of them.")
        columns = self._columns(doc, path)
        dimensions: dict[str, Dimension] = {}
        measures: dict[str, Measure] = {}
        for index, dimension in enumerate(doc.dimensions):
            at = (*path, "dimensions", index)
            if dimension.name in dimensions:
                self._problem(at, f"The dimension {dimension.name!r} is defined twice in {doc.name!r}.", "Rename one.")
            dimensions[dimension.name] = self._dimension(dimension, doc.name, columns, at)
        for index, measure in enumerate(doc.measures):
            at = (*path, "measures", index)
            if measure.name in measures:
                self._problem(at, f"The measure {measure.name!r} is defined twice in {doc.name!r}.", "Rename one.")
            measures[measure.name] = self._measure(measure, doc, columns, at)
        return Dataset(
            **self._described(doc, path),
            source=doc.table or "",
            query=self._read(doc.sql, ExpressionKind.VIEW, (*path, "sql")) if doc.sql else None,
            grain=tuple(doc.grain),
            columns=MappingProxyType(columns),
            entities=tuple(
                Entity(entity.name, entity.entity or entity.name, entity.kind, tuple(entity.columns))
                for entity in doc.entities
            ),
            dimensions=MappingProxyType(dimensions),
            measures=MappingProxyType(measures),
            time=doc.time,
            freshness=_freshness(doc.freshness) if doc.freshness else None,
            checks=tuple(self._check(check, (*path, "checks", index)) for index, check in enumerate(doc.checks)),
            history=self._history(doc, path),
            validity=Validity(tuple(doc.validity.key), doc.validity.start, doc.validity.end) if doc.validity else None,
            partitions=tuple(
                Partition(partition.name, partition.column or partition.name) for partition in doc.partitions
            ),
            bridge=Bridge(doc.bridge.weight, doc.bridge.of or _first_foreign(doc)) if doc.bridge else None,
            forward=doc.forward,
            begins=doc.begins,
            row_rules_reviewed=doc.row_rules_reviewed or "",
            origin=doc.origin or "",
            connection=doc.connection or "",
            domain=doc.domain or "",
        )

    def _history(self, doc: DatasetDoc, path: YamlPath) -> History | None:
        """Return a dataset's history. If versions have a validity, the current version is the one without an end."""
        if doc.history:
            return History(tuple(doc.history.key), self._expression(doc.history.current, (*path, "history")))
        if doc.validity:
            current = self._expression(f"{_quoted(doc.validity.end)} IS NULL", (*path, "validity"))
            return History(tuple(doc.validity.key), current)
        return None

    def _columns(self, doc: DatasetDoc, path: YamlPath) -> dict[str, DataType]:
        columns: dict[str, DataType] = {}
        for name, text in doc.columns.items():
            read = read_type(text)
            if read is None:
                kinds = ", ".join(kind.value for kind in TypeKind)
                self._problem((*path, "columns", name), f"{text!r} is not a column type.", f"The types are {kinds}.")
            columns[name] = read or STRING
        return columns

    def _dimension(self, doc: DimensionDoc, dataset: str, columns: Mapping[str, DataType], path: YamlPath) -> Dimension:
        sql = self._expression(doc.sql or _quoted(doc.name), (*path, "sql"))
        declared = read_type(doc.type) if doc.type else None
        if doc.type and declared is None:
            self._problem((*path, "type"), f"{doc.type!r} is not a type.", "See `columns:` for the types.")
        data_type = declared or infer_type(sql.tree, columns) or (BOOLEAN if doc.kind == "boolean" else STRING)
        if doc.kind == "time" and not data_type.is_time:
            remedy = "Use a date, timestamp or timestamptz column, or set `type:`."
            self._problem(path, f"The time dimension {doc.name!r} has the type {data_type}.", remedy)
        if doc.kind == "boolean" and data_type.kind is not TypeKind.BOOLEAN:
            self._problem(path, f"The boolean dimension {doc.name!r} has the type {data_type}.", "Write a comparison.")
        return Dimension(
            **self._described(doc, path),
            dataset=dataset,
            kind=doc.kind,
            sql=sql,
            type=data_type,
            day=self._expression(doc.day, (*path, "day")) if doc.day else None,
            grain=Granularity(doc.grain) if doc.grain else None,
            only_for=tuple(name if "." in name else f"{dataset}.{name}" for name in doc.only_for),
            labels=tuple(_labels(doc)),
            labels_from=doc.labels_from or "",
            member_synonyms=tuple(
                (code, tuple(member.synonyms))
                for code, member in doc.labels.items()
                if isinstance(member, MemberDoc) and member.synonyms
            ),
        )

    def _measure(
        self, doc: MeasureDoc, dataset: DatasetDoc, columns: Mapping[str, DataType], path: YamlPath
    ) -> Measure:
        sql = self._expression(doc.sql, (*path, "sql")) if doc.sql else None
        if sql is None and doc.agg != Aggregation.COUNT:
            self._problem(
                path,
                f"The measure {doc.name!r} needs `sql:`, the value to aggregate.",
                "Write a column or an expression.",
            )
        value = infer_type(sql.tree, columns) if sql else None
        agg = Aggregation(doc.agg)
        kind = aggregate_type(agg, value, discrete=doc.discrete)
        self._percentile_problems(doc, path)
        if kind is None and sql is not None and not any(column not in columns for column in sql.columns):
            message = f"The measure {doc.name!r} takes the {doc.agg} of {value or 'a value of unknown type'}."
            self._problem(path, message, "Cast it: CAST(… AS DECIMAL(18,4)) for money, BIGINT, DOUBLE.")
        return Measure(
            **self._described(doc, path),
            dataset=dataset.name,
            agg=agg,
            sql=sql,
            type=kind or DataType(TypeKind.DOUBLE),
            additivity=doc.additivity or _additivity(agg),
            time=doc.time or dataset.time,
            within=tuple(doc.within),
            percentile=0.5 if doc.percentile is None else doc.percentile,
            discrete=doc.discrete,
            approximate=doc.approximate or agg is Aggregation.APPROX_COUNT_DISTINCT,
            over_time=self._over_time(doc, path),
            per=tuple(doc.per),
            currency=doc.currency or "",
            local=self._expression(doc.local, (*path, "local")) if doc.local else None,
            final_after=(read_days(doc.final_after) if doc.final_after else None) or 0,
            completeness=_completeness(doc),
        )

    def _percentile_problems(self, doc: MeasureDoc, path: YamlPath) -> None:
        """Report a problem if `percentile:`, `discrete:` or `approximate:` doesn't fit the measure's aggregation."""
        if doc.agg == Aggregation.PERCENTILE and doc.percentile is None:
            self._problem(
                path,
                f"The measure {doc.name!r} is a percentile but has no `percentile:`.",
                "For the 95th, write `percentile: 0.95`.",
            )
        if doc.agg != Aggregation.PERCENTILE and doc.percentile is not None:
            message = f"The measure {doc.name!r} has `percentile:` but is not a percentile."
            self._problem((*path, "percentile"), message, "Remove it, or write `agg: percentile`.")
        for key in ("discrete", "approximate"):
            if getattr(doc, key) and doc.agg not in (Aggregation.MEDIAN, Aggregation.PERCENTILE):
                message = f"The measure {doc.name!r} has `{key}:` but is not a median or percentile."
                self._problem((*path, key), message, "Remove it.")
        if doc.discrete and doc.approximate:
            self._problem(path, f"The measure {doc.name!r} is both discrete and approximate.", "Keep one of them.")

    def _over_time(self, doc: MeasureDoc, path: YamlPath) -> OverTime | None:
        if (doc.additivity is Additivity.SEMI) != (doc.over_time is not None) or (doc.per and not doc.over_time):
            message = f"The measure {doc.name!r} needs both `additivity: semi` and `over_time:`, or neither."
            remedy = "Write `additivity: semi` and `over_time: last`, or remove both and `per:`."
            self._problem(path, message, remedy)
            return None
        return OverTime(doc.over_time) if doc.over_time else None

    def _check(self, doc: CheckDoc, path: YamlPath) -> Check:
        model_fields = [name for name in CheckDoc.model_fields if getattr(doc, name) is not None]
        if len(model_fields) != 1:
            self._problem(path, "A check must have exactly one key.", f"Use one of {', '.join(CheckDoc.model_fields)}.")
        if doc.not_null:
            return Check(CheckKind.NOT_NULL, (doc.not_null.column,), at_least=doc.not_null.at_least)
        if doc.accepted:
            return Check(CheckKind.ACCEPTED, (doc.accepted.column,), tuple(doc.accepted.values))
        if doc.relationship:
            return Check(CheckKind.RELATIONSHIP, (doc.relationship.entity,), at_least=doc.relationship.at_least)
        if doc.rows is not None:
            return Check(CheckKind.ROWS, at_least=doc.rows)
        return Check(CheckKind.UNIQUE, tuple(doc.unique or ()))

    def _metric(self, doc: MetricDoc, path: YamlPath) -> Metric:
        reading = Reading(doc.name, path, self._expression, self._condition, self._problem)
        return read_metric(doc, self._described(doc, path), reading)

    def _segment(self, doc: SegmentDoc, path: YamlPath) -> Segment:
        return Segment(
            **self._described(doc, path),
            entity=doc.entity,
            dataset=doc.dataset,
            where=self._expression(doc.where, (*path, "where")) if doc.where else None,
            time=doc.time,
            count=doc.last.count if doc.last else 0,
            unit=Granularity(doc.last.unit) if doc.last else Granularity.DAY,
            as_of=doc.as_of,
            domain=doc.domain or "",
        )

    def _domain(self, doc: DomainDoc, path: YamlPath) -> Domain:
        return Domain(**self._described(doc, path), stewards=_people(doc.stewards), members=_people(doc.members))

    def _annotations(self, doc: AnnotationsDoc, path: YamlPath) -> AnnotationSource:
        return AnnotationSource(
            **self._described(doc, path),
            dataset=doc.dataset,
            text=doc.text,
            starts=doc.starts,
            ends=doc.ends or "",
            kind=doc.kind or "",
            concerns=tuple(doc.concerns),
            metrics=read_names(doc.metrics),
        )

    def _calendar(self, doc: CalendarDoc, path: YamlPath) -> CalendarTable:
        periods = tuple(
            CalendarPeriod(
                **self._described(period, (*path, "periods", index)),
                dimension=period.dimension or period.name,
                number=period.number or "",
            )
            for index, period in enumerate(doc.periods)
        )
        return CalendarTable(**self._described(doc, path), dataset=doc.dataset, day=doc.day, periods=periods)

    def _policy(self, doc: PolicyDoc, path: YamlPath) -> Policy:
        if matches_by_attributes_alone(doc):
            message = f"The policy {doc.name!r} has attributes but no roles, groups or people, so all with them match."
            self._problem((*path, "who"), message, "Name who it is for, or remove the empty list.")
        return read_policy(doc, path, self._described, lambda text, at: self._expression(text, at, placeholders=True))


def _additivity(agg: Aggregation) -> Additivity:
    additive = (Aggregation.SUM, Aggregation.COUNT, Aggregation.SUM_BOOLEAN)
    return Additivity.FULL if agg in additive else Additivity.NONE


def _people(doc: DomainPeopleDoc) -> DomainPeople:
    return DomainPeople(frozenset(doc.people), frozenset(doc.groups))


def _freshness(doc: FreshnessDoc) -> Freshness:
    return Freshness(doc.column, doc.warn_after_hours, doc.by or "", doc.loaded_with or "", doc.append_only)


def _completeness(doc: MeasureDoc) -> tuple[Completeness, ...]:
    """Return a measure's completeness, from the most recent day to the oldest."""
    read = [(read_days(days) or 0, shares_of(shares)) for days, shares in doc.completeness.items()]
    return tuple(sorted((Completeness(days, *shares) for days, shares in read if shares), key=lambda one: one.days))


def _first_foreign(doc: DatasetDoc) -> str:
    return next((entity.name for entity in doc.entities if entity.kind == "foreign"), "")


def _labels(doc: DimensionDoc) -> Iterator[tuple[str, str]]:
    """Yield each member that has a label, with its label."""
    for code, member in doc.labels.items():
        label = member.label if isinstance(member, MemberDoc) else member
        if label is not None:
            yield code, label


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
