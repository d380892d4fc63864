"""Merge two people's changes to a model, object by object. Different changes to one object are a conflict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from semantic.errors import ModelError, Problem
from semantic.model.editing.edit import add_object, remove_object, replace_object
from semantic.model.editing.object_text import own_text, read_object_text, refuse
from semantic.model.editing.objects import KEY_OF, FileParts, Key, ModelObject, ObjectKind, split_files
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.load import parse_files

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """An object that both sides changed differently.

    `base`, `mine` and `theirs` are its texts, or None where it doesn't exist.
    """

    key: Key
    base: str | None
    mine: str | None
    theirs: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of a merge.

    If there are conflicts, `files` has the other side's version and mustn't be used until every conflict is resolved.
    `problems` are all problems of the merged model. `of_both` are the problems that neither side has alone, such as
    when one renamed a measure and the other added a metric over it. `notes` list what was left out: comments and the
    order of objects.
    """

    files: Files
    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...] = ()
    of_both: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether the merged files have no conflicts and no problems."""
        return not self.conflicts and not self.problems


@dataclass(frozen=True, slots=True)
class _Side:
    """One state of a model's files, split into objects by kind and name."""

    files: Files
    parts: Mapping[str, FileParts]
    objects: Mapping[Key, ModelObject]

    def text(self, key: Key) -> str | None:
        thing = self.objects.get(key)
        return own_text(thing) if thing else None


def merge(base: Files, mine: Files, theirs: Files, chosen: Mapping[Key, str | None] | None = None) -> Merged:
    """Merge both sides' changes to `base`. If only one side changed an object, that change is used.

    A file that neither or both sides changed keeps the other side's order and comments, and my objects are inserted
    into it. Kind and name identify an object, whichever file it's in. `chosen` resolves conflicts: the text of each
    object, or None to remove it. Raises ModelError if a changed file can't be read, or if one side has the same name
    twice.
    """
    _refuse_unreadable(base, mine, theirs)
    sides = _side(base, "the base version"), _side(mine, "your version"), _side(theirs, "their version")
    keys = dict.fromkeys(key for side in (sides[2], sides[1], sides[0]) for key in side.objects)
    outcomes: dict[Key, str | None] = {}
    conflicts: list[Conflict] = []
    notes: list[str] = []
    for key in keys:
        before, ours, others = (side.text(key) for side in sides)
        if chosen is not None and key in chosen and _conflict(key, before, ours, others) is not None:
            outcomes[key] = _settled(key, chosen[key])
        elif (conflict := _conflict(key, before, ours, others)) is not None:
            conflicts.append(conflict)
            outcomes[key] = others
        else:
            outcomes[key] = _outcome(key, before, ours, others, notes)
    files = _put_together(sides, outcomes)
    notes += _lost_remarks(*sides)
    problems = _problems(files)
    alone = {problem.message for side in (mine, theirs) for problem in _problems(side)} if problems else set[str]()
    of_both = tuple(problem for problem in problems if problem.message not in alone)
    return Merged(files, tuple(conflicts), problems, of_both, tuple(notes))


def _refuse_unreadable(base: Files, mine: Files, theirs: Files) -> None:
    """Raise ModelError for each unreadable file that differs between the sides.

    Its objects would look as if they had been removed.
    """
    problems: dict[Problem, None] = {}
    for side in (base, mine, theirs):
        for file, parts in split_files(side).items():
            if parts.problems and len({model.get(file) for model in (base, mine, theirs)}) > 1:
                problems |= dict.fromkeys(parts.problems)
    if problems:
        raise ModelError(tuple(problems))


def _side(files: Files, called: str) -> _Side:
    parts = split_files(files)
    objects: dict[Key, ModelObject] = {}
    problems: list[Problem] = []
    for one in (thing for part in parts.values() for thing in part.objects):
        if not one.name:
            message = f"An object in {called} has no name, so its changes can't be followed."
            problems.append(Problem(one.file, one.first, message, "Give it a name."))
        elif one.key in objects:
            other = objects[one.key]
            message = f"In {called} the {one.kind.words} {one.name!r} is also defined in {other.file}:{other.first}."
            problems.append(Problem(one.file, one.first, message, "Rename one, then merge."))
        objects.setdefault(one.key, one)
    if problems:
        raise ModelError(problems)
    return _Side(files, parts, objects)


def _conflict(key: Key, base: str | None, mine: str | None, theirs: str | None) -> Conflict | None:
    if mine in (base, theirs) or theirs == base:
        return None
    before, ours, others = (_content(side, key) for side in (base, mine, theirs))
    if None not in (ours, others) and (ours in (before, others) or others == before):
        return None  # one change, or the difference between both, is only in comments
    called = f"the {key[0].words} {key[1]!r}"
    if mine is None or theirs is None:
        (who, other) = ("You", "they") if mine is None else ("They", "you")
        message = f"{who} removed {called}, but {other} changed it."
    elif base is None:
        message = f"Both added {called}, differently: {_keys_apart(ours, others)}."
    else:
        message = f"Both changed {called}: you {_keys_apart(before, ours)}, they {_keys_apart(before, others)}."
    return Conflict(key, base, mine, theirs, message)


def _settled(key: Key, text: str | None) -> str | None:
    if text is not None and key[0] is not ObjectKind.FILE and read_object_text(text, key[0]).name != key[1]:
        refuse(f"The text chosen for the {key[0].words} {key[1]!r} has another name.", "Keep its name.")
    return text


def _outcome(key: Key, base: str | None, mine: str | None, theirs: str | None, notes: list[str]) -> str | None:
    """Return the merged text of an object. Without a conflict, this is the text of the side that changed it."""
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    before, ours = _content(base, key), _content(mine, key)
    takes_mine = ours not in (before, _content(theirs, key))
    whose = "their" if takes_mine else "your"
    notes.append(
        f"The {key[0].words} {key[1]!r}: {whose} comments in it are left out because the other side changed it."
    )
    return mine if takes_mine else theirs


def _content(text: str | None, key: Key) -> dict[str, Plain] | None:
    """Return the data in an object's text, or None if there is no text."""
    if text is None:
        return None
    return {"": text} if key[0] is ObjectKind.FILE else read_object_text(text, key[0]).data


def _keys_apart(values: dict[str, Plain] | None, other: dict[str, Plain] | None) -> str:
    left, right = values or {}, other or {}
    if left.keys() == right.keys() == {"model"}:
        left, right = ({**model} if isinstance(model, dict) else {} for model in (left["model"], right["model"]))
    return ", ".join(key for key in {**left, **right} if left.get(key) != right.get(key))


def _put_together(sides: tuple[_Side, _Side, _Side], outcomes: Mapping[Key, str | None]) -> dict[str, str]:
    """Return the merged files: each from the side that changed it, with every merged object exactly once.

    A file that both sides changed is the other side's.
    """
    base, mine, theirs = sides
    files: dict[str, str] = {}
    for file in sorted({*base.files, *mine.files, *theirs.files}):
        whose = mine if theirs.files.get(file) == base.files.get(file) else theirs
        if file in whose.files:
            files[file] = whose.files[file]
    standing: dict[Key, list[ModelObject]] = {}
    for part in split_files(files).values():
        for thing in part.objects:
            standing.setdefault(thing.key, []).append(thing)
    for key, text in outcomes.items():
        places = standing.get(key, [])
        if text is not None and not places:
            files = _added(files, sides, key, text)
        elif text is not None:
            place = _place(sides, key).file
            kept = next((thing for thing in places if thing.file == place), places[0])
            files = _in_file(files, kept.file, key, text)
            for thing in places:
                if thing is not kept:
                    files = _in_file(files, thing.file, key, None)
    for key, text in outcomes.items():
        for thing in standing.get(key, []) if text is None else []:
            files = _in_file(files, thing.file, key, None)
    return files


def _place(sides: tuple[_Side, _Side, _Side], key: Key) -> ModelObject:
    """Return the object whose position is used: mine if I moved it and the other side didn't, otherwise theirs."""
    before, ours, others = (side.objects.get(key) for side in sides)
    they_left_it = others is None or (before is not None and others.file == before.file)
    thing = ours if ours is not None and they_left_it else others
    assert thing is not None  # a text that stays or is added comes from one side
    return thing


def _in_file(files: dict[str, str], file: str, key: Key, text: str | None) -> dict[str, str]:
    """Return the files with an object of `file` replaced, or removed if `text` is None."""
    if key[0] is ObjectKind.FILE:
        return files
    others = {name: each_file for name, each_file in files.items() if name != file}
    inside = {file: files[file]}
    if text is None:
        return {**others, **remove_object(inside, key)}
    try:
        return {**files, **replace_object(inside, key, text).files}
    except ModelError:
        # It can't be written in that file's style, such as in brackets, so it gets its own file.
        left = {**others, **remove_object(inside, key)}
        return {**left, **add_object({}, key[0], text, file=_free_file(left, key)).files}


def _added(files: dict[str, str], sides: tuple[_Side, _Side, _Side], key: Key, text: str) -> dict[str, str]:
    """Return the files with an object added after the same neighbour as on its own side.

    If the object's file no longer exists, it goes to the file with most of its old neighbours.
    """
    thing = _place(sides, key)
    side = next(candidate for candidate in sides[::-1] if candidate.objects.get(key) is thing)
    siblings = [each_thing for each_thing in side.parts[thing.file].objects if each_thing.kind is key[0]]
    file = thing.file if thing.file in files else _where_they_went(siblings, files) or thing.file
    inside = {file: files[file]} if file in files else {}
    keys = {part_thing.key for part in split_files(inside).values() for part_thing in part.objects}
    before = [sibling.key for sibling in siblings[: siblings.index(thing)] if sibling.key in keys]
    try:
        added = add_object(inside, key[0], text, file=file, after=before[-1] if before else None)
    except ModelError:
        added = add_object({}, key[0], text, file=_free_file(files, key))
    return {**files, **added.files}


def _where_they_went(siblings: list[ModelObject], files: Files) -> str:
    """Return the file that now has most of an object's old neighbours, or "" if none has any."""
    beside = {sibling.key for sibling in siblings}
    counts = Counter(
        thing.file for part in split_files(files).values() for thing in part.objects if thing.key in beside
    )
    return max(sorted(counts), key=lambda file: counts[file], default="")


def _free_file(files: Files, key: Key) -> str:
    names = (f"{KEY_OF.get(key[0], 'settings')}{number}.yml" for number in ("", *range(2, 100_000)))
    return next(name for name in names if name not in files)


def _lost_remarks(base: _Side, mine: _Side, theirs: _Side) -> Iterator[str]:
    for file, parts in mine.parts.items():
        if file not in theirs.files or file not in base.files or theirs.files[file] == base.files[file]:
            continue
        if theirs.files[file] != mine.files[file] and _between(parts) - _between(base.parts[file]):
            yield f"{file}: your comments between objects are left out because the other side changed the file."


def _between(parts: FileParts) -> Counter[str]:
    """Return the comments of a file that belong to no object."""
    lines = (line.strip() for piece in parts.pieces if isinstance(piece, str) for line in piece.splitlines())
    return Counter(line for line in lines if line.startswith("#"))


def _problems(files: Files) -> tuple[Problem, ...]:
    try:
        parse_files(files)
    except ModelError as error:
        return error.problems
    return ()
