"""The choice of who sees an upload: only its owner, or also roles, groups and people."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from semantic.errors import counted
from semantic.services.uploads import ROLES_SHARED, UploadWork
from semantic.uploads.upload import Shared

ROLE_WORDS = {
    "viewer": "Viewers",
    "marketer": "Marketers",
    "steward": "Stewards",
    "administrator": "Administrators",
}


def shared_words(shared: Shared, *, is_own: bool) -> str:
    """Return who sees an upload in words, such as `Only you see it` or `Seen by Viewers, ads, 2 people`."""
    parts = [ROLE_WORDS.get(role, role) for role in shared.roles] + list(shared.groups)
    parts += [counted(len(shared.people), "person", "people")] if shared.people else []
    if parts:
        return f"Seen by {', '.join(parts)}"
    return "Only you see it" if is_own else "Only its owner sees it"


def choose(work: UploadWork, before: Shared, *, key: str) -> Shared:
    """Draw the choice of who sees an upload, and return it."""
    whom = st.segmented_control(
        "Who sees it", ["Only me", "Share"], default="Only me" if before.is_private else "Share", key=f"{key}-who",
        required=True,
    )  # fmt: skip
    if whom != "Share":
        return Shared()
    roles = st.multiselect(
        "Roles", ROLES_SHARED, default=[role for role in before.roles if role in ROLES_SHARED], key=f"{key}-roles",
        format_func=lambda role: ROLE_WORDS[role], placeholder="Choose roles",
    )  # fmt: skip
    groups: list[str] = []
    if work.groups:
        groups = st.multiselect(
            "Your groups", work.groups, default=[name for name in before.groups if name in work.groups],
            key=f"{key}-groups", placeholder="Choose groups", format_func=plain,
        )  # fmt: skip
    people = session.people()
    others = sorted((each for each in people if each != work.actor.id), key=lambda each: people[each].short_name)
    chosen = st.multiselect(
        "People", others, default=[each for each in before.people if each in others], key=f"{key}-people",
        format_func=lambda each: plain(people[each].short_name), placeholder="Choose people",
    )  # fmt: skip
    st.caption("They see all rows of this upload, even if they see only some rows of other data.")
    return Shared(roles=tuple(roles), groups=tuple(groups), people=tuple(chosen))
