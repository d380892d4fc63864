"""The people that a change of policies affects, and how. The author sees it on the Access page, and reviewers in the
review.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.parts import plain
from semantic.display.format import counted, listed
from semantic.governance.policy_forms.effects import Effect
from semantic.services.policies import Change

MOST_PEOPLE = 12


def show_affected(change: Change) -> None:
    """Draw how many people a change affects, what widens, failing tests, and what each person gains and loses."""
    st.markdown(f"**{plain(_summary(change))}**")
    _widens(change)
    for finding in change.failed[:5]:
        st.markdown(
            f":red[:material/cancel:] The test “{plain(finding.test.name)}” fails. A failing test blocks publishing."
        )
    for effect in change.effects[:MOST_PEOPLE]:
        st.markdown(_effect(effect))
    if len(change.effects) > MOST_PEOPLE:
        st.caption(f"And {counted(len(change.effects) - MOST_PEOPLE, 'other person', 'other people')}.")
    for sentence in change.lost_tiles[:6]:
        st.caption(plain(f"{sentence}."))


def _summary(change: Change) -> str:
    people = counted(len(change.effects), "person", "people")
    parts = [f"Affects {people}" if change.effects else "Affects no one"]
    ran = [finding for finding in change.findings if finding.verdict != "not_asked"]
    passed = sum(finding.ok for finding in ran)
    if len(ran) > passed:
        parts.append(
            f"{len(ran) - passed} of {counted(len(ran), 'test')} {'fails' if len(ran) - passed == 1 else 'fail'}"
        )
    elif ran:
        parts.append(f"{counted(passed, 'test')} {'passes' if passed == 1 else 'pass'}")
    if change.lost_tiles:
        views = counted(len(change.lost_tiles), "board view")
        parts.append(f"{views} {'loses' if len(change.lost_tiles) == 1 else 'lose'} tiles")
    return " · ".join(parts)


def _widens(change: Change) -> None:
    if not change.widens:
        return
    more = [effect.widens for effect in change.effects if effect.widens]
    who = f"{'; '.join(more[:4])}." if more else "No one sees more today, but people it applies to later might."
    named = listed([f"\N{LEFT DOUBLE QUOTATION MARK}{label}\N{RIGHT DOUBLE QUOTATION MARK}" for label in change.widens])
    st.warning(
        f"**Widens access:** {plain(who)} {plain(f'Publishing {named} needs the approval of another administrator.')}",
        icon=":material/lock_open:",
    )


def _effect(effect: Effect) -> str:
    parts = [*effect.rows]
    if effect.gained:
        parts.append(f"Sees {_some(effect.gained)}")
    if effect.lost:
        parts.append(f"No longer sees {_some(effect.lost)}")
    scope = (effect.scope_before or "Scope: everything", effect.scope_after or "Scope: everything")
    if scope[0] != scope[1]:
        parts.append(f"{scope[0]} → {scope[1].removeprefix('Scope: ')}")
    return f"**{plain(effect.person.short_name)}**: {plain('. '.join(parts) or 'Limits change')}"


def _some(labels: Sequence[str]) -> str:
    return ", ".join(labels[:4]) + (f" and {len(labels) - 4} more" if len(labels) > 4 else "")
