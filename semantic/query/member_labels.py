"""Labels of members, which people see in rows, questions and addresses in place of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

Labels = Mapping[str, str]
"""The labels that people see, by the member as text."""

NO_LABELS: Labels = MappingProxyType({})


def member_code(value: object) -> str | None:
    """Return a member as the model's `labels:` writes it, or None if it can't have a label."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def label_of(value: object, labels: Labels) -> str | None:
    """Return the label of a member, or None if it has none."""
    code = member_code(value) if labels else None
    return labels.get(code) if code is not None else None


def labels_among(values: Iterable[object], labels: Labels) -> Labels:
    """Return only the labels of these members, because others could reveal a member that the person can't see.

    A label that is also the value of a member without a label is left out, so that no two members look the same.

    >>> dict(labels_among(["google_ads", "awin"], {"google_ads": "Google Ads", "meta_ads": "Meta Ads"}))
    {'google_ads': 'Google Ads'}
    """
    if not labels:
        return NO_LABELS
    codes = {code for value in values if (code := member_code(value)) is not None}
    plain = {code.casefold() for code in codes - labels.keys()}
    return MappingProxyType(
        {code: labels[code] for code in codes & labels.keys() if labels[code].casefold() not in plain}
    )


def codes_with(text: str, labels: Labels) -> tuple[str, ...]:
    """Return the members whose labels contain this text, ignoring case.

    >>> codes_with("ads", {"google_ads": "Google Ads", "awin": "Awin"})
    ('google_ads',)
    """
    wanted = text.casefold()
    return tuple(code for code, label in labels.items() if wanted in label.casefold())
