"""Naming rules: how names, such as those of campaigns, are built from parts.

A rule adds dimensions to the dataset that has the names: one for each part, one for whether a name follows the rule,
and one for the problem with a name. These dimensions are plain SQL over the name, so the tables don't change. A mapped
name gives the meaning of a name that doesn't follow its rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from math import prod
from typing import Literal

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, Described, Dimension, TypeKind
from semantic.model.expression import Expression

MOST_MAPPED = 20_000
LONGEST_NAME = 500
MOST_COMBINED = 2_000
"""The maximum number of combinations of allowed values on which a group can depend."""
FOLLOWS, PROBLEM = "_follows", "_problem"
"""The suffixes, after the rule's name, of a rule's other two dimensions."""

NO_NAME, TOO_MANY = "No name", "Too many parts"
MAPPED = "…mapped names…"
"""The beginning of the text with all mapped names in SQL.

It marks that text, because not everyone who can read the SQL can see the rows with those names.
"""

_STRING, _BOOLEAN = DataType(TypeKind.STRING), DataType(TypeKind.BOOLEAN)
_DIGITS = "0123456789"
_MOST_TOGETHER = 200
_BEFORE, _BETWEEN, _FOUND = "\x1f", "\x1e", "="

NEVER_MAPPED = ("\0", _BEFORE, _BETWEEN)
"""Characters that mapped names can't contain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePart(Described):
    """One part of a name.

    `values` are the allowed values with their other spellings. If it's empty, every value is allowed. `labels` are
    pairs of a value and its label. A `month` is written as YYYYMM. A `rest` is the last part and can contain the
    separator. Optional parts come last.
    """

    kind: Literal["text", "month", "rest"] = "text"
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    is_optional: bool = False

    @property
    def word(self) -> str:
        """The part's word in sentences, such as `market` for the dimension `name_market`."""
        return self.name.removeprefix("name_").replace("_", " ").replace("utm ", "UTM ")


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One rule of a group: a name is in `group` if each part in `when` has one of the listed values."""

    group: str
    when: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameGroup(Described):
    """A dimension that groups names by the values of their parts, such as sources and mediums into channels.

    The first rule in `rules` that applies decides. All other names are in the group `otherwise`, or in no group if that
    is empty.
    """

    rules: tuple[GroupRule, ...]
    otherwise: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the group depends on, in the order in which its rules mention them."""
        return tuple(dict.fromkeys(part for rule in self.rules for part, _ in rule.when))

    def of(self, values: Mapping[str, str | None]) -> str | None:
        """Return the group for these values of a name's parts, or None."""
        for rule in self.rules:
            if all(values.get(part) in listed for part, listed in rule.when):
                return rule.group
        return self.otherwise or None


@dataclass(frozen=True, slots=True)
class MappedName:
    """The meaning of a name that doesn't follow its rule: another name that does.

    If `meant` is empty, the name is accepted as it is. With a `part`, `found` and `meant` are values of that part in
    any name. `until` is the last day on which the mapping applies.
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

    `owned_by` is the dimension with the person who is responsible for a name. `weighed_by` is the metric that ranks
    names by importance.
    """

    dimension: str
    separator: str
    parts: tuple[NamePart, ...]
    ignores_case: bool = True
    owned_by: str = ""
    weighed_by: str = ""
    groups: tuple[NameGroup, ...] = ()
    mapped: tuple[MappedName, ...] = ()

    @property
    def follows(self) -> str:
        """The name of the dimension that says whether a name follows the rule."""
        return self.name + FOLLOWS

    @property
    def problem(self) -> str:
        """The name of the dimension that says what's wrong with a name."""
        return self.name + PROBLEM

    @property
    def pattern(self) -> str:
        """The rule in short form, such as `market_channel_theme`, with optional parts in brackets."""
        words = (f"[{part.word}]" if part.is_optional else part.word for part in self.parts)
        return self.separator.join(words)

    def part(self, name: str) -> NamePart | None:
        """Return the part of this name, or None."""
        return next((part for part in self.parts if part.name == name), None)

    def combinations(self, group: NameGroup) -> int:
        """Return how many combinations of values the parts of a group can have, including missing values."""
        return prod(len(part.values) + 1 for part in self.parts if part.name in group.parts)

    def groups_of(self, name: ReadName) -> dict[str, str | None]:
        """Return the group that a name belongs to in each grouping dimension, by the dimension's name."""
        values = {part.name: value for part, value in zip(self.parts, name.values, strict=True)}
        is_name = name.problem != NO_NAME
        return {group.name: group.of(values) if is_name else None for group in self.groups}


@dataclass(frozen=True, slots=True)
class ReadName:
    """A name split by its rule: the value of each part, None if it's missing, and the problem, or ""."""

    values: tuple[str | None, ...]
    problem: str
    is_mapped: bool = False


def read_name(rule: NamingRule, name: str | None) -> ReadName:
    """Return a name split by its rule. The SQL of the rule's dimensions gives the same values."""
    return next(read_names(rule, (name,)))


def read_names(rule: NamingRule, names: Iterable[str | None]) -> Iterator[ReadName]:
    """Yield each name split by its rule."""
    whole = {mapped.found: mapped.meant for mapped in rule.mapped if not mapped.part}
    known = spellings_of(rule)
    for name in names:
        if name is None:
            yield ReadName((None,) * len(rule.parts), NO_NAME)
        elif name in whole:
            yield ReadName(_read(rule, whole[name] or name, known)[0], "", is_mapped=True)
        else:
            yield ReadName(*_read(rule, name, known))


def _read(
    rule: NamingRule, name: str, known: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[tuple[str | None, ...], str]:
    """Return the values of a name's parts and the problem with the name, without using mappings of whole names.

    `known` has the spellings of each part, which saves time for many names.
    """
    known = known if known is not None else spellings_of(rule)
    pieces = name.split(rule.separator)
    values: list[str | None] = []
    problem = ""
    for position, part in enumerate(rule.parts):
        found = pieces[position : position + 1]
        piece = rule.separator.join(pieces[position:]) if part.kind == "rest" else "".join(found)
        value = _value(rule, part, piece, known[part.name])
        values.append(value)
        if not piece and not part.is_optional:
            problem = problem or missing_part_problem(part)
        elif piece and value is None:
            problem = problem or wrong_value_problem(part)
    if rule.parts[-1].kind != "rest" and len(pieces) > len(rule.parts):
        problem = problem or TOO_MANY
    return tuple(values), problem


def missing_part_problem(part: NamePart) -> str:
    """Return the problem in words if a name lacks this part."""
    return f"The {part.word} is missing"


def wrong_value_problem(part: NamePart) -> str:
    """Return the problem in words if this part's value isn't allowed."""
    return f"The {part.word} isn't a month as YYYYMM" if part.kind == "month" else f"The {part.word} isn't in the list"


def spellings(rule: NamingRule, part: NamePart) -> dict[str, str]:
    """Return every accepted spelling of a part with the value that it means.

    If the rule ignores case, spellings are in lower case.
    """
    known = {value: value for value, _ in part.values}
    known |= {other: value for value, others in part.values for other in others}
    known |= {mapped.found: mapped.meant for mapped in rule.mapped if mapped.part == part.name}
    return {folded(text): value for text, value in known.items()} if rule.ignores_case else known


def spellings_of(rule: NamingRule) -> dict[str, dict[str, str]]:
    """Return the accepted spellings of every part, by the part's name."""
    return {part.name: spellings(rule, part) for part in rule.parts}


def folded(text: str) -> str:
    """Return text in lower case, converted character by character as engines do it."""
    return text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()


def _value(rule: NamingRule, part: NamePart, piece: str, known: Mapping[str, str]) -> str | None:
    if not piece:
        return None
    if part.kind == "month":
        return piece if _is_month(piece) else None
    return known.get(folded(piece) if rule.ignores_case else piece, None if part.values else piece)


def _is_month(piece: str) -> bool:
    return len(piece) == 6 and set(piece) <= set(_DIGITS) and piece[:2] == "20" and 1 <= int(piece[4:]) <= 12


# As dimensions


def with_naming(datasets: Iterable[Dataset], rules: Sequence[NamingRule]) -> tuple[Dataset, ...]:
    """Return the datasets with the dimensions of every naming rule. Existing dimensions aren't replaced."""
    return tuple(_with_rules(dataset, rules) if rules else dataset for dataset in datasets)


def without_naming(datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Return the datasets without the dimensions that naming rules added."""
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
            sql=Expression(tree.sql("duckdb"), tree, names.sql.columns),
            type=data_type,
            labels=thing.labels if isinstance(thing, NamePart) else (),
            read_from=names.name,
        )

    for position, part in enumerate(rule.parts):
        yield made(part, trees.part(position), _STRING, f"The {part.word} in {names.label}.")
    for group in rule.groups:
        yield made(group, trees.group(group), _STRING, f"{names.label} in groups, by their parts.")
    follows = Described(name=rule.follows, label=f"{rule.label}: follows the rule")
    yield made(follows, trees.follows(), _BOOLEAN, f"Whether {names.label} follows the naming rule.")
    problem = Described(name=rule.problem, label=f"{rule.label}: problem")
    yield made(problem, trees.problem(), _STRING, f"What is wrong with {names.label}, by the naming rule.")


class _Trees:
    """Builds the SQL of one naming rule over the expression `name`."""

    def __init__(self, rule: NamingRule, name: exp.Expr) -> None:
        self.rule = rule
        self._name = exp.Paren(this=name.copy()) if not isinstance(name, exp.Column) else name.copy()
        self._known = spellings_of(rule)
        self._whole = {mapped.found: mapped.meant for mapped in rule.mapped if not mapped.part}
        self._values = {found: _read(rule, name, self._known)[0] for found, name in self._whole.items() if name}

    def part(self, position: int) -> exp.Expr:
        """Return the SQL for the value of one part."""
        own = self._own_value(position)
        if not self._values:
            return own
        chosen = _looked_up(self._name, {found: values[position] or "" for found, values in self._values.items()})
        either = exp.Coalesce(this=chosen, expressions=[_joined(_text(_FOUND), own)])
        return exp.Nullif(this=exp.Substring(this=either, start=_number(2)), expression=_text(""))

    def group(self, group: NameGroup) -> exp.Expr:
        """Return the SQL for the group of a name.

        It lists all combinations of the parts' values, so that it reads each part only once.
        """
        positions = [place for place, part in enumerate(self.rule.parts) if part.name in group.parts]
        parts = [self.rule.parts[position] for position in positions]
        read: exp.Expr | None = None
        for position in positions:
            value = exp.Coalesce(this=self.part(position), expressions=[_text("")])
            read = value if read is None else _joined(_joined(read, _text(_BETWEEN)), value)
        meant: dict[str, list[exp.Expr]] = {}
        is_small = self.rule.combinations(group) <= MOST_COMBINED  # otherwise the model has a problem, and isn't used
        for values in product(*(["", *dict(part.values)] for part in parts)) if is_small else ():
            known = {part.name: value or None for part, value in zip(parts, values, strict=True)}
            found = group.of(known)
            if found is not None and found != group.otherwise:
                meant.setdefault(found, []).append(_text(_BETWEEN.join(values)))
        otherwise = _text(group.otherwise) if group.otherwise else exp.null()
        ifs = [exp.If(this=_is_null(self._name.copy()), true=exp.null())]
        if read is None or not meant:
            return exp.Case(ifs=ifs, default=otherwise)
        each = [exp.If(this=text, true=_text(found)) for found, texts in meant.items() for text in texts]
        return exp.Case(ifs=ifs, default=exp.Case(this=read, ifs=each, default=otherwise))

    def follows(self) -> exp.Expr:
        """Return the SQL for whether a name follows the rule."""
        tests: list[exp.Expr] = []
        for position, part in enumerate(self.rule.parts):
            is_wrong = _is_null(self._own_value(position))
            if not part.is_optional:
                tests.append(is_wrong)
            elif part.values or part.kind == "month":
                tests.append(exp.and_(exp.Not(this=_is_null(self._piece(position))), is_wrong))
        if self.rule.parts[-1].kind != "rest":
            tests.append(self._has_too_many())
        ifs = [exp.If(this=_is_null(self._name.copy()), true=exp.false()), *self._if_mapped(exp.true())]
        ifs += [exp.If(this=test, true=exp.false()) for test in tests]
        return exp.Case(ifs=ifs, default=exp.true())

    def problem(self) -> exp.Expr:
        """Return the SQL for the problem with a name, or null if there is none."""
        tests: list[tuple[exp.Expr, str]] = []
        for position, part in enumerate(self.rule.parts):
            has_none = _is_null(self._piece(position))
            if not part.is_optional:
                tests.append((has_none, missing_part_problem(part)))
            if part.values or part.kind == "month":
                is_wrong = exp.and_(exp.Not(this=has_none.copy()), _is_null(self._own_value(position)))
                tests.append((is_wrong, wrong_value_problem(part)))
        if self.rule.parts[-1].kind != "rest":
            tests.append((self._has_too_many(), TOO_MANY))
        ifs = [exp.If(this=_is_null(self._name.copy()), true=_text(NO_NAME)), *self._if_mapped(exp.null())]
        return exp.Case(ifs=[*ifs, *(exp.If(this=test, true=_text(words)) for test, words in tests)])

    def _if_mapped(self, then: exp.Expr) -> list[exp.If]:
        if not self._whole:
            return []
        is_unknown = _is_null(_looked_up(self._name, dict.fromkeys(self._whole, "")))
        return [exp.If(this=exp.Not(this=is_unknown), true=then)]

    def _has_too_many(self) -> exp.Expr:
        bare = exp.Replace(this=self._name.copy(), expression=_text(self.rule.separator), replacement=_text(""))
        letters = exp.Sub(this=exp.Length(this=self._name.copy()), expression=exp.Length(this=bare))
        most = (len(self.rule.parts) - 1) * len(self.rule.separator)
        return exp.GT(this=exp.Paren(this=letters), expression=_number(most))

    def _own_value(self, position: int) -> exp.Expr:
        """Return the SQL for the value of a part in the name itself, or null if that value isn't allowed."""
        part, piece = self.rule.parts[position], self._piece(position)
        if part.kind == "month":
            return exp.Case(ifs=[exp.If(this=_month_test(piece), true=piece.copy())])
        compared = exp.Lower(this=piece.copy()) if self.rule.ignores_case else piece
        plain = self._listed(part, compared, piece)
        mapped = {
            folded(one.found) if self.rule.ignores_case else one.found: one.meant
            for one in self.rule.mapped
            if one.part == part.name
        }
        if not mapped:
            return plain
        meant = exp.Substring(this=_looked_up(compared, mapped), start=_number(2))
        return exp.Coalesce(this=meant, expressions=[plain])

    def _listed(self, part: NamePart, compared: exp.Expr, piece: exp.Expr) -> exp.Expr:
        """Return the SQL for the value that the rule assigns to a piece of a name, without using mapped names."""
        meant: dict[str, list[exp.Expr]] = {}
        for text, value in spellings(replace(self.rule, mapped=()), part).items():
            meant.setdefault(value, []).append(_text(text))
        if not meant:
            return piece.copy()
        ifs = [
            exp.If(this=exp.In(this=compared.copy(), expressions=texts), true=_text(value))
            for value, texts in meant.items()
        ]
        return exp.Case(ifs=ifs)

    def _piece(self, position: int) -> exp.Expr:
        if self.rule.parts[position].kind == "rest":
            return exp.Nullif(this=self._after(position), expression=_text(""))
        return exp.Nullif(this=self._split(position), expression=_text(""))

    def _split(self, position: int) -> exp.Expr:
        return exp.SplitPart(
            this=self._name.copy(), delimiter=_text(self.rule.separator), part_index=_number(position + 1)
        )

    def _after(self, position: int) -> exp.Expr:
        """Return the SQL for the rest of a name after its first `position` parts and their separators."""
        start: exp.Expr = _number(1 + position * len(self.rule.separator))
        for before in range(position):
            start = exp.Add(this=start, expression=exp.Length(this=self._split(before)))
        return exp.Substring(this=self._name.copy(), start=start)


def _looked_up(text: exp.Expr, values: Mapping[str, str]) -> exp.Expr:
    """Return the SQL that looks up a text in `values`: the value after `_FOUND`, or null if there is none.

    Engines plan thousands of comparisons slowly, so all values are in one long string. If there are very many, there is
    one string for each group of texts that begin or end with the same characters.
    """
    if len(values) <= _MOST_TOGETHER:
        return _searched(text, values)
    count, is_left = _best_cut(values)
    groups: dict[str, dict[str, str]] = {}
    for found, value in values.items():
        groups.setdefault(found[:count] if is_left else found[-count:], {})[found] = value
    cut = (exp.Left if is_left else exp.Right)(this=text.copy(), expression=_number(count))
    ifs = [exp.If(this=_text(key), true=_searched(text, group)) for key, group in groups.items()]
    return exp.Case(this=cut, ifs=ifs)


def _searched(text: exp.Expr, values: Mapping[str, str]) -> exp.Expr:
    written = "".join(f"{_BEFORE}{found}{_BETWEEN}{_FOUND}{value}" for found, value in values.items())
    clean = exp.Replace(this=text.copy(), expression=_text(_BEFORE), replacement=_text(""))
    wanted = _joined(_joined(_text(_BEFORE), clean), _text(_BETWEEN))
    after = exp.SplitPart(this=_text(f"{MAPPED}{written}"), delimiter=wanted, part_index=_number(2))
    found = exp.SplitPart(this=after, delimiter=_text(_BEFORE), part_index=_number(1))
    return exp.Nullif(this=found, expression=_text(""))


def _joined(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=left, expression=right, safe=False)


def _best_cut(names: Iterable[str]) -> tuple[int, bool]:
    """Return how many characters split names into the best groups, and whether to take the first or the last."""
    texts = list(names)
    cuts = [(count, is_left) for count in range(1, 7) for is_left in (False, True)]

    def cost(cut: tuple[int, bool]) -> float:
        count, is_left = cut
        sizes = Counter(text[:count] if is_left else text[-count:] for text in texts)
        return len(sizes) + sum(size * size for size in sizes.values()) / len(texts) / 5

    return min(cuts, key=cost)


def without_mapped(tree: exp.Expr) -> exp.Expr:
    """Return SQL for display, with "…" for mapped names.

    The reader might not be allowed to see the rows with those names.
    """

    def has_mapped(node: exp.Expr) -> bool:
        return any(one.is_string and one.this.startswith(MAPPED) for one in node.find_all(exp.Literal))

    def shortened(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Literal):
            return _text("…") if has_mapped(node) else node
        ifs = node.args["ifs"] if isinstance(node, exp.Case) else ()
        return _text("…") if ifs and has_mapped(ifs[0].args["true"]) else node

    return tree.transform(shortened, copy=False)


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


def _number(number: int) -> exp.Expr:
    return exp.Literal.number(number)
