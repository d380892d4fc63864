"""Write data as YAML for a model's files: keys in the given order, no anchors, and text that reads back the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Writer(_Dumper):
    """Writes YAML without anchors, which the model language doesn't support."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class Lines(str):
    """Text to write over several lines, as people write a view's SQL."""

    __slots__ = ()


def _lines(writer: Any, text: Lines) -> yaml.Node:
    return writer.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


_Writer.add_representer(Lines, _lines)


def write_yaml(data: Mapping[str, Any]) -> str:
    """Return data as YAML. Scalars can be text, numbers, true, false and null."""
    return yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
