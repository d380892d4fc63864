"""Remarks that people write on charts, as data: what happened and when, the subject, and who can read the remark."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from semantic.annotations.annotation import MOST, Annotation, is_let_in
from semantic.model.definitions import Metric
from semantic.policy.actor import ROLES
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.policy.members import Member, sees_everything, sees_member
from semantic.policy.narrow import VisibleModel
from semantic.query.member_labels import label_of
from semantic.results.result import Result

KINDS: Final = ("other", "campaign", "price", "product", "site", "outage", "data")
"""What kind of event a remark is about, in one word."""

AUTOMATION: Final = "automation"
"""The kind of an entry in the automation log, which isn't about a metric. People can read its text only if nothing that
it names is hidden from them.
"""

AUDIENCES: Final = ROLES
"""The roles that a remark can require. Higher roles can read it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that happened from one day to another, both included.

    A remark is about one metric or all metrics, and about one member of a dimension or everything. The role `audience`
    and higher roles can read it. With `whole`, readers must also see every row of the numbers next to it.
    """

    first: date
    last: date
    text: str
    kind: str = KINDS[0]
    metric: str = ""
    dim: str = ""
    member: Member = None
    audience: str = AUDIENCES[0]
    whole: bool = False


def may_read(remark: Remark, metrics: Iterable[Metric], seen: VisibleModel) -> bool:
    """Whether an actor can read a remark next to these metrics.

    This depends on the actor's role and rows, and on the remark's subject.

    For a remark about a member, the actor must see every row of that member, for each of the metrics. For example,
    people who can't see a market can't read remarks about it.
    """
    shown = list(metrics)
    if not seen.actor.is_at_least(remark.audience) or not shown:
        return False
    if remark.metric:
        shown = [metric for metric in shown if metric.name == remark.metric]
        if not shown:
            return False
    if not all(seen.shows_metric(metric) for metric in shown):
        return False
    if remark.kind == AUTOMATION and not names_nothing_hidden(remark.text, seen):
        return False
    if remark.whole and not all(sees_everything(seen, metric) for metric in shown):
        return False
    return not remark.dim or all(sees_member(seen, metric, remark.dim, remark.member) for metric in shown)


def remarks_about(shown: Result, kept: Iterable[tuple[str, Remark]], seen: VisibleModel) -> list[Annotation]:
    """Return the remarks that an answer's chart should show, as annotations with their IDs."""
    metrics = [column.metric for column in shown.values if column.metric is not None]
    found_annotations: list[Annotation] = []
    for name, remark in kept:
        if may_read(remark, metrics, seen) and is_about(remark, shown):
            about = _member_words(remark, seen) if remark.dim else ""
            kind = "" if remark.kind == KINDS[0] else remark.kind
            found_annotations.append(Annotation(remark.first, remark.last, remark.text, kind, about, name))
    return sorted(found_annotations, key=lambda annotation: (annotation.first, annotation.last, annotation.text))[
        -MOST:
    ]


def _member_words(remark: Remark, seen: VisibleModel) -> str:
    if remark.member is None:
        return "(none)"
    return label_of(remark.member, seen.member_labels(remark.dim)) or str(remark.member)


def is_about(remark: Remark, shown: Result) -> bool:
    """Whether a remark is about an answer. It isn't if a filter of the question excludes the remark's member."""
    member: Hashable = remark.member
    return not remark.dim or is_let_in(shown.query.where, remark.dim, member)
