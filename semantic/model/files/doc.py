"""What every part of a model's YAML is made of: names, columns, and what an object says about itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


class Doc(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DescribedDoc(Doc):
    """What every object of a model may say about itself."""

    name: Name
    label: str = ""
    description: str = ""
    owner: str = ""
    synonyms: list[str] = []
    tags: list[str] = []


class InputDoc(Doc):
    """One metric as a ratio or a formula reads it: filtered, or taken from some time before."""

    name: Name | None = None
    metric: Name
    where: str | None = None
    offset: str | None = None
    offset_to: Unit | None = None
