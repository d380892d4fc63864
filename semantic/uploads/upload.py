"""An upload: a person's decisions about a file, and the model file that is generated from only these decisions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import yaml
from pydantic import ValidationError

from semantic.errors import InvalidQuery, NotAllowed
from semantic.model.files.yaml_text import read_yaml
from semantic.model.loading.policy_schema import PolicyDoc
from semantic.model.loading.schema import DatasetDoc, FileDoc
from semantic.model.own_data import CONNECTION

Use = Literal["sum", "average", "breakdown", "date", "column"]
USES: Final[Mapping[Use, str]] = {
    "sum": "Add up",
    "average": "Average",
    "breakdown": "Break down by",
    "date": "Date",
    "column": "Only keep",
}
PURPOSES: Final[Mapping[str, str]] = {
    "other": "Something else",
    "budgets": "Budgets",
    "targets": "Targets",
    "platform_totals": "Platform totals",
    "campaign_names": "Campaign names",
}
AHEAD: Final = ("budgets", "targets")
"""Purposes whose rows can be about future days."""
AUTOMATION_LOG: Final = "automation_log"
"""The purpose of a dataset that Samepage makes of the automation log. No form offers it, so no other upload has it."""
_PURPOSE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "budgets": ("budget", "plan", "etat", "forecast"),
    "targets": ("target", "goal", "quota", "ziel"),
}

ROW: Final = "row__number"
"""The column of row numbers that serves as the key of a table without one. No heading can produce this name."""

LONGEST_LABEL: Final = 100
_AMOUNTS: Final = (
    *(
        "budget",
        "cost",
        "spend",
        "spent",
        "revenue",
        "sales",
        "amount",
        "price",
        "value",
        "turnover",
        "profit",
        "margin",
    ),
    *("etat", "kosten", "ausgaben", "umsatz", "betrag", "preis", "erlös", "gewinn"),
)
COMMON_CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY", "INR")
"""Currencies that are offered for amounts."""
_CODE: Final = re.compile(r"[A-Z]{3}")
_CURRENCIES: Final = {"€": "EUR", "£": "GBP", "¥": "JPY"}
"""Symbols that mean exactly one currency. "$" isn't included, because several currencies use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadColumn:
    """A column to save.

    `type` is written as in a dataset's `columns:`. `dimension` is the existing breakdown of the model that the column
    uses, or "" for a new one. `unit` is the currency code of an amount, or the symbol in the file.
    """

    name: str
    label: str
    type: str
    use: Use
    dimension: str = ""
    unit: str = ""
    is_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The people who can see an upload besides its owner."""

    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        return not (self.roles or self.groups or self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """A file as a dataset.

    `name` is the name of the dataset, the table and the policy, and the prefix of its metrics' names.
    """

    name: str
    label: str
    purpose: str
    columns: tuple[UploadColumn, ...]
    key: tuple[str, ...] = ()
    day: str = ""
    shared: Shared = Shared()


def plan_to_text(plan: UploadPlan) -> str:
    """Return a plan as JSON for the store."""
    return json.dumps(asdict(plan), ensure_ascii=False, separators=(",", ":"))


def plan_from_text(text: str) -> UploadPlan:
    """Parse a plan that `plan_to_text` wrote."""
    data: dict[str, Any] = json.loads(text)  # Any: JSON
    columns = tuple(UploadColumn(**column) for column in data.pop("columns"))
    shared = Shared(**{name: tuple(values) for name, values in data.pop("shared").items()})
    key: tuple[str, ...] = tuple(data.pop("key"))
    return UploadPlan(**data, key=key, columns=columns, shared=shared)


def check_plan(plan: UploadPlan) -> None:
    """Raise InvalidQuery if a plan can't be turned into a dataset."""
    names = [column.name for column in plan.columns]
    if not plan.label.strip():
        raise InvalidQuery("Give the upload a name.")
    if len(plan.label) > LONGEST_LABEL:
        raise InvalidQuery(f"Its name can have at most {LONGEST_LABEL} characters.")
    if plan.purpose not in (*PURPOSES, AUTOMATION_LOG):
        raise InvalidQuery("Choose what the file is for.")
    if not names or len(set(names)) != len(names):
        raise InvalidQuery("Keep at least one column, each with its own name.")
    if any(name not in names for name in (*plan.key, *([plan.day] if plan.day else []))):
        raise InvalidQuery("The key and the date must be columns that are kept.")
    if any(column.unit and not column.is_share and currency_of(column.unit) is None for column in plan.columns):
        raise InvalidQuery("Write a currency as its three-letter code, such as EUR.")
    if len({column.dimension for column in plan.columns if column.dimension}) < sum(
        bool(column.dimension) for column in plan.columns
    ):
        raise InvalidQuery("Two columns fill the same breakdown. Choose one of them.")


def model_file(plan: UploadPlan, *, owner: str, owner_name: str) -> str:
    """Return an upload's model file: its dataset, its metrics, and a policy for the people who can see it."""
    check_plan(plan)
    columns = {ROW: "integer"} if not plan.key else {}
    columns |= {column.name: column.type for column in plan.columns}
    dataset: dict[str, Any] = {  # Any: YAML
        "name": plan.name,
        "label": plan.label,
        "description": "Uploaded as a file.",
        "owner": owner_name,
        "origin": "upload",
        "connection": CONNECTION,
        "table": plan.name,
        "grain": list(plan.key or (ROW,)),
        "columns": columns,
        "dimensions": list(_dimensions(plan)),
        "measures": list(_measures(plan)),
    }
    if plan.day:
        dataset |= {"time": dimension_name(plan, plan.day)}
        dataset |= {"forward": True} if plan.purpose in AHEAD else {}
    if plan.key:
        dataset["checks"] = [{"unique": list(plan.key)}]
    who: dict[str, Any] = {"people": sorted({owner, *plan.shared.people})}
    who |= {"roles": sorted(plan.shared.roles)} if plan.shared.roles else {}
    who |= {"groups": sorted(plan.shared.groups)} if plan.shared.groups else {}
    policy = {
        "name": plan.name,
        "label": plan.label,
        "description": "Who sees this upload.",
        "who": who,
        "grant": {"datasets": [plan.name], "rows": [plan.name]},
        "whole": [plan.name],
    }
    document = {"datasets": [dataset], "metrics": list(_metrics(plan, owner_name)), "policies": [policy]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def file_path(name: str) -> str:
    """Return the path of an upload's model file."""
    return f"uploads/{name}.yml"


def is_upload(path: str) -> bool:
    """Whether a path is that of an upload's model file."""
    return path.startswith("uploads/")


def label_in(text: str) -> str:
    """Return an upload's label from its model file, or "An upload" if the file can't be parsed."""
    data, _, _ = read_yaml(text, "")
    datasets = data.get("datasets") if isinstance(data, dict) else None
    first = datasets[0] if isinstance(datasets, list) and datasets else None
    label = first.get("label") if isinstance(first, dict) else None
    return label if isinstance(label, str) and label else "An upload"


def metric_name(plan: UploadPlan, column: str) -> str:
    """Return the name of the metric for a column, or if `column` is "", of the metric that counts rows."""
    return f"{plan.name}_{column or 'rows'}"[:63].rstrip("_")


def dimension_name(plan: UploadPlan, column: str) -> str:
    """Return the name of the breakdown for a column, which can be an existing breakdown of the model."""
    found = next(each for each in plan.columns if each.name == column)
    return found.dimension or f"{plan.name}_by_{column}"[:63].rstrip("_")


def suggest_purpose(names: Iterable[str]) -> str:
    """Suggest the purpose of a file from its name and headers. Budgets and targets also have rows for future days.

    >>> suggest_purpose(["2026", "Budget"]), suggest_purpose(["Umsatzziele"]), suggest_purpose(["Orders"])
    ('budgets', 'targets', 'other')
    """
    words = [word for name in names for word in re.split(r"[\W_\d]+", name.casefold())]
    for purpose, known in _PURPOSE_WORDS.items():
        if any(word.startswith(known) or word.endswith((*known, *(f"{each}e" for each in known))) for word in words):
            return purpose
    return "other"


def currency_of(unit: str) -> str | None:
    """Return a currency's code, "" for a symbol that several currencies share, or None if it isn't a currency.

    >>> currency_of("€"), currency_of("CHF"), currency_of("$"), currency_of("Euro")
    ('EUR', 'CHF', '', None)
    """
    if _CODE.fullmatch(unit):
        return unit
    return _CURRENCIES.get(unit, "" if unit == "$" else None)


def is_amount(label: str) -> bool:
    """Whether a column's header suggests that it has amounts of money.

    >>> is_amount("Planned budget"), is_amount("Werbekosten"), is_amount("Clicks")
    (True, True, False)
    """
    return any(word in label.casefold() for word in _AMOUNTS)


def metric_labels(plan: UploadPlan) -> dict[str, str]:
    """Return the label of each of an upload's metrics, by name."""
    labels = {metric_name(plan, ""): f"{plan.label}: rows"}
    for column in plan.columns:
        if column.use in ("sum", "average"):
            labels[metric_name(plan, column.name)] = f"{plan.label}: {column.label}"
    return labels


def _dimensions(plan: UploadPlan) -> Iterator[dict[str, Any]]:
    for column in plan.columns:
        base = {"name": dimension_name(plan, column.name), "label": column.label, "sql": column.name}
        if column.use == "date" or column.name == plan.day:
            yield {**base, "kind": "time"}
        elif column.use == "breakdown":
            yield {**base, "kind": "boolean"} if column.type == "boolean" else base


def _measures(plan: UploadPlan) -> Iterator[dict[str, Any]]:
    yield {"name": "all_rows", "label": "Rows", "agg": "count"}
    for column in plan.columns:
        if column.use in ("sum", "average"):
            agg = "sum" if column.use == "sum" else "avg"
            yield {"name": f"of_{column.name}"[:63], "label": column.label, "agg": agg, "sql": column.name}


def _metrics(plan: UploadPlan, owner_name: str) -> Iterator[dict[str, Any]]:
    labels = metric_labels(plan)
    name = metric_name(plan, "")
    yield {"name": name, "label": labels[name], "owner": owner_name, "measure": f"{plan.name}.all_rows", "unit": "rows",
           "format": "count"}  # fmt: skip
    for column in plan.columns:
        if column.use not in ("sum", "average"):
            continue
        name = metric_name(plan, column.name)
        metric: dict[str, Any] = {"name": name, "label": labels[name], "owner": owner_name}
        metric |= {"measure": f"{plan.name}.{f'of_{column.name}'[:63]}"}
        code = currency_of(column.unit)
        metric |= {"unit": code, "format": "money"} if code and not column.is_share else {}
        metric |= {"format": "share"} if column.is_share else {}
        yield metric


def check_file(text: str, name: str) -> None:
    """Raise NotAllowed unless a model file contains exactly the upload with this name.

    This ensures that publishing an upload can't add anything else to the model, no matter who wrote the file.
    """
    data, _, problems = read_yaml(text, file_path(name))
    try:
        doc = FileDoc.model_validate(data) if data is not None and not problems else None
    except ValidationError:
        doc = None
    if doc is None or not _is_only_upload(doc, name):
        raise NotAllowed("An upload can add its own dataset, metrics and policy to the model, and nothing else.")


def _is_only_upload(doc: FileDoc, name: str) -> bool:
    if set(doc.model_fields_set) - {"datasets", "metrics", "policies"} or len(doc.datasets) != 1:
        return False
    metrics_fit = all(
        metric.name.startswith(f"{name}_")
        and metric.kind == "simple"
        and str(getattr(metric, "measure", "")).startswith(f"{name}.")
        and metric.certified is None
        and set(metric.model_fields_set) <= {"name", "label", "owner", "measure", "unit", "format"}
        for metric in doc.metrics
    )
    return metrics_fit and _is_own_table(doc.datasets[0], name) and _is_own_policy(doc.policies, name)


def _is_own_table(dataset: DatasetDoc, name: str) -> bool:
    is_plain = set(dataset.model_fields_set) <= _DATASET_KEYS and not dataset.entities
    return is_plain and (dataset.name, dataset.table, dataset.connection, dataset.origin) == (
        name, name, CONNECTION, "upload",
    )  # fmt: skip


_DATASET_KEYS: Final = frozenset(
    {
        *("name", "label", "description", "owner", "origin", "connection", "table", "grain", "columns"),
        *("dimensions", "measures", "time", "forward", "checks"),
    }
)


def _is_own_policy(policies: Sequence[PolicyDoc], name: str) -> bool:
    """Whether there is exactly one policy, which only lets people see this upload."""
    if len(policies) != 1 or policies[0].name != name or not policies[0].who.people:
        return False
    policy = policies[0]
    keys = set(policy.model_fields_set) <= {"name", "label", "description", "who", "grant", "whole"}
    who = set(policy.who.model_fields_set) <= {"people", "roles", "groups"}
    grants = set(policy.grant.model_fields_set) <= {"datasets", "rows"}
    named = (policy.grant.datasets, policy.grant.rows, policy.whole)
    return keys and who and grants and all(
        not names.everything and not names.tags and set(names.names) <= {name} for names in named
    )  # fmt: skip
