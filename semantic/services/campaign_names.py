"""Map names that don't follow their naming rule: list them, suggest their probable meaning, and save mappings.

Mapped names are part of the model. Each change publishes a version, so receipts, earlier versions and other processes
account for it. The company's tables don't change.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, counted
from semantic.model.editing.edit import add_object, remove_object, replace_object
from semantic.model.editing.object_text import own_text, read_object_text
from semantic.model.editing.objects import ObjectKind, find_object
from semantic.model.loading.naming_schema import MappedNamesDoc
from semantic.model.loading.read_naming import read_mapped
from semantic.model.naming import (
    LONGEST_NAME,
    MOST_MAPPED,
    MappedName,
    NamePart,
    NamingRule,
    folded,
    read_name,
    spellings,
)
from semantic.policy.acting import ONLY_LOOKS
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Order, Query
from semantic.services.process import Live
from semantic.store.models.versions import SYSTEM, Version, files_of, publish_mapped_names, read_head
from semantic.workspace import Workspace

MOST_LISTED: Final = 10_000
LARGEST_TEXT: Final = 1_000_000  # characters of CSV
COLUMNS: Final = ("found", "meant", "part", "until")
IN_FOLDER: Final = "The model is read from a folder. Edit the mapped names in its files."
_NEAR: Final = 0.6  # how similar a value must be to be suggested
_SEPARATORS: Final = "_-|/.: "
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

Key = tuple[str, str]
"""The part, "" for a whole name, and the text that is mapped."""


@dataclass(frozen=True, slots=True)
class SeenName:
    """One name that an actor can see, and how the rule reads it.

    `weight` is the name's value of the rule's metric. `problem` is "" if the name follows the rule, and `why` is the
    problem in words. `meant` is a suggestion, or "" if there is none.
    """

    name: str
    problem: str
    weight: float | None = None
    owners: tuple[str, ...] = ()
    meant: str = ""
    why: str = ""
    mapped: MappedName | None = None


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value that a part of the rule doesn't allow, the number of names with it, and the value it probably means."""

    part: NamePart
    value: str
    names: int
    weight: float
    meant: str


@dataclass(frozen=True, slots=True)
class NamesSeen:
    """The names that an actor can see, highest weight first. `is_whole` is false if some are missing."""

    rule: NamingRule
    names: tuple[SeenName, ...]
    is_whole: bool
    unnamed: float = 0.0  # the weight of rows without a name
    wrong_values: tuple[WrongValue, ...] = ()

    @property
    def unmatched(self) -> tuple[SeenName, ...]:
        """The names that don't follow the rule."""
        return tuple(one for one in self.names if one.problem)

    @property
    def mapped(self) -> tuple[SeenName, ...]:
        """The names that have a mapping of their own."""
        return tuple(one for one in self.names if one.mapped is not None)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that can be undone: each name's mapping before and after. None means no mapping."""

    version: Version
    before: Mapping[Key, MappedName | None] = field(repr=False)
    after: Mapping[Key, MappedName | None] = field(repr=False)


def rules_of(seen: VisibleModel) -> tuple[NamingRule, ...]:
    """Return the naming rules whose names this actor sees unmasked, sorted by label."""
    rules = (
        rule
        for rule in seen.model.naming.values()
        if seen.places(rule.dimension) and seen.mask(rule.dimension) is None and seen.places(rule.follows)
    )
    return tuple(sorted(rules, key=lambda rule: (rule.label.casefold(), rule.name)))


def names_seen(workspace: Workspace, actor: Actor, rule: NamingRule) -> NamesSeen:
    """Return the names that this actor can see, as the rule reads them. Raises SemanticError."""
    seen = workspace.visible(actor)
    metric = rule.weighed_by if any(one.name == rule.weighed_by for one in seen.metrics) else ""
    owner = rule.owned_by if rule.owned_by and seen.places(rule.owned_by) and not seen.mask(rule.owned_by) else ""
    query = Query(
        metrics=(metric,) if metric else (),
        by=(Breakdown(rule.dimension), *((Breakdown(owner),) if owner else ())),
        order=(Order(metric, desc=True),) if metric else (Order(rule.dimension),),
        limit=MOST_LISTED + 1,
    )
    table = workspace.start(query, actor).result().table
    weights: dict[str, float] = {}
    owners: dict[str, dict[str, None]] = {}
    unnamed = 0.0
    for row in table.slice(0, MOST_LISTED).to_pylist():
        name, weight = row[rule.dimension], float(row[metric] or 0) if metric else 0.0
        if name is None:
            unnamed += weight
            continue
        weights[name] = weights.get(name, 0.0) + weight
        if owner and row[owner] is not None:
            owners.setdefault(name, {})[str(row[owner])] = None
    whole = {one.found: one for one in rule.mapped if not one.part}
    guesser = _Guesser(rule)
    names = [
        _seen(guesser, whole.get(name), name, weight if metric else None, tuple(owners.get(name, ())))
        for name, weight in weights.items()
    ]
    return NamesSeen(rule, tuple(names), table.num_rows <= MOST_LISTED, unnamed, _wrong_values(guesser, names))


def _seen(
    guesser: _Guesser, mapped: MappedName | None, name: str, weight: float | None, owners: tuple[str, ...]
) -> SeenName:
    problem = guesser.problem(name) if mapped is None else ""
    if not problem:
        return SeenName(name, "", weight, owners, mapped=mapped)
    return SeenName(name, problem, weight, owners, guesser.meant(name), guesser.why(name, problem))


def _wrong_values(guesser: _Guesser, names: Iterable[SeenName]) -> tuple[WrongValue, ...]:
    found: dict[tuple[str, str], list[float]] = {}
    for one in names:
        for part, value in guesser.wrong(one.name) if one.problem else ():
            found.setdefault((part.name, value), []).append(one.weight or 0.0)
    values = [
        WrongValue(part, value, len(weights), sum(weights), guesser.near(part, value))
        for (name, value), weights in found.items()
        if (part := guesser.rule.part(name)) is not None
    ]
    return tuple(sorted(values, key=lambda one: (-one.weight, -one.names, one.value)))


class _Guesser:
    """Guesses what names that don't follow a rule probably mean."""

    def __init__(self, rule: NamingRule) -> None:
        self.rule = rule
        # Mapped whole names aren't needed to read other names, and would be searched for each of them.
        self.plain = replace(rule, mapped=tuple(one for one in rule.mapped if one.part))
        self._spellings = {part.name: spellings(self.plain, part) for part in rule.parts}
        self._near: dict[tuple[str, str], str] = {}

    def problem(self, name: str) -> str:
        """Return what is wrong with a name, ignoring any mapping of the whole name, or "" if it follows the rule."""
        return read_name(self.plain, name).problem

    def wrong(self, name: str) -> list[tuple[NamePart, str]]:
        """Return the values in a name that their parts don't allow, with those parts."""
        pieces, values = name.split(self.rule.separator), read_name(self.plain, name).values
        return [
            (part, piece)
            for part, piece, value in zip(self.rule.parts, pieces, values, strict=False)
            if piece and value is None and part.values
        ]

    def near(self, part: NamePart, value: str) -> str:
        """Return the allowed value that is most similar, or "" if none is similar enough."""
        key = part.name, value
        if key not in self._near:
            known = self._spellings[part.name]
            texts = {text: text for text in known} if len(value) <= LONGEST_NAME else {}
            found = process.extractOne(
                folded(value), texts, scorer=OSA.normalized_similarity, processor=folded, score_cutoff=_NEAR
            )
            self._near[key] = known[found[2]] if found is not None else ""
        return self._near[key]

    def meant(self, name: str) -> str:
        """Return a name that follows the rule and that this name probably means, or "" if there is no good guess."""
        if len(name) > LONGEST_NAME:
            return ""
        for other in (self.rule.separator, *_SEPARATORS):
            changed = self._repaired(name.replace(other, self.rule.separator) if other in name else name)
            if changed != name and not read_name(self.plain, changed).problem:
                return changed
        return ""

    def _repaired(self, name: str) -> str:
        pieces = name.split(self.rule.separator)
        for position, part in enumerate(self.rule.parts[: len(pieces)]):
            piece = pieces[position].strip()
            known = self._spellings[part.name]
            key = folded(piece) if self.rule.ignores_case else piece
            pieces[position] = piece if key in known or not part.values else self.near(part, piece) or piece
        return self.rule.separator.join(pieces)

    def why(self, name: str, problem: str) -> str:
        """Return a sentence about what is wrong with a name, with the value at fault and its probable meaning."""
        for part, value in self.wrong(name):
            near = self.near(part, value)
            return f"“{value}” isn't a known {part.word}" + (f". Did you mean {near}?" if near else "")
        return problem


# Who can change what


def why_not(workspace: Workspace, actor: Actor, live: Live) -> str:
    """Return why this actor can't map any names now, or "" if they can map at least their own."""
    if live.settings.model_source == "folder":
        return IN_FOLDER
    if actor.kind == "agent":
        return ONLY_LOOKS
    if actor.viewed_by is not None:
        return "Nothing can be changed while you view the app as someone else."
    return "" if actor.is_at_least("marketer") else "Mapping campaign names needs at least the marketer role."


def may_map(actor: Actor, one: SeenName) -> bool:
    """Whether an actor can map a name. Stewards can map every name they see, and others only names they own."""
    return actor.is_at_least("steward") or actor.short_name in one.owners


def map_names(
    live: Live, actor: Actor, rule: NamingRule, changes: Mapping[Key, str | None], *, until: date | None = None
) -> Change:
    """Map names or values of parts to their meaning, "" to accept them as they are, or None to remove the mapping.

    This publishes a version of the model. Raises NotAllowed, ModelError if a meaning doesn't follow the rule, and
    ChangedMeanwhile if someone else published in the meantime.
    """
    today = live.workspace().today()
    entries = {
        (part, found): None if meant is None else MappedName(found, meant.strip(), part, actor.short_name, today, until)
        for (part, found), meant in changes.items()
    }
    return _change(live, actor, rule, entries)


def undo(live: Live, actor: Actor, rule: NamingRule, done: Change) -> Change:
    """Undo a change of mappings, except for mappings that were changed again since then."""
    current = {(one.part, one.found): one for one in live.workspace().model.naming[rule.name].mapped}
    if any(current.get(key) != one for key, one in done.after.items()):
        raise ChangedMeanwhile("Someone else has mapped these names since, so nothing was undone.")
    return _change(live, actor, rule, done.before)


def _change(live: Live, actor: Actor, rule: NamingRule, entries: Mapping[Key, MappedName | None]) -> Change:
    workspace = live.workspace()
    if reason := why_not(workspace, actor, live):
        raise NotAllowed(reason)
    _check_own(workspace, actor, rule, entries)
    version, before = _publish(live, actor, rule.name, entries)
    live.take()
    return Change(version, before, dict(entries))


def _check_own(workspace: Workspace, actor: Actor, rule: NamingRule, entries: Mapping[Key, MappedName | None]) -> None:
    """Raise NotAllowed unless the actor sees every name and can map it.

    Hidden and unknown names give the same error.
    """
    if actor.is_at_least("steward"):
        return
    names = {one.name: one for one in names_seen(workspace, actor, rule).names}
    for part, found in entries:
        one = names.get(found)
        if part or one is None or not may_map(actor, one):
            raise NotAllowed("You can map only campaigns that you own. Ask a steward for the others.")


def _publish(
    live: Live, actor: Actor, rule: str, entries: Mapping[Key, MappedName | None]
) -> tuple[Version, dict[Key, MappedName | None]]:
    with live.store.read() as connection:
        head = read_head(connection)
        if head is None:
            raise NotAllowed(IN_FOLDER)
        files = files_of(connection, head.number)
    mapped = {(one.part, one.found): one for one in _mapped_in(files, rule)}
    before = {key: mapped.get(key) for key in entries}
    mapped = {key: one for key, one in {**mapped, **entries}.items() if one is not None}
    if len(mapped) > MOST_MAPPED:
        raise InvalidQuery(f"At most {MOST_MAPPED:,} names can be mapped. Map values of parts instead of whole names.")
    edited = _with_mapped(files, rule, mapped.values())
    note = f"{_verb(entries)} {counted(len(entries), 'campaign name')}"
    version = publish_mapped_names(
        live.store, live.keys, edited, parent=head.number, actor=actor, note=note
    )  # fmt: skip
    return version, before


def _mapped_in(files: Mapping[str, str], rule: str) -> tuple[MappedName, ...]:
    """Return a rule's mapped names from the files of a model."""
    thing = find_object(files, ObjectKind.MAPPED_NAMES, rule)
    if thing is None:
        return ()
    return read_mapped(MappedNamesDoc.model_validate(read_object_text(own_text(thing), thing.kind).data))


def _verb(entries: Mapping[Key, MappedName | None]) -> str:
    return "Mapped" if any(one is not None for one in entries.values()) else "No longer maps"


def _with_mapped(files: Mapping[str, str], rule: str, mapped: Iterable[MappedName]) -> Mapping[str, str]:
    """Return the model's files with a rule's mapped names replaced by these."""
    key = ObjectKind.MAPPED_NAMES, rule
    ordered = sorted(mapped, key=lambda one: (one.part, one.found))
    if not ordered:
        return remove_object(files, key) if find_object(files, *key) is not None else dict(files)
    text = f"name: {rule}\nnames:\n" + "\n".join(f"  - {_line(one)}" for one in ordered)
    if find_object(files, *key) is not None:
        return replace_object(files, key, text).files
    path = f"mapped_names_{rule}.yml"
    return add_object(files, ObjectKind.MAPPED_NAMES, text, file=path).files


def _line(one: MappedName) -> str:
    said = {"found": one.found, "meant": one.meant, "part": one.part, "by": one.by}
    parts = [f"{key}: {_quoted(value)}" for key, value in said.items() if value]
    parts += [f"{key}: {value.isoformat()}" for key, value in (("on", one.on), ("until", one.until)) if value]
    return "{" + ", ".join(parts) + "}"


def _quoted(text: str) -> str:
    """Return the text in double quotes, so that YAML reads it back unchanged."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def expire_names(live: Live) -> Version | None:
    """Remove the mapped names whose last day has passed in the model's time zone. Raises SemanticError."""
    workspace = live.workspace()
    today, latest = workspace.today(), None
    for rule in workspace.model.naming.values():
        old = {(one.part, one.found): None for one in rule.mapped if one.until is not None and one.until < today}
        if old and live.settings.model_source == "store":
            latest = _publish(live, SYSTEM, rule.name, old)[0]
            live.take()
    return latest


# As files


def to_csv(names: NamesSeen, actor: Actor) -> str:
    """Return the names that this actor can see as CSV: those already mapped, and those to map, with suggestions."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    parts = [one for one in names.rule.mapped if one.part] if actor.is_at_least("steward") else []
    for one in (*parts, *(shown.mapped for shown in names.mapped if shown.mapped is not None)):
        writer.writerow((_safe(one.found), _safe(one.meant), one.part, one.until.isoformat() if one.until else ""))
    for shown in names.unmatched:
        writer.writerow((_safe(shown.name), _safe(shown.meant), "", ""))
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Imported:
    """The mappings read from a CSV file, each with its last day, and the problems found in its lines."""

    changes: Mapping[Key, tuple[str, date | None]]
    problems: tuple[str, ...]


def from_csv(rule: NamingRule, text: str) -> Imported:
    """Read mapped names from CSV text with commas, semicolons or tabs.

    Rows without a meaning are skipped, so that people can fill in an export step by step.
    """
    if len(text) > LARGEST_TEXT:
        return Imported({}, (f"That is more than {LARGEST_TEXT:,} characters.",))
    head = text.lstrip("\ufeff").lstrip().partition("\n")[0]
    between = next((one for one in ("\t", ";") if one in head), ",")
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff").lstrip(), newline=""), strict=True, delimiter=between)
    try:
        rows = list(reader)
    except csv.Error as error:
        return Imported({}, (f"The rows aren't valid CSV: {error}.",))
    if not rows or not {"found", "meant"} <= {str(name) for name in rows[0]}:
        return Imported({}, ("The first line must have the columns found and meant, followed by at least one row.",))
    changes: dict[Key, tuple[str, date | None]] = {}
    problems: list[str] = []
    plain = replace(rule, mapped=())
    for number, row in enumerate(rows, start=2):
        found, meant = _unsafe(row.get("found") or ""), _unsafe(row.get("meant") or "").strip()
        part, written = (row.get("part") or "").strip(), (row.get("until") or "").strip()
        if not meant:
            continue
        problem = _row_problem(plain, found, meant, part)
        until: date | None = None
        try:
            until = date.fromisoformat(written) if written else None
        except ValueError:
            problem = problem or f"{written!r} isn't a date such as 2027-03-31"
        if problem:
            problems.append(f"Line {number}: {problem}.")
        elif (part, found) in changes:
            problems.append(f"Line {number}: {found!r} is listed twice.")
        else:
            changes[part, found] = meant, until
    return Imported(changes, tuple(problems))


def _row_problem(rule: NamingRule, found: str, meant: str, part: str) -> str:
    if not found or len(found) > LONGEST_NAME or len(meant) > LONGEST_NAME:
        return f"a name has between 1 and {LONGEST_NAME} characters"
    if not part:
        problem = read_name(rule, meant).problem
        return f"{meant!r} doesn't follow the rule: {problem}" if problem else ""
    known = rule.part(part)
    if known is None:
        return f"there is no part named {part!r}"
    return "" if not known.values or meant in dict(known.values) else f"{meant!r} isn't a known {known.word}"


def import_names(live: Live, actor: Actor, rule: NamingRule, imported: Imported) -> Change:
    """Save all mappings of an imported file at once.

    Raises the same errors as `map_names`, and InvalidQuery if the file has problems.
    """
    if imported.problems:
        raise InvalidQuery(imported.problems[0])
    today = live.workspace().today()
    entries = {
        (part, found): MappedName(found, meant, part, actor.short_name, today, until)
        for (part, found), (meant, until) in imported.changes.items()
    }
    return _change(live, actor, rule, entries)


def _safe(text: str) -> str:
    """Return text that spreadsheets can't interpret as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else text


def _unsafe(text: str) -> str:
    return text[1:] if text[:1] == "'" else text
