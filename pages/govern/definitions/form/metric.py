"""A metric as a form: what it counts, which rows, its format, and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from pages.govern.definitions.form.conditions import rows_where
from pages.govern.definitions.form.dates import date_field
from pages.govern.definitions.form.fields import (
    Form,
    change,
    choice,
    length_field,
    pills,
    put,
    show_problems,
    text_field,
    whole_field,
    words_field,
    writes,
)
from pages.govern.definitions.form.more import MORE, more_settings
from pages.shell.parts import plain
from semantic.display.words.metrics import formula
from semantic.model.definitions import Dataset, Measure, Metric, NumberFormat
from semantic.model.editing.keys import key_order, read_object, set_key
from semantic.model.editing.objects import ObjectKind
from semantic.model.expression import ExpressionError, ExpressionKind, read_expression
from semantic.model.files.yaml_text import Plain
from semantic.model.kinds import KINDS
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.query.describe import upper_first
from semantic.workspace import Workspace

KIND_WORDS: Final = {
    "simple": "Count or sum", "ratio": "Ratio", "derived": "Formula", "cumulative": "Over time",
    "conversion": "Conversion",
}  # fmt: skip
FORMATS: Final = {
    "number": "Number", "count": "Count", "money": "Money", "share": "Share (12.3%)", "ratio": "Ratio (1.23)",
}  # fmt: skip
DIRECTIONS: Final = {"up": "Higher", "down": "Lower", "none": "Neither"}
GIVES: Final = {"rate": "Share that converted", "count": "Number that converted"}
DATED: Final = {"cohort": "The first event", "period": "The conversion"}
SHOWN: Final = {"last": "Its last day", "first": "Its first day", "average": "The average of its days"}
EARLIER: Final = ("1 week", "4 weeks", "1 month", "1 quarter", "1 year")
_FIELDS: Final = frozenset(
    {"name", "label", "description", "owner", "synonyms", "kind", "where", "unit", "format", "decimals", "direction"}
    | {"means", "does_not_mean", "enough", "matters", "measure", "filter", "numerator", "denominator", "inputs"}
    | {"expression", "metric", "window", "to_date", "at", "base", "conversion", "entity", "gives", "by", "fill", *MORE}
)
"""The keys that the form edits. It leaves other keys unchanged."""


def metric_form(form: Form, workspace: Workspace, actor: Actor) -> None:
    """Draw the fields of a metric. `workspace` is the draft's, or the live one if the draft has errors."""
    kind = form.value("kind") or "simple"
    text_field(form, "Name", "label", placeholder="The name people see", longest=120)
    _what(form, kind, workspace, actor)
    if kind == "simple":
        rows_where(form, "Only rows where", ("filter",), workspace, actor)
        if (chosen := _counted(form)) is not None:
            date_field(form, *chosen)
    if kind != "simple" or form.value("where"):
        rows_where(form, "Only where" if kind != "simple" else "And only where", ("where",), workspace, actor)
    _shown(form, kind)
    _words(form, workspace)
    more_settings(form, kind)


def edited_in_yaml(form: Form) -> list[str]:
    """Return the settings that can only be edited as YAML, in words."""
    kept = [upper_first(key.replace("_", " ")) for key in form.data if key not in _FIELDS]
    is_other = any(isinstance(one, dict) and one.get("offset_to") for one in form.items("inputs"))
    return [*kept, *(["Start of an earlier period"] if is_other else [])]


def _what(form: Form, kind: str, workspace: Workspace, actor: Actor) -> None:
    """Draw the section "What is it?", with the kind and the keys of that kind."""
    widget = form.widget("kind")
    st.segmented_control(
        "What is it?", list(KIND_WORDS), default=kind if kind in KIND_WORDS else None, required=kind in KIND_WORDS,
        key=widget, format_func=lambda name: KIND_WORDS[name],
        on_change=lambda: change(form, lambda text: of_kind(text, st.session_state.get(widget) or kind)),
    )  # fmt: skip
    show_problems(form, "kind")
    if kind in KINDS:
        st.caption(plain(f"{upper_first(KINDS[kind].means)}."))
    metrics = _metrics(form)
    match kind:
        case "simple":
            choice(form, "What to count or sum", _measures(form), "measure", placeholder="Choose a measure")
        case "ratio":
            left, right = st.columns(2, gap="small")
            with left:
                choice(form, "Numerator", metrics, "numerator", placeholder="Choose a metric")
            with right:
                choice(form, "Divided by", metrics, "denominator", placeholder="Choose a metric")
            sides = (form.value("numerator"), form.value("denominator"))
            _inputs(form, [name for name in sides if name], workspace, actor)
        case "derived":
            _formula(form, metrics, workspace, actor)
        case "cumulative":
            _over_time(form, metrics)
        case "conversion":
            _conversion(form, metrics)
        case _:
            pass


def of_kind(text: str, kind: str) -> str:
    """Return the text of a metric after a change of its kind.

    Keys that the new kind can't have are removed. If the kind needs a metric, it gets one that the text already uses.
    """
    data = read_object(text) or {}
    before = KINDS.get(str(data.get("kind") or "simple"))
    order, now = key_order_of_metrics(), KINDS[kind]
    known = [str(data[key]) for key in ("numerator", "metric", "base") if isinstance(data.get(key), str)]
    for key in before.keys.model_fields if before is not None else ():
        if key not in now.keys.model_fields:
            text = set_key(text, (key,), "", order)
    if now.enough == "" or (before is not None and before.enough != now.enough):
        text = set_key(text, ("enough",), "", order)
    if not now.every_period:
        text = set_key(text, ("every_period",), "", order)
    text = set_key(text, ("kind",), "" if kind == "simple" else kind, order)
    first = now.needs[0]
    if known and now.names.get(first) in ("metric", "input") and first not in data:
        text = set_key(text, (first,), known[0], order)
    return text


def key_order_of_metrics() -> tuple[str, ...]:
    """Return the keys of metrics in the order in which files have them."""
    return key_order(ObjectKind.METRIC)


def _metrics(form: Form) -> Mapping[str, str]:
    """Return the labels of the metrics to choose from, without the one that is being edited."""
    metrics = [metric for metric in form.offered.metrics.values() if metric.name != form.key[1]]
    labels = [metric.label for metric in metrics]
    return {
        metric.name: metric.label if labels.count(metric.label) == 1 else f"{metric.label} ({metric.name})"
        for metric in metrics
    }


def _measures(form: Form) -> Mapping[str, str]:
    """Return the labels of the measures to choose from, with their datasets. The current one is always included."""
    options = {
        f"{dataset.name}.{measure.name}": f"{dataset.label}: {measure.label}"
        for dataset in form.offered.datasets.values()
        for measure in dataset.measures.values()
    }
    if (chosen := _counted(form)) is not None:
        dataset, measure = chosen
        options[f"{dataset.name}.{measure.name}"] = f"{dataset.label}: {measure.label}"
    return dict(sorted(options.items(), key=lambda pair: pair[1].casefold()))


def _counted(form: Form) -> tuple[Dataset, Measure] | None:
    """Return the dataset and measure that the metric counts, or None if the person can't see them."""
    dataset, _, name = form.value("measure").partition(".")
    metric = form.seen.model.metrics.get(form.key[1])
    is_seen = metric is not None and metric.measure == form.value("measure") and form.seen.shows_metric(metric)
    own = (form.seen.model if is_seen else form.offered).datasets.get(dataset)
    measure = own.measures.get(name) if own is not None else None
    return (own, measure) if own is not None and measure is not None else None


def _formula(form: Form, metrics: Mapping[str, str], workspace: Workspace, actor: Actor) -> None:
    text_field(
        form, "Formula", "expression", area=True, placeholder="net_revenue - spend", longest=4_000,
        help="Metrics by their name, with + - * / and brackets. coalesce(x, 0) counts a missing value as 0.",
    )  # fmt: skip
    widget = form.widget("expression", "add")

    def add() -> None:
        if name := st.session_state.get(widget):
            before = form.value("expression")
            put(form, ("expression",), f"{before} + {name}" if before else name)
            st.session_state[widget] = None

    st.selectbox(
        "Add a metric to the formula", list(metrics), index=None, key=widget, format_func=lambda name: metrics[name],
        placeholder="Choose a metric", on_change=add,
    )  # fmt: skip
    try:
        used = read_expression(form.value("expression") or "NULL", ExpressionKind.VALUE).columns
    except ExpressionError:
        used = ()
    _inputs(form, list(used), workspace, actor)


def _inputs(form: Form, names: list[str], workspace: Workspace, actor: Actor) -> None:
    """Draw the settings of each metric in the formula: a filter on its rows, or an earlier period."""
    names = list(dict.fromkeys(names))
    if not names:
        return
    stated = [item if isinstance(item, dict) else {} for item in form.items("inputs")]
    by_name = {str(item.get("name") or item.get("metric")): place for place, item in enumerate(stated)}
    is_any = any(item.get("where") or item.get("offset") or item.get("offset_to") for item in stated)
    with st.expander("Filter its metrics, or take one from an earlier period", expanded=is_any):
        for name in names:
            place = by_name.get(name, len(stated))
            item = stated[place] if place < len(stated) else {}
            metric = str(item.get("metric") or name)
            label = form.offered.metrics[metric].label if metric in form.offered.metrics else metric
            st.markdown(f"**{plain(label)}**" + (f" &nbsp;:gray[as {plain(name)}]" if name != metric else ""))
            _input(form, place, metric, item, workspace, actor)
    show_problems(form, "inputs")


def _input(form: Form, place: int, metric: str, item: Mapping[str, Plain], workspace: Workspace, actor: Actor) -> None:
    if place >= len(form.items("inputs")):  # not in the text yet: the first choice adds it
        widget = form.widget("inputs", metric, "new")

        def begin() -> None:
            if st.session_state.get(widget):
                put(form, ("inputs", place), {"metric": metric, "offset": str(st.session_state[widget])})

        left, right = st.columns(2, gap="small", vertical_alignment="bottom")
        with left:
            st.selectbox(
                "From an earlier period", EARLIER, index=None, key=widget, placeholder="The same period",
                on_change=begin, format_func=lambda length: f"{length} before",
            )  # fmt: skip
        with right:
            st.button(
                "Filter it", key=f"{widget}-filter", icon=":material/filter_alt:", type="tertiary",
                on_click=put, args=(form, ("inputs", place), {"metric": metric}),
            )  # fmt: skip
        return
    if item.get("offset_to"):
        st.caption(plain(f"At the start of the {item['offset_to']}. Shown in YAML only."))
    else:
        length_field(
            form, "From an earlier period", "inputs", place, "offset", without="The same period", start="1 year"
        )
    rows_where(form, "Only where", ("inputs", place, "where"), workspace, actor)


def _over_time(form: Form, metrics: Mapping[str, str]) -> None:
    choice(form, "Metric", metrics, "metric", placeholder="Choose a metric")
    span = "window" if form.value("window") else "to_date" if form.value("to_date") else "all"
    widget = form.widget("span")
    spans = {"window": "Rolling window", "to_date": "Period to date", "all": "All time"}

    def pick() -> None:
        wanted = st.session_state.get(widget) or span
        order = key_order_of_metrics()

        def make(text: str) -> str:
            text = set_key(text, ("window",), "28 days" if wanted == "window" else "", order)
            return set_key(text, ("to_date",), "month" if wanted == "to_date" else "", order)

        change(form, make)

    st.segmented_control(
        "Over", list(spans), default=span, required=True, key=widget, format_func=lambda name: spans[name],
        on_change=pick,
    )  # fmt: skip
    if span == "window":
        length_field(form, "Window", "window", without="All time")
    if span == "to_date":
        choice(form, "Since the start of the", {unit: unit for unit in ("week", "month", "quarter", "year")}, "to_date")
    choice(form, "A longer period shows", SHOWN, "at", without="last", help="What a week or a month shows.")


def _conversion(form: Form, metrics: Mapping[str, str]) -> None:
    simple = {name: label for name, label in metrics.items() if form.offered.metrics[name].is_simple}
    entities = {entity.entity for dataset in form.offered.datasets.values() for entity in dataset.entities}
    left, right = st.columns(2, gap="small")
    with left:
        choice(form, "From", simple, "base", placeholder="The first event")
    with right:
        choice(form, "To", simple, "conversion", placeholder="What it leads to")
    with left:
        choice(
            form, "Of the same", {name: upper_first(name.replace("_", " ")) for name in sorted(entities)}, "entity",
            placeholder="Such as customer",
        )  # fmt: skip
    with right:
        length_field(form, "Within", "window", without="Any time", start="30 days")
    with left:
        choice(form, "Result", GIVES, "gives", without="rate")
    with right:
        choice(form, "Dated by", DATED, "by", without="cohort")


def _shown(form: Form, kind: str) -> None:
    """Draw the fields for how the number is formatted and judged."""
    number_format = form.value("format") or "number"
    has_unit = number_format != NumberFormat.SHARE or bool(form.value("unit"))
    places = iter(st.columns(3 if has_unit else 2, gap="small"))
    with next(places):
        widget = form.widget("format")
        names = list(FORMATS)
        st.selectbox(
            "Format", names, index=names.index(number_format) if number_format in names else None, key=widget,
            format_func=lambda name: FORMATS[name],
            on_change=lambda: _format(form, str(st.session_state.get(widget) or "number")),
        )  # fmt: skip
        show_problems(form, "format")
    if has_unit:
        with next(places):
            if number_format == NumberFormat.MONEY:
                codes = dict.fromkeys([form.offered.settings.currency, "EUR", "USD", "GBP", "CHF"])
                choice(form, "Currency", {code: code for code in codes}, "unit")
            else:
                text_field(form, "Unit", "unit", placeholder="orders", longest=40)
    with next(places):
        whole_field(form, "Decimals", "decimals", least=0, most=6, placeholder="As needed")
    pills(form, "Good direction", DIRECTIONS, "direction", without="none")
    counted = KINDS[kind].enough if kind in KINDS else ""
    has_enough = bool(counted or form.data.get("enough"))
    places = iter(st.columns(3 if has_enough else 2, gap="small"))
    with next(places):
        _matters(form, is_share=number_format == NumberFormat.SHARE)
    if has_enough:
        with next(places):
            whole_field(
                form, "Minimum data", "enough", counted or "rows", least=2 if counted == "rows" else 1,
                most=1_000_000_000, placeholder="Any",
                help="With a smaller denominator, it's shown as too little data." if counted == "denominator" else
                "With fewer rows, it's shown as too little data.",
            )  # fmt: skip
            show_problems(form, "enough")
    with next(places):
        whole_field(
            form, "With no rows, show", "fill", least=-1_000_000_000, most=1_000_000_000, placeholder="Empty",
            help="For groups that have other numbers but no rows for this one. Use 0 for counts; leave it empty for "
            "money and ratios.",
        )  # fmt: skip


def _format(form: Form, wanted: str) -> None:
    """Write a format with the settings that depend on it: a currency for money, and the unit of `matters`."""
    order = key_order_of_metrics()

    def make(text: str) -> str:
        data = read_object(text) or {}
        text = set_key(text, ("format",), "" if wanted == "number" else wanted, order)
        unit, matters = str(data.get("unit") or ""), str(data.get("matters") or "")
        if wanted == "money" and not (len(unit) == 3 and unit.isupper()):
            text = set_key(text, ("unit",), money_unit(data, form.offered), order)
        if wanted == "share":
            text = set_key(text, ("unit",), "", order)
        if matters and matters.endswith("pp") != (wanted == "share"):
            text = set_key(text, ("matters",), "", order)
        return text

    change(form, make)


def money_unit(data: Mapping[str, Any], model: Model) -> str:
    """Return the currency for a metric in money: that of the metrics it uses, or else the model's."""
    for key in ("numerator", "metric", "base"):
        used = model.metrics.get(str(data.get(key) or ""))
        if used is not None and used.format is NumberFormat.MONEY and used.unit:
            return used.unit
    return model.settings.currency


def _matters(form: Form, *, is_share: bool) -> None:
    text, unit = form.value("matters"), "pp" if is_share else "%"
    number = text.removesuffix("pp").removesuffix("%").strip()
    try:
        now = float(number) if number else None
    except ValueError:
        now = None
    widget = form.widget("matters", unit)

    def read(value: Any) -> Plain:
        return "" if value is None else f"{value:.10g}{'' if unit == '%' else ' '}{unit}"

    st.number_input(
        f"Minimum change ({unit})", min_value=0.01, max_value=100.0, value=now if now and 0.01 <= now <= 100 else None,
        step=0.1, format="%g", key=widget, placeholder=text or ("0.2" if is_share else "1"),
        help="Smaller changes are shown as about the same.",
        on_change=writes(form, ("matters",), widget, read),
    )  # fmt: skip
    show_problems(form, "matters")


def _words(form: Form, workspace: Workspace) -> None:
    text_field(form, "Means", "means", area=True, placeholder="What is counted, and by which date", longest=2_000)
    if not form.value("means") and (drafted := _in_words(form, workspace)):
        st.button(
            "Draft from rule", key=form.widget("means", "draft"), icon=":material/auto_awesome:", type="tertiary",
            on_click=put, args=(form, ("means",), drafted),
        )  # fmt: skip
    text_field(
        form, "Does not mean", "does_not_mean", area=True, longest=2_000, placeholder="What people might mistake it for"
    )
    text_field(form, "Description", "description", placeholder="One line for lists and search", longest=400)
    words_field(form, "Synonyms", "synonyms", help="Other words people search for.")
    text_field(form, "Owner", "owner", placeholder="A person or team", longest=120)


def _in_words(form: Form, workspace: Workspace) -> str:
    """Return the definition in words, to start the field "Means" with, or "" if the draft has errors."""
    metric: Metric | None = workspace.model.metrics.get(form.key[1])
    if metric is None or form.problems or not form.seen.shows_metric(metric):
        return ""
    labels = {one.name: one.label for one in form.seen.metrics}
    return upper_first(formula(metric, labels, workspace.model)).removesuffix(".") + "."
