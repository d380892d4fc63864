"""The field for several breakdowns, in forms of kinds that search the groups of each breakdown."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.analyses.draft import Data, Path, at, put
from pages.analyses.form import Form
from pages.shell.parts import plain


def several_breakdowns(form: Form, path: Path, metric: str, most: int, *, label: str = "Breakdowns to search") -> None:
    """Draw a field for choosing up to `most` dimensions of a metric."""
    names = [each if isinstance(each, str) else str(each.get("dim", "")) for each in at(form.data, path, [])]
    labels = {each.name: each.label or each.name for each in form.dimensions([metric])}
    key = form.key(*path)
    form.bind(key, lambda data, value: _with(data, path, names, value))
    st.multiselect(
        plain(label), list(dict.fromkeys([*labels, *names])), default=names, key=key, max_selections=most,
        format_func=lambda name: labels.get(name) or form.dimension_label(name),
        help="Compares the groups of every breakdown you pick.",
    )  # fmt: skip


def _with(data: Data, path: Path, before: list[str], value: Any) -> Data:
    """Return the definition with the chosen breakdowns. A breakdown that had more than a name, such as a grain, keeps
    it.
    """
    picked = [str(each) for each in value or []]
    if picked == before:
        return data
    known = {each["dim"]: each for each in at(data, path, []) if isinstance(each, dict)}
    return put(data, path, [known.get(name, name) for name in picked])
