"""The state of the page: what is open, the outcome of the last click, and the last parsed files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, State, notice
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.uploads import Offer, UploadWork
from semantic.uploads.column_types import Fit
from semantic.uploads.reading import Choices, Reading, read_file

VIEW: Final = "uploads-view"
_TOLD: Final = "uploads-told"
MOST_READ: Final = 4
"""The number of parsed files that all sessions together cache. Each can take a few hundred megabytes."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A parsed file, with facts about its columns that are computed on request."""

    reading: Reading
    fits: dict[int, tuple[Fit, ...]] = field(default_factory=dict[int, "tuple[Fit, ...]"])
    offers: dict[str, tuple[Offer, ...]] = field(default_factory=dict[str, "tuple[Offer, ...]"])

    def fits_of(self, index: int) -> tuple[Fit, ...]:
        """Return the types that fit a column."""
        if index not in self.fits:
            self.fits[index] = self.reading.candidates(index)
        return self.fits[index]


_parsed_files = SingleFlightCache[ParsedFile](MOST_READ, seconds=600.0)


def work() -> UploadWork:
    """Return the upload service with the signed-in person's access. Requires the role marketer."""
    _, actor = session.require("marketer")
    return UploadWork(session.live(), actor)


def view() -> str:
    """Return what is open: an upload's ID, `new`, or "" for the list."""
    return str(st.session_state.get(VIEW, ""))


def open_view(name: str = "") -> None:
    """Open the list, the form for a new upload (`new`), or the upload with this ID."""
    st.session_state[VIEW] = name
    st.session_state.pop(_TOLD, None)


def tell(kind: State, icon: str, words: str) -> None:
    """Show a message at the top of the page the next time it's drawn."""
    st.session_state[_TOLD] = (kind, icon, words)


def show_outcome() -> None:
    """Draw the message at the top of the page, if there is one."""
    told: tuple[State, str, str] | None = st.session_state.get(_TOLD)
    if told is not None:
        notice(*told, Action("Close", lambda: st.session_state.pop(_TOLD, None)), key="uploads-notice")


def read(file: Any, choices: Choices) -> ParsedFile:  # Any: Streamlit's own type of file
    """Return a file of this session, parsed with these choices. Raises UnreadableFile."""
    key = (file.file_id, file.size, _key(choices))
    return _parsed_files.get(key, lambda: ParsedFile(read_file(file.getvalue(), choices)))


def _key(choices: Choices) -> object:
    chosen = sorted(choices.columns.items())
    return (choices.encoding, choices.delimiter, choices.sheet, choices.header, choices.keeps_totals,
            tuple((index, each.kind, each.way, each.label, each.is_left_out) for index, each in chosen))  # fmt: skip


def label_of_file(name: str) -> str:
    """Return the default label of an upload: the file's name without folders and extension."""
    stem = PurePath(name.replace("\\", "/")).stem.replace("_", " ").replace("-", " ")
    words = " ".join("".join(letter for letter in stem if letter.isprintable()).split())
    return (words[:60] or "Upload").strip().capitalize()


def forget(names: Sequence[str]) -> None:
    """Remove the fields whose keys start with one of these names from the session."""
    for key in [key for key in st.session_state if str(key).startswith(tuple(names))]:
        del st.session_state[key]
