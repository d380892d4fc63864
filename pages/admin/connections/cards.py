"""One card for each connection of this process, with its settings and, once it's tested, its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import COLOURS, State, badge_text, heading, page_header, plain
from semantic.display.format import counted
from semantic.services.connections import (
    Connection,
    ConnectionStatus,
    ServedDataset,
    data_connection,
    look_at_data,
    look_at_store,
    store_connection,
)
from semantic.services.process import Live

_FOUND: Final = "connections-found"
SIGNS: Final[dict[str, tuple[str, str, State]]] = {
    "answers": ("Connected", "check_circle", "good"),
    "slow": ("Slow", "hourglass_bottom", "caution"),
    "incomplete": ("Incomplete", "error", "caution"),
    "silent": ("Not responding", "cancel", "bad"),
}
"""The label, icon and colour of each state."""


@dataclass(frozen=True, slots=True)
class LastTest:
    """The result of a test, the connection that was tested, and the time of the test."""

    connection: Connection
    found: ConnectionStatus
    at: datetime


def header() -> None:
    page_header(
        "Connections",
        "Your main data, the store, and the connections you add. The first two are changed in Samepage's settings.",
    )  # fmt: skip


def cards() -> None:
    """Draw a card for the data, then one for the store. Each tests separately, because a test can be slow."""
    workspace, actor = session.require("administrator")
    live, seen = session.live(), workspace.visible(actor)
    _card(data_connection(live), lambda: look_at_data(live, seen), live)
    _card(store_connection(live), lambda: look_at_store(live), live)


def _card(connection: Connection, look: Callable[[], ConnectionStatus], live: Live) -> None:
    key = f"connection-{connection.name.lower()}"
    seens: dict[str, LastTest] = st.session_state.setdefault(_FOUND, {})
    with st.container(border=True, gap="small", key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading(connection.name, f"{connection.kind}, {connection.place}")
            is_asked = st.button("Test", key=f"{key}-test", icon=":material/network_check:")
        if is_asked:
            with st.spinner("Testing"):
                seens[connection.name] = LastTest(connection, look(), live.store.now())
        last = seens.get(connection.name)
        if last is not None and last.connection == connection:
            _found(last)
        else:
            st.caption("Not tested yet. The test connects, runs a simple query, and checks tables and permissions.")
        for warning in (*connection.warnings, *(last.found.warnings if last is not None else ())):
            st.markdown(f":orange[:material/warning:] {plain(warning)}")
        _facts(connection, last.found if last is not None else None)
        if last is not None and last.found.served:
            _served(last.found.served, key)


def _found(last: LastTest) -> None:
    word, icon, state = SIGNS[last.found.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(badge_text(word), icon=f":material/{icon}:", color=COLOURS[state])
        took = f" Took {last.found.seconds * 1000:,.0f} ms." if last.found.seconds is not None else ""
        st.markdown(f"{plain(last.found.words)}{took} :small[:gray[Tested {last.at:%H:%M:%S} UTC.]]", width="stretch")


def _facts(connection: Connection, look: ConnectionStatus | None) -> None:
    facts = {"Address": connection.from_where}
    facts |= {"Secrets": " ".join(connection.secrets)} if connection.secrets else {}
    if look is not None and look.version:
        facts["Software"] = look.version
    if look is not None and look.data_version:
        facts["Data version"] = look.data_version[:16]
    elif look is not None and look.served:
        facts["Data version"] = "Unknown, so results aren't cached."
    if look is not None and look.loaded is not None:
        facts["Loaded to"] = f"{look.loaded:%d %b %Y, %H:%M} UTC at least"
    facts |= dict(connection.limits)
    # The names on all cards have the same width, so their values line up.
    with st.container(gap=None, key=f"facts-{connection.name.lower()}"):
        st.table({name: plain(text) for name, text in facts.items()}, border="horizontal", hide_header=True)


def _served(served: tuple[ServedDataset, ...], key: str) -> None:
    troubled = sum(bool(each_served.trouble) for each_served in served)
    note = f"{counted(troubled, 'dataset')} not readable" if troubled else "all readable"
    with st.expander(f"{counted(len(served), 'dataset')}, {note}", expanded=bool(troubled)):
        st.dataframe(
            {
                "Dataset": [each_served.label for each_served in served],
                "Tables": [", ".join(each_served.tables) for each_served in served],
                "State": [each_served.trouble or "Found" for each_served in served],
            },
            key=f"{key}-served", hide_index=True, height="content" if len(served) <= 8 else 34 * 9, row_height=34,
            alt="The model's datasets, their tables, and whether they can be read.",
            column_config={"Dataset": st.column_config.TextColumn(width="medium", pinned=True)},
        )  # fmt: skip
