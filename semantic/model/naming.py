"""Naming rules: how names such as those of campaigns are built from parts, and what names that don't follow mean.

A rule turns into dimensions of the dataset that has the names: one for each part, whether a name follows the rule, and
what is wrong with it. They are plain SQL over the name, so the tables stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, Described, Dimension, TypeKind
from semantic.model.expression import Expression

MOST_MAPPED = 20_000
LONGEST_NAME = 500
FOLLOWS, PROBLEM = "_follows", "_problem"
"""How the names of a rule's other two dimensions end, after the rule's name."""

NO_NAME, TOO_MANY = "No name", "Too many parts"
HIDDEN = "mapped_names"
"""What marks the parts of a tree that contain mapped names, which not everyone who sees the SQL can see."""

_STRING, _BOOLEAN = DataType(TypeKind.STRING), DataType(TypeKind.BOOLEAN)
_DIGITS = "0123456789"
_MOST_BRANCHES = 50  # more are found by the length of the name first


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePart(Described):
    """One part of a name. `values` are the allowed values and their other spellings; without any, all are allowed.

    A `month` is written as YYYYMM. The `rest` is the last part and can contain the separator. `optional` parts are
    last.
    """

    kind: Literal["text", "month", "rest"] = "text"
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class MappedName:
    """What a name that doesn't follow its rule means: another name that does, or, if `meant` is empty, itself.

    With a `part`, `found` and `meant` are values of that part in any name. `until` is the last day it applies.
    """

    found: str
    meant: str
    part: str = ""
    by: str = ""
    on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingRule(Described):
    """How the values of `dimension` are built: `parts` with a `separator` between them.

    `owned_by` is the dimension with the person responsible for a name, and `weighed_by` the metric that says how much a
    name matters.
    """

    dimension: str
    separator: str
    parts: tuple[NamePart, ...]
    ignores_case: bool = True
    owned_by: str = ""
    weighed_by: str = ""
    mapped: tuple[MappedName, ...] = ()

    @property
    def follows(self) -> str:
        """The name of the dimension that says whether a name follows the rule."""
        return self.name + FOLLOWS

    @property
    def problem(self) -> str:
        """The name of the dimension that says what is wrong with a name."""
        return self.name + PROBLEM

    @property
    def pattern(self) -> str:
        """The rule in short: `market_channel_theme`, with optional parts in brackets."""
        words = (f"[{part.label.lower()}]" if part.is_optional else part.label.lower() for part in self.parts)
        return self.separator.join(words)

    def part(self, name: str) -> NamePart | None:
        """Return the part with that name, if there is one."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True, slots=True)
class ReadName:
    """A name as its rule reads it: the value of each part, None if it has none, and what is wrong, "" if nothing."""

    values: tuple[str | None, ...]
    problem: str
    is_mapped: bool = False


def read_name(rule: NamingRule, name: str | None) -> ReadName:
    """Read one name. The SQL of the rule's dimensions gives the same."""
    whole = {mapped.found: mapped.meant for mapped in rule.mapped if not mapped.part}
    if name is None:
        return ReadName((None,) * len(rule.parts), NO_NAME)
    if name in whole:
        return ReadName(_read(rule, whole[name] or name)[0], "", is_mapped=True)
    values, problem = _read(rule, name)
    return ReadName(values, problem)


def _read(rule: NamingRule, name: str) -> tuple[tuple[str | None, ...], str]:
    pieces = name.split(rule.separator)
    values: list[str | None] = []
    problem = ""
    for position, part in enumerate(rule.parts):
        found = pieces[position : position + 1]
        piece = rule.separator.join(pieces[position:]) if part.kind == "rest" else "".join(found)
        value = _value(rule, part, piece)
        values.append(value)
        if not piece and not part.is_optional:
            problem = problem or missing(part)
        elif piece and value is None:
            problem = problem or wrong(part)
    if rule.parts[-1].kind != "rest" and len(pieces) > len(rule.parts):
        problem = problem or TOO_MANY
    return tuple(values), problem


def missing(part: NamePart) -> str:
    """Return the words for a name that lacks a part."""
    return f"{part.label} is missing"


def wrong(part: NamePart) -> str:
    """Return the words for a part with a value that isn't allowed."""
    return f"{part.label} isn't a month as YYYYMM" if part.kind == "month" else f"{part.label} isn't in the list"


def spellings(rule: NamingRule, part: NamePart) -> dict[str, str]:
    """Return each accepted spelling of a part and the value it means. They are in lower case if case doesn't matter."""
    known = {value: value for value, _ in part.values}
    known |= {other: value for value, others in part.values for other in others}
    known |= {mapped.found: mapped.meant for mapped in rule.mapped if mapped.part == part.name}
    return {folded(text): value for text, value in known.items()} if rule.ignores_case else known


def folded(text: str) -> str:
    """Return text in lower case, one letter for one, as the engines do."""
    return text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()


def _value(rule: NamingRule, part: NamePart, piece: str) -> str | None:
    if not piece:
        return None
    if part.kind == "month":
        return piece if _is_month(piece) else None
    if not part.values:
        known = spellings(rule, part)
        return known.get(folded(piece) if rule.ignores_case else piece, piece)
    return spellings(rule, part).get(folded(piece) if rule.ignores_case else piece)


def _is_month(piece: str) -> bool:
    return len(piece) == 6 and set(piece) <= set(_DIGITS) and piece[:2] == "20" and 1 <= int(piece[4:]) <= 12


# As dimensions


def with_naming(datasets: Iterable[Dataset], rules: Sequence[NamingRule]) -> tuple[Dataset, ...]:
    """Return the datasets with the dimensions of each rule. A name that is already taken isn't replaced."""
    return tuple(_with_rules(dataset, rules) if rules else dataset for dataset in datasets)


def without_naming(datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Return the datasets with only the dimensions that their files define."""
    return tuple(
        replace(dataset, dimensions={name: one for name, one in dataset.dimensions.items() if not one.read_from})
        if any(one.read_from for one in dataset.dimensions.values())
        else dataset
        for dataset in datasets
    )


def _with_rules(dataset: Dataset, rules: Sequence[NamingRule]) -> Dataset:
    added: dict[str, Dimension] = {}
    for rule in rules:
        names = dataset.dimensions.get(rule.dimension)
        if names is not None and names.type.kind is TypeKind.STRING and rule.parts:
            added |= {one.name: one for one in _dimensions(rule, names)}
    return (
        replace(
            dataset,
            dimensions={
                **dataset.dimensions,
                **{name: one for name, one in added.items() if name not in dataset.dimensions},
            },
        )
        if added
        else dataset
    )


def _dimensions(rule: NamingRule, names: Dimension) -> Iterator[Dimension]:
    trees = _Trees(rule, names.sql.tree)
    digest = hashlib.sha256(repr((rule, names.sql.text)).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def made(thing: Described, tree: exp.Expr, data_type: DataType, said: str) -> Dimension:
        return Dimension(
            name=thing.name,
            label=thing.label,
            description=thing.description or said,
            owner=thing.owner or rule.owner,
            synonyms=thing.synonyms,
            tags=thing.tags | names.tags,
            file=rule.file,
            line=rule.line,
            dataset=names.dataset,
            kind="boolean" if data_type is _BOOLEAN else "categorical",
            # The text identifies the expression: what it reads, by which rule and which mapped names.
            sql=Expression(f"{thing.name} read from {names.name} ({digest})", tree, names.sql.columns),
            type=data_type,
            read_from=names.name,
        )

    for position, part in enumerate(rule.parts):
        yield made(part, trees.part(position), _STRING, f"{part.label} as {names.label} has it, by {rule.label}.")
    follows = Described(name=rule.follows, label=f"{rule.label}: follows the rule")
    yield made(follows, trees.follows(), _BOOLEAN, f"Whether {names.label} is built as {rule.label} says.")
    problem = Described(name=rule.problem, label=f"{rule.label}: problem")
    yield made(problem, trees.problem(), _STRING, f"What in {names.label} doesn't follow {rule.label}.")


class _Trees:
    """The SQL of one rule over the expression `name`."""

    def __init__(self, rule: NamingRule, name: exp.Expr) -> None:
        self.rule = rule
        self._name = exp.Paren(this=name.copy()) if not isinstance(name, exp.Column) else name.copy()
        self._whole = {mapped.found: mapped.meant for mapped in rule.mapped if not mapped.part}

    def part(self, position: int) -> exp.Expr:
        """The value of one part."""
        own = self._own_value(position)
        meant = {found: _read(self.rule, name)[0][position] for found, name in self._whole.items() if name}
        if not meant:
            return own
        chosen = self._chosen({found: value for found, value in meant.items() if value is not None})
        return exp.Case(ifs=[exp.If(this=self._is_among(meant), true=chosen)], default=own)

    def follows(self) -> exp.Expr:
        """Whether a name follows the rule."""
        has_none = _is_null(self._name.copy())
        others: list[exp.Expr] = []
        for position, part in enumerate(self.rule.parts):
            is_wrong = _is_null(self._own_value(position))
            if not part.is_optional:
                others.append(is_wrong)
            elif part.values or part.kind == "month":
                others.append(exp.and_(exp.Not(this=_is_null(self._piece(position))), is_wrong))
        if self.rule.parts[-1].kind != "rest":
            others.append(self._has_too_many())
        test = exp.Paren(this=exp.or_(*others)) if others else exp.false()
        if self._whole:
            test = exp.and_(exp.Not(this=self._is_among(self._whole)), test)
        ifs = [exp.If(this=one, true=exp.false()) for one in (has_none, test)]
        return exp.Case(ifs=ifs, default=exp.true())

    def problem(self) -> exp.Expr:
        """What is wrong with a name, null if nothing."""
        return exp.Case(ifs=[exp.If(this=test, true=_text(words)) for test, words in self._problems()])

    def _problems(self) -> Iterator[tuple[exp.Expr, str]]:
        yield _is_null(self._name.copy()), NO_NAME
        others: list[tuple[exp.Expr, str]] = []
        for position, part in enumerate(self.rule.parts):
            has_none = _is_null(self._piece(position))
            if not part.is_optional:
                others.append((has_none, missing(part)))
            if part.values or part.kind == "month":
                is_wrong = _is_null(self._own_value(position))
                others.append((exp.and_(exp.Not(this=has_none.copy()), is_wrong), wrong(part)))
        if self.rule.parts[-1].kind != "rest":
            others.append((self._has_too_many(), TOO_MANY))
        for test, words in others:
            if self._whole:
                test = exp.and_(exp.Not(this=self._is_among(self._whole)), exp.Paren(this=test))
            yield test, words

    def _has_too_many(self) -> exp.Expr:
        bare = exp.Replace(this=self._name.copy(), expression=_text(self.rule.separator), replacement=_text(""))
        letters = exp.Sub(this=exp.Length(this=self._name.copy()), expression=exp.Length(this=bare))
        most = (len(self.rule.parts) - 1) * len(self.rule.separator)
        return exp.GT(this=exp.Paren(this=letters), expression=_number(most))

    def _own_value(self, position: int) -> exp.Expr:
        """The value of a part in the name itself, null if it isn't allowed."""
        part, piece = self.rule.parts[position], self._piece(position)
        if part.kind == "month":
            return exp.Case(ifs=[exp.If(this=_month_test(piece), true=piece.copy())])
        meant: dict[str, list[str]] = {}
        for text, value in spellings(self.rule, part).items():
            meant.setdefault(value, []).append(text)
        if not meant:
            return piece
        compared = exp.Lower(this=piece) if self.rule.ignores_case else piece
        tests = [exp.If(this=_among(compared, texts), true=_text(value)) for value, texts in sorted(meant.items())]
        return exp.Case(ifs=tests, default=None if part.values else piece.copy())

    def _piece(self, position: int) -> exp.Expr:
        if self.rule.parts[position].kind == "rest":
            return exp.Nullif(this=self._after(position), expression=_text(""))
        return exp.Nullif(this=self._split(position), expression=_text(""))

    def _split(self, position: int) -> exp.Expr:
        return exp.SplitPart(
            this=self._name.copy(), delimiter=_text(self.rule.separator), part_index=_number(position + 1)
        )

    def _after(self, position: int) -> exp.Expr:
        """Everything after the first `position` parts and their separators."""
        start: exp.Expr = _number(1 + position * len(self.rule.separator))
        for before in range(position):
            start = exp.Add(this=start, expression=exp.Length(this=self._split(before)))
        return exp.Substring(this=self._name.copy(), start=start)

    def _is_among(self, names: Iterable[str]) -> exp.Expr:
        return _marked(_among(self._name.copy(), names))

    def _chosen(self, values: Mapping[str, str]) -> exp.Expr:
        """The value that belongs to the name."""
        groups: dict[str, list[str]] = {}
        for found, value in values.items():
            groups.setdefault(value, []).append(found)
        if len(groups) <= _MOST_BRANCHES:
            return _marked(self._branches(groups))
        by_length: dict[int, dict[str, list[str]]] = {}
        for value, names in groups.items():
            for found in names:
                by_length.setdefault(len(found), {}).setdefault(value, []).append(found)
        length = exp.Length(this=self._name.copy())
        ifs = [
            exp.If(this=exp.EQ(this=length.copy(), expression=_number(letters)), true=self._branches(inner))
            for letters, inner in sorted(by_length.items())
        ]
        return _marked(exp.Case(ifs=ifs))

    def _branches(self, groups: Mapping[str, Sequence[str]]) -> exp.Expr:
        ifs = [exp.If(this=_among(self._name.copy(), names), true=_text(value)) for value, names in groups.items()]
        return exp.Case(ifs=ifs) if ifs else exp.cast(exp.Null(), "text")


def without_mapped(tree: exp.Expr) -> exp.Expr:
    """Return SQL for people, with "…" for mapped names: the reader may not see the rows that have them."""

    def shortened(node: exp.Expr) -> exp.Expr:
        if not node.meta.get(HIDDEN):
            return node
        return exp.In(this=node.this, expressions=[_text("…")]) if isinstance(node, exp.In) else _text("…")

    return tree.transform(shortened, copy=False)


def _marked(tree: exp.Expr) -> exp.Expr:
    tree.meta[HIDDEN] = True
    return tree


def _among(tree: exp.Expr, texts: Iterable[str]) -> exp.Expr:
    return exp.In(this=tree.copy(), expressions=[_text(text) for text in texts])


def _is_null(tree: exp.Expr) -> exp.Expr:
    return exp.Is(this=tree, expression=exp.Null())


def _month_test(piece: exp.Expr) -> exp.Expr:
    digit = [_text(character) for character in _DIGITS]
    months = [_text(f"{month:02}") for month in range(1, 13)]
    return exp.and_(
        exp.EQ(this=exp.Length(this=piece.copy()), expression=_number(6)),
        exp.EQ(this=exp.Left(this=piece.copy(), expression=_number(2)), expression=_text("20")),
        *(
            exp.In(this=exp.Substring(this=piece.copy(), start=_number(at), length=_number(1)), expressions=digit)
            for at in (3, 4)
        ),
        exp.In(this=exp.Right(this=piece.copy(), expression=_number(2)), expressions=months),
    )


def _text(text: str) -> exp.Literal:
    return exp.Literal.string(text)


def _number(number: int) -> exp.Literal:
    return exp.Literal.number(number)
