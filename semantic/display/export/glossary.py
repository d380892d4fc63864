"""Export the glossary as a file: CSV for spreadsheets, Markdown for wikis."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from itertools import groupby

from semantic.display.export.to_csv import MARK, harmless
from semantic.display.glossary.glossary import Entry

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~])")


def glossary_csv(entries: Sequence[Entry]) -> bytes:
    """Return the glossary as CSV, with one row for each term. No text can run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Term", "Kind", "Meaning", "Also called"])
    for entry in entries:
        cells = (entry.term, entry.kind, entry.means, "; ".join(entry.synonyms))
        writer.writerow([harmless(cell) for cell in cells])
    return (MARK + out.getvalue()).encode()


def glossary_markdown(entries: Sequence[Entry], title: str) -> bytes:
    """Return the glossary as Markdown, with a section for each letter. Texts from the model are escaped."""
    parts = [f"# {_escaped(title)}"]
    for letter, of_letter in groupby(entries, key=lambda entry: entry.letter):
        parts.append(f"## {'Other' if letter == '#' else letter}")
        for entry in of_letter:
            also = f" Also called {_escaped(', '.join(entry.synonyms))}." if entry.synonyms else ""
            meaning = f" {_escaped(entry.means)}" if entry.means else ""
            parts.append(f"**{_escaped(entry.term)}** ({_escaped(entry.kind)}):{meaning}{also}")
    return ("\n\n".join(parts) + "\n").encode()


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
