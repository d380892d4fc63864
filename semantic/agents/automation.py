"""The automation log: stewards' entries, and changes of agents and the language model from the audit log."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from itertools import chain, count
from typing import Final
from zoneinfo import ZoneInfo

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.uploads import UploadWork
from semantic.store.agents.automation import (
    CHANGES,
    KINDS,
    Automation,
    StoredAutomation,
    add_automation,
    change_automation,
    note_export,
    read_automations,
    remove_automation,
)
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.uploads.uploads import Upload
from semantic.uploads.reading import read_file
from semantic.uploads.upload import AUTOMATION_LOG

OWN_KINDS: Final = (
    "agent.connected",
    "agent.paused",
    "agent.resumed",
    "agent.ended",
    "agents.switched_off",
    "agents.switched_on",
    "model_reader.switched_off",
    "model_reader.switched_on",
    "guidance.approved",
    "guidance.restored",
)
"""Acts in the audit log that change what agents do."""
MOST_OWN: Final = 100
LABEL: Final = "Automation log"
"""The label of a dataset of the entries, with a number if another upload has it."""
_HEAD: Final = ("Entry", "Day", "Kind", "Automation", "Change", "Markets or channels", "Owner")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: an entry by a steward (`kept`), or a change from the audit log, for which `kept` is None."""

    day: date
    at: datetime
    text: str
    kept: StoredAutomation | None = None


@dataclass(frozen=True, slots=True)
class AutomationWork:
    """The automation log, as `actor` can read and write it. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    def lines(self) -> list[Line]:
        """Return all entries, and the most recent changes from the audit log, latest day first. Raises NotAllowed."""
        self._require()
        zone = ZoneInfo(self.live.workspace().model.settings.time_zone)
        with self.live.store.read() as connection:
            written = read_automations(connection)
            acts = [
                entry
                for kind in OWN_KINDS
                for entry in read_entries(connection, self.live.keys, EntryFilter(kind=kind), limit=MOST_OWN)
            ]
        lines = [Line(each.automation.day, each.written_at, each.automation.words, each) for each in written]
        lines += [
            Line(entry.at.astimezone(zone).date(), entry.at, f"{sentence(entry).rstrip('.')}.")
            for entry in sorted(acts, key=lambda each: -each.number)[:MOST_OWN]
            if entry.at is not None and entry.seal != "damaged"
        ]
        return sorted(lines, key=lambda line: (line.day, line.at), reverse=True)

    def add(self, entry: Automation) -> str:
        """Add an entry, and return its ID. Raises NotAllowed, InvalidQuery."""
        self._require()
        with self.live.store.write() as transaction:
            return add_automation(transaction, self.live.keys, entry, self.actor)

    def change(self, kept: StoredAutomation, entry: Automation) -> None:
        """Correct an entry. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        self._require()
        with self.live.store.write() as transaction:
            change_automation(transaction, self.live.keys, kept, entry, self.actor)

    def remove(self, kept: StoredAutomation) -> None:
        """Remove an entry for everyone. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        with self.live.store.write() as transaction:
            remove_automation(transaction, self.live.keys, kept, self.actor)

    def export(self) -> str:
        """Return the stewards' entries as CSV with a header, oldest first.

        The export is recorded. Raises NotAllowed.
        """
        self._require()
        with self.live.store.read() as connection:
            written = read_automations(connection)
        text = csv_of([each.automation for each in reversed(written)])
        with self.live.store.write() as transaction:
            note_export(transaction, self.live.keys, len(written), self.actor)
        return text

    # Its rows as facts

    @property
    def why_no_dataset(self) -> str:
        """Why this person can't create a dataset of the entries, or "" if they can."""
        return self._uploads.why_not

    def dataset(self) -> Upload | None:
        """Return this person's dataset of the entries, or None if they haven't created one."""
        if self.why_no_dataset:
            return None
        made = [each for each in self._uploads.uploads() if each.plan.purpose == AUTOMATION_LOG]
        return next((each for each in made if self._uploads.may_change(each)), None)

    def make_dataset(self) -> Upload:
        """Create a dataset of all entries, or update the one that an earlier call created.

        Only this person sees the dataset until they share it.

        The dataset is an upload with a metric that counts its rows. Other uploads stay the same, even those with the
        same label. Raises NotAllowed, InvalidQuery, ModelError, UnreadableFile.
        """
        self._require()
        with self.live.store.read() as connection:
            written = read_automations(connection)
        reading = read_file(_facts(list(reversed(written))).encode())
        existing = self.dataset()
        if existing is not None:
            self._uploads.renew(existing, reading)
            return self._uploads.find(existing.id)
        plan = self._uploads.plan(reading, label=self._free_label(), purpose=AUTOMATION_LOG)
        return self._uploads.find(self._uploads.make(reading, plan))

    def _free_label(self) -> str:
        taken = {each.plan.label.casefold() for each in self._uploads.uploads()}
        labels = chain([LABEL], (f"{LABEL} {number}" for number in count(2)))
        return next(label for label in labels if label.casefold() not in taken)

    @property
    def _uploads(self) -> UploadWork:
        return UploadWork(self.live, self.actor)

    def _require(self) -> None:
        if self.actor.kind != "person" or self.actor.viewed_by is not None or not self.actor.is_at_least("steward"):
            raise NotAllowed("Only stewards signed in as themselves can use the automation log.")


def csv_of(entries: Sequence[Automation]) -> str:
    """Return entries as CSV: day, kind, name, change, concerns, owner, note.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("day", "kind", "name", "change", "concerns", "owner", "note"))
    for entry in entries:
        texts = (KINDS[entry.kind], entry.name, CHANGES[entry.change], entry.concerns, entry.owner, entry.note)
        writer.writerow((entry.day.isoformat(), *(_harmless(text) for text in texts)))
    return out.getvalue()


def _facts(entries: Sequence[StoredAutomation]) -> str:
    """Return entries as CSV for a dataset, each with an ID.

    Empty cells have a placeholder if the column's type couldn't be determined otherwise.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    for kept in entries:
        entry = kept.automation
        about, owner = entry.concerns or "All", entry.owner or "No owner"  # an empty column would have no type
        texts = (KINDS[entry.kind], entry.name, CHANGES[entry.change], about, owner)
        writer.writerow((f"entry-{kept.id}", entry.day.isoformat(), *texts))
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
