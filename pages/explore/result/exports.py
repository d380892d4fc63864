"""The Export menu in the header: the answer as a spreadsheet, CSV, Parquet or picture, built on click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.components.v2 import component

from pages.explore.builder.question import names_a_person
from pages.explore.result.reading import cached_chart
from pages.shell import session
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.still import StillFigure, still_figure
from pages.widgets.theme import current_tokens
from semantic.display.export.about import limit_words, lines, trust_lines
from semantic.display.export.export import KINDS, Kind, export, file_name, why_not
from semantic.display.format import moment_in
from semantic.display.rows import rows_words
from semantic.display.tokens import LIGHT
from semantic.errors import SemanticError
from semantic.query.codec import query_to_params

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.results.result import Result
    from semantic.workspace import Workspace

NOTHING = "Nothing to export yet."
VIEWING = "Exports are off while you view as someone else."
EMPTY = "The result has no rows, so there's nothing to export."
SAID: dict[Kind, tuple[str, str]] = {
    "xlsx": ("table_view", "Values you can work with, plus definitions."),
    "csv": ("csv", "Rows only, for other tools."),
    "parquet": ("database", "Typed columns with full metadata, for data tools."),
}
"""The icon and help of each file format."""

_FILES = Path(__file__).parent
_picture = component(
    "samepage_picture",
    html='<button type="button"><span class="icon" aria-hidden="true">image</span><span class="label"></span></button>'
    '<p role="status"></p>',
    css=(_FILES / "picture.css").read_text(encoding="utf-8"),
    js=(_FILES / "picture.js").read_text(encoding="utf-8"),
)


class SignedOut(Exception):
    """Raised when the person who exports is no longer the one that the answer was computed for."""


def menu(shown: Result | None, workspace: Workspace, actor: Actor) -> None:
    """Draw the Export menu for the answer on screen, or a disabled one with the reason if there is no answer.

    The menu is built when someone opens it.

    It isn't a fragment. A fragment would cost each run of the page as much as four elements, and the page runs far more
    often than someone opens the menu.
    """
    reason = NOTHING if shown is None else "" if shown.table.num_rows else EMPTY
    if actor.viewed_by is not None:
        reason = VIEWING
    popover = st.popover(
        "Export", icon=":material/download:", key="export", disabled=bool(reason), help=reason or None,
        on_change="rerun",
    )  # fmt: skip
    if shown is None or reason or not popover.open:
        return
    if session.require("viewer")[1] != actor:
        st.rerun()
    who, link, unkept = session.actor_later(), _link(shown, workspace), workspace.why_no_file(shown)
    with popover, st.container(width=260, gap="xsmall"):
        files = st.container(gap="xsmall")
        remarks = _remarks(shown, workspace, actor)  # below the files that the choice applies to
        for kind, about in KINDS.items():
            icon, says = SAID[kind]
            refused = why_not(shown, kind) or unkept
            file = _file(shown, workspace, actor, kind, who, link, remarks)
            with files:
                st.download_button(
                    about.label, file, file_name(shown, kind), about.mime,
                    key=f"export-{kind}", icon=f":material/{icon}:", width="stretch", on_click="ignore",
                    disabled=bool(refused), help=plain(refused or says),
                )  # fmt: skip
        with files:
            redrawn = _draw_light(shown)
            said = _picture_texts(shown, workspace.visible(actor)) | {"refused": unkept, "redrawn": redrawn}
            _picture(key="export-png", data=said)
        st.caption(plain(limit_words(shown) or f"Complete: {rows_words(shown)}."))


def _remarks(shown: Result, workspace: Workspace, actor: Actor) -> Sequence[Annotation]:
    """Return the remarks on the answer's days, if they should be included. Otherwise, a file has only the rows."""
    if all(column.grain is None for column in shown.keys):
        return ()
    try:
        found_annotations = workspace.annotations(shown, actor)
    except SemanticError:
        return ()  # The chart already says that remarks can't be read.
    wanted = bool(found_annotations) and st.toggle(
        "With remarks", key="export-remarks", help="Remarks on events in this period."
    )
    return found_annotations if wanted else ()


def _file(
    shown: Result,
    workspace: Workspace,
    actor: Actor,
    kind: Kind,
    who: Callable[[], Actor | None],
    link: str,
    remarks: Sequence[Annotation],
) -> Callable[[], bytes]:
    """Return a function that builds the file on click.

    It only does so for the same person, because a page can stay open longer than a sign-in.
    """

    def make() -> bytes:
        if who() != actor or actor.viewed_by is not None:
            raise SignedOut(session.EXPIRED)
        content = export(shown, workspace.visible(actor), kind, link=link, remarks=remarks)
        workspace.record_export(shown, actor, kind)
        return content

    return make


def _link(shown: Result, workspace: Workspace) -> str:
    """Return the address of a question, or "" if the question names a person."""
    address = urlsplit(st.context.url or "")
    if not address.netloc or names_a_person(shown.query, workspace):
        return ""
    asked = urlencode(query_to_params(shown.query), doseq=True)
    return f"{address.scheme}://{address.netloc}{address.path}?{asked}"


def _draw_light(shown: Result) -> bool:
    """Draw a hidden copy of the chart in light colours if the screen is dark, and return whether there is one."""
    if current_tokens().mode == "light":
        return False
    chart = cached_chart(LIGHT, shown, "answer")
    if chart is None or not isinstance(chart.figure, StillFigure):
        return False
    # The settings of the page, in the colours of the screen.
    layout = chart.figure.parts["layout"]
    axes = {name: layout[name] | {"automargin": True} for name in layout if name.startswith(("xaxis", "yaxis"))}
    font = {"family": st.get_option("theme.font"), "color": LIGHT.ink}
    figure = still_figure(chart.figure, **axes, font=font, paper_bgcolor=LIGHT.page, plot_bgcolor=LIGHT.page)
    with st.container(key="export-light"):  # pages/server/style.css hides it
        draw_chart(figure, key="export-light-chart", alt=chart.alt, has_own_colours=True)
    return True


def _picture_texts(shown: Result, visible: VisibleModel) -> dict[str, object]:
    """Return the texts that the browser needs, on the picture and next to its button."""
    left_out = limit_words(shown)
    return {
        "label": "Picture (PNG)",
        "page": LIGHT.page,
        "ink": LIGHT.ink,
        "file": file_name(shown, "png"),
        "title": shown.title,
        "lines": lines(shown, visible),
        "notes": [*shown.notes, *(text for _, text in trust_lines(shown)), *([left_out] if left_out else [])],
        "footer": ", ".join(
            [
                "Samepage",
                f"as of {moment_in(shown.computed_at, shown.period.time_zone)}",
                *filter(None, [shown.receipt]),
            ]
        ),
        "none": "This result has no chart to save.",
        "failed": "Your browser couldn't create the image.",
    }
