"""Create a definition: a few choices produce its text, which people continue in the editor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
import yaml

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.edit_context import CORE
from pages.govern.definitions.form.metric import money_unit
from pages.shell import session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import plain
from semantic.errors import ModelError, SemanticError
from semantic.model.definitions import Aggregation
from semantic.model.editing.objects import ObjectKind
from semantic.model.kinds import KINDS
from semantic.model.kinds.kind import Kind
from semantic.model.model import Model
from semantic.query.describe import upper_first
from semantic.services.drafts import Edits, begin_object
from semantic.services.process import Live
from semantic.workspace import Workspace

_TROUBLE = "definition_new_trouble"
_KINDS = {
    "Metric": ObjectKind.METRIC,
    "Segment": ObjectKind.SEGMENT,
    "Policy": ObjectKind.POLICY,
    "Dataset": ObjectKind.DATASET,
}
_FORMATS = {"Ratio (1.23)": "ratio", "Share (12.3%)": "share", "Number": "number", "Count": "count", "Money": "money"}
_ARTICLES = {"metric": "a metric", "input": "a metric", "measure": "a measure", "entity": "an entity"}
_MOST_STARTED = "ratio"
_COUNTS = (
    Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT, Aggregation.SUM_BOOLEAN,
)  # fmt: skip
_BETTER = {"Higher": "up", "Lower": "down", "Neither": "none"}


def new_object(live: Live, edits: Edits, running: Workspace) -> None:
    """Draw the popover "New". It offers the names in the draft, or in the live model if the draft has errors."""
    with st.popover("New", icon=":material/add:", key="definition-new", on_change="rerun") as popover:
        if not popover.open:
            return
        model = (CORE.drafted(running, session.require("steward")[1], edits) or running).model
        with st.container(width=420, gap="small"):
            kind = st.selectbox("Type", list(_KINDS), key="new-kind")
            st.text_input("Name", key="new-label", placeholder="The name people see", max_chars=120)
            show_missing("new-label")
            started = metric_fields("new", model) if kind == "Metric" else Started()
            if trouble := st.session_state.get(_TROUBLE):
                st.error(plain(trouble))
            st.button(
                "Create", key="new-begin", type="primary",
                on_click=needs({"new-label": "Enter a name.", **started.needs}, _begin),
                args=(live, edits, _KINDS[kind], started, model),
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Started:
    """The fields of a new metric.

    `needs` has the message for each widget that must be filled in, and `read` returns the metric's keys from the
    widgets.
    """

    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    read: Callable[[Model], dict[str, object]] = lambda model: {}


def metric_fields(prefix: str, model: Model, others: Sequence[str] = ()) -> Started:
    """Draw the choice of the metric's kind, and a field for each key that the kind needs.

    The kinds follow the options in `others`, for which no fields are drawn.
    """
    kinds = {kind.title: kind for kind in KINDS.values()}
    titles = [*others, *kinds]
    first = 0 if others else [*KINDS].index(_MOST_STARTED)
    how = st.selectbox("Calculation", titles, index=first, key=f"{prefix}-how")
    if how not in kinds:
        return Started()
    kind = kinds[how]
    st.caption(plain(f"{upper_first(kind.means)}."))
    widgets = {key: f"{prefix}-{kind.name}-{key}" for key in kind.needs}
    missing = {widgets[key]: _named(kind, key, widgets[key], model) for key in kind.needs}
    chosen = {key: str(st.session_state.get(widget) or "") for key, widget in widgets.items()}
    shown = better = ""
    if all(chosen.values()):
        likely = list(_FORMATS.values()).index(_likely_format(kind.name, chosen, model))
        shown, better = f"{prefix}-format-{likely}", f"{prefix}-better"
        st.selectbox("Shown as", list(_FORMATS), index=likely, key=shown)
        st.segmented_control("Good direction", list(_BETTER), default="Higher", required=True, key=better)

    def read(model: Model) -> dict[str, object]:
        fields = {key: str(st.session_state.get(widget) or "") for key, widget in widgets.items()}
        said = st.session_state.get(shown)
        looks = _FORMATS[said] if said in _FORMATS else _likely_format(kind.name, fields, model)
        direction = _BETTER.get(str(st.session_state.get(better)), "none")
        made: dict[str, object] = {"kind": kind.name, **fields, "format": looks, "direction": direction}
        return made | ({"unit": money_unit(made, model)} if looks == "money" else {})

    return Started(missing, read)


def _likely_format(kind: str, chosen: Mapping[str, str], model: Model) -> str:
    """Return the likely format of a new metric, which is that of the measure or metric it uses."""
    match kind:
        case "simple":
            is_count = model.measure(chosen["measure"]).agg in _COUNTS
            return "count" if is_count else "number"
        case "cumulative":
            used = model.metrics.get(chosen["metric"])
            return used.format.value if used is not None else "number"
        case "conversion":
            return "share"
        case _:
            return "ratio" if kind == "ratio" else "number"


def _named(kind: Kind[Any], key: str, widget: str, model: Model) -> str:  # Any: each kind has its own keys
    """Draw the field of a key that the kind needs, and return the message for when it's empty.

    For an expression, the field chooses the first metric.
    """
    label, what = kind.words.get(key, upper_first(key.replace("_", " "))), kind.names.get(key)
    match what:
        case "metric" | "input":
            options = {metric.name: metric.label or metric.name for metric in model.metrics.values()}
        case "measure":
            options = {
                f"{dataset.name}.{measure.name}": f"{dataset.label or dataset.name}: {measure.label or measure.name}"
                for dataset in model.datasets.values()
                for measure in dataset.measures.values()
            }
        case "entity":
            entities = {entity.entity for dataset in model.datasets.values() for entity in dataset.entities}
            options = {name: upper_first(name.replace("_", " ")) for name in entities}
        case _:
            st.text_input(plain(label), key=widget, max_chars=400)
            show_missing(widget)
            return "Enter a value."
    labels = [*options.values()]
    names = {name: label if labels.count(label) == 1 else f"{label} ({name})" for name, label in options.items()}
    st.selectbox(
        plain(label) if what != "input" else "Start with", sorted(names, key=lambda name: names[name].casefold()),
        index=None, key=widget, placeholder=f"Choose {_ARTICLES[what]}", format_func=lambda name: names[name],
    )  # fmt: skip
    show_missing(widget)
    return f"Choose {_ARTICLES[what]}."


def _other_fields(kind: ObjectKind, model: Model) -> dict[str, object]:
    """Return the first keys of a new object. The editor completes and checks the others."""
    dataset = next(iter(model.datasets), "")
    match kind:
        case ObjectKind.SEGMENT:
            return {"entity": "", "dataset": dataset, "where": ""}
        case ObjectKind.POLICY:
            return {"who": {"roles": ["marketer"]}, "grant": {"metrics": [], "dimensions": []}}
        case _:
            return {"table": "", "grain": [], "columns": {}, "dimensions": [], "measures": []}


def _begin(live: Live, edits: Edits, kind: ObjectKind, started: Started, model: Model) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    label = str(st.session_state.get("new-label") or "").strip()
    name = name_of(label, "new")
    fields = started.read(model) if kind is ObjectKind.METRIC else _other_fields(kind, model)
    described = {"description": "", "owner": actor.name or actor.id}
    text = yaml.safe_dump(
        {"name": name, "label": label, **described, **fields}, sort_keys=False, allow_unicode=True, width=110
    )  # fmt: skip
    try:
        written = begin_object(live, actor, edits, kind, text, file=_file_of_new(edits, kind, name))
    except ModelError as error:
        st.session_state[_TROUBLE] = " ".join(f"{problem.message} {problem.remedy}" for problem in error.problems[:3])
        return
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    current_edits.keep(written.edits)
    current_edits.choose(written.key)
    for widget in (_TROUBLE, "new-label", *started.needs):
        st.session_state.pop(widget, None)
    st.session_state["definition-new"] = False
    st.session_state["definition-view"] = "Edit"


def name_of(label: str, otherwise: str) -> str:
    """Return the name of a new object, made from its label, in the form that files use."""
    plainly = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plainly).strip("_") or otherwise
    return name if name[0].isalpha() else f"{otherwise}_{name}"


def _file_of_new(edits: Edits, kind: ObjectKind, name: str) -> str:
    """Return the file of a new object.

    A dataset gets a file with its own name, unless that file exists. For any other object, it's "", and the object is
    added to a file of related ones.
    """
    file = f"{name}.yml"
    return file if kind is ObjectKind.DATASET and file not in edits.files else ""
