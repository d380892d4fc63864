"""Check that naming rules are unambiguous, and that mapped names refer to names that follow their rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from semantic.errors import Problem
from semantic.model.definitions import Described, TypeKind
from semantic.model.model import Model
from semantic.model.naming import (
    MOST_COMBINED,
    NEVER_MAPPED,
    MappedName,
    NameGroup,
    NamingRule,
    folded,
    read_names,
    spellings,
)

MOST_NAMED = 10  # problems with mapped names that are listed for one rule


def naming_problems(model: Model) -> Iterator[Problem]:
    """Yield each problem with the model's naming rules."""
    taken: dict[str, str] = {}
    for rule in model.naming.values():
        yield from _dimension_problems(rule, model)
        yield from _part_problems(rule)
        for group in rule.groups:
            yield from _group_problems(rule, group)
        for name in (*(one.name for one in (*rule.parts, *rule.groups)), rule.follows, rule.problem):
            places = model.dimensions.get(name, ())
            if name in taken or any(not one.read_from for one in places):
                message = f"The naming rule {rule.name!r} adds the dimension {name!r}, which already exists."
                yield _at(rule, message, "Rename the part, the group or the rule.")
            taken.setdefault(name, rule.name)
        yield from _mapped_problems(rule)


def _dimension_problems(rule: NamingRule, model: Model) -> Iterator[Problem]:
    named = [one for one in model.dimensions.get(rule.dimension, ()) if not one.read_from]
    if not any(one.type.kind is TypeKind.STRING for one in named):
        message = f"The naming rule {rule.name!r} is for {rule.dimension!r}, which isn't a dimension of text."
        yield _at(rule, message, _near(rule.dimension, model.dimensions) or "Name the dimension with the names.")
    if rule.owned_by and rule.owned_by not in model.dimensions:
        message = f"The naming rule {rule.name!r} has owners in {rule.owned_by!r}, which isn't a dimension."
        yield _at(rule, message, _near(rule.owned_by, model.dimensions) or "Remove `owned_by:`.")
    if rule.weighed_by and rule.weighed_by not in model.metrics:
        message = f"The naming rule {rule.name!r} weighs names by {rule.weighed_by!r}, which isn't a metric."
        yield _at(rule, message, _near(rule.weighed_by, model.metrics) or "Remove `weighed_by:`.")


def _part_problems(rule: NamingRule) -> Iterator[Problem]:
    for part, following in zip(rule.parts, (*rule.parts[1:], None), strict=True):
        if part.kind == "rest" and following is not None:
            message = f"The part {part.name!r} of {rule.name!r} takes the rest of the name, but isn't the last one."
            yield _at(part, message, "Move it to the end.")
        if part.is_optional and following is not None and not following.is_optional:
            message = f"The part {part.name!r} of {rule.name!r} is optional, but {following.name!r} after it isn't."
            yield _at(part, message, "Only the last parts can be optional.")
        if part.values and part.kind != "text":
            message = f"The part {part.name!r} of {rule.name!r} has values, but is a {part.kind}."
            yield _at(part, message, "Remove `values:`, or `kind:`.")
        if part.kind != "rest":
            # Another spelling can contain the separator: it just never occurs in a name.
            for value, _ in part.values:
                if rule.separator in value:
                    message = f"The part {part.name!r} of {rule.name!r} allows {value!r}, which contains the separator."
                    yield _at(part, message, "Write it without, or choose another separator.")
        yield from _spelling_problems(rule, part.name)


def _spelling_problems(rule: NamingRule, name: str) -> Iterator[Problem]:
    part = rule.part(name)
    assert part is not None
    means: dict[str, str] = {}
    for value, others in part.values:
        for text in (value, *others):
            key = folded(text) if rule.ignores_case else text
            if means.setdefault(key, value) != value:
                message = f"In the part {name!r} of {rule.name!r}, {text!r} means both {means[key]!r} and {value!r}."
                yield _at(part, message, "Keep one of them.")


def _group_problems(rule: NamingRule, group: NameGroup) -> Iterator[Problem]:
    """Yield a problem for each group with a condition on something other than the listed values of a part."""
    listed_by_part: dict[str, list[str]] = {}
    for part_name, listed in (condition for group_rule in group.rules for condition in group_rule.when):
        listed_by_part.setdefault(part_name, []).extend(listed)
    for part_name, listed in listed_by_part.items():
        part = rule.part(part_name)
        if part is None:
            message = f"The group {group.name!r} of {rule.name!r} depends on {part_name!r}, which isn't a part."
            yield _at(group, message, _near(part_name, [one.name for one in rule.parts]) or "Name one of its parts.")
            continue
        if not part.values:
            message = f"The group {group.name!r} of {rule.name!r} depends on {part_name!r}, which allows any value."
            yield _at(group, message, f"List the values of {part_name!r} with `values:`.")
            continue
        for value in dict.fromkeys(listed):
            if value not in dict(part.values):
                message = (
                    f"The group {group.name!r} of {rule.name!r} lists {value!r}, which {part_name!r} doesn't allow."
                )
                yield _at(group, message, _near(value, dict(part.values)) or f"Add it to the values of {part_name!r}.")
    if rule.combinations(group) > MOST_COMBINED:
        message = (
            f"The group {group.name!r} of {rule.name!r} depends on {rule.combinations(group):,} combinations of values."
        )
        yield _at(group, message, f"List fewer values: at most {MOST_COMBINED:,} combinations.")


def _mapped_problems(rule: NamingRule) -> Iterator[Problem]:
    problems = list(_each_mapped(rule))
    twice = Counter((one.part, one.found) for one in rule.mapped)
    problems += [f"{found!r} is mapped twice." for (_, found), count in twice.items() if count > 1]
    for message in problems[:MOST_NAMED]:
        yield _at(rule, f"Among the mapped names of {rule.name!r}, {message}", "Change or remove it.")
    if len(problems) > MOST_NAMED:
        yield _at(rule, f"{len(problems) - MOST_NAMED:,} more mapped names of {rule.name!r} have problems.", "")


def _each_mapped(rule: NamingRule) -> Iterator[str]:
    plain = replace(rule, mapped=tuple(one for one in rule.mapped if one.part))
    for one in rule.mapped:
        if any(character in one.found + one.meant for character in NEVER_MAPPED):
            yield f"{one.found!r} contains a control character."
        yield from _value_problems(rule, one) if one.part else ()
    whole = [one for one in rule.mapped if not one.part and one.meant]
    for one, read in zip(whole, read_names(plain, (one.meant for one in whole)), strict=True):
        if read.problem:
            yield f"{one.found!r} means {one.meant!r}, which doesn't follow the rule: {read.problem}."


def _value_problems(rule: NamingRule, one: MappedName) -> Iterator[str]:
    part = rule.part(one.part)
    if part is None:
        yield f"{one.found!r} is a value of the part {one.part!r}, which doesn't exist."
    elif not one.meant:
        yield f"{one.found!r} of {one.part!r} has no `meant:`."
    elif part.values and one.meant not in dict(part.values):
        yield f"{one.found!r} of {one.part!r} means {one.meant!r}, which isn't in its list."
    elif part.values and _written(rule, one.part).get(_key(rule, one.found), one.meant) != one.meant:
        yield f"{one.found!r} of {one.part!r} already has another meaning."


def _written(rule: NamingRule, name: str) -> dict[str, str]:
    """Return each spelling that a rule itself lists for its part `name`, with the value that it means."""
    part = rule.part(name)
    assert part is not None
    return spellings(replace(rule, mapped=()), part)


def _key(rule: NamingRule, text: str) -> str:
    return folded(text) if rule.ignores_case else text


def _at(thing: Described, message: str, remedy: str) -> Problem:
    return Problem(thing.file, thing.line, message, remedy)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
