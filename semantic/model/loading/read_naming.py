"""Convert naming rules and mapped names in YAML to the model's objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from semantic.errors import Problem
from semantic.model.definitions import Dataset
from semantic.model.files.doc import DescribedDoc
from semantic.model.files.yaml_text import Path as YamlPath
from semantic.model.loading.naming_schema import MappedNamesDoc, NamePartDoc, NamingDoc
from semantic.model.loading.schema import FileDoc
from semantic.model.naming import GroupRule, MappedName, NameGroup, NamePart, NamingRule

Values = tuple[tuple[str, tuple[str, ...]], ...]
Described = Callable[[DescribedDoc, YamlPath], dict[str, Any]]  # Any: the descriptive fields, each with its own type


def read_rule(doc: NamingDoc, path: YamlPath, described: Described) -> NamingRule:
    """Return a naming rule. `completed` adds its mapped names and the values that it takes from dimensions."""
    parts = tuple(
        NamePart(
            **described(part, (*path, "parts", index)),
            kind=part.kind,
            values=_written_values(part),
            is_optional=part.optional,
        )
        for index, part in enumerate(doc.parts)
    )
    groups = tuple(
        NameGroup(
            **described(group, (*path, "groups", index)),
            rules=tuple(
                GroupRule(rule.group, tuple((part, tuple(listed)) for part, listed in rule.when.items()))
                for rule in group.rules
            ),
            otherwise=group.otherwise,
        )
        for index, group in enumerate(doc.groups)
    )
    return NamingRule(
        **described(doc, path),
        dimension=doc.dimension,
        separator=doc.separator,
        parts=parts,
        ignores_case=doc.case == "ignored",
        owned_by=doc.owned_by or "",
        weighed_by=doc.weighed_by or "",
        groups=groups,
    )


def read_mapped(doc: MappedNamesDoc) -> tuple[MappedName, ...]:
    """Return the mapped names of one rule."""
    return tuple(MappedName(one.found, one.meant, one.part or "", one.by, one.on, one.until) for one in doc.names)


def values_wanted(docs: Iterable[FileDoc]) -> Mapping[tuple[str, str], str]:
    """Return, for each part with `values_of`, the dimension it takes values from, by the names of rule and part."""
    return {
        (rule.name, part.name): part.values_of
        for doc in docs
        for rule in doc.naming
        for part in rule.parts
        if part.values_of
    }


def completed(
    rule: NamingRule,
    wanted: Mapping[tuple[str, str], str],
    datasets: Mapping[str, Dataset],
    mapped: Mapping[str, tuple[MappedName, ...]],
) -> NamingRule:
    """Return a naming rule with its mapped names and the values that it takes from dimensions."""
    parts = tuple(
        replace(
            part,
            values=(*part.values, *_members(wanted[rule.name, part.name], datasets)),
            labels=_labels(wanted[rule.name, part.name], datasets),
        )
        if (rule.name, part.name) in wanted
        else part
        for part in rule.parts
    )
    return replace(rule, parts=parts, mapped=mapped.get(rule.name, ()))


def mapped_without_rule(mapped: Iterable[str], rules: Mapping[str, NamingRule]) -> Iterator[Problem]:
    """Yield a problem for each naming rule that has mapped names but doesn't exist."""
    for name in mapped:
        if name not in rules:
            message = f"Names are mapped for the naming rule {name!r}, which doesn't exist."
            yield Problem("", 0, message, "Define it under `naming:`, or remove the mapped names.")


def _written_values(doc: NamePartDoc) -> Values:
    if isinstance(doc.values, dict):
        return tuple((value, tuple(others)) for value, others in doc.values.items())
    return tuple((value, ()) for value in doc.values)


def _labels(name: str, datasets: Mapping[str, Dataset]) -> tuple[tuple[str, str], ...]:
    places = (dataset.dimensions[name] for dataset in datasets.values() if name in dataset.dimensions)
    return tuple({code: label for dimension in places for code, label in dimension.labels}.items())


def _members(name: str, datasets: Mapping[str, Dataset]) -> Values:
    """Return the labelled members of a dimension. Labels and synonyms are other spellings."""
    members: dict[str, list[str]] = {}
    for dimension in (dataset.dimensions[name] for dataset in datasets.values() if name in dataset.dimensions):
        for code, label in dimension.labels:
            members.setdefault(code, []).append(label)
        for code, synonyms in dimension.member_synonyms:
            members.setdefault(code, []).extend(synonyms)
    return tuple((code, tuple(dict.fromkeys(one for one in others if one != code))) for code, others in members.items())
