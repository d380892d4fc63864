"""The schema of naming rules and mapped names in a model's YAML."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from semantic.model.files.doc import DescribedDoc, Doc, Name
from semantic.model.naming import LONGEST_NAME, MOST_MAPPED

MemberText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NamePartDoc(DescribedDoc):
    """One part of a name.

    `values` are the allowed values. As a mapping, it gives each value its other spellings. `values_of` allows the
    labelled members of a dimension instead.
    """

    kind: Literal["text", "month", "rest"] = "text"
    values: list[MemberText] | dict[MemberText, list[MemberText]] = Field(default_factory=list)
    values_of: Name | None = None
    optional: bool = False


class GroupRuleDoc(Doc):
    """One rule of a group: a name is in the group if each part in `when` has one of the listed values."""

    group: MemberText
    when: dict[Name, list[MemberText]] = Field(min_length=1)


class NameGroupDoc(DescribedDoc):
    """A dimension that groups names by the values of their parts. The first rule that applies decides."""

    rules: list[GroupRuleDoc] = Field(min_length=1, max_length=200)
    otherwise: Annotated[str, StringConstraints(max_length=200)] = ""


class NamingDoc(DescribedDoc):
    """How the values of a dimension, such as campaign names, are built from parts and a separator."""

    dimension: Name
    separator: Annotated[str, StringConstraints(min_length=1, max_length=3)]
    parts: list[NamePartDoc] = Field(min_length=1, max_length=20)
    case: Literal["ignored", "exact"] = "ignored"
    owned_by: Name | None = None
    weighed_by: Name | None = None
    groups: list[NameGroupDoc] = Field(default_factory=list["NameGroupDoc"], max_length=20)


MappedText = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]


class MappedNameDoc(Doc):
    """A name, or the value of a `part`, with the right spelling in `meant`.

    Without `meant`, the name is accepted as it is.
    """

    found: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    meant: MappedText = ""
    part: Name | None = None
    by: str = ""
    on: date | None = None
    until: date | None = None


class MappedNamesDoc(Doc):
    """The mapped names of one naming rule, as the page Campaign names writes them."""

    name: Name
    names: list[MappedNameDoc] = Field(max_length=MOST_MAPPED)
