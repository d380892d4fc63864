"""Guidance in words: its entries by section, and what a change adds and removes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from semantic.governance.guidance import Difference, Guidance


def label(name: str) -> str:
    """Return the label of a metric. If the metric doesn't exist any more, its name says so."""
    metric = session.workspace().model.metrics.get(name)
    return f"{name} (no longer exists)" if metric is None else metric.label or name


def show_guidance(guidance: Guidance) -> None:
    """Draw all guidance, section by section."""
    _section("Preferred metrics", "star", [
        (f"“{each.words}” → {label(each.metric)}", each.why) for each in guidance.preferred
    ])  # fmt: skip
    _section("Blocked topics", "block", [
        (each.topic, f"{each.reason} Ask {each.ask}. Applies to {_named(each.words, each.metrics)}.")
        for each in guidance.blocked
    ])  # fmt: skip
    _section("Caveats", "info", [(label(each.metric), each.text) for each in guidance.caveats])
    lines = [line for line in guidance.notes.splitlines() if line.strip()]
    _section("General notes", "notes", [(line, "") for line in lines])


def _named(words: Iterable[str], metrics: Iterable[str]) -> str:
    return ", ".join([*(f"“{word}”" for word in words), *(label(metric) for metric in metrics)])


def _section(title: str, icon: str, entries: Sequence[tuple[str, str]]) -> None:
    if not entries:
        return
    st.markdown(f":gray[:material/{icon}:] **{plain(title)}**")
    for first, second in entries:
        st.markdown(plain(first) + (f"  \n:small[:gray[{plain(second)}]]" if second else ""))


def show_differences(changes: Sequence[Difference]) -> None:
    """Draw what a version adds and removes, compared with the live version."""
    if not changes:
        st.caption("No changes from the live version.")
        return
    lines = [
        f":{'green' if each.sign == '+' else 'red'}[:material/{'add' if each.sign == '+' else 'remove'}:] "
        f"{'Adds' if each.sign == '+' else 'Removes'}: {plain(each.text)}"
        for each in changes
    ]
    st.markdown("  \n".join(lines))
