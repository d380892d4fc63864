"""The channels in an analysis form: several events, or one event split by the values of a breakdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.kind import ShownAnswer
from pages.shell.parts import Action, empty_state, plain, unseen
from semantic.analyses.events.channels import MOST_CHANNELS
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.query.describe import describe_filters, lower_first
from semantic.query.filters import read_filter
from semantic.query.member_labels import NO_LABELS, Labels
from semantic.query.query import Query
from semantic.query.resolve import resolve

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

CHANNELS: Final = ("channels",)
OFFERED: Final = 50
"""The number of values of a breakdown that the form offers."""
AT_FIRST: Final = 3
"""The number of values that become channels by default."""
_KNOWN: Final = "analysis-channel-values"


def channel_fields(form: Form, *, title: str, fewest: int, add: str) -> None:
    """Draw the channels, and the choice of where they come from: several events, or the values of a breakdown."""
    channels: list[Any] = at(form.data, CHANNELS, [])
    st.markdown(f":small[{plain(title)}]")
    for place in range(len(channels)):
        _event(form, place, len(channels), fewest)
    if form.data.get("by") is None:
        st.button(
            plain(add), icon=":material/add:", key=form.key("add-channel"), on_click=form.act(_with_channel(form)),
            disabled=len(channels) >= MOST_CHANNELS, width="stretch",
        )  # fmt: skip
    _split(form)


def nothing(shown: ShownAnswer, words: str) -> None:
    """Say that there is nothing to draw. If the analysis has a period, suggest all time."""
    time = shown.data.get("time")
    acts = [Action("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    empty_state("filter_alt_off", "Nothing to count", words, acts, key=f"{shown.key}-nothing")


def values_of(metric: str, dim: str, workspace: Workspace, actor: Actor) -> tuple[list[Any], Labels]:
    """Return the values of a breakdown that this person can see, most used first, and their labels.

    The session caches the last result.
    """
    key = (workspace.model.version, actor.id, metric, dim)
    known: tuple[object, tuple[list[Any], Labels]] | None = st.session_state.get(_KNOWN)
    if known is not None and known[0] == key:
        return known[1]
    query = Query(metrics=(metric,))
    try:
        values = [value for value in workspace.values(dim, query, actor, limit=OFFERED)[0] if _is_plain(value)]
        labels = workspace.member_labels([dim], query, actor, values).get(dim, NO_LABELS)
    except SemanticError:
        return [], NO_LABELS
    st.session_state[_KNOWN] = key, (values, labels)
    return values, labels


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int)


def _event(form: Form, place: int, count: int, fewest: int) -> None:
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=form.key("channel", place)):
        form.event(f"Channel {place + 1}", (*CHANNELS, place), hide_label=True)
        if form.data.get("by") is None:
            st.button(
                unseen(f"Remove channel {place + 1}"), icon=":material/close:", type="tertiary", help="Remove",
                key=form.key("channel", place, "remove"), disabled=count <= fewest,
                on_click=form.act(lambda data: put(data, (*CHANNELS, place), None)),
            )  # fmt: skip
    if words := _words(form, at(form.data, (*CHANNELS, place), {})):
        st.caption(plain(words))


def _words(form: Form, channel: Data) -> str:
    """Return the filter of a channel's events as a sentence, or "" if there is none."""
    where = channel.get("where")
    if where is None:
        return ""
    try:
        query = Query(metrics=(str(channel.get("metric", "")),), where=read_filter(where))
        return f"Where {lower_first(describe_filters(resolve(query, form.seen, today=form.workspace.today())))}"
    except SemanticError:
        return ""


def _with_channel(form: Form) -> Any:
    """Return an edit that adds a channel with a metric of the subject that isn't a channel yet."""

    def add(data: Data) -> Data:
        new = _other_event(form, data)
        return put(data, CHANNELS, [*at(data, CHANNELS, []), {"metric": new}]) if new else data

    return add


def _other_event(form: Form, data: Data) -> str:
    taken = {str(channel.get("metric")) for channel in at(data, CHANNELS, [])}
    return next((name for name in form.events_of(str(data.get("subject", ""))) if name not in taken), "")


def _split(form: Form) -> None:
    """Draw the choice of the breakdown whose values become channels, and the choice of the values."""
    metric = str(at(form.data, (*CHANNELS, 0, "metric"), ""))
    by = form.data.get("by")
    form.breakdown(
        "Or split into channels by", ("by",), of=[metric], none="No breakdown",
        help="Each value of the breakdown becomes a channel, such as each channel of visits.",
    )  # fmt: skip
    form.bind(form.key("by"), lambda data, value: _by(form, data, value))
    if not isinstance(by, str):
        return
    values, labels = values_of(metric, by, form.workspace, form.state.actor)
    now: list[Any] = at(form.data, ("values",), [])
    key = form.key("values", by, metric)
    form.bind(key, lambda data, value: put(data, ("values",), [*value]) if data.get("by") == by and value else data)
    st.multiselect(
        "Values", [*dict.fromkeys([*values, *now])], default=now, key=key, max_selections=MOST_CHANNELS,
        format_func=lambda value: value_text(value, labels), placeholder="Pick values",
    )  # fmt: skip


def _by(form: Form, data: Data, by: object) -> Data:
    """Return the definition with its first event split by a breakdown. If `by` is None, its channels are
    events again.
    """
    if by == data.get("by"):
        return data
    channels = cast("list[Data]", at(data, CHANNELS, []))
    if by is None:
        first = put(put(data, ("by",), None), ("values",), None)
        more = _other_event(form, data)
        return put(first, CHANNELS, [*channels, {"metric": more}]) if more and len(channels) < 2 else first
    values = values_of(str(at(channels, (0, "metric"), "")), str(by), form.workspace, form.state.actor)[0]
    kept: Sequence[Any] = [value for value in values if value is not None][:AT_FIRST]
    return {**data, "channels": channels[:1], "by": by, "values": [*kept]}
