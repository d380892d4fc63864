"""Creating a definition: a few choices produce its text, which people then continue in the editor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st
import yaml

from pages.govern.definitions import desk as desks
from pages.govern.definitions.form.metric import money_unit
from pages.govern.definitions.preview import workspace_of
from pages.shell.parts import plain
from semantic.errors import ModelError, SemanticError
from semantic.model.definitions import Aggregation
from semantic.model.editing.objects import ObjectKind
from semantic.model.kinds import KINDS
from semantic.model.kinds.kind import Kind
from semantic.model.model import Model
from semantic.query.describe import upper_first
from semantic.services.drafts import Desk, begin_object
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


def new_object(live: Live, desk: Desk, running: Workspace) -> None:
    """Draw the popover behind "New", which offers what the draft has, or the live model if the draft has errors."""
    with st.popover("New", icon=":material/add:", key="definition-new", on_change="rerun") as popover:
        if not popover.open:
            return
        model = (workspace_of(running, desk) or running).model
        with st.container(width=420, gap="small"):
            kind = st.selectbox("Type", list(_KINDS), key="new-kind")
            label = st.text_input("Name", key="new-label", placeholder="The name people see", max_chars=120)
            written = _metric_fields(model) if kind == "Metric" else _other_fields(_KINDS[kind], model)
            if trouble := st.session_state.get(_TROUBLE):
                st.error(plain(trouble))
            st.button(
                "Create", key="new-begin", type="primary", disabled=not (label or "").strip() or not written,
                on_click=_begin, args=(live, desk, _KINDS[kind], (label or "").strip(), written or {}),
            )  # fmt: skip


def _metric_fields(model: Model) -> dict[str, object] | None:
    """A field for each key that the chosen kind needs; None until all of them have a value."""
    kinds = {kind.title: kind for kind in KINDS.values()}
    kind = kinds[st.selectbox("Calculation", list(kinds), index=[*KINDS].index(_MOST_STARTED), key="new-how")]
    st.caption(plain(f"{upper_first(kind.means)}."))
    chosen = {key: _named(kind, key, model) for key in kind.needs}
    if not all(chosen.values()):
        return None
    likely = list(_FORMATS.values()).index(_likely_format(kind.name, chosen, model))
    shown = st.selectbox("Shown as", list(_FORMATS), index=likely, key=f"new-format-{likely}")
    better = st.segmented_control("Good direction", list(_BETTER), default="Higher", required=True, key="new-better")
    looks = {"format": _FORMATS[shown], "direction": _BETTER[better or "Neither"]}
    fields: dict[str, object] = {"kind": kind.name, **chosen, **looks}
    return fields | ({"unit": money_unit(fields, model)} if shown == "Money" else {})


def _likely_format(kind: str, chosen: Mapping[str, str | None], model: Model) -> str:
    """How a new metric is probably shown: as what it counts or uses is."""
    match kind:
        case "simple":
            is_count = model.measure(chosen["measure"] or "").agg in _COUNTS
            return "count" if is_count else "number"
        case "cumulative":
            used = model.metrics.get(chosen["metric"] or "")
            return used.format.value if used is not None else "number"
        case "conversion":
            return "share"
        case _:
            return "ratio" if kind == "ratio" else "number"


def _named(kind: Kind[Any], key: str, model: Model) -> str | None:  # Any: each kind has keys of its own
    """Let the person choose what a key refers to from the model; an expression starts with one metric."""
    label = kind.words.get(key, upper_first(key.replace("_", " ")))
    widget, what = f"new-{kind.name}-{key}", kind.names.get(key)
    match what:
        case "metric" | "input":
            options = {metric.label or metric.name: metric.name for metric in model.metrics.values()}
        case "measure":
            options = {
                f"{dataset.label or dataset.name}: {measure.label or measure.name}": f"{dataset.name}.{measure.name}"
                for dataset in model.datasets.values()
                for measure in dataset.measures.values()
            }
        case "entity":
            options = {
                entity.entity: entity.entity for dataset in model.datasets.values() for entity in dataset.entities
            }
        case _:
            return st.text_input(plain(label), key=widget, max_chars=400).strip()
    shown = plain(label) if what != "input" else "Start with"
    choice = st.selectbox(shown, sorted(options), index=None, key=widget, placeholder=f"Choose {_ARTICLES[what]}")
    return options[choice] if choice else None


def _other_fields(kind: ObjectKind, model: Model) -> dict[str, object]:
    """Enough to start with; the editor completes and checks the rest."""
    dataset = next(iter(model.datasets), "")
    match kind:
        case ObjectKind.SEGMENT:
            return {"entity": "", "dataset": dataset, "where": ""}
        case ObjectKind.POLICY:
            return {"who": {"roles": ["marketer"]}, "grant": {"metrics": [], "dimensions": []}}
        case _:
            return {"table": "", "grain": [], "columns": {}, "dimensions": [], "measures": []}


def _begin(live: Live, desk: Desk, kind: ObjectKind, label: str, fields: dict[str, object]) -> None:
    actor = desks.acting()
    if actor is None:
        return
    name = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_") or "new"
    described = {"description": "", "owner": actor.name or actor.id}
    text = yaml.safe_dump(
        {"name": name, "label": label, **described, **fields}, sort_keys=False, allow_unicode=True, width=110
    )  # fmt: skip
    try:
        written = begin_object(live, actor, desk, kind, text, file=_file_of_new(desk, kind, name))
    except ModelError as error:
        st.session_state[_TROUBLE] = " ".join(f"{problem.message} {problem.remedy}" for problem in error.problems[:3])
        return
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    desks.keep(written.desk)
    desks.choose(written.key)
    needed = (f"new-{each_kind.name}-{key}" for each_kind in KINDS.values() for key in each_kind.needs)
    for field in (_TROUBLE, "new-label", *needed):
        st.session_state.pop(field, None)
    st.session_state["definition-new"] = False
    st.session_state["definition-view"] = "Edit"


def _file_of_new(desk: Desk, kind: ObjectKind, name: str) -> str:
    """A dataset gets a file of its own, named after it, unless there is one; other objects join related ones."""
    file = f"{name}.yml"
    return file if kind is ObjectKind.DATASET and file not in desk.files else ""
