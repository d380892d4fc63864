"""Fields that each edit one key of an object's text, with the problems of that key."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from pages.govern.definitions.edit_context import EditContext
from pages.shell import session
from pages.shell.parts import plain
from semantic.errors import ModelError, SemanticError
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.keys import key_order, read_object, set_key, value_as_list, value_at
from semantic.model.editing.objects import Key
from semantic.model.files.yaml_text import Path, Plain
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel
from semantic.services.defining.offered import usable_model
from semantic.services.drafts import Edits

TROUBLE: Final = "definition_trouble"
_NEEDS: Final = re.compile(r"^The [a-z_]+ metric '[^']*' needs `[a-z_]+:`\.$")

Change = Callable[[str], str]
"""Takes the text of an object, and returns the changed text."""


@dataclass(slots=True)
class Form:
    """One object that is open as a form.

    `seen` is the draft's model for the person, or the live one if the draft has errors. `offered` is the part of it
    that fields offer. `said` has the paths of the fields drawn so far. Problems at other paths are listed below the
    form.
    """

    key: Key
    text: str
    data: dict[str, Plain]
    problems: tuple[ObjectProblem, ...]
    seen: VisibleModel
    offered: Model
    round: int
    context: EditContext
    said: set[Path] = field(default_factory=set[Path])

    def value(self, *path: str | int) -> str:
        """Return the text at a path, or "" if there is none."""
        found = value_at(self.data, path)
        return found if isinstance(found, str) else ""

    def items(self, *path: str | int) -> list[Plain]:
        """Return the list at a path, which is empty if there is none."""
        return value_as_list(self.data, path)

    def widget(self, *path: str | int) -> str:
        """Return the key of the widget for a path."""
        return f"form-{self.round}-{self.key[0].value}-{self.key[1]}-{'-'.join(map(str, path))}"


def open_form(
    context: EditContext, edits: Edits, key: Key, problems: Sequence[ObjectProblem], seen: VisibleModel, number: int
) -> Form | None:  # fmt: skip
    """Return the form of an object, or None if its text can't be read."""
    text = edits.text_of(key)
    data = read_object(text) if text else None
    return (
        Form(key, text, data, tuple(problems), seen, usable_model(seen), number, context) if data is not None else None
    )


def change(form: Form, make: Change) -> None:
    """Change the object's text and save it to the draft. A widget's change calls this, so access is checked again."""
    actor = form.context.acting()
    if actor is None:
        return
    st.session_state.pop(TROUBLE, None)
    live = session.live()
    edits = form.context.current(live, actor)
    key = form.context.chosen(edits) or form.key
    if key[0] is not form.key[0]:
        return
    try:
        text = make(edits.text_of(key))
        written = form.context.write(live, actor, edits, key, text)
    except ModelError as error:
        st.session_state[TROUBLE] = " ".join(f"{one.message} {one.remedy}".strip() for one in error.problems[:2])
        return
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
        return
    form.context.keep(written.edits)
    if written.key != key:
        form.context.choose(written.key)


def put(form: Form, path: Path, value: Plain) -> None:
    """Write a value to a path. An empty value removes the key."""
    order = key_order(form.key[0]) if len(path) == 1 else ("name", "label", "description", "owner", "synonyms", "kind")
    change(form, lambda text: set_key(text, path, value, order))


def writes(
    form: Form, path: Path, widget: str, read: Callable[[Any], Plain]
) -> Callable[[], None]:  # Any: a widget's value
    """Return the callback with which a widget writes its value to a path."""
    return lambda: put(form, path, read(st.session_state.get(widget)))


def show_problems(form: Form, *path: str | int) -> None:
    """Draw the problems of a field below it."""
    form.said.add(path)
    for problem in form.problems:
        if problem.line and problem.path[: len(path)] == path:
            if _NEEDS.search(
                problem.problem.message
            ):  # It has the name of a key in the text, which people who use the form don't know.
                st.markdown(":small[:red[:material/error: Required]]")
                continue
            said = f"{plain(problem.problem.message)} {plain(problem.problem.remedy)}"
            st.markdown(f":small[:red[:material/error: {said}]]")


def other_problems(form: Form) -> list[ObjectProblem]:
    """Return the problems that no field shows."""
    return [
        problem
        for problem in form.problems
        if not problem.line or not any(problem.path[: len(path)] == path for path in form.said if path)
    ]


def text_field(
    form: Form, label: str, *path: str | int, placeholder: str = "", area: bool = False, help: str | None = None,
    longest: int = 400,
) -> None:  # fmt: skip
    """Draw a text field."""
    widget = form.widget(*path)
    how: dict[str, Any] = {
        "value": form.value(*path), "key": widget, "placeholder": placeholder, "help": help,
        "max_chars": max(longest, 2 * len(form.value(*path))),
        "on_change": writes(form, path, widget, lambda value: str(value or "").strip()),
    }  # fmt: skip
    if area:
        st.text_area(label, height=88, **how)
    else:
        st.text_input(label, **how)
    show_problems(form, *path)


def choice(
    form: Form, label: str, options: Mapping[str, str], *path: str | int, placeholder: str = "Choose",
    empty: str | None = None, help: str | None = None, without: str = "",
) -> str:  # fmt: skip
    """Draw a field that chooses one of the values by label, and return the value.

    Choosing `without` removes the key. A value that isn't an option is kept and shown unchanged.
    """
    now = form.value(*path) or without
    known = dict(options) if empty is None else {"": empty, **options}
    if now and now not in known:
        known[now] = now
    names = list(known)
    widget = form.widget(*path)

    def read(value: Any) -> Plain:
        return "" if value in (None, without) else str(value)

    st.selectbox(
        label, names, index=names.index(now) if now in names else None, key=widget, placeholder=placeholder,
        format_func=lambda name: known[name], help=help, on_change=writes(form, path, widget, read),
    )  # fmt: skip
    show_problems(form, *path)
    return now


def pills(form: Form, label: str, options: Mapping[str, str], *path: str | int, without: str) -> str:
    """Draw a choice of a few values side by side, and return the chosen value."""
    now = form.value(*path) or without
    known = dict(options) if now in options else {**options, now: now}
    widget = form.widget(*path)
    st.segmented_control(
        label, list(known), default=now, required=True, key=widget, format_func=lambda name: plain(known[name]),
        on_change=writes(form, path, widget, lambda value: "" if value in (None, without) else str(value)),
    )  # fmt: skip
    show_problems(form, *path)
    return now


def whole_field(
    form: Form, label: str, *path: str | int, least: int, most: int, help: str | None = None, placeholder: str = ""
) -> None:
    """Draw a field for a whole number, which can be empty."""
    text = form.value(*path)
    widget = form.widget(*path)
    now = int(text) if text.lstrip("-").isdigit() and least <= int(text) <= most else None
    st.number_input(
        label, min_value=least, max_value=most, value=now, step=1, key=widget, help=help,
        placeholder=placeholder or (text if now is None else ""),
        on_change=writes(form, path, widget, lambda value: "" if value is None else str(int(value))),
    )  # fmt: skip
    show_problems(form, *path)


def words_field(form: Form, label: str, *path: str | int, help: str | None = None, placeholder: str = "") -> None:
    """Draw a field for several short texts, such as synonyms."""
    now = [item for item in form.items(*path) if isinstance(item, str)]
    widget = form.widget(*path)
    st.multiselect(
        label, now, default=now, accept_new_options=True, key=widget, help=help,
        placeholder=placeholder or "Type a value and press Enter",
        on_change=writes(form, path, widget, lambda value: [text for one in value or [] if (text := str(one).strip())]),
    )  # fmt: skip
    show_problems(form, *path)


_LENGTH_UNITS = {unit: f"{unit}s" for unit in ("day", "week", "month", "quarter", "year")}


def length_field(
    form: Form, label: str, *path: str | int, without: str, help: str | None = None, start: str = "28 days",
    only: Collection[str] = _LENGTH_UNITS,
) -> None:  # fmt: skip
    """Draw a field for a length of time, such as `28 days`. `without` is the label of no length."""
    now = form.value(*path)
    count, _, unit = now.partition(" ")
    unit = unit.strip().removesuffix("s")
    if now and (unit not in only or not count.isdigit()):
        text_field(form, label, *path, help=help)  # a calendar's own period, or an invalid one
        return
    number, units = f"{form.widget(*path)}-count", f"{form.widget(*path)}-unit"

    def write() -> None:
        length, of = st.session_state.get(number), st.session_state.get(units) or "none"
        if of == "none":
            put(form, path, "")
            return
        suggested, _, unit = start.partition(" ")
        first = suggested if unit.removesuffix("s") == of else "1"
        begun = first if length is None else str(int(length))
        put(form, path, f"{begun} {of}" + ("" if begun == "1" else "s"))

    left, right = st.columns([1, 2], gap="small", vertical_alignment="bottom")
    choices = {"none": without, **{one: words for one, words in _LENGTH_UNITS.items() if one in only}}
    with right:
        st.selectbox(
            label, list(choices), index=list(choices).index(unit) if now else 0, key=units, on_change=write, help=help,
            format_func=lambda name: choices[name],
        )  # fmt: skip
    with left:
        st.number_input(
            "Number", min_value=1, max_value=9_999, value=int(count) if now else None, step=1, key=number,
            on_change=write, disabled=not now,
        )  # fmt: skip
    show_problems(form, *path)
