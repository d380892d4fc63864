"""Export the audit log as a file: CSV for reading, or JSON lines with everything in the chain for archiving."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal

from semantic.display.export.to_csv import MARK, harmless
from semantic.store.audit.entries import Entry, Person
from semantic.store.audit.sentences import sentence

Form = Literal["csv", "jsonl"]
FORMS: Final[tuple[Form, ...]] = ("csv", "jsonl")
HEADS: Final = ("Number", "When (UTC)", "Who", "Id", "Behind", "Kind", "About", "What", "Sealed part", "Said", "Mac")


def export_lines(entries: Iterable[Entry], form: Form, label: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the file's lines with line breaks, one per entry. CSV starts with a header."""
    return _csv_lines(entries, label) if form == "csv" else (f"{_json_line(entry)}\n" for entry in entries)


def export_bytes(entries: Iterable[Entry], form: Form, label: Callable[[str], str] = str) -> bytes:
    """Return the whole file as bytes. A CSV file starts with the byte order mark that Excel needs."""
    return ((MARK if form == "csv" else "") + "".join(export_lines(entries, form, label))).encode()


def _csv_lines(entries: Iterable[Entry], label: Callable[[str], str]) -> Iterator[str]:
    yield _csv_line(HEADS)
    for entry in entries:
        behind = entry.behind.words if entry.behind else ""
        text = json.dumps(dict(entry.details), sort_keys=True)
        who = (entry.person.words, entry.person.id, behind)
        what = (entry.kind, entry.about, sentence(entry, label), entry.seal, text, entry.mac)
        yield _csv_line((str(entry.number), _moment(entry.at) or "", *(harmless(text) for text in (*who, *what))))


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _json_line(entry: Entry) -> str:
    """Return an entry as JSON: everything that the MAC covers, as stored, and the sealed part if it can be opened."""
    fields = {
        "number": entry.number,
        "at": _moment(entry.at),
        "kind": entry.kind,
        "about": entry.about,
        "subject": entry.person.subject,
        "behind": entry.behind.subject if entry.behind else "",
        "said": dict(entry.details),
        "sealed": b64encode(entry.sealed).decode(),
        "mac": entry.mac,
        "seal": entry.seal,
        "who": _person(entry.person),
        "personal": dict(entry.personal),
    }
    return json.dumps(fields)


def _person(person: Person) -> dict[str, str] | None:
    return {"id": person.id, "name": person.name} if person.state == "known" else None


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at is not None else None
