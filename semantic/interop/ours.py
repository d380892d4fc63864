"""The keys under which exports store our own data, and descriptions of losses that all formats share."""

from __future__ import annotations

from typing import Any

from semantic.interop.loss import Losses
from semantic.model.definitions import EntityKind
from semantic.model.model import Model

Doc = dict[str, Any]

OURS = "samepage"
"""The key under `meta:` of dbt and Cube where our exports store their own data."""

UNREAD = {
    "dbt": "kept under config.meta, which dbt ignores",
    "Cube": "kept under meta, which Cube ignores",
    "OSI": "kept in an extension that other tools ignore",
}
"""What happens to something that another tool can't express, by format."""

_KINDS = {
    "segments": "segment",
    "domains": "domain",
    "annotations": "remarks",
    "calendars": "calendar",
    "naming": "naming rule",
    "mapped_names": "mapped names",
    "policies": "policy",
    "people": "person",
}


def stewards() -> Doc:
    """Return the only policy of an import, which lets administrators and stewards see everything."""
    grant = {"metrics": "all", "dimensions": "all", "segments": "all", "rows": "all"}
    return {"name": "stewards", "who": {"roles": ["administrator", "steward"]}, "whole": "all", "grant": grant}


def default_name(form: str) -> str:
    """Return the default name of an imported model."""
    return f"Imported from {form}"


def nobody_else(form: str, losses: Losses) -> None:
    """Add a loss that says that only administrators and stewards can access the imported model."""
    why = f"none can be read from {form}: administrators and stewards see everything, no one else sees anything"
    losses.add("policies", why, cause="who sees what")


def datasets_by_key(model: Model) -> dict[tuple[str, str], str]:
    """Return the dataset that has an entity as its key, by connection and entity."""
    return {
        (dataset.connection, entity.entity): dataset.name
        for dataset in model.datasets.values()
        for entity in dataset.entities
        if entity.kind in (EntityKind.PRIMARY, EntityKind.UNIQUE)
    }


def spelled(key: str, doc: Doc) -> str:
    """Return the name of an object for a loss, such as `segment plus_members`."""
    return f"{_KINDS[key]} {doc.get('name') or doc.get('id')}"
