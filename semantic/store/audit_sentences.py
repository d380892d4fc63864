"""What each kind of act is called and how it is told in one sentence: the one place where the kinds stand.

A kind has several sentences, the one that says most first; the first for which the entry has every word is used. The
last needs none, so that what was sealed by somebody erased since can still be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from semantic.display.format import counted, listed
from semantic.store.audit_entries import Entry, Person
from semantic.store.database import parse_moment

SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "question.asked": ("asked for {metrics} and got {counted_rows}", "asked for {metrics}", "asked a question"),
    "question.exported": ("took an answer out as {as}", "took an answer out as a file"),
    "answer.exported": ("took the answer of receipt {thing} out as {as}", "took an answer out as a file"),
    "rows.listed": (
        "looked at {rows} of the {of} rows behind a number of {thing}",
        "looked at the rows behind a number of {thing}",
        "looked at the rows behind a number",
    ),
    "values.offered": (
        "looked for “{search}” among the values of {thing}",
        "looked at the values of {thing}",
        "looked at the values of a filter",
    ),
    "receipt.opened": ("opened the receipt {thing}", "opened a receipt"),
    "question.saved": ("saved the question “{name}”", "saved a question"),
    "question.changed": ("saved version {version} of a question: “{note}”", "changed a saved question"),
    "question.version_restored": (
        "brought version {restores} of a question back: “{note}”",
        "brought version {restores} of a question back",
        "brought an earlier version of a question back",
    ),
    "question.renamed": (
        "renamed the question “{before}” to “{name}”",
        "renamed a question to “{name}”",
        "renamed a question",
    ),
    "question.moved": ("moved a question to another space",),
    "question.shared": ("shared the question “{name}”", "shared a question"),
    "question.archived": ("archived the question “{name}”", "archived a question"),
    "question.restored": ("brought the question “{name}” back", "brought an archived question back"),
    "question.brought_back": ("brought the question “{name}” back", "brought an archived question back"),
    "question.linked": ("made a link to a question",),
    "checks.started": ("started the checks of the data",),
    "space.made": ("made the space “{name}”", "made a space"),
    "space.renamed": ("renamed a space to “{name}”", "renamed a space"),
    "space.archived": ("archived a space",),
    "model.published": (
        "published version {thing} of the model: “{note}”",
        "published version {thing} of the model",
        "published a version of the model",
    ),
    "model.rolled_back": (
        "brought version {restores} of the model back, as version {thing}",
        "brought an earlier version of the model back",
    ),
    "model.merged": ("merged changes into the model, as version {thing}", "merged changes into the model"),
    "model.pulled": ("wrote version {thing} of the model into a folder", "wrote a version of the model into a folder"),
    "draft.begun": ("began a draft of the model from version {based_on}", "began a draft of the model"),
    "draft.saved": ("saved a draft of the model",),
    "draft.previewed": (
        "looked at the numbers of {thing} in a draft of the model",
        "looked at numbers of a draft of the model",
    ),
    "draft.discarded": ("discarded a draft of the model",),
    "board.made": ("made the board “{name}”", "made a board"),
    "board.published": ("published version {version} of the board “{name}”", "published a board"),
    "board.version_restored": (
        "brought version {restores} of the board “{name}” back, as version {version}",
        "brought version {restores} of a board back, as version {version}",
        "brought a version of a board back",
    ),
    "board.draft_discarded": ("discarded the draft of a board",),
    "board.moved": ("moved a board into another space",),
    "board.exported": ("took a board with {counted_answers} out as {as}", "took a board out as a file"),
    "board.archived": ("archived a board",),
    "board.brought_back": ("brought a board back from the archive",),
    "policy.tested": ("tested who may see what",),
    "access.explained": ("asked what {person} may see and why", "compared what people may see and why"),
    "view_as.began": ("began to look as {person}", "began to look as somebody else"),
    "view_as.ended": ("stopped looking as {person}", "stopped looking as somebody else"),
    "setting.changed": ("changed the setting {thing}", "changed a setting"),
    "person.signed_in": ("signed in with {provider}", "signed in"),
    "person.signed_out": ("ended a sign-in of {person}", "signed out"),
    "person.signed_out_everywhere": ("signed {person} out everywhere", "signed out everywhere"),
    "person.refused": ("did not let {person} sign in", "did not let somebody sign in"),
    "person.claims_changed": ("has another role, other groups or attributes now",),
    "person.deactivated": ("switched off the account of {person}", "switched off an account"),
    "person.reactivated": ("switched on the account of {person} again", "switched on an account again"),
    "person.freed": ("freed the id of {person} for another account", "freed an id for another account"),
    "token.made": ("made the service token “{name}”, good until {until}", "made a service token"),
    "token.ended": (
        "ended the service token “{name}”: “{why}”",
        "ended the service token “{name}”",
        "ended a service token",
    ),
    "token.handed_over": (
        "handed the service token “{name}” over to {to}",
        "handed the service token “{name}” over to somebody else",
        "handed a service token over to somebody else",
    ),
    "person.erased": ("erased a person: their name is gone, and what was sealed for them cannot be read any more",),
    "audit.exported": ("took {counted_entries} of the audit log out as {as}", "took the audit log out as a file"),
    "audit.expired": (
        "removed {counted_removed} of before {before} from the audit log",
        "removed old entries from the audit log",
    ),
    "audit.gap": (
        "could not record the answer of receipt {receipt}",
        "could not record {counted_acts}, done between {first} and {last}: {kinds}",
        "could not record the last acts of a process that was killed, between {first} and {last}",
        "could not record an act",
    ),
    "audit.retention_changed": (
        "set the audit log to be kept for {counted_after}",
        "set the audit log to be kept for ever",
    ),
    "target.set": ("set a target of {thing} to {value}", "set a target"),
    "target.changed": (
        "changed a target of {thing} from {before} to {value}",
        "changed a target of {thing}",
        "changed a target",
    ),
    "target.removed": ("removed a target of {thing}, {value}", "removed a target of {thing}", "removed a target"),
    "target.imported": (
        "brought {counted_count} in: {added} added, {changed} changed",
        "brought {counted_count} in",
        "brought targets in",
    ),
    "remark.written": ("wrote the remark “{text}”", "wrote a remark on charts"),
    "remark.changed": ("changed a remark to “{text}”", "changed a remark on charts"),
    "remark.removed": ("removed the remark “{text}”", "removed a remark on charts"),
    "store.restored": ("restored the store from a backup",),
}

TITLES: Final[Mapping[str, str]] = {
    "question.asked": "Asked a question",
    "question.exported": "Exported a question",
    "answer.exported": "Exported an answer",
    "rows.listed": "Looked at the rows behind a number",
    "values.offered": "Looked at the values of a filter",
    "receipt.opened": "Opened a receipt",
}
"""What a kind is called in a list, where the shortest sentence is not it."""

_COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "rows": ("row", ""),
    "answers": ("answer", ""),
    "entries": ("entry", "entries"),
    "removed": ("entry", "entries"),
    "after": ("day", ""),
    "count": ("target", ""),
    "acts": ("act", ""),
}
"""What a number of an entry counts, one and several: a sentence has it as {counted_rows}."""

_LONGEST: Final = 160
_LABELLED: Final = ("metric", "dimension", "dataset")


def title_of(kind: str) -> str:
    """What a kind of act is called in a list: the sentence that needs no words of an entry."""
    if kind in TITLES:
        return TITLES[kind]
    known = SENTENCES.get(kind)
    return known[-1][:1].upper() + known[-1][1:] if known else f"Another act ({_one_line(kind)})"


def sentence(entry: Entry, label: Callable[[str], str] = str) -> str:
    """An entry as one sentence without its full stop. `label` gives the name shown for one of the model's."""
    return f"{_who(entry)} {_what(entry, label)}"


def _who(entry: Entry) -> str:
    person, behind = entry.person.words, entry.behind
    if behind is None:
        return person
    match entry.relation:
        case "viewed_by":
            return f"{behind.words}, looking as {_within(entry.person)},"
        case "for_person":
            return f"{person}, for {_within(behind)},"
        case _:
            return f"{person}, with {_within(behind)} behind them,"


def _within(person: Person) -> str:
    return person.words if person.state == "known" else person.words[:1].lower() + person.words[1:]


def _what(entry: Entry, label: Callable[[str], str]) -> str:
    fields = _fields(entry, label)
    for template in SENTENCES.get(entry.kind, ()):
        if set(re.findall(r"{(\w+)}", template)) <= fields.keys():
            return template.format_map(fields)
    return f"did something that this Samepage has no words for ({_one_line(entry.kind)})"


def _fields(entry: Entry, label: Callable[[str], str]) -> dict[str, str]:
    """The words an entry has for a sentence: what is a name of the model's as it is shown."""
    noun, _, thing = entry.about.partition(":")
    if noun in _LABELLED:
        thing = label(thing)
    elif noun == "setting":
        thing = thing.replace(".", " ").replace("_", " ")
    found = {**entry.personal, **entry.said, "thing": thing}
    if noun == "receipt":
        found["receipt"] = thing
    told = {"person": _within(entry.about_person)} if entry.about_person else dict[str, str]()
    for name, value in found.items():
        if name == "metrics":
            names = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
            told |= {name: listed([_one_line(label(one)) for one in names])} if names else {}
        elif name == "kinds" and isinstance(value, dict):
            told[name] = _one_line(listed([f"{title_of(kind)} ({count})" for kind, count in value.items()]))
        elif name in ("first", "last") and (moment := parse_moment(value)) is not None:
            told[name] = f"{moment:%-d %b %Y %H:%M:%S} UTC"
        elif isinstance(value, int) and not isinstance(value, bool):
            told[name] = f"{value:,}"
            if name in _COUNTED:
                told[f"counted_{name}"] = counted(value, *_COUNTED[name])
        elif isinstance(value, str) and value.strip():
            told[name] = _one_line(value)
    return told


def _one_line(text: str) -> str:
    """Text that stays on its line and lets the sentence be read: what is no letter that is seen is left out."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
