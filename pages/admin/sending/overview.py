"""The Sending page: problems, the mail server, destinations, failures, and the last days."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.admin.sending import destinations, mail_server
from pages.shell import links, session
from pages.shell.parts import Action, State, empty_state, heading, notice, page_header
from pages.shell.turns import in_turn
from semantic.errors import SemanticError, counted
from semantic.store.jobs.jobs import JobState
from semantic.transport.manage import FAILURES_DAYS, MOST_FAILURES, Sending, SendingWork

TOLD: Final = "sending-told"
"""The session key for the outcome of the last click."""

JOBS: Final = {
    "presence": "Heartbeat",
    "slots": "Queue deliveries",
    "sends": "Send messages",
    "alerts": "Check alerts",
    "announcements": "Announce changed definitions",
    "certifications": "Remind people before certifications expire",
    "send history": "Delete old history",
    "retention": "Delete old audit log entries",
}
"""The label of each job whose name doesn't say what it does."""

KINDS: Final = {
    "delivery": "Delivery", "alert": "Alert", "comment": "Comment", "definition": "Changed definition",
    "certification": "Certification", "notice": "Notice", "request": "Request",
    "test": "Test",
}  # fmt: skip


def header() -> None:
    page_header("Sending", "How messages leave Samepage: by email, and to Slack, Teams and webhooks.")


@st.fragment
@in_turn
def sections() -> None:
    """Draw the outcome of the last click, then all sections, which rerun together on every click."""
    _, actor = session.require("administrator")
    live = session.live()
    told: tuple[State, str, str] | None = st.session_state.get(TOLD)
    if told is not None:
        notice(*told, key="sending-notice", act=Action("Close", _close_notice))
    work = SendingWork(live, actor)
    try:
        sending = work.read()
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load sending", str(error), [Action("Try again", _just_rerun)], key="sending-away"
        )
        return
    now, zone = live.store.now(), ZoneInfo(live.workspace().model.settings.time_zone)
    if live.settings.demo:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="sending-demo"):
            st.markdown(":gray[:material/mail:] In the demo, emails go to the Mailbox page.", width="stretch")
            st.page_link(links.page_of(links.MAILBOX), label="Open Mailbox", width="content")
    if sending.missing_since is not None:
        notice(
            "caution", "error",
            f"No worker is running: a job has been due since {_when(sending.missing_since, zone)}. Messages wait until "
            "one runs.",
            key="sending-worker",
        )  # fmt: skip
    mail_server.card(sending, is_demo=live.settings.demo, tell=_tell)
    destinations.section(work, sending.destinations, zone, tell=_tell)
    _failures(sending, zone)
    left, right = st.columns(2, gap="medium")
    with left:
        _days(sending)
    with right:
        _jobs(sending, now, zone)


def _failures(sending: Sending, zone: ZoneInfo) -> None:
    with st.container(gap="xsmall", key="sending-failures"):
        heading("Failures", f"last {FAILURES_DAYS} days")
        if not sending.failures:
            st.caption("No failed messages.")
            return
        rows = [
            {
                "When": _when(failure.at, zone),
                "What": KINDS.get(failure.kind, failure.kind),
                "To": failure.to,
                "Why": failure.why,
                "Attempts": failure.attempts,
            }
            for failure in sending.failures
        ]
        st.dataframe(rows, hide_index=True, height="content" if len(rows) <= 10 else 388)
        if len(rows) == MOST_FAILURES:
            st.caption(f"The newest {MOST_FAILURES}. Each delivery's history lists all its failures.")


def _days(sending: Sending) -> None:
    with st.container(gap="xsmall", key="sending-days"):
        waiting = counted(sending.waiting, "message") + " waiting" if sending.waiting else ""
        heading("Messages by day", waiting)
        if not sending.days:
            st.caption(f"Nothing was sent in the last {FAILURES_DAYS} days.")
            return
        st.dataframe(
            [
                {
                    "Day": f"{day:%a %-d %b}",
                    "Sent": states["handed_over"],
                    "Not sent": states["skipped"],
                    "Failed": states["failed"],
                }
                for day, states in sending.days
            ],
            hide_index=True,
            height="content",
        )


def _jobs(sending: Sending, now: datetime, zone: ZoneInfo) -> None:
    with st.container(gap="xsmall", key="sending-jobs"):
        heading("Jobs", "what workers do")
        if not sending.jobs:
            st.caption("No worker has run yet.")
            return
        rows: list[dict[str, Any]] = [
            {
                "Job": JOBS.get(job.name) or job.name.replace("_", " ").capitalize(),
                "Last run": _when(job.last_ended_at, zone) if job.last_ended_at else "Never",
                "State": _state(job, now),
            }
            for job in sending.jobs
        ]
        st.dataframe(rows, hide_index=True, height="content")


def _state(job: JobState, now: datetime) -> str:
    if job.failures:
        return f"Failed {counted(job.failures, 'time')}: {job.why or 'see the log'}"
    return "Running" if job.is_running(now) else "OK"


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%-d %b, %H:%M}"


# Click handlers


def _tell(state: State, icon: str, text: str) -> None:
    st.session_state[TOLD] = state, icon, text


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
