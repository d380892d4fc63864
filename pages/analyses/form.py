"""The form of an analysis: fields that are filled in from its definition and change it.

Each field is bound to a path of the definition. The values of all fields are read when a run starts and before a button
acts. So no choice is lost when another field changes, or when a run is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st

from pages.analyses.draft import Data, Path, at, put
from pages.explore.builder.event_filter import filter_fields, filter_of, groups_of
from pages.explore.builder.question import ExploreState
from pages.shell.parts import plain
from semantic.analyses.events.offers import event_metrics, subjects_of
from semantic.analyses.events.parts import MOST_NAME
from semantic.display.words.settings.filters import filter_words
from semantic.model.definitions import Dimension
from semantic.query.describe import upper_first
from semantic.query.filters import filter_data, read_filter
from semantic.query.query import DATE

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

UNITS = ("minutes", "hours", "days", "weeks")
NOT_LIMITED = "No limit"
WINDOWS = ("30 minutes", "1 hour", "1 day", "7 days", "14 days", "30 days", "90 days")
"""The time windows that are offered, in addition to a different one that the definition already has."""

OVER: Mapping[str | None, str] = {None: "None", "day": "Day", "week": "Week", "month": "Month"}


class Edited(Protocol):
    """What a form edits: an analysis's definition, and how each field changes it."""

    @property
    def data(self) -> Data: ...
    @property
    def kind(self) -> str: ...
    @property
    def actor(self) -> Actor: ...
    @property
    def generation(self) -> int: ...
    @property
    def bound(self) -> dict[str, Callable[[Data, Any], Data]]: ...
    @property
    def asking(self) -> ExploreState: ...
    def edit(self, change: Callable[[Data], Data]) -> None: ...
    def write(self, data: Data) -> None: ...
    def metrics(self) -> list[str]: ...
    def dimensions(self, metrics: tuple[str, ...] | None, workspace: Workspace) -> tuple[Dimension, ...]: ...


class Form:
    """The form fields of one analysis. `data` is the definition as it's being edited."""

    def __init__(self, state: Edited, workspace: Workspace) -> None:
        self.state, self.workspace = state, workspace
        self._offered: dict[str, Container[Any]] = {}

    @property
    def data(self) -> Data:
        return self.state.data

    @property
    def seen(self) -> VisibleModel:
        return self.workspace.visible(self.state.actor)

    def key(self, *path: str | int) -> str:
        """Return the key of the field for a path.

        A definition from outside the form gets new keys, so that its fields are redrawn.
        """
        return "-".join(("analysis", str(self.state.generation), self.state.kind, *map(str, path)))

    def bind(self, key: str, take: Callable[[Data, Any], Data], *, among: Container[Any] | None = None) -> None:
        """Set the function that writes a field's value to the definition. If `among` is set, it ignores other values.

        When the labels of a field change, Streamlit can return a previous label as the field's value.
        """
        if among is not None:
            self._offered[key] = among
        offered = self._offered.get(key)
        self.state.bound[key] = lambda data, value: (
            take(data, value) if offered is None or value is None or value in offered else data
        )

    def act(self, edit: Callable[[Data], Data]) -> Callable[[], None]:
        """Return a click handler that reads all fields, changes the definition, and redraws the fields."""
        return lambda: self.state.edit(edit)

    def write(self, path: Path, value: Any) -> None:
        """Change the definition while the form is being drawn, for fields that can't be bound. The page then reruns."""
        self.state.write(put(self.data, path, value))

    # Fields

    def choice(
        self, label: str, path: Path, options: Mapping[Any, str], *, default: Any = None, style: str = "list",
        help: str | None = None, hide_label: bool = False,
    ) -> Any:  # fmt: skip
        """Draw a choice of one value by its label, and return the value. `style` is "list" or "row".

        The default isn't written to the definition.
        """
        key, now = self.key(*path), at(self.data, path, default)
        # A field uses None for "nothing chosen", so empty text stands for a value of None.
        named = {"" if value is None else value: value for value in ([*options] if now in options else [*options, now])}
        self.bind(
            key, lambda data, value: put(data, path, None if (kept := named.get(value)) == default else kept),
            among=named,
        )  # fmt: skip
        shown = "" if now is None else now
        how: dict[str, Any] = {
            "key": key, "help": help, "label_visibility": "collapsed" if hide_label else "visible",
        }  # fmt: skip

        def words(value: Any) -> str:
            return options.get(named[value]) or str(value)

        if style == "row":
            return named[
                st.segmented_control(
                    plain(label), list(named), default=shown, required=True, width="stretch",
                    format_func=lambda value: plain(words(value)), **how,
                )
            ]  # fmt: skip
        index = list(named).index(shown)
        return named[st.selectbox(plain(label), list(named), index=index, format_func=words, **how)]

    def switch(self, label: str, path: Path, *, on: Any, default: Any = None, help: str | None = None) -> bool:
        """Draw a switch, and return whether it's on. The definition gets `on` if it is, and no value otherwise."""
        key = self.key(*path)
        self.bind(key, lambda data, value: put(data, path, on if value else None))
        return st.toggle(plain(label), value=at(self.data, path, default) == on, key=key, help=help)

    def text(
        self, label: str, path: Path, *, most: int = MOST_NAME, placeholder: str = "", hide_label: bool = False
    ) -> str:
        """Draw a text field, and return its text. Empty text isn't written to the definition."""
        key = self.key(*path)
        self.bind(key, lambda data, value: put(data, path, " ".join(str(value or "").split())[:most] or None))
        typed = st.text_input(
            plain(label), value=at(self.data, path, ""), key=key, max_chars=most, placeholder=placeholder,
            label_visibility="collapsed" if hide_label else "visible",
        )  # fmt: skip
        return typed or ""

    def number(self, label: str, path: Path, *, least: int, most: int, default: int, help: str | None = None) -> int:
        """Draw a field for a whole number, and return the number. The default isn't written to the definition."""
        key, now = self.key(*path), at(self.data, path, default)
        self.bind(key, lambda data, value: put(data, path, None if value in (None, default) else int(value)))
        return int(st.number_input(plain(label), least, most, int(now), key=key, help=help) or default)

    def span(
        self, label: str, path: Path, *, windows: Sequence[str] = WINDOWS, none: str = NOT_LIMITED,
        default: str | None = None, help: str | None = None,
    ) -> str | None:  # fmt: skip
        """Draw a choice of a time window, and return the window, or None if there is no limit.

        `none` is the label of no limit.
        """
        options: dict[str | None, str] = {None: none} if none else {}
        options |= {window: upper_first(window) for window in windows}
        now = at(self.data, path, default)
        if now is not None and now not in options:
            options[now] = str(now)
        return self.choice(label, path, options, default=default, help=help)

    def subject(self, *, label: str = "Follow each") -> str:
        """Draw the choice of the subject, and return its name. Only entities that all events of the definition have are
        offered.
        """
        offered = subjects_of([name for name in self.state.metrics() if self._is_known(name)], self.seen)
        now = self.data.get("subject")
        options = {name: upper_first(name.replace("_", " ")) for name in offered}
        if isinstance(now, str) and now not in options:
            options[now] = upper_first(now.replace("_", " "))
        return self.choice(
            label,
            ("subject",),
            options,
            help="The person, session or other entity whose events are followed. Events without one don't count.",
        )

    def event(self, label: str, path: Path, *, hide_label: bool = False, all_subjects: bool = False) -> str:
        """Draw the choice of an event, and return its metric. Only metrics whose rows are events of the subject are
        offered.
        """
        now, subject = at(self.data, (*path, "metric"), ""), self.data.get("subject", "")
        options = self.events_of("" if all_subjects else str(subject))
        own = at(self.data, (*path, "name"), "")
        shown = f"{own} ({options.get(now) or self.label_of(now)})" if own else options.get(now) or self.label_of(now)
        options = {**options, now: shown} if now in options else {now: shown, **options}
        key = (*path, "metric")
        chosen = self.choice(label, key, options, hide_label=hide_label)
        self.bind(self.key(*key), lambda data, value: _with_metric(data, path, value))
        return chosen

    def event_name(self, label: str, path: Path) -> str:
        """Draw the field for an event's own name, and return the name. A name that was typed for another metric is
        dropped.
        """
        metric, key = at(self.data, (*path, "metric"), ""), self.key(*path, "name")
        typed = self.text(label, (*path, "name"), placeholder=self.label_of(metric))
        take = self.state.bound[key]
        self.bind(key, lambda data, value: take(data, value) if at(data, (*path, "metric")) == metric else data)
        return typed

    def event_filter(self, path: Path) -> None:
        """Draw the filters on an event's rows.

        Filters that the fields can't show, such as some from a link, can only be removed.
        """
        where, metric = at(self.data, (*path, "where")), str(at(self.data, (*path, "metric"), ""))
        part = read_filter(where) if where is not None else None
        groups = groups_of(part)
        known = {each.name for each in self.seen.dimensions}
        if part is not None and (groups is None or any(each.dim not in known for group in groups for each in group)):
            st.caption(plain(filter_words(part, {each.name: each.label or each.name for each in self.seen.dimensions})))
            remove = self.act(lambda data: put(data, (*path, "where"), None))
            st.button("Remove filter", icon=":material/close:", key=self.key(*path, "no-filter"), on_click=remove)
            return
        fitting = {each.name: each for each in self.dimensions([metric])}
        key = self.key(*path, "filter")
        changed = filter_of(filter_fields(key, groups or [], fitting, metric, self.state.asking, self.workspace))
        if changed != part:
            self.write((*path, "where"), filter_data(changed) if changed is not None else None)

    def events_of(self, subject: str) -> dict[str, str]:
        """Return the labels of the metrics whose rows can be events of a subject, or of any subject if
        `subject` is "".
        """
        seen = self.seen
        return {
            metric.name: metric.label or metric.name
            for metric in event_metrics(seen)
            if not subject or subject in subjects_of([metric.name], seen)
        }

    def breakdown(
        self, label: str, path: Path, *, of: Sequence[str] | None = None, none: str = "None", help: str | None = None
    ) -> Any:
        """Draw the choice of a dimension that all the metrics in `of` have, and return its breakdown, or None.

        By default, the metrics are all events of the definition.
        """
        options: dict[str | None, str] = {None: none}
        options |= {each.name: each.label or each.name for each in self.dimensions(of)}
        now = at(self.data, path)
        if isinstance(now, dict):  # A link can also set a role or a grain.
            return self.choice(
                label,
                path,
                {
                    **options,
                },
                help=help,
            )
        if now is not None and now not in options:
            options[now] = self.dimension_label(now)
        return self.choice(label, path, options, help=help)

    def over(self, path: Path = ("over",), *, label: str = "Over time") -> str | None:
        """Draw the choice of a grain for results over time, and return it, or None. The grains are day,
        week and month.
        """
        return self.choice(label, path, OVER, style="row")

    # The model's dimensions and labels

    def dimensions(self, of: Sequence[str] | None = None) -> list[Dimension]:
        """Return the dimensions that all these metrics have and this person can see, sorted by label, without dates."""
        fitting = self.state.dimensions(tuple(of) if of is not None else None, self.workspace)
        return [each for each in fitting if each.kind != "time" and each.name != DATE]

    def label_of(self, metric: str) -> str:
        """Return the label of a metric, or its name if this person can't see the metric."""
        return next((each.label or each.name for each in self.seen.metrics if each.name == metric), metric)

    def dimension_label(self, name: object) -> str:
        return next((each.label or each.name for each in self.seen.dimensions if each.name == name), str(name))

    def _is_known(self, metric: str) -> bool:
        return any(each.name == metric for each in self.seen.metrics)


def _with_metric(data: Data, path: Path, metric: str) -> Data:
    """Return the definition with another metric for an event, without the name and filter set for the previous one."""
    before: dict[str, Any] = at(data, path, {})
    if before.get("metric") == metric:
        return data
    return put(
        data, path, {key: value for key, value in before.items() if key not in ("name", "where")} | {"metric": metric}
    )
