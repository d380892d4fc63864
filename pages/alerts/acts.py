"""Actions on an alert, in the list and on the alert's own page: snooze, pause, resume and remove."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.alerts.outcome import tell
from pages.shell import session
from pages.shell.parts import plain, unseen
from semantic.errors import SemanticError
from semantic.query.describe import describe_day
from semantic.services.alerts.work import LONGEST_SNOOZE

if TYPE_CHECKING:
    from semantic.services.alerts.work import AlertWork
    from semantic.store.alerts.alerts import StoredAlert

SNOOZES = {"1 day": 1, "1 week": 7}
MOST_SNOOZED = LONGEST_SNOOZE.days


def work_now() -> AlertWork:
    """Return the alert actions with the access of the person who clicked."""
    workspace, actor = session.require("viewer")
    return session.alert_work(workspace, actor)


def snooze_button(kept: StoredAlert, today: date, *, key: str, is_snoozed: bool) -> None:
    """Draw the menu that snoozes an alert, or the button that ends the snooze."""
    if is_snoozed:
        st.button(
            "End snooze",
            icon=":material/alarm:",
            key=f"{key}-wake",
            type="tertiary",
            on_click=_snooze,
            args=(kept.id, None),
        )
        return
    popover = st.popover("Snooze", icon=":material/snooze:", key=f"{key}-snooze", type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=240, gap="xsmall"):
        st.caption("No messages until then. It's still checked, and the history shows what it found.")
        for name, days in SNOOZES.items():
            until = today + timedelta(days=days)
            st.button(
                plain(f"For {name}"),
                key=f"{key}-snooze-{days}",
                width="stretch",
                on_click=_snooze,
                args=(kept.id, until),
            )
        chosen = st.date_input(
            "Until", None, min_value=today + timedelta(days=1), max_value=today + timedelta(days=MOST_SNOOZED),
            key=f"{key}-until", format="YYYY-MM-DD",
        )  # fmt: skip
        if isinstance(chosen, date):
            st.button(
                plain(f"Until {describe_day(chosen)}"), key=f"{key}-snooze-until", type="primary", width="stretch",
                on_click=_snooze, args=(kept.id, chosen),
            )  # fmt: skip


def _snooze(alert: str, until: date | None) -> None:
    work = work_now()
    words = f"Snoozed until {describe_day(until)}." if until is not None else "The snooze has ended."
    do(lambda: work.snooze(work.find(alert), until), "snooze" if until else "alarm", words)


def pause_button(kept: StoredAlert, *, key: str) -> None:
    """Draw the button that pauses or resumes an alert."""
    if kept.paused_at is None:
        st.button(
            "Pause", icon=":material/pause:", key=f"{key}-pause", type="tertiary", on_click=_pause, args=(kept.id,)
        )
    else:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            key=f"{key}-resume",
            type="tertiary",
            on_click=_resume,
            args=(kept.id,),
        )


def _pause(alert: str) -> None:
    work, words = work_now(), "The alert is paused. Nothing is checked or sent."
    do(lambda: work.pause(work.find(alert)), "pause_circle", words, undo=lambda: _resume(alert))


def _resume(alert: str) -> None:
    work = work_now()
    do(lambda: work.resume(work.find(alert)), "play_circle", "The alert resumes with the newest period.")


def remove_button(kept: StoredAlert, title: str, *, key: str) -> None:
    """Draw the button that removes an alert. The message at the top of the page then offers to restore the alert."""
    st.button(
        unseen(f"Remove {title}"), icon=":material/delete:", key=f"{key}-remove", type="tertiary", help="Remove",
        on_click=_remove, args=(kept.id, title),
    )  # fmt: skip


def _remove(alert: str, title: str) -> None:
    work = work_now()
    do(lambda: work.remove(work.find(alert)), "delete", f"Removed: {title}.", undo=lambda: _bring_back(alert))


def _bring_back(alert: str) -> None:
    work = work_now()
    do(lambda: work.bring_back(alert), "undo", "Alert restored.")


def leave_button(kept: StoredAlert, *, key: str) -> None:
    """Draw the button with which a person stops receiving someone else's alert."""
    st.button(
        "Unsubscribe", icon=":material/unsubscribe:", key=f"{key}-leave", type="tertiary", on_click=_leave,
        args=(kept.id,),
    )  # fmt: skip


def _leave(alert: str) -> None:
    work = work_now()
    words = "You're unsubscribed from this alert."
    do(lambda: work.leave(work.find(alert)), "unsubscribe", words, undo=lambda: _join(alert))


def _join(alert: str) -> None:
    work = work_now()
    do(lambda: work.join_again(work.find(alert)), "undo", "You're subscribed to this alert again.")


def do(act: Callable[[], object], icon: str, words: str, *, undo: Callable[[], None] | None = None) -> bool:
    """Run an action, show its outcome at the top of the page, and return whether it succeeded."""
    try:
        act()
    except SemanticError as error:
        tell("caution", "error", str(error))
        return False
    tell("good", icon, words, undo=undo)
    return True
