"""Read named analyses. Numbers in their definitions stay numbers, although no schema here describes them."""

from __future__ import annotations

import json
from typing import Any, cast

from semantic.model.definitions import Certification
from semantic.model.files.yaml_text import Plain, read_typed_yaml
from semantic.model.loading.schema import AnalysisDoc
from semantic.model.named_analyses import NamedAnalysis


def with_typed_definitions(data: Plain, text: str, file: str) -> Plain:
    """Return a file's data with numbers and booleans, instead of text, in the definitions of analyses."""
    if not isinstance(data, dict) or not isinstance(analyses := data.get("analyses"), list):
        return data
    typed = cast("dict[str, Any]", read_typed_yaml(text, file)[0])["analyses"]
    items = [
        {**item, "definition": of_it["definition"]} if isinstance(item, dict) and "definition" in item else item
        for item, of_it in zip(analyses, typed, strict=True)
    ]
    return {**data, "analyses": cast("Plain", items)}


def read_analysis(doc: AnalysisDoc, described: dict[str, Any]) -> NamedAnalysis:  # Any: each its own type
    """Return a named analysis as its file defines it. The definition is checked once the whole model is read."""
    certified = doc.certified
    return NamedAnalysis(
        **described,
        definition=json.dumps(doc.definition, ensure_ascii=False, separators=(",", ":")),
        certified=Certification(certified.by, certified.until, certified.meaning) if certified else None,
        domain=doc.domain or "",
    )
