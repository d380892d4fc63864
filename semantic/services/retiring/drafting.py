"""Deprecate a metric in a steward's draft, with a date, a reason and a successor."""

from __future__ import annotations

from datetime import date

from semantic.errors import InvalidQuery
from semantic.model.editing.keys import key_order, set_key
from semantic.model.editing.objects import ObjectKind
from semantic.model.files.yaml_text import Plain
from semantic.services.drafts import open_edits, problems_in, write_object
from semantic.services.process import Live
from semantic.services.retiring.work import RetireWork

LONGEST_REASON = 500


def deprecate(live: Live, work: RetireWork, name: str, since: date, successor: str, reason: str) -> None:
    """Add a metric's deprecation to the steward's draft, which affects no one until it is published.

    Raises NotAllowed, InvalidQuery, ModelError, StoreFailed.
    """
    work.metric(name)
    if successor:
        work.metric(successor)
    said = " ".join(reason.split())
    if not said or len(said) > LONGEST_REASON:
        raise InvalidQuery(f"Give a reason of at most {LONGEST_REASON} characters. People see it with the metric.")
    if successor == name:
        raise InvalidQuery("Choose another metric as the successor.")
    actor, key = work.actor, (ObjectKind.METRIC, name)
    edits = open_edits(live, actor)
    text = edits.text_of(key)
    if not text:
        raise InvalidQuery("Your draft doesn't have this metric. Publish or discard it first.")
    written = write_object(live, actor, edits, key, with_deprecation(text, since, successor, said))
    for problem in problems_in(written.edits, written.key):
        raise InvalidQuery(f"{problem.problem.message} {problem.problem.remedy}")


def with_deprecation(text: str, since: date, successor: str, reason: str) -> str:
    """Return a metric's text with this deprecation in place of any earlier one, and otherwise unchanged.

    Raises ModelError if the text can't be parsed.

    >>> print(with_deprecation("name: a\\nmeasure: b.c", date(2026, 12, 31), "d", "Twice"))
    name: a
    measure: b.c
    deprecated: {since: 2026-12-31, replaced_by: d, reason: Twice}
    """
    details: dict[str, Plain] = {"since": since.isoformat(), "replaced_by": successor, "reason": reason}
    return set_key(text, ("deprecated",), details, key_order(ObjectKind.METRIC))
