"""By what an import knows what an export of ours kept, and the words that all formats' lists of losses share."""

from __future__ import annotations

from typing import Any

from semantic.interop.loss import Losses
from semantic.model.definitions import EntityKind
from semantic.model.model import Model

Doc = dict[str, Any]

OURS = "samepage"
"""The key under `meta:` of dbt and Cube for what an export of ours keeps of a thing."""

UNREAD = {
    "dbt": "kept under config.meta, which dbt does not read",
    "Cube": "kept under meta, which Cube does not read",
    "OSI": "kept in an extension that no other tool reads",
}
"""What becomes of something that another tool has no word for."""

_KINDS = {
    "segments": "segment",
    "annotations": "remarks",
    "calendars": "calendar",
    "policies": "policy",
    "people": "person",
}


def stewards() -> Doc:
    """The policy of an import: whoever keeps the model sees all of it."""
    grant = {"metrics": "all", "dimensions": "all", "segments": "all", "rows": "all"}
    return {"name": "stewards", "who": {"roles": ["administrator", "steward"]}, "whole": "all", "grant": grant}


def default_name(form: str) -> str:
    """What an imported model is called where nothing names it."""
    return f"Imported from {form}"


def nobody_else(form: str, losses: Losses) -> None:
    """Says that an import has the one policy `stewards`."""
    why = f"{form} has none that are read: administrators and stewards see everything, no one else sees anything"
    losses.add("policies", why)


def datasets_by_key(model: Model) -> dict[str, str]:
    """The dataset whose rows have each entity as their key, by the entity."""
    return {
        one.entity: dataset.name
        for dataset in model.datasets.values()
        for one in dataset.entities
        if one.kind in (EntityKind.PRIMARY, EntityKind.UNIQUE)
    }


def spelled(key: str, doc: Doc) -> str:
    """A thing of one of the model's lists as a loss names it: `segment plus_members`."""
    return f"{_KINDS[key]} {doc.get('name') or doc.get('id')}"
