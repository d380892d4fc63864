"""Decide who can read and approve a draft under review.

Stewards of the core can read and approve every draft. Stewards of a domain can do so only if the draft changes nothing
outside the domain and contains nothing that is hidden from them.
"""

from __future__ import annotations

from semantic.errors import ModelError
from semantic.governance.domains import domains_changed, keys_changed, may_approve, sees_change
from semantic.governance.draft_change import DraftChange
from semantic.policy.actor import Actor
from semantic.policy.domains import domains_stewarded
from semantic.policy.narrow import narrow
from semantic.services.impact.radius import model_of
from semantic.services.process import Live
from semantic.store.models.versions import Files


def may_review(actor: Actor) -> bool:
    """Whether someone can read and approve every submitted draft: they must be a steward, signed in as themselves."""
    return actor.kind == "person" and actor.viewed_by is None and actor.is_at_least("steward")


def leads(live: Live, actor: Actor) -> bool:
    """Whether someone is currently a steward of any domain."""
    return bool(domains_stewarded(actor, live.workspace().model.domains.values()))


def domain_of(base: Files, files: Files) -> str:
    """Return the domain whose metrics and segments a draft changes, or "" if the draft changes anything else."""
    domains = domains_changed(base, files)
    return next(iter(domains)) if len(domains) == 1 else ""


def may_read(live: Live, actor: Actor, base: Files, files: Files) -> bool:
    """Whether someone can read a draft and decide about it.

    A domain's stewards must be its stewards in the draft's base version and today. They can't approve changes of names
    that policies hide from them.
    """
    if may_review(actor):
        return True
    if not leads(live, actor):
        return False
    domain = domain_of(base, files)
    if not domain or domain not in domains_stewarded(actor, live.workspace().model.domains.values()):
        return False
    if not may_approve(actor, base, files):
        return False
    try:
        before, after = model_of(base), model_of(files)
    except ModelError:
        return False
    metrics = DraftChange(before, after).metrics
    return sees_change(narrow(before, actor), narrow(after, actor), keys_changed(base, files), metrics)
