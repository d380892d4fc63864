"""Who writes each kind of message. To add one, add a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from semantic.services.comments.mail import compose_comment
from semantic.services.outbox.composer import Composer
from semantic.services.outbox.notices import compose_notice
from semantic.store.outbox.sends import Kind

COMPOSERS: Final[Mapping[Kind, Composer]] = {
    "comment": compose_comment,
    "notice": compose_notice,
}


def composer_of(kind: Kind) -> Composer | None:
    """Return who writes a kind of message, or None if this version of Samepage doesn't send it."""
    return COMPOSERS.get(kind)
