"""The part of the form about row rules, which apply to every dataset with a dimension, and about the other datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from pages.govern.access.policies import state
from pages.govern.access.policies.state import OpenPolicy, widget
from pages.shell.parts import heading, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.governance.policy_forms.row_parts import RowPart, label_of, once_for_all
from semantic.governance.policy_forms.sentences import grouped, places_of, reach_of, row_words
from semantic.model.files.yaml_text import Plain
from semantic.services.people import access_choices
from semantic.services.words import members_seen_of

OWN, EMPTY = "\N{BUST IN SILHOUETTE} ", "\N{EMPTY SET} "
_WITHOUT: Final = {"hidden": "Don't show them", "whole": "Show all their rows", "decided": "Decide one by one"}
_MEMBERS: Final = "policy_members"
_MOST: Final = 1_000


def show(opened: OpenPolicy) -> None:
    """Draw each row rule, and the fields that add one."""
    heading("Which rows they see")
    groups = grouped(opened.rows)
    if not groups:
        st.caption("No rules. Add one to limit rows, or show all rows of datasets below.")
    for number, (part, datasets) in enumerate(groups):
        with st.container(border=True, gap="small", key=f"policy-row-{number}"):
            _rule(opened, number, part, datasets)
    _add(opened)
    _whole(opened)


def _rule(opened: OpenPolicy, number: int, part: RowPart, datasets: Sequence[str]) -> None:
    if part.by_hand:
        st.markdown(f":gray-badge[Edited by hand] &nbsp;{plain(row_words(part, datasets, opened.model))}")
        st.caption("The form can't show this rule. Edit it in YAML; everything else can be edited here.")
        _remove(opened, number, part, datasets)
        return
    label = label_of(part.dimension, opened.model)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.markdown(f"**{plain(label)}**", width="content")
        key = widget(opened, f"row-{number}-not")
        st.segmented_control(
            f"{plain(label)} is or is not", ["is", "is not"], default="is not" if part.is_not else "is", required=True,
            key=key, label_visibility="collapsed", on_change=_keep_not, args=(opened, part, datasets, key),
        )  # fmt: skip
        _values(opened, number, part, datasets, label)
    if datasets:
        names = [opened.model.datasets[name].label if name in opened.model.datasets else name for name in datasets]
        st.caption(
            plain(f"In {counted(len(names), 'dataset')}: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}")
        )
        others = [name for name in places_of(replace(part, dataset=""), opened.model) if name not in datasets]
        if others:
            st.caption(plain(f"{counted(len(others), 'other dataset')} with {label}: other rules, or none."))
        st.button(
            f"Write once for every dataset with {plain(label)}", key=widget(opened, f"row-{number}-once"),
            icon=":material/merge:", on_click=_once, args=(opened, part),
            help="Same meaning, and it also covers datasets added later.",
        )  # fmt: skip
    else:
        _without(opened, number, part, label)
    _remove(opened, number, part, datasets)


def _values(opened: OpenPolicy, number: int, part: RowPart, datasets: Sequence[str], label: str) -> None:
    labels = _labels(opened, part.dimension)
    own = list(dict.fromkeys([*part.own, *access_choices(opened.live).attributes]))
    options = [*part.values, *labels, *(OWN + name for name in own), EMPTY]
    chosen = [*part.values, *(OWN + name for name in part.own), *([EMPTY] if part.or_empty else [])]
    key = widget(opened, f"row-{number}-values")

    st.multiselect(
        f"Values of {plain(label)}", list(dict.fromkeys(options)), default=chosen, key=key,
        format_func=lambda one: _words(one, labels),
        accept_new_options=True, label_visibility="collapsed", placeholder="Choose values",
        on_change=_keep_values, args=(opened, part, datasets, key),
    )  # fmt: skip


def _words(option: str, labels: Mapping[str, str]) -> str:
    if option == EMPTY:
        return "No value"
    if option.startswith(OWN):
        return f"Their own {option.removeprefix(OWN)}"
    return labels.get(option, option)


def _labels(opened: OpenPolicy, dimension: str) -> Mapping[str, str]:
    """Return the labels of a dimension's members that the steward can see, by member."""
    known: dict[tuple[str, str], Mapping[str, str]] = st.session_state.setdefault(_MEMBERS, {})
    key = (opened.running.model.version, dimension)
    if key not in known:
        if len(known) > 20:
            known.clear()
        labels = opened.running.visible(opened.actor).member_labels(dimension)
        try:
            values = members_seen_of(opened.running, opened.actor, dimension)[:_MOST]
        except SemanticError:
            values = ()
        known[key] = {str(value): labels.get(str(value), str(value)) for value in values}
    return known[key]


def _keep_not(opened: OpenPolicy, part: RowPart, datasets: Sequence[str], key: str) -> None:
    _replace(opened, part, datasets, replace(part, is_not=st.session_state[key] == "is not"))


def _keep_values(opened: OpenPolicy, part: RowPart, datasets: Sequence[str], key: str) -> None:
    chosen: list[str] = st.session_state[key]
    values = tuple(one for one in chosen if one != EMPTY and not one.startswith(OWN))
    own = tuple(one.removeprefix(OWN) for one in chosen if one.startswith(OWN))
    _replace(opened, part, datasets, replace(part, values=values, own=own, or_empty=EMPTY in chosen))


def _replace(opened: OpenPolicy, part: RowPart, datasets: Sequence[str], new: RowPart | None) -> None:
    """Replace a row rule on all of these datasets, or remove it if `new` is None."""
    same = {replace(part, dataset=name) for name in datasets} if datasets else {part}

    def edited(old: tuple[RowPart, ...]) -> list[RowPart]:
        result: list[RowPart] = []
        for one in old:
            if one not in same:
                result.append(one)
            elif new is not None:
                result.append(replace(new, dataset=one.dataset))
        return result

    state.write_rows(opened, edited)


def _remove(opened: OpenPolicy, number: int, part: RowPart, datasets: Sequence[str]) -> None:
    st.button(
        "Remove rule", key=widget(opened, f"row-{number}-remove"), type="tertiary", icon=":material/delete:",
        on_click=_replace, args=(opened, part, datasets, None),
    )  # fmt: skip


def _once(opened: OpenPolicy, part: RowPart) -> None:
    state.write_rows(opened, lambda old: once_for_all(old, part, opened.model))


def _without(opened: OpenPolicy, number: int, part: RowPart, label: str) -> None:
    """Draw what happens to datasets without the dimension, and to datasets that the rule leaves out."""
    names = {name: opened.model.datasets[name].label for name in opened.model.datasets}
    key = widget(opened, f"row-{number}-without")
    applied = places_of(part, opened.model)
    having = [*applied, *part.apart]
    policy = opened.policy
    rest = [dataset.name for dataset in reach_of(policy, opened.model).unreached] if policy is not None else []
    st.caption(plain(f"Applies to {counted(len(applied), 'dataset')} with {label}, and everything that joins them."))
    st.radio(
        f"Datasets without {plain(label)}", list(_WITHOUT), index=list(_WITHOUT).index(part.without), key=key,
        format_func=lambda name: _WITHOUT[name], horizontal=True, on_change=_keep_without, args=(opened, part, key),
        help=plain(", ".join(names[name] for name in rest[:20]) or "No datasets are left to decide on."),
    )  # fmt: skip
    if part.without == "decided":
        key = widget(opened, f"row-{number}-hidden")
        options = [name for name in names if name not in having]
        st.multiselect(
            "Hide", options, default=[name for name in part.hidden if name in options], key=key,
            format_func=lambda name: names[name], placeholder="Choose datasets to hide",
            on_change=_keep_hidden, args=(opened, part, key),
            help="Show all rows of the others below, or limit their rows by another rule.",
        )  # fmt: skip
    key = widget(opened, f"row-{number}-apart")
    st.multiselect(
        f"Except these with {plain(label)}", having, default=list(part.apart), key=key,
        format_func=lambda name: str(names.get(name, name)), placeholder="None", on_change=_keep_apart,
        args=(opened, part, key), help="Limit them by another rule, or by the data they join.",
    )  # fmt: skip


def _keep_without(opened: OpenPolicy, part: RowPart, key: str) -> None:
    _replace(opened, part, (), replace(part, without=st.session_state[key], hidden=()))


def _keep_hidden(opened: OpenPolicy, part: RowPart, key: str) -> None:
    _replace(opened, part, (), replace(part, hidden=tuple(st.session_state[key])))


def _keep_apart(opened: OpenPolicy, part: RowPart, key: str) -> None:
    _replace(opened, part, (), replace(part, apart=tuple(st.session_state[key])))


def _add(opened: OpenPolicy) -> None:
    with st.popover("Add a rule", icon=":material/add:", key="policy-add-rule", on_change="rerun") as popover:
        if not popover.open:
            return
        seen = opened.running.visible(opened.actor)
        labels = {one.name: one.label for one in seen.dimensions if one.kind != "time" and not one.read_from}
        dimension = st.selectbox(
            "Limit rows by", list(labels), index=None, key="policy-add-dimension", placeholder="Choose a dimension",
            format_func=lambda name: labels[name],
        )  # fmt: skip
        if dimension is None:
            return
        known = _labels(opened, dimension)
        own = [OWN + name for name in access_choices(opened.live).attributes]
        chosen = st.multiselect(
            f"{plain(labels[dimension])} is", [*own, *known], key=f"policy-add-values-{dimension}",
            accept_new_options=True, placeholder="Choose values",
            format_func=lambda one: _words(one, known),
        )  # fmt: skip
        st.button(
            "Add rule", key="policy-add-begin", type="primary", disabled=not chosen, on_click=_begin,
            args=(opened, dimension, tuple(chosen)),
        )  # fmt: skip


def _begin(opened: OpenPolicy, dimension: str, chosen: Sequence[str]) -> None:
    part = RowPart(
        dimension=dimension,
        values=tuple(one for one in chosen if not one.startswith(OWN)),
        own=tuple(one.removeprefix(OWN) for one in chosen if one.startswith(OWN)),
        without="hidden",
    )
    state.write_rows(opened, lambda old: [*old, part])
    st.session_state["policy-add-rule"] = False
    st.session_state.pop("policy-add-dimension", None)


def _whole(opened: OpenPolicy) -> None:
    """Draw the datasets of which people see all rows."""
    assert opened.data is not None
    names = {name: dataset.label for name, dataset in opened.model.datasets.items() if not dataset.origin}
    written: Plain = opened.data.get("whole")
    everything = written == "all"
    chosen = (
        ["all"] if everything else [one for one in written if isinstance(one, str)] if isinstance(written, list) else []
    )
    if isinstance(written, dict):
        st.caption("Datasets with certain tags show all their rows. Edit the tags in YAML.")
        return
    key = widget(opened, "whole")
    st.multiselect(
        "Show all rows of", list(dict.fromkeys(["all", *names, *chosen])), default=chosen, key=key,
        format_func=lambda name: "Every dataset" if name == "all" else str(names.get(name, name)), placeholder="None",
        on_change=_keep_whole, args=(opened, key), help="The rules above still apply.",
    )  # fmt: skip


def _keep_whole(opened: OpenPolicy, key: str) -> None:
    chosen: list[str] = st.session_state[key]
    state.write_key(opened, ("whole",), "all" if "all" in chosen else [*chosen])
