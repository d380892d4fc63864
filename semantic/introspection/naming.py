"""Choose names for a draft's objects that neither the draft nor an existing model has yet."""

from __future__ import annotations

from collections import Counter

from semantic.interop.names import fit_name
from semantic.introspection.draft_answers import DraftAnswers
from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.words import label_of
from semantic.model.definitions import DatePart, Granularity
from semantic.model.model import Model

_PERIODS = frozenset({*(grain.value for grain in Granularity), *(part.value for part in DatePart)})


class Naming:
    """The names in a draft. A name that the existing model has gets "draft" in front, or a number."""

    def __init__(self, answers: DraftAnswers, existing: Model | None) -> None:
        self._answers = answers
        self._renamed: dict[str, str] = {}
        self._datasets_taken = set(existing.datasets) if existing else set[str]()
        self._fields_taken = {*_PERIODS, *(_fields(existing) if existing else ())}
        self._existing_fields = _fields(existing) if existing else set[str]()
        self._entities_taken = _entities(existing) if existing else set[str]()
        self._policies_taken = {policy.name for policy in existing.policies} if existing else set[str]()
        self._paths_taken = _paths(existing) if existing else set[str]()
        self._datasets: dict[str, str] = {}
        self._dimensions: dict[tuple[str, str], str] = {}
        self._labels: dict[tuple[str, str], str] = {}
        self._metrics: dict[tuple[str, str], str] = {}
        self._entities: dict[tuple[str, tuple[str, ...]], str] = {}
        self._name_all()

    def _name_all(self) -> None:
        for draft in self._answers.datasets:
            self._datasets[draft.name] = self._new(draft.name, self._datasets_taken)
        shown = [(draft, column) for draft in self._answers.datasets for column in self._answers.dimensions(draft)]
        counts = Counter(column.name for _, column in shown)
        for draft in self._answers.datasets:
            for column in self._answers.dimensions(draft):
                is_shared = counts[column.name] > 1 and not column.name.startswith(draft.singular_name)
                wanted = f"{draft.singular_name}_{column.name}" if is_shared else column.name
                label = label_of((*draft.thing, *column.words)) if is_shared else column.label
                self._dimensions[draft.name, column.name] = self._new(wanted, self._fields_taken, draft.singular_name)
                self._labels[draft.name, column.name] = label[:100]

    def dataset(self, draft: DatasetDraft) -> str:
        """Return the name of a dataset."""
        return self._datasets[draft.name]

    def dimension(self, draft: DatasetDraft, column: ColumnDraft) -> str:
        """Return the name of a column as a dimension."""
        return self._dimensions[draft.name, column.name]

    def label(self, draft: DatasetDraft, column: ColumnDraft) -> str:
        """Return the label of a column as a dimension."""
        return self._labels[draft.name, column.name]

    def metric(self, draft: DatasetDraft, wanted: str) -> str:
        """Return the name of a metric of this dataset."""
        key = (draft.name, wanted)
        if key not in self._metrics:
            self._metrics[key] = self._new(wanted, self._fields_taken, draft.singular_name)
        return self._metrics[key]

    def entity(self, draft: DatasetDraft, columns: tuple[str, ...]) -> str:
        """Return the name of the entity whose key these columns are."""
        key = (draft.name, columns)
        if key not in self._entities:
            is_own = columns == self._answers.key(draft)
            words = draft.singular_name if is_own else f"{draft.singular_name}_{draft.column(columns[0]).name}"
            self._entities[key] = self._new(words, self._entities_taken)
        return self._entities[key]

    def policy(self, wanted: str) -> str:
        """Return the name of a policy."""
        return self._new(wanted, self._policies_taken)

    def path(self, wanted: str) -> str:
        """Return a file path that the existing model doesn't have."""
        stem = wanted.removesuffix(".yml")
        path = next(
            path
            for path in (wanted, *(f"{stem}_{number}.yml" for number in range(2, 1_000)))
            if path not in self._paths_taken
        )
        self._paths_taken.add(path)
        return path

    def renamed(self) -> tuple[tuple[str, str], ...]:
        """Return the intended names that the existing model already has, each with the name used instead."""
        return tuple(sorted(self._renamed.items()))

    def _new(self, wanted: str, taken: set[str], other: str = "") -> str:
        name = fit_name(wanted, taken)
        if name != wanted:
            prefix = other if other and not wanted.startswith(other) else "draft"
            name = fit_name(f"{prefix}_{wanted}", taken)
            if wanted in self._existing_fields or wanted in taken:
                self._renamed[wanted] = name
        taken.add(name)
        return name


def _fields(model: Model) -> set[str]:
    return {*model.metrics, *model.dimensions, *model.segments}


def _entities(model: Model) -> set[str]:
    found = {entity.entity for dataset in model.datasets.values() for entity in dataset.entities}
    return found | {entity.name for dataset in model.datasets.values() for entity in dataset.entities}


def _paths(model: Model) -> set[str]:
    things = (*model.datasets.values(), *model.metrics.values(), *model.segments.values(), *model.policies)
    return {thing.file for thing in things}
