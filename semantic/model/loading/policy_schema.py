"""The schema of policies, policy tests and people in a model's YAML."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from semantic.model.files.doc import DescribedDoc, Doc, Name


def _all_or_list(value: Any) -> Any:
    """Expand a short form: `all` becomes everything, and a list becomes these names."""
    if value == "all":
        return {"everything": True}
    return {"names": value} if isinstance(value, list) else value


class NamesDoc(Doc):
    everything: bool = False
    names: list[str] = []
    tags: list[str] = []


NamesText = Annotated[
    NamesDoc, BeforeValidator(_all_or_list, json_schema_input_type=Literal["all"] | list[str] | NamesDoc)
]


class WhoDoc(Doc):
    roles: list[Literal["viewer", "marketer", "steward", "administrator"]] = []
    groups: list[str] = []
    people: list[str] = []
    audiences: list[Name] = []
    links: list[Name] = []
    attributes: dict[str, str | Annotated[list[str], Field(min_length=1)]] = {}


class SeesDoc(Doc):
    metrics: NamesText = NamesDoc()
    dimensions: NamesText = NamesDoc()
    segments: NamesText = NamesDoc()
    datasets: NamesText = NamesDoc()
    rows: NamesText = NamesDoc()


class RowRuleDoc(Doc):
    """The rows that people can see in one dataset, or in every dataset that has a dimension."""

    dataset: Name | None = None
    dimension: Name | None = None
    where: str
    unmatched: Literal["hidden", "visible"] = "hidden"
    via: str = ""
    without: Literal["hidden", "whole"] | list[Name] = []
    apart: list[Name] = Field(default=[], alias="except")

    @model_validator(mode="after")
    def _one_place(self) -> RowRuleDoc:
        if (self.dataset is None) == (self.dimension is None):
            raise ValueError("a row rule needs either `dataset:` or `dimension:`")
        if self.dataset is not None and (self.without or self.apart):
            raise ValueError("`without:` and `except:` belong to a rule with `dimension:`")
        return self


class MaskDoc(Doc):
    dimension: Name
    kind: Literal["null", "hash", "last_four", "bucket"]
    width: int = Field(default=0, ge=0)


class ViewableDoc(Doc):
    """The people that someone can view as: by ID, in a group, or with only these roles."""

    everybody: bool = False
    roles: list[Literal["viewer", "marketer", "steward", "administrator"]] = []
    groups: list[str] = []
    people: list[str] = []


def _all_or_people(value: Any) -> Any:
    """Expand a short form: `all` becomes everyone, and a list becomes these people."""
    if value == "all":
        return {"everybody": True}
    return {"people": value} if isinstance(value, list) else value


ViewableText = Annotated[
    ViewableDoc, BeforeValidator(_all_or_people, json_schema_input_type=Literal["all"] | list[str] | ViewableDoc)
]
_Most = Annotated[int, Field(ge=1, le=1_000_000)]


class LimitsDoc(Doc):
    """The limits on one question."""

    rows: _Most | None = None
    days: _Most | None = None
    breakdowns: Annotated[int, Field(ge=0, le=1_000)] | None = None
    metrics: _Most | None = None


class MinGroupDoc(Doc):
    """The minimum number of members behind a number. Numbers based on fewer are hidden."""

    entity: Name
    at_least: Annotated[int, Field(ge=2, le=1_000_000)]


class PolicyDoc(DescribedDoc):
    who: WhoDoc
    grant: SeesDoc = SeesDoc()
    deny: SeesDoc = SeesDoc()
    whole: NamesText = NamesDoc()
    rows: list[RowRuleDoc] = []
    masks: list[MaskDoc] = []
    limits: LimitsDoc = LimitsDoc()
    min_group: MinGroupDoc | None = None
    view_as: ViewableText = ViewableDoc()


_Role = Literal["viewer", "marketer", "steward", "administrator"]


class ActorDoc(Doc):
    """An actor with roles, groups and attributes that a test defines itself, or the readers of an audience."""

    audience: str = ""
    link: str = ""
    roles: list[_Role] = []
    groups: list[str] = []
    attributes: dict[str, str | list[str]] = {}


class SeenDoc(Doc):
    """What a policy test expects: the answer's rows, all values of a dimension, or names that are visible or hidden."""

    rows: list[list[str | None]] | None = None
    values: dict[Name, list[str | None]] = {}
    metrics: list[Name] = []
    dimensions: list[Name] = []
    segments: list[Name] = []
    hidden: list[Name] = Field(default=[], alias="not")


def _rows_or_names(value: Any) -> Any:
    """Expand a short form: a list becomes rows."""
    return {"rows": value} if isinstance(value, list) else value


SeenText = Annotated[SeenDoc, BeforeValidator(_rows_or_names, json_schema_input_type=list[list[str | None]] | SeenDoc)]


class PolicyTestDoc(Doc):
    """A policy test: a person, a question, and what this person should see, or how the question is refused."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    asker: str | ActorDoc = Field(alias="as")
    ask: dict[str, Any] | None = None  # Any: the question, parsed when the test runs
    sees: SeenText | None = None
    refused: str | None = None


class PersonDoc(Doc):
    """A person who can use the demo sign-in, or be named in `--as` on the command line."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.@-]{0,99}$")]
    name: str
    roles: list[Literal["viewer", "marketer", "steward", "administrator"]]
    groups: list[str] = []
    attributes: dict[str, str | list[str]] = {}
