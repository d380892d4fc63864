"""Describe what a comment is about."""

from __future__ import annotations

from semantic.annotations.comments import About
from semantic.errors import UnknownName
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_range
from semantic.query.member_labels import label_of


def about_words(about: About, seen: VisibleModel) -> str:
    """Return what a comment is about, for a person who can read it: "Net revenue, DE, 1 – 31 Mar 2026"."""
    parts: list[str] = []
    if about.metric:
        try:
            metric = seen.metric(about.metric)
            parts.append(metric.label or metric.name)
        except UnknownName:
            pass
    for dim, member in about.mark:
        labels = seen.member_labels(dim) if seen.may_name_members else {}
        parts.append("(none)" if member is None else label_of(member, labels) or str(member))
    if about.days is not None:
        parts.append(describe_range(*about.days))
    return ", ".join(parts)
