"""Schema classes for what many objects share in a model's YAML: names, columns and descriptive keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


class Doc(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DescribedDoc(Doc):
    """The descriptive keys that every object of a model can have."""

    name: Name
    label: str = ""
    description: str = ""
    owner: str = ""
    synonyms: list[str] = []
    tags: list[str] = []


class InputDoc(Doc):
    """A metric that a ratio or formula uses, optionally filtered or shifted back in time."""

    name: Name | None = None
    metric: Name
    where: str | None = None
    offset: str | None = None
    offset_to: Unit | None = None
