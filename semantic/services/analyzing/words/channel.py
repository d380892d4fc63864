"""Names of channels and of their combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semantic.analyses.events.channels import Split
from semantic.display.format import value_text
from semantic.services.analyzing.run import Analyzed


def names_of(analyzed: Analyzed[Any], split: Split | None, reached: Sequence[bool]) -> list[str]:
    """Return the name of each channel.

    A channel defined by a value shows the value's label only if it has `reached` someone, because only then does the
    person see rows with that value.
    """
    legs = analyzed.planned.legs
    if split is None:
        return [leg.label for leg in legs[: len(reached)]]
    labels = legs[0].asked.visible.member_labels(split.dim)
    return [
        value_text(value, labels) if is_reached else value_text(value)
        for value, is_reached in zip(split.values, reached, strict=True)
    ]


def together(channels: Sequence[int], names: Sequence[str]) -> str:
    """Return a combination of channels in words: `Email + Paid social`, `Email only`."""
    listed = [names[place] for place in channels]
    return f"{listed[0]} only" if len(listed) == 1 else " + ".join(listed)
