"""The form of contact pressure: the messages, the weekly limit, and an optional later event."""

from __future__ import annotations

from pages.analyses.channels import channel_fields
from pages.analyses.form import Form
from pages.analyses.overlap.form import then_fields
from semantic.analyses.events.pressure.question import LIMIT, MOST_MESSAGES


def form(form: Form) -> None:
    """Draw the subject, the messages, the weekly limit, and the event that can follow."""
    form.subject()
    channel_fields(form, title="Messages", fewest=1, add="Add messages")
    form.number(
        "Weekly limit", ("limit",), least=1, most=MOST_MESSAGES - 1, default=LIMIT,
        help="Weeks with more messages than this are above the limit.",
    )  # fmt: skip
    then_fields(form, needs_window=True)
