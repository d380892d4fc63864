"""The part of the form about names, masks, small groups, individual rows and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from pages.govern.access.policies import state
from pages.govern.access.policies.state import OpenPolicy, widget
from pages.shell.parts import heading, plain
from semantic.governance.policy_forms.row_parts import label_of
from semantic.governance.policy_forms.sentences import LIMITS, MASKS
from semantic.model.files.yaml_text import Plain
from semantic.model.policies import MaskKind

ALL, TAG = "all", "tag:"
_KINDS: Final = {
    "metrics": "metric",
    "dimensions": "dimension",
    "segments": "segment",
    "datasets": "dataset",
    "rows": "dataset",
}
_LIMITED: Final = {"rows": "Rows", "days": "Days", "breakdowns": "Breakdowns", "metrics": "Metrics"}


def show(opened: OpenPolicy) -> None:
    """Draw what the policy shows and hides, and its limits."""
    heading("What they see")
    with st.container(horizontal=True, gap="small", key="policy-grant"):
        for kind in ("metrics", "dimensions", "segments"):
            _names(opened, "grant", kind, f"Show {kind}")
    heading("What they never see", "If any of a person's policies hides something, it stays hidden.")
    with st.container(horizontal=True, gap="small", key="policy-deny"):
        for kind in ("metrics", "dimensions", "segments"):
            _names(opened, "deny", kind, f"Hide {kind}")
        _names(opened, "deny", "datasets", "Hide everything from")
    with st.expander("Masks, small groups, individual rows and limits", key="policy-more"):
        _masks(opened)
        _group(opened)
        with st.container(horizontal=True, gap="small"):
            _names(opened, "grant", "datasets", "Show everything from")
            _names(opened, "grant", "rows", "List individual rows of")
            _names(opened, "deny", "rows", "Never list individual rows of")
        _limits(opened)
        if opened.data is not None and opened.data.get("view_as"):
            st.caption("This policy lets people view as others. Edit `view_as` in YAML.")


def _labels(opened: OpenPolicy, kind: str) -> Mapping[str, str]:
    """Return the labels of the names that the steward can see, by name."""
    seen = opened.running.visible(opened.actor)
    match kind:
        case "metrics":
            return {one.name: one.label for one in seen.metrics}
        case "dimensions":
            return {one.name: one.label for one in seen.dimensions}
        case "segments":
            return {one.name: one.label for one in seen.segments}
        case _:
            return {name: one.label for name, one in opened.model.datasets.items() if not one.origin}


def _tags(opened: OpenPolicy, kind: str) -> list[str]:
    things = {
        "metrics": opened.model.metrics.values(), "segments": opened.model.segments.values(),
        "dimensions": [place for places in opened.model.dimensions.values() for place in places],
    }.get(kind, opened.model.datasets.values())  # fmt: skip
    return sorted({tag for thing in things for tag in thing.tags})


def _names(opened: OpenPolicy, part: str, kind: str, label: str) -> None:
    assert opened.data is not None
    whole = opened.data.get(part)
    written = whole.get(kind) if isinstance(whole, dict) else None
    chosen = _chosen(written)
    labels = _labels(opened, kind)
    options = dict.fromkeys([ALL, *(TAG + tag for tag in _tags(opened, kind)), *labels, *chosen])

    def words(option: str) -> str:
        if option == ALL:
            return f"Every {_KINDS[kind]}"
        if option.startswith(TAG):
            return f"Tagged {option.removeprefix(TAG)}"
        return labels.get(option, option)

    key = widget(opened, f"{part}-{kind}")
    st.multiselect(
        plain(label), list(options), default=chosen, key=key, format_func=words, placeholder="None",
        on_change=_keep, args=(opened, part, kind, key),
    )  # fmt: skip


def _chosen(written: Plain) -> list[str]:
    if written == ALL:
        return [ALL]
    if isinstance(written, dict):
        names = written.get("names")
        tags = written.get("tags")
        listed = [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
        listed += [TAG + one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
        return [*([ALL] if written.get("everything") == "true" else []), *listed]
    return [one for one in written if isinstance(one, str)] if isinstance(written, list) else []


def _keep(opened: OpenPolicy, part: str, kind: str, key: str) -> None:
    chosen: list[str] = st.session_state[key]
    names = [one for one in chosen if one != ALL and not one.startswith(TAG)]
    tags: list[Plain] = [one.removeprefix(TAG) for one in chosen if one.startswith(TAG)]
    value: Plain = ALL if ALL in chosen else {"names": [*names], "tags": tags} if tags else [*names]
    state.write_key(opened, (part, kind), value)


# Masks


def _masks(opened: OpenPolicy) -> None:
    assert opened.data is not None
    written = opened.data.get("masks")
    masks = [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []
    labels = _labels(opened, "dimensions")
    for number, mask in enumerate(masks):
        name = str(mask.get("dimension") or "")
        kind = str(mask.get("kind") or "null")
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key=f"policy-mask-{number}"):
            key = widget(opened, f"mask-{number}")
            kinds = [one.value for one in MaskKind]
            st.selectbox(
                f"Show {plain(label_of(name, opened.model))} as", kinds, key=key,
                index=kinds.index(kind) if kind in kinds else 0, format_func=lambda one: MASKS[MaskKind(one)],
                on_change=_keep_mask, args=(opened, number, key), width=260,
            )  # fmt: skip
            if kind == "bucket":
                key = widget(opened, f"mask-{number}-width")
                width = str(mask.get("width") or "")
                st.number_input(
                    "Step", min_value=1, value=int(width) if width.isdigit() and int(width) else 10, key=key,
                    on_change=_keep_width, args=(opened, number, key), width=140,
                )  # fmt: skip
            st.button(
                "Remove", key=widget(opened, f"mask-{number}-remove"), type="tertiary", icon=":material/delete:",
                on_click=_drop_mask, args=(opened, number), help=plain(f"Show {label_of(name, opened.model)} as it is"),
            )  # fmt: skip
    key = widget(opened, "mask-new")
    masked = {str(mask.get("dimension")) for mask in masks}
    st.selectbox(
        "Mask a dimension", [name for name in labels if name not in masked], index=None, key=key,
        format_func=lambda name: labels[name], placeholder="Choose a dimension", on_change=_new_mask,
        args=(opened, key), width=320,
    )  # fmt: skip


def _written_masks(opened: OpenPolicy) -> list[dict[str, Plain]]:
    masks = (opened.data or {}).get("masks")
    return [dict(one) for one in masks if isinstance(one, dict)] if isinstance(masks, list) else []


def _write_masks(opened: OpenPolicy, masks: list[dict[str, Plain]]) -> None:
    state.write_key(opened, ("masks",), [*masks])
    state.begin_anew()


def _keep_mask(opened: OpenPolicy, number: int, key: str) -> None:
    masks = _written_masks(opened)
    kind: str = st.session_state[key]
    masks[number] = {"dimension": masks[number]["dimension"], "kind": kind}
    if kind == "bucket":
        masks[number]["width"] = "10"
    _write_masks(opened, masks)


def _keep_width(opened: OpenPolicy, number: int, key: str) -> None:
    masks = _written_masks(opened)
    masks[number]["width"] = str(st.session_state[key])
    _write_masks(opened, masks)


def _drop_mask(opened: OpenPolicy, number: int) -> None:
    masks = _written_masks(opened)
    del masks[number]
    _write_masks(opened, masks)


def _new_mask(opened: OpenPolicy, key: str) -> None:
    name: str | None = st.session_state[key]
    if name is not None:
        _write_masks(opened, [*_written_masks(opened), {"dimension": name, "kind": "null"}])


# Small groups and limits


def _group(opened: OpenPolicy) -> None:
    assert opened.data is not None
    written = opened.data.get("min_group")
    group = written if isinstance(written, dict) else {}
    entities = sorted({one.entity for dataset in opened.model.datasets.values() for one in dataset.entities})
    chosen = str(group.get("entity") or "")
    number = str(group.get("at_least") or "")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        entity_key, number_key = widget(opened, "group-entity"), widget(opened, "group-number")
        options = list(dict.fromkeys(["", *entities, chosen]))
        st.selectbox(
            "Hide small groups of", options, index=options.index(chosen), key=entity_key,
            format_func=lambda name: name.replace("_", " ").capitalize() or "No limit", width=240,
            on_change=_keep_group, args=(opened, entity_key, number_key),
        )  # fmt: skip
        st.number_input(
            "Fewer than", min_value=2, max_value=1_000_000, value=int(number) if number.isdigit() else 10,
            key=number_key, disabled=not chosen, on_change=_keep_group, args=(opened, entity_key, number_key),
            width=140,
        )  # fmt: skip


def _keep_group(opened: OpenPolicy, entity_key: str, number_key: str) -> None:
    entity: str = st.session_state[entity_key]
    value: Plain = {"entity": entity, "at_least": str(st.session_state[number_key])} if entity else None
    state.write_key(opened, ("min_group",), value)


def _limits(opened: OpenPolicy) -> None:
    assert opened.data is not None
    written = opened.data.get("limits")
    limits = written if isinstance(written, dict) else {}
    st.caption("The maximum for a single question. Leave empty for no limit.")
    with st.container(horizontal=True, gap="small"):
        for name in LIMITS:
            key = widget(opened, f"limit-{name}")
            most = str(limits.get(name) or "")
            st.number_input(
                _LIMITED[name], min_value=0 if name == "breakdowns" else 1, max_value=1_000_000, key=key, width=140,
                value=int(most) if most.isdigit() else None, placeholder="No limit", on_change=_keep_limit,
                args=(opened, name, key),
            )  # fmt: skip


def _keep_limit(opened: OpenPolicy, name: str, key: str) -> None:
    most: int | None = st.session_state[key]
    state.write_key(opened, ("limits", name), None if most is None else str(most))
